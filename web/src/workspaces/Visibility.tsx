import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { rolesChanged } from "../access/Holders";
import { answered, api, client, problemText } from "../api/client";
import { cache, type Workspace } from "../api/resources";
import type { components } from "../api/schema";
import { Button } from "../ui/Button";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Checkbox, Select, TextArea } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { toast } from "../ui/toast";
import { openTo } from "./openTo";
import styles from "./workspaces.module.css";

type Kind = Workspace["kind"];
type Exposure = components["schemas"]["Exposure"];

export const visibilityQuery = (id: string) =>
  api.queryOptions("get", "/api/workspaces/{id}/visibility", { params: { path: { id } } }, { staleTime: 0 });

/** To which kinds a workspace can be changed in one step. */
const ways: Record<Kind, readonly Kind[]> = {
  personal: ["private", "team", "public"],
  private: ["personal", "team", "public"],
  team: ["private", "public"],
  public: ["team", "private"],
};

const refresh = (id: string) => Promise.all([rolesChanged(id), cache.invalidateQueries(visibilityQuery(id))]);

/** Who can open the workspace, with a way to change that. */
export function Visibility({ workspace }: { workspace: Workspace }) {
  const [changing, setChanging] = useState(false);
  const seen = useQuery(visibilityQuery(workspace.id));
  const request = seen.data?.request;
  const cancel = useMutation({
    mutationFn: () =>
      answered(
        client.DELETE("/api/workspaces/{id}/publish-request", { params: { path: { id: workspace.id } } }),
      ),
    onSettled: () => refresh(workspace.id),
  });
  return (
    <>
      <h2>Visibility</h2>
      {request?.state === "open" && (
        <Notice
          kind="info"
          actions={
            <Button size="small" busy={cancel.isPending} onClick={() => cancel.mutate()}>
              Cancel request
            </Button>
          }
        >
          A Community Manager is asked to make this workspace public. Until then the team can open it. The
          request ends on {new Date(request.expiresAt).toLocaleDateString()} if nobody answers.
        </Notice>
      )}
      {request?.state === "refused" && (
        <Notice kind="info">
          The last request to make this workspace public was refused.
          {request.answer && ` “${request.answer}”`}
        </Notice>
      )}
      {cancel.error && <Notice kind="problem">{problemText(cancel.error)}</Notice>}
      <div className={styles.danger}>
        <p>{openTo(workspace.kind)} can open this workspace.</p>
        <Button icon="eye" onClick={() => setChanging(true)}>
          Change visibility
        </Button>
      </div>
      {changing && <VisibilityDialog workspace={workspace} onClose={() => setChanging(false)} />}
    </>
  );
}

function VisibilityDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>(ways[workspace.kind][0] ?? "team");
  const [note, setNote] = useState("");
  const [sure, setSure] = useState(false);
  const seen = useQuery(visibilityQuery(workspace.id));
  const asks = kind === "public" && seen.data?.needsApproval === true;
  const change = useMutation({
    mutationFn: () =>
      answered(
        client.PUT("/api/workspaces/{id}/visibility", {
          params: { path: { id: workspace.id } },
          body: { version: workspace.version, kind, note },
        }),
      ),
    onSuccess: async (outcome) => {
      await refresh(workspace.id);
      toast({
        kind: "success",
        text: outcome.request
          ? "A Community Manager is asked. You are told when they answer."
          : `${openTo(kind)} can open this workspace now.`,
      });
      onClose();
    },
    onError: () => refresh(workspace.id),
  });
  return (
    <Dialog
      title="Change who can open this"
      description={`Now: ${openTo(workspace.kind)}.`}
      onClose={onClose}
      footer={
        <CancelOr
          onCancel={onClose}
          busy={change.isPending}
          disabled={kind === "public" && (!sure || !seen.data)}
          onClick={() => change.mutate()}
        >
          {asks ? "Ask for approval" : "Change visibility"}
        </CancelOr>
      }
    >
      <div className={styles.form}>
        {change.error && <Notice kind="problem">{problemText(change.error)}</Notice>}
        <Select
          label="Who can open it"
          value={kind}
          onChange={setKind}
          options={ways[workspace.kind].map((value) => ({ value, label: openTo(value) }))}
        />
        <p className={styles.faint}>{consequence(workspace.kind, kind)}</p>
        {kind === "public" && seen.isPending && <Spinner label="Looking at what would be seen" />}
        {kind === "public" && seen.error && <Notice kind="problem">{problemText(seen.error)}</Notice>}
        {kind === "public" && seen.data && (
          <>
            <Exposed seen={seen.data} />
            {asks && (
              <>
                <Notice kind="info">
                  A Community Manager of your team has to approve it. Until then{" "}
                  {openTo("team").toLowerCase()} can open it.
                </Notice>
                <TextArea
                  label="Why it should be public (optional)"
                  rows={3}
                  value={note}
                  onChange={setNote}
                />
              </>
            )}
            <Checkbox label="I have looked at what strangers will see" checked={sure} onChange={setSure} />
          </>
        )}
      </div>
    </Dialog>
  );
}

/** What follows from a change, in words. */
function consequence(from: Kind, to: Kind): string {
  switch (to) {
    case "personal":
      return "You alone have a role in it, and it becomes yours alone.";
    case "private":
      return from === "personal"
        ? "You can give people and groups a role in it. Nobody else sees it."
        : "Whoever has a role in it, or on something in it, keeps that. Everybody else loses it from sight at once.";
    case "team":
      return from === "public"
        ? "Strangers lose it from sight at once."
        : "Everybody in the team who works in workspaces can look into it and send its requests.";
    case "public":
      return "Everything in it can be read by anybody, at once and with what is added later.";
  }
}

/** What strangers would see. */
function Exposed({ seen: { collections, environments } }: { seen: Exposure }) {
  return (
    <section aria-label="What strangers would see" className={styles.form}>
      <ul className={styles.facts}>
        <li>
          <strong>{collections.total}</strong> {collections.total === 1 ? "collection" : "collections"} with{" "}
          {collections.items} folders, requests and examples{listed(collections.names, collections.total)}
        </li>
        <li>
          <strong>{environments.total}</strong> {environments.total === 1 ? "environment" : "environments"}
          {listed(environments.names, environments.total)}
        </li>
        <li>
          <strong>{environments.shown}</strong> variables with their values
        </li>
        <li>
          <strong>{environments.secret}</strong> secret variables by name. Their values stay sealed: no
          stranger can read or use them.
        </li>
      </ul>
      {environments.suspicious.length > 0 && (
        <Notice kind="problem">
          These variables are not of the type secret, and their values would be public:{" "}
          {environments.suspicious.map(({ environment, key }) => `${key} in ${environment}`).join(", ")}. Make
          them secret first.
        </Notice>
      )}
      {collections.withAuthorization > 0 && (
        <Notice kind="problem">
          {collections.withAuthorization} requests and folders hold authorization or variables of their own.
          Strangers see which kind of authorization that is, not what is typed there; but the values of
          variables, and what is written in addresses, bodies, scripts and examples, they read.
        </Notice>
      )}
    </section>
  );
}

function listed(names: readonly string[], total: number): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, 8);
  return `: ${shown.join(", ")}${total > shown.length ? ` and ${total - shown.length} more` : ""}`;
}
