//! From a request as it is written to what goes on the wire: variables, encoding, automatic headers, signing.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::auth::{self, Replay};
use crate::scopes::{Dynamic, Scopes};
use crate::url::{self, Parts};

/// What `encodeURIComponent` with `!'()*` encodes (RFC 3986, section 2.3): what a form body is written in.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a preparation needs from outside.
pub struct Surroundings<'s> {
    /// Dynamic variables.
    pub dynamic: &'s mut dyn Dynamic,
    /// Milliseconds since the epoch.
    pub now: i64,
    /// 64 random bits.
    pub random: &'s mut dyn FnMut() -> u64,
    /// The `User-Agent`.
    pub agent: &'s str,
}

/// What goes on the wire.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// As written.
    pub method: String,
    /// Absolute and encoded.
    pub url: String,
    /// In the order and case in which they are sent.
    pub headers: Vec<(String, String)>,
    /// What follows them.
    pub body: Body,
    /// An answer to a challenge, for schemes that need one.
    pub replay: Option<Replay>,
    /// The request with its variables replaced, as v2.1 JSON: what scripts see after it was sent.
    pub resolved: Value,
}

/// The body of a request. Files are named and never read here.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Nothing.
    None,
    /// Bytes.
    Bytes(Vec<u8>),
    /// The content of a file.
    File(String),
    /// A multipart form.
    Multipart {
        /// What separates the parts.
        boundary: String,
        /// The parts.
        parts: Vec<Part>,
    },
}

/// A part of a multipart form.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub content: PartContent,
    /// Its own content type, if the form gives one.
    pub content_type: Option<String>,
    /// Its file name, if the form gives one.
    pub file_name: Option<String>,
}

/// What a part holds.
#[derive(Clone, Debug, PartialEq)]
pub enum PartContent {
    /// Text.
    Text(String),
    /// The content of a file.
    File(String),
}

