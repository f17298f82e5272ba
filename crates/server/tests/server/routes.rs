//! Who may use which route. The test walks the description of the API and fails on a route that it has no case for.

mod matrix;

use std::collections::BTreeMap;

use crate::harness::{Answer, Client, Server};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};

/// What a route asks of whoever uses it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asks {
    /// Nothing.
    Nothing,
    /// To be signed in.
    SignedIn,
    /// To be an Admin or Super Admin of the team.
    Admin,
    /// To be a Super Admin of the team.
    SuperAdmin,
    /// To be a Super Admin of the team, or to pay for it.
    Payer,
    /// At least this role in the workspace: `viewer`, `editor` or `owner`.
    Role(&'static str),
}

/// Operations whose case names something that is nobody's.
const NOTHING_THERE: &[&str] = &[
    "remove_totp",
    "rename_passkey",
    "remove_passkey",
    "reset_factors",
    "end_sessions_of",
    "remove_person",
    "resend_invite",
    "revoke_invite",
    "delete_invite_link",
    "approve_suggestion",
    "refuse_suggestion",
    "end_session",
    "switch_team",
    "rename_api_key",
    "revoke_own_api_key",
    "find_api_key",
    "revoke_api_key",
    "read_body",
    "delete_history_entry",
    "delete_certificate",
    "read_run_report",
    "open_mail",
    "retry_mail",
    "delete_mail",
    "read_notification",
    "delete_share_link",
    "delete_team_share_link",
    "open_share_link",
    "list_shared_items",
    "read_shared_item",
    "read_public_workspace",
    "read_public_collection",
    "list_public_items",
    "read_public_item",
    "read_public_environment",
    "cancel_publish_request",
    "decide_publish_request",
    "cancel_access_request",
    "decide_access_request",
    "update_audit_sink",
    "delete_audit_sink",
    "test_audit_sink",
    "renew_audit_sink_secret",
];

/// Operations whose case is refused for what it says, not for who says it.
const WRONG: &[&str] = &[
    "confirm_session",
    "ask_for_confirming_passkey",
    "finish_totp",
    "begin_passkey",
    "finish_passkey",
    "renew_recovery_codes",
    "leave_team",
    "create_team",
    "join_workspace",
    "transfer_collection",
    "transfer_environment",
    "copy_workspace_content",
    "create_certificate",
];

/// A request to one route, that would do something to what is in [`Things`].
struct Case {
    asks: Asks,
    path: String,
    body: Value,
}

/// A workspace with one of each thing in it.
#[derive(Clone)]
struct Things {
    workspace: String,
    collection: String,
    folder: String,
    request: String,
    environment: String,
    value: String,
    globals: String,
    /// A member of the team whose role in the workspace is given and taken.
    person: String,
    /// A group of the team that an Admin made.
    group: String,
    /// A collection that was deleted.
    deleted: String,
}

