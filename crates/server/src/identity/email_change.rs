//! Another address for an account: it is changed when a link that went to the new one is used, and whoever reads the old one
//! is told, both when it is asked for and when it is done.

use bulla_access::Action;
use bulla_audit::Target;
use bulla_db::{Transaction, sql};

use super::attempt::{self, Guess};
use super::session::{self, DAY};
use super::{Address, Person, Token, halfway, letters, member, person_of, teams};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::mail::{self, Post};
use crate::operation::{Operation, Visit};

/// How long a link holds, in milliseconds.
pub const LASTS: i64 = DAY;

/// Sends a link to the address that whoever asks wants, and a notice to the one that they have. A link that was asked for
/// before is over.
///
/// Whether another account has the address is not told here: whoever reads the link finds out.
///
/// # Errors
///
/// [`Error::Invalid`] for what is no address, or the one there is; [`Error::TooManyAttempts`].
pub async fn request(op: &Operation, post: &Post, typed: &str) -> Result<()> {
    let address = Address::read("/email", typed)?;
    let read = op.read(Action::EmailChangeRequest, op.person()).await?;
    let Some(person) = member(read.reader().into(), op.team(), op.person()).await? else {
        return Err(Error::SignedOut);
    };
    if address.email == person.email {
        return Err(Error::invalid("/email", "this is the address of your account already"));
    }
    // By whoever asks, however many addresses they name; and by each of those, whoever asks for it.
    let from = op.origin().address.as_deref();
    for guess in [Guess::Address(op.person()), Guess::Link { email_key: &address.key, address: from }] {
        let attempt = attempt::count(op.door().database(), guess, op.now).await?;
        if let Some(refusal) = attempt.refusal(op.now) {
            return Err(refusal);
        }
    }
    let mut change = op.change(Action::EmailChangeRequest, op.person()).await?;
    // The link opens the account wherever it is used, so it stands in the outbox of the team that keeps the account alone.
    let keeper = teams::keeper(change.transaction().into(), &person.id).await?.ok_or(Error::SignedOut)?;
    if keeper != op.team() {
        change.go_on_in(&keeper);
    }
    let token = Token::random()?;
    forget(change.transaction(), &person.id).await?;
    sql!(
        "insert into email_change (token, team, person, email, email_key, created_at, expires_at) \
         values ($1, $2, $3, $4, $5, $6, $7)"
    )
    .bind(session::token_hash(token.expose()))
    .bind(&keeper)
    .bind(&person.id)
    .bind(&address.email)
    .bind(&address.key)
    .bind(op.now)
    .bind(op.now + LASTS)
    .execute(change.transaction())
    .await?;
    change.text("email", Some(&person.email), Some(&address.email));
    let when = (op.origin(), op.now);
    mail::write(&mut change, letters::confirm_email(post, &person, &address.email, &token, when)).await?;
    mail::write(&mut change, letters::email_change_asked(post, &person, when)).await?;
    change.commit().await
}

/// Forgets the address that somebody asked for: whoever proves anew who they are, or signs out elsewhere, may not be the one
/// who asked.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn forget(transaction: &mut Transaction, person: &PersonId) -> Result<()> {
    sql!("delete from email_change where person = $1").bind(person).execute(transaction).await?;
    Ok(())
}

fn link_is_over() -> Error {
    let detail = "this link was used already or is too old; ask for another one on the page of your account".to_owned();
    Error::Conflict { code: "link_is_over", detail }
}

/// Gives an account the address that a link went to. Every session ends but the one of the browser that brings the link.
///
/// # Errors
///
/// [`Error::Conflict`] with `link_is_over`, or with `email_taken` if another account has the address.
pub async fn finish(visit: &Visit, post: &Post, token: &str) -> Result<()> {
    let token = session::token_hash(token);
    let found = sql!("select person, team, email, email_key from email_change where token = $1 and expires_at > $2")
        .bind(&token[..])
        .bind(visit.now)
        .optional(visit.door.reader())
        .await?;
    let Some(row) = found else { return Err(link_is_over()) };
    let (id, email, key) = (PersonId(row.text("person")?), row.text("email")?, row.text("email_key")?);
    let Some(team) = teams::keeper(visit.door.reader().into(), &id).await? else { return Err(link_is_over()) };
    let target = Target { kind: "person".to_owned(), id: id.0.clone() };
    let mut change = visit.change(&team, Action::EmailChange.name(), target).await?;
    change.acts_as(&id);
    // Of two at once one finds it.
    let used = sql!("delete from email_change where token = $1").bind(&token[..]).execute(change.transaction()).await?;
    if used == 0 {
        return Err(link_is_over());
    }
    let taken = || {
        let detail = format!("another account has the address {email} already; nothing was changed");
        Error::Conflict { code: "email_taken", detail }
    };
    let other = sql!("select id from person where email_key = $1 and id <> $2")
        .bind(&key)
        .bind(&id)
        .optional(change.transaction())
        .await?;
    if other.is_some() {
        return Err(taken());
    }
    let row = sql!("select id, numeric_id, name, email from person where id = $1")
        .bind(&id)
        .one(change.transaction())
        .await?;
    let before: Person = person_of(&row)?;
    let changed = sql!("update person set email = $1, email_key = $2, version = version + 1 where id = $3")
        .bind(&email)
        .bind(&key)
        .bind(&id)
        .execute(change.transaction())
        .await;
    match changed {
        Err(bulla_db::Error::Conflict(_)) => return Err(taken()),
        other => other?,
    };
    // A link to the old address must not open the account any more.
    sql!("delete from password_reset where person = $1").bind(&id).execute(change.transaction()).await?;
    halfway::forget(change.transaction(), &id).await?;
    let kept = session::token_hash(visit.token.as_deref().unwrap_or_default());
    let ended = session::end_all_but(change.transaction(), &id, &kept).await?;
    change.text("email", Some(&before.email), Some(&email));
    change.number("sessions", i64::try_from(ended).ok(), Some(0));
    mail::write(&mut change, letters::email_changed(post, &before, (&visit.origin, visit.now))).await?;
    change.commit().await
}
