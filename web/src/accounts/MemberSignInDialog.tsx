import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import { Button } from "../ui/Button";
import { ConfirmDialog, Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { toast } from "../ui/toast";
import { browserName } from "./browser";
import { confirmed } from "./confirming";
import { dateText } from "./dates";
import styles from "./Page.module.css";
import type { Person } from "./people";

const sessionsOf = (id: string) =>
  api.queryOptions("get", "/api/people/{id}/sessions", { params: { path: { id } } }, { staleTime: 0 });

/** Where a member is signed in to the team, and what an Admin can do about it. */
export function MemberSignInDialog({
  person,
  onClose,
  onChanged,
}: {
  person: Person;
  onClose: () => void;
  onChanged: () => Promise<unknown>;
}) {
  const sessions = useQuery(sessionsOf(person.id));
  const [asking, setAsking] = useState<"end" | "reset" | null>(null);
  const params = { params: { path: { id: person.id } } };
  const end = useMutation({
    mutationFn: () => confirmed(() => answered(client.DELETE("/api/people/{id}/sessions", params))),
    onSuccess: async () => {
      setAsking(null);
      toast({ kind: "success", text: `${person.name} is signed out of the team.` });
      await cache.invalidateQueries(sessionsOf(person.id));
    },
  });
  const reset = useMutation({
    mutationFn: () => confirmed(() => answered(client.DELETE("/api/people/{id}/factors", params))),
    onSuccess: async () => {
      setAsking(null);
      toast({ kind: "success", text: `${person.name} has no second factor any more, and is signed out.` });
      await Promise.all([cache.invalidateQueries(sessionsOf(person.id)), onChanged()]);
    },
  });
  const items = sessions.data?.items ?? [];

  return (
    <>
      <Dialog
        title={`Sign-in of ${person.name}`}
        description="Their sessions in this team. Those in other teams are not shown."
        onClose={onClose}
        footer={
          <>
            {person.hasFactor && <Button onClick={() => setAsking("reset")}>Reset second factors</Button>}
            <Button kind="danger" disabled={items.length === 0} onClick={() => setAsking("end")}>
              End all sessions
            </Button>
          </>
        }
      >
        <div className={styles.form}>
          {sessions.error && <Notice kind="problem">{problemText(sessions.error)}</Notice>}
          {sessions.isPending && <Spinner label="Loading sessions" />}
          {sessions.data && items.length === 0 && <p className={table.soft}>Signed in nowhere.</p>}
          {items.length > 0 && (
            <table className={table.table}>
              <thead>
                <tr>
                  <th>Browser</th>
                  <th>Address</th>
                  <th>Last seen</th>
                </tr>
              </thead>
              <tbody>
                {items.map((item) => (
                  <tr key={item.id}>
                    <td>{browserName(item.agent)}</td>
                    <td className={table.soft}>{item.address}</td>
                    <td className={table.soft}>{dateText(item.lastSeenAt)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      </Dialog>
      {asking === "end" && (
        <ConfirmDialog
          title={`End the sessions of ${person.name}?`}
          action="End sessions"
          busy={end.isPending}
          problem={end.error && problemText(end.error)}
          onConfirm={() => end.mutate()}
          onClose={() => setAsking(null)}
        >
          They are signed out of this team at once and told by mail. They can sign in again; to keep them out,
          remove them from the team.
        </ConfirmDialog>
      )}
      {asking === "reset" && (
        <ConfirmDialog
          title={`Reset the second factors of ${person.name}?`}
          action="Reset"
          busy={reset.isPending}
          problem={reset.error && problemText(reset.error)}
          onConfirm={() => reset.mutate()}
          onClose={() => setAsking(null)}
        >
          Do it only if you know that it is they who ask: from then on their password alone lets them in.
          Their authenticator app, passkeys and recovery codes work no more, and they are signed out
          everywhere.
        </ConfirmDialog>
      )}
    </>
  );
}
