import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { TextField } from "../ui/Field";
import { FormDialog } from "../ui/FormDialog";
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
    <FormDialog
      title="New team"
      description="It has its own people, workspaces, roles and audit log. You are its Super Admin."
      action="Create and go there"
      busy={create.isPending}
      disabled={name.trim() === ""}
      problem={create.error && !field ? problemText(create.error) : null}
      onSubmit={create.mutate}
      onClose={onClose}
    >
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
    </FormDialog>
  );
}
