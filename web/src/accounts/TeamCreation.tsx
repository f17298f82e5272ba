import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import { Checkbox } from "../ui/Field";
import { Notice } from "../ui/Notice";
import styles from "./Page.module.css";
import { teamsQuery } from "./teams";

const policyQuery = api.queryOptions("get", "/api/teams/policy", {}, { staleTime: 0 });

/** Who may make teams on the instance; for the Super Admins of its first team, and nothing for others. */
export function TeamCreation() {
  const policy = useQuery(policyQuery).data;
  // What was just pressed, until the server has said so.
  const [wanted, setWanted] = useState<boolean | null>(null);
  const change = useMutation({
    mutationFn: (developersCreate: boolean) =>
      answered(client.PUT("/api/teams/policy", { body: { developersCreate } })),
    onSuccess: async (saved) => {
      cache.setQueryData(policyQuery.queryKey, { ...saved, changeable: true });
      await cache.invalidateQueries(teamsQuery);
    },
    onSettled: () => setWanted(null),
  });
  if (!policy?.changeable) return null;

  return (
    <section className={styles.form} aria-labelledby="team-creation">
      <h2 id="team-creation">Teams of this instance</h2>
      {change.error && <Notice kind="problem">{problemText(change.error)}</Notice>}
      <Checkbox
        label="Developers may make teams"
        checked={wanted ?? policy.developersCreate}
        disabled={wanted !== null}
        onChange={(may) => {
          setWanted(may);
          change.mutate(may);
        }}
      />
      <p className={styles.soft}>
        If not, the Super Admins of this team alone make them. It holds for the whole instance; a team that
        somebody made is theirs.
      </p>
    </section>
  );
}
