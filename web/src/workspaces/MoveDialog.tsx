import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, client, problemText } from "../api/client";
import {
  cache,
  collectionQuery,
  collectionsQuery,
  environmentQuery,
  environmentsQuery,
  type Workspace,
  workspacesQuery,
} from "../api/resources";
import { useClose } from "../app/open";
import { CancelOr, Dialog } from "../ui/Dialog";
import { Notice } from "../ui/Notice";
import { DestinationField } from "./DestinationField";
import { openTo } from "./openTo";
import styles from "./workspaces.module.css";

/** Moves a collection or an environment to another workspace, and goes there. */
export function MoveDialog({
  kind,
  id,
  name,
  workspace,
  onClose,
}: {
  kind: "collection" | "environment";
  id: string;
  name: string;
  workspace: Workspace;
  onClose: () => void;
}) {
  const navigate = useNavigate();
  const close = useClose(workspace.id);
  const [to, setTo] = useState("");
  const places = (useQuery(workspacesQuery).data?.items ?? []).filter(
    (place) =>
      place.id !== workspace.id &&
      place.role !== "viewer" &&
      (place.kind !== "personal" || workspace.kind === "personal"),
  );
  const chosen = places.find((place) => place.id === to);
  const move = useMutation({
    mutationFn: () => {
      const request = { params: { path: { id } }, body: { workspaceId: to } };
      return answered(
        kind === "collection"
          ? client.POST("/api/collections/{id}/transfer", request)
          : client.POST("/api/environments/{id}/transfer", request),
      );
    },
    onSuccess: async () => {
      close((target) => "id" in target && target.id === id);
      await Promise.all([
        ...[workspace.id, to].flatMap((place) => [
          cache.invalidateQueries(collectionsQuery(place)),
          cache.invalidateQueries(environmentsQuery(place)),
        ]),
        cache.invalidateQueries(collectionQuery(id)),
        cache.invalidateQueries(environmentQuery(id)),
      ]);
      onClose();
      await navigate({ to: "/w/$workspaceId/$", params: { workspaceId: to, _splat: `${kind}/${id}` } });
    },
  });
  return (
    <Dialog
      title={`Move ${name}`}
      description="It goes to another workspace with everything in it. Who can see it and change it is decided there."
      size="small"
      onClose={onClose}
      footer={
        <CancelOr onCancel={onClose} busy={move.isPending} disabled={!chosen} onClick={() => move.mutate()}>
          Move
        </CancelOr>
      }
    >
      <div className={styles.form}>
        {move.error && <Notice kind="problem">{problemText(move.error)}</Notice>}
        <DestinationField
          places={places}
          none="There is no other workspace that it could go to and that you may change."
          value={to}
          onChange={setTo}
        />
        {chosen && (
          <Notice kind="info">
            {openTo(chosen.kind)} can open it then. Roles that were given on it alone do not go with it.
          </Notice>
        )}
      </div>
    </Dialog>
  );
}
