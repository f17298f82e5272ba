//! Groups: what they give, to whom, and who may change them.

use crate::harness::{Client, Server};
use serde_json::json;

/// A group with these roles and people, made by `maker`; its id.
async fn group(maker: &Client, name: &str, roles: &[&str], people: &[&Client]) -> String {
    let answer = maker.post("/api/groups", json!({ "name": name, "roles": roles })).await;
    assert_eq!(answer.status, 201, "{answer}");
    let id = answer.id();
    let ids: Vec<_> = people.iter().map(|person| person.person.clone()).collect();
    if !ids.is_empty() {
        let answer = maker.patch(&format!("/api/groups/{id}/members"), json!({ "add": ids })).await;
        assert_eq!(answer.status, 200, "{answer}");
    }
    id
}

on_both_databases! {
    async fn what_a_group_is_given_its_members_have_from_the_next_request_on(server: Server) {
        let (olga, ana) = (server.person("Olga", "developer").await, server.person("Ana", "developer").await);
        let workspace = olga.workspace("Secret plans", "private").await;
        let there = format!("/api/workspaces/{workspace}");
        assert_eq!(ana.get(&there).await.status, 404);

        let qa = group(&server.admin, "QA", &["developer"], &[&ana]).await;
        let answer = olga.put(&format!("{there}/members/{qa}"), json!({ "role": "editor" })).await;
        assert_eq!((&answer.json["kind"], &answer.json["name"], &answer.json["people"]), (&json!("group"), &json!("QA"), &json!(1)));
        assert_eq!(ana.get(&there).await.json["role"], "editor");
        assert!(ana.get("/api/workspaces").await.to_string().contains(&workspace));

        // Out of the group, out of the workspace.
        server.admin.patch(&format!("/api/groups/{qa}/members"), json!({ "remove": [ana.person] })).await;
        assert_eq!(ana.get(&there).await.status, 404);
        server.admin.patch(&format!("/api/groups/{qa}/members"), json!({ "add": [ana.person] })).await;
        assert_eq!(ana.get(&there).await.status, 200);
        assert_eq!(server.admin.delete(&format!("/api/groups/{qa}")).await.status, 204);
        assert_eq!(ana.get(&there).await.status, 404);
        let members = olga.get(&format!("{there}/members")).await.json;
        assert_eq!(members["items"].as_array().unwrap().len(), 1, "{members}");
    }

    async fn a_group_gives_roles_in_the_team(server: Server) {
        let ana = server.person("Ana", "billing").await;
        let new = json!({ "name": "w", "kind": "team" });
        assert_eq!(ana.post("/api/workspaces", new.clone()).await.status, 403);
        let makers = group(&server.admin, "Makers", &["developer"], &[&ana]).await;
        assert_eq!(ana.post("/api/workspaces", new.clone()).await.status, 201);
        assert_eq!(ana.get("/api/session").await.json["team"]["role"], "developer");
        server.admin.patch(&format!("/api/groups/{makers}"), json!({ "version": 1, "roles": ["admin"] })).await;
        assert_eq!(ana.get("/api/session").await.json["team"]["role"], "admin");
        // An Admin of a group manages people as any other, but raises nobody above themselves.
        assert_eq!(ana.post("/api/groups", json!({ "name": "x", "roles": ["admin"] })).await.status, 201);
        let answer = ana.patch(&format!("/api/groups/{makers}"), json!({ "version": 2, "roles": ["super-admin"] })).await;
        assert_eq!(answer.to_string(), "403 forbidden: you may not do this: only a Super Admin changes who is Super Admin, through a group as well");
    }

    async fn a_role_that_lies_dormant_gives_nobody_a_role(server: Server) {
        let (ana, ben) = (server.person("Ana", "billing").await, server.person("Ben", "developer").await);
        group(&server.admin, "Admins", &["admin"], &[&ana]).await;
        let roles = format!("/api/people/{}/roles", ben.person);
        let invite = json!({ "emails": ["new@example.com"], "roles": ["admin"] });
        server.plan("professional").await;
        let answer = ana.put(&roles, json!({ "roles": ["admin"] })).await;
        assert_eq!(answer.json["code"], "forbidden", "{answer}");
        let answer = ana.post("/api/invites", invite.clone()).await;
        assert_eq!(answer.json["code"], "forbidden", "{answer}");
        server.plan("enterprise").await;
        assert_eq!(ana.put(&roles, json!({ "roles": ["admin"] })).await.status, 200);
        assert_eq!(ana.post("/api/invites", invite).await.json["items"][0]["outcome"], "invited");
    }

    async fn a_group_lies_dormant_when_the_plan_is_smaller(server: Server) {
        let (olga, ana) = (server.person("Olga", "developer").await, server.person("Ana", "developer").await);
        let workspace = olga.workspace("Secret plans", "private").await;
        let there = format!("/api/workspaces/{workspace}");
        let qa = group(&server.admin, "QA", &["developer"], &[&ana]).await;
        olga.put(&format!("{there}/members/{qa}"), json!({ "role": "editor" })).await;
        server.plan("professional").await;
        assert_eq!(ana.get(&there).await.status, 404);
        let answer = server.admin.get("/api/groups").await;
        assert_eq!(answer.to_string(), "403 plan_needed: your team needs the plan Enterprise");
        server.plan("enterprise").await;
        assert_eq!(ana.get(&there).await.json["role"], "editor");
    }

    async fn a_developer_manages_the_group_they_made_and_no_other(server: Server) {
        let (dev, ana) = (server.person("Dev", "developer").await, server.person("Ana", "billing").await);
        let own = group(&dev, "Mine", &["developer"], &[]).await;
        assert_eq!(dev.get(&format!("/api/groups/{own}")).await.json["manageable"], true);
        let add = json!({ "add": [ana.person] });
        assert_eq!(dev.patch(&format!("/api/groups/{own}/members"), add.clone()).await.json["people"], 1);
        let other = server.group().await;
        assert_eq!(dev.patch(&format!("/api/groups/{other}/members"), add.clone()).await.status, 403);
        assert_eq!(dev.post("/api/groups", json!({ "name": "x", "roles": ["admin"] })).await.status, 403);
        // A group that gives more has no managers any more, and says so in its event.
        let answer = server.admin.patch(&format!("/api/groups/{own}"), json!({ "version": 1, "roles": ["developer", "billing"] })).await;
        assert_eq!((&answer.json["managers"], &answer.json["roles"]), (&json!([]), &json!(["developer", "billing"])));
        assert_eq!(dev.patch(&format!("/api/groups/{own}/members"), add.clone()).await.status, 403);
        let answer = server.admin.patch(&format!("/api/groups/{own}/managers"), add).await;
        assert_eq!(answer.json["code"], "no_managers", "{answer}");
    }

    async fn nobody_raises_themselves_through_a_group(server: Server) {
        let adam = server.person("Adam", "admin").await;
        let billing = group(&server.admin, "Money", &["billing"], &[]).await;
        let answer = adam.patch(&format!("/api/groups/{billing}/members"), json!({ "add": [adam.person] })).await;
        assert_eq!(answer.json["code"], "forbidden", "{answer}");
        let supers = group(&server.admin, "Supers", &["super-admin"], &[]).await;
        for body in [json!({ "add": [adam.person] }), json!({ "remove": [server.admin.person] })] {
            let answer = adam.patch(&format!("/api/groups/{supers}/members"), body).await;
            assert_eq!(answer.json["code"], "forbidden", "{answer}");
        }
        assert_eq!(adam.delete(&format!("/api/groups/{supers}")).await.status, 403);
        let events = server.admin.get("/api/audit/events").await.to_string();
        assert!(events.contains("group.update") && events.contains("refused"), "{events}");
    }

    async fn names_and_people_are_looked_at(server: Server) {
        let ana = server.person("Ana", "developer").await;
        let qa = group(&server.admin, "QA", &["developer"], &[]).await;
        for (body, expected) in [
            (json!({ "name": "qa", "roles": ["developer"] }), "409 name_taken: the team has a group called qa already; choose another name"),
            (json!({ "name": "x\ny", "roles": ["developer"] }), "422 invalid: /name: must not hold line breaks or other control characters"),
            (json!({ "name": "n".repeat(10_000), "roles": ["developer"] }), "422 invalid: /name: must have at most 255 characters"),
            (json!({ "name": "x", "roles": [] }), "422 invalid: /roles: a group gives at least one role"),
        ] {
            assert_eq!(server.admin.post("/api/groups", body).await.to_string(), expected);
        }
        let members = format!("/api/groups/{qa}/members");
        let answer = server.admin.patch(&members, json!({ "add": [ana.person, uuid::Uuid::now_v7().to_string()] })).await;
        assert_eq!(answer.to_string(), "422 invalid: /add/1: there is no such member of the team");
        assert_eq!(server.admin.get(&members).await.json["items"], json!([]), "half of it happened");
        let stale = server.admin.patch(&format!("/api/groups/{qa}"), json!({ "version": 7, "name": "Q" })).await;
        assert_eq!(stale.json["code"], "stale", "{stale}");
        let answer = server.admin.get(&format!("{members}?after=nobody")).await;
        assert_eq!(answer.to_string(), "422 invalid: /after: take `next` of the page before, or leave it out");
    }

    async fn the_people_of_a_group_come_in_pages(server: Server) {
        let mut people = Vec::new();
        for name in ["bea", "Ana", "Cid_x", "Cidax"] {
            people.push(server.person(name, "developer").await);
        }
        let all: Vec<_> = people.iter().collect();
        let qa = group(&server.admin, "QA", &["developer"], &all).await;
        let (mut names, mut after) = (Vec::new(), String::new());
        loop {
            let page = server.admin.get(&format!("/api/groups/{qa}/members?limit=3{after}")).await.json;
            names.extend(page["items"].as_array().unwrap().iter().map(|person| person["name"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        names.sort();
        assert_eq!(names, ["Ana", "Cid_x", "Cidax", "bea"]);
        let found = server.admin.get(&format!("/api/groups/{qa}/members?search=d_x")).await.json;
        assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["name"]), (1, &json!("Cid_x")));
    }
}
