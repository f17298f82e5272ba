//! `bulla ws`: a WebSocket on the command line. Messages come from flags or from lines of the input, and what the
//! server says goes to the output.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine;
use bulla_collection::dynamic::Generator;
use bulla_collection::{Mask, Scopes, VariableScope, VariableSet};
use bulla_runner::Plan;
use bulla_transport::{Closing, CookieJar, Message, Settings, WebSocket, WebSocketRequest};
use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::connection::{self, Connection};
use crate::problem::Problem;
use crate::run::{limit, load, pair};
use crate::send;

/// Longest time for the other side to say goodbye too.
const FAREWELL: Duration = Duration::from_secs(5);
/// All is well (RFC 6455, 7.4.1).
const NORMAL: u16 = 1000;
/// The server goes away.
const AWAY: u16 = 1001;
/// It said no code.
const NO_CODE: u16 = 1005;

const EXAMPLES: &str = "\
Examples:
  bulla ws wss://example.com/chat                        lines of the input are messages
  bulla ws wss://example.com/chat -m hello --receive 1   say hello and print the answer
  echo '{\"subscribe\": \"prices\"}' | bulla ws wss://example.com/feed --wait 0 --json
  bulla ws ws://localhost:8080/ -H 'Authorization: Bearer {{token}}' -e staging.json

When there is nothing more to say, what comes within --wait is still printed, then the connection is closed. Each
message is a line of the output; values of secret variables are masked in text. The exit code is 0 if the connection was
closed as it should be, 1 if there was none, it broke, or the server closed it with another code than 1000 or 1001.";

/// What `bulla ws` takes.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// ws:// or wss://
    url: String,

    /// A message; @FILE is the content of a file. Without one, each line of the input is a message
    #[arg(short, long, value_name = "TEXT|@FILE")]
    message: Vec<String>,
    /// Send messages as bytes, not as text
    #[arg(long)]
    binary: bool,
    /// A header of the handshake
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = send::header)]
    header: Vec<(String, String)>,
    /// A subprotocol to offer; the server chooses one
    #[arg(short, long, value_name = "NAME")]
    subprotocol: Vec<String>,
    /// File or URL of an environment, for {{variables}}
    #[arg(short, long, value_name = "FILE|URL")]
    environment: Option<String>,
    /// Set a variable
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    env_var: Vec<(String, String)>,

    /// Close after so many messages of the server
    #[arg(long, value_name = "N", help_heading = "End")]
    receive: Option<u64>,
    /// How long to listen after the last message of ours; 0 is until the server closes
    #[arg(long, value_name = "MS", default_value = "2000", help_heading = "End")]
    wait: u64,

    /// Longest time until the connection is open; 0 is no limit
    #[arg(long, value_name = "MS", help_heading = "Connection")]
    timeout_request: Option<u64>,
    /// Ask the server so often whether it is still there; 0 is never
    #[arg(long, value_name = "MS", default_value = "0", help_heading = "Connection")]
    ping: u64,
    /// Largest message of the server
    #[arg(long, value_name = "BYTES", default_value = "16777216", help_heading = "Connection")]
    max_message: usize,
    /// How to connect
    #[command(flatten)]
    connection: Connection,

    /// Everything that happens, each as a JSON object in a line
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// Opens the WebSocket and talks until it is closed.
///
/// # Errors
///
/// If there is no connection, it breaks, or what is said cannot be read or written.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(talk(arguments));
    // A read of the input that nobody ends must not hold the program.
    runtime.shutdown_background();
    ended
}

