//! The list of members, changes of many at once, what people are called, plans and seats.

use std::time::{Duration, Instant};

use crate::harness::{Answer, Client, PASSWORD, Server};
use bulla_db::sql;
use serde_json::{Value, json};

fn names(answer: &Answer) -> Vec<String> {
    let items = answer.json["items"].as_array().unwrap_or_else(|| panic!("{answer}"));
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn listed(client: &Client, query: &str) -> Vec<String> {
    names(&client.get(&format!("/api/people?{query}")).await)
}

async fn written(server: &Server, statement: bulla_db::Query) {
    let database = server.database().await;
    let mut transaction = database.begin().await.unwrap();
    statement.execute(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await;
}

on_both_databases! {
    async fn members_are_searched_filtered_and_sorted(server: Server) {
        let dora = server.person("Dora", "developer").await;
        server.person("Bill", "billing").await;
        server.person("Carl_X", "developer").await;
        let admin = &server.admin;
        assert_eq!(listed(admin, "").await, ["Ada", "Dora", "Bill", "Carl_X"]);
        assert_eq!(listed(admin, "sort=name").await, ["Ada", "Bill", "Carl_X", "Dora"]);
        assert_eq!(listed(admin, "sort=joined").await, ["Carl_X", "Bill", "Dora", "Ada"]);
        assert_eq!(listed(admin, "search=DOR").await, ["Dora"]);
        assert_eq!(listed(admin, "search=_").await, ["Carl_X"], "no sign of it stands for another");
        assert_eq!(listed(admin, "search=bill%40example").await, ["Bill"]);
        assert_eq!(listed(admin, "role=developer").await, ["Dora", "Carl_X"]);
        assert_eq!(admin.get("/api/people?role=owner").await.json["code"], "invalid");
        // A role through a group counts.
        let group = admin.post("/api/groups", json!({ "name": "Payers", "roles": ["billing"] })).await.id();
        admin.patch(&format!("/api/groups/{group}/members"), json!({ "add": [dora.person] })).await;
        assert_eq!(listed(admin, "role=billing&sort=name").await, ["Bill", "Dora"]);

        // By the page, in every order.
        for order in ["account", "name", "active", "joined"] {
            let (mut after, mut all) = (String::new(), Vec::new());
            loop {
                let page = admin.get(&format!("/api/people?sort={order}&limit=3{after}")).await;
                assert_eq!(page.json["total"], 4, "{page}");
                all.extend(names(&page));
                let Some(next) = page.json["next"].as_str() else { break };
                after = format!("&after={next}");
            }
            assert_eq!(all, listed(admin, &format!("sort={order}")).await, "{order}");
        }
        assert_eq!(admin.get("/api/people?after=nobody").await.json["code"], "invalid");
    }

    async fn when_somebody_was_active_is_known_coarsely_and_to_those_who_manage_people(server: Server) {
        let dora = server.person("Dora", "developer").await;
        server.person("Emil", "developer").await;
        written(&server, sql!("update member_activity set active_at = 1000 where person = $1").bind(&dora.person)).await;
        assert_eq!(listed(&server.admin, "sort=active").await.last().unwrap(), "Dora");
        let seen = async || {
            let page = server.admin.get("/api/people?search=dora").await;
            page.json["items"][0]["activeAt"].clone()
        };
        assert_eq!(seen().await, "1970-01-01T00:00:01.000Z");
        // Her session was not used for a while; its next use is noted.
        written(&server, sql!("update session set last_seen_at = last_seen_at - 100000 where person = $1").bind(&dora.person)).await;
        dora.get("/api/session").await;
        let begun = Instant::now();
        while seen().await == "1970-01-01T00:00:01.000Z" {
            assert!(begun.elapsed() < Duration::from_secs(60));
            tokio::task::yield_now().await;
        }
        let events = server.admin.get("/api/audit/events?limit=1000").await.json["items"].as_array().unwrap().len();
        assert_eq!(events, 5, "set-up, two accounts, two sign-ins: no event tells of activity");

        let own = dora.get("/api/people").await;
        assert!(own.json["items"].as_array().unwrap().iter().all(|person| person["activeAt"].is_null() && person["hasFactor"].is_null()));
        assert_eq!(dora.get("/api/people?sort=active").await.json["code"], "forbidden");
        assert_eq!(dora.get("/api/people?withoutFactor=true").await.json["code"], "forbidden");
        assert_eq!(listed(&server.admin, "withoutFactor=true").await.len(), 3);
        written(&server, sql!("insert into totp (person, team, seed, confirmed_at, last_step, created_at) select person, team, token, 1, 0, 0 from session where person = $1").bind(&dora.person)).await;
        assert_eq!(listed(&server.admin, "withoutFactor=true").await, ["Ada", "Emil"]);
    }

    async fn many_are_changed_at_once_and_each_has_a_result(server: Server) {
        let (adam, dora) = (server.person("Adam", "admin").await, server.person("Dora", "developer").await);
        let (emil, fay) = (server.person("Emil", "developer").await, server.person("Fay", "developer").await);
        let ada = server.admin.person.clone();
        let change = async |client: &Client, body: Value| client.post("/api/people/changes", body).await;
        let answer = change(&adam, json!({ "people": [dora.person, ada, adam.person], "roles": ["developer", "billing"] })).await;
        let told: Vec<_> = answer.json["items"].as_array().unwrap().iter().map(|item| item["done"].clone()).collect();
        assert_eq!(told, [json!(true), json!(false), json!(false)], "{answer}");
        assert!(answer.json["items"][1]["problem"].as_str().unwrap().contains("only a Super Admin"), "{answer}");
        assert_eq!(listed(&server.admin, "role=billing").await, ["Dora"]);

        let removal = json!({ "people": [emil.person, fay.person, adam.person], "removal": { "successor": dora.person } });
        let answer = change(&adam, removal).await;
        let told: Vec<_> = answer.json["items"].as_array().unwrap().iter().map(|item| item["done"].clone()).collect();
        assert_eq!(told, [json!(true), json!(true), json!(false)], "{answer}");
        assert_eq!(listed(&server.admin, "").await, ["Ada", "Adam", "Dora"]);
        assert_eq!(emil.get("/api/session").await.status, 401);
        let events = server.admin.get("/api/audit/events?limit=1000").await.json;
        let removed = events["items"].as_array().unwrap().iter().filter(|event| event["action"] == "person.remove" && event["outcome"] == "done");
        assert_eq!(removed.count(), 2);
        for (body, expected) in [
            (json!({ "people": [], "roles": ["developer"] }), "invalid"),
            (json!({ "people": [dora.person] }), "invalid"),
            (json!({ "people": vec![dora.person.clone(); 101], "roles": ["developer"] }), "invalid"),
        ] {
            assert_eq!(change(&adam, body).await.json["code"], expected);
        }
        assert_eq!(change(&dora, json!({ "people": [ada], "removal": {} })).await.json["code"], "forbidden");
    }

    async fn people_and_the_team_are_renamed(server: Server) {
        let dora = server.person("Dora", "developer").await;
        assert_eq!(dora.patch("/api/account/profile", json!({ "name": " Dora Meyer " })).await.json["name"], "Dora Meyer");
        assert_eq!(dora.get("/api/session").await.json["person"]["name"], "Dora Meyer");
        for name in ["", "a\nb", &"x".repeat(10_000)] {
            assert_eq!(dora.patch("/api/account/profile", json!({ "name": name })).await.json["code"], "invalid");
        }
        assert_eq!(dora.patch("/api/team", json!({ "name": "Ours" })).await.json["code"], "forbidden");
        assert_eq!(server.admin.patch("/api/team", json!({ "name": "Engines" })).await.json["name"], "Engines");
        assert_eq!(dora.get("/api/session").await.json["team"]["name"], "Engines");
        let events = server.admin.get("/api/audit/events?limit=1000").await.json;
        let renamed = events["items"].as_array().unwrap().iter().find(|event| event["action"] == "team.update" && event["outcome"] == "done").unwrap();
        assert_eq!(renamed["changes"]["name"]["before"]["text"], "Analytical");
    }

    async fn every_refusal_by_the_plan_names_the_plan_that_has_it(server: Server) {
        let group = server.group().await;
        let workspace = server.admin.workspace("Open", "team").await;
        let hidden = server.admin.workspace("Hidden", "private").await;
        let collection = server.admin.collection(&workspace, "Pay").await;
        let dora = server.person("Dora", "developer").await;
        let element = format!("/api/collections/{collection}/members/{}", dora.person);
        let admin = &server.admin;
        let body = json!({ "name": "x", "kind": "private" });
        let policy = json!({ "version": 0, "everybody": true, "ageDays": null, "idleDays": null });
        let key = "0".repeat(24);
        for (plan, needed) in [("free", ["professional", "enterprise"]), ("professional", ["", "enterprise"])] {
            server.plan(plan).await;
            let answers = [
                (needed[0], admin.post("/api/workspaces", body.clone()).await),
                (needed[0], admin.put(&element, json!({ "role": "viewer" })).await),
                (needed[0], admin.patch(&format!("/api/workspaces/{hidden}"), json!({ "version": 1, "summary": plan })).await),
                (needed[0], admin.get("/api/audit/events").await),
                (needed[0], admin.get("/api/audit/export?format=ndjson").await),
                (needed[0], admin.post("/api/audit/checkpoints", Value::Null).await),
                (needed[1], admin.get("/api/groups").await),
                (needed[1], admin.post("/api/groups", json!({ "name": "x", "roles": ["developer"] })).await),
                (needed[1], admin.patch(&format!("/api/groups/{group}"), json!({ "version": 1, "name": "x" })).await),
                (needed[1], admin.delete(&format!("/api/groups/{group}")).await),
                (needed[1], admin.get("/api/api-keys").await),
                (needed[1], admin.delete(&format!("/api/api-keys/{key}")).await),
                (needed[1], admin.put("/api/api-keys/policy", policy.clone()).await),
            ];
            for (index, (needed, answer)) in answers.iter().enumerate() {
                if needed.is_empty() {
                    assert!(answer.status.is_success(), "{index}: {answer}");
                } else {
                    let told = (answer.status.as_u16(), &answer.json["code"], &answer.json["plan"]);
                    assert_eq!(told, (403, &json!("plan_needed"), &json!(needed)), "{index} with {plan}: {answer}");
                }
            }
            // Whose role would not suffice is told of the role, whatever the plan is.
            assert_eq!(dora.get("/api/audit/events").await.json["code"], "forbidden");
        }
        server.plan("enterprise").await;
        let refused = admin.get("/api/audit/events?limit=1000").await.json;
        let refused = refused["items"].as_array().unwrap().iter().filter(|event| event["outcome"] == "refused");
        assert!(refused.count() >= 13, "each is written down");
    }

    async fn a_team_with_the_plan_free_has_three_members(server: Server) {
        server.person("Dora", "developer").await;
        server.plan("free").await;
        let account = |name: &str| json!({ "name": name, "email": format!("{name}@example.com"), "password": PASSWORD, "role": "developer" });
        let invite = async |email: &str| {
            let answer = server.admin.post("/api/invites", json!({ "emails": [email], "roles": ["developer"] })).await;
            answer.json["items"][0]["outcome"].clone()
        };
        assert_eq!(invite("emil@example.com").await, "invited");
        assert_eq!(invite("fay@example.com").await, "refused", "an open invite holds a seat");
        assert_eq!(server.admin.post("/api/people", account("gus")).await.status, 201);
        let full = server.admin.post("/api/people", account("hal")).await;
        assert_eq!(full.to_string(), "403 plan_needed: a team with the plan Free has at most 3 members; the plan Basic has more");
        assert_eq!(full.json["plan"], "basic");
        server.plan("basic").await;
        assert_eq!(invite("fay@example.com").await, "invited");
    }

    async fn who_takes_a_seat_and_why(server: Server) {
        for (name, role) in [("Adam", "admin"), ("Bill", "billing"), ("Cleo", "billing"), ("Dora", "developer")] {
            server.person(name, role).await;
        }
        server.admin.post("/api/invites", json!({ "emails": ["emil@example.com"], "roles": ["developer"] })).await;
        let overview = server.admin.get("/api/team/plan").await;
        assert_eq!(overview.json["seats"], json!({ "members": 3, "invites": 1, "free": 2, "total": 4 }), "{overview}");
        let seats = server.admin.get("/api/team/seats").await;
        let told: Vec<_> = seats.json["items"].as_array().unwrap().iter().map(|item| item["because"].as_str().unwrap().to_owned()).collect();
        assert_eq!(told, [
            "Ada is Super Admin",
            "Adam has Admin or Billing alone; 2 of those take no seat",
            "Bill has Admin or Billing alone; 2 of those take no seat",
            "Cleo has Admin or Billing alone, but 2 others came before",
            "Dora is Developer",
        ]);
    }

    async fn what_a_smaller_plan_makes_dormant_is_told_before_and_comes_back(server: Server) {
        server.group().await;
        server.admin.workspace("Hidden", "private").await;
        server.person("Mia", "community-manager").await;
        let dormant = async |plan: &str| {
            let overview = server.admin.get("/api/team/plan").await.json;
            let offers = overview["plans"].as_array().unwrap().clone();
            offers.into_iter().find(|offer| offer["name"] == plan).unwrap()["dormant"].to_string()
        };
        assert_eq!(dormant("enterprise").await, "[]");
        let told = dormant("professional").await;
        assert!(told.contains("1 group lies dormant") && !told.contains("private workspace"), "{told}");
        let told = dormant("basic").await;
        for line in ["1 group lies dormant", "the role Community Manager of 1 member lies dormant", "1 private workspace can be read and not changed"] {
            assert!(told.contains(line), "{line}: {told}");
        }
        server.plan("basic").await;
        assert_eq!(dormant("basic").await, "[]");
        server.plan("enterprise").await;
        assert_eq!(server.admin.get("/api/groups").await.json["items"].as_array().unwrap().len(), 1);

        let bill = server.person("Bill", "billing").await;
        let adam = server.person("Adam", "admin").await;
        assert_eq!(bill.get("/api/team/plan").await.json["changeable"], true);
        assert_eq!(adam.get("/api/team/plan").await.json["changeable"], false);
        assert_eq!(adam.put("/api/team/plan", json!({ "plan": "basic" })).await.json["code"], "forbidden");
        let mut program = server.anonymous();
        let key = server.admin.post("/api/account/api-keys", json!({ "name": "CI" })).await;
        program.key = Some(key.json["value"].as_str().unwrap().to_owned());
        written(&server, sql!("update session set confirmed_at = 1")).await;
        assert_eq!(bill.put("/api/team/plan", json!({ "plan": "basic" })).await.json["code"], "confirm_first");
        assert_eq!(program.put("/api/team/plan", json!({ "plan": "basic" })).await.json["code"], "forbidden");
    }
}
