//! Routes of explanations.

use bulla_access::Action;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answer, Reached, Subject};
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{PersonId, WorkspaceId};
use crate::identity::Page;
use crate::operation::Operation;
use crate::problem::{Json, Path, Problems, Query};
use crate::workspaces::Workspace;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(explain_access))
        .routes(routes!(list_workspace_access))
        .routes(routes!(list_person_access))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Question {
    /// The name of an action, such as `collection.update`.
    action: String,
    /// `team`, `workspace`, `collection`, `item` or `environment`.
    kind: String,
    /// Its id; a team needs none.
    id: Option<String>,
    /// The id of the person asked about; whoever asks if nothing is said.
    person: Option<PersonId>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// Only those whose name or address holds this.
    search: Option<String>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
    /// At most so many, 50 if nothing is said, up to 200.
    limit: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct WorkspaceAccess {
    /// By name; `role` is what the person is in each.
    items: Vec<Workspace>,
}

/// Explain why somebody may do something, or may not
///
/// Every role that was looked at is listed, and the step that is missing. To ask about somebody else one must be able to
/// see the thing oneself.
#[utoipa::path(get, path = "/api/access/explain", tag = "access", params(Question),
    responses((status = 200, body = Answer), Problems))]
async fn explain_access(op: Operation, Query(question): Query<Question>) -> Result<Json<Answer>> {
    let action = Action::named(&question.action).ok_or_else(|| {
        Error::invalid("/action", "there is no such action; events of the audit log hold their names")
    })?;
    let subject = Subject::read(&question.kind, question.id)?;
    Ok(Json(super::explain(&op, action, &subject, question.person.as_ref()).await?))
}

/// List who may open a workspace, and why
#[utoipa::path(get, path = "/api/workspaces/{id}/access", tag = "access", params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Reached), Problems))]
async fn list_workspace_access(
    op: Operation,
    Path(id): Path<WorkspaceId>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Reached>> {
    let search = query.search.unwrap_or_default();
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let page = Page { search: &search, after: query.after.as_deref(), limit };
    Ok(Json(super::reaching(&op, &id, &page).await?))
}

/// List the workspaces that somebody may open
///
/// Those who manage the team's people may ask about others.
#[utoipa::path(get, path = "/api/people/{id}/access", tag = "access", params(("id" = String, Path)),
    responses((status = 200, body = WorkspaceAccess), Problems))]
async fn list_person_access(op: Operation, Path(id): Path<PersonId>) -> Result<Json<WorkspaceAccess>> {
    Ok(Json(WorkspaceAccess { items: super::open_to(&op, &id).await? }))
}
