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
/// 1000) unless it stands in quotes; everything else stays text, `true` and `null` too; as in newman.
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

/// A value of a CSV file, without the blanks around it; those inside of quotes are part of it.
struct Field {
    text: String,
    is_quoted: bool,
}

fn csv_rows(text: &str) -> Result<Vec<Row>, DataError> {
    let mut records = Records { reader: csv_core::Reader::new(), rest: text.as_bytes(), line: 1 };
    let names = records.next().map(|(_, names)| names).unwrap_or_default();
    let mut rows = Vec::new();
    for (line, record) in records {
        if record.len() > names.len() {
            let reason = format!("{} values where the first line has {} names", record.len(), names.len());
            return Err(DataError::Csv { line, reason });
        }
        rows.push(names.iter().zip(record).map(|(name, value)| (name.text.clone(), value.typed())).collect());
    }
    Ok(rows)
}

/// The lines of a CSV file that are not empty, each with its number from 1.
///
/// The reader tells where a field ends, not whether it was in quotes; that is seen in its source.
struct Records<'t> {
    reader: csv_core::Reader,
    rest: &'t [u8],
    /// The number of the line that `rest` begins in.
    line: u64,
}

impl<'t> Records<'t> {
    /// Goes to the start of the next field and returns what is there.
    fn skip_blanks(&mut self) -> &'t [u8] {
        self.pass(self.rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count());
        self.rest
    }

    /// Goes on by `bytes`.
    fn pass(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.rest = rest;
    }
}

/// How many blanks stand between the end of a field and what separates it from the next, `rest`.
fn trailing_blanks(source: &[u8], rest: &[u8]) -> usize {
    let mut field = &source[..source.len() - rest.len()];
    for end in [b"\n", b"\r", b","] {
        field = field.strip_suffix(end).unwrap_or(field);
    }
    field.len() - field.trim_ascii_end().len()
}

impl Iterator for Records<'_> {
    type Item = (u64, Vec<Field>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = Vec::new();
        let (mut content, mut length) = (vec![0; 64], 0);
        self.pass(self.rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count());
        let line = self.line;
        let mut source = self.skip_blanks();
        loop {
            // An empty input says that there is no more.
            let (result, read, written) = self.reader.read_field(self.rest, &mut content[length..]);
            self.pass(read);
            length += written;
            match result {
                csv_core::ReadFieldResult::InputEmpty => {}
                csv_core::ReadFieldResult::OutputFull => content.resize(content.len() * 2, 0),
                csv_core::ReadFieldResult::End => return None,
                csv_core::ReadFieldResult::Field { record_end } => {
                    let is_quoted = source.starts_with(b"\"");
                    let text = String::from_utf8_lossy(&content[..length]);
                    let text = match is_quoted {
                        // The reader takes blanks after the closing quote for a part of the value.
                        true => &text[..text.len().saturating_sub(trailing_blanks(source, self.rest))],
                        false => text.trim(),
                    };
                    record.push(Field { text: text.to_owned(), is_quoted });
                    if record_end {
                        return Some((line, record));
                    }
                    (source, length) = (self.skip_blanks(), 0);
                }
            }
        }
    }
}

impl Field {
    /// Its value with newman's types.
    fn typed(self) -> Value {
        let text = self.text;
        let looks_numeric = !self.is_quoted
            && text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
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
        Value::String(text)
    }
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
    fn a_number_in_quotes_is_text() {
        let long = "9".repeat(300);
        let text = format!("a, \"b\" ,c\r\n1, \"1\" ,\" 2 \"\t \r\n\r\n\"3\"\"\",\"4,5\",\"6\n7\"\n8,\"\",\"{long}\"");
        assert_eq!(
            serde_json::to_value(read(text.as_bytes()).unwrap()).unwrap(),
            json!([
                { "a": 1, "b": "1", "c": " 2 " },
                { "a": "3\"", "b": "4,5", "c": "6\n7" },
                { "a": 8, "b": "", "c": long },
            ])
        );
        assert_eq!(read(b"").unwrap(), []);
        assert_eq!(read(b"a,b\n").unwrap(), []);
        assert_eq!(serde_json::to_value(read(b"a,b\n1").unwrap()).unwrap(), json!([{ "a": 1 }]));
    }

    #[test]
    fn a_wrong_row_is_named() {
        assert_eq!(read(b"[{}, 3]"), Err(DataError::NotARow { row: 2, found: "a number" }));
        assert_eq!(
            read(b"a,b\n1,2\n1,2,3").unwrap_err().to_string(),
            "line 3: 3 values where the first line has 2 names"
        );
        for (file, line) in
            [("a,b\n\n\n1,2,3\n4,5", 4), ("a,b\n\"1\n\",2\n1,2,3", 4), ("a,b\r\n\r\n\"x\n\",2,3\r\n", 3)]
        {
            let error = read(file.as_bytes()).unwrap_err().to_string();
            assert_eq!(error, format!("line {line}: 3 values where the first line has 2 names"), "{file:?}");
        }
    }
}
