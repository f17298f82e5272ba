import { lazy, Suspense } from "react";
import { Spinner } from "../ui/Spinner";
import styles from "./CodeEditor.module.css";
import type { CodeProps } from "./CodeView";

// The editor is the largest part of the page, and the first thing shown does not need it.
const CodeView = lazy(() => import("./CodeView").then((module) => ({ default: module.CodeView })));

/** A text of code in a frame that fills its place. */
export function CodeEditor(props: CodeProps) {
  return (
    <div className={styles.frame}>
      <Suspense fallback={<Spinner label="Loading the editor" />}>
        <CodeView {...props} />
      </Suspense>
    </div>
  );
}
