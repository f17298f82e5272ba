//! Passkeys, with a device in software: adding, both ways to sign in, what is refused, and what a team demands. The ASVS
//! numbers are those of OWASP ASVS 5.0.

use std::net::IpAddr;

use crate::harness::{Answer, Client, On, PASSWORD, Server};
use bulla_db::sql;
use http::header::SET_COOKIE;
use serde_json::{Value, json};
use webauthn_authenticator_rs::prelude::{Url, WebauthnAuthenticator};
use webauthn_authenticator_rs::softpasskey::SoftPasskey;

/// Where browsers find the servers of these tests, by their own word.
const HERE: &str = "http://localhost:4600";

fn said(answer: &Answer) -> String {
    match answer.json["code"].as_str() {
        Some(code) => format!("{} {code}", answer.status.as_u16()),
        None => answer.status.as_u16().to_string(),
    }
}

/// A server on each database that knows its name.
async fn servers() -> Vec<Server> {
    let mut servers = Vec::new();
    for on in [On::Sqlite, On::Postgres] {
        let server = Server::untouched(on, |config| config.public_url = HERE.parse().ok()).await;
        if let Some(mut server) = server {
            server.set_up().await;
            servers.push(server);
        }
    }
    servers
}

/// A device that keeps passkeys, and the browser before it.
struct Device(SoftPasskey);

impl Device {
    fn new() -> Self {
        Self(SoftPasskey::new(true))
    }

    /// Makes a key pair for what the server asks for.
    fn make(&mut self, asked: &Answer) -> Value {
        self.make_at(HERE, asked)
    }

    fn make_at(&mut self, page: &str, asked: &Answer) -> Value {
        assert_eq!(asked.status, 200, "{asked}");
        let options = serde_json::from_value(asked.json.clone()).unwrap();
        let made = self.0.do_registration(Url::parse(page).unwrap(), options).unwrap();
        serde_json::to_value(made).unwrap()
    }

    /// Signs what the server asks for.
    fn sign(&mut self, asked: &Answer) -> Value {
        assert_eq!(asked.status, 200, "{asked}");
        self.sign_at(HERE, asked.json.clone())
    }

    fn sign_at(&mut self, page: &str, options: Value) -> Value {
        let signed = self.0.do_authentication(Url::parse(page).unwrap(), serde_json::from_value(options).unwrap());
        serde_json::to_value(signed.unwrap()).unwrap()
    }

    /// Signs for a sign-in with the passkey alone, as a device that finds the passkey by itself.
    fn sign_alone(&mut self, asked: &Answer, credential: &Value, owner: &str) -> Value {
        let mut options = asked.json.clone();
        assert_eq!(options["publicKey"]["allowCredentials"], json!([]), "whose it is, is told to nobody");
        options["publicKey"]["allowCredentials"] = json!([{ "type": "public-key", "id": credential["rawId"] }]);
        let mut signed = self.sign_at(HERE, options);
        signed["response"]["userHandle"] = handle(owner).into();
        signed
    }
}

/// The id of a person, as devices keep it.
fn handle(person: &str) -> String {
    use base64::Engine;
    let id = uuid::Uuid::parse_str(person).unwrap();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(id.as_bytes())
}

/// Adds a passkey, and returns what the device made, the id of the passkey and the recovery codes.
async fn add(client: &Client, device: &mut Device, name: &str) -> (Value, String, Vec<String>) {
    let credential = device.make(&client.post("/api/account/passkeys/begin", Value::Null).await);
    let added = client.post("/api/account/passkeys", json!({ "name": name, "credential": credential })).await;
    assert_eq!(added.status, 201, "{added}");
    assert_eq!(added.json["passkey"]["name"], name);
    let codes = added.json["recoveryCodes"].as_array().unwrap();
    let codes = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (credential, added.json["passkey"]["id"].as_str().unwrap().to_owned(), codes)
}

/// The first step of a sign-in: a client that holds the cookie of a half one.
async fn half_way(server: &Server) -> Client {
    let mut client = server.anonymous();
    let answer = client.post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
    assert_eq!(answer.json, json!({ "factorAsked": true, "totp": false, "passkey": true }), "{answer}");
    client.keep_cookie(&answer);
    client
}

async fn ask(client: &Client) -> Answer {
    client.post("/api/session/factor/passkey", Value::Null).await
}

async fn prove(client: &Client, passkey: &Value) -> Answer {
    client.post("/api/session/factor", json!({ "passkey": passkey })).await
}

