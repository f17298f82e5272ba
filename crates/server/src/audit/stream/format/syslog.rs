//! A message of syslog (RFC 5424) in the frame that TLS wants (RFC 5425): its length in bytes, a blank, the message.

use bulla_audit::Outcome;

use super::{Format, Leaving};
use crate::error::Result;
use crate::moment::Moment;

/// Facility 13: log audit.
const FACILITY: u32 = 13;
/// Longest message that every receiver should take (RFC 5425, 4.3.1), in bytes.
pub const MOST: usize = 8192;

/// A message with an event in this form. `host` is the name of this instance.
///
/// # Errors
///
/// If the event cannot be written.
pub fn message(leaving: &Leaving<'_>, format: Format, host: &str) -> Result<String> {
    let event = &leaving.event;
    let severity = match event.outcome {
        Outcome::Done => 5,
        Outcome::Refused => 4,
    };
    // RFC 5424, 7.3.1: it begins again at 1.
    let sequence = event.sequence % 2_147_483_647 + 1;
    let head = format!(
        "<{}>1 {} {} bulla - {} [meta sequenceId=\"{sequence}\"] ",
        FACILITY * 8 + severity,
        Moment(event.at),
        name(host, 255),
        name(&event.action, 32),
    );
    let line = leaving.line(format)?;
    if head.len() + line.len() <= MOST {
        return Ok(head + &line);
    }
    // Too long for some receivers, who would cut it in the middle: what changed is left out, as it is the only part that
    // people can make long, and the event can be found by its number.
    let short = Leaving { event: shortened(&leaving.event), hash: leaving.hash, people: leaving.people };
    let mut whole = head + &short.line(format)?;
    while whole.len() > MOST {
        whole.pop();
    }
    Ok(whole)
}

/// The same without its changes, and with nothing longer than a line.
fn shortened(event: &bulla_audit::Event) -> bulla_audit::Event {
    let mut event = event.clone();
    let fields = event.changes.len();
    event.changes.clear();
    let after = Some(bulla_audit::Field::Text(format!("{fields} fields: too long for syslog")));
    event.changes.insert("leftOut".to_owned(), bulla_audit::Change { before: None, after });
    event.because = event.because.map(|because| super::cut(&because, 500));
    event.origin.agent = event.origin.agent.map(|agent| super::cut(&agent, 500));
    event
}

/// A field of the head: printable ASCII without blanks, a dash if there is nothing.
fn name(text: &str, most: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).take(most).collect();
    if plain.is_empty() { "-".to_owned() } else { plain }
}

/// A message in its frame.
pub fn frame(message: &str) -> Vec<u8> {
    let mut framed = format!("{} ", message.len()).into_bytes();
    framed.extend_from_slice(message.as_bytes());
    framed
}

#[cfg(test)]
mod tests {
    use bulla_audit::{Change, Field};

    use super::super::tests::{HOSTILE, event as made, people};
    use super::*;

    #[test]
    fn a_message_has_the_head_of_rfc_5424_whatever_it_is_about() {
        let people = people();
        let mut hostile = made("session.create", "session", Outcome::Refused);
        hostile.action = format!("x {HOSTILE}{}", "y".repeat(100));
        let leaving = Leaving { event: hostile, hash: &[], people: &people };
        for format in Format::ALL {
            let message = message(&leaving, format, "bulla.example.com\n]").unwrap();
            let parts: Vec<_> = message.splitn(8, ' ').collect();
            assert_eq!(parts[..3], ["<108>1", "2025-11-24T16:00:00.000Z", "bulla.example.com_]"]);
            assert_eq!(parts[3..5], ["bulla", "-"]);
            assert!(parts[5].len() == 32 && parts[5].starts_with("x_a|b"), "{}", parts[5]);
            assert_eq!(parts[6..8].join(" ").split("] ").next(), Some("[meta sequenceId=\"8\""));
            assert!(!message.contains('\n'), "{message}");
            let framed = frame(&message);
            let (length, rest) = framed.split_at(framed.iter().position(|byte| *byte == b' ').unwrap());
            assert_eq!(std::str::from_utf8(length).unwrap().parse::<usize>().unwrap(), rest.len() - 1, "in bytes");
        }
    }

    #[test]
    fn a_message_is_not_longer_than_receivers_take() {
        let mut people = people();
        people.get_mut("p2").unwrap().name = "🦀".repeat(3_000);
        let mut long = made("person.create", "person", Outcome::Done);
        for field in 0..50 {
            let after = Some(Field::Text("é".repeat(1_000)));
            long.changes.insert(format!("field{field}"), Change { before: None, after });
        }
        let leaving = Leaving { event: long, hash: &[1; 32], people: &people };
        for format in Format::ALL {
            let message = message(&leaving, format, "h").unwrap();
            assert!(message.len() <= MOST, "{format:?}: {}", message.len());
        }
        people.get_mut("p2").unwrap().name = "Bo".to_owned();
        let mut long = made("person.create", "person", Outcome::Done);
        long.changes.insert("x".to_owned(), Change { before: None, after: Some(Field::Text("é".repeat(9_000))) });
        let leaving = Leaving { event: long, hash: &[1; 32], people: &people };
        for format in [Format::Json, Format::Ocsf, Format::Ecs] {
            let message = message(&leaving, format, "h").unwrap();
            let json = message.split_once("] ").unwrap().1;
            assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "it is cut between fields: {json}");
            assert!(json.contains("too long for syslog"), "{json}");
        }
    }
}
