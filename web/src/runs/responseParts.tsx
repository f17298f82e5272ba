import { useState } from "react";
import { problemText } from "../api/client";
import { Button, IconButton } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { toast } from "../ui/toast";
import { count } from "./format";
import { clearCookies } from "./history";
import styles from "./ResponsePane.module.css";
import type { TestResult } from "./sends";
import type { Cookie, Header, SentRequest } from "./stream";

/** How many tests held, did not, and were skipped. */
export function testCounts(tests: readonly TestResult[]): {
  passed: number;
  failed: number;
  skipped: number;
} {
  const skipped = tests.filter((test) => test.skipped).length;
  const failed = tests.filter((test) => !test.passed && !test.skipped).length;
  return { passed: tests.length - failed - skipped, failed, skipped };
}

/** Puts a text on the clipboard and says so. */
export async function copy(text: string) {
  await navigator.clipboard.writeText(text);
  toast({ kind: "success", text: "Copied" });
}

/** Names and values, each of which can be copied. */
export function Headers({ headers, label }: { headers: readonly Header[]; label: string }) {
  if (headers.length === 0) return <p className={styles.none}>There are no headers.</p>;
  return (
    <table className={styles.table} aria-label={label}>
      <thead>
        <tr>
          <th className={styles.name}>Name</th>
          <th>Value</th>
          <th className={styles.end}>
            <IconButton
              size="small"
              icon="copy"
              label="Copy all headers"
              onClick={() => void copy(headers.map(({ key, value }) => `${key}: ${value}`).join("\n"))}
            />
          </th>
        </tr>
      </thead>
      <tbody>
        {headers.map(({ key, value }, index) => (
          <tr key={index}>
            <td>{key}</td>
            <td>{value}</td>
            <td className={styles.end}>
              <IconButton size="small" icon="copy" label={`Copy ${key}`} onClick={() => void copy(value)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Cookies that the answer set, and those the jar has for its address. */
export function Cookies({ cookies, workspaceId }: { cookies: readonly Cookie[]; workspaceId: string }) {
  const forget = () =>
    clearCookies(workspaceId).then(
      () => toast({ kind: "info", text: "Your cookies of this workspace are forgotten." }),
      (problem: unknown) => toast({ kind: "problem", text: problemText(problem) }),
    );
  return (
    <>
      {cookies.length === 0 ? (
        <p className={styles.none}>No cookies were set, and none are kept for this address.</p>
      ) : (
        <table className={styles.table} aria-label="Cookies">
          <thead>
            <tr>
              <th>Name</th>
              <th className={styles.name}>Value</th>
              <th>Domain</th>
              <th>Path</th>
              <th>Expires</th>
              <th>HttpOnly</th>
              <th>Secure</th>
            </tr>
          </thead>
          <tbody>
            {cookies.map((cookie, index) => (
              <tr key={index}>
                <td>{cookie.name}</td>
                <td>{cookie.value}</td>
                <td>{cookie.domain}</td>
                <td>{cookie.path}</td>
                <td>
                  {cookie.expires === null ? "With the session" : new Date(cookie.expires).toLocaleString()}
                </td>
                <td>{cookie.httpOnly ? "Yes" : "No"}</td>
                <td>{cookie.secure ? "Yes" : "No"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className={styles.none}>
        Your requests in this workspace share their cookies until the server restarts.{" "}
        <Button size="small" icon="trash" onClick={() => void forget()}>
          Forget all cookies
        </Button>
      </p>
    </>
  );
}

const filters = ["all", "passed", "failed", "skipped"] as const;

function outcomeOf(test: TestResult): "passed" | "failed" | "skipped" {
  return test.skipped ? "skipped" : test.passed ? "passed" : "failed";
}

/** What the scripts claimed. */
export function Tests({ tests }: { tests: readonly TestResult[] }) {
  const [filter, setFilter] = useState<(typeof filters)[number]>("all");
  if (tests.length === 0)
    return (
      <EmptyState compact icon="check" title="No tests">
        Write <code>{'pm.test("…", () => { … })'}</code> in the post-response script, and its result is here
        after each Send.
      </EmptyState>
    );
  const counts = { all: tests.length, ...testCounts(tests) };
  const shown = tests.filter((test) => filter === "all" || outcomeOf(test) === filter);
  return (
    <div className={styles.tests}>
      <div className={styles.filters} role="group" aria-label="Show tests">
        {filters.map((each) => (
          <Button
            key={each}
            kind="quiet"
            size="small"
            aria-pressed={each === filter}
            disabled={each !== "all" && counts[each] === 0}
            onClick={() => setFilter(each)}
          >
            {each.charAt(0).toUpperCase() + each.slice(1)}{" "}
            <span className={styles.number}>{counts[each]}</span>
          </Button>
        ))}
      </div>
      <TestList tests={shown} />
    </div>
  );
}

/** Tests with their outcome in words and colour. */
export function TestList({ tests }: { tests: readonly TestResult[] }) {
  return (
    <ul className={styles.testList} aria-label={count(tests.length, "test")}>
      {tests.map((test, index) => {
        const outcome = outcomeOf(test);
        return (
          <li key={index} data-outcome={outcome}>
            <span className={styles.pill}>
              {outcome === "passed" ? "Pass" : outcome === "failed" ? "Fail" : "Skip"}
            </span>
            <span className={styles.testName}>
              {test.name}
              {test.error && (
                <span className={styles.why}>
                  {test.error.name}: {test.error.message}
                </span>
              )}
            </span>
            {test.target === "prerequest" && <span className={styles.target}>before the request</span>}
          </li>
        );
      })}
    </ul>
  );
}

/** A request as text, as it went over the wire. */
export function rawRequest({ method, url, headers, body }: SentRequest): string {
  const lines = [`${method} ${url}`, ...headers.map(({ key, value }) => `${key}: ${value}`)];
  if (body.kind === "text" && body.text) lines.push("", body.text);
  if (body.kind === "binary") lines.push("", `(${body.size} bytes that are not text)`);
  return lines.join("\n");
}
