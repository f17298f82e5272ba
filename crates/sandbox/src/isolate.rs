//! The thread of an engine, and the conversation with whoever runs a script on it.
//!
//! The thread waits for scripts. While one runs, the caller's task does what the script asks of its [`Host`], so that
//! a caller that goes away takes everything with it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bulla_collection::Scopes;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::channel::oneshot;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;

use crate::engine::{Engine, Next};
use crate::error::{Broken, broken, plain};
use crate::execution::Execution;
use crate::{
    Context, CookieCall, Host, Info, Job, Limits, NextRequest, Outcome, RequestRan, RunRequest, ScriptError,
    ScriptResponse, SharedHost, StartError, Target, VaultCall,
};

/// Requests and cookie calls of one script that go on at the same time; the rest waits for its turn.
const AT_ONCE: usize = 32;
/// Stack of the thread beyond what JavaScript may use.
const STACK: usize = 2 << 20;

/// What a script asks of its host.
pub(crate) enum Ask {
    Send { id: u32, request: Value },
    Cookie { id: u32, call: CookieCall },
    Vault { id: u32, call: VaultCall },
    Run { id: u32, request: Box<RunRequest> },
}

pub(crate) type Asks = UnboundedSender<Ask>;

/// What the host answers.
pub(crate) struct Answer {
    pub(crate) id: u32,
    /// An error is a text, and for a request a code.
    pub(crate) result: Result<Answered, (String, Option<String>)>,
}

pub(crate) enum Answered {
    Response(ScriptResponse),
    Ran(RequestRan),
    Value(Value),
}

struct Command {
    job: Job,
    host: SharedHost,
    asks: Asks,
    answers: Receiver<Answer>,
    done: oneshot::Sender<Outcome>,
    cancelled: Arc<AtomicBool>,
}

/// A place where the scripts of one run are executed, one after the other.
///
/// They share their global object, as in Postman. The thread and the engine are made when the first script comes.
pub struct Sandbox {
    limits: Limits,
    thread: Mutex<Option<Sender<Command>>>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Tells the thread to stop when the caller's future is dropped.
struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Sandbox {
    /// A sandbox with these limits for each script.
    ///
    /// # Errors
    /// None today; starting an engine early may fail.
    pub fn start(limits: Limits) -> Result<Self, StartError> {
        Ok(Self { limits, thread: Mutex::new(None) })
    }

    /// Runs one script to its end, with its timers and answers, and says what it did.
    ///
    /// Dropping the future stops the script and what it asked of `host`.
    pub async fn execute(&self, job: Job, host: Arc<dyn Host>) -> Outcome {
        if job.script.trim().is_empty() {
            return untouched(job.context, None);
        }
        let (asks, asked) = unbounded();
        let (answers, answered) = mpsc::channel();
        let (done, outcome) = oneshot::channel();
        let cancel = Cancel(Arc::default());
        let command =
            Command { job, host: Arc::clone(&host), asks, answers: answered, done, cancelled: Arc::clone(&cancel.0) };
        if let Err(refused) = self.hand_over(command) {
            let (command, error) = *refused;
            return untouched(command.job.context, Some(plain(StartError(error).to_string())));
        }
        serve(&*host, asked, &answers, outcome).await
    }

    /// Gives the command to the thread, or gives it back with the reason.
    fn hand_over(&self, command: Command) -> Result<(), Box<(Command, std::io::Error)>> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let command = match &*thread {
            Some(commands) => match commands.send(command) {
                Ok(()) => return Ok(()),
                Err(returned) => returned.0, // the thread has died
            },
            None => command,
        };
        let (commands, queue) = mpsc::channel();
        let limits = self.limits;
        let stack = limits.stack + STACK;
        let started = thread::Builder::new()
            .name("script".to_owned())
            .stack_size(stack)
            .spawn(move || Isolate { limits, engine: None }.work(&queue));
        if let Err(error) = started {
            return Err(Box::new((command, error)));
        }
        match commands.send(command) {
            Ok(()) => {
                *thread = Some(commands);
                Ok(())
            }
            Err(returned) => Err(Box::new((returned.0, std::io::Error::other("its thread ended at once")))),
        }
    }
}

/// Does what the script asks until it ends.
async fn serve(
    host: &dyn Host,
    mut asked: UnboundedReceiver<Ask>,
    answers: &Sender<Answer>,
    mut outcome: oneshot::Receiver<Outcome>,
) -> Outcome {
    let mut work: FuturesUnordered<BoxFuture<'_, Answer>> = FuturesUnordered::new();
    let mut queue = VecDeque::new();
    loop {
        futures::select_biased! {
            ended = outcome => {
                return ended.unwrap_or_else(|_| {
                    untouched(empty(), Some(plain("the script engine stopped")))
                });
            }
            answer = work.select_next_some() => {
                // If no one takes it, the script has ended.
                let _ = answers.send(answer);
            }
            ask = asked.select_next_some() => queue.push_back(ask),
        }
        while work.len() < AT_ONCE
            && let Some(ask) = queue.pop_front()
        {
            work.push(answer(host, ask));
        }
    }
}

