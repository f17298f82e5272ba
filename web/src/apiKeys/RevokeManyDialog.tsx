import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { PersonSelect } from "../accounts/PersonSelect";
import { confirmed } from "../accounts/confirming";
import { answered, client, problemText } from "../api/client";
import type { components } from "../api/schema";
import { Button } from "../ui/Button";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Select } from "../ui/Field";
import { Notice } from "../ui/Notice";
import styles from "./apiKeys.module.css";
import { daysOf, type Period, periods } from "./keys";

type Revoked = components["schemas"]["Revoked"];
type Choice = components["schemas"]["Revocations"];

/** Revokes as long as there are more; one request takes so many. */
async function revokeAll(choice: Choice): Promise<Revoked["items"]> {
  const items: Revoked["items"] = [];
  for (;;) {
    const page = await confirmed(() => answered(client.POST("/api/api-keys/revocations", { body: choice })));
    items.push(...page.items);
    // What was refused would be chosen again for ever.
    if (!page.more || page.items.every((item) => !item.done)) return items;
  }
}

interface RevokeManyProps {
  onClose: () => void;
  onDone: () => Promise<unknown>;
}

/** Revokes the keys that were chosen in the list. */
export function RevokeChosenDialog({ keys, ...rest }: RevokeManyProps & { keys: readonly string[] }) {
  return (
    <RevokeDialog
      title={keys.length === 1 ? "Revoke 1 API key?" : `Revoke ${keys.length} API keys?`}
      choice={{ keys: [...keys] }}
      {...rest}
    />
  );
}

/** Revokes all keys that fit: whose they are, how old, how long unused. */
export function RevokeFittingDialog(rest: RevokeManyProps) {
  const [person, setPerson] = useState("");
  const [age, setAge] = useState<Period>("");
  const [unused, setUnused] = useState<Period>("");
  const [olderThanDays, unusedDays] = [daysOf(age), daysOf(unused)];
  const choice: Choice = {
    ...(person === "" ? {} : { person }),
    ...(olderThanDays === null ? {} : { olderThanDays }),
    ...(unusedDays === null ? {} : { unusedDays }),
  };
  const any = { value: "" as const, label: "Whatever it is" };
  return (
    <RevokeDialog
      title="Revoke all API keys that fit"
      choice={Object.keys(choice).length === 0 ? null : choice}
      {...rest}
    >
      <PersonSelect
        label="Made by"
        value={person}
        onChange={setPerson}
        none="Everybody"
        named={({ name }) => name}
      />
      <Select<Period>
        label="At least so old"
        value={age}
        onChange={setAge}
        options={[any, ...periods.filter(({ value }) => value !== "")]}
      />
      <Select<Period>
        label="Not used for at least"
        value={unused}
        onChange={setUnused}
        options={[any, ...periods.filter(({ value }) => value !== "")]}
      />
    </RevokeDialog>
  );
}

function RevokeDialog({
  title,
  choice,
  onClose,
  onDone,
  children,
}: RevokeManyProps & { title: string; choice: Choice | null; children?: React.ReactNode }) {
  const revoke = useMutation({
    mutationFn: (chosen: Choice) => revokeAll(chosen),
    onSuccess: onDone,
  });
  const done = revoke.data?.filter((item) => item.done).length ?? 0;
  const refused = revoke.data?.filter((item) => !item.done) ?? [];

  if (revoke.data)
    return (
      <Dialog
        title={done === 1 ? "1 API key is revoked" : `${done} API keys are revoked`}
        size="small"
        onClose={onClose}
        footer={
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        {revoke.data.length === 0 && <p>None fitted.</p>}
        {refused.length > 0 && (
          <Notice kind="warning">
            {refused.map((item) => (
              <div key={item.id}>
                {item.id.slice(0, 8)}…: {item.problem}
              </div>
            ))}
          </Notice>
        )}
      </Dialog>
    );
  return (
    <Dialog
      title={title}
      description="Whatever shows one of them is refused from now on. They cannot be brought back. Their owners are told by mail."
      size="small"
      onClose={onClose}
      footer={
        <CancelOr
          onCancel={onClose}
          kind="danger"
          busy={revoke.isPending}
          disabled={choice === null}
          onClick={() => choice && revoke.mutate(choice)}
        >
          Revoke
        </CancelOr>
      }
    >
      <div className={styles.form}>
        {revoke.error && <Notice kind="problem">{problemText(revoke.error)}</Notice>}
        {children}
      </div>
    </Dialog>
  );
}
