//! `bulla run` beside npm newman, on the same files and the same echo service.
//!
//! What may differ is listed, with its reason, in the table "Known differences" of `docs/compatibility.md`, which this
//! test reads: a difference that is not listed fails, and so does a listed one that is none any more.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use regex::Regex;
use serde_json::Value;

/// Hosts of other people that the collections name.
const HOSTS: &str = r"postman-echo\.com|echo\.getpostman\.com|echo\.postman\.com|httpbin\.org|api\.box\.com|upload\.box\.com|app\.box\.com|localhost(?::\d+)?|google\.com|github\.com|example\.com|expired\.badssl\.com";

/// Variables whose values are random, or those of a server's challenge.
const RANDOM: [&str; 2] = ["randomVar", "echo_digest_nonce"];

/// A collection and what belongs to it.
struct Case {
    name: String,
    collection: PathBuf,
    flags: Vec<String>,
}

#[test]
fn the_same_collection_gives_the_same_results_as_in_newman() {
    let newman = newman();
    let echo = crate::harness::Echo::start();
    let folder = tempfile::tempdir().expect("a folder");
    let peers = Peers { echo: echo.address.clone(), raw: serve(raw_echo), redirecting: serve(redirecting) };
    let cases = cases(folder.path(), &peers);
    assert!(cases.len() > 40, "the collections are there: {}", cases.len());

    let waiting = Mutex::new(cases.iter());
    let found = Mutex::new(BTreeSet::new());
    let told = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(case) = waiting.lock().expect("the list").next() else { break };
                    let theirs = results(Command::new(&newman), case, folder.path(), "newman");
                    let ours = results(crate::harness::bulla(folder.path()), case, folder.path(), "bulla");
                    for (aspect, theirs) in &theirs {
                        let ours = &ours[aspect];
                        if theirs != ours {
                            let key = (case.name.clone(), (*aspect).to_owned());
                            told.lock().expect("the report").insert(key.clone(), difference(theirs, ours));
                            found.lock().expect("the set").insert(key);
                        }
                    }
                }
            });
        }
    });

    let found = found.into_inner().expect("the set");
    let told = told.into_inner().expect("the report");
    let listed = known_differences();
    let unlisted: Vec<String> =
        found.difference(&listed).map(|key| format!("{} | {}\n{}", key.0, key.1, told[key])).collect();
    let stale: Vec<String> = listed.difference(&found).map(|key| format!("{} | {}", key.0, key.1)).collect();
    assert!(
        unlisted.is_empty() && stale.is_empty(),
        "{} differences are not listed in docs/compatibility.md:\n{}\n{} are listed and are none:\n{}",
        unlisted.len(),
        unlisted.join("\n"),
        stale.len(),
        stale.join("\n")
    );
}

/// newman's program; it is installed if it is not there. Another test may want the same at this moment.
pub(crate) fn newman() -> PathBuf {
    let lock = std::fs::File::create(std::env::temp_dir().join("bulla-newman.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let folder = crate::harness::repository().join("tests/newman");
    let program = folder.join("node_modules/.bin/newman");
    if !program.exists() {
        let installed = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).status();
        assert!(installed.is_ok_and(|status| status.success()), "npm ci in tests/newman: is npm installed and online?");
    }
    program
}

/// Where the collections are: in the repository, or beside it.
fn collections() -> PathBuf {
    crate::harness::repository().join("tests/collections")
}

/// Addresses of the servers that the collections call.
struct Peers {
    /// `bulla echo`, for postman-echo and all others.
    echo: String,
    /// What newman's own tests have on port 4041: answers with the request as it came.
    raw: String,
    /// What newman's own tests have on port 4042: sends on to `/`, which answers with method and body.
    redirecting: String,
}

/// A request as it came: its head and its body.
type Came = (String, Vec<u8>);

/// Serves `answer` on a port of its own until the test ends.
fn serve(answer: fn(Came) -> String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                if let Some(came) = request(&mut stream) {
                    let _ = stream.write_all(answer(came).as_bytes());
                }
            });
        }
    });
    address
}

fn request(stream: &mut TcpStream) -> Option<Came> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        (stream.read(&mut byte).ok()? == 1).then_some(())?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let value = |name: &str| {
        let line = head.lines().find(|line| line.to_lowercase().starts_with(name))?;
        Some(line[name.len()..].trim().to_owned())
    };
    let mut body = Vec::new();
    if value("transfer-encoding:").is_some() {
        while !body.ends_with(b"0\r\n\r\n") {
            (stream.read(&mut byte).ok()? == 1).then_some(())?;
            body.push(byte[0]);
        }
    } else {
        body.resize(value("content-length:").and_then(|length| length.parse().ok()).unwrap_or(0), 0);
        stream.read_exact(&mut body).ok()?;
    }
    Some((head, body))
}

