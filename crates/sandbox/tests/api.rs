//! What scripts can do with `pm`.

mod support;

use bulla_sandbox::Target;
use support::{Bench, check, job, test};

#[test]
fn tests_pass_fail_skip_and_wait() {
    check(&[
        ("pm.test('a', () => {})", "✓ a"),
        ("pm.test('a')", "✓ a"),
        ("pm.test('a', () => { throw new Error('no') })", "✗ a: Error: no"),
        ("pm.test('a', () => { throw 'text' })", "✗ a: Error: text"),
        ("pm.test.skip('a', () => { throw 1 })", "- a"),
        ("pm.test('a', done => setTimeout(done, 1))", "✓ a"),
        ("pm.test('a', done => setTimeout(() => done(new Error('late')), 1))", "✗ a: Error: late"),
        ("pm.test('a', done => { throw new Error('at once') })", "✗ a: Error: at once"),
        ("pm.test('a', done => {})", "✗ a: Error: the script ended before the test did: done() was not called"),
        ("pm.test('a', async () => { await null; pm.expect(1).to.equal(1) })", "✓ a"),
        (
            "pm.test('a', async () => { await null; pm.expect(1).to.equal(2) })",
            "✗ a: AssertionError: expected 1 to equal 2",
        ),
        (
            "pm.test('a', () => new Promise(() => {}))",
            "✗ a: Error: the script ended before the test did: its promise did not settle",
        ),
        ("pm.test('a', () => {}).test('b', () => {}); console.log(pm.test.index())", "log [2]\n✓ a\n✓ b"),
    ]);
}

#[test]
fn a_test_that_waits_is_told_when_it_ends_with_the_index_it_began_with() {
    let bench = Bench::new();
    let script = "pm.test('late', done => setTimeout(done, 2)); pm.test('early', () => {})";
    let outcome = bench.outcome(job(Target::Test, script));
    let order: Vec<_> = outcome.assertions.iter().map(|assertion| (assertion.index, assertion.name.as_str())).collect();
    assert_eq!(order, [(1, "early"), (0, "late")]);
}

#[test]
fn expectations_are_chai_s() {
    check(&[
        ("pm.expect([1, 2]).to.include(2).and.have.lengthOf(2)", ""),
        ("pm.expect({ a: { b: 1 } }).to.eql({ a: { b: 1 } })", ""),
        ("pm.expect({ a: 1 }).to.deep.equal({ a: 2 })", "AssertionError: expected { a: 1 } to deeply equal { a: 2 }"),
        ("pm.expect('x').to.be.a('number')", "AssertionError: expected 'x' to be a number"),
        ("pm.expect(1, 'why').to.equal(2)", "AssertionError: why: expected 1 to equal 2"),
        ("pm.expect(() => { throw new TypeError('bad') }).to.throw(TypeError, 'bad')", ""),
        ("pm.expect(undefined).to.be.undefined; pm.expect(null).to.not.be.ok", ""),
        ("pm.expect(1).to.be.foo", "Error: Invalid Chai property: foo. Did you mean \"to\"?"),
        ("pm.expect.fail('stop')", "AssertionError: stop"),
        ("require('chai').assert.strictEqual(1, 2)", "AssertionError: expected 1 to equal 2"),
    ]);
}

#[test]
fn responses_are_asserted_as_in_postman() {
    check(&[
        ("pm.response.to.have.status(200); pm.response.to.have.status('OK'); pm.response.to.be.ok", ""),
        ("pm.response.to.have.status(404)", "AssertionError: expected response to have status code 404 but got 200"),
        (
            "pm.response.to.be.notFound",
            "AssertionError: expected response to have status reason 'NOT FOUND' but got 'OK'",
        ),
        (
            "pm.response.to.be.success; pm.response.to.be.json; pm.response.to.be.withBody; pm.response.to.not.be.error",
            "",
        ),
        ("pm.response.to.have.header('content-type')", ""),
        (
            "pm.response.to.have.header('x-twice', 'one')",
            "AssertionError: expected 'x-twice' response header to be 'one' but got 'two'",
        ),
        ("pm.response.to.have.jsonBody('user.name', 'Ada')", ""),
        (
            "pm.response.to.have.jsonBody('user.name', 'Bob')",
            "AssertionError: expected response body json at \"user.name\" to contain 'Bob' but got 'Ada'",
        ),
        ("pm.response.to.have.body({ id: 7, tags: ['a', 'b'], user: { name: 'Ada' } })", ""),
        ("pm.response.to.have.body(/Ada/)", ""),
        ("pm.response.to.have.jsonSchema({ type: 'object', required: ['id'] })", ""),
        (
            "pm.response.to.have.jsonSchema({ required: ['missing'] })",
            "AssertionError: expected data to satisfy schema but found following errors: \n\
             data should have required property 'missing'",
        ),
        ("pm.response.to.have.responseTime.below(100)", ""),
        ("pm.request.to.have.header('x-one')", ""),
        ("pm.expect(pm.response).to.be.a.postmanResponse", ""),
    ]);
}

