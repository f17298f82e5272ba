//! API keys: what a program shows instead of a session, to act for the person who made it.
//!
//! A key has Postman's form, `PMAK-` and 24 hexadecimal digits that name it and 34 that are the secret; it is shown once,
//! and only its hash is stored. It holds no roles: what its person may do is read anew for every request, so that a
//! change of roles, the end of a membership and a revocation hold from the next one. A key that has ended, in whatever
//! way, never comes back. What is about an account itself stays with the person: see [`Action::needs_session`].

pub mod http;

mod letters;
mod warnings;

pub use warnings::{keep_warning, warn};

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use bulla_access::{Action, TeamRole};
use bulla_audit::Target;
use bulla_db::{Database, Place, Reader, Row, Transaction, sql};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::identity::{self, Credential, DAY, Person, SignedIn};
use crate::mail::{self, Post};
use crate::moment::Moment;
use crate::operation::{Change, Door, Visit};

/// Most keys that one person has at once.
pub const MOST: i64 = 25;
/// Most keys that a page of a team's list holds.
pub const PAGE: u32 = 200;
/// Longest time that a key may be given, in days.
pub const LONGEST: u32 = 3650;
/// Most characters of a name.
const NAME: usize = 64;
/// How often at most the last use is written, in milliseconds.
const SEEN: i64 = 60_000;
/// For how long the line of a key that has ended is kept, in milliseconds.
const KEPT: i64 = 180 * DAY;
/// Later than every moment, and still exact in JSON.
const NEVER: i64 = 9_000_000_000_000_000;
/// What every key begins with.
const PREFIX: &str = "PMAK-";
const NAMES: usize = 12;
const SECRETS: usize = 17;

/// A key as it was just made. It is shown once: no `Debug`, no `Serialize`.
pub struct NewKey {
    id: String,
    text: Zeroizing<String>,
}

impl NewKey {
    fn random(now: i64) -> Result<Self> {
        let mut bytes = Zeroizing::new([0; NAMES + SECRETS]);
        SystemRandom::new().fill(bytes.as_mut()).map_err(|_| Error::unexpected("the machine gives no randomness"))?;
        // As in Postman's keys the name begins with the second in which it was made.
        let seconds = u32::try_from(now / 1000).unwrap_or(u32::MAX);
        bytes[..4].copy_from_slice(&seconds.to_be_bytes());
        let (id, secret) = bytes.split_at(NAMES);
        let id = hex(id);
        let text = Zeroizing::new(format!("{PREFIX}{id}-{}", *Zeroizing::new(hex(secret))));
        Ok(Self { id, text })
    }

    /// The key itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Does this text have the form of a key?
pub fn is_key(text: &str) -> bool {
    let Some((id, secret)) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-')) else { return false };
    let is_hex = |text: &str, bytes: usize| {
        text.len() == 2 * bytes && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    is_hex(id, NAMES) && is_hex(secret, SECRETS)
}

/// What is stored of a key: its SHA-256. Its secret part has 136 random bits, so there is nothing to guess.
fn hash(key: &str) -> Vec<u8> {
    digest(&SHA256, key.as_bytes()).as_ref().to_vec()
}

/// A key, as its owner and the team's Admins see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// Its id, which is the part of the key that is no secret.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What may be shown of the key: its id, and the last two characters.
    pub masked: String,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last used, to the minute; null if it never was.
    #[schema(required)]
    pub last_used_at: Option<Moment>,
    /// When it ends, if it is not used until then; null if it does not end by itself.
    #[schema(required)]
    pub expires_at: Option<Moment>,
    /// After how many days without use it ends; null if it does not.
    #[schema(required)]
    pub idle_days: Option<i64>,
    /// Whether it can be used.
    pub status: Status,
    /// When it ended; null while it can be used.
    #[schema(required)]
    pub ended_at: Option<Moment>,
    /// Why it ended; null while it can be used.
    #[schema(required)]
    pub because: Option<Ending>,
}

/// A key of somebody in the team.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TeamApiKey {
    /// The key.
    #[serde(flatten)]
    pub key: ApiKey,
    /// Who made it and for whom it acts; null if they have left the team.
    #[schema(required)]
    pub owner: Option<Person>,
}

/// Whether a key can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyStatus)]
pub enum Status {
    /// It can.
    Active,
    /// Its time is over, or it was not used for too long.
    Expired,
    /// Somebody took it back.
    Revoked,
}

