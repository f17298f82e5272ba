//! Who may do what: a pure function that answers with its reason.
//!
//! [`decide`] takes an actor, an action and an object, and everything it needs to know about them; it reads nothing
//! else. It denies by default. [`Decision::visible`] says whether the actor may know that the object exists: what you
//! may not know of is 404, what you know of but may not do is 403.
//!
//! The matrix is data: [`Action::need`] says what each action asks for, [`TeamRole::workspace_role`] says what a role in
//! the team is worth in a workspace, and a test prints the whole of it.
//!
//! [`Assignment`] says who may give which team roles to whom, [`Departure`] who may be taken out of a team, [`GroupChange`]
//! who may change a group, [`PLAN_TABLE`] what each plan has. [`explain`] shows what led to a decision: every role that
//! was looked at, and the step that is missing.
//!
//! A role is held by a [`Grant`], which says how it came to the actor: directly or through a group. What counts is the
//! union of all; the greatest role wins. What a plan does not have is dormant, never lost.

mod action;
mod assignment;
mod decision;
mod departure;
mod explanation;
mod group;
mod last;
mod plan_table;
mod seat;

pub use action::{Action, Need};
pub use assignment::{Assignment, AssignmentRefusal};
pub use decision::{Actor, Audience, Decision, Grant, Object, Reason, Scope, Through, Who, decide};
pub use departure::{Departure, DepartureRefusal};
pub use explanation::{Explanation, Step, explain};
pub use group::{GroupAct, GroupChange, GroupRefusal};
pub use plan_table::{Cell, FREE_MEMBERS, PLAN_TABLE, PlanRow};
pub use seat::{SUPPORT_USERS, Seat};

/// What a person is in a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TeamRole {
    /// Everything in the team, personal workspaces included, and the roles of other Super Admins.
    SuperAdmin,
    /// Members and settings; no content by itself.
    Admin,
    /// Works in workspaces.
    Developer,
    /// Plan and invoices.
    Billing,
    /// What is public.
    CommunityManager,
    /// The private API network.
    ApiNetworkManager,
}

impl TeamRole {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::SuperAdmin,
        Self::Admin,
        Self::Developer,
        Self::Billing,
        Self::CommunityManager,
        Self::ApiNetworkManager,
    ];

    /// The name in the database and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super-admin",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Billing => "billing",
            Self::CommunityManager => "community-manager",
            Self::ApiNetworkManager => "api-network-manager",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The name as a person reads it.
    pub fn title(self) -> &'static str {
        match self {
            Self::SuperAdmin => "Super Admin",
            Self::Admin => "Admin",
            Self::Developer => "Developer",
            Self::Billing => "Billing",
            Self::CommunityManager => "Community Manager",
            Self::ApiNetworkManager => "API Network Manager",
        }
    }

    /// The least plan that has the role; under a lesser one it is dormant. A Super Admin stays one under every plan, so
    /// that nobody is locked out of a team whose plan became smaller.
    pub fn plan(self) -> Plan {
        match self {
            Self::SuperAdmin | Self::Admin | Self::Developer | Self::Billing => Plan::Free,
            Self::CommunityManager => Plan::Professional,
            Self::ApiNetworkManager => Plan::Enterprise,
        }
    }

    /// What this role is worth in a workspace of its team to which its holder was not invited.
    ///
    /// Admin and Billing manage people and money; by themselves they see no content. Teams whose plan has no roles in
    /// workspaces let every Developer edit.
    pub fn workspace_role(self, visibility: Visibility, plan: Plan) -> Option<WorkspaceRole> {
        match (self, visibility) {
            // Only an Enterprise team owns the personal workspaces of its members.
            (Self::SuperAdmin, Visibility::Personal) => (plan == Plan::Enterprise).then_some(WorkspaceRole::Admin),
            (Self::SuperAdmin, _) => Some(WorkspaceRole::Admin),
            (Self::Developer, Visibility::Team | Visibility::Public) if plan < Plan::Professional => {
                Some(WorkspaceRole::Editor)
            }
            (_, Visibility::Public) => Some(WorkspaceRole::Viewer),
            (Self::Developer | Self::CommunityManager, Visibility::Team) => Some(WorkspaceRole::Viewer),
            _ => None,
        }
    }

    /// Does this role see that a workspace is there, though not what is in it?
    pub fn sees_row(self, visibility: Visibility) -> bool {
        self == Self::Admin && matches!(visibility, Visibility::Private | Visibility::Team)
    }
}

/// What a person is in a workspace. A greater role includes the lesser ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkspaceRole {
    /// Sees, sends and runs.
    Viewer,
    /// Changes what is in it.
    Editor,
    /// Its owner: members, settings, deletion.
    Admin,
}

impl WorkspaceRole {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Editor, Self::Admin];

    /// The name in the database and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "owner",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// Who may open a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Its owner alone, and the Super Admins of an Enterprise team.
    Personal,
    /// Those who were given a role.
    Private,
    /// Every member of the team whose team role reaches content.
    Team,
    /// As `Team`; strangers may read what was published.
    Public,
}

impl Visibility {
    /// Every visibility, the narrowest first.
    pub const ALL: [Self; 4] = [Self::Personal, Self::Private, Self::Team, Self::Public];

    /// The name in the database and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Private => "private",
            Self::Team => "team",
            Self::Public => "public",
        }
    }

    /// The least plan that has workspaces of this kind.
    pub fn plan(self) -> Plan {
        match self {
            Self::Private => Plan::Professional,
            Self::Personal | Self::Team | Self::Public => Plan::Free,
        }
    }

    /// The most that anybody is in such a workspace under `plan`: what a smaller plan does not have can still be read.
    pub fn most(self, plan: Plan) -> WorkspaceRole {
        if plan < self.plan() { WorkspaceRole::Viewer } else { WorkspaceRole::Admin }
    }

    /// The visibility of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|visibility| visibility.name() == name)
    }
}

/// What a team has paid for, or what its operator chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plan {
    /// One person and a few friends.
    Free,
    /// A small team.
    Basic,
    /// Private workspaces and more.
    Professional,
    /// Everything: what a self-hosted instance starts with.
    Enterprise,
}

impl Plan {
    /// Every plan, the smallest first.
    pub const ALL: [Self; 4] = [Self::Free, Self::Basic, Self::Professional, Self::Enterprise];

    /// The name in the database and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Basic => "basic",
            Self::Professional => "professional",
            Self::Enterprise => "enterprise",
        }
    }

    /// The plan of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.name() == name)
    }

    /// The name as a person reads it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Free => "Free",
            Self::Basic => "Basic",
            Self::Professional => "Professional",
            Self::Enterprise => "Enterprise",
        }
    }
}
