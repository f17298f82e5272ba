//! People, their accounts and their sessions.
//!
//! The first set-up makes the team and its Super Admin and closes for good. From then on accounts are made by the team's
//! admins. No role lives in a session, so that a change of roles holds from the next request. Whether somebody has an
//! account is told to nobody outside of the team: the wrong password and the wrong address answer alike, in words and
//! in time.

pub mod http;

mod attempt;
mod confirmation;
pub mod departure;
mod device;
pub mod email_change;
pub mod factor;
mod halfway;
mod letters;
mod password;
pub mod policy;
pub mod profile;
mod reset;
pub mod roster;
mod session;
pub mod teams;

pub use attempt::Attempt;
pub use attempt::{FIRST as FIRST_WAIT, FREE as FREE_ATTEMPTS, FREE_BY_ADDRESS};
pub use confirmation::{Confirmation, LASTS as CONFIRMED, ask as ask_to_confirm, confirm};
pub use device::{COOKIE as DEVICE_COOKIE, LASTS as DEVICE_LASTS};
pub use factor::Passkeys;
pub use factor::passkey::{COOKIE as PASSKEY_COOKIE, LASTS as PASSKEY_LASTS};
pub use halfway::{COOKIE as HALF_WAY_COOKIE, LASTS as HALF_WAY, ask as ask_half_way, finish as finish_sign_in};
pub use password::{Cost, Password, Passwords, Verdict};
pub use reset::{PasswordReset, finish as finish_reset, request as request_reset};
pub use session::{
    COOKIE, Credential, Limits, SessionInfo, SignedIn, Standing, Token, end as end_session,
    in_team as sessions_in_team, sessions, signed_in, standing,
};
pub(crate) use session::{DAY, token_hash};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use bulla_access::{Action, Actor, Assignment, AssignmentRefusal, Grant, Plan, TeamRole};
use bulla_audit::Target;
use bulla_db::{Place, Reader, Transaction, sql};

use crate::error::{Error, FieldError, Result};
use crate::id::{self, GroupId, PersonId};
use crate::mail::{self, Post};
use crate::moment::Moment;
use crate::notifications::{self, Kind, Notice};
use crate::operation::{Change, Door, Operation, Visit};
use crate::workspaces;
use attempt::Guess;
use session::Beginning;

/// The first numeric id; Postman's have as many digits.
const FIRST_NUMERIC_ID: i64 = 10_000_001;
/// Most characters of a name.
const NAME: usize = 200;
/// Most bytes of an address (RFC 5321, 4.5.3.1.3, less the angle brackets).
const EMAIL: usize = 254;

/// A person, as other members of their team see them.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Their id as Postman's API has it.
    pub numeric_id: i64,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// A person with what they are in the team.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamPerson {
    /// Who it is.
    #[serde(flatten)]
    pub person: Person,
    /// Their greatest role: `super-admin`, `admin`, `developer`, `billing`, `community-manager`, `api-network-manager`.
    pub role: &'static str,
    /// All their roles, the greatest first.
    pub roles: Vec<&'static str>,
}

impl TeamPerson {
    /// A person with at least one role.
    fn new(person: Person, mut roles: Vec<TeamRole>) -> Self {
        // Declared from the greatest to the least.
        roles.sort_unstable();
        let roles: Vec<_> = roles.into_iter().map(TeamRole::name).collect();
        Self { person, role: roles.first().copied().unwrap_or_default(), roles }
    }
}

/// A team, as one of its members sees it.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
pub struct TeamMembership {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The greatest role of the member.
    pub role: &'static str,
}

/// A team.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `free`, `basic`, `professional` or `enterprise`.
    pub plan: &'static str,
    /// When it was made.
    pub created_at: Moment,
    /// Is it the first team of the instance? Its Super Admins answer for that, and accounts are made in it alone.
    pub first: bool,
}

/// The team with this id.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn team(place: Place<'_>, id: &str) -> Result<Team> {
    let row = sql!(
        "select id, name, plan, created_at, (select count(*) from instance where instance.team = team.id) as first \
         from team where id = $1"
    )
    .bind(id)
    .optional(place)
    .await?
    .ok_or(Error::NotFound { what: "team" })?;
    Ok(Team {
        id: row.text("id")?,
        name: row.text("name")?,
        plan: plan_named(&row.text("plan")?)?.name(),
        created_at: Moment(row.integer("created_at")?),
        first: row.claim("first")?,
    })
}

fn plan_named(name: &str) -> Result<Plan> {
    Plan::named(name).ok_or_else(|| Error::unexpected(format!("unknown plan {name}")))
}

/// Gives the team of `change` another plan.
///
/// # Errors
///
/// If the database refuses.
pub async fn change_plan(change: &mut Change, plan: Plan) -> Result<Team> {
    let id = change.team().to_owned();
    let before = team(change.transaction().into(), &id).await?;
    sql!("update team set plan = $1 where id = $2").bind(plan.name()).bind(&id).execute(change.transaction()).await?;
    change.text("plan", Some(before.plan), Some(plan.name()));
    Ok(Team { plan: plan.name(), ..before })
}

/// Who is signed in, and where.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The person.
    pub person: Person,
    /// The team they act in.
    pub team: TeamMembership,
    /// Does the team demand a second factor that they have not proved? They can do nothing else then than set one up.
    pub factor_needed: bool,
}

/// An address that somebody wrote, which has the form of one.
#[derive(Clone, Debug)]
pub struct Address {
    /// As it was written.
    pub email: String,
    /// As accounts are found by it: without regard to case.
    pub key: String,
}

impl Address {
    /// An address that stands at `path` of a body.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if it has not the form of one.
    pub fn read(path: &str, email: &str) -> Result<Self> {
        let email = email.trim().to_owned();
        let plausible = email.len() <= EMAIL
            && !email.chars().any(|c| c.is_control() || c.is_whitespace())
            && email.rsplit_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
        match plausible {
            true => Ok(Self { key: email_key(&email), email }),
            false => Err(Error::invalid(path, "an email address is needed, such as ana@example.com")),
        }
    }
}

