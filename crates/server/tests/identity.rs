//! Accounts and sessions as a browser sees them, on both databases.

#![allow(missing_docs, reason = "a test")]

mod harness;

use axum::extract::ConnectInfo;
use bulla_db::sql;
use bulla_server::config::{Config, Hidden};
use bulla_server::identity::{self, ATTEMPT_WINDOW, Cost, FREE_ATTEMPTS, FirstPerson, Limits, Password};
use bulla_server::{App, moment};
use bytes::Bytes;
use futures::future::join_all;
use harness::{Answer, Client, On, PASSWORD, Server};
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The status of an answer, and its code if it is a problem.
fn said(answer: &Answer) -> String {
    match answer.json["code"].as_str() {
        Some(code) => format!("{} {code}", answer.status.as_u16()),
        None => answer.status.as_u16().to_string(),
    }
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// The token in a client's cookie.
fn token(client: &Client) -> &str {
    client.cookie.as_deref().unwrap().strip_prefix("bulla_session=").unwrap()
}

fn with_token(server: &Server, token: &str) -> Client {
    let mut client = server.anonymous();
    client.cookie = Some(format!("bulla_session={token}"));
    client
}

async fn sign_in(client: &mut Client, email: &str, password: &str) -> Answer {
    let answer = client.post("/api/session", json!({ "email": email, "password": password })).await;
    if answer.status == 200 {
        client.keep_cookie(&answer);
    }
    answer
}

async fn untouched() -> Vec<Server> {
    let mut servers = Vec::new();
    for on in [On::Sqlite, On::Postgres] {
        servers.extend(Server::untouched(on, |_| {}).await);
    }
    servers
}

fn items(answer: &Answer) -> &[Value] {
    answer.json["items"].as_array().unwrap()
}

fn setup_body() -> Value {
    json!({ "name": "Ana", "email": "Ana@Example.com", "password": PASSWORD, "teamName": "Payments" })
}

#[tokio::test]
async fn the_first_setup_makes_a_super_admin_and_closes_for_good() {
    for server in untouched().await {
        let mut ana = server.anonymous();
        assert_eq!(ana.get("/api/setup").await.json["open"], true);
        let made = ana.post("/api/setup", setup_body()).await;
        assert_eq!(made.status, 201, "{made}");
        ana.keep_cookie(&made);
        assert_eq!(made.json["person"]["email"], "Ana@Example.com");
        assert_eq!(made.json["person"]["numericId"], 10_000_001);
        assert_eq!(made.json["team"]["name"], "Payments");
        assert_eq!(made.json["team"]["role"], "super-admin");
        assert_eq!(ana.get("/api/session").await.json, made.json);

        assert_eq!(ana.get("/api/setup").await.json["open"], false);
        let late = server.anonymous();
        assert_eq!(said(&late.post("/api/setup", setup_body()).await), "409 setup_closed");
        assert_eq!(said(&late.get("/api/session").await), "401 signed_out");
    }
}

#[tokio::test]
async fn a_setup_names_every_field_that_is_wrong() {
    for server in untouched().await {
        let body = json!({ "name": " ", "email": "ana", "password": "short", "teamName": "a\nb" });
        let answer = server.anonymous().post("/api/setup", body).await;
        assert_eq!(said(&answer), "422 invalid");
        let paths: Vec<_> =
            answer.json["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["/name", "/email", "/password", "/teamName"]);
        assert_eq!(server.anonymous().get("/api/setup").await.json["open"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_setups_at_once_one_wins() {
    for server in untouched().await {
        let answers = join_all((0..8).map(|number| {
            let client = server.anonymous();
            async move {
                let email = format!("n{number}@example.com");
                let body = json!({ "name": "N", "email": email, "password": PASSWORD, "teamName": "T" });
                said(&client.post("/api/setup", body).await)
            }
        }))
        .await;
        let won = answers.iter().filter(|answer| *answer == "201").count();
        let closed = answers.iter().filter(|answer| *answer == "409 setup_closed").count();
        assert_eq!((won, closed), (1, 7), "{answers:?}");
        let mut admin = server.anonymous();
        let winner = answers.iter().position(|answer| answer == "201").unwrap();
        assert_eq!(sign_in(&mut admin, &format!("n{winner}@example.com"), PASSWORD).await.status, 200);
        assert_eq!(items(&admin.get("/api/people").await).len(), 1);
    }
}

on_both_databases! {
    async fn signing_in_and_out(server: Server) {
        let mut browser = server.anonymous();
        assert_eq!(browser.get("/api/session").await.problem(), "401 signed_out");
        let answer = browser.sign_in(" ADA@example.COM ", PASSWORD).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json["person"]["name"], "Ada");
        let first = browser.cookie.clone().unwrap();
        assert_eq!(first.len(), 43, "256 random bits in base64");

        // A new sign-in has a new token and ends the session that the browser had.
        browser.sign_in("ada@example.com", PASSWORD).await;
        let second = browser.cookie.clone().unwrap();
        assert_ne!(first, second);
        let mut old = server.browser_with(&first);
        assert_eq!(old.get("/api/session").await.problem(), "401 signed_out");

        let out = browser.delete("/api/session").await;
        assert_eq!(out.status, 204);
        assert!(out.header("set-cookie").starts_with("bulla_session=; Path=/; Max-Age=0;"), "{}", out.header("set-cookie"));
        let mut thief = server.browser_with(&second);
        assert_eq!(thief.get("/api/session").await.problem(), "401 signed_out");
        assert_eq!(server.anonymous().delete("/api/session").await.status, 204);
    }

    async fn a_wrong_password_and_an_unknown_address_answer_alike(server: Server) {
        let mut told = Vec::new();
        for (email, password) in [("ada@example.com", "wrong password"), ("nobody@example.com", PASSWORD), ("", "")] {
            let mut answer = server.anonymous().sign_in(email, password).await;
            answer.json["requestId"] = json!("");
            let headers: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
            told.push((answer.status, answer.json.clone(), headers));
        }
        assert_eq!(told[0].0, 401);
        assert_eq!(told[0].1["code"], "wrong_credentials");
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0], told[2]);
    }

    async fn fifty_guesses_at_once_count_as_fifty(server: Server) {
        for email in ["ada@example.com", "nobody@example.com"] {
            let answers = join_all((0..50).map(|_| {
                let mut browser = server.anonymous();
                async move { browser.sign_in(email, "wrong password").await.problem() }
            }))
            .await;
            let looked_at = answers.iter().filter(|answer| *answer == "401 wrong_credentials").count();
            let refused = answers.iter().filter(|answer| *answer == "429 too_many_attempts").count();
            assert_eq!((looked_at, refused), (usize::try_from(FREE_ATTEMPTS).unwrap(), 40), "{email}");
        }
        // The right password is not looked at either, and the answer says when it will be.
        let braked = server.anonymous().sign_in("ada@example.com", PASSWORD).await;
        assert_eq!(braked.problem(), "429 too_many_attempts");
        let seconds: i64 = braked.header("retry-after").parse().unwrap();
        assert!(seconds > 0 && seconds <= ATTEMPT_WINDOW / 1000, "{seconds}");
        // Somebody at another address is not locked out by a stranger.
        let mut elsewhere = server.browser_from([192, 0, 2, 7]);
        assert_eq!(elsewhere.sign_in("ada@example.com", PASSWORD).await.status, 200);
    }

    async fn the_right_password_forgets_the_guesses(server: Server) {
        let mut browser = server.anonymous();
        for _ in 0..3 {
            for _ in 1..FREE_ATTEMPTS {
                assert_eq!(browser.sign_in("ada@example.com", "wrong password").await.status, 401);
            }
            assert_eq!(browser.sign_in("ada@example.com", PASSWORD).await.status, 200);
        }
    }

    async fn sessions_are_listed_and_ended_by_their_owner_alone(server: Server) {
        let mut ana = server.admin.clone();
        let mut ben = server.person("Ben", "developer").await;
        let mut phone = server.anonymous();
        phone.agent = "Phone".to_owned();
        phone.sign_in("ada@example.com", PASSWORD).await;

        let listed = ana.get("/api/sessions").await;
        let sessions = listed.json["items"].as_array().unwrap().clone();
        assert_eq!(sessions.len(), 2);
        assert!(!listed.text.contains(phone.cookie.as_deref().unwrap()));
        assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
        let other = sessions.iter().find(|session| session["agent"] == "Phone").unwrap();
        assert_eq!(other["address"], "127.0.0.1");
        assert_eq!(other["current"], false);
        let url = format!("/api/sessions/{}", other["id"].as_str().unwrap());

        // Somebody else's session is as one that never was.
        let foreign = ben.delete(&url).await;
        let unknown = ben.delete("/api/sessions/nothing").await;
        assert_eq!(foreign.problem(), "404 not_found");
        assert_eq!(foreign.json["detail"], unknown.json["detail"]);
        assert_eq!(phone.get("/api/session").await.status, 200);

        assert_eq!(ana.delete(&url).await.status, 204);
        assert_eq!(phone.get("/api/session").await.problem(), "401 signed_out");
        assert_eq!(ana.get("/api/session").await.status, 200);
        assert_eq!(ana.delete(&url).await.problem(), "404 not_found");
    }

    async fn a_session_ends_when_it_is_idle_and_in_any_case(server: Server) {
        let ana = server.admin.clone();
        let token = ana.cookie.clone().unwrap();
        let database = server.app.door.database().clone();
        let Limits { idle, absolute } = server.app.config.sessions;
        let holds = async |at: i64| identity::signed_in(&database, &token, at).await.unwrap().is_some();
        let now = moment::now();
        assert!(holds(now + idle - 60_000).await);
        server.until(async || !holds(now + idle + 1).await == false).await;
        assert!(!holds(now + 3 * idle).await);
        // Used again and again it lives until its last day, and not longer.
        let mut at = now + idle;
        while at < now + absolute - idle {
            assert!(holds(at).await, "after {} hours", (at - now) / 3_600_000);
            let next = at + idle - 120_000;
            // The last use is written beside the request.
            server.until(async || holds(next).await).await;
            at = next;
        }
        assert!(!holds(now + absolute + 60_000).await);
    }

    async fn only_admins_make_accounts_and_only_super_admins_make_their_like(server: Server) {
        let mut ana = server.admin.clone();
        let mut admin = server.person("Adam", "admin").await;
        let mut developer = server.person("Dora", "developer").await;
        let account = |email: &str, role: &str| json!({ "name": "New", "email": email, "password": PASSWORD, "role": role });
        for (browser, role, expected) in [
            (&mut ana, "super-admin", "201"),
            (&mut admin, "super-admin", "403 forbidden"),
            (&mut admin, "admin", "201"),
            (&mut developer, "developer", "403 forbidden"),
        ] {
            let email = format!("{}-{role}@example.com", browser.name);
            assert_eq!(browser.post("/api/people", account(&email, role)).await.problem_or_status(), expected, "{email}");
        }
        let answer = admin.post("/api/people", account("x@example.com", "owner")).await;
        assert_eq!(answer.problem(), "422 invalid");
        assert_eq!(answer.json["errors"][0]["path"], "/role");
        let answer = admin.post("/api/people", account("ADA@example.com", "developer")).await;
        assert_eq!(answer.problem(), "409 email_taken");
        assert_eq!(server.anonymous().get("/api/people").await.problem(), "401 signed_out");

        let people = developer.get("/api/people").await.json;
        let told: Vec<_> = people["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|person| format!("{} {} {}", person["numericId"], person["email"].as_str().unwrap(), person["role"].as_str().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                "10000001 ada@example.com super-admin",
                "10000002 adam@example.com admin",
                "10000003 dora@example.com developer",
                "10000004 Ada-super-admin@example.com super-admin",
                "10000005 Adam-admin@example.com admin",
            ]
        );
    }

    async fn of_two_accounts_with_one_address_one_is_made(server: Server) {
        let ana = server.admin.clone();
        let answers = join_all(["A@example.com", "a@EXAMPLE.com", "a@example.com"].map(|email| {
            let mut browser = ana.clone();
            let body = json!({ "name": "A", "email": email, "password": PASSWORD, "role": "developer" });
            async move { browser.post("/api/people", body).await.problem_or_status() }
        }))
        .await;
        assert_eq!(answers.iter().filter(|answer| *answer == "201").count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| *answer == "409 email_taken").count(), 2, "{answers:?}");
    }

    async fn every_act_has_its_event_and_no_event_holds_a_secret(server: Server) {
        let mut ana = server.admin.clone();
        let mut dora = server.person("Dora", "developer").await;
        server.anonymous().sign_in("dora@example.com", "hunter2 was my dog").await;
        server.anonymous().sign_in("hunter3 in the wrong field", PASSWORD).await;
        dora.post("/api/people", json!({ "name": "N", "email": "n@example.com", "password": PASSWORD, "role": "admin" })).await;
        let mut other = server.anonymous();
        other.sign_in("dora@example.com", PASSWORD).await;
        let sessions = dora.get("/api/sessions").await.json;
        let id = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == false).unwrap()["id"].clone();
        dora.delete(&format!("/api/sessions/{}", id.as_str().unwrap())).await;
        let token = dora.cookie.clone().unwrap();
        dora.delete("/api/session").await;

        let events = ana.get("/api/audit/events").await;
        let told: Vec<_> = events.json["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| {
                let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
                format!(
                    "{} {} {} {} {}",
                    event["sequence"], text(&event["action"]), text(&event["outcome"]), text(&event["actor"]["kind"]), text(&event["because"])
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "0 team.create done person -",
                "1 person.create done person -",
                "2 session.create done person -",
                "3 session.create refused anonymous wrong credentials",
                "4 session.create refused anonymous wrong credentials",
                "5 person.create refused person you may not do this: you need to be Super Admin or Admin of the team",
                "6 session.create done person -",
                "7 session.revoke done person -",
                "8 session.end done person -",
            ]
        );
        assert_eq!(events.json["items"][3]["origin"]["address"], "127.0.0.1");
        for secret in [PASSWORD, "hunter2", "hunter3", "argon2", &token] {
            assert!(!events.text.contains(secret), "{secret} is in the log");
        }
        assert_eq!(other.get("/api/audit/events").await.problem(), "401 signed_out");
    }

    async fn a_change_that_another_site_may_have_started_is_refused(server: Server) {
        let ana = server.admin.clone();
        for (headers, expected) in [
            (&[][..], "403 cross_site"),
            (&[("x-bulla-request", "0")], "403 cross_site"),
            (&[("x-bulla-request", "1"), ("sec-fetch-site", "cross-site")], "403 cross_site"),
            (&[("x-bulla-request", "1"), ("sec-fetch-site", "same-site")], "403 cross_site"),
            (&[("x-bulla-request", "1"), ("origin", "https://evil.example")], "403 cross_site"),
            (&[("x-bulla-request", "1"), ("origin", "null")], "403 cross_site"),
            (&[("x-bulla-request", "1"), ("origin", "http://bulla.example"), ("sec-fetch-site", "same-origin")], "204"),
        ] {
            let answer = ana.clone().bare(Method::DELETE, "/api/session", headers, None).await;
            assert_eq!(answer.problem_or_status(), expected, "{headers:?}");
        }
        // Reading needs no header, and every method that changes needs it.
        assert_eq!(ana.clone().bare(Method::GET, "/api/setup", &[], None).await.status, 200);
        for method in [Method::POST, Method::PUT, Method::PATCH] {
            let answer = ana.clone().bare(method, "/api/setup", &[("content-type", "text/plain")], Some("{}")).await;
            assert_eq!(answer.problem(), "403 cross_site");
        }
    }

    async fn every_answer_tells_the_browser_what_it_may_not_do(server: Server) {
        let mut browser = server.anonymous();
        for path in ["/", "/api/setup", "/api/session", "/api/nothing", "/health/live", "/deep/link"] {
            let answer = browser.get(path).await;
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            let scripts = policy.split(';').find(|part| part.trim_start().starts_with("script-src")).unwrap_or_default();
            assert!(!scripts.contains("unsafe-inline") && !scripts.contains("unsafe-eval"), "{path}: {policy}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert!(["no-referrer", "same-origin"].contains(&answer.header("referrer-policy")), "{path}");
            assert!(!answer.header("x-request-id").is_empty(), "{path}");
            assert_eq!(answer.header("strict-transport-security"), "", "{path}: plain HTTP");
        }
    }

    async fn readiness_looks_at_the_database(server: Server) {
        let mut browser = server.anonymous();
        assert_eq!(browser.get("/health/live").await.status, 200);
        assert_eq!(browser.get("/health/ready").await.status, 200);
        // As after another node was upgraded.
        let mut transaction = server.app.door.database().begin().await.unwrap();
        bulla_db::sql!("insert into schema_version (version, name) values (999, 'from the future')")
            .execute(&mut transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(browser.get("/health/ready").await.problem(), "503 busy");
        assert_eq!(browser.get("/health/live").await.status, 200);
    }
}

