import { Activity, Suspense, useState } from "react";
import type { Workspace } from "../api/resources";
import { CollectionTab } from "../collections/CollectionTab";
import { ExampleTab } from "../collections/ExampleTab";
import { FolderTab } from "../collections/FolderTab";
import { RequestTab } from "../editor/RequestTab";
import { EnvironmentTab, GlobalsTab } from "../environments/EnvironmentTab";
import { RunnerTab } from "../runs/RunnerTab";
import { ActivityTab } from "../activity/ActivityTab";
import { TrashTab } from "../trash/TrashTab";
import { Spinner } from "../ui/Spinner";
import { SettingsTab } from "../workspaces/SettingsTab";
import styles from "./TabPanels.module.css";
import { pathOf, type Target, targetOf } from "./target";

/** So many tabs stay as they were left; those seen longest ago are built again when they are shown. */
const alive = 10;

/** What the shown tab shows; tabs seen lately wait behind it with what is in them. */
export function TabPanels({
  workspace,
  current,
  open,
}: {
  workspace: Workspace;
  current: Target;
  open: ReadonlySet<string>;
}) {
  const path = pathOf(current);
  const [seen, setSeen] = useState<readonly string[]>([path]);
  const next = [path, ...seen.filter((other) => other !== path && open.has(other))].slice(0, alive);
  if (next.join() !== seen.join()) setSeen(next);

  // In the order of their address, so that React moves nothing when another one is shown.
  return [...next].sort().map((each) => {
    const target = targetOf(each);
    return (
      target && (
        <Activity key={each} mode={each === path ? "visible" : "hidden"}>
          <div className={styles.panel}>
            <Suspense fallback={<Spinner label="Loading" />}>
              <Panel workspace={workspace} target={target} />
            </Suspense>
          </div>
        </Activity>
      )
    );
  });
}

function Panel({ workspace, target }: { workspace: Workspace; target: Target }) {
  switch (target.kind) {
    case "request":
      return <RequestTab itemId={target.id} workspaceId={workspace.id} />;
    case "folder":
      return <FolderTab itemId={target.id} workspace={workspace} />;
    case "example":
      return <ExampleTab itemId={target.id} />;
    case "collection":
      return <CollectionTab collectionId={target.id} workspace={workspace} />;
    case "environment":
      return <EnvironmentTab environmentId={target.id} />;
    case "globals":
      return <GlobalsTab workspaceId={workspace.id} />;
    case "runner":
      return (
        <RunnerTab
          collectionId={target.id}
          workspaceId={workspace.id}
          {...(target.folderId === undefined ? {} : { folderId: target.folderId })}
        />
      );
    case "settings":
      return <SettingsTab workspace={workspace} />;
    case "activity":
      return (
        <ActivityTab
          workspace={workspace}
          {...(target.element === undefined ? {} : { element: target.element })}
        />
      );
    case "trash":
      return <TrashTab workspace={workspace} />;
  }
}