/// A person who is to get an account, with every field in order.
pub struct NewPerson {
    name: String,
    email: String,
    email_key: String,
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::unexpected("the machine gives no randomness"))?;
    Ok(bytes)
}

fn role_named(name: &str) -> Result<TeamRole> {
    TeamRole::named(name).ok_or_else(|| Error::unexpected(format!("unknown team role {name}")))
}

/// An address as accounts are found by it: without regard to case.
fn email_key(email: &str) -> String {
    // No address holds U+0000, and PostgreSQL has no place for it: such a guess is counted like any other.
    email.trim().to_lowercase().replace('\0', "\u{fffd}")
}

/// A name as it is kept: without blanks around it.
fn name_of(path: &str, what: &str, name: &str, errors: &mut Vec<FieldError>) -> String {
    let name = name.trim();
    let complaint = match name.chars().count() {
        0 => Some(format!("{what} is needed")),
        1..=NAME if name.chars().any(char::is_control) => Some(format!("{what} may not hold control characters")),
        1..=NAME => None,
        _ => Some(format!("{what} may have at most {NAME} characters")),
    };
    errors.extend(complaint.map(|message| FieldError { path: path.to_owned(), message }));
    name.to_owned()
}

impl NewPerson {
    /// Takes the fields in and notes in `errors` what is wrong with them.
    fn read(name: &str, email: &str, password: &Password, errors: &mut Vec<FieldError>) -> Self {
        let name = name_of("/name", "a name", name, errors);
        let email = match Address::read("/email", email) {
            Ok(address) => address.email,
            Err(Error::Invalid(wrong)) => {
                errors.extend(wrong);
                email.trim().to_owned()
            }
            Err(_) => email.trim().to_owned(),
        };
        if let Some(message) = password.complaint(&[&name, &email]) {
            errors.push(FieldError { path: "/password".to_owned(), message });
        }
        Self { email_key: email_key(&email), name, email }
    }

    /// A new member of a team.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn new(name: &str, email: &str, password: &Password) -> Result<Self> {
        let mut errors = Vec::new();
        let person = Self::read(name, email, password, &mut errors);
        if errors.is_empty() { Ok(person) } else { Err(Error::Invalid(errors)) }
    }
}

/// The first person and their team, with every field in order.
pub struct FirstPerson {
    person: NewPerson,
    team_name: String,
}

impl FirstPerson {
    /// The first person of an instance.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn new(name: &str, email: &str, password: &Password, team_name: &str) -> Result<Self> {
        let mut errors = Vec::new();
        let person = NewPerson::read(name, email, password, &mut errors);
        let team_name = name_of("/teamName", "a name for the team", team_name, &mut errors);
        if errors.is_empty() { Ok(Self { person, team_name }) } else { Err(Error::Invalid(errors)) }
    }
}

/// Is the first set-up still to be done?
///
/// # Errors
///
/// If the database cannot be read.
pub async fn setup_is_open(reader: Reader<'_>) -> Result<bool> {
    Ok(sql!("select id from instance").optional(reader).await?.is_none())
}

fn setup_closed() -> Error {
    Error::Conflict {
        code: "setup_closed",
        detail: "this instance has its first account already; sign in, or ask an admin for an account".to_owned(),
    }
}

/// Makes the team and its Super Admin. `change` must be in a new team, and `password` be a hash.
///
/// # Errors
///
/// [`Error::Conflict`] with `setup_closed` if somebody did it before; of two at once one wins.
pub async fn set_up(change: &mut Change, first: &FirstPerson, password: &str) -> Result<Session> {
    let (team, now) = (change.team().to_owned(), change.now);
    if sql!("select id from instance").optional(change.transaction()).await?.is_some() {
        return Err(setup_closed());
    }
    insert_team(change, &team, &first.team_name).await?;
    let made = sql!("insert into instance (id, team, last_numeric_id, created_at) values (1, $1, $2, $3)")
        .bind(&team)
        .bind(FIRST_NUMERIC_ID - 1)
        .bind(now)
        .execute(change.transaction())
        .await;
    match made {
        // PostgreSQL lets the second of two wait here for the first.
        Err(bulla_db::Error::Conflict(_)) => return Err(setup_closed()),
        other => other?,
    };
    let person = create(change, &first.person, &[TeamRole::SuperAdmin], password).await?;
    change.acts_as(&person.id);
    change.about("team", &team);
    change.text("team", None, Some(&first.team_name));
    change.text("person", None, Some(person.id.as_str()));
    Ok(Session {
        person,
        team: TeamMembership { id: team, name: first.team_name.clone(), role: TeamRole::SuperAdmin.name() },
        factor_needed: false,
    })
}

/// Makes a team with nobody in it, and its key. It has what the greatest plan has: on an instance of one's own that costs
/// nothing.
async fn insert_team(change: &mut Change, id: &str, name: &str) -> Result<()> {
    let (now, vault) = (change.now, change.vault().clone());
    sql!("insert into team (id, name, plan, created_at) values ($1, $2, $3, $4)")
        .bind(id)
        .bind(name)
        .bind(Plan::Enterprise.name())
        .bind(now)
        .execute(change.transaction())
        .await?;
    vault.create_team_key(change.transaction(), id, now).await
}

/// Makes the team and its Super Admin for the operator at the machine.
///
/// # Errors
///
/// As [`set_up`].
pub async fn set_up_as_operator(
    door: &Door,
    passwords: &Passwords,
    first: &FirstPerson,
    password: Password,
) -> Result<Session> {
    if !setup_is_open(door.reader()).await? {
        return Err(setup_closed());
    }
    let hash = passwords.hash(password).await?;
    let team = id::new(crate::moment::now());
    let target = Target { kind: "team".to_owned(), id: team.clone() };
    let mut change = door.operator(&team, Action::TeamCreate.name(), target).await?;
    let session = set_up(&mut change, first, &hash).await?;
    change.acts_as_operator();
    change.commit().await?;
    Ok(session)
}

