//! What the holder of a secret sees of it, and how an invite is accepted.

use bulla_access::{Action, TeamRole};
use bulla_audit::Target;
use bulla_db::sql;
use serde::{Deserialize, Serialize};

use super::{Gift, groups_in, links, may_give, roles_in, workspace_in};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::identity::{self, Begun, Limits, NewPerson, Password, Passwords, token_hash};
use crate::moment::Moment;
use crate::operation::{Change, Visit};
use crate::{groups, workspaces};

/// What the holder of a secret is told of it.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
pub struct Opened {
    /// The name of the team.
    pub team: String,
    /// Whom it was sent to; absent for a link, whose holder names their address.
    pub email: Option<String>,
    /// Who sent it or made it; absent if they are gone.
    pub invited_by: Option<String>,
    /// The roles in the team that it gives.
    pub roles: Vec<&'static str>,
    /// Is there an account with the address already? Its password is asked for then.
    pub has_account: bool,
    /// Is it whoever asks who is signed in with that account? No password is asked for then.
    pub signed_in: bool,
    /// When it ends.
    pub expires_at: Moment,
}

/// What somebody brings who accepts an invite.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct Acceptance {
    /// What stands behind the `#` of the link.
    pub secret: String,
    /// Their name, as others will see it. Of no use where there is an account already.
    #[serde(default)]
    pub name: String,
    /// Their password: a new one, or that of the account there is. Of no use to somebody who is signed in with that account.
    pub password: Option<Password>,
}

/// Somebody is in the team.
pub enum Accepted {
    /// With a new account, and signed in.
    In(Begun),
    /// With the account that they are signed in with: their session goes on there.
    Joined(Begun),
    /// With the account that they had: they sign in with it.
    Back,
}

/// A secret that is unknown, used, expired or revoked: which of them is not told.
fn over() -> Error {
    let detail =
        "this invitation cannot be used: it was used already, has ended, or the address of the page is not whole; \
                  ask for another one"
            .to_owned();
    Error::Conflict { code: "invite_is_over", detail }
}

/// An invite that can be used.
struct Usable {
    id: String,
    team: String,
    email: String,
    email_key: String,
    gift: Gift,
    by: PersonId,
    link: Option<String>,
    expires_at: i64,
}

async fn usable(visit: &Visit, secret: &str) -> Result<Option<Usable>> {
    sql!(
        "select id, team, email, email_key, roles, user_groups, workspace, workspace_role, invited_by, link, expires_at \
         from invite where token = $1 and accepted_at is null and revoked_at is null and expires_at > $2"
    )
    .bind(token_hash(secret))
    .bind(visit.now)
    .optional(visit.door.reader())
    .await?
    .map(|row| {
        Ok(Usable {
            id: row.text("id")?,
            team: row.text("team")?,
            email: row.text("email")?,
            email_key: row.text("email_key")?,
            gift: Gift { roles: roles_in(&row)?, groups: groups_in(&row)?, workspace: workspace_in(&row)? },
            by: PersonId(row.text("invited_by")?),
            link: row.text_or_null("link")?,
            expires_at: row.integer("expires_at")?,
        })
    })
    .transpose()
}

/// The link with this secret. Secrets that are wrong are counted by the address of whoever tries them.
pub(super) async fn link_for(visit: &Visit, secret: &str) -> Result<links::Usable> {
    let attempt = identity::count_secret(visit).await?;
    let link = links::usable(visit.door.reader().into(), secret, visit.now).await?.ok_or_else(over)?;
    identity::forget_attempt(visit, &attempt).await?;
    Ok(link)
}

/// What the invite or the link with this secret is.
///
/// # Errors
///
/// [`Error::Conflict`] with `invite_is_over`, [`Error::TooManyAttempts`] after many wrong ones from one address.
pub async fn open(visit: &Visit, secret: &str) -> Result<Opened> {
    let attempt = identity::count_secret(visit).await?;
    let reader = visit.door.reader();
    let invite = usable(visit, secret).await?;
    let (mut has_account, mut signed_in) = (false, false);
    if let Some(invite) = &invite {
        has_account = identity::person_with_email(reader, &invite.email).await?.is_some();
        signed_in = identity::signed_in_as(visit, &invite.email_key).await?.is_some();
    }
    let (team, email, by, roles, expires_at) = match invite {
        Some(invite) => (invite.team, Some(invite.email), invite.by, invite.gift.roles, invite.expires_at),
        None => {
            let link = links::usable(reader.into(), secret, visit.now).await?.ok_or_else(over)?;
            (link.team, None, link.by, link.roles, link.expires_at)
        }
    };
    identity::forget_attempt(visit, &attempt).await?;
    let inviter = identity::member(reader.into(), &team, &by).await?;
    Ok(Opened {
        team: identity::team(reader.into(), &team).await?.name,
        email,
        invited_by: inviter.map(|person| person.name),
        roles: roles.iter().map(|role| role.name()).collect(),
        has_account,
        signed_in,
        expires_at: Moment(expires_at),
    })
}

