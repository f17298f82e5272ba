//! What people are told by mail about their API keys: so that whoever did not do it finds out.

use super::Ending;
use crate::identity::Person;
use crate::mail::{Letter, Post, WORTH};
use crate::moment::Moment;

/// Somebody has a new key, of their own making or of the operator's.
pub(super) fn made<'p>(post: &Post, owner: &'p Person, name: &str, by_operator: bool, now: i64) -> Letter<'p> {
    let by = if by_operator { " by the operator of the server" } else { "" };
    Letter {
        kind: "api-key-made",
        to: &owner.email,
        subject: "A new API key acts for you".to_owned(),
        paragraphs: vec![
            format!("Hello {},", owner.name),
            format!(
                "the API key \"{name}\" was made{by} at {}. Whoever has it can act for you at {}.",
                Moment(now),
                post.address()
            ),
            "If you know of it, there is nothing to do. If you do not, revoke it, and change your password.".to_owned(),
        ],
        link: Some(post.plain_link("See your API keys", "/account/api-keys")),
        expires_at: now + WORTH,
    }
}

/// Somebody's key was ended by others than themselves.
pub(super) fn ended<'p>(post: &Post, owner: &'p Person, name: &str, ending: Ending, now: i64) -> Letter<'p> {
    let how = match ending {
        Ending::Owner | Ending::Admin => "was revoked by an Admin of your team",
        Ending::Age => "has ended, because your team changed how long keys last",
        Ending::Inactivity => "has ended, because your team changed how long keys may be unused",
    };
    Letter {
        kind: "api-key-ended",
        to: &owner.email,
        subject: "An API key of yours has ended".to_owned(),
        paragraphs: vec![
            format!("Hello {},", owner.name),
            format!("the API key \"{name}\" {how}, at {}.", Moment(now)),
            "Programs that use it are refused from now on. Give them another key if they are still needed.".to_owned(),
        ],
        link: Some(post.plain_link("See your API keys", "/account/api-keys")),
        expires_at: now + WORTH,
    }
}
