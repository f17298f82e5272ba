import { useMutation, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { answered, client, isProblem, problemText } from "../api/client";
import { asRecord } from "../api/json";
import {
  cache,
  collectionQuery,
  type Item,
  itemQuery,
  nodesQuery,
  rememberItem,
  workspaceQuery,
} from "../api/resources";
import { isKeys, keysText, useSaveKey } from "../app/keys";
import { useOpen } from "../app/open";
import { DescriptionField } from "../collections/DescriptionField";
import { descriptionOf, scriptOf, withDescription } from "../collections/fields";
import { ConflictBar } from "../drafts/ConflictBar";
import { merge } from "../drafts/merge";
import { discardDraft, type Draft, draftOf, keepDraft, readDraftAgain, useDraft } from "../drafts/store";
import { useActiveEnvironment } from "../environments/active";
import { localsFor } from "../environments/locals";
import { useVariables } from "../environments/resolve";
import { ResponsePane } from "../runs/ResponsePane";
import { cancelSend, send, useSending } from "../runs/sends";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Icon } from "../ui/Icon";
import { InlineEdit } from "../ui/InlineEdit";
import { Menu } from "../ui/Menu";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { SplitPane } from "../ui/SplitPane";
import { Tabs } from "../ui/Tabs";
import { toast } from "../ui/toast";
import { Tooltip } from "../ui/Tooltip";
import { AddressBar } from "./AddressBar";
import { ancestorsOf, AuthPart, useEffectiveAuth } from "./AuthPart";
import { BodyPart } from "./BodyPart";
import { HeadersPart } from "./HeadersPart";
import { useInheritedBehavior } from "./inherited";
import { ParamsPart } from "./ParamsPart";
import {
  addressOf,
  behaviorOf,
  bodyModeOf,
  type Document,
  headersOf,
  methodOf,
  requestOf,
  withRequest,
} from "./request";
import styles from "./RequestTab.module.css";
import { isOn } from "./rows";
import { ScriptsPart } from "./ScriptsPart";
import { SettingsPart } from "./SettingsPart";
import { pathVariablesOf, queryOf, withAddress } from "./url";
import { VariablesContext } from "./VariableInput";

type Part = "params" | "auth" | "headers" | "body" | "scripts" | "settings" | "docs";

/** The tab of a request: edit it, send it, read the answer. */
export function RequestTab({ itemId, workspaceId }: { itemId: string; workspaceId: string }) {
  const item = useQuery(itemQuery(itemId));
  const draft = useDraft(itemId);
  if (draft === "unreadable")
    return (
      <div className={styles.failed}>
        <Notice
          kind="problem"
          actions={
            <>
              <Button size="small" onClick={() => readDraftAgain(itemId)}>
                Try again
              </Button>
              <Button size="small" onClick={() => discardDraft(itemId)}>
                Go on without them
              </Button>
            </>
          }
        >
          This request has edits that were not saved, and the browser does not give them back. What is saved
          is as it was.
        </Notice>
      </div>
    );
  if (item.data && draft !== "reading")
    return <RequestEditor key={itemId} item={item.data} draft={draft} workspaceId={workspaceId} />;
  if (!item.error) return <Spinner label="Loading the request" />;
  if (isProblem(item.error) && item.error.status === 404)
    return (
      <EmptyState icon="request" title="This request is not here any more">
        It was deleted, or it is not shared with you.
      </EmptyState>
    );
  return (
    <div className={styles.failed}>
      <Notice
        kind="problem"
        actions={
          <Button size="small" onClick={() => void item.refetch()}>
            Try again
          </Button>
        }
      >
        {problemText(item.error)}
      </Notice>
    </div>
  );
}

