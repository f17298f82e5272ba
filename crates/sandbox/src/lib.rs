//! Runs a script with `pm.*` on QuickJS, within limits of time, memory and stack, and says what it changed.
//!
//! A [`Sandbox`] is one isolate on a thread of its own, made when the first script comes. The scripts of one run share
//! it, as they share globals in Postman; two sandboxes share nothing. A script reaches the world only through its
//! [`Host`]: there are no files, sockets or processes here, and nothing of the host's memory can be touched.
//!
//! The `pm` API is the TypeScript under `js/`; the libraries that a script may `require` are npm's own. Both are
//! compiled to bytecode when this crate is built, and a library is loaded when a script first asks for it.
//!
//! A script that breaks a limit ends with an error, and its isolate is thrown away: the next script finds a new one.

use std::sync::Arc;
use std::time::Duration;

use bulla_collection::{ScopeName, Scopes};
use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::{Map, Value};

mod bytecode;
mod decode;
mod engine;
mod error;
mod execution;
mod host;
mod isolate;
mod values;

pub use isolate::Sandbox;

/// What one script may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the first line to the last timer or answer.
    pub time: Duration,
    /// Bytes of JavaScript values; what a script hands out (variables, console, tests) counts apart, as much again.
    pub memory: usize,
    /// Bytes of the JavaScript stack.
    pub stack: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(60), memory: 256 << 20, stack: 1 << 20 }
    }
}

/// The isolate's thread could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the script engine could not start: {0}")]
pub struct StartError(#[from] pub(crate) std::io::Error);

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Before the request; it may change the request or skip it.
    Prerequest,
    /// After the response.
    Test,
}

/// One script to run.
pub struct Job {
    /// When it runs.
    pub target: Target,
    /// Its text.
    pub script: String,
    /// What errors call the file, such as `request Get user`.
    pub name: String,
    /// What it can see.
    pub context: Context,
}

/// What `pm.info` says.
#[derive(Clone, Debug, Default)]
pub struct Info {
    /// Counted from 0.
    pub iteration: u32,
    /// How many passes the run has.
    pub iteration_count: u32,
    /// The name of the request.
    pub request_name: String,
    /// The id of the request.
    pub request_id: String,
    /// `prerequest` or `test`.
    pub event_name: String,
}

/// What a script can see.
pub struct Context {
    /// For `pm.info`.
    pub info: Info,
    /// All variables, as they are before the script.
    pub scopes: Scopes,
    /// For `pm.environment.name`.
    pub environment_name: Option<String>,
    /// The request, in the form of collection v2.1.
    pub request: Value,
    /// The response, in a test script.
    pub response: Option<ScriptResponse>,
    /// The cookies of the request's domain: objects with `name`, `value`, `domain`, `path` and so on.
    pub cookies: Vec<Value>,
    /// The names of the folders above the request, then its own.
    pub location: Vec<String>,
}

/// A response as scripts see it.
#[derive(Clone, Debug)]
pub struct ScriptResponse {
    /// Such as 200.
    pub code: u16,
    /// The reason phrase, such as `OK`.
    pub status: String,
    /// In the order of the wire.
    pub headers: Vec<(String, String)>,
    /// Decompressed.
    pub body: Bytes,
    /// Milliseconds.
    pub response_time_ms: f64,
    /// Bytes of the body as it came over the wire.
    pub response_size: u64,
}

/// What a script asks of the cookie jar.
#[derive(Clone, Debug, PartialEq)]
pub enum CookieCall {
    /// The cookies that would be sent to `url`; answered with an array of cookie objects.
    List {
        /// Where to.
        url: String,
        /// With those that are for HTTP only.
        http_only: bool,
    },
    /// Keep a cookie; answered with the cookie as an object.
    Set {
        /// Where it is as if it came from.
        url: String,
        /// A `Set-Cookie` line, or an object with `name`, `value` and perhaps `domain`, `path`, `expires`, `maxAge`,
        /// `secure`, `httpOnly`, `hostOnly`.
        cookie: Value,
    },
    /// Forget the cookies of that name that would be sent to `url`; answered with `null`.
    Unset {
        /// Where to.
        url: String,
        /// Which.
        name: String,
    },
    /// Forget all cookies that would be sent to `url`; answered with `null`.
    Clear {
        /// Where to.
        url: String,
    },
}

