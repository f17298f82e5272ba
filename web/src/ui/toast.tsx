import { useSyncExternalStore } from "react";
import { Button, IconButton } from "./Button";
import { Icon } from "./Icon";
import styles from "./toast.module.css";

/** A short message at the edge of the page. */
export interface Toast {
  kind: "success" | "info" | "problem";
  text: string;
  /** One thing to do about it: undo, open. */
  action?: { label: string; onSelect: () => void };
}

let shown: readonly (Toast & { id: number })[] = [];
let next = 1;
const listeners = new Set<() => void>();

function show(toasts: typeof shown) {
  shown = toasts;
  for (const listener of listeners) listener();
}

/** Shows a message; problems stay until they are closed, the others leave after six seconds. */
export function toast(message: Toast) {
  const id = next++;
  show([...shown.filter((other) => other.text !== message.text).slice(-3), { ...message, id }]);
  if (message.kind !== "problem") setTimeout(() => show(shown.filter((other) => other.id !== id)), 6000);
}

/** Where messages appear; once on the page. */
export function Toasts() {
  const toasts = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
  const close = (id: number) => show(shown.filter((other) => other.id !== id));

  return (
    <section className={styles.toasts} aria-label="Messages" aria-live="polite">
      {toasts.map(({ id, kind, text, action }) => (
        <div
          key={id}
          className={`${styles.toast} ${styles[kind] ?? ""}`}
          role={kind === "problem" ? "alert" : "status"}
        >
          <Icon
            name={kind === "problem" ? "warning" : kind === "success" ? "check" : "info"}
            className={styles.icon}
          />
          <span className={styles.text}>{text}</span>
          {action && (
            <Button
              kind="quiet"
              size="small"
              onClick={() => {
                close(id);
                action.onSelect();
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton label="Close message" icon="close" size="small" onClick={() => close(id)} />
        </div>
      ))}
    </section>
  );
}
