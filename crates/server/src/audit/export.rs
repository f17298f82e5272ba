//! Taking the log away: whole and provable as NDJSON, or filtered for people as CSV and JSON.
//!
//! It is read page by page while it is written, so that a log of any length leaves in little memory.

use async_stream::try_stream;
use bulla_access::Action;
use bulla_audit::{Actor, Event, Line, Opening, Outcome, Target};
use bulla_db::Reader;
use bytes::Bytes;
use csv_core::{WriteResult, Writer, WriterBuilder};
use futures::Stream;

use super::{Filter, Named, Order, entries, head, ledger, people_in};
use crate::error::{Error, Result};
use crate::moment::Moment;
use crate::operation::Door;

/// Entries that are read at once.
const CHUNK: u32 = 500;
/// Checkpoints that are read at once.
const NOTES: u64 = 10_000;

/// Writes down that the operator takes the log of `team` away.
///
/// # Errors
///
/// If it cannot be written: the log must then stay where it is.
pub async fn note_taken(door: &Door, team: &str) -> Result<()> {
    let target = Target { kind: "team".to_owned(), id: team.to_owned() };
    let mut change = door.operator(team, Action::AuditExport.name(), target).await?;
    change.text("format", None, Some("ndjson"));
    change.commit().await
}

/// How many events an export of the whole log holds: it is signed first, so that a checkpoint covers them all. A log that
/// can no longer be signed is exported as it is, since its export shows why.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn size(door: &Door, team: &str) -> Result<u64> {
    match ledger::sign(door, team).await {
        Ok(signed) => Ok(signed.size),
        Err(Error::Conflict { .. }) => Ok(head(door.reader(), team).await?.size),
        Err(other) => Err(other),
    }
}

/// Every entry of `team` that is still kept and the checkpoints over them, up to the checkpoint of `size` events, line by
/// line: what `bulla audit verify` reads.
pub fn whole(door: Door, team: String, size: u64) -> impl Stream<Item = Result<Bytes>> + Send {
    try_stream! {
        let key = ledger::public_key(&door, &team).await?;
        let kept_from = head(door.reader(), &team).await?.kept_from;
        let frontier = ledger::frontier(door.reader(), &team, kept_from).await?;
        yield line(Line::opening(&Opening::new(&team, &key, &frontier)))?;
        let filter = Filter::default();
        let (mut next, mut after) = (kept_from, kept_from.checked_sub(1));
        let mut notes = ledger::covering_from(door.reader(), &team, kept_from.max(1), NOTES).await?.into_iter().peekable();
        loop {
            let found = entries(door.reader(), &team, &filter, Order::Asc, after, CHUNK).await?;
            if found.is_empty() {
                break;
            }
            let mut text = Vec::new();
            for (sequence, entry) in &found {
                if *sequence >= size {
                    break;
                }
                // A gap is written as it is: the export hides nothing.
                while notes.peek().is_some_and(|note| note.size <= *sequence) {
                    if let Some(note) = notes.next() {
                        text.extend(line(Line::checkpoint(&note.note))?);
                    }
                }
                text.extend(line(Line::entry(&entry.leaf, &entry.hash, &entry.personal))?);
                next = sequence + 1;
            }
            if notes.peek().is_none() {
                notes = ledger::covering_from(door.reader(), &team, next.max(1), NOTES).await?.into_iter().peekable();
            }
            after = found.last().map(|(sequence, _)| *sequence);
            yield Bytes::from(text);
            if next >= size || after.is_some_and(|after| after + 1 >= size) {
                break;
            }
        }
        for note in notes.filter(|note| note.size <= size) {
            yield line(Line::checkpoint(&note.note))?;
        }
    }
}

fn line(written: serde_json::Result<String>) -> Result<Bytes> {
    let mut text = written.map_err(Error::unexpected)?;
    text.push('\n');
    Ok(text.into())
}

/// How people take a part of the log away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A table.
    Csv,
    /// A list of events.
    Json,
}

/// What `filter` lets through, newest first.
pub fn readable(door: Door, team: String, filter: Filter, form: Form) -> impl Stream<Item = Result<Bytes>> + Send {
    try_stream! {
        let mut after = None;
        let mut first = true;
        yield Bytes::from_static(match form {
            Form::Csv => HEADER.as_bytes(),
            Form::Json => b"[",
        });
        loop {
            let found = entries(door.reader(), &team, &filter, Order::Desc, after, CHUNK).await?;
            let Some((last, _)) = found.last() else { break };
            after = Some(*last);
            let events = found.iter().map(|(_, entry)| entry.event()).collect::<Result<Vec<_>>>()?;
            let text = rows(door.reader(), &team, &events, form, &mut first).await?;
            yield Bytes::from(text);
        }
        yield Bytes::from_static(match form {
            Form::Csv => b"",
            Form::Json => b"\n]\n",
        });
    }
}

