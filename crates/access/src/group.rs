//! Who may change a group, which gives its roles to everybody in it.

use std::fmt;

use crate::TeamRole;

/// A change of a group: who makes it, and what the group gives.
#[derive(Clone, Copy, Debug)]
pub struct GroupChange<'g> {
    /// The roles of whoever makes it, those through groups included.
    pub actor: &'g [TeamRole],
    /// Do they manage this group?
    pub manages: bool,
    /// Are they a member of it?
    pub is_member: bool,
    /// The roles that the group gives; of a new one those that it is to give.
    pub roles: &'g [TeamRole],
    /// What is to be done.
    pub act: GroupAct<'g>,
}

/// What is done to a group.
#[derive(Clone, Copy, Debug)]
pub enum GroupAct<'g> {
    /// Make it.
    Create,
    /// Rename or describe it.
    Rename,
    /// Put people into it; `own` says that the actor is one of them.
    Add {
        /// Is the actor among them?
        own: bool,
    },
    /// Take people out of it.
    Remove,
    /// Say who manages it.
    Managers,
    /// Let it give these roles in place of those it gives.
    Roles(&'g [TeamRole]),
    /// Delete it.
    Delete,
}

/// Why a group may not be changed so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRefusal {
    /// A group gives at least one role.
    NoRole,
    /// The actor neither manages the team's people nor this group.
    NotManager,
    /// A Developer makes groups of Developers only.
    DeveloperOnly,
    /// Only a Super Admin changes who is Super Admin (SA-2, SA-3, GRP-10).
    SuperAdminOnly,
    /// Nobody gives themselves a role, through a group neither.
    Own,
    /// Only a group whose sole role is Developer has managers (GRP-2).
    NoManagers,
}

impl GroupChange<'_> {
    /// May the group be changed so?
    ///
    /// # Errors
    ///
    /// The first rule that it breaks (spec: user groups 5.1 and 5.2).
    pub fn judge(&self) -> Result<(), GroupRefusal> {
        let holds = |role| self.actor.contains(&role);
        let is_super = holds(TeamRole::SuperAdmin);
        let manages_people = is_super || holds(TeamRole::Admin);
        let developers_only = self.roles == [TeamRole::Developer];
        let gives_super = self.roles.contains(&TeamRole::SuperAdmin);
        match self.act {
            GroupAct::Create if manages_people => {}
            GroupAct::Create if holds(TeamRole::Developer) && developers_only => {}
            GroupAct::Create => return Err(GroupRefusal::DeveloperOnly),
            GroupAct::Roles(_) if !manages_people => return Err(GroupRefusal::NotManager),
            _ if manages_people || (self.manages && developers_only) => {}
            _ => return Err(GroupRefusal::NotManager),
        }
        let after = if let GroupAct::Roles(after) = self.act { after } else { self.roles };
        if after.is_empty() {
            return Err(GroupRefusal::NoRole);
        }
        let changes_super_admins = match self.act {
            GroupAct::Rename | GroupAct::Managers => false,
            GroupAct::Roles(after) => gives_super != after.contains(&TeamRole::SuperAdmin),
            GroupAct::Create | GroupAct::Add { .. } | GroupAct::Remove | GroupAct::Delete => gives_super,
        };
        if changes_super_admins && !is_super {
            return Err(GroupRefusal::SuperAdminOnly);
        }
        let comes_to_actor = match self.act {
            GroupAct::Add { own } => own,
            GroupAct::Roles(_) => self.is_member,
            _ => false,
        };
        if comes_to_actor && !is_super && after.iter().any(|role| !holds(*role)) {
            return Err(GroupRefusal::Own);
        }
        if matches!(self.act, GroupAct::Managers) && !developers_only {
            return Err(GroupRefusal::NoManagers);
        }
        Ok(())
    }
}

