//! Why an exchange did not happen.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How far an exchange had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Nothing has left the machine.
    Prepare,
    /// The host's name is looked up.
    Lookup,
    /// A TCP connection is opened.
    Connect,
    /// A proxy is asked for a tunnel.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The request is being sent.
    Send,
    /// The request has been sent; no byte of an answer has come.
    Wait,
    /// The head of the answer is coming.
    Head,
    /// The body of the answer is coming.
    Body,
    /// The body has come and is being decompressed.
    Decode,
    /// A redirect is to be followed.
    Redirect,
}

impl Phase {
    const ALL: [Self; 11] = [
        Self::Prepare,
        Self::Lookup,
        Self::Connect,
        Self::Proxy,
        Self::Tls,
        Self::Send,
        Self::Wait,
        Self::Head,
        Self::Body,
        Self::Decode,
        Self::Redirect,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Lookup => "dns",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Send => "send",
            Self::Wait => "wait",
            Self::Head => "head",
            Self::Body => "body",
            Self::Decode => "decode",
            Self::Redirect => "redirect",
        }
    }

    /// The phase whose discriminant is `number`.
    pub(crate) fn of(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Prepare)
    }

    fn doing(self) -> &'static str {
        match self {
            Self::Prepare => "preparing the request",
            Self::Lookup => "looking up the name",
            Self::Connect => "connecting",
            Self::Proxy => "asking the proxy for a tunnel",
            Self::Tls => "the TLS handshake",
            Self::Send => "sending the request",
            Self::Wait => "waiting for the answer",
            Self::Head => "reading the head of the answer",
            Self::Body => "reading the body of the answer",
            Self::Decode => "decompressing the body",
            Self::Redirect => "following a redirect",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.doing())
    }
}

