import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { GatePage } from "./GatePage";
import styles from "./GatePage.module.css";

/** Asks for a link to choose another password. It says the same whether there is such an account or not. */
export function ForgotPasswordPage() {
  const [email, setEmail] = useState("");
  const ask = useMutation({
    mutationFn: () => answered(client.POST("/api/password-resets", { body: { email } })),
  });

  return (
    <GatePage title="Choose another password" lead="A link for it goes to the email of your account.">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        {ask.error && <Notice kind="problem">{problemText(ask.error)}</Notice>}
        {ask.isSuccess && (
          <Notice kind="success">
            If there is an account with this email, a link is on its way. It works once, within half an hour.
            Where no mail server is set up, a Super Admin of your team finds it in the outbox.
          </Notice>
        )}
        <TextField
          label="Email"
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={setEmail}
        />
        <Button kind="primary" size="large" type="submit" busy={ask.isPending}>
          Send the link
        </Button>
        <p className={styles.aside}>
          <Link to="/sign-in">Back to sign in</Link>
        </p>
      </form>
    </GatePage>
  );
}
