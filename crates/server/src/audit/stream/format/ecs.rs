//! Elastic Common Schema 8: one document an event.

use serde_json::{Value, json};

use super::Leaving;
use crate::audit::Named;
use crate::moment::Moment;

/// The version of the schema.
const VERSION: &str = "8.11.0";

/// An event in ECS.
pub(super) fn event(leaving: &Leaving<'_>) -> Value {
    let event = &leaving.event;
    let (class, verb) = leaving.class();
    let mut types = verb.ecs_types(class);
    if leaving.is_refused() {
        types.push("denied");
    }
    let mut document = json!({
        "@timestamp": Moment(event.at).to_string(),
        "ecs": { "version": VERSION },
        "message": format!("{} by {}", event.action, leaving.actor().map_or(leaving.actor_kind(), |actor| &actor.name)),
        "event": {
            "id": event.id,
            "sequence": event.sequence,
            "kind": "event",
            "category": class.ecs_categories(&event.action),
            "type": types,
            "action": event.action,
            "outcome": if leaving.is_refused() { "failure" } else { "success" },
            "reason": event.because,
            "module": "bulla",
            "provider": "bulla",
            "dataset": "bulla.audit",
        },
        "organization": { "id": event.team },
        "user": match leaving.actor_id() {
            Some(id) => user(id, leaving.actor()),
            None => json!({ "name": leaving.actor_kind() }),
        },
        "bulla": {
            "target": { "kind": event.target.kind, "id": event.target.id },
            "api_key": event.origin.key,
            "changes": leaving.changes(),
        },
    });
    if let Some(id) = leaving.person_id() {
        document["user"]["target"] = user(id, leaving.person());
    }
    if event.target.kind == "group" {
        document["group"] = json!({ "id": event.target.id });
    }
    if let Some(address) = &event.origin.address {
        document["source"] = json!({ "ip": address, "address": address });
    }
    if let Some(agent) = &event.origin.agent {
        document["user_agent"] = json!({ "original": agent });
    }
    if let Some(request) = &event.origin.request {
        document["http"] = json!({ "request": { "id": request } });
    }
    let related: Vec<&str> = leaving.actor_id().into_iter().chain(leaving.person_id()).collect();
    document["related"] = json!({ "user": related, "ip": event.origin.address.iter().collect::<Vec<_>>() });
    without_nulls(&mut document);
    document
}

/// Elasticsearch takes an absent field and a null one for the same; other readers do not.
fn without_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        // What changed may have been nothing before: that is told.
        for (name, field) in fields.iter_mut() {
            if name != "changes" {
                without_nulls(field);
            }
        }
        fields.retain(|_, field| !field.is_null());
    }
}

fn user(id: &str, named: Option<&Named>) -> Value {
    json!({ "id": id, "name": named.map_or(id, |named| &named.name), "email": named.map(|named| &named.email) })
}

#[cfg(test)]
mod tests {
    use bulla_audit::Outcome;

    use super::super::tests::{event as made, people};
    use super::*;

    /// What ECS 8 allows in these two fields.
    const CATEGORIES: &[&str] = &[
        "api",
        "authentication",
        "configuration",
        "database",
        "driver",
        "email",
        "file",
        "host",
        "iam",
        "intrusion_detection",
        "library",
        "malware",
        "network",
        "package",
        "process",
        "registry",
        "session",
        "threat",
        "vulnerability",
        "web",
    ];
    const TYPES: &[&str] = &[
        "access",
        "admin",
        "allowed",
        "change",
        "connection",
        "creation",
        "deletion",
        "denied",
        "device",
        "end",
        "error",
        "group",
        "indicator",
        "info",
        "installation",
        "protocol",
        "start",
        "user",
    ];

    #[test]
    fn categories_and_types_are_those_that_the_schema_knows() {
        let people = people();
        for action in bulla_access::Action::ALL {
            for outcome in [Outcome::Done, Outcome::Refused] {
                let leaving = Leaving { event: made(action.name(), "person", outcome), hash: &[], people: &people };
                let value = event(&leaving);
                for (field, known) in [("category", CATEGORIES), ("type", TYPES)] {
                    let found = value["event"][field].as_array().unwrap();
                    assert!(!found.is_empty());
                    for word in found {
                        assert!(known.contains(&word.as_str().unwrap()), "{}: {word}", action.name());
                    }
                }
            }
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
          "@timestamp": "2025-11-24T16:00:00.000Z",
          "ecs": {
            "version": "8.11.0"
          },
          "message": "session.create by Ada",
          "event": {
            "id": "01990000-0000-7000-8000-000000000001",
            "sequence": 7,
            "kind": "event",
            "category": [
              "authentication",
              "session"
            ],
            "type": [
              "start",
              "denied"
            ],
            "action": "session.create",
            "outcome": "failure",
            "reason": "wrong credentials",
            "module": "bulla",
            "provider": "bulla",
            "dataset": "bulla.audit"
          },
          "organization": {
            "id": "t1"
          },
          "user": {
            "id": "p1",
            "name": "Ada",
            "email": "ada@example.com",
            "target": {
              "id": "p9",
              "name": "p9"
            }
          },
          "bulla": {
            "target": {
              "kind": "person",
              "id": "p9"
            },
            "changes": {}
          },
          "source": {
            "ip": "203.0.113.9",
            "address": "203.0.113.9"
          },
          "user_agent": {
            "original": "curl/8 (x=y|z)"
          },
          "http": {
            "request": {
              "id": "r1"
            }
          },
          "related": {
            "user": [
              "p1",
              "p9"
            ],
            "ip": [
              "203.0.113.9"
            ]
          }
        }
        "#);
    }
}
