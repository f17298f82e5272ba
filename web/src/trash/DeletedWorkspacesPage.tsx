import { useQuery } from "@tanstack/react-query";
import { problemText } from "../api/client";
import { PageFrame } from "../app/PageFrame";
import { EmptyState } from "../ui/EmptyState";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { deletedWorkspacesQuery } from "./restoring";
import { TrashTable } from "./TrashTable";

/** The workspaces that were deleted and that whoever looks may restore. */
export function DeletedWorkspacesPage() {
  const trash = useQuery(deletedWorkspacesQuery);
  const items = trash.data?.items ?? [];
  return (
    <PageFrame
      title="Deleted workspaces"
      lead="A workspace that was deleted can be restored by its owners for 30 days, with everything in it and the roles of everybody."
    >
      {trash.isPending && <Spinner label="Loading deleted workspaces" />}
      {trash.error && <Notice kind="problem">{problemText(trash.error)}</Notice>}
      {trash.data && items.length === 0 && (
        <EmptyState icon="trash" title="No deleted workspaces">
          Workspaces that you own come here when they are deleted in their settings.
        </EmptyState>
      )}
      {items.length > 0 && <TrashTable items={items} workspaceOf={(entry) => entry.id} />}
    </PageFrame>
  );
}
