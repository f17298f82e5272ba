import { type Layout, pretty } from "./pretty";

/** Longer texts are laid out away from the page. */
const long = 200_000;

let worker: Worker | null = null;
let next = 1;

/** A text laid out for reading, or `null` if it is not what it says. */
export function laidOut(text: string, layout: Layout, signal: AbortSignal): Promise<string | null> {
  if (text.length < long) return Promise.resolve(pretty(text, layout));
  worker ??= new Worker(new URL("./pretty.worker.ts", import.meta.url), { type: "module" });
  const working = worker;
  const id = next++;
  return new Promise((resolve, reject) => {
    const end = () => {
      working.removeEventListener("message", take);
      working.removeEventListener("error", fail);
      signal.removeEventListener("abort", fail);
    };
    const take = (event: MessageEvent<{ id: number; text: string | null }>) => {
      if (event.data.id !== id) return;
      end();
      resolve(event.data.text);
    };
    const fail = () => {
      end();
      reject(new Error("The text could not be laid out."));
    };
    working.addEventListener("message", take);
    working.addEventListener("error", fail);
    signal.addEventListener("abort", fail);
    working.postMessage({ id, text, layout });
  });
}
