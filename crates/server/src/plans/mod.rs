//! Plans: what each has, who takes a seat, and what lies dormant with a smaller one.
//!
//! The table is data of [`bulla_access`]. A smaller plan deletes nothing: what it does not have lies dormant or can only be
//! read, and comes back with the plan.

pub mod http;

use bulla_access::{Plan, SUPPORT_USERS, Seat, TeamRole};
use bulla_db::Reader;
use serde::Serialize;

use crate::error::Result;
use crate::id::PersonId;
use crate::identity::{self, Page, Person, roster};
use crate::{groups, invites, workspaces};

/// How many seats are taken.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
pub struct Seats {
    /// By members.
    pub members: i64,
    /// By invites that can be used.
    pub invites: i64,
    /// Members who take none: up to two with Admin or Billing alone.
    pub free: i64,
    /// In all.
    pub total: i64,
}

/// The seats of `team`.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn seats(reader: Reader<'_>, team: &str, now: i64) -> Result<Seats> {
    let all = roster::count(reader.into(), team).await?;
    let support = i64::try_from(roster::support_users(reader.into(), team).await?.len()).unwrap_or(i64::MAX);
    let free = support.min(SUPPORT_USERS);
    let invites = invites::open_count(reader.into(), team, now).await?;
    Ok(Seats { members: all - free, invites, free, total: all - free + invites })
}

/// A member, with why they take a seat or take none.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct SeatHolder {
    /// Who.
    pub person: Person,
    /// Do they take one?
    pub taken: bool,
    /// Why, as a sentence.
    pub because: String,
}

/// A page of the members of `team`, each with why they take a seat.
///
/// # Errors
///
/// [`crate::error::Error::Invalid`] for a page that begins after nobody.
pub async fn seat_holders(
    reader: Reader<'_>,
    team: &str,
    page: &Page<'_>,
) -> Result<(Vec<SeatHolder>, Option<PersonId>)> {
    let support = roster::support_users(reader.into(), team).await?;
    let free: Vec<_> = support.iter().take(usize::try_from(SUPPORT_USERS).unwrap_or_default()).collect();
    let (holders, next) = roster::holders(reader, team, page).await?;
    let items = holders
        .into_iter()
        .map(|holder| {
            let seat = Seat::of(&holder.roles, free.contains(&&holder.person.id));
            let because = format!("{} {}", holder.person.name, seat.because());
            SeatHolder { taken: seat.is_taken(), because, person: holder.person }
        })
        .collect();
    Ok((items, next))
}

/// What changes for `team` if its plan `from` becomes the smaller `to`: one sentence for each thing that is there.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn dormant(reader: Reader<'_>, team: &str, from: Plan, to: Plan) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let loses = |plan: Plan| from >= plan && to < plan;
    let many = |count: i64, one: &str, more: &str| {
        if count == 1 { format!("1 {one}") } else { format!("{count} {more}") }
    };
    if loses(Plan::Enterprise) {
        let count = groups::count(reader.into(), team).await?;
        if count > 0 {
            lines.push(format!(
                "{} dormant: what they give counts again with the plan Enterprise",
                many(count, "group lies", "groups lie")
            ));
        }
    }
    for role in [TeamRole::ApiNetworkManager, TeamRole::CommunityManager] {
        let count = if loses(role.plan()) { roster::holding(reader.into(), team, role).await? } else { 0 };
        if count > 0 {
            let who = many(count, "member", "members");
            lines.push(format!("the role {} of {who} lies dormant", role.title()));
        }
    }
    if loses(Plan::Professional) {
        let count = workspaces::private_count(reader.into(), team).await?;
        if count > 0 {
            lines.push(format!(
                "{} be read and not changed",
                many(count, "private workspace can", "private workspaces can")
            ));
        }
        lines.push("every Developer may edit every team workspace: there are no roles in workspaces".to_owned());
        lines.push("nobody can read the audit log; it is still written".to_owned());
    }
    if loses(Plan::Enterprise) {
        lines.push("the audit log is kept for 90 days in place of 180: what is older is removed".to_owned());
        lines.push("Super Admins no longer open the personal workspaces of others".to_owned());
        lines.push("nobody can see or revoke the API keys of others".to_owned());
    }
    if to == Plan::Free && from > Plan::Free {
        let members = roster::count(reader.into(), team).await?;
        if members >= bulla_access::FREE_MEMBERS {
            lines.push(format!("all {members} members stay, and nobody else can come in"));
        }
    }
    Ok(lines)
}

/// The plan of `team`.
///
/// # Errors
///
/// If there is no such team.
pub async fn plan_of(reader: Reader<'_>, team: &str) -> Result<Plan> {
    let name = identity::team(reader.into(), team).await?.plan;
    Plan::named(name).ok_or_else(|| crate::error::Error::unexpected(format!("unknown plan {name}")))
}
