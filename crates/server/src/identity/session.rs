//! Sessions: a random token in a cookie, of which only the hash is stored.
//!
//! A session ends at a fixed time after its sign-in, and earlier when it was not used for a while. Every sign-in makes a
//! new token and ends the session that the browser had before.

use bulla_access::{Grant, Plan, TeamRole};
use bulla_db::{Database, Place, Reader, Row, Transaction, sql};
use zeroize::Zeroizing;

use super::factor::Kind;
use crate::error::{Error, Result};
use crate::id::{self, PersonId};
use crate::moment::Moment;

/// The name of the session cookie.
pub const COOKIE: &str = "bulla_session";
/// How often at most the time of the last use is written, in milliseconds.
const SEEN: i64 = 60_000;

/// How exactly it is known when a member was last active, in milliseconds.
const ACTIVE: i64 = 5 * 60_000;

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Without use, in milliseconds.
    pub idle: i64,
    /// In all, in milliseconds.
    pub absolute: i64,
}

impl Limits {
    /// Three days without use, thirty in all.
    pub const USUAL: Self = Self { idle: 3 * DAY, absolute: 30 * DAY };
}

/// Milliseconds of a day.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;

/// What somebody showed to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A session of theirs, by its id.
    Session(String),
    /// An API key of theirs, by its id.
    Key(String),
}

/// Who is signed in, read anew for every request.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// What let them in.
    pub credential: Credential,
    /// The person.
    pub person: PersonId,
    /// The team they act in.
    pub team: String,
    /// What they are in it.
    pub roles: Vec<Grant<TeamRole>>,
    /// What the team has paid for.
    pub plan: Plan,
    /// The second factor that they proved when they signed in.
    pub factor: Option<String>,
    /// Does the team demand one?
    pub factor_demanded: bool,
    /// When they last proved that it is them, in milliseconds since the epoch.
    pub confirmed_at: i64,
}

impl SignedIn {
    /// Have they not shown the second factor that the team demands?
    pub fn lacks_factor(&self) -> bool {
        self.factor_demanded && self.factor.is_none()
    }
}

/// What somebody is in a team.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Their roles in it.
    pub roles: Vec<Grant<TeamRole>>,
    /// What the team has paid for.
    pub plan: Plan,
    /// Does the team demand a second factor?
    pub factor_demanded: bool,
}

impl SignedIn {
    /// Somebody who was let in.
    pub fn new(credential: Credential, person: PersonId, team: String, standing: Standing) -> Self {
        let Standing { roles, plan, factor_demanded } = standing;
        Self { credential, person, team, roles, plan, factor: None, factor_demanded, confirmed_at: 0 }
    }

    /// The id of the session, if that is what let them in.
    pub fn session(&self) -> Option<&str> {
        match &self.credential {
            Credential::Session(id) => Some(id),
            Credential::Key(_) => None,
        }
    }

    /// The id of the API key, if that is what let them in.
    pub fn key(&self) -> Option<&str> {
        match &self.credential {
            Credential::Key(id) => Some(id),
            Credential::Session(_) => None,
        }
    }
}

/// The token of a session. It is shown once, to the browser: no `Debug`, no `Serialize`.
pub struct Token(Zeroizing<String>);

