//! Links for many: whoever opens one names their address and is sent an invite there.
//!
//! A link by itself lets nobody in, so that nobody comes in under an address that is not theirs. It gives no role that
//! manages people, and with its deletion every invite that was asked for by it is over.

use bulla_access::{Action, TeamRole};
use bulla_audit::Target;
use bulla_db::{Reader, Row, sql};
use serde::Serialize;

use super::{DAYS, Gift, State, letters, may_give, role_names, roles_in, write};
use crate::error::{Error, Result};
use crate::id::{InviteLinkId, PersonId};
use crate::identity::{self, Address, DAY, Token, token_hash};
use crate::mail::{self, Post};
use crate::moment::Moment;
use crate::operation::{Change, Visit};

/// Most links of a team that hold at a time.
const LINKS: i64 = 100;
/// Most invites by one link that are open at a time.
const ASKED: i64 = 500;
/// How long an address that asks again is not sent another mail, in milliseconds.
const PATIENCE: i64 = 10 * 60 * 1000;
/// Most people that a link may be for.
pub const MOST_USES: i64 = 10_000;

/// A link, without its secret.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InviteLink {
    /// Its id.
    pub id: InviteLinkId,
    /// The roles in the team that it gives.
    pub roles: Vec<&'static str>,
    /// Who made it; absent if they are gone.
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
    /// How many may come in by it; absent for as many as like.
    pub max_uses: Option<i64>,
    /// How many came in by it.
    pub uses: i64,
    /// What became of it.
    pub state: State,
}

/// A link with its address, which is shown once.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewInviteLink {
    /// What a list has of it.
    pub link: InviteLink,
    /// Where it leads. Whoever has it can ask for an invite.
    pub url: String,
}

fn link_in(row: &Row, now: i64) -> Result<InviteLink> {
    let (expires_at, uses) = (row.integer("expires_at")?, row.integer("uses")?);
    let max_uses = row.integer_or_null("max_uses")?;
    let state = if row.integer_or_null("deleted_at")?.is_some() {
        State::Revoked
    } else if expires_at <= now {
        State::Expired
    } else if max_uses.is_some_and(|most| uses >= most) {
        State::Accepted
    } else {
        State::Open
    };
    Ok(InviteLink {
        id: InviteLinkId(row.text("id")?),
        roles: roles_in(row)?.into_iter().map(TeamRole::name).collect(),
        created_by: row.text_or_null("maker")?,
        created_at: Moment(row.integer("created_at")?),
        expires_at: Moment(expires_at),
        max_uses,
        uses,
        state,
    })
}

/// The links of `team` that were not deleted, the newest first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn links(reader: Reader<'_>, team: &str, now: i64) -> Result<Vec<InviteLink>> {
    sql!(
        "select invite_link.id as id, roles, created_at, expires_at, max_uses, uses, deleted_at, member.name as maker \
         from invite_link left join member on member.person = invite_link.created_by and member.team = invite_link.team \
         where invite_link.team = $1 and deleted_at is null order by invite_link.id desc limit 200"
    )
    .bind(team)
    .all(reader)
    .await?
    .iter()
    .map(|row| link_in(row, now))
    .collect()
}

/// Makes a link that holds for `days`.
///
/// # Errors
///
/// [`Error::Invalid`] for roles that manage people, [`Error::Forbidden`] for roles that the actor may not give,
/// [`Error::Conflict`] with `too_many`.
pub async fn create(
    change: &mut Change,
    post: &Post,
    roles: &[TeamRole],
    days: i64,
    max_uses: Option<i64>,
) -> Result<NewInviteLink> {
    let (team, now) = (change.team().to_owned(), change.now);
    let actor = change.person().ok_or_else(|| Error::unexpected("a link is made by a person"))?;
    if roles.iter().any(|role| matches!(role, TeamRole::SuperAdmin | TeamRole::Admin)) {
        let message = "a link gives no role that manages people; invite Admins by their addresses";
        return Err(Error::invalid("/roles", message));
    }
    may_give(change, &actor, &Gift::of(roles.to_vec())).await?;
    let held =
        sql!("select count(*) as total from invite_link where team = $1 and deleted_at is null and expires_at > $2")
            .bind(&team)
            .bind(now)
            .one(change.transaction())
            .await?
            .integer("total")?;
    if held >= LINKS {
        let detail = format!("the team has {held} links, and no more are allowed; delete some first");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    let (id, token) = (InviteLinkId::new(now), Token::random()?);
    sql!(
        "insert into invite_link (id, team, token, roles, created_by, created_at, expires_at, max_uses, uses) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, 0)"
    )
    .bind(&id)
    .bind(&team)
    .bind(token_hash(token.expose()))
    .bind(role_names(roles))
    .bind(&actor)
    .bind(now)
    .bind(now + days * DAY)
    .bind(max_uses)
    .execute(change.transaction())
    .await?;
    change.about("invite-link", &id);
    change.text("roles", None, Some(&role_names(roles)));
    change.number("days", None, Some(days));
    let maker = identity::member(change.transaction().into(), &team, &actor).await?;
    let link = InviteLink {
        id,
        roles: roles.iter().map(|role| role.name()).collect(),
        created_by: maker.map(|person| person.name),
        created_at: Moment(now),
        expires_at: Moment(now + days * DAY),
        max_uses,
        uses: 0,
        state: State::Open,
    };
    Ok(NewInviteLink { link, url: format!("{}#{}", post.page("/invite"), token.expose()) })
}

/// Deletes a link. It is dead at once, with every open invite that was asked for by it.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn delete(change: &mut Change, id: &InviteLinkId) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    let gone = sql!("update invite_link set deleted_at = $1 where id = $2 and team = $3 and deleted_at is null")
        .bind(now)
        .bind(id)
        .bind(&team)
        .execute(change.transaction())
        .await?;
    if gone == 0 {
        return Err(Error::NotFound { what: "link" });
    }
    let invites =
        sql!("update invite set revoked_at = $1 where link = $2 and accepted_at is null and revoked_at is null")
            .bind(now)
            .bind(id)
            .execute(change.transaction())
            .await?;
    change.about("invite-link", id);
    change.number("invites", i64::try_from(invites).ok(), Some(0));
    Ok(())
}

