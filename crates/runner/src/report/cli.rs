//! The console: what newman users are used to see.

use std::io::{self, Write};

use owo_colors::{OwoColorize, Style};

use super::inspect::inspect;
use super::{Reporter, duration_text, full_name, size_text};
use crate::event::{
    BodyKind, Console, Count, Event, ItemName, Level, PhaseTimes, Reason, ReceivedResponse, RequestRetried,
    RunFinished, SentRequest, Target,
};
use crate::run::Summary;

/// Failures that are listed at the end; the rest are counted.
const LISTED: usize = 1000;
/// Bytes of a body that `verbose` shows.
const CLIPPED: usize = 2048;
/// Frames of the sign that we wait for an answer.
const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// What the console shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct CliOptions {
    /// With colours and a sign of waiting.
    pub colour: bool,
    /// Is it a terminal, and how wide?
    pub width: Option<usize>,
    /// Headers, bodies and timings of every request.
    pub verbose: bool,
    /// Plain letters instead of symbols.
    pub plain: bool,
    /// No table at the end.
    pub no_summary: bool,
    /// No list of failures at the end.
    pub no_failures: bool,
    /// No assertions.
    pub no_assertions: bool,
    /// Only failed assertions.
    pub no_success_assertions: bool,
    /// Nothing that scripts write.
    pub no_console: bool,
    /// No name of the program.
    pub no_banner: bool,
}

/// The console reporter, as newman's `cli`.
pub struct Cli<W: Write> {
    out: W,
    options: CliOptions,
    symbols: Symbols,
    iterations: u32,
    folder: Vec<String>,
    /// Requests without an answer yet, with the number of their exchange.
    pending: Vec<(u32, SentRequest)>,
    /// Is the last line one that waits for an answer?
    waiting: bool,
    frame: usize,
    /// Is the last block one of the console, in this colour?
    in_console: Option<Style>,
    failed: usize,
    failures: Vec<Failure>,
}

/// A line of the list at the end.
struct Failure {
    name: String,
    iteration: u32,
    test: String,
    message: String,
    at: String,
    inside: String,
}

struct Symbols {
    top: &'static str,
    middle: &'static str,
    bottom: &'static str,
    folder: &'static str,
    root: &'static str,
    sub: &'static str,
    ok: &'static str,
    star: &'static str,
    up: &'static str,
    down: &'static str,
}

const UNICODE: Symbols = Symbols {
    top: "┌",
    middle: "│",
    bottom: "└",
    folder: "❏",
    root: "→",
    sub: "↳",
    ok: "✓",
    star: "★",
    up: "↑",
    down: "↓",
};

const PLAIN: Symbols = Symbols {
    top: "-",
    middle: "|",
    bottom: "-",
    folder: "Folder",
    root: "Root",
    sub: "Sub-folder",
    ok: "Pass",
    star: "*",
    up: "^",
    down: "v",
};

impl<W: Write> Cli<W> {
    /// A reporter that writes to `out`.
    pub fn new(out: W, options: CliOptions) -> Self {
        Self {
            out,
            options,
            symbols: if options.plain { PLAIN } else { UNICODE },
            iterations: 1,
            folder: Vec::new(),
            pending: Vec::new(),
            waiting: false,
            frame: 0,
            in_console: None,
            failed: 0,
            failures: Vec::new(),
        }
    }

