//! HTTP/2 on a connection: one request at a time, the rest is the work of `h2`.
//!
//! A connection is driven by the exchange that uses it and by nobody else: who drops the exchange closes the connection,
//! and a peer has no task of ours to keep busy. Names of headers are lower case here, and those that are about an
//! HTTP/1.1 connection are left out (RFC 9113, 8.2).

use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, SendStream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};

use crate::Body;
use crate::address::Address;
use crate::connection::{Io, broken};
use crate::error::{Phase, SendError};
use crate::exchange::{
    Again, Answer, ENDLESS, Failure, HEAD, HEADERS, Head as AnswerHead, Headers, INTERIM, Live, PIECE, Reading,
    in_time, side_by_side,
};
use crate::http1::text;
use crate::progress::Progress;

/// Bytes that a peer may send before we have taken them, on a stream and on the connection.
const WINDOW: u32 = 1024 * 1024;
/// Longest list of headers that is read at all; what is over [`HEAD`] is told apart from what breaks the rules.
const LIST: u32 = 2 * HEAD as u32;

/// A connection that speaks HTTP/2.
pub(crate) struct Http2 {
    requests: SendRequest<Bytes>,
    connection: h2::client::Connection<Io, Bytes>,
}

/// A request that has yet to be sent.
pub(crate) struct Head {
    request: Request<()>,
}

impl Head {
    /// The request in the form of HTTP/2. A `Host` becomes its authority.
    pub fn new(method: &str, address: &Address, headers: &[(String, String)]) -> Result<Self, SendError> {
        let refused = |why: String| SendError::BadRequest { why };
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| refused(format!("{method:?} is no method")))?;
        let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map(|(_, value)| value.clone());
        let uri = Uri::builder()
            .scheme(if address.tls { "https" } else { "http" })
            .authority(host.unwrap_or_else(|| address.authority()))
            .path_and_query(address.target.as_str())
            .build()
            .map_err(|error| refused(format!("HTTP/2 cannot carry this URL or Host: {error}")))?;
        let mut request = Request::new(());
        (*request.method_mut(), *request.uri_mut(), *request.version_mut()) = (method, uri, Version::HTTP_2);
        for (name, value) in headers.iter().filter(|(name, value)| is_carried(name, value)) {
            let key = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| refused(format!("{name:?} is no name of a header")))?;
            // RFC 9110, 5.5: what is not ASCII is Latin-1, as over HTTP/1.1.
            let bytes: Option<Vec<u8>> = value.chars().map(|letter| u8::try_from(letter).ok()).collect();
            let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
            let value =
                value.ok_or_else(|| refused(format!("the header {name} has a value that HTTP/2 cannot carry")))?;
            request.headers_mut().append(key, value);
        }
        Ok(Self { request })
    }

    /// The headers as they go, without what stands in the place of the request line.
    pub fn headers(&self) -> Headers {
        listed(self.request.headers())
    }

    /// In bytes: what the request line and the headers have as lines, before they are compressed.
    pub fn length(&self) -> u64 {
        let (method, uri) = (self.request.method().as_str(), self.request.uri());
        let target = uri.path_and_query().map_or("", |target| target.as_str());
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        (method.len() + target.len() + authority.len() + length(self.request.headers())) as u64
    }
}

/// Whether a header is about the request and not about an HTTP/1.1 connection (RFC 9113, 8.2.2).
fn is_carried(name: &str, value: &str) -> bool {
    match name.to_ascii_lowercase().as_str() {
        "connection" | "host" | "http2-settings" | "keep-alive" | "proxy-connection" | "transfer-encoding"
        | "upgrade" => false,
        "te" => value.trim().eq_ignore_ascii_case("trailers"),
        _ => true,
    }
}

