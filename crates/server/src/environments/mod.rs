//! Environments and globals.

pub mod http;

use bulla_db::{Place, sql};

use crate::error::Result;
use crate::id::{EnvironmentId, WorkspaceId};

/// The workspace that holds an environment.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn workspace_of(place: Place<'_>, id: &EnvironmentId) -> Result<Option<WorkspaceId>> {
    let row = sql!("select workspace from environment where id = $1").bind(id).optional(place).await?;
    Ok(row.map(|row| row.text("workspace")).transpose()?.map(WorkspaceId))
}
