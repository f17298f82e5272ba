//! Notifications: what somebody is told, in the app and by mail.
//!
//! [`tell`] writes a notice in the change that it tells of, as [`mail::write`] does with a letter: there is one if and only
//! if its change happened. Each person says which kinds they want by which channel; what guards an account always goes out.
//! Nobody is told of what they did themselves. The newest [`MOST`] of a person are kept, for [`KEPT`].

pub mod http;

use std::time::Duration;

use bulla_db::{Place, Reader, sql};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use crate::id::{NotificationId, PersonId};
use crate::identity::{self, DAY};
use crate::mail::{self, Letter, Link, WORTH};
use crate::moment::Moment;
use crate::operation::{Change, Door};

/// Most notices that one person has in a team.
pub const MOST: i64 = 500;
/// How long a notice is kept, in milliseconds.
pub const KEPT: i64 = 90 * DAY;
/// Most notices of a page.
pub const PAGE: u32 = 100;
/// How often what is too old is removed.
const LOOK: Duration = Duration::from_secs(60 * 60);
/// Most characters of a subject.
const SUBJECT: usize = 200;
/// Most characters of the rest.
const DETAILS: usize = 1_000;

/// How somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// In the app: the bell, and the page that it leads to.
    InApp,
    /// By mail.
    Mail,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 2] = [Self::InApp, Self::Mail];

    fn name(self) -> &'static str {
        match self {
            Self::InApp => "in-app",
            Self::Mail => "mail",
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $title:literal, guards: $guards:literal, mail: $mail:literal;)*) => {
        /// What somebody can be told of. Its name is stable: stored preferences and clients hold it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "kebab-case")]
        #[schema(as = NotificationKind)]
        pub enum Kind { $($(#[$doc])* $variant,)* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its stable name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it is, for people who choose.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Does it guard an account, so that nobody can switch it off?
            pub fn guards(self) -> bool {
                match self { $(Self::$variant => $guards,)* }
            }

            /// Is a mail usual?
            fn usually_mailed(self) -> bool {
                match self { $(Self::$variant => $mail,)* }
            }
        }
    };
}

kinds! {
    /// Somebody signed in as oneself where nobody had before.
    NewDevice = "new-device", "A sign-in to your account from a new device", guards: true, mail: true;
    /// One's roles in the team are others.
    RolesChanged = "roles-changed", "Your roles in the team were changed", guards: true, mail: true;
    /// An API key of one's own ends soon.
    KeyExpiring = "key-expiring", "One of your API keys ends soon", guards: false, mail: true;
    /// One is in a group.
    GroupAdded = "group-added", "You were added to a group", guards: false, mail: true;
    /// One has a role in a workspace, or on an element of one.
    WorkspaceAdded = "workspace-added", "You were added to a workspace", guards: false, mail: true;
    /// Somebody asks to be let in where one decides it.
    AccessRequested = "access-requested", "Somebody asks for access that you can give", guards: false, mail: true;
    /// Somebody is suggested for the team, and one decides it.
    PersonSuggested = "person-suggested", "Somebody is suggested for the team, and you decide", guards: false, mail: true;
    /// What one asked for was given or refused.
    AccessAnswered = "access-answered", "A request of yours for access was answered", guards: false, mail: true;
    /// Where the audit log is sent, nobody takes it.
    AuditStreamBehind = "audit-stream-behind", "An audit stream of the team is behind", guards: false, mail: true;
    /// A workspace is to become visible to more people, and one decides it.
    ConversionRequested = "conversion-requested", "A workspace is to be published, and you decide", guards: false, mail: true;
    /// Strangers can read a workspace that one has a role in.
    WorkspacePublished = "workspace-published", "A workspace that you have a role in was made public", guards: false, mail: true;
    /// Somebody changed what one watches.
    WatchedChanged = "watched-changed", "Somebody changed a workspace or a collection that you watch", guards: false, mail: true;
    /// Such a request of one's own was approved or refused.
    ConversionAnswered = "conversion-answered", "A request of yours to publish a workspace was answered", guards: false, mail: true;
}

impl Kind {
    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    fn usual(self, channel: Channel) -> bool {
        match channel {
            Channel::InApp => true,
            Channel::Mail => self.usually_mailed(),
        }
    }
}

/// Something that people are to be told.
///
/// Neither text may hold a secret: the subject stands in the outbox, and both in the database. What somebody typed, such
/// as the name of a workspace, may stand in them; it is shortened and freed of what could turn a line around.
pub struct Notice<'n> {
    /// What it is about.
    pub kind: Kind,
    /// What happened, in a few words: `You were added to the workspace Payments`.
    pub subject: String,
    /// More of it, in a sentence or two: who did it, what follows. It may be empty.
    pub details: String,
    /// The page that it leads to, with the words of its button: `("Open the workspace", "/w/0198…")`.
    pub page: Option<(&'n str, String)>,
}

/// Tells each of `people` in the change that it is about. Nothing leaves before the change is committed.
///
/// Whoever makes the change is not told of it, other than of what guards an account; neither is anybody who is no member
/// of its team.
///
/// # Errors
///
/// If it cannot be stored.
pub async fn tell(change: &mut Change, people: &[PersonId], notice: &Notice<'_>) -> Result<()> {
    let (team, actor) = (change.team().to_owned(), change.person());
    let (subject, details) = (plain(&notice.subject, SUBJECT), plain(&notice.details, DETAILS));
    for person in people {
        if actor.as_ref() == Some(person) && !notice.kind.guards() {
            continue;
        }
        let Some(member) = identity::member(change.transaction().into(), &team, person).await? else { continue };
        let preferences = preferences(change.transaction().into(), person).await?;
        let wanted = |channel| preferences.iter().any(|found| found.kind == notice.kind && found.wants(channel));
        if wanted(Channel::InApp) {
            put(change, person, notice, &subject, &details).await?;
        }
        if wanted(Channel::Mail) {
            let mut paragraphs = vec![format!("Hello {},", member.name), format!("{}.", subject.trim_end_matches('.'))];
            if !details.is_empty() {
                paragraphs.push(details.clone());
            }
            paragraphs.push(
                match notice.kind.guards() {
                    true => "If you did not expect this, choose another password and tell an admin of your team.",
                    false => "You can choose which of these mails you get, under Notifications in the app.",
                }
                .to_owned(),
            );
            let (label, path) = match &notice.page {
                Some((label, path)) => (*label, path.as_str()),
                None => ("Open your notifications", "/notifications"),
            };
            let letter = Letter {
                kind: notice.kind.name(),
                to: &member.email,
                subject: subject.clone(),
                paragraphs,
                link: Some(Link::to_page(label, path)),
                expires_at: change.now + WORTH,
            };
            mail::write(change, letter).await?;
        }
    }
    Ok(())
}

/// Text without what could turn a line around or break it, and not too long.
fn plain(text: &str, most: usize) -> String {
    let mut plain: String = text
        .chars()
        .filter(
            |c| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
        )
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(most + 1)
        .collect();
    if plain.chars().count() > most {
        plain.pop();
        plain.pop();
        plain.push('…');
    }
    plain
}

async fn put(change: &mut Change, person: &PersonId, notice: &Notice<'_>, subject: &str, details: &str) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    sql!(
        "insert into notification (id, team, person, kind, subject, details, path, created_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(&NotificationId::new(now))
    .bind(&team)
    .bind(person)
    .bind(notice.kind.name())
    .bind(subject)
    .bind(details)
    .bind(notice.page.as_ref().map(|(_, path)| path.clone()))
    .bind(now)
    .execute(change.transaction())
    .await?;
    sql!(
        "delete from notification where person = $1 and team = $2 and id in (select id from notification \
         where person = $1 and team = $2 order by id desc limit 1000 offset $3)"
    )
    .bind(person)
    .bind(&team)
    .bind(MOST)
    .execute(change.transaction())
    .await?;
    Ok(())
}

/// What somebody was told.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// What it is about.
    pub kind: Kind,
    /// What happened, in a few words.
    pub subject: String,
    /// More of it; it may be empty.
    pub details: String,
    /// The page that it leads to; null for none.
    #[schema(required)]
    pub path: Option<String>,
    /// When it was told.
    pub created_at: Moment,
    /// When it was read; null while it was not.
    #[schema(required)]
    pub read_at: Option<Moment>,
}