/// Begins a sign-in with a passkey alone, in a browser of its own.
async fn alone(server: &Server) -> (Client, Answer) {
    let mut client = server.anonymous();
    let asked = client.post("/api/session/passkey/begin", Value::Null).await;
    assert_eq!(asked.status, 200, "{asked}");
    client.keep_cookie(&asked);
    (client, asked)
}

async fn enter(client: &Client, passkey: &Value) -> Answer {
    client.post("/api/session/passkey", json!({ "passkey": passkey })).await
}

async fn do_in(server: &Server, statement: bulla_db::Query) {
    let database = server.database().await;
    let mut transaction = database.begin().await.unwrap();
    statement.execute(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await;
}

async fn refusals(server: &Server, action: &str) -> Vec<String> {
    let events = server.admin.get("/api/audit/events?limit=1000").await.json;
    let events = events["items"].as_array().unwrap().iter();
    let of = events.filter(|event| event["action"] == action && event["outcome"] == "refused");
    of.map(|event| event["because"].as_str().unwrap_or_default().to_owned()).collect()
}

/// ASVS 6.5.1, 7.2.4: a challenge works once.
#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_the_second_step_and_each_challenge_works_once() {
    for server in servers().await {
        let dora = server.person("Dora", "developer").await;
        let mut elsewhere = server.anonymous();
        let answer = elsewhere.post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
        elsewhere.keep_cookie(&answer);
        let mut device = Device::new();
        let (_, id, codes) = add(&dora, &mut device, "Laptop").await;
        assert_eq!(codes.len(), 10);
        assert_eq!(said(&elsewhere.get("/api/session").await), "401 signed_out", "others have not proved it");
        let factors = dora.get("/api/account/factors").await.json;
        assert_eq!(factors["noPasskeys"], Value::Null);
        assert_eq!(factors["passkeys"][0]["usedAt"], Value::Null);
        assert_eq!((&factors["passkeys"][0]["id"], &factors["totpSince"]), (&json!(id), &Value::Null));

        let mut client = half_way(&server).await;
        let asked = ask(&client).await;
        assert_eq!(asked.json["publicKey"]["userVerification"], "required");
        assert_eq!(asked.json["publicKey"]["rpId"], "localhost");
        let signed = device.sign(&asked);
        assert_eq!(said(&prove(&half_way(&server).await, &signed).await), "409 challenge_over", "of another browser");
        let entered = prove(&client, &signed).await;
        assert_eq!(said(&entered), "200", "{entered}");
        assert_eq!(said(&prove(&client, &signed).await), "409 sign_in_over");
        client.keep_cookie(&entered);
        assert_eq!(said(&client.get("/api/session").await), "200");
        assert_ne!(client.get("/api/account/factors").await.json["passkeys"][0]["usedAt"], Value::Null);

        // An answer to a challenge is over with the first look, whatever it was worth.
        let client = half_way(&server).await;
        let asked = ask(&client).await;
        let mut forged = device.sign(&asked);
        let right = forged.clone();
        forged["response"]["signature"] = "MEUCIQ".into();
        assert_eq!(said(&prove(&client, &forged).await), "422 invalid");
        assert_eq!(said(&prove(&client, &right).await), "409 challenge_over");
        // One that is asked for anew takes the place of the one before.
        let first = device.sign(&ask(&client).await);
        let second = device.sign(&ask(&client).await);
        assert_eq!(said(&prove(&client, &first).await), "422 invalid");
        assert_eq!(said(&prove(&client, &second).await), "409 challenge_over");
        let asked = ask(&client).await;
        do_in(&server, sql!("update passkey_challenge set expires_at = 1")).await;
        assert_eq!(said(&prove(&client, &device.sign(&asked)).await), "409 challenge_over", "too late");
        // A recovery code stands in for it.
        let entered = client.post("/api/session/factor", json!({ "recoveryCode": codes[0] })).await;
        assert_eq!(said(&entered), "200", "{entered}");
        assert_eq!(said(&ask(&client).await), "409 sign_in_over");
        let told = refusals(&server, "session.create").await;
        assert!(told.iter().all(|because| because.starts_with("passkey: ")), "{told:?}");
        assert_eq!(told.len(), 2, "{told:?}");
    }
}

