//! Runs scripts through the public face, and says in lines of text what they did.

#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bulla_collection::{ScopeName, Scopes, VariableScope};
use bulla_sandbox::{
    ConsoleLine, Context, CookieCall, Host, Info, Job, Limits, Mutation, NextRequest, Op, Outcome, RequestRan,
    RunRequest, Sandbox, ScriptError, ScriptResponse, SendFailure, Target, VaultCall,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::{Value, json};

/// A host that answers from memory and writes down what it was asked.
#[derive(Default)]
pub struct World {
    pub console: Mutex<Vec<String>>,
    pub sent: Mutex<Vec<Value>>,
    pub cookie_calls: Mutex<Vec<CookieCall>>,
    vault: Mutex<BTreeMap<String, String>>,
    random: AtomicU64,
}

impl Host for World {
    fn send_request(&self, request: Value) -> BoxFuture<'_, Result<(Value, ScriptResponse), SendFailure>> {
        Box::pin(async move {
            self.sent.lock().unwrap().push(request.clone());
            let url = request["url"].as_str().unwrap_or("").to_owned();
            if url.contains("down") {
                return Err(SendFailure {
                    message: "connect ECONNREFUSED 127.0.0.1:1".to_owned(),
                    code: "ECONNREFUSED".to_owned(),
                });
            }
            if url.contains("never") {
                std::future::pending::<()>().await;
            }
            let mut answer = response();
            answer.body = Bytes::from(json!({ "url": url }).to_string());
            Ok((request, answer))
        })
    }

    fn cookies(&self, call: CookieCall) -> BoxFuture<'_, Result<Value, String>> {
        Box::pin(async move {
            self.cookie_calls.lock().unwrap().push(call.clone());
            match call {
                CookieCall::List { url, .. } if url.contains("bad") => Err("no such host".to_owned()),
                CookieCall::List { .. } => Ok(json!([{ "name": "sid", "value": "1" }, { "name": "b", "value": "2" }])),
                CookieCall::Set { cookie, .. } => Ok(match cookie {
                    Value::String(_) => json!({ "name": "line", "value": "x" }),
                    cookie => cookie,
                }),
                _ => Ok(Value::Null),
            }
        })
    }

    fn vault(&self, call: VaultCall) -> BoxFuture<'_, Result<Value, String>> {
        Box::pin(async move {
            let mut vault = self.vault.lock().unwrap();
            match call {
                VaultCall::Get { key } => return Ok(vault.get(&key).cloned().map_or(Value::Null, Value::String)),
                VaultCall::Set { key, .. } if key == "locked" => return Err("the vault is locked".to_owned()),
                VaultCall::Set { key, value } => vault.insert(key, value),
                VaultCall::Unset { key } => vault.remove(&key),
            };
            Ok(Value::Null)
        })
    }

    fn run_request(&self, request: RunRequest) -> BoxFuture<'_, Result<RequestRan, SendFailure>> {
        Box::pin(async move {
            if request.request == "missing" {
                return Err(SendFailure { message: "no such request".to_owned(), code: "no_request".to_owned() });
            }
            let seen = request.scopes.environment.0.get("seen").cloned().unwrap_or_default();
            let value = json!({ "variables": request.variables, "seen": seen });
            let set = |key: &str, value| Mutation {
                scope: ScopeName::Environment,
                op: Op::Set,
                key: Some(key.to_owned()),
                value: Some(value),
            };
            let response = (request.request != "skipped").then(response);
            Ok(RequestRan { response, changes: vec![set("told", value), set("seen", json!("by the other"))] })
        })
    }

    fn console(&self, line: ConsoleLine) {
        let text = format!("{} {}", format!("{:?}", line.level).to_lowercase(), Value::Array(line.messages));
        self.console.lock().unwrap().push(text);
    }

    fn random(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.random.fetch_add(37, Ordering::Relaxed).to_le_bytes()[0];
        }
    }

    fn now_ms(&self) -> f64 {
        1_700_000_000_000.0
    }
}