impl Things {
    async fn made_by(server: &Server, owner: &Client, kind: &str, person: &str) -> Self {
        // The names of public workspaces are unique.
        let workspace = owner.workspace(&format!("Payments {}", uuid::Uuid::new_v4()), kind).await;
        let file = json!({
            "info": { "name": "Pay", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
            "item": [{ "name": "users", "item": [{ "name": "read", "request": "http://127.0.0.1:1/x", "response": [] }] }]
        });
        let collection = owner.import(&workspace, file.to_string()).await.id();
        let tree = owner.get(&format!("/api/collections/{collection}/items")).await.json;
        let item = |kind: &str| {
            let items = tree["items"].as_array().unwrap();
            items.iter().find(|item| item["kind"] == kind).unwrap()["id"].as_str().unwrap().to_owned()
        };
        let values = json!([{ "key": "token", "type": "secret", "enabled": true, "value": "canary" }]);
        let environment = owner.environment(&workspace, "Staging", values).await;
        let answer = owner.get(&format!("/api/environments/{environment}")).await;
        let value = answer.json["values"][0]["id"].as_str().unwrap().to_owned();
        let globals = owner.get(&format!("/api/workspaces/{workspace}/globals")).await.id();
        let (folder, request) = (item("folder"), item("request"));
        if kind != "personal" {
            for element in [format!("collections/{collection}"), format!("environments/{environment}")] {
                let answer = owner.put(&format!("/api/{element}/members/{person}"), json!({ "role": "viewer" })).await;
                assert_eq!(answer.status, 200, "{answer}");
            }
        }
        let group = server.group().await;
        let deleted = owner.collection(&workspace, "Old").await;
        assert_eq!(owner.delete(&format!("/api/collections/{deleted}")).await.status, 204);
        let person = person.to_owned();
        Self { workspace, collection, folder, request, environment, value, globals, person, group, deleted }
    }

    /// Things of the same names that never existed.
    fn that_never_were(&self) -> Self {
        let new = || uuid::Uuid::now_v7().to_string();
        Self {
            workspace: new(),
            collection: new(),
            folder: new(),
            request: new(),
            environment: new(),
            value: new(),
            globals: new(),
            person: self.person.clone(),
            group: new(),
            deleted: new(),
        }
    }

    /// Things that are nowhere, for the shape of the cases.
    fn nowhere() -> Self {
        Self {
            workspace: String::new(),
            collection: String::new(),
            folder: String::new(),
            request: String::new(),
            environment: String::new(),
            value: String::new(),
            globals: String::new(),
            person: String::new(),
            group: String::new(),
            deleted: String::new(),
        }
    }

    /// A case for every operation of the API.
    fn cases(&self) -> BTreeMap<&'static str, Case> {
        use Asks::{Admin, Nothing, Payer, Role, SignedIn, SuperAdmin};
        let Self { workspace, collection, folder, request, environment, value, person, group, deleted, .. } = self;
        let (none, no_key) = (Value::Null, "0".repeat(24));
        let collection_file = json!({ "info": { "name": "x", "schema": "v2.1.0" }, "item": [] });
        let new_item = json!({ "parentId": folder, "kind": "request", "name": "x" });
        let account = json!({ "name": "x", "email": format!("{}@example.com", uuid::Uuid::new_v4()),
                              "password": crate::harness::PASSWORD, "role": "developer" });
        let setup =
            json!({ "name": "x", "email": "x@example.com", "password": crate::harness::PASSWORD, "teamName": "x" });
        [
            ("live", Nothing, "/health/live".to_owned(), none.clone()),
            ("ready", Nothing, "/health/ready".to_owned(), none.clone()),
            ("read_metrics", Nothing, "/metrics".to_owned(), none.clone()),
            ("read_setup", Nothing, "/api/setup".to_owned(), none.clone()),
            ("set_up", Nothing, "/api/setup".to_owned(), setup),
            ("sign_in", Nothing, "/api/session".to_owned(), json!({ "email": "x@example.com", "password": "x" })),
            ("sign_out", Nothing, "/api/session".to_owned(), none.clone()),
            ("read_session", SignedIn, "/api/session".to_owned(), none.clone()),
            ("list_sessions", SignedIn, "/api/sessions".to_owned(), none.clone()),
            ("end_other_sessions", SignedIn, "/api/sessions".to_owned(), none.clone()),
            ("end_session", SignedIn, format!("/api/sessions/{}", uuid::Uuid::now_v7()), none.clone()),
            (
                "change_password",
                SignedIn,
                "/api/account/password".to_owned(),
                json!({ "current": crate::harness::PASSWORD, "password": format!("another one {}", uuid::Uuid::new_v4()) }),
            ),
            ("list_own_api_keys", SignedIn, "/api/account/api-keys".to_owned(), none.clone()),
            ("create_api_key", SignedIn, "/api/account/api-keys".to_owned(), json!({ "name": "x" })),
            ("rename_api_key", SignedIn, format!("/api/account/api-keys/{no_key}"), json!({ "name": "x" })),
            ("revoke_own_api_key", SignedIn, format!("/api/account/api-keys/{no_key}"), none.clone()),
            ("me", SignedIn, "/me".to_owned(), none.clone()),
            ("list_certificates", SignedIn, "/api/account/certificates".to_owned(), none.clone()),
            (
                "create_certificate",
                SignedIn,
                "/api/account/certificates".to_owned(),
                json!({ "kind": "authority", "certificate": "x" }),
            ),
            (
                "delete_certificate",
                SignedIn,
                format!("/api/account/certificates/{}", uuid::Uuid::now_v7()),
                none.clone(),
            ),
            ("read_run_report", SignedIn, format!("/api/runs/{}/reports/html", uuid::Uuid::now_v7()), none.clone()),
            ("list_api_keys", Admin, "/api/api-keys".to_owned(), none.clone()),
            ("find_api_key", Admin, "/api/api-keys/find".to_owned(), json!({ "key": "x" })),
            ("revoke_api_key", Admin, format!("/api/api-keys/{no_key}"), none.clone()),
            ("read_api_key_policy", Admin, "/api/api-keys/policy".to_owned(), none.clone()),
            (
                "update_api_key_policy",
                Admin,
                "/api/api-keys/policy".to_owned(),
                json!({ "version": 0, "everybody": true, "ageDays": null, "idleDays": null }),
            ),
            ("prove_factor", Nothing, "/api/session/factor".to_owned(), json!({ "code": "000000" })),
            ("confirm_session", SignedIn, "/api/session/confirm".to_owned(), json!({ "password": "not the one" })),
            ("list_factors", SignedIn, "/api/account/factors".to_owned(), none.clone()),
            ("begin_totp", SignedIn, "/api/account/totp".to_owned(), none.clone()),
            ("finish_totp", SignedIn, "/api/account/totp/confirm".to_owned(), json!({ "code": "000000" })),
            ("remove_totp", SignedIn, "/api/account/totp".to_owned(), none.clone()),
            ("begin_passkey_sign_in", Nothing, "/api/session/passkey/begin".to_owned(), none.clone()),
            ("finish_passkey_sign_in", Nothing, "/api/session/passkey".to_owned(), json!({ "passkey": {} })),
            ("ask_for_factor_passkey", Nothing, "/api/session/factor/passkey".to_owned(), none.clone()),
            ("ask_for_confirming_passkey", SignedIn, "/api/session/confirm/passkey".to_owned(), none.clone()),
            ("begin_passkey", SignedIn, "/api/account/passkeys/begin".to_owned(), none.clone()),
            (
                "finish_passkey",
                SignedIn,
                "/api/account/passkeys".to_owned(),
                json!({ "name": "x", "credential": {} }),
            ),
            (
                "rename_passkey",
                SignedIn,
                format!("/api/account/passkeys/{}", uuid::Uuid::now_v7()),
                json!({ "name": "x" }),
            ),
            ("remove_passkey", SignedIn, format!("/api/account/passkeys/{}", uuid::Uuid::now_v7()), none.clone()),
            ("renew_recovery_codes", SignedIn, "/api/account/recovery-codes".to_owned(), none.clone()),
            ("list_sessions_of", Admin, format!("/api/people/{person}/sessions"), none.clone()),
            ("end_sessions_of", Admin, format!("/api/people/{}/sessions", uuid::Uuid::now_v7()), none.clone()),
            (
                "revoke_api_keys",
                Admin,
                "/api/api-keys/revocations".to_owned(),
                json!({ "keys": [no_key] }),
            ),
            ("reset_factors", Admin, format!("/api/people/{person}/factors"), none.clone()),
            ("read_team_security", Admin, "/api/team/security".to_owned(), none.clone()),
            (
                "update_team_security",
                Admin,
                "/api/team/security".to_owned(),
                json!({ "secondFactorRequired": false }),
            ),
            (
                "request_email_change",
                SignedIn,
                "/api/account/email".to_owned(),
                json!({ "email": format!("{}@example.com", uuid::Uuid::new_v4()) }),
            ),
            ("finish_email_change", Nothing, "/api/email-changes/finish".to_owned(), json!({ "token": "x" })),
            ("request_reset", Nothing, "/api/password-resets".to_owned(), json!({ "email": "x@example.com" })),
            (
                "finish_reset",
                Nothing,
                "/api/password-resets/finish".to_owned(),
                json!({ "token": "x", "password": "a kettle under seven moons" }),
            ),
            ("list_people", SignedIn, "/api/people".to_owned(), none.clone()),
            ("create_person", Admin, "/api/people".to_owned(), account),
            ("update_roles", Admin, format!("/api/people/{person}/roles"), json!({ "roles": ["developer"] })),
            ("update_team", Admin, "/api/team".to_owned(), json!({ "name": "Analytical" })),
            ("update_profile", SignedIn, "/api/account/profile".to_owned(), json!({ "name": "x" })),
            (
                "change_people",
                Admin,
                "/api/people/changes".to_owned(),
                json!({ "people": [uuid::Uuid::now_v7()], "removal": { "successor": person } }),
            ),
            ("read_plan", Admin, "/api/team/plan".to_owned(), none.clone()),
            ("list_seats", Admin, "/api/team/seats".to_owned(), none.clone()),
            ("list_invites", Admin, "/api/invites".to_owned(), none.clone()),
            (
                "create_invites",
                SignedIn,
                "/api/invites".to_owned(),
                json!({ "emails": [format!("{}@example.com", uuid::Uuid::new_v4())], "roles": ["developer"] }),
            ),
            ("read_invite_policy", SignedIn, "/api/invites/policy".to_owned(), none.clone()),
            (
                "update_invite_policy",
                Admin,
                "/api/invites/policy".to_owned(),
                json!({ "developersInvite": false }),
            ),
            ("resend_invite", Admin, format!("/api/invites/{}/resend", uuid::Uuid::now_v7()), none.clone()),
            ("revoke_invite", Admin, format!("/api/invites/{}", uuid::Uuid::now_v7()), none.clone()),
            ("list_invite_links", Admin, "/api/invite-links".to_owned(), none.clone()),
            ("create_invite_link", Admin, "/api/invite-links".to_owned(), json!({})),
            ("delete_invite_link", Admin, format!("/api/invite-links/{}", uuid::Uuid::now_v7()), none.clone()),
            ("list_suggestions", SignedIn, "/api/suggestions".to_owned(), none.clone()),
            (
                "approve_suggestion",
                Admin,
                format!("/api/suggestions/{}/approve", uuid::Uuid::now_v7()),
                json!({}),
            ),
            ("refuse_suggestion", Admin, format!("/api/suggestions/{}/refuse", uuid::Uuid::now_v7()), json!({})),
            ("open_invitation", Nothing, "/api/invitations/open".to_owned(), json!({ "secret": "x" })),
            (
                "accept_invitation",
                Nothing,
                "/api/invitations/accept".to_owned(),
                json!({ "secret": "x", "name": "x", "password": crate::harness::PASSWORD }),
            ),
            (
                "ask_for_invitation",
                Nothing,
                "/api/invitations/ask".to_owned(),
                json!({ "secret": "x", "email": "x@example.com" }),
            ),
            ("preview_removal", Admin, format!("/api/people/{person}/removal"), none.clone()),
            (
                "remove_person",
                Admin,
                format!("/api/people/{}/removal", uuid::Uuid::now_v7()),
                json!({ "successor": person }),
            ),
            ("preview_leaving", SignedIn, "/api/account/leaving".to_owned(), none.clone()),
            (
                "leave_team",
                SignedIn,
                "/api/account/leaving".to_owned(),
                json!({ "successor": uuid::Uuid::now_v7() }),
            ),
            ("read_team", SignedIn, "/api/team".to_owned(), none.clone()),
            ("list_teams", SignedIn, "/api/teams".to_owned(), none.clone()),
            ("create_team", SuperAdmin, "/api/teams".to_owned(), json!({ "name": "" })),
            ("switch_team", SignedIn, format!("/api/teams/{}/switch", uuid::Uuid::now_v7()), none.clone()),
            ("read_team_policy", SignedIn, "/api/teams/policy".to_owned(), none.clone()),
            ("update_team_policy", SuperAdmin, "/api/teams/policy".to_owned(), json!({ "developersCreate": false })),
            ("update_plan", Payer, "/api/team/plan".to_owned(), json!({ "plan": "enterprise" })),
            ("list_events", Admin, "/api/audit/events".to_owned(), none.clone()),
            ("list_outbox", SuperAdmin, "/api/outbox".to_owned(), none.clone()),
            ("open_mail", SuperAdmin, format!("/api/outbox/{}/open", uuid::Uuid::now_v7()), none.clone()),
            ("retry_mail", SuperAdmin, format!("/api/outbox/{}/retry", uuid::Uuid::now_v7()), none.clone()),
            ("delete_mail", SuperAdmin, format!("/api/outbox/{}", uuid::Uuid::now_v7()), none.clone()),
            ("list_notifications", SignedIn, "/api/notifications".to_owned(), none.clone()),
            ("count_notifications", SignedIn, "/api/notifications/unread".to_owned(), none.clone()),
            (
                "read_notification",
                SignedIn,
                format!("/api/notifications/{}/read", uuid::Uuid::now_v7()),
                none.clone(),
            ),
            ("read_notifications", SignedIn, "/api/notifications/read".to_owned(), none.clone()),
            ("list_notification_preferences", SignedIn, "/api/notifications/preferences".to_owned(), none.clone()),
            (
                "update_notification_preferences",
                SignedIn,
                "/api/notifications/preferences".to_owned(),
                json!({ "wishes": [{ "kind": "group-added", "channel": "mail", "wanted": true }] }),
            ),
            ("list_audit_sinks", Admin, "/api/audit/sinks".to_owned(), none.clone()),
            (
                "create_audit_sink",
                Admin,
                "/api/audit/sinks".to_owned(),
                json!({ "name": "x", "format": "json", "destination": { "kind": "webhook", "url": "http://127.0.0.1:1/" } }),
            ),
            (
                "update_audit_sink",
                Admin,
                format!("/api/audit/sinks/{}", uuid::Uuid::now_v7()),
                json!({ "version": 1, "paused": true }),
            ),
            ("delete_audit_sink", Admin, format!("/api/audit/sinks/{}", uuid::Uuid::now_v7()), none.clone()),
            ("test_audit_sink", Admin, format!("/api/audit/sinks/{}/test", uuid::Uuid::now_v7()), none.clone()),
            ("renew_audit_sink_secret", Admin, format!("/api/audit/sinks/{}/secret", uuid::Uuid::now_v7()), none.clone()),
            ("prove_event", Admin, "/api/audit/events/0/proof".to_owned(), none.clone()),
            ("list_checkpoints", Admin, "/api/audit/checkpoints".to_owned(), none.clone()),
            ("sign_log", Admin, "/api/audit/checkpoints".to_owned(), none.clone()),
            ("prove_growth", Admin, "/api/audit/consistency?from=1".to_owned(), none.clone()),
            ("export_log", Admin, "/api/audit/export?format=ndjson".to_owned(), none.clone()),
            ("list_actions", Admin, "/api/audit/actions".to_owned(), none.clone()),
            ("list_trails", Admin, "/audit/logs".to_owned(), none.clone()),
            ("list_audit_actions", Admin, "/audit-actions".to_owned(), none.clone()),
            ("read_meta", SignedIn, "/api/meta".to_owned(), none.clone()),
            ("list_workspaces", SignedIn, "/api/workspaces".to_owned(), none.clone()),
            ("create_workspace", SignedIn, "/api/workspaces".to_owned(), json!({ "name": "x", "kind": "team" })),
            ("read_workspace", Role("viewer"), format!("/api/workspaces/{workspace}"), none.clone()),
            (
                "update_workspace",
                Role("owner"),
                format!("/api/workspaces/{workspace}"),
                json!({ "version": 1, "name": "x" }),
            ),
            ("delete_workspace", Role("owner"), format!("/api/workspaces/{workspace}"), none.clone()),
            ("list_deleted_workspaces", SignedIn, "/api/trash".to_owned(), none.clone()),
            ("list_trash", Role("editor"), format!("/api/workspaces/{workspace}/trash"), none.clone()),
            ("restore_deleted", Role("editor"), format!("/api/trash/{deleted}/restore"), none.clone()),
            ("purge_deleted", Role("editor"), format!("/api/trash/{deleted}"), none.clone()),
            ("read_exposure", Role("owner"), format!("/api/workspaces/{workspace}/visibility"), none.clone()),
            (
                "update_visibility",
                Role("owner"),
                format!("/api/workspaces/{workspace}/visibility"),
                json!({ "version": 1, "kind": "team" }),
            ),
            (
                "copy_collection",
                Role("editor"),
                format!("/api/collections/{collection}/copy"),
                json!({ "workspaceId": workspace }),
            ),
            (
                "copy_environment",
                Role("editor"),
                format!("/api/environments/{environment}/copy"),
                json!({ "workspaceId": workspace }),
            ),
            (
                "copy_workspace_content",
                Role("editor"),
                format!("/api/workspaces/{workspace}/copy"),
                json!({ "workspaceId": workspace }),
            ),
            ("list_activity", Role("viewer"), format!("/api/workspaces/{workspace}/activity"), none.clone()),
            ("read_workspace_watch", Role("viewer"), format!("/api/workspaces/{workspace}/watch"), none.clone()),
            ("watch_workspace", Role("viewer"), format!("/api/workspaces/{workspace}/watch"), none.clone()),
            ("unwatch_workspace", Role("viewer"), format!("/api/workspaces/{workspace}/watch"), none.clone()),
            ("read_collection_watch", Role("viewer"), format!("/api/collections/{collection}/watch"), none.clone()),
            ("watch_collection", Role("viewer"), format!("/api/collections/{collection}/watch"), none.clone()),
            ("unwatch_collection", Role("viewer"), format!("/api/collections/{collection}/watch"), none.clone()),
            ("list_share_links", Role("editor"), format!("/api/collections/{collection}/share-links"), none.clone()),
            (
                "create_share_link",
                Role("editor"),
                format!("/api/collections/{collection}/share-links"),
                json!({ "openTo": "team" }),
            ),
            (
                "delete_share_link",
                Role("editor"),
                format!("/api/collections/{collection}/share-links/{}", uuid::Uuid::now_v7()),
                none.clone(),
            ),
            ("open_share_link", SignedIn, "/api/shared".to_owned(), none.clone()),
            ("list_shared_items", SignedIn, "/api/shared/items".to_owned(), none.clone()),
            ("read_shared_item", SignedIn, format!("/api/shared/items/{request}"), none.clone()),
            ("list_team_share_links", Admin, "/api/share-links".to_owned(), none.clone()),
            ("delete_team_share_link", Admin, format!("/api/share-links/{}", uuid::Uuid::now_v7()), none.clone()),
            ("list_public_workspaces", SignedIn, "/api/public/workspaces".to_owned(), none.clone()),
            ("read_public_workspace", SignedIn, format!("/api/public/workspaces/{workspace}"), none.clone()),
            ("read_public_collection", SignedIn, format!("/api/public/collections/{collection}"), none.clone()),
            ("list_public_items", SignedIn, format!("/api/public/collections/{collection}/items"), none.clone()),
            ("read_public_item", SignedIn, format!("/api/public/items/{request}"), none.clone()),
            ("read_public_environment", SignedIn, format!("/api/public/environments/{environment}"), none.clone()),
            ("join_workspace", Role("viewer"), format!("/api/workspaces/{workspace}/join"), none.clone()),
            ("leave_workspace", Role("viewer"), format!("/api/workspaces/{workspace}/leave"), none.clone()),
            (
                "list_access_requests",
                Role("owner"),
                format!("/api/workspaces/{workspace}/access-requests"),
                none.clone(),
            ),
            (
                "cancel_publish_request",
                Role("owner"),
                format!("/api/workspaces/{workspace}/publish-request"),
                none.clone(),
            ),
            ("list_publish_requests", SuperAdmin, "/api/publish-requests".to_owned(), none.clone()),
            (
                "decide_publish_request",
                SuperAdmin,
                format!("/api/publish-requests/{}/decision", uuid::Uuid::now_v7()),
                json!({ "approve": true }),
            ),
            ("list_own_access_requests", SignedIn, "/api/access-requests".to_owned(), none.clone()),
            (
                "request_access",
                SignedIn,
                "/api/access-requests".to_owned(),
                json!({ "kind": "workspace", "subject": workspace, "role": "viewer" }),
            ),
            (
                "cancel_access_request",
                SignedIn,
                format!("/api/access-requests/{}", uuid::Uuid::now_v7()),
                none.clone(),
            ),
            (
                "decide_access_request",
                SignedIn,
                format!("/api/access-requests/{}/decision", uuid::Uuid::now_v7()),
                json!({ "role": "viewer" }),
            ),
            (
                "transfer_collection",
                Role("editor"),
                format!("/api/collections/{collection}/transfer"),
                json!({ "workspaceId": workspace }),
            ),
            (
                "transfer_environment",
                Role("editor"),
                format!("/api/environments/{environment}/transfer"),
                json!({ "workspaceId": workspace }),
            ),
            ("list_members", Role("viewer"), format!("/api/workspaces/{workspace}/members"), none.clone()),
            (
                "set_member",
                Role("owner"),
                format!("/api/workspaces/{workspace}/members/{person}"),
                json!({ "role": "viewer" }),
            ),
            ("remove_member", Role("owner"), format!("/api/workspaces/{workspace}/members/{person}"), none.clone()),
            (
                "explain_access",
                Role("viewer"),
                format!("/api/access/explain?action=item.update&kind=item&id={request}"),
                none.clone(),
            ),
            ("list_workspace_access", Role("viewer"), format!("/api/workspaces/{workspace}/access"), none.clone()),
            ("list_person_access", Admin, format!("/api/people/{person}/access"), none.clone()),
            ("list_groups", SignedIn, "/api/groups".to_owned(), none.clone()),
            (
                "create_group",
                SignedIn,
                "/api/groups".to_owned(),
                json!({ "name": format!("g {}", uuid::Uuid::new_v4()), "roles": ["developer"] }),
            ),
            ("read_group", SignedIn, format!("/api/groups/{group}"), none.clone()),
            ("update_group", Admin, format!("/api/groups/{group}"), json!({ "version": 1, "summary": "x" })),
            ("list_group_members", SignedIn, format!("/api/groups/{group}/members"), none.clone()),
            ("change_group_members", Admin, format!("/api/groups/{group}/members"), json!({ "add": [person] })),
            ("change_group_managers", Admin, format!("/api/groups/{group}/managers"), json!({ "remove": [person] })),
            ("delete_group", Admin, format!("/api/groups/{group}"), none.clone()),
            (
                "list_collection_members",
                Role("viewer"),
                format!("/api/collections/{collection}/members"),
                none.clone(),
            ),
            (
                "set_collection_member",
                Role("editor"),
                format!("/api/collections/{collection}/members/{person}"),
                json!({ "role": "viewer" }),
            ),
            (
                "remove_collection_member",
                Role("editor"),
                format!("/api/collections/{collection}/members/{person}"),
                none.clone(),
            ),
            (
                "list_environment_members",
                Role("viewer"),
                format!("/api/environments/{environment}/members"),
                none.clone(),
            ),
            (
                "set_environment_member",
                Role("editor"),
                format!("/api/environments/{environment}/members/{person}"),
                json!({ "role": "viewer" }),
            ),
            (
                "remove_environment_member",
                Role("editor"),
                format!("/api/environments/{environment}/members/{person}"),
                none.clone(),
            ),
            ("list_collections", Role("viewer"), format!("/api/workspaces/{workspace}/collections"), none.clone()),
            (
                "create_collection",
                Role("editor"),
                format!("/api/workspaces/{workspace}/collections"),
                json!({ "name": "x" }),
            ),
            ("read_collection", Role("viewer"), format!("/api/collections/{collection}"), none.clone()),
            (
                "update_collection",
                Role("editor"),
                format!("/api/collections/{collection}"),
                json!({ "version": 1, "name": "x" }),
            ),
            ("delete_collection", Role("editor"), format!("/api/collections/{collection}"), none.clone()),
            ("list_items", Role("viewer"), format!("/api/collections/{collection}/items"), none.clone()),
            ("create_item", Role("editor"), format!("/api/collections/{collection}/items"), new_item),
            ("export_collection", Role("viewer"), format!("/api/collections/{collection}/export"), none.clone()),
            ("read_item", Role("viewer"), format!("/api/items/{request}"), none.clone()),
            ("update_item", Role("editor"), format!("/api/items/{request}"), json!({ "version": 1, "name": "x" })),
            ("delete_item", Role("editor"), format!("/api/items/{folder}"), none.clone()),
            (
                "move_item",
                Role("editor"),
                format!("/api/items/{request}/move"),
                json!({ "version": 1, "parentId": null, "after": null }),
            ),
            ("duplicate_item", Role("editor"), format!("/api/items/{folder}/duplicate"), none.clone()),
            ("list_environments", Role("viewer"), format!("/api/workspaces/{workspace}/environments"), none.clone()),
            (
                "create_environment",
                Role("editor"),
                format!("/api/workspaces/{workspace}/environments"),
                json!({ "name": "x" }),
            ),
            ("read_environment", Role("viewer"), format!("/api/environments/{environment}"), none.clone()),
            (
                "update_environment",
                Role("editor"),
                format!("/api/environments/{environment}"),
                json!({ "version": 2, "name": "x" }),
            ),
            ("delete_environment", Role("editor"), format!("/api/environments/{environment}"), none.clone()),
            (
                "reveal_value",
                Role("viewer"),
                format!("/api/environments/{environment}/values/{value}/reveal"),
                none.clone(),
            ),
            ("export_environment", Role("editor"), format!("/api/environments/{environment}/export"), none.clone()),
            ("read_globals", Role("viewer"), format!("/api/workspaces/{workspace}/globals"), none.clone()),
            ("import_file", Role("editor"), format!("/api/workspaces/{workspace}/import"), collection_file),
            ("import_sample", Role("editor"), format!("/api/workspaces/{workspace}/samples"), none.clone()),
            (
                "send_request",
                Role("viewer"),
                format!("/api/workspaces/{workspace}/send"),
                json!({ "itemId": request, "document": { "request": "http://127.0.0.1:1/" }, "environmentId": environment }),
            ),
            (
                "run_collection",
                Role("viewer"),
                format!("/api/workspaces/{workspace}/runs"),
                json!({ "collectionId": collection, "folderId": folder, "environmentId": environment }),
            ),
            ("read_body", SignedIn, format!("/api/bodies/{}", uuid::Uuid::now_v7()), none.clone()),
            ("list_history", Role("viewer"), format!("/api/workspaces/{workspace}/history"), none.clone()),
            ("clear_history", Role("viewer"), format!("/api/workspaces/{workspace}/history"), none.clone()),
            ("delete_history_entry", SignedIn, format!("/api/history/{}", uuid::Uuid::now_v7()), none.clone()),
            ("clear_cookies", Role("viewer"), format!("/api/workspaces/{workspace}/cookies"), none),
        ]
        .into_iter()
        .map(|(operation, asks, path, body)| (operation, Case { asks, path, body }))
        .collect()
    }
}

