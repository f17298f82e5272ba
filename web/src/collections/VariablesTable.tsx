import { useState } from "react";
import { setLocal, useLocals } from "../environments/locals";
import table from "../environments/EnvironmentTab.module.css";
import { IconButton } from "../ui/Button";
import { Checkbox } from "../ui/Field";
import { Icon } from "../ui/Icon";
import type { Document } from "./draft";
import { type CollectionVariable, variablesOf } from "./fields";

/** The variables of a collection: saved with it, and local values of this browser. */
export function VariablesTable({
  collectionId,
  document,
  canEdit,
  onChange,
}: {
  collectionId: string;
  document: Document;
  canEdit: boolean;
  onChange: (document: Document) => void;
}) {
  const variables = variablesOf(document);
  const locals = useLocals(collectionId);
  // Lines have no id of their own; a line keeps its place while it is edited.
  const [generation, setGeneration] = useState(0);

  const write = (next: readonly CollectionVariable[]) => onChange({ ...document, variable: next });
  const change = (index: number, part: Document) =>
    write(
      index < variables.length
        ? variables.map((variable, at) => (at === index ? { ...variable, ...part } : variable))
        : [...variables, { key: "", value: "", ...part }],
    );
  const lines = canEdit ? [...variables, null] : variables;

  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th className={table.tick}>
            <span className="visually-hidden">Enabled</span>
          </th>
          <th className={table.name}>Variable</th>
          <th>Shared value</th>
          <th>
            Local value <Icon name="laptop" size={13} className={table.laptop} />
          </th>
          <th className={table.more}>
            <span className="visually-hidden">Delete</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((variable, index) => {
          const name = variable?.key || (variable ? "variable without a name" : "new variable");
          const value = variable?.value;
          // The page does not hold the value of a secret; what is typed replaces it.
          const secret = variable?.["type"] === "secret";
          const local = variable?.key ? locals[variable.key] : undefined;
          return (
            <tr key={`${generation}-${index}`} data-off={variable?.["disabled"] === true || undefined}>
              <td className={table.tick}>
                {variable && (
                  <Checkbox
                    label={`${name} is enabled`}
                    labelHidden
                    checked={variable["disabled"] !== true}
                    disabled={!canEdit}
                    onChange={(enabled) => {
                      const { disabled: _, ...rest } = variable;
                      write(
                        variables.map((old, at) =>
                          at === index
                            ? {
                                ...rest,
                                key: old.key,
                                value: old.value,
                                ...(enabled ? {} : { disabled: true }),
                              }
                            : old,
                        ),
                      );
                    }}
                  />
                )}
              </td>
              <td>
                <input
                  className={table.cell}
                  aria-label={variable ? `Name of ${name}` : "Name of a new variable"}
                  placeholder={variable ? "Name" : "Add variable"}
                  spellCheck={false}
                  readOnly={!canEdit}
                  value={variable?.key ?? ""}
                  onChange={(event) => change(index, { key: event.target.value })}
                />
              </td>
              <td>
                <div className={table.secretBox}>
                  <input
                    className={table.cell}
                    type={secret ? "password" : "text"}
                    autoComplete="off"
                    placeholder={secret && value === undefined ? "••••••••" : ""}
                    aria-label={`Shared value of ${name}`}
                    spellCheck={false}
                    readOnly={!canEdit}
                    value={
                      typeof value === "string"
                        ? value
                        : value === undefined || value === null
                          ? ""
                          : JSON.stringify(value)
                    }
                    onChange={(event) => change(index, { value: event.target.value })}
                  />
                </div>
              </td>
              <td>
                {variable && (
                  <div className={table.secretBox}>
                    <input
                      className={table.cell}
                      type={secret ? "password" : "text"}
                      autoComplete="off"
                      aria-label={`Local value of ${name}`}
                      placeholder={local && !local.enabled ? "removed by a script" : "same as shared"}
                      spellCheck={false}
                      disabled={variable.key === ""}
                      value={local?.enabled ? local.value : ""}
                      onChange={(event) => setLocal(collectionId, variable.key, event.target.value)}
                    />
                    {local && (
                      <IconButton
                        size="small"
                        icon="undo"
                        label={`Reset the local value of ${name}`}
                        onClick={() => setLocal(collectionId, variable.key, undefined)}
                      />
                    )}
                  </div>
                )}
              </td>
              <td className={table.more}>
                {variable && canEdit && (
                  <IconButton
                    size="small"
                    icon="trash"
                    label={`Delete ${name}`}
                    onClick={() => {
                      write(variables.filter((_, at) => at !== index));
                      setGeneration(generation + 1);
                    }}
                  />
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
