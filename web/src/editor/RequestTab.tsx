import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache, itemQuery, rememberItem, workspaceQuery } from "../api/resources";
import { isKeys } from "../app/keys";
import { DocumentEditor } from "../collections/DocumentEditor";
import editor from "../collections/DocumentEditor.module.css";
import type { Document } from "../collections/draft";
import { asRecord } from "../api/json";
import { authIsSet } from "../collections/auth";
import { AuthPart, ScriptsPart } from "../collections/parts";
import { useActiveEnvironment } from "../environments/active";
import { applyMutations, localsFor } from "../environments/locals";
import { log } from "../runs/console";
import styles from "../runs/runs.module.css";
import { execute, type RunEvent } from "../runs/stream";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Select, TextArea, TextField } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { SplitPane } from "../ui/SplitPane";
import { Tabs } from "../ui/Tabs";
import { addressOf, bodyOf, headerLines, methodOf, withBody, withHeaderLines, withRequest } from "./request";

type Answer = Extract<RunEvent, { type: "responseReceived" }>["response"];
type Test = Pick<Extract<RunEvent, { type: "assertion" }>, "name" | "passed" | "skipped"> & {
  message: string;
};

type Sending =
  | { state: "idle" }
  | { state: "sending"; answer: Answer | null; tests: readonly Test[] }
  | { state: "answered"; answer: Answer; tests: readonly Test[] }
  | { state: "failed"; problem: string };

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
type Part = "auth" | "headers" | "body" | "scripts";

/** The tab of a request: edit it, send it, read the answer. */
export function RequestTab({ itemId, workspaceId }: { itemId: string; workspaceId: string }) {
  const item = useQuery(itemQuery(itemId));
  const canEdit = useQuery(workspaceQuery(workspaceId)).data?.role !== "viewer";
  const environment = useActiveEnvironment(workspaceId);
  const [part, setPart] = useState<Part>("headers");
  const [sending, setSending] = useState<Sending>({ state: "idle" });
  const abort = useRef<AbortController | null>(null);

  if (!item.data) {
    if (!item.error) return <Spinner label="Loading the request" />;
    return isProblem(item.error) && item.error.status === 404 ? (
      <EmptyState icon="request" title="This request is not here any more">
        It was deleted, or it is not shared with you.
      </EmptyState>
    ) : (
      <div className={editor.page}>
        <Notice kind="problem">{problemText(item.error)}</Notice>
      </div>
    );
  }
  const { collectionId } = item.data;

  async function send(document: Document) {
    abort.current?.abort();
    const control = new AbortController();
    abort.current = control;
    const environmentId = environment?.id ?? null;
    const where = { workspaceId, environmentId, collectionId };
    let answer: Answer | null = null;
    let tests: readonly Test[] = [];
    let problem: string | null = null;
    setSending({ state: "sending", answer, tests });
    try {
      await execute(
        workspaceId,
        {
          send: {
            collectionId,
            itemId,
            document,
            locals: localsFor(where),
            ...(environmentId === null ? {} : { environmentId }),
          },
        },
        (event) => {
          log(event);
          if (event.type === "responseReceived" && event.source === "item") answer = event.response;
          else if (event.type === "requestFailed" && event.source === "item")
            problem = [event.error.message, event.error.hint].filter(Boolean).join(". ");
          else if (event.type === "assertion")
            tests = [
              ...tests,
              {
                name: event.name,
                passed: event.passed,
                skipped: event.skipped,
                message: event.error?.message ?? "",
              },
            ];
          else if (event.type === "scriptFailed")
            tests = [
              ...tests,
              {
                name: event.at,
                passed: false,
                skipped: false,
                message: `${event.error.name}: ${event.error.message}`,
              },
            ];
          else if (event.type === "variablesChanged") applyMutations(event.changes, where);
          else if (event.type === "runFinished") problem ??= event.error ?? null;
          setSending({ state: "sending", answer, tests });
        },
        control.signal,
      );
    } catch (error) {
      problem = control.signal.aborted ? "Cancelled." : problemText(error);
    }
    if (abort.current !== control) return;
    setSending(
      answer
        ? { state: "answered", answer, tests }
        : { state: "failed", problem: problem ?? "No answer came." },
    );
  }

  return (
    <SplitPane
      id="request"
      label="Height of the answer"
      direction="column"
      fixed="second"
      unit="%"
      initial={42}
      min={15}
      max={80}
      first={
        <DocumentEditor
          key={itemId}
          edited={item.data}
          what="Request"
          icon="request"
          canEdit={canEdit}
          save={async (change) => {
            const now = await answered(
              client.PATCH("/api/items/{id}", { params: { path: { id: itemId } }, body: change }),
            );
            rememberItem(now);
            return now;
          }}
          reload={() => cache.fetchQuery({ ...itemQuery(itemId), staleTime: 0 })}
        >
          {(document, change) => (
            <>
              <SendKey onSend={() => void send(document)} />
              <form
                className={styles.address}
                onSubmit={(event) => {
                  event.preventDefault();
                  void send(document);
                }}
              >
                <Select
                  label="Method"
                  labelHidden
                  value={methodOf(document)}
                  options={[...new Set([...methods, methodOf(document)])].map((method) => ({
                    value: method,
                    label: method,
                  }))}
                  onChange={(method) => change(withRequest(document, { method }))}
                />
                <TextField
                  label="Address"
                  labelHidden
                  placeholder="https://api.example.com/path, or {{base}}/path"
                  spellCheck={false}
                  value={addressOf(document)}
                  onChange={(raw) => change(withRequest(document, { url: raw }))}
                />
                {sending.state === "sending" ? (
                  <Button icon="stop" onClick={() => abort.current?.abort()}>
                    Cancel
                  </Button>
                ) : (
                  <Button kind="primary" icon="send" type="submit">
                    Send
                  </Button>
                )}
              </form>
              <Tabs<Part>
                label="Parts of the request"
                className={editor.tabs}
                value={part}
                onChange={setPart}
                tabs={[
                  {
                    id: "auth",
                    label: "Authorization",
                    marked: authIsSet(asRecord(document["request"]) ?? {}),
                  },
                  { id: "headers", label: "Headers", marked: headerLines(document) !== "" },
                  { id: "body", label: "Body", marked: bodyOf(document) !== "" },
                  { id: "scripts", label: "Scripts", marked: Array.isArray(document["event"]) },
                ]}
              >
                <div className={editor.body}>
                  {part === "auth" && (
                    <AuthPart
                      document={asRecord(document["request"]) ?? {}}
                      canEdit={canEdit}
                      inherits
                      onChange={(request) => change({ ...document, request })}
                    />
                  )}
                  {part === "headers" && (
                    <TextArea
                      label="Headers"
                      hint="One a line, as name: value. A line that starts with // is not sent."
                      code
                      rows={6}
                      spellCheck={false}
                      value={headerLines(document)}
                      onChange={(text) => change(withHeaderLines(document, text))}
                    />
                  )}
                  {part === "body" && (
                    <TextArea
                      label="Raw body"
                      code
                      rows={8}
                      spellCheck={false}
                      value={bodyOf(document)}
                      onChange={(text) => change(withBody(document, text))}
                    />
                  )}
                  {part === "scripts" && (
                    <ScriptsPart document={document} canEdit={canEdit} onChange={change} />
                  )}
                </div>
              </Tabs>
            </>
          )}
        </DocumentEditor>
      }
      second={<AnswerView sending={sending} />}
    />
  );
}

