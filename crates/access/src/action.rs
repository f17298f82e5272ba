//! Everything that can be done, and what each asks for.

use crate::{Plan, TeamRole, WorkspaceRole};

/// What an action asks of its actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it happens before anybody is signed in. [`crate::decide`] still names it, for the audit log.
    Nothing,
    /// To be signed in.
    SignedIn,
    /// To be the person it is about.
    Own,
    /// One of these roles in the team.
    Team(&'static [TeamRole]),
    /// At least this role in the workspace itself.
    Workspace(WorkspaceRole),
    /// To be owner of the workspace, also while its plan lets nobody change it: for the way out of that.
    Ownership,
    /// At least this role on the thing: by a role in its workspace, or by one on the thing alone.
    Element(WorkspaceRole),
    /// A role on the thing that was given, directly, through a group or by joining; or to be editor by a role in the team.
    /// That the workspace is open to one is not enough.
    Given,
    /// Nothing of its actor, who may be of another team or nobody in particular: the workspace itself must be public.
    Published,
    /// Nothing but a link that holds, and to be one of those whom it is for.
    Link,
}

use TeamRole::{Admin, ApiNetworkManager, Billing, CommunityManager, Developer, SuperAdmin};
use WorkspaceRole::{Admin as Owner, Editor, Viewer};

