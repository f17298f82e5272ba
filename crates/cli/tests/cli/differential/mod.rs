//! `bulla run` beside npm newman over a few hundred small cases, down to the bytes on the wire.
//!
//! The cases are the tables in `tests/newman/differential`. Each is run by both programs against a recorder of its own in
//! front of one echo service. What may differ is listed, with its reason, in the table "Cases that differ" of
//! `docs/compatibility.md`, which this test reads: a difference that is not listed fails, and so does a listed one that
//! is none any more.

mod certificates;
mod recorder;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use regex::Regex;
use serde_json::{Value, json};

use recorder::{Came, Log};

/// The least share of cases that are equal in everything.
const EQUAL: f64 = 0.95;
/// The least number of cases.
const CASES: usize = 250;

/// Marks a case whose scripts sent requests.
const SEVERAL: &str = "(several requests)";

/// What one program did, by case and aspect.
type Results = BTreeMap<String, BTreeMap<&'static str, Vec<String>>>;

#[test]
fn each_case_is_the_same_in_newman() {
    crate::newman::newman();
    let echo = crate::harness::Echo::start();
    let echo_address: SocketAddr = echo.address.parse().expect("an address");
    // To look into one group of cases: its folder stays, and differences are printed at length.
    #[expect(clippy::disallowed_methods, reason = "a test")]
    let only = std::env::var("BULLA_CASES").ok();
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    let certs = certificates::write(&folder.join("certs"));

    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    // One after the other on the same ports: some signatures are over the port.
    let log = Log::default();
    let mut ports = json!({ "HOST": runtime.block_on(recorder::record(None, echo_address, log.clone())) });
    for (name, acceptor) in &certs {
        ports[*name] = json!(runtime.block_on(recorder::record(Some(acceptor.clone()), echo_address, log.clone())));
    }
    let spec = json!({ "folder": folder, "certs": folder.join("certs"), "ports": ports });
    let spec_file = folder.join("spec.json");
    std::fs::write(&spec_file, spec.to_string()).expect("the file is written");

    let script = crate::harness::repository().join("tests/newman/differential/run.mjs");
    let mut node = Command::new("node");
    node.arg(script).arg(&spec_file).args(&only).current_dir(folder).stdin(Stdio::null());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"] {
        node.env_remove(name);
    }
    let ended = crate::harness::ended(&mut node);
    let runs = std::fs::read(folder.join("runs.json")).unwrap_or_default();
    let runs: Value = serde_json::from_slice(&runs).unwrap_or_else(|_| panic!("newman ran: {}", ended.err));
    let mut runs: Vec<Value> = runs.as_array().cloned().expect("a list of runs");
    runs.retain(|run| only.as_deref().is_none_or(|only| run["slug"] == only));

    let texts = Texts::new(&spec);
    let came = std::mem::take(&mut *log.lock().expect("the log"));
    let theirs = results("newman", &runs, folder, &came, &texts, |run| match &run["code"] {
        Value::Number(code) => code.to_string(),
        other => other.to_string(),
    });
    let codes = bulla(&runs, folder);
    let came = std::mem::take(&mut *log.lock().expect("the log"));
    let ours =
        results("bulla", &runs, folder, &came, &texts, |run| codes[run["slug"].as_str().expect("a slug")].to_string());
    if only.is_some() {
        std::mem::forget(place);
    }
    judge(&theirs, &ours, only.is_some());
}

/// Runs every case with the binary; the exit codes.
fn bulla(runs: &[Value], folder: &Path) -> BTreeMap<String, i32> {
    let waiting = Mutex::new(runs.iter());
    let codes = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(run) = waiting.lock().expect("the list").next() else { break };
                    let slug = run["slug"].as_str().expect("a slug");
                    let mut command = crate::harness::bulla(&folder.join("bulla").join(slug));
                    let flags = run["flags"].as_array().expect("flags").iter().filter_map(Value::as_str);
                    command.arg("run").args(flags).args(["-r", "json", "--reporter-json-export", "report.json"]);
                    let ended = crate::harness::ended(&mut command);
                    codes.lock().expect("the codes").insert(slug.to_owned(), ended.code);
                }
            });
        }
    });
    codes.into_inner().expect("the codes")
}

/// What is replaced in every text, since it cannot be the same.
struct Texts {
    ports: BTreeMap<String, String>,
    all: Regex,
}

impl Texts {
    fn new(spec: &Value) -> Self {
        let ports = spec["ports"].as_object().expect("ports");
        let ports = ports.iter().map(|(name, port)| (port.to_string(), format!("{name}-PORT"))).collect();
        let all = concat!(
            r"(?P<agent>(?:PostmanRuntime|Bulla)/[0-9.]+)",
            r"|(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})",
            r"|(?P<boundary>-{26}[0-9]{24})",
            r"|(?P<date>[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 2[0-9]{3} [0-9:]{8} GMT)",
            r"|(?P<port>[0-9]{4,5})",
        );
        Self { ports, all: Regex::new(all).expect("a pattern") }
    }

