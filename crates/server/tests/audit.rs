//! The audit log: one event for each change, and one for each refusal.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

mod harness;

use bulla_audit::{Event, canonical, leaf_hash};
use bulla_db::sql;
use harness::Server;
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
