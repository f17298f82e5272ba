//! The forms in which events leave: ours, OCSF, ECS and CEF, and the line of syslog around them.
//!
//! Whatever somebody typed stands in these lines: names with line breaks, pipes, brackets, quotes, marks that turn text
//! around, ten thousand characters. Each form has its own rules for them, and none lets a value end before its end.

pub mod cef;
pub mod class;
pub mod ecs;
pub mod ocsf;
pub mod syslog;

use std::collections::BTreeMap;

use bulla_audit::{Actor, Event, Field, Outcome};
use serde_json::{Map, Value, json};

use crate::audit::Named;
use crate::error::{Error, Result};

/// The name of the product, as the forms ask for it.
const PRODUCT: &str = "Bulla";
/// Longest text of a field, in characters: what people type is shorter, other than on purpose.
const LONGEST: usize = 10_000;

/// How an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditSinkFormat)]
pub enum Format {
    /// As the export has it, with who the people are.
    Json,
    /// Open Cybersecurity Schema Framework.
    Ocsf,
    /// Elastic Common Schema.
    Ecs,
    /// Common Event Format of ArcSight.
    Cef,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Json, Self::Ocsf, Self::Ecs, Self::Cef];

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ocsf => "ocsf",
            Self::Ecs => "ecs",
            Self::Cef => "cef",
        }
    }

    /// The form of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Is it JSON?
    pub fn is_json(self) -> bool {
        self != Self::Cef
    }
}

/// An event that is about to leave, with what is known of the people in it.
pub struct Leaving<'l> {
    /// The event, with what is kept beside it put back.
    pub event: Event,
    /// The hash of its leaf: with all of them the receiver can build the tree and compare its root with a checkpoint.
    pub hash: &'l [u8],
    /// Who people are now, by their ids.
    pub people: &'l BTreeMap<String, Named>,
}

impl Leaving<'_> {
    /// Writes it in this form, as one line without its end.
    ///
    /// # Errors
    ///
    /// If it cannot be written as JSON.
    pub fn line(&self, format: Format) -> Result<String> {
        match format {
            Format::Json => text(&self.json()?),
            Format::Ocsf => text(&ocsf::event(self)),
            Format::Ecs => text(&ecs::event(self)),
            Format::Cef => Ok(cef::event(self)),
        }
    }

    fn json(&self) -> Result<Value> {
        use base64::Engine;
        let mut value = serde_json::to_value(&self.event).map_err(Error::unexpected)?;
        if let Value::Object(fields) = &mut value {
            fields.insert("leafHash".to_owned(), base64::engine::general_purpose::STANDARD.encode(self.hash).into());
            let people: Map<String, Value> = [self.actor_id(), self.person_id()]
                .into_iter()
                .flatten()
                .filter_map(|id| self.people.get(id).map(|person| (id.to_owned(), person)))
                .map(|(id, person)| (id, json!({ "name": person.name, "email": person.email })))
                .collect();
            fields.insert("people".to_owned(), people.into());
        }
        Ok(value)
    }

    fn actor_id(&self) -> Option<&str> {
        match &self.event.actor {
            Actor::Person { id } => Some(id),
            Actor::Anonymous | Actor::Operator | Actor::System => None,
        }
    }

    /// The person whom it is about.
    fn person_id(&self) -> Option<&str> {
        (self.event.target.kind == "person" && !self.event.target.id.is_empty())
            .then_some(self.event.target.id.as_str())
    }

    fn actor(&self) -> Option<&Named> {
        self.people.get(self.actor_id()?)
    }

    fn person(&self) -> Option<&Named> {
        self.people.get(self.person_id()?)
    }

    /// What to call the actor where there is nobody's id.
    fn actor_kind(&self) -> &'static str {
        match &self.event.actor {
            Actor::Person { .. } => "person",
            Actor::Anonymous => "anonymous",
            Actor::Operator => "operator",
            Actor::System => "system",
        }
    }

    fn is_refused(&self) -> bool {
        self.event.outcome == Outcome::Refused
    }

    /// The fields that changed, each as before and after. What must not be read stays an HMAC.
    fn changes(&self) -> Map<String, Value> {
        let plain = |field: &Option<Field>| match field {
            None => Value::Null,
            Some(Field::Text(text)) => text.as_str().into(),
            Some(Field::Number(number)) => (*number).into(),
            Some(Field::Sensitive(hmac)) => json!({ "hmac": hmac }),
        };
        let both =
            |change: &bulla_audit::Change| json!({ "before": plain(&change.before), "after": plain(&change.after) });
        self.event.changes.iter().map(|(field, change)| (field.clone(), both(change))).collect()
    }
}