#[test]
fn a_response_can_be_read() {
    check(&[
        (
            "console.log(pm.response.code, pm.response.status, pm.response.responseTime, pm.response.responseSize)",
            "log [200,\"OK\",12,48]",
        ),
        ("console.log(pm.response.json().user.name, pm.response.text().length)", "log [\"Ada\",47]"),
        ("console.log(pm.response.headers.get('X-TWICE'), pm.response.headers.has('nope'))", "log [\"two\",false]"),
        ("console.log(pm.response.headers.toObject().etag, pm.response.headers.count())", "log [\"undefined\",3]"),
        (
            "pm.response.headers.each(h => console.log(h.key)); console.log(pm.response.headers.map(h => h.value).length)",
            "log [\"Content-Type\"]\nlog [\"X-Twice\"]\nlog [\"x-twice\"]\nlog [3]",
        ),
        ("console.log(pm.response.reason(), pm.response.details().name)", "log [\"OK\",\"OK\"]"),
        ("console.log(pm.response.contentInfo().mimeType, pm.response.size().body)", "log [\"text\",47]"),
        (
            "console.log(pm.response.stream.length, pm.cookies.get('sid'), pm.cookies.has('none'))",
            "log [47,\"s1\",false]",
        ),
        ("console.log(JSON.stringify(pm.response).slice(0, 4))", "log [\"{\\\"id\"]"),
    ]);
}

#[test]
fn variables_are_found_from_the_narrowest_scope() {
    check(&[
        (
            "console.log(pm.variables.get('who'), pm.variables.get('far'), pm.variables.get('no'))",
            "log [\"data\",\"away\",\"undefined\"]",
        ),
        (
            "console.log(pm.environment.get('who'), pm.globals.get('who'), pm.collectionVariables.get('who'), pm.iterationData.get('row'))",
            "log [\"environment\",\"globals\",\"collection\",3]",
        ),
        (
            "console.log(pm.environment.has('host'), pm.environment.has('far'), pm.variables.has('far'), pm.environment.name)",
            "log [true,false,true,\"Staging\"]",
        ),
        ("pm.variables.set('who', 'me'); console.log(pm.variables.get('who'))", "log [\"me\"]\nlocal who = \"me\""),
        (
            "pm.environment.set('n', 1); pm.globals.set('f', false); pm.collectionVariables.set('z', null); pm.environment.set('x', 1.5)",
            "environment n = 1\nglobals f = false\ncollection z = null\nenvironment x = 1.5",
        ),
        (
            "pm.environment.set('o', { a: [1, undefined] }); const o = pm.environment.get('o'); console.log(o.a[0])",
            "log [1]\nenvironment o = {\"a\":[1,null]}",
        ),
        (
            "const d = new Date(0); pm.globals.set('d', d); console.log(pm.globals.get('d') === d)",
            "log [true]\nglobals d = \"1970-01-01T00:00:00.000Z\"",
        ),
        (
            "pm.environment.set('u', undefined); console.log(pm.environment.get('u'), pm.environment.has('u'))",
            "log [\"undefined\",true]\nenvironment u = null",
        ),
        (
            "pm.environment.unset('count'); pm.environment.unset('count'); console.log(pm.environment.has('count'))",
            "log [false]\nenvironment without count",
        ),
        ("pm.globals.clear(); console.log(pm.globals.toObject())", "log [{}]\nglobals cleared"),
        (
            "console.log(pm.environment.toObject())",
            "log [{\"host\":\"https://api.example\",\"who\":\"environment\",\"count\":\"1\"}]",
        ),
        (
            "console.log(pm.variables.toObject().who, pm.variables.replaceIn('{{base}}/{{row}} {{nope}}'))",
            "log [\"data\",\"https://api.example/v1/3 {{nope}}\"]",
        ),
        (
            "console.log(pm.variables.replaceIn({ a: ['{{row}}'] }), pm.variables.replaceIn('{{$timestamp}}'))",
            "log [{\"a\":[\"3\"]},\"1700000000\"]",
        ),
        ("console.log(/^[0-9a-f-]{36}$/.test(pm.variables.replaceIn('{{$guid}}')))", "log [true]"),
        (
            "pm.environment.set('a'); console.log(pm.environment.values.count(), pm.environment.toJSON().values.length)",
            "log [4,4]\nenvironment a = null",
        ),
        (
            "pm.environment.set('__proto__', 'x'); console.log(pm.environment.get('__proto__'), ({}).x)",
            "log [\"x\",\"undefined\"]\nenvironment __proto__ = \"x\"",
        ),
    ]);
}

