//! A request from its first hop to its last.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::address::Address;
use crate::connection::{self, Connection, Io, Opening, Outgoing, Peer, Way, basic};
use crate::cookies::CookieJar;
use crate::error::{ConfigError, Phase, SendError};
use crate::exchange::{Again, Answer, Failure, Headers, Reading};
use crate::http2;
use crate::pool::{Key, Pool};
use crate::progress::Progress;
use crate::proxy::ProxyServer;
use crate::tls::{self, Contexts, TlsSettings};
use crate::websocket::{self, WebSocket, WebSocketRequest};
use crate::{
    Body, ClientCertificate, Config, Destination, Exchange, Hop, HttpVersion, Request, Response, Settings, Sizes,
    Timing, decode,
};

/// How long a connection may have waited if the request on it could not be sent again.
const FRESH: Duration = Duration::from_secs(1);

/// Sends requests. A clone shares its connections.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    contexts: Contexts,
    pool: Pool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

/// What came of a hop.
struct Hopped {
    answer: Answer,
    /// As they went.
    headers: Headers,
    /// In bytes, with the request line.
    head: u64,
    opening: Opening,
    peer: Arc<Peer>,
}

/// What changes from hop to hop.
struct Turn {
    address: Address,
    method: String,
    headers: Headers,
    body: Body,
    /// Whether the place for cookies among the headers was made for those of the jar.
    cookies_were_ours: bool,
}

