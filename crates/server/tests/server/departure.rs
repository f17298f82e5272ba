//! Going from a team: removal by an Admin, and leaving.

use crate::harness::{Answer, Client, PASSWORD, Server};
use bulla_db::sql;
use serde_json::{Value, json};

async fn remove(client: &Client, person: &str, successor: Option<&str>) -> String {
    let body = json!({ "successor": successor });
    client.post(&format!("/api/people/{person}/removal"), body).await.to_string()
}

async fn leave(client: &Client, successor: Option<&str>) -> String {
    client.post("/api/account/leaving", json!({ "successor": successor })).await.to_string()
}

fn names(answer: &Answer) -> Vec<String> {
    let mut names: Vec<_> = answer.json["items"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"))
        .iter()
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

async fn mails(server: &Server, kind: &str) -> Vec<Value> {
    let outbox = server.admin.get("/api/outbox").await;
    outbox.json["items"].as_array().unwrap().iter().filter(|mail| mail["kind"] == kind).cloned().collect()
}

async fn events(server: &Server, action: &str) -> Vec<Value> {
    let events = server.admin.get("/api/audit/events?limit=1000").await;
    events.json["items"].as_array().unwrap().iter().filter(|event| event["action"] == action).cloned().collect()
}

/// As if whoever is signed in had proved long ago that it is them.
async fn let_confirmations_age(server: &Server) {
    let database = server.database().await;
    let mut transaction = database.begin().await.unwrap();
    sql!("update session set confirmed_at = 0").execute(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    database.close().await;
}

on_both_databases! {
    /// ASVS 7.4.2.
    async fn whoever_is_removed_is_out_at_once_and_what_only_they_owned_goes_to_another(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let heir = server.person("Heike", "developer").await;
        let alone = dora.workspace("Payments", "private").await;
        let shared = dora.workspace("Shared", "team").await;
        let path = format!("/api/workspaces/{shared}/members/{}", heir.person);
        assert_eq!(dora.put(&path, json!({ "role": "owner" })).await.status, 200);
        let others = heir.workspace("Others", "private").await;
        let path = format!("/api/workspaces/{others}/members/{}", dora.person);
        assert_eq!(heir.put(&path, json!({ "role": "editor" })).await.status, 200);
        let group = server.group().await;
        let path = format!("/api/groups/{group}");
        server.admin.patch(&format!("{path}/members"), json!({ "add": [dora.person] })).await;
        server.admin.patch(&format!("{path}/managers"), json!({ "add": [dora.person] })).await;
        let key = dora.post("/api/account/api-keys", json!({ "name": "CI" })).await.json["value"].as_str().unwrap().to_owned();
        let mut program = server.anonymous();
        program.key = Some(key);
        assert_eq!(program.get("/me").await.status, 200);

        let preview = server.admin.get(&format!("/api/people/{}/removal", dora.person)).await;
        let told: Vec<_> = preview.json["workspaces"].as_array().unwrap().iter().map(|one| (one["name"].clone(), one["kind"].clone())).collect();
        assert_eq!(told, [(json!("My workspace"), json!("personal")), (json!("Payments"), json!("private"))]);
        assert_eq!((&preview.json["workspaceTotal"], &preview.json["apiKeys"]), (&json!(2), &json!(1)));

        let without = remove(&server.admin, &dora.person, None).await;
        assert_eq!(without, "422 invalid: /successor: choose a member who gets the 2 workspaces that would have no owner");
        assert_eq!(dora.get("/api/session").await.status, 200, "nothing has happened");
        assert_eq!(remove(&server.admin, &dora.person, Some(&heir.person)).await, "204 ");

        assert_eq!(dora.get("/api/session").await.status, 401);
        assert_eq!(program.get("/me").await.status, 401);
        let again = server.anonymous().post("/api/session", json!({ "email": "dora@example.com", "password": PASSWORD })).await;
        assert_eq!(again.json["code"], "wrong_credentials");
        assert!(!names(&server.admin.get("/api/people").await).contains(&"Dora".to_owned()));
        let opened = names(&heir.get("/api/workspaces").await);
        assert_eq!(opened, ["My workspace", "My workspace (Dora)", "Others", "Payments", "Shared"]);
        assert_eq!(heir.get(&format!("/api/workspaces/{alone}")).await.json["role"], "owner");
        for workspace in [&alone, &shared, &others] {
            let members = heir.get(&format!("/api/workspaces/{workspace}/members")).await;
            assert!(!names(&members).contains(&"Dora".to_owned()), "{members}");
        }
        let group = server.admin.get(&path).await;
        assert_eq!((&group.json["people"], &group.json["managers"]), (&json!(0), &json!([])));
        let database = server.database().await;
        let left = sql!(
            "select (select count(*) from workspace_grant where holder = $1) \
             + (select count(*) from group_manager where person = $1) + (select count(*) from session where person = $1) \
             + (select count(*) from api_key where person = $1 and ended_at is null) as total"
        );
        assert_eq!(left.bind(&dora.person).one(database.read()).await.unwrap().integer("total").unwrap(), 0);
        database.close().await;

        // Written down, and told.
        let removed = events(&server, "person.remove").await;
        assert_eq!(removed.len(), 1, "{removed:?}");
        assert_eq!(removed[0]["target"], json!({ "kind": "person", "id": dora.person }));
        assert_eq!(removed[0]["changes"]["roles"]["before"]["text"], "developer");
        let given = events(&server, "workspace.reassign").await;
        assert_eq!(given.len(), 2, "{given:?}");
        assert!(given.iter().any(|event| event["target"]["id"] == alone));
        assert!(given.iter().all(|event| event["changes"]["owner"]["after"]["text"] == heir.person && event["actor"]["id"] == server.admin.person));
        assert!(!given.iter().any(|event| event.to_string().contains("Dora")), "what cannot be erased names nobody");
        let made = events(&server, "workspace.create").await;
        assert!(made.iter().any(|event| event["actor"]["id"] == dora.person), "who did what before is still told");
        let named = server.admin.get("/api/audit/events?limit=1000").await;
        assert!(named.json.to_string().contains("\"Dora\""), "by name");
        assert_eq!(mails(&server, "person-removed").await[0]["to"], "dora@example.com");
        assert_eq!(mails(&server, "workspaces-given").await[0]["to"], "heike@example.com");
    }

    async fn who_may_be_removed_by_whom(server: Server) {
        let (adam, eve) = (server.person("Adam", "admin").await, server.person("Eve", "admin").await);
        let (bill, dora) = (server.person("Bill", "billing").await, server.person("Dora", "developer").await);
        let ada = server.admin.person.clone();
        let gone = uuid::Uuid::now_v7().to_string();
        let heir = Some(dora.person.as_str());
        let admins = "403 forbidden: you may not do this: you need to be Super Admin or Admin of the team";
        let content = "422 invalid: /successor: choose somebody whose role reaches workspaces, such as a Developer";
        for (client, person, successor, expected) in [
            (&bill, &dora.person, heir, admins),
            (&dora, &bill.person, heir, admins),
            (&adam, &ada, heir, "403 forbidden: you may not do this: only a Super Admin removes a Super Admin"),
            (&adam, &adam.person, heir, "409 own_account: nobody removes themselves; leave the team on the page of your account"),
            (&adam, &gone, heir, "404 not_found: there is no such person, or you may not see it"),
            (&adam, &bill.person, Some(&gone), "422 invalid: /successor: there is no such member of the team"),
            (&adam, &bill.person, Some(&bill.person), "422 invalid: /successor: choose somebody who stays"),
            // Admins see no content, and do not come to it this way.
            (&adam, &bill.person, Some(&eve.person), content),
            (&adam, &bill.person, Some(&adam.person), content),
        ] {
            assert_eq!(remove(client, person, successor).await, expected);
        }
        let path = format!("/api/people/{}/roles", adam.person);
        assert_eq!(server.admin.put(&path, json!({ "roles": ["admin", "developer"] })).await.status, 200);
        let own = remove(&adam, &bill.person, Some(&adam.person)).await;
        assert_eq!(own, "422 invalid: /successor: nobody takes workspaces over themselves but a Super Admin; choose somebody else");

        let_confirmations_age(&server).await;
        assert!(remove(&adam, &bill.person, heir).await.starts_with("403 confirm_first"));
        assert!(leave(&bill, heir).await.starts_with("403 confirm_first"));
        assert_eq!(adam.post("/api/session/confirm", json!({ "password": PASSWORD })).await.status, 204);
        let refused = events(&server, "person.remove").await;
        assert_eq!(refused.iter().filter(|event| event["outcome"] == "refused").count(), 3, "{refused:?}");
    }

    async fn of_two_admins_who_remove_each_other_at_once_one_stays(server: Server) {
        let heir = server.person("Heike", "developer").await.person;
        for round in 0..3 {
            let one = server.person(&format!("One{round}"), "admin").await;
            let two = server.person(&format!("Two{round}"), "admin").await;
            let (first, second) =
                tokio::join!(remove(&one, &two.person, Some(&heir)), remove(&two, &one.person, Some(&heir)));
            let done = [&first, &second].into_iter().filter(|answer| answer.starts_with("204")).count();
            assert_eq!(done, 1, "{first} {second}");
        }
    }

    async fn a_member_leaves_but_not_the_last_super_admin(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let ada = server.admin.person.clone();
        let preview = dora.get("/api/account/leaving").await;
        assert_eq!(preview.json["workspaceTotal"], 1, "{preview}");
        assert!(leave(&dora, None).await.starts_with("422 invalid: /successor: choose a member"));
        let last = leave(&server.admin, Some(&dora.person)).await;
        assert_eq!(last, "409 last_admin: the team would have no Super Admin left; give somebody else the role Super Admin first");
        assert_eq!(leave(&dora, Some(&ada)).await, "204 ");
        assert_eq!(dora.get("/api/session").await.status, 401);
        assert!(names(&server.admin.get("/api/workspaces").await).contains(&"My workspace (Dora)".to_owned()));
        let left = events(&server, "team.leave").await;
        assert_eq!((left.len(), &left[0]["actor"]["id"]), (1, &json!(dora.person)));
        assert_eq!(mails(&server, "team-left").await[0]["to"], "dora@example.com");
    }

    async fn a_workspace_that_a_group_of_one_owns_does_not_lose_its_owner(server: Server) {
        let dora = server.person("Dora", "developer").await;
        let group = server.group().await;
        server.admin.patch(&format!("/api/groups/{group}/members"), json!({ "add": [dora.person] })).await;
        let ada = server.admin.person.clone();
        let workspace = server.admin.workspace("Ops", "private").await;
        let path = format!("/api/workspaces/{workspace}/members");
        assert_eq!(server.admin.put(&format!("{path}/{group}"), json!({ "role": "owner" })).await.status, 200);
        assert_eq!(server.admin.delete(&format!("{path}/{ada}")).await.status, 204);
        let preview = server.admin.get(&format!("/api/people/{}/removal", dora.person)).await;
        assert_eq!(preview.json["workspaceTotal"], 2, "{preview}");
        assert_eq!(remove(&server.admin, &dora.person, Some(&ada)).await, "204 ");
        let members = server.admin.get(&path).await;
        assert_eq!(members.json["items"][0]["id"], ada, "{members}");
    }
}
