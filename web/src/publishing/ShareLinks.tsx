import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, client, problemText } from "../api/client";
import { cache } from "../api/resources";
import type { components } from "../api/schema";
import { Button } from "../ui/Button";
import { CancelOr, Dialog } from "../ui/Dialog";
import { ShownOnce } from "../ui/ShownOnce";
import { Select } from "../ui/Field";
import { Notice } from "../ui/Notice";
import table from "../ui/Table.module.css";
import styles from "../workspaces/workspaces.module.css";

type OpenTo = components["schemas"]["OpenTo"];

const shareLinksQuery = (id: string) =>
  api.queryOptions(
    "get",
    "/api/collections/{id}/share-links",
    { params: { path: { id } } },
    { staleTime: 0 },
  );

const audiences = [
  { value: "team", label: "The people of the team" },
  { value: "anybody", label: "Anybody who has it" },
] as const;

const holds = [
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
] as const;
type Days = (typeof holds)[number]["value"];

/** The heads of the columns of {@link LinkCells}. */
export function LinkHeads() {
  return (
    <>
      <th>For</th>
      <th>Made by</th>
      <th>Ends</th>
      <th>Opened</th>
      <th>
        <span className="visually-hidden">Delete</span>
      </th>
    </>
  );
}

/** What a list says of a link, with a way to end it. */
export function LinkCells({
  link,
  of,
  busy,
  onDelete,
}: {
  link: components["schemas"]["ShareLink"];
  /** What is deleted, for those who do not see the row. */
  of: string;
  busy: boolean;
  onDelete: () => void;
}) {
  return (
    <>
      <td>{link.openTo === "team" ? "The team" : "Anybody"}</td>
      <td className={table.soft}>{link.createdBy ?? "Somebody who left: it is dead"}</td>
      <td className={table.soft}>{new Date(link.expiresAt).toLocaleDateString()}</td>
      <td className={table.soft}>{openedText(link)}</td>
      <td className={table.end}>
        <Button size="small" busy={busy} onClick={onDelete}>
          Delete<span className="visually-hidden">{` ${of}`}</span>
        </Button>
      </td>
    </>
  );
}

/** How often a link was opened, and when last. */
function openedText({ uses, usedAt }: { uses: number; usedAt: string | null }): string {
  if (uses === 0) return "Never";
  const times = `${uses} ${uses === 1 ? "time" : "times"}`;
  return usedAt ? `${times}, last ${new Date(usedAt).toLocaleDateString()}` : times;
}

/** The links by which a collection can be read: who made them, how often they were opened, and a way to end each. */
export function ShareLinks({ collectionId, isOwner }: { collectionId: string; isOwner: boolean }) {
  const query = shareLinksQuery(collectionId);
  const links = useQuery(query);
  const [making, setMaking] = useState(false);
  const refresh = () => cache.invalidateQueries({ queryKey: query.queryKey });
  const remove = useMutation({
    mutationFn: (linkId: string) =>
      answered(
        client.DELETE("/api/collections/{id}/share-links/{linkId}", {
          params: { path: { id: collectionId, linkId } },
        }),
      ),
    onSettled: refresh,
  });
  const items = links.data?.items ?? [];
  return (
    <section className={styles.form} aria-label="Links to read it">
      <h3>Links to read it</h3>
      <p className={styles.faint}>
        Whoever opens such a link can read this collection without a role. Secret values, authorization and
        tokens in headers are not shown.
      </p>
      {(links.error ?? remove.error) && (
        <Notice kind="problem">{problemText(links.error ?? remove.error)}</Notice>
      )}
      {items.length > 0 && (
        <table className={table.table} aria-label="Links">
          <thead>
            <tr>
              <LinkHeads />
            </tr>
          </thead>
          <tbody>
            {items.map((link) => (
              <tr key={link.id}>
                <LinkCells
                  link={link}
                  of={`the link of ${link.createdBy ?? "somebody"} for ${link.openTo}`}
                  busy={remove.isPending && remove.variables === link.id}
                  onDelete={() => remove.mutate(link.id)}
                />
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {links.data && items.length === 0 && <p className={styles.faint}>There is no such link.</p>}
      <div>
        <Button icon="link" onClick={() => setMaking(true)}>
          New link
        </Button>
      </div>
      {making && (
        <NewLinkDialog
          collectionId={collectionId}
          isOwner={isOwner}
          onMade={refresh}
          onClose={() => setMaking(false)}
        />
      )}
    </section>
  );
}

/** Makes a link, and shows it once. */
function NewLinkDialog({
  collectionId,
  isOwner,
  onMade,
  onClose,
}: {
  collectionId: string;
  isOwner: boolean;
  onMade: () => Promise<void>;
  onClose: () => void;
}) {
  const [openTo, setOpenTo] = useState<OpenTo>("team");
  const [days, setDays] = useState<Days>("30");
  const make = useMutation({
    mutationFn: () =>
      answered(
        client.POST("/api/collections/{id}/share-links", {
          params: { path: { id: collectionId } },
          body: { openTo, days: Number(days) },
        }),
      ),
    onSuccess: onMade,
  });
  const url = make.data?.url;
  if (url !== undefined)
    return (
      <ShownOnce
        title="Your link"
        description="Copy it now: it is not shown again."
        label="Link"
        value={url}
        onClose={onClose}
      />
    );
  return (
    <Dialog
      title="New link to read it"
      description="It holds until it ends, somebody deletes it, or you may not edit the collection any more."
      size="small"
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} busy={make.isPending} onClick={() => make.mutate()}>
          Make the link
        </CancelOr>
      }
    >
      <div className={styles.form}>
        {make.error && <Notice kind="problem">{problemText(make.error)}</Notice>}
        <Select<OpenTo>
          label="Who can read by it"
          value={openTo}
          options={isOwner ? audiences : audiences.slice(0, 1)}
          onChange={setOpenTo}
        />
        {!isOwner && (
          <p className={styles.faint}>An owner of the workspace can make a link for people elsewhere.</p>
        )}
        {openTo === "anybody" && (
          <Notice kind="warning">
            What is written in addresses, bodies, scripts and examples is read by whoever gets hold of the
            link.
          </Notice>
        )}
        <Select<Days> label="It holds for" value={days} options={holds} onChange={setDays} />
      </div>
    </Dialog>
  );
}
