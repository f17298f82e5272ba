import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Lock } from "../access/Lock";
import { ShareDialog } from "../access/ShareDialog";
import { answered, client, isProblem, problemText } from "../api/client";
import {
  cache,
  type Environment,
  environmentQuery,
  globalsQuery,
  rememberEnvironment,
  workspaceQuery,
} from "../api/resources";
import { useSaveKey } from "../app/keys";
import { download } from "../collections/actions";
import { Button, IconButton } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { Checkbox } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { InlineEdit } from "../ui/InlineEdit";
import { Menu } from "../ui/Menu";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { toast } from "../ui/toast";
import { CopyDialog } from "../copying/CopyDialog";
import { MoveDialog } from "../workspaces/MoveDialog";
import { setActiveEnvironment, useActiveEnvironment } from "./active";
import {
  differs,
  type DraftValue,
  type EnvironmentDraft,
  isBlank,
  keepEnvironmentDraft,
  linesOf,
  merge,
  saved,
  useEnvironmentDraft,
} from "./draft";
import styles from "./EnvironmentTab.module.css";
import { globalsScope, resetLocals, setLocal, useLocals } from "./locals";
import { reveal } from "./reveal";
import { UnseenDialog } from "./UnseenDialog";
import { WhyHidden } from "./WhyHidden";

/** The tab of an environment. */
export function EnvironmentTab({ environmentId }: { environmentId: string }) {
  const environment = useQuery(environmentQuery(environmentId));
  if (environment.data) return <Editor key={environment.data.id} environment={environment.data} />;
  return <Absent problem={environment.error} what="environment" retry={() => void environment.refetch()} />;
}

/** The tab of the workspace's globals. */
export function GlobalsTab({ workspaceId }: { workspaceId: string }) {
  const globals = useQuery(globalsQuery(workspaceId));
  if (globals.data) return <Editor key={globals.data.id} environment={globals.data} />;
  return <Absent problem={globals.error} what="globals" retry={() => void globals.refetch()} />;
}

function Absent({ problem, what, retry }: { problem: unknown; what: string; retry: () => void }) {
  if (!problem) return <Spinner label={`Loading the ${what}`} />;
  return (
    <div className={styles.page}>
      <Notice
        kind="problem"
        actions={
          <Button size="small" onClick={retry}>
            Try again
          </Button>
        }
      >
        {isProblem(problem) && problem.status === 404
          ? `This ${what} is not here any more, or it is not shared with you.`
          : problemText(problem)}
      </Notice>
    </div>
  );
}

let nextLine = 0;
const blank = (): DraftValue => ({
  line: `new-${Date.now()}-${nextLine++}`,
  key: "",
  type: "default",
  enabled: true,
  description: "",
  value: "",
});

