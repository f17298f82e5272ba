//! The functions that the pm layer calls: all that leads out of the engine.

use std::cell::RefCell;
use std::rc::Rc;

use bulla_collection::{Dynamic, ScopeName};
use rquickjs::function::Func;
use rquickjs::{ArrayBuffer, Ctx, Exception, Function, Object, Result, Value as JsValue};
use serde_json::{Map, Value};

use crate::error::described;
use crate::execution::{Execution, Fresh};
use crate::isolate::Ask;
use crate::values::{object, primitive, to_js};
use crate::{Assertion, CookieCall, Level, RunRequest, VaultCall, bytecode, decode};

/// The execution that runs now, if one does.
pub(crate) type Current = Rc<RefCell<Option<Execution>>>;

const SCOPES: [ScopeName; 5] =
    [ScopeName::Local, ScopeName::Data, ScopeName::Environment, ScopeName::Collection, ScopeName::Globals];

fn scope(ctx: &Ctx<'_>, number: usize) -> Result<ScopeName> {
    SCOPES.get(number).copied().ok_or_else(|| Exception::throw_range(ctx, "no such scope"))
}

/// Runs `work` on the execution; an error in the script if none runs.
fn with<T>(current: &Current, ctx: &Ctx<'_>, work: impl FnOnce(&mut Execution) -> T) -> Result<T> {
    match current.try_borrow_mut().ok().as_deref_mut() {
        Some(Some(execution)) => Ok(work(execution)),
        _ => Err(Exception::throw_message(ctx, "the script has ended")),
    }
}

fn json(ctx: &Ctx<'_>, text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Exception::throw_type(ctx, &format!("not usable as JSON: {error}")))
}

fn number(index: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, and is looked up in a list"
    )]
    let index = index as usize;
    index
}

/// The object that the pm layer knows as its host.
pub(crate) fn object_for<'js>(ctx: &Ctx<'js>, current: &Current) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    variables(&host, current)?;
    surroundings(&host, current)?;
    responses(&host, current)?;
    results(&host, current)?;
    tools(&host, current)?;
    Ok(host)
}

fn variables<'js>(host: &Object<'js>, current: &Current) -> Result<()> {
    let ctx = host.ctx().clone();
    let on = Rc::clone(current);
    let variable = move |ctx: Ctx<'js>, number: usize, key: String| -> Result<JsValue<'js>> {
        let scope = scope(&ctx, number)?;
        with(&on, &ctx, |execution| match execution.scope(scope).0.get(&key) {
            Some(value) => to_js(&ctx, value),
            None => Ok(JsValue::new_undefined(ctx.clone())),
        })?
    };
    host.set("variable", Function::new(ctx.clone(), variable)?)?;

    let on = Rc::clone(current);
    let has = move |ctx: Ctx<'js>, number: usize, key: String| -> Result<bool> {
        let scope = scope(&ctx, number)?;
        with(&on, &ctx, |execution| execution.scope(scope).0.contains_key(&key))
    };
    host.set("has", Function::new(ctx.clone(), has)?)?;

    let on = Rc::clone(current);
    let find = move |ctx: Ctx<'js>, key: String| -> Result<i32> {
        with(&on, &ctx, |execution| {
            (0..).zip(SCOPES).find(|(_, scope)| execution.scope(*scope).0.contains_key(&key)).map_or(-1, |(at, _)| at)
        })
    };
    host.set("find", Function::new(ctx.clone(), find)?)?;

    let on = Rc::clone(current);
    let set = move |ctx: Ctx<'js>, number: usize, key: String, value: JsValue<'js>| -> Result<()> {
        let scope = scope(&ctx, number)?;
        let value = primitive(&value)?;
        let bytes = value.as_str().map_or(8, str::len);
        with(&on, &ctx, |execution| execution.set(scope, key, value, bytes))
    };
    host.set("set", Function::new(ctx.clone(), set)?)?;

    let on = Rc::clone(current);
    let set_json = move |ctx: Ctx<'js>, number: usize, key: String, text: String| -> Result<()> {
        let scope = scope(&ctx, number)?;
        let value = json(&ctx, &text)?;
        with(&on, &ctx, |execution| execution.set(scope, key, value, text.len()))
    };
    host.set("setJson", Function::new(ctx.clone(), set_json)?)?;

    let on = Rc::clone(current);
    let unset = move |ctx: Ctx<'js>, number: usize, key: String| -> Result<()> {
        let scope = scope(&ctx, number)?;
        with(&on, &ctx, |execution| execution.unset(scope, key))
    };
    host.set("unset", Function::new(ctx.clone(), unset)?)?;

    let on = Rc::clone(current);
    let clear = move |ctx: Ctx<'js>, number: usize| -> Result<()> {
        let scope = scope(&ctx, number)?;
        with(&on, &ctx, |execution| execution.clear(scope))
    };
    host.set("clear", Function::new(ctx.clone(), clear)?)?;

    let on = Rc::clone(current);
    let all = move |ctx: Ctx<'js>, number: usize| -> Result<Object<'js>> {
        let scope = scope(&ctx, number)?;
        with(&on, &ctx, |execution| object(&ctx, &execution.scope(scope).0))?
    };
    host.set("variables", Function::new(ctx.clone(), all)?)?;

    let on = Rc::clone(current);
    let replace_in = move |ctx: Ctx<'js>, text: String, number: Option<usize>| {
        let scope = number.map(|number| scope(&ctx, number)).transpose()?;
        with(&on, &ctx, |execution| execution.replace_in(&text, scope))
    };
    host.set("replaceIn", Function::new(ctx, replace_in)?)
}

