import known from "./ciphers.json";

/** The suites that the server's OpenSSL knows and that one may want, strongest first. A test of the server holds them against it. */
export const suites: ReadonlySet<string> = new Set(known.suites);

/** The names in a text: one, or several as OpenSSL and people write lists. */
export function namesIn(text: string): { ok: true; names: string[] } | { ok: false; problem: string } {
  const names = [...new Set(text.split(/[\s:,]+/).filter((name) => name !== ""))];
  const odd = names.find((name) => !/^[!+-]?[A-Za-z0-9][A-Za-z0-9_+@=.-]*$/.test(name));
  return odd === undefined
    ? { ok: true, names }
    : { ok: false, problem: `“${odd}” cannot be the name of a cipher suite.` };
}

/** The names with one of them at another place. */
export function movedTo(names: readonly string[], from: number, to: number): string[] {
  const moved = [...names];
  const [name] = moved.splice(from, 1);
  if (name !== undefined) moved.splice(to, 0, name);
  return moved;
}
