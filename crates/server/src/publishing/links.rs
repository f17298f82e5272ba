//! Links by which a collection can be read: by the people of its team, or by anybody.
//!
//! A link shows what strangers see of a public workspace, of one collection. Its secret stands behind the `#` of its address,
//! which browsers send to nobody, and its hash alone is stored. It holds until it ends or is deleted, and only as long as
//! whoever made it may still make such a one. Where a Community Manager approves what strangers see, a link for anybody is
//! made by those alone who need no approval.

use bulla_access::{Action, Audience, Object, decide};
use bulla_db::{Place, Reader, Row, Transaction, sql};
use serde::{Deserialize, Serialize};

use crate::collections;
use crate::collections::PublicCollection;
use crate::error::{Error, Result};
use crate::id::{CollectionId, PersonId, ShareLinkId, WorkspaceId};
use crate::identity::{self, DAY, Token, token_hash};
use crate::mail::Post;
use crate::moment::Moment;
use crate::operation::{Change, Operation, Visitor, network_of};
use crate::workspaces::{self, visibility};

/// Days that a link may hold.
pub const DAYS: std::ops::RangeInclusive<i64> = 1..=365;
/// Most links of a collection that hold at a time.
const LINKS: i64 = 50;
/// For how long the log does not say again that the same reader opens a link, in milliseconds.
pub const TOLD: i64 = 60 * 60 * 1000;
/// Readers who are not named in the log that it tells of within that time, of one link.
pub const STRANGERS: i64 = 20;

/// Who may read by a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OpenTo {
    /// The people of the team.
    Team,
    /// The people of every team on the instance, and whoever is not signed in where the instance lets them in.
    Anybody,
}

impl OpenTo {
    fn name(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Anybody => "anybody",
        }
    }

    fn named(name: &str) -> Result<Self> {
        [Self::Team, Self::Anybody]
            .into_iter()
            .find(|audience| audience.name() == name)
            .ok_or_else(|| Error::unexpected(format!("unknown audience {name} of a link")))
    }

    /// What whoever makes such a link must be allowed to do.
    pub(crate) fn action(self) -> Action {
        match self {
            Self::Team => Action::ShareLinkCreate,
            Self::Anybody => Action::OpenLinkCreate,
        }
    }
}

/// A link, without its secret.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShareLink {
    /// Its id.
    pub id: ShareLinkId,
    /// Who may read by it.
    pub open_to: OpenTo,
    /// Who made it; absent if they left the team, with which it is dead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Moment,
    /// When it ends.
    pub expires_at: Moment,
    /// How often it was opened.
    pub uses: i64,
    /// When it was opened last; null if never.
    #[schema(required)]
    pub used_at: Option<Moment>,
}

/// A link with its address, which is shown once.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewShareLink {
    /// What a list has of it.
    pub link: ShareLink,
    /// Where it leads. Whoever has it can read the collection, as far as the link is for them.
    pub url: String,
}

/// What a link leads to.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Shared {
    /// The collection.
    pub collection: PublicCollection,
    /// Its folders, requests and examples.
    pub item_count: i64,
    /// The name of the team that it belongs to.
    pub team_name: String,
    /// When the link ends.
    pub expires_at: Moment,
}

/// What a reader shows of a link: the hash of its secret. It has no `Debug`, and is in no log.
pub struct LinkKey {
    hash: Vec<u8>,
    now: i64,
}

impl LinkKey {
    /// The key of the link with this secret, if it still holds at `now`.
    pub fn of(secret: &str, now: i64) -> Self {
        Self { hash: token_hash(secret), now }
    }
}

/// Where a link that holds leads.
pub(crate) struct Holding {
    /// What it opens.
    pub collection: CollectionId,
    /// The workspace that this is in.
    pub workspace: WorkspaceId,
    /// As a decision sees it.
    pub object: Object,
}

