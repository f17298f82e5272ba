//! The three ways out, and when each counts as acknowledged.
//!
//! - A webhook: when it answers 2xx.
//! - Syslog: it has no acknowledgment of its own. We say that we are done, and wait for the receiver to close the connection
//!   without an error: it does so when it has read everything. A receiver that dies before that has not acknowledged.
//! - A file: when it is on the disk.

use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulla_transport::{Body, Client, ClientCertificate, CookieJar, Egress, Identity, Io, Request, Settings};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::format::{Leaving, syslog};
use super::{Hidden, Outlets, Shown, Stored, stored};
use crate::error::Result;
use crate::id::{self, SinkId};
use crate::moment::Moment;
use crate::operation::Door;

/// How long a receiver may take to be reached, and to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest answer of a webhook that is read, in bytes.
const ANSWER: u64 = 64 * 1024;
/// Most characters that are kept of why something failed.
const WORDS: usize = 300;
const MIB: u64 = 1024 * 1024;

/// Why a batch was not taken.
pub(super) struct Failure {
    /// For people.
    pub why: String,
    /// After how many milliseconds the receiver wants to be asked again.
    pub after: Option<i64>,
}

impl Failure {
    fn new(why: impl std::fmt::Display) -> Self {
        let why = why.to_string();
        let why = why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect();
        Self { why, after: None }
    }
}

/// Sends a batch, and returns when it is acknowledged. The same events have the same `message`, however often they come: it
/// is by that that a webhook's receiver knows what it has.
pub(super) async fn send(
    outlets: &Outlets,
    sink: &Stored,
    message: &str,
    batch: &[Leaving<'_>],
    now: i64,
) -> Result<(), Failure> {
    match &sink.destination {
        Shown::Syslog { host, port, ca, certificate } => {
            let certificate = certificate.as_deref().zip(sink.hidden.key.as_deref());
            let client = client(ca.as_deref(), certificate, &outlets.egress).map_err(Failure::new)?;
            let mut bytes = Vec::new();
            for leaving in batch {
                let message = syslog::message(leaving, sink.format, &outlets.host).map_err(Failure::new)?;
                bytes.extend_from_slice(&syslog::frame(&message));
            }
            let io = client.open(host, *port, PATIENCE).await.map_err(Failure::new)?;
            let taken = tokio::time::timeout(PATIENCE, hand_over(io, &bytes)).await;
            taken.unwrap_or_else(|_| {
                let seconds = PATIENCE.as_secs();
                Err(Failure::new(format!(
                    "{host} did not close the connection within {seconds} s, so nobody knows what it has read"
                )))
            })
        }
        Shown::Webhook { ca, .. } => {
            let client = client(ca.as_deref(), None, &outlets.egress).map_err(Failure::new)?;
            let mut events = Vec::with_capacity(batch.len());
            for leaving in batch {
                let line = leaving.line(sink.format).map_err(Failure::new)?;
                let text = if sink.format.is_json() { line } else { Value::from(line).to_string() };
                events.push(RawValue::from_string(text).map_err(Failure::new)?);
            }
            let (first, last) = (batch.first(), batch.last());
            let number = |leaving: Option<&Leaving<'_>>| leaving.map_or(0, |leaving| leaving.event.sequence);
            let (first, last) = (number(first), number(last));
            let body = serde_json::to_vec(&Posted {
                kind: "audit.events",
                timestamp: Moment(now).to_string(),
                data: PostedEvents { format: sink.format.name(), first, last, events },
            });
            post(&client, &sink.hidden, message, body.map_err(Failure::new)?, now).await
        }
        Shown::File { file, rotate_mib, daily } => {
            let Some(folder) = &outlets.folder else {
                return Err(Failure::new(
                    "whoever runs this server allows no folder for audit files any more (audit-folder)",
                ));
            };
            let mut bytes = Vec::new();
            for leaving in batch {
                bytes.extend_from_slice(leaving.line(sink.format).map_err(Failure::new)?.as_bytes());
                bytes.push(b'\n');
            }
            let ending = if sink.format.is_json() { "jsonl" } else { "cef" };
            let writing = Writing {
                folder: folder.join(&sink.team),
                name: file.clone(),
                ending,
                most: u64::from(*rotate_mib) * MIB,
                daily: *daily,
                first: batch.first().map_or(0, |leaving| leaving.event.sequence),
                now,
            };
            let written = tokio::task::spawn_blocking(move || writing.append(&bytes)).await;
            match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(Failure::new(format!("the file cannot be written: {error}"))),
                Err(_) => Err(Failure::new("the file cannot be written")),
            }
        }
    }
}

/// The body of a message to a webhook.
#[derive(serde::Serialize)]
struct Posted {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: PostedEvents,
}

