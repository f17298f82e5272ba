//! Reports of one line for each thing that happens, for programs that read along: TAP, GitHub's annotations, TeamCity's
//! service messages and NDJSON.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;

use super::{Reporter, duration_text, full_name};
use crate::event::{Event, ItemName, Reason, Source};
use crate::run::Summary;

/// Failures that GitHub's summary lists.
const LISTED: usize = 100;

/// Something that was checked: an assertion, or a request or script that failed.
struct Check<'e> {
    item: &'e ItemName,
    iteration: u32,
    name: String,
    skipped: bool,
    /// Why it failed, in a line, and with its stack.
    failure: Option<(String, String)>,
}

/// What `event` says was checked.
fn check(event: &Event) -> Option<Check<'_>> {
    let stacked = |error: &crate::event::ScriptError| {
        let line = format!("{}: {}", error.name, error.message);
        let stack = error.stack.clone().unwrap_or_else(|| line.clone());
        (line, stack)
    };
    match event {
        Event::Assertion(assertion) => Some(Check {
            item: &assertion.item,
            iteration: assertion.iteration,
            name: assertion.name.clone(),
            skipped: assertion.skipped,
            failure: assertion.error.as_ref().filter(|_| !assertion.passed).map(stacked),
        }),
        Event::ScriptFailed(failed) => Some(Check {
            item: &failed.item,
            iteration: failed.iteration,
            name: format!("script of {}", failed.at),
            skipped: false,
            failure: Some(stacked(&failed.error)),
        }),
        Event::RequestFailed(failed) => {
            let hint = failed.error.hint.as_deref().map(|hint| format!("\n{hint}")).unwrap_or_default();
            Some(Check {
                item: &failed.item,
                iteration: failed.iteration,
                name: match failed.source {
                    Source::Item => "request".to_owned(),
                    Source::Script => format!("request of a script to {}", failed.url),
                },
                skipped: false,
                failure: Some((failed.error.message.clone(), format!("{}{hint}", failed.error.message))),
            })
        }
        _ => None,
    }
}

/// `Folder / Request`, with the pass behind it if there are several.
fn place(check: &Check<'_>, passes: u32) -> String {
    let name = full_name(check.item);
    if passes > 1 { format!("{name} (iteration {})", check.iteration + 1) } else { name }
}

/// The TAP reporter (version 13): a test point for each assertion, and for each request and script that fails.
pub struct Tap<W: Write> {
    out: W,
    count: u64,
    passes: u32,
}

impl<W: Write> Tap<W> {
    /// A reporter that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, count: 0, passes: 1 }
    }
}

impl<W: Write> Reporter for Tap<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let Event::RunStarted(started) = event {
            self.passes = started.iterations;
            return writeln!(self.out, "TAP version 13\n# {}", tap_text(&started.collection.name));
        }
        if let Event::RequestRetried(retried) = event {
            let place = full_name(&retried.item);
            return writeln!(self.out, "# {}", tap_text(&format!("{place}: {}", retried.line())));
        }
        let Some(check) = check(event) else { return Ok(()) };
        self.count += 1;
        let state = if check.failure.is_some() { "not ok" } else { "ok" };
        let skip = if check.skipped { " # SKIP" } else { "" };
        let name = tap_text(&format!("{}: {}", place(&check, self.passes), check.name));
        writeln!(self.out, "{state} {} - {name}{skip}", self.count)?;
        if let Some((line, stack)) = &check.failure {
            // JSON's texts are YAML's as well.
            writeln!(self.out, "  ---\n  message: {}\n  severity: fail", serde_json::Value::from(line.as_str()))?;
            writeln!(self.out, "  stack: {}\n  ...", serde_json::Value::from(stack.as_str()))?;
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        if let Some(why) = ended_early(summary) {
            writeln!(self.out, "Bail out! {}", tap_text(&why))?;
        } else {
            writeln!(self.out, "1..{}", self.count)?;
        }
        self.out.flush()
    }
}

