//! URLs as Postman reads, writes and encodes them.
//!
//! Not WHATWG: `..`, `//` and `%zz` stay as they are, and what is percent-encoded depends on the part (the sets of
//! postman-url-encoder).

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value, json};

const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'#').add(b'?').add(b'{').add(b'}');
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'\'').add(b'<').add(b'>');
const QUERY_VALUE: &AsciiSet = &QUERY.add(b'&');
const QUERY_KEY: &AsciiSet = &QUERY_VALUE.add(b'=');
const FRAGMENT: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');
const USERINFO: &AsciiSet =
    &PATH.add(b'/').add(b':').add(b';').add(b'=').add(b'@').add(b'[').add(b'\\').add(b']').add(b'^').add(b'|');

/// The parts of a URL as text, with nothing decoded and nothing encoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// `http`, without `://`.
    pub protocol: Option<String>,
    /// `user:password`.
    pub auth: Option<String>,
    /// Host name or address.
    pub host: String,
    /// Digits.
    pub port: Option<String>,
    /// Segments after the first slash; `None` if there is no slash.
    pub path: Option<Vec<String>>,
    /// Parameters; `None` if there is no question mark.
    pub query: Option<Vec<(String, Option<String>)>>,
    /// After `#`.
    pub hash: Option<String>,
}

/// Takes `text` apart as Postman does.
pub fn parse(text: &str) -> Parts {
    let mut parts = Parts::default();
    let mut rest = text.trim_start().to_owned();
    if let Some((before, hash)) = cut(&rest, '#') {
        parts.hash = Some(hash);
        rest = before;
    }
    if let Some((before, query)) = cut(&rest, '?') {
        parts.query = Some(parse_query(&query));
        rest = before;
    }
    rest = rest.replace('\\', "/");
    if let Some(at) = rest.find("://") {
        parts.protocol = Some(rest[..at].to_owned());
        rest = rest[at + 3..].to_owned();
    }
    if let Some((before, path)) = cut(&rest, '/') {
        parts.path = Some(path.split('/').map(str::to_owned).collect());
        rest = before;
    }
    if let Some(at) = rest.rfind('@') {
        parts.auth = Some(rest[..at].to_owned());
        rest = rest[at + 1..].to_owned();
    }
    // A colon inside brackets belongs to an IPv6 address, one inside braces to a variable.
    let guarded = rest.rfind(']').max(rest.rfind('}')).unwrap_or(0);
    if let Some(at) = rest.rfind(':').filter(|at| *at >= guarded) {
        parts.port = Some(rest[at + 1..].to_owned());
        rest.truncate(at);
    }
    parts.host = rest;
    parts
}

/// Cuts at the first `sign` that is not inside a `{{variable}}`.
fn cut(text: &str, sign: char) -> Option<(String, String)> {
    let mut from = 0;
    while let Some(at) = text[from..].find(sign).map(|at| from + at) {
        let open = text[..at].rfind("{{");
        let close = text[..at].rfind("}}");
        let inside = open.is_some_and(|open| close.is_none_or(|close| close < open)) && text[at..].contains("}}");
        if !inside {
            return Some((text[..at].to_owned(), text[at + sign.len_utf8()..].to_owned()));
        }
        from = at + sign.len_utf8();
    }
    None
}

/// The parameters in a query, in order.
pub fn parse_query(query: &str) -> Vec<(String, Option<String>)> {
    query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (parameter.to_owned(), None),
        })
        .collect()
}

