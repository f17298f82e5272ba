//! The audit event: who did what to which thing, and when.
//!
//! An event is a leaf of a Merkle tree from the first one on. Its canonical form is RFC 8785 JSON; its leaf hash is that
//! of RFC 6962, section 2.1: `SHA-256(0x00 || leaf)`. A sensitive value never stands in an event: [`Field::Sensitive`]
//! holds an HMAC of it, so that two events can be compared without knowing the value.
//!
//! This crate never touches a database or a clock.

use std::collections::BTreeMap;

use aws_lc_rs::{digest, hmac};
use serde::{Deserialize, Serialize};

/// The version of the canonical form. It is part of every event, so that old events stay readable.
pub const FORMAT: u32 = 1;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// [`FORMAT`] at the time of writing.
    pub format: u32,
    /// UUIDv7.
    pub id: String,
    /// The team whose log this is.
    pub team: String,
    /// Place in the team's log: 0, 1, 2, without gaps.
    pub sequence: u64,
    /// Milliseconds since the epoch, UTC.
    pub at: i64,
    /// Who did it.
    pub actor: Actor,
    /// What was done: the stable name of an action, such as `item.update`.
    pub action: String,
    /// To which thing.
    pub target: Target,
    /// Whether it was done or refused.
    pub outcome: Outcome,
    /// Fields that changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<String, Change>,
    /// How the request came.
    pub origin: Origin,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Actor {
    /// A signed-in person.
    Person {
        /// Their id.
        id: String,
    },
    /// Somebody who did not sign in.
    Anonymous,
    /// The operator, at the command line of the machine.
    Operator,
}

/// The thing that something was done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `workspace`, `collection`, `session`.
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It was done, in the transaction that wrote this event.
    Done,
    /// It was refused; nothing but this event was written.
    Refused,
}

/// A field before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Before; absent if there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Field>,
    /// After; absent if it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Field>,
}

/// What a field held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// Text that may be read by whoever reads the log.
    Text(String),
    /// A whole number, such as a version or a count.
    Number(i64),
    /// The HMAC of a value that must not be read, made by [`sensitive`].
    Sensitive(String),
}

/// How a request came to us.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The id that the answer carries too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The address it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The client's own name for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// Why an event has no canonical form.
#[derive(Debug, thiserror::Error)]
#[error("the event has no canonical form: {0}")]
pub struct CanonicalError(String);

/// The canonical form of `event` (RFC 8785): the bytes that are stored, hashed and exported.
///
/// # Errors
///
/// If a number cannot be said exactly in JSON.
pub fn canonical(event: &Event) -> Result<Vec<u8>, CanonicalError> {
    serde_json_canonicalizer::to_vec(event).map_err(|error| CanonicalError(error.to_string()))
}

/// The hash of a leaf of the Merkle tree (RFC 6962, section 2.1), 32 bytes.
pub fn leaf_hash(leaf: &[u8]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&[0x00]);
    context.update(leaf);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// A sensitive value as it may stand in an event: equal values give equal text, and nothing else can be told.
///
/// `key` is secret and belongs to the team, so that short values cannot be guessed from an export.
pub fn sensitive(key: &[u8; 32], value: &[u8]) -> Field {
    use base64::Engine;
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    Field::Sensitive(base64::engine::general_purpose::STANDARD_NO_PAD.encode(hmac::sign(&key, value)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event() -> Event {
        Event {
            format: FORMAT,
            id: "01990000-0000-7000-8000-000000000001".to_owned(),
            team: "t1".to_owned(),
            sequence: 7,
            at: 1_764_000_000_000,
            actor: Actor::Person { id: "p1".to_owned() },
            action: "workspace.update".to_owned(),
            target: Target { kind: "workspace".to_owned(), id: "w1".to_owned() },
            outcome: Outcome::Done,
            changes: BTreeMap::from([(
                "name".to_owned(),
                Change {
                    before: Some(Field::Text("Pay".to_owned())),
                    after: Some(Field::Text("Payments €".to_owned())),
                },
            )]),
            origin: Origin::default(),
        }
    }

    #[test]
    fn the_canonical_form_is_sorted_and_has_no_blanks() {
        insta::assert_snapshot!(
            String::from_utf8(canonical(&event()).unwrap()).unwrap(),
            @r#"{"action":"workspace.update","actor":{"id":"p1","kind":"person"},"at":1764000000000,"changes":{"name":{"after":{"text":"Payments €"},"before":{"text":"Pay"}}},"format":1,"id":"01990000-0000-7000-8000-000000000001","origin":{},"outcome":"done","sequence":7,"target":{"id":"w1","kind":"workspace"},"team":"t1"}"#
        );
    }

    #[test]
    fn the_leaf_hash_is_that_of_rfc_6962() {
        // The hash of the empty leaf, from the test data of certificate transparency.
        let hex: String = leaf_hash(b"").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    #[test]
    fn a_sensitive_value_can_be_compared_and_not_read() {
        let (one, two) = (sensitive(&[1; 32], b"hunter2"), sensitive(&[1; 32], b"hunter2"));
        assert_eq!(one, two);
        assert_ne!(one, sensitive(&[2; 32], b"hunter2"));
        assert!(!format!("{one:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn an_event_survives_its_canonical_form(name in ".*", sequence in 0..9_007_199_254_740_991_u64) {
            let mut event = event();
            event.sequence = sequence;
            event.changes.insert(name, Change { before: None, after: Some(Field::Number(-3)) });
            let bytes = canonical(&event).unwrap();
            prop_assert_eq!(&serde_json::from_slice::<Event>(&bytes).unwrap(), &event);
            prop_assert_eq!(canonical(&event).unwrap(), bytes);
        }
    }
}
