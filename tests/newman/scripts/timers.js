// Timers, promises and their errors.

//# in order of time
setTimeout(() => console.log("second"), 20);
setTimeout(() => console.log("first"), 1);
console.log("now");

//# immediate
setImmediate(() => console.log("immediate"));
console.log("now");

//# an interval
let n = 0;
const id = setInterval(() => {
  console.log(++n);
  if (n === 3) clearInterval(id);
}, 1);

//# cleared
const id = setTimeout(() => console.log("never"), 1);
clearTimeout(id);

//# arguments
setTimeout((a, b) => console.log(a, b), 1, "one", "two");

//# nested
setTimeout(() => setTimeout(() => setTimeout(() => console.log("deep"), 1), 1), 1);

//# variables of later
setTimeout(() => pm.environment.set("later", 1), 1);

//# tests of later
setTimeout(() => { pm.test("a", () => {}); pm.test("b", () => { throw new Error("b"); }); }, 1);

//# an error in a timer
setTimeout(() => { throw new TypeError("in a timer"); }, 1);

//# an error in an immediate
setImmediate(() => { throw new Error("in an immediate"); });

//# two errors in timers
setTimeout(() => { throw new Error("one"); }, 1);
setTimeout(() => { throw new Error("two"); }, 10);

//# an error and a timer
setTimeout(() => console.log("still"), 1);
throw new Error("at once");

//# then
Promise.resolve(1).then((value) => console.log(value));
console.log("before");

//# catch
Promise.reject(new Error("caught")).catch((error) => console.log(error.message));

//# finally
Promise.resolve().finally(() => console.log("finally"));

//# all, race, any
Promise.all([1, Promise.resolve(2)]).then((all) => console.log(all));
Promise.race([new Promise((done) => setTimeout(done, 50)), Promise.resolve("fast")]).then((one) => console.log(one));
Promise.allSettled([Promise.reject(new Error("no"))]).then(([one]) => console.log(one.status, one.reason.message));
setTimeout(() => {}, 60);

//# an async function
(async () => {
  console.log("a");
  await null;
  console.log("b");
})();
console.log("c");
setTimeout(() => {}, 5);

//# a sleep
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
(async () => {
  await sleep(2);
  console.log("slept");
  await sleep(2);
  pm.environment.set("slept", true);
})();

//# a rejection no one takes
Promise.reject(new Error("lost"));
setTimeout(() => {}, 5);

//# a rejection in an async function
(async () => { throw new RangeError("async"); })();
setTimeout(() => {}, 5);

//# a rejection taken later
const late = Promise.reject(new Error("late"));
late.catch(() => console.log("taken"));

//# tests after an await
(async () => {
  await new Promise((done) => setTimeout(done, 1));
  pm.test("after", () => pm.expect(1).to.equal(2));
})();

//# microtasks before timers
setTimeout(() => console.log("timer"), 1);
Promise.resolve().then(() => console.log("job"));
console.log("script");

//# a timer without a function
setTimeout("text", 1);

//# clear of nothing
clearTimeout(undefined);
clearInterval(12345);
console.log("fine");

//# the timers module
const timers = require("timers");
console.log(typeof timers.setTimeout);

//# await at the top
await Promise.resolve();
console.log("after");

//# an async test
pm.test("async", async () => { await null; pm.expect(1).to.equal(2); });
setTimeout(() => {}, 5);

//# a test that returns a promise
pm.test("promise", () => Promise.resolve());

//# queueMicrotask
queueMicrotask(() => console.log("micro"));