/// Why there is no answer. Messages name hosts and addresses, never credentials, queries or bodies.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The URL cannot be asked for; nothing was sent.
    #[error("this is not a URL that can be sent to: {why}")]
    BadUrl {
        /// What is wrong with it.
        why: String,
    },
    /// The method or a header cannot be put on the wire; nothing was sent.
    #[error("the request cannot be written: {why}")]
    BadRequest {
        /// What is wrong with it.
        why: String,
    },
    /// A file of the body could not be read to its end.
    #[error("{} cannot be read for the body: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The name did not resolve; nothing was sent.
    #[error("no address for {host}: {why}")]
    NoAddress {
        /// The name that was looked up.
        host: String,
        /// What the system says.
        why: String,
    },
    /// The egress policy does not let anything be sent there.
    #[error("{host}{} is not to be called from here: {why}", shown(address))]
    EgressRefused {
        /// The host as it was named.
        host: String,
        /// The address that was refused; `None` if the name itself was.
        address: Option<IpAddr>,
        /// Which rule refused it.
        why: &'static str,
    },
    /// The request holds something that may not be sent there; nothing was.
    #[error("nothing was sent to {host}: {why}")]
    Bound {
        /// The host as it was named.
        host: String,
        /// Why not.
        why: &'static str,
        /// How far the exchange had come.
        phase: Phase,
    },
    /// No connection came about.
    #[error("no connection to {host} ({address}): {why}")]
    Connect {
        /// The host as it was named.
        host: String,
        /// The last address tried.
        address: SocketAddr,
        /// The kind of what the system says.
        kind: std::io::ErrorKind,
        /// What the system says.
        why: String,
    },
    /// The proxy did not open a tunnel.
    #[error("the proxy {proxy} opened no tunnel to {host}: {why}")]
    Proxy {
        /// Host and port of the proxy.
        proxy: String,
        /// The host that was asked for.
        host: String,
        /// What the proxy said.
        why: String,
    },
    /// No TLS session came about, for a reason other than the peer's certificate.
    #[error("no TLS session with {host}: {why}")]
    Tls {
        /// The host.
        host: String,
        /// What was not agreed on.
        why: String,
    },
    /// The peer's certificate was refused under this request's TLS settings.
    #[error("the certificate of {host} is not trusted: {why}")]
    Untrusted {
        /// The host.
        host: String,
        /// Why not.
        why: String,
    },
    /// The client certificate that fits this host cannot be used.
    #[error("the client certificate for {host} cannot be used: {why}")]
    ClientCertificate {
        /// The host.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// The peer closed or reset the connection. It may have acted on the request.
    #[error("{host} closed the connection while {phase}{}", progress(*received, *expected))]
    Closed {
        /// The host.
        host: String,
        /// How far the exchange had come.
        phase: Phase,
        /// Bytes of the body that had come.
        received: u64,
        /// Bytes of the body that were announced.
        expected: Option<u64>,
    },
    /// The connection broke. The peer may have acted on the request.
    #[error("the connection to {host} broke while {phase}: {why}")]
    Broken {
        /// The host.
        host: String,
        /// How far the exchange had come.
        phase: Phase,
        /// What the system says.
        why: String,
    },
    /// Time was up; the server may have acted on the request.
    #[error("no answer from {host} within {} ms; it was still {phase}", limit.as_millis())]
    TimedOut {
        /// The host.
        host: String,
        /// The time that was given.
        limit: Duration,
        /// How far the exchange had come.
        phase: Phase,
    },
    /// The answer is not HTTP as far as it can be understood.
    #[error("the answer of {host} cannot be understood: {what}")]
    Malformed {
        /// The host.
        host: String,
        /// Where the answer went wrong.
        phase: Phase,
        /// What is wrong.
        what: String,
    },
    /// The head of the answer is over the limit.
    #[error("the head of the answer of {host} is over {limit} bytes")]
    HeadTooLarge {
        /// The host.
        host: String,
        /// Bytes.
        limit: usize,
    },
    /// The body of the answer is over the limit.
    #[error("Maximum response size reached: the body of the answer of {host} is over {limit} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// Bytes.
        limit: u64,
        /// Whether it was small enough before it was decompressed.
        decompressed: bool,
    },
    /// The body cannot be decompressed.
    #[error("the body of {host} is not the {encoding} it says it is: {why}")]
    Undecodable {
        /// The host.
        host: String,
        /// The content encoding.
        encoding: String,
        /// What the decoder says.
        why: String,
    },
    /// One redirect more than allowed.
    #[error("Exceeded maxRedirects. Probably stuck in a redirect loop {url}")]
    TooManyRedirects {
        /// Where the last redirect leads, without its query.
        url: String,
        /// How many were allowed.
        limit: u32,
    },
    /// The peer does not speak WebSocket here.
    #[error("{host} answered {status} and does not switch to WebSocket")]
    NotSwitched {
        /// The host.
        host: String,
        /// Of its answer.
        status: u16,
    },
    /// A redirect leads somewhere that cannot be asked for.
    #[error("{host} redirects to what is not a URL that can be sent to: {why}")]
    BadRedirect {
        /// The host that redirects.
        host: String,
        /// What is wrong with the new URL.
        why: String,
    },
    /// The caller does not want the answer any more.
    #[error("cancelled while {phase}")]
    Cancelled {
        /// How far the exchange had come.
        phase: Phase,
    },
}

