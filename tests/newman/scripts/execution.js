// pm.execution: what comes next.

//# next by name
pm.execution.setNextRequest("Another");

//# next before the request [prerequest]
pm.execution.setNextRequest("Another");

//# the last one counts
pm.execution.setNextRequest("One");
pm.execution.setNextRequest("Two");

//# stop
pm.execution.setNextRequest(null);

//# next and an error
pm.execution.setNextRequest("Another");
throw new Error("after");

//# a number
pm.execution.setNextRequest(5);

//# in a test
pm.test("a", () => pm.execution.setNextRequest("In a test"));

//# in a timer
setTimeout(() => pm.execution.setNextRequest("Later"), 1);

//# skip [prerequest]
pm.execution.skipRequest();

//# what stands before the skip holds [prerequest]
pm.environment.set("kept", 1);
pm.test("before", () => {});
pm.execution.skipRequest();

//# skip under a condition [prerequest]
if (pm.environment.get("none")) pm.execution.skipRequest();
console.log("goes on");

//# skip in a timer [prerequest]
setTimeout(() => pm.execution.skipRequest(), 1);

//# skip in a test script
pm.execution.skipRequest();

//# the location's parts
console.log(pm.execution.location.map((name) => name.toUpperCase()), pm.execution.location.current);

//# the location before the request [prerequest]
console.log([...pm.execution.location]);

//# no such method
pm.execution.stop();