#[test]
fn what_one_script_sets_is_in_the_scopes_it_gives_back() {
    let outcome =
        Bench::new().outcome(job(Target::Test, "pm.environment.set('token', 'abc'); pm.environment.unset('host')"));
    let environment: Vec<_> =
        outcome.scopes.environment.0.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(environment, ["who=\"environment\"", "count=\"1\"", "token=\"abc\""]);
}

#[test]
fn a_prerequest_script_changes_the_request_and_nothing_else_of_it() {
    let bench = Bench::new();
    let rest = "\"unknown\":{\"kept\":true}";
    for (script, expected) in [
        ("pm.request.method; pm.request.headers.get('x-one')", None),
        ("pm.request.method = 'PUT'", Some("\"method\":\"PUT\"")),
        (
            "pm.request.headers.add({ key: 'A', value: 'b' })",
            Some("\"header\":[{\"key\":\"X-One\",\"value\":\"1\"},{\"key\":\"A\",\"value\":\"b\"}]"),
        ),
        ("pm.request.headers.upsert({ key: 'x-one', value: '2' })", Some("\"value\":\"2\"")),
        ("pm.request.headers.remove('X-One')", Some("\"description\"")),
        ("pm.request.addQueryParams('q=2')", Some("{\"key\":\"q\",\"value\":\"2\"}")),
        ("pm.request.body.raw = 'new'", Some("\"body\":{\"mode\":\"raw\",\"raw\":\"new\"}")),
        ("pm.request.url = 'https://else.example/x'", Some("\"url\":\"https://else.example/x\"")),
        ("pm.request.update({ url: 'https://else.example/y', method: 'GET' })", Some("\"path\":[\"y\"]")),
    ] {
        let lines = bench.prerequest(script);
        match expected {
            None => assert_eq!(lines, "", "{script}"),
            Some(part) => assert!(lines.contains(part) && lines.contains(rest), "{script}: {lines}"),
        }
    }
    assert_eq!(bench.test("pm.request.method = 'PUT'"), "", "a test script changes nothing");
}

#[test]
fn the_request_can_be_read() {
    check(&[
        (
            "console.log(pm.request.method, pm.request.url.toString(), pm.request.url.getPath())",
            "log [\"POST\",\"{{host}}/users?page=1\",\"/users\"]",
        ),
        (
            "console.log(pm.request.headers.get('X-One'), pm.request.body.raw, pm.request.url.query.get('page'))",
            "log [\"1\",\"{\\\"a\\\":1}\",\"1\"]",
        ),
        (
            "console.log(pm.info.requestName, pm.info.requestId, pm.info.eventName, pm.info.iteration, pm.info.iterationCount)",
            "log [\"Get user\",\"id-1\",\"test\",0,2]",
        ),
        (
            "console.log(pm.execution.location, pm.execution.location.current)",
            "log [[\"Users\",\"Get user\"],\"Get user\"]",
        ),
    ]);
}

#[test]
fn the_next_request_is_named_or_none() {
    check(&[
        ("postman.setNextRequest('B')", "next: B"),
        ("pm.execution.setNextRequest('A'); pm.execution.setNextRequest('C')", "next: C"),
        ("postman.setNextRequest(null)", "next: stop"),
        ("pm.execution.skipRequest()", "TypeError: pm.execution.skipRequest is not a function"),
    ]);
    let bench = Bench::new();
    let script = "pm.test('a'); setTimeout(() => console.log('no'), 1); pm.execution.skipRequest(); console.log('no')";
    assert_eq!(bench.prerequest(script), "✓ a\nskipped");
    assert_eq!(bench.prerequest("pm.test('a', () => pm.execution.skipRequest()); console.log('no')"), "skipped");
}

