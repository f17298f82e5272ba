// pm.request: what scripts read of it, and what they change before it is sent.

//# method and URL
console.log(pm.request.method, pm.request.url.toString(), String(pm.request.url));

//# parts of the URL
const url = pm.request.url;
console.log(url.protocol, url.getHost(), url.getPath(), url.getPathWithQuery(), url.getQueryString(), url.getRemote(), url.getOAuth1BaseUrl());

//# the query
console.log(pm.request.url.query.get("page"), pm.request.url.query.has("none"), pm.request.url.query.toObject(), pm.request.url.query.count());

//# each of the query
pm.request.url.query.each((param) => console.log(param.key, param.value));

//# headers
console.log(pm.request.headers.get("X-One"), pm.request.headers.get("x-one"), pm.request.headers.has("none"), pm.request.headers.toObject());

//# getHeaders
console.log(pm.request.getHeaders(), pm.request.getHeaders({ ignoreCase: true }));

//# the body
console.log(pm.request.body.mode, pm.request.body.raw, pm.request.body.toString(), pm.request.body.isEmpty());

//# JSON of the body
console.log(JSON.parse(pm.request.body.raw).a);

//# toJSON
console.log(Object.keys(pm.request.toJSON()).sort());

//# the size
console.log(pm.request.size());

//# the description
console.log(pm.request.description && pm.request.description.toString());

//# assertions
pm.test("a header", () => pm.request.to.have.header("x-one"));
pm.test("no header", () => pm.request.to.have.header("none"));

//# a body's assertion
pm.test("a body", () => pm.request.to.have.body());
pm.test("this body", () => pm.request.to.have.body('{"a":1}'));
pm.test("another body", () => pm.request.to.have.body("other"));

//# clone
const copy = pm.request.clone();
copy.method = "PUT";
console.log(copy.method, pm.request.method);

//# another method [prerequest]
pm.request.method = "PUT";

//# a method in lower case [prerequest]
pm.request.method = "delete";
console.log(pm.request.method);

//# a header added [prerequest]
pm.request.headers.add({ key: "X-New", value: "1" });

//# a header added as a line [prerequest]
pm.request.headers.add("X-Line: 2");

//# a header changed [prerequest]
pm.request.headers.upsert({ key: "X-One", value: "changed" });

//# a header changed in another case [prerequest]
pm.request.headers.upsert({ key: "x-one", value: "changed" });

//# a header removed [prerequest]
pm.request.headers.remove("X-One");

//# addHeader and removeHeader [prerequest]
pm.request.addHeader({ key: "A", value: "b" });
pm.request.removeHeader("x-one", { ignoreCase: true });

//# upsertHeader [prerequest]
pm.request.upsertHeader({ key: "X-One", value: "2" });
pm.request.upsertHeader({ key: "X-Two", value: "2" });

//# removeHeader minds the case [prerequest]
pm.request.removeHeader("x-one");

//# all headers cleared [prerequest]
pm.request.headers.clear();

//# a header switched off [prerequest]
pm.request.headers.one("X-One").disabled = true;

//# a header's value by hand [prerequest]
pm.request.headers.one("X-One").value = "by hand";

//# addQueryParams as text [prerequest]
pm.request.addQueryParams("a=1&b=2");

//# addQueryParams as a list [prerequest]
pm.request.addQueryParams([{ key: "a", value: "1" }, "c=3"]);

//# removeQueryParams [prerequest]
pm.request.removeQueryParams("page");

//# removeQueryParams of several [prerequest]
pm.request.url.addQueryParams("x=1&y=2");
pm.request.removeQueryParams(["x", "page"]);

//# the query through its list [prerequest]
pm.request.url.query.add({ key: "q", value: "a b" });
pm.request.url.query.remove("page");

//# the query upserted [prerequest]
pm.request.url.query.upsert({ key: "page", value: "9" });

//# another URL [prerequest]
pm.request.url = "http://b.example/other?x=y";

//# another URL by update [prerequest]
pm.request.url.update("https://c.example:8443/p");

//# another host and path [prerequest]
pm.request.url.host = ["d", "example"];
pm.request.url.path = ["one", "two"];

//# another protocol and port [prerequest]
pm.request.url.protocol = "https";
pm.request.url.port = "444";

//# another raw body [prerequest]
pm.request.body.raw = '{"b":2}';

//# the body updated [prerequest]
pm.request.body.update({ mode: "raw", raw: "new" });

//# the body as a form [prerequest]
pm.request.body.update({ mode: "urlencoded", urlencoded: [{ key: "a", value: "1" }] });

//# the body as a multipart form [prerequest]
pm.request.body.update({ mode: "formdata", formdata: [{ key: "a", value: "1", type: "text" }] });

//# the body as text [prerequest]
pm.request.body.update("just text");

//# no body [prerequest]
pm.request.body = undefined;

//# authorization [prerequest]
pm.request.auth = { type: "basic", basic: [{ key: "username", value: "u" }, { key: "password", value: "p" }] };

//# authorizeUsing [prerequest]
pm.request.authorizeUsing("bearer", [{ key: "token", value: "t" }]);

//# update of all [prerequest]
pm.request.update({ url: "http://e.example/", method: "PATCH", header: [{ key: "K", value: "v" }] });

//# nothing changed [prerequest]
pm.request.headers.get("X-One");
pm.request.url.toString();

//# a variable stays as it is written [prerequest]
pm.request.headers.add({ key: "V", value: "{{e}}" });
console.log(pm.request.headers.get("V"));

//# forEachParent and meta
console.log(typeof pm.request.forEachParent, pm.request.parent());

//# ensureBody of a form [prerequest]
pm.request.body = { mode: "urlencoded", urlencoded: "a=1&b=2" };

//# a list of headers set [prerequest]
pm.request.headers.populate([{ key: "P", value: "1" }]);
pm.request.headers.insert({ key: "Q", value: "2" });

//# headers assimilated [prerequest]
pm.request.headers.assimilate([{ key: "X-One", value: "new" }, { key: "Z", value: "26" }], false);

//# what is no request's method
pm.request.send();
