//! Invites: how people come into a team.
//!
//! An invite goes to one address by mail, and its secret works once: whoever has it has the mailbox. A link is for many, so
//! it lets nobody in by itself: whoever opens it names their address and is sent an invite there. A member who may not
//! invite makes a suggestion, which an Admin approves or refuses. Nobody invites into a role that they may not give, when
//! they invite and again when the invite is accepted. A secret that is over answers like one that never was.

pub mod http;

mod acceptance;
mod letters;
pub mod links;
pub mod suggestions;

pub use acceptance::{Acceptance, Accepted, Opened, accept, open};

use bulla_access::TeamRole;
use bulla_db::{Place, Reader, Row, sql};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::id::{GroupId, InviteId, PersonId, WorkspaceId};
use crate::identity::{self, Address, DAY, Token, token_hash};
use crate::mail::{self, Post};
use crate::moment::Moment;
use crate::operation::Change;
use crate::workspaces::Role;

/// How long an invite holds if nothing else is said, in days.
pub const DAYS: i64 = 7;
/// How long an invite or a link holds at most, in days.
pub const MOST_DAYS: i64 = 90;
/// Most open invites of a team.
const OPEN: i64 = 10_000;
/// Most groups that one invite names.
const GROUPS: usize = 20;

/// An invite, as those who manage the team's people see it. Its secret is in its mail alone.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invite {
    /// Its id.
    pub id: InviteId,
    /// Whom it was sent to.
    pub email: String,
    /// The roles in the team that it gives, the greatest first.
    pub roles: Vec<&'static str>,
    /// The groups that it brings into, by id.
    pub groups: Vec<GroupId>,
    /// The workspace that it gives a role in.
    pub workspace: Option<WorkspaceId>,
    /// Who sent it; absent if they are gone.
    pub invited_by: Option<String>,
    /// Did they ask for it by a link?
    pub by_link: bool,
    /// What became of it.
    pub state: State,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last sent.
    pub sent_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
}

/// What became of an invite or a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InviteState)]
pub enum State {
    /// It can be used.
    Open,
    /// Its time was over.
    Expired,
    /// Somebody came in by it.
    Accepted,
    /// It was taken back.
    Revoked,
}

/// What an invite gives.
#[derive(Clone, Debug)]
pub struct Gift {
    /// Roles in the team.
    pub roles: Vec<TeamRole>,
    /// Groups that it brings into.
    pub groups: Vec<GroupId>,
    /// A role in one workspace.
    pub workspace: Option<(WorkspaceId, Role)>,
}

impl Gift {
    /// Roles alone.
    pub fn of(roles: Vec<TeamRole>) -> Self {
        Self { roles, groups: Vec::new(), workspace: None }
    }

    /// As little as can be.
    fn is_plain(&self) -> bool {
        self.roles == [TeamRole::Developer] && self.groups.is_empty() && self.workspace.is_none()
    }
}

fn role_names(roles: &[TeamRole]) -> String {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.into_iter().map(TeamRole::name).collect::<Vec<_>>().join(",")
}

fn roles_in(row: &Row) -> Result<Vec<TeamRole>> {
    row.text("roles")?
        .split(',')
        .map(|name| TeamRole::named(name).ok_or_else(|| Error::unexpected(format!("unknown team role {name}"))))
        .collect()
}

fn groups_in(row: &Row) -> Result<Vec<GroupId>> {
    let names = row.text("user_groups")?;
    Ok(names.split(',').filter(|id| !id.is_empty()).map(|id| GroupId(id.to_owned())).collect())
}

fn workspace_in(row: &Row) -> Result<Option<(WorkspaceId, Role)>> {
    let Some(id) = row.text_or_null("workspace")? else { return Ok(None) };
    let role = row.text_or_null("workspace_role")?.unwrap_or_default();
    let role = bulla_access::WorkspaceRole::named(&role)
        .ok_or_else(|| Error::unexpected(format!("unknown workspace role {role}")))?;
    Ok(Some((WorkspaceId(id), role.into())))
}

