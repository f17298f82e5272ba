// The API of the first Postman.

//# tests
tests["yes"] = true;
tests["no"] = false;
tests["text"] = "x";
tests["zero"] = 0;
tests["null"] = null;
tests["undefined"] = undefined;

//# tests by name
tests.one = responseCode.code === 200;
tests.two = responseBody.includes("Ada");

//# tests beside pm.test
pm.test("new", () => {});
tests["old"] = true;

//# tests and an error
tests["before"] = true;
throw new Error("after");

//# tests replaced
tests = { replaced: true };

//# tests before the request [prerequest]
tests["before"] = request.method === "POST";

//# response
console.log(responseBody.length, responseCode, responseTime);

//# response headers
console.log(responseHeaders, postman.getResponseHeader("content-type"), postman.getResponseHeader("none"));

//# request
console.log(request.method, request.url, request.headers, request.data, request.name, request.id);

//# environment and globals
console.log(environment.e, globals.g, environment.none, Object.keys(environment).length > 3);

//# set and read
postman.setEnvironmentVariable("made", "1");
postman.setGlobalVariable("gmade", "2");
console.log(postman.getEnvironmentVariable("made"), postman.getGlobalVariable("gmade"), environment.made, globals.gmade);

//# values become text
postman.setEnvironmentVariable("number", 1);
postman.setEnvironmentVariable("object", { a: 1 });
postman.setEnvironmentVariable("true", true);
postman.setEnvironmentVariable("false", false);
postman.setEnvironmentVariable("null", null);
postman.setEnvironmentVariable("undefined", undefined);
postman.setEnvironmentVariable("zero", 0);

//# clear one
postman.clearEnvironmentVariable("e");
postman.clearGlobalVariable("g");
console.log(environment.e, globals.g, pm.environment.has("e"));

//# clear all
postman.clearEnvironmentVariables();
postman.clearGlobalVariables();
console.log(Object.keys(environment), Object.keys(globals));

//# setNextRequest
postman.setNextRequest("Next");

//# setNextRequest null
postman.setNextRequest(null);

//# a changed environment object stays here
environment.changed = 1;
console.log(environment.changed, pm.environment.get("changed"));

//# xml2Json
console.log(xml2Json("<a x='1'><b>text</b><b>two</b><c/></a>"));

//# xml2Json of nothing
console.log(xml2Json(""), xml2Json("<broken"));

//# lodash
console.log(_.map([1, 2], (n) => n * 2), _.VERSION, _.pluck([{ a: 1 }], "a"));

//# CryptoJS
console.log(CryptoJS.MD5("a").toString(), CryptoJS.HmacSHA256("a", "k").toString(), CryptoJS.enc.Base64.stringify(CryptoJS.enc.Utf8.parse("text")));

//# CryptoJS AES
const sealed = CryptoJS.AES.encrypt("text", "key").toString();
console.log(CryptoJS.AES.decrypt(sealed, "key").toString(CryptoJS.enc.Utf8));

//# tv4
console.log(tv4.validate({ a: 1 }, { type: "object" }), tv4.validate(1, { type: "string" }), tv4.error.message);

//# cheerio
const $ = cheerio.load("<h1>Title</h1><p class='x'>Text</p>");
console.log($("h1").text(), $("p.x").text(), $("p").attr("class"));

//# Backbone
const Model = Backbone.Model.extend({ defaults: { a: 1 } });
console.log(new Model().get("a"));

//# base64
console.log(btoa("text"), atob("dGV4dA=="));

//# methods of Sugar
console.log([1, 2, 3].last(), "a-b".camelize(), [1, 2, 3].sum());

//# nothing of the answer before the request [prerequest]
console.log(typeof responseBody, typeof responseCode, typeof responseHeaders, typeof responseTime);

//# postman before the request [prerequest]
console.log(typeof postman.getResponseHeader, typeof postman.setEnvironmentVariable);
