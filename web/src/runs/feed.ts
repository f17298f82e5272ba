/**
 * Something that changes many times a second while it is watched: listeners are told once a frame.
 *
 * In a window that is not shown there are no frames; a timer does it there.
 */
export class Feed {
  #listeners = new Set<() => void>();
  #waiting = false;

  /** For `useSyncExternalStore`. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Something changed. */
  changed(now = false) {
    if (now) return this.#tell();
    if (this.#waiting) return;
    this.#waiting = true;
    if (typeof document === "undefined" || document.hidden) setTimeout(this.#tell, 100);
    else requestAnimationFrame(this.#tell);
  }

  #tell = () => {
    this.#waiting = false;
    for (const listener of this.#listeners) listener();
  };
}
