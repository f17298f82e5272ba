import type { ReactNode } from "react";
import { Icon } from "./Icon";
import styles from "./Notice.module.css";

/** A message that belongs to the place where it stands: a refused save, a missing right. */
export function Notice({
  kind,
  children,
  actions,
}: {
  kind: "info" | "warning" | "problem" | "success";
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className={`${styles.notice} ${styles[kind] ?? ""}`} role={kind === "problem" ? "alert" : "status"}>
      <Icon
        name={kind === "info" ? "info" : kind === "success" ? "check" : "warning"}
        className={styles.icon}
      />
      <div className={styles.text}>{children}</div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