fn answer(host: &dyn Host, ask: Ask) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        match ask {
            Ask::Send { id, request } => {
                let result = host.send_request(request).await;
                let result = result.map(|(_, response)| Answered::Response(response));
                Answer { id, result: result.map_err(|failure| (failure.message, Some(failure.code))) }
            }
            Ask::Vault { id, call } => {
                let result = host.vault(call).await.map(Answered::Value);
                Answer { id, result: result.map_err(|error| (error, None)) }
            }
            Ask::Run { id, request } => {
                let result = host.run_request(*request).await.map(Answered::Ran);
                Answer { id, result: result.map_err(|failure| (failure.message, Some(failure.code))) }
            }
            Ask::Cookie { id, call } => {
                let result = host.cookies(call).await.map(Answered::Value);
                Answer { id, result: result.map_err(|error| (error, None)) }
            }
        }
    })
}

/// The outcome of a script that did nothing.
fn untouched(context: Context, error: Option<ScriptError>) -> Outcome {
    Outcome {
        assertions: Vec::new(),
        scopes: context.scopes,
        changes: Vec::new(),
        request: None,
        next_request: NextRequest::Unset,
        skip_request: false,
        error,
    }
}

/// A context with nothing in it.
fn empty() -> Context {
    Context {
        info: Info::default(),
        scopes: Scopes::default(),
        environment_name: None,
        request: Value::Null,
        response: None,
        cookies: Vec::new(),
        location: Vec::new(),
    }
}

struct Isolate {
    limits: Limits,
    engine: Option<Engine>,
}

impl Isolate {
    fn work(mut self, queue: &Receiver<Command>) {
        while let Ok(command) = queue.recv() {
            let Command { job, host, asks, answers, done, cancelled } = command;
            let ran = catch_unwind(AssertUnwindSafe(|| self.run(job, host, asks, &answers, cancelled)));
            match ran {
                Ok(outcome) => {
                    // If no one listens, the caller has gone away.
                    let _ = done.send(outcome);
                }
                // A mistake of ours. What the engine is in now, no one knows: it is left where it is.
                Err(_) => {
                    let ended = self.engine.take().map(|engine| {
                        let ended = engine.end();
                        std::mem::forget(engine);
                        ended
                    });
                    if let Some(mut execution) = ended.flatten() {
                        execution.stopped(plain("the script engine failed"));
                        let _ = done.send(execution.outcome());
                    }
                }
            }
        }
    }

    fn run(
        &mut self,
        job: Job,
        host: SharedHost,
        asks: Asks,
        answers: &Receiver<Answer>,
        cancelled: Arc<AtomicBool>,
    ) -> Outcome {
        let engine = match self.engine.take() {
            Some(engine) => engine,
            None => match Engine::boot(self.limits) {
                Ok(engine) => engine,
                Err(error) => return untouched(job.context, Some(error)),
            },
        };
        let deadline = Instant::now().checked_add(self.limits.time);
        let brakes = engine.brakes();
        brakes.release(deadline, cancelled);
        let execution = Execution::new(job.context, host, asks, brakes.clone(), self.limits.memory);
        engine.begin(execution);
        let engine = self.engine.insert(engine);

        // The engine takes no NUL in a file's name.
        engine.start(&job.name.replace('\0', " "), &job.script, job.target == Target::Test);
        let synchronous = engine.brakes().broken().is_some();
        wait(engine, answers);
        let limit = engine.brakes().broken();
        if limit.is_none() {
            engine.finish();
        }
        let limit = engine.brakes().broken().or(limit);
        let mut ended = engine.end();
        if let Some(limit) = limit {
            if let Some(execution) = &mut ended {
                execution.stopped(broken(limit, &self.limits, synchronous));
            }
            self.engine = None;
        } else if engine.is_worn() {
            self.engine = None;
        }
        match ended {
            Some(execution) => execution.outcome(),
            None => untouched(empty(), Some(plain("the script engine lost the script"))),
        }
    }
}

/// Goes on with timers and answers until there are none, or a limit is broken.
fn wait(engine: &Engine, answers: &Receiver<Answer>) {
    let brakes = engine.brakes();
    loop {
        if brakes.stops() || engine.execution(|execution| execution.skips()).unwrap_or(true) {
            return;
        }
        if let Ok(answer) = answers.try_recv() {
            engine.settle(answer);
            continue;
        }
        let until_deadline =
            brakes.deadline().map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
        let pause = match engine.tick() {
            Next::Now => continue,
            Next::Nothing => return,
            Next::Answer => until_deadline,
            Next::Timer(ms) => Duration::try_from_secs_f64(ms / 1000.0).unwrap_or(Duration::MAX).min(until_deadline),
        };
        match answers.recv_timeout(pause) {
            Ok(answer) => engine.settle(answer),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                // The caller has gone away.
                brakes.pull(Broken::Cancelled);
                return;
            }
        }
    }
}
