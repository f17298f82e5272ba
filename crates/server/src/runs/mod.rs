//! Sending requests and running collections on somebody's behalf.
//!
//! What is sent goes out from this server under its egress policy ([`bulla_transport::Egress`]), with the variables and
//! scripts of the workspace; the asker gets every event as it happens. Local values come with the request, are in memory
//! while it lasts, and are never stored or logged. What is kept is a line of history and, for an hour, bodies that are
//! too long for their event.

pub mod http;

mod bodies;
mod cookies;
mod execution;
mod history;
mod objects;
mod options;
mod reports;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bulla_access::Action;
use bulla_collection::{Collection as Document, Item, Variable, VariableSet, data, url};
use bulla_db::Reader;
use bulla_runner::{DraftError, LocalValue, Plan, Selection, Sending, Timeouts, apply_locals};
use bulla_seal::Key;
use bulla_transport::{Client, CookieJar};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::id::{BodyId, CollectionId, EnvironmentId, ItemId, PersonId, RunId, WorkspaceId};
use crate::keys::Vault;
use crate::operation::{Door, Operation, Read};
use crate::{certificates, collections, environments};

use bodies::Bodies;
use cookies::Jars;
use execution::Execution;
use history::Begun;
use reports::Reports;

pub use bodies::is_own_body;
pub use execution::Lines;
pub use history::{HistoryEntry, PAGE, RunKind, clear, delete, is_own, list};
pub use options::{BailOn, RetryOptions, RunCookies, RunOptions};
pub use reports::ReportFormat;

/// Executions at once: the scripts of each have a thread and memory of their own.
const AT_ONCE: usize = 64;
/// Executions of one person at once.
const OWN_AT_ONCE: usize = 16;
/// How long an execution waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long executions get to write down how they ended when the server stops.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(3);
/// How often bodies whose time is over are looked for.
const SWEEP: Duration = Duration::from_secs(10 * 60);
/// Memory of the scripts of one execution, in bytes.
const SCRIPT_MEMORY: usize = 128 * 1024 * 1024;
/// Largest body of an answer, decoded, in bytes.
const RESPONSE: u64 = 100 * 1024 * 1024;
/// Longest time of one script.
const SCRIPT: Duration = Duration::from_secs(60);
/// Longest time of one exchange, redirects included.
const EXCHANGE: Duration = Duration::from_secs(10 * 60);
/// Longest time of a Send, and of a run.
const SEND: Duration = Duration::from_secs(30 * 60);
const RUN: Duration = Duration::from_secs(6 * 60 * 60);

/// One request to send, as it stands in an editor. It has no `Debug`, since it may hold secrets.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendRequest {
    /// The collection whose variables, scripts and authorization it has; that of the item if one is named.
    pub collection_id: Option<CollectionId>,
    /// The saved request whose draft it is.
    pub item_id: Option<ItemId>,
    /// The request as an item of a collection.
    #[schema(value_type = HashMap<String, Value>)]
    pub document: Map<String, Value>,
    /// The active environment.
    pub environment_id: Option<EnvironmentId>,
    /// The values that the sender keeps to themselves.
    #[serde(default)]
    pub locals: Locals,
}

/// A collection, a folder or chosen requests to run. It has no `Debug`, since it may hold secrets.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunRequest {
    /// The collection.
    pub collection_id: CollectionId,
    /// Only what is in this folder.
    pub folder_id: Option<ItemId>,
    /// Only these requests, in this order.
    pub item_ids: Option<Vec<ItemId>>,
    /// The active environment.
    pub environment_id: Option<EnvironmentId>,
    /// A data file, JSON or CSV: a row for each pass.
    pub data: Option<String>,
    /// The name of that file, for messages.
    pub data_name: Option<String>,
    /// How it is to go.
    #[serde(flatten)]
    pub options: RunOptions,
    /// The values that the sender keeps to themselves.
    #[serde(default)]
    pub locals: Locals,
}

/// Local values: they take the place of shared ones in one execution, and are kept nowhere.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Locals {
    /// Of the active environment.
    #[serde(default)]
    pub environment: Vec<LocalValue>,
    /// Of the globals.
    #[serde(default)]
    pub globals: Vec<LocalValue>,
    /// Of the collection.
    #[serde(default)]
    pub collection: Vec<LocalValue>,
}

/// What sends: one client under the egress policy, with room for so many executions.
#[derive(Clone)]
pub struct Runs(Arc<Shared>);

struct Shared {
    client: Client,
    bodies: Bodies,
    reports: Reports,
    jars: Jars,
    room: Arc<Semaphore>,
    own: Mutex<HashMap<PersonId, usize>>,
    stop: CancellationToken,
    open: TaskTracker,
}

