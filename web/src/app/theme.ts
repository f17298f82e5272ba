import { useSyncExternalStore } from "react";

/** What the person chose; `system` follows the machine. */
export type Theme = "system" | "light" | "dark";

const key = "bulla.theme";
const dark = typeof window === "undefined" ? null : window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function chosen(): Theme {
  const text = localStorage.getItem(key);
  return text === "light" || text === "dark" ? text : "system";
}

function apply() {
  const theme = chosen();
  document.documentElement.dataset["theme"] = theme === "system" ? (dark?.matches ? "dark" : "light") : theme;
  for (const listener of listeners) listener();
}

dark?.addEventListener("change", apply);

/** Chooses light, dark, or what the machine says, in this browser. */
export function setTheme(theme: Theme) {
  if (theme === "system") localStorage.removeItem(key);
  else localStorage.setItem(key, theme);
  apply();
}

/** What is chosen. */
export function useTheme(): Theme {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, chosen);
}