/// Makes an account for somebody in the team of `change`. `password` is a hash.
///
/// # Errors
///
/// [`Error::Conflict`] with `email_taken` if an account has this address, [`Error::Forbidden`] in another team than the
/// first of the instance.
pub async fn create_person(
    change: &mut Change,
    new: &NewPerson,
    roles: &[TeamRole],
    password: &str,
) -> Result<TeamPerson> {
    let team = change.team().to_owned();
    if !teams::is_first(change.transaction().into(), &team).await? {
        // Whoever makes an account for an address knows its password, and others would take its owner for who it names.
        let because =
            "accounts are made in the first team of the instance alone; invite the address instead".to_owned();
        return Err(Error::Forbidden { because });
    }
    let taken = sql!("select id from person where email_key = $1")
        .bind(&new.email_key)
        .optional(change.transaction())
        .await?
        .is_some();
    let email_taken = || Error::Conflict {
        code: "email_taken",
        detail: format!("there is an account with the address {} already; invite it into the team", new.email),
    };
    if taken {
        return Err(email_taken());
    }
    roster::has_room(change, 1).await?;
    let person = match create(change, new, roles, password).await {
        Err(Error::Database(bulla_db::Error::Conflict(_))) => return Err(email_taken()),
        other => other?,
    };
    change.about("person", &person.id);
    Ok(TeamPerson::new(person, roles.to_vec()))
}

async fn create(change: &mut Change, new: &NewPerson, roles: &[TeamRole], password: &str) -> Result<Person> {
    let (team, now) = (change.team().to_owned(), change.now);
    let numeric_id = next_numeric_id(change).await?;
    let id = PersonId::new(now);
    sql!(
        "insert into person (id, team, numeric_id, name, email, email_key, password, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(&id)
    .bind(&team)
    .bind(numeric_id)
    .bind(&new.name)
    .bind(&new.email)
    .bind(&new.email_key)
    .bind(password)
    .bind(now)
    .execute(change.transaction())
    .await?;
    for role in roles {
        give_role(change, &id, *role).await?;
    }
    workspaces::create_personal(change, &id).await?;
    change.text("name", None, Some(&new.name));
    change.text("email", None, Some(&new.email));
    change.text("role", None, Some(&names(roles)));
    Ok(Person { id, numeric_id, name: new.name.clone(), email: new.email.clone() })
}

fn names(roles: &[TeamRole]) -> String {
    roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")
}

/// Has somebody with this address, as accounts are found by it, a role in `team`?
///
/// # Errors
///
/// If the database cannot be read.
pub async fn is_member(place: Place<'_>, team: &str, email_key: &str) -> Result<bool> {
    let row = sql!(
        "select id from person where email_key = $1 \
         and exists (select 1 from membership where team = $2 and person = person.id)"
    )
    .bind(email_key)
    .bind(team)
    .optional(place)
    .await?;
    Ok(row.is_some())
}

/// Whoever has the account with this address, once they have shown its password; `None` if there is no such account.
///
/// # Errors
///
/// [`Error::Invalid`] for the wrong password, [`Error::TooManyAttempts`].
pub async fn returning(
    visit: &Visit,
    passwords: &Passwords,
    email: &str,
    password: Password,
) -> Result<Option<PersonId>> {
    let key = email_key(email);
    let Some(account) = account(visit.door.reader(), &key).await? else { return Ok(None) };
    let counted = Counted::password(visit, &key, Some(&account)).await?;
    if let Some(refusal) = counted.refusal(visit.now) {
        return Err(refusal);
    }
    if passwords.verify(password, Some(&account.password)).await? == Verdict::Wrong {
        refused(visit, Action::InviteAccept, Some(&account), "wrong password").await?;
        return Err(Error::invalid("/password", "this is not the password of the account that you have"));
    }
    let mut transaction = visit.door.database().begin().await?;
    counted.settle(&mut transaction).await?;
    transaction.commit().await?;
    Ok(Some(account.person))
}

/// A password that was counted before it was looked at.
struct Counted {
    /// Absent where the address must wait: that is not held against the account.
    of_account: Option<Attempt>,
    /// Absent where the browser is known to the account.
    of_address: Option<Attempt>,
}

impl Counted {
    async fn password(visit: &Visit, email_key: &str, account: Option<&Account>) -> Result<Self> {
        let (database, address, now) = (visit.door.database(), visit.origin.address.as_deref(), visit.now);
        let of_address = match device::knows(visit, account.map(|account| &account.person)).await? {
            true => None,
            false => Some(attempt::count(database, Guess::AnyPassword { address, now }, now).await?),
        };
        let waits = of_address.as_ref().is_some_and(|attempt| attempt.refusal(now).is_some());
        let of_account = match waits {
            true => None,
            false => Some(attempt::count(database, Guess::Password { email_key, address }, now).await?),
        };
        Ok(Self { of_account, of_address })
    }

    fn each(&self) -> impl Iterator<Item = &Attempt> {
        self.of_address.iter().chain(&self.of_account)
    }

    /// The refusal, if it must be refused without a look.
    fn refusal(&self, now: i64) -> Option<Error> {
        self.each().find_map(|attempt| attempt.refusal(now))
    }

    /// Is it the first one that is refused in this wait?
    fn is_first_refused(&self) -> bool {
        self.each().any(|attempt| attempt.is_first_refused)
    }

    /// Takes in that the password was right.
    async fn settle(&self, transaction: &mut Transaction) -> Result<()> {
        if let Some(attempt) = &self.of_account {
            attempt::forget(transaction, attempt).await?;
        }
        if let Some(attempt) = &self.of_address {
            attempt::take_back(transaction, attempt).await?;
        }
        Ok(())
    }
}

/// Takes an account that was made before into the team of `change`.
///
/// # Errors
///
/// [`Error::Conflict`] with `member_already`.
pub async fn join(change: &mut Change, person: &PersonId, roles: &[TeamRole]) -> Result<()> {
    let team = change.team().to_owned();
    if member(change.transaction().into(), &team, person).await?.is_some() {
        let detail = "this account is in the team already; sign in".to_owned();
        return Err(Error::Conflict { code: "member_already", detail });
    }
    teams::has_room_for_another(change, person).await?;
    roster::has_room(change, 1).await?;
    for role in roles {
        give_role(change, person, *role).await?;
    }
    // Their next sign-in leads there.
    let now = change.now;
    session::arrived(change.transaction(), &team, person, now).await?;
    workspaces::create_personal(change, person).await
}

/// Whoever is signed in by the cookie of `visit`, if they have this address and have proved what their team demands.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn signed_in_as(visit: &Visit, email_key: &str) -> Result<Option<SignedIn>> {
    let Some(token) = &visit.token else { return Ok(None) };
    let Some(signed_in) = session::signed_in(visit.door.database(), token, visit.now).await? else { return Ok(None) };
    if signed_in.lacks_factor() {
        return Ok(None);
    }
    let row = sql!("select id from person where id = $1 and email_key = $2")
        .bind(&signed_in.person)
        .bind(email_key)
        .optional(visit.door.reader())
        .await?;
    Ok(row.map(|_| signed_in))
}

