//! Routes of copies.

use axum::http::StatusCode;
use bulla_access::Action;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Copied, CopiedContent};
use crate::app::App;
use crate::error::Result;
use crate::id::{CollectionId, EnvironmentId, WorkspaceId};
use crate::operation::Operation;
use crate::problem::{Json, Path, Problems};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(copy_collection))
        .routes(routes!(copy_environment))
        .routes(routes!(copy_workspace_content))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct CopyDestination {
    /// The workspace that the copy is made in.
    workspace_id: WorkspaceId,
}

/// Copy a collection into a workspace that you edit
///
/// Secret values go along if you may see them; of a public workspace of another team, what strangers see.
#[utoipa::path(post, path = "/api/collections/{id}/copy", tag = "collections", params(("id" = String, Path)),
    request_body = CopyDestination, responses((status = 201, body = Copied), Problems))]
async fn copy_collection(
    op: Operation,
    Path(id): Path<CollectionId>,
    Json(body): Json<CopyDestination>,
) -> Result<(StatusCode, Json<Copied>)> {
    let mut change = op.change(Action::CollectionCopy, &body.workspace_id).await?;
    let done = super::collection(&op, &mut change, &id).await;
    Ok((StatusCode::CREATED, Json(op.end(change, Action::CollectionCopy, done).await?)))
}

/// Copy an environment into a workspace that you edit
///
/// Secret values go along if you may see them; of a public workspace of another team, what strangers see.
#[utoipa::path(post, path = "/api/environments/{id}/copy", tag = "environments", params(("id" = String, Path)),
    request_body = CopyDestination, responses((status = 201, body = Copied), Problems))]
async fn copy_environment(
    op: Operation,
    Path(id): Path<EnvironmentId>,
    Json(body): Json<CopyDestination>,
) -> Result<(StatusCode, Json<Copied>)> {
    let mut change = op.change(Action::EnvironmentCopy, &body.workspace_id).await?;
    let done = super::environment(&op, &mut change, &id).await;
    Ok((StatusCode::CREATED, Json(op.end(change, Action::EnvironmentCopy, done).await?)))
}

/// Copy what is in a workspace into another one that you edit
///
/// Collections and environments, and the globals as an environment.
#[utoipa::path(post, path = "/api/workspaces/{id}/copy", tag = "workspaces", params(("id" = String, Path)),
    request_body = CopyDestination, responses((status = 201, body = CopiedContent), Problems))]
async fn copy_workspace_content(
    op: Operation,
    Path(id): Path<WorkspaceId>,
    Json(body): Json<CopyDestination>,
) -> Result<(StatusCode, Json<CopiedContent>)> {
    let mut change = op.change(Action::WorkspaceCopy, &body.workspace_id).await?;
    let done = super::content(&op, &mut change, &id).await;
    Ok((StatusCode::CREATED, Json(op.end(change, Action::WorkspaceCopy, done).await?)))
}
