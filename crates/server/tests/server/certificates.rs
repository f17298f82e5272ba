//! Certificates that somebody's requests use: whose they are, what is refused, and that no key comes out again.

use crate::harness::mutual::{Certificates, Mutual, PASSPHRASE};
use crate::harness::{Answer, Client, On, Server};
use bulla_server::moment::Clock;
use serde_json::{Value, json};

const PATH: &str = "/api/account/certificates";

async fn add(client: &Client, body: Value) -> Answer {
    client.post(PATH, body).await
}

async fn added(client: &Client, body: Value) -> Value {
    let answer = add(client, body).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer.json
}

/// The answer of `peer`, or the code of the error.
async fn sent(client: &Client, workspace: &str, peer: &Mutual) -> Result<Value, String> {
    let document = json!({ "request": peer.url() });
    let answer = client.post(&format!("/api/workspaces/{workspace}/send"), json!({ "document": document })).await;
    assert_eq!(answer.status, 200, "{answer}");
    let lines = answer.lines();
    let of = |kind: &str| lines.iter().find(|event| event["type"] == kind).cloned();
    match of("responseReceived") {
        Some(received) => Ok(received["response"].clone()),
        None => Err(of("requestFailed").unwrap()["error"]["code"].as_str().unwrap().to_owned()),
    }
}

