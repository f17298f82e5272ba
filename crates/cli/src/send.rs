//! `bulla send`: one request, and its answer.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use base64::Engine;
use bulla_collection::{Collection, Imported, Limits};
use bulla_runner::{
    Event, Files, Header, Level, Plan, ReceivedResponse, RequestError, Sending, SentRequest, ServerSentEvent, Timeouts,
};
use bulla_transport::CookieJar;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::connection::{self, Connection};
use crate::problem::Problem;
use crate::run::{limit, load, pair};

const EXAMPLES: &str = "\
Examples:
  bulla send https://example.com/users
  bulla send POST https://example.com/users -d '{\"name\": \"Ada\"}' -H 'Content-Type: application/json'
  bulla send '{{base}}/users' -e staging.json --bearer '{{token}}'
  bulla send PUT https://example.com/file -d @photo.png -i
  bulla send https://example.com/ --json | jq .response.timing
  bulla send https://example.com/prices          a stream of events is printed as it comes

The body goes to the output; values of secret variables are masked in it. The exit code is 0
if an answer came, 1 if none did, and with --fail 22 if its status was 400 or more.";

/// What `bulla send` takes.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Method and URL; without a method GET, or POST if there is a body
    #[arg(value_name = "[METHOD] URL", required = true, num_args = 1..=2)]
    target: Vec<String>,

    /// A header
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// The body; @FILE is the content of a file
    #[arg(short, long, value_name = "TEXT|@FILE", conflicts_with_all = ["form", "multipart"])]
    data: Option<String>,
    /// A field of a form
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, conflicts_with = "multipart")]
    form: Vec<(String, String)>,
    /// A field of a multipart form; @FILE is a file
    #[arg(short = 'F', long, value_name = "NAME=VALUE|@FILE", value_parser = pair)]
    multipart: Vec<(String, String)>,
    /// Basic authorization
    #[arg(short, long, value_name = "NAME:PASSWORD", conflicts_with = "bearer")]
    user: Option<String>,
    /// Bearer authorization
    #[arg(long, value_name = "TOKEN")]
    bearer: Option<String>,
    /// File or URL of an environment, for {{variables}}
    #[arg(short, long, value_name = "FILE|URL")]
    environment: Option<String>,
    /// Set a variable
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    env_var: Vec<(String, String)>,

    /// Do not go where a 3xx answer points to
    #[arg(long, help_heading = "Connection")]
    ignore_redirects: bool,
    /// Longest time of the request; 0 is no limit
    #[arg(long, value_name = "MS", help_heading = "Connection")]
    timeout_request: Option<u64>,
    /// Version of HTTP; auto is HTTP/2 if the server agrees on it over TLS, http2 insists on it
    #[arg(long, value_name = "VERSION", default_value = "http1", value_parser = ["http1", "http2", "auto"], help_heading = "Connection")]
    http_version: String,
    /// How to connect
    #[command(flatten)]
    connection: Connection,

    /// Status and headers before the body
    #[arg(short, long, conflicts_with = "json", help_heading = "Output")]
    include: bool,
    /// Request and answer as one JSON document, with timings, sizes and TLS
    #[arg(long, help_heading = "Output")]
    json: bool,
    /// Write to a file
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Exit with 22 if the status is 400 or more
    #[arg(short, long, help_heading = "Output")]
    fail: bool,
}

/// `Name: value`.
pub fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("expected NAME: VALUE".to_owned()),
    }
}

/// Sends the request.
///
/// # Errors
///
/// If the request cannot be made, no answer comes, or the answer cannot be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Problem> {
    let is_websocket = |url: &String| ["ws://", "wss://"].iter().any(|scheme| url.starts_with(scheme));
    if let Some(url) = arguments.target.last().filter(|url| is_websocket(url)) {
        return Err(Problem::new("this is a WebSocket, not a request").help(format_args!("bulla ws {url}")));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let told = runtime.block_on(send(arguments))?;
    for warning in &told.warnings {
        anstream::eprintln!("warning: {warning}");
    }
    if let Some(error) = told.unwritten {
        return Err(error.into());
    }
    let Some(response) = &told.response else {
        let error = told.error.ok_or_else(|| Problem::new("no answer came"))?;
        let problem = Problem::new(&error.message);
        return Err(match &error.hint {
            Some(hint) => problem.help(hint),
            None => problem,
        });
    };
    let mut out = Vec::new();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, &document(&told.request, response)).map_err(Problem::new)?;
        out.push(b'\n');
    } else {
        if arguments.include {
            let mut head = format!("HTTP/{} {} {}\n", response.http_version, response.code, response.status);
            for Header { key, value } in &response.headers {
                head.push_str(&format!("{key}: {value}\n"));
            }
            out.extend_from_slice(head.as_bytes());
            out.push(b'\n');
        }
        if !told.streamed {
            out.extend_from_slice(&response.body.bytes);
        }
    }
    let written = match &arguments.output {
        Some(path) => std::fs::write(path, &out).map_err(|error| Problem::in_file(path, error)),
        None => std::io::stdout().write_all(&out).map_err(Problem::from),
    };
    written?;
    Ok(if arguments.fail && response.code >= 400 { ExitCode::from(22) } else { ExitCode::SUCCESS })
}

/// What came of the request.
#[derive(Default)]
struct Told {
    request: Option<SentRequest>,
    response: Option<ReceivedResponse>,
    error: Option<RequestError>,
    /// Whether the body was printed as it came.
    streamed: bool,
    /// Why a part of the body was not.
    unwritten: Option<std::io::Error>,
    warnings: Vec<String>,
}

