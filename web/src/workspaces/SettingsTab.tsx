import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { AccessDialog } from "../access/AccessDialog";
import { explanationQuery } from "../access/Explanation";
import { Holders, rolesChanged } from "../access/Holders";
import { WhyNot } from "../access/Lock";
import { answered, client, problemText } from "../api/client";
import {
  cache,
  membersQuery,
  sessionQuery,
  type Workspace,
  workspaceQuery,
  workspacesQuery,
} from "../api/resources";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { Select, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { toast } from "../ui/toast";
import { AccessRequests } from "./AccessRequests";
import { openTo } from "./openTo";
import { Visibility } from "./Visibility";
import styles from "./workspaces.module.css";

/** The settings of a workspace: its name, its members, its end. */
export function SettingsTab({ workspace }: { workspace: Workspace }) {
  const isOwner = workspace.role === "owner";
  const [asking, setAsking] = useState<"why" | "who" | null>(null);
  // What a smaller plan lets nobody change can be made another kind of workspace by its owner.
  const leavesPlan =
    useQuery({
      ...explanationQuery({ action: "workspace.visibility.update", kind: "workspace", id: workspace.id }),
      enabled: !isOwner && workspace.kind === "private",
    }).data?.allowed === true;
  return (
    <div className={styles.page}>
      <div className={styles.content}>
        <h1>Workspace settings</h1>
        {!isOwner && (
          <Notice kind="info">
            Only an owner of this workspace can change its settings and members.{" "}
            <Button size="small" onClick={() => setAsking("why")}>
              Why can’t I?
            </Button>
          </Notice>
        )}
        {asking === "why" && (
          <WhyNot
            question={{ action: "workspace.update", kind: "workspace", id: workspace.id }}
            wanted={{ kind: "workspace", id: workspace.id }}
            onClose={() => setAsking(null)}
          />
        )}
        {asking === "who" && <AccessDialog workspace={workspace} onClose={() => setAsking(null)} />}
        <About key={workspace.id} workspace={workspace} disabled={!isOwner} />
        {isOwner && <AccessRequests workspace={workspace} />}
        <Members workspace={workspace} disabled={!isOwner} onWho={() => setAsking("who")} />
        {(isOwner || leavesPlan) && <Visibility workspace={workspace} />}
        {isOwner && <Remove workspace={workspace} />}
      </div>
    </div>
  );
}

function refresh(workspaceId: string) {
  return Promise.all([
    cache.invalidateQueries(workspaceQuery(workspaceId)),
    cache.invalidateQueries(workspacesQuery),
  ]);
}

function About({ workspace, disabled }: { workspace: Workspace; disabled: boolean }) {
  const [edit, setEdit] = useState<Pick<Workspace, "name" | "summary" | "joinRole"> | null>(null);
  const { name, summary, joinRole } = edit ?? workspace;
  const dirty = name !== workspace.name || summary !== workspace.summary || joinRole !== workspace.joinRole;
  const save = useMutation({
    mutationFn: () =>
      answered(
        client.PATCH("/api/workspaces/{id}", {
          params: { path: { id: workspace.id } },
          body: { version: workspace.version, name, summary, joinRole },
        }),
      ),
    onSuccess: async (now) => {
      cache.setQueryData(workspaceQuery(workspace.id).queryKey, now);
      setEdit(null);
      await cache.invalidateQueries(workspacesQuery);
    },
    onError: () => refresh(workspace.id),
  });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextField
        label="Name"
        value={name}
        disabled={disabled}
        onChange={(text) => setEdit({ name: text, summary, joinRole })}
      />
      <TextField
        label="What it is for"
        value={summary}
        disabled={disabled}
        onChange={(text) => setEdit({ name, summary: text, joinRole })}
      />
      {workspace.kind === "team" && (
        <Select
          label="Who joins it by themselves becomes"
          value={joinRole}
          disabled={disabled}
          onChange={(role) => setEdit({ name, summary, joinRole: role })}
          options={[
            { value: "viewer", label: "Viewer" },
            { value: "editor", label: "Editor" },
          ]}
        />
      )}
      {save.error && <Notice kind="problem">{problemText(save.error)} Your edits are still here.</Notice>}
      <div>
        <Button
          kind="primary"
          type="submit"
          busy={save.isPending}
          disabled={disabled || !dirty || name.trim() === ""}
        >
          Save
        </Button>
      </div>
    </form>
  );
}

