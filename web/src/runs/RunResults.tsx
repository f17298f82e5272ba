import { useVirtualizer } from "@tanstack/react-virtual";
import { Toolbar } from "radix-ui";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { download } from "../collections/actions";
import { Button, IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { Method } from "../ui/Method";
import { Notice } from "../ui/Notice";
import { SplitPane } from "../ui/SplitPane";
import { Tabs } from "../ui/Tabs";
import { count, duration, statusKind } from "./format";
import { rawRequest } from "./responseParts";
import { ResponseBody, saveFile } from "./ResponseBody";
import { Network } from "./Network";
import { Headers, TestList } from "./responseParts";
import { type ReportFormat, reportAddress, reportFiles } from "./reports";
import { cancelRun, outcome, type Result, runReport, type RunView } from "./run";
import styles from "./RunnerTab.module.css";
import type { TestResult } from "./sends";

type Filter = "all" | "passed" | "failed" | "skipped";

type Row =
  | { kind: "iteration"; iteration: number }
  | { kind: "request"; result: Result }
  | { kind: "test"; result: Result; test: TestResult };

/** A run while it goes on and after it: what held, what did not, and why. */
export function RunResults({
  run,
  name,
  runKey,
  onAgain,
  onNew,
}: {
  run: RunView;
  name: string;
  runKey: string;
  onAgain: () => void;
  onNew: () => void;
}) {
  const [filter, setFilter] = useState<Filter>("all");
  const [picked, setPicked] = useState<number | null>(null);
  const jump = useRef<(iteration: number) => void>(() => {});

  const { results } = run;
  const rows = useMemo(() => rowsOf(results, filter, run.iterations > 1), [results, filter, run.iterations]);
  const iterations = useMemo(() => iterationsOf(results), [results]);
  const running = run.state === "running";
  const elapsed = useElapsed(run);
  const tests = run.passed + run.failed + run.skipped;
  const result = picked === null ? undefined : results[picked];

  const list = (
    <div className={styles.results}>
      <div className={styles.resultsBar}>
        <div className={styles.filters} role="group" aria-label="Show tests">
          {(
            [
              ["all", "All tests", tests],
              ["passed", "Passed", run.passed],
              ["failed", "Failed", run.failed],
              ["skipped", "Skipped", run.skipped],
            ] as const
          ).map(([each, label, number]) => (
            <Button
              key={each}
              kind="quiet"
              size="small"
              aria-pressed={filter === each}
              onClick={() => setFilter(each)}
            >
              {label} <span className={styles.number}>{number}</span>
            </Button>
          ))}
        </div>
        <span className={styles.space} />
        {!running && results.length > 0 && (
          <span className={styles.only}>
            {run.reports.length > 0
              ? "The report is kept with your history, for you alone."
              : "These results are in this page alone: save them to keep them."}
          </span>
        )}
        {run.errors > 0 && (
          <span className={styles.errors}>
            <Icon name="warning" size={13} /> {count(run.errors, "request")} without an answer
          </span>
        )}
      </div>
      <div className={styles.columns}>
        <Rows
          rows={rows}
          follow={running}
          picked={picked}
          onPick={setPicked}
          jump={jump}
          filter={filter}
          running={running}
        />
        {run.iterations > 1 && (
          <Iterations iterations={iterations} onPick={(iteration) => jump.current(iteration)} />
        )}
      </div>
    </div>
  );

  return (
    <div className={styles.page} data-results>
      <header className={styles.header}>
        <Icon name="play" size={18} className={styles.kind} />
        <h1>{name}</h1>
        <State run={run} />
        <span className={styles.space} />
        {running ? (
          <Button icon="stop" onClick={() => cancelRun(runKey)}>
            Cancel
          </Button>
        ) : (
          <>
            <Report run={run} name={name} />
            <Button onClick={onNew}>New run</Button>
            <Button kind="primary" icon="refresh" onClick={onAgain}>
              Run again
            </Button>
          </>
        )}
      </header>
      {running && <Progress done={results.length} of={run.requests * run.iterations} />}
      {run.problem && <Notice kind="problem">{run.problem}</Notice>}
      <p role="status" className="visually-hidden">
        {running ? "" : `Run ended: ${count(run.passed, "test")} passed, ${run.failed} failed`}
      </p>
      <dl className={styles.tiles}>
        <Tile name="Environment">{run.environment ?? "none"}</Tile>
        <Tile name="Iterations">
          {Math.min(run.iterations, iterations.length)}
          {iterations.length < run.iterations && <small> of {run.iterations}</small>}
        </Tile>
        <Tile name="Duration">{duration(elapsed)}</Tile>
        <Tile name="Requests">{results.length}</Tile>
        <Tile name="Tests passed" kind={run.passed > 0 ? "good" : undefined}>
          {run.passed}
        </Tile>
        <Tile name="Tests failed" kind={run.failed > 0 ? "bad" : undefined}>
          {run.failed}
        </Tile>
        <Tile name="Avg. response">{run.averageMs > 0 ? duration(run.averageMs) : "–"}</Tile>
      </dl>
      {result ? (
        <SplitPane
          id="run-detail"
          label="Width of the detail"
          direction="row"
          fixed="second"
          unit="%"
          initial={46}
          min={24}
          max={74}
          first={list}
          second={<Detail key={result.index} result={result} onClose={() => setPicked(null)} />}
        />
      ) : (
        list
      )}
    </div>
  );
}

/** The run as a page to read, and as files for people and programs. */
function Report({ run, name }: { run: RunView; name: string }) {
  const { runId, reports } = run;
  const kept = (format: ReportFormat) => runId !== null && reports.includes(format);
  return (
    <>
      {runId !== null && kept("html") && (
        <a className={styles.report} href={reportAddress(runId, "html")} target="_blank" rel="noopener">
          <Icon name="book" size={15} /> Open report
        </a>
      )}
      <Menu
        align="end"
        entries={[
          ...reportFiles
            .filter(({ format }) => kept(format))
            .map(({ format, label }) => ({
              label,
              icon: "download" as const,
              onSelect: () => runId !== null && download(`${reportAddress(runId, format)}?download=true`),
            })),
          // The server keeps no report of a run that did not come to its end.
          ...(kept("json")
            ? []
            : [
                {
                  label: "Results in this page as JSON",
                  icon: "download" as const,
                  onSelect: () =>
                    saveFile(
                      `${name.replace(/[^\p{L}\p{N}._-]+/gu, "-")}-run.json`,
                      new Blob([JSON.stringify(runReport(run), null, 2)], { type: "application/json" }),
                    ),
                },
              ]),
        ]}
      >
        <IconButton icon="download" label="Save the results" />
      </Menu>
    </>
  );
}

function useElapsed(run: RunView): number {
  const [now, setNow] = useState(() => Date.now());
  const running = run.state === "running";
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, [running]);
  return running ? Math.max(0, now - run.startedAt) : run.durationMs;
}

