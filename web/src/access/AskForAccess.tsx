import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Select, TextArea } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { toast } from "../ui/toast";
import styles from "./access.module.css";

/** What a role is asked for. */
export interface Wanted {
  kind: "workspace" | "collection" | "environment";
  id: string;
}

/**
 * Asks for a role. The server says the same whether there is such a thing or not, so this promises no more than that
 * whoever can answer is told.
 */
export function AskForAccess({
  wanted,
  first = "viewer",
  onClose,
}: {
  wanted: Wanted;
  first?: "viewer" | "editor";
  onClose: () => void;
}) {
  const [role, setRole] = useState<"viewer" | "editor">(first);
  const [note, setNote] = useState("");
  const ask = useMutation({
    mutationFn: () =>
      answered(
        client.POST("/api/access-requests", {
          body: { kind: wanted.kind, subject: wanted.id, role, note },
        }),
      ),
    onSuccess: () => {
      toast({
        kind: "success",
        text: "Your request is on its way. If nobody answers it within 15 days, it ends.",
      });
      onClose();
    },
  });
  return (
    <Dialog
      title="Ask for access"
      description={`The owners of the workspace decide. They see your name and what you write here.`}
      size="small"
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} type="submit" form="ask-for-access" busy={ask.isPending}>
          Send request
        </CancelOr>
      }
    >
      <form
        id="ask-for-access"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        {ask.error && <Notice kind="problem">{problemText(ask.error)}</Notice>}
        <Select
          label="Role"
          value={role}
          onChange={setRole}
          options={[
            { value: "viewer", label: "Viewer: sees, sends and runs" },
            { value: "editor", label: "Editor: changes what is in it" },
          ]}
        />
        <TextArea label="Why you need it (optional)" rows={3} value={note} onChange={setNote} />
      </form>
    </Dialog>
  );
}
