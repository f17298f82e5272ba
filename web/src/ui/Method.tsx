import styles from "./Method.module.css";

const short: Record<string, string> = { DELETE: "DEL", OPTIONS: "OPT", CONNECT: "CON", PROPFIND: "PROP" };

/** A request's method in its colour; `short` fits the column of the tree, and is still read as the whole word. */
export function Method({ method, short: isShort }: { method: string; short?: boolean }) {
  const upper = method.toUpperCase();
  if (!isShort)
    return (
      <span className={styles.method} data-method={upper}>
        {upper}
      </span>
    );
  return (
    <span
      className={`${styles.method ?? ""} ${styles.short ?? ""}`}
      data-method={upper}
      data-short={short[upper] ?? upper.slice(0, 5)}
    >
      <span className="visually-hidden">{upper} </span>
    </span>
  );
}
