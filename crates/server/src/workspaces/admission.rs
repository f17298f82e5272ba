//! A role in a workspace for somebody who comes into the team by an invite.

use bulla_access::{Actor, Visibility, WorkspaceRole};

use super::{HolderKind, On, Role, members, object};
use crate::error::Result;
use crate::id::{PersonId, WorkspaceId};
use crate::identity;
use crate::operation::Change;

/// Gives `person` a role in a workspace in the name of `by`; `false` if there is no such workspace any more, or `by` is
/// none of its owners.
///
/// # Errors
///
/// If the database refuses.
pub async fn admit(
    change: &mut Change,
    workspace: &WorkspaceId,
    person: &PersonId,
    role: Role,
    by: &PersonId,
) -> Result<bool> {
    let team = change.team().to_owned();
    let Some(standing) = identity::standing(change.transaction().into(), &team, by).await? else { return Ok(false) };
    let Some(object) = object(change.transaction().into(), workspace, None, by).await? else { return Ok(false) };
    let actor = Actor { person: by.0.clone(), team: team.clone(), roles: standing.roles };
    let is_personal =
        matches!(&object, bulla_access::Object::Workspace { visibility, .. } if *visibility == Visibility::Personal);
    if is_personal || object.role(&actor, standing.plan) != Some(WorkspaceRole::Admin) {
        return Ok(false);
    }
    let on = On { workspace, element: None };
    members::give(change, on, HolderKind::Person, person.as_str(), role.into()).await?;
    Ok(true)
}
