//! What the reporters make of a run, from events alone.

use std::io::Write;
use std::sync::{Arc, Mutex};

use bulla_collection::{Imported, Limits, VariableSet, read};
use bulla_runner::report::{Cli, CliOptions, GitHub, Html, JUnit, Json, NdJson, Reporter, Tap, TeamCity};
use bulla_runner::*;
use bulla_transport::{Client, Config, CookieJar};
use insta::assert_snapshot;
use serde_json::json;

/// Somewhere to write that a test can read.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the paper").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn shown(options: CliOptions, events: &[serde_json::Value]) -> String {
    let paper = Paper::default();
    let mut cli = Cli::new(paper.clone(), options);
    for event in events {
        let event: Event = serde_json::from_value(event.clone()).expect("an event");
        cli.event(&event).expect("paper takes everything");
    }
    let bytes = paper.0.lock().expect("the paper").clone();
    String::from_utf8(bytes).expect("text")
}

fn events() -> Vec<serde_json::Value> {
    let one = json!({ "id": "1", "name": "one", "path": ["F", "inner"] });
    let two = json!({ "id": "2", "name": "two", "path": [] });
    let at = "2026-11-23T21:00:31.002Z";
    let error = json!({ "name": "AssertionError", "message": "expected 1 to deeply equal 2" });
    vec![
        json!({ "type": "runStarted", "runId": "r", "collection": { "id": "c", "name": "My coll" }, "environment": null,
                "iterations": 1, "requests": 2, "at": at }),
        json!({ "type": "iterationStarted", "iteration": 0 }),
        json!({ "type": "itemStarted", "iteration": 0, "position": 0, "item": one }),
        json!({ "type": "console", "level": "log", "messages": ["hello", { "a": 1, "b": ["x", null, true, { "c": {} }] }],
                "item": one, "target": "prerequest", "at": at }),
        json!({ "type": "console", "level": "error", "messages": ["\u{1b}[2Jgone"], "at": at }),
        json!({ "type": "requestSent", "item": one, "exchange": 0, "source": "item", "request": { "method": "POST",
                "url": "http://x/one", "headers": [], "body": { "kind": "none", "size": 0 } } }),
        json!({ "type": "responseReceived", "item": one, "exchange": 0, "source": "item", "redirects": [], "response": {
                "code": 200, "status": "OK", "headers": [], "cookies": [], "body": { "size": 27, "truncated": false },
                "timing": { "redirects": 0.0, "dns": 0.0, "connect": 0.2, "tls": 0.0, "send": 0.0, "wait": 30.0, "download": 1.0, "total": 34.6 },
                "sizes": { "requestHeaders": 100, "requestBody": 0, "responseHeaders": 229, "responseBody": 27, "responseBodyWire": 27 },
                "httpVersion": "1.1", "remoteAddress": "127.0.0.1:80", "tls": null } }),
        json!({ "type": "assertion", "item": one, "iteration": 0, "target": "test", "index": 0, "name": "ok", "passed": true,
                "skipped": false, "error": null }),
        json!({ "type": "assertion", "item": one, "iteration": 0, "target": "test", "index": 1, "name": "bad", "passed": false,
                "skipped": false, "error": error }),
        json!({ "type": "assertion", "item": one, "iteration": 0, "target": "test", "index": 2, "name": "later", "passed": true,
                "skipped": true, "error": null }),
        json!({ "type": "itemFinished", "item": one, "iteration": 0, "position": 0, "durationMs": 40.0, "next": "two", "skipped": false }),
        json!({ "type": "itemStarted", "iteration": 0, "position": 1, "item": two }),
        json!({ "type": "requestFailed", "item": two, "exchange": 1, "iteration": 0, "source": "item", "method": "GET",
                "url": "http://{{host}}/", "error": { "code": "bad_url", "phase": "prepare", "message": "no host", "hint": "the variable host has no value" } }),
        json!({ "type": "scriptFailed", "item": two, "iteration": 0, "target": "test", "at": "collection",
                "error": { "name": "TypeError", "message": "boom" } }),
        json!({ "type": "itemFinished", "item": two, "iteration": 0, "position": 1, "durationMs": 1.0, "skipped": false }),
        json!({ "type": "iterationFinished", "iteration": 0 }),
        json!({ "type": "runFinished", "runId": "r", "durationMs": 176.0, "bytesReceived": 27, "responseAverageMs": 34.6, "min": 34.6,
                "max": 34.6, "responseDeviationMs": 0.0, "reason": "completed", "totals": {
                "iterations": { "total": 1, "failed": 0 }, "items": { "total": 2, "failed": 0 }, "requests": { "total": 2, "failed": 1 },
                "tests": 2, "scripts": { "total": 2, "failed": 1 }, "prerequestScripts": { "total": 1, "failed": 0 },
                "testScripts": { "total": 2, "failed": 1 }, "assertions": { "total": 3, "failed": 1, "skipped": 1 } } }),
    ]
}

