//! Workspaces and who is what in them.
//!
//! A personal workspace is its owner's alone. A team workspace is open to every member of the team, who may look; more
//! comes with a role that was given, and the admins of the team own it. A workspace always has an owner.

pub mod http;

use bulla_access::{Actor, Grant, Object, Plan, TeamRole, Visibility, WorkspaceRole};
use bulla_db::{Place, Reader, Row, sql};
use serde::{Deserialize, Serialize};

use crate::environments;
use crate::error::{Error, Result};
use crate::id::{PersonId, WorkspaceId};
use crate::identity::{self, Person};
use crate::limits;
use crate::moment::Moment;
use crate::operation::Change;

/// A workspace, as somebody who may open it sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Who may open it.
    pub kind: Kind,
    /// What it is for.
    pub summary: String,
    /// What the asker is in it.
    pub role: Role,
    /// Counts up with each change of the fields above.
    pub version: i64,
    /// When it was made.
    pub created_at: Moment,
    /// When one of the fields above changed.
    pub updated_at: Moment,
}

/// Who may open a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WorkspaceKind)]
pub enum Kind {
    /// Its owner alone.
    Personal,
    /// Every member of the team.
    Team,
}

/// What a person is in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WorkspaceRole)]
pub enum Role {
    /// Members, settings, deletion.
    Owner,
    /// Changes what is in it.
    Editor,
    /// Sees, sends and runs.
    Viewer,
}

/// Somebody with a role in a workspace.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Member {
    /// Who.
    pub person: Person,
    /// What they are.
    pub role: Role,
}

impl Kind {
    /// The name in the database and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Team => "team",
        }
    }

    fn named(name: &str) -> Result<Self> {
        [Self::Personal, Self::Team]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| Error::unexpected(format!("unknown kind of workspace {name}")))
    }
}

impl From<Role> for WorkspaceRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Admin,
            Role::Editor => Self::Editor,
            Role::Viewer => Self::Viewer,
        }
    }
}

impl From<WorkspaceRole> for Role {
    fn from(role: WorkspaceRole) -> Self {
        match role {
            WorkspaceRole::Admin => Self::Owner,
            WorkspaceRole::Editor => Self::Editor,
            WorkspaceRole::Viewer => Self::Viewer,
        }
    }
}

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
    row.map(|row| object_in(&row)).transpose()
}

fn object_in(row: &Row) -> Result<Object> {
    let granted = row.text_or_null("role")?.map(|role| role_named(&role)).transpose()?;
    let grants = granted.map(Grant::direct).into_iter().collect();
    Ok(Object::Workspace { team: row.text("team")?, visibility: visibility_named(&row.text("kind")?)?, grants })
}

fn role_named(name: &str) -> Result<WorkspaceRole> {
    WorkspaceRole::named(name).ok_or_else(|| Error::unexpected(format!("unknown workspace role {name}")))
}

fn visibility_named(name: &str) -> Result<Visibility> {
    Visibility::named(name).ok_or_else(|| Error::unexpected(format!("unknown kind of workspace {name}")))
}

fn workspace_in(row: &Row, role: WorkspaceRole) -> Result<Workspace> {
    Ok(Workspace {
        id: WorkspaceId(row.text("id")?),
        name: row.text("name")?,
        kind: Kind::named(&row.text("kind")?)?,
        summary: row.text("summary")?,
        role: role.into(),
        version: row.integer("version")?,
        created_at: Moment(row.integer("created_at")?),
        updated_at: Moment(row.integer("updated_at")?),
    })
}

/// The workspaces that `actor` may open under the team's `plan`, by name.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn open_to(reader: Reader<'_>, actor: &Actor, plan: Plan) -> Result<Vec<Workspace>> {
    // Nobody but a Super Admin ever sees somebody else's personal workspace; the rest is for `role` to say.
    let rows = sql!(
        "select workspace.id as id, workspace.team as team, name, kind, summary, version, \
         workspace.created_at as created_at, updated_at, workspace_member.role as role from workspace \
         left join workspace_member on workspace_member.workspace = workspace.id and workspace_member.person = $2 \
         where workspace.team = $1 and (kind <> 'personal' or workspace_member.role is not null or $3 = 1) \
         order by lower(name), workspace.id"
    )
    .bind(&actor.team)
    .bind(&actor.person)
    .bind(actor.holds(TeamRole::SuperAdmin))
    .all(reader)
    .await?;
    let mut workspaces = Vec::with_capacity(rows.len());
    for row in &rows {
        if let Some(role) = object_in(row)?.role(actor, plan) {
            workspaces.push(workspace_in(row, role)?);
        }
    }
    Ok(workspaces)
}

