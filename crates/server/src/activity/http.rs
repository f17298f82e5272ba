//! Routes of the activity of a workspace.

use bulla_access::Action;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Activity, PAGE};
use crate::app::App;
use crate::audit::{DeedKind, Wanted};
use crate::error::Result;
use crate::id::WorkspaceId;
use crate::operation::Operation;
use crate::problem::{Json, Path, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_activity))
}

#[derive(Serialize, utoipa::ToSchema)]
struct ActivityPage {
    /// The newest first.
    items: Vec<Activity>,
    /// To hand in as `before`; null on the last page.
    #[schema(required)]
    next: Option<u64>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ActivityQuery {
    /// By this person.
    person: Option<String>,
    /// About this collection or environment, or something in it.
    element: Option<String>,
    /// About this kind of thing.
    #[param(inline)]
    kind: Option<DeedKind>,
    /// Older than the one of this number.
    before: Option<u64>,
    /// How many, at most 100.
    limit: Option<u32>,
}

/// See who changed what in a workspace
///
/// It is read from the audit log, without where anybody was. What was read, sent or refused is not in it.
#[utoipa::path(get, path = "/api/workspaces/{id}/activity", tag = "workspaces",
    params(("id" = String, Path), ActivityQuery), responses((status = 200, body = ActivityPage), Problems))]
async fn list_activity(
    op: Operation,
    Path(id): Path<WorkspaceId>,
    Query(query): Query<ActivityQuery>,
) -> Result<Json<ActivityPage>> {
    let read = op.read(Action::ActivityRead, &id).await?;
    let limit = query.limit.unwrap_or(50).clamp(1, PAGE);
    let wanted = Wanted { person: query.person, element: query.element, kind: query.kind, before: query.before };
    let mut items = super::page(read.reader(), op.team(), &id, &wanted, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more).map(|last| last.id);
    Ok(Json(ActivityPage { items, next }))
}