fn surroundings<'js>(host: &Object<'js>, current: &Current) -> Result<()> {
    let ctx = host.ctx().clone();
    let on = Rc::clone(current);
    let info = move |ctx: Ctx<'js>| -> Result<Object<'js>> {
        let info = with(&on, &ctx, |execution| execution.info.clone())?;
        let object = Object::new(ctx)?;
        object.set("eventName", info.event_name)?;
        object.set("iteration", info.iteration)?;
        object.set("iterationCount", info.iteration_count)?;
        object.set("requestName", info.request_name)?;
        object.set("requestId", info.request_id)?;
        Ok(object)
    };
    host.set("info", Function::new(ctx.clone(), info)?)?;

    let on = Rc::clone(current);
    let location = move |ctx: Ctx<'js>| with(&on, &ctx, |execution| execution.location.clone());
    host.set("location", Function::new(ctx.clone(), location)?)?;

    let on = Rc::clone(current);
    let name = move |ctx: Ctx<'js>| with(&on, &ctx, |execution| execution.environment_name.clone());
    host.set("environmentName", Function::new(ctx.clone(), name)?)?;

    let on = Rc::clone(current);
    let request = move |ctx: Ctx<'js>| with(&on, &ctx, |execution| execution.request.to_string());
    host.set("request", Function::new(ctx.clone(), request)?)?;

    let on = Rc::clone(current);
    let cookies = move |ctx: Ctx<'js>| with(&on, &ctx, |execution| Value::Array(execution.cookies.clone()).to_string());
    host.set("cookies", Function::new(ctx, cookies)?)
}

