import { asRecord } from "../api/json";
import { continued, isOn, keyOf, type Row, rowsOf, textOf, valueOf } from "./rows";

/**
 * The address of a request. A document has it as one text, or taken apart with the text beside it; both are written
 * together, so that every reader finds the same.
 */
type Url = Readonly<Record<string, unknown>>;

/** An address taken apart as Postman does, with nothing decoded. */
export interface Parts {
  protocol: string | null;
  auth: string | null;
  host: string;
  port: string | null;
  /** Segments after the first slash; `null` without a slash. */
  path: string[] | null;
  /** `null` without a question mark; a parameter without `=` has the value `null`. */
  query: { key: string; value: string | null }[] | null;
  hash: string | null;
}

/** Stands for a variable while the text around it is taken apart: what is in braces divides nothing. */
const first = 0xe000;

/** Takes an address apart. Signs inside of `{{variables}}` divide nothing. */
export function parse(text: string): Parts {
  const variables: string[] = [];
  let rest = text
    .trimStart()
    .replace(/\{\{[^{}]*\}\}/g, (token) => String.fromCharCode(first + variables.push(token) - 1));
  const back = (part: string) =>
    part.replace(/[\ue000-\uf8ff]/g, (sign) => variables[sign.charCodeAt(0) - first] ?? sign);
  const cut = (sign: string): string | null => {
    const at = rest.indexOf(sign);
    if (at < 0) return null;
    const tail = rest.slice(at + sign.length);
    rest = rest.slice(0, at);
    return tail;
  };

  const hash = cut("#");
  const query = cut("?");
  rest = rest.replaceAll("\\", "/");
  let protocol: string | null = null;
  const scheme = rest.indexOf("://");
  if (scheme >= 0) {
    protocol = rest.slice(0, scheme);
    rest = rest.slice(scheme + 3);
  }
  const path = cut("/");
  let auth: string | null = null;
  const at = rest.lastIndexOf("@");
  if (at >= 0) {
    auth = rest.slice(0, at);
    rest = rest.slice(at + 1);
  }
  let port: string | null = null;
  const colon = rest.lastIndexOf(":");
  // A colon inside brackets belongs to an IPv6 address.
  if (colon >= 0 && colon > rest.lastIndexOf("]")) {
    port = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
  }
  return {
    protocol: protocol === null ? null : back(protocol),
    auth: auth === null ? null : back(auth),
    host: back(rest),
    port: port === null ? null : back(port),
    path: path === null ? null : path.split("/").map(back),
    query:
      query === null
        ? null
        : query.split("&").map((parameter) => {
            const equals = parameter.indexOf("=");
            return equals < 0
              ? { key: back(parameter), value: null }
              : { key: back(parameter.slice(0, equals)), value: back(parameter.slice(equals + 1)) };
          }),
    hash: hash === null ? null : back(hash),
  };
}

function urlOf(url: unknown): Url {
  return typeof url === "string" ? { raw: url } : (asRecord(url) ?? {});
}

/** The address as the sender will read it, put together from its parts. */
function written(url: Url): string {
  const raw = textOf(url["raw"]);
  if (!("host" in url) && !("path" in url) && !("query" in url)) return raw;
  const joined = (part: unknown, sign: string) =>
    Array.isArray(part)
      ? part.map((each) => textOf(typeof each === "object" ? asRecord(each)?.["value"] : each)).join(sign)
      : textOf(part);
  let text = "";
  const protocol = textOf(url["protocol"]);
  if (protocol) text += `${protocol}://`;
  const auth = asRecord(url["auth"]);
  if (auth) text += `${textOf(auth["user"])}:${textOf(auth["password"])}@`;
  text += joined(url["host"], ".");
  const port = textOf(url["port"]);
  if (port) text += `:${port}`;
  if (url["path"] !== undefined && url["path"] !== null) {
    const path = joined(url["path"], "/");
    text += path.startsWith("/") ? path : `/${path}`;
  }
  text += queryText(queryOf(url));
  if (typeof url["hash"] === "string") text += `#${url["hash"]}`;
  return text;
}