async fn rows(reader: Reader<'_>, team: &str, events: &[Event], form: Form, first: &mut bool) -> Result<Vec<u8>> {
    let people = people_in(reader, team, events).await?;
    let mut text = Vec::new();
    for event in events {
        match form {
            Form::Json => {
                text.extend_from_slice(if *first { b"\n" } else { b",\n" });
                serde_json::to_writer(&mut text, event).map_err(Error::unexpected)?;
            }
            Form::Csv => csv_row(&mut text, &row(event, &people)),
        }
        *first = false;
    }
    Ok(text)
}

const HEADER: &str = "id,timestamp,action,outcome,because,actor_id,actor_name,actor_email,target_kind,target_id,\
                      target_name,ip,user_agent,changes\r\n";

fn row(event: &Event, people: &std::collections::BTreeMap<String, Named>) -> [String; 14] {
    let actor = match &event.actor {
        Actor::Person { id } => id.clone(),
        Actor::Anonymous => "anonymous".to_owned(),
        Actor::Operator => "operator".to_owned(),
        Actor::System => "system".to_owned(),
    };
    let (by, about) = (people.get(&actor), people.get(&event.target.id));
    let changes = match event.changes.is_empty() {
        true => String::new(),
        false => serde_json::to_string(&event.changes).unwrap_or_default(),
    };
    [
        event.sequence.to_string(),
        Moment(event.at).to_string(),
        event.action.clone(),
        match event.outcome {
            Outcome::Done => "done".to_owned(),
            Outcome::Refused => "refused".to_owned(),
        },
        event.because.clone().unwrap_or_default(),
        actor.clone(),
        by.map(|person| person.name.clone()).unwrap_or_default(),
        by.map(|person| person.email.clone()).unwrap_or_default(),
        event.target.kind.clone(),
        event.target.id.clone(),
        about.map(|person| person.name.clone()).unwrap_or_default(),
        event.origin.address.clone().unwrap_or_default(),
        event.origin.agent.clone().unwrap_or_default(),
        changes,
    ]
}

fn csv_row(out: &mut Vec<u8>, fields: &[String]) {
    let mut writer = WriterBuilder::new().terminator(csv_core::Terminator::CRLF).build();
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            written(out, |room| {
                let (result, count) = writer.delimiter(room);
                (result, 0, count)
            });
        }
        let field = harmless(field);
        let mut rest = field.as_bytes();
        while !rest.is_empty() {
            let taken = written_field(&mut writer, rest, out);
            rest = &rest[taken..];
        }
    }
    written(out, |room| {
        let (result, count) = writer.terminator(room);
        (result, 0, count)
    });
}

fn written_field(writer: &mut Writer, field: &[u8], out: &mut Vec<u8>) -> usize {
    written(out, |room| writer.field(field, room))
}

/// Lets `write` write into some room, and returns how much of its input it took.
fn written(out: &mut Vec<u8>, write: impl FnOnce(&mut [u8]) -> (WriteResult, usize, usize)) -> usize {
    let mut room = [0; 1024];
    let (_, taken, count) = write(&mut room);
    out.extend_from_slice(&room[..count]);
    taken
}

/// A field that no spreadsheet takes for a formula (OWASP, CSV injection).
fn harmless(field: &str) -> String {
    match field.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{field}"),
        _ => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_can_be_read_again_and_runs_no_formula() {
        let fields = ["plain", "a \"b\", c", "two\r\nlines", "=cmd()", "", "-1"].map(str::to_owned);
        let mut out = Vec::new();
        csv_row(&mut out, &fields);
        assert_eq!(String::from_utf8(out).unwrap(), "plain,\"a \"\"b\"\", c\",\"two\r\nlines\",'=cmd(),,'-1\r\n");
        let long = "x,".repeat(5000);
        let mut out = Vec::new();
        csv_row(&mut out, std::slice::from_ref(&long));
        assert_eq!(String::from_utf8(out).unwrap(), format!("\"{long}\"\r\n"));
    }
}
