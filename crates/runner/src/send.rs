//! One request of an item or script: prepared, sent, told, and answered again if the server asks for it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use bulla_collection::dynamic::Generator;
use bulla_collection::prepare::{self, PartContent, Prepared, Surroundings};
use bulla_collection::{Dynamic, Mask, Scopes};
use bulla_sandbox::VaultCall;
use bulla_transport::{
    Body, BodyPart, Client, CookieFilter, CookieJar, Exchange, HttpVersion, Request, SendError, Settings, Streaming,
};
use bytes::Bytes;
use futures::StreamExt;
use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value, json};
use sse_stream::SseByteStream;
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tokio_util::sync::CancellationToken;

use crate::event::*;
use crate::guard::{self, Guard, Guarded};
use crate::plan::{Files, Plan, Retry, Sending};
use crate::run::{milliseconds_of, now_text, number};

/// Most answers to challenges in a row.
const REPLAYS: usize = 3;

/// Sends requests, for items and for scripts.
pub(crate) struct Sender {
    client: Client,
    pub(crate) jar: CookieJar,
    cancel: CancellationToken,
    mask: Mutex<Mask>,
    random: Mutex<StdRng>,
    sending: Sending,
    files: Files,
    timeout: Option<Duration>,
    retry: Retry,
    vault: Mutex<BTreeMap<String, String>>,
    guard: Arc<Guard>,
    exchanges: Arc<AtomicU32>,
}

/// A request that is to be sent.
pub(crate) struct Wire {
    /// v2.1.
    pub request: Value,
    pub auth: Option<Value>,
    pub behavior: Map<String, Value>,
    pub scopes: Scopes,
    pub item: ItemName,
    pub iteration: u32,
    pub source: Source,
}

/// A request with its variables replaced.
struct Ready<'g> {
    prepared: Prepared,
    /// The same without guarded values, if it holds some: what may be told of it.
    shut: Option<Prepared>,
    guarded: Vec<&'g Guarded>,
}

/// What goes on the wire, or would if it held no guarded value.
struct Written {
    headers: Vec<(String, String)>,
    body: Body,
    warnings: Vec<String>,
}

impl Written {
    /// Has `header` in the place of any of that name.
    fn answer_with(&mut self, (name, value): (String, String)) {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(&name));
        self.headers.push((name, value));
    }
}

/// What came of a request.
#[derive(Default)]
pub(crate) struct Answered {
    /// The request as it went, as v2.1: what scripts see from now on.
    pub request: Option<Value>,
    pub response: Option<bulla_sandbox::ScriptResponse>,
    /// The cookies that the jar has for the URL.
    pub cookies: Vec<Value>,
    /// Why there is no answer.
    pub failed: Option<Failed>,
}

/// Why there is no answer.
#[derive(Default)]
pub(crate) struct Failed {
    pub message: String,
    /// What a script finds in `error.code`: Node's word if it has one.
    pub code: String,
}

/// A try that is followed by another.
struct Vain {
    exchange: u32,
    reason: String,
    status: Option<u16>,
    code: Option<&'static str>,
}

/// Why a file is not sent.
enum FileProblem {
    Refused,
    Outside,
    Missing,
    NotAFile,
    Unreadable(std::io::Error),
}

impl FileProblem {
    fn text(&self, name: &str) -> String {
        match self {
            Self::Refused => format!("\"{name}\": files of this machine are not sent from here"),
            Self::Outside => format!(
                "\"{name}\" lies outside of the working directory, which --no-insecure-file-read does not allow"
            ),
            Self::Missing => format!("\"{name}\", no such file"),
            Self::NotAFile => format!("\"{name}\", is not a file"),
            Self::Unreadable(error) => format!("\"{name}\" cannot be read: {error}"),
        }
    }
}

