import { useRef, useState } from "react";
import { scriptOf, withScript } from "../collections/fields";
import { Button } from "../ui/Button";
import { Menu } from "../ui/Menu";
import { CodeEditor } from "./CodeEditor";
import type { CodeHandle } from "./CodeView";
import type { PartProps } from "./ParamsPart";
import { snippets } from "./pm";
import styles from "./RequestTab.module.css";

const targets = [
  {
    target: "prerequest",
    label: "Pre-request",
    about: "Runs before the request is sent, and may change it.",
  },
  { target: "test", label: "Post-response", about: "Runs when the answer is there. Tests belong here." },
] as const;

/** Scripts of this request. Those of the collection and its folders run before them. */
export function ScriptsPart({ document, onChange }: PartProps) {
  const [target, setTarget] = useState<"prerequest" | "test">(
    scriptOf(document, "prerequest") !== "" && scriptOf(document, "test") === "" ? "prerequest" : "test",
  );
  const editor = useRef<CodeHandle>(null);
  return (
    <div className={styles.scripts}>
      <div className={styles.scriptSide} role="radiogroup" aria-label="Script">
        {targets.map(({ target: each, label, about }) => (
          <label key={each} className={styles.scriptChoice}>
            <input
              type="radio"
              name="script-target"
              checked={each === target}
              onChange={() => setTarget(each)}
            />
            <span>
              {label}
              {scriptOf(document, each) !== "" && (
                <span className={styles.dot} role="img" aria-label="is set" />
              )}
            </span>
            <small>{about}</small>
          </label>
        ))}
        <Menu
          entries={snippets
            .filter((snippet) => snippet.target === target)
            .map(({ label, text }) => ({ label, onSelect: () => editor.current?.append(text) }))}
        >
          <Button kind="quiet" size="small" icon="add">
            Snippets
          </Button>
        </Menu>
      </div>
      <CodeEditor
        key={target}
        ref={editor}
        label={target === "test" ? "Post-response script" : "Pre-request script"}
        language="javascript"
        placeholder={
          target === "test"
            ? 'pm.test("Status code is 200", () => pm.response.to.have.status(200));'
            : 'pm.environment.set("now", Date.now());'
        }
        value={scriptOf(document, target)}
        onChange={(source) => onChange(withScript(document, target, source))}
      />
    </div>
  );
}
