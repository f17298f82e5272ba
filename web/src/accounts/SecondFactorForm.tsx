import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import type { Session } from "../api/resources";
import { Button } from "../ui/Button";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import styles from "./GatePage.module.css";
import { canUsePasskeys, provePasskey } from "./passkeys";

type Way = "passkey" | "totp" | "recovery";

const names: Record<Way, string> = {
  passkey: "Use a passkey",
  totp: "Use the authenticator app",
  recovery: "Use a recovery code",
};

/** The second step of a sign-in: a passkey, a code of the app, or a recovery code. */
export function SecondFactorForm({
  factors,
  onDone,
  onBack,
}: {
  /** What the server would take. */
  factors: { totp: boolean; passkey: boolean };
  onDone: (session: Session) => void;
  onBack: () => void;
}) {
  const passkeys = factors.passkey && canUsePasskeys();
  const [way, setWay] = useState<Way>(passkeys ? "passkey" : factors.totp ? "totp" : "recovery");
  const [code, setCode] = useState("");
  const lost = way === "recovery";
  const prove = useMutation({
    mutationFn: () =>
      way === "passkey"
        ? provePasskey()
        : answered(client.POST("/api/session/factor", { body: lost ? { recoveryCode: code } : { code } })),
    onSuccess: onDone,
  });
  const problem = prove.error;
  const field = isProblem(problem) && way !== "passkey" ? problem.errors?.[0]?.message : undefined;
  const others = (["passkey", "totp", "recovery"] as const).filter(
    (other) => other !== way && (other === "recovery" || (other === "totp" ? factors.totp : passkeys)),
  );

  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        prove.mutate();
      }}
    >
      {problem && !field && <Notice kind="problem">{problemText(problem)}</Notice>}
      {way === "passkey" ? (
        <p>Your browser asks for the passkey, and your device for your finger or PIN.</p>
      ) : (
        <TextField
          key={way}
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
      )}
      <Button kind="primary" size="large" type="submit" busy={prove.isPending} autoFocus={way === "passkey"}>
        {way === "passkey" ? names.passkey : "Sign in"}
      </Button>
      <div className={styles.choices}>
        {others.map((other) => (
          <Button
            key={other}
            kind="quiet"
            onClick={() => {
              setWay(other);
              setCode("");
              prove.reset();
            }}
          >
            {names[other]}
          </Button>
        ))}
        <Button kind="quiet" onClick={onBack}>
          Start again
        </Button>
      </div>
    </form>
  );
}
