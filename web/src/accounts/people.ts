import { api } from "../api/client";
import type { components } from "../api/schema";

export type Person = components["schemas"]["ListedPerson"];

/** The members of the team by name, for choosing one: as many as a list can show. */
export const peopleQuery = api.queryOptions("get", "/api/people", {
  params: { query: { sort: "name", limit: 500 } },
});

/** What every list of members is filed under, to have all of them read again. */
export const peopleKey = ["get", "/api/people"];