/// The room that one execution takes.
pub(crate) struct Turn {
    _own: OwnTurn,
    _room: OwnedSemaphorePermit,
}

/// One of the executions of a person.
struct OwnTurn {
    runs: Runs,
    person: PersonId,
    /// How many it counts for.
    users: usize,
}

impl Drop for OwnTurn {
    fn drop(&mut self) {
        let mut own = self.runs.own();
        if let Some(count) = own.get_mut(&self.person) {
            *count -= self.users;
            if *count == 0 {
                own.remove(&self.person);
            }
        }
    }
}

impl Runs {
    /// What sends for an instance with this configuration.
    ///
    /// # Errors
    ///
    /// If the folder for bodies cannot be made.
    pub(crate) fn new(config: &Config) -> Result<Self> {
        Ok(Self(Arc::new(Shared {
            client: Client::new(bulla_transport::Config { egress: config.egress.clone(), ..Default::default() })
                .map_err(Error::unexpected)?,
            bodies: Bodies::in_folder(&config.files)?,
            reports: Reports::in_folder(&config.files)?,
            jars: Jars::default(),
            room: Arc::new(Semaphore::new(AT_ONCE)),
            own: Mutex::default(),
            stop: CancellationToken::new(),
            open: TaskTracker::new(),
        })))
    }

    fn client(&self) -> &Client {
        &self.0.client
    }

    fn bodies(&self) -> &Bodies {
        &self.0.bodies
    }

    fn reports(&self) -> &Reports {
        &self.0.reports
    }

    fn jars(&self) -> &Jars {
        &self.0.jars
    }

    /// Cancelled when the server stops.
    fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// The executions that are under way.
    fn open(&self) -> &TaskTracker {
        &self.0.open
    }

    /// Cancels every execution, and lets each write down how it ended.
    pub(crate) async fn end(&self) {
        self.0.stop.cancel();
        self.0.open.close();
        if timeout(LAST_WORDS, self.0.open.wait()).await.is_err() {
            tracing::warn!(runs = self.0.open.len(), "stopped before every run could write down how it ended");
        }
    }

    /// How many executions each person has.
    fn own(&self) -> MutexGuard<'_, HashMap<PersonId, usize>> {
        self.0.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for room, for so many that send at a time.
    async fn turn(&self, person: &PersonId, users: u32) -> Result<Turn> {
        let many = usize::try_from(users).map_err(Error::unexpected)?;
        {
            let mut own = self.own();
            let count = own.entry(person.clone()).or_default();
            if *count + many > OWN_AT_ONCE {
                let detail = format!(
                    "you have {count} requests and virtual users of runs under way, of {OWN_AT_ONCE} that one person may \
                     have; cancel one, or wait until one ends"
                );
                return Err(Error::Busy(detail));
            }
            *count += many;
        }
        let own = OwnTurn { runs: self.clone(), person: person.clone(), users: many };
        let room = timeout(PATIENCE, Arc::clone(&self.0.room).acquire_many_owned(users))
            .await
            .map_err(|_| Error::Busy("too many requests and runs are under way; try again in a moment".to_owned()))?
            .map_err(Error::unexpected)?;
        Ok(Turn { _own: own, _room: room })
    }

    /// The client that sends for a person: one that shows their certificates and trusts their authorities, if they have
    /// some.
    async fn client_of(&self, read: &Read<'_>, op: &Operation) -> Result<Client> {
        let own = certificates::of(read.reader().into(), &op.door().vault, op.team(), op.person()).await?;
        if own.is_empty() {
            return Ok(self.client().clone());
        }
        self.client().with_certificates(&own.authorities, own.client).map_err(Error::unexpected)
    }

    /// Drops kept bodies whose time is over, and reports whose line of history is gone, now and again until the server
    /// stops.
    pub(crate) async fn sweep(&self, door: &Door) {
        loop {
            self.bodies().sweep().await;
            self.reports().sweep(door.reader()).await;
            tokio::select! {
                () = tokio::time::sleep(SWEEP) => {}
                () = self.stop().cancelled() => return,
            }
        }
    }

    /// Forgets the cookies of a person in a workspace.
    pub fn clear_cookies(&self, person: &PersonId, workspace: &WorkspaceId) {
        self.jars().clear(person, workspace);
    }

    /// The bytes of a body.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if its time is over.
    pub async fn body(&self, reader: Reader<'_>, vault: &Vault, id: &BodyId) -> Result<Bytes> {
        self.bodies().read(reader, vault, id).await
    }

