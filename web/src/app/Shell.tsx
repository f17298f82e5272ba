import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { Mark } from "../accounts/Mark";
import { isProblem } from "../api/client";
import { type Workspace, workspaceQuery } from "../api/resources";
import { useCollectionActions } from "../collections/actions";
import { CollectionsPanel } from "../collections/CollectionsPanel";
import { discardCollectionDraft, useCollectionDraftIds } from "../collections/draft";
import { discardDraft, useDraftIds } from "../drafts/store";
import { keepEnvironmentDraft, useEnvironmentDraftIds } from "../environments/draft";
import { EnvironmentPicker } from "../environments/EnvironmentPicker";
import { EnvironmentsPanel } from "../environments/EnvironmentsPanel";
import { QuickLook } from "../environments/QuickLook";
import { ImportDialog } from "../imports/ImportDialog";
import { ImportContext, type ImportStart } from "../imports/opening";
import { ConsolePanel } from "../runs/ConsolePanel";
import { HistoryPanel } from "../runs/HistoryPanel";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Icon, type IconName } from "../ui/Icon";
import { Bell } from "../notifications/Bell";
import { Spinner } from "../ui/Spinner";
import { SplitPane } from "../ui/SplitPane";
import { Tooltip } from "../ui/Tooltip";
import { lastWorkspace } from "../workspaces/last";
import { WorkspaceHome } from "../workspaces/WorkspaceHome";
import { WorkspaceSwitcher } from "../workspaces/WorkspaceSwitcher";
import { ConfirmIdentity } from "../accounts/ConfirmIdentity";
import { AccountMenu } from "./AccountMenu";
import { CommandPalette } from "./CommandPalette";
import type { Command } from "./commands";
import { FailedPage, MissingPage } from "./FailedPage";
import { isKeys, keysText } from "./keys";
import { useClose, useOpen } from "./open";
import styles from "./Shell.module.css";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { kept, useKept } from "./storage";
import { TabPanels } from "./TabPanels";
import { moved, opened, stripOf } from "./tabs";
import { TabStrip } from "./TabStrip";
import { pathOf, sameTarget, type Target, targetOf } from "./target";
import { useTitle } from "./title";

const route = getRouteApi("/signed-in/w/$workspaceId");

/** A workspace on screen: the frame around everything one does in it. */
export function Shell() {
  const { workspaceId } = route.useParams();
  const workspace = useQuery(workspaceQuery(workspaceId));
  if (workspace.data) return <Frame key={workspaceId} workspace={workspace.data} />;
  if (isProblem(workspace.error) && workspace.error.status === 404)
    return <MissingPage workspaceId={workspaceId} />;
  if (workspace.error) return <FailedPage error={workspace.error} />;
  return <Spinner label="Opening the workspace" />;
}

const sections = [
  { id: "collections", label: "Collections", icon: "collections" },
  { id: "environments", label: "Environments", icon: "environments" },
  { id: "history", label: "History", icon: "history" },
] as const satisfies readonly { id: string; label: string; icon: IconName }[];
type Section = (typeof sections)[number]["id"];

interface Layout {
  section: Section;
  sidebar: boolean;
  console: boolean;
}

const layout = kept(
  "layout",
  (json): Layout => {
    const record: Record<string, unknown> = typeof json === "object" && json !== null ? { ...json } : {};
    return {
      section: sections.find(({ id }) => id === record["section"])?.id ?? "collections",
      sidebar: record["sidebar"] !== false,
      console: record["console"] === true,
    };
  },
  { perWindow: true },
);

