// Cases that are whole runs: flow, data, file formats, files that are left.

import { auth, form, request, script, text } from "./build.mjs";

const get = (name, more = {}) => request(name, { url: `http://HOST/get?n=${name}`, ...more });
const next = (to) => `pm.execution.setNextRequest(${JSON.stringify(to)})`;
const show = (expression) => `pm.test(JSON.stringify(${expression}), () => {})`;
const three = [get("a"), get("b"), get("c")];

const flow = {
  "in order": { items: three },
  "three passes": { items: three, flags: ["-n", "3"] },
  "next by name": { items: [get("a", { test: next("c") }), get("b"), get("c")] },
  "next by id": { items: [get("a", { test: next("the-id") }), get("b"), { ...get("c"), id: "the-id" }] },
  "next is none": { items: [get("a", { test: next(null) }), get("b")], flags: ["-n", "2"] },
  "next is unknown": { items: [get("a", { test: next("nowhere") }), get("b")] },
  "next is a number": { items: [get("a", { test: "pm.execution.setNextRequest(1)" }), get("b")] },
  "next by the old name": { items: [get("a", { test: "postman.setNextRequest('c')" }), get("b"), get("c")] },
  "next before the request": { items: [get("a", { pre: next("c") }), get("b"), get("c")] },
  "next twice": { items: [get("a", { pre: next("b"), test: next("c") }), get("b"), get("c")] },
  "next of a doubled name": { items: [get("a", { test: next("b") }), get("b"), get("c", { test: next(null) }), get("b")] },
  "next in a circle, three times": { items: [get("a", { test: "pm.environment.set('n', (+pm.environment.get('n') || 0) + 1); if (pm.environment.get('n') < 3) pm.execution.setNextRequest('a')" }), get("b")] },
  "next out of a folder": { items: [{ name: "f", item: [get("a", { test: next("c") }), get("b")] }, get("c")] },
  "next is a folder": { items: [get("a", { test: next("f") }), get("b"), { name: "f", item: [get("c"), get("d")] }] },
  "next outside of the folder that is run": { items: [{ name: "f", item: [get("a", { test: next("c") }), get("b")] }, get("c")], flags: ["--folder", "f"] },
  "next after a skipped request": { items: [get("a", { pre: next("c") + "; pm.execution.skipRequest()" }), get("b"), get("c")] },
  "next after an error": { items: [get("a", { test: next("c") + "; throw new Error('x')" }), get("b"), get("c")] },
  "a folder": { items: [get("a"), { name: "f", item: [get("b"), { name: "g", item: [get("c")] }] }, get("d")], flags: ["--folder", "f"] },
  "two folders": { items: [{ name: "f", item: [get("a")] }, get("b"), { name: "g", item: [get("c")] }], flags: ["--folder", "g", "--folder", "f"] },
  "a request as a folder": { items: three, flags: ["--folder", "b"] },
  "an unknown folder": { items: three, flags: ["--folder", "nowhere"] },
  "folders in folders": { items: [{ name: "f", item: [{ name: "g", item: [get("a")] }, get("b")] }, { name: "h", item: [] }, get("c")] },
  "nothing in it": { items: [] },
  "bail": { items: [get("a", { test: "pm.test('no', () => { throw new Error('x') }); pm.test('after', () => {})" }), get("b")], flags: ["--bail"], },
  "bail on failure": { items: [get("a", { test: "pm.test('no', () => { throw new Error('x') })" }), get("b")], flags: ["--bail", "failure"] },
  "bail on a folder": { items: [get("a", { test: "pm.test('no', () => { throw new Error('x') })" }), get("b")], flags: ["--bail", "folder"] },
  "bail on a folder that is unknown": { items: three, flags: ["--bail", "folder", "--folder", "nowhere"] },
  "bail at an error of a script": { items: [get("a", { test: "throw new Error('x')" }), get("b")], flags: ["--bail"] },
  "bail at an error before": { items: [get("a", { pre: "throw new Error('x')", test: "pm.test('after', () => {})" }), get("b")], flags: ["--bail"] },
  "bail at no answer": { items: [request("a", { url: "http://127.0.0.1:1/", test: "pm.test('after', () => {})" }), get("b")], flags: ["--bail"] },
  "bail in the second pass": { items: [get("a", { test: "pm.test('t', () => pm.expect(pm.info.iteration).to.equal(0))" }), get("b")], flags: ["--bail", "-n", "3"] },
  "a failure is told by the code": { items: [get("a", { test: "pm.test('no', () => { throw new Error('x') })" }), get("b")] },
  "a failure is not told": { items: [get("a", { test: "pm.test('no', () => { throw new Error('x') })" })], flags: ["-x"] },
  "no answer is told by the code": { items: [request("a", { url: "http://127.0.0.1:1/", test: "pm.test(String(pm.response && pm.response.code), () => {})" })] },
  "a request that takes too long": { items: [request("a", { url: "http://HOST/delay/3" }), get("b")], flags: ["--timeout-request", "1000"] },
  "a script that takes too long": { items: [get("a", { test: "setTimeout(() => {}, 100000)" }), get("b")], flags: ["--timeout-script", "200"] },
  "redirects are left": { items: [request("a", "http://HOST/redirect/1"), request("b", { url: "http://HOST/redirect/1", behavior: { followRedirects: true } })], flags: ["--ignore-redirects"] },
  "delays": { items: [get("a"), get("b")], flags: ["--delay-request", "20"] },
  "variables of flags": { items: [request("a", "http://HOST/get?a={{x}}&b={{y}}")], flags: ["--env-var", "x=1", "--global-var", "y=a=b"] },
  "variables of flags over files": { items: [request("a", "http://HOST/get?a={{x}}&b={{y}}")], environment: { name: "e", values: [{ key: "x", value: "file" }] }, globals: { values: [{ key: "y", value: "file" }] }, flags: ["--env-var", "x=flag", "--global-var", "y=flag"] },
  "variables of passes": { items: [get("a", { test: "pm.variables.set('l', 1); pm.environment.set('n', (pm.environment.get('n') || 0) + 1); " + show("[pm.variables.get('l'), pm.info.iteration]"), pre: show("pm.variables.get('l') === undefined") }), get("b", { pre: show("pm.variables.get('l')") })], flags: ["-n", "2"] },
  "cookies of passes": { items: [request("a", "http://HOST/cookies"), request("b", "http://HOST/cookies/set?c=1")], flags: ["-n", "2"] },
  "the same name twice": { items: [get("a", { test: "pm.test('1', () => {})" }), get("a", { test: "pm.test('2', () => {})" })] },
  "files of a working folder": { items: [request("a", { url: "http://HOST/post", body: form("formdata", [{ key: "f", type: "file", src: "inside.txt" }]) })], files: { "work/inside.txt": "in" }, flags: ["--working-dir", "work"] },
  "files outside are refused": { items: [request("a", { url: "http://HOST/post", body: form("formdata", [{ key: "f", type: "file", src: "../outside.txt" }]) })], files: { "work/inside.txt": "in", "outside.txt": "out" }, flags: ["--working-dir", "work", "--no-insecure-file-read"] },
  "files outside are read": { items: [request("a", { url: "http://HOST/post", body: form("formdata", [{ key: "f", type: "file", src: "../outside.txt" }]) })], files: { "work/inside.txt": "in", "outside.txt": "out" }, flags: ["--working-dir", "work"] },
};

