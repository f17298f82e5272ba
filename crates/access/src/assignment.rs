//! Who may give which team roles to whom: the rules beyond [`crate::decide`], which knows no target.
//!
//! Sources: spec admin 6.2 (who manages Admins, Developers and Billing members) and 6.3 (SA-1 to SA-3, SA-6).

use std::fmt;

use crate::{TeamRole, last};

/// A change of somebody's roles in a team.
#[derive(Clone, Copy, Debug)]
pub struct Assignment<'a> {
    /// The roles of whoever asks.
    pub actor: &'a [TeamRole],
    /// Do they ask for themselves?
    pub own: bool,
    /// What the person is.
    pub before: &'a [TeamRole],
    /// What they are to be.
    pub after: &'a [TeamRole],
    /// What all other members are by themselves. What groups give does not count here: a group lies dormant under a smaller
    /// plan, and nobody would be left to manage the team.
    pub others: &'a [TeamRole],
    /// Does some group make anybody a Super Admin?
    pub super_admin_by_group: bool,
}

/// Why roles are not changed. Its text is a sentence that a person understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignmentRefusal {
    /// A member has at least one role.
    NoRole,
    /// The actor manages none of the roles, or not this one.
    NotManaged(TeamRole),
    /// Only a Super Admin gives and takes the role of Super Admin.
    SuperAdminOnly,
    /// Nobody gives themselves more.
    Own,
    /// The team would have nobody left with this role.
    Last(TeamRole),
}

impl Assignment<'_> {
    /// May the roles be changed so?
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn judge(&self) -> Result<(), AssignmentRefusal> {
        let holds = |role| self.actor.contains(&role);
        let manages_people = holds(TeamRole::SuperAdmin) || holds(TeamRole::Admin);
        if self.after.is_empty() {
            return Err(AssignmentRefusal::NoRole);
        }
        let given = self.after.iter().filter(|role| !self.before.contains(role));
        let taken = self.before.iter().filter(|role| !self.after.contains(role));
        for role in given.clone().chain(taken.clone()) {
            match role {
                // SA-1: a team that has no Super Admin gets its first by any Admin.
                TeamRole::SuperAdmin if manages_people && !self.has_super_admin() => {}
                TeamRole::SuperAdmin if !holds(TeamRole::SuperAdmin) => return Err(AssignmentRefusal::SuperAdminOnly),
                TeamRole::Billing if holds(TeamRole::Billing) => {}
                _ if manages_people => {}
                _ => return Err(AssignmentRefusal::NotManaged(*role)),
            }
        }
        // A Super Admin may do everything already.
        if self.own && given.clone().next().is_some() && !holds(TeamRole::SuperAdmin) {
            return Err(AssignmentRefusal::Own);
        }
        match last::missed(taken, self.after, self.others) {
            Some(role) => Err(AssignmentRefusal::Last(role)),
            None => Ok(()),
        }
    }

    fn has_super_admin(&self) -> bool {
        self.super_admin_by_group
            || [self.others, self.before].iter().any(|roles| roles.contains(&TeamRole::SuperAdmin))
    }
}

