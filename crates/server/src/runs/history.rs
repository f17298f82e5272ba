//! The history: what somebody sent and ran in a workspace, for that person alone.
//!
//! A line holds the request as it was typed and how it ended. No variable is resolved in it, and no header or body kept.

use bulla_access::Action;
use bulla_db::{Place, Reader, Row, sql};
use bulla_runner::Reason;
use serde::Serialize;

use super::reports::ReportFormat;
use crate::error::{Error, Result};
use crate::id::{CollectionId, ItemId, PersonId, RunId, WorkspaceId};
use crate::limits;
use crate::moment::Moment;
use crate::operation::Change;

/// Most lines of one page.
pub const PAGE: u32 = 200;
/// How long a line is kept, in milliseconds: 30 days.
pub const KEPT: i64 = 30 * 24 * 60 * 60 * 1000;
/// Longest address and method that a line keeps, in characters.
const URL: usize = 4096;
const METHOD: usize = 50;

/// Something that was sent or run.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// Its id: that of the run in its events.
    pub id: RunId,
    /// When it began.
    pub at: Moment,
    /// What it was.
    pub kind: RunKind,
    /// Of a request, as it was typed.
    #[schema(required)]
    pub method: Option<String>,
    /// Of a request, as it was typed: with its variables, not their values.
    #[schema(required)]
    pub url: Option<String>,
    /// The name of the request, collection or folder.
    pub name: String,
    /// The request or folder, if it was saved. It may be gone by now.
    #[schema(required)]
    pub item_id: Option<ItemId>,
    /// The collection, if it was in one. It may be gone by now.
    #[schema(required)]
    pub collection_id: Option<CollectionId>,
    /// The status of the answer to a request.
    #[schema(required)]
    pub status: Option<i64>,
    /// From its start to its end; null while it goes on, or if the server was killed meanwhile.
    #[schema(required)]
    pub duration_ms: Option<i64>,
    /// Assertions that held.
    pub passed: i64,
    /// Assertions that did not hold, scripts that broke off, and requests without an answer.
    pub failed: i64,
    /// The reports that are kept of a run.
    pub reports: Vec<ReportFormat>,
}

/// One request, or several of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RunKind {
    /// One request.
    Send,
    /// A collection, a folder, or chosen requests.
    Run,
}

impl RunKind {
    /// What one does by beginning it.
    pub fn action(self) -> Action {
        match self {
            Self::Send => Action::RequestSend,
            Self::Run => Action::RunStart,
        }
    }

    /// What the audit log calls its end.
    pub fn end(self) -> &'static str {
        match self {
            Self::Send => "request.finish",
            Self::Run => "run.finish",
        }
    }

    /// The word for it in the database and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Run => "run",
        }
    }
}

/// What a line says when it is begun.
pub struct Begun {
    /// One request, or several.
    pub kind: RunKind,
    /// The name of the request, collection or folder.
    pub name: String,
    /// Method and address of a request.
    pub request: Option<(String, String)>,
    /// The collection.
    pub collection: Option<CollectionId>,
    /// The request or folder.
    pub item: Option<ItemId>,
}

/// How it ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The status of the last answer.
    pub status: Option<u16>,
    /// Assertions that held.
    pub passed: u32,
    /// Everything that failed.
    pub failed: u64,
    /// In milliseconds.
    pub duration_ms: f64,
    /// Why it ended.
    pub reason: Reason,
}

/// Is this a line of that person?
///
/// # Errors
///
/// If the database cannot be read.
pub async fn is_own(place: Place<'_>, id: &RunId, (team, person): (&str, &PersonId)) -> Result<bool> {
    let row = sql!("select id from history_entry where id = $1 and person = $2 and team = $3")
        .bind(id)
        .bind(person)
        .bind(team)
        .optional(place)
        .await?;
    Ok(row.is_some())
}

/// The lines of a person in a workspace, newest first, from before `before` on, and whether there are more.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn list(
    reader: Reader<'_>,
    workspace: &WorkspaceId,
    person: &PersonId,
    before: Option<&RunId>,
    limit: u32,
) -> Result<(Vec<HistoryEntry>, bool)> {
    let rows = sql!(
        "select id, kind, name, method, url, collection, item, started_at, status, duration_ms, passed, failed, reports \
         from history_entry where workspace = $1 and person = $2 and id < $3 order by id desc limit $4"
    )
    .bind(workspace)
    .bind(person)
    // No id comes after this one.
    .bind(before.map_or("~", RunId::as_str))
    .bind(limit.saturating_add(1))
    .all(reader)
    .await?;
    let more = rows.len() > limit as usize;
    let entries = rows.iter().take(limit as usize).map(entry_in).collect::<Result<_>>()?;
    Ok((entries, more))
}

