//! Passkeys (WebAuthn): a key pair that a device keeps for this instance, and uses after it has looked at its owner.
//!
//! Here is stored what the public half says, and no secret. A passkey is asked to sign a challenge that is kept on this side,
//! is bound to whoever asked for it, holds for five minutes and is gone with its first answer. Every answer must say that the
//! device verified its owner, by a PIN or a finger: so a passkey is a second factor beside the password, and both factors
//! without it. A count of signatures that goes back is the sign of a copy and lets nobody in.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use bulla_access::Action;
use bulla_audit::Target;
use bulla_db::{Database, Place, Row, sql};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Webauthn, WebauthnBuilder, WebauthnError,
};

use super::{Kind, after_addition, after_removal, home};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::id::{PasskeyId, PersonId};
use crate::identity::attempt::{self, Attempt, Guess};
use crate::identity::{Begun, Limits, Person, Token, begin_session, letters, name_of, session, session_of, teams};
use crate::mail::{self, Post};
use crate::moment::Moment;
use crate::operation::{Change, Operation, Visit};

/// Most passkeys of a person.
pub const MOST: i64 = 20;
/// How long a challenge holds, in milliseconds: as long as the device is told.
pub const LASTS: i64 = 5 * 60 * 1000;
/// The name of the cookie of whoever signs in with a passkey alone.
pub const COOKIE: &str = "bulla_passkey";
/// Largest answer of a passkey, in bytes. Real ones have some thousand.
const ANSWER: usize = 64 * 1024;

