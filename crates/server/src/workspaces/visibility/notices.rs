//! What people are told of requests to make a workspace public.

use super::State;
use crate::id::WorkspaceId;
use crate::notifications::{Kind, Notice};
use crate::workspaces::Workspace;

/// To Community Managers: somebody asks.
pub(super) fn asked<'n>(by: &str, workspace: &str, note: &str) -> Notice<'n> {
    let note = note.trim();
    let says = if note.is_empty() { String::new() } else { format!(" They say: {note}") };
    Notice {
        kind: Kind::ConversionRequested,
        subject: format!("{by} asks to make the workspace {workspace} public"),
        details: format!("If you approve, everything in it can be read by anybody.{says}"),
        page: Some(("See the request", "/team/public".to_owned())),
    }
}

/// To whoever asked: what came of it.
pub(super) fn decided<'n>((workspace, name): (&WorkspaceId, &str), state: State, answer: &str) -> Notice<'n> {
    let (what, follows) = match state {
        State::Approved => ("was approved", "Anybody can read it now."),
        State::Expired => ("has ended", "Nobody answered it in time. You can ask again."),
        State::Open | State::Refused | State::Cancelled => ("was refused", "It stays open to your team alone."),
    };
    Notice {
        kind: Kind::ConversionAnswered,
        subject: format!("Your request to make the workspace {name} public {what}"),
        details: with_answer(follows, answer),
        page: Some(("Open the workspace", format!("/w/{workspace}"))),
    }
}

/// What follows, and what whoever decided said about it.
pub(in crate::workspaces) fn with_answer(follows: &str, answer: &str) -> String {
    match answer.trim() {
        "" => follows.to_owned(),
        answer => format!("{follows} The answer: {answer}").trim_start().to_owned(),
    }
}

/// To whoever has a role in it: it is public.
pub(super) fn published<'n>(workspace: &Workspace) -> Notice<'n> {
    Notice {
        kind: Kind::WorkspacePublished,
        subject: format!("The workspace {} is public now", workspace.name),
        details:
            "Everything in it can be read by anybody. If there is something in it that strangers must not see, tell \
                  its owner at once."
                .to_owned(),
        page: Some(("Open the workspace", format!("/w/{}", workspace.id))),
    }
}
