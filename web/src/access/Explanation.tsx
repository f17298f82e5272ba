import { useQuery } from "@tanstack/react-query";
import { api, problemText } from "../api/client";
import type { components } from "../api/schema";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import styles from "./access.module.css";

type Answer = components["schemas"]["Answer"];

/** A question to the server: may this person do that to it, and why. */
export interface Question {
  /** The action as the server names it: `workspace.update`. */
  action: string;
  kind: "team" | "workspace" | "collection" | "item" | "environment";
  id: string;
  /** Whoever asks if nobody is named. */
  person?: string;
}

/** The server's answer to a question; nothing is written down of it. */
export const explanationQuery = (question: Question) =>
  api.queryOptions("get", "/api/access/explain", { params: { query: { ...question } } }, { staleTime: 0 });

/** Why somebody may do something or may not: the answer, each role that was looked at, and the missing step. */
export function Explanation({ question }: { question: Question }) {
  const answer = useQuery(explanationQuery(question));
  if (answer.isPending) return <Spinner label="Asking why" />;
  if (answer.error) return <Notice kind="problem">{problemText(answer.error)}</Notice>;
  return <Told answer={answer.data} />;
}

function Told({ answer }: { answer: Answer }) {
  return (
    <div className={styles.told}>
      <p className={styles.verdict} data-allowed={answer.allowed}>
        <Icon name={answer.allowed ? "check" : "close"} />
        <strong>{answer.allowed ? "Allowed" : "Not allowed"}</strong> {sentence(answer.because)}
      </p>
      <p className={styles.soft}>It asks {answer.asks}.</p>
      <ul className={styles.steps} aria-label="Roles that were looked at">
        {answer.steps.map((step) => (
          <li key={step.text}>
            <Icon name={step.suffices ? "check" : "dot"} />
            <span>
              {sentence(step.text)}
              {step.dormantUntil && (
                <span className={styles.soft}>
                  {" "}
                  It does not count until the team has the plan {step.dormantUntil}.
                </span>
              )}
            </span>
            <span className="visually-hidden">
              {step.suffices ? "This is enough." : "This is not enough."}
            </span>
          </li>
        ))}
      </ul>
      {answer.missing && (
        <Notice kind="info">
          <strong>What is missing:</strong> {answer.missing}.
        </Notice>
      )}
    </div>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