/// The link that holds and has this key, if there is one.
///
/// # Errors
///
/// If the database cannot be read.
pub(crate) async fn holding(mut place: Place<'_>, key: &LinkKey) -> Result<Option<Holding>> {
    let row = sql!(
        "select team, collection, audience, created_by from share_link \
         where token = $1 and deleted_at is null and expires_at > $2"
    )
    .bind(key.hash.clone())
    .bind(key.now)
    .optional(place.again())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (team, audience) = (row.text("team")?, OpenTo::named(&row.text("audience")?)?);
    let collection = CollectionId(row.text("collection")?);
    let maker = PersonId(row.text("created_by")?);
    let Some(workspace) = collections::workspace_of(place.again(), &collection).await? else { return Ok(None) };
    let object = workspaces::object(place.again(), &workspace, Some(collection.as_str()), &maker).await?;
    let Some(object) = object else { return Ok(None) };
    // Whoever left the team may make no links there any more.
    let Some((maker, plan)) = identity::actor_of(place.again(), &team, &maker).await? else { return Ok(None) };
    // Asked each time: a workspace that was public when the link was made may be closed since.
    let shown = match audience {
        OpenTo::Team => true,
        OpenTo::Anybody => visibility::may_be_shown(place.again(), &maker, plan, &workspace).await?,
    };
    if !shown || !decide(&maker, audience.action(), &object, plan).allowed {
        return Ok(None);
    }
    let audience = match audience {
        OpenTo::Team => Audience::Team,
        OpenTo::Anybody => Audience::Anybody,
    };
    Ok(Some(Holding { collection, workspace, object: Object::Link { team, audience } }))
}

fn link_in(row: &Row) -> Result<ShareLink> {
    Ok(ShareLink {
        id: ShareLinkId(row.text("id")?),
        open_to: OpenTo::named(&row.text("audience")?)?,
        created_by: row.text_or_null("maker")?,
        created_at: Moment(row.integer("created_at")?),
        expires_at: Moment(row.integer("expires_at")?),
        uses: row.integer("uses")?,
        used_at: row.integer_or_null("used_at")?.map(Moment),
    })
}

/// The links to a collection that hold, the newest first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn list(reader: Reader<'_>, collection: &CollectionId, now: i64) -> Result<Vec<ShareLink>> {
    sql!(
        "select share_link.id as id, audience, member.name as maker, created_at, expires_at, uses, used_at \
         from share_link left join member on member.person = share_link.created_by and member.team = share_link.team \
         where collection = $1 and deleted_at is null and expires_at > $2 order by share_link.id desc"
    )
    .bind(collection)
    .bind(now)
    .all(reader)
    .await?
    .iter()
    .map(link_in)
    .collect()
}

/// A link in the list of a team.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TeamShareLink {
    /// What the list of its collection has of it.
    #[serde(flatten)]
    pub link: ShareLink,
    /// The collection that it opens.
    pub collection_id: CollectionId,
    /// Its name.
    pub collection_name: String,
    /// The name of the workspace that this is in; null while it is in the trash, where no link leads.
    #[schema(required)]
    pub workspace_name: Option<String>,
}

/// Most links on one page of a team's list.
pub const PAGE: i64 = 100;

/// The links of a team that hold, the newest first, behind the one with the id `after`; and where the next page begins.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn of_team(
    reader: Reader<'_>,
    team: &str,
    after: Option<&str>,
    now: i64,
) -> Result<(Vec<TeamShareLink>, Option<ShareLinkId>)> {
    let mut rows = sql!(
        "select share_link.id as id, collection, audience, member.name as maker, created_at, expires_at, uses, used_at \
         from share_link left join member on member.person = share_link.created_by and member.team = share_link.team \
         where share_link.team = $1 and deleted_at is null and expires_at > $2 and ($3 = '' or share_link.id < $3) \
         order by share_link.id desc limit $4"
    )
    .bind(team)
    .bind(now)
    .bind(after.unwrap_or_default())
    .bind(PAGE + 1)
    .all(reader)
    .await?;
    let more = i64::try_from(rows.len()).unwrap_or(i64::MAX) > PAGE;
    if more {
        rows.pop();
    }
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        let collection_id = CollectionId(row.text("collection")?);
        let workspace_name = match collections::workspace_of(reader.into(), &collection_id).await? {
            Some(workspace) => Some(workspaces::name_of(reader.into(), &workspace).await?),
            None => None,
        };
        items.push(TeamShareLink {
            link: link_in(row)?,
            collection_name: collections::name_of(reader.into(), &collection_id).await?.unwrap_or_default(),
            collection_id,
            workspace_name,
        });
    }
    let next = items.last().filter(|_| more).map(|last| last.link.id.clone());
    Ok((items, next))
}

