import { kept } from "../app/storage";

/** What the list is narrowed to. An empty text does not narrow. It stands in the address of the page. */
export interface Filter {
  since: string;
  until: string;
  actor: string;
  action: string;
  targetKind: string;
  target: string;
  outcome: string;
}

export const noFilter: Filter = {
  since: "",
  until: "",
  actor: "",
  action: "",
  targetKind: "",
  target: "",
  outcome: "",
};

const names = Object.keys(noFilter) as (keyof Filter)[];

/** The filter in what an address or the browser's storage holds; what is no text is left out. */
export function filterFrom(found: unknown): Filter {
  const filter = { ...noFilter };
  if (typeof found !== "object" || found === null) return filter;
  for (const name of names) {
    // The key was asked for by name; its value may be anything.
    const value = (found as Record<string, unknown>)[name];
    if (typeof value === "string") filter[name] = value;
    // The router reads digits as a number.
    if (typeof value === "number") filter[name] = String(value);
  }
  return filter;
}

/** Only what narrows, for an address. */
export function narrowing(filter: Filter): Partial<Filter> {
  return Object.fromEntries(names.filter((name) => filter[name] !== "").map((name) => [name, filter[name]]));
}

export function narrows(filter: Filter): boolean {
  return names.some((name) => filter[name] !== "");
}

/** A filter that somebody gave a name, in this browser. */
export interface View {
  name: string;
  filter: Filter;
}

export const savedViews = kept<View[]>("audit-views", (json) =>
  Array.isArray(json)
    ? json.flatMap((view: unknown) =>
        typeof view === "object" && view !== null && "name" in view && typeof view.name === "string"
          ? [{ name: view.name, filter: filterFrom("filter" in view ? view.filter : null) }]
          : [],
      )
    : [],
);
