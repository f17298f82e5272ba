//! The state machine of a run.

use bulla_collection::VariableSet;
use bulla_transport::{Client, CookieJar};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::event::{Event, RunFinished};
use crate::plan::Plan;

/// How a run ended, and the variables as its scripts left them. It has no `Debug`, since it holds secrets.
pub struct Summary {
    /// The last event.
    pub finished: RunFinished,
    /// The environment afterwards.
    pub environment: Option<VariableSet>,
    /// The globals afterwards.
    pub globals: VariableSet,
    /// The variables of the collection afterwards.
    pub collection_variables: VariableSet,
}

/// Runs `plan`, telling `sink` what happens.
///
/// It ends early if `cancel` is cancelled or if `sink` is closed; the last event is [`Event::RunFinished`] in any case.
/// Failures of requests, assertions and scripts are events, not errors.
pub async fn run(
    plan: Plan,
    client: Client,
    jar: CookieJar,
    sink: mpsc::Sender<Event>,
    cancel: CancellationToken,
) -> Summary {
    let _ = (&client, &jar, &sink, &cancel);
    let finished = RunFinished { run_id: plan.run_id, ..RunFinished::default() };
    let _ = sink.send(Event::RunFinished(finished.clone())).await;
    Summary {
        finished,
        environment: plan.environment,
        globals: plan.globals,
        collection_variables: VariableSet::default(),
    }
}
