import { useState } from "react";
import { pretty } from "../runs/pretty";
import { Button } from "../ui/Button";
import { Select } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { toast } from "../ui/toast";
import { CodeEditor } from "./CodeEditor";
import { KeyValueTable } from "./KeyValueTable";
import type { PartProps } from "./ParamsPart";
import {
  bodyFileOf,
  type BodyMode,
  bodyModeOf,
  bodyModes,
  bodyOf,
  type Document,
  formOf,
  graphqlOf,
  methodOf,
  rawLanguageOf,
  rawLanguages,
  sendsBody,
  withBehavior,
  withBody,
  withBodyFile,
  withBodyMode,
  withGraphql,
  withRawLanguage,
} from "./request";
import styles from "./RequestTab.module.css";
import { type Row, textOf } from "./rows";
import { VariableInput } from "./VariableInput";

/** What is sent with the request. */
export function BodyPart({ document, onChange }: PartProps) {
  const mode = bodyModeOf(document);
  return (
    <>
      <div className={styles.bodyBar}>
        <div className={styles.modes} role="radiogroup" aria-label="Kind of body">
          {bodyModes.map(({ mode: each, label }) => (
            <label key={each}>
              <input
                type="radio"
                name="body-mode"
                checked={each === mode}
                onChange={() => onChange(started(withBodyMode(document, each), each))}
              />
              <span>{label}</span>
            </label>
          ))}
        </div>
        {mode === "raw" && (
          <>
            <Select
              label="Language"
              labelHidden
              size="small"
              value={rawLanguageOf(document)}
              options={rawLanguages.map(({ language, label }) => ({ value: language, label }))}
              onChange={(language) => onChange(withRawLanguage(document, language))}
            />
            <Beautify document={document} onChange={onChange} />
          </>
        )}
      </div>
      {mode !== "none" && !sendsBody(document) && (
        <Notice
          kind="warning"
          actions={
            <Button size="small" onClick={() => onChange(withBehavior(document, "disableBodyPruning", true))}>
              Send it anyway
            </Button>
          }
        >
          A {methodOf(document).toUpperCase()} is sent without its body.
        </Notice>
      )}
      <Content mode={mode} document={document} onChange={onChange} />
    </>
  );
}

/** A raw body that is begun here is JSON, as it mostly is. */
function started(document: Document, mode: BodyMode): Document {
  const body = bodyOf(document);
  return mode === "raw" && body["raw"] === undefined && body["options"] === undefined
    ? withRawLanguage(withBody(document, { raw: "" }), "json")
    : document;
}

function Beautify({ document, onChange }: PartProps) {
  const language = rawLanguageOf(document);
  if (language !== "json" && language !== "xml" && language !== "html") return null;
  return (
    <Button
      kind="quiet"
      size="small"
      className={styles.beautify}
      onClick={() => {
        const text = pretty(textOf(bodyOf(document)["raw"]), language);
        if (text === null)
          toast({ kind: "info", text: `This is not valid ${language.toUpperCase()}, so it stays as it is.` });
        else onChange(withBody(document, { raw: text }));
      }}
    >
      Beautify
    </Button>
  );
}