/// What passkeys are made for: the name by which browsers find the instance, or why there can be none.
#[derive(Clone)]
pub struct Passkeys(Result<Arc<Webauthn>, &'static str>);

/// A passkey, as its owner sees it in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Passkey)]
pub struct PasskeyInfo {
    /// Its id.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: Moment,
    /// When it was last used.
    pub used_at: Option<Moment>,
}

/// What a challenge is for, and who asked for it.
pub(in crate::identity) enum Asked<'a> {
    /// To add a passkey, in this session.
    Adding(&'a str),
    /// To confirm that it is oneself, in this session.
    Confirming(&'a str),
    /// To end a sign-in, by the hash of its token.
    HalfWay(&'a [u8]),
    /// To sign in with the passkey alone, by the hash of a cookie.
    Alone(&'a [u8]),
}

impl Asked<'_> {
    fn id(&self) -> Vec<u8> {
        let (what, who) = match self {
            Self::Adding(session) => ("adding", session.as_bytes()),
            Self::Confirming(session) => ("confirming", session.as_bytes()),
            Self::HalfWay(token) => ("half-way", *token),
            Self::Alone(token) => ("alone", *token),
        };
        let mut context = Context::new(&SHA256);
        for part in [what.as_bytes(), &[0], who] {
            context.update(part);
        }
        context.finish().as_ref().to_vec()
    }
}

impl Passkeys {
    /// Those of an instance with this configuration.
    ///
    /// # Errors
    ///
    /// If the library refuses an address that passkeys can be made for.
    pub fn new(config: &Config) -> Result<Self> {
        let Some(url) = &config.public_url else {
            return Ok(Self(Err("this instance does not know its own name: an operator sets public-url, and then \
                                passkeys can be made for it")));
        };
        let Some(name) = url.domain() else {
            return Ok(Self(Err(
                "this instance is found by an IP address alone, and passkeys are made for names: an \
                                operator gives it a name and sets public-url",
            )));
        };
        // Browsers trust the machine itself without HTTPS, and nothing else.
        if url.scheme() != "https" && name != "localhost" {
            return Ok(Self(Err("passkeys need HTTPS, and the public-url of this instance begins with http")));
        }
        let site = WebauthnBuilder::new(name, url).and_then(|builder| builder.rp_name("Bulla").build());
        Ok(Self(Ok(Arc::new(site.map_err(Error::unexpected)?))))
    }

    /// Why nobody can have passkeys here.
    pub fn refusal(&self) -> Option<&'static str> {
        self.0.as_ref().err().copied()
    }

    fn site(&self) -> Result<&Webauthn> {
        match &self.0 {
            Ok(site) => Ok(site),
            Err(why) => Err(Error::Conflict { code: "no_passkeys", detail: (*why).to_owned() }),
        }
    }
}

/// Keeps the other half of a challenge in place of one that was asked for before.
///
/// This is no change of anybody's, so it has no audit event.
async fn keep(database: &Database, asked: &Asked<'_>, team: &str, state: &impl Serialize, now: i64) -> Result<()> {
    let state = serde_json::to_string(state).map_err(Error::unexpected)?;
    let mut transaction = database.begin().await?;
    sql!("delete from passkey_challenge where expires_at <= $1").bind(now).execute(&mut transaction).await?;
    sql!(
        "insert into passkey_challenge (id, team, state, expires_at) values ($1, $2, $3, $4) \
         on conflict (id) do update set state = excluded.state, expires_at = excluded.expires_at"
    )
    .bind(asked.id())
    .bind(team)
    .bind(state)
    .bind(now + LASTS)
    .execute(&mut transaction)
    .await?;
    Ok(transaction.commit().await?)
}

/// Takes the other half of a challenge out, whatever the answer is worth: of two answers one finds it.
async fn take<State: DeserializeOwned>(database: &Database, asked: &Asked<'_>, now: i64) -> Result<State> {
    let mut transaction = database.begin().await?;
    let found = sql!("delete from passkey_challenge where id = $1 and expires_at > $2 returning state")
        .bind(asked.id())
        .bind(now)
        .optional(&mut transaction)
        .await?;
    transaction.commit().await?;
    let Some(row) = found else {
        let detail = "the passkey was not asked for, or too long ago; try again".to_owned();
        return Err(Error::Conflict { code: "challenge_over", detail });
    };
    serde_json::from_str(&row.text("state")?).map_err(Error::unexpected)
}

fn read<Answer: DeserializeOwned>(path: &str, answer: &RawValue) -> Result<Answer> {
    let text = answer.get();
    if text.len() > ANSWER {
        return Err(Error::invalid(path, format!("the answer of a passkey has at most {ANSWER} bytes")));
    }
    serde_json::from_str(text).map_err(|_| Error::invalid(path, "this is not what a browser gives for a passkey"))
}

fn to_json(options: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(options).map_err(Error::unexpected)
}

fn info(row: &Row) -> Result<PasskeyInfo> {
    Ok(PasskeyInfo {
        id: PasskeyId(row.text("id")?),
        name: row.text("name")?,
        created_at: Moment(row.integer("created_at")?),
        used_at: row.integer_or_null("used_at")?.map(Moment),
    })
}

/// The passkeys of a person, the oldest first.
pub(super) async fn list(place: Place<'_>, person: &PersonId) -> Result<Vec<PasskeyInfo>> {
    sql!("select id, name, created_at, used_at from passkey where person = $1 order by created_at, id")
        .bind(person)
        .all(place)
        .await?
        .iter()
        .map(info)
        .collect()
}

/// The public halves of a person's passkeys.
async fn keys(place: Place<'_>, person: &PersonId) -> Result<Vec<Passkey>> {
    sql!("select credential from passkey where person = $1 order by created_at, id")
        .bind(person)
        .all(place)
        .await?
        .iter()
        .map(|row| serde_json::from_str(&row.text("credential")?).map_err(Error::unexpected))
        .collect()
}

/// The handle under which devices keep somebody's passkeys: their id, which says nothing of them.
fn handle(person: &PersonId) -> Result<Uuid> {
    Uuid::parse_str(person.as_str()).map_err(Error::unexpected)
}

fn session_id(op: &Operation) -> Result<&str> {
    op.signed_in().session().ok_or(Error::SignedOut)
}

fn too_many() -> Error {
    let detail = format!("there are {MOST} passkeys already; remove one first");
    Error::Conflict { code: "too_many_passkeys", detail }
}

/// Begins to add a passkey: what the browser is to ask a device for.
///
/// # Errors
///
/// [`Error::Conflict`] with `no_passkeys` where there can be none, with `too_many_passkeys`.
pub async fn begin_adding(op: &Operation, passkeys: &Passkeys, person: &Person) -> Result<serde_json::Value> {
    let site = passkeys.site()?;
    let change = op.change(Action::PasskeyBegin, op.person()).await?;
    let known = keys(op.reader().into(), &person.id).await?;
    if i64::try_from(known.len()).unwrap_or(MOST) >= MOST {
        return Err(too_many());
    }
    let known = known.iter().map(|key| key.cred_id().clone()).collect();
    let (options, state) = site
        .start_passkey_registration(handle(&person.id)?, &person.email, &person.name, Some(known))
        .map_err(Error::unexpected)?;
    let mut options = to_json(&options.public_key)?;
    // One that its device lists can be used without a password and an address.
    options["authenticatorSelection"]["residentKey"] = "preferred".into();
    change.commit().await?;
    keep(op.door().database(), &Asked::Adding(session_id(op)?), op.team(), &state, op.now).await?;
    Ok(options)
}

/// What a browser brings that has a new passkey.
#[derive(serde::Deserialize, utoipa::ToSchema)]
pub struct NewPasskey {
    /// What its owner calls it.
    pub name: String,
    /// The credential, as the browser's `toJSON` gives it.
    #[schema(value_type = Object)]
    pub credential: Box<RawValue>,
}

/// A passkey that was added.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Added {
    /// What it is.
    pub passkey: PasskeyInfo,
    /// Recovery codes, which are shown once. None where there were some already: those still work.
    pub recovery_codes: Vec<String>,
}

/// A name for a passkey.
fn checked(name: &str) -> Result<String> {
    let mut errors = Vec::new();
    let name = name_of("/name", "a name", name, &mut errors);
    if errors.is_empty() { Ok(name) } else { Err(Error::Invalid(errors)) }
}

/// Adds a passkey. With the first factor every other session ends: whoever sits there has not proved it.
///
/// # Errors
///
/// [`Error::Conflict`] with `challenge_over`, `passkey_taken` or `too_many_passkeys`, [`Error::Invalid`] for an answer that
/// is not right.
pub async fn finish_adding(
    op: &Operation,
    (passkeys, post): (&Passkeys, &Post),
    person: &Person,
    new: NewPasskey,
) -> Result<Added> {
    let site = passkeys.site()?;
    let name = checked(&new.name)?;
    let answer: RegisterPublicKeyCredential = read("/credential", &new.credential)?;
    let state: PasskeyRegistration = take(op.door().database(), &Asked::Adding(session_id(op)?), op.now).await?;
    let key = match site.finish_passkey_registration(&answer, &state) {
        Ok(key) => key,
        Err(error) => {
            let target = Target { kind: "person".to_owned(), id: person.id.0.clone() };
            op.refused(Action::PasskeyAdd, target, why(&error)).await?;
            return Err(Error::invalid("/credential", format!("this passkey was not added: {}", why(&error))));
        }
    };
    let mut change = op.change(Action::PasskeyAdd, op.person()).await?;
    let (id, now, team) = (PasskeyId::new(op.now), op.now, home(&mut change, &person.id).await?);
    // Of two that are added at once the second waits here, and is counted.
    sql!("update person set version = version where id = $1").bind(&person.id).execute(change.transaction()).await?;
    let before = super::factors(change.transaction().into(), &person.id).await?;
    if i64::try_from(before.passkeys.len()).unwrap_or(MOST) >= MOST {
        return Err(too_many());
    }
    let added = sql!(
        "insert into passkey (id, team, person, credential_id, credential, sign_count, name, created_at) \
         values ($1, $2, $3, $4, $5, 0, $6, $7)"
    )
    .bind(&id)
    .bind(team)
    .bind(&person.id)
    .bind(key.cred_id().to_vec())
    .bind(serde_json::to_string(&key).map_err(Error::unexpected)?)
    .bind(&name)
    .bind(now)
    .execute(change.transaction())
    .await;
    if let Err(bulla_db::Error::Conflict(_)) = added {
        let detail = "this passkey is in use already; add another one".to_owned();
        return Err(Error::Conflict { code: "passkey_taken", detail });
    }
    added?;
    change.about("passkey", &id);
    change.text("name", None, Some(&name));
    let recovery_codes = after_addition(&mut change, op, &person.id, &before, Kind::Passkey).await?;
    let what = format!("the passkey \u{201c}{name}\u{201d}");
    mail::write(&mut change, letters::factor_added(post, person, &what, op.origin(), now)).await?;
    change.commit().await?;
    Ok(Added { passkey: PasskeyInfo { id, name, created_at: Moment(now), used_at: None }, recovery_codes })
}

/// Gives one of one's own passkeys another name.
///
/// # Errors
///
/// [`Error::NotFound`], [`Error::Invalid`] for a name that will not do.
pub async fn rename(change: &mut Change, person: &PersonId, id: &PasskeyId, typed: &str) -> Result<PasskeyInfo> {
    let name = checked(typed)?;
    let before = named(change, person, id).await?;
    sql!("update passkey set name = $1 where id = $2").bind(&name).bind(id).execute(change.transaction()).await?;
    change.about("passkey", id);
    change.text("name", Some(&before.name), Some(&name));
    Ok(PasskeyInfo { name, ..before })
}

async fn named(change: &mut Change, person: &PersonId, id: &PasskeyId) -> Result<PasskeyInfo> {
    let row = sql!("select id, name, created_at, used_at from passkey where id = $1 and person = $2")
        .bind(id)
        .bind(person)
        .optional(change.transaction())
        .await?
        .ok_or(Error::NotFound { what: "passkey" })?;
    info(&row)
}

/// Removes one of one's own passkeys.
///
/// # Errors
///
/// [`Error::NotFound`], [`Error::Conflict`] with `factor_demanded` if the team demands a factor and there is no other.
pub async fn remove(op: &Operation, post: &Post, person: &Person, id: &PasskeyId) -> Result<()> {
    let mut change = op.change(Action::PasskeyRemove, op.person()).await?;
    let passkey = named(&mut change, &person.id, id).await?;
    sql!("delete from passkey where id = $1").bind(id).execute(change.transaction()).await?;
    after_removal(&mut change, op, &person.id).await?;
    change.about("passkey", id);
    change.text("name", Some(&passkey.name), None);
    let what = format!("the passkey \u{201c}{}\u{201d}", passkey.name);
    mail::write(&mut change, letters::factor_removed(post, person, &what, op.origin(), op.now)).await?;
    change.commit().await
}

/// Forgets every passkey of a person, and says whether there was one.
pub(super) async fn forget(change: &mut Change, person: &PersonId) -> Result<bool> {
    Ok(sql!("delete from passkey where person = $1").bind(person).execute(change.transaction()).await? > 0)
}

/// Asks for one of a person's passkeys: what the browser is to have a device sign.
///
/// # Errors
///
/// [`Error::Conflict`] with `no_passkeys` where there can be none or the person has none.
pub(in crate::identity) async fn ask(
    database: &Database,
    passkeys: &Passkeys,
    (asked, team): (&Asked<'_>, &str),
    person: &PersonId,
    now: i64,
) -> Result<serde_json::Value> {
    let site = passkeys.site()?;
    let keys = keys(database.read().into(), person).await?;
    if keys.is_empty() {
        let detail = "you have no passkey; use a code or your password".to_owned();
        return Err(Error::Conflict { code: "no_passkeys", detail });
    }
    let (options, state) = site.start_passkey_authentication(&keys).map_err(Error::unexpected)?;
    keep(database, asked, team, &state, now).await?;
    to_json(&options.public_key)
}

/// Looks at the answer of a passkey that was [asked](ask) for. A right one is still to be [taken in](accept).
///
/// # Errors
///
/// [`Error::Conflict`] with `challenge_over`, [`Error::Invalid`] for what is no answer.
pub(in crate::identity) async fn look(
    database: &Database,
    passkeys: &Passkeys,
    asked: &Asked<'_>,
    answer: &RawValue,
    now: i64,
) -> Result<Looked> {
    let site = passkeys.site()?;
    let answer: PublicKeyCredential = read("/passkey", answer)?;
    let state: PasskeyAuthentication = take(database, asked, now).await?;
    Ok(site.finish_passkey_authentication(&answer, &state).map_err(|error| why(&error)))
}

/// What an answer is worth: what it proves, or why it proves nothing.
pub(in crate::identity) type Looked = Result<AuthenticationResult, &'static str>;

/// Takes in what a passkey has proved, inside of the change that it permits: it must still be there, and its count must have
/// gone on.
pub(super) async fn accept(change: &mut Change, person: &PersonId, proved: &AuthenticationResult) -> Result<bool> {
    let now = change.now;
    // Whoever comes at the same time with the same passkey waits here.
    let found =
        sql!("update passkey set used_at = $1 where person = $2 and credential_id = $3 returning id, credential")
            .bind(now)
            .bind(person)
            .bind(proved.cred_id().to_vec())
            .optional(change.transaction())
            .await?;
    let Some(row) = found else { return Ok(false) };
    let mut key: Passkey = serde_json::from_str(&row.text("credential")?).map_err(Error::unexpected)?;
    key.update_credential(proved);
    let count = i64::from(proved.counter());
    // A device that does not count says zero each time.
    let counted = sql!(
        "update passkey set credential = $1, sign_count = $2 \
         where id = $3 and (sign_count < $2 or ($2 = 0 and sign_count = 0))"
    )
    .bind(serde_json::to_string(&key).map_err(Error::unexpected)?)
    .bind(count)
    .bind(row.text("id")?)
    .execute(change.transaction())
    .await?;
    Ok(counted == 1)
}

/// Why an answer is worth nothing, in words for the log and for people.
fn why(error: &WebauthnError) -> &'static str {
    match error {
        WebauthnError::CredentialPossibleCompromise => {
            "its count of signatures went back, so there may be a copy of it"
        }
        WebauthnError::UserNotVerified => "the device did not verify its owner",
        WebauthnError::InvalidRPOrigin | WebauthnError::InvalidRPIDHash | WebauthnError::CredentialCrossOrigin => {
            "it was used for another address than that of this instance"
        }
        WebauthnError::MismatchedChallenge => "it answers another question than the one that was asked",
        _ => "it does not hold",
    }
}

/// A challenge that somebody who is not signed in asks for: each is a row.
fn challenge(visit: &Visit) -> Guess<'_> {
    Guess::Challenge { address: visit.origin.address.as_deref(), now: visit.now }
}

