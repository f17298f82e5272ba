//! Routes of the trash.

use axum::http::StatusCode;
use bulla_access::Action;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Entry, Kind};
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{TrashId, WorkspaceId};
use crate::operation::{About, Operation};
use crate::problem::{Json, Path, Problems, Query};
use crate::workspaces;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_deleted_workspaces))
        .routes(routes!(list_trash))
        .routes(routes!(restore_deleted))
        .routes(routes!(purge_deleted))
}

/// Entries of one page if nothing is said, and at most.
const PAGE: (i64, i64) = (50, 200);

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// Where to go on: `next` of the page before.
    after: Option<TrashId>,
    /// At most so many, 50 if nothing is said, up to 200.
    limit: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Trash {
    /// Deleted last first.
    items: Vec<Entry>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<TrashId>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Restored {
    /// Its id: the one it always had.
    id: TrashId,
    kind: Kind,
    /// The workspace that it is in, or is.
    workspace_id: WorkspaceId,
}

/// List the workspaces that were deleted and that you may restore
#[utoipa::path(get, path = "/api/trash", tag = "trash", responses((status = 200, body = Trash), Problems))]
async fn list_deleted_workspaces(op: Operation) -> Result<Json<Trash>> {
    let read = op.read(Action::DeletedWorkspaceList, About::Team).await?;
    let mut items = Vec::new();
    for workspace in workspaces::restorable(read.reader(), op.actor(), op.signed_in().plan).await? {
        items.extend(super::workspace_entry(read.reader(), &workspace.id).await?);
    }
    items.sort_by_key(|entry| std::cmp::Reverse(entry.deleted_at));
    Ok(Json(Trash { items, next: None }))
}

/// List what was deleted in a workspace
#[utoipa::path(get, path = "/api/workspaces/{id}/trash", tag = "trash", params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Trash), Problems))]
async fn list_trash(op: Operation, Path(id): Path<WorkspaceId>, Query(query): Query<PageQuery>) -> Result<Json<Trash>> {
    let read = op.read(Action::TrashList, &id).await?;
    let limit = query.limit.unwrap_or(PAGE.0).clamp(1, PAGE.1);
    let (items, more) = super::in_workspace(read.reader(), &id, query.after.as_ref(), limit).await?;
    let next = items.last().filter(|_| more).map(|entry| entry.id.clone());
    Ok(Json(Trash { items, next }))
}

/// What is asked of whoever restores this, or deletes it for good.
async fn asked(op: &Operation, id: &TrashId, workspace: Action, element: Action) -> Result<Action> {
    let found = super::deleted(op.reader().into(), id).await?;
    let found = found.ok_or(Error::NotFound { what: About::Trashed(id).kind() })?;
    Ok(if found.kind == Kind::Workspace { workspace } else { element })
}

/// Restore what was deleted
///
/// It comes back as it was, with everything in it and the roles of everybody. A folder or request whose folder is gone
/// comes to the top of its collection.
#[utoipa::path(post, path = "/api/trash/{id}/restore", tag = "trash", params(("id" = String, Path)),
    responses((status = 200, body = Restored), Problems))]
async fn restore_deleted(op: Operation, Path(id): Path<TrashId>) -> Result<Json<Restored>> {
    let action = asked(&op, &id, Action::WorkspaceRestore, Action::TrashRestore).await?;
    let mut change = op.change(action, &id).await?;
    let found = super::restore(&mut change, &id).await?;
    change.commit().await?;
    Ok(Json(Restored { id, kind: found.kind, workspace_id: found.workspace }))
}

/// Delete something for good that was deleted before
#[utoipa::path(delete, path = "/api/trash/{id}", tag = "trash", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn purge_deleted(op: Operation, Path(id): Path<TrashId>) -> Result<StatusCode> {
    let action = asked(&op, &id, Action::WorkspacePurge, Action::TrashPurge).await?;
    let mut change = op.change(action, &id).await?;
    super::purge(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
