import { IconButton } from "../ui/Button";
import { clearConsole, useConsole } from "./console";
import styles from "./runs.module.css";

/** What requests and scripts said. */
export function ConsolePanel() {
  const lines = useConsole();
  return (
    <>
      <header className={styles.bar}>
        <h2>Console</h2>
        <IconButton
          label="Clear the console"
          icon="trash"
          size="small"
          disabled={lines.length === 0}
          onClick={clearConsole}
        />
      </header>
      {lines.length === 0 ? (
        <p className={styles.hint}>
          Requests as they were sent, and what scripts write with console.log, appear here.
        </p>
      ) : (
        <ol className={styles.console} tabIndex={-1}>
          {lines.map((line) => (
            <li key={line.id} data-level={line.level}>
              {line.text}
            </li>
          ))}
        </ol>
      )}
    </>
  );
}
