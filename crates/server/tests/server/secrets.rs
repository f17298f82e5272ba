//! A value that somebody called secret is found nowhere but where it was asked for.

use std::io::Write;
use std::sync::{Arc, Mutex};

use crate::harness::Server;
use bulla_db::{Reader, sql};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

/// Everything that is logged, at the finest level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// Every spelling in which a value could be written down.
fn spellings(canary: &str) -> Vec<Vec<u8>> {
    use base64::Engine;
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    vec![
        canary.as_bytes().to_vec(),
        // Base64 of the value, wherever its first byte falls in a group of three.
        engine.encode(canary).as_bytes()[..20].to_vec(),
        engine.encode(format!("x{canary}")).as_bytes()[4..24].to_vec(),
        engine.encode(format!("xx{canary}")).as_bytes()[4..24].to_vec(),
        canary.bytes().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes(),
    ]
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// The text of every table of the database, as far as the program itself writes it.
async fn rows(reader: Reader<'_>) -> Vec<u8> {
    let mut all = Vec::new();
    for query in [
        sql!("select head as text, sealed from collection"),
        sql!("select document || name || coalesce(method, '') as text, sealed from item"),
        sql!("select name || extra as text, null as sealed from environment"),
        sql!("select key || coalesce(kind, '') as text, sealed from environment_value"),
        sql!("select leaf as text, leaf_hash as sealed from audit_event"),
        sql!("select name || email || password as text, null as sealed from person"),
        sql!("select agent || address as text, token as sealed from session"),
        sql!("select name || coalesce(method, '') || coalesce(url, '') as text, null as sealed from history_entry"),
        sql!("select id || name || ending as text, hash as sealed from api_key"),
        sql!("select kind || recipient || subject as text, body as sealed from mail"),
    ] {
        for row in query.all(reader).await.unwrap() {
            all.extend(row.text("text").unwrap().into_bytes());
            all.extend(row.bytes_or_null("sealed").unwrap_or_default().unwrap_or_default());
        }
    }
    all
}

on_both_databases! {
    /// ASVS 8.2.3, 16.2.5.
    async fn no_secret_is_in_the_database_the_log_or_an_answer(server: Server) {
        let log = Log::default();
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).init();
        let canary = |what: &str| format!("canary-{what}-{}", uuid::Uuid::new_v4().simple());
        let (typed, imported, replaced, token, variable, header, v1, local) = (
            canary("typed"),
            canary("imported"),
            canary("replaced"),
            canary("token"),
            canary("variable"),
            canary("header"),
            canary("v1"),
            canary("local"),
        );
        let secrets = [&typed, &imported, &replaced, &token, &variable, &header, &v1, &local];

        let ada = &server.admin;
        let workspace = ada.workspace("Secrets", "team").await;
        let mut answers = Vec::new();
        let value = json!([{ "key": "password", "type": "secret", "enabled": true, "value": typed }]);
        let environment = ada.environment(&workspace, "Staging", value).await;
        let path = format!("/api/environments/{environment}");
        let read = ada.get(&path).await;
        let value = read.json["values"][0]["id"].as_str().unwrap().to_owned();
        answers.push(read);

        let update = json!([{ "id": value, "key": "password", "type": "secret", "enabled": true, "value": replaced }]);
        answers.push(ada.patch(&path, json!({ "version": 2, "values": update })).await);
        // An edit that says nothing of the value, and a stale one, whose answer holds what is there.
        let renamed = json!([{ "id": value, "key": "renamed", "type": "secret", "enabled": false }]);
        answers.push(ada.patch(&path, json!({ "version": 3, "values": renamed })).await);
        answers.push(ada.patch(&path, json!({ "version": 3, "values": renamed })).await);
        let file = json!({ "name": "E", "values": [{ "key": "k", "value": imported, "type": "secret" }] });
        answers.push(ada.import(&workspace, file.to_string()).await);

        let file = json!({
            "info": { "name": "Pay", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "variable": [{ "key": "v", "value": variable, "type": "secret" }],
            "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": token, "type": "string" }] },
            "item": [{ "name": "r", "request": { "url": "http://x", "header": [{ "key": "h", "value": header, "type": "secret" }] },
                       "response": [{ "name": "e", "originalRequest": { "auth": { "type": "x", "x": token } } }] }]
        });
        let collection = ada.import(&workspace, file.to_string()).await;
        let id = collection.id();
        answers.push(collection);
        answers.push(ada.get(&format!("/api/collections/{id}/items")).await);
        // The authorization of a request is there for whoever edits it; a secret variable is not.
        let head = ada.get(&format!("/api/collections/{id}")).await;
        assert!(head.to_string().contains(&token));
        assert!(!head.to_string().contains(&variable), "{head}");
        let file = json!({ "id": "c", "name": "V1", "order": ["r"], "requests": [
            { "id": "r", "name": "r", "method": "GET", "url": "http://x", "currentHelper": "basicAuth",
              "helperAttributes": { "id": "basic", "username": "u", "password": v1 } }] });
        answers.push(ada.import(&workspace, file.to_string()).await);
        // Sent with a shared, a local and a collection's secret to a server that says all of it back, and too much of it
        // for an event; with scripts that say it in every way they have.
        let echo = ada.get("/api/meta").await.json["echoUrl"].as_str().unwrap().to_owned();
        let script = "const all = ['v', 'k', 'password'].map((name) => pm.variables.get(name)); console.log(all); \
                      pm.globals.set('leak', all.join()); pm.test(all.join(' '), () => pm.expect(all[0]).to.eql('x')); \
                      throw new Error(all.join());";
        let draft = json!({
            "name": format!("typed by hand: {imported}"),
            "event": [{ "listen": "test", "script": { "exec": [script] } }],
            "request": {
                "method": "POST", "url": format!("{echo}/post?a={{{{v}}}}&b={{{{k}}}}&c={imported}"),
                "auth": { "type": "basic", "basic": [
                    { "key": "username", "value": "u" }, { "key": "password", "value": "{{k}}" }] },
                "header": [{ "key": "X-Secret", "value": "{{k}} {{v}}" }],
                "body": { "mode": "raw", "raw": format!("{{{{k}}}} {{{{v}}}} {{{{password}}}}{}", " ".repeat(1_500_000)) }
            }
        });
        let environments = ada.get(&format!("/api/workspaces/{workspace}/environments")).await;
        let named = |name: &str| {
            let mut all = environments.json["items"].as_array().unwrap().iter();
            all.find(|environment| environment["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
        };
        let sent = ada
            .post(
                &format!("/api/workspaces/{workspace}/send"),
                json!({ "collectionId": id, "environmentId": named("E"), "document": draft, "locals": {
                    "collection": [{ "key": "v", "value": local }],
                    "environment": [{ "key": "k", "value": imported }, { "key": "plain", "value": "seen" }] } }),
            )
            .await;
        let body = sent.event("responseReceived")["response"]["body"]["id"].as_str().unwrap().to_owned();
        assert!(sent.to_string().contains("X-Secret"), "{sent}");
        assert_eq!(sent.event("assertion")["passed"], false);
        answers.push(sent);
        let body = ada.get(&format!("/api/bodies/{body}")).await;
        assert!(body.bytes.len() > 1_500_000 && body.to_string().contains("x-secret"));
        answers.push(body);
        let ran = ada.post(&format!("/api/workspaces/{workspace}/runs"), json!({ "collectionId": id })).await;
        assert_eq!(ran.event("requestSent")["request"]["headers"][0]["key"], "h", "{ran}");
        for secret in [&variable, &header] {
            assert!(!ran.to_string().contains(secret.as_str()), "{secret}: {ran}");
        }
        answers.push(ada.get(&format!("/api/workspaces/{workspace}/history")).await);
        answers.push(ada.get("/api/audit/events?limit=1000").await);
        answers.push(ada.get("/metrics").await);
        // A wrong body is not repeated in its refusal.
        answers.push(ada.patch(&path, json!({ "version": "x", "values": [{ "value": typed }] })).await);

        let reveal = ada.post(&format!("{path}/values/{value}/reveal"), Value::Null).await;
        assert_eq!(reveal.json["value"], *replaced, "{reveal}");

        // What lets somebody in: a password, typed right and into the wrong field, and an API key, right and wrong.
        let password = canary("person");
        let account = json!({ "name": "Pat", "email": "pat@example.com", "password": password, "role": "developer" });
        answers.push(ada.post("/api/people", account).await);
        let anonymous = server.anonymous();
        for credentials in [
            json!({ "email": "pat@example.com", "password": password }),
            json!({ "email": password, "password": "x" }),
            json!({ "email": "pat@example.com", "password": { "typed": password } }),
        ] {
            answers.push(anonymous.post("/api/session", credentials).await);
        }
        let made = ada.post("/api/account/api-keys", json!({ "name": "Pipeline" })).await;
        let whole = made.json["value"].as_str().unwrap().to_owned();
        let key = whole[whole.len() - 34..].to_owned();
        let mut program = server.anonymous();
        for shown in [whole.clone(), format!("{whole}x"), format!("PMAK-{}-{key}", "0".repeat(24))] {
            program.key = Some(shown);
            answers.push(program.get("/me").await);
        }
        answers.push(ada.post("/api/api-keys/find", json!({ "key": whole })).await);
        answers.push(ada.get("/api/account/api-keys").await);
        answers.push(ada.get("/api/api-keys").await);
        let outbox = ada.get("/api/outbox").await;
        for mail in outbox.json["items"].as_array().unwrap() {
            answers.push(ada.post(&format!("/api/outbox/{}/open", mail["id"].as_str().unwrap()), Value::Null).await);
        }
        answers.push(outbox);
        answers.push(ada.get("/api/audit/events?limit=1000").await);
        answers.push(ada.get("/metrics").await);
        let secrets: Vec<&String> = secrets.into_iter().chain([&password, &key]).collect();
        let secrets = &secrets[..];

        for answer in &answers {
            for secret in secrets {
                assert!(!answer.to_string().contains(secret.as_str()), "{secret}: {answer}");
            }
        }
        let stored = rows(server.database().await.read()).await;
        assert!(!stored.is_empty());
        if server.postgres.is_none() {
            server.database().await.backup(&server.folder.path().join("backup.sqlite")).await.unwrap();
        }
        let logged = log.0.lock().unwrap().clone();
        assert!(holds(&logged, b"answered"), "nothing was logged");
        for secret in secrets {
            for spelling in spellings(secret) {
                assert!(!holds(&stored, &spelling), "{secret} is in the database");
                assert!(!holds(&logged, &spelling), "{secret} is in the log");
                for (name, bytes) in server.files() {
                    assert!(!holds(&bytes, &spelling), "{secret} is in {name}");
                }
            }
        }
    }

    async fn every_look_at_a_secret_is_written_down(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Secrets", "team").await;
        let values = json!([{ "key": "password", "type": "secret", "enabled": true, "value": "x" }]);
        let environment = ada.environment(&workspace, "Staging", values).await;
        let path = format!("/api/environments/{environment}");
        let value = ada.get(&path).await.json["values"][0]["id"].as_str().unwrap().to_owned();
        ada.post(&format!("{path}/values/{value}/reveal"), Value::Null).await;
        ada.get(&format!("{path}/export")).await;
        let events = ada.get("/api/audit/events?limit=1000").await.json;
        let actions: Vec<_> = events["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
        assert_eq!(actions[actions.len() - 2..], ["secret.reveal", "environment.export"], "{actions:?}");
    }
}
