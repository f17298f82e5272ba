// pm.response: what scripts read of it.

//# code, status and time
console.log(pm.response.code, pm.response.status, pm.response.reason(), pm.response.responseTime);

//# text and json
console.log(pm.response.text().length, pm.response.json().user.name, pm.response.json().tags);

//# json with a reviver
console.log(pm.response.json((key, value) => (typeof value === "number" ? value * 2 : value)).id);

//# jsonp
console.log(pm.response.jsonp().id);

//# headers
console.log(pm.response.headers.get("content-type"), pm.response.headers.get("X-TWICE"), pm.response.headers.has("none"), pm.response.headers.get("none"));

//# headers as an object
console.log(pm.response.headers.toObject());

//# headers as an object without case
console.log(pm.response.headers.toObject(false, false), pm.response.headers.toObject(true, false, true));

//# one header
const one = pm.response.headers.one("content-type");
console.log(one.key, one.value, one.valueOf(), one.toString());

//# all headers
console.log(pm.response.headers.all().map((header) => header.key), pm.response.headers.count());

//# each header
pm.response.headers.each((header) => console.log(header.key + "=" + header.value));

//# find, filter, map, reduce
const { headers } = pm.response;
console.log(headers.find({ key: "X-Twice" }).value, headers.filter((h) => h.key.startsWith("X")).length, headers.map((h) => h.value), headers.reduce((all, h) => all + h.key, ""));

//# has with a value
console.log(pm.response.headers.has("x-twice", "one"), pm.response.headers.has("x-twice", "three"));

//# idx and indexOf
console.log(pm.response.headers.idx(0).key, pm.response.headers.indexOf("x-twice"));

//# details
console.log(pm.response.details());

//# size
console.log(pm.response.size());

//# content info
console.log(pm.response.contentInfo());

//# mime
console.log(pm.response.mime());

//# data URI
console.log(pm.response.dataURI());

//# encoding
console.log(pm.response.encoding());

//# the stream
console.log(pm.response.stream.toString("utf8").slice(0, 8), pm.response.stream.length);

//# cookies of the answer
console.log(pm.response.cookies.count());

//# toJSON
console.log(Object.keys(pm.response.toJSON()).sort());

//# the body's member
console.log(typeof pm.response.body);

//# a header's contentSize
console.log(pm.response.headers.contentSize());

//# a changed header
pm.response.headers.upsert({ key: "X-Made", value: "1" });
console.log(pm.response.headers.get("x-made"), pm.response.headers.count());

//# a set code
pm.response.code = 500;
console.log(pm.response.code);

//# describe
console.log(typeof pm.response.describe, pm.response.description);

//# the old names
console.log(responseCode.code, responseCode.name, responseBody.length, responseTime, responseHeaders["Content-Type"]);

//# the parts as text
console.log(`${pm.response.code} ${pm.response.status}`, String(pm.response.headers.one("x-twice")));

//# a path into the body
const { tags: [first, ...rest], user: { name = "none", age = 36 } } = pm.response.json();
console.log(first, rest, name, age);

//# what is no method
pm.response.jsn();
