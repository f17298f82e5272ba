import { useQueries, useQuery } from "@tanstack/react-query";
import { collectionQuery, itemQuery, nodesQuery } from "../api/resources";
import { ancestorsOf } from "./AuthPart";
import { behaviorOf } from "./request";

/** A setting as something around a request or a folder says it. */
export interface Inherited {
  value: unknown;
  from: { kind: "folder" | "collection"; id: string; name: string };
}

/** What the folders and the collection around an item say of how requests are sent: of each setting the nearest. */
export function useInheritedBehavior(
  collectionId: string,
  parentId: string | null,
): ReadonlyMap<string, Inherited> {
  const nodes = useQuery(nodesQuery(collectionId)).data ?? [];
  const folders = useQueries({
    queries: ancestorsOf(nodes, parentId).map((folder) => itemQuery(folder.id)),
  });
  const collection = useQuery(collectionQuery(collectionId)).data;
  const found = new Map<string, Inherited>();
  const take = (document: Parameters<typeof behaviorOf>[0], from: Inherited["from"]) => {
    for (const [key, value] of Object.entries(behaviorOf(document)))
      if (!found.has(key)) found.set(key, { value, from });
  };
  for (const { data } of folders)
    if (data) take(data.document, { kind: "folder", id: data.id, name: data.name });
  if (collection) take(collection.document, { kind: "collection", id: collection.id, name: collection.name });
  return found;
}
