//! Who may open a workspace, and how that is changed; joining and leaving; asking for a role.

use crate::harness::{Answer, Client, Server};
use bulla_server::moment;
use bulla_server::workspaces::{requests, visibility};
use futures::future::join_all;
use serde_json::{Value, json};

const DAY: i64 = 24 * 60 * 60 * 1000;

async fn convert(client: &Client, workspace: &str, kind: &str) -> Answer {
    let version = client.get(&format!("/api/workspaces/{workspace}")).await.json["version"].clone();
    let body = json!({ "version": version, "kind": kind, "note": "for our partners" });
    client.put(&format!("/api/workspaces/{workspace}/visibility"), body).await
}

async fn mails(server: &Server, kind: &str) -> Vec<String> {
    let outbox = server.admin.get("/api/outbox").await.json;
    let mails = outbox["items"].as_array().unwrap().iter().filter(|mail| mail["kind"] == kind);
    mails.map(|mail| mail["to"].as_str().unwrap().to_owned()).collect()
}

/// What was announced after the answer is there soon.
async fn mailed(server: &Server, kind: &str) -> Vec<String> {
    for _ in 0..200 {
        let found = mails(server, kind).await;
        if !found.is_empty() {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("no mail of the kind {kind}");
}

async fn give(owner: &Client, workspace: &str, person: &Client, role: &str) {
    let path = format!("/api/workspaces/{workspace}/members/{}", person.person);
    assert_eq!(owner.put(&path, json!({ "role": role })).await.status, 200);
}

async fn role_in(client: &Client, workspace: &str) -> Value {
    client.get(&format!("/api/workspaces/{workspace}")).await.json["role"].clone()
}

on_both_databases! {
    async fn a_public_workspace_is_approved_by_a_community_manager(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let com = server.person("Com", "community-manager").await;
        let billing = server.person("Bil", "billing").await;
        let workspace = olga.workspace("Payments", "private").await;
        give(&olga, &workspace, &ed, "editor").await;
        assert_eq!(convert(&ed, &workspace, "public").await.status, 403);

        let exposure = olga.get(&format!("/api/workspaces/{workspace}/visibility")).await.json;
        assert_eq!((&exposure["needsApproval"], exposure.get("request")), (&json!(true), None));
        let asked = convert(&olga, &workspace, "public").await;
        assert_eq!((asked.status.as_u16(), &asked.json["workspace"]["kind"]), (200, &json!("team")), "{asked}");
        assert_eq!(asked.json["request"]["state"], "open");
        assert_eq!(mails(&server, "conversion-requested").await, ["com@example.com"]);
        assert_eq!(convert(&olga, &workspace, "public").await.json["code"], "already_asked");
        assert_eq!(billing.get(&format!("/api/workspaces/{workspace}")).await.status, 404);

        // Nobody decides but a Community Manager or Super Admin, not even the owner who asked.
        let request = asked.json["request"]["id"].as_str().unwrap().to_owned();
        let decide = |approve: bool| json!({ "approve": approve, "answer": "fine" });
        let path = format!("/api/publish-requests/{request}/decision");
        for client in [&olga, &ed, &billing] {
            assert_eq!(client.get("/api/publish-requests").await.status, 403);
            assert_eq!(client.post(&path, decide(true)).await.status, 403);
        }
        let listed = com.get("/api/publish-requests").await.json;
        let first = &listed["items"][0];
        assert_eq!((&first["workspaceName"], &first["by"], &first["note"]), (&json!("Payments"), &json!("Olga"), &json!("for our partners")));
        let approved = com.post(&path, decide(true)).await;
        assert_eq!((approved.status.as_u16(), &approved.json["state"]), (200, &json!("approved")), "{approved}");
        assert_eq!(com.post(&path, decide(false)).await.json["code"], "not_open");
        assert_eq!(billing.get(&format!("/api/workspaces/{workspace}")).await.json["kind"], "public");
        assert_eq!(mails(&server, "conversion-answered").await, ["olga@example.com"]);
        let mut told = mails(&server, "workspace-published").await;
        told.sort();
        assert_eq!(told, ["ed@example.com", "olga@example.com"]);
        let events = server.admin.get("/api/audit/events?action=workspace.publish.decide").await.json;
        let done = events["items"].as_array().unwrap().iter().find(|event| event["outcome"] == "done").unwrap();
        assert_eq!(done["changes"]["kind"]["after"]["text"], "public", "{done}");

        // And back. What is public is not deleted.
        assert_eq!(olga.delete(&format!("/api/workspaces/{workspace}")).await.json["code"], "public_workspace");
        assert_eq!(convert(&olga, &workspace, "personal").await.json["code"], "team_first");
        assert_eq!(convert(&olga, &workspace, "private").await.json["workspace"]["kind"], "private");
        assert_eq!(billing.get(&format!("/api/workspaces/{workspace}")).await.status, 404);
        assert_eq!(role_in(&ed, &workspace).await, "editor");
    }

    async fn a_request_is_refused_cancelled_or_ends(server: Server) {
        let (olga, com) = (server.person("Olga", "developer").await, server.person("Com", "community-manager").await);
        let workspace = olga.workspace("Payments", "team").await;
        let state = async || {
            olga.get(&format!("/api/workspaces/{workspace}/visibility")).await.json["request"]["state"].clone()
        };
        let asked = convert(&olga, &workspace, "public").await.json;
        let path = format!("/api/publish-requests/{}/decision", asked["request"]["id"].as_str().unwrap());
        assert_eq!(com.post(&path, json!({ "approve": false, "answer": "not yet" })).await.json["answer"], "not yet");
        assert_eq!(state().await, "refused");
        assert_eq!(olga.get(&format!("/api/workspaces/{workspace}")).await.json["kind"], "team");

        convert(&olga, &workspace, "public").await;
        let cancel = format!("/api/workspaces/{workspace}/publish-request");
        assert_eq!(com.delete(&cancel).await.status, 403);
        assert_eq!(olga.delete(&cancel).await.status, 204);
        assert_eq!(olga.delete(&cancel).await.status, 404);
        assert_eq!(state().await, "cancelled");

        // To make it private takes the request back.
        convert(&olga, &workspace, "public").await;
        convert(&olga, &workspace, "private").await;
        assert_eq!(state().await, "cancelled");

        let asked = convert(&olga, &workspace, "public").await.json;
        let app = server.app().await;
        assert_eq!(visibility::expire(&app.door, moment::now() + 14 * DAY).await.unwrap(), 0);
        assert_eq!(visibility::expire(&app.door, moment::now() + 16 * DAY).await.unwrap(), 1);
        assert_eq!(state().await, "expired");
        let path = format!("/api/publish-requests/{}/decision", asked["request"]["id"].as_str().unwrap());
        assert_eq!(com.post(&path, json!({ "approve": true })).await.json["code"], "not_open");
    }

    async fn without_a_community_manager_its_owner_decides(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let (one, two) = (olga.workspace("Payments", "team").await, olga.workspace("payments", "team").await);
        let done = convert(&olga, &one, "public").await;
        assert_eq!((&done.json["workspace"]["kind"], done.json.get("request")), (&json!("public"), None), "{done}");
        // The names of public workspaces differ.
        assert_eq!(convert(&olga, &two, "public").await.json["code"], "name_taken");
        let other = olga.workspace("Other", "team").await;
        assert_eq!(convert(&olga, &other, "public").await.status, 200);
        let version = olga.get(&format!("/api/workspaces/{other}")).await.json["version"].clone();
        let renamed = olga.patch(&format!("/api/workspaces/{other}"), json!({ "version": version, "name": "PAYMENTS" })).await;
        assert_eq!(renamed.json["code"], "name_taken", "{renamed}");

        // With one, a plan without the role leaves the decision to the owner.
        server.person("Com", "community-manager").await;
        let third = olga.workspace("Third", "team").await;
        assert_eq!(convert(&olga, &third, "public").await.json["request"]["state"], "open");
        server.plan("basic").await;
        assert_eq!(convert(&olga, &third, "public").await.json["workspace"]["kind"], "public");
        assert_eq!(convert(&olga, &third, "private").await.json["code"], "plan_needed");
    }

    async fn conversions_keep_roles_and_a_personal_workspace_for_everybody(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let personal = olga.get("/api/workspaces").await.json["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(convert(&olga, &personal, "team").await.json["workspace"]["kind"], "team");
        let kinds = |listed: &Value| -> Vec<String> {
            listed["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
        };
        let mut listed = kinds(&olga.get("/api/workspaces").await.json);
        listed.sort();
        assert_eq!(listed, ["personal", "team"]);
        assert_eq!(role_in(&ed, &personal).await, "viewer");

        // Whoever has a role on an element keeps their way to it.
        let collection = olga.collection(&personal, "Pay").await;
        let path = format!("/api/collections/{collection}/members/{}", ed.person);
        assert_eq!(olga.put(&path, json!({ "role": "editor" })).await.status, 200);
        assert_eq!(convert(&olga, &personal, "personal").await.json["code"], "private_first");
        assert_eq!(convert(&olga, &personal, "private").await.status, 200);
        assert_eq!(role_in(&ed, &personal).await, "viewer");
        assert_eq!(ed.get(&format!("/api/collections/{collection}")).await.json["role"], "editor");
        assert_eq!(convert(&olga, &personal, "personal").await.json["code"], "has_members");
        assert_eq!(ed.post(&format!("/api/workspaces/{personal}/leave"), Value::Null).await.status, 204);
        assert_eq!(convert(&olga, &personal, "personal").await.json["workspace"]["kind"], "personal");
        assert_eq!(ed.get(&format!("/api/workspaces/{personal}")).await.status, 404);

        let stale = json!({ "version": 1, "kind": "team" });
        let answer = olga.put(&format!("/api/workspaces/{personal}/visibility"), stale).await;
        assert_eq!((answer.status.as_u16(), &answer.json["current"]["kind"]), (409, &json!("personal")), "{answer}");
    }

    async fn what_strangers_would_see_is_counted_without_a_value(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Payments", "team").await;
        ada.collection(&workspace, "Pay").await;
        let values = json!([
            { "key": "api-token", "type": "default", "enabled": true, "value": "canary-1" },
            { "key": "PASSWORD", "type": "secret", "enabled": true, "value": "canary-2" },
            { "key": "base", "type": "default", "enabled": true, "value": "canary-3" }
        ]);
        ada.environment(&workspace, "Staging", values).await;
        let answer = ada.get(&format!("/api/workspaces/{workspace}/visibility")).await;
        assert!(!answer.to_string().contains("canary"), "{answer}");
        assert_eq!(answer.json["collections"]["names"], json!(["Pay"]));
        let seen = &answer.json["environments"];
        assert_eq!((&seen["shown"], &seen["secret"]), (&json!(2), &json!(1)));
        assert_eq!(seen["suspicious"], json!([{ "environment": "Staging", "key": "api-token" }]));
    }

    async fn who_joins_becomes_what_the_workspace_says(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let workspace = olga.workspace("Payments", "team").await;
        let (join, leave) = (format!("/api/workspaces/{workspace}/join"), format!("/api/workspaces/{workspace}/leave"));
        assert_eq!(ed.post(&join, Value::Null).await.json["role"], "viewer");
        assert_eq!(ed.post(&join, Value::Null).await.json["code"], "already_member");
        assert_eq!(ed.post(&leave, Value::Null).await.status, 204);
        assert_eq!(ed.post(&leave, Value::Null).await.json["code"], "no_role");

        let path = format!("/api/workspaces/{workspace}");
        let owner = olga.patch(&path, json!({ "version": 1, "joinRole": "owner" })).await;
        assert_eq!(owner.json["errors"][0]["path"], "/joinRole");
        assert_eq!(olga.patch(&path, json!({ "version": 1, "joinRole": "editor" })).await.json["joinRole"], "editor");
        assert_eq!(ed.post(&join, Value::Null).await.json["role"], "editor");
        assert_eq!(role_in(&ed, &workspace).await, "editor");
        assert_eq!(olga.post(&leave, Value::Null).await.json["code"], "last_owner");
        give(&olga, &workspace, &ed, "owner").await;
        assert_eq!(olga.post(&leave, Value::Null).await.status, 204);
        assert_eq!(role_in(&olga, &workspace).await, "viewer");

        let private = ed.workspace("Secret", "private").await;
        assert_eq!(olga.post(&format!("/api/workspaces/{private}/join"), Value::Null).await.status, 404);
        give(&ed, &private, &olga, "viewer").await;
        assert_eq!(olga.post(&format!("/api/workspaces/{private}/join"), Value::Null).await.json["code"], "not_joinable");
        let own = ed.get("/api/workspaces").await.json;
        let own = own["items"].as_array().unwrap().iter().find(|item| item["kind"] == "personal").unwrap();
        let leave = format!("/api/workspaces/{}/leave", own["id"].as_str().unwrap());
        assert_eq!(ed.post(&leave, Value::Null).await.json["code"], "personal_workspace");
    }

    async fn a_role_is_asked_for_and_given(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let workspace = olga.workspace("Payments", "team").await;
        let body = json!({ "kind": "workspace", "subject": workspace, "role": "editor", "note": "to fix it" });
        let asked = ed.post("/api/access-requests", body.clone()).await;
        assert_eq!(asked.status, 202, "{asked}");
        assert_eq!(ed.post("/api/access-requests", body.clone()).await.json["code"], "already_asked");
        assert_eq!(mailed(&server, "access-requested").await, ["olga@example.com"]);
        let list = format!("/api/workspaces/{workspace}/access-requests");
        assert_eq!(ed.get(&list).await.status, 403);
        let listed = olga.get(&list).await.json;
        assert_eq!((&listed["items"][0]["by"]["name"], &listed["items"][0]["note"]), (&json!("Ed"), &json!("to fix it")));

        let path = format!("/api/access-requests/{}/decision", asked.id());
        assert_eq!(ed.post(&path, json!({ "role": "owner" })).await.status, 403);
        // The owner decides on the role.
        let given = olga.post(&path, json!({ "role": "viewer", "answer": "look first" })).await;
        assert_eq!((given.status.as_u16(), &given.json["member"]["role"]), (200, &json!("viewer")), "{given}");
        assert_eq!(olga.post(&path, json!({ "role": "editor" })).await.json["code"], "not_open");
        assert_eq!(ed.get("/api/access-requests").await.json["items"][0]["state"], "approved");
        // One notice tells all of it.
        assert_eq!(mails(&server, "access-answered").await, ["ed@example.com"]);
        assert_eq!(mails(&server, "workspace-added").await, [] as [String; 0]);
        let told = ed.get("/api/notifications").await.json;
        assert_eq!(told["items"].as_array().unwrap().len(), 1, "{told}");
        assert_eq!(told["items"][0]["details"], "You are a viewer there. The answer: look first");

        // On one collection alone.
        let collection = olga.collection(&workspace, "Pay").await;
        let body = json!({ "kind": "collection", "subject": collection, "role": "editor" });
        let asked = ed.post("/api/access-requests", body).await;
        let path = format!("/api/access-requests/{}/decision", asked.id());
        assert_eq!(olga.post(&path, json!({ "role": "editor" })).await.status, 200);
        assert_eq!(ed.get(&format!("/api/collections/{collection}")).await.json["role"], "editor");
        assert_eq!(role_in(&ed, &workspace).await, "viewer");

        // Refused, taken back, and asked for again.
        let body = json!({ "kind": "workspace", "subject": workspace, "role": "editor" });
        let asked = ed.post("/api/access-requests", body.clone()).await;
        let path = format!("/api/access-requests/{}/decision", asked.id());
        assert_eq!(olga.post(&path, json!({ "role": null, "answer": "no" })).await.status, 200);
        let own = ed.get("/api/access-requests").await.json;
        assert_eq!((&own["items"][0]["state"], &own["items"][0]["answer"]), (&json!("refused"), &json!("no")));
        assert_eq!(olga.delete(&format!("/api/access-requests/{}", asked.id())).await.status, 404);
        assert_eq!(ed.delete(&format!("/api/access-requests/{}", asked.id())).await.status, 204);
        assert_eq!(ed.post("/api/access-requests", body).await.status, 202);
        let app = server.app().await;
        assert_eq!(requests::expire(&app.door, moment::now() + 14 * DAY).await.unwrap(), 0);
        assert_eq!(requests::expire(&app.door, moment::now() + 16 * DAY).await.unwrap(), 1);
        assert_eq!(ed.get("/api/access-requests").await.json["items"][0]["state"], "expired");
        assert_eq!(mails(&server, "access-answered").await.len(), 4);

        for (body, place) in [
            (json!({ "kind": "workspace", "subject": "x", "role": "viewer" }), "/subject"),
            (json!({ "kind": "workspace", "subject": workspace, "role": "owner" }), "/role"),
            (json!({ "kind": "workspace", "subject": workspace, "role": "editor", "note": "x".repeat(10_001) }), "/note"),
        ] {
            assert_eq!(ed.post("/api/access-requests", body).await.json["errors"][0]["path"], place);
        }
    }

    async fn asking_for_what_is_hidden_is_asking_for_what_never_was(server: Server) {
        let (olga, sam) = (server.person("Olga", "developer").await, server.person("Sam", "developer").await);
        let hidden = olga.workspace("Secret plans", "private").await;
        let collection = olga.collection(&hidden, "Bribes").await;
        let never = uuid::Uuid::now_v7().to_string();
        let mut ids = Vec::new();
        for (kind, subject) in [("workspace", &hidden), ("workspace", &never), ("collection", &collection)] {
            let asked = sam.post("/api/access-requests", json!({ "kind": kind, "subject": subject, "role": "viewer" })).await;
            assert_eq!(asked.status, 202, "{asked}");
            assert_eq!(asked.json.as_object().unwrap().keys().collect::<Vec<_>>(), ["id"]);
            ids.push(asked.id());
        }
        assert_eq!(mailed(&server, "access-requested").await[0], "olga@example.com");
        // Who asked sees them wait, also when one was refused.
        let path = |id: &str| format!("/api/access-requests/{id}/decision");
        assert_eq!(olga.post(&path(&ids[0]), json!({ "role": null, "answer": "never" })).await.status, 200);
        let own = sam.get("/api/access-requests").await;
        for item in own.json["items"].as_array().unwrap() {
            assert_eq!((&item["state"], &item["answer"]), (&json!("open"), &json!("")), "{own}");
        }
        assert!(!own.to_string().contains("Secret") && !own.to_string().contains("Bribes"), "{own}");
        assert_eq!(mails(&server, "access-answered").await, [] as [String; 0]);
        for subject in [&hidden, &never] {
            let body = json!({ "kind": "workspace", "subject": subject, "role": "viewer" });
            assert_eq!(sam.post("/api/access-requests", body).await.json["code"], "already_asked");
        }
        // The decision on what is not there, and on what is hidden, is nobody's.
        for id in &ids {
            assert_eq!(sam.post(&path(id), json!({ "role": "owner" })).await.status, 404);
        }
        assert_eq!(server.admin.post(&path(&ids[1]), json!({ "role": "viewer" })).await.status, 404);
        // Granted on the collection: now the workspace can be opened too.
        assert_eq!(olga.post(&path(&ids[2]), json!({ "role": "viewer" })).await.status, 200);
        assert_eq!(role_in(&sam, &hidden).await, "viewer");
    }

    async fn a_secret_is_not_shown_because_the_workspace_is_open(server: Server) {
        let (olga, dev) = (server.person("Olga", "developer").await, server.person("Dev", "developer").await);
        let billing = server.person("Bill", "billing").await;
        let workspace = olga.workspace("Shop", "team").await;
        let values = json!([{ "key": "token", "type": "secret", "enabled": true, "value": "canary" }]);
        let environment = olga.environment(&workspace, "Staging", values).await;
        assert_eq!(convert(&server.admin, &workspace, "public").await.status, 200);

        let path = format!("/api/environments/{environment}");
        let read = billing.get(&path).await.json;
        assert_eq!((&read["mayReveal"], &read["values"][0]["value"]), (&json!(false), &Value::Null), "{read}");
        let reveal = format!("{path}/values/{}/reveal", read["values"][0]["id"].as_str().unwrap());
        for outsider in [&billing, &dev] {
            let refused = outsider.post(&reveal, Value::Null).await;
            let expected = "403 forbidden: you may not do this: you need a role that was given or came by joining";
            assert_eq!(refused.to_string(), expected);
        }
        let why = format!("/api/access/explain?action=secret.reveal&kind=environment&id={environment}");
        let told = dev.get(&why).await.json;
        assert_eq!((&told["allowed"], &told["steps"][0]["suffices"]), (&json!(false), &json!(false)), "{told}");

        // By a role on it alone, and by joining.
        let member = format!("{path}/members/{}", billing.person);
        assert_eq!(olga.put(&member, json!({ "role": "viewer" })).await.status, 200);
        assert_eq!(billing.post(&reveal, Value::Null).await.json["value"], "canary");
        assert_eq!(convert(&olga, &workspace, "team").await.status, 200);
        assert_eq!(dev.get(&path).await.json["mayReveal"], false);
        assert_eq!(dev.post(&format!("/api/workspaces/{workspace}/join"), Value::Null).await.status, 200);
        assert_eq!(dev.get(&path).await.json["mayReveal"], true);
        assert_eq!(dev.post(&reveal, Value::Null).await.json["value"], "canary");
        assert_eq!(dev.get(&why).await.json["allowed"], true);
    }

    async fn of_two_public_workspaces_of_one_name_at_once_there_is_one(server: Server) {
        let make = || server.admin.post("/api/workspaces", json!({ "name": "Partner API", "kind": "public" }));
        let answers: Vec<_> = join_all((0..6).map(|_| make())).await.iter().map(ToString::to_string).collect();
        let refused = answers.iter().filter(|answer| answer.starts_with("409 name_taken")).count();
        assert_eq!((answers.len(), refused), (6, 5), "{answers:?}");
        // Published at once, and renamed; without regard to case.
        let (one, other) = (server.admin.workspace("Shop", "team").await, server.admin.workspace("SHOP", "team").await);
        let (first, second) = tokio::join!(convert(&server.admin, &one, "public"), convert(&server.admin, &other, "public"));
        let mut said = [first.to_string(), second.to_string()].map(|answer| answer[..3].to_owned());
        said.sort();
        assert_eq!(said, ["200", "409"], "{first} {second}");
        let team = server.admin.workspace("partner api", "team").await;
        assert_eq!(convert(&server.admin, &team, "public").await.json["code"], "name_taken");
        let public = server.admin.workspace("Free", "public").await;
        let rename = json!({ "version": 1, "name": "partner API" });
        assert_eq!(server.admin.patch(&format!("/api/workspaces/{public}"), rename).await.json["code"], "name_taken");
    }

    /// A plan takes nobody's work away: what it lets nobody change can be made something that it has.
    async fn a_private_workspace_under_a_smaller_plan_is_made_another_kind_by_its_owner(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let workspace = olga.workspace("Payments", "private").await;
        give(&olga, &workspace, &ed, "editor").await;
        server.plan("basic").await;
        let collection = json!({ "name": "x" });
        let made = olga.post(&format!("/api/workspaces/{workspace}/collections"), collection.clone()).await;
        assert_eq!(made.json["code"], "plan_needed", "{made}");
        assert_eq!(convert(&ed, &workspace, "team").await.json["code"], "forbidden");
        assert_eq!(olga.get(&format!("/api/workspaces/{workspace}/visibility")).await.status, 200);
        let done = convert(&olga, &workspace, "team").await;
        assert_eq!((done.status.as_u16(), &done.json["workspace"]["kind"]), (200, &json!("team")), "{done}");
        let made = olga.post(&format!("/api/workspaces/{workspace}/collections"), collection).await;
        assert_eq!(made.status, 201, "{made}");
        assert_eq!(convert(&olga, &workspace, "private").await.json["code"], "plan_needed", "there is no way back");
    }
}