/** Sends on Ctrl Enter or ⌘ Enter while the tab is shown. */
function SendKey({ onSend }: { onSend: () => void }) {
  const latest = useRef(onSend);
  useEffect(() => {
    latest.current = onSend;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isKeys(event, "Mod Enter")) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  return null;
}

function AnswerView({ sending }: { sending: Sending }) {
  switch (sending.state) {
    case "idle":
      return (
        <EmptyState compact icon="send" title="No answer yet">
          Press Send to see what comes back.
        </EmptyState>
      );
    case "failed":
      return (
        <section className={styles.answer} aria-label="Response">
          <Notice kind="problem">{sending.problem}</Notice>
        </section>
      );
    case "sending":
      if (!sending.answer) return <Spinner label="Sending" />;
  }
  const { answer, tests } = sending;
  if (!answer) return null;
  return (
    <section className={styles.answer} aria-label="Response">
      <p role="status">
        <strong>
          {answer.code} {answer.status}
        </strong>{" "}
        <span className={styles.faint}>
          {Math.round(answer.timing.total)} ms, {answer.body.size} bytes
        </span>
      </p>
      {tests.length > 0 && (
        <ul className={styles.tests} aria-label="Tests">
          {tests.map((test, index) => (
            <li key={index} data-passed={test.passed || test.skipped}>
              <Icon name={test.passed ? "check" : test.skipped ? "info" : "close"} size={14} /> {test.name}{" "}
              {test.message}
            </li>
          ))}
        </ul>
      )}
      {/* What scrolls must be reachable from the keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} aria-label="Response body">
        {answer.body.text ?? "The body is not text."}
      </pre>
    </section>
  );
}
