//! Certificates that somebody's requests use: client certificates by host, and authorities to trust beside the system's.
//!
//! They are of one person in one team, as in Postman: nobody else's requests use them, no export holds them, and a private
//! key or passphrase that came in never goes out again. Requests leave from the server, so it keeps them, sealed under the
//! team's key, and opens them for one execution at a time.

pub mod http;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulla_db::{Place, Row, sql};
use bulla_seal::Place as SealedPlace;
use bulla_transport::{ClientCertificate, Identity, IdentityPart, authorities};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::id::{CertificateId, PersonId};
use crate::keys::Vault;
use crate::limits;
use crate::moment::{self, Moment};
use crate::operation::Change;

/// Most certificates that one person has in a team.
pub const MOST: i64 = 50;
/// Largest file, in bytes.
const FILE: usize = 256 * 1024;
/// Longest passphrase, in bytes.
const PASSPHRASE: usize = 1024;
/// Most certificates in one file of authorities.
const AUTHORITIES: usize = 500;
/// Most characters of a subject or an issuer that are listed.
const SHOWN: usize = 500;

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CertificateKind)]
pub enum Kind {
    /// It is shown to servers that ask for one.
    Client,
    /// Servers whose certificates it signed are trusted.
    Authority,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Authority => "authority",
        }
    }
}

/// A certificate as its owner sees it: nothing of its key.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Certificate {
    /// Its id.
    pub id: CertificateId,
    /// What it is for.
    pub kind: Kind,
    /// Of a client certificate, the host: a name, `*.example.com` for a domain and all below it, or `*` for all.
    #[schema(required)]
    pub host: Option<String>,
    /// Of a client certificate, the port: a number, or `*` for all.
    #[schema(required)]
    pub port: Option<String>,
    /// Whom it names. Of a file with several, the first.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// SHA-256 of the whole, in hexadecimal.
    pub fingerprint: String,
    /// How many certificates its file has.
    pub count: i64,
    /// When it ends. Of a file with several, the first that ends.
    pub expires_at: Moment,
    /// When it came in.
    pub created_at: Moment,
}

/// What is to become a certificate. It has no `Debug`, since it holds secrets.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCertificate {
    /// What it is for.
    pub kind: Kind,
    /// Of a client certificate: a host name, `*.example.com`, or `*`; without a scheme.
    pub host: Option<String>,
    /// Of a client certificate: a number from 1 to 65535, or `*`; without it 443.
    pub port: Option<String>,
    /// PEM: the client certificate, possibly with its chain and its key; or the authorities.
    pub certificate: Option<String>,
    /// PEM: the private key of the client certificate.
    pub key: Option<String>,
    /// In base 64: a PKCS#12 file with the client certificate and its key, in place of both.
    pub pfx: Option<String>,
    /// For an encrypted key or PKCS#12 file.
    pub passphrase: Option<String>,
}

/// What is sealed of a certificate.
#[derive(Serialize, Deserialize)]
struct Files {
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Zeroed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Zeroed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pfx: Option<Zeroed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passphrase: Option<Zeroed>,
}

/// A text that is wiped when it is dropped.
struct Zeroed(Zeroizing<String>);

