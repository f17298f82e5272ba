// What scripts may require.

//# lodash
const lodash = require("lodash");
console.log(lodash.VERSION, lodash.get({ a: [{ b: 1 }] }, "a[0].b"), lodash.groupBy([1.2, 1.8, 2.1], Math.floor), lodash.camelCase("a b-c"));

//# moment
const moment = require("moment");
console.log(moment("2020-02-29").add(1, "year").format("YYYY-MM-DD"), moment.utc(0).toISOString(), moment.duration(90, "minutes").humanize());

//# uuid
const uuid = require("uuid");
console.log(/^[0-9a-f]{8}-[0-9a-f]{4}-4/.test(uuid.v4()));

//# crypto-js
const crypto = require("crypto-js");
console.log(crypto.SHA256("a").toString(), crypto.SHA1("a").toString(crypto.enc.Base64), crypto.HmacSHA1("a", "b").toString(), crypto.PBKDF2("p", "s", { keySize: 4, iterations: 2 }).toString());

//# ajv
const Ajv = require("ajv");
const ajv = new Ajv({ allErrors: true });
console.log(ajv.validate({ properties: { a: { type: "string", minLength: 3 }, b: { format: "email" } } }, { a: "x", b: "no" }), ajv.errorsText());

//# tv4
const validator = require("tv4");
console.log(validator.validateResult({ a: "x" }, { properties: { a: { type: "number" } } }).error.message);

//# cheerio
const $ = require("cheerio").load("<ul><li>1</li><li>2</li></ul>");
console.log($("li").map((i, li) => $(li).text()).get(), $.html());

//# xml2js
require("xml2js").parseString("<r><a>1</a></r>", (error, json) => console.log(error, json));

//# xml2js with options
require("xml2js").parseString("<r k='v'><a>1</a></r>", { explicitArray: false, mergeAttrs: true }, (error, json) => console.log(json));

//# csv-parse
const parse = require("csv-parse/lib/sync");
console.log(parse("a,b\n1,\"two, three\"", { columns: true }), parse("x;y", { delimiter: ";" }));

//# backbone
const { Events } = require("backbone");
console.log(typeof Events.on);

//# chai
const chai = require("chai");
console.log(chai.version, typeof chai.expect, typeof chai.assert);

//# postman-collection
const { Collection, Request, Url, Header } = require("postman-collection");
console.log(new Url("http://a.example/b?c=1").query.toObject(), new Request("http://x").method, Header.parse("A: b"), new Collection({ item: [{ name: "i" }] }).items.count());

//# buffer
console.log(Buffer.from("text").toString("base64"), Buffer.from("74657874", "hex").toString(), Buffer.concat([Buffer.from("a"), Buffer.from("b")]).length, require("buffer").Buffer === Buffer);

//# path, url and querystring
console.log(require("path").join("a", "..", "b"), require("url").parse("http://u:p@h:1/p?q=1#f").auth, require("querystring").parse("a=1&a=2&b=%20"), require("querystring").stringify({ a: [1, 2] }));

//# util and assert
const util = require("util");
console.log(util.format("%s %d", "a", 1), util.inspect({ a: { b: [1] } }), util.isArray([]));
try { require("assert").strictEqual(1, 2); } catch (error) { console.log(error.name); }

//# events
const Emitter = require("events");
const emitter = new Emitter();
emitter.on("x", (value) => console.log("got", value));
emitter.emit("x", 1);

//# string_decoder, punycode and stream
const { StringDecoder } = require("string_decoder");
console.log(new StringDecoder("utf8").write(Buffer.from([0xe2, 0x82, 0xac])), require("punycode").toASCII("mañana.com"), typeof require("stream").Readable);

//# atob and btoa
console.log(require("atob")("YQ=="), require("btoa")("a"));

//# the name of an old global declared again
const _ = require("lodash");
console.log(_.VERSION);

//# nothing of that name
require("no-such-module");

//# no file
require("./file");

//# no fs
console.log(typeof require("fs"));

//# twice the same
console.log(require("lodash") === require("lodash"));

//# moment with a broken date
console.log(require("moment")("nonsense", "YYYY").isValid());

//# a hash of a long text
console.log(require("crypto-js").SHA512("x".repeat(10000)).toString().slice(0, 16));

//# faker through replaceIn
console.log(pm.variables.replaceIn("{{$randomInt}}").length > 0, pm.variables.replaceIn("{{$randomEmail}}").includes("@"));