    /// Turns the sign of waiting by one; to be called a few times a second.
    ///
    /// # Errors
    ///
    /// If nothing can be written.
    pub fn tick(&mut self) -> io::Result<()> {
        if self.waiting && self.animates() {
            self.frame = (self.frame + 1) % FRAMES.len();
            write!(self.out, "\u{8}{}", FRAMES[self.frame])?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn animates(&self) -> bool {
        self.options.colour && self.options.width.is_some() && !self.options.plain
    }

    fn paint(&self, text: &str, style: Style) -> String {
        if self.options.colour { text.style(style).to_string() } else { text.to_owned() }
    }

    fn in_gray(&self, text: &str) -> String {
        self.paint(text, Style::new().bright_black())
    }

    fn in_red(&self, text: &str) -> String {
        self.paint(text, Style::new().red())
    }

    /// Ends what is open on the screen, then writes a line.
    fn line(&mut self, text: &str) -> io::Result<()> {
        self.close()?;
        writeln!(self.out, "{text}")
    }

    /// Ends a block of the console or a line that waits.
    fn close(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.waiting) {
            write!(self.out, "\r\u{1b}[K")?;
        }
        if let Some(style) = self.in_console.take() {
            let bottom = self.paint(&format!("  {}", self.symbols.bottom), style);
            writeln!(self.out, "{bottom}")?;
        }
        Ok(())
    }

    fn item_started(&mut self, item: &ItemName) -> io::Result<()> {
        if item.path != self.folder {
            if !item.path.is_empty() {
                let name = item.path.join(" / ");
                self.line(&format!("\n{} {}", self.symbols.folder, clean(&name)))?;
                self.folder.clone_from(&item.path);
                let line = format!("{} {}", self.symbols.sub, clean(&item.name));
                return self.line(&line);
            }
            self.folder.clear();
        }
        let symbol = if item.path.is_empty() { self.symbols.root } else { self.symbols.sub };
        self.line(&format!("\n{symbol} {}", clean(&item.name)))
    }

    fn request_sent(&mut self, exchange: u32, request: &SentRequest) -> io::Result<()> {
        self.pending.push((exchange, request.clone()));
        if self.animates() {
            self.close()?;
            let line = self.request_line(&request.method, &request.url);
            write!(self.out, "{line}{}", FRAMES[self.frame])?;
            self.waiting = true;
            self.out.flush()?;
        }
        Ok(())
    }

    fn request_line(&self, method: &str, url: &str) -> String {
        format!("  {} {} ", self.in_gray(&clean(method)), self.in_gray(&clean(url)))
    }

    fn answered(&mut self, exchange: u32) -> Option<SentRequest> {
        let at = self.pending.iter().position(|(pending, _)| *pending == exchange)?;
        Some(self.pending.remove(at).1)
    }

    fn response(&mut self, exchange: u32, response: &ReceivedResponse) -> io::Result<()> {
        let Some(request) = self.answered(exchange) else { return Ok(()) };
        let line = self.request_line(&request.method, &request.url);
        if self.options.verbose {
            self.line(&line)?;
            return self.verbose(&request, response);
        }
        let size = response.sizes.response_headers + response.sizes.response_body_wire;
        let answer = format!(
            "[{} {}, {}, {}]",
            response.code,
            clean(&response.status),
            size_text(size),
            duration_text(response.timing.total)
        );
        let answer = self.in_gray(&answer);
        self.line(&format!("{line}{answer}"))
    }

    /// A line for a try that is followed by another; behind the request if that had no answer.
    fn retried(&mut self, retried: &RequestRetried) -> io::Result<()> {
        let line = match self.answered(retried.exchange) {
            Some(request) => self.request_line(&request.method, &request.url),
            None => "  ".to_owned(),
        };
        let why = self.paint(&format!("[{}]", clean(&retried.line())), Style::new().yellow());
        self.line(&format!("{line}{why}"))
    }

    fn verbose(&mut self, request: &SentRequest, response: &ReceivedResponse) -> io::Result<()> {
        let sizes = response.sizes;
        let (up, down) = (self.symbols.up, self.symbols.down);
        let star = format!(" {} ", self.in_gray(self.symbols.star));
        let summary = [
            format!("{} {}", response.code, clean(&response.status)),
            format!("{} {}", duration_text(response.timing.total), self.in_gray("time")),
            format!(
                "{}{up} {}{down} {}",
                size_text(sizes.request_headers + sizes.request_body),
                size_text(sizes.response_headers + sizes.response_body_wire),
                self.in_gray("size")
            ),
            format!("{}{up} {}{down} {}", request.headers.len(), response.headers.len(), self.in_gray("headers")),
            format!("{} {}", response.cookies.len(), self.in_gray("cookies")),
        ];
        self.line(&format!("  {}", summary.join(&star)))?;
        if request.body.kind != BodyKind::None {
            let text = request.body.text.as_deref().unwrap_or("(binary)");
            self.body(up, "", request.body.size, text)?;
        }
        let kind = response
            .headers
            .iter()
            .find(|header| header.key.eq_ignore_ascii_case("content-type"))
            .map_or("no content type", |header| header.value.as_str());
        match &response.body.text {
            _ if response.body.size == 0 => self.line(&format!("  {down} {}", clean(kind)))?,
            Some(text) => self.body(down, kind, response.body.size, text)?,
            None => self.body(down, kind, response.body.size, "(binary)")?,
        }
        let PhaseTimes { redirects: _, dns, connect, tls, send: _, wait, download, total } = response.timing;
        let phases = [
            ("dns-lookup", dns),
            ("tcp-handshake", connect),
            ("ssl-handshake", tls),
            ("transfer-start", wait),
            ("download", download),
            ("total", total),
        ];
        let shown = |ms: f64| if ms == 0.0 { "(cache)".to_owned() } else { duration_text(ms) };
        let widths = phases.map(|(name, ms)| name.len().max(shown(ms).chars().count()));
        let row = |texts: [String; 6]| {
            let cells: Vec<String> = texts.iter().zip(widths).map(|(text, width)| format!("{text:<width$}")).collect();
            format!("  {}", cells.join("   ")).trim_end().to_owned()
        };
        self.line("")?;
        self.line(&row(phases.map(|(name, _)| name.to_owned())))?;
        let times = self.in_gray(&row(phases.map(|(_, ms)| shown(ms))));
        self.line(&format!("{times}\n"))
    }

    fn body(&mut self, arrow: &str, kind: &str, size: u64, text: &str) -> io::Result<()> {
        let star = self.in_gray(self.symbols.star);
        let title = if kind.is_empty() { String::new() } else { format!("{} {star} ", clean(kind)) };
        self.line(&format!("  {} {arrow} {title}{}", self.symbols.top, size_text(size)))?;
        let end = text.floor_char_boundary(CLIPPED);
        for line in wrapped(&clean_lines(&text[..end]), self.text_width()) {
            let line = self.in_gray(&line);
            self.line(&format!("  {} {line}", self.symbols.middle))?;
        }
        if end < text.len() {
            self.line(&format!("  {} (showing {}/{})", self.symbols.middle, size_text(end as u64), size_text(size)))?;
        }
        self.line(&format!("  {}", self.symbols.bottom))
    }

    fn text_width(&self) -> usize {
        self.options.width.filter(|width| *width > 20).unwrap_or(60) - 6
    }

    fn console(&mut self, console: &Console) -> io::Result<()> {
        if self.options.no_console {
            return Ok(());
        }
        let style = match console.level {
            Level::Log => Style::new().bright_black(),
            Level::Info => Style::new().cyan(),
            Level::Warn => Style::new().yellow(),
            Level::Debug => Style::new().blue(),
            Level::Error => Style::new().red(),
        };
        if self.in_console.is_none() {
            self.close()?;
            let top = self.paint(&format!("  {}", self.symbols.top), style);
            writeln!(self.out, "{top}")?;
        }
        self.in_console = Some(style);
        let break_at = self.text_width() - 10;
        let messages: Vec<String> = console.messages.iter().map(|message| inspect(message, break_at)).collect();
        let middle = self.paint(&format!("  {} ", self.symbols.middle), style);
        for line in wrapped(&messages.join(", "), self.text_width()) {
            let line = self.in_gray(&line);
            writeln!(self.out, "{middle}{line}")?;
        }
        Ok(())
    }

    /// Counts a failure and remembers it for the list at the end.
    fn fail(&mut self, failure: Failure) {
        self.failed += 1;
        if self.failures.len() < LISTED {
            self.failures.push(failure);
        }
    }

    fn table(&self, finished: &RunFinished) -> String {
        let totals = finished.totals;
        let rows = [
            ("iterations", totals.iterations),
            ("requests", totals.requests),
            ("test-scripts", totals.test_scripts),
            ("prerequest-scripts", totals.prerequest_scripts),
            ("assertions", Count { total: totals.assertions.total, failed: totals.assertions.failed }),
        ];
        let mut notes = vec![
            format!("total run duration: {}", duration_text(finished.duration_ms)),
            format!("total data received: {} (approx)", size_text(finished.bytes_received)),
        ];
        if finished.response_average_ms > 0.0 {
            notes.push(format!(
                "average response time: {} [min: {}, max: {}, s.d.: {}]",
                duration_text(finished.response_average_ms),
                duration_text(finished.min),
                duration_text(finished.max),
                duration_text(finished.response_deviation_ms)
            ));
        }
        const FIRST: usize = 25;
        let longest = notes.iter().map(|note| note.chars().count() + 2).max().unwrap_or(0);
        let rest = longest.saturating_sub(FIRST + 2).max(20);
        let (second, third) = (rest - rest / 2, rest / 2);
        let edges: [&str; 8] = if self.options.plain {
            ["-", "|", "-", "-", "-", "-", "-", "-"]
        } else {
            ["─", "│", "┌", "┬", "┐", "├", "┼", "┤"]
        };
        let [dash, bar, ..] = edges;
        let rule = |left: &str, middle: &str, right: &str| {
            let [first, second, third] = [FIRST, second, third].map(|width| dash.repeat(width));
            self.in_gray(&format!("{left}{first}{middle}{second}{middle}{third}{right}"))
        };
        let bar = self.in_gray(bar);
        let right = |text: &str, width: usize| format!("{text:>width$} ", width = width - 1);
        let mut lines = vec![rule(edges[2], edges[3], edges[4])];
        lines.push(format!(
            "{bar}{}{bar}{}{bar}{}{bar}",
            " ".repeat(FIRST),
            right("executed", second),
            right("failed", third)
        ));
        for (label, count) in rows {
            lines.push(rule(edges[5], edges[6], edges[7]));
            let style = if count.failed > 0 { Style::new().red() } else { Style::new().green() };
            let label = self.paint(&right(label, FIRST), style);
            let failed = right(&count.failed.to_string(), third);
            let failed = if count.failed > 0 { self.in_red(&failed) } else { failed };
            lines.push(format!("{bar}{label}{bar}{}{bar}{failed}{bar}", right(&count.total.to_string(), second)));
        }
        let all = FIRST + second + third + 2;
        let (closing, corner, right_corner) = if self.options.plain { ("-", "-", "-") } else { ("┴", "└", "┘") };
        lines.push(rule(edges[5], closing, edges[7]));
        for (index, note) in notes.iter().enumerate() {
            if index > 0 {
                lines.push(self.in_gray(&format!("{}{}{}", edges[5], dash.repeat(all), edges[7])));
            }
            lines.push(format!("{bar} {note:<width$}{bar}", width = all - 1));
        }
        lines.push(self.in_gray(&format!("{corner}{}{right_corner}", dash.repeat(all))));
        lines.join("\n")
    }

    fn failure_list(&mut self) -> io::Result<()> {
        let digits = self.failed.to_string().len();
        let name_width = self
            .failures
            .iter()
            .map(|failure| failure.name.chars().count())
            .chain(["failure".len(), if self.iterations > 1 { "iteration: 1".len() + 2 } else { 0 }])
            .max()
            .unwrap_or(0)
            .min(30);
        let margin = digits + 2;
        let detail_width =
            self.options.width.map_or(usize::MAX, |width| width.saturating_sub(margin + name_width + 6).max(20));
        let title = format!("{:>margin$}  {:<name_width$}  detail", "#", "failure");
        let title = self.paint(&title, Style::new().red());
        self.line(&format!("\n{title}"))?;
        for (index, failure) in std::mem::take(&mut self.failures).iter().enumerate() {
            self.line("")?;
            let number = format!("{:0>digits$}.", index + 1);
            let mut left = vec![failure.name.clone()];
            if self.iterations > 1 {
                left.push(format!("iteration: {}", failure.iteration + 1));
            }
            let mut right: Vec<(String, bool)> = Vec::new();
            for (text, dimmed) in
                [(&failure.test, false), (&failure.message, true), (&failure.at, true), (&failure.inside, true)]
            {
                let lines = wrapped(&clean_lines(text), detail_width);
                right.extend(lines.into_iter().map(|line| (line, dimmed)));
            }
            for row in 0..left.len().max(right.len()) {
                let number = if row == 0 { number.as_str() } else { "" };
                let name = left.get(row).map_or("", String::as_str);
                let (detail, dimmed) = right.get(row).map_or(("", false), |(text, dimmed)| (text.as_str(), *dimmed));
                let name = if row == 0 {
                    format!("{name:<name_width$}")
                } else {
                    self.in_gray(&format!("{name:<name_width$}"))
                };
                let detail = if dimmed { self.in_gray(detail) } else { detail.to_owned() };
                self.line(format!("{number:>margin$}  {name}  {detail}").trim_end())?;
            }
        }
        if self.failed > LISTED {
            self.line(&format!("\n  and {} more; the json report has them all", self.failed - LISTED))?;
        }
        Ok(())
    }
}

impl<W: Write> Reporter for Cli<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted(started) => {
                self.iterations = started.iterations;
                if !self.options.no_banner {
                    self.line("bulla\n")?;
                }
                self.line(&clean(&started.collection.name))?;
            }
            Event::IterationStarted(started) if self.iterations > 1 => {
                let text = format!("Iteration {}/{}", started.iteration + 1, self.iterations);
                let text = self.paint(&text, Style::new().bright_black().underline());
                self.line(&format!("\n{text}"))?;
            }
            Event::ItemStarted(started) => self.item_started(&started.item)?,
            Event::Console(console) => self.console(console)?,
            Event::RequestSent(sent) => self.request_sent(sent.exchange, &sent.request)?,
            Event::ResponseReceived(received) => self.response(received.exchange, &received.response)?,
            Event::RequestRetried(retried) => self.retried(retried)?,
            Event::RequestFailed(failed) => {
                self.answered(failed.exchange);
                let line = self.request_line(&failed.method, &failed.url);
                let errored = self.in_red("[errored]");
                self.line(&format!("{line}{errored}"))?;
                let message = self.in_red(&format!("     {}", clean(&failed.error.message)));
                self.line(&message)?;
                if let Some(hint) = &failed.error.hint {
                    self.line(&format!("     {}", self.in_gray(&clean(hint))))?;
                }
                self.fail(Failure {
                    name: "Error".to_owned(),
                    iteration: failed.iteration,
                    test: String::new(),
                    message: failed.error.message.clone(),
                    at: "at request".to_owned(),
                    inside: format!("inside \"{}\"", full_name(&failed.item)),
                });
            }
            Event::Assertion(assertion) => {
                if let Some(error) = assertion.error.as_ref().filter(|_| !assertion.passed) {
                    self.fail(Failure {
                        name: error.name.clone(),
                        iteration: assertion.iteration,
                        test: assertion.name.clone(),
                        message: error.message.clone(),
                        at: format!("at assertion:{} in test-script", assertion.index),
                        inside: format!("inside \"{}\"", full_name(&assertion.item)),
                    });
                }
                if self.options.no_assertions {
                    return Ok(());
                }
                let name = clean(&assertion.name);
                match (assertion.skipped, assertion.passed) {
                    (_, true) if self.options.no_success_assertions => {}
                    (true, _) => {
                        let line = self.paint(&format!("  -  [skipped] {name}"), Style::new().cyan());
                        self.line(&line)?;
                    }
                    (_, true) => {
                        let ok = self.paint(&format!("  {} ", self.symbols.ok), Style::new().green());
                        let name = self.in_gray(&name);
                        self.line(&format!("{ok} {name}"))?;
                    }
                    (_, false) => {
                        let line = self.paint(&format!("{:>3}. {name}", self.failed), Style::new().red().bold());
                        self.line(&line)?;
                    }
                }
            }
            Event::ScriptFailed(failed) => {
                let target = match failed.target {
                    Target::Prerequest => "prerequest",
                    Target::Test => "test",
                };
                self.fail(Failure {
                    name: failed.error.name.clone(),
                    iteration: failed.iteration,
                    test: String::new(),
                    message: failed.error.message.clone(),
                    at: format!("at {target}-script of {}", failed.at),
                    inside: format!("inside \"{}\"", full_name(&failed.item)),
                });
                let text = format!("{:>3}⠄ {} in {target}-script", self.failed, clean(&failed.error.name));
                let text = self.paint(&text, Style::new().red().bold());
                self.line(&text)?;
            }
            Event::ItemFinished(finished) => {
                if let Some(Some(next)) = &finished.next {
                    let text = self.in_gray("Attempting to set next request to");
                    self.line(&format!("\n{text} {}", clean(next)))?;
                }
            }
            Event::RunFinished(finished) => {
                self.close()?;
                let began = finished.reason != Reason::Failed || finished.totals.items.total > 0;
                if !self.options.no_summary && began {
                    let table = self.table(finished);
                    self.line(&format!("\n{table}"))?;
                }
                if !self.options.no_failures && self.failed > 0 {
                    self.failure_list()?;
                }
                let ending = match finished.reason {
                    Reason::Completed => None,
                    Reason::Bailed => Some("stopped at the first failure (--bail)".to_owned()),
                    Reason::Cancelled => Some("stopped before the end".to_owned()),
                    Reason::TimedOut => Some("stopped: the time for the whole run (--timeout) is over".to_owned()),
                    Reason::Failed => Some(finished.error.clone().unwrap_or_default()),
                };
                if let Some(ending) = ending {
                    let ending = self.in_red(&ending);
                    self.line(&format!("\n{ending}"))?;
                }
            }
            Event::IterationStarted(_)
            | Event::IterationFinished(_)
            | Event::VariablesChanged(_)
            | Event::ServerSentEvent(_) => {}
        }
        self.out.flush()
    }

    fn finish(&mut self, _summary: &Summary) -> io::Result<()> {
        self.close()?;
        self.out.flush()
    }
}

/// `text` on one line, without anything that a terminal would obey.
fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// `text` without anything that a terminal would obey but line ends and tabs.
fn clean_lines(text: &str) -> String {
    let kept = |letter: char| letter == '\n' || letter == '\t' || !letter.is_control();
    text.chars().filter(|letter| *letter != '\r').map(|letter| if kept(letter) { letter } else { '\u{fffd}' }).collect()
}

/// The lines of `text`, broken at blanks (or within a word) after `width` letters; empty ones are left out.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut rest: Vec<char> = line.chars().collect();
        while rest.len() > width {
            let blank = rest[..=width].iter().rposition(|letter| *letter == ' ').filter(|at| *at > width / 3);
            let end = blank.unwrap_or(width);
            lines.push(rest[..end].iter().collect::<String>().trim_end().to_owned());
            rest.drain(..if blank.is_some() { end + 1 } else { end });
        }
        lines.push(rest.into_iter().collect());
    }
    lines
}
