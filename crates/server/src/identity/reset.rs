//! A forgotten password: a link by mail that lets its holder choose another one, once and for half an hour.
//!
//! Whoever asks for a link is told the same and just as fast, whether there is such an account or not: what is done for
//! one that there is happens beside the answer. A link ends every session, and no second factor.

use bulla_access::Action;
use bulla_audit::Target;
use bulla_db::{Place, sql};

use super::attempt::{self, Guess};
use super::{Account, Password, Passwords, Person, Token, email_change, halfway, letters, session};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::invites;
use crate::mail::{self, Post};
use crate::operation::Visit;

/// How long a link holds, in milliseconds.
pub const LASTS: i64 = 30 * 60 * 1000;
/// Most links of one person that hold at a time: beyond them the oldest go.
const LINKS: i64 = 3;

/// Sends a link to whoever has the account with this address, if there is one.
///
/// # Errors
///
/// [`Error::TooManyAttempts`] if somebody asks for this address again and again, whether there is an account or not.
pub async fn request(visit: Visit, post: &Post, email: &str) -> Result<()> {
    let key = super::email_key(email);
    let guess = Guess::Link { email_key: &key, address: visit.origin.address.as_deref() };
    let attempt = attempt::count(visit.door.database(), guess, visit.now).await?;
    if let Some(refusal) = attempt.refusal(visit.now) {
        return Err(refusal);
    }
    let post = post.clone();
    // Beside the answer, so that its time tells nothing. If it fails, whoever waits for the mail asks again.
    tokio::spawn(async move {
        if let Err(error) = send(&visit, &post, &key).await {
            tracing::error!(%error, "a link for a forgotten password was not sent");
        }
    });
    Ok(())
}

/// Whoever is a member of `team`, or was and is invited again: they need their password to come back.
async fn known(mut place: Place<'_>, team: &str, person: &PersonId, now: i64) -> Result<Option<Person>> {
    if let Some(member) = super::member(place.again(), team, person).await? {
        return Ok(Some(member));
    }
    let row = sql!("select id, numeric_id, name, email, email_key from person where id = $1").bind(person);
    let Some(row) = row.optional(place.again()).await? else { return Ok(None) };
    let invited = invites::awaits(place, &row.text("email_key")?, now).await?;
    if invited { Ok(Some(super::person_of(&row)?)) } else { Ok(None) }
}

async fn send(visit: &Visit, post: &Post, email_key: &str) -> Result<()> {
    let Some(account) = super::account(visit.door.reader(), email_key).await? else {
        return super::refused(visit, Action::PasswordResetRequest, None, "no such account").await;
    };
    let Account { person, team, .. } = account;
    let target = Target { kind: "person".to_owned(), id: person.0.clone() };
    let mut change = visit.change(&team, Action::PasswordResetRequest.name(), target).await?;
    // Neither a member nor invited: a link would lead nowhere.
    let known = known(change.transaction().into(), &team, &person, visit.now).await?;
    let Some(member) = known else { return Ok(()) };
    let token = Token::random()?;
    sql!(
        "delete from password_reset where person = $1 and (expires_at <= $2 or token not in \
         (select token from password_reset where person = $1 order by created_at desc limit $3))"
    )
    .bind(&person)
    .bind(visit.now)
    .bind(LINKS - 1)
    .execute(change.transaction())
    .await?;
    sql!("insert into password_reset (token, team, person, created_at, expires_at) values ($1, $2, $3, $4, $5)")
        .bind(session::token_hash(token.expose()))
        .bind(&team)
        .bind(&person)
        .bind(visit.now)
        .bind(visit.now + LASTS)
        .execute(change.transaction())
        .await?;
    mail::write(&mut change, letters::reset_link(post, &member, &token, &visit.origin, visit.now)).await?;
    change.commit().await
}

/// What somebody brings who came by a link.
#[derive(serde::Deserialize, utoipa::ToSchema)]
pub struct PasswordReset {
    /// What stands behind the `#` of the link.
    pub token: String,
    /// The new password.
    pub password: Password,
}

fn link_is_over() -> Error {
    let detail = "this link was used already or is too old; ask for another one".to_owned();
    Error::Conflict { code: "link_is_over", detail }
}

/// Gives the holder of a link the password that they chose. The link is used then, and everybody is signed out.
///
/// # Errors
///
/// [`Error::Conflict`] with `link_is_over`, [`Error::Invalid`] if the password is not good enough; the link still holds
/// then.
pub async fn finish(visit: &Visit, passwords: &Passwords, post: &Post, typed: PasswordReset) -> Result<()> {
    let token = session::token_hash(&typed.token);
    let found = sql!("select person, team from password_reset where token = $1 and expires_at > $2")
        .bind(&token[..])
        .bind(visit.now)
        .optional(visit.door.reader())
        .await?;
    let Some(row) = found else { return Err(link_is_over()) };
    let (person, team) = (PersonId(row.text("person")?), row.text("team")?);
    let Some(member) = known(visit.door.reader().into(), &team, &person, visit.now).await? else {
        return Err(link_is_over());
    };
    if let Some(complaint) = typed.password.complaint(&[&member.name, &member.email]) {
        return Err(Error::invalid("/password", complaint));
    }
    let hash = passwords.hash(typed.password).await?;
    let target = Target { kind: "person".to_owned(), id: person.0.clone() };
    let mut change = visit.change(&team, Action::PasswordReset.name(), target).await?;
    change.acts_as(&person);
    // Of two at once one finds it.
    let used = sql!("delete from password_reset where token = $1 and expires_at > $2")
        .bind(&token[..])
        .bind(visit.now)
        .execute(change.transaction())
        .await?;
    if used == 0 {
        return Err(link_is_over());
    }
    sql!("delete from password_reset where person = $1").bind(&person).execute(change.transaction()).await?;
    sql!("update person set password = $1 where id = $2")
        .bind(hash)
        .bind(&person)
        .execute(change.transaction())
        .await?;
    halfway::forget(change.transaction(), &person).await?;
    email_change::forget(change.transaction(), &person).await?;
    let ended = session::end_all(change.transaction(), &person).await?;
    change.number("sessions", i64::try_from(ended).ok(), Some(0));
    mail::write(&mut change, letters::password_changed(post, &member, &visit.origin, visit.now)).await?;
    change.commit().await
}
