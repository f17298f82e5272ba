//! The log leaves: sinks of a team, to which every event is sent.
//!
//! The log is its own queue. A sink has the number of the first event that its receiver has not acknowledged, and that
//! moves on after an acknowledgment alone: every event arrives at least once, in order, however long the receiver was away
//! ([`delivery`]). What a sink still needs is kept beyond its time, for [`HELD`] at most, and what is removed all the same
//! is counted and told (see `audit::retention`).
//!
//! Secrets of a sink are sealed: the address of a webhook, what it signs and authorizes itself with, and the key of a client
//! certificate.

mod delivery;
pub(super) mod format;
pub(super) mod http;
mod outlet;

use std::path::PathBuf;
use std::sync::Arc;

use bulla_audit::Event;
use bulla_db::{Place, Reader, Row, Transaction, sql};
use bulla_seal::Place as SealedPlace;
use bulla_transport::Egress;
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use delivery::keep_streaming;
pub use format::Format;
pub use outlet::test;

use super::{Head, head, number};
use crate::config::Config;
use crate::error::{Error, FieldError, Result};
use crate::id::SinkId;
use crate::identity::{self, DAY};
use crate::limits;
use crate::moment::Moment;
use crate::operation::Change;

/// Most sinks of a team.
const SINKS: i64 = 10;
/// How long events that a sink still needs are kept beyond their time, in milliseconds.
pub const HELD: i64 = 30 * DAY;
/// Longest PEM text, in bytes.
const PEM: usize = 64 * 1024;
/// Longest address or header, in bytes.
const LINE: usize = 4096;
/// The usual port of syslog over TLS (RFC 5425).
const SYSLOG: u16 = 6514;
/// Random bytes of what a webhook is signed with.
const SIGNING: usize = 32;

/// How what leaves goes out from this instance.
#[derive(Clone)]
pub struct Outlets {
    egress: Egress,
    /// The folder in which files may be written, if the operator has allowed one.
    folder: Option<Arc<PathBuf>>,
    /// The name of the instance, as it stands in messages of syslog.
    host: Arc<str>,
}

impl Outlets {
    /// By the configuration.
    pub fn new(config: &Config) -> Self {
        let host = config.public_url.as_ref().and_then(Url::host_str).unwrap_or("localhost");
        Self { egress: config.egress.clone(), folder: config.audit_folder.clone().map(Arc::new), host: Arc::from(host) }
    }
}

/// Where a sink sends to, as somebody says it. It may hold secrets: no `Debug`.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[schema(as = AuditSinkDestination)]
pub enum Destination {
    /// A receiver of syslog over TLS (RFC 5424 and 5425).
    Syslog(SyslogDestination),
    /// An address that signed messages are posted to, as Standard Webhooks says.
    Webhook(WebhookDestination),
    /// A file in the folder that the operator has allowed.
    File(FileDestination),
}

/// A receiver of syslog over TLS.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyslogDestination {
    /// Its name or address; its certificate must be for it.
    host: String,
    /// Its port; 6514 if it is absent.
    port: Option<u16>,
    /// The authorities that alone may have signed its certificate, in PEM; those of the machine if it is absent.
    ca: Option<String>,
    /// The certificate that we show, in PEM.
    certificate: Option<String>,
    /// Its key, in PEM. In a change, absent is as it was.
    key: Option<String>,
}

/// An address that signed messages are posted to.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDestination {
    /// The address. In a change, absent is as it was.
    url: Option<String>,
    /// The value of a header `authorization`, for receivers that want one. In a change, absent is as it was, and empty is
    /// none.
    authorization: Option<String>,
    /// The authorities that alone may have signed its certificate, in PEM; those of the machine if it is absent.
    ca: Option<String>,
}

/// A file in the folder that the operator has allowed.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileDestination {
    /// Its name without an ending: small letters, digits and hyphens.
    file: String,
    /// After how many MiB another one is begun; 100 if it is absent.
    rotate_mib: Option<u32>,
    /// Is another one begun each day as well?
    daily: bool,
}

