import { asRecord } from "../api/json";
import { TextArea } from "../ui/Field";
import styles from "./DocumentEditor.module.css";
import type { Document } from "./draft";
import { scriptOf, withScript } from "./fields";

/** Whether a document says how its requests sign in. */
export function authIsSet(document: Document): boolean {
  const type = asRecord(document["auth"])?.["type"];
  return typeof type === "string" && type !== "noauth";
}

/** How every request inside signs in, unless it says otherwise. */
export function AuthPart(_: {
  document: Document;
  canEdit: boolean;
  inherits: boolean;
  variables: { workspaceId: string; collectionId: string };
  onChange: (document: Document) => void;
}) {
  return null;
}

/** Scripts that run around every request inside. */
export function ScriptsPart({
  document,
  canEdit,
  onChange,
}: {
  document: Document;
  canEdit: boolean;
  onChange: (document: Document) => void;
}) {
  return (
    <>
      <p className={styles.hint}>These run before and after every request inside, outermost first.</p>
      <TextArea
        label="Before each request"
        code
        rows={10}
        spellCheck={false}
        readOnly={!canEdit}
        value={scriptOf(document, "prerequest")}
        onChange={(source) => onChange(withScript(document, "prerequest", source))}
      />
      <TextArea
        label="After each response"
        code
        rows={10}
        spellCheck={false}
        readOnly={!canEdit}
        value={scriptOf(document, "test")}
        onChange={(source) => onChange(withScript(document, "test", source))}
      />
    </>
  );
}
