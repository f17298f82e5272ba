import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache, sessionQuery, teamQuery } from "../api/resources";
import { PageFrame } from "../app/PageFrame";
import { RoleBoxes } from "../groups/GroupsPage";
import { Button } from "../ui/Button";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Checkbox, Select, TextField } from "../ui/Field";
import { InlineEdit } from "../ui/InlineEdit";
import { Menu } from "../ui/Menu";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { AddPersonDialog } from "./AddPersonDialog";
import { BulkRemoveDialog, BulkRolesDialog } from "./BulkDialogs";
import { dateText } from "./dates";
import { RemoveDialog } from "./DepartureDialog";
import styles from "./Page.module.css";
import { MemberSignInDialog } from "./MemberSignInDialog";
import { PersonAccessDialog } from "./PersonAccessDialog";
import { peopleKey, type Person } from "./people";
import { SecurityPolicy } from "./SecurityPolicy";
import { TeamCreation } from "./TeamCreation";
import { teamRoles, teamRoleText } from "./roles";

type Order = "account" | "name" | "active" | "joined";
type Shown = "all" | "without-factor";
interface Filter {
  search: string;
  role: string;
  shown: Shown;
  order: Order;
}

function refreshPeople() {
  return Promise.all([
    cache.invalidateQueries({ queryKey: peopleKey }),
    cache.invalidateQueries({ queryKey: ["people"] }),
    cache.invalidateQueries(sessionQuery),
  ]);
}

