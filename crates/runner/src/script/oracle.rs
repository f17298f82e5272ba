//! Our scripts beside npm's postman-sandbox, the one that newman uses.
//!
//! The scripts are those of `tests/newman/scripts`, a file for each area; a line `//# name` begins one, and
//! `[prerequest]` behind the name says when it runs. Both are given the same variables, request, response, cookies and
//! answers of `pm.sendRequest`. What may differ is listed, with its reason, in the table "Scripts that differ" of
//! `docs/compatibility.md`, which this test reads: a difference that is not listed fails, and so does a listed one that
//! is none any more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulla_collection::VariableScope;
use bulla_sandbox::{NextRequest, Outcome, Sandbox, SendFailure};
use bulla_transport::CookieJar;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

/// The least number of scripts.
const SCRIPTS: usize = 300;
/// The least share of them that are equal in everything.
const EQUAL: f64 = 0.95;

/// One script of an area.
struct Case {
    name: String,
    listen: &'static str,
    script: String,
}

/// What each script did, by its name.
type Told = BTreeMap<String, Value>;

#[test]
fn scripts_do_what_they_do_in_the_sandbox_of_postman() {
    let areas = areas();
    let scripts: usize = areas.iter().map(Vec::len).sum();
    assert!(scripts >= SCRIPTS, "{scripts} scripts");
    let theirs = std::thread::scope(|scope| {
        let node = scope.spawn(|| upstream(&areas));
        let ours = here(&areas);
        (node.join().unwrap(), ours)
    });
    judge(&theirs.0, &theirs.1);
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn areas() -> Vec<Vec<Case>> {
    let folder = repository().join("tests/newman/scripts");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "js"));
    files.sort();
    files.iter().map(|file| area(file)).collect()
}

fn area(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).unwrap();
    let area = file.file_stem().unwrap().to_string_lossy();
    let cases = text.split("\n//# ").skip(1).map(|case| {
        let (name, script) = case.split_once('\n').unwrap();
        let (name, listen) = match name.strip_suffix(" [prerequest]") {
            Some(name) => (name, "prerequest"),
            None => (name, "test"),
        };
        Case { name: format!("{area}: {name}"), listen, script: script.trim_end().to_owned() }
    });
    cases.collect()
}