/// A link that can be used.
pub(super) struct Usable {
    pub(super) id: InviteLinkId,
    pub(super) team: String,
    pub(super) roles: Vec<TeamRole>,
    pub(super) by: PersonId,
    pub(super) expires_at: i64,
}

/// The link with this secret, if it can be used.
///
/// # Errors
///
/// If the database cannot be read.
pub(super) async fn usable(place: bulla_db::Place<'_>, secret: &str, now: i64) -> Result<Option<Usable>> {
    sql!(
        "select id, team, roles, created_by, expires_at from invite_link where token = $1 and deleted_at is null \
         and expires_at > $2 and (max_uses is null or uses < max_uses)"
    )
    .bind(token_hash(secret))
    .bind(now)
    .optional(place)
    .await?
    .map(|row| {
        Ok(Usable {
            id: InviteLinkId(row.text("id")?),
            team: row.text("team")?,
            roles: roles_in(&row)?,
            by: PersonId(row.text("created_by")?),
            expires_at: row.integer("expires_at")?,
        })
    })
    .transpose()
}

/// Counts one more who came in by a link; `false` if it is over.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn count(change: &mut Change, link: &str) -> Result<bool> {
    let now = change.now;
    let counted = sql!(
        "update invite_link set uses = uses + 1 where id = $1 and deleted_at is null and expires_at > $2 \
         and (max_uses is null or uses < max_uses)"
    )
    .bind(link)
    .bind(now)
    .execute(change.transaction())
    .await?;
    Ok(counted == 1)
}

/// Sends an invite to the address that somebody named who has a link. Who is in the team already is told so by mail: the
/// page answers alike.
///
/// # Errors
///
/// [`Error::Conflict`] with `invite_is_over`, [`Error::TooManyAttempts`].
pub async fn ask(visit: Visit, post: &Post, secret: &str, email: &str) -> Result<()> {
    let address = Address::read("/email", email)?;
    identity::count_asking(&visit, &address).await?;
    let link = super::acceptance::link_for(&visit, secret).await?;
    let post = post.clone();
    // Beside the answer, so that its time does not tell whether there is such an account.
    tokio::spawn(async move {
        if let Err(error) = send(&visit, &post, &link, &address).await {
            tracing::error!(%error, "an invite that was asked for was not sent");
        }
    });
    Ok(())
}

async fn send(visit: &Visit, post: &Post, link: &Usable, address: &Address) -> Result<()> {
    let target = Target { kind: "invite-link".to_owned(), id: link.id.0.clone() };
    let mut change = visit.change(&link.team, Action::InviteLinkUse.name(), target).await?;
    change.text("email", None, Some(&address.email));
    if identity::is_member(change.transaction().into(), &link.team, &address.key).await? {
        let team = identity::team(change.transaction().into(), &link.team).await?;
        mail::write(&mut change, letters::member_already(post, &team.name, &address.email, visit.now)).await?;
        return change.commit().await;
    }
    let open = sql!(
        "select id, link, sent_at, expires_at from invite \
         where team = $1 and email_key = $2 and accepted_at is null and revoked_at is null"
    )
    .bind(&link.team)
    .bind(&address.key)
    .optional(change.transaction())
    .await?;
    if let Some(open) = open {
        // An invite that somebody sent them stays, and so does one that is on its way.
        let holds = open.integer("expires_at")? > visit.now;
        let sent_by_somebody = open.text_or_null("link")?.is_none();
        if holds && (sent_by_somebody || open.integer("sent_at")? + PATIENCE > visit.now) {
            return Ok(());
        }
        sql!("update invite set revoked_at = $1 where id = $2")
            .bind(visit.now)
            .bind(open.text("id")?)
            .execute(change.transaction())
            .await?;
    }
    let asked = sql!(
        "select count(*) as total from invite where link = $1 and accepted_at is null and revoked_at is null \
         and expires_at > $2"
    )
    .bind(&link.id)
    .bind(visit.now)
    .one(change.transaction())
    .await?
    .integer("total")?;
    if asked >= ASKED {
        tracing::warn!(link = %link.id, "too many have asked by one link; no more mails are sent for it");
        return Ok(());
    }
    let gift = Gift::of(link.roles.clone());
    write(&mut change, post, address, &gift, (&link.by, Some(link.id.as_str())), DAYS).await?;
    change.commit().await
}
