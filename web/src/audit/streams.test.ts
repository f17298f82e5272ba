import { expect, test } from "vitest";
import { lagText, placeText } from "./streams";

test("how far a stream is behind is told in events and in time", () => {
  const said = (behind: number, behindSeconds: number) => lagText({ behind, behindSeconds });
  expect(said(0, 0)).toBe("");
  expect(said(1, 5)).toBe("1 event waits, for less than a minute");
  expect(said(12, 3600)).toBe("12 events wait, for 60 min");
  expect(said(12, 7200)).toBe("12 events wait, for 2 h");
  expect(said(12, 3 * 86_400)).toBe("12 events wait, for 3 days");
});

test("a place is told without what lets somebody in", () => {
  const place = {
    kind: "webhook",
    address: "https://siem.example.com/…",
    authorized: true,
    ca: null,
  } as const;
  expect(placeText(place)).toBe("Signed webhook: https://siem.example.com/…");
});