fn invite_in(row: &Row, now: i64) -> Result<Invite> {
    let expires_at = row.integer("expires_at")?;
    let state = if row.integer_or_null("accepted_at")?.is_some() {
        State::Accepted
    } else if row.integer_or_null("revoked_at")?.is_some() {
        State::Revoked
    } else if expires_at <= now {
        State::Expired
    } else {
        State::Open
    };
    Ok(Invite {
        id: InviteId(row.text("id")?),
        email: row.text("email")?,
        roles: roles_in(row)?.into_iter().map(TeamRole::name).collect(),
        groups: groups_in(row)?,
        workspace: workspace_in(row)?.map(|(id, _)| id),
        invited_by: row.text_or_null("inviter")?,
        by_link: row.text_or_null("link")?.is_some(),
        state,
        created_at: Moment(row.integer("created_at")?),
        sent_at: Moment(row.integer("sent_at")?),
        expires_at: Moment(expires_at),
    })
}

/// A page of the invites of `team`, the newest first; `open` alone, or all of them.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn invites(
    reader: Reader<'_>,
    team: &str,
    open: bool,
    after: Option<&str>,
    limit: i64,
    now: i64,
) -> Result<Vec<Invite>> {
    sql!(
        "select invite.id as id, invite.email as email, roles, user_groups, workspace, workspace_role, link, \
         invite.created_at as created_at, sent_at, expires_at, accepted_at, revoked_at, member.name as inviter \
         from invite left join member on member.person = invite.invited_by and member.team = invite.team \
         where invite.team = $1 and ($2 = '' or invite.id < $2) \
         and ($3 = 0 or (accepted_at is null and revoked_at is null)) order by invite.id desc limit $4"
    )
    .bind(team)
    .bind(after.unwrap_or_default())
    .bind(i64::from(open))
    .bind(limit)
    .all(reader)
    .await?
    .iter()
    .map(|row| invite_in(row, now))
    .collect()
}

async fn invite(place: Place<'_>, team: &str, id: &InviteId, now: i64) -> Result<Invite> {
    let row = sql!(
        "select invite.id as id, invite.email as email, roles, user_groups, workspace, workspace_role, link, \
         invite.created_at as created_at, sent_at, expires_at, accepted_at, revoked_at, member.name as inviter \
         from invite left join member on member.person = invite.invited_by and member.team = invite.team \
         where invite.id = $1 and invite.team = $2"
    )
    .bind(id)
    .bind(team)
    .optional(place)
    .await?
    .ok_or(Error::NotFound { what: "invite" })?;
    invite_in(&row, now)
}

/// What became of an address that somebody would like to see in the team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InviteOutcome)]
pub enum Outcome {
    /// An invite went out.
    Invited,
    /// The inviter may not invite by themselves, so it waits for an Admin.
    Suggested,
    /// They are in the team already.
    Member,
    /// They have an invite, or were suggested, already.
    Waiting,
    /// It was not done.
    Refused,
}

/// May whoever makes the change give all of `gift` without asking an Admin?
///
/// # Errors
///
/// [`Error::Forbidden`] if they may not.
async fn may_give(change: &mut Change, giver: &PersonId, gift: &Gift) -> Result<()> {
    let held = identity::counting_roles(change, giver).await?;
    let manages = held.contains(&TeamRole::SuperAdmin) || held.contains(&TeamRole::Admin);
    if !manages && held.contains(&TeamRole::Developer) && gift.is_plain() {
        let team = change.team().to_owned();
        if developers_invite(change.transaction().into(), &team).await? {
            return Ok(());
        }
    }
    identity::judge_giving(change, &held, &gift.roles).await?;
    for group in &gift.groups {
        crate::groups::may_admit(change, group, giver).await?;
    }
    Ok(())
}

