//! The audit log: who did what to which thing, and when.
//!
//! An event is written in the transaction of the change it describes, so there is an event if and only if there was a
//! change. Each is a leaf of its team's tree from the first one on: canonical JSON, its hash, and a sequence number
//! without gaps, taken as the last act of the transaction. Events are never updated. What tells something of a person
//! stands beside its event, where it can be erased while every hash stays valid.
//!
//! [`ledger`] signs the tree and proves from it, [`export`] writes it out, [`retention`] removes what is too old.

mod activity;
pub mod export;
pub mod http;
pub mod ledger;
mod postman;
pub mod retention;
pub mod stream;

pub use activity::{Deed, DeedKind, Wanted, deeds, shows};

use std::collections::BTreeMap;

use bulla_audit::{Actor, Details, Event, Outcome, Part, Personal, SALT, Target, canonical, leaf_hash, merged, split};
use bulla_db::{Query, Reader, Row, Transaction, sql};

use crate::error::{Error, Result};
use crate::id::{PersonId, WorkspaceId};
use crate::operation::Door;
use crate::{identity, invites};

/// Most events that one page holds.
pub const PAGE: u32 = 1000;

/// Actions that nobody asks permission for: those of the operator at the machine, of the server itself, and what follows
/// from what was permitted.
const OWN_ACTIONS: &[&str] = &[
    "api-key.warn",
    "audit.erase",
    "audit.expire",
    "audit.sink.behind",
    "body.keep",
    "collection.copied",
    "environment.copied",
    "request.finish",
    "run.finish",
    "workspace.copied",
    "workspace.reassign",
];

/// Where something happened.
#[derive(Clone, Debug)]
pub struct Place {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The collection or environment in it; `None` for the workspace itself.
    pub element: Option<String>,
}

/// Writes `event` as the next leaf of its team's log; its sequence number is set here, and its time is not before that of
/// the last event: a clock that jumps back does not turn the log around. `place` says where it happened, for what is shown
/// of a workspace; it is no part of the leaf.
///
/// # Errors
///
/// If it cannot be written: the change it describes must then not happen either.
pub async fn append(transaction: &mut Transaction, mut event: Event, place: Option<&Place>) -> Result<()> {
    // The row stays locked until the commit, so that events stand in the order of their commits.
    let head = sql!(
        "insert into audit_head (team, size, at) values ($1, 1, $2) \
         on conflict (team) do update set size = audit_head.size + 1, \
         at = case when excluded.at > audit_head.at then excluded.at else audit_head.at end returning size, at"
    )
    .bind(&event.team)
    .bind(event.at)
    .one(&mut *transaction)
    .await?;
    let size = head.integer("size")?;
    event.sequence = u64::try_from(size - 1).map_err(Error::unexpected)?;
    event.at = head.integer("at")?;
    let personal = split(&mut event, salts()?).map_err(Error::unexpected)?;
    let leaf = canonical(&event).map_err(Error::unexpected)?;
    let hash = leaf_hash(&leaf);
    let actor = match &event.actor {
        Actor::Person { id } => Some(id.clone()),
        Actor::Anonymous | Actor::Operator | Actor::System => None,
    };
    let shown = place.filter(|_| event.outcome == Outcome::Done).and_then(|_| shows(&event.action));
    sql!(
        "insert into audit_event \
         (team, sequence, id, at, actor, action, target_kind, target, outcome, leaf, leaf_hash, workspace, element, shown) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    )
    .bind(&event.team)
    .bind(size - 1)
    .bind(&event.id)
    .bind(event.at)
    .bind(actor)
    .bind(&event.action)
    .bind(&event.target.kind)
    .bind(&event.target.id)
    .bind(outcome_name(event.outcome))
    .bind(String::from_utf8(leaf).map_err(Error::unexpected)?)
    .bind(&hash[..])
    .bind(place.map(|place| place.workspace.as_str()))
    .bind(place.and_then(|place| place.element.as_deref()))
    .bind(shown.map(DeedKind::name))
    .execute(&mut *transaction)
    .await?;
    let rows = personal.into_iter().map(|part| {
        let (team, salt) = (&event.team, &part.salt[..]);
        vec![
            team.into(),
            (size - 1).into(),
            part.part.name().into(),
            part.person.into(),
            salt.into(),
            part.details.into(),
        ]
    });
    sql!("insert into audit_personal (team, sequence, part, person, salt, details) values ($1, $2, $3, $4, $5, $6)")
        .execute_rows(transaction, rows)
        .await?;
    ledger::complete_tiles(transaction, &event.team, event.sequence + 1).await
}

fn salts() -> Result<[[u8; SALT]; 2]> {
    let mut salts = [[0; SALT]; 2];
    for salt in &mut salts {
        aws_lc_rs::rand::fill(salt).map_err(|_| Error::unexpected("the machine gives no randomness"))?;
    }
    Ok(salts)
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Refused => "refused",
    }
}

