//! Postman collection v1: flat lists of folders and requests, put in order by id.
//!
//! What is converted keeps its original under `_v1`. An export gives that original back where nothing was edited since,
//! and writes the edited fields over it where something was.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::document::{Collection, Item};
use crate::read::{Note, ReadError, Report};

type Object = Map<String, Value>;

/// Folders within folders are looked into no deeper than this.
const DEEPEST: usize = 60;

/// The collection in a v1 document.
pub(crate) fn from_v1(mut root: Object, report: &mut Report) -> Result<Collection, ReadError> {
    let requests = take_objects(&mut root, "requests")?;
    let folders = take_objects(&mut root, "folders")?;
    let ids = |objects: &[Object]| objects.iter().map(|object| json!(id(object))).collect::<Value>();
    let head = json!({
        "info": {
            "_postman_id": id(&root),
            "name": root.get("name").cloned().unwrap_or(json!("New Collection")),
            "description": root.get("description").cloned().unwrap_or(json!("")),
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "_v1": { "root": root, "requests": ids(&requests), "folders": ids(&folders) },
    });
    let mut head = object(head);
    shared_fields(&root, &mut head);

    let mut tree = Tree {
        requests: requests.into_iter().map(|request| (id(&request), request)).collect(),
        folders: folders.into_iter().map(|folder| (id(&folder), folder)).collect(),
    };
    let in_folders: HashSet<String> =
        tree.folders.values().flat_map(|folder| strings(folder, "folders_order")).collect();
    let mut items = Vec::new();
    let mut top: Vec<String> = strings(&root, "folders_order");
    for folder in head.get("_v1").and_then(|v1| v1.get("folders")).and_then(Value::as_array).into_iter().flatten() {
        let folder = folder.as_str().unwrap_or_default().to_owned();
        if !top.contains(&folder) && !in_folders.contains(&folder) {
            top.push(folder);
        }
    }
    for folder in top {
        items.extend(tree.folder(&folder, 0));
    }
    for request in strings(&root, "order") {
        items.extend(tree.request(&request));
    }
    // Nothing is lost: what no order names comes last.
    let mut rest: Vec<_> = tree.requests.keys().cloned().collect();
    rest.sort();
    for request in rest {
        report.converted.push(Note {
            path: format!("/requests/{request}"),
            what: "no folder or order names this request; it is at the end".to_owned(),
        });
        items.extend(tree.request(&request));
    }
    report.converted.push(Note {
        path: String::new(),
        what: "a v1 collection became v2.1; its export as v1 is unchanged".to_owned(),
    });
    Ok(Collection { head, items })
}

struct Tree {
    requests: HashMap<String, Object>,
    folders: HashMap<String, Object>,
}

impl Tree {
    fn folder(&mut self, id: &str, depth: usize) -> Option<Item> {
        // Taken out, so that a folder that names itself ends.
        let folder = self.folders.remove(id)?;
        let mut items = Vec::new();
        if depth < DEEPEST {
            for child in strings(&folder, "folders_order") {
                items.extend(self.folder(&child, depth + 1));
            }
        }
        for request in strings(&folder, "order") {
            items.extend(self.request(&request));
        }
        let mut raw = folder_from_v1(&folder);
        raw.insert("_v1".to_owned(), Value::Object(folder));
        Some(Item { raw, items: Some(items) })
    }

    fn request(&mut self, id: &str) -> Option<Item> {
        let request = self.requests.remove(id)?;
        let mut raw = request_from_v1(&request);
        raw.insert("_v1".to_owned(), Value::Object(request));
        Some(Item { raw, items: None })
    }
}

/// `collection` as a v1 document.
pub(crate) fn to_v1(collection: &Collection) -> Value {
    let original = collection.head.get("_v1");
    let mut root = original
        .and_then(|v1| v1.get("root"))
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_else(|| object(json!({ "id": collection.id().unwrap_or_default() })));
    overlay(&mut root, "name", json!(collection.name()));
    if let Some(description) = collection.head.get("info").and_then(|info| info.get("description")) {
        overlay(&mut root, "description", description.clone());
    }
    let (mut folders, mut requests) = (Vec::new(), Vec::new());
    let all = known_orders(collection);
    let (folder_ids, request_ids) = flatten(&collection.items, &mut folders, &mut requests, &all);
    order(&mut root, "folders_order", folder_ids, &all);
    order(&mut root, "order", request_ids, &all);
    for (key, list) in [("folders", &mut folders), ("requests", &mut requests)] {
        let places: HashMap<&str, usize> = original
            .and_then(|v1| v1.get(key))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(place, id)| Some((id.as_str()?, place)))
            .collect();
        list.sort_by_key(|object: &Object| places.get(id(object).as_str()).copied().unwrap_or(usize::MAX));
    }
    if !folders.is_empty() || original.is_none() {
        root.insert("folders".to_owned(), folders.into_iter().map(Value::Object).collect());
    }
    root.insert("requests".to_owned(), requests.into_iter().map(Value::Object).collect());
    Value::Object(root)
}

