//! Postman collection v3: a folder with a YAML file for each request, read as a collection of v2.1.
//!
//! A file `NAME.request.yaml` is a request, a folder is a folder, and `.resources/definition.yaml` in a folder tells its
//! name, description, variables, authorization, scripts and settings. What lies in folders called `.resources` or
//! `NAME.resources` otherwise belongs to requests and is no part of a run. Files are handed in; nothing is read here.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::read::{Import, Limits, Note, ReadError, Report, checked, kind};
use crate::{Collection, Format, text};

type Object = Map<String, Value>;

/// Bytes of one file.
const LONGEST_FILE: usize = 16 * 1024 * 1024;
/// Folders within folders.
const DEEPEST: usize = 50;

/// Why a folder was not read. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file of it is no YAML.
    #[error("{file}: line {line}, column {column}: not YAML ({reason})")]
    NotYaml {
        /// Its path below the collection.
        file: String,
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// What the parser says.
        reason: String,
    },
    /// A file of it has the wrong form.
    #[error("{file}: {reason}")]
    Malformed {
        /// Its path below the collection.
        file: String,
        /// What was expected.
        reason: String,
    },
    /// There is no request in it.
    #[error("there is no request in this folder: no file in it is called NAME.request.yaml")]
    Empty,
    /// It is too large.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Is this, the path of a file below a folder, one that a collection of v3 is made of?
pub fn is_part(path: &str) -> bool {
    is_request(path) || definition_of(path).is_some()
}

