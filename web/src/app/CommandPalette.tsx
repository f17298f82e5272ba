import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import {
  type KeyboardEvent,
  type ReactNode,
  useDeferredValue,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";
import { collectionsQuery, environmentsQuery, nodesQuery, workspacesQuery } from "../api/resources";
import { Icon, type IconName } from "../ui/Icon";
import { Method } from "../ui/Method";
import styles from "./CommandPalette.module.css";
import type { Command } from "./commands";
import { keysText } from "./keys";
import { score } from "./matching";
import { useOpen } from "./open";

interface Entry {
  id: string;
  label: string;
  /** Where it is: the collection of a request. */
  detail: string;
  icon: IconName;
  method: string | null;
  keys: string | null;
  /** Actions come first while nothing is typed. */
  group: "Actions" | "Go to";
  run: () => void;
}

/** Finds anything in the workspace, and every action, by some of its letters. */
export function CommandPalette({
  workspaceId,
  commands,
  onClose,
}: {
  workspaceId: string;
  commands: readonly Command[];
  onClose: () => void;
}) {
  const id = useId();
  const [text, setText] = useState("");
  const query = useDeferredValue(text.trim());
  const [at, setAt] = useState(0);
  const entries = useEntries(workspaceId, commands);
  const list = useRef<HTMLDivElement>(null);

  const found = useMemo(() => search(entries, query), [entries, query]);
  const chosen = Math.min(at, found.length - 1);

  useEffect(() => {
    list.current?.querySelector("[data-at]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  function run(entry: Entry | undefined) {
    if (!entry) return;
    onClose();
    entry.run();
  }

  function press(event: KeyboardEvent) {
    switch (event.key) {
      case "ArrowDown":
        setAt(found.length === 0 ? 0 : (chosen + 1) % found.length);
        break;
      case "ArrowUp":
        setAt(found.length === 0 ? 0 : (chosen - 1 + found.length) % found.length);
        break;
      case "Enter":
        // Whoever types fast and presses Enter means what is typed, not what is listed yet.
        run(query === text.trim() ? found[chosen] : search(entries, text.trim())[0]);
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={styles.overlay} />
        <Dialog.Content className={styles.palette} aria-describedby={undefined}>
          <Dialog.Title className="visually-hidden">Search and commands</Dialog.Title>
          <div className={styles.search}>
            <Icon name="search" />
            <input
              autoFocus
              role="combobox"
              aria-expanded="true"
              aria-controls={`${id}-list`}
              aria-activedescendant={found.length > 0 ? `${id}-${chosen}` : undefined}
              aria-label="Search requests, collections, environments and actions"
              placeholder="Search requests, environments, actions…"
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setAt(0);
              }}
              onKeyDown={press}
            />
            <kbd className={styles.escape}>Esc</kbd>
          </div>
          <div ref={list} id={`${id}-list`} role="listbox" aria-label="Results" className={styles.list}>
            {found.map((entry, index) => (
              // The field above holds the focus and the keys.
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events jsx-a11y/interactive-supports-focus
              <div
                key={entry.id}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === chosen}
                data-at={index === chosen || undefined}
                className={styles.option}
                onPointerMove={() => setAt(index)}
                onClick={() => run(entry)}
              >
                <Sign entry={entry} />
                <span className={styles.label}>{entry.label}</span>
                {entry.detail && <span className={styles.detail}>{entry.detail}</span>}
                {entry.keys && <kbd className={styles.keys}>{keysText(entry.keys)}</kbd>}
              </div>
            ))}
          </div>
          {found.length === 0 && (
            <p className={styles.nothing} role="status">
              Nothing matches “{query}”.
            </p>
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** The entries that answer what is typed, best first; the actions while nothing is. */
function search(entries: readonly Entry[], query: string): Entry[] {
  if (query === "") return entries.filter((entry) => entry.group === "Actions");
  return entries
    .map((entry) => ({ entry, points: score(`${entry.method ?? ""} ${entry.label}`, query) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, 60)
    .map(({ entry }) => entry);
}

function Sign({ entry }: { entry: Entry }): ReactNode {
  return (
    <span className={styles.sign}>
      {entry.method === null ? <Icon name={entry.icon} size={15} /> : <Method method={entry.method} short />}
    </span>
  );
}

function useEntries(workspaceId: string, commands: readonly Command[]): Entry[] {
  const open = useOpen(workspaceId);
  const navigate = useNavigate();
  const workspaces = useQuery(workspacesQuery).data?.items;
  const collections = useQuery(collectionsQuery(workspaceId)).data?.items;
  const environments = useQuery(environmentsQuery(workspaceId)).data?.items;
  const nodes = useQueries({
    queries: (collections ?? []).map((collection) => nodesQuery(collection.id)),
    combine: (answers) => answers.map((answer) => answer.data),
  });

  return useMemo(() => {
    const entries: Entry[] = commands
      .filter(({ id }) => id !== "palette")
      .map((command) => ({
        id: `action ${command.id}`,
        label: command.label,
        detail: "",
        icon: command.icon,
        method: null,
        keys: command.keys ?? null,
        group: "Actions",
        run: command.run,
      }));
    const goTo = (
      entry: Pick<Entry, "id" | "label" | "detail" | "icon" | "run"> & { method?: string | null },
    ) => entries.push({ method: null, keys: null, group: "Go to", ...entry });
    (collections ?? []).forEach((collection, index) => {
      goTo({
        id: collection.id,
        label: collection.name,
        detail: "Collection",
        icon: "collections",
        run: () => open({ kind: "collection", id: collection.id }),
      });
      for (const node of nodes[index] ?? []) {
        const { kind } = node;
        goTo({
          id: node.id,
          label: node.name,
          detail: collection.name,
          icon: kind,
          method: kind === "request" ? (node.method ?? "GET") : null,
          run: () => open({ kind, id: node.id }),
        });
      }
    });
    for (const environment of environments ?? [])
      goTo({
        id: environment.id,
        label: environment.name,
        detail: "Environment",
        icon: "environments",
        run: () => open({ kind: "environment", id: environment.id }),
      });
    for (const workspace of workspaces ?? [])
      if (workspace.id !== workspaceId)
        goTo({
          id: workspace.id,
          label: workspace.name,
          detail: "Workspace",
          icon: "people",
          run: () => void navigate({ to: "/w/$workspaceId", params: { workspaceId: workspace.id } }),
        });
    return entries;
  }, [commands, collections, environments, workspaces, nodes, open, navigate, workspaceId]);
}
