import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { confirmed } from "./confirming";
import styles from "./Page.module.css";

/** Another address: it is changed by a link that goes there. */
export function EmailForm({ email }: { email: string }) {
  const [wanted, setWanted] = useState("");
  const ask = useMutation({
    mutationFn: (address: string) =>
      confirmed(() => answered(client.POST("/api/account/email", { body: { email: address } }))),
    onSuccess: () => setWanted(""),
  });
  const field = isProblem(ask.error) ? ask.error.errors?.[0]?.message : undefined;

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate(wanted);
      }}
    >
      <h2>Email</h2>
      {ask.error && !field && <Notice kind="problem">{problemText(ask.error)}</Notice>}
      {ask.isSuccess && (
        <Notice kind="info">
          A link is on its way to {ask.variables}. Your address changes when you open it, within a day.
        </Notice>
      )}
      <TextField
        label="New email"
        type="email"
        required
        hint={`Now it is ${email}. A link goes to the new one, and a notice to this one.`}
        value={wanted}
        onChange={setWanted}
        problem={field}
        autoComplete="email"
      />
      <div>
        <Button type="submit" busy={ask.isPending}>
          Change email
        </Button>
      </div>
    </form>
  );
}