fn responses<'js>(host: &Object<'js>, current: &Current) -> Result<()> {
    let ctx = host.ctx().clone();
    let on = Rc::clone(current);
    let head = move |ctx: Ctx<'js>, index: f64| -> Result<JsValue<'js>> {
        let Some(response) = with(&on, &ctx, |execution| execution.response(number(index)))? else {
            return Ok(JsValue::new_undefined(ctx));
        };
        let object = Object::new(ctx)?;
        object.set("code", response.code)?;
        object.set("status", response.status.as_str())?;
        object.set("responseTime", response.response_time_ms)?;
        #[expect(clippy::cast_precision_loss, reason = "JavaScript has no other numbers")]
        object.set("responseSize", response.response_size as f64)?;
        Ok(object.into_value())
    };
    host.set("head", Function::new(ctx.clone(), head)?)?;

    let on = Rc::clone(current);
    let headers = move |ctx: Ctx<'js>, index: f64| -> Result<Vec<String>> {
        let response = with(&on, &ctx, |execution| execution.response(number(index)))?;
        let pairs = response.into_iter().flat_map(|response| response.headers.clone());
        Ok(pairs.flat_map(|(name, value)| [name, value]).collect())
    };
    host.set("headers", Function::new(ctx.clone(), headers)?)?;

    let on = Rc::clone(current);
    let text = move |ctx: Ctx<'js>, index: f64| -> Result<String> {
        let response = with(&on, &ctx, |execution| execution.response(number(index)))?;
        Ok(response.map(|response| decode::body(&response)).unwrap_or_default())
    };
    host.set("text", Function::new(ctx.clone(), text)?)?;

    let on = Rc::clone(current);
    let bytes = move |ctx: Ctx<'js>, index: f64| -> Result<ArrayBuffer<'js>> {
        let response = with(&on, &ctx, |execution| execution.response(number(index)))?;
        ArrayBuffer::new_copy(ctx, response.map(|response| response.body.clone()).unwrap_or_default())
    };
    host.set("bytes", Function::new(ctx, bytes)?)
}

fn results<'js>(host: &Object<'js>, current: &Current) -> Result<()> {
    let ctx = host.ctx().clone();
    let on = Rc::clone(current);
    let send = move |ctx: Ctx<'js>, id: u32, text: String| -> Result<()> {
        let request = json(&ctx, &text)?;
        with(&on, &ctx, |execution| execution.ask(Ask::Send { id, request }, text.len()))
    };
    host.set("send", Function::new(ctx.clone(), send)?)?;

    let on = Rc::clone(current);
    let cookie = move |ctx: Ctx<'js>, id: u32, call: String, url: String, text: String| -> Result<()> {
        let what = json(&ctx, &text)?;
        let bytes = text.len() + url.len();
        let call = match call.as_str() {
            "list" => CookieCall::List { url, http_only: what.get("http") != Some(&Value::Bool(false)) },
            "set" => CookieCall::Set { url, cookie: what },
            "unset" => CookieCall::Unset { url, name: what.as_str().unwrap_or_default().to_owned() },
            _ => CookieCall::Clear { url },
        };
        with(&on, &ctx, |execution| execution.ask(Ask::Cookie { id, call }, bytes))
    };
    host.set("cookie", Function::new(ctx.clone(), cookie)?)?;

    let on = Rc::clone(current);
    let vault = move |ctx: Ctx<'js>, id: u32, call: String, key: String, value: String| -> Result<()> {
        let bytes = key.len() + value.len();
        let call = match call.as_str() {
            "get" => VaultCall::Get { key },
            "set" => VaultCall::Set { key, value },
            _ => VaultCall::Unset { key },
        };
        with(&on, &ctx, |execution| execution.ask(Ask::Vault { id, call }, bytes))
    };
    host.set("vault", Function::new(ctx.clone(), vault)?)?;

    let on = Rc::clone(current);
    let run = move |ctx: Ctx<'js>, id: u32, request: String, text: String| -> Result<()> {
        let variables = match json(&ctx, &text)? {
            Value::Object(variables) => variables,
            _ => Map::new(),
        };
        with(&on, &ctx, |execution| {
            let bytes = request.len() + text.len();
            let request = RunRequest { request, variables, scopes: execution.scopes.clone() };
            execution.ask(Ask::Run { id, request: Box::new(request) }, bytes);
        })
    };
    host.set("run", Function::new(ctx.clone(), run)?)?;

    let on = Rc::clone(current);
    let print = move |ctx: Ctx<'js>, level: String, text: String| -> Result<()> {
        let level = match level.as_str() {
            "info" => Level::Info,
            "warn" => Level::Warn,
            "error" => Level::Error,
            "debug" => Level::Debug,
            _ => Level::Log,
        };
        let messages = match json(&ctx, &text)? {
            Value::Array(messages) => messages,
            other => vec![other],
        };
        with(&on, &ctx, |execution| execution.print(level, messages, text.len()))
    };
    host.set("print", Function::new(ctx.clone(), print)?)?;

    let on = Rc::clone(current);
    let asserted =
        move |ctx: Ctx<'js>, index: f64, name: String, passed: bool, skipped: bool, error: Option<String>| {
            let error = error.map(|error| described(&error));
            let assertion = Assertion { index: number(index), name, passed, skipped, error };
            with(&on, &ctx, |execution| execution.asserted(assertion))
        };
    host.set("asserted", Function::new(ctx.clone(), asserted)?)?;

    let on = Rc::clone(current);
    let failed = move |ctx: Ctx<'js>, error: String| with(&on, &ctx, |execution| execution.failed(described(&error)));
    host.set("failed", Function::new(ctx.clone(), failed)?)?;

    let on = Rc::clone(current);
    let next = move |ctx: Ctx<'js>, name: Option<String>| with(&on, &ctx, |execution| execution.next(name));
    host.set("next", Function::new(ctx.clone(), next)?)?;

    let on = Rc::clone(current);
    let skip = move |ctx: Ctx<'js>| with(&on, &ctx, Execution::skip);
    host.set("skip", Function::new(ctx.clone(), skip)?)?;

    let on = Rc::clone(current);
    let changed = move |ctx: Ctx<'js>, text: String| -> Result<()> {
        let request = json(&ctx, &text)?;
        with(&on, &ctx, |execution| execution.changed(request))
    };
    host.set("changed", Function::new(ctx, changed)?)
}

