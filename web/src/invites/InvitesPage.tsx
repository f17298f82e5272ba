import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { dateText } from "../accounts/dates";
import page from "../accounts/Page.module.css";
import { teamRoleText } from "../accounts/roles";
import { answered, client, isProblem, problemText } from "../api/client";
import { cache } from "../api/resources";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { ConfirmDialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { Checkbox } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";
import { toast } from "../ui/toast";
import { InviteDialog } from "./InviteDialog";
import {
  type Invite,
  type InviteLink,
  invitePolicyQuery,
  invitesKey,
  linksQuery,
  refreshInvites,
  type Suggestion,
  suggestionsQuery,
} from "./invites";
import { LinkDialog, RefuseDialog } from "./LinkDialog";

/** Invites, links and suggestions: all for those who manage people, for others what they suggested. */
export function InvitesPage() {
  const [all, setAll] = useState(false);
  const invites = useInfiniteQuery({
    queryKey: [...invitesKey, all],
    queryFn: ({ pageParam, signal }) =>
      answered(
        client.GET("/api/invites", {
          params: { query: { all, ...(pageParam === "" ? {} : { after: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    staleTime: 0,
  });
  const manages = !(isProblem(invites.error) && invites.error.status === 403);
  const links = useQuery({ ...linksQuery, enabled: manages && !invites.isPending });
  const suggestions = useQuery(suggestionsQuery);
  const [inviting, setInviting] = useState(false);
  const items = invites.data?.pages.flatMap((one) => one.items) ?? [];

  return (
    <PageFrame
      title="Invites"
      lead={
        manages
          ? "Who was invited and has not come yet, the links by which many may ask, and whom members suggest."
          : "Whom you suggested for the team. An Admin decides."
      }
      wide
    >
      {invites.error && manages && <Notice kind="problem">{problemText(invites.error)}</Notice>}
      <div className={page.bar}>
        <span />
        <Button kind="primary" icon="add" onClick={() => setInviting(true)}>
          {manages ? "Invite people" : "Suggest people"}
        </Button>
      </div>
      <Suggestions items={suggestions.data?.items ?? []} decides={manages} />
      {manages && (
        <section className={page.form} aria-labelledby="sent-invites">
          <div className={page.bar}>
            <h2 id="sent-invites">Invites</h2>
            <Checkbox label="Show those that were accepted or revoked" checked={all} onChange={setAll} />
          </div>
          {invites.isPending && <Spinner label="Loading invites" />}
          {invites.data && items.length === 0 && (
            <EmptyState icon="mail" title="Nobody is invited" compact>
              Invite people by their addresses. Each gets a mail with a link that works once.
            </EmptyState>
          )}
          {items.length > 0 && <InviteTable items={items} />}
          {invites.hasNextPage && (
            <div>
              <Button busy={invites.isFetchingNextPage} onClick={() => void invites.fetchNextPage()}>
                Show more
              </Button>
            </div>
          )}
        </section>
      )}
      {manages && <Links items={links.data?.items ?? []} problem={links.error} />}
      {manages && <Policy />}
      {inviting && <InviteDialog suggests={!manages} onClose={() => setInviting(false)} />}
    </PageFrame>
  );
}

function stateText(invite: Invite): string {
  switch (invite.state) {
    case "open":
      return `Holds until ${dateText(invite.expiresAt)}`;
    case "expired":
      return "Has ended";
    case "accepted":
      return "Accepted";
    case "revoked":
      return "Revoked";
  }
}

function InviteTable({ items }: { items: readonly Invite[] }) {
  const again = useMutation({
    mutationFn: (id: string) =>
      answered(client.POST("/api/invites/{id}/resend", { params: { path: { id } } })),
    onSuccess: (invite) => toast({ kind: "success", text: `Another mail goes to ${invite.email}.` }),
    onSettled: refreshInvites,
  });
  const revoke = useMutation({
    mutationFn: (id: string) => answered(client.DELETE("/api/invites/{id}", { params: { path: { id } } })),
    onSettled: refreshInvites,
  });
  const problem = again.error ?? revoke.error;
  return (
    <>
      {problem && <Notice kind="problem">{problemText(problem)}</Notice>}
      <table className={table.table}>
        <thead>
          <tr>
            <th>Email</th>
            <th>Roles</th>
            <th>Invited by</th>
            <th>State</th>
            <th>
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((invite) => (
            <tr key={invite.id}>
              <td>{invite.email}</td>
              <td className={table.soft}>{invite.roles.map(teamRoleText).join(", ")}</td>
              <td className={table.soft}>
                {invite.invitedBy ?? "Somebody who left"}
                {invite.byLink && ", by a link"}
              </td>
              <td className={table.soft}>{stateText(invite)}</td>
              <td className={table.end}>
                {(invite.state === "open" || invite.state === "expired") && (
                  <span className={page.actions}>
                    <Button
                      size="small"
                      disabled={again.isPending}
                      aria-label={`Send again to ${invite.email}`}
                      onClick={() => again.mutate(invite.id)}
                    >
                      Send again
                    </Button>
                    <Button
                      size="small"
                      disabled={revoke.isPending}
                      aria-label={`Revoke the invite of ${invite.email}`}
                      onClick={() => revoke.mutate(invite.id)}
                    >
                      Revoke
                    </Button>
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Suggestions({ items, decides }: { items: readonly Suggestion[]; decides: boolean }) {
  const [refusing, setRefusing] = useState<Suggestion | null>(null);
  const approve = useMutation({
    mutationFn: (id: string) =>
      answered(client.POST("/api/suggestions/{id}/approve", { params: { path: { id } }, body: {} })),
    onSettled: refreshInvites,
  });
  const shown = decides ? items.filter((item) => item.state === "waiting") : items;
  if (shown.length === 0)
    return decides ? null : (
      <EmptyState icon="people" title="You suggested nobody" compact>
        Suggest people whom you would like to see in the team.
      </EmptyState>
    );
  return (
    <section className={page.form} aria-labelledby="suggestions">
      <h2 id="suggestions">Suggestions</h2>
      {approve.error && <Notice kind="problem">{problemText(approve.error)}</Notice>}
      <table className={table.table}>
        <thead>
          <tr>
            <th>Email</th>
            <th>Roles</th>
            <th>Suggested by</th>
            <th>{decides ? "Note" : "State"}</th>
            {decides && (
              <th>
                <span className="visually-hidden">Decide</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {shown.map((item) => (
            <tr key={item.id}>
              <td>{item.email}</td>
              <td className={table.soft}>{item.roles.map(teamRoleText).join(", ")}</td>
              <td className={table.soft}>{item.suggestedBy ?? "Somebody who left"}</td>
              <td className={table.soft}>
                {decides ? item.note : item.state === "waiting" ? "Waits for an Admin" : item.state}
                {!decides && item.reason ? `: ${item.reason}` : ""}
              </td>
              {decides && (
                <td className={table.end}>
                  <span className={page.actions}>
                    <Button
                      size="small"
                      disabled={approve.isPending}
                      aria-label={`Approve ${item.email}`}
                      onClick={() => approve.mutate(item.id)}
                    >
                      Approve
                    </Button>
                    <Button
                      size="small"
                      aria-label={`Refuse ${item.email}`}
                      onClick={() => setRefusing(item)}
                    >
                      Refuse
                    </Button>
                  </span>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {refusing && <RefuseDialog suggestion={refusing} onClose={() => setRefusing(null)} />}
    </section>
  );
}

function Links({ items, problem }: { items: readonly InviteLink[]; problem: unknown }) {
  const [making, setMaking] = useState(false);
  const [deleting, setDeleting] = useState<InviteLink | null>(null);
  const remove = useMutation({
    mutationFn: (id: string) =>
      answered(client.DELETE("/api/invite-links/{id}", { params: { path: { id } } })),
    onSuccess: async () => {
      setDeleting(null);
      await refreshInvites();
    },
  });
  return (
    <section className={page.form} aria-labelledby="invite-links">
      <div className={page.bar}>
        <h2 id="invite-links">Invite links</h2>
        <Button icon="add" onClick={() => setMaking(true)}>
          New link
        </Button>
      </div>
      {problem !== null && problem !== undefined && <Notice kind="problem">{problemText(problem)}</Notice>}
      {items.length === 0 && (
        <p className={page.soft}>
          A link is for many people: whoever opens it names their address and is sent an invite there.
        </p>
      )}
      {items.length > 0 && (
        <table className={table.table}>
          <thead>
            <tr>
              <th>Made by</th>
              <th>Roles</th>
              <th>Came in</th>
              <th>State</th>
              <th>
                <span className="visually-hidden">Delete</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((link) => (
              <tr key={link.id}>
                <td>
                  {link.createdBy ?? "Somebody who left"}
                  <div className={table.soft}>{dateText(link.createdAt)}</div>
                </td>
                <td className={table.soft}>{link.roles.map(teamRoleText).join(", ")}</td>
                <td className={table.soft}>
                  {link.uses}
                  {link.maxUses ? ` of ${link.maxUses}` : ""}
                </td>
                <td className={table.soft}>
                  {link.state === "open"
                    ? `Holds until ${dateText(link.expiresAt)}`
                    : link.state === "expired"
                      ? "Has ended"
                      : "Everybody came in"}
                </td>
                <td className={table.end}>
                  <Button
                    size="small"
                    aria-label={`Delete the link of ${dateText(link.createdAt)}`}
                    onClick={() => {
                      remove.reset();
                      setDeleting(link);
                    }}
                  >
                    Delete
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {making && <LinkDialog onClose={() => setMaking(false)} />}
      {deleting && (
        <ConfirmDialog
          title="Delete this link?"
          action="Delete link"
          busy={remove.isPending}
          problem={remove.error && problemText(remove.error)}
          onConfirm={() => remove.mutate(deleting.id)}
          onClose={() => setDeleting(null)}
        >
          It is dead at once, and so is every invite that was asked for by it and not accepted yet.
        </ConfirmDialog>
      )}
    </section>
  );
}

/** Who invites without asking an Admin. */
function Policy() {
  const policy = useQuery(invitePolicyQuery);
  const change = useMutation({
    mutationFn: (developersInvite: boolean) =>
      answered(client.PUT("/api/invites/policy", { body: { developersInvite } })),
    onSuccess: (saved) => cache.setQueryData(invitePolicyQuery.queryKey, saved),
  });
  return (
    <section className={page.form} aria-labelledby="who-invites">
      <h2 id="who-invites">Who invites</h2>
      {change.error && <Notice kind="problem">{problemText(change.error)}</Notice>}
      {policy.data && (
        <Checkbox
          label="Developers invite Developers without asking an Admin"
          checked={change.isPending ? change.variables : policy.data.developersInvite}
          disabled={change.isPending}
          onChange={(wanted) => change.mutate(wanted)}
        />
      )}
      <p className={page.soft}>
        Otherwise what they send becomes a suggestion. Admins always invite directly.
      </p>
    </section>
  );
}
