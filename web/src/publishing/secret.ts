let kept = "";

/**
 * The secret of the link that this window was opened by. It does not stay in the address, and is stored nowhere; the page
 * knows it until it is loaded anew, so that one can sign in in between and come back.
 */
export const linkSecret = {
  /** What stands behind the `#`, or what stood there when the page last came here. */
  take(): string {
    kept = globalThis.location.hash.slice(1) || kept;
    return kept;
  },
  /** Takes it out of the address. */
  hide() {
    globalThis.history.replaceState(globalThis.history.state, "", "/shared");
  },
};
