//! Errors are worded as Node words them, and say where in the script they come from.

mod support;

use bulla_sandbox::Target;
use support::{Bench, check, job};

#[test]
fn errors_are_worded_as_node_words_them() {
    check(&[
        ("undefined.x", "TypeError: Cannot read properties of undefined (reading 'x')"),
        ("const o = null; o.deep.er", "TypeError: Cannot read properties of null (reading 'deep')"),
        ("pm.response.json().nope.name", "TypeError: Cannot read properties of undefined (reading 'name')"),
        ("let u; u['a b']", "TypeError: Cannot read properties of undefined (reading 'a b')"),
        ("let u; u[0]", "TypeError: Cannot read properties of undefined (reading '0')"),
        ("let u; u.x = 1", "TypeError: Cannot set properties of undefined (setting 'x')"),
        ("nope", "ReferenceError: nope is not defined"),
        ("nope()", "ReferenceError: nope is not defined"),
        ("pm.nope()", "TypeError: pm.nope is not a function"),
        ("const data = {}; data.items.map(x => x)", "TypeError: Cannot read properties of undefined (reading 'map')"),
        ("const data = {};\n  data.items(1, 2)", "TypeError: data.items is not a function"),
        ("const f = 1; f()", "TypeError: f is not a function"),
        ("pm.response.json()()", "TypeError: pm.response.json(...) is not a function"),
        ("pm.response.to.have.nothing('x')", "Error: Invalid Chai property: nothing. Did you mean \"within\"?"),
        ("const f1 = 1; f1( 2)", "TypeError: f1 is not a function"),
        ("pm\n  .response\n  .nope(1,\n2)", "TypeError: (intermediate value).nope is not a function"),
        ("const x = {}; new x.Thing(1)", "TypeError: x.Thing is not a constructor"),
        ("class A {}; A()", "TypeError: Class constructor A cannot be invoked without 'new'"),
        (
            "const [a] = undefined",
            "TypeError: undefined is not iterable (cannot read property Symbol(Symbol.iterator))",
        ),
        ("for (const x of 5) {}", "TypeError: 5 is not iterable"),
        ("(1).toFixed(101)", "RangeError: toFixed() digits argument must be between 0 and 100"),
        (
            "(() => { 'use strict'; const o = Object.freeze({ a: 1 }); o.a = 2 })()",
            "TypeError: Cannot assign to read only property 'a' of object",
        ),
        ("decodeURIComponent('%')", "URIError: URI malformed"),
        ("let text = 'x'; for (;;) text += text", "RangeError: Invalid string length"),
        ("const c = 1; c = 2", "TypeError: Assignment to constant variable."),
        ("t; let t = 1", "ReferenceError: Cannot access 't' before initialization"),
        ("throw new RangeError('mine')", "RangeError: mine"),
        ("throw { message: 'like an error' }", "Error: like an error"),
        ("throw { code: 7 }", "Error: {\"code\":7}"),
        ("throw null", "Error: null"),
        ("function f() { f() } f()", "RangeError: Maximum call stack size exceeded"),
        ("new Array(-1)", "RangeError: Invalid array length"),
        ("'use strict'; undeclared = 1", ""),
        (
            "const o = { a: [{}] }; o.a[0].o = o; JSON.stringify(o)",
            "JSONError: Converting circular structure to JSON\n    --> starting at object with constructor 'Object'\n    \
             |     property 'a' -> object with constructor 'Array'\n    \
             |     index 0 -> object with constructor 'Object'\n    --- property 'o' closes the circle",
        ),
        (
            "try { undefined.x } catch (error) { console.log(error.message, error.name) }",
            "log [\"Cannot read properties of undefined (reading 'x')\",\"TypeError\"]",
        ),
        ("pm.expect(() => { let u; u.x }).to.throw(\"Cannot read properties of undefined (reading 'x')\")", ""),
        ("require('fs')", "Error: Cannot find module 'fs'"),
        ("import('x').catch(error => console.log(error.name))", "log [\"ReferenceError\"]"),
    ]);
}

#[test]
fn a_script_that_is_not_javascript_is_an_error() {
    check(&[
        ("let = = 1", "SyntaxError: Unexpected token '='"),
        ("foo bar", "SyntaxError: Unexpected identifier 'bar'"),
        ("if (true) {", "SyntaxError: Unexpected end of input"),
        ("const a = 1; const a = 2", "SyntaxError: Identifier 'a' has already been declared"),
        ("pm.test('a', () => { pm.expect(1).to.equal(1) }", "SyntaxError: missing ) after argument list"),
        ("let x = 1\nlet y = 2 3", "SyntaxError: Unexpected number"),
        ("'open", "SyntaxError: Invalid or unexpected token"),
        ("const x = ;", "SyntaxError: Unexpected token ';'"),
        ("await (", "SyntaxError: Unexpected end of input"),
    ]);
}

#[test]
fn json_errors_show_the_place() {
    check(&[
        ("JSON.parse('<html>')", "JSONError: Unexpected token '<' at 1:1\n<html>\n^"),
        ("JSON.parse(undefined)", "JSONError: \"undefined\" is not valid JSON"),
        ("JSON.parse('')", "JSONError: No data, empty input at 1:1\n\n^"),
        ("JSON.parse('{\"a\":1,}')", "JSONError: Trailing comma in object at 1:8\n{\"a\":1,}\n       ^"),
        ("console.log(JSON.parse('\\ufeff{\"a\":1}').a)", "log [1]"),
        ("console.log(JSON.parse('[1,2]', (key, value) => key === '0' ? 5 : value))", "log [[5,2]]"),
    ]);
}

#[test]
fn the_stack_names_places_of_the_script_only() {
    let bench = Bench::new();
    let script =
        "pm.test('a', function check() {\n  pm.expect(1).to.equal(2);\n});\nfunction deep() { undefined.x }\ndeep();";
    let outcome = bench.outcome(job(Target::Test, script));
    let stack = outcome.assertions[0].error.as_ref().unwrap().stack.clone().unwrap();
    assert!(stack.starts_with("AssertionError: expected 1 to equal 2\n    at check (Get user:2:"), "{stack}");
    assert!(!stack.contains("bulla:") && !stack.contains("native"), "{stack}");
    let stack = outcome.error.unwrap().stack.unwrap();
    assert_eq!(
        stack,
        "TypeError: Cannot read properties of undefined (reading 'x')\n    at deep (Get user:4:19)\n    at Get user:5:1"
    );
    let first_line = bench.outcome(job(Target::Test, "nope")).error.unwrap().stack.unwrap();
    assert_eq!(first_line, "ReferenceError: nope is not defined\n    at Get user:1:1");
}

#[test]
fn a_rejection_that_no_one_takes_is_the_script_s_error() {
    check(&[
        ("Promise.reject(new Error('lost'))", "Error: lost"),
        ("(async () => { undefined.x })()", "TypeError: Cannot read properties of undefined (reading 'x')"),
        ("const p = Promise.reject(new Error('taken')); p.catch(() => {})", ""),
        ("setTimeout(() => Promise.reject(new Error('later')), 1)", "Error: later"),
        ("pm.test('a', async () => { throw new Error('told by the test') })", "✗ a: Error: told by the test"),
        ("Promise.reject(new Error('one')); Promise.reject(new Error('two'))", "error [\"Error: two\"]\nError: one"),
    ]);
}
