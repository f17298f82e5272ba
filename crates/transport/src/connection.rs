//! A connection to a peer: looked up, judged by the egress policy, opened, wrapped in TLS.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use bytes::BytesMut;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_socks::TargetAddr;
use tokio_socks::tcp::Socks5Stream;

use crate::address::Address;
use crate::egress::Egress;
use crate::error::{Phase, SendError};
use crate::exchange::{Answer, Failure, Reading};
use crate::http1::{self, Http1};
use crate::http2::{self, Http2};
use crate::progress::Progress;
use crate::proxy::{ProxyServer, Socks};
use crate::tls::{self, Contexts, Profile, TlsInfo};
use crate::{Body, HttpVersion};

/// A stream of bytes to a peer, plain or not.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection, whatever is spoken on it.
pub type Io = Box<dyn Stream>;

/// How long one address may take before the next one is tried beside it (RFC 8305).
const STAGGER: Duration = Duration::from_millis(250);
/// Longest head of a proxy's answer.
const PROXY_HEAD: usize = 64 * 1024;

/// A connection that is ready for a request.
pub(crate) struct Connection {
    pub peer: Arc<Peer>,
    session: Session,
}

/// What is spoken on a connection.
enum Session {
    Http1(Http1),
    Http2(Box<Http2>),
}

/// A request as it goes on the wire, in the versions that may be spoken.
pub(crate) struct Outgoing<'a> {
    /// For HTTP/1.1: request line and headers.
    pub head: Vec<u8>,
    /// For HTTP/2; `None` if it is not wanted.
    pub http2: Option<http2::Head>,
    pub body: &'a Body,
}

impl Connection {
    /// Speaks on a stream that was just opened what was agreed on with the peer.
    pub async fn new(io: Io, peer: Peer, wanted: HttpVersion, host: &str) -> Result<Self, SendError> {
        let over_http2 = match &peer.tls {
            Some(tls) if tls.protocol.as_deref() == Some("h2") => true,
            Some(_) if wanted == HttpVersion::Http2 => {
                let why = "it does not agree on HTTP/2, which the request insists on".to_owned();
                return Err(SendError::Tls { host: host.to_owned(), why });
            }
            Some(_) => false,
            // Without TLS nothing is agreed on: who wants HTTP/2 has to know that the peer speaks it.
            None => wanted == HttpVersion::Http2,
        };
        let session = match over_http2 {
            true => Session::Http2(Box::new(Http2::new(io, host).await?)),
            false => Session::Http1(Http1::new(io)),
        };
        Ok(Self { peer: Arc::new(peer), session })
    }

    /// Whether another request can be sent: the peer has neither closed the connection nor said what it should not.
    pub fn is_quiet(&mut self) -> bool {
        match &mut self.session {
            Session::Http1(session) => session.is_quiet(),
            Session::Http2(session) => session.is_quiet(),
        }
    }

    /// Sends a request and reads its answer. Returns the connection too if it can be used again.
    pub async fn exchange(
        self,
        outgoing: &Outgoing<'_>,
        reading: &Reading<'_>,
        progress: &Progress,
    ) -> Result<(Answer, Option<Self>), Failure> {
        let Self { peer, session } = self;
        let body = outgoing.body;
        Ok(match session {
            Session::Http1(session) => {
                let (answer, session) =
                    http1::exchange(session, outgoing.head.clone(), body, reading, progress).await?;
                (answer, session.map(|session| Self { peer, session: Session::Http1(session) }))
            }
            Session::Http2(session) => {
                let (answer, session) =
                    http2::exchange(session, outgoing.http2.as_ref(), body, reading, progress).await?;
                (answer, session.map(|session| Self { peer, session: Session::Http2(session) }))
            }
        })
    }
}

/// Who is at the other end.
pub(crate) struct Peer {
    pub remote: SocketAddr,
    pub tls: Option<TlsInfo>,
}

/// How long it took to get a connection.
#[derive(Clone, Copy, Default)]
pub(crate) struct Opening {
    pub dns: Duration,
    pub connect: Duration,
    pub tls: Duration,
}

