//! What a collection, environment or data file *is*.
//!
//! [`read`] turns bytes into an [`Imported`] document with a [`Report`]; a [`Collection`] keeps the raw JSON of every
//! item, so that what was imported can be given back whole. [`steps`](steps::steps) says what a run does, in order;
//! [`Scopes`] resolve `{{variables}}`; [`prepare`](prepare::prepare) turns a request into what goes on the wire, signed.
//!
//! Nothing here does I/O, knows the time, or makes up randomness: both are handed in.

pub mod auth;
pub mod data;
pub mod dynamic;
pub mod mask;
pub mod prepare;
pub mod steps;
pub mod url;

mod document;
mod environment;
mod read;
mod scopes;
mod text;
mod v1;
mod v3;

pub use document::{Collection, Format, Item, description};
pub use environment::{Kind, Variable, VariableSet};
pub use mask::Mask;
pub use read::{Import, Imported, Kept, Limits, Note, ReadError, Report, read};
pub use scopes::{Dynamic, NoDynamic, ScopeName, Scopes, VariableScope};
pub use v3::{FolderError, is_part, read_folder};