/// What may be seen of where a sink sends to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[schema(as = AuditSinkPlace)]
pub enum Shown {
    /// A receiver of syslog over TLS.
    Syslog {
        /// Its name or address.
        host: String,
        /// Its port.
        port: u16,
        /// The authorities that are trusted, in PEM.
        #[schema(required)]
        ca: Option<String>,
        /// The certificate that is shown to it, in PEM.
        #[schema(required)]
        certificate: Option<String>,
    },
    /// An address that signed messages are posted to.
    Webhook {
        /// Where it is; what follows the host may let somebody in, and is not shown.
        address: String,
        /// Does a header `authorization` go along?
        authorized: bool,
        /// The authorities that are trusted, in PEM.
        #[schema(required)]
        ca: Option<String>,
    },
    /// A file.
    File {
        /// Its name without an ending.
        file: String,
        /// After how many MiB another one is begun.
        #[serde(rename = "rotateMib")]
        rotate_mib: u32,
        /// Is another one begun each day as well?
        daily: bool,
    },
}

impl Shown {
    fn kind(&self) -> &'static str {
        match self {
            Self::Syslog { .. } => "syslog",
            Self::Webhook { .. } => "webhook",
            Self::File { .. } => "file",
        }
    }

    /// Where it is, in a few words.
    fn place(&self) -> String {
        match self {
            Self::Syslog { host, port, .. } => format!("{host}:{port}"),
            Self::Webhook { address, .. } => address.clone(),
            Self::File { file, .. } => file.clone(),
        }
    }
}

/// What is sealed of a sink.
#[derive(Default, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Hidden {
    url: Option<String>,
    authorization: Option<String>,
    /// Base 64.
    signing: Option<String>,
    key: Option<String>,
}

/// A sink, as Admins see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditSink)]
pub struct Sink {
    /// Its id.
    pub id: SinkId,
    /// Its name.
    pub name: String,
    /// How events are written.
    pub format: Format,
    /// Where it sends to.
    pub destination: Shown,
    /// Counts up with each change.
    pub version: i64,
    /// Was it stopped by somebody?
    pub paused: bool,
    /// The number of the first event that was not acknowledged.
    pub next: u64,
    /// How many events wait.
    pub behind: u64,
    /// For how many seconds the oldest of them has waited.
    pub behind_seconds: i64,
    /// How many events were removed before they could be sent, because their time was over.
    pub missed: u64,
    /// How often the present batch was tried in vain.
    pub attempts: i64,
    /// When it is tried next, after a failure; null otherwise.
    #[schema(required)]
    pub next_at: Option<Moment>,
    /// Why the last attempt failed; null if it did not.
    #[schema(required)]
    pub error: Option<String>,
    /// When that was.
    #[schema(required)]
    pub error_at: Option<Moment>,
    /// When something was last acknowledged.
    #[schema(required)]
    pub delivered_at: Option<Moment>,
    /// When it was made.
    pub created_at: Moment,
}

/// A sink as it is stored, with its secrets opened.
struct Stored {
    id: SinkId,
    team: String,
    name: String,
    format: Format,
    destination: Shown,
    hidden: Hidden,
    version: i64,
    paused: bool,
    next: u64,
    attempts: i64,
    told: bool,
}

fn sealed_place<'p>(team: &'p str, id: &'p SinkId) -> SealedPlace<'p> {
    SealedPlace { table: "audit_sink", column: "sealed", row: id.as_str(), team }
}

fn format_in(row: &Row) -> Result<Format> {
    let name = row.text("format")?;
    Format::named(&name).ok_or_else(|| Error::unexpected(format!("unknown format {name} of a sink")))
}

fn destination_in(row: &Row) -> Result<Shown> {
    serde_json::from_str(&row.text("destination")?).map_err(Error::unexpected)
}

/// The sinks of `team`, in the order in which they were made.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn sinks(reader: Reader<'_>, team: &str, now: i64) -> Result<Vec<Sink>> {
    let rows = sql!(
        "select id, name, format, destination, version, paused, next, missed, attempts, due_at, error, error_at, \
         delivered_at, created_at from audit_sink where team = $1 order by id"
    )
    .bind(team)
    .all(reader)
    .await?;
    let head = head(reader, team).await?;
    let mut sinks = Vec::with_capacity(rows.len());
    for row in &rows {
        sinks.push(sink_in(reader, team, row, &head, now).await?);
    }
    Ok(sinks)
}

