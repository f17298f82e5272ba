import { openSearchPanel } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, placeholder as placeholderText } from "@codemirror/view";
import { type Ref, use, useEffect, useImperativeHandle, useMemo, useRef } from "react";
import { type Language, reading, typing, variablesFacet } from "./code";
import styles from "./CodeEditor.module.css";
import { VariablesContext } from "./VariableInput";

export interface CodeHandle {
  /** Opens the search in the text. */
  search: () => void;
  /** Puts a text in at the end. */
  append: (text: string) => void;
  focus: () => void;
}

export interface CodeProps {
  /** Its accessible name. */
  label: string;
  value: string;
  language: Language;
  /** Without it the text can only be read. */
  onChange?: (value: string) => void;
  wrap?: boolean;
  placeholder?: string;
  ref?: Ref<CodeHandle>;
}

/** A text with line numbers, colours, folding and search; typed or only read. */
export function CodeView({ label, value, language, onChange, wrap, placeholder, ref }: CodeProps) {
  const variables = use(VariablesContext);
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  /** What the tab had when it went behind others: the caret, the history, what is folded. */
  const left = useRef<{ state: EditorState; scroll: number } | null>(null);
  /** The text that was handed over last: as long as it comes back, there is nothing to do. */
  const said = useRef<string | null>(null);
  const change = useRef(onChange);
  useEffect(() => {
    change.current = onChange;
  });
  const parts = useMemo(() => ({ setup: new Compartment(), variables: new Compartment() }), []);
  const editable = onChange !== undefined;

  const setup = useMemo((): Extension => {
    return [
      editable ? typing(language) : reading(language, wrap ?? false),
      editable && wrap ? EditorView.lineWrapping : [],
      // axe does not know that what can be typed in can be tabbed to.
      EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
      placeholder === undefined ? [] : placeholderText(placeholder),
    ];
  }, [editable, language, wrap, label, placeholder]);

  // The view is made once; what changes is dispatched into it below.
  useEffect(() => {
    if (!host.current) return;
    const known = left.current;
    const made = new EditorView({
      parent: host.current,
      state:
        known?.state ??
        EditorState.create({
          doc: value,
          extensions: [
            parts.setup.of(setup),
            parts.variables.of(variablesFacet.of(variables)),
            // A text with the line ends of Windows keeps them.
            /\r\n/.test(value) && !/(^|[^\r])\n/.test(value) ? EditorState.lineSeparator.of("\r\n") : [],
            EditorView.updateListener.of((update) => {
              if (
                update.docChanged &&
                !update.transactions.some((each) => each.isUserEvent("from.outside"))
              ) {
                said.current = update.state.sliceDoc();
                change.current?.(said.current);
              }
            }),
          ],
        }),
    });
    view.current = made;
    if (known) requestAnimationFrame(() => (made.scrollDOM.scrollTop = known.scroll));
    return () => {
      left.current = { state: made.state, scroll: made.scrollDOM.scrollTop };
      view.current = null;
      made.destroy();
    };
    // oxlint-disable-next-line react/exhaustive-deps
  }, []);

  useEffect(() => {
    view.current?.dispatch({ effects: parts.setup.reconfigure(setup) });
  }, [parts, setup]);
  useEffect(() => {
    view.current?.dispatch({ effects: parts.variables.reconfigure(variablesFacet.of(variables)) });
  }, [parts, variables]);
  useEffect(() => {
    const made = view.current;
    if (!made) return;
    const { doc } = made.state;
    if (said.current === value || made.state.sliceDoc() === value) return;
    said.current = null;
    made.dispatch({
      changes: { from: 0, to: doc.length, insert: value },
      ...(change.current ? {} : { selection: { anchor: 0 }, scrollIntoView: true }),
      userEvent: "from.outside",
    });
  }, [value]);

  useImperativeHandle(ref, () => ({
    search: () => {
      if (!view.current) return;
      openSearchPanel(view.current);
    },
    append: (text) => {
      const made = view.current;
      if (!made) return;
      const { length } = made.state.doc;
      const gap = length === 0 || made.state.doc.toString().endsWith("\n") ? "" : "\n";
      made.dispatch({
        changes: { from: length, insert: gap + text },
        selection: { anchor: length + gap.length + text.length },
        scrollIntoView: true,
        userEvent: "input.paste",
      });
      made.focus();
    },
    focus: () => view.current?.focus(),
  }));

  return <div ref={host} className={styles.host} data-typed={editable || undefined} />;
}
