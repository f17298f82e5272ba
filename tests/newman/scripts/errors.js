// Errors, and how they are worded.

//# thrown
throw new Error("mine");

//# a text
throw "text";

//# an object
throw { name: "Mine", message: "object", code: 5 };

//# a number
throw 5;

//# null
throw null;

//# undefined name
noSuchName.field;

//# a field of undefined
const o = {};
o.a.b;

//# a field of null
const o = { a: null };
o.a.b.c;

//# set on undefined
let u;
u.x = 1;

//# a call of undefined
const o = {};
o.method();

//# a call of a number
const five = 5;
five();

//# a call of a result
const f = () => undefined;
f()();

//# new of what is none
const o = {};
new o.Thing();

//# a constant
const c = 1;
c = 2;

//# before its time
x;
let x = 1;

//# twice the same name
let twice = 1;
let twice = 2;

//# an index of undefined
const list = undefined;
list[0];

//# a spread of nothing
const nothing = undefined;
[...nothing];

//# destructuring nothing
const { a } = undefined;

//# destructuring null
const { a } = null;

//# not iterable
for (const x of 5) console.log(x);

//# JSON of nothing
JSON.parse("");

//# broken JSON
JSON.parse("{x");

//# JSON with a comma
JSON.parse('{"a":1,}');

//# JSON undefined
JSON.parse(undefined);

//# a circle
const o = {};
o.o = o;
JSON.stringify(o);

//# no end of recursion
const f = () => f();
try { f(); } catch (error) { console.log(error.name, error.message); }

//# an invalid length
new Array(-1);

//# an invalid date
new Date(NaN).toISOString();

//# toFixed
(1).toFixed(101);

//# a broken URI
decodeURIComponent("%");

//# a broken pattern
new RegExp("(");

//# a symbol as text
`${Symbol("s")}`;

//# BigInt and a number
1n + 1;

//# in of a text
"a" in "abc";

//# instanceof of none
({}) instanceof 5;

//# a frozen object in strict mode
"use strict";
const o = Object.freeze({ a: 1 });
o.a = 2;

//# a class without new
class A {}
A();

//# this in a derived class
class A {}
class B extends A { constructor() { this.x = 1; } }
new B();

//# a private field of another
class A { #x = 1; static x(o) { return o.#x; } }
A.x({});

//# an error of one's own
class Own extends Error { constructor(message) { super(message); this.name = "Own"; } }
throw new Own("made");

//# an error with a cause
throw new Error("outer", { cause: new Error("inner") });

//# an aggregate
throw new AggregateError([new Error("a")], "several");

//# a syntax error
let = = 1;

//# an unexpected token
const a = );

//# an unclosed text
const a = "abc

//# a stray word
foo bar

//# an unclosed call
console.log("a"

//# return at the top
console.log("before");
return;
console.log("after");

//# caught
try { undefinedName; } catch (error) { console.log(error.name, error.message, error instanceof ReferenceError); }

//# a stack
try { throw new Error("x"); } catch (error) { console.log(typeof error.stack, error.stack.split("\n")[0]); }

//# eval
console.log(eval("1 + 1"), new Function("a", "return a * 2")(4));

//# an error in a getter
const o = { get a() { throw new Error("getter"); } };
o.a;

//# an error in a callback of the language
[1].map(() => { throw new Error("map"); });

//# an error in a sort
[2, 1].sort(() => { throw new TypeError("sort"); });

//# reduce of nothing
[].reduce((a, b) => a + b);

//# a method of a number
(5).length.x;

//# a method called on null by name
null.toString();

//# optional chaining saves
console.log(undefined?.x, null?.[0], ({}).f?.());

//# before the request [prerequest]
throw new Error("before");

//# the response before the request [prerequest]
pm.response.json();

//# what is no JSON
pm.response.json = undefined;
JSON.parse("<html>");