async fn talk(arguments: &Arguments) -> Result<ExitCode, Problem> {
    let insecure = arguments.connection.insecure;
    let client = connection::client(&arguments.connection)?;
    let mut environment = match &arguments.environment {
        Some(path) => load::Source::new(&client, insecure).variables(path, "environment").await?,
        None => VariableSet::default(),
    };
    for (key, value) in &arguments.env_var {
        load::assign(&mut environment, key, value);
    }
    let scopes = Scopes { environment: VariableScope::from(&environment), ..Scopes::default() };
    let mut random = StdRng::try_from_rng(&mut SysRng).map_err(Problem::new)?;
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let dynamic = RefCell::new(Generator::new(now, move || random.next_u64()));
    let resolved = |text: &str| scopes.substitute(text, &mut *dynamic.borrow_mut());
    let mut plan = Plan::new(String::new(), send::empty()?);
    plan.environment = Some(environment);
    let mask = bulla_runner::mask(&plan);

    let mut input = Input::new(arguments, &resolved)?;
    let request = WebSocketRequest {
        url: resolved(&arguments.url),
        headers: arguments.header.iter().map(|(name, value)| (resolved(name), resolved(value))).collect(),
        subprotocols: arguments.subprotocol.iter().map(|name| resolved(name)).collect(),
        settings: Settings { strict_ssl: !insecure, timeout: limit(arguments.timeout_request), ..Settings::default() },
        largest_message: arguments.max_message,
    };
    let failed = |error: bulla_transport::SendError| Problem::new(mask.apply(&error.to_string()));
    let mut socket = client.websocket(request, &CookieJar::new(), &CancellationToken::new()).await.map_err(failed)?;
    let printer = Printer { mask: &mask, json: arguments.json };
    printer.opened(&socket)?;

    let mut received = 0;
    // Who closes first says why; the rest is politeness.
    let mut closing: Option<Option<Closing>> = None;
    let mut until: Option<Instant> = None;
    let mut pings = tokio::time::interval(Duration::from_millis(arguments.ping.max(1)));
    pings.reset();
    loop {
        let mut closes = false;
        tokio::select! {
            said = socket.receive() => match said {
                Ok(Some(message)) => {
                    printer.received(&message)?;
                    match message {
                        Message::Text(_) | Message::Binary(_) => {
                            received += 1;
                            closes = arguments.receive == Some(received);
                        }
                        Message::Close(why) => {
                            closing.get_or_insert(why);
                        }
                        Message::Ping(_) | Message::Pong(_) => {}
                    }
                }
                Ok(None) => break,
                // Once goodbye is said, how the connection ends does not matter.
                Err(_) if closing.is_some() => break,
                Err(error) => return Err(failed(error)),
            },
            next = input.next(&resolved), if input.is_open() => match next? {
                Some(message) => socket.send(message).await.map_err(failed)?,
                None => until = limit(Some(arguments.wait)).map(|wait| Instant::now() + wait),
            },
            () = tokio::time::sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                if closing.is_some() {
                    break;
                }
                closes = true;
            }
            _ = pings.tick(), if arguments.ping > 0 && closing.is_none() => {
                socket.send(Message::Ping(Default::default())).await.map_err(failed)?;
            }
            _ = tokio::signal::ctrl_c() => {
                if closing.is_some() {
                    break;
                }
                closes = true;
            }
        }
        if closes && closing.is_none() {
            let goodbye = Closing { code: NORMAL, reason: String::new() };
            socket.send(Message::Close(Some(goodbye.clone()))).await.map_err(failed)?;
            closing = Some(Some(goodbye));
            input.end();
        }
        if closing.is_some() {
            input.end();
            until = Some(until.filter(|_| !closes).unwrap_or_else(|| Instant::now() + FAREWELL));
        }
    }
    match closing.flatten() {
        Some(Closing { code, reason }) if !matches!(code, NORMAL | AWAY | NO_CODE) => {
            let reason = if reason.is_empty() { reason } else { format!(": {}", mask.apply(&reason)) };
            Err(Problem::new(format_args!("the server closed the connection with {code}{reason}")))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// What we have to say.
enum Input {
    /// Given by flags.
    Given(VecDeque<Message>),
    /// The lines of the input.
    Lines { lines: Lines<BufReader<Stdin>>, binary: bool },
    /// Nothing more.
    Ended,
}

impl Input {
    fn new(arguments: &Arguments, resolved: &impl Fn(&str) -> String) -> Result<Self, Problem> {
        let binary = arguments.binary;
        if arguments.message.is_empty() {
            let lines = BufReader::new(tokio::io::stdin()).lines();
            return Ok(Self::Lines { lines, binary });
        }
        let message = |given: &String| {
            Ok(match given.strip_prefix('@') {
                None => message(resolved(given), binary),
                Some(path) => {
                    let path = std::path::Path::new(path);
                    let bytes = connection::read(path, "message")?;
                    match (binary, String::from_utf8(bytes)) {
                        (true, Ok(text)) => Message::Binary(text.into()),
                        (true, Err(error)) => Message::Binary(error.into_bytes().into()),
                        (false, Ok(text)) => Message::Text(resolved(&text)),
                        (false, Err(_)) => {
                            let problem = Problem::in_file(path, "a message of text has to be UTF-8");
                            return Err(problem.help("send it as bytes with --binary"));
                        }
                    }
                }
            })
        };
        Ok(Self::Given(arguments.message.iter().map(message).collect::<Result<_, Problem>>()?))
    }

    fn is_open(&self) -> bool {
        !matches!(self, Self::Ended)
    }

    fn end(&mut self) {
        *self = Self::Ended;
    }

    /// The next message; `None` once, at the end.
    async fn next(&mut self, resolved: &impl Fn(&str) -> String) -> Result<Option<Message>, Problem> {
        let next = match self {
            Self::Given(messages) => messages.pop_front(),
            Self::Lines { lines, binary } => lines.next_line().await?.map(|line| message(resolved(&line), *binary)),
            Self::Ended => None,
        };
        if next.is_none() {
            self.end();
        }
        Ok(next)
    }
}

fn message(text: String, binary: bool) -> Message {
    if binary { Message::Binary(text.into()) } else { Message::Text(text) }
}

/// Writes what happens to the output.
struct Printer<'a> {
    mask: &'a Mask,
    json: bool,
}

impl Printer<'_> {
    fn opened(&self, socket: &WebSocket) -> Result<(), Problem> {
        if !self.json {
            return Ok(());
        }
        let headers: Vec<Value> = socket
            .headers
            .iter()
            .map(|(key, value)| json!({ "key": self.mask.apply(key), "value": self.mask.apply(value) }))
            .collect();
        let tls = socket
            .tls
            .as_ref()
            .map(|tls| json!({ "version": tls.version, "cipher": tls.cipher, "verified": tls.verified }));
        self.line(json!({
            "type": "open",
            "subprotocol": socket.subprotocol,
            "headers": headers,
            "remoteAddress": socket.remote.to_string(),
            "tls": tls,
        }))
    }

    fn received(&self, message: &Message) -> Result<(), Problem> {
        let encoded = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        if self.json {
            return self.line(match message {
                Message::Text(text) => json!({ "type": "text", "data": self.mask.apply(text) }),
                Message::Binary(bytes) => json!({ "type": "binary", "base64": encoded(bytes) }),
                Message::Ping(bytes) => json!({ "type": "ping", "base64": encoded(bytes) }),
                Message::Pong(bytes) => json!({ "type": "pong", "base64": encoded(bytes) }),
                Message::Close(closing) => {
                    let code = closing.as_ref().map_or(NO_CODE, |closing| closing.code);
                    let reason = closing.as_ref().map_or("", |closing| closing.reason.as_str());
                    json!({ "type": "close", "code": code, "reason": self.mask.apply(reason) })
                }
            });
        }
        match message {
            Message::Text(text) => self.write(self.mask.apply(text).as_bytes()),
            Message::Binary(bytes) => self.write(bytes),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(()),
        }
    }

    fn line(&self, object: Value) -> Result<(), Problem> {
        self.write(object.to_string().as_bytes())
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Problem> {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes)?;
        out.write_all(b"\n")?;
        Ok(out.flush()?)
    }
}