/// Has the session of somebody who has come into the team of `change` go on there, with another token.
///
/// # Errors
///
/// [`Error::SignedOut`] if the session has ended meanwhile.
pub async fn bring_session(change: &mut Change, signed_in: &SignedIn) -> Result<Begun> {
    let (team, now) = (change.team().to_owned(), change.now);
    let session = signed_in.session().ok_or(Error::SignedOut)?;
    let there = session_of(change.transaction().into(), &team, &signed_in.person).await?.ok_or(Error::SignedOut)?;
    let token = session::switch(change.transaction(), session, (&team, &signed_in.person), now).await?;
    for log in [&team, &signed_in.team] {
        let target = Target { kind: "session".to_owned(), id: session.to_owned() };
        let fields = [("team", Some(signed_in.team.as_str()), Some(team.as_str()))];
        change.also_in_team(log, Action::TeamSwitch.name(), target, &fields);
    }
    Ok(Begun { session: teams::seen_from(there, signed_in), token, device: None })
}

/// Has every other change of who is what in the team of `change` wait for this one.
///
/// # Errors
///
/// If the database refuses.
pub async fn lock_team(change: &mut Change) -> Result<()> {
    let team = change.team().to_owned();
    sql!("update team set name = name where id = $1").bind(&team).execute(change.transaction()).await?;
    Ok(())
}

/// May somebody with the roles `held` give these ones to somebody new?
///
/// # Errors
///
/// [`Error::Forbidden`] if not.
pub async fn judge_giving(change: &mut Change, held: &[TeamRole], roles: &[TeamRole]) -> Result<()> {
    let others = roles_of_others(change, &PersonId(String::new())).await?;
    let super_admin_by_group = super_admin_by_group(change).await?;
    let assignment =
        Assignment { actor: held, own: false, before: &[], after: roles, others: &others, super_admin_by_group };
    judge(&assignment)
}

fn judge(assignment: &Assignment<'_>) -> Result<()> {
    assignment.judge().map_err(|refusal| match refusal {
        AssignmentRefusal::NoRole => Error::invalid("/roles", refusal.to_string()),
        AssignmentRefusal::Last(_) => Error::Conflict { code: "last_admin", detail: refusal.to_string() },
        AssignmentRefusal::NotManaged(_) | AssignmentRefusal::SuperAdminOnly | AssignmentRefusal::Own => {
            Error::Forbidden { because: refusal.to_string() }
        }
    })
}

/// The first `most` Admins and Super Admins of the team of `change`, by their own role or through a group that counts.
///
/// # Errors
///
/// If the database refuses.
pub async fn admins(change: &mut Change, most: i64) -> Result<Vec<PersonId>> {
    let team = change.team().to_owned();
    let plan = self::team(change.transaction().into(), &team).await?.plan;
    sql!(
        "select distinct person from held_role where team = $1 and role in ('super-admin', 'admin') \
         and (group_name is null or $2 = 1) order by person limit $3"
    )
    .bind(&team)
    .bind(plan == Plan::Enterprise.name())
    .bind(most)
    .all(change.transaction())
    .await?
    .iter()
    .map(|row| Ok(PersonId(row.text("person")?)))
    .collect()
}

/// Does some group of the team of `change` make anybody a Super Admin?
async fn super_admin_by_group(change: &mut Change) -> Result<bool> {
    let team = change.team().to_owned();
    let count = sql!(
        "select count(*) as total from held_role where team = $1 and role = 'super-admin' and group_name is not null"
    )
    .bind(&team)
    .one(change.transaction())
    .await?
    .integer("total")?;
    Ok(count > 0)
}

/// Counts a secret of an invite that is tried, by the address of whoever tries it.
///
/// # Errors
///
/// [`Error::TooManyAttempts`], or if it cannot be written.
pub async fn count_secret(visit: &Visit) -> Result<Attempt> {
    let guess = Guess::Secret { address: visit.origin.address.as_deref() };
    let attempt = attempt::count(visit.door.database(), guess, visit.now).await?;
    attempt.refusal(visit.now).map_or(Ok(attempt), Err)
}

/// Counts a mail that is asked for, by the address it goes to and that of whoever asks.
///
/// # Errors
///
/// [`Error::TooManyAttempts`], or if it cannot be written.
pub async fn count_asking(visit: &Visit, address: &Address) -> Result<Attempt> {
    let guess = Guess::Link { email_key: &address.key, address: visit.origin.address.as_deref() };
    let attempt = attempt::count(visit.door.database(), guess, visit.now).await?;
    attempt.refusal(visit.now).map_or(Ok(attempt), Err)
}

/// Forgets what was counted: the right secret was shown.
///
/// # Errors
///
/// If the database refuses.
pub async fn forget_attempt(visit: &Visit, attempt: &Attempt) -> Result<()> {
    let mut transaction = visit.door.database().begin().await?;
    attempt::forget(&mut transaction, attempt).await?;
    Ok(transaction.commit().await?)
}

/// A numeric id that nothing else of the instance has, for what Postman's API names by a number.
///
/// # Errors
///
/// If the database refuses.
pub async fn next_numeric_id(change: &mut Change) -> Result<i64> {
    Ok(sql!("update instance set last_numeric_id = last_numeric_id + 1 returning last_numeric_id")
        .one(change.transaction())
        .await?
        .integer("last_numeric_id")?)
}

