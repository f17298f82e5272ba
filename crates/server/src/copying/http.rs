//! Routes of copies.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Copied, CopiedContent, Copier};
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
    State(copier): State<Copier>,
    Path(id): Path<CollectionId>,
    Json(body): Json<CopyDestination>,
) -> Result<(StatusCode, Json<Copied>)> {
    Ok((StatusCode::CREATED, Json(super::collection(&op, &copier, &id, &body.workspace_id).await?)))
}

/// Copy an environment into a workspace that you edit
///
/// Secret values go along if you may see them; of a public workspace of another team, what strangers see.
#[utoipa::path(post, path = "/api/environments/{id}/copy", tag = "environments", params(("id" = String, Path)),
    request_body = CopyDestination, responses((status = 201, body = Copied), Problems))]
async fn copy_environment(
    op: Operation,
    State(copier): State<Copier>,
    Path(id): Path<EnvironmentId>,
    Json(body): Json<CopyDestination>,
) -> Result<(StatusCode, Json<Copied>)> {
    Ok((StatusCode::CREATED, Json(super::environment(&op, &copier, &id, &body.workspace_id).await?)))
}

/// Copy what is in a workspace into another one that you edit
///
/// Collections and environments, and the globals as an environment.
#[utoipa::path(post, path = "/api/workspaces/{id}/copy", tag = "workspaces", params(("id" = String, Path)),
    request_body = CopyDestination, responses((status = 201, body = CopiedContent), Problems))]
async fn copy_workspace_content(
    op: Operation,
    State(copier): State<Copier>,
    Path(id): Path<WorkspaceId>,
    Json(body): Json<CopyDestination>,
) -> Result<(StatusCode, Json<CopiedContent>)> {
    Ok((StatusCode::CREATED, Json(super::content(&op, &copier, &id, &body.workspace_id).await?)))
}
