//! One QuickJS runtime with the pm layer in it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;
use std::time::Instant;

use regex::Regex;
use rquickjs::context::EvalOptions;
use rquickjs::{Array, CatchResultExt, Context, Ctx, Function, Object, Persistent, Runtime, Value as JsValue};

use crate::error::{Broken, described, plain};
use crate::execution::{Brakes, Execution};
use crate::host::Current;
use crate::isolate::{Answer, Answered};
use crate::{Limits, ScriptError, bytecode, host};

/// Scripts whose compiled form is kept; when there are more, all are forgotten.
const COMPILED: usize = 256;
/// Longest text of a script whose compiled form is kept.
const LONGEST_KEPT: usize = 256 << 10;
/// Jobs between two looks at the clock.
const JOBS: u32 = 256;

/// What a script's text needs to be called.
// The semicolon keeps a `"use strict"` of the script from having an effect: it has none in Postman either.
const BEFORE: &str = "(function () {;";
const BEFORE_ASYNC: &str = "(async function () {;";
const AFTER: &str = "\n})";

/// The functions that the pm layer gives us.
struct Layer {
    script_is: Persistent<Function<'static>>,
    describe: Persistent<Function<'static>>,
    start: Persistent<Function<'static>>,
    finish: Persistent<Function<'static>>,
    settle: Persistent<Function<'static>>,
    tick: Persistent<Function<'static>>,
    awaits_host: Persistent<Function<'static>>,
    report_rejections: Persistent<Function<'static>>,
}

#[derive(Clone)]
struct Compiled {
    body: Persistent<Function<'static>>,
    columns: usize,
    legacy: Vec<&'static str>,
}

/// What comes next when nothing can run.
pub(crate) enum Next {
    /// Something ran; there may be more.
    Now,
    /// A timer is due in so many milliseconds.
    Timer(f64),
    /// Only an answer of the host can go on.
    Answer,
    /// Nothing is left to do.
    Nothing,
}

/// The runtime, its context, and what it keeps for all scripts of a run.
pub(crate) struct Engine {
    // In the order in which they must be dropped: what the runtime holds first.
    compiled: RefCell<HashMap<(String, String), Compiled>>,
    layer: Layer,
    rejection: Rc<RefCell<Option<Persistent<Function<'static>>>>>,
    context: Context,
    runtime: Runtime,
    current: Current,
    brakes: Rc<Brakes>,
    limits: Limits,
    born: Instant,
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.rejection.borrow_mut().take();
        self.runtime.set_host_promise_rejection_tracker(None);
        self.runtime.set_interrupt_handler(None);
    }
}

impl Engine {
    /// A new runtime, with nothing of a script in it.
    pub(crate) fn boot(limits: Limits) -> Result<Self, ScriptError> {
        Self::build(limits).map_err(|error| plain(format!("the script engine did not start: {error}")))
    }