impl Client {
    /// A client that sends as `config` says.
    ///
    /// # Errors
    ///
    /// If the extra certificate authorities cannot be read.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let contexts = Contexts::new(&config.extra_ca, !config.extra_ca_alone, config.client_certs.clone())?;
        Ok(Self { shared: Arc::new(Shared { config, contexts, pool: Pool::default() }) })
    }

    /// A client that sends under the same policy and through the same proxies, with client certificates and trusted
    /// authorities of its own. No connection is shared: what one of them showed on it is not the other's.
    ///
    /// # Errors
    ///
    /// If the authorities cannot be read.
    pub fn with_certificates(
        &self,
        authorities: &[Vec<u8>],
        certificates: Vec<ClientCertificate>,
    ) -> Result<Self, ConfigError> {
        let contexts = self.shared.contexts.with(authorities, certificates)?;
        Ok(Self { shared: Arc::new(Shared { config: self.shared.config.clone(), contexts, pool: Pool::default() }) })
    }

    /// Sends `request`, follows redirects as its settings say, and returns every hop and the last answer.
    ///
    /// Dropping the future or cancelling `cancel` closes the connection.
    ///
    /// # Errors
    ///
    /// If there is no answer. Each error knows the phase it happened in.
    pub async fn send(
        &self,
        request: Request,
        jar: &CookieJar,
        cancel: &CancellationToken,
    ) -> Result<Exchange, SendError> {
        let progress = Progress::default();
        let limit = request.settings.timeout;
        limited(limit, cancel, &progress, self.follow(request, jar, &progress)).await
    }

    /// Opens a WebSocket. The time limit of its settings is that of the handshake; redirects are not followed.
    ///
    /// # Errors
    ///
    /// If there is no connection, or the peer does not speak WebSocket. Each error knows the phase it happened in.
    pub async fn websocket(
        &self,
        request: WebSocketRequest,
        jar: &CookieJar,
        cancel: &CancellationToken,
    ) -> Result<WebSocket, SendError> {
        let progress = Progress::default();
        let limit = request.settings.timeout;
        limited(limit, cancel, &progress, self.shake(request, jar, &progress)).await
    }

    async fn shake(
        &self,
        request: WebSocketRequest,
        jar: &CookieJar,
        progress: &Progress,
    ) -> Result<WebSocket, SendError> {
        let settings = &request.settings;
        let turn = Turn {
            address: Address::parse(&request.http_url()?)?,
            method: "GET".to_owned(),
            headers: request.headers.clone(),
            body: Body::Empty,
            cookies_were_ours: false,
        };
        let address = &turn.address;
        progress.turn_to(&address.host);
        let (mut headers, _) = self.head(&turn, jar, settings)?;
        if !request.subprotocols.is_empty() {
            headers.push(("Sec-WebSocket-Protocol".to_owned(), request.subprotocols.join(", ")));
        }
        let Shared { config, contexts, .. } = &*self.shared;
        let profile = address.tls.then(|| contexts.profile(address, &settings.tls, settings.strict_ssl, tls::HTTP1));
        let way = Way { proxy: config.proxy.of(address), profile: profile.as_ref(), tunnel: true };
        let (io, peer, _) = connection::open(address, way, &config.egress, contexts, progress).await?;
        progress.enter(Phase::Head);
        // `https` becomes `wss` and `http` becomes `ws`.
        let url = address.url().replacen("http", "ws", 1);
        let socket = websocket::shake(io, peer, (&url, &address.host), &headers, request.largest_message).await?;
        if settings.cookies_enabled {
            for (_, value) in socket.headers.iter().filter(|(name, _)| name == "set-cookie") {
                jar.receive_from(address, value);
            }
        }
        Ok(socket)
    }

    /// Opens a connection with TLS to `host`, for a protocol that is not HTTP: the same egress policy, trust and client
    /// certificates hold. TLS is 1.2 or newer, and the peer's certificate must be trusted and for this host.
    ///
    /// # Errors
    ///
    /// If there is no such connection within `limit`. Each error knows the phase it happened in.
    pub async fn open(&self, host: &str, port: u16, limit: Duration) -> Result<Io, SendError> {
        let progress = Progress::default();
        progress.turn_to(host);
        let host_in_url = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let address = Address::parse(&format!("https://{host_in_url}:{port}"))?;
        let settings = TlsSettings {
            disabled: ["SSLv3", "TLSv1", "TLSv1_1"].map(str::to_owned).to_vec(),
            ..TlsSettings::default()
        };
        let Shared { config, contexts, .. } = &*self.shared;
        let profile = contexts.profile(&address, &settings, true, tls::UNTOLD);
        let way = Way { profile: Some(&profile), ..Way::default() };
        let opened = connection::open(&address, way, &config.egress, contexts, &progress);
        match tokio::time::timeout(limit, opened).await {
            Ok(opened) => Ok(opened?.0),
            Err(_) => Err(SendError::TimedOut { host: progress.host(), limit, phase: progress.phase() }),
        }
    }

    async fn follow(&self, request: Request, jar: &CookieJar, progress: &Progress) -> Result<Exchange, SendError> {
        let settings = request.settings;
        let started = Instant::now();
        let mut turn = Turn {
            address: Address::parse(&request.url)?,
            method: request.method,
            headers: request.headers,
            body: request.body,
            cookies_were_ours: false,
        };
        let mut sent = Vec::new();
        loop {
            progress.turn_to(&turn.address.host);
            progress.enter(Phase::Prepare);
            if let Some(error) = bound_elsewhere(&turn.address, &settings, sent.is_empty()) {
                return Err(error);
            }
            let before = started.elapsed();
            let (headers, head) = self.head(&turn, jar, &settings)?;
            turn.keep_places(&headers);
            let Hopped { answer, headers, head, opening, peer } =
                self.hop(&turn, headers, head, &settings, progress).await?;
            let elapsed = started.elapsed();
            if settings.cookies_enabled {
                let taken = |header: &&str| settings.cookie_filter.as_ref().is_none_or(|filter| (filter.0)(header));
                for header in answer.head.values("set-cookie").filter(taken) {
                    jar.receive_from(&turn.address, header);
                }
            }
            sent.push(Hop {
                method: turn.method.clone(),
                url: turn.address.url(),
                headers,
                address: peer.remote,
                status: answer.head.status,
            });
            let location = answer.head.values("location").next();
            let redirect = settings.follow_redirects && (300..400).contains(&answer.head.status);
            if let Some(location) = location.filter(|location| redirect && !location.trim().is_empty()) {
                progress.enter(Phase::Redirect);
                let next = turn
                    .address
                    .redirected(location)
                    .map_err(|why| SendError::BadRedirect { host: turn.address.host.clone(), why })?;
                if sent.len() > settings.max_redirects as usize {
                    let url = turn.address.url_without_query();
                    return Err(SendError::TooManyRedirects { url, limit: settings.max_redirects });
                }
                turn.redirect(next, answer.head.status, &settings);
                continue;
            }
            let host = &turn.address.host;
            let encodings: Vec<&str> =
                answer.head.values("content-encoding").flat_map(|value| value.split(',')).map(str::trim).collect();
            let wire = answer.body.len() as u64;
            progress.enter(Phase::Decode);
            let body = decode::decode(host, &encodings, answer.body, settings.max_response).await?;
            let times = answer.times;
            let phases = opening.dns + opening.connect + opening.tls + times.send + times.wait + times.download;
            return Ok(Exchange {
                sent,
                response: Response {
                    status: answer.head.status,
                    reason: answer.head.reason,
                    headers: answer.head.headers,
                    timing: Timing {
                        redirects: before,
                        dns: opening.dns,
                        connect: opening.connect,
                        tls: opening.tls,
                        // What is spent between the phases is spent on sending.
                        send: times.send + (elapsed - before).saturating_sub(phases),
                        wait: times.wait,
                        download: times.download,
                        total: elapsed.max(before + phases),
                    },
                    sizes: Sizes {
                        request_head: head,
                        request_body: answer.sent_body,
                        response_head: answer.head.length as u64,
                        response_body_wire: wire,
                        response_body: body.len() as u64,
                    },
                    body,
                    cut: answer.cut,
                    http_version: match answer.head.version {
                        http::Version::HTTP_10 => "1.0",
                        http::Version::HTTP_2 => "2",
                        _ => "1.1",
                    },
                    tls: peer.tls.clone(),
                    remote: peer.remote,
                },
            });
        }
    }

    /// The headers of a hop, and the head as it goes on the wire over HTTP/1.1.
    fn head(&self, turn: &Turn, jar: &CookieJar, settings: &Settings) -> Result<(Headers, Vec<u8>), SendError> {
        let mut headers = turn.headers.clone();
        if settings.host_header && !has(&headers, "host") {
            headers.push(("Host".to_owned(), turn.address.authority()));
        }
        if let Some((name, password)) = &turn.address.user
            && !has(&headers, "authorization")
        {
            headers.push(("Authorization".to_owned(), basic(name, password)));
        }
        let cookies = jar.header_for(&turn.address).filter(|_| settings.cookies_enabled);
        join_cookies(&mut headers);
        if let Some(cookies) = cookies {
            match headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
                Some((_, value)) if value.trim().is_empty() => *value = cookies,
                Some((_, value)) => *value = format!("{value}; {cookies}"),
                None => headers.push(("Cookie".to_owned(), cookies)),
            }
        } else if turn.cookies_were_ours {
            headers.retain(|(name, value)| !name.eq_ignore_ascii_case("cookie") || !value.is_empty());
        }
        if !has(&headers, "content-length") && !has(&headers, "transfer-encoding") {
            let bodiless = matches!(turn.method.as_str(), "GET" | "HEAD" | "DELETE" | "OPTIONS" | "TRACE" | "CONNECT");
            match turn.body.length() {
                Some(0) if bodiless => {}
                Some(length) => headers.push(("Content-Length".to_owned(), length.to_string())),
                None => headers.push(("Transfer-Encoding".to_owned(), "chunked".to_owned())),
            }
        }
        let proxy = self.shared.config.proxy.of(&turn.address);
        // A tunnel is no concern of the request, and neither is SOCKS.
        let tunnelled = turn.address.tls || settings.http_version == HttpVersion::Http2;
        let proxy = proxy.filter(|proxy| !tunnelled && proxy.socks.is_none());
        let target = match proxy {
            Some(_) => turn.address.url(),
            None => turn.address.target.clone(),
        };
        if turn.method.is_empty() || !turn.method.bytes().all(is_token) {
            return Err(SendError::BadRequest { why: format!("{:?} is no method", turn.method) });
        }
        let mut head = format!("{} {target} HTTP/1.1\r\n", turn.method).into_bytes();
        for (name, value) in &headers {
            if name.is_empty() || !name.bytes().all(is_token) {
                return Err(SendError::BadRequest { why: format!("{name:?} is no name of a header") });
            }
            if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                let why = format!("the header {name} has a line break or NUL in its value");
                return Err(SendError::BadRequest { why });
            }
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            // RFC 9110, 5.5: what is not ASCII is Latin-1, as Node writes it.
            for letter in value.chars() {
                head.push(u8::try_from(letter).map_err(|_| SendError::BadRequest {
                    why: format!("the header {name} has {letter:?} in its value, which cannot stand in a header"),
                })?);
            }
            head.extend_from_slice(b"\r\n");
        }
        // The proxy's password is the operator's, not the request's: it is not among the headers that are shown.
        if let Some(credentials) = proxy.and_then(|proxy| proxy.authorization())
            && !has(&headers, "proxy-authorization")
        {
            head.extend_from_slice(format!("Proxy-Authorization: {}\r\n", credentials.as_str()).as_bytes());
        }
        head.extend_from_slice(b"\r\n");
        Ok((headers, head))
    }

    /// Sends one request and reads its answer, over HTTP/1.1 if the peer wants that.
    async fn hop(
        &self,
        turn: &Turn,
        headers: Headers,
        head: Vec<u8>,
        settings: &Settings,
        progress: &Progress,
    ) -> Result<Hopped, SendError> {
        // Without TLS there is nothing that a version could be agreed on with.
        let wanted = match settings.http_version {
            HttpVersion::Auto if !turn.address.tls => HttpVersion::Http1,
            wanted => wanted,
        };
        let http2 = match wanted {
            HttpVersion::Http1 => None,
            _ => Some(http2::Head::new(&turn.method, &turn.address, &headers)?),
        };
        let mut outgoing = Outgoing { head, http2, body: &turn.body };
        let mut outcome = self.exchange(turn, &headers, &outgoing, wanted, settings, progress).await;
        if let Err(Failure { again: Again::OverHttp1, .. }) = &outcome
            && wanted == HttpVersion::Auto
        {
            outgoing.http2 = None;
            outcome = self.exchange(turn, &headers, &outgoing, HttpVersion::Http1, settings, progress).await;
        }
        let (answer, opening, peer) = outcome.map_err(|failure| failure.error)?;
        let (headers, head) = match &outgoing.http2 {
            Some(head) if answer.head.version == http::Version::HTTP_2 => (head.headers(), head.length()),
            _ => (headers, outgoing.head.len() as u64),
        };
        Ok(Hopped { answer, headers, head, opening, peer })
    }

    /// Sends one request and reads its answer, on a connection that waits for one or on a new one.
    async fn exchange(
        &self,
        turn: &Turn,
        headers: &Headers,
        outgoing: &Outgoing<'_>,
        wanted: HttpVersion,
        settings: &Settings,
        progress: &Progress,
    ) -> Result<(Answer, Opening, Arc<Peer>), Failure> {
        let Shared { config, contexts, pool } = &*self.shared;
        let address = &turn.address;
        let proxy = config.proxy.of(address);
        let offered = match wanted {
            HttpVersion::Http1 => tls::HTTP1,
            HttpVersion::Http2 => tls::HTTP2,
            HttpVersion::Auto => tls::HTTP,
        };
        let profile = address.tls.then(|| contexts.profile(address, &settings.tls, settings.strict_ssl, offered));
        let key = Key {
            host: address.host.clone(),
            port: address.port,
            proxy: proxy.map(ProxyServer::url),
            profile,
            wanted,
            apart: settings.apart,
        };
        let reading = Reading {
            host: &address.host,
            headless: turn.method == "HEAD",
            chunked: !has(headers, "content-length")
                && value(headers, "transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")),
            lenient: settings.lenient_parser,
            largest: settings.max_response,
            streaming: &settings.streaming,
        };
        // RFC 9110, 9.2.2: these may be sent twice, should the peer have closed the connection in the meantime.
        let repeatable = matches!(turn.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE");
        let longest = if repeatable { Duration::MAX } else { FRESH };
        if !repeatable {
            // The runtime looks at its sockets when a task yields: only then is it known who has hung up.
            tokio::task::yield_now().await;
        }
        let keep = |key: Key, connection: Option<Connection>| {
            let closes = value(&turn.headers, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
            if let Some(connection) = connection.filter(|_| !closes) {
                pool.put(key, connection);
            }
        };
        let failed = |error| Failure { error, silent: true, again: Again::Unsaid };
        if let Some(connection) = pool.take(&key, longest) {
            let peer = connection.peer.clone();
            trusted_if_bound(address, &peer, settings).map_err(failed)?;
            match connection.exchange(outgoing, &reading, progress).await {
                Ok((answer, connection)) => {
                    keep(key, connection);
                    return Ok((answer, Opening::default(), peer));
                }
                Err(failure) if failure.again == Again::Unprocessed => {}
                Err(failure) if failure.silent && repeatable && failure.error.is_disconnect() => {}
                Err(failure) => return Err(failure),
            }
        }
        let tunnel = wanted == HttpVersion::Http2;
        let way = Way { proxy, profile: key.profile.as_ref(), tunnel };
        let (io, peer, opening) =
            connection::open(address, way, &config.egress, contexts, progress).await.map_err(failed)?;
        let connection = Connection::new(io, peer, wanted, &address.host).await.map_err(failed)?;
        let peer = connection.peer.clone();
        trusted_if_bound(address, &peer, settings).map_err(failed)?;
        let (answer, connection) = connection.exchange(outgoing, &reading, progress).await?;
        keep(key, connection);
        Ok((answer, opening, peer))
    }
}

