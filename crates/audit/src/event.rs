//! The audit event: who did what to which thing, and when.
//!
//! A sensitive value never stands in an event: [`Field::Sensitive`] holds an HMAC of it, so that two events can be
//! compared without knowing the value. What tells something of a person, such as an address, does not stand in the leaf
//! either: [`split`] takes it out and leaves a commitment to it, so that it can be erased later while every hash stays
//! valid.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};

/// The version of the canonical form. It is part of every event, so that old events stay readable: in those of version 1
/// the address and the agent stand in the leaf itself.
pub const FORMAT: u32 = 2;

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
    /// Commitments to what [`split`] took out, each an HMAC under a salt of its own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub commitments: BTreeMap<Part, String>,
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
    /// The server by itself, such as when the time to keep something is over.
    System,
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

/// What of an event is kept beside the leaf, because it tells something of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// Where the actor was: address and agent.
    Origin,
    /// Names and addresses of the person that it is about.
    Target,
}

impl Part {
    /// The name in the database and in an export.
    pub fn name(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Target => "target",
        }
    }

    /// The part of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Origin, Self::Target].into_iter().find(|part| part.name() == name)
    }
}

/// What a part holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// The address that the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The client's own name for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Fields that changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub changes: BTreeMap<String, Change>,
}

/// Bytes of a salt.
pub const SALT: usize = 16;

/// A part that was taken out of an event. When it is erased, nobody can tell from the commitment what it was: the salt
/// is gone with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Personal {
    /// Which part.
    pub part: Part,
    /// Whom it tells of, if that is known.
    pub person: Option<String>,
    /// Random bytes.
    pub salt: [u8; SALT],
    /// The canonical JSON of its [`Details`].
    pub details: String,
}

impl Personal {
    /// What stands in the event in its place.
    pub fn commitment(&self) -> String {
        use base64::Engine;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.salt);
        base64::engine::general_purpose::STANDARD.encode(hmac::sign(&key, self.details.as_bytes()))
    }
}

/// Fields of a person that tell who they are.
const TELLING: &[&str] = &["name", "email", "username"];

/// Takes out of `event` what tells something of a person and leaves commitments. `salts` are random, one for each part.
///
/// # Errors
///
/// As [`canonical`].
pub fn split(event: &mut Event, salts: [[u8; SALT]; 2]) -> Result<Vec<Personal>, CanonicalError> {
    let [for_origin, for_target] = salts;
    let actor = match &event.actor {
        Actor::Person { id } => Some(id.clone()),
        Actor::Anonymous | Actor::Operator | Actor::System => None,
    };
    let origin =
        Details { address: event.origin.address.take(), agent: event.origin.agent.take(), ..Details::default() };
    let mut target = Details::default();
    let is_person = event.target.kind == "person";
    if is_person || event.changes.contains_key("email") {
        let told = std::mem::take(&mut event.changes);
        (target.changes, event.changes) = told.into_iter().partition(|(field, _)| TELLING.contains(&field.as_str()));
    }
    // Of something else that tells of a person, such as a new team, the field `person` says who.
    let about = match event.changes.get("person").and_then(|change| change.after.as_ref()) {
        Some(Field::Text(id)) => Some(id.clone()),
        _ => Some(event.target.id.clone()).filter(|id| is_person && !id.is_empty()),
    };
    let mut parts = Vec::new();
    for (part, person, salt, details) in
        [(Part::Origin, actor, for_origin, origin), (Part::Target, about, for_target, target)]
    {
        if details == Details::default() {
            continue;
        }
        let text = serde_json_canonicalizer::to_string(&details)
            .map_err(|error| CanonicalError::Unwritable(error.to_string()))?;
        let personal = Personal { part, person, salt, details: text };
        event.commitments.insert(part, personal.commitment());
        parts.push(personal);
    }
    Ok(parts)
}

