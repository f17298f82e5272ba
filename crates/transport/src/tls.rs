//! TLS exactly as a request wants it: versions, ciphers, trust and client certificate, by OpenSSL.
//!
//! A context is made once for each combination of settings and kept. The trusted authorities are read once a client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use openssl::asn1::Asn1TimeRef;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::provider::Provider;
use openssl::ssl::{ConnectConfiguration, SslConnector, SslMethod, SslOptions, SslRef, SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509NameRef, X509Ref, X509VerifyResult};
use tokio_openssl::SslStream;
use zeroize::Zeroizing;

use crate::address::Address;
use crate::connection::Io;
use crate::error::{ConfigError, SendError};

/// Versions and ciphers of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlsSettings {
    /// Versions that are not offered: `SSLv3`, `TLSv1`, `TLSv1_1`, `TLSv1_2`, `TLSv1_3`. Other words mean nothing.
    pub disabled: Vec<String>,
    /// OpenSSL names of cipher suites in the order in which they are preferred; empty for the usual ones.
    ///
    /// As in Node, a list without a suite of TLS 1.3 (`TLS_...`) leaves TLS 1.3 out, and a list of such alone leaves
    /// out the versions before.
    pub ciphers: Vec<String>,
}

/// A certificate that we show to servers that ask for one.
#[derive(Clone)]
pub struct ClientCertificate {
    /// Patterns of URLs such as `https://*.example.com:8443/*`; `<all_urls>` for all.
    pub matches: Vec<String>,
    /// The certificate and its key.
    pub identity: Identity,
    /// For an encrypted key or PFX file.
    pub passphrase: Option<Zeroizing<String>>,
}

/// The files of a client certificate, read.
#[derive(Clone)]
pub enum Identity {
    /// Two PEM files; the first may hold the chain after the certificate.
    Pem {
        /// The certificate.
        certificate: Vec<u8>,
        /// The private key, possibly encrypted.
        key: Zeroizing<Vec<u8>>,
    },
    /// One PKCS#12 file.
    Pfx(Zeroizing<Vec<u8>>),
}

impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ClientCertificate for {:?}", self.matches)
    }
}

/// The TLS session of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    /// `TLSv1.3`, `TLSv1.2`, ...
    pub version: String,
    /// OpenSSL's name of the cipher suite.
    pub cipher: String,
    /// What was agreed on for the layer above, such as `h2`.
    pub protocol: Option<String>,
    /// The peer's certificates, its own first.
    pub chain: Vec<Certificate>,
    /// Whether the peer's certificate is trusted and is for this host.
    pub verified: bool,
    /// Why not, if not: the request was sent all the same, because it does not insist.
    pub problem: Option<String>,
    /// The client certificate that was ready for this host. The peer saw it if it asked for one.
    pub client_certificate: Option<Certificate>,
}

/// A certificate, as far as people ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// `CN=a.example, O=Example`
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The hosts and addresses it is for.
    pub names: Vec<String>,
    /// ISO 8601.
    pub not_before: String,
    /// ISO 8601.
    pub not_after: String,
    /// SHA-256 of the whole, in hexadecimal.
    pub fingerprint: String,
}

/// Why the files of a client certificate are of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct IdentityError {
    /// What is wrong.
    pub part: IdentityPart,
    /// In words that follow the name of the thing. They hold nothing of a key or a passphrase.
    pub why: String,
}

/// A part of a client certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityPart {
    /// The certificate.
    Certificate,
    /// The private key, or that it does not belong to the certificate.
    Key,
    /// The PKCS#12 file.
    Pfx,
    /// The passphrase.
    Passphrase,
}

/// A client certificate that was opened.
struct Opened {
    own: X509,
    key: PKey<Private>,
    /// Those above it, in the order of the file.
    chain: Vec<X509>,
}

/// What makes one TLS context different from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Profile {
    settings: TlsSettings,
    strict: bool,
    /// Position in the client's list.
    certificate: Option<usize>,
    /// What is spoken inside, as it is offered to the peer (RFC 7301); empty to say nothing.
    alpn: &'static [u8],
}

