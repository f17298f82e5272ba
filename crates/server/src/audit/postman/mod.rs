//! The audit log as Postman's API has it: `GET /audit/logs` and `GET /audit-actions`.
//!
//! Names of actions are Postman's where it has one, and ours otherwise. Ids are our sequence numbers plus one, so they are
//! unique and rise within a team, and `nextCursor` is the id of the last event of a page, a number as in Postman's answers.

pub(super) mod http;

use bulla_audit::{Event, Outcome};

/// Ours, Postman's name for it done, and how it reads.
const KNOWN: &[(&str, Outcome, &str, &str)] = &[
    ("session.create", Outcome::Done, "user.login_password_success", "Logged In with Password"),
    ("session.create", Outcome::Refused, "user.login_password_failed", "Failed to Log In with Password"),
    ("session.end", Outcome::Done, "user.logout", "Logged Out"),
    ("session.revoke", Outcome::Done, "user.session_revoke", "User Session Revoked"),
    ("password.change", Outcome::Done, "user.password_change", "Changed Password"),
    ("person.create", Outcome::Done, "team.add_member", "Added Member"),
    ("invite.create", Outcome::Done, "team.send_invite", "Sent Invite"),
    ("invite.revoke", Outcome::Done, "team.cancel_invite", "Cancelled Invite"),
    ("invite.accept", Outcome::Done, "team.add_member", "Added Member"),
    ("suggestion.approve", Outcome::Done, "team.approve_invite", "Approved Invite"),
    ("suggestion.refuse", Outcome::Done, "team.reject_invite", "Rejected Invite"),
    ("person.remove", Outcome::Done, "team.remove_member", "Removed Member"),
    ("person.roles.update", Outcome::Done, "team.update_user_roles", "Updated User Roles"),
    ("audit.export", Outcome::Done, "team.audit_export", "Exported Audit Logs"),
];

/// What a client may go by is Postman's name; without one it is ours.
fn key_of(event: &Event) -> String {
    let known = KNOWN.iter().find(|(action, outcome, ..)| *action == event.action && *outcome == event.outcome);
    known.map_or_else(|| event.action.clone(), |(_, _, key, _)| (*key).to_owned())
}

/// `workspace.member.update` as `Workspace member update`.
pub(super) fn display_name(action: &str) -> String {
    let words = action.replace(['.', '-', '_'], " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn named(event: &Event) -> String {
    let known = KNOWN.iter().find(|(action, outcome, ..)| *action == event.action && *outcome == event.outcome);
    known.map_or_else(|| display_name(&event.action), |(.., name)| (*name).to_owned())
}