function Frame({ workspace }: { workspace: Workspace }) {
  const workspaceId = workspace.id;
  const canEdit = workspace.role !== "viewer";
  const navigate = useNavigate();
  const open = useOpen(workspaceId);
  const actions = useCollectionActions(workspaceId);
  const { section, sidebar, console: consoleShown } = useKept(layout);
  const strip = stripOf(workspaceId);
  const tabs = useKept(strip);
  const [picking, setPicking] = useState(false);
  const [dialog, setDialog] = useState<
    "palette" | "shortcuts" | { start: ImportStart } | { closing: readonly Target[] } | null
  >(null);
  const sidebarElement = useRef<HTMLDivElement>(null);
  const goToList = useListFocus(sidebarElement, sidebar);
  const unsaved = useUnsaved();

  const path = useParams({ strict: false })._splat ?? "";
  const current = useMemo(() => targetOf(path), [path]);

  useEffect(() => {
    lastWorkspace.write(workspaceId);
  }, [workspaceId]);

  // An address that was typed or followed gets its tab.
  useEffect(() => {
    if (!current) return;
    const row = strip.read();
    const next = opened(row, current, false);
    if (next !== row) strip.write(next);
  }, [current, strip]);

  // A tab with edits is kept.
  useEffect(() => {
    const row = strip.read();
    if (row.tabs.some((tab) => !tab.keeps && unsaved(tab.target)))
      strip.write({
        ...row,
        tabs: row.tabs.map((tab) => (unsaved(tab.target) ? { ...tab, keeps: true } : tab)),
      });
  }, [tabs, strip, unsaved]);

  function show(target: Target | null) {
    if (target) void navigate({ to: "/w/$workspaceId/$", params: { workspaceId, _splat: pathOf(target) } });
  }

  const closeTabs = useClose(workspaceId);
  const close = (targets: readonly Target[]) =>
    closeTabs((target) => targets.some((other) => sameTarget(other, target)));

  function askToClose(targets: readonly Target[]) {
    if (targets.some(unsaved)) setDialog({ closing: targets });
    else close(targets);
  }

  function reopen() {
    const last = strip.read().closed[0];
    if (!last) return;
    strip.write({ ...strip.read(), closed: strip.read().closed.slice(1) });
    open(last);
  }

  function step(by: 1 | -1) {
    const row = strip.read().tabs;
    if (row.length === 0) return;
    const index = row.findIndex((tab) => current && sameTarget(tab.target, current));
    show(row[(index + by + row.length) % row.length]?.target ?? null);
  }

  const set = (part: Partial<Layout>) => layout.write({ ...layout.read(), ...part });
  const startImport = (start: ImportStart = null) => setDialog({ start });

  const commands: Command[] = [
    {
      id: "palette",
      label: "Search everything",
      icon: "search",
      keys: "Mod K",
      run: () => setDialog("palette"),
    },
    ...(canEdit
      ? ([
          {
            id: "new-request",
            label: "New request",
            icon: "request",
            keys: "Alt N",
            run: () => void actions.createRequestAnywhere(),
          },
          {
            id: "new-collection",
            label: "New collection",
            icon: "collections",
            run: () =>
              void actions
                .createCollection()
                .then((collection) => collection && open({ kind: "collection", id: collection.id })),
          },
          { id: "import", label: "Import", icon: "import", keys: "Alt I", run: () => startImport() },
        ] satisfies Command[])
      : []),
    {
      id: "environment",
      label: "Choose the environment",
      icon: "environments",
      keys: "Mod Alt E",
      run: () => setPicking(true),
    },
    { id: "globals", label: "Open the globals", icon: "globe", run: () => open({ kind: "globals" }) },
    ...sections.map(({ id, label, icon }): Command => ({
      id,
      label: `Show ${label.toLowerCase()}`,
      icon,
      run: () => set({ section: id, sidebar: true }),
    })),
    {
      id: "list",
      label: "Go to the list on the left",
      icon: "arrow-left",
      keys: "Alt L",
      run: () => {
        set({ sidebar: true });
        goToList();
      },
    },
    {
      id: "sidebar",
      label: sidebar ? "Hide the sidebar" : "Show the sidebar",
      icon: "sidebar",
      keys: "Mod \\",
      run: () => set({ sidebar: !sidebar }),
    },
    {
      id: "console",
      label: consoleShown ? "Hide the console" : "Show the console",
      icon: "console",
      keys: "Mod Alt C",
      run: () => set({ console: !consoleShown }),
    },
    { id: "next-tab", label: "Next tab", icon: "arrow-right", keys: "Alt ]", run: () => step(1) },
    { id: "previous-tab", label: "Previous tab", icon: "arrow-left", keys: "Alt [", run: () => step(-1) },
    {
      id: "close-tab",
      label: "Close tab",
      icon: "close",
      keys: "Alt W",
      run: () => current && askToClose([current]),
    },
    { id: "reopen-tab", label: "Reopen closed tab", icon: "undo", keys: "Alt Shift T", run: reopen },
    {
      id: "settings",
      label: "Workspace settings and members",
      icon: "settings",
      run: () => open({ kind: "settings" }),
    },
    { id: "activity", label: "Activity", icon: "clock", run: () => open({ kind: "activity" }) },
    { id: "account", label: "Your account", icon: "person", run: () => void navigate({ to: "/account" }) },
    { id: "team", label: "Team", icon: "people", run: () => void navigate({ to: "/team" }) },
    {
      id: "shortcuts",
      label: "Keyboard shortcuts",
      icon: "keyboard",
      keys: "Mod /",
      run: () => setDialog("shortcuts"),
    },
  ];

  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const target = event.target instanceof Element ? event.target : null;
      // A dialog is between the keys and the page.
      if (target?.closest('[role="dialog"], [role="alertdialog"], [role="menu"]')) return;
      const command = latest.current.find(({ keys }) => keys && isKeys(event, keys));
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);

  const dropping = useDroppedFiles((files) => canEdit && startImport({ files }));
  usePastedDocument((text) => canEdit && startImport({ text }));

  const paths = useMemo(() => new Set(tabs.tabs.map((tab) => pathOf(tab.target))), [tabs]);
  const content = current ? (
    <TabPanels workspace={workspace} current={current} open={paths} />
  ) : path === "" ? (
    <WorkspaceHome workspace={workspace} />
  ) : (
    <EmptyState icon="search" title="There is nothing at this address">
      It may have been deleted, or the address was not copied whole.
    </EmptyState>
  );

  const main = (
    <main className={styles.main}>
      <div className={styles.top}>
        <TabStrip
          workspaceId={workspaceId}
          strip={tabs}
          current={current}
          isUnsaved={unsaved}
          onClose={askToClose}
          onKeep={(target) => strip.write(opened(strip.read(), target, true))}
          onMove={(target, to) => strip.write(moved(strip.read(), target, to))}
          onReopen={reopen}
          onNew={canEdit ? () => void actions.createRequestAnywhere() : null}
        />
        <div className={styles.environment}>
          <EnvironmentPicker workspaceId={workspaceId} open={picking} onOpenChange={setPicking} />
          <QuickLook workspaceId={workspaceId} />
        </div>
      </div>
      {consoleShown ? (
        <SplitPane
          id="console"
          label="Height of the console"
          direction="column"
          fixed="second"
          unit="px"
          initial={240}
          min={100}
          max={700}
          first={<div className={styles.content}>{content}</div>}
          second={
            <section className={styles.console} aria-label="Console">
              <ConsolePanel />
            </section>
          }
        />
      ) : (
        <div className={styles.content}>{content}</div>
      )}
      <Outlet />
    </main>
  );

  return (
    <ImportContext value={startImport}>
      <PageTitle workspace={workspace} current={current} />
      <div className={styles.shell}>
        <header className={styles.header}>
          <div className={styles.left}>
            <Mark size={22} />
            <WorkspaceSwitcher workspace={workspace} />
          </div>
          <button type="button" className={styles.search} onClick={() => setDialog("palette")}>
            <Icon name="search" size={14} />
            <span>Search</span>
            <kbd>{keysText("Mod K")}</kbd>
          </button>
          <div className={styles.right}>
            {canEdit && (
              <Button size="small" icon="import" onClick={() => startImport()}>
                Import
              </Button>
            )}
            <Bell />
            <AccountMenu onShortcuts={() => setDialog("shortcuts")} />
          </div>
        </header>
        <div className={styles.body}>
          <nav className={styles.rail} aria-label="Sections">
            {sections.map(({ id, label, icon }) => (
              <button
                key={id}
                type="button"
                className={styles.section}
                aria-pressed={sidebar && section === id}
                onClick={() => set(section === id ? { sidebar: !sidebar } : { section: id, sidebar: true })}
              >
                <Icon name={icon} size={18} />
                {label}
              </button>
            ))}
          </nav>
          {sidebar ? (
            <SplitPane
              id="sidebar"
              label="Width of the sidebar"
              direction="row"
              unit="px"
              initial={288}
              min={200}
              max={560}
              first={
                <aside ref={sidebarElement} className={styles.sidebar} aria-label="Sidebar">
                  {section === "collections" && <CollectionsPanel workspace={workspace} current={current} />}
                  {section === "environments" && (
                    <EnvironmentsPanel workspace={workspace} current={current} />
                  )}
                  {section === "history" && <HistoryPanel workspaceId={workspaceId} />}
                </aside>
              }
              second={main}
            />
          ) : (
            main
          )}
        </div>
        <footer className={styles.footer}>
          <FootButton
            icon="sidebar"
            label="Sidebar"
            keys="Mod \"
            pressed={sidebar}
            onClick={() => set({ sidebar: !sidebar })}
          />
          <FootButton
            icon="console"
            label="Console"
            keys="Mod Alt C"
            pressed={consoleShown}
            onClick={() => set({ console: !consoleShown })}
          />
          <span className={styles.space} />
          <FootButton icon="keyboard" label="Shortcuts" keys="Mod /" onClick={() => setDialog("shortcuts")} />
        </footer>
      </div>
      {dropping && (
        <div className={styles.dropping} aria-hidden="true">
          <div>
            <Icon name="import" size={28} />
            Drop to import into {workspace.name}
          </div>
        </div>
      )}
      {dialog === "palette" && (
        <CommandPalette workspaceId={workspaceId} commands={commands} onClose={() => setDialog(null)} />
      )}
      <ConfirmIdentity />
      {dialog === "shortcuts" && <ShortcutsDialog commands={commands} onClose={() => setDialog(null)} />}
      {dialog !== null && typeof dialog === "object" && "start" in dialog && (
        <ImportDialog workspaceId={workspaceId} start={dialog.start} onClose={() => setDialog(null)} />
      )}
      {dialog !== null && typeof dialog === "object" && "closing" in dialog && (
        <CloseDialog
          count={dialog.closing.filter(unsaved).length}
          onCancel={() => setDialog(null)}
          onClose={(discard) => {
            if (discard) dialog.closing.filter(unsaved).forEach(forget);
            close(dialog.closing);
            setDialog(null);
          }}
        />
      )}
    </ImportContext>
  );
}

