//! Collections.

pub mod http;

use bulla_db::{Place, sql};

use crate::error::Result;
use crate::id::{CollectionId, ItemId, WorkspaceId};

/// The workspace that holds a collection.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn workspace_of(place: Place<'_>, id: &CollectionId) -> Result<Option<WorkspaceId>> {
    let row = sql!("select workspace from collection where id = $1").bind(id).optional(place).await?;
    Ok(row.map(|row| row.text("workspace")).transpose()?.map(WorkspaceId))
}

/// The workspace that holds an item.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn workspace_of_item(place: Place<'_>, id: &ItemId) -> Result<Option<WorkspaceId>> {
    let row = sql!(
        "select collection.workspace as workspace from item \
         join collection on collection.id = item.collection where item.id = $1"
    )
    .bind(id)
    .optional(place)
    .await?;
    Ok(row.map(|row| row.text("workspace")).transpose()?.map(WorkspaceId))
}
