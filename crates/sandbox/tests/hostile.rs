//! Scripts that mean harm end, and leave nothing behind.

mod support;

use std::time::Duration;

use bulla_sandbox::{Limits, Target};
use support::{Bench, check, job, limits};

fn short() -> Limits {
    Limits { time: Duration::from_millis(300), ..limits() }
}

fn small() -> Limits {
    Limits { memory: 24 << 20, ..limits() }
}

/// After the script, the same sandbox runs another one as if nothing had been.
fn then_all_is_well(bench: &Bench, script: &str) {
    let after = bench.test("console.log([1, 2].map(x => x + 1), ({}).polluted, typeof leaked, `${{}}`); pm.test('well', () => pm.expect({}).to.eql({}))");
    assert_eq!(after, "log [[2,3],\"undefined\",\"undefined\",\"[object Object]\"]\n✓ well", "after {script}");
}

#[test]
fn a_script_that_does_not_end_is_ended() {
    for (script, kind) in [
        ("for (;;) {}", "synchronous"),
        ("while (true) { try { for (;;) {} } catch (e) {} finally { for (;;) {} } }", "synchronous"),
        ("/^(a+)+$/.test('a'.repeat(40) + 'b')", "synchronous"),
        ("pm.test('t', () => { for (;;) {} })", "synchronous"),
        ("(function f() { Promise.resolve().then(f) })()", "synchronous"),
        ("const f = async () => { for (;;) await null }; f()", "synchronous"),
        ("setInterval(() => {}, 1)", "asynchronous"),
        ("setTimeout(() => { for (;;) {} }, 1)", "asynchronous"),
        ("setTimeout(() => {}, 1e9)", "asynchronous"),
        ("pm.sendRequest('https://never.example', () => {})", "asynchronous"),
        ("[].sort.call({ length: 2 ** 32, get 0() { for (;;) {} } })", "synchronous"),
        ("JSON.stringify({ toJSON() { for (;;) {} } })", "synchronous"),
        ("Error.prepareStackTrace = () => { for (;;) {} }; undefined.x", "synchronous"),
        ("throw { get message() { for (;;) {} } }", "synchronous"),
        ("tests = { get a() { for (;;) {} } }", "synchronous"),
        ("const o = {}; o.toString = () => { for (;;) {} }; pm.environment.set(o, 1)", "synchronous"),
        ("(function f() { setImmediate(f) })()", "asynchronous"),
    ] {
        let bench = Bench::with(short());
        let lines = bench.test(script);
        assert_eq!(lines, format!("Error: sandbox: {kind} script execution timeout"), "{script}");
        then_all_is_well(&bench, script);
    }
}

#[test]
fn what_a_script_did_before_its_time_was_up_counts() {
    let lines = Bench::with(short()).test("pm.test('a'); pm.environment.set('b', 1); console.log('c'); for (;;) {}");
    assert_eq!(lines, "log [\"c\"]\n✓ a\nenvironment b = 1\nError: sandbox: synchronous script execution timeout");
}

#[test]
fn a_script_that_eats_memory_is_ended() {
    let told = "Error: the script used more than 24 MB of memory";
    for script in [
        "const all = []; for (;;) all.push(new Array(1000).fill('x'))",
        "const all = []; let text = 'x'.repeat(1 << 20); for (;;) all.push([...text].join('y'))",
        "const all = []; for (;;) all.push(new ArrayBuffer(1 << 20))",
        "leaked = []; const f = () => { leaked.push('y'.repeat(100000) + leaked.length); setImmediate(f) }; f()",
        "for (let i = 0; ; i++) pm.environment.set('v' + i, 'z'.repeat(100000))",
        "for (let i = 0; ; i++) pm.test('a test with a name ' + i)",
        "for (;;) pm.sendRequest('https://never.example/' + 'u'.repeat(10000), () => {})",
        "const big = 'x'.repeat(1 << 22); for (let i = 0; ; i++) pm.globals.set('g', big + i)",
    ] {
        let bench = Bench::with(small());
        let lines = bench.test(script);
        assert_eq!(lines.lines().last().unwrap(), told, "{script}");
        then_all_is_well(&bench, script);
    }
}

#[test]
fn a_script_that_catches_want_of_memory_goes_on_and_the_next_one_is_well() {
    let bench = Bench::with(small());
    let script = "try { let text = 'x'; for (;;) text += text } catch (e) { console.log('caught') }";
    assert_eq!(bench.test(script), "log [\"caught\"]");
    then_all_is_well(&bench, script);
    let script = "leaked = 'x'.repeat(20 << 20)";
    assert_eq!(bench.test(script), "");
    then_all_is_well(&bench, script);
}

