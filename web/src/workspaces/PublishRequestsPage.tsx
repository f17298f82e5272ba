import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import styles from "../accounts/Page.module.css";
import { answered, api, client, isProblem, problemText } from "../api/client";
import { cache } from "../api/resources";
import type { components } from "../api/schema";
import { PageFrame } from "../app/PageFrame";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { EmptyState } from "../ui/EmptyState";
import { TextArea } from "../ui/Field";
import { Notice } from "../ui/Notice";
import { Spinner } from "../ui/Spinner";
import table from "../ui/Table.module.css";

type Request = components["schemas"]["PublishRequest"];

const requestsQuery = api.queryOptions("get", "/api/publish-requests", {}, { staleTime: 0 });

/** The workspaces that are to be made public: Community Managers and Super Admins answer here. */
export function PublishRequestsPage() {
  const requests = useQuery(requestsQuery);
  const [answering, setAnswering] = useState<Request | null>(null);
  const refused = isProblem(requests.error) && requests.error.status === 403;
  const items = requests.data?.items ?? [];
  return (
    <PageFrame
      title="Requests to publish"
      lead="What is public can be read by anybody. Look into a workspace before you approve that it is."
    >
      {requests.error && <Notice kind={refused ? "info" : "problem"}>{problemText(requests.error)}</Notice>}
      {requests.isPending && <Spinner label="Loading requests" />}
      {requests.data && items.length === 0 && (
        <EmptyState icon="globe" title="Nothing waits for you">
          When an owner asks to make a workspace public, the request comes here.
        </EmptyState>
      )}
      {items.length > 0 && (
        <table className={table.table}>
          <thead>
            <tr>
              <th>Workspace</th>
              <th>Asked by</th>
              <th>Ends</th>
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((request) => (
              <tr key={request.id}>
                <td>
                  <a href={`/w/${request.workspaceId}`}>{request.workspaceName}</a>
                  {request.note && <div className={table.soft}>{request.note}</div>}
                </td>
                <td className={table.soft}>{request.by ?? "Somebody who left"}</td>
                <td className={table.soft}>{new Date(request.expiresAt).toLocaleDateString()}</td>
                <td>
                  <div className={styles.actions}>
                    <Button
                      size="small"
                      aria-label={`Respond to ${request.workspaceName}`}
                      onClick={() => setAnswering(request)}
                    >
                      Respond
                    </Button>
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {answering && <Respond request={answering} onClose={() => setAnswering(null)} />}
    </PageFrame>
  );
}

function Respond({ request, onClose }: { request: Request; onClose: () => void }) {
  const [answer, setAnswer] = useState("");
  const decide = useMutation({
    mutationFn: (approve: boolean) =>
      answered(
        client.POST("/api/publish-requests/{id}/decision", {
          params: { path: { id: request.id } },
          body: { approve, answer },
        }),
      ),
    onSuccess: onClose,
    onSettled: () => cache.invalidateQueries(requestsQuery),
  });
  return (
    <Dialog
      title={`Make ${request.workspaceName} public?`}
      description={`${request.by ?? "Somebody who left"} asks for it. Everything in the workspace could be read by anybody.`}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button busy={decide.isPending} onClick={() => decide.mutate(false)}>
            Refuse
          </Button>
          <Button kind="primary" busy={decide.isPending} onClick={() => decide.mutate(true)}>
            Approve
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        {decide.error && <Notice kind="problem">{problemText(decide.error)}</Notice>}
        {request.note && <p>They say: “{request.note}”</p>}
        <TextArea label="What they are told (optional)" rows={3} value={answer} onChange={setAnswer} />
      </div>
    </Dialog>
  );
}
