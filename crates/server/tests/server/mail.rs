//! Mail: written with what it tells of, delivered to a real SMTP server, or kept in the outbox.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::harness::smtp::{Sink, no_sink};
use crate::harness::{Client, On, PASSWORD, Server};
use bulla_db::sql;
use bulla_server::config::{Config, Hidden, Smtp, SmtpEncryption};
use serde_json::{Value, json};

const NEW: &str = "a kettle under seven moons";

/// Has a mail written: a change of one's own password is told to its owner.
async fn change_password(client: &Client, from: &str, to: &str) {
    let answer = client.put("/api/account/password", json!({ "current": from, "password": to })).await;
    assert_eq!(answer.status, 204, "{answer}");
}

/// The only mail of the outbox, once it is as `wanted` says.
async fn outbox_when(server: &Server, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let answer = server.admin.get("/api/outbox").await;
        let items = answer.json["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{answer}");
        if wanted(&items[0]) {
            return items[0].clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{answer}");
        tokio::task::yield_now().await;
    }
}

fn told(mail: &Value) -> String {
    let text = |field: &str| mail[field].as_str().unwrap_or("-").to_owned();
    format!("{} {} {}: {}", text("state"), mail["attempts"], text("to"), text("error"))
}

async fn start(smtp: Smtp) -> Server {
    let mut server = Server::untouched(On::Sqlite, |config: &mut Config| config.smtp = Some(smtp)).await.unwrap();
    server.set_up().await;
    server
}