impl Token {
    pub(crate) fn random() -> Result<Self> {
        use base64::Engine;
        let bytes = Zeroizing::new(super::random::<32>()?);
        Ok(Self(Zeroizing::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes.as_ref()))))
    }

    pub(super) fn from_text(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text that goes into the cookie.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A session, as its owner sees it in a list.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionInfo {
    /// Its id; not the token.
    pub id: String,
    /// When it began.
    pub created_at: Moment,
    /// When it was last used, to the minute.
    pub last_seen_at: Moment,
    /// The address it began from.
    pub address: String,
    /// The browser it began in, by its own word.
    pub agent: String,
    /// The name of the team that it acts in.
    pub team: String,
    /// Is it the one that asks?
    pub current: bool,
}

/// What is stored of a token: its SHA-256. The token has 256 random bits, so there is nothing to guess.
pub(crate) fn token_hash(token: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

/// Who holds the session of this token, if it still holds at `now`.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn signed_in(database: &Database, token: &str, now: i64) -> Result<Option<SignedIn>> {
    let row = sql!(
        "select id, person, team, last_seen_at, factor, confirmed_at from session \
         where token = $1 and expires_at > $2 and last_seen_at + idle_limit > $2"
    )
    .bind(token_hash(token))
    .bind(now)
    .optional(database.read())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (session, person, team) = (row.text("id")?, PersonId(row.text("person")?), row.text("team")?);
    let Some(standing) = standing(database.read().into(), &team, &person).await? else { return Ok(None) };
    if row.integer("last_seen_at")? + SEEN < now {
        let (database, session) = (database.clone(), session.clone());
        let (team, person) = (team.clone(), person.clone());
        // Beside the request: reading must not wait for the writer.
        tokio::spawn(async move {
            if let Err(error) = seen(&database, &session, (&team, &person), now).await {
                tracing::warn!(%error, "the last use of a session was not written");
            }
        });
    }
    Ok(Some(SignedIn {
        factor: row.text_or_null("factor")?,
        confirmed_at: row.integer("confirmed_at")?,
        ..SignedIn::new(Credential::Session(session), person, team, standing)
    }))
}

/// What `person` is in `team`, with a session or a key.
///
/// Whoever is no member any more is a stranger, whatever sessions and keys they have left: no role, no standing.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn standing(place: Place<'_>, team: &str, person: &PersonId) -> Result<Option<Standing>> {
    let rows = sql!(
        "select team.plan as plan, team.factor_demanded as factor_demanded, held_role.role as role, \
         held_role.group_name as group_name from team \
         join held_role on held_role.team = team.id where team.id = $1 and held_role.person = $2 \
         order by held_role.role, coalesce(held_role.group_name, '')"
    )
    .bind(team)
    .bind(person)
    .all(place)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let plan = super::plan_named(&first.text("plan")?)?;
    let roles = rows.iter().map(super::grant_in).collect::<Result<_>>()?;
    Ok(Some(Standing { roles, plan, factor_demanded: first.claim("factor_demanded")? }))
}

