//! The state machine of a run: passes, items, scripts, requests, and where to go next.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bulla_collection::steps::{Script, Step, steps};
use bulla_collection::{Item, Mask, ScopeName, Scopes, Variable, VariableScope, VariableSet};
use bulla_sandbox::{NextRequest, Sandbox};
use bulla_transport::{Client, CookieJar};
use futures::stream::{FuturesUnordered, StreamExt};
use serde_json::{Map, Value};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio_util::sync::CancellationToken;

use crate::event::*;
use crate::guard;
use crate::hide;
use crate::nested::Requests;
use crate::plan::{Plan, Selection};
use crate::report::Spread;
use crate::script::{self, ScriptRun};
use crate::select;
use crate::send::{Answered, Sender, Wire};

/// How a run ended, and the variables as its scripts left them. It has no `Debug`, since it holds secrets.
pub struct Summary {
    /// The last event.
    pub finished: RunFinished,
    /// Failed assertions, scripts and requests.
    pub failures: u64,
    /// The environment afterwards.
    pub environment: Option<VariableSet>,
    /// The globals afterwards.
    pub globals: VariableSet,
    /// The variables of the collection afterwards.
    pub collection_variables: VariableSet,
    mask: Mask,
}

impl Summary {
    /// The environment as it may be shown: as a file, with its secret values hidden.
    pub fn shown_environment(&self) -> Value {
        let empty = VariableSet::default();
        self.shown(self.environment.as_ref().unwrap_or(&empty))
    }

    /// The globals as they may be shown.
    pub fn shown_globals(&self) -> Value {
        self.shown(&self.globals)
    }

    fn shown(&self, set: &VariableSet) -> Value {
        let mut set = set.clone();
        for variable in &mut set.values {
            variable.value = hide::shown(&variable.value, variable.is_secret(), &self.mask);
        }
        as_document(&set)
    }
}

/// The set as newman writes it: an object with a list of values, even if the file was such a list alone.
fn as_document(set: &VariableSet) -> Value {
    match set.to_value() {
        Value::Array(values) => serde_json::json!({ "values": values }),
        document => document,
    }
}

/// Why a run ends before its plan does.
enum Stop {
    Cancelled,
    TimedOut,
    Bailed,
    Failed(String),
}

/// Runs `plan`, telling `sink` what happens.
///
/// It ends early if `cancel` is cancelled or if `sink` is closed; the last event is [`Event::RunFinished`] in any case.
/// Failures of requests, assertions and scripts are events, not errors. `jar` has the cookies of the run, before and
/// after.
pub async fn run(
    plan: Plan,
    client: Client,
    jar: CookieJar,
    sink: mpsc::Sender<Event>,
    cancel: CancellationToken,
) -> Summary {
    let mut run = Run::new(plan, client, jar, sink, cancel);
    let started = Instant::now();
    let ended = run.all().await;
    run.finish(ended, started.elapsed()).await
}

/// The values that must not be shown: those of every secret variable, what else the collection calls secret (a folder's
/// variable, a header), and those that a plan names.
pub fn mask(plan: &Plan) -> Mask {
    let mut mask = Mask::default();
    for secret in plan.secrets.iter().chain(plan.vault.values()) {
        learn(&mut mask, secret);
    }
    for guarded in &plan.guarded {
        guard::learn(&mut mask, &guarded.value);
    }
    let collection = collection_variables(plan);
    for set in plan.environment.iter().chain([&plan.globals, &collection]) {
        for variable in set.values.iter().filter(|variable| variable.is_secret()) {
            learn(&mut mask, &text_of(&variable.value));
        }
    }
    for item in &plan.collection.items {
        learn_item(&mut mask, item);
    }
    mask
}

fn learn_item(mask: &mut Mask, item: &Item) {
    for (field, value) in &item.raw {
        // Examples are not run.
        if field != "response" {
            learn_marked(mask, value);
        }
    }
    for child in item.items.iter().flatten() {
        learn_item(mask, child);
    }
}