/// The workspace with this id, as somebody who is `role` in it sees it.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn workspace(place: Place<'_>, id: &WorkspaceId, role: WorkspaceRole) -> Result<Workspace> {
    let row = sql!("select id, name, kind, summary, version, created_at, updated_at from workspace where id = $1")
        .bind(id)
        .optional(place)
        .await?
        .ok_or(Error::NotFound { what: "workspace" })?;
    workspace_in(&row, role)
}

/// Makes a workspace that belongs to `owner`, with its key and its globals.
///
/// # Errors
///
/// [`Error::Invalid`] for a bad name or summary, [`Error::Conflict`] if the team has too many.
pub async fn create(change: &mut Change, owner: &PersonId, kind: Kind, name: &str, summary: &str) -> Result<Workspace> {
    let (name, summary) = (limits::name("/name", name)?, limits::summary("/summary", summary)?);
    let team = change.team().to_owned();
    let count = sql!("select count(*) as total from workspace where team = $1")
        .bind(&team)
        .one(change.transaction())
        .await?
        .integer("total")?;
    if count >= limits::WORKSPACES {
        let detail = format!("the team has {count} workspaces, and no more are allowed");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    let id = insert(change, owner, kind, &name, &summary).await?;
    change.about("workspace", &id);
    change.text("name", None, Some(&name));
    change.text("kind", None, Some(kind.name()));
    workspace(change.transaction().into(), &id, WorkspaceRole::Admin).await
}

/// Makes the personal workspace that comes with an account.
///
/// # Errors
///
/// If the database or the keys refuse.
pub async fn create_personal(change: &mut Change, owner: &PersonId) -> Result<()> {
    let id = insert(change, owner, Kind::Personal, "My workspace", "").await?;
    change.text("workspace", None, Some(id.as_str()));
    Ok(())
}

async fn insert(change: &mut Change, owner: &PersonId, kind: Kind, name: &str, summary: &str) -> Result<WorkspaceId> {
    let (id, now, team) = (WorkspaceId::new(change.now), change.now, change.team().to_owned());
    sql!(
        "insert into workspace (id, team, kind, name, summary, version, created_by, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, 1, $6, $7, $8)"
    )
    .bind(&id)
    .bind(&team)
    .bind(kind.name())
    .bind(name)
    .bind(summary)
    .bind(owner)
    .bind(now)
    .bind(now)
    .execute(change.transaction())
    .await?;
    sql!("insert into workspace_member (workspace, person, team, role, created_at) values ($1, $2, $3, $4, $5)")
        .bind(&id)
        .bind(owner)
        .bind(&team)
        .bind(WorkspaceRole::Admin.name())
        .bind(now)
        .execute(change.transaction())
        .await?;
    let vault = change.vault().clone();
    vault.create_workspace_key(change.transaction(), &team, &id, now).await?;
    environments::create_globals(change, &id).await?;
    Ok(id)
}

/// Changes the name or summary of a workspace that still has `version`.
///
/// # Errors
///
/// [`Error::Stale`] if it was changed since, [`Error::Invalid`] for a bad name or summary.
pub async fn update(
    change: &mut Change,
    id: &WorkspaceId,
    version: i64,
    name: Option<&str>,
    summary: Option<&str>,
) -> Result<Workspace> {
    let role = change.role()?;
    let before = workspace(change.transaction().into(), id, role).await?;
    let name = name.map_or(Ok(before.name.clone()), |name| limits::name("/name", name))?;
    let summary = summary.map_or(Ok(before.summary.clone()), |text| limits::summary("/summary", text))?;
    let now = change.now;
    let changed = sql!(
        "update workspace set name = $1, summary = $2, version = version + 1, updated_at = $3 \
         where id = $4 and version = $5"
    )
    .bind(&name)
    .bind(&summary)
    .bind(now)
    .bind(id)
    .bind(version)
    .execute(change.transaction())
    .await?;
    if changed == 0 {
        let current = serde_json::to_value(&before).map_err(Error::unexpected)?;
        return Err(Error::Stale { what: "workspace", current: Box::new(current) });
    }
    change.text("name", Some(&before.name), Some(&name));
    change.text("summary", Some(&before.summary), Some(&summary));
    workspace(change.transaction().into(), id, role).await
}

/// Deletes a workspace with everything in it, and its key.
///
/// # Errors
///
/// [`Error::Conflict`] for somebody's last personal workspace: everybody has one.
pub async fn delete(change: &mut Change, id: &WorkspaceId) -> Result<()> {
    let role = change.role()?;
    let gone = workspace(change.transaction().into(), id, role).await?;
    if gone.kind == Kind::Personal {
        let others = sql!(
            "select count(*) as total from workspace where kind = 'personal' and id <> $1 \
             and created_by = (select created_by from workspace where id = $2)"
        )
        .bind(id)
        .bind(id)
        .one(change.transaction())
        .await?
        .integer("total")?;
        if others == 0 {
            let detail = "everybody has a personal workspace; make another before you delete this one".to_owned();
            return Err(Error::Conflict { code: "last_personal_workspace", detail });
        }
    }
    let vault = change.vault().clone();
    vault.destroy_workspace_key(change.transaction(), id).await?;
    // What is in it goes by `on delete cascade`.
    sql!("delete from workspace where id = $1").bind(id).execute(change.transaction()).await?;
    change.text("name", Some(&gone.name), None);
    Ok(())
}

/// Those with a role in the workspace, owners first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn members(reader: Reader<'_>, team: &str, id: &WorkspaceId) -> Result<Vec<Member>> {
    let rows = sql!(
        "select person, role from workspace_member where workspace = $1 \
         order by case role when 'owner' then 0 when 'editor' then 1 else 2 end, created_at, person"
    )
    .bind(id)
    .all(reader)
    .await?;
    let mut members = Vec::with_capacity(rows.len());
    for row in &rows {
        // Whoever left the team keeps no role.
        if let Some(person) = identity::member(reader.into(), team, &PersonId(row.text("person")?)).await? {
            members.push(Member { person, role: role_named(&row.text("role")?)?.into() });
        }
    }
    Ok(members)
}

