//! The flags of `bulla run`: newman's, and a few of our own.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use bulla_runner::RetryOn;
use clap::ValueEnum;

use crate::connection::Connection;

const EXAMPLES: &str = "\
Examples:
  bulla run collection.json
  bulla run https://example.com/collection.json -e staging.json --env-var token=abc
  bulla run collection.json -d users.csv --folder Checkout --bail
  bulla run collection.json -r cli,json,junit --reporter-junit-export out/junit.xml
  bulla run collection.json -r cli,html --reporter-html-export report.html
  bulla run collection.json -d users.csv --parallel 10 --retry 3
  bulla run collection.json --watch -r cli

The exit code is 0 if everything passed and 1 if a test, a script or a request failed, or the
run could not begin. With --exit-codes it is 2 if tests failed, 3 if a script did, 4 if a request
had no answer (the highest of these), 5 if the run was stopped before its end.";

/// What `bulla run` takes.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// File or URL of a Postman collection (v1, v2.0, v2.1)
    #[arg(value_name = "FILE|URL")]
    pub collection: String,

    /// File or URL of an environment
    #[arg(short, long, value_name = "FILE|URL")]
    pub environment: Option<String>,
    /// File or URL with globals
    #[arg(short, long, value_name = "FILE|URL")]
    pub globals: Option<String>,
    /// File or URL with a row of variables for each iteration, in JSON or CSV
    #[arg(short = 'd', long, value_name = "FILE|URL")]
    pub iteration_data: Option<String>,
    /// How often to run the collection; by default once for each row of data
    #[arg(short = 'n', long, value_name = "N")]
    pub iteration_count: Option<NonZeroU32>,
    /// Run this folder or request only (name or id); may be given several times
    #[arg(long, value_name = "NAME")]
    pub folder: Vec<String>,
    /// Set a variable of the environment
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub env_var: Vec<(String, String)>,
    /// Set a global variable
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub global_var: Vec<(String, String)>,

    /// File with secrets for pm.vault and {{vault:name}}: a JSON object, or an environment; variables of the system that
    /// begin with BULLA_VAULT_ are in the vault too
    #[arg(long, value_name = "FILE")]
    pub vault: Option<PathBuf>,

    /// Stop at the first failure; `folder` ends the run with an error instead, `failure` is the default
    #[arg(long, value_name = "MODIFIERS", num_args = 0..=1, value_delimiter = ',', help_heading = "Flow")]
    pub bail: Option<Vec<BailOn>>,
    /// Wait this long before each request
    #[arg(long, value_name = "MS", help_heading = "Flow")]
    pub delay_request: Option<u64>,
    /// Longest time of the whole run; 0 is no limit
    #[arg(long, value_name = "MS", help_heading = "Flow")]
    pub timeout: Option<u64>,
    /// Longest time of a request; 0 is no limit
    #[arg(long, value_name = "MS", help_heading = "Flow")]
    pub timeout_request: Option<u64>,
    /// Longest time of an answer that is a stream of events: what came until then is its body; 0 waits for its end
    #[arg(long, value_name = "MS", default_value = "30000", help_heading = "Flow")]
    pub timeout_stream: u64,
    /// Longest time of a script; without it 5 minutes
    #[arg(long, value_name = "MS", help_heading = "Flow")]
    pub timeout_script: Option<u64>,
    /// Run so many iterations at a time, each by a virtual user with its own cookies and variables; an iteration is
    /// reported when it has ended
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Flow")]
    pub parallel: u32,
    /// Send a request again, so often at most, if it had no answer or one of the statuses of --retry-on
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u32).range(0..=100), help_heading = "Flow")]
    pub retry: u32,
    /// When to retry: network, a status, 5xx, or a range such as 500-503
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = RetryOn::USUAL,
        help_heading = "Flow"
    )]
    pub retry_on: Vec<RetryOn>,
    /// Wait this long before the first retry, and twice as long before each that follows
    #[arg(long, value_name = "MS", default_value = "1000", help_heading = "Flow")]
    pub retry_delay: u64,
    /// Run again whenever one of the files changes
    #[arg(long, help_heading = "Flow")]
    pub watch: bool,
    /// An exit code for each kind of failure
    #[arg(long, help_heading = "Flow")]
    pub exit_codes: bool,
    /// Exit with 0 even if something failed
    #[arg(short = 'x', long, help_heading = "Flow")]
    pub suppress_exit_code: bool,
    /// Make dynamic variables such as {{$randomInt}} the same in each run
    #[arg(long, value_name = "NUMBER", help_heading = "Flow")]
    pub seed: Option<u64>,

    /// Where relative paths of uploaded files begin; by default here
    #[arg(long, value_name = "DIR", help_heading = "Files")]
    pub working_dir: Option<PathBuf>,
    /// Refuse to upload files from outside the working directory
    #[arg(long, help_heading = "Files")]
    pub no_insecure_file_read: bool,
    /// Write the environment as the run left it
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub export_environment: Option<PathBuf>,
    /// Write the globals as the run left them
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub export_globals: Option<PathBuf>,
    /// Write the collection with its variables as the run left them
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub export_collection: Option<PathBuf>,
    /// Write secret values into exported files too
    #[arg(long, help_heading = "Files")]
    pub export_secrets: bool,
    /// Begin with the cookies in this file (the JSON of tough-cookie)
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub cookie_jar: Option<PathBuf>,
    /// Write the cookies as the run left them
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    pub export_cookie_jar: Option<PathBuf>,

    /// Do not go where a 3xx answer points to
    #[arg(long, help_heading = "Connection")]
    pub ignore_redirects: bool,
    /// How to connect
    #[command(flatten)]
    pub connection: Connection,

    /// Reports to write: cli, json, junit, html, tap, github, teamcity, ndjson
    #[arg(short, long, value_name = "NAMES", value_delimiter = ',', default_value = "cli", help_heading = "Reports")]
    pub reporters: Vec<String>,
    /// Where reports go that have no path of their own
    #[arg(long, value_name = "FILE", hide = true)]
    pub reporter_export: Option<PathBuf>,
    /// Where the JSON report goes; without it bulla/run-report-<time>.json
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub reporter_json_export: Option<PathBuf>,
    /// Where the JUnit report goes; without it bulla/run-report-<time>.xml
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub reporter_junit_export: Option<PathBuf>,
    /// Where the page goes; without it bulla/run-report-<time>.html
    #[arg(long, alias = "reporter-htmlextra-export", value_name = "FILE", help_heading = "Reports")]
    pub reporter_html_export: Option<PathBuf>,
    /// Where TAP goes; without it to the output
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub reporter_tap_export: Option<PathBuf>,
    /// Where GitHub's annotations go; without it to the output
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub reporter_github_export: Option<PathBuf>,
    /// Where TeamCity's messages go; without it to the output
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub reporter_teamcity_export: Option<PathBuf>,
    /// Where the events go, a JSON object a line; without it to the output
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub reporter_ndjson_export: Option<PathBuf>,
    /// Nothing on the console
    #[arg(long, alias = "reporter-silent", help_heading = "Reports")]
    pub reporter_cli_silent: bool,
    /// No table at the end
    #[arg(long, alias = "reporter-no-summary", help_heading = "Reports")]
    pub reporter_cli_no_summary: bool,
    /// No list of failures at the end
    #[arg(long, alias = "reporter-no-failures", help_heading = "Reports")]
    pub reporter_cli_no_failures: bool,
    /// No assertions
    #[arg(long, alias = "reporter-no-assertions", help_heading = "Reports")]
    pub reporter_cli_no_assertions: bool,
    /// Only assertions that failed
    #[arg(long, alias = "reporter-no-success-assertions", help_heading = "Reports")]
    pub reporter_cli_no_success_assertions: bool,
    /// Nothing that scripts write
    #[arg(long, alias = "reporter-no-console", help_heading = "Reports")]
    pub reporter_cli_no_console: bool,
    /// No name of the program
    #[arg(long, alias = "reporter-no-banner", help_heading = "Reports")]
    pub reporter_cli_no_banner: bool,
    /// Nothing on the console
    #[arg(long, help_heading = "Reports")]
    pub silent: bool,
    /// Headers, bodies and timings of every request
    #[arg(long, help_heading = "Reports")]
    pub verbose: bool,
    /// Plain letters instead of symbols
    #[arg(long, help_heading = "Reports")]
    pub disable_unicode: bool,
    /// Colours on the console
    #[arg(long, value_name = "WHEN", default_value = "auto", num_args = 0..=1, default_missing_value = "on", help_heading = "Reports")]
    pub color: Colour,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal
    Auto,
    /// Always
    On,
    /// Never
    Off,
}

/// What ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BailOn {
    /// An error of a script or request ends the run with an error
    Folder,
    /// Anything that fails ends the run after its request
    Failure,
}

/// `key=value`; the value may hold more signs of equality.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("", _)) => Err("there is no name before the =".to_owned()),
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err("expected NAME=VALUE".to_owned()),
    }
}

/// A limit in milliseconds; 0 is none.
pub fn limit(ms: Option<u64>) -> Option<Duration> {
    ms.filter(|ms| *ms > 0).map(Duration::from_millis)
}
