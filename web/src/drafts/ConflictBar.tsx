import { useState } from "react";
import { asRecord } from "../api/json";
import type { Item } from "../api/resources";
import { Button } from "../ui/Button";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import styles from "./ConflictBar.module.css";
import { type Difference, type Document, merge, placeName } from "./merge";
import type { Draft } from "./store";

/** What one may do about a save that came too late. Nothing of either side is lost before one has chosen. */
export function ConflictBar({
  draft,
  theirs,
  busy,
  onKeep,
  onTake,
}: {
  draft: Draft;
  theirs: Item;
  busy: boolean;
  /** Saves this document over theirs. */
  onKeep: (document: Document) => void;
  /** Gives up the edits made here. */
  onTake: () => void;
}) {
  const [comparing, setComparing] = useState(false);
  const { document, differences } = merge(draft.base, draft.document, theirs.document);
  const both = differences.filter((difference) => difference.by === "both");
  return (
    <>
      <Notice
        kind="warning"
        actions={
          <>
            <Button size="small" onClick={() => setComparing(true)}>
              Compare
            </Button>
            <Button size="small" disabled={busy} onClick={onTake}>
              Take theirs
            </Button>
            <Button kind="primary" size="small" busy={busy} onClick={() => onKeep(document)}>
              Keep mine on top
            </Button>
          </>
        }
      >
        <strong>Someone saved this request while you were editing.</strong>{" "}
        {both.length === 0
          ? "You changed different things, so both can be kept."
          : `Both of you changed ${both.map(({ path }) => placeName(path)).join(", ")}.`}{" "}
        Nothing is saved yet, and your edits are still here.
      </Notice>
      {comparing && (
        <CompareDialog
          draft={draft}
          theirs={theirs}
          onClose={() => setComparing(false)}
          onKeep={(chosen) => {
            setComparing(false);
            onKeep(chosen);
          }}
        />
      )}
    </>
  );
}

/** Each place that differs, theirs beside mine; where both changed it, one chooses. */
function CompareDialog({
  draft,
  theirs,
  onClose,
  onKeep,
}: {
  draft: Draft;
  theirs: Item;
  onClose: () => void;
  onKeep: (document: Document) => void;
}) {
  const [choices, setChoices] = useState<ReadonlyMap<string, "mine" | "theirs">>(new Map());
  const choose = (difference: Difference) => choices.get(difference.path.join("\n")) ?? "mine";
  const { document, differences } = merge(draft.base, draft.document, theirs.document, choose);
  return (
    <Dialog
      title="What is different"
      description="Left is what is saved now, right is what you have here."
      size="large"
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} onClick={() => onKeep(document)}>
          Save this together
        </CancelOr>
      }
    >
      <ul className={styles.list}>
        {differences.map((difference) => {
          const key = difference.path.join("\n");
          const name = placeName(difference.path);
          const taken = difference.by === "both" ? choose(difference) : difference.by;
          const side = (which: "mine" | "theirs") => (
            <div className={styles.side} data-taken={taken === which || undefined}>
              {difference.by === "both" ? (
                <label>
                  <input
                    type="radio"
                    name={key}
                    checked={taken === which}
                    onChange={() => setChoices(new Map([...choices, [key, which]]))}
                  />
                  {which === "mine" ? "Mine" : "Theirs"}
                </label>
              ) : (
                <span className={styles.label}>{difference.by === which ? "Changed" : "As before"}</span>
              )}
              <pre>{shown(difference[which])}</pre>
            </div>
          );
          return (
            <li key={key}>
              <fieldset className={styles.difference}>
                <legend>
                  {name}
                  {difference.by === "both" && <span className={styles.both}>both changed it</span>}
                </legend>
                {side("theirs")}
                {side("mine")}
              </fieldset>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}

function shown(value: unknown): string {
  if (value === undefined) return "(not there)";
  if (typeof value === "string") return value === "" ? "(empty)" : value;
  const raw = asRecord(value)?.["raw"];
  if (typeof raw === "string") return raw;
  if (Array.isArray(value) && value.every((line) => typeof line === "string")) return value.join("\n");
  return JSON.stringify(value, null, 2);
}