/// Deletes a link of the team of `change`, whoever made it: it is dead at once.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn delete_of_team(change: &mut Change, id: &ShareLinkId) -> Result<()> {
    let (now, team) = (change.now, change.team().to_owned());
    let gone = sql!(
        "update share_link set deleted_at = $1 where id = $2 and team = $3 and deleted_at is null returning collection"
    )
    .bind(now)
    .bind(id)
    .bind(team)
    .optional(change.transaction())
    .await?
    .ok_or(Error::NotFound { what: "link" })?;
    change.about("collection", gone.text("collection")?);
    change.text("link", Some(id.as_str()), None);
    Ok(())
}

/// Makes a link to a collection that holds for `days`.
///
/// # Errors
///
/// [`Error::Forbidden`] for one that is open to anybody where that has to be approved, [`Error::Invalid`] for days that
/// there are not, [`Error::Conflict`] if there are too many.
pub async fn create(
    change: &mut Change,
    op: &Operation,
    post: &Post,
    collection: &CollectionId,
    open_to: OpenTo,
    days: i64,
) -> Result<NewShareLink> {
    if !DAYS.contains(&days) {
        let message = format!("must be between {} and {}", DAYS.start(), DAYS.end());
        return Err(Error::invalid("/days", message));
    }
    let workspace = change.workspace()?.clone();
    if open_to == OpenTo::Anybody
        && !visibility::may_be_shown(change.transaction().into(), op.actor(), op.signed_in().plan, &workspace).await?
    {
        let because = "a Community Manager of your team approves what strangers see: ask to make the workspace public, or \
                       make a link for your team";
        return Err(Error::Forbidden { because: because.to_owned() });
    }
    let (team, now) = (change.team().to_owned(), change.now);
    let held = sql!(
        "select count(*) as total from share_link where collection = $1 and deleted_at is null and expires_at > $2"
    )
    .bind(collection)
    .bind(now)
    .one(change.transaction())
    .await?
    .integer("total")?;
    if held >= LINKS {
        let detail = format!("the collection has {held} links, and no more are allowed; delete some first");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    let (id, token) = (ShareLinkId::new(now), Token::random()?);
    sql!(
        "insert into share_link (id, team, collection, token, audience, created_by, created_at, expires_at, uses) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, 0)"
    )
    .bind(&id)
    .bind(&team)
    .bind(collection)
    .bind(token_hash(token.expose()))
    .bind(open_to.name())
    .bind(op.person())
    .bind(now)
    .bind(now + days * DAY)
    .execute(change.transaction())
    .await?;
    change.text("link", None, Some(id.as_str()));
    change.text("openTo", None, Some(open_to.name()));
    change.number("days", None, Some(days));
    let maker = identity::member(change.transaction().into(), &team, op.person()).await?;
    let link = ShareLink {
        id,
        open_to,
        created_by: maker.map(|person| person.name),
        created_at: Moment(now),
        expires_at: Moment(now + days * DAY),
        uses: 0,
        used_at: None,
    };
    Ok(NewShareLink { link, url: format!("{}#{}", post.page("/shared"), token.expose()) })
}

/// Deletes a link to a collection: it is dead at once.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn delete(change: &mut Change, collection: &CollectionId, id: &ShareLinkId) -> Result<()> {
    let now = change.now;
    let gone = sql!("update share_link set deleted_at = $1 where id = $2 and collection = $3 and deleted_at is null")
        .bind(now)
        .bind(id)
        .bind(collection)
        .execute(change.transaction())
        .await?;
    if gone == 0 {
        return Err(Error::NotFound { what: "link" });
    }
    change.text("link", Some(id.as_str()), None);
    Ok(())
}

