import { useSyncExternalStore } from "react";

/**
 * What this browser keeps for the person who is signed in: local values, open tabs, sizes of panes.
 *
 * A kept thing is named by `key` under the person's id, so that two people who share a browser do not see each other's
 * local values. Nothing secret of the server's is kept here.
 */
export interface Kept<Value> {
  read(): Value;
  /** Answers whether it survives the page; where the browser's storage is full or forbidden it does not. */
  write(value: Value): boolean;
}

let person = "nobody";
const listeners = new Set<() => void>();
const parsed = new Map<string, { text: string | null; value: unknown }>();

/** Says whose things are read and written from now on. */
export function keepFor(personId: string) {
  if (person === personId) return;
  person = personId;
  tell();
}

function tell() {
  for (const listener of listeners) listener();
}

if (typeof window !== "undefined") {
  // Another window of the same browser wrote.
  window.addEventListener("storage", tell);
}

/**
 * Where something is kept under `key`. `parse` checks what is read; it is given `null` if there is nothing.
 *
 * `perWindow`: each window has its own, which survives a reload; a new window starts with what was written last.
 */
export function kept<Value>(
  key: string,
  parse: (json: unknown) => Value,
  { perWindow = false }: { perWindow?: boolean } = {},
): Kept<Value> {
  const name = () => `bulla.${person}.${key}`;
  const stored = () => (perWindow ? sessionStorage.getItem(name()) : null) ?? localStorage.getItem(name());
  return {
    read() {
      const text = stored();
      const known = parsed.get(name());
      // `known.value` was made by this key's `parse`.
      if (known && known.text === text) return known.value as Value;
      const value = parse(json(text));
      parsed.set(name(), { text, value });
      return value;
    },
    write(value) {
      const text = JSON.stringify(value);
      let survives = true;
      try {
        if (perWindow) sessionStorage.setItem(name(), text);
        localStorage.setItem(name(), text);
      } catch {
        survives = false;
      }
      // What is not stored lives as long as what is stored stays as it is.
      parsed.set(name(), { text: stored(), value });
      tell();
      return survives;
    },
  };
}

function json(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Subscribes to everything that is kept; the answer ends the subscription. */
export function watchKept(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What is kept, read again whenever it changes, in this window or another. */
export function useKept<Value>(thing: Kept<Value>): Value {
  return useSyncExternalStore(watchKept, thing.read);
}
