//! What one execution has and has done, shared by the engine's thread and the functions it gives to the pm layer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bulla_collection::dynamic::Generator;
use bulla_collection::{Dynamic, ScopeName, Scopes, VariableScope};
use serde_json::Value;

use crate::error::Broken;
use crate::isolate::{Ask, Asks};
use crate::{
    Assertion, ConsoleLine, Info, Level, Mutation, NextRequest, Op, Outcome, ScriptError, ScriptResponse, SharedHost,
};

/// Bytes that one script may write to the console.
const CONSOLE: usize = 16 << 20;
/// What a kept thing costs besides its text.
const ENTRY: usize = 128;

/// The clock and the brakes of an execution, read by the engine's interrupt handler.
pub(crate) struct Brakes {
    deadline: Cell<Option<Instant>>,
    cancelled: RefCell<Arc<AtomicBool>>,
    broken: Cell<Option<Broken>>,
}

impl Brakes {
    pub(crate) fn new() -> Self {
        Self { deadline: Cell::new(None), cancelled: RefCell::default(), broken: Cell::new(None) }
    }

    pub(crate) fn release(&self, deadline: Option<Instant>, cancelled: Arc<AtomicBool>) {
        self.deadline.set(deadline);
        *self.cancelled.borrow_mut() = cancelled;
        self.broken.set(None);
    }

    /// Must the script stop now?
    pub(crate) fn stops(&self) -> bool {
        if self.broken.get().is_some() {
            return true;
        }
        if self.cancelled.borrow().load(Ordering::Relaxed) {
            self.broken.set(Some(Broken::Cancelled));
        } else if self.deadline.get().is_some_and(|deadline| Instant::now() >= deadline) {
            self.broken.set(Some(Broken::Time));
        }
        self.broken.get().is_some()
    }

    pub(crate) fn pull(&self, limit: Broken) {
        if self.broken.get().is_none() {
            self.broken.set(Some(limit));
        }
    }

    pub(crate) fn broken(&self) -> Option<Broken> {
        self.broken.get()
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline.get()
    }
}

/// One execution.
pub(crate) struct Execution {
    pub(crate) brakes: Rc<Brakes>,
    pub(crate) host: SharedHost,
    pub(crate) asks: Asks,
    pub(crate) info: Info,
    pub(crate) environment_name: Option<String>,
    pub(crate) request: Value,
    pub(crate) cookies: Vec<Value>,
    pub(crate) location: Vec<String>,
    /// Number 0 is that of the request.
    pub(crate) responses: Vec<Option<Rc<ScriptResponse>>>,
    pub(crate) scopes: Scopes,
    changes: Vec<Mutation>,
    assertions: Vec<Assertion>,
    changed: Option<Value>,
    next_request: NextRequest,
    skip_request: bool,
    error: Option<ScriptError>,
    /// Bytes that the script may still hand out.
    left: usize,
    console_left: usize,
}

impl Execution {
    pub(crate) fn new(
        context: crate::Context,
        host: SharedHost,
        asks: Asks,
        brakes: Rc<Brakes>,
        memory: usize,
    ) -> Self {
        Self {
            brakes,
            host,
            asks,
            info: context.info,
            environment_name: context.environment_name,
            request: context.request,
            cookies: context.cookies,
            location: context.location,
            responses: vec![context.response.map(Rc::new)],
            scopes: context.scopes,
            changes: Vec::new(),
            assertions: Vec::new(),
            changed: None,
            next_request: NextRequest::Unset,
            skip_request: false,
            error: None,
            left: memory,
            console_left: CONSOLE,
        }
    }

    pub(crate) fn outcome(self) -> Outcome {
        Outcome {
            assertions: self.assertions,
            scopes: self.scopes,
            changes: self.changes,
            request: self.changed,
            next_request: self.next_request,
            skip_request: self.skip_request,
            error: self.error,
        }
    }