fn listed(headers: &HeaderMap) -> Headers {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

fn length(headers: &HeaderMap) -> usize {
    // As lines: a colon, a blank, a line break.
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

impl Http2 {
    /// Begins to speak HTTP/2 on `io`.
    pub async fn new(io: Io, host: &str) -> Result<Self, SendError> {
        let (requests, connection) = h2::client::Builder::new()
            .enable_push(false)
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_header_list_size(LIST)
            .handshake(io)
            .await
            .map_err(|error| told(host, Phase::Send, &error, 0, None))?;
        Ok(Self { requests, connection })
    }

    /// Whether the peer takes another request. What it has said in the meantime, such as a ping, is read and answered.
    pub fn is_quiet(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(&mut self.connection).poll(&mut context).is_pending()
            && matches!(self.requests.poll_ready(&mut context), Poll::Ready(Ok(())))
    }
}

/// Sends a request and reads its answer. Returns the connection too if it can be used again.
pub(crate) async fn exchange(
    mut session: Box<Http2>,
    head: Option<&Head>,
    body: &Body,
    reading: &Reading<'_>,
    progress: &Progress,
) -> Result<(Answer, Option<Box<Http2>>), Failure> {
    let host = reading.host;
    let early = |error| Failure { error, silent: true, again: Again::Unsaid };
    let head =
        head.ok_or_else(|| early(reading.malformed(Phase::Tls, "it chose HTTP/2, for which it was not asked")))?;
    let heard = OnceLock::new();
    let again = OnceLock::new();
    let listen = Listening { reading, progress, heard: &heard, again: &again };
    let Http2 { requests, connection } = &mut *session;
    let request = head.request.clone();
    let (response, stream) = requests
        .send_request(request, matches!(body, Body::Empty))
        .map_err(|error| Failure { again: again_of(&error), ..early(told(host, Phase::Send, &error, 0, None)) })?;
    let work = side_by_side(write(stream, body, host), listen.read(response), &heard, progress);
    tokio::pin!(work);
    let mut lives = true;
    let outcome = loop {
        tokio::select! {
            biased;
            outcome = &mut work => break outcome,
            // How it ended its streams tell.
            _ = &mut *connection, if lives => lives = false,
        }
    };
    let ((head, body, cut), sent, times) = outcome.map_err(|error| Failure {
        error,
        silent: heard.get().is_none(),
        again: again.get().copied().unwrap_or_default(),
    })?;
    let answer = Answer { head, body, cut, sent_body: sent.unwrap_or_default(), times };
    Ok((answer, (lives && sent.is_some() && !cut).then_some(session)))
}

/// Writes the body. Returns how many bytes it had.
async fn write(mut stream: SendStream<Bytes>, body: &Body, host: &str) -> Result<u64, SendError> {
    let failed = |error: &h2::Error| told(host, Phase::Send, error, 0, None);
    let mut pieces = body.pieces();
    if matches!(body, Body::Empty) {
        return Ok(0);
    }
    while let Some(mut piece) = pieces.next().await? {
        while !piece.is_empty() {
            stream.reserve_capacity(piece.len().min(PIECE));
            let room = match std::future::poll_fn(|context| stream.poll_capacity(context)).await {
                Some(Ok(room)) => room.min(piece.len()),
                Some(Err(error)) => return Err(failed(&error)),
                None => return Err(broken(host, Phase::Send, &std::io::ErrorKind::BrokenPipe.into())),
            };
            stream.send_data(piece.split_to(room), false).map_err(|error| failed(&error))?;
        }
    }
    stream.send_data(Bytes::new(), true).map_err(|error| failed(&error))?;
    Ok(pieces.sent)
}

/// What is noted while an answer is read.
struct Listening<'a> {
    reading: &'a Reading<'a>,
    progress: &'a Progress,
    /// When the answer began.
    heard: &'a OnceLock<Instant>,
    /// What the peer says of another try, if it does.
    again: &'a OnceLock<Again>,
}

impl Listening<'_> {
    /// Head and body of the answer, and whether it was a stream that went on when its time was up.
    async fn read(self, mut response: ResponseFuture) -> Result<(AnswerHead, Bytes, bool), SendError> {
        let host = self.reading.host;
        let response = self.head(&mut response).await?;
        self.heard.get_or_init(Instant::now);
        self.progress.enter(Phase::Head);
        let (parts, mut stream) = response.into_parts();
        let length = length(&parts.headers);
        if length > HEAD {
            return Err(SendError::HeadTooLarge { host: host.to_owned(), limit: HEAD });
        }
        if parts.headers.len() > HEADERS {
            return Err(self.reading.malformed(Phase::Head, format!("it has over {HEADERS} headers")));
        }
        let head = AnswerHead {
            status: parts.status.as_u16(),
            reason: String::new(),
            version: Version::HTTP_2,
            headers: listed(&parts.headers),
            length,
        };
        self.progress.enter(Phase::Body);
        let expected = head.values("content-length").next().and_then(|value| value.parse::<u64>().ok());
        if expected.is_some_and(|length| length > self.reading.largest && !self.reading.headless) {
            return Err(self.reading.too_large());
        }
        let mut live = Live::of(&head, self.reading.streaming);
        let mut body = BytesMut::new();
        let failed = |error: h2::Error, received: usize| told(host, Phase::Body, &error, received as u64, expected);
        loop {
            let piece = match in_time(live.as_ref(), stream.data()).await {
                None => return Ok((head, body.freeze(), true)),
                Some(None) => break,
                Some(Some(piece)) => piece.map_err(|error| failed(error, body.len()))?,
            };
            if (body.len() + piece.len()) as u64 > self.reading.largest {
                return Err(self.reading.too_large());
            }
            body.extend_from_slice(&piece);
            if let Some(live) = &mut live {
                live.show(&body);
            }
            let _ = stream.flow_control().release_capacity(piece.len());
        }
        stream.trailers().await.map_err(|error| failed(error, body.len()))?;
        Ok((head, body.freeze(), false))
    }

    /// The head of the answer, after those that only announce it.
    async fn head(&self, response: &mut ResponseFuture) -> Result<http::Response<h2::RecvStream>, SendError> {
        let mut interim = 0;
        std::future::poll_fn(|context| {
            while let Poll::Ready(Some(Ok(_))) = response.poll_informational(context) {
                interim += 1;
                if interim > INTERIM {
                    return Poll::Ready(Err(self.reading.malformed(Phase::Head, ENDLESS)));
                }
            }
            Pin::new(&mut *response).poll(context).map_err(|error| {
                let _ = self.again.set(again_of(&error));
                told(self.reading.host, self.progress.phase(), &error, 0, None)
            })
        })
        .await
    }
}

