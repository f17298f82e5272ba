import { type ReactNode, useState } from "react";
import { Button, IconButton } from "../ui/Button";
import { Checkbox, TextArea } from "../ui/Field";
import { bulkText, isOn, keyOf, type Row, switched, textOf, valueOf, withBulkText } from "./rows";
import styles from "./KeyValueTable.module.css";
import { VariableInput } from "./VariableInput";

interface KeyValueTableProps {
  /** What a line is: "parameter", "header". It names the controls. */
  what: string;
  /** Over the table; it is also its name. */
  title: string;
  rows: readonly Row[];
  onChange: (rows: Row[]) => void;
  /** Lines have the names that they have: no ticks, none added, none deleted. */
  fixed?: boolean;
  /** Whether the lines can be edited as one text. */
  bulk?: boolean;
  keyWords?: readonly string[];
  valueWords?: (key: string) => readonly string[] | undefined;
  /** What stands in place of a line's value. */
  cell?: (row: Row, name: string, change: (part: Row) => void) => ReactNode | null;
  /** Text of a cell as the document has it. */
  clean?: (text: string, part: "key" | "value") => string;
  /** Lines over those that can be edited. */
  before?: ReactNode;
  aside?: ReactNode;
}

/** The text of a description, which the formats have in two forms. */
function descriptionOf(row: Row): string {
  const description = row["description"];
  if (typeof description === "object" && description !== null && "content" in description)
    return textOf(description.content);
  return textOf(description);
}

function withDescription(row: Row, text: string): Row {
  const { description: old, ...rest } = row;
  if (typeof old === "object" && old !== null) return { ...row, description: { ...old, content: text } };
  return text === "" ? rest : { ...row, description: text };
}

/** Lines of names and values with ticks and descriptions; the last line is always a new one. */
export function KeyValueTable(props: KeyValueTableProps) {
  const { what, title, rows, onChange, fixed, bulk, keyWords, valueWords, cell, clean, before, aside } =
    props;
  const [asText, setAsText] = useState<string | null>(null);
  // Lines have no id: after one is taken out, the fields below it must not keep what they knew.
  const [generation, setGeneration] = useState(0);

  const change = (index: number, part: Row) =>
    onChange(
      index < rows.length
        ? rows.map((row, at) => (at === index ? { ...row, ...part } : row))
        : [...rows, { key: "", value: "", ...part }],
    );
  const tidy = (text: string, part: "key" | "value") => clean?.(text, part) ?? text;
  const lines: readonly (Row | null)[] = fixed ? rows : [...rows, null];

  return (
    <section className={styles.section} aria-label={title}>
      <header className={styles.header}>
        <h3>{title}</h3>
        {aside}
        {bulk && (
          <Button
            kind="quiet"
            size="small"
            className={styles.bulkButton}
            onClick={() => setAsText(asText === null ? bulkText(rows) : null)}
          >
            {asText === null ? "Bulk edit" : "Edit as table"}
          </Button>
        )}
      </header>
      {asText !== null ? (
        <TextArea
          label={`${title} as text`}
          labelHidden
          code
          spellCheck={false}
          rows={Math.max(8, rows.length + 3)}
          hint="One a line, as name: value. A line that starts with // is not sent."
          value={asText}
          onChange={(text) => {
            setAsText(text);
            onChange(withBulkText(rows, text));
          }}
        />
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              {!fixed && (
                <th className={styles.tick}>
                  <span className="visually-hidden">Sent</span>
                </th>
              )}
              <th className={styles.key}>Key</th>
              <th>Value</th>
              <th className={styles.description}>Description</th>
              {!fixed && (
                <th className={styles.end}>
                  <span className="visually-hidden">Delete</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {before}
            {lines.map((row, index) => {
              const key = row ? keyOf(row) : "";
              const name = key || (row ? `${what} without a name` : `new ${what}`);
              const special = row && cell?.(row, name, (part) => change(index, part));
              return (
                <tr key={`${generation}-${index}`} className={styles.line}>
                  {!fixed && (
                    <td className={styles.tick}>
                      {row && (
                        <Checkbox
                          label={`Send ${name}`}
                          labelHidden
                          checked={isOn(row)}
                          onChange={(on) =>
                            onChange(rows.map((old, at) => (at === index ? switched(old, on) : old)))
                          }
                        />
                      )}
                    </td>
                  )}
                  <td className={styles.key}>
                    {fixed ? (
                      <span className={styles.fixed}>{key}</span>
                    ) : (
                      <VariableInput
                        look="cell"
                        label={row ? `Key of ${name}` : `Key of a new ${what}`}
                        placeholder={row ? "Key" : `Add ${what}`}
                        faded={row ? !isOn(row) : false}
                        value={key}
                        {...(keyWords ? { words: keyWords } : {})}
                        onChange={(text) => change(index, { key: tidy(text, "key") })}
                      />
                    )}
                  </td>
                  <td>
                    {special ?? (
                      <VariableInput
                        look="cell"
                        label={`Value of ${row ? name : `a new ${what}`}`}
                        placeholder={row ? "Value" : ""}
                        faded={row ? !isOn(row) : false}
                        value={row ? valueOf(row) : ""}
                        {...wordsFor(valueWords?.(key))}
                        onChange={(text) => change(index, { value: tidy(text, "value") })}
                      />
                    )}
                  </td>
                  <td className={styles.description}>
                    <input
                      className={styles.plain}
                      aria-label={`Description of ${row ? name : `a new ${what}`}`}
                      placeholder={row ? "Description" : ""}
                      value={row ? descriptionOf(row) : ""}
                      onChange={(event) => {
                        const text = event.target.value;
                        if (row)
                          onChange(rows.map((old, at) => (at === index ? withDescription(old, text) : old)));
                        else onChange([...rows, { key: "", value: "", description: text }]);
                      }}
                    />
                  </td>
                  {!fixed && (
                    <td className={styles.end}>
                      {row && (
                        <IconButton
                          size="small"
                          icon="trash"
                          label={`Delete ${name}`}
                          onClick={() => {
                            onChange(rows.filter((_, at) => at !== index));
                            setGeneration(generation + 1);
                          }}
                        />
                      )}
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}

function wordsFor(words: readonly string[] | undefined) {
  return words ? { words } : {};
}
