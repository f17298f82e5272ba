import { isProblem, type Problem } from "../api/client";
import { asRecord } from "../api/json";
import type { Locals, Mutation } from "../environments/locals";

/** Which request an event is about. */
export interface ItemName {
  id: string;
  name: string;
  path: string[];
}

/** What a run tells while it goes on, as far as the page shows it; events of other types are passed over. */
export type RunEvent =
  | { type: "itemStarted"; iteration: number; item: ItemName }
  | { type: "console"; level: string; messages: unknown[]; at: string }
  | { type: "requestSent"; item: ItemName; source: string; request: { method: string; url: string } }
  | {
      type: "responseReceived";
      item: ItemName;
      source: string;
      response: {
        code: number;
        status: string;
        headers: { key: string; value: string }[];
        body: { size: number; text?: string; truncated: boolean; id?: string };
        timing: { total: number };
      };
    }
  | {
      type: "requestFailed";
      item: ItemName;
      source: string;
      error: { code: string; message: string; hint?: string };
    }
  | {
      type: "assertion";
      item: ItemName;
      name: string;
      passed: boolean;
      skipped: boolean;
      error: { message: string } | null;
    }
  | { type: "scriptFailed"; item: ItemName; at: string; error: { name: string; message: string } }
  | { type: "variablesChanged"; changes: Mutation[] }
  | { type: "runFinished"; durationMs: number; reason: string; error?: string };

export interface Send {
  collectionId?: string;
  itemId?: string;
  document: Record<string, unknown>;
  environmentId?: string;
  locals: Locals;
}

export interface Run {
  collectionId: string;
  folderId?: string;
  environmentId?: string;
  iterations: number;
  delayMs: number;
  bail: boolean;
  locals: Locals;
}

/**
 * Starts a Send or a run and hands over each event as it comes. Aborting `signal` closes the connection, which cancels
 * the execution. Throws a problem if the server refuses.
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
    headers: { "content-type": "application/json", "x-bulla-request": "1" },
    body: JSON.stringify(body),
    signal,
  });
  if (!answer.ok || !answer.body) throw await problemOf(answer);

  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : (lines.pop() ?? "");
    for (const line of lines) {
      if (line.trim() === "") continue;
      const event = asRecord(JSON.parse(line));
      // The server writes events of this shape; a type that is not known here has no listener.
      if (event) onEvent(event as unknown as RunEvent);
    }
    if (done) return;
  }
}

async function problemOf(answer: Response): Promise<Problem | Error> {
  const json: unknown = await answer.json().catch(() => null);
  return isProblem(json) ? json : new Error(`The server answered ${answer.status}.`);
}
