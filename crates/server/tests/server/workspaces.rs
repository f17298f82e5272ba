//! Workspaces, their members, environments and what may not be done to them.

use crate::harness::Server;
use serde_json::{Value, json};

on_both_databases! {
    async fn everybody_has_a_personal_workspace(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let listed = olga.get("/api/workspaces").await.json;
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["role"]), (1, &json!("owner")));
        let id = listed["items"][0]["id"].as_str().unwrap();
        let answer = olga.delete(&format!("/api/workspaces/{id}")).await;
        assert_eq!(answer.json["code"], "last_personal_workspace", "{answer}");
    }

    async fn a_workspace_keeps_an_owner(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let workspace = olga.workspace("Payments", "team").await;
        let member = |who: &str| format!("/api/workspaces/{workspace}/members/{who}");
        let answer = olga.put(&member(&olga.person), json!({ "role": "editor" })).await;
        assert_eq!(answer.to_string(), "409 last_owner: a workspace needs an owner; make somebody else one first");
        assert_eq!(olga.delete(&member(&olga.person)).await.json["code"], "last_owner");

        assert_eq!(olga.put(&member(&ed.person), json!({ "role": "owner" })).await.json["role"], "owner");
        // Two owners who demote each other at once: one of them stays.
        let (of_ed, of_olga) = (member(&ed.person), member(&olga.person));
        let (one, two) = tokio::join!(
            olga.put(&of_ed, json!({ "role": "viewer" })),
            ed.put(&of_olga, json!({ "role": "viewer" })),
        );
        let members = server.admin.get(&format!("/api/workspaces/{workspace}/members")).await.json;
        let owners = members["items"].as_array().unwrap().iter().filter(|member| member["role"] == "owner").count();
        assert_eq!(owners, 1, "{one} {two} {members}");
    }

    async fn what_is_listed_is_what_may_be_opened(server: Server) {
        let mut people = vec![server.admin.clone()];
        for (name, role) in [
            ("Sue", "super-admin"),
            ("Adm", "admin"),
            ("Dev", "developer"),
            ("Eve", "developer"),
            ("Bil", "billing"),
            ("Com", "community-manager"),
        ] {
            people.push(server.person(name, role).await);
        }
        let mut all = Vec::new();
        for person in &people {
            for kind in ["personal", "team"] {
                // Those who manage people or money make none.
                let made = person.post("/api/workspaces", json!({ "name": "w", "kind": kind })).await;
                if made.status == 201 {
                    all.push(made.id());
                }
            }
        }
        for (place, workspace) in all.iter().enumerate() {
            let member = &people[place % people.len()].person;
            let path = format!("/api/workspaces/{workspace}/members/{member}");
            server.admin.put(&path, json!({ "role": "viewer" })).await;
        }
        for person in &people {
            let listed = person.get("/api/workspaces").await.json;
            for workspace in &all {
                let one = person.get(&format!("/api/workspaces/{workspace}")).await;
                let entry = listed["items"].as_array().unwrap().iter().find(|item| item["id"] == **workspace);
                match entry {
                    Some(entry) => assert_eq!(*entry, one.json, "{}", person.person),
                    None => assert!(!one.status.is_success(), "{}: {one}", person.person),
                }
            }
        }
    }

    async fn a_role_holds_from_the_next_request(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let workspace = olga.workspace("Payments", "team").await;
        let member = format!("/api/workspaces/{workspace}/members/{}", ed.person);
        let collections = format!("/api/workspaces/{workspace}/collections");
        let make = || ed.post(&collections, json!({ "name": "x" }));
        assert_eq!(make().await.status, 403);
        olga.put(&member, json!({ "role": "editor" })).await;
        assert_eq!(make().await.status, 201);
        olga.delete(&member).await;
        assert_eq!(make().await.status, 403);
    }

    async fn a_personal_workspace_is_its_owners_alone(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let workspace = olga.workspace("Mine", "personal").await;
        let member = format!("/api/workspaces/{workspace}/members/{}", ed.person);
        let answer = olga.put(&member, json!({ "role": "editor" })).await;
        assert_eq!(answer.json["code"], "personal_workspace", "{answer}");
        assert_eq!(ed.get(&format!("/api/workspaces/{workspace}")).await.status, 404);
        let answer = ed.get("/api/workspaces").await;
        assert!(!answer.to_string().contains(&workspace), "{answer}");
    }

    async fn what_is_deleted_with_a_workspace_is_gone(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Payments", "team").await;
        let collection = ada.collection(&workspace, "Pay").await;
        let item = ada.item(&collection, None, "request", "Charge").await;
        let environment = ada.environment(&workspace, "Staging", json!([])).await;
        assert_eq!(ada.delete(&format!("/api/workspaces/{workspace}")).await.status, 204);
        for path in [
            format!("/api/workspaces/{workspace}"),
            format!("/api/collections/{collection}"),
            format!("/api/items/{item}"),
            format!("/api/environments/{environment}"),
        ] {
            assert_eq!(ada.get(&path).await.status, 404, "{path}");
        }
    }

    async fn an_environment_keeps_what_an_edit_does_not_say(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Payments", "team").await;
        let file = json!({
            "id": "f0", "name": "Staging", "values": [
                { "key": "port", "value": 8080, "type": "any", "enabled": true, "description": { "content": "why" } },
                { "key": "token", "value": "canary", "type": "secret" },
                { "key": "off", "value": "1", "disabled": true }
            ],
            "_postman_variable_scope": "environment", "x-unknown": [1]
        });
        let id = ada.import(&workspace, file.to_string()).await.id();
        let path = format!("/api/environments/{id}");
        let read = ada.get(&path).await.json;
        let mut values = read["values"].clone();
        assert_eq!(values[0]["value"], "8080");
        assert_eq!(values[0]["description"], "why");
        assert_eq!(values[2]["enabled"], false);
        for value in values.as_array_mut().unwrap() {
            if value["value"].is_null() {
                value.as_object_mut().unwrap().remove("value");
            }
        }
        let edited = ada.patch(&path, json!({ "version": 1, "values": values })).await;
        assert_eq!((edited.status.as_u16(), &edited.json["version"]), (200, &json!(2)), "{edited}");
        assert_eq!(ada.get(&format!("{path}/export")).await.json, file);

        // A secret that becomes a plain value keeps it; that is an edit of an editor, and written down.
        values[1]["type"] = json!("default");
        let edited = ada.patch(&path, json!({ "version": 2, "values": values })).await;
        assert_eq!(edited.json["values"][1]["value"], "canary", "{edited}");
        let stale = ada.patch(&path, json!({ "version": 2, "name": "x" })).await;
        assert_eq!((stale.status.as_u16(), &stale.json["current"]["version"]), (409, &json!(3)), "{stale}");
    }

    async fn globals_come_with_a_workspace_and_stay(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Payments", "team").await;
        let globals = ada.get(&format!("/api/workspaces/{workspace}/globals")).await;
        assert_eq!((&globals.json["kind"], &globals.json["values"]), (&json!("globals"), &json!([])));
        let answer = ada.delete(&format!("/api/environments/{}", globals.id())).await;
        assert_eq!(answer.json["code"], "globals", "{answer}");
        let listed = ada.get(&format!("/api/workspaces/{workspace}/environments")).await;
        assert_eq!(listed.json["items"], json!([]));
    }

    async fn a_variable_that_does_not_fit_is_named(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Payments", "team").await;
        let id = ada.environment(&workspace, "Staging", json!([])).await;
        let variable = |key: &str, value: &str| json!({ "key": key, "type": "default", "enabled": true, "value": value });
        let many: Vec<Value> = (0..10_001).map(|n| variable(&n.to_string(), "")).collect();
        for (values, place) in [
            (json!([variable("a", ""), variable(" ", "")]), "/values/1/key"),
            (json!([variable("a", &"x".repeat(1024 * 1024 + 1))]), "/values/0/value"),
            (json!(many), "/values"),
        ] {
            let answer = ada.patch(&format!("/api/environments/{id}"), json!({ "version": 2, "values": values })).await;
            assert_eq!(answer.json["errors"][0]["path"], place);
        }
        assert_eq!(ada.get(&format!("/api/environments/{id}")).await.json["version"], 2);
    }
}