/// Why a key ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyEnding)]
pub enum Ending {
    /// Its owner revoked it.
    Owner,
    /// An Admin of the team revoked it.
    Admin,
    /// Its time was over.
    Age,
    /// It was not used for too long.
    Inactivity,
}

impl Ending {
    const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Age, Self::Inactivity];

    fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Age => "age",
            Self::Inactivity => "inactivity",
        }
    }

    /// Why a key is refused that ended so, for the audit log.
    fn because(self) -> &'static str {
        match self {
            Self::Owner => "the key was revoked by its owner",
            Self::Admin => "the key was revoked by an Admin",
            Self::Age => "the key has expired",
            Self::Inactivity => "the key has expired, because it was not used for too long",
        }
    }
}

/// What a team says of its members' keys. It holds for the keys there are and for new ones; of the team's word and the
/// owner's the stricter wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKeyPolicy)]
pub struct Policy {
    /// Counts up with each change.
    pub version: i64,
    /// May everybody make keys, or Admins and Super Admins alone?
    pub everybody: bool,
    /// How many days a key lasts in all; null for no end.
    #[schema(required)]
    pub age_days: Option<i64>,
    /// After how many days without use a key ends; null for never.
    #[schema(required)]
    pub idle_days: Option<i64>,
}

impl Policy {
    /// Of a team that has said nothing.
    const SILENT: Self = Self { version: 0, everybody: true, age_days: None, idle_days: None };

    /// May somebody who is this make keys?
    fn lets(&self, mut roles: impl Iterator<Item = TeamRole>) -> bool {
        self.everybody || roles.any(|role| matches!(role, TeamRole::SuperAdmin | TeamRole::Admin))
    }

    fn age(&self) -> i64 {
        self.age_days.map_or(NEVER, |days| days * DAY)
    }

    fn idle(&self) -> i64 {
        self.idle_days.map_or(NEVER, |days| days * DAY)
    }
}

/// What a stored key says of its own time.
struct Times {
    created_at: i64,
    used_at: Option<i64>,
    expires_at: Option<i64>,
    idle_limit: Option<i64>,
    ended: Option<(i64, Ending)>,
}

impl Times {
    fn read(row: &Row) -> Result<Self> {
        let ended = match (row.integer_or_null("ended_at")?, row.text_or_null("ended_because")?) {
            (Some(at), Some(name)) => {
                let ending = Ending::ALL.into_iter().find(|ending| ending.name() == name);
                Some((at, ending.ok_or_else(|| Error::unexpected(format!("a key ended by {name}")))?))
            }
            _ => None,
        };
        Ok(Self {
            created_at: row.integer("created_at")?,
            used_at: row.integer_or_null("used_at")?,
            expires_at: row.integer_or_null("expires_at")?,
            idle_limit: row.integer_or_null("idle_limit")?,
            ended,
        })
    }

    /// When it ends by itself under a team's policy, and why; `None` for never.
    fn end(&self, policy: &Policy) -> Option<(i64, Ending)> {
        let by_age = self.expires_at.unwrap_or(NEVER).min(self.created_at.saturating_add(policy.age()));
        let used_at = self.used_at.unwrap_or(self.created_at);
        let by_idleness = used_at.saturating_add(self.idle_limit.unwrap_or(NEVER).min(policy.idle()));
        let (at, because) =
            if by_age <= by_idleness { (by_age, Ending::Age) } else { (by_idleness, Ending::Inactivity) };
        (at < NEVER).then_some((at, because))
    }

    /// How it has ended, if it has at `now`.
    fn ended(&self, policy: &Policy, now: i64) -> Option<(i64, Ending)> {
        self.ended.or_else(|| self.end(policy).filter(|(at, _)| *at <= now))
    }
}

/// What is slowed down: wrong keys from one address, and the lines of the audit log about a key that has ended.
#[derive(Clone)]
pub struct Brake {
    wrong: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    told: Arc<DefaultKeyedRateLimiter<String>>,
}

/// Wrong keys that one address may show at once.
pub const WRONG: NonZeroU32 = NonZeroU32::new(60).expect("60 is not zero");
/// After how long it may show one more.
const ONE_MORE: Duration = Duration::from_secs(5);
/// How often the audit log says at most that a key was used that has ended.
const TOLD: Duration = Duration::from_secs(3600);
/// Addresses and keys that are remembered; of more, those are forgotten that have waited long enough.
const REMEMBERED: usize = 10_000;

