//! A forgotten password, and the brake on guessing. The ASVS numbers are those of OWASP ASVS 5.0.

use std::time::{Duration, Instant};

use crate::harness::{Answer, Client, PASSWORD, Server};
use bulla_db::sql;
use futures::StreamExt;
use futures::future::join_all;
use serde_json::{Value, json};

const NEW: &str = "a kettle under seven moons";

fn said(answer: &Answer) -> String {
    match answer.json["code"].as_str() {
        Some(code) => format!("{} {code}", answer.status.as_u16()),
        None => answer.status.as_u16().to_string(),
    }
}

async fn sign_in(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/api/session", json!({ "email": email, "password": password })).await
}

async fn ask(client: &Client, email: &str) -> Answer {
    client.post("/api/password-resets", json!({ "email": email })).await
}

async fn finish(client: &Client, token: &str, password: &str) -> Answer {
    client.post("/api/password-resets/finish", json!({ "token": token, "password": password })).await
}

/// The mails of this kind in the outbox, the newest first, once there are so many.
async fn mails(server: &Server, kind: &str, count: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let answer = server.admin.get("/api/outbox").await;
        let found: Vec<_> = items(&answer).into_iter().filter(|mail| mail["kind"] == kind).collect();
        if found.len() >= count {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{answer}");
        tokio::task::yield_now().await;
    }
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.json["items"].as_array().unwrap().clone()
}

/// What the link of the newest mail for a forgotten password holds, when there are `count` of them.
async fn token(server: &Server, count: usize) -> String {
    let mail = mails(server, "password-reset", count).await.remove(0);
    let opened = server.admin.post(&format!("/api/outbox/{}/open", mail["id"].as_str().unwrap()), Value::Null).await;
    let link = opened.json["link"].as_str().unwrap().to_owned();
    let (page, token) = link.split_once('#').unwrap();
    assert_eq!(page, format!("{}/reset-password", server.url));
    token.to_owned()
}

