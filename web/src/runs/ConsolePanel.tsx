import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Icon } from "../ui/Icon";
import { Method } from "../ui/Method";
import { clearConsole, type Entry, type ExchangeEntry, loudness, messageText, useConsole } from "./console";
import styles from "./ConsolePanel.module.css";
import { bytes, clock, duration, statusKind } from "./format";
import { copy, rawRequest } from "./responseParts";

const kinds = [
  { kind: "request", label: "Requests" },
  { kind: "log", label: "Logs" },
  { kind: "warn", label: "Warnings" },
  { kind: "error", label: "Errors" },
] as const;
type Kind = (typeof kinds)[number]["kind"];

/** What requests and scripts said: every request as it was sent, what scripts logged, and what went wrong. */
export function ConsolePanel() {
  const entries = useConsole();
  const [hidden, setHidden] = useState<ReadonlySet<Kind>>(new Set());
  const [text, setText] = useState("");
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());

  const counts = useMemo(() => {
    const found: Record<Kind, number> = { request: 0, log: 0, warn: 0, error: 0 };
    for (const entry of entries) found[loudness(entry)]++;
    return found;
  }, [entries]);
  const shown = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    return entries.filter(
      (entry) =>
        !hidden.has(loudness(entry)) && (wanted === "" || plain(entry).toLowerCase().includes(wanted)),
    );
  }, [entries, hidden, text]);

  return (
    <>
      <header className={styles.bar}>
        <h2>Console</h2>
        <input
          className={styles.filter}
          type="search"
          aria-label="Filter the console"
          placeholder="Filter"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className={styles.kinds} role="group" aria-label="Show">
          {kinds.map(({ kind, label }) => (
            <Button
              key={kind}
              kind="quiet"
              size="small"
              aria-pressed={!hidden.has(kind)}
              onClick={() => {
                const next = new Set(hidden);
                if (!next.delete(kind)) next.add(kind);
                setHidden(next);
              }}
            >
              {label} <span className={styles.number}>{counts[kind]}</span>
            </Button>
          ))}
        </div>
        <span className={styles.space} />
        <IconButton
          label="Clear the console"
          icon="trash"
          size="small"
          disabled={entries.length === 0}
          onClick={() => {
            clearConsole();
            setOpened(new Set());
          }}
        />
      </header>
      {entries.length === 0 ? (
        <EmptyState compact icon="console" title="The console is empty">
          Every request as it was sent, what scripts write with <code>console.log</code>, and errors appear
          here.
        </EmptyState>
      ) : shown.length === 0 ? (
        <p className={styles.none}>
          Nothing fits the filter.{" "}
          <Button
            size="small"
            onClick={() => {
              setText("");
              setHidden(new Set());
            }}
          >
            Show all {entries.length}
          </Button>
        </p>
      ) : (
        <Lines
          entries={shown}
          opened={opened}
          onToggle={(id) => {
            const next = new Set(opened);
            if (!next.delete(id)) next.add(id);
            setOpened(next);
          }}
        />
      )}
    </>
  );
}

/** An entry as text, to filter and to copy. */
function plain(entry: Entry): string {
  switch (entry.kind) {
    case "log":
      return entry.messages.map(messageText).join(" ");
    case "failure":
      return `${entry.place}: ${entry.error.name}: ${entry.error.message}`;
    case "exchange":
      return [
        entry.method,
        entry.url,
        entry.response ? `${entry.response.code} ${entry.response.status}` : "",
        entry.error ? `${entry.error.code} ${entry.error.message}` : "",
      ].join(" ");
  }
}

function Lines({
  entries,
  opened,
  onToggle,
}: {
  entries: readonly Entry[];
  opened: ReadonlySet<number>;
  onToggle: (id: number) => void;
}) {
  const scroll = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 26,
    getItemKey: (index) => entries[index]?.id ?? index,
    overscan: 12,
  });

  // One who is at the end stays at the end.
  useEffect(() => {
    if (follows.current && entries.length > 0) rows.scrollToIndex(entries.length - 1, { align: "end" });
  }, [entries, rows]);

  return (
    <div
      ref={scroll}
      className={styles.scroll}
      onScroll={(event) => {
        const { scrollTop, clientHeight, scrollHeight } = event.currentTarget;
        follows.current = scrollTop + clientHeight > scrollHeight - 30;
      }}
    >
      <ol className={styles.lines} style={{ height: rows.getTotalSize() }} aria-label="Console">
        {rows.getVirtualItems().map((row) => {
          const entry = entries[row.index];
          return (
            entry && (
              <li
                key={row.key}
                ref={rows.measureElement}
                data-index={row.index}
                data-loud={loudness(entry)}
                aria-setsize={entries.length}
                aria-posinset={row.index + 1}
                style={{ transform: `translateY(${row.start}px)` }}
              >
                <Line entry={entry} open={opened.has(entry.id)} onToggle={() => onToggle(entry.id)} />
              </li>
            )
          );
        })}
      </ol>
    </div>
  );
}

