//! `bulla run`: a collection in the terminal and in pipelines, with newman's flags, reports and exit codes.

mod arguments;
mod export;
pub mod load;
mod reports;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bulla_runner::{Bail, Event, Files, Plan, Reason, Retry, Selection, Sending, Summary, Timeouts};
use bulla_transport::{Client, CookieJar};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use arguments::{Arguments, limit, pair};

use crate::connection;
use crate::problem::Problem;
use reports::Reports;

/// Longest time of a script without `--timeout-script`.
pub const SCRIPT: Duration = Duration::from_secs(300);
/// Events that may wait for slow reporters.
const WAITING: usize = 64;
/// How often the sign of waiting turns.
const TICK: Duration = Duration::from_millis(100);

/// Runs a collection; the exit code is 1 if anything failed.
///
/// # Errors
///
/// If a file cannot be read or written, or the collection cannot be run at all.
pub fn run(arguments: Arguments) -> Result<ExitCode, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(async {
        loop {
            let before = arguments.watch.then(|| watch::Files::of(&arguments));
            let code = match execute(&arguments).await {
                Ok(summary) => exit_code(&summary, arguments.exit_codes),
                Err(problem) => {
                    problem.print();
                    1
                }
            };
            match before {
                Some(files) if files.change().await => {}
                _ => return code,
            }
        }
    });
    // A script that holds on to its thread must not hold the program.
    runtime.shutdown_background();
    Ok(if arguments.suppress_exit_code { ExitCode::SUCCESS } else { ExitCode::from(code) })
}

/// 0 if everything passed. Without `by_kind` anything else is 1, as in newman.
fn exit_code(summary: &Summary, by_kind: bool) -> u8 {
    let finished = &summary.finished;
    if summary.failures == 0 && finished.reason == Reason::Completed {
        return 0;
    }
    let totals = &finished.totals;
    match finished.reason {
        _ if !by_kind => 1,
        Reason::Cancelled | Reason::TimedOut => 5,
        _ if totals.requests.failed > 0 => 4,
        _ if totals.scripts.failed > 0 => 3,
        _ if totals.assertions.failed > 0 => 2,
        _ => 1,
    }
}

async fn execute(arguments: &Arguments) -> Result<Summary, Problem> {
    let insecure = arguments.connection.insecure;
    let client = connection::client(&arguments.connection)?;
    let fetch = load::Source::new(&client, insecure);
    let collection = fetch.collection(&arguments.collection).await?;
    let mut environment = match &arguments.environment {
        Some(path) => Some(fetch.variables(path, "environment").await?),
        None => None,
    };
    let mut globals = match &arguments.globals {
        Some(path) => fetch.variables(path, "globals").await?,
        None => bulla_collection::VariableSet::default(),
    };
    for (key, value) in &arguments.env_var {
        load::assign(environment.get_or_insert_default(), key, value);
    }
    for (key, value) in &arguments.global_var {
        load::assign(&mut globals, key, value);
    }
    let data = match &arguments.iteration_data {
        Some(path) => fetch.data(path).await?,
        None => Vec::new(),
    };
    let jar = match &arguments.cookie_jar {
        Some(path) => load::cookies(path)?,
        None => CookieJar::new(),
    };

    let mut plan = Plan::new(uuid::Uuid::now_v7().to_string(), collection);
    plan.environment = environment;
    plan.globals = globals;
    plan.data = data;
    plan.iterations = arguments.iteration_count.map(std::num::NonZeroU32::get);
    if !arguments.folder.is_empty() {
        plan.selection = Selection::Folders(arguments.folder.clone());
    }
    plan.delay = Duration::from_millis(arguments.delay_request.unwrap_or(0));
    plan.timeouts = Timeouts {
        global: arguments::limit(arguments.timeout),
        request: arguments::limit(arguments.timeout_request),
        script: Some(arguments::limit(arguments.timeout_script).unwrap_or(SCRIPT)),
    };
    plan.bail = bail(arguments.bail.as_deref());
    plan.sending = Sending {
        insecure,
        follow_redirects: !arguments.ignore_redirects,
        longest_stream: arguments::limit(Some(arguments.timeout_stream)),
        ..Sending::default()
    };
    let root = match &arguments.working_dir {
        Some(root) => root.clone(),
        None => std::env::current_dir()?,
    };
    plan.files = Files::Allowed { root, outside: !arguments.no_insecure_file_read };
    plan.seed = arguments.seed;
    plan.parallel = arguments.parallel;
    let pause = Duration::from_millis(arguments.retry_delay);
    plan.retry = Retry::under(arguments.retry, pause, arguments.retry_on.iter().cloned());
    plan.vault = load::vault(arguments.vault.as_deref())?;

    let exported = arguments.export_collection.is_some().then(|| plan.collection.clone());
    let reports = Reports::new(arguments, &plan)?;
    let summary = follow(plan, client, jar.clone(), reports).await?;
    export::all(arguments, &summary, exported.as_ref(), &jar)?;
    Ok(summary)
}

/// Runs `plan` while the reporters write; an interrupt ends the run, and the reports are written all the same.
async fn follow(plan: Plan, client: Client, jar: CookieJar, mut reports: Reports) -> Result<Summary, Problem> {
    let cancel = CancellationToken::new();
    let (sink, mut events) = mpsc::channel::<Event>(WAITING);
    let run = bulla_runner::run(plan, client, jar, sink, cancel.clone());
    tokio::pin!(run);
    let mut ticks = tokio::time::interval(TICK);
    let mut summary = None;
    loop {
        tokio::select! {
            biased;
            event = events.recv() => match event {
                Some(event) => reports.event(&event)?,
                None => break,
            },
            ended = &mut run, if summary.is_none() => summary = Some(ended),
            _ = tokio::signal::ctrl_c() => {
                if cancel.is_cancelled() {
                    return Err(Problem::new("interrupted"));
                }
                cancel.cancel();
            }
            _ = ticks.tick(), if reports.animates() => reports.tick()?,
        }
    }
    let summary = match summary {
        Some(summary) => summary,
        None => run.await,
    };
    reports.finish(&summary)?;
    Ok(summary)
}

fn bail(modifiers: Option<&[arguments::BailOn]>) -> Bail {
    match modifiers {
        None => Bail::default(),
        Some([]) => Bail { on_failure: true, on_error: false },
        Some(modifiers) => Bail {
            on_failure: modifiers.contains(&arguments::BailOn::Failure),
            on_error: modifiers.contains(&arguments::BailOn::Folder),
        },
    }
}

/// Where a report or export goes: the path given, or one with the time in it below `given` or `bulla/`.
fn destination(given: Option<&PathBuf>, name: &str, extension: &str) -> PathBuf {
    let dated = || {
        let now = time::OffsetDateTime::now_utc();
        let format =
            time::macros::format_description!("[year]-[month]-[day]-[hour]-[minute]-[second]-[subsecond digits:3]-0");
        format!("{name}-{}.{extension}", now.format(&format).unwrap_or_default())
    };
    match given {
        Some(path) if path.is_dir() => path.join(dated()),
        Some(path) => path.clone(),
        None => PathBuf::from("bulla").join(dated()),
    }
}
