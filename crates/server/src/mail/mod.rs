//! Mail: letters to people, written in the change that they tell of and delivered afterwards.
//!
//! A mail is a row: [`write`] puts it into the caller's transaction, so there is one if and only if its change happened.
//! A sender in the background ([`delivery`]) hands it to the configured SMTP server, again and again with growing waits.
//! On an instance without one, mails stay in the outbox, where Super Admins may open them and pass them on.
//!
//! What a letter says is sealed, because it may hold a link that lets somebody in, and forgotten once it was sent or is
//! of no use any more. Such a link has its secret behind the `#`, which no browser sends to a server.

pub mod http;

mod delivery;

pub(crate) use delivery::Sender;

use std::sync::Arc;

use bulla_db::{Place, Reader, sql};
use bulla_seal::Place as SealedPlace;
use tokio::sync::Notify;
use url::Url;
use zeroize::Zeroizing;

use crate::config::{Config, Smtp};
use crate::error::{Error, Result};
use crate::id::MailId;
use crate::identity::DAY;
use crate::keys::Vault;
use crate::moment::{Clock, Moment};
use crate::operation::Change;

/// How long a mail that says nothing else is worth sending, in milliseconds.
pub const WORTH: i64 = 7 * DAY;
/// How long the outbox remembers a mail, in milliseconds.
const REMEMBERED: i64 = 30 * DAY;
/// Most rows of the outbox that are shown.
const SHOWN: i64 = 200;
/// Most characters of a subject.
const SUBJECT: usize = 200;

/// Where the instance is found, and how its mails leave it.
#[derive(Clone)]
pub struct Post {
    address: Arc<Url>,
    pub(crate) smtp: Option<Arc<Smtp>>,
    bell: Arc<Notify>,
    clock: Clock,
}

impl Post {
    /// By the configuration. Without a `public-url` the instance is at `address`.
    pub fn new(config: &Config, bell: Arc<Notify>) -> Result<Self> {
        let address = match &config.public_url {
            Some(url) => url.clone(),
            None => Url::parse("http://localhost").map_err(Error::unexpected)?,
        };
        Ok(Self {
            address: Arc::new(address),
            smtp: config.smtp.clone().map(Arc::new),
            bell,
            clock: config.clock.clone(),
        })
    }

    /// The same, for an instance that listens at `url`.
    pub(crate) fn listening_at(self, url: &str) -> Result<Self> {
        Ok(Self { address: Arc::new(Url::parse(url).map_err(Error::unexpected)?), ..self })
    }

    /// Where people find the instance.
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// The address of the page at `path`.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.address.as_str().trim_end_matches('/'))
    }

    /// A button of a letter that leads to the page at `path` and takes a secret there.
    ///
    /// The secret stands behind the `#`: it is in no log of a server or proxy and in no `Referer`.
    pub fn link(&self, label: &str, path: &str, secret: &str) -> Link {
        Link { label: label.to_owned(), url: format!("{}#{secret}", self.page(path)) }
    }

    /// A link as it stands in a letter: whole, also where only its path was known when the letter was written.
    fn whole(&self, link: &Link) -> String {
        if link.url.starts_with('/') { self.page(&link.url) } else { link.url.clone() }
    }

    /// A button of a letter that leads to the page at `path`.
    pub fn plain_link(&self, label: &str, path: &str) -> Link {
        Link { label: label.to_owned(), url: self.page(path) }
    }
}

/// A button of a letter. It may let somebody in: no `Debug`.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Link {
    label: String,
    url: String,
}

/// Something that is to be told to somebody.
pub struct Letter<'l> {
    /// What it is, for the outbox: `password-reset`, `invite`.
    pub kind: &'static str,
    /// Whom it goes to.
    pub to: &'l str,
    /// Its subject. It is not sealed: no secret in here.
    pub subject: String,
    /// What it says, paragraph by paragraph, in plain text.
    pub paragraphs: Vec<String>,
    /// Its button.
    pub link: Option<Link>,
    /// When it is of no use any more, in milliseconds since the epoch.
    pub expires_at: i64,
}

/// What is sealed of a letter.
#[derive(serde::Serialize, serde::Deserialize)]
struct Body {
    paragraphs: Vec<String>,
    link: Option<Link>,
}

impl Link {
    /// A button that leads to the page at `path` of wherever the instance is found when the letter leaves.
    pub fn to_page(label: &str, path: &str) -> Self {
        Self { label: label.to_owned(), url: path.to_owned() }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.url);
    }
}