/// HTTP/1.1 is spoken inside.
pub(crate) const HTTP1: &[u8] = b"\x08http/1.1";
/// HTTP/2 is spoken inside.
pub(crate) const HTTP2: &[u8] = b"\x02h2";
/// HTTP/2 is spoken inside, or HTTP/1.1 by a peer that does not know it.
pub(crate) const HTTP: &[u8] = b"\x02h2\x08http/1.1";
/// What is spoken inside is not told.
pub(crate) const UNTOLD: &[u8] = b"";

/// Contexts by what they are for.
pub(crate) struct Contexts {
    certificates: Vec<ClientCertificate>,
    extra: Vec<X509>,
    /// Whether the system's authorities are trusted beside the extra ones.
    with_system: bool,
    /// Those of the system, read when they are first needed, and shared with the contexts that were made from these.
    system: Arc<OnceLock<Vec<X509>>>,
    made: Mutex<HashMap<Profile, SslConnector>>,
}

/// The suites of TLS 1.2 and before in Node's order. Without level 0, OpenSSL 3 shakes hands with no server of TLS 1.0
/// or 1.1.
const USUAL: &str = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:\
                     ECDHE-ECDSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:\
                     DHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA384:ECDHE-RSA-AES256-SHA256:\
                     DHE-RSA-AES256-SHA256:HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA:@SECLEVEL=0";

/// More contexts than this are not kept: a run has a handful.
const KEPT: usize = 64;

/// Where systems keep the authorities that they trust. The OpenSSL we bring along knows no system.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];

impl Contexts {
    pub fn new(
        extra: &[Vec<u8>],
        with_system: bool,
        certificates: Vec<ClientCertificate>,
    ) -> Result<Self, ConfigError> {
        let mut all = Vec::new();
        for pem in extra {
            all.extend(read_authorities(pem)?);
        }
        Ok(Self { certificates, extra: all, with_system, system: Arc::default(), made: Mutex::default() })
    }

    /// Contexts with other client certificates, that trust `extra` as well.
    pub fn with(&self, extra: &[Vec<u8>], certificates: Vec<ClientCertificate>) -> Result<Self, ConfigError> {
        let mut all = self.extra.clone();
        for pem in extra {
            all.extend(read_authorities(pem)?);
        }
        let system = Arc::clone(&self.system);
        Ok(Self { certificates, extra: all, with_system: self.with_system, system, made: Mutex::default() })
    }

    /// Which context a request to `address` needs.
    pub fn profile(&self, address: &Address, settings: &TlsSettings, strict: bool, alpn: &'static [u8]) -> Profile {
        let certificate = self
            .certificates
            .iter()
            .position(|certificate| certificate.matches.iter().any(|pattern| pattern_fits(pattern, address)));
        Profile { settings: settings.clone(), strict, certificate, alpn }
    }

    /// Shakes hands with `host` over `stream`.
    pub async fn connect(
        &self,
        profile: &Profile,
        host: &str,
        ip: Option<IpAddr>,
        stream: Io,
    ) -> Result<(Io, TlsInfo), SendError> {
        let mut configuration = self.configuration(profile, host)?;
        // The first thing that is wrong with the peer's certificate. Afterwards the certificate is out of reach.
        let problem: Arc<OnceLock<String>> = Arc::default();
        let (strict, found, named) = (profile.strict, problem.clone(), host.to_owned());
        configuration.set_verify_callback(verification(strict), move |fine, context| {
            if !fine {
                found.get_or_init(|| distrust(context.error(), context.current_cert(), &named));
            }
            fine || !strict
        });
        let ssl = configuration
            .use_server_name_indication(ip.is_none())
            .verify_hostname(true)
            .into_ssl(host)
            .map_err(|error| tls_error(host, &error))?;
        let mut stream = SslStream::new(ssl, stream).map_err(|error| tls_error(host, &error))?;
        let shaken = std::pin::Pin::new(&mut stream).connect().await;
        let problem = problem.get().cloned();
        if let Err(error) = shaken {
            return Err(match problem.filter(|_| strict) {
                Some(why) => SendError::Untrusted { host: host.to_owned(), why },
                None => refusal(host, &error),
            });
        }
        let info = info(stream.ssl(), problem);
        Ok((Box::new(stream), info))
    }

