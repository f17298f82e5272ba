import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { environmentQuery, globalsQuery } from "../api/resources";
import { useOpen } from "../app/open";
import { Button, IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Popover } from "../ui/Popover";
import { useActiveEnvironment } from "./active";
import { globalsScope, setLocal, useLocals } from "./locals";
import styles from "./QuickLook.module.css";
import { type ResolvedVariable, resolve } from "./resolve";
import { reveal } from "./reveal";

/** A look at what the variables are now, and a place to give them local values. */
export function QuickLook({ workspaceId }: { workspaceId: string }) {
  const [open, setOpen] = useState(false);
  return (
    <Popover
      label="Variables now"
      open={open}
      onOpenChange={setOpen}
      align="end"
      className={styles.popover}
      trigger={<IconButton label="Variables now" icon="eye" />}
    >
      <Content workspaceId={workspaceId} onClose={() => setOpen(false)} />
    </Popover>
  );
}

function Content({ workspaceId, onClose }: { workspaceId: string; onClose: () => void }) {
  const active = useActiveEnvironment(workspaceId);
  const environment = useQuery({ ...environmentQuery(active?.id ?? ""), enabled: active !== null }).data;
  const globals = useQuery(globalsQuery(workspaceId)).data;
  const open = useOpen(workspaceId);
  const environmentLocals = useLocals(active?.id ?? "no environment");
  const globalLocals = useLocals(globalsScope(workspaceId));

  return (
    <>
      <Scope
        title={active?.name ?? "No environment"}
        hint={
          active
            ? "This environment has no variables yet."
            : "Choose an environment to give {{variables}} their values."
        }
        variables={
          active
            ? resolve([
                {
                  scope: "environment",
                  source: active.name,
                  values: environment?.values ?? [],
                  locals: environmentLocals,
                },
              ])
            : []
        }
        scopeId={active?.id ?? null}
        mayReveal={environment?.mayReveal ?? false}
        reveal={async (name) => {
          const value = environment?.values.findLast(
            (candidate) => candidate.key === name && candidate.enabled,
          );
          return environment && value ? reveal(environment.id, value.id) : null;
        }}
        onEdit={
          active
            ? () => {
                open({ kind: "environment", id: active.id });
                onClose();
              }
            : null
        }
      />
      <Scope
        title="Globals"
        hint="The workspace has no globals yet."
        variables={resolve([
          { scope: "globals", source: "Globals", values: globals?.values ?? [], locals: globalLocals },
        ])}
        scopeId={globalsScope(workspaceId)}
        mayReveal={globals?.mayReveal ?? false}
        reveal={async (name) => {
          const value = globals?.values.findLast((candidate) => candidate.key === name && candidate.enabled);
          return globals && value ? reveal(globals.id, value.id) : null;
        }}
        onEdit={() => {
          open({ kind: "globals" });
          onClose();
        }}
      />
    </>
  );
}

function Scope({
  title,
  hint,
  variables,
  scopeId,
  mayReveal,
  reveal: revealName,
  onEdit,
}: {
  title: string;
  hint: string;
  variables: readonly ResolvedVariable[];
  scopeId: string | null;
  mayReveal: boolean;
  reveal: (name: string) => Promise<string | null>;
  onEdit: (() => void) | null;
}) {
  return (
    <section className={styles.scope} aria-label={title}>
      <header className={styles.header}>
        <h3>{title}</h3>
        {onEdit && (
          <Button size="small" kind="quiet" icon="edit" onClick={onEdit}>
            Edit
          </Button>
        )}
      </header>
      {variables.length === 0 ? (
        <p className={styles.hint}>{hint}</p>
      ) : (
        <ul>
          {variables.map((variable) => (
            <Line
              key={variable.name}
              variable={variable}
              scopeId={scopeId}
              mayReveal={mayReveal}
              reveal={() => revealName(variable.name)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function Line({
  variable,
  scopeId,
  mayReveal,
  reveal: revealIt,
}: {
  variable: ResolvedVariable;
  scopeId: string | null;
  mayReveal: boolean;
  reveal: () => Promise<string | null>;
}) {
  const { name, value, secret, local } = variable;
  const [revealed, setRevealed] = useState<string | null>(null);
  const [text, setText] = useState<string | null>(null);
  const locals = useLocals(scopeId ?? "none");
  const current = local ? (locals[name]?.value ?? "") : (value ?? "");

  return (
    <li className={styles.line}>
      <span className={styles.name} title={name}>
        {name}
      </span>
      {text === null ? (
        <button
          type="button"
          className={styles.value}
          aria-label={`${name} is ${secret && revealed === null ? "hidden" : (revealed ?? current) || "empty"}. Give it a local value`}
          title={local ? "Local value" : "Shared value"}
          onClick={() => setText(secret ? "" : current)}
        >
          {secret ? (revealed ?? "••••••••") : current || <span className={styles.empty}>empty</span>}
        </button>
      ) : (
        <input
          className={styles.input}
          type={secret ? "password" : "text"}
          autoComplete="off"
          autoFocus
          aria-label={`Local value of ${name}`}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => {
            if (scopeId !== null && text !== current && !(secret && text === ""))
              setLocal(scopeId, name, text);
            setText(null);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") event.currentTarget.blur();
            if (event.key === "Escape") {
              event.stopPropagation();
              setText(null);
            }
          }}
        />
      )}
      {secret && (local || mayReveal) && (
        <IconButton
          size="small"
          icon={revealed === null ? "eye" : "eye-off"}
          label={revealed === null ? `Reveal ${name}${local ? "" : " (this is recorded)"}` : `Hide ${name}`}
          onClick={() => {
            if (revealed !== null) setRevealed(null);
            else if (local) setRevealed(current);
            else void revealIt().then(setRevealed);
          }}
        />
      )}
      {local && scopeId !== null ? (
        <>
          <Icon name="laptop" size={13} className={styles.local} />
          <span className="visually-hidden">local value</span>
          <IconButton
            size="small"
            icon="undo"
            label={`Reset the local value of ${name}`}
            onClick={() => setLocal(scopeId, name, undefined)}
          />
        </>
      ) : null}
    </li>
  );
}
