//! Workspaces and who is what in them.

pub mod http;

use bulla_access::{Object, Visibility, WorkspaceRole};
use bulla_db::{Place, sql};

use crate::error::{Error, Result};
use crate::id::{PersonId, WorkspaceId};

/// A workspace with the grants of `person` on it, for a decision; `None` if there is no such workspace.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn object(place: Place<'_>, id: &WorkspaceId, person: &PersonId) -> Result<Option<Object>> {
    let row = sql!(
        "select workspace.team as team, workspace.kind as kind, workspace_member.role as role from workspace \
         left join workspace_member on workspace_member.workspace = workspace.id and workspace_member.person = $2 \
         where workspace.id = $1"
    )
    .bind(id)
    .bind(person)
    .optional(place)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let granted = row.text_or_null("role")?.map(|role| role_named(&role)).transpose()?;
    Ok(Some(Object::Workspace { team: row.text("team")?, visibility: visibility_named(&row.text("kind")?)?, granted }))
}

fn role_named(name: &str) -> Result<WorkspaceRole> {
    WorkspaceRole::named(name).ok_or_else(|| Error::unexpected(format!("unknown workspace role {name}")))
}

fn visibility_named(name: &str) -> Result<Visibility> {
    Visibility::named(name).ok_or_else(|| Error::unexpected(format!("unknown kind of workspace {name}")))
}
