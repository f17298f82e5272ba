//! What kind of thing each action is, in the words of OCSF and ECS.

use super::Leaving;

/// The classes of OCSF that ours fall into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 3001: something about an account.
    AccountChange,
    /// 3002: signing in and out.
    Authentication,
    /// 3004: something that is managed was made, changed or deleted.
    EntityManagement,
    /// 3005: somebody's rights are others.
    UserAccess,
    /// 3006: a group is another.
    GroupManagement,
    /// 6003: something was read, sent or run.
    ApiActivity,
}

impl Class {
    /// Its number.
    pub fn uid(self) -> u32 {
        match self {
            Self::AccountChange => 3001,
            Self::Authentication => 3002,
            Self::EntityManagement => 3004,
            Self::UserAccess => 3005,
            Self::GroupManagement => 3006,
            Self::ApiActivity => 6003,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccountChange => "Account Change",
            Self::Authentication => "Authentication",
            Self::EntityManagement => "Entity Management",
            Self::UserAccess => "User Access Management",
            Self::GroupManagement => "Group Management",
            Self::ApiActivity => "API Activity",
        }
    }

    /// The number and the name of its category.
    pub fn category(self) -> (u32, &'static str) {
        match self {
            Self::ApiActivity => (6, "Application Activity"),
            _ => (3, "Identity & Access Management"),
        }
    }

    /// The categories of ECS.
    pub fn ecs_categories(self, action: &str) -> &'static [&'static str] {
        match self {
            Self::Authentication if action.starts_with("session.") => &["authentication", "session"],
            Self::Authentication => &["authentication"],
            Self::AccountChange | Self::UserAccess | Self::GroupManagement => &["iam"],
            Self::EntityManagement => &["configuration"],
            Self::ApiActivity => &["api"],
        }
    }
}

/// What is done, in words that every class has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Somebody is let in.
    Logon,
    /// Somebody is out.
    Logoff,
    /// Something is made.
    Create,
    /// Something is read.
    Read,
    /// Something is changed.
    Update,
    /// Something is gone.
    Delete,
    /// A password is changed.
    PasswordChange,
    /// A password is chosen by a link.
    PasswordReset,
    /// A second factor is there.
    FactorOn,
    /// A second factor is gone.
    FactorOff,
    /// Rights are given or changed.
    Assign,
    /// Rights are taken.
    Revoke,
    /// None of these.
    Other,
}

impl Verb {
    /// The number and the name of the activity in OCSF.
    pub fn activity(self, class: Class) -> (u32, &'static str) {
        let other = (99, "Other");
        match class {
            Class::Authentication => match self {
                Self::Logon => (1, "Logon"),
                Self::Logoff => (2, "Logoff"),
                _ => other,
            },
            Class::AccountChange => match self {
                Self::Create => (1, "Create"),
                Self::PasswordChange => (3, "Password Change"),
                Self::PasswordReset => (4, "Password Reset"),
                Self::Delete => (6, "Delete"),
                Self::FactorOn => (10, "MFA Factor Enable"),
                Self::FactorOff => (11, "MFA Factor Disable"),
                _ => other,
            },
            Class::UserAccess => match self {
                Self::Assign => (1, "Assign Privileges"),
                Self::Revoke => (2, "Revoke Privileges"),
                _ => other,
            },
            Class::GroupManagement => match self {
                Self::Delete => (5, "Delete"),
                Self::Create => (6, "Create"),
                _ => other,
            },
            Class::EntityManagement | Class::ApiActivity => match self {
                Self::Create => (1, "Create"),
                Self::Read => (2, "Read"),
                Self::Update => (3, "Update"),
                Self::Delete => (4, "Delete"),
                _ => other,
            },
        }
    }

    /// The types of ECS.
    pub fn ecs_types(self, class: Class) -> Vec<&'static str> {
        let kind = match class {
            Class::AccountChange | Class::UserAccess => Some("user"),
            Class::GroupManagement => Some("group"),
            _ => None,
        };
        let what = match self {
            Self::Logon => "start",
            Self::Logoff => "end",
            Self::Create | Self::FactorOn => "creation",
            Self::Read => "access",
            Self::Delete | Self::FactorOff => "deletion",
            Self::Update | Self::PasswordChange | Self::PasswordReset | Self::Assign | Self::Revoke => "change",
            Self::Other => "info",
        };
        kind.into_iter().chain([what]).collect()
    }
}