const ALL: &[TeamRole] = &[SuperAdmin, Admin, Developer, Billing, CommunityManager, ApiNetworkManager];
const SUPER_ADMINS: &[TeamRole] = &[SuperAdmin];
const ADMINS: &[TeamRole] = &[SuperAdmin, Admin];
const ROLE_GIVERS: &[TeamRole] = &[SuperAdmin, Admin, Billing];
const GROUP_MAKERS: &[TeamRole] = &[SuperAdmin, Admin, Developer];
const AUTHORS: &[TeamRole] = &[SuperAdmin, Admin, Developer, CommunityManager];
const PUBLISHERS: &[TeamRole] = &[SuperAdmin, CommunityManager];
const PAYERS: &[TeamRole] = &[SuperAdmin, Billing];
const PLAN_READERS: &[TeamRole] = &[SuperAdmin, Admin, Billing];
const AUDITORS: &[TeamRole] = &[SuperAdmin, Admin, CommunityManager];

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $need:expr, $plan:expr;)*) => {
        /// Something that can be done. Its name is stable: audit events and clients hold it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $variant,)* }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its stable name: the kind of thing, a dot, the verb.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The action of that name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|action| action.name() == name)
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
    /// Make the first team and its Super Admin.
    TeamCreate = "team.create", Need::Nothing, Plan::Free;
    /// Sign in.
    SessionCreate = "session.create", Need::Nothing, Plan::Free;
    /// Sign out.
    SessionEnd = "session.end", Need::Own, Plan::Free;
    /// See where one is signed in.
    SessionList = "session.list", Need::Own, Plan::Free;
    /// End one of one's own sessions from another.
    SessionRevoke = "session.revoke", Need::Own, Plan::Free;

    /// Change one's own password.
    PasswordChange = "password.change", Need::Own, Plan::Free;

    /// Ask for another address for one's account.
    EmailChangeRequest = "email.change.request", Need::Own, Plan::Free;
    /// Give one's account another address by a link.
    EmailChange = "email.change", Need::Nothing, Plan::Free;

    /// See one's own API keys.
    ApiKeyList = "api-key.list", Need::Own, Plan::Free;
    /// Make an API key that acts for oneself.
    ApiKeyCreate = "api-key.create", Need::Own, Plan::Free;
    /// Rename one of one's own API keys.
    ApiKeyUpdate = "api-key.update", Need::Own, Plan::Free;
    /// Revoke one of one's own API keys.
    ApiKeyRevoke = "api-key.revoke", Need::Own, Plan::Free;
    /// Show an API key to be let in. Only the refusal of one that has ended is written down.
    ApiKeyUse = "api-key.use", Need::Nothing, Plan::Free;
    /// See the API keys of everybody in the team.
    TeamApiKeyList = "team.api-key.list", Need::Team(ADMINS), Plan::Enterprise;
    /// Revoke somebody's API key.
    TeamApiKeyRevoke = "team.api-key.revoke", Need::Team(ADMINS), Plan::Enterprise;
    /// Say who may make API keys in the team and how long they last.
    ApiKeyPolicyUpdate = "team.api-key.policy.update", Need::Team(ADMINS), Plan::Enterprise;

    /// Ask for a link because one forgot one's password.
    PasswordResetRequest = "password.reset.request", Need::Nothing, Plan::Free;
    /// Choose another password by such a link.
    PasswordReset = "password.reset", Need::Nothing, Plan::Free;

    /// Confirm that it is oneself, before something sensitive.
    SessionConfirm = "session.confirm", Need::Own, Plan::Free;
    /// See which second factors one has.
    FactorList = "factor.list", Need::Own, Plan::Free;
    /// Begin to set up an authenticator app.
    TotpBegin = "factor.totp.begin", Need::Own, Plan::Free;
    /// Set up an authenticator app.
    TotpAdd = "factor.totp.add", Need::Own, Plan::Free;
    /// Remove one's authenticator app.
    TotpRemove = "factor.totp.remove", Need::Own, Plan::Free;
    /// Begin to add a passkey.
    PasskeyBegin = "factor.passkey.begin", Need::Own, Plan::Free;
    /// Add a passkey.
    PasskeyAdd = "factor.passkey.add", Need::Own, Plan::Free;
    /// Rename one of one's passkeys.
    PasskeyRename = "factor.passkey.rename", Need::Own, Plan::Free;
    /// Remove one of one's passkeys.
    PasskeyRemove = "factor.passkey.remove", Need::Own, Plan::Free;
    /// Make oneself new recovery codes.
    RecoveryCodesRenew = "factor.codes.renew", Need::Own, Plan::Free;
    /// Take somebody's second factors away who has lost them.
    FactorsReset = "person.factors.reset", Need::Team(ADMINS), Plan::Free;
    /// See where a member is signed in to the team.
    PersonSessionsList = "person.sessions.list", Need::Team(ADMINS), Plan::Free;
    /// End a member's sessions in the team.
    PersonSessionsEnd = "person.sessions.end", Need::Team(ADMINS), Plan::Free;
    /// See what the team demands of its members' accounts.
    TeamSecurityRead = "team.security.read", Need::Team(ADMINS), Plan::Free;
    /// Demand something else of them.
    TeamSecurityUpdate = "team.security.update", Need::Team(ADMINS), Plan::Free;

    /// Read the team's name and plan.
    TeamRead = "team.read", Need::SignedIn, Plan::Free;
    /// See which teams one is in.
    TeamList = "team.list", Need::Own, Plan::Free;
    /// Make another team on the instance.
    TeamAdd = "team.add", Need::Team(GROUP_MAKERS), Plan::Free;
    /// Act in another team of one's own.
    TeamSwitch = "team.switch", Need::Own, Plan::Free;
    /// See who may make teams on the instance.
    TeamPolicyRead = "team.policy.read", Need::SignedIn, Plan::Free;
    /// Say who may.
    TeamPolicyUpdate = "team.policy.update", Need::Team(SUPER_ADMINS), Plan::Free;
    /// Rename the team.
    TeamUpdate = "team.update", Need::Team(ADMINS), Plan::Free;
    /// Change one's own name.
    ProfileUpdate = "profile.update", Need::Own, Plan::Free;
    /// See what each plan has, who takes a seat, and what another plan would change.
    PlanRead = "team.plan.read", Need::Team(PLAN_READERS), Plan::Free;
    /// Give the team another plan.
    PlanUpdate = "team.plan.update", Need::Team(PAYERS), Plan::Free;
    /// Wrap every key of the instance under a new root key; at the machine alone.
    RootKeyRotate = "root-key.rotate", Need::Nothing, Plan::Free;

    /// List the members of the team.
    PersonList = "person.list", Need::Team(ALL), Plan::Free;
    /// Make an account for somebody.
    PersonCreate = "person.create", Need::Team(ADMINS), Plan::Free;
    /// Give somebody other roles in the team; [`crate::Assignment`] says which.
    PersonRolesUpdate = "person.roles.update", Need::Team(ROLE_GIVERS), Plan::Free;
    /// See whom the team has invited, and by which links.
    InviteList = "invite.list", Need::Team(ADMINS), Plan::Free;
    /// Invite somebody, or suggest them to an Admin; [`crate::Assignment`] says into which roles.
    InviteCreate = "invite.create", Need::Team(ALL), Plan::Free;
    /// Send an invite again.
    InviteResend = "invite.resend", Need::Team(ADMINS), Plan::Free;
    /// Take an invite back.
    InviteRevoke = "invite.revoke", Need::Team(ADMINS), Plan::Free;
    /// Come into the team by an invite.
    InviteAccept = "invite.accept", Need::Nothing, Plan::Free;
    /// Say whether Developers invite Developers by themselves.
    InvitePolicyUpdate = "invite.policy.update", Need::Team(ADMINS), Plan::Free;
    /// Make a link by which many may ask for an invite.
    InviteLinkCreate = "invite-link.create", Need::Team(ADMINS), Plan::Free;
    /// Delete such a link.
    InviteLinkDelete = "invite-link.delete", Need::Team(ADMINS), Plan::Free;
    /// Ask for an invite by a link.
    InviteLinkUse = "invite-link.use", Need::Nothing, Plan::Free;
    /// See whom members have suggested.
    SuggestionList = "suggestion.list", Need::Team(ALL), Plan::Free;
    /// Have an invite sent to somebody who was suggested.
    SuggestionApprove = "suggestion.approve", Need::Team(ADMINS), Plan::Free;
    /// Refuse a suggestion.
    SuggestionRefuse = "suggestion.refuse", Need::Team(ADMINS), Plan::Free;
    /// Take somebody out of the team; [`crate::Departure`] says whom.
    PersonRemove = "person.remove", Need::Team(ADMINS), Plan::Free;
    /// Leave the team.
    TeamLeave = "team.leave", Need::Own, Plan::Free;
    /// Give somebody the role of Super Admin.
    SuperAdminGrant = "person.super-admin.grant", Need::Team(SUPER_ADMINS), Plan::Free;
    /// See which workspaces somebody else may open.
    AccessList = "access.list", Need::Team(ADMINS), Plan::Free;
    /// List the groups of the team, and who is in them.
    GroupList = "group.list", Need::Team(ALL), Plan::Enterprise;
    /// Make a group; [`crate::GroupChange`] says with which roles.
    GroupCreate = "group.create", Need::Team(GROUP_MAKERS), Plan::Enterprise;
    /// Rename a group, or change who is in it and what it is; [`crate::GroupChange`] says who may.
    GroupUpdate = "group.update", Need::Team(ALL), Plan::Enterprise;
    /// Delete a group.
    GroupDelete = "group.delete", Need::Team(ALL), Plan::Enterprise;
    /// Read the audit log.
    AuditRead = "audit.read", Need::Team(AUDITORS), Plan::Professional;
    /// Take the audit log away as a file.
    AuditExport = "audit.export", Need::Team(AUDITORS), Plan::Professional;
    /// Have the audit log signed now.
    AuditSign = "audit.sign", Need::Team(AUDITORS), Plan::Professional;
    /// See where the audit log is sent.
    AuditSinkList = "audit.sink.list", Need::Team(ADMINS), Plan::Enterprise;
    /// Send the audit log somewhere.
    AuditSinkCreate = "audit.sink.create", Need::Team(ADMINS), Plan::Enterprise;
    /// Change, pause or resume an audit stream.
    AuditSinkUpdate = "audit.sink.update", Need::Team(ADMINS), Plan::Enterprise;
    /// Send the audit log somewhere no more.
    AuditSinkDelete = "audit.sink.delete", Need::Team(ADMINS), Plan::Enterprise;
    /// Send one message to where the audit log is sent, to try it.
    AuditSinkTest = "audit.sink.test", Need::Team(ADMINS), Plan::Enterprise;

    /// See which mails the team's outbox holds.
    MailList = "mail.list", Need::Team(SUPER_ADMINS), Plan::Free;
    /// Open a mail that no mail server takes, to pass it on by hand.
    MailRead = "mail.read", Need::Team(SUPER_ADMINS), Plan::Free;
    /// Have a mail tried again that failed.
    MailRetry = "mail.retry", Need::Team(SUPER_ADMINS), Plan::Free;
    /// Take a mail out of the outbox.
    MailDelete = "mail.delete", Need::Team(SUPER_ADMINS), Plan::Free;

    /// See what one was told.
    NotificationList = "notification.list", Need::Own, Plan::Free;
    /// Note that one has read what one was told.
    NotificationRead = "notification.read", Need::Own, Plan::Free;
    /// Say what one wants to be told, and how.
    NotificationPreferencesUpdate = "notification.preferences.update", Need::Own, Plan::Free;

    /// List the workspaces that one may open.
    WorkspaceList = "workspace.list", Need::SignedIn, Plan::Free;
    /// Make a workspace.
    WorkspaceCreate = "workspace.create", Need::Team(AUTHORS), Plan::Free;
    /// Make a private workspace.
    PrivateWorkspaceCreate = "workspace.create.private", Need::Team(AUTHORS), Plan::Professional;
    /// Make a public workspace.
    PublicWorkspaceCreate = "workspace.create.public", Need::Team(PUBLISHERS), Plan::Free;
    /// Open a workspace and see what is in it.
    WorkspaceRead = "workspace.read", Need::Workspace(Viewer), Plan::Free;
    /// Rename or describe a workspace.
    WorkspaceUpdate = "workspace.update", Need::Workspace(Owner), Plan::Free;
    /// Delete a workspace and all in it.
    WorkspaceDelete = "workspace.delete", Need::Workspace(Owner), Plan::Free;
    /// List the workspaces that were deleted and that one may restore.
    DeletedWorkspaceList = "workspace.deleted.list", Need::SignedIn, Plan::Free;
    /// Restore a workspace that was deleted.
    WorkspaceRestore = "workspace.restore", Need::Workspace(Owner), Plan::Free;
    /// Delete a workspace for good that was deleted before.
    WorkspacePurge = "workspace.purge", Need::Workspace(Owner), Plan::Free;
    /// See what was deleted in a workspace.
    TrashList = "trash.list", Need::Workspace(Editor), Plan::Free;
    /// Restore what was deleted in a workspace.
    TrashRestore = "trash.restore", Need::Element(Editor), Plan::Free;
    /// Delete something for good that was deleted before.
    TrashPurge = "trash.purge", Need::Element(Editor), Plan::Free;
    /// See what strangers would see of a workspace, and how far a request to make it public has come.
    VisibilityRead = "workspace.visibility.read", Need::Ownership, Plan::Free;
    /// Make a workspace a personal one, or one of the team.
    VisibilityUpdate = "workspace.visibility.update", Need::Ownership, Plan::Free;
    /// Make a workspace private.
    WorkspaceMakePrivate = "workspace.visibility.private", Need::Workspace(Owner), Plan::Professional;
    /// Make a workspace public, or ask for it.
    WorkspaceMakePublic = "workspace.visibility.public", Need::Workspace(Owner), Plan::Free;
    /// Take back the request to make a workspace public.
    PublishRequestCancel = "workspace.publish.cancel", Need::Workspace(Owner), Plan::Free;
    /// See which workspaces are to be made public.
    PublishRequestList = "workspace.publish.list", Need::Team(PUBLISHERS), Plan::Professional;
    /// Approve or refuse that a workspace is made public.
    PublishRequestDecide = "workspace.publish.decide", Need::Team(PUBLISHERS), Plan::Professional;
    /// Read a public workspace and what is in it as a stranger does.
    PublicRead = "public.read", Need::Published, Plan::Free;
    /// Join a team workspace.
    WorkspaceJoin = "workspace.join", Need::Workspace(Viewer), Plan::Free;
    /// Give up one's own roles in a workspace.
    WorkspaceLeave = "workspace.leave", Need::Workspace(Viewer), Plan::Free;
    /// Ask for a role.
    AccessRequestCreate = "access.request", Need::SignedIn, Plan::Free;
    /// See what one asked for.
    AccessRequestListOwn = "access.request.own", Need::SignedIn, Plan::Free;
    /// Take back what one asked for.
    AccessRequestCancel = "access.request.cancel", Need::Own, Plan::Free;
    /// See who asks for a role in a workspace.
    AccessRequestList = "access.request.list", Need::Workspace(Owner), Plan::Free;
    /// Give somebody a role who asked for one, or refuse.
    AccessRequestDecide = "access.request.decide", Need::Workspace(Owner), Plan::Free;
    /// See who has a role in a workspace.
    MemberList = "workspace.member.list", Need::Workspace(Viewer), Plan::Free;
    /// Give a role in a workspace, or change it.
    MemberUpdate = "workspace.member.update", Need::Workspace(Owner), Plan::Free;
    /// Take a role in a workspace away.
    MemberRemove = "workspace.member.remove", Need::Workspace(Owner), Plan::Free;

    /// See who has a role on one element of a workspace.
    ElementMemberList = "element.member.list", Need::Element(Viewer), Plan::Free;
    /// Give or take a role on one element of a workspace.
    ElementMemberUpdate = "element.member.update", Need::Element(Editor), Plan::Professional;

    /// Make a collection by hand.
    CollectionCreate = "collection.create", Need::Workspace(Editor), Plan::Free;
    /// Bring a collection in from a file, or take the sample.
    CollectionImport = "collection.import", Need::Workspace(Editor), Plan::Free;
    /// Open a collection and what is in it.
    CollectionRead = "collection.read", Need::Element(Viewer), Plan::Free;
    /// Change a collection's own fields.
    CollectionUpdate = "collection.update", Need::Element(Editor), Plan::Free;
    /// Move a collection to another workspace, whose editor one is.
    CollectionTransfer = "collection.transfer", Need::Element(Editor), Plan::Free;
    /// Move an environment to another workspace, whose editor one is.
    EnvironmentTransfer = "environment.transfer", Need::Element(Editor), Plan::Free;
    /// Make a copy of a collection in a workspace, of one that one may read.
    CollectionCopy = "collection.copy", Need::Workspace(Editor), Plan::Free;
    /// Make a copy of an environment in a workspace, of one that one may read.
    EnvironmentCopy = "environment.copy", Need::Workspace(Editor), Plan::Free;
    /// Make copies in a workspace of what is in another that one may read.
    WorkspaceCopy = "workspace.copy", Need::Workspace(Editor), Plan::Free;
    /// See who changed what in a workspace.
    ActivityRead = "activity.read", Need::Workspace(Viewer), Plan::Free;
    /// See whether one watches a workspace or a collection.
    WatchRead = "watch.read", Need::Element(Viewer), Plan::Free;
    /// Be told of what others change in a workspace or a collection.
    WatchCreate = "watch.create", Need::Element(Viewer), Plan::Free;
    /// Be told of it no more.
    WatchDelete = "watch.delete", Need::Element(Viewer), Plan::Free;
    /// Make a link by which the team can read a collection.
    ShareLinkCreate = "share-link.create", Need::Element(Editor), Plan::Free;
    /// Make a link by which anybody can read a collection.
    OpenLinkCreate = "share-link.create.public", Need::Workspace(Owner), Plan::Free;
    /// See which links lead to a collection.
    ShareLinkList = "share-link.list", Need::Element(Editor), Plan::Free;
    /// Delete a link to a collection.
    ShareLinkDelete = "share-link.delete", Need::Element(Editor), Plan::Free;
    /// See every link by which something of the team can be read.
    TeamShareLinkList = "team.share-link.list", Need::Team(ADMINS), Plan::Free;
    /// Delete a link that somebody of the team made.
    TeamShareLinkDelete = "team.share-link.delete", Need::Team(ADMINS), Plan::Free;
    /// Read a collection by a link.
    ShareLinkUse = "share-link.use", Need::Link, Plan::Free;
    /// Take into a workspace what is moved there from another.
    TransferAccept = "transfer.accept", Need::Workspace(Editor), Plan::Free;
    /// Delete a collection.
    CollectionDelete = "collection.delete", Need::Element(Editor), Plan::Free;
    /// Take a collection away as a file.
    CollectionExport = "collection.export", Need::Element(Viewer), Plan::Free;
    /// Open a folder, request or example.
    ItemRead = "item.read", Need::Element(Viewer), Plan::Free;
    /// Make a folder, request or example.
    ItemCreate = "item.create", Need::Element(Editor), Plan::Free;
    /// Change a folder, request or example.
    ItemUpdate = "item.update", Need::Element(Editor), Plan::Free;
    /// Put an item elsewhere in its collection.
    ItemMove = "item.move", Need::Element(Editor), Plan::Free;
    /// Make a copy of an item beside it.
    ItemDuplicate = "item.duplicate", Need::Element(Editor), Plan::Free;
    /// Delete an item and all below it.
    ItemDelete = "item.delete", Need::Element(Editor), Plan::Free;

    /// Make an environment by hand.
    EnvironmentCreate = "environment.create", Need::Workspace(Editor), Plan::Free;
    /// Bring an environment or globals in from a file.
    EnvironmentImport = "environment.import", Need::Workspace(Editor), Plan::Free;
    /// Open an environment or the globals; secret values stay hidden.
    EnvironmentRead = "environment.read", Need::Element(Viewer), Plan::Free;
    /// Change an environment or the globals.
    EnvironmentUpdate = "environment.update", Need::Element(Editor), Plan::Free;
    /// Delete an environment.
    EnvironmentDelete = "environment.delete", Need::Element(Editor), Plan::Free;
    /// Take an environment away as a file, with its secret values.
    EnvironmentExport = "environment.export", Need::Element(Editor), Plan::Free;
    /// See one secret value.
    SecretReveal = "secret.reveal", Need::Given, Plan::Free;

    /// Send a request.
    RequestSend = "request.send", Need::Workspace(Viewer), Plan::Free;
    /// Run a collection.
    RunStart = "run.start", Need::Workspace(Viewer), Plan::Free;
    /// Forget the cookies that answers set for oneself in a workspace.
    CookieClear = "cookie.clear", Need::Workspace(Viewer), Plan::Free;
    /// Read the body of an answer to one's own request.
    BodyRead = "body.read", Need::Own, Plan::Free;
    /// See which certificates one's own requests use.
    CertificateList = "certificate.list", Need::Own, Plan::Free;
    /// Add a certificate that one's own requests use.
    CertificateCreate = "certificate.create", Need::Own, Plan::Free;
    /// Delete a certificate that one's own requests use.
    CertificateDelete = "certificate.delete", Need::Own, Plan::Free;
    /// Read a report of one's own run.
    RunReportRead = "run.report.read", Need::Own, Plan::Free;
    /// Read one's own history in a workspace.
    HistoryRead = "history.read", Need::Workspace(Viewer), Plan::Free;
    /// Clear one's own history in a workspace.
    HistoryClear = "history.clear", Need::Workspace(Viewer), Plan::Free;
    /// Delete one line of one's own history.
    HistoryDelete = "history.delete", Need::Own, Plan::Free;
}

impl Action {
    /// Must whoever does it have signed in, so that an API key is not enough?
    ///
    /// What is about an account itself (its password, its sessions, its keys) stays with the person, and a key makes nobody
    /// who could sign in: what it can do ends with it. A new action about one's own account is among these unless it is
    /// named here.
    pub fn needs_session(self) -> bool {
        match self {
            Self::BodyRead | Self::RunReportRead | Self::HistoryDelete | Self::AccessRequestCancel => false,
            Self::AuditSinkCreate | Self::AuditSinkUpdate | Self::AuditSinkDelete => true,
            Self::FactorsReset | Self::TeamSecurityUpdate | Self::PersonRemove | Self::PersonSessionsEnd => true,
            Self::InviteCreate | Self::InviteResend | Self::InvitePolicyUpdate | Self::InviteLinkCreate => true,
            Self::SuggestionApprove | Self::PlanUpdate | Self::TeamAdd | Self::TeamPolicyUpdate => true,
            Self::PersonCreate | Self::SuperAdminGrant | Self::TeamApiKeyRevoke | Self::ApiKeyPolicyUpdate => true,
            _ => self.need() == Need::Own,
        }
    }
}
