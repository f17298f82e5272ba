//! The HTML report: one file that needs nothing else, for people to read.
//!
//! What failed stands first and open, bodies are folded, and a search looks through everything. Requests are written to
//! two files as they end, those that failed and the rest, and joined at the end, so that memory does not grow with the
//! length of a run. Nothing of a run can become markup or a script: all of it is escaped, and the policy of the page
//! lets its own script run and nothing else.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Reporter, duration_text, size_text};
use crate::event::*;
use crate::run::Summary;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");
/// Bytes of a body that are shown.
const LONGEST_BODY: usize = 64 * 1024;
/// Bytes of all bodies that one report holds.
const ALL_BODIES: usize = 32 << 20;
/// Bytes of all requests that one report holds; those beyond are counted.
const ALL: usize = 128 << 20;
/// Requests that passed and are shown; those beyond are counted.
const MOST_PASSED: usize = 5_000;
/// Requests that failed and are shown.
const MOST_FAILED: usize = 5_000;
/// Lines of the console that are shown for a request.
const LINES: usize = 200;

/// The HTML reporter. The file appears at its path when the run has ended.
pub struct Html {
    path: PathBuf,
    started: Option<RunStarted>,
    failed: Part,
    passed: Part,
    current: Turn,
    bodies_left: usize,
    left: usize,
}

/// Requests of one kind.
struct Part {
    file: BufWriter<File>,
    count: usize,
    left_out: usize,
}

impl Part {
    fn new() -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile()?), count: 0, left_out: 0 })
    }
}

/// What is known of the item whose turn it is.
#[derive(Default)]
struct Turn {
    iteration: u32,
    requests: Vec<Sent>,
    assertions: Vec<Assertion>,
    errors: Vec<String>,
    console: Vec<(Level, String)>,
}

/// A request of the item or of its scripts, with what came of it.
struct Sent {
    exchange: u32,
    source: Source,
    request: SentRequest,
    answer: Option<ResponseReceived>,
    error: Option<RequestError>,
    /// That it was sent again, and why.
    retried: Option<RequestRetried>,
}

impl Html {
    /// The Content-Security-Policy of the page: its own script, by its SHA-256, and nothing from anywhere.
    pub const POLICY: &'static str = "default-src 'none'; style-src 'unsafe-inline'; \
                                      script-src 'sha256-7Bazy0m5KUJXr2fsy5B4yUXqevcPS9pD8t+EwcOUHZ0='";