#[test]
fn requests_are_sent_by_callback_and_by_promise() {
    check(&[
        (
            "pm.sendRequest('https://a.example', (error, response) => console.log(error, response.code, response.json().url))",
            "log [null,200,\"https://a.example\"]",
        ),
        (
            "pm.sendRequest('https://down.example', (error, response) => console.log(error.message, response))",
            "log [\"connect ECONNREFUSED 127.0.0.1:1\",\"undefined\"]",
        ),
        ("const answer = await pm.sendRequest('https://a.example'); console.log(answer.status)", "log [\"OK\"]"),
        (
            "try { await pm.sendRequest('https://down.example') } catch (error) { console.log(error.message) }",
            "log [\"connect ECONNREFUSED 127.0.0.1:1\"]",
        ),
        (
            "pm.sendRequest('https://a.example').then(answer => { pm.test('status', () => answer.to.have.status(200)) })",
            "✓ status",
        ),
        ("pm.sendRequest('', error => console.log(error.message))", "log [\"sendrequest: nothing to request\"]"),
        ("pm.sendRequest('https://a.example', () => { throw new Error('in the callback') })", "Error: in the callback"),
        ("pm.sendRequest('https://a.example', (e, r, history) => console.log(history.cookies.count()))", "log [0]"),
        (
            "pm.test('nested', done => pm.sendRequest('https://a.example', () => pm.sendRequest('https://b.example', (e, r) => { pm.expect(r.json().url).to.include('b.'); done() })))",
            "✓ nested",
        ),
    ]);
}

