import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { answered, client, problemText } from "../api/client";
import { cache, type Item, nodesQuery, rememberItem } from "../api/resources";
import { keysText } from "../app/keys";
import { useOpen } from "../app/open";
import type { Document } from "../drafts/merge";
import { requestOf } from "../editor/request";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { Tabs } from "../ui/Tabs";
import { toast } from "../ui/toast";
import { FactPopover } from "./FactPopover";
import { bytes, count, duration, statusKind } from "./format";
import { bodyText, languageOf, ResponseBody } from "./ResponseBody";
import styles from "./ResponsePane.module.css";
import { Network, NetworkFact } from "./Network";
import { Cookies, Headers, Tests, testCounts } from "./responseParts";
import type { Exchange, Sending } from "./sends";
import type { ReceivedResponse, RequestError, Sizes, Timing } from "./stream";

interface ResponsePaneProps {
  sending: Sending;
  onSend: () => void;
  onCancel: () => void;
  /** The request whose example the answer can become; `null` for those who may not save. */
  example: { item: Item; document: Document } | null;
  workspaceId: string;
}

/** What came of the last Send. */
export function ResponsePane({ sending, onSend, onCancel, example, workspaceId }: ResponsePaneProps) {
  return (
    <section className={styles.pane} aria-label="Response">
      {/* Always there, so that a screen reader hears what changes in it. */}
      <p role="status" className="visually-hidden">
        {spokenStatus(sending)}
      </p>
      <Content
        sending={sending}
        onSend={onSend}
        onCancel={onCancel}
        example={example}
        workspaceId={workspaceId}
      />
    </section>
  );
}

function spokenStatus(sending: Sending): string {
  switch (sending.state) {
    case "idle":
      return "";
    case "sending":
      return "Sending";
    case "cancelled":
      return "Cancelled";
    case "failed":
      return `No response: ${sending.problem.message}`;
    case "answered": {
      const { response, tests } = sending.exchange;
      const { passed, failed } = testCounts(tests);
      if (!response) return "";
      return `Response ${response.code} ${response.status} in ${duration(response.timing.total)}${tests.length > 0 ? `, ${count(passed, "test")} passed, ${failed} failed` : ""}`;
    }
  }
}

function Content(props: ResponsePaneProps) {
  const { sending, onSend, onCancel } = props;
  switch (sending.state) {
    case "idle":
      return (
        <div className={styles.idle}>
          <EmptyState compact icon="send" title="No response yet">
            Press Send or {keysText("Mod Enter")} to see what comes back. Tests, cookies, timing and the exact
            headers will be here.
          </EmptyState>
        </div>
      );
    case "sending":
      if (sending.exchange.response)
        return <Answer {...props} exchange={sending.exchange} response={sending.exchange.response} />;
      return <Progress exchange={sending.exchange} onCancel={onCancel} />;
    case "cancelled":
      if (sending.exchange.response)
        return <Answer {...props} exchange={sending.exchange} response={sending.exchange.response} />;
      return (
        <div className={styles.idle}>
          <EmptyState
            compact
            icon="stop"
            title="Cancelled"
            actions={
              <Button icon="refresh" onClick={onSend}>
                Send again
              </Button>
            }
          >
            {sending.exchange.request
              ? "The request had left before; the other side may have acted on it."
              : "Nothing was sent."}
          </EmptyState>
        </div>
      );
    case "failed":
      return <Failure problem={sending.problem} exchange={sending.exchange} onSend={onSend} />;
    case "answered":
      if (!sending.exchange.response) return null;
      return <Answer {...props} exchange={sending.exchange} response={sending.exchange.response} />;
  }
}

function Progress({ exchange, onCancel }: { exchange: Exchange; onCancel: () => void }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  return (
    <div className={styles.progress}>
      <span className={styles.bar} aria-hidden="true" />
      <p>
        {exchange.request ? "Waiting for the answer" : "Preparing the request"}
        <span className={styles.elapsed}>{((now - exchange.startedAt) / 1000).toFixed(1)} s</span>
      </p>
      {exchange.request && (
        <code>
          {exchange.request.method} {exchange.request.url}
        </code>
      )}
      <Button icon="stop" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  );
}

