// The language itself, and what scripts leave behind.

//# newer syntax
class A { #p = 1; get p() { return this.#p; } static s = 2; }
const { a = 1, ...rest } = { b: 2 };
console.log(new A().p, A.s, a, rest, null ?? "x", ({}).y?.z, 2 ** 3);

//# lists
console.log([1, [2, [3]]].flat(Infinity), [3, 1, 2].sort(), [1, 2, 3].at(-1), [1, 2].includes(2), Array.from("ab"), Array.of(1, 2), [1, 2, 3].findLast((n) => n < 3));

//# texts
console.log("aXbX".replaceAll("X", ""), "x".padStart(3, "-"), " a ".trim(), "abc".at(-1), "a,b".split(","), "é".normalize("NFD").length);

//# objects
console.log(Object.entries({ a: 1 }), Object.fromEntries([["k", 1]]), Object.assign({}, { a: 1 }, { b: 2 }), structuredCloneIsThere());
function structuredCloneIsThere() { return "hasOwn" in Object; }

//# numbers
console.log(0.1 + 0.2, (1.005).toFixed(2), Number("0x10"), parseInt("12px"), Number.MAX_SAFE_INTEGER, 1e21, (255).toString(16), (1234.5678).toPrecision(6));

//# dates
console.log(new Date(0).toISOString(), new Date("2020-01-02T03:04:05Z").getTime(), Date.UTC(2020, 1, 29), new Date(2020, 0, 1).getFullYear());

//# patterns
console.log("a1b2".replace(/\d/g, "x"), "2020-01-02".match(/(?<y>\d+)-(?<m>\d+)/).groups.y, [..."a1b2".matchAll(/\d/g)].map((m) => m[0]), /^\p{L}+$/u.test("äö"), "ab".replace(/(?<=a)b/, "c"));

//# generators
function* count() { yield 1; yield 2; }
console.log([...count()]);

//# proxies and reflection
const p = new Proxy({}, { get: (_target, name) => `got ${String(name)}` });
console.log(p.x, Reflect.ownKeys({ a: 1, [Symbol.iterator]: 2 }).length);

//# sets and maps
console.log([...new Set([1, 1, 2])], new Map([["a", 1]]).get("a"), new WeakMap() instanceof WeakMap);

//# typed arrays
console.log([...new Uint8Array([1, 256, 3])], new DataView(new ArrayBuffer(4)).byteLength);

//# JSON
console.log(JSON.stringify({ a: undefined, b: () => 1, c: NaN, d: new Date(0) }), JSON.stringify([1, { a: 2 }], null, 2), JSON.parse("[1]")[0]);

//# a byte order mark before JSON
console.log(JSON.parse("\uFEFF[1]"));

//# encodings
console.log(encodeURIComponent("a b&ü"), decodeURIComponent("%C3%BC"), escape("ü"), encodeURI("http://a/b c"));

//# labels and switches
outer: for (const a of [1, 2]) for (const b of [1, 2]) { if (b === 2) continue outer; console.log(a, b); }
switch ("x") { case "x": console.log("x"); default: console.log("falls"); }

//# closures
const counters = [];
for (let i = 0; i < 3; i++) counters.push(() => i);
console.log(counters.map((c) => c()));

//# tagged templates
const tag = (parts, ...values) => parts.raw.join("|") + values.join(",");
console.log(tag`a${1}b${2}c`);

//# a global is left behind
leftBehind = { n: 1 };
console.log(typeof leftBehind);

//# a global that was left behind
leftBehind.n += 1;
console.log(leftBehind);

//# const is not left behind
const mine = 1;
console.log(typeof mine);

//# const that was not left behind
console.log(typeof mine);

//# var is not left behind
var local = 1;

//# var that was not left behind
console.log(typeof local);

//# a function left behind
shared = function (n) { return n * 2; };

//# a function that was left behind
console.log(shared(21));

//# functions kept as text
pm.globals.set("f", "(function (n) { return n + 1; })");
console.log(eval(pm.globals.get("f"))(1));

//# this
console.log(typeof this, this === globalThis);

//# nothing of the host
console.log(typeof process, typeof module, typeof exports, typeof __dirname, typeof window, typeof document);

//# the world of the web
console.log(typeof URL, typeof fetch, typeof TextEncoder, typeof crypto, typeof structuredClone, typeof Blob, typeof AbortController);

//# use strict
"use strict";
console.log((function () { return this; })());

//# a locale
console.log((1234.5).toLocaleString("en-US"), "a".localeCompare("b"), typeof Intl);

//# bits
console.log(5 & 3, 5 | 3, 5 ^ 3, ~5, 1 << 3, -8 >>> 28, 7 % -3, -7 % 3);

//# comparison
console.log([10, 9, 1].sort(), [10, 9, 1].sort((a, b) => a - b), null == undefined, "1" == 1, NaN === NaN, Object.is(-0, 0));

//# a long computation
let sum = 0;
for (let i = 0; i < 100000; i++) sum += i % 7;
console.log(sum);

//# comments only
// nothing here

//# sandbox2
"use sandbox2";
console.log(typeof tests, typeof pm);
