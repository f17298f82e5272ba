//! Links by which a collection can be read.

use std::net::IpAddr;

use crate::harness::{Answer, Client, On, Server};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

async fn collection_in(owner: &Client, workspace: &str) -> (String, String) {
    let file = json!({
        "info": { "name": "Pay", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "variable": [{ "key": "v", "value": "canary-a", "type": "secret" }],
        "item": [{ "name": "read", "request": { "url": "http://127.0.0.1:1/x", "method": "GET",
            "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "canary-b" }] } }, "response": [] }]
    });
    let collection = owner.import(workspace, file.to_string()).await.id();
    let tree = owner.get(&format!("/api/collections/{collection}/items")).await.json;
    let item = tree["items"][0]["id"].as_str().unwrap().to_owned();
    (collection, item)
}

async fn link(client: &Client, collection: &str, open_to: &str) -> Answer {
    client.post(&format!("/api/collections/{collection}/share-links"), json!({ "openTo": open_to, "days": 7 })).await
}

/// The secret of a link that was made.
fn secret(made: &Answer) -> String {
    assert_eq!(made.status, 201, "{made}");
    let url = made.json["url"].as_str().unwrap();
    assert!(url.contains("/shared#"), "{url}");
    url.split_once('#').unwrap().1.to_owned()
}

async fn with(server: &Server, client: &Client, secret: &str, method: &str, path: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", server.url))
        .header("x-bulla-request", "1")
        .header("x-bulla-link", secret);
    client.request(request.body(Full::new(Bytes::new())).unwrap()).await
}

async fn opens(server: &Server, client: &Client, secret: &str) -> Answer {
    with(server, client, secret, "POST", "/api/shared").await
}

async fn events(server: &Server, action: &str) -> Vec<Value> {
    let found = server.admin.get(&format!("/api/audit/events?action={action}")).await.json;
    found["items"].as_array().unwrap().iter().filter(|event| event["outcome"] == "done").cloned().collect()
}

on_both_databases! {
    /// ASVS 8.4.1.
    async fn a_link_for_the_team_opens_one_collection_to_it(server: Server) {
        let (olga, billing) = (server.person("Olga", "developer").await, server.person("Bill", "billing").await);
        let sam = server.person("Sam", "developer").await;
        server.in_another_team(&sam, "Others").await;
        let workspace = olga.workspace("Shop", "private").await;
        let (collection, item) = collection_in(&olga, &workspace).await;
        let (_, other) = collection_in(&olga, &workspace).await;
        let made = link(&olga, &collection, "team").await;
        let secret = secret(&made);
        let links = format!("/api/collections/{collection}/share-links");
        assert!(!olga.get(&links).await.to_string().contains(&secret));

        let opened = opens(&server, &billing, &secret).await;
        assert_eq!(opened.status, 200, "{opened}");
        assert_eq!((&opened.json["collection"]["name"], &opened.json["itemCount"]), (&json!("Pay"), &json!(1)));
        let items = with(&server, &billing, &secret, "GET", "/api/shared/items").await;
        assert_eq!(items.json["items"][0]["name"], "read", "{items}");
        let read = with(&server, &billing, &secret, "GET", &format!("/api/shared/items/{item}")).await;
        assert_eq!(read.json["document"]["request"]["auth"]["type"], "bearer", "{read}");
        for answer in [&opened, &items, &read] {
            assert!(!answer.to_string().contains("canary"), "{answer}");
        }
        // It opens nothing else.
        let beside = with(&server, &billing, &secret, "GET", &format!("/api/shared/items/{other}")).await;
        assert_eq!(beside.status, 404, "{beside}");
        for path in [format!("/api/collections/{collection}"), format!("/api/workspaces/{workspace}"), links.clone()] {
            assert_eq!(with(&server, &billing, &secret, "GET", &path).await.status, 404, "{path}");
        }
        // To others, and with another secret, it is no link.
        let never = opens(&server, &billing, "0").await;
        assert_eq!(never.status, 404, "{never}");
        assert_eq!(opens(&server, &sam, &secret).await.to_string(), never.to_string());
        assert_eq!(opens(&server, &server.anonymous(), &secret).await.json["code"], "signed_out");

        // Uses are counted and in the log; the secret is nowhere.
        let listed = olga.get(&links).await.json;
        assert_eq!((&listed["items"][0]["uses"], &listed["items"][0]["createdBy"]), (&json!(1), &json!("Olga")), "{listed}");
        let used = events(&server, "share-link.use").await;
        assert_eq!((used.len(), &used[0]["actor"]["id"]), (1, &json!(billing.person)), "{used:?}");
        let log = server.admin.get("/api/audit/events?limit=200").await;
        assert!(!log.to_string().contains(&secret));
        assert!(server.files().iter().all(|(_, bytes)| !bytes.windows(secret.len()).any(|part| part == secret.as_bytes())));

        // A deleted link is dead at once.
        let id = listed["items"][0]["id"].as_str().unwrap();
        assert_eq!(olga.delete(&format!("{links}/{id}")).await.status, 204);
        assert_eq!(olga.delete(&format!("{links}/{id}")).await.status, 404);
        assert_eq!(opens(&server, &billing, &secret).await.to_string(), never.to_string());
        let read = with(&server, &billing, &secret, "GET", &format!("/api/shared/items/{item}")).await;
        assert_eq!(read.status, 404, "{read}");
        assert_eq!(events(&server, "share-link.delete").await.len(), 1);
    }

    async fn a_link_ends_with_its_time_its_collection_and_the_role_of_its_maker(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let workspace = olga.workspace("Shop", "private").await;
        let (collection, _) = collection_in(&olga, &workspace).await;
        let member = format!("/api/workspaces/{workspace}/members/{}", ed.person);
        assert_eq!(olga.put(&member, json!({ "role": "editor" })).await.status, 200);
        let of_ed = secret(&link(&ed, &collection, "team").await);
        let of_olga = secret(&link(&olga, &collection, "team").await);
        assert_eq!(opens(&server, &server.admin, &of_ed).await.status, 200);
        // Ed is a viewer from now on, and may make none.
        assert_eq!(olga.put(&member, json!({ "role": "viewer" })).await.status, 200);
        assert_eq!(link(&ed, &collection, "team").await.status, 403);
        assert_eq!(opens(&server, &server.admin, &of_ed).await.status, 404);
        assert_eq!(opens(&server, &server.admin, &of_olga).await.status, 200);
        assert_eq!(olga.delete(&format!("/api/collections/{collection}")).await.status, 204);
        assert_eq!(opens(&server, &server.admin, &of_olga).await.status, 404);
        assert_eq!(olga.post(&format!("/api/trash/{collection}/restore"), Value::Null).await.status, 200);
        assert_eq!(opens(&server, &server.admin, &of_olga).await.status, 200);
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        bulla_db::sql!("update share_link set expires_at = 1").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(opens(&server, &server.admin, &of_olga).await.status, 404);
        let path = format!("/api/collections/{collection}/share-links");
        assert_eq!(olga.get(&path).await.json["items"], json!([]));
        for days in [0, 366] {
            let answer = olga.post(&path, json!({ "openTo": "team", "days": days })).await;
            assert_eq!(answer.json["errors"][0]["path"], "/days", "{answer}");
        }
    }

    async fn a_link_for_anybody_is_made_by_those_who_may_publish(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let sam = server.person("Sam", "developer").await;
        server.in_another_team(&sam, "Others").await;
        let workspace = olga.workspace("Shop", "private").await;
        let (collection, _) = collection_in(&olga, &workspace).await;
        let member = format!("/api/workspaces/{workspace}/members/{}", ed.person);
        assert_eq!(olga.put(&member, json!({ "role": "editor" })).await.status, 200);
        assert_eq!(link(&ed, &collection, "anybody").await.status, 403);
        let secret = secret(&link(&olga, &collection, "anybody").await);
        let opened = opens(&server, &sam, &secret).await;
        assert_eq!(opened.status, 200, "{opened}");
        assert!(!opened.to_string().contains("canary"), "{opened}");
        // Sam is of another team, and not named in the log of this one.
        let used = events(&server, "share-link.use").await;
        assert_eq!((used.len(), &used[0]["actor"]["kind"]), (1, &json!("anonymous")), "{used:?}");
        // Once somebody approves what strangers see, an owner makes no such link by themselves.
        server.person("Cora", "community-manager").await;
        let refused = link(&olga, &collection, "anybody").await;
        assert_eq!((refused.status.as_u16(), &refused.json["code"]), (403, &json!("forbidden")), "{refused}");
        assert_eq!(opens(&server, &sam, &secret).await.status, 404, "nor does the one that was made before open anything");
        assert_eq!(link(&server.admin, &collection, "anybody").await.status, 201);
    }

    /// Uses by strangers would fill the log; they are counted all the same.
    async fn the_log_says_once_in_an_hour_who_opens_a_link(server: Server) {
        let sam = server.person("Sam", "developer").await;
        server.in_another_team(&sam, "Others").await;
        let workspace = server.admin.workspace("Shop", "private").await;
        let (collection, _) = collection_in(&server.admin, &workspace).await;
        let secret = secret(&link(&server.admin, &collection, "anybody").await);
        let bill = server.person("Bill", "billing").await;
        for reader in [&server.admin, &bill, &server.admin, &bill, &server.admin] {
            assert_eq!(opens(&server, reader, &secret).await.status, 200);
        }
        assert_eq!(events(&server, "share-link.use").await.len(), 2);
        // However many places strangers come from.
        for last in 1..=25 {
            let mut stranger = Client::from_address(&server.url, IpAddr::from([127, 0, 0, last]));
            stranger.cookie.clone_from(&sam.cookie);
            for _ in 0..2 {
                assert_eq!(opens(&server, &stranger, &secret).await.status, 200);
            }
        }
        assert_eq!(events(&server, "share-link.use").await.len(), 22);
        let listed = server.admin.get(&format!("/api/collections/{collection}/share-links")).await.json;
        assert_eq!(listed["items"][0]["uses"], 55, "{listed}");
        // An hour later it says so again, and how often it was opened until then.
        let database = server.database().await;
        let mut transaction = database.begin().await.unwrap();
        bulla_db::sql!("update share_link_reader set told_at = 1").execute(&mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        database.close().await;
        assert_eq!(opens(&server, &bill, &secret).await.status, 200);
        let told = events(&server, "share-link.use").await;
        let last = told.last().unwrap();
        assert_eq!((told.len(), &last["changes"]["uses"]["after"]["number"]), (23, &json!(56)), "{last}");
    }

    async fn admins_see_every_link_of_their_team_and_end_any(server: Server) {
        let (olga, adam) = (server.person("Olga", "developer").await, server.person("Adam", "admin").await);
        let sam = server.person("Sam", "developer").await;
        server.in_another_team(&sam, "Others").await;
        let workspace = olga.workspace("Shop", "private").await;
        let (collection, _) = collection_in(&olga, &workspace).await;
        let made = link(&olga, &collection, "anybody").await;
        let (id, secret) = (made.json["link"]["id"].as_str().unwrap().to_owned(), secret(&made));
        assert_eq!(opens(&server, &sam, &secret).await.status, 200);
        let (theirs, _) = collection_in(&sam, &sam.workspace("Theirs", "team").await).await;
        let other = link(&sam, &theirs, "team").await.json["link"]["id"].as_str().unwrap().to_owned();

        let listed = adam.get("/api/share-links").await.json;
        let items = listed["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{listed}");
        let told = |field: &str| items[0][field].clone();
        assert_eq!((told("id"), told("createdBy"), told("openTo")), (json!(id), json!("Olga"), json!("anybody")));
        assert_eq!((told("collectionName"), told("workspaceName")), (json!("Pay"), json!("Shop")));
        assert_eq!((told("uses"), told("usedAt").is_string()), (json!(1), true));
        assert!(!listed.to_string().contains(&secret));
        assert_eq!(olga.get("/api/share-links").await.json["code"], "forbidden");
        // One of another team is none.
        assert_eq!(adam.delete(&format!("/api/share-links/{other}")).await.status, 404);
        assert_eq!(adam.delete(&format!("/api/share-links/{id}")).await.status, 204);
        assert_eq!(adam.delete(&format!("/api/share-links/{id}")).await.status, 404);
        assert_eq!(opens(&server, &sam, &secret).await.status, 404);
        assert_eq!(adam.get("/api/share-links").await.json["items"], json!([]));
        let event = events(&server, "team.share-link.delete").await.remove(0);
        assert_eq!((&event["target"]["id"], &event["changes"]["link"]["before"]["text"]), (&json!(collection), &json!(id)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_in_particular_reads_by_a_link_where_the_instance_lets_them() {
    for on in [On::Sqlite, On::Postgres] {
        let Some(mut server) = Server::untouched(on, |config| config.public_access = true).await else { continue };
        server.set_up().await;
        let workspace = server.admin.workspace("Shop", "private").await;
        let (collection, _) = collection_in(&server.admin, &workspace).await;
        let nobody = server.anonymous();
        let open = secret(&link(&server.admin, &collection, "anybody").await);
        assert_eq!(opens(&server, &nobody, &open).await.status, 200);
        let team = secret(&link(&server.admin, &collection, "team").await);
        assert_eq!(opens(&server, &nobody, &team).await.status, 404);
        assert_eq!(opens(&server, &nobody, "").await.status, 404);
    }
}
