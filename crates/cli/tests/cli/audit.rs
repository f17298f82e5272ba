//! An audit log that somebody tampered with is found out, offline; and what cannot be written down does not happen.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::{Ended, bulla, ended};
use bulla_audit::{Actor, Event, FORMAT, Origin, Outcome, Target, leaf_hash};
use bulla_db::{Database, Query, sql};
use bulla_server::audit;
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery staple";
/// Entries under the older checkpoint, and under the newer one.
const OLD: u64 = 41;
const NEW: u64 = 61;

/// An instance with a log, and checkpoints of it that were kept elsewhere.
struct Kept {
    folder: tempfile::TempDir,
}

impl Kept {
    async fn new() -> Self {
        let kept = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(kept.path("password"), PASSWORD).unwrap();
        let mut create = bulla(kept.folder.path());
        create.args(["admin", "create", "--data", "data", "--email", "ada@example.com", "--name", "Ada"]);
        create.arg("--password-stdin").stdin(std::fs::File::open(kept.path("password")).unwrap());
        assert_eq!(ended(&mut create).code, 0);
        kept.grow("data", OLD, "a").await;
        kept.keep("old.checkpoint");
        copy(&kept.path("data"), &kept.path("earlier"));
        kept.grow("data", NEW, "a").await;
        kept.keep("new.checkpoint");
        kept
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn database(&self, data: &str) -> PathBuf {
        self.path(data).join("bulla.sqlite")
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        ended(bulla(self.folder.path()).arg("audit").args(arguments))
    }

    fn keep(&self, name: &str) {
        let signed = self.run(&["checkpoint", "--data", "data"]);
        assert_eq!(signed.code, 0, "{}", signed.err);
        std::fs::write(self.path(name), signed.out).unwrap();
    }

    /// Writes events until there are `size`.
    async fn grow(&self, data: &str, size: u64, what: &str) {
        let database = Database::open_sqlite(&self.database(data)).await.unwrap();
        let team = sql!("select team, size from audit_head").one(database.read()).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        for sequence in team.integer("size").unwrap()..i64::try_from(size).unwrap() {
            let event = Event {
                format: FORMAT,
                id: uuid::Uuid::now_v7().to_string(),
                team: team.text("team").unwrap(),
                sequence: 0,
                at: 1_764_000_000_000,
                actor: Actor::Person { id: "p1".to_owned() },
                action: "item.update".to_owned(),
                target: Target { kind: "item".to_owned(), id: format!("{what}{sequence}") },
                outcome: Outcome::Done,
                because: None,
                changes: BTreeMap::new(),
                origin: Origin { address: Some("203.0.113.9".to_owned()), ..Origin::default() },
                commitments: BTreeMap::new(),
            };
            audit::append(&mut transaction, event, None).await.unwrap();
        }
        transaction.commit().await.unwrap();
        database.close().await;
    }

    /// What verification says of a copy of the data that `statements` tampered with.
    async fn tampered(&self, name: &str, statements: Vec<Query>) -> String {
        copy(&self.path("data"), &self.path(name));
        let database = Database::open_sqlite(&self.database(name)).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        for statement in statements {
            statement.execute(&mut transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
        database.close().await;
        self.verdict(name)
    }

    fn verdict(&self, data: &str) -> String {
        let export = format!("{data}.ndjson");
        let taken = self.run(&["export", "--data", data, &export]);
        assert_eq!(taken.code, 0, "{data}: {}", taken.err);
        let verified = self.run(&["verify", &export, "new.checkpoint", "old.checkpoint"]);
        assert_eq!(verified.code, i32::from(data != "data"), "{data}: {}{}", verified.out, verified.err);
        verified.out + &verified.err
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for name in ["bulla.sqlite", "root.key"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

#[tokio::test]
async fn every_way_of_tampering_with_the_database_is_named() {
    let kept = Kept::new().await;
    let database = Database::open_sqlite(&kept.database("data")).await.unwrap();
    let leaf = sql!("select leaf from audit_event where sequence = 12").one(database.read()).await.unwrap();
    // With its quotes: a commitment, which is random, may hold the same two characters.
    let forged = leaf.text("leaf").unwrap().replace("\"p1\"", "\"p9\"");
    let forged_hash = leaf_hash(forged.as_bytes());
    database.close().await;
    let edit = || sql!("update audit_event set leaf = $1 where sequence = 12").bind(&forged);

    for (name, statements, expected) in [
        ("edited", vec![edit()], "entry 12 was edited: its text does not have the hash that was stored with it"),
        (
            "edited-with-its-hash",
            vec![edit(), sql!("update audit_event set leaf_hash = $1 where sequence = 12").bind(&forged_hash[..])],
            "an entry from 0 to 40 was edited, removed or inserted and its hash made to fit",
        ),
        ("removed", vec![sql!("delete from audit_event where sequence = 12")], "entry 12 was removed"),
        (
            "inserted",
            vec![
                sql!("update audit_event set sequence = -sequence - 1 where sequence >= 12"),
                sql!("update audit_event set sequence = -sequence where sequence < 0"),
                sql!(
                    "insert into audit_event (team, sequence, id, at, actor, action, target_kind, target, outcome, \
                     leaf, leaf_hash) select team, 12, 'new', at, actor, action, target_kind, target, outcome, leaf, \
                     leaf_hash from audit_event where sequence = 3"
                ),
                sql!("update audit_head set size = size + 1"),
            ],
            "entry 12 was inserted",
        ),
        (
            "swapped",
            vec![
                sql!("update audit_event set sequence = -1 where sequence = 12"),
                sql!("update audit_event set sequence = 12 where sequence = 13"),
                sql!("update audit_event set sequence = 13 where sequence = -1"),
            ],
            "entry 12 was swapped with the one after it",
        ),
        (
            "cut",
            vec![
                sql!("delete from audit_event where sequence >= 50"),
                sql!("delete from audit_personal where sequence >= 50"),
                sql!("delete from audit_checkpoint where size > 50"),
                sql!("update audit_head set size = 50, signed = 41"),
            ],
            // The export itself is one more entry.
            "the end was cut, or an old database put back: entry 51 and all after it are missing",
        ),
        (
            "forged-checkpoint",
            vec![sql!("update audit_checkpoint set note = replace(note, '41', '40') where size = 41")],
            "is forged",
        ),
        (
            "details-edited",
            vec![sql!("update audit_personal set details = replace(details, '203.0', '198.5') where sequence = 12")],
            "entry 12 was edited: the personal details beside it are not those it was written with",
        ),
        (
            "signed-by-another-key",
            vec![
                sql!("delete from audit_signer"),
                sql!("delete from audit_checkpoint"),
                sql!("update audit_head set signed = 0"),
            ],
            "new.checkpoint: the checkpoint cannot be used: it carries no signature of the key",
        ),
    ] {
        let said = kept.tampered(name, statements).await;
        assert!(said.contains(expected), "{name}: {said}");
    }

    // An old database, put back and written on.
    kept.grow("earlier", NEW + 10, "b").await;
    let said = kept.verdict("earlier");
    assert!(said.contains("an old database was put back and written on: somewhere from entry 41 on"), "{said}");

    let whole = kept.verdict("data");
    assert!(whole.contains("entries 0 to 60 are those that were signed"), "{whole}");
}

#[tokio::test]
async fn the_key_is_checked_and_erasing_keeps_the_proof() {
    let kept = Kept::new().await;
    let key = kept.run(&["checkpoint", "--data", "data", "--key"]).out;
    let key = key.trim();
    assert_eq!(kept.run(&["export", "--data", "data", "audit.ndjson"]).code, 0);
    let verify = |key: &str| kept.run(&["verify", "audit.ndjson", "new.checkpoint", "--key", key]);
    assert_eq!(verify(key).code, 0);
    let mistyped = verify(&key[..key.len() - 1]);
    assert!(mistyped.err.contains("--key: it is no public key"), "{}", mistyped.err);
    let again = kept.run(&["export", "--data", "data", "audit.ndjson"]);
    assert!(again.err.contains("File exists"), "an export replaces nothing: {}", again.err);

    let erased = kept.run(&["erase", "--data", "data", "--person", "p1"]);
    assert!(erased.out.starts_with("Erased 60 places"), "{}{}", erased.out, erased.err);
    let said = kept.verdict("data");
    assert!(said.contains("Personal details were erased from 60 places"), "{said}");
    let nobody = kept.run(&["checkpoint", "--data", "data", "--team", "x"]);
    assert!(nobody.err.contains("there is no team x"), "{}", nobody.err);
    let nowhere = kept.run(&["checkpoint", "--data", "nowhere"]);
    assert!(nowhere.err.contains("there is no database") && !kept.path("nowhere").exists(), "{}", nowhere.err);
    let nothing = kept.run(&["verify", "password", "new.checkpoint"]);
    assert!(nothing.err.contains("line 1 of the export cannot be read"), "{}", nothing.err);
}

/// The status and the body of an answer, and the cookie it set.
fn ask(address: &str, method: &str, path: &str, cookie: &str, body: &Value) -> (u16, String, Value) {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nx-bulla-request: 1\r\ncookie: {cookie}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap_or_default();
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, cookie, serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn on_a_full_disk_nothing_happens_that_is_not_written_down() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |limit: &str| {
        // Files may not grow beyond the limit, and a write beyond it is an error, as on a full disk.
        let mut child = Command::new("sh")
            .args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_bulla")])
            .args(["serve", "--listen", "127.0.0.1:0", "--echo", "off", "--log-level", "off", "--data"])
            .arg(folder.path())
            .args(["--password-memory-mib", "19", "--password-passes", "2"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let address = first.trim().split_once("://").unwrap_or_else(|| panic!("it said {first:?}")).1.to_owned();
        (child, address)
    };
    let (mut child, address) = serve("6000");
    let setup = json!({ "name": "Ada", "email": "ada@example.com", "password": PASSWORD, "teamName": "T" });
    let (_, cookie, _) = ask(&address, "POST", "/api/setup", "", &setup);
    let (_, _, there) = ask(&address, "GET", "/api/workspaces", &cookie, &Value::Null);
    let there = there["items"].as_array().unwrap().len();
    let mut made = 0;
    let refused = loop {
        let workspace = json!({ "name": format!("w{made}"), "kind": "team", "summary": "x".repeat(9000) });
        let (status, _, answer) = ask(&address, "POST", "/api/workspaces", &cookie, &workspace);
        if status != 201 {
            break answer;
        }
        made += 1;
        assert!(made < 5000, "the disk is never full");
    };
    assert!(refused["status"].as_u64().unwrap() >= 500, "{refused}");
    assert!(made > 3, "{made}");
    let count = |address: &str| {
        let (_, _, workspaces) = ask(address, "GET", "/api/workspaces", &cookie, &Value::Null);
        let path = "/api/audit/events?action=workspace.create&limit=1000";
        let (_, _, events) = ask(address, "GET", path, &cookie, &Value::Null);
        (workspaces["items"].as_array().unwrap().len(), events["items"].as_array().unwrap().len())
    };
    let (workspaces, events) = count(&address);
    assert_eq!((workspaces - there, events), (made, made), "each has its event, and what was refused has none");
    child.kill().unwrap();
    child.wait().unwrap();

    let (mut child, address) = serve("unlimited");
    assert_eq!(count(&address), (workspaces, events), "and it is so on the disk");
    let (status, ..) = ask(&address, "POST", "/api/workspaces", &cookie, &json!({ "name": "more", "kind": "team" }));
    assert_eq!(status, 201);
    child.kill().unwrap();
    child.wait().unwrap();
}