/// Reads the collection whose `files` are given by their paths below its folder, with slashes. `name` is its name if it
/// does not give one itself.
///
/// # Errors
///
/// One of [`FolderError`], which names the file.
pub fn read_folder(files: &BTreeMap<String, Vec<u8>>, name: &str, limits: &Limits) -> Result<Import, FolderError> {
    let total = files.values().map(Vec::len).sum();
    if total > limits.bytes {
        return Err(ReadError::TooLarge { bytes: total, limit: limits.bytes }.into());
    }
    let mut tree = Tree::default();
    for (path, bytes) in files.iter().filter(|(path, _)| is_part(path)) {
        if path.split('/').count() > DEEPEST {
            let reason = format!("more than {DEEPEST} folders within each other");
            return Err(FolderError::Malformed { file: path.clone(), reason });
        }
        let document = document(path, bytes)?;
        if let Some(folder) = definition_of(path) {
            tree.add_folder(folder);
            tree.definitions.entry(folder.to_owned()).or_insert(document);
        } else {
            tree.add_folder(parent(path));
            tree.requests.entry(parent(path).to_owned()).or_default().push((path.clone(), document));
        }
    }
    if tree.requests.is_empty() {
        return Err(FolderError::Empty);
    }
    let mut left_out = Vec::new();
    let head = tree.definitions.remove("").unwrap_or_default();
    let mut root = common(&head, ".resources/definition.yaml")?;
    let mut info = json!({
        "name": head.get("name").and_then(Value::as_str).unwrap_or(name),
        "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    });
    if let Some(description) = head.get("description") {
        info["description"] = description.clone();
    }
    root.shift_remove("description");
    root.insert("info".to_owned(), info);
    root.insert("item".to_owned(), Value::Array(tree.children("", &mut left_out)?));
    let mut report = Report::default();
    let imported = checked(Collection::from_root(root)?, limits, &mut report)?;
    report.not_understood.extend(left_out);
    Ok(Import { imported, format: Format::V2_1, report })
}

#[derive(Default)]
struct Tree {
    /// By the path of their folder; the collection's own is empty.
    definitions: BTreeMap<String, Object>,
    /// By the folder they lie in.
    folders: BTreeMap<String, BTreeSet<String>>,
    /// By the folder they lie in, with their paths.
    requests: BTreeMap<String, Vec<(String, Object)>>,
}

impl Tree {
    /// Notes a folder and those it lies in.
    fn add_folder(&mut self, mut path: &str) {
        while !path.is_empty() && self.folders.entry(parent(path).to_owned()).or_default().insert(path.to_owned()) {
            path = parent(path);
        }
    }

    /// The items of the folder at `path`, in the order that they ask for. Requests that cannot be run go to `left_out`.
    fn children(&self, path: &str, left_out: &mut Vec<Note>) -> Result<Vec<Value>, FolderError> {
        let mut found: Vec<(f64, Value)> = Vec::new();
        for folder in self.folders.get(path).into_iter().flatten() {
            let empty = Object::new();
            let definition = self.definitions.get(folder).unwrap_or(&empty);
            let mut item = common(definition, &format!("{folder}/.resources/definition.yaml"))?;
            item.insert("id".to_owned(), json!(folder));
            item.insert("name".to_owned(), json!(named(definition, file_name(folder))));
            item.insert("item".to_owned(), Value::Array(self.children(folder, left_out)?));
            found.push((order(definition), Value::Object(item)));
        }
        for (file, document) in self.requests.get(path).into_iter().flatten() {
            match request(file, document)? {
                Some(item) => found.push((order(document), Value::Object(item))),
                None => left_out.push(Note {
                    path: file.clone(),
                    what: format!("left out: a {} cannot be run", told_kind(document)),
                }),
            }
        }
        found.sort_by(|(left, one), (right, other)| {
            let names = || name_of(one).cmp(name_of(other));
            left.partial_cmp(right).unwrap_or(Ordering::Equal).then_with(names)
        });
        Ok(found.into_iter().map(|(_, item)| item).collect())
    }
}

fn name_of(item: &Value) -> &str {
    item.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// The name of a file without what says its kind; `.yml` is read as well as `.yaml`.
fn stem<'p>(path: &'p str, kind: &str) -> Option<&'p str> {
    let name = file_name(path);
    let name = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"))?;
    name.strip_suffix(kind)
}

fn is_resources(folder: &str) -> bool {
    folder.ends_with(".resources")
}

fn is_request(path: &str) -> bool {
    stem(path, ".request").is_some_and(|name| !name.is_empty()) && !parent(path).split('/').any(is_resources)
}

/// The folder that the file at `path` defines, if it does.
fn definition_of(path: &str) -> Option<&str> {
    stem(path, "definition").filter(|name| name.is_empty())?;
    let resources = parent(path);
    let folder = parent(resources);
    (file_name(resources) == ".resources" && !folder.split('/').any(is_resources)).then_some(folder)
}

/// The YAML mapping in a file.
fn document(file: &str, bytes: &[u8]) -> Result<Object, FolderError> {
    let malformed = |reason: String| FolderError::Malformed { file: file.to_owned(), reason };
    if bytes.len() > LONGEST_FILE {
        return Err(malformed(format!("the file has {} bytes; the limit is {LONGEST_FILE}", bytes.len())));
    }
    let text = text::decode(bytes).map_err(|error| malformed(error.to_string()))?;
    // Words and numbers that YAML 1.1 took for something else are the texts that they look like.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Value>(&text, options) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(malformed(format!("it holds {} where a mapping is expected", kind(&other)))),
        Err(error) => {
            let (line, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
            let said = error.to_string();
            let reason = said.lines().next().and_then(|line| line.split(" at line ").next()).unwrap_or_default();
            let reason = reason.to_owned();
            Err(FolderError::NotYaml { file: file.to_owned(), line, column, reason })
        }
    }
}

/// Where an item stands among its siblings; one that does not say comes last.
fn order(document: &Object) -> f64 {
    document.get("order").and_then(Value::as_f64).unwrap_or(f64::INFINITY)
}

fn named<'d>(document: &'d Object, otherwise: &'d str) -> &'d str {
    document.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or(otherwise)
}

fn told_kind(document: &Object) -> &str {
    document.get("$kind").and_then(Value::as_str).unwrap_or("http-request")
}

/// What collections, folders and requests have in common: description, variables, authorization, scripts, settings.
fn common(document: &Object, file: &str) -> Result<Object, FolderError> {
    let mut item = Object::new();
    if let Some(description) = document.get("description") {
        item.insert("description".to_owned(), description.clone());
    }
    if let Some(variables) = document.get("variables") {
        item.insert("variable".to_owned(), Value::Array(pairs(variables, file, "variables", false)?));
    }
    if let Some(auth) = auth(document.get("auth"), file)? {
        item.insert("auth".to_owned(), auth);
    }
    let scripts = scripts(document.get("scripts"), file)?;
    if !scripts.is_empty() {
        item.insert("event".to_owned(), Value::Array(scripts));
    }
    match document.get("settings") {
        None | Some(Value::Null) => {}
        Some(settings @ Value::Object(_)) => {
            item.insert("protocolProfileBehavior".to_owned(), settings.clone());
        }
        Some(other) => return Err(unexpected(file, "settings", "a mapping", other)),
    }
    Ok(item)
}

fn unexpected(file: &str, key: &str, expected: &str, found: &Value) -> FolderError {
    let reason = format!("{key}: expected {expected}, found {}", kind(found));
    FolderError::Malformed { file: file.to_owned(), reason }
}

/// A list of `{key, value}`, or a mapping of keys to values, as the lists of v2.1. With `as_text`, numbers and the like
/// are the texts that they are written as.
fn pairs(value: &Value, file: &str, what: &str, as_text: bool) -> Result<Vec<Value>, FolderError> {
    let shown = |value: &Value| match value {
        Value::Null if as_text => json!(""),
        Value::Bool(_) | Value::Number(_) if as_text => json!(value.to_string()),
        value => value.clone(),
    };
    let entry = |mut entry: Object| {
        if let Some(value) = entry.get_mut("value") {
            *value = shown(value);
        }
        if entry.shift_remove("enabled") == Some(json!(false)) {
            entry.insert("disabled".to_owned(), json!(true));
        }
        Value::Object(entry)
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) => list
            .iter()
            .map(|one| match one {
                Value::Object(object) => Ok(entry(object.clone())),
                other => Err(unexpected(file, what, "mappings with key and value", other)),
            })
            .collect(),
        Value::Object(mapping) => Ok(mapping
            .iter()
            .map(|(key, value)| {
                let mut object = match value {
                    Value::Object(object) if object.contains_key("value") => object.clone(),
                    value => Object::from_iter([("value".to_owned(), value.clone())]),
                };
                object.insert("key".to_owned(), json!(key));
                entry(object)
            })
            .collect()),
        other => Err(unexpected(file, what, "a list or a mapping", other)),
    }
}

