import { useEffect, useRef, useState } from "react";
import styles from "./InlineEdit.module.css";

interface InlineEditProps {
  /** What is edited: "Workspace name". */
  label: string;
  value: string;
  onSave: (value: string) => void;
  problem?: string | null | undefined;
  disabled?: boolean;
  className?: string | undefined;
}

/** Text that turns into a field when it is chosen; Enter and leaving save, Escape gives up. Empty text is not saved. */
export function InlineEdit({ label, value, onSave, problem, disabled, className }: InlineEditProps) {
  const [text, setText] = useState<string | null>(null);
  const given = useRef(false);
  const button = useRef<HTMLButtonElement>(null);
  const leftByKey = useRef(false);

  useEffect(() => {
    if (text === null && leftByKey.current) {
      leftByKey.current = false;
      button.current?.focus();
    }
  }, [text]);

  if (disabled) return <span className={[styles.still, className].filter(Boolean).join(" ")}>{value}</span>;

  if (text === null)
    return (
      <span className={styles.box}>
        <button
          ref={button}
          type="button"
          className={[styles.text, className].filter(Boolean).join(" ")}
          aria-label={`${label}: ${value}. Change`}
          onClick={() => {
            given.current = false;
            setText(value);
          }}
        >
          {value}
        </button>
        {problem && (
          <span role="alert" className={styles.problem}>
            {problem}
          </span>
        )}
      </span>
    );

  function end(save: boolean) {
    if (given.current) return;
    given.current = true;
    const wanted = text?.trim() ?? "";
    setText(null);
    if (save && wanted !== "" && wanted !== value) onSave(wanted);
  }

  return (
    <input
      className={[styles.input, className].filter(Boolean).join(" ")}
      aria-label={label}
      value={text}
      size={Math.max(8, text.length + 1)}
      autoFocus
      onFocus={(event) => event.target.select()}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => end(true)}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        leftByKey.current = true;
        end(event.key === "Enter");
      }}
    />
  );
}
