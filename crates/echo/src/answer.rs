//! What postman-echo says of a request.

use axum::http::{HeaderMap, Method, Uri, header};
use serde_json::{Map, Value, json};

/// The answer of `/get`, `/post` and their like.
pub(crate) fn echoed(method: &Method, uri: &Uri, request: &HeaderMap, body: &[u8]) -> Value {
    let host = request.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let url = format!("http://{host}{uri}");
    if matches!(*method, Method::GET | Method::HEAD) {
        return json!({ "args": query(uri), "headers": headers(request), "url": url });
    }
    let kind = request.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    let form = kind.starts_with("application/x-www-form-urlencoded");
    let json = if form { None } else { serde_json::from_slice::<Value>(body).ok() };
    let parsed = json.clone().filter(|_| kind.starts_with("application/json"));
    let data = if form { json!({}) } else { parsed.unwrap_or_else(|| json!(text)) };
    let pairs = if form { pairs(&text) } else { Map::new() };
    let json = if form { Some(Value::Object(pairs.clone())) } else { json };
    json!({
        "args": query(uri), "data": data, "files": {}, "form": pairs,
        "headers": headers(request), "json": json, "url": url,
    })
}

/// Names and values of the query; a name that comes again has a list.
pub(crate) fn query(uri: &Uri) -> Map<String, Value> {
    pairs(uri.query().unwrap_or_default())
}

fn pairs(text: &str) -> Map<String, Value> {
    collected(url::form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())))
}

/// Names, in lower case, and values of headers.
pub(crate) fn headers(headers: &HeaderMap) -> Map<String, Value> {
    collected(
        headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())),
    )
}

/// The cookies that came.
pub(crate) fn cookies(headers: &HeaderMap) -> Map<String, Value> {
    let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect()
}

fn collected(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let mut all: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        match all.get_mut(&name) {
            Some(Value::Array(values)) => values.push(json!(value)),
            Some(first) => *first = json!([first.take(), value]),
            None => {
                all.insert(name, json!(value));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_postman_echos_shape() {
        let mut request = HeaderMap::new();
        request.insert(header::HOST, header::HeaderValue::from_static("h:1"));
        request.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/x-www-form-urlencoded"));
        let answer = echoed(&Method::POST, &Uri::from_static("/post?a=1&a=2&b=%20"), &request, b"x=y+z");
        assert_eq!(
            answer,
            json!({
                "args": { "a": ["1", "2"], "b": " " }, "data": {}, "files": {}, "form": { "x": "y z" },
                "headers": { "host": "h:1", "content-type": "application/x-www-form-urlencoded" },
                "json": { "x": "y z" }, "url": "http://h:1/post?a=1&a=2&b=%20",
            })
        );
    }
}