/// `event` with `details` put back, for people to read. Its canonical form is no leaf then.
pub fn merged(mut event: Event, details: impl IntoIterator<Item = Details>) -> Event {
    for part in details {
        event.origin.address = part.address.or(event.origin.address);
        event.origin.agent = part.agent.or(event.origin.agent);
        event.changes.extend(part.changes);
    }
    event
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
            commitments: BTreeMap::new(),
        }
    }

    #[test]
    fn the_canonical_form_is_sorted_and_has_no_blanks() {
        insta::assert_snapshot!(
            String::from_utf8(canonical(&event()).unwrap()).unwrap(),
            @r#"{"action":"workspace.update","actor":{"id":"p1","kind":"person"},"at":1764000000000,"changes":{"name":{"after":{"text":"Payments €"},"before":{"text":"Pay"}}},"format":2,"id":"01990000-0000-7000-8000-000000000001","origin":{},"outcome":"done","sequence":7,"target":{"id":"w1","kind":"workspace"},"team":"t1"}"#
        );
    }

    #[test]
    fn what_tells_of_a_person_stands_beside_the_leaf_and_can_be_erased() {
        let text = |text: &str| Some(Field::Text(text.to_owned()));
        let whole = Event {
            action: "person.create".to_owned(),
            target: Target { kind: "person".to_owned(), id: "p2".to_owned() },
            changes: BTreeMap::from([
                ("email".to_owned(), Change { before: None, after: text("bo@example.com") }),
                ("role".to_owned(), Change { before: None, after: text("developer") }),
            ]),
            origin: Origin {
                request: Some("r1".to_owned()),
                address: Some("203.0.113.9".to_owned()),
                agent: Some("curl".to_owned()),
                key: None,
            },
            ..event()
        };
        let mut leaf = whole.clone();
        let parts = split(&mut leaf, [[1; SALT], [2; SALT]]).unwrap();
        let written = String::from_utf8(canonical(&leaf).unwrap()).unwrap();
        for personal in ["bo@example.com", "203.0.113.9", "curl"] {
            assert!(!written.contains(personal), "{written}");
        }
        assert!(written.contains("developer") && written.contains("r1"), "{written}");
        let whose: Vec<_> = parts.iter().map(|part| (part.part, part.person.as_deref().unwrap())).collect();
        assert_eq!(whose, [(Part::Origin, "p1"), (Part::Target, "p2")]);
        for part in &parts {
            assert_eq!(leaf.commitments[&part.part], part.commitment());
            let other = Personal { salt: [3; SALT], ..part.clone() };
            assert_ne!(leaf.commitments[&part.part], other.commitment(), "without the salt nobody can try values");
        }
        let details = parts.iter().map(|part| serde_json::from_str::<Details>(&part.details).unwrap());
        let put_back = merged(leaf.clone(), details);
        assert_eq!(Event { commitments: BTreeMap::new(), ..put_back }, whole);
    }

    #[test]
    fn an_event_without_anything_personal_is_left_as_it_is() {
        let mut leaf = event();
        assert_eq!(split(&mut leaf, [[1; SALT], [2; SALT]]).unwrap(), []);
        assert_eq!(leaf, event());
    }

    #[test]
    fn an_event_of_the_first_format_is_still_read() {
        let old = r#"{"action":"session.create","actor":{"kind":"anonymous"},"at":1,"format":1,"id":"i","origin":{"address":"::1"},"outcome":"refused","sequence":0,"target":{"id":"","kind":"person"},"team":"t"}"#;
        let event: Event = serde_json::from_str(old).unwrap();
        assert_eq!(event.origin.address.as_deref(), Some("::1"));
        assert_eq!(canonical(&event).unwrap(), old.as_bytes());
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
            actor in prop_oneof![text().prop_map(|id| Actor::Person { id }), Just(Actor::Anonymous), Just(Actor::Operator), Just(Actor::System)],
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
                because, changes, origin: Origin { request, address, agent, key }, commitments: BTreeMap::new(),
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
            prop_assert_ne!(crate::leaf_hash(&canonical(&one).unwrap()), crate::leaf_hash(&canonical(&other).unwrap()));
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