impl Sender {
    pub(crate) fn new(plan: &Plan, mask: Mask, client: Client, jar: CookieJar, cancel: CancellationToken) -> Self {
        let random = match plan.seed {
            Some(seed) => StdRng::seed_from_u64(seed),
            None => StdRng::try_from_rng(&mut SysRng).expect("the operating system gives randomness"),
        };
        Self {
            client,
            jar,
            cancel,
            mask: Mutex::new(mask),
            random: Mutex::new(random),
            sending: plan.sending,
            files: plan.files.clone(),
            timeout: plan.timeouts.request,
            retry: plan.retry.clone(),
            vault: Mutex::new(plan.vault.clone()),
            guard: Arc::new(Guard::new(plan.guarded.clone())),
            exchanges: Arc::default(),
        }
    }

    /// The sender of a virtual user: the same connections and count of exchanges, other cookies and randomness.
    pub(crate) fn of_user(&self, plan: &Plan, jar: CookieJar, cancel: CancellationToken) -> Self {
        let exchanges = Arc::clone(&self.exchanges);
        Self { exchanges, ..Self::new(plan, self.mask().clone(), self.client.clone(), jar, cancel) }
    }

    /// What must not be shown. The lock is held for moments only.
    pub(crate) fn mask(&self) -> MutexGuard<'_, Mask> {
        self.mask.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what a script asks of the vault. A secret that is new is hidden from now on.
    pub(crate) fn vault(&self, call: VaultCall) -> Value {
        let mut vault = self.vault.lock().unwrap_or_else(PoisonError::into_inner);
        match call {
            VaultCall::Get { key } => return vault.get(&key).cloned().map_or(Value::Null, Value::String),
            VaultCall::Set { key, value } => {
                crate::run::learn(&mut self.mask(), &value);
                vault.insert(key, value);
            }
            VaultCall::Unset { key } => {
                vault.remove(&key);
            }
        }
        Value::Null
    }

