//! What a workspace shows of who changed what.

use crate::harness::{Client, Server};
use serde_json::{Value, json};

async fn activity(client: &Client, workspace: &str, query: &str) -> Value {
    let answer = client.get(&format!("/api/workspaces/{workspace}/activity{query}")).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.json
}

/// `Olga item.update request read`, one for each.
fn lines(page: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            let element = &item["element"];
            let (person, action) = (text(&item["person"]["name"]), text(&item["action"]));
            format!("{person} {action} {} {}", text(&element["kind"]), text(&element["name"]))
        })
        .collect()
}

on_both_databases! {
    async fn those_who_may_open_a_workspace_see_who_changed_what(server: Server) {
        let (olga, ed) = (server.person("Olga", "developer").await, server.person("Ed", "developer").await);
        let (workspace, other) = (olga.workspace("Shop", "private").await, olga.workspace("Other", "private").await);
        let collection = olga.collection(&workspace, "Pay").await;
        let member = format!("/api/workspaces/{workspace}/members/{}", ed.person);
        assert_eq!(olga.put(&member, json!({ "role": "editor" })).await.status, 200);
        let folder = ed.item(&collection, None, "folder", "users").await;
        let request = ed.item(&collection, Some(&folder), "request", "read").await;
        let path = format!("/api/items/{request}");
        assert_eq!(ed.patch(&path, json!({ "version": 1, "name": "read one" })).await.status, 200);
        let values = json!([{ "key": "token", "type": "secret", "enabled": true, "value": "canary" }]);
        let environment = olga.environment(&workspace, "Live", values).await;
        olga.collection(&other, "Elsewhere").await;
        // What is read, sent, revealed or refused is not shown.
        let value = olga.get(&format!("/api/environments/{environment}")).await.json["values"][0]["id"].clone();
        let reveal = format!("/api/environments/{environment}/values/{}/reveal", value.as_str().unwrap());
        assert_eq!(olga.post(&reveal, Value::Null).await.status, 200);
        assert_eq!(ed.delete(&format!("/api/workspaces/{workspace}")).await.status, 403);
        assert_eq!(ed.get(&format!("/api/collections/{collection}/export")).await.status, 200);

        let all = activity(&olga, &workspace, "").await;
        let expected = [
            "Olga environment.update environment Live",
            "Olga environment.create environment Live",
            "Ed item.update request read one",
            "Ed item.create request read one",
            "Ed item.create folder users",
            "Olga workspace.member.update workspace -",
            "Olga collection.create collection Pay",
            "Olga workspace.create.private workspace Shop",
        ];
        assert_eq!(lines(&all), expected);
        for word in ["address", "agent", "127.0.0.1", "canary", "email"] {
            assert!(!all.to_string().contains(word), "{word} in {all}");
        }
        assert_eq!(activity(&ed, &workspace, "").await, all);
        let by_ed = activity(&olga, &workspace, &format!("?person={}", ed.person)).await;
        assert_eq!(lines(&by_ed), expected[2..5]);
        assert_eq!(lines(&activity(&olga, &workspace, "?kind=environment").await), expected[..2]);
        assert_eq!(lines(&activity(&olga, &workspace, "?kind=member").await), expected[5..6]);
        let of = activity(&olga, &workspace, &format!("?element={collection}")).await;
        assert_eq!(lines(&of), [&expected[2..5], &expected[6..7]].concat());
        // Page by page it is the same.
        let (mut paged, mut query) = (Vec::new(), "?limit=3".to_owned());
        loop {
            let page = activity(&olga, &workspace, &query).await;
            paged.extend(lines(&page));
            let Some(next) = page["next"].as_u64() else { break };
            query = format!("?limit=3&before={next}");
        }
        assert_eq!(paged, expected);

        // What is gone keeps the name that it had, and cannot be opened; whoever left has none.
        assert_eq!(olga.delete(&format!("/api/collections/{collection}")).await.status, 204);
        let newest = activity(&olga, &workspace, "?limit=1").await["items"][0].clone();
        assert_eq!((&newest["element"]["name"], &newest["element"]["there"]), (&json!("Pay"), &json!(false)), "{newest}");
        // What is hidden has no activity.
        let dev = server.person("Dev", "developer").await;
        assert_eq!(dev.get(&format!("/api/workspaces/{workspace}/activity")).await.status, 404);
    }

    async fn a_move_is_seen_on_both_sides(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let (from, to) = (olga.workspace("From", "team").await, olga.workspace("To", "team").await);
        let collection = olga.collection(&from, "Pay").await;
        let body = json!({ "workspaceId": to });
        assert_eq!(olga.post(&format!("/api/collections/{collection}/copy"), body.clone()).await.status, 201);
        assert_eq!(olga.post(&format!("/api/collections/{collection}/transfer"), body).await.status, 204);
        let newest = |page: Value| lines(&page).into_iter().take(2).collect::<Vec<_>>();
        let expected = ["Olga collection.transfer collection Pay", "Olga collection.copied collection -"];
        assert_eq!(newest(activity(&olga, &from, "").await), expected);
        let expected = ["Olga transfer.accept workspace -", "Olga collection.copy collection Pay"];
        assert_eq!(newest(activity(&olga, &to, "").await), expected);
    }
}
