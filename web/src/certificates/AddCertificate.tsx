import { useMutation } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache } from "../api/resources";
import { Button } from "../ui/Button";
import { Select, TextField } from "../ui/Field";
import { FormDialog } from "../ui/FormDialog";
import { toast } from "../ui/toast";
import { base64Of, certificatesQuery, type NewCertificate, placeText } from "./certificates";
import styles from "./certificates.module.css";

/** A file that was chosen, as it is sent. */
interface Chosen {
  name: string;
  content: string;
}

/** Sends a certificate, and says of each field what the server says of it. */
function useAdding(onClose: () => void) {
  const adding = useMutation({
    mutationFn: (body: NewCertificate) => answered(client.POST("/api/account/certificates", { body })),
    onSuccess: async (made) => {
      await cache.invalidateQueries(certificatesQuery);
      toast({
        kind: "success",
        text:
          made.kind === "client"
            ? `The certificate of ${placeText(made)} is added.`
            : `${made.subject} is trusted from now on.`,
      });
      onClose();
    },
    // The key must not stay in the memory of the page longer than the dialog is open.
    gcTime: 0,
  });
  const errors = isProblem(adding.error) ? (adding.error.errors ?? []) : [];
  return {
    busy: adding.isPending,
    add: (body: NewCertificate) => adding.mutate(body),
    /** What is wrong with a field. */
    of: (field: string) => {
      const message = errors.find((error) => error.path === `/${field}`)?.message;
      return message && `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
    },
    /** What is wrong with none of the fields. */
    problem: adding.error && errors.length === 0 ? problemText(adding.error) : null,
  };
}

/** Asks for a client certificate and the host it is for. */
export function ClientCertificateDialog({ onClose }: { onClose: () => void }) {
  const { busy, add, of, problem } = useAdding(onClose);
  const [host, setHost] = useState("");
  const [port, setPort] = useState("");
  const [form, setForm] = useState<"pem" | "pfx">("pem");
  const [certificate, setCertificate] = useState<Chosen | null>(null);
  const [key, setKey] = useState<Chosen | null>(null);
  const [pfx, setPfx] = useState<Chosen | null>(null);
  const [passphrase, setPassphrase] = useState("");

  return (
    <FormDialog
      title="Add client certificate"
      description="It is shown to this host when it asks for one, over https alone."
      size="medium"
      action="Add"
      busy={busy}
      problem={problem}
      onClose={onClose}
      onSubmit={() =>
        add({
          kind: "client",
          host,
          ...(port.trim() === "" ? {} : { port }),
          ...(form === "pem"
            ? {
                ...(certificate && { certificate: certificate.content }),
                ...(key && { key: key.content }),
              }
            : { ...(pfx && { pfx: pfx.content }) }),
          ...(passphrase === "" ? {} : { passphrase }),
        })
      }
    >
      <div className={styles.place}>
        <TextField
          label="Host"
          required
          autoFocus
          autoComplete="off"
          spellCheck={false}
          placeholder="api.example.com"
          hint="A name, *.example.com for a domain and all below it, or * for every host."
          problem={of("host")}
          value={host}
          onChange={setHost}
        />
        <TextField
          label="Port"
          autoComplete="off"
          placeholder="443"
          hint="* for every port."
          problem={of("port")}
          value={port}
          onChange={setPort}
        />
      </div>
      <Select<"pem" | "pfx">
        label="Files"
        value={form}
        options={[
          { value: "pem", label: "Certificate and key (PEM)" },
          { value: "pfx", label: "PFX or PKCS#12 file" },
        ]}
        onChange={setForm}
      />
      {form === "pem" ? (
        <>
          <FileField
            label="Certificate file"
            accept=".pem,.crt,.cer"
            chosen={certificate}
            problem={of("certificate")}
            onChoose={setCertificate}
          />
          <FileField
            label="Key file"
            accept=".pem,.key"
            hint="Not needed if the certificate file holds it."
            chosen={key}
            problem={of("key")}
            onChoose={setKey}
          />
        </>
      ) : (
        <FileField
          label="PFX file"
          accept=".pfx,.p12"
          binary
          chosen={pfx}
          problem={of("pfx")}
          onChoose={setPfx}
        />
      )}
      <TextField
        label="Passphrase"
        type="password"
        autoComplete="off"
        hint="If the key or the file is encrypted. It is kept sealed beside it."
        problem={of("passphrase")}
        value={passphrase}
        onChange={setPassphrase}
      />
    </FormDialog>
  );
}

/** Asks for a file of authorities to trust. */
export function AuthorityDialog({ onClose }: { onClose: () => void }) {
  const { busy, add, of, problem } = useAdding(onClose);
  const [certificate, setCertificate] = useState<Chosen | null>(null);
  return (
    <FormDialog
      title="Add certificate authorities"
      description="Your requests trust what they signed, beside what the server’s system trusts."
      action="Add"
      busy={busy}
      problem={problem}
      onClose={onClose}
      onSubmit={() => add({ kind: "authority", ...(certificate && { certificate: certificate.content }) })}
    >
      <FileField
        label="PEM file"
        accept=".pem,.crt,.cer"
        hint="It may hold several."
        chosen={certificate}
        problem={of("certificate")}
        onChoose={setCertificate}
      />
    </FormDialog>
  );
}

/** One file of this machine. */
function FileField({
  label,
  accept,
  binary = false,
  hint,
  chosen,
  problem,
  onChoose,
}: {
  label: string;
  accept: string;
  /** Whether it is sent in base 64 and not as text. */
  binary?: boolean;
  hint?: string;
  chosen: Chosen | null;
  problem: string | undefined;
  onChoose: (chosen: Chosen) => void;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className={styles.file}>
      <span id={id}>{label}</span>
      <div>
        <input
          ref={input}
          type="file"
          accept={accept}
          className="visually-hidden"
          tabIndex={-1}
          aria-labelledby={id}
          onChange={(event) => {
            const file = event.target.files?.[0];
            event.target.value = "";
            if (!file) return;
            const read = binary ? base64Of(file) : file.text();
            void read.then((content) => onChoose({ name: file.name, content }));
          }}
        />
        <Button
          size="small"
          icon="import"
          aria-describedby={`${id}-about`}
          onClick={() => input.current?.click()}
        >
          {chosen ? "Choose another" : "Choose a file"}
          <span className="visually-hidden"> for {label}</span>
        </Button>
        <span className={styles.fileName}>{chosen?.name}</span>
      </div>
      <p
        id={`${id}-about`}
        className={problem ? styles.problem : styles.hint}
        role={problem ? "alert" : undefined}
      >
        {problem ?? hint}
      </p>
    </div>
  );
}
