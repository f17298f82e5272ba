//! Who was given which role, in a workspace or on one element of it.
//!
//! A role is held by a person or by a group. A workspace always has an owner: one person at least who is a member of the
//! team, directly or through a group.

use bulla_access::WorkspaceRole;
use bulla_db::{Place, Reader, Row, Value, sql};
use serde::Serialize;

use super::{Kind, Role, role_named, workspace};
use crate::error::{Error, Result};
use crate::groups;
use crate::id::{GroupId, PersonId, WorkspaceId};
use crate::identity;
use crate::notifications::{self, Notice};
use crate::operation::Change;

/// Somebody with a role: a person, or a group whose members all have it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Member {
    /// Which of the two.
    pub kind: HolderKind,
    /// The id of the person or the group.
    pub id: String,
    /// Their name.
    pub name: String,
    /// The address of a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub email: Option<String>,
    /// How many people are in a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub people: Option<i64>,
    /// What they are.
    pub role: Role,
}

/// What holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum HolderKind {
    /// One person.
    Person,
    /// A group of the team.
    Group,
}

impl HolderKind {
    fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Group => "group",
        }
    }
}

/// The workspace, or one element of it: what a role is given on.
#[derive(Clone, Copy)]
pub struct On<'o> {
    /// The workspace.
    pub workspace: &'o WorkspaceId,
    /// The element alone; `None` for the whole workspace.
    pub element: Option<&'o str>,
}

impl On<'_> {
    fn element(&self) -> &str {
        self.element.unwrap_or_default()
    }
}

/// Those with a role of their own on `on`, owners first, people before groups.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn members(reader: Reader<'_>, team: &str, on: On<'_>) -> Result<Vec<Member>> {
    let rows = sql!(
        "select holder_kind, holder, role from workspace_grant where workspace = $1 and element = $2 \
         order by case role when 'owner' then 0 when 'editor' then 1 else 2 end, holder_kind desc, created_at, holder"
    )
    .bind(on.workspace)
    .bind(on.element())
    .all(reader)
    .await?;
    let mut members = Vec::with_capacity(rows.len());
    for row in &rows {
        // Whoever left the team keeps no role.
        if let Some(holder) = holder(reader.into(), team, &row.text("holder")?).await? {
            members.push(holder.with(role_of_row(row)?));
        }
    }
    Ok(members)
}

fn role_of_row(row: &Row) -> Result<WorkspaceRole> {
    role_named(&row.text("role")?)
}

/// A person or a group of the team that may be given a role.
struct Holder {
    kind: HolderKind,
    id: String,
    name: String,
    email: Option<String>,
    people: Option<i64>,
}

impl Holder {
    fn with(self, role: WorkspaceRole) -> Member {
        let Self { kind, id, name, email, people } = self;
        Member { kind, id, name, email, people, role: role.into() }
    }
}

/// The member of the team, or its group, with this id.
async fn holder(mut place: Place<'_>, team: &str, id: &str) -> Result<Option<Holder>> {
    if let Some(person) = identity::member(place.again(), team, &PersonId(id.to_owned())).await? {
        let (name, email) = (person.name, Some(person.email));
        return Ok(Some(Holder { kind: HolderKind::Person, id: person.id.0, name, email, people: None }));
    }
    let group = groups::summary(place, team, &GroupId(id.to_owned())).await?;
    Ok(group.map(|group| Holder {
        kind: HolderKind::Group,
        id: group.id.0,
        name: group.name,
        email: None,
        people: Some(group.people),
    }))
}

/// Gives a person or a group of the team a role, in place of the one they had there.
///
/// Whoever is given a role on an element of a private workspace becomes a viewer of the workspace as well: otherwise they
/// could not come to it.
///
/// # Errors
///
/// [`Error::NotFound`] if the team has no such person or group, [`Error::Conflict`] in a personal workspace, or if no
/// owner would be left, [`Error::Invalid`] for the role of owner on an element.
pub async fn set_member(change: &mut Change, on: On<'_>, id: &str, role: Role) -> Result<Member> {
    let (member, is_new) = put_member(change, on, id, role).await?;
    if is_new && member.kind == HolderKind::Person {
        let after = WorkspaceRole::from(role);
        let named = workspace(change.transaction().into(), on.workspace, after).await?.name;
        let what = if on.element.is_some() { "something in the workspace" } else { "the workspace" };
        let notice = Notice {
            kind: notifications::Kind::WorkspaceAdded,
            subject: format!("You were added to {what} {named}"),
            details: what_one_is(after),
            page: Some(("Open the workspace", format!("/w/{}", on.workspace))),
        };
        notifications::tell(change, &[PersonId(id.to_owned())], &notice).await?;
    }
    Ok(member)
}

/// What somebody is told of a role that they have now.
pub(super) fn what_one_is(role: WorkspaceRole) -> String {
    let what = match role {
        WorkspaceRole::Admin => "an owner",
        WorkspaceRole::Editor => "an editor",
        WorkspaceRole::Viewer => "a viewer",
    };
    format!("You are {what} there.")
}