/// What a script asks of the vault.
#[derive(Clone, PartialEq, Eq)]
pub enum VaultCall {
    /// The secret of that name; answered with its text, or `null`.
    Get {
        /// Which.
        key: String,
    },
    /// Keep a secret; answered with `null`.
    Set {
        /// Which.
        key: String,
        /// Its text.
        value: String,
    },
    /// Forget a secret; answered with `null`.
    Unset {
        /// Which.
        key: String,
    },
}

/// A request of the collection that a script wants to be run, with its scripts.
pub struct RunRequest {
    /// Its id or name.
    pub request: String,
    /// Variables for this once.
    pub variables: Map<String, Value>,
    /// All variables, as they are now.
    pub scopes: Scopes,
}

/// What came of a [`RunRequest`].
pub struct RequestRan {
    /// The answer; none if the request was skipped.
    pub response: Option<ScriptResponse>,
    /// What its scripts did to variables, in order.
    pub changes: Vec<Mutation>,
}

/// How loud a console line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// One call of `console.*`.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsoleLine {
    /// Which call.
    pub level: Level,
    /// Its arguments; what JSON cannot say is text, such as `[Function: f]`.
    pub messages: Vec<Value>,
}

/// Why a request of a script was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendFailure {
    /// In words.
    pub message: String,
    /// For programs, such as `ECONNREFUSED`: what the script finds in `error.code`.
    pub code: String,
}

/// What a script may ask of the world.
pub trait Host: Send + Sync {
    /// Sends `request`: a URL, or an object as Postman's `pm.sendRequest` takes it. The answer holds the request as it
    /// was sent.
    fn send_request(&self, request: Value) -> BoxFuture<'_, Result<(Value, ScriptResponse), SendFailure>>;
    /// Reads or changes the cookie jar.
    fn cookies(&self, call: CookieCall) -> BoxFuture<'_, Result<Value, String>>;
    /// Reads or changes the vault.
    fn vault(&self, call: VaultCall) -> BoxFuture<'_, Result<Value, String>>;
    /// Runs another request of the collection (`pm.execution.runRequest`).
    fn run_request(&self, request: RunRequest) -> BoxFuture<'_, Result<RequestRan, SendFailure>>;
    /// Takes a line of the console. Called on the isolate's thread: it must not block.
    fn console(&self, line: ConsoleLine);
    /// Fills `bytes` with randomness, for dynamic variables, `crypto.getRandomValues` and the libraries.
    fn random(&self, bytes: &mut [u8]);
    /// Milliseconds since the epoch, for dynamic variables.
    fn now_ms(&self) -> f64;
}

/// An error as a script threw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// Such as `AssertionError`.
    pub name: String,
    /// Worded as Node words it.
    pub message: String,
    /// Where in the script it was thrown; the layers below the script are left out.
    pub stack: Option<String>,
}

/// The result of one `pm.test`, or of one entry of `tests`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// Counted from 0, in the order in which the tests began.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// True for a skipped one as well.
    pub passed: bool,
    /// `pm.test.skip`
    pub skipped: bool,
    /// Why it failed.
    pub error: Option<ScriptError>,
}

/// What was done to a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// A variable got a value.
    Set,
    /// A variable was taken out.
    Unset,
    /// All variables were taken out.
    Clear,
}

/// One change of a scope.
#[derive(Clone, PartialEq)]
pub struct Mutation {
    /// Which scope.
    pub scope: ScopeName,
    /// What was done.
    pub op: Op,
    /// To which variable; none for [`Op::Clear`].
    pub key: Option<String>,
    /// The value of [`Op::Set`].
    pub value: Option<Value>,
}

impl std::fmt::Debug for Mutation {
    /// Leaves the value out: it may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mutation")
            .field("scope", &self.scope)
            .field("op", &self.op)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// What comes after this request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextRequest {
    /// The script did not say.
    Unset,
    /// `setNextRequest(null)`: this pass ends.
    Stop,
    /// The request of this name or id.
    To(String),
}

/// What a script did. The console has gone to the host already.
pub struct Outcome {
    /// In the order in which they ended.
    pub assertions: Vec<Assertion>,
    /// All variables, as they are after the script.
    pub scopes: Scopes,
    /// What was done to them, in order.
    pub changes: Vec<Mutation>,
    /// The request, if a pre-request script changed it.
    pub request: Option<Value>,
    /// What `setNextRequest` said last.
    pub next_request: NextRequest,
    /// `pm.execution.skipRequest()` was called.
    pub skip_request: bool,
    /// The first error that no one caught.
    pub error: Option<ScriptError>,
}

/// A host as the isolate holds it.
pub(crate) type SharedHost = Arc<dyn Host>;
