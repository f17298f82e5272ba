import { type ReactNode, useId } from "react";
import { CancelOr, Dialog } from "./Dialog";
import { Notice } from "./Notice";
import styles from "./Dialog.module.css";

/** A dialog that is one form: what went wrong stands above its fields, and Enter sends it. */
export function FormDialog({
  title,
  description,
  size = "small",
  action,
  busy,
  disabled,
  problem,
  onSubmit,
  onClose,
  children,
}: {
  title: string;
  description?: ReactNode;
  size?: "small" | "medium" | "large";
  /** What the button says that sends it. */
  action: string;
  busy: boolean;
  disabled?: boolean;
  /** What went wrong, unless a field says so itself. */
  problem?: string | null | undefined;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const form = useId();
  return (
    <Dialog
      title={title}
      description={description}
      size={size}
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} type="submit" form={form} busy={busy} disabled={disabled ?? false}>
          {action}
        </CancelOr>
      }
    >
      <form
        id={form}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {problem && <Notice kind="problem">{problem}</Notice>}
        {children}
      </form>
    </Dialog>
  );
}
