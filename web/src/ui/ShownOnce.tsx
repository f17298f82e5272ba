import type { ReactNode } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { TextField } from "./Field";

/** A link or a secret that can be seen and copied now, and never again. */
export function ShownOnce({
  title,
  description,
  label,
  value,
  onClose,
  children,
}: {
  title: string;
  description: ReactNode;
  /** What the value is: "Link". */
  label: string;
  value: string;
  onClose: () => void;
  children?: ReactNode;
}) {
  return (
    <Dialog
      title={title}
      description={description}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button icon="copy" onClick={() => void navigator.clipboard.writeText(value)}>
            Copy
          </Button>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <TextField
        label={label}
        value={value}
        onChange={() => {}}
        readOnly
        onFocus={(event) => event.target.select()}
      />
      {children}
    </Dialog>
  );
}
