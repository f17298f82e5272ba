//! Delivery: each sink that has something to send and is due gets a task of its own, so that one that does not answer holds
//! up no other.
//!
//! A sink is claimed batch by batch, for longer than sending one may take: of several nodes one sends it, and if that one
//! dies another does. The number of the next event moves on in the same statement that gives the claim back, and only
//! whoever still holds it may move it. So an event may come twice, and none is left out.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bulla_audit::Target;
use bulla_db::sql;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::format::Leaving;
use super::outlet::{self, Failure};
use super::{Outlets, Stored, may_stream, note_failure, stored, unreadable};
use crate::audit::{Entry, Filter, Order, entries, head, people_in};
use crate::error::{Error, Result};
use crate::id::{self, SinkId};
use crate::identity;
use crate::notifications::{self, Kind, Notice};
use crate::operation::Door;

/// How often it is looked whether something is to be sent.
const LOOK: Duration = Duration::from_secs(1);
/// Most events of a batch.
const BATCH: u32 = 200;
/// How long a sink is claimed, in milliseconds: longer than sending a batch may take.
const CLAIM: i64 = 3 * 60 * 1000;
/// How long is waited after the first failure, in milliseconds; it doubles with each.
const FIRST_WAIT: i64 = 1_000;
/// The longest that is waited, in milliseconds.
const LONGEST_WAIT: i64 = 5 * 60 * 1000;
/// How long events wait before the Admins are told, in milliseconds.
const PATIENCE: i64 = 15 * 60 * 1000;
/// Most Admins who are told.
const TOLD: u32 = 50;