function queryText(rows: readonly Row[]): string {
  const parts = rows.filter(isOn).flatMap((row) => {
    if (row["value"] !== null && row["value"] !== undefined) return [`${keyOf(row)}=${valueOf(row)}`];
    return keyOf(row) === "" ? [] : [keyOf(row)];
  });
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

/** The address as it was typed; if a file's text and parts disagree, what its parts say, because they are sent. */
export function addressOf(url: unknown): string {
  const record = urlOf(url);
  const raw = record["raw"];
  if (typeof raw !== "string") return written(record);
  const said = written(record);
  return said === raw || said === written(withAddress({}, raw)) ? raw : said;
}

/** The parameters after the question mark, also those that are switched off. */
export function queryOf(url: unknown): Row[] {
  const record = urlOf(url);
  const query = record["query"];
  if (Array.isArray(query)) return rowsOf(query);
  if ("host" in record || "path" in record) return [];
  return rowsOf(withAddress({}, textOf(record["raw"]))["query"]);
}

/** The values of segments such as `:id`. */
export function pathVariablesOf(url: unknown): Row[] {
  const record = urlOf(url);
  if (Array.isArray(record["variable"])) return rowsOf(record["variable"]);
  return rowsOf(withAddress({}, textOf(record["raw"]))["variable"]);
}

/** The url with another address. Parameters keep their descriptions, and those that are switched off stay. */
export function withAddress(url: unknown, text: string): Url {
  const old = urlOf(url);
  const parts = parse(text);
  const given = parts.query ?? [];
  // A sign that was just typed is no parameter yet.
  if (given.length > 0 && given.at(-1)?.key === "" && given.at(-1)?.value === null) given.pop();
  const next: Record<string, unknown> = { ...old, raw: text };
  const set = (field: string, value: unknown) => {
    if (value === null || value === undefined) delete next[field];
    else next[field] = value;
  };
  set("protocol", parts.protocol);
  const [user = "", ...password] = (parts.auth ?? "").split(":");
  set("auth", parts.auth === null ? null : { user, password: password.join(":") });
  set("host", parts.host === "" ? null : splitHost(parts.host));
  set("port", parts.port);
  set("path", parts.path);
  const query = merged(rowsOf(old["query"]), given);
  set("query", query.length > 0 ? query : null);
  set("hash", parts.hash);
  const variables = pathVariables(rowsOf(old["variable"]), parts.path ?? []);
  set("variable", variables.length > 0 ? variables : null);
  return next;
}

/** The url with these parameters. */
export function withQuery(url: unknown, rows: readonly Row[]): Url {
  const address = addressOf(url);
  const old = "raw" in urlOf(url) || typeof url === "string" ? withAddress(url, address) : urlOf(url);
  const { query: _, ...rest } = old;
  const hash = parse(address).hash;
  const raw = beforeQuery(address) + queryText(rows) + (hash === null ? "" : `#${hash}`);
  return { ...rest, raw, ...(rows.length > 0 ? { query: rows } : {}) };
}

/** The url with these values of its segments. */
export function withPathVariables(url: unknown, rows: readonly Row[]): Url {
  return { ...withAddress(url, addressOf(url)), variable: rows };
}

/** What is typed into a parameter's cell as it stands in an address: signs that would end it are encoded. */
export function cellText(text: string, part: "key" | "value"): string {
  const ends: Record<string, string> =
    part === "key" ? { "&": "%26", "#": "%23", "=": "%3D" } : { "&": "%26", "#": "%23" };
  return text
    .split(/(\{\{[^{}]*\}\})/)
    .map((piece, index) => (index % 2 === 1 ? piece : piece.replace(/[&#=]/g, (sign) => ends[sign] ?? sign)))
    .join("");
}

function beforeQuery(address: string): string {
  let open = false;
  for (let at = 0; at < address.length; at++) {
    if (address.startsWith("{{", at) && address.indexOf("}}", at) > 0) open = true;
    else if (address.startsWith("}}", at)) open = false;
    else if (!open && (address[at] === "?" || address[at] === "#")) return address.slice(0, at);
  }
  return address;
}

function splitHost(host: string): string[] {
  return host.split(/\.(?![^{}]*\}\})/);
}

/** The old parameters with what the address says now; those that are switched off keep their place. */
function merged(old: readonly Row[], given: readonly { key: string; value: string | null }[]): Row[] {
  const on = old.filter(isOn);
  const origin = continued(
    on,
    given,
    (row, parameter) => keyOf(row) === parameter.key && (row["value"] ?? null) === parameter.value,
    (row, parameter) => keyOf(row) === parameter.key,
  );
  const rows: Row[] = [];
  let passed = 0;
  /** Takes the switched-off lines before a place in the old list; then those right behind it. */
  const takeOff = (before: number, behind: boolean) => {
    for (; passed < old.length; passed++) {
      const row = old[passed];
      if (!row || (passed >= before && !(behind && !isOn(row)))) return;
      if (!isOn(row)) rows.push(row);
    }
  };
  for (const [index, parameter] of given.entries()) {
    const row = on[origin[index] ?? -1];
    if (!row) {
      rows.push({ ...parameter });
      continue;
    }
    const at = old.indexOf(row);
    takeOff(at, false);
    const unchanged = keyOf(row) === parameter.key && (row["value"] ?? null) === parameter.value;
    rows.push(unchanged ? row : { ...row, ...parameter });
    takeOff(at + 1, true);
  }
  takeOff(old.length, false);
  return rows;
}

function pathVariables(old: readonly Row[], path: readonly string[]): Row[] {
  const names = [
    ...new Set(path.filter((segment) => /^:./.test(segment)).map((segment) => segment.slice(1))),
  ];
  const spare = old.filter((row) => !names.includes(keyOf(row)));
  return names.map((name) => {
    const known = old.find((row) => keyOf(row) === name);
    if (known) return known;
    const renamed = spare.shift();
    return renamed ? { ...renamed, key: name } : { key: name, value: "" };
  });
}
