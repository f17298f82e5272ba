//! What a run tells while it goes on.
//!
//! Every event is one JSON object with a `type`. No event holds a secret: the runner masks each before it leaves
//! ([`crate::run`]), so a listener may show and keep what it gets.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// One thing that happened in a run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
#[schema(as = RunEvent)]
#[expect(clippy::large_enum_variant, reason = "events are moved one by one, never kept in a list")]
pub enum Event {
    /// The first event.
    RunStarted(RunStarted),
    /// One pass over the selected requests begins.
    IterationStarted(IterationStarted),
    /// A request's turn has come; nothing of it has run yet.
    ItemStarted(ItemStarted),
    /// A script wrote to the console, or the runner has something to say.
    Console(Console),
    /// A request is on its way.
    RequestSent(RequestSent),
    /// An event of an answer that is a stream of them (`text/event-stream`) has come; the answer itself is told at its
    /// end, with all of it as its body.
    ServerSentEvent(ServerSentEvent),
    /// The answer to a request has arrived.
    ResponseReceived(ResponseReceived),
    /// A request brought no answer, or one that is not wanted, and is sent again after a pause.
    RequestRetried(RequestRetried),
    /// A request could not be sent, or brought no answer.
    RequestFailed(RequestFailed),
    /// A `pm.test` ended.
    Assertion(Assertion),
    /// A script ended with an error outside of any `pm.test`.
    ScriptFailed(ScriptFailed),
    /// A script changed variables.
    VariablesChanged(VariablesChanged),
    /// All scripts and requests of an item are done.
    ItemFinished(ItemFinished),
    /// A pass is over.
    IterationFinished(IterationFinished),
    /// The last event.
    RunFinished(RunFinished),
}

/// See [`Event::RunStarted`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RunStartedEvent)]
pub struct RunStarted {
    /// Id of this run.
    pub run_id: String,
    /// What is run.
    pub collection: CollectionName,
    /// Name of the environment, if there is one.
    #[schema(required)]
    pub environment: Option<String>,
    /// How many passes there will be.
    pub iterations: u32,
    /// How many requests one pass has, before any `setNextRequest`.
    pub requests: u32,
    /// When, in ISO 8601.
    pub at: String,
}

/// The collection of a run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CollectionName {
    /// Its id; empty if the file has none.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// See [`Event::IterationStarted`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IterationStartedEvent)]
pub struct IterationStarted {
    /// Counted from 0.
    pub iteration: u32,
}

/// See [`Event::IterationFinished`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IterationFinishedEvent)]
pub struct IterationFinished {
    /// Counted from 0.
    pub iteration: u32,
}

/// Which request an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemName {
    /// Its id in the collection, or one made for this run if the file has none.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Names of the folders around it, outermost first.
    #[serde(default)]
    #[schema(required)]
    pub path: Vec<String>,
}

/// See [`Event::ItemStarted`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ItemStartedEvent)]
pub struct ItemStarted {
    /// The pass, from 0.
    pub iteration: u32,
    /// Its place in the flattened collection, from 0.
    pub position: u32,
    /// The request.
    pub item: ItemName,
}

/// How loud a console line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// `console.log`
    Log,
    /// `console.info`
    Info,
    /// `console.warn`
    Warn,
    /// `console.error`
    Error,
    /// `console.debug`
    Debug,
}

/// Which script of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// Before the request.
    Prerequest,
    /// After the answer.
    Test,
}

/// See [`Event::Console`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConsoleEvent)]
pub struct Console {
    /// How loud.
    pub level: Level,
    /// What was passed, as JSON.
    #[schema(value_type = Vec<serde_json::Value>)]
    pub messages: Vec<Value>,
    /// The request whose script wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub item: Option<ItemName>,
    /// The script that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub target: Option<Target>,
    /// When, in ISO 8601.
    pub at: String,
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// The item itself.
    Item,
    /// `pm.sendRequest` in one of its scripts.
    Script,
}

/// A name and its value, in the order of the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Header {
    /// As written.
    pub key: String,
    /// As sent or received.
    pub value: String,
}

/// See [`Event::RequestSent`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestSentEvent)]
pub struct RequestSent {
    /// The item it belongs to.
    pub item: ItemName,
    /// Number of the exchange in this run, from 0: a request and its answer have the same.
    pub exchange: u32,
    /// Who sent it.
    pub source: Source,
    /// Names of the variables whose values it holds although nobody sees them here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guarded: Vec<String>,
    /// The request as it went.
    pub request: SentRequest,
}