impl Serialize for Zeroed {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Zeroed {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

/// The certificates that somebody's requests use. It has no `Debug`, since it holds keys.
#[derive(Default)]
pub struct Own {
    /// PEM files of authorities to trust beside the system's.
    pub authorities: Vec<Vec<u8>>,
    /// Client certificates; the first whose pattern fits is shown.
    pub client: Vec<ClientCertificate>,
}

impl Own {
    /// Has the person none?
    pub fn is_empty(&self) -> bool {
        self.authorities.is_empty() && self.client.is_empty()
    }
}

/// What is known of a certificate that was looked at.
struct Examined {
    subject: String,
    issuer: String,
    fingerprint: String,
    count: usize,
    /// Milliseconds since the epoch.
    expires_at: i64,
}

fn sealed_place<'p>(id: &'p CertificateId, team: &'p str) -> SealedPlace<'p> {
    SealedPlace { table: "certificate", column: "sealed", row: id.as_str(), team }
}

/// The certificates of a person in a team, the newest first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn list(place: Place<'_>, team: &str, person: &PersonId) -> Result<Vec<Certificate>> {
    let rows = sql!(
        "select id, kind, host, port, subject, issuer, fingerprint, certificates, expires_at, created_at \
         from certificate where team = $1 and person = $2 order by id desc"
    )
    .bind(team)
    .bind(person)
    .all(place)
    .await?;
    rows.iter().map(certificate_in).collect()
}

fn certificate_in(row: &Row) -> Result<Certificate> {
    Ok(Certificate {
        id: CertificateId(row.text("id")?),
        kind: if row.text("kind")? == Kind::Authority.name() { Kind::Authority } else { Kind::Client },
        host: row.text_or_null("host")?,
        port: row.text_or_null("port")?,
        subject: row.text("subject")?,
        issuer: row.text("issuer")?,
        fingerprint: row.text("fingerprint")?,
        count: row.integer("certificates")?,
        expires_at: Moment(row.integer("expires_at")?),
        created_at: Moment(row.integer("created_at")?),
    })
}

/// Opens the certificates of a person in a team, for one execution. Of several that fit a host the one that came in last is
/// shown, as in Postman.
///
/// # Errors
///
/// If one does not open.
pub async fn of(mut place: Place<'_>, vault: &Vault, team: &str, person: &PersonId) -> Result<Own> {
    let rows =
        sql!("select id, kind, host, port, sealed from certificate where team = $1 and person = $2 order by id desc")
            .bind(team)
            .bind(person)
            .all(place.again())
            .await?;
    let mut own = Own::default();
    if rows.is_empty() {
        return Ok(own);
    }
    let key = vault.team_key(place, team).await?;
    for row in &rows {
        let id = CertificateId(row.text("id")?);
        let opened = key.open(sealed_place(&id, team), &row.bytes("sealed")?)?;
        let files: Files = serde_json::from_slice(opened.expose())
            .map_err(|_| Error::unexpected(format!("the certificate {id} cannot be read")))?;
        if row.text("kind")? == Kind::Authority.name() {
            own.authorities.extend(files.certificate.map(|pem| pem.0.as_bytes().to_vec()));
            continue;
        }
        let host = row.text_or_null("host")?.unwrap_or_default();
        let port = row.text_or_null("port")?.unwrap_or_default();
        own.client.push(client_certificate(&host, &port, files)?);
    }
    Ok(own)
}

/// The files as the transport takes them.
fn client_certificate(host: &str, port: &str, files: Files) -> Result<ClientCertificate> {
    let identity = match (files.pfx, files.certificate) {
        (Some(pfx), _) => {
            let bytes = STANDARD.decode(pfx.0.as_bytes()).map_err(|_| Error::unexpected("a PKCS#12 file is broken"))?;
            Identity::Pfx(Zeroizing::new(bytes))
        }
        (None, Some(pem)) => {
            // One file may hold both.
            let key = files.key.as_ref().unwrap_or(&pem).0.as_bytes().to_vec();
            Identity::Pem { certificate: pem.0.as_bytes().to_vec(), key: Zeroizing::new(key) }
        }
        (None, None) => return Err(Error::unexpected("a client certificate without a file")),
    };
    // Certificates are shown over TLS alone, whatever the path.
    let matches = vec![format!("https://{host}:{port}/*")];
    Ok(ClientCertificate { matches, identity, passphrase: files.passphrase.map(|text| text.0) })
}

/// Gives the actor of `change` a certificate, once it was looked at.
///
/// # Errors
///
/// [`Error::Invalid`] that names what is wrong with which file, or that it has expired; [`Error::Conflict`] with
/// `too_many` if they have enough of them.
pub async fn create(change: &mut Change, person: &PersonId, new: NewCertificate) -> Result<Certificate> {
    let (team, now, vault) = (change.team().to_owned(), change.now, change.vault().clone());
    let NewCertificate { kind, host, port, certificate, key, pfx, passphrase } = new;
    let files = Files {
        certificate: file("/certificate", certificate)?,
        key: file("/key", key)?,
        pfx: file("/pfx", pfx)?,
        passphrase: passphrase.filter(|text| !text.is_empty()).map(|text| Zeroed(Zeroizing::new(text))),
    };
    if files.passphrase.as_ref().is_some_and(|text| text.0.len() > PASSPHRASE) {
        return Err(Error::invalid("/passphrase", format!("must have at most {PASSPHRASE} bytes")));
    }
    let sealed = Zeroizing::new(serde_json::to_vec(&files).map_err(Error::unexpected)?);
    let (examined, host, port) = match kind {
        Kind::Authority => {
            for (path, there) in [("/host", host.is_some()), ("/port", port.is_some()), ("/key", files.key.is_some())] {
                if there {
                    return Err(Error::invalid(path, "an authority has none"));
                }
            }
            let Some(pem) = files.certificate.filter(|_| files.pfx.is_none() && files.passphrase.is_none()) else {
                return Err(Error::invalid("/certificate", "an authority is one PEM file"));
            };
            (examine_authorities(pem.0.as_bytes(), now)?, None, None)
        }
        Kind::Client => {
            let host = pattern(host.as_deref().unwrap_or_default())?;
            let port = port_in(port.as_deref().unwrap_or_default())?;
            (examine_client(client_files(files)?, now)?, Some(host), Some(port))
        }
    };
    let had = sql!("select count(*) as total from certificate where team = $1 and person = $2")
        .bind(&team)
        .bind(person)
        .one(change.transaction())
        .await?
        .integer("total")?;
    if had >= MOST {
        return Err(Error::Conflict {
            code: "too_many",
            detail: format!("you have {had} certificates, and nobody has more than {MOST}; delete one first"),
        });
    }
    let id = CertificateId::new(now);
    let team_key = vault.team_key(change.transaction().into(), &team).await?;
    let made = Certificate {
        id,
        kind,
        host,
        port,
        subject: limits::listed(&examined.subject, SHOWN),
        issuer: limits::listed(&examined.issuer, SHOWN),
        fingerprint: examined.fingerprint,
        count: i64::try_from(examined.count).map_err(Error::unexpected)?,
        expires_at: Moment(examined.expires_at),
        created_at: Moment(now),
    };
    sql!(
        "insert into certificate (id, team, person, kind, host, port, subject, issuer, fingerprint, certificates, \
         expires_at, sealed, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    )
    .bind(&made.id)
    .bind(&team)
    .bind(person)
    .bind(kind.name())
    .bind(made.host.clone())
    .bind(made.port.clone())
    .bind(made.subject.as_str())
    .bind(made.issuer.as_str())
    .bind(made.fingerprint.as_str())
    .bind(made.count)
    .bind(examined.expires_at)
    .bind(team_key.seal(sealed_place(&made.id, &team), &sealed)?)
    .bind(now)
    .execute(change.transaction())
    .await?;
    change.about("certificate", &made.id);
    note(change, &made, true);
    Ok(made)
}

/// Deletes a certificate of the actor of `change`. What was sealed of it is gone with its row.
///
/// # Errors
///
/// [`Error::NotFound`] if they have no such one.
pub async fn delete(change: &mut Change, person: &PersonId, id: &CertificateId) -> Result<()> {
    let team = change.team().to_owned();
    let gone = sql!(
        "delete from certificate where id = $1 and team = $2 and person = $3 \
         returning id, kind, host, port, subject, issuer, fingerprint, certificates, expires_at, created_at"
    )
    .bind(id)
    .bind(&team)
    .bind(person)
    .optional(change.transaction())
    .await?;
    let gone = certificate_in(&gone.ok_or(Error::NotFound { what: "certificate" })?)?;
    change.about("certificate", id);
    note(change, &gone, false);
    Ok(())
}

/// Deletes what somebody has in the team of `change`, which they leave.
///
/// # Errors
///
/// If the database refuses.
pub async fn forget_person(change: &mut Change, person: &PersonId) -> Result<()> {
    let team = change.team().to_owned();
    sql!("delete from certificate where team = $1 and person = $2")
        .bind(&team)
        .bind(person)
        .execute(change.transaction())
        .await?;
    Ok(())
}

/// Says in the event which certificate came or went.
fn note(change: &mut Change, certificate: &Certificate, comes: bool) {
    let fields = [
        ("kind", Some(certificate.kind.name())),
        ("host", certificate.host.as_deref()),
        ("port", certificate.port.as_deref()),
        ("subject", Some(certificate.subject.as_str())),
        ("fingerprint", Some(certificate.fingerprint.as_str())),
    ];
    for (field, value) in fields {
        let (before, after) = if comes { (None, value) } else { (value, None) };
        change.text(field, before, after);
    }
}

fn file(path: &str, text: Option<String>) -> Result<Option<Zeroed>> {
    let Some(text) = text.map(Zeroizing::new).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    if text.len() > FILE {
        return Err(Error::invalid(path, format!("must have at most {} kB", FILE / 1024)));
    }
    Ok(Some(Zeroed(text)))
}

/// A client certificate, or what is missing of it.
fn client_files(files: Files) -> Result<Files> {
    match (&files.certificate, &files.pfx) {
        (None, None) => Err(Error::invalid("/certificate", "give a certificate and its key, or a PFX file")),
        (None, Some(_)) if files.key.is_some() => Err(Error::invalid("/key", "a PFX file holds its key itself")),
        (Some(_), Some(_)) => Err(Error::invalid("/pfx", "give either a certificate and its key, or a PFX file")),
        (Some(pem), None) if files.key.is_none() && !pem.0.contains("PRIVATE KEY-----") => {
            Err(Error::invalid("/key", "the certificate needs its private key; its own file holds none"))
        }
        (None, Some(pfx)) if STANDARD.decode(pfx.0.as_bytes()).is_err() => {
            Err(Error::invalid("/pfx", "must be the file in base 64"))
        }
        _ => Ok(files),
    }
}

fn examine_client(files: Files, now: i64) -> Result<Examined> {
    let (from_pfx, has_passphrase) = (files.pfx.is_some(), files.passphrase.is_some());
    let found = client_certificate("*", "*", files)?.examine().map_err(|error| {
        let path = match error.part {
            IdentityPart::Certificate => "/certificate",
            IdentityPart::Key if from_pfx => "/pfx",
            IdentityPart::Key => "/key",
            IdentityPart::Pfx => "/pfx",
            IdentityPart::Passphrase => "/passphrase",
        };
        let why = match (error.part, has_passphrase) {
            (IdentityPart::Passphrase, true) => "this passphrase does not open it".to_owned(),
            (IdentityPart::Passphrase, false) => "it is encrypted; give its passphrase".to_owned(),
            _ => error.why,
        };
        Error::invalid(path, why)
    })?;
    let expires_at = milliseconds(&found.not_after)?;
    if expires_at <= now {
        let path = if from_pfx { "/pfx" } else { "/certificate" };
        return Err(Error::invalid(path, format!("it has expired: it was valid until {}", found.not_after)));
    }
    let bulla_transport::Certificate { subject, issuer, fingerprint, .. } = found;
    Ok(Examined { subject, issuer, fingerprint, count: 1, expires_at })
}

fn examine_authorities(pem: &[u8], now: i64) -> Result<Examined> {
    let found = authorities(pem).map_err(|error| Error::invalid("/certificate", error.to_string()))?;
    if found.len() > AUTHORITIES {
        return Err(Error::invalid("/certificate", format!("must hold at most {AUTHORITIES} certificates")));
    }
    let (mut first_end, mut last_end) = (None, 0);
    for certificate in &found {
        let end = milliseconds(&certificate.not_after)?;
        last_end = last_end.max(end);
        // One that has ended among others does no harm, and says nothing of the rest.
        if end > now {
            first_end = Some(first_end.map_or(end, |first: i64| first.min(end)));
        }
    }
    let count = found.len();
    let (Some(first), Some(expires_at)) = (found.into_iter().next(), first_end) else {
        let why = format!("it has expired: it was valid until {}", Moment(last_end));
        return Err(Error::invalid("/certificate", why));
    };
    let bulla_transport::Certificate { subject, issuer, fingerprint, .. } = first;
    Ok(Examined { subject, issuer, fingerprint, count, expires_at })
}

/// Milliseconds since the epoch of a time in ISO 8601.
fn milliseconds(text: &str) -> Result<i64> {
    moment::parsed(text).ok_or_else(|| Error::invalid("/certificate", "the time when it ends cannot be read"))
}

/// A host as certificates are matched: a name, `*.` and a name, or `*` alone.
fn pattern(typed: &str) -> Result<String> {
    let typed = typed.trim();
    let wrong = |why: &str| Err(Error::invalid("/host", why));
    if typed.is_empty() {
        return wrong("must be a host name such as api.example.com, *.example.com, or * for all");
    }
    if typed.len() > limits::NAME {
        return wrong("is too long for a host name");
    }
    if typed.contains("//") || typed.contains('/') {
        return wrong("must be a host name alone, without https:// and without a path");
    }
    if typed == "*" {
        return Ok(typed.to_owned());
    }
    let (prefix, name) = match typed.strip_prefix("*.") {
        Some(name) => ("*.", name),
        None => ("", typed),
    };
    if name.contains('*') {
        return wrong("a * stands for all hosts, or at the beginning for all below a domain: *.example.com");
    }
    if !name.starts_with('[') && name.contains(':') {
        return wrong("must be a host name alone; the port has a field of its own");
    }
    match url::Host::parse(name) {
        Ok(host) => Ok(format!("{prefix}{host}")),
        Err(error) => wrong(&format!("is no host name: {error}")),
    }
}

fn port_in(typed: &str) -> Result<String> {
    match typed.trim() {
        "" => Ok("443".to_owned()),
        "*" => Ok("*".to_owned()),
        digits => match digits.parse::<u16>() {
            Ok(port) if port > 0 => Ok(port.to_string()),
            _ => Err(Error::invalid("/port", "must be a number from 1 to 65535, or * for all")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_a_domain_or_all() {
        for (typed, expected) in [
            ("API.example.com", Ok("api.example.com")),
            (" *.example.com ", Ok("*.example.com")),
            ("*", Ok("*")),
            ("127.0.0.1", Ok("127.0.0.1")),
            ("[::1]", Ok("[::1]")),
            ("müller.example", Ok("xn--mller-kva.example")),
            ("", Err("must be a host name such as api.example.com, *.example.com, or * for all")),
            ("https://a.example", Err("must be a host name alone, without https:// and without a path")),
            ("a.example/x", Err("must be a host name alone, without https:// and without a path")),
            ("a.example:8443", Err("must be a host name alone; the port has a field of its own")),
            ("a*.example", Err("a * stands for all hosts, or at the beginning for all below a domain: *.example.com")),
            ("*.*.example", Err("a * stands for all hosts, or at the beginning for all below a domain: *.example.com")),
            ("a b.example", Err("is no host name: invalid international domain name")),
        ] {
            let said = match pattern(typed) {
                Ok(host) => Ok(host),
                Err(Error::Invalid(errors)) => Err(errors[0].message.clone()),
                Err(other) => Err(other.to_string()),
            };
            assert_eq!(said, expected.map(str::to_owned).map_err(str::to_owned), "{typed}");
        }
    }

    #[test]
    fn a_port_is_a_number_or_all() {
        for (typed, expected) in
            [("", Some("443")), (" 8443 ", Some("8443")), ("*", Some("*")), ("0", None), ("65536", None), ("x", None)]
        {
            assert_eq!(port_in(typed).ok().as_deref(), expected, "{typed}");
        }
    }
}