/// Learns the values that stand in `document` beside `"type": "secret"`.
fn learn_marked(mask: &mut Mask, document: &Value) {
    match document {
        Value::Array(list) => list.iter().for_each(|value| learn_marked(mask, value)),
        Value::Object(object) => {
            if object.get("type").and_then(Value::as_str) == Some("secret")
                && let Some(value) = object.get("value")
            {
                learn(mask, &text_of(value));
            }
            object.values().for_each(|value| learn_marked(mask, value));
        }
        _ => {}
    }
}

/// Hides `value` in every spelling in which an exchange may hold it.
pub(crate) fn learn(mask: &mut Mask, value: &str) {
    if value.is_empty() {
        return;
    }
    mask.add(value);
    for spelling in hide::spellings(value) {
        mask.add(&spelling);
    }
}

fn collection_variables(plan: &Plan) -> VariableSet {
    VariableSet::from_list(plan.collection.name(), plan.collection.head.get("variable"))
}

/// A value as a request carries it.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The state of one run.
struct Run {
    plan: Plan,
    steps: Vec<Arc<Step>>,
    sender: Arc<Sender>,
    sandbox: Option<Sandbox>,
    sink: mpsc::Sender<Event>,
    cancel: CancellationToken,
    scopes: Scopes,
    environment: Option<VariableSet>,
    globals: VariableSet,
    collection: VariableSet,
    totals: Totals,
    failures: u64,
    bytes: u64,
    times: Spread,
    /// What is under way, so that a run that is stopped can still close it.
    open_iteration: Option<u32>,
    open_item: Option<(ItemName, u32, Instant)>,
    /// What scripts may run besides.
    requests: Arc<Requests>,
    /// Rows of the data file, and how many passes there are.
    data: Arc<Vec<Map<String, Value>>>,
    passes: u32,
    /// Of a virtual user among several: what its pass has told so far.
    held: Option<Held>,
}

/// The events of a pass that goes on beside others. They are told when it has ended, so that no two passes are mixed up.
struct Held {
    events: Vec<Event>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// What `setNextRequest` asked for, if it was called.
type Next = Option<Option<String>>;

impl Run {
    fn new(
        mut plan: Plan,
        client: Client,
        jar: CookieJar,
        sink: mpsc::Sender<Event>,
        cancel: CancellationToken,
    ) -> Self {
        let passes = plan.passes();
        let data = Arc::new(std::mem::take(&mut plan.data));
        let sender = Arc::new(Sender::new(&plan, mask(&plan), client, jar, cancel.clone()));
        Self { data, passes, ..Self::with_sender(plan, sender, sink, cancel) }
    }

    fn with_sender(plan: Plan, sender: Arc<Sender>, sink: mpsc::Sender<Event>, cancel: CancellationToken) -> Self {
        let collection = collection_variables(&plan);
        let scopes = Scopes {
            environment: plan.environment.as_ref().map(VariableScope::from).unwrap_or_default(),
            globals: VariableScope::from(&plan.globals),
            collection: VariableScope::from(&collection),
            ..Scopes::default()
        };
        Self {
            steps: Vec::new(),
            sender,
            sandbox: None,
            sink,
            cancel,
            scopes,
            environment: plan.environment.clone(),
            globals: plan.globals.clone(),
            collection,
            totals: Totals::default(),
            failures: 0,
            bytes: 0,
            times: Spread::default(),
            open_iteration: None,
            open_item: None,
            requests: Arc::default(),
            data: Arc::default(),
            passes: 0,
            held: None,
            plan,
        }
    }

    /// All passes.
    async fn all(&mut self) -> Result<(), Stop> {
        let all: Vec<Arc<Step>> = steps(&self.plan.collection).into_iter().map(Arc::new).collect();
        let ids: Vec<String> = all.iter().map(|step| step.id.clone()).collect();
        let places = match select::selected(&self.plan.collection, &ids, &self.plan.selection) {
            Ok(places) => places,
            Err(missing) => {
                self.started(0).await?;
                let what =
                    if matches!(self.plan.selection, Selection::Items(_)) { "request" } else { "folder or request" };
                return Err(Stop::Failed(format!("there is no {what} called \"{missing}\" in the collection")));
            }
        };
        self.steps = places.iter().filter_map(|place| all.get(*place).cloned()).collect();
        self.requests = Arc::new(Requests {
            all,
            collection: self.plan.collection.name().to_owned(),
            environment: self.plan.environment.as_ref().map(|environment| environment.name.clone()),
            passes: self.passes,
            limits: script::limits(&self.plan),
        });
        self.started(self.passes).await?;
        // Nothing to do is no pass.
        let passes = if self.steps.is_empty() { 0 } else { self.passes };
        let users = self.plan.parallel.min(passes);
        let limit = self.plan.timeouts.global;
        if users > 1 {
            return self.users(users, passes, limit).await;
        }
        let all = self.run_passes(0..passes);
        match limit {
            Some(limit) => tokio::time::timeout(limit, all).await.unwrap_or(Err(Stop::TimedOut)),
            None => all.await,
        }
    }

