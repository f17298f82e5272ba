import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { environmentsQuery } from "../api/resources";
import { useOpen } from "../app/open";
import { Icon } from "../ui/Icon";
import { Popover } from "../ui/Popover";
import { setActiveEnvironment, useActiveEnvironment } from "./active";
import styles from "./EnvironmentPicker.module.css";

/** Chooses the environment that Sends of this workspace use. */
export function EnvironmentPicker({
  workspaceId,
  open,
  onOpenChange,
}: {
  workspaceId: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const active = useActiveEnvironment(workspaceId);
  return (
    <Popover
      label="Environments"
      open={open}
      onOpenChange={onOpenChange}
      align="end"
      className={styles.popover}
      trigger={
        <button type="button" className={styles.trigger}>
          <Icon name="environments" size={15} className={active ? styles.on : styles.off} />
          <span className="visually-hidden">Environment: </span>
          <span className={active ? styles.name : styles.none}>{active?.name ?? "No environment"}</span>
          <Icon name="chevron-down" size={12} className={styles.off} />
        </button>
      }
    >
      <List workspaceId={workspaceId} activeId={active?.id ?? null} onClose={() => onOpenChange(false)} />
    </Popover>
  );
}

function List({
  workspaceId,
  activeId,
  onClose,
}: {
  workspaceId: string;
  activeId: string | null;
  onClose: () => void;
}) {
  const id = useId();
  const environments = useQuery(environmentsQuery(workspaceId));
  const openTab = useOpen(workspaceId);
  const [filter, setFilter] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const found = (environments.data?.items ?? []).filter((item) =>
    item.name.toLowerCase().includes(filter.toLowerCase()),
  );
  const choices = [...(filter === "" ? [{ id: null, name: "No environment" }] : []), ...found];
  const chosen = Math.min(at, choices.length - 1);

  function choose(environmentId: string | null) {
    setActiveEnvironment(workspaceId, environmentId);
    onClose();
  }

  function press(event: KeyboardEvent) {
    const choice = choices[chosen];
    if (event.key === "ArrowDown") setAt(Math.min(chosen + 1, choices.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(chosen - 1, 0));
    else if (event.key === "Enter" && choice) choose(choice.id);
    else return;
    event.preventDefault();
  }

  return (
    <>
      <div className={styles.search}>
        <Icon name="search" size={14} />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={choices.length > 0 ? `${id}-${chosen}` : undefined}
          aria-label="Find an environment"
          placeholder="Find an environment"
          value={filter}
          onChange={(event) => {
            setFilter(event.target.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
      </div>
      <div ref={list} className={styles.list} id={`${id}-list`} role="listbox" aria-label="Environments">
        {choices.map((choice, index) => (
          // The field above holds the focus and the keys.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events jsx-a11y/interactive-supports-focus
          <div
            key={choice.id ?? "none"}
            id={`${id}-${index}`}
            role="option"
            aria-selected={choice.id === activeId}
            data-at={index === chosen || undefined}
            className={styles.option}
            onPointerMove={() => setAt(index)}
            onClick={() => choose(choice.id)}
          >
            <span className={styles.mark}>{choice.id === activeId && <Icon name="check" size={14} />}</span>
            <span className={choice.id === null ? styles.none : styles.name}>{choice.name}</span>
          </div>
        ))}
      </div>
      {environments.data && environments.data.items.length === 0 && (
        <p className={styles.hint}>No environments yet: add one under Environments on the left.</p>
      )}
      <div className={styles.foot}>
        {activeId !== null && (
          <button
            type="button"
            className={styles.link}
            onClick={() => {
              openTab({ kind: "environment", id: activeId });
              onClose();
            }}
          >
            Edit the active one
          </button>
        )}
        <button
          type="button"
          className={styles.link}
          onClick={() => {
            openTab({ kind: "globals" });
            onClose();
          }}
        >
          Globals
        </button>
      </div>
    </>
  );
}