    fn configuration(&self, profile: &Profile, host: &str) -> Result<ConnectConfiguration, SendError> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !made.contains_key(profile) {
            if made.len() >= KEPT {
                made.clear();
            }
            made.insert(profile.clone(), self.make(profile, host)?);
        }
        // The context is there: it was just put in, under the same lock.
        let Some(connector) = made.get(profile) else {
            return Err(SendError::Tls { host: host.to_owned(), why: "no context".to_owned() });
        };
        connector.configure().map_err(|error| tls_error(host, &error))
    }

    fn make(&self, profile: &Profile, host: &str) -> Result<SslConnector, SendError> {
        let failed = |error: ErrorStack| tls_error(host, &error);
        let mut context = SslConnector::builder(SslMethod::tls_client()).map_err(failed)?;
        let mut store = X509StoreBuilder::new().map_err(failed)?;
        let system = if self.with_system { self.system.get_or_init(system_authorities).as_slice() } else { &[] };
        for certificate in system.iter().chain(&self.extra) {
            store.add_cert(certificate.clone()).map_err(failed)?;
        }
        context.set_cert_store(store.build());
        context.set_verify(verification(profile.strict));

        context.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
        context.set_min_proto_version(Some(SslVersion::TLS1)).map_err(failed)?;
        // Many peers hang up without TLS's goodbye. A body that is cut off is found by its length or chunks.
        context.set_options(SslOptions::IGNORE_UNEXPECTED_EOF);
        for name in &profile.settings.disabled {
            context.set_options(match name.as_str() {
                "SSLv3" => SslOptions::NO_SSLV3,
                "TLSv1" => SslOptions::NO_TLSV1,
                "TLSv1_1" => SslOptions::NO_TLSV1_1,
                "TLSv1_2" => SslOptions::NO_TLSV1_2,
                "TLSv1_3" => SslOptions::NO_TLSV1_3,
                _ => SslOptions::empty(),
            });
        }
        self.ciphers(&mut context, &profile.settings.ciphers).map_err(|_| SendError::Tls {
            host: host.to_owned(),
            why: format!("no cipher suite is known in {}", profile.settings.ciphers.join(":")),
        })?;
        if !profile.alpn.is_empty() {
            context.set_alpn_protos(profile.alpn).map_err(failed)?;
        }
        if let Some(certificate) = profile.certificate.and_then(|position| self.certificates.get(position)) {
            show(&mut context, certificate)
                .map_err(|why| SendError::ClientCertificate { host: host.to_owned(), why })?;
        }
        Ok(context.build())
    }

    fn ciphers(&self, context: &mut openssl::ssl::SslConnectorBuilder, ciphers: &[String]) -> Result<(), ErrorStack> {
        let (new, old): (Vec<&str>, Vec<&str>) =
            ciphers.iter().map(|name| name.trim()).partition(|name| name.starts_with("TLS_"));
        match (new.is_empty(), old.is_empty()) {
            (true, true) => return context.set_cipher_list(USUAL),
            (true, false) => context.set_max_proto_version(Some(SslVersion::TLS1_2))?,
            (false, true) => context.set_min_proto_version(Some(SslVersion::TLS1_3))?,
            (false, false) => {}
        }
        if !new.is_empty() {
            context.set_ciphersuites(&new.join(":"))?;
        }
        if old.is_empty() {
            return context.set_cipher_list(USUAL);
        }
        context.set_cipher_list(&format!("{}:@SECLEVEL=0", old.join(":")))
    }
}

fn system_authorities() -> Vec<X509> {
    let read = |path: &&str| X509::stack_from_pem(&std::fs::read(Path::new(path)).ok()?).ok();
    SYSTEM.iter().find_map(read).unwrap_or_default()
}

/// The certificates of a PEM file of authorities.
fn read_authorities(pem: &[u8]) -> Result<Vec<X509>, ConfigError> {
    let read = X509::stack_from_pem(pem).map_err(|error| ConfigError::ExtraAuthorities { why: reason(&error) })?;
    if read.is_empty() {
        return Err(ConfigError::ExtraAuthorities { why: "there is no PEM certificate in them".to_owned() });
    }
    Ok(read)
}