function RequestEditor({
  item,
  draft,
  workspaceId,
}: {
  item: Item;
  draft: Draft | null;
  workspaceId: string;
}) {
  const { id, collectionId } = item;
  const canEdit = useQuery(workspaceQuery(workspaceId)).data?.role !== "viewer";
  const environment = useActiveEnvironment(workspaceId);
  const variables = useVariables({ workspaceId, collectionId });
  const sending = useSending(id);
  const saving = useSaving(item);
  const [part, setPart] = useState<Part>(() => firstPart(draft?.document ?? item.document));
  const address = useRef<HTMLInputElement>(null);

  const document = draft?.document ?? item.document;
  const auth = useEffectiveAuth(document, collectionId, item.parentId);
  const inherited = useInheritedBehavior(collectionId, item.parentId);

  const change = useCallback(
    (next: Document) => {
      const now = draftOf(id);
      keepDraft(id, {
        version: now?.version ?? item.version,
        base: now?.base ?? item.document,
        document: next,
      });
    },
    [id, item.version, item.document],
  );

  function sendNow() {
    const environmentId = environment?.id ?? null;
    const where = { workspaceId, environmentId, collectionId };
    if (addressOf(document).trim() === "") {
      address.current?.focus();
      toast({ kind: "info", text: "Type an address first, then send." });
      return;
    }
    void send(
      id,
      {
        collectionId,
        itemId: id,
        document,
        locals: localsFor(where),
        ...(environmentId === null ? {} : { environmentId }),
      },
      where,
    );
  }

  useSaveKey(() => draft && canEdit && saving.save());
  useKeys({ "Mod Enter": sendNow, "Alt U": () => address.current?.select() });

  const { url } = requestOf(document);
  const headers = headersOf(document).filter(isOn).length;
  const tabs = [
    {
      id: "params",
      label: "Params",
      badge: queryOf(url).filter(isOn).length + pathVariablesOf(url).length || null,
    },
    { id: "auth", label: "Authorization", marked: auth !== null },
    { id: "headers", label: "Headers", badge: headers || null },
    { id: "body", label: "Body", marked: bodyModeOf(document) !== "none" },
    {
      id: "scripts",
      label: "Scripts",
      marked: scriptOf(document, "prerequest") !== "" || scriptOf(document, "test") !== "",
    },
    {
      id: "settings",
      label: "Settings",
      marked: Object.keys(behaviorOf(document)).some((key) => key !== "disabledSystemHeaders"),
    },
    { id: "docs", label: "Description", marked: descriptionOf(requestOf(document)["description"]) !== "" },
  ] as const;

  return (
    <VariablesContext value={variables}>
      <SplitPane
        id="request"
        label="Height of the response"
        direction="column"
        fixed="second"
        unit="%"
        initial={46}
        min={12}
        max={85}
        first={
          <div className={styles.editor}>
            <header className={styles.header}>
              <Path item={item} workspaceId={workspaceId} />
              <h1 className={styles.title}>
                <InlineEdit
                  label="Request name"
                  value={item.name}
                  disabled={!canEdit}
                  problem={saving.renameProblem}
                  onSave={saving.rename}
                />
              </h1>
              <div className={styles.actions}>
                {draft && (
                  <Menu
                    align="end"
                    entries={[
                      {
                        label: "Discard my edits",
                        icon: "undo",
                        danger: true,
                        onSelect: () => {
                          discardDraft(id);
                          toast({
                            kind: "info",
                            text: "Your edits are discarded.",
                            action: { label: "Undo", onSelect: () => keepDraft(id, draft) },
                          });
                        },
                      },
                    ]}
                  >
                    <IconButton label="More about these edits" icon="more" />
                  </Menu>
                )}
                <Tooltip
                  text={canEdit ? "Save" : "You may read this collection, and send. Saving needs an editor."}
                  shortcut={canEdit ? keysText("Mod S") : undefined}
                >
                  <Button icon="save" busy={saving.busy} disabled={!draft || !canEdit} onClick={saving.save}>
                    Save
                  </Button>
                </Tooltip>
              </div>
            </header>
            {draft && saving.theirs && (
              <ConflictBar
                draft={draft}
                theirs={saving.theirs}
                busy={saving.busy}
                onKeep={saving.keepMine}
                onTake={saving.takeTheirs}
              />
            )}
            {saving.problem && <Notice kind="problem">{saving.problem} Your edits are still here.</Notice>}
            <AddressBar
              ref={address}
              method={methodOf(document)}
              address={addressOf(document)}
              sending={sending.state === "sending"}
              onMethod={(method) => change(withRequest(document, { method }))}
              onAddress={(text) => change(withRequest(document, { url: withAddress(url, text) }))}
              onSend={sendNow}
              onCancel={() => cancelSend(id)}
            />
            <Tabs<Part>
              label="Parts of the request"
              className={styles.tabs}
              value={part}
              onChange={setPart}
              tabs={tabs}
            >
              <div className={styles.part} data-part={part}>
                {part === "params" && <ParamsPart document={document} onChange={change} />}
                {part === "auth" && (
                  <AuthPart
                    document={document}
                    onChange={change}
                    effective={auth}
                    workspaceId={workspaceId}
                  />
                )}
                {part === "headers" && (
                  <HeadersPart
                    document={document}
                    onChange={change}
                    authorization={auth && (auth.from ? `${auth.label} of ${auth.from.name}` : auth.label)}
                  />
                )}
                {part === "body" && <BodyPart document={document} onChange={change} />}
                {part === "scripts" && <ScriptsPart document={document} onChange={change} />}
                {part === "settings" && (
                  <SettingsPart document={document} onChange={change} inherited={inherited} />
                )}
                {part === "docs" && (
                  <DescriptionField
                    placeholder="What this request is for, and what one needs to know to use it, in Markdown."
                    canEdit={canEdit}
                    value={descriptionOf(requestOf(document)["description"])}
                    onChange={(text) =>
                      change(
                        withRequest(document, {
                          description: withDescription(requestOf(document)["description"], text),
                        }),
                      )
                    }
                  />
                )}
              </div>
            </Tabs>
          </div>
        }
        second={
          <ResponsePane
            sending={sending}
            onSend={sendNow}
            onCancel={() => cancelSend(id)}
            example={canEdit ? { item, document } : null}
            workspaceId={workspaceId}
          />
        }
      />
    </VariablesContext>
  );
}

