//! Collections and environments that are moved to another workspace.

use crate::harness::Server;
use serde_json::{Value, json};

on_both_databases! {
    async fn a_collection_and_an_environment_are_moved_with_all_that_is_sealed(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let (from, to) = (olga.workspace("From", "team").await, olga.workspace("To", "private").await);
        let file = json!({
            "info": { "name": "Pay", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "variable": [{ "key": "v", "value": "canary-a", "type": "secret" }],
            "item": [
                { "name": "users", "item": [{ "name": "read", "request": {
                    "url": "http://127.0.0.1:1/x", "method": "GET",
                    "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "canary-b" }] } }, "response": [] }] },
                { "name": "gone", "request": { "url": "http://127.0.0.1:1/y", "method": "GET",
                    "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "canary-c" }] } }, "response": [] }
            ]
        });
        let collection = olga.import(&from, file.to_string()).await.id();
        let export = format!("/api/collections/{collection}/export");
        let before = olga.get(&export).await.json;
        let tree = olga.get(&format!("/api/collections/{collection}/items")).await.json;
        let gone = tree["items"].as_array().unwrap().iter().find(|item| item["name"] == "gone").unwrap();
        let gone = gone["id"].as_str().unwrap().to_owned();
        assert_eq!(olga.delete(&format!("/api/items/{gone}")).await.status, 204);
        let values = json!([{ "key": "token", "type": "secret", "enabled": true, "value": "canary-d" }]);
        let environment = olga.environment(&from, "Staging", values).await;
        let role = json!({ "role": "editor" });
        olga.put(&format!("/api/collections/{collection}/members/{}", ed.person), role.clone()).await;

        // An editor of one side alone may not, and learns nothing of the other.
        let move_it = format!("/api/collections/{collection}/transfer");
        let hidden = ed.post(&move_it, json!({ "workspaceId": to })).await;
        let never = ed.post(&move_it, json!({ "workspaceId": uuid::Uuid::now_v7() })).await;
        assert_eq!((hidden.status.as_u16(), hidden.to_string()), (404, never.to_string()));
        olga.put(&format!("/api/workspaces/{to}/members/{}", ed.person), json!({ "role": "viewer" })).await;
        assert_eq!(ed.post(&move_it, json!({ "workspaceId": to })).await.status, 403);
        let refused = server.admin.get("/api/audit/events?action=collection.transfer").await.json;
        assert_eq!(refused["items"][0]["outcome"], "refused", "{refused}");

        assert_eq!(olga.post(&move_it, json!({ "workspaceId": from })).await.json["code"], "same_workspace");
        assert_eq!(olga.post(&move_it, json!({ "workspaceId": to })).await.status, 204);
        let path = format!("/api/environments/{environment}/transfer");
        assert_eq!(olga.post(&path, json!({ "workspaceId": to })).await.status, 204);

        assert_eq!(olga.get(&format!("/api/workspaces/{from}/collections")).await.json["items"], json!([]));
        assert_eq!(olga.get(&format!("/api/workspaces/{from}/environments")).await.json["items"], json!([]));
        assert_eq!(olga.get(&format!("/api/workspaces/{to}/collections")).await.json["items"][0]["name"], "Pay");
        // What was deleted in it came along, and everything opens under the other key.
        assert_eq!(olga.get(&format!("/api/workspaces/{to}/trash")).await.json["items"][0]["name"], "gone");
        assert_eq!(olga.post(&format!("/api/trash/{gone}/restore"), Value::Null).await.status, 200);
        assert_eq!(olga.get(&export).await.json, before);
        let read = olga.get(&format!("/api/environments/{environment}")).await.json;
        let value = read["values"][0]["id"].as_str().unwrap();
        let reveal = format!("/api/environments/{environment}/values/{value}/reveal");
        assert_eq!(olga.post(&reveal, Value::Null).await.json["value"], "canary-d");
        // The role on the collection alone stayed behind: Ed is what he is in the other workspace.
        assert_eq!(ed.get(&format!("/api/collections/{collection}")).await.json["role"], "viewer");
        let members = olga.get(&format!("/api/collections/{collection}/members")).await.json;
        assert_eq!(members["items"], json!([]));
        // The old workspace can go, with its key.
        assert_eq!(olga.delete(&format!("/api/workspaces/{from}")).await.status, 204);
        assert_eq!(olga.delete(&format!("/api/trash/{from}")).await.status, 204);
        assert_eq!(olga.get(&export).await.json, before);
        assert_eq!(olga.post(&reveal, Value::Null).await.json["value"], "canary-d");
    }

    async fn what_others_see_is_not_moved_into_a_personal_workspace(server: Server) {
        let ada = &server.admin;
        let (personal, team) = (ada.workspace("Mine", "personal").await, ada.workspace("Ours", "team").await);
        let (own, shared) = (ada.collection(&personal, "Own").await, ada.collection(&team, "Shared").await);
        let answer = ada.post(&format!("/api/collections/{shared}/transfer"), json!({ "workspaceId": personal })).await;
        assert_eq!(answer.json["code"], "into_personal", "{answer}");
        assert_eq!(ada.post(&format!("/api/collections/{own}/transfer"), json!({ "workspaceId": team })).await.status, 204);
        let globals = ada.get(&format!("/api/workspaces/{team}/globals")).await.id();
        let answer = ada.post(&format!("/api/environments/{globals}/transfer"), json!({ "workspaceId": personal })).await;
        assert_eq!(answer.json["code"], "globals", "{answer}");
    }
}
