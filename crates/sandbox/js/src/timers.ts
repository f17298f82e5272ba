// Timers, and what the execution waits for: timers and answers that are still to come.

import { reportUncaught } from "./errors";

interface Timer {
  at: number;
  order: number;
  work: (...args: unknown[]) => unknown;
  args: unknown[];
  /** Milliseconds, for an interval. */
  every: number | undefined;
}

type Settle = (error: string | undefined, result: unknown) => void;

let timers = new Map<number, Timer>();
let waiting = new Map<number, Settle>();
let lastId = 0;
let sealed = false;
let clock = 0;

/** Ends all timers and takes no more. */
export function seal(): void {
  sealed = true;
  timers = new Map();
  waiting = new Map();
}

/** Begins an execution at `now` (milliseconds of a monotonic clock). */
export function open(now: number): void {
  timers = new Map();
  waiting = new Map();
  sealed = false;
  clock = now;
}

function start(work: unknown, delay: unknown, args: unknown[], repeats: boolean): number | undefined {
  if (sealed || typeof work !== "function") return undefined;
  const ms = delay === IMMEDIATE ? 0 : milliseconds(Number(delay));
  const id = ++lastId;
  const at = clock + ms;
  timers.set(id, { at, order: id, work: (...given) => work.apply({}, given), args, every: repeats ? ms : undefined });
  return id;
}

/** A delay as Node takes it. */
function milliseconds(wanted: number): number {
  return wanted >= 1 && wanted <= 0x7fffffff ? wanted : 1;
}

const IMMEDIATE = Symbol("immediate");

export function setTimeout(work: unknown, ms?: unknown, ...args: unknown[]): number | undefined {
  return start(work, ms, args, false);
}

export function setInterval(work: unknown, ms?: unknown, ...args: unknown[]): number | undefined {
  return start(work, ms, args, true);
}

export function setImmediate(work: unknown, ...args: unknown[]): number | undefined {
  return start(work, IMMEDIATE, args, false);
}

function stop(id: unknown): void {
  timers.delete(Number(id));
}

export const clearTimeout = (id?: unknown): void => stop(id);
export const clearInterval = (id?: unknown): void => stop(id);
export const clearImmediate = (id?: unknown): void => stop(id);

export const timerModule = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };

/** Waits for an answer of the host; `ask` is given the id under which it comes. */
export function awaitHost(settle: Settle, ask: (id: number) => void): void {
  if (sealed) return;
  const id = ++lastId;
  waiting.set(id, settle);
  ask(id);
}

/** Hands over an answer of the host. */
export function settle(id: number, error: string | undefined, result: unknown): void {
  const taker = waiting.get(id);
  if (!taker) return;
  try {
    taker(error, result);
  } catch (thrown) {
    reportUncaught(thrown);
  } finally {
    waiting.delete(id);
  }
}

/** Is there an answer still to come? */
export function awaitsHost(): boolean {
  return waiting.size > 0;
}

/**
 * Runs the timer that is due first, if one is due at `now`.
 *
 * Returns -1 if it ran one, else the milliseconds until the next, or -2 if there is none.
 */
export function tick(now: number): number {
  clock = now;
  let next: [number, Timer] | undefined;
  for (const entry of timers) {
    const timer = entry[1];
    if (!next || timer.at < next[1].at || (timer.at === next[1].at && timer.order < next[1].order)) next = entry;
  }
  if (!next) return -2;
  const [id, timer] = next;
  if (timer.at > now) return timer.at - now;
  if (timer.every === undefined) timers.delete(id);
  else {
    timer.at = now + timer.every;
    timer.order = ++lastId;
  }
  try {
    timer.work(...timer.args);
  } catch (error) {
    reportUncaught(error);
  }
  return -1;
}
