import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type DragEvent,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useImperativeHandle,
  useRef,
  useState,
} from "react";
import { IconButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { Method } from "../ui/Method";
import styles from "./Tree.module.css";
import type { Row } from "./tree";

export type Where = "before" | "inside" | "after";

interface TreeProps {
  label: string;
  rows: readonly Row[];
  /** The row whose tab is shown. */
  currentId: string | null;
  /** Rows with edits that are not saved. */
  unsaved: ReadonlySet<string>;
  canEdit: boolean;
  /** The row whose name is being changed. */
  renamingId: string | null;
  onRenaming: (id: string | null) => void;
  onRename: (row: Row, name: string) => void;
  onOpen: (row: Row, keep: boolean) => void;
  onExpand: (row: Row, expanded: boolean) => void;
  /** Absent where nothing can be done to a row. */
  onMenu?: (row: Row, at: { x: number; y: number }) => void;
  onDelete: (row: Row) => void;
  onMoveByOne: (row: Row, direction: "up" | "down") => void;
  /** Whether `row` may be dropped there. */
  canDrop: (row: Row, on: Row, where: Where) => boolean;
  onDrop: (row: Row, on: Row, where: Where) => void;
  handle: RefObject<TreeHandle | null>;
}

export interface TreeHandle {
  focus(id?: string): void;
  element(): HTMLElement | null;
}

const rowHeight = 28;
/** Deeper levels are drawn at this depth: a thousand folders stay on the page. */
const deepest = 24;

/**
 * The tree: one control that holds the focus, whose active row moves by keys. Only the rows on screen exist.
 */
export function Tree(props: TreeProps) {
  const { label, rows, currentId, unsaved, canEdit, renamingId, handle } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [activeId, setActiveId] = useState<string | null>(null);
  const [dropOn, setDropOn] = useState<{ id: string; where: Where } | null>(null);
  const dragged = useRef<Row | null>(null);
  const typed = useRef({ text: "", at: 0 });
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    getItemKey: (index) => rows[index]?.id ?? index,
  });

  const activeIndex = Math.max(
    0,
    rows.findIndex((row) => row.id === (activeId ?? currentId)),
  );
  const active = rows[activeIndex];

  useImperativeHandle(handle, () => ({
    focus(rowId) {
      if (rowId !== undefined) setActiveId(rowId);
      scroller.current?.focus({ preventScroll: true });
    },
    element: () => scroller.current,
  }));

  // What is shown in a tab is shown in the tree.
  const currentIndex = rows.findIndex((row) => row.id === currentId);
  const revealed = useRef<string | null>(null);
  useEffect(() => {
    if (currentIndex < 0 || revealed.current === currentId) return;
    revealed.current = currentId;
    setActiveId(currentId);
    virtual.scrollToIndex(currentIndex, { align: "auto" });
  }, [currentId, currentIndex, virtual]);

  const renamingIndex = rows.findIndex((row) => row.id === renamingId);
  useEffect(() => {
    if (renamingIndex >= 0) virtual.scrollToIndex(renamingIndex, { align: "auto" });
  }, [renamingIndex, virtual]);

  function activate(index: number) {
    const row = rows[Math.max(0, Math.min(index, rows.length - 1))];
    if (!row) return;
    setActiveId(row.id);
    virtual.scrollToIndex(rows.indexOf(row), { align: "auto" });
  }

  function menuAtRow(row: Row) {
    const element = document.getElementById(`${id}-${row.id}`);
    const box = (element ?? scroller.current)?.getBoundingClientRect();
    if (box) props.onMenu?.(row, { x: box.left + 32, y: box.bottom });
  }

  function press(event: KeyboardEvent) {
    if (event.target !== scroller.current || !active) return;
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (altKey && (key === "ArrowUp" || key === "ArrowDown")) {
      event.preventDefault();
      if (canEdit) props.onMoveByOne(active, key === "ArrowUp" ? "up" : "down");
      return;
    }
    if (key === "ContextMenu" || (shiftKey && key === "F10")) {
      event.preventDefault();
      menuAtRow(active);
      return;
    }
    if (altKey || ctrlKey || metaKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1);
    switch (key) {
      case "ArrowDown":
        activate(activeIndex + 1);
        break;
      case "ArrowUp":
        activate(activeIndex - 1);
        break;
      case "PageDown":
        activate(activeIndex + page);
        break;
      case "PageUp":
        activate(activeIndex - page);
        break;
      case "Home":
        activate(0);
        break;
      case "End":
        activate(rows.length - 1);
        break;
      case "ArrowRight":
        if (active.expanded === false) props.onExpand(active, true);
        else if (active.expanded) activate(activeIndex + 1);
        break;
      case "ArrowLeft":
        if (active.expanded) props.onExpand(active, false);
        else if (active.parentId !== null) activate(rows.findIndex((row) => row.id === active.parentId));
        break;
      case "Enter":
        props.onOpen(active, true);
        break;
      case " ":
        if (typed.current.text !== "" && event.timeStamp - typed.current.at < 700) {
          find(key, event.timeStamp);
          break;
        }
        props.onOpen(active, false);
        break;
      case "F2":
        if (canEdit && active.kind !== "note") props.onRenaming(active.id);
        break;
      case "Delete":
        if (canEdit && active.kind !== "note") props.onDelete(active);
        break;
      case "*":
        for (const row of rows)
          if (row.parentId === active.parentId && row.expanded === false) props.onExpand(row, true);
        break;
      default:
        if (key.length !== 1) return;
        find(key, event.timeStamp);
    }
    event.preventDefault();
  }

  /** Goes to the next row whose name starts with what is typed. */
  function find(key: string, at: number) {
    const goesOn = at - typed.current.at < 700;
    const text = (goesOn ? typed.current.text : "") + key.toLowerCase();
    typed.current = { text, at };
    const from = goesOn ? activeIndex : activeIndex + 1;
    for (let step = 0; step < rows.length; step++) {
      const index = (from + step) % rows.length;
      if (rows[index]?.name.toLowerCase().startsWith(text)) return activate(index);
    }
  }

  function over(event: DragEvent, row: Row) {
    const from = dragged.current;
    if (!from) return;
    const box = event.currentTarget.getBoundingClientRect();
    const part = (event.clientY - box.top) / box.height;
    const holds = row.kind === "folder" || row.kind === "collection";
    const where: Where = holds
      ? row.kind === "collection" || (part > 0.25 && part < 0.75)
        ? "inside"
        : part <= 0.25
          ? "before"
          : "after"
      : part < 0.5
        ? "before"
        : "after";
    if (!props.canDrop(from, row, where)) {
      setDropOn(null);
      return;
    }
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    if (dropOn?.id !== row.id || dropOn.where !== where) setDropOn({ id: row.id, where });
  }

  const items = virtual.getVirtualItems();
  const activeOnScreen = items.some((item) => item.index === activeIndex);

  return (
    <div
      ref={scroller}
      className={styles.tree}
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={active && activeOnScreen ? `${id}-${active.id}` : undefined}
      onKeyDown={press}
      onFocus={(event) => {
        if (event.target === event.currentTarget && activeIndex >= 0)
          virtual.scrollToIndex(activeIndex, { align: "auto" });
      }}
      onDragLeave={(event) => {
        if (
          !event.currentTarget.contains(event.relatedTarget instanceof Element ? event.relatedTarget : null)
        )
          setDropOn(null);
      }}
    >
      <div role="none" style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const drop = dropOn?.id === row.id ? dropOn.where : undefined;
          return (
            // The tree holds the focus and the keys for all of its rows.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events jsx-a11y/interactive-supports-focus
            <div
              key={row.id}
              id={`${id}-${row.id}`}
              role="treeitem"
              aria-level={row.depth + 1}
              aria-setsize={row.siblings}
              aria-posinset={row.position}
              aria-expanded={row.expanded ?? undefined}
              aria-selected={row.id === currentId}
              aria-label={spoken(row, unsaved.has(row.id))}
              data-kind={row.kind}
              data-active={row.id === active?.id || undefined}
              data-drop={drop}
              className={styles.row}
              style={
                {
                  transform: `translateY(${item.start}px)`,
                  "--depth": Math.min(row.depth, deepest),
                } as CSSProperties // React's type does not know custom properties.
              }
              draggable={canEdit && row.node !== undefined && renamingId !== row.id}
              onDragStart={(event) => {
                dragged.current = row;
                event.dataTransfer.effectAllowed = "move";
                event.dataTransfer.setData("text/plain", row.name);
              }}
              onDragEnd={() => {
                dragged.current = null;
                setDropOn(null);
              }}
              onDragOver={(event) => over(event, row)}
              onDrop={(event) => {
                if (!dragged.current || !drop) return;
                event.preventDefault();
                props.onDrop(dragged.current, row, drop);
                dragged.current = null;
                setDropOn(null);
              }}
              onClick={(event) => {
                if (renamingId === row.id) return;
                setActiveId(row.id);
                scroller.current?.focus({ preventScroll: true });
                if (row.kind === "folder" || row.kind === "collection") props.onExpand(row, !row.expanded);
                if (row.kind !== "folder") props.onOpen(row, event.detail > 1);
              }}
              onDoubleClick={() => props.onOpen(row, true)}
              onContextMenu={(event) => {
                if (row.kind === "note" || renamingId === row.id || !props.onMenu) return;
                event.preventDefault();
                setActiveId(row.id);
                props.onMenu(row, { x: event.clientX, y: event.clientY });
              }}
            >
              <span
                className={styles.arrow}
                aria-hidden="true"
                onClick={(event) => {
                  if (row.expanded === null) return;
                  event.stopPropagation();
                  setActiveId(row.id);
                  props.onExpand(row, !row.expanded);
                }}
              >
                {row.expanded !== null && (
                  <Icon name={row.expanded ? "chevron-down" : "chevron-right"} size={12} />
                )}
              </span>
              <Kind row={row} />
              {renamingId === row.id ? (
                <Rename
                  row={row}
                  onEnd={(name) => {
                    props.onRenaming(null);
                    scroller.current?.focus({ preventScroll: true });
                    if (name !== null) props.onRename(row, name);
                  }}
                />
              ) : (
                <span className={styles.name} title={row.name}>
                  {row.name}
                </span>
              )}
              {unsaved.has(row.id) && (
                <span className={styles.unsaved} title="Has edits that are not saved" />
              )}
              {row.kind !== "note" && renamingId !== row.id && props.onMenu && (
                <IconButton
                  label={`More for ${row.name}`}
                  icon="more"
                  size="small"
                  tabIndex={-1}
                  className={styles.more}
                  onClick={(event) => {
                    event.stopPropagation();
                    setActiveId(row.id);
                    const box = event.currentTarget.getBoundingClientRect();
                    props.onMenu?.(row, { x: box.left, y: box.bottom });
                  }}
                />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Kind({ row }: { row: Row }) {
  switch (row.kind) {
    case "collection":
      return <Icon name="collections" size={15} className={styles.icon} />;
    case "folder":
      return <Icon name={row.expanded ? "folder-open" : "folder"} size={15} className={styles.icon} />;
    case "example":
      return <Icon name="example" size={14} className={styles.icon} />;
    case "request":
      return <Method method={row.method ?? "GET"} short />;
    case "note":
      return null;
  }
}

function spoken(row: Row, unsaved: boolean) {
  const parts = [row.kind === "request" ? `${row.method ?? "GET"} ${row.name}` : row.name];
  if (row.kind === "example") parts.push("example");
  if (unsaved) parts.push("not saved");
  return parts.join(", ");
}

function Rename({ row, onEnd }: { row: Row; onEnd: (name: string | null) => void }) {
  const [text, setText] = useState(row.name);
  const ended = useRef(false);
  function end(save: boolean) {
    if (ended.current) return;
    ended.current = true;
    const name = text.trim();
    onEnd(save && name !== "" && name !== row.name ? name : null);
  }
  return (
    <input
      className={styles.rename}
      aria-label={`Name of ${row.name}`}
      value={text}
      autoFocus
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => end(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") end(true);
        if (event.key === "Escape") end(false);
      }}
    />
  );
}
