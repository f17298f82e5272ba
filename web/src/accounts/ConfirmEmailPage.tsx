import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { answered, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import { Button } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { GatePage } from "./GatePage";
import styles from "./GatePage.module.css";

/** Where the link to a new address leads: one button, and the account has it. */
export function ConfirmEmailPage() {
  // Taken once: what changes an account does not stay in the address.
  const [token] = useState(() => globalThis.location.hash.slice(1));
  useEffect(() => globalThis.history.replaceState(globalThis.history.state, "", "/confirm-email"), []);
  const confirm = useMutation({
    mutationFn: () => answered(client.POST("/api/email-changes/finish", { body: { token } })),
    onSuccess: () => cache.clear(),
  });

  if (confirm.isSuccess)
    return (
      <GatePage title="Your address is changed" lead="You sign in with the new one from now on.">
        <p>
          <Link to="/">Go on</Link>
        </p>
      </GatePage>
    );
  return (
    <GatePage title="Confirm your new address" lead="Your account has it when you press the button.">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          confirm.mutate();
        }}
      >
        {confirm.error && <Notice kind="problem">{problemText(confirm.error)}</Notice>}
        {token === "" && (
          <Notice kind="warning">
            The address of this page is not whole. Open the link of the mail again, or copy all of it.
          </Notice>
        )}
        <Button kind="primary" size="large" type="submit" busy={confirm.isPending} disabled={token === ""}>
          Confirm the address
        </Button>
      </form>
    </GatePage>
  );
}
