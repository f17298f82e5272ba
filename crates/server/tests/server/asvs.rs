//! The requirements of OWASP ASVS 5.0 that can be checked from outside: each is named by the test that checks it, in a
//! line `/// ASVS 7.2.4` above it. Here are those that no other file has, and the test that none is forgotten.

use std::collections::BTreeSet;
use std::path::Path;

use crate::harness::{Answer, Client, PASSWORD, Server};
use bulla_db::sql;
use serde_json::{Value, json};

/// What chapters 6 to 8 and 16 ask of a black box. 6.8 and 7.6 are about single sign-on, which is still to come.
const ASKED: &[&str] = &[
    "6.2.1", "6.2.3", "6.2.4", "6.2.5", "6.2.8", "6.2.9", "6.2.10", "6.2.11", "6.2.12", "6.3.1", "6.3.2", "6.3.3",
    "6.3.5", "6.3.8", "6.4.1", "6.4.3", "6.4.6", "6.5.1", "6.5.2", "6.5.5", "6.5.6", "7.2.3", "7.2.4", "7.3.1",
    "7.3.2", "7.4.1", "7.4.2", "7.4.3", "7.4.5", "7.5.1", "7.5.2", "8.2.1", "8.2.2", "8.2.3", "8.3.2", "8.4.1",
    "16.2.1", "16.2.2", "16.2.5", "16.3.1", "16.3.2", "16.3.3", "16.4.1", "16.4.2", "16.5.1", "16.5.2", "16.5.3",
];

#[test]
fn every_requirement_is_named_by_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server");
    let mut named = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("/// ASVS ")) {
            let numbers = line.split(':').next().unwrap_or_default().split([',', ' ']);
            named.extend(numbers.map(|number| number.trim().trim_end_matches('.').to_owned()));
        }
    }
    let missing: Vec<_> = ASKED.iter().filter(|number| !named.contains(**number)).collect();
    assert_eq!(missing, [] as [&&str; 0], "name each in a line `/// ASVS …` above the test that checks it");
}

fn code(answer: &Answer) -> String {
    format!("{} {}", answer.status.as_u16(), answer.json["code"].as_str().unwrap_or_default())
}

async fn sign_in(server: &Server, email: &str, password: &str) -> Answer {
    server.anonymous().post("/api/session", json!({ "email": email, "password": password })).await
}