impl fmt::Display for GroupRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRole => "a group gives at least one role",
            Self::NotManager => "you need to be Super Admin or Admin of the team, or a manager of this group",
            Self::DeveloperOnly => "you may make groups that give the role Developer alone",
            Self::SuperAdminOnly => "only a Super Admin changes who is Super Admin, through a group as well",
            Self::Own => "nobody gives themselves a role, through a group neither; ask another Admin",
            Self::NoManagers => "only a group whose sole role is Developer has managers",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::subsequence;

    use super::*;
    use TeamRole::{Admin, Billing, Developer, SuperAdmin};

    fn judged(actor: &[TeamRole], manages: bool, roles: &[TeamRole], act: GroupAct<'_>) -> Result<(), GroupRefusal> {
        GroupChange { actor, manages, is_member: false, roles, act }.judge()
    }

    #[test]
    fn the_table_of_the_specification() {
        use GroupAct::{Create, Delete, Managers, Remove, Rename, Roles};
        use GroupRefusal::{DeveloperOnly, NoManagers, NoRole, NotManager, SuperAdminOnly};
        let add = GroupAct::Add { own: false };
        for (actor, manages, roles, act, expected) in [
            (&[SuperAdmin][..], false, &[SuperAdmin][..], Create, Ok(())),
            (&[Admin], false, &[Billing, Developer], Create, Ok(())),
            (&[Admin], false, &[SuperAdmin], Create, Err(SuperAdminOnly)),
            (&[Developer], false, &[Developer], Create, Ok(())),
            (&[Developer], false, &[Developer, Billing], Create, Err(DeveloperOnly)),
            (&[Billing], false, &[Developer], Create, Err(DeveloperOnly)),
            (&[Admin], false, &[], Create, Err(NoRole)),
            (&[Developer], true, &[Developer], add, Ok(())),
            (&[Developer], true, &[Developer], Remove, Ok(())),
            (&[Developer], true, &[Developer], Managers, Ok(())),
            (&[Developer], true, &[Developer], Rename, Ok(())),
            (&[Developer], true, &[Developer], Delete, Ok(())),
            (&[Developer], true, &[Developer], Roles(&[Developer, Admin]), Err(NotManager)),
            (&[Developer], false, &[Developer], Rename, Err(NotManager)),
            (&[Admin], false, &[Developer, Billing], Managers, Err(NoManagers)),
            (&[Admin], false, &[Developer], Roles(&[SuperAdmin]), Err(SuperAdminOnly)),
            (&[Admin], false, &[SuperAdmin], Roles(&[Developer]), Err(SuperAdminOnly)),
            (&[Admin], false, &[SuperAdmin], add, Err(SuperAdminOnly)),
            (&[Admin], false, &[SuperAdmin], Remove, Err(SuperAdminOnly)),
            (&[Admin], false, &[SuperAdmin], Delete, Err(SuperAdminOnly)),
            (&[Admin], false, &[SuperAdmin], Rename, Ok(())),
            (&[SuperAdmin], false, &[Admin], Roles(&[]), Err(NoRole)),
            // A manager from the time when the group gave Developer alone manages nothing now.
            (&[Developer], true, &[Developer, Admin], add, Err(NotManager)),
        ] {
            assert_eq!(judged(actor, manages, roles, act), expected, "{actor:?} manages: {manages} {roles:?} {act:?}");
        }
    }

    proptest! {
        /// Whatever somebody who is no Super Admin does to a group, no role comes to them that they did not have.
        #[test]
        fn nobody_raises_themselves_through_a_group(
            actor in subsequence(TeamRole::ALL.to_vec(), 0..=6),
            roles in subsequence(TeamRole::ALL.to_vec(), 0..=6),
            after in subsequence(TeamRole::ALL.to_vec(), 0..=6),
            manages: bool,
            is_member: bool,
        ) {
            prop_assume!(!actor.contains(&SuperAdmin));
            for (act, given) in [(GroupAct::Add { own: true }, &roles), (GroupAct::Roles(&after), &after)] {
                let change = GroupChange { actor: &actor, manages, is_member, roles: &roles, act };
                if change.judge().is_ok() {
                    prop_assert!(!given.contains(&SuperAdmin) || roles.contains(&SuperAdmin));
                    let comes = matches!(act, GroupAct::Add { .. }) || is_member;
                    prop_assert!(!comes || given.iter().all(|role| actor.contains(role)));
                }
            }
        }
    }
}