const reasons = {
  completed: "Finished",
  bailed: "Stopped at the first failure",
  cancelled: "Cancelled",
  timedOut: "Stopped: it took too long",
  failed: "Could not go on",
} as const;

function State({ run }: { run: RunView }) {
  if (run.reason === null) return <span className={styles.state}>Running…</span>;
  const bad = run.failed > 0 || run.errors > 0 || run.reason === "failed" || run.reason === "timedOut";
  return (
    <span className={styles.state} data-kind={run.reason === "cancelled" ? undefined : bad ? "bad" : "good"}>
      {reasons[run.reason]}
      {run.reason === "completed" && bad && " with failures"}
    </span>
  );
}

function Progress({ done, of }: { done: number; of: number }) {
  const part = of > 0 ? Math.min(100, (done / of) * 100) : 0;
  return (
    <div
      className={styles.progress}
      role="progressbar"
      aria-label="Progress of the run"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(part)}
    >
      <span style={{ width: `${part}%` }} />
    </div>
  );
}

function Tile({
  name,
  kind,
  children,
}: {
  name: string;
  kind?: "good" | "bad" | undefined;
  children: ReactNode;
}) {
  return (
    <div className={styles.tile} data-kind={kind}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function rowsOf(results: readonly Result[], filter: Filter, grouped: boolean): Row[] {
  const rows: Row[] = [];
  let iteration = -1;
  for (const result of results) {
    const tests =
      filter === "all"
        ? result.tests
        : result.tests.filter(
            (test) => (test.skipped ? "skipped" : test.passed ? "passed" : "failed") === filter,
          );
    const shown = filter === "all" || tests.length > 0 || (filter === "failed" && result.error !== null);
    if (!shown) continue;
    if (grouped && result.iteration !== iteration) {
      iteration = result.iteration;
      rows.push({ kind: "iteration", iteration });
    }
    rows.push({ kind: "request", result });
    for (const test of tests) rows.push({ kind: "test", result, test });
  }
  return rows;
}

/** One stop of the Tab key for all of them; the arrow keys go from one to the next. */
function Iterations({
  iterations,
  onPick,
}: {
  iterations: readonly Iteration[];
  onPick: (iteration: number) => void;
}) {
  return (
    <Toolbar.Root className={styles.iterations} orientation="vertical" aria-label="Iterations">
      {iterations.map(({ iteration, failed, done }) => (
        <Toolbar.Button
          key={iteration}
          data-state={failed ? "failed" : done ? "passed" : "running"}
          aria-label={`Iteration ${iteration + 1}, ${failed ? "with failures" : done ? "passed" : "running"}`}
          onClick={() => onPick(iteration)}
        >
          {iteration + 1}
        </Toolbar.Button>
      ))}
    </Toolbar.Root>
  );
}

interface Iteration {
  iteration: number;
  failed: boolean;
  done: boolean;
}

function iterationsOf(results: readonly Result[]): Iteration[] {
  const found: Iteration[] = [];
  for (const result of results) {
    let entry = found.at(-1);
    if (!entry || entry.iteration !== result.iteration) {
      entry = { iteration: result.iteration, failed: false, done: true };
      found.push(entry);
    }
    const came = outcome(result);
    if (came === "failed") entry.failed = true;
    entry.done = came !== "running";
  }
  // Virtual users end theirs in any order.
  return found.sort((one, other) => one.iteration - other.iteration);
}

function Rows({
  rows,
  follow,
  picked,
  onPick,
  jump,
  filter,
  running,
}: {
  rows: readonly Row[];
  follow: boolean;
  picked: number | null;
  onPick: (index: number) => void;
  jump: React.RefObject<(iteration: number) => void>;
  filter: Filter;
  running: boolean;
}) {
  const scroll = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: (index) => (rows[index]?.kind === "test" ? 26 : 32),
    overscan: 16,
  });
  useEffect(() => {
    jump.current = (iteration) => {
      const index = rows.findIndex((row) => row.kind === "iteration" && row.iteration === iteration);
      if (index >= 0) virtual.scrollToIndex(index, { align: "start" });
    };
  });
  useEffect(() => {
    if (follow && atEnd.current && rows.length > 0) virtual.scrollToIndex(rows.length - 1, { align: "end" });
  }, [rows, follow, virtual]);

  if (rows.length === 0)
    return (
      <p className={styles.nothing}>
        {running
          ? "Waiting for the first result."
          : filter === "all"
            ? "Nothing was sent."
            : `No test ${filter === "failed" ? "failed" : filter === "passed" ? "passed" : "was skipped"}.`}
      </p>
    );
  return (
    <div
      ref={scroll}
      className={styles.scroll}
      onScroll={(event) => {
        const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
        atEnd.current = scrollTop + clientHeight > scrollHeight - 40;
      }}
    >
      <ol style={{ height: virtual.getTotalSize() }} aria-label="Results">
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <li
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                data-kind={row.kind}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Line row={row} picked={picked} onPick={onPick} />
              </li>
            )
          );
        })}
      </ol>
    </div>
  );
}

