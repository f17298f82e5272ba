//! The reporters that a run was asked for.

use std::io::{BufWriter, IsTerminal, Stdout, Write, stdout};
use std::path::{Path, PathBuf};

use bulla_runner::report::{Cli, CliOptions, GitHub, Html, JUnit, Json, NdJson, Reporter, Tap, TeamCity};
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
                "html" | "htmlextra" => {
                    let path = destination(arguments.reporter_html_export.as_ref().or(common), "run-report", "html");
                    let html = Html::new(&path).map_err(|error| unwritable(&path, &error))?;
                    reports.files.push((path, Box::new(html)));
                }
                "tap" => reports.lines(arguments.reporter_tap_export.as_ref(), |out| Box::new(Tap::new(out)))?,
                "teamcity" => {
                    reports.lines(arguments.reporter_teamcity_export.as_ref(), |out| Box::new(TeamCity::new(out)))?;
                }
                "ndjson" => {
                    reports.lines(arguments.reporter_ndjson_export.as_ref(), |out| Box::new(NdJson::new(out)))?;
                }
                "github" => {
                    #[expect(clippy::disallowed_methods, reason = "the command line owns the environment")]
                    let summary = std::env::var_os("GITHUB_STEP_SUMMARY").map(PathBuf::from);
                    let file = Path::new(&arguments.collection).is_file().then(|| arguments.collection.clone());
                    let make = |out| Box::new(GitHub::new(out, file, summary)) as Box<dyn Reporter>;
                    reports.lines(arguments.reporter_github_export.as_ref(), make)?;
                }
                other => anstream::eprintln!(
                    "warning: there is no reporter \"{other}\"; there are cli, json, junit, html, tap, github, teamcity \
                     and ndjson"
                ),
            }
        }
        Ok(reports)
    }

    /// Adds a reporter that writes lines: to a file, or to the output.
    fn lines(
        &mut self,
        path: Option<&PathBuf>,
        make: impl FnOnce(Box<dyn Write>) -> Box<dyn Reporter>,
    ) -> Result<(), Problem> {
        let (path, out): (_, Box<dyn Write>) = match path {
            None => (PathBuf::from("the output"), Box::new(Open(stdout()))),
            Some(path) => {
                let parent = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let file = parent.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::File::create(path));
                (path.clone(), Box::new(BufWriter::new(file.map_err(|error| unwritable(path, &error))?)))
            }
        };
        self.files.push((path, make(out)));
        Ok(())
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

/// The output, whose reader may go away.
struct Open(Stdout);

impl Write for Open {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes).or_else(|error| gone(error, bytes.len()))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush().or_else(|error| gone(error, ()))
    }
}

fn gone<T>(error: std::io::Error, instead: T) -> std::io::Result<T> {
    if error.kind() == std::io::ErrorKind::BrokenPipe { Ok(instead) } else { Err(error) }
}

/// A reader that has gone (`bulla run ... | head`) is no reason to stop the run and its other reports.
fn closed(error: std::io::Error) -> Result<(), Problem> {
    Ok(gone(error, ())?)
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