/// What `pm.response` is in these tests.
pub fn response() -> ScriptResponse {
    ScriptResponse {
        code: 200,
        status: "OK".to_owned(),
        headers: vec![
            ("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned()),
            ("X-Twice".to_owned(), "one".to_owned()),
            ("x-twice".to_owned(), "two".to_owned()),
        ],
        body: Bytes::from_static(br#"{"id":7,"tags":["a","b"],"user":{"name":"Ada"}}"#),
        response_time_ms: 12.0,
        response_size: 48,
    }
}

fn scope(value: Value) -> VariableScope {
    VariableScope(value.as_object().cloned().unwrap_or_default())
}

pub fn scopes() -> Scopes {
    Scopes {
        local: scope(json!({})),
        data: scope(json!({ "row": 3, "who": "data" })),
        environment: scope(json!({ "host": "https://api.example", "who": "environment", "count": "1" })),
        collection: scope(json!({ "who": "collection", "base": "{{host}}/v1" })),
        globals: scope(json!({ "who": "globals", "far": "away" })),
    }
}

/// What scripts see in these tests.
pub fn context(target: Target) -> Context {
    Context {
        info: Info {
            iteration: 0,
            iteration_count: 2,
            request_name: "Get user".to_owned(),
            request_id: "id-1".to_owned(),
            event_name: if target == Target::Test { "test" } else { "prerequest" }.to_owned(),
        },
        scopes: scopes(),
        environment_name: Some("Staging".to_owned()),
        request: json!({
            "method": "POST",
            "url": { "raw": "{{host}}/users?page=1", "host": ["{{host}}"], "path": ["users"],
                     "query": [{ "key": "page", "value": "1" }] },
            "header": [{ "key": "X-One", "value": "1", "note": "kept" }],
            "body": { "mode": "raw", "raw": "{\"a\":1}" },
            "description": "A user",
            "unknown": { "kept": true }
        }),
        response: (target == Target::Test).then(response),
        cookies: vec![json!({ "name": "sid", "value": "s1", "domain": "api.example", "path": "/" })],
        location: vec!["Users".to_owned(), "Get user".to_owned()],
    }
}

pub fn job(target: Target, script: &str) -> Job {
    Job { target, script: script.to_owned(), name: "Get user".to_owned(), context: context(target) }
}

/// Limits under which a test's script has time enough.
pub fn limits() -> Limits {
    Limits { time: Duration::from_secs(120), ..Limits::default() }
}

pub fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// A sandbox with its world.
pub struct Bench {
    pub sandbox: Sandbox,
    pub world: Arc<World>,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(limits())
    }

    pub fn with(limits: Limits) -> Self {
        Self { sandbox: Sandbox::start(limits).unwrap(), world: Arc::default() }
    }

    pub fn outcome(&self, job: Job) -> Outcome {
        block(self.sandbox.execute(job, self.world.clone()))
    }

    /// What a test script did, a line for each thing.
    pub fn test(&self, script: &str) -> String {
        self.lines(job(Target::Test, script))
    }

    /// What a pre-request script did.
    pub fn prerequest(&self, script: &str) -> String {
        self.lines(job(Target::Prerequest, script))
    }

    pub fn lines(&self, job: Job) -> String {
        self.world.console.lock().unwrap().clear();
        let outcome = self.outcome(job);
        let mut lines = std::mem::take(&mut *self.world.console.lock().unwrap());
        // Said for every old global; the oracle of the runner compares them.
        lines.retain(|line| !line.contains("is deprecated."));
        lines.extend(told(&outcome));
        lines.join("\n")
    }
}

/// What `script` did as a test script in a sandbox of its own.
pub fn test(script: &str) -> String {
    Bench::new().test(script)
}

fn error(error: &ScriptError) -> String {
    format!("{}: {}", error.name, error.message)
}

fn told(outcome: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    for assertion in &outcome.assertions {
        let name = &assertion.name;
        lines.push(match &assertion.error {
            Some(failed) => format!("✗ {name}: {}", error(failed)),
            None if assertion.skipped => format!("- {name}"),
            None => format!("✓ {name}"),
        });
    }
    for change in &outcome.changes {
        let scope = format!("{:?}", change.scope).to_lowercase();
        let key = change.key.as_deref().unwrap_or_default();
        lines.push(match change.op {
            Op::Set => format!("{scope} {key} = {}", change.value.as_ref().unwrap()),
            Op::Unset => format!("{scope} without {key}"),
            Op::Clear => format!("{scope} cleared"),
        });
    }
    match &outcome.next_request {
        NextRequest::Unset => {}
        NextRequest::Stop => lines.push("next: stop".to_owned()),
        NextRequest::To(name) => lines.push(format!("next: {name}")),
    }
    if outcome.skip_request {
        lines.push("skipped".to_owned());
    }
    if let Some(request) = &outcome.request {
        lines.push(format!("request {request}"));
    }
    if let Some(failed) = &outcome.error {
        lines.push(error(failed));
    }
    lines
}

pub fn value_of(scopes: &Scopes, scope: ScopeName, name: &str) -> Option<Value> {
    let mut scopes = scopes.clone();
    scopes.scope_mut(scope).0.get(name).cloned()
}

/// Asserts each `(script, what it did)` in a sandbox of its own for all of them.
pub fn check(table: &[(&str, &str)]) {
    let bench = Bench::new();
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(script, expected)| {
            let actual = bench.test(script);
            (actual != *expected).then(|| format!("--- {script}\n--- expected\n{expected}\n--- actual\n{actual}\n"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
