//! The JUnit report, in the shape of newman's: a suite for each request, a case for each assertion.
//!
//! A suite takes in all passes, so it is written at the end; only counts and first causes are kept until then.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::{Reporter, full_name};
use crate::event::{Event, ItemName, Source, Target};
use crate::run::Summary;

/// Bytes of error text, and of what is told of retries, that a suite keeps.
const LONGEST_ERRORS: usize = 64 * 1024;

/// The JUnit reporter.
pub struct JUnit {
    path: PathBuf,
    collection: String,
    collection_id: String,
    timestamp: String,
    suites: IndexMap<String, Suite>,
    item: String,
    iteration: u32,
    /// Of the pass of this item that goes on.
    assertions: u32,
    errors: Vec<String>,
    sent: bool,
}

#[derive(Default)]
struct Suite {
    item: ItemName,
    tests: u32,
    failures: u32,
    errors: u32,
    error_text: String,
    /// The tries that were followed by others.
    retries: u32,
    retry_text: String,
    /// Seconds of each answer, summed, and how many there were.
    seconds: f64,
    executions: u32,
    last_seconds: f64,
    cases: IndexMap<String, Case>,
}

#[derive(Default)]
struct Case {
    failures: u32,
    message: String,
    stack: String,
}

impl JUnit {
    /// A report that will be at `path`.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            collection: String::new(),
            collection_id: String::new(),
            timestamp: String::new(),
            suites: IndexMap::new(),
            item: String::new(),
            iteration: 0,
            assertions: 0,
            errors: Vec::new(),
            sent: false,
        }
    }

    fn suite(&mut self, item: &ItemName) -> &mut Suite {
        let suite = self.suites.entry(item.id.clone()).or_default();
        if suite.item.id.is_empty() {
            suite.item = item.clone();
        }
        suite
    }

    fn write(&self, summary: &Summary, out: &mut impl Write) -> io::Result<()> {
        let total: f64 = self.suites.values().map(|suite| suite.seconds).sum();
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(
            out,
            "<testsuites name=\"{}\" tests=\"{}\" time=\"{total:.3}\">",
            attribute(&self.collection),
            summary.finished.totals.tests
        )?;
        for suite in self.suites.values() {
            self.write_suite(suite, out)?;
        }
        writeln!(out, "</testsuites>")
    }

    fn write_suite(&self, suite: &Suite, out: &mut impl Write) -> io::Result<()> {
        let name = full_name(&suite.item);
        let mean = if suite.executions == 0 { 0.0 } else { suite.seconds / f64::from(suite.executions) };
        write!(
            out,
            "  <testsuite name=\"{}\" id=\"{}\" timestamp=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{mean:.3}\"",
            attribute(&name),
            attribute(&suite.item.id),
            self.timestamp,
            suite.tests,
            suite.failures,
            suite.errors
        )?;
        if suite.cases.is_empty() && suite.error_text.is_empty() && suite.retries == 0 {
            return writeln!(out, "/>");
        }
        writeln!(out, ">")?;
        if suite.retries > 0 {
            let count = suite.retries;
            writeln!(out, "    <properties><property name=\"retries\" value=\"{count}\"/></properties>")?;
            writeln!(out, "    <system-out>{}</system-out>", cdata(&suite.retry_text))?;
        }
        if !suite.error_text.is_empty() {
            writeln!(out, "    <system-err>{}</system-err>", cdata(&suite.error_text))?;
        }
        for (test, case) in &suite.cases {
            write!(
                out,
                "    <testcase name=\"{}\" time=\"{:.3}\" classname=\"{}\"",
                attribute(test),
                suite.last_seconds,
                attribute(&class_name(&name))
            )?;
            if case.failures == 0 {
                writeln!(out, "/>")?;
                continue;
            }
            writeln!(out, ">")?;
            writeln!(out, "      <failure type=\"AssertionFailure\" message=\"{}\">", attribute(&case.message))?;
            for line in [
                format!("Failed {} times.", case.failures),
                format!("Collection JSON ID: {}.", self.collection_id),
                format!("Collection name: {}.", self.collection),
                format!("Request name: {name}."),
                format!("Test description: {test}."),
                format!("Error message: {}.", case.message),
                format!("Stacktrace: {}.", case.stack),
            ] {
                writeln!(out, "        {}", cdata(&line))?;
            }
            writeln!(out, "      </failure>\n    </testcase>")?;
        }
        writeln!(out, "  </testsuite>")
    }
}