/// What stands in a PEM file of certificate authorities, in its order.
///
/// # Errors
///
/// If it is no such file.
pub fn authorities(pem: &[u8]) -> Result<Vec<Certificate>, ConfigError> {
    Ok(read_authorities(pem)?.iter().map(|own| certificate(own)).collect())
}

impl ClientCertificate {
    /// The certificate, once it and its key were opened and found to belong together.
    ///
    /// # Errors
    ///
    /// Says which of its parts cannot be read, or that they do not belong together.
    pub fn examine(&self) -> Result<Certificate, IdentityError> {
        Ok(certificate(&self.open()?.own))
    }

    fn open(&self) -> Result<Opened, IdentityError> {
        use IdentityPart::{Certificate, Key, Passphrase, Pfx};
        let passphrase = self.passphrase.as_deref().map(String::as_str).unwrap_or_default();
        let because = |part, why: String| IdentityError { part, why };
        let opened = match &self.identity {
            Identity::Pem { certificate, key } => {
                let mut chain = X509::stack_from_pem(certificate)
                    .map_err(|error| because(Certificate, format!("its certificate is not PEM: {}", reason(&error))))?
                    .into_iter();
                let own = chain
                    .next()
                    .ok_or_else(|| because(Certificate, "there is no PEM certificate in its file".to_owned()))?;
                let key = PKey::private_key_from_pem_passphrase(key, passphrase.as_bytes()).map_err(|error| {
                    // Both forms of an encrypted key say so: that of PKCS#8 (RFC 7468, 11) and the old one of OpenSSL.
                    let is_encrypted = key.windows(9).any(|word| word == b"ENCRYPTED");
                    let part = if is_encrypted { Passphrase } else { Key };
                    because(part, format!("its key cannot be read (wrong passphrase?): {}", reason(&error)))
                })?;
                Opened { own, key, chain: chain.collect() }
            }
            Identity::Pfx(bytes) => {
                let file = Pkcs12::from_der(bytes)
                    .map_err(|error| because(Pfx, format!("it is not PFX: {}", reason(&error))))?;
                let parsed = file
                    .parse2(passphrase)
                    .or_else(|error| if old_ciphers() { file.parse2(passphrase) } else { Err(error) })
                    .map_err(|error| {
                        let why = format!("its PFX cannot be opened (wrong passphrase?): {}", reason(&error));
                        because(Passphrase, why)
                    })?;
                let own = parsed.cert.ok_or_else(|| because(Pfx, "there is no certificate in its PFX".to_owned()))?;
                let key = parsed.pkey.ok_or_else(|| because(Pfx, "there is no key in its PFX".to_owned()))?;
                Opened { own, key, chain: parsed.ca.into_iter().flatten().collect() }
            }
        };
        let public = opened.own.public_key().map_err(|error| because(Certificate, reason(&error)))?;
        if !opened.key.public_eq(&public) {
            return Err(because(Key, "its key does not belong to its certificate".to_owned()));
        }
        Ok(opened)
    }
}

/// Makes `context` show `certificate`.
fn show(context: &mut openssl::ssl::SslConnectorBuilder, certificate: &ClientCertificate) -> Result<(), String> {
    let said = |error: ErrorStack| reason(&error);
    let Opened { own, key, chain } = certificate.open().map_err(|error| error.why)?;
    context.set_certificate(&own).map_err(said)?;
    context.set_private_key(&key).map_err(said)?;
    for more in chain {
        context.add_extra_chain_cert(more).map_err(said)?;
    }
    Ok(())
}

/// Whether the ciphers of old PFX files (RC2, 3DES) are there from now on.
fn old_ciphers() -> bool {
    static LEGACY: OnceLock<Option<Provider>> = OnceLock::new();
    LEGACY.get_or_init(|| Provider::try_load(None, "legacy", true).ok()).is_some()
}