/// Accepts an invite: makes the account, or takes the one there is into the team. Nobody gets a second account. Of two at once
/// one comes in.
///
/// # Errors
///
/// [`Error::Conflict`] with `invite_is_over`, also if whoever sent it may not invite so any more; [`Error::Invalid`] for a
/// name or a password that will not do, and for the wrong password of an account there is; the invite still holds then.
pub async fn accept(visit: &Visit, passwords: &Passwords, limits: Limits, typed: Acceptance) -> Result<Accepted> {
    let attempt = identity::count_secret(visit).await?;
    let invite = usable(visit, &typed.secret).await?.ok_or_else(over)?;
    identity::forget_attempt(visit, &attempt).await?;
    let target = || Target { kind: "invite".to_owned(), id: invite.id.clone() };
    if let Some(signed_in) = identity::signed_in_as(visit, &invite.email_key).await? {
        let mut change = visit.change(&invite.team, Action::InviteAccept.name(), target()).await?;
        judged(&mut change, &invite).await?;
        used(&mut change, &invite, &signed_in.person).await?;
        identity::join(&mut change, &signed_in.person, &invite.gift.roles).await?;
        settle(&mut change, &invite, &signed_in.person).await?;
        let begun = identity::bring_session(&mut change, &signed_in).await?;
        change.commit().await?;
        return Ok(Accepted::Joined(begun));
    }
    let Some(password) = typed.password else {
        return Err(Error::invalid(
            "/password",
            "a password is needed, or to be signed in with the account that was invited",
        ));
    };
    if let Some(returning) = identity::returning(visit, passwords, &invite.email, password.clone()).await? {
        let mut change = visit.change(&invite.team, Action::InviteAccept.name(), target()).await?;
        judged(&mut change, &invite).await?;
        used(&mut change, &invite, &returning).await?;
        identity::join(&mut change, &returning, &invite.gift.roles).await?;
        settle(&mut change, &invite, &returning).await?;
        change.commit().await?;
        return Ok(Accepted::Back);
    }
    let new = NewPerson::new(&typed.name, &invite.email, &password)?;
    let hash = passwords.hash(password).await?;
    let mut change = visit.change(&invite.team, Action::InviteAccept.name(), target()).await?;
    // Asked before anybody new holds a role. Of two at once the second waits for the first here.
    judged(&mut change, &invite).await?;
    let id = identity::create_person(&mut change, &new, &invite.gift.roles, &hash).await?.person.id;
    used(&mut change, &invite, &id).await?;
    settle(&mut change, &invite, &id).await?;
    let session = identity::session_of(change.transaction().into(), &invite.team, &id).await?;
    let session = session.ok_or_else(|| Error::unexpected("whoever came in is in"))?;
    let (_, begun) = identity::begin_session(&mut change, visit, session, limits, None).await?;
    change.commit().await?;
    Ok(Accepted::In(begun))
}

/// May whoever sent the invite still give what it gives, and can it still be used?
async fn judged(change: &mut Change, invite: &Usable) -> Result<()> {
    identity::lock_team(change).await?;
    let open =
        sql!("select id from invite where id = $1 and accepted_at is null and revoked_at is null and expires_at > $2")
            .bind(&invite.id)
            .bind(change.now)
            .optional(change.transaction())
            .await?;
    let roles = Gift::of(invite.gift.roles.clone());
    match (open, may_give(change, &invite.by, &roles).await) {
        (Some(_), Ok(())) => Ok(()),
        (None, _) | (_, Err(Error::Forbidden { .. } | Error::NotFound { .. })) => Err(over()),
        (_, Err(error)) => Err(error),
    }
}

/// Uses the invite up, and its place on the link that it was asked for by.
async fn used(change: &mut Change, invite: &Usable, person: &PersonId) -> Result<()> {
    let now = change.now;
    let used = sql!(
        "update invite set accepted_at = $1, accepted_by = $2 \
         where id = $3 and accepted_at is null and revoked_at is null and expires_at > $1"
    )
    .bind(now)
    .bind(person)
    .bind(&invite.id)
    .execute(change.transaction())
    .await?;
    let counted = match &invite.link {
        Some(link) => links::count(change, link).await?,
        None => true,
    };
    if used == 1 && counted { Ok(()) } else { Err(over()) }
}

/// Brings somebody who came in to the groups and the workspace of their invite. What is not there any more, or what whoever
/// sent it may not give any more, is left out.
async fn settle(change: &mut Change, invite: &Usable, person: &PersonId) -> Result<()> {
    for group in &invite.gift.groups {
        if groups::admit(change, group, person, &invite.by).await? {
            change.text(&format!("groups/{group}"), None, Some("member"));
        }
    }
    if let Some((workspace, role)) = &invite.gift.workspace
        && workspaces::admit(change, workspace, person, *role, &invite.by).await?
    {
        change.text("workspace", None, Some(workspace.as_str()));
    }
    change.acts_as(person);
    change.about("person", person);
    change.text("email", None, Some(&invite.email));
    let roles: Vec<_> = invite.gift.roles.iter().copied().map(TeamRole::name).collect();
    change.text("roles", None, Some(&roles.join(", ")));
    change.text("invite", None, Some(&invite.id));
    change.text("invitedBy", None, Some(invite.by.as_str()));
    // A suggestion of the same address has nothing to ask any more.
    let (team, now) = (invite.team.clone(), change.now);
    sql!(
        "update invite_suggestion set decided_at = $1, approved = 1 \
         where team = $2 and email_key = $3 and decided_at is null"
    )
    .bind(now)
    .bind(team)
    .bind(&invite.email_key)
    .execute(change.transaction())
    .await?;
    Ok(())
}