impl Reporter for JUnit {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted(started) => {
                self.collection.clone_from(&started.collection.name);
                self.collection_id.clone_from(&started.collection.id);
                self.timestamp.clone_from(&started.at);
            }
            Event::ItemStarted(started) => {
                self.item.clone_from(&started.item.id);
                self.iteration = started.iteration;
                self.assertions = 0;
                self.errors.clear();
                self.sent = false;
                self.suite(&started.item);
            }
            Event::ResponseReceived(received) if received.source == Source::Item => {
                self.sent = true;
                let seconds = received.response.timing.total / 1000.0;
                let suite = self.suite(&received.item);
                suite.seconds += seconds;
                suite.last_seconds = seconds;
            }
            Event::RequestRetried(retried) => {
                let suite = self.suite(&retried.item);
                suite.retries += 1;
                if suite.retry_text.len() < LONGEST_ERRORS {
                    suite.retry_text.push_str(&format!("Iteration: {}: {}\n", retried.iteration, retried.line()));
                }
            }
            Event::RequestFailed(failed) if failed.source == Source::Item => {
                self.sent = true;
                self.suite(&failed.item).last_seconds = 0.0;
                self.errors.push(format!("RequestError: {}", failed.error.message));
            }
            Event::ScriptFailed(failed) => {
                let target = match failed.target {
                    Target::Prerequest => "prerequestScript",
                    Target::Test => "testScript",
                };
                let error = &failed.error;
                let text = error.stack.as_ref().map_or(String::new(), |stack| format!("\n{stack}"));
                self.errors.push(format!("{target}Error: {}: {} (in {}){text}", error.name, error.message, failed.at));
            }
            Event::Assertion(assertion) => {
                self.assertions += 1;
                let suite = self.suite(&assertion.item);
                let case = suite.cases.entry(assertion.name.clone()).or_default();
                if let Some(error) = assertion.error.as_ref().filter(|_| !assertion.passed) {
                    suite.failures += 1;
                    case.failures += 1;
                    if case.failures == 1 {
                        case.message.clone_from(&error.message);
                        let stack = error.stack.as_deref().unwrap_or_default();
                        case.stack = format!("{}: {}\n{stack}", error.name, error.message);
                    }
                }
            }
            Event::ItemFinished(finished) => {
                let errors = std::mem::take(&mut self.errors);
                let (assertions, iteration, sent) = (self.assertions, self.iteration, self.sent);
                let suite = self.suite(&finished.item);
                suite.tests = assertions;
                suite.executions += u32::from(sent);
                suite.errors += u32::try_from(errors.len()).unwrap_or(u32::MAX);
                if !errors.is_empty() && suite.error_text.len() < LONGEST_ERRORS {
                    let text = format!("Iteration: {iteration}\n{}\n---\n", errors.join("\n---\n"));
                    suite.error_text.push_str(&text);
                    if suite.error_text.len() >= LONGEST_ERRORS {
                        suite.error_text.push_str("(further errors are left out)\n");
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut out = io::BufWriter::new(std::fs::File::create(&self.path)?);
        self.write(summary, &mut out)?;
        out.flush()
    }
}

/// A name as newman makes a class of it: `F / inner / one` is `FInnerOne`.
fn class_name(name: &str) -> String {
    let mut class = String::new();
    for word in name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut previous: Option<char> = None;
        for letter in word.chars() {
            let starts = match previous {
                None => true,
                Some(before) => {
                    (before.is_lowercase() && letter.is_uppercase()) || (before.is_numeric() != letter.is_numeric())
                }
            };
            if starts {
                class.extend(letter.to_uppercase())
            } else {
                class.extend(letter.to_lowercase())
            }
            previous = Some(letter);
        }
    }
    class
}

/// May this character stand in XML 1.0?
fn is_xml(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn attribute(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#xA;"),
            '\r' => escaped.push_str("&#xD;"),
            '\t' => escaped.push_str("&#x9;"),
            letter if is_xml(letter) => escaped.push(letter),
            _ => escaped.push('\u{fffd}'),
        }
    }
    escaped
}

fn cdata(text: &str) -> String {
    let text: String = text.chars().map(|letter| if is_xml(letter) { letter } else { '\u{fffd}' }).collect();
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_name_is_made_as_in_newman() {
        for (name, class) in [("F / inner / one", "FInnerOne"), ("GET user-by id2", "GetUserById2"), ("", "")] {
            assert_eq!(class_name(name), class, "{name}");
        }
    }

    #[test]
    fn nothing_in_a_name_breaks_the_xml() {
        assert_eq!(attribute("a<\"&\u{0}\n"), "a&lt;&quot;&amp;\u{fffd}&#xA;");
        assert_eq!(cdata("x]]>y\u{1}"), "<![CDATA[x]]]]><![CDATA[>y\u{fffd}]]>");
    }
}
