//! The JSON report, in the shape of newman's.
//!
//! Executions are written as they end; failures go to a second file meanwhile. What differs from newman is listed in
//! `docs/compatibility.md`: one execution for each item and not one for each request, and no secret values.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bulla_collection::{Collection, Mask, steps};
use serde_json::{Map, Value, json};

use super::Reporter;
use crate::event::{
    Assertion, Event, Header, ItemName, PhaseTimes, ReceivedResponse, RequestError, ScriptError, SentRequest, Source,
    Target,
};
use crate::run::Summary;

/// The JSON reporter. The file appears at its path when it is complete.
pub struct Json {
    path: PathBuf,
    out: BufWriter<tempfile::NamedTempFile>,
    failures: BufWriter<File>,
    /// The JSON of each item, by id.
    items: HashMap<String, Box<str>>,
    parents: HashMap<String, (String, String)>,
    requests: u32,
    iterations: u32,
    started: i64,
    /// Items whose turn came: the number of the last is its reference.
    executions: u64,
    first: bool,
    first_failure: bool,
    current: Execution,
    dns: Spread,
    first_byte: Spread,
}

/// What is known of the item whose turn it is.
#[derive(Default)]
struct Execution {
    item: ItemName,
    iteration: u32,
    position: u32,
    reference: String,
    request: Option<Value>,
    response: Option<Value>,
    error: Option<Value>,
    retries: Vec<Value>,
    prerequest: Vec<Value>,
    test: Vec<Value>,
    assertions: Vec<Value>,
}

/// Mean, least, most and standard deviation of a series, without keeping it (Welford).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spread {
    pub count: u32,
    pub mean: f64,
    pub least: f64,
    pub most: f64,
    squares: f64,
}

impl Spread {
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1;
        self.least = if self.count == 1 { value } else { self.least.min(value) };
        self.most = self.most.max(value);
        let before = value - self.mean;
        self.mean += before / f64::from(self.count);
        self.squares += before * (value - self.mean);
    }

    /// Takes in another series (Chan and others).
    pub(crate) fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (own, more) = (f64::from(self.count), f64::from(other.count));
        let apart = other.mean - self.mean;
        self.count += other.count;
        self.mean += apart * more / (own + more);
        self.squares += other.squares + apart * apart * own * more / (own + more);
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    pub(crate) fn deviation(&self) -> f64 {
        if self.count == 0 { 0.0 } else { (self.squares / f64::from(self.count)).sqrt() }
    }
}

impl Json {
    /// A report of a run of `collection` that will be at `path`. Values that `mask` knows are hidden in the collection
    /// too.
    ///
    /// # Errors
    ///
    /// If the folder of `path` cannot be made or written to.
    pub fn create(path: &Path, collection: &Collection, mask: &Mask) -> io::Result<Self> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder)?;
        let mut out = BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
        let mut items = HashMap::new();
        let mut parents = HashMap::new();
        for (step, item) in steps::steps(collection).into_iter().zip(crate::select::requests(&collection.items)) {
            let mut value = mask.apply_json(&Value::Object(item.raw.clone()));
            value["id"] = json!(step.id);
            items.insert(step.id.clone(), value.to_string().into());
            if let (Some(id), Some(name)) = (step.folders.last(), step.path.last()) {
                parents.insert(step.id, (id.clone(), name.clone()));
            }
        }
        let document = mask.apply_json(&collection.export(collection.format()));
        write!(out, "{{\n  \"collection\": {document},\n  \"run\": {{\n    \"executions\": [")?;
        Ok(Self {
            path: path.to_owned(),
            out,
            failures: BufWriter::new(tempfile::tempfile()?),
            items,
            parents,
            requests: 0,
            iterations: 1,
            started: 0,
            executions: 0,
            first: true,
            first_failure: true,
            current: Execution::default(),
            dns: Spread::default(),
            first_byte: Spread::default(),
        })
    }

    fn cursor(&self) -> Value {
        let Execution { position, iteration, reference, .. } = &self.current;
        json!({
            "position": position,
            "iteration": iteration,
            "length": self.requests,
            "cycles": self.iterations,
            "empty": self.requests == 0,
            "eof": false,
            "bof": *position == 0 && *iteration == 0,
            "cr": false,
            "ref": reference,
        })
    }

    fn fail(&mut self, error: Value, at: String, item: &ItemName) -> io::Result<()> {
        let separator = if std::mem::take(&mut self.first_failure) { "" } else { "," };
        let parent = self.parents.get(&item.id).map(|(id, name)| json!({ "id": id, "name": name }));
        let (cursor, source) = (self.cursor(), self.item(item));
        write!(self.failures, "{separator}\n      {{\"error\":{error},\"at\":{},\"source\":{source}", json!(at))?;
        if let Some(parent) = parent {
            write!(self.failures, ",\"parent\":{parent}")?;
        }
        write!(self.failures, ",\"cursor\":{cursor}}}")
    }

    /// The JSON of an item; of one that the collection does not hold, its id and name.
    fn item(&self, item: &ItemName) -> Box<str> {
        let known = self.items.get(&item.id).cloned();
        known.unwrap_or_else(|| json!({ "id": item.id, "name": item.name }).to_string().into())
    }

    /// Writes the execution that has just ended. An item that sent nothing has none, as in newman.
    fn write_execution(&mut self) -> io::Result<()> {
        let cursor = self.cursor();
        let done = std::mem::take(&mut self.current);
        if done.request.is_none() && done.error.is_none() {
            return Ok(());
        }
        let separator = if std::mem::take(&mut self.first) { "" } else { "," };
        let item = self.item(&done.item);
        write!(self.out, "{separator}\n      {{\"cursor\":{cursor},\"item\":{item}")?;
        for (key, value) in [("request", done.request), ("response", done.response)] {
            if let Some(value) = value {
                write!(self.out, ",\"{key}\":{value}")?;
            }
        }
        write!(self.out, ",\"id\":{}", json!(done.item.id))?;
        if let Some(error) = done.error {
            write!(self.out, ",\"requestError\":{error}")?;
        }
        for (key, list) in [
            ("retries", done.retries),
            ("assertions", done.assertions),
            ("prerequestScript", done.prerequest),
            ("testScript", done.test),
        ] {
            if !list.is_empty() {
                write!(self.out, ",\"{key}\":{}", Value::Array(list))?;
            }
        }
        write!(self.out, "}}")
    }

    fn assertion(&mut self, assertion: &Assertion) -> io::Result<()> {
        let mut entry = json!({ "assertion": assertion.name, "skipped": assertion.skipped });
        if let Some(error) = assertion.error.as_ref().filter(|_| !assertion.passed) {
            let error = json!({
                "name": error.name,
                "index": assertion.index,
                "test": assertion.name,
                "message": error.message,
                "stack": stack(error),
            });
            entry["error"] = error.clone();
            self.fail(error, format!("assertion:{} in test-script", assertion.index), &assertion.item)?;
        }
        self.current.assertions.push(entry);
        Ok(())
    }
}

