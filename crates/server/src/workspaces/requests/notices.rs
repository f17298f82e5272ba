//! What people are told of requests for a role.

use super::visibility::notices::with_answer;
use crate::id::WorkspaceId;
use crate::notifications::{Kind, Notice};
use crate::workspaces::Role;
use crate::workspaces::members::what_one_is;

/// To owners: somebody asks.
pub(super) fn asked<'n>((by, role, note): (&str, &str, &str), (workspace, name): (&WorkspaceId, &str)) -> Notice<'n> {
    let note = note.trim();
    let says = if note.is_empty() { String::new() } else { format!(" They say: {note}") };
    Notice {
        kind: Kind::AccessRequested,
        subject: format!("{by} asks for access to the workspace {name}"),
        details: format!("They ask to be {role}. You decide which role they get, if any.{says}"),
        page: Some(("See the request", format!("/w/{workspace}/settings"))),
    }
}

/// To whoever asked: what came of it.
pub(super) fn decided<'n>((workspace, name): (&WorkspaceId, &str), granted: Option<Role>, answer: &str) -> Notice<'n> {
    let (what, follows) = match granted {
        Some(role) => ("was granted", what_one_is(role.into())),
        None => ("was refused", String::new()),
    };
    Notice {
        kind: Kind::AccessAnswered,
        subject: format!("Your request for access to the workspace {name} {what}"),
        details: with_answer(&follows, answer),
        page: Some(("Open the workspace", format!("/w/{workspace}"))),
    }
}

/// To whoever asked: nobody answered. It says nothing of what was asked for but its address, which they know.
pub(super) fn expired<'n>(workspace: &WorkspaceId) -> Notice<'n> {
    Notice {
        kind: Kind::AccessAnswered,
        subject: "A request of yours for access has ended".to_owned(),
        details: "Nobody answered it in time. You can ask again at the address that you asked at.".to_owned(),
        page: Some(("Go to that address", format!("/w/{workspace}"))),
    }
}