/// Opens a link: what it leads to, and one more use of it. Somebody of another team is not named in the log of this one.
///
/// Every use is counted. An event says that somebody opens a link, and how often it was opened so far, once in an hour for each
/// reader and for so many [strangers](STRANGERS).
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such link, it has ended or was deleted, or it is not for whoever opens it: which of
/// them is not told.
pub async fn open(visitor: &Visitor, key: &LinkKey) -> Result<Shared> {
    let read = visitor.read(Action::ShareLinkUse, key).await?;
    let row = sql!("select id, collection, expires_at from share_link where token = $1")
        .bind(key.hash.clone())
        .one(read.reader())
        .await?;
    let (id, opens) = (row.text("id")?, CollectionId(row.text("collection")?));
    let team = read.team()?;
    let sealing = read.key(team).await?;
    let collection = collections::public_collection(read.reader().into(), &sealing, &opens).await?;
    let shared = Shared {
        item_count: collections::item_count(read.reader(), &opens).await?,
        team_name: identity::team(read.reader().into(), team).await?.name,
        expires_at: Moment(row.integer("expires_at")?),
        collection,
    };
    let reader = Opener::of(visitor, team);
    if !reader.is_news(read.reader(), &id, key.now).await? {
        // No change of anybody's that the log does not tell of already, so it has no event.
        let mut transaction = visitor.door().database().begin().await?;
        count(&mut transaction, &id, key.now).await?;
        transaction.commit().await?;
        return Ok(shared);
    }
    let target = bulla_audit::Target { kind: "collection".to_owned(), id: opens.0 };
    let mut change = visitor.leaves_a_trace(&read, Action::ShareLinkUse, target).await?;
    let uses = count(change.transaction(), &id, key.now).await?;
    reader.note(change.transaction(), (&id, team), key.now).await?;
    change.text("link", None, Some(&id));
    change.number("uses", None, Some(uses));
    change.commit().await?;
    Ok(shared)
}

/// Counts one use of a link, and returns how many there are.
async fn count(transaction: &mut Transaction, link: &str, now: i64) -> Result<i64> {
    let row = sql!("update share_link set uses = uses + 1, used_at = $1 where id = $2 returning uses")
        .bind(now)
        .bind(link)
        .one(transaction)
        .await?;
    Ok(row.integer("uses")?)
}

/// Somebody who opens a link, as it is remembered for a while that the log says so.
struct Opener {
    /// A hash of the person, or of the network of somebody who is not named in the log.
    hash: Vec<u8>,
    is_named: bool,
}

impl Opener {
    fn of(visitor: &Visitor, team: &str) -> Self {
        let (kind, who) = match visitor.named_in(team) {
            Some(person) => ("person", person.0.clone()),
            None => ("network", visitor.origin().address.as_deref().map(network_of).unwrap_or_default()),
        };
        Self { hash: token_hash(&format!("{kind} {who}")), is_named: kind == "person" }
    }

    /// Is it a while ago, if ever, that the log said that they open this link?
    async fn is_news(&self, reader: Reader<'_>, link: &str, now: i64) -> Result<bool> {
        let row = sql!(
            "select coalesce(sum(case when reader = $1 then 1 else 0 end), 0) as known, \
             coalesce(sum(case when named = 0 then 1 else 0 end), 0) as strangers \
             from share_link_reader where link = $2 and told_at > $3"
        )
        .bind(&self.hash[..])
        .bind(link)
        .bind(now - TOLD)
        .one(reader)
        .await?;
        Ok(row.integer("known")? == 0 && (self.is_named || row.integer("strangers")? < STRANGERS))
    }

    /// Notes that the log says that they open this link.
    async fn note(&self, transaction: &mut Transaction, (link, team): (&str, &str), now: i64) -> Result<()> {
        sql!("delete from share_link_reader where told_at <= $1").bind(now - TOLD).execute(transaction).await?;
        sql!(
            "insert into share_link_reader (link, reader, team, named, told_at) values ($1, $2, $3, $4, $5) \
             on conflict (link, reader) do update set told_at = excluded.told_at"
        )
        .bind(link)
        .bind(&self.hash[..])
        .bind(team)
        .bind(self.is_named)
        .bind(now)
        .execute(transaction)
        .await?;
        Ok(())
    }
}