    fn plain(&self, text: &str, masks: &[Regex]) -> String {
        let mut text = self
            .all
            .replace_all(text, |found: &regex::Captures<'_>| match found.name("port") {
                Some(port) => self.ports.get(port.as_str()).map_or(port.as_str(), String::as_str).to_owned(),
                None => ["agent", "uuid", "boundary", "date"]
                    .into_iter()
                    .find(|name| found.name(name).is_some())
                    .unwrap_or_default()
                    .to_uppercase(),
            })
            .into_owned();
        for mask in masks {
            text = mask.replace_all(&text, "RANDOM").into_owned();
        }
        text
    }
}

fn results(
    program: &str,
    runs: &[Value],
    folder: &Path,
    log: &[Came],
    texts: &Texts,
    code: impl Fn(&Value) -> String,
) -> Results {
    let mut results = Results::new();
    for run in runs {
        let slug = run["slug"].as_str().expect("a slug");
        let report = std::fs::read(folder.join(program).join(slug).join("report.json")).unwrap_or_default();
        let report: Value = serde_json::from_slice(&report).unwrap_or_default();
        let group = run["name"].as_str().expect("a name");
        let whole = run["whole"] == true;
        // The name of a case by its id; a run that is one case has the id of the run.
        let mut names: BTreeMap<&str, &str> = BTreeMap::from([(slug, group)]);
        if !whole {
            for case in run["cases"].as_array().into_iter().flatten() {
                names.insert(case["id"].as_str().expect("an id"), case["name"].as_str().expect("a name"));
            }
        }
        for name in names.values() {
            results.entry((*name).to_owned()).or_default();
        }
        let case_of =
            |item: &str| match item.split_once(' ').filter(|_| !whole).and_then(|(id, _)| names.get_key_value(id)) {
                Some((id, name)) => ((*id).to_owned(), (*name).to_owned()),
                None => (slug.to_owned(), group.to_owned()),
            };
        let masks: BTreeMap<String, Vec<Regex>> = run["masks"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(id, masks)| {
                let masks = masks.as_array().into_iter().flatten().filter_map(Value::as_str);
                (id.clone(), masks.map(|mask| Regex::new(mask).expect("a pattern")).collect())
            })
            .collect();
        let mut push = |item: &str, aspect: &'static str, line: String| {
            let (id, name) = case_of(item);
            let line = texts.plain(&line, masks.get(&id).map_or(&[], Vec::as_slice));
            results.entry(name).or_default().entry(aspect).or_default().push(line);
        };
        push("", "exit code", code(run));
        for came in log.iter().filter(|came| names.contains_key(came.case.as_str()) && (whole || came.case != slug)) {
            push(&format!("{} ", came.case), "wire", wire(came));
        }
        told(&report, &mut push);
    }
    results
}

fn wire(came: &Came) -> String {
    let tls = came.tls.as_ref().map_or(String::new(), |tls| format!("[{tls}]\n"));
    tls + &String::from_utf8_lossy(&came.bytes)
}

