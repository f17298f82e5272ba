import { asRecord, asRecords } from "../api/json";

type Document = Record<string, unknown>;

function requestOf(document: Document): Document {
  const request = document["request"];
  return typeof request === "string" ? { method: "GET", url: request } : (asRecord(request) ?? {});
}

/** The method of an item's request. */
export function methodOf(document: Document): string {
  const method = requestOf(document)["method"];
  return typeof method === "string" ? method : "GET";
}

/** The address of an item's request as it was typed. */
export function addressOf(document: Document): string {
  const url = requestOf(document)["url"];
  const raw = typeof url === "string" ? url : asRecord(url)?.["raw"];
  return typeof raw === "string" ? raw : "";
}

/** The item with some fields of its request changed; the rest stays. */
export function withRequest(document: Document, part: Document): Document {
  return { ...document, request: { ...requestOf(document), ...part } };
}

/** The headers as lines of `name: value`; one that is switched off starts with `//`. */
export function headerLines(document: Document): string {
  const header = requestOf(document)["header"];
  if (typeof header === "string") return header;
  return asRecords(header)
    .map(
      ({ key, value, disabled }) =>
        `${disabled === true ? "// " : ""}${String(key ?? "")}: ${String(value ?? "")}`,
    )
    .join("\n");
}

/** The item with the headers that these lines say. */
export function withHeaderLines(document: Document, text: string): Document {
  const header = text.split("\n").map((line) => {
    const disabled = line.startsWith("//");
    const [key = "", ...value] = line.replace(/^\/\/ ?/, "").split(":");
    return { key: key.trim(), value: value.join(":").replace(/^ /, ""), ...(disabled ? { disabled } : {}) };
  });
  return withRequest(document, { header: text === "" ? [] : header });
}

/** The raw body of an item's request. */
export function bodyOf(document: Document): string {
  const raw = asRecord(requestOf(document)["body"])?.["raw"];
  return typeof raw === "string" ? raw : "";
}

/** The item with another raw body. */
export function withBody(document: Document, raw: string): Document {
  const body = asRecord(requestOf(document)["body"]);
  return withRequest(document, {
    body: { options: { raw: { language: "json" } }, ...body, mode: "raw", raw },
  });
}
