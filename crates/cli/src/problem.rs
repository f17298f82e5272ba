//! Errors as a person at a terminal wants them: what went wrong, where, and what to do.

use std::fmt::Display;
use std::path::Path;

use owo_colors::OwoColorize;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Problem {
    message: String,
    help: Option<String>,
}

impl Problem {
    /// A problem in words.
    pub fn new(message: impl Display) -> Self {
        Self { message: message.to_string(), help: None }
    }

    /// A problem with a file; `reason` names the place in it.
    pub fn in_file(path: &Path, reason: impl Display) -> Self {
        Self::new(format_args!("{}: {reason}", path.display()))
    }

    /// With a hint what to do.
    pub fn help(mut self, help: impl Display) -> Self {
        self.help = Some(help.to_string());
        self
    }

    /// Prints it to the error output, in colour on a terminal.
    pub fn print(&self) {
        anstream::eprintln!("{}: {}", "error".red().bold(), self.message);
        if let Some(help) = &self.help {
            anstream::eprintln!("  {}: {help}", "help".cyan());
        }
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}
