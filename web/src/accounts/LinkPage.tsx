import { type ReactNode, useEffect, useState } from "react";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { GatePage } from "./GatePage";
import styles from "./GatePage.module.css";

/** What stands behind the `#` of the link that led to `path`. Taken once: it lets somebody in, and does not stay there. */
export function useLinkToken(path: string): string {
  const [token] = useState(() => globalThis.location.hash.slice(1));
  useEffect(() => globalThis.history.replaceState(globalThis.history.state, "", path), [path]);
  return token;
}

/** Where the link of a mail leads: one form, and then what came of it. */
export function LinkPage({
  title,
  lead,
  action,
  token,
  busy,
  problem,
  done,
  onSubmit,
  children,
}: {
  title: string;
  lead: string;
  /** What the button says. */
  action: string;
  /** Of the link; empty if its address is not whole. */
  token: string;
  busy: boolean;
  /** What went wrong, unless a field says so itself. */
  problem?: ReactNode;
  /** What is shown in place of the form once it is done. */
  done: { title: string; lead: string; way: ReactNode } | null;
  onSubmit: () => void;
  children?: ReactNode;
}) {
  if (done)
    return (
      <GatePage title={done.title} lead={done.lead}>
        <p>{done.way}</p>
      </GatePage>
    );
  return (
    <GatePage title={title} lead={lead}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {problem}
        {token === "" && (
          <Notice kind="warning">
            The address of this page is not whole. Open the link of the mail again, or copy all of it.
          </Notice>
        )}
        {children}
        <Button kind="primary" size="large" type="submit" busy={busy} disabled={token === ""}>
          {action}
        </Button>
      </form>
    </GatePage>
  );
}
