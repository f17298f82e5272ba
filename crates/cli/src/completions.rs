//! `bulla completions`: the script that a shell loads.

use std::process::ExitCode;

use clap_complete::Shell;

use crate::problem::Problem;

/// What `bulla completions` takes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  bulla completions bash > ~/.local/share/bash-completion/completions/bulla
  bulla completions zsh > ~/.zfunc/_bulla
  bulla completions fish > ~/.config/fish/completions/bulla.fish")]
pub struct Arguments {
    /// The shell that will load the script
    shell: Shell,
}

/// Prints the script.
pub fn run(arguments: &Arguments, command: &mut clap::Command) -> Result<ExitCode, Problem> {
    clap_complete::generate(arguments.shell, command, "bulla", &mut std::io::stdout());
    Ok(ExitCode::SUCCESS)
}
