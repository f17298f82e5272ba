//! Asking for a role: by whoever wants more of a workspace than they have, and by whoever was given the address of one
//! that they cannot open.
//!
//! What may not be known of answers like what never was. So a request is kept whatever it names, and who asked sees it
//! wait: a refusal is told to those alone who may know of the workspace anyway. Owners see the requests that name their
//! workspace. What nobody answers ends after [`OPEN_FOR`].

pub mod http;

mod notices;

use std::time::Duration;

use bulla_access::{Actor, WorkspaceRole};
use bulla_audit::Target;
use bulla_db::{Reader, Row, sql};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::visibility::{self, State};
use super::{Kind, Member, On, Role, members, object, role_named};
use crate::error::{Error, Result};
use crate::id::{AccessRequestId, CollectionId, EnvironmentId, PersonId, WorkspaceId};
use crate::identity::{self, DAY, Person};
use crate::moment::Moment;
use crate::operation::{Change, Door, Operation};
use crate::{collections, environments, limits, notifications};

/// How long a request waits for an answer, in milliseconds.
pub const OPEN_FOR: i64 = 15 * DAY;
/// Most requests of one person that are open at once.
const OPEN: i64 = 100;
/// Most requests that are listed.
const LISTED: i64 = 500;
/// Most owners who are told of one request by mail.
const TOLD: i64 = 50;
/// How often it is looked whether a request is too old.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// What a role is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestSubject)]
pub enum Subject {
    /// A whole workspace.
    Workspace,
    /// One collection.
    Collection,
    /// One environment.
    Environment,
}

impl Subject {
    fn name(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Collection => "collection",
            Self::Environment => "environment",
        }
    }

    fn named(name: &str) -> Result<Self> {
        [Self::Workspace, Self::Collection, Self::Environment]
            .into_iter()
            .find(|subject| subject.name() == name)
            .ok_or_else(|| Error::unexpected(format!("unknown subject of a request {name}")))
    }
}

/// Somebody asks for a role.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessRequest {
    /// Its id.
    pub id: AccessRequestId,
    /// What the role is asked for.
    pub kind: Subject,
    /// The id of that.
    pub subject: String,
    /// Who asks; absent if they left the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub by: Option<Person>,
    /// The role.
    pub role: Role,
    /// Why.
    pub note: String,
    /// How far it has come, as far as whoever reads it may know.
    pub state: State,
    /// What whoever decided said about it.
    pub answer: String,
    /// When it was asked.
    pub created_at: Moment,
    /// When it ends if nobody answers.
    pub expires_at: Moment,
}

