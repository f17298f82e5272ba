import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import { cache, type Workspace, workspacesQuery } from "../api/resources";
import { Select, TextField } from "../ui/Field";
import { FormDialog } from "../ui/FormDialog";
import { toast, type Toast } from "../ui/toast";
import styles from "./workspaces.module.css";

/** Makes a workspace. One that is to be public is the team's until that is granted, and what came of it is told. */
async function created(
  name: string,
  kind: Workspace["kind"],
  summary: string,
): Promise<{ workspace: Workspace; told: Toast | null }> {
  const body = { name, summary, kind: kind === "public" ? ("team" as const) : kind };
  const workspace = await answered(client.POST("/api/workspaces", { body }));
  if (kind !== "public") return { workspace, told: null };
  try {
    const { request } = await answered(
      client.PUT("/api/workspaces/{id}/visibility", {
        params: { path: { id: workspace.id } },
        body: { version: workspace.version, kind, note: "" },
      }),
    );
    const text = request
      ? "A Community Manager is asked. Until they answer, your team can open it."
      : "Everybody can read this workspace now.";
    return { workspace, told: { kind: "success", text } };
  } catch (problem) {
    return {
      workspace,
      told: { kind: "problem", text: `It is open to your team alone. ${problemText(problem)}` },
    };
  }
}

/** Makes a workspace and goes there. */
export function NewWorkspaceDialog({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [summary, setSummary] = useState("");
  const [kind, setKind] = useState<Workspace["kind"]>("team");
  const create = useMutation({
    mutationFn: () => created(name, kind, summary),
    onSuccess: async ({ workspace, told }) => {
      await cache.invalidateQueries(workspacesQuery);
      if (told) toast(told);
      onClose();
      await navigate({ to: "/w/$workspaceId", params: { workspaceId: workspace.id } });
    },
  });
  return (
    <FormDialog
      title="New workspace"
      description="A place for collections and environments that belong together."
      action="Create"
      busy={create.isPending}
      disabled={name.trim() === ""}
      problem={create.error && problemText(create.error)}
      onSubmit={create.mutate}
      onClose={onClose}
    >
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
          { value: "public", label: "Everybody, strangers too" },
        ]}
      />
      {kind === "public" && (
        <p className={styles.faint}>
          Everything in it can be read by anybody, at once and with what is added later. Where your team has a
          Community Manager, they approve it first; until then it is open to your team.
        </p>
      )}
    </FormDialog>
  );
}
