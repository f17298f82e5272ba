import type { ReactNode } from "react";
import { asRecord } from "../api/json";
import { authTypeOf, authTypes } from "../collections/auth";
import { descriptionOf, scriptOf, variablesOf } from "../collections/fields";
import {
  addressOf,
  bodyFileOf,
  bodyModeOf,
  bodyOf,
  formOf,
  graphqlOf,
  headersOf,
  methodOf,
  requestOf,
} from "../editor/request";
import { isOn, keyOf, type Row, rowsOf, textOf, valueOf } from "../editor/rows";
import { pathVariablesOf, queryOf } from "../editor/url";
import { Icon, type IconName } from "../ui/Icon";
import { Markdown } from "../ui/Markdown";
import { Method } from "../ui/Method";
import table from "../ui/Table.module.css";
import styles from "./publishing.module.css";

type Document = Record<string, unknown>;

/** A collection, folder, request or example as it is read: nothing can be changed or sent. */
export function DocumentView({
  kind,
  name,
  document,
  actions,
}: {
  kind: "collection" | "folder" | "request" | "example";
  name: string;
  document: Document;
  actions?: ReactNode;
}) {
  const icon: IconName = kind === "collection" ? "collections" : kind;
  const inner = kind === "request" ? requestOf(document) : document;
  const description =
    kind === "collection"
      ? descriptionOf(asRecord(document["info"])?.["description"])
      : descriptionOf(document["description"] ?? inner["description"]);
  return (
    <article className={styles.document} aria-label={name}>
      <header className={styles.title}>
        <Icon name={icon} size={18} />
        <h1>{name}</h1>
        <span className={styles.actions}>{actions}</span>
      </header>
      {kind === "request" && (
        <p className={styles.address}>
          <Method method={methodOf(document)} />
          <code>{addressOf(document) || "no address yet"}</code>
        </p>
      )}
      {kind === "example" && <Answered document={document} />}
      {description !== "" && <Markdown text={description} />}
      {kind === "request" && <Asked document={document} />}
      {kind !== "example" && <Authorization document={inner} />}
      {kind !== "request" && kind !== "example" && (
        <Rows title="Variables" rows={variablesOf(document)} hidden="hidden" />
      )}
      <Script title="Script before each request" source={scriptOf(document, "prerequest")} />
      <Script title="Script after each answer" source={scriptOf(document, "test")} />
    </article>
  );
}

function Asked({ document }: { document: Document }) {
  const url = requestOf(document)["url"];
  const mode = bodyModeOf(document);
  const graphql = mode === "graphql" ? graphqlOf(document) : null;
  return (
    <>
      <Rows title="Parameters" rows={queryOf(url)} />
      <Rows title="Path variables" rows={pathVariablesOf(url)} />
      <Rows title="Headers" rows={headersOf(document)} hidden="hidden" />
      {(mode === "formdata" || mode === "urlencoded") && <Rows title="Body" rows={formOf(document, mode)} />}
      {mode === "raw" && <Text title="Body" text={textOf(bodyOf(document)["raw"])} />}
      {mode === "file" && <Text title="Body" text={`The file ${bodyFileOf(document)}`} />}
      {graphql && <Text title="Query" text={graphql.query} />}
      {graphql && <Text title="Variables of the query" text={graphql.variables} />}
    </>
  );
}

/** What a saved example asked, and the answer it got. */
function Answered({ document }: { document: Document }) {
  const asked: Document = { request: document["originalRequest"] };
  const code = textOf(document["code"]);
  return (
    <>
      {asRecord(document["originalRequest"]) && (
        <p className={styles.address}>
          <Method method={methodOf(asked)} />
          <code>{addressOf(asked)}</code>
        </p>
      )}
      {code !== "" && (
        <p>
          <span className={table.pill}>
            {code} {textOf(document["status"])}
          </span>
        </p>
      )}
      <Rows title="Headers of the answer" rows={rowsOf(document["header"])} hidden="hidden" />
      <Text title="Body of the answer" text={textOf(document["body"])} />
    </>
  );
}

/** Which kind of authorization it is, and which variables belong there. What stands there otherwise is not shown. */
function Authorization({ document }: { document: Document }) {
  const type = authTypeOf(document);
  if (type === "inherit") return null;
  const known = authTypes.find((candidate) => candidate.type === type);
  const list = asRecord(document["auth"])?.[type];
  const record = asRecord(list);
  const rows: Row[] = record ? Object.entries(record).map(([key, value]) => ({ key, value })) : rowsOf(list);
  return (
    <Part title="Authorization">
      <p>{known?.label ?? type}</p>
      {rows.length > 0 && <Table title="Authorization" rows={rows} hidden="hidden" />}
    </Part>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.part} aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

/** A table of names and values, unless it has no line. `hidden` stands where a value is not shown. */
function Rows({ title, rows, hidden }: { title: string; rows: readonly Row[]; hidden?: string }) {
  if (rows.length === 0) return null;
  return (
    <Part title={title}>
      <Table title={title} rows={rows} {...(hidden === undefined ? {} : { hidden })} />
    </Part>
  );
}

export function Table({ title, rows, hidden }: { title: string; rows: readonly Row[]; hidden?: string }) {
  return (
    <table className={table.table} aria-label={title}>
      <thead>
        <tr>
          <th>Name</th>
          <th>Value</th>
          <th>Description</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index} data-off={!isOn(row) || undefined}>
            <td>
              {keyOf(row)}
              {!isOn(row) && <span className={styles.faint}> (off)</span>}
            </td>
            <td>
              {hidden !== undefined && (row["value"] === undefined || row["value"] === null) ? (
                <span className={styles.faint}>{hidden}</span>
              ) : (
                valueOf(row)
              )}
            </td>
            <td className={table.soft}>{descriptionOf(row["description"])}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Text({ title, text }: { title: string; text: string }) {
  if (text === "") return null;
  return (
    <Part title={title}>
      {/* What scrolls must be reachable from the keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={styles.text} tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </Part>
  );
}

function Script({ title, source }: { title: string; source: string }) {
  return <Text title={title} text={source.trim() === "" ? "" : source} />;
}
