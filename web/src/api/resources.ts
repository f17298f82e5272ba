import { QueryClient, queryOptions } from "@tanstack/react-query";
import { answered, api, client, isProblem } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Session = Schemas["Session"];
export type Workspace = Schemas["Workspace"];
export type WorkspaceRole = Schemas["WorkspaceRole"];
export type Collection = Schemas["Collection"];
export type CollectionSummary = Schemas["CollectionSummary"];
/** A folder, request or example as the tree shows it. */
export type Node = Schemas["Node"];
/** A folder, request or example with its whole document. */
export type Item = Schemas["ItemDetail"];
export type Environment = Schemas["Environment"];
export type EnvironmentValue = Schemas["EnvironmentValue"];
export type EnvironmentSummary = Schemas["EnvironmentSummary"];
export type Imported = Schemas["Imported"];

/** What the server said. Nothing else on the page imitates it. */
export const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // A refusal stays a refusal; only a network that failed is asked again.
      retry: (failures, error) => !isProblem(error) && failures < 2,
    },
  },
});

export const sessionQuery = api.queryOptions(
  "get",
  "/api/session",
  {},
  { staleTime: Infinity, retry: false },
);
export const teamQuery = api.queryOptions("get", "/api/team");
export const setupQuery = api.queryOptions("get", "/api/setup", {}, { staleTime: 0 });
export const metaQuery = api.queryOptions("get", "/api/meta", {}, { staleTime: Infinity });
export const workspacesQuery = api.queryOptions("get", "/api/workspaces");

export const workspaceQuery = (id: string) =>
  api.queryOptions("get", "/api/workspaces/{id}", { params: { path: { id } } });
export const membersQuery = (id: string) =>
  api.queryOptions("get", "/api/workspaces/{id}/members", { params: { path: { id } } });
export const collectionsQuery = (workspaceId: string) =>
  api.queryOptions("get", "/api/workspaces/{id}/collections", { params: { path: { id: workspaceId } } });
export const collectionQuery = (id: string) =>
  api.queryOptions("get", "/api/collections/{id}", { params: { path: { id } } });
export const itemQuery = (id: string) =>
  api.queryOptions("get", "/api/items/{id}", { params: { path: { id } } });
export const environmentsQuery = (workspaceId: string) =>
  api.queryOptions("get", "/api/workspaces/{id}/environments", { params: { path: { id: workspaceId } } });
export const environmentQuery = (id: string) =>
  api.queryOptions("get", "/api/environments/{id}", { params: { path: { id } } });
export const globalsQuery = (workspaceId: string) =>
  api.queryOptions("get", "/api/workspaces/{id}/globals", { params: { path: { id: workspaceId } } });

/** Every item of a collection without documents, all pages. */
export const nodesQuery = (collectionId: string) =>
  queryOptions({
    queryKey: ["nodes", collectionId],
    queryFn: ({ signal }) =>
      everyNode((query) =>
        answered(
          client.GET("/api/collections/{id}/items", {
            params: { path: { id: collectionId }, query },
            signal,
          }),
        ),
      ),
  });

/** The nodes of all pages, which are asked for one after another. */
export async function everyNode(
  page: (query: { limit: number; after?: string }) => Promise<Schemas["Items"]>,
): Promise<Node[]> {
  const nodes: Node[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await page({ limit: 10_000, ...(after === undefined ? {} : { after }) });
    nodes.push(...items);
    after = next ?? undefined;
  } while (after !== undefined);
  return nodes;
}

/**
 * Takes an item as the server has just answered it into the cache: its own query, and its row in the tree.
 *
 * Call it after every successful change of an item.
 */
export function rememberItem(item: Item) {
  cache.setQueryData(itemQuery(item.id).queryKey, item);
  cache.setQueryData(nodesQuery(item.collectionId).queryKey, (nodes) => {
    if (!nodes) return nodes;
    const { id, parentId, rank, kind, name, method, version } = item;
    const node: Node = { id, parentId, rank, kind, name, method, version };
    return nodes.some((old) => old.id === id)
      ? nodes.map((old) => (old.id === id ? node : old))
      : [...nodes, node];
  });
}

/** Takes a collection as the server has just answered it into the cache. */
export function rememberCollection(collection: Collection) {
  cache.setQueryData(collectionQuery(collection.id).queryKey, collection);
  cache.setQueryData<{ items: CollectionSummary[] }>(
    collectionsQuery(collection.workspaceId).queryKey,
    (list) =>
      list && {
        items: list.items.map((old) =>
          old.id === collection.id ? { ...old, name: collection.name, version: collection.version } : old,
        ),
      },
  );
}

/** Takes an environment or the globals as the server has just answered them into the cache. */
export function rememberEnvironment(environment: Environment) {
  const { id, workspaceId, kind, name, version } = environment;
  cache.setQueryData(environmentQuery(id).queryKey, environment);
  if (kind === "globals") cache.setQueryData(globalsQuery(workspaceId).queryKey, environment);
  else
    cache.setQueryData<{ items: EnvironmentSummary[] }>(
      environmentsQuery(workspaceId).queryKey,
      (list) => list && { items: list.items.map((old) => (old.id === id ? { ...old, name, version } : old)) },
    );
}
