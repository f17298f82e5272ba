import { lazy, Suspense } from "react";
import styles from "./Markdown.module.css";

const Rendered = lazy(() =>
  import("./RenderedMarkdown").then((module) => ({ default: module.RenderedMarkdown })),
);

/** Characters from which on a text is shown as it was typed: to lay a longer one out would hold the page up. */
const most = 50_000;

/**
 * What somebody wrote in Markdown, as it is read.
 *
 * Nothing of it is fetched and none of it is HTML: a picture is a link to where it is, so that no stranger learns who reads.
 */
export function Markdown({ text }: { text: string }) {
  const plain = <div className={styles.plain}>{text}</div>;
  if (text.length > most) return plain;
  return (
    <Suspense fallback={plain}>
      <Rendered text={text} />
    </Suspense>
  );
}