    /// `scopes`, in which `vault:name` stands for a secret of the vault.
    fn with_vault<'s>(&self, scopes: &'s Scopes) -> Cow<'s, Scopes> {
        let vault = self.vault.lock().unwrap_or_else(PoisonError::into_inner);
        if vault.is_empty() {
            return Cow::Borrowed(scopes);
        }
        let mut scopes = scopes.clone();
        scopes.globals.0.extend(vault.iter().map(|(key, value)| (format!("vault:{key}"), json!(value))));
        Cow::Owned(scopes)
    }

    /// Fills `bytes` with randomness, or with what the plan's seed gives.
    pub(crate) fn fill(&self, bytes: &mut [u8]) {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }

    /// Prepares and sends a request; a challenge is answered, as digest authorization asks for.
    pub(crate) async fn send(&self, wire: Wire, out: &UnboundedSender<Event>) -> Answered {
        let Ready { prepared, shut, guarded } = match self.ready(&wire) {
            Ok(ready) => ready,
            Err(error) => {
                let code = match error {
                    prepare::PrepareError::NoUrl | prepare::PrepareError::NoHost { .. } => "bad_url",
                    _ => "authorization",
                };
                let url = wire.request.get("url").map(bulla_collection::url::written).unwrap_or_default();
                let method = wire.request.get("method").and_then(Value::as_str).unwrap_or("GET").to_owned();
                let error = RequestError {
                    code: code.to_owned(),
                    phase: "prepare".to_owned(),
                    message: error.to_string(),
                    hint: unresolved(&url),
                };
                let code = error.code.clone();
                return self.fail(&wire, None, (method, url), (error, &code), out);
            }
        };
        self.learn(&prepared);
        let told = shut.as_ref().unwrap_or(&prepared);
        let mut resolved = told.resolved.clone();
        if let Some(why) = shut.as_ref().and_then(|shut| guard::objection(&prepared.url, &shut.url, &prepared.headers))
        {
            let error = RequestError {
                code: "guarded_value".to_owned(),
                phase: "prepare".to_owned(),
                message: format!("{} may be used without being seen: {why}", list(&guarded)),
                hint: None,
            };
            return self.fail(&wire, None, (told.method.clone(), told.url.clone()), (error, "guarded_value"), out);
        }
        let mut written = self.written(&prepared, &wire.behavior);
        // What is told of a guarded request is told of the one that holds no guarded value.
        let mut shown = shut.as_ref().map(|shut| self.written(shut, &wire.behavior));
        let mut warnings = std::mem::take(&mut shown.as_mut().unwrap_or(&mut written).warnings);
        let of_connection = prepared.replay.as_ref().is_some_and(|replay| replay.is_of_connection());
        let mut apart = None;
        let mut replays = 0;
        let mut retries = 0;
        loop {
            let exchange = number(&self.exchanges);
            if of_connection {
                apart.get_or_insert(exchange);
            }
            warn(&wire, &mut warnings, out);
            let Written { headers, body, .. } = shown.as_ref().unwrap_or(&written);
            let _ = out.send(Event::RequestSent(RequestSent {
                item: wire.item.clone(),
                exchange,
                source: wire.source,
                guarded: guarded.iter().map(|guarded| guarded.key.clone()).collect(),
                request: SentRequest {
                    method: told.method.clone(),
                    url: told.url.clone(),
                    headers: listed(headers),
                    body: shown_body(body),
                },
            }));
            let (tap, pieces) = mpsc::unbounded_channel();
            let streaming = Streaming { longest: self.sending.longest_stream, tap: Some(tap) };
            let request = Request {
                method: prepared.method.clone(),
                url: prepared.url.clone(),
                headers: written.headers.clone(),
                body: written.body.clone(),
                settings: Settings { streaming, ..self.settings(&wire.behavior, &guarded, apart) },
            };
            let sent = self.client.send(request, &self.jar, &self.cancel);
            let (answer, ()) = tokio::join!(sent, self.tell_events(&wire, exchange, pieces, out));
            let mut answer = match answer {
                Ok(answer) => answer,
                Err(error) if self.retry.on_network && is_of_network(&error) && self.may_retry(&wire, retries) => {
                    let vain = Vain { exchange, reason: error.to_string(), status: None, code: Some(error.code()) };
                    retries += 1;
                    self.pause(&wire, vain, retries, None, out).await;
                    continue;
                }
                Err(error) => {
                    let (method, url) = (told.method.clone(), told.url.clone());
                    let code = error.node_code().unwrap_or(error.code());
                    let mut explained = self.explained(&error, &url);
                    if !guarded.is_empty() {
                        explained.message = self.guard.clean(&explained.message);
                    }
                    if let SendError::Bound { .. } = error {
                        explained.hint = Some(bound_hint(&guarded));
                    }
                    let mut answered = self.fail(&wire, Some(exchange), (method, url), (explained, code), out);
                    answered.request = Some(resolved);
                    return answered;
                }
            };
            let challenge = |prepared: &Prepared| {
                let replay = prepared.replay.as_ref().filter(|_| replays < REPLAYS)?;
                replay.answer(answer.response.status, &answer.response.headers, replays)
            };
            let challenged = challenge(&prepared);
            let challenged_shown = shut.as_ref().and_then(challenge);
            if shut.is_some() {
                self.guard.clean_answer(&mut answer);
            }
            if let (true, Some(longest)) = (answer.response.cut, self.sending.longest_stream) {
                let ms = longest.as_millis();
                warnings.push(format!(
                    "the server did not end its stream of events; what came within {ms} ms is the answer"
                ));
                warn(&wire, &mut warnings, out);
            }
            let received = self.received(&wire, exchange, &answer);
            let cookies = self.cookies(&answer);
            let _ = out.send(Event::ResponseReceived(received));
            if let Some(header) = challenged {
                written.answer_with(header);
                if let (Some(shown), Some(header)) = (&mut shown, challenged_shown) {
                    shown.answer_with(header);
                }
                replays += 1;
                continue;
            }
            let status = answer.response.status;
            if self.retry.on_statuses.iter().any(|range| range.contains(&status)) && self.may_retry(&wire, retries) {
                let said = format!("{status} {}", reason(status, &answer.response.reason));
                let vain = Vain { exchange, reason: said.trim_end().to_owned(), status: Some(status), code: None };
                retries += 1;
                self.pause(&wire, vain, retries, asked_pause(&answer.response.headers), out).await;
                continue;
            }
            resolved["url"] = bulla_collection::url::completed(json!(told.url));
            let first = answer.sent.first().map(|hop| hop.headers.as_slice());
            let headers = match &shown {
                Some(shown) => &shown.headers,
                None => first.unwrap_or(&written.headers),
            };
            resolved["header"] = headers.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
            return Answered {
                request: Some(resolved),
                response: Some(script_response(&answer)),
                cookies,
                failed: None,
            };
        }
    }

    /// Tells the events of a stream as its pieces come, until there are no more.
    async fn tell_events(
        &self,
        wire: &Wire,
        exchange: u32,
        pieces: mpsc::UnboundedReceiver<Bytes>,
        out: &UnboundedSender<Event>,
    ) {
        let pieces = UnboundedReceiverStream::new(pieces).map(Ok::<_, Infallible>);
        let mut events = SseByteStream::new(pieces);
        let mut index = 0;
        // What is no stream of events any more is told by nobody; the body of the answer has it.
        while let Some(Ok(event)) = events.next().await {
            // The standard: a block without data is no event.
            let (true, Some(data)) = (index < self.sending.told_events, event.data) else { continue };
            let _ = out.send(Event::ServerSentEvent(ServerSentEvent {
                item: wire.item.clone(),
                exchange,
                source: wire.source,
                index,
                event: event.event.filter(|name| !name.is_empty()).unwrap_or_else(|| "message".to_owned()),
                id: event.id,
                data,
            }));
            index += 1;
        }
    }

    /// What goes on the wire of a prepared request once its length and the type of its body are known.
    fn written(&self, prepared: &Prepared, behavior: &Map<String, Value>) -> Written {
        let mut headers = prepared.headers.clone();
        let (mut body, warnings) = self.body(prepared);
        self.complete(prepared, &mut headers, &mut body, behavior);
        Written { headers, body, warnings: prepared.warnings.iter().cloned().chain(warnings).collect() }
    }

    /// The request with its variables replaced; if it holds guarded values, once with and once without them.
    fn ready(&self, wire: &Wire) -> Result<Ready<'_>, prepare::PrepareError> {
        let scopes = self.with_vault(&wire.scopes);
        let [seed, nonces] = {
            let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
            // Two streams of numbers from one: dynamic variables and nonces are made in turns.
            [random.next_u64(), random.next_u64()]
        };
        let now = now_ms();
        // The same each time.
        let prepared = |scopes: &Scopes, opens: bool| {
            let (mut own, mut random) = (StdRng::seed_from_u64(seed), StdRng::seed_from_u64(nonces));
            let mut generator = Generator::new(now, || own.next_u64());
            let mut work = |dynamic: &mut dyn Dynamic| {
                let random = &mut || random.next_u64();
                let mut around = Surroundings { dynamic, now, random, agent: crate::AGENT };
                prepare::prepare(&wire.request, wire.auth.as_ref(), &wire.behavior, scopes, &mut around)
            };
            match opens {
                true => self.guard.opened(&mut generator, work),
                false => (work(&mut generator), Vec::new()),
            }
        };
        if self.guard.is_empty() {
            return Ok(Ready { prepared: prepared(&scopes, false).0?, shut: None, guarded: Vec::new() });
        }
        let scopes = self.guard.uncovered(&scopes);
        let (open, guarded) = prepared(&scopes, true);
        if guarded.is_empty() {
            return Ok(Ready { prepared: open?, shut: None, guarded });
        }
        // The error of the one that holds nothing is the one that can be shown.
        let shut = prepared(&scopes, false).0?;
        Ok(Ready { prepared: open?, shut: Some(shut), guarded })
    }

    /// Basic credentials hold a secret in a form that its own spellings do not show.
    fn learn(&self, prepared: &Prepared) {
        let mut mask = self.mask();
        if mask.is_empty() {
            return;
        }
        for (_, value) in &prepared.headers {
            let Some((scheme, credentials)) = value.split_once(' ') else { continue };
            if !scheme.eq_ignore_ascii_case("basic") {
                continue;
            }
            let Ok(plain) = base64::engine::general_purpose::STANDARD.decode(credentials.trim()) else { continue };
            let plain = String::from_utf8_lossy(&plain);
            if matches!(mask.apply(&plain), std::borrow::Cow::Owned(_)) {
                mask.add(credentials.trim());
            }
        }
    }

    /// Is another try of this request allowed after so many?
    fn may_retry(&self, wire: &Wire, retries: u32) -> bool {
        wire.source == Source::Item && retries < self.retry.times
    }

    /// Says what came of a try, and waits before the next, which is number `retry`.
    async fn pause(&self, wire: &Wire, vain: Vain, retry: u32, asked: Option<Duration>, out: &UnboundedSender<Event>) {
        let pause = self.retry.pause(retry - 1, asked);
        let _ = out.send(Event::RequestRetried(RequestRetried {
            item: wire.item.clone(),
            exchange: vain.exchange,
            iteration: wire.iteration,
            retry,
            retries: self.retry.times,
            pause_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            reason: vain.reason,
            status: vain.status,
            code: vain.code.map(str::to_owned),
        }));
        tokio::time::sleep(pause).await;
    }

    /// How a request is sent that holds the values `guarded`; over a connection of its own if it is `apart`.
    fn settings(&self, behavior: &Map<String, Value>, guarded: &[&Guarded], apart: Option<u32>) -> Settings {
        let flag = |key: &str| behavior.get(key).and_then(Value::as_bool);
        let mut settings = Settings {
            follow_redirects: flag("followRedirects").unwrap_or(self.sending.follow_redirects),
            follow_original_method: flag("followOriginalHttpMethod").unwrap_or(false),
            follow_authorization: flag("followAuthorizationHeader").unwrap_or(false),
            remove_referer: flag("removeRefererHeaderOnRedirect").unwrap_or(false),
            strict_ssl: flag("strictSSL").unwrap_or(!self.sending.insecure),
            cookies_enabled: !flag("disableCookies").unwrap_or(false),
            lenient_parser: flag("insecureHTTPParser").unwrap_or(false),
            timeout: self.timeout,
            max_response: self.sending.largest_response,
            apart,
            host_header: behavior.get("disabledSystemHeaders").and_then(|all| all.get("host")) != Some(&json!(true)),
            ..Settings::default()
        };
        // Some clients write the number as a text.
        let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        if let Some(most) = behavior.get("maxRedirects").and_then(number) {
            settings.max_redirects = most.try_into().unwrap_or(settings.max_redirects);
        }
        let texts = |key: &str| -> Vec<String> {
            let list = behavior.get(key).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        // Without a word of the request it is HTTP/1.1, as in newman.
        settings.http_version = match behavior.get("protocolVersion").and_then(Value::as_str) {
            // NTLM signs a connection in, which HTTP/2 knows nothing of.
            _ if apart.is_some() => HttpVersion::Http1,
            Some("http2") => HttpVersion::Http2,
            Some("auto") => HttpVersion::Auto,
            _ => HttpVersion::Http1,
        };
        settings.tls.disabled = texts("tlsDisabledProtocols");
        settings.tls.ciphers = texts("tlsCipherSelection");
        if !guarded.is_empty() {
            settings.only_to = guarded.iter().map(|guarded| guarded.destinations.clone()).collect();
            let guard = Arc::clone(&self.guard);
            // A cookie that gives the value back would be read by a script, or sent elsewhere.
            settings.cookie_filter = Some(CookieFilter(Arc::new(move |header| !guard.is_in(header))));
        }
        settings
    }

    /// Adds what is said of the body's length and type once the body is there.
    fn complete(
        &self,
        prepared: &Prepared,
        headers: &mut Vec<(String, String)>,
        body: &mut Body,
        behavior: &Map<String, Value>,
    ) {
        if let prepare::Body::Multipart { parts, .. } = &prepared.body
            && !parts.is_empty()
            && matches!(body, Body::Empty)
        {
            // Of a form whose files are all missing nothing is left.
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        }
        let disabled =
            |name: &str| behavior.get("disabledSystemHeaders").and_then(|all| all.get(name)) == Some(&json!(true));
        let bodiless = ["GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"].contains(&prepared.method.as_str());
        let length = match body {
            Body::Empty => Some(0),
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Stream { length, .. } => *length,
        };
        if let Some(length) = length.filter(|length| *length > 0 || !bodiless)
            && !has(headers, "content-length")
            && !has(headers, "transfer-encoding")
        {
            headers.push(("Content-Length".to_owned(), length.to_string()));
        }
        if let (prepare::Body::File(name), Body::Stream { .. }) = (&prepared.body, &*body)
            && !has(headers, "content-type")
            && !disabled("content-type")
        {
            headers.push(("Content-Type".to_owned(), content_type(name).to_owned()));
        }
    }

    /// The body as it is sent. A file that cannot be sent is left out with a warning, as in newman.
    fn body(&self, prepared: &Prepared) -> (Body, Vec<String>) {
        let mut warnings = Vec::new();
        let body = match &prepared.body {
            prepare::Body::None => Body::Empty,
            prepare::Body::Bytes(bytes) => Body::Bytes(Bytes::from(bytes.clone())),
            prepare::Body::File(name) => match self.file(name) {
                Ok((path, length)) => Body::Stream { length: Some(length), parts: vec![BodyPart::File(path)] },
                Err(problem) => {
                    warnings.push(format!("Binary file load error: {}", problem.text(name)));
                    Body::Empty
                }
            },
            prepare::Body::Multipart { boundary, parts } => self.multipart(boundary, parts, &mut warnings),
        };
        (body, warnings)
    }

    fn multipart(&self, boundary: &str, parts: &[prepare::Part], warnings: &mut Vec<String>) -> Body {
        let mut length = 0;
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut sent = 0;
        for part in parts {
            let mut content = None;
            let mut file_name = part.file_name.clone();
            let mut kind = part.content_type.clone();
            if let PartContent::File(name) = &part.content {
                match self.file(name) {
                    Ok((path, size)) => {
                        let own = Path::new(name).file_name().map(|name| name.to_string_lossy().into_owned());
                        kind = kind.or_else(|| Some(content_type(name).to_owned()));
                        file_name = file_name.or(own);
                        content = Some((path, size));
                    }
                    Err(problem) => {
                        warnings.push(format!("Form param `{}`, file load error: {}", part.name, problem.text(name)));
                        continue;
                    }
                }
            }
            sent += 1;
            text.push_str(&format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", quoted(&part.name)));
            if let Some(name) = &file_name {
                text.push_str(&format!("; filename=\"{}\"", quoted(name)));
            }
            text.push_str("\r\n");
            if let Some(kind) = &kind {
                text.push_str(&format!("Content-Type: {}\r\n", kind.replace(['\r', '\n'], " ")));
            }
            text.push_str("\r\n");
            match (&part.content, content) {
                (_, Some((path, size))) => {
                    length += text.len() as u64 + size;
                    pieces.push(BodyPart::Bytes(std::mem::take(&mut text).into()));
                    pieces.push(BodyPart::File(path));
                }
                (PartContent::Text(value), None) => text.push_str(value),
                (PartContent::File(_), None) => {}
            }
            text.push_str("\r\n");
        }
        text.push_str(&format!("--{boundary}--\r\n"));
        length += text.len() as u64;
        if sent == 0 && !parts.is_empty() {
            return Body::Empty;
        }
        if pieces.is_empty() {
            return Body::Bytes(text.into());
        }
        pieces.push(BodyPart::Bytes(text.into()));
        Body::Stream { length: Some(length), parts: pieces }
    }

    /// Where a named file is, and its size, if this run may send it.
    fn file(&self, name: &str) -> Result<(PathBuf, u64), FileProblem> {
        let Files::Allowed { root, outside } = &self.files else { return Err(FileProblem::Refused) };
        let path = root.join(name);
        let unreadable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => FileProblem::Missing,
            _ => FileProblem::Unreadable(error),
        };
        // Links are followed before the place is judged, so none leads out.
        let real = path.canonicalize().map_err(unreadable)?;
        if !outside && !real.starts_with(root.canonicalize().map_err(unreadable)?) {
            return Err(FileProblem::Outside);
        }
        let file = std::fs::metadata(&real).map_err(unreadable)?;
        if !file.is_file() {
            return Err(FileProblem::NotAFile);
        }
        Ok((real, file.len()))
    }

    fn fail(
        &self,
        wire: &Wire,
        exchange: Option<u32>,
        (method, url): (String, String),
        (error, code): (RequestError, &str),
        out: &UnboundedSender<Event>,
    ) -> Answered {
        let failed = Some(Failed { message: error.message.clone(), code: code.to_owned() });
        let _ = out.send(Event::RequestFailed(RequestFailed {
            item: wire.item.clone(),
            exchange: exchange.unwrap_or_else(|| number(&self.exchanges)),
            iteration: wire.iteration,
            source: wire.source,
            method,
            url,
            error,
        }));
        Answered { failed, ..Answered::default() }
    }

    fn explained(&self, error: &SendError, url: &str) -> RequestError {
        RequestError {
            code: error.code().to_owned(),
            phase: error.phase().to_owned(),
            message: error.to_string(),
            hint: unresolved(url),
        }
    }

    /// The cookies that the jar has for where the answer came from, as scripts have them.
    fn cookies(&self, answer: &Exchange) -> Vec<Value> {
        let url = answer.sent.last().map(|hop| hop.url.as_str()).unwrap_or_default();
        self.jar.list(url).iter().map(crate::cookies::shown).collect()
    }

    fn received(&self, wire: &Wire, exchange: u32, answer: &Exchange) -> ResponseReceived {
        let response = &answer.response;
        let (url, before) = match answer.sent.split_last() {
            Some((last, before)) => (last.url.as_str(), before),
            None => ("", &[][..]),
        };
        let timing = response.timing;
        let sizes = response.sizes;
        ResponseReceived {
            item: wire.item.clone(),
            exchange,
            source: wire.source,
            redirects: before
                .iter()
                .map(|hop| Redirect { method: hop.method.clone(), url: hop.url.clone(), code: hop.status })
                .collect(),
            response: ReceivedResponse {
                code: response.status,
                status: reason(response.status, &response.reason),
                headers: listed(&response.headers),
                cookies: self.jar.list(url).iter().map(received_cookie).collect(),
                body: ReceivedBody {
                    size: response.body.len() as u64,
                    text: None,
                    base64: None,
                    truncated: false,
                    id: None,
                    bytes: response.body.clone(),
                },
                timing: PhaseTimes {
                    redirects: milliseconds_of(timing.redirects),
                    dns: milliseconds_of(timing.dns),
                    connect: milliseconds_of(timing.connect),
                    tls: milliseconds_of(timing.tls),
                    send: milliseconds_of(timing.send),
                    wait: milliseconds_of(timing.wait),
                    download: milliseconds_of(timing.download),
                    total: milliseconds_of(timing.total),
                },
                sizes: PartSizes {
                    request_headers: sizes.request_head,
                    request_body: sizes.request_body,
                    response_headers: sizes.response_head,
                    response_body: sizes.response_body,
                    response_body_wire: sizes.response_body_wire,
                },
                http_version: response.http_version.to_owned(),
                remote_address: response.remote.to_string(),
                tls: response.tls.as_ref().map(tls_peer),
            },
        }
    }
}

