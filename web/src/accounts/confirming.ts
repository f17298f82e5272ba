import { useSyncExternalStore } from "react";
import { isProblem } from "../api/client";

/** Somebody waits for the person at the screen to confirm that it is them. */
interface Asking {
  confirmed: () => void;
  refused: () => void;
}

let asking: Asking | null = null;
const listeners = new Set<() => void>();

function ask(next: Asking | null) {
  asking = next;
  for (const listener of listeners) listener();
}

/** Who waits for a confirmation, for the dialog that asks for it. */
export function useAsking(): Asking | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => asking,
  );
}

/**
 * Does `work`; if the server wants to know first that it is still oneself, asks and does it again.
 *
 * Throws the server's problem if one does not confirm.
 */
export async function confirmed<Data>(work: () => Promise<Data>): Promise<Data> {
  try {
    return await work();
  } catch (problem) {
    if (!isProblem(problem) || problem.code !== "confirm_first") throw problem;
    await new Promise<void>((resolve, reject) => {
      asking?.refused();
      ask({
        confirmed: () => {
          ask(null);
          resolve();
        },
        refused: () => {
          ask(null);
          reject(problem);
        },
      });
    });
    return work();
  }
}