on_both_databases! {
    /// ASVS 6.4.1, 6.4.3, 7.4.3.
    async fn a_link_gives_another_password_once_and_ends_every_session(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let nobody = server.anonymous();
        assert_eq!(ask(&nobody, " DORA@example.com").await.status, 202);
        let link = token(&server, 1).await;
        assert!(link.len() >= 43, "256 random bits: {link}");
        // A password that is not good enough does not use the link up.
        assert_eq!(said(&finish(&nobody, &link, "password1").await), "422 invalid");
        assert_eq!(said(&finish(&nobody, "another", NEW).await), "409 link_is_over");
        assert_eq!(said(&finish(&nobody, &link, NEW).await), "204");
        assert_eq!(said(&finish(&nobody, &link, "seven kettles under a moon").await), "409 link_is_over");
        assert_eq!(said(&dora.get("/api/session").await), "401 signed_out");
        assert_eq!(said(&sign_in(&nobody, "dora@example.com", PASSWORD).await), "401 wrong_credentials");
        assert_eq!(said(&sign_in(&nobody, "dora@example.com", NEW).await), "200");
        // 6.3.7: whoever did not do it finds out.
        assert_eq!(mails(&server, "password-changed", 1).await[0]["to"], "dora@example.com");

        let events = server.admin.get("/api/audit/events?limit=1000").await;
        let text = events.json.to_string();
        assert!(text.contains("password.reset.request") && text.contains("password.reset\""), "{text}");
        assert!(!text.contains(&link) && !text.contains(NEW));
    }

    /// ASVS 6.4.1.
    async fn of_a_link_that_is_used_twice_at_once_one_use_counts_and_old_links_are_over(server: Server) {
        server.person("Dora", "developer").await;
        let nobody = server.anonymous();
        ask(&nobody, "dora@example.com").await;
        let link = token(&server, 1).await;
        let uses = ["a kettle under seven moons", "seven kettles under a moon", "no kettle under any moon"];
        let answers = join_all(uses.map(|password| finish(&nobody, &link, password))).await;
        let done = answers.iter().filter(|answer| answer.status == 204).count();
        assert_eq!(done, 1, "{:?}", answers.iter().map(said).collect::<Vec<_>>());

        ask(&nobody, "dora@example.com").await;
        let link = token(&server, 2).await;
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        sql!("update password_reset set expires_at = 1").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        database.close().await;
        assert_eq!(said(&finish(&nobody, &link, NEW).await), "409 link_is_over");
    }

    /// ASVS 6.3.8.
    async fn whether_there_is_an_account_is_not_told_to_whoever_forgot_a_password(server: Server) {
        let mut told = Vec::new();
        for email in ["ada@example.com", "nobody@example.com", "no address"] {
            let mut answer = ask(&server.anonymous(), email).await;
            let headers: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
            answer.json["requestId"] = json!("");
            told.push((said(&answer), answer.bytes.clone(), headers));
        }
        assert_eq!(told[0].0, "202");
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0], told[2]);
        mails(&server, "password-reset", 1).await;
        // Whoever asks again and again is slowed, and in the same way.
        for email in ["ada@example.com", "nobody@example.com"] {
            let answers = join_all((0..20).map(|_| async { said(&ask(&server.anonymous(), email).await) })).await;
            let slowed = answers.iter().filter(|answer| *answer == "429 too_many_attempts").count();
            assert_eq!(slowed, 11, "{email}: {answers:?}");
        }
    }

    /// ASVS 6.2.4, 6.2.9, 6.2.11, 6.2.8, 6.2.12.
    async fn common_passwords_are_refused_and_long_ones_are_taken_whole(server: Server) {
        server.person("Dora", "developer").await;
        let nobody = server.anonymous();
        ask(&nobody, "dora@example.com").await;
        let link = token(&server, 1).await;
        for common in ["1qaz2wsx3edc4rfv", "TrustNo1!", "bulla bulla bulla", "Dora@example.com"] {
            assert_eq!(said(&finish(&nobody, &link, common).await), "422 invalid", "{common}");
        }
        let long = "åska över sju sjöar, ".repeat(8);
        assert!(long.chars().count() > 72 + 64);
        assert_eq!(said(&finish(&nobody, &link, &long).await), "204");
        let cut: String = long.chars().take(72).collect();
        for other in [cut.as_str(), long.trim_end(), &long.to_uppercase()] {
            assert_eq!(said(&sign_in(&nobody, "dora@example.com", other).await), "401 wrong_credentials");
        }
        assert_eq!(said(&sign_in(&nobody, "dora@example.com", &long).await), "200");
    }

    /// ASVS 6.3.1.
    async fn waits_grow_with_every_guess_and_are_forgotten_with_the_right_answer(server: Server) {
        let nobody = server.anonymous();
        let database = server.database().await;
        for _ in 0..10 {
            assert_eq!(said(&sign_in(&nobody, "ada@example.com", "a guess").await), "401 wrong_credentials");
        }
        let mut waits = Vec::new();
        for _ in 0..3 {
            let braked = sign_in(&nobody, "ada@example.com", PASSWORD).await;
            assert_eq!(said(&braked), "429 too_many_attempts");
            waits.push(braked.headers["retry-after"].to_str().unwrap().parse::<i64>().unwrap());
            // The wait is over.
            let mut transaction = database.begin().await.unwrap();
            sql!("update sign_in_attempt set waits_until = 1").execute(&mut transaction).await.unwrap();
            transaction.commit().await.unwrap();
            assert_eq!(said(&sign_in(&nobody, "ada@example.com", "a guess").await), "401 wrong_credentials");
        }
        assert!((25..=30).contains(&waits[0]) && (55..=60).contains(&waits[1]) && (115..=120).contains(&waits[2]), "{waits:?}");
        let mut transaction = database.begin().await.unwrap();
        sql!("update sign_in_attempt set waits_until = 1").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        database.close().await;
        assert_eq!(said(&sign_in(&nobody, "ada@example.com", PASSWORD).await), "200");
        assert_eq!(said(&sign_in(&nobody, "ada@example.com", "a guess").await), "401 wrong_credentials");
    }
}

