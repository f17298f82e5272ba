//! Who may open a workspace, and how that is changed.
//!
//! Its owner decides, but for one step: whether strangers may read it. In a team that has a Community Manager an owner
//! asks for that, and the workspace is open to the team until a Community Manager or Super Admin has answered. A request
//! that nobody answers ends after [`super::requests::OPEN_FOR`].

pub mod http;

pub(super) mod notices;

use bulla_access::{Actor, Plan, TeamRole, Visibility, WorkspaceRole};
use bulla_db::{Place, Reader, Row, sql};
use serde::Serialize;

use super::requests::OPEN_FOR;
use super::{About, Kind, Workspace, create_personal, visibility_named, workspace};
use crate::error::{Error, Result};
use crate::id::{PersonId, PublishRequestId, WorkspaceId};
use crate::identity;
use crate::limits;
use crate::moment::Moment;
use crate::operation::{Change, Door, Operation};
use crate::{collections, environments, notifications};

/// Most people who are told of one change by mail.
const TOLD: i64 = 200;
/// Most open requests that are listed.
const LISTED: i64 = 500;

/// What came of the wish to open a workspace to others, or to close it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The workspace as it is now.
    pub workspace: Workspace,
    /// The request that has to be approved first; absent if the workspace is what was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub request: Option<PublishRequest>,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestState)]
pub enum State {
    /// It waits for an answer.
    Open,
    /// What was asked for was granted.
    Approved,
    /// It was not.
    Refused,
    /// Whoever asked took it back.
    Cancelled,
    /// Nobody answered in time.
    Expired,
}

impl State {
    /// The name in the database.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    pub(super) fn named(name: &str) -> Result<Self> {
        [Self::Open, Self::Approved, Self::Refused, Self::Cancelled, Self::Expired]
            .into_iter()
            .find(|state| state.name() == name)
            .ok_or_else(|| Error::unexpected(format!("unknown state of a request {name}")))
    }
}

/// Somebody asks that a workspace be made public.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublishRequest {
    /// Its id.
    pub id: PublishRequestId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// Who asks; absent if they left the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub by: Option<String>,
    /// Why.
    pub note: String,
    /// How far it has come.
    pub state: State,
    /// What whoever decided said about it.
    pub answer: String,
    /// When it was asked.
    pub created_at: Moment,
    /// When it ends if nobody answers.
    pub expires_at: Moment,
}

/// What strangers would see of a workspace that is made public.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exposure {
    /// Its collections.
    pub collections: collections::Exposed,
    /// Its environments and globals.
    pub environments: environments::Exposed,
    /// Must somebody approve it first?
    pub needs_approval: bool,
    /// The last request to make it public.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub request: Option<PublishRequest>,
}

/// A public workspace in a list.
pub(crate) struct Published {
    /// Its id.
    pub(crate) id: WorkspaceId,
    /// The team that it belongs to.
    pub(crate) team: String,
    /// What it says of itself.
    pub(crate) about: About,
}

/// The public workspaces of all teams by name whose name or summary holds `search`, behind the one with the id `after`.
///
/// As for each of them by [`bulla_access::Action::PublicRead`]; a test holds the two against each other.
///
/// # Errors
///
/// [`Error::Invalid`] for an `after` that is no public workspace, whatever it is else.
pub(crate) async fn published(
    reader: Reader<'_>,
    search: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Published>> {
    if let Some(after) = after {
        // One that is hidden must not tell by its place in the order what it is called.
        let known = sql!("select id from workspace where id = $1 and kind = 'public' and deleted_at is null");
        if known.bind(after).optional(reader).await?.is_none() {
            return Err(Error::invalid("/after", "take `next` of the page before, or leave it out"));
        }
    }
    sql!(
        "select id, team, name, summary, updated_at from workspace where kind = 'public' and deleted_at is null \
         and (lower(name) like $1 escape '\\' or lower(summary) like $1 escape '\\') \
         and ($2 = '' or (lower(name), id) > (select lower(known.name), known.id from workspace known where known.id = $2)) \
         order by lower(name), id limit $3"
    )
    .bind(identity::holding(search))
    .bind(after.unwrap_or_default())
    .bind(limit)
    .all(reader)
    .await?
    .iter()
    .map(|row| {
        Ok(Published { id: WorkspaceId(row.text("id")?), team: row.text("team")?, about: About::of(row)? })
    })
    .collect()
}

/// What strangers would see of the workspace.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn exposure(op: &Operation, id: &WorkspaceId) -> Result<Exposure> {
    let reader = op.reader();
    Ok(Exposure {
        collections: collections::exposed(reader, id).await?,
        environments: environments::exposed(reader, id).await?,
        needs_approval: needs_approval(reader.into(), op).await?,
        request: last_request(reader, id).await?,
    })
}