/// A session that has begun: what the browser is told, and the token for its cookie.
pub struct Begun {
    /// Who is signed in, and where.
    pub session: Session,
    /// For the cookie.
    pub token: Token,
    /// For the cookie by which the browser is known, if it was not.
    pub device: Option<Token>,
}

/// Begins the session of somebody who was just let in, and ends the one that the browser had before.
///
/// # Errors
///
/// If it cannot be stored.
pub async fn begin_session(
    change: &mut Change,
    visit: &Visit,
    session: Session,
    limits: Limits,
    factor: Option<factor::Kind>,
) -> Result<(String, Begun)> {
    if let Some(old) = &visit.token {
        session::replace(change.transaction(), old).await?;
    }
    let team = change.team().to_owned();
    let beginning = Beginning {
        person: &session.person.id,
        team: &team,
        address: visit.origin.address.as_deref(),
        agent: visit.origin.agent.as_deref(),
        limits,
        factor,
        now: visit.now,
    };
    let (id, token) = session::begin(change.transaction(), &beginning).await?;
    let device = device::greet(change, visit, &session.person.id).await?;
    let session = Session { factor_needed: session.factor_needed && factor.is_none(), ..session };
    Ok((id, Begun { session, token, device }))
}

/// What somebody types to sign in.
#[derive(serde::Deserialize, utoipa::ToSchema)]
pub struct Credentials {
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: Password,
}

/// How a sign-in with the right password goes on.
pub enum Entry {
    /// They are in.
    In(Begun),
    /// One of these second factors is asked for; this token stands for the first step.
    HalfWay(Token, factor::Factors),
}

/// Signs somebody in, or half in: where they have a second factor, [`finish_sign_in`] asks for it.
///
/// # Errors
///
/// [`Error::WrongCredentials`] whether the address or the password is wrong, [`Error::TooManyAttempts`] if this address
/// has guessed too often, whatever the password is. Both are audited.
pub async fn sign_in(visit: &Visit, passwords: &Passwords, limits: Limits, credentials: Credentials) -> Result<Entry> {
    let key = email_key(&credentials.email);
    let database = visit.door.database();
    let account = account(visit.door.reader(), &key).await?;
    let counted = Counted::password(visit, &key, account.as_ref()).await?;
    if let Some(refusal) = counted.refusal(visit.now) {
        if counted.is_first_refused() {
            refused(visit, Action::SessionCreate, account.as_ref(), "too many attempts").await?;
        }
        return Err(refusal);
    }
    let stored = account.as_ref().map(|account| account.password.as_str());
    let verdict = passwords.verify(credentials.password.clone(), stored).await?;
    let (Some(account), Verdict::Right { outdated }) = (&account, verdict) else {
        refused(visit, Action::SessionCreate, account.as_ref(), "wrong credentials").await?;
        return Err(Error::WrongCredentials);
    };
    let renewed = match outdated {
        true => Some(passwords.hash(credentials.password).await?),
        false => None,
    };

    let entered = teams::entered(visit.door.reader().into(), &account.person).await?;
    let team = entered.unwrap_or_else(|| account.team.clone());
    let factors = factor::factors(visit.door.reader().into(), &account.person).await?;
    if factors.any() {
        // The event of the sign-in is written when it is whole.
        let mut transaction = database.begin().await?;
        renew(&mut transaction, account, renewed).await?;
        counted.settle(&mut transaction).await?;
        let token = halfway::begin(&mut transaction, &team, &account.person, visit.now).await?;
        transaction.commit().await?;
        return Ok(Entry::HalfWay(token, factors));
    }
    let target = Target { kind: "session".to_owned(), id: String::new() };
    let mut change = visit.change(&team, Action::SessionCreate.name(), target).await?;
    change.acts_as(&account.person);
    // Asked again inside the transaction: the account may have been taken away while the password was looked at.
    let Some(session) = session_of(change.transaction().into(), &team, &account.person).await? else {
        return Err(Error::WrongCredentials);
    };
    // And a factor may have been set up.
    if factor::factors(change.transaction().into(), &account.person).await?.any() {
        return Err(Error::WrongCredentials);
    }
    renew(change.transaction(), account, renewed).await?;
    counted.settle(change.transaction()).await?;
    let (id, begun) = begin_session(&mut change, visit, session, limits, None).await?;
    change.about("session", id);
    change.commit().await?;
    Ok(Entry::In(begun))
}

/// Stores the hash of a password at its new cost.
async fn renew(transaction: &mut Transaction, account: &Account, renewed: Option<String>) -> Result<()> {
    let Some(renewed) = renewed else { return Ok(()) };
    sql!("update person set password = $1 where id = $2 and password = $3")
        .bind(renewed)
        .bind(&account.person)
        .bind(&account.password)
        .execute(transaction)
        .await?;
    Ok(())
}

/// An account, as a sign-in needs it.
struct Account {
    person: PersonId,
    /// The team that keeps it: see [`teams`].
    team: String,
    password: String,
}

/// The team whose log holds what is about the instance as a whole; `None` before the first set-up.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn first_team(reader: Reader<'_>) -> Result<Option<String>> {
    Ok(sql!("select team from instance").optional(reader).await?.map(|row| row.text("team")).transpose()?)
}

/// A team with nobody in it, for the tests of what each team has.
#[cfg(test)]
pub(crate) async fn insert_bare_team(transaction: &mut bulla_db::Transaction, id: &str) {
    // No statement of the program, so it is not among those that are prepared on both databases.
    let insert =
        bulla_db::Query::new("insert into team (id, name, plan, created_at) values ($1, 'Another', 'free', 0)");
    insert.bind(id).execute(transaction).await.unwrap();
}

/// The person with this address, and the team that keeps their account.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn person_with_email(reader: Reader<'_>, email: &str) -> Result<Option<(PersonId, String)>> {
    let account = account(reader, &email_key(email)).await?;
    Ok(account.map(|account| (account.person, account.team)))
}