async fn send(arguments: &Arguments) -> Result<Told, Problem> {
    let insecure = arguments.connection.insecure;
    let client = connection::client(&arguments.connection)?;
    let mut environment = match &arguments.environment {
        Some(path) => load::Source::new(&client, insecure).variables(path, "environment").await?,
        None => bulla_collection::VariableSet::default(),
    };
    for (key, value) in &arguments.env_var {
        load::assign(&mut environment, key, value);
    }
    let id = uuid::Uuid::now_v7().to_string();
    let mut plan = Plan::single(id, empty()?, None, item(arguments)).map_err(Problem::new)?;
    plan.environment = Some(environment);
    plan.timeouts = Timeouts { request: limit(arguments.timeout_request), ..Timeouts::default() };
    plan.sending = Sending {
        insecure,
        follow_redirects: !arguments.ignore_redirects,
        longest_stream: None,
        told_events: u32::MAX,
        ..Sending::default()
    };
    plan.files = Files::Allowed { root: std::env::current_dir()?, outside: true };
    let (sink, mut events) = mpsc::channel(16);
    let cancel = CancellationToken::new();
    let running = bulla_runner::run(plan, client, CookieJar::new(), sink, cancel.clone());
    let listening = async {
        let mut told = Told::default();
        while let Some(event) = events.recv().await {
            match event {
                Event::RequestSent(sent) => told.request = Some(sent.request),
                Event::ServerSentEvent(event) if arguments.output.is_none() => {
                    told.streamed = true;
                    if let Err(error) = print_event(&event, arguments.json) {
                        told.unwritten = Some(error);
                        cancel.cancel();
                    }
                }
                Event::ResponseReceived(received) => told.response = Some(received.response),
                Event::RequestFailed(failed) => told.error = Some(failed.error),
                Event::Console(line) if line.level == Level::Warn => {
                    told.warnings.extend(line.messages.iter().map(|text| text.as_str().unwrap_or_default().to_owned()));
                }
                _ => {}
            }
        }
        told
    };
    let (_, told) = tokio::join!(running, listening);
    Ok(told)
}

/// Prints an event of a stream when it comes: as the server sends it, or as a line of JSON.
fn print_event(event: &ServerSentEvent, as_json: bool) -> std::io::Result<()> {
    let ServerSentEvent { event, id, data, .. } = event;
    let mut text = String::new();
    if as_json {
        text = format!("{}\n", json!({ "event": event, "id": id, "data": data }));
    } else {
        if event != "message" {
            text.push_str(&format!("event: {event}\n"));
        }
        id.iter().for_each(|id| text.push_str(&format!("id: {id}\n")));
        data.split('\n').for_each(|line| text.push_str(&format!("data: {line}\n")));
        text.push('\n');
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// A collection with nothing in it.
pub fn empty() -> Result<Collection, Problem> {
    let file = json!({
        "info": { "name": "send", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "item": [],
    });
    match bulla_collection::read(file.to_string().as_bytes(), &Limits::default()).map_err(Problem::new)?.imported {
        Imported::Collection(collection) => Ok(collection),
        Imported::Environment(_) | Imported::Globals(_) => Err(Problem::new("this is no collection")),
    }
}

/// The request as an item of v2.1.
fn item(arguments: &Arguments) -> Value {
    let has_body = arguments.data.is_some() || !arguments.form.is_empty() || !arguments.multipart.is_empty();
    let (method, url) = match arguments.target.as_slice() {
        [method, url] => (method.to_uppercase(), url),
        [url] => (if has_body { "POST" } else { "GET" }.to_owned(), url),
        _ => (String::new(), &arguments.target[0]),
    };
    let headers = arguments.header.iter().map(|(key, value)| json!({ "key": key, "value": value }));
    let mut request = json!({ "method": method, "url": url, "header": headers.collect::<Vec<_>>() });
    if let Some(data) = &arguments.data {
        request["body"] = match data.strip_prefix('@') {
            Some(file) => json!({ "mode": "file", "file": { "src": file } }),
            None => json!({ "mode": "raw", "raw": data }),
        };
    } else if !arguments.form.is_empty() {
        let fields = arguments.form.iter().map(|(key, value)| json!({ "key": key, "value": value }));
        request["body"] = json!({ "mode": "urlencoded", "urlencoded": fields.collect::<Vec<_>>() });
    } else if !arguments.multipart.is_empty() {
        let fields = arguments.multipart.iter().map(|(key, value)| match value.strip_prefix('@') {
            Some(file) => json!({ "key": key, "type": "file", "src": file }),
            None => json!({ "key": key, "type": "text", "value": value }),
        });
        request["body"] = json!({ "mode": "formdata", "formdata": fields.collect::<Vec<_>>() });
    }
    if let Some(user) = &arguments.user {
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        let parameters = [("username", name), ("password", password)];
        let parameters: Vec<Value> =
            parameters.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        request["auth"] = json!({ "type": "basic", "basic": parameters });
    } else if let Some(token) = &arguments.bearer {
        request["auth"] = json!({ "type": "bearer", "bearer": [{ "key": "token", "value": token }] });
    }
    // A body on a GET was meant.
    let behavior = json!({ "disableBodyPruning": true, "protocolVersion": arguments.http_version });
    json!({ "name": url, "request": request, "protocolProfileBehavior": behavior })
}

/// Request and answer for programs.
fn document(request: &Option<SentRequest>, response: &ReceivedResponse) -> Value {
    let mut document = json!({ "request": request, "response": response });
    let body = &response.body.bytes;
    document["response"]["body"] = match std::str::from_utf8(body) {
        Ok(text) => json!({ "size": body.len(), "text": text }),
        Err(_) => json!({ "size": body.len(), "base64": base64::engine::general_purpose::STANDARD.encode(body) }),
    };
    document
}
