//! What is sensitive in a document, taken out before it is stored.
//!
//! Authorization, variables and values of type `secret` stand as null in the stored document; they are sealed beside it
//! with their places, and put back when it is read. So is `_v1`, the original of a converted file, which holds them too.

use bulla_seal::{Key, Place};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Fields that are sealed whole, wherever they stand.
const SENSITIVE: [&str; 5] = ["auth", "variable", "variables", "helperAttributes", ORIGINAL];
/// Where the reader of v1 files keeps what it converted.
pub(super) const ORIGINAL: &str = "_v1";

/// A part of a document, with its place as a JSON pointer.
type Part = (String, Value);

/// A document as it is stored.
pub(super) struct Sealed {
    /// JSON, with null in the place of what is sensitive.
    pub document: String,
    /// What is sensitive.
    pub parts: Option<Vec<u8>>,
}

/// Seals what is sensitive in `document`, for its place.
pub(super) fn seal(key: &Key, place: Place<'_>, document: Map<String, Value>) -> Result<Sealed> {
    let mut parts = Vec::new();
    let mut document = Value::Object(document);
    take(&mut document, "", &mut parts);
    let parts = match parts.is_empty() {
        true => None,
        false => Some(key.seal(place, &serde_json::to_vec(&parts).map_err(Error::unexpected)?)?),
    };
    Ok(Sealed { document: document.to_string(), parts })
}

/// The whole document again.
pub(super) fn open(key: &Key, place: Place<'_>, document: &str, parts: Option<&[u8]>) -> Result<Map<String, Value>> {
    let damaged = |_| Error::unexpected(format!("the stored document of {} is damaged", place.row));
    let mut document: Value = serde_json::from_str(document).map_err(damaged)?;
    if let Some(parts) = parts {
        let parts: Vec<Part> = serde_json::from_slice(key.open(place, parts)?.expose()).map_err(damaged)?;
        for (pointer, part) in parts {
            if let Some(gap) = document.pointer_mut(&pointer) {
                *gap = part;
            }
        }
    }
    match document {
        Value::Object(document) => Ok(document),
        _ => Err(Error::unexpected(format!("the stored document of {} is no object", place.row))),
    }
}

fn take(value: &mut Value, pointer: &str, parts: &mut Vec<Part>) {
    match value {
        Value::Array(list) => {
            for (index, value) in list.iter_mut().enumerate() {
                take(value, &format!("{pointer}/{index}"), parts);
            }
        }
        Value::Object(object) => {
            let secret = object.get("type").and_then(Value::as_str) == Some("secret");
            for (key, value) in object.iter_mut() {
                if !(value.is_object() || value.is_array() || (secret && key == "value")) {
                    continue;
                }
                let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                if SENSITIVE.contains(&key.as_str()) || (secret && key == "value") {
                    parts.push((pointer, std::mem::take(value)));
                } else {
                    take(value, &pointer, parts);
                }
            }
        }
        _ => {}
    }
}

/// The document as it is shown: without the values of secret variables, and without the original of a converted file.
pub(super) fn shown(mut document: Map<String, Value>) -> Map<String, Value> {
    document.shift_remove(ORIGINAL);
    for variable in document.get_mut("variable").and_then(Value::as_array_mut).into_iter().flatten() {
        if is_secret(variable)
            && let Value::Object(variable) = variable
        {
            variable.shift_remove("value");
        }
    }
    document
}

/// The document after an edit: what [`shown`] left out and the edit did not give anew is as it was `before`.
pub(super) fn edited(before: &Map<String, Value>, mut document: Map<String, Value>) -> Map<String, Value> {
    match before.get(ORIGINAL) {
        Some(original) => document.insert(ORIGINAL.to_owned(), original.clone()),
        None => document.shift_remove(ORIGINAL),
    };
    let mut known: Vec<&Value> =
        before.get("variable").and_then(Value::as_array).into_iter().flatten().filter(|v| is_secret(v)).collect();
    for variable in document.get_mut("variable").and_then(Value::as_array_mut).into_iter().flatten() {
        if !is_secret(variable) || variable.get("value").is_some_and(|value| !value.is_null()) {
            continue;
        }
        let same = known.iter().position(|old| old.get("key") == variable.get("key"));
        if let (Some(same), Value::Object(variable)) = (same, variable)
            && let Some(value) = known.remove(same).get("value")
        {
            variable.insert("value".to_owned(), value.clone());
        }
    }
    document
}

pub(super) fn is_secret(variable: &Value) -> bool {
    bulla_collection::Variable::from_value(variable).is_some_and(|variable| variable.is_secret())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLACE: Place<'_> = Place { table: "item", column: "sealed", row: "i1", team: "t1" };

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_sensitive_is_not_in_the_stored_document_and_comes_back() {
        let key = Key::random().unwrap();
        let document = object(json!({
            "name": "Pay",
            "request": {
                "auth": { "type": "bearer", "bearer": [{ "key": "token", "value": "canary-1" }] },
                "header": [{ "key": "X-Key", "value": "canary-2", "type": "secret" }],
                "url": { "raw": "{{base}}/a~b", "variable": [{ "key": "id", "value": "canary-3" }] }
            },
            "variable": [{ "key": "password", "value": { "deep": "canary-4" } }],
            "odd/name~": { "auth": ["canary-5"], "variable": null },
            "_v1": { "helperAttributes": "canary-6" }
        }));
        let sealed = seal(&key, PLACE, document.clone()).unwrap();
        assert!(!sealed.document.contains("canary"), "{}", sealed.document);
        assert_eq!(open(&key, PLACE, &sealed.document, sealed.parts.as_deref()).unwrap(), document);
    }

    #[test]
    fn an_edit_of_what_was_shown_loses_no_secret() {
        let before = object(json!({
            "variable": [
                { "key": "a", "value": "1", "type": "secret" },
                { "key": "b", "value": "2" },
                { "key": "c", "value": "3", "type": "secret" }
            ],
            "_v1": { "id": "x" }
        }));
        assert_eq!(edited(&before, shown(before.clone())), before);
        let mut after = shown(before.clone());
        after["variable"][0]["value"] = json!("new");
        let kept = edited(&before, after);
        assert_eq!(kept["variable"][0]["value"], "new");
        assert_eq!(kept["variable"][2]["value"], "3");
    }
}
