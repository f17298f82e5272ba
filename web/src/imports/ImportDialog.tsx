import { type DragEvent, useEffect, useRef, useState } from "react";
import { problemText } from "../api/client";
import type { Imported } from "../api/resources";
import { useOpen } from "../app/open";
import { setActiveEnvironment } from "../environments/active";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextArea } from "../ui/Field";
import { Icon } from "../ui/Icon";
import styles from "./ImportDialog.module.css";
import { importFile } from "./importing";
import type { ImportStart } from "./opening";

type Attempt = { id: number; name: string } & (
  { state: "importing" } | { state: "done"; imported: Imported } | { state: "failed"; problem: string }
);

/** Imports files or pasted text, one after the other, and tells what became of each. */
export function ImportDialog({
  workspaceId,
  start,
  onClose,
}: {
  workspaceId: string;
  start: ImportStart;
  onClose: () => void;
}) {
  const [attempts, setAttempts] = useState<readonly Attempt[]>([]);
  const [text, setText] = useState("");
  const [over, setOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const nextId = useRef(0);
  const open = useOpen(workspaceId);

  async function take(list: readonly { name: string; content: Blob }[]) {
    const queue = list.map((entry) => ({ ...entry, id: nextId.current++ }));
    setAttempts((old) => [
      ...old,
      ...queue.map(({ id, name }): Attempt => ({ id, name, state: "importing" })),
    ]);
    for (const { id, name, content } of queue) {
      const outcome = await importFile(workspaceId, name, content).then(
        (imported): Attempt => ({ id, name, state: "done", imported }),
        (problem: unknown): Attempt => ({ id, name, state: "failed", problem: problemText(problem) }),
      );
      setAttempts((old) => old.map((attempt) => (attempt.id === id ? outcome : attempt)));
    }
  }

  const takeFiles = (files: Iterable<File>) =>
    void take([...files].map((file) => ({ name: file.name, content: file })));
  const takeText = (pasted: string) =>
    void take([{ name: "Pasted text", content: new Blob([pasted], { type: "text/plain" }) }]);

  const started = useRef(false);
  useEffect(() => {
    if (started.current || !start) return;
    started.current = true;
    if ("files" in start) takeFiles(start.files);
    else takeText(start.text);
    // What the dialog was opened with is imported once.
    // oxlint-disable-next-line react/exhaustive-deps
  }, []);

  function drop(event: DragEvent) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    takeFiles(event.dataTransfer.files);
  }

  const busy = attempts.some((attempt) => attempt.state === "importing");
  const first = attempts.find(
    (attempt) => attempt.state === "done" && attempt.imported.kind === "collection",
  );

  return (
    <Dialog
      title="Import"
      description="Postman collections (v1, v2.0, v2.1), environments and globals."
      size="medium"
      onClose={onClose}
      footer={
        attempts.length > 0 && (
          <>
            <Button onClick={() => setAttempts([])} disabled={busy}>
              Import more
            </Button>
            <Button
              kind="primary"
              disabled={busy}
              onClick={() => {
                if (first?.state === "done") open({ kind: "collection", id: first.imported.id });
                onClose();
              }}
            >
              {first ? "Open the collection" : "Done"}
            </Button>
          </>
        )
      }
    >
      {attempts.length === 0 ? (
        <>
          {/* Files may be dropped here; the button does the same from the keyboard. */}
          <div
            className={styles.drop}
            data-over={over || undefined}
            onDragOver={(event) => {
              if (!event.dataTransfer.types.includes("Files")) return;
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={drop}
          >
            <Icon name="import" size={22} />
            <p>
              Drop files here, or{" "}
              <button
                type="button"
                className={styles.choose}
                onClick={() => chooser.current?.click()}
                autoFocus
              >
                choose files
              </button>
            </p>
            <p className={styles.faint}>Anywhere on the page works too.</p>
            <input
              ref={chooser}
              type="file"
              multiple
              hidden
              aria-label="Files to import"
              onChange={(event) => event.target.files && takeFiles(event.target.files)}
            />
          </div>
          <form
            className={styles.paste}
            onSubmit={(event) => {
              event.preventDefault();
              takeText(text);
              setText("");
            }}
          >
            <TextArea
              label="Or paste the content of a file"
              code
              rows={4}
              value={text}
              onChange={setText}
              placeholder={'{ "info": { "name": "…" }, "item": [ … ] }'}
              spellCheck={false}
            />
            <Button type="submit" disabled={text.trim() === ""}>
              Import pasted text
            </Button>
          </form>
        </>
      ) : (
        <ul className={styles.attempts} aria-live="polite">
          {attempts.map((attempt) => (
            <li key={attempt.id} className={styles.attempt}>
              <Outcome attempt={attempt} workspaceId={workspaceId} />
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}

function Outcome({ attempt, workspaceId }: { attempt: Attempt; workspaceId: string }) {
  switch (attempt.state) {
    case "importing":
      return (
        <p className={styles.line}>
          <span className={styles.spinner} aria-hidden="true" />
          Importing {attempt.name}…
        </p>
      );
    case "failed":
      return (
        <>
          <p className={styles.line}>
            <Icon name="warning" className={styles.bad} />
            <strong>{attempt.name}</strong>
          </p>
          <p className={styles.problem} role="alert">
            {attempt.problem} Nothing was imported from it.
          </p>
        </>
      );
    case "done":
      return (
        <>
          <p className={styles.line}>
            <Icon name="check" className={styles.good} />
            <strong>{attempt.imported.name}</strong>
            <span className={styles.faint}>
              {attempt.imported.kind === "collection"
                ? `collection, format ${attempt.imported.format}`
                : attempt.imported.kind}
            </span>
            {attempt.imported.kind === "environment" && (
              <Button size="small" onClick={() => setActiveEnvironment(workspaceId, attempt.imported.id)}>
                Use it
              </Button>
            )}
          </p>
          <Report report={attempt.imported.report} />
        </>
      );
  }
}

function Report({ report }: { report: Imported["report"] }) {
  return (
    <div className={styles.report}>
      {report.kept.length > 0 && (
        <p>
          <span className={styles.heading}>Kept</span>{" "}
          {report.kept
            .filter(({ count }) => count > 0)
            .map(
              ({ what, count }) => `${count.toLocaleString()} ${count === 1 ? what.replace(/s$/, "") : what}`,
            )
            .join(", ")}
        </p>
      )}
      <Notes title="Converted" notes={report.converted} />
      <Notes title="Not understood, kept for export" notes={report.notUnderstood} />
      {report.converted.length === 0 && report.notUnderstood.length === 0 && (
        <p className={styles.faint}>Everything was understood; nothing had to be converted.</p>
      )}
    </div>
  );
}

function Notes({ title, notes }: { title: string; notes: readonly { path: string; what: string }[] }) {
  if (notes.length === 0) return null;
  return (
    <details open={notes.length <= 5}>
      <summary className={styles.heading}>
        {title} ({notes.length})
      </summary>
      <ul className={styles.notes}>
        {notes.slice(0, 200).map((note, index) => (
          <li key={index}>
            <code>{note.path || "/"}</code> {note.what}
          </li>
        ))}
        {notes.length > 200 && <li>and {notes.length - 200} more</li>}
      </ul>
    </details>
  );
}
