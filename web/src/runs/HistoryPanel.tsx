import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { problemText } from "../api/client";
import { useOpen } from "../app/open";
import { Button, IconButton } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Icon } from "../ui/Icon";
import { Method } from "../ui/Method";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { toast } from "../ui/toast";
import { clock, duration, statusKind } from "./format";
import { reportAddress } from "./reports";
import styles from "./HistoryPanel.module.css";
import { clearHistory, type HistoryEntry, historyQuery, removeFromHistory } from "./history";

/** The sidebar of what was sent and run, newest first, by day. */
export function HistoryPanel({ workspaceId }: { workspaceId: string }) {
  const history = useInfiniteQuery(historyQuery(workspaceId));
  const open = useOpen(workspaceId);
  const [text, setText] = useState("");
  const [asking, setAsking] = useState(false);
  const entries = useMemo(() => history.data?.pages.flatMap((page) => page.items) ?? [], [history.data]);
  const days = useMemo(() => byDay(entries, text), [entries, text]);

  return (
    <section className={styles.panel} aria-label="History" aria-busy={history.isPending}>
      <header className={styles.bar}>
        <h2>History</h2>
        <IconButton
          label="Clear the history"
          icon="trash"
          size="small"
          disabled={entries.length === 0}
          onClick={() => setAsking(true)}
        />
      </header>
      {entries.length > 0 && (
        <div className={styles.filter}>
          <Icon name="search" size={13} />
          <input
            type="search"
            aria-label="Filter the history"
            placeholder="Filter"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
      )}
      {history.isPending && <Spinner label="Loading the history" />}
      {history.error && (
        <div className={styles.notice}>
          <Notice
            kind="problem"
            actions={
              <Button size="small" onClick={() => void history.refetch()}>
                Try again
              </Button>
            }
          >
            {problemText(history.error)}
          </Notice>
        </div>
      )}
      {history.data && entries.length === 0 && (
        <EmptyState compact icon="history" title="Nothing was sent yet">
          Requests you send and collections you run are listed here.
        </EmptyState>
      )}
      {entries.length > 0 && (
        <p className={styles.none}>
          For you alone, for 30 days. Headers and bodies are kept in the reports of runs alone.
        </p>
      )}
      {entries.length > 0 && days.length === 0 && <p className={styles.none}>Nothing fits “{text}”.</p>}
      <div className={styles.days}>
        {days.map(({ day, list }) => (
          <section key={day} aria-label={day}>
            <h3>{day}</h3>
            <ul>
              {list.map((entry) => (
                <Line
                  key={entry.id}
                  entry={entry}
                  onOpen={() => {
                    if (entry.kind === "run" && entry.collectionId)
                      open({ kind: "runner", id: entry.collectionId });
                    else if (entry.itemId) open({ kind: "request", id: entry.itemId }, "look");
                  }}
                  onRemove={() =>
                    void removeFromHistory(workspaceId, entry.id).catch((problem: unknown) =>
                      toast({ kind: "problem", text: problemText(problem) }),
                    )
                  }
                />
              ))}
            </ul>
          </section>
        ))}
        {history.hasNextPage && (
          <Button
            size="small"
            className={styles.more}
            busy={history.isFetchingNextPage}
            onClick={() => void history.fetchNextPage()}
          >
            Show older
          </Button>
        )}
      </div>
      {asking && (
        <ConfirmDialog
          title="Clear the history?"
          action="Clear history"
          onClose={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            void clearHistory(workspaceId).catch((problem: unknown) =>
              toast({ kind: "problem", text: problemText(problem) }),
            );
          }}
        >
          What you sent and ran in this workspace is taken out of your list. Requests and collections stay.
        </ConfirmDialog>
      )}
    </section>
  );
}

/** Entries that fit a text, by day, newest first. */
export function byDay(
  entries: readonly HistoryEntry[],
  text: string,
  now = new Date(),
): { day: string; list: HistoryEntry[] }[] {
  const wanted = text.trim().toLowerCase();
  const days = new Map<string, HistoryEntry[]>();
  for (const entry of entries) {
    if (
      wanted &&
      !`${entry.method ?? ""} ${entry.url ?? ""} ${entry.name} ${entry.status ?? ""}`
        .toLowerCase()
        .includes(wanted)
    )
      continue;
    const day = dayName(new Date(entry.at), now);
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days].map(([day, list]) => ({ day, list }));
}

function dayName(at: Date, now: Date): string {
  const start = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((start(now) - start(at)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return at.toLocaleDateString(undefined, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(at.getFullYear() === now.getFullYear() ? {} : { year: "numeric" }),
  });
}

function Line({
  entry,
  onOpen,
  onRemove,
}: {
  entry: HistoryEntry;
  onOpen: () => void;
  onRemove: () => void;
}) {
  const name = entry.kind === "run" ? `Run of ${entry.name}` : entry.url || entry.name;
  const result =
    entry.kind === "run"
      ? entry.failed > 0
        ? `${entry.failed} failed`
        : `${entry.passed} passed`
      : entry.status !== null
        ? String(entry.status)
        : entry.durationMs !== null
          ? "no answer"
          : "not finished";
  const kind =
    entry.kind === "run"
      ? entry.failed > 0
        ? "problem"
        : "success"
      : entry.status === null
        ? "problem"
        : statusKind(entry.status);
  return (
    <li className={styles.line}>
      <button
        type="button"
        className={styles.entry}
        disabled={entry.itemId === null && entry.collectionId === null}
        title={`${name}\n${clock(new Date(entry.at).getTime())}${entry.durationMs === null ? "" : `, ${duration(entry.durationMs)}`}`}
        onClick={onOpen}
      >
        {entry.kind === "run" ? (
          <Icon name="play" size={13} className={styles.run} />
        ) : (
          <Method method={entry.method ?? "GET"} short />
        )}
        <span className={styles.name}>{name}</span>
        <span className={styles.result} data-kind={kind}>
          {result}
        </span>
      </button>
      {entry.reports.includes("html") && (
        <a
          className={styles.report}
          href={reportAddress(entry.id, "html")}
          target="_blank"
          rel="noopener"
          aria-label={`Open the report of ${entry.name}`}
          title="Open the report"
        >
          <Icon name="book" size={14} />
        </a>
      )}
      <IconButton size="small" icon="close" label={`Take ${name} out of the history`} onClick={onRemove} />
    </li>
  );
}