impl fmt::Display for AssignmentRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRole => write!(f, "a member of a team has at least one role"),
            Self::NotManaged(role) => write!(f, "you may not give or take the role {}", role.title()),
            Self::SuperAdminOnly => write!(f, "only a Super Admin gives or takes the role Super Admin"),
            Self::Own => write!(f, "nobody gives themselves a role; ask another Admin"),
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

    fn judged(
        actor: &[TeamRole],
        own: bool,
        before: &[TeamRole],
        after: &[TeamRole],
        others: &[TeamRole],
    ) -> Result<(), AssignmentRefusal> {
        Assignment { actor, own, before, after, others, super_admin_by_group: false }.judge()
    }

    #[test]
    fn the_rules_of_the_specification() {
        use AssignmentRefusal::{Last, NoRole, NotManaged, Own, SuperAdminOnly};
        let all = &[SuperAdmin, Admin][..];
        for (actor, own, before, after, others, expected) in [
            (&[Admin][..], false, &[Developer][..], &[Developer, Admin][..], all, Ok(())),
            (&[SuperAdmin], false, &[Developer], &[SuperAdmin], all, Ok(())),
            (&[Admin], false, &[Developer], &[], all, Err(NoRole)),
            // Who manages whom.
            (&[Billing], false, &[Developer], &[Developer, Billing], all, Ok(())),
            (&[Billing], false, &[Developer, Billing], &[Developer], all, Ok(())),
            (&[Billing], false, &[Developer], &[Admin], all, Err(NotManaged(Admin))),
            (&[Developer], false, &[Developer], &[Developer, Billing], all, Err(NotManaged(Billing))),
            // SA-1, SA-2 and SA-3.
            (&[Admin], false, &[Developer], &[SuperAdmin], &[Admin], Ok(())),
            (&[Admin], false, &[Developer], &[SuperAdmin], all, Err(SuperAdminOnly)),
            (&[Admin], false, &[SuperAdmin], &[Developer], all, Err(SuperAdminOnly)),
            (&[Admin], false, &[SuperAdmin], &[SuperAdmin, Developer], &[Admin], Ok(())),
            // Nobody raises themselves.
            (&[Admin], true, &[Admin], &[Admin, Developer], all, Err(Own)),
            (&[Admin], true, &[Admin], &[SuperAdmin], &[Developer], Err(Own)),
            (&[Billing], true, &[Billing], &[Developer], all, Err(NotManaged(Developer))),
            (&[SuperAdmin], true, &[SuperAdmin], &[SuperAdmin, Billing], &[], Ok(())),
            // SA-6.
            (&[SuperAdmin], true, &[SuperAdmin], &[Admin], &[Admin], Err(Last(SuperAdmin))),
            (&[SuperAdmin], true, &[SuperAdmin], &[Admin], &[SuperAdmin], Ok(())),
            (&[Admin], true, &[Admin, Developer], &[Developer], &[Developer], Err(Last(Admin))),
            (&[Admin], true, &[Admin, Developer], &[Developer], &[SuperAdmin], Ok(())),
        ] {
            let found = judged(actor, own, before, after, others);
            assert_eq!(found, expected, "{actor:?} own: {own} {before:?} -> {after:?} beside {others:?}");
        }
    }

    #[test]
    fn a_super_admin_by_a_group_counts_as_the_first() {
        let (actor, after) = (&[Admin][..], &[SuperAdmin][..]);
        let assignment =
            Assignment { actor, own: false, before: &[Developer], after, others: &[Admin], super_admin_by_group: true };
        assert_eq!(assignment.judge(), Err(AssignmentRefusal::SuperAdminOnly));
    }

    fn roles() -> impl Strategy<Value = Vec<TeamRole>> {
        subsequence(TeamRole::ALL.to_vec(), 0..=6)
    }

    proptest! {
        #[test]
        fn no_change_leaves_a_team_without_an_admin_or_makes_a_super_admin_of_a_lesser(
            actor in roles(), own: bool, before in roles(), after in roles(), others in roles(),
        ) {
            let actor = if own { before.clone() } else { actor };
            let may = |roles: &[TeamRole]| roles.contains(&SuperAdmin) || roles.contains(&Admin);
            prop_assume!(may(&before) || may(&others));
            if judged(&actor, own, &before, &after, &others).is_ok() {
                prop_assert!(may(&after) || may(&others));
                let had = before.contains(&SuperAdmin) || others.contains(&SuperAdmin);
                if had && before.contains(&SuperAdmin) != after.contains(&SuperAdmin) {
                    prop_assert!(actor.contains(&SuperAdmin));
                }
                if own && !actor.contains(&SuperAdmin) {
                    prop_assert!(after.iter().all(|role| before.contains(role)));
                }
            }
        }
    }
}