/// What the log holds, the newest first.
async fn events(client: &Client) -> Vec<Value> {
    let answer = client.get("/api/audit/events?order=desc&limit=1000").await;
    answer.json["items"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

on_both_databases! {
    /// ASVS 6.2.1, 6.2.5, 6.2.8, 6.2.10: as it was typed, of any kind of character, for as long as its owner likes.
    async fn a_password_is_taken_as_it_is_typed_and_never_grows_old(server: Server) {
        let mut dora = server.person("Dora", "developer").await;
        let mut current = PASSWORD.to_owned();
        for (password, expected) in [
            ("xkq7vbn", "422 invalid"),
            ("kettle moons seven under", "204 "),
            ("KETTLE MOONS SEVEN UNDER", "204 "),
            ("5820 9437 1166 2408", "204 "),
            (" p\u{e4}ssw\u{f6}rd of the sea \u{1f30a} ", "204 "),
        ] {
            let answer =
                dora.put("/api/account/password", json!({ "current": current, "password": password })).await;
            assert_eq!(code(&answer), expected, "{password}");
            if expected == "204 " {
                let typed = sign_in(&server, "dora@example.com", password).await;
                assert_eq!(code(&typed), "200 ", "{password}");
                dora.keep_cookie(&typed);
                current = password.to_owned();
            }
        }
        for near in [current.trim(), current.trim_start(), &current.to_lowercase().replace('\u{e4}', "a")] {
            assert_eq!(code(&sign_in(&server, "dora@example.com", near).await), "401 wrong_credentials", "{near}");
        }
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        sql!("update person set created_at = 0").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        database.close().await;
        assert_eq!(code(&sign_in(&server, "dora@example.com", &current).await), "200 ");
    }

    /// ASVS 7.2.3, 7.2.4: 128 bits at least, and none that was there before.
    async fn tokens_are_long_and_never_the_same(server: Server) {
        let mut seen = BTreeSet::new();
        for _ in 0..40 {
            let answer = sign_in(&server, "ada@example.com", PASSWORD).await;
            let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
            let token = cookie.split(';').next().unwrap().split_once('=').unwrap().1.to_owned();
            assert!(token.len() >= 22, "{token}: fewer than 128 bits in base64");
            assert!(token.chars().collect::<BTreeSet<_>>().len() >= 10, "{token}");
            assert!(seen.insert(token[..8].to_owned()), "two begin alike");
        }
    }

    /// ASVS 16.4.1: what somebody else says stays inside its own field.
    async fn nothing_that_is_said_makes_a_line_of_its_own(server: Server) {
        let forged = "x\r\n{\"action\":\"team.create\"}\u{202e}\u{0}\u{1b}[31m";
        let said = sign_in(&server, forged, forged).await;
        assert_eq!(code(&said), "401 wrong_credentials");
        let mut program = server.anonymous();
        program.key = Some("PMAK-\u{1b}[31m".replace('\u{1b}', "%1b"));
        program.get("/api/workspaces").await;
        for path in ["/api/workspaces", "/api/groups"] {
            let answer = server.admin.post(path, json!({ "name": forged, "kind": "team", "roles": ["developer"] })).await;
            assert_eq!(code(&answer), "422 invalid", "{path}");
        }
        // What PostgreSQL cannot store is refused with words; SQLite takes it.
        let found = server.admin.get("/api/people?search=%00").await;
        assert!(["200 ", "422 bad_text"].contains(&code(&found).as_str()), "{found}");
        let log = server.admin.get("/api/audit/export?format=ndjson").await;
        let lines = log.lines();
        assert!(lines.len() >= 3, "{log}");
        let text = String::from_utf8(log.bytes.to_vec()).unwrap();
        assert!(!text.contains(['\r', '\u{0}', '\u{1b}']), "{text}");
        assert_eq!(events(&server.admin).await.iter().filter(|event| event["action"] == "team.create").count(), 1);
    }

    /// ASVS 16.4.2: no route changes or deletes an event.
    async fn no_route_touches_what_was_written(server: Server) {
        let api: Value = serde_json::from_str(&bulla_server::openapi()).unwrap();
        let paths = api["paths"].as_object().unwrap();
        for (path, methods) in paths.iter().filter(|(path, _)| path.starts_with("/api/audit/events") || path.starts_with("/audit")) {
            let methods: Vec<_> = methods.as_object().unwrap().keys().collect();
            assert_eq!(methods, ["get"], "{path}");
        }
        let before = events(&server.admin).await;
        for method in ["PUT", "PATCH", "DELETE", "POST"] {
            for path in ["/api/audit/events", "/api/audit/events/0", "/audit/logs"] {
                let request = http::Request::builder().method(method).uri(format!("{}{path}", server.url));
                let request = request.header("x-bulla-request", "1").header("content-type", "application/json");
                let answer = server.admin.request(request.body(http_body_util::Full::new("{}".into())).unwrap()).await;
                assert!([404, 405].contains(&answer.status.as_u16()), "{method} {path}: {answer}");
            }
        }
        assert_eq!(events(&server.admin).await, before);
    }

    /// ASVS 16.5.1, 16.5.3: what went wrong inside is for the log of the server, and nobody gets past it.
    async fn an_error_of_the_inside_says_nothing_of_it(server: Server) {
        let workspace = server.admin.workspace("Payments", "team").await;
        let database = server.database().await;
        let rename = async |statement: bulla_db::Query| {
            let mut transaction = database.begin().await.unwrap();
            statement.execute(&mut transaction).await.unwrap();
            transaction.commit().await.unwrap();
        };
        rename(sql!("alter table workspace_grant rename to workspace_grant_away")).await;
        for path in [format!("/api/workspaces/{workspace}"), "/api/workspaces".to_owned()] {
            let answer = server.admin.get(&path).await;
            assert_eq!(code(&answer), "500 unexpected", "{answer}");
            let text = String::from_utf8(answer.bytes.to_vec()).unwrap();
            for inside in ["workspace_grant", "sql", "SQL", ".rs", "panicked", "relation", "table"] {
                assert!(!text.contains(inside), "{inside} in {text}");
            }
            assert!(answer.json["requestId"].as_str().is_some_and(|id| !id.is_empty()), "{answer}");
        }
        database.close().await;
    }
}
