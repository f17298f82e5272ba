//! The brake on guessing: guesses are counted before what was guessed is looked at.
//!
//! Because the count is written first, guesses made at once count as many. After [`FREE`] of them each further one must
//! wait, and the wait doubles up to [`LONGEST`]; the right answer forgets the count, and so does a day. Sign-ins are
//! counted by account and address together, so that a stranger elsewhere cannot lock somebody out; an account that does
//! not exist is counted in the same way. Codes of a second factor are counted by account: whoever guesses those knows the
//! password already.
//!
//! Whoever tries a few passwords on many accounts is counted by their address alone, hour by hour: after
//! [`FREE_BY_ADDRESS`] wrong ones the waits begin, and stay below [`LONGEST_BY_ADDRESS`], since many people may come from one
//! address. A right password takes back its own count and no other, and a browser that its account knows is not counted.
//! Passkeys that nobody has are counted by address as well, within the same bounds, and so are challenges that are asked for
//! and never answered. An address is the network that it is in ([`network_of`]).

use aws_lc_rs::digest::{Context, SHA256};
use bulla_db::{Database, Transaction, sql};

use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::operation::network_of;

/// Guesses that are looked at before the first wait.
pub const FREE: i64 = 10;
/// How long the first wait is, in milliseconds.
pub const FIRST: i64 = 30 * 1000;
/// How long a wait is at most, in milliseconds.
pub const LONGEST: i64 = 60 * 60 * 1000;
/// Wrong passwords from one address within an hour that are looked at before the first wait.
pub const FREE_BY_ADDRESS: i64 = 100;
/// How long an address waits at most, in milliseconds.
pub const LONGEST_BY_ADDRESS: i64 = 5 * 60 * 1000;
/// For how long an address is counted, in milliseconds.
const HOUR: i64 = 60 * 60 * 1000;
/// How long after the last guess the count is forgotten, in milliseconds.
pub const MEMORY: i64 = 24 * 60 * 60 * 1000;

/// What is guessed.
#[derive(Clone, Copy)]
pub(super) enum Guess<'g> {
    /// The password of an account, from an address.
    Password {
        /// As accounts are found.
        email_key: &'g str,
        /// Where the guess comes from.
        address: Option<&'g str>,
    },
    /// A password of whatever account, from an address, at a time.
    AnyPassword {
        /// Where the guess comes from.
        address: Option<&'g str>,
        /// Milliseconds since the epoch.
        now: i64,
    },
    /// A code of somebody's second factor.
    Code(&'g PersonId),
    /// The secret of an invite, from an address.
    Secret {
        /// Where the guess comes from.
        address: Option<&'g str>,
    },
    /// A passkey that nobody has, from an address.
    Passkey {
        /// Where the answer comes from.
        address: Option<&'g str>,
    },
    /// That nobody has an address that somebody would like for their account.
    Address(&'g PersonId),
    /// A challenge for a passkey that nobody answers, from an address, at a time.
    Challenge {
        /// Where it is asked for.
        address: Option<&'g str>,
        /// Milliseconds since the epoch.
        now: i64,
    },
    /// That an account has this address: a request for a link.
    Link {
        /// As accounts are found.
        email_key: &'g str,
        /// Where the request comes from.
        address: Option<&'g str>,
    },
}

impl Guess<'_> {
    /// A hash of all of it, so that nothing that somebody typed is stored.
    fn id(self) -> Vec<u8> {
        let hour = match self {
            Self::AnyPassword { now, .. } | Self::Challenge { now, .. } => (now / HOUR).to_string(),
            _ => String::new(),
        };
        let (kind, whose, address) = match self {
            Self::Password { email_key, address } => ("password", email_key, address),
            Self::AnyPassword { address, .. } => ("any password", hour.as_str(), address),
            Self::Code(person) => ("code", person.as_str(), None),
            Self::Address(person) => ("address", person.as_str(), None),
            Self::Challenge { address, .. } => ("challenge", hour.as_str(), address),
            Self::Secret { address } => ("secret", "", address),
            Self::Passkey { address } => ("passkey", "", address),
            Self::Link { email_key, address } => ("link", email_key, address),
        };
        let network = address.map(network_of);
        let mut context = Context::new(&SHA256);
        for part in [kind, whose, network.as_deref().unwrap_or_default()] {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        context.finish().as_ref().to_vec()
    }

    /// How long the guess after `count` ones must wait, in milliseconds.
    fn wait(self, count: i64) -> i64 {
        match self {
            Self::AnyPassword { .. } | Self::Passkey { .. } | Self::Challenge { .. } => {
                wait(count, FREE_BY_ADDRESS, LONGEST_BY_ADDRESS)
            }
            _ => wait(count, FREE, LONGEST),
        }
    }
}

/// A counted guess.
pub struct Attempt {
    id: Vec<u8>,
    /// When the next one is looked at, if this one is not, in milliseconds since the epoch.
    refused_until: Option<i64>,
    /// Is it the first one that is refused in this wait? That one is worth an audit event; the flood behind it is not.
    pub is_first_refused: bool,
}

impl Attempt {
    /// One that was counted by another request.
    pub(super) fn counted_before(guess: Guess<'_>) -> Self {
        Self { id: guess.id(), refused_until: None, is_first_refused: false }
    }

    /// The refusal, if it must be refused without a look.
    pub fn refusal(&self, now: i64) -> Option<Error> {
        let milliseconds = u64::try_from(self.refused_until? - now).unwrap_or_default();
        Some(Error::TooManyAttempts { seconds: milliseconds.div_ceil(1000).max(1) })
    }
}

/// How long the guess after `count` ones must wait, of which `free` ones do not, in milliseconds.
fn wait(count: i64, free: i64, longest: i64) -> i64 {
    let doublings = count - free;
    if doublings < 0 {
        return 0;
    }
    let doublings = u32::try_from(doublings).unwrap_or(u32::MAX);
    FIRST.saturating_mul(2_i64.saturating_pow(doublings)).min(longest)
}

/// Counts one more, in a transaction of its own. This is no change of anybody's, so it has no audit event.
///
/// # Errors
///
/// If it cannot be written: then nobody is let in.
pub(super) async fn count(database: &Database, guess: Guess<'_>, now: i64) -> Result<Attempt> {
    let id = guess.id();
    let mut transaction = database.begin().await?;
    sql!("delete from sign_in_attempt where started_at <= $1").bind(now - MEMORY).execute(&mut transaction).await?;
    // Whoever comes at the same time waits here for the row.
    let row = sql!(
        "insert into sign_in_attempt (id, team, count, started_at, waits_until, refused) values ($1, '', 1, $2, 0, 0) \
         on conflict (id) do update set \
         count = case when sign_in_attempt.waits_until > $2 then sign_in_attempt.count else sign_in_attempt.count + 1 end, \
         refused = case when sign_in_attempt.waits_until > $2 then sign_in_attempt.refused + 1 else 0 end, \
         started_at = case when sign_in_attempt.waits_until > $2 then sign_in_attempt.started_at else $2 end \
         returning count, waits_until, refused"
    )
    .bind(&id[..])
    .bind(now)
    .one(&mut transaction)
    .await?;
    let waits_until = row.integer("waits_until")?;
    if waits_until <= now {
        let wait = guess.wait(row.integer("count")?);
        if wait > 0 {
            sql!("update sign_in_attempt set waits_until = $1 where id = $2")
                .bind(now + wait)
                .bind(&id[..])
                .execute(&mut transaction)
                .await?;
        }
    }
    transaction.commit().await?;
    let refused_until = (waits_until > now).then_some(waits_until);
    Ok(Attempt { id, refused_until, is_first_refused: row.integer("refused")? == 1 })
}

/// Forgets the count: the right answer was given.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn forget(transaction: &mut Transaction, attempt: &Attempt) -> Result<()> {
    sql!("delete from sign_in_attempt where id = $1").bind(&attempt.id[..]).execute(transaction).await?;
    Ok(())
}