function Content({ mode, document, onChange }: PartProps & { mode: BodyMode }) {
  switch (mode) {
    case "none":
      return <p className={styles.hint}>This request has no body. Choose a kind above to add one.</p>;
    case "formdata":
      return (
        <>
          <KeyValueTable
            what="field"
            title="Fields of the form"
            bulk
            rows={formOf(document, "formdata")}
            onChange={(rows) => onChange(withBody(document, { formdata: rows }))}
            cell={(row, name, change) => <FormValue row={row} name={name} change={change} />}
          />
          {formOf(document, "formdata").some((row) => row["type"] === "file") && <FileHint />}
        </>
      );
    case "urlencoded":
      return (
        <KeyValueTable
          what="field"
          title="Fields of the form"
          bulk
          rows={formOf(document, "urlencoded")}
          onChange={(rows) => onChange(withBody(document, { urlencoded: rows }))}
        />
      );
    case "raw": {
      const language = rawLanguageOf(document);
      return (
        <CodeEditor
          key={language}
          label="Raw body"
          language={language}
          wrap
          placeholder={language === "json" ? '{ "name": "{{value}}" }' : "What is sent"}
          value={textOf(bodyOf(document)["raw"])}
          onChange={(raw) => onChange(withBody(document, { raw }))}
        />
      );
    }
    case "file":
      return (
        <div className={styles.file}>
          <span className={styles.authLabel} aria-hidden="true">
            File
          </span>
          <VariableInput
            label="Path of the file"
            placeholder="/path/to/file"
            value={bodyFileOf(document)}
            onChange={(src) => onChange(withBodyFile(document, src))}
          />
          <FileHint />
        </div>
      );
    case "graphql":
      return <Graphql document={document} onChange={onChange} />;
  }
}

function FileHint() {
  return (
    <p className={styles.hint}>
      A path on the machine that sends: <code>bulla run</code> reads it below its working directory. A server
      that sends for you reads no files.
    </p>
  );
}

/** A field of a form is a text or files. */
function FormValue({ row, name, change }: { row: Row; name: string; change: (part: Row) => void }) {
  const isFile = row["type"] === "file";
  const src = row["src"];
  return (
    <div className={styles.formValue}>
      <select
        aria-label={`Type of ${name}`}
        value={isFile ? "file" : "text"}
        onChange={(event) => change({ type: event.target.value })}
      >
        <option value="text">Text</option>
        <option value="file">File</option>
      </select>
      {isFile ? (
        <VariableInput
          look="cell"
          label={`Path of the file of ${name}`}
          placeholder="Path of the file"
          value={Array.isArray(src) ? src.map(textOf).join(", ") : textOf(src)}
          onChange={(text) => {
            const paths = text.split(",").map((path) => path.trim());
            change({ src: paths.length > 1 ? paths : text });
          }}
        />
      ) : (
        <VariableInput
          look="cell"
          label={`Value of ${name}`}
          placeholder="Value"
          faded={row["disabled"] === true}
          value={textOf(row["value"])}
          onChange={(value) => change({ value })}
        />
      )}
      <input
        className={styles.contentType}
        aria-label={`Content type of ${name}`}
        placeholder="Content type"
        value={textOf(row["contentType"])}
        onChange={(event) => change({ contentType: event.target.value })}
      />
    </div>
  );
}

function Graphql({ document, onChange }: PartProps) {
  const { query, variables, operationName } = graphqlOf(document);
  const [valid, setValid] = useState(true);
  return (
    <div className={styles.graphql}>
      <div className={styles.graphqlPart}>
        <h3>Query</h3>
        <CodeEditor
          label="GraphQL query"
          language="text"
          placeholder={"query {\n  viewer { name }\n}"}
          value={query}
          onChange={(text) => onChange(withGraphql(document, { query: text }))}
        />
      </div>
      <div className={styles.graphqlPart}>
        <h3>
          Variables, as JSON{" "}
          {!valid && <span className={styles.invalid}>not valid JSON, so none are sent</span>}
        </h3>
        <CodeEditor
          label="GraphQL variables"
          language="json"
          placeholder="{ }"
          value={variables}
          onChange={(text) => {
            setValid(text.trim() === "" || pretty(text, "json") !== null);
            onChange(withGraphql(document, { variables: text }));
          }}
        />
        <div className={styles.operation}>
          <span className={styles.authLabel} aria-hidden="true">
            Operation
          </span>
          <VariableInput
            label="Name of the operation"
            placeholder="The only one"
            value={operationName}
            onChange={(text) => onChange(withGraphql(document, { operationName: text || undefined }))}
          />
        </div>
      </div>
    </div>
  );
}
