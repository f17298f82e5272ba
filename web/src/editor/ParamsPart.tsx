import { use } from "react";
import { IconButton } from "../ui/Button";
import { toast } from "../ui/toast";
import { KeyValueTable } from "./KeyValueTable";
import { addressOf, type Document, requestOf, withRequest } from "./request";
import styles from "./RequestTab.module.css";
import { cellText, pathVariablesOf, queryOf, withPathVariables, withQuery } from "./url";
import { VariablesContext } from "./VariableInput";
import { pieces, preview } from "./variables";

export interface PartProps {
  document: Document;
  onChange: (document: Document) => void;
}

/** Parameters of the address: what stands behind the question mark, and segments such as `:id`. */
export function ParamsPart({ document, onChange }: PartProps) {
  const variables = use(VariablesContext);
  const { url } = requestOf(document);
  const address = addressOf(document);
  const path = pathVariablesOf(url);
  const resolved = preview(withPath(address, path), variables);

  return (
    <>
      <KeyValueTable
        what="parameter"
        title="Query parameters"
        bulk
        rows={queryOf(url)}
        clean={cellText}
        onChange={(rows) => onChange(withRequest(document, { url: withQuery(url, rows) }))}
      />
      {path.length > 0 && (
        <KeyValueTable
          what="path variable"
          title="Path variables"
          fixed
          rows={path}
          onChange={(rows) => onChange(withRequest(document, { url: withPathVariables(url, rows) }))}
        />
      )}
      {resolved !== address && (
        <p className={styles.resolved}>
          <span>Goes to</span>
          <code>{resolved}</code>
          <IconButton
            size="small"
            icon="copy"
            label="Copy the resolved address"
            onClick={() =>
              void navigator.clipboard
                .writeText(resolved)
                .then(() => toast({ kind: "success", text: "Copied" }))
            }
          />
        </p>
      )}
    </>
  );
}

/** The address with the values of its path variables. */
function withPath(address: string, rows: ReturnType<typeof pathVariablesOf>): string {
  const values = new Map(
    rows.map((row) => [String(row["key"] ?? row["id"] ?? ""), String(row["value"] ?? "")]),
  );
  return pieces(address)
    .map((piece) =>
      piece.name === null
        ? piece.text.replace(/\/:([^/?#]+)/g, (whole, name: string) =>
            values.get(name) ? `/${values.get(name)}` : whole,
          )
        : piece.text,
    )
    .join("");
}