    /// A report that will be at `path`.
    ///
    /// # Errors
    ///
    /// If there is no room for temporary files.
    pub fn new(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            started: None,
            failed: Part::new()?,
            passed: Part::new()?,
            current: Turn::default(),
            bodies_left: ALL_BODIES,
            left: ALL,
        })
    }

    fn item(&mut self, finished: &ItemFinished) -> io::Result<()> {
        let turn = std::mem::take(&mut self.current);
        let has_failed = !turn.errors.is_empty()
            || turn.assertions.iter().any(|assertion| !assertion.passed)
            || turn.requests.iter().any(|sent| sent.error.is_some());
        let (part, most) = if has_failed { (&mut self.failed, MOST_FAILED) } else { (&mut self.passed, MOST_PASSED) };
        if part.count == most {
            part.left_out += 1;
            return Ok(());
        }
        let html = item_html(&turn, finished, has_failed, &mut self.bodies_left);
        match self.left.checked_sub(html.len()) {
            Some(left) => self.left = left,
            None => {
                part.left_out += 1;
                return Ok(());
            }
        }
        part.count += 1;
        part.file.write_all(html.as_bytes())
    }

    fn head(&self, summary: &Summary) -> String {
        let finished = &summary.finished;
        let empty = RunStarted {
            run_id: String::new(),
            collection: CollectionName { id: String::new(), name: String::new() },
            environment: None,
            iterations: 0,
            requests: 0,
            at: String::new(),
        };
        let started = self.started.as_ref().unwrap_or(&empty);
        let name = escaped(&started.collection.name);
        let (class, verdict) = match finished.reason {
            Reason::Completed if summary.failures == 0 => ("good", "Passed".to_owned()),
            Reason::Completed | Reason::Bailed => ("bad", counted(summary.failures, "failure")),
            Reason::Cancelled => ("odd", "Interrupted".to_owned()),
            Reason::TimedOut => ("bad", "Out of time".to_owned()),
            Reason::Failed => ("bad", "Could not go on".to_owned()),
        };
        let environment = started.environment.as_deref().filter(|name| !name.is_empty());
        let environment = environment.map(|name| format!(" · {}", escaped(name))).unwrap_or_default();
        let totals = finished.totals;
        let mut numbers = String::new();
        for (what, count) in [
            ("Iterations", totals.iterations),
            ("Requests", totals.requests),
            ("Assertions", Count { total: totals.assertions.total, failed: totals.assertions.failed }),
            ("Scripts", totals.scripts),
        ] {
            let failed = match count.failed {
                0 => String::new(),
                failed => format!(" <small class=\"bad\">{failed} failed</small>"),
            };
            let _ = write!(numbers, "<div><dt>{what}</dt><dd>{}{failed}</dd></div>", count.total);
        }
        for (what, value, more) in [
            ("Duration", duration_text(finished.duration_ms), String::new()),
            (
                "Response time",
                duration_text(finished.response_average_ms),
                format!(" <small>{} to {}</small>", duration_text(finished.min), duration_text(finished.max)),
            ),
            ("Received", size_text(finished.bytes_received), String::new()),
        ] {
            let _ = write!(numbers, "<div><dt>{what}</dt><dd>{value}{more}</dd></div>");
        }
        let error = finished
            .error
            .as_deref()
            .map(|error| format!("<h2>Why it ended</h2><p class=\"wide\">{}</p>", escaped(error)));
        format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\
             <title>{name}: {verdict}</title><style>\n{STYLE}</style></head><body><main>\
             <div class=\"top\"><h1>{name}</h1><span class=\"verdict {class}\">{verdict}</span></div>\
             <p class=\"about\"><time datetime=\"{at}\">{at}</time>{environment} · Bulla {version}</p>\
             <dl class=\"numbers\">{numbers}</dl>{error}\
             <div class=\"tools\"><input id=\"search\" type=\"search\" placeholder=\"Search names, URLs, headers, bodies\" \
             aria-label=\"Search\"><button data-show=\"all\" aria-pressed=\"true\">All</button>\
             <button data-show=\"failed\" aria-pressed=\"false\">Failed</button>\
             <button data-show=\"passed\" aria-pressed=\"false\">Passed</button>\
             <button id=\"fold\" aria-pressed=\"false\">Unfold</button>\
             <span class=\"fact\" id=\"shown\" role=\"status\"></span></div>",
            at = escaped(&started.at),
            version = env!("CARGO_PKG_VERSION"),
            policy = Self::POLICY,
            error = error.unwrap_or_default(),
        )
    }
}

impl Reporter for Html {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let turn = &mut self.current;
        match event {
            Event::RunStarted(started) => self.started = Some(started.clone()),
            Event::ItemStarted(started) => *turn = Turn { iteration: started.iteration, ..Turn::default() },
            Event::Console(console) if turn.console.len() < LINES => {
                let words: Vec<String> = console.messages.iter().map(shown).collect();
                turn.console.push((console.level, words.join(" ")));
            }
            Event::RequestSent(sent) => turn.requests.push(Sent {
                exchange: sent.exchange,
                source: sent.source,
                request: sent.request.clone(),
                answer: None,
                error: None,
                retried: None,
            }),
            Event::RequestRetried(retried) => {
                if let Some(sent) = turn.requests.iter_mut().rfind(|sent| sent.exchange == retried.exchange) {
                    sent.retried = Some(retried.clone());
                }
            }
            Event::ResponseReceived(received) => {
                if let Some(sent) = turn.requests.iter_mut().rfind(|sent| sent.exchange == received.exchange) {
                    sent.answer = Some(received.clone());
                }
            }
            Event::RequestFailed(failed) => {
                match turn.requests.iter_mut().rfind(|sent| sent.exchange == failed.exchange) {
                    Some(sent) => sent.error = Some(failed.error.clone()),
                    None => turn.requests.push(Sent {
                        exchange: failed.exchange,
                        source: failed.source,
                        request: SentRequest {
                            method: failed.method.clone(),
                            url: failed.url.clone(),
                            headers: Vec::new(),
                            body: SentBody { kind: BodyKind::None, text: None, size: 0 },
                        },
                        answer: None,
                        error: Some(failed.error.clone()),
                        retried: None,
                    }),
                }
            }
            Event::Assertion(assertion) => turn.assertions.push(assertion.clone()),
            Event::ScriptFailed(failed) => {
                let error = failed
                    .error
                    .stack
                    .clone()
                    .unwrap_or_else(|| format!("{}: {}", failed.error.name, failed.error.message));
                turn.errors.push(format!("Script of {}: {error}", failed.at));
            }
            Event::ItemFinished(finished) => self.item(finished)?,
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut out = BufWriter::new(File::create(&self.path)?);
        out.write_all(self.head(summary).as_bytes())?;
        for (name, title, part) in [("failed", "Failed", &mut self.failed), ("passed", "Passed", &mut self.passed)] {
            if part.count + part.left_out == 0 {
                continue;
            }
            write!(out, "<section data-part=\"{name}\"><h2>{title} ({})</h2>", part.count + part.left_out)?;
            part.file.flush()?;
            let file = part.file.get_mut();
            file.seek(SeekFrom::Start(0))?;
            io::copy(&mut file.take(u64::MAX), &mut out)?;
            if part.left_out > 0 {
                write!(out, "<p class=\"about\">{} more are left out of this page.</p>", part.left_out)?;
            }
            write!(out, "</section>")?;
        }
        if [&self.failed, &self.passed].iter().all(|part| part.count + part.left_out == 0) {
            write!(out, "<p class=\"wide\">No request was run.</p>")?;
        }
        writeln!(out, "</main><script>{SCRIPT}</script></body></html>")?;
        out.flush()
    }
}

