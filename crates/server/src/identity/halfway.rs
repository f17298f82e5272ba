//! A sign-in that is half done: the password was right, and the second factor is still to come.
//!
//! Its token is good for nothing else, is bound to the browser by a cookie, and holds for ten minutes. Only its hash is
//! stored. The event of a sign-in is written when it is whole.

use bulla_access::Action;
use bulla_audit::Target;
use bulla_db::{Transaction, sql};

use super::attempt::{self, Guess};
use super::factor::passkey::{self, Asked};
use super::factor::{self, Code, Kind, Passkeys};
use super::{Begun, Limits, Token, begin_session, letters, session, session_of};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::mail::{self, Post};
use crate::operation::Visit;

/// How long it holds, in milliseconds.
pub const LASTS: i64 = 10 * 60 * 1000;
/// The name of its cookie.
pub const COOKIE: &str = "bulla_half_way";

/// Notes that somebody gave the right password. Those that are over are forgotten.
pub(super) async fn begin(transaction: &mut Transaction, team: &str, person: &PersonId, now: i64) -> Result<Token> {
    let token = Token::random()?;
    sql!("delete from half_sign_in where expires_at <= $1").bind(now).execute(transaction).await?;
    sql!("insert into half_sign_in (token, team, person, expires_at) values ($1, $2, $3, $4)")
        .bind(session::token_hash(token.expose()))
        .bind(team)
        .bind(person)
        .bind(now + LASTS)
        .execute(transaction)
        .await?;
    Ok(token)
}

/// Forgets every half sign-in of a person into `team`.
pub(super) async fn forget_in_team(transaction: &mut Transaction, team: &str, person: &PersonId) -> Result<()> {
    sql!("delete from half_sign_in where team = $1 and person = $2")
        .bind(team)
        .bind(person)
        .execute(transaction)
        .await?;
    Ok(())
}

/// Forgets every half sign-in of a person: what they rest on has changed.
pub(super) async fn forget(transaction: &mut Transaction, person: &PersonId) -> Result<()> {
    sql!("delete from half_sign_in where person = $1").bind(person).execute(transaction).await?;
    Ok(())
}

fn is_over() -> Error {
    let detail = "this sign-in took too long; begin again with your password".to_owned();
    Error::Conflict { code: "sign_in_over", detail }
}

/// Who is half in with the token of this hash, and in which team.
async fn held(visit: &Visit, hash: &[u8]) -> Result<(PersonId, String)> {
    let row = sql!("select person, team from half_sign_in where token = $1 and expires_at > $2")
        .bind(hash)
        .bind(visit.now)
        .optional(visit.door.reader())
        .await?
        .ok_or_else(is_over)?;
    Ok((PersonId(row.text("person")?), row.text("team")?))
}

/// Asks for a passkey of whoever is half in: what the browser is to have a device sign.
///
/// # Errors
///
/// [`Error::Conflict`] with `sign_in_over`, or with `no_passkeys` if they have none.
pub async fn ask(visit: &Visit, passkeys: &Passkeys, token: &str) -> Result<serde_json::Value> {
    let hash = session::token_hash(token);
    let (person, team) = held(visit, &hash).await?;
    passkey::ask(visit.door.database(), passkeys, (&Asked::HalfWay(&hash), &team), &person, visit.now).await
}

/// Ends a sign-in with a code or a passkey.
///
/// # Errors
///
/// [`Error::Conflict`] with `sign_in_over`, [`Error::Invalid`] if the code is wrong, [`Error::TooManyAttempts`]. Codes are
/// counted before they are looked at.
pub async fn finish(
    visit: &Visit,
    (passkeys, post): (&Passkeys, &Post),
    limits: Limits,
    token: &str,
    typed: Code,
) -> Result<Begun> {
    let hash = session::token_hash(token);
    let (person, team) = held(visit, &hash).await?;
    let target = Target { kind: "person".to_owned(), id: person.0.clone() };
    let attempt = attempt::count(visit.door.database(), Guess::Code(&person), visit.now).await?;
    if let Some(refusal) = attempt.refusal(visit.now) {
        if attempt.is_first_refused {
            visit.refused(&team, Action::SessionCreate, target, "too many codes").await?;
        }
        return Err(refusal);
    }
    let shown = factor::show(visit.door.database(), passkeys, &Asked::HalfWay(&hash), typed, visit.now).await?;
    let mut change = visit.change(&team, Action::SessionCreate.name(), target).await?;
    change.acts_as(&person);
    let Some(kind) = factor::prove(&mut change, &person, &shown).await? else {
        visit.abandon(change, Action::SessionCreate, &shown.because()).await?;
        return Err(shown.wrong());
    };
    // Of two at once one finds it.
    let used = sql!("delete from half_sign_in where token = $1").bind(&hash[..]).execute(change.transaction()).await?;
    if used == 0 {
        return Err(is_over());
    }
    let Some(session) = session_of(change.transaction().into(), &team, &person).await? else { return Err(is_over()) };
    attempt::forget(change.transaction(), &attempt).await?;
    if kind == Kind::RecoveryCode {
        let left = factor::factors(change.transaction().into(), &person).await?.recovery_codes_left;
        mail::write(&mut change, letters::code_used(post, &session.person, left, &visit.origin, visit.now)).await?;
    }
    let (id, begun) = begin_session(&mut change, visit, session, limits, Some(kind)).await?;
    change.about("session", id);
    change.text("factor", None, Some(kind.name()));
    change.commit().await?;
    Ok(begun)
}
