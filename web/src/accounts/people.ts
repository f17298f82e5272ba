import { api } from "../api/client";
import type { components } from "../api/schema";

export type Person = components["schemas"]["ListedPerson"];

/** How many are offered in a list to choose from; beyond that one searches. */
export const offered = 50;

/** The first members of the team by name whose name or address holds `search`. */
export const peopleQuery = (search: string) =>
  api.queryOptions("get", "/api/people", {
    params: { query: { sort: "name", limit: offered, ...(search === "" ? {} : { search }) } },
  });

/** What every list of members is filed under, to have all of them read again. */
export const peopleKey = ["get", "/api/people"];
