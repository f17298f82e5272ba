import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { PersonSelect } from "../accounts/PersonSelect";
import { offered as offeredPeople, peopleQuery } from "../accounts/people";
import { answered, client, isProblem, problemText } from "../api/client";
import {
  cache,
  membersQuery,
  sessionQuery,
  workspaceQuery,
  type WorkspaceRole,
  workspacesQuery,
} from "../api/resources";
import { groupsQuery } from "../groups/GroupsPage";
import { Button, IconButton } from "../ui/Button";
import { Select } from "../ui/Field";
import { Notice } from "../ui/Notice";
import table from "../ui/Table.module.css";
import styles from "../workspaces/workspaces.module.css";
import type { Wanted } from "./AskForAccess";

const roles: readonly { value: WorkspaceRole; label: string }[] = [
  { value: "owner", label: "Owner" },
  { value: "editor", label: "Editor" },
  { value: "viewer", label: "Viewer" },
];

/** Those with a role of their own on a workspace or on one thing in it. */
const holdersQuery = ({ kind, id }: Wanted) =>
  queryOptions({
    queryKey: ["holders", kind, id],
    queryFn: ({ signal }) => {
      const request = { params: { path: { id } }, signal };
      switch (kind) {
        case "workspace":
          return answered(client.GET("/api/workspaces/{id}/members", request));
        case "collection":
          return answered(client.GET("/api/collections/{id}/members", request));
        case "environment":
          return answered(client.GET("/api/environments/{id}/members", request));
      }
    },
  });

/** Has everything that shows who has which role in a workspace look again. */
export const rolesChanged = (workspaceId: string) =>
  Promise.all([
    cache.invalidateQueries({ queryKey: ["holders"] }),
    cache.invalidateQueries(membersQuery(workspaceId)),
    cache.invalidateQueries(workspaceQuery(workspaceId)),
    cache.invalidateQueries(workspacesQuery),
  ]);

function give({ kind, id }: Wanted, holderId: string, role: WorkspaceRole) {
  const request = { params: { path: { id, holderId } }, body: { role } };
  switch (kind) {
    case "workspace":
      return answered(client.PUT("/api/workspaces/{id}/members/{holderId}", request));
    case "collection":
      return answered(client.PUT("/api/collections/{id}/members/{holderId}", request));
    case "environment":
      return answered(client.PUT("/api/environments/{id}/members/{holderId}", request));
  }
}

function take({ kind, id }: Wanted, holderId: string) {
  const request = { params: { path: { id, holderId } } };
  switch (kind) {
    case "workspace":
      return answered(client.DELETE("/api/workspaces/{id}/members/{holderId}", request));
    case "collection":
      return answered(client.DELETE("/api/collections/{id}/members/{holderId}", request));
    case "environment":
      return answered(client.DELETE("/api/environments/{id}/members/{holderId}", request));
  }
}

/** The people and groups with a role on something, and a way to give, change and take roles. */
export function Holders({
  of,
  workspaceId,
  disabled,
}: {
  of: Wanted;
  /** The workspace that it is in, or is. */
  workspaceId: string;
  disabled: boolean;
}) {
  const members = useQuery(holdersQuery(of));
  const people = useQuery({ ...peopleQuery(""), enabled: !disabled, retry: false });
  const groups = useQuery({ ...groupsQuery, enabled: !disabled, retry: false });
  const me = useQuery(sessionQuery).data?.person.id;
  const [personId, setPersonId] = useState("");
  const [role, setRole] = useState<WorkspaceRole>("editor");
  const refresh = () => rolesChanged(workspaceId);
  const put = useMutation({
    mutationFn: (member: { personId: string; role: WorkspaceRole }) => give(of, member.personId, member.role),
    onSettled: refresh,
  });
  const remove = useMutation({ mutationFn: (id: string) => take(of, id), onSettled: refresh });
  const items = members.data?.items ?? [];
  const isMember = ({ id }: { id: string }) => items.some((member) => member.id === id);
  // In a large team those who are left are found by a search.
  const isLarge = (people.data?.total ?? 0) > offeredPeople;
  const others = people.data?.items.some((person) => !isMember(person)) || isLarge;
  const otherGroups = (groups.data?.items ?? []).filter((group) => !isMember(group));
  const problem = put.error ?? remove.error;
  const offered = of.kind === "workspace" ? roles : roles.filter(({ value }) => value !== "owner");

  return (
    <>
      {members.error && <Notice kind="problem">{problemText(members.error)}</Notice>}
      {problem && <Notice kind="problem">{problemText(problem)}</Notice>}
      {members.data && items.length === 0 && (
        <p className={styles.faint}>
          Nobody has a role on this alone. What people may here comes from the workspace.
        </p>
      )}
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
                    options={offered}
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
      {!disabled && (others || otherGroups.length > 0) && (
        <form
          className={styles.bar}
          onSubmit={(event) => {
            event.preventDefault();
            if (personId === "") return;
            put.mutate({ personId, role });
            setPersonId("");
          }}
        >
          <PersonSelect
            label="Add a person or a group"
            value={personId}
            onChange={setPersonId}
            without={isMember}
            none="Choose a person or a group"
            before={otherGroups.map((group) => ({ value: group.id, label: `Group ${group.name}` }))}
          />
          <Select label="Role" value={role} options={offered} onChange={setRole} />
          <Button type="submit" disabled={personId === "" || put.isPending}>
            Add
          </Button>
        </form>
      )}
      {!disabled && people.data && !others && (
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
