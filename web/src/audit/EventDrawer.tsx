import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { Button } from "../ui/Button";
import { Drawer } from "../ui/Drawer";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import styles from "./AuditPage.module.css";
import { type AuditEvent, actionText, actorText, fieldText, type People, timeText } from "./event";
import { type EventProof, verify } from "./proof";
import { saveFile } from "./saveFile";

/** Everything about one event, and the proof that it is in the log that was signed. */
export function EventDrawer({
  event,
  people,
  onClose,
}: {
  event: AuditEvent;
  people: People;
  onClose: () => void;
}) {
  const changes = Object.entries(event.changes ?? {});
  const about = event.target.kind === "person" ? people[event.target.id] : undefined;

  return (
    <Drawer
      title={actionText(event.action)}
      description={`Event ${event.sequence}, ${timeText(event.at)}`}
      onClose={onClose}
    >
      <dl className={styles.facts}>
        <dt>Who</dt>
        <dd>
          {actorText(event, people)}
          {event.actor.id && people[event.actor.id]?.active === false && " (no longer in the team)"}
        </dd>
        <dt>Outcome</dt>
        <dd>{event.outcome === "refused" ? `Refused: ${event.because ?? "no reason"}` : "Done"}</dd>
        <dt>Target</dt>
        <dd>
          {event.target.kind} {about ? `${about.name} (${about.email})` : event.target.id}
        </dd>
        <dt>Address</dt>
        <dd>{event.origin.address ?? "Not known, or erased"}</dd>
        <dt>Browser</dt>
        <dd>{event.origin.agent ?? "Not known, or erased"}</dd>
        <dt>Request</dt>
        <dd>{event.origin.request ?? "None"}</dd>
        <dt>Time in UTC</dt>
        <dd>{new Date(event.at).toISOString()}</dd>
      </dl>
      {changes.length > 0 && (
        <>
          <h3 className={styles.heading}>What changed</h3>
          <table className={table.table}>
            <thead>
              <tr>
                <th>Field</th>
                <th>Before</th>
                <th>After</th>
              </tr>
            </thead>
            <tbody>
              {changes.map(([field, change]) => (
                <tr key={field}>
                  <td>{field}</td>
                  <td className={table.soft}>{fieldText(change.before)}</td>
                  <td>{fieldText(change.after)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <Proof sequence={event.sequence} />
    </Drawer>
  );
}

/** The proof of an event, checked here in the browser. */
function Proof({ sequence }: { sequence: number }) {
  const [open, setOpen] = useState(false);
  const proof = useQuery({
    queryKey: ["audit-proof", sequence],
    queryFn: async ({ signal }) => {
      const found = await answered(
        client.GET("/api/audit/events/{sequence}/proof", { params: { path: { sequence } }, signal }),
      );
      return { proof: found, verdict: await verify(found) };
    },
    staleTime: Infinity,
    retry: false,
  });

  return (
    <section aria-label="Proof" className={styles.proof}>
      <h3 className={styles.heading}>Proof</h3>
      {proof.isPending && <Spinner label="Checking the proof" />}
      {proof.error &&
        (isProblem(proof.error) && proof.error.code === "not_signed_yet" ? (
          <Notice
            kind="info"
            actions={
              <Button size="small" onClick={() => void proof.refetch()}>
                Look again
              </Button>
            }
          >
            No checkpoint covers this event yet. One is signed every minute.
          </Notice>
        ) : (
          <Notice kind="problem">{problemText(proof.error)}</Notice>
        ))}
      {proof.data && (
        <>
          <Verdict {...proof.data} />
          <div className={styles.bar}>
            <Button size="small" onClick={() => setOpen(!open)} aria-expanded={open}>
              {open ? "Hide the proof" : "Show the proof"}
            </Button>
            <Button size="small" icon="download" onClick={() => saveProof(proof.data.proof)}>
              Download the proof
            </Button>
          </div>
          {open && (
            <>
              <h3 className={styles.heading}>The text that was hashed</h3>
              <pre className={styles.code}>{proof.data.proof.leaf}</pre>
              <h3 className={styles.heading}>The signed checkpoint</h3>
              <pre className={styles.code}>{proof.data.proof.checkpoint}</pre>
              <h3 className={styles.heading}>The key that signed it</h3>
              <pre className={styles.code}>{proof.data.proof.key}</pre>
              <h3 className={styles.heading}>From the event to the root</h3>
              <pre className={styles.code}>
                {[proof.data.proof.hash, ...proof.data.proof.path].join("\n")}
              </pre>
            </>
          )}
        </>
      )}
    </section>
  );
}

function Verdict({ proof, verdict }: { proof: EventProof; verdict: Awaited<ReturnType<typeof verify>> }) {
  switch (verdict.state) {
    case "proved":
      return (
        <Notice kind="success">
          Verified in this browser: it is event {proof.sequence} of the {proof.size} under a{" "}
          {verdict.signed
            ? "checkpoint whose signature is right."
            : "checkpoint. This browser cannot check its signature."}
        </Notice>
      );
    case "disproved":
      return <Notice kind="problem">This event is not what was signed. {verdict.why}</Notice>;
    case "unable":
      return <Notice kind="warning">{verdict.why} Download the proof and check it elsewhere.</Notice>;
  }
}

function saveProof(proof: EventProof) {
  saveFile(`audit-event-${proof.sequence}.proof.json`, JSON.stringify(proof, null, 2));
}
