//! Routes of the instance itself: its description, health and metrics.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Meta;
use crate::app::{self, App};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::operation::{Door, Operation, client_address};
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
///
/// It can if its database answers and has the schema of this program.
#[utoipa::path(get, path = "/health/ready", tag = "instance", responses((status = 200, body = String), Problems))]
async fn ready(State(door): State<Door>) -> Result<&'static str> {
    super::ready(door.database()).await?;
    Ok("ok\n")
}

/// Read the metrics
///
/// In Prometheus' text format. Labels hold methods, routes and statuses, and no names or ids. Open to the machine itself;
/// from elsewhere, and behind a proxy, with `authorization: Bearer` and the token of the configuration.
#[utoipa::path(get, path = "/metrics", tag = "instance", responses((status = 200, body = String), Problems))]
async fn read_metrics(State(config): State<Arc<Config>>, request: Request) -> Result<Response> {
    let (parts, _) = request.into_parts();
    let bearer = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    // Behind a proxy every request comes from an address nearby.
    let local = !config.behind_https && client_address(&parts, false).is_some_and(|address| address.is_loopback());
    if !super::may_read_metrics(config.metrics_token.as_ref(), bearer, local) {
        return Err(Error::NotFound { what: "path" });
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], super::counted()?).into_response())
}

async fn description() -> Response {
    ([(CONTENT_TYPE, "application/json")], app::openapi()).into_response()
}