/// The outcome of `work`, unless its time is up or nobody wants it any more. No limit, or zero, is no limit.
async fn limited<T>(
    limit: Option<Duration>,
    cancel: &CancellationToken,
    progress: &Progress,
    work: impl Future<Output = Result<T, SendError>>,
) -> Result<T, SendError> {
    let in_time = async {
        let Some(limit) = limit.filter(|limit| !limit.is_zero()) else { return work.await };
        tokio::time::timeout(limit, work)
            .await
            .unwrap_or_else(|_| Err(SendError::TimedOut { host: progress.host(), limit, phase: progress.phase() }))
    };
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(SendError::Cancelled { phase: progress.phase() }),
        result = in_time => result,
    }
}

impl Turn {
    /// Keeps the places of the headers that were added to those of the request: a redirected request has them there.
    fn keep_places(&mut self, sent: &Headers) {
        if !has(&self.headers, "cookie") && has(sent, "cookie") {
            self.cookies_were_ours = true;
            self.headers.push(("Cookie".to_owned(), String::new()));
        }
        if !has(&self.headers, "content-length")
            && let Some(length) = value(sent, "content-length")
        {
            self.headers.push(("Content-Length".to_owned(), length.to_owned()));
        }
    }

    /// Goes on to `next`, by the rules of postman-runtime.
    fn redirect(&mut self, next: Address, status: u16, settings: &Settings) {
        let mut dropped = Vec::new();
        let old = std::mem::replace(&mut self.address, next);
        if !matches!(status, 307 | 308) && !settings.follow_original_method {
            if self.method != "HEAD" {
                self.method = "GET".to_owned();
            }
            self.body = Body::Empty;
            dropped.extend(["content-type", "content-length", "transfer-encoding", "content-encoding"]);
        }
        let same_host = old.host == self.address.host;
        if !same_host {
            // The typed cookies were meant for the host they were typed for, like credentials.
            if !settings.follow_authorization {
                dropped.extend(["authorization", "cookie"]);
            }
            dropped.push("host");
        } else if value(&self.headers, "host") == Some(old.authority().as_str()) {
            dropped.push("host");
        }
        self.headers.retain(|(name, _)| !dropped.iter().any(|dropped| name.eq_ignore_ascii_case(dropped)));
        if !settings.remove_referer {
            let referer = old.url();
            match self.headers.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("referer")) {
                Some((_, value)) => *value = referer,
                None => self.headers.push(("Referer".to_owned(), referer)),
            }
        }
        // The parts of a form are written anew, and so is what says how they are separated.
        if value(&self.headers, "content-type").is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            if !has(&self.headers, "host") {
                self.headers.push(("Host".to_owned(), self.address.authority()));
            }
            for name in ["content-type", "content-length"] {
                let at = self.headers.iter().position(|(other, _)| other.eq_ignore_ascii_case(name));
                if let Some(header) = at.map(|at| self.headers.remove(at)) {
                    self.headers.push(header);
                }
            }
        }
        // Name and password of the URL are the old host's too, and are not repeated in a Location.
        if self.address.user.is_none() && (same_host || settings.follow_authorization) {
            self.address.user = old.user;
        }
    }
}

