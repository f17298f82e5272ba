import { asRecord } from "../api/json";
import { type Row, rowsOf, textOf } from "./rows";
import { addressOf as urlAddress } from "./url";

/** A request item's document: Postman v2.1 without `item` and `response`. What is not edited is not touched. */
export type Document = Record<string, unknown>;

/** The request of an item; a text is the address of a GET. */
export function requestOf(document: Document): Document {
  const request = document["request"];
  return typeof request === "string" ? { method: "GET", url: request } : (asRecord(request) ?? {});
}

/** The item with some fields of its request changed; `undefined` takes a field out. */
export function withRequest(document: Document, part: Document): Document {
  const request = { ...requestOf(document), ...part };
  for (const field of Object.keys(part)) if (request[field] === undefined) delete request[field];
  return { ...document, request };
}

export function methodOf(document: Document): string {
  return textOf(requestOf(document)["method"]) || "GET";
}

/** The address as it was typed. */
export function addressOf(document: Document): string {
  return urlAddress(requestOf(document)["url"]);
}

/** The headers, also those that are switched off. Old documents have them as one text. */
export function headersOf(document: Document): Row[] {
  const header = requestOf(document)["header"];
  if (typeof header !== "string") return rowsOf(header);
  return header.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(":");
    return colon < 0 ? [] : [{ key: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }];
  });
}

export const bodyModes = [
  { mode: "none", label: "none" },
  { mode: "formdata", label: "form-data" },
  { mode: "urlencoded", label: "x-www-form-urlencoded" },
  { mode: "raw", label: "raw" },
  { mode: "file", label: "binary" },
  { mode: "graphql", label: "GraphQL" },
] as const;
export type BodyMode = (typeof bodyModes)[number]["mode"];

export const rawLanguages = [
  { language: "text", label: "Text", contentType: "text/plain" },
  { language: "json", label: "JSON", contentType: "application/json" },
  { language: "xml", label: "XML", contentType: "application/xml" },
  { language: "html", label: "HTML", contentType: "text/html" },
  { language: "javascript", label: "JavaScript", contentType: "application/javascript" },
] as const;
export type RawLanguage = (typeof rawLanguages)[number]["language"];

export function bodyOf(document: Document): Document {
  return asRecord(requestOf(document)["body"]) ?? {};
}

export function bodyModeOf(document: Document): BodyMode {
  const body = bodyOf(document);
  const mode = body["mode"];
  return (body["disabled"] !== true && bodyModes.find((known) => known.mode === mode)?.mode) || "none";
}

/** The item with another kind of body. What was typed for the others stays beside it, so that one can come back. */
export function withBodyMode(document: Document, mode: BodyMode): Document {
  const { disabled: _, ...body } = bodyOf(document);
  if (mode !== "none") return withRequest(document, { body: { ...body, mode } });
  if (Object.keys(body).every((field) => field === "mode")) return withRequest(document, { body: undefined });
  return withRequest(document, { body: { ...body, disabled: true } });
}

export function withBody(document: Document, part: Document): Document {
  return withRequest(document, { body: { ...bodyOf(document), ...part } });
}

export function rawLanguageOf(document: Document): RawLanguage {
  const language = asRecord(asRecord(bodyOf(document)["options"])?.["raw"])?.["language"];
  return rawLanguages.find((known) => known.language === language)?.language ?? "text";
}

export function withRawLanguage(document: Document, language: RawLanguage): Document {
  const options = asRecord(bodyOf(document)["options"]) ?? {};
  return withBody(document, { options: { ...options, raw: { ...asRecord(options["raw"]), language } } });
}

/** The path of the file that is the body. */
export function bodyFileOf(document: Document): string {
  const file = bodyOf(document)["file"];
  return typeof file === "string" ? file : textOf(asRecord(file)?.["src"]);
}

export function withBodyFile(document: Document, src: string): Document {
  return withBody(document, { file: { ...asRecord(bodyOf(document)["file"]), src } });
}

/** The fields of a form; an old document has those of a urlencoded one as one text. */
export function formOf(document: Document, mode: "formdata" | "urlencoded"): Row[] {
  const form = bodyOf(document)[mode];
  if (typeof form !== "string") return rowsOf(form);
  return form.split("&").map((pair) => {
    const [key = "", ...value] = pair.split("=");
    return { key, value: value.join("=") };
  });
}

