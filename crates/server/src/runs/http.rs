//! Routes of sending, running and history.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bulla_access::Action;
use bulla_runner::Event;
use bulla_runner::report::Html;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio_stream::wrappers::ReceiverStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{HistoryEntry, Lines, PAGE, ReportFormat, RunRequest, Runs, SendRequest};
use crate::app::App;
use crate::attachment::attachment;
use crate::error::{Error, Result};
use crate::id::{BodyId, RunId, WorkspaceId};
use crate::operation::Operation;
use crate::problem::{Json, Path, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(send_request))
        .routes(routes!(run_collection))
        .routes(routes!(read_body))
        .routes(routes!(list_history, clear_history))
        .routes(routes!(delete_history_entry))
        .routes(routes!(read_run_report))
        .routes(routes!(clear_cookies))
}

#[derive(Serialize, utoipa::ToSchema)]
struct History {
    /// Newest first.
    items: Vec<HistoryEntry>,
    /// To hand in as `before`; null on the last page.
    #[schema(required)]
    next: Option<RunId>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct HistoryPage {
    /// The id before which to go on.
    #[param(value_type = Option<String>)]
    before: Option<RunId>,
    /// How many, at most 200.
    limit: Option<u32>,
}

/// Send a request
///
/// The answer is a stream of events, a line of JSON each; a blank line says nothing. Closing the connection cancels what
/// is under way.
#[utoipa::path(post, path = "/api/workspaces/{id}/send", tag = "runs", params(("id" = String, Path)),
    request_body = SendRequest,
    responses((status = 200, body = Event, content_type = "application/x-ndjson"), Problems))]
async fn send_request(
    op: Operation,
    State(runs): State<Runs>,
    Path(id): Path<WorkspaceId>,
    Json(body): Json<SendRequest>,
) -> Result<Response> {
    Ok(streamed(super::send(op, &runs, &id, body).await?))
}

/// Run a collection
///
/// A stream of events as that of a Send.
#[utoipa::path(post, path = "/api/workspaces/{id}/runs", tag = "runs", params(("id" = String, Path)),
    request_body = RunRequest,
    responses((status = 200, body = Event, content_type = "application/x-ndjson"), Problems))]
async fn run_collection(
    op: Operation,
    State(runs): State<Runs>,
    Path(id): Path<WorkspaceId>,
    Json(body): Json<RunRequest>,
) -> Result<Response> {
    Ok(streamed(super::run(op, &runs, &id, body).await?))
}

fn streamed(lines: Lines) -> Response {
    let body = Body::from_stream(ReceiverStream::new(lines).map(Ok::<_, Infallible>));
    // A proxy that gathers answers before it passes them on is told not to.
    ([(CONTENT_TYPE.as_str(), "application/x-ndjson"), ("x-accel-buffering", "no")], body).into_response()
}

/// Read the whole body of an answer that was too long for its event
///
/// It is kept for an hour, for whoever got the answer. It never says what it is: a page that came from elsewhere must not
/// run here.
#[utoipa::path(get, path = "/api/bodies/{id}", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), Problems))]
async fn read_body(op: Operation, State(runs): State<Runs>, Path(id): Path<BodyId>) -> Result<Response> {
    let read = op.read(Action::BodyRead, &id).await?;
    let body = runs.body(read.reader(), &op.door().vault, &id).await?;
    let headers =
        [(CONTENT_TYPE, "application/octet-stream"), (CONTENT_DISPOSITION, "attachment; filename=\"response\"")];
    Ok((headers, body).into_response())
}

/// List what you sent and ran in a workspace
#[utoipa::path(get, path = "/api/workspaces/{id}/history", tag = "runs", params(("id" = String, Path), HistoryPage),
    responses((status = 200, body = History), Problems))]
async fn list_history(
    op: Operation,
    Path(id): Path<WorkspaceId>,
    Query(page): Query<HistoryPage>,
) -> Result<Json<History>> {
    let read = op.read(Action::HistoryRead, &id).await?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE);
    let (items, more) = super::list(read.reader(), &id, op.person(), page.before.as_ref(), limit).await?;
    let next = items.last().filter(|_| more).map(|entry| entry.id.clone());
    Ok(Json(History { items, next }))
}

/// Clear what you sent and ran in a workspace
#[utoipa::path(delete, path = "/api/workspaces/{id}/history", tag = "runs", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn clear_history(op: Operation, Path(id): Path<WorkspaceId>) -> Result<StatusCode> {
    let mut change = op.change(Action::HistoryClear, &id).await?;
    super::clear(&mut change).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete one line of your history
#[utoipa::path(delete, path = "/api/history/{id}", tag = "runs", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn delete_history_entry(op: Operation, Path(id): Path<RunId>) -> Result<StatusCode> {
    let mut change = op.change(Action::HistoryDelete, &id).await?;
    super::delete(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ReportAsked {
    /// Save it as a file; otherwise the page of a report opens in the browser.
    #[serde(default)]
    download: bool,
}

/// Read a report of one of your runs
///
/// One that the run was asked to keep. A page has no way to the rest of the app: it is a document of its own without origin,
/// which may run its own script and load nothing.
#[utoipa::path(get, path = "/api/runs/{id}/reports/{format}", tag = "runs",
    params(("id" = String, Path), ("format" = ReportFormat, Path), ReportAsked),
    responses((status = 200, content((Vec<u8> = "text/html"), (Vec<u8> = "application/xml"),
        (serde_json::Value = "application/json"))), Problems))]
async fn read_run_report(
    op: Operation,
    State(runs): State<Runs>,
    Path((id, format)): Path<(RunId, ReportFormat)>,
    Query(asked): Query<ReportAsked>,
) -> Result<Response> {
    let read = op.read(Action::RunReportRead, &id).await?;
    let (name, report) = runs.report(read.reader(), &op.door().vault, &id, format).await?;
    let mut headers = match (format, asked.download) {
        (ReportFormat::Html, false) => HeaderMap::new(),
        _ => attachment(&name, format.ending()),
    };
    let kind = match format {
        ReportFormat::Html => "text/html; charset=utf-8",
        ReportFormat::Junit => "application/xml",
        ReportFormat::Json => "application/json",
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let policy = format!("sandbox allow-scripts; base-uri 'none'; form-action 'none'; {}", Html::POLICY);
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy).map_err(Error::unexpected)?);
    // A document in a sandbox cannot have its windows set apart as well: browsers refuse the two together.
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("unsafe-none"));
    Ok((headers, report).into_response())
}

/// Forget the cookies that answers set for you in a workspace
#[utoipa::path(delete, path = "/api/workspaces/{id}/cookies", tag = "runs", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn clear_cookies(op: Operation, State(runs): State<Runs>, Path(id): Path<WorkspaceId>) -> Result<StatusCode> {
    let change = op.change(Action::CookieClear, &id).await?;
    change.commit().await?;
    runs.clear_cookies(op.person(), &id);
    Ok(StatusCode::NO_CONTENT)
}
