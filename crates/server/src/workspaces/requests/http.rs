//! Routes of requests for a role.

use axum::http::StatusCode;
use bulla_access::Action;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AccessRequest, Subject};
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{AccessRequestId, WorkspaceId};
use crate::operation::{About, Operation};
use crate::problem::{Json, Path, Problems};
use crate::workspaces::{Member, Role};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_own_access_requests, request_access))
        .routes(routes!(cancel_access_request))
        .routes(routes!(list_access_requests))
        .routes(routes!(decide_access_request))
}

#[derive(Serialize, utoipa::ToSchema)]
struct AccessRequests {
    items: Vec<AccessRequest>,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct NewAccessRequest {
    /// What the role is asked for.
    kind: Subject,
    /// The id of that, as the address of it has it.
    subject: String,
    /// `viewer` or `editor`.
    role: Role,
    /// Why.
    #[serde(default)]
    note: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Asked {
    /// The id of the request.
    id: AccessRequestId,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct AccessDecision {
    /// The role that is given; null refuses the request.
    role: Option<Role>,
    /// What whoever asked is told about it.
    #[serde(default)]
    answer: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Decided {
    /// The role that was given; absent if the request was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    member: Option<Member>,
}

/// List what you asked for
///
/// Of what you may not know of, a request waits until it ends, whatever was decided.
#[utoipa::path(get, path = "/api/access-requests", tag = "workspaces",
    responses((status = 200, body = AccessRequests), Problems))]
async fn list_own_access_requests(op: Operation) -> Result<Json<AccessRequests>> {
    op.read(Action::AccessRequestListOwn, About::Team).await?;
    Ok(Json(AccessRequests { items: super::own(&op).await? }))
}

/// Ask for a role
///
/// The answer is the same whether there is such a thing or not: its owners decide, if it is there.
#[utoipa::path(post, path = "/api/access-requests", tag = "workspaces", request_body = NewAccessRequest,
    responses((status = 202, body = Asked), Problems))]
async fn request_access(op: Operation, Json(body): Json<NewAccessRequest>) -> Result<(StatusCode, Json<Asked>)> {
    let mut change = op.change(Action::AccessRequestCreate, About::Team).await?;
    let id = super::ask(&mut change, &op, body.kind, &body.subject, body.role, &body.note).await?;
    change.commit().await?;
    let (door, team, request) = (op.door().clone(), op.team().to_owned(), id.clone());
    tokio::spawn(async move {
        if let Err(error) = super::announce(&door, &team, &request).await {
            tracing::error!(%error, "the owners were not told of a request");
        }
    });
    Ok((StatusCode::ACCEPTED, Json(Asked { id })))
}

/// Take back a request for a role
#[utoipa::path(delete, path = "/api/access-requests/{id}", tag = "workspaces", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn cancel_access_request(op: Operation, Path(id): Path<AccessRequestId>) -> Result<StatusCode> {
    let mut change = op.change(Action::AccessRequestCancel, op.person()).await?;
    super::cancel(&mut change, op.person(), &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the open requests for a role in a workspace
#[utoipa::path(get, path = "/api/workspaces/{id}/access-requests", tag = "workspaces",
    params(("id" = String, Path)), responses((status = 200, body = AccessRequests), Problems))]
async fn list_access_requests(op: Operation, Path(id): Path<WorkspaceId>) -> Result<Json<AccessRequests>> {
    let read = op.read(Action::AccessRequestList, &id).await?;
    Ok(Json(AccessRequests { items: super::in_workspace(read.reader(), op.team(), &id, op.now).await? }))
}

/// Give somebody a role who asked for one, or refuse
#[utoipa::path(post, path = "/api/access-requests/{id}/decision", tag = "workspaces",
    params(("id" = String, Path)), request_body = AccessDecision,
    responses((status = 200, body = Decided), Problems))]
async fn decide_access_request(
    op: Operation,
    Path(id): Path<AccessRequestId>,
    Json(body): Json<AccessDecision>,
) -> Result<Json<Decided>> {
    let none = || Error::NotFound { what: "request" };
    let workspace = super::workspace_of(op.reader(), op.team(), &id).await?.ok_or_else(none)?;
    let mut change = match op.change(Action::AccessRequestDecide, &workspace).await {
        // Whoever may not know of the workspace may not know of the request.
        Err(Error::NotFound { .. }) => return Err(none()),
        other => other?,
    };
    let member = super::decide(&mut change, &id, body.role, &body.answer).await?;
    change.commit().await?;
    Ok(Json(Decided { member }))
}
