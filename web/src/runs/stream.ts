import { client } from "../api/client";
import { asRecord } from "../api/json";
import type { components } from "../api/schema";

type Schemas = components["schemas"];

/** What a run tells while it goes on. */
export type RunEvent = Schemas["RunEvent"];
export type ItemName = Schemas["ItemName"];
export type Header = Schemas["Header"];
export type SentRequest = Schemas["SentRequest"];
export type ReceivedResponse = Schemas["ReceivedResponse"];
export type ReceivedBody = Schemas["ReceivedBody"];
export type Cookie = Schemas["ReceivedCookie"];
export type Timing = Schemas["PhaseTimes"];
export type Sizes = Schemas["PartSizes"];
export type Redirect = Schemas["Redirect"];
export type RequestError = Schemas["RequestError"];
export type ScriptError = Schemas["ScriptErrorDetail"];
export type Source = Schemas["Source"];
export type Target = Schemas["Target"];
export type Level = Schemas["Level"];
/** One request to send once. */
export type Send = Schemas["SendRequest"];
/** A collection, a folder, or chosen requests in their order. */
export type Run = Schemas["RunRequest"];

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
  const init = { params: { path: { id: workspaceId } }, parseAs: "stream", signal } as const;
  const { data, error } =
    "send" in what
      ? await client.POST("/api/workspaces/{id}/send", { ...init, body: what.send })
      : await client.POST("/api/workspaces/{id}/runs", { ...init, body: what.run });
  if (error !== undefined) throw error;
  if (!data) throw new BrokenStream();

  let finished = false;
  for await (const event of events(data)) {
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