impl SendError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "bad_url",
            Self::BadRequest { .. } => "bad_request",
            Self::Unreadable { .. } => "unreadable_body",
            Self::NoAddress { .. } => "no_address",
            Self::EgressRefused { .. } => "egress_refused",
            Self::Bound { .. } => "bound_elsewhere",
            Self::Connect { .. } => "connect_failed",
            Self::Proxy { .. } => "proxy_failed",
            Self::Tls { .. } => "tls_failed",
            Self::Untrusted { .. } => "untrusted_certificate",
            Self::ClientCertificate { .. } => "client_certificate",
            Self::Closed { .. } => "closed_early",
            Self::Broken { .. } => "connection_broken",
            Self::TimedOut { .. } => "timed_out",
            Self::Malformed { .. } => "malformed_answer",
            Self::HeadTooLarge { .. } => "head_too_large",
            Self::TooLarge { .. } => "too_large",
            Self::Undecodable { .. } => "undecodable_body",
            Self::TooManyRedirects { .. } => "too_many_redirects",
            Self::NotSwitched { .. } => "not_switched",
            Self::BadRedirect { .. } => "bad_redirect",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// The word that Node has for it and that scripts compare `error.code` with, if it has one.
    pub fn node_code(&self) -> Option<&'static str> {
        use std::io::ErrorKind;
        match self {
            Self::BadUrl { .. } | Self::BadRedirect { .. } => Some("ERR_INVALID_URL"),
            Self::NoAddress { .. } => Some("ENOTFOUND"),
            Self::Connect { kind, .. } => match kind {
                ErrorKind::ConnectionRefused => Some("ECONNREFUSED"),
                ErrorKind::HostUnreachable => Some("EHOSTUNREACH"),
                ErrorKind::NetworkUnreachable => Some("ENETUNREACH"),
                ErrorKind::TimedOut => Some("ETIMEDOUT"),
                _ => None,
            },
            Self::Closed { .. } | Self::Broken { .. } => Some("ECONNRESET"),
            Self::TimedOut { phase: Phase::Lookup | Phase::Connect, .. } => Some("ETIMEDOUT"),
            Self::TimedOut { .. } => Some("ESOCKETTIMEDOUT"),
            _ => None,
        }
    }

    /// How far the exchange had come, as [`Phase::name`].
    pub fn phase(&self) -> &'static str {
        let phase = match self {
            Self::BadUrl { .. } | Self::BadRequest { .. } => Phase::Prepare,
            Self::Unreadable { .. } => Phase::Send,
            Self::NoAddress { .. } => Phase::Lookup,
            Self::EgressRefused { address, .. } => match address {
                Some(_) => Phase::Lookup,
                None => Phase::Prepare,
            },
            Self::Connect { .. } => Phase::Connect,
            Self::Proxy { .. } => Phase::Proxy,
            Self::Tls { .. } | Self::Untrusted { .. } | Self::ClientCertificate { .. } => Phase::Tls,
            Self::Closed { phase, .. }
            | Self::Broken { phase, .. }
            | Self::TimedOut { phase, .. }
            | Self::Malformed { phase, .. }
            | Self::Bound { phase, .. }
            | Self::Cancelled { phase } => *phase,
            Self::HeadTooLarge { .. } | Self::NotSwitched { .. } => Phase::Head,
            Self::TooLarge { decompressed: false, .. } => Phase::Body,
            Self::TooLarge { decompressed: true, .. } | Self::Undecodable { .. } => Phase::Decode,
            Self::TooManyRedirects { .. } | Self::BadRedirect { .. } => Phase::Redirect,
        };
        phase.name()
    }

    /// Whether the connection itself ended.
    pub(crate) fn is_disconnect(&self) -> bool {
        matches!(self, Self::Closed { .. } | Self::Broken { .. })
    }
}

/// A client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A certificate of the extra authorities cannot be read.
    #[error("the extra certificate authorities cannot be read: {why}")]
    ExtraAuthorities {
        /// What is wrong with them.
        why: String,
    },
}

fn shown(address: &Option<IpAddr>) -> String {
    address.map(|address| format!(" ({address})")).unwrap_or_default()
}

fn progress(received: u64, expected: Option<u64>) -> String {
    match expected {
        Some(expected) => format!(", after {received} of {expected} bytes"),
        None if received > 0 => format!(", after {received} bytes"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_comes_back_from_its_number() {
        for phase in Phase::ALL {
            assert_eq!(Phase::of(phase as u8), phase);
        }
    }
}
