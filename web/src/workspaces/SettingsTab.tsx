import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { AccessDialog } from "../access/AccessDialog";
import { Explanation } from "../access/Explanation";
import { peopleQuery } from "../accounts/TeamPage";
import { answered, client, isProblem, problemText } from "../api/client";
import {
  cache,
  membersQuery,
  sessionQuery,
  type Workspace,
  workspaceQuery,
  type WorkspaceRole,
  workspacesQuery,
} from "../api/resources";
import { groupsQuery } from "../groups/GroupsPage";
import { Button, IconButton } from "../ui/Button";
import { ConfirmDialog, Dialog } from "../ui/Dialog";
import { Select, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import table from "../ui/Table.module.css";
import { openTo } from "./openTo";
import styles from "./workspaces.module.css";

const roles: readonly { value: WorkspaceRole; label: string }[] = [
  { value: "owner", label: "Owner" },
  { value: "editor", label: "Editor" },
  { value: "viewer", label: "Viewer" },
];

/** The settings of a workspace: its name, its members, its end. */
export function SettingsTab({ workspace }: { workspace: Workspace }) {
  const isOwner = workspace.role === "owner";
  const [asking, setAsking] = useState<"why" | "who" | null>(null);
  return (
    <div className={styles.page}>
      <div className={styles.content}>
        <h1>Workspace settings</h1>
        {!isOwner && (
          <Notice kind="info">
            Only an owner of this workspace can change its settings and members.{" "}
            <Button size="small" onClick={() => setAsking("why")}>
              Why can’t I?
            </Button>
          </Notice>
        )}
        {asking === "why" && (
          <Dialog
            title="Why you can’t change this"
            onClose={() => setAsking(null)}
            footer={<Button onClick={() => setAsking(null)}>Done</Button>}
          >
            <Explanation question={{ action: "workspace.update", kind: "workspace", id: workspace.id }} />
          </Dialog>
        )}
        {asking === "who" && <AccessDialog workspace={workspace} onClose={() => setAsking(null)} />}
        <About key={workspace.id} workspace={workspace} disabled={!isOwner} />
        <Members workspace={workspace} disabled={!isOwner} onWho={() => setAsking("who")} />
        {isOwner && <Remove workspace={workspace} />}
      </div>
    </div>
  );
}

function refresh(workspaceId: string) {
  return Promise.all([
    cache.invalidateQueries(workspaceQuery(workspaceId)),
    cache.invalidateQueries(workspacesQuery),
  ]);
}

function About({ workspace, disabled }: { workspace: Workspace; disabled: boolean }) {
  const [edit, setEdit] = useState<{ name: string; summary: string } | null>(null);
  const name = edit?.name ?? workspace.name;
  const summary = edit?.summary ?? workspace.summary;
  const dirty = name !== workspace.name || summary !== workspace.summary;
  const save = useMutation({
    mutationFn: () =>
      answered(
        client.PATCH("/api/workspaces/{id}", {
          params: { path: { id: workspace.id } },
          body: { version: workspace.version, name, summary },
        }),
      ),
    onSuccess: async (now) => {
      cache.setQueryData(workspaceQuery(workspace.id).queryKey, now);
      setEdit(null);
      await cache.invalidateQueries(workspacesQuery);
    },
    onError: () => refresh(workspace.id),
  });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextField
        label="Name"
        value={name}
        disabled={disabled}
        onChange={(text) => setEdit({ name: text, summary })}
      />
      <TextField
        label="What it is for"
        value={summary}
        disabled={disabled}
        onChange={(text) => setEdit({ name, summary: text })}
      />
      {save.error && <Notice kind="problem">{problemText(save.error)} Your edits are still here.</Notice>}
      <div>
        <Button
          kind="primary"
          type="submit"
          busy={save.isPending}
          disabled={disabled || !dirty || name.trim() === ""}
        >
          Save
        </Button>
      </div>
    </form>
  );
}