/// Notes that a session was used, and its owner was active. This is no change of anybody's, so it has no audit event.
async fn seen(database: &Database, session: &str, (team, person): (&str, &PersonId), now: i64) -> Result<()> {
    let mut transaction = database.begin().await?;
    active(&mut transaction, team, person, now).await?;
    sql!("update session set last_seen_at = $1 where id = $2 and last_seen_at < $1")
        .bind(now)
        .bind(session)
        .execute(&mut transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Has a session act in another team of its owner, and gives it a new token.
///
/// # Errors
///
/// If the database refuses, or the session has ended.
pub(super) async fn switch(
    transaction: &mut Transaction,
    session: &str,
    (team, person): (&str, &PersonId),
    now: i64,
) -> Result<Token> {
    let token = Token::random()?;
    let found = sql!("update session set token = $1, team = $2, last_seen_at = $3 where id = $4 and person = $5")
        .bind(token_hash(token.expose()))
        .bind(team)
        .bind(now)
        .bind(session)
        .bind(person)
        .execute(transaction)
        .await?;
    if found != 1 {
        return Err(Error::SignedOut);
    }
    arrived(transaction, team, person, now).await?;
    Ok(token)
}

/// Notes that somebody came into a team, to the millisecond: their next sign-in leads there.
pub(super) async fn arrived(transaction: &mut Transaction, team: &str, person: &PersonId, now: i64) -> Result<()> {
    sql!(
        "insert into member_activity (team, person, active_at) values ($1, $2, $3) \
         on conflict (team, person) do update set active_at = excluded.active_at"
    )
    .bind(team)
    .bind(person)
    .bind(now)
    .execute(transaction)
    .await?;
    Ok(())
}

/// Notes that a member was active. With several sessions it is written once in [`ACTIVE`].
async fn active(transaction: &mut Transaction, team: &str, person: &PersonId, now: i64) -> Result<()> {
    sql!(
        "insert into member_activity (team, person, active_at) values ($1, $2, $3) \
         on conflict (team, person) do update set active_at = excluded.active_at \
         where member_activity.active_at + $4 < excluded.active_at"
    )
    .bind(team)
    .bind(person)
    .bind(now)
    .bind(ACTIVE)
    .execute(transaction)
    .await?;
    Ok(())
}

/// Where a session begins.
pub struct Beginning<'b> {
    /// Whose it is.
    pub person: &'b PersonId,
    /// The team they act in.
    pub team: &'b str,
    /// The address of the request.
    pub address: Option<&'b str>,
    /// The browser, by its own word.
    pub agent: Option<&'b str>,
    /// How long it lasts.
    pub limits: Limits,
    /// The second factor that was proved.
    pub factor: Option<Kind>,
    /// Milliseconds since the epoch.
    pub now: i64,
}

/// Begins a session and returns its id and its token. Sessions of the person that are over are forgotten.
///
/// # Errors
///
/// If it cannot be stored.
pub(super) async fn begin(transaction: &mut Transaction, beginning: &Beginning<'_>) -> Result<(String, Token)> {
    let (id, token) = (id::new(beginning.now), Token::random()?);
    sql!("delete from session where person = $1 and (expires_at <= $2 or last_seen_at + idle_limit <= $2)")
        .bind(beginning.person)
        .bind(beginning.now)
        .execute(transaction)
        .await?;
    sql!(
        "insert into session \
         (id, team, person, token, created_at, last_seen_at, expires_at, idle_limit, address, agent, factor, \
         confirmed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $5)"
    )
    .bind(&id)
    .bind(beginning.team)
    .bind(beginning.person)
    .bind(token_hash(token.expose()))
    .bind(beginning.now)
    .bind(beginning.now)
    .bind(beginning.now.saturating_add(beginning.limits.absolute))
    .bind(beginning.limits.idle)
    .bind(beginning.address.unwrap_or_default())
    .bind(beginning.agent.unwrap_or_default())
    .bind(beginning.factor.map(Kind::name))
    .execute(transaction)
    .await?;
    active(transaction, beginning.team, beginning.person, beginning.now).await?;
    Ok((id, token))
}

/// Notes that the owner of a session has proved that it is them, and gives it a new token.
///
/// # Errors
///
/// If the database refuses, or the session has ended.
pub(super) async fn confirm(
    transaction: &mut Transaction,
    session: &str,
    factor: Option<Kind>,
    now: i64,
) -> Result<Token> {
    let token = Token::random()?;
    let found = sql!("update session set token = $1, confirmed_at = $2, factor = coalesce($3, factor) where id = $4")
        .bind(token_hash(token.expose()))
        .bind(now)
        .bind(factor.map(Kind::name))
        .bind(session)
        .execute(transaction)
        .await?;
    if found == 1 { Ok(token) } else { Err(Error::SignedOut) }
}

/// Notes that no session of a person rests on a second factor: they have none any more.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn disprove_all(transaction: &mut Transaction, person: &PersonId) -> Result<()> {
    sql!("update session set factor = null where person = $1").bind(person).execute(transaction).await?;
    Ok(())
}

/// Notes that a second factor was proved in a session.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn prove(transaction: &mut Transaction, session: &str, factor: Kind) -> Result<()> {
    sql!("update session set factor = $1 where id = $2").bind(factor.name()).bind(session).execute(transaction).await?;
    Ok(())
}

/// Ends the session of this token, if there is one: the browser has a new one now.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn replace(transaction: &mut Transaction, token: &str) -> Result<()> {
    sql!("delete from session where token = $1").bind(token_hash(token)).execute(transaction).await?;
    Ok(())
}

/// The sessions of a person that still hold, the last used first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn sessions(reader: Reader<'_>, signed_in: &SignedIn, now: i64) -> Result<Vec<SessionInfo>> {
    sql!(
        "select session.id as id, session.created_at as created_at, last_seen_at, address, agent, team.name as team \
         from session join team on team.id = session.team \
         where person = $1 and expires_at > $2 and last_seen_at + idle_limit > $2 \
         order by last_seen_at desc, session.id desc"
    )
    .bind(&signed_in.person)
    .bind(now)
    .all(reader)
    .await?
    .iter()
    .map(|row| info(row, signed_in))
    .collect()
}