#[derive(serde::Serialize)]
struct PostedEvents {
    format: &'static str,
    first: u64,
    last: u64,
    events: Vec<Box<RawValue>>,
}

/// A client that trusts `ca` alone, or the machine's authorities without one.
fn client(ca: Option<&str>, certificate: Option<(&str, &str)>, egress: &Egress) -> Result<Client, String> {
    let shown = certificate.map(|(certificate, key)| ClientCertificate {
        matches: vec!["<all_urls>".to_owned()],
        identity: Identity::Pem {
            certificate: certificate.as_bytes().to_vec(),
            key: Zeroizing::new(key.as_bytes().to_vec()),
        },
        passphrase: None,
    });
    Client::new(bulla_transport::Config {
        egress: egress.clone(),
        extra_ca: ca.map(|ca| ca.as_bytes().to_vec()).into_iter().collect(),
        extra_ca_alone: ca.is_some(),
        client_certs: shown.into_iter().collect(),
        ..Default::default()
    })
    .map_err(|error| error.to_string())
}

/// Can these authorities be read?
pub(super) fn trusting(ca: &str, certificate: Option<(&str, &str)>, egress: &Egress) -> Result<(), String> {
    client(Some(ca), certificate, egress).map(drop)
}

/// Writes everything, says that this was all, and waits until the other side has closed too.
async fn hand_over(mut io: Io, bytes: &[u8]) -> Result<(), Failure> {
    let broke = |error: std::io::Error| Failure::new(format!("the receiver broke the connection off: {error}"));
    io.write_all(bytes).await.map_err(broke)?;
    io.flush().await.map_err(broke)?;
    io.shutdown().await.map_err(broke)?;
    let mut ignored = [0; 1024];
    while io.read(&mut ignored).await.map_err(broke)? > 0 {}
    Ok(())
}

/// Posts a message, signed as Standard Webhooks 1.0 says.
async fn post(client: &Client, hidden: &Hidden, message: &str, body: Vec<u8>, now: i64) -> Result<(), Failure> {
    let (Some(url), Some(signing)) = (&hidden.url, &hidden.signing) else {
        return Err(Failure::new("the webhook has no address or nothing to sign with; set it up again"));
    };
    let key = STANDARD.decode(signing).map_err(|_| Failure::new("what the webhook is signed with cannot be read"))?;
    let seconds = now / 1000;
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &key));
    context.update(format!("{message}.{seconds}.").as_bytes());
    context.update(&body);
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("user-agent".to_owned(), format!("Bulla/{}", env!("CARGO_PKG_VERSION"))),
        ("webhook-id".to_owned(), message.to_owned()),
        ("webhook-timestamp".to_owned(), seconds.to_string()),
        ("webhook-signature".to_owned(), format!("v1,{}", STANDARD.encode(context.sign()))),
    ];
    if let Some(authorization) = &hidden.authorization {
        headers.push(("authorization".to_owned(), authorization.clone()));
    }
    let request = Request {
        method: "POST".to_owned(),
        url: url.clone(),
        headers,
        body: Body::Bytes(body.into()),
        settings: Settings {
            follow_redirects: false,
            cookies_enabled: false,
            timeout: Some(PATIENCE),
            max_response: ANSWER,
            ..Settings::default()
        },
    };
    let answer = client.send(request, &CookieJar::default(), &CancellationToken::new()).await;
    let response = answer.map_err(Failure::new)?.response;
    if (200..300).contains(&response.status) {
        return Ok(());
    }
    let after = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    let after = after.and_then(|(_, seconds)| seconds.trim().parse::<i64>().ok());
    let why = match response.status {
        300..400 => {
            format!("it answered {}: redirects are not followed, give the address that they lead to", response.status)
        }
        status => format!("it answered {status} {}", response.reason),
    };
    Err(Failure { after: after.map(|seconds| seconds.saturating_mul(1000)), ..Failure::new(why) })
}

/// A batch on its way into a file.
struct Writing {
    folder: PathBuf,
    name: String,
    ending: &'static str,
    most: u64,
    daily: bool,
    /// The number of the first event.
    first: u64,
    now: i64,
}

impl Writing {
    fn append(&self, bytes: &[u8]) -> std::io::Result<()> {
        private_folder(&self.folder)?;
        let path = self.folder.join(format!("{}.{}", self.name, self.ending));
        if self.is_full(&path)? {
            let stamp: String = Moment(self.now).to_string().chars().filter(char::is_ascii_alphanumeric).collect();
            let kept = self.folder.join(format!("{}-{stamp}-{}.{}", self.name, self.first, self.ending));
            std::fs::rename(&path, kept)?;
        }
        let mut file = private_file(&path)?;
        // A line that was cut off by a crash or a full disk was not acknowledged: it comes again.
        let end = whole_lines(&mut file)?;
        file.set_len(end)?;
        file.seek(SeekFrom::End(0))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        // And the name of a new file too.
        std::fs::File::open(&self.folder)?.sync_all()
    }

