//! What postman-echo says of a request.

use axum::http::{HeaderMap, Method, Uri, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::multipart;

/// The answer of `/get`, `/post` and their like.
pub(crate) fn echoed(method: &Method, uri: &Uri, request: &HeaderMap, body: &[u8]) -> Value {
    if matches!(*method, Method::GET | Method::HEAD) {
        return json!({ "args": query(uri), "headers": headers(request), "url": url(uri, request) });
    }
    let kind = request.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let plain = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (mut data, mut files, mut form, mut json) = (json!({}), Map::new(), Map::new(), Value::Null);
    match plain.as_str() {
        "application/x-www-form-urlencoded" => {
            form = nested(&String::from_utf8_lossy(body));
            data = json!("");
            json = Value::Object(form.clone());
        }
        "multipart/form-data" => {
            for part in multipart::parts(kind, body) {
                match part.file_name {
                    Some(name) => {
                        let content = STANDARD.encode(part.content);
                        files.insert(name, json!(format!("data:application/octet-stream;base64,{content}")));
                    }
                    None => {
                        let value = String::from_utf8_lossy(part.content).into_owned();
                        add(&mut form, &part.name, json!(value));
                    }
                }
            }
        }
        _ if body.is_empty() => {}
        _ => {
            let parsed = serde_json::from_slice::<Value>(body).ok();
            match parsed.filter(|_| plain == "application/json" || plain.ends_with("+json")) {
                Some(parsed) => {
                    data = parsed.clone();
                    json = parsed;
                }
                None => data = json!(String::from_utf8_lossy(body)),
            }
        }
    }
    json!({
        "args": query(uri), "data": data, "files": files, "form": form,
        "headers": headers(request), "json": json, "url": url(uri, request),
    })
}

/// The URL that was asked for.
pub(crate) fn url(uri: &Uri, request: &HeaderMap) -> String {
    // A proxy's client names the whole URL itself.
    if uri.scheme().is_some() {
        return uri.to_string();
    }
    let host = request.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}{uri}")
}

/// Names and values of the query. A name that comes again has a list; `a[b]=c` is an object, `a[]=b` a list.
pub(crate) fn query(uri: &Uri) -> Map<String, Value> {
    nested(uri.query().unwrap_or_default())
}

/// Names and values of the query in their order, decoded.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = url::form_urlencoded::parse(text.as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// Deepest nesting that brackets make, as in Node's `qs`.
const DEPTH: usize = 5;

fn nested(text: &str) -> Map<String, Value> {
    let mut all = Map::new();
    for (name, value) in pairs(text) {
        match path(&name) {
            Some((root, keys)) => put(all.entry(root).or_insert(Value::Null), &keys, json!(value)),
            None => add(&mut all, &name, json!(value)),
        }
    }
    all
}

/// `a[b][]` as `a` and `b`, ``; `None` if there are no whole brackets.
fn path(name: &str) -> Option<(&str, Vec<&str>)> {
    let (root, mut rest) = name.split_at(name.find('[').filter(|at| *at > 0)?);
    let mut keys = Vec::new();
    while let Some(inner) = rest.strip_prefix('[') {
        let (key, more) = inner.split_once(']')?;
        keys.push(key);
        rest = more;
    }
    (rest.is_empty() && keys.len() <= DEPTH).then_some((root, keys))
}

fn put(place: &mut Value, keys: &[&str], value: Value) {
    let Some((key, rest)) = keys.split_first() else {
        match place {
            Value::Null => *place = value,
            Value::Array(values) => values.push(value),
            one => *one = json!([one.take(), value]),
        }
        return;
    };
    let next_of_list = key.is_empty() || key.parse::<usize>().is_ok_and(|index| index <= 20);
    match place {
        Value::Array(values) if next_of_list => {
            let mut inner = Value::Null;
            put(&mut inner, rest, value);
            values.push(inner);
        }
        Value::Object(entries) => put(entries.entry(*key).or_insert(Value::Null), rest, value),
        place => {
            let before = std::mem::replace(place, if next_of_list { json!([]) } else { json!({}) });
            match (before, &mut *place) {
                (Value::Null, _) => {}
                (before, Value::Array(values)) => values.push(before),
                (before, Value::Object(entries)) => {
                    entries.insert("0".to_owned(), before);
                }
                _ => {}
            }
            put(place, keys, value);
        }
    }
}