    /// A report of a run, and the name of what was run.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such report, or none any more.
    pub async fn report(
        &self,
        reader: Reader<'_>,
        vault: &Vault,
        run: &RunId,
        format: ReportFormat,
    ) -> Result<(String, Bytes)> {
        self.reports().read(reader, vault, run, format).await
    }
}

/// Sends one request, and tells every event.
///
/// # Errors
///
/// [`Error::NotFound`] for what the asker may not see, [`Error::Invalid`] if there is no request in the draft,
/// [`Error::Busy`] if too much is under way. Whatever goes wrong while it is sent is an event.
pub async fn send(op: Operation, runs: &Runs, workspace: &WorkspaceId, request: SendRequest) -> Result<Lines> {
    let read = op.read(Action::RequestSend, workspace).await?;
    let turn = runs.turn(op.person(), 1).await?;
    let key = read.key(op.team()).await?;
    let (reader, id) = (read.reader(), RunId::new(op.now));
    let SendRequest { collection_id, item_id, document: draft, environment_id, locals } = request;
    let (collection, document) = match (&item_id, collection_id) {
        (Some(item), _) => {
            let home = collections::place_of_item(reader.into(), item).await?;
            is_in(workspace, home.map(|(workspace, _)| workspace), "item")?;
            let (collection, branch) = collections::branch(reader.into(), &key, op.team(), item).await?;
            (Some(collection), branch)
        }
        (None, Some(collection)) => {
            is_in(workspace, collections::workspace_of(reader.into(), &collection).await?, "collection")?;
            let trunk = collections::trunk(reader.into(), &key, &collection).await?;
            (Some(collection), trunk)
        }
        (None, None) => (None, Document { head: Map::new(), items: Vec::new() }),
    };
    let typed = draft.get("request").map(typed);
    let name = draft.get("name").and_then(Value::as_str).map(str::to_owned);
    let saved = item_id.as_ref().map(ItemId::as_str);
    let mut plan = Plan::single(id.to_string(), document, saved, Value::Object(draft)).map_err(|error| {
        let place = match error {
            DraftError::NotARequest => "/document",
            DraftError::NoItem { .. } => "/itemId",
        };
        Error::invalid(place, error.to_string())
    })?;
    surround(&mut plan, &op, reader, &key, workspace, environment_id.as_ref(), &locals).await?;
    plan.timeouts.global = Some(SEND);
    let client = runs.client_of(&read, &op).await?;
    drop(read);

    let mask = bulla_runner::mask(&plan);
    let hidden = |text: String| mask.apply(&text).into_owned();
    let request = typed.map(|(method, url)| (hidden(method), hidden(url)));
    let name = name.or_else(|| request.as_ref().map(|(_, url)| url.clone())).map(hidden).unwrap_or_default();
    let begun = Begun { kind: RunKind::Send, name, request, collection, item: item_id };
    let jar = runs.jars().of(op.person(), workspace);
    let (runs, workspace) = (runs.clone(), workspace.clone());
    let (reports, discards_bodies) = (Vec::new(), false);
    Execution { op, runs, workspace, key, id, plan, client, jar, reports, discards_bodies, turn }.begin(begun).await
}