/// Asks for a role on what `subject` names, be it there or not.
///
/// # Errors
///
/// [`Error::Invalid`] for what is no id or no role to ask for, [`Error::Conflict`] if the same was asked already, or too
/// much is open.
pub async fn ask(
    change: &mut Change,
    op: &Operation,
    kind: Subject,
    subject: &str,
    role: Role,
    note: &str,
) -> Result<AccessRequestId> {
    let note = limits::summary("/note", note)?;
    let asked = uuid::Uuid::parse_str(subject).map_err(|_| Error::invalid("/subject", "is no id"))?.to_string();
    if role == Role::Owner {
        return Err(Error::invalid("/role", "ask to be a viewer or an editor; an owner can give more"));
    }
    let (workspace, element) = match kind {
        Subject::Workspace => (Some(WorkspaceId(asked.clone())), String::new()),
        Subject::Collection => {
            let id = CollectionId(asked.clone());
            (collections::workspace_of(change.transaction().into(), &id).await?, asked.clone())
        }
        Subject::Environment => {
            let id = EnvironmentId(asked.clone());
            (environments::workspace_of(change.transaction().into(), &id).await?, asked.clone())
        }
    };
    // What is not there is asked for in vain, under its own id.
    let workspace = workspace.unwrap_or_else(|| WorkspaceId(asked.clone()));
    let (now, team, person) = (change.now, change.team().to_owned(), op.person().clone());
    // Two of the same person at once wait for one another.
    let open = sql!("select workspace, element from access_request where person = $1 and state in ('open', 'refused') and expires_at > $2")
        .bind(&person)
        .bind(now)
        .all(change.transaction())
        .await?;
    for row in &open {
        if row.text("workspace")? == workspace.as_str() && row.text("element")? == element {
            let detail = "you have asked for that already; wait for the answer, or take that request back".to_owned();
            return Err(Error::Conflict { code: "already_asked", detail });
        }
    }
    if i64::try_from(open.len()).unwrap_or(i64::MAX) >= OPEN {
        let detail = format!("{OPEN} of your requests are open; wait for their answers, or take some back");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    let id = AccessRequestId::new(now);
    sql!(
        "insert into access_request (id, team, workspace, element_kind, element, person, role, note, state, answer, \
         created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', '', $9, $10)"
    )
    .bind(&id)
    .bind(&team)
    .bind(&workspace)
    .bind(kind.name())
    .bind(&element)
    .bind(&person)
    .bind(WorkspaceRole::from(role).name())
    .bind(&note)
    .bind(now)
    .bind(now + OPEN_FOR)
    .execute(change.transaction())
    .await?;
    change.about(kind.name(), &asked);
    change.text("role", None, Some(WorkspaceRole::from(role).name()));
    change.text("request", None, Some(id.as_str()));
    Ok(id)
}

/// Tells the owners of the workspace of a new request. It is done after the answer: whoever asked must not see by the time
/// it takes whether there is such a workspace.
///
/// # Errors
///
/// If the mails cannot be written.
pub async fn announce(door: &Door, team: &str, id: &AccessRequestId) -> Result<()> {
    let Some(row) = sql!(
        "select access_request.workspace as workspace, workspace.name as name, access_request.note as note, \
         access_request.role as role, member.name as by_name from access_request \
         join workspace on workspace.id = access_request.workspace and workspace.team = access_request.team \
         and workspace.deleted_at is null and workspace.kind <> 'personal' \
         join member on member.person = access_request.person and member.team = access_request.team \
         where access_request.id = $1 and access_request.team = $2"
    )
    .bind(id)
    .bind(team)
    .optional(door.reader())
    .await?
    else {
        return Ok(());
    };
    let (workspace, name) = (WorkspaceId(row.text("workspace")?), row.text("name")?);
    let target = Target { kind: "workspace".to_owned(), id: workspace.0.clone() };
    let mut change = door.system(team, "access.request.announce", target).await?;
    let owners = owners(&mut change, team, &workspace).await?;
    let (by, role, note) = (row.text("by_name")?, row.text("role")?, row.text("note")?);
    notifications::tell(&mut change, &owners, &notices::asked((&by, &role, &note), (&workspace, &name))).await?;
    change.text("request", None, Some(id.as_str()));
    change.commit().await
}

async fn owners(change: &mut Change, team: &str, workspace: &WorkspaceId) -> Result<Vec<PersonId>> {
    sql!(
        "select distinct holder.person as person from holder \
         join workspace_grant on workspace_grant.holder = holder.holder \
         where holder.team = $1 and workspace_grant.workspace = $2 \
         and workspace_grant.element = '' and workspace_grant.role = 'owner' order by holder.person limit $3"
    )
    .bind(team)
    .bind(workspace)
    .bind(TOLD)
    .all(change.transaction())
    .await?
    .iter()
    .map(|row| Ok(PersonId(row.text("person")?)))
    .collect()
}

fn request_in(row: &Row) -> Result<AccessRequest> {
    let kind = Subject::named(&row.text("element_kind")?)?;
    let by = row.text_or_null("id")?.map(|_| identity::person_of(row)).transpose()?;
    Ok(AccessRequest {
        id: AccessRequestId(row.text("request")?),
        subject: if kind == Subject::Workspace { row.text("workspace")? } else { row.text("element")? },
        kind,
        by,
        role: role_named(&row.text("role")?)?.into(),
        note: row.text("note")?,
        state: State::named(&row.text("state")?)?,
        answer: row.text("answer")?,
        created_at: Moment(row.integer("created_at")?),
        expires_at: Moment(row.integer("expires_at")?),
    })
}

/// The open requests for a workspace and what is in it, the oldest first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn in_workspace(reader: Reader<'_>, team: &str, id: &WorkspaceId, now: i64) -> Result<Vec<AccessRequest>> {
    sql!(
        "select access_request.id as request, workspace, element_kind, element, role, note, state, answer, created_at, \
         expires_at, member.person as id, member.numeric_id as numeric_id, member.name as name, member.email as email \
         from access_request \
         join member on member.person = access_request.person and member.team = access_request.team \
         where access_request.workspace = $1 and access_request.team = $2 and state = 'open' and expires_at > $3 \
         order by created_at, access_request.id limit $4"
    )
    .bind(id)
    .bind(team)
    .bind(now)
    .bind(LISTED)
    .all(reader)
    .await?
    .iter()
    .map(request_in)
    .collect()
}

/// What somebody asked for lately, the newest first, as far as they may know what came of it.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn own(op: &Operation) -> Result<Vec<AccessRequest>> {
    let rows = sql!(
        "select access_request.id as request, workspace, element_kind, element, role, note, state, answer, created_at, \
         expires_at, member.person as id, member.numeric_id as numeric_id, member.name as name, member.email as email \
         from access_request \
         join member on member.person = access_request.person and member.team = access_request.team \
         where access_request.person = $1 and access_request.team = $2 and state <> 'cancelled' \
         order by created_at desc, access_request.id desc limit $3"
    )
    .bind(op.person())
    .bind(op.team())
    .bind(LISTED)
    .all(op.reader())
    .await?;
    let mut requests = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut request = request_in(row)?;
        if request.state == State::Refused && !knows(op.reader(), op.actor(), op.signed_in().plan, row).await? {
            let over = request.expires_at.0 <= op.now;
            request.state = if over { State::Expired } else { State::Open };
            request.answer.clear();
        }
        requests.push(request);
    }
    Ok(requests)
}

