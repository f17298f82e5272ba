//! Workspaces and who is what in them.
//!
//! A personal workspace is open to its owner, and to the Super Admins of an Enterprise team; a private one to those who
//! were given a role; a team workspace to every member whose role in the team reaches content, who may look. More comes
//! with a role that was given. A workspace always has an owner.

pub mod http;
pub mod requests;
pub mod visibility;

mod admission;
mod dormant;
mod joining;
mod members;
mod reassignment;
mod transfer;

pub use admission::admit;
pub use dormant::private_count;
pub use joining::{join, leave};
pub use members::{HolderKind, Member, On, forget_element, forget_holder};
pub use reassignment::{OwnedAlone, owned_alone, reassign};
pub use transfer::{Transfer, transfer};

use bulla_access::{Actor, Grant, Object, Plan, TeamRole, Visibility, WorkspaceRole};
use bulla_db::{Place, Reader, Row, sql};
use serde::{Deserialize, Serialize};

use crate::environments;
use crate::error::{Error, Result};
use crate::id::{PersonId, WorkspaceId};
use crate::identity::{self, Page, Person};
use crate::limits;
use crate::moment::Moment;
use crate::operation::Change;
use crate::trash::{self, Deleted};
use crate::watching::{self, Watched};

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
    /// What somebody becomes who joins it by themselves, if it is a team workspace.
    pub join_role: Role,
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
    /// Its owner alone, and the Super Admins of an Enterprise team.
    Personal,
    /// Those who were given a role, and Super Admins.
    Private,
    /// Every member of the team whose team role reaches content.
    Team,
    /// As `team`, and open to strangers.
    Public,
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

impl Kind {
    /// The name in the database and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Private => "private",
            Self::Team => "team",
            Self::Public => "public",
        }
    }

    fn named(name: &str) -> Result<Self> {
        [Self::Personal, Self::Private, Self::Team, Self::Public]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| Error::unexpected(format!("unknown kind of workspace {name}")))
    }
}

impl From<Kind> for Visibility {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Personal => Self::Personal,
            Kind::Private => Self::Private,
            Kind::Team => Self::Team,
            Kind::Public => Self::Public,
        }
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

/// A workspace with the grants of `person` on it and on one element of it, for a decision; `None` if there is no such
/// workspace.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn object(
    place: Place<'_>,
    id: &WorkspaceId,
    element: Option<&str>,
    person: &PersonId,
) -> Result<Option<Object>> {
    object_where(place, id, element, person, IsDeleted::No).await
}

/// As [`object`], for a workspace that was deleted and may be restored.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn deleted_object(place: Place<'_>, id: &WorkspaceId, person: &PersonId) -> Result<Option<Object>> {
    object_where(place, id, None, person, IsDeleted::Yes).await
}

/// Which of the workspaces is meant: what was deleted is nowhere but in the trash.
#[derive(Clone, Copy, PartialEq)]
enum IsDeleted {
    No,
    Yes,
}

impl From<IsDeleted> for bulla_db::Value {
    fn from(is_deleted: IsDeleted) -> Self {
        i64::from(is_deleted == IsDeleted::Yes).into()
    }
}

async fn object_where(
    place: Place<'_>,
    id: &WorkspaceId,
    element: Option<&str>,
    person: &PersonId,
    is_deleted: IsDeleted,
) -> Result<Option<Object>> {
    let rows = sql!(
        "select workspace.team as team, workspace.kind as kind, given.role as role, given.element as element, \
         given.group_name as group_name from workspace left join (\
         select workspace_grant.workspace as workspace, workspace_grant.role as role, \
         workspace_grant.element as element, holder.group_name as group_name from workspace_grant \
         join holder on holder.holder = workspace_grant.holder and holder.team = workspace_grant.team \
         where workspace_grant.workspace = $1 and workspace_grant.element in ('', $2) and holder.person = $3\
         ) given on given.workspace = workspace.id where workspace.id = $1 \
         and case when workspace.deleted_at is null then 0 else 1 end = $4 \
         order by given.element, coalesce(given.group_name, ''), given.role"
    )
    .bind(id)
    .bind(element.unwrap_or_default())
    .bind(person)
    .bind(is_deleted)
    .all(place)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let mut grants = Vec::new();
    for row in &rows {
        if let Some(role) = row.text_or_null("role")? {
            grants.push(grant_in(row, role_named(&role)?)?);
        }
    }
    let visibility = visibility_named(&first.text("kind")?)?;
    Ok(Some(Object::Workspace { team: first.text("team")?, visibility, grants }))
}