fn entry_in(row: &Row) -> Result<HistoryEntry> {
    Ok(HistoryEntry {
        id: RunId(row.text("id")?),
        at: Moment(row.integer("started_at")?),
        kind: if row.text("kind")? == RunKind::Run.name() { RunKind::Run } else { RunKind::Send },
        method: row.text_or_null("method")?,
        url: row.text_or_null("url")?,
        name: row.text("name")?,
        item_id: row.text_or_null("item")?.map(ItemId),
        collection_id: row.text_or_null("collection")?.map(CollectionId),
        status: row.integer_or_null("status")?,
        duration_ms: row.integer_or_null("duration_ms")?,
        passed: row.integer("passed")?,
        failed: row.integer("failed")?,
        reports: ReportFormat::listed(&row.text_or_null("reports")?.unwrap_or_default()),
    })
}

/// Begins a line, and drops those of the same person that are too old.
///
/// # Errors
///
/// If nobody is signed in, or the database refuses.
pub async fn begin(change: &mut Change, id: &RunId, begun: Begun) -> Result<()> {
    let (workspace, team) = (change.workspace()?.clone(), change.team().to_owned());
    let person = change.person().ok_or_else(|| Error::unexpected("a run without a person"))?;
    let Begun { kind, name, request, collection, item } = begun;
    let (method, url) = request.unzip();
    sql!("delete from history_entry where workspace = $1 and person = $2 and id < $3")
        .bind(&workspace)
        .bind(&person)
        // An id begins with the time it was made at.
        .bind(&RunId::new(change.now.saturating_sub(KEPT)))
        .execute(change.transaction())
        .await?;
    sql!(
        "insert into history_entry \
         (id, team, workspace, person, kind, name, method, url, collection, item, started_at, passed, failed) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0)"
    )
    .bind(id)
    .bind(&team)
    .bind(&workspace)
    .bind(&person)
    .bind(kind.name())
    .bind(limits::listed_name(&name))
    .bind(method.map(|method| limits::listed(&method, METHOD)))
    .bind(url.map(|url| limits::listed(&url, URL)))
    .bind(collection.as_ref().map(CollectionId::as_str))
    .bind(item.as_ref().map(ItemId::as_str))
    .bind(change.now)
    .execute(change.transaction())
    .await?;
    change.about("run", id);
    change.text("workspace", None, Some(workspace.as_str()));
    change.text("collection", None, collection.as_ref().map(CollectionId::as_str));
    change.text("item", None, item.as_ref().map(ItemId::as_str));
    Ok(())
}

/// Says how a line ended. Whoever cleared their history meanwhile does not get it back.
///
/// # Errors
///
/// If the database refuses.
pub async fn finish(change: &mut Change, id: &RunId, ended: &Ended) -> Result<()> {
    let failed = i64::try_from(ended.failed).unwrap_or(i64::MAX);
    #[expect(clippy::cast_possible_truncation, reason = "a duration in milliseconds")]
    let duration = ended.duration_ms.round() as i64;
    sql!(
        "update history_entry set finished_at = $1, status = $2, duration_ms = $3, passed = $4, failed = $5 \
         where id = $6"
    )
    .bind(change.now)
    .bind(ended.status.map(i64::from))
    .bind(duration)
    .bind(ended.passed)
    .bind(failed)
    .bind(id)
    .execute(change.transaction())
    .await?;
    change.number("status", None, ended.status.map(i64::from));
    change.number("passed", None, Some(i64::from(ended.passed)));
    change.number("failed", None, Some(failed));
    change.text("reason", None, Some(reason(ended.reason)));
    Ok(())
}

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Completed => "completed",
        Reason::Bailed => "bailed",
        Reason::Cancelled => "cancelled",
        Reason::TimedOut => "timedOut",
        Reason::Failed => "failed",
    }
}

/// Deletes every line of the actor in a workspace.
///
/// # Errors
///
/// If nobody is signed in, or the database refuses.
pub async fn clear(change: &mut Change) -> Result<()> {
    let workspace = change.workspace()?.clone();
    let person = change.person().ok_or_else(|| Error::unexpected("a history without a person"))?;
    let deleted = sql!("delete from history_entry where workspace = $1 and person = $2")
        .bind(&workspace)
        .bind(&person)
        .execute(change.transaction())
        .await?;
    change.number("entries", i64::try_from(deleted).ok(), Some(0));
    Ok(())
}

/// Deletes one line.
///
/// # Errors
///
/// If the database refuses.
pub async fn delete(change: &mut Change, id: &RunId) -> Result<()> {
    sql!("delete from history_entry where id = $1").bind(id).execute(change.transaction()).await?;
    Ok(())
}