async fn sink_in(reader: Reader<'_>, team: &str, row: &Row, head: &Head, now: i64) -> Result<Sink> {
    let (next, attempts) = (number(row, "next")?, row.integer("attempts")?);
    let oldest = sql!("select at from audit_event where team = $1 and sequence >= $2 order by sequence limit 1")
        .bind(team)
        .bind(row.integer("next")?)
        .optional(reader)
        .await?
        .map(|row| row.integer("at"))
        .transpose()?;
    Ok(Sink {
        id: SinkId(row.text("id")?),
        name: row.text("name")?,
        format: format_in(row)?,
        destination: destination_in(row)?,
        version: row.integer("version")?,
        paused: row.claim("paused")?,
        next,
        behind: head.size.saturating_sub(next),
        behind_seconds: oldest.map_or(0, |at| now.saturating_sub(at).max(0) / 1000),
        missed: number(row, "missed")?,
        attempts,
        next_at: if attempts > 0 { Some(Moment(row.integer("due_at")?)) } else { None },
        error: row.text_or_null("error")?,
        error_at: row.integer_or_null("error_at")?.map(Moment),
        delivered_at: row.integer_or_null("delivered_at")?.map(Moment),
        created_at: Moment(row.integer("created_at")?),
    })
}

/// One sink of `team`.
///
/// # Errors
///
/// [`Error::NotFound`] if it has none with this id.
pub async fn sink(reader: Reader<'_>, team: &str, id: &SinkId, now: i64) -> Result<Sink> {
    let found = sinks(reader, team, now).await?.into_iter().find(|sink| sink.id == *id);
    found.ok_or(Error::NotFound { what: "audit sink" })
}

/// The sink itself, its secrets opened.
async fn stored(vault: &crate::keys::Vault, mut place: Place<'_>, team: &str, id: &SinkId) -> Result<Stored> {
    let row = sql!(
        "select name, format, destination, sealed, version, paused, next, attempts, told_at from audit_sink \
         where id = $1 and team = $2"
    )
    .bind(id)
    .bind(team)
    .optional(place.again())
    .await?
    .ok_or(Error::NotFound { what: "audit sink" })?;
    let opened = vault.team_key(place, team).await?.open(sealed_place(team, id), &row.bytes("sealed")?)?;
    Ok(Stored {
        id: id.clone(),
        team: team.to_owned(),
        name: row.text("name")?,
        format: format_in(&row)?,
        destination: destination_in(&row)?,
        hidden: serde_json::from_slice(opened.expose())
            .map_err(|_| Error::unexpected("a sink is not in the form that it was sealed in"))?,
        version: row.integer("version")?,
        paused: row.claim("paused")?,
        next: number(&row, "next")?,
        attempts: row.integer("attempts")?,
        told: row.integer_or_null("told_at")?.is_some(),
    })
}

/// With which event a new sink begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditSinkStart)]
pub enum Start {
    /// With those that happen from now on.
    #[default]
    Now,
    /// With the oldest that is kept.
    Oldest,
}

/// A sink that is to be made.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = NewAuditSink)]
pub struct NewSink {
    /// Its name.
    pub name: String,
    /// How events are written.
    pub format: Format,
    /// Where it sends to.
    pub destination: Destination,
    /// With which event it begins; `now` if it is absent.
    #[serde(default)]
    pub start: Start,
}

/// What a webhook is signed with: shown once.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AuditSinkSecret)]
pub struct Secret {
    /// `whsec_` and base 64, as Standard Webhooks has it.
    pub secret: String,
}

