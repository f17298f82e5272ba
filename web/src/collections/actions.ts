import { useMemo } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import {
  cache,
  collectionsQuery,
  itemQuery,
  type Collection,
  type CollectionSummary,
  type Item,
  type Node,
  nodesQuery,
  rememberCollection,
  rememberItem,
} from "../api/resources";
import { type Opening, useClose, useOpen } from "../app/open";
import { stripOf } from "../app/tabs";
import type { Target } from "../app/target";
import { offerUndo } from "../trash/restoring";
import { toast } from "../ui/toast";
import { expand } from "./expanded";
import { byParent, type Place } from "./tree";

/** The formats that a collection can be exported in. */
export const exportFormats = [
  { id: "2.1.0", label: "Collection v2.1 (recommended)" },
  { id: "2.0.0", label: "Collection v2.0" },
  { id: "1.0.0", label: "Collection v1" },
] as const;

/** What one can do to collections and what is in them. Each says on the page if it fails, and answers `null` then. */
export function useCollectionActions(workspaceId: string) {
  const open = useOpen(workspaceId);
  const close = useClose(workspaceId);
  return useMemo(() => actions(workspaceId, open, close), [workspaceId, open, close]);
}

export type CollectionActions = ReturnType<typeof useCollectionActions>;

function actions(
  workspaceId: string,
  open: (target: Target, how?: Opening) => void,
  close: (goes: (target: Target) => boolean) => void,
) {
  /** Closes the tabs of what was deleted, and forgets that they could be opened again. */
  function closeTabsOf(ids: ReadonlySet<string>) {
    const goes = (target: Target) => "id" in target && ids.has(target.id);
    close(goes);
    const strip = stripOf(workspaceId);
    strip.write({ ...strip.read(), closed: strip.read().closed.filter((target) => !goes(target)) });
  }

  async function createCollection(name = "New collection"): Promise<Collection | null> {
    return attempt(async () => {
      const collection = await answered(
        client.POST("/api/workspaces/{id}/collections", {
          params: { path: { id: workspaceId } },
          body: { name },
        }),
      );
      await cache.invalidateQueries(collectionsQuery(workspaceId));
      return collection;
    });
  }

  async function create(
    kind: "folder" | "request",
    collectionId: string,
    parentId: string | null,
  ): Promise<Item | null> {
    return attempt(async () => {
      const nodes = await cache.ensureQueryData(nodesQuery(collectionId));
      const item = await answered(
        client.POST("/api/collections/{id}/items", {
          params: { path: { id: collectionId } },
          body: {
            parentId,
            kind,
            name: kind === "folder" ? "New folder" : "New request",
            after: byParent(nodes).get(parentId)?.at(-1)?.id ?? null,
            ...(kind === "request"
              ? {
                  document: { name: "New request", request: { method: "GET", header: [], url: { raw: "" } } },
                }
              : {}),
          },
        }),
      );
      rememberItem(item);
      expand(workspaceId, [collectionId, ...(parentId === null ? [] : [parentId])]);
      open({ kind, id: item.id });
      return item;
    });
  }

  return {
    createCollection,
    createFolder: (collectionId: string, parentId: string | null) => create("folder", collectionId, parentId),
    createRequest: (collectionId: string, parentId: string | null) =>
      create("request", collectionId, parentId),

    /** A request in the first collection of the workspace, which is made if there is none. */
    async createRequestAnywhere() {
      const list = await attempt(() => cache.ensureQueryData(collectionsQuery(workspaceId)));
      if (!list) return null;
      const collectionId = list.items[0]?.id ?? (await createCollection())?.id;
      return collectionId === undefined ? null : create("request", collectionId, null);
    },

    async renameCollection({ id, version }: { id: string; version: number }, name: string) {
      return attempt(
        async () => {
          const collection = await answered(
            client.PATCH("/api/collections/{id}", { params: { path: { id } }, body: { version, name } }),
          );
          rememberCollection(collection);
          return collection;
        },
        () => cache.invalidateQueries(collectionsQuery(workspaceId)),
      );
    },

    async renameItem(node: Pick<Node, "id" | "version">, collectionId: string, name: string) {
      return attempt(
        async () => {
          const item = await answered(
            client.PATCH("/api/items/{id}", {
              params: { path: { id: node.id } },
              body: { version: node.version, name },
            }),
          );
          rememberItem(item);
          return item;
        },
        () => cache.invalidateQueries(nodesQuery(collectionId)),
      );
    },

    async move(node: Node, collectionId: string, place: Place) {
      return attempt(
        async () => {
          const item = await answered(
            client.POST("/api/items/{id}/move", {
              params: { path: { id: node.id } },
              body: { version: node.version, ...place },
            }),
          );
          rememberItem(item);
          if (place.parentId !== null) expand(workspaceId, [place.parentId]);
          // The server may have given the siblings new places.
          await cache.invalidateQueries(nodesQuery(collectionId));
          return item;
        },
        () => cache.invalidateQueries(nodesQuery(collectionId)),
      );
    },

    async duplicate(node: Node, collectionId: string) {
      return attempt(async () => {
        const item = await answered(
          client.POST("/api/items/{id}/duplicate", { params: { path: { id: node.id } } }),
        );
        rememberItem(item);
        await cache.invalidateQueries(nodesQuery(collectionId));
        if (item.kind === "request") open({ kind: "request", id: item.id });
        return item;
      });
    },

    /** Answers whether it is gone; throws the problem, because the dialog that asked shows it. */
    async removeItem(node: Node, collectionId: string) {
      await answered(
        client.DELETE("/api/items/{id}", {
          params: { path: { id: node.id }, query: { version: node.version } },
        }),
      );
      const nodes = cache.getQueryData(nodesQuery(collectionId).queryKey) ?? [];
      const gone = new Set([node.id]);
      const children = byParent(nodes);
      for (const id of gone) for (const child of children.get(id) ?? []) gone.add(child.id);
      cache.setQueryData(
        nodesQuery(collectionId).queryKey,
        nodes.filter((other) => !gone.has(other.id)),
      );
      for (const id of gone) cache.removeQueries({ queryKey: itemQuery(id).queryKey });
      closeTabsOf(gone);
      offerUndo(node.id, node.name, workspaceId);
    },

    /** Throws the problem, because the dialog that asked shows it. */
    async removeCollection(id: string) {
      const name = cache
        .getQueryData<{ items: CollectionSummary[] }>(collectionsQuery(workspaceId).queryKey)
        ?.items.find((collection) => collection.id === id)?.name;
      await answered(client.DELETE("/api/collections/{id}", { params: { path: { id } } }));
      const nodes = cache.getQueryData(nodesQuery(id).queryKey) ?? [];
      closeTabsOf(new Set([id, ...nodes.map((node) => node.id)]));
      await cache.invalidateQueries(collectionsQuery(workspaceId));
      offerUndo(id, name ?? "The collection", workspaceId);
    },
  };
}

/** Saves the collection as a file: the browser asks where. */
export function exportCollection(id: string, format: string) {
  download(`/api/collections/${encodeURIComponent(id)}/export?format=${encodeURIComponent(format)}`);
}

/** Lets the browser save what is at an address of this server. */
export function download(address: string) {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}

async function attempt<Value>(work: () => Promise<Value>, onStale?: () => unknown): Promise<Value | null> {
  try {
    return await work();
  } catch (problem) {
    if (isProblem(problem) && problem.code === "stale") {
      await onStale?.();
      toast({
        kind: "problem",
        text: "Someone else changed this a moment ago. What you see now is current: try again.",
      });
    } else toast({ kind: "problem", text: problemText(problem) });
    return null;
  }
}
