// pm.test and the console.

//# passes, fails and is skipped
pm.test("passes", () => {});
pm.test("fails", () => { throw new Error("no"); });
pm.test.skip("skipped", () => { throw new Error("never"); });

//# without a function
pm.test("nothing");
pm.test("a text", "text");

//# without a name
pm.test();
pm.test(undefined, () => {});
pm.test(null, () => {});

//# names of all kinds
pm.test(1, () => {});
pm.test({ a: 1 }, () => {});
pm.test(["a", "b"], () => {});
pm.test("ü \n 😀", () => {});
pm.test("", () => {});

//# the index
pm.test("a", () => {});
console.log(pm.test.index());
pm.test.skip("b");
console.log(pm.test.index());

//# chains
pm.test("a", () => {}).test("b", () => {});
console.log(pm.test("c", () => {}) === pm);

//# nested
pm.test("outer", () => {
  pm.test("inner", () => { throw new Error("inner"); });
  throw new Error("outer");
});

//# errors of all kinds
pm.test("a", () => { throw new TypeError("type"); });
pm.test("b", () => { throw new RangeError("range"); });
pm.test("c", () => { const error = new Error("named"); error.name = "Mine"; throw error; });
pm.test("d", () => { throw { name: "Plain", message: "object" }; });
pm.test("e", () => { class Own extends Error {} throw new Own("own"); });

//# returned values do not matter
pm.test("false", () => false);
pm.test("zero", () => 0);

//# done
pm.test("done", (done) => done());
pm.test("an error", (done) => done(new Error("bad")));

//# done later
pm.test("later", (done) => setTimeout(done, 2));
pm.test("now", () => {});

//# done later with an error
pm.test("later", (done) => setTimeout(() => done(new Error("late")), 2));

//# done throws at once
pm.test("throws", (done) => { throw new Error("at once"); });

//# a test in a timer
setTimeout(() => pm.test("in a timer", () => pm.expect(1).to.equal(2)), 1);

//# tests before the request [prerequest]
pm.test("before", () => pm.expect(pm.request.method).to.equal("POST"));

//# an error between tests
pm.test("first", () => {});
throw new Error("between");
pm.test("never", () => {});

//# a variable in a test
pm.test("sets", () => pm.environment.set("made", 1));
pm.test("fails after setting", () => { pm.environment.set("more", 2); throw new Error("x"); });

//# many
for (let i = 0; i < 40; i++) pm.test(`t${i}`, () => pm.expect(i % 10).to.not.equal(9));

//# an async test that passes
pm.test("async", async () => { pm.expect(1).to.equal(1); });

//# levels of the console
console.log("log");
console.info("info");
console.warn("warn");
console.error("error");
console.debug("debug");

//# several arguments
console.log("a", 1, true, null, undefined, [1, [2]], { a: { b: 1 } });

//# nothing
console.log();

//# special values
console.log(NaN, Infinity, -Infinity, -0, 10n);

//# functions
console.log(function named() {}, () => {}, class A {}, Math.max);

//# dates and patterns
console.log(new Date(0), /a.b/gi);

//# maps and sets
console.log(new Map([["a", { b: 1 }]]), new Set([1, 2]));

//# errors
console.log(new Error("plain"), new TypeError("typed"));

//# typed arrays and buffers
console.log(new ArrayBuffer(4), new WeakMap(), new WeakSet());

//# symbols
console.log(String(Symbol("s")), Symbol.for("shared").toString());

//# objects with toJSON
console.log({ toJSON: () => ({ shown: 1 }) });

//# a class's instance
class Point { constructor() { this.x = 1; this.y = 2; } get sum() { return 3; } }
console.log(new Point());

//# boxed values
console.log(Object("text"), Object(1), Object(true));

//# the response's JSON
console.log(pm.response.json());

//# format signs stay
console.log("%s is %d", "a", 1);

//# a long text
console.log("x".repeat(1000).length, "x".repeat(1000));

//# an unknown level
console.table([1]);
