import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, client, isProblem, problemText } from "../api/client";
import type { components } from "../api/schema";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { confirmed } from "./confirming";
import styles from "./Page.module.css";
import { PersonSelect } from "./PersonSelect";

type Departure = components["schemas"]["Departure"];

const removalQuery = (id: string) =>
  api.queryOptions("get", "/api/people/{id}/removal", { params: { path: { id } } }, { staleTime: 0 });
const leavingQuery = api.queryOptions("get", "/api/account/leaving", {}, { staleTime: 0 });

/** Removes somebody from the team, after it is said who gets their workspaces. */
export function RemoveDialog({
  id,
  onClose,
  onDone,
}: {
  id: string;
  onClose: () => void;
  onDone: () => void;
}) {
  const departure = useQuery(removalQuery(id));
  const remove = useMutation({
    mutationFn: (successor: string | null) =>
      confirmed(() =>
        answered(client.POST("/api/people/{id}/removal", { params: { path: { id } }, body: { successor } })),
      ),
    onSuccess: onDone,
  });
  const name = departure.data?.person.name ?? "somebody";
  return (
    <DepartureDialog
      title={`Remove ${name} from the team?`}
      lead={`${name} is signed out at once, their API keys end, and their roles and groups are gone. They can be invited again.`}
      action="Remove"
      departure={departure}
      busy={remove.isPending}
      problem={remove.error}
      onConfirm={(successor) => remove.mutate(successor)}
      onClose={onClose}
    />
  );
}

/** Leaves the team oneself. */
export function LeaveDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const departure = useQuery(leavingQuery);
  const leave = useMutation({
    mutationFn: (successor: string | null) =>
      confirmed(() => answered(client.POST("/api/account/leaving", { body: { successor } }))),
    onSuccess: onDone,
  });
  return (
    <DepartureDialog
      title="Leave the team?"
      lead="You are signed out everywhere, and your API keys end. An Admin can invite you again."
      action="Leave the team"
      departure={departure}
      busy={leave.isPending}
      problem={leave.error}
      onConfirm={(successor) => leave.mutate(successor)}
      onClose={onClose}
    />
  );
}

function DepartureDialog({
  title,
  lead,
  action,
  departure,
  busy,
  problem,
  onConfirm,
  onClose,
}: {
  title: string;
  lead: string;
  action: string;
  departure: { data: Departure | undefined; error: unknown; isPending: boolean };
  busy: boolean;
  problem: unknown;
  onConfirm: (successor: string | null) => void;
  onClose: () => void;
}) {
  const [successor, setSuccessor] = useState("");
  const { data } = departure;
  const needed = (data?.workspaceTotal ?? 0) > 0;
  const field = isProblem(problem)
    ? problem.errors?.find((error) => error.path === "/successor")?.message
    : undefined;
  return (
    <Dialog
      title={title}
      description={lead}
      onClose={onClose}
      footer={
        <CancelOr
          onCancel={onClose}
          kind="danger"
          busy={busy}
          disabled={!data || (needed && successor === "")}
          onClick={() => onConfirm(successor === "" ? null : successor)}
        >
          {action}
        </CancelOr>
      }
    >
      <div className={styles.form}>
        {problem !== null && problem !== undefined && !field && (
          <Notice kind="problem">{problemText(problem)}</Notice>
        )}
        {departure.error !== null && departure.error !== undefined && (
          <Notice kind="problem">{problemText(departure.error)}</Notice>
        )}
        {departure.isPending && <Spinner label="Looking what goes with them" />}
        {data && needed && (
          <>
            <p>
              {data.workspaceTotal === 1
                ? "One workspace would have no owner."
                : `${data.workspaceTotal} workspaces would have no owner.`}{" "}
              Somebody who stays becomes the owner first.
            </p>
            <table className={table.table}>
              <thead>
                <tr>
                  <th>Workspace</th>
                  <th>Kind</th>
                </tr>
              </thead>
              <tbody>
                {data.workspaces.map((workspace) => (
                  <tr key={workspace.id}>
                    <td>{workspace.name}</td>
                    <td className={table.soft}>{workspace.kind}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {data.workspaceTotal > data.workspaces.length && (
              <p className={styles.soft}>The first {data.workspaces.length} are shown.</p>
            )}
            <PersonSelect
              label="Who gets them"
              value={successor}
              onChange={setSuccessor}
              without={(person) => person.id === data.person.id}
              problem={field && field.charAt(0).toUpperCase() + field.slice(1)}
            />
          </>
        )}
        {data && !needed && <p>Every workspace keeps an owner.</p>}
        {data && data.apiKeys > 0 && (
          <p className={styles.soft}>
            {data.apiKeys === 1 ? "One API key ends." : `${data.apiKeys} API keys end.`} Programs that use{" "}
            {data.apiKeys === 1 ? "it" : "them"} are refused from then on.
          </p>
        )}
      </div>
    </Dialog>
  );
}
