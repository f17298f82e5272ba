import { useQuery } from "@tanstack/react-query";
import { answered, api, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import { useOpen } from "../app/open";
import { IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Icon } from "../ui/Icon";
import { Method } from "../ui/Method";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { toast } from "../ui/toast";
import styles from "./runs.module.css";

export const historyQuery = (workspaceId: string) =>
  api.queryOptions("get", "/api/workspaces/{id}/history", {
    params: { path: { id: workspaceId }, query: { limit: 200 } },
  });

/** The sidebar of what was sent and run. */
export function HistoryPanel({ workspaceId }: { workspaceId: string }) {
  const history = useQuery({ ...historyQuery(workspaceId), staleTime: 0 });
  const open = useOpen(workspaceId);
  const items = history.data?.items ?? [];

  async function clear() {
    try {
      await answered(
        client.DELETE("/api/workspaces/{id}/history", { params: { path: { id: workspaceId } } }),
      );
    } catch (problem) {
      toast({ kind: "problem", text: problemText(problem) });
    }
    await cache.invalidateQueries(historyQuery(workspaceId));
  }

  return (
    <section className={styles.panel} aria-label="History">
      <header className={styles.bar}>
        <h2>History</h2>
        <IconButton
          label="Clear the history"
          icon="trash"
          size="small"
          disabled={items.length === 0}
          onClick={() => void clear()}
        />
      </header>
      {history.isPending && <Spinner label="Loading the history" />}
      {history.error && <Notice kind="problem">{problemText(history.error)}</Notice>}
      {history.data && items.length === 0 && (
        <EmptyState compact icon="history" title="Nothing was sent yet">
          Requests you send and collections you run are listed here, newest first. Bodies are not kept.
        </EmptyState>
      )}
      <ul className={styles.list}>
        {items.map((entry) => {
          const { itemId, collectionId } = entry;
          return (
            <li key={entry.id}>
              <button
                type="button"
                className={styles.entry}
                disabled={itemId === null && collectionId === null}
                onClick={() => {
                  if (itemId) open({ kind: "request", id: itemId }, "look");
                  else if (collectionId) open({ kind: "runner", id: collectionId });
                }}
              >
                {entry.kind === "run" ? (
                  <Icon name="play" size={14} />
                ) : (
                  <Method method={entry.method ?? "GET"} short />
                )}
                <span className={styles.name}>
                  {entry.kind === "run" ? entry.name : (entry.url ?? entry.name)}
                </span>
                <span className={styles.faint}>
                  {entry.status ?? (entry.failed > 0 ? `${entry.failed} failed` : "")}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
