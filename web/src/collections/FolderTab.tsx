import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache, itemQuery, rememberItem, type Workspace } from "../api/resources";
import { useOpen } from "../app/open";
import { SettingsPart } from "../editor/SettingsPart";
import { behaviorOf } from "../editor/request";
import { useInheritedBehavior } from "../editor/inherited";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Menu } from "../ui/Menu";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { Tabs } from "../ui/Tabs";
import { useCollectionActions } from "./actions";
import { DescriptionField } from "./DescriptionField";
import { DocumentEditor } from "./DocumentEditor";
import type { Document } from "./draft";
import styles from "./DocumentEditor.module.css";
import { descriptionOf, scriptOf, withDescription } from "./fields";
import { AuthPart, ScriptsPart } from "./parts";
import { authIsSet } from "./auth";

type Part = "overview" | "auth" | "scripts" | "settings";

/** The tab of a folder: what all requests in it share. */
export function FolderTab({ itemId, workspace }: { itemId: string; workspace: Workspace }) {
  const item = useQuery(itemQuery(itemId));
  const actions = useCollectionActions(workspace.id);
  const open = useOpen(workspace.id);
  const [part, setPart] = useState<Part>("overview");
  const canEdit = workspace.role !== "viewer";

  if (!item.data) {
    if (!item.error) return <Spinner label="Loading the folder" />;
    return isProblem(item.error) && item.error.status === 404 ? (
      <EmptyState icon="folder" title="This folder is not here any more">
        It was deleted, or it is not shared with you.
      </EmptyState>
    ) : (
      <div className={styles.page}>
        <Notice kind="problem">{problemText(item.error)}</Notice>
      </div>
    );
  }
  const { collectionId, parentId } = item.data;

  return (
    <DocumentEditor
      key={itemId}
      edited={item.data}
      what="Folder"
      icon="folder"
      canEdit={canEdit}
      save={async (change) => {
        const now = await answered(
          client.PATCH("/api/items/{id}", { params: { path: { id: itemId } }, body: change }),
        );
        rememberItem(now);
        return now;
      }}
      reload={() => cache.fetchQuery({ ...itemQuery(itemId), staleTime: 0 })}
      actions={
        <>
          <Button icon="play" onClick={() => open({ kind: "runner", id: collectionId, folderId: itemId })}>
            Run
          </Button>
          <Menu
            align="end"
            entries={[
              {
                label: "Add request",
                icon: "request",
                disabled: !canEdit,
                onSelect: () => void actions.createRequest(collectionId, itemId),
              },
              {
                label: "Add folder",
                icon: "folder",
                disabled: !canEdit,
                onSelect: () => void actions.createFolder(collectionId, itemId),
              },
            ]}
          >
            <IconButton label={`More for ${item.data.name}`} icon="more" />
          </Menu>
        </>
      }
    >
      {(document, change) => (
        <Tabs<Part>
          label="Parts of the folder"
          className={styles.tabs}
          value={part}
          onChange={setPart}
          tabs={[
            { id: "overview", label: "Overview" },
            { id: "auth", label: "Authorization", marked: authIsSet(document) },
            {
              id: "scripts",
              label: "Scripts",
              marked: scriptOf(document, "prerequest") !== "" || scriptOf(document, "test") !== "",
            },
            {
              id: "settings",
              label: "Settings",
              marked: Object.keys(behaviorOf(document)).length > 0,
            },
          ]}
        >
          <div className={styles.body}>
            {part === "overview" && (
              <DescriptionField
                canEdit={canEdit}
                value={descriptionOf(document["description"])}
                onChange={(text) =>
                  change({ ...document, description: withDescription(document["description"], text) })
                }
              />
            )}
            {part === "auth" && <AuthPart document={document} canEdit={canEdit} inherits onChange={change} />}
            {part === "scripts" && <ScriptsPart document={document} canEdit={canEdit} onChange={change} />}
            {part === "settings" && (
              <FolderSettings
                collectionId={collectionId}
                parentId={parentId}
                document={document}
                canEdit={canEdit}
                onChange={change}
              />
            )}
          </div>
        </Tabs>
      )}
    </DocumentEditor>
  );
}

/** How every request inside is sent, unless it says otherwise. */
function FolderSettings({
  collectionId,
  parentId,
  document,
  canEdit,
  onChange,
}: {
  collectionId: string;
  parentId: string | null;
  document: Document;
  canEdit: boolean;
  onChange: (document: Document) => void;
}) {
  const inherited = useInheritedBehavior(collectionId, parentId);
  return (
    <>
      <p className={styles.hint}>
        Every request inside is sent like this, unless a folder below or the request says otherwise.
      </p>
      <SettingsPart document={document} canEdit={canEdit} inherited={inherited} onChange={onChange} />
    </>
  );
}
