import { useQuery } from "@tanstack/react-query";
import { problemText } from "../api/client";
import type { Workspace } from "../api/resources";
import { EmptyState } from "../ui/EmptyState";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import styles from "../workspaces/workspaces.module.css";
import { trashQuery } from "./restoring";
import { TrashTable } from "./TrashTable";

/** What was deleted in a workspace and can be restored. */
export function TrashTab({ workspace }: { workspace: Workspace }) {
  const trash = useQuery(trashQuery(workspace.id));
  const items = trash.data?.items ?? [];
  return (
    <div className={styles.page}>
      <div className={styles.content}>
        <h1>Trash</h1>
        <p className={styles.lead}>
          What was deleted in this workspace can be restored for 30 days. Until then nobody can open it.
        </p>
        {trash.isPending && <Spinner label="Loading the trash" />}
        {trash.error && <Notice kind="problem">{problemText(trash.error)}</Notice>}
        {trash.data && items.length === 0 && (
          <EmptyState icon="trash" title="The trash is empty">
            Collections, environments, folders and requests that somebody deletes come here.
          </EmptyState>
        )}
        {items.length > 0 && <TrashTable items={items} workspaceOf={() => workspace.id} />}
        {trash.data?.next && (
          <p className={styles.faint}>The {items.length} that were deleted last are shown.</p>
        )}
      </div>
    </div>
  );
}
