//! Runs a collection and tells what happens as a stream of typed events.
//!
//! [`run`] takes a [`Plan`] and sends an [`Event`] for each thing that happens; [`report`] holds listeners that turn
//! events into a console, a JSON report or a JUnit file. Nothing keeps the whole run in memory: not the runner, which
//! only counts, and not the reporters, which write as they go.
//!
//! No event holds the value of a secret variable: each is masked before it leaves ([`run`] is the only place where an
//! event is sent).
//!
//! A single request is sent by the same way: a plan of one step ([`Plan::single`]).

mod cookies;
mod event;
mod guard;
mod hide;
mod nested;
mod plan;
pub mod report;
mod run;
mod script;
mod select;
mod send;

pub use event::*;
pub use guard::Guarded;
pub use plan::{Bail, DraftError, Files, Plan, Retry, RetryOn, Selection, Sending, Timeouts, apply_locals};
pub use run::{Summary, mask, run};

/// How much of a body an event shows, in bytes.
pub const SHOWN_BODY: usize = 1024 * 1024;

/// What requests say in `User-Agent` unless they have one.
pub const AGENT: &str = concat!("Bulla/", env!("CARGO_PKG_VERSION"));