on_both_databases! {
    /// ASVS 7.4.5.
    async fn an_admin_ends_the_sessions_of_a_member(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let adam = server.person("Adam", "admin").await;
        let mut elsewhere = server.anonymous();
        let answer = elsewhere.post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
        elsewhere.keep_cookie(&answer);
        let path = format!("/api/people/{}/sessions", dora.person);
        let listed = adam.get(&path).await;
        assert_eq!(listed.json["items"].as_array().unwrap().len(), 2, "{listed}");
        assert_eq!(dora.get(&path).await.status, 403);
        assert_eq!(dora.delete(&path).await.status, 403);
        // A session of hers that acts in another team is that team's.
        let away = dora.clone();
        let allowed = server.admin.put("/api/teams/policy", json!({ "developersCreate": true })).await;
        assert_eq!(allowed.status, 200, "{allowed}");
        let team = away.post("/api/teams", json!({ "name": "Skunkworks" })).await.id();
        let mut there = server.anonymous();
        let answer = there.post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
        there.keep_cookie(&answer);
        let switched = there.post(&format!("/api/teams/{team}/switch"), serde_json::Value::Null).await;
        there.keep_cookie(&switched);
        assert_eq!(adam.get(&path).await.json["items"].as_array().unwrap().len(), 2);

        assert_eq!(adam.delete(&path).await.status, 204);
        for ended in [&dora, &elsewhere] {
            assert_eq!(ended.get("/api/session").await.status, 401);
        }
        assert_eq!(there.get("/api/session").await.status, 200);
        assert_eq!(adam.get(&path).await.json["items"], json!([]));
        let own = adam.delete(&format!("/api/people/{}/sessions", adam.person)).await;
        assert_eq!(own.json["code"], "own_account", "{own}");
        let leader = adam.delete(&format!("/api/people/{}/sessions", server.admin.person)).await;
        assert_eq!(leader.json["code"], "forbidden", "{leader}");
        assert_eq!(adam.delete(&format!("/api/people/{}/sessions", uuid::Uuid::now_v7())).await.status, 404);
        let outbox = server.admin.get("/api/outbox").await.to_string();
        assert!(outbox.contains("sessions-ended"), "{outbox}");
        let events = server.admin.get("/api/audit/events?limit=1000").await.to_string();
        assert!(events.contains("person.sessions.end"), "{events}");
    }
}

on_both_databases! {
    /// ASVS 6.3.1: one address and many accounts, too.
    async fn a_few_passwords_on_many_accounts_are_slowed_down_and_nobody_is_locked_out(server: Server) {
        let dora = server.person("Dora", "developer").await;
        // The browser that Dora signed in with is known to her account.
        let mut known = server.anonymous();
        let entered = sign_in(&known, "dora@example.com", PASSWORD).await;
        known.cookie = entered.headers.get_all("set-cookie").iter()
            .filter_map(|cookie| cookie.to_str().unwrap().split(';').next())
            .find(|cookie| cookie.starts_with("bulla_device=")).map(str::to_owned);
        let attacker = server.anonymous();
        // A few at a time: of many at once some find no room.
        let guesses = (0..bulla_server::identity::FREE_BY_ADDRESS).map(|count| {
            let attacker = attacker.clone();
            async move { said(&sign_in(&attacker, &format!("p{count}@example.com"), "Spring2026 is here").await) }
        });
        let told: Vec<_> = futures::stream::iter(guesses).buffered(2).collect().await;
        assert!(told.iter().all(|answer| answer == "401 wrong_credentials"), "{told:?}");
        let refused = sign_in(&attacker, "one.more@example.com", "Spring2026 is here").await;
        assert_eq!(said(&refused), "429 too_many_attempts");
        let seconds: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!(seconds <= 30, "{seconds}");
        // Somebody else behind the same address waits too, but not in a browser that their account knows, and not elsewhere.
        assert_eq!(said(&sign_in(&server.anonymous(), "dora@example.com", PASSWORD).await), "429 too_many_attempts");
        assert_eq!(said(&sign_in(&known, "dora@example.com", PASSWORD).await), "200");
        let elsewhere = Client::from_address(&server.url, [127, 0, 0, 2].into());
        assert_eq!(said(&sign_in(&elsewhere, "dora@example.com", PASSWORD).await), "200");
        let _ = dora;
    }
}