    /// All passes, by so many virtual users at a time. The variables of the run are then those of the last pass.
    async fn users(&mut self, users: u32, passes: u32, limit: Option<Duration>) -> Result<(), Stop> {
        let deadline = limit.and_then(|limit| tokio::time::Instant::now().checked_add(limit));
        let cancel = self.cancel.child_token();
        let turn = Arc::default();
        // The steps are all that is needed of it, and each user has the plan.
        self.plan.collection.items.clear();
        let last = (passes - 1) % users;
        let mut working = FuturesUnordered::new();
        for user in 0..users {
            let mut run = self.user(user, user == last, &cancel, &turn)?;
            let own = (user..passes).step_by(users as usize);
            working.push(async move {
                let ended = run.run_passes(own).await;
                // Whether anybody still listens does not matter any more.
                let _ = run.close_item(None, false).await;
                let _ = run.close_iteration().await;
                (user, run, ended)
            });
        }
        let mut first = Ok(());
        loop {
            let time_is_up = async {
                match deadline {
                    Some(deadline) if !cancel.is_cancelled() => tokio::time::sleep_until(deadline).await,
                    _ => std::future::pending().await,
                }
            };
            let done = tokio::select! {
                done = working.next() => done,
                () = time_is_up => {
                    first = Err(Stop::TimedOut);
                    cancel.cancel();
                    continue;
                }
            };
            let Some((user, run, ended)) = done else { return first };
            if let Err(stop) = ended
                && first.is_ok()
            {
                // The others end because of this one.
                first = Err(stop);
                cancel.cancel();
            }
            self.take_in(run, user == last);
        }
    }

    /// A virtual user. One of them has the jar that was given to the run, the others have copies.
    fn user(
        &self,
        number: u32,
        is_last: bool,
        cancel: &CancellationToken,
        turn: &Arc<tokio::sync::Mutex<()>>,
    ) -> Result<Self, Stop> {
        let mut plan = self.plan.clone();
        plan.seed = plan.seed.map(|seed| seed.wrapping_add(u64::from(number)));
        let jar = match CookieJar::from_json(&self.sender.jar.to_json()) {
            _ if is_last => self.sender.jar.clone(),
            Ok(copy) => copy,
            Err(error) => return Err(Stop::Failed(format!("the cookies cannot be copied: {error}"))),
        };
        let sender = Arc::new(self.sender.of_user(&plan, jar, cancel.clone()));
        Ok(Self {
            steps: self.steps.clone(),
            requests: Arc::clone(&self.requests),
            data: Arc::clone(&self.data),
            passes: self.passes,
            collection: self.collection.clone(),
            held: Some(Held { events: Vec::new(), turn: Arc::clone(turn) }),
            ..Self::with_sender(plan, sender, self.sink.clone(), cancel.clone())
        })
    }

    /// Counts what a virtual user did; with `is_last` its variables are those that the run leaves.
    fn take_in(&mut self, user: Self, is_last: bool) {
        self.totals.add(&user.totals);
        self.failures += user.failures;
        self.bytes += user.bytes;
        self.times.merge(&user.times);
        if is_last {
            self.environment = user.environment;
            self.globals = user.globals;
            self.collection = user.collection;
            self.sender = user.sender;
        }
    }

