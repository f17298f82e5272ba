import createFetchClient, { type Middleware } from "openapi-fetch";
import createQueryClient from "openapi-react-query";
import type { components, paths } from "./schema";

/** What the server answers when it refuses: a problem document with a stable `code`. */
export type Problem = components["schemas"]["Problem"];

/** Told when the server says that nobody is signed in any more. */
export const signedOut = new EventTarget();

const middleware: Middleware = {
  onRequest({ request }) {
    // The server refuses a change without it: a form on another site cannot set a header.
    request.headers.set("x-bulla-request", "1");
    return request;
  },
  onResponse({ response, schemaPath }) {
    if (response.status === 401 && schemaPath !== "/api/session")
      signedOut.dispatchEvent(new Event("signed-out"));
    return response;
  },
};

/** The typed client. `client.GET("/api/items/{id}", …)` answers `{data, error}` and throws only if the network fails. */
export const client = createFetchClient<paths>({
  baseUrl: globalThis.location?.origin ?? "http://localhost",
});
client.use(middleware);

/** The typed client as hooks: `api.useQuery("get", path, init)`, `api.useMutation("patch", path)`. They throw a `Problem`. */
export const api = createQueryClient(client);

/** Whether `value` is a problem document. */
export function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "status" in value;
}

/** The data of an answer of `client`; throws its problem. For code outside of components. */
export async function answered<Data>(answer: Promise<{ data?: Data; error?: unknown }>): Promise<Data> {
  const { data, error } = await answer;
  if (error !== undefined) throw error;
  // openapi-fetch leaves `data` undefined only beside an error, or for an empty body, where `Data` says so.
  return data as Data;
}

/** What went wrong and what to do, in words for the person at the screen. Never holds more than the server said. */
export function problemText(problem: unknown): string {
  if (isProblem(problem)) {
    switch (problem.code) {
      case "stale":
        return "Someone changed this in the meantime. Look at what is saved now, then save again.";
      case "signed_out":
        return "Your session has ended. Sign in again; nothing you typed is lost.";
      case "wrong_credentials":
        return "The email or the password is wrong.";
      case "setup_closed":
        return "This server already has its first account. Sign in instead.";
    }
    const fields = problem.errors?.map((error) => error.message) ?? [];
    const text = fields.length > 0 ? fields.join("; ") : problem.detail || problem.title;
    const sentence = text.charAt(0).toUpperCase() + text.slice(1);
    return problem.status >= 500 ? `${sentence} (request ${problem.requestId})` : sentence;
  }
  if (problem instanceof TypeError)
    return "The server cannot be reached. Check that it is running, then try again.";
  if (problem instanceof Error) return problem.message;
  return "Something went wrong that the server did not explain.";
}
