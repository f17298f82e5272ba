import { EmptyState } from "../ui/EmptyState";
import styles from "./runs.module.css";

/** The sidebar of what was sent and run. The server keeps no history yet, and the panel says so. */
export function HistoryPanel() {
  return (
    <section className={styles.panel} aria-label="History">
      <header className={styles.bar}>
        <h2>History</h2>
      </header>
      <EmptyState compact icon="history" title="No history in this version">
        This server stores and shares collections and environments. Sending requests, and the history of what was sent,
        come with its next version.
      </EmptyState>
    </section>
  );
}
