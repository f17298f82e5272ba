//! The brake on guessing: sign-ins are counted by account and address, before the password is looked at.
//!
//! Because the count is written first, guesses made at once count as many. An account that does not exist is counted in
//! the same way. A stranger elsewhere cannot lock somebody out: the count is of the two together, and it forgets.

use aws_lc_rs::digest::{Context, SHA256};
use bulla_db::{Database, Transaction, sql};

use crate::error::{Error, Result};

/// Guesses that are looked at within [`WINDOW`].
pub const FREE: i64 = 10;
/// How long a count lasts from its first guess, in milliseconds.
pub const WINDOW: i64 = 15 * 60 * 1000;

/// A counted sign-in.
pub(super) struct Attempt {
    id: Vec<u8>,
    /// How many there were within the window, this one included.
    pub count: i64,
    /// When the window ends, in milliseconds since the epoch.
    pub until: i64,
}

impl Attempt {
    /// Must it be refused without a look at the password?
    pub fn is_too_many(&self) -> bool {
        self.count > FREE
    }

    /// The refusal, at `now`.
    pub fn too_many(&self, now: i64) -> Error {
        let milliseconds = u64::try_from(self.until - now).unwrap_or_default();
        Error::TooManyAttempts { seconds: milliseconds.div_ceil(1000).max(1) }
    }

    /// Is it the first that is refused? That one is worth an audit event; the flood behind it is not.
    pub fn is_first_too_many(&self) -> bool {
        self.count == FREE + 1
    }
}

fn id(email_key: &str, address: Option<&str>) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    context.update(email_key.as_bytes());
    context.update(&[0]);
    context.update(address.unwrap_or_default().as_bytes());
    context.finish().as_ref().to_vec()
}

/// Counts one more, in a transaction of its own. This is no change of anybody's, so it has no audit event.
///
/// # Errors
///
/// If it cannot be written: then nobody signs in.
pub(super) async fn count(database: &Database, email_key: &str, address: Option<&str>, now: i64) -> Result<Attempt> {
    let id = id(email_key, address);
    let mut transaction = database.begin().await?;
    sql!("delete from sign_in_attempt where started_at <= $1").bind(now - WINDOW).execute(&mut transaction).await?;
    let row = sql!(
        "insert into sign_in_attempt (id, team, count, started_at) values ($1, '', 1, $2) \
         on conflict (id) do update set count = sign_in_attempt.count + 1 returning count, started_at"
    )
    .bind(&id[..])
    .bind(now)
    .one(&mut transaction)
    .await?;
    let attempt = Attempt { id, count: row.integer("count")?, until: row.integer("started_at")? + WINDOW };
    transaction.commit().await?;
    Ok(attempt)
}

/// Forgets the count: the right password was given.
///
/// # Errors
///
/// If the database refuses.
pub(super) async fn forget(transaction: &mut Transaction, attempt: &Attempt) -> Result<()> {
    sql!("delete from sign_in_attempt where id = $1").bind(&attempt.id[..]).execute(transaction).await?;
    Ok(())
}