fn tools<'js>(host: &Object<'js>, current: &Current) -> Result<()> {
    /// Most random bytes at once, as in browsers.
    const RANDOM: usize = 65_536;
    let ctx = host.ctx().clone();
    let on = Rc::clone(current);
    let random = move |ctx: Ctx<'js>, count: f64| -> Result<ArrayBuffer<'js>> {
        let count = number(count);
        if count > RANDOM {
            return Err(Exception::throw_range(&ctx, "at most 65536 random bytes at once"));
        }
        let mut bytes = vec![0; count];
        with(&on, &ctx, |execution| execution.host.random(&mut bytes))?;
        ArrayBuffer::new(ctx, bytes)
    };
    host.set("random", Function::new(ctx.clone(), random)?)?;

    let on = Rc::clone(current);
    let now = move |ctx: Ctx<'js>| with(&on, &ctx, |execution| execution.host.now_ms());
    host.set("now", Function::new(ctx.clone(), now)?)?;

    let decode = |bytes: String, charset: String| {
        let bytes: Vec<u8> = bytes.chars().map(|byte| u8::try_from(byte).unwrap_or(b'?')).collect();
        decode::text(&bytes, &charset)
    };
    host.set("decode", Func::from(decode))?;
    host.set("decodes", Func::from(|charset: String| decode::named(&charset).is_some()))?;

    let names = || {
        include_str!("../../collection/src/dynamic_names.txt").split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    host.set("dynamicNames", Func::from(names))?;
    let on = Rc::clone(current);
    let dynamic = move |ctx: Ctx<'js>, name: String| -> Result<Option<String>> {
        let host = with(&on, &ctx, |execution| execution.host.clone())?;
        Ok(Fresh { host }.value(&name))
    };
    host.set("dynamic", Function::new(ctx.clone(), dynamic)?)?;

    let load = |ctx: Ctx<'js>, name: String| -> Result<JsValue<'js>> {
        Ok(bytecode::library(&ctx, &name)?.unwrap_or_else(|| JsValue::new_undefined(ctx.clone())))
    };
    host.set("load", Function::new(ctx, load)?)
}
