//! What people are told by mail about their accounts: so that whoever did not do it finds out.

use bulla_audit::Origin;

use super::{Person, Token, email_change, reset};
use crate::mail::{Letter, Post, WORTH};
use crate::moment::Moment;

/// When and from where something was done, as far as is known.
fn place(origin: &Origin, now: i64) -> String {
    let address = origin.address.as_deref().map(|address| format!(" from the address {address}")).unwrap_or_default();
    format!("It was done at {}{address}.", Moment(now))
}

/// A notice of something that was done to an account.
fn notice<'p>(
    post: &Post,
    person: &'p Person,
    kind: &'static str,
    subject: &str,
    what: &str,
    (origin, now): (&Origin, i64),
) -> Letter<'p> {
    Letter {
        kind,
        to: &person.email,
        subject: subject.to_owned(),
        paragraphs: vec![
            format!("Hello {},", person.name),
            format!("{what} {}", place(origin, now)),
            "If that was you, there is nothing to do. If it was not, choose another password at once and tell an admin \
             of your team."
                .to_owned(),
        ],
        link: Some(post.plain_link("Choose another password", "/forgot-password")),
        expires_at: now + WORTH,
    }
}

/// Somebody's password is another one.
pub(super) fn password_changed<'p>(post: &Post, person: &'p Person, origin: &Origin, now: i64) -> Letter<'p> {
    let what = format!("your password at {} was changed, and you are signed out elsewhere.", post.address());
    notice(post, person, "password-changed", "Your password was changed", &what, (origin, now))
}

/// The link for a forgotten password.
pub(super) fn reset_link<'p>(post: &Post, person: &'p Person, token: &Token, origin: &Origin, now: i64) -> Letter<'p> {
    Letter {
        kind: "password-reset",
        to: &person.email,
        subject: "Choose a new password".to_owned(),
        paragraphs: vec![
            format!("Hello {},", person.name),
            format!(
                "somebody asked for a new password for your account at {}. {} The link below holds for half an hour and \
                 works once.",
                post.address(),
                place(origin, now)
            ),
            "If that was not you, there is nothing to do: your password stays as it is.".to_owned(),
        ],
        link: Some(post.link("Choose a new password", "/reset-password", token.expose())),
        expires_at: now + reset::LASTS,
    }
}

/// The link that confirms an address that somebody wants.
pub(super) fn confirm_email<'p>(
    post: &Post,
    person: &Person,
    to: &'p str,
    token: &Token,
    (origin, now): (&Origin, i64),
) -> Letter<'p> {
    Letter {
        kind: "email-confirm",
        to,
        subject: "Confirm your new address".to_owned(),
        paragraphs: vec![
            "Hello,".to_owned(),
            format!(
                "{} asked that their account at {} have this address. {} The link below holds for a day and works once.",
                person.name,
                post.address(),
                place(origin, now)
            ),
            "If that was not you, there is nothing to do: nothing changes without the link.".to_owned(),
        ],
        link: Some(post.link("Confirm the address", "/confirm-email", token.expose())),
        expires_at: now + email_change::LASTS,
    }
}

/// Somebody asked for another address.
pub(super) fn email_change_asked<'p>(post: &Post, person: &'p Person, when: (&Origin, i64)) -> Letter<'p> {
    let what = format!(
        "another address was asked for your account at {}; it is changed when it is confirmed.",
        post.address()
    );
    notice(post, person, "email-change-asked", "Another address was asked for your account", &what, when)
}

/// Somebody has another address: to the old one.
pub(super) fn email_changed<'p>(post: &Post, before: &'p Person, when: (&Origin, i64)) -> Letter<'p> {
    let what = format!("your account at {} has another address now; this one opens it no more.", post.address());
    notice(post, before, "email-changed", "Your account has another address", &what, when)
}

/// Somebody has another second factor.
pub(super) fn factor_added<'p>(post: &Post, person: &'p Person, what: &str, origin: &Origin, now: i64) -> Letter<'p> {
    let told = format!("{what} was set up as a second factor of your account at {}.", post.address());
    notice(post, person, "factor-added", "A second factor was set up", &told, (origin, now))
}