function FootButton({
  icon,
  label,
  keys,
  pressed,
  onClick,
}: {
  icon: IconName;
  label: string;
  keys: string;
  pressed?: boolean;
  onClick: () => void;
}) {
  return (
    <Tooltip text={label} shortcut={keysText(keys)}>
      <button type="button" className={styles.foot} aria-pressed={pressed} onClick={onClick}>
        <Icon name={icon} size={14} />
        {label}
      </button>
    </Tooltip>
  );
}

function CloseDialog({
  count,
  onCancel,
  onClose,
}: {
  count: number;
  onCancel: () => void;
  onClose: (discard: boolean) => void;
}) {
  return (
    <Dialog
      size="small"
      title={count === 1 ? "Close with unsaved edits?" : `Close with unsaved edits in ${count} tabs?`}
      onClose={onCancel}
      footer={
        <>
          <Button onClick={() => onClose(true)}>Discard edits</Button>
          <Button onClick={onCancel}>Cancel</Button>
          <Button kind="primary" autoFocus onClick={() => onClose(false)}>
            Close, keep edits
          </Button>
        </>
      }
    >
      <p>Kept edits wait in this browser and are there when you open it again.</p>
    </Dialog>
  );
}

/** Gives the focus to the list in the sidebar; to one that is still loading as soon as it is there. */
function useListFocus(sidebar: RefObject<HTMLElement | null>, shown: boolean): () => void {
  const [wanted, setWanted] = useState(false);
  useEffect(() => {
    const list = sidebar.current;
    if (!wanted || !shown || !list) return;
    const from = document.activeElement;
    const watch = new MutationObserver(go);
    function go() {
      if (!list || list.querySelector('[aria-busy="true"]')) return;
      watch.disconnect();
      setWanted(false);
      // Someone who went on in the meantime is left where they are.
      if (document.activeElement !== from && document.activeElement !== document.body) return;
      for (const what of ['[role="tree"]', "li button", "button"]) {
        const found = list.querySelector<HTMLElement>(what);
        if (found) return found.focus();
      }
    }
    watch.observe(list, { subtree: true, childList: true, attributeFilter: ["aria-busy"] });
    go();
    return () => watch.disconnect();
  }, [wanted, shown, sidebar]);
  return () => setWanted(true);
}

