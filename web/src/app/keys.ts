import { useEffect, useRef } from "react";

/** Whether this machine's people say ⌘ where others say Ctrl. */
export const isApple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** Keys as people read them here: `Mod K` is `⌘ K` or `Ctrl K`. */
export function keysText(keys: string): string {
  return keys
    .replace("Mod", isApple ? "⌘" : "Ctrl")
    .replace("Alt", isApple ? "⌥" : "Alt")
    .replace("Shift", isApple ? "⇧" : "Shift");
}

/**
 * Whether an event is these keys: `Mod K`, `Alt Shift T`, `Alt [`. Letters are read by their place on the keyboard
 * with Alt, because Alt makes other characters of them on some systems.
 */
export function isKeys(event: KeyboardEvent, keys: string): boolean {
  const parts = keys.split(" ");
  const key = parts.at(-1) ?? "";
  const mod = isApple ? event.metaKey : event.ctrlKey;
  const other = isApple ? event.ctrlKey : event.metaKey;
  if (other || mod !== parts.includes("Mod")) return false;
  if (event.altKey !== parts.includes("Alt") || event.shiftKey !== parts.includes("Shift")) return false;
  return (
    event.key.toLowerCase() === key.toLowerCase() ||
    event.code === codes[key] ||
    event.code === `Key${key.toUpperCase()}`
  );
}

const codes: Record<string, string> = {
  "[": "BracketLeft",
  "]": "BracketRight",
  "\\": "Backslash",
  "/": "Slash",
};

/** Calls `save` on Ctrl S or ⌘ S while the component is on screen; the browser's own dialog stays away. */
export function useSaveKey(save: () => void) {
  const latest = useRef(save);
  useEffect(() => {
    latest.current = save;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!isKeys(event, "Mod S")) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