impl Brake {
    /// One that knows nobody yet.
    pub fn new() -> Result<Self> {
        let quota = |period| Quota::with_period(period).ok_or_else(|| Error::unexpected("a period of no time"));
        Ok(Self {
            wrong: Arc::new(RateLimiter::keyed(quota(ONE_MORE)?.allow_burst(WRONG))),
            told: Arc::new(RateLimiter::keyed(quota(TOLD)?)),
        })
    }

    /// Counts one wrong key and returns what its bearer is told.
    fn refusal(&self, address: Option<IpAddr>) -> Error {
        if self.wrong.len() > REMEMBERED {
            self.wrong.retain_recent();
        }
        match address {
            Some(address) if self.wrong.check_key(&address).is_err() => {
                Error::TooManyKeys { seconds: ONE_MORE.as_secs() }
            }
            _ => Error::WrongKey,
        }
    }

    /// Is it time to say once more that this key was used although it has ended?
    fn is_news(&self, id: &str) -> bool {
        if self.told.len() > REMEMBERED {
            self.told.retain_recent();
        }
        self.told.check_key(&id.to_owned()).is_ok()
    }
}

/// Who is signed in by `key`.
///
/// # Errors
///
/// [`Error::WrongKey`] if there is no such key, it has ended, or its person is no member of its team any more: which of
/// them is not told. [`Error::TooManyKeys`] if the address has shown too many such keys. A right key is always taken.
pub async fn signed_in(visit: &Visit, brake: &Brake, key: &str, address: Option<IpAddr>) -> Result<SignedIn> {
    let reader = visit.door.reader();
    let found = match is_key(key) {
        true => {
            sql!(
                "select id, team, person, created_at, used_at, expires_at, idle_limit, ended_at, ended_because \
                 from api_key where hash = $1"
            )
            .bind(hash(key))
            .optional(reader)
            .await?
        }
        false => None,
    };
    let Some(row) = found else { return Err(brake.refusal(address)) };
    let (id, team, person) = (row.text("id")?, row.text("team")?, PersonId(row.text("person")?));
    let times = Times::read(&row)?;
    let ended = times.ended(&policy(reader.into(), &team).await?, visit.now);
    let standing = identity::standing(reader.into(), &team, &person).await?;
    let because = match (ended, standing) {
        (None, Some(standing)) => {
            if times.used_at.is_none_or(|used_at| used_at + SEEN < visit.now) {
                note_use(visit.door.database().clone(), id.clone(), visit.now);
            }
            return Ok(SignedIn::new(Credential::Key(id), person, team, standing));
        }
        (Some((_, ending)), _) => ending.because(),
        (None, None) => "its owner is no member of the team",
    };
    if brake.is_news(&id) {
        let target = Target { kind: "api-key".to_owned(), id };
        visit.refused(&team, Action::ApiKeyUse, target, because).await?;
    }
    Err(brake.refusal(address))
}

/// Notes beside the request that a key was used: reading must not wait for the writer. This is no change of anybody's, so
/// it has no audit event.
fn note_use(database: Database, id: String, now: i64) {
    tokio::spawn(async move {
        let written = async {
            let mut transaction = database.begin().await?;
            sql!("update api_key set used_at = $1 where id = $2 and ended_at is null and coalesce(used_at, 0) < $1")
                .bind(now)
                .bind(id)
                .execute(&mut transaction)
                .await?;
            transaction.commit().await
        };
        if let Err(error) = written.await {
            tracing::warn!(%error, "the last use of an API key was not written");
        }
    });
}

/// What a team says of its members' keys.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn policy(place: Place<'_>, team: &str) -> Result<Policy> {
    let row = sql!("select everybody, age_days, idle_days, version from api_key_policy where team = $1")
        .bind(team)
        .optional(place)
        .await?;
    let Some(row) = row else { return Ok(Policy::SILENT) };
    Ok(Policy {
        version: row.integer("version")?,
        everybody: row.claim("everybody")?,
        age_days: row.integer_or_null("age_days")?,
        idle_days: row.integer_or_null("idle_days")?,
    })
}

