// pm.iterationData and pm.info.

//# types of the row
console.log(typeof pm.iterationData.get("row"), typeof pm.iterationData.get("who"), typeof pm.iterationData.get("flag"), pm.iterationData.get("nothing"));

//# has and toObject
console.log(pm.iterationData.has("row"), pm.iterationData.has("none"), pm.iterationData.toObject());

//# a nested value
console.log(pm.iterationData.get("deep").a[0]);

//# the row goes before the environment
console.log(pm.variables.get("who"));

//# the old name
console.log(data.row, data.who, Object.keys(data).length);

//# unset in the row
pm.iterationData.unset("row");
console.log(pm.iterationData.has("row"));

//# JSON of the row
console.log(JSON.parse(JSON.stringify(pm.iterationData.toObject())));

//# info in a test
console.log(pm.info.eventName, pm.info.iteration, pm.info.iterationCount, pm.info.requestName, pm.info.requestId);

//# info before the request [prerequest]
console.log(pm.info.eventName, pm.info.iteration, pm.info.iterationCount, pm.info.requestName);

//# info is read-only
pm.info.iteration = 7;
console.log(pm.info.iteration);

//# the old iteration
console.log(iteration);

//# parts of pm
console.log(typeof pm.test, typeof pm.expect, typeof pm.sendRequest, typeof pm.request, typeof pm.response, typeof pm.cookies, typeof pm.visualizer, typeof pm.execution);

//# no response before the request [prerequest]
console.log(typeof pm.response, typeof pm.request, typeof pm.cookies);

//# the location
console.log([...pm.execution.location], pm.execution.location.current, pm.execution.location.length);

//# pm cannot be replaced in parts
pm.info = 1;
console.log(typeof pm.info);
