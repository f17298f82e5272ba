import { expect, test } from "vitest";
import { ending, fingerprintText, placeText } from "./certificates";

const now = Date.parse("2026-11-28T12:00:00Z");

test("a certificate that ends soon or has ended says so", () => {
  for (const [expiresAt, expected] of [
    ["2027-11-28T12:00:00.000Z", "fine -"],
    ["2026-12-28T12:00:00.000Z", "fine -"],
    ["2026-12-28T11:59:59.000Z", "soon Ends in 29 days"],
    ["2026-11-29T13:00:00.000Z", "soon Ends in 1 day"],
    ["2026-11-28T13:00:00.000Z", "soon Ends within a day"],
    ["2026-11-28T12:00:00.000Z", "over Has expired"],
    ["nonsense", "fine -"],
  ] as const) {
    const { kind, text } = ending(expiresAt, now);
    expect(`${kind} ${text ?? "-"}`, expiresAt).toBe(expected);
  }
});

test("a place is read as in an address", () => {
  for (const [host, port, expected] of [
    ["api.example.com", "443", "api.example.com"],
    ["api.example.com", "8443", "api.example.com:8443"],
    ["*.example.com", "*", "*.example.com, every port"],
    ["*", "443", "Every host"],
    ["*", "*", "Every host, every port"],
  ] as const)
    expect(placeText({ host, port })).toBe(expected);
});

test("a fingerprint is pairs of digits", () => {
  expect(fingerprintText("00ff1a")).toBe("00:FF:1A");
});