fn add(all: &mut Map<String, Value>, name: &str, value: Value) {
    match all.get_mut(name) {
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = json!([first.take(), value]),
        None => {
            all.insert(name.to_owned(), value);
        }
    }
}

/// Names, in lower case, and values of headers. One that comes again is joined as Node joins it.
pub(crate) fn headers(headers: &HeaderMap) -> Map<String, Value> {
    /// Of these, Node keeps the first alone.
    const ONCE: &[&str] = &[
        "age",
        "authorization",
        "content-length",
        "content-type",
        "etag",
        "expires",
        "from",
        "host",
        "if-modified-since",
        "if-unmodified-since",
        "last-modified",
        "location",
        "max-forwards",
        "proxy-authorization",
        "referer",
        "retry-after",
        "server",
        "user-agent",
    ];
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        match all.get_mut(name.as_str()) {
            Some(Value::String(before)) if !ONCE.contains(&name.as_str()) => {
                before.push_str(if *name == header::COOKIE { "; " } else { ", " });
                before.push_str(&value);
            }
            Some(_) => {}
            None => {
                all.insert(name.as_str().to_owned(), json!(value));
            }
        }
    }
    all
}

/// The cookies that came; of two with the same name the first.
pub(crate) fn cookies(headers: &HeaderMap) -> Map<String, Value> {
    let mut all = Map::new();
    let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    for (name, value) in values.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('=')) {
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
        all.entry(name.trim()).or_insert_with(|| json!(value));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(path: &'static str, kind: Option<&'static str>, body: &[u8]) -> Value {
        let mut request = HeaderMap::new();
        if let Some(kind) = kind {
            request.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
        }
        echoed(&Method::POST, &Uri::from_static(path), &request, body)
    }

    #[test]
    fn an_answer_has_postman_echos_shape() {
        let mut request = HeaderMap::new();
        request.insert(header::HOST, header::HeaderValue::from_static("h:1"));
        request.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/x-www-form-urlencoded"));
        let answer = echoed(&Method::POST, &Uri::from_static("/post?a=1&a=2&b=%20"), &request, b"x=y+z");
        assert_eq!(
            answer,
            json!({
                "args": { "a": ["1", "2"], "b": " " }, "data": "", "files": {}, "form": { "x": "y z" },
                "headers": { "host": "h:1", "content-type": "application/x-www-form-urlencoded" },
                "json": { "x": "y z" }, "url": "http://h:1/post?a=1&a=2&b=%20",
            })
        );
    }

    #[test]
    fn a_body_is_told_by_its_type() {
        for (kind, body, data, json) in [
            (Some("text/plain"), "{\"a\":1}", json!("{\"a\":1}"), Value::Null),
            (Some("application/json"), "{\"a\":1}", json!({ "a": 1 }), json!({ "a": 1 })),
            (Some("application/json; charset=utf-8"), "[1]", json!([1]), json!([1])),
            (Some("application/json"), "{\"a\"", json!("{\"a\""), Value::Null),
            (None, "", json!({}), Value::Null),
            (None, "x", json!("x"), Value::Null),
        ] {
            let answer = answer("/post", kind, body.as_bytes());
            assert_eq!((&answer["data"], &answer["json"]), (&data, &json), "{kind:?} {body}");
        }
        let body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; \
                    name=\"f\"; filename=\"x.txt\"\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--\r\n";
        let answer = answer("/post", Some("multipart/form-data; boundary=b"), body.as_bytes());
        assert_eq!(answer["form"], json!({ "a": "1" }));
        assert_eq!(answer["files"], json!({ "x.txt": "data:application/octet-stream;base64,aGk=" }));
    }

    #[test]
    fn brackets_nest() {
        for (query, expected) in [
            ("a[b]=1&a[c]=2", json!({ "a": { "b": "1", "c": "2" } })),
            ("a[]=1&a[]=2", json!({ "a": ["1", "2"] })),
            ("a[0]=1&a[1]=2", json!({ "a": ["1", "2"] })),
            ("a=1&a[]=2", json!({ "a": ["1", "2"] })),
            ("a[b][c]=1", json!({ "a": { "b": { "c": "1" } } })),
            ("a[b=1&[c]=2", json!({ "a[b": "1", "[c]": "2" })),
            ("a&b=", json!({ "a": "", "b": "" })),
        ] {
            assert_eq!(Value::Object(nested(query)), expected, "{query}");
        }
    }
}
