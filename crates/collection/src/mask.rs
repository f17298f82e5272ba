//! Hiding the values of secrets, wherever they turn up.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in the place of a secret value.
pub const MASKED: &str = "••••••";

/// Letters of a value that are hidden wherever so many follow one another, for [`Mask::add_thoroughly`].
const RUN: usize = 8;

/// The values that must not be shown, each in the spellings in which a request carries it.
///
/// A value is known by its variable, not by its looks; so a short one is masked as well as a long one.
#[derive(Clone, Default)]
pub struct Mask {
    values: HashSet<String>,
    /// What finds them all in one pass. Made when it is first asked for; `None` if there are too many to be found so.
    finder: OnceLock<Option<AhoCorasick>>,
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
        self.learn([
            value.to_owned(),
            utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
            STANDARD.encode(value),
            STANDARD_NO_PAD.encode(value),
            URL_SAFE_NO_PAD.encode(value),
            json.trim_matches('"').to_owned(),
        ]);
    }

    /// Hides `value` where somebody may have hidden it on purpose, too: as [`Mask::add`] does, in hexadecimal, in HTML, in
    /// UTF-16, within something else in base64, and every part of it that has at least 8 letters.
    pub fn add_thoroughly(&mut self, value: &str) {
        self.add(value);
        if value.is_empty() {
            return;
        }
        let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
        let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.learn([
            hex.to_uppercase(),
            hex,
            html.replace('"', "&quot;").replace('\'', "&#39;"),
            html.replace('"', "&#34;").replace('\'', "&#x27;"),
            value.chars().flat_map(|letter| [letter, '\0']).collect::<String>().trim_end_matches('\0').to_owned(),
            value.chars().rev().collect(),
        ]);
        // In base64 three bytes are four letters: those of the value alone, wherever it begins in what was encoded.
        for before in 0..3 {
            let mut bytes = vec![0; before];
            bytes.extend_from_slice(value.as_bytes());
            let whole = bytes.len() / 3 * 4;
            for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
                let own = encoded.get((before * 8).div_ceil(6)..whole).unwrap_or_default();
                if own.len() >= RUN {
                    self.learn([own.to_owned()]);
                }
            }
        }
        let letters: Vec<char> = value.chars().collect();
        self.learn(letters.windows(RUN).map(|run| run.iter().collect()));
    }

    fn learn(&mut self, spellings: impl IntoIterator<Item = String>) {
        for spelling in spellings {
            if !spelling.is_empty() && self.values.insert(spelling) {
                self.finder = OnceLock::new();
            }
        }
    }

    /// Is there nothing to hide?
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// `text` with every secret value replaced by [`MASKED`]. What belongs to several values that overlap is replaced as one.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_empty() || text.is_empty() {
            return Cow::Borrowed(text);
        }
        let finder = self.finder.get_or_init(|| AhoCorasick::new(&self.values).ok());
        // Better nothing is shown than a secret.
        let Some(finder) = finder else { return Cow::Borrowed(MASKED) };
        let mut places: Vec<(usize, usize)> =
            finder.find_overlapping_iter(text).map(|found| (found.start(), found.end())).collect();
        if places.is_empty() {
            return Cow::Borrowed(text);
        }
        // The longest first of those that begin together.
        places.sort_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for (index, (next, last)) in places.into_iter().enumerate() {
            if index == 0 || next >= end {
                masked.push_str(&text[end..next]);
                masked.push_str(MASKED);
            }
            end = end.max(last);
        }
        masked.push_str(&text[end..]);
        Cow::Owned(masked)
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

    #[test]
    fn what_overlaps_is_hidden_whole() {
        let mut mask = Mask::default();
        mask.add("abcdef");
        mask.add("defghi");
        mask.add("abc");
        assert_eq!(mask.apply("-abcdefghi-abc-defghi"), format!("-{MASKED}-{MASKED}-{MASKED}"));
        assert_eq!(mask.apply("abcabc"), format!("{MASKED}{MASKED}"));
    }

    #[test]
    fn a_thoroughly_hidden_value_shows_no_part_of_itself() {
        let secret = "s3cr3t/Value+of&<22>";
        let mut mask = Mask::default();
        mask.add_thoroughly(secret);
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let backwards: String = secret.chars().rev().collect();
        let wide: String = secret.chars().flat_map(|letter| [letter, '\0']).collect();
        let shown = [
            "3cr3t/Value+of",
            "x s3cr3t/V",
            "s3cr3t/Value+of&amp;&lt;22&gt;",
            &hex,
            &hex.to_uppercase(),
            &backwards,
            &wide,
        ];
        for text in shown {
            assert!(mask.apply(text).contains(MASKED), "{text}");
        }
        for before in ["", "u", "us", "user:"] {
            for text in [STANDARD.encode(format!("{before}{secret}")), STANDARD.encode(format!("{before}{secret}!x"))] {
                let masked = mask.apply(&text).into_owned();
                assert!(masked.contains(MASKED) && masked.chars().count() < 24, "{text} -> {masked}");
            }
        }
        assert_eq!(mask.apply("s3cr3t/ is seven letters"), "s3cr3t/ is seven letters");
    }
}
