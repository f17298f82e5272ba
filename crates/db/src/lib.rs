//! One door to SQLite and PostgreSQL.
//!
//! SQLite runs in WAL mode with one writer and a pool of readers that cannot write; PostgreSQL has a pool for both. Under
//! load several commits reach the disk by one flush. A
//! statement is text made with [`sql!`], valid on both databases with `$1` placeholders; [`statements`] lists every one
//! in the program so that a test can prepare them all. This crate names no table but its own `schema_version`.
//!
//! Invariant: a transaction that was not committed changes nothing, and a commit that returned is on disk.

mod database;
mod flush;
mod migration;
mod query;
mod row;
mod writer;

pub use database::{Database, Dialect, Reader, Transaction};
pub use migration::Migration;
pub use query::{Place, Query, Statement, Value, statements};
pub use row::Row;

#[doc(hidden)]
pub use inventory;

/// What went wrong at the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database could not be reached or opened.
    #[error("cannot open the database {place}: {reason}")]
    Open {
        /// Path or address, without a password.
        place: String,
        /// The database's own words.
        reason: String,
    },
    /// The database was written by a later version of Bulla.
    #[error(
        "the database has schema version {found}, and this program knows versions up to {known}; start the version of \
         Bulla that wrote it, or a later one"
    )]
    Newer {
        /// The version in the database.
        found: i64,
        /// The last version this program has.
        known: i64,
    },
    /// A row that must be there is not.
    #[error("no such row")]
    NoRow,
    /// A unique or foreign key refused the change.
    #[error("the change conflicts with another row: {0}")]
    Conflict(String),
    /// No connection came free in time, or two transactions waited for each other and this one was ended.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// A column was missing or had another type than the program expects.
    #[error("column {column}: {reason}")]
    Column {
        /// Its name.
        column: String,
        /// What was wrong.
        reason: String,
    },
    /// A text holds U+0000, for which PostgreSQL has no place.
    #[error("a text holds the character U+0000, which cannot be stored")]
    Character,
    /// Anything else the database says.
    #[error("database: {0}")]
    Database(String),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => Self::NoRow,
            sqlx::Error::PoolTimedOut => Self::Busy("no connection came free in time".to_owned()),
            // PostgreSQL: serialization failure, deadlock; SQLite: busy, locked.
            sqlx::Error::Database(inner)
                if inner
                    .code()
                    .is_some_and(|code| ["40001", "40P01", "5", "6", "261", "517"].contains(&code.as_ref())) =>
            {
                Self::Busy(inner.message().to_owned())
            }
            sqlx::Error::Database(inner) if inner.is_unique_violation() || inner.is_foreign_key_violation() => {
                Self::Conflict(inner.message().to_owned())
            }
            // PostgreSQL: character_not_in_repertoire.
            sqlx::Error::Database(inner) if inner.code().is_some_and(|code| code == "22021") => Self::Character,
            _ => Self::Database(error.to_string()),
        }
    }
}

/// The result of everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;
