import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ShareDialog } from "../access/ShareDialog";
import { type Workspace, workspacesQuery } from "../api/resources";
import { useOpen } from "../app/open";
import { CopyDialog } from "../copying/CopyDialog";
import { Icon } from "../ui/Icon";
import { Menu } from "../ui/Menu";
import { NewWorkspaceDialog } from "./NewWorkspaceDialog";
import styles from "./workspaces.module.css";

/** Goes to another workspace, or makes one. */
export function WorkspaceSwitcher({ workspace }: { workspace: Workspace }) {
  const workspaces = useQuery(workspacesQuery).data?.items ?? [workspace];
  const navigate = useNavigate();
  const open = useOpen(workspace.id);
  const [creating, setCreating] = useState(false);
  const [sharing, setSharing] = useState(false);
  const [copying, setCopying] = useState(false);
  const go = (workspaceId: string) => void navigate({ to: "/w/$workspaceId", params: { workspaceId } });
  return (
    <>
      <Menu
        entries={[
          { heading: "Workspaces" },
          ...workspaces.map((item) => ({
            label: item.name,
            checked: item.id === workspace.id,
            onSelect: () => go(item.id),
          })),
          "separator",
          { label: "Overview of this workspace", onSelect: () => go(workspace.id) },
          { label: "Share this workspace…", onSelect: () => setSharing(true) },
          { label: "Activity", onSelect: () => open({ kind: "activity" }) },
          { label: "Copy what is in it…", onSelect: () => setCopying(true) },
          { label: "Settings and members", onSelect: () => open({ kind: "settings" }) },
          ...(workspace.role === "viewer"
            ? []
            : [{ label: "Trash", onSelect: () => open({ kind: "trash" }) }]),
          { label: "New workspace…", onSelect: () => setCreating(true) },
          { label: "Public workspaces", onSelect: () => void navigate({ to: "/public" }) },
          { label: "Deleted workspaces", onSelect: () => void navigate({ to: "/trash" }) },
        ]}
      >
        <button type="button" className={styles.switcher} aria-label={`Workspace: ${workspace.name}`}>
          <Icon name={workspace.kind === "personal" ? "person" : "people"} size={15} />
          <span>{workspace.name}</span>
          <Icon name="chevron-down" size={12} />
        </button>
      </Menu>
      {sharing && (
        <ShareDialog
          of={{ kind: "workspace", id: workspace.id }}
          name={workspace.name}
          workspace={workspace}
          canShare={workspace.role === "owner"}
          onClose={() => setSharing(false)}
        />
      )}
      {copying && (
        <CopyDialog
          of={{ kind: "workspace", id: workspace.id, name: workspace.name }}
          onClose={() => setCopying(false)}
        />
      )}
      {creating && <NewWorkspaceDialog onClose={() => setCreating(false)} />}
    </>
  );
}
