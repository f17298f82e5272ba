//! The audit log: who did what to which thing, and when.
//!
//! An event is written in the transaction of the change it describes, so there is an event if and only if there was a
//! change. Each is a leaf of its team's tree from the first one on: canonical JSON, its hash, and a sequence number
//! without gaps, taken as the last act of the transaction. Events are never updated.

pub mod http;

use bulla_audit::{Event, canonical, leaf_hash};
use bulla_db::{Reader, Transaction, sql};

use crate::error::{Error, Result};

/// Most events that one page holds.
pub const PAGE: u32 = 1000;

/// Writes `event` as the next leaf of its team's log; its sequence number is set here.
///
/// # Errors
///
/// If it cannot be written: the change it describes must then not happen either.
pub async fn append(transaction: &mut Transaction, mut event: Event) -> Result<()> {
    // The row stays locked until the commit, so that events stand in the order of their commits.
    let size = sql!(
        "insert into audit_head (team, size) values ($1, 1) \
         on conflict (team) do update set size = audit_head.size + 1 returning size"
    )
    .bind(&event.team)
    .one(&mut *transaction)
    .await?
    .integer("size")?;
    event.sequence = u64::try_from(size - 1).map_err(Error::unexpected)?;
    let leaf = canonical(&event).map_err(Error::unexpected)?;
    let hash = leaf_hash(&leaf);
    let actor = match &event.actor {
        bulla_audit::Actor::Person { id } => Some(id.clone()),
        bulla_audit::Actor::Anonymous | bulla_audit::Actor::Operator => None,
    };
    let outcome = match event.outcome {
        bulla_audit::Outcome::Done => "done",
        bulla_audit::Outcome::Refused => "refused",
    };
    sql!(
        "insert into audit_event \
         (team, sequence, id, at, actor, action, target_kind, target, outcome, leaf, leaf_hash) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    )
    .bind(&event.team)
    .bind(size - 1)
    .bind(&event.id)
    .bind(event.at)
    .bind(actor)
    .bind(&event.action)
    .bind(&event.target.kind)
    .bind(&event.target.id)
    .bind(outcome)
    .bind(String::from_utf8(leaf).map_err(Error::unexpected)?)
    .bind(&hash[..])
    .execute(transaction)
    .await?;
    Ok(())
}

/// Events of `team` from sequence number `from` on, at most `limit`, oldest first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn events(reader: Reader<'_>, team: &str, from: u64, limit: u32) -> Result<Vec<Event>> {
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    sql!("select leaf from audit_event where team = $1 and sequence >= $2 order by sequence limit $3")
        .bind(team)
        .bind(from)
        .bind(limit.min(PAGE))
        .all(reader)
        .await?
        .iter()
        .map(|row| serde_json::from_str(&row.text("leaf")?).map_err(Error::unexpected))
        .collect()
}
