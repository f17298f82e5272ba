import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { IconButton } from "./Button";

/** What dialogs and drawers have in common: open as long as it is rendered; Escape and a click beside it close it. */
export function ModalFrame({
  title,
  description,
  onClose,
  className,
  styles,
  footer,
  children,
}: {
  title: string;
  description?: ReactNode;
  onClose: () => void;
  /** Of the window itself. */
  className: string | undefined;
  /** The classes of its parts: `overlay`, `header`, `title`, `description`, `body`, `footer`. */
  styles: Record<string, string>;
  footer?: ReactNode;
  children?: ReactNode;
}) {
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
          className={className}
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
