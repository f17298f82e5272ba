import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { confirmed } from "../accounts/confirming";
import page from "../accounts/Page.module.css";
import { answered, api, client, isProblem, problemText } from "../api/client";
import { cache } from "../api/resources";
import type { components } from "../api/schema";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { toast } from "../ui/toast";
import styles from "./plans.module.css";

type Overview = components["schemas"]["PlanOverview"];
type Offer = components["schemas"]["PlanOffer"];

const planQuery = api.queryOptions("get", "/api/team/plan", {}, { staleTime: 0 });

/** What each plan has, which one the team has, and who takes a seat. */
export function PlanPage() {
  const plan = useQuery(planQuery);
  const [wanted, setWanted] = useState<Offer | null>(null);
  const refused = isProblem(plan.error) && plan.error.status === 403;
  return (
    <PageFrame
      title="Plan and seats"
      lead="What the team has, and what another plan would change. A smaller plan deletes nothing that people made."
      wide
    >
      {plan.isPending && <Spinner label="Loading the plan" />}
      {plan.error && <Notice kind={refused ? "info" : "problem"}>{problemText(plan.error)}</Notice>}
      {plan.data && (
        <>
          <PlanTable overview={plan.data} onChoose={setWanted} />
          <Seats overview={plan.data} />
        </>
      )}
      {wanted && <PlanDialog offer={wanted} onClose={() => setWanted(null)} />}
    </PageFrame>
  );
}

function PlanTable({ overview, onChoose }: { overview: Overview; onChoose: (offer: Offer) => void }) {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th>Feature</th>
          {overview.plans.map((offer) => (
            <th key={offer.name} scope="col">
              {offer.title} {offer.name === overview.plan && <span className={table.pill}>Yours</span>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {overview.features.map((feature) => (
          <tr key={feature.name}>
            <th scope="row" className={styles.feature}>
              {feature.name}
              {!feature.built && <div className={styles.later}>Not in this version</div>}
            </th>
            {feature.cells.map((cell, index) => (
              <td
                key={overview.plans[index]?.name ?? index}
                className={feature.built ? undefined : table.soft}
              >
                {cell === "yes" ? (
                  <>
                    <Icon name="check" />
                    <span className="visually-hidden">Yes</span>
                  </>
                ) : cell === "no" ? (
                  <span className={table.soft}>–</span>
                ) : (
                  cell
                )}
              </td>
            ))}
          </tr>
        ))}
        {overview.changeable && (
          <tr>
            <th scope="row" className={styles.feature}>
              <span className="visually-hidden">Change</span>
            </th>
            {overview.plans.map((offer) => (
              <td key={offer.name}>
                {offer.name === overview.plan ? (
                  <span className={table.soft}>Your plan</span>
                ) : (
                  <Button size="small" onClick={() => onChoose(offer)}>
                    Change to {offer.title}
                  </Button>
                )}
              </td>
            ))}
          </tr>
        )}
      </tbody>
    </table>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Says what lies dormant before the plan is changed. */
function PlanDialog({ offer, onClose }: { offer: Offer; onClose: () => void }) {
  const change = useMutation({
    mutationFn: () => confirmed(() => answered(client.PUT("/api/team/plan", { body: { plan: offer.name } }))),
    onSuccess: async () => {
      toast({ kind: "success", text: `The team has the plan ${offer.title} now.` });
      await cache.invalidateQueries();
      onClose();
    },
  });
  return (
    <Dialog
      title={`Change to ${offer.title}?`}
      description="It holds from the next request of everybody. You can change back at any time."
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" busy={change.isPending} onClick={() => change.mutate()}>
            Change to {offer.title}
          </Button>
        </>
      }
    >
      <div className={page.form}>
        {change.error && <Notice kind="problem">{problemText(change.error)}</Notice>}
        {offer.dormant.length === 0 ? (
          <p>Nothing that you have lies dormant with it.</p>
        ) : (
          <Notice kind="warning">
            <p>With this plan:</p>
            <ul className={styles.lines}>
              {offer.dormant.map((line) => (
                <li key={line}>{sentence(line)}</li>
              ))}
            </ul>
          </Notice>
        )}
      </div>
    </Dialog>
  );
}

function Seats({ overview }: { overview: Overview }) {
  const { seats } = overview;
  const holders = useInfiniteQuery({
    queryKey: ["seats"],
    queryFn: ({ pageParam, signal }) =>
      answered(
        client.GET("/api/team/seats", {
          params: { query: pageParam === "" ? {} : { after: pageParam } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  });
  const items = holders.data?.pages.flatMap((one) => one.items) ?? [];
  return (
    <section className={page.form} aria-labelledby="seats">
      <h2 id="seats">
        {seats.total} {seats.total === 1 ? "seat is taken" : "seats are taken"}
      </h2>
      <p className={page.soft}>
        {seats.members} by members, {seats.invites} by open invites. {seats.free} of the members take none:
        two may have Admin or Billing alone. Seats are counted here, not charged.
      </p>
      {holders.error && <Notice kind="problem">{problemText(holders.error)}</Notice>}
      {items.length > 0 && (
        <table className={table.table}>
          <thead>
            <tr>
              <th>Name</th>
              <th>Email</th>
              <th>Seat</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {items.map((holder) => (
              <tr key={holder.person.id}>
                <td>{holder.person.name}</td>
                <td className={table.soft}>{holder.person.email}</td>
                <td>{holder.taken ? "Taken" : "None"}</td>
                <td className={table.soft}>{sentence(holder.because)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {holders.hasNextPage && (
        <div>
          <Button busy={holders.isFetchingNextPage} onClick={() => void holders.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </section>
  );
}