/** Where one begins: at the body of a request that has one, else at its parameters. */
function firstPart(document: Document): Part {
  return bodyModeOf(document) !== "none" ? "body" : "params";
}

/** The collection and the folders around the request. */
function Path({ item, workspaceId }: { item: Item; workspaceId: string }) {
  const open = useOpen(workspaceId);
  const collection = useQuery(collectionQuery(item.collectionId)).data;
  const nodes = useQuery(nodesQuery(item.collectionId)).data;
  const folders = useMemo(() => ancestorsOf(nodes ?? [], item.parentId).reverse(), [nodes, item.parentId]);
  if (!collection) return null;
  const steps = [
    { kind: "collection" as const, id: collection.id, name: collection.name },
    ...folders.map(({ id, name }) => ({ kind: "folder" as const, id, name })),
  ];
  return (
    <nav className={styles.path} aria-label="Where this request is">
      {steps.map(({ kind, id, name }) => (
        <span key={id}>
          <button type="button" onClick={() => open({ kind, id }, "look")}>
            {name}
          </button>
          <Icon name="chevron-right" size={12} />
        </span>
      ))}
    </nav>
  );
}

/** Saving, renaming, and what to do when someone else saved before. */
function useSaving(item: Item) {
  const { id } = item;
  const [theirs, setTheirs] = useState<Item | null>(null);

  const patch = async (change: { version: number; name?: string; document?: Document }): Promise<Item> => {
    const now = await answered(client.PATCH("/api/items/{id}", { params: { path: { id } }, body: change }));
    rememberItem(now);
    return now;
  };

  const saving = useMutation({
    mutationFn: (change: { version: number; document: Document }) => patch(change),
    onSuccess: (now, sent) => {
      setTheirs(null);
      const draft = draftOf(id);
      if (!draft) return;
      // What was typed while the save was on its way stays a draft, on top of what is saved now.
      const { document } = merge(sent.document, draft.document, now.document);
      keepDraft(id, { version: now.version, base: now.document, document });
    },
    onError: async (problem) => {
      if (!isProblem(problem) || problem.code !== "stale") return;
      setTheirs(asItem(problem.current) ?? (await cache.fetchQuery({ ...itemQuery(id), staleTime: 0 })));
    },
  });
  const renaming = useMutation({
    mutationFn: (name: string) => patch({ version: item.version, name }),
    onSuccess: (now) => {
      const draft = draftOf(id);
      if (!draft || draft.version !== item.version) return;
      const { document } = merge(draft.base, draft.document, now.document);
      keepDraft(id, { version: now.version, base: now.document, document });
    },
    onError: () => cache.invalidateQueries(itemQuery(id)),
  });
  const stale = isProblem(saving.error) && saving.error.code === "stale";

  return {
    busy: saving.isPending,
    theirs,
    problem: saving.error && !stale ? problemText(saving.error) : null,
    renameProblem: renaming.error ? problemText(renaming.error) : null,
    rename: (name: string) => renaming.mutate(name),
    save: () => {
      const draft = draftOf(id);
      if (draft && !saving.isPending) saving.mutate({ version: draft.version, document: draft.document });
    },
    /** Saves a merged document over what is saved now. */
    keepMine: (document: Document) => {
      if (!theirs) return;
      rememberItem(theirs);
      keepDraft(id, { version: theirs.version, base: theirs.document, document });
      saving.mutate({ version: theirs.version, document });
    },
    takeTheirs: () => {
      if (!theirs) return;
      const draft = draftOf(id);
      rememberItem(theirs);
      discardDraft(id);
      setTheirs(null);
      saving.reset();
      toast({
        kind: "info",
        text: "This is what is saved now.",
        ...(draft ? { action: { label: "Bring my edits back", onSelect: () => keepDraft(id, draft) } } : {}),
      });
    },
  };
}

/** The item in a problem: the server wrote it as it writes every item. */
function asItem(current: unknown): Item | null {
  const record = asRecord(current);
  return record && typeof record["version"] === "number" && asRecord(record["document"])
    ? (record as unknown as Item)
    : null;
}

/** Keys that work while the tab is shown. */
function useKeys(keys: Readonly<Record<string, () => void>>) {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest('[role="dialog"], [role="menu"]')) return;
      const found = Object.entries(latest.current).find(([name]) => isKeys(event, name));
      if (!found) return;
      event.preventDefault();
      found[1]();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
