/** A time as people read it: `0.8 ms`, `120 ms`, `1.24 s`, `2 m 05 s`. */
export function duration(ms: number): string {
  if (ms < 0.05) return "0 ms";
  if (ms < 10) return `${ms.toFixed(1).replace(/\.0$/, "")} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
}

/** A number of bytes as people read it: `512 B`, `1.4 KB`, `3.02 MB`. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  if (size < 1_000_000) return `${trimmed(size / 1000)} KB`;
  if (size < 1_000_000_000) return `${trimmed(size / 1_000_000)} MB`;
  return `${trimmed(size / 1_000_000_000)} GB`;
}

function trimmed(value: number): string {
  const text = value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** What a status code means for the eye. */
export function statusKind(code: number): "info" | "success" | "redirect" | "problem" {
  if (code >= 400) return "problem";
  if (code >= 300) return "redirect";
  return code >= 200 ? "success" : "info";
}

/** `14:03:07`. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hour12: false,
  });
}

/** "1 test", "3 tests". */
export function count(number: number, what: string): string {
  return `${number.toLocaleString()} ${what}${number === 1 ? "" : "s"}`;
}
