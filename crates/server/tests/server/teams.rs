//! Several teams for one person: making one, coming into a second, going from one to the other, and leaving one of them.

use crate::harness::{Answer, Client, PASSWORD, Server};
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

/// Makes a team, and has the session of `client` go there; the id of the team.
async fn found(client: &mut Client, name: &str) -> String {
    let made = client.post("/api/teams", json!({ "name": name })).await;
    assert_eq!(said(&made), "201", "{made}");
    let team = made.id();
    go(client, &team).await;
    team
}

async fn go(client: &mut Client, team: &str) {
    let there = client.post(&format!("/api/teams/{team}/switch"), Value::Null).await;
    assert_eq!(said(&there), "200", "{there}");
    assert_eq!(there.json["team"]["id"], team);
    client.keep_cookie(&there);
}

async fn sign_in(server: &Server, email: &str) -> (Client, Answer) {
    let mut client = server.anonymous();
    let answer = client.post("/api/session", json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(said(&answer), "200", "{answer}");
    client.keep_cookie(&answer);
    (client, answer)
}

/// Invites somebody into the team that `admin` acts in, and returns the secret of the mail.
async fn invited(admin: &Client, email: &str, role: &str) -> String {
    let sent = admin.post("/api/invites", json!({ "emails": [email], "roles": [role] })).await;
    assert_eq!(sent.json["items"][0]["outcome"], "invited", "{sent}");
    let outbox = admin.get("/api/outbox").await;
    let mail = items(&outbox).into_iter().find(|mail| mail["kind"] == "invite" && mail["to"] == email).unwrap();
    let opened = admin.post(&format!("/api/outbox/{}/open", mail["id"].as_str().unwrap()), Value::Null).await;
    opened.json["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

/// Has somebody who is signed in join the team of `admin`; their session goes on there.
async fn join(client: &mut Client, admin: &Client, email: &str, role: &str) {
    let secret = invited(admin, email, role).await;
    let joined = client.post("/api/invitations/accept", json!({ "secret": secret })).await;
    assert_eq!(said(&joined), "200", "{joined}");
    client.keep_cookie(&joined);
}

/// What was done, by the log of the team that `client` acts in.
async fn actions(client: &Client) -> Vec<String> {
    let events = items(&client.get("/api/audit/events?limit=1000").await);
    let done = events.iter().filter(|event| event["outcome"] == "done");
    done.map(|event| event["action"].as_str().unwrap().to_owned()).collect()
}

/// Lets everybody who is at least a Developer make teams.
async fn developers_make_teams(server: &Server) {
    let answer = server.admin.put("/api/teams/policy", json!({ "developersCreate": true })).await;
    assert_eq!(said(&answer), "200", "{answer}");
}

on_both_databases! {
    /// ASVS 7.2.4, 8.4.1.
    async fn a_session_acts_in_one_team_and_nothing_of_another_is_there(server: Server) {
        developers_make_teams(&server).await;
        let mut dora = server.person("Dora", "developer").await;
        let first = server.team().await;
        let workspace = dora.workspace("Payments", "team").await;
        let collection = dora.collection(&workspace, "Pay").await;
        let environment = dora.environment(&workspace, "Staging", json!([])).await;
        let key = dora.post("/api/account/api-keys", json!({ "name": "Pipeline" })).await;
        let mut program = server.anonymous();
        program.key = key.json["value"].as_str().map(str::to_owned);
        let key = key.json["apiKey"]["id"].as_str().unwrap_or_else(|| panic!("{key}")).to_owned();

        let before = dora.clone();
        let second = found(&mut dora, "Skunkworks").await;
        assert_eq!(said(&before.get("/api/session").await), "401 signed_out", "the token before is over");
        let session = dora.get("/api/session").await.json;
        assert_eq!((&session["team"]["name"], &session["team"]["role"]), (&json!("Skunkworks"), &json!("super-admin")));
        let teams = dora.get("/api/teams").await.json;
        let told: Vec<_> = teams["items"].as_array().unwrap().iter()
            .map(|team| format!("{} {} {} {}", team["name"], team["role"], team["plan"], team["current"])).collect();
        assert_eq!(told, [
            r#""Analytical" "developer" "enterprise" false"#,
            r#""Skunkworks" "super-admin" "enterprise" true"#,
        ]);
        assert_eq!((&teams["mayCreate"], &teams["most"]), (&json!(true), &json!(10)));

        // What is in the first team answers like what never was.
        for path in [
            format!("/api/workspaces/{workspace}"),
            format!("/api/workspaces/{workspace}/collections"),
            format!("/api/workspaces/{workspace}/history"),
            format!("/api/collections/{collection}"),
            format!("/api/environments/{environment}"),
            format!("/api/people/{}/removal", server.admin.person),
        ] {
            assert_eq!(said(&dora.get(&path).await), "404 not_found", "{path}");
        }
        for (path, body) in [
            (format!("/api/workspaces/{workspace}"), json!({ "version": 1, "name": "x" })),
            (format!("/api/collections/{collection}"), json!({ "version": 1, "name": "x" })),
            (format!("/api/account/api-keys/{key}"), json!({ "name": "x" })),
        ] {
            assert_eq!(said(&dora.patch(&path, body).await), "404 not_found", "{path}");
        }
        for path in ["/api/workspaces", "/api/account/api-keys", "/api/notifications", "/api/access-requests", "/api/trash"] {
            let listed = dora.get(path).await.to_string();
            assert!(!listed.contains(&workspace) && !listed.contains(&key), "{path}: {listed}");
        }
        assert_eq!(items(&dora.get("/api/people").await).len(), 1);
        // A key acts in its own team, and tells nothing of the others.
        assert_eq!(items(&program.get("/api/workspaces").await).iter().filter(|item| item["id"] == workspace).count(), 1);
        assert_eq!(said(&program.get("/api/teams").await), "403 forbidden");
        assert_eq!(said(&program.post(&format!("/api/teams/{second}/switch"), Value::Null).await), "403 forbidden");

        // Both logs have it.
        assert_eq!(actions(&dora).await.iter().filter(|action| *action == "team.add").count(), 1);
        assert_eq!(actions(&dora).await.iter().filter(|action| *action == "team.switch").count(), 1);
        let firsts = actions(&server.admin).await;
        assert_eq!(firsts.iter().filter(|action| *action == "team.add").count(), 1);
        assert_eq!(firsts.iter().filter(|action| *action == "team.switch").count(), 1);

        go(&mut dora, &first).await;
        assert_eq!(said(&dora.get(&format!("/api/workspaces/{workspace}")).await), "200");
        for stranger in [uuid::Uuid::now_v7().to_string(), second.clone()] {
            let answer = server.admin.post(&format!("/api/teams/{stranger}/switch"), Value::Null).await;
            assert_eq!(said(&answer), "404 not_found", "{stranger}");
        }
        // The next sign-in leads where they were active last; the list of sessions is the person's.
        let (mut anew, answer) = sign_in(&server, "dora@example.com").await;
        assert_eq!(answer.json["team"]["name"], "Analytical");
        go(&mut anew, &second).await;
        let teams: Vec<_> = items(&dora.get("/api/sessions").await).iter().map(|item| item["team"].clone()).collect();
        assert_eq!(teams.len(), 2);
        assert!(teams.contains(&json!("Skunkworks")) && teams.contains(&json!("Analytical")), "{teams:?}");
    }

    async fn an_invite_takes_an_account_into_a_second_team_and_makes_no_second_one(server: Server) {
        developers_make_teams(&server).await;
        let mut founder = server.person("Flo", "developer").await;
        found(&mut founder, "Skunkworks").await;
        let mut dora = server.person("Dora", "developer").await;

        // Signed in as somebody else: the password of the account is asked for.
        let secret = invited(&founder, "dora@example.com", "billing").await;
        let opened = server.admin.post("/api/invitations/open", json!({ "secret": secret })).await;
        assert_eq!((&opened.json["hasAccount"], &opened.json["signedIn"]), (&json!(true), &json!(false)));
        let refused = server.admin.post("/api/invitations/accept", json!({ "secret": secret })).await;
        assert_eq!(said(&refused), "422 invalid");
        let wrong = json!({ "secret": secret, "name": "Eve", "password": "another one, long enough" });
        assert_eq!(said(&server.anonymous().post("/api/invitations/accept", wrong).await), "422 invalid");
        // Signed in as whom it is for: nothing more.
        let opened = dora.post("/api/invitations/open", json!({ "secret": secret })).await;
        assert_eq!((&opened.json["team"], &opened.json["signedIn"]), (&json!("Skunkworks"), &json!(true)));
        let before = dora.clone();
        let joined = dora.post("/api/invitations/accept", json!({ "secret": secret })).await;
        assert_eq!((said(&joined).as_str(), &joined.json["team"]["role"]), ("200", &json!("billing")));
        dora.keep_cookie(&joined);
        assert_eq!(said(&before.get("/api/session").await), "401 signed_out");
        // Both logs have it that her session went from one to the other.
        for client in [&founder, &server.admin] {
            let events = items(&client.get("/api/audit/events?action=team.switch").await);
            let hers: Vec<_> = events.iter().filter(|event| event["actor"]["id"] == json!(dora.person)).collect();
            assert_eq!(hers.len(), 1, "{events:?}");
            assert_ne!(hers[0]["changes"]["team"]["before"], hers[0]["changes"]["team"]["after"], "{hers:?}");
        }
        assert_eq!(dora.get("/api/session").await.json["person"]["id"], dora.person);
        assert_eq!(said(&dora.post("/api/invitations/accept", json!({ "secret": secret })).await), "409 invite_is_over");
        let again = founder.post("/api/invites", json!({ "emails": ["dora@example.com"], "roles": ["developer"] })).await;
        assert_ne!(again.json["items"][0]["outcome"], "invited", "{again}");
        // An Admin who would make an account for her is told to invite her.
        let body = json!({ "name": "Dora", "email": "DORA@example.com", "password": PASSWORD, "role": "developer" });
        assert_eq!(said(&founder.post("/api/people", body.clone()).await), "403 forbidden");
        assert_eq!(said(&server.admin.post("/api/people", body).await), "409 email_taken");

        // By password, without being signed in: the next sign-in leads there.
        let olga = server.person("Olga", "developer").await;
        let secret = invited(&founder, "olga@example.com", "developer").await;
        let body = json!({ "secret": secret, "password": PASSWORD });
        assert_eq!(said(&server.anonymous().post("/api/invitations/accept", body).await), "204");
        let (_, answer) = sign_in(&server, "olga@example.com").await;
        assert_eq!((&answer.json["person"]["id"], &answer.json["team"]["name"]), (&json!(olga.person), &json!("Skunkworks")));
        assert_eq!(said(&olga.get("/api/session").await), "200");
        let people = items(&server.admin.get("/api/people").await);
        assert_eq!(people.iter().filter(|person| person["email"] == "olga@example.com").count(), 1);
    }

    /// ASVS 6.3.3: what a team demands holds with the first request in it.
    async fn what_a_team_demands_holds_in_it_alone(server: Server) {
        developers_make_teams(&server).await;
        let mut dora = server.person("Dora", "developer").await;
        let first = server.team().await;
        let mut flo = server.person("Flo", "developer").await;
        let second = found(&mut flo, "Skunkworks").await;
        join(&mut dora, &flo, "dora@example.com", "developer").await;
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        bulla_db::sql!("update team set factor_demanded = 1 where id = $1").bind(&second).execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        database.close().await;
        assert_eq!(said(&dora.get("/api/workspaces").await), "403 factor_needed");
        assert_eq!(dora.get("/api/session").await.json["factorNeeded"], true);
        let listed = items(&dora.get("/api/teams").await);
        assert_eq!(listed.iter().filter(|team| team["secondFactorRequired"] == true).count(), 1);
        go(&mut dora, &first).await;
        assert_eq!(said(&dora.get("/api/workspaces").await), "200", "the other team demands nothing");
        let there = dora.post(&format!("/api/teams/{second}/switch"), Value::Null).await;
        assert_eq!(there.json["factorNeeded"], true, "{there}");
    }

    /// ASVS 7.4.2: and no further than the team.
    async fn a_removal_from_one_team_leaves_the_other_as_it_was(server: Server) {
        developers_make_teams(&server).await;
        let mut flo = server.person("Flo", "developer").await;
        found(&mut flo, "Skunkworks").await;
        let first = server.team().await;
        let home = server.person("Dora", "developer").await;
        let kept = home.post("/api/account/api-keys", json!({ "name": "Home" })).await;
        let (mut dora, _) = sign_in(&server, "dora@example.com").await;
        join(&mut dora, &flo, "dora@example.com", "developer").await;
        let made = dora.post("/api/account/api-keys", json!({ "name": "Away" })).await;
        let (mut at_home, mut away) = (server.anonymous(), server.anonymous());
        at_home.key = kept.json["value"].as_str().map(str::to_owned);
        away.key = made.json["value"].as_str().map(str::to_owned);

        let preview = flo.get(&format!("/api/people/{}/removal", home.person)).await;
        let successor = json!({ "successor": flo.person });
        assert_eq!((said(&preview).as_str(), &preview.json["apiKeys"]), ("200", &json!(1)));
        let removed = flo.post(&format!("/api/people/{}/removal", home.person), successor).await;
        assert_eq!(said(&removed), "204", "{removed}");
        assert_eq!(said(&dora.get("/api/session").await), "401 signed_out");
        assert_eq!(said(&away.get("/api/workspaces").await).split(' ').next(), Some("401"));
        assert_eq!(said(&home.get("/api/workspaces").await), "200");
        assert_eq!(said(&at_home.get("/api/workspaces").await), "200");
        let (mut anew, answer) = sign_in(&server, "dora@example.com").await;
        assert_eq!(answer.json["team"]["id"], first);

        // Leaving the team that made the account: the other one is what is left.
        join(&mut anew, &flo, "dora@example.com", "developer").await;
        go(&mut anew, &first).await;
        let left = anew.post("/api/account/leaving", json!({ "successor": server.admin.person })).await;
        assert_eq!(said(&left), "204", "{left}");
        let (last, answer) = sign_in(&server, "dora@example.com").await;
        assert_eq!(answer.json["team"]["name"], "Skunkworks");
        assert_eq!(items(&last.get("/api/teams").await).len(), 1);
        assert_eq!(said(&last.post("/api/account/leaving", json!({ "successor": flo.person })).await), "204");
        let nowhere = server.anonymous().post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
        assert_eq!(said(&nowhere), "401 wrong_credentials");
    }

    /// ASVS 6.4.6, 8.4.1: whoever brings somebody into a team of their own gets no hold of their account.
    async fn a_team_does_not_reach_an_account_that_another_one_keeps(server: Server) {
        developers_make_teams(&server).await;
        let mut dora = server.person("Dora", "developer").await;
        let begun = dora.post("/api/account/totp", Value::Null).await;
        let totp = totp_rs::Builder::new()
            .with_algorithm(totp_rs::Algorithm::SHA1)
            .with_secret(totp_rs::Secret::try_from_base32(begun.json["secret"].as_str().unwrap()).unwrap())
            .build()
            .unwrap();
        let code = totp.generate(u64::try_from(bulla_server::moment::now() / 1000).unwrap()).to_string();
        assert_eq!(said(&dora.post("/api/account/totp/confirm", json!({ "code": code })).await), "200");
        let mut flo = server.person("Flo", "developer").await;
        found(&mut flo, "Skunkworks").await;
        join(&mut dora, &flo, "dora@example.com", "developer").await;

        let path = format!("/api/people/{}/factors", dora.person);
        let refused = flo.delete(&path).await;
        assert_eq!(said(&refused), "403 forbidden");
        assert!(refused.to_string().contains("another team keeps the account"), "{refused}");
        // A link that would let its holder choose a password stands in the outbox of the team that keeps the account, although
        // she was active in the other one last.
        server.anonymous().post("/api/password-resets", json!({ "email": "dora@example.com" })).await;
        let begun = std::time::Instant::now();
        while !server.admin.get("/api/outbox").await.to_string().contains("password-reset") {
            assert!(begun.elapsed() < std::time::Duration::from_secs(60));
            tokio::task::yield_now().await;
        }
        assert!(!flo.get("/api/outbox").await.to_string().contains("password-reset"));
        // An Admin of that team may; but of somebody who leads a team somewhere a Super Admin alone.
        let adam = server.person("Adam", "admin").await;
        let lead = flo.put(&format!("/api/people/{}/roles", dora.person), json!({ "roles": ["super-admin"] })).await;
        assert_eq!(said(&lead), "200", "{lead}");
        assert_eq!(said(&adam.delete(&path).await), "403 forbidden");
        assert_eq!(said(&server.admin.delete(&path).await), "204");
    }

    async fn who_may_make_teams_is_said_by_the_super_admins_of_the_first_one(server: Server) {
        let mut dora = server.person("Dora", "developer").await;
        assert_eq!(said(&dora.post("/api/teams", json!({ "name": "Mine" })).await), "403 forbidden", "unless it is allowed");
        developers_make_teams(&server).await;
        let bill = server.person("Bill", "billing").await;
        assert_eq!(said(&bill.post("/api/teams", json!({ "name": "x" })).await), "403 forbidden");
        assert_eq!(bill.get("/api/teams").await.json["mayCreate"], false);
        for name in ["", " ", "a\nb"] {
            assert_eq!(said(&dora.post("/api/teams", json!({ "name": name })).await), "422 invalid", "{name:?}");
        }
        for count in 2..=10 {
            assert_eq!(said(&dora.post("/api/teams", json!({ "name": format!("Team {count}") })).await), "201");
        }
        assert_eq!(said(&dora.post("/api/teams", json!({ "name": "One more" })).await), "409 too_many_teams");
        let other = items(&dora.get("/api/teams").await).iter().find(|team| team["current"] == false).unwrap()["id"].clone();
        go(&mut dora, other.as_str().unwrap()).await;
        assert_eq!(dora.get("/api/teams/policy").await.json, json!({ "developersCreate": true, "changeable": false }));
        // Whoever makes an account knows its password: nobody does that to somebody else's address in a team of their own.
        let account = json!({ "name": "Eve", "email": "eve@example.com", "password": PASSWORD, "role": "developer" });
        let answer = dora.post("/api/people", account).await;
        assert_eq!(answer.json["code"], "forbidden", "{answer}");
        let refused = dora.put("/api/teams/policy", json!({ "developersCreate": false })).await;
        assert_eq!(said(&refused), "403 forbidden", "a Super Admin, but not of the first team");
        assert_eq!(server.admin.get("/api/teams/policy").await.json["changeable"], true);
        assert_eq!(said(&server.admin.put("/api/teams/policy", json!({ "developersCreate": false })).await), "200");
        let olga = server.person("Olga", "developer").await;
        assert_eq!(said(&olga.post("/api/teams", json!({ "name": "Mine" })).await), "403 forbidden");
        assert_eq!(olga.get("/api/teams").await.json["mayCreate"], false);
        assert_eq!(said(&server.admin.post("/api/teams", json!({ "name": "Another" })).await), "201");
    }

    /// ASVS 7.4.2, 7.5.3: a session elsewhere is no way around it.
    async fn a_session_that_an_admin_ended_comes_back_with_a_proof_alone(server: Server) {
        developers_make_teams(&server).await;
        let mut flo = server.person("Flo", "developer").await;
        let second = found(&mut flo, "Skunkworks").await;
        let mut dora = server.person("Dora", "developer").await;
        let first = server.team().await;
        join(&mut dora, &flo, "dora@example.com", "developer").await;
        let (mut elsewhere, _) = sign_in(&server, "dora@example.com").await;
        go(&mut elsewhere, &first).await;
        assert_eq!(said(&flo.delete(&format!("/api/people/{}/sessions", dora.person)).await), "204");
        assert_eq!(said(&dora.get("/api/session").await), "401 signed_out");
        let there = format!("/api/teams/{second}/switch");
        assert_eq!(said(&elsewhere.get("/api/workspaces").await), "200", "the first team ended nothing");
        assert_eq!(said(&elsewhere.post(&there, Value::Null).await), "403 confirm_first");
        let confirmed = elsewhere.post("/api/session/confirm", json!({ "password": PASSWORD })).await;
        assert_eq!(said(&confirmed), "204", "{confirmed}");
        elsewhere.keep_cookie(&confirmed);
        go(&mut elsewhere, &second).await;
        // A sign-in is a proof too.
        assert_eq!(said(&flo.delete(&format!("/api/people/{}/sessions", dora.person)).await), "204");
        let (mut anew, answer) = sign_in(&server, "dora@example.com").await;
        let other = if answer.json["team"]["id"] == json!(second) { &first } else { &second };
        go(&mut anew, other).await;
    }

    /// Whoever reads the outbox of a team could use the link, and so come into the other teams of its owner.
    async fn a_link_to_another_address_stands_with_the_team_that_keeps_the_account(server: Server) {
        developers_make_teams(&server).await;
        let mut flo = server.person("Flo", "developer").await;
        found(&mut flo, "Skunkworks").await;
        let mut dora = server.person("Dora", "developer").await;
        join(&mut dora, &flo, "dora@example.com", "developer").await;
        let asked = dora.post("/api/account/email", json!({ "email": "lund@example.com" })).await;
        assert_eq!(said(&asked), "202", "{asked}");
        let kinds = async |client: &Client| {
            let mails = items(&client.get("/api/outbox").await);
            mails.iter().map(|mail| mail["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (kept, other) = (kinds(&server.admin).await, kinds(&flo).await);
        assert!(kept.contains(&"email-confirm".to_owned()) && kept.contains(&"email-change-asked".to_owned()), "{kept:?}");
        assert!(!other.iter().any(|kind| kind.starts_with("email-")), "{other:?}");
        // Both logs say that it was asked for; the other team's does not say which address.
        for client in [&server.admin, &flo] {
            assert!(actions(client).await.contains(&"email.change.request".to_owned()));
        }
        assert!(!flo.get("/api/audit/events?limit=1000").await.to_string().contains("lund@example.com"));
    }
}
