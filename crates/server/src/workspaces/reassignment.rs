//! What becomes of the workspaces of somebody who goes: each that would have no owner is given to another member first.

use bulla_audit::Target;
use bulla_db::{Place, sql};
use serde::Serialize;

use super::{Kind, members};
use crate::error::Result;
use crate::id::{PersonId, WorkspaceId};
use crate::limits;
use crate::operation::Change;

/// The action of its audit events.
const ACTION: &str = "workspace.reassign";

/// A workspace that has one owner.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct OwnedAlone {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Who may open it.
    pub kind: Kind,
}

/// The workspaces of `team` that nobody owns but `person`, directly or through a group: personal ones first, then by name.
///
/// Those that were deleted and can still be restored are among them.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn owned_alone(place: Place<'_>, team: &str, person: &PersonId) -> Result<Vec<OwnedAlone>> {
    sql!(
        "select id, name, kind from workspace where team = $1 \
         and id in (select workspace_grant.workspace from workspace_grant \
         join holder on holder.holder = workspace_grant.holder and holder.team = workspace_grant.team \
         where workspace_grant.team = $1 and workspace_grant.element = '' and workspace_grant.role = 'owner' \
         and holder.person = $2) \
         and not exists (select 1 from workspace_grant \
         join holder on holder.holder = workspace_grant.holder and holder.team = workspace_grant.team \
         where workspace_grant.workspace = workspace.id and workspace_grant.element = '' \
         and workspace_grant.role = 'owner' and holder.person <> $2) \
         order by case kind when 'personal' then 0 else 1 end, lower(name), id"
    )
    .bind(team)
    .bind(person)
    .all(place)
    .await?
    .iter()
    .map(|row| {
        Ok(OwnedAlone {
            id: WorkspaceId(row.text("id")?),
            name: row.text("name")?,
            kind: Kind::named(&row.text("kind")?)?,
        })
    })
    .collect()
}

/// Makes `to` an owner of every workspace that nobody owns but `from`, and returns them. What `from` holds in them is
/// taken by [`super::forget_holder`].
///
/// Each has an audit event of its own. A personal workspace gets the name of whose it was, since `to` has one of that
/// name already.
///
/// # Errors
///
/// If the database refuses.
pub async fn reassign(change: &mut Change, from: (&PersonId, &str), to: &PersonId) -> Result<Vec<OwnedAlone>> {
    let (team, now, (from, whose)) = (change.team().to_owned(), change.now, from);
    let workspaces = owned_alone(change.transaction().into(), &team, from).await?;
    for workspace in &workspaces {
        members::give_owner(change, &workspace.id, to).await?;
        let name = match workspace.kind {
            Kind::Personal => limits::listed_name(&format!("{} ({whose})", workspace.name)),
            Kind::Private | Kind::Team | Kind::Public => workspace.name.clone(),
        };
        if name != workspace.name {
            sql!("update workspace set name = $1, version = version + 1, updated_at = $2 where id = $3")
                .bind(&name)
                .bind(now)
                .bind(&workspace.id)
                .execute(change.transaction())
                .await?;
        }
        let target = Target { kind: "workspace".to_owned(), id: workspace.id.0.clone() };
        let owner = ("owner", Some(from.as_str()), Some(to.as_str()));
        // The new name tells of a person, and a leaf of the log cannot be erased: it says that there is one, and not which.
        let renamed = (name != workspace.name).then_some("after its owner");
        change.also(ACTION, target, &[owner, ("renamed", None, renamed)]);
    }
    Ok(workspaces)
}
