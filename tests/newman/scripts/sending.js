// pm.sendRequest, with answers that are made up.

//# a URL
pm.sendRequest("http://peer.example/json", (error, response) => console.log(error, response.code, response.json()));

//# the answer's parts
pm.sendRequest("http://peer.example/json", (error, response) => {
  console.log(response.status, response.text(), response.headers.get("content-type"), response.headers.has("none"), response.responseTime);
});

//# assertions on the answer
pm.sendRequest("http://peer.example/json", (error, response) => {
  pm.test("a", () => pm.expect(response).to.have.status(200));
  pm.test("b", () => pm.expect(response).to.have.property("code", 201));
  pm.test("c", () => pm.expect(error).to.equal(null));
});

//# an answer that is not found
pm.sendRequest("http://peer.example/404", (error, response) => console.log(error, response.code, response.reason()));

//# all of a request
pm.sendRequest(
  { url: "http://peer.example/json", method: "POST", header: { "Content-Type": "application/json", "X-A": "1" }, body: { mode: "raw", raw: JSON.stringify({ a: 1 }) } },
  (error, response) => console.log(response.code),
);

//# headers as a list
pm.sendRequest({ url: "http://peer.example/", header: [{ key: "A", value: "b" }, { key: "C", value: "d" }] }, (error) => console.log(error));

//# headers as lines
pm.sendRequest({ url: "http://peer.example/", header: ["A: b", "C:d"] }, (error) => console.log(error));

//# headers as text
pm.sendRequest({ url: "http://peer.example/", header: "A: b\nC: d" }, (error) => console.log(error));

//# a form
pm.sendRequest({ url: "http://peer.example/", method: "POST", body: { mode: "urlencoded", urlencoded: [{ key: "a", value: "b c" }] } }, (error) => console.log(error));

//# a form as text
pm.sendRequest({ url: "http://peer.example/", method: "POST", body: { mode: "urlencoded", urlencoded: "a=1&b=2" } }, (error) => console.log(error));

//# a multipart form
pm.sendRequest({ url: "http://peer.example/", method: "POST", body: { mode: "formdata", formdata: [{ key: "a", value: "1" }] } }, (error) => console.log(error));

//# a body that is a text
pm.sendRequest({ url: "http://peer.example/", method: "POST", body: "plain" }, (error) => console.log(error));

//# graphql
pm.sendRequest({ url: "http://peer.example/", method: "POST", body: { mode: "graphql", graphql: { query: "{ a }" } } }, (error) => console.log(error));

//# a method in lower case
pm.sendRequest({ url: "http://peer.example/", method: "put" }, (error) => console.log(error));

//# a URL without a protocol
pm.sendRequest("peer.example/json", (error, response) => console.log(error, response.code));

//# a URL with a query
pm.sendRequest("http://peer.example/json?a=1&b=c d", (error, response) => console.log(error, response.code));

//# a URL as an object
pm.sendRequest({ url: { protocol: "http", host: ["peer", "example"], path: ["json"], query: [{ key: "a", value: "1" }] } }, (error, response) => console.log(error, response.code));

//# the request itself
pm.sendRequest(pm.request, (error, response) => console.log(error, response.code));

//# a Request of the library
const { Request } = require("postman-collection");
pm.sendRequest(new Request({ url: "http://peer.example/json", method: "GET" }), (error, response) => console.log(error, response.code));

//# variables are not replaced
pm.sendRequest("http://peer.example/{{e}}", (error) => console.log(error));

//# a refused connection
pm.sendRequest("http://peer.example/down", (error) => console.log(Boolean(error), error.code));

//# nothing to send
pm.sendRequest(undefined, (error) => console.log(error.message));

//# nothing to send and no one who asks
console.log(pm.sendRequest(undefined));

//# without a callback
pm.sendRequest("http://peer.example/json");

//# in turn
pm.sendRequest("http://peer.example/json?n=1", () => pm.sendRequest("http://peer.example/json?n=2", () => console.log("both")));

//# in a loop
for (const n of [1, 2, 3]) pm.sendRequest(`http://peer.example/json?n=${n}`, (error, response) => console.log(n, response.code));

//# a variable from an answer
pm.sendRequest("http://peer.example/json", (error, response) => pm.environment.set("token", response.json().token));

//# before the request [prerequest]
pm.sendRequest("http://peer.example/json", (error, response) => pm.request.headers.add({ key: "Token", value: response.json().token }));

//# an error in the callback
pm.sendRequest("http://peer.example/json", () => { throw new TypeError("in the callback"); });

//# a test in the callback
pm.sendRequest("http://peer.example/json", (error, response) => pm.test("got", () => pm.expect(response.json().token).to.equal("abc")));

//# an answer that is no JSON
pm.sendRequest("http://peer.example/text", (error, response) => {
  console.log(response.text());
  try { response.json(); } catch (error) { console.log(error.name, error.message); }
});

//# an answer without a body
pm.sendRequest("http://peer.example/empty", (error, response) => console.log(response.code, response.text(), response.responseSize));

//# the callback's this
pm.sendRequest("http://peer.example/json", function () { console.log(this === pm); });

//# what it returns with a callback
console.log(pm.sendRequest("http://peer.example/json", () => {}) === pm);

//# in a test with done
pm.test("async", (done) => pm.sendRequest("http://peer.example/json", (error, response) => { pm.expect(response.code).to.equal(200); done(); }));

//# authorization
pm.sendRequest({ url: "http://peer.example/", auth: { type: "basic", basic: [{ key: "username", value: "u" }, { key: "password", value: "p" }] } }, (error) => console.log(error));

//# an answer in Latin-1
pm.sendRequest("http://peer.example/latin", (error, response) => console.log(response.text()));

//# cookies of the answer
pm.sendRequest("http://peer.example/cookie", (error, response, { cookies }) => console.log(cookies.count !== undefined, response.headers.get("set-cookie")));

//# a wrapped promise
const get = (url) => new Promise((resolve, reject) => pm.sendRequest(url, (error, response) => (error ? reject(error) : resolve(response))));
(async () => {
  const response = await get("http://peer.example/json");
  console.log(response.json().token);
})();