/// Changes what the team of `change` says of its members' keys.
///
/// A key that has ended under the old words or ends under the new ones stays ended, whatever is said later.
///
/// # Errors
///
/// [`Error::Invalid`] for a number of days that makes no sense, [`Error::Stale`] if it was changed since it was read.
pub async fn change_policy(change: &mut Change, post: &Post, new: Policy) -> Result<Policy> {
    within_limit("/ageDays", new.age_days)?;
    within_limit("/idleDays", new.idle_days)?;
    let (team, now) = (change.team().to_owned(), change.now);
    let old = policy(change.transaction().into(), &team).await?;
    let stale = |current: &Policy| match serde_json::to_value(current) {
        Ok(current) => Error::Stale { what: "policy of API keys", current: Box::new(current) },
        Err(error) => Error::unexpected(error),
    };
    if new.version != old.version {
        return Err(stale(&old));
    }
    // Said once more, it changes nothing and makes nobody's reading stale.
    if new == old {
        return Ok(old);
    }
    let ended = end_overdue(change.transaction(), &team, &old, now).await?;
    let written = sql!(
        "insert into api_key_policy (team, everybody, age_days, idle_days, version) values ($1, $2, $3, $4, 1) \
         on conflict (team) do update set everybody = excluded.everybody, age_days = excluded.age_days, \
         idle_days = excluded.idle_days, version = api_key_policy.version + 1 where api_key_policy.version = $5"
    )
    .bind(&team)
    .bind(new.everybody)
    .bind(new.age_days)
    .bind(new.idle_days)
    .bind(new.version)
    .execute(change.transaction())
    .await?;
    if written == 0 {
        return Err(stale(&policy(change.transaction().into(), &team).await?));
    }
    let by_policy = overdue(change, &team, &new, now).await?;
    let ended = ended + end_overdue(change.transaction(), &team, &new, now).await?;
    for (row, ending) in &by_policy {
        tell(change, post, row, *ending).await?;
    }
    let word = |policy: &Policy| if policy.everybody { "everybody" } else { "admins" };
    change.text("makers", Some(word(&old)), Some(word(&new)));
    change.number("ageDays", old.age_days, new.age_days);
    change.number("idleDays", old.idle_days, new.idle_days);
    change.number("ended", Some(0), i64::try_from(ended).ok());
    policy(change.transaction().into(), &team).await
}

/// The keys of a team that end under this policy and were not ended yet.
async fn overdue(change: &mut Change, team: &str, policy: &Policy, now: i64) -> Result<Vec<(Row, Ending)>> {
    let rows = sql!(
        "select id, person, name, created_at, used_at, expires_at, idle_limit, ended_at, ended_because from api_key \
         where team = $1 and ended_at is null"
    )
    .bind(team)
    .all(change.transaction())
    .await?;
    let mut overdue = Vec::new();
    for row in rows {
        if let Some((_, ending)) = Times::read(&row)?.ended(policy, now) {
            overdue.push((row, ending));
        }
    }
    Ok(overdue)
}

/// Writes down which keys of a team have ended by themselves, and returns how many those are.
async fn end_overdue(transaction: &mut Transaction, team: &str, policy: &Policy, now: i64) -> Result<u64> {
    let aged = sql!(
        "update api_key set ended_at = $1, ended_because = 'age' where team = $2 and ended_at is null \
         and (coalesce(expires_at, $3) <= $1 or created_at + $4 <= $1)"
    )
    .bind(now)
    .bind(team)
    .bind(NEVER)
    .bind(policy.age())
    .execute(transaction)
    .await?;
    let idle = sql!(
        "update api_key set ended_at = $1, ended_because = 'inactivity' where team = $2 and ended_at is null \
         and (coalesce(used_at, created_at) + coalesce(idle_limit, $3) <= $1 \
         or coalesce(used_at, created_at) + $4 <= $1)"
    )
    .bind(now)
    .bind(team)
    .bind(NEVER)
    .bind(policy.idle())
    .execute(transaction)
    .await?;
    Ok(aged + idle)
}

fn within_limit(path: &str, days: Option<i64>) -> Result<()> {
    match days {
        Some(days) if !(1..=i64::from(LONGEST)).contains(&days) => {
            Err(Error::invalid(path, format!("must be between 1 and {LONGEST} days")))
        }
        _ => Ok(()),
    }
}

fn name_of(typed: &str) -> Result<String> {
    let name = crate::limits::name("/name", typed)?;
    if name.chars().count() > NAME {
        return Err(Error::invalid("/name", format!("must have at most {NAME} characters")));
    }
    Ok(name)
}

/// What somebody says of a key that they make.
pub struct Wish<'w> {
    /// What it is to be called.
    pub name: &'w str,
    /// After how many days it ends.
    pub expires_in_days: Option<i64>,
    /// After how many days without use it ends.
    pub idle_days: Option<i64>,
}

