import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, client, isProblem, problemText } from "../api/client";
import { cache, sessionQuery } from "../api/resources";
import type { components } from "../api/schema";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Checkbox, Select, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import styles from "./Page.module.css";
import { SecurityPolicy } from "./SecurityPolicy";
import { type TeamRole, teamRoles, teamRoleText } from "./roles";

type Person = components["schemas"]["TeamPerson"];

export const peopleQuery = api.queryOptions("get", "/api/people");

/** The people of the team; an administrator adds more. */
export function TeamPage() {
  const session = useQuery(sessionQuery).data;
  const people = useQuery(peopleQuery);
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<Person | null>(null);
  const own = people.data?.items.find((person) => person.id === session?.person.id)?.roles ?? [];
  const managesRoles = own.some((role) => ["super-admin", "admin", "billing"].includes(role));
  const addsPeople = own.some((role) => ["super-admin", "admin"].includes(role));
  const forbidden = isProblem(people.error) && people.error.status === 403;

  return (
    <PageFrame title={session?.team.name ?? "Team"} lead="Everyone who can sign in here.">
      {forbidden && <Notice kind="info">The list of people is for administrators of the team.</Notice>}
      {people.error && !forbidden && <Notice kind="problem">{problemText(people.error)}</Notice>}
      {people.isPending && <Spinner label="Loading people" />}
      {people.data && (
        <>
          <div className={styles.bar}>
            <span className={table.soft}>
              {people.data.items.length} {people.data.items.length === 1 ? "person" : "people"}
            </span>
            <Link to="/team/groups">Groups</Link>
            {(own.includes("super-admin") || own.includes("community-manager")) && (
              <Link to="/team/public">Requests to publish</Link>
            )}
            {own.includes("super-admin") && <Link to="/team/outbox">Outbox</Link>}
            {addsPeople && (
              <div className={styles.actions}>
                <Link to="/team/api-keys">Manage API keys</Link>
                <Button kind="primary" icon="add" onClick={() => setAdding(true)}>
                  Add a person
                </Button>
              </div>
            )}
          </div>
          <table className={table.table}>
            <thead>
              <tr>
                <th>Name</th>
                <th>Email</th>
                <th>Roles</th>
                {managesRoles && (
                  <th>
                    <span className="visually-hidden">Change</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {people.data.items.map((person) => (
                <tr key={person.id}>
                  <td>
                    {person.name}{" "}
                    {person.id === session?.person.id && <span className={table.pill}>You</span>}
                  </td>
                  <td className={table.soft}>{person.email}</td>
                  <td className={table.soft}>{person.roles.map(teamRoleText).join(", ")}</td>
                  {managesRoles && (
                    <td>
                      <Button
                        size="small"
                        aria-label={`Change roles of ${person.name}`}
                        onClick={() => setChanging(person)}
                      >
                        Change roles
                      </Button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {addsPeople && <SecurityPolicy />}
      {changing && <RolesDialog person={changing} onClose={() => setChanging(null)} />}
      {adding && <AddDialog onClose={() => setAdding(false)} />}
    </PageFrame>
  );
}

/** What somebody is in the team. The server says what may not be given, and why. */
function RolesDialog({ person, onClose }: { person: Person; onClose: () => void }) {
  const [roles, setRoles] = useState<readonly string[]>(person.roles);
  const save = useMutation({
    mutationFn: () =>
      answered(
        client.PUT("/api/people/{id}/roles", {
          params: { path: { id: person.id } },
          body: { roles: [...roles] },
        }),
      ),
    onSuccess: async () => {
      await Promise.all([cache.invalidateQueries(peopleQuery), cache.invalidateQueries(sessionQuery)]);
      onClose();
    },
  });

  return (
    <Dialog
      title={`Roles of ${person.name}`}
      description="What a person may do is the sum of their roles. A change holds at once."
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form="change-roles" busy={save.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form
        id="change-roles"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {save.error && <Notice kind="problem">{problemText(save.error)}</Notice>}
        {teamRoles.map(({ value, label }) => (
          <Checkbox
            key={value}
            label={label}
            checked={roles.includes(value)}
            onChange={(checked) =>
              setRoles((old) => (checked ? [...old, value] : old.filter((role) => role !== value)))
            }
          />
        ))}
      </form>
    </Dialog>
  );
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const [form, setForm] = useState<{ name: string; email: string; password: string; role: TeamRole }>({
    name: "",
    email: "",
    password: "",
    role: "developer",
  });
  const add = useMutation({
    mutationFn: () => answered(client.POST("/api/people", { body: form })),
    onSuccess: async () => {
      await cache.invalidateQueries(peopleQuery);
      onClose();
    },
  });
  const set = (field: "name" | "email" | "password") => (value: string) =>
    setForm((old) => ({ ...old, [field]: value }));

  return (
    <Dialog
      title="Add a person"
      description="They can sign in at once with this email and password."
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form="add-person" busy={add.isPending}>
            Add
          </Button>
        </>
      }
    >
      <form
        id="add-person"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        {add.error && <Notice kind="problem">{problemText(add.error)}</Notice>}
        <TextField
          label="Name"
          required
          autoFocus
          value={form.name}
          onChange={set("name")}
          autoComplete="off"
        />
        <TextField
          label="Email"
          type="email"
          required
          value={form.email}
          onChange={set("email")}
          autoComplete="off"
        />
        <TextField
          label="First password"
          type="password"
          required
          hint="Tell it to them in person or over a safe channel."
          value={form.password}
          onChange={set("password")}
          autoComplete="new-password"
        />
        <Select
          label="Role"
          value={form.role}
          options={teamRoles}
          onChange={(role) => setForm((old) => ({ ...old, role }))}
        />
      </form>
    </Dialog>
  );
}
