//! Delivery: mails that are due, one after another, to the configured SMTP server.
//!
//! A mail is claimed before it is sent, for longer than sending may take: of several nodes one sends it, and if that one
//! dies another does. So a mail may come twice, and never be lost.

use std::time::Duration;

use bulla_db::{Database, sql};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use tokio_util::sync::CancellationToken;

use super::{Body, Post, REMEMBERED};
use crate::config::{Smtp, SmtpEncryption};
use crate::error::{Error, Result};
use crate::id::MailId;
use crate::keys::Vault;

/// How long the mail server may take for one mail.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a mail is claimed, in milliseconds: longer than sending it may take.
const CLAIM: i64 = 3 * 60 * 1000;
/// How often the outbox is looked at when nothing rings.
const ROUND: Duration = Duration::from_secs(15);
/// How long is waited after each attempt that failed, in milliseconds. After the last one the mail has failed.
const WAITS: [i64; 8] = [5_000, 60_000, 300_000, 900_000, 3_600_000, 14_400_000, 43_200_000, 86_400_000];
/// Most characters of a mail server's words that are kept.
const WORDS: usize = 300;

/// Sends what is due until it is told to stop.
pub(crate) struct Sender {
    database: Database,
    vault: Vault,
    post: Post,
    /// How it reaches the mail server; `None` where there is none.
    transport: Option<(AsyncSmtpTransport<Tokio1Executor>, Mailbox)>,
}

/// A mail that this sender has claimed.
struct Claimed {
    id: MailId,
    team: String,
    recipient: String,
    subject: String,
    body: Vec<u8>,
    attempts: i64,
    expires_at: i64,
}

/// How an attempt ended.
enum Outcome {
    Sent,
    /// It may work later.
    NotYet(String),
    /// It will never work.
    Never(String),
}

impl Sender {
    /// One for this instance.
    ///
    /// # Errors
    ///
    /// If the certificate of `smtp-ca` cannot be read, or TLS cannot be set up.
    pub(crate) fn new(database: Database, vault: Vault, post: Post) -> Result<Self> {
        let transport = post.smtp.as_deref().map(transport).transpose()?;
        Ok(Self { database, vault, post, transport })
    }

