//! API keys as a program shows them, on both databases.

use crate::harness::{Answer, Client, On, Server};
use bulla_db::sql;
use bulla_server::moment::Clock;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

const WRONG: &str = "PMAK-644781584627df042afa6655-0123456789abcdef0123456789abcdef01";

/// A new key of this person, and a client that shows it and nothing else.
async fn key(server: &Server, person: &Client, wish: Value) -> (String, Client) {
    let made = person.post("/api/account/api-keys", wish).await;
    assert_eq!(made.status, 201, "{made}");
    let mut program = server.anonymous();
    program.key = Some(made.json["value"].as_str().unwrap().to_owned());
    (made.json["apiKey"]["id"].as_str().unwrap().to_owned(), program)
}

async fn own(person: &Client) -> Vec<Value> {
    person.get("/api/account/api-keys").await.json["items"].as_array().unwrap().clone()
}

async fn events(server: &Server) -> Vec<Value> {
    server.admin.get("/api/audit/events?limit=1000").await.json["items"].as_array().unwrap().clone()
}

fn said(answer: &Answer) -> String {
    format!("{} {}", answer.status.as_u16(), answer.json["code"].as_str().unwrap_or_default())
}

/// Servers whose clock can be moved on, set up.
async fn with_clock() -> Vec<(Server, std::path::PathBuf)> {
    let mut servers = Vec::new();
    for on in [On::Sqlite, On::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.keep().join("clock");
        let clock = Clock::Moved(file.clone());
        if let Some(mut server) = Server::untouched(on, |config| config.clock = clock).await {
            server.set_up().await;
            servers.push((server, file));
        }
    }
    servers
}

fn move_on(file: &std::path::Path, days: i64) {
    std::fs::write(file, (days * 24 * 3600).to_string()).unwrap();
}

