/** What requests and scripts said. */
export function ConsolePanel() {
  return <p>Nothing yet.</p>;
}
