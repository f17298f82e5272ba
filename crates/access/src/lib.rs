//! Who may do what: a pure function that answers with its reason.
//!
//! [`decide`] takes an actor, an action and an object, and everything it needs to know about them; it reads nothing
//! else. It denies by default. [`Decision::visible`] says whether the actor may know that the object exists: what you
//! may not know of is 404, what you know of but may not do is 403.
//!
//! The matrix is data: [`Action::need`] says what each action asks for, and a test prints the whole of it.

mod action;
mod decision;

pub use action::{Action, Need};
pub use decision::{Actor, Decision, Object, Reason, decide};

/// What a person is in a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TeamRole {
    /// Everything in the team, and the roles of other Super Admins.
    SuperAdmin,
    /// Members, settings and every team workspace.
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
    /// Its owner alone.
    Personal,
    /// Every member of the team.
    Team,
}

impl Visibility {
    /// The name in the database and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Team => "team",
        }
    }

    /// The visibility of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Personal, Self::Team].into_iter().find(|visibility| visibility.name() == name)
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