/// Why the run did not come to its end, if it did not.
fn ended_early(summary: &Summary) -> Option<String> {
    let finished = &summary.finished;
    match finished.reason {
        Reason::Completed | Reason::Bailed => None,
        Reason::Cancelled => Some("the run was interrupted".to_owned()),
        Reason::TimedOut => Some("the run was out of time".to_owned()),
        Reason::Failed => Some(finished.error.clone().unwrap_or_else(|| "the run could not go on".to_owned())),
    }
}

fn tap_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#").replace(['\r', '\n'], " ")
}

/// The GitHub reporter: an annotation for each failure, and a table for the summary of the job.
pub struct GitHub<W: Write> {
    out: W,
    /// What annotations say is the file.
    file: Option<String>,
    summary: Option<PathBuf>,
    collection: String,
    passes: u32,
    failures: Vec<(String, String, String)>,
}

impl<W: Write> GitHub<W> {
    /// A reporter that writes annotations of `file` to `out`, and appends a summary in Markdown to the file `summary`.
    pub fn new(out: W, file: Option<String>, summary: Option<PathBuf>) -> Self {
        Self { out, file, summary, collection: String::new(), passes: 1, failures: Vec::new() }
    }

    fn markdown(&self, summary: &Summary) -> String {
        let finished = &summary.finished;
        let totals = finished.totals;
        let sign = if summary.failures == 0 && finished.reason == Reason::Completed { "✅" } else { "❌" };
        let mut text =
            format!("### {sign} {}\n\n| | executed | failed |\n| --- | --- | --- |\n", markdown_text(&self.collection));
        for (what, total, failed) in [
            ("iterations", totals.iterations.total, totals.iterations.failed),
            ("requests", totals.requests.total, totals.requests.failed),
            ("scripts", totals.scripts.total, totals.scripts.failed),
            ("assertions", totals.assertions.total, totals.assertions.failed),
        ] {
            let _ = writeln!(text, "| {what} | {total} | {failed} |");
        }
        let _ = writeln!(text, "\n{} in all", duration_text(finished.duration_ms));
        if let Some(why) = ended_early(summary) {
            let _ = writeln!(text, "\n**{}**", markdown_text(&why));
        }
        if !self.failures.is_empty() {
            text.push_str("\n| request | what | why |\n| --- | --- | --- |\n");
            for (place, name, line) in &self.failures {
                let _ =
                    writeln!(text, "| {} | {} | {} |", markdown_text(place), markdown_text(name), markdown_text(line));
            }
            if summary.failures > self.failures.len() as u64 {
                let _ = writeln!(text, "\nand {} more", summary.failures - self.failures.len() as u64);
            }
        }
        text + "\n"
    }
}

impl<W: Write> Reporter for GitHub<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let Event::RunStarted(started) = event {
            self.passes = started.iterations;
            self.collection.clone_from(&started.collection.name);
        }
        if let Event::RequestRetried(retried) = event {
            let title = github_property(&full_name(&retried.item));
            return writeln!(self.out, "::notice title={title}::{}", github_text(&retried.line()));
        }
        let Some(check) = check(event) else { return Ok(()) };
        let Some((line, stack)) = &check.failure else { return Ok(()) };
        let place = place(&check, self.passes);
        let file = self.file.as_deref().map(|file| format!("file={},", github_property(file))).unwrap_or_default();
        let title = github_property(&format!("{place}: {}", check.name));
        writeln!(self.out, "::error {file}title={title}::{}", github_text(stack))?;
        if self.failures.len() < LISTED {
            self.failures.push((place, check.name, line.clone()));
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        if let Some(why) = ended_early(summary) {
            writeln!(self.out, "::error title={}::{}", github_property(&self.collection), github_text(&why))?;
        }
        if let Some(path) = &self.summary {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(self.markdown(summary).as_bytes())?;
        }
        self.out.flush()
    }
}

