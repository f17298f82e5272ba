import type { components } from "../api/schema";

export type PeerCertificate = components["schemas"]["PeerCertificate"];

/** The common name in the subject of a certificate, or all of the subject. */
export function commonName(subject: string): string {
  return /(?:^|, )CN=([^,]+)/.exec(subject)?.[1] ?? (subject || "–");
}

/** When a certificate ends, and how many days that are from `now`, in milliseconds since the epoch. */
export function validUntil(notAfter: string, now: number): string {
  const ends = new Date(notAfter);
  if (Number.isNaN(ends.getTime())) return notAfter;
  const days = Math.floor((ends.getTime() - now) / 86_400_000);
  return `${ends.toLocaleString()} (${days < 0 ? "has ended" : `${days} days`})`;
}
