import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { collectionQuery, type EnvironmentValue, environmentQuery, globalsQuery } from "../api/resources";
import { useActiveEnvironment } from "./active";
import { asRecord } from "../api/json";
import { globalsScope, type LocalValues, useLocals } from "./locals";

/** A variable that a request can use, with the value it would have if sent now. */
export interface ResolvedVariable {
  name: string;
  /** `null` for a secret, whose value the page does not hold. */
  value: string | null;
  scope: VariableScope;
  secret: boolean;
  /** Where it is kept, for people: the environment's or the collection's name, or "Globals". */
  source: string;
  /** Whether the value is this browser's local value. */
  local: boolean;
  /** Entries of the same name in wider scopes, which this one hides; nearest first. */
  hides: ResolvedVariable[];
}

export type VariableScope = "environment" | "collection" | "globals";

/** One scope's entries, before they are merged. */
export interface Scope {
  scope: VariableScope;
  source: string;
  values: readonly Entry[];
  locals: LocalValues;
}

export type Entry = Pick<EnvironmentValue, "key" | "type" | "enabled" | "value">;

/**
 * Merges scopes, narrowest first, into one variable a name, sorted by name.
 *
 * A disabled entry does not exist; of entries with one name in one scope the last enabled one wins; a local value
 * replaces the shared one, and a variable that has only a local value exists.
 */
export function resolve(scopes: readonly Scope[]): ResolvedVariable[] {
  const found = new Map<string, ResolvedVariable>();
  for (const scope of scopes) {
    for (const variable of variablesOf(scope)) {
      const nearer = found.get(variable.name);
      if (nearer) nearer.hides.push(variable);
      else found.set(variable.name, variable);
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

function variablesOf({ scope, source, values, locals }: Scope): ResolvedVariable[] {
  const names = new Map<string, ResolvedVariable>();
  for (const { key, type, enabled, value } of values) {
    if (!enabled || key === "") continue;
    const secret = type === "secret";
    names.set(key, {
      name: key,
      value: secret ? null : (value ?? ""),
      scope,
      secret,
      source,
      local: false,
      hides: [],
    });
  }
  for (const [name, local] of Object.entries(locals)) {
    const secret = names.get(name)?.secret ?? false;
    if (!local.enabled) names.delete(name);
    else if (!values.some((entry) => entry.key === name && !entry.enabled) || names.has(name))
      names.set(name, {
        name,
        value: secret ? null : local.value,
        scope,
        secret,
        source,
        local: true,
        hides: [],
      });
  }
  return [...names.values()];
}

/** The variables of a collection's document, in the shape of an environment's values. */
export function collectionVariables(document: Record<string, unknown> | undefined): Entry[] {
  const list = document?.["variable"];
  if (!Array.isArray(list)) return [];
  return list.flatMap((raw: unknown) => {
    const variable = asRecord(raw);
    const key = variable?.["key"] ?? variable?.["id"];
    if (!variable || typeof key !== "string") return [];
    const value = variable["value"];
    return [
      {
        key,
        type: variable["type"] === "secret" ? ("secret" as const) : ("default" as const),
        enabled: variable["disabled"] !== true,
        value:
          typeof value === "string"
            ? value
            : value === undefined || value === null
              ? ""
              : JSON.stringify(value),
      },
    ];
  });
}

const none: readonly Entry[] = [];

/** Every variable that a request of this collection can use now, secrets without their value. */
export function useVariables({
  workspaceId,
  collectionId,
}: {
  workspaceId: string;
  collectionId: string | null;
}): ResolvedVariable[] {
  const active = useActiveEnvironment(workspaceId);
  const environment = useQuery({ ...environmentQuery(active?.id ?? ""), enabled: active !== null }).data;
  const collection = useQuery({
    ...collectionQuery(collectionId ?? ""),
    enabled: collectionId !== null,
  }).data;
  const globals = useQuery(globalsQuery(workspaceId)).data;
  const environmentLocals = useLocals(active?.id ?? "no environment");
  const collectionLocals = useLocals(collectionId ?? "no collection");
  const globalLocals = useLocals(globalsScope(workspaceId));

  return useMemo(() => {
    const scopes: Scope[] = [];
    if (active)
      scopes.push({
        scope: "environment",
        source: active.name,
        values: environment?.values ?? none,
        locals: environmentLocals,
      });
    if (collectionId !== null)
      scopes.push({
        scope: "collection",
        source: collection?.name ?? "Collection",
        values: collectionVariables(collection?.document),
        locals: collectionLocals,
      });
    scopes.push({
      scope: "globals",
      source: "Globals",
      values: globals?.values ?? none,
      locals: globalLocals,
    });
    return resolve(scopes);
    // `active` is a new object on each render; its parts are what count.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [
    active?.id,
    active?.name,
    collectionId,
    environment,
    collection,
    globals,
    environmentLocals,
    collectionLocals,
    globalLocals,
  ]);
}