/// Makes a key that acts for `owner`, who is in the team of `change`.
///
/// # Errors
///
/// [`Error::Invalid`] for a bad name or time, [`Error::Conflict`] if they have too many keys.
async fn create(change: &mut Change, post: &Post, owner: &PersonId, wish: &Wish<'_>) -> Result<(NewKey, ApiKey)> {
    let name = name_of(wish.name)?;
    within_limit("/expiresInDays", wish.expires_in_days)?;
    within_limit("/idleDays", wish.idle_days)?;
    let (team, now) = (change.team().to_owned(), change.now);
    let policy = policy(change.transaction().into(), &team).await?;
    sql!("delete from api_key where person = $1 and team = $2 and ended_at < $3")
        .bind(owner)
        .bind(&team)
        .bind(now - KEPT)
        .execute(change.transaction())
        .await?;
    let alive = own(change.transaction().into(), &team, owner, now).await?;
    let alive = alive.iter().filter(|key| key.status == Status::Active).count();
    if i64::try_from(alive).unwrap_or(i64::MAX) >= MOST {
        let detail = format!("you have {alive} API keys, and no more are allowed; revoke one that you do not need");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    let key = NewKey::random(now)?;
    sql!(
        "insert into api_key (id, team, person, name, hash, ending, created_at, expires_at, idle_limit) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    )
    .bind(&key.id)
    .bind(&team)
    .bind(owner)
    .bind(&name)
    .bind(hash(&key.text))
    .bind(&key.text[key.text.len() - 2..])
    .bind(now)
    .bind(wish.expires_in_days.map(|days| now + days * DAY))
    .bind(wish.idle_days.map(|days| days * DAY))
    .execute(change.transaction())
    .await?;
    change.about("api-key", &key.id);
    change.text("name", None, Some(&name));
    change.text("owner", None, Some(owner.as_str()));
    change.number("expiresInDays", None, wish.expires_in_days);
    change.number("idleDays", None, wish.idle_days);
    let by_operator = change.person().is_none();
    if let Some(owner) = identity::member(change.transaction().into(), &team, owner).await? {
        mail::write(change, letters::made(post, &owner, &name, by_operator, now)).await?;
    }
    let row = stored(change.transaction().into(), &team, &key.id).await?;
    let shown = shown(&row, &policy, now)?;
    Ok((key, shown))
}

/// Makes a key for whoever asks.
///
/// # Errors
///
/// As [`create`], and [`Error::Forbidden`] if the team lets only its Admins make keys.
pub async fn create_own(
    change: &mut Change,
    post: &Post,
    signed_in: &SignedIn,
    wish: &Wish<'_>,
) -> Result<(NewKey, ApiKey)> {
    let team = change.team().to_owned();
    let policy = policy(change.transaction().into(), &team).await?;
    if !policy.lets(signed_in.roles.iter().map(|grant| grant.role)) {
        let because = "your team lets only its Admins make API keys".to_owned();
        return Err(Error::Forbidden { because });
    }
    create(change, post, &signed_in.person, wish).await
}

/// Makes a key for the person with this address, for the operator at the machine.
///
/// # Errors
///
/// [`Error::NotFound`] if nobody has this address, and as [`create`].
pub async fn create_as_operator(door: &Door, post: &Post, email: &str, name: &str) -> Result<NewKey> {
    let Some((person, team)) = identity::person_with_email(door.reader(), email).await? else {
        return Err(Error::NotFound { what: "person" });
    };
    let target = Target { kind: "api-key".to_owned(), id: String::new() };
    let mut change = door.operator(&team, Action::ApiKeyCreate.name(), target).await?;
    let wish = Wish { name, expires_in_days: None, idle_days: None };
    let (key, _) = create(&mut change, post, &person, &wish).await?;
    change.commit().await?;
    Ok(key)
}

async fn stored(place: Place<'_>, team: &str, id: &str) -> Result<Row> {
    sql!(
        "select id, person, name, ending, created_at, used_at, expires_at, idle_limit, ended_at, ended_because \
         from api_key where id = $1 and team = $2"
    )
    .bind(id)
    .bind(team)
    .optional(place)
    .await?
    .ok_or(Error::NotFound { what: "API key" })
}

fn shown(row: &Row, policy: &Policy, now: i64) -> Result<ApiKey> {
    let (id, times) = (row.text("id")?, Times::read(row)?);
    let ended = times.ended(policy, now);
    let idle = times.idle_limit.unwrap_or(NEVER).min(policy.idle());
    Ok(ApiKey {
        name: row.text("name")?,
        masked: format!("{PREFIX}{id}-{}{}", "*".repeat(6), row.text("ending")?),
        id,
        created_at: Moment(times.created_at),
        last_used_at: times.used_at.map(Moment),
        expires_at: times.end(policy).map(|(at, _)| Moment(at)),
        idle_days: (idle < NEVER).then_some(idle / DAY),
        status: match ended {
            None => Status::Active,
            Some((_, Ending::Age | Ending::Inactivity)) => Status::Expired,
            Some((_, Ending::Owner | Ending::Admin)) => Status::Revoked,
        },
        ended_at: ended.map(|(at, _)| Moment(at)),
        because: ended.map(|(_, ending)| ending),
    })
}

/// The keys of a person in a team, the newest first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn own(mut place: Place<'_>, team: &str, person: &PersonId, now: i64) -> Result<Vec<ApiKey>> {
    let policy = policy(place.again(), team).await?;
    sql!(
        "select id, name, ending, created_at, used_at, expires_at, idle_limit, ended_at, ended_because \
         from api_key where person = $1 and team = $2 order by id desc"
    )
    .bind(person)
    .bind(team)
    .all(place)
    .await?
    .iter()
    .map(|row| shown(row, &policy, now))
    .collect()
}

/// Which keys of a team are asked for.
#[derive(Default)]
pub struct Filter<'f> {
    /// Those of this person.
    pub person: Option<&'f PersonId>,
    /// Those that can be used, or those that cannot.
    pub active: Option<bool>,
    /// Those that come after this one.
    pub after: Option<&'f str>,
}

