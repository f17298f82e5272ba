import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { problemText } from "../api/client";
import { collectionQuery } from "../api/resources";
import { useActiveEnvironment } from "../environments/active";
import { applyMutations, localsFor } from "../environments/locals";
import { Button } from "../ui/Button";
import { Checkbox, TextField } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { log } from "./console";
import styles from "./runs.module.css";
import { execute } from "./stream";

interface Result {
  key: number;
  name: string;
  answer: string;
  tests: { name: string; passed: boolean; message: string }[];
}

type Running =
  | { state: "idle" }
  | { state: "running"; results: Result[] }
  | { state: "finished"; results: Result[]; reason: string; durationMs: number }
  | { state: "failed"; results: Result[]; problem: string };

/** The tab that runs a collection or a folder, with results as they come. */
export function RunnerTab({
  collectionId,
  folderId,
  workspaceId,
}: {
  collectionId: string;
  folderId?: string;
  workspaceId: string;
}) {
  const collection = useQuery(collectionQuery(collectionId)).data;
  const environment = useActiveEnvironment(workspaceId);
  const [iterations, setIterations] = useState("1");
  const [delay, setDelay] = useState("0");
  const [bail, setBail] = useState(false);
  const [running, setRunning] = useState<Running>({ state: "idle" });
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);

  async function run() {
    const control = new AbortController();
    abort.current = control;
    const environmentId = environment?.id ?? null;
    const where = { workspaceId, environmentId, collectionId };
    let results: Result[] = [];
    const change = (edit: (last: Result) => Result) => {
      const last = results.at(-1);
      if (last) results = [...results.slice(0, -1), edit(last)];
      setRunning({ state: "running", results });
    };
    setRunning({ state: "running", results });
    try {
      await execute(
        workspaceId,
        {
          run: {
            collectionId,
            iterations: Math.max(1, Number(iterations) || 1),
            delayMs: Math.max(0, Number(delay) || 0),
            bail,
            locals: localsFor(where),
            ...(folderId === undefined ? {} : { folderId }),
            ...(environmentId === null ? {} : { environmentId }),
          },
        },
        (event) => {
          log(event);
          switch (event.type) {
            case "itemStarted":
              results = [...results, { key: results.length, name: event.item.name, answer: "", tests: [] }];
              return setRunning({ state: "running", results });
            case "responseReceived":
              if (event.source === "item")
                change((last) => ({ ...last, answer: `${event.response.code} ${event.response.status}` }));
              return;
            case "requestFailed":
              if (event.source === "item") change((last) => ({ ...last, answer: event.error.message }));
              return;
            case "assertion":
              return change((last) => ({
                ...last,
                tests: [
                  ...last.tests,
                  {
                    name: event.name,
                    passed: event.passed || event.skipped,
                    message: event.error?.message ?? "",
                  },
                ],
              }));
            case "scriptFailed":
              return change((last) => ({
                ...last,
                tests: [
                  ...last.tests,
                  { name: event.at, passed: false, message: `${event.error.name}: ${event.error.message}` },
                ],
              }));
            case "variablesChanged":
              return applyMutations(event.changes, where);
            case "runFinished":
              return setRunning({
                state: "finished",
                results,
                reason: event.reason,
                durationMs: event.durationMs,
              });
            default:
          }
        },
        control.signal,
      );
    } catch (problem) {
      setRunning(
        control.signal.aborted
          ? { state: "finished", results, reason: "cancelled", durationMs: 0 }
          : { state: "failed", results, problem: problemText(problem) },
      );
    }
  }

  const results = running.state === "idle" ? [] : running.results;
  const failed = results.flatMap((result) => result.tests).filter((test) => !test.passed).length;
  const passed = results.flatMap((result) => result.tests).length - failed;

  return (
    <div className={styles.page}>
      <h1>Run {collection?.name}</h1>
      <form
        className={styles.settings}
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <TextField label="Iterations" type="number" min={1} value={iterations} onChange={setIterations} />
        <TextField
          label="Delay between requests (ms)"
          type="number"
          min={0}
          value={delay}
          onChange={setDelay}
        />
        <Checkbox label="Stop at the first failure" checked={bail} onChange={setBail} />
        {running.state === "running" ? (
          <Button icon="stop" onClick={() => abort.current?.abort()}>
            Stop
          </Button>
        ) : (
          <Button kind="primary" icon="play" type="submit">
            Run
          </Button>
        )}
      </form>
      {running.state === "failed" && <Notice kind="problem">{running.problem}</Notice>}
      <p role="status" className={styles.hint}>
        {running.state === "idle"
          ? "Every request is sent in order, and its tests are shown as they come."
          : `${results.length} requests, ${passed} tests passed, ${failed} failed${running.state === "finished" ? `: ${running.reason}` : ""}`}
      </p>
      <ol className={styles.results}>
        {results.map((result) => (
          <li key={result.key}>
            <p>
              <strong>{result.name}</strong> <span className={styles.faint}>{result.answer}</span>
            </p>
            {result.tests.map((test, index) => (
              <p key={index} data-passed={test.passed}>
                <Icon name={test.passed ? "check" : "close"} size={14} /> {test.name} {test.message}
              </p>
            ))}
          </li>
        ))}
      </ol>
    </div>
  );
}
