//! The audit log: one event for each change, and one for each refusal.

use crate::harness::Server;
use bulla_audit::{Event, canonical, leaf_hash};
use bulla_db::sql;
use serde_json::{Value, json};

on_both_databases! {
    async fn every_change_is_a_leaf_and_what_failed_is_none(server: Server) {
        let ada = &server.admin;
        let workspace = ada.workspace("Payments", "team").await;
        let collection = ada.collection(&workspace, "Pay").await;
        let item = ada.item(&collection, None, "request", "Charge").await;
        let path = format!("/api/items/{item}");
        ada.patch(&path, json!({ "version": 1, "name": "Refund" })).await;
        // None of these changes anything.
        assert_eq!(ada.patch(&path, json!({ "version": 1, "name": "stale" })).await.status, 409);
        assert_eq!(ada.patch(&path, json!({ "version": 2, "name": "" })).await.status, 422);
        assert_eq!(ada.import(&workspace, "nonsense").await.status, 422);
        ada.delete(&path).await;

        let database = server.database().await;
        let rows = sql!("select sequence, leaf, leaf_hash from audit_event order by team, sequence")
            .all(database.read())
            .await
            .unwrap();
        let mut actions = Vec::new();
        for (expected, row) in (0_i64..).zip(&rows) {
            let leaf = row.text("leaf").unwrap();
            let event: Event = serde_json::from_str(&leaf).unwrap();
            assert_eq!(row.integer("sequence").unwrap(), expected, "no gaps");
            assert_eq!(i64::try_from(event.sequence).unwrap(), expected);
            assert_eq!(canonical(&event).unwrap(), leaf.as_bytes(), "the leaf is canonical");
            assert_eq!(row.bytes("leaf_hash").unwrap(), leaf_hash(leaf.as_bytes()));
            actions.push(event.action);
        }
        assert_eq!(
            actions[actions.len() - 5..],
            ["workspace.create", "collection.create", "item.create", "item.update", "item.delete"]
        );
        let update: Value = serde_json::from_str(&rows[rows.len() - 2].text("leaf").unwrap()).unwrap();
        assert_eq!(update["changes"]["name"], json!({ "before": { "text": "Charge" }, "after": { "text": "Refund" } }));
        assert_eq!(update["target"], json!({ "kind": "item", "id": item }));
        assert_eq!(update["actor"]["id"], ada.person);
    }
    /// ASVS 16.3.2.
    async fn a_refusal_is_written_down(server: Server) {
        let (olga, sam) = (server.person("Olga", "developer").await, server.person("Sam", "developer").await);
        let workspace = olga.workspace("Payments", "team").await;
        let refused = sam.delete(&format!("/api/workspaces/{workspace}")).await;
        assert_eq!(refused.json["code"], "forbidden", "{refused}");
        let events = server.admin.get("/api/audit/events?limit=1000").await.json;
        let last = events["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&last["action"], &last["outcome"]), (&json!("workspace.delete"), &json!("refused")));
        assert_eq!((&last["target"]["id"], &last["actor"]["id"]), (&json!(workspace), &json!(sam.person)));
        assert_eq!(last["origin"]["request"], refused.json["requestId"]);
    }

    async fn the_log_is_filtered_and_turned_around(server: Server) {
        let ada = &server.admin;
        let olga = server.person("Olga", "developer").await;
        let workspace = olga.workspace("Payments", "team").await;
        ada.workspace("Other", "team").await;
        let sam = server.person("Sam", "developer").await;
        assert_eq!(sam.delete(&format!("/api/workspaces/{workspace}")).await.status, 403);
        let actions = async |query: &str| {
            let answer = ada.get(&format!("/api/audit/events?{query}")).await;
            assert_eq!(answer.status, 200, "{answer}");
            let items = answer.json["items"].as_array().unwrap().clone();
            items.iter().map(|event| event["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(actions(&format!("target={workspace}")).await, ["workspace.create", "workspace.delete"]);
        assert_eq!(actions(&format!("target={workspace}&order=desc")).await, ["workspace.delete", "workspace.create"]);
        assert_eq!(actions(&format!("actor={}", olga.person)).await, ["session.create", "workspace.create"]);
        assert_eq!(actions("outcome=refused").await, ["workspace.delete"]);
        assert_eq!(actions("action=workspace.create").await.len(), 2);
        assert_eq!(actions(&format!("action=workspace.create&actor={}", ada.person)).await.len(), 1);
        assert_eq!(actions("targetKind=workspace").await.len(), 3);
        assert_eq!(actions("targetKind=workspace&outcome=refused&order=desc").await, ["workspace.delete"]);
        let all = actions("").await.len();
        assert_eq!(actions("since=2020-01-01&until=2999-12-31").await.len(), all);
        assert_eq!(actions("since=2999-01-01").await.len(), 0);
        assert_eq!(actions("until=2020-01-01T00:00:00Z").await.len(), 0);
        assert_eq!(actions("actor=&since=&outcome=").await.len(), all, "an empty filter is none");

        let page = ada.get("/api/audit/events?order=desc&limit=2").await.json;
        let rest = ada.get(&format!("/api/audit/events?order=desc&limit=1000&after={}", page["next"])).await.json;
        assert_eq!(page["items"].as_array().unwrap().len() + rest["items"].as_array().unwrap().len(), all);
        assert_eq!(rest["items"].as_array().unwrap().last().unwrap()["sequence"], 0);
        assert_eq!(page["people"][&sam.person]["name"], "Sam");

        for (query, expected) in [
            ("after=4000000", "422 bad_cursor: this page is not one that the log gave; begin at the first page"),
            ("since=soon", "400 bad_request: since is no time; write it as 2026-11-28 or 2026-11-28T08:00:00Z"),
            ("outcome=maybe", "400 bad_request: outcome is done or refused"),
        ] {
            assert_eq!(ada.get(&format!("/api/audit/events?{query}")).await.to_string(), expected);
        }
        for query in ["after=-1", "after=x", "after=99999999999999999999", "order=sideways", "limit=x"] {
            assert_eq!(ada.get(&format!("/api/audit/events?{query}")).await.status, 400, "{query}");
        }
    }

    async fn the_log_is_read_page_by_page(server: Server) {
        let ada = &server.admin;
        for n in 0..5 {
            ada.workspace(&format!("w{n}"), "team").await;
        }
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = ada.get(&format!("/api/audit/events?limit=2{after}")).await.json;
            seen.extend(page["items"].as_array().unwrap().iter().map(|event| event["sequence"].as_u64().unwrap()));
            let Some(next) = page["next"].as_u64() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen, (0..seen.len() as u64).collect::<Vec<_>>());
        assert!(seen.len() >= 6);
    }

    async fn changes_at_once_stand_in_one_order(server: Server) {
        let ada = &server.admin;
        let made = futures::future::join_all((0..30).map(|n| async move { ada.workspace(&format!("w{n}"), "team").await })).await;
        let events = ada.get("/api/audit/events?limit=1000").await.json;
        let events = events["items"].as_array().unwrap();
        for (place, event) in events.iter().enumerate() {
            assert_eq!(event["sequence"], place);
        }
        for workspace in made {
            assert_eq!(events.iter().filter(|event| event["target"]["id"] == workspace).count(), 1);
        }
    }
}