fn item_html(turn: &Turn, finished: &ItemFinished, has_failed: bool, bodies_left: &mut usize) -> String {
    let mut html = String::new();
    let state = if has_failed { "failed" } else { "passed" };
    let open = if has_failed { " open" } else { "" };
    let own = turn.requests.iter().rfind(|sent| sent.source == Source::Item);
    let _ = write!(html, "<details class=\"item\" data-state=\"{state}\"{open}><summary>");
    if let Some(sent) = own {
        let _ = write!(html, "<span class=\"fact\">{}</span>", escaped(&sent.request.method));
    }
    let folder = finished.item.path.join(" / ");
    let folder = if folder.is_empty() { folder } else { format!("<span>{} / </span>", escaped(&folder)) };
    let iteration = match turn.iteration {
        0 => String::new(),
        pass => format!(" <span>iteration {}</span>", pass + 1),
    };
    let _ = write!(html, "<span class=\"name\">{folder}<b>{}</b>{iteration}</span>", escaped(&finished.item.name));
    match own {
        _ if finished.skipped => html.push_str("<span class=\"state odd\">skipped</span>"),
        Some(Sent { answer: Some(ResponseReceived { response, .. }), .. }) => {
            let class = if response.code < 400 { "good" } else { "bad" };
            let _ = write!(
                html,
                "<span class=\"code {class}\">{}</span><span class=\"fact\">{}</span><span class=\"fact\">{}</span>",
                response.code,
                duration_text(response.timing.total),
                size_text(response.sizes.response_headers + response.sizes.response_body_wire)
            );
        }
        Some(_) => html.push_str("<span class=\"state bad\">no answer</span>"),
        None => {}
    }
    if !turn.assertions.is_empty() {
        let passed = turn.assertions.iter().filter(|assertion| assertion.passed).count();
        let _ = write!(html, "<span class=\"fact\">{passed}/{} tests</span>", turn.assertions.len());
    }
    let retries = turn.requests.iter().filter(|sent| sent.retried.is_some()).count();
    if retries > 0 {
        let _ = write!(html, "<span class=\"state odd\">sent {} times</span>", retries + 1);
    }
    let _ = write!(html, "</summary><div class=\"inner\">");
    for error in &turn.errors {
        let _ = write!(html, "<h3>Error</h3><pre class=\"bad\">{}</pre>", escaped(error));
    }
    tests_html(&turn.assertions, &mut html);
    for sent in &turn.requests {
        sent_html(sent, &mut html, bodies_left);
    }
    if !turn.console.is_empty() {
        html.push_str("<details><summary>Console</summary><pre>");
        for (level, line) in &turn.console {
            let sign = match level {
                Level::Log => "",
                Level::Info => "info: ",
                Level::Warn => "warning: ",
                Level::Error => "error: ",
                Level::Debug => "debug: ",
            };
            let _ = writeln!(html, "{sign}{}", escaped(line));
        }
        html.push_str("</pre></details>");
    }
    html.push_str("</div></details>\n");
    html
}

fn tests_html(assertions: &[Assertion], html: &mut String) {
    if assertions.is_empty() {
        return;
    }
    html.push_str("<h3>Tests</h3><ul class=\"tests\">");
    // What failed first.
    let order = assertions.iter().filter(|one| !one.passed).chain(assertions.iter().filter(|one| one.passed));
    for assertion in order {
        let (class, word) = match assertion {
            Assertion { skipped: true, .. } => ("odd", "skipped"),
            Assertion { passed: true, .. } => ("good", "passed"),
            _ => ("bad", "failed"),
        };
        let _ = write!(html, "<li><span class=\"state {class}\">{word}</span><div>{}", escaped(&assertion.name));
        if let Some(error) = &assertion.error {
            let _ = write!(html, "<p>{}: {}</p>", escaped(&error.name), escaped(&error.message));
        }
        html.push_str("</div></li>");
    }
    html.push_str("</ul>");
}

