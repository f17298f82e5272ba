import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import { cache, type Session, sessionQuery, setupQuery } from "../api/resources";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { GatePage } from "./GatePage";
import styles from "./GatePage.module.css";
import { canUsePasskeys, signInWithPasskey } from "./passkeys";
import { SecondFactorForm } from "./SecondFactorForm";

const route = getRouteApi("/sign-in");

/** Asks for a passkey, or email and password and a second factor where there is one, and goes where one wanted to go. */
export function SignInPage() {
  const { to } = route.useSearch();
  const router = useRouter();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [halfWay, setHalfWay] = useState<{ totp: boolean; passkey: boolean } | null>(null);
  const passkeys = useQuery(setupQuery).data?.passkeys && canUsePasskeys();
  function enter(session: Session) {
    // What another person has seen on this page is not this person's.
    cache.clear();
    cache.setQueryData(sessionQuery.queryKey, session);
    router.history.push(to ?? "/");
  }
  const signIn = useMutation({
    mutationFn: () => answered(client.POST("/api/session", { body: { email, password } })),
    onSuccess: (answer) => {
      setPassword("");
      if ("person" in answer) enter(answer);
      else setHalfWay(answer);
    },
  });
  const withPasskey = useMutation({ mutationFn: signInWithPasskey, onSuccess: enter });
  const problem = signIn.error ?? withPasskey.error;

  if (halfWay)
    return (
      <GatePage title="It is you?" lead="Your password is right. One more thing, which only you have.">
        <SecondFactorForm factors={halfWay} onDone={enter} onBack={() => setHalfWay(null)} />
      </GatePage>
    );
  return (
    <GatePage title="Sign in" lead={to ? "Sign in to go on where you were." : "Welcome back."}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          withPasskey.reset();
          signIn.mutate();
        }}
      >
        {problem && <Notice kind="problem">{problemText(problem)}</Notice>}
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
        {passkeys && (
          <Button
            size="large"
            busy={withPasskey.isPending}
            onClick={() => {
              signIn.reset();
              withPasskey.mutate();
            }}
          >
            Sign in with a passkey
          </Button>
        )}
        <p className={styles.aside}>
          <Link to="/forgot-password">Forgot your password?</Link>
        </p>
      </form>
    </GatePage>
  );
}
