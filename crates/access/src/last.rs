//! No team is left without somebody who manages it (spec admin 6.3, SA-6): the one rule for roles that are taken and for
//! members who go.

use crate::TeamRole;

/// The first of the roles `taken` from somebody that the team would miss, when they keep `after` and all other members are
/// `others` by themselves.
///
/// An Admin is missed when no Super Admin is left either, who may do as much.
pub(crate) fn missed<'r>(
    taken: impl IntoIterator<Item = &'r TeamRole>,
    after: &[TeamRole],
    others: &[TeamRole],
) -> Option<TeamRole> {
    let manages = |role: &TeamRole| matches!(role, TeamRole::SuperAdmin | TeamRole::Admin);
    taken.into_iter().copied().find(|role| match role {
        TeamRole::SuperAdmin => !others.contains(&TeamRole::SuperAdmin),
        TeamRole::Admin => !others.iter().any(manages) && !after.iter().any(manages),
        _ => false,
    })
}

/// What is said of it.
pub(crate) fn refusal(role: TeamRole) -> String {
    let title = role.title();
    format!("the team would have no {title} left; give somebody else the role {title} first")
}