fn github_text(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn github_property(text: &str) -> String {
    github_text(text).replace(':', "%3A").replace(',', "%2C")
}

/// `text` as one cell of a table, with nothing in it that is markup.
fn markdown_text(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        match letter {
            '\r' | '\n' => plain.push(' '),
            '<' => plain.push_str("&lt;"),
            '&' => plain.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' => plain.extend(['\\', letter]),
            letter => plain.push(letter),
        }
    }
    plain
}

/// The TeamCity reporter: a suite for each request, a test for each assertion.
pub struct TeamCity<W: Write> {
    out: W,
    collection: String,
    passes: u32,
}

impl<W: Write> TeamCity<W> {
    /// A reporter that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out, collection: String::new(), passes: 1 }
    }

    fn say(&mut self, what: &str, values: &[(&str, &str)]) -> io::Result<()> {
        let mut line = format!("##teamcity[{what}");
        for (key, value) in values {
            let _ = write!(line, " {key}='{}'", teamcity_text(value));
        }
        writeln!(self.out, "{line}]")
    }

    fn suite(&self, item: &ItemName, iteration: u32) -> String {
        let name = full_name(item);
        if self.passes > 1 { format!("{name} (iteration {})", iteration + 1) } else { name }
    }
}

impl<W: Write> Reporter for TeamCity<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted(started) => {
                self.passes = started.iterations;
                self.collection.clone_from(&started.collection.name);
                let name = self.collection.clone();
                return self.say("testSuiteStarted", &[("name", &name)]);
            }
            Event::ItemStarted(started) => {
                let name = self.suite(&started.item, started.iteration);
                return self.say("testSuiteStarted", &[("name", &name)]);
            }
            Event::ItemFinished(finished) => {
                let name = self.suite(&finished.item, finished.iteration);
                return self.say("testSuiteFinished", &[("name", &name)]);
            }
            Event::RequestRetried(retried) => {
                return self.say("message", &[("text", &retried.line()), ("status", "WARNING")]);
            }
            _ => {}
        }
        let Some(check) = check(event) else { return Ok(()) };
        let name = [("name", check.name.as_str())];
        self.say("testStarted", &name)?;
        if let Some((line, stack)) = &check.failure {
            self.say("testFailed", &[name[0], ("message", line), ("details", stack)])?;
        } else if check.skipped {
            self.say("testIgnored", &name)?;
        }
        self.say("testFinished", &name)
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        if let Some(why) = ended_early(summary) {
            self.say("message", &[("text", &why), ("status", "ERROR")])?;
        }
        let name = std::mem::take(&mut self.collection);
        self.say("testSuiteFinished", &[("name", &name)])?;
        self.out.flush()
    }
}

fn teamcity_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '\'' | '[' | ']' => escaped.extend(['|', letter]),
            '\n' => escaped.push_str("|n"),
            '\r' => escaped.push_str("|r"),
            letter if letter.is_ascii() => escaped.push(letter),
            letter => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    let _ = write!(escaped, "|0x{unit:04X}");
                }
            }
        }
    }
    escaped
}

/// The NDJSON reporter: each event as it is, a JSON object a line.
pub struct NdJson<W: Write> {
    out: W,
}

impl<W: Write> NdJson<W> {
    /// A reporter that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Reporter for NdJson<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, event)?;
        self.out.write_all(b"\n")
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_breaks_out_of_its_line() {
        assert_eq!(tap_text("a # b\nnot ok 1"), "a \\# b not ok 1");
        assert_eq!(github_property("a,b:c\n::error::x%"), "a%2Cb%3Ac%0A%3A%3Aerror%3A%3Ax%25");
        assert_eq!(markdown_text("a|b\n<script> [x](y)"), "a\\|b &lt;script> \\[x\\](y)");
        assert_eq!(teamcity_text("a'b]|\nü😀"), "a|'b|]|||n|0x00FC|0xD83D|0xDE00");
    }
}
