import type { ComponentProps, ReactNode } from "react";
import { Button } from "./Button";
import { ModalFrame } from "./ModalFrame";
import styles from "./Dialog.module.css";

interface DialogProps {
  title: string;
  /** One sentence under the title. */
  description?: ReactNode;
  onClose: () => void;
  size?: "small" | "medium" | "large";
  /** Buttons at the end; the last one is the one that does it. */
  footer?: ReactNode;
  children?: ReactNode;
}

/** A window over the page, open as long as it is rendered; Escape and a click beside it close it. */
export function Dialog({ size = "medium", ...rest }: DialogProps) {
  return <ModalFrame {...rest} styles={styles} className={`${styles.dialog} ${styles[size] ?? ""}`} />;
}

/** The buttons under a dialog: out of it, or on. */
export function CancelOr({ onCancel, ...button }: { onCancel: () => void } & ComponentProps<typeof Button>) {
  return (
    <>
      <Button onClick={onCancel}>Cancel</Button>
      <Button kind="primary" {...button} />
    </>
  );
}

/** Asks before something that is not easily undone. */
export function ConfirmDialog({
  title,
  children,
  action,
  busy,
  problem,
  onConfirm,
  onClose,
}: {
  title: string;
  children: ReactNode;
  /** What the button says: "Delete collection". */
  action: string;
  busy?: boolean;
  problem?: string | null | undefined;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Dialog
      title={title}
      size="small"
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} kind="danger" busy={busy ?? false} onClick={onConfirm} autoFocus>
          {action}
        </CancelOr>
      }
    >
      <div>{children}</div>
      {problem && (
        <p role="alert" className={styles.problem}>
          {problem}
        </p>
      )}
    </Dialog>
  );
}
