import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache } from "../api/resources";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { LinkPage, useLinkToken } from "./LinkPage";

/** Where the link of a mail leads: a new password, and everybody is signed out. */
export function ResetPasswordPage() {
  const token = useLinkToken("/reset-password");
  const [password, setPassword] = useState("");
  const choose = useMutation({
    mutationFn: () => answered(client.POST("/api/password-resets/finish", { body: { token, password } })),
    onSuccess: () => cache.clear(),
  });
  const field = isProblem(choose.error)
    ? choose.error.errors?.find((error) => error.path === "/password")?.message
    : undefined;
  const done = {
    title: "Your password is changed",
    lead: "You are signed out everywhere. Sign in with it.",
    way: <Link to="/sign-in">Sign in</Link>,
  };

  return (
    <LinkPage
      title="Choose another password"
      lead="Everywhere you are signed in now, you are signed out."
      action="Change password"
      token={token}
      busy={choose.isPending}
      problem={
        choose.error &&
        !field && (
          <Notice kind="problem" actions={<Link to="/forgot-password">Ask for another link</Link>}>
            {problemText(choose.error)}
          </Notice>
        )
      }
      done={choose.isSuccess ? done : null}
      onSubmit={choose.mutate}
    >
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
    </LinkPage>
  );
}
