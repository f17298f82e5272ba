import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import type { Session } from "../api/resources";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import styles from "./GatePage.module.css";

/** The second step of a sign-in: a code of the app, or a recovery code. */
export function SecondFactorForm({
  onDone,
  onBack,
}: {
  onDone: (session: Session) => void;
  onBack: () => void;
}) {
  const [lost, setLost] = useState(false);
  const [code, setCode] = useState("");
  const prove = useMutation({
    mutationFn: () =>
      answered(client.POST("/api/session/factor", { body: lost ? { recoveryCode: code } : { code } })),
    onSuccess: onDone,
  });
  const problem = prove.error;
  const field = isProblem(problem) ? problem.errors?.[0]?.message : undefined;

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        prove.mutate();
      }}
    >
      {problem && !field && <Notice kind="problem">{problemText(problem)}</Notice>}
      <TextField
        key={lost ? "recovery" : "code"}
        label={lost ? "Recovery code" : "Code of your authenticator app"}
        required
        autoFocus
        value={code}
        onChange={setCode}
        problem={field}
        inputMode={lost ? "text" : "numeric"}
        autoComplete={lost ? "off" : "one-time-code"}
        {...(lost ? { hint: "One of the codes that you kept. It works once." } : {})}
      />
      <Button kind="primary" size="large" type="submit" busy={prove.isPending}>
        Sign in
      </Button>
      <div className={styles.choices}>
        <Button
          kind="quiet"
          onClick={() => {
            setLost(!lost);
            setCode("");
            prove.reset();
          }}
        >
          {lost ? "Use the authenticator app" : "Use a recovery code"}
        </Button>
        <Button kind="quiet" onClick={onBack}>
          Start again
        </Button>
      </div>
    </form>
  );
}
