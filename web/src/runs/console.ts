import { useSyncExternalStore } from "react";
import type { RunEvent } from "./stream";

/** A line of the console. */
export interface ConsoleLine {
  id: number;
  level: string;
  text: string;
}

const most = 1000;
let lines: readonly ConsoleLine[] = [];
let next = 1;
const listeners = new Set<() => void>();

function show(list: typeof lines) {
  lines = list;
  for (const listener of listeners) listener();
}

function add(level: string, text: string) {
  show([...lines.slice(1 - most), { id: next++, level, text }]);
}

/** Writes down what an event has for the console. */
export function log(event: RunEvent) {
  switch (event.type) {
    case "console":
      return add(
        event.level,
        event.messages.map((part) => (typeof part === "string" ? part : JSON.stringify(part))).join(" "),
      );
    case "requestSent":
      return add("request", `${event.request.method} ${event.request.url}`);
    case "responseReceived":
      return add(
        "response",
        `${event.response.code} ${event.response.status} in ${Math.round(event.response.timing.total)} ms`,
      );
    case "requestFailed":
      return add("error", event.error.message);
    case "scriptFailed":
      return add("error", `${event.at}: ${event.error.name}: ${event.error.message}`);
    default:
  }
}

/** Empties the console. */
export function clearConsole() {
  show([]);
}

/** What requests and scripts have said since the page was opened. */
export function useConsole(): readonly ConsoleLine[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => lines,
  );
}
