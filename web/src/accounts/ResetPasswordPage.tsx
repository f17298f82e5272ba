import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache } from "../api/resources";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { GatePage } from "./GatePage";
import styles from "./GatePage.module.css";

/** Where the link of a mail leads: a new password, and everybody is signed out. */
export function ResetPasswordPage() {
  // Taken once: what lets somebody in does not stay in the address.
  const [token] = useState(() => globalThis.location.hash.slice(1));
  const [password, setPassword] = useState("");
  useEffect(() => globalThis.history.replaceState(globalThis.history.state, "", "/reset-password"), []);
  const choose = useMutation({
    mutationFn: () => answered(client.POST("/api/password-resets/finish", { body: { token, password } })),
    onSuccess: () => cache.clear(),
  });
  const problem = choose.error;
  const field = isProblem(problem)
    ? problem.errors?.find((error) => error.path === "/password")?.message
    : undefined;

  if (choose.isSuccess)
    return (
      <GatePage title="Your password is changed" lead="You are signed out everywhere. Sign in with it.">
        <p>
          <Link to="/sign-in">Sign in</Link>
        </p>
      </GatePage>
    );
  return (
    <GatePage title="Choose another password" lead="Everywhere you are signed in now, you are signed out.">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          choose.mutate();
        }}
      >
        {problem && !field && (
          <Notice kind="problem" actions={<Link to="/forgot-password">Ask for another link</Link>}>
            {problemText(problem)}
          </Notice>
        )}
        {!token && (
          <Notice kind="warning">
            The address of this page is not whole. Open the link of the mail again, or copy all of it.
          </Notice>
        )}
        <TextField
          label="New password"
          type="password"
          required
          autoFocus
          hint="Long and hard to guess; four words that do not belong together do."
          value={password}
          onChange={setPassword}
          problem={field}
          autoComplete="new-password"
        />
        <Button kind="primary" size="large" type="submit" busy={choose.isPending} disabled={!token}>
          Change password
        </Button>
      </form>
    </GatePage>
  );
}
