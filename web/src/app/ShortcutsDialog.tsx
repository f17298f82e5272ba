import { Dialog } from "../ui/Dialog";
import type { Command } from "./commands";
import { keysText } from "./keys";
import styles from "./ShortcutsDialog.module.css";

const inPlace: readonly [place: string, rows: readonly [keys: string, what: string][]][] = [
  [
    "In a request",
    [
      ["Mod Enter", "Send"],
      ["Mod S", "Save"],
      ["Alt U", "Go to the address"],
    ],
  ],
  [
    "In the tree",
    [
      ["↑ ↓ ← →", "Go to a line, open and close it"],
      ["A–Z", "Go to the next line that starts so"],
      ["Enter", "Open in a tab of its own"],
      ["Space", "Look at it"],
      ["F2", "Rename"],
      ["Alt ↑", "Move up"],
      ["Alt ↓", "Move down"],
      ["Shift F10", "Everything else one can do with it"],
      ["Del", "Delete"],
    ],
  ],
  [
    "In the row of tabs",
    [
      ["← →", "Go to the next tab"],
      ["Del", "Close"],
    ],
  ],
];

/** Every shortcut. Those that a browser keeps for itself (Ctrl W, Ctrl T, Ctrl N) are left to it. */
export function ShortcutsDialog({
  commands,
  onClose,
}: {
  commands: readonly Command[];
  onClose: () => void;
}) {
  const everywhere = commands.flatMap((command): [string, string][] =>
    command.keys ? [[command.keys, command.label]] : [],
  );
  return (
    <Dialog title="Keyboard shortcuts" size="large" onClose={onClose}>
      <div className={styles.columns}>
        {[["Everywhere", everywhere] as const, ...inPlace].map(([place, rows]) => (
          <section key={place} className={styles.group}>
            <h3>{place}</h3>
            <dl>
              {rows.map(([keys, what]) => (
                <div key={keys + what} className={styles.row}>
                  <dt>{what}</dt>
                  <dd>
                    <kbd>{keysText(keys)}</kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
