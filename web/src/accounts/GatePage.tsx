import type { ReactNode } from "react";
import styles from "./GatePage.module.css";
import { Mark } from "./Mark";

/** The frame of the pages before one is signed in. */
export function GatePage({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <p className={styles.brand}>
          <Mark size={26} /> Bulla
        </p>
        <h1>{title}</h1>
        <p className={styles.lead}>{lead}</p>
        {children}
      </div>
    </main>
  );
}
