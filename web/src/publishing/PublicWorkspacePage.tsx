import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { answered, api, client } from "../api/client";
import { everyNode } from "../api/resources";
import { EmptyState } from "../ui/EmptyState";
import { Markdown } from "../ui/Markdown";
import { Spinner } from "../ui/Spinner";
import { NotHere, type Opened, Reader, ReaderFrame, type Source } from "./Reader";
import styles from "./publishing.module.css";

const workspaceQuery = (id: string) =>
  api.queryOptions("get", "/api/public/workspaces/{id}", { params: { path: { id } } }, { retry: false });

/** What the part of the address after the workspace opens. */
function openedAt(path: string | undefined): Opened | null {
  const [kind, id, ...rest] = (path ?? "").split("/");
  if (!id || rest.length > 0) return null;
  return kind === "collection" || kind === "item" || kind === "environment" ? { kind, id } : null;
}

/** A public workspace, as everybody may read it. */
export function PublicWorkspacePage() {
  const { workspaceId = "", _splat } = useParams({ strict: false });
  const navigate = useNavigate();
  const workspace = useQuery(workspaceQuery(workspaceId));
  const source = useMemo(() => sourceOf(workspaceId), [workspaceId]);
  if (!workspace.data)
    return (
      <ReaderFrame>
        <main className={styles.main}>
          {workspace.error ? <NotHere problem={workspace.error} /> : <Spinner label="Loading" />}
        </main>
      </ReaderFrame>
    );
  const { name, summary, teamName, collections, environments, globalsId } = workspace.data;
  return (
    <Reader
      title={name}
      source={source}
      collections={collections}
      environments={[
        ...environments,
        { id: globalsId, name: "Globals", version: 0, updatedAt: workspace.data.updatedAt },
      ]}
      opened={openedAt(_splat)}
      onOpen={({ kind, id }) =>
        void navigate({
          to: "/public/$workspaceId/$",
          params: { workspaceId, _splat: `${kind}/${id}` },
        })
      }
    >
      <article className={styles.document} aria-label={name}>
        <header className={styles.title}>
          <h1>{name}</h1>
        </header>
        <p className={styles.hint}>A public workspace of {teamName}. You can read it, and nothing else.</p>
        {summary !== "" && <Markdown text={summary} />}
        {collections.length === 0 && (
          <EmptyState icon="collections" title="Nothing here yet" compact>
            What the team puts here can be read by everybody.
          </EmptyState>
        )}
      </article>
    </Reader>
  );
}

function sourceOf(workspaceId: string): Source {
  const at = (id: string) => ({ params: { path: { id } } });
  return {
    key: ["public", workspaceId],
    copies: true,
    nodes: (id) =>
      everyNode((query) =>
        answered(client.GET("/api/public/collections/{id}/items", { params: { path: { id }, query } })),
      ),
    collection: (id) => answered(client.GET("/api/public/collections/{id}", at(id))),
    item: (id) => answered(client.GET("/api/public/items/{id}", at(id))),
    environment: (id) => answered(client.GET("/api/public/environments/{id}", at(id))),
  };
}
