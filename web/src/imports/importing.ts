import { answered, client } from "../api/client";
import { cache, collectionsQuery, environmentsQuery, globalsQuery, type Imported } from "../api/resources";
import { expand } from "../collections/expanded";

/** Gives a file to the server, which makes of it what it is: a collection, an environment, or globals. */
export async function importFile(workspaceId: string, name: string, content: Blob): Promise<Imported> {
  const imported = await answered<Imported>(
    client.POST("/api/workspaces/{id}/import", {
      params: { path: { id: workspaceId }, query: { name } },
      // The description has no word for raw bytes: they go as they are, without being read into memory.
      body: [],
      bodySerializer: () => content,
      headers: { "content-type": "application/octet-stream" },
    }),
  );
  await remember(workspaceId, imported);
  return imported;
}

/** Adds the sample collection, which runs against the server's own echo service. */
export async function importSample(workspaceId: string): Promise<Imported> {
  const imported = await answered(
    client.POST("/api/workspaces/{id}/samples", { params: { path: { id: workspaceId } } }),
  );
  await remember(workspaceId, imported);
  return imported;
}

async function remember(workspaceId: string, imported: Imported) {
  if (imported.kind === "collection") expand(workspaceId, [imported.id]);
  await Promise.all([
    cache.invalidateQueries(collectionsQuery(workspaceId)),
    cache.invalidateQueries(environmentsQuery(workspaceId)),
    cache.invalidateQueries(globalsQuery(workspaceId)),
  ]);
}