/// A request as it went over the wire.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentRequest {
    /// `GET`, ...
    pub method: String,
    /// With all variables resolved.
    pub url: String,
    /// In order, with those added for the wire.
    pub headers: Vec<Header>,
    /// What was sent with it.
    pub body: SentBody,
}

/// What a request's body holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BodyKind {
    /// No body.
    None,
    /// Text.
    Text,
    /// Bytes, or a file.
    Binary,
}

/// The body of a [`SentRequest`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentBody {
    /// What it holds.
    pub kind: BodyKind,
    /// The text; cut after [`crate::SHOWN_BODY`] bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub text: Option<String>,
    /// In bytes, whole; of a file whose size is not known, 0.
    pub size: u64,
}

/// See [`Event::ServerSentEvent`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerSentEvent {
    /// The item it belongs to.
    pub item: ItemName,
    /// Number of the exchange it is part of.
    pub exchange: u32,
    /// Who had sent the request.
    pub source: Source,
    /// Its place in the stream, from 0.
    pub index: u32,
    /// Its kind; `message` if the server gives none.
    pub event: String,
    /// Its id, if the server gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// What it says; cut after [`crate::SHOWN_BODY`] bytes.
    pub data: String,
}

/// See [`Event::ResponseReceived`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ResponseReceivedEvent)]
pub struct ResponseReceived {
    /// The item it belongs to.
    pub item: ItemName,
    /// Number of the exchange in this run, from 0: a request and its answer have the same.
    pub exchange: u32,
    /// Who had sent the request.
    pub source: Source,
    /// The last answer.
    pub response: ReceivedResponse,
    /// The answers before it that sent us on.
    pub redirects: Vec<Redirect>,
}

/// An answer that said "look there".
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Redirect {
    /// Method of the request it answered.
    pub method: String,
    /// URL of the request it answered.
    pub url: String,
    /// 301, 302, ...
    pub code: u16,
}

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedResponse {
    /// 200, ...
    pub code: u16,
    /// The words after the code; those of the standard if the server sent none.
    pub status: String,
    /// In order.
    pub headers: Vec<Header>,
    /// The cookies that it set and those that the jar has for its URL.
    pub cookies: Vec<ReceivedCookie>,
    /// The body, decoded.
    pub body: ReceivedBody,
    /// How long each phase took.
    pub timing: PhaseTimes,
    /// How many bytes each part had.
    pub sizes: PartSizes,
    /// `1.1`, `2`, ...
    pub http_version: String,
    /// Address and port of the peer.
    pub remote_address: String,
    /// `None` without TLS.
    #[schema(required)]
    pub tls: Option<TlsPeer>,
}

/// A cookie of an answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedCookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it is sent.
    pub domain: String,
    /// Where it is sent.
    pub path: String,
    /// When it ends, in ISO 8601; `None` for a session cookie.
    #[schema(required)]
    pub expires: Option<String>,
    /// Not for scripts of a page.
    pub http_only: bool,
    /// Only over TLS.
    pub secure: bool,
}

/// The body of an answer, decoded, as far as it is shown.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedBody {
    /// In bytes, whole.
    pub size: u64,
    /// The body if it is text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub text: Option<String>,
    /// The body if it is not text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub base64: Option<String>,
    /// Is there more than is shown?
    pub truncated: bool,
    /// Where a server keeps the whole of a truncated body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// The whole body, masked, for listeners in the same process; it is not part of the JSON.
    #[serde(skip)]
    #[schema(ignore)]
    pub bytes: Bytes,
}

/// Milliseconds of each phase. They do not overlap and add up to `total`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhaseTimes {
    /// Everything before the last hop.
    #[serde(default)]
    #[schema(required)]
    pub redirects: f64,
    /// Name lookup.
    pub dns: f64,
    /// TCP connect.
    pub connect: f64,
    /// TLS handshake.
    pub tls: f64,
    /// Until the last byte of the request was handed over.
    #[serde(default)]
    #[schema(required)]
    pub send: f64,
    /// From the last byte sent to the first received.
    pub wait: f64,
    /// From the first byte received to the last.
    pub download: f64,
    /// All of it.
    pub total: f64,
}

/// Bytes of each part of an exchange, on the wire if not said otherwise.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartSizes {
    /// Request line and headers.
    pub request_headers: u64,
    /// The body sent.
    pub request_body: u64,
    /// Status line and headers.
    pub response_headers: u64,
    /// The body received, decoded.
    pub response_body: u64,
    /// The body received, as it came.
    pub response_body_wire: u64,
}

