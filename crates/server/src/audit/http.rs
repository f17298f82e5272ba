//! Routes of the audit log.

use bulla_access::Action;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::PAGE;
use crate::app::App;
use crate::error::Result;
use crate::operation::{About, Operation};
use crate::problem::{Json, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_events))
}

/// A page of the log.
#[derive(Serialize, utoipa::ToSchema)]
struct Events {
    /// In order of their sequence numbers. Each is the event as it was written: its canonical form (RFC 8785) is the
    /// leaf that was hashed.
    #[schema(value_type = Vec<HashMap<String, serde_json::Value>>)]
    items: Vec<bulla_audit::Event>,
    /// To hand in as `after`; null on the last page.
    #[schema(required)]
    next: Option<u64>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    /// The sequence number after which to go on.
    after: Option<u64>,
    /// How many, at most 1000.
    limit: Option<u32>,
}

/// List audit events
///
/// Oldest first.
#[utoipa::path(get, path = "/api/audit/events", tag = "audit", params(Page), responses((status = 200, body = Events), Problems))]
async fn list_events(op: Operation, Query(page): Query<Page>) -> Result<Json<Events>> {
    let read = op.read(Action::AuditRead, About::Team).await?;
    let limit = page.limit.unwrap_or(100).clamp(1, PAGE);
    let from = page.after.map_or(0, |after| after.saturating_add(1));
    let items = super::events(read.reader(), op.team(), from, limit).await?;
    let full = items.len() == limit as usize;
    let next = items.last().filter(|_| full).map(|event| event.sequence);
    Ok(Json(Events { items, next }))
}
