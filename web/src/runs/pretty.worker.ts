import { type Layout, pretty } from "./pretty";

/** Lays out a long text away from the page, which stays quick meanwhile. */
addEventListener("message", (event: MessageEvent<{ id: number; text: string; layout: Layout }>) => {
  const { id, text, layout } = event.data;
  postMessage({ id, text: pretty(text, layout) });
});
