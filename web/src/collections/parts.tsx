import { CodeEditor } from "../editor/CodeEditor";
import { Select, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { authTypeOf, authTypes, authValue, withAuthType, withAuthValue } from "./auth";
import styles from "./DocumentEditor.module.css";
import type { Document } from "./draft";
import { scriptOf, withScript } from "./fields";

interface PartProps {
  document: Document;
  canEdit: boolean;
  onChange: (document: Document) => void;
}

/** How every request inside signs in, unless it says otherwise. */
export function AuthPart({ document, canEdit, inherits, onChange }: PartProps & { inherits: boolean }) {
  const type = authTypeOf(document);
  const known = authTypes.find((candidate) => candidate.type === type);
  const options = [
    { value: "inherit", label: inherits ? "As the parent says" : "Not set" },
    ...authTypes.map(({ type: value, label }) => ({ value, label })),
    ...(known || type === "inherit" ? [] : [{ value: type, label: type }]),
  ];
  return (
    <div className={styles.auth}>
      <Select
        label="Type"
        value={type}
        options={options}
        disabled={!canEdit}
        onChange={(wanted) => onChange(withAuthType(document, wanted))}
      />
      {known?.fields.map((field) =>
        field.options ? (
          <Select
            key={field.key}
            label={field.label}
            value={authValue(document, field.key) || (field.options[0] ?? "")}
            options={field.options.map((value) => ({ value, label: value }))}
            disabled={!canEdit}
            onChange={(value) => onChange(withAuthValue(document, field.key, value))}
          />
        ) : (
          <TextField
            key={field.key}
            label={field.label}
            // A variable is no secret, and one wants to see which it is.
            type={field.secret && !authValue(document, field.key).startsWith("{{") ? "password" : "text"}
            autoComplete="off"
            spellCheck={false}
            readOnly={!canEdit}
            value={authValue(document, field.key)}
            onChange={(value) => onChange(withAuthValue(document, field.key, value))}
          />
        ),
      )}
      {known?.fields.some((field) => field.secret) && (
        <p className={styles.hint}>
          What is typed here is saved with the collection. Put secrets into an environment, and write{" "}
          <code>{"{{name}}"}</code> here.
        </p>
      )}
      {!known && type !== "inherit" && (
        <Notice kind="info">There is no form for “{type}” here. It is kept as it was imported.</Notice>
      )}
      {type === "inherit" && (
        <p className={styles.hint}>
          {inherits
            ? "Requests inside sign in as the folder or collection around this one says."
            : "Requests inside do not sign in, unless a folder or a request says how."}
        </p>
      )}
    </div>
  );
}

const scripts = [
  { kind: "prerequest", label: "Before the request" },
  { kind: "test", label: "After the response" },
] as const;

/** Scripts that run around every request inside. */
export function ScriptsPart({ document, canEdit, onChange }: PartProps) {
  return (
    <>
      <p className={styles.hint}>
        Scripts of the collection run first, then those of its folders, then the request’s own.
      </p>
      {scripts.map(({ kind, label }) => (
        <div key={kind} className={styles.script}>
          <h3>{label}</h3>
          <CodeEditor
            label={label}
            language="javascript"
            value={scriptOf(document, kind)}
            {...(canEdit
              ? { onChange: (source: string) => onChange(withScript(document, kind, source)) }
              : {})}
          />
        </div>
      ))}
    </>
  );
}
