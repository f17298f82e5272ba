//! Who may take somebody out of a team, and who may leave one.
//!
//! Sources: spec admin 6.2 (who removes users), 6.3 (SA-3, SA-6) and 6.4 (ROLE-3 to ROLE-5).

use std::fmt;

use crate::{TeamRole, last};

/// Somebody is to be a member of a team no more.
#[derive(Clone, Copy, Debug)]
pub struct Departure<'a> {
    /// Every role of whoever asks, those through groups included.
    pub actor: &'a [TeamRole],
    /// Do they go themselves?
    pub own: bool,
    /// The roles that were given to the person alone.
    pub direct: &'a [TeamRole],
    /// Every role of the person, those through groups included.
    pub held: &'a [TeamRole],
    /// What all other members are by themselves. What groups give does not count here, as in an [`crate::Assignment`].
    pub others: &'a [TeamRole],
}

/// Why somebody stays. Its text is a sentence that a person understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepartureRefusal {
    /// The actor does not manage the team's people.
    NotManager,
    /// Only a Super Admin removes a Super Admin (SA-3).
    SuperAdminOnly,
    /// The team would have nobody left with this role (SA-6).
    Last(TeamRole),
}

impl Departure<'_> {
    /// May they go, or be removed?
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn judge(&self) -> Result<(), DepartureRefusal> {
        let holds = |role| self.actor.contains(&role);
        if !self.own {
            if !holds(TeamRole::SuperAdmin) && !holds(TeamRole::Admin) {
                return Err(DepartureRefusal::NotManager);
            }
            if self.held.contains(&TeamRole::SuperAdmin) && !holds(TeamRole::SuperAdmin) {
                return Err(DepartureRefusal::SuperAdminOnly);
            }
        }
        // In the order of the roles, the greatest first: it is the one that is named.
        let taken = TeamRole::ALL.iter().filter(|role| self.direct.contains(role));
        match last::missed(taken, &[], self.others) {
            Some(role) => Err(DepartureRefusal::Last(role)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for DepartureRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotManager => write!(f, "you need to be Super Admin or Admin of the team"),
            Self::SuperAdminOnly => write!(f, "only a Super Admin removes a Super Admin"),
            Self::Last(role) => f.write_str(&last::refusal(*role)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::subsequence;

    use super::*;
    use TeamRole::{Admin, Billing, Developer, SuperAdmin};

    #[test]
    fn the_rules_of_the_specification() {
        use DepartureRefusal::{Last, NotManager, SuperAdminOnly};
        let all = &[SuperAdmin, Admin][..];
        for (actor, own, direct, by_group, others, expected) in [
            (&[Admin][..], false, &[Developer][..], &[][..], all, Ok(())),
            (&[SuperAdmin], false, &[SuperAdmin], &[], all, Ok(())),
            (&[SuperAdmin], false, &[Admin], &[], &[SuperAdmin], Ok(())),
            (&[Billing], false, &[Developer], &[], all, Err(NotManager)),
            (&[Developer], false, &[Developer], &[], all, Err(NotManager)),
            (&[Admin], false, &[SuperAdmin], &[], all, Err(SuperAdminOnly)),
            (&[Admin], false, &[Developer], &[SuperAdmin], all, Err(SuperAdminOnly)),
            (&[Developer], true, &[Developer], &[], all, Ok(())),
            (&[SuperAdmin], true, &[SuperAdmin], &[], &[Admin], Err(Last(SuperAdmin))),
            (&[SuperAdmin], true, &[SuperAdmin], &[], all, Ok(())),
            (&[Admin], true, &[Admin], &[], &[Developer], Err(Last(Admin))),
            (&[Admin], true, &[Admin], &[], &[SuperAdmin], Ok(())),
            (&[Developer], true, &[Developer], &[], &[], Ok(())),
        ] {
            let held: Vec<_> = direct.iter().chain(by_group).copied().collect();
            let found = Departure { actor, own, direct, held: &held, others }.judge();
            assert_eq!(found, expected, "{actor:?} own: {own} {direct:?} {by_group:?} beside {others:?}");
        }
    }

    proptest! {
        #[test]
        fn nobody_goes_who_leaves_a_team_without_an_admin(
            actor in subsequence(TeamRole::ALL.to_vec(), 0..=6),
            own: bool,
            direct in subsequence(TeamRole::ALL.to_vec(), 1..=6),
            others in subsequence(TeamRole::ALL.to_vec(), 0..=6),
        ) {
            let manages = |roles: &[TeamRole]| roles.contains(&SuperAdmin) || roles.contains(&Admin);
            prop_assume!(manages(&direct) || manages(&others));
            let actor = if own { direct.clone() } else { actor };
            if (Departure { actor: &actor, own, direct: &direct, held: &direct, others: &others }).judge().is_ok() {
                prop_assert!(manages(&others));
                prop_assert!(!direct.contains(&SuperAdmin) || own || actor.contains(&SuperAdmin));
                prop_assert!(!direct.contains(&SuperAdmin) || others.contains(&SuperAdmin));
            }
        }
    }
}