/// Authorization as in v2.1; `None` where it is inherited. Of several kinds the first is taken, as in Postman.
fn auth(value: Option<&Value>, file: &str) -> Result<Option<Value>, FolderError> {
    let own = match value {
        Some(Value::Array(several)) => several.first(),
        own => own,
    };
    let own = match own {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(own)) => own,
        Some(other) => return Err(unexpected(file, "auth", "a mapping", other)),
    };
    match own.get("type").and_then(Value::as_str) {
        None | Some("inherit") => Ok(None),
        Some("noauth" | "none") => Ok(Some(json!({ "type": "noauth" }))),
        Some(kind) => {
            let credentials = own.get("credentials").unwrap_or(&Value::Null);
            let mut auth = json!({ "type": kind });
            auth[kind] = Value::Array(pairs(credentials, file, "auth.credentials", false)?);
            Ok(Some(auth))
        }
    }
}

/// Scripts as the events of v2.1. Those of other protocols (`grpc:...`) are not for a request of HTTP.
fn scripts(value: Option<&Value>, file: &str) -> Result<Vec<Value>, FolderError> {
    let list = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => return Err(unexpected(file, "scripts", "a list", other)),
    };
    let mut events = Vec::new();
    for script in list {
        let Some(script) = script.as_object() else { return Err(unexpected(file, "scripts", "mappings", script)) };
        let listen = match script.get("type").and_then(Value::as_str).unwrap_or_default() {
            "beforeRequest" | "http:beforeRequest" => "prerequest",
            "afterResponse" | "http:afterResponse" => "test",
            _ => continue,
        };
        let code = script.get("code").and_then(Value::as_str).unwrap_or_default();
        let lines: Vec<&str> = code.split('\n').collect();
        events.push(json!({ "listen": listen, "script": { "type": "text/javascript", "exec": lines } }));
    }
    Ok(events)
}