function Members({
  workspace,
  disabled,
  onWho,
}: {
  workspace: Workspace;
  disabled: boolean;
  onWho: () => void;
}) {
  const members = useQuery(membersQuery(workspace.id));
  const people = useQuery({ ...peopleQuery, enabled: !disabled, retry: false });
  const groups = useQuery({ ...groupsQuery, enabled: !disabled, retry: false });
  const me = useQuery(sessionQuery).data?.person.id;
  const [personId, setPersonId] = useState("");
  const [role, setRole] = useState<WorkspaceRole>("editor");
  const put = useMutation({
    mutationFn: (member: { personId: string; role: WorkspaceRole }) =>
      answered(
        client.PUT("/api/workspaces/{id}/members/{holderId}", {
          params: { path: { id: workspace.id, holderId: member.personId } },
          body: { role: member.role },
        }),
      ),
    onSettled: () =>
      Promise.all([cache.invalidateQueries(membersQuery(workspace.id)), refresh(workspace.id)]),
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      answered(
        client.DELETE("/api/workspaces/{id}/members/{holderId}", {
          params: { path: { id: workspace.id, holderId: id } },
        }),
      ),
    onSettled: () =>
      Promise.all([cache.invalidateQueries(membersQuery(workspace.id)), refresh(workspace.id)]),
  });
  const items = members.data?.items ?? [];
  const isMember = ({ id }: { id: string }) => items.some((member) => member.id === id);
  const others = (people.data?.items ?? []).filter((person) => !isMember(person));
  const otherGroups = (groups.data?.items ?? []).filter((group) => !isMember(group));
  const problem = put.error ?? remove.error;

  return (
    <>
      <h2>Members</h2>
      <p className={styles.lead}>
        {openTo(workspace.kind)} can open this workspace. Editors change what is in it, owners also this page.
      </p>
      <div className={styles.bar}>
        <Button icon="people" onClick={onWho}>
          Who can open this
        </Button>
      </div>
      {members.error && <Notice kind="problem">{problemText(members.error)}</Notice>}
      {problem && <Notice kind="problem">{problemText(problem)}</Notice>}
      {items.length > 0 && (
        <table className={table.table}>
          <thead>
            <tr>
              <th>Name</th>
              <th>Email</th>
              <th>Role</th>
              <th>
                <span className="visually-hidden">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((member) => (
              <tr key={member.id}>
                <td>
                  {member.name} {member.id === me && <span className={table.pill}>You</span>}
                </td>
                <td className={table.soft}>
                  {member.kind === "group" ? `Group of ${member.people ?? 0}` : member.email}
                </td>
                <td>
                  <Select
                    label={`Role of ${member.name}`}
                    labelHidden
                    size="small"
                    value={member.role}
                    options={roles}
                    disabled={disabled}
                    onChange={(wanted) => put.mutate({ personId: member.id, role: wanted })}
                  />
                </td>
                <td className={table.end}>
                  <IconButton
                    label={`Remove ${member.name}`}
                    icon="close"
                    size="small"
                    disabled={disabled}
                    onClick={() => remove.mutate(member.id)}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {!disabled && others.length + otherGroups.length > 0 && (
        <form
          className={styles.bar}
          onSubmit={(event) => {
            event.preventDefault();
            if (personId === "") return;
            put.mutate({ personId, role });
            setPersonId("");
          }}
        >
          <Select
            label="Add a person or a group"
            value={personId}
            onChange={setPersonId}
            options={[
              { value: "", label: "Choose a person or a group" },
              ...otherGroups.map((group) => ({ value: group.id, label: `Group ${group.name}` })),
              ...others.map((person) => ({ value: person.id, label: `${person.name} (${person.email})` })),
            ]}
          />
          <Select label="Role" value={role} options={roles} onChange={setRole} />
          <Button type="submit" disabled={personId === "" || put.isPending}>
            Add
          </Button>
        </form>
      )}
      {!disabled && people.data && others.length === 0 && (
        <p className={styles.faint}>
          Everyone in the team is a member. Add people to the team on the Team page.
        </p>
      )}
      {!disabled && isProblem(people.error) && people.error.status === 403 && (
        <p className={styles.faint}>To add someone who is not listed, ask an administrator of the team.</p>
      )}
    </>
  );
}

function Remove({ workspace }: { workspace: Workspace }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () =>
      answered(client.DELETE("/api/workspaces/{id}", { params: { path: { id: workspace.id } } })),
    onSuccess: async () => {
      cache.removeQueries(workspaceQuery(workspace.id));
      await cache.invalidateQueries(workspacesQuery);
      await navigate({ to: "/" });
    },
  });
  return (
    <>
      <h2>Delete</h2>
      <div className={styles.danger}>
        <p>
          Deletes the workspace with its collections, environments and history, for everyone. Its owners can
          restore it for 30 days.
        </p>
        <Button icon="trash" onClick={() => setAsking(true)}>
          Delete workspace
        </Button>
      </div>
      {asking && (
        <ConfirmDialog
          title="Delete this workspace?"
          action="Delete workspace"
          busy={remove.isPending}
          problem={remove.error && problemText(remove.error)}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>
            <strong>{workspace.name}</strong> and everything in it will be deleted for everyone. Its owners
            can restore it for 30 days, under “Deleted workspaces”.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
