import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { ConfirmIdentity } from "../accounts/ConfirmIdentity";
import { Mark } from "../accounts/Mark";
import { Bell } from "../notifications/Bell";
import { AccountMenu } from "./AccountMenu";
import styles from "./PageFrame.module.css";

/** The frame of pages that are about the person or the team, not about a workspace. */
export function PageFrame({
  title,
  lead,
  wide,
  children,
}: {
  title: string;
  lead?: ReactNode;
  /** Whether it holds a table of many columns. */
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <div className={styles.frame}>
      <header className={styles.header}>
        <Link to="/" className={styles.brand}>
          <Mark size={22} /> Bulla
        </Link>
        <nav className={styles.nav} aria-label="Account">
          <Link to="/" activeOptions={{ exact: true }}>
            Workspaces
          </Link>
          <Link to="/account" activeOptions={{ exact: true }}>
            Your account
          </Link>
          <Link to="/account/api-keys">API keys</Link>
          <Link to="/account/certificates">Certificates</Link>
          <Link to="/team">Team</Link>
          <Link to="/audit" search={{}}>
            Audit log
          </Link>
        </nav>
        <Bell />
        <AccountMenu />
      </header>
      <main className={styles.main}>
        <div className={[styles.content, wide && styles.wide].filter(Boolean).join(" ")}>
          <h1>{title}</h1>
          {lead && <p className={styles.lead}>{lead}</p>}
          {children}
        </div>
      </main>
      <ConfirmIdentity />
    </div>
  );
}
