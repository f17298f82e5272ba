//! A collection as a tree of items whose raw JSON is kept.

use serde_json::{Map, Value, json};

use crate::read::{ReadError, kind};
use crate::v1;

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Postman collection v1.
    V1,
    /// Postman collection v2.0.
    V2_0,
    /// Postman collection v2.1.
    V2_1,
    /// An environment or globals file.
    Variables,
}

impl Format {
    /// The name on the wire and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "1.0.0",
            Self::V2_0 => "2.0.0",
            Self::V2_1 => "2.1.0",
            Self::Variables => "variables",
        }
    }

    /// The collection format of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::V1, Self::V2_0, Self::V2_1].into_iter().find(|format| format.name() == name)
    }
}

/// A collection: its head (every root field but `item`) and its items.
///
/// Files of v2.0 and v2.1 are kept as they are: what differs (the form of `auth`) is understood in both forms. A v1 file
/// is converted, and each converted thing keeps its original under `_v1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    /// `info`, `variable`, `auth`, `event` and whatever else the root holds.
    pub head: Map<String, Value>,
    /// Folders and requests, in order.
    pub items: Vec<Item>,
}

/// A folder or a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Every field but `item`.
    pub raw: Map<String, Value>,
    /// The children of a folder; `None` for a request.
    pub items: Option<Vec<Item>>,
}

impl Collection {
    /// The collection in a v2 document.
    pub(crate) fn from_root(mut root: Map<String, Value>) -> Result<Self, ReadError> {
        let items = match root.shift_remove("item") {
            None => Vec::new(),
            Some(Value::Array(items)) => Item::list("", items)?,
            Some(other) => {
                return Err(ReadError::Malformed {
                    path: "/item".to_owned(),
                    reason: format!("expected a list of items, found {}", kind(&other)),
                });
            }
        };
        Ok(Self { head: root, items })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.head.get("info").and_then(|info| info.get("name")).and_then(Value::as_str).unwrap_or("New Collection")
    }

    /// Its id in the file, if it has one.
    pub fn id(&self) -> Option<&str> {
        self.head
            .get("info")
            .and_then(|info| info.get("_postman_id").or_else(|| info.get("id")))
            .and_then(Value::as_str)
    }

    /// The format it was read from.
    pub fn format(&self) -> Format {
        if self.head.contains_key("_v1") {
            return Format::V1;
        }
        let schema = self.head.get("info").and_then(|info| info.get("schema")).and_then(Value::as_str);
        if schema.is_some_and(|schema| schema.contains("v2.0")) { Format::V2_0 } else { Format::V2_1 }
    }

    /// The document in `format`. In the format it was read from it equals what was read.
    pub fn export(&self, format: Format) -> Value {
        if format == Format::V1 {
            return v1::to_v1(self);
        }
        let mut root = self.head.clone();
        let unchanged = self.format() == format;
        root.shift_remove("_v1");
        let mut items: Vec<Value> = self.items.iter().map(Item::to_value).collect();
        if !unchanged {
            restyle_auth(&mut root, format);
            items.iter_mut().for_each(|item| restyle_item(item, format));
            if let Some(Value::Object(info)) = root.get_mut("info") {
                let version = if format == Format::V2_0 { "v2.0.0" } else { "v2.1.0" };
                info.insert(
                    "schema".to_owned(),
                    json!(format!("https://schema.getpostman.com/json/collection/{version}/collection.json")),
                );
            }
        }
        root.insert("item".to_owned(), Value::Array(items));
        Value::Object(root)
    }
}

impl Item {
    /// The item in a JSON object, with its children.
    pub(crate) fn from_raw(path: &str, mut raw: Map<String, Value>) -> Result<Self, ReadError> {
        let items = match raw.shift_remove("item") {
            None => None,
            Some(Value::Array(items)) => Some(Self::list(path, items)?),
            Some(other) => {
                return Err(ReadError::Malformed {
                    path: format!("{path}/item"),
                    reason: format!("expected a list of items, found {}", kind(&other)),
                });
            }
        };
        Ok(Self { raw, items })
    }

