//! One execution: its events, as lines for whoever listens, and what is kept of it.
//!
//! It goes on in a task of its own: if nobody listens any more it is cancelled, and how it ended is written down all the
//! same. Nothing here holds more of a run than its counts.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bulla_access::Action;
use bulla_audit::Target;
use bulla_collection::url;
use bulla_runner::{Event, Plan, RequestFailed, RunFinished, Source, Summary};
use bulla_seal::Key;
use bulla_transport::{Client, CookieJar};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::history::{self, Begun, Ended, RunKind};
use super::reports::{self, ReportFormat, Stored, Writing};
use super::{Runs, Turn};
use crate::error::Result;
use crate::id::{RunId, WorkspaceId};
use crate::operation::Operation;

/// Events that may wait for their listener: one may hold a whole body.
const EVENTS: usize = 4;
/// Lines that may wait for the connection.
const LINES: usize = 16;
/// How often a silent stream says that it is still there, with a blank line: proxies end what says nothing.
const SILENCE: Duration = Duration::from_secs(15);
/// Most refusals of the egress policy that are told to the audit log, of one execution.
const REFUSALS: usize = 100;

/// Most uses of values without being seen that the audit log names, of one execution.
const UNSEEN: usize = 100;

/// What to do about a target that the egress policy refuses.
const EGRESS: &str = "requests go out from the server, which keeps away from addresses that are not public; whoever runs \
                      it can allow some with its setting egress-allow";

/// What is needed to execute a plan on somebody's behalf.
pub(super) struct Execution {
    pub op: Operation,
    pub runs: Runs,
    pub workspace: WorkspaceId,
    pub key: Arc<Key>,
    pub id: RunId,
    pub plan: Plan,
    /// With the certificates of whoever asks.
    pub client: Client,
    pub jar: CookieJar,
    /// The reports to keep.
    pub reports: Vec<ReportFormat>,
    /// Whether bodies of answers are left out of what is told and kept.
    pub discards_bodies: bool,
    pub turn: Turn,
}

/// The events of an execution, a line of JSON each; a blank line says nothing. Dropping it cancels the execution.
pub type Lines = mpsc::Receiver<Bytes>;

impl Execution {
    /// Writes down that it begins, and begins it.
    ///
    /// # Errors
    ///
    /// If the asker may not, or it cannot be written down. Nothing is sent then.
    pub(super) async fn begin(self, begun: Begun) -> Result<Lines> {
        let kind = begun.kind;
        let mut change = self.op.change(kind.action(), &self.workspace).await?;
        history::begin(&mut change, &self.id, begun).await?;
        change.commit().await?;
        metrics::counter!("bulla_runs_total", "kind" => kind.name()).increment(1);
        let (lines, received) = mpsc::channel(LINES);
        let open = self.runs.open().clone();
        open.spawn(self.execute(kind, lines));
        Ok(received)
    }

    async fn execute(self, kind: RunKind, lines: mpsc::Sender<Bytes>) {
        let Self { op, runs, workspace, key, id, plan, client, jar, reports, discards_bodies, turn } = self;
        let cancel = runs.stop().child_token();
        let (sink, events) = mpsc::channel(EVENTS);
        let writing = match reports.is_empty() {
            true => None,
            false => Writing::begin(&plan, &reports)
                .inspect_err(|error| tracing::error!(%error, run = %id, "the reports of a run could not be begun"))
                .ok(),
        };
        let mut listener = Listener {
            op: &op,
            runs: &runs,
            workspace: &workspace,
            key: Arc::clone(&key),
            id: &id,
            action: kind.action(),
            refusals: HashSet::new(),
            unseen: BTreeSet::new(),
            status: None,
            discards_bodies,
            writing,
            last: None,
        };
        let run = bulla_runner::run(plan, client, jar, sink, cancel.clone());
        let listen = async {
            listener.listen(events, &lines).await;
            // Whoever left wants no more requests to be sent.
            cancel.cancel();
        };
        let (summary, ()) = tokio::join!(run, listen);
        let (finished, assertions) = (&summary.finished, summary.finished.totals.assertions);
        let ended = Ended {
            status: listener.status,
            passed: assertions.total - assertions.failed - assertions.skipped,
            failed: summary.failures,
            duration_ms: finished.duration_ms,
            reason: finished.reason,
        };
        let (last, writing, unseen) = (listener.last, listener.writing, listener.unseen);
        let stored = match writing {
            // Whoever left has not been told the whole of it, and neither have they.
            Some(writing) if last.is_some() => store(writing, summary, &runs, &key, op.team(), &id).await,
            _ => Vec::new(),
        };
        let kept = match finish(&op, kind, &id, &ended, &stored, &unseen).await {
            Ok(()) => stored.iter().map(|stored| stored.format.name().to_owned()).collect(),
            Err(error) => {
                tracing::error!(%error, run = %id, "the end of a run was not written down");
                Vec::new()
            }
        };
        drop(turn);
        // Last of all, so that the history has it when the listener asks.
        if let Some(last) = last {
            let last = Event::RunFinished(RunFinished { reports: kept, ..last });
            match line_of(&last) {
                Ok(line) => drop(lines.send(line).await),
                Err(error) => tracing::error!(%error, "an event could not be written"),
            }
        }
    }
}

