import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { html } from "@codemirror/lang-html";
import { javascript, localCompletionSource } from "@codemirror/lang-javascript";
import { json } from "@codemirror/lang-json";
import { xml } from "@codemirror/lang-xml";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension, Facet } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  type KeyBinding,
  keymap,
  lineNumbers,
  MatchDecorator,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import type { ResolvedVariable } from "../environments/resolve";
import { members } from "./pm";
import { shownValue, VariableCard } from "./VariableCard";
import { meaning, pieces, scopeNames, suggestions, typedVariable } from "./variables";

export type Language = "json" | "xml" | "html" | "javascript" | "text";

/** The variables that are known where the editor stands. */
export const variablesFacet = Facet.define<readonly ResolvedVariable[], readonly ResolvedVariable[]>({
  combine: (values) => values[0] ?? [],
});

const look = EditorView.theme({
  "&": { height: "100%", backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-code)", fontSize: "12px", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { padding: "6px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 10px 0 6px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--text-faint)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "34px", padding: "0 4px 0 10px" },
  ".cm-foldGutter .cm-gutterElement": { padding: "0 2px", cursor: "pointer" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--hover)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "var(--code-selection)",
  },
  ".cm-selectionMatch": { backgroundColor: "var(--selected)" },
  ".cm-searchMatch": { backgroundColor: "var(--code-match)" },
  ".cm-searchMatch-selected": { outline: "2px solid var(--focus)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--selected)",
    outline: "none",
  },
  ".cm-foldPlaceholder": {
    backgroundColor: "var(--selected)",
    border: "none",
    color: "var(--text-soft)",
    padding: "0 6px",
  },
  ".cm-placeholder": { color: "var(--text-faint)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "6px 30px 6px 10px", fontFamily: "var(--font)", fontSize: "12px" },
  ".cm-panel.cm-search input[type=text]": {
    height: "26px",
    padding: "0 8px",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius)",
    background: "var(--surface)",
    fontSize: "12px",
  },
  ".cm-panel.cm-search button[name=close]": {
    fontSize: "18px",
    padding: "2px 8px",
    color: "var(--text-soft)",
  },
  ".cm-panel.cm-search label": { display: "inline-flex", alignItems: "center", gap: "4px", fontSize: "12px" },
  ".cm-button": {
    backgroundImage: "none",
    backgroundColor: "var(--surface)",
    border: "1px solid var(--line-strong)",
    borderRadius: "var(--radius)",
    height: "26px",
    fontSize: "12px",
    padding: "0 9px",
  },
  ".cm-tooltip": {
    border: "1px solid var(--line)",
    borderRadius: "var(--radius-large)",
    backgroundColor: "var(--raised)",
    boxShadow: "var(--shadow-float)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--font-code)",
    fontSize: "12px",
    padding: "4px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "3px 8px", borderRadius: "5px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--selected)",
    color: "var(--text)",
  },
  ".cm-completionDetail": { color: "var(--text-faint)", fontStyle: "normal" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "650" },
  ".cm-tooltip.cm-completionInfo": { padding: "8px 10px", maxWidth: "320px", fontSize: "12px" },
  ".cm-variable": { borderRadius: "3px", backgroundColor: "var(--variable-soft)" },
  ".cm-variable, .cm-variable *": { color: "var(--variable)" },
  ".cm-variable-missing": { backgroundColor: "var(--variable-missing-soft)" },
  ".cm-variable-missing, .cm-variable-missing *": { color: "var(--variable-missing)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.attributeName], color: "var(--code-key)" },
  { tag: [tags.string, tags.attributeValue, tags.regexp], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--code-number)" },
  { tag: [tags.keyword, tags.tagName, tags.operatorKeyword], color: "var(--code-keyword)" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: "var(--code-number)" },
  { tag: [tags.comment, tags.processingInstruction, tags.documentMeta], color: "var(--code-comment)" },
  { tag: tags.invalid, color: "var(--danger-text)" },
]);

/** Keys that belong to the page: Send, the list on the left, hiding the sidebar. */
const ours = new Set(["Mod-Enter", "Alt-l", "Mod-Alt-\\", "Ctrl-m", "Shift-Alt-m"]);
const mine = (binding: KeyBinding) => !ours.has(binding.key ?? "") && !ours.has(binding.mac ?? "");

function languageOf(language: Language): Extension {
  switch (language) {
    case "json":
      return json();
    case "xml":
      return xml();
    case "html":
      // Without the scripts and styles inside: a page that someone else sent is not ours to parse in depth.
      return html({ autoCloseTags: false });
    case "javascript":
      return javascript();
    case "text":
      return [];
  }
}

/** What an editor that is typed in has. */
export function typing(language: Language): Extension {
  return [
    lineNumbers(),
    foldGutter(),
    highlightActiveLineGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightSelectionMatches(),
    search({ top: true }),
    indentUnit.of(language === "javascript" ? "    " : "  "),
    EditorState.tabSize.of(4),
    autocompletion({
      override: language === "javascript" ? [scriptNames, pmMembers, localCompletionSource] : [variableNames],
      icons: false,
      // One who types fast means the key that is pressed.
      interactionDelay: 0,
      activateOnTyping: true,
    }),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...defaultKeymap.filter(mine),
      // Escape, then Tab, leaves the editor.
      indentWithTab,
    ]),
    shared(language),
    language === "javascript" ? [] : [variableMarks, variableHover],
  ];
}