const row = [request("a", { url: "http://HOST/get?a={{a}}&b={{b}}", test: show("[pm.iterationData.toObject(), pm.iterationData.get('a'), typeof pm.iterationData.get('a'), pm.iterationData.has('none'), data.b]") })];
const csv = (content) => ({ items: row, files: { "data.csv": content }, flags: ["-d", "data.csv"] });
const json = (content) => ({ items: row, files: { "data.json": content }, flags: ["-d", "data.json"] });
const data = {
  "csv": csv("a,b\n1,2\n3,4\n"),
  "csv of types": csv("a,b\n01,1e3\n-1.5,true\nnull,\n0x10, 7 \n1_000,Infinity\n.5,1.\n+3,12345678901234567890\n"),
  "csv with quotes": csv('a,b\n"x,y","say ""hi"""\n"two\nlines",\'q\'\n'),
  "csv with a mark": csv("\ufeffa,b\n1,2\n"),
  "csv with CRLF": csv("a,b\r\n1,2\r\n"),
  "csv with blanks": csv(" a , b \n 1 , 2 \n"),
  "csv with empty lines": csv("a,b\n\n1,2\n\n\n3,4"),
  "csv with short rows": csv("a,b\n1\n"),
  "csv with long rows": csv("a,b\n1,2,3\n"),
  "csv with semicolons": csv("a;b\n1;2\n"),
  "csv with a name twice": csv("a,a\n1,2\n"),
  "csv without rows": csv("a,b\n"),
  "csv, more passes than rows": { ...csv("a,b\n1,2\n3,4\n"), flags: ["-d", "data.csv", "-n", "3"] },
  "csv, fewer passes than rows": { ...csv("a,b\n1,2\n3,4\n"), flags: ["-d", "data.csv", "-n", "1"] },
  "json": json('[{"a":1,"b":"x"},{"a":true,"b":null},{"a":{"c":1},"b":[1]}]'),
  "json of one": json('{"a":1}'),
  "json, empty": json("[]"),
  "json that is none": json("[{"),
  "data over the environment": { items: [request("a", "http://HOST/get?a={{a}}")], environment: { name: "e", values: [{ key: "a", value: "env" }] }, files: { "data.json": '[{"a":"row"}]' }, flags: ["-d", "data.json"] },
  "no such file": { items: row, flags: ["-d", "missing.csv"] },
};

