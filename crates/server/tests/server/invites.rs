//! How people come into a team: invites by mail, links, and suggestions.

use std::time::{Duration, Instant};

use crate::harness::{Answer, Client, PASSWORD, Server};
use bulla_db::sql;
use futures::future::join_all;
use serde_json::{Value, json};

fn said(answer: &Answer) -> String {
    match answer.json["code"].as_str() {
        Some(code) => format!("{} {code}", answer.status.as_u16()),
        None => answer.status.as_u16().to_string(),
    }
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.json["items"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

/// What became of each address.
async fn invite(client: &Client, emails: &[&str], roles: &[&str]) -> Vec<String> {
    let answer = client.post("/api/invites", json!({ "emails": emails, "roles": roles })).await;
    if answer.status != 200 {
        return vec![answer.to_string()];
    }
    items(&answer).iter().map(|item| item["outcome"].as_str().unwrap().to_owned()).collect()
}

/// The mails of this kind to this address, the newest first, once there are so many.
async fn mails(server: &Server, kind: &str, to: &str, count: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let answer = server.admin.get("/api/outbox").await;
        let found: Vec<_> =
            items(&answer).into_iter().filter(|mail| mail["kind"] == kind && mail["to"] == to).collect();
        if found.len() >= count {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{answer}");
        tokio::task::yield_now().await;
    }
}

/// What the newest invite to this address holds behind the `#`, once there are so many.
async fn secret(server: &Server, to: &str, count: usize) -> String {
    let mail = mails(server, "invite", to, count).await.remove(0);
    let opened = server.admin.post(&format!("/api/outbox/{}/open", mail["id"].as_str().unwrap()), Value::Null).await;
    let link = opened.json["link"].as_str().unwrap().to_owned();
    let (page, secret) = link.split_once('#').unwrap();
    assert_eq!(page, format!("{}/invite", server.url));
    secret.to_owned()
}

async fn open(client: &Client, secret: &str) -> Answer {
    client.post("/api/invitations/open", json!({ "secret": secret })).await
}

async fn accept(client: &Client, secret: &str, name: &str) -> Answer {
    client.post("/api/invitations/accept", json!({ "secret": secret, "name": name, "password": PASSWORD })).await
}

async fn ask(client: &Client, secret: &str, email: &str) -> Answer {
    client.post("/api/invitations/ask", json!({ "secret": secret, "email": email })).await
}

async fn first_invite(server: &Server) -> Value {
    items(&server.admin.get("/api/invites?all=true").await).remove(0)
}

/// A new link; its id and its secret.
async fn link(client: &Client, body: Value) -> (String, String) {
    let made = client.post("/api/invite-links", body).await;
    assert_eq!(made.status, 201, "{made}");
    let secret = made.json["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    (made.json["link"]["id"].as_str().unwrap().to_owned(), secret)
}

async fn written(server: &Server, statement: bulla_db::Query) {
    let database = server.database().await;
    let mut transaction = database.begin().await.unwrap();
    statement.execute(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await;
}

on_both_databases! {
    async fn an_invite_by_mail_makes_an_account_once(server: Server) {
        let group = server.group().await;
        let workspace = server.admin.workspace("Payments", "private").await;
        let body = json!({
            "emails": ["Bo@example.com", "nobody", "ada@example.com", "bo@EXAMPLE.com"], "roles": ["developer", "billing"],
            "groups": [group], "workspace": { "id": workspace, "role": "editor" }
        });
        let answer = server.admin.post("/api/invites", body).await;
        let told: Vec<_> = items(&answer).iter().map(|item| item["outcome"].as_str().unwrap().to_owned()).collect();
        assert_eq!(told, ["invited", "refused", "member", "waiting"], "{answer}");
        assert!(items(&answer)[1]["problem"].as_str().unwrap().contains("an email address is needed"));

        let nobody = server.anonymous();
        let link = secret(&server, "Bo@example.com", 1).await;
        assert!(link.len() >= 43, "256 random bits");
        let opened = open(&nobody, &link).await;
        let told = (&opened.json["team"], &opened.json["email"], &opened.json["invitedBy"], &opened.json["hasAccount"]);
        assert_eq!(told, (&json!("Analytical"), &json!("Bo@example.com"), &json!("Ada"), &json!(false)), "{opened}");
        // A password that is easy to guess does not use it up.
        let weak = json!({ "secret": link, "name": "Bo", "password": "bo@example.com" });
        assert_eq!(said(&nobody.post("/api/invitations/accept", weak).await), "422 invalid");
        let mut bo = server.anonymous();
        let answer = accept(&bo, &link, "Bo Lund").await;
        assert_eq!((answer.status.as_u16(), &answer.json["person"]["name"]), (201, &json!("Bo Lund")), "{answer}");
        bo.keep_cookie(&answer);
        let people = items(&server.admin.get("/api/people").await);
        let roles = people.iter().find(|person| person["email"] == "Bo@example.com").unwrap()["roles"].clone();
        assert_eq!(roles, json!(["developer", "billing"]));
        assert_eq!(bo.get(&format!("/api/workspaces/{workspace}")).await.json["role"], "editor");
        assert_eq!(server.admin.get(&format!("/api/groups/{group}")).await.json["people"], 1);

        // Used, and the same as what never was.
        let mut answers = Vec::new();
        for secret in [link.as_str(), "never was", ""] {
            let (opened, accepted) = (open(&nobody, secret).await, accept(&nobody, secret, "Eve").await);
            answers.push([opened.json["detail"].clone(), accepted.json["detail"].clone()]);
            assert_eq!((said(&opened).as_str(), said(&accepted).as_str()), ("409 invite_is_over", "409 invite_is_over"));
        }
        assert!(answers.iter().flatten().all(|detail| *detail == answers[0][0]), "{answers:?}");
        let events = server.admin.get("/api/audit/events?limit=1000").await;
        let text = events.json.to_string();
        assert!(text.contains("invite.create") && text.contains("invite.accept"));
        assert!(!text.contains(&link), "no event holds a secret");
        assert_eq!(first_invite(&server).await["state"], "accepted");
    }

    async fn of_acceptances_at_once_one_comes_in(server: Server) {
        invite(&server.admin, &["bo@example.com"], &["developer"]).await;
        let link = secret(&server, "bo@example.com", 1).await;
        let clients: Vec<_> = (0..4).map(|_| server.anonymous()).collect();
        let answers = join_all(clients.iter().map(|client| accept(client, &link, "Bo"))).await;
        let done = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(done, 1, "{:?}", answers.iter().map(said).collect::<Vec<_>>());
        assert_eq!(items(&server.admin.get("/api/people").await).len(), 2);
    }

    async fn an_invite_that_was_revoked_sent_again_or_has_expired_is_over(server: Server) {
        let nobody = server.anonymous();
        let emails = ["a@example.com", "b@example.com", "c@example.com"];
        assert_eq!(invite(&server.admin, &emails, &["developer"]).await, ["invited", "invited", "invited"]);
        let mut secrets = Vec::new();
        for email in emails {
            secrets.push(secret(&server, email, 1).await);
        }
        let listed = items(&server.admin.get("/api/invites").await);
        let id = |email: &str| {
            listed.iter().find(|invite| invite["email"] == email).unwrap()["id"].as_str().unwrap().to_owned()
        };
        assert_eq!(said(&server.admin.delete(&format!("/api/invites/{}", id("a@example.com"))).await), "204");
        assert_eq!(said(&server.admin.post(&format!("/api/invites/{}/resend", id("b@example.com")), Value::Null).await), "200");
        written(&server, sql!("update invite set expires_at = 1 where id = $1").bind(id("c@example.com"))).await;
        for old in &secrets {
            assert_eq!(said(&accept(&nobody, old, "A").await), "409 invite_is_over");
        }
        let again = server.admin.delete(&format!("/api/invites/{}", id("a@example.com"))).await;
        assert_eq!(said(&again), "409 invite_closed");
        // What was sent again holds, and whoever's invite expired can be invited anew.
        assert_eq!(accept(&nobody, &secret(&server, "b@example.com", 2).await, "B").await.status, 201);
        assert_eq!(invite(&server.admin, &["c@example.com", "a@example.com"], &["developer"]).await, ["invited", "invited"]);
        assert_eq!(accept(&nobody, &secret(&server, "c@example.com", 2).await, "C").await.status, 201);
    }

    async fn nobody_invites_into_a_role_that_they_may_not_give(server: Server) {
        let (adam, bill) = (server.person("Adam", "admin").await, server.person("Bill", "billing").await);
        let super_only = "403 forbidden: you may not do this: only a Super Admin gives or takes the role Super Admin";
        assert_eq!(invite(&adam, &["x@example.com"], &["super-admin"]).await, [super_only]);
        let not_managed = "403 forbidden: you may not do this: you may not give or take the role Developer";
        assert_eq!(invite(&bill, &["x@example.com"], &["developer"]).await, [not_managed]);
        assert_eq!(invite(&bill, &["x@example.com"], &["billing"]).await, ["invited"]);
        assert_eq!(invite(&adam, &["y@example.com"], &["owner"]).await.len(), 1);
        assert!(items(&server.admin.get("/api/invites").await).iter().all(|invite| invite["email"] == "x@example.com"));

        // An invite holds as long as whoever sent it could send it.
        assert_eq!(invite(&adam, &["z@example.com"], &["admin"]).await, ["invited"]);
        let link = secret(&server, "z@example.com", 1).await;
        let path = format!("/api/people/{}/roles", adam.person);
        server.admin.put(&path, json!({ "roles": ["developer"] })).await;
        assert_eq!(said(&accept(&server.anonymous(), &link, "Zoe").await), "409 invite_is_over");
        assert_eq!(items(&server.admin.get("/api/people").await).len(), 3);

        // A workspace of others is not given away.
        let hidden = bill.get("/api/workspaces").await.json["items"][0]["id"].clone();
        let body = json!({ "emails": ["q@example.com"], "roles": ["developer"], "workspace": { "id": hidden, "role": "viewer" } });
        let dora = server.person("Dora", "developer").await;
        assert_eq!(said(&dora.post("/api/invites", body).await), "404 not_found");
    }

    async fn a_developer_suggests_and_an_admin_decides(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let body = json!({ "emails": ["bo@example.com", "eve@example.com"], "roles": ["developer"], "note": "he knows Rust" });
        let answer = dora.post("/api/invites", body).await;
        assert!(items(&answer).iter().all(|item| item["outcome"] == "suggested"), "{answer}");
        assert_eq!(invite(&dora, &["bo@example.com"], &["developer"]).await, ["waiting"]);
        assert_eq!(said(&dora.get("/api/invites").await), "403 forbidden");
        assert_eq!(items(&dora.get("/api/suggestions").await).len(), 2);
        // Those who decide are told, and nobody else.
        assert_eq!(mails(&server, "person-suggested", "ada@example.com", 2).await.len(), 2);
        let told = server.admin.get("/api/notifications").await.json;
        let subjects: Vec<_> = told["items"].as_array().unwrap().iter().map(|item| item["subject"].as_str().unwrap()).collect();
        assert!(subjects.contains(&"Dora suggests bo@example.com for the team"), "{subjects:?}");
        assert_eq!(dora.get("/api/notifications").await.json["items"], json!([]));
        let mia = server.person("Mia", "community-manager").await;
        assert_eq!(items(&mia.get("/api/suggestions").await).len(), 0, "the suggestions of others");

        let listed = items(&server.admin.get("/api/suggestions").await);
        let of = |email: &str| listed.iter().find(|one| one["email"] == email).unwrap()["id"].as_str().unwrap().to_owned();
        assert!(listed.iter().all(|one| one["note"] == "he knows Rust" && one["suggestedBy"] == "Dora"));
        let path = |email: &str, verdict: &str| format!("/api/suggestions/{}/{verdict}", of(email));
        assert_eq!(said(&dora.post(&path("bo@example.com", "approve"), json!({})).await), "403 forbidden");
        assert_eq!(said(&server.admin.post(&path("bo@example.com", "approve"), json!({})).await), "200");
        let refusal = json!({ "reason": "not now" });
        assert_eq!(said(&server.admin.post(&path("eve@example.com", "refuse"), refusal).await), "204");
        assert_eq!(said(&server.admin.post(&path("eve@example.com", "approve"), json!({})).await), "409 decided_already");
        mails(&server, "suggestion-approved", "dora@example.com", 1).await;
        mails(&server, "suggestion-refused", "dora@example.com", 1).await;
        assert_eq!(accept(&server.anonymous(), &secret(&server, "bo@example.com", 1).await, "Bo").await.status, 201);

        // The team may let its Developers invite Developers, and nobody else.
        assert_eq!(said(&dora.put("/api/invites/policy", json!({ "developersInvite": true })).await), "403 forbidden");
        assert_eq!(said(&server.admin.put("/api/invites/policy", json!({ "developersInvite": true })).await), "200");
        assert_eq!(invite(&dora, &["fay@example.com"], &["developer"]).await, ["invited"]);
        assert_eq!(invite(&dora, &["gus@example.com"], &["developer", "admin"]).await, ["suggested"]);
        server.plan("professional").await;
        assert_eq!(dora.get("/api/invites/policy").await.json["developersInvite"], true);
    }

    async fn under_a_smaller_plan_developers_invite_developers(server: Server) {
        let dora = server.person("Dora", "developer").await;
        server.plan("professional").await;
        assert_eq!(invite(&dora, &["bo@example.com"], &["developer"]).await, ["invited"]);
        assert_eq!(invite(&dora, &["eve@example.com"], &["billing"]).await, ["suggested"]);
    }

    async fn a_link_sends_an_invite_to_the_address_that_somebody_names(server: Server) {
        let nobody = server.anonymous();
        let (id, link) = link(&server.admin, json!({ "maxUses": 2 })).await;
        assert_eq!(open(&nobody, &link).await.json["roles"], json!(["developer"]));
        assert!(!server.admin.get("/api/invite-links").await.to_string().contains(&link), "shown once");
        // By itself it lets nobody in.
        assert_eq!(said(&accept(&nobody, &link, "Eve").await), "409 invite_is_over");
        for email in ["a@example.com", "b@example.com", "c@example.com", "ada@example.com"] {
            assert_eq!(said(&ask(&nobody, &link, email).await), "202", "the same for whoever is in the team");
        }
        mails(&server, "member-already", "ada@example.com", 1).await;
        assert_eq!(accept(&nobody, &secret(&server, "a@example.com", 1).await, "A").await.status, 201);
        assert_eq!(accept(&nobody, &secret(&server, "b@example.com", 1).await, "B").await.status, 201);
        assert_eq!(said(&accept(&nobody, &secret(&server, "c@example.com", 1).await, "C").await), "409 invite_is_over");
        assert_eq!(said(&ask(&nobody, &link, "d@example.com").await), "409 invite_is_over");
        let listed = items(&server.admin.get("/api/invite-links").await);
        assert_eq!((&listed[0]["id"], &listed[0]["uses"]), (&json!(id), &json!(2)));

        let admins = server.admin.post("/api/invite-links", json!({ "roles": ["admin"] })).await;
        assert_eq!(said(&admins), "422 invalid");
    }

    async fn a_deleted_link_is_dead_at_once_with_what_was_asked_for_by_it(server: Server) {
        let nobody = server.anonymous();
        let (id, link) = link(&server.admin, json!({})).await;
        ask(&nobody, &link, "a@example.com").await;
        let asked = secret(&server, "a@example.com", 1).await;
        assert_eq!(said(&server.admin.delete(&format!("/api/invite-links/{id}")).await), "204");
        assert_eq!(said(&open(&nobody, &link).await), "409 invite_is_over");
        assert_eq!(said(&ask(&nobody, &link, "b@example.com").await), "409 invite_is_over");
        assert_eq!(said(&accept(&nobody, &asked, "A").await), "409 invite_is_over");

        // So are the links of an Admin who goes.
        let adam = server.person("Adam", "admin").await;
        let (_, theirs) = self::link(&adam, json!({})).await;
        assert_eq!(said(&open(&nobody, &theirs).await), "200");
        let ada = server.admin.person.clone();
        let path = format!("/api/people/{}/removal", adam.person);
        assert_eq!(said(&server.admin.post(&path, json!({ "successor": ada })).await), "204");
        assert_eq!(said(&open(&nobody, &theirs).await), "409 invite_is_over");
    }

    async fn somebody_who_was_removed_comes_back_with_their_account(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let ada = server.admin.person.clone();
        server.admin.post(&format!("/api/people/{}/removal", dora.person), json!({ "successor": ada })).await;
        assert_eq!(invite(&server.admin, &["dora@example.com"], &["developer"]).await, ["invited"]);
        let link = secret(&server, "dora@example.com", 1).await;
        let nobody = server.anonymous();
        assert_eq!(open(&nobody, &link).await.json["hasAccount"], true);
        // Whoever got the mail must know the password of the account as well.
        let wrong = json!({ "secret": link, "name": "Eve", "password": "another one of four words" });
        let answer = nobody.post("/api/invitations/accept", wrong).await;
        assert_eq!(answer.to_string(), "422 invalid: /password: this is not the password of the account that you have");
        // Who forgot it gets a link for another.
        nobody.post("/api/password-resets", json!({ "email": "dora@example.com" })).await;
        mails(&server, "password-reset", "dora@example.com", 1).await;
        assert_eq!(said(&accept(&nobody, &link, "").await), "204");
        let mut back = server.anonymous();
        let answer = back.post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
        assert_eq!((answer.status.as_u16(), &answer.json["person"]["id"]), (200, &json!(dora.person)));
        back.keep_cookie(&answer);
        let own = items(&back.get("/api/workspaces").await);
        assert_eq!((own.len(), &own[0]["kind"]), (1, &json!("personal")), "a personal workspace of their own");
    }

    async fn secrets_are_not_guessed_and_mails_are_not_asked_for_without_end(server: Server) {
        let nobody = server.anonymous();
        let (_, link) = link(&server.admin, json!({})).await;
        let mut last = String::new();
        for _ in 0..14 {
            last = said(&ask(&nobody, &link, "flooded@example.com").await);
        }
        assert_eq!(last, "429 too_many_attempts");
        assert_eq!(mails(&server, "invite", "flooded@example.com", 1).await.len(), 1);
        for _ in 0..11 {
            last = said(&open(&nobody, "a guess").await);
        }
        assert_eq!(last, "429 too_many_attempts");
        assert_eq!(said(&open(&nobody, &link).await), "429 too_many_attempts", "whatever is shown");
    }
}
