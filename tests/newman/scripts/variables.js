// pm.environment and its like: reading, setting, taking out, replacing.

//# get from each scope
console.log(pm.environment.get("e"), pm.globals.get("g"), pm.collectionVariables.get("c"), pm.iterationData.get("row"), pm.variables.get("l"));

//# the narrowest scope wins
console.log(pm.variables.get("who"), pm.variables.get("eg"), pm.variables.get("cg"));

//# get of nothing
console.log(pm.environment.get("none"), pm.variables.get("none"), pm.environment.get(), pm.globals.get(null));

//# has
console.log(pm.environment.has("e"), pm.environment.has("g"), pm.variables.has("g"), pm.variables.has("none"), pm.collectionVariables.has("c"));

//# set a text
pm.environment.set("new", "value");
console.log(pm.environment.get("new"), pm.variables.get("new"));

//# set over a value
pm.environment.set("e", "other");
pm.globals.set("g", "other");
pm.collectionVariables.set("c", "other");
console.log(pm.variables.get("e"), pm.variables.get("g"), pm.variables.get("c"));

//# set a number
pm.environment.set("n", 42);
console.log(typeof pm.environment.get("n"), pm.environment.get("n"));

//# set a fraction and large numbers
pm.globals.set("f", 1.5);
pm.globals.set("big", 1e21);
pm.globals.set("small", -0.000001);

//# set a boolean
pm.environment.set("yes", true);
pm.environment.set("no", false);
console.log(pm.environment.get("yes") === true, pm.environment.get("no") === false);

//# set null and undefined
pm.environment.set("null", null);
pm.environment.set("undefined", undefined);
pm.environment.set("missing");
console.log(pm.environment.get("null"), pm.environment.get("undefined"), pm.environment.has("undefined"), pm.environment.has("missing"));

//# set an object
pm.environment.set("o", { a: { b: [1, 2] } });
console.log(pm.environment.get("o").a.b[1]);

//# set a list
pm.collectionVariables.set("list", [1, "two", { three: 3 }]);
console.log(Array.isArray(pm.collectionVariables.get("list")), pm.collectionVariables.get("list").length);

//# set a date
pm.globals.set("d", new Date(0));
console.log(pm.globals.get("d") instanceof Date);

//# set JSON text and read it
pm.environment.set("json", JSON.stringify({ a: 1 }));
console.log(JSON.parse(pm.environment.get("json")).a);

//# set a local
pm.variables.set("local", "mine");
console.log(pm.variables.get("local"), pm.environment.has("local"));

//# a local hides the others
pm.variables.set("who", "local");
console.log(pm.variables.get("who"), pm.environment.get("who"));

//# a local does not outlive its taking out
pm.variables.set("who", "local");
pm.variables.unset("who");
console.log(pm.variables.get("who"));

//# unset
pm.environment.unset("e");
console.log(pm.environment.has("e"), pm.environment.get("e"));

//# unset of nothing
pm.environment.unset("none");
pm.globals.unset();

//# clear the environment
pm.environment.clear();
console.log(pm.environment.toObject());

//# clear globals and collection variables
pm.globals.clear();
pm.collectionVariables.clear();
console.log(pm.globals.get("g"), pm.collectionVariables.get("c"));

//# set after clear
pm.environment.clear();
pm.environment.set("after", 1);

//# toObject
console.log(pm.environment.toObject(), pm.collectionVariables.toObject());

//# toObject of all
const all = pm.variables.toObject();
console.log(all.who, all.e, all.g, all.c, all.row);

//# the environment's name
console.log(pm.environment.name, pm.globals.name);

//# replaceIn a text
console.log(pm.variables.replaceIn("{{e}}-{{g}}-{{c}}-{{none}}"));

//# replaceIn with one scope
console.log(pm.environment.replaceIn("{{e}} {{g}}"), pm.globals.replaceIn("{{e}} {{g}}"), pm.collectionVariables.replaceIn("{{c}}"));

//# replaceIn nested
console.log(pm.variables.replaceIn("{{outer}}"), pm.variables.replaceIn("{{in{{one}}}}"));

//# replaceIn a cycle
console.log(pm.variables.replaceIn("{{self}}"));

//# replaceIn what is no text
console.log(pm.variables.replaceIn(1), pm.variables.replaceIn(null), pm.variables.replaceIn(undefined), pm.variables.replaceIn(true));

//# replaceIn an object
console.log(pm.variables.replaceIn({ a: "{{e}}", b: ["{{g}}"] }));

//# replaceIn dynamic ones
console.log(/^[0-9a-f-]{36}$/.test(pm.variables.replaceIn("{{$guid}}")), /^[0-9]{10}$/.test(pm.variables.replaceIn("{{$timestamp}}")), pm.variables.replaceIn("{{$nothing}}"));

//# replaceIn with numbers and booleans
pm.variables.set("n", 5);
pm.variables.set("b", false);
console.log(pm.variables.replaceIn("{{n}} {{b}}"));

//# replaceIn with an object's value
pm.variables.set("o", { a: 1 });
console.log(pm.variables.replaceIn("{{o}}"));

//# keys are case-sensitive
pm.environment.set("Key", 1);
console.log(pm.environment.get("key"), pm.environment.get("Key"));

//# a number as a key
pm.environment.set(1, "one");
console.log(pm.environment.get("1"), pm.environment.get(1));

//# strange keys
pm.environment.set("a b", 1);
pm.environment.set("ü", 2);
console.log(pm.environment.get("a b"), pm.environment.get("ü"));

//# an empty key
pm.environment.set("", "empty");
console.log(pm.environment.get(""));

//# many sets of one key
for (let i = 0; i < 5; i++) pm.environment.set("count", i);
console.log(pm.environment.get("count"));

//# set returns nothing
console.log(pm.environment.set("x", 1), pm.environment.unset("x"), pm.environment.clear());

//# set before the request [prerequest]
pm.environment.set("before", "1");
pm.variables.set("local", "2");
console.log(pm.variables.get("before"));

//# values of a scope
console.log(pm.environment.values.count(), pm.environment.values.has("e"), pm.environment.values.get("e"));

//# JSON of a scope
const { name, values } = JSON.parse(JSON.stringify(pm.environment));
console.log(name, values[0].key, values[0].value);

//# an unknown method
pm.environment.remove("e");
