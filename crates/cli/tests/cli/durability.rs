//! A save that was acknowledged is there after `kill -9`, and so is its audit event; nothing else is.
//!
//! `cargo xtask soak` runs these with a thousand kills.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::harness::{bulla, ended};
use bulla_db::Database;
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery staple";
/// Kills, unless the environment asks for more.
const KILLS: u64 = 8;
/// As many saves at most are acknowledged between two kills.
const BETWEEN_KILLS: u64 = 130;
/// A kill comes at most so much later than the save that it follows.
const LATER: Duration = Duration::from_millis(3);
/// People who save at once.
const WRITERS: usize = 4;

struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(data: &Path, postgres: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulla"));
        command.env_clear().args(["serve", "--listen", "127.0.0.1:0", "--log-level", "error", "--data"]).arg(data);
        command.args(["--password-memory-mib", "19", "--password-passes", "2"]);
        if let Some(url) = postgres {
            command.args(["--database-url", url]);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let address = first.trim().split_once("://").unwrap_or_else(|| panic!("it said {first:?}")).1.to_owned();
        Self { child, address }
    }

    /// Sends SIGKILL and waits for the end: nothing is flushed, nothing is tidied up.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status, the cookie and the body of an answer; an error if the server died meanwhile.
fn ask(address: &str, method: &str, path: &str, cookie: &str, body: &Value) -> std::io::Result<(u16, String, Value)> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nx-bulla-request: 1\r\ncookie: {cookie}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let cut = || std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the answer was cut");
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap_or_default();
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    Ok((status, cookie, if body.is_empty() { Value::Null } else { serde_json::from_str(body).map_err(|_| cut())? }))
}

/// Saves one item again and again until the server dies; the last version that was acknowledged.
fn save(address: &str, cookie: &str, item: &str, mut version: u64, saved: &AtomicU64) -> u64 {
    loop {
        let body = json!({ "version": version, "name": format!("save {}", version + 1) });
        match ask(address, "PATCH", &format!("/api/items/{item}"), cookie, &body) {
            Ok((200, _, answer)) => {
                version += 1;
                assert_eq!(answer["version"], version);
                saved.fetch_add(1, Ordering::SeqCst);
            }
            Ok((status, _, answer)) => panic!("{status} {answer}"),
            Err(_) => return version,
        }
    }
}