/// Which way a list goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Oldest first.
    #[default]
    Asc,
    /// Newest first.
    Desc,
}

/// Which events are wanted; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// At this time or later, milliseconds since the epoch.
    pub since: Option<i64>,
    /// At this time or earlier.
    pub until: Option<i64>,
    /// By this person.
    pub actor: Option<String>,
    /// By or about this person.
    pub person: Option<String>,
    /// This action, by its name.
    pub action: Option<String>,
    /// About this kind of thing.
    pub target_kind: Option<String>,
    /// About this thing.
    pub target: Option<String>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
}

/// An event with what is kept beside it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The leaf as it was hashed.
    pub leaf: String,
    /// The hash that was stored with it.
    pub hash: Vec<u8>,
    /// What was not erased of its personal details.
    pub personal: Vec<Personal>,
}

impl Entry {
    /// The event with its details put back, as people read it.
    ///
    /// # Errors
    ///
    /// If what is stored is no event.
    pub fn event(&self) -> Result<Event> {
        let event: Event = serde_json::from_str(&self.leaf).map_err(Error::unexpected)?;
        let details: Vec<Details> = self
            .personal
            .iter()
            .map(|part| serde_json::from_str(&part.details).map_err(Error::unexpected))
            .collect::<Result<_>>()?;
        Ok(merged(event, details))
    }
}

/// How far the log of a team goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// How many events were written.
    pub size: u64,
    /// How many of them are under a checkpoint.
    pub signed: u64,
    /// The sequence number of the first that is still kept.
    pub kept_from: u64,
}

/// How far the log of `team` goes.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn head(reader: Reader<'_>, team: &str) -> Result<Head> {
    let row =
        sql!("select size, signed, kept_from from audit_head where team = $1").bind(team).optional(reader).await?;
    let Some(row) = row else { return Ok(Head::default()) };
    Ok(Head { size: number(&row, "size")?, signed: number(&row, "signed")?, kept_from: number(&row, "kept_from")? })
}

fn number(row: &Row, column: &str) -> Result<u64> {
    u64::try_from(row.integer(column)?).map_err(Error::unexpected)
}

/// The text of the statement for a page. `$lead` is what the index is used for; the others pick from what it finds.
macro_rules! page {
    ($lead:literal, $order:literal) => {
        concat!(
            // PostgreSQL takes the type of a placeholder from its first use.
            "select sequence, leaf, leaf_hash from audit_event where team = $1 and sequence >= $2 and sequence < $3 \
             and (cast($4 as text) is null or actor = $4) and (cast($5 as text) is null or action = $5) and (cast($6 as text) is null or target = $6) \
             and (cast($7 as text) is null or target_kind = $7) and (cast($8 as text) is null or outcome = $8) \
             and (cast($9 as text) is null or actor = $9 or target = $9)",
            $lead,
            " order by sequence ",
            $order,
            " limit $10"
        )
    };
}

