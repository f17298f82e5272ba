import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { rolesChanged } from "../access/Holders";
import { answered, api, client, problemText } from "../api/client";
import {
  cache,
  collectionsQuery,
  environmentsQuery,
  type Workspace,
  type WorkspaceRole,
} from "../api/resources";
import { Button } from "../ui/Button";
import { Select } from "../ui/Field";
import { Notice } from "../ui/Notice";
import table from "../ui/Table.module.css";

const requestsQuery = (id: string) =>
  api.queryOptions(
    "get",
    "/api/workspaces/{id}/access-requests",
    { params: { path: { id } } },
    { staleTime: 0 },
  );

/** Who asks for a role, for the owners: nothing if nobody does. */
export function AccessRequests({ workspace }: { workspace: Workspace }) {
  const requests = useQuery(requestsQuery(workspace.id));
  const [roles, setRoles] = useState<Record<string, WorkspaceRole>>({});
  const decide = useMutation({
    mutationFn: ({ id, role }: { id: string; role: WorkspaceRole | null }) =>
      answered(
        client.POST("/api/access-requests/{id}/decision", {
          params: { path: { id } },
          body: { role, answer: "" },
        }),
      ),
    onSettled: () =>
      Promise.all([cache.invalidateQueries(requestsQuery(workspace.id)), rolesChanged(workspace.id)]),
  });
  const collections = useQuery(collectionsQuery(workspace.id)).data?.items;
  const environments = useQuery(environmentsQuery(workspace.id)).data?.items;
  const nameOf = ({
    kind,
    subject,
  }: {
    kind: "workspace" | "collection" | "environment";
    subject: string;
  }) => {
    if (kind === "workspace") return "The workspace";
    const known = kind === "collection" ? collections : environments;
    const found = known?.find(({ id }) => id === subject);
    return found ? `The ${kind} ${found.name}` : `One ${kind}`;
  };
  const items = requests.data?.items ?? [];
  if (items.length === 0 && !decide.error) return null;
  return (
    <>
      <h2>Requests for access</h2>
      {decide.error && <Notice kind="problem">{problemText(decide.error)}</Notice>}
      {items.length > 0 && (
        <table className={table.table}>
          <thead>
            <tr>
              <th>Who</th>
              <th>For</th>
              <th>Role</th>
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((request) => {
              const name = request.by?.name ?? "Somebody who left";
              const role = roles[request.id] ?? request.role;
              return (
                <tr key={request.id}>
                  <td>
                    {name}
                    {request.note && <div className={table.soft}>{request.note}</div>}
                  </td>
                  <td className={table.soft}>{nameOf(request)}</td>
                  <td>
                    <Select
                      label={`Role for ${name}`}
                      labelHidden
                      size="small"
                      value={role}
                      onChange={(wanted) => setRoles({ ...roles, [request.id]: wanted })}
                      options={[
                        { value: "viewer", label: "Viewer" },
                        { value: "editor", label: "Editor" },
                      ]}
                    />
                  </td>
                  <td className={table.end}>
                    <Button
                      size="small"
                      aria-label={`Approve ${name}`}
                      disabled={decide.isPending}
                      onClick={() => decide.mutate({ id: request.id, role })}
                    >
                      Approve
                    </Button>{" "}
                    <Button
                      size="small"
                      aria-label={`Refuse ${name}`}
                      disabled={decide.isPending}
                      onClick={() => decide.mutate({ id: request.id, role: null })}
                    >
                      Refuse
                    </Button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </>
  );
}
