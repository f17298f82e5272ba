//! What strangers see of a document: all but what is or may be a secret.
//!
//! Hidden are the values of secret variables and of authorization, those of headers and cookies that let somebody in, and
//! what a file was converted from. A value that names variables and nothing else stays, because it says what belongs
//! there and not what it is.

use serde_json::{Map, Value};

use super::sealing::{ORIGINAL, is_secret};

/// What the names of headers and parameters hold whose value lets somebody in. Rather one too many is hidden.
const CREDENTIALS: [&str; 9] =
    ["auth", "cookie", "credential", "key", "passphrase", "password", "secret", "session", "token"];

/// The document as strangers see it.
pub(super) fn exposed(mut document: Map<String, Value>) -> Map<String, Value> {
    hide_in(&mut document);
    document
}

fn hide_in(object: &mut Map<String, Value>) {
    for field in [ORIGINAL, "helperAttributes", "currentHelper", "certificate"] {
        object.shift_remove(field);
    }
    if object.get("type").and_then(Value::as_str) == Some("secret") {
        object.shift_remove("value");
    }
    for (field, value) in object.iter_mut() {
        match field.as_str() {
            "auth" => hide_authorization(value),
            "variable" | "variables" => {
                for variable in value.as_array_mut().into_iter().flatten() {
                    if is_secret(variable)
                        && let Value::Object(variable) = variable
                    {
                        variable.shift_remove("value");
                    }
                }
                hide(value);
            }
            "header" | "headers" => {
                hide_headers(value);
                hide(value);
            }
            "url" => hide_in_url(value),
            "query" | "urlencoded" => {
                hide_headers(value);
                hide(value);
            }
            "cookie" | "cookies" => {
                for cookie in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
                    cookie.shift_remove("value");
                }
            }
            _ => hide(value),
        }
    }
}

fn hide(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(hide),
        Value::Object(object) => hide_in(object),
        _ => {}
    }
}

/// Leaves which kind of authorization it is, and what is named by variables.
fn hide_authorization(value: &mut Value) {
    let Value::Object(auth) = value else {
        if value.is_string() {
            *value = Value::Null;
        }
        return;
    };
    for (field, parameters) in auth.iter_mut().filter(|(field, _)| *field != "type") {
        match parameters {
            Value::Array(list) => {
                for parameter in list.iter_mut().filter_map(Value::as_object_mut) {
                    if !parameter.get("value").is_some_and(names_variables) {
                        parameter.shift_remove("value");
                    }
                }
            }
            Value::Object(parameters) => parameters.retain(|_, value| names_variables(value)),
            other if field == "noauth" || other.is_null() => {}
            other => *other = Value::Null,
        }
    }
}

fn hide_headers(value: &mut Value) {
    match value {
        Value::Array(list) => {
            for header in list {
                match header {
                    Value::Object(header) => {
                        let name = header.get("key").and_then(Value::as_str).unwrap_or_default();
                        if lets_in(name) && !header.get("value").is_some_and(names_variables) {
                            header.shift_remove("value");
                        }
                    }
                    Value::String(line) => *line = without_credentials(line),
                    _ => {}
                }
            }
        }
        Value::String(lines) => {
            *lines = lines.split('\n').map(without_credentials).collect::<Vec<_>>().join("\n");
        }
        _ => {}
    }
}

fn without_credentials(line: &str) -> String {
    match line.split_once(':') {
        Some((name, value)) if lets_in(name) && !named(value) => format!("{name}:"),
        _ => line.to_owned(),
    }
}

/// The address as a text, and its parts.
fn hide_in_url(value: &mut Value) {
    match value {
        Value::String(raw) => *raw = address_without_credentials(raw),
        Value::Object(url) => {
            if let Some(Value::String(raw)) = url.get_mut("raw") {
                *raw = address_without_credentials(raw);
            }
            // `user:password`, or its parts.
            url.shift_remove("auth");
            hide_in(url);
        }
        other => hide(other),
    }
}

/// An address without who signs in by it, and without the values of parameters that let somebody in.
fn address_without_credentials(raw: &str) -> String {
    let (address, fragment) = raw.split_once('#').map_or((raw, None), |(address, rest)| (address, Some(rest)));
    let (place, query) = address.split_once('?').map_or((address, None), |(place, rest)| (place, Some(rest)));
    let (scheme, rest) = place.split_once("://").map_or(("", place), |(scheme, rest)| (scheme, rest));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = match host.rsplit_once('@') {
        Some((user, host)) if !user.split(':').all(named) => host,
        _ => host,
    };
    let mut shown = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    shown.push_str(host);
    shown.push_str(path);
    if let Some(query) = query {
        let parameter = |parameter: &str| match parameter.split_once('=') {
            Some((name, value)) if lets_in(name) && !named(value) => format!("{name}="),
            _ => parameter.to_owned(),
        };
        shown.push('?');
        shown.push_str(&query.split('&').map(parameter).collect::<Vec<_>>().join("&"));
    }
    if let Some(fragment) = fragment {
        shown.push('#');
        shown.push_str(fragment);
    }
    shown
}