/// Whether whoever asks needs an approval to make a workspace public: where the plan has Community Managers and the team
/// has one, everybody who is neither that nor a Super Admin does.
async fn needs_approval(place: Place<'_>, op: &Operation) -> Result<bool> {
    approval_is_needed(place, op.actor(), op.signed_in().plan).await
}

async fn approval_is_needed(place: Place<'_>, actor: &Actor, plan: Plan) -> Result<bool> {
    let publishes = [TeamRole::SuperAdmin, TeamRole::CommunityManager].iter().any(|role| actor.holds(*role, plan));
    if publishes || plan < TeamRole::CommunityManager.plan() {
        return Ok(false);
    }
    let row =
        sql!("select person from held_role where team = $1 and role = $2 and (group_name is null or $3 = 1) limit 1")
            .bind(&actor.team)
            .bind(TeamRole::CommunityManager.name())
            .bind(plan == Plan::Enterprise)
            .optional(place)
            .await?;
    Ok(row.is_some())
}

/// May `actor` show strangers something of the workspace? What is public already they see anyway.
///
/// # Errors
///
/// If the database cannot be read.
pub(crate) async fn may_be_shown(mut place: Place<'_>, actor: &Actor, plan: Plan, id: &WorkspaceId) -> Result<bool> {
    let public = super::visibility::kind_of(place.again(), id).await? == Visibility::Public;
    Ok(public || !approval_is_needed(place, actor, plan).await?)
}

/// Opens a workspace that still has `version` to others, or closes it. To be made public it may have to be approved; until
/// then it is open to the team.
///
/// # Errors
///
/// [`Error::Stale`] if it was changed since, [`Error::Conflict`] for a way that there is not, or a name that another
/// public workspace has.
pub async fn update(
    change: &mut Change,
    op: &Operation,
    id: &WorkspaceId,
    version: i64,
    to: Kind,
    note: &str,
) -> Result<Outcome> {
    let note = limits::summary("/note", note)?;
    let role = change.role()?;
    let before = workspace(change.transaction().into(), id, role).await?;
    if before.version != version {
        let current = serde_json::to_value(&before).map_err(Error::unexpected)?;
        return Err(Error::Stale { what: "workspace", current: Box::new(current) });
    }
    if to == Kind::Public && before.kind != Kind::Public && needs_approval(change.transaction().into(), op).await? {
        name_is_free(change, id, &before.name).await?;
        if before.kind != Kind::Team {
            set_kind(change, &before, Kind::Team).await?;
        }
        let request = ask(change, op, id, &before.name, note).await?;
        return Ok(Outcome {
            workspace: workspace(change.transaction().into(), id, role).await?,
            request: Some(request),
        });
    }
    if to == before.kind {
        return Ok(Outcome { workspace: before, request: None });
    }
    set_kind(change, &before, to).await?;
    close(change, id, if to == Kind::Public { State::Approved } else { State::Cancelled }).await?;
    if to == Kind::Public {
        tell_of_publication(change, &before).await?;
    }
    Ok(Outcome { workspace: workspace(change.transaction().into(), id, role).await?, request: None })
}

/// Makes a workspace another kind of workspace.
async fn set_kind(change: &mut Change, before: &Workspace, to: Kind) -> Result<()> {
    let id = &before.id;
    // Two at once: PostgreSQL lets the second wait for the first here.
    sql!("update workspace set version = version + 1, updated_at = $1 where id = $2")
        .bind(change.now)
        .bind(id)
        .execute(change.transaction())
        .await?;
    match (before.kind, to) {
        (Kind::Personal, _) => leave_a_personal_one(change, id).await?,
        (Kind::Private, Kind::Personal) => become_personal(change, id).await?,
        (Kind::Team, Kind::Personal) => {
            let detail = "a team workspace is made private before it is made personal".to_owned();
            return Err(Error::Conflict { code: "private_first", detail });
        }
        (Kind::Public, Kind::Personal) => {
            let detail = "a public workspace is made a team workspace before it is made personal".to_owned();
            return Err(Error::Conflict { code: "team_first", detail });
        }
        (Kind::Private | Kind::Team | Kind::Public, Kind::Private | Kind::Team | Kind::Public) => {}
    }
    if to == Kind::Private {
        keep_those_with_roles(change, id).await?;
    }
    let made = sql!("update workspace set kind = $1 where id = $2")
        .bind(to.name())
        .bind(id)
        .execute(change.transaction())
        .await;
    named_once(made)?;
    change.text("kind", Some(before.kind.name()), Some(to.name()));
    Ok(())
}

