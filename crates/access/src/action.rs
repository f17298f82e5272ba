//! Everything that can be done, and what each asks for.

use crate::{Plan, TeamRole, WorkspaceRole};

/// What an action asks of its actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To be signed in.
    SignedIn,
    /// To be the person it is about.
    Self_,
    /// One of these roles in the team.
    Team(&'static [TeamRole]),
    /// At least this role in the workspace.
    Workspace(WorkspaceRole),
}

const ADMINS: &[TeamRole] = &[TeamRole::SuperAdmin, TeamRole::Admin];
const AUTHORS: &[TeamRole] = &[TeamRole::SuperAdmin, TeamRole::Admin, TeamRole::Developer];

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $need:expr, $plan:expr;)*) => {
        /// Something that can be done. Its name is stable: audit events and clients hold it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $variant,)* }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its stable name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it asks of its actor.
            pub fn need(self) -> Need {
                match self { $(Self::$variant => $need,)* }
            }

            /// The least plan that has it.
            pub fn plan(self) -> Plan {
                match self { $(Self::$variant => $plan,)* }
            }
        }
    };
}

actions! {
    /// See and end one's own sessions.
    SessionManage = "session.manage", Need::Self_, Plan::Free;
    /// List the members of the team.
    PersonList = "person.list", Need::SignedIn, Plan::Free;
    /// Make an account for somebody.
    PersonCreate = "person.create", Need::Team(ADMINS), Plan::Free;
    /// Read the audit log.
    AuditRead = "audit.read", Need::Team(ADMINS), Plan::Free;
    /// Make a workspace.
    WorkspaceCreate = "workspace.create", Need::Team(AUTHORS), Plan::Free;
    /// Open a workspace and see what is in it.
    WorkspaceRead = "workspace.read", Need::Workspace(WorkspaceRole::Viewer), Plan::Free;
    /// Rename or describe a workspace.
    WorkspaceUpdate = "workspace.update", Need::Workspace(WorkspaceRole::Admin), Plan::Free;
    /// Delete a workspace and all in it.
    WorkspaceDelete = "workspace.delete", Need::Workspace(WorkspaceRole::Admin), Plan::Free;
    /// Give and take roles in a workspace.
    MemberUpdate = "workspace.member.update", Need::Workspace(WorkspaceRole::Admin), Plan::Free;
    /// Make a collection, by hand or by import.
    CollectionCreate = "collection.create", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// Change a collection's own fields.
    CollectionUpdate = "collection.update", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// Delete a collection.
    CollectionDelete = "collection.delete", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// Take a collection away as a file.
    CollectionExport = "collection.export", Need::Workspace(WorkspaceRole::Viewer), Plan::Free;
    /// Make a folder, request or example.
    ItemCreate = "item.create", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// Change a folder, request or example.
    ItemUpdate = "item.update", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// Put an item elsewhere in its collection.
    ItemMove = "item.move", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// Delete an item and all below it.
    ItemDelete = "item.delete", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// Make an environment, by hand or by import.
    EnvironmentCreate = "environment.create", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// Change an environment or the globals.
    EnvironmentUpdate = "environment.update", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// Delete an environment.
    EnvironmentDelete = "environment.delete", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// Take an environment away as a file, with its secret values.
    EnvironmentExport = "environment.export", Need::Workspace(WorkspaceRole::Editor), Plan::Free;
    /// See one secret value.
    SecretReveal = "secret.reveal", Need::Workspace(WorkspaceRole::Viewer), Plan::Free;
    /// Send a request or run a collection.
    RunStart = "run.start", Need::Workspace(WorkspaceRole::Viewer), Plan::Free;
    /// Clear one's own history.
    HistoryClear = "history.clear", Need::Workspace(WorkspaceRole::Viewer), Plan::Free;
}
