//! What comes in has limits: how long a name may be, how large a document, how many of a thing.

use crate::error::{Error, Result};

/// Longest name, in characters.
pub const NAME: usize = 255;
/// Longest summary or description of a variable, in characters.
pub const SUMMARY: usize = 10_000;
/// Most workspaces that one team has.
pub const WORKSPACES: i64 = 20_000;
/// Most collections, and most environments, in a workspace.
pub const IN_WORKSPACE: i64 = 10_000;
/// Most items in a collection.
pub const ITEMS: usize = 200_000;
/// Deepest nesting of folders. A reader of JSON allows 128 levels, and a folder takes two of them.
pub const FOLDERS_DEEP: i64 = 50;
/// Most variables in an environment.
pub const VARIABLES: usize = 10_000;
/// Longest value of a variable, in bytes.
pub const VALUE: usize = 1024 * 1024;
/// Largest document of one item, or head of a collection, in bytes of JSON.
pub const DOCUMENT: usize = 16 * 1024 * 1024;

/// A name as a person typed it, without blanks around it.
///
/// # Errors
///
/// [`Error::Invalid`] at `path` if it is empty, too long, or holds control characters.
pub fn name(path: &str, typed: &str) -> Result<String> {
    let name = typed.trim();
    if name.is_empty() {
        return Err(Error::invalid(path, "must not be empty"));
    }
    if name.chars().count() > NAME {
        return Err(Error::invalid(path, format!("must have at most {NAME} characters")));
    }
    if name.chars().any(char::is_control) {
        return Err(Error::invalid(path, "must not hold line breaks or other control characters"));
    }
    Ok(name.to_owned())
}

/// A text of several lines as a person typed it.
///
/// # Errors
///
/// [`Error::Invalid`] at `path` if it is too long or holds a NUL.
pub fn summary(path: &str, typed: &str) -> Result<String> {
    if typed.chars().count() > SUMMARY {
        return Err(Error::invalid(path, format!("must have at most {SUMMARY} characters")));
    }
    if typed.contains('\0') {
        return Err(Error::invalid(path, "must not hold a NUL character"));
    }
    Ok(typed.to_owned())
}

/// A name from a file, as the database keeps it beside the document: short enough to list, and without NUL, which
/// PostgreSQL cannot hold in text. The document keeps the name as it was.
pub fn listed_name(name: &str) -> String {
    listed(name, NAME)
}

/// The first `most` characters of a text that somebody else wrote, without NUL.
pub fn listed(text: &str, most: usize) -> String {
    text.chars().take(most).map(|character| if character == '\0' { '\u{fffd}' } else { character }).collect()
}
