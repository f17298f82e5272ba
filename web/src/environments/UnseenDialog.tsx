import { useState } from "react";
import type { EnvironmentValue } from "../api/resources";
import { Button } from "../ui/Button";
import { CancelOr, Dialog } from "../ui/Dialog";
import { TextArea } from "../ui/Field";
import { Notice } from "../ui/Notice";
import styles from "./EnvironmentTab.module.css";

/** Says to which hosts a value may be sent without being seen, and lets its owner change that. */
export function UnseenDialog({
  name,
  unseen,
  boundTo,
  hasNewValue,
  canEdit,
  onChange,
  onClose,
}: {
  name: string;
  /** How it is used as the server has it; absent if everybody may see it who may see secrets. */
  unseen: EnvironmentValue["unseen"] | undefined;
  boundTo: readonly string[];
  /** Was a value typed that is not saved? */
  hasNewValue: boolean;
  canEdit: boolean;
  onChange: (boundTo: readonly string[]) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState(boundTo.join("\n"));
  const hosts = text
    .split(/[\s,]+/)
    .map((host) => host.trim())
    .filter((host) => host !== "");
  const isOthers = unseen != null && !unseen.isOwn && !hasNewValue;
  const mayChange = canEdit && !isOthers;

  function apply(next: readonly string[]) {
    onChange(next);
    onClose();
  }

  return (
    <Dialog
      title={`Use ${name} without seeing it`}
      description="Requests and runs can send the value to the hosts below. Nobody but whoever set it can read it: not in scripts, not in the console or history, and not in an answer that repeats it."
      onClose={onClose}
      footer={
        mayChange ? (
          <>
            {boundTo.length > 0 && <Button onClick={() => apply([])}>Let it be seen again</Button>}
            <CancelOr onCancel={onClose} type="submit" form="unseen" disabled={hosts.length === 0}>
              Use without seeing
            </CancelOr>
          </>
        ) : (
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        )
      }
    >
      <form
        id="unseen"
        className={styles.unseen}
        onSubmit={(event) => {
          event.preventDefault();
          if (mayChange) apply([...new Set(hosts)]);
        }}
      >
        {isOthers && (
          <Notice kind="info">
            {unseen.ownerName ?? "Somebody who left the team"} set this value, and alone can see it or change
            where it may go.{canEdit && " Type another value first to make it yours."}
          </Notice>
        )}
        <TextArea
          label="Hosts"
          hint="One on a line, such as api.example.com, *.example.com or api.example.com:8443. HTTPS is needed unless a line begins with http://."
          rows={4}
          value={text}
          onChange={setText}
          disabled={!mayChange}
          spellCheck={false}
        />
      </form>
    </Dialog>
  );
}
