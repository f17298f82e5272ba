import { useSyncExternalStore } from "react";
import { problemText } from "../api/client";
import { applyMutations, type ScopeIds } from "../environments/locals";
import { newLog } from "./console";
import { Feed } from "./feed";
import { historyChanged } from "./history";
import { testOf, type TestResult } from "./sends";
import {
  execute,
  type ItemName,
  type ReceivedResponse,
  type Redirect,
  type RequestError,
  type Run,
  type RunEvent,
  type SentRequest,
} from "./stream";

/** What came of one request in one iteration. */
export interface Result {
  readonly index: number;
  readonly iteration: number;
  readonly item: ItemName;
  readonly request: SentRequest | null;
  readonly response: ReceivedResponse | null;
  readonly redirects: readonly Redirect[];
  readonly error: RequestError | null;
  readonly tests: readonly TestResult[];
  readonly skipped: boolean;
  readonly state: "running" | "done";
}

/** A run as far as it has come. */
export interface RunView {
  /** What the server calls it, once it has begun. */
  readonly runId: string | null;
  /** The reports that the server keeps of it: `html`, `junit`, `json`. */
  readonly reports: readonly string[];
  readonly state: "running" | "finished" | "failed";
  readonly startedAt: number;
  readonly collection: string;
  readonly environment: string | null;
  readonly iterations: number;
  /** Requests of one iteration, before any `setNextRequest`. */
  readonly requests: number;
  /** In the order they were sent. */
  readonly results: readonly Result[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Requests without an answer. */
  readonly errors: number;
  readonly averageMs: number;
  readonly durationMs: number;
  readonly reason: "completed" | "bailed" | "cancelled" | "timedOut" | "failed" | null;
  readonly problem: string | null;
}

/** Bodies are kept until there is so much text of them; later answers keep everything else. */
const keptBodies = 32_000_000;

interface Running {
  view: Omit<RunView, "results">;
  results: Result[];
  snapshot: RunView;
  /** Grows with each event; `shown` is what the snapshot has of it. */
  version: number;
  shown: number;
  control: AbortController;
}

/** The last run of each collection and folder. It goes on while its tab is behind others. */
const runs = new Map<string, Running>();
const feed = new Feed(() => {
  for (const run of runs.values())
    if (run.version !== run.shown) {
      run.shown = run.version;
      run.snapshot = { ...run.view, results: [...run.results] };
    }
});

if (typeof window !== "undefined")
  window.addEventListener("beforeunload", (event) => {
    // A run ends when nobody listens to it any more. What has ended is only in this page, and says so.
    if ([...runs.values()].some((run) => run.view.state === "running")) event.preventDefault();
  });

/** The last run of a runner tab; `null` before the first. */
export function useRun(key: string): RunView | null {
  return useSyncExternalStore(feed.subscribe, () => runs.get(key)?.snapshot ?? null);
}

export function cancelRun(key: string) {
  runs.get(key)?.control.abort();
}

/** Goes back to before the first run. */
export function forgetRun(key: string) {
  cancelRun(key);
  runs.delete(key);
  feed.tell();
}

/**
 * Starts a run; one of the same tab that is under way is stopped. With `keepsVariables` what its scripts give variables
 * stays in one's local values.
 */
export async function startRun(
  key: string,
  what: Run,
  where: ScopeIds,
  collection: string,
  { keepsVariables }: { keepsVariables: boolean },
) {
  cancelRun(key);
  const control = new AbortController();
  const view: Running["view"] = {
    runId: null,
    reports: [],
    state: "running",
    startedAt: Date.now(),
    collection,
    environment: null,
    iterations: what.iterations ?? 1,
    requests: what.itemIds?.length ?? 0,
    passed: 0,
    failed: 0,
    skipped: 0,
    errors: 0,
    averageMs: 0,
    durationMs: 0,
    reason: null,
    problem: null,
  };
  const results: Result[] = [];
  const run: Running = { view, results, version: 0, shown: 0, control, snapshot: { ...view, results: [] } };
  runs.set(key, run);
  feed.tell();

  const take = collector(run);
  const log = newLog();
  const end = (part: Partial<Running["view"]>) => {
    run.view = { ...run.view, durationMs: Date.now() - run.view.startedAt, ...part };
    run.version++;
    if (runs.get(key) === run) feed.tell();
  };
  try {
    await execute(
      where.workspaceId,
      { run: what },
      (event) => {
        log(event);
        if (keepsVariables && event.type === "variablesChanged") applyMutations(event.changes, where);
        take(event);
        feed.changed();
      },
      control.signal,
    );
    end({});
  } catch (problem) {
    if (control.signal.aborted) end({ state: "finished", reason: "cancelled" });
    else end({ state: "failed", reason: "failed", problem: problemText(problem) });
  }
  historyChanged(where.workspaceId);
}

/** Takes events into a run. */
export function collector(run: Pick<Running, "view" | "results" | "version">): (event: RunEvent) => void {
  let answered = 0;
  let kept = 0;
  const change = (part: Partial<Result>) => {
    const last = run.results.at(-1);
    if (last) run.results[last.index] = { ...last, ...part };
  };
  const set = (part: Partial<Running["view"]>) => (run.view = { ...run.view, ...part });

  return (event) => {
    run.version++;
    const test = testOf(event);
    if (test) {
      change({ tests: [...(run.results.at(-1)?.tests ?? []), test] });
      const count = test.skipped ? "skipped" : test.passed ? "passed" : "failed";
      set({ [count]: run.view[count] + 1 });
      return;
    }
    switch (event.type) {
      case "runStarted":
        set({
          runId: event.runId,
          environment: event.environment,
          iterations: event.iterations,
          requests: event.requests,
        });
        return;
      case "itemStarted":
        run.results.push({
          index: run.results.length,
          iteration: event.iteration,
          item: event.item,
          request: null,
          response: null,
          redirects: [],
          error: null,
          tests: [],
          skipped: false,
          state: "running",
        });
        return;
      case "requestSent":
        if (event.source === "item") change({ request: event.request });
        return;
      case "responseReceived": {
        if (event.source !== "item") return;
        const { text, base64, ...body } = event.response.body;
        const size = text?.length ?? base64?.length ?? 0;
        const fits = kept + size <= keptBodies;
        if (fits) kept += size;
        answered++;
        set({
          averageMs: run.view.averageMs + (event.response.timing.total - run.view.averageMs) / answered,
        });
        change({
          redirects: event.redirects,
          response: fits ? event.response : { ...event.response, body: { ...body, truncated: size > 0 } },
        });
        return;
      }
      case "requestFailed":
        if (event.source !== "item") return;
        set({ errors: run.view.errors + 1 });
        change({ error: event.error, state: "done" });
        return;
      case "itemFinished":
        change({ state: "done", skipped: event.skipped });
        return;
      case "runFinished":
        set({
          state: event.reason === "failed" ? "failed" : "finished",
          reason: event.reason,
          durationMs: event.durationMs,
          averageMs: event.responseAverageMs,
          reports: event.reports ?? [],
          problem: event.error ?? null,
        });
        return;
      default:
    }
  };
}

/** How a result counts in the filter. */
export function outcome(result: Result): "passed" | "failed" | "skipped" | "running" {
  if (result.error || result.tests.some((test) => !test.passed && !test.skipped)) return "failed";
  if (result.skipped) return "skipped";
  return result.state === "running" ? "running" : "passed";
}

/** A run as a file that another program can read. */
export function runReport(view: RunView): unknown {
  return {
    collection: view.collection,
    environment: view.environment,
    startedAt: new Date(view.startedAt).toISOString(),
    durationMs: Math.round(view.durationMs),
    reason: view.reason,
    ...(view.problem === null ? {} : { problem: view.problem }),
    totals: {
      iterations: view.iterations,
      requests: view.results.length,
      tests: { passed: view.passed, failed: view.failed, skipped: view.skipped },
      requestsWithoutAnswer: view.errors,
      responseAverageMs: Math.round(view.averageMs),
    },
    results: view.results.map(({ iteration, item, request, response, redirects, error, tests, skipped }) => ({
      iteration: iteration + 1,
      name: item.name,
      path: item.path,
      id: item.id,
      request: request && {
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: request.body,
      },
      response,
      redirects,
      error,
      skipped,
      tests: tests.map(({ name, passed, skipped: left, error: why }) => ({
        name,
        passed,
        skipped: left,
        error: why,
      })),
    })),
  };
}