/// As [`set_member`], without a notice: for those who tell of it themselves. Also says whether they had no role there before.
///
/// # Errors
///
/// As [`set_member`].
pub(super) async fn put_member(change: &mut Change, on: On<'_>, id: &str, role: Role) -> Result<(Member, bool)> {
    let team = change.team().to_owned();
    let holder =
        holder(change.transaction().into(), &team, id).await?.ok_or(Error::NotFound { what: "person or group" })?;
    let kind = not_personal(change, on.workspace).await?;
    let after = WorkspaceRole::from(role);
    if on.element.is_some() && after == WorkspaceRole::Admin {
        return Err(Error::invalid("/role", "an element has editors and viewers; a workspace has owners"));
    }
    let before = role_of(change, on, id).await?;
    if on.element.is_none() && before == Some(WorkspaceRole::Admin) && after != WorkspaceRole::Admin {
        another_owner(change, on.workspace, id).await?;
    }
    if on.element.is_some() && kind == Kind::Private {
        let whole = On { element: None, ..on };
        if role_of(change, whole, id).await?.is_none() {
            give(change, whole, holder.kind, id, WorkspaceRole::Viewer).await?;
            change.text(&format!("members/{id}"), None, Some(WorkspaceRole::Viewer.name()));
        }
    }
    give(change, on, holder.kind, id, after).await?;
    let field = if on.element.is_some() { "roles" } else { "members" };
    change.text(&format!("{field}/{id}"), before.map(WorkspaceRole::name), Some(after.name()));
    Ok((holder.with(after), before.is_none()))
}

/// Takes away the role of a person or a group.
///
/// # Errors
///
/// [`Error::NotFound`] if they have none there, [`Error::Conflict`] if no owner would be left.
pub async fn remove_member(change: &mut Change, on: On<'_>, id: &str) -> Result<()> {
    let before = role_of(change, on, id).await?.ok_or(Error::NotFound { what: "member" })?;
    if on.element.is_none() && before == WorkspaceRole::Admin {
        another_owner(change, on.workspace, id).await?;
    }
    sql!("delete from workspace_grant where workspace = $1 and element = $2 and holder = $3")
        .bind(on.workspace)
        .bind(on.element())
        .bind(id)
        .execute(change.transaction())
        .await?;
    let field = if on.element.is_some() { "roles" } else { "members" };
    change.text(&format!("{field}/{id}"), Some(before.name()), None);
    Ok(())
}

/// Makes a person the owner of a workspace that is being made.
pub(super) async fn give_owner(change: &mut Change, workspace: &WorkspaceId, person: &PersonId) -> Result<()> {
    let on = On { workspace, element: None };
    give(change, on, HolderKind::Person, person.as_str(), WorkspaceRole::Admin).await
}

pub(super) async fn give(
    change: &mut Change,
    on: On<'_>,
    kind: HolderKind,
    id: &str,
    role: WorkspaceRole,
) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    sql!(
        "insert into workspace_grant (workspace, element, holder_kind, holder, team, role, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (workspace, element, holder) do update set role = excluded.role"
    )
    .bind(on.workspace)
    .bind(on.element())
    .bind(kind.name())
    .bind(id)
    .bind(&team)
    .bind(role.name())
    .bind(now)
    .execute(change.transaction())
    .await?;
    Ok(())
}

/// Forgets the roles that were given on an element that is being deleted for good, or leaves its workspace, and who asked
/// for one.
///
/// # Errors
///
/// If the database refuses.
pub async fn forget_element(change: &mut Change, workspace: &WorkspaceId, element: &str) -> Result<()> {
    sql!("delete from workspace_grant where workspace = $1 and element = $2")
        .bind(workspace)
        .bind(element)
        .execute(change.transaction())
        .await?;
    sql!("delete from access_request where workspace = $1 and element = $2")
        .bind(workspace)
        .bind(element)
        .execute(change.transaction())
        .await?;
    Ok(())
}

/// Forgets every role that a person or a group of the team has in its workspaces, and what they asked for, and returns how
/// many roles there were.
///
/// # Errors
///
/// If the database refuses.
pub async fn forget_holder(change: &mut Change, holder: impl Into<Value>) -> Result<u64> {
    let (team, holder) = (change.team().to_owned(), holder.into());
    sql!("delete from access_request where person = $1 and team = $2")
        .bind(holder.clone())
        .bind(&team)
        .execute(change.transaction())
        .await?;
    Ok(sql!("delete from workspace_grant where holder = $1 and team = $2")
        .bind(holder)
        .bind(&team)
        .execute(change.transaction())
        .await?)
}

pub(super) async fn role_of(change: &mut Change, on: On<'_>, id: &str) -> Result<Option<WorkspaceRole>> {
    let row = sql!("select role from workspace_grant where workspace = $1 and element = $2 and holder = $3")
        .bind(on.workspace)
        .bind(on.element())
        .bind(id)
        .optional(change.transaction())
        .await?;
    row.map(|row| role_of_row(&row)).transpose()
}

async fn not_personal(change: &mut Change, id: &WorkspaceId) -> Result<Kind> {
    let role = change.role()?;
    match workspace(change.transaction().into(), id, role).await?.kind {
        Kind::Personal => Err(Error::Conflict {
            code: "personal_workspace",
            detail: "nobody is given a role in a personal workspace; make a team workspace to share".to_owned(),
        }),
        kind => Ok(kind),
    }
}

/// Fails unless somebody is an owner of the workspace without the role of `holder`.
pub(super) async fn another_owner(change: &mut Change, id: &WorkspaceId, holder: &str) -> Result<()> {
    // Two owners who demote each other at once: PostgreSQL lets the second wait for the first here.
    sql!("update workspace set version = version where id = $1").bind(id).execute(change.transaction()).await?;
    let others = sql!(
        "select count(*) as total from workspace_grant \
         join holder on holder.holder = workspace_grant.holder and holder.team = workspace_grant.team \
         where workspace_grant.workspace = $1 and workspace_grant.element = '' and workspace_grant.role = 'owner' \
         and workspace_grant.holder <> $2"
    )
    .bind(id)
    .bind(holder)
    .one(change.transaction())
    .await?
    .integer("total")?;
    if others == 0 {
        let detail = "a workspace needs an owner; make somebody else one first".to_owned();
        return Err(Error::Conflict { code: "last_owner", detail });
    }
    Ok(())
}
