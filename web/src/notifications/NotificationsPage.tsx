import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { dateText } from "../accounts/dates";
import { answered, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import type { components } from "../api/schema";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Checkbox } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import styles from "./notifications.module.css";
import { type Notification, notificationsQuery, preferencesQuery, readAnew, unreadQuery } from "./queries";

/** What one was told, and by which channel one wants to be told. */
export function NotificationsPage() {
  const [onlyUnread, setOnlyUnread] = useState(false);
  const found = useInfiniteQuery(notificationsQuery(onlyUnread));
  const unread = useQuery(unreadQuery).data?.unread ?? 0;
  const readAll = useMutation({
    mutationFn: () => answered(client.POST("/api/notifications/read")),
    onSettled: readAnew,
  });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  const problem = found.error ?? readAll.error;

  return (
    <PageFrame title="Notifications" lead="What concerns you in this team, of the last 90 days.">
      <div className={styles.bar}>
        <Checkbox label="Only what I have not read" checked={onlyUnread} onChange={setOnlyUnread} />
        <span className={styles.spring} />
        <Button
          icon="check"
          disabled={unread === 0}
          busy={readAll.isPending}
          onClick={() => readAll.mutate()}
        >
          Mark all as read
        </Button>
      </div>
      {problem && <Notice kind="problem">{problemText(problem)}</Notice>}
      {found.isPending && <Spinner label="Loading notifications" />}
      {found.data && items.length === 0 && (
        <EmptyState icon="bell" title={onlyUnread ? "You have read everything" : "Nothing yet"}>
          When your roles change, somebody adds you to a workspace or asks for access, it appears here.
        </EmptyState>
      )}
      {items.length > 0 && (
        <ul className={styles.list} aria-label="Notifications">
          {items.map((item) => (
            <Item key={item.id} item={item} />
          ))}
        </ul>
      )}
      {found.hasNextPage && (
        <Button
          className={styles.more}
          busy={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          Show older ones
        </Button>
      )}
      <Preferences />
    </PageFrame>
  );
}

function Item({ item }: { item: Notification }) {
  const read = useMutation({
    mutationFn: () =>
      answered(client.POST("/api/notifications/{id}/read", { params: { path: { id: item.id } } })),
    onSettled: readAnew,
  });
  const isNew = item.readAt === null;
  return (
    <li className={styles.item}>
      <div className={styles.words}>
        {isNew && <span className="visually-hidden">Not read: </span>}
        {item.path ? (
          <Link
            to={item.path}
            className={isNew ? styles.new : undefined}
            onClick={() => isNew && read.mutate()}
          >
            {item.subject}
          </Link>
        ) : (
          <span className={isNew ? styles.new : undefined}>{item.subject}</span>
        )}
        {item.details && <p>{item.details}</p>}
        <p className={styles.soft}>{dateText(item.createdAt)}</p>
      </div>
      {isNew && (
        <Button
          size="small"
          kind="quiet"
          busy={read.isPending}
          aria-label={`Mark as read: ${item.subject}`}
          onClick={() => read.mutate()}
        >
          Mark as read
        </Button>
      )}
    </li>
  );
}

type Channel = components["schemas"]["Channel"];
type Kind = components["schemas"]["NotificationKind"];

function Preferences() {
  const preferences = useQuery(preferencesQuery);
  const change = useMutation({
    mutationFn: (wish: { kind: Kind; channel: Channel; wanted: boolean }) =>
      answered(client.PATCH("/api/notifications/preferences", { body: { wishes: [wish] } })),
    onSuccess: (said) => cache.setQueryData(preferencesQuery.queryKey, said),
  });
  const problem = preferences.error ?? change.error;
  return (
    <section aria-labelledby="preferences">
      <h2 id="preferences">How you are told</h2>
      {problem && <Notice kind="problem">{problemText(problem)}</Notice>}
      {preferences.data && (
        <table className={table.table} aria-labelledby="preferences">
          <thead>
            <tr>
              <th>When</th>
              <th>Here</th>
              <th>By mail</th>
            </tr>
          </thead>
          <tbody>
            {preferences.data.items.map((item) => (
              <tr key={item.kind}>
                <td>
                  {item.title}
                  {item.mandatory && <p className={styles.soft}>Always: it guards your account.</p>}
                </td>
                {(["in-app", "mail"] as const).map((channel) => (
                  <td key={channel}>
                    <Checkbox
                      label={`${item.title}: ${channel === "mail" ? "by mail" : "here"}`}
                      labelHidden
                      checked={channel === "mail" ? item.mail : item.inApp}
                      disabled={item.mandatory || change.isPending}
                      onChange={(wanted) => change.mutate({ kind: item.kind, channel, wanted })}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