/// Every operation of the API with its method.
fn operations() -> Vec<(String, Method)> {
    let api: Value = serde_json::from_str(&bulla_server::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no id"));
            operations.push((id.to_owned(), method.to_uppercase().parse().unwrap()));
        }
    }
    operations
}

/// The code of a refusal; that of Postman's routes is told by the name that Postman has for it.
fn code(answer: &Answer) -> &str {
    match answer.json["error"]["name"].as_str() {
        Some("AuthenticationError") => "signed_out",
        Some("ForbiddenRequest") => "forbidden",
        _ => answer.json["code"].as_str().unwrap_or_default(),
    }
}

async fn ask(client: &Client, method: &Method, case: &Case) -> Answer {
    client.json(method.clone(), &case.path, case.body.clone()).await
}

#[test]
fn every_operation_has_a_case() {
    let never = Things::nowhere();
    let cases = never.cases();
    let missing: Vec<_> =
        operations().into_iter().map(|(id, _)| id).filter(|id| !cases.contains_key(id.as_str())).collect();
    assert_eq!(missing, [] as [String; 0], "add a case for each in crates/server/tests/server/routes.rs");
}

on_both_databases! {
    /// ASVS 8.2.2.
    async fn what_a_stranger_may_not_know_of_answers_like_what_never_was(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let stranger = server.person("Sam", "developer").await;
        let hidden = Things::made_by(&server, &olga, "personal", &stranger.person).await;
        let (theirs, nothing) = (hidden.cases(), hidden.that_never_were().cases());
        for (id, method) in operations() {
            let Some(case) = theirs.get(id.as_str()).filter(|case| matches!(case.asks, Asks::Role(_))) else { continue };
            let answer = ask(&stranger, &method, case).await;
            let never = ask(&stranger, &method, &nothing[id.as_str()]).await;
            assert_eq!(answer.status, 404, "{id}: {answer}");
            for field in ["type", "title", "code", "detail", "status"] {
                assert_eq!(answer.json[field], never.json[field], "{id}");
            }
            let mut names: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
            let mut expected: Vec<_> = never.headers.keys().map(|name| name.as_str().to_owned()).collect();
            names.sort();
            expected.sort();
            assert_eq!(names, expected, "{id}");
        }
        let globals = stranger.get(&format!("/api/environments/{}", hidden.globals)).await;
        assert_eq!(globals.status, 404, "{globals}");
        let listed = stranger.get("/api/workspaces").await;
        assert!(!listed.to_string().contains(&hidden.workspace), "{listed}");
        // And all of it is still there.
        assert_eq!(olga.get(&format!("/api/items/{}", hidden.request)).await.json["version"], 1);
        assert_eq!(olga.get(&format!("/api/environments/{}", hidden.environment)).await.json["version"], 2);
    }
    /// ASVS 8.2.1.
    async fn each_role_may_what_it_may_and_no_more(server: Server) {
        let olga = server.person("Olga", "developer").await;
        let (ed, vi) = (server.person("Ed", "developer").await, server.person("Vi", "developer").await);
        let other = server.person("Otto", "developer").await;
        let mut things = None;
        for (id, method) in operations() {
            for (role, client) in [("viewer", &vi), ("editor", &ed), ("owner", &olga)] {
                let there = match things.take() {
                    Some(there) => there,
                    None => {
                        let made = Things::made_by(&server, &olga, "team", &other.person).await;
                        for (person, role) in
                            [(&ed, "editor"), (&vi, "viewer"), (&other, "editor"), (&server.admin, "owner")]
                        {
                            let path = format!("/api/workspaces/{}/members/{}", made.workspace, person.person);
                            assert_eq!(olga.put(&path, json!({ "role": role })).await.status, 200);
                        }
                        made
                    }
                };
                let cases = there.cases();
                let Some(case) = cases.get(id.as_str()) else { continue };
                let Asks::Role(needed) = case.asks else {
                    things = Some(there);
                    break;
                };
                let answer = ask(client, &method, case).await;
                let rank = |role: &str| ["viewer", "editor", "owner"].iter().position(|name| *name == role).unwrap();
                if rank(role) < rank(needed) {
                    assert_eq!(answer.status, 403, "{id} as {role}: {answer}");
                    assert_eq!(answer.json["code"], "forbidden");
                    things = Some(there);
                } else if NOTHING_THERE.contains(&id.as_str()) {
                    assert_eq!(answer.status, 404, "{id} as {role}: {answer}");
                } else if WRONG.contains(&id.as_str()) {
                    assert_eq!(answer.status, 409, "{id} as {role}: {answer}");
                } else {
                    assert!(answer.status.is_success(), "{id} as {role}: {answer}");
                    if method == Method::GET {
                        things = Some(there);
                    }
                }
            }
        }
    }

    async fn nobody_in_particular_may_only_what_asks_for_nothing(server: Server) {
        let nobody = server.anonymous();
        let things = Things::made_by(&server, &server.admin, "team", &server.admin.person).await;
        let cases = things.cases();
        for (id, method) in operations() {
            let Some(case) = cases.get(id.as_str()) else { continue };
            let answer = ask(&nobody, &method, case).await;
            match case.asks {
                Asks::Nothing => assert_ne!(answer.json["code"], "signed_out", "{id}: {answer}"),
                _ => assert_eq!((answer.status.as_u16(), code(&answer)), (401, "signed_out"), "{id}: {answer}"),
            }
        }
    }

    async fn the_roles_of_the_team_hold(server: Server) {
        let developer = server.person("Dev", "developer").await;
        let admin = server.person("Adm", "admin").await;
        let other = server.person("Otto", "developer").await.person;
        for (id, method) in operations() {
            for (client, rank) in [(&developer, 0), (&admin, 1), (&server.admin, 2)] {
                let things = Things::made_by(&server, &developer, "personal", &other).await;
                let cases = things.cases();
                let Some(case) = cases.get(id.as_str()) else { continue };
                let answer = match case.asks {
                    Asks::SuperAdmin | Asks::Admin | Asks::Payer | Asks::SignedIn => ask(client, &method, case).await,
                    Asks::Nothing | Asks::Role(_) => continue,
                };
                match case.asks {
                    Asks::Admin if rank < 1 => assert_eq!(code(&answer), "forbidden", "{id}: {answer}"),
                    Asks::SuperAdmin | Asks::Payer if rank < 2 => {
                        assert_eq!(answer.json["code"], "forbidden", "{id}: {answer}");
                    }
                    // Nothing of anybody has that id.
                    _ if NOTHING_THERE.contains(&id.as_str()) => assert_eq!(answer.status, 404, "{id}: {answer}"),
                    _ if WRONG.contains(&id.as_str()) => assert!([409, 422].contains(&answer.status.as_u16()), "{id}: {answer}"),
                    _ => assert!(answer.status.is_success(), "{id}: {answer}"),
                }
            }
        }
    }

    async fn a_change_that_another_site_could_have_started_is_refused(server: Server) {
        let things = Things::made_by(&server, &server.admin, "team", &server.admin.person).await;
        let cases = things.cases();
        let host = server.url.trim_start_matches("http://").to_owned();
        for (id, method) in operations().into_iter().filter(|(_, method)| *method != Method::GET) {
            let Some(case) = cases.get(id.as_str()) else { continue };
            let request = |headers: &[(&str, &str)]| {
                let mut request = Request::builder().method(&method).uri(format!("{}{}", server.url, case.path));
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                request.header("content-type", "application/json").body(Full::new(Bytes::from("{}"))).unwrap()
            };
            for headers in [
                &[][..],
                &[("x-bulla-request", "0")],
                &[("x-bulla-request", "1"), ("sec-fetch-site", "cross-site")],
                &[("x-bulla-request", "1"), ("sec-fetch-site", "same-site")],
                &[("x-bulla-request", "1"), ("origin", "https://evil.example")],
                &[("x-bulla-request", "1"), ("origin", "null")],
            ] {
                let answer = server.admin.request(request(headers)).await;
                assert_eq!(answer.json["code"], "cross_site", "{id} {headers:?}: {answer}");
            }
            let own = format!("http://{host}");
            let answer = server.anonymous().request(request(&[("x-bulla-request", "1"), ("origin", &own)])).await;
            assert_ne!(answer.json["code"], "cross_site", "{id}: {answer}");
        }
    }
    /// ASVS 8.4.1.
    async fn ids_of_elsewhere_are_of_no_use_in_a_body(server: Server) {
        let (olga, sam) = (server.person("Olga", "developer").await, server.person("Sam", "developer").await);
        let hidden = Things::made_by(&server, &olga, "personal", &olga.person).await;
        let own = Things::made_by(&server, &sam, "team", &sam.person).await;
        let items = format!("/api/collections/{}/items", own.collection);
        let moved = format!("/api/items/{}/move", own.request);
        let values = json!([{ "id": hidden.value, "key": "token", "type": "default", "enabled": true }]);
        for (path, body, field) in [
            (&items, json!({ "parentId": hidden.folder, "kind": "request", "name": "x" }), "/parentId"),
            (&items, json!({ "parentId": null, "kind": "request", "name": "x", "after": hidden.request }), "/after"),
            (&moved, json!({ "version": 1, "parentId": hidden.folder, "after": null }), "/parentId"),
            (&moved, json!({ "version": 1, "parentId": null, "after": hidden.request }), "/after"),
        ] {
            let answer = sam.post(path, body).await;
            assert_eq!(answer.json["errors"][0]["path"], field, "{answer}");
        }
        let path = format!("/api/environments/{}", own.environment);
        let answer = sam.patch(&path, json!({ "version": 2, "values": values })).await;
        assert_eq!(answer.json["errors"][0]["path"], "/values/0/id", "{answer}");
        let path = format!("/api/environments/{}/values/{}/reveal", own.environment, hidden.value);
        assert_eq!(sam.post(&path, Value::Null).await.status, 404);
        let (send, runs) =
            (format!("/api/workspaces/{}/send", own.workspace), format!("/api/workspaces/{}/runs", own.workspace));
        let draft = json!({ "request": "http://127.0.0.1:1/" });
        for (path, body, what) in [
            (&send, json!({ "itemId": hidden.request, "document": draft }), "item"),
            (&send, json!({ "collectionId": hidden.collection, "document": draft }), "collection"),
            (&send, json!({ "environmentId": hidden.environment, "document": draft }), "environment"),
            (&send, json!({ "environmentId": hidden.globals, "document": draft }), "environment"),
            (&runs, json!({ "collectionId": hidden.collection }), "collection"),
            (&runs, json!({ "collectionId": own.collection, "environmentId": hidden.environment }), "environment"),
        ] {
            let expected = format!("404 not_found: there is no such {what}, or you may not see it");
            assert_eq!(sam.post(path, body).await.to_string(), expected);
        }
        for (field, value) in [("folderId", json!(hidden.folder)), ("itemIds", json!([hidden.request]))] {
            let answer = sam.post(&runs, json!({ "collectionId": own.collection, field: value })).await;
            assert!(answer.json["errors"][0]["path"].as_str().unwrap().starts_with(&format!("/{field}")), "{answer}");
        }
        let path = format!("/api/workspaces/{}/members/{}", own.workspace, uuid::Uuid::now_v7());
        assert_eq!(sam.put(&path, json!({ "role": "viewer" })).await.status, 404);
    }
}