/// How often the server is killed in a test.
#[expect(clippy::disallowed_methods, reason = "a long run is asked for in the environment")]
fn kills_wanted() -> u64 {
    std::env::var("BULLA_SOAK_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS)
}

fn no_acknowledged_save_is_lost(data: &Path, postgres: Option<&str>) {
    let mut served = Served::start(data, postgres);
    let setup = json!({ "name": "Ada", "email": "ada@example.com", "password": PASSWORD, "teamName": "T" });
    let (status, cookie, _) = ask(&served.address, "POST", "/api/setup", "", &setup).unwrap();
    assert_eq!(status, 201);
    let make = |path: &str, body: Value| {
        let (status, _, answer) = ask(&served.address, "POST", path, &cookie, &body).unwrap();
        assert_eq!(status, 201, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    };
    let workspace = make("/api/workspaces", json!({ "name": "W", "kind": "team" }));
    let collection = make(&format!("/api/workspaces/{workspace}/collections"), json!({ "name": "C" }));
    let items_path = format!("/api/collections/{collection}/items");
    let new = json!({ "parentId": null, "kind": "request", "name": "save 1" });
    let items: Vec<String> = (0..WRITERS).map(|_| make(&items_path, new.clone())).collect();
    let mut versions = vec![1; WRITERS];

    let saved = AtomicU64::new(0);
    let wanted = kills_wanted();
    for kill in 1..=wanted {
        let next_kill = saved.load(Ordering::SeqCst) + 1 + kill * 37 % BETWEEN_KILLS;
        let later = LATER * u32::try_from(kill * 53 % 100).unwrap() / 100;
        let acknowledged: Vec<u64> = std::thread::scope(|scope| {
            let (address, saved, cookie) = (&served.address, &saved, &cookie);
            let writers: Vec<_> = items
                .iter()
                .zip(&versions)
                // They go on until the server dies under them.
                .map(|(item, version)| scope.spawn(move || save(address, cookie, item, *version, saved)))
                .collect();
            while saved.load(Ordering::SeqCst) < next_kill {
                assert!(writers.iter().any(|writer| !writer.is_finished()), "no writer is left");
                std::thread::yield_now();
            }
            // Not a wait for something: it spreads the kills over the moments of a save.
            let reached = Instant::now();
            while reached.elapsed() < later {
                std::thread::yield_now();
            }
            let killed = Command::new("kill").args(["-9", &served.child.id().to_string()]).status().unwrap();
            assert!(killed.success());
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        std::mem::replace(&mut served, Served::start(data, postgres)).kill();
        for ((item, version), acknowledged) in items.iter().zip(&mut versions).zip(acknowledged) {
            let (_, _, now) =
                ask(&served.address, "GET", &format!("/api/items/{item}"), &cookie, &Value::Null).unwrap();
            let found = now["version"].as_u64().unwrap();
            // The save that was under way may have been written without its answer; nothing before it may be missing.
            assert!(found == acknowledged || found == acknowledged + 1, "kill {kill}: {acknowledged} of {found}");
            assert_eq!(now["name"], format!("save {found}"));
            *version = found;
        }
        if kill % 50 == 0 {
            eprintln!("{kill} of {wanted} kills, {} saves acknowledged", saved.load(Ordering::SeqCst));
        }
    }
    let (mut events, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/audit/events?limit=1000{after}");
        let (status, _, page) = ask(&served.address, "GET", &path, &cookie, &Value::Null).unwrap();
        assert_eq!(status, 200, "{page}");
        events.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_u64() else { break };
        after = format!("&after={next}");
    }
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event["sequence"], place, "the log has no gap");
    }
    for (item, version) in items.iter().zip(versions) {
        let told = events.iter().filter(|e| e["action"] == "item.update" && e["target"]["id"] == **item).count();
        assert_eq!(told as u64, version - 1, "an event for each change, and no other");
    }
    drop(served);
    proved(data, postgres);
}

/// The log is whole: each event's hash, and the tree that was signed.
fn proved(data: &Path, postgres: Option<&str>) {
    let audit = |arguments: &[&str]| {
        let mut command = bulla(data);
        command.arg("audit").args(arguments);
        if arguments[0] != "verify" {
            command.args(["--data", "."]).args(postgres.iter().flat_map(|url| ["--database-url", url]));
        }
        let ended = ended(&mut command);
        assert_eq!(ended.code, 0, "{}", ended.err);
        ended.out
    };
    std::fs::write(data.join("checkpoint"), audit(&["checkpoint"])).unwrap();
    audit(&["export", "log.ndjson"]);
    audit(&["verify", "log.ndjson", "checkpoint"]);
}

#[test]
fn kill_9_in_the_middle_of_saves_loses_none_on_sqlite() {
    let data = tempfile::tempdir().unwrap();
    no_acknowledged_save_is_lost(data.path(), None);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests are told by their environment where PostgreSQL is")]
fn kill_9_in_the_middle_of_saves_loses_none_on_postgres() {
    let Ok(url) = std::env::var("BULLA_TEST_POSTGRES") else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "with CI=true this needs PostgreSQL");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let name = format!("bulla_kill_{}", std::process::id());
    let own = runtime.block_on(Database::create_postgres(&url, &name)).unwrap();
    let data = tempfile::tempdir().unwrap();
    no_acknowledged_save_is_lost(data.path(), Some(&own));
    runtime.block_on(Database::drop_postgres(&url, &name)).unwrap();
}