/// Gives a member of the team a role in the workspace, in place of the one they had.
///
/// # Errors
///
/// [`Error::NotFound`] if they are no member of the team, [`Error::Conflict`] in a personal workspace, or if no owner
/// would be left.
pub async fn set_member(change: &mut Change, id: &WorkspaceId, person: &PersonId, role: Role) -> Result<Member> {
    let team = change.team().to_owned();
    let member = identity::member(change.transaction().into(), &team, person)
        .await?
        .ok_or(Error::NotFound { what: "person" })?;
    not_personal(change, id).await?;
    let before = role_of(change, id, person).await?;
    let after = WorkspaceRole::from(role);
    if before == Some(WorkspaceRole::Admin) && after != WorkspaceRole::Admin {
        another_owner(change, id, person).await?;
    }
    sql!(
        "insert into workspace_member (workspace, person, team, role, created_at) values ($1, $2, $3, $4, $5) \
         on conflict (workspace, person) do update set role = excluded.role"
    )
    .bind(id)
    .bind(person)
    .bind(&team)
    .bind(after.name())
    .bind(change.now)
    .execute(change.transaction())
    .await?;
    change.text(&format!("members/{person}"), before.map(WorkspaceRole::name), Some(after.name()));
    Ok(Member { person: member, role })
}

/// Takes away somebody's role in the workspace.
///
/// # Errors
///
/// [`Error::NotFound`] if they have none, [`Error::Conflict`] if no owner would be left.
pub async fn remove_member(change: &mut Change, id: &WorkspaceId, person: &PersonId) -> Result<()> {
    let before = role_of(change, id, person).await?.ok_or(Error::NotFound { what: "member" })?;
    if before == WorkspaceRole::Admin {
        another_owner(change, id, person).await?;
    }
    sql!("delete from workspace_member where workspace = $1 and person = $2")
        .bind(id)
        .bind(person)
        .execute(change.transaction())
        .await?;
    change.text(&format!("members/{person}"), Some(before.name()), None);
    Ok(())
}

async fn role_of(change: &mut Change, id: &WorkspaceId, person: &PersonId) -> Result<Option<WorkspaceRole>> {
    let row = sql!("select role from workspace_member where workspace = $1 and person = $2")
        .bind(id)
        .bind(person)
        .optional(change.transaction())
        .await?;
    row.map(|row| role_named(&row.text("role")?)).transpose()
}

async fn not_personal(change: &mut Change, id: &WorkspaceId) -> Result<()> {
    let role = change.role()?;
    match workspace(change.transaction().into(), id, role).await?.kind {
        Kind::Team => Ok(()),
        Kind::Personal => Err(Error::Conflict {
            code: "personal_workspace",
            detail: "a personal workspace is its owner's alone; make a team workspace to share".to_owned(),
        }),
    }
}

async fn another_owner(change: &mut Change, id: &WorkspaceId, person: &PersonId) -> Result<()> {
    // Two owners who demote each other at once: PostgreSQL lets the second wait for the first here.
    sql!("update workspace set version = version where id = $1").bind(id).execute(change.transaction()).await?;
    let others =
        sql!("select count(*) as total from workspace_member where workspace = $1 and role = 'owner' and person <> $2")
            .bind(id)
            .bind(person)
            .one(change.transaction())
            .await?
            .integer("total")?;
    if others == 0 {
        let detail = "a workspace needs an owner; make somebody else one first".to_owned();
        return Err(Error::Conflict { code: "last_owner", detail });
    }
    Ok(())
}
