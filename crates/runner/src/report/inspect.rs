//! Values of the console as Node's `util.inspect` shows them.

use serde_json::Value;

/// Entries of an array that are shown.
const LONGEST_ARRAY: usize = 100;
/// Levels that are shown.
const DEEPEST: usize = 25;
/// A value with fewer levels than this inside may stand on one line.
const COMPACT: usize = 3;

/// `value` as text; it is broken over lines if one would be longer than `width`.
pub(super) fn inspect(value: &Value, width: usize) -> String {
    show(value, 0, 0, width).0
}

/// The text of `value` and how many levels it has below it.
fn show(value: &Value, depth: usize, indent: usize, width: usize) -> (String, usize) {
    match value {
        Value::String(text) => (quoted(text), 0),
        Value::Array(list) if list.is_empty() => ("[]".to_owned(), 0),
        Value::Object(object) if object.is_empty() => ("{}".to_owned(), 0),
        Value::Array(_) if depth > DEEPEST => ("[Array]".to_owned(), 0),
        Value::Object(_) if depth > DEEPEST => ("[Object]".to_owned(), 0),
        Value::Array(list) => {
            let mut levels = 0;
            let mut entries = Vec::new();
            for entry in list.iter().take(LONGEST_ARRAY) {
                let (text, below) = show(entry, depth + 1, indent + 2, width);
                levels = nested(entry, below);
                entries.push(text);
            }
            if list.len() > LONGEST_ARRAY {
                let more = list.len() - LONGEST_ARRAY;
                entries.push(format!("... {more} more item{}", if more == 1 { "" } else { "s" }));
            }
            (joined(&entries, ['[', ']'], levels, indent, width), levels)
        }
        Value::Object(object) => {
            let mut levels = 0;
            let mut entries = Vec::new();
            for (key, entry) in object {
                let (text, below) = show(entry, depth + 1, indent + 2, width);
                levels = nested(entry, below);
                let key = if is_name(key) { key.clone() } else { quoted(key) };
                entries.push(format!("{key}: {text}"));
            }
            (joined(&entries, ['{', '}'], levels, indent, width), levels)
        }
        other => (other.to_string(), 0),
    }
}

/// Levels that an entry adds: Node counts the last one only, and no empty or plain ones.
fn nested(entry: &Value, below: usize) -> usize {
    match entry {
        Value::Array(list) if !list.is_empty() => below + 1,
        Value::Object(object) if !object.is_empty() => below + 1,
        _ => 0,
    }
}

fn joined(entries: &[String], [open, close]: [char; 2], levels: usize, indent: usize, width: usize) -> String {
    let length: usize = entries.iter().map(|entry| entry.chars().count()).sum();
    let start = entries.len() + indent + 1 + 10;
    let fits = levels < COMPACT
        && entries.len() + start + length <= width
        && !entries.iter().any(|entry| entry.contains('\n'));
    if fits {
        return format!("{open} {} {close}", entries.join(", "));
    }
    let margin = " ".repeat(indent);
    format!("{open}\n{margin}  {}\n{margin}{close}", entries.join(&format!(",\n{margin}  ")))
}

fn is_name(key: &str) -> bool {
    let mut letters = key.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_' || first == '$')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$')
}

/// In single quotes, or in those that the text does not have.
fn quoted(text: &str) -> String {
    let quote = match (text.contains('\''), text.contains('"'), text.contains('`')) {
        (false, _, _) => '\'',
        (true, false, _) => '"',
        (true, true, false) => '`',
        (true, true, true) => '\'',
    };
    let mut shown = String::with_capacity(text.len() + 2);
    shown.push(quote);
    for letter in text.chars() {
        match letter {
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            '\\' => shown.push_str("\\\\"),
            letter if letter == quote => {
                shown.push('\\');
                shown.push(letter);
            }
            // A terminal must not obey what a server sent.
            letter if letter.is_control() => shown.push_str(&format!("\\x{:02X}", u32::from(letter))),
            letter => shown.push(letter),
        }
    }
    shown.push(quote);
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_look_as_in_node() {
        for (value, text) in [
            (json!("it's"), "\"it's\""),
            (json!("a\nb\u{1b}"), "'a\\nb\\x1B'"),
            (json!([1, "two", null, true]), "[ 1, 'two', null, true ]"),
            (json!({ "a": 1, "b-c": {} }), "{ a: 1, 'b-c': {} }"),
            (
                json!({ "a": 1, "b": ["x", null, true, { "c": {} }] }),
                "{\n  a: 1,\n  b: [ 'x', null, true, { c: {} } ]\n}",
            ),
        ] {
            assert_eq!(inspect(&value, 44), text);
        }
    }
}
