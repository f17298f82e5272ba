/** The tab that runs a collection or a folder. */
export function RunnerTab({
  collectionId,
}: {
  collectionId: string;
  folderId?: string;
  workspaceId: string;
}) {
  return <p>{collectionId}</p>;
}