function Line({ row, picked, onPick }: { row: Row; picked: number | null; onPick: (index: number) => void }) {
  switch (row.kind) {
    case "iteration":
      return <h3 className={styles.iteration}>Iteration {row.iteration + 1}</h3>;
    case "request": {
      const { result } = row;
      const came = outcome(result);
      return (
        <button
          type="button"
          className={styles.request}
          data-picked={picked === result.index || undefined}
          aria-pressed={picked === result.index}
          onClick={() => onPick(result.index)}
        >
          <Icon
            name={
              came === "failed"
                ? "close"
                : came === "passed"
                  ? "check"
                  : came === "skipped"
                    ? "arrow-right"
                    : "clock"
            }
            size={14}
            className={styles[came]}
          />
          <span className="visually-hidden">{came}: </span>
          {result.request && <Method method={result.request.method} />}
          <span className={styles.requestName}>{result.item.name}</span>
          <span className={styles.stepPath}>{result.item.path.join(" / ")}</span>
          {result.skipped && <span className={styles.fact}>skipped by a script</span>}
          {result.error && <span className={styles.why}>{result.error.message}</span>}
          {result.response && (
            <>
              <span className={styles.code} data-kind={statusKind(result.response.code)}>
                {result.response.code}
              </span>
              <span className={styles.fact}>{duration(result.response.timing.total)}</span>
            </>
          )}
        </button>
      );
    }
    case "test": {
      const { test } = row;
      return (
        <p
          className={styles.test}
          data-outcome={test.skipped ? "skipped" : test.passed ? "passed" : "failed"}
        >
          <span className={styles.pill}>{test.skipped ? "Skip" : test.passed ? "Pass" : "Fail"}</span>
          <span className={styles.testName}>
            {test.name}
            {test.error && (
              <span className={styles.error}>
                {test.error.name}: {test.error.message}
              </span>
            )}
          </span>
        </p>
      );
    }
  }
}