/// The statement for the most telling of the conditions.
fn page_query(filter: &Filter, order: Order) -> Query {
    let refused = filter.outcome == Some(Outcome::Refused);
    match (order, &filter.target, &filter.actor, &filter.action) {
        (Order::Asc, Some(_), _, _) => sql!(page!(" and target = $6", "asc")),
        (Order::Desc, Some(_), _, _) => sql!(page!(" and target = $6", "desc")),
        (Order::Asc, None, Some(_), _) => sql!(page!(" and actor = $4", "asc")),
        (Order::Desc, None, Some(_), _) => sql!(page!(" and actor = $4", "desc")),
        (Order::Asc, None, None, Some(_)) => sql!(page!(" and action = $5", "asc")),
        (Order::Desc, None, None, Some(_)) => sql!(page!(" and action = $5", "desc")),
        (Order::Asc, None, None, None) if refused => sql!(page!(" and outcome = 'refused'", "asc")),
        (Order::Desc, None, None, None) if refused => sql!(page!(" and outcome = 'refused'", "desc")),
        (Order::Asc, None, None, None) => sql!(page!("", "asc")),
        (Order::Desc, None, None, None) => sql!(page!("", "desc")),
    }
}

/// Events of `team` that `filter` lets through, at most `limit`. `after` is the sequence number behind which they go on,
/// in their order.
///
/// # Errors
///
/// [`Error::Refused`] with `bad_cursor` for an `after` that the log does not have.
pub async fn entries(
    reader: Reader<'_>,
    team: &str,
    filter: &Filter,
    order: Order,
    after: Option<u64>,
    limit: u32,
) -> Result<Vec<(u64, Entry)>> {
    let head = head(reader, team).await?;
    if after.is_some_and(|after| after >= head.size) {
        return Err(Error::Refused {
            code: "bad_cursor",
            detail: "this page is not one that the log gave; begin at the first page".to_owned(),
        });
    }
    let (mut from, mut before) = (head.kept_from, head.size);
    match (order, after) {
        (Order::Asc, Some(after)) => from = from.max(after + 1),
        (Order::Desc, Some(after)) => before = before.min(after),
        (_, None) => {}
    }
    if let Some(since) = filter.since {
        from = from.max(first_at(reader, team, since).await?.unwrap_or(head.size));
    }
    if let Some(until) = filter.until {
        before = before.min(first_at(reader, team, until.saturating_add(1)).await?.unwrap_or(head.size));
    }
    let bound = |sequence| i64::try_from(sequence).unwrap_or(i64::MAX);
    let rows = page_query(filter, order)
        .bind(team)
        .bind(bound(from))
        .bind(bound(before))
        .bind(filter.actor.clone())
        .bind(filter.action.clone())
        .bind(filter.target.clone())
        .bind(filter.target_kind.clone())
        .bind(filter.outcome.map(outcome_name))
        .bind(filter.person.clone())
        .bind(limit.min(PAGE))
        .all(reader)
        .await?;
    with_personal(reader, team, &rows).await
}

/// The sequence number of the first event at `at` or later. Events are dated in their order.
async fn first_at(reader: Reader<'_>, team: &str, at: i64) -> Result<Option<u64>> {
    sql!("select sequence from audit_event where team = $1 and at >= $2 order by at, sequence limit 1")
        .bind(team)
        .bind(at)
        .optional(reader)
        .await?
        .map(|row| number(&row, "sequence"))
        .transpose()
}

/// Rows of events with what is kept beside them.
async fn with_personal(reader: Reader<'_>, team: &str, rows: &[Row]) -> Result<Vec<(u64, Entry)>> {
    let mut sequences = rows.iter().map(|row| row.integer("sequence")).collect::<Result<Vec<_>, _>>()?;
    sequences.sort_unstable();
    let mut personal: BTreeMap<i64, Vec<Personal>> = BTreeMap::new();
    // One statement for neighbours, and one each for those that stand far apart.
    for run in runs_of(&sequences) {
        let rows = sql!(
            "select sequence, part, person, salt, details from audit_personal \
             where team = $1 and sequence >= $2 and sequence <= $3 order by sequence, part"
        )
        .bind(team)
        .bind(run.0)
        .bind(run.1)
        .all(reader)
        .await?;
        for row in rows {
            let part = row.text("part")?;
            let Some(part) = Part::named(&part) else {
                return Err(Error::unexpected(format!("unknown part {part} of an event")));
            };
            personal.entry(row.integer("sequence")?).or_default().push(Personal {
                part,
                person: row.text_or_null("person")?,
                // A salt of another length was not written by us: no commitment fits it.
                salt: row.bytes("salt")?.try_into().unwrap_or_default(),
                details: row.text("details")?,
            });
        }
    }
    rows.iter()
        .map(|row| {
            let sequence = row.integer("sequence")?;
            let entry = Entry {
                leaf: row.text("leaf")?,
                hash: row.bytes("leaf_hash")?,
                personal: personal.remove(&sequence).unwrap_or_default(),
            };
            Ok((u64::try_from(sequence).map_err(Error::unexpected)?, entry))
        })
        .collect()
}