/// Is the actor one whose invites become suggestions, since they manage nobody? Billing alone suggests nobody, and takes
/// nothing from whoever is something else as well (spec admin 7.2).
async fn suggests(change: &mut Change, actor: &PersonId) -> Result<bool> {
    let held = identity::counting_roles(change, actor).await?;
    let manages = |role: &TeamRole| matches!(role, TeamRole::SuperAdmin | TeamRole::Admin);
    Ok(!held.iter().any(manages) && held.iter().any(|role| *role != TeamRole::Billing))
}

/// Invites somebody: writes the invite and its mail. Where the actor may not, it becomes a suggestion.
///
/// # Errors
///
/// [`Error::Forbidden`] if the actor may not give that and makes no suggestions either, [`Error::Conflict`] with
/// `too_many`.
pub async fn create(
    change: &mut Change,
    post: &Post,
    address: &Address,
    gift: &Gift,
    days: i64,
    note: &str,
) -> Result<(Outcome, Option<InviteId>)> {
    let (team, now) = (change.team().to_owned(), change.now);
    let actor = change.person().ok_or_else(|| Error::unexpected("somebody is invited by a person"))?;
    if identity::is_member(change.transaction().into(), &team, &address.key).await? {
        return Ok((Outcome::Member, None));
    }
    if let Err(refusal) = may_give(change, &actor, gift).await {
        let forbidden = matches!(refusal, Error::Forbidden { .. });
        if !forbidden || !suggests(change, &actor).await? {
            return Err(refusal);
        }
        let gift = Gift::of(gift.roles.clone());
        return Ok((suggestions::create(change, &actor, address, &gift, note).await?, None));
    }
    let open = sql!(
        "select id, expires_at from invite \
         where team = $1 and email_key = $2 and accepted_at is null and revoked_at is null"
    )
    .bind(&team)
    .bind(&address.key)
    .optional(change.transaction())
    .await?;
    if let Some(open) = open {
        if open.integer("expires_at")? > now {
            return Ok((Outcome::Waiting, None));
        }
        sql!("update invite set revoked_at = $1 where id = $2")
            .bind(now)
            .bind(open.text("id")?)
            .execute(change.transaction())
            .await?;
    }
    let id = write(change, post, address, gift, (&actor, None), days).await?;
    change.about("invite", &id);
    change.text("email", None, Some(&address.email));
    change.text("roles", None, Some(&role_names(&gift.roles)));
    if let Some((workspace, _)) = &gift.workspace {
        change.text("workspace", None, Some(workspace.as_str()));
    }
    for group in &gift.groups {
        change.text(&format!("groups/{group}"), None, Some("member"));
    }
    Ok((Outcome::Invited, Some(id)))
}

