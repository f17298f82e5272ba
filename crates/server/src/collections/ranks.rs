//! The order of children: whole numbers with room between them.
//!
//! An item that comes between two others gets the number in the middle. Where there is none left, the children of that
//! parent are numbered anew, so that ranks never run out.

use bulla_db::sql;

use crate::error::{Error, Result};
use crate::id::ItemId;
use crate::operation::Change;

/// The room between two neighbours at first. Small enough that a browser's numbers hold half a billion children.
pub(super) const STEP: i64 = 1 << 24;

/// Where an item goes among the children of its new parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// Before all others.
    First,
    /// After this one.
    After(ItemId),
    /// After all others.
    Last,
}

/// The rank for that position below `parent`. `moving` is the item itself, if it is there already.
pub(super) async fn rank(
    change: &mut Change,
    parent: &str,
    position: &Position,
    moving: Option<&ItemId>,
) -> Result<i64> {
    let moving = moving.map_or("", ItemId::as_str);
    let (low, high) = match position {
        Position::First => (None, edge(change, parent, moving, true).await?),
        Position::Last => (edge(change, parent, moving, false).await?, None),
        Position::After(before) => {
            let (low, high) = around(change, parent, before, moving).await?;
            if high.is_some_and(|high| high - low < 2) {
                renumber(change, parent).await?;
                let (low, high) = around(change, parent, before, moving).await?;
                (Some(low), high)
            } else {
                (Some(low), high)
            }
        }
    };
    Ok(match (low, high) {
        (None, None) => 0,
        (Some(low), None) => low + STEP,
        (None, Some(high)) => high - STEP,
        (Some(low), Some(high)) => low + (high - low) / 2,
    })
}

async fn edge(change: &mut Change, parent: &str, moving: &str, first: bool) -> Result<Option<i64>> {
    let row = sql!("select min(rank) as low, max(rank) as high from item where parent = $1 and id <> $2")
        .bind(parent)
        .bind(moving)
        .one(change.transaction())
        .await?;
    Ok(row.integer_or_null(if first { "low" } else { "high" })?)
}

/// The rank of `before` and that of the one after it.
async fn around(change: &mut Change, parent: &str, before: &ItemId, moving: &str) -> Result<(i64, Option<i64>)> {
    let low = sql!("select rank from item where id = $1 and parent = $2 and id <> $3")
        .bind(before)
        .bind(parent)
        .bind(moving)
        .optional(change.transaction())
        .await?
        .ok_or_else(|| Error::invalid("/after", "is no other item with that parent"))?
        .integer("rank")?;
    let high = sql!(
        "select min(rank) as high from item \
         where parent = $1 and id <> $2 and id <> $3 and (rank > $4 or (rank = $4 and id > $3))"
    )
    .bind(parent)
    .bind(moving)
    .bind(before)
    .bind(low)
    .one(change.transaction())
    .await?
    .integer_or_null("high")?;
    Ok((low, high))
}

async fn renumber(change: &mut Change, parent: &str) -> Result<()> {
    sql!(
        "update item set rank = numbered.place * $1 from \
         (select id, row_number() over (order by rank, id) as place from item where parent = $2) as numbered \
         where item.id = numbered.id"
    )
    .bind(STEP)
    .bind(parent)
    .execute(change.transaction())
    .await?;
    Ok(())
}
