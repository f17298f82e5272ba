import { useMutation } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import { cache, sessionQuery } from "../api/resources";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { GatePage } from "./GatePage";
import styles from "./GatePage.module.css";

const route = getRouteApi("/sign-in");

/** Asks for email and password, and goes where one wanted to go. */
export function SignInPage() {
  const { to } = route.useSearch();
  const router = useRouter();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => answered(client.POST("/api/session", { body: { email, password } })),
    onSuccess: (session) => {
      // What another person has seen on this page is not this person's.
      cache.clear();
      cache.setQueryData(sessionQuery.queryKey, session);
      router.history.push(to ?? "/");
    },
  });

  return (
    <GatePage title="Sign in" lead={to ? "Sign in to go on where you were." : "Welcome back."}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate();
        }}
      >
        {signIn.error && <Notice kind="problem">{problemText(signIn.error)}</Notice>}
        <TextField
          label="Email"
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={setEmail}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={setPassword}
        />
        <Button kind="primary" size="large" type="submit" busy={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </GatePage>
  );
}