/// A mail of the outbox, without what it says.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// What it is: `password-reset`, `invite`.
    pub kind: String,
    /// Whom it goes to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// How far it has come.
    pub state: State,
    /// How often it was tried.
    pub attempts: i64,
    /// Why it was not delivered so far.
    pub error: Option<String>,
    /// When it was written.
    pub created_at: Moment,
    /// When it is tried next, if it is waiting.
    pub next_at: Option<Moment>,
    /// When it was sent.
    pub sent_at: Option<Moment>,
}

/// How far a mail has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MailState)]
pub enum State {
    /// It is still to be sent, or to be passed on by hand.
    Waiting,
    /// The mail server has taken it.
    Sent,
    /// The mail server does not take it, or could not be reached for too long.
    Failed,
    /// It was of no use any more before it could be sent.
    Expired,
}

/// A mail as its recipient would read it.
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    /// Plain text.
    pub text: String,
    /// Where its button leads.
    pub link: Option<String>,
}

fn sealed_place<'p>(team: &'p str, id: &'p MailId) -> SealedPlace<'p> {
    SealedPlace { table: "mail", column: "body", row: id.as_str(), team }
}

/// Text for a header: one line, not too long.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SUBJECT).collect()
}

/// Writes a letter in the change that it tells of. It leaves when the change is committed.
///
/// # Errors
///
/// If it cannot be sealed or stored.
pub async fn write(change: &mut Change, letter: Letter<'_>) -> Result<()> {
    let (team, now, id) = (change.team().to_owned(), change.now, MailId::new(change.now));
    let vault = change.vault().clone();
    let key = vault.team_key(change.transaction().into(), &team).await?;
    let body = Body { paragraphs: letter.paragraphs, link: letter.link };
    let plain = Zeroizing::new(serde_json::to_vec(&body).map_err(Error::unexpected)?);
    let sealed = key.seal(sealed_place(&team, &id), &plain)?;
    sql!(
        "insert into mail (id, team, kind, recipient, subject, body, attempts, due_at, claimed_until, expires_at, \
         created_at) values ($1, $2, $3, $4, $5, $6, 0, $7, 0, $8, $9)"
    )
    .bind(&id)
    .bind(&team)
    .bind(letter.kind)
    .bind(letter.to)
    .bind(one_line(&letter.subject))
    .bind(sealed)
    .bind(now)
    .bind(letter.expires_at)
    .bind(now)
    .execute(change.transaction())
    .await?;
    change.ring_when_done();
    Ok(())
}

async fn open_body(vault: &Vault, place: Place<'_>, team: &str, id: &MailId, sealed: &[u8]) -> Result<Body> {
    let plain = vault.team_key(place, team).await?.open(sealed_place(team, id), sealed)?;
    serde_json::from_slice(plain.expose())
        .map_err(|_| Error::unexpected("a mail is not in the form that it was sealed in"))
}

impl Body {
    /// The letter as plain text.
    fn text(&self, post: &Post) -> String {
        let mut text = self.paragraphs.join("\n\n");
        if let Some(link) = &self.link {
            text.push_str(&format!("\n\n{}:\n{}", link.label, post.whole(link)));
        }
        text.push('\n');
        text
    }

    /// The letter as simple HTML: no pictures, nothing that is fetched.
    fn html(&self, post: &Post) -> String {
        let mut html = String::from(
            "<!doctype html><html><body style=\"margin:0;padding:24px;font:15px/1.5 system-ui,sans-serif;color:#1c2321;\
             max-width:34em\">",
        );
        for paragraph in &self.paragraphs {
            html.push_str(&format!("<p>{}</p>", escaped(paragraph)));
        }
        if let Some(link) = &self.link {
            let (label, url) = (escaped(&link.label), escaped(&post.whole(link)));
            html.push_str(&format!(
                "<p><a href=\"{url}\" style=\"display:inline-block;padding:9px 16px;border-radius:6px;\
                 background:#0f6b5c;color:#fff;text-decoration:none\">{label}</a></p>\
                 <p style=\"color:#5b6662;font-size:13px\">Or open this address: {url}</p>"
            ));
        }
        html.push_str("</body></html>\n");
        html
    }
}