const formats = {
  "v1": {
    file: {
      id: "c1", name: "old", order: ["r1"], folders_order: ["f1"], folders: [{ id: "f1", name: "f", order: ["r2"] }],
      requests: [
        { id: "r1", name: "one", method: "GET", url: "http://HOST/get?a=1", headers: "X-A: 1\n//X-B: 2\n", tests: "tests['t'] = responseCode.code === 200;", preRequestScript: "postman.setGlobalVariable('g', 1);", data: [], dataMode: "params", collectionId: "c1" },
        { id: "r2", name: "two", method: "POST", url: "http://HOST/post", headers: "Content-Type: application/json", dataMode: "raw", rawModeData: '{"a":1}', collectionId: "c1", folder: "f1" },
      ],
    },
  },
  "v1 with forms": {
    file: {
      id: "c1", name: "old", order: ["r1", "r2"],
      requests: [
        { id: "r1", name: "one", method: "POST", url: "http://HOST/post", headers: "", dataMode: "urlencoded", data: [{ key: "a", value: "b c", enabled: true, type: "text" }, { key: "x", value: "y", enabled: false, type: "text" }], collectionId: "c1" },
        { id: "r2", name: "two", method: "POST", url: "http://HOST/post", headers: "", dataMode: "params", data: [{ key: "a", value: "b c", type: "text" }], currentHelper: "basicAuth", helperAttributes: { id: "basic", username: "u", password: "p" }, collectionId: "c1" },
      ],
    },
  },
  "v2.0": {
    file: {
      info: { name: "c", schema: "https://schema.getpostman.com/json/collection/v2.0.0/collection.json" },
      auth: { type: "basic", basic: { username: "u", password: "p" } },
      item: [{ name: "one", event: [{ listen: "test", script: { exec: "pm.test('t', () => {})" } }], request: { method: "POST", header: [{ key: "X-A", value: "1" }], body: { mode: "urlencoded", urlencoded: [{ key: "a", value: "b" }] }, url: { raw: "http://HOST/post?x={{v}}", query: [{ key: "x", value: "{{v}}" }], protocol: "http", host: ["HOST"], path: ["post"] } } }],
      variable: [{ id: "v", value: "from v2.0" }],
    },
  },
  "no schema": { file: { info: { name: "c" }, item: [{ name: "one", request: "http://HOST/get" }] } },
  "a request as a text": { file: { info: { name: "c" }, item: [{ name: "one", request: "http://HOST/get?a=b" }] } },
  "within collection": { file: { collection: { info: { name: "c" }, item: [{ name: "one", request: "http://HOST/get" }] } } },
  "items without requests": { file: { info: { name: "c" }, item: [{ name: "empty" }, { name: "one", request: { url: "http://HOST/get" } }] } },
  "items without names": { file: { info: { name: "c" }, item: [{ request: { url: "http://HOST/get" } }] } },
  "scripts as texts": { file: { info: { name: "c" }, item: [{ name: "one", request: { url: "http://HOST/get" }, event: [{ listen: "test", script: "pm.test('t', () => {})" }] }] } },
  "scripts of another type": { file: { info: { name: "c" }, item: [{ name: "one", request: { url: "http://HOST/get" }, event: [{ listen: "test", script: { type: "text/plain", exec: ["pm.test('t', () => {})"] } }] }] } },
  "disabled scripts": { file: { info: { name: "c" }, item: [{ name: "one", request: { url: "http://HOST/get" }, event: [{ listen: "test", disabled: true, script: { exec: ["pm.test('t', () => {})"] } }] }] } },
  "two scripts": { file: { info: { name: "c" }, item: [{ name: "one", request: { url: "http://HOST/get" }, event: [{ listen: "test", script: { exec: ["pm.test('1', () => {})"] } }, { listen: "test", script: { exec: ["pm.test('2', () => {})"] } }] }] } },
  "descriptions": { file: { info: { name: "c", description: { content: "# x", type: "text/markdown" } }, item: [{ name: "one", description: "d", request: { url: "http://HOST/get", description: "d", header: [{ key: "X-A", value: "1", description: "d" }] } }] } },
  "no JSON": { text: "{" },
  "a list": { text: "[]" },
  "a number": { text: "7" },
  "an environment instead": { file: { name: "e", values: [{ key: "a", value: "b" }] } },
};