/// What an error says of another try.
fn again_of(error: &h2::Error) -> Again {
    match error.reason() {
        Some(Reason::REFUSED_STREAM) if error.is_remote() => Again::Unprocessed,
        Some(Reason::NO_ERROR) if error.is_remote() && error.is_go_away() => Again::Unprocessed,
        Some(Reason::HTTP_1_1_REQUIRED) if error.is_remote() => Again::OverHttp1,
        _ => Again::Unsaid,
    }
}

/// What went wrong on a stream or its connection, as an error of the phase it happened in.
fn told(host: &str, phase: Phase, error: &h2::Error, received: u64, expected: Option<u64>) -> SendError {
    let closed = || SendError::Closed { host: host.to_owned(), phase, received, expected };
    if let Some(error) = error.get_io() {
        // This is how the end of the connection reads.
        return match error.kind() {
            std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::UnexpectedEof => closed(),
            _ => broken(host, phase, error),
        };
    }
    let Some(reason) = error.reason() else { return closed() };
    match (error.is_remote(), error.is_go_away()) {
        (true, true) if reason == Reason::NO_ERROR => closed(),
        (true, goes) => {
            let what = if goes { "it ended the connection" } else { "it reset the stream" };
            let why = format!("{what} with {reason:?} ({})", reason.description());
            SendError::Broken { host: host.to_owned(), phase, why }
        }
        (false, _) => {
            let what = format!("it breaks the rules of HTTP/2: {reason:?} ({})", reason.description());
            SendError::Malformed { host: host.to_owned(), phase, what }
        }
    }
}
