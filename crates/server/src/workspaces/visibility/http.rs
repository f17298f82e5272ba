//! Routes of the visibility of workspaces.

use axum::http::StatusCode;
use bulla_access::Action;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Exposure, Outcome, PublishRequest};
use crate::app::App;
use crate::error::Result;
use crate::id::{PublishRequestId, WorkspaceId};
use crate::operation::{About, Operation};
use crate::problem::{Json, Path, Problems};
use crate::workspaces::Kind;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_exposure, update_visibility))
        .routes(routes!(cancel_publish_request))
        .routes(routes!(list_publish_requests))
        .routes(routes!(decide_publish_request))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct VisibilityUpdate {
    /// The version that was read.
    version: i64,
    /// Who may open it from now on.
    kind: Kind,
    /// Why, for whoever has to approve that it is made public.
    #[serde(default)]
    note: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct PublishRequests {
    /// The oldest first.
    items: Vec<PublishRequest>,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Decision {
    /// Whether what was asked for is granted.
    approve: bool,
    /// What whoever asked is told about it.
    #[serde(default)]
    answer: String,
}

/// Read what strangers would see if the workspace were public
#[utoipa::path(get, path = "/api/workspaces/{id}/visibility", tag = "workspaces", params(("id" = String, Path)),
    responses((status = 200, body = Exposure), Problems))]
async fn read_exposure(op: Operation, Path(id): Path<WorkspaceId>) -> Result<Json<Exposure>> {
    op.read(Action::VisibilityRead, &id).await?;
    Ok(Json(super::exposure(&op, &id).await?))
}

/// Open a workspace to others, or close it
///
/// To make it public may need the approval of a Community Manager. The workspace is open to the team until then, and the
/// answer holds the request.
#[utoipa::path(put, path = "/api/workspaces/{id}/visibility", tag = "workspaces", params(("id" = String, Path)),
    request_body = VisibilityUpdate, responses((status = 200, body = Outcome), Problems))]
async fn update_visibility(
    op: Operation,
    Path(id): Path<WorkspaceId>,
    Json(body): Json<VisibilityUpdate>,
) -> Result<Json<Outcome>> {
    let action = match body.kind {
        Kind::Personal | Kind::Team => Action::VisibilityUpdate,
        Kind::Private => Action::WorkspaceMakePrivate,
        Kind::Public => Action::WorkspaceMakePublic,
    };
    let mut change = op.change(action, &id).await?;
    let outcome = super::update(&mut change, &op, &id, body.version, body.kind, &body.note).await?;
    change.commit().await?;
    Ok(Json(outcome))
}

/// Take back the request to make a workspace public
#[utoipa::path(delete, path = "/api/workspaces/{id}/publish-request", tag = "workspaces",
    params(("id" = String, Path)), responses((status = 204), Problems))]
async fn cancel_publish_request(op: Operation, Path(id): Path<WorkspaceId>) -> Result<StatusCode> {
    let mut change = op.change(Action::PublishRequestCancel, &id).await?;
    super::cancel(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the open requests to make workspaces public
#[utoipa::path(get, path = "/api/publish-requests", tag = "workspaces",
    responses((status = 200, body = PublishRequests), Problems))]
async fn list_publish_requests(op: Operation) -> Result<Json<PublishRequests>> {
    let read = op.read(Action::PublishRequestList, About::Team).await?;
    Ok(Json(PublishRequests { items: super::open_requests(read.reader(), op.team()).await? }))
}

/// Approve or refuse a request to make a workspace public
#[utoipa::path(post, path = "/api/publish-requests/{id}/decision", tag = "workspaces",
    params(("id" = String, Path)), request_body = Decision,
    responses((status = 200, body = PublishRequest), Problems))]
async fn decide_publish_request(
    op: Operation,
    Path(id): Path<PublishRequestId>,
    Json(body): Json<Decision>,
) -> Result<Json<PublishRequest>> {
    let mut change = op.change(Action::PublishRequestDecide, About::Team).await?;
    let request = super::decide(&mut change, &id, body.approve, &body.answer).await?;
    change.commit().await?;
    Ok(Json(request))
}