/// The keys of a team, the newest first, at most `limit`.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn list(
    reader: Reader<'_>,
    team: &str,
    filter: &Filter<'_>,
    limit: u32,
    now: i64,
) -> Result<Vec<TeamApiKey>> {
    let policy = policy(reader.into(), team).await?;
    // A key can be used if it was not ended and no time of its own or of the team's is over.
    let rows = sql!(
        "select id, person, name, ending, created_at, used_at, expires_at, idle_limit, ended_at, ended_because \
         from api_key where team = $1 and ($2 = '' or person = $2) and ($3 = '' or id < $3) \
         and ($4 = -1 or $4 = (case when ended_at is null and coalesce(expires_at, $5) > $6 and created_at + $7 > $6 \
         and coalesce(used_at, created_at) + coalesce(idle_limit, $5) > $6 \
         and coalesce(used_at, created_at) + $8 > $6 then 1 else 0 end)) order by id desc limit $9"
    )
    .bind(team)
    .bind(filter.person.map(PersonId::as_str).unwrap_or_default())
    .bind(filter.after.unwrap_or_default())
    .bind(filter.active.map_or(-1, i64::from))
    .bind(NEVER)
    .bind(now)
    .bind(policy.age())
    .bind(policy.idle())
    .bind(limit.min(PAGE))
    .all(reader)
    .await?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in &rows {
        keys.push(with_owner(reader, team, row, &policy, now).await?);
    }
    Ok(keys)
}

async fn with_owner(reader: Reader<'_>, team: &str, row: &Row, policy: &Policy, now: i64) -> Result<TeamApiKey> {
    let owner = identity::member(reader.into(), team, &PersonId(row.text("person")?)).await?;
    Ok(TeamApiKey { key: shown(row, policy, now)?, owner })
}

/// The key of the team that this is, ended or not: for whoever found a key somewhere and asks whose it is.
///
/// # Errors
///
/// [`Error::NotFound`] if it is none of the team's.
pub async fn find(reader: Reader<'_>, team: &str, key: &str, now: i64) -> Result<TeamApiKey> {
    let row = sql!(
        "select id, person, name, ending, created_at, used_at, expires_at, idle_limit, ended_at, ended_because \
         from api_key where hash = $1 and team = $2"
    )
    .bind(hash(key.trim()))
    .bind(team)
    .optional(reader)
    .await?
    .ok_or(Error::NotFound { what: "API key" })?;
    with_owner(reader, team, &row, &policy(reader.into(), team).await?, now).await
}

