//! The audit log leaves: to a real rsyslog over TLS, to an HTTP receiver that verifies what it gets, and into files.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::harness::syslog::Rsyslog;
use crate::harness::{Client, On, Server};
use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulla_db::sql;
use bulla_server::audit::{retention, stream};
use bulla_server::moment::Clock;
use serde_json::{Value, json};

/// What a receiver got, and how it is to answer.
#[derive(Default)]
struct Received {
    secret: String,
    /// Answers with this instead, and keeps nothing.
    refuse: Option<u16>,
    /// The events of the messages that were signed right, in the order in which they came.
    events: Vec<Value>,
    ids: Vec<String>,
    authorization: Option<String>,
    forged: usize,
    refused: usize,
}

#[derive(Clone)]
struct Receiver {
    received: Arc<Mutex<Received>>,
    address: SocketAddr,
}

impl Receiver {
    async fn start() -> Self {
        let received = Arc::new(Mutex::new(Received::default()));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/audit", post(receive)).with_state(Arc::clone(&received));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { received, address }
    }

    fn url(&self) -> String {
        format!("http://{}/audit?token=canary-in-the-url", self.address)
    }

    fn with<T>(&self, look: impl FnOnce(&mut Received) -> T) -> T {
        look(&mut self.received.lock().unwrap())
    }

    /// Sequence numbers, once `enough` of them have come.
    async fn numbers(&self, enough: impl Fn(&[u64]) -> bool) -> Vec<u64> {
        until("events have come", || {
            let numbers = self.with(|received| {
                received.events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect::<Vec<_>>()
            });
            enough(&numbers).then_some(numbers)
        })
        .await
    }
}

/// As a receiver that follows Standard Webhooks does it: by the raw body, and before it is read.
async fn receive(State(received): State<Arc<Mutex<Received>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut received = received.lock().unwrap();
    if let Some(status) = received.refuse {
        received.refused += 1;
        return StatusCode::from_u16(status).unwrap();
    }
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    let key = STANDARD.decode(received.secret.strip_prefix("whsec_").unwrap_or_default()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = [format!("{id}.{at}.").as_bytes(), &body].concat();
    let verified = header("webhook-signature")
        .split(' ')
        .filter_map(|one| one.strip_prefix("v1,"))
        .any(|signature| hmac::verify(&key, &signed, &STANDARD.decode(signature).unwrap_or_default()).is_ok());
    if !verified {
        received.forged += 1;
        return StatusCode::UNAUTHORIZED;
    }
    let message: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&message["type"], headers["content-type"].to_str().unwrap()),
        (&json!("audit.events"), "application/json")
    );
    received.authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    received.ids.push(id);
    received.events.extend(message["data"]["events"].as_array().unwrap().clone());
    StatusCode::NO_CONTENT
}

async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn make(client: &Client, body: Value) -> Value {
    let answer = client.post("/api/audit/sinks", body).await;
    assert_eq!(answer.status, 201, "{answer}");
    answer.json
}

async fn webhook(client: &Client, receiver: &Receiver, format: &str, start: &str) -> Value {
    let destination =
        json!({ "kind": "webhook", "url": receiver.url(), "authorization": "Splunk canary-in-the-header" });
    let body = json!({ "name": "SIEM", "format": format, "start": start, "destination": destination });
    let made = make(client, body).await;
    receiver.with(|received| received.secret = made["secret"].as_str().unwrap().to_owned());
    made
}

async fn listed(client: &Client, id: &str) -> Value {
    let answer = client.get("/api/audit/sinks").await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.json["items"].as_array().unwrap().iter().find(|sink| sink["id"] == id).unwrap().clone()
}

async fn size(client: &Client) -> u64 {
    client.get("/api/audit/checkpoints").await.json["size"].as_u64().unwrap()
}

