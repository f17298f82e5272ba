import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import { cache, workspacesQuery } from "../api/resources";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Select, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import styles from "./workspaces.module.css";

/** Makes a workspace and goes there. */
export function NewWorkspaceDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [summary, setSummary] = useState("");
  const [kind, setKind] = useState<"personal" | "private" | "team">("team");
  const create = useMutation({
    mutationFn: () => answered(client.POST("/api/workspaces", { body: { name, kind, summary } })),
    onSuccess: async (workspace) => {
      await cache.invalidateQueries(workspacesQuery);
      onClose();
      await navigate({ to: "/w/$workspaceId", params: { workspaceId: workspace.id } });
    },
  });
  return (
    <Dialog
      title="New workspace"
      description="A place for collections and environments that belong together."
      size="small"
      onClose={onClose}
      footer={
        <CancelOr
          onCancel={onClose}
          type="submit"
          form="new-workspace"
          busy={create.isPending}
          disabled={name.trim() === ""}
        >
          Create
        </CancelOr>
      }
    >
      <form
        id="new-workspace"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        {create.error && <Notice kind="problem">{problemText(create.error)}</Notice>}
        <TextField label="Name" value={name} onChange={setName} required autoFocus placeholder="Payments" />
        <TextField label="What it is for (optional)" value={summary} onChange={setSummary} />
        <Select
          label="Who can open it"
          value={kind}
          onChange={setKind}
          options={[
            { value: "team", label: "Everyone in the team who works in workspaces" },
            { value: "private", label: "Those who are given a role, and the team's Super Admins" },
            { value: "personal", label: "You, and the team's Super Admins" },
          ]}
        />
      </form>
    </Dialog>
  );
}
