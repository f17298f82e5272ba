/**
 * Something that changes many times a second while it is watched: listeners are told once a frame.
 *
 * In a window that is not shown there are no frames; a timer does it there. `before` runs before they are told: it
 * makes what they will read.
 */
export class Feed {
  #listeners = new Set<() => void>();
  #waiting = false;
  #before: () => void;

  constructor(before: () => void) {
    this.#before = before;
  }

  /** For `useSyncExternalStore`. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Something changed. */
  changed() {
    if (this.#waiting) return;
    this.#waiting = true;
    if (typeof document === "undefined" || document.hidden) setTimeout(this.tell, 50);
    else requestAnimationFrame(this.tell);
  }

  /** Tells what changed now. */
  tell = () => {
    this.#waiting = false;
    this.#before();
    for (const listener of this.#listeners) listener();
  };
}
