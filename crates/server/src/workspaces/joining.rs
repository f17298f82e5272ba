//! Joining a team workspace by oneself, and leaving one.

use bulla_access::WorkspaceRole;
use bulla_db::sql;

use super::members::{self, On};
use super::{Kind, Member, role_named, workspace};
use crate::error::{Error, Result};
use crate::id::{PersonId, WorkspaceId};
use crate::operation::Change;

/// Gives `person` the role that the workspace has for those who join it.
///
/// # Errors
///
/// [`Error::Conflict`] if it is no team workspace, or they have a role in it.
pub async fn join(change: &mut Change, id: &WorkspaceId, person: &PersonId) -> Result<Member> {
    let role = change.role()?;
    let joined = workspace(change.transaction().into(), id, role).await?;
    if joined.kind != Kind::Team {
        let detail = "only a team workspace is joined; of another one an owner gives you a role".to_owned();
        return Err(Error::Conflict { code: "not_joinable", detail });
    }
    let whole = On { workspace: id, element: None };
    if members::role_of(change, whole, person.as_str()).await?.is_some() {
        let detail = "you have a role in this workspace already".to_owned();
        return Err(Error::Conflict { code: "already_member", detail });
    }
    members::set_member(change, whole, person.as_str(), joined.join_role).await
}

/// Takes from `person` every role that was given to them in the workspace and on what is in it.
///
/// # Errors
///
/// [`Error::Conflict`] in a personal workspace, if no owner would be left, or if they have no role of their own there.
pub async fn leave(change: &mut Change, id: &WorkspaceId, person: &PersonId) -> Result<()> {
    let role = change.role()?;
    if workspace(change.transaction().into(), id, role).await?.kind == Kind::Personal {
        let detail = "nobody leaves a personal workspace; delete it instead".to_owned();
        return Err(Error::Conflict { code: "personal_workspace", detail });
    }
    let whole = On { workspace: id, element: None };
    let before = members::role_of(change, whole, person.as_str()).await?;
    if before == Some(WorkspaceRole::Admin) {
        members::another_owner(change, id, person.as_str()).await?;
    }
    let rows = sql!("select element, role from workspace_grant where workspace = $1 and holder = $2 order by element")
        .bind(id)
        .bind(person)
        .all(change.transaction())
        .await?;
    if rows.is_empty() {
        let detail = "you have no role of your own here; what you have through a group or the team stays".to_owned();
        return Err(Error::Conflict { code: "no_role", detail });
    }
    sql!("delete from workspace_grant where workspace = $1 and holder = $2")
        .bind(id)
        .bind(person)
        .execute(change.transaction())
        .await?;
    for row in &rows {
        let (element, role) = (row.text("element")?, role_named(&row.text("role")?)?);
        let field = match element.is_empty() {
            true => format!("members/{person}"),
            false => format!("roles/{element}/{person}"),
        };
        change.text(&field, Some(role.name()), None);
    }
    Ok(())
}