    /// These passes, one after the other.
    async fn run_passes(&mut self, passes: impl Iterator<Item = u32>) -> Result<(), Stop> {
        // By id, then by name; of several with one name the last is meant, as in newman.
        let by_id: HashMap<String, usize> =
            self.steps.iter().enumerate().map(|(at, step)| (step.id.clone(), at)).collect();
        let by_name: HashMap<String, usize> =
            self.steps.iter().enumerate().map(|(at, step)| (step.name.clone(), at)).collect();
        for iteration in passes {
            self.open_iteration = Some(iteration);
            self.tell(Event::IterationStarted(IterationStarted { iteration })).await?;
            let row = self.data.get(iteration as usize).or(self.data.last());
            self.scopes.data = VariableScope(row.cloned().unwrap_or_default());
            let mut position = 0;
            while position < self.steps.len() {
                let next = self.item(iteration, position).await?;
                position = match next {
                    None => position + 1,
                    Some(None) => break,
                    Some(Some(name)) => match by_id.get(&name).or_else(|| by_name.get(&name)) {
                        Some(next) => *next,
                        None => {
                            self.warn(&format!(
                                "there is no request called \"{name}\" to go on with; this pass ends here"
                            ))
                            .await?;
                            break;
                        }
                    },
                };
            }
            self.close_iteration().await?;
        }
        Ok(())
    }

    async fn started(&mut self, passes: u32) -> Result<(), Stop> {
        let started = RunStarted {
            run_id: self.plan.run_id.clone(),
            collection: CollectionName {
                id: self.plan.collection.id().unwrap_or_default().to_owned(),
                name: self.plan.collection.name().to_owned(),
            },
            environment: self.plan.environment.as_ref().map(|environment| environment.name.clone()),
            iterations: passes,
            requests: u32::try_from(self.steps.len()).unwrap_or(u32::MAX),
            at: now_text(),
        };
        self.tell(Event::RunStarted(started)).await
    }