#[test]
fn the_console_looks_as_in_newman() {
    assert_snapshot!(shown(CliOptions::default(), &events()), @r#"
    bulla

    My coll

    ❏ F / inner
    ↳ one
      ┌
      │ 'hello', {
      │   a: 1,
      │   b: [ 'x', null, true, { c: {} } ]
      │ }
      │ '\x1B[2Jgone'
      └
      POST http://x/one [200 OK, 256B, 34ms]
      ✓  ok
      1. bad
      -  [skipped] later

    Attempting to set next request to two

    → two
      GET http://{{host}}/ [errored]
         no host
         the variable host has no value
      3⠄ TypeError in test-script

    ┌─────────────────────────┬──────────────────┬──────────────────┐
    │                         │         executed │           failed │
    ├─────────────────────────┼──────────────────┼──────────────────┤
    │              iterations │                1 │                0 │
    ├─────────────────────────┼──────────────────┼──────────────────┤
    │                requests │                2 │                1 │
    ├─────────────────────────┼──────────────────┼──────────────────┤
    │            test-scripts │                2 │                1 │
    ├─────────────────────────┼──────────────────┼──────────────────┤
    │      prerequest-scripts │                1 │                0 │
    ├─────────────────────────┼──────────────────┼──────────────────┤
    │              assertions │                3 │                1 │
    ├─────────────────────────┴──────────────────┴──────────────────┤
    │ total run duration: 176ms                                     │
    ├───────────────────────────────────────────────────────────────┤
    │ total data received: 27B (approx)                             │
    ├───────────────────────────────────────────────────────────────┤
    │ average response time: 34ms [min: 34ms, max: 34ms, s.d.: 0µs] │
    └───────────────────────────────────────────────────────────────┘

      #  failure         detail

     1.  AssertionError  bad
                         expected 1 to deeply equal 2
                         at assertion:1 in test-script
                         inside "F / inner / one"

     2.  Error           no host
                         at request
                         inside "two"

     3.  TypeError       boom
                         at test-script of collection
                         inside "two"
    "#);
}

#[test]
fn the_console_says_only_what_it_is_asked_for() {
    let options = CliOptions {
        no_banner: true,
        no_summary: true,
        no_failures: true,
        no_console: true,
        no_success_assertions: true,
        ..CliOptions::default()
    };
    assert_snapshot!(shown(options, &events()), @r#"
    My coll

    ❏ F / inner
    ↳ one
      POST http://x/one [200 OK, 256B, 34ms]
      1. bad

    Attempting to set next request to two

    → two
      GET http://{{host}}/ [errored]
         no host
         the variable host has no value
      3⠄ TypeError in test-script
    "#);
}

#[test]
fn an_event_is_the_same_after_a_way_through_json() {
    for event in events() {
        let read: Event = serde_json::from_value(event.clone()).expect("an event");
        let written = serde_json::to_value(&read).expect("JSON");
        assert_eq!(written, event);
    }
}

/// The events of a run of three requests, and how it ended: one that passes, one whose test fails, one without an answer.
async fn story() -> (Vec<Event>, Summary) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    tokio::spawn(bulla_echo::serve(listener, std::future::pending()));
    let test = |lines: &str| json!([{ "listen": "test", "script": { "exec": [lines] } }]);
    let file = json!({
        "info": { "name": "Shop <1>", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "item": [
            { "name": "fine", "request": format!("http://{address}/get?key={{{{key}}}}"),
              "event": test("pm.test('is fine', () => {}); pm.test.skip('later'); console.log('<img src=x>', pm.environment.get('key'))") },
            { "name": "F", "item": [{ "name": "not, fine", "request": { "method": "POST", "url": format!("http://{address}/post"),
              "body": { "mode": "raw", "raw": "</pre><script>alert(1)</script>" } },
              "event": test("pm.test(\"it's [2] | #1\", () => pm.expect(1).to.equal(2))") }] },
            { "name": "gone", "request": "http://127.0.0.1:1/" },
        ],
    });
    let Ok(Imported::Collection(collection)) =
        read(file.to_string().as_bytes(), &Limits::default()).map(|import| import.imported)
    else {
        unreachable!("it has a schema");
    };
    let mut plan = Plan::new("r".to_owned(), collection);
    let secret = json!({ "name": "Staging", "values": [{ "key": "key", "value": "s3cr3t-value", "type": "secret" }] });
    plan.environment = Some(VariableSet::from_list("Staging", secret.get("values")));
    told(plan).await
}

/// What `plan` tells when it is run.
async fn told(plan: Plan) -> (Vec<Event>, Summary) {
    let (sink, mut told) = tokio::sync::mpsc::channel(8);
    let listening = tokio::spawn(async move {
        let mut events = Vec::new();
        while let Some(event) = told.recv().await {
            events.push(event);
        }
        events
    });
    let client = Client::new(Config::default()).expect("a client");
    let summary = run(plan, client, CookieJar::new(), sink, tokio_util::sync::CancellationToken::new()).await;
    (listening.await.expect("the events"), summary)
}

fn lines(paper: &Paper, reporter: &mut dyn Reporter, (events, summary): &(Vec<Event>, Summary)) -> String {
    for event in events {
        reporter.event(event).expect("paper takes everything");
    }
    reporter.finish(summary).expect("paper takes everything");
    let bytes = paper.0.lock().expect("the paper").clone();
    String::from_utf8(bytes).expect("text")
}

#[tokio::test]
async fn programs_read_along_line_by_line() {
    let story = story().await;
    let paper = Paper::default();
    assert_snapshot!(lines(&paper, &mut Tap::new(paper.clone()), &story), @r#"
    TAP version 13
    # Shop <1>
    ok 1 - fine: is fine
    ok 2 - fine: later # SKIP
    not ok 3 - F / not, fine: it's [2] | \#1
      ---
      message: "AssertionError: expected 1 to equal 2"
      severity: fail
      stack: "AssertionError: expected 1 to equal 2\n    at request not, fine:1:47\n    at request not, fine:1:3"
      ...
    not ok 4 - gone: request
      ---
      message: "no connection to 127.0.0.1 (127.0.0.1:1): connection refused"
      severity: fail
      stack: "no connection to 127.0.0.1 (127.0.0.1:1): connection refused"
      ...
    1..4
    "#);
    let paper = Paper::default();
    assert_snapshot!(lines(&paper, &mut TeamCity::new(paper.clone()), &story), @"
    ##teamcity[testSuiteStarted name='Shop <1>']
    ##teamcity[testSuiteStarted name='fine']
    ##teamcity[testStarted name='is fine']
    ##teamcity[testFinished name='is fine']
    ##teamcity[testStarted name='later']
    ##teamcity[testIgnored name='later']
    ##teamcity[testFinished name='later']
    ##teamcity[testSuiteFinished name='fine']
    ##teamcity[testSuiteStarted name='F / not, fine']
    ##teamcity[testStarted name='it|'s |[2|] || #1']
    ##teamcity[testFailed name='it|'s |[2|] || #1' message='AssertionError: expected 1 to equal 2' details='AssertionError: expected 1 to equal 2|n    at request not, fine:1:47|n    at request not, fine:1:3']
    ##teamcity[testFinished name='it|'s |[2|] || #1']
    ##teamcity[testSuiteFinished name='F / not, fine']
    ##teamcity[testSuiteStarted name='gone']
    ##teamcity[testStarted name='request']
    ##teamcity[testFailed name='request' message='no connection to 127.0.0.1 (127.0.0.1:1): connection refused' details='no connection to 127.0.0.1 (127.0.0.1:1): connection refused']
    ##teamcity[testFinished name='request']
    ##teamcity[testSuiteFinished name='gone']
    ##teamcity[testSuiteFinished name='Shop <1>']
    ");
    let paper = Paper::default();
    let folder = tempfile::tempdir().expect("a folder");
    let summary = folder.path().join("summary.md");
    let mut github = GitHub::new(paper.clone(), Some("c.json".to_owned()), Some(summary.clone()));
    assert_snapshot!(lines(&paper, &mut github, &story), @"
    ::error file=c.json,title=F / not%2C fine%3A it's [2] | #1::AssertionError: expected 1 to equal 2%0A    at request not, fine:1:47%0A    at request not, fine:1:3
    ::error file=c.json,title=gone%3A request::no connection to 127.0.0.1 (127.0.0.1:1): connection refused
    ");
    let markdown = std::fs::read_to_string(summary).expect("the summary");
    let markdown: Vec<&str> = markdown.lines().filter(|line| !line.ends_with("in all")).collect();
    assert_snapshot!(markdown.join("\n"), @r"
    ### ❌ Shop &lt;1>

    | | executed | failed |
    | --- | --- | --- |
    | iterations | 1 | 0 |
    | requests | 3 | 1 |
    | scripts | 2 | 0 |
    | assertions | 3 | 1 |


    | request | what | why |
    | --- | --- | --- |
    | F / not, fine | it's \[2\] \| \#1 | AssertionError: expected 1 to equal 2 |
    | gone | request | no connection to 127.0.0.1 (127.0.0.1:1): connection refused |
    ");
    let paper = Paper::default();
    let ndjson = lines(&paper, &mut NdJson::new(paper.clone()), &story);
    let types: Vec<String> = ndjson
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["type"].to_string())
        .collect();
    assert_eq!(types.len(), story.0.len());
    assert_eq!((types[0].as_str(), types.last().map(String::as_str)), ("\"runStarted\"", Some("\"runFinished\"")));
    assert!(!ndjson.contains("s3cr3t-value"));
}

#[tokio::test]
async fn the_page_shows_failures_first_and_nothing_in_it_is_markup_of_the_run() {
    let story = story().await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out/report.html");
    let mut html = Html::new(&path).expect("a report");
    lines(&Paper::default(), &mut html, &story);
    let page = std::fs::read_to_string(path).expect("the page");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is on the page"));
    assert!(place("<h2>Failed (2)</h2>") < place("not, fine") && place("not, fine") < place("<h2>Passed (1)</h2>"));
    assert!(place("<h2>Passed (1)</h2>") < place("is fine"));
    for text in [
        "<h1>Shop &lt;1&gt;</h1>",
        "2 failures",
        "expected 1 to equal 2",
        "no answer",
        "&lt;/pre&gt;&lt;script&gt;alert(1)",
        "&lt;img src=x&gt;",
        "Staging",
    ] {
        place(text);
    }
    assert!(!page.contains("<script>alert") && !page.contains("<img") && !page.contains("s3cr3t-value"));
    // One file: it asks for nothing.
    assert!(!page.contains(" src=\"") && !page.contains("<link"));
}

/// A peer that hangs up on the first request, is busy at the second, and answers the third.
async fn moody() -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    tokio::spawn(async move {
        for answer in ["", "HTTP/1.1 503 Busy\r\n", "HTTP/1.1 200 OK\r\n"] {
            let (mut peer, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                peer.read_buf(&mut request).await.expect("a request");
            }
            if !answer.is_empty() {
                let answer = format!("{answer}Content-Length: 0\r\nConnection: close\r\n\r\n");
                peer.write_all(answer.as_bytes()).await.expect("an answer");
            }
        }
    });
    address
}

#[tokio::test]
async fn a_retry_is_told_by_every_reporter_and_is_no_failure() {
    let address = moody().await;
    let file = json!({
        "info": { "name": "c", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "item": [{ "id": "a", "name": "moody", "request": { "url": format!("http://{address}/") } }],
    });
    let Imported::Collection(collection) =
        read(file.to_string().as_bytes(), &Limits::default()).expect("a file").imported
    else {
        unreachable!("it is a collection");
    };
    let mut plan = Plan::new("r".to_owned(), collection.clone());
    plan.retry =
        Retry { times: 3, wait: std::time::Duration::from_millis(1), on_network: true, on_statuses: vec![500..=599] };
    let story = told(plan).await;
    assert_eq!(story.1.failures, 0);
    let retries: Vec<&RequestRetried> = story
        .0
        .iter()
        .filter_map(|event| match event {
            Event::RequestRetried(retried) => Some(retried),
            _ => None,
        })
        .collect();
    let told: Vec<_> =
        retries.iter().map(|one| (one.exchange, one.retry, one.pause_ms, one.status, one.code.as_deref())).collect();
    assert_eq!(told, [(0, 1, 1, None, Some("closed_early")), (1, 2, 2, Some(503), None)]);

    let closed = "127.0.0.1 closed the connection while waiting for the answer; retry 1 of 3 in 1 ms";
    let busy = "503 Busy; retry 2 of 3 in 2 ms";
    let paper = Paper::default();
    let options = CliOptions { no_banner: true, no_summary: true, ..CliOptions::default() };
    let console = lines(&paper, &mut Cli::new(paper.clone(), options), &story);
    let url = format!("GET http://{address}/");
    for line in [format!("  {url} [{closed}]"), format!("  {url} [503 Busy, "), format!("  [{busy}]")] {
        assert!(console.contains(&line), "{line}\n{console}");
    }
    let paper = Paper::default();
    let tap = lines(&paper, &mut Tap::new(paper.clone()), &story);
    assert!(tap.contains(&format!("# moody: {closed}\n# moody: {busy}\n")), "{tap}");
    let paper = Paper::default();
    let teamcity = lines(&paper, &mut TeamCity::new(paper.clone()), &story);
    assert!(teamcity.contains(&format!("##teamcity[message text='{busy}' status='WARNING']")), "{teamcity}");
    let paper = Paper::default();
    let github = lines(&paper, &mut GitHub::new(paper.clone(), None, None), &story);
    assert!(github.contains(&format!("::notice title=moody::{busy}")), "{github}");
    let paper = Paper::default();
    let ndjson = lines(&paper, &mut NdJson::new(paper.clone()), &story);
    assert_eq!(ndjson.lines().filter(|line| line.contains("\"requestRetried\"")).count(), 2, "{ndjson}");

    let folder = tempfile::tempdir().expect("a folder");
    let written = |name: &str, make: &dyn Fn(&std::path::Path) -> Box<dyn Reporter>| {
        let path = folder.path().join(name);
        let mut reporter = make(&path);
        for event in &story.0 {
            reporter.event(event).expect("a report");
        }
        reporter.finish(&story.1).expect("a report");
        std::fs::read_to_string(path).expect("the report")
    };
    let junit = written("r.xml", &|path| Box::new(JUnit::new(path)));
    assert!(junit.contains("<property name=\"retries\" value=\"2\"/>") && junit.contains(busy), "{junit}");
    let json =
        written("r.json", &|path| Box::new(Json::create(path, &collection, &Default::default()).expect("a report")));
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let retries = &json["run"]["executions"][0]["retries"];
    assert_eq!(retries[1], json!({ "message": "503 Busy", "pause": 2, "status": 503 }));
    assert_eq!(retries[0]["code"], "closed_early");
    let html = written("r.html", &|path| Box::new(Html::new(path).expect("a report")));
    assert!(html.contains("sent 3 times") && html.contains(&format!("Sent again: {busy}")), "{html}");
}