/// Everybody has a personal workspace: whoever opens their last one to others is given another.
async fn leave_a_personal_one(change: &mut Change, id: &WorkspaceId) -> Result<()> {
    let row = sql!(
        "select created_by, (select count(*) from workspace other where other.kind = 'personal' \
         and other.deleted_at is null and other.id <> workspace.id and other.created_by = workspace.created_by \
         and other.team = workspace.team) as others from workspace where id = $1"
    )
    .bind(id)
    .one(change.transaction())
    .await?;
    let (owner, team) = (PersonId(row.text("created_by")?), change.team().to_owned());
    if row.integer("others")? == 0 && identity::member(change.transaction().into(), &team, &owner).await?.is_some() {
        create_personal(change, &owner).await?;
    }
    Ok(())
}

/// A workspace that one person alone has a role in becomes theirs.
async fn become_personal(change: &mut Change, id: &WorkspaceId) -> Result<()> {
    let rows = sql!("select distinct holder_kind, holder from workspace_grant where workspace = $1 limit 2")
        .bind(id)
        .all(change.transaction())
        .await?;
    match rows.as_slice() {
        [only] if only.text("holder_kind")? == "person" => {
            sql!("update workspace set created_by = $1 where id = $2")
                .bind(only.text("holder")?)
                .bind(id)
                .execute(change.transaction())
                .await?;
            Ok(())
        }
        _ => {
            let detail = "a workspace is made personal when its owner alone has a role in it; remove the others first";
            Err(Error::Conflict { code: "has_members", detail: detail.to_owned() })
        }
    }
}

/// In a private workspace whoever has a role on an element is a viewer of the workspace: otherwise they could not come to
/// it.
async fn keep_those_with_roles(change: &mut Change, id: &WorkspaceId) -> Result<()> {
    let now = change.now;
    sql!(
        "insert into workspace_grant (workspace, element, holder_kind, holder, team, role, created_at) \
         select distinct workspace, '', holder_kind, holder, team, $2, cast($3 as bigint) from workspace_grant \
         where workspace = $1 and element <> '' on conflict (workspace, element, holder) do nothing"
    )
    .bind(id)
    .bind(WorkspaceRole::Viewer.name())
    .bind(now)
    .execute(change.transaction())
    .await?;
    Ok(())
}

fn name_taken() -> Error {
    let detail = "another public workspace of the team has this name; rename this one first".to_owned();
    Error::Conflict { code: "name_taken", detail }
}

/// What came of writing the name or the kind of a workspace: an index holds that the public ones of a team have names of their
/// own, also if two are made public at once.
///
/// # Errors
///
/// [`Error::Conflict`] with `name_taken`.
pub(super) fn named_once(written: bulla_db::Result<u64>) -> Result<u64> {
    match written {
        Err(bulla_db::Error::Conflict(_)) => Err(name_taken()),
        other => Ok(other?),
    }
}

/// Fails if another public workspace of the team has the name of one that is to become public once that is approved.
async fn name_is_free(change: &mut Change, id: &WorkspaceId, name: &str) -> Result<()> {
    let team = change.team().to_owned();
    let taken = sql!(
        "select id from workspace where team = $1 and kind = 'public' and deleted_at is null and id <> $2 \
         and lower(name) = lower($3) limit 1"
    )
    .bind(&team)
    .bind(id)
    .bind(name)
    .optional(change.transaction())
    .await?;
    match taken {
        None => Ok(()),
        Some(_) => Err(name_taken()),
    }
}

async fn ask(
    change: &mut Change,
    op: &Operation,
    id: &WorkspaceId,
    name: &str,
    note: String,
) -> Result<PublishRequest> {
    if open_request(change, id).await?.is_some() {
        let detail = "somebody has asked for that already; cancel that request to ask again".to_owned();
        return Err(Error::Conflict { code: "already_asked", detail });
    }
    let (request, now, team) = (PublishRequestId::new(change.now), change.now, change.team().to_owned());
    sql!(
        "insert into publish_request (id, team, workspace, person, note, state, answer, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, 'open', '', $6, $7)"
    )
    .bind(&request)
    .bind(&team)
    .bind(id)
    .bind(op.person())
    .bind(&note)
    .bind(now)
    .bind(now + OPEN_FOR)
    .execute(change.transaction())
    .await?;
    change.text("publishRequest", None, Some(request.as_str()));
    let by = identity::member(change.transaction().into(), &team, op.person()).await?;
    let by = by.map(|person| person.name).unwrap_or_default();
    let managers = publishers(change, &team, op.signed_in().plan).await?;
    notifications::tell(change, &managers, &notices::asked(&by, name, &note)).await?;
    request_of(change, &request).await
}