/// How a stream is opened.
#[derive(Clone, Copy, Default)]
pub(crate) struct Way<'a> {
    /// Through this, if it is not direct.
    pub proxy: Option<&'a ProxyServer>,
    /// With TLS, if there is one.
    pub profile: Option<&'a Profile>,
    /// Whether a proxy of HTTP is asked for a tunnel although there is no TLS.
    pub tunnel: bool,
}

/// Opens a stream to `address`.
pub(crate) async fn open(
    address: &Address,
    way: Way<'_>,
    egress: &Egress,
    contexts: &Contexts,
    progress: &Progress,
) -> Result<(Io, Peer, Opening), SendError> {
    let Way { proxy, profile, tunnel: through } = way;
    let mut opening = Opening::default();
    let started = Instant::now();
    progress.enter(Phase::Lookup);
    egress.permit_host(&address.host)?;
    let (near, addresses) = match proxy {
        None => (address, permitted(address, egress, look_up(address).await?)?),
        Some(proxy) => {
            // The proxy looks the name up by itself, and is trusted to: it is the operator's own. What we see of the
            // target is judged all the same.
            if let Ok(addresses) = look_up(address).await {
                permitted(address, egress, addresses)?;
            }
            (&proxy.address, look_up(&proxy.address).await?)
        }
    };
    opening.dns = started.elapsed();

    let started = Instant::now();
    progress.enter(Phase::Connect);
    let stream = connect(&near.host, &addresses).await?;
    let remote = stream.peer_addr().map_err(|error| broken(&near.host, Phase::Connect, &error))?;
    // Heads and small bodies are whole messages: waiting for more to send with them only costs time.
    let _ = stream.set_nodelay(true);
    let mut io: Io = Box::new(stream);
    opening.connect = started.elapsed();

    let started = Instant::now();
    if let Some(proxy) = proxy {
        progress.enter(Phase::Proxy);
        if let Some(socks) = proxy.socks {
            io = through_socks(io, proxy, socks, address, egress).await?;
        } else if proxy.address.tls {
            let profile = contexts.profile(&proxy.address, &Default::default(), true, tls::HTTP1);
            io = contexts.connect(&profile, &proxy.address.host, proxy.address.ip, io).await?.0;
        }
        if (address.tls || through) && proxy.socks.is_none() {
            io = tunnel(io, proxy, address).await?;
        }
        opening.connect += started.elapsed();
    }

    let started = Instant::now();
    let mut session = None;
    if let Some(profile) = profile {
        progress.enter(Phase::Tls);
        let (secured, info) = contexts.connect(profile, &address.host, address.ip, io).await?;
        (io, session) = (secured, Some(info));
        opening.tls = started.elapsed();
    }
    Ok((io, Peer { remote, tls: session }, opening))
}

async fn look_up(address: &Address) -> Result<Vec<SocketAddr>, SendError> {
    if let Some(ip) = address.ip {
        return Ok(vec![SocketAddr::new(ip, address.port)]);
    }
    let host = address.host.trim_end_matches('.');
    // RFC 6761: these names are this machine, whatever a name server says.
    if host == "localhost" || host.ends_with(".localhost") {
        let own = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        return Ok(own.map(|ip| SocketAddr::new(ip, address.port)).to_vec());
    }
    let no_address = |why: String| SendError::NoAddress { host: address.host.clone(), why };
    let found = tokio::net::lookup_host((address.host.as_str(), address.port)).await;
    let mut found: Vec<SocketAddr> = found.map_err(|error| no_address(said(&error)))?.collect();
    found.dedup();
    if found.is_empty() { Err(no_address("the name is known but has no address".to_owned())) } else { Ok(found) }
}