impl Reporter for Json {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted(started) => {
                self.requests = started.requests;
                self.iterations = started.iterations;
                self.started = crate::run::milliseconds(&started.at);
            }
            Event::ItemStarted(started) => {
                self.executions += 1;
                self.current = Execution {
                    item: started.item.clone(),
                    iteration: started.iteration,
                    position: started.position,
                    reference: self.executions.to_string(),
                    ..Execution::default()
                };
            }
            Event::RequestSent(sent) if sent.source == Source::Item => {
                self.current.request = Some(request_json(&sent.request));
            }
            Event::ResponseReceived(received) => {
                let PhaseTimes { dns, wait, .. } = received.response.timing;
                if dns > 0.0 {
                    self.dns.add(dns);
                }
                self.first_byte.add(wait);
                if received.source == Source::Item {
                    self.current.response = Some(response_json(received.exchange, &received.response));
                }
            }
            Event::RequestRetried(retried) => {
                let mut retry = json!({ "message": retried.reason, "pause": retried.pause_ms });
                if let Some(status) = retried.status {
                    retry["status"] = json!(status);
                }
                if let Some(code) = &retried.code {
                    retry["code"] = json!(code);
                }
                self.current.retries.push(retry);
            }
            Event::RequestFailed(failed) => {
                let RequestError { code, phase, message, hint } = &failed.error;
                let mut error = json!({ "name": "Error", "code": code, "phase": phase, "message": message });
                if let Some(hint) = hint {
                    error["help"] = json!(hint);
                }
                if failed.source == Source::Item {
                    self.current.error = Some(error.clone());
                }
                self.fail(error, "request".to_owned(), &failed.item)?;
            }
            Event::Assertion(assertion) => self.assertion(assertion)?,
            Event::ScriptFailed(failed) => {
                let error = json!({
                    "type": "Error",
                    "name": failed.error.name,
                    "message": failed.error.message,
                    "stack": stack(&failed.error),
                    "script": failed.at,
                });
                let entry = json!({ "error": error });
                let at = match failed.target {
                    Target::Prerequest => {
                        self.current.prerequest.push(entry);
                        "prerequest-script"
                    }
                    Target::Test => {
                        self.current.test.push(entry);
                        "test-script"
                    }
                };
                self.fail(error, at.to_owned(), &failed.item)?;
            }
            Event::ItemFinished(_) => self.write_execution()?,
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let finished = &summary.finished;
        let totals = finished.totals;
        let count = |total: u32, failed: u32| json!({ "total": total, "pending": 0, "failed": failed });
        let stats = json!({
            "iterations": count(totals.iterations.total, totals.iterations.failed),
            "items": count(totals.items.total, totals.items.failed),
            "scripts": count(totals.scripts.total, totals.scripts.failed),
            "prerequests": count(totals.items.total, 0),
            "requests": count(totals.requests.total, totals.requests.failed),
            "tests": count(totals.tests, 0),
            "assertions": count(totals.assertions.total, totals.assertions.failed),
            "testScripts": count(totals.test_scripts.total, totals.test_scripts.failed),
            "prerequestScripts": count(totals.prerequest_scripts.total, totals.prerequest_scripts.failed),
        });
        let timings = json!({
            "responseAverage": finished.response_average_ms,
            "responseMin": finished.min,
            "responseMax": finished.max,
            "responseSd": finished.response_deviation_ms,
            "dnsAverage": self.dns.mean,
            "dnsMin": self.dns.least,
            "dnsMax": self.dns.most,
            "dnsSd": self.dns.deviation(),
            "firstByteAverage": self.first_byte.mean,
            "firstByteMin": self.first_byte.least,
            "firstByteMax": self.first_byte.most,
            "firstByteSd": self.first_byte.deviation(),
            "started": self.started,
            "completed": self.started + finished.duration_ms as i64,
        });
        write!(
            self.out,
            "\n    ],\n    \"stats\": {stats},\n    \"timings\": {timings},\n    \"transfers\": {},\n    \"failures\": [",
            json!({ "responseTotal": finished.bytes_received })
        )?;
        self.failures.flush()?;
        let failures = self.failures.get_mut();
        failures.seek(SeekFrom::Start(0))?;
        io::copy(&mut failures.take(u64::MAX), &mut self.out)?;
        let error = finished.error.as_ref().map(|message| json!({ "name": "Error", "message": message }));
        write!(
            self.out,
            "\n    ],\n    \"error\": {}\n  }},\n  \"environment\": {},\n  \"globals\": {}\n}}\n",
            error.unwrap_or(Value::Null),
            summary.shown_environment(),
            summary.shown_globals()
        )?;
        self.out.flush()?;
        let placeholder = tempfile::NamedTempFile::new()?;
        let out = std::mem::replace(&mut self.out, BufWriter::new(placeholder));
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        readable(file.as_file())?;
        file.persist(&self.path).map_err(|failed| failed.error)?;
        Ok(())
    }
}