/// What `person` was told in `team`, the newest first. `before` is the last of the page before.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn list(
    reader: Reader<'_>,
    team: &str,
    person: &PersonId,
    unread: bool,
    before: Option<&NotificationId>,
    limit: u32,
) -> Result<Vec<Notification>> {
    let rows = sql!(
        "select id, kind, subject, details, path, created_at, read_at from notification \
         where person = $1 and team = $2 and ($3 = '' or id < $3) and ($4 = 0 or read_at is null) \
         order by id desc limit $5"
    )
    .bind(person)
    .bind(team)
    .bind(before.map(NotificationId::as_str).unwrap_or_default())
    .bind(i64::from(unread))
    .bind(limit.min(PAGE))
    .all(reader)
    .await?;
    let read = |row: &bulla_db::Row| {
        // A kind that a later version knew is left out.
        let Some(kind) = Kind::named(&row.text("kind")?) else { return Ok(None) };
        Ok(Some(Notification {
            id: NotificationId(row.text("id")?),
            kind,
            subject: row.text("subject")?,
            details: row.text("details")?,
            path: row.text_or_null("path")?,
            created_at: Moment(row.integer("created_at")?),
            read_at: row.integer_or_null("read_at")?.map(Moment),
        }))
    };
    rows.iter().map(read).filter_map(Result::transpose).collect()
}

