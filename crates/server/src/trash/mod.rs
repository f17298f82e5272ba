//! The trash: what was deleted, for as long as it can be restored.
//!
//! What is in it stays sealed in the table of its capability and is nowhere else: no list has it, no limit counts it, and
//! whoever asks for it is told that there is no such thing. Roles stay with it, so that a restored thing is as it was.
//! After [`KEPT`] it is deleted for good, by the server itself.

pub mod http;

use std::time::Duration;

use bulla_audit::Target;
use bulla_db::{Place, Reader, Row, sql};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use crate::id::{CollectionId, EnvironmentId, ItemId, PersonId, TrashId, WorkspaceId};
use crate::identity::DAY;
use crate::moment::Moment;
use crate::operation::{Change, Door};
use crate::{collections, environments, workspaces};

/// How long what was deleted can be restored, in milliseconds.
pub const KEPT: i64 = 30 * DAY;
/// How often it is looked whether something is too old.
const LOOK: Duration = Duration::from_secs(60 * 60);
/// Most things that are looked at before others may write.
const AT_ONCE: i64 = 100;

/// What was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TrashKind)]
pub enum Kind {
    /// A workspace with everything in it.
    Workspace,
    /// A collection with everything in it.
    Collection,
    /// An environment.
    Environment,
    /// A folder with everything in it.
    Folder,
    /// A request with its examples.
    Request,
    /// A saved answer.
    Example,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Workspace, Self::Collection, Self::Environment, Self::Folder, Self::Request, Self::Example];

    fn name(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Collection => "collection",
            Self::Environment => "environment",
            Self::Folder => "folder",
            Self::Request => "request",
            Self::Example => "example",
        }
    }

    fn named(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| Error::unexpected(format!("unknown kind of deleted thing {name}")))
    }

    /// The word for it in the audit log, which knows folders, requests and examples as items.
    fn target(self) -> &'static str {
        match self {
            Self::Folder | Self::Request | Self::Example => "item",
            other => other.name(),
        }
    }
}

/// Something that is being deleted.
pub struct Deleted<'d> {
    /// Its id.
    pub id: &'d str,
    /// The workspace that it is in, or is.
    pub workspace: &'d WorkspaceId,
    /// The collection or environment by whose roles it is decided who may restore it; `None` for a workspace.
    pub element: Option<&'d str>,
    /// Its name.
    pub name: &'d str,
}

/// Something in the trash.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TrashEntry)]
pub struct Entry {
    /// Its own id.
    pub id: TrashId,
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Who deleted it; absent if they left the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub deleted_by: Option<String>,
    /// When it was deleted.
    pub deleted_at: Moment,
    /// When it is deleted for good.
    pub gone_at: Moment,
}

/// Where something in the trash belongs.
pub struct Whereabouts {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The workspace that it is in, or is.
    pub workspace: WorkspaceId,
    /// The collection or environment by whose roles it is decided who may restore it; `None` for a workspace.
    pub element: Option<String>,
}

/// Puts something into the trash that its own capability hides in the same change.
///
/// # Errors
///
/// If the database refuses.
pub async fn put(change: &mut Change, kind: Kind, deleted: &Deleted<'_>) -> Result<()> {
    let (team, person) = (change.team().to_owned(), change.person());
    sql!(
        "insert into trash (id, team, workspace, element, kind, name, deleted_by, deleted_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .bind(deleted.id)
    .bind(&team)
    .bind(deleted.workspace)
    .bind(deleted.element)
    .bind(kind.name())
    .bind(deleted.name)
    .bind(person.as_ref().map(PersonId::as_str))
    .bind(change.now)
    .execute(change.transaction())
    .await?;
    Ok(())
}

/// Where this belongs, if it is in the trash and can be restored by itself: what is in something that was deleted later
/// has to wait for that.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn deleted(place: Place<'_>, id: &TrashId) -> Result<Option<Whereabouts>> {
    let row = sql!(
        "select kind, name, workspace, element from trash where id = $1 and not exists (\
         select 1 from trash above where above.id = trash.element and above.id <> trash.id)"
    )
    .bind(id)
    .optional(place)
    .await?;
    row.map(|row| whereabouts(&row)).transpose()
}

fn whereabouts(row: &Row) -> Result<Whereabouts> {
    Ok(Whereabouts {
        kind: Kind::named(&row.text("kind")?)?,
        name: row.text("name")?,
        workspace: WorkspaceId(row.text("workspace")?),
        element: row.text_or_null("element")?,
    })
}

/// A page of what was deleted in a workspace and can be restored, deleted last first, from before `before` on, and
/// whether there is more.
///
/// # Errors
///
/// [`Error::Invalid`] for a page that begins after nothing.
pub async fn in_workspace(
    reader: Reader<'_>,
    workspace: &WorkspaceId,
    after: Option<&TrashId>,
    limit: i64,
) -> Result<(Vec<Entry>, bool)> {
    let (mut at, mut id) = (i64::MAX, String::new());
    if let Some(after) = after {
        let row = sql!("select deleted_at from trash where id = $1 and workspace = $2")
            .bind(after)
            .bind(workspace)
            .optional(reader)
            .await?
            .ok_or_else(|| Error::invalid("/after", "is no longer in the trash; begin with the first page"))?;
        (at, id) = (row.integer("deleted_at")?, after.0.clone());
    }
    let rows = sql!(
        "select trash.id as id, trash.kind as kind, trash.name as name, trash.deleted_at as deleted_at, \
         member.name as deleted_by from trash \
         left join member on member.person = trash.deleted_by and member.team = trash.team \
         where trash.workspace = $1 and trash.element is not null and not exists (\
         select 1 from trash above where above.id = trash.element and above.id <> trash.id) \
         and (trash.deleted_at < $2 or (trash.deleted_at = $2 and trash.id < $3)) \
         order by trash.deleted_at desc, trash.id desc limit $4"
    )
    .bind(workspace)
    .bind(at)
    .bind(&id)
    .bind(limit + 1)
    .all(reader)
    .await?;
    let shown = usize::try_from(limit).unwrap_or_default();
    let items = rows.iter().take(shown).map(entry_in).collect::<Result<_>>()?;
    Ok((items, rows.len() > shown))
}

