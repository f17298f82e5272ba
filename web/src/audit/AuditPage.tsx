import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { PersonSelect } from "../accounts/PersonSelect";
import { answered, api, client, isProblem, problemText } from "../api/client";
import { cache } from "../api/resources";
import { PageFrame } from "../app/PageFrame";
import { useKept } from "../app/storage";
import { Button } from "../ui/Button";
import { CancelOr, Dialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Select, TextField } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { toast } from "../ui/toast";
import styles from "./AuditPage.module.css";
import { EventDrawer } from "./EventDrawer";
import { type AuditEvent, actionText, actorText, type People, targetText, timeText } from "./event";
import { type Filter, filterFrom, narrowing, narrows, noFilter, savedViews } from "./filter";
import { saveFile } from "./saveFile";

const PAGE = 50;

const actionsQuery = api.queryOptions("get", "/api/audit/actions", {}, { staleTime: Infinity, retry: false });

const eventsQuery = (filter: Filter) => ({
  queryKey: ["audit-events", filter],
  queryFn: ({ pageParam, signal }: { pageParam: number | null; signal: AbortSignal }) =>
    answered(
      client.GET("/api/audit/events", {
        params: {
          query: {
            ...narrowing(dated(filter)),
            order: "desc",
            limit: PAGE,
            ...(pageParam === null ? {} : { after: pageParam }),
          },
        },
        signal,
      }),
    ),
  initialPageParam: null as number | null,
  getNextPageParam: (page: { next: number | null }) => page.next,
});

/** The days of the filter as moments: a day is one where the reader is, not in UTC. */
function dated(filter: Filter): Filter {
  const moment = (text: string) => {
    const date = new Date(text);
    return Number.isNaN(date.getTime()) ? "" : date.toISOString();
  };
  return {
    ...filter,
    since: filter.since && moment(`${filter.since}T00:00:00`),
    until: filter.until && moment(`${filter.until}T23:59:59.999`),
  };
}

