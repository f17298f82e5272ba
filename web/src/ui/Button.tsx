import type { ComponentProps, ReactNode } from "react";
import styles from "./Button.module.css";
import { Icon, type IconName } from "./Icon";
import { Tooltip } from "./Tooltip";

type Kind = "primary" | "secondary" | "quiet" | "danger";

interface ButtonProps extends Omit<ComponentProps<"button">, "children"> {
  kind?: Kind;
  size?: "normal" | "small" | "large";
  icon?: IconName;
  /** Work is under way: the button does nothing until it ends. */
  busy?: boolean;
  children: ReactNode;
}

/** A button with words. `secondary` unless it is the one thing to do here. */
export function Button({ kind = "secondary", size = "normal", icon, busy, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled || busy}
      aria-busy={busy || undefined}
      className={[styles.button, styles[kind], size !== "normal" && styles[size], rest.className]
        .filter(Boolean)
        .join(" ")}
    >
      {busy ? <span className={styles.spinner} aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ComponentProps<"button">, "children" | "aria-label"> {
  /** Its accessible name, shown on hover and focus. */
  label: string;
  icon: IconName;
  /** Shown beside the name: the keys that do the same. */
  shortcut?: string;
  size?: "normal" | "small";
  pressed?: boolean;
}

/** A button with an icon only. */
export function IconButton({ label, icon, shortcut, size = "normal", pressed, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} shortcut={shortcut}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        aria-pressed={pressed}
        className={[styles.iconButton, size === "small" && styles.iconSmall, rest.className]
          .filter(Boolean)
          .join(" ")}
      >
        <Icon name={icon} />
      </button>
    </Tooltip>
  );
}
