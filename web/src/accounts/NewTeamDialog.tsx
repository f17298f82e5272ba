import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { CancelOr, Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import styles from "./Page.module.css";
import { switchTeam } from "./teams";

/** Makes a team and goes there. */
export function NewTeamDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: async () => {
      const team = await answered(client.POST("/api/teams", { body: { name } }));
      await switchTeam(team.id);
    },
  });
  const field = isProblem(create.error) ? create.error.errors?.[0]?.message : undefined;

  return (
    <Dialog
      title="New team"
      description="It has its own people, workspaces, roles and audit log. You are its Super Admin."
      size="small"
      onClose={onClose}
      footer={
        <CancelOr
          onCancel={onClose}
          type="submit"
          form="new-team"
          busy={create.isPending}
          disabled={name.trim() === ""}
        >
          Create and go there
        </CancelOr>
      }
    >
      <form
        id="new-team"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        {create.error && !field && <Notice kind="problem">{problemText(create.error)}</Notice>}
        <TextField
          label="Name of the team"
          required
          autoFocus
          maxLength={200}
          value={name}
          onChange={setName}
          problem={field}
          autoComplete="off"
        />
      </form>
    </Dialog>
  );
}