/// Whether `pattern` stands for the URL of `address` (postman-collection's `UrlMatchPattern`; hosts in any case).
fn pattern_fits(pattern: &str, address: &Address) -> bool {
    if pattern == "<all_urls>" {
        return true;
    }
    let Some((protocols, rest)) = pattern.split_once("://") else { return false };
    let scheme = if address.tls { "https" } else { "http" };
    if protocols != "*" && !protocols.split('+').any(|protocol| protocol.eq_ignore_ascii_case(scheme)) {
        return false;
    }
    let Some((authority, path)) = rest.find('/').map(|at| rest.split_at(at)) else { return false };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let own = if address.tls { "443" } else { "80" };
    let port_fits = match port {
        Some("*") => true,
        port => port.unwrap_or(own) == address.port.to_string(),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let host_fits = match host.strip_prefix('*') {
        Some("") => true,
        Some(suffix) => suffix
            .strip_prefix('.')
            .is_some_and(|domain| !domain.contains('*') && (address.host == domain || address.host.ends_with(suffix))),
        None => host == address.host,
    };
    let asked = address.target.split('?').next().unwrap_or("/");
    let path_fits = match path.split_once('*') {
        Some((start, end)) => {
            asked.len() >= start.len() + end.len() && asked.starts_with(start) && asked.ends_with(end)
        }
        None => path == asked,
    };
    port_fits && host_fits && path_fits
}

fn verification(strict: bool) -> SslVerifyMode {
    if strict { SslVerifyMode::PEER } else { SslVerifyMode::NONE }
}

/// Why the handshake failed, in words that say what to do.
fn refusal(host: &str, error: &openssl::ssl::Error) -> SendError {
    let host = host.to_owned();
    let text = match error.ssl_error() {
        Some(stack) => reason(stack),
        None => match error.io_error() {
            Some(error) => crate::connection::said(error),
            None => "the connection was closed".to_owned(),
        },
    };
    let hint = match text.as_str() {
        text if text.contains("wrong version number") || text.contains("packet length too long") => {
            "; it does not speak TLS on this port, perhaps it is http"
        }
        text if text.contains("protocol version") || text.contains("unsupported protocol") => {
            "; it speaks none of the TLS versions that are left"
        }
        text if text.contains("no protocols available") => "; every TLS version is disabled",
        text if text.contains("handshake failure") => "; it accepts none of the cipher suites, or wants a certificate",
        text if text.contains("no application protocol") => "; it does not speak HTTP/2, which the request insists on",
        text if text.contains("certificate required") => "; it wants a client certificate",
        _ => "",
    };
    SendError::Tls { host, why: format!("{text}{hint}") }
}

/// Why a certificate is not trusted.
fn distrust(result: X509VerifyResult, certificate: Option<&X509Ref>, host: &str) -> String {
    let text = result.error_string();
    let Some(certificate) = certificate else { return text.to_owned() };
    // The numbers are OpenSSL's (x509_vfy.h) and do not change.
    match result.as_raw() {
        10 => format!("{text}: it was valid until {}", iso(certificate.not_after())),
        9 => format!("{text}: it is valid from {}", iso(certificate.not_before())),
        62 | 64 => match names(certificate) {
            names if names.is_empty() => {
                format!("{text}: it is for {}, not for {host}", name(certificate.subject_name()))
            }
            names => format!("{text}: it is for {}, not for {host}", names.join(", ")),
        },
        18 => format!("{text}: {}", name(certificate.subject_name())),
        19..=21 => format!("{text}: it was signed by {}", name(certificate.issuer_name())),
        _ => text.to_owned(),
    }
}

fn info(ssl: &SslRef, problem: Option<String>) -> TlsInfo {
    let chain: Vec<Certificate> = match ssl.peer_cert_chain() {
        Some(chain) => chain.iter().map(certificate).collect(),
        None => ssl.peer_certificate().iter().map(|own| certificate(own)).collect(),
    };
    TlsInfo {
        version: ssl.version_str().to_owned(),
        cipher: ssl.current_cipher().map(|cipher| cipher.name().to_owned()).unwrap_or_default(),
        protocol: ssl.selected_alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
        chain,
        verified: problem.is_none() && ssl.verify_result() == X509VerifyResult::OK,
        problem,
        client_certificate: ssl.certificate().map(certificate),
    }
}

fn certificate(certificate: &X509Ref) -> Certificate {
    let digest = certificate.digest(MessageDigest::sha256());
    Certificate {
        subject: name(certificate.subject_name()),
        issuer: name(certificate.issuer_name()),
        names: names(certificate),
        not_before: iso(certificate.not_before()),
        not_after: iso(certificate.not_after()),
        fingerprint: digest.map(|digest| digest.iter().map(|byte| format!("{byte:02x}")).collect()).unwrap_or_default(),
    }
}

fn name(name: &X509NameRef) -> String {
    let parts = name.entries().map(|entry| {
        let key = match entry.object().nid() {
            Nid::UNDEF => entry.object().to_string(),
            nid => nid.short_name().unwrap_or("?").to_owned(),
        };
        let value = entry.data().to_string().unwrap_or_else(|_| "?".into());
        format!("{key}={value}")
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn names(certificate: &X509Ref) -> Vec<String> {
    let Some(names) = certificate.subject_alt_names() else { return Vec::new() };
    names
        .iter()
        .filter_map(|name| match (name.dnsname(), name.ipaddress()) {
            (Some(name), _) => Some(name.to_owned()),
            (None, Some(bytes)) => match <[u8; 4]>::try_from(bytes) {
                Ok(bytes) => Some(IpAddr::from(bytes).to_string()),
                Err(_) => <[u8; 16]>::try_from(bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
            },
            _ => None,
        })
        .collect()
}

fn iso(at: &Asn1TimeRef) -> String {
    let seconds = openssl::asn1::Asn1Time::from_unix(0)
        .and_then(|epoch| epoch.diff(at))
        .map(|difference| i64::from(difference.days) * 86_400 + i64::from(difference.secs));
    let text = seconds.ok().and_then(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).ok());
    let text = text.and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok());
    text.unwrap_or_else(|| at.to_string())
}

fn tls_error(host: &str, error: &ErrorStack) -> SendError {
    SendError::Tls { host: host.to_owned(), why: reason(error) }
}

/// What OpenSSL says, without its file names and numbers.
fn reason(error: &ErrorStack) -> String {
    let said: Vec<&str> = error.errors().iter().filter_map(|error| error.reason()).collect();
    if said.is_empty() { "OpenSSL says no more".to_owned() } else { said.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_certificate_is_shown_where_its_pattern_fits() {
        for (pattern, url, fits) in [
            ("<all_urls>", "https://a.example/", true),
            ("https://a.example/*", "https://a.example/", true),
            ("https://A.example/*", "https://a.example:443/x", true),
            ("https://a.example/*", "https://a.example:8443/", false),
            ("https://a.example:*/*", "https://a.example:8443/", true),
            ("https://a.example:8443/*", "https://a.example:8443/", true),
            ("https://*.example.com/*", "https://example.com/", true),
            ("https://*.example.com/*", "https://x.y.example.com/", true),
            ("https://*.example.com/*", "https://badexample.com/", false),
            ("https://*.example.com", "https://a.example.com/", false),
            ("https://a*.com/*", "https://ab.com/", false),
            ("http+https://*/api/*", "https://a.example/api/x", true),
            ("*://*/api/*", "https://a.example/other", false),
            ("http://a.example/*", "https://a.example/", false),
            ("a.example", "https://a.example/", false),
        ] {
            assert_eq!(pattern_fits(pattern, &Address::parse(url).unwrap()), fits, "{pattern} {url}");
        }
    }

    /// The list that the app offers.
    #[test]
    fn each_cipher_suite_that_the_app_offers_is_known() {
        let offered: serde_json::Value =
            serde_json::from_str(include_str!("../../../web/src/editor/ciphers.json")).unwrap();
        let offered: Vec<&str> =
            offered["suites"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
        assert!(offered.len() > 40);
        for name in offered {
            let known = match name.starts_with("TLS_") {
                true => SslConnector::builder(SslMethod::tls_client()).unwrap().set_ciphersuites(name).is_ok(),
                false => SslConnector::builder(SslMethod::tls_client()).unwrap().set_cipher_list(name).is_ok(),
            };
            assert!(known, "{name}");
        }
    }
}
