//! The command line: `bulla serve` and what belongs to it.
//!
//! Here are arguments, configuration from the environment, exit codes and what a terminal shows. Rules live in the
//! crates below. One module a command, each with `Arguments` and a function that runs it.

mod admin;
mod backup;
mod completions;
mod problem;
mod serve;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  bulla serve --data ./data                      start the platform on http://127.0.0.1:4000
  bulla completions bash > bulla.bash            complete commands in the shell";

/// The API platform in one binary: collections, environments, tests, yours.
#[derive(Parser)]
#[command(name = "bulla", version, about, after_help = EXAMPLES, propagate_version = true, max_term_width = 110)]
struct Bulla {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the platform: workspaces, collections and runs in the browser
    Serve(Box<serve::Arguments>),
    /// Make the first account without a browser
    Admin(admin::Arguments),
    /// Copy the database of an instance, which may run meanwhile
    Backup(backup::BackupArguments),
    /// Put a copy of the database in place where there is none
    Restore(backup::RestoreArguments),
    /// Print a script that completes commands in a shell
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    let arguments = match Bulla::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; for the rest 1, since newman's users know no other code.
            let code = if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
            let _ = error.print();
            return code;
        }
    };
    let ended = match arguments.command {
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Admin(arguments) => admin::run(arguments),
        Command::Backup(arguments) => backup::backup(arguments),
        Command::Restore(arguments) => backup::restore(arguments),
        Command::Completions(arguments) => completions::run(&arguments, &mut Bulla::command()),
    };
    ended.unwrap_or_else(|problem| {
        problem.print();
        ExitCode::FAILURE
    })
}
