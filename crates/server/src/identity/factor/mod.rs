//! Second factors: what somebody has besides their password.
//!
//! A factor counts once it was proved to work: an authenticator app, or a passkey. Whoever has one is asked for it at every
//! sign-in with a password; a passkey alone is both. Recovery codes stand in for a factor that was lost. A team may demand a
//! factor: its members without one can set one up, and do nothing else until then.

pub mod passkey;
mod recovery;
mod totp;

use bulla_access::{Action, TeamRole};
use bulla_db::{Database, Place, sql};
use serde_json::value::RawValue;

pub use passkey::Passkeys;
pub use totp::Enrolment;

use super::{Person, counting_roles, email_change, halfway, letters, member, session, teams};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::mail::{self, Post};
use crate::moment::Moment;
use crate::operation::{Change, Operation};

/// The way a second factor was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = FactorKind)]
pub enum Kind {
    /// A code of an authenticator app.
    Totp,
    /// A passkey.
    Passkey,
    /// A recovery code.
    RecoveryCode,
}

impl Kind {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::Passkey => "passkey",
            Self::RecoveryCode => "recovery-code",
        }
    }
}

/// The second factors of a person, without any secret.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Factors {
    /// Since when there is an authenticator app.
    pub totp_since: Option<Moment>,
    /// The passkeys, the oldest first.
    pub passkeys: Vec<passkey::PasskeyInfo>,
    /// How many recovery codes are left.
    pub recovery_codes_left: i64,
}

impl Factors {
    /// Is one demanded at a sign-in?
    pub fn any(&self) -> bool {
        self.totp_since.is_some() || !self.passkeys.is_empty()
    }
}

/// What somebody types or shows to prove a second factor: one of the three.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// Six digits of the authenticator app.
    pub code: Option<String>,
    /// A recovery code.
    pub recovery_code: Option<String>,
    /// The answer of a passkey that was asked for, as the browser's `toJSON` gives it.
    #[schema(value_type = Option<Object>)]
    pub passkey: Option<Box<RawValue>>,
}

/// What somebody typed or showed, ready for the change that it may permit.
pub(super) struct Shown {
    code: Code,
    passkey: Option<passkey::Looked>,
}

/// Codes that are shown once.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodes {
    /// Each works once. None where there were some already: those still work.
    pub recovery_codes: Vec<String>,
}

/// The factors of `person`.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn factors(mut place: Place<'_>, person: &PersonId) -> Result<Factors> {
    let totp = sql!("select confirmed_at from totp where person = $1 and confirmed_at is not null")
        .bind(person)
        .optional(place.again())
        .await?;
    let passkeys = passkey::list(place.again(), person).await?;
    let codes = sql!("select count(*) as left_over from recovery_code where person = $1 and used_at is null")
        .bind(person)
        .one(place)
        .await?;
    Ok(Factors {
        totp_since: totp.map(|row| row.integer("confirmed_at")).transpose()?.map(Moment),
        passkeys,
        recovery_codes_left: codes.integer("left_over")?,
    })
}

/// Takes in what somebody typed or showed. The challenge of a passkey is used up with it, whatever the answer is worth.
///
/// # Errors
///
/// [`Error::Conflict`] with `challenge_over`, [`Error::Invalid`] for what is no answer of a passkey.
pub(super) async fn show(
    database: &Database,
    passkeys: &Passkeys,
    asked: &passkey::Asked<'_>,
    code: Code,
    now: i64,
) -> Result<Shown> {
    let passkey = match &code.passkey {
        Some(answer) => Some(passkey::look(database, passkeys, asked, answer, now).await?),
        None => None,
    };
    Ok(Shown { code, passkey })
}

/// Looks at a code inside of the change that it permits. A code that is right is used up, in that change.
///
/// # Errors
///
/// If the database cannot be read or the seed does not open.
pub(super) async fn prove(change: &mut Change, person: &PersonId, shown: &Shown) -> Result<Option<Kind>> {
    if let Some(looked) = &shown.passkey {
        let Ok(proved) = looked else { return Ok(None) };
        return Ok(passkey::accept(change, person, proved).await?.then_some(Kind::Passkey));
    }
    if let Some(code) = &shown.code.code {
        return Ok(totp::prove(change, person, code).await?.then_some(Kind::Totp));
    }
    let Some(code) = &shown.code.recovery_code else { return Ok(None) };
    Ok(recovery::prove(change, person, code).await?.then_some(Kind::RecoveryCode))
}

