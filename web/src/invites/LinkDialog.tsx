import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import page from "../accounts/Page.module.css";
import { answered, client, problemText } from "../api/client";
import { CancelOr, Dialog } from "../ui/Dialog";
import { ShownOnce } from "../ui/ShownOnce";
import { Select, TextField } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { type Days, holds } from "./InviteDialog";
import { refreshInvites, type Suggestion } from "./invites";

const roles = [
  { value: "developer", label: "Developer" },
  { value: "billing", label: "Billing" },
  { value: "community-manager", label: "Community Manager" },
  { value: "api-network-manager", label: "API Network Manager" },
] as const;
type LinkRole = (typeof roles)[number]["value"];

/** Makes a link by which many may ask for an invite, and shows it once. */
export function LinkDialog({ onClose }: { onClose: () => void }) {
  const [role, setRole] = useState<LinkRole>("developer");
  const [days, setDays] = useState<Days>("7");
  const [uses, setUses] = useState("");
  const make = useMutation({
    mutationFn: () =>
      answered(
        client.POST("/api/invite-links", {
          body: { roles: [role], days: Number(days), maxUses: uses === "" ? null : Number(uses) },
        }),
      ),
    onSuccess: refreshInvites,
  });
  const url = make.data?.url;

  if (url !== undefined)
    return (
      <ShownOnce
        title="Your invite link"
        description="Copy it now: it is not shown again."
        label="Link"
        value={url}
        onClose={onClose}
      >
        <p className={page.soft}>
          Whoever has it can ask for an invite, which goes to the address that they name.
        </p>
      </ShownOnce>
    );
  return (
    <Dialog
      title="New invite link"
      description="For many people. It gives no role that manages people; invite Admins by their addresses."
      size="small"
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} type="submit" form="new-link" busy={make.isPending}>
          Make the link
        </CancelOr>
      }
    >
      <form
        id="new-link"
        className={page.form}
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        {make.error && <Notice kind="problem">{problemText(make.error)}</Notice>}
        <Select<LinkRole> label="Role" value={role} options={roles} onChange={setRole} />
        <Select<Days> label="It holds for" value={days} options={holds} onChange={setDays} />
        <TextField
          label="For how many people (optional)"
          type="number"
          min={1}
          max={10_000}
          value={uses}
          onChange={setUses}
        />
      </form>
    </Dialog>
  );
}

/** Refuses a suggestion; whoever made it is told why. */
export function RefuseDialog({ suggestion, onClose }: { suggestion: Suggestion; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const refuse = useMutation({
    mutationFn: () =>
      answered(
        client.POST("/api/suggestions/{id}/refuse", {
          params: { path: { id: suggestion.id } },
          body: { reason },
        }),
      ),
    onSuccess: async () => {
      await refreshInvites();
      onClose();
    },
  });
  return (
    <Dialog
      title={`Refuse ${suggestion.email}?`}
      description={`${suggestion.suggestedBy ?? "Whoever suggested them"} is told by mail.`}
      size="small"
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} type="submit" form="refuse" busy={refuse.isPending}>
          Refuse
        </CancelOr>
      }
    >
      <form
        id="refuse"
        className={page.form}
        onSubmit={(event) => {
          event.preventDefault();
          refuse.mutate();
        }}
      >
        {refuse.error && <Notice kind="problem">{problemText(refuse.error)}</Notice>}
        <TextField label="Why (optional)" value={reason} onChange={setReason} maxLength={1000} autoFocus />
      </form>
    </Dialog>
  );
}