/// Why nothing may be sent to `address`, if what is sent is bound to other places.
fn bound_elsewhere(address: &Address, settings: &Settings, is_first: bool) -> Option<SendError> {
    let holds = |list: &Vec<Destination>| list.iter().any(|destination| destination.holds(address));
    if settings.only_to.iter().all(holds) {
        return None;
    }
    let (phase, why) = match is_first {
        true => (Phase::Prepare, "the request holds a value that is bound to other hosts"),
        false => {
            (Phase::Redirect, "a redirect leads there, and the request holds a value that is bound to other hosts")
        }
    };
    Some(SendError::Bound { host: address.authority(), why, phase })
}

/// What is bound to a host is sent to that host: a peer that does not prove who it is may be another.
fn trusted_if_bound(address: &Address, peer: &Peer, settings: &Settings) -> Result<(), SendError> {
    let is_trusted = !address.tls || peer.tls.as_ref().is_some_and(|tls| tls.verified && !tls.chain.is_empty());
    if settings.only_to.is_empty() || is_trusted {
        return Ok(());
    }
    let why = "its certificate is not trusted, and the request holds a value that is bound to that host";
    Err(SendError::Bound { host: address.authority(), why, phase: Phase::Tls })
}

/// Several cookie headers become one (RFC 6265, 5.4).
fn join_cookies(headers: &mut Headers) {
    let is_cookie = |name: &str| name.eq_ignore_ascii_case("cookie");
    let all: Vec<String> = headers.iter().filter(|(name, _)| is_cookie(name)).map(|(_, value)| value.clone()).collect();
    if all.len() > 1
        && let Some(first) = headers.iter().position(|(name, _)| is_cookie(name))
    {
        headers[first].1 = all.join("; ");
        let mut at = 0;
        headers.retain(|(name, _)| {
            at += 1;
            at - 1 <= first || !is_cookie(name)
        });
    }
}

fn has(headers: &[(String, String)], name: &str) -> bool {
    value(headers, name).is_some()
}

fn value<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
