//! Routes of the instance itself: its description, health and metrics.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Meta;
use crate::app::{self, App};
use crate::error::Result;
use crate::operation::{Door, Operation};
use crate::problem::{Json, Problems};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_meta))
        .routes(routes!(live))
        .routes(routes!(ready))
        .routes(routes!(read_metrics))
        .route("/openapi.json", axum::routing::get(description))
}

/// Read what the instance is
#[utoipa::path(get, path = "/api/meta", tag = "instance", responses((status = 200, body = Meta), Problems))]
async fn read_meta(_: Operation, State(meta): State<Arc<Meta>>) -> Json<Meta> {
    Json((*meta).clone())
}

/// Ask whether the process runs
#[utoipa::path(get, path = "/health/live", tag = "instance", responses((status = 200, body = String)))]
async fn live() -> &'static str {
    "ok\n"
}

/// Ask whether the instance can serve
#[utoipa::path(get, path = "/health/ready", tag = "instance", responses((status = 200, body = String), Problems))]
async fn ready(State(door): State<Door>) -> Result<&'static str> {
    door.database().ping().await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        crate::error::Error::Busy("the database does not answer".to_owned())
    })?;
    Ok("ok\n")
}

/// Read the metrics
///
/// In Prometheus' text format. Labels hold methods, routes and statuses, and no names or ids.
#[utoipa::path(get, path = "/metrics", tag = "instance", responses((status = 200, body = String), Problems))]
async fn read_metrics() -> Result<Response> {
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], super::counted()?).into_response())
}

async fn description() -> Response {
    ([(CONTENT_TYPE, "application/json")], app::openapi()).into_response()
}