const tls = {
  "every version": { items: [request("a", "https://TLS/get")], flags: ["-k"] },
  "a trusted authority": { items: [request("a", "https://TLS/get")], flags: ["--ssl-extra-ca-certs", "CERTS/ca.pem"] },
  "an unknown authority": { items: [request("a", "https://TLS/get")] },
  "an unknown authority, not strict": { items: [request("a", { url: "https://TLS/get", behavior: { strictSSL: false } })] },
  "strict in spite of the flag": { items: [request("a", { url: "https://TLS/get", behavior: { strictSSL: true } })], flags: ["-k"] },
  "1.2 alone": { items: [request("a", "https://TLS12/get")], flags: ["-k"] },
  "1.3 alone": { items: [request("a", "https://TLS13/get")], flags: ["-k"] },
  "1.2 disabled": { items: [request("a", { url: "https://TLS12/get", behavior: { tlsDisabledProtocols: ["TLSv1_2"] } })], flags: ["-k"] },
  "1.3 disabled": { items: [request("a", { url: "https://TLS13/get", behavior: { tlsDisabledProtocols: ["TLSv1_3"] } })], flags: ["-k"] },
  "1.3 disabled, 1.2 there": { items: [request("a", { url: "https://TLS/get", behavior: { tlsDisabledProtocols: ["TLSv1_3"] } })], flags: ["-k"] },
  "a cipher": { items: [request("a", { url: "https://TLS12/get", behavior: { tlsCipherSelection: ["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256"] } })], flags: ["-k"] },
  "the ciphers in the other order": { items: [request("a", { url: "https://TLS12/get", behavior: { tlsCipherSelection: ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"] } })], flags: ["-k"] },
  "the server's order": { items: [request("a", { url: "https://TLS12/get", behavior: { tlsPreferServerCiphers: true, tlsCipherSelection: ["ECDHE-ECDSA-AES128-GCM-SHA256"] } })], flags: ["-k"] },
  "ciphers nobody knows": { items: [request("a", { url: "https://TLS/get", behavior: { tlsCipherSelection: ["RANDOM"] } })], flags: ["-k"] },
  "expired": { items: [request("a", "https://EXPIRED/get")], flags: ["--ssl-extra-ca-certs", "CERTS/ca.pem"] },
  "expired, not strict": { items: [request("a", "https://EXPIRED/get")], flags: ["-k"] },
  "for another host": { items: [request("a", "https://OTHERHOST/get")], flags: ["--ssl-extra-ca-certs", "CERTS/ca.pem"] },
  "http where https is": { items: [request("a", "http://TLS/get")] },
  "https where http is": { items: [request("a", "https://HOST/get")], flags: ["-k"] },
  "from http to https": { items: [request("a", "http://HOST/redirect-to?url=https://TLS/get")], flags: ["-k"] },
};

const client = ["-k", "--ssl-client-cert", "CERTS/client.pem"];
const listed = (matches, more = {}) => ({ items: [request("a", "https://TLS/get")], files: { "list.json": JSON.stringify([{ name: "one", matches, key: { src: "CERTS/client.key" }, cert: { src: "CERTS/client.pem" }, ...more }]) }, flags: ["-k", "--ssl-client-cert-list", "list.json"] });
const certificates = {
  "a certificate": { items: [request("a", "https://TLS/get")], flags: [...client, "--ssl-client-key", "CERTS/client.key"] },
  "an encrypted key": { items: [request("a", "https://TLS/get")], flags: [...client, "--ssl-client-key", "CERTS/encrypted.key", "--ssl-client-passphrase", "secret"] },
  "a wrong passphrase": { items: [request("a", "https://TLS/get")], flags: [...client, "--ssl-client-key", "CERTS/encrypted.key", "--ssl-client-passphrase", "wrong"] },
  "a key of another": { items: [request("a", "https://TLS/get")], flags: [...client, "--ssl-client-key", "CERTS/other.key"] },
  "not for http": { items: [request("a", "http://HOST/get")], flags: [...client, "--ssl-client-key", "CERTS/client.key"] },
  "by all": listed(["<all_urls>"]),
  "by host and port": listed(["https://TLS/*"]),
  "by host, another port": listed(["https://CASE.localhost:1/*"]),
  "by host, any port": listed(["https://CASE.localhost:*/*"]),
  "by suffix": listed(["https://*.localhost:*/*"]),
  "by another host": listed(["https://other.example/*"]),
  "by any host without a port": listed(["https://*/*"]),
  "without a path": listed(["https://TLS"]),
  "by a path": listed(["https://TLS/g*"]),
  "by another path": listed(["https://TLS/x*"]),
  "of another scheme": listed(["http://*:*/*"]),
  "a list with a PFX": { items: [request("a", "https://TLS/get")], files: { "list.json": JSON.stringify([{ matches: ["https://TLS/*"], pfx: { src: "CERTS/client.pfx" }, passphrase: "secret" }]) }, flags: ["-k", "--ssl-client-cert-list", "list.json"] },
  "a PFX with a wrong passphrase": { items: [request("a", "https://TLS/get")], files: { "list.json": JSON.stringify([{ matches: ["https://TLS/*"], pfx: { src: "CERTS/client.pfx" }, passphrase: "wrong" }]) }, flags: ["-k", "--ssl-client-cert-list", "list.json"] },
  "the first of two": { items: [request("a", "https://TLS/get")], files: { "list.json": JSON.stringify([{ matches: ["https://TLS/*"], key: { src: "CERTS/client.key" }, cert: { src: "CERTS/client.pem" } }, { matches: ["https://TLS/*"], pfx: { src: "CERTS/other.pfx" }, passphrase: "secret" }]) }, flags: ["-k", "--ssl-client-cert-list", "list.json"] },
  "the list before the flags": { ...listed(["https://TLS/*"]), flags: ["-k", "--ssl-client-cert-list", "list.json", "--ssl-client-cert", "CERTS/other.pem", "--ssl-client-key", "CERTS/other.key"] },
};

const named = (kind, table) => Object.entries(table).map(([name, spec]) => ({ name: `${kind}: ${name}`, whole: true, ...spec }));

export const groups = [...named("flow", flow), ...named("data", data), ...named("format", formats), ...named("tls", tls), ...named("certificate", certificates)];