/// Says on the console what was noticed about a request.
fn warn(wire: &Wire, warnings: &mut Vec<String>, out: &UnboundedSender<Event>) {
    for warning in warnings.drain(..) {
        let _ = out.send(Event::Console(Console {
            level: Level::Warn,
            messages: vec![json!(warning)],
            item: Some(wire.item.clone()),
            target: None,
            at: now_text(),
        }));
    }
}

fn received_cookie(cookie: &bulla_transport::Cookie) -> ReceivedCookie {
    ReceivedCookie {
        name: cookie.name.clone(),
        value: cookie.value.clone(),
        domain: cookie.domain.clone(),
        path: cookie.path.clone(),
        expires: cookie.expires.clone(),
        http_only: cookie.http_only,
        secure: cookie.secure,
    }
}

fn tls_peer(tls: &bulla_transport::TlsInfo) -> TlsPeer {
    TlsPeer {
        version: tls.version.clone(),
        cipher: tls.cipher.clone(),
        protocol: tls.protocol.clone(),
        chain: tls.chain.iter().map(peer_certificate).collect(),
        verified: tls.verified,
        problem: tls.problem.clone(),
        client_certificate: tls.client_certificate.as_ref().map(peer_certificate),
    }
}

fn peer_certificate(certificate: &bulla_transport::Certificate) -> PeerCertificate {
    PeerCertificate {
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        names: certificate.names.clone(),
        not_before: certificate.not_before.clone(),
        not_after: certificate.not_after.clone(),
        fingerprint: certificate.fingerprint.clone(),
    }
}