/// What every script sees.
fn surroundings() -> Value {
    json!({
        "request": {
            "method": "POST",
            "url": { "raw": "http://a.example/users?page=1", "protocol": "http", "host": ["a", "example"],
                     "path": ["users"], "query": [{ "key": "page", "value": "1" }] },
            "header": [{ "key": "X-One", "value": "1" }],
            "body": { "mode": "raw", "raw": "{\"a\":1}" },
            "description": { "content": "A user", "type": "text/plain" },
        },
        "response": {
            "code": 200, "status": "OK", "time": 12,
            "headers": [["Content-Type", "application/json; charset=utf-8"], ["X-Twice", "one"], ["x-twice", "two"]],
            "body": STANDARD.encode(r#"{"id":7,"tags":["a","b"],"user":{"name":"Ada"}}"#),
        },
        "cookies": [{ "name": "sid", "value": "s1", "domain": "a.example", "path": "/" }],
        "variables": {
            "local": { "l": "local" },
            "data": { "row": 3, "who": "data", "flag": true, "nothing": null, "deep": { "a": [1] } },
            "environment": { "e": "environment", "who": "environment", "eg": "environment", "self": "{{self}}",
                             "outer": "<{{inner}}>", "inner": "{{e}}", "one": "1", "in1": "nested" },
            "collection": { "c": "collection", "who": "collection", "cg": "collection" },
            "globals": { "g": "globals", "who": "globals", "eg": "globals", "cg": "globals" },
        },
        "environmentName": "Staging",
        "info": { "iteration": 1, "iterationCount": 3, "requestName": "Get user", "requestId": "id-1" },
        "location": ["Shop", "Users", "Get user"],
    })
}

/// What `pm.sendRequest` is answered, by the path of its URL.
fn answers() -> Value {
    let answer = |code: u16, status: &str, headers: Value, body: &[u8]| json!({ "code": code, "status": status, "headers": headers, "body": STANDARD.encode(body) });
    let json_type = json!([["Content-Type", "application/json"]]);
    json!({
        "/": answer(200, "OK", json!([]), b"{}"),
        "/json": answer(200, "OK", json_type.clone(), br#"{"token":"abc"}"#),
        "/404": answer(404, "Not Found", json_type, b"{}"),
        "/text": answer(200, "OK", json!([["Content-Type", "text/plain"]]), b"just text"),
        "/empty": answer(204, "No Content", json!([]), b""),
        "/latin": answer(200, "OK", json!([["Content-Type", "text/plain; charset=iso-8859-1"]]), b"gr\xfc\xdfe"),
        "/cookie": answer(200, "OK", json!([["Set-Cookie", "a=1; Path=/"]]), b"{}"),
        "/down": { "error": { "message": "connect ECONNREFUSED 127.0.0.1:1", "code": "ECONNREFUSED" } },
    })
}

/// What Postman's sandbox makes of them.
fn upstream(areas: &[Vec<Case>]) -> Told {
    let newman = repository().join("tests/newman");
    install(&newman);
    let listed = |area: &Vec<Case>| -> Vec<Value> {
        let case = |case: &Case| json!({ "name": case.name, "listen": case.listen, "script": case.script });
        area.iter().map(case).collect()
    };
    let spec = json!({
        "context": surroundings(),
        "answers": answers(),
        "areas": areas.iter().map(listed).collect::<Vec<_>>(),
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spec.json");
    std::fs::write(&file, spec.to_string()).unwrap();
    let output = Command::new("node").arg(newman.join("scripts/run.mjs")).arg(&file).output().unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("node ran: {error}\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// Installs newman if it is not there. Another test may want the same at this moment.
fn install(newman: &Path) {
    let lock = std::fs::File::create(std::env::temp_dir().join("bulla-newman.lock")).unwrap();
    lock.lock().unwrap();
    if !newman.join("node_modules/.bin/newman").exists() {
        let installed = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(newman).status();
        assert!(installed.is_ok_and(|status| status.success()), "npm ci in tests/newman: is npm installed and online?");
    }
}

/// What our sandbox makes of them.
fn here(areas: &[Vec<Case>]) -> Told {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut told = Told::new();
    for area in areas {
        let sandbox = Sandbox::start(Limits::default()).unwrap();
        let jar = Arc::new(CookieJar::new());
        for case in area {
            let world = Arc::new(World {
                jar: Arc::clone(&jar),
                console: Mutex::default(),
                sent: Mutex::default(),
                random: Mutex::new(StdRng::seed_from_u64(1)),
            });
            let outcome = runtime.block_on(sandbox.execute(case_job(case), world.clone()));
            told.insert(case.name.clone(), events(case, &outcome, &world));
        }
    }
    told
}

fn case_job(case: &Case) -> Job {
    let given = surroundings();
    let scope = |name: &str| VariableScope(given["variables"][name].as_object().unwrap().clone());
    let text = |name: &str| given["info"][name].as_str().unwrap().to_owned();
    let number = |name: &str| u32::try_from(given["info"][name].as_u64().unwrap()).unwrap();
    let is_test = case.listen == "test";
    Job {
        target: if is_test { bulla_sandbox::Target::Test } else { bulla_sandbox::Target::Prerequest },
        script: case.script.clone(),
        name: "script".to_owned(),
        context: Context {
            info: Info {
                iteration: number("iteration"),
                iteration_count: number("iterationCount"),
                request_name: text("requestName"),
                request_id: text("requestId"),
                event_name: case.listen.to_owned(),
            },
            scopes: Scopes {
                local: scope("local"),
                data: scope("data"),
                environment: scope("environment"),
                collection: scope("collection"),
                globals: scope("globals"),
            },
            environment_name: given["environmentName"].as_str().map(str::to_owned),
            request: given["request"].clone(),
            response: is_test.then(|| answered(&given["response"], 12.0)),
            cookies: given["cookies"].as_array().unwrap().clone(),
            location: serde_json::from_value(given["location"].clone()).unwrap(),
        },
    }
}

fn answered(answer: &Value, time: f64) -> ScriptResponse {
    let body = STANDARD.decode(answer["body"].as_str().unwrap()).unwrap();
    ScriptResponse {
        code: u16::try_from(answer["code"].as_u64().unwrap()).unwrap(),
        status: answer["status"].as_str().unwrap().to_owned(),
        headers: serde_json::from_value(answer["headers"].clone()).unwrap(),
        response_size: body.len() as u64,
        body: body.into(),
        response_time_ms: time,
    }
}

/// A world of made-up answers and a real cookie jar.
struct World {
    jar: Arc<CookieJar>,
    console: Mutex<Vec<Value>>,
    sent: Mutex<Vec<Value>>,
    random: Mutex<StdRng>,
}

impl Host for World {
    fn send_request(&self, request: Value) -> BoxFuture<'_, Result<(Value, ScriptResponse), SendFailure>> {
        Box::pin(async move {
            let request = as_request(request);
            let url = bulla_collection::url::written(&request["url"]);
            self.sent.lock().unwrap().push(sent(&request, &url));
            let parts = bulla_collection::url::parse(&url);
            let path = format!("/{}", parts.path.unwrap_or_default().join("/"));
            let answers = answers();
            let answer = answers.get(&path).unwrap_or(&answers["/"]);
            match &answer["error"] {
                Value::Null => Ok((request, answered(answer, 5.0))),
                error => {
                    let text = |key: &str| error[key].as_str().unwrap().to_owned();
                    Err(SendFailure { message: text("message"), code: text("code") })
                }
            }
        })
    }

    fn cookies(&self, call: CookieCall) -> BoxFuture<'_, Result<Value, String>> {
        Box::pin(async move { crate::cookies::answer(&self.jar, call) })
    }

    fn vault(&self, _call: VaultCall) -> BoxFuture<'_, Result<Value, String>> {
        Box::pin(async { Err("newman has no vault".to_owned()) })
    }

    fn run_request(&self, _request: RunRequest) -> BoxFuture<'_, Result<RequestRan, SendFailure>> {
        Box::pin(async { Err(SendFailure { message: "newman does not run requests".to_owned(), code: String::new() }) })
    }

    fn console(&self, line: ConsoleLine) {
        let level = format!("{:?}", line.level).to_lowercase();
        self.console.lock().unwrap().push(json!([level, line.messages]));
    }

    fn random(&self, bytes: &mut [u8]) {
        self.random.lock().unwrap().fill_bytes(bytes);
    }

    fn now_ms(&self) -> f64 {
        now_ms() as f64
    }
}

/// What a script asked to be sent, as far as it is the script's.
fn sent(request: &Value, url: &str) -> Value {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let line = |header: &Value| {
        json!(format!("{}: {}", header["key"].as_str().unwrap_or(""), header["value"].as_str().unwrap_or("")))
    };
    let body = match &request["body"] {
        Value::Object(body) => {
            let mode = body["mode"].as_str().unwrap_or_default();
            json!({ mode: body.get(mode).map(as_list) })
        }
        other => other.clone(),
    };
    json!({
        // The runner writes it in capitals when it prepares the request.
        "method": request["method"].as_str().unwrap_or_default().to_uppercase(),
        "url": url,
        "headers": list(&request["header"]).iter().map(line).collect::<Vec<_>>(),
        "body": body,
    })
}

/// What a script did, in the words of `run.mjs`.
fn events(case: &Case, outcome: &Outcome, world: &World) -> Value {
    let described = |error: &bulla_sandbox::ScriptError| json!({ "name": error.name, "message": error.message });
    let assertions: Vec<Value> = outcome
        .assertions
        .iter()
        .map(|assertion| {
            json!({
                "index": assertion.index, "name": assertion.name, "passed": assertion.passed,
                "skipped": assertion.skipped, "error": assertion.error.as_ref().map(described),
            })
        })
        .collect();
    let scopes = &outcome.scopes;
    let mut told = json!({
        "assertions": assertions,
        "console": *world.console.lock().unwrap(),
        "errors": outcome.error.iter().map(described).collect::<Vec<_>>(),
        "sent": *world.sent.lock().unwrap(),
        "variables": {
            "local": scopes.local.0, "environment": scopes.environment.0,
            "collection": scopes.collection.0, "globals": scopes.globals.0,
        },
        "next": match &outcome.next_request {
            NextRequest::Unset => "unset".to_owned(),
            NextRequest::Stop => "stop".to_owned(),
            NextRequest::To(name) => format!("to {name}"),
        },
    });
    if outcome.skip_request {
        told["skipped"] = json!(true);
    }
    if let (Some(request), "prerequest") = (&outcome.request, case.listen) {
        let before = &surroundings()["request"];
        let keys: BTreeSet<&String> =
            [before, request].into_iter().flat_map(|v| v.as_object().unwrap().keys()).collect();
        for key in keys {
            if before.get(key) != request.get(key) {
                told["request"][key] = changed(key, request.get(key).cloned().unwrap_or_default());
            }
        }
    }
    told
}

/// A part of a request as the collection library writes it; the runner takes both forms.
fn changed(key: &str, value: Value) -> Value {
    match (key, value) {
        ("method", Value::String(method)) => json!(method.to_uppercase()),
        ("url", url) => {
            let mut url = bulla_collection::url::completed(url);
            for key in ["raw", "variable"] {
                url.as_object_mut().and_then(|url| url.remove(key));
            }
            url
        }
        ("auth", mut auth) => {
            for parameter in auth.as_object_mut().into_iter().flat_map(|auth| auth.values_mut()) {
                parameter.as_array_mut().into_iter().flatten().for_each(|value| {
                    value.as_object_mut().and_then(|value| value.remove("type"));
                });
            }
            auth
        }
        ("body", Value::Object(body)) => body.iter().map(|(key, value)| (key.clone(), as_list(value))).collect(),
        (_, value) => value,
    }
}

/// The fields of a form that is written as text.
fn as_list(content: &Value) -> Value {
    match content.as_str() {
        Some(text) if text.contains('=') && !text.contains([' ', '{']) => bulla_collection::url::parse_query(text)
            .into_iter()
            .map(|(key, value)| json!({ "key": key, "value": value }))
            .collect(),
        _ => content.clone(),
    }
}

fn judge(theirs: &Told, ours: &Told) {
    let mut found = BTreeSet::new();
    let mut differences = BTreeMap::new();
    for (name, theirs) in theirs {
        let ours = &ours[name];
        let keys: BTreeSet<&String> = [theirs, ours].into_iter().flat_map(|v| v.as_object().unwrap().keys()).collect();
        let lines: Vec<String> = keys
            .into_iter()
            .filter(|key| theirs[*key] != ours[*key])
            .map(|key| format!("  {key}\n    postman: {}\n    bulla:   {}", theirs[key], ours[key]))
            .collect();
        if !lines.is_empty() {
            found.insert(name.clone());
            differences.insert(name, lines.join("\n"));
        }
    }
    let listed = known_differences();
    let unlisted: Vec<String> =
        found.difference(&listed).map(|name| format!("{name}\n{}", differences[name])).collect();
    let stale: Vec<&str> = listed.difference(&found).map(String::as_str).collect();
    println!("{} of {} scripts do the same", theirs.len() - found.len(), theirs.len());
    assert!(
        unlisted.is_empty() && stale.is_empty(),
        "{} differences are not listed in docs/compatibility.md:\n{}\n{} are listed and are none:\n{}",
        unlisted.len(),
        unlisted.join("\n"),
        stale.len(),
        stale.join("\n"),
    );
    let equal = (theirs.len() - found.len()) as f64 / theirs.len() as f64;
    assert!(equal >= EQUAL, "{} scripts, {equal} of them equal", theirs.len());
}

fn known_differences() -> BTreeSet<String> {
    let page = std::fs::read_to_string(repository().join("docs/compatibility.md")).unwrap();
    let section = page.split("## Scripts that differ").nth(1).unwrap_or_default();
    let table = section.split("\n## ").next().unwrap_or_default();
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).skip(1);
    rows.map(|row| row.trim_matches('|').split(" | ").next().unwrap().trim().to_owned()).collect()
}
