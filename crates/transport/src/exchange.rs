//! What the versions of HTTP have in common: how an answer looks, and how a request and its answer go side by side.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc::UnboundedSender;

use crate::Streaming;
use crate::error::{Phase, SendError};
use crate::progress::Progress;

/// Longest head of an answer.
pub(crate) const HEAD: usize = 128 * 1024;
/// Most headers of an answer.
pub(crate) const HEADERS: usize = 4096;
/// Most answers of the kind "go on" before the real one.
pub(crate) const INTERIM: usize = 32;
/// What is wrong with a peer that says it more often.
pub(crate) const ENDLESS: &str = "it says \"go on\" without end";
/// Most that is read at once.
pub(crate) const PIECE: usize = 64 * 1024;

/// Names and values in the order in which they stand.
pub(crate) type Headers = Vec<(String, String)>;

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub status: u16,
    pub reason: String,
    pub version: http::Version,
    pub headers: Headers,
    /// In bytes.
    pub length: usize,
}

impl Head {
    pub fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        let fits = move |header: &&(String, String)| header.0.eq_ignore_ascii_case(name);
        self.headers.iter().filter(fits).map(|(_, value)| value.as_str())
    }

    pub fn says(&self, name: &str, word: &str) -> bool {
        self.values(name).flat_map(|value| value.split(',')).any(|found| found.trim().eq_ignore_ascii_case(word))
    }
}

/// What came back.
pub(crate) struct Answer {
    pub head: Head,
    /// As it was transferred, without the frames around its pieces.
    pub body: Bytes,
    /// Whether it was a stream that went on when its time was up.
    pub cut: bool,
    pub sent_body: u64,
    pub times: Times,
}

/// How long the phases of an exchange on an open connection took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Times {
    pub send: Duration,
    pub wait: Duration,
    pub download: Duration,
}

/// How a request is written and its answer read.
pub(crate) struct Reading<'a> {
    pub host: &'a str,
    /// Whether the request was a `HEAD`.
    pub headless: bool,
    /// Whether the body of the request goes out in chunks (HTTP/1.1).
    pub chunked: bool,
    /// Whether answers are read that break the rules (HTTP/1.1).
    pub lenient: bool,
    pub largest: u64,
    pub streaming: &'a Streaming,
}

impl Reading<'_> {
    pub fn malformed(&self, phase: Phase, what: impl Into<String>) -> SendError {
        SendError::Malformed { host: self.host.to_owned(), phase, what: what.into() }
    }

    pub fn too_large(&self) -> SendError {
        SendError::TooLarge { host: self.host.to_owned(), limit: self.largest, decompressed: false }
    }
}

/// A body that is a stream of events, while it comes.
pub(crate) struct Live<'a> {
    /// When it has had its time.
    until: Option<tokio::time::Instant>,
    tap: Option<&'a UnboundedSender<Bytes>>,
    /// How much of it the tap has had.
    shown: usize,
}

impl<'a> Live<'a> {
    /// The stream behind `head`; `None` if it is an answer like any other.
    pub fn of(head: &Head, streaming: &'a Streaming) -> Option<Self> {
        let kind = head.values("content-type").next()?.split(';').next()?.trim();
        let encoded = head.values("content-encoding").any(|encoding| !encoding.trim().eq_ignore_ascii_case("identity"));
        let until = streaming.longest.and_then(|longest| tokio::time::Instant::now().checked_add(longest));
        (kind.eq_ignore_ascii_case("text/event-stream") && !encoded).then_some(Self {
            until,
            tap: streaming.tap.as_ref(),
            shown: 0,
        })
    }

    /// Gives what is new in `body`, all of the stream that has come, to the tap.
    pub fn show(&mut self, body: &[u8]) {
        let Some(fresh) = body.get(self.shown..).filter(|fresh| !fresh.is_empty()) else { return };
        self.shown = body.len();
        if let Some(tap) = self.tap {
            // Whether anybody still listens is no concern of the exchange.
            let _ = tap.send(Bytes::copy_from_slice(fresh));
        }
    }
}

/// Waits for `next`, a piece of a body; `None` if the time of the stream is up before.
pub(crate) async fn in_time<T>(live: Option<&Live<'_>>, next: impl Future<Output = T>) -> Option<T> {
    match live.and_then(|live| live.until) {
        Some(until) => tokio::time::timeout_at(until, next).await.ok(),
        None => Some(next.await),
    }
}

/// Why there is no answer.
pub(crate) struct Failure {
    pub error: SendError,
    /// Whether the peer had said nothing.
    pub silent: bool,
    pub again: Again,
}

/// What the peer says of another try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Again {
    /// Nothing.
    #[default]
    Unsaid,
    /// It has not acted on the request (RFC 9113, 8.7).
    Unprocessed,
    /// It wants it over HTTP/1.1 (RFC 9113, 7).
    OverHttp1,
}

/// Writes a request and reads its answer side by side: a peer may answer before it has read everything, and the answer
/// ends it. Returns the answer, how many bytes the body had if all of it was sent, and how long it took.
///
/// `heard` is set by `read` when the answer begins.
pub(crate) async fn side_by_side<T>(
    write: impl Future<Output = Result<u64, SendError>>,
    read: impl Future<Output = Result<T, SendError>>,
    heard: &OnceLock<Instant>,
    progress: &Progress,
) -> Result<(T, Option<u64>, Times), SendError> {
    let started = Instant::now();
    progress.enter(Phase::Send);
    let mut sent_at = None;
    let mut sent: Option<Result<u64, SendError>> = None;
    tokio::pin!(write, read);
    let received = loop {
        tokio::select! {
            biased;
            result = &mut write, if sent.is_none() => match result {
                // What we could not read of our own file the peer will wait for in vain.
                Err(error @ SendError::Unreadable { .. }) => break Err(error),
                result => {
                    sent_at = Some(Instant::now());
                    if result.is_ok() && progress.phase() == Phase::Send {
                        progress.enter(Phase::Wait);
                    }
                    sent = Some(result);
                }
            },
            result = &mut read => break result,
        }
    };
    let (received, sent) = match (received, sent) {
        (Ok(received), sent) => (received, sent.and_then(Result::ok)),
        // The peer hung up while we were still writing: that is where it happened.
        (Err(error), Some(Err(unsent))) if error.is_disconnect() && heard.get().is_none() => return Err(unsent),
        (Err(error), _) => return Err(error),
    };
    let ended = Instant::now();
    let first = heard.get().copied().unwrap_or(ended);
    let sent_at = sent_at.unwrap_or(first).min(first);
    let times = Times { send: sent_at - started, wait: first - sent_at, download: ended - first };
    Ok((received, sent, times))
}
