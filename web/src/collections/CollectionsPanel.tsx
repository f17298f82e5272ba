import { useQueries, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { problemText } from "../api/client";
import { collectionsQuery, nodesQuery, type Workspace } from "../api/resources";
import { useImport } from "../imports/opening";
import { useOpen } from "../app/open";
import type { Target } from "../app/target";
import { useDraftIds } from "../drafts/store";
import { SampleButton } from "../imports/SampleButton";
import { Button, IconButton } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Icon } from "../ui/Icon";
import { Menu, MenuAt, type MenuEntry } from "../ui/Menu";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { exportCollection, exportFormats, useCollectionActions } from "./actions";
import styles from "./CollectionsPanel.module.css";
import { collapse, collapseAll, expand, useExpanded } from "./expanded";
import { Tree, type TreeHandle } from "./Tree";
import { ancestors, type Branch, dropPlace, moveByOne, type Row, rows } from "./tree";

/** The sidebar of collections: filter, tree, and everything one can do to what is in it. */
export function CollectionsPanel({ workspace, current }: { workspace: Workspace; current: Target | null }) {
  const workspaceId = workspace.id;
  const canEdit = workspace.role !== "viewer";
  const actions = useCollectionActions(workspaceId);
  const open = useOpen(workspaceId);
  const startImport = useImport();
  const unsaved = useDraftIds();
  const expanded = useExpanded(workspaceId);
  const [filter, setFilter] = useState("");
  const filtering = useDeferredValue(filter.trim());
  const [renamingId, setRenamingId] = useState<string | null>(null);
  const [menu, setMenu] = useState<{ row: Row; at: { x: number; y: number } } | null>(null);
  const [deleting, setDeleting] = useState<Row | null>(null);
  const [said, setSaid] = useState("");
  const tree = useRef<TreeHandle>(null);

  const collections = useQuery(collectionsQuery(workspaceId));
  const summaries = useMemo(() => collections.data?.items ?? [], [collections.data]);
  const currentId = current && "id" in current ? current.id : null;
  const branches = useQueries({
    queries: summaries.map((summary) => ({
      ...nodesQuery(summary.id),
      enabled: filtering !== "" || expanded.has(summary.id),
    })),
    combine: (answers): Branch[] =>
      summaries.map((summary, index) => ({
        summary,
        nodes: answers[index]?.data ?? null,
        problem: answers[index]?.error ? problemText(answers[index].error) : null,
      })),
  });
  const shown = useMemo(() => rows(branches, expanded, filtering), [branches, expanded, filtering]);

  // The way to what a tab shows is open, once each time another tab is shown.
  const revealed = useRef<string | null>(null);
  useEffect(() => {
    if (currentId === null || revealed.current === currentId) return;
    const branch = branches.find(({ nodes }) => nodes?.some((node) => node.id === currentId));
    if (!branch?.nodes) return;
    revealed.current = currentId;
    expand(workspaceId, ancestors(branch.nodes, branch.summary.id, currentId));
  }, [branches, currentId, workspaceId]);

  const nodesOf = (row: Row) =>
    branches.find((branch) => branch.summary.id === row.collectionId)?.nodes ?? [];

  async function createIn(kind: "request" | "folder", row: Row) {
    const parentId =
      row.kind === "folder" ? row.id : row.kind === "collection" ? null : (row.node?.parentId ?? null);
    const item = await (kind === "request"
      ? actions.createRequest(row.collectionId, parentId)
      : actions.createFolder(row.collectionId, parentId));
    if (item) setRenamingId(item.id);
  }

  async function createCollection() {
    const collection = await actions.createCollection();
    if (!collection) return;
    open({ kind: "collection", id: collection.id });
    setRenamingId(collection.id);
  }

  function rename(row: Row, name: string) {
    const summary = summaries.find((candidate) => candidate.id === row.id);
    if (row.node) void actions.renameItem(row.node, row.collectionId, name);
    else if (summary) void actions.renameCollection(summary, name);
  }

  async function moveByKey(row: Row, direction: "up" | "down") {
    if (!row.node) return;
    const place = moveByOne(nodesOf(row), row.node, direction, expanded);
    if (!place) {
      setSaid(`${row.name} is already ${direction === "up" ? "first" : "last"}`);
      return;
    }
    const item = await actions.move(row.node, row.collectionId, place);
    if (item) {
      const parent = nodesOf(row).find((node) => node.id === place.parentId)?.name;
      setSaid(`${row.name} moved ${direction}${parent ? `, in ${parent}` : ""}`);
    }
  }

  function openRow(row: Row, keep: boolean) {
    switch (row.kind) {
      case "note":
        return;
      case "collection":
      case "folder":
      case "request":
      case "example":
        open({ kind: row.kind, id: row.id }, keep ? "keep" : "look");
    }
  }

  function entries(row: Row): MenuEntry[] {
    const place: Target =
      row.kind === "folder"
        ? { kind: "runner", id: row.collectionId, folderId: row.id }
        : { kind: "runner", id: row.collectionId };
    const list: MenuEntry[] = [];
    if (row.kind === "collection" || row.kind === "folder") {
      list.push(
        {
          label: "Add request",
          icon: "request",
          disabled: !canEdit,
          onSelect: () => void createIn("request", row),
        },
        {
          label: "Add folder",
          icon: "folder",
          disabled: !canEdit,
          onSelect: () => void createIn("folder", row),
        },
        "separator",
        { label: "Run", icon: "play", onSelect: () => open(place) },
      );
    }
    list.push({ label: "Open", icon: "arrow-right", shortcut: "Enter", onSelect: () => openRow(row, true) });
    list.push({
      label: "Rename",
      icon: "edit",
      shortcut: "F2",
      disabled: !canEdit,
      onSelect: () => setTimeout(() => setRenamingId(row.id)),
    });
    const { node } = row;
    if (node) {
      list.push(
        {
          label: "Duplicate",
          icon: "duplicate",
          disabled: !canEdit,
          onSelect: () => void actions.duplicate(node, row.collectionId),
        },
        {
          label: "Move up",
          icon: "arrow-up",
          shortcut: "Alt ↑",
          disabled: !canEdit,
          onSelect: () => void moveByKey(row, "up"),
        },
        {
          label: "Move down",
          icon: "arrow-down",
          shortcut: "Alt ↓",
          disabled: !canEdit,
          onSelect: () => void moveByKey(row, "down"),
        },
      );
    } else {
      list.push(
        {
          label: "Activity",
          icon: "clock",
          onSelect: () => open({ kind: "activity", element: row.id }),
        },
        "separator",
        { heading: "Export" },
        ...exportFormats.map(({ id, label }) => ({
          label,
          icon: "download" as const,
          onSelect: () => exportCollection(row.id, id),
        })),
      );
    }
    list.push("separator", {
      label: "Delete",
      icon: "trash",
      shortcut: "Del",
      danger: true,
      disabled: !canEdit,
      onSelect: () => setDeleting(row),
    });
    return list;
  }

  return (
    <section className={styles.panel} aria-label="Collections" aria-busy={collections.isPending}>
      <header className={styles.header}>
        <h2 className={styles.title}>Collections</h2>
        <Menu
          align="end"
          entries={[
            {
              label: "New request",
              icon: "request",
              shortcut: "Alt N",
              disabled: !canEdit,
              onSelect: () => void actions.createRequestAnywhere(),
            },
            {
              label: "New collection",
              icon: "collections",
              disabled: !canEdit,
              onSelect: () => void createCollection(),
            },
            {
              label: "Import…",
              icon: "import",
              shortcut: "Alt I",
              disabled: !canEdit,
              onSelect: startImport,
            },
            "separator",
            { label: "Collapse all", icon: "sort", onSelect: () => collapseAll(workspaceId) },
          ]}
        >
          <IconButton label="Add" icon="add" size="small" />
        </Menu>
      </header>
      {summaries.length > 0 && (
        <div className={styles.filter}>
          <Icon name="filter" size={14} />
          <input
            type="search"
            placeholder="Filter"
            aria-label="Filter collections"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") setFilter("");
              if (event.key === "ArrowDown" || event.key === "Enter") {
                event.preventDefault();
                tree.current?.focus(
                  event.key === "Enter" ? shown.find((row) => row.kind === "request")?.id : shown[0]?.id,
                );
              }
            }}
          />
        </div>
      )}
      {collections.isPending && <Spinner label="Loading collections" />}
      {collections.error && (
        <div className={styles.notice}>
          <Notice
            kind="problem"
            actions={
              <Button size="small" onClick={() => void collections.refetch()}>
                Try again
              </Button>
            }
          >
            {problemText(collections.error)}
          </Notice>
        </div>
      )}
      {collections.data && summaries.length === 0 && (
        <EmptyState
          compact
          icon="collections"
          title="No collections yet"
          actions={
            canEdit && (
              <>
                <Button kind="primary" icon="import" onClick={startImport}>
                  Import
                </Button>
                <SampleButton workspaceId={workspaceId} />
                <Button onClick={() => void actions.createRequestAnywhere()}>New request</Button>
              </>
            )
          }
        >
          {canEdit
            ? "A collection holds requests that belong together. Import one from Postman, take the sample, or start with a request."
            : "A collection holds requests that belong together. An editor of this workspace can add one."}
        </EmptyState>
      )}
      {summaries.length > 0 && shown.length === 0 && (
        <p className={styles.nothing} role="status">
          Nothing here is called “{filtering}”.
        </p>
      )}
      {shown.length > 0 && (
        <Tree
          label="Collections"
          handle={tree}
          rows={shown}
          currentId={currentId}
          unsaved={unsaved}
          canEdit={canEdit}
          renamingId={renamingId}
          onRenaming={setRenamingId}
          onRename={rename}
          onOpen={openRow}
          onExpand={(row, wanted) => (wanted ? expand(workspaceId, [row.id]) : collapse(workspaceId, row.id))}
          onMenu={(row, at) => setMenu({ row, at })}
          onDelete={setDeleting}
          onMoveByOne={(row, direction) => void moveByKey(row, direction)}
          canDrop={(row, on, where) =>
            row.node !== undefined &&
            row.collectionId === on.collectionId &&
            dropPlace(nodesOf(row), row.node, on, where) !== null
          }
          onDrop={(row, on, where) => {
            const place = row.node && dropPlace(nodesOf(row), row.node, on, where);
            if (row.node && place) void actions.move(row.node, row.collectionId, place);
          }}
        />
      )}
      <p className="visually-hidden" aria-live="polite">
        {said}
      </p>
      {menu && (
        <MenuAt
          at={menu.at}
          entries={entries(menu.row)}
          onClose={() => setMenu(null)}
          returnTo={() => tree.current?.element() ?? null}
        />
      )}
      {deleting && (
        <DeleteDialog
          row={deleting}
          remove={async () => {
            if (deleting.node) await actions.removeItem(deleting.node, deleting.collectionId);
            else await actions.removeCollection(deleting.id);
          }}
          onClose={() => {
            setDeleting(null);
            setTimeout(() => tree.current?.focus());
          }}
        />
      )}
    </section>
  );
}

function DeleteDialog({
  row,
  remove,
  onClose,
}: {
  row: Row;
  remove: () => Promise<void>;
  onClose: () => void;
}) {
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({
    busy: false,
    problem: null,
  });
  const inside = row.kind === "folder" || row.kind === "collection" ? " and everything in it" : "";
  return (
    <ConfirmDialog
      title={`Delete this ${row.kind}?`}
      action={`Delete ${row.kind}`}
      busy={state.busy}
      problem={state.problem}
      onClose={onClose}
      onConfirm={() => {
        setState({ busy: true, problem: null });
        remove().then(onClose, (problem: unknown) =>
          setState({ busy: false, problem: problemText(problem) }),
        );
      }}
    >
      <p>
        <strong>{row.name}</strong>
        {inside} will be deleted for everyone in this workspace. It can be restored from the trash for 30
        days.
      </p>
    </ConfirmDialog>
  );
}