    /// Sends what is due, and forgets what is too late, until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.round(&stop).await {
                tracing::error!(%error, "mails could not be looked after; they are tried again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.post.bell.notified() => {}
                () = tokio::time::sleep(ROUND) => {}
            }
        }
    }

    async fn round(&self, stop: &CancellationToken) -> Result<()> {
        self.forget(self.post.clock.now()).await?;
        let Some((transport, from)) = &self.transport else { return Ok(()) };
        while !stop.is_cancelled() {
            let Some(mail) = self.claim(self.post.clock.now()).await? else { return Ok(()) };
            let outcome = match self.message(from, &mail).await {
                Ok(message) => attempt(transport, message).await,
                Err(error) => Outcome::Never(error.to_string()),
            };
            self.note(&mail, outcome, self.post.clock.now()).await?;
        }
        Ok(())
    }

    /// Forgets what mails said that are of no use any more, and mails that are old. Nobody did this, so it has no event.
    async fn forget(&self, now: i64) -> Result<()> {
        let old = sql!("select id from mail where created_at <= $1 or (body is not null and expires_at <= $2) limit 1")
            .bind(now - REMEMBERED)
            .bind(now);
        if old.optional(self.database.read()).await?.is_none() {
            return Ok(());
        }
        let mut transaction = self.database.begin().await?;
        sql!("update mail set body = null where body is not null and expires_at <= $1")
            .bind(now)
            .execute(&mut transaction)
            .await?;
        sql!("delete from mail where created_at <= $1").bind(now - REMEMBERED).execute(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Claims the mail that has been due for longest.
    async fn claim(&self, now: i64) -> Result<Option<Claimed>> {
        let due = sql!(
            "select id from mail where body is not null and failed_at is null and due_at <= $1 and claimed_until <= $1 \
             and expires_at > $1 order by due_at, id limit 1"
        );
        // The writer is not troubled when there is nothing to send.
        let Some(row) = due.bind(now).optional(self.database.read()).await? else { return Ok(None) };
        let mut transaction = self.database.begin().await?;
        let row = sql!(
            "update mail set claimed_until = $1, attempts = attempts + 1 \
             where id = $2 and body is not null and failed_at is null and claimed_until <= $3 \
             returning id, team, recipient, subject, body, attempts, expires_at"
        )
        .bind(now + CLAIM)
        .bind(row.text("id")?)
        .bind(now)
        .optional(&mut transaction)
        .await?;
        transaction.commit().await?;
        // If another node was faster, the next round finds what is left.
        row.map(|row| {
            Ok(Claimed {
                id: MailId(row.text("id")?),
                team: row.text("team")?,
                recipient: row.text("recipient")?,
                subject: row.text("subject")?,
                body: row.bytes("body")?,
                attempts: row.integer("attempts")?,
                expires_at: row.integer("expires_at")?,
            })
        })
        .transpose()
    }

    async fn message(&self, from: &Mailbox, mail: &Claimed) -> Result<Message> {
        let reader = self.database.read();
        let body: Body = super::open_body(&self.vault, reader.into(), &mail.team, &mail.id, &mail.body).await?;
        let to: Address =
            mail.recipient.parse().map_err(|_| Error::unexpected("mail cannot be sent to this address"))?;
        Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject.as_str())
            .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
            // RFC 3834: nobody's machine is to answer.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .multipart(MultiPart::alternative_plain_html(body.text(&self.post), body.html(&self.post)))
            .map_err(|error| Error::unexpected(format!("the mail cannot be written: {error}")))
    }

    /// Notes how an attempt ended. This is no change of anybody's, so it has no audit event.
    async fn note(&self, mail: &Claimed, outcome: Outcome, now: i64) -> Result<()> {
        let mut transaction = self.database.begin().await?;
        match outcome {
            Outcome::Sent => {
                sql!("update mail set body = null, sent_at = $1, error = null, claimed_until = 0 where id = $2")
                    .bind(now)
                    .bind(&mail.id)
                    .execute(&mut transaction)
                    .await?;
            }
            Outcome::NotYet(why) => {
                let wait = usize::try_from(mail.attempts - 1).ok().and_then(|attempt| WAITS.get(attempt));
                let next = wait.map(|wait| now + wait).filter(|next| *next < mail.expires_at);
                tracing::warn!(mail = %mail.id, %why, "a mail was not delivered");
                sql!("update mail set due_at = $1, failed_at = $2, error = $3, claimed_until = 0 where id = $4")
                    .bind(next.unwrap_or(now))
                    .bind(next.is_none().then_some(now))
                    .bind(why)
                    .bind(&mail.id)
                    .execute(&mut transaction)
                    .await?;
            }
            Outcome::Never(why) => {
                tracing::warn!(mail = %mail.id, %why, "a mail cannot be delivered");
                sql!("update mail set failed_at = $1, error = $2, claimed_until = 0 where id = $3")
                    .bind(now)
                    .bind(why)
                    .bind(&mail.id)
                    .execute(&mut transaction)
                    .await?;
            }
        }
        Ok(transaction.commit().await?)
    }
}

async fn attempt(transport: &AsyncSmtpTransport<Tokio1Executor>, message: Message) -> Outcome {
    match tokio::time::timeout(PATIENCE, transport.send(message)).await {
        Ok(Ok(_)) => Outcome::Sent,
        Ok(Err(error)) => {
            let why = words(&error);
            if error.is_permanent() { Outcome::Never(why) } else { Outcome::NotYet(why) }
        }
        Err(_) => Outcome::NotYet(format!("the mail server did not answer within {} s", PATIENCE.as_secs())),
    }
}

/// What went wrong, with what lies behind it.
fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_words = inner.to_string();
        if !words.contains(&inner_words) {
            words.push_str(": ");
            words.push_str(&inner_words);
        }
        source = inner.source();
    }
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect()
}

fn transport(smtp: &Smtp) -> Result<(AsyncSmtpTransport<Tokio1Executor>, Mailbox)> {
    let from: Mailbox = smtp.from.parse().map_err(|_| Error::unexpected("mail-from is no address"))?;
    let parameters = || -> Result<TlsParameters> {
        let mut builder = TlsParameters::builder(smtp.host.clone());
        if let Some(path) = &smtp.ca {
            let refused = |why: &dyn std::fmt::Display| Error::unexpected(format!("smtp-ca {}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|error| refused(&error))?;
            builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| refused(&error))?);
        }
        builder.build().map_err(|error| Error::unexpected(format!("TLS for mail: {error}")))
    };
    let tls = match smtp.encryption {
        SmtpEncryption::Implicit => Tls::Wrapper(parameters()?),
        SmtpEncryption::StartTls => Tls::Required(parameters()?),
        SmtpEncryption::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .tls(tls)
        .timeout(Some(PATIENCE));
    if let Some((user, password)) = &smtp.credentials {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    Ok((builder.build(), from))
}
