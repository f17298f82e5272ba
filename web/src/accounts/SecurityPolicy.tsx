import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import { Checkbox } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import { confirmed } from "./confirming";
import styles from "./Page.module.css";

const policyQuery = api.queryOptions("get", "/api/team/security", {}, { staleTime: 0 });

/** What the team demands of its members' accounts; for its admins. */
export function SecurityPolicy() {
  const policy = useQuery(policyQuery);
  // What was just pressed: the mutation tells of itself a moment later, and until then the box would fall back.
  const [wanted, setWanted] = useState<boolean | null>(null);
  const change = useMutation({
    mutationFn: (secondFactorRequired: boolean) =>
      confirmed(() => answered(client.PUT("/api/team/security", { body: { secondFactorRequired } }))),
    onSuccess: (saved) => cache.setQueryData(policyQuery.queryKey, saved),
    onSettled: () => setWanted(null),
  });

  return (
    <section className={styles.form} aria-labelledby="team-security">
      <h2 id="team-security">Security</h2>
      {policy.error && <Notice kind="problem">{problemText(policy.error)}</Notice>}
      {change.error && <Notice kind="problem">{problemText(change.error)}</Notice>}
      {policy.isPending && <Spinner label="Loading what the team demands" />}
      {policy.data && (
        <>
          <Checkbox
            label="Every member needs a second factor"
            checked={wanted ?? policy.data.secondFactorRequired}
            disabled={wanted !== null}
            onChange={(required) => {
              setWanted(required);
              change.mutate(required);
            }}
          />
          <p className={styles.soft}>
            Members without one can set one up, and do nothing else until then. It holds from their next
            request.
          </p>
        </>
      )}
    </section>
  );
}