#[test]
fn a_script_that_goes_too_deep_gets_an_error() {
    let bench = Bench::new();
    for script in [
        "function f() { f() } f()",
        "const f = () => [1].map(f); f()",
        "JSON.parse('['.repeat(1e6))",
        "let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; JSON.stringify(o)",
        "const p = new Proxy({}, { get: (t, k, r) => r[k] }); p.x",
        "eval('('.repeat(1e5))",
        "new RegExp('('.repeat(1e5))",
        "class A { constructor() { new A() } } new A()",
        "const o = { get message() { return this.message } }; throw o",
    ] {
        let lines = bench.test(script);
        assert!(lines.contains("Error"), "{script}: {lines}");
        then_all_is_well(&bench, script);
    }
    let deep = "let o = 1; for (let i = 0; i < 500; i++) o = [o]; pm.environment.set('deep', o)";
    assert!(bench.test(deep).starts_with("TypeError: not usable as JSON"), "{}", bench.test(deep));
}

#[test]
fn what_a_script_does_to_the_language_stays_in_its_sandbox() {
    for script in [
        "Object.prototype.polluted = 1",
        "Array.prototype.map = () => 'mine'; String.prototype.includes = () => true",
        "JSON.parse = () => 'mine'; JSON.stringify = () => 'mine'; Promise.prototype.then = () => {}",
        "Object.defineProperty(Array.prototype, '0', { set() { throw new Error('mine') } })",
        "pm.constructor.prototype.test = () => 'mine'; pm.expect.constructor.prototype.call = () => 'mine'",
        "require('lodash').map = () => 'mine'; require('chai').expect = () => 'mine'",
        "globalThis.console = null; globalThis.pm = null; globalThis.Object = null; globalThis.Error = null",
        "Object.freeze(globalThis); Object.freeze(Object.prototype)",
        "Function.prototype.apply = Function.prototype.call = () => 'mine'; Map.prototype.set = () => {}",
        "Error.prototype.toString = () => { throw 1 }; Object.prototype.toJSON = () => { throw 1 }",
        "delete globalThis.pm; delete globalThis.Promise; delete globalThis.Symbol",
        "Symbol.prototype[Symbol.toPrimitive] = () => { throw 1 }; Array.prototype[Symbol.iterator] = null",
    ] {
        let bench = Bench::new();
        bench.test(script);
        bench.test("pm.test('still answers', () => {}); pm.environment.set('a', { b: 1 }); undefined.x");
        bench.prerequest(
            "pm.request.headers.add({ key: 'a', value: 'b' }); pm.sendRequest('https://a.example', () => {})",
        );
        then_all_is_well(&Bench::new(), script);
    }
}

#[test]
fn there_is_no_way_out() {
    check(&[
        (
            "console.log(typeof process, typeof Deno, typeof Bun, typeof std, typeof os, typeof fetch, typeof XMLHttpRequest, typeof Worker)",
            "log [\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\"]",
        ),
        (
            "for (const name of ['fs', 'os', 'std', 'child_process', 'net', 'http', 'vm', 'worker_threads', 'chai-postman', '../x', 'bulla:pm']) { try { require(name); console.log(name) } catch (e) {} }",
            "",
        ),
        (
            "console.log(new Function('return typeof require')(), (0, eval)('typeof pm'))",
            "log [\"function\",\"object\"]",
        ),
        (
            "console.log(typeof host, typeof boot, Object.keys(globalThis).filter(name => /host|bulla/.test(name)).length)",
            "log [\"undefined\",\"undefined\",0]",
        ),
        ("await import('bulla:pm').then(m => m.boot({})).catch(e => console.log('refused'))", "log [\"refused\"]"),
        ("await import('/etc/passwd').catch(e => console.log('refused'))", "log [\"refused\"]"),
    ]);
}

#[test]
fn a_console_that_is_flooded_is_cut() {
    let bench = Bench::new();
    let outcome = bench.outcome(job(Target::Test, "for (let i = 0; i < 40; i++) console.log('x'.repeat(1 << 20))"));
    assert!(outcome.error.is_none());
    let lines = bench.world.console.lock().unwrap();
    assert_eq!(lines.len(), 16);
    assert_eq!(
        lines.last().unwrap(),
        "warn [\"this script wrote more than 16 MB to the console; the rest is left out\"]"
    );
}

#[test]
fn a_caller_that_goes_away_takes_the_script_with_it() {
    let bench = Bench::new();
    support::block(async {
        let run = bench.sandbox.execute(job(Target::Test, "console.log('begun'); for (;;) {}"), bench.world.clone());
        let begun = async {
            while bench.world.console.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = run => panic!("the script cannot end"),
            () = begun => {}
        }
    });
    then_all_is_well(&bench, "a dropped run");
}

#[test]
fn a_name_that_is_odd_breaks_nothing() {
    let bench = Bench::new();
    for name in ["", "a\0b", "ü(1:2)", "bulla:pm"] {
        let mut job = job(Target::Test, "pm.test('a', () => { throw new Error('x') })");
        job.name = name.to_owned();
        assert_eq!(bench.lines(job).lines().last().map(|line| line.starts_with("✗ a")), Some(true), "{name:?}");
    }
}