/// Makes a sink. A webhook's secret comes with it, this once.
///
/// # Errors
///
/// [`Error::Invalid`] for a destination that makes no sense, [`Error::Conflict`] for a file where the operator has allowed
/// no folder, or if there are too many.
pub async fn create(change: &mut Change, outlets: &Outlets, new: NewSink) -> Result<(SinkId, Option<Secret>)> {
    let (team, now) = (change.team().to_owned(), change.now);
    let name = limits::name("/name", &new.name)?;
    let mut hidden = Hidden::default();
    let destination = checked(new.destination, &mut hidden, outlets)?;
    let others =
        sql!("select destination from audit_sink where team = $1").bind(&team).all(change.transaction()).await?;
    if i64::try_from(others.len()).unwrap_or(i64::MAX) >= SINKS {
        let detail = format!("the team has {SINKS} audit streams, and no more are allowed; delete one first");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    file_is_free(others.iter(), &destination)?;
    let id = SinkId::new(now);
    change.about("audit-sink", &id);
    change.text("name", None, Some(&name));
    change.text("format", None, Some(new.format.name()));
    note(change, None, Some((&destination, &hidden))).await?;
    let secret = match destination {
        Shown::Webhook { .. } => Some(new_secret(&mut hidden)?),
        Shown::Syslog { .. } | Shown::File { .. } => None,
    };
    // The row of the head is locked by the event of this change, which so is the first that leaves or the last that does not.
    let row = sql!("select coalesce(max(size), 0) as size, coalesce(max(kept_from), 0) as kept_from from audit_head where team = $1")
        .bind(&team)
        .one(change.transaction())
        .await?;
    let next = row.integer(match new.start {
        Start::Now => "size",
        Start::Oldest => "kept_from",
    })?;
    let sealed = seal(change, &id, &hidden).await?;
    let person = change.person().ok_or_else(|| Error::unexpected("sinks are made by a person"))?;
    sql!(
        "insert into audit_sink (id, team, name, kind, format, destination, sealed, version, paused, next, missed, \
         attempts, due_at, claim, claimed_until, created_by, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, 1, 0, $8, 0, 0, 0, '', 0, $9, $10, $11)"
    )
    .bind(&id)
    .bind(&team)
    .bind(&name)
    .bind(destination.kind())
    .bind(new.format.name())
    .bind(serde_json::to_string(&destination).map_err(Error::unexpected)?)
    .bind(sealed)
    .bind(next)
    .bind(&person)
    .bind(now)
    .bind(now)
    .execute(change.transaction())
    .await?;
    Ok((id, secret))
}

async fn seal(change: &mut Change, id: &SinkId, hidden: &Hidden) -> Result<Vec<u8>> {
    let (team, vault) = (change.team().to_owned(), change.vault().clone());
    let key = vault.team_key(change.transaction().into(), &team).await?;
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(hidden).map_err(Error::unexpected)?);
    Ok(key.seal(sealed_place(&team, id), &plain)?)
}

/// Gives a webhook something new to sign with.
fn new_secret(hidden: &mut Hidden) -> Result<Secret> {
    use base64::Engine;
    let mut bytes = zeroize::Zeroizing::new([0; SIGNING]);
    aws_lc_rs::rand::fill(bytes.as_mut()).map_err(|_| Error::unexpected("the machine gives no randomness"))?;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes.as_ref());
    let secret = format!("whsec_{text}");
    hidden.signing = Some(text);
    Ok(Secret { secret })
}

fn file_is_free<'r>(others: impl Iterator<Item = &'r Row>, wanted: &Shown) -> Result<()> {
    let Shown::File { file, .. } = wanted else { return Ok(()) };
    for row in others {
        if matches!(destination_in(row)?, Shown::File { file: other, .. } if other == *file) {
            return Err(Error::invalid("/destination/file", "another audit stream of the team writes to this file"));
        }
    }
    Ok(())
}

/// Notes where a sink sends to and what of its secrets is another, in the event of the change.
async fn note(change: &mut Change, before: Option<(&Shown, &Hidden)>, after: Option<(&Shown, &Hidden)>) -> Result<()> {
    let place = |side: Option<(&Shown, &Hidden)>| side.map(|(shown, _)| format!("{} {}", shown.kind(), shown.place()));
    change.text("destination", place(before).as_deref(), place(after).as_deref());
    let pem = |side: Option<(&Shown, &Hidden)>| {
        side.and_then(|(shown, _)| match shown {
            Shown::Syslog { ca, certificate, .. } => Some(format!("{ca:?} {certificate:?}")),
            Shown::Webhook { ca, .. } => Some(format!("{ca:?}")),
            Shown::File { .. } => None,
        })
    };
    change
        .secret("certificates", pem(before).as_deref().map(str::as_bytes), pem(after).as_deref().map(str::as_bytes))
        .await?;
    type Part = fn(&Hidden) -> Option<&str>;
    let parts: [(&str, Part); 4] = [
        ("url", |hidden| hidden.url.as_deref()),
        ("authorization", |hidden| hidden.authorization.as_deref()),
        ("secret", |hidden| hidden.signing.as_deref()),
        ("key", |hidden| hidden.key.as_deref()),
    ];
    for (field, part) in parts {
        let value = |side: Option<(&Shown, &Hidden)>| {
            side.and_then(|(_, hidden)| part(hidden)).map(|text| text.as_bytes().to_vec())
        };
        change.secret(field, value(before).as_deref(), value(after).as_deref()).await?;
    }
    Ok(())
}

