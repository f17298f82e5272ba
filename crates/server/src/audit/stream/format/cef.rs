//! Common Event Format, version 0 (ArcSight): one line an event.
//!
//! The head is split at pipes and the extension at `key=`; each has its own escapes. There is no escape for control
//! characters and for marks that turn text around: they are written as `<U+202E>`.

use std::fmt::Write;

use super::{Leaving, PRODUCT, cut, is_deceptive};
use crate::audit::postman::display_name;

/// Most characters of `suser`, `duser`, `reason` and `requestClientApplication`.
const NAME: usize = 1023;
/// Most characters of the custom strings `cs1` to `cs6`.
const CUSTOM: usize = 4000;

/// An event in CEF.
pub(super) fn event(leaving: &Leaving<'_>) -> String {
    let event = &leaving.event;
    let severity = if leaving.is_refused() { 6 } else { 3 };
    let (class, _) = leaving.class();
    let mut line = format!(
        "CEF:0|{PRODUCT}|{PRODUCT}|{}|{}|{}|{severity}|",
        head(env!("CARGO_PKG_VERSION")),
        head(&event.action),
        head(&display_name(&event.action)),
    );
    let mut first = true;
    let mut put = |key: &str, value: Option<&str>, most: usize| {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return };
        if !first {
            line.push(' ');
        }
        first = false;
        line.push_str(key);
        line.push('=');
        line.push_str(&extension(&cut(value, most)));
    };
    let number = |number: i64| number.to_string();
    put("rt", Some(&number(event.at)), NAME);
    put("externalId", Some(&event.id), 40);
    put("cat", Some(class.name()), NAME);
    put("act", Some(&event.action), 63);
    put("outcome", Some(if leaving.is_refused() { "failure" } else { "success" }), NAME);
    put("reason", event.because.as_deref(), NAME);
    put("suid", Some(leaving.actor_id().unwrap_or(leaving.actor_kind())), NAME);
    put("suser", leaving.actor().map(|actor| actor.email.as_str()), NAME);
    put("duid", leaving.person_id(), NAME);
    put("duser", leaving.person().map(|person| person.email.as_str()), NAME);
    match event.origin.address.as_deref() {
        // `src` is for IPv4 alone.
        Some(address) if address.contains(':') => {
            put("c6a2", Some(address), NAME);
            put("c6a2Label", Some("Source IPv6 Address"), NAME);
        }
        address => put("src", address, NAME),
    }
    put("requestClientApplication", event.origin.agent.as_deref(), NAME);
    put("cn1", Some(&event.sequence.to_string()), NAME);
    put("cn1Label", Some("sequence"), NAME);
    let changes = leaving.changes();
    let changes = if changes.is_empty() { None } else { serde_json::to_string(&changes).ok() };
    for (key, label, value) in [
        ("cs1", "targetKind", Some(event.target.kind.as_str())),
        ("cs2", "targetId", Some(event.target.id.as_str())),
        ("cs3", "team", Some(event.team.as_str())),
        ("cs4", "changes", changes.as_deref()),
        ("cs5", "apiKey", event.origin.key.as_deref()),
        ("cs6", "targetName", leaving.person().map(|person| person.name.as_str())),
    ] {
        if value.is_some_and(|value| !value.is_empty()) {
            put(key, value, CUSTOM);
            put(&format!("{key}Label"), Some(label), NAME);
        }
    }
    line
}

/// A field of the head: backslash and pipe are escaped; it is one line.
fn head(text: &str) -> String {
    escaped(text, |character| match character {
        '\\' => Some("\\\\"),
        '|' => Some("\\|"),
        '\n' | '\r' => Some(" "),
        _ => None,
    })
}

/// A value of the extension: backslash and equals sign are escaped, and so are line breaks.
fn extension(text: &str) -> String {
    escaped(text, |character| match character {
        '\\' => Some("\\\\"),
        '=' => Some("\\="),
        '\n' => Some("\\n"),
        '\r' => Some("\\r"),
        _ => None,
    })
}

