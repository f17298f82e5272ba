//! The command line: `bulla run`, `bulla serve` and what belongs to them.
//!
//! Here are arguments, configuration from the environment, exit codes and what a terminal shows. Rules live in the
//! crates below. One module a command, each with `Arguments` and a function that runs it.

mod admin;
mod audit;
mod backup;
mod completions;
mod connection;
mod echo;
mod keys;
mod newman;
mod problem;
mod run;
mod send;
mod serve;
mod ws;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  bulla run collection.json -e staging.json      run a collection with an environment
  bulla run collection.json -r cli,junit         and write a JUnit report for the build server
  bulla send https://example.com/ -H 'X-A: 1'    send one request and print the answer
  bulla ws wss://example.com/chat -m hello       say hello on a WebSocket and print what comes
  bulla serve --data ./data                      start the platform on http://127.0.0.1:4000
  bulla echo --listen 127.0.0.1:5000             answer requests as postman-echo does, without the internet
  bulla completions bash > bulla.bash            complete commands in the shell";

/// The API platform in one binary: collections, environments, tests, yours.
#[derive(Parser)]
#[command(name = "bulla", version, after_help = EXAMPLES, propagate_version = true, max_term_width = 110)]
struct Bulla {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a Postman collection with its tests; takes newman's flags
    Run(Box<run::Arguments>),
    /// Send one request and print the answer
    Send(Box<send::Arguments>),
    /// Open a WebSocket, say messages and print what comes
    Ws(Box<ws::Arguments>),
    /// Start the platform: workspaces, collections and runs in the browser
    Serve(Box<serve::Arguments>),
    /// Make the first account, or an API key, without a browser
    Admin(admin::Arguments),
    /// Prove the audit log, or take it away
    Audit(audit::Arguments),
    /// Copy the database of an instance, which may run meanwhile
    Backup(backup::BackupArguments),
    /// Put a copy of the database in place where there is none
    Restore(backup::RestoreArguments),
    /// Make a root key, or put another in the place of the one there is, which may be in use meanwhile
    Keys(keys::Arguments),
    /// Answer requests as postman-echo does, on this machine
    Echo(echo::Arguments),
    /// Print a script that completes commands in a shell
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    let arguments = match Bulla::try_parse_from(newman::arguments(std::env::args_os())) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; for the rest 1, since newman's users know no other code.
            let code = if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
            let _ = error.print();
            return code;
        }
    };
    let ended = match arguments.command {
        Command::Run(arguments) => run::run(*arguments),
        Command::Send(arguments) => send::run(&arguments),
        Command::Ws(arguments) => ws::run(&arguments),
        Command::Serve(arguments) => serve::run(*arguments),
        Command::Admin(arguments) => admin::run(arguments),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Backup(arguments) => backup::backup(arguments),
        Command::Restore(arguments) => backup::restore(arguments),
        Command::Keys(arguments) => keys::run(arguments),
        Command::Echo(arguments) => echo::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, &mut Bulla::command()),
    };
    ended.unwrap_or_else(|problem| {
        problem.print();
        ExitCode::FAILURE
    })
}
