//! Scopes of variables, their order, and the substitution of `{{names}}`.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::environment::VariableSet;

/// Most passes of a substitution: what still stands then stands for ever, such as a cycle.
const PASSES: usize = 19;

/// The scopes, narrowest first: the first that has a name wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeName {
    /// The run itself (`pm.variables`).
    Local,
    /// The row of the data file.
    Data,
    /// The active environment.
    Environment,
    /// The collection.
    Collection,
    /// The globals of the workspace.
    Globals,
}

/// The values of one scope, enabled ones only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VariableScope(pub Map<String, Value>);

/// All scopes of one execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scopes {
    /// See [`ScopeName::Local`].
    pub local: VariableScope,
    /// See [`ScopeName::Data`].
    pub data: VariableScope,
    /// See [`ScopeName::Environment`].
    pub environment: VariableScope,
    /// See [`ScopeName::Collection`].
    pub collection: VariableScope,
    /// See [`ScopeName::Globals`].
    pub globals: VariableScope,
}

/// Values for names such as `$guid` that are made anew at each use.
pub trait Dynamic {
    /// A new value for `name` (with its `$`), or `None` if there is no such name.
    fn value(&mut self, name: &str) -> Option<String>;
}

/// No dynamic variables at all.
pub struct NoDynamic;

impl Dynamic for NoDynamic {
    fn value(&mut self, _name: &str) -> Option<String> {
        None
    }
}

impl From<&VariableSet> for VariableScope {
    fn from(set: &VariableSet) -> Self {
        let enabled = set.values.iter().filter(|variable| variable.enabled);
        Self(enabled.map(|variable| (variable.key.clone(), variable.value.clone())).collect())
    }
}

impl Scopes {
    /// The value of `name` and the scope it comes from.
    pub fn lookup(&self, name: &str) -> Option<(ScopeName, &Value)> {
        [
            (ScopeName::Local, &self.local),
            (ScopeName::Data, &self.data),
            (ScopeName::Environment, &self.environment),
            (ScopeName::Collection, &self.collection),
            (ScopeName::Globals, &self.globals),
        ]
        .into_iter()
        .find_map(|(scope, values)| values.0.get(name).map(|value| (scope, value)))
        // An empty field of a data file is no value, as in newman.
        .filter(|(scope, value)| *scope != ScopeName::Data || !value.is_null())
    }

    /// The scope of that name.
    pub fn scope_mut(&mut self, name: ScopeName) -> &mut VariableScope {
        match name {
            ScopeName::Local => &mut self.local,
            ScopeName::Data => &mut self.data,
            ScopeName::Environment => &mut self.environment,
            ScopeName::Collection => &mut self.collection,
            ScopeName::Globals => &mut self.globals,
        }
    }

    /// `text` with every `{{name}}` replaced, again and again until nothing changes, at most 19 times.
    ///
    /// An unknown name stays as it is written; so does a cycle. A name is everything between the braces, blanks too.
    pub fn substitute(&self, text: &str, dynamic: &mut dyn Dynamic) -> String {
        let mut text = text.to_owned();
        if !text.contains("{{") {
            return text;
        }
        for _ in 0..PASSES {
            match self.pass(&text, dynamic) {
                Some(next) if next != text && next.len() <= LONGEST => text = next,
                _ => break,
            }
        }
        text
    }

    /// One pass; `None` if no known name was found or the text grows without end.
    fn pass(&self, text: &str, dynamic: &mut dyn Dynamic) -> Option<String> {
        static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{([^{}]*)\}\}").ok());
        let mut result = String::new();
        let mut copied = 0;
        for found in NAME.as_ref()?.captures_iter(text) {
            let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
            let value = self.lookup(name.as_str()).map(|(_, value)| shown(value));
            if let Some(value) = value.or_else(|| dynamic.value(name.as_str())) {
                result.push_str(&text[copied..whole.start()]);
                result.push_str(&value);
                copied = whole.end();
                if result.len() > LONGEST {
                    return None;
                }
            }
        }
        if copied == 0 {
            return None;
        }
        result.push_str(&text[copied..]);
        Some(result)
    }
}

/// Longest text that a substitution makes, so that `a = {{a}}{{a}}` ends.
const LONGEST: usize = 64 * 1024 * 1024;

/// A value as JavaScript's `String()` has it.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list
            .iter()
            .map(|value| if value.is_null() { String::new() } else { shown(value) })
            .collect::<Vec<_>>()
            .join(","),
        Value::Object(_) => "[object Object]".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn scopes() -> Scopes {
        let scope = |value: Value| VariableScope(value.as_object().cloned().unwrap_or_default());
        Scopes {
            local: scope(json!({ "who": "local" })),
            environment: scope(json!({ "who": "environment", "a": "{{b}}", "b": "{{a}}", "x": "{{y}}", "y": "deep" })),
            globals: scope(json!({ "base": "https://x", "part": "as", "empty": "", "n": 1, "o": {}, " s ": "blank" })),
            ..Scopes::default()
        }
    }

    #[test]
    fn variables_resolve_from_the_narrowest_scope_and_from_the_inside_out() {
        for (text, expected) in [
            ("{{who}}", "local"),
            ("{{base}}/v1", "https://x/v1"),
            ("{{missing}}/v1", "{{missing}}/v1"),
            ("{{x}}", "deep"),
            ("{{b{{part}}e}}", "https://x"), // the inner name first, then the outer
            ("{{{base}}}", "{https://x}"),
            ("{{empty}}|{{n}}|{{o}}", "|1|[object Object]"),
            ("{{ s }}{{s}}", "blank{{s}}"),
            ("{{", "{{"),
            ("}}{{base", "}}{{base"),
        ] {
            assert_eq!(scopes().substitute(text, &mut NoDynamic), expected, "{text}");
        }
    }

    #[test]
    fn the_narrowest_scope_that_has_a_name_wins() {
        use ScopeName::{Collection, Data, Environment, Globals, Local};
        let order = [Local, Data, Environment, Collection, Globals];
        for (place, narrowest) in order.into_iter().enumerate() {
            let mut scopes = Scopes::default();
            for scope in &order[place..] {
                scopes.scope_mut(*scope).0.insert("who".to_owned(), json!(format!("{scope:?}")));
            }
            let expected = json!(format!("{narrowest:?}"));
            assert_eq!(scopes.lookup("who"), Some((narrowest, &expected)));
        }
    }

    #[test]
    fn a_cycle_ends() {
        let resolved = scopes().substitute("{{a}}", &mut NoDynamic);
        assert!(["{{a}}", "{{b}}"].contains(&resolved.as_str()), "{resolved}");
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[{}ab x]{0,40}") {
            let mut scopes = scopes();
            scopes.local.0.insert("x".to_owned(), json!("{{x}}{{x}}"));
            scopes.substitute(&text, &mut NoDynamic);
        }
    }
}
