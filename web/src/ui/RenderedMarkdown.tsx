import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import styles from "./Markdown.module.css";

const plugins = [remarkGfm];

/** Leads out of the app, to what somebody else wrote down: it gets nothing of this page, and no search engine follows it. */
function Outside({ to, children }: { to: string | undefined; children: React.ReactNode }) {
  if (!to) return <span>{children}</span>;
  return (
    <a href={to} title={to} target="_blank" rel="noopener noreferrer nofollow ugc">
      {children}
    </a>
  );
}

/** A page has one first heading, which is not for the text in it to make. */
const components: Components = {
  h1: ({ children }) => <h2>{children}</h2>,
  h2: ({ children }) => <h3>{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  h4: ({ children }) => <h5>{children}</h5>,
  h5: ({ children }) => <h6>{children}</h6>,
  a: ({ href, children }) => <Outside to={href}>{children}</Outside>,
  img: ({ src, alt }) => (
    <Outside to={typeof src === "string" ? src : undefined}>{`Picture: ${alt || "without a name"}`}</Outside>
  ),
  input: ({ checked }) => <span>{checked ? "☑ " : "☐ "}</span>,
};

/** Addresses that a text may lead to; nothing that runs, and nothing of this server. */
function outward(url: string): string {
  return /^(https?:\/\/|mailto:)/i.test(url) ? url : "";
}

/** See `Markdown`, which loads it when there is something to show. */
export function RenderedMarkdown({ text }: { text: string }) {
  return (
    <div className={styles.markdown}>
      <ReactMarkdown remarkPlugins={plugins} components={components} urlTransform={outward}>
        {text}
      </ReactMarkdown>
    </div>
  );
}
