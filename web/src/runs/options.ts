import type { Run } from "./stream";

/** How a run is to go, as it stands in the form. */
export interface RunSettings {
  parallel: string;
  bail: "never" | "failure" | "folder";
  retries: string;
  retryPause: string;
  retryOn: string;
  requestTimeout: string;
  scriptTimeout: string;
  timeout: string;
  cookies: "shared" | "copy" | "fresh";
  /** Whether what scripts set stays in one's local values afterwards. */
  keepVariables: boolean;
  saveResponses: boolean;
  insecure: boolean;
  ignoreRedirects: boolean;
  seed: string;
}

export const usualSettings: RunSettings = {
  parallel: "1",
  bail: "never",
  retries: "0",
  retryPause: "1000",
  retryOn: "network, 429, 502, 503, 504",
  requestTimeout: "",
  scriptTimeout: "",
  timeout: "",
  cookies: "shared",
  keepVariables: true,
  saveResponses: true,
  insecure: false,
  ignoreRedirects: false,
  seed: "",
};

/** A whole number as typed, at least `least`; `undefined` if it is none. */
function whole(text: string, least = 0): number | undefined {
  const number = Math.floor(Number(text));
  return text.trim() === "" || !Number.isFinite(number) ? undefined : Math.max(least, number);
}

/** The settings as the server takes them: what is as usual is left out. */
export function optionsOf(settings: RunSettings): Partial<Run> {
  const { bail, cookies } = settings;
  const parallel = whole(settings.parallel, 1);
  const times = whole(settings.retries) ?? 0;
  const limits = {
    timeoutMs: whole(settings.timeout),
    requestTimeoutMs: whole(settings.requestTimeout),
    scriptTimeoutMs: whole(settings.scriptTimeout),
    seed: whole(settings.seed),
  };
  return {
    ...(parallel === undefined || parallel === 1 ? {} : { parallel }),
    ...(bail === "never" ? {} : { bail }),
    ...(times === 0
      ? {}
      : {
          retry: {
            times,
            pauseMs: whole(settings.retryPause) ?? 0,
            on: settings.retryOn.split(/[\s,]+/).filter((condition) => condition !== ""),
          },
        }),
    ...Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)),
    ...(cookies === "shared" ? {} : { cookies }),
    ...(settings.saveResponses ? {} : { discardBodies: true }),
    ...(settings.insecure ? { insecure: true } : {}),
    ...(settings.ignoreRedirects ? { ignoreRedirects: true } : {}),
  };
}

/** How many of the settings are not as usual. */
export function changedSettings(settings: RunSettings): number {
  const pairs = Object.entries(settings) as [keyof RunSettings, RunSettings[keyof RunSettings]][];
  return pairs.filter(([key, value]) => value !== usualSettings[key]).length;
}