/// The names of guarded variables, for people.
fn list(guarded: &[&Guarded]) -> String {
    guarded.iter().map(|guarded| format!("{{{{{}}}}}", guarded.key)).collect::<Vec<_>>().join(", ")
}

/// Where guarded values may go, and what can be done about it.
fn bound_hint(guarded: &[&Guarded]) -> String {
    let told = guarded.iter().map(|guarded| {
        let places: Vec<String> = guarded.destinations.iter().map(ToString::to_string).collect();
        match places.as_slice() {
            [] => format!(
                "{{{{{}}}}} is a secret that you may not see, so that it is sent nowhere for you; ask for a role, or for hosts \
                 that it may be sent to",
                guarded.key
            ),
            _ => format!("{{{{{}}}}} may be sent to {}; whoever set it can say where", guarded.key, places.join(", ")),
        }
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Milliseconds since the epoch.
pub(crate) fn now_ms() -> i64 {
    (time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}

/// Did the exchange fail on the way, so that it may succeed another time?
fn is_of_network(error: &SendError) -> bool {
    matches!(
        error,
        SendError::NoAddress { .. }
            | SendError::Connect { .. }
            | SendError::Proxy { .. }
            | SendError::Tls { .. }
            | SendError::Closed { .. }
            | SendError::Broken { .. }
            | SendError::TimedOut { .. }
    )
}

/// The seconds of `Retry-After`.
fn asked_pause(headers: &[(String, String)]) -> Option<Duration> {
    let (_, value) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
    value.trim().parse().ok().map(Duration::from_secs)
}

/// A hint if `url` still holds a variable.
fn unresolved(url: &str) -> Option<String> {
    let plain = url.replace("%7B", "{").replace("%7D", "}").replace("%7b", "{").replace("%7d", "}");
    let from = plain.find("{{")? + 2;
    let name = plain[from..].split("}}").next().filter(|name| !name.is_empty() && name.len() < 100)?;
    Some(format!("the variable {name} has no value; choose an environment that has one, or set it"))
}

fn has(headers: &[(String, String)], name: &str) -> bool {
    headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
}

fn listed(headers: &[(String, String)]) -> Vec<Header> {
    headers.iter().map(|(key, value)| Header { key: key.clone(), value: value.clone() }).collect()
}

fn shown_body(body: &Body) -> SentBody {
    match body {
        Body::Empty => SentBody { kind: BodyKind::None, text: None, size: 0 },
        Body::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => SentBody { kind: BodyKind::Text, text: Some(text.to_owned()), size: bytes.len() as u64 },
            Err(_) => SentBody { kind: BodyKind::Binary, text: None, size: bytes.len() as u64 },
        },
        Body::Stream { length, .. } => SentBody { kind: BodyKind::Binary, text: None, size: length.unwrap_or(0) },
    }
}

/// The words of a status, those of the standard if the server sent none.
fn reason(code: u16, sent: &str) -> String {
    if !sent.is_empty() {
        return sent.to_owned();
    }
    let known = http::StatusCode::from_u16(code).ok().and_then(|status| status.canonical_reason());
    known.unwrap_or_default().to_owned()
}

fn script_response(answer: &Exchange) -> bulla_sandbox::ScriptResponse {
    let response = &answer.response;
    bulla_sandbox::ScriptResponse {
        code: response.status,
        status: reason(response.status, &response.reason),
        headers: response.headers.clone(),
        body: response.body.clone(),
        response_time_ms: milliseconds_of(response.timing.total).round(),
        response_size: response.sizes.response_body_wire,
    }
}

fn quoted(text: &str) -> String {
    text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn content_type(name: &str) -> &'static str {
    mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream")
}
