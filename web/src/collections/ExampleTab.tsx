import { useQuery } from "@tanstack/react-query";
import { asRecord, asRecords } from "../api/json";
import { isProblem, problemText } from "../api/client";
import { itemQuery } from "../api/resources";
import { EmptyState } from "../ui/EmptyState";
import { Icon } from "../ui/Icon";
import { Method } from "../ui/Method";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import editor from "./DocumentEditor.module.css";
import styles from "./ExampleTab.module.css";

/** The tab of a saved example: a request and the answer it got. */
export function ExampleTab({ itemId }: { itemId: string }) {
  const item = useQuery(itemQuery(itemId));
  if (!item.data) {
    if (!item.error) return <Spinner label="Loading the example" />;
    return isProblem(item.error) && item.error.status === 404 ? (
      <EmptyState icon="example" title="This example is not here any more">
        It was deleted, or it is not shared with you.
      </EmptyState>
    ) : (
      <div className={editor.page}>
        <Notice kind="problem">{problemText(item.error)}</Notice>
      </div>
    );
  }

  const { document, name } = item.data;
  const request = asRecord(document["originalRequest"]);
  const url = request?.["url"];
  const address = typeof url === "string" ? url : asRecord(url)?.["raw"];
  const body = document["body"];
  const headers = asRecords(document["header"]);
  const code = document["code"];
  const status = document["status"];

  return (
    <div className={editor.page}>
      <header className={editor.header}>
        <Icon name="example" size={18} className={editor.kind} />
        <h1 className={editor.title}>{name}</h1>
      </header>
      <div className={editor.body}>
        {request && (
          <p className={styles.request}>
            <Method method={typeof request["method"] === "string" ? request["method"] : "GET"} />
            <code>{typeof address === "string" ? address : ""}</code>
          </p>
        )}
        {(typeof code === "number" || typeof status === "string") && (
          <p>
            <span className={table.pill}>
              {typeof code === "number" ? code : ""} {typeof status === "string" ? status : ""}
            </span>
          </p>
        )}
        {headers.length > 0 && (
          <table className={table.table}>
            <thead>
              <tr>
                <th>Header</th>
                <th>Value</th>
              </tr>
            </thead>
            <tbody>
              {headers.map((header, index) => (
                <tr key={index}>
                  <td>{text(header["key"])}</td>
                  <td className={table.soft}>{text(header["value"])}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {typeof body === "string" && body !== "" ? (
          // What scrolls must be reachable from the keyboard.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          <pre className={styles.body} tabIndex={0} aria-label="Body">
            {body}
          </pre>
        ) : (
          <p className={editor.hint}>This example has no body.</p>
        )}
      </div>
    </div>
  );
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