/// What TLS agreed on, and who the peer said it was.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TlsPeer {
    /// `TLSv1.3`, ...
    pub version: String,
    /// The cipher suite.
    pub cipher: String,
    /// What was agreed on for the layer above (ALPN), such as `http/1.1`; `None` if nothing was.
    #[serde(default)]
    #[schema(required)]
    pub protocol: Option<String>,
    /// The peer's certificates, its own first.
    pub chain: Vec<PeerCertificate>,
    /// Is the peer's certificate trusted, and for this host?
    pub verified: bool,
    /// Why not. The request was sent all the same, because it does not insist.
    #[serde(default)]
    #[schema(required)]
    pub problem: Option<String>,
    /// The client certificate that was ready for this host. The peer saw it if it asked for one.
    #[serde(default)]
    #[schema(required)]
    pub client_certificate: Option<PeerCertificate>,
}

/// A certificate, as far as people ask.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeerCertificate {
    /// `CN=a.example, O=Example`
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The hosts and addresses it is for.
    pub names: Vec<String>,
    /// When it begins, in ISO 8601.
    pub not_before: String,
    /// When it ends, in ISO 8601.
    pub not_after: String,
    /// SHA-256 of the whole, in hexadecimal.
    pub fingerprint: String,
}

/// See [`Event::RequestRetried`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestRetriedEvent)]
pub struct RequestRetried {
    /// The item it belongs to.
    pub item: ItemName,
    /// Number of the exchange that was in vain.
    pub exchange: u32,
    /// The pass, from 0.
    pub iteration: u32,
    /// Which retry comes next, from 1.
    pub retry: u32,
    /// How many there may be.
    pub retries: u32,
    /// Until the request is sent again, in milliseconds.
    pub pause_ms: u64,
    /// What came of it, for people: `503 Service Unavailable`, or why there was no answer.
    pub reason: String,
    /// Status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub status: Option<u16>,
    /// Why there was none, for programs: `connect_failed`, ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub code: Option<String>,
}

impl RequestRetried {
    /// In a line: `503 Service Unavailable; retry 1 of 3 in 200 ms`.
    pub fn line(&self) -> String {
        format!("{}; retry {} of {} in {} ms", self.reason, self.retry, self.retries, self.pause_ms)
    }
}

/// See [`Event::RequestFailed`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestFailedEvent)]
pub struct RequestFailed {
    /// The item it belongs to.
    pub item: ItemName,
    /// Number of the exchange in this run, from 0: a request and its answer have the same.
    pub exchange: u32,
    /// The pass, from 0.
    pub iteration: u32,
    /// Who sent it, or meant to.
    pub source: Source,
    /// `GET`, ...
    pub method: String,
    /// As far as it was known.
    pub url: String,
    /// Why.
    pub error: RequestError,
}

/// Why there is no answer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestError {
    /// Stable, for programs: `connection_refused`, ...
    pub code: String,
    /// Where it went wrong: `prepare`, `dns`, `connect`, ...
    pub phase: String,
    /// For people.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hint: Option<String>,
}

/// See [`Event::Assertion`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssertionEvent)]
pub struct Assertion {
    /// The item whose script it stands in.
    pub item: ItemName,
    /// The pass, from 0.
    pub iteration: u32,
    /// The script it stands in.
    pub target: Target,
    /// Its place among the assertions of its script, from 0.
    pub index: u32,
    /// What is claimed.
    pub name: String,
    /// Did it hold? A skipped one counts as passed.
    pub passed: bool,
    /// Was it skipped?
    pub skipped: bool,
    /// Why it did not hold.
    #[schema(required)]
    pub error: Option<ScriptError>,
}

/// An error of a script.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScriptErrorDetail)]
pub struct ScriptError {
    /// `TypeError`, `AssertionError`, ...
    pub name: String,
    /// For people.
    pub message: String,
    /// The calls that led there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stack: Option<String>,
}

/// See [`Event::ScriptFailed`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScriptFailedEvent)]
pub struct ScriptFailed {
    /// The item that was run.
    pub item: ItemName,
    /// The pass, from 0.
    pub iteration: u32,
    /// Before or after the request.
    pub target: Target,
    /// Whose script it was: `collection`, `folder Users`, `request Get user`.
    pub at: String,
    /// What it ended with.
    pub error: ScriptError,
}

/// Which variables a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangedScope {
    /// `pm.environment`
    Environment,
    /// `pm.globals`
    Globals,
    /// `pm.collectionVariables`
    Collection,
    /// `pm.variables`
    Local,
}

