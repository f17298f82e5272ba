import {
  createContext,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  use,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { createPortal } from "react-dom";
import type { ResolvedVariable } from "../environments/resolve";
import { spoken, SuggestionLine, VariableCard } from "./VariableCard";
import { meaning, pieces, type Suggestion, suggestions, typedVariable } from "./variables";
import styles from "./variables.module.css";

/** The variables that the fields inside may use. */
export const VariablesContext = createContext<readonly ResolvedVariable[]>([]);

interface VariableInputProps {
  /** Its accessible name. */
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  readOnly?: boolean;
  /** Its text is shown as dots, unless it has a variable: a variable is no secret. */
  secret?: boolean;
  /** Words to offer while the field is typed. */
  words?: readonly string[];
  /** The look of a field on its own, or of a table's cell. */
  look?: "field" | "cell" | "bare";
  faded?: boolean;
  id?: string;
  onEnter?: () => void;
  ref?: Ref<HTMLInputElement>;
}

type Offer =
  { kind: "variable"; from: number; to: number; list: Suggestion[] } | { kind: "word"; list: string[] };

/** A line of text with variables in colour, completed after `{{`, and explained where the pointer rests. */
export function VariableInput(props: VariableInputProps) {
  const {
    label,
    value,
    onChange,
    placeholder,
    readOnly,
    secret,
    words,
    look = "field",
    faded,
    onEnter,
  } = props;
  const variables = use(VariablesContext);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const mirror = useRef<HTMLDivElement>(null);
  const [offer, setOffer] = useState<Offer | null>(null);
  const [chosen, setChosen] = useState(0);
  const [card, setCard] = useState<{ name: string; at: DOMRect } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const caretAfter = useRef<number | null>(null);
  useImperativeHandle(props.ref, () => input.current ?? document.createElement("input"), []);

  const parts = useMemo(() => pieces(value), [value]);
  const tokens = parts.filter((piece) => piece.name !== null);
  const hidden = secret === true && tokens.length === 0;
  const about = tokens
    .map((piece) => spoken(piece.name ?? "", meaning(piece.name ?? "", variables)))
    .join(" ");

  useLayoutEffect(() => {
    follow();
    if (caretAfter.current === null) return;
    input.current?.setSelectionRange(caretAfter.current, caretAfter.current);
    caretAfter.current = null;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);

  function follow() {
    if (mirror.current && input.current) mirror.current.scrollLeft = input.current.scrollLeft;
  }

  function offerFor(text: string, caret: number | null) {
    setChosen(0);
    if (readOnly || caret === null || hidden) return setOffer(null);
    const typed = typedVariable(text, caret);
    if (typed) {
      const list = suggestions(typed.typed, variables);
      return setOffer(list.length > 0 ? { kind: "variable", from: typed.from, to: typed.to, list } : null);
    }
    const wanted = text.toLowerCase();
    const list =
      words && text !== ""
        ? words.filter((word) => word.toLowerCase().includes(wanted) && word !== text).slice(0, 12)
        : [];
    setOffer(list.length > 0 ? { kind: "word", list } : null);
  }

  function take(index: number) {
    if (!offer) return;
    if (offer.kind === "word") {
      const word = offer.list[index];
      if (word !== undefined) onChange(word);
    } else {
      const suggestion = offer.list[index];
      if (!suggestion) return;
      const token = `{{${suggestion.name}}}`;
      caretAfter.current = offer.from + token.length;
      onChange(value.slice(0, offer.from) + token + value.slice(offer.to));
    }
    setOffer(null);
  }

  function press(event: KeyboardEvent<HTMLInputElement>) {
    if (offer) {
      const last = offer.list.length - 1;
      const move = { ArrowDown: chosen >= last ? 0 : chosen + 1, ArrowUp: chosen <= 0 ? last : chosen - 1 }[
        event.key
      ];
      if (move !== undefined) {
        event.preventDefault();
        return setChosen(move);
      }
      const takes = event.key === "Tab" || (event.key === "Enter" && !event.ctrlKey && !event.metaKey);
      if (takes && !event.shiftKey && !(offer.kind === "word" && event.key === "Tab")) {
        event.preventDefault();
        event.stopPropagation();
        return take(chosen);
      }
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        return setOffer(null);
      }
    }
    if (event.key === "Escape" && card) {
      event.stopPropagation();
      return setCard(null);
    }
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && onEnter) {
      event.preventDefault();
      onEnter();
    }
  }

  function point(x: number) {
    const spans = mirror.current?.querySelectorAll<HTMLElement>("[data-name]") ?? [];
    for (const span of spans) {
      const box = span.getBoundingClientRect();
      if (x < box.left || x > box.right) continue;
      const name = span.dataset["name"] ?? "";
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setCard({ name, at: span.getBoundingClientRect() }), card ? 60 : 260);
      return;
    }
    leave();
  }

  function leave() {
    clearTimeout(timer.current);
    setCard(null);
  }

  const offered = offer ? `${id}-${chosen}` : undefined;
  return (
    <div className={styles.box} data-look={look} data-faded={faded || undefined}>
      {!hidden && tokens.length > 0 && (
        <div ref={mirror} className={styles.mirror} aria-hidden="true">
          {parts.map((piece) =>
            piece.name === null ? (
              <span key={piece.from}>{piece.text}</span>
            ) : (
              <span
                key={piece.from}
                className={styles.token}
                data-kind={meaning(piece.name, variables).kind}
                data-name={piece.name}
              >
                {piece.text}
              </span>
            ),
          )}
        </div>
      )}
      <input
        ref={input}
        id={props.id}
        className={styles.input}
        data-mirrored={(!hidden && tokens.length > 0) || undefined}
        type={hidden ? "password" : "text"}
        role="combobox"
        aria-label={label}
        aria-autocomplete="list"
        aria-haspopup="listbox"
        aria-expanded={offer !== null}
        aria-controls={offer ? `${id}-list` : undefined}
        aria-activedescendant={offered}
        aria-describedby={about ? `${id}-about` : undefined}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder={placeholder}
        readOnly={readOnly}
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          offerFor(event.target.value, event.target.selectionStart);
        }}
        onScroll={follow}
        onKeyUp={follow}
        onSelect={follow}
        onKeyDown={press}
        onBlur={() => {
          setOffer(null);
          follow();
        }}
        onMouseMove={(event) => point(event.clientX)}
        onMouseLeave={leave}
        onMouseDown={() => setOffer(null)}
      />
      {about && (
        <span id={`${id}-about`} className="visually-hidden">
          {about}
        </span>
      )}
      {offer && (
        <Floating anchor={() => anchorOf(mirror.current, input.current, offer)} className={styles.list}>
          <div id={`${id}-list`} role="listbox" aria-label="What fits here">
            {offer.list.map((suggestion, index) => (
              <div
                key={typeof suggestion === "string" ? suggestion : suggestion.name}
                id={`${id}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === chosen}
                ref={
                  index === chosen ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined
                }
                // The field keeps the focus.
                onMouseDown={(event) => {
                  event.preventDefault();
                  take(index);
                }}
              >
                {typeof suggestion === "string" ? suggestion : <SuggestionLine suggestion={suggestion} />}
              </div>
            ))}
          </div>
        </Floating>
      )}
      {card && !offer && (
        <Floating anchor={() => card.at} className={styles.float}>
          <VariableCard name={card.name} meaning={meaning(card.name, variables)} variables={variables} />
        </Floating>
      )}
    </div>
  );
}

/** Where the list belongs: under the beginning of what is typed. */
function anchorOf(mirror: HTMLElement | null, input: HTMLElement | null, offer: Offer): DOMRect {
  const box = input?.getBoundingClientRect() ?? new DOMRect();
  if (offer.kind === "word" || !input) return box;
  // The unfinished name has no braces at its end, so the mirror has no piece of its own for it: measure the text.
  const canvas = (measure ??= document.createElement("canvas").getContext("2d"));
  if (!canvas || !(input instanceof HTMLInputElement)) return box;
  const style = getComputedStyle(input);
  canvas.font = style.font;
  const before = canvas.measureText(input.value.slice(0, offer.from)).width;
  const left =
    box.left + Number.parseFloat(style.paddingLeft) + before - (mirror?.scrollLeft ?? input.scrollLeft);
  return new DOMRect(Math.min(Math.max(box.left, left), box.right - 40), box.top, 0, box.height);
}
let measure: CanvasRenderingContext2D | null = null;

/** Something over the page, below its anchor if there is room. */
function Floating({
  anchor,
  className,
  children,
}: {
  anchor: () => DOMRect;
  className: string | undefined;
  children: ReactNode;
}) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const at = anchor();
    const { width, height } = element.getBoundingClientRect();
    const below = at.bottom + 4 + height <= window.innerHeight || at.top < height + 4;
    element.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - width - 8))}px`;
    element.style.top = `${below ? at.bottom + 4 : at.top - height - 4}px`;
  });
  return createPortal(
    <div ref={box} className={className}>
      {children}
    </div>,
    document.body,
  );
}
