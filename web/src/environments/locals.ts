import { cache, type Environment, environmentQuery, globalsQuery } from "../api/resources";
import { type Kept, kept, useKept } from "../app/storage";
import { asRecord } from "../api/json";

/**
 * Local values: what a variable is for this person in this browser. They stay in the browser; a Send carries them for
 * that one execution, and saving an environment never does.
 */
export type LocalValues = Readonly<Record<string, LocalValue>>;

/** A variable's local value; `enabled: false` is a variable that a script removed. */
export interface LocalValue {
  readonly value: string;
  readonly enabled: boolean;
}

/** The `locals` of a Send or a run. */
export interface Locals {
  environment: NamedLocal[];
  globals: NamedLocal[];
  collection: NamedLocal[];
}
export interface NamedLocal extends LocalValue {
  readonly key: string;
}

/** Which scopes an execution used. */
export interface ScopeIds {
  workspaceId: string;
  environmentId: string | null;
  collectionId: string | null;
}

/** A script's change of a variable, as the `variablesChanged` event tells it. */
export interface Mutation {
  scope: "environment" | "globals" | "collection" | "local";
  op: "set" | "unset" | "clear";
  key?: string | null;
  value?: unknown;
}

const scopes = new Map<string, Kept<LocalValues>>();

function scope(id: string): Kept<LocalValues> {
  let found = scopes.get(id);
  if (!found) {
    found = kept(`locals.${id}`, parse);
    scopes.set(id, found);
  }
  return found;
}

function parse(json: unknown): LocalValues {
  const values: Record<string, LocalValue> = {};
  for (const [key, entry] of Object.entries(asRecord(json) ?? {})) {
    const { value, enabled } = asRecord(entry) ?? {};
    if (typeof value === "string") values[key] = { value, enabled: enabled !== false };
  }
  return values;
}

/** The scope id under which a workspace's globals keep their local values. */
export function globalsScope(workspaceId: string) {
  return `globals-${workspaceId}`;
}

/** The local values of a scope: an environment's id, a collection's id, or `globalsScope(workspaceId)`. */
export function useLocals(scopeId: string): LocalValues {
  return useKept(scope(scopeId));
}

/** The local values of a scope, now. */
export function localsOf(scopeId: string): LocalValues {
  return scope(scopeId).read();
}

/** Sets a local value; `undefined` removes it, and the shared value counts again. */
export function setLocal(scopeId: string, key: string, value: string | undefined) {
  const { [key]: _, ...others } = scope(scopeId).read();
  scope(scopeId).write(value === undefined ? others : { ...others, [key]: { value, enabled: true } });
}

/** Forgets every local value of a scope; the shared values count again. */
export function resetLocals(scopeId: string) {
  scope(scopeId).write({});
}

/** What a Send or a run carries. */
export function localsFor({ workspaceId, environmentId, collectionId }: ScopeIds): Locals {
  const list = (id: string | null) =>
    id === null ? [] : Object.entries(localsOf(id)).map(([key, local]) => ({ key, ...local }));
  return {
    environment: list(environmentId),
    globals: list(globalsScope(workspaceId)),
    collection: list(collectionId),
  };
}

/** Takes what scripts changed into the local values of the scopes of that execution. */
export function applyMutations(changes: readonly Mutation[], where: ScopeIds) {
  for (const change of changes) {
    const id = scopeIdOf(change.scope, where);
    if (id === null) continue;
    const values = { ...localsOf(id) };
    if (change.op === "clear") {
      for (const key of [...Object.keys(values), ...sharedNames(change.scope, where)]) values[key] = removed;
    } else if (typeof change.key === "string") {
      values[change.key] = change.op === "set" ? { value: text(change.value), enabled: true } : removed;
    }
    scope(id).write(values);
  }
}

const removed: LocalValue = { value: "", enabled: false };

function scopeIdOf(name: Mutation["scope"], where: ScopeIds): string | null {
  switch (name) {
    case "environment":
      return where.environmentId;
    case "globals":
      return globalsScope(where.workspaceId);
    case "collection":
      return where.collectionId;
    case "local":
      return null; // lives as long as the execution
  }
}

/** Names with a shared value, as far as this page has seen them: what `clear` has to hide. */
function sharedNames(name: Mutation["scope"], where: ScopeIds): string[] {
  const query =
    name === "globals"
      ? globalsQuery(where.workspaceId)
      : name === "environment" && where.environmentId !== null
        ? environmentQuery(where.environmentId)
        : null;
  return (query && cache.getQueryData<Environment>(query.queryKey)?.values.map((value) => value.key)) ?? [];
}

/** A script may set anything; a variable is text. */
function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