/// Every id that an `order` or `folders_order` of the original document named.
fn known_orders(collection: &Collection) -> HashSet<String> {
    let mut known = HashSet::new();
    let root = collection.head.get("_v1").and_then(|v1| v1.get("root")).and_then(Value::as_object);
    let mut pending: Vec<&Item> = collection.items.iter().collect();
    let mut collect = |object: Option<&Object>| {
        for key in ["order", "folders_order"] {
            known.extend(object.map(|object| strings(object, key)).unwrap_or_default());
        }
    };
    collect(root);
    while let Some(item) = pending.pop() {
        collect(item.raw.get("_v1").and_then(Value::as_object));
        pending.extend(item.items.iter().flatten());
    }
    known
}

fn flatten(
    items: &[Item],
    folders: &mut Vec<Object>,
    requests: &mut Vec<Object>,
    known: &HashSet<String>,
) -> (Vec<String>, Vec<String>) {
    let (mut folder_ids, mut request_ids) = (Vec::new(), Vec::new());
    for item in items {
        let original = item.raw.get("_v1").and_then(Value::as_object);
        let mut current = item.raw.clone();
        current.shift_remove("_v1");
        match &item.items {
            Some(children) => {
                let mut folder = match original {
                    Some(original) if folder_from_v1(original) == current => original.clone(),
                    _ => folder_to_v1(item, original, &format!("folder-{}", folders.len() + 1)),
                };
                folder_ids.push(id(&folder));
                let at = folders.len();
                folders.push(Object::new());
                let (inner_folders, inner_requests) = flatten(children, folders, requests, known);
                order(&mut folder, "folders_order", inner_folders, known);
                order(&mut folder, "order", inner_requests, known);
                folders[at] = folder;
            }
            None => {
                let request = match original {
                    Some(original) if request_from_v1(original) == current => original.clone(),
                    _ => request_to_v1(item, original, &format!("request-{}", requests.len() + 1)),
                };
                request_ids.push(id(&request));
                requests.push(request);
            }
        }
    }
    (folder_ids, request_ids)
}

/// Writes the ids of children, unless the original already says the same of those that it named.
fn order(holder: &mut Object, key: &str, ids: Vec<String>, known: &HashSet<String>) {
    let named: Vec<&String> = ids.iter().filter(|id| known.contains(*id)).collect();
    let before = strings(holder, key);
    let new = ids.iter().any(|id| !known.contains(id)) && known.is_empty();
    if new || before.iter().collect::<Vec<_>>() != named {
        holder.insert(key.to_owned(), json!(ids));
    }
}

fn folder_from_v1(folder: &Object) -> Object {
    let mut raw = Object::new();
    raw.insert("id".to_owned(), json!(id(folder)));
    raw.insert("name".to_owned(), folder.get("name").cloned().unwrap_or(json!("New Folder")));
    copy(folder, "description", &mut raw);
    shared_fields(folder, &mut raw);
    raw
}

fn folder_to_v1(item: &Item, original: Option<&Object>, otherwise: &str) -> Object {
    let mut folder = original.cloned().unwrap_or_default();
    overlay(&mut folder, "id", json!(item.id().unwrap_or(otherwise)));
    overlay(&mut folder, "name", json!(item.name()));
    overlay(&mut folder, "description", item.raw.get("description").cloned().unwrap_or(json!("")));
    for (from, to) in [("event", "events"), ("auth", "auth"), ("variable", "variables")] {
        if let Some(value) = item.raw.get(from) {
            folder.insert(to.to_owned(), value.clone());
        }
    }
    folder
}