impl Shown {
    /// Why it proves nothing, for the log.
    pub(super) fn because(&self) -> String {
        match &self.passkey {
            Some(Ok(_)) => "passkey: it is gone, or its count of signatures went back".to_owned(),
            Some(Err(why)) => format!("passkey: {why}"),
            None => "wrong code".to_owned(),
        }
    }

    /// What it is answered with if it proves nothing.
    pub(super) fn wrong(&self) -> Error {
        match (&self.passkey, &self.code.code, &self.code.recovery_code) {
            (Some(Err(why)), ..) => Error::invalid("/passkey", format!("this passkey was not taken: {why}")),
            (Some(Ok(_)), ..) => Error::invalid("/passkey", "this passkey was not taken; try again, or use a code"),
            (None, Some(_), _) => {
                Error::invalid("/code", "this code is wrong or was used already; wait for the next one")
            }
            (None, None, Some(_)) => Error::invalid("/recoveryCode", "this recovery code is wrong or was used already"),
            (None, None, None) => Error::invalid("/code", "a code is needed"),
        }
    }
}

/// Begins the set-up of an authenticator app. Nothing is asked for at a sign-in before [`finish_totp`].
///
/// # Errors
///
/// [`Error::Conflict`] with `factor_exists` if there is one that works.
pub async fn begin_totp(change: &mut Change, person: &Person) -> Result<Enrolment> {
    if factors(change.transaction().into(), &person.id).await?.totp_since.is_some() {
        let detail = "there is an authenticator app already; remove it first".to_owned();
        return Err(Error::Conflict { code: "factor_exists", detail });
    }
    totp::enrol(change, person).await
}

/// Ends the set-up of an authenticator app with its first code, and returns recovery codes.
///
/// With the first factor every other session ends: whoever sits there has not proved it.
///
/// # Errors
///
/// [`Error::Invalid`] if the code is wrong.
pub async fn finish_totp(op: &Operation, post: &Post, person: &Person, code: &str) -> Result<RecoveryCodes> {
    let mut change = op.change(Action::TotpAdd, op.person()).await?;
    let before = factors(change.transaction().into(), &person.id).await?;
    if !totp::confirm(&mut change, &person.id, code).await? {
        op.abandon(change, Action::TotpAdd, "wrong code").await?;
        return Err(Error::invalid("/code", "this code is wrong; check that the clock of the device is right"));
    }
    let recovery_codes = after_addition(&mut change, op, &person.id, &before, Kind::Totp).await?;
    mail::write(&mut change, letters::factor_added(post, person, "an authenticator app", op.origin(), op.now)).await?;
    change.commit().await?;
    Ok(RecoveryCodes { recovery_codes })
}

/// Removes the authenticator app.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none, [`Error::Conflict`] with `factor_demanded` if the team demands a factor and there
/// is no other.
pub async fn remove_totp(op: &Operation, post: &Post, person: &Person) -> Result<()> {
    let mut change = op.change(Action::TotpRemove, op.person()).await?;
    if !totp::remove(&mut change, &person.id).await? {
        return Err(Error::NotFound { what: "authenticator app" });
    }
    after_removal(&mut change, op, &person.id).await?;
    mail::write(&mut change, letters::factor_removed(post, person, "an authenticator app", op.origin(), op.now))
        .await?;
    change.commit().await
}

/// What follows when a factor was added to those there were `before`, and returns the recovery codes that come with the
/// first one.
async fn after_addition(
    change: &mut Change,
    op: &Operation,
    person: &PersonId,
    before: &Factors,
    kind: Kind,
) -> Result<Vec<String>> {
    session::prove(change.transaction(), session_id(op)?, kind).await?;
    if before.any() {
        return Ok(Vec::new());
    }
    halfway::forget(change.transaction(), person).await?;
    let ended = session::end_others(change.transaction(), op.signed_in()).await?;
    change.number("sessions", i64::try_from(ended).ok(), Some(0));
    recovery::renew(change, person).await
}

