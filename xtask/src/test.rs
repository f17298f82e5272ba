//! `cargo xtask test`: all set-up, then every test.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::postgres::Postgres;
use crate::process::{command, step, succeed};
use crate::{doctor, run, smtp, tidy, web};

/// What to run.
#[derive(clap::Args)]
pub struct Options {
    /// Run one part alone.
    #[arg(long, value_enum)]
    only: Option<Part>,
}

impl Options {
    /// Every part.
    pub fn everything() -> Self {
        Self { only: None }
    }

    fn includes(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}

/// A part of the tests.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Part {
    /// Formatting, lints and import rules.
    Lint,
    /// Rust tests, on SQLite and PostgreSQL.
    Rust,
    /// Types, lints and unit tests of the web app.
    Web,
    /// Journeys in a real browser against the real binary.
    Journeys,
}

/// Runs the tests.
///
/// PostgreSQL and Chromium may be absent on a developer's machine: their tests are then left out, and the last line
/// says so. With `CI=true` their absence is a failure.
pub fn test(root: &Path, options: &Options) -> Result<()> {
    doctor::require()?;
    let complete = std::env::var("CI").is_ok_and(|value| value == "true");
    let mut left_out = Vec::new();

    if options.includes(Part::Web) || options.includes(Part::Journeys) || options.includes(Part::Rust) {
        step("web packages", || web::install(root))?;
        step("web app", || web::build(root))?;
    }
    if options.includes(Part::Lint) {
        step("import rules", || tidy::check(root))?;
        step("formatting", || succeed(&mut command(root, "cargo", &["fmt", "--all", "--check"])))?;
        step("lints", || {
            succeed(&mut command(
                root,
                "cargo",
                &["clippy", "--locked", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"],
            ))
        })?;
    }
    if options.includes(Part::Web) {
        let web = root.join("web");
        step("web types and lints", || succeed(&mut command(&web, "npm", &["run", "--silent", "check"])))?;
        step("web unit tests", || succeed(&mut command(&web, "npm", &["test", "--silent"])))?;
    }
    if options.includes(Part::Rust) {
        let postgres = match Postgres::start() {
            Ok(postgres) => Some(postgres),
            Err(error) if complete => return Err(error.context("the server's tests need PostgreSQL")),
            Err(error) => {
                left_out.push(format!("the server's tests on PostgreSQL ({error})"));
                None
            }
        };
        let sink = match smtp::install(root) {
            Ok(folder) => Some(folder),
            Err(error) if complete => return Err(error.context("the tests of mail need an SMTP server")),
            Err(error) => {
                left_out.push(format!("the tests of mail ({error:#})"));
                None
            }
        };
        step("Rust tests", || rust_tests(root, postgres.as_ref(), sink.as_deref()))?;
    }
    if options.includes(Part::Journeys) {
        match doctor::chromium() {
            Some(chromium) => step("journeys in a browser", || journeys(root, &chromium))?,
            None if complete => bail!("the journeys need Chromium (Debian: apt-get install chromium)"),
            None => left_out.push("the journeys in a browser (Debian: apt-get install chromium)".to_owned()),
        }
    }

    println!();
    for part in &left_out {
        println!("left out: {part}");
    }
    println!("cargo xtask test: everything that ran has passed");
    Ok(())
}

/// How long to go on.
#[derive(clap::Args)]
pub struct Soak {
    /// Kills on each database.
    #[arg(long, default_value_t = 1000)]
    kills: u32,
}

/// Runs the tests of durability with many kills: minutes where `test` takes seconds.
pub fn soak(root: &Path, options: &Soak) -> Result<()> {
    doctor::require()?;
    step("web packages", || web::install(root))?;
    step("web app", || web::build(root))?;
    let postgres = Postgres::start()?;
    step("kills", || {
        succeed(
            command(root, "cargo", &["test", "--locked", "-p", "bulla-cli", "durability::", "--", "--nocapture"])
                .env("BULLA_SOAK_KILLS", options.kills.to_string())
                .env("BULLA_TEST_POSTGRES", postgres.url()),
        )
    })
}

fn rust_tests(root: &Path, postgres: Option<&Postgres>, sink: Option<&Path>) -> Result<()> {
    // Tests call the binary, so it is built before them.
    succeed(&mut command(root, "cargo", &["build", "--locked", "--quiet", "-p", "bulla-cli"]))?;
    let mut tests = if doctor::nextest().is_some() {
        command(
            root,
            "cargo",
            &["nextest", "run", "--locked", "--workspace", "--status-level", "slow", "--no-fail-fast"],
        )
    } else {
        command(root, "cargo", &["test", "--locked", "--workspace", "--no-fail-fast"])
    };
    if let Some(postgres) = postgres {
        tests.env("BULLA_TEST_POSTGRES", postgres.url());
    }
    if let Some(folder) = sink {
        tests.env("BULLA_TEST_SMTP", folder);
    }
    succeed(&mut tests)
}

fn journeys(root: &Path, chromium: &Path) -> Result<()> {
    succeed(&mut command(root, "cargo", &["build", "--locked", "--quiet", "-p", "bulla-cli"]))?;
    let binary = run::target_folder(root).join("debug/bulla");
    succeed(
        command(&root.join("web"), "npm", &["run", "--silent", "journeys"])
            .env("BULLA_BIN", &binary)
            .env("BULLA_CHROMIUM", chromium),
    )
    .context("a screenshot of each failed journey is in web/screenshots")
}
