import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { Button, IconButton } from "./Button";
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
export function Dialog({ title, description, onClose, size = "medium", footer, children }: DialogProps) {
  const content = useRef<HTMLDivElement>(null);
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles.overlay} />
        <Radix.Content
          ref={content}
          // Not the first button, which is the one that closes: its tooltip would take the next Escape.
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            content.current?.focus();
          }}
          className={`${styles.dialog} ${styles[size] ?? ""}`}
          {...(description ? {} : { "aria-describedby": undefined })}
        >
          <header className={styles.header}>
            <div>
              <Radix.Title className={styles.title}>{title}</Radix.Title>
              {description && (
                <Radix.Description className={styles.description}>{description}</Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close" icon="close" size="small" />
            </Radix.Close>
          </header>
          {children && <div className={styles.body}>{children}</div>}
          {footer && <footer className={styles.footer}>{footer}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
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
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" busy={busy ?? false} onClick={onConfirm} autoFocus>
            {action}
          </Button>
        </>
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