fn answered(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

fn raw_echo((head, body): Came) -> String {
    let body = if head.starts_with("HEAD") { String::new() } else { head + &String::from_utf8_lossy(&body) };
    answered("200 OK", "Content-Type: text/plain\r\n", &body)
}

fn redirecting((head, body): Came) -> String {
    let mut line = head.split(' ');
    let (method, target) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
    match target.strip_prefix("/status/") {
        Some(code) => answered(&format!("{code} Redirect"), "Location: /\r\n", ""),
        None => {
            let data = String::from_utf8_lossy(&body);
            answered("200 OK", "", &serde_json::json!({ "url": target, "method": method, "data": data }).to_string())
        }
    }
}

/// Copies of all collections that call `peers`.
fn cases(folder: &Path, peers: &Peers) -> Vec<Case> {
    let mut cases = Vec::new();
    for source in ["newman", "format-examples"] {
        let mut files: Vec<PathBuf> = std::fs::read_dir(collections().join(source))
            .expect("the folder of collections")
            .map(|entry| entry.expect("a file").path())
            .collect();
        files.sort();
        for file in &files {
            let name = file.file_name().and_then(|name| name.to_str()).expect("a file name");
            std::fs::write(folder.join(name), local(&std::fs::read(file).expect("the file"), peers))
                .expect("the copy is written");
        }
        // Two collections upload files, by the path that these have in newman's repository.
        for (name, place) in [("upload-file.json", "tc4"), ("upload-file.csv", "custom-http-method")] {
            let place = folder.join("test/integration").join(place);
            std::fs::create_dir_all(&place).expect("a folder");
            if let Some(file) = files.iter().find(|file| file.ends_with(name)) {
                std::fs::copy(file, place.join(name)).expect("a copy");
            }
        }
        for file in &files {
            let name = file.file_name().and_then(|name| name.to_str()).expect("a file name");
            let stem = match name.strip_suffix(".postman_collection.json") {
                Some(stem) => stem,
                None if source == "format-examples" => name.trim_end_matches(".json"),
                None => continue,
            };
            let mut flags = Vec::new();
            for (suffix, flag) in [
                ("postman_environment.json", "-e"),
                ("postman_globals.json", "-g"),
                ("postman_data.json", "-d"),
                ("postman_data.csv", "-d"),
            ] {
                let beside = format!("{stem}.{suffix}");
                if folder.join(&beside).exists() {
                    flags.extend([flag.to_owned(), beside]);
                }
            }
            flags.extend(configured(&folder.join(format!("{stem}.postman_config.json"))));
            cases.push(Case { name: stem.to_owned(), collection: folder.join(name), flags });
        }
    }
    cases
}

/// The flags that a `.newmanrc`-like file stands for.
fn configured(path: &Path) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    let config: Value = serde_json::from_str(&text).expect("a configuration");
    let mut flags = Vec::new();
    for (key, value) in config["run"].as_object().expect("options of a run") {
        let flag = key.chars().fold("--".to_owned(), |mut flag, letter| {
            if letter.is_uppercase() {
                flag.push('-');
            }
            flag.extend(letter.to_lowercase());
            flag
        });
        match value {
            Value::Bool(true) => flags.push(flag),
            other => flags.extend([flag, other.to_string()]),
        }
    }
    flags
}