/** What an editor that is only read has. It shows what is in view, so its text may be long. */
export function reading(language: Language, wrap: boolean): Extension {
  return [
    lineNumbers(),
    foldGutter(),
    drawSelection(),
    highlightSelectionMatches(),
    search({ top: true }),
    EditorState.readOnly.of(true),
    EditorView.contentAttributes.of({ "aria-readonly": "true" }),
    keymap.of([...searchKeymap, ...foldKeymap, ...defaultKeymap.filter(mine)]),
    wrap ? EditorView.lineWrapping : [],
    shared(language),
  ];
}

function shared(language: Language): Extension {
  return [look, syntaxHighlighting(colours), languageOf(language)];
}

const decorator = new MatchDecorator({
  regexp: /\{\{([^{}]*?)\}\}/g,
  decoration: (match, view) =>
    meaning(match[1] ?? "", view.state.facet(variablesFacet)).kind === "missing" ? missingMark : variableMark,
});
const variableMark = Decoration.mark({ class: "cm-variable" });
const missingMark = Decoration.mark({ class: "cm-variable cm-variable-missing" });

const variableMarks = ViewPlugin.fromClass(
  class {
    marks: DecorationSet;
    constructor(view: EditorView) {
      this.marks = decorator.createDeco(view);
    }
    update(update: ViewUpdate) {
      const known = update.state.facet(variablesFacet);
      this.marks =
        known === update.startState.facet(variablesFacet)
          ? decorator.updateDeco(update, this.marks)
          : decorator.createDeco(update.view);
    }
  },
  { decorations: (plugin) => plugin.marks },
);

const variableHover = hoverTooltip((view, position) => {
  const line = view.state.doc.lineAt(position);
  if (line.length > 20_000) return null;
  const at = position - line.from;
  const piece = pieces(line.text).find(
    ({ name, from, text }) => name !== null && from <= at && at <= from + text.length,
  );
  if (!piece || piece.name === null) return null;
  const { name } = piece;
  const variables = view.state.facet(variablesFacet);
  return {
    pos: line.from + piece.from,
    end: line.from + piece.from + piece.text.length,
    create: () => {
      const dom = document.createElement("div");
      const root = createRoot(dom);
      root.render(createElement(VariableCard, { name, meaning: meaning(name, variables), variables }));
      return { dom, destroy: () => queueMicrotask(() => root.unmount()) };
    },
  };
});

function variableNames(context: CompletionContext): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  if (line.length > 20_000) return null;
  const typed = typedVariable(line.text, context.pos - line.from);
  if (!typed) return null;
  const list = suggestions(typed.typed, context.state.facet(variablesFacet));
  return {
    from: line.from + typed.from + 2,
    filter: false,
    update: (_current, _from, _to, now) => variableNames(now),
    options: list.map(({ name, meaning: what }): Completion => {
      const scope = what.kind === "variable" ? what.variable.scope : "dynamic";
      return {
        label: name,
        detail: what.kind === "variable" ? shownValue(what.variable).slice(0, 40) : what.about,
        info: scopeNames[scope].name,
        apply: (view, _, from) => {
          const now = view.state.doc.lineAt(view.state.selection.main.head);
          const rest =
            /^[^{}\s]*\}\}/.exec(now.text.slice(view.state.selection.main.head - now.from))?.[0] ?? "";
          view.dispatch({
            changes: { from, to: view.state.selection.main.head + rest.length, insert: `${name}}}` },
            selection: { anchor: from + name.length + 2 },
            userEvent: "input.complete",
          });
        },
      };
    }),
  };
}

function pmMembers(context: CompletionContext): CompletionResult | null {
  const typed = context.matchBefore(/\bpm(\.\w*)*/) ?? context.matchBefore(/\w+/);
  if (!typed || (typed.from === typed.to && !context.explicit)) return null;
  if (!typed.text.startsWith("pm")) {
    return "pm".startsWith(typed.text)
      ? { from: typed.from, options: [{ label: "pm", info: members[0]?.about ?? "" }] }
      : null;
  }
  const parent = typed.text.slice(0, typed.text.lastIndexOf("."));
  if (!typed.text.includes(".")) return null;
  const depth = parent.split(".").length + 1;
  const options = members
    .filter(({ path }) => path.startsWith(`${parent}.`) && path.split(".").length === depth)
    .map(({ path, kind, detail, about }) => ({
      label: path.slice(parent.length + 1),
      type: kind,
      detail,
      info: about || null,
    }))
    .map(({ info, ...option }): Completion => (info === null ? option : { ...option, info }));
  return options.length > 0 ? { from: typed.from + parent.length + 1, options, validFor: /^\w*$/ } : null;
}

/** Names of variables inside `pm.environment.get("`. */
function scriptNames(context: CompletionContext): CompletionResult | null {
  const typed = context.matchBefore(
    /pm\.(environment|globals|collectionVariables|variables)\.(get|has|set|unset)\(\s*["'`][^"'`]*/,
  );
  if (!typed) return null;
  const from = typed.from + Math.max(...['"', "'", "`"].map((quote) => typed.text.lastIndexOf(quote))) + 1;
  return {
    from,
    options: context.state.facet(variablesFacet).map((variable) => ({
      label: variable.name,
      detail: shownValue(variable).slice(0, 40),
      info: scopeNames[variable.scope].name,
    })),
  };
}
