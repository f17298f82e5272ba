// The entry: called once for each isolate, then by the host for each script.

import { scriptConsole } from "./console";
import { described, installErrors, rejection, reportRejections, reportUncaught, scriptIs } from "./errors";
import { installGlobals } from "./globals";
import { connect, host, type Host } from "./host";
import { installJson } from "./json";
import { defineLegacy, removeLegacy, reportTests } from "./legacy";
import { Pm } from "./pm";
import { scriptRequire } from "./require";
import { awaitsHost, open, seal, settle, tick, timerModule } from "./timers";

let pm: Pm | undefined;
/** The script awaits something and has not ended. */
let unfinished = false;

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/**
 * Runs a script: `body` is its text as a function, which is async if it awaits; `legacy` are the globals of the old API
 * that its text names.
 */
function start(body: () => unknown, isTest: boolean, legacy: string[], now: number): void {
  open(now);
  const made = new Pm(isTest);
  pm = made;
  unfinished = false;
  define("pm", made);
  define("console", scriptConsole);
  define("require", scriptRequire);
  for (const [name, value] of Object.entries(timerModule)) define(name, value);
  defineLegacy(made, legacy);
  let result: unknown;
  try {
    result = body.call(globalThis);
  } catch (error) {
    reportUncaught(error);
  }
  if (result instanceof Promise) {
    unfinished = true;
    result.catch(reportUncaught).finally(() => {
      unfinished = false;
      reportTests(made);
    });
  } else {
    reportTests(made);
  }
}

/** Ends an execution: nothing of it runs after this. */
function finish(): void {
  seal();
  if (unfinished) host().failed('{"name":"Error","message":"the script ended before what it awaits did"}');
  pm?.tests.end();
  removeLegacy();
  try {
    const changed = pm?.changedRequest();
    if (changed !== undefined) host().changed(changed);
  } catch (error) {
    reportUncaught(error);
  }
  pm = undefined;
}

export function boot(given: Host): object {
  connect(given);
  installErrors();
  installJson();
  installGlobals();
  return { scriptIs, described, start, finish, settle, tick, awaitsHost, rejection, reportRejections };
}
