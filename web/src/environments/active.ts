import { useQuery } from "@tanstack/react-query";
import { environmentsQuery } from "../api/resources";
import { kept, useKept } from "../app/storage";
import { asRecord } from "../api/json";

/** Which environment is active in each workspace: workspace id to environment id. */
const active = kept("environments", (json) => {
  const ids: Record<string, string> = {};
  for (const [workspaceId, id] of Object.entries(asRecord(json) ?? {}))
    if (typeof id === "string") ids[workspaceId] = id;
  return ids;
});

/** The environment that Sends of this workspace use, or `null`; an environment that is gone is not active. */
export function useActiveEnvironment(workspaceId: string): { id: string; name: string } | null {
  const id = useKept(active)[workspaceId];
  const environments = useQuery(environmentsQuery(workspaceId));
  const found = environments.data?.items.find((environment) => environment.id === id);
  return found ? { id: found.id, name: found.name } : null;
}

/** Makes an environment the active one of a workspace; `null` for none. */
export function setActiveEnvironment(workspaceId: string, environmentId: string | null) {
  const { [workspaceId]: _, ...others } = active.read();
  active.write(environmentId === null ? others : { ...others, [workspaceId]: environmentId });
}
