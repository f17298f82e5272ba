//! Data files: a row for each iteration, in JSON or CSV.

use serde_json::{Map, Number, Value};

use crate::read::{Limits, ReadError, json, kind};
use crate::text;

/// One row: names and values of variables.
pub type Row = Map<String, Value>;

/// Why a data file was not read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// The text or JSON is wrong.
    #[error("{0}")]
    Read(#[from] ReadError),
    /// The JSON is no list of objects.
    #[error("row {row}: expected an object with a value for each variable, found {found}")]
    NotARow {
        /// From 1; 0 for the document itself.
        row: usize,
        /// What is there.
        found: &'static str,
    },
    /// The CSV is malformed.
    #[error("line {line}: {reason}")]
    Csv {
        /// From 1.
        line: u64,
        /// What was wrong.
        reason: String,
    },
}

/// The rows in a data file: JSON if it begins with a bracket or brace, CSV otherwise.
///
/// In CSV the first line has the names. A value in digits becomes a number as JavaScript reads it (`01` is 1, `1e3` is
/// 1000); everything else stays text, `true` and `null` too; as in newman. A quoted number becomes a number as well, where
/// newman keeps text: docs/compatibility.md lists it as not wanted.
///
/// # Errors
///
/// [`DataError`] with the row or line.
pub fn read(bytes: &[u8]) -> Result<Vec<Row>, DataError> {
    let text = text::decode(bytes)?;
    if text.trim_start().starts_with(['[', '{']) {
        return json_rows(bytes);
    }
    csv_rows(&text)
}

fn json_rows(bytes: &[u8]) -> Result<Vec<Row>, DataError> {
    let rows = match json(bytes, &Limits::default())? {
        Value::Array(rows) => rows,
        row @ Value::Object(_) => vec![row],
        other => return Err(DataError::NotARow { row: 0, found: kind(&other) }),
    };
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| match row {
            Value::Object(row) => Ok(row),
            other => Err(DataError::NotARow { row: index + 1, found: kind(&other) }),
        })
        .collect()
}

fn csv_rows(text: &str) -> Result<Vec<Row>, DataError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let failed = |error: csv::Error| DataError::Csv {
        line: error.position().map_or(1, csv::Position::line),
        reason: match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} values where the first line has {expected_len} names")
            }
            _ => "the line is no CSV".to_owned(),
        },
    };
    let names = reader.headers().map_err(failed)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        if record.len() > names.len() {
            return Err(DataError::Csv {
                line: record.position().map_or(1, csv::Position::line),
                reason: format!("{} values where the first line has {} names", record.len(), names.len()),
            });
        }
        rows.push(names.iter().zip(&record).map(|(name, value)| (name.to_owned(), typed(value))).collect());
    }
    Ok(rows)
}

/// A CSV value with newman's types.
fn typed(text: &str) -> Value {
    let looks_numeric = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && !text.contains(['_', 'n', 'N', 'i', 'I']);
    if looks_numeric && let Ok(number) = text.parse::<f64>() {
        const EXACT: f64 = 9_007_199_254_740_991.0;
        if number.fract() == 0.0 && number.abs() <= EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
            return Value::Number(Number::from(number as i64));
        }
        if let Some(number) = Number::from_f64(number) {
            return Value::Number(number);
        }
    }
    Value::String(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn csv_values_have_newmans_types() {
        let rows = read(b"\xEF\xBB\xBFa,b,c,d,e\n01,1e3,true,null,\n\"x, y\",-2.5,0x10,1_0,z").unwrap();
        assert_eq!(
            serde_json::to_value(rows).unwrap(),
            json!([
                { "a": 1, "b": 1000, "c": "true", "d": "null", "e": "" },
                { "a": "x, y", "b": -2.5, "c": "0x10", "d": "1_0", "e": "z" },
            ])
        );
    }

    #[test]
    fn a_wrong_row_is_named() {
        assert_eq!(read(b"[{}, 3]"), Err(DataError::NotARow { row: 2, found: "a number" }));
        assert_eq!(
            read(b"a,b\n1,2\n1,2,3").unwrap_err().to_string(),
            "line 3: 3 values where the first line has 2 names"
        );
    }
}