/// JSON in one line. Marks that turn text around and invisible ones are written as escapes: a reader of JSON gets what was
/// there, and a person who looks at the line is not deceived by it.
fn text(value: &Value) -> Result<String> {
    let plain = serde_json::to_string(&shortened(value)).map_err(Error::unexpected)?;
    if !plain.chars().any(is_deceptive) {
        return Ok(plain);
    }
    // Outside of strings JSON is ASCII, so what is found is inside of one.
    let mut escaped = String::with_capacity(plain.len() + 64);
    for character in plain.chars() {
        if is_deceptive(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    Ok(escaped)
}

/// The same with every text cut to [`LONGEST`].
fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) => cut(text, LONGEST).into(),
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (cut(name, LONGEST), shortened(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// At most so many characters, with a mark where something is missing.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// Does it show as nothing, or turn around what stands beside it? (Unicode: bidirectional and invisible format
/// characters, line and paragraph separators, and the controls of C1.)
fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
pub(super) mod tests {
    use bulla_audit::{Change, FORMAT, Origin, Target};

    use super::*;

    /// Text that every form must carry without being broken by it.
    pub const HOSTILE: &str = "a|b\\c=d\"e\r\nCEF:0|x] [f\u{202e}g\u{0}h\u{2028}<é🦀>";

    pub fn people() -> BTreeMap<String, Named> {
        let named = |name: &str, email: &str| Named {
            numeric_id: 1,
            name: name.to_owned(),
            email: email.to_owned(),
            active: true,
        };
        BTreeMap::from([
            ("p1".to_owned(), named("Ada", "ada@example.com")),
            ("p2".to_owned(), named(HOSTILE, "bo@example.com")),
        ])
    }

    pub fn event(action: &str, kind: &str, outcome: Outcome) -> Event {
        let text = |text: &str| Some(Field::Text(text.to_owned()));
        Event {
            format: FORMAT,
            id: "01990000-0000-7000-8000-000000000001".to_owned(),
            team: "t1".to_owned(),
            sequence: 7,
            at: 1_764_000_000_000,
            actor: Actor::Person { id: "p1".to_owned() },
            action: action.to_owned(),
            target: Target { kind: kind.to_owned(), id: "p2".to_owned() },
            outcome,
            because: (outcome == Outcome::Refused).then(|| "wrong credentials".to_owned()),
            changes: BTreeMap::from([("name".to_owned(), Change { before: text("Bo"), after: text(HOSTILE) })]),
            origin: Origin {
                request: Some("r1".to_owned()),
                address: Some("203.0.113.9".to_owned()),
                agent: Some("curl/8 (x=y|z)".to_owned()),
                key: None,
            },
            commitments: BTreeMap::new(),
        }
    }

    #[test]
    fn a_hostile_name_comes_out_of_every_json_form_as_it_went_in() {
        let people = people();
        let mut huge = event("person.create", "person", Outcome::Done);
        huge.changes
            .insert("summary".to_owned(), Change { before: None, after: Some(Field::Text("x".repeat(20_000))) });
        let leaving = Leaving { event: huge, hash: &[1; 32], people: &people };
        for format in Format::ALL {
            let line = leaving.line(format).unwrap();
            assert!(!line.contains(['\n', '\r', '\0', '\u{202e}', '\u{2028}']), "{format:?}: {line}");
            assert!(!line.contains(&"x".repeat(LONGEST)), "{format:?}");
            if format.is_json() {
                let read: Value = serde_json::from_str(&line).unwrap();
                assert!(contains(&read, HOSTILE), "{format:?}: {line}");
            }
        }
    }

    fn contains(value: &Value, wanted: &str) -> bool {
        match value {
            Value::String(text) => text == wanted,
            Value::Array(items) => items.iter().any(|item| contains(item, wanted)),
            Value::Object(fields) => fields.values().any(|field| contains(field, wanted)),
            _ => false,
        }
    }

    #[test]
    fn our_own_form_is_the_event_with_its_hash_and_its_people() {
        let people = people();
        let mut plain = event("person.roles.update", "person", Outcome::Done);
        plain.changes.clear();
        let leaving = Leaving { event: plain, hash: &[1; 32], people: &people };
        insta::assert_snapshot!(leaving.line(Format::Json).unwrap(), @r#"{"format":2,"id":"01990000-0000-7000-8000-000000000001","team":"t1","sequence":7,"at":1764000000000,"actor":{"kind":"person","id":"p1"},"action":"person.roles.update","target":{"kind":"person","id":"p2"},"outcome":"done","origin":{"request":"r1","address":"203.0.113.9","agent":"curl/8 (x=y|z)"},"leafHash":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=","people":{"p1":{"name":"Ada","email":"ada@example.com"},"p2":{"name":"a|b\\c=d\"e\r\nCEF:0|x] [f\u202eg\u0000h\u2028<é🦀>","email":"bo@example.com"}}}"#);
    }
}
