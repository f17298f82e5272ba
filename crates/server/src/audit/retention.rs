//! What is too old is removed: whole prefixes of the log that a checkpoint covers.
//!
//! The hashes of what was removed stay, in their tiles, so every proof and every checkpoint that somebody kept is as good
//! as before. What an audit stream has not sent yet stays for up to 30 days more; if it is removed then, the event of the
//! removal says what was missed.

use std::time::Duration;

use bulla_access::Plan;
use bulla_audit::{TILE, Target};
use bulla_db::sql;
use tokio_util::sync::CancellationToken;

use super::{first_at, head, ledger, stream};
use crate::error::{Error, Result};
use crate::identity::{self, DAY};
use crate::operation::Door;

/// How often it is looked whether something is too old.
const LOOK: Duration = Duration::from_secs(60 * 60);
/// Most events that one change removes, so that the writer is not held for long.
const AT_ONCE: u64 = 20 * TILE;

/// How many days the log of a team with this plan is kept.
pub fn days(plan: Plan) -> i64 {
    match plan {
        Plan::Free | Plan::Basic | Plan::Professional => 90,
        Plan::Enterprise => 180,
    }
}

/// Removes what is too old, until it is told to stop.
pub async fn keep_removing(door: Door, stop: CancellationToken) {
    loop {
        if let Err(error) = everywhere(&door, door.clock.now()).await {
            tracing::error!(%error, "old audit events were not removed");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn everywhere(door: &Door, now: i64) -> Result<()> {
    for (team, plan) in identity::teams(door.reader()).await? {
        remove_old(door, &team, plan, now).await?;
    }
    Ok(())
}

/// Removes the events of `team` that its plan no longer keeps at `now`, and returns the first number that is still there.
///
/// # Errors
///
/// If the database refuses.
pub async fn remove_old(door: &Door, team: &str, plan: Plan, now: i64) -> Result<u64> {
    let mut kept_from = head(door.reader(), team).await?.kept_from;
    let oldest = now.saturating_sub(days(plan).saturating_mul(DAY));
    let Some(boundary) = first_at(door.reader(), team, oldest).await? else {
        // Everything is too old, or nothing is there: the newest checkpoint may always be proved.
        return Ok(kept_from);
    };
    let covered = ledger::checkpoints(door.reader(), team, Some(boundary.saturating_add(1)), 1).await?;
    let Some(last) = covered.first() else { return Ok(kept_from) };
    // A tile that is not whole has its hashes in its events.
    let mut until = last.size / TILE * TILE;
    // What an audit stream has not sent yet waits for it, but not for ever.
    if let Some(needed) = stream::needed_from(door.reader(), team).await?
        && needed < until
    {
        let hold = first_at(door.reader(), team, oldest.saturating_sub(stream::HELD)).await?.unwrap_or(until);
        until = until.min(needed.max(hold)) / TILE * TILE;
    }
    while kept_from < until {
        let next = until.min(kept_from + AT_ONCE);
        let (from, to) = (bound(kept_from)?, bound(next)?);
        let target = Target { kind: "team".to_owned(), id: team.to_owned() };
        let mut change = door.system(team, "audit.expire", target).await?;
        sql!("delete from audit_personal where team = $1 and sequence < $2")
            .bind(team)
            .bind(to)
            .execute(change.transaction())
            .await?;
        sql!("delete from audit_event where team = $1 and sequence < $2")
            .bind(team)
            .bind(to)
            .execute(change.transaction())
            .await?;
        sql!("update audit_head set kept_from = $1 where team = $2 and kept_from = $3")
            .bind(to)
            .bind(team)
            .bind(from)
            .execute(change.transaction())
            .await?;
        change.number("keptFrom", Some(from), Some(to));
        stream::note_missed(&mut change, to).await?;
        change.commit().await?;
        kept_from = next;
    }
    if until > 0 {
        // Older checkpoints prove nothing that a later one does not.
        let mut transaction = door.database().begin().await?;
        sql!("delete from audit_checkpoint where team = $1 and size < $2")
            .bind(team)
            .bind(bound(until)?)
            .execute(&mut transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(kept_from)
}

fn bound(sequence: u64) -> Result<i64> {
    i64::try_from(sequence).map_err(Error::unexpected)
}
