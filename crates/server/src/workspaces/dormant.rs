//! What a smaller plan leaves of workspaces.

use bulla_db::{Place, sql};

use crate::error::Result;

/// How many private workspaces `team` has.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn private_count(place: Place<'_>, team: &str) -> Result<i64> {
    let row =
        sql!("select count(*) as total from workspace where team = $1 and kind = 'private' and deleted_at is null")
            .bind(team)
            .one(place)
            .await?;
    Ok(row.integer("total")?)
}