async fn when(client: &Client, id: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let sink = listed(client, id).await;
        if wanted(&sink) {
            return sink;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: {sink}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

on_both_databases! {
    async fn every_event_arrives_signed_and_in_order_though_the_receiver_was_away(server: Server) {
        let (ada, receiver) = (&server.admin, Receiver::start().await);
        // In the middle of what it is to send the receiver goes away.
        receiver.with(|received| received.refuse = Some(503));
        let sink = webhook(ada, &receiver, "json", "oldest").await;
        let id = sink["id"].as_str().unwrap();
        let behind = when(ada, id, "it fails", |sink| sink["attempts"].as_i64() > Some(1)).await;
        assert_eq!(behind["error"], "it answered 503 Service Unavailable");
        assert!(behind["behind"].as_u64() > Some(0) && behind["nextAt"].is_string(), "{behind}");
        for name in ["One", "Two", "Three"] {
            ada.workspace(name, "team").await;
        }
        let wanted = size(ada).await;
        receiver.with(|received| received.refuse = None);
        let numbers = receiver.numbers(|numbers| numbers.len() as u64 >= wanted).await;
        assert_eq!(numbers, (0..wanted).collect::<Vec<_>>(), "each once and in order, as none was acknowledged before");
        let quiet = when(ada, id, "it is done", |sink| sink["behind"] == 0).await;
        assert_eq!((&quiet["error"], &quiet["attempts"], &quiet["missed"]), (&Value::Null, &json!(0), &json!(0)));
        receiver.with(|received| {
            assert_eq!((received.forged, received.authorization.as_deref()), (0, Some("Splunk canary-in-the-header")));
            assert!(received.ids.iter().all(|message| message.starts_with(&format!("msg_{id}_"))));
            let hash = received.events[0]["leafHash"].as_str().unwrap();
            assert_eq!(STANDARD.decode(hash).unwrap().len(), 32);
        });
        // What lets somebody in is neither shown nor in the log nor in the database.
        let log = ada.get("/api/audit/events?limit=1000").await.to_string();
        let shown = ada.get("/api/audit/sinks").await.to_string();
        let secret = receiver.with(|received| received.secret.trim_start_matches("whsec_").to_owned());
        for canary in ["canary-in-the-url", "canary-in-the-header", secret.as_str()] {
            assert!(!log.contains(canary) && !shown.contains(canary), "{canary}");
        }
        let row = sql!("select sealed, destination from audit_sink").one(server.database().await.read()).await.unwrap();
        let stored = format!("{} {}", String::from_utf8_lossy(&row.bytes("sealed").unwrap()), row.text("destination").unwrap());
        assert!(!stored.contains("canary") && !stored.contains(&secret), "{stored}");
    }

    async fn a_sink_is_paused_changed_given_another_secret_and_deleted(server: Server) {
        let (ada, receiver) = (&server.admin, Receiver::start().await);
        let sink = webhook(ada, &receiver, "ocsf", "now").await;
        let (id, first) = (sink["id"].as_str().unwrap(), size(ada).await - 1);
        let path = format!("/api/audit/sinks/{id}");
        receiver.with(|received| received.events.clear());
        let paused = ada.patch(&path, json!({ "version": 1, "paused": true })).await;
        assert_eq!((paused.status.as_u16(), &paused.json["paused"]), (200, &json!(true)), "{paused}");
        assert_eq!(ada.patch(&path, json!({ "version": 1, "paused": false })).await.json["code"], "stale");
        ada.workspace("While it is paused", "team").await;
        let renewed = ada.post(&format!("{path}/secret"), Value::Null).await;
        let secret = renewed.json["secret"].as_str().unwrap().to_owned();
        assert_ne!(Some(secret.as_str()), sink["secret"].as_str());
        let resumed = ada.patch(&path, json!({ "version": 3, "paused": false, "name": "Other" })).await;
        assert_eq!(resumed.status, 200, "{resumed}");
        // Signed with what the receiver does not know yet, it is refused and waits.
        when(ada, id, "it is refused", |sink| sink["error"] == "it answered 401 Unauthorized").await;
        receiver.with(|received| received.secret = secret);
        let wanted = size(ada).await;
        let begun = |received: &Received| received.events.iter().map(|event| event["metadata"]["sequence"].as_u64().unwrap()).collect::<Vec<_>>();
        let numbers = until("the rest has come", || {
            let numbers = receiver.with(|received| begun(received));
            (numbers.last() == Some(&(wanted - 1))).then_some(numbers)
        }).await;
        assert!(numbers.is_sorted() && numbers[0] <= first + 1, "{numbers:?}");
        assert!(numbers.windows(2).all(|pair| pair[1] - pair[0] <= 1), "no gap: {numbers:?}");

        let tested = ada.post(&format!("{path}/test"), Value::Null).await;
        assert_eq!((&tested.json["ok"], &tested.json["error"]), (&json!(true), &Value::Null), "{tested}");
        let last = receiver.with(|received| received.events.iter().any(|event| event["metadata"]["event_code"] == "audit.sink.test"));
        assert!(last);
        // The event of the test comes too, and whoever drops what they have by the id of the message has both.
        when(ada, id, "it is done", |sink| sink["behind"] == 0).await;
        let mut ids = receiver.with(|received| received.ids.clone());
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "{ids:?}");
        receiver.with(|received| received.refuse = Some(418));
        let tested = ada.post(&format!("{path}/test"), Value::Null).await;
        assert_eq!((&tested.json["ok"], &tested.json["error"]), (&json!(false), &json!("it answered 418 I'm a teapot")));

        assert_eq!(ada.delete(&path).await.status, 204);
        assert_eq!(ada.get("/api/audit/sinks").await.json["items"], json!([]));
        let events = ada.get("/api/audit/events?limit=1000&targetKind=audit-sink").await.json;
        let actions: Vec<_> = events["items"].as_array().unwrap().iter().map(|event| event["action"].as_str().unwrap()).collect();
        let update = "audit.sink.update";
        assert_eq!(actions, ["audit.sink.create", update, update, update, "audit.sink.test", "audit.sink.test", "audit.sink.delete"]);
    }

    async fn who_may_and_what_makes_sense(server: Server) {
        let (ada, receiver) = (&server.admin, Receiver::start().await);
        let good = json!({ "name": "SIEM", "format": "ecs", "destination": { "kind": "webhook", "url": receiver.url() } });
        let key = ada.post("/api/account/api-keys", json!({ "name": "k" })).await.json["value"].as_str().unwrap().to_owned();
        let mut program = server.anonymous();
        program.key = Some(key);
        assert_eq!(program.get("/api/audit/sinks").await.status, 200);
        assert_eq!(program.post("/api/audit/sinks", good.clone()).await.json["code"], "forbidden", "not by a key");
        for (destination, path) in [
            (json!({ "kind": "webhook", "url": "http://siem.example.com/x" }), "/destination/url"),
            (json!({ "kind": "webhook", "url": "https://me:secret@siem.example.com/" }), "/destination/url"),
            (json!({ "kind": "webhook" }), "/destination/url"),
            (json!({ "kind": "webhook", "url": receiver.url(), "authorization": "a\r\nx: y" }), "/destination/authorization"),
            (json!({ "kind": "webhook", "url": receiver.url(), "ca": "no PEM" }), "/destination/ca"),
            (json!({ "kind": "syslog", "host": "a/b" }), "/destination/host"),
            (json!({ "kind": "syslog", "host": "a.example", "certificate": "-----BEGIN CERTIFICATE-----" }), "/destination/key"),
        ] {
            let answer = ada.post("/api/audit/sinks", json!({ "name": "x", "format": "json", "destination": destination })).await;
            assert_eq!((answer.status.as_u16(), &answer.json["errors"][0]["path"]), (422, &json!(path)), "{answer}");
        }
        let file = json!({ "name": "x", "format": "json", "destination": { "kind": "file", "file": "audit", "daily": true } });
        assert_eq!(ada.post("/api/audit/sinks", file).await.json["code"], "no_folder");
        for _ in 0..10 {
            make(ada, good.clone()).await;
        }
        assert_eq!(ada.post("/api/audit/sinks", good.clone()).await.json["code"], "too_many");

        // Under a smaller plan it lies dormant, and goes on where it was.
        server.plan("professional").await;
        assert_eq!(ada.get("/api/audit/sinks").await.status, 403);
    }

    async fn what_a_stream_still_needs_is_kept_for_a_while_and_what_it_missed_is_told(server: Server) {
        let ada = &server.admin;
        let (team, database, app) = (server.team().await, server.database().await, server.app().await);
        let made = make(ada, json!({ "name": "Away", "format": "json", "start": "oldest",
            "destination": { "kind": "webhook", "url": "http://127.0.0.1:1/" } })).await;
        let id = made["id"].as_str().unwrap();
        let now = bulla_server::moment::now();
        let day = 24 * 60 * 60 * 1000;
        let mut transaction = database.begin().await.unwrap();
        for _ in 0..600 {
            crate::ledger::append_old(&mut transaction, &team).await;
        }
        // All of it is of long ago, but for the last.
        sql!("update audit_event set at = $1 where team = $2").bind(now - 190 * day).bind(&team).execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        bulla_server::audit::ledger::sign(&app.door, &team).await.unwrap();
        ada.workspace("New", "team").await;
        let plan = bulla_access::Plan::Enterprise;
        assert_eq!(retention::remove_old(&app.door, &team, plan, now).await.unwrap(), 0, "the stream has not sent them");
        assert_eq!(retention::remove_old(&app.door, &team, plan, now + stream::HELD).await.unwrap(), 512);
        let sink = listed(ada, id).await;
        assert_eq!((&sink["missed"], &sink["next"]), (&json!(512), &json!(512)));
        let events = ada.get("/api/audit/events?action=audit.expire").await.json;
        assert_eq!(events["items"][0]["changes"][format!("missed/{id}")]["after"]["number"], 512, "{events}");
    }
}

async fn one(configure: impl FnOnce(&mut bulla_server::Config)) -> Server {
    let mut server = Server::untouched(On::Sqlite, configure).await.unwrap();
    server.set_up().await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_away_for_an_hour_misses_nothing_and_the_admins_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    let server = one(|config| config.clock = Clock::Moved(clock.clone())).await;
    let adam = server.person("Adam", "admin").await;
    let (ada, receiver) = (&server.admin, Receiver::start().await);
    let sink = webhook(ada, &receiver, "json", "oldest").await;
    let id = sink["id"].as_str().unwrap();
    when(ada, id, "it has begun", |sink| sink["behind"] == 0).await;
    receiver.with(|received| received.refuse = Some(500));
    for minutes in (5..=60).step_by(5) {
        std::fs::write(&clock, (minutes * 60).to_string()).unwrap();
        ada.workspace(&format!("At {minutes}"), "team").await;
        let before = receiver.with(|received| received.refused);
        until("it is tried", || receiver.with(|received| received.refused > before).then_some(())).await;
    }
    let behind = when(ada, id, "it is behind", |sink| sink["behindSeconds"].as_i64() > Some(3000)).await;
    assert!(behind["behind"].as_u64() >= Some(12), "{behind}");
    let told = adam.get("/api/notifications").await.json;
    let about: Vec<_> =
        told["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "audit-stream-behind").collect();
    assert_eq!(about.len(), 1, "once: {told}");
    receiver.with(|received| received.refuse = None);
    std::fs::write(&clock, (70 * 60).to_string()).unwrap();
    let wanted = size(ada).await;
    let numbers = receiver.numbers(|numbers| numbers.iter().max() >= Some(&(wanted - 1))).await;
    assert_eq!(numbers, (0..=*numbers.last().unwrap()).collect::<Vec<_>>(), "every number, once and in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn rsyslog_takes_every_event_over_tls_though_it_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut rsyslog) = Rsyslog::start(folder.path()).await else { return };
    let server = one(|config| config.public_url = "https://bulla.example.com".parse().ok()).await;
    let ada = &server.admin;
    let (certificate, key) = rsyslog.client.clone();
    let destination = |ca: &str, certificate: Option<&str>| {
        json!({ "kind": "syslog", "host": "localhost", "port": rsyslog.port, "ca": ca, "certificate": certificate,
                "key": certificate.map(|_| key.clone()) })
    };
    let hostile = "a|b] [x\u{202e}y\"<13>1 - \\";
    ada.workspace(hostile, "team").await;
    // Without a certificate of its authority rsyslog hangs up, and an authority that is not its own is not trusted by us.
    let foreign = "/etc/ssl/certs/ISRG_Root_X1.pem";
    let body = |destination: Value, format: &str| json!({ "name": "x", "format": format, "start": "oldest", "destination": destination });
    let without = make(ada, body(destination(&rsyslog.ca, None), "json")).await;
    when(ada, without["id"].as_str().unwrap(), "it is refused", |sink| sink["error"].is_string()).await;
    assert_eq!(ada.delete(&format!("/api/audit/sinks/{}", without["id"].as_str().unwrap())).await.status, 204);
    if let Ok(other) = std::fs::read_to_string(foreign) {
        let distrusted = make(ada, body(destination(&other, Some(&certificate)), "json")).await;
        let id = distrusted["id"].as_str().unwrap();
        let sink = when(ada, id, "it is not trusted", |sink| sink["error"].is_string()).await;
        assert!(sink["error"].as_str().unwrap().contains("the certificate of localhost is not trusted"), "{sink}");
        assert_eq!(ada.delete(&format!("/api/audit/sinks/{id}")).await.status, 204);
    }
    assert_eq!(rsyslog.lines(), [] as [String; 0]);

    let sink = make(ada, body(destination(&rsyslog.ca, Some(&certificate)), "json")).await;
    let id = sink["id"].as_str().unwrap().to_owned();
    let numbers = |lines: &[String]| -> Vec<u64> {
        let json = lines.iter().map(|line| line.split_once("] ").unwrap().1);
        json.map(|text| {
            serde_json::from_str::<Value>(text).unwrap_or_else(|_| panic!("{text}"))["sequence"].as_u64().unwrap()
        })
        .collect()
    };
    let wanted = size(ada).await;
    let lines = until("rsyslog has written them", || {
        let lines = rsyslog.lines();
        (lines.len() as u64 >= wanted).then_some(lines)
    })
    .await;
    assert_eq!(numbers(&lines), (0..wanted).collect::<Vec<_>>());
    assert!(lines[0].starts_with("109 bulla.example.com bulla team.create [meta sequenceId=\"1\"] {"), "{}", lines[0]);
    let named = lines.iter().find(|line| line.contains("a|b]")).unwrap();
    assert!(named.contains("x\\u202ey") && !named.contains('\u{202e}'), "{named}");

    // Killed while events come, and there again later: at least once, and none is missing.
    rsyslog.stop().await;
    for name in ["One", "Two"] {
        ada.workspace(name, "team").await;
    }
    when(ada, &id, "it is behind", |sink| sink["error"].is_string() && sink["behind"].as_u64() >= Some(2)).await;
    rsyslog.again().await;
    let wanted = size(ada).await;
    let lines = until("the rest has come", || {
        let lines = rsyslog.lines();
        numbers(&lines).contains(&(wanted - 1)).then_some(lines)
    })
    .await;
    let mut seen = numbers(&lines);
    seen.dedup();
    assert_eq!(seen, (0..wanted).collect::<Vec<_>>());
    rsyslog.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_holds_every_event_and_survives_a_line_that_was_cut_off() {
    let allowed = tempfile::tempdir().unwrap();
    let path = allowed.path().to_owned();
    let server = one(|config| config.audit_folder = Some(path)).await;
    let (ada, team) = (&server.admin, server.team().await);
    let body = |format: &str, file: &str| {
        json!({ "name": format!("x{file}"), "format": format, "start": "oldest",
        "destination": { "kind": "file", "file": file, "rotateMib": 1, "daily": false } })
    };
    for file in ["../up", "Up", "", "a.b"] {
        let answer = ada.post("/api/audit/sinks", body("json", file)).await;
        assert_eq!(answer.json["errors"][0]["path"], "/destination/file", "{file}: {answer}");
    }
    let sink = make(ada, body("json", "audit")).await;
    let again = ada.post("/api/audit/sinks", body("ecs", "audit")).await;
    assert_eq!(again.json["errors"][0]["path"], "/destination/file", "{again}");
    make(ada, body("cef", "arc")).await;
    let id = sink["id"].as_str().unwrap();
    let file = allowed.path().join(&team).join("audit.jsonl");
    let numbers = || -> Vec<u64> {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        events.filter_map(|event| event["sequence"].as_u64()).collect()
    };
    when(ada, id, "it is done", |sink| sink["behind"] == 0).await;
    // A crash in the middle of a line.
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("{\"sequence\":99");
    std::fs::write(&file, text).unwrap();
    ada.workspace("After the crash", "team").await;
    when(ada, id, "it is done", |sink| sink["behind"] == 0).await;
    let wanted = size(ada).await;
    assert_eq!(numbers(), (0..wanted).collect::<Vec<_>>());
    assert!(std::fs::read_to_string(&file).unwrap().lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    let cef = allowed.path().join(&team).join("arc.cef");
    let lines = until("the other file is there", || {
        std::fs::read_to_string(&cef).ok().filter(|text| text.lines().count() as u64 >= wanted)
    })
    .await;
    assert!(lines.lines().all(|line| line.starts_with("CEF:0|Bulla|Bulla|")), "{lines}");
    let tested = ada.post(&format!("/api/audit/sinks/{id}/test"), Value::Null).await;
    assert_eq!(tested.json["ok"], true, "{tested}");
    assert!(!allowed.path().join(&team).join("audit.test").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_egress_policy_of_the_server_holds_for_what_leaves() {
    let server = one(|config| config.egress = bulla_transport::Egress::Public { allow: Vec::new() }).await;
    let (ada, receiver) = (&server.admin, Receiver::start().await);
    for destination in [
        json!({ "kind": "webhook", "url": receiver.url() }),
        json!({ "kind": "syslog", "host": "127.0.0.1", "port": receiver.address.port() }),
        json!({ "kind": "syslog", "host": "169.254.169.254" }),
    ] {
        let sink =
            make(ada, json!({ "name": "x", "format": "json", "start": "oldest", "destination": destination })).await;
        let sink = when(ada, sink["id"].as_str().unwrap(), "it is refused", |sink| sink["error"].is_string()).await;
        assert!(sink["error"].as_str().unwrap().contains("is not to be called from here"), "{sink}");
    }
    receiver.with(|received| assert_eq!((received.events.len(), received.forged), (0, 0)));
}