/// Completes the reports of a run, and puts them where they are kept.
async fn store(
    writing: Writing,
    summary: Summary,
    runs: &Runs,
    key: &Arc<Key>,
    team: &str,
    run: &RunId,
) -> Vec<Stored> {
    let done = tokio::task::spawn_blocking(move || writing.finish(&summary)).await.unwrap_or_default();
    let mut stored = Vec::new();
    for report in done {
        match runs.reports().store(Arc::clone(key), team, run, report).await {
            Ok(report) => stored.push(report),
            Err(error) => tracing::error!(%error, %run, "a report was not kept"),
        }
    }
    stored
}

/// An event as a line.
fn line_of(event: &Event) -> serde_json::Result<Bytes> {
    let mut line = serde_json::to_vec(event)?;
    line.push(b'\n');
    Ok(line.into())
}

async fn finish(
    op: &Operation,
    kind: RunKind,
    id: &RunId,
    ended: &Ended,
    stored: &[Stored],
    unseen: &BTreeSet<String>,
) -> Result<()> {
    let target = Target { kind: "run".to_owned(), id: id.to_string() };
    let mut change = op.consequence(kind.end(), target).await?;
    history::finish(&mut change, id, ended).await?;
    reports::keep(&mut change, id, stored).await?;
    for (index, used) in unseen.iter().enumerate() {
        change.text(&format!("unseen/{index}"), None, Some(used));
    }
    change.commit().await
}

/// Takes the events of an execution.
struct Listener<'e> {
    op: &'e Operation,
    runs: &'e Runs,
    workspace: &'e WorkspaceId,
    key: Arc<Key>,
    id: &'e RunId,
    action: Action,
    /// What the egress policy said and the audit log has.
    refusals: HashSet<String>,
    /// Which values were used without being seen, and at which hosts.
    unseen: BTreeSet<String>,
    /// The status of the last answer to an item's request.
    status: Option<u16>,
    discards_bodies: bool,
    /// The reports that are written.
    writing: Option<Writing>,
    /// The last event.
    last: Option<RunFinished>,
}

impl Listener<'_> {
    /// Passes events on until there are no more, or nobody takes them.
    async fn listen(&mut self, mut events: mpsc::Receiver<Event>, lines: &mpsc::Sender<Bytes>) {
        loop {
            let event = tokio::select! {
                event = events.recv() => event,
                () = lines.closed() => return,
                () = tokio::time::sleep(SILENCE) => {
                    if lines.send(Bytes::from_static(b"\n")).await.is_err() {
                        return;
                    }
                    continue;
                }
            };
            let Some(mut event) = event else { return };
            self.take(&mut event).await;
            let line = match line_of(&event) {
                Ok(line) => line,
                Err(error) => {
                    tracing::error!(%error, "an event could not be written");
                    return;
                }
            };
            if let Some(writing) = &mut self.writing {
                writing.event(&event, line.len());
            }
            if let Event::RunFinished(finished) = event {
                self.last = Some(finished);
            } else if lines.send(line).await.is_err() {
                return;
            }
        }
    }

    /// Notes what an event says, and keeps a body that it does not hold whole.
    async fn take(&mut self, event: &mut Event) {
        match event {
            Event::RequestSent(sent) => {
                for key in &sent.guarded {
                    if self.unseen.len() < UNSEEN {
                        self.unseen.insert(format!("{key} at {}", url::authority(&sent.request.url)));
                    }
                }
            }
            Event::ResponseReceived(received) => {
                if received.source == Source::Item {
                    self.status = Some(received.response.code);
                }
                let body = &mut received.response.body;
                if self.discards_bodies {
                    (body.text, body.base64, body.bytes) = (None, None, Bytes::new());
                    body.truncated = body.size > 0;
                } else if body.truncated {
                    match self.keep(body.bytes.clone()).await {
                        Ok(id) => body.id = Some(id),
                        // The answer itself is there; the viewer says that the rest is not.
                        Err(error) => tracing::error!(%error, run = %self.id, "a body was not kept"),
                    }
                }
            }
            Event::RequestFailed(RequestFailed { error, .. }) if error.code == "egress_refused" => {
                error.hint = Some(EGRESS.to_owned());
                let is_new = self.refusals.len() < REFUSALS && self.refusals.insert(error.message.clone());
                let target = Target { kind: "run".to_owned(), id: self.id.to_string() };
                if is_new && let Err(error) = self.op.refused(self.action, target, &error.message).await {
                    tracing::error!(%error, run = %self.id, "the event of a refusal was not written");
                }
            }
            _ => {}
        }
    }

    async fn keep(&self, body: Bytes) -> Result<String> {
        let bodies = self.runs.bodies();
        // Before the transaction: sealing and writing take their time, and others want to write.
        let stored = bodies.store(Arc::clone(&self.key), self.op.team(), body).await?;
        let target = Target { kind: "body".to_owned(), id: stored.id.to_string() };
        let mut change = self.op.consequence("body.keep", target).await?;
        bodies.keep(&mut change, self.workspace, self.op.person(), &stored).await?;
        change.commit().await?;
        Ok(stored.id.0)
    }
}