/// Writes an invite and its mail.
async fn write(
    change: &mut Change,
    post: &Post,
    address: &Address,
    gift: &Gift,
    (by, link): (&PersonId, Option<&str>),
    days: i64,
) -> Result<InviteId> {
    let (team, now) = (change.team().to_owned(), change.now);
    let open =
        sql!("select count(*) as total from invite where team = $1 and accepted_at is null and revoked_at is null")
            .bind(&team)
            .one(change.transaction())
            .await?
            .integer("total")?;
    if open >= OPEN {
        let detail = format!("the team has {open} open invites, and no more are allowed; revoke some first");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    identity::roster::has_room(change, open + 1).await?;
    if gift.groups.len() > GROUPS {
        return Err(Error::invalid("/groups", format!("choose at most {GROUPS} groups")));
    }
    let (id, token, expires_at) = (InviteId::new(now), Token::random()?, now + days * DAY);
    let groups: Vec<_> = gift.groups.iter().map(GroupId::as_str).collect();
    let inserted = sql!(
        "insert into invite (id, team, email, email_key, roles, user_groups, workspace, workspace_role, token, \
         invited_by, link, created_at, sent_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13)"
    )
    .bind(&id)
    .bind(&team)
    .bind(&address.email)
    .bind(&address.key)
    .bind(role_names(&gift.roles))
    .bind(groups.join(","))
    .bind(gift.workspace.as_ref().map(|(id, _)| id.0.clone()))
    .bind(gift.workspace.as_ref().map(|(_, role)| bulla_access::WorkspaceRole::from(*role).name()))
    .bind(token_hash(token.expose()))
    .bind(by)
    .bind(link)
    .bind(now)
    .bind(expires_at)
    .execute(change.transaction())
    .await;
    match inserted {
        Err(bulla_db::Error::Conflict(_)) => {
            let detail = format!("{} was invited a moment ago", address.email);
            return Err(Error::Conflict { code: "invited_already", detail });
        }
        other => other?,
    };
    let letter = letters::Invitation { to: &address.email, roles: &gift.roles, expires_at };
    send(change, post, by, &token, letter).await?;
    Ok(id)
}

async fn send(
    change: &mut Change,
    post: &Post,
    by: &PersonId,
    token: &Token,
    letter: letters::Invitation<'_>,
) -> Result<()> {
    let team_id = change.team().to_owned();
    let team = identity::team(change.transaction().into(), &team_id).await?;
    let inviter = identity::member(change.transaction().into(), &team_id, by).await?;
    let inviter = inviter.map_or_else(|| "An Admin".to_owned(), |person| person.name);
    mail::write(change, letters::invitation(post, &team.name, &inviter, token, &letter)).await
}

/// Sends an invite anew, with another secret: the one in the mail before is over.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none, [`Error::Conflict`] if it was accepted or revoked, [`Error::Forbidden`] if the
/// actor may not give what it gives.
pub async fn resend(change: &mut Change, post: &Post, id: &InviteId) -> Result<Invite> {
    let (team, now) = (change.team().to_owned(), change.now);
    let actor = change.person().ok_or_else(|| Error::unexpected("an invite is sent by a person"))?;
    let row =
        sql!("select email, roles, user_groups, workspace, workspace_role from invite where id = $1 and team = $2")
            .bind(id)
            .bind(&team)
            .optional(change.transaction())
            .await?
            .ok_or(Error::NotFound { what: "invite" })?;
    change.about("invite", id);
    let (email, roles) = (row.text("email")?, roles_in(&row)?);
    may_give(change, &actor, &Gift { groups: groups_in(&row)?, ..Gift::of(roles.clone()) }).await?;
    let (token, expires_at) = (Token::random()?, now + DAYS * DAY);
    let sent = sql!(
        "update invite set token = $1, sent_at = $2, expires_at = $3, invited_by = $4, link = null \
         where id = $5 and accepted_at is null and revoked_at is null"
    )
    .bind(token_hash(token.expose()))
    .bind(now)
    .bind(expires_at)
    .bind(&actor)
    .bind(id)
    .execute(change.transaction())
    .await?;
    if sent == 0 {
        return Err(closed());
    }
    change.text("email", None, Some(&email));
    send(change, post, &actor, &token, letters::Invitation { to: &email, roles: &roles, expires_at }).await?;
    invite(change.transaction().into(), &team, id, now).await
}

/// Takes an invite back: its secret is over at once.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none, [`Error::Conflict`] if it was accepted or revoked before.
pub async fn revoke(change: &mut Change, id: &InviteId) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    let invite = invite(change.transaction().into(), &team, id, now).await?;
    let revoked =
        sql!("update invite set revoked_at = $1 where id = $2 and accepted_at is null and revoked_at is null")
            .bind(now)
            .bind(id)
            .execute(change.transaction())
            .await?;
    if revoked == 0 {
        return Err(closed());
    }
    change.about("invite", id);
    change.text("email", Some(&invite.email), None);
    Ok(())
}