/// What the report says, as lines of a case and aspect.
fn told(report: &Value, push: &mut impl FnMut(&str, &'static str, String)) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    // newman lists an execution once for each request of its scripts, each with the last request and answer; the
    // requests of scripts are seen on the wire.
    let mut seen = BTreeSet::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for execution in list(&report["run"]["executions"]) {
        *counts.entry(execution["cursor"]["ref"].to_string()).or_default() += 1;
    }
    for execution in list(&report["run"]["executions"]) {
        if !seen.insert(execution["cursor"]["ref"].to_string()) {
            continue;
        }
        let item = execution["item"]["name"].as_str().unwrap_or_default();
        push("", "order", format!("{} {item}", execution["cursor"]["iteration"]));
        if counts[&execution["cursor"]["ref"].to_string()] > 1 {
            push(item, "request", SEVERAL.to_owned());
        }
        let request = &execution["request"];
        // Its headers and body are compared on the wire; ours are those that went there.
        if !request.is_null() {
            let mut url = request["url"].clone();
            // Path variables have become part of the path that was sent.
            url.as_object_mut().map(|url| url.remove("variable"));
            push(item, "request", format!("{} {}", request["method"], sorted(&url)));
        }
        let response = &execution["response"];
        push(item, "response", format!("{} {}", response["code"], response["status"]));
        for header in list(&response["header"]) {
            let text = |field: &str| header[field].as_str().map_or_else(|| header[field].to_string(), str::to_owned);
            push(item, "response", format!("{}: {}", text("key"), text("value")));
        }
        let bytes: Vec<u8> =
            list(&response["stream"]["data"]).iter().filter_map(|byte| u8::try_from(byte.as_u64()?).ok()).collect();
        push(item, "response", format!("{} {}", response["responseSize"], String::from_utf8_lossy(&bytes)));
        for assertion in list(&execution["assertions"]) {
            let outcome = match (&assertion["skipped"], &assertion["error"]) {
                (Value::Bool(true), _) => "skipped".to_owned(),
                (_, Value::Null) => "passed".to_owned(),
                (_, error) => format!("failed: {} {}", error["name"], error["message"]),
            };
            push(item, "assertions", format!("{} {outcome}", assertion["assertion"]));
        }
        for target in ["prerequestScript", "testScript"] {
            for error in list(&execution[target]) {
                let error = &error["error"];
                if !error.is_null() {
                    push(item, "errors", format!("{target} {} {}", error["name"], error["message"]));
                }
            }
        }
    }
    for failure in list(&report["run"]["failures"]) {
        let item = failure["source"]["name"].as_str().unwrap_or_default();
        let error = &failure["error"];
        if failure["at"] == "request" {
            // Ours say the phase, what it means and what to do about it.
            push(item, "failures", "request".to_owned());
            continue;
        }
        push(item, "failures", format!("{} {} {} {}", failure["at"], error["name"], error["message"], error["test"]));
    }
    for (what, count) in report["run"]["stats"].as_object().into_iter().flatten() {
        push("", "counts", format!("{what} {} {} {}", count["total"], count["pending"], count["failed"]));
    }
    for scope in ["environment", "globals"] {
        for variable in list(&report[scope]["values"]) {
            push("", "variables", format!("{scope} {} = {}", variable["key"], variable["value"]));
        }
    }
    for variable in list(&report["collection"]["variable"]) {
        push("", "variables", format!("collection {} = {}", variable["key"], variable["value"]));
    }
}

/// JSON with its keys in order.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<_> = object.iter().collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            let parts: Vec<String> = keys.iter().map(|(key, value)| format!("{key}: {}", sorted(value))).collect();
            format!("{{{}}}", parts.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(sorted).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn judge(theirs: &Results, ours: &Results, some: bool) {
    let mut found = BTreeSet::new();
    let mut told = Vec::new();
    for (case, aspects) in theirs {
        let all: BTreeSet<&str> = aspects.keys().chain(ours[case].keys()).copied().collect();
        // newman writes no report if it does not come to an end: then its code and the wire are left to compare.
        let told_nothing = case_is_whole(aspects) && !aspects.contains_key("counts");
        for aspect in all {
            if told_nothing && !matches!(aspect, "exit code" | "wire") {
                continue;
            }
            let (theirs, ours) = (aspects.get(aspect), ours[case].get(aspect));
            let several = theirs.is_some_and(|lines| lines.first().is_some_and(|line| line == SEVERAL));
            if several
                || (aspect == "response"
                    && aspects.get("request").is_some_and(|lines| lines.contains(&SEVERAL.to_owned())))
            {
                continue;
            }
            // What was not sent is no request in our report.
            if aspect == "request" && ours.is_none() {
                continue;
            }
            if theirs != ours {
                found.insert((case.clone(), aspect.to_owned()));
                let none = Vec::new();
                told.push((case, aspect, difference(theirs.unwrap_or(&none), ours.unwrap_or(&none))));
            }
        }
    }
    let listed = known_differences();
    let lines: Vec<String> = told
        .iter()
        .filter(|(case, aspect, _)| some || !listed.contains(&((*case).clone(), (*aspect).to_owned())))
        .map(|(case, aspect, lines)| format!("{case} | {aspect}\n{lines}"))
        .collect();
    let stale: Vec<String> =
        if some { Vec::new() } else { listed.difference(&found).map(|key| format!("{} | {}", key.0, key.1)).collect() };
    assert!(
        lines.is_empty() && stale.is_empty(),
        "{} differences are not listed in docs/compatibility.md:\n{}\n{} are listed and are none:\n{}",
        lines.len(),
        lines.join("\n"),
        stale.len(),
        stale.join("\n")
    );
    let differing: BTreeSet<&String> = found.iter().map(|(case, _)| case).collect();
    let equal = (theirs.len() - differing.len()) as f64 / theirs.len() as f64;
    println!("{} of {} cases are equal in everything", theirs.len() - differing.len(), theirs.len());
    assert!(some || (theirs.len() >= CASES && equal >= EQUAL), "{} cases, {equal} of them equal", theirs.len());
}

fn case_is_whole(aspects: &BTreeMap<&'static str, Vec<String>>) -> bool {
    aspects.contains_key("exit code")
}

fn known_differences() -> BTreeSet<(String, String)> {
    let page = crate::harness::repository().join("docs/compatibility.md");
    let page = std::fs::read_to_string(page).expect("docs/compatibility.md");
    let section = page.split("## Cases that differ").nth(1).unwrap_or_default();
    let table = section.split("\n## ").next().unwrap_or_default();
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let mut listed = BTreeSet::new();
    for row in rows.skip(1) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        for aspect in cells[1].split(", ") {
            listed.insert((cells[0].to_owned(), aspect.to_owned()));
        }
    }
    listed
}

/// The lines that only one of them has.
fn difference(theirs: &[String], ours: &[String]) -> String {
    let cut = |line: &str| line.chars().take(700).collect::<String>();
    let mut lines = Vec::new();
    for at in 0..theirs.len().max(ours.len()) {
        let (left, right) = (theirs.get(at), ours.get(at));
        if left != right {
            lines.extend(left.map(|line| format!("  newman: {}", cut(line))));
            lines.extend(right.map(|line| format!("  bulla:  {}", cut(line))));
        }
    }
    lines.truncate(12);
    lines.join("\n")
}
