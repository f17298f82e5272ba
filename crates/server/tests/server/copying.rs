//! Copies of collections, environments and whole workspaces.

use crate::harness::{Answer, Client, Server};
use futures::future::join_all;
use serde_json::{Value, json};

async fn copy(client: &Client, what: &str, to: &str) -> Answer {
    client.post(&format!("/api/{what}/copy"), json!({ "workspaceId": to })).await
}

async fn collection_in(owner: &Client, workspace: &str) -> String {
    let file = json!({
        "info": { "name": "Pay", "_postman_id": "file", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "variable": [{ "key": "v", "value": "canary-a", "type": "secret" }, { "key": "w", "value": "1" }],
        "item": [{ "name": "users", "item": [{ "name": "read", "id": "file-item", "request": {
            "url": "http://127.0.0.1:1/x", "method": "GET",
            "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "canary-b" }] } },
            "response": [{ "id": "file-example", "name": "fine", "code": 200, "body": "{}" }] }] }]
    });
    owner.import(workspace, file.to_string()).await.id()
}

async fn environment_in(owner: &Client, workspace: &str) -> String {
    let values = json!([
        { "key": "token", "type": "secret", "enabled": true, "value": "canary-c", "description": "of the shop" },
        { "key": "base", "type": "default", "enabled": false, "value": "https://shop.example" }
    ]);
    owner.environment(workspace, "Live", values).await
}

async fn export(client: &Client, what: &str) -> Value {
    let answer = client.get(&format!("/api/{what}/export")).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.json
}

async fn events(server: &Server, action: &str) -> Vec<Value> {
    let found = server.admin.get(&format!("/api/audit/events?action={action}")).await.json;
    found["items"].as_array().unwrap().iter().filter(|event| event["outcome"] == "done").cloned().collect()
}

on_both_databases! {
    async fn a_copy_has_ids_of_its_own_and_is_sealed_under_its_own_key(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let (from, to) = (olga.workspace("From", "team").await, olga.workspace("To", "private").await);
        let (collection, environment) = (collection_in(&olga, &from).await, environment_in(&olga, &from).await);

        let copied = copy(&olga, &format!("collections/{collection}"), &to).await;
        assert_eq!((copied.status.as_u16(), &copied.json["withSecrets"]), (201, &json!(true)), "{copied}");
        let (made, mut before) = (copied.id(), export(&olga, &format!("collections/{collection}")).await);
        assert_ne!(made, collection);
        let after = export(&olga, &format!("collections/{made}")).await;
        // It equals the original but for what names that.
        before["info"].as_object_mut().unwrap().shift_remove("_postman_id");
        let item = before["item"][0]["item"][0].as_object_mut().unwrap();
        item.shift_remove("id");
        item["response"][0].as_object_mut().unwrap().shift_remove("id");
        assert_eq!(after, before);

        let copied = copy(&olga, &format!("environments/{environment}"), &to).await;
        let (before, after) = (
            export(&olga, &format!("environments/{environment}")).await,
            export(&olga, &format!("environments/{}", copied.id())).await,
        );
        assert_eq!((&after["name"], &after["values"]), (&before["name"], &before["values"]));

        // An event stands on both sides, and says that secrets went along.
        for (action, id) in [("collection.copy", &made), ("collection.copied", &collection), ("environment.copied", &environment)] {
            let event = events(&server, action).await.remove(0);
            assert_eq!(event["target"]["id"], **id, "{event}");
            assert_eq!(event["changes"]["secrets"]["after"]["text"], "with", "{event}");
        }
        // The original can go for good, with its workspace and its key.
        assert_eq!(olga.delete(&format!("/api/workspaces/{from}")).await.status, 204);
        assert_eq!(olga.delete(&format!("/api/trash/{from}")).await.status, 204);
        let token = olga.get(&format!("/api/environments/{}", copied.id())).await.json["values"][0]["id"].clone();
        let reveal = format!("/api/environments/{}/values/{}/reveal", copied.id(), token.as_str().unwrap());
        assert_eq!(olga.post(&reveal, Value::Null).await.json["value"], "canary-c");
        assert!(export(&olga, &format!("collections/{made}")).await.to_string().contains("canary-b"));
    }

    /// ASVS 8.4.1.
    async fn secrets_go_along_with_those_alone_who_may_see_them(server: Server) {
        let (olga, dev) = (server.person("Olga", "developer").await, server.person("Dev", "developer").await);
        let (from, own) = (olga.workspace("From", "team").await, dev.workspace("Own", "personal").await);
        let (collection, environment) = (collection_in(&olga, &from).await, environment_in(&olga, &from).await);
        // Dev may look because the workspace is open to the team, and may not reveal.
        let copied = copy(&dev, &format!("collections/{collection}"), &own).await;
        assert_eq!(copied.json["withSecrets"], false, "{copied}");
        let text = export(&dev, &format!("collections/{}", copied.id())).await.to_string();
        assert!(!text.contains("canary-a") && text.contains("\"w\""), "{text}");
        // Nor does an export take them away.
        let text = export(&dev, &format!("collections/{collection}")).await.to_string();
        assert!(!text.contains("canary-a"), "{text}");
        let copied = copy(&dev, &format!("environments/{environment}"), &own).await;
        let copy_of = export(&dev, &format!("environments/{}", copied.id())).await;
        assert!(!copy_of.to_string().contains("canary"), "{copy_of}");
        assert_eq!(copy_of["values"][0]["type"], "secret");
        assert_eq!(copy_of["values"][1]["value"], "https://shop.example");
        let event = events(&server, "environment.copied").await.remove(0);
        assert_eq!(event["changes"].get("secrets"), None, "{event}");
        // Who may not even look is told what is told of what never was; and a viewer takes nothing in.
        let hidden = collection_in(&olga, &olga.workspace("Hidden", "private").await).await;
        let never = copy(&dev, &format!("collections/{}", uuid::Uuid::now_v7()), &own).await;
        let answer = copy(&dev, &format!("collections/{hidden}"), &own).await;
        assert_eq!((answer.status.as_u16(), answer.to_string()), (404, never.to_string()));
        assert_eq!(copy(&dev, &format!("collections/{collection}"), &from).await.status, 403);
        let globals = olga.get(&format!("/api/workspaces/{from}/globals")).await.id();
        assert_eq!(copy(&olga, &format!("environments/{globals}"), &from).await.json["code"], "globals");
    }

    async fn the_content_of_a_workspace_is_copied_whole(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let (from, to) = (olga.workspace("From", "team").await, olga.workspace("To", "private").await);
        collection_in(&olga, &from).await;
        environment_in(&olga, &from).await;
        let globals = olga.get(&format!("/api/workspaces/{from}/globals")).await.json;
        let values = json!([{ "key": "g", "type": "default", "enabled": true, "value": "1" }]);
        let path = format!("/api/environments/{}", globals["id"].as_str().unwrap());
        assert_eq!(olga.patch(&path, json!({ "version": globals["version"], "values": values })).await.status, 200);
        assert_eq!(copy(&olga, &format!("workspaces/{from}"), &from).await.json["code"], "same_workspace");
        let copied = copy(&olga, &format!("workspaces/{from}"), &to).await;
        assert_eq!(copied.json, json!({ "collections": 1, "environments": 2, "withSecrets": true }), "{copied}");
        let listed = olga.get(&format!("/api/workspaces/{to}/environments")).await.json;
        assert_eq!((&listed["items"][0]["name"], &listed["items"][1]["name"]), (&json!("Globals of From"), &json!("Live")));
        assert_eq!(olga.get(&format!("/api/workspaces/{to}/collections")).await.json["items"][0]["itemCount"], 3);
        let event = events(&server, "workspace.copy").await.remove(0);
        assert_eq!((&event["target"]["id"], &event["changes"]["collections"]["after"]["number"]), (&json!(to), &json!(1)));
        assert_eq!(events(&server, "workspace.copied").await[0]["target"]["id"], *from);
        assert_eq!(events(&server, "collection.copy").await.len(), 1);
    }

    async fn what_is_public_is_copied_into_another_team_as_strangers_see_it(server: Server) {
        let sam = server.person("Sam", "developer").await;
        let own = sam.workspace("Own", "personal").await;
        server.in_another_team(&sam, "Others").await;
        let theirs = sam.workspace("Theirs", "team").await;
        let shop = server.admin.workspace("Shop", "public").await;
        let hidden = server.admin.workspace("Hidden", "team").await;
        let collection = collection_in(&server.admin, &shop).await;
        let copied = copy(&sam, &format!("collections/{collection}"), &theirs).await;
        assert_eq!((copied.status.as_u16(), &copied.json["withSecrets"]), (201, &json!(false)), "{copied}");
        let text = export(&sam, &format!("collections/{}", copied.id())).await.to_string();
        assert!(!text.contains("canary") && text.contains("bearer"), "{text}");
        environment_in(&server.admin, &shop).await;
        let copied = copy(&sam, &format!("workspaces/{shop}"), &theirs).await;
        assert_eq!(copied.json, json!({ "collections": 1, "environments": 1, "withSecrets": false }), "{copied}");
        let other = collection_in(&server.admin, &hidden).await;
        assert_eq!(copy(&sam, &format!("collections/{other}"), &theirs).await.status, 404);
        assert_eq!(copy(&sam, &format!("workspaces/{hidden}"), &theirs).await.status, 404);
        // Nothing is taken into a workspace of the team that they left.
        assert_eq!(copy(&sam, &format!("collections/{collection}"), &own).await.status, 404);
    }

    /// What is large would hold the one writer for long.
    async fn what_is_too_large_is_not_copied_at_once(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let (from, to) = (olga.workspace("From", "team").await, olga.workspace("To", "private").await);
        let items: Vec<_> = (0..=20_000).map(|number| json!({ "name": number.to_string() })).collect();
        let schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
        let file = json!({ "info": { "name": "Many", "schema": schema }, "item": items });
        let collection = olga.import(&from, file.to_string()).await.id();
        for what in [format!("collections/{collection}"), format!("workspaces/{from}")] {
            let answer = copy(&olga, &what, &to).await;
            assert_eq!((answer.status.as_u16(), &answer.json["code"]), (409, &json!("too_many")), "{answer}");
        }
        assert_eq!(olga.get(&format!("/api/workspaces/{to}/collections")).await.json["items"], json!([]));
    }

    async fn many_copies_at_once_wait_for_their_turn(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let (from, to) = (olga.workspace("From", "team").await, olga.workspace("To", "private").await);
        let collection = collection_in(&olga, &from).await;
        let what = format!("collections/{collection}");
        let answers = join_all((0..8).map(|_| copy(&olga, &what, &to))).await;
        for answer in answers {
            assert_eq!(answer.status, 201, "{answer}");
        }
        let listed = olga.get(&format!("/api/workspaces/{to}/collections")).await.json;
        assert_eq!(listed["items"].as_array().unwrap().len(), 8);
        assert_eq!(events(&server, "collection.copy").await.len(), 8);
    }
}