/// How much of what `person` was told in `team` they have not read.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn unread(reader: Reader<'_>, team: &str, person: &PersonId) -> Result<i64> {
    let row = sql!("select count(*) as total from notification where person = $1 and team = $2 and read_at is null")
        .bind(person)
        .bind(team)
        .one(reader)
        .await?;
    Ok(row.integer("total")?)
}

/// Notes that `person` has read one notice.
///
/// # Errors
///
/// [`Error::NotFound`] if they have none with this id.
pub async fn read_one(change: &mut Change, person: &PersonId, id: &NotificationId) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    let found =
        sql!("update notification set read_at = coalesce(read_at, $1) where id = $2 and person = $3 and team = $4")
            .bind(now)
            .bind(id)
            .bind(person)
            .bind(&team)
            .execute(change.transaction())
            .await?;
    if found == 0 {
        return Err(Error::NotFound { what: "notification" });
    }
    change.about("notification", id);
    Ok(())
}

/// Notes that `person` has read all that they were told in the team of `change`.
///
/// # Errors
///
/// If the database refuses.
pub async fn read_all(change: &mut Change, person: &PersonId) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    let read = sql!("update notification set read_at = $1 where person = $2 and team = $3 and read_at is null")
        .bind(now)
        .bind(person)
        .bind(&team)
        .execute(change.transaction())
        .await?;
    change.number("unread", i64::try_from(read).ok(), Some(0));
    Ok(())
}

/// What somebody wants to be told of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationPreference)]
pub struct Preference {
    /// The kind.
    pub kind: Kind,
    /// What it is.
    pub title: &'static str,
    /// Whether it goes out whatever somebody wants, because it guards their account.
    pub mandatory: bool,
    /// In the app.
    pub in_app: bool,
    /// By mail.
    pub mail: bool,
}

impl Preference {
    fn wants(&self, channel: Channel) -> bool {
        match channel {
            Channel::InApp => self.in_app,
            Channel::Mail => self.mail,
        }
    }
}

