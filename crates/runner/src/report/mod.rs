//! Listeners that turn the events of a run into something to read: newman's console, its JSON and its JUnit file; a
//! page of HTML; and lines for programs that read along.
//!
//! Each writes as events arrive. What a format wants at its end (failures, totals by request) is kept as counts and
//! first causes, or on disk, so that memory does not grow with the length of a run.

use std::io;

use crate::event::{Event, ItemName};
use crate::run::Summary;

mod cli;
mod html;
mod inspect;
mod json;
mod junit;
mod lines;

pub(crate) use json::Spread;

pub use cli::{Cli, CliOptions};
pub use html::Html;
pub use json::Json;
pub use junit::JUnit;
pub use lines::{GitHub, NdJson, Tap, TeamCity};

/// A listener. Events come in order; after the last one `finish` is called.
pub trait Reporter {
    /// Takes in one event.
    ///
    /// # Errors
    ///
    /// If the report cannot be written.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Writes what belongs at the end.
    ///
    /// # Errors
    ///
    /// If the report cannot be written.
    fn finish(&mut self, summary: &Summary) -> io::Result<()>;
}

/// `Folder / Inner / Request`, as newman writes it.
fn full_name(item: &ItemName) -> String {
    item.path.iter().map(String::as_str).chain([item.name.as_str()]).collect::<Vec<_>>().join(" / ")
}

/// A time as newman writes it: `812µs`, `34ms`, `2.4s`, `1m 5.2s`.
fn duration_text(ms: f64) -> String {
    if ms < 1.0 {
        return format!("{}µs", (ms * 1000.0).trunc());
    }
    if ms < 1998.0 {
        return format!("{}ms", ms.trunc());
    }
    let whole = ms as u64;
    let (days, hours, minutes) = (whole / 86_400_000, whole / 3_600_000 % 24, whole / 60_000 % 60);
    let tenths = (ms / 100.0) as u64 % 600;
    let mut parts = Vec::new();
    for (count, unit) in [(days, "d"), (hours, "h"), (minutes, "m")] {
        if count > 0 {
            parts.push(format!("{count}{unit}"));
        }
    }
    match (tenths / 10, tenths % 10) {
        (0, 0) => {}
        (seconds, 0) => parts.push(format!("{seconds}s")),
        (seconds, tenth) => parts.push(format!("{seconds}.{tenth}s")),
    }
    parts.join(" ")
}

/// A size as newman writes it: `27B`, `1.26kB`, `3MB`; a kilobyte has 1000 bytes.
fn size_text(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB", "PB"].into_iter().peekable();
    let mut unit = units.next().unwrap_or("B");
    while value >= 1000.0
        && let Some(next) = units.next()
    {
        value /= 1000.0;
        unit = next;
    }
    let rounded = (value * 100.0).round() / 100.0;
    format!("{rounded}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_read_as_in_newman() {
        for (ms, text) in [
            (0.0, "0µs"),
            (0.5, "500µs"),
            (34.9, "34ms"),
            (1997.0, "1997ms"),
            (2000.0, "2s"),
            (2450.0, "2.4s"),
            (65_200.0, "1m 5.2s"),
            (3_600_000.0, "1h"),
        ] {
            assert_eq!(duration_text(ms), text, "{ms}");
        }
        for (bytes, text) in [(0, "0B"), (999, "999B"), (1000, "1kB"), (1256, "1.26kB"), (3_000_000, "3MB")] {
            assert_eq!(size_text(bytes), text, "{bytes}");
        }
    }
}
