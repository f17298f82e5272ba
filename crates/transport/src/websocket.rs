//! WebSocket (RFC 6455) over a connection of ours: the same lookup, egress policy, proxies, trust and client
//! certificates hold as for a request. The protocol itself is the work of `tungstenite`.

use std::net::SocketAddr;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, handshake::client::generate_key};

use crate::connection::{Io, Peer, broken};
use crate::error::{Phase, SendError};
use crate::exchange::Headers;
use crate::http1::text;
use crate::tls::TlsInfo;

/// A WebSocket that is to be opened.
#[derive(Clone)]
pub struct WebSocketRequest {
    /// `ws://` or `wss://`.
    pub url: String,
    /// Added to those that the handshake needs.
    pub headers: Vec<(String, String)>,
    /// What is to be spoken on it; the server chooses one. Empty to say nothing.
    pub subprotocols: Vec<String>,
    /// How it is connected. Of redirects, answers and versions of HTTP it knows nothing.
    pub settings: crate::Settings,
    /// Most bytes of a message, whatever the number of its frames.
    pub largest_message: usize,
}

// Headers may hold secrets.
impl std::fmt::Debug for WebSocketRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("WebSocketRequest").finish_non_exhaustive()
    }
}

impl WebSocketRequest {
    /// The URL with the scheme that its handshake has.
    pub(crate) fn http_url(&self) -> Result<String, SendError> {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("ws", &self.url));
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => "http",
            "wss" | "https" => "https",
            other => return Err(SendError::BadUrl { why: format!("{other} is not ws or wss") }),
        };
        Ok(format!("{scheme}://{rest}"))
    }
}

/// What is said on a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
    /// Whether the other side is there; it is answered without our doing.
    Ping(Bytes),
    /// That the other side is there.
    Pong(Bytes),
    /// That no more will be said; `None` without a reason.
    Close(Option<Closing>),
}

/// Why no more is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// RFC 6455, 7.4: 1000 if all is well.
    pub code: u16,
    /// In words.
    pub reason: String,
}

/// A WebSocket that is open.
pub struct WebSocket {
    stream: WebSocketStream<Io>,
    host: String,
    largest: usize,
    /// The headers of the server's answer.
    pub headers: Vec<(String, String)>,
    /// What is spoken, if the server chose something.
    pub subprotocol: Option<String>,
    /// `None` for `ws`.
    pub tls: Option<TlsInfo>,
    /// The server, or the proxy.
    pub remote: SocketAddr,
}

impl std::fmt::Debug for WebSocket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("WebSocket").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Shakes hands over `io`. `url` begins with `ws`, and `headers` hold the `Host`.
pub(crate) async fn shake(
    io: Io,
    peer: Peer,
    (url, host): (&str, &str),
    headers: &Headers,
    largest: usize,
) -> Result<WebSocket, SendError> {
    let refused = |why: String| SendError::BadRequest { why };
    let mut request = http::Request::builder()
        .uri(url)
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", generate_key());
    for (name, value) in headers {
        let bytes: Option<Vec<u8>> = value.chars().map(|letter| u8::try_from(letter).ok()).collect();
        let bytes = bytes.ok_or_else(|| refused(format!("the header {name} has a value that cannot stand in one")))?;
        request = request.header(name, bytes);
    }
    let request = request.body(()).map_err(|error| refused(format!("a handshake cannot carry it: {error}")))?;
    let config = WebSocketConfig::default().max_message_size(Some(largest)).max_frame_size(Some(largest));
    let (stream, answer) = tokio_tungstenite::client_async_with_config(request, io, Some(config))
        .await
        .map_err(|error| told(host, Phase::Head, largest, error))?;
    let headers: Headers =
        answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect();
    let subprotocol = headers.iter().find(|(name, _)| name == "sec-websocket-protocol").map(|(_, value)| value.clone());
    Ok(WebSocket { stream, host: host.to_owned(), largest, headers, subprotocol, tls: peer.tls, remote: peer.remote })
}

impl WebSocket {
    /// The next message; `None` once both sides have said that they say no more. Cancel safe.
    ///
    /// # Errors
    ///
    /// If the connection breaks, or the other side breaks the rules or the limit.
    pub async fn receive(&mut self) -> Result<Option<Message>, SendError> {
        use tungstenite::Message as Said;
        loop {
            return match self.stream.next().await {
                None => Ok(None),
                Some(Err(tungstenite::Error::ConnectionClosed)) => Ok(None),
                Some(Err(error)) => Err(told(&self.host, Phase::Body, self.largest, error)),
                Some(Ok(said)) => Ok(Some(match said {
                    Said::Text(text) => Message::Text(text.as_str().to_owned()),
                    Said::Binary(bytes) => Message::Binary(bytes),
                    Said::Ping(bytes) => Message::Ping(bytes),
                    Said::Pong(bytes) => Message::Pong(bytes),
                    Said::Close(frame) => Message::Close(
                        frame
                            .map(|frame| Closing { code: frame.code.into(), reason: frame.reason.as_str().to_owned() }),
                    ),
                    Said::Frame(_) => continue,
                })),
            };
        }
    }

    /// Says `message`. After a [`Message::Close`] the rest of what the other side says is still to be received.
    ///
    /// # Errors
    ///
    /// If the connection breaks.
    pub async fn send(&mut self, message: Message) -> Result<(), SendError> {
        use tungstenite::Message as Said;
        let said = match message {
            Message::Text(text) => Said::text(text),
            Message::Binary(bytes) => Said::Binary(bytes),
            Message::Ping(bytes) => Said::Ping(bytes),
            Message::Pong(bytes) => Said::Pong(bytes),
            Message::Close(closing) => Said::Close(
                closing.map(|closing| CloseFrame { code: closing.code.into(), reason: closing.reason.into() }),
            ),
        };
        self.stream.send(said).await.map_err(|error| told(&self.host, Phase::Send, self.largest, error))
    }
}

/// What went wrong, as an error of the phase it happened in.
fn told(host: &str, phase: Phase, largest: usize, error: tungstenite::Error) -> SendError {
    use tungstenite::Error as Wrong;
    let host = host.to_owned();
    let closed = |host| SendError::Closed { host, phase, received: 0, expected: None };
    let malformed = |host, what: String| SendError::Malformed { host, phase, what };
    match error {
        Wrong::Io(error) => broken(&host, phase, &error),
        Wrong::ConnectionClosed | Wrong::AlreadyClosed => closed(host),
        Wrong::Protocol(ProtocolError::HandshakeIncomplete | ProtocolError::ResetWithoutClosingHandshake) => {
            closed(host)
        }
        Wrong::Protocol(error) => malformed(host, format!("it breaks the rules of WebSocket: {error}")),
        Wrong::Capacity(CapacityError::MessageTooLong { .. }) => {
            SendError::TooLarge { host, limit: largest as u64, decompressed: false }
        }
        Wrong::AttackAttempt => malformed(host, "its answer to the handshake has no end".to_owned()),
        Wrong::Http(answer) => SendError::NotSwitched { host, status: answer.status().as_u16() },
        error => malformed(host, error.to_string()),
    }
}
