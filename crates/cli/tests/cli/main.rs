//! The tests of the command line: the real program, started as its users start it. One program for all of them: it is
//! linked once.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

mod harness;

#[cfg(unix)]
mod audit;
mod bad_input;
mod differential;
#[cfg(unix)]
mod durability;
mod flags;
mod newman;
#[cfg(unix)]
mod platform;
mod secrets;
mod streams;
mod yaml;
