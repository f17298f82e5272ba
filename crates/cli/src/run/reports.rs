//! The reporters that a run was asked for.

use std::io::{IsTerminal, Stdout, stdout};
use std::path::{Path, PathBuf};

use bulla_runner::report::{Cli, CliOptions, JUnit, Json, Reporter};
use bulla_runner::{Event, Plan, Summary};

use super::arguments::{Arguments, Colour};
use super::destination;
use crate::problem::Problem;

/// The reporters of one run.
pub struct Reports {
    console: Option<Cli<Stdout>>,
    animates: bool,
    files: Vec<(PathBuf, Box<dyn Reporter>)>,
}

impl Reports {
    /// Opens what `--reporters` names. A name we do not know is said and left out, as in newman.
    pub fn new(arguments: &Arguments, plan: &Plan) -> Result<Self, Problem> {
        let mut reports = Self { console: None, animates: false, files: Vec::new() };
        let common = arguments.reporter_export.as_ref();
        for name in &arguments.reporters {
            match name.as_str() {
                "cli" if !arguments.silent && !arguments.reporter_cli_silent => {
                    let options = console(arguments);
                    reports.animates = options.colour && options.width.is_some() && !options.plain;
                    reports.console = Some(Cli::new(stdout(), options));
                }
                "cli" => {}
                "json" => {
                    let path = destination(arguments.reporter_json_export.as_ref().or(common), "run-report", "json");
                    let json = Json::create(&path, &plan.collection, &bulla_runner::mask(plan))
                        .map_err(|error| unwritable(&path, &error))?;
                    reports.files.push((path, Box::new(json)));
                }
                "junit" => {
                    let path = destination(arguments.reporter_junit_export.as_ref().or(common), "run-report", "xml");
                    reports.files.push((path.clone(), Box::new(JUnit::new(&path))));
                }
                other => {
                    anstream::eprintln!("warning: there is no reporter \"{other}\"; there are cli, json and junit")
                }
            }
        }
        Ok(reports)
    }

    /// Does the console have something that moves?
    pub fn animates(&self) -> bool {
        self.animates
    }

    /// Moves it.
    pub fn tick(&mut self) -> Result<(), Problem> {
        self.console.as_mut().map_or(Ok(()), Cli::tick).or_else(closed)
    }

    /// Hands an event to all of them.
    pub fn event(&mut self, event: &Event) -> Result<(), Problem> {
        if let Some(console) = &mut self.console {
            console.event(event).or_else(closed)?;
        }
        for (path, report) in &mut self.files {
            report.event(event).map_err(|error| unwritable(path, &error))?;
        }
        Ok(())
    }

    /// Completes all of them.
    pub fn finish(&mut self, summary: &Summary) -> Result<(), Problem> {
        if let Some(console) = &mut self.console {
            console.finish(summary).or_else(closed)?;
        }
        for (path, report) in &mut self.files {
            report.finish(summary).map_err(|error| unwritable(path, &error))?;
        }
        Ok(())
    }
}

/// A reader that has gone (`bulla run ... | head`) is no reason to stop the run and its other reports.
fn closed(error: std::io::Error) -> Result<(), Problem> {
    if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error.into()) }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::in_file(path, format_args!("the report cannot be written: {error}"))
}

fn console(arguments: &Arguments) -> CliOptions {
    let terminal = stdout().is_terminal();
    CliOptions {
        colour: match arguments.color {
            Colour::On => true,
            Colour::Off => false,
            Colour::Auto => terminal && anstream::AutoStream::choice(&stdout()) != anstream::ColorChoice::Never,
        },
        width: if terminal { width() } else { None },
        verbose: arguments.verbose,
        plain: arguments.disable_unicode,
        no_summary: arguments.reporter_cli_no_summary,
        no_failures: arguments.reporter_cli_no_failures,
        no_assertions: arguments.reporter_cli_no_assertions,
        no_success_assertions: arguments.reporter_cli_no_success_assertions,
        no_console: arguments.reporter_cli_no_console,
        no_banner: arguments.reporter_cli_no_banner,
    }
}

fn width() -> Option<usize> {
    let (columns, _) = terminal_size::terminal_size()?;
    Some(usize::from(columns.0))
}