function Members({
  workspace,
  disabled,
  onWho,
}: {
  workspace: Workspace;
  disabled: boolean;
  onWho: () => void;
}) {
  return (
    <>
      <h2>Members</h2>
      <p className={styles.lead}>
        {openTo(workspace.kind)} can open this workspace. Editors change what is in it, owners also this page.
      </p>
      <div className={styles.bar}>
        <Button icon="people" onClick={onWho}>
          Who can open this
        </Button>
        <OwnRole workspace={workspace} />
      </div>
      <Holders of={{ kind: "workspace", id: workspace.id }} workspaceId={workspace.id} disabled={disabled} />
    </>
  );
}

/** Joining a team workspace, and giving up one's own role in a workspace. */
function OwnRole({ workspace }: { workspace: Workspace }) {
  const me = useQuery(sessionQuery).data?.person.id;
  const members = useQuery(membersQuery(workspace.id)).data?.items;
  const navigate = useNavigate();
  const [leaving, setLeaving] = useState(false);
  const params = { path: { id: workspace.id } };
  const again = () => rolesChanged(workspace.id);
  const join = useMutation({
    mutationFn: () => answered(client.POST("/api/workspaces/{id}/join", { params })),
    onSuccess: (member) => toast({ kind: "success", text: `You are ${member.role} of this workspace now.` }),
    onError: (problem) => toast({ kind: "problem", text: problemText(problem) }),
    onSettled: again,
  });
  const leave = useMutation({
    mutationFn: () => answered(client.POST("/api/workspaces/{id}/leave", { params })),
    onSuccess: async () => {
      setLeaving(false);
      await again();
      if (workspace.kind === "private") await navigate({ to: "/" });
    },
  });
  if (!members || workspace.kind === "personal") return null;
  if (!members.some((member) => member.id === me))
    return workspace.kind === "team" ? (
      <Button busy={join.isPending} onClick={() => join.mutate()}>
        Join as {workspace.joinRole}
      </Button>
    ) : null;
  return (
    <>
      <Button icon="sign-out" onClick={() => setLeaving(true)}>
        Leave workspace
      </Button>
      {leaving && (
        <ConfirmDialog
          title="Leave this workspace?"
          action="Leave"
          busy={leave.isPending}
          problem={leave.error && problemText(leave.error)}
          onConfirm={() => leave.mutate()}
          onClose={() => setLeaving(false)}
        >
          <p>
            The roles that were given to you in <strong>{workspace.name}</strong> are taken. What you have
            through a group or your role in the team stays.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

function Remove({ workspace }: { workspace: Workspace }) {
  const [asking, setAsking] = useState(false);
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () =>
      answered(client.DELETE("/api/workspaces/{id}", { params: { path: { id: workspace.id } } })),
    onSuccess: async () => {
      cache.removeQueries(workspaceQuery(workspace.id));
      await cache.invalidateQueries(workspacesQuery);
      await navigate({ to: "/" });
    },
  });
  return (
    <>
      <h2>Delete</h2>
      <div className={styles.danger}>
        <p>
          Deletes the workspace with its collections, environments and history, for everyone. Its owners can
          restore it for 30 days.
        </p>
        <Button icon="trash" onClick={() => setAsking(true)}>
          Delete workspace
        </Button>
      </div>
      {asking && (
        <ConfirmDialog
          title="Delete this workspace?"
          action="Delete workspace"
          busy={remove.isPending}
          problem={remove.error && problemText(remove.error)}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>
            <strong>{workspace.name}</strong> and everything in it will be deleted for everyone. Its owners
            can restore it for 30 days, under “Deleted workspaces”.
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}
