//! What can go wrong in a rule, by what its caller may do about it.
//!
//! Rules return these; `problem.rs` turns them into answers.

use serde_json::Value;

/// Why something was not done. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the session has ended.
    #[error("sign in first")]
    SignedOut,
    /// The address or the password is wrong; which of the two is not told.
    #[error("the email or the password is wrong")]
    WrongCredentials,
    /// The team demands a second factor, and this person is not signed in with one.
    #[error("your team demands a second factor; set one up first")]
    FactorNeeded,
    /// It is some time ago that whoever asks has proved that it is them.
    #[error("confirm that it is you, with your password or a code, and do it again")]
    ConfirmFirst,
    /// Somebody guessed too often.
    #[error("too many attempts; try again in {seconds} s")]
    TooManyAttempts {
        /// When to try again.
        seconds: u64,
    },
    /// The API key is none, or has ended; which of the two is not told.
    #[error("Invalid API Key. Every request requires a valid API Key to be sent.")]
    WrongKey,
    /// An address showed too many wrong API keys.
    #[error("too many wrong API keys; try again in {seconds} s")]
    TooManyKeys {
        /// When to try again.
        seconds: u64,
    },
    /// An address read too much of what is public.
    #[error("too many reads; try again in {seconds} s")]
    Crowded {
        /// When to try again.
        seconds: u64,
    },
    /// There is no such thing, or the asker may not know of it.
    #[error("there is no such {what}, or you may not see it")]
    NotFound {
        /// `workspace`, `collection`.
        what: &'static str,
    },
    /// The asker may know of it, but may not do this.
    #[error("you may not do this: {because}")]
    Forbidden {
        /// The missing step.
        because: String,
    },
    /// The asker might, but the team's plan does not have it.
    #[error("{because}")]
    PlanNeeded {
        /// The least plan that has it.
        plan: bulla_access::Plan,
        /// What it is about.
        because: String,
    },
    /// The request came from another site, or without the header that proves it did not.
    #[error("{0}")]
    CrossSite(&'static str),
    /// Somebody else changed it first.
    #[error("the {what} was changed by someone else; read it again and retry")]
    Stale {
        /// What it is.
        what: &'static str,
        /// The thing as it is now.
        current: Box<Value>,
    },
    /// It stands against a rule, with a stable code.
    #[error("{detail}")]
    Conflict {
        /// For programs.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// What was asked for makes no sense, with a stable code.
    #[error("{detail}")]
    Refused {
        /// For programs.
        code: &'static str,
        /// For people.
        detail: String,
    },
    /// Fields of the body have wrong values.
    #[error("{}", summary(.0))]
    Invalid(Vec<FieldError>),
    /// The body is larger than the route takes.
    #[error("{0}")]
    TooLarge(String),
    /// The body is not what the route expects: not JSON, a field absent or of another type.
    #[error("{0}")]
    BadRequest(String),
    /// A file could not be imported.
    #[error("{0}")]
    Import(#[from] bulla_collection::ReadError),
    /// Too much is going on.
    #[error("{0}")]
    Busy(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] bulla_db::Error),
    /// A key or a sealed value failed.
    #[error(transparent)]
    Seal(#[from] bulla_seal::Error),
    /// Something that a correct program does not meet.
    #[error("{0}")]
    Unexpected(String),
}

/// The result of every rule.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Error {
    /// One field that is wrong.
    pub fn invalid(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { path: path.into(), message: message.into() }])
    }

    /// Something that a correct program does not meet.
    pub fn unexpected(what: impl std::fmt::Display) -> Self {
        Self::Unexpected(what.to_string())
    }
}

fn summary(errors: &[FieldError]) -> String {
    errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect::<Vec<_>>().join("; ")
}