    /// One item: delay, scripts before, request, scripts after.
    async fn item(&mut self, iteration: u32, position: usize) -> Result<Next, Stop> {
        let step = &self.steps[position];
        let item = ItemName { id: step.id.clone(), name: step.name.clone(), path: step.path.clone() };
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        self.open_item = Some((item.clone(), position, Instant::now()));
        self.totals.items.total += 1;
        self.tell(Event::ItemStarted(ItemStarted { iteration, position, item: item.clone() })).await?;
        if !self.plan.delay.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(self.plan.delay) => {}
                () = self.cancel.cancelled() => return Err(Stop::Cancelled),
                () = self.sink.closed() => return Err(Stop::Cancelled),
            }
        }
        let turn = self.turn(&item, iteration, position as usize).await?;
        self.close_item(turn.next.clone(), turn.skipped).await?;
        match turn.end {
            Some(stop) => Err(stop),
            None => Ok(turn.next),
        }
    }

    /// The scripts and the request of an item.
    async fn turn(&mut self, item: &ItemName, iteration: u32, position: usize) -> Result<Turn, Stop> {
        let mut turn = Turn::default();
        let step = self.steps[position].clone();
        let mut request = step.request.clone();
        let mut context = Around { item, iteration, target: Target::Prerequest, answered: None };
        for script in &step.prerequest {
            let ended = self.script(script, &context, &mut request, &mut turn).await?;
            if ended.skips {
                turn.skipped = true;
                return Ok(turn);
            }
            if let Some(stop) = self.bails(ended.failed, ended.error) {
                turn.end = Some(stop);
                return Ok(turn);
            }
        }
        let wire = Wire {
            request: request.clone(),
            auth: request.get("auth").filter(|auth| auth.is_object()).cloned().or_else(|| step.auth.clone()),
            behavior: step.behavior.clone(),
            scopes: self.scopes.clone(),
            item: item.clone(),
            iteration,
            source: Source::Item,
        };
        let sender = self.sender.clone();
        let (answered, _) = self.during(false, move |out| async move { sender.send(wire, &out).await }).await?;
        if let Some(stop) =
            self.bails(answered.failed.is_some(), answered.failed.as_ref().map(|failed| failed.message.clone()))
        {
            turn.end = Some(stop);
            return Ok(turn);
        }
        if let Some(sent) = &answered.request {
            request = sent.clone();
        }
        context.target = Target::Test;
        context.answered = Some(answered);
        self.totals.tests += 1;
        for script in &step.test {
            let ended = self.script(script, &context, &mut request, &mut turn).await?;
            if let Some(stop) = self.bails(ended.failed, ended.error) {
                turn.end = Some(stop);
                return Ok(turn);
            }
        }
        Ok(turn)
    }

    /// Does the plan say to stop after this? `error` is what a script or request ended with.
    fn bails(&self, failed: bool, error: Option<String>) -> Option<Stop> {
        match error {
            Some(error) if self.plan.bail.on_error => Some(Stop::Failed(error)),
            _ if failed && self.plan.bail.on_failure => Some(Stop::Bailed),
            _ => None,
        }
    }

    /// One script; its variables, its request and what it asked for are taken over.
    async fn script(
        &mut self,
        script: &Script,
        around: &Around<'_>,
        request: &mut Value,
        turn: &mut Turn,
    ) -> Result<Ended, Stop> {
        let (item, target) = (around.item, around.target);
        self.totals.scripts.total += 1;
        self.count_of(target).total += 1;
        if self.sandbox.is_none() {
            match Sandbox::start(script::limits(&self.plan)) {
                Ok(sandbox) => self.sandbox = Some(sandbox),
                Err(error) => return Err(Stop::Failed(format!("the script engine did not start: {error}"))),
            }
        }
        let Some(sandbox) = self.sandbox.take() else { return Err(Stop::Cancelled) };
        let job = script::job(&ScriptRun {
            script,
            collection: self.plan.collection.name(),
            item,
            target,
            iteration: around.iteration,
            passes: self.passes,
            scopes: &self.scopes,
            environment: self.environment.as_ref().map(|environment| environment.name.as_str()),
            request,
            answered: around.answered.as_ref(),
        });
        let (sender, requests) = (self.sender.clone(), self.requests.clone());
        let (owner, iteration) = (item.clone(), around.iteration);
        let holds = self.may_change_secrets(script);
        let ((sandbox, outcome), held) = self
            .during(holds, move |out| async move {
                let host = Arc::new(script::ScriptHost::new(sender, requests, owner, target, iteration, out));
                let outcome = sandbox.execute(job, host).await;
                (sandbox, outcome)
            })
            .await?;
        self.sandbox = Some(sandbox);
        // First of all, since it may make new values secret.
        let changes = self.take_over(&outcome.changes);
        for event in held {
            self.tell(event).await?;
        }

        let told = script::Told { item, iteration: around.iteration, target };
        let mut failed = outcome.error.is_some();
        for assertion in &outcome.assertions {
            failed |= !assertion.passed;
            self.tell(told.assertion(assertion)).await?;
        }
        self.scopes = Scopes { data: std::mem::take(&mut self.scopes.data), ..outcome.scopes };
        if !changes.is_empty() {
            self.tell(Event::VariablesChanged(VariablesChanged { item: item.clone(), changes })).await?;
        }
        if let Some(changed) = outcome.request {
            *request = changed;
        }
        match outcome.next_request {
            NextRequest::Unset => {}
            NextRequest::Stop => turn.next = Some(None),
            NextRequest::To(name) => turn.next = Some(Some(name)),
        }
        let error = outcome.error.as_ref().map(|error| format!("{}: {}", error.name, error.message));
        if let Some(error) = &outcome.error {
            self.totals.scripts.failed += 1;
            self.count_of(target).failed += 1;
            self.tell(told.failure(script, error)).await?;
        }
        Ok(Ended { failed, error, skips: outcome.skip_request && target == Target::Prerequest })
    }

    fn count_of(&mut self, target: Target) -> &mut Count {
        match target {
            Target::Prerequest => &mut self.totals.prerequest_scripts,
            Target::Test => &mut self.totals.test_scripts,
        }
    }

    /// Applies what a script did to the variables of files, and says it as it may be shown.
    fn take_over(&mut self, changes: &[bulla_sandbox::Mutation]) -> Vec<VariableChange> {
        let mut shown = Vec::new();
        for change in changes {
            let set = match change.scope {
                ScopeName::Environment => Some(self.environment.get_or_insert_with(VariableSet::default)),
                ScopeName::Globals => Some(&mut self.globals),
                ScopeName::Collection => Some(&mut self.collection),
                ScopeName::Local | ScopeName::Data => None,
            };
            let scope = match change.scope {
                ScopeName::Environment => ChangedScope::Environment,
                ScopeName::Globals => ChangedScope::Globals,
                ScopeName::Collection => ChangedScope::Collection,
                ScopeName::Local => ChangedScope::Local,
                ScopeName::Data => continue,
            };
            let key = change.key.as_deref().unwrap_or_default();
            let value = change.value.clone().unwrap_or(Value::Null);
            let (op, is_secret) = match change.op {
                bulla_sandbox::Op::Set => (ChangeKind::Set, set.is_some_and(|set| assign(set, key, &value))),
                bulla_sandbox::Op::Unset => {
                    set.into_iter().for_each(|set| set.values.retain(|variable| variable.key != key));
                    (ChangeKind::Unset, false)
                }
                bulla_sandbox::Op::Clear => {
                    set.into_iter().for_each(|set| set.values.clear());
                    (ChangeKind::Clear, false)
                }
            };
            let mut mask = self.sender.mask();
            if is_secret {
                // The new value of a secret variable is as secret as the old one.
                learn(&mut mask, &text_of(&value));
            }
            shown.push(VariableChange {
                scope,
                op,
                key: change.key.clone(),
                value: (op == ChangeKind::Set).then(|| hide::shown(&value, is_secret, &mask)),
            });
        }
        shown
    }

    /// Lets `work` go on while what it tells is passed on, or kept if it `holds`. It ends early if the run is stopped.
    async fn during<T, F, W>(&mut self, holds: bool, work: W) -> Result<(T, Vec<Event>), Stop>
    where
        F: Future<Output = T>,
        W: FnOnce(UnboundedSender<Event>) -> F,
    {
        let (out, mut told) = mpsc::unbounded_channel();
        let work = work(out);
        tokio::pin!(work);
        let cancel = self.cancel.clone();
        let sink = self.sink.clone();
        let mut held = Vec::new();
        let done = loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Stop::Cancelled),
                () = sink.closed() => return Err(Stop::Cancelled),
                Some(event) = told.recv() => self.pass(event, holds, &mut held).await?,
                done = &mut work => break done,
            }
        };
        while let Ok(event) = told.try_recv() {
            self.pass(event, holds, &mut held).await?;
        }
        Ok((done, held))
    }

    async fn pass(&mut self, event: Event, holds: bool, held: &mut Vec<Event>) -> Result<(), Stop> {
        if holds {
            held.push(event);
            return Ok(());
        }
        self.tell(event).await
    }

    /// May `script` give a secret variable a new value? What it tells is then kept until that value is known to the
    /// mask, since it may say it before it ends.
    fn may_change_secrets(&self, script: &Script) -> bool {
        let sets = self.environment.iter().chain([&self.globals, &self.collection]);
        let secrets = sets.flat_map(|set| &set.values).any(Variable::is_secret);
        let sets = ["set", "Set", "runRequest"].iter().any(|word| script.source.contains(word));
        sets && (secrets || script.source.contains("vault"))
    }

    async fn warn(&mut self, text: &str) -> Result<(), Stop> {
        self.tell(Event::Console(Console {
            level: Level::Warn,
            messages: vec![Value::String(text.to_owned())],
            item: None,
            target: None,
            at: now_text(),
        }))
        .await
    }

    async fn close_item(&mut self, next: Next, skipped: bool) -> Result<(), Stop> {
        let Some((item, position, started)) = self.open_item.take() else { return Ok(()) };
        let iteration = self.open_iteration.unwrap_or_default();
        let duration_ms = milliseconds_of(started.elapsed());
        self.tell(Event::ItemFinished(ItemFinished { item, iteration, position, duration_ms, next, skipped })).await
    }

    async fn close_iteration(&mut self) -> Result<(), Stop> {
        let Some(iteration) = self.open_iteration.take() else { return Ok(()) };
        self.totals.iterations.total += 1;
        self.tell(Event::IterationFinished(IterationFinished { iteration })).await?;
        let Some(held) = &mut self.held else { return Ok(()) };
        let _turn = held.turn.lock().await;
        for event in held.events.drain(..) {
            self.sink.send(event).await.map_err(|_| Stop::Cancelled)?;
        }
        Ok(())
    }

    /// The only way out for an event: counts it, hides secrets, cuts bodies, sends it.
    async fn tell(&mut self, mut event: Event) -> Result<(), Stop> {
        self.count(&event);
        hide::hide(&mut event, &self.sender.mask());
        hide::cut(&mut event);
        if let Some(held) = &mut self.held {
            held.events.push(event);
            return Ok(());
        }
        self.sink.send(event).await.map_err(|_| Stop::Cancelled)
    }

    fn count(&mut self, event: &Event) {
        match event {
            Event::ResponseReceived(received) => {
                self.totals.requests.total += 1;
                self.bytes += received.response.sizes.response_body_wire;
                self.times.add(received.response.timing.total);
            }
            Event::RequestFailed(_) => {
                self.totals.requests.total += 1;
                self.totals.requests.failed += 1;
                self.failures += 1;
            }
            Event::Assertion(assertion) => {
                self.totals.assertions.total += 1;
                self.totals.assertions.skipped += u32::from(assertion.skipped);
                self.totals.assertions.failed += u32::from(!assertion.passed);
                self.failures += u64::from(!assertion.passed);
            }
            Event::ScriptFailed(_) => self.failures += 1,
            _ => {}
        }
    }

    /// Closes what is open and tells how it ended.
    async fn finish(mut self, ended: Result<(), Stop>, took: Duration) -> Summary {
        // Whether anybody still listens does not matter any more.
        let _ = self.close_item(None, false).await;
        let _ = self.close_iteration().await;
        let (reason, error) = match ended {
            Ok(()) => (Reason::Completed, None),
            Err(Stop::Cancelled) => (Reason::Cancelled, None),
            Err(Stop::TimedOut) => (Reason::TimedOut, None),
            Err(Stop::Bailed) => (Reason::Bailed, None),
            Err(Stop::Failed(error)) => (Reason::Failed, Some(self.sender.mask().apply(&error).into_owned())),
        };
        let finished = RunFinished {
            run_id: self.plan.run_id.clone(),
            totals: self.totals,
            duration_ms: milliseconds_of(took),
            bytes_received: self.bytes,
            response_average_ms: self.times.mean,
            min: self.times.least,
            max: self.times.most,
            response_deviation_ms: self.times.deviation(),
            reason,
            error,
            reports: Vec::new(),
        };
        let _ = self.tell(Event::RunFinished(finished.clone())).await;
        Summary {
            finished,
            failures: self.failures,
            environment: self.environment,
            globals: self.globals,
            collection_variables: self.collection,
            mask: self.sender.mask().clone(),
        }
    }
}