function Editor({ environment }: { environment: Environment }) {
  const { id, workspaceId, kind } = environment;
  const isGlobals = kind === "globals";
  const canEdit = environment.role !== "viewer";
  const scopeId = isGlobals ? globalsScope(workspaceId) : id;
  const draft = useEnvironmentDraft(id);
  const locals = useLocals(scopeId);
  const active = useActiveEnvironment(workspaceId);
  const [both, setBoth] = useState<{ names: string[] } | null>(null);
  const [filter, setFilter] = useState("");
  const [sharing, setSharing] = useState(false);
  const [moving, setMoving] = useState(false);
  const [copying, setCopying] = useState(false);
  const workspace = useQuery(workspaceQuery(workspaceId)).data;
  const [tail, setTail] = useState(blank);
  const [uncovering, setUncovering] = useState<DraftValue | null>(null);
  const [binding, setBinding] = useState<DraftValue | null>(null);

  const base = draft?.base ?? environment;
  const values = draft?.values ?? linesOf(environment);
  const dirty = draft !== null && differs(base, values);
  const shown = values.filter((value) => value.key.toLowerCase().includes(filter.toLowerCase()));

  function write(next: readonly DraftValue[], on: Environment = base) {
    const edited: EnvironmentDraft = { base: on, values: next };
    keepEnvironmentDraft(id, differs(on, next) || next.some(isBlank) ? edited : null);
  }

  function change(line: string, part: Partial<DraftValue>) {
    write(values.map((value) => (value.line === line ? { ...value, ...part } : value)));
  }

  function takeTheirs(theirs: Environment) {
    const merged = merge({ base, values }, theirs);
    rememberEnvironment(theirs);
    write(merged.draft.values, theirs);
    setBoth({ names: merged.both });
  }

  const save = useMutation({
    mutationFn: () =>
      answered(
        client.PATCH("/api/environments/{id}", {
          params: { path: { id } },
          body: { version: base.version, values: saved(values) },
        }),
      ),
    onSuccess: (now) => {
      for (const value of values) {
        const old = base.values.find((candidate) => candidate.id === value.id);
        const local = old && locals[old.key];
        if (!old || !local || old.key === value.key) continue;
        setLocal(scopeId, old.key, undefined);
        setLocal(scopeId, value.key, local.value);
      }
      keepEnvironmentDraft(id, null);
      rememberEnvironment(now);
      setBoth(null);
      toast({ kind: "success", text: `${isGlobals ? "Globals" : now.name} saved` });
    },
    onError: async (problem) => {
      if (!isProblem(problem) || problem.code !== "stale") return;
      const theirs = await cache.fetchQuery({ ...environmentQuery(id), staleTime: 0 }).catch(() => null);
      if (theirs) takeTheirs(theirs);
    },
  });
  const stale = isProblem(save.error) && save.error.code === "stale";

  const rename = useMutation({
    mutationFn: (name: string) =>
      answered(
        client.PATCH("/api/environments/{id}", {
          params: { path: { id } },
          body: { version: environment.version, name },
        }),
      ),
    onSuccess: (now) => {
      rememberEnvironment(now);
      if (draft)
        keepEnvironmentDraft(id, { ...draft, base: { ...draft.base, name: now.name, version: now.version } });
    },
    onError: () => cache.invalidateQueries(environmentQuery(id)),
  });

  useSaveKey(() => {
    if (dirty && canEdit && !save.isPending) save.mutate();
  });

  function add(part: Partial<DraftValue>) {
    const line = { ...tail, ...part };
    setTail(blank());
    write([...values, line]);
    // The line keeps its key on the page, so the field that is being typed in stays.
  }

  const hasLocals = Object.keys(locals).length > 0;

  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <Icon name={isGlobals ? "globe" : "environments"} size={18} className={styles.kind} />
        <h1 className={styles.title}>
          {isGlobals ? (
            "Globals"
          ) : (
            <InlineEdit
              label="Environment name"
              value={environment.name}
              disabled={!canEdit}
              problem={rename.error ? problemText(rename.error) : null}
              onSave={(name) => rename.mutate(name)}
            />
          )}
        </h1>
        <div className={styles.actions}>
          {!isGlobals && !canEdit && (
            <Lock
              question={{ action: "environment.update", kind: "environment", id }}
              wanted={{ kind: "environment", id }}
            />
          )}
          {!isGlobals && workspace && (
            <Button size="small" icon="people" onClick={() => setSharing(true)}>
              Share
            </Button>
          )}
          {moving && workspace && (
            <MoveDialog
              kind="environment"
              id={id}
              name={environment.name}
              workspace={workspace}
              onClose={() => setMoving(false)}
            />
          )}
          {copying && (
            <CopyDialog
              of={{ kind: "environment", id, name: environment.name }}
              onClose={() => setCopying(false)}
            />
          )}
          {sharing && workspace && (
            <ShareDialog
              of={{ kind: "environment", id }}
              name={environment.name}
              workspace={workspace}
              canShare={canEdit}
              onClose={() => setSharing(false)}
            />
          )}
          {!isGlobals &&
            (active?.id === id ? (
              <span className={styles.active}>
                <Icon name="check" size={14} /> Active
              </span>
            ) : (
              <Button size="small" onClick={() => setActiveEnvironment(workspaceId, id)}>
                Set active
              </Button>
            ))}
          <Menu
            align="end"
            entries={[
              {
                label: "Export",
                icon: "download",
                onSelect: () => download(`/api/environments/${encodeURIComponent(id)}/export`),
              },
              ...(isGlobals
                ? []
                : [
                    {
                      label: "Copy to a workspace…",
                      icon: "copy" as const,
                      onSelect: () => setCopying(true),
                    },
                    {
                      label: "Move to another workspace…",
                      icon: "arrow-right" as const,
                      disabled: !canEdit,
                      onSelect: () => setMoving(true),
                    },
                  ]),
              {
                label: "Reset all local values",
                icon: "undo",
                disabled: !hasLocals,
                onSelect: () => resetLocals(scopeId),
              },
              {
                label: "Discard edits",
                icon: "trash",
                disabled: !dirty,
                onSelect: () => {
                  keepEnvironmentDraft(id, null);
                  setBoth(null);
                  save.reset();
                },
              },
            ]}
          >
            <IconButton label={`More for ${environment.name}`} icon="more" />
          </Menu>
          <Button
            kind="primary"
            icon="save"
            busy={save.isPending}
            disabled={!dirty || !canEdit}
            onClick={() => save.mutate()}
          >
            Save
          </Button>
        </div>
      </header>

      <p className={styles.about}>
        {isGlobals
          ? "Available to every request of this workspace. "
          : "A request uses these when this environment is active. "}
        The shared value is saved for everyone in the workspace; a local value stays in this browser and wins.
      </p>

      {!canEdit && (
        <Notice kind="info">
          You can read this and set local values. An editor of the workspace can change what is shared.
        </Notice>
      )}
      {both && (
        <Notice
          kind="warning"
          actions={
            <Button size="small" onClick={() => setBoth(null)}>
              Got it
            </Button>
          }
        >
          Someone else saved this while you were editing. Their changes and yours are together below: look,
          then save again.
          {both.names.length > 0 && (
            <>
              {" "}
              Both of you changed <strong>{both.names.join(", ")}</strong>; what you typed is kept.
            </>
          )}
        </Notice>
      )}
      {save.error && !stale && (
        <Notice kind="problem">{problemText(save.error)} Your edits are still here.</Notice>
      )}

      {values.length > 12 && (
        <input
          type="search"
          className={styles.filter}
          placeholder="Filter variables"
          aria-label="Filter variables"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      )}

      <div className={styles.scroll}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th className={styles.tick}>
                <span className="visually-hidden">Enabled</span>
              </th>
              <th className={styles.name}>Variable</th>
              <th className={styles.type}>Type</th>
              <th>Shared value</th>
              <th>
                Local value <Icon name="laptop" size={13} className={styles.laptop} />
              </th>
              <th className={styles.description}>Description</th>
              <th className={styles.more}>
                <span className="visually-hidden">More</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {(canEdit && filter === "" ? [...shown, tail] : shown).map((value) => {
              const isTail = value === tail;
              const name = value.key || (isTail ? "new variable" : "variable without a name");
              const edit = (part: Partial<DraftValue>) => (isTail ? add(part) : change(value.line, part));
              const local = value.key === "" ? undefined : locals[value.key];
              return (
                <tr key={value.line} data-off={!value.enabled || undefined} data-tail={isTail || undefined}>
                  <td className={styles.tick}>
                    {!isTail && (
                      <Checkbox
                        label={`${name} is enabled`}
                        labelHidden
                        checked={value.enabled}
                        disabled={!canEdit}
                        onChange={(enabled) => edit({ enabled })}
                      />
                    )}
                  </td>
                  <td>
                    <input
                      className={styles.cell}
                      aria-label={isTail ? "Name of a new variable" : `Name of ${name}`}
                      placeholder={isTail ? "Add variable" : "Name"}
                      spellCheck={false}
                      value={value.key}
                      readOnly={!canEdit}
                      onChange={(event) => edit({ key: event.target.value })}
                    />
                  </td>
                  <td>
                    {!isTail && (
                      <span className={styles.typeBox}>
                        <select
                          className={styles.cell}
                          aria-label={`Type of ${name}`}
                          value={value.type}
                          disabled={!canEdit}
                          onChange={(event) => {
                            if (event.target.value === "secret") edit({ type: "secret" });
                            else if (value.type === "secret") setUncovering(value);
                          }}
                        >
                          <option value="default">default</option>
                          <option value="secret">secret</option>
                        </select>
                        <Icon name="chevron-down" size={11} className={styles.typeArrow} />
                      </span>
                    )}
                  </td>
                  <td>
                    <SharedValue
                      environment={base}
                      value={value}
                      name={name}
                      readOnly={!canEdit}
                      onChange={(text) => edit({ value: text })}
                      onUnseen={() => setBinding(value)}
                    />
                  </td>
                  <td>
                    {!isTail && (
                      <LocalValue
                        name={name}
                        secret={value.type === "secret"}
                        disabled={value.key === ""}
                        local={local}
                        onChange={(text) => setLocal(scopeId, value.key, text)}
                      />
                    )}
                  </td>
                  <td className={styles.description}>
                    {!isTail && (
                      <input
                        className={styles.cell}
                        aria-label={`Description of ${name}`}
                        value={value.description}
                        readOnly={!canEdit}
                        onChange={(event) => edit({ description: event.target.value })}
                      />
                    )}
                  </td>
                  <td className={styles.more}>
                    {!isTail && (
                      <Menu
                        align="end"
                        entries={[
                          {
                            label: "Share the local value",
                            icon: "upload",
                            disabled: !canEdit || !local?.enabled,
                            onSelect: () => local && change(value.line, { value: local.value }),
                          },
                          {
                            label: "Reset the local value",
                            icon: "undo",
                            disabled: local === undefined,
                            onSelect: () => setLocal(scopeId, value.key, undefined),
                          },
                          {
                            label: "Use without seeing…",
                            icon: "eye-off",
                            disabled: value.type !== "secret",
                            onSelect: () => setBinding(value),
                          },
                          "separator",
                          {
                            label: "Delete",
                            icon: "trash",
                            danger: true,
                            disabled: !canEdit,
                            onSelect: () => write(values.filter((other) => other.line !== value.line)),
                          },
                        ]}
                      >
                        <IconButton label={`More for ${name}`} icon="more" size="small" />
                      </Menu>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
        {shown.length === 0 && (
          <p className={styles.nothing}>
            {filter !== ""
              ? `No variable is called “${filter}”.`
              : canEdit
                ? "No variables yet. Type a name above, and use it in any request as {{name}}."
                : "No variables yet. An editor of the workspace can add them."}
          </p>
        )}
      </div>

      {binding && (
        <UnseenDialog
          name={binding.key || "variable"}
          unseen={base.values.find((candidate) => candidate.id === binding.id)?.unseen}
          boundTo={binding.boundTo ?? []}
          hasNewValue={binding.value !== null}
          canEdit={canEdit}
          onChange={(boundTo) => change(binding.line, { boundTo })}
          onClose={() => setBinding(null)}
        />
      )}
      {uncovering && (
        <ConfirmDialog
          title="Make this secret readable?"
          action="Make it a default variable"
          onClose={() => setUncovering(null)}
          onConfirm={() => {
            change(uncovering.line, { type: "default", boundTo: [] });
            setUncovering(null);
          }}
        >
          <p>
            When you save, everyone who can open this workspace will be able to read the value of{" "}
            <strong>{uncovering.key}</strong>, and it will no longer be hidden in consoles and reports.
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}

function SharedValue({
  environment,
  value,
  name,
  readOnly,
  onChange,
  onUnseen,
}: {
  environment: Environment;
  value: DraftValue;
  name: string;
  readOnly: boolean;
  onChange: (text: string) => void;
  onUnseen: () => void;
}) {
  const [visible, setVisible] = useState(false);
  const [revealed, setRevealed] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [asksWhy, setAsksWhy] = useState(false);
  const old = environment.values.find((candidate) => candidate.id === value.id);
  const stored = value.value === null && old?.type === "secret" && old.hasValue;
  const secret = value.type === "secret";
  const isUnseen = secret && (value.boundTo ?? []).length > 0;
  const isOthers = stored && old.unseen != null && !old.unseen.isOwn;

  async function toggle() {
    if (visible) {
      setVisible(false);
      setRevealed(null);
      return;
    }
    if (stored && value.id !== undefined) {
      setBusy(true);
      const text = await reveal(environment.id, value.id);
      setBusy(false);
      if (text === null) return;
      setRevealed(text);
    }
    setVisible(true);
  }

  return (
    <div className={styles.secretBox}>
      <input
        className={styles.cell}
        type={secret && !visible ? "password" : "text"}
        autoComplete="off"
        data-1p-ignore
        aria-label={`Shared value of ${name}`}
        placeholder={stored ? "••••••••" : ""}
        spellCheck={false}
        value={value.value ?? (visible ? (revealed ?? "") : "")}
        readOnly={readOnly}
        onChange={(event) => onChange(event.target.value)}
      />
      {isUnseen && (
        <IconButton
          size="small"
          icon="send"
          label={`${name} is used without being seen: at ${(value.boundTo ?? []).join(", ")}`}
          onClick={onUnseen}
        />
      )}
      {isOthers ? null : secret && stored && !environment.mayReveal ? (
        <IconButton
          size="small"
          icon="lock"
          label={`Why you can’t see ${name}`}
          onClick={() => setAsksWhy(true)}
        />
      ) : (
        secret &&
        (stored || value.value) && (
          <IconButton
            size="small"
            icon={visible ? "eye-off" : "eye"}
            label={visible ? `Hide ${name}` : stored ? `Reveal ${name} (this is recorded)` : `Show ${name}`}
            disabled={busy}
            onClick={() => void toggle()}
          />
        )
      )}
      {asksWhy && <WhyHidden environment={environment} onClose={() => setAsksWhy(false)} />}
    </div>
  );
}

function LocalValue({
  name,
  secret,
  disabled,
  local,
  onChange,
}: {
  name: string;
  secret: boolean;
  disabled: boolean;
  local: { value: string; enabled: boolean } | undefined;
  onChange: (text: string | undefined) => void;
}) {
  const [visible, setVisible] = useState(false);
  const removed = local !== undefined && !local.enabled;
  return (
    <div className={styles.secretBox}>
      <input
        className={styles.cell}
        type={secret && !visible ? "password" : "text"}
        autoComplete="off"
        data-1p-ignore
        aria-label={`Local value of ${name}`}
        placeholder={removed ? "removed by a script" : "same as shared"}
        spellCheck={false}
        disabled={disabled}
        value={local?.enabled ? local.value : ""}
        onChange={(event) =>
          onChange(event.target.value === "" && local === undefined ? undefined : event.target.value)
        }
      />
      {secret && local?.enabled && local.value !== "" && (
        <IconButton
          size="small"
          icon={visible ? "eye-off" : "eye"}
          label={visible ? `Hide the local value of ${name}` : `Show the local value of ${name}`}
          onClick={() => setVisible(!visible)}
        />
      )}
      {local !== undefined && (
        <IconButton
          size="small"
          icon="undo"
          label={`Reset the local value of ${name}`}
          onClick={() => onChange(undefined)}
        />
      )}
    </div>
  );
}
