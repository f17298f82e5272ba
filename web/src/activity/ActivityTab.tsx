import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import type { Workspace } from "../api/resources";
import type { components } from "../api/schema";
import { useOpen } from "../app/open";
import { useTitle } from "../app/title";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Select } from "../ui/Field";
import { Icon, type IconName } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import page from "../workspaces/workspaces.module.css";
import styles from "./activity.module.css";
import { deedText } from "./deeds";

type Activity = components["schemas"]["Activity"];
type Kind = components["schemas"]["DeedKind"];

const icons: Record<Kind, IconName> = {
  collection: "collections",
  environment: "environments",
  member: "people",
  workspace: "settings",
};

/** Who changed what in a workspace, or in one collection or environment of it, the newest first. */
export function ActivityTab({ workspace, element }: { workspace: Workspace; element?: string }) {
  const { name: title } = useTitle(workspace.id, { kind: "activity", ...(element ? { element } : {}) });
  const open = useOpen(workspace.id);
  const [kind, setKind] = useState<Kind | "">("");
  const [person, setPerson] = useState("");
  const found = useInfiniteQuery({
    queryKey: ["activity", workspace.id, element ?? "", kind, person],
    queryFn: ({ pageParam }) =>
      answered(
        client.GET("/api/workspaces/{id}/activity", {
          params: {
            path: { id: workspace.id },
            query: {
              ...(element === undefined ? {} : { element }),
              ...(kind === "" ? {} : { kind }),
              ...(person === "" ? {} : { person }),
              ...(pageParam === null ? {} : { before: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  });
  const items = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const narrowed = kind !== "" || person !== "";
  return (
    <div className={page.page}>
      <div className={page.content}>
        <h1>{title}</h1>
        <p className={page.lead}>
          {element === undefined
            ? "Who changed what in this workspace, and who may do what in it."
            : "Who changed what in it, and who may do what with it."}
        </p>
        <div className={page.bar}>
          <Select
            label="Show"
            value={kind}
            onChange={setKind}
            options={[
              { value: "", label: "Everything" },
              { value: "collection", label: "Collections" },
              { value: "environment", label: "Environments" },
              { value: "member", label: "Members and roles" },
              { value: "workspace", label: "The workspace itself" },
            ]}
          />
          {element !== undefined && (
            <Button icon="close" onClick={() => open({ kind: "activity" })}>
              All of the workspace
            </Button>
          )}
          {person !== "" && (
            <Button icon="close" onClick={() => setPerson("")}>
              {`Only ${items.find((item) => item.person?.id === person)?.person?.name ?? "one person"}`}
            </Button>
          )}
        </div>
        {found.isPending && <Spinner label="Loading the activity" />}
        {found.error && <Notice kind="problem">{problemText(found.error)}</Notice>}
        {found.data && items.length === 0 && (
          <EmptyState icon="clock" title={narrowed ? "Nothing like that happened" : "Nothing happened yet"}>
            {narrowed
              ? "Choose something else to see more."
              : `What people add, change and delete in ${element === undefined ? "this workspace" : "it"} is listed here.`}
          </EmptyState>
        )}
        {items.length > 0 && (
          <ol className={styles.list} aria-label="Changes, the newest first">
            {items.map((item) => (
              <Line key={item.id} item={item} workspace={workspace} onPerson={setPerson} />
            ))}
          </ol>
        )}
        {found.hasNextPage && (
          <div>
            <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              Show older changes
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}

function Line({
  item,
  workspace,
  onPerson,
}: {
  item: Activity;
  workspace: Workspace;
  onPerson: (id: string) => void;
}) {
  const open = useOpen(workspace.id);
  const { element, person } = item;
  const at = new Date(item.at);
  const target = targetOf(element);
  return (
    <li className={styles.line}>
      <Icon name={icons[item.kind]} size={16} />
      <span className={styles.what}>
        {person ? (
          <button
            type="button"
            className={styles.plain}
            title={`Only what ${person.name} did`}
            onClick={() => onPerson(person.id)}
          >
            {person.name}
          </button>
        ) : (
          <span>Somebody who left, or the server,</span>
        )}{" "}
        {deedText(item.action, element.kind)}{" "}
        {target ? (
          <button type="button" className={styles.plain} onClick={() => open(target)}>
            {element.name}
          </button>
        ) : (
          element.name && <strong>{element.name}</strong>
        )}
      </span>
      <time className={styles.at} dateTime={item.at} title={at.toLocaleString()}>
        {at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}
      </time>
    </li>
  );
}

/** What a line opens, if it is still there. */
function targetOf({ kind, id, there }: Activity["element"]) {
  if (!there) return null;
  switch (kind) {
    case "collection":
    case "folder":
    case "request":
    case "example":
    case "environment":
      return { kind, id } as const;
    default:
      return null;
  }
}
