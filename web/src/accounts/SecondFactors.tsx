import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, client, isProblem, problemText } from "../api/client";
import { cache, sessionQuery } from "../api/resources";
import { Button } from "../ui/Button";
import { CancelOr, ConfirmDialog, Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { toast } from "../ui/toast";
import { confirmed } from "./confirming";
import { dateText } from "./dates";
import styles from "./Page.module.css";
import { Passkeys } from "./Passkeys";

export const factorsQuery = api.queryOptions("get", "/api/account/factors", {}, { staleTime: 0 });

/** What one has besides the password, and where to set it up. `onReady` is told when there is a first one. */
export function SecondFactors({ onReady }: { onReady?: () => void }) {
  const factors = useQuery(factorsQuery);
  const [open, setOpen] = useState<"set-up" | "remove" | "renew" | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const again = () => cache.invalidateQueries(factorsQuery);
  const remove = useMutation({
    mutationFn: () => confirmed(() => answered(client.DELETE("/api/account/totp"))),
    onSuccess: async () => {
      setOpen(null);
      toast({ kind: "success", text: "The authenticator app is removed." });
      await again();
    },
  });
  const renew = useMutation({
    mutationFn: () => confirmed(() => answered(client.POST("/api/account/recovery-codes"))),
    onSuccess: async ({ recoveryCodes }) => {
      setOpen(null);
      setCodes(recoveryCodes);
      await again();
    },
  });
  const totpSince = factors.data?.totpSince;
  const passkeys = factors.data?.passkeys ?? [];
  const left = factors.data?.recoveryCodesLeft ?? 0;

  return (
    <section className={styles.form} aria-labelledby="second-factors">
      <h2 id="second-factors">Second factor</h2>
      <p className={styles.soft}>
        Something that you have besides your password. With it a stolen password alone lets nobody in.
      </p>
      {factors.error && <Notice kind="problem">{problemText(factors.error)}</Notice>}
      {factors.isPending && <Spinner label="Loading second factors" />}
      {factors.data && (
        <ul className={styles.facts}>
          <li>
            <div>
              <strong>Authenticator app</strong>
              <p className={styles.soft}>
                {totpSince
                  ? `Set up ${dateText(totpSince)}`
                  : "An app on your phone that makes a new code every 30 seconds."}
              </p>
            </div>
            {totpSince ? (
              <Button
                size="small"
                aria-label="Remove the authenticator app"
                onClick={() => setOpen("remove")}
              >
                Remove
              </Button>
            ) : (
              <Button
                size="small"
                kind="primary"
                aria-label="Set up an authenticator app"
                onClick={() => setOpen("set-up")}
              >
                Set up
              </Button>
            )}
          </li>
          <Passkeys
            passkeys={passkeys}
            refusal={factors.data.noPasskeys}
            onlyFactor={!totpSince}
            onChanged={async (recoveryCodes) => {
              if (recoveryCodes.length > 0) setCodes(recoveryCodes);
              await again();
            }}
          />
          {(totpSince || passkeys.length > 0) && (
            <li>
              <div>
                <strong>Recovery codes</strong>
                <p className={styles.soft}>
                  {left} of 10 left. They let you in if you lose the others; each works once.
                </p>
              </div>
              <Button size="small" onClick={() => setOpen("renew")}>
                New codes
              </Button>
            </li>
          )}
        </ul>
      )}
      {open === "set-up" && (
        <SetUpDialog
          onClose={() => setOpen(null)}
          onDone={async (recoveryCodes) => {
            setOpen(null);
            if (recoveryCodes.length > 0) setCodes(recoveryCodes);
            await again();
          }}
        />
      )}
      {open === "remove" && (
        <ConfirmDialog
          title="Remove the authenticator app"
          action="Remove"
          busy={remove.isPending}
          problem={remove.error && problemText(remove.error)}
          onConfirm={() => remove.mutate()}
          onClose={() => setOpen(null)}
        >
          {passkeys.length > 0
            ? "Your passkeys and recovery codes still work."
            : "From then on your password alone lets you in, and your recovery codes work no more."}
        </ConfirmDialog>
      )}
      {open === "renew" && (
        <ConfirmDialog
          title="Make new recovery codes"
          action="Make new codes"
          busy={renew.isPending}
          problem={renew.error && problemText(renew.error)}
          onConfirm={() => renew.mutate()}
          onClose={() => setOpen(null)}
        >
          The codes that you have now work no more.
        </ConfirmDialog>
      )}
      {codes && (
        <CodesDialog
          codes={codes}
          onClose={() => {
            setCodes(null);
            onReady?.();
          }}
        />
      )}
    </section>
  );
}

/** A QR code to scan, and the first code to prove that it worked. */
function SetUpDialog({
  onClose,
  onDone,
}: {
  onClose: () => void;
  onDone: (recoveryCodes: readonly string[]) => void;
}) {
  const [code, setCode] = useState("");
  const enrolment = useQuery({
    queryKey: ["totp-enrolment"],
    queryFn: () => confirmed(() => answered(client.POST("/api/account/totp"))),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const finish = useMutation({
    mutationFn: () => answered(client.POST("/api/account/totp/confirm", { body: { code } })),
    onSuccess: async ({ recoveryCodes }) => {
      await cache.invalidateQueries({ queryKey: sessionQuery.queryKey });
      onDone(recoveryCodes);
    },
  });
  const field = isProblem(finish.error) ? finish.error.errors?.[0]?.message : undefined;

  return (
    <Dialog
      title="Set up an authenticator app"
      description="If it is your first second factor, your other sessions end when it is set up."
      size="small"
      onClose={onClose}
      footer={
        <CancelOr
          onCancel={onClose}
          type="submit"
          form="set-up-totp"
          busy={finish.isPending}
          disabled={!enrolment.data}
        >
          Finish
        </CancelOr>
      }
    >
      {enrolment.error && <Notice kind="problem">{problemText(enrolment.error)}</Notice>}
      {enrolment.isPending && <Spinner label="Making a key" />}
      {enrolment.data && (
        <form
          id="set-up-totp"
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            finish.mutate();
          }}
        >
          <p>Scan this with the app, or type the key into it.</p>
          <img
            className={styles.qr}
            width={200}
            height={200}
            alt="QR code with the key for the app"
            src={`data:image/svg+xml,${encodeURIComponent(enrolment.data.qrCode)}`}
          />
          <p className={styles.key}>
            <code>{enrolment.data.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
          </p>
          {finish.error && !field && <Notice kind="problem">{problemText(finish.error)}</Notice>}
          <TextField
            label="Code that the app shows"
            required
            value={code}
            onChange={setCode}
            problem={field}
            inputMode="numeric"
            autoComplete="one-time-code"
          />
        </form>
      )}
    </Dialog>
  );
}

/** Recovery codes, the only time that they are shown. */
function CodesDialog({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const text = `${codes.join("\n")}\n`;
  return (
    <Dialog
      title="Keep your recovery codes"
      description="Each lets you in once if you lose your second factor. They are not shown again."
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button icon="copy" onClick={() => void navigator.clipboard.writeText(text)}>
            Copy
          </Button>
          <Button
            icon="download"
            onClick={() => {
              const link = document.createElement("a");
              link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
              link.download = "bulla-recovery-codes.txt";
              link.click();
              URL.revokeObjectURL(link.href);
            }}
          >
            Download
          </Button>
          <Button kind="primary" onClick={onClose}>
            I have kept them
          </Button>
        </>
      }
    >
      <ul className={styles.codes} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