/// Runs a collection, and tells every event.
///
/// # Errors
///
/// As [`send`], and [`Error::Invalid`] for data that is none or limits that are exceeded.
pub async fn run(op: Operation, runs: &Runs, workspace: &WorkspaceId, request: RunRequest) -> Result<Lines> {
    let read = op.read(Action::RunStart, workspace).await?;
    let RunRequest { collection_id, folder_id, item_ids, environment_id, options, .. } = request;
    let turn = runs.turn(op.person(), options.users()?).await?;
    let key = read.key(op.team()).await?;
    let (reader, id) = (read.reader(), RunId::new(op.now));
    is_in(workspace, collections::workspace_of(reader.into(), &collection_id).await?, "collection")?;
    let document = collections::load(reader.into(), &key, &collection_id, true).await?;
    let mut name = document.name().to_owned();
    let selection = match (&folder_id, item_ids) {
        (_, Some(items)) => {
            if items.is_empty() {
                return Err(Error::invalid("/itemIds", "must name at least one request"));
            }
            for (index, item) in items.iter().enumerate() {
                if named(&document.items, item).is_none_or(Item::is_folder) {
                    return Err(Error::invalid(format!("/itemIds/{index}"), "is no request of the collection"));
                }
            }
            Selection::Items(items.into_iter().map(|item| item.0).collect())
        }
        (Some(folder), None) => {
            let Some(item) = named(&document.items, folder).filter(|item| item.is_folder()) else {
                return Err(Error::invalid("/folderId", "is no folder of the collection"));
            };
            name = item.name().to_owned();
            Selection::Folders(vec![folder.0.clone()])
        }
        (None, None) => Selection::All,
    };
    let mut plan = Plan::new(id.to_string(), document);
    plan.selection = selection;
    surround(&mut plan, &op, reader, &key, workspace, environment_id.as_ref(), &request.locals).await?;
    if let Some(text) = request.data {
        let rows = tokio::task::spawn_blocking(move || data::read(text.as_bytes())).await.map_err(Error::unexpected)?;
        let file = request.data_name.as_deref().unwrap_or("the data");
        plan.data = rows.map_err(|error| Error::invalid("/data", format!("{file}: {error}")))?;
    }
    options.apply(&mut plan)?;
    let client = runs.client_of(&read, &op).await?;
    let own = runs.jars().of(op.person(), workspace);
    let jar = match options.cookies {
        RunCookies::Shared => own,
        RunCookies::Copy => CookieJar::from_json(&own.to_json()).map_err(Error::unexpected)?,
        RunCookies::Fresh => CookieJar::new(),
    };
    drop(read);

    let name = bulla_runner::mask(&plan).apply(&name).into_owned();
    let begun = Begun { kind: RunKind::Run, name, request: None, collection: Some(collection_id), item: folder_id };
    let (runs, workspace) = (runs.clone(), workspace.clone());
    let (reports, discards_bodies) = (options.reports, options.discard_bodies);
    Execution { op, runs, workspace, key, id, plan, client, jar, reports, discards_bodies, turn }.begin(begun).await
}

/// Gives a plan the variables of its workspace, with local values over them, and the limits that all have.
async fn surround(
    plan: &mut Plan,
    op: &Operation,
    reader: Reader<'_>,
    key: &Key,
    workspace: &WorkspaceId,
    environment: Option<&EnvironmentId>,
    locals: &Locals,
) -> Result<()> {
    if let Some(id) = environment {
        is_in(workspace, environments::workspace_of(reader.into(), id).await?, "environment")?;
        let found = usable(op, reader, key, id).await?;
        let (set, guarded) = found.with_locals(&locals.environment);
        plan.environment = Some(set);
        plan.guarded.extend(guarded);
    }
    let globals = environments::globals_of(reader.into(), workspace).await?;
    let found = usable(op, reader, key, &globals).await?;
    let (set, guarded) = found.with_locals(&locals.globals);
    plan.globals = set;
    plan.guarded.extend(guarded);
    if !locals.collection.is_empty() {
        let mut set = VariableSet::from_list("", plan.collection.head.get("variable"));
        apply_locals(&mut set, &locals.collection);
        let list = set.values.iter().map(Variable::to_value).collect();
        plan.collection.head.insert("variable".to_owned(), list);
    }
    plan.timeouts = Timeouts { global: None, request: Some(EXCHANGE), script: Some(SCRIPT) };
    plan.sending = Sending { largest_response: RESPONSE, ..Sending::default() };
    plan.script_memory = SCRIPT_MEMORY;
    Ok(())
}

/// The variables of an environment as somebody may use them who may send in its workspace: without secret values, unless they
/// may see them, or those are bound to hosts.
async fn usable(op: &Operation, reader: Reader<'_>, key: &Key, id: &EnvironmentId) -> Result<environments::ForRun> {
    let mut found = environments::for_run(reader.into(), key, id).await?;
    if found.has_secrets() && !op.may(Action::SecretReveal, id).await? {
        found.withhold();
    }
    Ok(found)
}

/// What a request names must be in the workspace that was decided about: anything else is not there.
fn is_in(workspace: &WorkspaceId, found: Option<WorkspaceId>, what: &'static str) -> Result<()> {
    if found.as_ref() == Some(workspace) { Ok(()) } else { Err(Error::NotFound { what }) }
}

/// Method and address of a request as they were typed.
fn typed(request: &Value) -> (String, String) {
    let method = request.get("method").and_then(Value::as_str).unwrap_or("GET");
    // A request may be its address alone.
    let url = request.get("url").unwrap_or(request);
    (method.to_owned(), url::written(url))
}

/// The item with this id, wherever it is.
fn named<'i>(items: &'i [Item], id: &ItemId) -> Option<&'i Item> {
    items.iter().find_map(|item| {
        if item.id() == Some(id.as_str()) {
            return Some(item);
        }
        named(item.items.as_deref().unwrap_or_default(), id)
    })
}