/// The URL as it is written, variables and all: what a person sees in the URL field.
pub fn written(url: &Value) -> String {
    let url = match url {
        Value::String(text) => return text.clone(),
        Value::Object(url) => url,
        _ => return String::new(),
    };
    if !url.contains_key("host") && !url.contains_key("path") && !url.contains_key("query") {
        return text_of(url, "raw");
    }
    let mut text = String::new();
    if let Some(protocol) = url.get("protocol").and_then(Value::as_str).filter(|protocol| !protocol.is_empty()) {
        text.push_str(protocol);
        text.push_str("://");
    }
    if let Some(auth) = url.get("auth").and_then(Value::as_object) {
        text.push_str(&format!("{}:{}@", text_of(auth, "user"), text_of(auth, "password")));
    }
    text.push_str(&joined(url.get("host"), "."));
    let port = text_of(url, "port");
    if url.get("port").is_some_and(Value::is_string) || !port.is_empty() {
        text.push(':');
        text.push_str(&port);
    }
    if let Some(path) = url.get("path") {
        let is_text = path.is_string();
        let path = joined(Some(path), "/");
        // A first segment that is empty is a slash of its own.
        if !is_text || !path.starts_with('/') {
            text.push('/');
        }
        text.push_str(&path);
    }
    let query: Vec<String> = match url.get("query") {
        Some(Value::String(query)) => vec![query.clone()],
        Some(Value::Array(list)) => list
            .iter()
            .filter(|parameter| parameter.get("disabled") != Some(&Value::Bool(true)))
            .filter_map(|parameter| match parameter {
                Value::String(text) => Some(text.clone()),
                Value::Object(object) => {
                    // As the SDK writes them, so that each stays one parameter.
                    let key = text_of(object, "key").replace('#', "%23").replace('&', "%26").replace('=', "%3D");
                    match object.get("value") {
                        None | Some(Value::Null) => Some(key),
                        Some(_) => {
                            let value = text_of(object, "value").replace('#', "%23").replace('&', "%26");
                            Some(format!("{key}={value}"))
                        }
                    }
                }
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    if !query.is_empty() {
        text.push('?');
        text.push_str(&query.join("&"));
    }
    if let Some(hash) = url.get("hash").and_then(Value::as_str) {
        text.push('#');
        text.push_str(hash);
    }
    text
}

/// A URL object with the parts that its text has: what scripts and editors expect.
pub fn completed(url: Value) -> Value {
    let mut object = match url {
        Value::String(text) => json!({ "raw": text }),
        other => other,
    };
    let Value::Object(url) = &mut object else { return json!({ "raw": "" }) };
    if url.contains_key("host") || url.contains_key("path") {
        return object;
    }
    let parts = parse(&text_of(url, "raw"));
    if let Some(protocol) = parts.protocol {
        url.insert("protocol".to_owned(), json!(protocol));
    }
    if let Some(auth) = parts.auth {
        let (user, password) = auth.split_once(':').unwrap_or((&auth, ""));
        url.insert("auth".to_owned(), json!({ "user": user, "password": password }));
    }
    let host: Vec<&str> = if parts.host.contains("{{") { vec![&parts.host] } else { parts.host.split('.').collect() };
    url.insert("host".to_owned(), json!(host));
    if let Some(port) = parts.port {
        url.insert("port".to_owned(), json!(port));
    }
    if let Some(path) = parts.path {
        url.insert("path".to_owned(), json!(path));
    }
    if let Some(query) = parts.query.filter(|_| !url.contains_key("query")) {
        url.insert(
            "query".to_owned(),
            query.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect(),
        );
    }
    if let Some(hash) = parts.hash {
        url.insert("hash".to_owned(), json!(hash));
    }
    object
}

/// The text that is sent: host in ASCII, each part percent-encoded by its own rules unless `raw`.
///
/// `path_variables` replace segments such as `:id`.
pub fn sent(parts: &Parts, path_variables: &[(String, String)], raw: bool) -> String {
    let encode = |text: &str, set: &'static AsciiSet| match raw {
        true => text.to_owned(),
        false => utf8_percent_encode(text, set).to_string(),
    };
    let mut text = parts.protocol.clone().unwrap_or_else(|| "http".to_owned()).to_lowercase();
    text.push_str("://");
    if let Some(auth) = &parts.auth {
        let (user, password) = match auth.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (auth.as_str(), None),
        };
        text.push_str(&encode(user, USERINFO));
        if let Some(password) = password {
            text.push(':');
            text.push_str(&encode(password, USERINFO));
        }
        text.push('@');
    }
    text.push_str(&host(&parts.host));
    if let Some(port) = &parts.port {
        text.push(':');
        text.push_str(port);
    }
    text.push('/');
    let segments = parts.path.iter().flatten().map(|segment| {
        let value = segment
            .strip_prefix(':')
            .filter(|name| !name.is_empty())
            .and_then(|name| path_variables.iter().rfind(|(key, _)| key == name).map(|(_, value)| value.as_str()));
        encode(value.unwrap_or(segment), PATH)
    });
    text.push_str(&segments.collect::<Vec<_>>().join("/"));
    if let Some(query) = &parts.query {
        text.push('?');
        let query = query.iter().map(|(key, value)| match value {
            Some(value) => format!("{}={}", encode(key, QUERY_KEY), encode(value, QUERY_VALUE)),
            None => encode(key, QUERY_KEY),
        });
        text.push_str(&query.collect::<Vec<_>>().join("&"));
    }
    if let Some(hash) = &parts.hash {
        text.push('#');
        text.push_str(&encode(hash, FRAGMENT));
    }
    text
}

/// A host in ASCII (IDNA); what cannot be said so stays as it is and fails at lookup.
fn host(host: &str) -> String {
    if host.is_ascii() {
        return host.to_lowercase();
    }
    match ::url::Host::parse(host) {
        Ok(host) => host.to_string(),
        Err(_) => host.to_owned(),
    }
}

/// Host and port of a URL as it is written, without what stands around them.
pub fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// The enabled path variables of a URL object.
pub fn path_variables(url: &Value) -> Vec<(String, String)> {
    let list = url.get("variable").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .filter(|variable| variable.get("disabled") != Some(&Value::Bool(true)))
        .map(|variable| {
            let key = text_of(variable, "key");
            (if key.is_empty() { text_of(variable, "id") } else { key }, variable.get("value"))
        })
        // What is no text, or empty, leaves the segment as it is written.
        .filter_map(|(key, value)| Some((key, value?.as_str().filter(|value| !value.is_empty())?.to_owned())))
        .collect()
}

fn joined(value: Option<&Value>, separator: &str) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) => list
            .iter()
            .map(|part| match part {
                Value::Object(object) => text_of(object, "value"),
                other => crate::scopes::shown(other),
            })
            .collect::<Vec<_>>()
            .join(separator),
        _ => String::new(),
    }
}