/// What is shown of a destination that makes sense; its secrets are put into `hidden`, where the old ones are.
fn checked(typed: Destination, hidden: &mut Hidden, outlets: &Outlets) -> Result<Shown> {
    let mut wrong = Vec::new();
    let mut note = |path: &str, message: &str| {
        wrong.push(FieldError { path: format!("/destination/{path}"), message: message.to_owned() });
    };
    let given = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let shown = match typed {
        Destination::Syslog(SyslogDestination { host, port, ca, certificate, key }) => {
            let host = host.trim().trim_start_matches('[').trim_end_matches(']').to_owned();
            let bracketed = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            let parsed = Url::parse(&format!("https://{bracketed}/")).ok();
            if host.is_empty()
                || host.len() > 255
                || parsed.is_none_or(|url| url.path() != "/" || !url.username().is_empty())
            {
                note("host", "a name or an address is needed, such as siem.example.com");
            }
            if port == Some(0) {
                note("port", "a number from 1 to 65535 is needed");
            }
            let (ca, certificate) = (given(ca), given(certificate));
            if let Some(key) = given(key) {
                hidden.key = Some(key);
            }
            match (&certificate, &hidden.key) {
                (Some(_), None) => note("key", "the certificate needs its key"),
                (None, Some(_)) => hidden.key = None,
                _ => {}
            }
            Shown::Syslog { host, port: port.unwrap_or(SYSLOG), ca, certificate }
        }
        Destination::Webhook(WebhookDestination { url, authorization, ca }) => {
            if let Some(url) = given(url) {
                hidden.url = Some(url);
            }
            if let Some(authorization) = authorization {
                hidden.authorization = given(Some(authorization));
            }
            if hidden
                .authorization
                .as_ref()
                .is_some_and(|text| text.len() > LINE || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
            {
                note("authorization", "one line of printable characters is needed");
            }
            let url = hidden.url.as_deref().and_then(|url| Url::parse(url).ok());
            let url = url.filter(|url| {
                url.has_host()
                    && url.username().is_empty()
                    && url.password().is_none()
                    && url.fragment().is_none()
                    && url.as_str().len() <= LINE
            });
            let address = match &url {
                None => {
                    note("url", "an address is needed, such as https://siem.example.com/audit");
                    String::new()
                }
                Some(url) if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)) => {
                    let rest = if url.path().len() > 1 || url.query().is_some() { "/…" } else { "/" };
                    format!("{}{rest}", url.origin().ascii_serialization())
                }
                Some(_) => {
                    note("url", "it must begin with https://: what is sent tells of people");
                    String::new()
                }
            };
            Shown::Webhook { address, authorized: hidden.authorization.is_some(), ca: given(ca) }
        }
        Destination::File(FileDestination { file, rotate_mib, daily }) => {
            if outlets.folder.is_none() {
                let detail = "whoever runs this server has allowed no folder for audit files; they can, with the setting \
                              audit-folder";
                return Err(Error::Conflict { code: "no_folder", detail: detail.to_owned() });
            }
            let fits = (1..=64).contains(&file.len())
                && file.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if !fits {
                note("file", "a name of small letters, digits and hyphens is needed, at most 64 of them");
            }
            let rotate_mib = rotate_mib.unwrap_or(100);
            if !(1..=10_240).contains(&rotate_mib) {
                note("rotateMib", "a number from 1 to 10240 is needed");
            }
            Shown::File { file, rotate_mib, daily }
        }
    };
    if let Shown::Syslog { ca, .. } | Shown::Webhook { ca, .. } = &shown {
        let certificate = match &shown {
            Shown::Syslog { certificate, .. } => certificate.as_deref(),
            _ => None,
        };
        if [ca.as_deref(), certificate, hidden.key.as_deref()].into_iter().flatten().any(|pem| pem.len() > PEM) {
            note("ca", "a PEM text has at most 64 KiB");
        }
        if let Some(ca) = ca
            && let Err(error) = outlet::trusting(ca, None, &outlets.egress)
        {
            note("ca", &error);
        }
        if certificate.is_some_and(|pem| !pem.contains("-----BEGIN CERTIFICATE-----")) {
            note("certificate", "a certificate in PEM is needed");
        }
    }
    if wrong.is_empty() { Ok(shown) } else { Err(Error::Invalid(wrong)) }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What changes of a sink; what is absent stays as it is.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = AuditSinkUpdate)]
