//! Watching workspaces and collections.

use crate::harness::{Client, Server};
use bulla_server::watching::PATIENCE;
use serde_json::{Value, json};

/// The subjects of what somebody was told of what they watch, the newest first.
async fn told(client: &Client) -> Vec<String> {
    let list = client.get("/api/notifications").await.json;
    let items = list["items"].as_array().unwrap().iter().filter(|notice| notice["kind"] == "watched-changed");
    items.map(|notice| notice["subject"].as_str().unwrap().to_owned()).collect()
}

/// The mails about it that somebody was sent.
async fn mailed(server: &Server, to: &str) -> usize {
    let outbox = server.admin.get("/api/outbox").await.json;
    let mails = outbox["items"].as_array().unwrap().iter();
    mails.filter(|mail| mail["kind"] == "watched-changed" && mail["to"] == to).count()
}

async fn watches(client: &Client, path: &str) -> (bool, i64) {
    let answer = client.get(path).await.json;
    (answer["watching"].as_bool().unwrap(), answer["watchers"].as_i64().unwrap())
}

on_both_databases! {
    async fn who_watches_is_told_of_what_others_change_once_an_hour(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let vi = server.person("Vi", "developer").await;
        let workspace = olga.workspace("Shop", "team").await;
        let watch = format!("/api/workspaces/{workspace}/watch");
        // Whoever makes a workspace watches it.
        assert_eq!(watches(&olga, &watch).await, (true, 1));
        let member = format!("/api/workspaces/{workspace}/members/{}", ed.person);
        assert_eq!(olga.put(&member, json!({ "role": "editor" })).await.status, 200);
        let collection = olga.collection(&workspace, "Pay").await;
        let other = olga.collection(&workspace, "Other").await;
        let one = format!("/api/collections/{collection}/watch");
        assert_eq!(vi.put(&one, Value::Null).await.status, 204);
        assert_eq!(vi.put(&one, Value::Null).await.status, 204);
        assert_eq!((watches(&vi, &one).await, watches(&vi, &watch).await), ((true, 1), (false, 1)));

        // Nobody is told of what they did themselves, and nobody of what they do not watch.
        assert_eq!((told(&olga).await, told(&vi).await), (vec![], vec![]));
        ed.item(&other, None, "request", "x").await;
        let first = "Ed changed something in the collection Other in the workspace Shop".to_owned();
        assert_eq!((told(&olga).await, told(&vi).await), (vec![first.clone()], vec![]));
        let request = ed.item(&collection, None, "request", "read").await;
        let second = "Ed changed something in the collection Pay in the workspace Shop".to_owned();
        assert_eq!(told(&vi).await, vec![second.clone()]);
        // Many saves are one notice and one mail.
        for version in 1..5 {
            let body = json!({ "version": version, "name": format!("read {version}") });
            assert_eq!(ed.patch(&format!("/api/items/{request}"), body).await.status, 200);
        }
        assert_eq!((told(&olga).await, told(&vi).await), (vec![first.clone()], vec![second.clone()]));
        assert_eq!((mailed(&server, "olga@example.com").await, mailed(&server, "vi@example.com").await), (1, 1));

        // After an hour one is told again; who watches no more is not.
        an_hour_passes(&server).await;
        assert_eq!(olga.delete(&watch).await.status, 204);
        assert_eq!(watches(&olga, &watch).await, (false, 0));
        let path = format!("/api/collections/{collection}");
        assert_eq!(ed.patch(&path, json!({ "version": 1, "name": "Payments" })).await.status, 200);
        assert_eq!(told(&olga).await, [first]);
        let third = "Ed changed the collection Payments in the workspace Shop".to_owned();
        assert_eq!(told(&vi).await, [third.clone(), second.clone()]);

        // Reading and sending change nothing, and a wish not to be told holds.
        an_hour_passes(&server).await;
        assert_eq!(ed.get(&format!("/api/collections/{collection}/export")).await.status, 200);
        assert_eq!(told(&vi).await.len(), 2);
        let wishes = json!({ "wishes": [
            { "kind": "watched-changed", "channel": "in-app", "wanted": false },
            { "kind": "watched-changed", "channel": "mail", "wanted": false }] });
        assert!(vi.put("/api/notifications/preferences", wishes.clone()).await.status.is_success()
            || vi.patch("/api/notifications/preferences", wishes).await.status.is_success());
        ed.item(&collection, None, "request", "y").await;
        assert_eq!(told(&vi).await.len(), 2);
        assert_eq!(mailed(&server, "vi@example.com").await, 2);
    }

    /// ASVS 8.2.2.
    async fn nobody_is_told_of_what_they_may_not_open_any_more(server: Server) {
        let (olga, vi) = (server.person("Olga", "developer").await, server.person("Vi", "developer").await);
        let workspace = olga.workspace("Shop", "team").await;
        assert_eq!(vi.put(&format!("/api/workspaces/{workspace}/watch"), Value::Null).await.status, 204);
        let version = olga.get(&format!("/api/workspaces/{workspace}")).await.json["version"].clone();
        let body = json!({ "version": version, "kind": "private" });
        assert_eq!(olga.put(&format!("/api/workspaces/{workspace}/visibility"), body).await.status, 200);
        olga.collection(&workspace, "Secret plans").await;
        assert_eq!(told(&vi).await, [] as [String; 0]);
        for method in ["get", "put", "delete"] {
            let path = format!("/api/workspaces/{workspace}/watch");
            let answer = match method {
                "get" => vi.get(&path).await,
                "put" => vi.put(&path, Value::Null).await,
                _ => vi.delete(&path).await,
            };
            assert_eq!(answer.status, 404, "{method}");
        }
    }
}

/// As if the last notices were an hour old.
async fn an_hour_passes(server: &Server) {
    let database = server.database().await;
    let mut transaction = database.begin().await.unwrap();
    let earlier = bulla_db::sql!("update watch set told_at = told_at - $1 where told_at > 0").bind(PATIENCE);
    earlier.execute(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
}
