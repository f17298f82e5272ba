import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, problemText } from "../api/client";
import type { Workspace } from "../api/resources";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Select, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import styles from "./access.module.css";
import { Explanation } from "./Explanation";

const accessQuery = (id: string, search: string) =>
  api.queryOptions(
    "get",
    "/api/workspaces/{id}/access",
    { params: { path: { id }, query: { search } } },
    { staleTime: 0 },
  );

const questions = [
  { value: "workspace.read", label: "open it" },
  { value: "collection.create", label: "change what is in it" },
  { value: "workspace.update", label: "change its settings and members" },
] as const;

type Action = (typeof questions)[number]["value"];

/** Who may open a workspace and where that comes from; and why somebody may or may not do something in it. */
export function AccessDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const [search, setSearch] = useState("");
  const [person, setPerson] = useState<{ id: string; name: string } | null>(null);
  const [action, setAction] = useState<Action>("workspace.read");
  const reached = useQuery(accessQuery(workspace.id, search));
  const items = reached.data?.items ?? [];

  return (
    <Dialog
      title="Who can open this"
      description={`Everybody who can open ${workspace.name}, and where that comes from.`}
      size="large"
      onClose={onClose}
      footer={<Button onClick={onClose}>Done</Button>}
    >
      <div className={styles.form}>
        <TextField label="Find somebody" value={search} onChange={setSearch} placeholder="Name or email" />
        {reached.isPending && <Spinner label="Loading" />}
        {reached.error && <Notice kind="problem">{problemText(reached.error)}</Notice>}
        {reached.data && items.length === 0 && (
          <p className={styles.soft}>Nobody of that name can open this workspace.</p>
        )}
        {items.length > 0 && (
          <table className={table.table}>
            <thead>
              <tr>
                <th>Name</th>
                <th>Role</th>
                <th>Because</th>
                <th>
                  <span className="visually-hidden">Explain</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.person.id}>
                  <td>{item.person.name}</td>
                  <td className={styles.role}>{item.role}</td>
                  <td className={table.soft}>{item.because}</td>
                  <td className={table.end}>
                    <Button
                      size="small"
                      aria-label={`Explain what ${item.person.name} may do`}
                      onClick={() => setPerson(item.person)}
                    >
                      Explain
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {reached.data?.next && (
          <p className={styles.soft}>The first {items.length} are shown. Search to find somebody else.</p>
        )}
        {person && (
          <section aria-label={`What ${person.name} may do`} className={styles.form}>
            <Select
              label={`Why may ${person.name}`}
              value={action}
              onChange={setAction}
              options={questions}
            />
            <Explanation question={{ action, kind: "workspace", id: workspace.id, person: person.id }} />
          </section>
        )}
      </div>
    </Dialog>
  );
}