pub struct SinkUpdate {
    /// The version that was read.
    pub version: i64,
    /// Another name.
    pub name: Option<String>,
    /// Another form.
    pub format: Option<Format>,
    /// Another destination of the same kind.
    pub destination: Option<Destination>,
    /// Stops it, or has it go on where it was stopped.
    pub paused: Option<bool>,
}

/// Changes a sink. What waits is tried again at once.
///
/// # Errors
///
/// [`Error::NotFound`], [`Error::Stale`] if it was changed since it was read, and as [`create`].
pub async fn update(change: &mut Change, outlets: &Outlets, id: &SinkId, update: SinkUpdate) -> Result<()> {
    let (team, now, vault) = (change.team().to_owned(), change.now, change.vault().clone());
    let mut sink = stored(&vault, change.transaction().into(), &team, id).await?;
    change.about("audit-sink", id);
    let name = update.name.as_deref().map_or(Ok(sink.name.clone()), |name| limits::name("/name", name))?;
    let format = update.format.unwrap_or(sink.format);
    let paused = update.paused.unwrap_or(sink.paused);
    let mut destination = sink.destination.clone();
    if let Some(typed) = update.destination {
        let before = Hidden {
            url: sink.hidden.url.clone(),
            authorization: sink.hidden.authorization.clone(),
            signing: sink.hidden.signing.clone(),
            key: sink.hidden.key.clone(),
        };
        let new = checked(typed, &mut sink.hidden, outlets)?;
        if new.kind() != destination.kind() {
            return Err(Error::invalid(
                "/destination/kind",
                "make another audit stream for another kind of destination",
            ));
        }
        let others = sql!("select destination from audit_sink where team = $1 and id <> $2")
            .bind(&team)
            .bind(id)
            .all(change.transaction())
            .await?;
        file_is_free(others.iter(), &new)?;
        note(change, Some((&destination, &before)), Some((&new, &sink.hidden))).await?;
        destination = new;
    }
    let sealed = seal(change, id, &sink.hidden).await?;
    let written = sql!(
        "update audit_sink set name = $1, format = $2, destination = $3, sealed = $4, paused = $5, attempts = 0, \
         due_at = 0, version = version + 1, updated_at = $6 where id = $7 and version = $8"
    )
    .bind(&name)
    .bind(format.name())
    .bind(serde_json::to_string(&destination).map_err(Error::unexpected)?)
    .bind(sealed)
    .bind(paused)
    .bind(now)
    .bind(id)
    .bind(update.version)
    .execute(change.transaction())
    .await?;
    if written == 0 {
        let current = serde_json::json!({ "name": sink.name, "format": sink.format, "destination": sink.destination,
            "paused": sink.paused, "version": sink.version });
        return Err(Error::Stale { what: "audit stream", current: Box::new(current) });
    }
    let word = |paused: bool| Some(if paused { "paused" } else { "running" });
    change.text("name", Some(&sink.name), Some(&name));
    change.text("format", Some(sink.format.name()), Some(format.name()));
    change.text("state", word(sink.paused), word(paused));
    Ok(())
}

