import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { useAsking } from "./confirming";
import styles from "./Page.module.css";
import { canUsePasskeys, confirmWithPasskey } from "./passkeys";
import { factorsQuery } from "./SecondFactors";

/** Asks for the password, a code or a passkey when something sensitive waits for it. */
export function ConfirmIdentity() {
  const asking = useAsking();
  return asking && <ConfirmDialog onConfirmed={asking.confirmed} onClose={asking.refused} />;
}

function ConfirmDialog({ onConfirmed, onClose }: { onConfirmed: () => void; onClose: () => void }) {
  const [withCode, setWithCode] = useState(false);
  const [typed, setTyped] = useState("");
  const confirm = useMutation({
    mutationFn: () =>
      answered(
        client.POST("/api/session/confirm", { body: withCode ? { code: typed } : { password: typed } }),
      ),
    onSuccess: onConfirmed,
  });
  const factors = useQuery(factorsQuery).data;
  const passkeys = factors && factors.passkeys.length > 0 && !factors.noPasskeys && canUsePasskeys();
  const withPasskey = useMutation({ mutationFn: confirmWithPasskey, onSuccess: onConfirmed });
  const problem = confirm.error ?? withPasskey.error;
  const field = isProblem(confirm.error) ? confirm.error.errors?.[0]?.message : undefined;

  return (
    <Dialog
      title="Confirm that it is you"
      description="This is asked before something that matters, and then not again for ten minutes."
      size="small"
      onClose={onClose}
      footer={
        <>
          {passkeys && (
            <Button
              kind="quiet"
              busy={withPasskey.isPending}
              onClick={() => {
                confirm.reset();
                withPasskey.mutate();
              }}
            >
              Use a passkey
            </Button>
          )}
          <Button
            kind="quiet"
            onClick={() => {
              setWithCode(!withCode);
              setTyped("");
              confirm.reset();
              withPasskey.reset();
            }}
          >
            {withCode ? "Use the password" : "Use a code"}
          </Button>
          <Button kind="primary" type="submit" form="confirm-identity" busy={confirm.isPending}>
            Confirm
          </Button>
        </>
      }
    >
      <form
        id="confirm-identity"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          withPasskey.reset();
          confirm.mutate();
        }}
      >
        {problem && !field && <Notice kind="problem">{problemText(problem)}</Notice>}
        <TextField
          key={withCode ? "code" : "password"}
          label={withCode ? "Code of your authenticator app" : "Password"}
          type={withCode ? "text" : "password"}
          inputMode={withCode ? "numeric" : "text"}
          autoComplete={withCode ? "one-time-code" : "current-password"}
          required
          autoFocus
          value={typed}
          onChange={setTyped}
          problem={field}
        />
      </form>
    </Dialog>
  );
}
