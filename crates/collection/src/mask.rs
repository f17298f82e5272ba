//! Hiding the values of secrets, wherever they turn up.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in the place of a secret value.
pub const MASKED: &str = "••••••";

/// The values that must not be shown, each in the spellings in which a request carries it.
///
/// A value is known by its variable, not by its looks; so a short one is masked as well as a long one.
#[derive(Clone, Default)]
pub struct Mask {
    /// Longest first, so that a value that holds another is hidden whole.
    values: Vec<String>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} spellings)", self.values.len())
    }
}

impl Mask {
    /// Hides `value` from now on: as it is, percent-encoded, in base64, and as JSON writes it.
    pub fn add(&mut self, value: &str) {
        if value.is_empty() {
            return;
        }
        let json = serde_json::to_string(value).unwrap_or_default();
        let spellings = [
            value.to_owned(),
            utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
            STANDARD.encode(value),
            STANDARD_NO_PAD.encode(value),
            URL_SAFE_NO_PAD.encode(value),
            json.trim_matches('"').to_owned(),
        ];
        for spelling in spellings {
            if !self.values.contains(&spelling) {
                self.values.push(spelling);
            }
        }
        self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    /// Is there nothing to hide?
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// `text` with every secret value replaced by [`MASKED`].
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = Cow::Owned(text.replace(value.as_str(), MASKED));
            }
        }
        text
    }

    /// `value` with every text in it masked, keys of objects too.
    pub fn apply_json(&self, value: &serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        if self.is_empty() {
            return value.clone();
        }
        match value {
            Value::String(text) => Value::String(self.apply(text).into_owned()),
            Value::Array(list) => list.iter().map(|value| self.apply_json(value)).collect(),
            Value::Object(object) => Value::Object(
                object.iter().map(|(key, value)| (self.apply(key).into_owned(), self.apply_json(value))).collect(),
            ),
            Value::Number(number) if self.values.contains(&number.to_string()) => Value::String(MASKED.to_owned()),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_in_every_spelling() {
        let mut mask = Mask::default();
        mask.add("p@ss word\"1");
        for text in ["p@ss word\"1", "a p%40ss%20word%221 b", "cEBzcyB3b3JkIjE=", r#"{"k":"p@ss word\"1"}"#] {
            let masked = mask.apply(text);
            assert!(masked.contains(MASKED) && !masked.contains("word"), "{text} -> {masked}");
        }
        assert_eq!(mask.apply("nothing here"), "nothing here");
    }
}