fn grant_in(row: &Row, role: WorkspaceRole) -> Result<Grant<WorkspaceRole>> {
    let grant = if row.text("element")?.is_empty() { Grant::direct(role) } else { Grant::on_element(role) };
    Ok(match row.text_or_null("group_name")? {
        Some(name) => grant.through_group(name),
        None => grant,
    })
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
        join_role: role_named(&row.text("join_role")?)?.into(),
        version: row.integer("version")?,
        created_at: Moment(row.integer("created_at")?),
        updated_at: Moment(row.integer("updated_at")?),
    })
}

/// How a list in SQL counts roles: the greater the role, the greater its rank.
fn rank(role: Option<WorkspaceRole>) -> i64 {
    match role {
        None => 0,
        Some(WorkspaceRole::Viewer) => 1,
        Some(WorkspaceRole::Editor) => 2,
        Some(WorkspaceRole::Admin) => 3,
    }
}

fn ranked(rank: i64) -> Result<WorkspaceRole> {
    WorkspaceRole::ALL
        .into_iter()
        .find(|role| self::rank(Some(*role)) == rank)
        .ok_or_else(|| Error::unexpected(format!("no role has the rank {rank}")))
}

/// The workspaces that `actor` may open under the team's `plan`, by name.
///
/// The database decides which: what the actor's roles in the team are worth in each kind of workspace is handed in, the
/// roles given in the workspaces are added, and a test holds the outcome against [`bulla_access::decide`].
///
/// # Errors
///
/// If the database cannot be read.
pub async fn open_to(reader: Reader<'_>, actor: &Actor, plan: Plan) -> Result<Vec<Workspace>> {
    listed(reader, actor, plan, IsDeleted::No).await
}

/// The workspaces that were deleted and that `actor` may restore under the team's `plan`, by name.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn restorable(reader: Reader<'_>, actor: &Actor, plan: Plan) -> Result<Vec<Workspace>> {
    let mut deleted = listed(reader, actor, plan, IsDeleted::Yes).await?;
    deleted.retain(|workspace| workspace.role == Role::Owner);
    Ok(deleted)
}

async fn listed(reader: Reader<'_>, actor: &Actor, plan: Plan, is_deleted: IsDeleted) -> Result<Vec<Workspace>> {
    let inherited = |visibility| rank(actor.inherited(visibility, plan));
    let most = |visibility: Visibility| rank(Some(visibility.most(plan)));
    sql!(
        "select id, name, kind, summary, join_role, version, created_at, updated_at, \
         case when reached > most then most else reached end as rank from (\
         select id, name, kind, summary, join_role, version, created_at, updated_at, most, \
         case when given > inherited then given else inherited end as reached from (\
         select workspace.id as id, name, kind, summary, join_role, version, workspace.created_at as created_at, updated_at, \
         case kind when 'private' then cast($8 as bigint) else 3 end as most, \
         case kind when 'personal' then cast($4 as bigint) when 'private' then cast($5 as bigint) \
         when 'team' then cast($6 as bigint) else cast($7 as bigint) end as inherited, \
         coalesce(granted.rank, 0) as given from workspace left join (\
         select workspace_grant.workspace as workspace, \
         max(case workspace_grant.role when 'owner' then 3 when 'editor' then 2 else 1 end) as rank \
         from holder join workspace_grant on workspace_grant.holder = holder.holder \
         where holder.person = $2 and holder.team = $1 and workspace_grant.team = $1 and workspace_grant.element = '' \
         and (holder.group_name is null or $3 = 1) group by workspace_grant.workspace\
         ) granted on granted.workspace = workspace.id where workspace.team = $1 \
         and case when workspace.deleted_at is null then 0 else 1 end = $9) roles) listed \
         where reached > 0 order by lower(name), id"
    )
    .bind(&actor.team)
    .bind(&actor.person)
    .bind(plan == Plan::Enterprise)
    .bind(inherited(Visibility::Personal))
    .bind(inherited(Visibility::Private))
    .bind(inherited(Visibility::Team))
    .bind(inherited(Visibility::Public))
    .bind(most(Visibility::Private))
    .bind(is_deleted)
    .all(reader)
    .await?
    .iter()
    .map(|row| workspace_in(row, ranked(row.integer("rank")?)?))
    .collect()
}