#[test]
fn a_sent_request_has_the_form_of_a_collection() {
    let bench = Bench::new();
    bench.test(
        "pm.sendRequest({ url: 'https://a.example', method: 'POST', header: { A: '1' }, body: { mode: 'raw', raw: 'x' } });
         pm.sendRequest({ url: 'https://b.example', header: 'A: 1\\nB: 2', body: 'text' });
         const { Request } = require('postman-collection');
         pm.sendRequest(new Request('https://c.example/d?e=f'));",
    );
    let sent = bench.world.sent.lock().unwrap();
    assert_eq!(
        sent[0].to_string(),
        r#"{"url":"https://a.example","method":"POST","header":{"A":"1"},"body":{"mode":"raw","raw":"x"}}"#
    );
    assert_eq!(sent[1]["header"].to_string(), r#"[{"key":"A","value":"1"},{"key":"B","value":"2"}]"#);
    assert_eq!(sent[1]["body"].to_string(), r#"{"mode":"raw","raw":"text"}"#);
    assert_eq!(sent[2]["url"]["host"].to_string(), r#"["c","example"]"#);
}

#[test]
fn the_cookie_jar_is_asked() {
    check(&[
        (
            "pm.cookies.jar().get('https://a.example', 'sid', (error, value) => console.log(error, value))",
            "log [null,\"1\"]",
        ),
        ("console.log(await pm.cookies.jar().get('https://a.example', 'none'))", "log [null]"),
        (
            "pm.cookies.jar().getAll('https://a.example', (error, all) => console.log(all.count(), all.get('b')))",
            "log [2,\"2\"]",
        ),
        (
            "pm.cookies.jar().set('https://a.example', 'k', 'v', (error, cookie) => console.log(error, cookie.name, cookie.value))",
            "log [null,\"k\",\"v\"]",
        ),
        ("pm.cookies.jar().set('https://a.example', 'line=x; Path=/', error => console.log(error))", "log [null]"),
        ("pm.cookies.jar().unset('https://a.example', 'k', error => console.log(error))", "log [null]"),
        ("pm.cookies.jar().clear('https://a.example', error => console.log(error))", "log [null]"),
        (
            "pm.cookies.jar().getAll('https://bad.example', error => console.log(error.message))",
            "log [\"no such host\"]",
        ),
        ("pm.cookies.jar().get(1, 'x', () => {})", "TypeError: CookieJar.get() requires a valid url"),
    ]);
}

#[test]
fn timers_run_in_order_and_are_waited_for() {
    check(&[
        ("setTimeout(() => console.log('b'), 3); setTimeout(() => console.log('a'), 1)", "log [\"a\"]\nlog [\"b\"]"),
        ("setImmediate((x) => console.log(x), 'now'); console.log('first')", "log [\"first\"]\nlog [\"now\"]"),
        (
            "let n = 0; const id = setInterval(() => { console.log(++n); if (n === 3) clearInterval(id) }, 1)",
            "log [1]\nlog [2]\nlog [3]",
        ),
        ("const id = setTimeout(() => console.log('no'), 1); clearTimeout(id)", ""),
        (
            "setTimeout(() => { throw new Error('late') }, 1); setTimeout(() => console.log('still'), 2)",
            "log [\"still\"]\nError: late",
        ),
        ("await new Promise(resolve => setTimeout(resolve, 1)); console.log('on'); pm.test('t')", "log [\"on\"]\n✓ t"),
        ("await new Promise(() => {})", "Error: the script ended before what it awaits did"),
    ]);
}

#[test]
fn the_console_says_what_json_cannot() {
    check(&[
        (
            "console.log('a', 1, null, undefined, true, NaN, -Infinity, 10n)",
            "log [\"a\",1,null,\"undefined\",true,\"NaN\",\"-Infinity\",\"10n\"]",
        ),
        (
            "console.warn([() => {}, function f() {}, Symbol('s')])",
            "warn [[\"[Function]\",\"[Function: f]\",\"Symbol(s)\"]]",
        ),
        (
            "console.error(new TypeError('bad'), /x/g, new Date(0))",
            "error [\"TypeError: bad\",\"/x/g\",\"1970-01-01T00:00:00.000Z\"]",
        ),
        ("const o = { a: 1 }; o.self = o; console.info(o)", "info [{\"a\":1,\"self\":\"[Circular]\"}]"),
        (
            "console.debug(new Map([[1, 2]]), new Set(['x']), Promise.resolve())",
            "debug [{\"[Map]\":[[1,2]]},{\"[Set]\":[\"x\"]},\"[Promise]\"]",
        ),
        ("console.log({ get a() { throw new Error('no') } })", "log [\"[unreadable: Error: no]\"]"),
        ("console.log('\\ud800')", "log [\"\u{fffd}\"]"),
        ("console.log()", "log []"),
    ]);
}

#[test]
fn scripts_of_one_sandbox_share_globals_and_nothing_else() {
    let bench = Bench::new();
    assert_eq!(bench.test("shared = 1; var own = 2; function also() {}"), "");
    assert_eq!(
        bench.test("console.log(shared, typeof own, typeof also, typeof tests)"),
        "log [1,\"undefined\",\"undefined\",\"object\"]"
    );
    assert_eq!(test("console.log(typeof shared)"), "log [\"undefined\"]");
}

#[test]
fn an_empty_script_does_nothing() {
    check(&[("", ""), (" \n ", ""), ("// only a comment", ""), ("return 0; undefined_function()", "")]);
}

#[test]
fn the_vault_is_read_and_changed_by_promises() {
    check(&[
        ("console.log(await pm.vault.get('none'))", "log [\"undefined\"]"),
        ("await pm.vault.set('k', 1); console.log(await pm.vault.get('k'))", "log [\"1\"]"),
        ("await pm.vault.unset('k'); console.log(await pm.vault.get('k'))", "log [\"undefined\"]"),
        ("await pm.vault.set('locked', 'x')", "Error: the vault is locked"),
        ("pm.vault.get()", "TypeError: pm.vault.get() requires the name of a secret"),
    ]);
}

#[test]
fn a_script_runs_another_request_and_sees_what_it_did() {
    check(&[
        (
            "pm.environment.set('seen', { a: 1 }); const r = await pm.execution.runRequest('Login', { variables: { v: 2 } }); \
             console.log(r.code, r.json().id, pm.environment.get('told'), pm.environment.get('seen'))",
            "log [200,7,{\"variables\":{\"v\":2},\"seen\":{\"a\":1}},\"by the other\"]\n\
             environment seen = {\"a\":1}\n\
             environment told = {\"variables\":{\"v\":2},\"seen\":{\"a\":1}}\n\
             environment seen = \"by the other\"",
        ),
        (
            "try { await pm.execution.runRequest('missing') } catch (error) { console.log(error.message, error.code) }",
            "log [\"no such request\",\"no_request\"]",
        ),
        ("pm.execution.runRequest()", "TypeError: pm.execution.runRequest() requires the id or name of a request"),
    ]);
    assert!(test("console.log(await pm.execution.runRequest('skipped'))").starts_with("log [null]"));
}