/// Gives a webhook another secret, which is shown this once. What is sent from now on is signed with it: until the receiver
/// knows it, messages fail and wait.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such sink, [`Error::Conflict`] with `no_secret` if it is no webhook.
pub async fn renew_secret(change: &mut Change, id: &SinkId) -> Result<Secret> {
    let (team, vault) = (change.team().to_owned(), change.vault().clone());
    let mut sink = stored(&vault, change.transaction().into(), &team, id).await?;
    if !matches!(sink.destination, Shown::Webhook { .. }) {
        let detail = "only a webhook is signed with a secret".to_owned();
        return Err(Error::Conflict { code: "no_secret", detail });
    }
    change.about("audit-sink", id);
    let before = sink.hidden.signing.clone();
    let secret = new_secret(&mut sink.hidden)?;
    let after = sink.hidden.signing.clone();
    change.secret("secret", before.as_deref().map(str::as_bytes), after.as_deref().map(str::as_bytes)).await?;
    let sealed = seal(change, id, &sink.hidden).await?;
    sql!("update audit_sink set sealed = $1, version = version + 1, attempts = 0, due_at = 0 where id = $2")
        .bind(sealed)
        .bind(id)
        .execute(change.transaction())
        .await?;
    Ok(secret)
}

/// Deletes a sink. What it had not sent is not sent.
///
/// # Errors
///
/// [`Error::NotFound`].
pub async fn delete(change: &mut Change, id: &SinkId) -> Result<()> {
    let team = change.team().to_owned();
    let row = sql!("delete from audit_sink where id = $1 and team = $2 returning name, next")
        .bind(id)
        .bind(&team)
        .optional(change.transaction())
        .await?
        .ok_or(Error::NotFound { what: "audit sink" })?;
    change.about("audit-sink", id);
    change.text("name", Some(&row.text("name")?), None);
    change.number("next", Some(row.integer("next")?), None);
    Ok(())
}

/// The first event that a sink of `team` has not sent; `None` without a sink.
pub(super) async fn needed_from(reader: Reader<'_>, team: &str) -> Result<Option<u64>> {
    let row = sql!("select min(next) as next from audit_sink where team = $1").bind(team).one(reader).await?;
    Ok(row.integer_or_null("next")?.and_then(|next| u64::try_from(next).ok()))
}

/// Notes in the change that removes the events before `to` which sinks had not sent them.
pub(super) async fn note_missed(change: &mut Change, to: i64) -> Result<()> {
    let team = change.team().to_owned();
    let rows = sql!("select id, next from audit_sink where team = $1 and next < $2 order by id")
        .bind(&team)
        .bind(to)
        .all(change.transaction())
        .await?;
    for row in &rows {
        let (id, next) = (row.text("id")?, row.integer("next")?);
        tracing::error!(team, sink = id, from = next, to, "events were removed before an audit stream had sent them");
        change.number(&format!("missed/{id}"), None, Some(to - next));
    }
    sql!("update audit_sink set missed = missed + $1 - next, next = $1 where team = $2 and next < $1")
        .bind(to)
        .bind(&team)
        .execute(change.transaction())
        .await?;
    Ok(())
}

/// Keeps a failure for people to see.
async fn note_failure(transaction: &mut Transaction, id: &SinkId, why: &str, now: i64) -> Result<()> {
    sql!("update audit_sink set error = $1, error_at = $2 where id = $3")
        .bind(why)
        .bind(now)
        .bind(id)
        .execute(transaction)
        .await?;
    Ok(())
}

/// The plan that a team must have for its log to leave.
async fn may_stream(reader: Reader<'_>, team: &str) -> Result<bool> {
    let plan = identity::team(reader.into(), team).await?.plan;
    Ok(bulla_access::Plan::named(plan).is_some_and(|plan| plan >= bulla_access::Action::AuditSinkCreate.plan()))
}

/// An event in the place of one that cannot be read: the log was tampered with, and that must not stop what follows.
fn unreadable(team: &str, sequence: u64, now: i64) -> Event {
    Event {
        format: bulla_audit::FORMAT,
        id: String::new(),
        team: team.to_owned(),
        sequence,
        at: now,
        actor: bulla_audit::Actor::System,
        action: "audit.unreadable".to_owned(),
        target: bulla_audit::Target { kind: "team".to_owned(), id: team.to_owned() },
        outcome: bulla_audit::Outcome::Refused,
        because: Some("this entry of the log cannot be read; export the log and run bulla audit verify".to_owned()),
        changes: Default::default(),
        origin: Default::default(),
        commitments: Default::default(),
    }
}
