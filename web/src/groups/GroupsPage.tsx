import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import page from "../accounts/Page.module.css";
import { teamRoles, teamRoleText } from "../accounts/roles";
import { answered, api, client, isProblem, problemText } from "../api/client";
import { cache, sessionQuery } from "../api/resources";
import type { components } from "../api/schema";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Checkbox, TextField } from "../ui/Field";
import { FormDialog } from "../ui/FormDialog";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { GroupDialog } from "./GroupDialog";
import styles from "./groups.module.css";

type Group = components["schemas"]["GroupSummary"];

export const groupsQuery = api.queryOptions("get", "/api/groups");

/** The groups of the team: what they give, and who is in them. */
export function GroupsPage() {
  const groups = useQuery(groupsQuery);
  const own = useQuery(sessionQuery).data?.team.role;
  const [making, setMaking] = useState(false);
  const [open, setOpen] = useState<Group | null>(null);
  const [deleting, setDeleting] = useState<Group | null>(null);
  const remove = useMutation({
    mutationFn: (id: string) => answered(client.DELETE("/api/groups/{id}", { params: { path: { id } } })),
    onSuccess: async () => {
      setDeleting(null);
      await cache.invalidateQueries(groupsQuery);
    },
  });
  const refused = isProblem(groups.error) && groups.error.status === 403;
  const makes = own === "super-admin" || own === "admin" || own === "developer";

  return (
    <PageFrame
      title="Groups"
      lead="What is given to a group, everybody in it has: roles in the team and roles in workspaces."
    >
      {groups.error && <Notice kind={refused ? "info" : "problem"}>{problemText(groups.error)}</Notice>}
      {groups.isPending && <Spinner label="Loading groups" />}
      {groups.data?.items.length === 0 && (
        <EmptyState
          icon="people"
          title="No groups yet"
          actions={
            makes && (
              <Button kind="primary" icon="add" onClick={() => setMaking(true)}>
                New group
              </Button>
            )
          }
        >
          Put people who need the same access into a group, then give the group a role in a workspace.
        </EmptyState>
      )}
      {groups.data && groups.data.items.length > 0 && (
        <>
          <div className={page.bar}>
            <span className={table.soft}>
              {groups.data.items.length} {groups.data.items.length === 1 ? "group" : "groups"}
            </span>
            {makes && (
              <Button kind="primary" icon="add" onClick={() => setMaking(true)}>
                New group
              </Button>
            )}
          </div>
          <table className={table.table}>
            <thead>
              <tr>
                <th>Name</th>
                <th>People</th>
                <th>Roles in the team</th>
                <th>
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {groups.data.items.map((group) => (
                <tr key={group.id}>
                  <td>
                    {group.name}
                    {group.summary && <div className={table.soft}>{group.summary}</div>}
                  </td>
                  <td className={table.soft}>{group.people}</td>
                  <td className={table.soft}>{group.roles.map(teamRoleText).join(", ")}</td>
                  <td>
                    <div className={page.actions}>
                      <Button size="small" aria-label={`Open ${group.name}`} onClick={() => setOpen(group)}>
                        Open
                      </Button>
                      <Button
                        size="small"
                        aria-label={`Delete ${group.name}`}
                        onClick={() => {
                          remove.reset();
                          setDeleting(group);
                        }}
                      >
                        Delete
                      </Button>
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {making && <NewGroupDialog onClose={() => setMaking(false)} />}
      {open && <GroupDialog id={open.id} onClose={() => setOpen(null)} />}
      {deleting && (
        <ConfirmDialog
          title="Delete this group?"
          action="Delete group"
          busy={remove.isPending}
          problem={remove.error && problemText(remove.error)}
          onConfirm={() => remove.mutate(deleting.id)}
          onClose={() => setDeleting(null)}
        >
          <p>
            What <strong>{deleting.name}</strong> gives is taken from its {deleting.people}{" "}
            {deleting.people === 1 ? "person" : "people"} at once. They stay in the team.
          </p>
        </ConfirmDialog>
      )}
    </PageFrame>
  );
}

function NewGroupDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [summary, setSummary] = useState("");
  const [roles, setRoles] = useState<readonly string[]>(["developer"]);
  const create = useMutation({
    mutationFn: () => answered(client.POST("/api/groups", { body: { name, summary, roles: [...roles] } })),
    onSuccess: async () => {
      await cache.invalidateQueries(groupsQuery);
      onClose();
    },
  });
  return (
    <FormDialog
      title="New group"
      description="Everybody in it has the roles that it gives. A Developer makes groups of Developers."
      action="Create"
      busy={create.isPending}
      disabled={name.trim() === "" || roles.length === 0}
      problem={create.error && problemText(create.error)}
      onSubmit={create.mutate}
      onClose={onClose}
    >
      <TextField label="Name" value={name} onChange={setName} required autoFocus placeholder="QA" />
      <TextField label="What it is for (optional)" value={summary} onChange={setSummary} />
      <RoleBoxes roles={roles} onChange={setRoles} />
    </FormDialog>
  );
}

/** The roles in the team that a group gives. */
export function RoleBoxes({
  roles,
  onChange,
}: {
  roles: readonly string[];
  onChange: (roles: readonly string[]) => void;
}) {
  return (
    <fieldset className={styles.roles}>
      <legend>Roles in the team</legend>
      {teamRoles.map(({ value, label }) => (
        <Checkbox
          key={value}
          label={label}
          checked={roles.includes(value)}
          onChange={(checked) =>
            onChange(checked ? [...roles, value] : roles.filter((role) => role !== value))
          }
        />
      ))}
    </fieldset>
  );
}
