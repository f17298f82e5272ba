//! What each plan has: the guide's comparison of plans, as data.
//!
//! Source: spec admin 11. A row that gates actions names them, and a test holds the two together: an action that a plan
//! gates is in a row, and the row begins with the plan that the action needs.

use crate::{Action, Plan};

/// What a plan has of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    No,
    /// All of it.
    Yes,
    /// So much.
    Much(&'static str),
}

impl Cell {
    /// As a person reads it.
    pub fn text(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Much(text) => text,
        }
    }
}

/// A feature, and what each plan has of it.
#[derive(Clone, Copy, Debug)]
pub struct PlanRow {
    /// The feature.
    pub name: &'static str,
    /// What Free, Basic, Professional and Enterprise have of it.
    pub cells: [Cell; 4],
    /// The actions that it gates.
    pub actions: &'static [Action],
    /// Is it in this version of the product?
    pub built: bool,
}

/// Most members of a team with the plan Free.
pub const FREE_MEMBERS: i64 = 3;

use Cell::{Much, No, Yes};

const fn built(name: &'static str, cells: [Cell; 4], actions: &'static [Action]) -> PlanRow {
    PlanRow { name, cells, actions, built: true }
}

const fn later(name: &'static str, cells: [Cell; 4]) -> PlanRow {
    PlanRow { name, cells, actions: &[], built: false }
}

/// Every feature that plans differ in.
pub const PLAN_TABLE: &[PlanRow] = &[
    built("Members", [Much("3"), Much("any number"), Much("any number"), Much("any number")], &[]),
    built("Private workspaces", [No, No, Yes, Yes], &[Action::PrivateWorkspaceCreate, Action::WorkspaceMakePrivate]),
    built(
        "Editor and viewer roles, Community Manager",
        [No, No, Yes, Yes],
        &[Action::ElementMemberUpdate, Action::PublishRequestList, Action::PublishRequestDecide],
    ),
    built(
        "Groups",
        [No, No, No, Yes],
        &[Action::GroupList, Action::GroupCreate, Action::GroupUpdate, Action::GroupDelete],
    ),
    built(
        "API keys of the whole team",
        [No, No, No, Yes],
        &[Action::TeamApiKeyList, Action::TeamApiKeyRevoke, Action::ApiKeyPolicyUpdate],
    ),
    built("Super Admins open personal workspaces", [No, No, No, Yes], &[]),
    built(
        "Audit log",
        [No, No, Much("90 days"), Much("180 days")],
        &[Action::AuditRead, Action::AuditExport, Action::AuditSign],
    ),
    built(
        "Audit log sent on to other systems",
        [No, No, No, Yes],
        &[
            Action::AuditSinkList,
            Action::AuditSinkCreate,
            Action::AuditSinkUpdate,
            Action::AuditSinkDelete,
            Action::AuditSinkTest,
        ],
    ),
    later("Single sign-on", [No, No, Much("Google Workspace"), Much("every provider")]),
    later("SCIM, API network, public elements, workspace management, tags", [No, No, No, Yes]),
    later("Domain verification and capture", [No, No, No, Yes]),
    later("Partner workspaces", [No, No, No, Yes]),
    later("Guests", [Yes, Yes, Yes, No]),
    later("Flow Editor role", [No, Yes, Yes, Yes]),
    // The specification has 1, 30, 90 and 90 days; we keep what was deleted for 30 whatever the plan is.
    built("Deleted collections are kept", [Much("30 days"), Much("30 days"), Much("30 days"), Much("30 days")], &[]),
    later("Own patterns of secrets", [No, No, No, Yes]),
    later("Monitors with a fixed address", [No, No, Yes, Yes]),
    later("Enterprise app, app versions", [No, No, No, Yes]),
];

