//! Who takes a seat in a team, and why (spec admin 4.3).

use crate::TeamRole;

/// Members with Admin or Billing alone who take no seat.
pub const SUPPORT_USERS: i64 = 2;

/// Why a member takes a seat, or takes none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// A role that works with content.
    Role(TeamRole),
    /// Admin or Billing alone, and one of the two who are free.
    Support,
    /// Admin or Billing alone, and there are two before them.
    SupportBeyond,
}

impl Seat {
    /// That of somebody who holds these roles, directly or through a group. `is_free` says whether they are one of the two
    /// earliest support users.
    pub fn of(held: &[TeamRole], is_free: bool) -> Self {
        let working = |role: &&TeamRole| !matches!(role, TeamRole::Admin | TeamRole::Billing);
        let mut roles = held.to_vec();
        roles.sort_unstable();
        match roles.iter().find(working) {
            Some(role) => Self::Role(*role),
            None if is_free => Self::Support,
            None => Self::SupportBeyond,
        }
    }

    /// Is it taken?
    pub fn is_taken(self) -> bool {
        self != Self::Support
    }

    /// Why, as a sentence without its subject.
    pub fn because(self) -> String {
        match self {
            Self::Role(role) => format!("is {}", role.title()),
            Self::Support => format!("has Admin or Billing alone; {SUPPORT_USERS} of those take no seat"),
            Self::SupportBeyond => format!("has Admin or Billing alone, but {SUPPORT_USERS} others came before"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TeamRole::{Admin, Billing, CommunityManager, Developer, SuperAdmin};

    #[test]
    fn a_seat_is_taken_by_whoever_works_with_content() {
        for (held, is_free, taken, because) in [
            (&[Developer][..], false, true, "is Developer"),
            (&[Admin, Developer], true, true, "is Developer"),
            (&[SuperAdmin], false, true, "is Super Admin"),
            (&[CommunityManager], false, true, "is Community Manager"),
            (&[Admin, Billing], true, false, "has Admin or Billing alone; 2 of those take no seat"),
            (&[Billing], false, true, "has Admin or Billing alone, but 2 others came before"),
        ] {
            let seat = Seat::of(held, is_free);
            assert_eq!((seat.is_taken(), seat.because().as_str()), (taken, because), "{held:?}");
        }
    }
}