/// Asks for the passkey of whoever has one: what the browser is to have a device sign, and the token for a cookie.
///
/// # Errors
///
/// [`Error::Conflict`] with `no_passkeys` where there can be none, [`Error::TooManyAttempts`] if many were asked for from the
/// same address within an hour and let nobody in.
pub async fn ask_anybody(visit: &Visit, passkeys: &Passkeys) -> Result<(serde_json::Value, Token)> {
    let site = passkeys.site()?;
    let attempt = attempt::count(visit.door.database(), challenge(visit), visit.now).await?;
    if let Some(refusal) = attempt.refusal(visit.now) {
        return Err(refusal);
    }
    let (options, state) = site.start_discoverable_authentication().map_err(Error::unexpected)?;
    let token = Token::random()?;
    let asked = session::token_hash(token.expose());
    keep(visit.door.database(), &Asked::Alone(&asked), "", &state, visit.now).await?;
    Ok((to_json(&options.public_key)?, token))
}

fn lets_nobody_in() -> Error {
    Error::invalid("/passkey", "this passkey lets nobody in here; sign in with your password")
}

/// Signs in whoever has the passkey that answers. It is both factors: something that they have, and that the device
/// verified them.
///
/// # Errors
///
/// [`Error::Invalid`] whatever is wrong with the passkey, [`Error::Conflict`] with `challenge_over`,
/// [`Error::TooManyAttempts`]. Answers are counted by address before they are looked at.
pub async fn sign_in(
    visit: &Visit,
    passkeys: &Passkeys,
    limits: Limits,
    token: &str,
    answer: &RawValue,
) -> Result<Begun> {
    let site = passkeys.site()?;
    let database = visit.door.database();
    let guess = Guess::Passkey { address: visit.origin.address.as_deref() };
    let attempt = attempt::count(database, guess, visit.now).await?;
    if let Some(refusal) = attempt.refusal(visit.now) {
        return Err(refusal);
    }
    let answer: PublicKeyCredential = read("/passkey", answer)?;
    let state: DiscoverableAuthentication =
        take(database, &Asked::Alone(&session::token_hash(token)), visit.now).await?;
    let Ok((handle, credential)) = site.identify_discoverable_authentication(&answer) else {
        return Err(lets_nobody_in());
    };
    let found = sql!("select person, credential from passkey where person = $1 and credential_id = $2")
        .bind(handle.to_string())
        .bind(credential.to_vec())
        .optional(visit.door.reader())
        .await?;
    let Some(row) = found else { return Err(lets_nobody_in()) };
    let person = PersonId(row.text("person")?);
    let key: Passkey = serde_json::from_str(&row.text("credential")?).map_err(Error::unexpected)?;
    let looked = site.finish_discoverable_authentication_v2(&answer, state, &key);
    let Some(keeper) = teams::keeper(visit.door.reader().into(), &person).await? else {
        return Err(lets_nobody_in());
    };
    let team = teams::entered(visit.door.reader().into(), &person).await?.unwrap_or_else(|| keeper.clone());
    let target = Target { kind: "person".to_owned(), id: person.0.clone() };
    let proved = match looked {
        Ok(proved) => proved,
        Err(error) => {
            visit.refused(&keeper, Action::SessionCreate, target, &format!("passkey: {}", why(&error))).await?;
            return Err(lets_nobody_in());
        }
    };
    let mut change = visit.change(&team, Action::SessionCreate.name(), target).await?;
    change.acts_as(&person);
    if !accept(&mut change, &person, &proved).await? {
        visit
            .abandon(change, Action::SessionCreate, "passkey: it is gone, or its count of signatures went back")
            .await?;
        return Err(lets_nobody_in());
    }
    let Some(session) = session_of(change.transaction().into(), &team, &person).await? else {
        return Err(lets_nobody_in());
    };
    attempt::forget(change.transaction(), &attempt).await?;
    attempt::take_back(change.transaction(), &Attempt::counted_before(challenge(visit))).await?;
    let (id, begun) = begin_session(&mut change, visit, session, limits, Some(Kind::Passkey)).await?;
    change.about("session", id);
    change.text("factor", None, Some(Kind::Passkey.name()));
    change.text("password", None, Some("not asked"));
    change.commit().await?;
    Ok(begun)
}