on_both_databases! {
    /// ASVS 6.3.7, 7.5.1: the new address is confirmed, and the old one is told.
    async fn an_address_is_changed_by_a_link_to_the_new_one(server: Server) {
        let dora = server.person("Dora", "developer").await;
        server.person("Olga", "developer").await;
        let mut elsewhere = server.anonymous();
        elsewhere.keep_cookie(&sign_in(&elsewhere, "dora@example.com", PASSWORD).await);
        let ask = async |email: &str| said(&dora.post("/api/account/email", json!({ "email": email })).await);
        for wrong in ["", "dora", "dora@example.com"] {
            assert_eq!(ask(wrong).await, "422 invalid", "{wrong}");
        }
        let link = async |to: &str| {
            let outbox = server.admin.get("/api/outbox").await.json;
            let mails = outbox["items"].as_array().unwrap().clone();
            let mail = mails.into_iter().find(|mail| mail["kind"] == "email-confirm" && mail["to"] == to).unwrap();
            let opened = server.admin.post(&format!("/api/outbox/{}/open", mail["id"].as_str().unwrap()), Value::Null).await;
            let link = opened.json["link"].as_str().unwrap().to_owned();
            link.split_once("/confirm-email#").unwrap().1.to_owned()
        };
        let finish = async |client: &Client, token: &str| {
            said(&client.post("/api/email-changes/finish", json!({ "token": token })).await)
        };
        assert_eq!(ask("first@example.com").await, "202");
        let first = link("first@example.com").await;
        assert_eq!(ask("Dora.Lund@example.com").await, "202");
        assert_eq!(finish(&server.anonymous(), &first).await, "409 link_is_over", "the later one took its place");
        assert_eq!(said(&sign_in(&server.anonymous(), "dora.lund@example.com", PASSWORD).await), "401 wrong_credentials");
        let token = link("Dora.Lund@example.com").await;
        assert_eq!(finish(&dora, &token).await, "204");
        assert_eq!(finish(&dora, &token).await, "409 link_is_over");
        assert_eq!(said(&dora.get("/api/session").await), "200");
        assert_eq!(said(&elsewhere.get("/api/session").await), "401 signed_out");
        assert_eq!(said(&sign_in(&server.anonymous(), "dora@example.com", PASSWORD).await), "401 wrong_credentials");
        assert_eq!(said(&sign_in(&server.anonymous(), "dora.lund@example.com", PASSWORD).await), "200");
        let outbox = server.admin.get("/api/outbox").await.json;
        let told: Vec<_> = outbox["items"].as_array().unwrap().iter()
            .filter(|mail| mail["to"] == "dora@example.com").map(|mail| mail["kind"].as_str().unwrap()).collect();
        assert!(told.contains(&"email-changed") && told.contains(&"email-change-asked"), "{told:?}");

        assert_eq!(ask("second@example.com").await, "202");
        let second = link("second@example.com").await;
        assert_eq!(said(&dora.delete("/api/sessions").await), "204");
        assert_eq!(finish(&dora, &second).await, "409 link_is_over", "who signs others out did perhaps not ask for it");

        // An address that somebody has: its reader finds out, and nothing changes. A link that is too old; a session that is.
        assert_eq!(ask("OLGA@example.com").await, "202");
        assert_eq!(finish(&dora, &link("OLGA@example.com").await).await, "409 email_taken");
        assert_eq!(ask("third@example.com").await, "202");
        let third = link("third@example.com").await;
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        sql!("update email_change set expires_at = 1").execute(&mut transaction).await.unwrap();
        sql!("update session set confirmed_at = 1").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        database.close().await;
        assert_eq!(finish(&dora, &third).await, "409 link_is_over");
        assert_eq!(ask("fourth@example.com").await, "403 confirm_first");
    }

    /// However many addresses they name: mails to strangers are not for the asking.
    async fn who_asks_for_many_addresses_is_slowed_down(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let mut answers = Vec::new();
        for count in 0..12 {
            let body = json!({ "email": format!("stranger{count}@example.com") });
            answers.push(said(&dora.post("/api/account/email", body).await));
        }
        assert!(answers[..10].iter().all(|answer| answer == "202"), "{answers:?}");
        assert!(answers[10..].iter().all(|answer| answer == "429 too_many_attempts"), "{answers:?}");
    }
}
