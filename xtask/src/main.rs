//! Developer commands: `cargo xtask run`, `test`, `ci`, `doctor`, `tidy` and `openapi`.
//!
//! Two of them are the promise of the README: `run` and `test` do all their own set-up on a machine that has Rust,
//! Node and a C toolchain, and say exactly what to install if something is absent.

#![expect(clippy::disallowed_methods, reason = "a developer tool reads its environment itself")]

mod doctor;
mod openapi;
mod postgres;
mod process;
mod run;
mod smtp;
mod test;
mod tidy;
mod web;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Developer commands of Bulla.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    after_help = "Examples:\n  cargo xtask run                        build everything and start on http://127.0.0.1:4000\n  cargo xtask run -- --listen 127.0.0.1:4100\n  cargo xtask test                       run every test\n  cargo xtask test --only rust           while working on the server"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the platform with its web app and start it on an embedded database.
    Run(run::Options),
    /// Run every test: Rust on SQLite and PostgreSQL, the web app, and journeys in a real browser.
    Test(test::Options),
    /// Run every test as CI does: nothing may be left out.
    Ci,
    /// Kill the server a thousand times under load, on SQLite and PostgreSQL: no acknowledged change may be lost.
    Soak(test::Soak),
    /// Say what this machine has and what to install.
    Doctor,
    /// Check the import rules of the workspace.
    Tidy,
    /// Write web/openapi.json and the web app's types from the server's routes.
    Openapi,
}

fn main() -> ExitCode {
    let root = workspace_root();
    let outcome = match Arguments::parse().command {
        Command::Run(options) => run::run(&root, &options),
        Command::Test(options) => test::test(&root, &options),
        Command::Ci => test::test(&root, &test::Options::everything()),
        Command::Soak(options) => test::soak(&root, &options),
        Command::Doctor => doctor::print(),
        Command::Tidy => tidy::check(&root),
        Command::Openapi => openapi::write(&root),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder that holds the workspace's Cargo.toml.
fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}
