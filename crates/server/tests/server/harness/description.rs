//! Checks an answer against the description of the API.

use std::sync::OnceLock;

use http::Method;
use serde_json::Value;

use super::Answer;

pub fn api() -> &'static Value {
    static API: OnceLock<Value> = OnceLock::new();
    API.get_or_init(|| serde_json::from_str(&bulla_server::openapi()).unwrap())
}

/// Is this answer one that the description promises for that operation?
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let path = path.split('?').next().unwrap_or_default();
    let found = api()["paths"].as_object().unwrap().iter().find(|(pattern, _)| matches(pattern, path));
    let Some((pattern, operations)) = found else { return };
    let operation = &operations[method.as_str().to_lowercase()];
    if operation.is_null() {
        return;
    }
    let place = format!("{method} {pattern} {}", answer.status.as_u16());
    let responses = &operation["responses"];
    let promised = match &responses[answer.status.as_str()] {
        Value::Null => {
            assert!(!answer.status.is_success(), "{place}: not in the description\n{answer}");
            &responses["default"]
        }
        promised => promised,
    };
    assert!(!promised.is_null(), "{place}: not in the description\n{answer}");
    let Some(content) = promised["content"].as_object() else {
        assert!(answer.bytes.is_empty(), "{place}: has a body\n{answer}");
        return;
    };
    let kind = answer.headers["content-type"].to_str().unwrap().split(';').next().unwrap_or_default();
    let described = content.get(kind).unwrap_or_else(|| panic!("{place}: content type {kind}"));
    if kind == "application/x-ndjson" {
        for line in answer.lines() {
            conforms(&described["schema"], &line, &place);
        }
    } else if kind.ends_with("json") {
        conforms(&described["schema"], &answer.json, &place);
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(path).all(|(one, other)| one.starts_with('{') || *one == other)
}

fn conforms(schema: &Value, value: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = api().pointer(reference.trim_start_matches('#')).unwrap();
        return conforms(target, value, place);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        conforms(part, value, place);
    }
    if let Some(choices) = schema["enum"].as_array() {
        assert!(choices.contains(value), "{place}: {value} is none of {choices:?}");
    }
    for either in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[either].as_array() {
            let tagged: Vec<_> = choices.iter().filter(|choice| is_tagged(choice, &value["type"])).collect();
            if let [choice] = tagged.as_slice() {
                return conforms(choice, value, place);
            }
            let null = choices.iter().any(|choice| choice["type"] == "null");
            assert!(null || choices.iter().all(|choice| choice["allOf"].is_null()), "{place}: no type of {value}");
            if value.is_null() && null {
                return;
            }
            if let Some(choice) = choices.iter().find(|choice| choice["type"] != "null").filter(|_| null) {
                return conforms(choice, value, place);
            }
        }
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return fields(schema, value, place),
    };
    let is = |kind: &str| match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    assert!(kinds.iter().any(|kind| is(kind)), "{place}: {value} is no {kinds:?}");
    fields(schema, value, place);
    if let Some(list) = value.as_array() {
        for (index, value) in list.iter().enumerate() {
            conforms(&schema["items"], value, &format!("{place}/{index}"));
        }
    }
}

/// Is this the choice of an enum for a value of type `tag`?
fn is_tagged(choice: &Value, tag: &Value) -> bool {
    let parts = choice["allOf"].as_array().into_iter().flatten();
    parts.into_iter().any(|part| part["properties"]["type"]["enum"].as_array().is_some_and(|tags| tags.contains(tag)))
}

fn fields(schema: &Value, value: &Value, place: &str) {
    let Some(object) = value.as_object() else { return };
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        assert!(object.contains_key(required), "{place}: no {required} in {value}");
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = object.get(name) {
            conforms(schema, value, &format!("{place}/{name}"));
        }
    }
}
