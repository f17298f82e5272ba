import { useState } from "react";
import { Button } from "../ui/Button";
import { TextArea } from "../ui/Field";
import { Markdown } from "../ui/Markdown";
import styles from "./DocumentEditor.module.css";

/** What a collection, folder or request is for, in Markdown: to write, and to read as others will. */
export function DescriptionField({
  value,
  canEdit,
  placeholder,
  onChange,
}: {
  value: string;
  canEdit: boolean;
  placeholder?: string;
  onChange: (text: string) => void;
}) {
  const [reading, setReading] = useState(false);
  if (!canEdit)
    return value === "" ? (
      <p className={styles.hint}>There is no description.</p>
    ) : (
      <section aria-label="Description" className={styles.narrow}>
        <Markdown text={value} />
      </section>
    );
  return (
    <div className={styles.description}>
      {reading ? (
        <section aria-label="Description as it is read">
          {value === "" ? (
            <p className={styles.hint}>There is nothing to read yet.</p>
          ) : (
            <Markdown text={value} />
          )}
        </section>
      ) : (
        <TextArea label="Description" rows={12} placeholder={placeholder} value={value} onChange={onChange} />
      )}
      <div>
        <Button size="small" icon={reading ? "edit" : "eye"} onClick={() => setReading(!reading)}>
          {reading ? "Write" : "Read it as others do"}
        </Button>
      </div>
    </div>
  );
}
