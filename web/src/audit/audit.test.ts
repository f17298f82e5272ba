import { describe, expect, test } from "vitest";
import { filterFrom, narrowing, narrows, noFilter } from "./filter";
import { type EventProof, verify } from "./proof";

const text = new TextEncoder();
const base64 = (data: Uint8Array) => btoa(String.fromCharCode(...data));
const hash = async (...parts: Uint8Array[]) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(parts.flatMap((part) => [...part]))));

/** A log of three events, signed, with the proof of the second. */
async function proved(): Promise<EventProof> {
  const leaves = await Promise.all(["a", "b", "c"].map((leaf) => hash(Uint8Array.of(0), text.encode(leaf))));
  const [a, b, c] = leaves as [Uint8Array, Uint8Array, Uint8Array];
  const root = await hash(Uint8Array.of(1), await hash(Uint8Array.of(1), a, b), c);
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const key = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const signed = `bulla/audit/t\n3\n${base64(root)}\n`;
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, text.encode(signed)));
  return {
    sequence: 1,
    leaf: "b",
    hash: base64(b),
    size: 3,
    path: [base64(a), base64(c)],
    checkpoint: `${signed}\n\u2014 bulla/audit/t ${base64(Uint8Array.of(1, 2, 3, 4, ...signature))}\n`,
    key: `bulla/audit/t+01020304+${base64(Uint8Array.of(1, ...key))}`,
  };
}

describe("a proof", () => {
  test("proves the event that it is for", async () => {
    expect(await verify(await proved())).toEqual({ state: "proved", signed: true });
  });

  test("proves nothing else", async () => {
    const proof = await proved();
    const [first = "", second = ""] = proof.path;
    for (const wrong of [
      { ...proof, leaf: "x" },
      { ...proof, sequence: 0 },
      { ...proof, sequence: 3 },
      { ...proof, path: [first] },
      { ...proof, path: [second, first] },
      { ...proof, size: 4 },
      { ...proof, checkpoint: "nonsense" },
      { ...proof, checkpoint: proof.checkpoint.replace("bulla/audit/t\n", "bulla/audit/u\n") },
      { ...proof, key: (await proved()).key },
    ])
      expect((await verify(wrong)).state).toBe("disproved");
  });
});

test("a filter is read from an address and back", () => {
  expect(filterFrom({ actor: "p1", outcome: 7, nonsense: "x", target: ["y"] })).toEqual({
    ...noFilter,
    actor: "p1",
    outcome: "7",
  });
  expect(filterFrom(null)).toEqual(noFilter);
  expect(narrowing({ ...noFilter, actor: "p1" })).toEqual({ actor: "p1" });
  expect(narrows(noFilter)).toBe(false);
});