    fn build(limits: Limits) -> rquickjs::Result<Self> {
        let runtime = Runtime::new()?;
        runtime.set_memory_limit(limits.memory);
        runtime.set_max_stack_size(limits.stack);
        let brakes = Rc::new(Brakes::new());
        let watched = Rc::clone(&brakes);
        runtime.set_interrupt_handler(Some(Box::new(move || watched.stops())));
        let context = Context::full(&runtime)?;
        let current = Current::default();
        let (layer, tracker) = context.with(|ctx| -> rquickjs::Result<_> {
            let boot = bytecode::pm(&ctx)?;
            let boot = boot.as_function().ok_or(rquickjs::Error::Unknown)?;
            let layer: Object = boot.call((host::object_for(&ctx, &current)?,))?;
            let keep =
                |name: &str| -> rquickjs::Result<_> { Ok(Persistent::save(&ctx, layer.get::<_, Function>(name)?)) };
            let tracker = keep("rejection")?;
            let layer = Layer {
                script_is: keep("scriptIs")?,
                describe: keep("described")?,
                start: keep("start")?,
                finish: keep("finish")?,
                settle: keep("settle")?,
                tick: keep("tick")?,
                awaits_host: keep("awaitsHost")?,
                report_rejections: keep("reportRejections")?,
            };
            Ok((layer, tracker))
        })?;
        let rejection = Rc::new(RefCell::new(Some(tracker)));
        let told = Rc::clone(&rejection);
        runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, reason, handled| {
            let tracker = told.borrow().clone();
            if let Some(Ok(tracker)) = tracker.map(|tracker| tracker.restore(&ctx)) {
                // What the layer does here cannot fail but for want of memory, and then the script ends anyway.
                let _ = tracker.call::<_, ()>((promise, reason, handled)).catch(&ctx);
            }
        })));
        let compiled = RefCell::default();
        Ok(Self { compiled, layer, rejection, context, runtime, current, brakes, limits, born: Instant::now() })
    }

    pub(crate) fn brakes(&self) -> &Rc<Brakes> {
        &self.brakes
    }

    /// Begins `execution`: from now on the pm layer sees it.
    pub(crate) fn begin(&self, execution: Execution) {
        *self.current.borrow_mut() = Some(execution);
    }

    /// Ends it and gives it back.
    pub(crate) fn end(&self) -> Option<Execution> {
        self.current.borrow_mut().take()
    }

    pub(crate) fn execution<T>(&self, work: impl FnOnce(&mut Execution) -> T) -> Option<T> {
        self.current.borrow_mut().as_mut().map(work)
    }

    /// Has the engine so little memory left that the next script had better find a new one?
    pub(crate) fn is_worn(&self) -> bool {
        let used = || usize::try_from(self.runtime.memory_usage().malloc_size).unwrap_or(usize::MAX);
        if used() < self.limits.memory / 4 * 3 {
            return false;
        }
        self.runtime.run_gc();
        used() >= self.limits.memory / 4 * 3
    }

    /// Runs the script's text up to its end or its first `await`.
    pub(crate) fn start(&self, name: &str, script: &str, is_test: bool) {
        self.guarded(|ctx| {
            let compiled = self.compiled(ctx, name, script)?;
            let legacy = Array::new(ctx.clone())?;
            for (index, name) in compiled.legacy.iter().enumerate() {
                legacy.set(index, *name)?;
            }
            let start = self.layer.start.clone().restore(ctx)?;
            start.call::<_, ()>((compiled.body.restore(ctx)?, is_test, legacy, self.clock()))
        });
        self.jobs();
    }

    /// Ends the script in the pm layer: nothing of it runs after this.
    pub(crate) fn finish(&self) {
        self.guarded(|ctx| self.layer.finish.clone().restore(ctx)?.call::<_, ()>(()));
    }

    /// Runs what is due.
    pub(crate) fn tick(&self) -> Next {
        let next = self.guarded(|ctx| self.layer.tick.clone().restore(ctx)?.call::<_, f64>((self.clock(),)));
        match next {
            Some(next) if next >= 0.0 => Next::Timer(next),
            Some(-2.0) => match self.guarded(|ctx| self.layer.awaits_host.clone().restore(ctx)?.call::<_, bool>(())) {
                Some(true) => Next::Answer,
                _ => Next::Nothing,
            },
            _ => {
                self.jobs();
                Next::Now
            }
        }
    }

    /// Hands an answer of the host to whoever asked.
    pub(crate) fn settle(&self, answer: Answer) {
        let Answer { id, result } = answer;
        self.guarded(|ctx| {
            let settle = self.layer.settle.clone().restore(ctx)?;
            let undefined = JsValue::new_undefined(ctx.clone());
            match result {
                Ok(Answered::Response(response)) => {
                    let number = self.execution(|execution| execution.answered(response));
                    settle.call::<_, ()>((id, undefined, number.unwrap_or(usize::MAX)))
                }
                Ok(Answered::Ran(ran)) => {
                    let number = self.execution(|execution| {
                        execution.take_over(ran.changes);
                        ran.response.map(|response| execution.answered(response))
                    });
                    settle.call::<_, ()>((id, undefined, number.flatten()))
                }
                Ok(Answered::Value(value)) => settle.call::<_, ()>((id, undefined, crate::values::to_js(ctx, &value)?)),
                Err((error, code)) => settle.call::<_, ()>((id, error, code)),
            }
        });
        self.jobs();
    }

    /// Milliseconds of a clock that never goes back.
    fn clock(&self) -> f64 {
        self.born.elapsed().as_secs_f64() * 1000.0
    }

    /// Runs promise jobs until there are none, then reports rejections that no one took.
    fn jobs(&self) {
        self.context.with(|ctx| {
            let mut count = 0_u32;
            while ctx.execute_pending_job() {
                count = count.wrapping_add(1);
                if self.brakes.broken().is_some() || (count.is_multiple_of(JOBS) && self.brakes.stops()) {
                    return;
                }
            }
        });
        if self.brakes.broken().is_none() {
            self.guarded(|ctx| self.layer.report_rejections.clone().restore(ctx)?.call::<_, ()>(()));
        }
    }

    /// Runs `work` in the engine; an error that comes out of it is the script's.
    fn guarded<T>(&self, work: impl FnOnce(&Ctx<'_>) -> rquickjs::Result<T>) -> Option<T> {
        self.context.with(|ctx| match work(&ctx) {
            Ok(value) => Some(value),
            Err(error) => {
                let error = self.thrown(&ctx, &error);
                self.execution(|execution| execution.failed(error));
                None
            }
        })
    }

    fn thrown(&self, ctx: &Ctx<'_>, error: &rquickjs::Error) -> ScriptError {
        if !error.is_exception() {
            return plain(error.to_string());
        }
        let thrown = ctx.catch();
        if self.brakes.broken().is_some() {
            return plain("the script was stopped");
        }
        // When there is no memory for an error the engine throws null.
        if thrown.is_null() {
            self.brakes.pull(Broken::Memory);
        }
        let describe = self.layer.describe.clone().restore(ctx);
        match describe.and_then(|describe| describe.call::<_, String>((thrown,))) {
            Ok(json) => described(&json),
            Err(_) => {
                ctx.catch();
                self.brakes.pull(Broken::Memory);
                plain("the script threw an error that cannot be read")
            }
        }
    }

    fn compiled(&self, ctx: &Ctx<'_>, name: &str, script: &str) -> rquickjs::Result<Compiled> {
        let key = (name.to_owned(), script.to_owned());
        let known = self.compiled.borrow().get(&key).cloned();
        let compiled = match known {
            Some(compiled) => compiled,
            None => {
                let compiled = self.compile(ctx, name, script)?;
                let mut kept = self.compiled.borrow_mut();
                if kept.len() >= COMPILED {
                    kept.clear();
                }
                if script.len() <= LONGEST_KEPT {
                    kept.insert(key, compiled.clone());
                }
                compiled
            }
        };
        self.script_is(ctx, name, script, compiled.columns)?;
        Ok(compiled)
    }

    /// Tells the pm layer which text runs, so that errors can name places of it.
    fn script_is(&self, ctx: &Ctx<'_>, name: &str, script: &str, columns: usize) -> rquickjs::Result<()> {
        self.layer.script_is.clone().restore(ctx)?.call((name, script, columns))
    }

    fn compile(&self, ctx: &Ctx<'_>, name: &str, script: &str) -> rquickjs::Result<Compiled> {
        let as_function = |before: &str| {
            self.script_is(ctx, name, script, before.len())?;
            let mut options = EvalOptions::default();
            options.strict = false;
            options.filename = Some(name.to_owned());
            let body: Function = ctx.eval_with_options(format!("{before}{script}{AFTER}"), options)?;
            Ok(Compiled { body: Persistent::save(ctx, body), columns: before.len(), legacy: legacy_names(script) })
        };
        if !script.contains("await") {
            return as_function(BEFORE);
        }
        let first = as_function(BEFORE_ASYNC);
        if !matches!(first, Err(rquickjs::Error::Exception)) {
            return first;
        }
        // `await` may be a name in it. If it is not, the first error is the one to tell.
        let told = ctx.catch();
        as_function(BEFORE).map_err(|error| {
            if !error.is_exception() {
                return error;
            }
            ctx.catch();
            ctx.throw(told)
        })
    }
}

/// The globals of Postman's old API that `script` may mean.
fn legacy_names(script: &str) -> Vec<&'static str> {
    // Postman's mark of a script that wants none of them.
    if script.starts_with("\"use sandbox2\";") || script.starts_with("'use sandbox2';") {
        return Vec::new();
    }
    const NAMES: &[&str] = &[
        "tests",
        "globals",
        "environment",
        "data",
        "request",
        "responseCookies",
        "responseHeaders",
        "responseTime",
        "responseCode",
        "responseBody",
        "iteration",
        "postman",
        "_",
        "CryptoJS",
        "tv4",
        "xml2Json",
        "Backbone",
        "cheerio",
    ];
    static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!(r"\b(?:{})\b", NAMES.join("|"))).ok());
    let mut found = Vec::new();
    for word in WORDS.iter().flat_map(|words| words.find_iter(script)) {
        if let Some(name) = NAMES.iter().find(|name| **name == word.as_str())
            && !found.contains(name)
        {
            found.push(name);
        }
    }
    found
}
