//! Why somebody may or may not, and lists that say the same as the decision.

use crate::harness::{Client, Server};
use serde_json::{Value, json};

/// What an explanation says, a line for each thing.
fn told(answer: &Value) -> String {
    let mut lines = vec![format!(
        "{}: {}",
        if answer["allowed"] == true { "yes" } else { "no" },
        answer["because"].as_str().unwrap()
    )];
    for step in answer["steps"].as_array().unwrap() {
        let sign = if step["suffices"] == true { "+" } else { "-" };
        let dormant = step["dormantUntil"].as_str().map(|plan| format!(" (needs {plan})")).unwrap_or_default();
        lines.push(format!("{sign} {}{dormant}", step["text"].as_str().unwrap()));
    }
    if let Some(missing) = answer["missing"].as_str() {
        lines.push(format!("= {missing}"));
    }
    lines.join("\n")
}

/// Numbers that look random and are the same in each run (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(most).unwrap()).unwrap()
    }
}

on_both_databases! {
    async fn an_explanation_names_the_role_or_the_missing_step(server: Server) {
        let (olga, ana) = (server.person("Olga", "developer").await, server.person("Ana", "developer").await);
        let workspace = olga.workspace("Secret plans", "private").await;
        let collection = olga.collection(&workspace, "Pay").await;
        let ask = |action: &str, person: &str| {
            format!("/api/access/explain?action={action}&kind=collection&id={collection}&person={person}")
        };
        insta::assert_snapshot!(told(&olga.get(&ask("collection.update", &ana.person)).await.json), @"
        no: Ana has no role in the workspace
        - Ana is Developer of the team, which says nothing in a private workspace
        = an owner of the workspace can give Ana the role editor, or on the thing alone, directly or through a group
        ");

        let answer = server.admin.post("/api/groups", json!({ "name": "QA", "roles": ["developer"] })).await;
        let group = answer.id();
        server.admin.patch(&format!("/api/groups/{group}/members"), json!({ "add": [ana.person] })).await;
        olga.put(&format!("/api/workspaces/{workspace}/members/{group}"), json!({ "role": "viewer" })).await;
        olga.put(&format!("/api/collections/{collection}/members/{}", ana.person), json!({ "role": "editor" })).await;
        insta::assert_snapshot!(told(&olga.get(&ask("collection.update", &ana.person)).await.json), @"
        yes: Ana is editor of it
        - Ana is Developer of the team, which says nothing in a private workspace
        - Ana is Developer of the team through the group QA, which says nothing in a private workspace
        - Ana is viewer of the workspace
        - Ana is viewer of the workspace through the group QA
        + Ana is editor of it
        ");
        insta::assert_snapshot!(told(&ana.get(&format!("/api/access/explain?action=workspace.update&kind=workspace&id={workspace}")).await.json), @"
        no: you need to be owner of the workspace
        - you are Developer of the team, which says nothing in a private workspace
        - you are Developer of the team through the group QA, which says nothing in a private workspace
        - you are viewer of the workspace
        - you are viewer of the workspace through the group QA
        = an owner of the workspace can give you the role owner directly or through a group
        ");
        server.plan("professional").await;
        insta::assert_snapshot!(told(&olga.get(&ask("collection.update", &ana.person)).await.json), @"
        yes: Ana is editor of it
        - Ana is Developer of the team, which says nothing in a private workspace
        - Ana is Developer of the team through the group QA, which says nothing in a private workspace (needs enterprise)
        - Ana is viewer of the workspace
        - Ana is viewer of the workspace through the group QA (needs enterprise)
        + Ana is editor of it
        ");
    }

    async fn what_is_hidden_is_not_explained(server: Server) {
        let (olga, sam) = (server.person("Olga", "developer").await, server.person("Sam", "developer").await);
        let workspace = olga.workspace("Secret plans", "private").await;
        for person in [String::new(), format!("&person={}", olga.person)] {
            let ask = |id: &str| format!("/api/access/explain?action=workspace.read&kind=workspace&id={id}{person}");
            let (hidden, never) = (sam.get(&ask(&workspace)).await, sam.get(&ask("0190f5a0-0000-7000-8000-000000000000")).await);
            assert_eq!(hidden.to_string(), "404 not_found: there is no such workspace, or you may not see it");
            assert_eq!(hidden.to_string(), never.to_string());
        }
        let answer = sam.get("/api/access/explain?action=nothing.such&kind=team").await;
        assert_eq!(answer.json["errors"][0]["path"], "/action", "{answer}");
        let answer = sam.get("/api/access/explain?action=workspace.read&kind=planet").await;
        assert_eq!(answer.json["errors"][0]["path"], "/kind", "{answer}");
    }

    async fn a_role_on_one_element_reaches_that_element_alone(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let workspace = olga.workspace("Payments", "private").await;
        let (one, other) = (olga.collection(&workspace, "One").await, olga.collection(&workspace, "Other").await);
        let path = |collection: &str| format!("/api/collections/{collection}/members/{}", ed.person);
        let answer = olga.put(&path(&one), json!({ "role": "owner" })).await;
        assert_eq!(answer.to_string(), "422 invalid: /role: an element has editors and viewers; a workspace has owners");
        assert_eq!(olga.put(&path(&one), json!({ "role": "editor" })).await.status, 200);
        // Editor of the one, and viewer of the workspace around it.
        assert_eq!(ed.get(&format!("/api/workspaces/{workspace}")).await.json["role"], "viewer");
        let item = ed.item(&one, None, "request", "Pay").await;
        let rename = json!({ "version": 1, "name": "Paid" });
        assert_eq!(ed.patch(&format!("/api/items/{item}"), rename.clone()).await.status, 200);
        assert_eq!(ed.patch(&format!("/api/collections/{other}"), rename.clone()).await.status, 403);
        assert_eq!(ed.post(&format!("/api/workspaces/{workspace}/collections"), json!({ "name": "x" })).await.status, 403);
        // An editor of an element gives roles on it, but needs the plan for that.
        assert_eq!(ed.delete(&path(&one)).await.status, 204);
        assert_eq!(ed.patch(&format!("/api/items/{item}"), json!({ "version": 2, "name": "x" })).await.status, 403);
        server.plan("basic").await;
        let answer = olga.put(&path(&one), json!({ "role": "editor" })).await;
        assert_eq!(answer.status, 403, "{answer}");
    }

    async fn lists_say_what_the_decision_says_in_any_organisation(server: Server) {
        for (seed, plan) in [(1, "enterprise"), (2, "professional"), (3, "basic")] {
            server.plan("enterprise").await;
            let mut dice = Dice(seed);
            let roles = ["super-admin", "admin", "developer", "billing", "community-manager", "api-network-manager"];
            let mut people: Vec<Client> = Vec::new();
            for index in 0..8 {
                people.push(server.person(&format!("P{seed}x{index}"), roles[dice.below(roles.len())]).await);
            }
            let mut holders: Vec<String> = people.iter().map(|person| person.person.clone()).collect();
            for index in 0..4 {
                let role = roles[1 + dice.below(roles.len() - 1)];
                let made = server.admin.post("/api/groups", json!({ "name": format!("G{seed}x{index}"), "roles": [role] })).await;
                let members: Vec<_> = people.iter().filter(|_| dice.below(3) == 0).map(|person| &person.person).collect();
                server.admin.patch(&format!("/api/groups/{}/members", made.id()), json!({ "add": members })).await;
                holders.push(made.id());
            }
            let mut workspaces = Vec::new();
            for index in 0..10 {
                let kind = ["private", "team", "public", "personal"][index % 4];
                let maker = if kind == "public" { &server.admin } else { &people[dice.below(people.len())] };
                let made = maker.post("/api/workspaces", json!({ "name": format!("w{index}"), "kind": kind })).await;
                if made.status != 201 {
                    continue;
                }
                for _ in 0..dice.below(4) {
                    let role = ["viewer", "editor", "owner"][dice.below(3)];
                    let holder = &holders[dice.below(holders.len())];
                    server.admin.put(&format!("/api/workspaces/{}/members/{holder}", made.id()), json!({ "role": role })).await;
                }
                workspaces.push(made.id());
            }
            assert!(workspaces.len() > 2);
            server.plan(plan).await;
            for person in &people {
                let listed = person.get("/api/workspaces").await.json;
                for workspace in &workspaces {
                    let one = person.get(&format!("/api/workspaces/{workspace}")).await;
                    let entry = listed["items"].as_array().unwrap().iter().find(|item| item["id"] == **workspace);
                    let ask = format!("/api/workspaces/{workspace}/access?limit=200");
                    // Who asks is Super Admin of the team and sees every workspace but personal ones of lesser plans.
                    let reached = server.admin.get(&ask).await;
                    if reached.status == 200 {
                        let reach = reached.json["items"].as_array().unwrap();
                        let reaching = reach.iter().find(|item| item["person"]["id"] == *person.person);
                        assert_eq!(reaching.map(|item| &item["role"]), entry.map(|entry| &entry["role"]), "{plan} {workspace} {reached}");
                    }
                    match entry {
                        Some(entry) => assert_eq!(*entry, one.json, "{plan} {}", person.person),
                        None => assert!(!one.status.is_success(), "{plan} {}: {one}", person.person),
                    }
                }
            }
        }
    }
}