/** Who did what to which thing, and the proof of it. */
export function AuditPage() {
  const filter = filterFrom(useSearch({ strict: false }));
  const navigate = useNavigate();
  const events = useInfiniteQuery(eventsQuery(filter));
  const [opened, setOpened] = useState<AuditEvent | null>(null);
  const apply = (next: Filter) => void navigate({ to: "/audit", search: narrowing(next) });

  const pages = events.data?.pages ?? [];
  const items = pages.flatMap((page) => page.items);
  const people: People = Object.assign({}, ...pages.map((page) => page.people));
  const signed = Math.max(0, ...pages.map((page) => page.signed));
  const forbidden = isProblem(events.error) && events.error.status === 403;

  return (
    <PageFrame
      wide
      title="Audit log"
      lead="Who did what, and when. Every event is hashed and signed, so that nobody can change it unnoticed."
    >
      {forbidden ? (
        <Notice kind="info">The audit log is for administrators of the team.</Notice>
      ) : (
        <>
          <Actions filter={filter} apply={apply} />
          <Filters filter={filter} apply={apply} />
          {events.error && <Notice kind="problem">{problemText(events.error)}</Notice>}
          {events.isPending && <Spinner label="Loading events" />}
          {events.data && items.length === 0 && (
            <EmptyState
              icon="history"
              title={narrows(filter) ? "Nothing fits these filters" : "Nothing has happened yet"}
              actions={narrows(filter) && <Button onClick={() => apply(noFilter)}>Clear the filters</Button>}
            >
              {narrows(filter)
                ? "No event that is still kept has all of it."
                : "Sign-ins, changes, refusals and exports appear here as they happen."}
            </EmptyState>
          )}
          {items.length > 0 && (
            <table className={table.table} aria-label="Events">
              <thead>
                <tr>
                  <th>When</th>
                  <th>Who</th>
                  <th>Event</th>
                  <th>Target</th>
                  <th>Address</th>
                  <th>Signed</th>
                </tr>
              </thead>
              <tbody>
                {items.map((event) => (
                  <tr key={event.sequence}>
                    <td className={`${table.soft} ${styles.when}`}>{timeText(event.at)}</td>
                    <td>{actorText(event, people)}</td>
                    <td>
                      <button type="button" className={styles.event} onClick={() => setOpened(event)}>
                        {actionText(event.action)}
                      </button>
                      {event.outcome === "refused" && <span className={styles.refused}> refused</span>}
                    </td>
                    <td className={table.soft}>{targetText(event, people)}</td>
                    <td className={table.soft}>{event.origin.address ?? ""}</td>
                    <td className={table.soft}>
                      {event.sequence < signed ? (
                        <>
                          <Icon name="check" /> <span className="visually-hidden">Yes</span>
                        </>
                      ) : (
                        "Soon"
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {events.hasNextPage && (
            <Button
              className={styles.more}
              busy={events.isFetchingNextPage}
              onClick={() => void events.fetchNextPage()}
            >
              Show older events
            </Button>
          )}
        </>
      )}
      {opened && <EventDrawer event={opened} people={people} onClose={() => setOpened(null)} />}
    </PageFrame>
  );
}

/** Views, export, and signing. */
function Actions({ filter, apply }: { filter: Filter; apply: (filter: Filter) => void }) {
  const views = useKept(savedViews);
  const navigate = useNavigate();
  const [naming, setNaming] = useState(false);
  const sign = useMutation({
    mutationFn: () => answered(client.POST("/api/audit/checkpoints")),
    onSuccess: async (checkpoint) => {
      await cache.invalidateQueries({ queryKey: ["audit-events"] });
      saveFile(`audit-${checkpoint.size}.checkpoint`, checkpoint.note);
      toast({
        kind: "success",
        text: `Signed ${checkpoint.size} events. Keep the file where nobody here can change it.`,
      });
    },
  });
  const take = (format: string) => {
    const query = new URLSearchParams({ format, ...narrowing(dated(filter)) });
    window.location.assign(`/api/audit/export?${query}`);
  };

  return (
    <>
      <div className={styles.bar}>
        <Menu
          entries={[
            { label: "Everything", checked: !narrows(filter), onSelect: () => apply(noFilter) },
            ...views.map((view) => ({
              label: view.name,
              checked: JSON.stringify(view.filter) === JSON.stringify(filter),
              onSelect: () => apply(view.filter),
            })),
            "separator",
            {
              label: "Save these filters…",
              icon: "save",
              disabled: !narrows(filter),
              onSelect: () => setNaming(true),
            },
            ...views.map((view) => ({
              label: `Forget ${view.name}`,
              icon: "trash" as const,
              onSelect: () => savedViews.write(savedViews.read().filter(({ name }) => name !== view.name)),
            })),
          ]}
        >
          <Button icon="filter">Views</Button>
        </Menu>
        <span className={styles.spring} />
        <Button icon="send" onClick={() => void navigate({ to: "/audit/streams" })}>
          Streaming
        </Button>
        <Button icon="lock" busy={sign.isPending} onClick={() => sign.mutate()}>
          Sign now
        </Button>
        <Menu
          align="end"
          entries={[
            { heading: "What the filters show" },
            { label: "As a table (CSV)", icon: "download", onSelect: () => take("csv") },
            { label: "As a list (JSON)", icon: "download", onSelect: () => take("json") },
            { heading: "The whole log with its checkpoints" },
            { label: "For bulla audit verify (NDJSON)", icon: "download", onSelect: () => take("ndjson") },
          ]}
        >
          <Button icon="download">Export</Button>
        </Menu>
      </div>
      {sign.error && <Notice kind="problem">{problemText(sign.error)}</Notice>}
      {naming && <NameDialog filter={filter} onClose={() => setNaming(false)} />}
    </>
  );
}

function NameDialog({ filter, onClose }: { filter: Filter; onClose: () => void }) {
  const [name, setName] = useState("");
  return (
    <Dialog
      title="Save these filters"
      description="The view is kept in this browser, for you alone."
      size="small"
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} type="submit" form="save-view">
          Save
        </CancelOr>
      }
    >
      <form
        id="save-view"
        onSubmit={(event) => {
          event.preventDefault();
          const others = savedViews.read().filter((view) => view.name !== name.trim());
          savedViews.write([...others, { name: name.trim(), filter }]);
          onClose();
        }}
      >
        <TextField label="Name" required autoFocus maxLength={60} value={name} onChange={setName} />
      </form>
    </Dialog>
  );
}

/** What the list is narrowed to. Nothing changes until Apply. */
function Filters({ filter, apply }: { filter: Filter; apply: (filter: Filter) => void }) {
  const actions = useQuery(actionsQuery).data?.items ?? [];
  const [typed, setTyped] = useState(filter);
  // Another view was chosen: what was typed gives way to it.
  const applied = JSON.stringify(filter);
  const [shown, setShown] = useState(applied);
  if (shown !== applied) {
    setShown(applied);
    setTyped(filter);
  }
  const set = (name: keyof Filter) => (value: string) => setTyped((old) => ({ ...old, [name]: value }));

  return (
    <form
      className={styles.filters}
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault();
        apply(typed);
      }}
    >
      <TextField label="From" type="date" value={typed.since} onChange={set("since")} />
      <TextField label="To" type="date" value={typed.until} onChange={set("until")} />
      <PersonSelect
        label="Who"
        value={typed.actor}
        onChange={set("actor")}
        none="Anybody"
        named={(person) => person.name}
      />
      <Select
        label="Event"
        value={typed.action}
        onChange={set("action")}
        options={[
          { value: "", label: "Any event" },
          ...actions.map((action) => ({ value: action.name, label: action.displayName })),
        ]}
      />
      <Select
        label="Outcome"
        value={typed.outcome}
        onChange={set("outcome")}
        options={[
          { value: "", label: "Any outcome" },
          { value: "done", label: "Done" },
          { value: "refused", label: "Refused" },
        ]}
      />
      <TextField
        label="Target kind"
        value={typed.targetKind}
        onChange={set("targetKind")}
        placeholder="workspace"
        autoComplete="off"
      />
      <TextField label="Target id" value={typed.target} onChange={set("target")} autoComplete="off" />
      <div className={styles.bar}>
        <Button kind="primary" type="submit">
          Apply
        </Button>
        <Button disabled={!narrows(filter) && !narrows(typed)} onClick={() => apply(noFilter)}>
          Clear
        </Button>
      </div>
    </form>
  );
}
