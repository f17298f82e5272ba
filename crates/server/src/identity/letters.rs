//! What people are told by mail about their accounts: so that whoever did not do it finds out.

use bulla_audit::Origin;

use super::Person;
use crate::mail::{Letter, Post, WORTH};
use crate::moment::Moment;

/// From where something was done, as far as is known.
fn place(origin: &Origin, now: i64) -> String {
    let address = origin.address.as_deref().map(|address| format!(" from the address {address}")).unwrap_or_default();
    format!("It was done at {}{address}.", Moment(now))
}

/// Somebody's password is another one.
pub(super) fn password_changed<'p>(post: &Post, person: &'p Person, origin: &Origin, now: i64) -> Letter<'p> {
    Letter {
        kind: "password-changed",
        to: &person.email,
        subject: "Your password was changed".to_owned(),
        paragraphs: vec![
            format!("Hello {},", person.name),
            format!("your password at {} was changed. {}", post.address(), place(origin, now)),
            "If that was you, there is nothing to do. If it was not, tell an admin of your team at once.".to_owned(),
        ],
        link: None,
        expires_at: now + WORTH,
    }
}
