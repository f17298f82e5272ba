import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { isProblem, problemText } from "../api/client";
import { kept, useKept } from "../app/storage";
import type { Language } from "../editor/code";
import { CodeEditor } from "../editor/CodeEditor";
import type { CodeHandle } from "../editor/CodeView";
import { Button, IconButton } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { toast } from "../ui/toast";
import { bytes, count } from "./format";
import { keptBody } from "./history";
import { laidOut } from "./laidOut";
import styles from "./ResponsePane.module.css";
import { copy } from "./responseParts";
import type { ReceivedBody, ReceivedResponse } from "./stream";

/** A longer body is fetched only when one asks for it. */
const fetchedAlone = 10_000_000;
/** A longer text is not coloured and not laid out unless one asks for it. */
const readAlone = 20_000_000;

/** So much of a text is shown as one piece; a browser takes long over more. */
const onePiece = 2_000_000;
/** Whether texts are shown as one piece: whoever needs it needs it always. */
const asOnePiece = kept("body-as-one-piece", (json) => json === true);

/** A longer line is not wrapped. */
const longest = 100_000;

type Mode = "pretty" | "raw" | "preview";

/** What kind of text or picture a body is, by its content type, or by how it begins. */
export function languageOf(response: ReceivedResponse): Language | "image" | "binary" {
  const header = response.headers.find(({ key }) => key.toLowerCase() === "content-type")?.value ?? "";
  const type = header.split(";")[0]?.trim().toLowerCase() ?? "";
  if (/^image\/svg\+xml$/.test(type)) return response.body.text === undefined ? "image" : "xml";
  if (response.body.text === undefined && response.body.base64 !== undefined && response.body.size > 0)
    return type.startsWith("image/") ? "image" : "binary";
  if (/[/+]json\b|ndjson$/.test(type)) return "json";
  if (type.includes("html")) return "html";
  if (/[/+]xml\b/.test(type)) return "xml";
  if (type.includes("javascript")) return "javascript";
  const start = response.body.text?.slice(0, 200).trimStart() ?? "";
  if (/^[[{]/.test(start)) return "json";
  if (/^<(!doctype html|html)/i.test(start)) return "html";
  return start.startsWith("<?xml") ? "xml" : "text";
}

/** The whole text of a body; `null` if it is not text. */
export async function bodyText(body: ReceivedBody): Promise<string | null> {
  if (body.text === undefined) return null;
  if (!body.truncated || body.id === undefined) return body.text;
  return (await keptBody(body.id)).text();
}

/** The body of an answer, to read, search, copy and keep. */
export function ResponseBody({ response, name }: { response: ReceivedResponse; name: string }) {
  const { body } = response;
  const language = languageOf(response);
  const [mode, setMode] = useState<Mode>(
    language === "image" || language === "binary" ? "preview" : "pretty",
  );
  const [wrap, setWrap] = useState(true);
  const [wanted, setWanted] = useState(body.size <= fetchedAlone);
  const whole = useKept(asOnePiece);
  const viewer = useRef<CodeHandle>(null);
  const keptAt = body.truncated && body.text !== undefined ? (body.id ?? null) : null;
  const rest = useQuery({
    queryKey: ["body", keptAt],
    queryFn: async ({ signal }) => (await keptBody(keptAt ?? "", signal)).text(),
    enabled: wanted && keptAt !== null,
    staleTime: Infinity,
    // A long text is given back soon after nobody looks at it.
    gcTime: 60_000,
    retry: false,
  });
  const text = rest.data ?? body.text ?? "";
  const isPart = body.truncated && rest.data === undefined;

  if (body.size === 0)
    return <p className={styles.none}>The body is empty. Status and headers are all that came.</p>;

  const isText = language !== "image" && language !== "binary";
  const previews =
    language === "html" ||
    language === "image" ||
    language === "binary" ||
    (language === "xml" && isSvg(response));
  const modes: { mode: Mode; label: string }[] = [
    ...(isText
      ? ([
          { mode: "pretty", label: "Pretty" },
          { mode: "raw", label: "Raw" },
        ] as const)
      : []),
    ...(previews ? ([{ mode: "preview", label: language === "binary" ? "Bytes" : "Preview" }] as const) : []),
  ];

  return (
    <div className={styles.body}>
      <div className={styles.bodyBar}>
        <div className={styles.segments} role="group" aria-label="How the body is shown">
          {modes.map((each) => (
            <button
              key={each.mode}
              type="button"
              aria-pressed={mode === each.mode}
              onClick={() => setMode(each.mode)}
            >
              {each.label}
            </button>
          ))}
        </div>
        <span className={styles.language}>{language === "binary" ? "not text" : language.toUpperCase()}</span>
        <span className={styles.space} />
        {isText && mode !== "preview" && (
          <>
            <IconButton
              size="small"
              icon="wrap"
              label="Wrap long lines"
              pressed={wrap}
              onClick={() => setWrap(!wrap)}
            />
            {!whole && (
              <IconButton
                size="small"
                icon="search"
                label="Search in the body"
                onClick={() => viewer.current?.search()}
              />
            )}
            <IconButton
              size="small"
              icon="book"
              label="Show the text as one piece, for screen readers"
              pressed={whole}
              onClick={() => asOnePiece.write(!whole)}
            />
          </>
        )}
        {isText && (
          <IconButton
            size="small"
            icon="copy"
            label="Copy the body"
            onClick={() =>
              void bodyText(body).then(
                (whole) => copy(whole ?? ""),
                (problem: unknown) => toast({ kind: "problem", text: problemText(problem) }),
              )
            }
          />
        )}
        <IconButton
          size="small"
          icon="download"
          label="Download the body"
          onClick={() => void save(response, name)}
        />
      </div>
      {isPart && isText && !rest.isFetching && (
        <Notice
          kind={rest.error ? "problem" : "info"}
          actions={
            keptAt !== null && (
              <Button size="small" onClick={() => (wanted ? void rest.refetch() : setWanted(true))}>
                {rest.error ? "Try again" : `Load all ${bytes(body.size)}`}
              </Button>
            )
          }
        >
          {rest.error && `The whole body could not be loaded. ${problemText(rest.error)} `}
          This is the beginning of {bytes(body.size)}.{keptAt === null && " The rest was not kept."}
          {keptAt !== null && !rest.error && " Loading all of it may take a moment."}
        </Notice>
      )}
      {rest.isFetching ? (
        <Spinner label={`Loading ${bytes(body.size)}`} />
      ) : mode === "preview" ? (
        <Preview response={response} language={language} text={text} />
      ) : (
        isText && (
          <TextBody
            key={mode}
            text={text}
            language={language}
            layOut={mode === "pretty"}
            wrap={wrap}
            whole={whole}
            viewer={viewer}
          />
        )
      )}
    </div>
  );
}

function isSvg(response: ReceivedResponse): boolean {
  return response.headers.some(
    ({ key, value }) => key.toLowerCase() === "content-type" && value.includes("svg"),
  );
}

interface LaidOut {
  of: string;
  language: Language;
  /** `null` if the text is not what it says. */
  text: string | null;
}

function TextBody({
  text,
  language,
  layOut,
  wrap,
  whole,
  viewer,
}: {
  text: string;
  language: Language;
  layOut: boolean;
  wrap: boolean;
  whole: boolean;
  viewer: React.Ref<CodeHandle>;
}) {
  const [anyway, setAnyway] = useState(false);
  const tooLong = text.length > readAlone && !anyway;
  const works = layOut && !tooLong && (language === "json" || language === "xml" || language === "html");
  const [made, setMade] = useState<LaidOut | null>(null);
  const out = made && made.of === text && made.language === language ? made : null;

  useEffect(() => {
    if (!works) return;
    const control = new AbortController();
    void laidOut(text, language, control.signal)
      .catch(() => null)
      .then((found) => {
        if (!control.signal.aborted) setMade({ of: text, language, text: found });
      });
    return () => control.abort();
  }, [text, language, works]);

  const shown = (works ? out?.text : null) ?? text;
  if (works && !out) return <Spinner label="Laying out the body" />;
  const longLine = hasLongLine(shown);
  const valid = !works || out?.text !== null;
  return (
    <>
      {layOut && tooLong && (
        <Notice
          kind="info"
          actions={
            <Button size="small" onClick={() => setAnyway(true)}>
              Lay out anyway
            </Button>
          }
        >
          This body is long, so it is shown as it came.
        </Notice>
      )}
      {!valid && language === "json" && (
        <p className={styles.invalid}>This is not valid JSON, so it is shown as it came.</p>
      )}
      {longLine && wrap && !whole && (
        <p className={styles.invalid}>
          One line is so long that lines are not wrapped here, and not coloured.
        </p>
      )}
      {whole ? (
        <OnePiece text={shown} wrap={wrap} />
      ) : (
        <CodeEditor
          ref={viewer}
          label="Response body"
          language={layOut && !tooLong && !longLine ? language : "text"}
          wrap={wrap && !longLine}
          value={shown}
        />
      )}
    </>
  );
}

/** A text as it is. The editor has only the lines in view, so that a screen reader cannot read on. */
function OnePiece({ text, wrap }: { text: string; wrap: boolean }) {
  return (
    <>
      <pre
        className={styles.hex}
        data-wrap={wrap || undefined}
        role="region"
        aria-label="Response body"
        // What scrolls must be reachable from the keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        {text.slice(0, onePiece)}
      </pre>
      {text.length > onePiece && (
        <p className={styles.none}>
          The first {count(onePiece, "sign")} of {text.length.toLocaleString()}. Download it to read the rest.
        </p>
      )}
    </>
  );
}

/** Whether a line is so long that wrapping it would hold up the page. */
function hasLongLine(text: string): boolean {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n", at);
    const next = end < 0 ? text.length : end;
    if (next - at > longest) return true;
    at = next + 1;
  }
  return false;
}

function Preview({
  response,
  language,
  text,
}: {
  response: ReceivedResponse;
  language: ReturnType<typeof languageOf>;
  text: string;
}) {
  const { base64 } = response.body;
  const type =
    response.headers.find(({ key }) => key.toLowerCase() === "content-type")?.value.split(";")[0] ?? "";
  const [image, setImage] = useState<string | null>(null);

  useEffect(() => {
    if (language !== "image" && language !== "xml") return;
    const { id, truncated } = response.body;
    let address: string | null = null;
    let gone = false;
    const show = (blob: Blob) => {
      if (gone) return;
      address = URL.createObjectURL(blob);
      setImage(address);
    };
    if (language === "xml") show(new Blob([text], { type: "image/svg+xml" }));
    else if (truncated && id !== undefined)
      void keptBody(id).then(
        (blob) => show(new Blob([blob], { type })),
        () => {},
      );
    else if (base64 !== undefined) show(new Blob([bytesOf(base64)], { type }));
    return () => {
      gone = true;
      if (address) URL.revokeObjectURL(address);
    };
  }, [language, response, base64, text, type]);

  if (language === "image" || language === "xml")
    return <div className={styles.image}>{image && <img src={image} alt="The body of the response" />}</div>;
  if (language === "binary") return <Bytes base64={base64 ?? ""} size={response.body.size} />;
  // Without `allow-scripts` and `allow-same-origin` the page can do nothing, and nothing of ours is within its reach.
  return <iframe className={styles.preview} title="Preview of the response" sandbox="" srcDoc={text} />;
}

const shownBytes = 16_384;

/** The beginning of a body that is no text, sixteen bytes a line. */
function Bytes({ base64, size }: { base64: string; size: number }) {
  const lines = useMemo(() => {
    const all = bytesOf(base64).subarray(0, shownBytes);
    const found: string[] = [];
    for (let at = 0; at < all.length; at += 16) {
      const line = [...all.subarray(at, at + 16)];
      const hex = line.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
      const signs = line.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
      found.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  ${signs}`);
    }
    return found.join("\n");
  }, [base64]);
  return (
    <>
      {/* What scrolls must be reachable from the keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={styles.hex} tabIndex={0} aria-label="Bytes of the body">
        {lines}
      </pre>
      {size > shownBytes && (
        <p className={styles.none}>
          The first {bytes(shownBytes)} of {bytes(size)}. Download it to see the rest.
        </p>
      )}
    </>
  );
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) found[at] = text.charCodeAt(at);
  return found;
}

const endings: Record<string, string> = {
  json: "json",
  xml: "xml",
  html: "html",
  javascript: "js",
  text: "txt",
};

async function save(response: ReceivedResponse, name: string) {
  const { body } = response;
  const type = response.headers.find(({ key }) => key.toLowerCase() === "content-type")?.value ?? "";
  const ending = endings[languageOf(response)] ?? /^image\/([a-z]+)/.exec(type)?.[1] ?? "bin";
  try {
    // Read here and not by the browser, which would save the server's refusal as if it were the body.
    const content =
      body.truncated && body.id !== undefined
        ? await keptBody(body.id)
        : new Blob([body.text ?? bytesOf(body.base64 ?? "")]);
    saveFile(`${name.replace(/[^\p{L}\p{N}._-]+/gu, "-")}.${ending}`, content);
  } catch (problem) {
    toast({
      kind: "problem",
      text:
        isProblem(problem) && problem.status === 404
          ? "The server keeps a long body for an hour, and this one is gone. Send again to get it."
          : problemText(problem),
    });
  }
}

/** Lets the browser save something that this page made. */
export function saveFile(name: string, content: Blob) {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