/// Those who decide: the Community Managers of the team.
async fn publishers(change: &mut Change, team: &str, plan: Plan) -> Result<Vec<PersonId>> {
    sql!(
        "select distinct person from held_role where team = $1 and role = $2 and (group_name is null or $3 = 1) \
         order by person limit $4"
    )
    .bind(team)
    .bind(TeamRole::CommunityManager.name())
    .bind(plan == Plan::Enterprise)
    .bind(TOLD)
    .all(change.transaction())
    .await?
    .iter()
    .map(|row| Ok(PersonId(row.text("person")?)))
    .collect()
}

/// Tells those with a role in the workspace that strangers may read it now.
async fn tell_of_publication(change: &mut Change, workspace: &Workspace) -> Result<()> {
    let team = change.team().to_owned();
    let people: Vec<PersonId> = sql!(
        "select distinct holder.person as person from holder \
         join workspace_grant on workspace_grant.holder = holder.holder \
         where holder.team = $1 and workspace_grant.workspace = $2 order by holder.person limit $3"
    )
    .bind(&team)
    .bind(&workspace.id)
    .bind(TOLD)
    .all(change.transaction())
    .await?
    .iter()
    .map(|row| Ok(PersonId(row.text("person")?)))
    .collect::<Result<_>>()?;
    notifications::tell(change, &people, &notices::published(workspace)).await
}

async fn open_request(change: &mut Change, id: &WorkspaceId) -> Result<Option<PublishRequestId>> {
    let row = sql!("select id from publish_request where workspace = $1 and state = 'open'")
        .bind(id)
        .optional(change.transaction())
        .await?;
    Ok(row.map(|row| row.text("id")).transpose()?.map(PublishRequestId))
}

/// Ends the open request of a workspace, if there is one.
async fn close(change: &mut Change, id: &WorkspaceId, state: State) -> Result<bool> {
    let Some(request) = open_request(change, id).await? else { return Ok(false) };
    sql!("update publish_request set state = $1 where id = $2")
        .bind(state.name())
        .bind(&request)
        .execute(change.transaction())
        .await?;
    change.text("publishRequest", Some(request.as_str()), None);
    Ok(true)
}

/// Takes back the open request of a workspace.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn cancel(change: &mut Change, id: &WorkspaceId) -> Result<()> {
    match close(change, id, State::Cancelled).await? {
        true => Ok(()),
        false => Err(Error::NotFound { what: "request" }),
    }
}

fn request_in(row: &Row) -> Result<PublishRequest> {
    Ok(PublishRequest {
        id: PublishRequestId(row.text("id")?),
        workspace_id: WorkspaceId(row.text("workspace")?),
        workspace_name: row.text("workspace_name")?,
        by: row.text_or_null("by_name")?,
        note: row.text("note")?,
        state: State::named(&row.text("state")?)?,
        answer: row.text("answer")?,
        created_at: Moment(row.integer("created_at")?),
        expires_at: Moment(row.integer("expires_at")?),
    })
}

async fn request_of(change: &mut Change, id: &PublishRequestId) -> Result<PublishRequest> {
    let team = change.team().to_owned();
    let row = sql!(
        "select publish_request.id as id, workspace, workspace.name as workspace_name, member.name as by_name, note, \
         state, answer, publish_request.created_at as created_at, expires_at from publish_request \
         join workspace on workspace.id = publish_request.workspace and workspace.deleted_at is null \
         left join member on member.person = publish_request.person and member.team = publish_request.team \
         where publish_request.id = $1 and publish_request.team = $2"
    )
    .bind(id)
    .bind(&team)
    .optional(change.transaction())
    .await?
    .ok_or(Error::NotFound { what: "request" })?;
    request_in(&row)
}