type Part = "response" | "headers" | "request" | "tests" | "network";

/** One request of the run: what was sent, and what came. */
function Detail({ result, onClose }: { result: Result; onClose: () => void }) {
  const { request, response, error, tests } = result;
  const [part, setPart] = useState<Part>("response");
  return (
    <section className={styles.detail} aria-label={`Detail of ${result.item.name}`}>
      <Tabs<Part>
        label="Parts of the exchange"
        className={styles.detailTabs}
        value={part}
        onChange={setPart}
        tabs={[
          { id: "response", label: "Response" },
          { id: "headers", label: "Headers", badge: response?.headers.length ?? null },
          { id: "request", label: "Request" },
          { id: "tests", label: "Tests", badge: tests.length || null },
          { id: "network", label: "Network" },
        ]}
        aside={<IconButton size="small" icon="close" label="Close the detail" onClick={onClose} />}
      >
        {/* What scrolls must be reachable from the keyboard; the body's editor is. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div className={styles.detailPart} tabIndex={part === "response" ? undefined : 0}>
          {error && part !== "request" && part !== "tests" && (
            <Notice kind="problem">
              <strong>There is no response.</strong> {error.message} {error.hint}
            </Notice>
          )}
          {!error && !response && part !== "request" && part !== "tests" && (
            <p className={styles.nothing}>
              {result.skipped ? "A script skipped this request." : "It is on its way."}
            </p>
          )}
          {part === "response" && response && <ResponseBody response={response} name={result.item.name} />}
          {part === "headers" && response && (
            <Headers headers={response.headers} label="Headers of the response" />
          )}
          {part === "network" && response && (
            <Network response={response} redirects={result.redirects} request={null} />
          )}
          {part === "request" &&
            (request ? (
              // What scrolls must be reachable from the keyboard.
              // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
              <pre className={styles.raw} tabIndex={0} aria-label="Request as it was sent">
                {rawRequest(request)}
              </pre>
            ) : (
              <p className={styles.nothing}>Nothing was sent.</p>
            ))}
          {part === "tests" &&
            (tests.length > 0 ? (
              <TestList tests={tests} />
            ) : (
              <p className={styles.nothing}>This request has no tests.</p>
            ))}
        </div>
      </Tabs>
    </section>
  );
}