/// The members of `team` who may open the workspace under the team's `plan`, by name, and after whom the next page begins.
///
/// As [`open_to`] the other way round.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such workspace, [`Error::Invalid`] for a page that begins after nobody.
pub async fn reaching(
    reader: Reader<'_>,
    team: &str,
    id: &WorkspaceId,
    plan: Plan,
    page: &Page<'_>,
) -> Result<(Vec<Person>, Option<PersonId>)> {
    let row = sql!("select kind from workspace where id = $1 and team = $2 and deleted_at is null")
        .bind(id)
        .bind(team)
        .optional(reader)
        .await?
        .ok_or(Error::NotFound { what: "workspace" })?;
    let visibility = visibility_named(&row.text("kind")?)?;
    page.check(reader).await?;
    let opens = |role: TeamRole| Actor::direct("", team, &[role]).inherited(visibility, plan).is_some();
    let opening = TeamRole::ALL.map(|role| if opens(role) { role.name() } else { "" });
    let rows = sql!(
        "select person as id, numeric_id, name, email from member where team = $1 \
         and (lower(name) like $2 escape '\\' or email_key like $2 escape '\\') \
         and ($3 = '' or (lower(name), person) > (select lower(known.name), known.person from member known where known.person = $3 and known.team = $1)) \
         and (exists (select 1 from held_role where held_role.person = member.person and held_role.team = $1 \
         and held_role.role in ($6, $7, $8, $9, $10, $11) and (held_role.group_name is null or $5 = 1)) \
         or exists (select 1 from holder join workspace_grant on workspace_grant.holder = holder.holder \
         where holder.person = member.person and holder.team = $1 and workspace_grant.workspace = $4 \
         and workspace_grant.element = '' and (holder.group_name is null or $5 = 1))) \
         order by lower(name), person limit $12"
    )
    .bind(team)
    .bind(page.pattern())
    .bind(page.after.unwrap_or_default())
    .bind(id)
    .bind(plan == Plan::Enterprise)
    .bind(opening[0])
    .bind(opening[1])
    .bind(opening[2])
    .bind(opening[3])
    .bind(opening[4])
    .bind(opening[5])
    .bind(page.limit + 1)
    .all(reader)
    .await?;
    Ok(page.cut(rows.iter().map(identity::person_of).collect::<Result<_>>()?))
}

/// The workspace with this id, as somebody who is `role` in it sees it.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn workspace(place: Place<'_>, id: &WorkspaceId, role: WorkspaceRole) -> Result<Workspace> {
    let row =
        sql!("select id, name, kind, summary, join_role, version, created_at, updated_at from workspace where id = $1")
            .bind(id)
            .optional(place)
            .await?
            .ok_or(Error::NotFound { what: "workspace" })?;
    workspace_in(&row, role)
}

/// What a workspace says of itself to whoever may see it.
pub struct About {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub summary: String,
    /// When one of the two changed.
    pub updated_at: Moment,
}

impl About {
    fn of(row: &Row) -> Result<Self> {
        Ok(Self {
            name: row.text("name")?,
            summary: row.text("summary")?,
            updated_at: Moment(row.integer("updated_at")?),
        })
    }
}

/// What the workspace says of itself.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn about(reader: Reader<'_>, id: &WorkspaceId) -> Result<About> {
    let row = sql!("select name, summary, updated_at from workspace where id = $1 and deleted_at is null")
        .bind(id)
        .optional(reader)
        .await?
        .ok_or(Error::NotFound { what: "workspace" })?;
    About::of(&row)
}

/// The name of a workspace, if there is such a one.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn name_of(place: Place<'_>, id: &WorkspaceId) -> Result<String> {
    let row = sql!("select name from workspace where id = $1")
        .bind(id)
        .optional(place)
        .await?
        .ok_or(Error::NotFound { what: "workspace" })?;
    Ok(row.text("name")?)
}

/// Makes a workspace that belongs to `owner`, with its key and its globals.
///
/// # Errors
///
/// [`Error::Invalid`] for a bad name or summary, [`Error::Conflict`] if the team has too many, or another public
/// workspace of this name.
pub async fn create(change: &mut Change, owner: &PersonId, kind: Kind, name: &str, summary: &str) -> Result<Workspace> {
    let (name, summary) = (limits::name("/name", name)?, limits::summary("/summary", summary)?);
    room_for_one(change).await?;
    let id = insert(change, owner, kind, &name, &summary).await?;
    if kind != Kind::Personal {
        watching::watch(change, Watched { workspace: &id, collection: None }, owner).await?;
    }
    change.about("workspace", &id);
    change.text("name", None, Some(&name));
    change.text("kind", None, Some(kind.name()));
    workspace(change.transaction().into(), &id, WorkspaceRole::Admin).await
}