fn info(row: &Row, signed_in: &SignedIn) -> Result<SessionInfo> {
    let id = row.text("id")?;
    Ok(SessionInfo {
        created_at: Moment(row.integer("created_at")?),
        last_seen_at: Moment(row.integer("last_seen_at")?),
        address: row.text("address")?,
        agent: row.text("agent")?,
        team: row.text("team")?,
        current: signed_in.session() == Some(id.as_str()),
        id,
    })
}

/// The sessions of `person` that act in `team` and still hold, the last used first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn in_team(
    reader: Reader<'_>,
    team: &str,
    person: &PersonId,
    (signed_in, now): (&SignedIn, i64),
) -> Result<Vec<SessionInfo>> {
    sql!(
        "select session.id as id, session.created_at as created_at, last_seen_at, address, agent, team.name as team \
         from session join team on team.id = session.team where session.team = $1 and person = $2 \
         and expires_at > $3 and last_seen_at + idle_limit > $3 order by last_seen_at desc, session.id desc"
    )
    .bind(team)
    .bind(person)
    .bind(now)
    .all(reader)
    .await?
    .iter()
    .map(|row| info(row, signed_in))
    .collect()
}

/// Ends every session of a person but the one they are in, and returns how many there were.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn end_others(transaction: &mut Transaction, signed_in: &SignedIn) -> Result<u64> {
    let ended = sql!("delete from session where person = $1 and id <> $2")
        .bind(&signed_in.person)
        .bind(signed_in.session().unwrap_or_default())
        .execute(transaction)
        .await?;
    Ok(ended)
}

/// Ends every session of a person that acts in `team`, and returns how many there were.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn end_in_team(transaction: &mut Transaction, team: &str, person: &PersonId) -> Result<u64> {
    Ok(sql!("delete from session where team = $1 and person = $2").bind(team).bind(person).execute(transaction).await?)
}

/// Notes that an Admin ended the sessions of a member in `team`: one that acts in another team comes back there after its owner
/// has proved anew that it is them, and not before.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn revoke(transaction: &mut Transaction, team: &str, person: &PersonId, now: i64) -> Result<()> {
    sql!(
        "insert into session_revocation (team, person, revoked_at) values ($1, $2, $3) \
         on conflict (team, person) do update set revoked_at = excluded.revoked_at"
    )
    .bind(team)
    .bind(person)
    .bind(now)
    .execute(transaction)
    .await?;
    Ok(())
}

/// Has an Admin ended the sessions of `person` in `team` since they proved last that it is them?
///
/// # Errors
///
/// If the database cannot be read.
pub(super) async fn is_revoked(place: Place<'_>, team: &str, person: &PersonId, confirmed_at: i64) -> Result<bool> {
    let row = sql!("select revoked_at from session_revocation where team = $1 and person = $2 and revoked_at >= $3")
        .bind(team)
        .bind(person)
        .bind(confirmed_at)
        .optional(place)
        .await?;
    Ok(row.is_some())
}

/// Forgets what was noted of somebody who is no member any more.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn forget_revocation(transaction: &mut Transaction, team: &str, person: &PersonId) -> Result<()> {
    sql!("delete from session_revocation where team = $1 and person = $2")
        .bind(team)
        .bind(person)
        .execute(transaction)
        .await?;
    Ok(())
}

/// Ends every session of a person but the one of this token, by its hash, and returns how many there were.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn end_all_but(transaction: &mut Transaction, person: &PersonId, token: &[u8]) -> Result<u64> {
    Ok(sql!("delete from session where person = $1 and token <> $2")
        .bind(person)
        .bind(token)
        .execute(transaction)
        .await?)
}

/// Ends every session of a person, and returns how many there were.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn end_all(transaction: &mut Transaction, person: &PersonId) -> Result<u64> {
    Ok(sql!("delete from session where person = $1").bind(person).execute(transaction).await?)
}

/// Ends one session of `person`.
///
/// # Errors
///
/// [`Error::NotFound`] if they have none with this id.
pub async fn end(transaction: &mut Transaction, person: &PersonId, session: &str) -> Result<()> {
    let ended = sql!("delete from session where id = $1 and person = $2")
        .bind(session)
        .bind(person)
        .execute(transaction)
        .await?;
    if ended == 0 {
        return Err(Error::NotFound { what: "session" });
    }
    Ok(())
}
