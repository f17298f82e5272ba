import { useState } from "react";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { NewWorkspaceDialog } from "./NewWorkspaceDialog";

/** For someone who can open no workspace. */
export function NoWorkspacePage() {
  const [creating, setCreating] = useState(false);
  return (
    <PageFrame title="Workspaces">
      <EmptyState
        icon="collections"
        title="You have no workspace yet"
        actions={
          <Button kind="primary" icon="add" onClick={() => setCreating(true)}>
            New workspace
          </Button>
        }
      >
        A workspace holds collections and environments. Make one, or ask a colleague to add you to theirs.
      </EmptyState>
      {creating && <NewWorkspaceDialog onClose={() => setCreating(false)} />}
    </PageFrame>
  );
}