async fn account(reader: Reader<'_>, email_key: &str) -> Result<Option<Account>> {
    let row =
        sql!("select id, team, password from person where email_key = $1").bind(email_key).optional(reader).await?;
    let Some(row) = row else { return Ok(None) };
    let person = PersonId(row.text("id")?);
    let team = match teams::keeper(reader.into(), &person).await? {
        Some(team) => team,
        None => row.text("team")?,
    };
    Ok(Some(Account { person, team, password: row.text("password")? }))
}

/// Writes the event of something that was refused to whoever named an account. Without an account it goes to the log of the instance's first team, and does
/// not say what was typed: people type passwords into the wrong field.
async fn refused(visit: &Visit, action: Action, account: Option<&Account>, because: &str) -> Result<()> {
    let (team, target) = match account {
        Some(account) => (account.team.clone(), Target { kind: "person".to_owned(), id: account.person.0.clone() }),
        None => {
            let Some(row) = sql!("select team from instance").optional(visit.door.reader()).await? else {
                return Ok(());
            };
            (row.text("team")?, Target { kind: "person".to_owned(), id: String::new() })
        }
    };
    visit.refused(&team, action, target, because).await
}

/// Who `person` is in `team`; `None` if they are no member.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn session_of(mut place: Place<'_>, team: &str, person: &PersonId) -> Result<Option<Session>> {
    let Some(member) = member(place.again(), team, person).await? else { return Ok(None) };
    let rows = sql!(
        "select team.name as name, team.factor_demanded as factor_demanded, held_role.role as role \
         from team join held_role on held_role.team = team.id \
         where team.id = $1 and held_role.person = $2"
    )
    .bind(team)
    .bind(person)
    .all(place)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let mut roles = rows.iter().map(|row| role_named(&row.text("role")?)).collect::<Result<Vec<_>>>()?;
    // Declared from the greatest to the least.
    roles.sort_unstable();
    let role = roles.first().map_or("", |role| role.name());
    let team = TeamMembership { id: team.to_owned(), name: first.text("name")?, role };
    // Whether they have proved one, the session knows.
    Ok(Some(Session { person: member, team, factor_needed: first.claim("factor_demanded")? }))
}

/// A change of one's own password.
#[derive(serde::Deserialize, utoipa::ToSchema)]
pub struct PasswordChange {
    /// The one there is.
    pub current: Password,
    /// The new one.
    pub password: Password,
}

/// Changes the password of whoever asks, and ends their sessions elsewhere: whoever knew the old one is out.
///
/// The current password is counted and looked at as in a sign-in, since whoever found an open session could guess it.
///
/// # Errors
///
/// [`Error::Invalid`] if the current password is wrong or the new one is not good enough, [`Error::TooManyAttempts`].
pub async fn change_password(op: &Operation, passwords: &Passwords, post: &Post, typed: PasswordChange) -> Result<()> {
    let read = op.read(Action::PasswordChange, op.person()).await?;
    let Some(person) = member(read.reader().into(), op.team(), op.person()).await? else {
        return Err(Error::SignedOut);
    };
    let key = email_key(&person.email);
    let refused = async |because: &str| {
        let target = Target { kind: "person".to_owned(), id: person.id.0.clone() };
        op.refused(Action::PasswordChange, target, because).await
    };
    let guess = Guess::Password { email_key: &key, address: op.origin().address.as_deref() };
    let attempt = attempt::count(op.door().database(), guess, op.now).await?;
    if let Some(refusal) = attempt.refusal(op.now) {
        if attempt.is_first_refused {
            refused("too many attempts").await?;
        }
        return Err(refusal);
    }
    let Some(account) = account(read.reader(), &key).await? else { return Err(Error::SignedOut) };
    if passwords.verify(typed.current.clone(), Some(&account.password)).await? == Verdict::Wrong {
        refused("wrong password").await?;
        return Err(Error::invalid("/current", "this is not your password"));
    }
    if typed.password.is(&typed.current) {
        return Err(Error::invalid("/password", "choose another password than the one you have"));
    }
    if let Some(complaint) = typed.password.complaint(&[&person.name, &person.email]) {
        return Err(Error::invalid("/password", complaint));
    }
    let hash = passwords.hash(typed.password).await?;
    let mut change = op.change(Action::PasswordChange, op.person()).await?;
    let changed = sql!("update person set password = $1 where id = $2 and password = $3")
        .bind(hash)
        .bind(&person.id)
        .bind(&account.password)
        .execute(change.transaction())
        .await?;
    if changed == 0 {
        let detail = "your password was changed in the meantime; nothing was done, try again".to_owned();
        return Err(Error::Conflict { code: "conflict", detail });
    }
    attempt::forget(change.transaction(), &attempt).await?;
    halfway::forget(change.transaction(), &person.id).await?;
    email_change::forget(change.transaction(), &person.id).await?;
    let ended = session::end_others(change.transaction(), op.signed_in()).await?;
    change.number("sessions", i64::try_from(ended).ok(), Some(0));
    mail::write(&mut change, letters::password_changed(post, &person, op.origin(), op.now)).await?;
    change.commit().await
}

/// Ends every session of whoever asks but the one they are in.
///
/// # Errors
///
/// If the database refuses.
pub async fn end_other_sessions(change: &mut Change, signed_in: &SignedIn) -> Result<()> {
    halfway::forget(change.transaction(), &signed_in.person).await?;
    email_change::forget(change.transaction(), &signed_in.person).await?;
    let ended = session::end_others(change.transaction(), signed_in).await?;
    change.number("sessions", i64::try_from(ended).ok(), Some(0));
    Ok(())
}

