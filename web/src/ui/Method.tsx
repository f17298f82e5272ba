import styles from "./Method.module.css";

const short: Record<string, string> = { DELETE: "DEL", OPTIONS: "OPT", CONNECT: "CON", PROPFIND: "PROP" };

/** A request's method in its colour; `short` fits the column of the tree. */
export function Method({ method, short: isShort }: { method: string; short?: boolean }) {
  const upper = method.toUpperCase();
  const text = isShort ? (short[upper] ?? upper.slice(0, 5)) : upper;
  return (
    <span className={[styles.method, isShort && styles.short].filter(Boolean).join(" ")} data-method={upper}>
      {text}
    </span>
  );
}
