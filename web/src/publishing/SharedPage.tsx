import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { answered, client } from "../api/client";
import { everyNode } from "../api/resources";
import { EmptyState } from "../ui/EmptyState";
import { Spinner } from "../ui/Spinner";
import { DocumentView } from "./DocumentView";
import { NotHere, type Opened, Reader, ReaderFrame, type Source } from "./Reader";
import { linkSecret } from "./secret";
import styles from "./publishing.module.css";

/** Where a link leads that somebody made to a collection. */
export function SharedPage() {
  const [secret, setSecret] = useState(() => linkSecret.take());
  const [opened, setOpened] = useState<Opened | null>(null);
  useEffect(() => {
    linkSecret.hide();
    // Another link that is opened in this window changes what stands behind the `#` alone.
    const again = () => {
      if (globalThis.location.hash === "") return;
      setSecret(linkSecret.take());
      setOpened(null);
      linkSecret.hide();
    };
    globalThis.addEventListener("hashchange", again);
    return () => globalThis.removeEventListener("hashchange", again);
  }, []);
  const shared = useQuery({
    queryKey: ["shared", secret],
    queryFn: () => answered(client.POST("/api/shared", withSecret(secret))),
    enabled: secret !== "",
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const source = useMemo(() => sourceOf(secret), [secret]);
  if (secret === "" || !shared.data)
    return (
      <ReaderFrame>
        <main className={styles.main}>
          {secret === "" ? (
            <EmptyState icon="link" title="The address of this page is not whole">
              Open the link again, or copy all of it.
            </EmptyState>
          ) : shared.error ? (
            <NotHere problem={shared.error} />
          ) : (
            <Spinner label="Opening the link" />
          )}
        </main>
      </ReaderFrame>
    );
  const { collection, itemCount, teamName, expiresAt } = shared.data;
  const { id, name, document, updatedAt, workspaceId } = collection;
  return (
    <Reader
      key={secret}
      title={name}
      source={source}
      collections={[{ id, name, updatedAt, workspaceId, itemCount, version: 0 }]}
      environments={[]}
      opened={opened}
      onOpen={(wanted) => setOpened(wanted.kind === "collection" ? null : wanted)}
    >
      <DocumentView
        kind="collection"
        name={name}
        document={document}
        actions={
          <span className={styles.hint}>
            {`Shared by ${teamName} until ${new Date(expiresAt).toLocaleDateString()}`}
          </span>
        }
      />
    </Reader>
  );
}

const withSecret = (secret: string) => ({ params: { header: { "x-bulla-link": secret } } });

function sourceOf(secret: string): Source {
  const header = { "x-bulla-link": secret };
  return {
    key: ["shared", secret],
    nodes: () =>
      everyNode((query) => answered(client.GET("/api/shared/items", { params: { header, query } }))),
    collection: () =>
      answered(client.POST("/api/shared", withSecret(secret))).then(({ collection }) => collection),
    item: (id) => answered(client.GET("/api/shared/items/{id}", { params: { header, path: { id } } })),
  };
}