/// A file with every address of others replaced by those of `peers`. Other bytes stay.
fn local(bytes: &[u8], peers: &Peers) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else { return bytes.to_vec() };
    let mut text = text.to_owned();
    for (old, address) in [("4041", &peers.raw), ("4042", &peers.redirecting)] {
        let (host, port) = address.split_once(':').expect("host and port");
        text = text.replace(&format!("localhost:{old}"), address);
        let labels = serde_json::json!(host.split('.').collect::<Vec<_>>());
        let parts = Regex::new(&format!(r#""host":\s*\[\s*"localhost"\s*\],\s*"port":\s*"{old}""#)).expect("a pattern");
        let new = format!(r#""host": {labels}, "port": "{port}""#);
        text = parts.replace_all(&text, new.as_str()).into_owned();
    }
    let address = &peers.echo;
    let (host, port) = address.split_once(':').expect("host and port");
    let whole = Regex::new(&format!(r"https?://(?:{HOSTS})")).expect("a pattern");
    let bare = Regex::new(&format!(r#""(?:{HOSTS})([/"])"#)).expect("a pattern");
    let parts = Regex::new(r#""host":\s*\[([^\]]*)\]"#).expect("a pattern");
    let known = Regex::new(&format!("^(?:{HOSTS})$")).expect("a pattern");
    let text = parts.replace_all(&text, |found: &regex::Captures<'_>| {
        let labels: Vec<String> = serde_json::from_str(&format!("[{}]", &found[1])).unwrap_or_default();
        if known.is_match(&labels.join(".")) {
            let labels: Vec<&str> = host.split('.').collect();
            format!(r#""port": "{port}", "host": {}"#, serde_json::json!(labels))
        } else {
            found[0].to_owned()
        }
    });
    let text = whole.replace_all(&text, format!("http://{address}"));
    let text = bare.replace_all(&text, format!("\"{address}$1"));
    text.replace(r#""protocol": "https""#, r#""protocol": "http""#).replace("https://{{", "http://{{").into_bytes()
}

/// What a run came to, by aspect.
fn results(mut command: Command, case: &Case, folder: &Path, who: &str) -> BTreeMap<&'static str, Vec<String>> {
    let report = folder.join(format!("{}.{who}.json", case.name));
    // A collection that goes round and round, because an answer is not what it waits for, must end.
    let limit: &[&str] = if case.flags.iter().any(|flag| flag == "--timeout") { &[] } else { &["--timeout", "60000"] };
    command
        .current_dir(folder)
        .arg("run")
        .arg(&case.collection)
        .args(&case.flags)
        .args(limit)
        .args(["-r", "json", "--reporter-json-export"])
        .arg(&report)
        .stdin(Stdio::null());
    let ended = crate::harness::ended(&mut command);
    let report: Value = std::fs::read(&report)
        .map(|bytes| serde_json::from_slice(&bytes).expect("the report is JSON"))
        .unwrap_or(Value::Null);
    let mut results: BTreeMap<&'static str, Vec<String>> =
        ["exit code", "order", "statuses", "assertions", "script errors", "counts", "variables"]
            .map(|aspect| (aspect, Vec::new()))
            .into();
    results.insert("exit code", vec![ended.code.to_string()]);
    // newman lists an execution once for each request of its scripts; what it says of its item is the same each time.
    let mut seen = BTreeSet::new();
    for execution in report["run"]["executions"].as_array().into_iter().flatten() {
        if !seen.insert(execution["cursor"]["ref"].to_string()) {
            continue;
        }
        let item = format!("{} {}", execution["cursor"]["iteration"], execution["item"]["name"]);
        let status = match &execution["response"]["code"] {
            Value::Null => "no answer".to_owned(),
            code => code.to_string(),
        };
        push(&mut results, "order", item.clone());
        push(&mut results, "statuses", format!("{item}: {} {status}", execution["request"]["method"]));
        for assertion in execution["assertions"].as_array().into_iter().flatten() {
            let outcome = match (&assertion["skipped"], &assertion["error"]) {
                (Value::Bool(true), _) => "skipped".to_owned(),
                (_, Value::Null) => "passed".to_owned(),
                (_, error) => format!("failed: {} {}", error["name"], error["message"]),
            };
            push(&mut results, "assertions", format!("{item}: {} {outcome}", assertion["assertion"]));
        }
        for target in ["prerequestScript", "testScript"] {
            for error in execution[target].as_array().into_iter().flatten() {
                let error = &error["error"];
                push(&mut results, "script errors", format!("{item}: {target} {} {}", error["name"], error["message"]));
            }
        }
    }
    for (what, count) in report["run"]["stats"].as_object().into_iter().flatten() {
        push(&mut results, "counts", format!("{what} {} {}", count["total"], count["failed"]));
    }
    for scope in ["environment", "globals"] {
        for variable in report[scope]["values"].as_array().into_iter().flatten() {
            let is_random = RANDOM.iter().any(|name| variable["key"] == *name);
            let value = if is_random { "random".to_owned() } else { variable["value"].to_string() };
            push(&mut results, "variables", format!("{scope} {} = {value}", variable["key"]));
        }
    }
    for list in ["counts", "variables"] {
        results.entry(list).and_modify(|list| list.sort());
    }
    results
}

fn push(results: &mut BTreeMap<&'static str, Vec<String>>, aspect: &'static str, line: String) {
    results.entry(aspect).or_default().push(line);
}

/// The lines that only one of them has.
fn difference(theirs: &[String], ours: &[String]) -> String {
    let missing = theirs.iter().filter(|line| !ours.contains(line)).map(|line| format!("    newman: {line}"));
    let added = ours.iter().filter(|line| !theirs.contains(line)).map(|line| format!("    bulla:  {line}"));
    let lines: Vec<String> = missing.chain(added).take(12).collect();
    if lines.is_empty() { "    the same lines in another order or number".to_owned() } else { lines.join("\n") }
}

/// The first two columns of the table "Known differences".
fn known_differences() -> BTreeSet<(String, String)> {
    let text =
        std::fs::read_to_string(crate::harness::repository().join("docs/compatibility.md")).expect("the document");
    let (_, table) = text.split_once("## Known differences").expect("the section");
    let table = table.split("\n## ").next().unwrap_or_default();
    table
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            assert!(cells.len() == 3 && !cells[2].is_empty(), "a file, an aspect and a reason: {line}");
            (cells[0].to_owned(), cells[1].to_owned())
        })
        .collect()
}