/// Why a request cannot be sent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// There is no URL.
    #[error("the request has no URL")]
    NoUrl,
    /// No host.
    #[error("the URL {url} has no host")]
    NoHost {
        /// After substitution.
        url: String,
    },
    /// The scheme of `auth` is not one we sign.
    #[error("authorization of type {0} is not supported yet; choose another type or set its header yourself")]
    Auth(String),
    /// A parameter of `auth` is wrong.
    #[error("authorization {kind}: {reason}")]
    AuthParameter {
        /// The type.
        kind: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// Prepares `request` (a v2.1 request object) with the `auth` that holds and its `protocolProfileBehavior`.
///
/// # Errors
///
/// [`PrepareError`]; nothing was sent.
pub fn prepare(
    request: &Value,
    auth: Option<&Value>,
    behavior: &Map<String, Value>,
    scopes: &Scopes,
    around: &mut Surroundings<'_>,
) -> Result<Prepared, PrepareError> {
    // The URL is replaced as one text and taken apart again: a variable may hold `a=1&b=2` or a host with its port.
    let written = request.get("url").map(url::written).unwrap_or_default();
    let url_text = scopes.substitute(&written, around.dynamic);
    let path_variables: Vec<(String, String)> = request
        .get("url")
        .map(url::path_variables)
        .unwrap_or_default()
        .into_iter()
        .map(|(key, value)| (key, scopes.substitute(&value, around.dynamic)))
        .collect();
    let mut resolved = substituted(request, scopes, around.dynamic);
    let auth = auth.map(|auth| substituted(auth, scopes, around.dynamic));
    resolved["url"] = url::completed(json!(url_text));
    if url_text.trim().is_empty() {
        return Err(PrepareError::NoUrl);
    }
    let mut parts = url::parse(&url_text);
    if parts.host.is_empty() {
        return Err(PrepareError::NoHost { url: url_text });
    }
    let mut signing_auth = auth.unwrap_or(Value::Null);
    // `user:password@` in the URL is basic authorization, unless something else was chosen.
    if let Some(credentials) = parts.auth.take()
        && signing_auth.get("type").is_none()
    {
        let (user, password) = credentials.split_once(':').unwrap_or((&credentials, ""));
        let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        signing_auth = json!({ "type": "basic", "basic": { "username": plain(user), "password": plain(password) } });
    }
    let method = resolved.get("method").and_then(Value::as_str).unwrap_or("GET").trim().to_owned();
    let method = if method.is_empty() { "GET".to_owned() } else { method };
    let raw_url = flag(behavior, "disableUrlEncoding");

    let mut headers = written_headers(&resolved);
    let prunes = ["GET", "COPY", "HEAD", "PURGE", "UNLOCK"].contains(&method.to_uppercase().as_str());
    let keeps_body = flag(behavior, "disableBodyPruning") || !prunes;
    let (body, content_type) = match resolved.get("body").filter(|_| keeps_body) {
        Some(body) => body_of(body, around),
        None => (Body::None, None),
    };
    let disabled = behavior.get("disabledSystemHeaders").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_disabled = |name: &str| disabled.get(name) == Some(&Value::Bool(true));
    if let Some(content_type) = content_type.filter(|_| !is_disabled("content-type")) {
        add_missing(&mut headers, "Content-Type", content_type);
    }

    let mut signing = auth::Signing {
        method: &method,
        parts: &mut parts,
        path_variables: &path_variables,
        raw_url,
        headers: &mut headers,
        body: &body,
        now: around.now,
        random: around.random,
    };
    let replay = auth::sign(&signing_auth, &mut signing)?;
    let url = url::sent(&parts, &path_variables, raw_url);

    let random = (around.random)();
    let other = (around.random)();
    for (name, value) in [
        ("User-Agent", around.agent.to_owned()),
        ("Accept", "*/*".to_owned()),
        ("Cache-Control", "no-cache".to_owned()),
        ("Postman-Token", crate::dynamic::uuid(random, other)),
        ("Host", host_header(&url)),
        ("Accept-Encoding", "gzip, deflate, br".to_owned()),
        ("Connection", "keep-alive".to_owned()),
    ] {
        if !is_disabled(&name.to_lowercase()) {
            add_missing(&mut headers, name, value);
        }
    }
    Ok(Prepared { method, url, headers, body, replay, resolved })
}

/// `value` with every text in it substituted; keys stay.
pub fn substituted(value: &Value, scopes: &Scopes, dynamic: &mut dyn Dynamic) -> Value {
    match value {
        Value::String(text) => Value::String(scopes.substitute(text, dynamic)),
        Value::Array(list) => list.iter().map(|value| substituted(value, scopes, dynamic)).collect(),
        Value::Object(object) => Value::Object(
            object.iter().map(|(key, value)| (key.clone(), substituted(value, scopes, dynamic))).collect(),
        ),
        other => other.clone(),
    }
}

fn flag(behavior: &Map<String, Value>, key: &str) -> bool {
    behavior.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// The enabled headers; of one name in two cases the last wins, as in newman.
fn written_headers(request: &Value) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| {
        let name = name.trim();
        if name.is_empty() {
            return;
        }
        headers.retain(|(other, _)| other == name || !other.eq_ignore_ascii_case(name));
        headers.push((name.to_owned(), value));
    };
    match request.get("header") {
        Some(Value::Array(list)) => {
            for header in list.iter().filter(|header| header.get("disabled") != Some(&Value::Bool(true))) {
                let name = header.get("key").map(crate::scopes::shown).unwrap_or_default();
                add(&name, header.get("value").map(crate::scopes::shown).unwrap_or_default());
            }
        }
        Some(Value::String(text)) => {
            for line in text.lines() {
                if let Some((name, value)) = line.split_once(':') {
                    add(name, value.trim().to_owned());
                }
            }
        }
        _ => {}
    }
    headers
}

/// Adds a header unless there is one of that name.
pub(crate) fn add_missing(headers: &mut Vec<(String, String)>, name: &str, value: String) {
    if !headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
        headers.push((name.to_owned(), value));
    }
}

/// Sets a header, in the place of any of that name.
pub(crate) fn set(headers: &mut Vec<(String, String)>, name: &str, value: String) {
    headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    headers.push((name.to_owned(), value));
}

/// Host and port of a sent URL; the port of the scheme is left out.
fn host_header(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let default = if scheme == "https" { ":443" } else { ":80" };
    authority.strip_suffix(default).unwrap_or(authority).to_owned()
}

