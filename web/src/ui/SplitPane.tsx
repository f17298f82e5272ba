import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { kept } from "../app/storage";
import styles from "./SplitPane.module.css";

interface SplitPaneProps {
  /** Under this name the browser keeps the size. */
  id: string;
  /** What the divider changes, for screen readers: "Height of the response". */
  label: string;
  /** `row`: side by side; `column`: one over the other. */
  direction: "row" | "column";
  /** Which part has the fixed size; the other takes the rest. */
  fixed?: "first" | "second";
  /** In pixels, or in percent of the whole. */
  unit?: "px" | "%";
  initial: number;
  min: number;
  max: number;
  first: ReactNode;
  second: ReactNode;
}

const sizes = kept("pane-sizes", (json) => {
  const found: Record<string, number> = {};
  if (typeof json === "object" && json !== null)
    for (const [id, size] of Object.entries(json)) if (typeof size === "number" && size > 0) found[id] = size;
  return found;
});

/** Two parts with a divider that moves by pointer and by arrow keys. */
export function SplitPane(props: SplitPaneProps) {
  const { id, label, direction, fixed = "first", unit = "px", initial, min, max, first, second } = props;
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState(() => clamp(sizes.read()[id] ?? initial, min, max));

  function resize(wanted: number) {
    const next = clamp(wanted, min, max);
    setSize(next);
    return next;
  }

  function keep(next: number) {
    sizes.write({ ...sizes.read(), [id]: next });
  }

  function drag(down: PointerEvent<HTMLDivElement>) {
    const whole = box.current?.getBoundingClientRect();
    if (!whole || down.button !== 0) return;
    down.preventDefault();
    const divider = down.currentTarget;
    divider.setPointerCapture(down.pointerId);
    let last = size;
    const move = (event: globalThis.PointerEvent) => {
      const along = direction === "row" ? event.clientX - whole.left : event.clientY - whole.top;
      const length = direction === "row" ? whole.width : whole.height;
      const pixels = fixed === "first" ? along : length - along;
      last = resize(unit === "px" ? pixels : (pixels / length) * 100);
    };
    const up = () => {
      divider.removeEventListener("pointermove", move);
      keep(last);
    };
    divider.addEventListener("pointermove", move);
    divider.addEventListener("lostpointercapture", up, { once: true });
  }

  function press(event: KeyboardEvent) {
    const step = unit === "px" ? 24 : 4;
    const [less, more] = direction === "row" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const sign = fixed === "first" ? 1 : -1;
    let next: number;
    if (event.key === less) next = size - sign * step;
    else if (event.key === more) next = size + sign * step;
    else if (event.key === "Home") next = min;
    else if (event.key === "End") next = max;
    else return;
    event.preventDefault();
    keep(resize(next));
  }

  const style = { flex: `0 0 ${size}${unit}` };
  return (
    <div ref={box} className={`${styles.split} ${styles[direction] ?? ""}`}>
      <div className={styles.part} style={fixed === "first" ? style : undefined}>
        {first}
      </div>
      {/* A divider that can be moved is a control: it takes the focus and the arrow keys. */}
      <div
        className={styles.divider}
        role="separator"
        tabIndex={0}
        aria-label={label}
        aria-orientation={direction === "row" ? "vertical" : "horizontal"}
        aria-valuenow={Math.round(size)}
        aria-valuemin={min}
        aria-valuemax={max}
        onPointerDown={drag}
        onDoubleClick={() => keep(resize(initial))}
        onKeyDown={press}
      />
      <div className={styles.part} style={fixed === "second" ? style : undefined}>
        {second}
      </div>
    </div>
  );
}

function clamp(value: number, min: number, max: number) {
  return Math.min(max, Math.max(min, value));
}
