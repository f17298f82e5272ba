import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import page from "../accounts/Page.module.css";
import { PersonSelect } from "../accounts/PersonSelect";
import { answered, api, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import type { components } from "../api/schema";
import { Button, IconButton } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import styles from "./groups.module.css";
import { groupsQuery, RoleBoxes } from "./GroupsPage";

type Group = components["schemas"]["Group"];

const groupQuery = (id: string) => api.queryOptions("get", "/api/groups/{id}", { params: { path: { id } } });
const groupMembersQuery = (id: string, search: string) =>
  api.queryOptions("get", "/api/groups/{id}/members", { params: { path: { id }, query: { search } } });

function refresh(id: string) {
  return Promise.all([
    cache.invalidateQueries(groupsQuery),
    cache.invalidateQueries(groupQuery(id)),
    cache.invalidateQueries({ queryKey: groupMembersQuery(id, "").queryKey.slice(0, 2) }),
  ]);
}

/** One group: what it gives, who manages it, and who is in it. */
export function GroupDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const group = useQuery(groupQuery(id));
  return (
    <Dialog
      title={group.data?.name ?? "Group"}
      description="Changes hold from the next request of everybody in the group."
      onClose={onClose}
      footer={<Button onClick={onClose}>Done</Button>}
    >
      {group.isPending && <Spinner label="Loading the group" />}
      {group.error && <Notice kind="problem">{problemText(group.error)}</Notice>}
      {group.data && (
        <div className={page.form}>
          <Roles key={group.data.version} group={group.data} />
          <People group={group.data} />
        </div>
      )}
    </Dialog>
  );
}

function Roles({ group }: { group: Group }) {
  const [roles, setRoles] = useState<readonly string[]>(group.roles);
  const changed = roles.length !== group.roles.length || roles.some((role) => !group.roles.includes(role));
  const dropsManagers = group.managers.length > 0 && roles.some((role) => role !== "developer");
  const save = useMutation({
    mutationFn: () =>
      answered(
        client.PATCH("/api/groups/{id}", {
          params: { path: { id: group.id } },
          body: { version: group.version, roles: [...roles] },
        }),
      ),
    onSuccess: () => refresh(group.id),
  });
  return (
    <form
      className={page.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <RoleBoxes roles={roles} onChange={setRoles} />
      {group.managers.length > 0 && (
        <p className={table.soft}>Managed by {group.managers.map((person) => person.name).join(", ")}.</p>
      )}
      {changed && dropsManagers && (
        <Notice kind="warning">
          A group that gives more than Developer has no managers; they are taken off.
        </Notice>
      )}
      {save.error && <Notice kind="problem">{problemText(save.error)}</Notice>}
      {changed && (
        <div className={page.actions}>
          <Button kind="primary" type="submit" busy={save.isPending} disabled={roles.length === 0}>
            Save roles
          </Button>
        </div>
      )}
    </form>
  );
}

function People({ group }: { group: Group }) {
  const [search, setSearch] = useState("");
  const [personId, setPersonId] = useState("");
  const members = useQuery(groupMembersQuery(group.id, search));
  const change = useMutation({
    mutationFn: (body: { add?: string[]; remove?: string[] }) =>
      answered(client.PATCH("/api/groups/{id}/members", { params: { path: { id: group.id } }, body })),
    onSettled: () => refresh(group.id),
  });
  const items = members.data?.items ?? [];
  return (
    <section aria-label="People" className={page.form}>
      <h3>
        {group.people} {group.people === 1 ? "person" : "people"}
      </h3>
      {change.error && <Notice kind="problem">{problemText(change.error)}</Notice>}
      {group.manageable && (
        <form
          className={styles.add}
          onSubmit={(event) => {
            event.preventDefault();
            if (personId === "") return;
            change.mutate({ add: [personId] });
            setPersonId("");
          }}
        >
          <PersonSelect
            label="Add a person"
            value={personId}
            onChange={setPersonId}
            without={({ id }) => items.some((item) => item.id === id)}
          />
          <Button type="submit" disabled={personId === "" || change.isPending}>
            Add
          </Button>
        </form>
      )}
      {(group.people > 20 || search !== "") && (
        <TextField label="Find somebody in the group" value={search} onChange={setSearch} />
      )}
      {members.error && <Notice kind="problem">{problemText(members.error)}</Notice>}
      {group.people === 0 && <p className={table.soft}>Nobody is in this group yet.</p>}
      {items.length > 0 && (
        <table className={table.table}>
          <thead>
            <tr>
              <th>Name</th>
              <th>Email</th>
              <th>
                <span className="visually-hidden">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((person) => (
              <tr key={person.id}>
                <td>{person.name}</td>
                <td className={table.soft}>{person.email}</td>
                <td className={table.end}>
                  <IconButton
                    label={`Remove ${person.name}`}
                    icon="close"
                    size="small"
                    disabled={!group.manageable || change.isPending}
                    onClick={() => change.mutate({ remove: [person.id] })}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {members.data?.next && (
        <p className={table.soft}>The first {items.length} are shown. Search to find somebody else.</p>
      )}
    </section>
  );
}
