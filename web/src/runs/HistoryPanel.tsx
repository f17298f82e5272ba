/** The sidebar of what was sent. */
export function HistoryPanel({ workspaceId }: { workspaceId: string }) {
  return <p>{workspaceId}</p>;
}
