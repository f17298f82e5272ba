import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useRef, useState } from "react";
import { Mark } from "../accounts/Mark";
import { isProblem, problemText } from "../api/client";
import { type CollectionSummary, type EnvironmentSummary, type Node, sessionQuery } from "../api/resources";
import type { components } from "../api/schema";
import { Tree, type TreeHandle } from "../collections/Tree";
import { type Row, rows } from "../collections/tree";
import { CopyDialog, type Original } from "../copying/CopyDialog";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { DocumentView, Table } from "./DocumentView";
import styles from "./publishing.module.css";

type Schemas = components["schemas"];

/** Where a reader takes what it shows from: a public workspace, or a shared link. */
export interface Source {
  /** Tells its answers apart from those of others in the cache. */
  key: readonly string[];
  nodes: (collectionId: string) => Promise<Node[]>;
  collection: (id: string) => Promise<Schemas["PublicCollection"]>;
  item: (id: string) => Promise<Schemas["PublicItem"]>;
  /** Whether what is shown can be copied. */
  copies?: boolean;
  environment?: (id: string) => Promise<Schemas["PublicEnvironment"]>;
}

/** What is open in a reader. */
export interface Opened {
  kind: "collection" | "item" | "environment";
  id: string;
}

const noRows: ReadonlySet<string> = new Set();
const nothing = () => {};

/** Reads a part of somebody else's work: a tree, and beside it what is open. Nothing can be changed or sent. */
export function Reader({
  title,
  source,
  collections,
  environments,
  opened,
  onOpen,
  children,
}: {
  title: string;
  source: Source;
  collections: readonly CollectionSummary[];
  environments: readonly EnvironmentSummary[];
  opened: Opened | null;
  onOpen: (opened: Opened) => void;
  /** What is shown while nothing is open. */
  children: ReactNode;
}) {
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(
    () => new Set(collections.length === 1 ? collections.map(({ id }) => id) : []),
  );
  const tree = useRef<TreeHandle>(null);
  const nodes = useQueries({
    queries: collections.map(({ id }) => ({
      queryKey: [...source.key, "nodes", id],
      queryFn: () => source.nodes(id),
      enabled: expanded.has(id),
    })),
  });
  const lines = rows(
    collections.map((summary, index) => ({
      summary,
      nodes: nodes[index]?.data ?? null,
      problem: nodes[index]?.error ? problemText(nodes[index].error) : null,
    })),
    expanded,
    "",
  );
  const open = (row: Row) => {
    if (row.kind === "note") return;
    onOpen({ kind: row.kind === "collection" ? "collection" : "item", id: row.id });
  };
  const expand = (row: Row, wanted: boolean) => {
    const next = new Set(expanded);
    if (wanted) next.add(row.id);
    else next.delete(row.id);
    setExpanded(next);
  };

  return (
    <ReaderFrame>
      <div className={styles.reader}>
        <nav className={styles.side} aria-label={`What is in ${title}`}>
          <h2>Collections</h2>
          {collections.length === 0 ? (
            <p className={styles.hint}>None.</p>
          ) : (
            <Tree
              label="Collections"
              rows={lines}
              currentId={opened?.id ?? null}
              unsaved={noRows}
              canEdit={false}
              renamingId={null}
              onRenaming={nothing}
              onRename={nothing}
              onOpen={open}
              onExpand={expand}
              onDelete={nothing}
              onMoveByOne={nothing}
              canDrop={() => false}
              onDrop={nothing}
              handle={tree}
            />
          )}
          {environments.length > 0 && (
            <>
              <h2>Environments</h2>
              <ul className={styles.environments}>
                {environments.map(({ id, name }) => (
                  <li key={id}>
                    <button
                      type="button"
                      aria-current={opened?.id === id ? "page" : undefined}
                      onClick={() => onOpen({ kind: "environment", id })}
                    >
                      <Icon name="environments" size={14} />
                      {name}
                    </button>
                  </li>
                ))}
              </ul>
            </>
          )}
        </nav>
        <main className={styles.main}>
          {opened === null ? children : <Open key={opened.id} source={source} opened={opened} />}
        </main>
      </div>
    </ReaderFrame>
  );
}

