import { api } from "../api/client";
import type { components } from "../api/schema";

export type Certificate = components["schemas"]["Certificate"];
export type NewCertificate = components["schemas"]["NewCertificate"];

export const certificatesQuery = api.queryOptions("get", "/api/account/certificates", {}, { staleTime: 0 });

const day = 86_400_000;
/** From how many days before its end on a certificate is worth a word. */
const soon = 30;

/** How long a certificate is still good, and whether that is worth a word. */
export function ending(
  expiresAt: string,
  now: number,
): { kind: "fine" | "soon" | "over"; text: string | null } {
  const left = Date.parse(expiresAt) - now;
  if (Number.isNaN(left)) return { kind: "fine", text: null };
  if (left <= 0) return { kind: "over", text: "Has expired" };
  const days = Math.floor(left / day);
  if (days >= soon) return { kind: "fine", text: null };
  return {
    kind: "soon",
    text: days === 0 ? "Ends within a day" : `Ends in ${days} ${days === 1 ? "day" : "days"}`,
  };
}

/** The host and port of a client certificate, as an address has them: the usual port is left out. */
export function placeText({ host, port }: Pick<Certificate, "host" | "port">): string {
  const name = host === "*" ? "Every host" : (host ?? "");
  if (port === null || port === "443") return name;
  return port === "*" ? `${name}, every port` : `${name}:${port}`;
}

/** Enough of a fingerprint to compare it with another: pairs of digits, as other programs write it. */
export function fingerprintText(fingerprint: string): string {
  return (fingerprint.match(/../g) ?? []).join(":").toUpperCase();
}

/** The bytes of a file in base 64. */
export async function base64Of(file: Blob): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  // A spread of more arguments than this overflows the stack of some browsers.
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