/// Gives a key of `person` another name.
///
/// # Errors
///
/// [`Error::NotFound`] if they have no such key, [`Error::Invalid`] for a bad name.
pub async fn rename(change: &mut Change, person: &PersonId, id: &str, name: &str) -> Result<ApiKey> {
    let (team, now, name) = (change.team().to_owned(), change.now, name_of(name)?);
    let row = of_person(change, person, id).await?;
    sql!("update api_key set name = $1 where id = $2").bind(&name).bind(id).execute(change.transaction()).await?;
    change.about("api-key", id);
    change.text("name", Some(&row.text("name")?), Some(&name));
    let policy = policy(change.transaction().into(), &team).await?;
    shown(&stored(change.transaction().into(), &team, id).await?, &policy, now)
}

async fn of_person(change: &mut Change, person: &PersonId, id: &str) -> Result<Row> {
    let team = change.team().to_owned();
    let row = stored(change.transaction().into(), &team, id).await?;
    if row.text("person")? == person.0 { Ok(row) } else { Err(Error::NotFound { what: "API key" }) }
}

/// Revokes a key of `person` at their own word. It is refused from the next request on.
///
/// # Errors
///
/// [`Error::NotFound`] if they have no such key, [`Error::Conflict`] with `ended` if it has ended already.
pub async fn revoke_own(change: &mut Change, person: &PersonId, id: &str) -> Result<()> {
    let row = of_person(change, person, id).await?;
    revoke(change, &row, Ending::Owner).await
}

/// Revokes a key of somebody in the team of `change`. It is refused from the next request on.
///
/// # Errors
///
/// [`Error::NotFound`] if the team has no such key, [`Error::Conflict`] with `ended` if it has ended already.
pub async fn revoke_in_team(change: &mut Change, post: &Post, id: &str) -> Result<()> {
    let team = change.team().to_owned();
    let row = stored(change.transaction().into(), &team, id).await?;
    revoke(change, &row, Ending::Admin).await?;
    tell(change, post, &row, Ending::Admin).await
}

/// Which keys of a team are ended at once.
#[derive(Clone, Copy, Default)]
pub struct Choice<'c> {
    /// Those of this person alone.
    pub person: Option<&'c PersonId>,
    /// Those that were made so many days ago or earlier.
    pub older_than_days: Option<i64>,
    /// Those that were not used for so many days.
    pub unused_days: Option<i64>,
}

/// The ids of the keys of `team` that can be used and are chosen, the oldest first, at most `limit`.
///
/// # Errors
///
/// [`Error::Invalid`] for a number of days that makes no sense.
pub async fn chosen(reader: Reader<'_>, team: &str, choice: Choice<'_>, limit: u32, now: i64) -> Result<Vec<String>> {
    within_limit("/olderThanDays", choice.older_than_days)?;
    within_limit("/unusedDays", choice.unused_days)?;
    let policy = policy(reader.into(), team).await?;
    let before = |days: Option<i64>| days.map_or(NEVER, |days| now - days * DAY);
    sql!(
        "select id from api_key where team = $1 and ($2 = '' or person = $2) and created_at <= $3 \
         and coalesce(used_at, created_at) <= $4 and ended_at is null and coalesce(expires_at, $5) > $6 \
         and created_at + $7 > $6 and coalesce(used_at, created_at) + coalesce(idle_limit, $5) > $6 \
         and coalesce(used_at, created_at) + $8 > $6 order by id limit $9"
    )
    .bind(team)
    .bind(choice.person.map(PersonId::as_str).unwrap_or_default())
    .bind(before(choice.older_than_days))
    .bind(before(choice.unused_days))
    .bind(NEVER)
    .bind(now)
    .bind(policy.age())
    .bind(policy.idle())
    .bind(limit)
    .all(reader)
    .await?
    .iter()
    .map(|row| Ok(row.text("id")?))
    .collect()
}

/// Ends every key of somebody who goes from the team of `change`, and returns how many there were. They do not come back
/// with their owner.
///
/// # Errors
///
/// If the database refuses.
pub async fn forget_person(change: &mut Change, person: &PersonId) -> Result<u64> {
    let (team, now, by) = (change.team().to_owned(), change.now, change.person());
    let ending = if by.as_ref() == Some(person) { Ending::Owner } else { Ending::Admin };
    Ok(sql!(
        "update api_key set ended_at = $1, ended_by = $2, ended_because = $3 \
         where person = $4 and team = $5 and ended_at is null"
    )
    .bind(now)
    .bind(by.map(|person| person.0))
    .bind(ending.name())
    .bind(person)
    .bind(&team)
    .execute(change.transaction())
    .await?)
}

