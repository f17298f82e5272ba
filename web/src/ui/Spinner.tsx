import styles from "./Spinner.module.css";

/** Says that something is on its way. It shows only after a moment, so that what comes at once does not flicker. */
export function Spinner({ label }: { label: string }) {
  return (
    <div className={styles.box} role="status">
      <span className={styles.spinner} aria-hidden="true" />
      <span className={styles.label}>{label}</span>
    </div>
  );
}
