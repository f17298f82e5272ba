import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { dateText } from "../accounts/dates";
import { PersonSelect } from "../accounts/PersonSelect";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache } from "../api/resources";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Checkbox, Select, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { toast } from "../ui/toast";
import styles from "./apiKeys.module.css";
import { RevokeChosenDialog, RevokeFittingDialog } from "./RevokeManyDialog";
import {
  type ApiKeyPolicy,
  endText,
  periodOf,
  periods,
  policyQuery,
  shortText,
  statusText,
  type TeamApiKey,
} from "./keys";

type Shown = "active" | "ended" | "all";
const teamKeys = ["team-api-keys"];

/** Every API key of the team, for its Admins: whose it is, when it was used, and what the team says of all. */
export function ManageKeysPage() {
  const [person, setPerson] = useState("");
  const [shown, setShown] = useState<Shown>("active");
  const policy = useQuery(policyQuery);
  const keys = useInfiniteQuery({
    queryKey: [...teamKeys, person, shown],
    queryFn: ({ pageParam, signal }) =>
      answered(
        client.GET("/api/api-keys", {
          params: {
            query: {
              ...(person === "" ? {} : { person }),
              ...(shown === "all" ? {} : { active: shown === "active" }),
              ...(pageParam === "" ? {} : { after: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });
  const [revoking, setRevoking] = useState<TeamApiKey | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [many, setMany] = useState<"chosen" | "fitting" | null>(null);
  const problem = keys.error ?? policy.error;
  if (isProblem(problem) && problem.status === 403)
    return (
      <PageFrame title="Manage API keys">
        <Notice kind="info">{problemText(problem)}</Notice>
      </PageFrame>
    );
  const items = keys.data?.pages.flatMap((page) => page.items) ?? [];
  const selected = items.filter((key) => key.status === "active" && chosen.has(key.id)).map((key) => key.id);
  function choose(id: string, on: boolean) {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  }

  return (
    <PageFrame title="Manage API keys" lead="The API keys of everybody in the team.">
      {problem && <Notice kind="problem">{problemText(problem)}</Notice>}
      <Finder />
      <div className={styles.filters}>
        <PersonSelect
          label="Made by"
          value={person}
          onChange={setPerson}
          none="Everybody"
          named={({ name }) => name}
        />
        <Select<Shown>
          label="Status"
          value={shown}
          onChange={setShown}
          options={[
            { value: "active", label: "Active" },
            { value: "ended", label: "Expired and revoked" },
            { value: "all", label: "All" },
          ]}
        />
      </div>
      <div className={styles.filters} role="status">
        <Button onClick={() => setMany("fitting")}>Revoke all that fit</Button>
        {selected.length > 0 && (
          <Button kind="danger" onClick={() => setMany("chosen")}>
            Revoke the {selected.length} chosen
          </Button>
        )}
      </div>
      {keys.isPending && <Spinner label="Loading API keys" />}
      {keys.data && items.length === 0 && (
        <EmptyState icon="key" title="No API keys" compact>
          {shown === "active" ? "Nobody has a key that can be used." : "None fits what you chose."}
        </EmptyState>
      )}
      {items.length > 0 && (
        <table className={table.table}>
          <thead>
            <tr>
              <th>
                <span className="visually-hidden">Choose</span>
              </th>
              <th>Name</th>
              <th>Made by</th>
              <th>Status</th>
              <th>Made</th>
              <th>Last used</th>
              <th>Ends</th>
              <th>
                <span className="visually-hidden">Revoke</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((key) => (
              <tr key={key.id}>
                <td>
                  {key.status === "active" && (
                    <Checkbox
                      label={`Choose ${key.name} of ${ownerText(key)}`}
                      labelHidden
                      checked={chosen.has(key.id)}
                      onChange={(on) => choose(key.id, on)}
                    />
                  )}
                </td>
                <td>
                  {key.name}
                  <div className={styles.masked}>{shortText(key)}</div>
                </td>
                <td>{ownerText(key)}</td>
                <td className={key.status === "active" ? undefined : table.soft}>{statusText(key)}</td>
                <td className={table.soft}>{dateText(key.createdAt)}</td>
                <td className={table.soft}>{key.lastUsedAt ? dateText(key.lastUsedAt) : "Never"}</td>
                <td className={table.soft}>{endText(key)}</td>
                <td className={table.end}>
                  {key.status === "active" && (
                    <Button
                      size="small"
                      aria-label={`Revoke ${key.name} of ${ownerText(key)}`}
                      onClick={() => setRevoking(key)}
                    >
                      Revoke
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {keys.hasNextPage && (
        <div>
          <Button busy={keys.isFetchingNextPage} onClick={() => void keys.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {policy.data && <PolicyForm key={policy.data.version} policy={policy.data} />}
      {many === "chosen" && (
        <RevokeChosenDialog
          keys={selected}
          onClose={() => {
            setMany(null);
            setChosen(new Set());
          }}
          onDone={() => cache.invalidateQueries({ queryKey: teamKeys })}
        />
      )}
      {many === "fitting" && (
        <RevokeFittingDialog
          onClose={() => setMany(null)}
          onDone={() => cache.invalidateQueries({ queryKey: teamKeys })}
        />
      )}
      {revoking && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(null)} />}
    </PageFrame>
  );
}

function ownerText(key: TeamApiKey): string {
  return key.owner?.name ?? "Somebody who left";
}

/** Says whose a key is that somebody found. */
function Finder() {
  const [key, setKey] = useState("");
  const find = useMutation({
    mutationFn: () => answered(client.POST("/api/api-keys/find", { body: { key } })),
    onSettled: () => setKey(""),
  });

  return (
    <form
      className={styles.finder}
      onSubmit={(event) => {
        event.preventDefault();
        find.mutate();
      }}
    >
      <TextField
        label="Whose key is this?"
        type="password"
        required
        hint="Paste a key that you found somewhere. It is looked up, and kept nowhere."
        value={key}
        onChange={setKey}
        autoComplete="off"
      />
      <Button type="submit" busy={find.isPending}>
        Find
      </Button>
      {find.error && (
        <Notice kind="problem">
          {isProblem(find.error) && find.error.status === 404
            ? "It is no key of this team."
            : problemText(find.error)}
        </Notice>
      )}
      {find.data && (
        <Notice kind="info">
          It is {find.data.name} of {ownerText(find.data)}: {statusText(find.data)}.
        </Notice>
      )}
    </form>
  );
}

/** What the team says of its members' keys. */
function PolicyForm({ policy }: { policy: ApiKeyPolicy }) {
  const [everybody, setEverybody] = useState(policy.everybody);
  const [age, setAge] = useState(String(policy.ageDays ?? ""));
  const [idle, setIdle] = useState(String(policy.idleDays ?? ""));
  const save = useMutation({
    mutationFn: () =>
      answered(
        client.PUT("/api/api-keys/policy", {
          body: { version: policy.version, everybody, ageDays: numberOf(age), idleDays: numberOf(idle) },
        }),
      ),
    onSuccess: async () => {
      toast({ kind: "success", text: "What the team says of API keys is saved." });
      await Promise.all([
        cache.invalidateQueries(policyQuery),
        cache.invalidateQueries({ queryKey: teamKeys }),
      ]);
    },
  });

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <h2>What the team says</h2>
      {save.error && <Notice kind="problem">{problemText(save.error)}</Notice>}
      <Checkbox
        label="Everybody may make API keys, not only Admins"
        checked={everybody}
        onChange={setEverybody}
      />
      <Select
        label="Every key ends after"
        value={age}
        options={withPresent(policy.ageDays)}
        onChange={setAge}
      />
      <Select
        label="Every key ends when not used for"
        value={idle}
        options={withPresent(policy.idleDays)}
        onChange={setIdle}
        hint="It holds for the keys there are, and at once: a key that ends by it cannot be brought back."
      />
      <div>
        <Button type="submit" kind="primary" busy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

function numberOf(value: string): number | null {
  return value === "" ? null : Number(value);
}

/** The periods, and the present one if a program chose another. */
function withPresent(days: number | null): { value: string; label: string }[] {
  const known: { value: string; label: string }[] = [...periods];
  return periodOf(days) === null ? [...known, { value: String(days), label: `${days} days` }] : known;
}

function RevokeDialog({ apiKey, onClose }: { apiKey: TeamApiKey; onClose: () => void }) {
  const revoke = useMutation({
    mutationFn: () => answered(client.DELETE("/api/api-keys/{id}", { params: { path: { id: apiKey.id } } })),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: teamKeys });
      onClose();
    },
  });

  return (
    <ConfirmDialog
      title={`Revoke ${apiKey.name} of ${ownerText(apiKey)}?`}
      action="Revoke key"
      busy={revoke.isPending}
      problem={revoke.error && problemText(revoke.error)}
      onConfirm={() => revoke.mutate()}
      onClose={onClose}
    >
      Whatever shows this key is refused from now on. It cannot be brought back.
    </ConfirmDialog>
  );
}
