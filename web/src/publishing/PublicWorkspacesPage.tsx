import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useDeferredValue, useState } from "react";
import { answered, client } from "../api/client";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { TextField } from "../ui/Field";
import { Spinner } from "../ui/Spinner";
import { NotHere, ReaderFrame } from "./Reader";
import styles from "./publishing.module.css";

/** The public workspaces of all teams on this server: whoever may read one finds it here. */
export function PublicWorkspacesPage() {
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed.trim());
  const found = useInfiniteQuery({
    queryKey: ["public-workspaces", search],
    queryFn: ({ pageParam, signal }) =>
      answered(
        client.GET("/api/public/workspaces", {
          params: {
            query: {
              ...(search === "" ? {} : { search }),
              ...(pageParam === "" ? {} : { after: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <ReaderFrame>
      <main className={styles.main}>
        <div className={styles.document}>
          <header className={styles.title}>
            <h1>Public workspaces</h1>
          </header>
          {found.error ? (
            <NotHere problem={found.error} />
          ) : (
            <>
              <p className={styles.hint}>What teams on this server show to everybody who may come here.</p>
              <TextField label="Search" type="search" value={typed} onChange={setTyped} />
              {found.isPending && <Spinner label="Loading" />}
              {found.data && items.length === 0 && (
                <EmptyState
                  icon="globe"
                  title={search === "" ? "Nothing is public yet" : "Nothing fits what you typed"}
                  compact
                >
                  {search === ""
                    ? "A workspace is listed here when its team has made it public."
                    : "Names of workspaces and what is said of them are searched."}
                </EmptyState>
              )}
              {items.length > 0 && (
                <ul className={styles.workspaces} aria-label="Public workspaces">
                  {items.map((item) => (
                    <li key={item.id}>
                      <Link to="/public/$workspaceId" params={{ workspaceId: item.id }}>
                        {item.name}
                      </Link>
                      <span className={styles.hint}>{item.teamName}</span>
                      {item.summary !== "" && <p>{item.summary}</p>}
                    </li>
                  ))}
                </ul>
              )}
              {found.hasNextPage && (
                <div>
                  <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                    Show more
                  </Button>
                </div>
              )}
            </>
          )}
        </div>
      </main>
    </ReaderFrame>
  );
}