    fn is_full(&self, path: &Path) -> std::io::Result<bool> {
        let about = match std::fs::metadata(path) {
            Ok(about) => about,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let written = about.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let day = |milliseconds: i64| milliseconds.div_euclid(crate::identity::DAY);
        let written = i64::try_from(written.as_millis()).unwrap_or_default();
        Ok(about.len() > 0 && (about.len() >= self.most || (self.daily && day(written) < day(self.now))))
    }
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file that its owner alone reads; it is made if it is not there.
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Where the last whole line ends.
fn whole_lines(file: &mut std::fs::File) -> std::io::Result<u64> {
    const STEP: u64 = 64 * 1024;
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 {
        let from = end.saturating_sub(STEP);
        let mut piece = vec![0; usize::try_from(end - from).unwrap_or_default()];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut piece)?;
        if let Some(at) = piece.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + at as u64 + 1);
        }
        end = from;
    }
    Ok(0)
}

/// How a test of a sink went.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
#[schema(as = AuditSinkTest)]
pub struct Tested {
    /// Was it taken?
    pub ok: bool,
    /// Why not; null if it was.
    #[schema(required)]
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

/// Sends one message that is no event of the log (its action is `audit.sink.test`, its number that of the next event) to
/// where a sink sends, or, if that is a file, looks whether it could be written.
///
/// # Errors
///
/// [`Error::NotFound`] if the team has no such sink.
pub async fn test(door: &Door, outlets: &Outlets, team: &str, id: &SinkId) -> Result<Tested> {
    let sink = stored(&door.vault, door.reader().into(), team, id).await?;
    let now = door.clock.now();
    let begun = std::time::Instant::now();
    let sent = match (&sink.destination, &outlets.folder) {
        (Shown::File { file, .. }, Some(folder)) => {
            let (folder, file) = (folder.join(team), file.clone());
            let tried = move || {
                private_folder(&folder)?;
                let path = folder.join(format!("{file}.test"));
                private_file(&path)?.write_all(b"test\n")?;
                std::fs::remove_file(&path)
            };
            match tokio::task::spawn_blocking(tried).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(Failure::new(format!("the file cannot be written: {error}"))),
                Err(_) => Err(Failure::new("the file cannot be written")),
            }
        }
        _ => {
            let event = bulla_audit::Event {
                action: "audit.sink.test".to_owned(),
                id: id::new(now),
                outcome: bulla_audit::Outcome::Done,
                because: Some("a test of this audit stream, and no event of the log".to_owned()),
                ..super::unreadable(team, sink.next, now)
            };
            let people = Default::default();
            // It is not the event whose number it has, which comes after it.
            let message = format!("msg_{}_test_{}", sink.id, event.id);
            send(outlets, &sink, &message, &[Leaving { event, hash: &[], people: &people }], now).await
        }
    };
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(match sent {
        Ok(()) => Tested { ok: true, error: None, milliseconds },
        Err(failure) => Tested { ok: false, error: Some(failure.why), milliseconds },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writing(folder: &Path, most: u64, daily: bool, first: u64, now: i64) -> Writing {
        Writing { folder: folder.to_owned(), name: "audit".to_owned(), ending: "jsonl", most, daily, first, now }
    }

    fn contents(folder: &Path) -> Vec<(String, String)> {
        let mut found: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .flatten()
            .map(|entry| {
                (entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        found.sort();
        found
    }

    #[test]
    fn a_file_is_begun_anew_when_it_is_large_or_of_another_day() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("team");
        let now = crate::moment::now();
        writing(&folder, 10, false, 0, now).append(b"0\n1\n").unwrap();
        writing(&folder, 10, true, 2, now).append(b"22222222\n").unwrap();
        writing(&folder, 10, false, 3, now).append(b"3\n").unwrap();
        writing(&folder, 10, true, 4, now + crate::identity::DAY).append(b"4\n").unwrap();
        let found = contents(&folder);
        assert_eq!(found.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["0\n1\n22222222\n", "3\n", "4\n"]);
        assert!(found[0].0.ends_with("Z-3.jsonl") && found[1].0.ends_with("Z-4.jsonl"), "{found:?}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&folder), mode(&folder.join("audit.jsonl"))), (0o700, 0o600));
        }
    }

    #[test]
    fn a_line_that_was_cut_off_is_written_again_and_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        for torn in ["{\"sequence\":1", &"x".repeat(200_000)] {
            std::fs::write(&path, format!("0\n{torn}")).unwrap();
            writing(folder.path(), MIB, false, 1, 0).append(b"1\n").unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "0\n1\n");
        }
        std::fs::write(&path, "torn").unwrap();
        writing(folder.path(), MIB, false, 1, 0).append(b"1\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n");
    }
}
