import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { dateText } from "../accounts/dates";
import { answered, client, problemText } from "../api/client";
import { cache, sessionQuery } from "../api/resources";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { AuthorityDialog, ClientCertificateDialog } from "./AddCertificate";
import { type Certificate, certificatesQuery, ending, fingerprintText, placeText } from "./certificates";
import styles from "./certificates.module.css";

/** One's own certificates: those that one's requests show, and whom they trust beside the system. */
export function CertificatesPage() {
  const certificates = useQuery(certificatesQuery);
  const team = useQuery(sessionQuery).data?.team.name;
  const [adding, setAdding] = useState<"client" | "authority" | null>(null);
  const [deleting, setDeleting] = useState<Certificate | null>(null);
  const items = certificates.data?.items ?? [];
  const shown = items.filter((item) => item.kind === "client");
  const trusted = items.filter((item) => item.kind === "authority");

  return (
    <PageFrame
      wide
      title="Certificates"
      lead={`Your own requests and runs in ${team ?? "this team"} use them, and nobody else’s. The server keeps them sealed, because requests leave from there. A key that went in is never shown again, and is in no export.`}
    >
      {certificates.error && <Notice kind="problem">{problemText(certificates.error)}</Notice>}
      {certificates.isPending && <Spinner label="Loading certificates" />}
      {certificates.data && (
        <>
          <section className={styles.part} aria-labelledby="client-certificates">
            <header>
              <h2 id="client-certificates">Client certificates</h2>
              {shown.length > 0 && (
                <Button icon="add" onClick={() => setAdding("client")}>
                  Add client certificate
                </Button>
              )}
            </header>
            {shown.length === 0 ? (
              <EmptyState
                compact
                icon="key"
                title="No client certificates"
                actions={
                  <Button kind="primary" icon="add" onClick={() => setAdding("client")}>
                    Add client certificate
                  </Button>
                }
              >
                A server that asks for one (mutual TLS) gets the one of its host. Add a certificate and its
                key, or a PFX file.
              </EmptyState>
            ) : (
              <>
                <p className={styles.soft}>
                  Of several that fit a host, the one that was added last is shown.
                </p>
                <Table label="Client certificates" items={shown} hosts onDelete={setDeleting} />
              </>
            )}
          </section>
          <section className={styles.part} aria-labelledby="authorities">
            <header>
              <h2 id="authorities">Certificate authorities</h2>
              <Button icon="add" onClick={() => setAdding("authority")}>
                Add authorities
              </Button>
            </header>
            {trusted.length === 0 ? (
              <p className={styles.soft}>
                Your requests trust the authorities of the server’s system. Add a PEM file of others, such as
                that of your company, in place of switching verification off.
              </p>
            ) : (
              <Table label="Certificate authorities" items={trusted} onDelete={setDeleting} />
            )}
          </section>
        </>
      )}
      {adding === "client" && <ClientCertificateDialog onClose={() => setAdding(null)} />}
      {adding === "authority" && <AuthorityDialog onClose={() => setAdding(null)} />}
      {deleting && <DeleteDialog certificate={deleting} onClose={() => setDeleting(null)} />}
    </PageFrame>
  );
}

function Table({
  label,
  items,
  hosts = false,
  onDelete,
}: {
  label: string;
  items: readonly Certificate[];
  hosts?: boolean;
  onDelete: (certificate: Certificate) => void;
}) {
  return (
    <table className={table.table} aria-label={label}>
      <thead>
        <tr>
          {hosts && <th>Host</th>}
          <th>Subject</th>
          <th>Fingerprint (SHA-256)</th>
          <th>Valid until</th>
          <th>
            <span className="visually-hidden">Delete</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.id}>
            {hosts && <td className={styles.host}>{placeText(item)}</td>}
            <td>
              {item.subject}
              <div className={styles.issuer}>
                {item.count > 1 ? `and ${item.count - 1} more in its file` : `issued by ${item.issuer}`}
              </div>
            </td>
            <td className={styles.fingerprint}>{fingerprintText(item.fingerprint)}</td>
            <td className={table.soft}>
              {dateText(item.expiresAt)}
              <Ending expiresAt={item.expiresAt} />
            </td>
            <td className={table.end}>
              <Button
                size="small"
                aria-label={`Delete ${hosts ? `the certificate of ${placeText(item)}` : item.subject}`}
                onClick={() => onDelete(item)}
              >
                Delete
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Ending({ expiresAt }: { expiresAt: string }) {
  const [now] = useState(() => Date.now());
  const { kind, text } = ending(expiresAt, now);
  return (
    text && (
      <span className={styles.ending} data-kind={kind}>
        <Icon name="warning" size={13} /> {text}
      </span>
    )
  );
}

function DeleteDialog({ certificate, onClose }: { certificate: Certificate; onClose: () => void }) {
  const remove = useMutation({
    mutationFn: () =>
      answered(client.DELETE("/api/account/certificates/{id}", { params: { path: { id: certificate.id } } })),
    onSuccess: async () => {
      await cache.invalidateQueries(certificatesQuery);
      onClose();
    },
  });
  const isClient = certificate.kind === "client";
  return (
    <ConfirmDialog
      title={
        isClient ? `Delete the certificate of ${placeText(certificate)}?` : `Delete ${certificate.subject}?`
      }
      action="Delete certificate"
      busy={remove.isPending}
      problem={remove.error && problemText(remove.error)}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {isClient
        ? "Your requests show it no more. Its key is deleted with it and cannot be taken out again."
        : "Your requests trust what it signed no more."}
    </ConfirmDialog>
  );
}