/// Sends what is to be sent, until it is told to stop.
pub async fn keep_streaming(door: Door, outlets: Outlets, stop: CancellationToken) {
    let (tasks, running) = (TaskTracker::new(), Arc::new(Mutex::new(BTreeSet::<String>::new())));
    loop {
        match due(&door).await {
            Ok(due) => {
                for (team, sink) in due {
                    if !running.lock().unwrap_or_else(PoisonError::into_inner).insert(sink.0.clone()) {
                        continue;
                    }
                    let (door, outlets, running, stop) =
                        (door.clone(), outlets.clone(), Arc::clone(&running), stop.clone());
                    tasks.spawn(async move {
                        if let Err(error) = send_all(&door, &outlets, &team, &sink, &stop).await {
                            tracing::error!(team, sink = %sink, %error, "an audit stream could not be looked after");
                        }
                        running.lock().unwrap_or_else(PoisonError::into_inner).remove(&sink.0);
                    });
                }
            }
            Err(error) => tracing::error!(%error, "it was not looked which audit streams have something to send"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => break,
        }
    }
    tasks.close();
    tasks.wait().await;
}

/// The sinks that have something to send, with their teams.
async fn due(door: &Door) -> Result<Vec<(String, SinkId)>> {
    let rows = sql!(
        "select audit_sink.id as id, audit_sink.team as team from audit_sink \
         join audit_head on audit_head.team = audit_sink.team \
         where paused = 0 and next < size and due_at <= $1 and claimed_until <= $1 order by due_at, audit_sink.id"
    )
    .bind(door.clock.now())
    .all(door.reader())
    .await?;
    let mut due = Vec::with_capacity(rows.len());
    for row in &rows {
        let team = row.text("team")?;
        // Under a smaller plan it lies dormant.
        if may_stream(door.reader(), &team).await? {
            due.push((team, SinkId(row.text("id")?)));
        }
    }
    Ok(due)
}

/// Sends batch after batch, until nothing waits, one fails, or somebody stops it.
async fn send_all(door: &Door, outlets: &Outlets, team: &str, id: &SinkId, stop: &CancellationToken) -> Result<()> {
    while !stop.is_cancelled() {
        let Some((claim, sink)) = claim(door, team, id).await? else { return Ok(()) };
        let batch = match read(door, &sink).await {
            Ok(batch) => batch,
            Err(error) => {
                let why = "the log could not be read; the server's own log says more".to_owned();
                fail(door, &sink, &claim, Failure { why, after: None }).await?;
                return Err(error);
            }
        };
        let Some((first, last)) = batch.numbers else {
            give_back(door, &sink, &claim, sink.next, 0).await?;
            return Ok(());
        };
        let (next, message) = (last + 1, format!("msg_{}_{first}_{last}", sink.id));
        let (events, hashes, people) = (batch.events, batch.hashes, batch.people);
        let leaving = events.into_iter().zip(&hashes).map(|(event, hash)| Leaving { event, hash, people: &people });
        let leaving: Vec<_> = leaving.collect();
        let sent = tokio::select! {
            sent = outlet::send(outlets, &sink, &message, &leaving, door.clock.now()) => sent,
            // What was not acknowledged is sent again after the next start.
            () = stop.cancelled() => {
                give_back(door, &sink, &claim, sink.next, 0).await?;
                return Ok(());
            }
        };
        match sent {
            Ok(()) => {
                metrics::counter!("bulla_audit_streamed_total").increment(leaving.len() as u64);
                if !give_back(door, &sink, &claim, next, door.clock.now()).await? {
                    return Ok(());
                }
            }
            Err(failure) => return fail(door, &sink, &claim, failure).await,
        }
    }
    Ok(())
}

/// Claims a sink, as it is now; `None` if somebody else has, or it is not to send.
async fn claim(door: &Door, team: &str, sink: &SinkId) -> Result<Option<(String, Stored)>> {
    let (now, claim) = (door.clock.now(), id::new(door.clock.now()));
    let mut transaction = door.database().begin().await?;
    let claimed = sql!(
        "update audit_sink set claim = $1, claimed_until = $2 \
         where id = $3 and paused = 0 and due_at <= $4 and claimed_until <= $4"
    )
    .bind(&claim)
    .bind(now + CLAIM)
    .bind(sink)
    .bind(now)
    .execute(&mut transaction)
    .await?;
    transaction.commit().await?;
    if claimed == 0 {
        return Ok(None);
    }
    match stored(&door.vault, door.reader().into(), team, sink).await {
        Ok(stored) => Ok(Some((claim, stored))),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Events that are to be sent, with the hash of each one's leaf.
#[derive(Default)]
struct Batch {
    /// The first and the last number, as the rows have them: what a leaf says may have been tampered with.
    numbers: Option<(u64, u64)>,
    events: Vec<bulla_audit::Event>,
    hashes: Vec<Vec<u8>>,
    people: std::collections::BTreeMap<String, crate::audit::Named>,
}

async fn read(door: &Door, sink: &Stored) -> Result<Batch> {
    let head = head(door.reader(), &sink.team).await?;
    if sink.next >= head.size {
        return Ok(Batch::default());
    }
    let after = sink.next.checked_sub(1);
    let found = entries(door.reader(), &sink.team, &Filter::default(), Order::Asc, after, BATCH).await?;
    let numbers = found.first().zip(found.last()).map(|((first, _), (last, _))| (*first, *last));
    let now = door.clock.now();
    let event = |(sequence, entry): (u64, Entry)| {
        let event = entry.event().unwrap_or_else(|error| {
            tracing::error!(team = sink.team, sequence, %error, "an entry of the audit log cannot be read");
            unreadable(&sink.team, sequence, now)
        });
        (event, entry.hash)
    };
    let (events, hashes): (Vec<_>, Vec<_>) = found.into_iter().map(event).unzip();
    let people = people_in(door.reader(), &sink.team, &events).await?;
    Ok(Batch { numbers, events, hashes, people })
}

/// Gives a claim back and moves on to `next`; if that is on, it was acknowledged at `delivered`. Returns whether the claim
/// was still held.
async fn give_back(door: &Door, sink: &Stored, claim: &str, next: u64, delivered: i64) -> Result<bool> {
    let mut transaction = door.database().begin().await?;
    let held = sql!(
        "update audit_sink set next = $1, claimed_until = 0, \
         attempts = case when $2 > 0 then 0 else attempts end, error = case when $2 > 0 then null else error end, \
         error_at = case when $2 > 0 then null else error_at end, \
         told_at = case when $2 > 0 then null else told_at end, \
         delivered_at = case when $2 > 0 then $2 else delivered_at end \
         where id = $3 and claim = $4 and next <= $1"
    )
    .bind(i64::try_from(next).map_err(Error::unexpected)?)
    .bind(delivered)
    .bind(&sink.id)
    .bind(claim)
    .execute(&mut transaction)
    .await?;
    transaction.commit().await?;
    Ok(held == 1)
}

/// Notes a failure and when it is tried again. This is no change of anybody's, so it has no audit event.
async fn fail(door: &Door, sink: &Stored, claim: &str, failure: Failure) -> Result<()> {
    let now = door.clock.now();
    let wait = wait(sink.attempts, jitter()?).max(failure.after.unwrap_or(0).min(LONGEST_WAIT));
    tracing::warn!(team = sink.team, sink = %sink.id, why = failure.why, wait, "an audit stream was not taken");
    let mut transaction = door.database().begin().await?;
    sql!("update audit_sink set attempts = attempts + 1, due_at = $1, claimed_until = 0 where id = $2 and claim = $3")
        .bind(now + wait)
        .bind(&sink.id)
        .bind(claim)
        .execute(&mut transaction)
        .await?;
    note_failure(&mut transaction, &sink.id, &failure.why, now).await?;
    transaction.commit().await?;
    if !sink.told {
        tell(door, sink, &failure.why, now).await?;
    }
    Ok(())
}

/// How long is waited after so many failures, in milliseconds: between half and the whole of a time that doubles.
fn wait(failures: i64, jitter: f64) -> i64 {
    let doubled =
        FIRST_WAIT.saturating_mul(1_i64.checked_shl(u32::try_from(failures).unwrap_or(30).min(30)).unwrap_or(1));
    let whole = doubled.min(LONGEST_WAIT);
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "minutes in milliseconds")]
    let part = (whole as f64 / 2.0 * jitter) as i64;
    whole / 2 + part
}

/// A random number from 0 to 1: many sinks of one receiver must not come back at the same moment.
fn jitter() -> Result<f64> {
    let mut bytes = [0; 4];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::unexpected("the machine gives no randomness"))?;
    Ok(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

/// Tells the Admins, once for each time that a sink is behind for long.
async fn tell(door: &Door, sink: &Stored, why: &str, now: i64) -> Result<()> {
    let oldest = sql!("select at from audit_event where team = $1 and sequence = $2")
        .bind(&sink.team)
        .bind(i64::try_from(sink.next).map_err(Error::unexpected)?)
        .optional(door.reader())
        .await?;
    let Some(oldest) = oldest else { return Ok(()) };
    if now.saturating_sub(oldest.integer("at")?) < PATIENCE {
        return Ok(());
    }
    let target = Target { kind: "audit-sink".to_owned(), id: sink.id.0.clone() };
    let mut change = door.system(&sink.team, "audit.sink.behind", target).await?;
    let first = sql!("update audit_sink set told_at = $1 where id = $2 and told_at is null")
        .bind(now)
        .bind(&sink.id)
        .execute(change.transaction())
        .await?;
    // Another node has told them, or the sink is gone.
    if first == 0 {
        return Ok(());
    }
    let notice = Notice {
        kind: Kind::AuditStreamBehind,
        subject: format!("The audit stream {} is not taken by its receiver", sink.name),
        details: format!("Events wait for {} minutes and more. The last failure was: {why}", PATIENCE / 60_000),
        page: Some(("Open the audit streams", "/audit/streams".to_owned())),
    };
    let admins = identity::admins(&mut change, TOLD.into()).await?;
    notifications::tell(&mut change, &admins, &notice).await?;
    change.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_five_minutes_and_are_spread() {
        assert_eq!([wait(0, 0.0), wait(0, 1.0)], [500, 1_000]);
        assert_eq!([wait(3, 0.0), wait(3, 1.0)], [4_000, 8_000]);
        for failures in [9, 20, 40, 1_000, i64::MAX] {
            assert_eq!([wait(failures, 0.0), wait(failures, 1.0)], [LONGEST_WAIT / 2, LONGEST_WAIT]);
        }
    }
}