export function graphqlOf(document: Document): { query: string; variables: string; operationName: string } {
  const graphql = asRecord(bodyOf(document)["graphql"]) ?? {};
  return {
    query: textOf(graphql["query"]),
    variables: textOf(graphql["variables"]),
    operationName: textOf(graphql["operationName"]),
  };
}

export function withGraphql(document: Document, part: Document): Document {
  return withBody(document, { graphql: { ...asRecord(bodyOf(document)["graphql"]), ...part } });
}

/** How a request differs from what its settings say without it. */
export function behaviorOf(document: Document): Document {
  return asRecord(document["protocolProfileBehavior"]) ?? {};
}

/** The item with one setting; `undefined` restores the default. */
export function withBehavior(document: Document, key: string, value: unknown): Document {
  const { [key]: _, ...others } = behaviorOf(document);
  const behavior = value === undefined ? others : { ...others, [key]: value };
  const { protocolProfileBehavior: __, ...rest } = document;
  return Object.keys(behavior).length === 0 ? rest : { ...document, protocolProfileBehavior: behavior };
}

/** A header that is sent without being typed. */
export interface AutomaticHeader {
  name: string;
  /** The value, or what it will be made of. */
  value: string;
  about: string;
  /** Taken out by the person; the name stands in `disabledSystemHeaders`. */
  off: boolean;
  /** A typed header of the same name takes its place. */
  replaced: boolean;
}

const bodyless = ["GET", "COPY", "HEAD", "PURGE", "UNLOCK"];

/** Whether a body is sent with this request's method. */
export function sendsBody(document: Document): boolean {
  return (
    behaviorOf(document)["disableBodyPruning"] === true ||
    !bodyless.includes(methodOf(document).toUpperCase())
  );
}

/** The headers that are sent without being typed, with those that were taken out or replaced. */
export function automaticHeaders(document: Document, version: string): AutomaticHeader[] {
  const typed = new Set(
    headersOf(document)
      .filter((row) => row["disabled"] !== true)
      .map((row) => textOf(row["key"]).trim().toLowerCase()),
  );
  const disabled = asRecord(behaviorOf(document)["disabledSystemHeaders"]) ?? {};
  const list: [name: string, value: string, about: string][] = [
    ["Host", "<the address’s host>", "Made of the address"],
    ["User-Agent", `Bulla/${version}`, "Who sends it"],
    ["Accept", "*/*", "Any kind of answer"],
    ["Accept-Encoding", "gzip, deflate, br", "The answer may come compressed"],
    ["Connection", "keep-alive", "The connection is used again"],
    ["Cache-Control", "no-cache", "Caches on the way do not answer"],
    ["Postman-Token", "<new for each request>", "Lets servers tell two sends apart"],
  ];
  const type = contentType(document);
  if (type !== null) {
    list.push(["Content-Type", type, "Made of the body"]);
    list.push(["Content-Length", "<counted when it is sent>", "Made of the body"]);
  }
  return list.map(([name, value, about]) => ({
    name,
    value,
    about,
    off: disabled[name.toLowerCase()] === true,
    replaced: typed.has(name.toLowerCase()),
  }));
}

/** What the body makes of the content type; `null` without a body. */
function contentType(document: Document): string | null {
  if (!sendsBody(document)) return null;
  switch (bodyModeOf(document)) {
    case "none":
      return null;
    case "raw": {
      const language = rawLanguageOf(document);
      if (textOf(bodyOf(document)["raw"]) === "") return null;
      return rawLanguages.find((known) => known.language === language)?.contentType ?? "text/plain";
    }
    case "urlencoded":
      return formOf(document, "urlencoded").length > 0 ? "application/x-www-form-urlencoded" : null;
    case "formdata":
      return formOf(document, "formdata").length > 0 ? "multipart/form-data; boundary=<made anew>" : null;
    case "file":
      return null;
    case "graphql":
      return "application/json";
  }
}

/** The item with an automatic header taken out or put back. */
export function withAutomaticHeader(document: Document, name: string, on: boolean): Document {
  const { [name.toLowerCase()]: _, ...others } =
    asRecord(behaviorOf(document)["disabledSystemHeaders"]) ?? {};
  const disabled = on ? others : { ...others, [name.toLowerCase()]: true };
  return withBehavior(
    document,
    "disabledSystemHeaders",
    Object.keys(disabled).length === 0 ? undefined : disabled,
  );
}
