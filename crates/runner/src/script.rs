//! What a script gets from its run, and what it may ask of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bulla_collection::Scopes;
use bulla_collection::steps::Script;
use bulla_sandbox::{
    ConsoleLine, Context, CookieCall, Host, Info, Job, Limits, RequestRan, RunRequest, ScriptResponse, SendFailure,
    VaultCall,
};
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::event::{self, Event, ItemName, Level, Source, Target};
use crate::nested::{self, Requests};
use crate::plan::Plan;
use crate::run::now_text;
use crate::send::{Answered, Sender, Wire, now_ms};

/// Lines that one script may write to the console.
const LINES: u32 = 10_000;
/// Time of a script that a plan does not limit.
const UNLIMITED: Duration = Duration::from_secs(24 * 60 * 60);

/// What a script is run with.
pub(crate) struct ScriptRun<'r> {
    pub script: &'r Script,
    /// The name of the collection.
    pub collection: &'r str,
    pub item: &'r ItemName,
    pub target: Target,
    pub iteration: u32,
    pub passes: u32,
    pub scopes: &'r Scopes,
    pub environment: Option<&'r str>,
    pub request: &'r Value,
    pub answered: Option<&'r Answered>,
}

/// The limits of a run's scripts.
pub(crate) fn limits(plan: &Plan) -> Limits {
    Limits { time: plan.timeouts.script.unwrap_or(UNLIMITED), memory: plan.script_memory, ..Limits::default() }
}

/// `run` as the sandbox takes it.
pub(crate) fn job(run: &ScriptRun<'_>) -> Job {
    let listen = match run.target {
        Target::Prerequest => "prerequest",
        Target::Test => "test",
    };
    let mut location = vec![run.collection.to_owned()];
    location.extend(run.item.path.iter().cloned());
    location.push(run.item.name.clone());
    Job {
        target: match run.target {
            Target::Prerequest => bulla_sandbox::Target::Prerequest,
            Target::Test => bulla_sandbox::Target::Test,
        },
        script: run.script.source.clone(),
        name: run.script.at.clone(),
        context: Context {
            info: Info {
                iteration: run.iteration,
                iteration_count: run.passes,
                request_name: run.item.name.clone(),
                request_id: run.item.id.clone(),
                event_name: listen.to_owned(),
            },
            scopes: run.scopes.clone(),
            environment_name: run.environment.map(str::to_owned),
            request: run.request.clone(),
            response: run.answered.and_then(|answered| answered.response.clone()),
            cookies: run.answered.map(|answered| answered.cookies.clone()).unwrap_or_default(),
            location,
        },
    }
}

/// A script's error as events have it.
fn error(error: &bulla_sandbox::ScriptError) -> event::ScriptError {
    event::ScriptError { name: error.name.clone(), message: error.message.clone(), stack: error.stack.clone() }
}

/// Whose script it is, and where the run stands.
pub(crate) struct Told<'t> {
    pub item: &'t ItemName,
    pub iteration: u32,
    pub target: Target,
}

impl Told<'_> {
    /// What is told of one of its assertions.
    pub fn assertion(&self, assertion: &bulla_sandbox::Assertion) -> Event {
        Event::Assertion(event::Assertion {
            item: self.item.clone(),
            iteration: self.iteration,
            target: self.target,
            index: u32::try_from(assertion.index).unwrap_or(u32::MAX),
            name: assertion.name.clone(),
            passed: assertion.passed,
            skipped: assertion.skipped,
            error: assertion.error.as_ref().map(error),
        })
    }

    /// What is told of an error that it ended with.
    pub fn failure(&self, script: &Script, failed: &bulla_sandbox::ScriptError) -> Event {
        Event::ScriptFailed(event::ScriptFailed {
            item: self.item.clone(),
            iteration: self.iteration,
            target: self.target,
            at: script.at.clone(),
            error: error(failed),
        })
    }
}

/// Does for one script what it asks for.
pub(crate) struct ScriptHost {
    sender: Arc<Sender>,
    requests: Arc<Requests>,
    item: ItemName,
    target: Target,
    iteration: u32,
    out: UnboundedSender<Event>,
    lines: AtomicU32,
    /// How many requests run one another above this script.
    depth: u32,
}

impl ScriptHost {
    pub(crate) fn new(
        sender: Arc<Sender>,
        requests: Arc<Requests>,
        item: ItemName,
        target: Target,
        iteration: u32,
        out: UnboundedSender<Event>,
    ) -> Self {
        Self { sender, requests, item, target, iteration, out, lines: AtomicU32::new(0), depth: 0 }
    }

    /// The host of a script of a request that runs within others.
    pub(crate) fn within(self, depth: u32) -> Self {
        Self { depth, ..self }
    }

    fn write(&self, level: Level, messages: Vec<Value>) {
        let _ = self.out.send(Event::Console(event::Console {
            level,
            messages,
            item: Some(self.item.clone()),
            target: Some(self.target),
            at: now_text(),
        }));
    }
}

