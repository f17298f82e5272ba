//! Going from a team: an Admin removes somebody, or somebody leaves.
//!
//! What would have no owner then is given to another member first, in the same change. The sessions that act in the team, its
//! API keys, groups and roles are gone with the next request; what somebody has in other teams is as before. The account
//! stays, because the audit log names it, and whoever has it can be invited again.

use bulla_access::{Departure as Rule, DepartureRefusal, Plan, TeamRole, Visibility};
use bulla_db::{Place, sql};

use super::{
    Person, counting_roles, halfway, held_roles, letters, lock_team, member, roles_of, roles_of_others, session, team,
};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::mail::{self, Post};
use crate::operation::Change;
use crate::workspaces::{self, OwnedAlone};
use crate::{api_keys, certificates, groups, invites};

/// What goes with somebody, told before it is done.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Departure {
    /// Who.
    pub person: Person,
    /// The workspaces that would have no owner: somebody else must become theirs. The first hundred.
    pub workspaces: Vec<OwnedAlone>,
    /// How many those are in all.
    pub workspace_total: usize,
    /// How many API keys end.
    pub api_keys: i64,
}

/// Most workspaces that a preview names.
const SHOWN: usize = 100;

/// What would go with `person`.
///
/// # Errors
///
/// [`Error::NotFound`] if they are no member of the team.
pub async fn preview(mut place: Place<'_>, team: &str, person: &PersonId) -> Result<Departure> {
    let person = member(place.again(), team, person).await?.ok_or(Error::NotFound { what: "person" })?;
    let mut workspaces = workspaces::owned_alone(place.again(), team, &person.id).await?;
    let workspace_total = workspaces.len();
    workspaces.truncate(SHOWN);
    let api_keys = api_keys::count_of(place, team, &person.id).await?;
    Ok(Departure { person, workspaces, workspace_total, api_keys })
}

/// Takes `id` out of the team of `change`, whose actor is an Admin of it or the person themselves.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such member, [`Error::Forbidden`] if the actor may not, [`Error::Conflict`] with
/// `last_admin`, [`Error::Invalid`] without a successor where one is needed, or with one who cannot be it.
pub async fn depart(change: &mut Change, post: &Post, id: &PersonId, successor: Option<&PersonId>) -> Result<()> {
    let team_id = change.team().to_owned();
    let actor = change.person().ok_or_else(|| Error::unexpected("somebody is removed by a person"))?;
    // Of two Admins who remove each other at once the second finds out.
    lock_team(change).await?;
    let Some(person) = member(change.transaction().into(), &team_id, id).await? else {
        return Err(Error::NotFound { what: "person" });
    };
    change.about("person", id);
    let direct = roles_of(change, id).await?;
    let own = actor == *id;
    let of_actor = counting_roles(change, &actor).await?;
    let rule = Rule {
        actor: &of_actor,
        own,
        direct: &direct,
        held: &held_roles(change, id).await?,
        others: &roles_of_others(change, id).await?,
    };
    rule.judge().map_err(|refusal| match refusal {
        DepartureRefusal::Last(_) => Error::Conflict { code: "last_admin", detail: refusal.to_string() },
        DepartureRefusal::NotManager | DepartureRefusal::SuperAdminOnly => {
            Error::Forbidden { because: refusal.to_string() }
        }
    })?;
    let team = team(change.transaction().into(), &team_id).await?;
    let successor = match successor {
        Some(successor) => Some(heir(change, (&actor, &of_actor), &person, successor, team.plan).await?),
        None => None,
    };
    let now = change.now;
    match &successor {
        Some(heir) => {
            let given = workspaces::reassign(change, (id, &person.name), &heir.id).await?;
            if !given.is_empty() {
                change.text("successor", None, Some(heir.id.as_str()));
                let letter = letters::workspaces_given(post, heir, &person.name, given.len(), now);
                mail::write(change, letter).await?;
            }
        }
        None => {
            let alone = workspaces::owned_alone(change.transaction().into(), &team_id, id).await?.len();
            if alone > 0 {
                let message = format!("choose a member who gets the {alone} workspaces that would have no owner");
                return Err(Error::invalid("/successor", message));
            }
        }
    }
    let grants = workspaces::forget_holder(change, id).await?;
    let groups = groups::forget_person(change, id).await?;
    let keys = api_keys::forget_person(change, id).await?;
    let invites = invites::forget_person(change, id).await?;
    certificates::forget_person(change, id).await?;
    halfway::forget_in_team(change.transaction(), &team_id, id).await?;
    let sessions = session::end_in_team(change.transaction(), &team_id, id).await?;
    session::forget_revocation(change.transaction(), &team_id, id).await?;
    // The team keeps the account no more: its outbox must hold no way into it.
    sql!("delete from password_reset where team = $1 and person = $2")
        .bind(&team_id)
        .bind(id)
        .execute(change.transaction())
        .await?;
    sql!("delete from member_activity where team = $1 and person = $2")
        .bind(&team_id)
        .bind(id)
        .execute(change.transaction())
        .await?;
    sql!("delete from membership where team = $1 and person = $2")
        .bind(&team_id)
        .bind(id)
        .execute(change.transaction())
        .await?;
    let roles: Vec<_> = direct.iter().map(|role| role.name()).collect();
    change.text("name", Some(&person.name), None);
    change.text("email", Some(&person.email), None);
    change.text("roles", Some(&roles.join(", ")), None);
    let counts =
        [("sessions", sessions), ("apiKeys", keys), ("groups", groups), ("grants", grants), ("invites", invites)];
    for (field, count) in counts {
        change.number(field, i64::try_from(count).ok(), Some(0));
    }
    mail::write(change, letters::departed(post, &person, &team.name, own, now)).await
}

/// The member who gets what would have no owner.
///
/// Somebody whose role in the team reaches no content does not come to it this way, and an Admin does not give it to
/// themselves: only a Super Admin may take everything.
async fn heir(
    change: &mut Change,
    (actor, of_actor): (&PersonId, &[TeamRole]),
    person: &Person,
    successor: &PersonId,
    plan: &str,
) -> Result<Person> {
    let team = change.team().to_owned();
    let wrong = |message: &str| Err(Error::invalid("/successor", message));
    if *successor == person.id {
        return wrong("choose somebody who stays");
    }
    let Some(heir) = member(change.transaction().into(), &team, successor).await? else {
        return wrong("there is no such member of the team");
    };
    let plan = Plan::named(plan).unwrap_or(Plan::Free);
    let reaches = |role: &TeamRole| role.workspace_role(Visibility::Team, plan).is_some();
    if !counting_roles(change, &heir.id).await?.iter().any(reaches) {
        return wrong("choose somebody whose role reaches workspaces, such as a Developer");
    }
    if *actor == heir.id && !of_actor.contains(&TeamRole::SuperAdmin) {
        return wrong("nobody takes workspaces over themselves but a Super Admin; choose somebody else");
    }
    Ok(heir)
}
