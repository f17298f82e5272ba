import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Menu, MenuAt, type MenuEntry } from "../ui/Menu";
import { Method } from "../ui/Method";
import styles from "./TabStrip.module.css";
import { keysText } from "./keys";
import type { Strip, Tab } from "./tabs";
import { pathOf, sameTarget, type Target } from "./target";
import { useTitle } from "./title";

interface TabStripProps {
  workspaceId: string;
  strip: Strip;
  current: Target | null;
  isUnsaved: (target: Target) => boolean;
  onClose: (targets: readonly Target[]) => void;
  onKeep: (target: Target) => void;
  onMove: (target: Target, to: number) => void;
  onReopen: () => void;
  onNew: (() => void) | null;
}

/** The row of open tabs: links, because each has an address, and a button that closes each. */
export function TabStrip(props: TabStripProps) {
  const { workspaceId, strip, current, isUnsaved, onClose, onKeep, onMove, onReopen, onNew } = props;
  const [menu, setMenu] = useState<{ tab: Tab; at: { x: number; y: number } } | null>(null);
  const dragged = useRef<Target | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const others = (target: Target) =>
    strip.tabs.map((tab) => tab.target).filter((other) => !sameTarget(other, target));
  const currentPath = current && pathOf(current);

  useEffect(() => {
    list.current
      ?.querySelector("[aria-current]")
      ?.closest("li")
      ?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [currentPath, strip.tabs.length]);

  function entries({ target, keeps }: Tab): MenuEntry[] {
    return [
      { label: "Close", shortcut: keysText("Alt W"), onSelect: () => onClose([target]) },
      { label: "Close others", disabled: strip.tabs.length < 2, onSelect: () => onClose(others(target)) },
      { label: "Close all", onSelect: () => onClose(strip.tabs.map((tab) => tab.target)) },
      "separator",
      { label: "Keep open", disabled: keeps, onSelect: () => onKeep(target) },
      {
        label: "Reopen closed tab",
        shortcut: keysText("Alt Shift T"),
        disabled: strip.closed.length === 0,
        onSelect: onReopen,
      },
    ];
  }

  return (
    <nav className={styles.strip} aria-label="Open tabs">
      <ul
        ref={list}
        className={styles.list}
        onWheel={(event) => list.current?.scrollBy({ left: event.deltaY + event.deltaX })}
      >
        {strip.tabs.map((tab, index) => (
          <TabItem
            key={pathOf(tab.target)}
            workspaceId={workspaceId}
            tab={tab}
            isCurrent={current !== null && sameTarget(tab.target, current)}
            isUnsaved={isUnsaved(tab.target)}
            onClose={() => onClose([tab.target])}
            onKeep={() => onKeep(tab.target)}
            onMenu={(at) => setMenu({ tab, at })}
            onDragStart={() => (dragged.current = tab.target)}
            onDrop={() => {
              if (dragged.current) onMove(dragged.current, index);
              dragged.current = null;
            }}
            isDragging={() => dragged.current !== null}
          />
        ))}
      </ul>
      {onNew && (
        <IconButton
          label="New request"
          shortcut={keysText("Alt N")}
          icon="add"
          size="small"
          onClick={onNew}
        />
      )}
      {(strip.tabs.length > 0 || strip.closed.length > 0) && (
        <Menu
          align="end"
          entries={[
            {
              label: "Close all tabs",
              disabled: strip.tabs.length === 0,
              onSelect: () => onClose(strip.tabs.map((tab) => tab.target)),
            },
            {
              label: "Close all but this",
              disabled: !current || strip.tabs.length < 2,
              onSelect: () => current && onClose(others(current)),
            },
            {
              label: "Reopen closed tab",
              shortcut: keysText("Alt Shift T"),
              disabled: strip.closed.length === 0,
              onSelect: onReopen,
            },
          ]}
        >
          <IconButton label="Tabs" icon="chevron-down" size="small" />
        </Menu>
      )}
      {menu && <MenuAt at={menu.at} entries={entries(menu.tab)} onClose={() => setMenu(null)} />}
    </nav>
  );
}

function TabItem({
  workspaceId,
  tab,
  isCurrent,
  isUnsaved,
  onClose,
  onKeep,
  onMenu,
  onDragStart,
  onDrop,
  isDragging,
}: {
  workspaceId: string;
  tab: Tab;
  isCurrent: boolean;
  isUnsaved: boolean;
  onClose: () => void;
  onKeep: () => void;
  onMenu: (at: { x: number; y: number }) => void;
  onDragStart: () => void;
  onDrop: () => void;
  isDragging: () => boolean;
}) {
  const title = useTitle(workspaceId, tab.target);
  return (
    <li
      className={styles.tab}
      data-current={isCurrent || undefined}
      data-unsaved={isUnsaved || undefined}
      data-looks={!tab.keeps || undefined}
      data-gone={title.gone || undefined}
      onDragOver={(event) => isDragging() && event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        onDrop();
      }}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu({ x: event.clientX, y: event.clientY });
      }}
    >
      <Link
        to="/w/$workspaceId/$"
        params={{ workspaceId, _splat: pathOf(tab.target) }}
        className={styles.link}
        aria-current={isCurrent ? "page" : undefined}
        title={title.name}
        draggable
        onDragStart={onDragStart}
        onDoubleClick={onKeep}
        onAuxClick={(event) => {
          if (event.button !== 1) return;
          event.preventDefault();
          onClose();
        }}
        onKeyDown={(event) => {
          const item = event.currentTarget.closest("li");
          const next =
            event.key === "ArrowRight"
              ? item?.nextElementSibling
              : event.key === "ArrowLeft"
                ? item?.previousElementSibling
                : null;
          if (next) {
            event.preventDefault();
            next.querySelector("a")?.focus();
          }
          if (event.key === "Delete") {
            event.preventDefault();
            onClose();
          }
        }}
      >
        {title.method === null ? (
          <Icon name={title.icon} size={14} className={styles.icon} />
        ) : (
          <Method method={title.method} short />
        )}
        <span className={styles.name}>{title.name}</span>
        {isUnsaved && <span className="visually-hidden">, not saved</span>}
      </Link>
      <button
        type="button"
        className={styles.close}
        tabIndex={-1}
        aria-label={`Close ${title.name}`}
        onClick={onClose}
      >
        <span className={styles.dot} aria-hidden="true" />
        <Icon name="close" size={12} />
      </button>
    </li>
  );
}