/// Ends the sessions of a member that act in the team of `change`, for an Admin. Sessions that act in other teams are those
/// teams'.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such member, [`Error::Forbidden`] if they are a Super Admin and the actor is not,
/// [`Error::Conflict`] with `own_account` for oneself.
pub async fn end_sessions_of(change: &mut Change, post: &Post, id: &PersonId) -> Result<()> {
    let (team, origin, now) = (change.team().to_owned(), change.origin().clone(), change.now);
    let actor = change.person().ok_or_else(|| Error::unexpected("sessions are ended by a person"))?;
    let Some(person) = member(change.transaction().into(), &team, id).await? else {
        return Err(Error::NotFound { what: "person" });
    };
    change.about("person", id);
    if actor == *id {
        let detail = "these are your own sessions; end them on the page of your account".to_owned();
        return Err(Error::Conflict { code: "own_account", detail });
    }
    if held_roles(change, id).await?.contains(&TeamRole::SuperAdmin)
        && !counting_roles(change, &actor).await?.contains(&TeamRole::SuperAdmin)
    {
        let because = "only a Super Admin ends the sessions of a Super Admin".to_owned();
        return Err(Error::Forbidden { because });
    }
    halfway::forget_in_team(change.transaction(), &team, id).await?;
    let ended = session::end_in_team(change.transaction(), &team, id).await?;
    session::revoke(change.transaction(), &team, id, now).await?;
    change.number("sessions", i64::try_from(ended).ok(), Some(0));
    let name = self::team(change.transaction().into(), &team).await?.name;
    mail::write(change, letters::sessions_ended(post, &person, &name, (&origin, now))).await
}

/// Gives a member of the team of `change` other roles in place of those they have.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such member, [`Error::Forbidden`] if the actor may not give or take one of the
/// roles, [`Error::Conflict`] with `last_admin` if the team would have nobody left to manage it.
pub async fn change_roles(change: &mut Change, id: &PersonId, after: &[TeamRole]) -> Result<TeamPerson> {
    let team = change.team().to_owned();
    let actor = change.person().ok_or_else(|| Error::unexpected("roles are given by a person"))?;
    // Of two Admins who demote each other at once the second finds out.
    lock_team(change).await?;
    let Some(person) = member(change.transaction().into(), &team, id).await? else {
        return Err(Error::NotFound { what: "person" });
    };
    change.about("person", id);
    let before = roles_of(change, id).await?;
    let of_actor = counting_roles(change, &actor).await?;
    let super_admin_by_group = super_admin_by_group(change).await?;
    let others = roles_of_others(change, id).await?;
    let assignment = Assignment {
        actor: &of_actor,
        own: actor == *id,
        before: &before,
        after,
        others: &others,
        super_admin_by_group,
    };
    judge(&assignment)?;
    sql!("delete from membership where team = $1 and person = $2")
        .bind(&team)
        .bind(id)
        .execute(change.transaction())
        .await?;
    for role in after {
        give_role(change, id, *role).await?;
    }
    let (was, is) = (TeamPerson::new(person.clone(), before), TeamPerson::new(person, after.to_vec()));
    change.text("roles", Some(&was.roles.join(", ")), Some(&is.roles.join(", ")));
    if was.roles != is.roles {
        let words = |person: &TeamPerson| person.roles.join(", ").replace('-', " ");
        let notice = Notice {
            kind: Kind::RolesChanged,
            subject: "Your roles in the team were changed".to_owned(),
            details: format!("You had: {}. You now have: {}.", words(&was), words(&is)),
            page: None,
        };
        notifications::tell(change, std::slice::from_ref(id), &notice).await?;
    }
    Ok(is)
}

/// A member of `team` as a decision sees them, and the team's plan; `None` for somebody who is no member.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn actor_of(place: Place<'_>, team: &str, person: &PersonId) -> Result<Option<(Actor, Plan)>> {
    let standing = session::standing(place, team, person).await?;
    Ok(standing
        .map(|Standing { roles, plan, .. }| (Actor { person: person.0.clone(), team: team.to_owned(), roles }, plan)))
}

/// What a person may do things by in the team of `change`: the roles that count under its plan, those through groups included.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn counting_roles(change: &mut Change, person: &PersonId) -> Result<Vec<TeamRole>> {
    let team = change.team().to_owned();
    let Some((actor, plan)) = actor_of(change.transaction().into(), &team, person).await? else {
        return Ok(Vec::new());
    };
    Ok(TeamRole::ALL.into_iter().filter(|role| actor.holds(*role, plan)).collect())
}

/// Every role that a person holds in the team of `change`, those through groups and those that lie dormant under its plan
/// included: for what protects them, not for what they may.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn held_roles(change: &mut Change, person: &PersonId) -> Result<Vec<TeamRole>> {
    let team = change.team().to_owned();
    sql!("select distinct role from held_role where team = $1 and person = $2")
        .bind(&team)
        .bind(person)
        .all(change.transaction())
        .await?
        .iter()
        .map(|row| role_named(&row.text("role")?))
        .collect()
}

fn grant_in(row: &bulla_db::Row) -> Result<Grant<TeamRole>> {
    let grant = Grant::direct(role_named(&row.text("role")?)?);
    Ok(match row.text_or_null("group_name")? {
        Some(group) => grant.through_group(group),
        None => grant,
    })
}

/// The roles in the team of `change` that were given to the person alone.
async fn roles_of(change: &mut Change, person: &PersonId) -> Result<Vec<TeamRole>> {
    let team = change.team().to_owned();
    sql!("select role from membership where team = $1 and person = $2")
        .bind(&team)
        .bind(person)
        .all(change.transaction())
        .await?
        .iter()
        .map(|row| role_named(&row.text("role")?))
        .collect()
}

/// The roles that were given to the members of the team of `change` but this person, each once.
async fn roles_of_others(change: &mut Change, person: &PersonId) -> Result<Vec<TeamRole>> {
    let team = change.team().to_owned();
    sql!("select distinct role from membership where team = $1 and person <> $2")
        .bind(&team)
        .bind(person)
        .all(change.transaction())
        .await?
        .iter()
        .map(|row| role_named(&row.text("role")?))
        .collect()
}

/// Gives a person a role in the team of `change` that they do not have.
async fn give_role(change: &mut Change, person: &PersonId, role: TeamRole) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    sql!("insert into membership (team, person, role, created_at) values ($1, $2, $3, $4)")
        .bind(&team)
        .bind(person)
        .bind(role.name())
        .bind(now)
        .execute(change.transaction())
        .await?;
    Ok(())
}

