import { isProblem, type Problem } from "../api/client";
import { asRecord } from "../api/json";
import type { Locals, Mutation } from "../environments/locals";

/** Which request an event is about. */
export interface ItemName {
  id: string;
  name: string;
  /** Names of the folders around it, outermost first. */
  path: string[];
}

export interface Header {
  key: string;
  value: string;
}

/** A request as it went over the wire. */
export interface SentRequest {
  method: string;
  url: string;
  headers: Header[];
  body: { kind: "none" | "text" | "binary"; text?: string; size: number };
}

export interface Cookie {
  name: string;
  value: string;
  domain: string;
  path: string;
  expires: string | null;
  httpOnly: boolean;
  secure: boolean;
}

/** The body of an answer, decoded, as far as it came with the event. */
export interface ReceivedBody {
  size: number;
  text?: string;
  base64?: string;
  truncated: boolean;
  /** Where the server keeps the whole of a truncated body for a while. */
  id?: string;
}

/** Milliseconds of each phase; they do not overlap and add up to `total`. */
export interface Timing {
  dns: number;
  connect: number;
  tls: number;
  wait: number;
  download: number;
  total: number;
}

/** Bytes of each part of an exchange. */
export interface Sizes {
  requestHeaders: number;
  requestBody: number;
  responseHeaders: number;
  responseBody: number;
  responseBodyWire: number;
}

export interface TlsPeer {
  version: string;
  cipher: string;
  subject: string | null;
  issuer: string | null;
  notAfter: string | null;
  verified: boolean;
}

export interface ReceivedResponse {
  code: number;
  status: string;
  headers: Header[];
  cookies: Cookie[];
  body: ReceivedBody;
  timing: Timing;
  sizes: Sizes;
  httpVersion: string;
  remoteAddress: string;
  tls: TlsPeer | null;
}

export interface Redirect {
  method: string;
  url: string;
  code: number;
}

export interface ScriptError {
  name: string;
  message: string;
  stack?: string;
}

export type Source = "item" | "script";
export type Target = "prerequest" | "test";
export type Level = "log" | "info" | "warn" | "error" | "debug";

interface Count {
  total: number;
  failed: number;
}

/** Why there is no answer. */
export interface RequestError {
  code: string;
  phase: string;
  message: string;
  hint?: string;
}

/** What a run tells while it goes on. */
export type RunEvent =
  | {
      type: "runStarted";
      runId: string;
      collection: { id: string; name: string };
      environment: string | null;
      iterations: number;
      requests: number;
      at: string;
    }
  | { type: "iterationStarted"; iteration: number }
  | { type: "itemStarted"; iteration: number; position: number; item: ItemName }
  | { type: "console"; level: Level; messages: unknown[]; item?: ItemName; target?: Target; at: string }
  | { type: "requestSent"; item: ItemName; exchange?: number; source: Source; request: SentRequest }
  | {
      type: "responseReceived";
      item: ItemName;
      exchange?: number;
      source: Source;
      response: ReceivedResponse;
      redirects: Redirect[];
    }
  | {
      type: "requestFailed";
      item: ItemName;
      exchange?: number;
      source: Source;
      method?: string;
      url?: string;
      error: RequestError;
    }
  | {
      type: "assertion";
      item: ItemName;
      target: Target;
      name: string;
      passed: boolean;
      skipped: boolean;
      error: ScriptError | null;
    }
  | { type: "scriptFailed"; item: ItemName; target: Target; at: string; error: ScriptError }
  | { type: "variablesChanged"; item: ItemName; changes: Mutation[] }
  | {
      type: "itemFinished";
      item: ItemName;
      iteration: number;
      position: number;
      durationMs: number;
      next?: string | null;
      skipped: boolean;
    }
  | { type: "iterationFinished"; iteration: number }
  | {
      type: "runFinished";
      runId: string;
      totals: { iterations: Count; requests: Count; assertions: Count & { skipped: number } };
      durationMs: number;
      bytesReceived: number;
      responseAverageMs: number;
      min: number;
      max: number;
      reason: "completed" | "bailed" | "cancelled" | "timedOut" | "failed";
      error?: string;
    };

/** One request to send once. */
export interface Send {
  collectionId?: string;
  itemId?: string;
  document: Record<string, unknown>;
  environmentId?: string;
  locals: Locals;
}

/** A collection, a folder, or chosen requests in their order. */
export interface Run {
  collectionId: string;
  folderId?: string;
  itemIds?: string[];
  environmentId?: string;
  iterations: number;
  delayMs: number;
  data?: string;
  dataName?: string;
  bail: boolean;
  locals: Locals;
}

/** The stream ended before its last event: the server stopped, or the connection broke. */
export class BrokenStream extends Error {
  constructor() {
    super("The connection to the server ended before the work was done. The request may have been sent.");
  }
}

/**
 * Starts a Send or a run and hands over each event as it comes. Aborting `signal` closes the connection, which cancels
 * the execution. Throws a problem if the server refuses, and `BrokenStream` if it falls silent before the last event.
 */
export async function execute(
  workspaceId: string,
  what: { send: Send } | { run: Run },
  onEvent: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const [path, body] = "send" in what ? ["send", what.send] : ["runs", what.run];
  const answer = await fetch(`/api/workspaces/${encodeURIComponent(workspaceId)}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/x-ndjson", "x-bulla-request": "1" },
    body: JSON.stringify(body),
    signal,
  });
  if (!answer.ok || !answer.body) throw await problemOf(answer);

  let finished = false;
  for await (const event of events(answer.body)) {
    if (event.type === "runFinished") finished = true;
    onEvent(event);
  }
  if (!finished) throw new BrokenStream();
}

/** The events of a stream of lines, in order. A line may come in any number of pieces; a blank one is passed over. */
export async function* events(stream: ReadableStream<Uint8Array>): AsyncGenerator<RunEvent> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  // A long line comes in many pieces: they are joined once, when its end is there.
  let begun: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((problem: unknown) => {
        if (problem instanceof DOMException && problem.name === "AbortError") throw problem;
        throw new BrokenStream();
      });
      const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = text.split("\n");
      const rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = eventOf(begun.join("") + line);
        begun = [];
        if (event) yield event;
      }
      begun.push(rest);
      if (!done) continue;
      const event = eventOf(begun.join(""));
      if (event) yield event;
      return;
    }
  } finally {
    reader.releaseLock();
  }
}

function eventOf(line: string): RunEvent | null {
  if (line.trim() === "") return null;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new BrokenStream();
  }
  const event = asRecord(json);
  // The server writes events of this shape; one of a type that is not known here has no listener.
  return typeof event?.["type"] === "string" ? (event as unknown as RunEvent) : null;
}

async function problemOf(answer: Response): Promise<Problem | Error> {
  const json: unknown = await answer.json().catch(() => null);
  // An older server, which stores and shares but does not send.
  if (isProblem(json) && json.code === "no_route")
    return new Error("This server cannot send requests. Update it to a version that can, then try again.");
  return isProblem(json) ? json : new Error(`The server answered ${answer.status}.`);
}
