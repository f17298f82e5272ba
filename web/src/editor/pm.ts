/** What scripts find under `pm`, for completion. */
export interface Member {
  path: string;
  kind: "function" | "property";
  /** What it takes or is, in short. */
  detail: string;
  about: string;
}

const scopes = ["environment", "globals", "collectionVariables", "variables"] as const;
const scopeWords = {
  environment: "the active environment",
  globals: "the globals",
  collectionVariables: "the collection’s variables",
  variables: "all scopes; what is set lives for this run",
} as const;

const member = (path: string, kind: Member["kind"], detail: string, about: string): Member => ({
  path,
  kind,
  detail,
  about,
});

export const members: readonly Member[] = [
  member("pm", "property", "", "The request, the response, variables and tests."),
  member("pm.test", "function", "(name, () => …)", "A test: it passes unless the function throws."),
  member("pm.test.skip", "function", "(name, () => …)", "A test that is not run."),
  member("pm.expect", "function", "(value)", "An expectation, as chai has it: pm.expect(x).to.equal(1)."),
  member("pm.response", "property", "", "The answer. Only after the request."),
  member("pm.response.code", "property", "number", "200, 404, …"),
  member("pm.response.status", "property", "string", "The words after the code."),
  member("pm.response.headers", "property", "", "The answer’s headers."),
  member("pm.response.headers.get", "function", "(name)", "The value of a header."),
  member("pm.response.responseTime", "property", "number", "Milliseconds."),
  member("pm.response.responseSize", "property", "number", "Bytes."),
  member("pm.response.json", "function", "()", "The body, read as JSON."),
  member("pm.response.text", "function", "()", "The body as text."),
  member("pm.response.to", "property", "", "Expectations of the answer: pm.response.to.have.status(200)."),
  member("pm.response.to.have", "property", "", ""),
  member("pm.response.to.have.status", "function", "(code)", "Expects a status code or its words."),
  member("pm.response.to.have.header", "function", "(name, value?)", "Expects a header."),
  member("pm.response.to.have.body", "function", "(text?)", "Expects a body."),
  member(
    "pm.response.to.have.jsonBody",
    "function",
    "(path?, value?)",
    "Expects something in the JSON body.",
  ),
  member(
    "pm.response.to.have.jsonSchema",
    "function",
    "(schema)",
    "Expects the body to follow a JSON schema.",
  ),
  member("pm.response.to.be", "property", "", ""),
  member("pm.response.to.be.ok", "property", "", "Expects 2xx."),
  member("pm.response.to.be.success", "property", "", "Expects 2xx."),
  member("pm.response.to.be.redirection", "property", "", "Expects 3xx."),
  member("pm.response.to.be.clientError", "property", "", "Expects 4xx."),
  member("pm.response.to.be.serverError", "property", "", "Expects 5xx."),
  member("pm.response.to.be.json", "property", "", "Expects a JSON body."),
  member("pm.request", "property", "", "The request. Before it is sent, it can be changed."),
  member("pm.request.url", "property", "", "The address."),
  member("pm.request.method", "property", "string", "GET, POST, …"),
  member("pm.request.headers", "property", "", "The request’s headers."),
  member("pm.request.headers.get", "function", "(name)", "The value of a header."),
  member("pm.request.headers.add", "function", "({ key, value })", "Adds a header."),
  member("pm.request.headers.upsert", "function", "({ key, value })", "Sets a header."),
  member("pm.request.headers.remove", "function", "(name)", "Takes a header out."),
  member("pm.request.body", "property", "", "The body."),
  ...scopes.flatMap((scope) => [
    member(`pm.${scope}`, "property", "", `Variables of ${scopeWords[scope]}.`),
    member(`pm.${scope}.get`, "function", "(name)", "The value of a variable."),
    member(
      `pm.${scope}.set`,
      "function",
      "(name, value)",
      "Sets a variable: its local value, which stays in this browser.",
    ),
    member(`pm.${scope}.has`, "function", "(name)", "Whether there is a variable."),
    member(`pm.${scope}.unset`, "function", "(name)", "Takes a variable out."),
    member(`pm.${scope}.clear`, "function", "()", "Takes all variables out."),
    member(`pm.${scope}.replaceIn`, "function", "(text)", "The text with {{variables}} replaced."),
    member(`pm.${scope}.toObject`, "function", "()", "All variables."),
  ]),
  member("pm.iterationData", "property", "", "The line of the data file, in a run."),
  member("pm.iterationData.get", "function", "(name)", "A value of the line."),
  member("pm.iterationData.has", "function", "(name)", "Whether the line has it."),
  member("pm.iterationData.toObject", "function", "()", "The whole line."),
  member("pm.cookies", "property", "", "Cookies for the request’s address."),
  member("pm.cookies.get", "function", "(name)", "The value of a cookie."),
  member("pm.cookies.has", "function", "(name)", "Whether there is a cookie."),
  member("pm.cookies.toObject", "function", "()", "All of them."),
  member("pm.cookies.jar", "function", "()", "The jar, to set and clear cookies."),
  member("pm.sendRequest", "function", "(request, (error, response) => …)", "Sends another request."),
  member("pm.execution", "property", "", "What comes next in a run."),
  member(
    "pm.execution.setNextRequest",
    "function",
    "(name | null)",
    "The request that a run goes on with; null ends it.",
  ),
  member("pm.execution.skipRequest", "function", "()", "Does not send the request. Only before it."),
  member("pm.info", "property", "", "About this run."),
  member("pm.info.eventName", "property", "string", "prerequest or test."),
  member("pm.info.iteration", "property", "number", "Counted from 0."),
  member("pm.info.iterationCount", "property", "number", "How many there will be."),
  member("pm.info.requestName", "property", "string", ""),
  member("pm.info.requestId", "property", "string", ""),
];

/** Pieces that people write again and again. */
export const snippets: readonly { label: string; target: "prerequest" | "test"; text: string }[] = [
  {
    label: "Status code is 200",
    target: "test",
    text: 'pm.test("Status code is 200", () => {\n    pm.response.to.have.status(200);\n});\n',
  },
  {
    label: "JSON value check",
    target: "test",
    text: 'pm.test("The value is as expected", () => {\n    const body = pm.response.json();\n    pm.expect(body.value).to.equal(100);\n});\n',
  },
  {
    label: "Header is present",
    target: "test",
    text: 'pm.test("Content-Type is present", () => {\n    pm.response.to.have.header("Content-Type");\n});\n',
  },
  {
    label: "Response is quick",
    target: "test",
    text: 'pm.test("Answers within 200 ms", () => {\n    pm.expect(pm.response.responseTime).to.be.below(200);\n});\n',
  },
  {
    label: "Keep a value of the body",
    target: "test",
    text: 'pm.environment.set("token", pm.response.json().token);\n',
  },
  { label: "Set a variable", target: "prerequest", text: 'pm.environment.set("name", "value");\n' },
  {
    label: "Send another request first",
    target: "prerequest",
    text: 'pm.sendRequest("https://example.com/token", (error, response) => {\n    if (error) throw error;\n    pm.environment.set("token", response.json().token);\n});\n',
  },
  {
    label: "Add a header",
    target: "prerequest",
    text: 'pm.request.headers.upsert({ key: "X-Request-Time", value: new Date().toISOString() });\n',
  },
];
