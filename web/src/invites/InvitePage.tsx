import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { GatePage } from "../accounts/GatePage";
import styles from "../accounts/GatePage.module.css";
import { teamRoleText } from "../accounts/roles";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache, sessionQuery } from "../api/resources";
import type { components } from "../api/schema";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";

type Opened = components["schemas"]["Invitation"];

/** Where an invitation leads: a name and a password, and one is in the team. */
export function InvitePage() {
  // Taken once: what lets somebody in does not stay in the address.
  const [secret, setSecret] = useState(() => globalThis.location.hash.slice(1));
  useEffect(() => {
    const hide = () => globalThis.history.replaceState(globalThis.history.state, "", "/invite");
    hide();
    // Another link that is opened in this window changes what stands behind the `#` alone.
    const take = () => {
      const other = globalThis.location.hash.slice(1);
      if (other === "") return;
      setSecret(other);
      hide();
    };
    globalThis.addEventListener("hashchange", take);
    return () => globalThis.removeEventListener("hashchange", take);
  }, []);
  const invitation = useQuery({
    queryKey: ["invitation", secret],
    queryFn: () => answered(client.POST("/api/invitations/open", { body: { secret } })),
    enabled: secret !== "",
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });

  if (secret === "")
    return (
      <GatePage title="Invitation" lead="The address of this page is not whole.">
        <Notice kind="warning">Open the link of the mail again, or copy all of it.</Notice>
      </GatePage>
    );
  if (invitation.error)
    return (
      <GatePage title="This invitation is over" lead="Nothing was changed.">
        <Notice kind="problem" actions={<Link to="/sign-in">Sign in</Link>}>
          {problemText(invitation.error)}
        </Notice>
      </GatePage>
    );
  if (!invitation.data)
    return (
      <GatePage title="Invitation" lead="One moment.">
        <Spinner label="Opening the invitation" />
      </GatePage>
    );
  const { data } = invitation;
  return data.email ? (
    <Accept key={secret} secret={secret} invitation={data} email={data.email} />
  ) : (
    <Ask key={secret} secret={secret} invitation={data} />
  );
}

function leadText(invitation: Opened): string {
  const roles = invitation.roles.map(teamRoleText).join(", ");
  return `${invitation.invitedBy ?? "An Admin"} invites you to the team. You would be ${roles}.`;
}

function Accept({ secret, invitation, email }: { secret: string; invitation: Opened; email: string }) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const accept = useMutation({
    mutationFn: () =>
      answered(
        client.POST("/api/invitations/accept", {
          body: invitation.signedIn ? { secret } : { secret, name, password },
        }),
      ),
    onSuccess: async (session) => {
      cache.clear();
      // Without a session the account was there before: its owner signs in with it.
      if (!session) return navigate({ to: "/sign-in", search: {} });
      cache.setQueryData(sessionQuery.queryKey, session);
      await navigate({ to: "/" });
    },
  });
  const problem = accept.error;
  const fieldProblem = (path: string) =>
    isProblem(problem) ? problem.errors?.find((error) => error.path === path)?.message : undefined;
  const general = problem && !(isProblem(problem) && problem.errors?.length);

  return (
    <GatePage title={`Join ${invitation.team}`} lead={leadText(invitation)}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          accept.mutate();
        }}
      >
        {general && <Notice kind="problem">{problemText(problem)}</Notice>}
        <TextField
          label="Email"
          type="email"
          value={email}
          onChange={() => {}}
          readOnly
          autoComplete="username"
        />
        {invitation.signedIn && (
          <p>You are signed in with this account. It comes into the team as it is; your other teams stay.</p>
        )}
        {!invitation.hasAccount && (
          <TextField
            label="Your name"
            autoComplete="name"
            required
            autoFocus
            value={name}
            onChange={setName}
            problem={fieldProblem("/name")}
          />
        )}
        {!invitation.signedIn && (
          <TextField
            label={invitation.hasAccount ? "Password of your account" : "Password"}
            type="password"
            required
            autoFocus={invitation.hasAccount}
            hint={
              invitation.hasAccount
                ? "There is an account with this address already. It comes into the team, and you sign in with it."
                : "Long and hard to guess; four words that do not belong together do."
            }
            autoComplete={invitation.hasAccount ? "current-password" : "new-password"}
            value={password}
            onChange={setPassword}
            problem={fieldProblem("/password")}
          />
        )}
        <Button kind="primary" size="large" type="submit" busy={accept.isPending}>
          Join the team
        </Button>
        {invitation.hasAccount && !invitation.signedIn && (
          <p>
            <Link to="/forgot-password">Forgot the password?</Link>
          </p>
        )}
      </form>
    </GatePage>
  );
}

function Ask({ secret, invitation }: { secret: string; invitation: Opened }) {
  const [email, setEmail] = useState("");
  const ask = useMutation({
    mutationFn: () => answered(client.POST("/api/invitations/ask", { body: { secret, email } })),
  });
  const problem = ask.error;
  const field = isProblem(problem) ? problem.errors?.[0]?.message : undefined;

  if (ask.isSuccess)
    return (
      <GatePage title="Look at your mail" lead={`Your invitation goes to ${email}.`}>
        <p>Open the link in it to choose a name and a password. It holds for seven days and works once.</p>
      </GatePage>
    );
  return (
    <GatePage title={`Join ${invitation.team}`} lead={leadText(invitation)}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        {problem && !field && <Notice kind="problem">{problemText(problem)}</Notice>}
        <TextField
          label="Your email"
          type="email"
          required
          autoFocus
          autoComplete="email"
          hint="Your invitation is sent there, so that nobody comes in under an address that is not theirs."
          value={email}
          onChange={setEmail}
          problem={field}
        />
        <Button kind="primary" size="large" type="submit" busy={ask.isPending}>
          Send me an invitation
        </Button>
      </form>
    </GatePage>
  );
}
