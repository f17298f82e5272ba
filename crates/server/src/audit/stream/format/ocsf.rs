//! Open Cybersecurity Schema Framework 1.3: one object an event.

use serde_json::{Map, Value, json};

use super::class::Class;
use super::{Leaving, PRODUCT};
use crate::audit::Named;

/// The version of the schema.
const VERSION: &str = "1.3.0";

/// An event in OCSF.
pub(super) fn event(leaving: &Leaving<'_>) -> Value {
    let event = &leaving.event;
    let (class, verb) = leaving.class();
    let (activity, activity_name) = verb.activity(class);
    let (category, category_name) = class.category();
    let refused = leaving.is_refused();
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            out.insert(name.to_owned(), value);
        }
    };
    put("class_uid", class.uid().into());
    put("class_name", class.name().into());
    put("category_uid", category.into());
    put("category_name", category_name.into());
    put("activity_id", activity.into());
    put("activity_name", activity_name.into());
    put("type_uid", (class.uid() * 100 + activity).into());
    put("type_name", format!("{}: {activity_name}", class.name()).into());
    put("time", event.at.into());
    put("severity_id", if refused { 3 } else { 1 }.into());
    put("severity", if refused { "Medium" } else { "Informational" }.into());
    put("status_id", if refused { 2 } else { 1 }.into());
    put("status", if refused { "Failure" } else { "Success" }.into());
    put("status_detail", event.because.clone().into());
    put(
        "metadata",
        json!({
            "version": VERSION,
            "product": { "name": PRODUCT, "vendor_name": PRODUCT, "version": env!("CARGO_PKG_VERSION") },
            "uid": event.id,
            "sequence": event.sequence,
            "event_code": event.action,
            "log_name": "audit",
            "tenant_uid": event.team,
            "correlation_uid": event.origin.request,
        }),
    );
    put("actor", actor(leaving));
    put("src_endpoint", event.origin.address.as_ref().map(|address| json!({ "ip": address })).unwrap_or_default());
    put("http_request", event.origin.agent.as_ref().map(|agent| json!({ "user_agent": agent })).unwrap_or_default());
    let entity = json!({ "name": event.target.id, "uid": event.target.id, "type": event.target.kind });
    // Who an event of an account is about: the person that is named, or else whoever does it.
    let user = match leaving.person_id() {
        Some(id) => user(id, leaving.person()),
        None => leaving.actor_id().map_or_else(
            || json!({ "name": leaving.actor_kind(), "type_id": 99, "type": leaving.actor_kind() }),
            |id| user(id, leaving.actor()),
        ),
    };
    match class {
        Class::AccountChange | Class::Authentication => put("user", user),
        Class::UserAccess => {
            put("user", user);
            let given = event.changes.values().filter_map(|change| match &change.after {
                Some(bulla_audit::Field::Text(text)) => Some(text.clone()),
                _ => None,
            });
            put("privileges", given.collect::<Vec<_>>().into());
            put("resource", entity);
        }
        Class::GroupManagement => put("group", json!({ "uid": event.target.id, "name": event.target.id })),
        Class::EntityManagement => put("entity", entity),
        Class::ApiActivity => {
            put("api", json!({ "operation": event.action, "request": { "uid": event.origin.request } }));
            put("resources", json!([{ "uid": event.target.id, "type": event.target.kind }]));
        }
    }
    put(
        "unmapped",
        json!({
            "target_kind": event.target.kind,
            "target_id": event.target.id,
            "api_key": event.origin.key,
            "changes": leaving.changes(),
        }),
    );
    out.into()
}

fn user(id: &str, named: Option<&Named>) -> Value {
    json!({
        "uid": id,
        "name": named.map_or(id, |named| &named.name),
        "email_addr": named.map(|named| &named.email),
        "type_id": 1,
        "type": "User",
    })
}

fn actor(leaving: &Leaving<'_>) -> Value {
    match leaving.actor_id() {
        Some(id) => json!({ "user": user(id, leaving.actor()) }),
        None if leaving.actor_kind() == "system" => {
            json!({ "app_name": PRODUCT, "user": { "name": "system", "type_id": 3, "type": "System" } })
        }
        None => json!({ "user": { "name": leaving.actor_kind(), "type_id": 0, "type": "Unknown" } }),
    }
}

#[cfg(test)]
mod tests {
    use bulla_audit::Outcome;

    use super::super::tests::{event as made, people};
    use super::*;

    #[test]
    fn an_event_has_the_fields_that_its_class_must_have() {
        let people = people();
        for (action, kind, fields) in [
            ("session.create", "session", vec!["user"]),
            ("password.change", "person", vec!["user"]),
            ("person.roles.update", "person", vec!["user", "privileges"]),
            ("group.create", "group", vec!["group"]),
            ("workspace.delete", "workspace", vec!["entity"]),
            ("secret.reveal", "environment", vec!["api", "actor", "src_endpoint"]),
        ] {
            let leaving = Leaving { event: made(action, kind, Outcome::Done), hash: &[], people: &people };
            let value = event(&leaving);
            for field in fields.into_iter().chain(["metadata", "time", "severity_id", "activity_id", "category_uid"]) {
                assert!(!value[field].is_null(), "{action}: {field} in {value}");
            }
            let number = |field: &str| value[field].as_u64().unwrap();
            assert_eq!(number("type_uid"), number("class_uid") * 100 + number("activity_id"));
            assert_eq!(number("class_uid") / 1000, number("category_uid"));
        }
    }

    #[test]
    fn a_refused_sign_in_reads_so() {
        let people = people();
        let mut refused = made("session.create", "person", Outcome::Refused);
        refused.changes.clear();
        refused.target.id = "p9".to_owned();
        let value = event(&Leaving { event: refused, hash: &[], people: &people });
        insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap(), @r#"
        {
          "class_uid": 3002,
          "class_name": "Authentication",
          "category_uid": 3,
          "category_name": "Identity & Access Management",
          "activity_id": 1,
          "activity_name": "Logon",
          "type_uid": 300201,
          "type_name": "Authentication: Logon",
          "time": 1764000000000,
          "severity_id": 3,
          "severity": "Medium",
          "status_id": 2,
          "status": "Failure",
          "status_detail": "wrong credentials",
          "metadata": {
            "version": "1.3.0",
            "product": {
              "name": "Bulla",
              "vendor_name": "Bulla",
              "version": "0.1.0"
            },
            "uid": "01990000-0000-7000-8000-000000000001",
            "sequence": 7,
            "event_code": "session.create",
            "log_name": "audit",
            "tenant_uid": "t1",
            "correlation_uid": "r1"
          },
          "actor": {
            "user": {
              "uid": "p1",
              "name": "Ada",
              "email_addr": "ada@example.com",
              "type_id": 1,
              "type": "User"
            }
          },
          "src_endpoint": {
            "ip": "203.0.113.9"
          },
          "http_request": {
            "user_agent": "curl/8 (x=y|z)"
          },
          "user": {
            "uid": "p9",
            "name": "p9",
            "email_addr": null,
            "type_id": 1,
            "type": "User"
          },
          "unmapped": {
            "target_kind": "person",
            "target_id": "p9",
            "api_key": null,
            "changes": {}
          }
        }
        "#);
    }
}
