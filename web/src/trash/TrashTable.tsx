import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { problemText } from "../api/client";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import table from "../ui/Table.module.css";
import { toast } from "../ui/toast";
import { purge, restore, type TrashEntry } from "./restoring";
import styles from "./trash.module.css";

const day = 24 * 60 * 60 * 1000;

/** What was deleted, each with a way back and a way to be rid of it. */
export function TrashTable({
  items,
  workspaceOf,
}: {
  items: readonly TrashEntry[];
  /** The workspace that an entry is in, or is. */
  workspaceOf: (entry: TrashEntry) => string;
}) {
  const [purging, setPurging] = useState<TrashEntry | null>(null);
  const back = useMutation({
    mutationFn: (entry: TrashEntry) => restore(entry.id, workspaceOf(entry)),
    onSuccess: (_, entry) => toast({ kind: "success", text: `${entry.name} is back.` }),
  });
  const gone = useMutation({
    mutationFn: (entry: TrashEntry) => purge(entry.id, workspaceOf(entry)),
    onSuccess: () => setPurging(null),
  });
  return (
    <>
      {back.error && <Notice kind="problem">{problemText(back.error)}</Notice>}
      <table className={table.table}>
        <thead>
          <tr>
            <th>Name</th>
            <th>Deleted</th>
            <th>Gone for good</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((entry) => (
            <tr key={entry.id}>
              <td>
                {entry.name}
                <div className={table.soft}>{entry.kind}</div>
              </td>
              <td className={table.soft}>
                {new Date(entry.deletedAt).toLocaleDateString()}
                {entry.deletedBy && ` by ${entry.deletedBy}`}
              </td>
              <td className={table.soft}>{left(entry.goneAt)}</td>
              <td>
                <div className={styles.actions}>
                  <Button
                    size="small"
                    icon="undo"
                    aria-label={`Restore ${entry.name}`}
                    disabled={back.isPending}
                    onClick={() => back.mutate(entry)}
                  >
                    Restore
                  </Button>
                  <Button
                    size="small"
                    aria-label={`Delete for good: ${entry.name}`}
                    onClick={() => {
                      gone.reset();
                      setPurging(entry);
                    }}
                  >
                    Delete for good
                  </Button>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {purging && (
        <ConfirmDialog
          title={`Delete this ${purging.kind} for good?`}
          action="Delete for good"
          busy={gone.isPending}
          problem={gone.error && problemText(gone.error)}
          onConfirm={() => gone.mutate(purging)}
          onClose={() => setPurging(null)}
        >
          <p>
            <strong>{purging.name}</strong> and everything in it will be gone, for everyone. This cannot be
            undone.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

/** How long something stays, in words. */
function left(goneAt: string): string {
  const days = Math.ceil((new Date(goneAt).getTime() - Date.now()) / day);
  return days <= 1 ? "within a day" : `in ${days} days`;
}