/// What follows when a factor is gone: without one, recovery codes are of no use; where one is demanded, it stays.
async fn after_removal(change: &mut Change, op: &Operation, person: &PersonId) -> Result<()> {
    if factors(change.transaction().into(), person).await?.any() {
        return Ok(());
    }
    if op.signed_in().factor_demanded {
        let detail = "your team demands a second factor; set up another one before you remove this one".to_owned();
        return Err(Error::Conflict { code: "factor_demanded", detail });
    }
    // Should the team demand a factor tomorrow, no session has one.
    session::disprove_all(change.transaction(), person).await?;
    recovery::forget(change, person).await
}

/// Gives a person new recovery codes; the old ones work no more.
///
/// # Errors
///
/// [`Error::Conflict`] with `no_factor` if there is nothing that they would stand in for.
pub async fn renew_recovery_codes(op: &Operation, post: &Post, person: &Person) -> Result<RecoveryCodes> {
    let mut change = op.change(Action::RecoveryCodesRenew, op.person()).await?;
    if !factors(change.transaction().into(), &person.id).await?.any() {
        let detail = "recovery codes stand in for a second factor; set one up first".to_owned();
        return Err(Error::Conflict { code: "no_factor", detail });
    }
    let recovery_codes = recovery::renew(&mut change, &person.id).await?;
    mail::write(&mut change, letters::codes_renewed(post, person, op.origin(), op.now)).await?;
    change.commit().await?;
    Ok(RecoveryCodes { recovery_codes })
}

/// Takes every factor of a person away, for somebody who has lost theirs, and ends their sessions.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such member or they have none, [`Error::Forbidden`] if another team keeps their account
/// (see [`teams`]), or they are a Super Admin somewhere and the actor is not one here.
pub async fn reset(change: &mut Change, post: &Post, id: &PersonId) -> Result<()> {
    let (origin, now, team) = (change.origin().clone(), change.now, change.team().to_owned());
    let Some(person) = &member(change.transaction().into(), &team, id).await? else {
        return Err(Error::NotFound { what: "person" });
    };
    change.about("person", id);
    let actor = change.person().ok_or_else(|| Error::unexpected("factors are reset by a person"))?;
    // Without factors a password is enough, in every team of theirs.
    if teams::keeper(change.transaction().into(), &person.id).await?.as_deref() != Some(team.as_str()) {
        let because =
            "another team keeps the account of this person; its Admins alone take their factors away".to_owned();
        return Err(Error::Forbidden { because });
    }
    if teams::leads_somewhere(change.transaction().into(), id).await?
        && !counting_roles(change, &actor).await?.contains(&TeamRole::SuperAdmin)
    {
        let because = "only a Super Admin takes the factors of a Super Admin away".to_owned();
        return Err(Error::Forbidden { because });
    }
    let had_totp = totp::remove(change, &person.id).await?;
    let had_passkeys = passkey::forget(change, &person.id).await?;
    recovery::forget(change, &person.id).await?;
    if !had_totp && !had_passkeys {
        return Err(Error::NotFound { what: "second factor" });
    }
    halfway::forget(change.transaction(), &person.id).await?;
    email_change::forget(change.transaction(), &person.id).await?;
    let ended = session::end_all(change.transaction(), &person.id).await?;
    change.number("sessions", i64::try_from(ended).ok(), Some(0));
    mail::write(change, letters::factors_reset(post, person, &origin, now)).await
}

/// The session of whoever asks.
fn session_id(op: &Operation) -> Result<&str> {
    op.signed_in().session().ok_or(Error::SignedOut)
}

/// The team under whose key the factors of `person` are: their home.
async fn home(change: &mut Change, person: &PersonId) -> Result<String> {
    let row = sql!("select team from person where id = $1").bind(person).one(change.transaction()).await?;
    Ok(row.text("team")?)
}
