//! One exchange exactly as asked: header case and order, targets as typed, TLS per request, redirects, cookies,
//! proxies, timings by phase, sizes on the wire, and an egress policy that no name or redirect gets around.
//!
//! It knows nothing of collections, variables or scripts. A request goes out with the headers it has; added is only
//! what HTTP cannot do without (`Host`, the length of the body) and the cookies of the jar. Every error names the phase
//! it happened in, and none holds a credential, a query or a body.

mod address;
mod body;
mod client;
mod connection;
mod cookies;
mod decode;
mod destination;
mod egress;
mod error;
mod exchange;
mod http1;
mod http2;
mod pool;
mod progress;
mod proxy;
mod tls;
mod websocket;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::UnboundedSender;

pub use client::Client;
pub use connection::{Io, Stream};
pub use cookies::{Cookie, CookieJar, CookieRefused};
pub use destination::{Destination, NotADestination};
pub use egress::{Egress, Rule};
pub use error::{ConfigError, Phase, SendError};
pub use proxy::{Direct, Proxies, ProxyServer};
pub use tls::{
    Certificate, ClientCertificate, Identity, IdentityError, IdentityPart, TlsInfo, TlsSettings, authorities,
};
pub use websocket::{Closing, Message, WebSocket, WebSocketRequest};

/// Reads `answer` as if a peer had sent it: for the fuzz target, which has no sockets.
#[cfg(feature = "fuzzing")]
pub async fn read_answer(answer: &[u8], lenient: bool) {
    http1::read_answer(answer.to_vec(), lenient).await;
}

/// What all requests of a client have in common.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// What may be called.
    pub egress: Egress,
    /// PEM files of certificate authorities that are trusted beside the system's.
    pub extra_ca: Vec<Vec<u8>>,
    /// Whether those alone are trusted, and the system's are not.
    pub extra_ca_alone: bool,
    /// Certificates that we show; the first whose pattern fits is taken.
    pub client_certs: Vec<ClientCertificate>,
    /// Proxies.
    pub proxy: Proxies,
}

/// A request as it is to be sent.
#[derive(Clone)]
pub struct Request {
    /// Any token, in the case it is to be sent in.
    pub method: String,
    /// Path and query go out as they are here.
    pub url: String,
    /// In the case and order they are to be sent in.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// How it is to be sent.
    pub settings: Settings,
}

// Headers and body may hold secrets.
impl std::fmt::Debug for Request {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

/// The body of a request.
#[derive(Clone, Default)]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// In memory.
    Bytes(Bytes),
    /// Put together while it is sent.
    Stream {
        /// Of all parts together; `None` sends it in chunks.
        length: Option<u64>,
        /// One after the other.
        parts: Vec<BodyPart>,
    },
}

/// A piece of a streamed body.
#[derive(Clone)]
pub enum BodyPart {
    /// In memory.
    Bytes(Bytes),
    /// A file that is read while it is sent.
    File(PathBuf),
}

/// How one request is sent.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether answers from 300 to 399 with a `Location` are followed.
    pub follow_redirects: bool,
    /// Whether method and body stay in every redirect; otherwise they do for 307 and 308 alone.
    pub follow_original_method: bool,
    /// Whether credentials go along to another host name.
    pub follow_authorization: bool,
    /// Whether a redirected request has no `Referer`.
    pub remove_referer: bool,
    /// How many redirects are followed; one more is an error.
    pub max_redirects: u32,
    /// Whether the peer's certificate must be trusted and for this host.
    pub strict_ssl: bool,
    /// Whether the jar's cookies are sent and new ones kept.
    pub cookies_enabled: bool,
    /// For the whole exchange with its redirects; `None` or zero for no limit.
    pub timeout: Option<Duration>,
    /// Most bytes of the answer's body, before and after it is decompressed.
    pub max_response: u64,
    /// Versions and ciphers.
    pub tls: TlsSettings,
    /// Which version of HTTP is spoken.
    pub http_version: HttpVersion,
    /// Whether answers are read that break the rules: odd characters in headers, two lengths, bare line feeds.
    pub lenient_parser: bool,
    /// How an answer that is a stream of events (`text/event-stream`) is read.
    pub streaming: Streaming,
    /// Whether a `Host` is added where the request has none.
    pub host_header: bool,
    /// A number of the caller's: the connection is kept for requests with the same number alone.
    pub apart: Option<u32>,
    /// Lists of where this may be sent; each must hold every hop, and a hop with TLS must be to a peer that is trusted,
    /// whatever `strict_ssl` says. None is no restriction.
    pub only_to: Vec<Vec<Destination>>,
    /// Which `Set-Cookie` headers are taken into the jar; `None` is all.
    pub cookie_filter: Option<CookieFilter>,
}