fn sent_html(sent: &Sent, html: &mut String, bodies_left: &mut usize) {
    let title = if sent.source == Source::Item { "Request" } else { "Request of a script" };
    let SentRequest { method, url, headers, body } = &sent.request;
    let _ = write!(html, "<h3>{title}</h3><div class=\"url\">{} {}</div>", escaped(method), escaped(url));
    if let Some(error) = &sent.error {
        let hint = error.hint.as_deref().map(|hint| format!(" ({})", escaped(hint))).unwrap_or_default();
        let _ = write!(html, "<pre class=\"bad\">{}{hint}</pre>", escaped(&error.message));
    }
    if let Some(retried) = &sent.retried {
        let _ = write!(html, "<p class=\"odd\">Sent again: {}</p>", escaped(&retried.line()));
    }
    headers_html("Request headers", headers, html);
    body_html("Request body", body.text.as_deref(), body.size, html, bodies_left);
    let Some(ResponseReceived { response, redirects, .. }) = &sent.answer else { return };
    let _ = write!(
        html,
        "<h3>Response</h3><div>{} {}, HTTP/{}",
        response.code,
        escaped(&response.status),
        escaped(&response.http_version)
    );
    if let Some(tls) = &response.tls {
        let _ = write!(html, ", {} with {}", escaped(&tls.version), escaped(&tls.cipher));
    }
    html.push_str("</div>");
    for redirect in redirects {
        let _ = write!(
            html,
            "<div class=\"url\">{} from {} {}</div>",
            redirect.code,
            escaped(&redirect.method),
            escaped(&redirect.url)
        );
    }
    phases_html(&response.timing, html);
    headers_html("Response headers", &response.headers, html);
    let text = response.body.text.as_deref().map(|text| pretty(text, &response.headers));
    body_html("Response body", text.as_deref(), response.body.size, html, bodies_left);
}

fn phases_html(timing: &PhaseTimes, html: &mut String) {
    let PhaseTimes { redirects, dns, connect, tls, send, wait, download, total } = *timing;
    let phases = [
        ("before", redirects + dns),
        ("connect", connect),
        ("TLS", tls),
        ("wait", send + wait),
        ("download", download),
    ];
    if total <= 0.0 {
        return;
    }
    let words: Vec<String> =
        phases.iter().filter(|(_, ms)| *ms > 0.0).map(|(name, ms)| format!("{name} {}", duration_text(*ms))).collect();
    let _ =
        write!(html, "<div class=\"fact\">{} ({})</div><div class=\"phases\">", duration_text(total), words.join(", "));
    for (_, ms) in phases {
        let _ = write!(html, "<i style=\"width:{:.1}%\"></i>", (ms / total * 100.0).clamp(0.0, 100.0));
    }
    html.push_str("</div>");
}

fn headers_html(title: &str, headers: &[Header], html: &mut String) {
    if headers.is_empty() {
        return;
    }
    let _ = write!(html, "<details><summary>{title} ({})</summary><table>", headers.len());
    for Header { key, value } in headers {
        let _ = write!(html, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", escaped(key), escaped(value));
    }
    html.push_str("</table></details>");
}

fn body_html(title: &str, text: Option<&str>, size: u64, html: &mut String, bodies_left: &mut usize) {
    if size == 0 {
        return;
    }
    let _ = write!(html, "<details><summary>{title} ({})</summary>", size_text(size));
    match text {
        None => html.push_str("<p class=\"fact\">Not text</p>"),
        Some(text) => {
            let end = text.floor_char_boundary(LONGEST_BODY.min(*bodies_left));
            *bodies_left -= end;
            let _ = write!(html, "<pre>{}</pre>", escaped(&text[..end]));
            if end < text.len() {
                html.push_str("<p class=\"fact\">The rest is left out</p>");
            }
        }
    }
    html.push_str("</details>");
}

/// JSON with a line for each value.
fn pretty(text: &str, headers: &[Header]) -> String {
    let is_json = headers
        .iter()
        .any(|header| header.key.eq_ignore_ascii_case("content-type") && header.value.to_lowercase().contains("json"));
    if !is_json || text.len() > LONGEST_BODY {
        return text.to_owned();
    }
    let parsed = serde_json::from_str::<serde_json::Value>(text);
    parsed.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| text.to_owned())
}

fn shown(message: &serde_json::Value) -> String {
    message.as_str().map_or_else(|| message.to_string(), str::to_owned)
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\0' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_of_the_page_names_its_script() {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
        assert!(Html::POLICY.contains(&format!("script-src 'sha256-{hash}'")), "{hash}");
    }
}
