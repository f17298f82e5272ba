import type { components } from "../api/schema";

export type EventProof = components["schemas"]["EventProof"];

/** What checking a proof in this browser came to. */
export type Verdict =
  /** `signed`: whether the signature of the checkpoint was checked too; old browsers have no Ed25519. */
  | { state: "proved"; signed: boolean }
  | { state: "disproved"; why: string }
  | { state: "unable"; why: string };

/**
 * Checks that an event is in the log that was signed: its hash, the path to the root (RFC 9162, section 2.1.3.2), the
 * checkpoint that holds the root, and its signature. Nothing that the server says of itself is believed.
 */
export async function verify(proof: EventProof): Promise<Verdict> {
  // Browsers have it on HTTPS and on the machine itself alone.
  if (globalThis.crypto?.subtle === undefined)
    return {
      state: "unable",
      why: "This page came over plain HTTP, where a browser cannot check signatures.",
    };
  const leaf = await sha256(join(Uint8Array.of(0), new TextEncoder().encode(proof.leaf)));
  if (base64(leaf) !== proof.hash)
    return {
      state: "disproved",
      why: "The text of the event does not have the hash that was stored with it.",
    };
  const root = await rootOf(leaf, proof.sequence, proof.size, proof.path.map(bytes));
  if (root === null)
    return { state: "disproved", why: "The proof does not have the length that this log gives." };
  const note = read(proof.checkpoint);
  if (note === null || note.size !== String(proof.size))
    return { state: "disproved", why: "The checkpoint is not one of this size." };
  if (note.root !== base64(root))
    return { state: "disproved", why: "The proof leads to another root than the one that was signed." };
  const signed = await isSigned(note, proof.key);
  if (signed === false) return { state: "disproved", why: "The signature of the checkpoint does not fit." };
  return { state: "proved", signed: signed === true };
}

async function rootOf(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Promise<Uint8Array | null> {
  if (index >= size) return null;
  let [node, last, hash] = [index, size - 1, leaf];
  for (const other of path) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      hash = await nodeHash(other, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = await nodeHash(hash, other);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 ? hash : null;
}

const half = (number: number) => Math.floor(number / 2);

const nodeHash = (left: Uint8Array, right: Uint8Array) => sha256(join(Uint8Array.of(1), left, right));

interface Note {
  text: string;
  size: string;
  root: string;
  signatures: string[];
}

/** The parts of a signed note, or `null` if it is none. */
function read(note: string): Note | null {
  const end = note.lastIndexOf("\n\n");
  if (end < 0) return null;
  const text = note.slice(0, end + 1);
  const [, size, root] = text.split("\n");
  if (size === undefined || root === undefined) return null;
  return {
    text,
    size,
    root,
    signatures: note
      .slice(end + 2)
      .split("\n")
      .filter(Boolean),
  };
}

/** Whether the key `name+hash+key` signed the note; `null` if this browser cannot say. */
async function isSigned(note: Note, key: string): Promise<boolean | null> {
  const [name, , encoded] = key.split("+", 2).concat(key.split("+").slice(2).join("+"));
  if (name === undefined || encoded === undefined) return false;
  const line = note.signatures.find((signature) => signature.startsWith(`\u2014 ${name} `));
  if (line === undefined) return false;
  const signature = bytes(line.slice(line.lastIndexOf(" ") + 1)).slice(4);
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey("raw", bytes(encoded).slice(1), "Ed25519", false, ["verify"]);
  } catch {
    return null;
  }
  return crypto.subtle.verify("Ed25519", imported, signature, new TextEncoder().encode(note.text));
}

async function sha256(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

function join(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function bytes(encoded: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
}

function base64(data: Uint8Array): string {
  return btoa(String.fromCharCode(...data));
}
