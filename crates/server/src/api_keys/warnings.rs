//! Warnings: the owner of a key is told a week and a day before it ends by itself.
//!
//! Each once for each end: a key that ends without use ends later when it is used, and that is another end. A warning goes
//! out when at least half of the key's time is over, so that nobody is warned of a short one as soon as it is made.

use std::time::Duration;

use bulla_audit::Target;
use bulla_db::sql;
use tokio_util::sync::CancellationToken;

use super::{Ending, Policy, Times, policy};
use crate::error::Result;
use crate::id::PersonId;
use crate::identity::{self, DAY};
use crate::moment::Moment;
use crate::notifications::{self, Kind, Notice};
use crate::operation::Door;

/// How many days before the end there is a warning, the most urgent first.
const DAYS: [i64; 2] = [1, 7];
/// How often it is looked whether there is one to give.
const LOOK: Duration = Duration::from_secs(10 * 60);
/// Keys that are read at once.
const CHUNK: i64 = 1_000;

/// Warns of what ends soon, until it is told to stop.
pub async fn keep_warning(door: Door, stop: CancellationToken) {
    loop {
        if let Err(error) = warn(&door, door.clock.now()).await {
            tracing::error!(%error, "owners of API keys were not warned of their ends");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Which warning is due for a key with these times, if one is: how many days before, and the end and its kind.
fn due(times: &Times, policy: &Policy, now: i64, warned: (i64, i64)) -> Option<(i64, i64, Ending)> {
    if times.ended(policy, now).is_some() {
        return None;
    }
    let (end, ending) = times.end(policy)?;
    let begun = match ending {
        Ending::Inactivity => times.used_at.unwrap_or(times.created_at),
        Ending::Age | Ending::Owner | Ending::Admin => times.created_at,
    };
    let days = DAYS.into_iter().find(|days| end - now <= days * DAY)?;
    let is_new = warned.0 != end || warned.1 > days;
    (is_new && end - begun >= 2 * days * DAY).then_some((days, end, ending))
}

/// Warns of what ends soon at `now`.
///
/// # Errors
///
/// If the database refuses.
pub async fn warn(door: &Door, now: i64) -> Result<()> {
    for (team, _) in identity::teams(door.reader()).await? {
        let policy = policy(door.reader().into(), &team).await?;
        let mut after = String::new();
        loop {
            let rows = sql!(
                "select id, person, name, created_at, used_at, expires_at, idle_limit, ended_at, ended_because, \
                 warned_of, warned_days from api_key where team = $1 and id > $2 and ended_at is null order by id limit $3"
            )
            .bind(&team)
            .bind(&after)
            .bind(CHUNK)
            .all(door.reader())
            .await?;
            let Some(last) = rows.last() else { break };
            after = last.text("id")?;
            for row in &rows {
                let times = Times::read(row)?;
                let warned = (row.integer("warned_of")?, row.integer("warned_days")?);
                let Some((days, end, ending)) = due(&times, &policy, now, warned) else { continue };
                let (id, name, person) = (row.text("id")?, row.text("name")?, PersonId(row.text("person")?));
                let target = Target { kind: "api-key".to_owned(), id: id.clone() };
                let mut change = door.system(&team, "api-key.warn", target).await?;
                // Another node may have been faster.
                let first = sql!(
                    "update api_key set warned_of = $1, warned_days = $2 \
                     where id = $3 and ended_at is null and (warned_of <> $1 or warned_days > $2)"
                )
                .bind(end)
                .bind(days)
                .bind(&id)
                .execute(change.transaction())
                .await?;
                if first == 0 {
                    continue;
                }
                let soon = if days == 1 { "within a day" } else { "within a week" };
                let why = match ending {
                    Ending::Inactivity => "because it is not used; use it once, and it goes on",
                    Ending::Age | Ending::Owner | Ending::Admin => {
                        "because its time is over; make another one in its place"
                    }
                };
                let notice = Notice {
                    kind: Kind::KeyExpiring,
                    subject: format!("Your API key {name} ends {soon}"),
                    details: format!("It ends at {}, {why}. What uses it then is refused.", Moment(end)),
                    page: Some(("Open your API keys", "/account/api-keys".to_owned())),
                };
                change.number("days", None, Some(days));
                notifications::tell(&mut change, &[person], &notice).await?;
                change.commit().await?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(created_at: i64, used_at: Option<i64>, expires: Option<i64>, idle: Option<i64>) -> Times {
        Times {
            created_at: created_at * DAY,
            used_at: used_at.map(|day| day * DAY),
            expires_at: expires.map(|day| day * DAY),
            idle_limit: idle.map(|days| days * DAY),
            ended: None,
        }
    }

    #[test]
    fn a_warning_is_due_a_week_and_a_day_before_the_end_once_each() {
        let by_age = times(0, None, Some(30), None);
        let days = |times: &Times, day: i64, warned: (i64, i64)| {
            due(times, &Policy::SILENT, day * DAY, (warned.0 * DAY, warned.1)).map(|(days, ..)| days)
        };
        for (day, warned, expected) in [
            (22, (0, 0), None),
            (23, (0, 0), Some(7)),
            (24, (30, 7), None),
            (29, (30, 7), Some(1)),
            (29, (30, 1), None),
            (29, (0, 0), Some(1)), // the server was down for the week
            (30, (0, 0), None),    // it has ended
        ] {
            assert_eq!(days(&by_age, day, warned), expected, "{day} {warned:?}");
        }
        // Used again, it ends later: another end, and another warning.
        assert_eq!(days(&times(0, Some(10), None, Some(30)), 33, (30, 1)), Some(7));
        // Of a short time nobody is warned at its beginning.
        assert_eq!(days(&times(0, None, Some(7), None), 1, (0, 0)), None);
        assert_eq!(days(&times(0, None, Some(7), None), 6, (0, 0)), Some(1));
        assert_eq!(days(&times(0, None, Some(1), None), 0, (0, 0)), None);
        assert_eq!(days(&times(0, None, None, None), 5_000, (0, 0)), None);
    }
}
