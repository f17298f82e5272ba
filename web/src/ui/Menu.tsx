import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon";
import styles from "./Menu.module.css";

/** A line of a menu. */
export type MenuEntry =
  | {
      label: string;
      icon?: IconName;
      /** The keys that do the same, as people read them: "F2". */
      shortcut?: string;
      danger?: boolean;
      disabled?: boolean;
      /** For a choice among several: whether this is the one. */
      checked?: boolean;
      onSelect: () => void;
    }
  | "separator"
  | { heading: string };

/** A button that opens a menu. `children` is the button. */
export function Menu({
  entries,
  children,
  align = "start",
}: {
  entries: readonly MenuEntry[];
  children: ReactNode;
  align?: "start" | "end";
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{children}</DropdownMenu.Trigger>
      <Content entries={entries} align={align} />
    </DropdownMenu.Root>
  );
}

/** A menu at a point of the window: for a right click, or the menu key. The focus goes back to `returnTo`. */
export function MenuAt({
  at,
  entries,
  onClose,
  returnTo,
}: {
  at: { x: number; y: number };
  entries: readonly MenuEntry[];
  onClose: () => void;
  returnTo?: () => HTMLElement | null;
}) {
  return (
    <DropdownMenu.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <DropdownMenu.Trigger asChild>
        <span aria-hidden="true" style={{ position: "fixed", left: at.x, top: at.y, width: 0, height: 0 }} />
      </DropdownMenu.Trigger>
      <Content entries={entries} align="start" returnTo={returnTo} />
    </DropdownMenu.Root>
  );
}

function Content({
  entries,
  align,
  returnTo,
}: {
  entries: readonly MenuEntry[];
  align: "start" | "end";
  returnTo?: (() => HTMLElement | null) | undefined;
}) {
  const choice = entries.some((entry) => entry !== "separator" && "checked" in entry);
  return (
    <DropdownMenu.Portal>
      <DropdownMenu.Content
        className={styles.menu}
        align={align}
        sideOffset={4}
        collisionPadding={8}
        loop
        onCloseAutoFocus={(event) => {
          const element = returnTo?.();
          if (!element) return;
          event.preventDefault();
          // A chosen entry may have moved the focus on purpose, to a dialog or a name that is being changed.
          if (document.activeElement === document.body || document.activeElement === null) element.focus();
        }}
      >
        {entries.map((entry, index) => {
          if (entry === "separator")
            return <DropdownMenu.Separator key={index} className={styles.separator} />;
          if ("heading" in entry)
            return (
              <DropdownMenu.Label key={index} className={styles.heading}>
                {entry.heading}
              </DropdownMenu.Label>
            );
          return (
            <DropdownMenu.Item
              key={index}
              className={[styles.item, entry.danger && styles.danger].filter(Boolean).join(" ")}
              disabled={entry.disabled ?? false}
              onSelect={entry.onSelect}
              {...(entry.checked === undefined
                ? {}
                : { role: "menuitemradio", "aria-checked": entry.checked })}
            >
              {choice ? (
                <span className={styles.mark}>
                  {entry.checked ? (
                    <Icon name="check" size={14} />
                  ) : (
                    entry.icon && <Icon name={entry.icon} size={14} className={styles.icon} />
                  )}
                </span>
              ) : (
                entry.icon && <Icon name={entry.icon} size={15} className={styles.icon} />
              )}
              <span className={styles.label}>{entry.label}</span>
              {entry.shortcut && <kbd className={styles.keys}>{entry.shortcut}</kbd>}
            </DropdownMenu.Item>
          );
        })}
      </DropdownMenu.Content>
    </DropdownMenu.Portal>
  );
}
