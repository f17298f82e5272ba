//! What the reporters make of a run, from events alone.

use std::io::Write;
use std::sync::{Arc, Mutex};

use bulla_runner::report::{Cli, CliOptions, Reporter};
use bulla_runner::*;
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