fn text_of(object: &Map<String, Value>, key: &str) -> String {
    match object.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(value) => crate::scopes::shown(value),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls_are_encoded_by_part() {
        for (written, expected) in [
            ("example.com", "http://example.com/"),
            ("HTTP://Example.COM/A b", "http://example.com/A%20b"),
            ("http://h/a/../b//c%zz", "http://h/a/../b//c%zz"),
            ("http://h/p|^[]?a|^[]{}`\\=x y'", "http://h/p|^[]?a|^[]{}`\\=x%20y%27"),
            ("http://h/?a=b=c&d&=e&f=", "http://h/?a=b=c&d&=e&f="),
            ("http://u:p@w@h:8080/x#y z", "http://u:p%40w@h:8080/x#y%20z"),
            ("http://h?x=é", "http://h/?x=%C3%A9"),
            ("http://bücher.example/", "http://xn--bcher-kva.example/"),
            ("http://[::1]:80/", "http://[::1]:80/"),
        ] {
            assert_eq!(sent(&parse(written), &[], false), expected, "{written}");
        }
    }

    #[test]
    fn path_variables_replace_whole_segments() {
        let variables = [("id".to_owned(), "a/b".to_owned())];
        assert_eq!(sent(&parse("http://h/:id/:idx/:"), &variables, false), "http://h/a/b/:idx/:");
    }

    #[test]
    fn a_written_url_survives_being_taken_apart() {
        for text in ["{{base}}/a?b=c&d#e", "https://u:p@h.x:1/a/:b?q", "h", "{{a?b}}/c", "http://{{host}}:{{port}}/x"] {
            assert_eq!(written(&completed(json!(text))), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart(text in ".*") {
            sent(&parse(&text), &[], false);
            written(&completed(json!(text)));
        }
    }
}