/// Those of `addresses` that the policy lets us call; an error if it is none.
fn permitted(address: &Address, egress: &Egress, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, SendError> {
    let mut refused = None;
    let mut left = Vec::with_capacity(addresses.len());
    for candidate in addresses {
        match egress.permit(&address.host, candidate.ip()) {
            Ok(()) => left.push(candidate),
            Err(error) => refused = Some(error),
        }
    }
    match refused {
        Some(error) if left.is_empty() => Err(error),
        _ => Ok(left),
    }
}

/// Connects to the first of `addresses` that answers.
async fn connect(host: &str, addresses: &[SocketAddr]) -> Result<TcpStream, SendError> {
    let mut waiting = addresses.iter().copied();
    let mut tries = FuturesUnordered::new();
    let attempt = async |address: SocketAddr| (address, TcpStream::connect(address).await);
    let mut failure = None;
    loop {
        if let Some(address) = waiting.next() {
            tries.push(attempt(address));
        }
        let finished = if waiting.len() == 0 {
            tries.next().await
        } else {
            match tokio::time::timeout(STAGGER, tries.next()).await {
                Ok(finished) => finished,
                Err(_) => continue,
            }
        };
        match finished {
            Some((_, Ok(stream))) => return Ok(stream),
            Some((address, Err(error))) => failure = Some((address, error)),
            None => break,
        }
    }
    Err(match failure {
        Some((address, error)) => {
            SendError::Connect { host: host.to_owned(), address, kind: error.kind(), why: said(&error) }
        }
        None => SendError::NoAddress { host: host.to_owned(), why: "there is no address to try".to_owned() },
    })
}

/// Asks the SOCKS5 proxy at the end of `io` for a way to `address` (RFC 1928, 1929).
async fn through_socks(
    io: Io,
    proxy: &ProxyServer,
    socks: Socks,
    address: &Address,
    egress: &Egress,
) -> Result<Io, SendError> {
    let failed =
        |why: String| SendError::Proxy { proxy: proxy.address.host_and_port(), host: address.host_and_port(), why };
    let target = match (socks, address.ip) {
        (Socks::There, None) => TargetAddr::Domain(address.host.as_str().into(), address.port),
        _ => {
            let found = permitted(address, egress, look_up(address).await?)?;
            TargetAddr::Ip(*found.first().ok_or_else(|| failed("the target has no address".to_owned()))?)
        }
    };
    let stream = match proxy.password() {
        None => Socks5Stream::connect_with_socket(io, target).await,
        Some((name, password)) => Socks5Stream::connect_with_password_and_socket(io, target, name, password).await,
    };
    stream.map(|stream| Box::new(stream) as Io).map_err(|error| failed(error.to_string()))
}

/// Asks the proxy at the end of `io` for a way to `address` (RFC 9110, 9.3.6).
async fn tunnel(mut io: Io, proxy: &ProxyServer, address: &Address) -> Result<Io, SendError> {
    let host = address.host_and_port();
    let failed = |why: String| SendError::Proxy { proxy: proxy.address.host_and_port(), host: host.clone(), why };
    let mut head = format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n");
    if let Some(credentials) = proxy.authorization() {
        head.push_str(&format!("Proxy-Authorization: {}\r\n", credentials.as_str()));
    }
    head.push_str("\r\n");
    io.write_all(head.as_bytes()).await.map_err(|error| failed(said(&error)))?;
    let mut buffer = BytesMut::new();
    loop {
        match http1::parse_head(&buffer, false) {
            Ok(Some(answer)) if (200..300).contains(&answer.status) => return Ok(io),
            Ok(Some(answer)) => return Err(failed(format!("it answered {} {}", answer.status, answer.reason))),
            Ok(None) if buffer.len() < PROXY_HEAD => {}
            Ok(None) => return Err(failed("its answer has no end".to_owned())),
            Err(what) => return Err(failed(format!("its answer cannot be understood: {what}"))),
        }
        // Byte by byte would be slow and more could belong to TLS; but a peer of TLS says nothing before we do.
        match io.read_buf(&mut buffer).await {
            Ok(0) => return Err(failed("it closed the connection".to_owned())),
            Ok(_) => {}
            Err(error) => return Err(failed(said(&error))),
        }
    }
}

/// The value of `Authorization` for a name and password.
pub(crate) fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}")))
}

/// What went wrong with a connection, as an error of the phase it happened in.
pub(crate) fn broken(host: &str, phase: Phase, error: &io::Error) -> SendError {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let host = host.to_owned();
    match error.kind() {
        ConnectionReset | ConnectionAborted | BrokenPipe => {
            SendError::Broken { host, phase, why: "it was reset by the other side".to_owned() }
        }
        UnexpectedEof => SendError::Closed { host, phase, received: 0, expected: None },
        _ => SendError::Broken { host, phase, why: said(error) },
    }
}

/// What the system says, in lower case and without its number.
pub(crate) fn said(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(text);
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