function Failure({
  problem,
  exchange,
  onSend,
}: {
  problem: RequestError;
  exchange: Exchange;
  onSend: () => void;
}) {
  return (
    <div className={styles.failure}>
      <Notice
        kind="problem"
        actions={
          <Button size="small" icon="refresh" onClick={onSend}>
            Send again
          </Button>
        }
      >
        <strong>There is no response.</strong> {sentence(problem.message)}
        {problem.hint && <span className={styles.hint}>{sentence(problem.hint)}</span>}
        <span className={styles.code}>
          {problem.phase} · {problem.code}
        </span>
      </Notice>
      {exchange.tests.length > 0 && <Tests tests={exchange.tests} />}
    </div>
  );
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

type Part = "body" | "cookies" | "headers" | "tests" | "network";

function Answer({
  sending,
  exchange,
  response,
  example,
  workspaceId,
}: ResponsePaneProps & { exchange: Exchange; response: ReceivedResponse }) {
  const [part, setPart] = useState<Part>("body");
  const { passed, failed } = testCounts(exchange.tests);
  const running = sending.state === "sending";

  return (
    <Tabs<Part>
      label="Parts of the response"
      className={styles.tabs}
      value={part}
      onChange={setPart}
      tabs={[
        { id: "body", label: "Body" },
        { id: "cookies", label: "Cookies", badge: response.cookies.length || null },
        { id: "headers", label: "Headers", badge: response.headers.length || null },
        {
          id: "tests",
          label: "Tests",
          badge:
            exchange.tests.length === 0 ? null : (
              <span data-failed={failed > 0 || undefined} className={styles.testBadge}>
                {passed}/{exchange.tests.length}
              </span>
            ),
        },
        { id: "network", label: "Network", marked: exchange.redirects.length > 0 },
      ]}
      aside={
        <div className={styles.facts}>
          {running && <span className={styles.running}>Running the tests…</span>}
          <span className={styles.status} data-kind={statusKind(response.code)}>
            {response.code} {response.status}
          </span>
          <NetworkFact response={response} />
          <TimeFact timing={response.timing} />
          <SizeFact sizes={response.sizes} encoding={headerOf(response, "content-encoding")} />
          {example && (
            <SaveExample exchange={exchange} response={response} {...example} workspaceId={workspaceId} />
          )}
        </div>
      }
    >
      {/* What scrolls must be reachable from the keyboard; the body's editor is. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={styles.part} tabIndex={part === "body" ? undefined : 0}>
        {part === "body" && (
          <ResponseBody
            key={exchange.startedAt}
            response={response}
            name={example?.item.name ?? "response"}
          />
        )}
        {part === "cookies" && <Cookies cookies={response.cookies} workspaceId={workspaceId} />}
        {part === "headers" && <Headers headers={response.headers} label="Headers of the response" />}
        {part === "tests" && <Tests tests={exchange.tests} />}
        {part === "network" && (
          <Network response={response} redirects={exchange.redirects} request={exchange.request} />
        )}
      </div>
    </Tabs>
  );
}

function headerOf(response: ReceivedResponse, name: string): string | null {
  return response.headers.find((header) => header.key.toLowerCase() === name)?.value ?? null;
}

const phases = [
  { key: "redirects", label: "Redirects" },
  { key: "dns", label: "Name lookup" },
  { key: "connect", label: "Connect" },
  { key: "tls", label: "TLS handshake" },
  { key: "send", label: "Sending" },
  { key: "wait", label: "Waiting" },
  { key: "download", label: "Download" },
] as const;

/** The time, and what it went into. */
export function TimeFact({ timing }: { timing: Timing }) {
  const total = timing.total || 1;
  return (
    <FactPopover
      label="Time by phase"
      says={`Time: ${duration(timing.total)}. Show the phases`}
      sign={duration(timing.total)}
    >
      <table className={styles.phases}>
        <caption>Time</caption>
        <tbody>
          {phases.map(({ key, label }, index) => {
            const start = phases.slice(0, index).reduce((sum, phase) => sum + timing[phase.key], 0);
            return (
              <tr key={key} data-none={timing[key] === 0 || undefined}>
                <th scope="row">{label}</th>
                <td aria-hidden="true">
                  <span
                    className={styles.phase}
                    data-phase={key}
                    style={{
                      marginLeft: `${(start / total) * 100}%`,
                      width: `${(timing[key] / total) * 100}%`,
                    }}
                  />
                </td>
                <td>{timing[key] === 0 ? "–" : duration(timing[key])}</td>
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">All of it</th>
            <td colSpan={2}>{duration(timing.total)}</td>
          </tr>
        </tfoot>
      </table>
    </FactPopover>
  );
}

/** The size of the answer, and what it is made of. */
export function SizeFact({ sizes, encoding }: { sizes: Sizes; encoding: string | null }) {
  const whole = sizes.responseHeaders + sizes.responseBodyWire;
  const row = (label: string, size: number) => (
    <tr>
      <th scope="row">{label}</th>
      <td>{bytes(size)}</td>
    </tr>
  );
  return (
    <FactPopover label="Size by part" says={`Size: ${bytes(whole)}. Show the parts`} sign={bytes(whole)}>
      <table className={styles.sizes}>
        <caption>
          <Icon name="arrow-down" size={13} /> Response
        </caption>
        <tbody>
          {row("Headers", sizes.responseHeaders)}
          {row(encoding ? `Body, as it came (${encoding})` : "Body", sizes.responseBodyWire)}
          {sizes.responseBody !== sizes.responseBodyWire && row("Body, decoded", sizes.responseBody)}
        </tbody>
      </table>
      <table className={styles.sizes}>
        <caption>
          <Icon name="arrow-up" size={13} /> Request
        </caption>
        <tbody>
          {row("Headers", sizes.requestHeaders)}
          {row("Body", sizes.requestBody)}
        </tbody>
      </table>
    </FactPopover>
  );
}

/** Keeps the answer beside its request, for documentation and mocks. */
function SaveExample({
  item,
  document,
  exchange,
  response,
  workspaceId,
}: {
  item: Item;
  document: Document;
  exchange: Exchange;
  response: ReceivedResponse;
  workspaceId: string;
}) {
  const open = useOpen(workspaceId);
  const saving = useMutation({
    mutationFn: async () => {
      const body = await bodyText(response.body);
      const name = `${item.name}: ${response.code} ${response.status}`.trim();
      const example = await answered(
        client.POST("/api/collections/{id}/items", {
          params: { path: { id: item.collectionId } },
          body: {
            parentId: item.id,
            kind: "example",
            name,
            document: {
              name,
              originalRequest: requestOf(document),
              status: response.status,
              code: response.code,
              _postman_previewlanguage: languageOf(response),
              header: response.headers,
              cookie: response.cookies,
              responseTime: Math.round(response.timing.total),
              ...(body === null ? {} : { body }),
            },
          },
        }),
      );
      rememberItem(example);
      await cache.invalidateQueries(nodesQuery(item.collectionId));
      return example;
    },
    onSuccess: (example) =>
      toast({
        kind: "success",
        text: `Saved as the example “${example.name}”.`,
        action: { label: "Open", onSelect: () => open({ kind: "example", id: example.id }) },
      }),
    onError: (problem) => toast({ kind: "problem", text: problemText(problem) }),
  });
  return (
    <IconButton
      size="small"
      icon="example"
      label="Save the response as an example"
      disabled={saving.isPending || exchange.response === null}
      onClick={() => saving.mutate()}
    />
  );
}
