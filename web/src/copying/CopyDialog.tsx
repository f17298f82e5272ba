import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import { cache, collectionsQuery, environmentsQuery, workspacesQuery } from "../api/resources";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import { toast } from "../ui/toast";
import { DestinationField } from "../workspaces/DestinationField";
import { openTo } from "../workspaces/openTo";
import styles from "../workspaces/workspaces.module.css";

/** What is copied. */
export interface Original {
  kind: "collection" | "environment" | "workspace";
  id: string;
  name: string;
}

/** Copies something into a workspace that one edits, and goes there. */
export function CopyDialog({ of: { kind, id, name }, onClose }: { of: Original; onClose: () => void }) {
  const navigate = useNavigate();
  const [to, setTo] = useState("");
  const places = (useQuery(workspacesQuery).data?.items ?? []).filter(
    (place) => place.role !== "viewer" && (kind !== "workspace" || place.id !== id),
  );
  const chosen = places.find((place) => place.id === to);
  const copy = useMutation({
    mutationFn: async () => {
      const request = { params: { path: { id } }, body: { workspaceId: to } };
      switch (kind) {
        case "collection":
          return answered(client.POST("/api/collections/{id}/copy", request));
        case "environment":
          return answered(client.POST("/api/environments/{id}/copy", request));
        case "workspace":
          return answered(client.POST("/api/workspaces/{id}/copy", request));
      }
    },
    onSuccess: async (copied) => {
      await Promise.all([
        cache.invalidateQueries(collectionsQuery(to)),
        cache.invalidateQueries(environmentsQuery(to)),
      ]);
      toast({
        kind: "success",
        text: `${name} was copied. ${copied.withSecrets ? "Secret values went along." : "Secret values were left out: you may not see them."}`,
      });
      onClose();
      if ("id" in copied)
        await navigate({
          to: "/w/$workspaceId/$",
          params: { workspaceId: to, _splat: `${kind}/${copied.id}` },
        });
      else await navigate({ to: "/w/$workspaceId", params: { workspaceId: to } });
    },
  });
  return (
    <Dialog
      title={`Copy ${name}`}
      description={
        kind === "workspace"
          ? "Its collections and environments are copied into another workspace. The copies go their own way from then on."
          : "The copy goes its own way from then on: nobody who changes one of the two changes the other."
      }
      size="small"
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} busy={copy.isPending} disabled={!chosen} onClick={() => copy.mutate()}>
          Copy
        </CancelOr>
      }
    >
      <div className={styles.form}>
        {copy.error && <Notice kind="problem">{problemText(copy.error)}</Notice>}
        <DestinationField
          places={places}
          none="There is no workspace that it could go to and that you may change."
          value={to}
          onChange={setTo}
        />
        {chosen && (
          <Notice kind="info">
            {openTo(chosen.kind)} can open the copy. Secret values go along if you may see them.
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
