//! Environments, globals and their variables.

use serde_json::{Map, Value, json};

use crate::read::{ReadError, kind};

/// Marks globals that were read from a list of variables with nothing around it.
pub(crate) const BARE_LIST: &str = "_list";

/// What a variable's value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Plain text.
    Default,
    /// Masked wherever it is shown, sealed wherever it is stored.
    Secret,
    /// A type that older files use (`text`, `any`, `string`, ...), kept as it is.
    Other(String),
}

impl Kind {
    /// The kind of that name.
    pub fn named(name: &str) -> Self {
        match name {
            "default" => Self::Default,
            "secret" => Self::Secret,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Its name in a file.
    pub fn name(&self) -> &str {
        match self {
            Self::Default => "default",
            Self::Secret => "secret",
            Self::Other(name) => name,
        }
    }
}

/// One variable. It has no `Debug`, since its value may be secret.
#[derive(Clone, PartialEq)]
pub struct Variable {
    /// Its name.
    pub key: String,
    /// Its value; text in most files.
    pub value: Value,
    /// `None` if the file did not say.
    pub kind: Option<Kind>,
    /// Does it take part?
    pub enabled: bool,
    /// Every other field of the file, and the way it said `enabled` or `disabled`.
    pub extra: Map<String, Value>,
}

/// The variables of an environment, of the globals or of a collection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VariableSet {
    /// Its name.
    pub name: String,
    /// In order; of several with one name the last enabled one wins.
    pub values: Vec<Variable>,
    /// Every other field of the file.
    pub extra: Map<String, Value>,
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Variable").field("key", &self.key).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Variable {
    /// An enabled variable with a text value.
    pub fn text(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), value: json!(value), kind: Some(Kind::Default), enabled: true, extra: Map::new() }
    }

    /// Must its value not be shown?
    pub fn is_secret(&self) -> bool {
        self.kind == Some(Kind::Secret) || self.extra.get("secret") == Some(&Value::Bool(true))
    }

    /// The variable in a JSON object, or `None` if it has no name.
    pub fn from_value(value: &Value) -> Option<Self> {
        let mut extra = value.as_object()?.clone();
        let key = match extra.shift_remove("key").or_else(|| extra.shift_remove("id").filter(Value::is_string))? {
            Value::String(key) => key,
            other => other.to_string(),
        };
        let enabled = extra.get("enabled").and_then(Value::as_bool).unwrap_or(true)
            && !extra.get("disabled").and_then(Value::as_bool).unwrap_or(false);
        let kind = extra.shift_remove("type").and_then(|kind| kind.as_str().map(Kind::named));
        let value = extra.shift_remove("value").unwrap_or(Value::Null);
        Some(Self { key, value, kind, enabled, extra })
    }

    /// The variable as a file has it.
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("key".to_owned(), json!(self.key));
        if !self.value.is_null() {
            object.insert("value".to_owned(), self.value.clone());
        }
        if let Some(kind) = &self.kind {
            object.insert("type".to_owned(), json!(kind.name()));
        }
        for (key, value) in &self.extra {
            object.insert(key.clone(), value.clone());
        }
        let said_disabled = self.extra.contains_key("disabled");
        if self.extra.contains_key("enabled") || (!said_disabled && !self.enabled) {
            object.insert("enabled".to_owned(), json!(self.enabled));
        }
        if said_disabled {
            object.insert("disabled".to_owned(), json!(!self.enabled));
        }
        Value::Object(object)
    }
}

impl VariableSet {
    /// The variables in a list of JSON objects; entries without a name are left out.
    pub fn from_list(name: &str, list: Option<&Value>) -> Self {
        let values = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Self {
            name: name.to_owned(),
            values: values.iter().filter_map(Variable::from_value).collect(),
            extra: Map::new(),
        }
    }

    pub(crate) fn from_root(mut root: Map<String, Value>) -> Result<Self, ReadError> {
        let values = match root.shift_remove("values") {
            Some(Value::Array(values)) => values,
            _ => Vec::new(),
        };
        let values = values
            .iter()
            .enumerate()
            .map(|(index, value)| {
                Variable::from_value(value).ok_or_else(|| ReadError::Malformed {
                    path: format!("/values/{index}"),
                    reason: format!("expected a variable with a key, found {}", kind(value)),
                })
            })
            .collect::<Result<_, _>>()?;
        let name = root.get("name").and_then(Value::as_str).unwrap_or("New Environment").to_owned();
        Ok(Self { name, values, extra: root })
    }

    /// Does the file say that these are globals?
    pub fn is_globals(&self) -> bool {
        self.extra.get("_postman_variable_scope").and_then(Value::as_str) == Some("globals")
    }

    /// The set as a file has it.
    pub fn to_value(&self) -> Value {
        if self.extra.contains_key(BARE_LIST) {
            return self.values.iter().map(Variable::to_value).collect();
        }
        let mut root = self.extra.clone();
        if root.contains_key("name") || !self.name.is_empty() {
            root.insert("name".to_owned(), json!(self.name));
        }
        root.insert("values".to_owned(), self.values.iter().map(Variable::to_value).collect());
        Value::Object(root)
    }
}