    /// Counts what the script hands out; false, and the script stops, if it is too much.
    pub(crate) fn takes(&mut self, bytes: usize) -> bool {
        match self.left.checked_sub(bytes.saturating_add(ENTRY)) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.brakes.pull(Broken::Memory);
                false
            }
        }
    }

    pub(crate) fn scope(&self, scope: ScopeName) -> &VariableScope {
        match scope {
            ScopeName::Local => &self.scopes.local,
            ScopeName::Data => &self.scopes.data,
            ScopeName::Environment => &self.scopes.environment,
            ScopeName::Collection => &self.scopes.collection,
            ScopeName::Globals => &self.scopes.globals,
        }
    }

    /// `bytes` is about what the value takes.
    pub(crate) fn set(&mut self, scope: ScopeName, key: String, value: Value, bytes: usize) {
        // Once in the scope, once in the list of changes.
        if self.takes(2 * (bytes + key.len())) {
            self.scopes.scope_mut(scope).0.insert(key.clone(), value.clone());
            self.changes.push(Mutation { scope, op: Op::Set, key: Some(key), value: Some(value) });
        }
    }

    pub(crate) fn unset(&mut self, scope: ScopeName, key: String) {
        if self.scopes.scope_mut(scope).0.shift_remove(&key).is_some() && self.takes(key.len()) {
            self.changes.push(Mutation { scope, op: Op::Unset, key: Some(key), value: None });
        }
    }

    pub(crate) fn clear(&mut self, scope: ScopeName) {
        if self.takes(0) {
            self.scopes.scope_mut(scope).0.clear();
            self.changes.push(Mutation { scope, op: Op::Clear, key: None, value: None });
        }
    }

    /// Does what the scripts of another request did to variables.
    pub(crate) fn take_over(&mut self, changes: Vec<Mutation>) {
        for Mutation { scope, op, key, value } in changes {
            match (op, key) {
                (Op::Set, Some(key)) => {
                    let value = value.unwrap_or(Value::Null);
                    let bytes = value.as_str().map_or_else(|| value.to_string().len(), str::len);
                    self.set(scope, key, value, bytes);
                }
                (Op::Unset, Some(key)) => self.unset(scope, key),
                (Op::Clear, _) => self.clear(scope),
                (Op::Set | Op::Unset, None) => {}
            }
        }
    }

    /// Keeps an answer for the script, and says its number.
    pub(crate) fn answered(&mut self, response: ScriptResponse) -> usize {
        self.takes(response.body.len());
        self.responses.push(Some(Rc::new(response)));
        self.responses.len() - 1
    }

    /// `text` with the variables of one scope, or of all.
    pub(crate) fn replace_in(&mut self, text: &str, scope: Option<ScopeName>) -> String {
        let host = Arc::clone(&self.host);
        match scope {
            None => self.scopes.substitute(text, &mut Fresh { host }),
            Some(scope) => {
                let local = self.scopes.scope_mut(scope).clone();
                Scopes { local, ..Scopes::default() }.substitute(text, &mut Fresh { host })
            }
        }
    }

    pub(crate) fn asserted(&mut self, assertion: Assertion) {
        let error = assertion.error.as_ref();
        let bytes = error.map_or(0, |error| error.message.len() + error.stack.as_ref().map_or(0, String::len));
        if self.takes(assertion.name.len() + bytes) {
            self.assertions.push(assertion);
        }
    }

    /// The first error is the script's; those after it go to the console.
    pub(crate) fn failed(&mut self, error: ScriptError) {
        if crate::error::is_out_of_memory(&error) {
            self.brakes.pull(Broken::Memory);
            return;
        }
        if self.error.is_none() {
            self.error = Some(error);
        } else {
            let text = format!("{}: {}", error.name, error.message);
            self.print(Level::Error, vec![Value::String(text)], error.message.len());
        }
    }

    /// The error that stands above all others: that a limit is broken.
    pub(crate) fn stopped(&mut self, error: ScriptError) {
        self.error = Some(error);
    }

    pub(crate) fn print(&mut self, level: Level, messages: Vec<Value>, bytes: usize) {
        if self.console_left == 0 {
            return;
        }
        match self.console_left.checked_sub(bytes + ENTRY) {
            Some(left) => {
                self.console_left = left;
                self.host.console(ConsoleLine { level, messages });
            }
            None => {
                self.console_left = 0;
                let text =
                    format!("this script wrote more than {} MB to the console; the rest is left out", CONSOLE >> 20);
                self.host.console(ConsoleLine { level: Level::Warn, messages: vec![Value::String(text)] });
            }
        }
    }

    pub(crate) fn next(&mut self, name: Option<String>) {
        self.next_request = name.map_or(NextRequest::Stop, NextRequest::To);
    }

    pub(crate) fn skip(&mut self) {
        self.skip_request = true;
    }

    pub(crate) fn skips(&self) -> bool {
        self.skip_request
    }

    pub(crate) fn changed(&mut self, request: Value) {
        self.changed = Some(request);
    }

    pub(crate) fn ask(&mut self, ask: Ask, bytes: usize) {
        if self.takes(bytes) {
            // If no one listens, whoever ran the script has gone away, and the brakes say so.
            let _ = self.asks.unbounded_send(ask);
        }
    }

    pub(crate) fn response(&self, number: usize) -> Option<Rc<ScriptResponse>> {
        self.responses.get(number).cloned().flatten()
    }
}

/// Dynamic variables with the host's clock and randomness.
pub(crate) struct Fresh {
    pub(crate) host: SharedHost,
}

impl Dynamic for Fresh {
    fn value(&mut self, name: &str) -> Option<String> {
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since the epoch fit for 292 million years")]
        let now = self.host.now_ms() as i64;
        Generator::new(now, || {
            let mut bytes = [0; 8];
            self.host.random(&mut bytes);
            u64::from_le_bytes(bytes)
        })
        .value(name)
    }
}
