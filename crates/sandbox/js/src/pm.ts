// `pm`: one object for each execution, whose parts are made when a script touches them.

import { cookieList } from "./cookies";
import { Skipped } from "./errors";
import { loadChai, type Expect } from "./expect";
import { COLLECTION, DATA, ENVIRONMENT, GLOBALS, LOCAL, host, writeJson, type Info } from "./host";
import { RequestView } from "./request";
import { responseOf, type Response } from "./response";
import { Scopes, VariableScope } from "./scopes";
import type { PropertyList, SdkRequest } from "./sdk";
import { sendRequest } from "./sending";
import { Tests } from "./testing";
import { awaitHost, seal } from "./timers";

interface Test {
  (name: unknown, assert?: unknown): Pm;
  skip(name: unknown): Pm;
  index(): number;
}

/** The parts of `pm` that are made on first use. */
interface Parts {
  variables?: VariableScope;
  environment?: VariableScope;
  collectionVariables?: VariableScope;
  globals?: VariableScope;
  iterationData?: VariableScope;
  response?: Response | undefined;
  cookies?: PropertyList;
  info?: Info;
  test?: Test;
  execution?: ReturnType<typeof executionOf>;
}

export class Pm {
  readonly #parts: Parts = {};
  readonly #scopes = new Scopes();
  readonly #view = new RequestView();
  readonly #tests = new Tests();
  readonly #isTest: boolean;

  constructor(isTest: boolean) {
    this.#isTest = isTest;
  }

  /** Is this a test script? */
  get isTest(): boolean {
    return this.#isTest;
  }

  get tests(): Tests {
    return this.#tests;
  }

  /** The changed request, if this script may change it and did. */
  changedRequest(): string | undefined {
    return this.#isTest ? undefined : this.#view.changed();
  }

  get info(): Info {
    return (this.#parts.info ??= Object.freeze(host().info()));
  }
  get variables(): VariableScope {
    return (this.#parts.variables ??= new VariableScope(this.#scopes, LOCAL, true));
  }
  get environment(): VariableScope {
    return (this.#parts.environment ??= new VariableScope(this.#scopes, ENVIRONMENT, false, host().environmentName()));
  }
  get collectionVariables(): VariableScope {
    return (this.#parts.collectionVariables ??= new VariableScope(this.#scopes, COLLECTION, false));
  }
  get globals(): VariableScope {
    return (this.#parts.globals ??= new VariableScope(this.#scopes, GLOBALS, false));
  }
  get iterationData(): VariableScope {
    return (this.#parts.iterationData ??= new VariableScope(this.#scopes, DATA, false));
  }
  get request(): SdkRequest {
    return this.#view.request;
  }
  get response(): Response | undefined {
    if (!("response" in this.#parts)) this.#parts.response = this.#isTest ? responseOf(0) : undefined;
    return this.#parts.response;
  }
  get cookies(): PropertyList {
    return (this.#parts.cookies ??= cookieList());
  }
  get expect(): Expect {
    return loadChai().expect;
  }
  get test(): Test {
    return (this.#parts.test ??= testOf(this));
  }
  get execution(): ReturnType<typeof executionOf> {
    return (this.#parts.execution ??= executionOf(this.#isTest, this.#scopes));
  }
  get vault(): object {
    return vault;
  }
  get visualizer(): object {
    return visualizer;
  }
  sendRequest(request: unknown, callback?: unknown): unknown {
    return sendRequest(this, request, callback);
  }
}

function testOf(pm: Pm): Test {
  const test = (name: unknown, assert?: unknown): Pm => {
    pm.tests.run(name, assert);
    return pm;
  };
  const skip = (name: unknown): Pm => {
    pm.tests.skip(name);
    return pm;
  };
  return Object.assign(test, { skip, index: () => pm.tests.count });
}

function executionOf(isTest: boolean, scopes: Scopes) {
  const location: string[] = host().location();
  return {
    location: Object.assign(location, { current: location.at(-1) }),
    setNextRequest(name: unknown): void {
      host().next(name === null || name === undefined ? null : String(name));
    },
    /** Runs another request of the collection, with its scripts, and gives its answer: null if it was skipped. */
    runRequest(request: unknown, options?: unknown): Promise<Response | null> {
      if (typeof request !== "string" || request === "") {
        throw new TypeError("pm.execution.runRequest() requires the id or name of a request");
      }
      const given = typeof options === "object" && options !== null && "variables" in options ? options.variables : {};
      return new Promise((resolve, reject) =>
        awaitHost(
          (error, result) => {
            scopes.forgetLive();
            if (error !== undefined) reject(Object.assign(new Error(error), { code: result }));
            else resolve(typeof result === "number" ? (responseOf(result) ?? null) : null);
          },
          (id) => host().run(id, request, writeJson(given ?? {})),
        ),
      );
    },
    skipRequest(): void {
      if (isTest) throw new TypeError("pm.execution.skipRequest is not a function");
      host().skip();
      seal();
      throw new Skipped("the request is skipped");
    },
  };
}

function ofVault(call: string, key: unknown, value: string): Promise<unknown> {
  if (typeof key !== "string" || key === "") throw new TypeError(`pm.vault.${call}() requires the name of a secret`);
  return new Promise((resolve, reject) =>
    awaitHost(
      (error, result) => (error === undefined ? resolve(result ?? undefined) : reject(new Error(error))),
      (id) => host().vault(id, call, key, value),
    ),
  );
}

/** The secrets that whoever runs the collection gives to it. */
const vault = {
  get: (key: unknown) => ofVault("get", key, ""),
  set: (key: unknown, value: unknown) => ofVault("set", key, String(value).toWellFormed()),
  unset: (key: unknown) => ofVault("unset", key, ""),
};

/** Pictures are the app's: here a template is checked, and that is all. */
const visualizer = {
  set(template: unknown, data?: unknown, options?: unknown): void {
    if (typeof template !== "string") {
      throw new Error(`Invalid template. Template must be of type string, found ${typeof template}`);
    }
    if (data && typeof data !== "object") throw new Error(`Invalid data. Data must be an object, found ${typeof data}`);
    if (options && typeof options !== "object") {
      throw new Error(`Invalid options. Options must be an object, found ${typeof options}`);
    }
  },
  clear(): void {},
};

