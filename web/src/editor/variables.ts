import type { ResolvedVariable } from "../environments/resolve";
import { dynamicVariables } from "./dynamic";

/** A piece of a text: a variable in braces, or what stands between. */
export interface Piece {
  text: string;
  from: number;
  /** The variable's name; `null` for plain text. */
  name: string | null;
}

const token = /\{\{([^{}]*?)\}\}/g;

/** The pieces of a text, in order. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), from: end, name: null });
    found.push({ text: match[0], from: match.index, name: match[1] ?? "" });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), from: end, name: null });
  return found;
}

/** What a name in braces stands for. */
export type Meaning =
  { kind: "variable"; variable: ResolvedVariable } | { kind: "dynamic"; about: string } | { kind: "missing" };

/** What a name stands for now. A variable comes before a generated value of the same name. */
export function meaning(name: string, variables: readonly ResolvedVariable[]): Meaning {
  const variable = variables.find((candidate) => candidate.name === name);
  if (variable) return { kind: "variable", variable };
  const about = dynamicVariables.get(name);
  return about === undefined ? { kind: "missing" } : { kind: "dynamic", about };
}

const dots = "••••••";

/** The text as it would be sent now, as far as the page knows: secrets as dots, unknown names as they are. */
export function preview(text: string, variables: readonly ResolvedVariable[]): string {
  let now = text;
  for (let pass = 0; pass < 19; pass++) {
    const next = now.replace(token, (whole, name: string) => {
      const found = meaning(name, variables);
      return found.kind === "variable" ? (found.variable.value ?? dots) : whole;
    });
    if (next === now) break;
    now = next;
  }
  return now;
}

/** Something to put in after `{{`. */
export interface Suggestion {
  name: string;
  meaning: Exclude<Meaning, { kind: "missing" }>;
}

/** The variable that is being typed at a place: where its braces begin and what of its name is there. */
export function typedVariable(
  text: string,
  caret: number,
): { from: number; to: number; typed: string } | null {
  const open = text.lastIndexOf("{{", caret - 1);
  if (open < 0 || open + 2 > caret) return null;
  const typed = text.slice(open + 2, caret);
  if (/[{}]/.test(typed)) return null;
  const rest = /^[^{}\s]*\}\}/.exec(text.slice(caret));
  return { from: open, to: caret + (rest?.[0].length ?? 0), typed };
}

/** What fits to the beginning of a name: variables first, then generated values. */
export function suggestions(typed: string, variables: readonly ResolvedVariable[]): Suggestion[] {
  const wanted = typed.toLowerCase();
  const all: Suggestion[] = [
    ...variables.map((variable): Suggestion => ({
      name: variable.name,
      meaning: { kind: "variable", variable },
    })),
    ...(wanted === "" ? [] : [...dynamicVariables])
      .filter(([name]) => !variables.some((variable) => variable.name === name))
      .map(([name, about]): Suggestion => ({ name, meaning: { kind: "dynamic", about } })),
  ];
  const rank = ({ name }: Suggestion) => {
    const lower = name.toLowerCase();
    return lower.startsWith(wanted) ? 0 : lower.includes(wanted) ? 1 : 2;
  };
  return all
    .filter((suggestion) => rank(suggestion) < 2)
    .sort((a, b) => rank(a) - rank(b))
    .slice(0, 50);
}

/** A scope as people call it, and the sign for it. */
export const scopeNames = {
  environment: { name: "Environment", sign: "E" },
  collection: { name: "Collection", sign: "C" },
  globals: { name: "Globals", sign: "G" },
  dynamic: { name: "Generated", sign: "$" },
} as const;
