import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import type { components } from "../api/schema";
import { cache, sessionQuery } from "../api/resources";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { FormDialog } from "../ui/FormDialog";
import { InlineEdit } from "../ui/InlineEdit";
import { toast } from "../ui/toast";
import { confirmed } from "./confirming";
import { dateText } from "./dates";
import styles from "./Page.module.css";
import { addPasskey, canUsePasskeys } from "./passkeys";

type Passkey = components["schemas"]["Passkey"];

interface PasskeysProps {
  passkeys: readonly Passkey[];
  /** Why there can be none here, in the server's words. */
  refusal: string | null;
  /** Whether the password alone lets one in without the last of them. */
  onlyFactor: boolean;
  /** Told when something changed, with recovery codes if it was the first factor. */
  onChanged: (recoveryCodes: readonly string[]) => Promise<void>;
}

/** One's passkeys, and where to add one. They are rows of a list. */
export function Passkeys({ passkeys, refusal, onlyFactor, onChanged }: PasskeysProps) {
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  const rename = useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      answered(client.PATCH("/api/account/passkeys/{id}", { params: { path: { id } }, body: { name } })),
    onSuccess: () => onChanged([]),
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      confirmed(() => answered(client.DELETE("/api/account/passkeys/{id}", { params: { path: { id } } }))),
    onSuccess: async () => {
      setRemoving(null);
      toast({ kind: "success", text: "The passkey is removed." });
      await onChanged([]);
    },
  });
  const why =
    refusal ?? (canUsePasskeys() ? null : "this browser is too old for passkeys, or the page is not secure");

  return (
    <>
      <li>
        <div>
          <strong>Passkeys</strong>
          <p className={styles.soft}>
            {why
              ? `Not here: ${why}.`
              : "A key that your device or a security key keeps, and uses after your finger or PIN. It signs you in without a password too."}
          </p>
        </div>
        {!why && (
          <Button
            size="small"
            kind={passkeys.length === 0 ? "primary" : "secondary"}
            aria-label="Add a passkey"
            onClick={() => setAdding(true)}
          >
            Add
          </Button>
        )}
      </li>
      {passkeys.map((passkey) => (
        <li key={passkey.id}>
          <div>
            <InlineEdit
              label="Name of the passkey"
              value={passkey.name}
              problem={rename.variables?.id === passkey.id && rename.error ? problemText(rename.error) : null}
              onSave={(name) => rename.mutate({ id: passkey.id, name })}
            />
            <p className={styles.soft}>
              Added {dateText(passkey.createdAt)} ·{" "}
              {passkey.usedAt ? `last used ${dateText(passkey.usedAt)}` : "not used yet"}
            </p>
          </div>
          <Button
            size="small"
            aria-label={`Remove the passkey ${passkey.name}`}
            onClick={() => {
              remove.reset();
              setRemoving(passkey);
            }}
          >
            Remove
          </Button>
        </li>
      ))}
      {adding && (
        <AddDialog
          onClose={() => setAdding(false)}
          onDone={async (recoveryCodes) => {
            setAdding(false);
            await onChanged(recoveryCodes);
          }}
        />
      )}
      {removing && (
        <ConfirmDialog
          title={`Remove the passkey ${removing.name}`}
          action="Remove"
          busy={remove.isPending}
          problem={remove.error && problemText(remove.error)}
          onConfirm={() => remove.mutate(removing.id)}
          onClose={() => setRemoving(null)}
        >
          {onlyFactor && passkeys.length === 1
            ? "From then on your password alone lets you in, and your recovery codes work no more."
            : "It lets you in no more. Remove it from the device too, so that it is not offered there."}
        </ConfirmDialog>
      )}
    </>
  );
}

/** Asks for a name, and then the browser asks for the rest. */
function AddDialog({
  onClose,
  onDone,
}: {
  onClose: () => void;
  onDone: (recoveryCodes: readonly string[]) => Promise<void>;
}) {
  const [name, setName] = useState("");
  const add = useMutation({
    mutationFn: () => confirmed(() => addPasskey(name)),
    onSuccess: async ({ recoveryCodes }) => {
      toast({ kind: "success", text: "The passkey is added." });
      await cache.invalidateQueries({ queryKey: sessionQuery.queryKey });
      await onDone(recoveryCodes);
    },
  });
  const field = isProblem(add.error)
    ? add.error.errors?.find((error) => error.path === "/name")?.message
    : undefined;

  return (
    <FormDialog
      title="Add a passkey"
      description="Your browser asks where to keep it: on this device, on your phone, or on a security key."
      action="Go on"
      busy={add.isPending}
      problem={add.error && !field ? problemText(add.error) : null}
      onSubmit={add.mutate}
      onClose={onClose}
    >
      <TextField
        label="Name"
        hint="So that you know it again, such as “Work laptop” or “Blue security key”."
        required
        autoFocus
        maxLength={200}
        value={name}
        onChange={setName}
        problem={field}
        autoComplete="off"
      />
    </FormDialog>
  );
}
