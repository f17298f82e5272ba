//! The teams of one person: which there are, making another one, and going from one to another.
//!
//! A session acts in one team at a time, and nothing of another team is there meanwhile: its ids answer like what never was.
//! What is the person's own is shared by all their teams: password, second factors, name, devices, the list of sessions.
//! So no team may do to it what would open another team's door: it is *kept* by one team alone, the one that made the
//! account, or once its owner has left that, the one that they have been in for longest. Links that let somebody choose
//! another password stand in the outbox of that team, and its Admins alone reset second factors.

use bulla_access::{Action, TeamRole};
use bulla_db::{Place, Reader, sql};

use super::{
    Begun, Session, SignedIn, counting_roles, give_role, insert_team, name_of, plan_named, role_named, session,
    session_of,
};
use crate::error::{Error, Result};
use crate::id::{self, PersonId};
use crate::moment::Moment;
use crate::operation::{Change, Operation};
use crate::workspaces;

/// Most teams that one person is in.
pub const MOST: i64 = 10;

/// A team that somebody is in.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnTeam {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The greatest role of whoever asks.
    pub role: &'static str,
    /// `free`, `basic`, `professional` or `enterprise`.
    pub plan: &'static str,
    /// Does it demand a second factor?
    pub second_factor_required: bool,
    /// Since when whoever asks is in it.
    pub joined_at: Moment,
    /// Is it the one that they act in?
    pub current: bool,
}

/// Who may make teams on the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamPolicy {
    /// May everybody who is at least a Developer somewhere? If not, the Super Admins of the first team alone.
    pub developers_create: bool,
}

/// The team that keeps the account of a person; `None` for somebody who is in no team.
///
/// # Errors
///
/// If the database cannot be read.
pub(super) async fn keeper(place: Place<'_>, person: &PersonId) -> Result<Option<String>> {
    let row = sql!(
        "select membership.team as team from membership join person on person.id = membership.person \
         where membership.person = $1 \
         order by case when membership.team = person.team then 0 else 1 end, membership.created_at, membership.team limit 1"
    )
    .bind(person)
    .optional(place)
    .await?;
    Ok(row.map(|row| row.text("team")).transpose()?)
}

/// Is this person a Super Admin of any team?
///
/// # Errors
///
/// If the database cannot be read.
pub(super) async fn leads_somewhere(place: Place<'_>, person: &PersonId) -> Result<bool> {
    let row = sql!("select count(*) as total from held_role where person = $1 and role = 'super-admin'")
        .bind(person)
        .one(place)
        .await?;
    Ok(row.integer("total")? > 0)
}

/// The team that somebody comes into with a sign-in: the one where they were active last.
///
/// # Errors
///
/// If the database cannot be read.
pub(super) async fn entered(place: Place<'_>, person: &PersonId) -> Result<Option<String>> {
    let row = sql!(
        "select membership.team as team from membership join person on person.id = membership.person \
         left join member_activity on member_activity.team = membership.team \
         and member_activity.person = membership.person where membership.person = $1 \
         order by coalesce(member_activity.active_at, 0) desc, \
         case when membership.team = person.team then 0 else 1 end, membership.created_at, membership.team limit 1"
    )
    .bind(person)
    .optional(place)
    .await?;
    Ok(row.map(|row| row.text("team")).transpose()?)
}

/// The teams that whoever is signed in is in, by name.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn own(reader: Reader<'_>, signed_in: &SignedIn) -> Result<Vec<OwnTeam>> {
    let rows = sql!(
        "select team.id as id, team.name as name, team.plan as plan, team.factor_demanded as factor_demanded, \
         (select min(created_at) from membership where membership.team = team.id and membership.person = $1) as joined_at, \
         (select string_agg(role, ',') from held_role where held_role.team = team.id and held_role.person = $1) as roles \
         from team where exists (select 1 from membership where membership.team = team.id and membership.person = $1) \
         order by lower(team.name), team.id"
    )
    .bind(&signed_in.person)
    .all(reader)
    .await?;
    rows.iter()
        .map(|row| {
            let id = row.text("id")?;
            let roles = row.text("roles")?;
            let mut roles = roles.split(',').map(role_named).collect::<Result<Vec<_>>>()?;
            // Declared from the greatest to the least.
            roles.sort_unstable();
            Ok(OwnTeam {
                name: row.text("name")?,
                role: roles.first().map_or("", |role| role.name()),
                plan: plan_named(&row.text("plan")?)?.name(),
                second_factor_required: row.claim("factor_demanded")?,
                joined_at: Moment(row.integer("joined_at")?),
                current: id == signed_in.team,
                id,
            })
        })
        .collect()
}

/// Fails if `person` is in as many teams as one may be. Of two that they come into at once the second waits here.
///
/// # Errors
///
/// [`Error::Conflict`] with `too_many_teams`.
pub(super) async fn has_room_for_another(change: &mut Change, person: &PersonId) -> Result<()> {
    sql!("update person set version = version where id = $1").bind(person).execute(change.transaction()).await?;
    let row = sql!("select count(distinct team) as total from membership where person = $1")
        .bind(person)
        .one(change.transaction())
        .await?;
    if row.integer("total")? < MOST {
        return Ok(());
    }
    let detail = format!("one person is in at most {MOST} teams; leave one first");
    Err(Error::Conflict { code: "too_many_teams", detail })
}