/// Says of a `Set-Cookie` header whether it is taken into the jar.
#[derive(Clone)]
pub struct CookieFilter(pub Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl std::fmt::Debug for CookieFilter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CookieFilter")
    }
}

/// How an answer is read that is a stream of events, which may never end. One with a content encoding is read like any
/// other: its pieces mean nothing by themselves.
#[derive(Clone, Debug, Default)]
pub struct Streaming {
    /// The longest time of its body; what has come until then is the whole of it. `None` waits for its end.
    pub longest: Option<Duration>,
    /// Gets each piece of its body as it comes, without the frames around it.
    pub tap: Option<UnboundedSender<Bytes>>,
}

/// Which version of HTTP is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HttpVersion {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2, or an error: with TLS the peer must agree on it; without, it must know that it is to speak it.
    Http2,
    /// HTTP/2 if a peer with TLS agrees on it, HTTP/1.1 otherwise.
    Auto,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            follow_redirects: true,
            follow_original_method: false,
            follow_authorization: false,
            remove_referer: false,
            max_redirects: 10,
            strict_ssl: true,
            cookies_enabled: true,
            timeout: None,
            max_response: 100 * 1024 * 1024,
            tls: TlsSettings::default(),
            http_version: HttpVersion::default(),
            lenient_parser: false,
            streaming: Streaming::default(),
            host_header: true,
            apart: None,
            only_to: Vec::new(),
            cookie_filter: None,
        }
    }
}

/// What was sent and what came back.
#[derive(Clone)]
pub struct Exchange {
    /// Every request as it went, redirects included; the last one got the response.
    pub sent: Vec<Hop>,
    /// The last answer.
    pub response: Response,
}

/// One request as it went on the wire.
#[derive(Clone)]
pub struct Hop {
    /// The method.
    pub method: String,
    /// The whole URL, without name and password.
    pub url: String,
    /// In wire case and order. Over HTTP/2 the host is not among them, and names are in lower case.
    pub headers: Vec<(String, String)>,
    /// Who was asked: the server or the proxy.
    pub address: SocketAddr,
    /// Of its answer.
    pub status: u16,
}

/// An answer.
#[derive(Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// What was said after it; nothing over HTTP/2.
    pub reason: String,
    /// In wire case and order.
    pub headers: Vec<(String, String)>,
    /// Without content encodings.
    pub body: Bytes,
    /// Whether it was a stream of events that went on when its time was up.
    pub cut: bool,
    /// How long each phase took.
    pub timing: Timing,
    /// How many bytes went over the wire.
    pub sizes: Sizes,
    /// `1.0`, `1.1` or `2`.
    pub http_version: &'static str,
    /// `None` for plain HTTP.
    pub tls: Option<TlsInfo>,
    /// The server, or the proxy.
    pub remote: SocketAddr,
}

/// How long each phase of one exchange took.
///
/// Phases do not overlap and add up to `total`. A phase that did not happen, such as `tls` on plain HTTP or a reused
/// connection, is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Every hop before the last; the phases below are the last one's.
    pub redirects: Duration,
    /// Name lookup.
    pub dns: Duration,
    /// Until the TCP connection was there, through all addresses and the proxy.
    pub connect: Duration,
    /// The handshake.
    pub tls: Duration,
    /// Until the last byte of the request was handed over.
    pub send: Duration,
    /// From the last byte sent to the first byte received.
    pub wait: Duration,
    /// Until the last byte of the body.
    pub download: Duration,
    /// Everything.
    pub total: Duration,
}

/// How many bytes the parts of the last hop had. Over HTTP/2 a head counts as the lines that it stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Request line and headers.
    pub request_head: u64,
    /// Body, without the frames around its pieces.
    pub request_body: u64,
    /// Status line and headers.
    pub response_head: u64,
    /// Body as it was transferred, without the frames around its pieces.
    pub response_body_wire: u64,
    /// Body without content encodings.
    pub response_body: u64,
}
