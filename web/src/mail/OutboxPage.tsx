import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { dateText } from "../accounts/dates";
import { answered, api, client, isProblem, problemText } from "../api/client";
import { cache } from "../api/resources";
import type { components } from "../api/schema";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import styles from "./OutboxPage.module.css";

type Mail = components["schemas"]["Mail"];

const outboxQuery = api.queryOptions("get", "/api/outbox", {}, { staleTime: 0 });

/** The mails of the team: whether they left, and without a mail server the place to take them from. */
export function OutboxPage() {
  const outbox = useQuery(outboxQuery);
  const [open, setOpen] = useState<Mail | null>(null);
  const again = () => cache.invalidateQueries(outboxQuery);
  const retry = useMutation({
    mutationFn: (id: string) => answered(client.POST("/api/outbox/{id}/retry", { params: { path: { id } } })),
    onSettled: again,
  });
  const remove = useMutation({
    mutationFn: (id: string) => answered(client.DELETE("/api/outbox/{id}", { params: { path: { id } } })),
    onSettled: again,
  });
  const problem = retry.error ?? remove.error;
  const forbidden = isProblem(outbox.error) && outbox.error.status === 403;
  const delivers = outbox.data?.delivers;

  return (
    <PageFrame title="Outbox" lead="The mails that this team's people were sent in the last 30 days.">
      {forbidden && <Notice kind="info">The outbox is for Super Admins of the team.</Notice>}
      {outbox.error && !forbidden && <Notice kind="problem">{problemText(outbox.error)}</Notice>}
      {problem && <Notice kind="problem">{problemText(problem)}</Notice>}
      {outbox.isPending && <Spinner label="Loading the outbox" />}
      {delivers === false && (
        <Notice kind="warning">
          This server has no mail server, so nothing is sent. Open a mail and pass it on; the audit log says
          that you did. Whoever runs the server sets <code>smtp-url</code> to have mails sent.
        </Notice>
      )}
      {outbox.data?.items.length === 0 && (
        <EmptyState icon="mail" title="No mails">
          Invitations, links for a forgotten password and notices about accounts appear here.
        </EmptyState>
      )}
      {outbox.data && outbox.data.items.length > 0 && (
        <table className={table.table}>
          <thead>
            <tr>
              <th>To</th>
              <th>Subject</th>
              <th>State</th>
              <th>Written</th>
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {outbox.data.items.map((mail) => (
              <tr key={mail.id}>
                <td>{mail.to}</td>
                <td>{mail.subject}</td>
                <td className={table.soft}>
                  {stateText(mail, delivers ?? true)}
                  {mail.error && mail.state !== "sent" && <p className={styles.error}>{mail.error}</p>}
                </td>
                <td className={table.soft}>{dateText(mail.createdAt)}</td>
                <td>
                  <div className={styles.actions}>
                    {!delivers && mail.state === "waiting" && (
                      <Button
                        size="small"
                        aria-label={`Open the mail to ${mail.to}`}
                        onClick={() => setOpen(mail)}
                      >
                        Open
                      </Button>
                    )}
                    {delivers && (mail.state === "failed" || (mail.state === "waiting" && mail.error)) && (
                      <Button
                        size="small"
                        disabled={retry.isPending}
                        aria-label={`Send again to ${mail.to}`}
                        onClick={() => retry.mutate(mail.id)}
                      >
                        Send again
                      </Button>
                    )}
                    <Button
                      size="small"
                      kind="quiet"
                      disabled={remove.isPending}
                      aria-label={`Remove the mail to ${mail.to}`}
                      onClick={() => remove.mutate(mail.id)}
                    >
                      Remove
                    </Button>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {open && <MailDialog mail={open} onClose={() => setOpen(null)} />}
    </PageFrame>
  );
}

/** What a mail says. Opening it is written into the audit log, so it is asked for and not loaded beforehand. */
function MailDialog({ mail, onClose }: { mail: Mail; onClose: () => void }) {
  const opened = useQuery({
    queryKey: ["opened-mail", mail.id],
    queryFn: () => answered(client.POST("/api/outbox/{id}/open", { params: { path: { id: mail.id } } })),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const link = opened.data?.link;

  return (
    <Dialog
      title={mail.subject}
      description={`To ${mail.to}. That you opened it is in the audit log.`}
      onClose={onClose}
      footer={
        <>
          {link && (
            <Button icon="copy" onClick={() => void navigator.clipboard.writeText(link)}>
              Copy the link
            </Button>
          )}
          <Button kind="primary" onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      {opened.error && <Notice kind="problem">{problemText(opened.error)}</Notice>}
      {opened.isPending && <Spinner label="Opening the mail" />}
      {opened.data && <pre className={styles.text}>{opened.data.text}</pre>}
    </Dialog>
  );
}

function stateText(mail: Mail, delivers: boolean): string {
  switch (mail.state) {
    case "waiting":
      if (!delivers) return "Waits to be passed on";
      return mail.attempts > 0 && mail.nextAt ? `Next try ${dateText(mail.nextAt)}` : "Is being sent";
    case "sent":
      return mail.sentAt ? `Sent ${dateText(mail.sentAt)}` : "Sent";
    case "failed":
      return "Not delivered";
    case "expired":
      return "Too late to be of use";
  }
}
