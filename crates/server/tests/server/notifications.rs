//! Notifications: told with what they tell of, in the app and by mail, as each person wants it.

use crate::harness::{Client, Server};
use bulla_db::sql;
use bulla_server::notifications;
use serde_json::{Value, json};

async fn told(client: &Client) -> Vec<String> {
    let listed = client.get("/api/notifications").await;
    assert_eq!(listed.status, 200, "{listed}");
    let items = listed.json["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| format!("{}: {}", item["kind"].as_str().unwrap(), item["subject"].as_str().unwrap()))
        .collect()
}

async fn unread(client: &Client) -> i64 {
    client.get("/api/notifications/unread").await.json["unread"].as_i64().unwrap()
}

async fn mails(server: &Server, to: &str) -> Vec<String> {
    let outbox = server.admin.get("/api/outbox").await.json;
    let mine = outbox["items"].as_array().unwrap().iter().filter(|mail| mail["to"] == to);
    mine.map(|mail| mail["kind"].as_str().unwrap().to_owned()).collect()
}

/// What the admin does that concerns Dora: a group, a workspace and roles.
async fn concern(server: &Server, dora: &Client) -> (String, String) {
    let group = server.group().await;
    let path = format!("/api/groups/{group}/members");
    let answer = server.admin.patch(&path, json!({ "add": [dora.person, server.admin.person] })).await;
    assert_eq!(answer.status, 200, "{answer}");
    let workspace = server.admin.workspace("Pay\u{202e}ments", "team").await;
    let path = format!("/api/workspaces/{workspace}/members/{}", dora.person);
    let answer = server.admin.put(&path, json!({ "role": "editor" })).await;
    assert_eq!(answer.status, 200, "{answer}");
    // The same role once more is no news.
    server.admin.put(&path, json!({ "role": "editor" })).await;
    let path = format!("/api/people/{}/roles", dora.person);
    let answer = server.admin.put(&path, json!({ "roles": ["developer", "community-manager"] })).await;
    assert_eq!(answer.status, 200, "{answer}");
    (group, workspace)
}

on_both_databases! {
    async fn who_is_concerned_is_told_and_nobody_of_their_own_doing(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let sam = server.person("Sam", "developer").await;
        let (_, workspace) = concern(&server, &dora).await;
        let lines = told(&dora).await;
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(lines[0], "roles-changed: Your roles in the team were changed");
        assert_eq!(lines[1], "workspace-added: You were added to the workspace Payments", "the line is not turned around");
        assert!(lines[2].starts_with("group-added: You were added to the group Group "), "{lines:?}");
        assert_eq!(told(&server.admin).await, [] as [String; 0], "what one did oneself is no news");
        assert_eq!(told(&sam).await, [] as [String; 0]);
        assert_eq!(mails(&server, "dora@example.com").await, ["roles-changed", "workspace-added", "group-added"]);

        let newest = dora.get("/api/notifications?limit=1").await.json;
        let last = dora.get(&format!("/api/notifications?limit=5&before={}", newest["next"].as_str().unwrap())).await.json;
        assert_eq!(last["items"].as_array().unwrap().len(), 2);
        assert_eq!(last["items"][0]["path"], format!("/w/{workspace}"));
        assert!(last["next"].is_null());

        // Read by their owner alone.
        assert_eq!(unread(&dora).await, 3);
        let id = newest["items"][0]["id"].as_str().unwrap();
        assert_eq!(sam.post(&format!("/api/notifications/{id}/read"), Value::Null).await.status, 404);
        assert_eq!(dora.post(&format!("/api/notifications/{id}/read"), Value::Null).await.status, 204);
        assert_eq!(unread(&dora).await, 2);
        let rest = dora.get("/api/notifications?unread=true").await.json;
        assert_eq!(rest["items"].as_array().unwrap().len(), 2);
        assert_eq!(dora.post("/api/notifications/read", Value::Null).await.status, 204);
        assert_eq!(unread(&dora).await, 0);
        assert_eq!(told(&dora).await.len(), 3, "read is not gone");
    }

    async fn each_channel_of_a_kind_can_be_switched_off_but_what_guards_the_account(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let wish = |kind: &str, channel: &str, wanted: bool| json!({ "wishes": [{ "kind": kind, "channel": channel, "wanted": wanted }] });
        let path = "/api/notifications/preferences";
        let answer = dora.patch(path, wish("group-added", "mail", false)).await;
        assert_eq!(answer.status, 200, "{answer}");
        let answer = dora.patch(path, wish("workspace-added", "in-app", false)).await;
        assert_eq!(answer.status, 200, "{answer}");
        for channel in ["mail", "in-app"] {
            let answer = dora.patch(path, wish("roles-changed", channel, false)).await;
            assert_eq!((answer.status.as_u16(), &answer.json["errors"][0]["path"]), (422, &json!("/wishes/0/wanted")));
        }
        assert_eq!(dora.patch(path, wish("gossip", "mail", false)).await.status, 400);
        concern(&server, &dora).await;
        let kinds: Vec<_> = told(&dora).await.iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
        assert_eq!(kinds, ["roles-changed", "group-added"]);
        assert_eq!(mails(&server, "dora@example.com").await, ["roles-changed", "workspace-added"]);
        let listed = dora.get(path).await.json;
        let of = |kind: &str| listed["items"].as_array().unwrap().iter().find(|item| item["kind"] == kind).unwrap().clone();
        assert_eq!((&of("group-added")["mail"], &of("group-added")["inApp"]), (&json!(false), &json!(true)));
        assert_eq!(of("new-device")["mandatory"], true);
        let events = server.admin.get("/api/audit/events?action=notification.preferences.update").await.json;
        assert_eq!(events["items"][0]["changes"]["group-added/mail"]["after"]["text"], "off");
    }

    async fn a_change_that_did_not_happen_tells_nobody(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let group = server.group().await;
        let stranger = uuid::Uuid::now_v7().to_string();
        let answer = server.admin.patch(&format!("/api/groups/{group}/members"), json!({ "add": [dora.person, stranger] })).await;
        assert_eq!(answer.status, 422, "{answer}");
        assert_eq!(told(&dora).await, [] as [String; 0]);
        assert_eq!(mails(&server, "dora@example.com").await, [] as [String; 0]);
    }

    async fn there_are_not_too_many_and_old_ones_go(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let (team, app, database) = (server.team().await, server.app().await, server.database().await);
        let mut transaction = database.begin().await.unwrap();
        for number in 0..notifications::MOST {
            sql!("insert into notification (id, team, person, kind, subject, details, created_at) \
                  values ($1, $2, $3, 'group-added', 'x', '', $4)")
                .bind(format!("0000-{number:06}"))
                .bind(&team)
                .bind(&dora.person)
                .bind(number)
                .execute(&mut transaction)
                .await
                .unwrap();
        }
        transaction.commit().await.unwrap();
        concern(&server, &dora).await;
        let count = async || {
            let row = sql!("select count(*) as total, min(created_at) as oldest from notification where person = $1")
                .bind(&dora.person).one(database.read()).await.unwrap();
            (row.integer("total").unwrap(), row.integer("oldest").unwrap())
        };
        assert_eq!(count().await, (notifications::MOST, 3), "the oldest made room");
        notifications::forget_old(&app.door, notifications::KEPT + 10).await.unwrap();
        assert_eq!(count().await.0, notifications::MOST - 8);
    }

    async fn a_sign_in_from_a_browser_that_is_not_known_is_told_to_the_owner(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let sign_in = async |cookie: Option<String>| {
            let mut client = server.anonymous();
            client.cookie = cookie;
            let credentials = json!({ "email": "dora@example.com", "password": crate::harness::PASSWORD });
            let answer = client.post("/api/session", credentials).await;
            assert_eq!(answer.status, 200, "{answer}");
            let mut cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned());
            let device = cookies.find(|cookie| cookie.starts_with("bulla_device="));
            if let Some(device) = &device {
                assert!(device.contains("HttpOnly") && device.contains("SameSite=Lax"), "{device}");
            }
            device.map(|cookie| cookie.split(';').next().unwrap().to_owned())
        };
        assert_eq!(told(&dora).await, [] as [String; 0], "the first browser is no news");
        let second = sign_in(None).await.unwrap();
        assert_eq!(told(&dora).await, ["new-device: Somebody signed in to your account from a new device"]);
        assert_eq!(mails(&server, "dora@example.com").await, ["new-device"]);
        // Known from now on, and only for who has signed in with it.
        assert_eq!(sign_in(Some(second.clone())).await, None);
        assert_eq!(told(&dora).await.len(), 1);
        let sam = server.person("Sam", "developer").await;
        let mut client = server.anonymous();
        client.cookie = Some(second.clone());
        let answer = client.post("/api/session", json!({ "email": "sam@example.com", "password": crate::harness::PASSWORD })).await;
        assert_eq!(answer.status, 200, "{answer}");
        assert_eq!(told(&sam).await.len(), 1, "Sam has not used it");
        let both = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).find(|cookie| cookie.starts_with("bulla_device=")).unwrap();
        assert_eq!(sign_in(Some(both.split(';').next().unwrap().to_owned())).await, None, "Dora is still known in it");
        // What was made up is not known, and the cookie lets nobody in.
        assert!(sign_in(Some("bulla_device=x.y..z".to_owned())).await.is_some());
        client.cookie = Some(second.replace("bulla_device=", "bulla_session="));
        assert_eq!(client.get("/api/session").await.status, 401);
        let row = sql!("select count(*) as total from known_device where token = $1").bind(second.as_bytes().to_vec());
        assert_eq!(row.one(server.database().await.read()).await.unwrap().integer("total").unwrap(), 0, "only hashes");
    }

    async fn the_owner_of_a_key_is_warned_of_its_end_once_for_each_warning(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let app = server.app().await;
        let day = 24 * 60 * 60 * 1000;
        let make = async |body: Value| {
            let answer = dora.post("/api/account/api-keys", body).await;
            assert_eq!(answer.status, 201, "{answer}");
        };
        make(json!({ "name": "fixed", "expiresInDays": 30 })).await;
        make(json!({ "name": "idle", "idleDays": 60 })).await;
        make(json!({ "name": "endless" })).await;
        let begun = bulla_server::moment::now();
        let mut seen = Vec::new();
        for days in [1, 22, 24, 25, 28, 29, 30, 50, 54, 55, 59, 60, 61] {
            for _ in 0..2 {
                bulla_server::api_keys::warn(&app.door, begun + days * day + day / 2).await.unwrap();
            }
            seen = told(&dora).await;
        }
        seen.reverse();
        assert_eq!(seen, [
            "key-expiring: Your API key fixed ends within a week",
            "key-expiring: Your API key fixed ends within a day",
            "key-expiring: Your API key idle ends within a week",
            "key-expiring: Your API key idle ends within a day",
        ]);
        let kinds = mails(&server, "dora@example.com").await;
        assert_eq!(kinds.iter().filter(|kind| *kind == "key-expiring").count(), 4);
        let events = server.admin.get("/api/audit/events?action=api-key.warn").await.json;
        assert_eq!(events["items"].as_array().unwrap().len(), 4);
    }
}
