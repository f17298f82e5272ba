//! Second factors, from set-up to sign-in, recovery and what a team demands. The ASVS numbers are those of OWASP ASVS 5.0.

use crate::harness::{Answer, Client, PASSWORD, Server};
use bulla_db::sql;
use bulla_server::moment;
use futures::future::join_all;
use serde_json::{Value, json};
use totp_rs::{Algorithm, Builder, Secret, Totp};

fn said(answer: &Answer) -> String {
    match answer.json["code"].as_str() {
        Some(code) => format!("{} {code}", answer.status.as_u16()),
        None => answer.status.as_u16().to_string(),
    }
}

/// An authenticator app: what it knows, and the time it began at.
pub struct App {
    totp: Totp,
    began: u64,
}

impl App {
    fn new(secret: &str) -> Self {
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_secret(Secret::try_from_base32(secret).unwrap())
            .build()
            .unwrap();
        Self { totp, began: u64::try_from(moment::now() / 1000).unwrap() }
    }

    /// The code of the step that is so many steps after the one it began in.
    fn code(&self, steps: i64) -> String {
        self.totp.generate(self.began.saturating_add_signed(steps * 30)).to_string()
    }
}

/// Sets an app up with the code of the step before, and returns it with the recovery codes.
pub async fn set_up(client: &Client) -> (App, Vec<String>) {
    let begun = client.post("/api/account/totp", Value::Null).await;
    assert_eq!(begun.status, 200, "{begun}");
    let app = App::new(begun.json["secret"].as_str().unwrap());
    let confirmed = client.post("/api/account/totp/confirm", json!({ "code": app.code(-1) })).await;
    assert_eq!(confirmed.status, 200, "{confirmed}");
    let codes = confirmed.json["recoveryCodes"].as_array().unwrap();
    (app, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

/// The first step of a sign-in: a client that holds the cookie of a half one.
async fn half_way(server: &Server, email: &str) -> Client {
    let mut client = server.anonymous();
    let answer = client.post("/api/session", json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(said(&answer), "202", "{answer}");
    client.keep_cookie(&answer);
    client
}

/// The second step.
pub async fn prove(client: &Client, body: Value) -> Answer {
    client.post("/api/session/factor", body).await
}

/// Makes every session of the instance one whose owner confirmed nothing for long.
async fn as_after_a_while(server: &Server) {
    let database = server.database().await;
    let mut transaction = database.begin().await.unwrap();
    sql!("update session set confirmed_at = 1").execute(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await;
}

on_both_databases! {
    /// ASVS 6.5.1, 6.5.5, 7.2.4.
    async fn a_sign_in_takes_two_steps_and_each_code_works_once(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let mut elsewhere = server.anonymous();
        elsewhere.keep_cookie(&elsewhere.post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await);
        assert_eq!(dora.get("/api/account/factors").await.json["totpSince"], Value::Null);

        // Nothing is asked for before the first code.
        let begun = dora.post("/api/account/totp", Value::Null).await;
        assert!(begun.json["qrCode"].as_str().unwrap().starts_with("<?xml"), "{begun}");
        let uri = begun.json["uri"].as_str().unwrap();
        assert!(uri.starts_with("otpauth://totp/Bulla:dora%40example.com?"), "{uri}");
        assert_eq!(said(&dora.post("/api/account/totp/confirm", json!({ "code": "000000" })).await), "422 invalid");
        assert_eq!(said(&elsewhere.get("/api/session").await), "200");
        let (app, codes) = set_up(&dora).await;
        assert_eq!(codes.len(), 10);
        assert_eq!(said(&dora.get("/api/session").await), "200");
        assert_eq!(said(&elsewhere.get("/api/session").await), "401 signed_out", "others have not proved the factor");

        // Half a sign-in is none, and its token is good for nothing else.
        let mut client = half_way(&server, "dora@example.com").await;
        let half = client.cookie.clone().unwrap();
        assert!(half.starts_with("bulla_half_way="), "{half}");
        assert_eq!(said(&client.get("/api/session").await), "401 signed_out");
        let mut as_session = server.anonymous();
        as_session.cookie = Some(half.replace("bulla_half_way=", "bulla_session="));
        assert_eq!(said(&as_session.get("/api/session").await), "401 signed_out");
        for wrong in [json!({ "code": "000000" }), json!({ "code": "" }), json!({}), json!({ "code": "12345678901234567890" }),
                      json!({ "recoveryCode": "0000-0000-0000-0000" }), json!({ "code": app.code(-1) }), json!({ "code": app.code(-7) })] {
            assert_eq!(said(&prove(&client, wrong.clone()).await), "422 invalid", "{wrong}");
        }
        let spaced = app.code(0);
        let entered = prove(&client, json!({ "code": format!("{} {}", &spaced[..3], &spaced[3..]) })).await;
        assert_eq!(said(&entered), "200", "{entered}");
        assert_eq!(entered.json["person"]["name"], "Dora");
        client.keep_cookie(&entered);
        assert_eq!(said(&client.get("/api/session").await), "200");

        // The code is used up, and so is the half sign-in.
        let again = half_way(&server, "dora@example.com").await;
        assert_eq!(said(&prove(&again, json!({ "code": app.code(0) })).await), "422 invalid");
        assert_eq!(said(&prove(&again, json!({ "code": app.code(1) })).await), "200");
        assert_eq!(said(&prove(&again, json!({ "recoveryCode": codes[0] })).await), "409 sign_in_over");
        assert_eq!(said(&prove(&server.anonymous(), json!({ "code": app.code(1) })).await), "409 sign_in_over");

        let events = server.admin.get("/api/audit/events?limit=1000").await.json;
        let events = events["items"].as_array().unwrap();
        let of = |action: &str, outcome: &str| {
            events.iter().filter(|event| event["action"] == action && event["outcome"] == outcome).count()
        };
        assert_eq!((of("factor.totp.add", "done"), of("factor.totp.add", "refused")), (1, 1));
        // One event for each whole sign-in, none for a half one: Dora's own two, and two with a code.
        assert_eq!((of("session.create", "done"), of("session.create", "refused")), (4, 8));
        let text = format!("{events:?}");
        for secret in [begun.json["secret"].as_str().unwrap(), &app.code(0), &codes[0]] {
            assert!(!text.contains(secret), "{secret} is in the log");
        }
    }

    /// ASVS 6.5.1: also in parallel.
    async fn of_a_code_that_is_used_many_times_at_once_one_use_counts(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let (app, codes) = set_up(&dora).await;
        for body in [json!({ "code": app.code(0) }), json!({ "recoveryCode": codes[3] })] {
            let clients = join_all((0..5).map(|_| half_way(&server, "dora@example.com"))).await;
            let answers = join_all(clients.iter().map(|client| prove(client, body.clone()))).await;
            let told: Vec<_> = answers.iter().map(said).collect();
            assert_eq!(told.iter().filter(|answer| *answer == "200").count(), 1, "{told:?}");
        }
        let client = half_way(&server, "dora@example.com").await;
        assert_eq!(said(&prove(&client, json!({ "recoveryCode": codes[3] })).await), "422 invalid");
        let typed = codes[4].to_lowercase().replace('-', " ");
        assert_eq!(said(&prove(&client, json!({ "recoveryCode": typed })).await), "200");
        assert_eq!(dora.get("/api/account/factors").await.json["recoveryCodesLeft"], 8);
        // ASVS 6.3.7: its owner is told.
        let outbox = server.admin.get("/api/outbox").await.json;
        let kinds = outbox["items"].as_array().unwrap().iter().map(|mail| mail["kind"].clone());
        let kinds: Vec<_> = kinds.filter(|kind| kind != "new-device").collect();
        assert_eq!(kinds, ["code-used", "code-used", "factor-added"]);
    }

    /// ASVS 6.3.1, 16.3.3: codes are counted before they are looked at.
    async fn fifty_codes_at_once_count_as_fifty(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let (app, _) = set_up(&dora).await;
        let client = half_way(&server, "dora@example.com").await;
        let answers = join_all((0..50).map(|_| async { said(&prove(&client, json!({ "code": "000000" })).await) })).await;
        let looked_at = answers.iter().filter(|answer| *answer == "422 invalid").count();
        let refused = answers.iter().filter(|answer| *answer == "429 too_many_attempts").count();
        assert_eq!((looked_at, refused), (10, 40), "{answers:?}");
        assert_eq!(said(&prove(&client, json!({ "code": app.code(0) })).await), "429 too_many_attempts");
    }

    /// ASVS 7.5.1, 7.2.4.
    async fn what_is_sensitive_asks_again_who_it_is_and_the_old_token_is_over(server: Server) {
        let mut dora = server.person("Dora", "developer").await;
        let (app, codes) = set_up(&dora).await;
        as_after_a_while(&server).await;
        let old = dora.clone();
        for (method, path) in [
            ("POST", "/api/account/totp"),
            ("DELETE", "/api/account/totp"),
            ("POST", "/api/account/recovery-codes"),
        ] {
            let answer = dora.json(method.parse().unwrap(), path, Value::Null).await;
            assert_eq!(said(&answer), "403 confirm_first", "{path}");
        }
        let confirm = async |client: &Client, body: Value| client.post("/api/session/confirm", body).await;
        assert_eq!(said(&confirm(&dora, json!({ "password": "not the one" })).await), "422 invalid");
        assert_eq!(said(&confirm(&dora, json!({ "code": "000000" })).await), "422 invalid");
        assert_eq!(said(&confirm(&dora, json!({})).await), "422 invalid");
        let confirmed = confirm(&dora, json!({ "password": PASSWORD })).await;
        assert_eq!(said(&confirmed), "204");
        dora.keep_cookie(&confirmed);
        assert_eq!(said(&old.get("/api/session").await), "401 signed_out");

        let renewed = dora.post("/api/account/recovery-codes", Value::Null).await;
        assert_eq!(renewed.json["recoveryCodes"].as_array().unwrap().len(), 10);
        let client = half_way(&server, "dora@example.com").await;
        assert_eq!(said(&prove(&client, json!({ "recoveryCode": codes[0] })).await), "422 invalid", "renewed");

        as_after_a_while(&server).await;
        let confirmed = confirm(&dora, json!({ "code": app.code(0) })).await;
        assert_eq!(said(&confirmed), "204");
        dora.keep_cookie(&confirmed);
        assert_eq!(said(&dora.delete("/api/account/totp").await), "204");
        let no_name = "this instance does not know its own name: an operator sets public-url, and then passkeys can be made for it";
        assert_eq!(dora.get("/api/account/factors").await.json, json!({ "totpSince": null, "passkeys": [], "recoveryCodesLeft": 0, "noPasskeys": no_name }));
        let mut alone = server.anonymous();
        let entered = alone.post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
        assert_eq!(said(&entered), "200");
        alone.keep_cookie(&entered);
        assert_eq!(said(&alone.delete("/api/account/totp").await), "404 not_found");
    }

    /// ASVS 6.3.2, 6.3.3, 6.3.5: on every path, from the next request on.
    async fn a_team_that_demands_a_factor_lets_members_without_one_set_it_up_and_nothing_else(server: Server) {
        let mut dora = server.person("Dora", "developer").await;
        let workspace = dora.workspace("Payments", "team").await;
        let mut program = server.anonymous();
        let made = dora.post("/api/account/api-keys", json!({ "name": "Pipeline" })).await;
        program.key = made.json["value"].as_str().map(str::to_owned);
        assert_eq!(said(&program.get("/api/workspaces").await), "200");
        let demand = async |client: &Client, required: bool| {
            client.put("/api/team/security", json!({ "secondFactorRequired": required })).await
        };
        assert_eq!(said(&demand(&dora, true).await), "403 forbidden");
        assert_eq!(said(&demand(&server.admin, true).await), "409 no_factor", "whoever demands it has one");
        let (admins, _) = set_up(&server.admin).await;
        assert_eq!(said(&demand(&server.admin, true).await), "200");
        assert_eq!(server.admin.get("/api/team/security").await.json, json!({ "secondFactorRequired": true }));

        // The session that Dora has, one that she begins now, and a key that she has made before.
        let mut anew = server.anonymous();
        let entered = anew.post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
        assert_eq!((said(&entered).as_str(), &entered.json["factorNeeded"]), ("200", &json!(true)));
        anew.keep_cookie(&entered);
        for client in [&dora, &anew] {
            for path in ["/api/workspaces", "/api/people", "/api/sessions", &format!("/api/workspaces/{workspace}")] {
                assert_eq!(said(&client.get(path).await), "403 factor_needed", "{path}");
            }
            let answer = client.post("/api/workspaces", json!({ "name": "x", "kind": "team" })).await;
            assert_eq!(said(&answer), "403 factor_needed");
            let change = json!({ "current": PASSWORD, "password": "a kettle under seven moons" });
            assert_eq!(said(&client.put("/api/account/password", change).await), "403 factor_needed");
            let session = client.get("/api/session").await;
            assert_eq!((said(&session).as_str(), &session.json["factorNeeded"]), ("200", &json!(true)));
        }
        assert_eq!(said(&program.get("/api/workspaces").await), "403 factor_needed");
        let (app, _) = set_up(&anew).await;
        assert_eq!(said(&program.get("/api/workspaces").await), "200");
        assert_eq!(anew.get("/api/session").await.json["factorNeeded"], false);
        assert_eq!(said(&anew.get("/api/workspaces").await), "200");
        assert_eq!(said(&dora.get("/api/workspaces").await), "401 signed_out");
        assert_eq!(said(&anew.delete("/api/account/totp").await), "409 factor_demanded");

        // A link for a forgotten password is no way around it.
        server.anonymous().post("/api/password-resets", json!({ "email": "dora@example.com" })).await;
        dora = half_way(&server, "dora@example.com").await;
        assert_eq!(said(&prove(&dora, json!({ "code": app.code(0) })).await), "200");

        assert_eq!(said(&demand(&server.admin, false).await), "200");
        assert_eq!(said(&anew.delete("/api/account/totp").await), "204");
        assert_eq!(said(&anew.get("/api/workspaces").await), "200");
        let _ = admins;
    }

    /// ASVS 6.4.6, 6.5.6.
    async fn an_admin_takes_lost_factors_away_and_cannot_choose_new_ones(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let adam = server.person("Adam", "admin").await;
        let (_, codes) = set_up(&dora).await;
        set_up(&server.admin).await;
        let path = |client: &Client| format!("/api/people/{}/factors", client.person);
        assert_eq!(said(&dora.delete(&path(&adam)).await), "403 forbidden");
        assert_eq!(said(&adam.delete(&path(&server.admin)).await), "403 forbidden", "a Super Admin's only by their like");
        assert_eq!(said(&adam.delete(&format!("/api/people/{}/factors", uuid::Uuid::now_v7())).await), "404 not_found");
        let half = half_way(&server, "dora@example.com").await;
        assert_eq!(said(&adam.delete(&path(&dora)).await), "204");
        assert_eq!(said(&adam.delete(&path(&dora)).await), "404 not_found");
        assert_eq!(said(&dora.get("/api/session").await), "401 signed_out");
        assert_eq!(said(&prove(&half, json!({ "recoveryCode": codes[0] })).await), "409 sign_in_over");
        let entered = server.anonymous().post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
        assert_eq!(said(&entered), "200");
        let outbox = server.admin.get("/api/outbox").await.json;
        let told: Vec<_> = outbox["items"].as_array().unwrap().iter().map(|mail| (&mail["kind"], &mail["to"])).collect();
        assert_eq!(told[..2], [(&json!("new-device"), &json!("dora@example.com")), (&json!("factors-reset"), &json!("dora@example.com"))]);
    }
}

/// The seed and the codes are sealed or hashed: a thief of the files gets neither.
/// ASVS 6.5.2.
#[tokio::test]
async fn neither_a_seed_nor_a_code_is_in_any_file() {
    let mut server = Server::start(crate::harness::On::Sqlite).await.unwrap();
    let dora = server.person("Dora", "developer").await;
    let begun = dora.post("/api/account/totp", Value::Null).await;
    let secret = begun.json["secret"].as_str().unwrap().to_owned();
    let app = App::new(&secret);
    let confirmed = dora.post("/api/account/totp/confirm", json!({ "code": app.code(0) })).await;
    let code = confirmed.json["recoveryCodes"][0].as_str().unwrap().to_owned();
    let seed = Secret::try_from_base32(&secret).unwrap().as_bytes().to_vec();
    let secrets = [secret.clone().into_bytes(), seed, code.clone().into_bytes(), code.replace('-', "").into_bytes()];
    for when in ["while it runs", "after it stopped"] {
        for (name, bytes) in &server.files() {
            for secret in &secrets {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{when} in {name}");
            }
        }
        server.stop().await;
    }
}