impl PlanRow {
    /// The least plan that has something of it.
    pub fn least(&self) -> Plan {
        let place = self.cells.iter().position(|cell| *cell != No).unwrap_or(3);
        Plan::ALL[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the specification as they stand there, those that are about money left out. A row of it that is several
    /// of ours has the same words on each.
    const SPECIFIED: &[(&str, &str)] = &[
        ("Members", "3 | paid | paid | paid"),
        ("Private workspaces", "no | no | yes | yes"),
        ("Editor and viewer roles, Community Manager", "no | no | yes | yes"),
        ("Groups", "no | no | no | yes"),
        ("API keys of the whole team", "no | no | no | yes"),
        ("Super Admins open personal workspaces", "no | no | no | yes"),
        ("Audit log", "no | no | 90 days | 180 days"),
        ("Audit log sent on to other systems", "not named"),
        ("Single sign-on", "no | no | Google Workspace only | all IdPs"),
        ("SCIM, API network, public elements, workspace management, tags", "no | no | no | yes"),
        ("Domain verification and capture", "no | no | no | yes / Ultimate"),
        ("Partner workspaces", "no | no | no (2025: yes) | Ultimate (later all)"),
        ("Guests", "yes | yes | yes | no (2026: by toggle)"),
        ("Flow Editor role", "- | yes | yes | included"),
        ("Deleted collections are kept", "1 day | 30 | 90 | 90"),
        ("Own patterns of secrets", "no | no | static IP | both"),
        ("Monitors with a fixed address", "no | no | static IP | both"),
        ("Enterprise app, app versions", "no | no | no | yes"),
    ];

    #[test]
    fn the_table_of_the_specification() {
        let names: Vec<_> = PLAN_TABLE.iter().map(|row| row.name).collect();
        assert_eq!(names, SPECIFIED.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let lines: Vec<_> = PLAN_TABLE
            .iter()
            .zip(SPECIFIED)
            .map(|(row, (_, specified))| {
                let ours: Vec<_> = row.cells.iter().map(|cell| cell.text()).collect();
                let built = if row.built { "" } else { " (later)" };
                format!("{}{built}\n  ours      {}\n  specified {specified}", row.name, ours.join(" | "))
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        Members
          ours      3 | any number | any number | any number
          specified 3 | paid | paid | paid
        Private workspaces
          ours      no | no | yes | yes
          specified no | no | yes | yes
        Editor and viewer roles, Community Manager
          ours      no | no | yes | yes
          specified no | no | yes | yes
        Groups
          ours      no | no | no | yes
          specified no | no | no | yes
        API keys of the whole team
          ours      no | no | no | yes
          specified no | no | no | yes
        Super Admins open personal workspaces
          ours      no | no | no | yes
          specified no | no | no | yes
        Audit log
          ours      no | no | 90 days | 180 days
          specified no | no | 90 days | 180 days
        Audit log sent on to other systems
          ours      no | no | no | yes
          specified not named
        Single sign-on (later)
          ours      no | no | Google Workspace | every provider
          specified no | no | Google Workspace only | all IdPs
        SCIM, API network, public elements, workspace management, tags (later)
          ours      no | no | no | yes
          specified no | no | no | yes
        Domain verification and capture (later)
          ours      no | no | no | yes
          specified no | no | no | yes / Ultimate
        Partner workspaces (later)
          ours      no | no | no | yes
          specified no | no | no (2025: yes) | Ultimate (later all)
        Guests (later)
          ours      yes | yes | yes | no
          specified yes | yes | yes | no (2026: by toggle)
        Flow Editor role (later)
          ours      no | yes | yes | yes
          specified - | yes | yes | included
        Deleted collections are kept
          ours      30 days | 30 days | 30 days | 30 days
          specified 1 day | 30 | 90 | 90
        Own patterns of secrets (later)
          ours      no | no | no | yes
          specified no | no | static IP | both
        Monitors with a fixed address (later)
          ours      no | no | yes | yes
          specified no | no | static IP | both
        Enterprise app, app versions (later)
          ours      no | no | no | yes
          specified no | no | no | yes
        ");
    }

    #[test]
    fn a_row_begins_with_the_plan_that_its_actions_need() {
        for row in PLAN_TABLE {
            for action in row.actions {
                assert_eq!(action.plan(), row.least(), "{} in {}", action.name(), row.name);
            }
        }
        let gated: Vec<_> = Action::ALL
            .iter()
            .filter(|action| action.plan() > Plan::Free)
            .filter(|action| !PLAN_TABLE.iter().any(|row| row.actions.contains(action)))
            .map(|action| action.name())
            .collect();
        assert_eq!(gated, [] as [&str; 0], "add each to a row of PLAN_TABLE");
    }
}
