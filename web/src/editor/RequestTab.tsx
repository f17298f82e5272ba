/** The tab of a request. */
export function RequestTab({ itemId }: { itemId: string; workspaceId: string }) {
  return <p>{itemId}</p>;
}
