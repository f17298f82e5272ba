import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { problemText } from "../api/client";
import {
  collectionsQuery,
  environmentsQuery,
  membersQuery,
  metaQuery,
  sessionQuery,
  type Workspace,
} from "../api/resources";
import { useOpen } from "../app/open";
import { useCollectionActions } from "../collections/actions";
import { importSample } from "../imports/importing";
import { useImport } from "../imports/opening";
import { Icon } from "../ui/Icon";
import { Markdown } from "../ui/Markdown";
import { toast } from "../ui/toast";
import { WatchButton } from "../watching/WatchButton";
import { openTo } from "./openTo";
import styles from "./workspaces.module.css";

/** What one sees of a workspace when no tab is open: what is in it, and how to go on. */
export function WorkspaceHome({ workspace }: { workspace: Workspace }) {
  const collections = useQuery(collectionsQuery(workspace.id)).data?.items;
  const environments = useQuery(environmentsQuery(workspace.id)).data?.items;
  const meta = useQuery(metaQuery).data;
  const session = useQuery(sessionQuery).data;
  const members = useQuery(membersQuery(workspace.id)).data?.items;
  // A Super Admin may do what an owner may, without being one.
  const visits =
    session?.team.role === "super-admin" &&
    members !== undefined &&
    !members.some((member) => member.id === session.person.id);
  const actions = useCollectionActions(workspace.id);
  const open = useOpen(workspace.id);
  const startImport = useImport();
  const canEdit = workspace.role !== "viewer";
  const sample = useMutation({
    mutationFn: () => importSample(workspace.id),
    onSuccess: (imported) => open({ kind: "collection", id: imported.id }),
    onError: (problem) => toast({ kind: "problem", text: problemText(problem) }),
  });

  return (
    <div className={styles.page}>
      <div className={styles.content}>
        <h1>{workspace.name}</h1>
        {workspace.summary && (
          <div className={styles.lead}>
            <Markdown text={workspace.summary} />
          </div>
        )}
        <p className={styles.meta}>
          <span>
            <Icon name={workspace.kind === "personal" ? "lock" : "people"} size={14} />
            {openTo(workspace.kind)}
          </span>
          <span>
            You are{" "}
            {workspace.role === "owner"
              ? visits
                ? "a Super Admin of the team"
                : "its owner"
              : workspace.role === "editor"
                ? "an editor"
                : "a viewer"}
          </span>
          {workspace.kind === "public" && (
            <Link to="/public/$workspaceId" params={{ workspaceId: workspace.id }}>
              What strangers see
            </Link>
          )}
          {workspace.kind !== "personal" && <WatchButton of={{ kind: "workspace", id: workspace.id }} />}
        </p>

        {canEdit && (
          <>
            <h2>{collections?.length === 0 ? "Start here" : "Add"}</h2>
            <div className={styles.starts}>
              <button type="button" className={styles.start} onClick={startImport}>
                <Icon name="import" size={20} />
                <strong>Import from Postman</strong>
                <span>
                  Drop a collection or an environment anywhere on this page, paste it, or choose a file.
                </span>
              </button>
              <button
                type="button"
                className={styles.start}
                disabled={sample.isPending}
                onClick={() => sample.mutate()}
              >
                <Icon name="bolt" size={20} />
                <strong>Add the sample collection</strong>
                <span>
                  {meta?.echoUrl
                    ? "A tour of requests, variables and tests that runs against this server’s own echo service."
                    : "A tour of requests, variables and tests."}
                </span>
              </button>
              <button
                type="button"
                className={styles.start}
                onClick={() => void actions.createRequestAnywhere()}
              >
                <Icon name="request" size={20} />
                <strong>New request</strong>
                <span>Type an address and press Send.</span>
              </button>
            </div>
          </>
        )}

        {collections && collections.length > 0 && (
          <>
            <h2>Collections</h2>
            <ul className={styles.list}>
              {collections.map((collection) => (
                <li key={collection.id}>
                  <button
                    type="button"
                    className={styles.item}
                    onClick={() => open({ kind: "collection", id: collection.id })}
                  >
                    <Icon name="collections" />
                    <span>{collection.name}</span>
                    <span className={styles.faint}>
                      {collection.itemCount} {collection.itemCount === 1 ? "item" : "items"}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
        {environments && environments.length > 0 && (
          <>
            <h2>Environments</h2>
            <ul className={styles.list}>
              {environments.map((environment) => (
                <li key={environment.id}>
                  <button
                    type="button"
                    className={styles.item}
                    onClick={() => open({ kind: "environment", id: environment.id })}
                  >
                    <Icon name="environments" />
                    <span>{environment.name}</span>
                  </button>
                </li>
              ))}
            </ul>
          </>
        )}
        {!canEdit && collections?.length === 0 && (
          <p className={styles.lead}>Nothing here yet. An editor of this workspace can add collections.</p>
        )}
      </div>
    </div>
  );
}
