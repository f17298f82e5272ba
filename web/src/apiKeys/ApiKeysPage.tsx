import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { dateText } from "../accounts/dates";
import { answered, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { CancelOr, ConfirmDialog, Dialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Select, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { toast } from "../ui/toast";
import styles from "./apiKeys.module.css";
import {
  type ApiKey,
  daysOf,
  endText,
  ownKeysQuery,
  type Period,
  periods,
  shortText,
  statusText,
} from "./keys";

/** One's own API keys: what programs show to act for oneself. */
export function ApiKeysPage() {
  const keys = useQuery(ownKeysQuery);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const mayCreate = keys.data?.mayCreate ?? false;

  return (
    <PageFrame
      title="API keys"
      lead="A program shows a key to act for you, with the roles that you have when it does. Keep it as you keep your password."
    >
      {keys.error && <Notice kind="problem">{problemText(keys.error)}</Notice>}
      {keys.isPending && <Spinner label="Loading API keys" />}
      {keys.data && !mayCreate && (
        <Notice kind="info">
          Your team lets only its Admins make API keys. Those that you have go on working.
        </Notice>
      )}
      {keys.data && <TeamSays ageDays={keys.data.policy.ageDays} idleDays={keys.data.policy.idleDays} />}
      {keys.data && keys.data.items.length === 0 && (
        <EmptyState
          icon="key"
          title="You have no API keys"
          actions={
            mayCreate && (
              <Button kind="primary" icon="add" onClick={() => setMaking(true)}>
                Generate API key
              </Button>
            )
          }
        >
          Make one for a pipeline, a script or any client of the Postman API.
        </EmptyState>
      )}
      {keys.data && keys.data.items.length > 0 && (
        <>
          {mayCreate && (
            <div>
              <Button kind="primary" icon="add" onClick={() => setMaking(true)}>
                Generate API key
              </Button>
            </div>
          )}
          <table className={table.table}>
            <thead>
              <tr>
                <th>Name</th>
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
              {keys.data.items.map((key) => (
                <tr key={key.id}>
                  <td>
                    {key.name}
                    <div className={styles.masked}>{shortText(key)}</div>
                  </td>
                  <td className={key.status === "active" ? undefined : table.soft}>{statusText(key)}</td>
                  <td className={table.soft}>{dateText(key.createdAt)}</td>
                  <td className={table.soft}>{key.lastUsedAt ? dateText(key.lastUsedAt) : "Never"}</td>
                  <td className={table.soft}>{endText(key)}</td>
                  <td className={table.end}>
                    {key.status === "active" && (
                      <Button size="small" aria-label={`Revoke ${key.name}`} onClick={() => setRevoking(key)}>
                        Revoke
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      {making && <NewKeyDialog onClose={() => setMaking(false)} />}
      {revoking && <RevokeDialog apiKey={revoking} onClose={() => setRevoking(null)} />}
    </PageFrame>
  );
}

/** What the team says of how long keys last, if it says something. */
function TeamSays({ ageDays, idleDays }: { ageDays: number | null; idleDays: number | null }) {
  const words = [
    ...(ageDays === null ? [] : [`${ageDays} days after it was made`]),
    ...(idleDays === null ? [] : [`when it was not used for ${idleDays} days`]),
  ];
  if (words.length === 0) return null;
  return (
    <Notice kind="info">
      Your team says that a key ends {words.join(", and ")}, whatever its owner says.
    </Notice>
  );
}

/** Asks for the name and time of a key, then shows the key once. */
function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [age, setAge] = useState<Period>("90");
  const [idle, setIdle] = useState<Period>("");
  const make = useMutation({
    mutationFn: () =>
      answered(
        client.POST("/api/account/api-keys", {
          body: { name, expiresInDays: daysOf(age), idleDays: daysOf(idle) },
        }),
      ),
    onSuccess: () => cache.invalidateQueries(ownKeysQuery),
    // The key must not stay in the memory of the page longer than it is on the screen.
    gcTime: 0,
  });
  if (make.data)
    return <MadeKeyDialog name={make.data.apiKey.name} value={make.data.value} onClose={onClose} />;

  return (
    <Dialog
      title="Generate API key"
      size="small"
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} type="submit" form="new-key" busy={make.isPending}>
          Generate
        </CancelOr>
      }
    >
      <form
        id="new-key"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        {make.error && <Notice kind="problem">{problemText(make.error)}</Notice>}
        <TextField
          label="Name"
          required
          autoFocus
          maxLength={64}
          hint="Say where it is used: you will want to know when you look for it."
          value={name}
          onChange={setName}
          autoComplete="off"
        />
        <Select label="Ends after" value={age} options={periods} onChange={setAge} />
        <Select label="Ends when not used for" value={idle} options={periods} onChange={setIdle} />
      </form>
    </Dialog>
  );
}

/** The key itself, this once. */
function MadeKeyDialog({ name, value, onClose }: { name: string; value: string; onClose: () => void }) {
  async function copy() {
    try {
      await navigator.clipboard.writeText(value);
      toast({ kind: "success", text: "The key is copied." });
    } catch {
      toast({
        kind: "problem",
        text: "The browser did not let us copy it. Select the key and copy it yourself.",
      });
    }
  }

  return (
    <Dialog
      title={`API key ${name}`}
      description="Copy it now. It is stored nowhere and cannot be shown again."
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Done</Button>
          <Button kind="primary" icon="copy" onClick={() => void copy()}>
            Copy key
          </Button>
        </>
      }
    >
      <TextField label="Key" className={styles.key} readOnly value={value} onChange={() => {}} />
    </Dialog>
  );
}

function RevokeDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const revoke = useMutation({
    mutationFn: () =>
      answered(client.DELETE("/api/account/api-keys/{id}", { params: { path: { id: apiKey.id } } })),
    onSuccess: async () => {
      await cache.invalidateQueries(ownKeysQuery);
      onClose();
    },
  });

  return (
    <ConfirmDialog
      title={`Revoke ${apiKey.name}?`}
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
