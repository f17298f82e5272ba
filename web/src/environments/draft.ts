import { asRecord } from "../api/json";
import type { Environment, EnvironmentValue } from "../api/resources";
import { type Kept, kept, useKept } from "../app/storage";
import { sayNoRoom } from "../drafts/room";

/** One line of the editor. */
export interface DraftValue {
  /** The server's id; absent for a line that was added here. */
  id?: string;
  /** Tells lines apart on the page. */
  line: string;
  key: string;
  type: "default" | "secret";
  enabled: boolean;
  description: string;
  /** The shared value, or `null` for "as it is on the server": a secret that the page does not hold. */
  value: string | null;
  /** The hosts that a secret may be sent to without being seen; none if it may be seen. */
  boundTo?: readonly string[];
}

/** Edits of an environment that are not saved. */
export interface EnvironmentDraft {
  /** What was read when the editing began. */
  base: Environment;
  values: readonly DraftValue[];
}

/** The lines of an environment as the server has it. */
export function linesOf(environment: Environment): DraftValue[] {
  return environment.values.map((value) => lineOf(value));
}

function lineOf({ id, key, type, enabled, description, value, unseen }: EnvironmentValue): DraftValue {
  return {
    id,
    line: id,
    key,
    type,
    enabled,
    description: description ?? "",
    value: value ?? null,
    ...(unseen ? { boundTo: unseen.boundTo } : {}),
  };
}

const isSameList = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((text, index) => text === other[index]);

/** Whether the lines say something else than the environment. Lines without a name and a value do not count. */
export function differs(base: Environment, values: readonly DraftValue[]): boolean {
  const written = values.filter((value) => !isBlank(value));
  return (
    written.length !== base.values.length ||
    written.some((value, index) => {
      const old = base.values[index];
      return !old || value.id !== old.id || isChanged(old, value);
    })
  );
}

/** A line nobody wrote in. */
export function isBlank(value: DraftValue) {
  return value.id === undefined && value.key === "" && !value.value && value.description === "";
}

function isChanged(old: EnvironmentValue, { key, type, enabled, description, value, boundTo }: DraftValue) {
  return (
    !isSameList(boundTo ?? [], old.unseen?.boundTo ?? []) ||
    key !== old.key ||
    type !== old.type ||
    enabled !== old.enabled ||
    description !== (old.description ?? "") ||
    value !== (old.value ?? null)
  );
}

/** What a save sends. A secret that was not touched is not sent, and stays. */
export function saved(values: readonly DraftValue[]) {
  return values
    .filter((value) => !isBlank(value))
    .map(({ id, key, type, enabled, description, value, boundTo }) => ({
      key,
      type,
      enabled,
      description,
      ...(id === undefined ? {} : { id }),
      ...(value === null ? {} : { value }),
      ...(type === "secret" && boundTo !== undefined ? { boundTo: [...boundTo] } : {}),
    }));
}

/** What came of two people editing at once. */
export interface Merge {
  draft: EnvironmentDraft;
  /** Names of variables that both changed in different ways; the draft has what was typed here. */
  both: string[];
}

/**
 * Puts the edits of a draft on top of what someone else saved in the meantime. Nothing typed here is lost, nothing
 * they saved is undone, except where both changed one line: there the draft has what was typed here.
 */
export function merge({ base, values }: EnvironmentDraft, theirs: Environment): Merge {
  const both: string[] = [];
  const baseById = new Map(base.values.map((value) => [value.id, value]));
  const mineById = new Map(
    values.flatMap((value) => (value.id === undefined ? [] : [[value.id, value] as const])),
  );

  const merged: DraftValue[] = [];
  for (const their of theirs.values) {
    const old = baseById.get(their.id);
    const mine = mineById.get(their.id);
    const theyChanged = old !== undefined && isChanged(old, lineOf(their));
    if (!old)
      merged.push(lineOf(their)); // they added it
    else if (!mine) {
      // Removed here: it stays removed, unless they have changed it since.
      if (theyChanged) {
        merged.push(lineOf(their));
        both.push(their.key);
      }
    } else if (isChanged(old, mine)) {
      merged.push(mine);
      if (theyChanged && isChanged(their, mine)) both.push(mine.key);
    } else merged.push(lineOf(their));
  }
  const theirIds = new Set(theirs.values.map((value) => value.id));
  for (const mine of values) {
    if (mine.id === undefined) merged.push(mine);
    else if (!theirIds.has(mine.id)) {
      const old = baseById.get(mine.id);
      if (!old || !isChanged(old, mine)) continue; // they removed it, and nothing was typed here
      const { id: _, ...added } = mine;
      merged.push(added);
      both.push(mine.key);
    }
  }
  return { draft: { base: theirs, values: merged }, both };
}

const drafts = new Map<string, Kept<EnvironmentDraft | null>>();
/** Secrets that were typed and not saved: they are in the page, never in the browser's storage. */
const secrets = new Map<string, EnvironmentDraft>();

function draftOf(id: string): Kept<EnvironmentDraft | null> {
  let found = drafts.get(id);
  if (!found) {
    const stored = kept(`environment-draft.${id}`, parse);
    found = {
      read: () => {
        const read = stored.read();
        return read === null ? null : (secrets.get(id) ?? read);
      },
      write: (draft) => {
        if (draft) secrets.set(id, draft);
        else secrets.delete(id);
        const ids = unsaved.read().filter((other) => other !== id);
        unsaved.write(draft ? [...ids, id] : ids);
        const survives = stored.write(draft && { ...draft, values: draft.values.map(withoutSecret) });
        if (!survives) sayNoRoom();
        return survives;
      },
    };
    drafts.set(id, found);
  }
  return found;
}

function withoutSecret(value: DraftValue): DraftValue {
  return value.type === "secret" ? { ...value, value: null } : value;
}

function parse(json: unknown): EnvironmentDraft | null {
  const record = asRecord(json);
  const base = asRecord(record?.["base"]);
  if (!base || !Array.isArray(base["values"]) || !Array.isArray(record?.["values"])) return null;
  // Written by this page in this shape; what the server does not take it refuses with words.
  return { base: base as unknown as Environment, values: record["values"] as DraftValue[] };
}

const unsaved = kept("environment-drafts", (json): readonly string[] =>
  Array.isArray(json) ? json.filter((id) => typeof id === "string") : [],
);

/** Ids of environments and globals with edits that are not saved. */
export function useEnvironmentDraftIds(): readonly string[] {
  return useKept(unsaved);
}

/** The unsaved edits of an environment, or `null`. */
export function useEnvironmentDraft(id: string): EnvironmentDraft | null {
  return useKept(draftOf(id));
}

/** Keeps edits, or forgets them with `null`. */
export function keepEnvironmentDraft(id: string, draft: EnvironmentDraft | null) {
  draftOf(id).write(draft);
}
