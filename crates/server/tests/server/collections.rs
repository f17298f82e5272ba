//! Collections over HTTP: edits by version, order, copies, and documents that come back whole.

use crate::harness::Server;
use serde_json::{Value, json};

on_both_databases! {
    async fn a_stale_edit_changes_nothing_and_is_told_what_is_there_now(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Payments", "team").await;
        let collection = ada.collection(&workspace, "Pay").await;
        let item = ada.item(&collection, None, "request", "Charge").await;
        let path = format!("/api/items/{item}");

        let answer = ada.patch(&path, json!({ "version": 1, "name": "Charge a card" })).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(answer.json["version"], 2);

        let stale = ada.patch(&path, json!({ "version": 1, "name": "Refund" })).await;
        assert_eq!(stale.to_string(), "409 stale: the request was changed by someone else; read it again and retry");
        assert_eq!(stale.json["current"]["name"], "Charge a card");
        assert_eq!(stale.json["current"]["version"], 2);
        assert_eq!(ada.get(&path).await.json["name"], "Charge a card");

        for (path, body) in [
            (format!("/api/collections/{collection}"), json!({ "version": 9, "name": "x" })),
            (format!("/api/workspaces/{workspace}"), json!({ "version": 9, "name": "x" })),
        ] {
            let stale = ada.patch(&path, body).await;
            assert_eq!((stale.status.as_u16(), stale.json["code"].as_str()), (409, Some("stale")), "{stale}");
            assert_ne!(stale.json["current"]["name"], "x");
        }
        let answer = ada.delete(&format!("{path}?version=1")).await;
        assert_eq!(answer.json["code"], "stale");
        assert_eq!(ada.get(&path).await.status, 200);
    }

    async fn of_many_edits_of_one_version_one_wins(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Payments", "team").await;
        let collection = ada.collection(&workspace, "Pay").await;
        let path = format!("/api/items/{}", ada.item(&collection, None, "request", "Charge").await);
        let edits = (0..20).map(|n| ada.patch(&path, json!({ "version": 1, "name": format!("edit {n}") })));
        let answers = futures::future::join_all(edits).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(won.len(), 1);
        assert!(answers.iter().all(|answer| answer.status == 200 || answer.json["code"] == "stale"));
        assert_eq!(ada.get(&path).await.json["name"], won[0].json["name"]);
    }

    async fn whatever_happens_at_once_is_done_or_refused(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Busy", "team").await;
        let collection = ada.collection(&workspace, "Busy").await;
        let (one, two) = (
            ada.item(&collection, None, "folder", "one").await,
            ada.item(&collection, None, "folder", "two").await,
        );
        let request = ada.item(&collection, Some(&one), "request", "r").await;
        let acts = (0..60).map(|n| {
            let (items, one, two, request) = (format!("/api/collections/{collection}/items"), &one, &two, &request);
            async move {
                match n % 6 {
                    0 => ada.patch(&format!("/api/items/{request}"), json!({ "version": 1, "name": "x" })).await,
                    1 => {
                        let body = json!({ "version": 1, "parentId": two, "after": null });
                        ada.post(&format!("/api/items/{request}/move"), body).await
                    }
                    2 => ada.post(&format!("/api/items/{one}/duplicate"), Value::Null).await,
                    3 => ada.post(&items, json!({ "parentId": two, "kind": "request", "name": "new" })).await,
                    4 => ada.get(&format!("{items}?limit=1000")).await,
                    _ if n == 59 => ada.delete(&format!("/api/items/{two}")).await,
                    _ => ada.patch(&format!("/api/items/{one}"), json!({ "version": 1, "name": "renamed" })).await,
                }
            }
        });
        for answer in futures::future::join_all(acts).await {
            assert!(!answer.status.is_server_error(), "{answer}");
        }
        // No item is left whose parent is gone.
        let tree = ada.get(&format!("/api/collections/{collection}/items")).await.json;
        let items = tree["items"].as_array().unwrap();
        for item in items {
            let parent = item["parentId"].as_str();
            assert!(parent.is_none_or(|parent| items.iter().any(|other| other["id"] == parent)), "{item}");
        }
    }

    async fn children_keep_their_order_however_often_one_comes_between(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Order", "team").await;
        let collection = ada.collection(&workspace, "Order").await;
        let first = ada.item(&collection, None, "request", "first").await;
        let last = ada.item(&collection, None, "request", "last").await;
        let items = format!("/api/collections/{collection}/items");
        // Each between the first and the one before: there is room for 24 until the children are numbered anew.
        let mut expected = vec![];
        for n in 0..60 {
            let body = json!({ "parentId": null, "kind": "request", "name": format!("{n}"), "after": first });
            expected.insert(0, format!("{n}"));
            assert_eq!(ada.post(&items, body).await.status, 201);
        }
        let body = json!({ "parentId": null, "kind": "folder", "name": "top", "after": null });
        assert_eq!(ada.post(&items, body).await.status, 201);
        expected.insert(0, "first".to_owned());
        expected.insert(0, "top".to_owned());
        expected.push("last".to_owned());
        assert_eq!(names(&ada.get(&items).await.json, None), expected);

        let answer = ada
            .post(&format!("/api/items/{last}/move"), json!({ "version": 1, "parentId": null, "after": null }))
            .await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(names(&ada.get(&items).await.json, None)[0], "last");
    }

    async fn a_folder_cannot_be_moved_into_itself(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Loops", "team").await;
        let collection = ada.collection(&workspace, "Loops").await;
        let outer = ada.item(&collection, None, "folder", "outer").await;
        let inner = ada.item(&collection, Some(&outer), "folder", "inner").await;
        let request = ada.item(&collection, Some(&inner), "request", "request").await;
        for (moved, parent, expected) in [
            (&outer, Some(&outer), "422 invalid: /parentId: is the item itself, or inside it"),
            (&outer, Some(&inner), "422 invalid: /parentId: is the item itself, or inside it"),
            (&outer, Some(&request), "422 invalid: /parentId: must be a folder"),
            (&request, Some(&request), "422 invalid: /parentId: must be a folder"),
        ] {
            let body = json!({ "version": 1, "parentId": parent, "after": null });
            let answer = ada.post(&format!("/api/items/{moved}/move"), body).await;
            assert_eq!(answer.to_string(), expected);
        }
        // Two moves at once that would close a circle: one of them is refused.
        let other = ada.item(&collection, None, "folder", "other").await;
        let into = |item: &str, parent: &str| {
            let path = format!("/api/items/{item}/move");
            let body = json!({ "version": 1, "parentId": parent, "after": null });
            async move { ada.post(&path, body).await }
        };
        let (one, two) = tokio::join!(into(&outer, &other), into(&other, &outer));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 422], "{one}\n{two}");
    }

    async fn folders_are_nested_so_deep_and_no_deeper(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Deep", "team").await;
        let collection = ada.collection(&workspace, "Deep").await;
        let mut parent = None;
        for level in 1..=50 {
            parent = Some(ada.item(&collection, parent.as_deref(), "folder", &format!("level {level}")).await);
        }
        let body = json!({ "parentId": parent, "kind": "folder", "name": "one more" });
        let answer = ada.post(&format!("/api/collections/{collection}/items"), body).await;
        assert_eq!(answer.to_string(), "422 invalid: /parentId: would be 51 folders deep; at most 50 are allowed");
        // What may be made may be taken away and brought back.
        ada.item(&collection, parent.as_deref(), "request", "at the bottom").await;
        let export = ada.get(&format!("/api/collections/{collection}/export")).await;
        let answer = ada.import(&workspace, export.bytes).await;
        assert_eq!(answer.status, 201, "{answer}");
    }

    async fn a_copy_holds_all_and_stands_after_the_original(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Copies", "team").await;
        let collection = ada.collection(&workspace, "Copies").await;
        let folder = ada.item(&collection, None, "folder", "users").await;
        ada.item(&collection, None, "request", "after").await;
        let request = ada.item(&collection, Some(&folder), "request", "read").await;
        ada.item(&collection, Some(&request), "example", "found").await;
        let secret = json!({ "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "canary" }] } });
        ada.patch(&format!("/api/items/{folder}"), json!({ "version": 1, "document": secret, "name": "users" })).await;

        let copy = ada.post(&format!("/api/items/{folder}/duplicate"), Value::Null).await;
        assert_eq!(copy.status, 201, "{copy}");
        assert_eq!(copy.json["document"]["auth"], secret["auth"]);
        let tree = ada.get(&format!("/api/collections/{collection}/items")).await.json;
        assert_eq!(names(&tree, None), ["users", "users Copy", "after"]);
        assert_eq!(names(&tree, Some(&copy.id())), ["read"]);
        assert_eq!(tree["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "example").count(), 2);

        assert_eq!(ada.delete(&format!("/api/items/{folder}")).await.status, 204);
        let tree = ada.get(&format!("/api/collections/{collection}/items")).await.json;
        assert_eq!(tree["items"].as_array().unwrap().len(), 4, "{tree}");
        assert_eq!(ada.get(&format!("/api/items/{request}")).await.status, 404);
    }

    async fn a_secret_variable_of_a_collection_is_masked_and_survives_edits(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Secrets", "team").await;
        let file = json!({
            "info": { "name": "Pay", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "variable": [{ "key": "token", "value": "canary", "type": "secret" }, { "key": "base", "value": "x" }],
            "item": []
        });
        let id = ada.import(&workspace, file.to_string()).await.id();
        let path = format!("/api/collections/{id}");
        let read = ada.get(&path).await;
        assert!(!read.to_string().contains("canary"), "{read}");
        let mut document = read.json["document"].clone();
        document["description"] = json!("edited");
        let edited = ada.patch(&path, json!({ "version": 1, "document": document })).await;
        assert_eq!(edited.status, 200, "{edited}");
        let mut expected = file;
        expected["description"] = json!("edited");
        assert_eq!(ada.get(&format!("{path}/export")).await.json, expected);
    }

    async fn a_tree_is_read_page_by_page(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Pages", "team").await;
        let items: Vec<Value> = (0..25).map(|n| json!({ "name": format!("r{n}"), "request": "http://x" })).collect();
        let file = json!({ "info": { "name": "Pages", "schema": "v2.1.0" }, "item": items });
        let id = ada.import(&workspace, file.to_string()).await.id();
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = ada.get(&format!("/api/collections/{id}/items?limit=10{after}")).await.json;
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["name"].to_string()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 25);
    }
}

/// The names of the children of `parent` in their order.
fn names(tree: &Value, parent: Option<&str>) -> Vec<String> {
    let mut children: Vec<&Value> =
        tree["items"].as_array().unwrap().iter().filter(|item| item["parentId"].as_str() == parent).collect();
    children.sort_by_key(|item| (item["rank"].as_i64().unwrap(), item["id"].as_str().unwrap()));
    children.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}
