//! What people are told by mail about invites.

use bulla_access::TeamRole;

use crate::identity::{Person, Token};
use crate::mail::{Letter, Post, WORTH};
use crate::moment::Moment;

/// What an invite says.
pub(super) struct Invitation<'i> {
    pub(super) to: &'i str,
    pub(super) roles: &'i [TeamRole],
    pub(super) expires_at: i64,
}

/// Somebody is invited.
pub(super) fn invitation<'i>(
    post: &Post,
    team: &str,
    inviter: &str,
    token: &Token,
    invitation: &Invitation<'i>,
) -> Letter<'i> {
    let roles: Vec<_> = invitation.roles.iter().map(|role| role.title()).collect();
    Letter {
        kind: "invite",
        to: invitation.to,
        subject: format!("{inviter} invites you to {team}"),
        paragraphs: vec![
            "Hello,".to_owned(),
            format!(
                "{inviter} invites you to the team {team} on Bulla, at {}. You would be {} there.",
                post.address(),
                roles.join(", ")
            ),
            format!(
                "The link below works once, until {}. If you do not know what this is about, there is nothing to do.",
                Moment(invitation.expires_at)
            ),
        ],
        link: Some(post.link("See the invitation", "/invite", token.expose())),
        expires_at: invitation.expires_at,
    }
}

/// Somebody who is in the team asked for an invite.
pub(super) fn member_already<'m>(post: &Post, team: &str, to: &'m str, now: i64) -> Letter<'m> {
    Letter {
        kind: "member-already",
        to,
        subject: format!("You are a member of {team} already"),
        paragraphs: vec![
            "Hello,".to_owned(),
            format!("somebody asked for an invite to {team} for this address, and it has an account there already."),
            "Sign in as you always do. If that was not you, there is nothing to do.".to_owned(),
        ],
        link: Some(post.plain_link("Sign in", "/sign-in")),
        expires_at: now + WORTH,
    }
}

/// A suggestion was decided.
pub(super) fn decided<'d>(
    post: &Post,
    suggester: &'d Person,
    email: &str,
    approved: bool,
    reason: &str,
    now: i64,
) -> Letter<'d> {
    let mut paragraphs = vec![format!("Hello {},", suggester.name)];
    paragraphs.push(match approved {
        true => format!("your suggestion of {email} for the team was approved, and an invite went out."),
        false => format!("your suggestion of {email} for the team was not approved."),
    });
    if !reason.is_empty() {
        paragraphs.push(format!("The reason given: {reason}"));
    }
    Letter {
        kind: if approved { "suggestion-approved" } else { "suggestion-refused" },
        to: &suggester.email,
        subject: format!("Your suggestion of {email} was {}", if approved { "approved" } else { "refused" }),
        paragraphs,
        link: Some(post.plain_link("Open the team", "/team")),
        expires_at: now + WORTH,
    }
}
