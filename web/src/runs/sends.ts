import { useSyncExternalStore } from "react";
import { problemText } from "../api/client";
import { applyMutations, type ScopeIds } from "../environments/locals";
import { newLog } from "./console";
import { Feed } from "./feed";
import { historyChanged } from "./history";
import {
  execute,
  type ReceivedResponse,
  type Redirect,
  type RequestError,
  type RunEvent,
  type ScriptError,
  type Send,
  type SentRequest,
  type Target,
} from "./stream";

/** What a script claimed, or that it ended with an error. */
export interface TestResult {
  name: string;
  passed: boolean;
  skipped: boolean;
  target: Target;
  error: ScriptError | null;
  /** A script that broke off: it is no test, and counts as failed. */
  script: boolean;
}

/** What came of one Send so far. */
export interface Exchange {
  startedAt: number;
  request: SentRequest | null;
  response: ReceivedResponse | null;
  redirects: readonly Redirect[];
  tests: readonly TestResult[];
  /** Changes of variables that scripts made. */
  changes: number;
}

export type Sending =
  | { state: "idle" }
  | { state: "sending"; exchange: Exchange }
  | { state: "answered"; exchange: Exchange }
  | { state: "failed"; exchange: Exchange; problem: RequestError }
  | { state: "cancelled"; exchange: Exchange };

/**
 * The last Send of each request. It goes on while its tab is behind others, and its answer is there when the tab comes
 * back, until the page is left.
 */
const sendings = new Map<string, Sending>();
const aborts = new Map<string, AbortController>();
const feed = new Feed(() => {});
const idle: Sending = { state: "idle" };

/** The last Send of a request. */
export function useSending(itemId: string): Sending {
  return useSyncExternalStore(feed.subscribe, () => sendings.get(itemId) ?? idle);
}

/** Stops a Send: the server closes its connection too. */
export function cancelSend(itemId: string) {
  aborts.get(itemId)?.abort();
}

/** The tests of an event, if it has one. */
export function testOf(event: RunEvent): TestResult | null {
  if (event.type === "assertion") {
    const { name, passed, skipped, target, error } = event;
    return { name, passed, skipped, target, error, script: false };
  }
  if (event.type === "scriptFailed") {
    const { at, target, error } = event;
    return { name: `Script of ${at}`, passed: false, skipped: false, target, error, script: true };
  }
  return null;
}

/** Sends a request; a Send of it that is under way is stopped. */
export async function send(itemId: string, what: Send, where: ScopeIds) {
  cancelSend(itemId);
  const control = new AbortController();
  aborts.set(itemId, control);
  const log = newLog();
  let exchange: Exchange = {
    startedAt: Date.now(),
    request: null,
    response: null,
    redirects: [],
    tests: [],
    changes: 0,
  };
  let failure: RequestError | null = null;
  let skipped = false;
  const show = (sending: Sending) => {
    if (aborts.get(itemId) !== control) return;
    sendings.set(itemId, sending);
    if (sending.state === "sending") feed.changed();
    else feed.tell();
  };
  show({ state: "sending", exchange });
  try {
    await execute(
      where.workspaceId,
      { send: what },
      (event) => {
        log(event);
        const test = testOf(event);
        if (test) exchange = { ...exchange, tests: [...exchange.tests, test] };
        else if (event.type === "requestSent" && event.source === "item")
          exchange = { ...exchange, request: event.request };
        else if (event.type === "responseReceived" && event.source === "item")
          exchange = { ...exchange, response: event.response, redirects: event.redirects };
        else if (event.type === "requestFailed" && event.source === "item") failure = event.error;
        else if (event.type === "itemFinished") skipped = event.skipped;
        else if (event.type === "variablesChanged") {
          applyMutations(event.changes, where);
          exchange = { ...exchange, changes: exchange.changes + event.changes.length };
        } else if (event.type === "runFinished" && event.error !== undefined)
          failure ??= { code: event.reason, phase: "run", message: event.error };
        show({ state: "sending", exchange });
      },
      control.signal,
    );
    if (!failure && exchange.response) show({ state: "answered", exchange });
    else
      show({
        state: "failed",
        exchange,
        problem:
          failure ??
          (skipped
            ? {
                code: "skipped",
                phase: "prerequest",
                message: "A script before the request said not to send it.",
              }
            : { code: "no_answer", phase: "run", message: "The work ended without an answer." }),
      });
  } catch (problem) {
    if (control.signal.aborted) show({ state: "cancelled", exchange });
    else
      show({
        state: "failed",
        exchange,
        problem: { code: "refused", phase: "server", message: problemText(problem) },
      });
  }
  if (aborts.get(itemId) === control) aborts.delete(itemId);
  historyChanged(where.workspaceId);
}
