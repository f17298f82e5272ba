import { useQuery } from "@tanstack/react-query";
import { isProblem } from "../api/client";
import { collectionsQuery, environmentsQuery, itemQuery } from "../api/resources";
import type { IconName } from "../ui/Icon";
import type { Target } from "./target";

/** What a tab is called. */
export interface Title {
  name: string;
  /** A request's method, which stands where others have an icon. */
  method: string | null;
  icon: IconName;
  /** It is not on the server any more, or not for this person. */
  gone: boolean;
}

/** The title of what a tab shows, as far as it has come. */
export function useTitle(workspaceId: string, target: Target): Title {
  const itemId =
    "id" in target && isItem(target)
      ? target.id
      : target.kind === "runner"
        ? (target.folderId ?? null)
        : null;
  const item = useQuery({ ...itemQuery(itemId ?? ""), enabled: itemId !== null });
  const collections = useQuery({
    ...collectionsQuery(workspaceId),
    enabled: target.kind === "collection" || target.kind === "runner" || isOfElement(target),
  });
  const environments = useQuery({
    ...environmentsQuery(workspaceId),
    enabled: target.kind === "environment" || isOfElement(target),
  });
  const gone = isProblem(item.error) && item.error.status === 404;

  switch (target.kind) {
    case "request":
      return {
        name: item.data?.name ?? (gone ? "Deleted request" : "…"),
        method: gone ? null : (item.data?.method ?? "GET"),
        icon: "request",
        gone,
      };
    case "folder":
      return { name: item.data?.name ?? (gone ? "Deleted folder" : "…"), method: null, icon: "folder", gone };
    case "example":
      return {
        name: item.data?.name ?? (gone ? "Deleted example" : "…"),
        method: null,
        icon: "example",
        gone,
      };
    case "collection": {
      const found = collections.data?.items.find((collection) => collection.id === target.id);
      return named(found?.name, collections.isSuccess, "collection", "collections");
    }
    case "runner": {
      const found = collections.data?.items.find((collection) => collection.id === target.id);
      const name = target.folderId === undefined ? found?.name : item.data?.name;
      return {
        ...named(name, collections.isSuccess && !found, "collection", "play"),
        name: `Run ${name ?? "…"}`,
      };
    }
    case "environment": {
      const found = environments.data?.items.find((environment) => environment.id === target.id);
      return named(found?.name, environments.isSuccess, "environment", "environments");
    }
    case "globals":
      return { name: "Globals", method: null, icon: "globe", gone: false };
    case "settings":
      return { name: "Workspace settings", method: null, icon: "settings", gone: false };
    case "activity": {
      const elements = [...(collections.data?.items ?? []), ...(environments.data?.items ?? [])];
      const found = elements.find((element) => element.id === target.element);
      const name = found ? `Activity of ${found.name}` : "Activity";
      return { name, method: null, icon: "clock", gone: false };
    }
    case "trash":
      return { name: "Trash", method: null, icon: "trash", gone: false };
  }
}

function isOfElement(target: Target): boolean {
  return target.kind === "activity" && target.element !== undefined;
}

function isItem(target: Target): boolean {
  return target.kind === "request" || target.kind === "folder" || target.kind === "example";
}

function named(name: string | undefined, known: boolean, what: string, icon: IconName): Title {
  const gone = known && name === undefined;
  return { name: name ?? (gone ? `Deleted ${what}` : "…"), method: null, icon, gone };
}