/** Whether a tab has edits that are not saved. */
function useUnsaved(): (target: Target) => boolean {
  const items = useDraftIds();
  const environments = useEnvironmentDraftIds();
  const collections = useCollectionDraftIds();
  return useMemo(() => {
    const ids = new Set([...items, ...environments, ...collections]);
    return (target) => target.kind !== "runner" && "id" in target && ids.has(target.id);
  }, [items, environments, collections]);
}

function forget(target: Target) {
  if (!("id" in target)) return;
  switch (target.kind) {
    case "request":
    case "example":
      return discardDraft(target.id);
    case "environment":
      return keepEnvironmentDraft(target.id, null);
    case "collection":
    case "folder":
      return discardCollectionDraft(target.id);
    case "runner":
  }
}

function PageTitle({ workspace, current }: { workspace: Workspace; current: Target | null }) {
  const title = useTitle(workspace.id, current ?? { kind: "globals" });
  return <title>{current ? `${title.name} · ${workspace.name} · Bulla` : `${workspace.name} · Bulla`}</title>;
}

/** Takes files that are dropped anywhere; answers whether files are over the page now. */
function useDroppedFiles(take: (files: File[]) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  });
  useEffect(() => {
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth -= 1;
      if (depth <= 0) setOver(false);
    };
    const dragOver = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      depth = 0;
      setOver(false);
      // An input or the import dialog may have taken them.
      if (event.defaultPrevented || !hasFiles(event)) return;
      event.preventDefault();
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) latest.current(files);
    };
    window.addEventListener("dragenter", enter);
    window.addEventListener("dragleave", leave);
    window.addEventListener("dragover", dragOver);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragenter", enter);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("dragover", dragOver);
      window.removeEventListener("drop", drop);
    };
  }, []);
  return over;
}

/** Takes a collection or an environment that is pasted where there is no field. */
function usePastedDocument(take: (text: string) => void) {
  const latest = useRef(take);
  useEffect(() => {
    latest.current = take;
  });
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest('input, textarea, select, [contenteditable="true"], [role="dialog"]')) return;
      const text = event.clipboardData?.getData("text/plain").trim() ?? "";
      if (!text.startsWith("{")) return;
      event.preventDefault();
      latest.current(text);
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, []);
}