/// The class and the verb of an action by its name; `None` for one that is not in the table.
pub fn listed(action: &str) -> Option<(Class, Verb)> {
    use Class::{AccountChange, ApiActivity, Authentication, EntityManagement, GroupManagement, UserAccess};
    use Verb::{
        Assign, Create, Delete, FactorOff, FactorOn, Logoff, Logon, Other, PasswordChange, PasswordReset, Read, Revoke,
        Update,
    };
    Some(match action {
        "session.create" | "api-key.use" => (Authentication, Logon),
        "session.end" | "session.revoke" | "person.sessions.end" => (Authentication, Logoff),
        "session.confirm" | "team.switch" | "password.reset.request" => (Authentication, Other),
        "session.list" => (ApiActivity, Read),

        "password.change" => (AccountChange, PasswordChange),
        "password.reset" => (AccountChange, PasswordReset),
        "factor.totp.add" | "factor.passkey.add" => (AccountChange, FactorOn),
        "factor.totp.remove" | "factor.passkey.remove" | "person.factors.reset" => (AccountChange, FactorOff),
        "factor.totp.begin" | "factor.passkey.begin" | "factor.passkey.rename" | "factor.codes.renew" => {
            (AccountChange, Other)
        }
        "api-key.warn" | "api-key.update" | "notification.preferences.update" | "notification.read" => {
            (AccountChange, Other)
        }
        "email.change.request" | "email.change" => (AccountChange, Other),
        "team.leave" | "person.remove" => (AccountChange, Delete),
        "workspace.reassign" => (UserAccess, Assign),
        "api-key.create" | "person.create" => (AccountChange, Create),
        "api-key.revoke" | "team.api-key.revoke" | "team.api-key.revoke-all" => (AccountChange, Delete),
        "api-key.list" | "team.api-key.list" | "factor.list" | "notification.list" => (ApiActivity, Read),

        "person.roles.update" | "person.super-admin.grant" | "workspace.member.update" | "element.member.update" => {
            (UserAccess, Assign)
        }
        "workspace.member.remove" | "workspace.leave" => (UserAccess, Revoke),
        "workspace.join" => (UserAccess, Assign),
        "access.request" | "access.request.cancel" | "access.request.decide" => (UserAccess, Other),
        "access.request.own" => (ApiActivity, Read),

        "workspace.restore" | "trash.restore" | "workspace.visibility.private" | "workspace.visibility.public" => {
            (EntityManagement, Update)
        }
        "collection.transfer" | "environment.transfer" => (EntityManagement, Update),
        "transfer.accept" | "collection.copy" | "environment.copy" | "workspace.copy" => (EntityManagement, Create),
        "collection.copied" | "environment.copied" | "workspace.copied" => (ApiActivity, Read),
        "share-link.use" => (ApiActivity, Read),
        "workspace.purge" | "trash.purge" => (EntityManagement, Delete),
        "workspace.publish.cancel" | "workspace.publish.decide" => (EntityManagement, Other),

        "invite.accept" => (AccountChange, Create),
        "invite.revoke" | "suggestion.refuse" => (EntityManagement, Delete),
        "invite.resend" | "suggestion.approve" | "invite-link.use" => (EntityManagement, Other),

        "group.create" => (GroupManagement, Create),
        "group.update" => (GroupManagement, Other),
        "group.delete" => (GroupManagement, Delete),

        "secret.reveal" | "body.read" | "body.keep" | "history.read" | "mail.read" => (ApiActivity, Read),
        "request.send" | "request.finish" | "run.start" | "run.finish" => (ApiActivity, Other),
        "audit.sink.behind" => (ApiActivity, Other),
        "audit.erase" | "audit.expire" => (EntityManagement, Delete),
        "root-key.rotate" => (EntityManagement, Update),
        _ => return by_verb(action),
    })
}

/// What the last word of an action tells.
fn by_verb(action: &str) -> Option<(Class, Verb)> {
    use Class::{ApiActivity, EntityManagement};
    Some(match action.rsplit('.').next()? {
        "create" | "import" | "duplicate" | "private" | "public" | "add" => (EntityManagement, Verb::Create),
        "update" | "move" | "retry" | "sign" | "rotate" => (EntityManagement, Verb::Update),
        "delete" | "clear" | "remove" => (EntityManagement, Verb::Delete),
        "list" | "read" | "export" => (ApiActivity, Verb::Read),
        "test" => (ApiActivity, Verb::Other),
        _ => return None,
    })
}

impl Leaving<'_> {
    /// The class and the verb of its action. What is in no table is an activity of the API.
    pub(super) fn class(&self) -> (Class, Verb) {
        listed(&self.event.action).unwrap_or((Class::ApiActivity, Verb::Other))
    }
}

#[cfg(test)]
mod tests {
    use bulla_access::Action;

    use super::*;
    use crate::audit::OWN_ACTIONS;

    #[test]
    fn each_action_has_a_class_and_an_activity() {
        let names = Action::ALL.iter().map(|action| action.name()).chain(OWN_ACTIONS.iter().copied());
        let mut lines = Vec::new();
        let mut unlisted = Vec::new();
        for name in names {
            match listed(name) {
                None => unlisted.push(name),
                Some((class, verb)) => {
                    let ((activity, word), types) = (verb.activity(class), verb.ecs_types(class));
                    assert!(activity < 100 && !types.is_empty());
                    lines.push(format!(
                        "{name}: {} {} {word} | {} {}",
                        class.uid() * 100 + activity,
                        class.name(),
                        class.ecs_categories(name).join("+"),
                        types.join("+"),
                    ));
                }
            }
        }
        assert_eq!(unlisted, [] as [&str; 0], "say in class.rs what these are");
        lines.retain(|line| {
            ["session.create", "password.change", "person.roles", "group.delete", "secret.reveal", "item.move"]
                .iter()
                .any(|start| line.starts_with(start))
        });
        insta::assert_snapshot!(lines.join("\n"), @r"
        session.create: 300201 Authentication Logon | authentication+session start
        password.change: 300103 Account Change Password Change | iam user+change
        person.roles.update: 300501 User Access Management Assign Privileges | iam user+change
        group.delete: 300605 Group Management Delete | iam group+deletion
        item.move: 300403 Entity Management Update | configuration change
        secret.reveal: 600302 API Activity Read | api access
        ");
    }
}
