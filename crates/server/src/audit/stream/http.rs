//! Routes of the audit streams.

use axum::extract::State;
use axum::http::StatusCode;
use bulla_access::Action;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::outlet::Tested;
use super::{NewSink, Outlets, Secret, Sink, SinkUpdate};
use crate::app::App;
use crate::error::Result;
use crate::id::SinkId;
use crate::operation::{About, Door, Operation};
use crate::problem::{Json, Path, Problems};

pub(in crate::audit) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_audit_sinks, create_audit_sink))
        .routes(routes!(update_audit_sink, delete_audit_sink))
        .routes(routes!(test_audit_sink))
        .routes(routes!(renew_audit_sink_secret))
}

/// The audit streams of a team.
#[derive(Serialize, utoipa::ToSchema)]
struct AuditSinks {
    /// In the order in which they were made.
    items: Vec<Sink>,
    /// Has the operator allowed a folder for files?
    files: bool,
}

/// List where the audit log is sent
#[utoipa::path(get, path = "/api/audit/sinks", tag = "audit", responses((status = 200, body = AuditSinks), Problems))]
async fn list_audit_sinks(op: Operation, State(outlets): State<Outlets>) -> Result<Json<AuditSinks>> {
    let read = op.read(Action::AuditSinkList, About::Team).await?;
    let items = super::sinks(read.reader(), op.team(), op.now).await?;
    Ok(Json(AuditSinks { items, files: outlets.folder.is_some() }))
}

/// A sink that was made.
#[derive(Serialize, utoipa::ToSchema)]
struct MadeAuditSink {
    /// The sink.
    #[serde(flatten)]
    sink: Sink,
    /// What a webhook is signed with, shown this once; null for the other kinds.
    #[schema(required)]
    secret: Option<String>,
}

/// Send the audit log somewhere
///
/// To syslog over TLS, to a webhook, or into a file. Each event is sent at least once and in order; what a receiver has not
/// acknowledged waits for it.
#[utoipa::path(post, path = "/api/audit/sinks", tag = "audit", request_body = NewSink,
    responses((status = 201, body = MadeAuditSink), Problems))]
async fn create_audit_sink(
    op: Operation,
    State(outlets): State<Outlets>,
    Json(body): Json<NewSink>,
) -> Result<(StatusCode, Json<MadeAuditSink>)> {
    op.read(Action::AuditSinkCreate, About::Team).await?;
    op.confirmed()?;
    let mut change = op.change(Action::AuditSinkCreate, About::Team).await?;
    let (id, secret) = super::create(&mut change, &outlets, body).await?;
    change.commit().await?;
    let sink = super::sink(op.reader(), op.team(), &id, op.now).await?;
    Ok((StatusCode::CREATED, Json(MadeAuditSink { sink, secret: secret.map(|secret| secret.secret) })))
}

/// Change, pause or resume an audit stream
#[utoipa::path(patch, path = "/api/audit/sinks/{id}", tag = "audit", params(("id" = String, Path)),
    request_body = SinkUpdate, responses((status = 200, body = Sink), Problems))]
async fn update_audit_sink(
    op: Operation,
    State(outlets): State<Outlets>,
    Path(id): Path<SinkId>,
    Json(body): Json<SinkUpdate>,
) -> Result<Json<Sink>> {
    op.read(Action::AuditSinkUpdate, About::Team).await?;
    op.confirmed()?;
    let mut change = op.change(Action::AuditSinkUpdate, About::Team).await?;
    super::update(&mut change, &outlets, &id, body).await?;
    change.commit().await?;
    Ok(Json(super::sink(op.reader(), op.team(), &id, op.now).await?))
}

/// Delete an audit stream
///
/// What it had not sent is not sent.
#[utoipa::path(delete, path = "/api/audit/sinks/{id}", tag = "audit", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn delete_audit_sink(op: Operation, Path(id): Path<SinkId>) -> Result<StatusCode> {
    op.read(Action::AuditSinkDelete, About::Team).await?;
    op.confirmed()?;
    let mut change = op.change(Action::AuditSinkDelete, About::Team).await?;
    super::delete(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try an audit stream
///
/// Sends one message that is no event of the log, or looks whether the file can be written.
#[utoipa::path(post, path = "/api/audit/sinks/{id}/test", tag = "audit", params(("id" = String, Path)),
    responses((status = 200, body = Tested), Problems))]
async fn test_audit_sink(
    op: Operation,
    State(outlets): State<Outlets>,
    State(door): State<Door>,
    Path(id): Path<SinkId>,
) -> Result<Json<Tested>> {
    let mut change = op.change(Action::AuditSinkTest, About::Team).await?;
    // Looked up before, so that there is no event of a test of nothing.
    super::sink(op.reader(), op.team(), &id, op.now).await?;
    change.about("audit-sink", &id);
    change.commit().await?;
    Ok(Json(super::test(&door, &outlets, op.team(), &id).await?))
}

/// Give a webhook another secret
///
/// It is shown this once. Messages that the receiver refuses until it knows the secret wait.
#[utoipa::path(post, path = "/api/audit/sinks/{id}/secret", tag = "audit", params(("id" = String, Path)),
    responses((status = 200, body = Secret), Problems))]
async fn renew_audit_sink_secret(op: Operation, Path(id): Path<SinkId>) -> Result<Json<Secret>> {
    op.read(Action::AuditSinkUpdate, About::Team).await?;
    op.confirmed()?;
    let mut change = op.change(Action::AuditSinkUpdate, About::Team).await?;
    let secret = super::renew_secret(&mut change, &id).await?;
    change.commit().await?;
    Ok(Json(secret))
}
