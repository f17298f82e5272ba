// `pm.test`: runs a test at once, or follows it until its promise settles or `done` is called.

import { described, Skipped } from "./errors";
import { host } from "./host";

interface Pending {
  name: string;
  index: number;
  waitsFor: string;
}

/** The tests of one execution. */
export class Tests {
  #count = 0;
  readonly #pending = new Set<Pending>();

  get count(): number {
    return this.#count;
  }

  #told(index: number, name: string, error: { thrown: unknown } | undefined): void {
    host().asserted(index, name, error === undefined, false, error && described(error.thrown));
  }

  run(given: unknown, assert: unknown): void {
    const name = String(given).toWellFormed();
    const index = this.#count++;
    if (typeof assert !== "function") return this.#told(index, name, undefined);
    if (assert.length > 0) return this.#withDone(index, name, (done) => assert(done));
    let result: unknown;
    try {
      result = assert();
    } catch (thrown) {
      if (thrown instanceof Skipped) throw thrown;
      return this.#told(index, name, { thrown });
    }
    if (typeof result === "object" && result !== null && "then" in result && typeof result.then === "function") {
      const end = this.#await({ name, index, waitsFor: "its promise did not settle" });
      result.then(
        () => end(undefined),
        (thrown: unknown) => end({ thrown }),
      );
    } else {
      this.#told(index, name, undefined);
    }
  }

  #await(test: Pending): (error: { thrown: unknown } | undefined) => void {
    this.#pending.add(test);
    return (error) => {
      if (!this.#pending.delete(test)) return;
      this.#told(test.index, test.name, error);
    };
  }

  #withDone(index: number, name: string, assert: (done: (error?: unknown) => void) => unknown): void {
    const end = this.#await({ name, index, waitsFor: "done() was not called" });
    try {
      const result = assert((error?: unknown) => end(error ? { thrown: error } : undefined));
      if (result instanceof Promise) result.catch((thrown: unknown) => end({ thrown }));
    } catch (thrown) {
      if (thrown instanceof Skipped) throw thrown;
      end({ thrown });
    }
  }

  skip(given: unknown): void {
    host().asserted(this.#count++, String(given).toWellFormed(), true, true, undefined);
  }

  /** A test of the old `tests` object. */
  legacy(name: string, value: unknown): void {
    const index = this.#count++;
    if (value) return this.#told(index, name.toWellFormed(), undefined);
    const error = new Error(`expected ${String(value)} to be truthy`);
    error.name = "AssertionError";
    delete error.stack;
    this.#told(index, name.toWellFormed(), { thrown: error });
  }

  /** Tests that still wait when the script has ended have failed. */
  end(): void {
    for (const { index, name, waitsFor } of this.#pending) {
      const error = new Error(`the script ended before the test did: ${waitsFor}`);
      delete error.stack;
      this.#told(index, name, { thrown: error });
    }
    this.#pending.clear();
  }
}
