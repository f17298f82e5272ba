//! What was deleted is hidden, can be restored as it was for 30 days, and is gone for good afterwards.

use crate::harness::{Client, Server};
use bulla_access::TeamRole;
use bulla_server::{moment, trash};
use serde_json::{Value, json};

const DAY: i64 = 24 * 60 * 60 * 1000;

fn names(listed: &Value) -> Vec<&str> {
    listed["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

async fn restored(client: &Client, id: &str) -> Value {
    let answer = client.post(&format!("/api/trash/{id}/restore"), Value::Null).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.json
}

on_both_databases! {
    async fn a_deleted_workspace_is_nowhere_and_comes_back_with_roles_and_secrets(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let workspace = olga.workspace("Payments", "private").await;
        let collection = olga.collection(&workspace, "Pay").await;
        let item = olga.item(&collection, None, "request", "Charge").await;
        let values = json!([{ "key": "token", "type": "secret", "enabled": true, "value": "canary-9" }]);
        let environment = olga.environment(&workspace, "Staging", values).await;
        olga.put(&format!("/api/workspaces/{workspace}/members/{}", ed.person), json!({ "role": "viewer" })).await;
        let role = json!({ "role": "editor" });
        assert_eq!(olga.put(&format!("/api/collections/{collection}/members/{}", ed.person), role).await.status, 200);

        assert_eq!(ed.delete(&format!("/api/workspaces/{workspace}")).await.status, 403);
        assert_eq!(olga.delete(&format!("/api/workspaces/{workspace}")).await.status, 204);
        let paths = [
            format!("/api/workspaces/{workspace}"),
            format!("/api/workspaces/{workspace}/members"),
            format!("/api/workspaces/{workspace}/access"),
            format!("/api/workspaces/{workspace}/trash"),
            format!("/api/workspaces/{workspace}/history"),
            format!("/api/workspaces/{workspace}/globals"),
            format!("/api/collections/{collection}"),
            format!("/api/collections/{collection}/members"),
            format!("/api/items/{item}"),
            format!("/api/environments/{environment}"),
            format!("/api/access/explain?action=item.read&kind=item&id={item}"),
        ];
        for path in &paths {
            for client in [&olga, &ed, &server.admin] {
                assert_eq!(client.get(path).await.status, 404, "{path}");
            }
        }
        let send = format!("/api/workspaces/{workspace}/send");
        assert_eq!(olga.post(&send, json!({ "document": { "request": "http://127.0.0.1:1/" } })).await.status, 404);
        assert!(!olga.get("/api/workspaces").await.to_string().contains(&workspace));
        assert!(!server.admin.get(&format!("/api/people/{}/access", olga.person)).await.to_string().contains(&workspace));

        // Its owner and a Super Admin find it in the trash; a viewer does not, and cannot restore what they may not delete.
        let listed = olga.get("/api/trash").await.json;
        assert_eq!((names(&listed), &listed["items"][0]["deletedBy"]), (vec!["Payments"], &json!("Olga")));
        assert_eq!(names(&server.admin.get("/api/trash").await.json), ["Payments"]);
        assert_eq!(ed.get("/api/trash").await.json["items"], json!([]));
        let restore = format!("/api/trash/{workspace}/restore");
        let (hidden, never) = (
            server.person("Sam", "developer").await.post(&restore, Value::Null).await,
            ed.post(&format!("/api/trash/{}/restore", uuid::Uuid::now_v7()), Value::Null).await,
        );
        assert_eq!((hidden.status.as_u16(), hidden.to_string()), (404, never.to_string()));
        assert_eq!(ed.post(&restore, Value::Null).await.status, 403);
        assert_eq!(ed.delete(&format!("/api/trash/{workspace}")).await.status, 403);

        assert_eq!(restored(&olga, &workspace).await["workspaceId"], workspace);
        for path in &paths[..3] {
            assert_eq!(ed.get(path).await.status, 200, "{path}");
        }
        let path = format!("/api/collections/{collection}/items");
        assert_eq!(ed.post(&path, json!({ "parentId": null, "kind": "request", "name": "x" })).await.status, 201);
        let read = olga.get(&format!("/api/environments/{environment}")).await.json;
        let value = read["values"][0]["id"].as_str().unwrap();
        let path = format!("/api/environments/{environment}/values/{value}/reveal");
        assert_eq!(olga.post(&path, Value::Null).await.json["value"], "canary-9");
        assert_eq!(olga.get("/api/trash").await.json["items"], json!([]));
        let events = server.admin.get("/api/audit/events?action=workspace.restore").await.json;
        assert_eq!(events["items"][0]["target"]["id"], workspace, "{events}");
    }

    async fn elements_and_items_come_back_where_they_were(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Payments", "team").await;
        let collection = ada.collection(&workspace, "Pay").await;
        let folder = ada.item(&collection, None, "folder", "Cards").await;
        let first = ada.item(&collection, Some(&folder), "request", "Charge").await;
        ada.item(&collection, Some(&folder), "request", "Refund").await;
        let example = ada.item(&collection, Some(&first), "example", "Paid").await;
        let file = ada.get(&format!("/api/collections/{collection}/export")).await.json;
        let environment = ada.environment(&workspace, "Staging", json!([])).await;
        let trash = format!("/api/workspaces/{workspace}/trash");

        for path in [format!("/api/items/{folder}"), format!("/api/environments/{environment}")] {
            assert_eq!(ada.delete(&path).await.status, 204, "{path}");
            assert_eq!(ada.get(&path).await.status, 404, "{path}");
        }
        assert_eq!(ada.get(&format!("/api/items/{example}")).await.status, 404);
        assert_eq!(names(&ada.get(&trash).await.json), ["Staging", "Cards"]);
        let send = json!({ "environmentId": environment, "document": { "request": "http://127.0.0.1:1/" } });
        assert_eq!(ada.post(&format!("/api/workspaces/{workspace}/send"), send).await.status, 404);
        // What is in something that was deleted waits for it.
        assert_eq!(ada.delete(&format!("/api/collections/{collection}")).await.status, 204);
        assert_eq!(names(&ada.get(&trash).await.json), ["Pay", "Staging"]);
        assert_eq!(ada.post(&format!("/api/trash/{folder}/restore"), Value::Null).await.status, 404);
        assert_eq!(ada.get(&format!("/api/workspaces/{workspace}/collections")).await.json["items"], json!([]));

        restored(ada, &collection).await;
        restored(ada, &environment).await;
        restored(ada, &folder).await;
        assert_eq!(ada.get(&format!("/api/collections/{collection}/export")).await.json, file);
        assert_eq!(ada.get(&trash).await.json["items"], json!([]));

        // A request whose folder is gone comes to the top, and an example waits for its request.
        for item in [&example, &first, &folder] {
            assert_eq!(ada.delete(&format!("/api/items/{item}")).await.status, 204);
        }
        let answer = ada.post(&format!("/api/trash/{example}/restore"), Value::Null).await;
        assert_eq!(answer.json["code"], "parent_gone", "{answer}");
        restored(ada, &first).await;
        restored(ada, &example).await;
        assert_eq!(ada.get(&format!("/api/items/{first}")).await.json["parentId"], Value::Null);
        let events = ada.get("/api/audit/events?action=trash.restore").await.json;
        let last = events["items"].as_array().unwrap().last().unwrap();
        assert_eq!(last["target"], json!({ "kind": "item", "id": example }), "{events}");
    }

    async fn whoever_may_not_edit_sees_no_trash(server: Server) {
        let (olga, vi) = (server.person("Olga", "developer").await, server.person("Vi", "developer").await);
        let workspace = olga.workspace("Payments", "team").await;
        let collection = olga.collection(&workspace, "Pay").await;
        assert_eq!(olga.delete(&format!("/api/collections/{collection}")).await.status, 204);
        let trash = format!("/api/workspaces/{workspace}/trash");
        assert_eq!(vi.get(&trash).await.status, 403);
        assert_eq!(vi.post(&format!("/api/trash/{collection}/restore"), Value::Null).await.status, 403);
        assert_eq!(vi.delete(&format!("/api/trash/{collection}")).await.status, 403);
        olga.put(&format!("/api/workspaces/{workspace}/members/{}", vi.person), json!({ "role": "editor" })).await;
        assert_eq!(names(&vi.get(&trash).await.json), ["Pay"]);
        assert_eq!(vi.delete(&format!("/api/trash/{collection}")).await.status, 204);
        assert_eq!(vi.post(&format!("/api/trash/{collection}/restore"), Value::Null).await.status, 404);
    }

    async fn the_trash_comes_in_pages(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Payments", "team").await;
        for name in ["A", "B", "C"] {
            let collection = ada.collection(&workspace, name).await;
            ada.delete(&format!("/api/collections/{collection}")).await;
        }
        let page = ada.get(&format!("/api/workspaces/{workspace}/trash?limit=2")).await.json;
        assert_eq!(names(&page), ["C", "B"]);
        let path = format!("/api/workspaces/{workspace}/trash?limit=2&after={}", page["next"].as_str().unwrap());
        let page = ada.get(&path).await.json;
        assert_eq!((names(&page), page.get("next")), (vec!["A"], None));
        let path = format!("/api/workspaces/{workspace}/trash?after=x");
        assert_eq!(ada.get(&path).await.json["errors"][0]["path"], "/after");
    }

    async fn after_thirty_days_it_is_gone_for_good(server: Server) {
        let ada = &server.admin;
        let (old, kept) = (ada.workspace("Old", "team").await, ada.workspace("Kept", "team").await);
        let inside = ada.collection(&old, "Inside").await;
        ada.delete(&format!("/api/collections/{inside}")).await;
        let collection = ada.collection(&kept, "Pay").await;
        let item = ada.item(&collection, None, "request", "Charge").await;
        let environment = ada.environment(&kept, "Staging", json!([])).await;
        for path in [
            format!("/api/items/{item}"),
            format!("/api/collections/{collection}"),
            format!("/api/environments/{environment}"),
            format!("/api/workspaces/{old}"),
        ] {
            assert_eq!(ada.delete(&path).await.status, 204, "{path}");
        }
        let app = server.app().await;
        assert_eq!(trash::empty(&app.door, moment::now() + 29 * DAY).await.unwrap(), 0);
        assert_eq!(ada.get("/api/trash").await.json["items"][0]["name"], "Old");
        // The workspace with the collection that was deleted in it; of those in the other one, the request goes first.
        assert_eq!(trash::empty(&app.door, moment::now() + 31 * DAY).await.unwrap(), 5);
        for id in [&old, &collection, &environment, &item, &inside] {
            assert_eq!(ada.post(&format!("/api/trash/{id}/restore"), Value::Null).await.status, 404);
        }
        let database = server.database().await;
        for left in [
            bulla_db::sql!("select count(*) as total from trash"),
            bulla_db::sql!("select count(*) as total from collection where deleted_at is not null"),
            bulla_db::sql!("select count(*) as total from deleted_item"),
            bulla_db::sql!("select count(*) as total from workspace where deleted_at is not null"),
        ] {
            assert_eq!(left.one(database.read()).await.unwrap().integer("total").unwrap(), 0);
        }
        let events = ada.get("/api/audit/events?action=trash.expire").await.json;
        assert_eq!(events["items"].as_array().unwrap().len(), 5, "{events}");
        assert_eq!(events["items"][0]["actor"]["kind"], "system", "{events}");
        assert_eq!(ada.get(&format!("/api/workspaces/{kept}")).await.status, 200);
    }

    async fn somebodys_deleted_personal_workspace_is_theirs(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let adm = server.person("Adm", TeamRole::Admin.name()).await;
        let workspace = olga.workspace("Second", "personal").await;
        assert_eq!(olga.delete(&format!("/api/workspaces/{workspace}")).await.status, 204);
        // A deleted one does not count: the other is the last.
        let left = olga.get("/api/workspaces").await.json["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(olga.delete(&format!("/api/workspaces/{left}")).await.json["code"], "last_personal_workspace");
        assert_eq!(adm.get("/api/trash").await.json["items"], json!([]));
        assert_eq!(adm.post(&format!("/api/trash/{workspace}/restore"), Value::Null).await.status, 404);
        restored(&olga, &workspace).await;
    }
}
