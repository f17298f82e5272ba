//! Routes of environments and globals.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bulla_access::Action;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Environment, EnvironmentSummary, ValueUpdate};
use crate::app::App;
use crate::attachment::attachment;
use crate::error::{Error, Result};
use crate::id::{EnvironmentId, ValueId, WorkspaceId};
use crate::operation::Operation;
use crate::problem::{Json, Path, Problems};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_environments, create_environment))
        .routes(routes!(read_environment, update_environment, delete_environment))
        .routes(routes!(transfer_environment))
        .routes(routes!(reveal_value))
        .routes(routes!(export_environment))
        .routes(routes!(read_globals))
}

#[derive(Serialize, utoipa::ToSchema)]
struct Environments {
    items: Vec<EnvironmentSummary>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct EnvironmentDestination {
    /// The workspace that it is moved to.
    workspace_id: WorkspaceId,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct NewEnvironment {
    name: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct EnvironmentUpdate {
    /// The version that was read.
    version: i64,
    name: Option<String>,
    /// The whole list in order: what is not in it is deleted.
    values: Option<Vec<ValueUpdate>>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Revealed {
    value: String,
}

/// List the environments of a workspace
#[utoipa::path(get, path = "/api/workspaces/{id}/environments", tag = "environments",
    params(("id" = String, Path)), responses((status = 200, body = Environments), Problems))]
async fn list_environments(op: Operation, Path(id): Path<WorkspaceId>) -> Result<Json<Environments>> {
    let read = op.read(Action::WorkspaceRead, &id).await?;
    Ok(Json(Environments { items: super::list(read.reader(), &id).await? }))
}

/// Make an environment
#[utoipa::path(post, path = "/api/workspaces/{id}/environments", tag = "environments",
    params(("id" = String, Path)), request_body = NewEnvironment,
    responses((status = 201, body = Environment), Problems))]
async fn create_environment(
    op: Operation,
    Path(id): Path<WorkspaceId>,
    Json(body): Json<NewEnvironment>,
) -> Result<(StatusCode, Json<Environment>)> {
    let mut change = op.change(Action::EnvironmentCreate, &id).await?;
    let environment = super::create(&mut change, &body.name).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(environment)))
}

/// Read an environment without its secret values
#[utoipa::path(get, path = "/api/environments/{id}", tag = "environments", params(("id" = String, Path)),
    responses((status = 200, body = Environment), Problems))]
async fn read_environment(op: Operation, Path(id): Path<EnvironmentId>) -> Result<Json<Environment>> {
    let read = op.read(Action::EnvironmentRead, &id).await?;
    let (key, reveals) = (read.key(op.team()).await?, op.may(Action::SecretReveal, &id).await?);
    Ok(Json(super::environment(read.reader().into(), &key, &id, read.role()?, reveals, Some(op.person())).await?))
}

/// Rename an environment or change its variables
#[utoipa::path(patch, path = "/api/environments/{id}", tag = "environments", params(("id" = String, Path)),
    request_body = EnvironmentUpdate, responses((status = 200, body = Environment), Problems))]
async fn update_environment(
    op: Operation,
    Path(id): Path<EnvironmentId>,
    Json(body): Json<EnvironmentUpdate>,
) -> Result<Json<Environment>> {
    let mut change = op.change(Action::EnvironmentUpdate, &id).await?;
    let done = super::update(&mut change, &id, body.version, body.name.as_deref(), body.values).await;
    Ok(Json(op.end(change, Action::EnvironmentUpdate, done).await?))
}

/// Move an environment to another workspace
///
/// One must be an editor there too. Roles that were given on the environment alone do not go with it.
#[utoipa::path(post, path = "/api/environments/{id}/transfer", tag = "environments", params(("id" = String, Path)),
    request_body = EnvironmentDestination, responses((status = 204), Problems))]
async fn transfer_environment(
    op: Operation,
    Path(id): Path<EnvironmentId>,
    Json(body): Json<EnvironmentDestination>,
) -> Result<StatusCode> {
    let mut change = op.change(Action::EnvironmentTransfer, &id).await?;
    let done = match op.may_also(&mut change, Action::TransferAccept, &body.workspace_id).await {
        Ok(()) => super::transfer(&mut change, &id, &body.workspace_id).await,
        Err(refusal) => Err(refusal),
    };
    op.end(change, Action::EnvironmentTransfer, done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete an environment
#[utoipa::path(delete, path = "/api/environments/{id}", tag = "environments", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn delete_environment(op: Operation, Path(id): Path<EnvironmentId>) -> Result<StatusCode> {
    let mut change = op.change(Action::EnvironmentDelete, &id).await?;
    super::delete(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// See a secret value
///
/// It asks for a role that was given, directly, through a group or by joining: that the workspace is open to you is not
/// enough. A value that is used without being seen is shown to whoever set it alone. The audit log says who saw it.
#[utoipa::path(post, path = "/api/environments/{id}/values/{valueId}/reveal", tag = "environments",
    params(("id" = String, Path), ("valueId" = String, Path)), responses((status = 200, body = Revealed), Problems))]
async fn reveal_value(op: Operation, Path((id, value)): Path<(EnvironmentId, ValueId)>) -> Result<Json<Revealed>> {
    let mut change = op.change(Action::SecretReveal, &id).await?;
    let done = super::reveal(&mut change, &id, &value).await;
    Ok(Json(Revealed { value: op.end(change, Action::SecretReveal, done).await? }))
}

/// Take an environment away as a file
///
/// Secret values are in it, but for those that are used without being seen; the audit log says who took it.
#[utoipa::path(get, path = "/api/environments/{id}/export", tag = "environments", params(("id" = String, Path)),
    responses((status = 200, body = serde_json::Value, content_type = "application/json"), Problems))]
async fn export_environment(op: Operation, Path(id): Path<EnvironmentId>) -> Result<Response> {
    let mut change = op.change(Action::EnvironmentExport, &id).await?;
    let (name, document) = super::export(&mut change, &id).await?;
    change.commit().await?;
    let body = serde_json::to_vec_pretty(&document).map_err(Error::unexpected)?;
    let kind = if document["_postman_variable_scope"] == "globals" { "globals" } else { "environment" };
    Ok((attachment(&name, &format!("postman_{kind}.json")), body).into_response())
}

/// Read the globals of a workspace without their secret values
#[utoipa::path(get, path = "/api/workspaces/{id}/globals", tag = "environments", params(("id" = String, Path)),
    responses((status = 200, body = Environment), Problems))]
async fn read_globals(op: Operation, Path(id): Path<WorkspaceId>) -> Result<Json<Environment>> {
    let read = op.read(Action::WorkspaceRead, &id).await?;
    let (key, globals) = (read.key(op.team()).await?, super::globals_of(read.reader().into(), &id).await?);
    let reveals = op.may(Action::SecretReveal, &globals).await?;
    Ok(Json(super::environment(read.reader().into(), &key, &globals, read.role()?, reveals, Some(op.person())).await?))
}
