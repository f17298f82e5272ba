//! A request that a script runs: `pm.execution.runRequest`.
//!
//! It has its scripts, authorization and folders as if its turn had come, but an isolate of its own, since that of the
//! script is busy. It begins with the variables as the script sees them, and what its scripts do to them the script sees
//! afterwards. What it tells is told under its own name.

use std::sync::Arc;

use bulla_collection::ScopeName;
use bulla_collection::steps::{Script, Step};
use bulla_sandbox::{Limits, RequestRan, RunRequest, Sandbox, SendFailure};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use crate::event::*;
use crate::script::{self, ScriptHost, ScriptRun};
use crate::send::{Answered, Sender, Wire};

/// How deep requests may run one another.
const DEPTH: u32 = 5;

/// What scripts may run.
#[derive(Default)]
pub(crate) struct Requests {
    /// Every request of the collection.
    pub all: Vec<Arc<Step>>,
    /// Its name.
    pub collection: String,
    /// The name of the environment.
    pub environment: Option<String>,
    pub passes: u32,
    pub limits: Limits,
}

/// Where the script stands that asks.
pub(crate) struct Around<'r> {
    pub iteration: u32,
    /// Of the request that is asked for.
    pub depth: u32,
    pub out: &'r UnboundedSender<Event>,
}

/// The request whose turn it is.
struct Turn<'r> {
    requests: &'r Arc<Requests>,
    sender: &'r Arc<Sender>,
    around: Around<'r>,
    sandbox: Sandbox,
    item: ItemName,
    scopes: bulla_collection::Scopes,
    request: Value,
    answered: Option<Answered>,
    ran: RequestRan,
}

/// Runs the request that a script asks for.
pub(crate) async fn run(
    requests: &Arc<Requests>,
    sender: &Arc<Sender>,
    wanted: RunRequest,
    around: Around<'_>,
) -> Result<RequestRan, SendFailure> {
    let failure = |code: &str, message: String| SendFailure { message, code: code.to_owned() };
    if around.depth > DEPTH {
        return Err(failure("too_deep", format!("requests run one another more than {DEPTH} deep")));
    }
    // By id, then by name; of several with one name the last is meant, as for setNextRequest.
    let named = |step: &&Arc<Step>| step.name == wanted.request;
    let step = requests.all.iter().find(|step| step.id == wanted.request).or_else(|| requests.all.iter().rfind(named));
    let Some(step) = step else {
        let message = format!("there is no request called \"{}\" in the collection", wanted.request);
        return Err(failure("no_request", message));
    };
    let sandbox = Sandbox::start(requests.limits).map_err(|error| failure("script_engine", error.to_string()))?;
    let mut scopes = wanted.scopes;
    scopes.local.0.extend(wanted.variables);
    let mut turn = Turn {
        requests,
        sender,
        around,
        sandbox,
        item: ItemName { id: step.id.clone(), name: step.name.clone(), path: step.path.clone() },
        scopes,
        request: step.request.clone(),
        answered: None,
        ran: RequestRan { response: None, changes: Vec::new() },
    };
    for script in &step.prerequest {
        if turn.script(script, Target::Prerequest).await {
            return Ok(turn.ran);
        }
    }
    let wire = Wire {
        request: turn.request.clone(),
        auth: turn.request.get("auth").filter(|auth| auth.is_object()).cloned().or_else(|| step.auth.clone()),
        behavior: step.behavior.clone(),
        scopes: turn.scopes.clone(),
        item: turn.item.clone(),
        iteration: turn.around.iteration,
        source: Source::Script,
    };
    let mut answered = sender.send(wire, turn.around.out).await;
    if let Some(sent) = &answered.request {
        turn.request = sent.clone();
    }
    let failed = answered.failed.take();
    turn.ran.response = answered.response.clone();
    turn.answered = Some(answered);
    for script in &step.test {
        turn.script(script, Target::Test).await;
    }
    match failed {
        Some(failed) => Err(SendFailure { message: failed.message, code: failed.code }),
        None => Ok(turn.ran),
    }
}

impl Turn<'_> {
    /// Runs one of its scripts; true if it skips the request.
    async fn script(&mut self, script: &Script, target: Target) -> bool {
        let Around { iteration, depth, out } = self.around;
        let job = script::job(&ScriptRun {
            script,
            collection: &self.requests.collection,
            item: &self.item,
            target,
            iteration,
            passes: self.requests.passes,
            scopes: &self.scopes,
            environment: self.requests.environment.as_deref(),
            request: &self.request,
            answered: self.answered.as_ref(),
        });
        let (sender, requests) = (Arc::clone(self.sender), Arc::clone(self.requests));
        let host = ScriptHost::new(sender, requests, self.item.clone(), target, iteration, out.clone()).within(depth);
        let outcome = self.sandbox.execute(job, Arc::new(host)).await;
        let told = script::Told { item: &self.item, iteration, target };
        for assertion in &outcome.assertions {
            let _ = out.send(told.assertion(assertion));
        }
        if let Some(error) = &outcome.error {
            let _ = out.send(told.failure(script, error));
        }
        self.scopes = outcome.scopes;
        // Locals and the row are its own.
        let kept = |scope: ScopeName| !matches!(scope, ScopeName::Local | ScopeName::Data);
        self.ran.changes.extend(outcome.changes.into_iter().filter(|change| kept(change.scope)));
        if let Some(request) = outcome.request {
            self.request = request;
        }
        outcome.skip_request && target == Target::Prerequest
    }
}