on_both_databases! {
    async fn a_request_shows_the_certificate_of_its_host_and_nobody_elses_does(server: Server) {
        let ada = &server.admin;
        let files = Certificates::make().await;
        let peer = files.server().await;
        let bea = server.person("Bea", "developer").await;
        let workspace = ada.workspace("Pay", "team").await;
        assert_eq!(sent(ada, &workspace, &peer).await, Err("untrusted_certificate".to_owned()));

        let authority = added(ada, json!({ "kind": "authority", "certificate": files.text("ca.pem") })).await;
        assert_eq!(authority["subject"], "CN=Test authority");
        assert_eq!(authority["count"], 1);
        let refused = sent(ada, &workspace, &peer).await;
        assert!(refused.is_err(), "it wants a certificate: {refused:?}");

        // One for another port is none for this; the one that was added last is taken.
        let key = json!({ "certificate": files.text("bea.pem"), "key": files.text("bea.key") });
        let elsewhere = json!({ "kind": "client", "host": "127.0.0.1", "port": "1" });
        let with = |place: &Value, files: &Value| {
            let mut body = place.clone();
            body.as_object_mut().unwrap().extend(files.as_object().unwrap().clone());
            body
        };
        added(ada, with(&elsewhere, &key)).await;
        assert!(sent(ada, &workspace, &peer).await.is_err());
        let here = json!({ "kind": "client", "host": "127.0.0.1", "port": peer.port.to_string() });
        added(ada, with(&here, &key)).await;
        let encrypted = json!({
            "certificate": files.text("ada.pem"), "key": files.text("ada.enc.key"), "passphrase": PASSPHRASE
        });
        let made = added(ada, with(&json!({ "kind": "client", "host": "127.0.0.1", "port": "*" }), &encrypted)).await;
        for (field, expected) in [("host", "127.0.0.1"), ("port", "*"), ("subject", "CN=ada.example"), ("issuer", "CN=Test authority")] {
            assert_eq!(made[field], expected, "{field}");
        }
        let response = sent(ada, &workspace, &peer).await.unwrap();
        let tls = &response["tls"];
        assert_eq!(response["code"], 200);
        assert!(response["body"]["text"].as_str().unwrap().contains("ada.example"), "the server saw it: {response}");
        assert_eq!(tls["clientCertificate"]["fingerprint"], made["fingerprint"]);
        assert_eq!(tls["version"], "TLSv1.3");
        assert_eq!(tls["verified"], true);
        assert_eq!(tls["chain"][0]["subject"], "CN=server.example");
        assert_eq!(tls["chain"][0]["names"], json!(["127.0.0.1"]));
        assert_eq!(tls["chain"][0]["issuer"], "CN=Test authority");

        // A run uses it as a Send does.
        let file = json!({
            "info": { "name": "Pay", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "item": [{ "name": "one", "request": peer.url() }]
        });
        let collection = ada.import(&workspace, file.to_string()).await.id();
        let run = ada.post(&format!("/api/workspaces/{workspace}/runs"), json!({ "collectionId": collection })).await;
        assert_eq!(run.event("responseReceived")["response"]["tls"]["clientCertificate"]["subject"], "CN=ada.example");

        // Bea is in the same workspace and has none of it, not even a look at it.
        assert_eq!(sent(&bea, &workspace, &peer).await, Err("untrusted_certificate".to_owned()));
        assert_eq!(bea.get(PATH).await.json["items"], json!([]));
        let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
        let (hidden, never) = (bea.delete(&path).await, bea.delete(&format!("{PATH}/{}", uuid::Uuid::now_v7())).await);
        assert_eq!((hidden.status.as_u16(), hidden.to_string()), (404, never.to_string()));

        // Without it, the next one that fits is shown.
        assert_eq!(ada.delete(&path).await.status, 204);
        let response = sent(ada, &workspace, &peer).await.unwrap();
        assert_eq!(response["tls"]["clientCertificate"]["subject"], "CN=bea.example");
    }

    async fn no_key_comes_out_again(server: Server) {
        let ada = &server.admin;
        let files = Certificates::make().await;
        let pfx = json!({ "kind": "client", "host": "*.Example.com", "pfx": files.base64("ada.pfx"), "passphrase": PASSPHRASE });
        let made = added(ada, pfx).await;
        let plain = json!({ "kind": "client", "host": "b.example", "certificate": files.text("bea.pem"), "key": files.text("bea.key") });
        added(ada, plain).await;
        assert_eq!((&made["host"], &made["port"]), (&json!("*.example.com"), &json!("443")));

        let listed = ada.get(PATH).await;
        let events = ada.get("/api/audit/events?limit=1000").await;
        let key = files.text("bea.key").lines().nth(1).unwrap().to_owned();
        for told in [made.to_string(), listed.json.to_string(), events.json.to_string()] {
            assert!(!told.contains(PASSPHRASE) && !told.contains(&key) && !told.contains("PRIVATE KEY"), "{told}");
        }
        let items = events.json["items"].as_array().unwrap();
        let event = items.iter().find(|event| event["target"]["id"] == made["id"]).unwrap();
        assert_eq!(event["action"], "certificate.create");
        for (field, expected) in [("host", "*.example.com"), ("subject", "CN=ada.example")] {
            assert_eq!(event["changes"][field]["after"]["text"], expected, "{field}");
        }
        assert_eq!(event["changes"]["fingerprint"]["after"]["text"], made["fingerprint"]);
        for (name, bytes) in server.files() {
            for secret in [PASSPHRASE.as_bytes(), key.as_bytes(), &files.base64("ada.pfx").as_bytes()[..60]] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{name}");
            }
        }
    }

    async fn what_is_of_no_use_is_refused_with_its_reason(server: Server) {
        let ada = &server.admin;
        let files = Certificates::make().await;
        let (pem, key) = (files.text("ada.pem"), files.text("ada.key"));
        let client = |more: Value| {
            let mut body = json!({ "kind": "client", "host": "a.example" });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        for (body, path, words) in [
            (client(json!({})), "/certificate", "give a certificate and its key, or a PFX file"),
            (client(json!({ "certificate": pem })), "/key", "needs its private key"),
            (client(json!({ "certificate": "nonsense", "key": key })), "/certificate", "no PEM certificate"),
            (client(json!({ "certificate": pem, "key": "nonsense" })), "/key", "cannot be read"),
            (client(json!({ "certificate": pem, "key": files.text("bea.key") })), "/key", "does not belong to its certificate"),
            (client(json!({ "certificate": pem, "key": files.text("ada.enc.key") })), "/passphrase", "give its passphrase"),
            (
                client(json!({ "certificate": pem, "key": files.text("ada.enc.key"), "passphrase": "other" })),
                "/passphrase",
                "does not open it",
            ),
            (client(json!({ "pfx": files.base64("ada.pfx"), "passphrase": "other" })), "/passphrase", "does not open it"),
            (client(json!({ "pfx": files.base64("ada.pfx") })), "/passphrase", "give its passphrase"),
            (client(json!({ "pfx": "!", "passphrase": "x" })), "/pfx", "base 64"),
            (client(json!({ "pfx": files.base64("ada.pem"), "passphrase": "x" })), "/pfx", "not PFX"),
            (client(json!({ "pfx": files.base64("ada.pfx"), "certificate": pem })), "/pfx", "either"),
            (client(json!({ "certificate": pem, "key": key, "port": "70000" })), "/port", "from 1 to 65535"),
            (client(json!({ "certificate": "x".repeat(300_000), "key": key })), "/certificate", "at most 256 kB"),
            (json!({ "kind": "client", "host": "https://a.example/", "certificate": pem, "key": key }), "/host", "without https://"),
            (json!({ "kind": "client", "certificate": pem, "key": key }), "/host", "must be a host name"),
            (json!({ "kind": "authority", "certificate": key }), "/certificate", "no PEM certificate"),
            (json!({ "kind": "authority" }), "/certificate", "one PEM file"),
            (json!({ "kind": "authority", "certificate": pem, "host": "a.example" }), "/host", "an authority has none"),
        ] {
            let answer = add(ada, body).await;
            let error = &answer.json["errors"][0];
            assert_eq!((answer.status.as_u16(), error["path"].as_str()), (422, Some(path)), "{words}: {answer}");
            assert!(error["message"].as_str().unwrap().contains(words), "{answer}");
        }
        assert_eq!(add(ada, json!({ "kind": "other" })).await.status, 400);
        assert_eq!(ada.get(PATH).await.json["items"], json!([]));

        // One file may hold both, and one person has so many.
        for number in 0..50 {
            added(ada, client(json!({ "certificate": format!("{pem}{key}"), "port": (number + 1).to_string() }))).await;
        }
        let answer = add(ada, client(json!({ "certificate": pem, "key": key }))).await;
        assert_eq!(answer.json["code"], "too_many", "{answer}");
    }

    async fn who_leaves_the_team_leaves_none_behind(server: Server) {
        let files = Certificates::make().await;
        let bea = server.person("Bea", "developer").await;
        added(&bea, json!({ "kind": "authority", "certificate": files.text("ca.pem") })).await;
        let answer = server.admin.post(&format!("/api/people/{}/removal", bea.person), json!({ "successor": server.admin.person })).await;
        assert!(answer.status.is_success(), "{answer}");
        let database = server.database().await;
        let rows = bulla_db::sql!("select id from certificate").all(database.read()).await.unwrap();
        assert!(rows.is_empty());
    }
}

/// The clock is that of the server: it says what has expired.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_refused() {
    let files = Certificates::make().await;
    let mut clock = None;
    let server = Server::untouched(On::Sqlite, |config| {
        let file = config.files.with_file_name("clock");
        config.clock = Clock::Moved(file.clone());
        clock = Some(file);
    });
    let mut server = server.await.unwrap();
    server.set_up().await;
    let key =
        json!({ "kind": "client", "host": "*", "certificate": files.text("ada.pem"), "key": files.text("ada.key") });
    added(&server.admin, key.clone()).await;
    std::fs::write(clock.unwrap(), (3 * 24 * 3600).to_string()).unwrap();
    let again = json!({ "email": "ada@example.com", "password": crate::harness::PASSWORD });
    let answer = server.admin.post("/api/session", again).await;
    server.admin.keep_cookie(&answer);
    for (body, path) in [
        (key, "/certificate"),
        (json!({ "kind": "client", "host": "*", "pfx": files.base64("ada.pfx"), "passphrase": PASSPHRASE }), "/pfx"),
        (json!({ "kind": "authority", "certificate": files.text("ca.pem") }), "/certificate"),
    ] {
        let answer = add(&server.admin, body).await;
        let error = &answer.json["errors"][0];
        assert_eq!(error["path"], path, "{answer}");
        assert!(error["message"].as_str().unwrap().starts_with("it has expired: it was valid until 20"), "{answer}");
    }
}