/// How many keys of somebody in `team` nobody has ended.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn count_of(place: Place<'_>, team: &str, person: &PersonId) -> Result<i64> {
    let row = sql!("select count(*) as total from api_key where person = $1 and team = $2 and ended_at is null")
        .bind(person)
        .bind(team)
        .one(place)
        .await?;
    Ok(row.integer("total")?)
}

/// Tells the owner of a key that it was ended by others, if they are still in the team.
async fn tell(change: &mut Change, post: &Post, row: &Row, ending: Ending) -> Result<()> {
    let (team, now, person) = (change.team().to_owned(), change.now, PersonId(row.text("person")?));
    if change.person().as_ref() == Some(&person) {
        return Ok(());
    }
    if let Some(owner) = identity::member(change.transaction().into(), &team, &person).await? {
        mail::write(change, letters::ended(post, &owner, &row.text("name")?, ending, now)).await?;
    }
    Ok(())
}

async fn revoke(change: &mut Change, row: &Row, ending: Ending) -> Result<()> {
    let (id, now) = (row.text("id")?, change.now);
    let by = change.person();
    let ended =
        sql!("update api_key set ended_at = $1, ended_by = $2, ended_because = $3 where id = $4 and ended_at is null")
            .bind(now)
            .bind(by.map(|person| person.0))
            .bind(ending.name())
            .bind(&id)
            .execute(change.transaction())
            .await?;
    if ended == 0 {
        let detail = "the API key has ended already; it cannot be used any more".to_owned();
        return Err(Error::Conflict { code: "ended", detail });
    }
    change.about("api-key", &id);
    change.text("name", Some(&row.text("name")?), None);
    change.text("owner", Some(&row.text("person")?), None);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_form_that_clients_check() {
        let key = NewKey::random(1_682_407_768_000).unwrap();
        assert!(is_key(key.expose()), "{}", key.id);
        assert_eq!(key.expose().len(), 64);
        // 2023-04-25 07:29:28 UTC, the second of the sample in Postman's documentation.
        assert_eq!(&key.id[..8], "64478158");
        assert!(key.expose().starts_with(&format!("PMAK-{}-", key.id)));
        for (text, expected) in [
            ("PMAK-644781584627df042afa6655-0123456789abcdef0123456789abcdef01", true),
            ("PMAK-644781584627df042afa6655-0123456789ABCDEF0123456789abcdef01", false),
            ("PMAK-644781584627df042afa665-0123456789abcdef0123456789abcdef01", false),
            ("PMAK-644781584627df042afa6655-0123456789abcdef0123456789abcdef0", false),
            ("PMAT-644781584627df042afa6655-0123456789abcdef0123456789abcdef01", false),
            ("PMAK-644781584627df042afa6655", false),
            ("", false),
        ] {
            assert_eq!(is_key(text), expected, "{text}");
        }
    }

    #[test]
    fn of_the_owners_word_and_the_teams_the_stricter_wins() {
        let times = |used: Option<i64>, expires: Option<i64>, idle: Option<i64>| Times {
            created_at: 100 * DAY,
            used_at: used.map(|day| day * DAY),
            expires_at: expires.map(|day| day * DAY),
            idle_limit: idle.map(|days| days * DAY),
            ended: None,
        };
        let policy = |age_days, idle_days| Policy { age_days, idle_days, ..Policy::SILENT };
        for (times, policy, expected) in [
            (times(None, None, None), policy(None, None), None),
            (times(None, Some(130), None), policy(None, None), Some((130, Ending::Age))),
            (times(None, Some(130), None), policy(Some(7), None), Some((107, Ending::Age))),
            (times(None, Some(103), None), policy(Some(7), None), Some((103, Ending::Age))),
            (times(None, None, Some(30)), policy(None, None), Some((130, Ending::Inactivity))),
            (times(Some(120), None, Some(30)), policy(None, Some(7)), Some((127, Ending::Inactivity))),
            (times(Some(120), None, Some(5)), policy(None, Some(7)), Some((125, Ending::Inactivity))),
            (times(Some(120), Some(126), None), policy(None, Some(7)), Some((126, Ending::Age))),
        ] {
            let end = times.end(&policy).map(|(at, because)| (at / DAY, because));
            assert_eq!(end, expected);
        }
        let over = times(None, Some(130), None);
        assert_eq!(over.ended(&Policy::SILENT, 130 * DAY - 1), None);
        assert_eq!(over.ended(&Policy::SILENT, 130 * DAY), Some((130 * DAY, Ending::Age)));
    }
}