/// Somebody has a second factor less.
pub(super) fn factor_removed<'p>(post: &Post, person: &'p Person, what: &str, origin: &Origin, now: i64) -> Letter<'p> {
    let told = format!("{what} was removed from the second factors of your account at {}.", post.address());
    notice(post, person, "factor-removed", "A second factor was removed", &told, (origin, now))
}

/// Somebody has other recovery codes.
pub(super) fn codes_renewed<'p>(post: &Post, person: &'p Person, origin: &Origin, now: i64) -> Letter<'p> {
    let told =
        format!("new recovery codes were made for your account at {}; the old ones work no more.", post.address());
    notice(post, person, "codes-renewed", "You have new recovery codes", &told, (origin, now))
}

/// Somebody signed in with a recovery code.
pub(super) fn code_used<'p>(post: &Post, person: &'p Person, left: i64, origin: &Origin, now: i64) -> Letter<'p> {
    let told = format!("a recovery code was used for your account at {}; {left} are left.", post.address());
    notice(post, person, "code-used", "A recovery code was used", &told, (origin, now))
}

/// An admin took somebody's second factors away.
pub(super) fn factors_reset<'p>(post: &Post, person: &'p Person, origin: &Origin, now: i64) -> Letter<'p> {
    let told = format!(
        "an admin of your team took the second factors of your account at {} away, and you are signed out everywhere. \
         Set up another one when you sign in.",
        post.address()
    );
    notice(post, person, "factors-reset", "Your second factors were reset", &told, (origin, now))
}

/// An Admin ended somebody's sessions.
pub(super) fn sessions_ended<'p>(
    post: &Post,
    person: &'p Person,
    team: &str,
    (origin, now): (&Origin, i64),
) -> Letter<'p> {
    Letter {
        kind: "sessions-ended",
        to: &person.email,
        subject: format!("You were signed out of {team}"),
        paragraphs: vec![
            format!("Hello {},", person.name),
            format!("an Admin of {team} at {} ended your sessions there. {}", post.address(), place(origin, now)),
            "You can sign in again. If you do not know why, ask an Admin of the team; if you think that somebody else \
             used your account, choose another password."
                .to_owned(),
        ],
        link: Some(post.plain_link("Choose another password", "/forgot-password")),
        expires_at: now + WORTH,
    }
}

/// Somebody is a member of a team no more.
pub(super) fn departed<'p>(post: &Post, person: &'p Person, team: &str, own: bool, now: i64) -> Letter<'p> {
    let how = if own { "you left" } else { "an Admin removed you from" };
    Letter {
        kind: if own { "team-left" } else { "person-removed" },
        to: &person.email,
        subject: format!("You are no longer a member of {team}"),
        paragraphs: vec![
            format!("Hello {},", person.name),
            format!(
                "{how} the team {team} at {}, at {}. You are signed out there, and your API keys of that team have ended.",
                post.address(),
                Moment(now)
            ),
            "If you did not expect this, ask an Admin of the team; they can invite you again.".to_owned(),
        ],
        link: None,
        expires_at: now + WORTH,
    }
}

/// Workspaces of somebody who went are another's now.
pub(super) fn workspaces_given<'p>(post: &Post, heir: &'p Person, from: &str, count: usize, now: i64) -> Letter<'p> {
    let what = if count == 1 { "1 workspace".to_owned() } else { format!("{count} workspaces") };
    Letter {
        kind: "workspaces-given",
        to: &heir.email,
        subject: format!("You own {what} of {from} now"),
        paragraphs: vec![
            format!("Hello {},", heir.name),
            format!("{from} is no longer a member of your team, and you were made the owner of {what}."),
            "Look through them: give those that others need to them, and delete what nobody needs.".to_owned(),
        ],
        link: Some(post.plain_link("Open Bulla", "/")),
        expires_at: now + WORTH,
    }
}
