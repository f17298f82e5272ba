import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Explanation } from "../access/Explanation";
import { api, problemText } from "../api/client";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import styles from "./Page.module.css";
import type { Person } from "./people";

/** Which workspaces somebody may open, and where that comes from. */
export function PersonAccessDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  const access = useQuery(
    api.queryOptions("get", "/api/people/{id}/access", { params: { path: { id: person.id } } }),
  );
  const items = access.data?.items ?? [];
  const [why, setWhy] = useState<string | null>(null);
  return (
    <Dialog
      title={`What ${person.name} can open`}
      description="As far as you may know of it."
      onClose={onClose}
      footer={<Button onClick={onClose}>Done</Button>}
    >
      <div className={styles.form}>
        {access.isPending && <Spinner label="Looking what they can open" />}
        {access.error && <Notice kind="problem">{problemText(access.error)}</Notice>}
        {access.data && items.length === 0 && <p>No workspace that you may know of.</p>}
        {items.length > 0 && (
          <table className={table.table}>
            <thead>
              <tr>
                <th>Workspace</th>
                <th>Role</th>
                <th>
                  <span className="visually-hidden">Where it comes from</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((workspace) => (
                <tr key={workspace.id}>
                  <td>{workspace.name}</td>
                  <td className={table.soft}>{workspace.role}</td>
                  <td className={table.end}>
                    <Button
                      size="small"
                      aria-label={`Why ${workspace.name}`}
                      onClick={() => setWhy(workspace.id)}
                    >
                      Why
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {why !== null && (
          <Explanation
            question={{ action: "workspace.read", kind: "workspace", id: why, person: person.id }}
          />
        )}
      </div>
    </Dialog>
  );
}
