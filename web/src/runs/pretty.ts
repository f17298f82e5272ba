/** Bodies that can be laid out for reading. */
export type Layout = "json" | "xml" | "html";

/** A text laid out for reading, or `null` if it is not what it says it is. */
export function pretty(text: string, layout: Layout): string | null {
  return layout === "json" ? prettyJson(text) : prettyMarkup(text, layout);
}

const variable = /\{\{[^{}]*\}\}/y;
const atom = /true|false|null|-?\d[\d.eE+-]*/y;

/**
 * JSON with one value a line. It goes over the text sign by sign instead of reading it: numbers keep all their digits,
 * names that come twice stay, and a `{{variable}}` may stand where a value belongs. Several values one after the other
 * are taken as well.
 */
function prettyJson(text: string): string | null {
  const out: string[] = [];
  const stack: string[] = [];
  let indent = "\n";
  let at = 0;
  // What came before decides about the line break.
  let before: "start" | "open" | "value" | "colon" | "comma" = "start";

  const value = (piece: string): boolean => {
    if (before === "value") {
      if (stack.length > 0) return false;
      out.push("\n");
    } else if (before === "open") out.push(indent);
    out.push(piece);
    before = "value";
    return true;
  };

  while (at < text.length) {
    const sign = text[at];
    switch (sign) {
      case " ":
      case "\n":
      case "\r":
      case "\t":
      case "\ufeff":
        at++;
        continue;
      case '"': {
        const end = stringEnd(text, at);
        if (end < 0 || !value(text.slice(at, end))) return null;
        at = end;
        continue;
      }
      case "{":
      case "[": {
        variable.lastIndex = at;
        const found = sign === "{" ? variable.exec(text) : null;
        if (found) {
          if (!value(found[0])) return null;
          at += found[0].length;
          continue;
        }
        if (!value(sign)) return null;
        stack.push(sign === "{" ? "}" : "]");
        indent += "  ";
        before = "open";
        at++;
        continue;
      }
      case "}":
      case "]":
        if (stack.pop() !== sign || before === "colon") return null;
        indent = indent.slice(0, -2);
        if (before !== "open") out.push(indent);
        out.push(sign);
        before = "value";
        at++;
        continue;
      case ",":
        if (stack.length === 0 || before !== "value") return null;
        out.push(",", indent);
        before = "comma";
        at++;
        continue;
      case ":":
        if (stack.at(-1) !== "}" || before !== "value") return null;
        out.push(": ");
        before = "colon";
        at++;
        continue;
      default: {
        atom.lastIndex = at;
        const found = atom.exec(text);
        if (!found || !value(found[0])) return null;
        at += found[0].length;
      }
    }
  }
  return stack.length === 0 && before === "value" ? out.join("") : null;
}

function stringEnd(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    at = text.indexOf('"', at);
    if (at < 0) return -1;
    let slashes = 0;
    while (text[at - 1 - slashes] === "\\") slashes++;
    at++;
    if (slashes % 2 === 0) return at;
  }
}

const empty = new Set("area base br col embed hr img input link meta param source track wbr".split(" "));
const asTheyAre = new Set(["pre", "script", "style", "textarea"]);
const tag = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<[?!][^>]*>|<\/?[^\s>/]+(?:"[^"]*"|'[^']*'|[^'">])*>/y;

/** Markup with one element a line; an element with nothing but a short text stays on its line. */
function prettyMarkup(text: string, layout: "xml" | "html"): string | null {
  if (!text.includes("<")) return null;
  const lines: string[] = [];
  let depth = 0;
  let at = 0;
  /** The line of the last start tag, as long as nothing but text came after it. */
  let opened: { name: string; line: number } | null = null;
  const put = (piece: string) => lines.push("  ".repeat(Math.max(0, depth)) + piece);

  while (at < text.length) {
    if (text[at] !== "<") {
      const end = text.indexOf("<", at);
      const words = text.slice(at, end < 0 ? text.length : end).trim();
      if (words) put(words);
      at = end < 0 ? text.length : end;
      continue;
    }
    tag.lastIndex = at;
    const found = tag.exec(text)?.[0];
    if (found === undefined) return null;
    at += found.length;
    const name = (/^<\/?([^\s>/]+)/.exec(found)?.[1] ?? "").toLowerCase();
    if (
      found.startsWith("<!") ||
      found.startsWith("<?") ||
      found.endsWith("/>") ||
      (layout === "html" && empty.has(name))
    ) {
      put(found);
      opened = null;
    } else if (found.startsWith("</")) {
      depth--;
      const start: string | undefined = opened?.name === name ? lines[opened.line] : undefined;
      if (opened && start !== undefined && lines.length - opened.line <= 2) {
        const inside = lines.length - opened.line === 2 ? (lines.at(-1) ?? "").trim() : "";
        if (start.length + inside.length + found.length < 140) {
          lines.length = opened.line;
          lines.push(start + inside + found);
          opened = null;
          continue;
        }
      }
      put(found);
      opened = null;
    } else if (layout === "html" && asTheyAre.has(name)) {
      const end = text.toLowerCase().indexOf(`</${name}`, at);
      const close = end < 0 ? text.length : text.indexOf(">", end) + 1 || text.length;
      put(found + text.slice(at, close));
      at = close;
      opened = null;
    } else {
      put(found);
      opened = { name, line: lines.length - 1 };
      depth++;
    }
  }
  return lines.join("\n");
}
