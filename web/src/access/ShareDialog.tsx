import { useState } from "react";
import type { Workspace } from "../api/resources";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import { ShareLinks } from "../publishing/ShareLinks";
import { toast } from "../ui/toast";
import { openTo } from "../workspaces/openTo";
import { AccessDialog } from "./AccessDialog";
import styles from "./access.module.css";
import { Holders } from "./Holders";
import type { Wanted } from "./AskForAccess";
import { Lock } from "./Lock";

const changes = {
  workspace: "workspace.member.update",
  collection: "element.member.update",
  environment: "element.member.update",
} as const;

/** Shares a workspace, or one thing in it: who has which role, who can see it and why, and its address. */
export function ShareDialog({
  of,
  name,
  workspace,
  canShare,
  onClose,
}: {
  of: Wanted;
  name: string;
  workspace: Workspace;
  /** Whether this person may give roles on it. */
  canShare: boolean;
  onClose: () => void;
}) {
  const [who, setWho] = useState(false);
  const personal = workspace.kind === "personal";
  const address = `${window.location.origin}/w/${workspace.id}${of.kind === "workspace" ? "" : `/${of.kind}/${of.id}`}`;
  if (who) return <AccessDialog workspace={workspace} onClose={() => setWho(false)} />;
  return (
    <Dialog
      title={`Share ${name}`}
      description={`${openTo(workspace.kind)} can open the workspace ${workspace.name}. Here people and groups get more.`}
      size="large"
      onClose={onClose}
      footer={
        <>
          <Button
            icon="link"
            onClick={() => {
              navigator.clipboard.writeText(address).then(
                () =>
                  toast({ kind: "success", text: "The link is copied. It gives nobody a role by itself." }),
                () =>
                  toast({
                    kind: "problem",
                    text: `The browser does not let us copy. The link is ${address}`,
                  }),
              );
            }}
          >
            Copy link
          </Button>
          <Button icon="people" onClick={() => setWho(true)}>
            Who can see this
          </Button>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        {personal ? (
          <Notice kind="info">
            A personal workspace is not shared. Open it to the team in the settings of the workspace first.
          </Notice>
        ) : (
          <>
            {!canShare && (
              <Notice kind="info">
                You can see who has a role here, and not change it.{" "}
                <Lock question={{ action: changes[of.kind], kind: of.kind, id: of.id }} wanted={of} />
              </Notice>
            )}
            {of.kind !== "workspace" && workspace.kind === "private" && canShare && (
              <Notice kind="info">
                Whoever gets a role here becomes a viewer of the private workspace {workspace.name} as well:
                they will see everything in it.
              </Notice>
            )}
            <Holders of={of} workspaceId={workspace.id} disabled={!canShare} />
            {of.kind === "collection" && canShare && (
              <ShareLinks collectionId={of.id} isOwner={workspace.role === "owner"} />
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}
