import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Lock } from "../access/Lock";
import { ShareDialog } from "../access/ShareDialog";
import { asRecord } from "../api/json";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache, collectionQuery, nodesQuery, rememberCollection, type Workspace } from "../api/resources";
import { useOpen } from "../app/open";
import type { Inherited } from "../editor/inherited";
import { SettingsPart } from "../editor/SettingsPart";
import { behaviorOf } from "../editor/request";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Menu } from "../ui/Menu";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { Tabs } from "../ui/Tabs";
import { CopyDialog } from "../copying/CopyDialog";
import { WatchButton } from "../watching/WatchButton";
import { MoveDialog } from "../workspaces/MoveDialog";
import { exportCollection, exportFormats, useCollectionActions } from "./actions";
import { DescriptionField } from "./DescriptionField";
import { DocumentEditor } from "./DocumentEditor";
import styles from "./DocumentEditor.module.css";
import type { Document } from "./draft";
import { descriptionOf, scriptOf, variablesOf, withDescription } from "./fields";
import { AuthPart, ScriptsPart } from "./parts";
import { authIsSet } from "./auth";
import { VariablesTable } from "./VariablesTable";

type Part = "overview" | "variables" | "auth" | "scripts" | "settings";

/** Around a collection is nothing that says how its requests are sent. */
const nothing: ReadonlyMap<string, Inherited> = new Map();

/** The tab of a collection: what it is, and what all of its requests share. */
export function CollectionTab({ collectionId, workspace }: { collectionId: string; workspace: Workspace }) {
  const collection = useQuery(collectionQuery(collectionId));
  const nodes = useQuery(nodesQuery(collectionId)).data;
  const actions = useCollectionActions(workspace.id);
  const open = useOpen(workspace.id);
  const [part, setPart] = useState<Part>("overview");
  const [sharing, setSharing] = useState(false);
  const [moving, setMoving] = useState(false);
  const [copying, setCopying] = useState(false);

  if (!collection.data) {
    if (!collection.error) return <Spinner label="Loading the collection" />;
    return isProblem(collection.error) && collection.error.status === 404 ? (
      <EmptyState icon="collections" title="This collection is not here any more">
        It was deleted, or it is not shared with you.
      </EmptyState>
    ) : (
      <div className={styles.page}>
        <Notice
          kind="problem"
          actions={
            <Button size="small" onClick={() => void collection.refetch()}>
              Try again
            </Button>
          }
        >
          {problemText(collection.error)}
        </Notice>
      </div>
    );
  }

  const canEdit = collection.data.role !== "viewer";
  const count = (kind: string) => nodes?.filter((node) => node.kind === kind).length ?? 0;

  return (
    <DocumentEditor
      key={collectionId}
      edited={collection.data}
      what="Collection"
      icon="collections"
      canEdit={canEdit}
      save={async (change) => {
        const now = await answered(
          client.PATCH("/api/collections/{id}", { params: { path: { id: collectionId } }, body: change }),
        );
        rememberCollection(now);
        return now;
      }}
      reload={() => cache.fetchQuery({ ...collectionQuery(collectionId), staleTime: 0 })}
      actions={
        <>
          {!canEdit && (
            <Lock
              question={{ action: "collection.update", kind: "collection", id: collectionId }}
              wanted={{ kind: "collection", id: collectionId }}
            />
          )}
          {workspace.kind !== "personal" && <WatchButton of={{ kind: "collection", id: collectionId }} />}
          <Button icon="people" onClick={() => setSharing(true)}>
            Share
          </Button>
          {moving && (
            <MoveDialog
              kind="collection"
              id={collectionId}
              name={collection.data.name}
              workspace={workspace}
              onClose={() => setMoving(false)}
            />
          )}
          {copying && (
            <CopyDialog
              of={{ kind: "collection", id: collectionId, name: collection.data.name }}
              onClose={() => setCopying(false)}
            />
          )}
          {sharing && (
            <ShareDialog
              of={{ kind: "collection", id: collectionId }}
              name={collection.data.name}
              workspace={workspace}
              canShare={canEdit}
              onClose={() => setSharing(false)}
            />
          )}
          <Button icon="play" onClick={() => open({ kind: "runner", id: collectionId })}>
            Run
          </Button>
          <Menu
            align="end"
            entries={[
              {
                label: "Add request",
                icon: "request",
                disabled: !canEdit,
                onSelect: () => void actions.createRequest(collectionId, null),
              },
              {
                label: "Add folder",
                icon: "folder",
                disabled: !canEdit,
                onSelect: () => void actions.createFolder(collectionId, null),
              },
              { label: "Copy to a workspace…", icon: "copy", onSelect: () => setCopying(true) },
              {
                label: "Move to another workspace…",
                icon: "arrow-right",
                disabled: !canEdit,
                onSelect: () => setMoving(true),
              },
              "separator",
              { heading: "Export" },
              ...exportFormats.map(({ id, label }) => ({
                label,
                icon: "download" as const,
                onSelect: () => exportCollection(collectionId, id),
              })),
            ]}
          >
            <IconButton label={`More for ${collection.data.name}`} icon="more" />
          </Menu>
        </>
      }
    >
      {(document, change) => (
        <Tabs<Part>
          label="Parts of the collection"
          className={styles.tabs}
          value={part}
          onChange={setPart}
          tabs={[
            { id: "overview", label: "Overview" },
            { id: "variables", label: "Variables", badge: variablesOf(document).length || null },
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
              <>
                <p className={styles.facts}>
                  <span>
                    <strong>{count("request")}</strong> requests
                  </span>
                  <span>
                    <strong>{count("folder")}</strong> folders
                  </span>
                  <span>
                    <strong>{count("example")}</strong> examples
                  </span>
                </p>
                <DescriptionField
                  placeholder="What these requests are for, and what one needs to know to use them, in Markdown."
                  canEdit={canEdit}
                  value={descriptionOf(asRecord(document["info"])?.["description"])}
                  onChange={(text) => change(withInfoDescription(document, text))}
                />
              </>
            )}
            {part === "variables" && (
              <>
                <p className={styles.hint}>
                  Every request of this collection can use them; an environment’s variable of the same name
                  wins. Values here are readable by everyone in the workspace: put secrets into an
                  environment.
                </p>
                <VariablesTable
                  collectionId={collectionId}
                  document={document}
                  canEdit={canEdit}
                  onChange={change}
                />
              </>
            )}
            {part === "auth" && (
              <AuthPart document={document} canEdit={canEdit} inherits={false} onChange={change} />
            )}
            {part === "scripts" && <ScriptsPart document={document} canEdit={canEdit} onChange={change} />}
            {part === "settings" && (
              <>
                <p className={styles.hint}>
                  Every request inside is sent like this, unless a folder or the request says otherwise.
                </p>
                <SettingsPart document={document} canEdit={canEdit} inherited={nothing} onChange={change} />
              </>
            )}
          </div>
        </Tabs>
      )}
    </DocumentEditor>
  );
}

function withInfoDescription(document: Document, text: string): Document {
  const info = asRecord(document["info"]) ?? {};
  return { ...document, info: { ...info, description: withDescription(info["description"], text) } };
}