fn request_from_v1(request: &Object) -> Object {
    let mut inner = Object::new();
    inner.insert("method".to_owned(), request.get("method").cloned().unwrap_or(json!("GET")));
    inner.insert("header".to_owned(), headers(request));
    let mut url = json!({ "raw": text(request, "url") });
    if let Some(Value::Object(path)) = request.get("pathVariables") {
        url["variable"] = path.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    }
    if let Some(Value::Array(path)) =
        request.get("pathVariableData").filter(|list| list.as_array().is_some_and(|list| !list.is_empty()))
    {
        url["variable"] = Value::Array(path.clone());
    }
    inner.insert("url".to_owned(), crate::url::completed(url));
    if let Some(body) = body_from_v1(request) {
        inner.insert("body".to_owned(), body);
    }
    match request.get("auth") {
        Some(auth @ Value::Object(_)) => {
            inner.insert("auth".to_owned(), auth.clone());
        }
        _ => {
            let helper = match text(request, "currentHelper") {
                "basicAuth" => Some("basic"),
                "bearerAuth" => Some("bearer"),
                "digestAuth" => Some("digest"),
                "oAuth1" => Some("oauth1"),
                "oAuth2" => Some("oauth2"),
                "hawkAuth" => Some("hawk"),
                "awsSigV4" => Some("awsv4"),
                _ => None,
            };
            if let Some(kind) = helper {
                let parameters = request.get("helperAttributes").cloned().unwrap_or(json!({}));
                inner.insert("auth".to_owned(), json!({ "type": kind, kind: parameters }));
            }
        }
    }
    let mut raw = Object::new();
    raw.insert("id".to_owned(), json!(id(request)));
    raw.insert("name".to_owned(), request.get("name").cloned().unwrap_or(json!("New Request")));
    copy(request, "description", &mut inner);
    let mut events = Vec::new();
    for (key, listen) in [("preRequestScript", "prerequest"), ("tests", "test")] {
        let source = text(request, key);
        if !source.is_empty() {
            let lines: Vec<&str> = source.split('\n').collect();
            events.push(json!({ "listen": listen, "script": { "type": "text/javascript", "exec": lines } }));
        }
    }
    shared_fields(request, &mut raw);
    raw.shift_remove("auth");
    if !events.is_empty() && !raw.contains_key("event") {
        raw.insert("event".to_owned(), Value::Array(events));
    }
    raw.insert("request".to_owned(), Value::Object(inner));
    let examples: Vec<Value> = request
        .get("responses")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(|response| {
            json!({
                "id": response.get("id"),
                "name": response.get("name").cloned().unwrap_or(json!("")),
                "code": response.get("responseCode").and_then(|code| code.get("code")),
                "status": response.get("responseCode").and_then(|code| code.get("name")),
                "header": response.get("headers").cloned().unwrap_or(json!([])),
                "body": response.get("text").cloned().unwrap_or(Value::Null),
            })
        })
        .collect();
    raw.insert("response".to_owned(), Value::Array(examples));
    raw
}

fn request_to_v1(item: &Item, original: Option<&Object>, otherwise: &str) -> Object {
    let mut request = original.cloned().unwrap_or_default();
    let inner = item.request().cloned().unwrap_or(json!({}));
    overlay(&mut request, "id", json!(item.id().unwrap_or(otherwise)));
    overlay(&mut request, "name", json!(item.name()));
    overlay(&mut request, "method", json!(item.method().unwrap_or("GET")));
    overlay(&mut request, "url", json!(crate::url::written(inner.get("url").unwrap_or(&inner))));
    let lines: String = inner
        .get("header")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|header| {
            let off = if header.get("disabled") == Some(&Value::Bool(true)) { "//" } else { "" };
            let part = |key| header.get(key).and_then(Value::as_str).unwrap_or_default();
            format!("{off}{}: {}\n", part("key"), part("value"))
        })
        .collect();
    overlay(&mut request, "headers", json!(lines));
    let body = inner.get("body");
    let mode = body.and_then(|body| body.get("mode")).and_then(Value::as_str).unwrap_or_default();
    match mode {
        "raw" => {
            overlay(&mut request, "dataMode", json!("raw"));
            overlay(&mut request, "rawModeData", body.and_then(|body| body.get("raw")).cloned().unwrap_or(json!("")));
        }
        "urlencoded" | "formdata" => {
            overlay(&mut request, "dataMode", json!(if mode == "formdata" { "params" } else { "urlencoded" }));
            overlay(&mut request, "data", body.and_then(|body| body.get(mode)).cloned().unwrap_or(json!([])));
        }
        _ => {}
    }
    for (listen, key) in [("prerequest", "preRequestScript"), ("test", "tests")] {
        let source = crate::steps::scripts(&item.raw, listen, "").into_iter().map(|script| script.source);
        let source = source.collect::<Vec<_>>().join("\n");
        if !source.is_empty() || request.contains_key(key) {
            request.insert(key.to_owned(), json!(source));
        }
    }
    if let Some(auth) = inner.get("auth") {
        request.insert("auth".to_owned(), auth.clone());
    }
    request
}