/// ASVS 6.3.3: with user verification it is both factors.
#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_alone_lets_its_owner_in() {
    for server in servers().await {
        assert_eq!(server.anonymous().get("/api/setup").await.json, json!({ "open": false, "passkeys": true }));
        let dora = server.person("Dora", "developer").await;
        let olga = server.person("Olga", "developer").await;
        let mut device = Device::new();
        let (credential, ..) = add(&dora, &mut device, "Laptop").await;
        let (mut client, asked) = alone(&server).await;
        let signed = device.sign_alone(&asked, &credential, &dora.person);
        assert_eq!(said(&enter(&server.anonymous(), &signed).await), "409 challenge_over", "without the cookie");
        let entered = enter(&client, &signed).await;
        assert_eq!((said(&entered).as_str(), &entered.json["person"]["name"]), ("200", &json!("Dora")));
        let cookies: Vec<_> =
            entered.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect();
        assert!(cookies.iter().any(|cookie| cookie.starts_with("bulla_passkey=;")), "{cookies:?}");
        assert_eq!(said(&enter(&client, &signed).await), "409 challenge_over");
        client.keep_cookie(&entered);
        // It is proved and confirmed: what is sensitive asks nothing more.
        assert_eq!(said(&client.post("/api/account/recovery-codes", Value::Null).await), "200");

        // Somebody else's name on it, a device that looked at nobody, a page of another site, a passkey that is unknown.
        let (client, asked) = alone(&server).await;
        let signed = device.sign_alone(&asked, &credential, &olga.person);
        assert_eq!(said(&enter(&client, &signed).await), "422 invalid");
        let (client, asked) = alone(&server).await;
        let mut options = asked.json.clone();
        options["publicKey"]["allowCredentials"] = json!([{ "type": "public-key", "id": credential["rawId"] }]);
        options["publicKey"]["userVerification"] = "discouraged".into();
        let mut signed = device.sign_at(HERE, options);
        signed["response"]["userHandle"] = handle(&dora.person).into();
        assert_eq!(said(&enter(&client, &signed).await), "422 invalid");
        let (client, asked) = alone(&server).await;
        let mut options = asked.json.clone();
        options["publicKey"]["allowCredentials"] = json!([{ "type": "public-key", "id": credential["rawId"] }]);
        let mut signed = device.sign_at("http://localhost:4601", options);
        signed["response"]["userHandle"] = handle(&dora.person).into();
        assert_eq!(said(&enter(&client, &signed).await), "422 invalid");
        let told = refusals(&server, "session.create").await;
        assert_eq!(
            told,
            [
                "passkey: the device did not verify its owner",
                "passkey: it was used for another address than that of this instance"
            ]
        );
        let (client, asked) = alone(&server).await;
        assert_eq!(said(&enter(&client, &json!({ "id": "x" })).await), "422 invalid");
        assert_eq!(said(&enter(&client, &json!("x".repeat(70_000))).await), "422 invalid");
        let signed = device.sign_alone(&asked, &credential, &dora.person);
        do_in(&server, sql!("delete from passkey")).await;
        assert_eq!(said(&enter(&client, &signed).await), "422 invalid", "it was removed meanwhile");
    }
}

