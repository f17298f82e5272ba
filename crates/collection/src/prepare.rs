//! From a request as it is written to what goes on the wire: variables, encoding, automatic headers, signing.

use base64::Engine;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::auth::{self, Replay};
use crate::scopes::{Dynamic, Scopes};
use crate::url::{self, Parts};

const NODE_BASE64: base64::engine::GeneralPurpose = base64::engine::GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    base64::engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

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
    /// What could not be done as it was asked for, for people.
    pub warnings: Vec<String>,
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
    #[error("authorization of type {0} is not known; choose another type or set its header yourself")]
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
    // As in newman, a method has no variables.
    let method = request.get("method").and_then(Value::as_str).unwrap_or("GET").trim().to_owned();
    let method = if method.is_empty() { "GET".to_owned() } else { method.to_uppercase() };
    let raw_url = flag(behavior, "disableUrlEncoding");

    let mut headers = written_headers(&resolved);
    let prunes = ["GET", "COPY", "HEAD", "PURGE", "UNLOCK"].contains(&method.to_uppercase().as_str());
    let keeps_body = flag(behavior, "disableBodyPruning") || !prunes;
    let (body, content_type) = match resolved.get("body").filter(|_| keeps_body) {
        Some(body) => body_of(body, around),
        None => (Body::None, None),
    };
    let typed = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let body = match (body, typed.and_then(|(_, value)| own_boundary(value))) {
        (Body::Multipart { parts, .. }, Some(boundary)) => Body::Multipart { boundary, parts },
        (body, _) => body,
    };
    let mode = resolved.pointer("/body/mode").and_then(Value::as_str).unwrap_or_default();
    let disabled = behavior.get("disabledSystemHeaders").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_disabled = |name: &str| disabled.get(name) == Some(&Value::Bool(true));
    let content_type = content_type.filter(|_| !is_disabled("content-type"));
    // newman leaves the type of a form to the layer below, which writes it last.
    let (late_type, content_type) =
        if matches!(mode, "urlencoded" | "formdata") { (content_type, None) } else { (None, content_type) };

    let mut signing = auth::Signing {
        method: &method,
        parts: &mut parts,
        path_variables: &path_variables,
        raw_url,
        headers: &mut headers,
        body: &body,
        is_form: mode == "urlencoded",
        content_type: content_type.as_deref(),
        now: around.now,
        random: around.random,
    };
    let mut warnings = Vec::new();
    let signed = auth::sign(&signing_auth, &mut signing).unwrap_or_else(|error| {
        warnings.push(format!("{error}; the request is sent without it"));
        auth::Signed::default()
    });
    let body = match signed.form {
        Some(form) => Body::Bytes(form.into_bytes()),
        None => body,
    };
    let replay = signed.replay;
    if let Some(content_type) = content_type {
        add_missing(&mut headers, "Content-Type", content_type);
    }
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
    if let Some(content_type) = late_type {
        // A form has the type of a form, whatever was written.
        match headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            Some((_, value)) => {
                let keeps = match mode {
                    "formdata" => own_boundary(value).is_some(),
                    _ => value.starts_with("application/x-www-form-urlencoded"),
                };
                if !keeps {
                    *value = content_type;
                }
            }
            None => headers.push(("Content-Type".to_owned(), content_type)),
        }
    }
    Ok(Prepared { method, url, headers, body, replay, resolved, warnings })
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
        if name.trim().is_empty() {
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
                    add(name.trim(), value.trim().to_owned());
                }
            }
        }
        _ => {}
    }
    headers
}

/// The boundary that a written type of a multipart form names.
fn own_boundary(value: &str) -> Option<String> {
    let (_, rest) = value.strip_prefix("multipart/form-data;")?.split_once("boundary=")?;
    let boundary = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split(';').next(),
    };
    boundary.filter(|boundary| !boundary.is_empty()).map(str::to_owned)
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
    let authority = url::authority(url);
    let default = if url.starts_with("https://") { ":443" } else { ":80" };
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
            let raw = match body.get("raw") {
                Some(Value::String(raw)) => raw.clone(),
                Some(raw @ (Value::Object(_) | Value::Array(_))) => raw.to_string(),
                _ => String::new(),
            };
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
                    // A part without a file is sent all the same, as in newman.
                    ("file", _) => parts.push(part(PartContent::Text(String::new()), Some(named.unwrap_or_default()))),
                    _ => {
                        let value = match field.get("value") {
                            None | Some(Value::Null) => String::new(),
                            Some(Value::String(value)) => value.clone(),
                            Some(other) => other.to_string(),
                        };
                        parts.push(part(PartContent::Text(value), named));
                    }
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
                    // A file that stands in the collection does so in base64, read as leniently as in Node.
                    let letters: String =
                        content.chars().filter(|sign| sign.is_ascii_alphanumeric() || "+/".contains(*sign)).collect();
                    return (Body::Bytes(NODE_BASE64.decode(letters).unwrap_or_default()), None);
                }
                match file.get("src").and_then(Value::as_str) {
                    Some(path) => (Body::File(path.to_owned()), None),
                    None => (Body::None, None),
                }
            }
            _ => (Body::None, None),
        },
        "graphql" => (Body::Bytes(graphql(body.get("graphql")).into_bytes()), Some("application/json".to_owned())),
        _ => (Body::None, None),
    }
}

/// The document of a GraphQL request. Variables that are a text go into it as they stand.
fn graphql(body: Option<&Value>) -> String {
    let Some(Value::Object(body)) = body else { return "{}".to_owned() };
    let mut parts = Vec::new();
    for key in ["query", "operationName", "variables"] {
        match body.get(key) {
            Some(Value::String(text)) if key == "variables" && text.is_empty() => {}
            Some(Value::String(text)) if key == "variables" => parts.push(format!("\"variables\":{text}")),
            Some(value)
                if value.is_string() || body.get("variables").is_some_and(|variables| !variables.is_string()) =>
            {
                parts.push(format!("\"{key}\":{value}"));
            }
            _ => {}
        }
    }
    format!("{{{}}}", parts.join(","))
}

/// The pairs of a form body, for signing.
pub(crate) fn form_pairs(body: &Body) -> Vec<(String, String)> {
    let Body::Bytes(bytes) = body else { return Vec::new() };
    let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let text = String::from_utf8_lossy(bytes);
    url::parse_query(&text).iter().map(|(key, value)| (plain(key), plain(value.as_deref().unwrap_or("")))).collect()
}

impl Parts {
    /// Scheme, host and port as a signature names them: lower case, without the port of the scheme.
    pub(crate) fn origin(&self) -> (String, String, Option<u16>) {
        let scheme = self.protocol.clone().unwrap_or_else(|| "http".to_owned()).to_lowercase();
        let port = self.port.as_ref().and_then(|port| port.parse().ok());
        (scheme, self.host.to_lowercase(), port)
    }
}
