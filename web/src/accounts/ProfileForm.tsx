import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import { cache, sessionQuery } from "../api/resources";
import type { components } from "../api/schema";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { toast } from "../ui/toast";
import styles from "./Page.module.css";
import { peopleKey } from "./people";

/** One's name, as others see it. */
export function ProfileForm({ person }: { person: components["schemas"]["Person"] }) {
  const [name, setName] = useState(person.name);
  const save = useMutation({
    mutationFn: () => answered(client.PATCH("/api/account/profile", { body: { name } })),
    onSuccess: async () => {
      toast({ kind: "success", text: "Your name is saved." });
      await Promise.all([
        cache.invalidateQueries(sessionQuery),
        cache.invalidateQueries({ queryKey: peopleKey }),
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
      <h2>Profile</h2>
      {save.error && <Notice kind="problem">{problemText(save.error)}</Notice>}
      <TextField label="Your name" required value={name} onChange={setName} autoComplete="name" />
      <TextField
        label="Email"
        type="email"
        value={person.email}
        onChange={() => {}}
        readOnly
        hint={`Your number in Postman’s API is ${person.numericId}.`}
      />
      <div>
        <Button type="submit" busy={save.isPending} disabled={name === person.name}>
          Save name
        </Button>
      </div>
    </form>
  );
}