on_both_databases! {
    async fn a_key_acts_for_its_person_and_is_shown_once(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let made = olga.post("/api/account/api-keys", json!({ "name": "Pipeline" })).await;
        let value = made.json["value"].as_str().unwrap().to_owned();
        let id = made.json["apiKey"]["id"].as_str().unwrap();
        assert_eq!(value, format!("PMAK-{id}-{}", &value[value.len() - 34..]));
        let listed = olga.get("/api/account/api-keys").await;
        assert!(!listed.to_string().contains(&value[value.len() - 34..]), "{listed}");
        let masked = format!("PMAK-{id}-******{}", &value[value.len() - 2..]);
        assert_eq!(listed.json["items"][0]["masked"], json!(masked));
        assert_eq!(listed.json["items"][0]["status"], "active");

        // In any case, as a bearer token too; and a change needs no proof that no page of another site made it.
        for (name, text) in [
            ("X-API-Key", value.clone()),
            ("x-api-key", value.clone()),
            ("authorization", format!("Bearer {value}")),
            ("authorization", format!("bearer {value}")),
        ] {
            let request = Request::post(format!("{}/api/workspaces", server.url))
                .header(name, text)
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(r#"{"name":"Made by a program","kind":"personal"}"#)))
                .unwrap();
            let answer = server.anonymous().request(request).await;
            assert_eq!(answer.status, 201, "{answer}");
        }
        let made = events(&server).await.into_iter().rfind(|event| event["action"] == "workspace.create").unwrap();
        assert_eq!(made["actor"]["id"], json!(olga.person));
        assert_eq!(made["origin"]["key"], json!(id));
        let stored = sql!("select hash from api_key").all(server.database().await.read()).await.unwrap();
        assert_eq!(stored[0].bytes("hash").unwrap().len(), 32);
        for (name, bytes) in server.files() {
            let secret = &value.as_bytes()[value.len() - 34..];
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "the key is in {name}");
        }
    }

    async fn me_is_who_the_key_acts_for(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let (_, program) = key(&server, &olga, json!({ "name": "Pipeline" })).await;
        let me = program.get("/me").await;
        assert_eq!(me.status, 200, "{me}");
        assert_eq!(me.json["user"]["id"], 10_000_002);
        assert_eq!(me.json["user"]["fullName"], "Olga");
        assert_eq!(me.json["user"]["email"], "olga@example.com");
        assert_eq!(me.json["user"]["teamName"], "Analytical");
        assert_eq!(me.json["user"]["roles"], json!(["developer"]));

        let nobody = server.anonymous().get("/me").await;
        assert_eq!(said(&nobody), "401 signed_out");
        let mut program = server.anonymous();
        program.key = Some(WRONG.to_owned());
        let wrong = program.get("/me").await;
        assert_eq!(said(&wrong), "401 wrong_api_key");
        for answer in [nobody, wrong] {
            assert_eq!(answer.json["error"]["name"], "AuthenticationError");
            let words = "Invalid API Key. Every request requires a valid API Key to be sent.";
            assert_eq!(answer.json["error"]["message"], words);
        }
    }

    async fn a_wrong_key_is_not_made_good_by_a_cookie(server: Server) {
        for wrong in [WRONG, "x", "", "PMAK-", "Bearer"] {
            let mut both = server.admin.clone();
            both.key = Some(wrong.to_owned());
            assert_eq!(said(&both.get("/api/session").await), "401 wrong_api_key", "{wrong}");
        }
        // A bearer token that is no key of ours may be meant for a proxy in front.
        let request = Request::get(format!("{}/api/session", server.url)).header("authorization", "Bearer of-a-proxy");
        let answer = server.admin.request(request.body(Full::default()).unwrap()).await;
        assert_eq!(answer.status, 200, "{answer}");
    }

    async fn a_key_holds_no_roles(server: Server) {
        let olga = server.person("Olga", "admin").await;
        let (_, program) = key(&server, &olga, json!({ "name": "Pipeline" })).await;
        assert_eq!(program.get("/api/audit/events").await.status, 200);
        let path = format!("/api/people/{}/roles", olga.person);
        assert_eq!(server.admin.put(&path, json!({ "roles": ["developer"] })).await.status, 200);
        assert_eq!(said(&program.get("/api/audit/events").await), "403 forbidden");
        // Whoever is no member any more has no key either.
        let mut transaction = server.database().await.begin().await.unwrap();
        sql!("delete from membership where person = $1").bind(&olga.person).execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(said(&program.get("/me").await), "401 wrong_api_key");
    }

    async fn what_is_about_the_account_stays_with_the_person(server: Server) {
        let (id, program) = key(&server, &server.admin, json!({ "name": "Pipeline" })).await;
        let account = json!({ "name": "x", "email": "x@example.com", "password": crate::harness::PASSWORD, "role": "admin" });
        let password = json!({ "current": crate::harness::PASSWORD, "password": "another horse battery staple" });
        let policy = json!({ "version": 0, "everybody": true, "ageDays": null, "idleDays": null });
        for answer in [
            program.get("/api/sessions").await,
            program.delete("/api/session").await,
            program.put("/api/account/password", password).await,
            program.get("/api/account/api-keys").await,
            program.post("/api/account/api-keys", json!({ "name": "a second one" })).await,
            program.delete(&format!("/api/account/api-keys/{id}")).await,
            program.delete(&format!("/api/api-keys/{id}")).await,
            program.put("/api/api-keys/policy", policy).await,
            program.post("/api/people", account).await,
        ] {
            let expected = "403 forbidden: you may not do this: an API key is not enough for it; sign in";
            assert_eq!(answer.to_string(), expected);
        }
        let refused = events(&server).await.into_iter().rfind(|event| event["outcome"] == "refused").unwrap();
        assert_eq!((&refused["action"], &refused["origin"]["key"]), (&json!("person.create"), &json!(id)));
    }

    async fn a_revoked_key_is_dead_at_once_whoever_revoked_it(server: Server) {
        let (olga, sam) = (server.person("Olga", "developer").await, server.person("Sam", "developer").await);
        let (by_owner, one) = key(&server, &olga, json!({ "name": "One" })).await;
        let (by_admin, two) = key(&server, &olga, json!({ "name": "Two" })).await;
        for id in [&by_owner, &by_admin] {
            let path = format!("/api/account/api-keys/{id}");
            assert_eq!(said(&sam.delete(&path).await), "404 not_found");
            assert_eq!(said(&sam.patch(&path, json!({ "name": "mine" })).await), "404 not_found");
            assert_eq!(said(&sam.delete(&format!("/api/api-keys/{id}")).await), "403 forbidden");
        }
        let path = format!("/api/account/api-keys/{by_owner}");
        assert_eq!(olga.patch(&path, json!({ "name": "Renamed" })).await.json["name"], "Renamed");
        assert_eq!(olga.delete(&path).await.status, 204);
        assert_eq!(said(&olga.delete(&path).await), "409 ended");
        assert_eq!(server.admin.delete(&format!("/api/api-keys/{by_admin}")).await.status, 204);
        // Whoever revoked it themselves needs no letter.
        assert_eq!(mails(&server, "olga@example.com").await, ["api-key-ended", "api-key-made", "api-key-made"]);
        for program in [&one, &two] {
            assert_eq!(said(&program.get("/me").await), "401 wrong_api_key");
            assert_eq!(said(&program.get("/me").await), "401 wrong_api_key");
        }
        let listed = own(&olga).await;
        let ended: Vec<_> = listed.iter().map(|key| (&key["name"], &key["status"], &key["because"])).collect();
        let (two, renamed, revoked) = (json!("Two"), json!("Renamed"), json!("revoked"));
        assert!(ended.contains(&(&two, &revoked, &json!("admin"))), "{listed:?}");
        assert!(ended.contains(&(&renamed, &revoked, &json!("owner"))), "{listed:?}");
        // Each is written down once, however often it knocks.
        let used: Vec<_> = events(&server).await.into_iter().filter(|event| event["action"] == "api-key.use").collect();
        assert_eq!(used.len(), 2);
        assert_eq!(used[0]["because"], "the key was revoked by its owner");
    }

    async fn a_person_has_only_so_many_keys(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let mut last = String::new();
        for number in 0..25 {
            last = key(&server, &olga, json!({ "name": format!("{number}") })).await.0;
        }
        let one_more = olga.post("/api/account/api-keys", json!({ "name": "26" })).await;
        assert_eq!(said(&one_more), "409 too_many");
        assert_eq!(olga.delete(&format!("/api/account/api-keys/{last}")).await.status, 204);
        key(&server, &olga, json!({ "name": "26" })).await;
        for (wish, field) in [
            (json!({ "name": " " }), "/name"),
            (json!({ "name": "x".repeat(65) }), "/name"),
            (json!({ "name": "a\nb" }), "/name"),
            (json!({ "name": "x", "expiresInDays": 0 }), "/expiresInDays"),
            (json!({ "name": "x", "expiresInDays": 3651 }), "/expiresInDays"),
            (json!({ "name": "x", "idleDays": -1 }), "/idleDays"),
        ] {
            let answer = olga.post("/api/account/api-keys", wish).await;
            assert_eq!(answer.json["errors"][0]["path"], field, "{answer}");
        }
    }

    async fn an_admin_sees_every_key_of_the_team_and_finds_one_by_its_value(server: Server) {
        let (olga, sam) = (server.person("Olga", "developer").await, server.person("Sam", "developer").await);
        let (one, _) = key(&server, &olga, json!({ "name": "One" })).await;
        let (two, program) = key(&server, &sam, json!({ "name": "Two" })).await;
        sam.delete(&format!("/api/account/api-keys/{two}")).await;
        let ids = async |query: &str| -> Vec<String> {
            let answer = server.admin.get(&format!("/api/api-keys{query}")).await;
            let items = answer.json["items"].as_array().unwrap().clone();
            let mut ids: Vec<_> = items.iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect();
            ids.sort();
            ids
        };
        let mut both = vec![one.clone(), two.clone()];
        both.sort();
        assert_eq!(ids("").await, both);
        assert_eq!(ids("?active=true").await, std::slice::from_ref(&one));
        assert_eq!(ids("?active=false").await, std::slice::from_ref(&two));
        assert_eq!(ids(&format!("?person={}", olga.person)).await, [one]);
        let page = server.admin.get("/api/api-keys?limit=1").await;
        let next = page.json["next"].as_str().unwrap();
        assert_eq!(ids(&format!("?after={next}")).await, [both[0].clone()]);

        let value = program.key.clone().unwrap();
        let found = server.admin.post("/api/api-keys/find", json!({ "key": format!(" {value}\n") })).await;
        assert_eq!((&found.json["id"], &found.json["owner"]["name"]), (&json!(two), &json!("Sam")), "{found}");
        assert!(!found.to_string().contains(&value));
        assert_eq!(said(&server.admin.post("/api/api-keys/find", json!({ "key": WRONG })).await), "404 not_found");
    }

    async fn a_team_may_let_only_its_admins_make_keys(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let (_, before) = key(&server, &olga, json!({ "name": "Before" })).await;
        let policy = json!({ "version": 0, "everybody": false, "ageDays": null, "idleDays": null });
        let said_now = server.admin.put("/api/api-keys/policy", policy.clone()).await;
        assert_eq!(said_now.json["version"], 1, "{said_now}");
        assert_eq!(said(&server.admin.put("/api/api-keys/policy", policy).await), "409 stale");
        let refused = olga.post("/api/account/api-keys", json!({ "name": "After" })).await;
        let expected = "403 forbidden: you may not do this: your team lets only its Admins make API keys";
        assert_eq!(refused.to_string(), expected);
        assert_eq!(olga.get("/api/account/api-keys").await.json["mayCreate"], false);
        key(&server, &server.admin, json!({ "name": "Of an Admin" })).await;
        // The keys that there are go on working.
        assert_eq!(before.get("/me").await.status, 200);
    }

    async fn who_shows_wrong_keys_is_slowed_down_and_a_right_key_is_taken(server: Server) {
        let (_, program) = key(&server, &server.admin, json!({ "name": "Pipeline" })).await;
        let mut stranger = server.anonymous();
        stranger.key = Some(WRONG.to_owned());
        let mut answers = Vec::new();
        for _ in 0..70 {
            answers.push(stranger.get("/me").await);
        }
        assert_eq!(said(&answers[0]), "401 wrong_api_key");
        let slowed: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
        assert!(!slowed.is_empty() && slowed.len() <= 10, "{}", slowed.len());
        assert_eq!(slowed[0].headers["retry-after"], "5");
        assert_eq!(program.get("/me").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_its_time_is_over_or_when_nobody_uses_it() {
    for (server, clock) in with_clock().await {
        let (_, fixed) = key(&server, &server.admin, json!({ "name": "Fixed", "expiresInDays": 30 })).await;
        let (_, idle) = key(&server, &server.admin, json!({ "name": "Idle", "idleDays": 20 })).await;
        let (_, unused) = key(&server, &server.admin, json!({ "name": "Unused", "idleDays": 20 })).await;
        move_on(&clock, 15);
        // The session is over by now; the keys are not.
        assert_eq!(said(&server.admin.get("/api/session").await), "401 signed_out");
        assert_eq!(fixed.get("/me").await.status, 200);
        assert_eq!(idle.get("/me").await.status, 200);
        noted(&server, 2).await;
        move_on(&clock, 25);
        assert_eq!(fixed.get("/me").await.status, 200);
        assert_eq!(idle.get("/me").await.status, 200);
        assert_eq!(said(&unused.get("/me").await), "401 wrong_api_key");
        move_on(&clock, 31);
        assert_eq!(said(&fixed.get("/me").await), "401 wrong_api_key");
        assert_eq!(idle.get("/me").await.status, 200);

        let mut admin = server.anonymous();
        let credentials = json!({ "email": "ada@example.com", "password": crate::harness::PASSWORD });
        let answer = admin.post("/api/session", credentials).await;
        admin.keep_cookie(&answer);
        let listed = own(&admin).await;
        let ended: Vec<_> = listed.iter().map(|key| format!("{} {}", key["name"], key["because"])).collect();
        for expected in [r#""Fixed" "age""#, r#""Unused" "inactivity""#, r#""Idle" null"#] {
            assert!(ended.contains(&expected.to_owned()), "{ended:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_team_ends_stays_ended_whatever_it_says_later() {
    for (server, clock) in with_clock().await {
        let olga = server.person("Olga", "developer").await;
        let (_, old) = key(&server, &olga, json!({ "name": "Old" })).await;
        move_on(&clock, 2);
        let (_, new) = key(&server, &server.admin, json!({ "name": "New", "idleDays": 365 })).await;
        let policy =
            |version, age, idle| json!({ "version": version, "everybody": true, "ageDays": age, "idleDays": idle });
        let answer = server.admin.put("/api/api-keys/policy", policy(0, Some(365), Some(1))).await;
        assert_eq!(answer.json["idleDays"], 1, "{answer}");
        assert_eq!(mails(&server, "olga@example.com").await, ["api-key-ended", "api-key-made"]);
        assert_eq!(said(&old.get("/me").await), "401 wrong_api_key");
        assert_eq!(new.get("/me").await.status, 200);
        let listed = own(&server.admin).await;
        // The owner said a year, and the team's day is stricter.
        let new_key = listed.iter().find(|key| key["name"] == "New").unwrap();
        assert_eq!(new_key["idleDays"], 1);
        let answer = server.admin.put("/api/api-keys/policy", policy(1, None::<i64>, None)).await;
        assert_eq!(answer.json["idleDays"], Value::Null, "{answer}");
        assert_eq!(said(&old.get("/me").await), "401 wrong_api_key");
        assert_eq!(new.get("/me").await.status, 200);
        let answer = server.admin.put("/api/api-keys/policy", policy(2, Some(0), None)).await;
        assert_eq!(answer.json["errors"][0]["path"], "/ageDays", "{answer}");
        let said: Vec<_> =
            events(&server).await.into_iter().filter(|e| e["action"] == "team.api-key.policy.update").collect();
        assert_eq!(said[0]["changes"]["ended"]["after"]["number"], 1, "{said:?}");
    }
}

/// The mails to this address, by their kinds, the newest first.
async fn mails(server: &Server, to: &str) -> Vec<String> {
    let outbox = server.admin.get("/api/outbox").await;
    let mails = outbox.json["items"].as_array().unwrap_or_else(|| panic!("{outbox}")).clone();
    let of = mails.iter().filter(|mail| mail["to"] == *to);
    of.map(|mail| mail["kind"].as_str().unwrap().to_owned()).collect()
}

/// Waits until the last use of so many keys is written: it is, beside the answer.
async fn noted(server: &Server, keys: usize) {
    let database = server.database().await;
    loop {
        let rows = sql!("select id from api_key where used_at is not null").all(database.read()).await.unwrap();
        if rows.len() >= keys {
            return;
        }
        tokio::task::yield_now().await;
    }
}

on_both_databases! {
    async fn an_admin_revokes_many_keys_at_once_each_with_an_event_and_a_mail(server: Server) {
        let (dora, olga) = (server.person("Dora", "developer").await, server.person("Olga", "developer").await);
        let made = async |person: &Client, name: &str| {
            let answer = person.post("/api/account/api-keys", json!({ "name": name })).await;
            assert_eq!(answer.status, 201, "{answer}");
            let listed = person.get("/api/account/api-keys").await.json["items"].as_array().unwrap().clone();
            let id = listed.iter().find(|key| key["name"] == name).unwrap()["id"].as_str().unwrap().to_owned();
            (id, answer.json["value"].as_str().unwrap().to_owned())
        };
        let (first, value) = made(&dora, "One").await;
        let (second, _) = made(&dora, "Two").await;
        let (third, _) = made(&olga, "Three").await;
        let (fourth, _) = made(&olga, "Four").await;
        let revoke = async |body: serde_json::Value| server.admin.post("/api/api-keys/revocations", body).await;
        let told = |answer: &Answer| -> Vec<String> {
            let items = answer.json["items"].as_array().unwrap_or_else(|| panic!("{answer}")).iter();
            items.map(|item| format!("{} {}", item["id"].as_str().unwrap(), item["done"])).collect()
        };
        for wrong in [json!({}), json!({ "keys": [] }), json!({ "keys": [first], "olderThanDays": 3 }), json!({ "unusedDays": -1 }),
                      json!({ "keys": vec![first.clone(); 201] })] {
            assert_eq!(revoke(wrong.clone()).await.status, 422, "{wrong}");
        }
        assert_eq!(dora.post("/api/api-keys/revocations", json!({ "keys": [third] })).await.status, 403);

        // Those that are named: what is refused for one says nothing of the others.
        let named = revoke(json!({ "keys": [first, "0".repeat(24)] })).await;
        assert_eq!(told(&named), [format!("{first} true"), format!("{} false", "0".repeat(24))]);
        let mut program = server.anonymous();
        program.key = Some(value);
        assert_eq!(program.get("/api/workspaces").await.status, 401);
        let again = revoke(json!({ "keys": [first] })).await;
        assert_eq!(told(&again), [format!("{first} false")]);

        // All that fit.
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        let day = 24 * 60 * 60 * 1000;
        let now = bulla_server::moment::now();
        for (id, age, used) in [(&second, 40, None), (&third, 40, Some(2)), (&fourth, 3, None)] {
            sql!("update api_key set created_at = $1, used_at = $2 where id = $3")
                .bind(now - age * day)
                .bind(used.map(|days: i64| now - days * day))
                .bind(id)
                .execute(&mut transaction)
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();
        database.close().await;
        let fitting = revoke(json!({ "unusedDays": 30 })).await;
        assert_eq!((told(&fitting), &fitting.json["more"]), (vec![format!("{second} true")], &json!(false)));
        let fitting = revoke(json!({ "olderThanDays": 30, "person": olga.person })).await;
        assert_eq!(told(&fitting), [format!("{third} true")]);
        let fitting = revoke(json!({ "person": olga.person })).await;
        assert_eq!(told(&fitting), [format!("{fourth} true")], "what has ended is not among them");
        assert_eq!(told(&revoke(json!({ "person": olga.person })).await), [] as [String; 0]);

        let events = server.admin.get("/api/audit/events?limit=1000").await.json;
        let done = events["items"].as_array().unwrap().iter()
            .filter(|event| event["action"] == "team.api-key.revoke" && event["outcome"] == "done").count();
        assert_eq!(done, 4);
        let outbox = server.admin.get("/api/outbox").await.json;
        let mails = outbox["items"].as_array().unwrap().iter().filter(|mail| mail["kind"] == "api-key-ended").count();
        assert_eq!(mails, 4, "{outbox}");
        // It is sensitive: it asks who it is.
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        sql!("update session set confirmed_at = 1").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        database.close().await;
        assert_eq!(revoke(json!({ "unusedDays": 30 })).await.json["code"], "confirm_first");
    }
}