/// The workspace with this id as the trash has it.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn workspace_entry(reader: Reader<'_>, id: &WorkspaceId) -> Result<Option<Entry>> {
    let row = sql!(
        "select trash.id as id, trash.kind as kind, trash.name as name, trash.deleted_at as deleted_at, \
         member.name as deleted_by from trash \
         left join member on member.person = trash.deleted_by and member.team = trash.team where trash.id = $1"
    )
    .bind(id)
    .optional(reader)
    .await?;
    row.map(|row| entry_in(&row)).transpose()
}

fn entry_in(row: &Row) -> Result<Entry> {
    let at = row.integer("deleted_at")?;
    Ok(Entry {
        id: TrashId(row.text("id")?),
        kind: Kind::named(&row.text("kind")?)?,
        name: row.text("name")?,
        deleted_by: row.text_or_null("deleted_by")?,
        deleted_at: Moment(at),
        gone_at: Moment(at.saturating_add(KEPT)),
    })
}

/// Puts something back as it was, with its roles.
///
/// # Errors
///
/// [`Error::Conflict`] if there is no room for it.
pub async fn restore(change: &mut Change, id: &TrashId) -> Result<Whereabouts> {
    let found = whereabouts_of(change, id).await?;
    match found.kind {
        Kind::Workspace => workspaces::restore(change, &found.workspace).await?,
        Kind::Collection => collections::restore(change, &CollectionId(id.0.clone())).await?,
        Kind::Environment => environments::restore(change, &EnvironmentId(id.0.clone())).await?,
        Kind::Folder | Kind::Request | Kind::Example => {
            collections::restore_item(change, &ItemId(id.0.clone())).await?;
        }
    }
    sql!("delete from trash where id = $1").bind(id).execute(change.transaction()).await?;
    change.about(found.kind.target(), id);
    change.text("name", None, Some(&found.name));
    Ok(found)
}

/// Deletes something in the trash for good.
///
/// # Errors
///
/// [`Error::NotFound`] if it is not there any more.
pub async fn purge(change: &mut Change, id: &TrashId) -> Result<()> {
    let found = whereabouts_of(change, id).await?;
    // Before its workspace, whose rows here go with it.
    sql!("delete from trash where id = $1 or element = $1").bind(id).execute(change.transaction()).await?;
    match found.kind {
        Kind::Workspace => workspaces::purge(change, &found.workspace).await?,
        Kind::Collection => collections::purge(change, &found.workspace, &CollectionId(id.0.clone())).await?,
        Kind::Environment => environments::purge(change, &found.workspace, &EnvironmentId(id.0.clone())).await?,
        Kind::Folder | Kind::Request | Kind::Example => {
            collections::purge_item(change, &ItemId(id.0.clone())).await?;
        }
    }
    change.about(found.kind.target(), id);
    change.text("name", Some(&found.name), None);
    Ok(())
}

/// Takes what was deleted in an element along to the workspace that the element is moved to.
///
/// # Errors
///
/// If the database refuses.
pub async fn moved(change: &mut Change, element: &str, to: &WorkspaceId) -> Result<()> {
    sql!("update trash set workspace = $1 where element = $2")
        .bind(to)
        .bind(element)
        .execute(change.transaction())
        .await?;
    Ok(())
}

async fn whereabouts_of(change: &mut Change, id: &TrashId) -> Result<Whereabouts> {
    let row = sql!("select kind, name, workspace, element from trash where id = $1")
        .bind(id)
        .optional(change.transaction())
        .await?
        .ok_or(Error::NotFound { what: "deleted element" })?;
    whereabouts(&row)
}

/// Deletes for good what is too old, until it is told to stop.
pub async fn keep_emptying(door: Door, stop: CancellationToken) {
    loop {
        if let Err(error) = empty(&door, door.clock.now()).await {
            tracing::error!(%error, "what was deleted long ago is still in the trash");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Deletes for good what was deleted longer than [`KEPT`] before `now`, each in a change of its own, and returns how many
/// there were.
///
/// # Errors
///
/// If the database refuses.
pub async fn empty(door: &Door, now: i64) -> Result<usize> {
    let mut gone = 0;
    loop {
        let rows = sql!("select id, team, kind from trash where deleted_at < $1 order by deleted_at, id limit $2")
            .bind(now.saturating_sub(KEPT))
            .bind(AT_ONCE)
            .all(door.reader())
            .await?;
        if rows.is_empty() {
            return Ok(gone);
        }
        for row in rows {
            let (id, kind) = (TrashId(row.text("id")?), Kind::named(&row.text("kind")?)?);
            let target = Target { kind: kind.target().to_owned(), id: id.0.clone() };
            let mut change = door.system(&row.text("team")?, "trash.expire", target).await?;
            match purge(&mut change, &id).await {
                Ok(()) => {
                    change.commit().await?;
                    gone += 1;
                }
                // It went with what it was in, or somebody restored it.
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
