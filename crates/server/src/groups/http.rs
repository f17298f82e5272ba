//! Routes of groups.

use axum::http::StatusCode;
use bulla_access::{Action, TeamRole};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Group, GroupMembers, GroupSummary, GroupUpdate, NewGroup, PeopleChange};
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::{GroupId, PersonId};
use crate::identity::roles_to_give;
use crate::operation::{About, Operation};
use crate::problem::{Json, Path, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_groups, create_group))
        .routes(routes!(read_group, update_group, delete_group))
        .routes(routes!(list_group_members, change_group_members))
        .routes(routes!(change_group_managers))
}

#[derive(Serialize, utoipa::ToSchema)]
struct Groups {
    /// By name.
    items: Vec<GroupSummary>,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct NewGroupBody {
    name: String,
    #[serde(default)]
    summary: String,
    /// The roles in the team that everybody in it has.
    roles: Vec<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct GroupUpdateBody {
    /// The version that was read.
    version: i64,
    name: Option<String>,
    summary: Option<String>,
    /// All roles that it is to give.
    roles: Option<Vec<String>>,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct PeopleChangeBody {
    /// Ids of people who come.
    #[serde(default)]
    add: Vec<PersonId>,
    /// Ids of people who go.
    #[serde(default)]
    remove: Vec<PersonId>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct MembersQuery {
    /// Only those whose name or address holds this.
    search: Option<String>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
    /// At most so many, 100 if nothing is said, up to 500.
    limit: Option<i64>,
}

async fn group_for(op: &Operation, id: &GroupId) -> Result<Group> {
    let roles: Vec<TeamRole> = op.actor().roles.iter().map(|grant| grant.role).collect();
    super::group(op.reader().into(), op.team(), id, op.person(), &roles).await
}

/// List the groups of the team
#[utoipa::path(get, path = "/api/groups", tag = "groups", responses((status = 200, body = Groups), Problems))]
async fn list_groups(op: Operation) -> Result<Json<Groups>> {
    let read = op.read(Action::GroupList, About::Team).await?;
    Ok(Json(Groups { items: super::groups(read.reader(), op.team()).await? }))
}

/// Make a group
///
/// A Developer makes groups that give the role Developer alone, and manages them.
#[utoipa::path(post, path = "/api/groups", tag = "groups", request_body = NewGroupBody,
    responses((status = 201, body = Group), Problems))]
async fn create_group(op: Operation, Json(body): Json<NewGroupBody>) -> Result<(StatusCode, Json<Group>)> {
    let roles = roles_to_give("/roles", &body.roles)?;
    let mut change = op.change(Action::GroupCreate, About::Team).await?;
    let new = NewGroup { name: &body.name, summary: &body.summary, roles: &roles };
    let made = super::create(&mut change, &new).await;
    let id = op.end(change, Action::GroupCreate, made).await?;
    Ok((StatusCode::CREATED, Json(group_for(&op, &id).await?)))
}

/// Read a group
#[utoipa::path(get, path = "/api/groups/{id}", tag = "groups", params(("id" = String, Path)),
    responses((status = 200, body = Group), Problems))]
async fn read_group(op: Operation, Path(id): Path<GroupId>) -> Result<Json<Group>> {
    op.read(Action::GroupList, About::Team).await?;
    Ok(Json(group_for(&op, &id).await?))
}

/// Change the name, the summary or the roles of a group
///
/// Roles hold from the next request of everybody in it. A group that gives more than Developer has no managers.
#[utoipa::path(patch, path = "/api/groups/{id}", tag = "groups", params(("id" = String, Path)),
    request_body = GroupUpdateBody, responses((status = 200, body = Group), Problems))]
async fn update_group(
    op: Operation,
    Path(id): Path<GroupId>,
    Json(body): Json<GroupUpdateBody>,
) -> Result<Json<Group>> {
    let roles = body.roles.as_deref().map(|roles| roles_to_give("/roles", roles)).transpose()?;
    let mut change = op.change(Action::GroupUpdate, About::Team).await?;
    let (name, summary) = (body.name.as_deref(), body.summary.as_deref());
    let update = GroupUpdate { version: body.version, name, summary, roles: roles.as_deref() };
    let done = super::update(&mut change, &id, &update).await;
    op.end(change, Action::GroupUpdate, done).await?;
    Ok(Json(group_for(&op, &id).await?))
}

/// Delete a group
///
/// What it gave is taken away; its members stay in the team.
#[utoipa::path(delete, path = "/api/groups/{id}", tag = "groups", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn delete_group(op: Operation, Path(id): Path<GroupId>) -> Result<StatusCode> {
    let mut change = op.change(Action::GroupDelete, About::Team).await?;
    let done = super::delete(&mut change, &id).await;
    op.end(change, Action::GroupDelete, done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the people in a group
#[utoipa::path(get, path = "/api/groups/{id}/members", tag = "groups",
    params(("id" = String, Path), MembersQuery), responses((status = 200, body = GroupMembers), Problems))]
async fn list_group_members(
    op: Operation,
    Path(id): Path<GroupId>,
    Query(query): Query<MembersQuery>,
) -> Result<Json<GroupMembers>> {
    let read = op.read(Action::GroupList, About::Team).await?;
    super::summary(read.reader().into(), op.team(), &id).await?.ok_or(Error::NotFound { what: "group" })?;
    let limit = query.limit.unwrap_or(100).clamp(1, 500);
    let search = query.search.unwrap_or_default();
    Ok(Json(super::members(read.reader(), op.team(), &id, &search, query.after.as_deref(), limit).await?))
}

/// Put people into a group and take people out of it
#[utoipa::path(patch, path = "/api/groups/{id}/members", tag = "groups", params(("id" = String, Path)),
    request_body = PeopleChangeBody, responses((status = 200, body = Group), Problems))]
async fn change_group_members(
    op: Operation,
    Path(id): Path<GroupId>,
    Json(body): Json<PeopleChangeBody>,
) -> Result<Json<Group>> {
    let mut change = op.change(Action::GroupUpdate, About::Team).await?;
    let people = PeopleChange { add: &body.add, remove: &body.remove };
    let done = super::change_members(&mut change, &id, &people).await;
    op.end(change, Action::GroupUpdate, done).await?;
    Ok(Json(group_for(&op, &id).await?))
}

/// Say who manages a group
#[utoipa::path(patch, path = "/api/groups/{id}/managers", tag = "groups", params(("id" = String, Path)),
    request_body = PeopleChangeBody, responses((status = 200, body = Group), Problems))]
async fn change_group_managers(
    op: Operation,
    Path(id): Path<GroupId>,
    Json(body): Json<PeopleChangeBody>,
) -> Result<Json<Group>> {
    let mut change = op.change(Action::GroupUpdate, About::Team).await?;
    let people = PeopleChange { add: &body.add, remove: &body.remove };
    let done = super::change_managers(&mut change, &id, &people).await;
    op.end(change, Action::GroupUpdate, done).await?;
    Ok(Json(group_for(&op, &id).await?))
}