function Open({ source, opened: { kind, id } }: { source: Source; opened: Opened }) {
  const signedIn = useQuery(sessionQuery).data !== undefined;
  const [copying, setCopying] = useState<Original | null>(null);
  const found = useQuery({
    queryKey: [...source.key, kind, id],
    queryFn: async () => {
      switch (kind) {
        case "collection":
          return { kind, read: await source.collection(id) } as const;
        case "item":
          return { kind, read: await source.item(id) } as const;
        case "environment":
          return { kind, read: (await source.environment?.(id)) ?? null } as const;
      }
    },
  });
  if (found.isPending) return <Spinner label="Loading" />;
  if (found.error) return <NotHere problem={found.error} />;
  const copies = (original: Original) =>
    signedIn &&
    source.copies && (
      <Button icon="copy" onClick={() => setCopying(original)}>
        Copy to a workspace
      </Button>
    );
  const dialog = copying && <CopyDialog of={copying} onClose={() => setCopying(null)} />;
  switch (found.data.kind) {
    case "collection":
      return (
        <>
          <DocumentView
            kind="collection"
            name={found.data.read.name}
            document={found.data.read.document}
            actions={copies({ kind: "collection", id, name: found.data.read.name })}
          />
          {dialog}
        </>
      );
    case "item":
      return (
        <DocumentView
          kind={found.data.read.kind}
          name={found.data.read.name}
          document={found.data.read.document}
        />
      );
    case "environment":
      return (
        found.data.read && (
          <>
            <EnvironmentView
              environment={found.data.read}
              actions={
                found.data.read.kind === "environment" &&
                copies({ kind: "environment", id, name: found.data.read.name })
              }
            />
            {dialog}
          </>
        )
      );
  }
}

function EnvironmentView({
  environment,
  actions,
}: {
  environment: Schemas["PublicEnvironment"];
  actions: ReactNode;
}) {
  return (
    <article className={styles.document} aria-label={environment.name}>
      <header className={styles.title}>
        <Icon name="environments" size={18} />
        <h1>{environment.name}</h1>
        <span className={styles.actions}>{actions}</span>
      </header>
      {environment.values.length === 0 ? (
        <p className={styles.hint}>It has no variables.</p>
      ) : (
        <Table
          title="Variables"
          hidden="secret"
          rows={environment.values.map(({ enabled, ...value }) => ({ ...value, disabled: !enabled }))}
        />
      )}
    </article>
  );
}

/** The frame of what strangers read. */
export function ReaderFrame({ children }: { children: ReactNode }) {
  const session = useQuery(sessionQuery);
  return (
    <div className={styles.frame}>
      <header className={styles.header}>
        <Link to="/" className={styles.brand}>
          <Mark size={22} /> Bulla
        </Link>
        <nav className={styles.ways} aria-label="Elsewhere">
          <Link to="/public" activeOptions={{ exact: true }}>
            Public workspaces
          </Link>
          {session.data ? (
            <Link to="/">Your workspaces</Link>
          ) : (
            session.error && (
              <Link to="/sign-in" search={{ to: here() }}>
                Sign in
              </Link>
            )
          )}
        </nav>
      </header>
      {children}
    </div>
  );
}

/** Why there is nothing to read. */
export function NotHere({ problem }: { problem: unknown }) {
  if (isProblem(problem) && problem.status === 401)
    return (
      <EmptyState
        icon="lock"
        title="Sign in to read this"
        actions={
          <Link to="/sign-in" search={{ to: here() }}>
            Sign in
          </Link>
        }
      >
        This server shows what is public to people who have an account here.
      </EmptyState>
    );
  if (isProblem(problem) && problem.status === 404)
    return (
      <EmptyState icon="search" title="There is nothing at this address">
        It may have been deleted, or it is not public any more.
      </EmptyState>
    );
  return <Notice kind="problem">{problemText(problem)}</Notice>;
}

function here(): string {
  return globalThis.location.pathname + globalThis.location.search;
}