/// Who may make teams on the instance.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn policy(place: Place<'_>) -> Result<TeamPolicy> {
    let row = sql!("select developers_create_teams from instance").optional(place).await?;
    let developers_create = row.map(|row| row.claim("developers_create_teams")).transpose()?.unwrap_or(false);
    Ok(TeamPolicy { developers_create })
}

/// Is this the first team, whose Super Admins answer for the instance?
pub(super) async fn is_first(place: Place<'_>, team: &str) -> Result<bool> {
    Ok(sql!("select id from instance where team = $1").bind(team).optional(place).await?.is_some())
}

/// Says who may make teams on the instance.
///
/// # Errors
///
/// [`Error::Forbidden`] in another team than the first.
pub async fn change_policy(change: &mut Change, policy: TeamPolicy) -> Result<()> {
    let team = change.team().to_owned();
    if !is_first(change.transaction().into(), &team).await? {
        let because = "what holds for the whole instance is said by the Super Admins of its first team".to_owned();
        return Err(Error::Forbidden { because });
    }
    let before = self::policy(change.transaction().into()).await?;
    let word = |policy: TeamPolicy| if policy.developers_create { "developers" } else { "super admins" };
    sql!("update instance set developers_create_teams = $1")
        .bind(policy.developers_create)
        .execute(change.transaction())
        .await?;
    change.text("teamsCreatedBy", Some(word(before)), Some(word(policy)));
    Ok(())
}

/// May whoever is signed in make a team?
///
/// # Errors
///
/// If the database cannot be read.
pub async fn may_create(reader: Reader<'_>, op: &Operation) -> Result<bool> {
    let plan = op.signed_in().plan;
    let is = |role: TeamRole| op.actor().holds(role, plan);
    if policy(reader.into()).await?.developers_create {
        return Ok([TeamRole::SuperAdmin, TeamRole::Admin, TeamRole::Developer].into_iter().any(is));
    }
    Ok(is(TeamRole::SuperAdmin) && is_first(reader.into(), op.team()).await?)
}

/// May whoever is signed in say who may make teams?
///
/// # Errors
///
/// If the database cannot be read.
pub async fn may_change_policy(reader: Reader<'_>, op: &Operation) -> Result<bool> {
    Ok(op.actor().holds(TeamRole::SuperAdmin, op.signed_in().plan) && is_first(reader.into(), op.team()).await?)
}

/// Makes a team, whose Super Admin is whoever makes it, and returns its id. `change` begins in the team that they act in, and
/// goes on in the new one.
///
/// # Errors
///
/// [`Error::Invalid`] for a name that will not do, [`Error::Forbidden`] where they may not, [`Error::Conflict`] with
/// `too_many_teams`.
pub async fn create(change: &mut Change, typed: &str) -> Result<String> {
    let creator = change.person().ok_or_else(|| Error::unexpected("a team is made by a person"))?;
    let from = change.team().to_owned();
    if !policy(change.transaction().into()).await?.developers_create {
        let roles = counting_roles(change, &creator).await?;
        if !roles.contains(&TeamRole::SuperAdmin) || !is_first(change.transaction().into(), &from).await? {
            let because = "on this instance the Super Admins of the first team alone make teams; ask one of them";
            return Err(Error::Forbidden { because: because.to_owned() });
        }
    }
    let mut errors = Vec::new();
    let name = name_of("/name", "a name for the team", typed, &mut errors);
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    has_room_for_another(change, &creator).await?;
    let team = id::new(change.now);
    insert_team(change, &team, &name).await?;
    change.about("team", &team);
    change.text("team", None, Some(&name));
    change.go_on_in(&team);
    change.text("team", None, Some(&name));
    change.text("person", None, Some(creator.as_str()));
    give_role(change, &creator, TeamRole::SuperAdmin).await?;
    workspaces::create_personal(change, &creator).await?;
    Ok(team)
}

/// Has the session of whoever asks act in another team of theirs. It gets another token, so that one that somebody had copied
/// before is good for neither team; what the other team demands holds from its next request on. Both teams have an event.
///
/// # Errors
///
/// [`Error::NotFound`] if they are in no such team, [`Error::ConfirmFirst`] if an Admin of it has ended their sessions there since
/// they proved that it is them.
pub async fn switch(op: &Operation, team: &str) -> Result<Begun> {
    let mut change = op.change(Action::TeamSwitch, op.person()).await?;
    let Some(there) = session_of(change.transaction().into(), team, op.person()).await? else {
        return Err(Error::NotFound { what: "team" });
    };
    let here = op.signed_in().session().ok_or(Error::SignedOut)?;
    let confirmed_at = op.signed_in().confirmed_at;
    if session::is_revoked(change.transaction().into(), team, op.person(), confirmed_at).await? {
        return Err(Error::ConfirmFirst);
    }
    change.about("session", here);
    change.text("team", Some(op.team()), Some(team));
    change.go_on_in(team);
    change.text("team", Some(op.team()), Some(team));
    let token = session::switch(change.transaction(), here, (team, op.person()), op.now).await?;
    change.commit().await?;
    Ok(Begun { session: seen_from(there, op.signed_in()), token, device: None })
}

/// What a browser is told of a team that its session has come to.
pub(super) fn seen_from(there: Session, signed_in: &SignedIn) -> Session {
    Session { factor_needed: there.factor_needed && signed_in.factor.is_none(), ..there }
}