fn body_from_v1(request: &Object) -> Option<Value> {
    let mut data = request.get("data").cloned().filter(Value::is_array);
    for field in data.iter_mut().filter_map(Value::as_array_mut).flatten().filter_map(Value::as_object_mut) {
        if field.get("enabled") == Some(&Value::Bool(false)) {
            field.entry("disabled").or_insert(Value::Bool(true));
        }
    }
    match text(request, "dataMode") {
        "raw" => {
            let raw = match request.get("rawModeData") {
                Some(Value::String(text)) => text.clone(),
                _ => data.and_then(|data| data.as_str().map(str::to_owned)).unwrap_or_default(),
            };
            Some(json!({ "mode": "raw", "raw": raw }))
        }
        "urlencoded" => Some(json!({ "mode": "urlencoded", "urlencoded": data? })),
        "params" => {
            let data = data?;
            (data != json!([])).then(|| json!({ "mode": "formdata", "formdata": data }))
        }
        "binary" => Some(json!({ "mode": "file", "file": { "src": request.get("rawModeData") } })),
        "graphql" => Some(json!({ "mode": "graphql", "graphql": request.get("graphqlModeData") })),
        _ => None,
    }
}

/// v1 writes headers as lines `Key: value`; a line that begins with `//` is off.
fn headers(request: &Object) -> Value {
    if let Some(list @ Value::Array(_)) = request.get("headerData") {
        return list.clone();
    }
    text(request, "headers")
        .lines()
        .filter_map(|line| {
            let (line, disabled) = match line.trim().strip_prefix("//") {
                Some(rest) => (rest, true),
                None => (line.trim(), false),
            };
            let (key, value) = line.split_once(':')?;
            let mut header = json!({ "key": key.trim(), "value": value.trim() });
            if disabled {
                header["disabled"] = json!(true);
            }
            Some(header)
        })
        .collect()
}

/// Fields that collections, folders and requests of v1 share with v2 under other names.
fn shared_fields(from: &Object, to: &mut Object) {
    for (key, other) in [("events", "event"), ("auth", "auth"), ("variables", "variable")] {
        match from.get(key) {
            Some(value @ Value::Array(list)) if !list.is_empty() => to.insert(other.to_owned(), value.clone()),
            Some(value @ Value::Object(_)) => to.insert(other.to_owned(), value.clone()),
            _ => None,
        };
    }
    copy(from, "protocolProfileBehavior", to);
}

fn copy(from: &Object, key: &str, to: &mut Object) {
    if let Some(value) = from.get(key).filter(|value| !value.is_null()) {
        to.insert(key.to_owned(), value.clone());
    }
}

/// Writes `value` unless the original says the same by its absence.
fn overlay(to: &mut Object, key: &str, value: Value) {
    if to.contains_key(key) || !(value == json!("") || value == json!([])) {
        to.insert(key.to_owned(), value);
    }
}

fn take_objects(root: &mut Object, key: &str) -> Result<Vec<Object>, ReadError> {
    let Some(Value::Array(list)) = root.shift_remove(key) else { return Ok(Vec::new()) };
    list.into_iter()
        .enumerate()
        .map(|(index, value)| match value {
            Value::Object(object) => Ok(object),
            other => Err(ReadError::Malformed {
                path: format!("/{key}/{index}"),
                reason: format!("expected an object, found {}", crate::read::kind(&other)),
            }),
        })
        .collect()
}

fn strings(object: &Object, key: &str) -> Vec<String> {
    let list = object.get(key).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn id(object: &Object) -> String {
    text(object, "id").to_owned()
}

fn text<'o>(object: &'o Object, key: &str) -> &'o str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}