fn escaped(text: &str, escape: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match escape(character) {
            Some(escape) => out.push_str(escape),
            None if character.is_control() || is_deceptive(character) => {
                let _ = write!(out, "<U+{:04X}>", u32::from(character));
            }
            None => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use bulla_audit::Outcome;

    use super::super::tests::{HOSTILE, event as made, people};
    use super::*;

    /// Reads a line as a receiver does: fields of the head, and the extension by its keys.
    fn read(line: &str) -> (Vec<String>, Vec<(String, String)>) {
        let (mut fields, mut field, mut letters) = (Vec::new(), String::new(), line.chars());
        while fields.len() < 7 {
            match letters.next().unwrap() {
                '\\' => field.push(letters.next().unwrap()),
                '|' => fields.push(std::mem::take(&mut field)),
                other => field.push(other),
            }
        }
        let rest = letters.as_str();
        // A key stands before an equals sign that is not escaped, behind a blank.
        let mut pairs: Vec<(String, String)> = Vec::new();
        let (mut value, mut letters) = (String::new(), rest.chars());
        let mut key = String::new();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => value.push(match letters.next().unwrap() {
                    'n' => '\n',
                    'r' => '\r',
                    other => other,
                }),
                '=' => {
                    let (before, next) = value.rsplit_once(' ').map_or(("", value.as_str()), |parts| parts);
                    if !key.is_empty() {
                        pairs.push((key, before.to_owned()));
                    }
                    key = next.to_owned();
                    value.clear();
                }
                other => value.push(other),
            }
        }
        pairs.push((key, value));
        (fields, pairs)
    }

    #[test]
    fn a_hostile_name_stays_in_its_field() {
        let people = people();
        let mut hostile = made("person.create", "person", Outcome::Done);
        hostile.action = HOSTILE.to_owned();
        hostile.origin.agent = Some(format!("curl {HOSTILE} suser=root"));
        let line = event(&Leaving { event: hostile, hash: &[], people: &people });
        assert!(!line.contains(['\n', '\r']), "{line}");
        let (fields, pairs) = read(&line);
        assert_eq!(fields[..3], ["CEF:0", "Bulla", "Bulla"]);
        assert_eq!(fields[6], "3", "{line}");
        assert!(fields[4].starts_with("a|b\\c=d\"e  CEF:0|x] [f<U+202E>g<U+0000>h"), "{}", fields[4]);
        let found = |key: &str| {
            let all: Vec<_> = pairs.iter().filter(|(name, _)| name == key).collect();
            assert_eq!(all.len(), 1, "{key} in {line}");
            all[0].1.clone()
        };
        assert_eq!(found("suser"), "ada@example.com", "a value cannot add a key");
        assert_eq!(
            found("cs6"),
            HOSTILE.replace('\u{202e}', "<U+202E>").replace('\0', "<U+0000>").replace('\u{2028}', "<U+2028>")
        );
        assert!(found("requestClientApplication").ends_with(" suser=root"));
    }

    #[test]
    fn values_keep_to_the_lengths_of_the_format() {
        let mut people = people();
        people.get_mut("p2").unwrap().name = "é".repeat(10_000);
        let mut long = made("person.create", "person", Outcome::Refused);
        long.origin.agent = Some("x".repeat(10_000));
        long.origin.address = Some("2001:db8::1".to_owned());
        let (_, pairs) = read(&event(&Leaving { event: long, hash: &[], people: &people }));
        for (key, value) in &pairs {
            assert!(value.chars().count() <= CUSTOM, "{key}");
        }
        let value = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        assert_eq!(value("requestClientApplication").unwrap().chars().count(), NAME);
        assert_eq!((value("c6a2"), value("src")), (Some("2001:db8::1"), None));
    }

    #[test]
    fn a_refused_sign_in_reads_so() {
        let people = people();
        let mut refused = made("session.create", "person", Outcome::Refused);
        refused.changes.clear();
        let line = event(&Leaving { event: refused, hash: &[], people: &people });
        insta::assert_snapshot!(line, @r#"CEF:0|Bulla|Bulla|0.1.0|session.create|Session create|6|rt=1764000000000 externalId=01990000-0000-7000-8000-000000000001 cat=Authentication act=session.create outcome=failure reason=wrong credentials suid=p1 suser=ada@example.com duid=p2 duser=bo@example.com src=203.0.113.9 requestClientApplication=curl/8 (x\=y|z) cn1=7 cn1Label=sequence cs1=person cs1Label=targetKind cs2=p2 cs2Label=targetId cs3=t1 cs3Label=team cs6=a|b\\c\=d"e\r\nCEF:0|x] [f<U+202E>g<U+0000>h<U+2028><é🦀> cs6Label=targetName"#);
    }
}