/// Gives a temporary file the rights of an ordinary one; reports are read by others, such as a build server.
#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_file: &File) -> io::Result<()> {
    Ok(())
}

fn stack(error: &ScriptError) -> String {
    let ScriptError { name, message, stack } = error;
    match stack {
        Some(stack) if stack.starts_with(name.as_str()) => stack.clone(),
        Some(stack) => format!("{name}: {message}\n{stack}"),
        None => format!("{name}: {message}"),
    }
}

fn headers_json(headers: &[Header]) -> Value {
    headers.iter().map(|header| json!({ "key": header.key, "value": header.value })).collect()
}

fn request_json(request: &SentRequest) -> Value {
    let mut url = Map::new();
    let (protocol, rest) = request.url.split_once("://").unwrap_or(("http", &request.url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, Some(port))
        }
        _ => (authority, None),
    };
    let (target, hash) = target.split_once('#').map_or((target, None), |(target, hash)| (target, Some(hash)));
    if let Some(hash) = hash {
        url.insert("hash".to_owned(), json!(hash));
    }
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    url.insert("protocol".to_owned(), json!(protocol));
    if let Some(port) = port {
        url.insert("port".to_owned(), json!(port));
    }
    let path: Vec<&str> = path.strip_prefix('/').map(|path| path.split('/').collect()).unwrap_or_default();
    url.insert("path".to_owned(), json!(path));
    let host: Vec<&str> = if host.starts_with('[') { vec![host] } else { host.split('.').collect() };
    url.insert("host".to_owned(), json!(host));
    let query: Vec<Value> = query
        .map(|query| {
            let last = query.split('&').count() - 1;
            let pairs = query.split('&').enumerate().map(|(at, pair)| match pair.split_once('=') {
                Some((key, value)) => json!({ "key": key, "value": value }),
                None if pair.is_empty() && at < last => json!({ "key": null, "value": null }),
                None => json!({ "key": pair, "value": null }),
            });
            pairs.collect()
        })
        .unwrap_or_default();
    url.insert("query".to_owned(), json!(query));
    url.insert("variable".to_owned(), json!([]));
    let mut shown = json!({ "url": url, "header": headers_json(&request.headers), "method": request.method });
    if let Some(text) = &request.body.text {
        shown["body"] = json!({ "mode": "raw", "raw": text });
    } else if request.body.size > 0 {
        shown["body"] = json!({ "mode": "file" });
    }
    shown
}

fn response_json(exchange: u32, response: &ReceivedResponse) -> Value {
    let cookies: Vec<Value> = response
        .cookies
        .iter()
        .map(|cookie| {
            json!({
                "name": cookie.name,
                "value": cookie.value,
                "domain": cookie.domain,
                "path": cookie.path,
                "expires": cookie.expires,
                "httpOnly": cookie.http_only,
                "secure": cookie.secure,
            })
        })
        .collect();
    json!({
        "id": exchange.to_string(),
        "status": response.status,
        "code": response.code,
        "header": headers_json(&response.headers),
        "stream": { "type": "Buffer", "data": response.body.bytes.as_ref() },
        "cookie": cookies,
        "responseTime": response.timing.total.round() as u64,
        "responseSize": response.sizes.response_body,
    })
}
