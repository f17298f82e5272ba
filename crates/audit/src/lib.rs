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
    /// Why it was refused, or by what right it was done: a stable word or a sentence, never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
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
    /// The id of the API key that acted for the person; absent if they were signed in themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The greatest whole number that every JSON reader keeps exactly (RFC 8785, section 3.2.2.3): 2^53 - 1.
const EXACT: u64 = 9_007_199_254_740_991;

/// Why an event has no canonical form.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// A number is beyond 2^53 - 1 and would be rounded, so that two events could look the same.
    #[error("{field} is {number}, which JSON cannot say exactly")]
    Inexact {
        /// The field that holds it.
        field: String,
        /// The number.
        number: String,
    },
    /// The event cannot be written as JSON at all.
    #[error("the event has no canonical form: {0}")]
    Unwritable(String),
}

/// The canonical form of `event` (RFC 8785): the bytes that are stored, hashed and exported.
///
/// # Errors
///
/// If a number cannot be said exactly in JSON.
pub fn canonical(event: &Event) -> Result<Vec<u8>, CanonicalError> {
    let exact = |field: &str, number: i64| {
        if number.unsigned_abs() <= EXACT {
            return Ok(());
        }
        Err(CanonicalError::Inexact { field: field.to_owned(), number: number.to_string() })
    };
    if event.sequence > EXACT {
        return Err(CanonicalError::Inexact { field: "sequence".to_owned(), number: event.sequence.to_string() });
    }
    exact("at", event.at)?;
    for (name, change) in &event.changes {
        for field in [&change.before, &change.after] {
            if let Some(Field::Number(number)) = field {
                exact(name, *number)?;
            }
        }
    }
    serde_json_canonicalizer::to_vec(event).map_err(|error| CanonicalError::Unwritable(error.to_string()))
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
            because: None,
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

    #[test]
    fn names_sort_by_utf_16_and_text_is_escaped_as_rfc_8785_says() {
        let mut event = event();
        let change = |text: &str| Change { before: None, after: Some(Field::Text(text.to_owned())) };
        // U+1F600 is two surrogates (D83D DE00), which sort before U+FB33 though its code point is greater.
        event.changes = BTreeMap::from([
            ("\u{fb33}".to_owned(), change("a\u{0}\n\u{7f}\"\\/")),
            ("\u{1f600}".to_owned(), change("b")),
        ]);
        let text = String::from_utf8(canonical(&event).unwrap()).unwrap();
        let changes = text.split("\"changes\":").nth(1).unwrap().split(",\"format\"").next().unwrap();
        assert_eq!(
            changes,
            "{\"\u{1f600}\":{\"after\":{\"text\":\"b\"}},\"\u{fb33}\":{\"after\":{\"text\":\"a\\u0000\\n\u{7f}\\\"\\\\/\"}}}"
        );
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![".*", "[\\x00-\\x1f\"\\\\]{0,8}", "\\PC{0,40}"]
    }

    fn field() -> impl Strategy<Value = Field> {
        prop_oneof![
            text().prop_map(Field::Text),
            (-9_007_199_254_740_991..=9_007_199_254_740_991_i64).prop_map(Field::Number),
            text().prop_map(|value| sensitive(&[7; 32], value.as_bytes())),
        ]
    }

    prop_compose! {
        fn events()(
            sequence in 0..=9_007_199_254_740_991_u64,
            at in 0..=9_007_199_254_740_991_i64,
            actor in prop_oneof![text().prop_map(|id| Actor::Person { id }), Just(Actor::Anonymous), Just(Actor::Operator)],
            words in proptest::array::uniform4(text()),
            origin in proptest::array::uniform4(proptest::option::of(text())),
            because in proptest::option::of(text()),
            done in any::<bool>(),
            changes in proptest::collection::btree_map(
                text(),
                (proptest::option::of(field()), proptest::option::of(field())).prop_map(|(before, after)| Change { before, after }),
                0..4,
            ),
        ) -> Event {
            let [id, team, action, kind] = words;
            let [request, address, agent, key] = origin;
            Event {
                format: FORMAT, target: Target { kind, id: id.clone() }, id, team, sequence, at, actor, action,
                outcome: if done { Outcome::Done } else { Outcome::Refused },
                because, changes, origin: Origin { request, address, agent, key },
            }
        }
    }

    proptest! {
        #[test]
        fn an_event_survives_its_canonical_form(event in events()) {
            let bytes = canonical(&event).unwrap();
            let read: Event = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(&read, &event);
            prop_assert_eq!(canonical(&read).unwrap(), bytes);
        }

        #[test]
        fn the_canonical_form_does_not_depend_on_the_order_it_was_read_in(event in events()) {
            // The same object with its fields in the opposite order, as another program might store it.
            let value = serde_json::to_value(&event).unwrap();
            let reversed: serde_json::Map<_, _> =
                value.as_object().unwrap().clone().into_iter().rev().collect();
            let text = serde_json::to_vec(&reversed).unwrap();
            let read: Event = serde_json::from_slice(&text).unwrap();
            prop_assert_eq!(canonical(&read).unwrap(), canonical(&event).unwrap());
        }

        #[test]
        fn different_events_have_different_leaves(one in events(), other in events()) {
            prop_assume!(one != other);
            prop_assert_ne!(leaf_hash(&canonical(&one).unwrap()), leaf_hash(&canonical(&other).unwrap()));
        }
    }

    #[test]
    fn a_number_that_json_cannot_say_exactly_is_refused() {
        let too_large = Event { sequence: EXACT + 1, ..event() };
        assert_eq!(
            canonical(&too_large).unwrap_err().to_string(),
            "sequence is 9007199254740992, which JSON cannot say exactly"
        );
        for number in [i64::MAX, i64::MIN] {
            let mut event = event();
            event.changes.insert("size".to_owned(), Change { before: None, after: Some(Field::Number(number)) });
            assert!(canonical(&event).is_err());
        }
    }
}
