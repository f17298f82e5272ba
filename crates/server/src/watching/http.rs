//! Routes of watching.

use axum::http::StatusCode;
use bulla_access::Action;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Watched, Watching};
use crate::app::App;
use crate::error::Result;
use crate::id::{CollectionId, WorkspaceId};
use crate::operation::Operation;
use crate::problem::{Json, Path, Problems};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read_workspace_watch, watch_workspace, unwatch_workspace)).routes(routes!(
        read_collection_watch,
        watch_collection,
        unwatch_collection
    ))
}

/// See whether you watch a workspace
#[utoipa::path(get, path = "/api/workspaces/{id}/watch", tag = "workspaces", params(("id" = String, Path)),
    responses((status = 200, body = Watching), Problems))]
async fn read_workspace_watch(op: Operation, Path(id): Path<WorkspaceId>) -> Result<Json<Watching>> {
    let read = op.read(Action::WatchRead, &id).await?;
    let watched = Watched { workspace: &id, collection: None };
    Ok(Json(super::watching(read.reader(), watched, op.person()).await?))
}

/// Watch a workspace: you are told of what others change in it
#[utoipa::path(put, path = "/api/workspaces/{id}/watch", tag = "workspaces", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn watch_workspace(op: Operation, Path(id): Path<WorkspaceId>) -> Result<StatusCode> {
    let mut change = op.change(Action::WatchCreate, &id).await?;
    super::watch(&mut change, Watched { workspace: &id, collection: None }, op.person()).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Watch a workspace no more
#[utoipa::path(delete, path = "/api/workspaces/{id}/watch", tag = "workspaces", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn unwatch_workspace(op: Operation, Path(id): Path<WorkspaceId>) -> Result<StatusCode> {
    let mut change = op.change(Action::WatchDelete, &id).await?;
    super::unwatch(&mut change, Watched { workspace: &id, collection: None }, op.person()).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// See whether you watch a collection
#[utoipa::path(get, path = "/api/collections/{id}/watch", tag = "collections", params(("id" = String, Path)),
    responses((status = 200, body = Watching), Problems))]
async fn read_collection_watch(op: Operation, Path(id): Path<CollectionId>) -> Result<Json<Watching>> {
    let read = op.read(Action::WatchRead, &id).await?;
    let watched = Watched { workspace: read.workspace()?, collection: Some(&id) };
    Ok(Json(super::watching(read.reader(), watched, op.person()).await?))
}

/// Watch a collection: you are told of what others change in it
#[utoipa::path(put, path = "/api/collections/{id}/watch", tag = "collections", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn watch_collection(op: Operation, Path(id): Path<CollectionId>) -> Result<StatusCode> {
    let mut change = op.change(Action::WatchCreate, &id).await?;
    let workspace = change.workspace()?.clone();
    super::watch(&mut change, Watched { workspace: &workspace, collection: Some(&id) }, op.person()).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Watch a collection no more
#[utoipa::path(delete, path = "/api/collections/{id}/watch", tag = "collections", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn unwatch_collection(op: Operation, Path(id): Path<CollectionId>) -> Result<StatusCode> {
    let mut change = op.change(Action::WatchDelete, &id).await?;
    let workspace = change.workspace()?.clone();
    super::unwatch(&mut change, Watched { workspace: &workspace, collection: Some(&id) }, op.person()).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
