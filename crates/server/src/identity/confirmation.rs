//! That it is still oneself: before something sensitive, the password or the second factor is asked for again,
//! unless that was a moment ago.
//!
//! A route asks with [`crate::operation::Operation::confirmed`]. A confirmation gives the session another token, so that
//! one that somebody had copied before is not good for what is permitted now.

use bulla_access::Action;
use bulla_audit::Target;
use serde_json::value::RawValue;

use super::attempt::{self, Guess};
use super::factor::passkey::{self, Asked};
use super::factor::{self, Code, Kind, Passkeys};
use super::{Password, Passwords, Token, Verdict, account, email_key, member, session};
use crate::error::{Error, Result};
use crate::operation::Operation;

/// How long a confirmation holds, in milliseconds.
pub const LASTS: i64 = 10 * 60 * 1000;

/// What somebody types or shows to confirm that it is them: one of the four.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Confirmation {
    /// Their password.
    pub password: Option<Password>,
    /// Six digits of the authenticator app.
    pub code: Option<String>,
    /// A recovery code.
    pub recovery_code: Option<String>,
    /// The answer of a passkey that was asked for, as the browser's `toJSON` gives it.
    #[schema(value_type = Option<Object>)]
    pub passkey: Option<Box<RawValue>>,
}

/// Asks for one of the passkeys of whoever asks: what the browser is to have a device sign.
///
/// # Errors
///
/// [`Error::Conflict`] with `no_passkeys` if they have none.
pub async fn ask(op: &Operation, passkeys: &Passkeys) -> Result<serde_json::Value> {
    op.read(Action::SessionConfirm, op.person()).await?;
    let session = op.signed_in().session().ok_or(Error::SignedOut)?;
    let asked = (&Asked::Confirming(session), op.team());
    passkey::ask(op.door().database(), passkeys, asked, op.person(), op.now).await
}

/// Confirms that it is the owner of the session who asks, and returns the new token of the session.
///
/// # Errors
///
/// [`Error::Invalid`] if what was typed is wrong, [`Error::TooManyAttempts`]. It is counted before it is looked at.
pub async fn confirm(
    op: &Operation,
    (passwords, passkeys): (&Passwords, &Passkeys),
    typed: Confirmation,
) -> Result<Token> {
    let read = op.read(Action::SessionConfirm, op.person()).await?;
    let Some(person) = member(read.reader().into(), op.team(), op.person()).await? else {
        return Err(Error::SignedOut);
    };
    let key = email_key(&person.email);
    let guess = match &typed.password {
        Some(_) => Guess::Password { email_key: &key, address: op.origin().address.as_deref() },
        None => Guess::Code(op.person()),
    };
    let attempt = attempt::count(op.door().database(), guess, op.now).await?;
    let target = || Target { kind: "person".to_owned(), id: person.id.0.clone() };
    if let Some(refusal) = attempt.refusal(op.now) {
        if attempt.is_first_refused {
            op.refused(Action::SessionConfirm, target(), "too many attempts").await?;
        }
        return Err(refusal);
    }
    if let Some(password) = typed.password {
        let Some(account) = account(read.reader(), &key).await? else { return Err(Error::SignedOut) };
        if passwords.verify(password, Some(&account.password)).await? == Verdict::Wrong {
            op.refused(Action::SessionConfirm, target(), "wrong password").await?;
            return Err(Error::invalid("/password", "this is not your password"));
        }
        return finish(op, &attempt, None, op.change(Action::SessionConfirm, op.person()).await?).await;
    }
    let code = Code { code: typed.code, recovery_code: typed.recovery_code, passkey: typed.passkey };
    let session = op.signed_in().session().ok_or(Error::SignedOut)?;
    let shown = factor::show(op.door().database(), passkeys, &Asked::Confirming(session), code, op.now).await?;
    let mut change = op.change(Action::SessionConfirm, op.person()).await?;
    match factor::prove(&mut change, op.person(), &shown).await? {
        Some(kind) => finish(op, &attempt, Some(kind), change).await,
        None => {
            op.abandon(change, Action::SessionConfirm, &shown.because()).await?;
            Err(shown.wrong())
        }
    }
}

async fn finish(
    op: &Operation,
    attempt: &attempt::Attempt,
    kind: Option<Kind>,
    mut change: crate::operation::Change,
) -> Result<Token> {
    let session = op.signed_in().session().ok_or(Error::SignedOut)?.to_owned();
    attempt::forget(change.transaction(), attempt).await?;
    let token = session::confirm(change.transaction(), &session, kind, op.now).await?;
    change.about("session", &session);
    change.text("with", None, Some(kind.map_or("password", Kind::name)));
    change.commit().await?;
    Ok(token)
}