fn lets_in(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    CREDENTIALS.iter().any(|part| name.contains(part))
}

fn names_variables(value: &Value) -> bool {
    value.as_str().is_some_and(named)
}

/// Does the text consist of variables, with no more than the scheme of an `authorization` header before them?
fn named(text: &str) -> bool {
    let text = text.trim();
    let text = ["Bearer ", "Basic ", "Token "].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    let mut rest = text.trim();
    let mut any = false;
    while let Some(after) = rest.strip_prefix("{{") {
        let Some((_, behind)) = after.split_once("}}") else { return false };
        (rest, any) = (behind.trim_start(), true);
    }
    any && rest.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strangers_see_what_belongs_somewhere_and_not_what_it_is() {
        let document = json!({
            "name": "Pay",
            "description": "How to pay",
            "request": {
                "method": "POST",
                "url": { "raw": "{{base}}/pay/:id", "variable": [
                    { "key": "id", "value": "1" }, { "key": "pin", "value": "canary", "type": "secret" }] },
                "auth": { "type": "bearer", "bearer": [
                    { "key": "token", "value": "canary", "type": "string" },
                    { "key": "other", "value": "{{token}}", "type": "string" }] },
                "header": [
                    { "key": "Accept", "value": "application/json" },
                    { "key": "authorization", "value": "Bearer canary" },
                    { "key": "Authorization", "value": "Bearer {{token}}" },
                    { "key": "X-Pin", "value": "canary", "type": "secret" }],
                "body": { "mode": "raw", "raw": "{}" }
            },
            "variable": [{ "key": "a", "value": "canary", "secret": true }, { "key": "b", "value": "2" }],
            "originalRequest": { "auth": { "basic": { "username": "canary", "password": "{{p}}" }, "type": "basic" },
                "header": "Accept: */*\nCookie: canary\nAuthorization: {{a}}{{b}}" },
            "cookie": [{ "name": "session", "value": "canary" }],
            "helperAttributes": { "token": "canary" },
            "_v1": { "auth": "canary" }
        });
        let seen = Value::Object(exposed(document.as_object().unwrap().clone()));
        assert!(!seen.to_string().contains("canary"), "{seen}");
        assert_eq!(seen["request"]["auth"]["type"], "bearer");
        assert_eq!(seen["request"]["auth"]["bearer"][1]["value"], "{{token}}");
        assert_eq!(seen["request"]["header"][2]["value"], "Bearer {{token}}");
        assert_eq!(seen["request"]["url"]["variable"][0]["value"], "1");
        assert_eq!(seen["variable"], json!([{ "key": "a", "secret": true }, { "key": "b", "value": "2" }]));
        assert_eq!(seen["originalRequest"]["auth"], json!({ "basic": { "password": "{{p}}" }, "type": "basic" }));
        assert_eq!(seen["originalRequest"]["header"], "Accept: */*\nCookie:\nAuthorization: {{a}}{{b}}");
        assert_eq!(seen["description"], "How to pay");
    }

    #[test]
    fn an_address_is_shown_without_what_lets_somebody_in() {
        let document = json!({ "request": {
            "url": { "raw": "https://u:canary@x.example/a?api_key=canary&page=2&token={{t}}#top", "auth": "u:canary",
                     "query": [{ "key": "api_key", "value": "canary" }, { "key": "page", "value": "2" }] },
            "header": [{ "key": "PRIVATE-TOKEN", "value": "canary" }, { "key": "X-Vault-Token", "value": "{{t}}" }],
            "certificate": { "passphrase": "canary" },
            "body": { "mode": "urlencoded", "urlencoded": [{ "key": "client_secret", "value": "canary" }] }
        }, "originalRequest": "kept", "item": [{ "request": { "url": "http://{{u}}:{{p}}@x/?secret=canary" } }] });
        let seen = Value::Object(exposed(document.as_object().unwrap().clone()));
        assert!(!seen.to_string().contains("canary"), "{seen}");
        let request = &seen["request"];
        assert_eq!(request["url"]["raw"], "https://x.example/a?api_key=&page=2&token={{t}}#top");
        assert_eq!(request["url"]["query"][1]["value"], "2");
        assert_eq!(request["header"][1]["value"], "{{t}}");
        assert_eq!(seen["item"][0]["request"]["url"], "http://{{u}}:{{p}}@x/?secret=");
    }

    #[test]
    fn what_only_looks_like_a_variable_stays_hidden() {
        for (text, expected) in [
            ("{{a}}", true),
            (" Basic {{a}} ", true),
            ("{{a}}x", false),
            ("x{{a}}", false),
            ("{{a", false),
            ("", false),
        ] {
            assert_eq!(named(text), expected, "{text}");
        }
    }
}