/// May the actor know of the workspace that a row names?
async fn knows(reader: Reader<'_>, actor: &Actor, plan: bulla_access::Plan, row: &Row) -> Result<bool> {
    let (workspace, element) = (WorkspaceId(row.text("workspace")?), row.text("element")?);
    let person = PersonId(actor.person.clone());
    let found = object(reader.into(), &workspace, Some(&element), &person).await?;
    Ok(found.is_some_and(|object| object.role(actor, plan).is_some()))
}

/// The workspace that a request names, if it is one of the team's.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn workspace_of(reader: Reader<'_>, team: &str, id: &AccessRequestId) -> Result<Option<WorkspaceId>> {
    let row = sql!("select workspace from access_request where id = $1 and team = $2")
        .bind(id)
        .bind(team)
        .optional(reader)
        .await?;
    Ok(row.map(|row| row.text("workspace")).transpose()?.map(WorkspaceId))
}

/// Grants what somebody asked for, with the role that is given here, or refuses it. Who asked is told.
///
/// # Errors
///
/// [`Error::Conflict`] if the request is not open any more, and what [`members::set_member`] says.
pub async fn decide(
    change: &mut Change,
    id: &AccessRequestId,
    granted: Option<Role>,
    answer: &str,
) -> Result<Option<Member>> {
    let answer = limits::summary("/answer", answer)?;
    let (workspace, now, by) = (change.workspace()?.clone(), change.now, change.person());
    let state = if granted.is_some() { State::Approved } else { State::Refused };
    let decided = sql!(
        "update access_request set state = $1, answer = $2, decided_by = $3 \
         where id = $4 and workspace = $5 and state = 'open' and expires_at > $6"
    )
    .bind(state.name())
    .bind(&answer)
    .bind(by.as_ref().map(PersonId::as_str))
    .bind(id)
    .bind(&workspace)
    .bind(now)
    .execute(change.transaction())
    .await?;
    if decided == 0 {
        let detail = "this request is not open any more; read the list again".to_owned();
        return Err(Error::Conflict { code: "not_open", detail });
    }
    let row = sql!("select person, element_kind, element from access_request where id = $1")
        .bind(id)
        .one(change.transaction())
        .await?;
    let (person, element) = (PersonId(row.text("person")?), row.text("element")?);
    change.about("workspace", &workspace);
    change.text("request", Some(id.as_str()), None);
    let member = match granted {
        None => None,
        Some(role) => {
            let on = On { workspace: &workspace, element: Some(element.as_str()).filter(|id| !id.is_empty()) };
            // One notice says both: that it was granted, and what they are now.
            Some(members::put_member(change, on, person.as_str(), role).await?.0)
        }
    };
    let visible = visibility::kind_of(change.transaction().into(), &workspace).await? != Kind::Private.into();
    // A refusal would tell somebody who sees nothing of the workspace that it is there.
    if granted.is_some() || visible {
        let name = sql!("select name from workspace where id = $1").bind(&workspace).one(change.transaction()).await?;
        let notice = notices::decided((&workspace, &name.text("name")?), granted, &answer);
        notifications::tell(change, &[person], &notice).await?;
    }
    Ok(member)
}

/// Takes back a request of one's own.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none that waits.
pub async fn cancel(change: &mut Change, person: &PersonId, id: &AccessRequestId) -> Result<()> {
    // One that was refused in secret waits as well, for all that whoever asked may know.
    let gone = sql!(
        "update access_request set state = 'cancelled' where id = $1 and person = $2 and state in ('open', 'refused')"
    )
    .bind(id)
    .bind(person)
    .execute(change.transaction())
    .await?;
    if gone == 0 {
        return Err(Error::NotFound { what: "request" });
    }
    change.about("access-request", id);
    Ok(())
}

/// Ends requests that nobody answered in time, until it is told to stop.
pub async fn keep_ending(door: Door, stop: CancellationToken) {
    loop {
        let now = door.clock.now();
        let ended = async {
            visibility::expire(&door, now).await?;
            expire(&door, now).await
        };
        if let Err(error) = ended.await {
            tracing::error!(%error, "requests that are too old are still open");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Ends the requests for a role that nobody answered in time, tells who asked, and returns how many there were.
///
/// # Errors
///
/// If the database refuses.
pub async fn expire(door: &Door, now: i64) -> Result<usize> {
    let rows = sql!(
        "select id, team, person, workspace from access_request where state = 'open' and expires_at <= $1 limit 500"
    )
    .bind(now)
    .all(door.reader())
    .await?;
    let mut ended = 0;
    for row in rows {
        let (id, team) = (AccessRequestId(row.text("id")?), row.text("team")?);
        let target = Target { kind: "access-request".to_owned(), id: id.0.clone() };
        let mut change = door.system(&team, "access.request.expire", target).await?;
        let expired = sql!("update access_request set state = 'expired' where id = $1 and state = 'open'")
            .bind(&id)
            .execute(change.transaction())
            .await?;
        if expired == 0 {
            continue;
        }
        let (person, workspace) = (PersonId(row.text("person")?), WorkspaceId(row.text("workspace")?));
        // The same words whatever it named.
        notifications::tell(&mut change, &[person], &notices::expired(&workspace)).await?;
        change.commit().await?;
        ended += 1;
    }
    Ok(ended)
}
