import { type ComponentProps, type ReactNode, useId } from "react";
import styles from "./Field.module.css";
import { Icon } from "./Icon";

interface FieldProps {
  label: string;
  /** Whether the label is only for screen readers, because the place says what the field is. */
  labelHidden?: boolean;
  /** What is wrong with the value, in words. */
  problem?: string | null | undefined;
  hint?: ReactNode;
}

type TextFieldProps = FieldProps &
  Omit<ComponentProps<"input">, "onChange"> & {
    value: string;
    onChange: (value: string) => void;
  };

/** One line of text with its label, hint and problem. */
export function TextField({
  label,
  labelHidden,
  problem,
  hint,
  value,
  onChange,
  className,
  ...rest
}: TextFieldProps) {
  const id = useId();
  return (
    <div className={[styles.field, className].filter(Boolean).join(" ")}>
      <label htmlFor={id} className={labelHidden ? "visually-hidden" : styles.label}>
        {label}
      </label>
      <input
        {...rest}
        id={id}
        className={styles.input}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem || hint ? `${id}-about` : undefined}
      />
      <About id={id} problem={problem} hint={hint} />
    </div>
  );
}

type TextAreaProps = FieldProps &
  Omit<ComponentProps<"textarea">, "onChange"> & {
    value: string;
    onChange: (value: string) => void;
    code?: boolean;
  };

/** Several lines of text. */
export function TextArea({
  label,
  labelHidden,
  problem,
  hint,
  value,
  onChange,
  code,
  className,
  ...rest
}: TextAreaProps) {
  const id = useId();
  return (
    <div className={[styles.field, className].filter(Boolean).join(" ")}>
      <label htmlFor={id} className={labelHidden ? "visually-hidden" : styles.label}>
        {label}
      </label>
      <textarea
        {...rest}
        id={id}
        className={[styles.input, styles.area, code && styles.code].filter(Boolean).join(" ")}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem || hint ? `${id}-about` : undefined}
      />
      <About id={id} problem={problem} hint={hint} />
    </div>
  );
}

interface SelectProps<Value extends string> extends FieldProps {
  value: Value;
  options: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
  disabled?: boolean;
  size?: "normal" | "small";
  className?: string | undefined;
}

/** One of a few choices. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { label, labelHidden, problem, hint, value, options, onChange, disabled, size, className } = props;
  const id = useId();
  return (
    <div className={[styles.field, className].filter(Boolean).join(" ")}>
      <label htmlFor={id} className={labelHidden ? "visually-hidden" : styles.label}>
        {label}
      </label>
      <span className={styles.selectBox}>
        <select
          id={id}
          className={[styles.input, styles.select, size === "small" && styles.small]
            .filter(Boolean)
            .join(" ")}
          value={value}
          disabled={disabled}
          aria-invalid={problem ? true : undefined}
          aria-describedby={problem || hint ? `${id}-about` : undefined}
          onChange={(event) => {
            const chosen = options.find((option) => option.value === event.target.value);
            if (chosen) onChange(chosen.value);
          }}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <Icon name="chevron-down" size={12} className={styles.arrow} />
      </span>
      <About id={id} problem={problem} hint={hint} />
    </div>
  );
}

/** A tick with words beside it, or with a hidden name. */
export function Checkbox({
  label,
  labelHidden,
  checked,
  onChange,
  disabled,
}: {
  label: string;
  labelHidden?: boolean;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <label className={styles.checkbox}>
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className={labelHidden ? "visually-hidden" : undefined}>{label}</span>
    </label>
  );
}

function About({ id, problem, hint }: { id: string; problem?: string | null | undefined; hint?: ReactNode }) {
  if (problem)
    return (
      <p id={`${id}-about`} className={styles.problem} role="alert">
        {problem}
      </p>
    );
  if (hint)
    return (
      <p id={`${id}-about`} className={styles.hint}>
        {hint}
      </p>
    );
  return null;
}