/// First and last of each run of numbers that stand close together.
fn runs_of(sorted: &[i64]) -> Vec<(i64, i64)> {
    const CLOSE: i64 = 16;
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for &number in sorted {
        match runs.last_mut() {
            Some((_, last)) if number - *last <= CLOSE => *last = number,
            _ => runs.push((number, number)),
        }
    }
    runs
}

/// One event.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none with this number, or it is no longer kept.
pub async fn entry(reader: Reader<'_>, team: &str, sequence: u64) -> Result<Entry> {
    let wanted = i64::try_from(sequence).unwrap_or(i64::MAX);
    let rows = sql!("select sequence, leaf, leaf_hash from audit_event where team = $1 and sequence = $2")
        .bind(team)
        .bind(wanted)
        .all(reader)
        .await?;
    let found = with_personal(reader, team, &rows).await?.into_iter().next();
    found.map(|(_, entry)| entry).ok_or(Error::NotFound { what: "event" })
}

/// Somebody who appears in a log, as they are now.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    /// Their id as Postman's API has it.
    pub numeric_id: i64,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Are they still in the team?
    pub active: bool,
}

/// The people who appear in `events`, by their ids.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn people_in(reader: Reader<'_>, team: &str, events: &[Event]) -> Result<BTreeMap<String, Named>> {
    let mut people = BTreeMap::new();
    for event in events {
        let actor = match &event.actor {
            Actor::Person { id } => Some(id),
            Actor::Anonymous | Actor::Operator | Actor::System => None,
        };
        let target = (event.target.kind == "person").then_some(&event.target.id);
        for id in actor.into_iter().chain(target) {
            if people.contains_key(id) {
                continue;
            }
            if let Some((person, active)) = identity::anybody(reader, team, &PersonId(id.clone())).await? {
                let named = Named { numeric_id: person.numeric_id, name: person.name, email: person.email, active };
                people.insert(id.clone(), named);
            }
        }
    }
    Ok(people)
}

/// Erases what the log of `team` keeps of `person` beside its events, and returns how many parts that were. Every hash,
/// proof and checkpoint stays valid.
///
/// # Errors
///
/// If the database refuses.
pub async fn erase_as_operator(door: &Door, team: &str, person: &PersonId) -> Result<u64> {
    let target = Target { kind: "person".to_owned(), id: person.0.clone() };
    let mut change = door.operator(team, "audit.erase", target).await?;
    let mut erased = sql!("delete from audit_personal where team = $1 and person = $2")
        .bind(team)
        .bind(person)
        .execute(change.transaction())
        .await?;
    // An invite tells of somebody who has no id yet: it is found by the person whom it became, and by their address.
    for invite in invites::about_person(&mut change, person).await? {
        erased += sql!(
            "delete from audit_personal where team = $1 and part = $2 and person is null and sequence in \
             (select sequence from audit_event where team = $1 and target = $3 and target_kind in ('invite', 'suggestion'))"
        )
        .bind(team)
        .bind(Part::Target.name())
        .bind(invite)
        .execute(change.transaction())
        .await?;
    }
    change.number("parts", None, Some(i64::try_from(erased).map_err(Error::unexpected)?));
    change.commit().await?;
    Ok(erased)
}
