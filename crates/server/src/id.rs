//! Ids: UUIDs as text, each with the type of what it names.

use uuid::{NoContext, Timestamp, Uuid};

/// A new id (UUIDv7) for something that comes to be at `now`, milliseconds since the epoch.
pub fn new(now: i64) -> String {
    let milliseconds = u64::try_from(now).unwrap_or_default();
    let nanoseconds = u32::try_from(milliseconds % 1000).unwrap_or_default() * 1_000_000;
    Uuid::new_v7(Timestamp::from_unix(NoContext, milliseconds / 1000, nanoseconds)).to_string()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[schema(value_type = String)]
        pub struct $name(pub String);

        impl $name {
            /// A new one, for something that comes to be at `now`.
            pub fn new(now: i64) -> Self {
                Self(new(now))
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&$name> for bulla_db::Value {
            fn from(id: &$name) -> Self {
                Self::Text(Some(id.0.clone()))
            }
        }
    )*};
}

ids! {
    /// Names a workspace.
    WorkspaceId;
    /// Names a collection.
    CollectionId;
    /// Names a folder, request or example.
    ItemId;
    /// Names an environment, or the globals of a workspace.
    EnvironmentId;
    /// Names one variable of an environment.
    ValueId;
    /// Names a person.
    PersonId;
    /// Names a group of people.
    GroupId;
    /// Names one thing that was sent or run, in somebody's history.
    RunId;
    /// Names the body of an answer that is kept for a while.
    BodyId;
    /// Names a request to make a workspace public.
    PublishRequestId;
    /// Names a request for a role.
    AccessRequestId;
    /// Names something that was deleted and may be restored: its own id.
    TrashId;
    /// Names a mail in the outbox.
    MailId;
    /// Names where the audit log is sent.
    SinkId;
    /// Names a notice to somebody in the app.
    NotificationId;
    /// Names a certificate that somebody's requests use.
    CertificateId;
    /// Names a passkey.
    PasskeyId;
    /// Names an invite of one person.
    InviteId;
    /// Names a link by which many may ask for an invite.
    InviteLinkId;
    /// Names a link by which a collection can be read.
    ShareLinkId;
    /// Names a suggestion of somebody for the team.
    SuggestionId;
}