/// Takes back what was counted of one right answer, and no more: others from the same address may still be guessing.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn take_back(transaction: &mut Transaction, attempt: &Attempt) -> Result<()> {
    sql!("update sign_in_attempt set count = count - 1 where id = $1 and count > 0")
        .bind(&attempt.id[..])
        .execute(transaction)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let minutes: Vec<_> = (9..=18).map(|count| wait(count, FREE, LONGEST) / 30_000).collect();
        assert_eq!(minutes, [0, 1, 2, 4, 8, 16, 32, 64, 120, 120], "in halves of a minute");
        assert_eq!(wait(i64::MAX, FREE, LONGEST), LONGEST);
        let any = |now| Guess::AnyPassword { address: Some("192.0.2.1"), now };
        let minutes: Vec<_> = (99..=106).map(|count| any(0).wait(count) / 30_000).collect();
        assert_eq!(minutes, [0, 1, 2, 4, 8, 10, 10, 10], "an address waits for five minutes at most");
        assert_eq!(any(0).id(), any(HOUR - 1).id());
        assert_ne!(any(0).id(), any(HOUR).id(), "the next hour begins anew");
        let from = |address| Guess::Secret { address: Some(address) }.id();
        assert_eq!(from("2001:db8::1"), from("2001:db8::ffff:0:0:2"), "a whole network is one place");
        assert_ne!(from("2001:db8::1"), from("2001:db8:0:1::1"));
        assert_ne!(from("192.0.2.1"), from("192.0.2.2"));
    }

    #[test]
    fn what_is_guessed_is_counted_apart() {
        let person = PersonId("a".to_owned());
        let (email_key, address) = ("a", None);
        let ids = [
            Guess::Password { email_key, address }.id(),
            Guess::Code(&person).id(),
            Guess::Address(&person).id(),
            Guess::Passkey { address }.id(),
            Guess::Challenge { address, now: 0 }.id(),
            Guess::AnyPassword { address, now: 0 }.id(),
            Guess::Link { email_key, address }.id(),
            Guess::Password { email_key: "a", address: Some("b") }.id(),
            Guess::Password { email_key: "ab", address: None }.id(),
        ];
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[..index].contains(id), "{index}");
        }
    }
}