/// The member of `team` with this id.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn member(place: Place<'_>, team: &str, person: &PersonId) -> Result<Option<Person>> {
    sql!(
        "select id, numeric_id, name, email from person \
         where id = $1 and exists (select 1 from membership where team = $2 and person = person.id)"
    )
    .bind(person)
    .bind(team)
    .optional(place)
    .await?
    .map(|row| person_of(&row))
    .transpose()
}

/// Somebody with this id who appears in the log of `team`, and whether they are a member of it now.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn anybody(reader: Reader<'_>, team: &str, person: &PersonId) -> Result<Option<(Person, bool)>> {
    let row = sql!(
        "select id, numeric_id, name, email, \
         (select count(*) from membership where team = $2 and membership.person = person.id) as roles \
         from person where id = $1"
    )
    .bind(person)
    .bind(team)
    .optional(reader)
    .await?;
    row.map(|row| Ok((person_of(&row)?, row.integer("roles")? > 0))).transpose()
}

/// The address of a person as accounts are found by it, be they in a team or not; `None` if there is no such person.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn email_key_of(place: Place<'_>, person: &PersonId) -> Result<Option<String>> {
    let row = sql!("select email_key from person where id = $1").bind(person).optional(place).await?;
    Ok(row.map(|row| row.text("email_key")).transpose()?)
}

/// The person with this number.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn numbered(reader: Reader<'_>, number: i64) -> Result<Option<PersonId>> {
    let row = sql!("select id from person where numeric_id = $1").bind(number).optional(reader).await?;
    row.map(|row| Ok(PersonId(row.text("id")?))).transpose()
}

/// Every team with its plan.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn teams(reader: Reader<'_>) -> Result<Vec<(String, Plan)>> {
    sql!("select id, plan from team order by id")
        .all(reader)
        .await?
        .iter()
        .map(|row| {
            let plan = row.text("plan")?;
            let plan = Plan::named(&plan).ok_or_else(|| Error::unexpected(format!("unknown plan {plan}")))?;
            Ok((row.text("id")?, plan))
        })
        .collect()
}

/// The name of a team.
///
/// # Errors
///
/// If there is no such team.
pub async fn team_name(reader: Reader<'_>, team: &str) -> Result<String> {
    Ok(sql!("select name from team where id = $1").bind(team).one(reader).await?.text("name")?)
}

/// A person, from a row with their `id`, `numeric_id`, `name` and `email`.
pub(crate) fn person_of(row: &bulla_db::Row) -> Result<Person> {
    Ok(Person {
        id: PersonId(row.text("id")?),
        numeric_id: row.integer("numeric_id")?,
        name: row.text("name")?,
        email: row.text("email")?,
    })
}

/// Which part of a list of people is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Page<'p> {
    /// Only those whose name or address holds this.
    pub search: &'p str,
    /// The last person of the page before.
    pub after: Option<&'p str>,
    /// At most so many.
    pub limit: i64,
}

impl Page<'_> {
    /// The page, of which one more was asked for than it holds, and after whom the next one begins.
    pub(crate) fn cut(&self, mut people: Vec<Person>) -> (Vec<Person>, Option<PersonId>) {
        let more = i64::try_from(people.len()).unwrap_or(i64::MAX) > self.limit;
        if more {
            people.pop();
        }
        let next = people.last().filter(|_| more).map(|person| person.id.clone());
        (people, next)
    }

    /// What `like` matches a name or an address against.
    pub(crate) fn pattern(&self) -> String {
        holding(self.search)
    }

    /// Fails for a beginning that no page gave.
    pub(crate) async fn check(&self, reader: Reader<'_>) -> Result<()> {
        let Some(after) = self.after else { return Ok(()) };
        match sql!("select id from person where id = $1").bind(after).optional(reader).await? {
            Some(_) => Ok(()),
            None => Err(Error::invalid("/after", "take `next` of the page before, or leave it out")),
        }
    }
}

/// What `like` matches against text in small letters that is to hold `search`; a backslash escapes its signs.
pub(crate) fn holding(search: &str) -> String {
    let mut pattern = String::from("%");
    for sign in search.trim().to_lowercase().chars() {
        if matches!(sign, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(sign);
    }
    pattern.push('%');
    pattern
}

/// The people in a group of `team` by name, and after whom the next page begins.
///
/// # Errors
///
/// [`Error::Invalid`] for a page that begins after somebody who is not there.
pub async fn people_in_group(
    reader: Reader<'_>,
    team: &str,
    group: &GroupId,
    page: &Page<'_>,
) -> Result<(Vec<Person>, Option<PersonId>)> {
    page.check(reader).await?;
    let rows = sql!(
        "select person.id as id, numeric_id, name, email from holder join person on person.id = holder.person \
         where holder.team = $1 and holder.holder = $2 and (lower(name) like $3 escape '\\' or email_key like $3 escape '\\') \
         and ($4 = '' or (lower(name), id) > (select lower(name), id from person where id = $4)) \
         order by lower(name), id limit $5"
    )
    .bind(team)
    .bind(group)
    .bind(page.pattern())
    .bind(page.after.unwrap_or_default())
    .bind(page.limit + 1)
    .all(reader)
    .await?;
    Ok(page.cut(rows.iter().map(person_of).collect::<Result<_>>()?))
}

/// The team roles that are to be given by their names, which stand at `path` of a body; each once.
///
/// # Errors
///
/// [`Error::Invalid`] with the names there are.
pub fn roles_to_give(path: &str, names: &[String]) -> Result<Vec<TeamRole>> {
    let mut roles = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let role = role_to_give(&format!("{path}/{index}"), name)?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}

/// The team role that somebody may be given by its name, which stands at `path` of a body.
///
/// # Errors
///
/// [`Error::Invalid`] with the names there are.
pub fn role_to_give(path: &str, name: &str) -> Result<TeamRole> {
    TeamRole::named(name).ok_or_else(|| {
        let names: Vec<_> = TeamRole::ALL.iter().map(|role| role.name()).collect();
        Error::invalid(path, format!("choose one of {}", names.join(", ")))
    })
}
