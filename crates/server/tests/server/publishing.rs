//! What strangers see of a public workspace: people of other teams, and nobody in particular.

use crate::harness::{Client, On, Server};
use serde_json::{Value, json};

/// A workspace with a secret in every place where one can be.
struct Shop {
    workspace: String,
    collection: String,
    item: String,
    environment: String,
}

impl Shop {
    async fn made_by(owner: &Client) -> Self {
        let workspace = owner.workspace("Shop", "team").await;
        let file = json!({
            "info": { "name": "Pay", "description": "How to pay",
                      "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "auth": { "type": "basic", "basic": [{ "key": "password", "value": "canary-a" }] },
            "variable": [{ "key": "v", "value": "canary-b", "type": "secret" }],
            "item": [{ "name": "read", "request": {
                "url": "{{base}}/x", "method": "GET", "description": "Reads one",
                "header": [{ "key": "Authorization", "value": "Bearer canary-c" }],
                "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "canary-d" }] } }, "response": [] }]
        });
        let collection = owner.import(&workspace, file.to_string()).await.id();
        let tree = owner.get(&format!("/api/collections/{collection}/items")).await.json;
        let item = tree["items"][0]["id"].as_str().unwrap().to_owned();
        let values = json!([
            { "key": "token", "type": "secret", "enabled": true, "value": "canary-e" },
            { "key": "base", "type": "default", "enabled": true, "value": "https://shop.example" }
        ]);
        let environment = owner.environment(&workspace, "Live", values).await;
        Self { workspace, collection, item, environment }
    }

    async fn is_made(&self, owner: &Client, kind: &str) {
        let version = owner.get(&format!("/api/workspaces/{}", self.workspace)).await.json["version"].clone();
        let path = format!("/api/workspaces/{}/visibility", self.workspace);
        assert_eq!(owner.put(&path, json!({ "version": version, "kind": kind })).await.status, 200);
    }

    /// What can be read of it.
    fn pages(&self) -> [String; 5] {
        [
            format!("/api/public/workspaces/{}", self.workspace),
            format!("/api/public/collections/{}", self.collection),
            format!("/api/public/collections/{}/items", self.collection),
            format!("/api/public/items/{}", self.item),
            format!("/api/public/environments/{}", self.environment),
        ]
    }

    /// The same pages of what never was.
    fn that_never_was() -> Self {
        let new = || uuid::Uuid::now_v7().to_string();
        Self { workspace: new(), collection: new(), item: new(), environment: new() }
    }
}

async fn sees_it_without_its_secrets(reader: &Client, shop: &Shop) {
    for page in shop.pages() {
        let answer = reader.get(&page).await;
        assert_eq!(answer.status, 200, "{page}: {answer}");
        assert!(!answer.to_string().contains("canary"), "{page}: {answer}");
        for word in ["role", "email", "member", "Ada"] {
            assert!(!answer.to_string().contains(word), "{page} tells {word}: {answer}");
        }
    }
    let [workspace, collection, _, item, environment] = shop.pages();
    let seen = reader.get(&workspace).await.json;
    assert_eq!((&seen["name"], &seen["teamName"]), (&json!("Shop"), &json!("Analytical")), "{seen}");
    assert_eq!(seen["collections"][0]["name"], "Pay");
    assert_eq!(seen["environments"][0]["name"], "Live");
    assert_eq!(reader.get(&collection).await.json["document"]["info"]["description"], "How to pay");
    let seen = reader.get(&item).await.json;
    assert_eq!(seen["document"]["request"]["url"], "{{base}}/x", "{seen}");
    assert_eq!(seen["document"]["request"]["auth"]["type"], "bearer", "{seen}");
    let seen = reader.get(&environment).await.json;
    let expected = json!([
        { "key": "token", "type": "secret", "enabled": true, "description": "", "value": null },
        { "key": "base", "type": "default", "enabled": true, "description": "", "value": "https://shop.example" }
    ]);
    assert_eq!(seen["values"], expected);
    let globals = reader.get(&workspace).await.json["globalsId"].as_str().unwrap().to_owned();
    assert_eq!(reader.get(&format!("/api/public/environments/{globals}")).await.json["kind"], "globals");
}

async fn sees_what_never_was(reader: &Client, shop: &Shop) {
    for (page, other) in shop.pages().iter().zip(Shop::that_never_was().pages()) {
        let (answer, never) = (reader.get(page).await, reader.get(&other).await);
        assert_eq!((answer.status.as_u16(), answer.to_string()), (404, never.to_string()), "{page}");
    }
}

on_both_databases! {
    /// ASVS 8.4.1.
    async fn people_of_another_team_read_what_is_public_and_nothing_else(server: Server) {
        let sam = server.person("Sam", "developer").await;
        server.in_another_team(&sam, "Others").await;
        let shop = Shop::made_by(&server.admin).await;
        sees_what_never_was(&sam, &shop).await;
        shop.is_made(&server.admin, "public").await;
        sees_it_without_its_secrets(&sam, &shop).await;
        // A member of the team sees the same there, whatever they are.
        sees_it_without_its_secrets(&server.admin, &shop).await;

        // To everything else they are of another team.
        let Shop { workspace, collection, item, environment } = &shop;
        for path in [
            format!("/api/workspaces/{workspace}"),
            format!("/api/workspaces/{workspace}/members"),
            format!("/api/workspaces/{workspace}/collections"),
            format!("/api/workspaces/{workspace}/environments"),
            format!("/api/workspaces/{workspace}/globals"),
            format!("/api/workspaces/{workspace}/history"),
            format!("/api/workspaces/{workspace}/access"),
            format!("/api/workspaces/{workspace}/trash"),
            format!("/api/collections/{collection}"),
            format!("/api/collections/{collection}/export"),
            format!("/api/items/{item}"),
            format!("/api/environments/{environment}"),
            format!("/api/environments/{environment}/export"),
            format!("/api/access/explain?action=workspace.read&kind=workspace&id={workspace}"),
        ] {
            assert_eq!(sam.get(&path).await.status, 404, "{path}");
        }
        for (path, body) in [
            (format!("/api/workspaces/{workspace}/send"), json!({ "document": { "request": "http://127.0.0.1:1/" } })),
            (format!("/api/workspaces/{workspace}/runs"), json!({ "collectionId": collection })),
            (format!("/api/workspaces/{workspace}/join"), Value::Null),
            (format!("/api/workspaces/{workspace}/collections"), json!({ "name": "x" })),
            (format!("/api/items/{item}/duplicate"), Value::Null),
        ] {
            assert_eq!(sam.post(&path, body).await.status, 404, "{path}");
        }
        let listed = sam.get("/api/workspaces").await;
        assert!(!listed.to_string().contains(workspace), "{listed}");

        // What is deleted, or public no more, is gone at once.
        assert_eq!(server.admin.delete(&format!("/api/environments/{environment}")).await.status, 204);
        assert_eq!(sam.get(&format!("/api/public/environments/{environment}")).await.status, 404);
        shop.is_made(&server.admin, "team").await;
        sees_what_never_was(&sam, &shop).await;
        sees_what_never_was(&server.admin, &shop).await;
    }

    async fn nobody_in_particular_is_asked_to_sign_in(server: Server) {
        let shop = Shop::made_by(&server.admin).await;
        shop.is_made(&server.admin, "public").await;
        for page in shop.pages() {
            assert_eq!(server.anonymous().get(&page).await.json["code"], "signed_out", "{page}");
        }
    }

    /// As by the decision for each of them: what is hidden is in no list, and betrayed by no page of it.
    async fn public_workspaces_of_every_team_are_listed_and_no_others(server: Server) {
        let sam = server.person("Sam", "developer").await;
        server.in_another_team(&sam, "Others").await;
        let mut all = Vec::new();
        for (owner, team) in [(&server.admin, "a"), (&sam, "b")] {
            for (index, kind) in ["public", "team", "private", "personal", "public", "public"].iter().enumerate() {
                let id = owner.workspace(&format!("{team}{index} {kind}"), kind).await;
                all.push(id);
            }
        }
        // What is not public any more, and what was deleted, is gone from it.
        for (id, owner) in [(&all[4], &server.admin), (&all[10], &sam)] {
            let version = owner.get(&format!("/api/workspaces/{id}")).await.json["version"].clone();
            let body = json!({ "version": version, "kind": "team" });
            assert_eq!(owner.put(&format!("/api/workspaces/{id}/visibility"), body).await.status, 200);
        }
        assert_eq!(sam.delete(&format!("/api/workspaces/{}", all[10])).await.status, 204);
        for reader in [&server.admin, &sam] {
            let (mut listed, mut after) = (Vec::new(), String::new());
            loop {
                let page = reader.get(&format!("/api/public/workspaces?limit=1{after}")).await.json;
                listed.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
                let Some(next) = page["next"].as_str() else { break };
                after = format!("&after={next}");
            }
            for id in &all {
                let opens = reader.get(&format!("/api/public/workspaces/{id}")).await.status == 200;
                assert_eq!(listed.contains(id), opens, "{id} in {listed:?}");
            }
            assert_eq!(listed, [all[0].clone(), all[5].clone(), all[6].clone(), all[11].clone()]);
        }
        let found = sam.get("/api/public/workspaces?search=A5%20").await.json;
        assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["teamName"]), (1, &json!("Analytical")));
        assert_eq!(sam.get("/api/public/workspaces?search=%25").await.json["items"], json!([]));
        // A page behind what is hidden answers as one behind what never was.
        let behind = async |id: &str| sam.get(&format!("/api/public/workspaces?after={id}")).await.to_string();
        let never = behind(&uuid::Uuid::now_v7().to_string()).await;
        assert!(never.starts_with("422 invalid"), "{never}");
        for hidden in [&all[1], &all[2], &all[4], &all[10]] {
            assert_eq!(behind(hidden).await, never);
        }
        assert_eq!(server.anonymous().get("/api/public/workspaces").await.json["code"], "signed_out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_in_particular_reads_where_the_instance_lets_them() {
    for on in [On::Sqlite, On::Postgres] {
        let Some(mut server) = Server::untouched(on, |config| config.public_access = true).await else { continue };
        server.set_up().await;
        let shop = Shop::made_by(&server.admin).await;
        let nobody = server.anonymous();
        sees_what_never_was(&nobody, &shop).await;
        assert_eq!(nobody.get("/api/public/workspaces").await.json["items"], json!([]));
        shop.is_made(&server.admin, "public").await;
        sees_it_without_its_secrets(&nobody, &shop).await;
        assert_eq!(nobody.get("/api/public/workspaces").await.json["items"][0]["id"], json!(shop.workspace));
        // It opens nothing else, and a key that is none is refused as ever.
        assert_eq!(nobody.get(&format!("/api/workspaces/{}", shop.workspace)).await.json["code"], "signed_out");
        let mut wrong = server.anonymous();
        wrong.key = Some("PMAK-x".to_owned());
        assert_eq!(wrong.get(&shop.pages()[0]).await.status, 401);
        // Who reads without end has to wait.
        let mut last = nobody.get(&shop.pages()[2]).await;
        for _ in 0..bulla_server::publishing::AT_ONCE.get() * 8 {
            if last.status == 429 {
                break;
            }
            last = nobody.get(&shop.pages()[2]).await;
        }
        assert_eq!(last.json["code"], "too_many_reads", "{last}");
        sees_it_without_its_secrets(&server.admin, &shop).await;
    }
}