/** The members of the team: found, filtered, and changed by those who manage people. */
export function TeamPage() {
  const session = useQuery(sessionQuery).data;
  const [filter, setFilter] = useState<Filter>({ search: "", role: "", shown: "all", order: "name" });
  const people = useInfiniteQuery({
    queryKey: ["people", filter],
    queryFn: ({ pageParam, signal }) =>
      answered(
        client.GET("/api/people", {
          params: {
            query: {
              sort: filter.order,
              ...(filter.search === "" ? {} : { search: filter.search }),
              ...(filter.role === "" ? {} : { role: filter.role }),
              ...(filter.shown === "all" ? {} : { withoutFactor: true }),
              ...(pageParam === "" ? {} : { after: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const own = useQuery({
    queryKey: ["people", "own", session?.person.id],
    queryFn: () =>
      answered(client.GET("/api/people", { params: { query: { search: session?.person.email ?? "" } } })),
    enabled: session !== undefined,
  }).data?.items.find((person) => person.id === session?.person.id);
  const roles = own?.roles ?? (session ? [session.team.role] : []);
  const team = useQuery(teamQuery).data;
  const managesRoles = roles.some((role) => ["super-admin", "admin", "billing"].includes(role));
  const managesPeople = roles.some((role) => ["super-admin", "admin"].includes(role));
  const readsPlan = managesRoles;
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<Person | null>(null);
  const [removing, setRemoving] = useState<Person | null>(null);
  const [asked, setAsked] = useState<Person | null>(null);
  const [signIn, setSignIn] = useState<Person | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [bulk, setBulk] = useState<"roles" | "remove" | null>(null);
  const items = people.data?.pages.flatMap((page) => page.items) ?? [];
  const total = people.data?.pages[0]?.total ?? 0;
  const selected = items.filter((person) => chosen.has(person.id));
  const set = (part: Partial<Filter>) => {
    setFilter((old) => ({ ...old, ...part }));
    setChosen(new Set());
  };
  const choose = (id: string, on: boolean) =>
    setChosen((old) => {
      const next = new Set(old);
      if (on) next.add(id);
      else next.delete(id);
      return next;
    });

  return (
    <PageFrame title={session?.team.name ?? "Team"} lead="Everyone who can sign in here." wide>
      <div className={styles.bar}>
        <span className={table.soft}>{people.data && `${total} ${total === 1 ? "person" : "people"}`}</span>
        <Link to="/team/groups">Groups</Link>
        <Link to="/team/invites">Invites</Link>
        {readsPlan && <Link to="/team/plan">Plan and seats</Link>}
        {(roles.includes("super-admin") || roles.includes("community-manager")) && (
          <Link to="/team/public">Requests to publish</Link>
        )}
        {roles.includes("super-admin") && <Link to="/team/outbox">Outbox</Link>}
        {managesPeople && (
          <div className={styles.actions}>
            <Link to="/team/share-links">Share links</Link>
            <Link to="/team/api-keys">Manage API keys</Link>
            {/* Elsewhere people come by an invite: nobody chooses the password of an address that they do not own. */}
            {team?.first && (
              <Button kind="primary" icon="add" onClick={() => setAdding(true)}>
                Add a person
              </Button>
            )}
          </div>
        )}
      </div>
      <Filters filter={filter} set={set} manages={managesPeople} />
      {people.error && (
        <Notice kind={isProblem(people.error) && people.error.status === 403 ? "info" : "problem"}>
          {problemText(people.error)}
        </Notice>
      )}
      {people.isPending && <Spinner label="Loading people" />}
      {managesPeople && selected.length > 0 && (
        <div className={styles.bar} role="status">
          <span>{selected.length} chosen</span>
          <Button size="small" onClick={() => setBulk("roles")}>
            Change their roles
          </Button>
          <Button size="small" onClick={() => setBulk("remove")}>
            Remove them
          </Button>
        </div>
      )}
      {people.data && items.length === 0 && <p className={table.soft}>Nobody fits what you chose.</p>}
      {items.length > 0 && (
        <table className={table.table}>
          <thead>
            <tr>
              {managesPeople && (
                <th>
                  <span className="visually-hidden">Choose</span>
                </th>
              )}
              <th>Name</th>
              <th>Email</th>
              <th>Roles</th>
              {managesPeople && <th>Last active</th>}
              {managesPeople && <th>Second factor</th>}
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((person) => (
              <tr key={person.id}>
                {managesPeople && (
                  <td>
                    <Checkbox
                      label={`Choose ${person.name}`}
                      labelHidden
                      checked={chosen.has(person.id)}
                      onChange={(on) => choose(person.id, on)}
                    />
                  </td>
                )}
                <td>
                  {person.name} {person.id === session?.person.id && <span className={table.pill}>You</span>}
                </td>
                <td className={table.soft}>{person.email}</td>
                <td className={table.soft}>{person.roles.map(teamRoleText).join(", ")}</td>
                {managesPeople && (
                  <td className={table.soft}>{person.activeAt ? dateText(person.activeAt) : "Never"}</td>
                )}
                {managesPeople && <td className={table.soft}>{person.hasFactor ? "Yes" : "No"}</td>}
                <td className={table.end}>
                  <span className={styles.actions}>
                    {managesRoles && (
                      <Button
                        size="small"
                        aria-label={`Change roles of ${person.name}`}
                        onClick={() => setChanging(person)}
                      >
                        Change roles
                      </Button>
                    )}
                    {managesPeople && (
                      <Menu
                        align="end"
                        entries={[
                          { label: "What they can open", icon: "eye", onSelect: () => setAsked(person) },
                          ...(person.id === session?.person.id
                            ? []
                            : [
                                {
                                  label: "Sign-in and sessions",
                                  icon: "key" as const,
                                  onSelect: () => setSignIn(person),
                                },
                                "separator" as const,
                                {
                                  label: "Remove from the team",
                                  icon: "trash" as const,
                                  danger: true,
                                  onSelect: () => setRemoving(person),
                                },
                              ]),
                        ]}
                      >
                        <Button size="small" aria-label={`More about ${person.name}`}>
                          More
                        </Button>
                      </Menu>
                    )}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {people.hasNextPage && (
        <div>
          <Button busy={people.isFetchingNextPage} onClick={() => void people.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {managesPeople && session && <TeamName name={session.team.name} />}
      {managesPeople && <SecurityPolicy />}
      {managesPeople && <TeamCreation />}
      {changing && <RolesDialog person={changing} onClose={() => setChanging(null)} />}
      {adding && <AddPersonDialog onClose={() => setAdding(false)} onDone={refreshPeople} />}
      {signIn && (
        <MemberSignInDialog person={signIn} onClose={() => setSignIn(null)} onChanged={refreshPeople} />
      )}
      {asked && <PersonAccessDialog person={asked} onClose={() => setAsked(null)} />}
      {removing && (
        <RemoveDialog
          id={removing.id}
          onClose={() => setRemoving(null)}
          onDone={() => {
            setRemoving(null);
            void refreshPeople();
          }}
        />
      )}
      {bulk === "roles" && (
        <BulkRolesDialog people={selected} onClose={() => setBulk(null)} onDone={refreshPeople} />
      )}
      {bulk === "remove" && (
        <BulkRemoveDialog people={selected} onClose={() => setBulk(null)} onDone={refreshPeople} />
      )}
    </PageFrame>
  );
}

function Filters({
  filter,
  set,
  manages,
}: {
  filter: Filter;
  set: (part: Partial<Filter>) => void;
  manages: boolean;
}) {
  return (
    <form
      className={styles.actions}
      role="search"
      aria-label="Find people"
      onSubmit={(event) => event.preventDefault()}
    >
      <TextField
        label="Find"
        placeholder="Name or email"
        value={filter.search}
        onChange={(search) => set({ search })}
      />
      <Select
        label="Role"
        value={filter.role}
        onChange={(role) => set({ role })}
        options={[
          { value: "", label: "Any role" },
          ...teamRoles.map(({ value }) => ({ value: value as string, label: teamRoleText(value) })),
        ]}
      />
      {manages && (
        <Select<Shown>
          label="Status"
          value={filter.shown}
          onChange={(shown) => set({ shown })}
          options={[
            { value: "all", label: "Everybody" },
            { value: "without-factor", label: "Without a second factor" },
          ]}
        />
      )}
      <Select<Order>
        label="Order"
        value={filter.order}
        onChange={(order) => set({ order })}
        options={[
          { value: "name", label: "By name" },
          { value: "joined", label: "Latest to come first" },
          ...(manages ? [{ value: "active" as const, label: "Last active first" }] : []),
        ]}
      />
    </form>
  );
}

function TeamName({ name }: { name: string }) {
  const rename = useMutation({
    mutationFn: (typed: string) => answered(client.PATCH("/api/team", { body: { name: typed } })),
    onSuccess: () => cache.invalidateQueries(sessionQuery),
  });
  return (
    <section className={styles.form} aria-labelledby="team-name">
      <h2 id="team-name">Name of the team</h2>
      {rename.error && <Notice kind="problem">{problemText(rename.error)}</Notice>}
      <InlineEdit label="Name of the team" value={name} onSave={(typed) => rename.mutate(typed)} />
    </section>
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
      await refreshPeople();
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
        <CancelOr onCancel={onClose} type="submit" form="change-roles" busy={save.isPending}>
          Save
        </CancelOr>
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
        <RoleBoxes roles={roles} onChange={setRoles} />
      </form>
    </Dialog>
  );
}
