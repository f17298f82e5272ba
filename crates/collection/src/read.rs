//! Reading a file that somebody dropped: what is it, what do we understand of it, and what is wrong with it.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::document::{Collection, Format, Item};
use crate::environment::{BARE_LIST, VariableSet};
use crate::{text, v1};

/// What a file may be at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes.
    pub bytes: usize,
    /// Levels of nested braces and brackets. Two of them are one folder.
    pub depth: usize,
    /// Folders, requests and examples.
    pub items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 200 * 1024 * 1024, depth: 120, items: 200_000 }
    }
}

/// Why a file was not imported. Nothing of it was.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Larger than the limit.
    #[error("the file has {bytes} bytes; the limit is {limit}. Split the collection and import its parts")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// [`Limits::bytes`].
        limit: usize,
    },
    /// No text.
    #[error(
        "the file is not valid {encoding} text: the byte at offset {offset} does not belong there. Save it as UTF-8"
    )]
    InvalidText {
        /// What it was read as.
        encoding: &'static str,
        /// The first wrong byte.
        offset: usize,
    },
    /// Empty, or blanks alone.
    #[error("the file is empty")]
    Empty,
    /// A zero byte in the text.
    #[error("line {line}, column {column}: a NUL byte, which JSON does not allow; the file is damaged or binary")]
    Nul {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Nested deeper than the limit.
    #[error(
        "line {line}, column {column}: nested more than {limit} levels deep. Move the inner folders up and export it again"
    )]
    TooDeep {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// [`Limits::depth`].
        limit: usize,
    },
    /// The file ends before the document does.
    #[error("the file ends too early, at line {line}, column {column}: it was cut. Export or download it again")]
    Truncated {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Not JSON.
    #[error("line {line}, column {column}: not JSON ({reason})")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser expected.
        reason: String,
    },
    /// JSON, but nothing we know.
    #[error("it is JSON but no Postman collection (v1, v2.0, v2.1), environment or globals file: {hint}")]
    Unknown {
        /// What was found instead.
        hint: String,
    },
    /// A part has the wrong form.
    #[error("at {path}: {reason}")]
    Malformed {
        /// JSON pointer.
        path: String,
        /// What was expected.
        reason: String,
    },
    /// More items than the limit.
    #[error("more than {limit} folders and requests; split the collection and import its parts")]
    TooMany {
        /// [`Limits::items`].
        limit: usize,
    },
}

impl ReadError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::InvalidText { .. } => "invalid_text",
            Self::Empty => "empty",
            Self::Nul { .. } => "nul_byte",
            Self::TooDeep { .. } => "too_deep",
            Self::Truncated { .. } => "truncated",
            Self::NotJson { .. } => "not_json",
            Self::Unknown { .. } => "not_a_collection",
            Self::Malformed { .. } => "malformed",
            Self::TooMany { .. } => "too_many_items",
        }
    }
}

/// What a file turned out to be.
#[derive(Clone, Debug)]
pub enum Imported {
    /// A collection.
    Collection(Collection),
    /// An environment.
    Environment(VariableSet),
    /// The globals of a workspace.
    Globals(VariableSet),
}

/// A file that was understood.
#[derive(Clone, Debug)]
pub struct Import {
    /// The document.
    pub imported: Imported,
    /// What it was written in.
    pub format: Format,
    /// What became of it.
    pub report: Report,
}

/// What was kept, converted and not understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Counts of what is there.
    pub kept: Vec<Kept>,
    /// What was written in another way than the file did.
    pub converted: Vec<Note>,
    /// What is kept as it is, without being understood.
    pub not_understood: Vec<Note>,
}

/// So many of these.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kept {
    /// `requests`, `folders`, `scripts`.
    pub what: &'static str,
    /// How many.
    pub count: usize,
}

/// Something about one place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// JSON pointer into the document.
    pub path: String,
    /// What about it.
    pub what: String,
}

/// Most notes of one kind that a report lists; the rest are counted in its last note.
const NOTES: usize = 200;

/// Reads a collection, environment or globals file.
///
/// # Errors
///
/// One of [`ReadError`], which names the place.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Import, ReadError> {
    if bytes.len() > limits.bytes {
        return Err(ReadError::TooLarge { bytes: bytes.len(), limit: limits.bytes });
    }
    let value = json(bytes, limits)?;
    let root = match value {
        Value::Object(root) => root,
        Value::Array(list) if is_bare_list(&list) => bare_list(list),
        other => {
            return Err(ReadError::Unknown { hint: format!("it holds {} where an object is expected", kind(&other)) });
        }
    };
    // The Postman API wraps a document in its kind.
    let root = unwrapped(root);
    let format = format(&root)?;
    let mut report = Report::default();
    let imported = match format {
        Format::V1 => {
            let collection = v1::from_v1(root, &mut report)?;
            checked(collection, limits, &mut report)?
        }
        Format::V2_0 | Format::V2_1 => checked(Collection::from_root(root)?, limits, &mut report)?,
        Format::Variables => {
            let set = VariableSet::from_root(root)?;
            let secrets = set.values.iter().filter(|variable| variable.is_secret()).count();
            report.kept.push(Kept { what: "variables", count: set.values.len() });
            report.kept.push(Kept { what: "secret variables", count: secrets });
            match set.is_globals() {
                true => Imported::Globals(set),
                false => Imported::Environment(set),
            }
        }
    };
    Ok(Import { imported, format, report })
}

