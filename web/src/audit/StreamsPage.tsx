import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { confirmed } from "../accounts/confirming";
import { dateText } from "../accounts/dates";
import { answered, api, client, isProblem, problemText } from "../api/client";
import { cache } from "../api/resources";
import { PageFrame } from "../app/PageFrame";
import { Button, IconButton } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Menu } from "../ui/Menu";
import { Notice } from "../ui/Notice";
import { ShownOnce } from "../ui/ShownOnce";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { toast } from "../ui/toast";
import styles from "./AuditPage.module.css";
import { StreamDialog } from "./StreamDialog";
import { formats, lagText, placeText, type Stream } from "./streams";

const sinksQuery = api.queryOptions(
  "get",
  "/api/audit/sinks",
  {},
  { staleTime: 0, refetchInterval: 5_000, retry: false },
);

type Open =
  | { what: "new" }
  | { what: "edit" | "delete" | "secret"; stream: Stream }
  | { what: "shown"; secret: string };

/** Where the audit log is sent, and how far it has come. */
export function StreamsPage() {
  const sinks = useQuery(sinksQuery);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const again = () => cache.invalidateQueries(sinksQuery);
  const pause = useMutation({
    mutationFn: ({ id, version, paused }: Stream) =>
      confirmed(() =>
        answered(
          client.PATCH("/api/audit/sinks/{id}", {
            params: { path: { id } },
            body: { version, paused: !paused },
          }),
        ),
      ),
    onSettled: again,
  });
  const test = useMutation({
    mutationFn: ({ id }: Stream) =>
      answered(client.POST("/api/audit/sinks/{id}/test", { params: { path: { id } } })),
    onSuccess: ({ ok, error, milliseconds }, stream) =>
      toast(
        ok
          ? { kind: "success", text: `${stream.name} took the test message in ${milliseconds} ms.` }
          : { kind: "problem", text: `${stream.name}: ${error ?? "not taken"}` },
      ),
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      confirmed(() => answered(client.DELETE("/api/audit/sinks/{id}", { params: { path: { id } } }))),
    onSuccess: close,
    onSettled: again,
  });
  const renew = useMutation({
    mutationFn: (id: string) =>
      confirmed(() => answered(client.POST("/api/audit/sinks/{id}/secret", { params: { path: { id } } }))),
    onSuccess: ({ secret }) => setOpen({ what: "shown", secret }),
    onSettled: again,
  });
  const forbidden = isProblem(sinks.error) && sinks.error.status === 403;
  const items = sinks.data?.items ?? [];
  const problem = pause.error ?? test.error;

  return (
    <PageFrame
      wide
      title="Streaming"
      lead="Where the audit log is sent. Every event arrives at least once and in order, however long a receiver was away."
    >
      <p>
        <Link to="/audit" search={{}}>
          Back to the audit log
        </Link>
      </p>
      {forbidden && <Notice kind="info">{isProblem(sinks.error) ? sinks.error.detail : ""}</Notice>}
      {sinks.error && !forbidden && <Notice kind="problem">{problemText(sinks.error)}</Notice>}
      {problem && <Notice kind="problem">{problemText(problem)}</Notice>}
      {sinks.isPending && <Spinner label="Loading streams" />}
      {sinks.data && items.length === 0 && (
        <EmptyState
          icon="send"
          title="The log stays here"
          actions={
            <Button kind="primary" icon="add" onClick={() => setOpen({ what: "new" })}>
              New stream
            </Button>
          }
        >
          Send it to your SIEM by syslog over TLS, to a signed webhook, or into files, so that a copy is where
          nobody here can change it.
        </EmptyState>
      )}
      {items.length > 0 && (
        <>
          <div className={styles.bar}>
            <span className={styles.spring} />
            <Button kind="primary" icon="add" onClick={() => setOpen({ what: "new" })}>
              New stream
            </Button>
          </div>
          <table className={table.table} aria-label="Streams">
            <thead>
              <tr>
                <th>Name</th>
                <th>To</th>
                <th>Form</th>
                <th>State</th>
                <th>Last taken</th>
                <th>
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((stream) => (
                <tr key={stream.id}>
                  <td>{stream.name}</td>
                  <td className={`${table.soft} ${styles.wide}`}>{placeText(stream.destination)}</td>
                  <td className={table.soft}>{formats[stream.format]}</td>
                  <td>
                    {stream.paused ? (
                      "Paused"
                    ) : stream.error ? (
                      <span className={styles.refused}>Fails</span>
                    ) : (
                      "Runs"
                    )}
                    {lagText(stream) && <p className={table.soft}>{lagText(stream)}</p>}
                    {stream.error && <p className={styles.refused}>{stream.error}</p>}
                    {stream.error && stream.nextAt && !stream.paused && (
                      <p className={table.soft}>Next try {dateText(stream.nextAt)}</p>
                    )}
                    {stream.missed > 0 && (
                      <p className={styles.refused}>
                        {stream.missed} events were removed before they could be sent
                      </p>
                    )}
                  </td>
                  <td className={table.soft}>
                    {stream.deliveredAt ? dateText(stream.deliveredAt) : "Never"}
                  </td>
                  <td>
                    <div className={styles.bar}>
                      <Button
                        size="small"
                        busy={test.isPending && test.variables.id === stream.id}
                        aria-label={`Test ${stream.name}`}
                        onClick={() => test.mutate(stream)}
                      >
                        Test
                      </Button>
                      <Menu
                        align="end"
                        entries={[
                          {
                            label: stream.paused ? "Resume" : "Pause",
                            icon: stream.paused ? "play" : "stop",
                            onSelect: () => pause.mutate(stream),
                          },
                          { label: "Edit…", icon: "edit", onSelect: () => setOpen({ what: "edit", stream }) },
                          ...(stream.destination.kind === "webhook"
                            ? [
                                {
                                  label: "New secret…",
                                  icon: "key" as const,
                                  onSelect: () => setOpen({ what: "secret", stream }),
                                },
                              ]
                            : []),
                          "separator",
                          {
                            label: "Delete…",
                            icon: "trash",
                            danger: true,
                            onSelect: () => setOpen({ what: "delete", stream }),
                          },
                        ]}
                      >
                        <IconButton size="small" icon="more" label={`More of ${stream.name}`} />
                      </Menu>
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {(open?.what === "new" || open?.what === "edit") && (
        <StreamDialog
          stream={open.what === "edit" ? open.stream : null}
          files={sinks.data?.files ?? false}
          onClose={close}
          onDone={async (secret) => {
            setOpen(secret ? { what: "shown", secret } : null);
            await again();
          }}
        />
      )}
      {open?.what === "delete" && (
        <ConfirmDialog
          title={`Delete ${open.stream.name}`}
          action="Delete"
          busy={remove.isPending}
          problem={remove.error && problemText(remove.error)}
          onConfirm={() => remove.mutate(open.stream.id)}
          onClose={close}
        >
          {open.stream.behind > 0
            ? `${open.stream.behind} events that it has not sent are not sent.`
            : "What happens from now on is not sent there."}
        </ConfirmDialog>
      )}
      {open?.what === "secret" && (
        <ConfirmDialog
          title={`New secret for ${open.stream.name}`}
          action="Make a new secret"
          busy={renew.isPending}
          problem={renew.error && problemText(renew.error)}
          onConfirm={() => renew.mutate(open.stream.id)}
          onClose={close}
        >
          What is sent from now on is signed with it. Until the receiver knows it, events wait; none is lost.
        </ConfirmDialog>
      )}
      {open?.what === "shown" && (
        <ShownOnce
          title="The secret of this webhook"
          description="It is shown this once. The receiver checks the signature of each message with it."
          label="Secret"
          value={open.secret}
          onClose={close}
        />
      )}
    </PageFrame>
  );
}
