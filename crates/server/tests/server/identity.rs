//! Accounts and sessions as a browser sees them, on both databases.

use std::time::Duration;

use crate::harness::{Answer, Client, On, PASSWORD, Server};
use axum::extract::ConnectInfo;
use bulla_db::sql;
use bulla_server::config::{Config, Hidden};
use bulla_server::identity::{self, Cost, FIRST_WAIT, FREE_ATTEMPTS, FirstPerson, Limits, Password};
use bulla_server::{App, moment};
use bytes::Bytes;
use futures::StreamExt;
use futures::future::join_all;
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
    /// ASVS 7.4.1.
    async fn a_session_lasts_from_sign_in_to_sign_out(server: Server) {
        let mut ada = server.anonymous();
        assert_eq!(said(&ada.get("/api/session").await), "401 signed_out");
        let answer = sign_in(&mut ada, " ADA@example.COM ", PASSWORD).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.json["person"]["name"], "Ada");
        let first = token(&ada).to_owned();
        assert_eq!(first.len(), 43, "256 random bits in base64");

        // A new sign-in has a new token and ends the session that the browser had.
        sign_in(&mut ada, "ada@example.com", PASSWORD).await;
        let second = token(&ada).to_owned();
        assert_ne!(first, second);
        assert_eq!(said(&with_token(&server, &first).get("/api/session").await), "401 signed_out");

        let out = ada.delete("/api/session").await;
        assert_eq!(out.status, 204);
        assert!(header(&out, "set-cookie").starts_with("bulla_session=; Path=/; Max-Age=0;"));
        assert_eq!(said(&with_token(&server, &second).get("/api/session").await), "401 signed_out");
        assert_eq!(server.anonymous().delete("/api/session").await.status, 204);
    }
    /// ASVS 6.3.8.
    async fn a_wrong_password_and_an_unknown_address_answer_alike(server: Server) {
        let mut told = Vec::new();
        for (email, password) in [("ada@example.com", "wrong password"), ("nobody@example.com", PASSWORD), ("", "")] {
            let mut answer = sign_in(&mut server.anonymous(), email, password).await;
            answer.json["requestId"] = json!("");
            let headers: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
            told.push((said(&answer), answer.json.clone(), headers));
        }
        assert_eq!(told[0].0, "401 wrong_credentials");
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0], told[2]);
    }
    /// ASVS 6.3.1.
    async fn fifty_guesses_at_once_count_as_fifty(server: Server) {
        for email in ["ada@example.com", "nobody@example.com"] {
            let answers = join_all((0..50).map(|_| {
                let mut client = server.anonymous();
                async move { said(&sign_in(&mut client, email, "wrong password").await) }
            }))
            .await;
            let looked_at = answers.iter().filter(|answer| *answer == "401 wrong_credentials").count();
            let refused = answers.iter().filter(|answer| *answer == "429 too_many_attempts").count();
            assert_eq!((looked_at, refused), (usize::try_from(FREE_ATTEMPTS).unwrap(), 40), "{email}");
        }
        // The right password is not looked at either, and the answer says when it will be.
        let braked = sign_in(&mut server.anonymous(), "ada@example.com", PASSWORD).await;
        assert_eq!(said(&braked), "429 too_many_attempts");
        let seconds: i64 = header(&braked, "retry-after").parse().unwrap();
        assert!(seconds > 0 && seconds <= FIRST_WAIT / 1000, "{seconds}");
        // Somebody at another address is not locked out by a stranger.
        let mut elsewhere = Client::from_address(&server.url, [127, 0, 0, 2].into());
        assert_eq!(sign_in(&mut elsewhere, "ada@example.com", PASSWORD).await.status, 200);
    }

    async fn the_right_password_forgets_the_guesses(server: Server) {
        let mut ada = server.anonymous();
        for _ in 0..3 {
            for _ in 1..FREE_ATTEMPTS {
                assert_eq!(sign_in(&mut ada, "ada@example.com", "wrong password").await.status, 401);
            }
            assert_eq!(sign_in(&mut ada, "ada@example.com", PASSWORD).await.status, 200);
        }
    }
    /// ASVS 7.5.2.
    async fn sessions_are_listed_and_ended_by_their_owner_alone(server: Server) {
        let ben = server.person("Ben", "developer").await;
        let mut phone = server.anonymous();
        sign_in(&mut phone, "ada@example.com", PASSWORD).await;

        let listed = server.admin.get("/api/sessions").await;
        assert_eq!(items(&listed).len(), 2);
        assert!(!String::from_utf8_lossy(&listed.bytes).contains(token(&phone)));
        let other = items(&listed).iter().find(|session| session["current"] == false).unwrap();
        assert_eq!(other["address"], "127.0.0.1");
        let url = format!("/api/sessions/{}", other["id"].as_str().unwrap());

        // Somebody else's session is as one that never was.
        let (foreign, unknown) = (ben.delete(&url).await, ben.delete("/api/sessions/nothing").await);
        assert_eq!(said(&foreign), "404 not_found");
        assert_eq!(foreign.json["detail"], unknown.json["detail"]);
        assert_eq!(phone.get("/api/session").await.status, 200);

        // All the others at once, and then one.
        let mut tablet = server.anonymous();
        sign_in(&mut tablet, "ada@example.com", PASSWORD).await;
        assert_eq!(tablet.delete("/api/sessions").await.status, 204);
        for over in [&phone, &server.admin] {
            assert_eq!(said(&over.get("/api/session").await), "401 signed_out");
        }
        assert_eq!(tablet.get("/api/session").await.status, 200);
        assert_eq!(ben.get("/api/session").await.status, 200);
        let admin = tablet;
        sign_in(&mut phone, "ada@example.com", PASSWORD).await;
        let listed = admin.get("/api/sessions").await;
        let other = items(&listed).iter().find(|session| session["current"] == false).unwrap();
        let url = format!("/api/sessions/{}", other["id"].as_str().unwrap());

        assert_eq!(admin.delete(&url).await.status, 204);
        assert_eq!(said(&phone.get("/api/session").await), "401 signed_out");
        assert_eq!(admin.get("/api/session").await.status, 200);
        assert_eq!(said(&admin.delete(&url).await), "404 not_found");
    }
    /// ASVS 7.3.1, 7.3.2.
    async fn a_session_ends_when_it_is_idle_and_on_its_last_day_in_any_case(server: Server) {
        let (database, token) = (server.database().await, token(&server.admin).to_owned());
        let holds = async |at: i64| identity::signed_in(&database, &token, at).await.unwrap().is_some();
        let Limits { idle, absolute } = Limits::USUAL;
        let begun = moment::now();
        assert!(!holds(begun + idle).await);
        // Used again and again it lives until its last day, and not longer.
        let mut at = begun;
        while at + idle / 2 < begun + absolute - 60_000 {
            at += idle / 2;
            assert!(holds(at).await, "after {} hours", (at - begun) / 3_600_000);
            // The last use is written beside the request.
            let seen = async || {
                let row = sql!("select max(last_seen_at) as at from session").one(database.read()).await.unwrap();
                row.integer("at").unwrap()
            };
            while seen().await < at {
                tokio::task::yield_now().await;
            }
        }
        assert!(!holds(begun + absolute).await);
        database.close().await;
    }

    async fn only_admins_make_accounts_and_only_super_admins_make_their_like(server: Server) {
        let adam = server.person("Adam", "admin").await;
        let dora = server.person("Dora", "developer").await;
        let account =
            |email: &str, role: &str| json!({ "name": "New", "email": email, "password": PASSWORD, "role": role });
        for (client, email, role, expected) in [
            (&server.admin, "one@example.com", "super-admin", "201"),
            (&adam, "two@example.com", "super-admin", "403 forbidden"),
            (&adam, "three@example.com", "admin", "201"),
            (&dora, "four@example.com", "developer", "403 forbidden"),
            (&dora, "not an address", "no role", "403 forbidden"),
            (&adam, "five@example.com", "owner", "422 invalid"),
            (&adam, "DORA@example.com", "developer", "409 email_taken"),
            (&server.anonymous(), "six@example.com", "developer", "401 signed_out"),
        ] {
            let answer = client.post("/api/people", account(email, role)).await;
            assert_eq!(said(&answer), expected, "{email}: {answer}");
        }
        let told: Vec<_> = items(&dora.get("/api/people").await)
            .iter()
            .map(|person| format!("{} {} {}", person["numericId"], person["email"], person["role"]).replace('"', ""))
            .collect();
        assert_eq!(
            told,
            [
                "10000001 ada@example.com super-admin",
                "10000002 adam@example.com admin",
                "10000003 dora@example.com developer",
                "10000004 one@example.com super-admin",
                "10000005 three@example.com admin",
            ]
        );
        assert_eq!(said(&server.anonymous().get("/api/people").await), "401 signed_out");
    }
    /// ASVS 6.2.3, 7.4.3.
    async fn a_new_password_needs_the_old_one_and_ends_other_sessions(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let mut elsewhere = server.anonymous();
        sign_in(&mut elsewhere, "dora@example.com", PASSWORD).await;
        let change = async |client: &Client, current: &str, password: &str| {
            client.put("/api/account/password", json!({ "current": current, "password": password })).await.to_string()
        };
        let new = "a kettle under seven moons";
        assert_eq!(change(&dora, "not the one", new).await, "422 invalid: /current: this is not your password");
        assert_eq!(
            change(&dora, PASSWORD, PASSWORD).await,
            "422 invalid: /password: choose another password than the one you have"
        );
        for easy in ["password1", "qwertyuiop", "Dora@example.com", "bulla bulla bulla", "aaaaaaaaaaaaaaaa", "19840523"] {
            let said = change(&dora, PASSWORD, easy).await;
            assert!(said.starts_with("422 invalid: /password: ") && said.contains("guess"), "{easy}: {said}");
        }
        assert_eq!(said(&elsewhere.get("/api/session").await), "200");
        assert_eq!(change(&dora, PASSWORD, new).await, "204 ");
        assert_eq!(said(&dora.get("/api/session").await), "200");
        assert_eq!(said(&elsewhere.get("/api/session").await), "401 signed_out");
        assert_eq!(said(&sign_in(&mut server.anonymous(), "dora@example.com", PASSWORD).await), "401 wrong_credentials");
        assert_eq!(said(&sign_in(&mut elsewhere, "dora@example.com", new).await), "200");

        // Guesses are counted, whatever they are made with.
        let mut last = String::new();
        for _ in 0..=FREE_ATTEMPTS {
            last = change(&dora, "a guess", new).await;
        }
        assert!(last.starts_with("429 too_many_attempts"), "{last}");
        let events = server.admin.get("/api/audit/events?limit=1000").await.json.to_string();
        for text in ["a guess", new, PASSWORD] {
            assert!(!events.contains(text), "{text}");
        }
        assert!(events.contains("too many attempts") && events.contains("wrong password"));
    }
    /// ASVS 8.3.2.
    async fn roles_are_given_by_those_who_may_and_hold_from_the_next_request(server: Server) {
        let adam = server.person("Adam", "admin").await;
        let bill = server.person("Bill", "billing").await;
        let dora = server.person("Dora", "developer").await;
        let give = async |client: &Client, person: &str, roles: &[&str]| {
            client.put(&format!("/api/people/{person}/roles"), json!({ "roles": roles })).await.to_string()
        };
        let ada = server.admin.person.clone();
        let gone = uuid::Uuid::now_v7().to_string();
        for (client, person, roles, expected) in [
            (&dora, &bill.person, &["developer"][..], "403 forbidden: you may not do this: you need to be Super Admin or Admin or Billing of the team"),
            (&bill, &dora.person, &["admin"], "403 forbidden: you may not do this: you may not give or take the role Admin"),
            (&adam, &dora.person, &["super-admin"], "403 forbidden: you may not do this: only a Super Admin gives or takes the role Super Admin"),
            (&adam, &ada, &["developer"], "403 forbidden: you may not do this: only a Super Admin gives or takes the role Super Admin"),
            (&adam, &adam.person, &["admin", "developer"], "403 forbidden: you may not do this: nobody gives themselves a role; ask another Admin"),
            (&server.admin, &ada, &["admin"], "409 last_admin: the team would have no Super Admin left; give somebody else the role Super Admin first"),
            (&adam, &dora.person, &[], "422 invalid: /roles: a member of a team has at least one role"),
            (&adam, &gone, &["developer"], "404 not_found: there is no such person, or you may not see it"),
        ] {
            assert_eq!(give(client, person, roles).await, expected);
        }
        let unknown = give(&adam, &dora.person, &["admin", "owner"]).await;
        assert!(unknown.starts_with("422 invalid: /roles/1: choose one of super-admin, admin"), "{unknown}");

        // Given and taken, with the same session.
        assert_eq!(said(&dora.get("/api/audit/events").await), "403 forbidden");
        let answer = adam
            .put(&format!("/api/people/{}/roles", dora.person), json!({ "roles": ["developer", "admin", "admin"] }))
            .await;
        assert_eq!((said(&answer).as_str(), &answer.json["roles"]), ("200", &json!(["admin", "developer"])), "{answer}");
        assert_eq!(said(&dora.get("/api/audit/events").await), "200");
        let listed = dora.get("/api/people").await;
        let listed = items(&listed).iter().find(|person| person["id"] == dora.person).unwrap();
        assert_eq!((&listed["role"], &listed["roles"]), (&json!("admin"), &json!(["admin", "developer"])));
        assert_eq!(said(&adam.put(&format!("/api/people/{}/roles", dora.person), json!({ "roles": ["billing"] })).await), "200");
        assert_eq!(said(&dora.get("/api/audit/events").await), "403 forbidden");

        let events = server.admin.get("/api/audit/events?limit=1000").await.json;
        let all = events["items"].as_array().unwrap();
        let about = |outcome: &str| {
            all.iter().filter(|event| event["action"] == "person.roles.update" && event["outcome"] == outcome).count()
        };
        assert_eq!((about("done"), about("refused")), (2, 5));
        let last = all.iter().rfind(|event| event["action"] == "person.roles.update").unwrap();
        assert_eq!(last["target"], json!({ "kind": "person", "id": dora.person }));
        assert_eq!(last["changes"]["roles"]["before"]["text"], "admin, developer");
        assert_eq!(last["changes"]["roles"]["after"]["text"], "billing");
    }

    async fn of_two_admins_who_demote_each_other_at_once_one_stays(server: Server) {
        for _ in 0..5 {
            let (one, two) = (server.person("One", "admin").await, server.person("Two", "admin").await);
            let path = |person: &Client| format!("/api/people/{}/roles", person.person);
            let body = json!({ "roles": ["developer"] });
            let (to_one, to_two) = (path(&one), path(&two));
            let (first, second) = tokio::join!(one.put(&to_two, body.clone()), two.put(&to_one, body.clone()));
            let done = [&first, &second].into_iter().filter(|answer| answer.status == 200).count();
            assert_eq!(done, 1, "{first} {second}");
            for person in [&one, &two] {
                let done = sql!("update person set email_key = id where id = $1").bind(&person.person);
                let database = server.database().await;
                let mut transaction = database.begin().await.unwrap();
                done.execute(&mut transaction).await.unwrap();
                transaction.commit().await.unwrap();
            }
        }
    }

    async fn of_accounts_with_one_address_made_at_once_one_is_made(server: Server) {
        let answers = join_all(["A@example.com", "a@EXAMPLE.com", "a@example.com"].map(|email| {
            let client = server.admin.clone();
            let body = json!({ "name": "A", "email": email, "password": PASSWORD, "role": "developer" });
            async move { said(&client.post("/api/people", body).await) }
        }))
        .await;
        assert_eq!(answers.iter().filter(|answer| *answer == "201").count(), 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| *answer == "409 email_taken").count(), 2, "{answers:?}");
    }
    /// ASVS 16.2.1, 16.2.2, 16.2.5, 16.3.1.
    async fn every_act_has_its_event_and_no_event_holds_a_secret(server: Server) {
        let mut dora = server.person("Dora", "developer").await;
        sign_in(&mut server.anonymous(), "dora@example.com", "hunter2 was my dog").await;
        sign_in(&mut server.anonymous(), "hunter3 in the wrong field", PASSWORD).await;
        let body = json!({ "name": "N", "email": "n@example.com", "password": PASSWORD, "role": "admin" });
        dora.post("/api/people", body).await;
        let mut other = server.anonymous();
        sign_in(&mut other, "dora@example.com", PASSWORD).await;
        let sessions = dora.get("/api/sessions").await;
        let id = items(&sessions).iter().find(|session| session["current"] == false).unwrap()["id"].clone();
        dora.delete(&format!("/api/sessions/{}", id.as_str().unwrap())).await;
        let token = token(&dora).to_owned();
        dora.delete("/api/session").await;
        dora.cookie = None;

        let events = server.admin.get("/api/audit/events").await;
        let told: Vec<_> = items(&events)
            .iter()
            .map(|event| {
                let (actor, because) = (&event["actor"]["kind"], event["because"].as_str().unwrap_or("-"));
                let (action, outcome) = (&event["action"], &event["outcome"]);
                format!("{} {action} {outcome} {actor} {because}", event["sequence"]).replace('"', "")
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
        assert_eq!(items(&events)[3]["origin"]["address"], "127.0.0.1");
        let text = String::from_utf8_lossy(&events.bytes);
        for secret in [PASSWORD, "hunter2", "hunter3", "argon2", &token] {
            assert!(!text.contains(secret), "{secret} is in the log");
        }
    }

    async fn a_change_that_another_site_may_have_started_is_refused(server: Server) {
        let own = server.url.clone();
        let bare = async |method: Method, path: &str, headers: &[(&str, &str)]| {
            let mut request = Request::builder().method(method).uri(format!("{}{path}", server.url));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            said(&server.admin.request(request.body(Full::new(Bytes::new())).unwrap()).await)
        };
        for headers in [
            &[][..],
            &[("x-bulla-request", "0")],
            &[("x-bulla-request", "1"), ("sec-fetch-site", "cross-site")],
            &[("x-bulla-request", "1"), ("sec-fetch-site", "same-site")],
            &[("x-bulla-request", "1"), ("origin", "https://evil.example")],
            &[("x-bulla-request", "1"), ("origin", "null")],
        ] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                assert_eq!(bare(method, "/api/session", headers).await, "403 cross_site", "{headers:?}");
            }
        }
        // Reading needs no header.
        assert_eq!(bare(Method::GET, "/api/session", &[]).await, "200");
        let ours = [("x-bulla-request", "1"), ("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
        assert_eq!(bare(Method::DELETE, "/api/session", &ours).await, "204");
    }

    async fn every_answer_tells_the_browser_what_it_may_not_do(server: Server) {
        for path in ["/", "/api/setup", "/api/session", "/api/nothing", "/health/live", "/deep/link"] {
            let answer = server.anonymous().get(path).await;
            let policy = header(&answer, "content-security-policy");
            assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap_or_default();
            assert!(!scripts.contains("'unsafe-inline'"), "{path}: {policy}");
            assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
            assert!(["no-referrer", "same-origin"].contains(&header(&answer, "referrer-policy")), "{path}");
            assert!(!header(&answer, "x-request-id").is_empty(), "{path}");
            assert_eq!(header(&answer, "strict-transport-security"), "", "{path}: this is plain HTTP");
        }
    }

    async fn readiness_looks_at_the_schema_too(server: Server) {
        let client = server.anonymous();
        assert_eq!(client.get("/health/live").await.status, 200);
        assert_eq!(client.get("/health/ready").await.status, 200);
        // As after another node was upgraded.
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        sql!("insert into schema_version (version, name) values (999, 'from the future')")
            .execute(&mut transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        database.close().await;
        assert_eq!(said(&client.get("/health/ready").await), "503 busy");
        assert_eq!(client.get("/health/live").await.status, 200);
    }
}

/// An instance without a listener, whose caller names the address that a request comes from.
struct Inside {
    app: App,
    _folder: tempfile::TempDir,
}

impl Inside {
    async fn open(configure: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::in_folder(folder.path());
        config.passwords = Cost::LEAST;
        configure(&mut config);
        Self { app: App::open(config).await.unwrap(), _folder: folder }
    }

    async fn ask(&self, address: [u8; 4], path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::builder().method(method).uri(path).header("x-bulla-request", "1");
        request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let mut request = request.body(axum::body::Body::from(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(std::net::SocketAddr::from((address, 1024))));
        let (parts, body) = bulla_server::router(self.app.clone()).oneshot(request).await.unwrap().into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, bytes, json }
    }
}

const HERE: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [192, 0, 2, 7];

#[tokio::test]
async fn behind_https_the_cookie_is_secure_and_the_address_is_the_clients() {
    for (behind_https, cookie_ends, address, transport) in [
        // The last address is what the proxy saw; what stands before it is what the client claims.
        (true, "; HttpOnly; SameSite=Lax; Secure", "198.51.100.4", "max-age=31536000"),
        (false, "; Max-Age=2592000; HttpOnly; SameSite=Lax", "127.0.0.1", ""),
    ] {
        let inside = Inside::open(|config| config.behind_https = behind_https).await;
        let forwarded = ("x-forwarded-for", "203.0.113.9, 198.51.100.4");
        let made = inside.ask(HERE, "/api/setup", &[forwarded], Some(setup_body())).await;
        let cookie = header(&made, "set-cookie").to_owned();
        assert!(cookie.ends_with(cookie_ends), "{cookie}");
        assert_eq!(header(&made, "strict-transport-security"), transport);
        let cookie = ("cookie", cookie.split(';').next().unwrap());
        let sessions = inside.ask(HERE, "/api/sessions", &[cookie, forwarded], None).await;
        assert_eq!(items(&sessions)[0]["address"], address);
    }
}

#[tokio::test]
async fn a_body_that_stops_coming_is_given_up() {
    let inside = Inside::open(|config| config.patience = Duration::from_millis(1)).await;
    let stalled = futures::stream::iter([Ok::<_, std::io::Error>("{\"email\":")]).chain(futures::stream::pending());
    let request = Request::post("/api/session")
        .header("x-bulla-request", "1")
        .header("content-type", "application/json")
        .body(axum::body::Body::from_stream(stalled))
        .unwrap();
    let answer = bulla_server::router(inside.app.clone()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn metrics_are_for_the_machine_itself_or_for_whoever_has_the_token() {
    let token = "a token of some length";
    let bearer = [("authorization", "Bearer a token of some length")];
    let wrong = [("authorization", "Bearer a token of another one")];
    for (behind_https, set, address, headers, expected) in [
        (false, false, HERE, &[][..], 200),
        (false, false, ELSEWHERE, &[], 404),
        (false, false, ELSEWHERE, &bearer, 404),
        (false, true, ELSEWHERE, &bearer, 200),
        (false, true, ELSEWHERE, &wrong, 404),
        (true, false, HERE, &[], 404), // the proxy is on this machine; who asks is not
        (true, true, HERE, &bearer, 200),
    ] {
        let inside = Inside::open(|config| {
            config.behind_https = behind_https;
            config.metrics_token = set.then(|| Hidden::from(token.to_owned()));
        })
        .await;
        let answer = inside.ask(address, "/metrics", headers, None).await;
        assert_eq!(answer.status, expected, "{behind_https} {set} {address:?} {headers:?}");
    }
}

#[tokio::test]
async fn a_password_is_hashed_anew_when_the_cost_changes() {
    let server = Server::start(On::Sqlite).await.unwrap();
    let database = server.database().await;
    let stored = async || {
        let row = sql!("select password from person").one(database.read()).await.unwrap();
        row.text("password").unwrap()
    };
    assert!(stored().await.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    let mut config = Config::in_folder(server.folder.path());
    config.passwords = Cost { passes: 3, ..Cost::LEAST };
    let dearer = Inside { app: App::open(config).await.unwrap(), _folder: tempfile::tempdir().unwrap() };
    let sign_in = async |password: &str| {
        let body = json!({ "email": "ada@example.com", "password": password });
        dearer.ask(HERE, "/api/session", &[], Some(body)).await.status.as_u16()
    };
    assert_eq!(sign_in("wrong password").await, 401);
    assert!(stored().await.contains("t=2"));
    assert_eq!(sign_in(PASSWORD).await, 200);
    assert!(stored().await.contains("t=3"));
    assert_eq!(sign_in(PASSWORD).await, 200);
}

#[tokio::test]
async fn neither_a_password_nor_a_token_is_in_any_file() {
    let mut server = Server::start(On::Sqlite).await.unwrap();
    let dora = server.person("Dora", "developer").await;
    let secrets = [PASSWORD, token(&server.admin), token(&dora)].map(str::to_owned);
    for when in ["while it runs", "after it stopped"] {
        let files = server.files();
        assert!(files.iter().any(|(name, bytes)| name.contains("bulla.sqlite") && bytes.len() > 4096), "{when}");
        for (name, bytes) in &files {
            for secret in &secrets {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{when} a secret is in {name}");
            }
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn the_operator_makes_the_first_account_while_the_server_runs() {
    let server = Server::untouched(On::Sqlite, |_| {}).await.unwrap();
    let mut config = Config::in_folder(server.folder.path());
    config.passwords = Cost::LEAST;
    let beside = App::open(config).await.unwrap();
    let password = Password::from(PASSWORD.to_owned());
    let first = FirstPerson::new("Ana", "ana@example.com", &password, "Payments").unwrap();
    let set_up = async || identity::set_up_as_operator(&beside.door, &beside.passwords, &first, password.clone()).await;
    set_up().await.unwrap();
    assert!(set_up().await.is_err_and(|error| error.to_string().contains("has its first account already")));

    let mut ana = server.anonymous();
    assert_eq!(ana.get("/api/setup").await.json["open"], false);
    assert_eq!(sign_in(&mut ana, "ana@example.com", PASSWORD).await.status, 200);
    let events = ana.get("/api/audit/events").await;
    assert_eq!(items(&events)[0]["action"], "team.create");
    assert_eq!(items(&events)[0]["actor"]["kind"], "operator");
}
