import { useQueries, useQuery } from "@tanstack/react-query";
import { collectionQuery, itemQuery, type Node, nodesQuery } from "../api/resources";
import { asRecord } from "../api/json";
import { useOpen } from "../app/open";
import { authTypeOf, authTypes, authValue, withAuthType, withAuthValue } from "../collections/auth";
import { Button } from "../ui/Button";
import { Select } from "../ui/Field";
import { Notice } from "../ui/Notice";
import type { PartProps } from "./ParamsPart";
import { requestOf } from "./request";
import styles from "./RequestTab.module.css";
import { VariableInput } from "./VariableInput";

/** Where a request's authorization comes from. */
export interface EffectiveAuth {
  type: string;
  /** "Bearer token", as the form calls it. */
  label: string;
  /** `null` if the request itself says it. */
  from: { kind: "folder" | "collection"; id: string; name: string } | null;
}

/** The folders around an item, nearest first. */
export function ancestorsOf(nodes: readonly Node[], parentId: string | null): Node[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found: Node[] = [];
  for (let id = parentId; id !== null;) {
    const node = byId.get(id);
    if (!node || found.includes(node)) break;
    found.push(node);
    id = node.parentId;
  }
  return found;
}

/** How a request signs in: as it says itself, or as the nearest folder or the collection does. */
export function useEffectiveAuth(
  document: PartProps["document"],
  collectionId: string,
  parentId: string | null,
): EffectiveAuth | null {
  const own = authTypeOf(requestOf(document));
  const nodes = useQuery(nodesQuery(collectionId)).data ?? [];
  const inherits = own === "inherit";
  const folders = ancestorsOf(nodes, parentId);
  const items = useQueries({
    queries: folders.map((folder) => ({ ...itemQuery(folder.id), enabled: inherits })),
  });
  const collection = useQuery({ ...collectionQuery(collectionId), enabled: inherits }).data;
  const label = (type: string) => authTypes.find((known) => known.type === type)?.label ?? type;

  if (!inherits) return own === "noauth" ? null : { type: own, label: label(own), from: null };
  for (const { data } of items) {
    if (!data) continue;
    const type = authTypeOf(data.document);
    if (type === "noauth") return null;
    if (type !== "inherit")
      return { type, label: label(type), from: { kind: "folder", id: data.id, name: data.name } };
  }
  const type = collection ? authTypeOf(collection.document) : "inherit";
  return collection && type !== "inherit" && type !== "noauth"
    ? { type, label: label(type), from: { kind: "collection", id: collection.id, name: collection.name } }
    : null;
}

/** How the request signs in. */
export function AuthPart({
  document,
  onChange,
  effective,
  workspaceId,
}: PartProps & { effective: EffectiveAuth | null; workspaceId: string }) {
  const open = useOpen(workspaceId);
  const request = requestOf(document);
  const type = authTypeOf(request);
  const known = authTypes.find((candidate) => candidate.type === type);
  const options = [
    { value: "inherit", label: "Inherit from parent" },
    ...authTypes.map(({ type: value, label }) => ({ value, label })),
    ...(known || type === "inherit" ? [] : [{ value: type, label: type }]),
  ];
  const set = (next: PartProps["document"]) => onChange({ ...document, request: next });
  const from = effective?.from;

  return (
    <div className={styles.auth}>
      <div className={styles.authType}>
        <Select
          label="Type"
          value={type}
          options={options}
          onChange={(wanted) => set(withAuthType(request, wanted))}
        />
        <p className={styles.hint}>
          {type === "inherit"
            ? "As the folder or the collection around it says."
            : type === "noauth"
              ? "Nothing is added, whatever the folder or the collection says."
              : "Added when the request is sent, after its variables are resolved."}
        </p>
      </div>
      <div className={styles.authFields}>
        {type === "inherit" &&
          (from ? (
            <div className={styles.inherited}>
              <p>
                Uses <strong>{effective.label}</strong> of the {from.kind} <strong>{from.name}</strong>.
              </p>
              <Button size="small" onClick={() => open({ kind: from.kind, id: from.id })}>
                Open the {from.kind}
              </Button>
            </div>
          ) : (
            <p className={styles.hint}>
              Neither its folders nor its collection say how to sign in, so nothing is added.
            </p>
          ))}
        {type === "noauth" && <p className={styles.hint}>This request does not sign in.</p>}
        {!known && type !== "inherit" && (
          <Notice kind="info">
            There is no form for “{type}” here. It is kept, and sent as far as it is known.
          </Notice>
        )}
        {known?.fields.map((field) => {
          const value = authValue(request, field.key);
          return field.options ? (
            <Select
              key={field.key}
              className={styles.authField}
              label={field.label}
              value={value || (field.options[0] ?? "")}
              options={field.options.map((option) => ({ value: option, label: option }))}
              onChange={(chosen) => set(withAuthValue(request, field.key, chosen))}
            />
          ) : (
            <div key={field.key} className={styles.authField}>
              <span className={styles.authLabel} aria-hidden="true">
                {field.label}
              </span>
              <VariableInput
                label={field.label}
                secret={field.secret ?? false}
                value={value}
                onChange={(text) => set(withAuthValue(request, field.key, text))}
              />
            </div>
          );
        })}
        {known?.fields.some((field) => field.secret && typed(request, field.key)) && (
          <Notice kind="warning">
            A secret that is typed here is saved with the collection, for everyone who can read it. Put it
            into an environment as a secret, and write <code>{"{{name}}"}</code> here.
          </Notice>
        )}
      </div>
    </div>
  );
}

function typed(request: PartProps["document"], key: string): boolean {
  const value = authValue(request, key);
  return asRecord(request["auth"]) !== null && value !== "" && !value.includes("{{");
}