function Line({ entry, open, onToggle }: { entry: Entry; open: boolean; onToggle: () => void }) {
  const time = <time className={styles.time}>{clock(entry.at)}</time>;
  switch (entry.kind) {
    case "log":
      return (
        <div className={styles.line}>
          {time}
          <Icon
            name={entry.level === "error" || entry.level === "warn" ? "warning" : "chevron-right"}
            size={13}
            className={styles.sign}
          />
          <span className="visually-hidden">{entry.level}: </span>
          <pre className={styles.message}>{entry.messages.map(messageText).join(" ")}</pre>
          {entry.item && <span className={styles.from}>{entry.item.name}</span>}
        </div>
      );
    case "failure":
      return (
        <div className={styles.line}>
          {time}
          <Icon name="warning" size={13} className={styles.sign} />
          <pre className={styles.message}>
            {entry.error.name}: {entry.error.message}
            {entry.error.stack && <span className={styles.stack}>{`\n${entry.error.stack}`}</span>}
          </pre>
          <span className={styles.from}>{entry.place}</span>
        </div>
      );
    case "exchange":
      return (
        <>
          <button type="button" className={styles.line} aria-expanded={open} onClick={onToggle}>
            {time}
            <Icon name={open ? "chevron-down" : "chevron-right"} size={13} className={styles.sign} />
            <Method method={entry.method || "?"} />
            <span className={styles.url}>{entry.url}</span>
            {entry.source === "script" && <span className={styles.from}>pm.sendRequest</span>}
            {entry.error && <span className={styles.problem}>{entry.error.message}</span>}
            {entry.response && (
              <>
                <span className={styles.code} data-kind={statusKind(entry.response.code)}>
                  {entry.response.code}
                </span>
                <span className={styles.fact}>{duration(entry.response.timing.total)}</span>
                <span className={styles.fact}>{bytes(entry.response.body.size)}</span>
              </>
            )}
            {!entry.error && !entry.response && <span className={styles.fact}>…</span>}
          </button>
          {open && <Exchange entry={entry} />}
        </>
      );
  }
}

function Exchange({ entry }: { entry: ExchangeEntry }) {
  const { request, response, redirects, error, guarded = [] } = entry;
  const [raw, setRaw] = useState(false);
  return (
    <div className={styles.exchange}>
      <div className={styles.tools}>
        <Button kind="quiet" size="small" aria-pressed={raw} onClick={() => setRaw(!raw)}>
          Raw
        </Button>
        {request && (
          <Button kind="quiet" size="small" icon="copy" onClick={() => void copy(rawRequest(request))}>
            Copy request
          </Button>
        )}
      </div>
      {error && (
        <Group title="Why there is no response">
          <pre>
            {[`${error.phase}: ${error.message} (${error.code})`, error.hint].filter(Boolean).join("\n")}
          </pre>
        </Group>
      )}
      {guarded.length > 0 && (
        <Group title="Sent without being seen">
          <pre>{guarded.map((name) => `{{${name}}}`).join("\n")}</pre>
        </Group>
      )}
      {redirects.length > 0 && (
        <Group title="Redirects">
          <pre>{redirects.map(({ code, method, url }) => `${code}  ${method} ${url}`).join("\n")}</pre>
        </Group>
      )}
      {raw ? (
        <>
          {request && (
            <Group title="Request as it was sent">
              <pre>{rawRequest(request)}</pre>
            </Group>
          )}
          {response && (
            <Group title="Response">
              <pre>
                {[
                  `HTTP/${response.httpVersion.replace(/^HTTP\//i, "")} ${response.code} ${response.status}`,
                  ...response.headers.map(({ key, value }) => `${key}: ${value}`),
                  "",
                  response.body.text ?? `(${bytes(response.body.size)} that are not text)`,
                ].join("\n")}
              </pre>
            </Group>
          )}
        </>
      ) : (
        <>
          {request && <List title="Request headers" rows={request.headers} />}
          {request && request.body.kind !== "none" && (
            <Group title="Request body">
              <pre>{request.body.text ?? `(${bytes(request.body.size)} that are not text)`}</pre>
            </Group>
          )}
          {response && <List title="Response headers" rows={response.headers} />}
          {response && response.body.size > 0 && (
            <Group title="Response body">
              <pre>
                {response.body.text ?? `(${bytes(response.body.size)} that are not text)`}
                {response.body.truncated && "\n…"}
              </pre>
            </Group>
          )}
          {response && (
            <List
              title="Network"
              rows={[
                { key: "Address", value: response.remoteAddress },
                ...(response.tls
                  ? [
                      { key: "TLS", value: `${response.tls.version}, ${response.tls.cipher}` },
                      {
                        key: "Certificate",
                        value: `${response.tls.chain[0]?.subject ?? "?"}, ${response.tls.verified ? "trusted" : "not trusted"}`,
                      },
                      ...(response.tls.clientCertificate
                        ? [{ key: "Client certificate", value: response.tls.clientCertificate.subject }]
                        : []),
                    ]
                  : []),
              ]}
            />
          )}
        </>
      )}
    </div>
  );
}

function Group({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <details open className={styles.group}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}

function List({ title, rows }: { title: string; rows: readonly { key: string; value: string }[] }) {
  return (
    <Group title={title}>
      <dl>
        {rows.map(({ key, value }, index) => (
          <div key={index}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Group>
  );
}