/// ASVS 6.3.1: answers are counted by address before they are looked at.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_passkeys_are_slowed_down() {
    for server in servers().await {
        let mut told = Vec::new();
        // Many people may come from one address.
        for _ in 0..101 {
            told.push(said(&enter(&server.anonymous(), &json!({ "id": "x" })).await));
        }
        assert!(told[..100].iter().all(|answer| answer == "422 invalid"), "{told:?}");
        assert_eq!(told[100], "429 too_many_attempts");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_goes_back_is_that_of_a_copy() {
    for server in servers().await {
        let dora = server.person("Dora", "developer").await;
        let mut device = Device::new();
        add(&dora, &mut device, "Laptop").await;
        let (one, other) = (half_way(&server).await, half_way(&server).await);
        let first = device.sign(&ask(&one).await);
        let second = device.sign(&ask(&other).await);
        assert_eq!(said(&prove(&other, &second).await), "200");
        let late = prove(&one, &first).await;
        assert_eq!(said(&late), "422 invalid", "it was asked for before the other one counted on");
        // One that was asked for afterwards and counts less.
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        let known =
            sql!("select credential from passkey").one(&mut transaction).await.unwrap().text("credential").unwrap();
        assert!(known.contains("\"counter\":2"), "{known}");
        sql!("update passkey set credential = $1, sign_count = 50")
            .bind(known.replace("\"counter\":2", "\"counter\":50"))
            .execute(&mut transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        database.close().await;
        let client = half_way(&server).await;
        let copied = prove(&client, &device.sign(&ask(&client).await)).await;
        assert_eq!(said(&copied), "422 invalid");
        assert!(copied.to_string().contains("there may be a copy of it"), "{copied}");
        assert_eq!(refusals(&server, "session.create").await.len(), 2);
    }
}

/// ASVS 7.5.1, 6.5.6: several passkeys, their names, and what asks again who it is.
#[tokio::test(flavor = "multi_thread")]
async fn passkeys_are_named_listed_and_removed() {
    for server in servers().await {
        let mut dora = server.person("Dora", "developer").await;
        let olga = server.person("Olga", "developer").await;
        let (mut laptop, mut key) = (Device::new(), Device::new());
        let (credential, first, codes) = add(&dora, &mut laptop, "Laptop").await;
        let (_, second, more) = add(&dora, &mut key, "Key").await;
        assert_eq!(more, [] as [String; 0], "the recovery codes there are still work");

        // A passkey is one person's, its challenge one session's.
        let asked = olga.post("/api/account/passkeys/begin", Value::Null).await;
        let again = olga.post("/api/account/passkeys", json!({ "name": "x", "credential": credential })).await;
        assert_eq!(said(&again), "422 invalid", "an answer to another challenge");
        let made = Device::new().make(&asked);
        let late = olga.post("/api/account/passkeys", json!({ "name": "x", "credential": made })).await;
        assert_eq!(said(&late), "409 challenge_over");
        let asked = olga.post("/api/account/passkeys/begin", Value::Null).await;
        let elsewhere = Device::new().make_at("http://localhost:4601", &asked);
        let refused = olga.post("/api/account/passkeys", json!({ "name": "x", "credential": elsewhere })).await;
        assert_eq!(said(&refused), "422 invalid");
        for (name, expected) in [("", "422 invalid"), ("a\nb", "422 invalid"), (" Work laptop ", "200")] {
            let renamed = dora.patch(&format!("/api/account/passkeys/{first}"), json!({ "name": name })).await;
            assert_eq!(said(&renamed), expected, "{name}");
        }
        let path = format!("/api/account/passkeys/{first}");
        assert_eq!(said(&olga.patch(&path, json!({ "name": "mine" })).await), "404 not_found");
        assert_eq!(said(&olga.delete(&path).await), "404 not_found");
        let listed = dora.get("/api/account/factors").await.json;
        let names: Vec<_> = listed["passkeys"].as_array().unwrap().iter().map(|passkey| &passkey["name"]).collect();
        assert_eq!(names, ["Work laptop", "Key"]);

        // A while later it asks who it is, and takes a passkey for it.
        do_in(&server, sql!("update session set confirmed_at = 1")).await;
        assert_eq!(said(&dora.post("/api/account/passkeys/begin", Value::Null).await), "403 confirm_first");
        assert_eq!(said(&dora.delete(&path).await), "403 confirm_first");
        let asked = dora.post("/api/session/confirm/passkey", Value::Null).await;
        let confirmed = dora.post("/api/session/confirm", json!({ "passkey": key.sign(&asked) })).await;
        assert_eq!(said(&confirmed), "204", "{confirmed}");
        dora.keep_cookie(&confirmed);
        assert_eq!(said(&dora.delete(&path).await), "204");
        assert_eq!(said(&dora.delete(&path).await), "404 not_found");
        let client = half_way(&server).await;
        let asked = ask(&client).await;
        assert_eq!(asked.json["publicKey"]["allowCredentials"].as_array().unwrap().len(), 1);
        assert_eq!(said(&client.post("/api/session/factor", json!({ "recoveryCode": codes[0] })).await), "200");
        assert_eq!(said(&dora.delete(&format!("/api/account/passkeys/{second}")).await), "204");
        assert_eq!(dora.get("/api/account/factors").await.json["recoveryCodesLeft"], 0);
        let outbox = server.admin.get("/api/outbox").await.json;
        let kinds = outbox["items"].as_array().unwrap().iter().map(|mail| mail["kind"].clone());
        let kinds: Vec<_> = kinds.filter(|kind| kind != "new-device").collect();
        assert_eq!(kinds, ["factor-removed", "code-used", "factor-removed", "factor-added", "factor-added"]);

        for index in 0..20 {
            let asked = dora.post("/api/account/passkeys/begin", Value::Null).await;
            let credential = Device::new().make(&asked);
            let body = json!({ "name": format!("Key {index}"), "credential": credential });
            assert_eq!(said(&dora.post("/api/account/passkeys", body).await), "201");
        }
        assert_eq!(said(&dora.post("/api/account/passkeys/begin", Value::Null).await), "409 too_many_passkeys");
    }
}

/// ASVS 6.3.3, 6.4.6: a passkey is what a team demands, and an Admin can take a lost one away.
#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_a_factor_that_a_team_can_demand() {
    for server in servers().await {
        let mut device = Device::new();
        let (_, own, _) = add(&server.admin, &mut device, "Key").await;
        let demanded = server.admin.put("/api/team/security", json!({ "secondFactorRequired": true })).await;
        assert_eq!(said(&demanded), "200");
        assert_eq!(said(&server.admin.delete(&format!("/api/account/passkeys/{own}")).await), "409 factor_demanded");
        let dora = server.person("Dora", "developer").await;
        assert_eq!(said(&dora.get("/api/workspaces").await), "403 factor_needed");
        add(&dora, &mut device, "Laptop").await;
        assert_eq!(said(&dora.get("/api/workspaces").await), "200");
        let without = server.admin.get("/api/people?withoutFactor=true").await;
        assert_eq!((&without.json["total"], &without.json["items"]), (&json!(0), &json!([])));

        let client = half_way(&server).await;
        let signed = device.sign(&ask(&client).await);
        let path = format!("/api/people/{}/factors", dora.person);
        assert_eq!(said(&server.admin.delete(&path).await), "204");
        assert_eq!(said(&server.admin.delete(&path).await), "404 not_found");
        assert_eq!(said(&dora.get("/api/session").await), "401 signed_out");
        assert_eq!(said(&prove(&client, &signed).await), "409 sign_in_over");
        let entered =
            server.anonymous().post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
        assert_eq!(entered.json["factorNeeded"], true, "{entered}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_without_a_name_says_why_there_are_no_passkeys() {
    for (url, word) in [
        (None, "does not know its own name"),
        (Some("https://192.0.2.7"), "IP address"),
        (Some("http://[::1]:4600"), "IP address"),
        (Some("http://bulla.example.com"), "HTTPS"),
    ] {
        let configure =
            |config: &mut bulla_server::config::Config| config.public_url = url.and_then(|url| url.parse().ok());
        let mut server = Server::untouched(On::Sqlite, configure).await.unwrap();
        server.set_up().await;
        let begun = server.admin.post("/api/account/passkeys/begin", Value::Null).await;
        assert_eq!(said(&begun), "409 no_passkeys", "{url:?}");
        assert!(begun.json["detail"].as_str().unwrap().contains(word), "{begun}");
        let factors = server.admin.get("/api/account/factors").await.json;
        assert_eq!(factors["noPasskeys"], begun.json["detail"]);
        assert_eq!(said(&server.anonymous().post("/api/session/passkey/begin", Value::Null).await), "409 no_passkeys");
        assert_eq!(server.anonymous().get("/api/setup").await.json["passkeys"], false);
    }
}

/// ASVS 2.4.1: each challenge is a row, which anybody may ask for.
#[tokio::test(flavor = "multi_thread")]
async fn challenges_that_nobody_answers_are_counted_by_address() {
    for server in servers().await {
        let dora = server.person("Dora", "developer").await;
        let mut device = Device::new();
        let (credential, ..) = add(&dora, &mut device, "Laptop").await;
        let place = |last| Client::from_address(&server.url, IpAddr::from([127, 0, 0, last]));
        let begin = async |client: &Client| said(&client.post("/api/session/passkey/begin", Value::Null).await);
        // Those that let somebody in do not count.
        for _ in 0..3 {
            let mut client = place(2);
            let asked = client.post("/api/session/passkey/begin", Value::Null).await;
            client.keep_cookie(&asked);
            let signed = device.sign_alone(&asked, &credential, &dora.person);
            assert_eq!(said(&enter(&client, &signed).await), "200");
        }
        let client = place(2);
        for count in 0..100 {
            assert_eq!(begin(&client).await, "200", "{count}");
        }
        assert_eq!(begin(&client).await, "429 too_many_attempts");
        assert_eq!(begin(&place(3)).await, "200", "elsewhere nobody waits");
        // What is over is forgotten when the next one is asked for.
        do_in(&server, sql!("update passkey_challenge set expires_at = 1")).await;
        assert_eq!(begin(&place(3)).await, "200");
        let database = server.database().await;
        let left = sql!("select count(*) as total from passkey_challenge").one(database.read()).await.unwrap();
        assert_eq!(left.integer("total").unwrap(), 1);
        database.close().await;
    }
}
