//! How a run is to go: what `bulla run` can do, within the limits of a server that runs for many.

use std::time::Duration;

use bulla_runner::{Bail, Plan, Retry, RetryOn, Timeouts};
use serde::Deserialize;

use super::reports::ReportFormat;
use super::{EXCHANGE, OWN_AT_ONCE, RUN, SCRIPT};
use crate::error::{Error, Result};

/// Most passes of a run.
const ITERATIONS: u32 = 100_000;
/// Longest pause between requests, in milliseconds.
const DELAY: u64 = 10 * 60 * 1000;
/// Most tries after the first.
const RETRIES: u32 = 10;
/// Longest pause before the first retry, in milliseconds.
const RETRY_PAUSE: u64 = 60 * 1000;
/// Most conditions under which a request is sent again.
const CONDITIONS: usize = 50;

/// How a run is to go.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunOptions {
    /// How many passes; absent is one for each row of the data, or one.
    #[schema(minimum = 1)]
    pub iterations: Option<u32>,
    /// Pause before each request, in milliseconds.
    #[serde(default)]
    pub delay_ms: u64,
    /// When to stop early; absent is never: failures are told, and the run goes on.
    pub bail: Option<BailOn>,
    /// Longest time of the run, in milliseconds; absent or 0 is the limit of the server.
    pub timeout_ms: Option<u64>,
    /// Longest time of a request with its redirects, in milliseconds; absent or 0 is the limit of the server.
    pub request_timeout_ms: Option<u64>,
    /// Longest time of a script, in milliseconds; absent or 0 is the limit of the server.
    pub script_timeout_ms: Option<u64>,
    /// How many passes go on at a time, each by a virtual user with cookies and variables of its own. A pass is told when
    /// it has ended.
    #[serde(default = "one")]
    #[schema(minimum = 1)]
    pub parallel: u32,
    /// When a request is sent again.
    pub retry: Option<RetryOptions>,
    /// Accept any certificate, where a request does not say otherwise.
    #[serde(default)]
    pub insecure: bool,
    /// Do not go where a 3xx answer points to, where a request does not say otherwise.
    #[serde(default)]
    pub ignore_redirects: bool,
    /// Makes dynamic variables the same each time.
    pub seed: Option<u64>,
    /// What becomes of one's cookies.
    #[serde(default)]
    pub cookies: RunCookies,
    /// Leave the bodies of answers out of what is told and kept. Scripts see them all the same.
    #[serde(default)]
    pub discard_bodies: bool,
    /// The reports to keep beside the line of history.
    #[serde(default)]
    pub reports: Vec<ReportFormat>,
}

/// What ends a run early, in the words of newman.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BailOn {
    /// The first test, script or request that fails: its request is the last one.
    Failure,
    /// The first script or request that fails, and the run ends in an error. Tests may fail.
    Folder,
}

/// When a request is sent again. Its scripts see the last answer alone.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetryOptions {
    /// How often at most.
    pub times: u32,
    /// The pause before the first retry, in milliseconds; it doubles with each that follows.
    #[serde(default = "second")]
    pub pause_ms: u64,
    /// `network`, a status such as `503`, `5xx`, or a range such as `500-503`; absent for the network, 429, 502, 503 and 504.
    pub on: Option<Vec<String>>,
}

/// What a run does with the cookies that answers have set for one in the workspace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunCookies {
    /// It begins with them, and those that it gets are kept.
    #[default]
    Shared,
    /// It begins with them, and leaves them as they were.
    Copy,
    /// It begins with none, and leaves them as they were.
    Fresh,
}

fn one() -> u32 {
    1
}

fn second() -> u64 {
    1000
}

impl RunOptions {
    /// How many of the executions of one person the run takes: one for each virtual user.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if nobody has so many.
    pub(super) fn users(&self) -> Result<u32> {
        let most = u32::try_from(OWN_AT_ONCE).unwrap_or(u32::MAX);
        if !(1..=most).contains(&self.parallel) {
            return Err(Error::invalid("/parallel", format!("must be from 1 to {most}")));
        }
        Ok(self.parallel)
    }

    /// Gives `plan`, whose data is there, these options.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for one that is beyond its limit.
    pub(super) fn apply(&self, plan: &mut Plan) -> Result<()> {
        plan.iterations = self.iterations;
        if !(1..=ITERATIONS).contains(&plan.passes()) {
            return Err(Error::invalid("/iterations", format!("must be from 1 to {ITERATIONS}")));
        }
        plan.delay = at_most("/delayMs", self.delay_ms, DELAY)?;
        plan.bail = match self.bail {
            None => Bail::default(),
            Some(BailOn::Failure) => Bail { on_failure: true, on_error: false },
            Some(BailOn::Folder) => Bail { on_failure: false, on_error: true },
        };
        plan.timeouts = Timeouts {
            global: Some(limit("/timeoutMs", self.timeout_ms, RUN)?),
            request: Some(limit("/requestTimeoutMs", self.request_timeout_ms, EXCHANGE)?),
            script: Some(limit("/scriptTimeoutMs", self.script_timeout_ms, SCRIPT)?),
        };
        plan.parallel = self.users()?;
        if let Some(retry) = &self.retry {
            plan.retry = retry.retry()?;
        }
        plan.sending.insecure = self.insecure;
        plan.sending.follow_redirects = !self.ignore_redirects;
        plan.seed = self.seed;
        Ok(())
    }
}

impl RetryOptions {
    fn retry(&self) -> Result<Retry> {
        if self.times > RETRIES {
            return Err(Error::invalid("/retry/times", format!("must be at most {RETRIES}")));
        }
        let pause = at_most("/retry/pauseMs", self.pause_ms, RETRY_PAUSE)?;
        let named: Vec<&str> = match &self.on {
            None => RetryOn::USUAL.split(',').collect(),
            Some(named) => named.iter().map(String::as_str).collect(),
        };
        if named.len() > CONDITIONS {
            return Err(Error::invalid("/retry/on", format!("must name at most {CONDITIONS} conditions")));
        }
        let conditions = named.into_iter().enumerate().map(|(index, text)| {
            text.trim().parse::<RetryOn>().map_err(|why| Error::invalid(format!("/retry/on/{index}"), why))
        });
        Ok(Retry::under(self.times, pause, conditions.collect::<Result<Vec<_>>>()?))
    }
}

fn at_most(path: &str, milliseconds: u64, most: u64) -> Result<Duration> {
    if milliseconds > most {
        return Err(Error::invalid(path, format!("must be at most {most}")));
    }
    Ok(Duration::from_millis(milliseconds))
}

/// A limit that somebody chose, or that of the server.
fn limit(path: &str, milliseconds: Option<u64>, most: Duration) -> Result<Duration> {
    match milliseconds {
        None | Some(0) => Ok(most),
        Some(chosen) => at_most(path, chosen, u64::try_from(most.as_millis()).unwrap_or(u64::MAX)),
    }
}