on_both_databases! {
    async fn without_a_mail_server_mails_wait_where_super_admins_open_them(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let adam = server.person("Adam", "admin").await;
        change_password(&dora, PASSWORD, NEW).await;
        let listed = server.admin.get("/api/outbox").await;
        assert_eq!(listed.json["delivers"], false);
        let mail = listed.json["items"][0].clone();
        assert_eq!(told(&mail), "waiting 0 dora@example.com: -");
        assert_eq!((&mail["kind"], &mail["subject"]), (&json!("password-changed"), &json!("Your password was changed")));

        let id = mail["id"].as_str().unwrap().to_owned();
        let open = format!("/api/outbox/{id}/open");
        for client in [&dora, &adam] {
            assert_eq!(client.get("/api/outbox").await.json["code"], "forbidden");
            assert_eq!(client.post(&open, Value::Null).await.json["code"], "forbidden");
            assert_eq!(client.delete(&format!("/api/outbox/{id}")).await.json["code"], "forbidden");
        }
        let opened = server.admin.post(&open, Value::Null).await;
        let text = opened.json["text"].as_str().unwrap();
        assert!(text.starts_with(&format!("Hello Dora,\n\nyour password at {}/ was changed, and you are signed out elsewhere.", server.url)), "{text}");
        assert!(text.contains("from the address 127.0.0.1"), "{text}");

        // What it says is sealed, and who opened it is known.
        let database = server.database().await;
        let row = sql!("select body from mail").one(database.read()).await.unwrap();
        let body = String::from_utf8_lossy(&row.bytes("body").unwrap()).into_owned();
        assert!(!body.contains("Hello") && !body.contains("password"), "{body}");
        let events = server.admin.get("/api/audit/events?limit=1000").await;
        let events = events.json["items"].as_array().unwrap();
        let reads: Vec<_> = events.iter().filter(|event| event["action"] == "mail.read").collect();
        assert_eq!(reads.len(), 3);
        assert_eq!(reads.last().unwrap()["target"], json!({ "kind": "mail", "id": id }));

        assert_eq!(server.admin.delete(&format!("/api/outbox/{id}")).await.status, 204);
        assert_eq!(server.admin.post(&open, Value::Null).await.status, 404);
        assert_eq!(server.admin.get("/api/outbox").await.json["items"], json!([]));
        database.close().await;
    }

    async fn a_change_that_did_not_happen_tells_nobody(server: Server) {
        let dora = server.person("Dora", "developer").await;
        dora.put("/api/account/password", json!({ "current": "not the one", "password": NEW })).await;
        assert_eq!(server.admin.get("/api/outbox").await.json["items"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_reaches_the_mail_server_and_what_it_said_is_forgotten() {
    let Some(mut sink) = Sink::start(&[]).await else { return no_sink() };
    let server = start(sink.plain()).await;
    change_password(&server.admin, PASSWORD, NEW).await;
    let mail = sink.mail().await;
    assert_eq!((&mail["from"], &mail["to"]), (&json!("bulla@example.com"), &json!(["ada@example.com"])));
    assert_eq!((&mail["subject"], &mail["auto"]), (&json!("Your password was changed"), &json!("auto-generated")));
    assert!(mail["text"].as_str().unwrap().starts_with("Hello Ada,"), "{mail}");
    assert!(mail["html"].as_str().unwrap().contains("<p>Hello Ada,</p>"), "{mail}");
    assert_eq!(mail["encrypted"], false);

    let sent = outbox_when(&server, |mail| mail["state"] == "sent").await;
    assert_eq!(told(&sent), "sent 1 ada@example.com: -");
    let open = format!("/api/outbox/{}/open", sent["id"].as_str().unwrap());
    assert_eq!(server.admin.post(&open, Value::Null).await.json["code"], "mail_is_sent");
    let database = server.database().await;
    let row = sql!("select body from mail").one(database.read()).await.unwrap();
    assert!(row.bytes_or_null("body").unwrap().is_none());
    database.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_turned_away_for_the_moment_is_tried_again() {
    let Some(mut sink) = Sink::start(&["--later", "1"]).await else { return no_sink() };
    let server = start(sink.plain()).await;
    change_password(&server.admin, PASSWORD, NEW).await;
    let waiting = outbox_when(&server, |mail| !mail["error"].is_null()).await;
    assert!(told(&waiting).starts_with("waiting 1 ada@example.com: "), "{waiting}");
    assert!(told(&waiting).contains("not now"), "{waiting}");
    assert!(waiting["nextAt"].as_str().unwrap() > waiting["createdAt"].as_str().unwrap(), "{waiting}");
    let retry = format!("/api/outbox/{}/retry", waiting["id"].as_str().unwrap());
    assert_eq!(server.admin.post(&retry, Value::Null).await.status, 204);
    assert_eq!(sink.mail().await["to"], json!(["ada@example.com"]));
    outbox_when(&server, |mail| mail["state"] == "sent").await;
    assert_eq!(server.admin.post(&retry, Value::Null).await.json["code"], "mail_forgotten");
}

/// ASVS 16.5.2.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_nobody_takes_has_failed_and_is_shown() {
    let Some(sink) = Sink::start(&["--never"]).await else { return no_sink() };
    let server = start(sink.plain()).await;
    change_password(&server.admin, PASSWORD, NEW).await;
    let failed = outbox_when(&server, |mail| mail["state"] == "failed").await;
    assert!(told(&failed).contains("no such mailbox here"), "{failed}");
    // Mail that cannot leave does not stand in the way of what it tells of.
    let mut ada = server.anonymous();
    ada.keep_cookie(&ada.post("/api/session", json!({ "email": "ada@example.com", "password": NEW })).await);
    assert_eq!(ada.get("/api/session").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_is_trusted_by_its_certificate_and_told_the_password_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path()).await;
    let (certificate, key) = (certificate.as_str(), key.as_str());
    let arguments = ["--tls", certificate, key, "--login", "bulla", "hunter2"];
    let Some(mut sink) = Sink::start(&arguments).await else { return no_sink() };
    let smtp = Smtp {
        host: "localhost".to_owned(),
        encryption: SmtpEncryption::StartTls,
        credentials: Some(("bulla".to_owned(), Hidden::from("hunter2".to_owned()))),
        ..sink.plain()
    };
    let stranger = start(smtp.clone()).await;
    change_password(&stranger.admin, PASSWORD, NEW).await;
    let waiting = outbox_when(&stranger, |mail| !mail["error"].is_null()).await;
    assert!(told(&waiting).starts_with("waiting 1 ada@example.com: "), "{waiting}");
    assert!(told(&waiting).to_lowercase().contains("certificate"), "{waiting}");
    assert!(!told(&waiting).contains("hunter2"), "{waiting}");

    let server = start(Smtp { ca: Some(certificate.into()), ..smtp }).await;
    change_password(&server.admin, PASSWORD, NEW).await;
    let mail = sink.mail().await;
    assert_eq!((&mail["encrypted"], &mail["user"]), (&json!(true), &json!("bulla")));
}

/// A certificate for localhost and its key, made by openssl.
async fn certificate(folder: &Path) -> (String, String) {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = tokio::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .await
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (certificate.display().to_string(), key.display().to_string())
}
