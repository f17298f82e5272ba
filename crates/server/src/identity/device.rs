//! Devices: the browsers that somebody has signed in with, so that they are told of a sign-in from another one.
//!
//! A browser is known by a cookie of its own that outlives sessions and lets nobody in. It may hold several tokens, since
//! several people may sign in with one browser. Only hashes are stored.

use bulla_db::sql;

use super::Token;
use super::session::{self, DAY};
use crate::error::Result;
use crate::id::PersonId;
use crate::moment::Moment;
use crate::notifications::{self, Kind, Notice};
use crate::operation::{Change, Visit};

/// The name of the cookie.
pub const COOKIE: &str = "bulla_device";
/// How long a browser is known without a sign-in, in milliseconds: as long as browsers keep a cookie.
pub const LASTS: i64 = 400 * DAY;
/// Most tokens of one cookie.
const PEOPLE: usize = 8;
/// Most browsers of one person; the one that was not used for longest makes room.
const MOST: i64 = 50;

/// Has `person` signed in with this browser before? Without a person nobody has, and it takes as long to say so.
pub(super) async fn knows(visit: &Visit, person: Option<&PersonId>) -> Result<bool> {
    let nobody = PersonId(String::new());
    let person = person.unwrap_or(&nobody);
    for token in visit.device.as_deref().unwrap_or_default().split('.').take(PEOPLE) {
        let found = sql!("select person from known_device where person = $1 and token = $2")
            .bind(person)
            .bind(session::token_hash(token))
            .optional(visit.door.reader())
            .await?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Looks whether `person` has signed in with this browser before. If not, it is known from now on: its owner is told, other
/// than of their first one, and the browser is to have the cookie that is returned.
pub(super) async fn greet(change: &mut Change, visit: &Visit, person: &PersonId) -> Result<Option<Token>> {
    let tokens: Vec<&str> = visit.device.as_deref().unwrap_or_default().split('.').take(PEOPLE).collect();
    sql!("delete from known_device where person = $1 and seen_at <= $2")
        .bind(person)
        .bind(visit.now - LASTS)
        .execute(change.transaction())
        .await?;
    for token in tokens.iter().filter(|token| !token.is_empty()) {
        let known = sql!("update known_device set seen_at = $1 where person = $2 and token = $3")
            .bind(visit.now)
            .bind(person)
            .bind(session::token_hash(token))
            .execute(change.transaction())
            .await?;
        if known > 0 {
            return Ok(None);
        }
    }
    let others = sql!("select count(*) as total from known_device where person = $1")
        .bind(person)
        .one(change.transaction())
        .await?
        .integer("total")?;
    let token = Token::random()?;
    sql!("insert into known_device (person, token, created_at, seen_at) values ($1, $2, $3, $4)")
        .bind(person)
        .bind(session::token_hash(token.expose()))
        .bind(visit.now)
        .bind(visit.now)
        .execute(change.transaction())
        .await?;
    sql!(
        "delete from known_device where person = $1 and token in (select token from known_device where person = $1 \
         order by seen_at desc limit 1000 offset $2)"
    )
    .bind(person)
    .bind(MOST)
    .execute(change.transaction())
    .await?;
    if others > 0 {
        let origin = &visit.origin;
        let from = origin.address.as_deref().map(|address| format!(", from the address {address}")).unwrap_or_default();
        let with = origin.agent.as_deref().map(|agent| format!(", with {agent}")).unwrap_or_default();
        let notice = Notice {
            kind: Kind::NewDevice,
            subject: "Somebody signed in to your account from a new device".to_owned(),
            details: format!("It was at {}{from}{with}. If that was you, there is nothing to do.", Moment(visit.now)),
            page: Some(("See where you are signed in", "/account".to_owned())),
        };
        notifications::tell(change, std::slice::from_ref(person), &notice).await?;
        change.text("device", None, Some("new"));
    }
    Ok(Some(token.before(&tokens)))
}

impl Token {
    /// The text of a cookie that holds this token and, behind it, the others that the browser has.
    fn before(self, others: &[&str]) -> Self {
        let kept = others.iter().filter(|token| token.len() == self.expose().len()).take(PEOPLE - 1);
        let all: Vec<&str> = std::iter::once(self.expose()).chain(kept.copied()).collect();
        Self::from_text(all.join("."))
    }
}
