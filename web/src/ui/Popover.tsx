import { Popover as Radix } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./Popover.module.css";

/** A small window that belongs to the control it opens from. */
export function Popover({
  label,
  open,
  onOpenChange,
  trigger,
  align = "start",
  children,
  className,
}: {
  label: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  trigger: ReactNode;
  align?: "start" | "center" | "end";
  children: ReactNode;
  className?: string | undefined;
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          className={[styles.popover, className].filter(Boolean).join(" ")}
          aria-label={label}
          align={align}
          sideOffset={5}
          collisionPadding={8}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