/// What happened to a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    /// It has a new value.
    Set,
    /// It is gone.
    Unset,
    /// All of its scope are gone.
    Clear,
}

/// One change of a variable.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VariableChange {
    /// Where.
    pub scope: ChangedScope,
    /// What.
    pub op: ChangeKind,
    /// Which; absent for `clear`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub key: Option<String>,
    /// The new value, masked if it is secret; only for `set`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    pub value: Option<Value>,
}

/// See [`Event::VariablesChanged`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = VariablesChangedEvent)]
pub struct VariablesChanged {
    /// The item whose script did it.
    pub item: ItemName,
    /// In order.
    pub changes: Vec<VariableChange>,
}

/// See [`Event::ItemFinished`].
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ItemFinishedEvent)]
pub struct ItemFinished {
    /// The request.
    pub item: ItemName,
    /// The pass, from 0.
    pub iteration: u32,
    /// Its place in the flattened collection, from 0.
    pub position: u32,
    /// Scripts and request together, in milliseconds.
    pub duration_ms: f64,
    /// What `setNextRequest` asked for: absent if it was not called, `null` to end the pass.
    #[serde(default, with = "asked", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub next: Option<Option<String>>,
    /// Did a script skip the request?
    pub skipped: bool,
}

/// Keeps "absent" and `null` apart.
mod asked {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(next: &Option<Option<String>>, to: S) -> Result<S::Ok, S::Error> {
        next.as_ref().and_then(Option::as_ref).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
        Option::<String>::deserialize(from).map(Some)
    }
}

/// How many there were, and how many of them failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Count {
    /// All of them.
    pub total: u32,
    /// Those that failed.
    pub failed: u32,
}

/// How many assertions there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AssertionCount {
    /// All of them, skipped ones too.
    pub total: u32,
    /// Those that did not hold.
    pub failed: u32,
    /// Those that were skipped.
    pub skipped: u32,
}

/// What was done in a run, counted as newman counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Passes.
    pub iterations: Count,
    /// Items whose turn came.
    pub items: Count,
    /// Requests, those of scripts included.
    pub requests: Count,
    /// Items that came as far as their scripts after the answer.
    pub tests: u32,
    /// Scripts before and after requests.
    pub scripts: Count,
    /// Scripts before requests.
    pub prerequest_scripts: Count,
    /// Scripts after answers.
    pub test_scripts: Count,
    /// `pm.test`s.
    pub assertions: AssertionCount,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Self) {
        let Self { iterations, items, requests, tests, scripts, prerequest_scripts, test_scripts, assertions } = other;
        for (own, more) in [
            (&mut self.iterations, iterations),
            (&mut self.items, items),
            (&mut self.requests, requests),
            (&mut self.scripts, scripts),
            (&mut self.prerequest_scripts, prerequest_scripts),
            (&mut self.test_scripts, test_scripts),
        ] {
            own.total += more.total;
            own.failed += more.failed;
        }
        self.tests += tests;
        self.assertions.total += assertions.total;
        self.assertions.failed += assertions.failed;
        self.assertions.skipped += assertions.skipped;
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// All passes are done.
    #[default]
    Completed,
    /// Something failed and the plan said to stop then.
    Bailed,
    /// Someone stopped it, or nobody listened any more.
    Cancelled,
    /// The limit for the whole run was reached.
    TimedOut,
    /// The run could not go on; `error` says why.
    Failed,
}

/// See [`Event::RunFinished`].
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RunFinishedEvent)]
pub struct RunFinished {
    /// Id of this run.
    pub run_id: String,
    /// Counts.
    pub totals: Totals,
    /// From the first event to the last, in milliseconds.
    pub duration_ms: f64,
    /// Bodies received, as they came over the wire, in bytes.
    pub bytes_received: u64,
    /// Mean time of an answer, in milliseconds; 0 without any.
    pub response_average_ms: f64,
    /// The quickest answer, in milliseconds.
    pub min: f64,
    /// The slowest answer, in milliseconds.
    pub max: f64,
    /// Standard deviation of the answers' times.
    pub response_deviation_ms: f64,
    /// Why it ended.
    pub reason: Reason,
    /// What went wrong, if `reason` is `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub error: Option<String>,
    /// The formats of the reports that a server keeps of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub reports: Vec<String>,
}

/// A variable's local value: it stays with the person's machine or browser and is used for one execution only.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalValue {
    /// Name of the variable.
    pub key: String,
    /// Used instead of the shared value.
    pub value: String,
    /// Does it take part?
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}