fn closed() -> Error {
    let detail = "this invite was accepted or revoked already; make another one".to_owned();
    Error::Conflict { code: "invite_closed", detail }
}

/// Takes back what somebody who goes from the team of `change` has sent: their invites, and their links with all that were
/// asked for by them.
///
/// # Errors
///
/// If the database refuses.
pub async fn forget_person(change: &mut Change, person: &PersonId) -> Result<u64> {
    let (team, now) = (change.team().to_owned(), change.now);
    let links =
        sql!("update invite_link set deleted_at = $1 where created_by = $2 and team = $3 and deleted_at is null")
            .bind(now)
            .bind(person)
            .bind(&team)
            .execute(change.transaction())
            .await?;
    let invites = sql!(
        "update invite set revoked_at = $1 \
         where invited_by = $2 and team = $3 and accepted_at is null and revoked_at is null"
    )
    .bind(now)
    .bind(person)
    .bind(&team)
    .execute(change.transaction())
    .await?;
    Ok(links + invites)
}

/// Has somebody with this address an invite that can be used?
///
/// # Errors
///
/// If the database cannot be read.
pub async fn awaits(place: Place<'_>, email_key: &str, now: i64) -> Result<bool> {
    let found = sql!(
        "select id from invite where email_key = $1 and accepted_at is null and revoked_at is null and expires_at > $2"
    )
    .bind(email_key)
    .bind(now)
    .optional(place)
    .await?;
    Ok(found.is_some())
}

/// The ids of the invites and suggestions of the team of `change` that tell of a person: those that they accepted, and those of
/// the address that they have.
///
/// # Errors
///
/// If the database refuses.
pub async fn about_person(change: &mut Change, person: &PersonId) -> Result<Vec<String>> {
    let team = change.team().to_owned();
    let key = identity::email_key_of(change.transaction().into(), person).await?.unwrap_or_default();
    let mut found = Vec::new();
    for query in [
        sql!("select id from invite where team = $1 and (accepted_by = $2 or email_key = $3)"),
        sql!("select id from invite_suggestion where team = $1 and $2 <> '' and email_key = $3"),
    ] {
        let rows = query.bind(&team).bind(person).bind(&key).all(change.transaction()).await?;
        for row in rows {
            found.push(row.text("id")?);
        }
    }
    Ok(found)
}

/// How many invites of `team` can be used now.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn open_count(place: Place<'_>, team: &str, now: i64) -> Result<i64> {
    let row = sql!(
        "select count(*) as total from invite \
         where team = $1 and accepted_at is null and revoked_at is null and expires_at > $2"
    )
    .bind(team)
    .bind(now)
    .one(place)
    .await?;
    Ok(row.integer("total")?)
}

/// May Developers invite Developers by themselves? Where the team says nothing, its plan does: they suggest under
/// Enterprise, and invite under a smaller one.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn developers_invite(mut place: Place<'_>, team: &str) -> Result<bool> {
    let row = sql!("select developers from invite_policy where team = $1").bind(team).optional(place.again()).await?;
    match row {
        Some(row) => Ok(row.claim("developers")?),
        None => Ok(identity::team(place, team).await?.plan != bulla_access::Plan::Enterprise.name()),
    }
}

/// Says whether Developers invite Developers by themselves.
///
/// # Errors
///
/// If the database refuses.
pub async fn change_policy(change: &mut Change, developers: bool) -> Result<()> {
    let team = change.team().to_owned();
    let before = developers_invite(change.transaction().into(), &team).await?;
    sql!(
        "insert into invite_policy (team, developers) values ($1, $2) \
         on conflict (team) do update set developers = excluded.developers"
    )
    .bind(&team)
    .bind(developers)
    .execute(change.transaction())
    .await?;
    let word = |developers: bool| if developers { "invite" } else { "suggest" };
    change.text("developers", Some(word(before)), Some(word(developers)));
    Ok(())
}