    fn list(path: &str, items: Vec<Value>) -> Result<Vec<Self>, ReadError> {
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                let path = format!("{path}/item/{index}");
                match item {
                    Value::Object(raw) => Self::from_raw(&path, raw),
                    other => Err(ReadError::Malformed {
                        path,
                        reason: format!("expected a folder or request, found {}", kind(&other)),
                    }),
                }
            })
            .collect()
    }

    /// Its id in the file.
    pub fn id(&self) -> Option<&str> {
        ["id", "_postman_id"].iter().find_map(|key| self.raw.get(*key)).and_then(Value::as_str)
    }

    /// Its name; a request without one is called after its URL.
    pub fn name(&self) -> String {
        match self.raw.get("name").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None if self.is_folder() => "New Folder".to_owned(),
            None => self.request().map(request_url).filter(|url| !url.is_empty()).unwrap_or("New Request".to_owned()),
        }
    }

    /// Is it a folder?
    pub fn is_folder(&self) -> bool {
        self.items.is_some()
    }

    /// The request, as text (a URL to get) or an object.
    pub fn request(&self) -> Option<&Value> {
        self.raw.get("request")
    }

    /// The method of its request.
    pub fn method(&self) -> Option<&str> {
        match self.request()? {
            Value::Object(request) => Some(request.get("method").and_then(Value::as_str).unwrap_or("GET")),
            _ => Some("GET"),
        }
    }

    /// Saved answers.
    pub fn examples(&self) -> &[Value] {
        self.raw.get("response").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The item with its children as JSON.
    pub fn to_value(&self) -> Value {
        let mut raw = self.raw.clone();
        raw.shift_remove("_v1");
        if let Some(items) = &self.items {
            raw.insert("item".to_owned(), Value::Array(items.iter().map(Self::to_value).collect()));
        }
        Value::Object(raw)
    }
}

/// The URL of a request as it is written, with its variables.
fn request_url(request: &Value) -> String {
    match request {
        Value::String(url) => url.clone(),
        Value::Object(request) => request.get("url").map(crate::url::written).unwrap_or_default(),
        _ => String::new(),
    }
}

/// The text of a description, which may be text or `{content, type}`.
pub fn description(value: Option<&Value>) -> Option<&str> {
    match value? {
        Value::String(text) => Some(text),
        Value::Object(object) => object.get("content").and_then(Value::as_str),
        _ => None,
    }
}

fn restyle_item(item: &mut Value, format: Format) {
    let Value::Object(raw) = item else { return };
    restyle_auth(raw, format);
    if let Some(Value::Object(request)) = raw.get_mut("request") {
        restyle_auth(request, format);
    }
    for key in ["response", "item"] {
        if let Some(Value::Array(inner)) = raw.get_mut(key) {
            for value in inner {
                if key == "item" {
                    restyle_item(value, format);
                } else if let Some(Value::Object(original)) = value.get_mut("originalRequest") {
                    restyle_auth(original, format);
                }
            }
        }
    }
}

/// Writes `auth` as v2.1 (a list of attributes) or as v2.0 (an object).
fn restyle_auth(holder: &mut Map<String, Value>, format: Format) {
    let Some(Value::Object(auth)) = holder.get_mut("auth") else { return };
    for (key, parameters) in auth.iter_mut() {
        if key == "type" {
            continue;
        }
        match (format, &*parameters) {
            (Format::V2_1, Value::Object(object)) => {
                *parameters = object
                    .iter()
                    .map(|(key, value)| {
                        let kind = match value {
                            Value::String(_) => "string",
                            Value::Bool(_) => "boolean",
                            Value::Number(_) => "number",
                            _ => "any",
                        };
                        json!({ "key": key, "value": value, "type": kind })
                    })
                    .collect();
            }
            (Format::V2_0, Value::Array(list)) => {
                *parameters = Value::Object(
                    list.iter()
                        .filter_map(|entry| {
                            let key = entry.get("key")?.as_str()?.to_owned();
                            Some((key, entry.get("value").cloned().unwrap_or(Value::Null)))
                        })
                        .collect(),
                );
            }
            _ => {}
        }
    }
}