/// What `person` wants to be told, kind by kind.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn preferences(place: Place<'_>, person: &PersonId) -> Result<Vec<Preference>> {
    let rows = sql!("select kind, channel, wanted from notification_preference where person = $1")
        .bind(person)
        .all(place)
        .await?;
    let mut said = Vec::with_capacity(rows.len());
    for row in &rows {
        said.push((row.text("kind")?, row.text("channel")?, row.claim("wanted")?));
    }
    let wants = |kind: Kind, channel: Channel| {
        let found = said.iter().find(|(of, by, _)| of == kind.name() && by == channel.name());
        kind.guards() || found.map_or(kind.usual(channel), |(.., wanted)| *wanted)
    };
    let preference = |kind: &Kind| Preference {
        kind: *kind,
        title: kind.title(),
        mandatory: kind.guards(),
        in_app: wants(*kind, Channel::InApp),
        mail: wants(*kind, Channel::Mail),
    };
    Ok(Kind::ALL.iter().map(preference).collect())
}

/// What somebody now wants of one kind by one channel.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = NotificationWish)]
pub struct Wish {
    /// The kind.
    pub kind: Kind,
    /// The channel.
    pub channel: Channel,
    /// Whether they want it.
    pub wanted: bool,
}

/// Changes what `person` wants to be told.
///
/// # Errors
///
/// [`Error::Invalid`] for something that guards the account and is not to be switched off.
pub async fn prefer(change: &mut Change, person: &PersonId, wishes: &[Wish]) -> Result<()> {
    let now = change.now;
    if wishes.len() > Kind::ALL.len() * Channel::ALL.len() {
        return Err(Error::invalid("/wishes", "say each kind and channel once"));
    }
    let before = preferences(change.transaction().into(), person).await?;
    for (index, wish) in wishes.iter().enumerate() {
        if wish.kind.guards() && !wish.wanted {
            let message = "this guards your account and cannot be switched off";
            return Err(Error::invalid(format!("/wishes/{index}/wanted"), message));
        }
        sql!(
            "insert into notification_preference (person, kind, channel, wanted, created_at) \
             values ($1, $2, $3, $4, $5) on conflict (person, kind, channel) do update set wanted = excluded.wanted"
        )
        .bind(person)
        .bind(wish.kind.name())
        .bind(wish.channel.name())
        .bind(wish.wanted)
        .bind(now)
        .execute(change.transaction())
        .await?;
        let was = before.iter().any(|found| found.kind == wish.kind && found.wants(wish.channel));
        let word = |wanted: bool| Some(if wanted { "on" } else { "off" });
        change.text(&format!("{}/{}", wish.kind.name(), wish.channel.name()), word(was), word(wish.wanted));
    }
    Ok(())
}

/// Forgets what is too old, until it is told to stop.
pub async fn keep_forgetting(door: Door, stop: CancellationToken) {
    loop {
        if let Err(error) = forget_old(&door, door.clock.now()).await {
            tracing::error!(%error, "old notifications were not removed");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Forgets what was told too long ago. Nobody did this, so it has no event.
///
/// # Errors
///
/// If the database refuses.
pub async fn forget_old(door: &Door, now: i64) -> Result<()> {
    let old = sql!("select id from notification where created_at <= $1 limit 1").bind(now - KEPT);
    if old.optional(door.reader()).await?.is_none() {
        return Ok(());
    }
    let mut transaction = door.database().begin().await?;
    sql!("delete from notification where created_at <= $1").bind(now - KEPT).execute(&mut transaction).await?;
    Ok(transaction.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_typed_turns_no_line_around() {
        assert_eq!(plain("Pay\r\nBcc: x\u{202e}gnp.exe\u{2066}", 50), "Pay  Bcc: xgnp.exe");
        let long = plain(&"x".repeat(10_000), SUBJECT);
        assert_eq!((long.chars().count(), long.ends_with('…')), (SUBJECT, true));
        assert_eq!(plain("exact", 5), "exact");
    }

    #[test]
    fn a_kind_is_known_by_its_name_on_the_wire() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(Kind::named(kind.name()), Some(*kind));
        }
    }
}