/// A request as an item of v2.1; `None` if it is one of another protocol.
fn request(file: &str, document: &Object) -> Result<Option<Object>, FolderError> {
    let (method, body) = match told_kind(document) {
        "http-request" => {
            let method = document.get("method").and_then(Value::as_str).unwrap_or("GET");
            (method, body(document.get("body"), file)?)
        }
        "graphql-request" => {
            let texts = ["query", "variables", "operationName"];
            let graphql = texts.iter().filter_map(|key| Some(((*key).to_owned(), document.get(*key)?.clone())));
            ("POST", Some(json!({ "mode": "graphql", "graphql": Object::from_iter(graphql) })))
        }
        _ => return Ok(None),
    };
    let mut item = common(document, file)?;
    let mut request = json!({
        "method": method,
        "url": url(document, file)?,
        "header": pairs(document.get("headers").unwrap_or(&Value::Null), file, "headers", true)?,
    });
    if let Some(body) = body {
        request["body"] = body;
    }
    for key in ["auth", "description"] {
        if let Some(value) = item.shift_remove(key) {
            request[key] = value;
        }
    }
    // A request has its own values of variables by its path alone.
    item.shift_remove("variable");
    item.insert("id".to_owned(), json!(file));
    let own = stem(file, ".request").unwrap_or_default();
    item.insert("name".to_owned(), json!(named(document, own)));
    item.insert("request".to_owned(), request);
    Ok(Some(item))
}

fn url(document: &Object, file: &str) -> Result<Value, FolderError> {
    let text = match document.get("url") {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(other) => return Err(unexpected(file, "url", "text", other)),
    };
    let mut url = crate::url::completed(json!({ "raw": text }));
    if let Some(query) = document.get("queryParams") {
        let query = pairs(query, file, "queryParams", true)?;
        // The text may have the parameters as well; those of the list are the ones that can be switched off.
        if !query.is_empty() {
            url["query"] = Value::Array(query);
        }
    }
    if let Some(variables) = document.get("pathVariables") {
        url["variable"] = Value::Array(pairs(variables, file, "pathVariables", true)?);
    }
    Ok(url)
}

fn body(value: Option<&Value>, file: &str) -> Result<Option<Value>, FolderError> {
    let body = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(body)) => body,
        Some(other) => return Err(unexpected(file, "body", "a mapping", other)),
    };
    let content = body.get("content").unwrap_or(&Value::Null);
    let written = || match content {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        // JSON that was written as YAML.
        other => other.to_string(),
    };
    let kind = body.get("type").and_then(Value::as_str).unwrap_or("none");
    Ok(match kind {
        "none" => None,
        "json" | "text" | "xml" | "html" | "javascript" => {
            let options = json!({ "raw": { "language": kind } });
            Some(json!({ "mode": "raw", "raw": written(), "options": options }))
        }
        "urlencoded" | "formdata" => {
            let mut form = json!({ "mode": kind });
            form[kind] = Value::Array(pairs(content, file, "body.content", true)?);
            Some(form)
        }
        "file" | "binary" => {
            let name = content.get("src").unwrap_or(content);
            Some(json!({ "mode": "file", "file": { "src": name } }))
        }
        "graphql" => Some(json!({ "mode": "graphql", "graphql": content })),
        other => {
            let reason = format!("body.type: {other} is not known");
            return Err(FolderError::Malformed { file: file.to_owned(), reason });
        }
    })
}