/// The parameters of a form that are not switched off.
fn parameters(body: &Value, mode: &str) -> Vec<Map<String, Value>> {
    match body.get(mode) {
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_object)
            .filter(|parameter| parameter.get("disabled") != Some(&Value::Bool(true)))
            .cloned()
            .collect(),
        Some(Value::String(text)) => url::parse_query(text)
            .into_iter()
            .map(|(key, value)| {
                Map::from_iter([("key".to_owned(), json!(key)), ("value".to_owned(), json!(value.unwrap_or_default()))])
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn body_of(body: &Value, around: &mut Surroundings<'_>) -> (Body, Option<String>) {
    let text = |object: &Map<String, Value>, key: &str| match object.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(value) => crate::scopes::shown(value),
    };
    if body.get("disabled") == Some(&Value::Bool(true)) {
        return (Body::None, None);
    }
    let mode = body.get("mode").and_then(Value::as_str).unwrap_or_default();
    match mode {
        "raw" => {
            let raw = body.get("raw").map(|raw| raw.as_str().map_or_else(|| raw.to_string(), str::to_owned));
            let raw = raw.unwrap_or_default();
            if raw.is_empty() {
                return (Body::None, None);
            }
            let language = body.pointer("/options/raw/language").and_then(Value::as_str).unwrap_or("text");
            let kind = match language {
                "json" => "application/json",
                "html" => "text/html",
                "xml" => "application/xml",
                "javascript" => "application/javascript",
                _ => "text/plain",
            };
            (Body::Bytes(raw.into_bytes()), Some(kind.to_owned()))
        }
        "urlencoded" => {
            let pairs = parameters(body, mode);
            if pairs.is_empty() {
                return (Body::None, None);
            }
            let form = |text: String| utf8_percent_encode(&text, FORM).to_string();
            let pairs: Vec<String> =
                pairs.iter().map(|pair| format!("{}={}", form(text(pair, "key")), form(text(pair, "value")))).collect();
            (Body::Bytes(pairs.join("&").into_bytes()), Some("application/x-www-form-urlencoded".to_owned()))
        }
        "formdata" => {
            let mut parts = Vec::new();
            for field in parameters(body, mode) {
                let part = |content, file_name| Part {
                    name: text(&field, "key"),
                    content,
                    content_type: Some(text(&field, "contentType")).filter(|kind| !kind.is_empty()),
                    file_name,
                };
                let named = Some(text(&field, "fileName")).filter(|name| !name.is_empty());
                match (text(&field, "type").as_str(), field.get("src")) {
                    ("file", Some(Value::Array(sources))) => parts.extend(
                        sources
                            .iter()
                            .filter_map(Value::as_str)
                            .map(|path| part(PartContent::File(path.to_owned()), named.clone())),
                    ),
                    ("file", Some(Value::String(path))) => parts.push(part(PartContent::File(path.clone()), named)),
                    ("file", _) => {}
                    _ => parts.push(part(PartContent::Text(text(&field, "value")), named)),
                }
            }
            if parts.is_empty() {
                return (Body::None, None);
            }
            let digits = (around.random)() % 1_000_000_000_000_000_000;
            let boundary = format!("--------------------------{digits:024}");
            let kind = format!("multipart/form-data; boundary={boundary}");
            (Body::Multipart { boundary, parts }, Some(kind))
        }
        "file" => match body.get("file") {
            Some(Value::String(path)) => (Body::File(path.clone()), None),
            Some(Value::Object(file)) => {
                if let Some(content) = file.get("content").and_then(Value::as_str) {
                    return (Body::Bytes(content.as_bytes().to_vec()), None);
                }
                match file.get("src").and_then(Value::as_str) {
                    Some(path) => (Body::File(path.to_owned()), None),
                    None => (Body::None, None),
                }
            }
            _ => (Body::None, None),
        },
        "graphql" => {
            let graphql = body.get("graphql").and_then(Value::as_object).cloned().unwrap_or_default();
            let variables = text(&graphql, "variables");
            let variables = serde_json::from_str(&variables).unwrap_or_else(|_| json!({}));
            let mut document = json!({ "query": text(&graphql, "query"), "variables": variables });
            let operation = text(&graphql, "operationName");
            if !operation.is_empty() {
                document["operationName"] = json!(operation);
            }
            (Body::Bytes(document.to_string().into_bytes()), Some("application/json".to_owned()))
        }
        _ => (Body::None, None),
    }
}

/// The text of a form body, for signing; `None` for any other.
pub(crate) fn form_pairs(headers: &[(String, String)], body: &Body) -> Option<Vec<(String, String)>> {
    let kind = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type")).map(|(_, value)| value);
    let Body::Bytes(bytes) = body else { return None };
    if !kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
        return None;
    }
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let text = String::from_utf8_lossy(bytes);
    Some(
        url::parse_query(&text)
            .iter()
            .map(|(key, value)| (plain(key), plain(value.as_deref().unwrap_or(""))))
            .collect(),
    )
}

impl Parts {
    /// Scheme, host and port as a signature names them: lower case, without the port of the scheme.
    pub(crate) fn origin(&self) -> (String, String, Option<u16>) {
        let scheme = self.protocol.clone().unwrap_or_else(|| "http".to_owned()).to_lowercase();
        let port = self.port.as_ref().and_then(|port| port.parse().ok());
        (scheme, self.host.to_lowercase(), port)
    }
}
