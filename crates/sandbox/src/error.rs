//! Errors of scripts, as the pm layer describes them.

use serde::Deserialize;

use crate::{Limits, ScriptError};

/// The limit that a script broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Time,
    Memory,
    /// Not a limit: whoever asked has gone away.
    Cancelled,
}

#[derive(Deserialize)]
struct Described {
    name: String,
    message: String,
    stack: Option<String>,
}

/// Reads what `described` of the pm layer wrote.
pub(crate) fn described(json: &str) -> ScriptError {
    match serde_json::from_str::<Described>(json) {
        Ok(Described { name, message, stack }) => ScriptError { name, message, stack },
        Err(_) => plain("the script threw an error that cannot be read"),
    }
}

/// An error without a place.
pub(crate) fn plain(message: impl Into<String>) -> ScriptError {
    ScriptError { name: "Error".to_owned(), message: message.into(), stack: None }
}

/// Does the engine say that memory is used up?
pub(crate) fn is_out_of_memory(error: &ScriptError) -> bool {
    error.name == "InternalError" && error.message.starts_with("out of memory")
}

/// What a script is told that broke a limit. `synchronous` says whether its first run had not ended.
pub(crate) fn broken(limit: Broken, limits: &Limits, synchronous: bool) -> ScriptError {
    match limit {
        Broken::Time => {
            let kind = if synchronous { "synchronous" } else { "asynchronous" };
            plain(format!("sandbox: {kind} script execution timeout"))
        }
        Broken::Memory => plain(format!("the script used more than {} MB of memory", (limits.memory >> 20).max(1))),
        Broken::Cancelled => plain("the script was cancelled"),
    }
}