/// Text in HTML, also inside of a quoted attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The last mails of `team`, the newest first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn outbox(reader: Reader<'_>, team: &str) -> Result<Vec<Mail>> {
    sql!(
        "select id, kind, recipient, subject, attempts, due_at, sent_at, failed_at, error, expires_at, created_at, \
         cast(case when body is null then 1 else 0 end as bigint) as forgotten from mail where team = $1 order by id desc limit $2"
    )
    .bind(team)
    .bind(SHOWN)
    .all(reader)
    .await?
    .iter()
    .map(|row| {
        let (sent_at, failed_at) = (row.integer_or_null("sent_at")?, row.integer_or_null("failed_at")?);
        let state = match (sent_at, failed_at) {
            (Some(_), _) => State::Sent,
            (None, Some(_)) => State::Failed,
            (None, None) if row.integer("forgotten")? == 1 => State::Expired,
            (None, None) => State::Waiting,
        };
        Ok(Mail {
            id: MailId(row.text("id")?),
            kind: row.text("kind")?,
            to: row.text("recipient")?,
            subject: row.text("subject")?,
            state,
            attempts: row.integer("attempts")?,
            error: row.text_or_null("error")?,
            created_at: Moment(row.integer("created_at")?),
            next_at: match state {
                State::Waiting => Some(Moment(row.integer("due_at")?)),
                State::Sent | State::Failed | State::Expired => None,
            },
            sent_at: sent_at.map(Moment),
        })
    })
    .collect()
}

/// Opens a mail that waits in the outbox of an instance that sends none, so that it can be passed on by hand.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none, [`Error::Conflict`] if mails are sent here, or if what it says is forgotten.
pub async fn open(change: &mut Change, post: &Post, id: &MailId) -> Result<Opened> {
    let team = change.team().to_owned();
    let row = sql!("select body, kind from mail where id = $1 and team = $2")
        .bind(id)
        .bind(&team)
        .optional(change.transaction())
        .await?
        .ok_or(Error::NotFound { what: "mail" })?;
    if post.smtp.is_some() {
        let detail = "mails are sent from here, so what they say is for their recipients alone".to_owned();
        return Err(Error::Conflict { code: "mail_is_sent", detail });
    }
    let Some(sealed) = row.bytes_or_null("body")? else {
        let detail = "what this mail said is forgotten: it was sent, or came too late to be of use".to_owned();
        return Err(Error::Conflict { code: "mail_forgotten", detail });
    };
    change.about("mail", id);
    change.text("kind", None, Some(&row.text("kind")?));
    let vault = change.vault().clone();
    let body = open_body(&vault, change.transaction().into(), &team, id, &sealed).await?;
    Ok(Opened { text: body.text(post), link: body.link.as_ref().map(|link| post.whole(link)) })
}

/// Has a mail that failed tried again, from its first wait on.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none, [`Error::Conflict`] if there is nothing to send any more.
pub async fn retry(change: &mut Change, id: &MailId) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    let known = sql!("select id from mail where id = $1 and team = $2").bind(id).bind(&team);
    if known.optional(change.transaction()).await?.is_none() {
        return Err(Error::NotFound { what: "mail" });
    }
    let again = sql!(
        "update mail set failed_at = null, attempts = 0, due_at = $1, claimed_until = 0 \
         where id = $2 and body is not null and sent_at is null and expires_at > $1 and claimed_until <= $1"
    )
    .bind(now)
    .bind(id)
    .execute(change.transaction())
    .await?;
    if again == 0 {
        let detail = "there is nothing to send: the mail was sent, is being sent, or is of no use any more".to_owned();
        return Err(Error::Conflict { code: "mail_forgotten", detail });
    }
    change.about("mail", id);
    change.ring_when_done();
    Ok(())
}

/// Takes a mail out of the outbox: it is not sent any more.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn delete(change: &mut Change, id: &MailId) -> Result<()> {
    let team = change.team().to_owned();
    let gone = sql!("delete from mail where id = $1 and team = $2 returning kind")
        .bind(id)
        .bind(&team)
        .optional(change.transaction())
        .await?
        .ok_or(Error::NotFound { what: "mail" })?;
    change.about("mail", id);
    change.text("kind", Some(&gone.text("kind")?), None);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_typed_is_text_in_every_form_of_a_letter() {
        let link = Link { label: "Join <Ops>".to_owned(), url: "https://b.example/join?a=1&b=\"2#s".to_owned() };
        let body = Body { paragraphs: vec!["<script>alert('x')</script> & more".to_owned()], link: Some(link) };
        let post = Post::new(&Config::in_folder(std::path::Path::new("x")), Arc::new(Notify::new())).unwrap();
        let html = body.html(&post);
        assert!(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; more"), "{html}");
        assert!(html.contains("href=\"https://b.example/join?a=1&amp;b=&quot;2#s\""), "{html}");
        assert!(body.text(&post).starts_with("<script>"), "plain text stays as it is");
        let body = Body { link: Some(Link::to_page("Open", "/w/1")), ..body };
        assert!(body.text(&post).ends_with("Open:\nhttp://localhost/w/1\n"), "{}", body.text(&post));
        assert_eq!(one_line("Join\r\nBcc: all@example.com"), "Join  Bcc: all@example.com");
    }
}
