import { type ReactNode, useState } from "react";
import { Popover } from "../ui/Popover";
import styles from "./ResponsePane.module.css";

/** A fact about an answer in few words, and what stands behind it. */
export function FactPopover({
  label,
  says,
  trusted,
  sign,
  children,
}: {
  /** What it is about: "Network". */
  label: string;
  /** What the sign says in words. */
  says: string;
  trusted?: boolean | undefined;
  sign: ReactNode;
  children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <Popover
      label={label}
      open={open}
      onOpenChange={setOpen}
      align="end"
      trigger={
        <button type="button" className={styles.fact} data-trusted={trusted} aria-label={says}>
          {sign}
        </button>
      }
    >
      {children}
    </Popover>
  );
}
