import { useId, useRef, useState } from "react";
import { Button, IconButton } from "../ui/Button";
import { TextField } from "../ui/Field";
import styles from "./CipherList.module.css";
import { movedTo, namesIn, suites } from "./ciphers";

/** Cipher suites in the order in which they are preferred: from the known ones, or typed. */
export function CipherList({
  label,
  names,
  onChange,
}: {
  label: string;
  names: readonly string[];
  onChange: (names: string[]) => void;
}) {
  const id = useId();
  const list = useRef<HTMLOListElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [said, setSaid] = useState("");

  function add() {
    const wanted = namesIn(typed);
    if (!wanted.ok) return setProblem(wanted.problem);
    const fresh = wanted.names.filter((name) => !names.includes(name));
    if (fresh.length === 0)
      return setProblem(
        wanted.names.length === 0 ? "Type or choose a name first." : "It is in the list already.",
      );
    onChange([...names, ...fresh]);
    setTyped("");
    setProblem(null);
    setSaid(`${fresh.join(", ")} added`);
  }

  function move(name: string, from: number, to: number, button: "up" | "down") {
    if (to < 0 || to >= names.length) return;
    onChange(movedTo(names, from, to));
    setSaid(`${name} is number ${to + 1} of ${names.length}`);
    // The line goes elsewhere, and the focus goes with it; at the end of the way the other button has it.
    requestAnimationFrame(() => {
      const line = list.current?.children[to];
      const wanted = line?.querySelector<HTMLButtonElement>(`[data-move="${button}"]:enabled`);
      (wanted ?? line?.querySelector<HTMLButtonElement>("[data-move]:enabled"))?.focus();
    });
  }

  function remove(name: string, index: number) {
    onChange(names.filter((other) => other !== name));
    setSaid(`${name} removed`);
    requestAnimationFrame(() => {
      const next = list.current?.children[Math.min(index, names.length - 2)];
      const button = next?.querySelector<HTMLButtonElement>("[data-remove]");
      (button ?? input.current)?.focus();
    });
  }

  return (
    <div className={styles.ciphers}>
      {names.length === 0 ? (
        <p className={styles.none}>The usual ones</p>
      ) : (
        <ol ref={list} aria-label={label}>
          {names.map((name, index) => (
            <li key={name} data-unknown={!suites.has(name) || undefined}>
              <span className={styles.number} aria-hidden="true">
                {index + 1}
              </span>
              <span className={styles.name} title={name}>
                {name}
                {!suites.has(name) && <small>not in our list; sent to OpenSSL as it is</small>}
              </span>
              <IconButton
                size="small"
                icon="arrow-up"
                data-move="up"
                label={`Move ${name} up`}
                disabled={index === 0}
                onClick={() => move(name, index, index - 1, "up")}
              />
              <IconButton
                size="small"
                icon="arrow-down"
                data-move="down"
                label={`Move ${name} down`}
                disabled={index === names.length - 1}
                onClick={() => move(name, index, index + 1, "down")}
              />
              <IconButton
                size="small"
                icon="close"
                data-remove
                label={`Remove ${name}`}
                onClick={() => remove(name, index)}
              />
            </li>
          ))}
        </ol>
      )}
      <div className={styles.add}>
        <TextField
          ref={input}
          label="Name of a cipher suite"
          labelHidden
          list={`${id}-known`}
          autoComplete="off"
          spellCheck={false}
          placeholder="Choose or type a suite"
          problem={problem}
          value={typed}
          onChange={(text) => {
            setTyped(text);
            setProblem(null);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            event.preventDefault();
            add();
          }}
        />
        <Button size="small" icon="add" onClick={add}>
          Add<span className="visually-hidden"> cipher suite</span>
        </Button>
        <datalist id={`${id}-known`}>
          {[...suites]
            .filter((name) => !names.includes(name))
            .map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
        </datalist>
      </div>
      <p role="status" className="visually-hidden">
        {said}
      </p>
    </div>
  );
}