/// Where a script stands.
struct Around<'r> {
    item: &'r ItemName,
    iteration: u32,
    target: Target,
    answered: Option<Answered>,
}

/// How a script ended.
struct Ended {
    /// Did it, or one of its assertions, fail?
    failed: bool,
    error: Option<String>,
    skips: bool,
}

/// What an item's turn came to.
#[derive(Default)]
struct Turn {
    next: Next,
    skipped: bool,
    end: Option<Stop>,
}

/// Gives `key` its new value, and says whether it is secret. As in Postman, a switched-off variable is left alone.
fn assign(set: &mut VariableSet, key: &str, value: &Value) -> bool {
    let secret = set.values.iter().any(|variable| variable.key == key && variable.is_secret());
    match set.values.iter_mut().rev().find(|variable| variable.key == key && variable.enabled) {
        Some(variable) => variable.value = value.clone(),
        None => set.values.push(Variable {
            key: key.to_owned(),
            value: value.clone(),
            kind: Some(bulla_collection::Kind::Other("any".to_owned())),
            enabled: true,
            extra: Map::new(),
        }),
    }
    secret
}

/// The time as events have it.
pub(crate) fn now_text() -> String {
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    bulla_collection::dynamic::iso_time(now as i64)
}

/// Milliseconds since the epoch of a time in ISO 8601; 0 if it is none.
pub(crate) fn milliseconds(text: &str) -> i64 {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
        .map_or(0, |at| (at.unix_timestamp_nanos() / 1_000_000) as i64)
}

pub(crate) fn milliseconds_of(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// A new number for each exchange.
pub(crate) fn number(counter: &AtomicU32) -> u32 {
    counter.fetch_add(1, Ordering::Relaxed)
}