async fn last_request(reader: Reader<'_>, id: &WorkspaceId) -> Result<Option<PublishRequest>> {
    let row = sql!(
        "select publish_request.id as id, workspace, workspace.name as workspace_name, member.name as by_name, note, \
         state, answer, publish_request.created_at as created_at, expires_at from publish_request \
         join workspace on workspace.id = publish_request.workspace \
         left join member on member.person = publish_request.person and member.team = publish_request.team \
         where publish_request.workspace = $1 order by publish_request.id desc limit 1"
    )
    .bind(id)
    .optional(reader)
    .await?;
    row.map(|row| request_in(&row)).transpose()
}

/// The open requests of a team, the oldest first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn open_requests(reader: Reader<'_>, team: &str) -> Result<Vec<PublishRequest>> {
    sql!(
        "select publish_request.id as id, workspace, workspace.name as workspace_name, member.name as by_name, note, \
         state, answer, publish_request.created_at as created_at, expires_at from publish_request \
         join workspace on workspace.id = publish_request.workspace and workspace.deleted_at is null \
         left join member on member.person = publish_request.person and member.team = publish_request.team \
         where publish_request.team = $1 and state = 'open' order by publish_request.created_at, publish_request.id \
         limit $2"
    )
    .bind(team)
    .bind(LISTED)
    .all(reader)
    .await?
    .iter()
    .map(request_in)
    .collect()
}

/// Approves an open request or refuses it, and tells whoever asked.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none, [`Error::Conflict`] if it is not open any more, or the name was taken meanwhile.
pub async fn decide(change: &mut Change, id: &PublishRequestId, approve: bool, answer: &str) -> Result<PublishRequest> {
    let answer = limits::summary("/answer", answer)?;
    let request = request_of(change, id).await?;
    let (state, now, by) = (if approve { State::Approved } else { State::Refused }, change.now, change.person());
    let decided = sql!(
        "update publish_request set state = $1, answer = $2, decided_by = $3 \
         where id = $4 and state = 'open' and expires_at > $5"
    )
    .bind(state.name())
    .bind(&answer)
    .bind(by.as_ref().map(PersonId::as_str))
    .bind(id)
    .bind(now)
    .execute(change.transaction())
    .await?;
    if decided == 0 {
        let detail = "this request is not open any more; read the list again".to_owned();
        return Err(Error::Conflict { code: "not_open", detail });
    }
    change.about("workspace", &request.workspace_id);
    change.text("publishRequest", Some(id.as_str()), None);
    if approve {
        let before = workspace(change.transaction().into(), &request.workspace_id, WorkspaceRole::Viewer).await?;
        set_kind(change, &before, Kind::Public).await?;
        tell_of_publication(change, &before).await?;
    }
    tell_requester(change, id, state, &answer).await?;
    request_of(change, id).await
}

async fn tell_requester(change: &mut Change, id: &PublishRequestId, state: State, answer: &str) -> Result<()> {
    let row = sql!(
        "select person, workspace, workspace.name as workspace_name from publish_request \
         join workspace on workspace.id = publish_request.workspace where publish_request.id = $1"
    )
    .bind(id)
    .one(change.transaction())
    .await?;
    let person = PersonId(row.text("person")?);
    let (workspace, name) = (WorkspaceId(row.text("workspace")?), row.text("workspace_name")?);
    notifications::tell(change, &[person], &notices::decided((&workspace, &name), state, answer)).await
}

/// Ends the requests that nobody answered in time, and returns how many there were.
///
/// # Errors
///
/// If the database refuses.
pub async fn expire(door: &Door, now: i64) -> Result<usize> {
    let rows =
        sql!("select id, team, workspace from publish_request where state = 'open' and expires_at <= $1 limit 500")
            .bind(now)
            .all(door.reader())
            .await?;
    let mut ended = 0;
    for row in rows {
        let (id, workspace) = (PublishRequestId(row.text("id")?), row.text("workspace")?);
        let target = bulla_audit::Target { kind: "workspace".to_owned(), id: workspace };
        let mut change = door.system(&row.text("team")?, "workspace.publish.expire", target).await?;
        let expired = sql!("update publish_request set state = 'expired' where id = $1 and state = 'open'")
            .bind(&id)
            .execute(change.transaction())
            .await?;
        if expired == 1 {
            change.text("publishRequest", Some(id.as_str()), None);
            tell_requester(&mut change, &id, State::Expired, "").await?;
            change.commit().await?;
            ended += 1;
        }
    }
    Ok(ended)
}

/// What the workspace is open to now.
pub(super) async fn kind_of(place: Place<'_>, id: &WorkspaceId) -> Result<Visibility> {
    let row = sql!("select kind from workspace where id = $1").bind(id).one(place).await?;
    visibility_named(&row.text("kind")?)
}
