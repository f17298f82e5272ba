import type { components } from "../api/schema";

export type Stream = components["schemas"]["AuditSink"];
export type Format = components["schemas"]["AuditSinkFormat"];
export type Place = components["schemas"]["AuditSinkPlace"];

/** How the forms of events are called. */
export const formats: Record<Format, string> = { json: "JSON", ocsf: "OCSF", ecs: "ECS", cef: "CEF" };

/** How the kinds of destinations are called. */
export const kinds: Record<Place["kind"], string> = {
  syslog: "Syslog over TLS",
  webhook: "Signed webhook",
  file: "File on the server",
};

/** Where a stream leads, in a few words. */
export function placeText(place: Place): string {
  switch (place.kind) {
    case "syslog":
      return `${kinds.syslog}: ${place.host}:${place.port}`;
    case "webhook":
      return `${kinds.webhook}: ${place.address}`;
    case "file":
      return `${kinds.file}: ${place.file}`;
  }
}

/** How far a stream is behind; nothing if it is not. */
export function lagText({ behind, behindSeconds }: Pick<Stream, "behind" | "behindSeconds">): string {
  if (behind === 0) return "";
  const events = behind === 1 ? "1 event waits" : `${behind} events wait`;
  if (behindSeconds < 60) return `${events}, for less than a minute`;
  const minutes = Math.floor(behindSeconds / 60);
  if (minutes < 120) return `${events}, for ${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${events}, for ${hours} h` : `${events}, for ${Math.floor(hours / 24)} days`;
}
