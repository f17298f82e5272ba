import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import type { components } from "../api/schema";
import { RoleBoxes } from "../groups/GroupsPage";
import { Button } from "../ui/Button";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import table from "../ui/Table.module.css";
import { confirmed } from "./confirming";
import styles from "./Page.module.css";
import { PersonSelect } from "./PersonSelect";
import type { Person } from "./people";

type Changed = components["schemas"]["PersonChanged"];

interface BulkProps {
  people: readonly Person[];
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

/** Gives several people the same roles. */
export function BulkRolesDialog({ people, onClose, onDone }: BulkProps) {
  const [chosen] = useState(people);
  const [roles, setRoles] = useState<readonly string[]>(["developer"]);
  const change = useMutation({
    mutationFn: () =>
      answered(
        client.POST("/api/people/changes", {
          body: { people: chosen.map(({ id }) => id), roles: [...roles] },
        }),
      ),
    onSuccess: onDone,
  });
  if (change.data) return <Results people={chosen} items={change.data.items} onClose={onClose} />;
  return (
    <Dialog
      title={`Roles of ${chosen.length} people`}
      description="Each has these roles then, and no others."
      size="small"
      onClose={onClose}
      footer={
        <CancelOr
          onCancel={onClose}
          busy={change.isPending}
          disabled={roles.length === 0}
          onClick={() => change.mutate()}
        >
          Change roles
        </CancelOr>
      }
    >
      <div className={styles.form}>
        {change.error && <Notice kind="problem">{problemText(change.error)}</Notice>}
        <RoleBoxes roles={roles} onChange={setRoles} />
      </div>
    </Dialog>
  );
}

/** Removes several people; one who stays gets what would have no owner. */
export function BulkRemoveDialog({ people, onClose, onDone }: BulkProps) {
  const [chosen] = useState(people);
  const [successor, setSuccessor] = useState("");
  const change = useMutation({
    mutationFn: () =>
      confirmed(() =>
        answered(
          client.POST("/api/people/changes", {
            body: { people: chosen.map(({ id }) => id), removal: { successor } },
          }),
        ),
      ),
    onSuccess: onDone,
  });
  if (change.data) return <Results people={chosen} items={change.data.items} onClose={onClose} />;
  return (
    <Dialog
      title={`Remove ${chosen.length} people from the team?`}
      description="They are signed out at once, and their API keys end. Their personal workspaces, and those that only they own, go to somebody who stays."
      size="small"
      onClose={onClose}
      footer={
        <CancelOr
          onCancel={onClose}
          kind="danger"
          busy={change.isPending}
          disabled={successor === ""}
          onClick={() => change.mutate()}
        >
          Remove
        </CancelOr>
      }
    >
      <div className={styles.form}>
        {change.error && <Notice kind="problem">{problemText(change.error)}</Notice>}
        <p>{chosen.map((person) => person.name).join(", ")}</p>
        <PersonSelect label="Who gets their workspaces" value={successor} onChange={setSuccessor} />
      </div>
    </Dialog>
  );
}

function Results({
  people,
  items,
  onClose,
}: {
  people: readonly Person[];
  items: readonly Changed[];
  onClose: () => void;
}) {
  const nameOf = (id: string) => people.find((person) => person.id === id)?.name ?? id;
  return (
    <Dialog title="What became of each" onClose={onClose} footer={<Button onClick={onClose}>Done</Button>}>
      <table className={table.table}>
        <thead>
          <tr>
            <th>Name</th>
            <th>Result</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id}>
              <td>{nameOf(item.id)}</td>
              <td className={table.soft}>{item.done ? "Done" : item.problem}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}