async fn room_for_one(change: &mut Change) -> Result<()> {
    let team = change.team().to_owned();
    let count = sql!("select count(*) as total from workspace where team = $1 and deleted_at is null")
        .bind(&team)
        .one(change.transaction())
        .await?
        .integer("total")?;
    if count >= limits::WORKSPACES {
        let detail = format!("the team has {count} workspaces, and no more are allowed");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    Ok(())
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
    let made = sql!(
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
    .await;
    visibility::named_once(made)?;
    members::give_owner(change, &id, owner).await?;
    let vault = change.vault().clone();
    vault.create_workspace_key(change.transaction(), &team, &id, now).await?;
    environments::create_globals(change, &id).await?;
    Ok(id)
}

/// Changes the name or summary of a workspace that still has `version`, or what those become who join it.
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
    join_role: Option<Role>,
) -> Result<Workspace> {
    let role = change.role()?;
    let before = workspace(change.transaction().into(), id, role).await?;
    let name = name.map_or(Ok(before.name.clone()), |name| limits::name("/name", name))?;
    let summary = summary.map_or(Ok(before.summary.clone()), |text| limits::summary("/summary", text))?;
    if join_role == Some(Role::Owner) {
        return Err(Error::invalid("/joinRole", "who joins becomes a viewer or an editor; owners make others owners"));
    }
    let (join_before, join_role) = (WorkspaceRole::from(before.join_role), join_role.unwrap_or(before.join_role));
    let join_role = WorkspaceRole::from(join_role);
    let now = change.now;
    let changed = sql!(
        "update workspace set name = $1, summary = $2, join_role = $6, version = version + 1, updated_at = $3 \
         where id = $4 and version = $5"
    )
    .bind(&name)
    .bind(&summary)
    .bind(now)
    .bind(id)
    .bind(version)
    .bind(join_role.name())
    .execute(change.transaction())
    .await;
    if visibility::named_once(changed)? == 0 {
        let current = serde_json::to_value(&before).map_err(Error::unexpected)?;
        return Err(Error::Stale { what: "workspace", current: Box::new(current) });
    }
    change.text("name", Some(&before.name), Some(&name));
    change.text("summary", Some(&before.summary), Some(&summary));
    change.text("joinRole", Some(join_before.name()), Some(join_role.name()));
    workspace(change.transaction().into(), id, role).await
}

/// Deletes a workspace with everything in it. It can be restored for a while.
///
/// # Errors
///
/// [`Error::Conflict`] for somebody's last personal workspace: everybody has one; and for a public one: whoever deletes
/// it takes it away from strangers first, on purpose.
pub async fn delete(change: &mut Change, id: &WorkspaceId) -> Result<()> {
    let role = change.role()?;
    let gone = workspace(change.transaction().into(), id, role).await?;
    if gone.kind == Kind::Public {
        let detail = "a public workspace is not deleted; make it a team workspace first".to_owned();
        return Err(Error::Conflict { code: "public_workspace", detail });
    }
    if gone.kind == Kind::Personal {
        let others = sql!(
            "select count(*) as total from workspace where kind = 'personal' and deleted_at is null and id <> $1 \
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
    let now = change.now;
    sql!("update workspace set deleted_at = $1 where id = $2").bind(now).bind(id).execute(change.transaction()).await?;
    let what = trash::Kind::Workspace;
    trash::put(change, what, &Deleted { id: id.as_str(), workspace: id, element: None, name: &gone.name }).await?;
    change.text("name", Some(&gone.name), None);
    Ok(())
}

/// Puts a workspace back that was deleted, with all that was in it and the roles of everybody.
///
/// # Errors
///
/// [`Error::Conflict`] if the team has too many.
pub async fn restore(change: &mut Change, id: &WorkspaceId) -> Result<()> {
    room_for_one(change).await?;
    sql!("update workspace set deleted_at = null where id = $1").bind(id).execute(change.transaction()).await?;
    Ok(())
}

/// Deletes a workspace for good, with everything in it and its key.
///
/// # Errors
///
/// If the database refuses.
pub async fn purge(change: &mut Change, id: &WorkspaceId) -> Result<()> {
    let vault = change.vault().clone();
    vault.destroy_workspace_key(change.transaction(), id).await?;
    // What is in it goes by `on delete cascade`.
    sql!("delete from workspace where id = $1 and deleted_at is not null")
        .bind(id)
        .execute(change.transaction())
        .await?;
    Ok(())
}