impl Host for ScriptHost {
    fn send_request(&self, request: Value) -> BoxFuture<'_, Result<(Value, ScriptResponse), SendFailure>> {
        Box::pin(async move {
            let mut request = as_request(request);
            if leave_out_files(&mut request) {
                self.write(Level::Warn, vec![json!("uploading files from scripts is not allowed")]);
            }
            let wire = Wire {
                auth: request.get("auth").filter(|auth| auth.is_object()).cloned(),
                // A script that gives a body to a GET means it.
                behavior: Map::from_iter([("disableBodyPruning".to_owned(), json!(true))]),
                // As in Postman, a script replaces variables itself (`pm.variables.replaceIn`).
                scopes: Scopes::default(),
                item: self.item.clone(),
                iteration: self.iteration,
                source: Source::Script,
                request,
            };
            let answered = self.sender.send(wire, &self.out).await;
            match (answered.request, answered.response, answered.failed) {
                (Some(request), Some(response), None) => Ok((request, response)),
                (_, _, failed) => {
                    let failed = failed.unwrap_or_default();
                    Err(SendFailure { message: failed.message, code: failed.code })
                }
            }
        })
    }

    fn cookies(&self, call: CookieCall) -> BoxFuture<'_, Result<Value, String>> {
        Box::pin(async move { crate::cookies::answer(&self.sender.jar, call) })
    }

    fn vault(&self, call: VaultCall) -> BoxFuture<'_, Result<Value, String>> {
        Box::pin(async move { Ok(self.sender.vault(call)) })
    }

    fn run_request(&self, request: RunRequest) -> BoxFuture<'_, Result<RequestRan, SendFailure>> {
        let around = nested::Around { iteration: self.iteration, depth: self.depth + 1, out: &self.out };
        Box::pin(nested::run(&self.requests, &self.sender, request, around))
    }

    fn console(&self, line: ConsoleLine) {
        match self.lines.fetch_add(1, Ordering::Relaxed) {
            before if before < LINES => {
                let level = match line.level {
                    bulla_sandbox::Level::Log => Level::Log,
                    bulla_sandbox::Level::Info => Level::Info,
                    bulla_sandbox::Level::Warn => Level::Warn,
                    bulla_sandbox::Level::Error => Level::Error,
                    bulla_sandbox::Level::Debug => Level::Debug,
                };
                self.write(level, line.messages);
            }
            LINES => {
                let text = format!("this script wrote more than {LINES} lines; the rest is left out");
                self.write(Level::Warn, vec![json!(text)]);
            }
            _ => {}
        }
    }

    fn random(&self, bytes: &mut [u8]) {
        self.sender.fill(bytes);
    }

    fn now_ms(&self) -> f64 {
        now_ms() as f64
    }
}

/// What a script gave to `pm.sendRequest` as a v2.1 request: a URL, or an object whose headers may be an object too.
fn as_request(request: Value) -> Value {
    let mut request = match request {
        Value::Object(request) => request,
        url => Map::from_iter([("url".to_owned(), url)]),
    };
    request.entry("method").or_insert_with(|| json!("GET"));
    if let Some(url) = request.get_mut("url") {
        *url = bulla_collection::url::completed(url.take());
    }
    if let Some(headers) = request.get_mut("header") {
        let list = match headers.take() {
            Value::Object(object) => {
                object.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
            }
            Value::Array(list) => list.into_iter().map(as_header).collect(),
            other => other,
        };
        *headers = list;
    }
    Value::Object(request)
}

fn as_header(header: Value) -> Value {
    match &header {
        Value::String(line) => match line.split_once(':') {
            Some((key, value)) => json!({ "key": key.trim(), "value": value.trim() }),
            None => json!({ "key": line, "value": "" }),
        },
        _ => header,
    }
}

/// Takes files out of a script's request, and says whether there were any.
fn leave_out_files(request: &mut Value) -> bool {
    let Some(body) = request.get_mut("body") else { return false };
    if body.get("mode").and_then(Value::as_str) == Some("file") {
        *body = Value::Null;
        return true;
    }
    let Some(Value::Array(fields)) = body.get_mut("formdata") else { return false };
    let before = fields.len();
    fields.retain(|field| field.get("type").and_then(Value::as_str) != Some("file"));
    fields.len() < before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_may_write_a_request_in_many_forms() {
        assert_eq!(as_request(json!("http://x/a"))["method"], "GET");
        let request = as_request(json!({ "url": "http://x/a", "method": "POST", "header": { "X-A": "1" } }));
        assert_eq!(request["header"], json!([{ "key": "X-A", "value": "1" }]));
        let request = as_request(json!({ "url": "http://x/a", "header": ["X-A: 1", { "key": "B", "value": "2" }] }));
        assert_eq!(request["header"], json!([{ "key": "X-A", "value": "1" }, { "key": "B", "value": "2" }]));
    }

    #[test]
    fn a_script_sends_no_files() {
        let mut request = json!({ "body": { "mode": "formdata", "formdata": [
            { "key": "a", "value": "1" }, { "key": "f", "type": "file", "src": "/etc/passwd" }] } });
        assert!(leave_out_files(&mut request));
        assert_eq!(request["body"]["formdata"], json!([{ "key": "a", "value": "1" }]));
        let mut request = json!({ "body": { "mode": "file", "file": { "src": "/etc/passwd" } } });
        assert!(leave_out_files(&mut request));
        assert_eq!(request["body"], Value::Null);
    }
}

#[cfg(test)]
mod oracle;