/// The JSON document in `bytes`, with errors that name the place.
///
/// # Errors
///
/// As [`read`], without what concerns collections.
pub(crate) fn json(bytes: &[u8], limits: &Limits) -> Result<Value, ReadError> {
    let text = text::decode(bytes)?;
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    depth(&text, limits.depth)?;
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if error.is_eof() {
            return ReadError::Truncated { line, column };
        }
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
        ReadError::NotJson { line, column, reason }
    })
}

/// Refuses text that nests deeper than `limit`, before a parser that recurses sees it; and zero bytes.
fn depth(text: &str, limit: usize) -> Result<(), ReadError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            0 => {
                let (line, column) = place(text, offset);
                return Err(ReadError::Nul { line, column });
            }
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > limit {
                    let (line, column) = place(text, offset);
                    return Err(ReadError::TooDeep { line, column, limit });
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Line and column, from 1, of a byte.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    (line, offset - before.rfind('\n').map_or(0, |at| at + 1) + 1)
}

/// Is it the old form of globals, a list of variables with nothing around it? A data file has no `key` in every row.
fn is_bare_list(list: &[Value]) -> bool {
    let is_variable = |value: &Value| value.get("key").is_some_and(Value::is_string) && value.get("value").is_some();
    !list.is_empty() && list.iter().all(is_variable)
}

/// The bare list as globals that say that they were one, so that it is written as one again.
fn bare_list(list: Vec<Value>) -> Map<String, Value> {
    let mut root = Map::new();
    root.insert("name".to_owned(), Value::from("Globals"));
    root.insert("_postman_variable_scope".to_owned(), Value::from("globals"));
    root.insert(BARE_LIST.to_owned(), Value::Bool(true));
    root.insert("values".to_owned(), Value::Array(list));
    root
}

fn unwrapped(mut root: Map<String, Value>) -> Map<String, Value> {
    for key in ["collection", "environment"] {
        if root.len() == 1
            && let Some(Value::Object(inner)) = root.get_mut(key)
        {
            return std::mem::take(inner);
        }
    }
    root
}

fn format(root: &Map<String, Value>) -> Result<Format, ReadError> {
    if root.get("values").is_some_and(Value::is_array) {
        return Ok(Format::Variables);
    }
    if let Some(info) = root.get("info").and_then(Value::as_object) {
        let schema = info.get("schema").and_then(Value::as_str).unwrap_or_default();
        if root.get("item").is_some() || schema.contains("/collection/") {
            return Ok(if schema.contains("v2.0") { Format::V2_0 } else { Format::V2_1 });
        }
        if info.contains_key("title") || root.contains_key("openapi") {
            return Err(ReadError::Unknown { hint: "it looks like an OpenAPI description".to_owned() });
        }
    }
    if root.get("requests").is_some_and(Value::is_array) {
        return Ok(Format::V1);
    }
    if root.get("item").is_some_and(Value::is_array) {
        return Ok(Format::V2_1);
    }
    let keys: Vec<_> = root.keys().take(5).map(String::as_str).collect();
    Err(ReadError::Unknown {
        hint: if keys.is_empty() { "the object is empty".to_owned() } else { format!("it has {}", keys.join(", ")) },
    })
}

/// Counts what is in a collection and notes what is not understood.
pub(crate) fn checked(collection: Collection, limits: &Limits, report: &mut Report) -> Result<Imported, ReadError> {
    let (mut folders, mut requests, mut examples, mut scripts) = (0, 0, 0, 0);
    let mut not_understood = Vec::new();
    let mut note = |path: &str, key: &str| {
        not_understood.push(Note { path: format!("{path}/{key}"), what: "kept, not understood".to_owned() })
    };
    for key in collection.head.keys() {
        if !["info", "auth", "event", "variable", "protocolProfileBehavior", "_v1"].contains(&key.as_str()) {
            note("", key);
        }
    }
    scripts += events(&collection.head);
    let mut pending: Vec<(String, &Item)> = with_paths("", &collection.items);
    while let Some((path, item)) = pending.pop() {
        scripts += events(&item.raw);
        examples += item.examples().len();
        match &item.items {
            Some(children) => {
                folders += 1;
                pending.extend(with_paths(&path, children));
            }
            None => requests += 1,
        }
        if folders + requests + examples > limits.items {
            return Err(ReadError::TooMany { limit: limits.items });
        }
        for key in item.raw.keys() {
            let known = [
                "id",
                "_postman_id",
                "uid",
                "name",
                "description",
                "request",
                "response",
                "event",
                "auth",
                "variable",
                "protocolProfileBehavior",
                "_postman_isSubFolder",
                "_v1",
            ];
            if !known.contains(&key.as_str()) {
                note(&path, key);
            }
        }
    }
    for (what, count) in [("requests", requests), ("folders", folders), ("examples", examples), ("scripts", scripts)] {
        report.kept.push(Kept { what, count });
    }
    let variables = collection.head.get("variable").and_then(Value::as_array).map_or(0, Vec::len);
    report.kept.push(Kept { what: "variables", count: variables });
    if not_understood.len() > NOTES {
        let rest = not_understood.len() - NOTES;
        not_understood.truncate(NOTES);
        not_understood.push(Note { path: String::new(), what: format!("and {rest} more places") });
    }
    report.not_understood = not_understood;
    Ok(Imported::Collection(collection))
}

fn with_paths<'i>(path: &str, items: &'i [Item]) -> Vec<(String, &'i Item)> {
    items.iter().enumerate().map(|(index, item)| (format!("{path}/item/{index}"), item)).collect()
}

fn events(raw: &Map<String, Value>) -> usize {
    raw.get("event").and_then(Value::as_array).map_or(0, Vec::len)
}

/// What a JSON value is, for a message.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
