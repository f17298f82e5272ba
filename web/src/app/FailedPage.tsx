import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { AskForAccess } from "../access/AskForAccess";
import { problemText } from "../api/client";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import styles from "./FailedPage.module.css";

/** What is shown when a page cannot be shown. */
export function FailedPage({ error }: { error: unknown }) {
  const router = useRouter();
  return (
    <main className={styles.page}>
      <EmptyState
        icon="warning"
        title="This page cannot be shown"
        actions={
          <Button kind="primary" onClick={() => void router.invalidate()}>
            Try again
          </Button>
        }
      >
        {problemText(error)}
      </EmptyState>
    </main>
  );
}

/** What is shown at an address that names nothing. */
export function MissingPage({ workspaceId }: { workspaceId?: string }) {
  const [asking, setAsking] = useState(false);
  return (
    <main className={styles.page}>
      <EmptyState
        icon="search"
        title="There is nothing at this address"
        actions={
          <>
            {workspaceId !== undefined && <Button onClick={() => setAsking(true)}>Ask for access</Button>}
            <Link to="/">Go to your workspace</Link>
          </>
        }
      >
        It may have been deleted, or it is not shared with you.
        {workspaceId !== undefined && " If somebody gave you this address, you can ask for access."}
      </EmptyState>
      {asking && workspaceId !== undefined && (
        <AskForAccess wanted={{ kind: "workspace", id: workspaceId }} onClose={() => setAsking(false)} />
      )}
    </main>
  );
}
