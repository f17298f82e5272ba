//! The log as evidence: checkpoints, proofs, exports, what is erased and what is removed.

use std::collections::BTreeMap;

use crate::harness::{Client, Server};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulla_access::Plan;
use bulla_audit::{
    Actor, Checkpoint, Event, FORMAT, Finding, Hash, Origin, Outcome, PublicKey, Target, Verified, Verifier, leaf_hash,
    verify_consistency, verify_inclusion,
};
use bulla_db::{Database, sql};
use bulla_server::audit::{self, ledger, retention};
use http::{Method, Request};
use serde_json::{Value, json};

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

fn hash(value: &Value) -> Hash {
    STANDARD.decode(value.as_str().unwrap()).unwrap().try_into().unwrap()
}

/// Writes `count` more events.
async fn grow(database: &Database, team: &str, count: usize) {
    let mut transaction = database.begin().await.unwrap();
    for _ in 0..count {
        audit::append(&mut transaction, event(team, 0), None).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

fn event(team: &str, at: i64) -> Event {
    Event {
        format: FORMAT,
        id: uuid::Uuid::now_v7().to_string(),
        team: team.to_owned(),
        sequence: 0,
        at,
        actor: Actor::Person { id: "p1".to_owned() },
        action: "item.update".to_owned(),
        target: Target { kind: "item".to_owned(), id: "i1".to_owned() },
        outcome: Outcome::Done,
        because: None,
        changes: BTreeMap::new(),
        origin: Origin { address: Some("203.0.113.9".to_owned()), ..Origin::default() },
        commitments: BTreeMap::new(),
    }
}

async fn sign(ada: &Client) -> (u64, String) {
    let answer = ada.post("/api/audit/checkpoints", Value::Null).await;
    assert_eq!(answer.status, 201, "{answer}");
    (answer.json["size"].as_u64().unwrap(), answer.json["note"].as_str().unwrap().to_owned())
}

/// Takes an export and proves it with these notes.
async fn verified(ada: &Client, notes: &[&str]) -> Result<Verified, Finding> {
    let export = ada.get("/api/audit/export?format=ndjson").await;
    assert_eq!(export.status, 200, "{export}");
    let mut verifier = Verifier::new(notes.iter().map(|note| (*note).to_owned()).collect(), None)?;
    for line in std::str::from_utf8(&export.bytes).unwrap().lines() {
        verifier.line(line)?;
    }
    verifier.end()
}

on_both_databases! {
    async fn every_event_has_a_proof_and_the_log_only_grows(server: Server) {
        let ada = &server.admin;
        let team = server.team().await;
        let (old_size, old_note) = sign(ada).await;
        let (database, mut sizes) = (server.database().await, Vec::new());
        // Over the edge of tiles, and of what a checkpoint covers.
        for count in [250, 1, 300, 600] {
            grow(&database, &team, count).await;
            sizes.push(sign(ada).await);
        }
        let listed = ada.get("/api/audit/checkpoints?limit=100").await.json;
        let key: PublicKey = listed["key"].as_str().unwrap().parse().unwrap();
        assert_eq!(key.name(), ledger::origin(&team));
        let (size, note) = sizes.last().unwrap();
        let newest = Checkpoint::open(note, &key).unwrap();
        assert_eq!((newest.size, listed["items"][0]["note"].as_str().unwrap()), (*size, note.as_str()));

        for sequence in [0, 1, old_size - 1, 255, 256, 257, 511, 512, 1000, size - 1] {
            let proof = ada.get(&format!("/api/audit/events/{sequence}/proof?size={size}")).await.json;
            let leaf = leaf_hash(proof["leaf"].as_str().unwrap().as_bytes());
            assert_eq!(leaf, hash(&proof["hash"]));
            verify_inclusion(&leaf, sequence, *size, &hashes(&proof["path"]), &newest.root).unwrap();
        }
        for (size_then, note_then) in sizes.iter().chain([&(old_size, old_note)]) {
            let then = Checkpoint::open(note_then, &key).unwrap();
            let proof = ada.get(&format!("/api/audit/consistency?from={size_then}")).await.json;
            verify_consistency(*size_then, &then.root, *size, &newest.root, &hashes(&proof["path"])).unwrap();
        }
        // The first one that covers it, without a size.
        let proof = ada.get("/api/audit/events/3/proof").await.json;
        let under = Checkpoint::open(proof["checkpoint"].as_str().unwrap(), &key).unwrap();
        verify_inclusion(&hash(&proof["hash"]), 3, under.size, &hashes(&proof["path"]), &under.root).unwrap();

        for (path, expected) in [
            (format!("/api/audit/events/{}/proof", size + 5), "404 not_found"),
            ("/api/audit/events/x/proof".to_owned(), "400 bad_request"),
            (format!("/api/audit/events/3/proof?size={}", size - 1), "404 not_found"),
            (format!("/api/audit/consistency?from={}", size + 1), "422 not_covered"),
            (format!("/api/audit/consistency?from=1&to={}", size - 1), "404 not_found"),
        ] {
            let answer = ada.get(&path).await.to_string();
            assert!(answer.starts_with(expected), "{path}: {answer}");
        }
        grow(&database, &team, 1).await;
        let early = ada.get(&format!("/api/audit/events/{size}/proof")).await;
        assert!(["409 not_signed_yet", "200"].iter().any(|said| early.to_string().starts_with(said)), "{early}");
    }

    async fn an_export_is_proved_by_the_checkpoints_that_were_kept(server: Server) {
        let ada = &server.admin;
        let (first, old) = sign(ada).await;
        ada.workspace("Payments", "team").await;
        let (_, new) = sign(ada).await;
        let found = verified(ada, &[&old, &new]).await.unwrap();
        assert_eq!((found.from, found.erased), (0, 0));
        assert!(found.proved > first && found.size > found.proved, "{found:?}");
        let last = ada.get("/api/audit/events?order=desc&limit=1").await.json["items"][0].clone();
        assert_eq!((&last["action"], &last["actor"]["id"]), (&json!("audit.export"), &json!(ada.person)));
        assert_eq!(last["changes"]["format"]["after"]["text"], "ndjson");
    }

    async fn a_log_that_was_tampered_with_is_not_signed_again(server: Server) {
        let ada = &server.admin;
        let (team, database) = (server.team().await, server.database().await);
        let (_, kept) = sign(ada).await;
        let mut transaction = database.begin().await.unwrap();
        let (leaf, hash) = ("{}", leaf_hash(b"{}"));
        sql!("update audit_event set leaf = $1, leaf_hash = $2 where team = $3 and sequence = 1")
            .bind(leaf)
            .bind(&hash[..])
            .bind(&team)
            .execute(&mut transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        let refused = ada.post("/api/audit/checkpoints", Value::Null).await;
        assert!(refused.to_string().starts_with("409 log_damaged"), "{refused}");
        // The export tells all the same.
        assert_eq!(verified(ada, &[&kept]).await.unwrap_err(), Finding::Edited(1));
        // And nothing else stops.
        ada.workspace("Payments", "team").await;
    }

    async fn what_tells_of_a_person_can_be_erased_and_every_proof_holds(server: Server) {
        let ada = &server.admin;
        let olga = server.person("Olga", "developer").await;
        olga.workspace("Payments", "team").await;
        let (_, kept) = sign(ada).await;
        let by_olga = format!("/api/audit/events?actor={}", olga.person);
        let event = ada.get(&by_olga).await.json["items"][0].clone();
        assert_eq!(event["origin"]["address"], "127.0.0.1");
        let database = server.database().await;
        let leaves = async || {
            let rows = sql!("select leaf from audit_event").all(database.read()).await.unwrap();
            rows.iter().map(|row| row.text("leaf").unwrap()).collect::<String>()
        };
        assert!(!leaves().await.contains("127.0.0.1") && !leaves().await.contains("olga@example.com"));
        assert!(ada.get("/api/audit/events?limit=1000").await.to_string().contains("olga@example.com"));

        let app = server.app().await;
        let person = bulla_server::id::PersonId(olga.person.clone());
        let erased = audit::erase_as_operator(&app.door, &server.team().await, &person).await.unwrap();
        assert_eq!(erased, 3, "two addresses and one name with its email");
        assert_eq!(verified(ada, &[&kept]).await.unwrap().erased, 3);
        let after = ada.get(&by_olga).await.json["items"][0].clone();
        assert_eq!((&after["origin"]["address"], &after["id"]), (&Value::Null, &event["id"]));
        let personal = sql!("select details from audit_personal where person = $1")
            .bind(&olga.person)
            .all(database.read())
            .await
            .unwrap();
        assert_eq!(personal.len(), 0);
    }

    /// An invite is written down before whoever it is for has an id.
    async fn what_invites_tell_of_a_person_is_erased_with_them(server: Server) {
        let (ada, dora) = (&server.admin, server.person("Dora", "developer").await);
        let suggested = json!({ "emails": ["bo.lund@example.com"], "roles": ["developer"] });
        assert_eq!(dora.post("/api/invites", suggested).await.json["items"][0]["outcome"], "suggested");
        let listed = ada.get("/api/suggestions").await.json;
        let suggestion = listed["items"][0]["id"].as_str().unwrap();
        assert_eq!(ada.post(&format!("/api/suggestions/{suggestion}/approve"), json!({})).await.status, 200);
        let other = json!({ "emails": ["eve@example.com"], "roles": ["developer"] });
        assert_eq!(ada.post("/api/invites", other).await.json["items"][0]["outcome"], "invited");
        let outbox = ada.get("/api/outbox").await.json;
        let mails = outbox["items"].as_array().unwrap();
        let mail = mails.iter().find(|mail| mail["kind"] == "invite" && mail["to"] == "bo.lund@example.com").unwrap();
        let opened = ada.post(&format!("/api/outbox/{}/open", mail["id"].as_str().unwrap()), Value::Null).await;
        let secret = opened.json["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
        let body = json!({ "secret": secret, "name": "Bo", "password": crate::harness::PASSWORD });
        let joined = server.anonymous().post("/api/invitations/accept", body).await;
        assert_eq!(joined.status, 201, "{joined}");
        let (_, kept) = sign(ada).await;
        // The names of people beside the events are those of their accounts, which the log does not keep.
        let log = async || ada.get("/api/audit/events?limit=1000").await.json["items"].to_string();
        assert!(log().await.contains("bo.lund@example.com"));

        let app = server.app().await;
        let person = bulla_server::id::PersonId(joined.json["person"]["id"].as_str().unwrap().to_owned());
        audit::erase_as_operator(&app.door, &server.team().await, &person).await.unwrap();
        let after = log().await;
        assert!(!after.contains("bo.lund@example.com"), "{after}");
        assert!(after.contains("eve@example.com"), "that of others stays");
        assert!(verified(ada, &[&kept]).await.is_ok());
    }

    async fn a_clock_that_jumps_back_does_not_turn_the_log_around(server: Server) {
        let (team, database) = (server.team().await, server.database().await);
        let tomorrow = bulla_server::moment::now() + 86_400_000;
        let mut transaction = database.begin().await.unwrap();
        for at in [tomorrow, tomorrow - 3_600_000, 0, tomorrow + 1] {
            audit::append(&mut transaction, event(&team, at), None).await.unwrap();
        }
        transaction.commit().await.unwrap();
        let page = server.admin.get("/api/audit/events?order=desc&limit=4").await.json;
        let times: Vec<_> = page["items"].as_array().unwrap().iter().map(|e| e["at"].as_i64().unwrap()).collect();
        assert_eq!(times, [tomorrow + 1, tomorrow, tomorrow, tomorrow]);
        // Signing goes on, though what is signed lies ahead of the clock.
        let (_, note) = sign(&server.admin).await;
        assert!(verified(&server.admin, &[&note]).await.is_ok());
    }

    async fn what_is_too_old_is_removed_and_later_proofs_hold(server: Server) {
        let ada = &server.admin;
        let (team, database, app) = (server.team().await, server.database().await, server.app().await);
        grow(&database, &team, 300).await;
        let (early_size, early) = sign(ada).await;
        grow(&database, &team, 300).await;
        let (old_size, old) = sign(ada).await;
        let day = 86_400_000;
        let mut transaction = database.begin().await.unwrap();
        let later = bulla_server::moment::now() + 170 * day;
        for _ in 0..30 {
            audit::append(&mut transaction, event(&team, later), None).await.unwrap();
        }
        transaction.commit().await.unwrap();

        let now = later + 11 * day;
        assert_eq!(retention::remove_old(&app.door, &team, Plan::Enterprise, now - 2 * day).await.unwrap(), 0);
        let kept_from = retention::remove_old(&app.door, &team, Plan::Enterprise, now).await.unwrap();
        assert_eq!(kept_from, 512, "whole tiles below the checkpoint of {old_size}");
        let left = sql!("select count(*) as n from audit_event where team = $1 and sequence < 512")
            .bind(&team)
            .one(database.read())
            .await
            .unwrap();
        assert_eq!(left.integer("n").unwrap(), 0);
        let (size, newest) = sign(ada).await;
        let listed = ada.get("/api/audit/checkpoints").await.json;
        assert_eq!(listed["keptFrom"], 512);
        let key: PublicKey = listed["key"].as_str().unwrap().parse().unwrap();
        let root = Checkpoint::open(&newest, &key).unwrap().root;
        for (size_then, note_then) in [(early_size, &early), (old_size, &old)] {
            let then = Checkpoint::open(note_then, &key).unwrap();
            let proof = ada.get(&format!("/api/audit/consistency?from={size_then}")).await.json;
            verify_consistency(size_then, &then.root, size, &root, &hashes(&proof["path"])).unwrap();
        }
        let proof = ada.get(&format!("/api/audit/events/600/proof?size={size}")).await.json;
        verify_inclusion(&hash(&proof["hash"]), 600, size, &hashes(&proof["path"]), &root).unwrap();
        assert_eq!(ada.get("/api/audit/events/5/proof").await.status, 404);
        let found = verified(ada, &[&early, &old, &newest]).await.unwrap();
        assert_eq!((found.from, found.proved), (512, size));
        let first = ada.get("/api/audit/events?limit=1").await.json["items"][0].clone();
        assert_eq!(first["sequence"], 512);
        let told = ada.get("/api/audit/events?action=audit.expire").await.json;
        assert_eq!(told["items"][0]["actor"]["kind"], "system");
        assert_eq!(told["items"][0]["changes"]["keptFrom"]["after"]["number"], 512);
    }

    async fn people_take_the_log_away_as_a_table_or_a_list(server: Server) {
        let ada = &server.admin;
        ada.workspace("=HYPERLINK(\"x\")", "team").await;
        let csv = ada.get("/api/audit/export?format=csv&action=workspace.create").await;
        assert_eq!(csv.headers["content-type"], "text/csv");
        assert!(csv.headers["content-disposition"].to_str().unwrap().contains(".csv"));
        let text = String::from_utf8(csv.bytes.to_vec()).unwrap();
        let lines: Vec<_> = text.split("\r\n").collect();
        assert!(lines[0].starts_with("id,timestamp,action,outcome,"), "{text}");
        assert!(lines[1].contains(",workspace.create,done,,") && lines[1].contains(",Ada,ada@example.com,"), "{text}");
        assert_eq!(lines.len(), 3);
        let list = ada.get("/api/audit/export?format=json&action=workspace.create").await;
        assert_eq!(list.json.as_array().unwrap().len(), 1);
        assert_eq!(ada.get("/api/audit/export?format=json&action=nothing.at.all").await.json, json!([]));
        assert_eq!(ada.get("/api/audit/export?format=pdf").await.status, 400);
        let exports = ada.get("/api/audit/events?action=audit.export").await.json;
        assert_eq!(exports["items"].as_array().unwrap().len(), 3);
    }

    async fn pollers_read_it_as_they_read_postmans(server: Server) {
        let ada = &server.admin;
        let olga = server.person("Olga", "developer").await;
        for n in 0..5 {
            olga.workspace(&format!("w{n}"), "team").await;
        }
        let yesterday = bulla_server::moment::Moment(bulla_server::moment::now() - 86_400_000).to_string();
        let mut ids = Vec::new();
        let mut cursor = String::new();
        loop {
            // As Cribl sends it, an empty cursor first.
            let page = ada.get(&format!("/audit/logs?limit=3&since={yesterday}&cursor={cursor}")).await;
            assert_eq!(page.status, 200, "{page}");
            ids.extend(page.json["trails"].as_array().unwrap().iter().map(|trail| trail["id"].as_u64().unwrap()));
            if page.json["nextCursor"].is_null() {
                break;
            }
            assert!(page.json["nextCursor"].is_number());
            cursor = page.json["nextCursor"].to_string();
        }
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1] + 1) && ids.last() == Some(&1), "{ids:?}");

        let trail = ada.get("/audit/logs?action=team.add_member").await.json["trails"][0].clone();
        assert_eq!(trail["data"]["actor"]["email"], "ada@example.com");
        assert_eq!(trail["data"]["user"]["email"], "olga@example.com");
        assert_eq!(trail["data"]["actor"]["active"], true);
        assert!(trail["timestamp"].as_str().unwrap().ends_with(".000Z"), "{trail}");
        let login = ada.get("/audit/logs?action=user.login_password_success&orderBy=asc").await.json;
        assert_eq!(login["trails"][0]["message"], "Olga successfully logged in using the password.");
        assert_eq!(
            ada.get("/audit/logs?order_by=asc&limit=2").await.json,
            ada.get("/audit/logs?orderBy=asc&limit=2").await.json
        );
        let of_olga = trail["data"]["user"]["id"].as_u64().unwrap();
        let about = ada.get(&format!("/audit/logs?userId={of_olga}")).await.json;
        assert_eq!(about["trails"].as_array().unwrap().len(), 7, "what she did, and that she came");
        assert_eq!(ada.get("/audit/logs?limit=500").await.status, 200);
// A zone whose plus was not encoded, and a blank in place of the T.
        let unencoded = format!("{}%20{}+00:00", &yesterday[..10], &yesterday[11..19]);
        assert_eq!(ada.get(&format!("/audit/logs?since={unencoded}&until=2999-01-01")).await.status, 200);

        for (query, name) in [
            ("action=login", "InvalidAuditAction"),
            ("since=soon", "InvalidParamsError"),
            ("since=2020-01-01", "InvalidParamsError"),
            ("cursor=forged", "InvalidParamsError"),
            ("cursor=987654321", "InvalidParamsError"),
            ("limit=0", "InvalidParamsError"),
            ("orderBy=up", "InvalidParamsError"),
            ("userId=x", "InvalidParamsError"),
        ] {
            let answer = ada.get(&format!("/audit/logs?{query}")).await;
            assert_eq!((answer.status.as_u16(), &answer.json["error"]["name"]), (400, &json!(name)), "{query}");
        }
        assert_eq!(
            ada.get("/audit/logs?action=login").await.json["error"]["message"],
            "Invalid audit action format. Expected format: prefix.action_name (e.g., user.login)."
        );
        for path in ["/audit/logs", "/audit-actions"] {
            let refused = olga.get(path).await;
            assert_eq!((refused.status.as_u16(), &refused.json["error"]["name"]), (403, &json!("ForbiddenRequest")));
            assert_eq!(server.anonymous().get(path).await.json["error"]["name"], "AuthenticationError");
        }
        let actions = ada.get("/audit-actions").await.json;
        assert!(actions.as_array().unwrap().contains(&json!({ "name": "team.add_member", "displayName": "Added Member" })));
    }
    /// ASVS 16.5.3.
    async fn what_cannot_be_written_down_does_not_happen(server: Server) {
        let ada = &server.admin;
        let database = server.database().await;
        // A table that takes nothing more, as a full disk would leave it. The limit on a real file is in the tests of the
        // command line.
        match &server.postgres {
            None => refuse(&database, "create trigger full before insert on audit_event begin select raise(abort, 'database or disk is full'); end").await,
            Some(_) => {
                refuse(&database, "create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'disk is full'; end $$; create trigger full_disk before insert on audit_event for each row execute function full_disk()").await;
            }
        }
        let before = ada.get("/api/workspaces").await.json;
        let refused = ada.post("/api/workspaces", json!({ "name": "Payments", "kind": "team" })).await;
        assert_eq!(refused.status, 500, "{refused}");
        assert!(!refused.to_string().contains("disk"), "{refused}");
        assert_eq!(ada.get("/api/workspaces").await.json, before);
        let export = ada
            .request(Request::builder().method(Method::GET).uri(format!("{}/api/audit/export?format=csv", server.url)).body(Default::default()).unwrap())
            .await;
        assert_eq!(export.status, 500, "an export that cannot be written down gives nothing away");
        let sign_in = server.anonymous().post("/api/session", json!({ "email": "ada@example.com", "password": crate::harness::PASSWORD })).await;
        assert_eq!(sign_in.status, 500, "{sign_in}");
        assert!(sign_in.headers.get("set-cookie").is_none());
    }
}

/// Runs a statement that is none of the program's.
async fn refuse(database: &Database, text: &'static str) {
    database
        .migrate(&[bulla_db::Migration { version: i64::from(u16::MAX), name: "full", sqlite: text, postgres: text }])
        .await
        .unwrap();
}

/// One more event, for tests of what happens to many.
pub async fn append_old(transaction: &mut bulla_db::Transaction, team: &str) {
    audit::append(transaction, event(team, 0), None).await.unwrap();
}
