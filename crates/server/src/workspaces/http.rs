//! Routes of workspaces and their members.

use axum::http::StatusCode;
use bulla_access::Action;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Kind, Member, On, Role, Workspace, members};
use crate::app::App;
use crate::error::Result;
use crate::id::{CollectionId, EnvironmentId, WorkspaceId};
use crate::operation::{About, Operation};
use crate::problem::{Json, Path, Problems};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_workspaces, create_workspace))
        .routes(routes!(read_workspace, update_workspace, delete_workspace))
        .routes(routes!(join_workspace))
        .routes(routes!(leave_workspace))
        .routes(routes!(list_members))
        .routes(routes!(set_member, remove_member))
        .routes(routes!(list_collection_members))
        .routes(routes!(set_collection_member, remove_collection_member))
        .routes(routes!(list_environment_members))
        .routes(routes!(set_environment_member, remove_environment_member))
}

#[derive(Serialize, utoipa::ToSchema)]
struct Workspaces {
    items: Vec<Workspace>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Members {
    items: Vec<Member>,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct NewWorkspace {
    name: String,
    kind: Kind,
    #[serde(default)]
    summary: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct WorkspaceUpdate {
    /// The version that was read.
    version: i64,
    name: Option<String>,
    summary: Option<String>,
    /// What somebody becomes who joins it by themselves: `viewer` or `editor`.
    join_role: Option<Role>,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct MemberRole {
    role: Role,
}

/// List the workspaces that you may open
#[utoipa::path(get, path = "/api/workspaces", tag = "workspaces",
    responses((status = 200, body = Workspaces), Problems))]
async fn list_workspaces(op: Operation) -> Result<Json<Workspaces>> {
    let read = op.read(Action::WorkspaceList, About::Team).await?;
    let items = super::open_to(read.reader(), op.actor(), op.signed_in().plan).await?;
    Ok(Json(Workspaces { items }))
}

/// Make a workspace
#[utoipa::path(post, path = "/api/workspaces", tag = "workspaces", request_body = NewWorkspace,
    responses((status = 201, body = Workspace), Problems))]
async fn create_workspace(op: Operation, Json(body): Json<NewWorkspace>) -> Result<(StatusCode, Json<Workspace>)> {
    let action = match body.kind {
        Kind::Personal | Kind::Team => Action::WorkspaceCreate,
        Kind::Private => Action::PrivateWorkspaceCreate,
        Kind::Public => Action::PublicWorkspaceCreate,
    };
    let mut change = op.change(action, About::Team).await?;
    let workspace = super::create(&mut change, op.person(), body.kind, &body.name, &body.summary).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(workspace)))
}

/// Read a workspace
#[utoipa::path(get, path = "/api/workspaces/{id}", tag = "workspaces", params(("id" = String, Path)),
    responses((status = 200, body = Workspace), Problems))]
async fn read_workspace(op: Operation, Path(id): Path<WorkspaceId>) -> Result<Json<Workspace>> {
    let read = op.read(Action::WorkspaceRead, &id).await?;
    Ok(Json(super::workspace(read.reader().into(), &id, read.role()?).await?))
}

/// Rename or describe a workspace
#[utoipa::path(patch, path = "/api/workspaces/{id}", tag = "workspaces", params(("id" = String, Path)),
    request_body = WorkspaceUpdate, responses((status = 200, body = Workspace), Problems))]
async fn update_workspace(
    op: Operation,
    Path(id): Path<WorkspaceId>,
    Json(body): Json<WorkspaceUpdate>,
) -> Result<Json<Workspace>> {
    let mut change = op.change(Action::WorkspaceUpdate, &id).await?;
    let (name, summary) = (body.name.as_deref(), body.summary.as_deref());
    let workspace = super::update(&mut change, &id, body.version, name, summary, body.join_role).await?;
    change.commit().await?;
    Ok(Json(workspace))
}

/// Delete a workspace with everything in it
#[utoipa::path(delete, path = "/api/workspaces/{id}", tag = "workspaces", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn delete_workspace(op: Operation, Path(id): Path<WorkspaceId>) -> Result<StatusCode> {
    let mut change = op.change(Action::WorkspaceDelete, &id).await?;
    super::delete(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Join a team workspace
///
/// You become what the workspace has for those who join it.
#[utoipa::path(post, path = "/api/workspaces/{id}/join", tag = "workspaces", params(("id" = String, Path)),
    responses((status = 200, body = Member), Problems))]
async fn join_workspace(op: Operation, Path(id): Path<WorkspaceId>) -> Result<Json<Member>> {
    let mut change = op.change(Action::WorkspaceJoin, &id).await?;
    let member = super::join(&mut change, &id, op.person()).await?;
    change.commit().await?;
    Ok(Json(member))
}

/// Leave a workspace
///
/// Every role that was given to you in it is taken. What you have through a group or your role in the team stays.
#[utoipa::path(post, path = "/api/workspaces/{id}/leave", tag = "workspaces", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn leave_workspace(op: Operation, Path(id): Path<WorkspaceId>) -> Result<StatusCode> {
    let mut change = op.change(Action::WorkspaceLeave, &id).await?;
    super::leave(&mut change, &id, op.person()).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the people and groups with a role in a workspace
///
/// What somebody may by their role in the team is not listed here.
#[utoipa::path(get, path = "/api/workspaces/{id}/members", tag = "workspaces", params(("id" = String, Path)),
    responses((status = 200, body = Members), Problems))]
async fn list_members(op: Operation, Path(id): Path<WorkspaceId>) -> Result<Json<Members>> {
    let read = op.read(Action::MemberList, &id).await?;
    let items = members::members(read.reader(), op.team(), On { workspace: &id, element: None }).await?;
    Ok(Json(Members { items }))
}

/// Give a person or a group a role in a workspace
#[utoipa::path(put, path = "/api/workspaces/{id}/members/{holderId}", tag = "workspaces",
    params(("id" = String, Path), ("holderId" = String, Path, description = "The id of a person or a group")),
    request_body = MemberRole, responses((status = 200, body = Member), Problems))]
async fn set_member(
    op: Operation,
    Path((id, holder)): Path<(WorkspaceId, String)>,
    Json(body): Json<MemberRole>,
) -> Result<Json<Member>> {
    let mut change = op.change(Action::MemberUpdate, &id).await?;
    let member = members::set_member(&mut change, On { workspace: &id, element: None }, &holder, body.role).await?;
    change.commit().await?;
    Ok(Json(member))
}

/// Take away the role of a person or a group in a workspace
#[utoipa::path(delete, path = "/api/workspaces/{id}/members/{holderId}", tag = "workspaces",
    params(("id" = String, Path), ("holderId" = String, Path, description = "The id of a person or a group")),
    responses((status = 204), Problems))]
async fn remove_member(op: Operation, Path((id, holder)): Path<(WorkspaceId, String)>) -> Result<StatusCode> {
    let mut change = op.change(Action::MemberRemove, &id).await?;
    members::remove_member(&mut change, On { workspace: &id, element: None }, &holder).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

macro_rules! element_members {
    ($kind:literal, $id:ty, $list:ident, $set:ident, $remove:ident) => {
            #[doc = concat!("List the people and groups with a role on one ", $kind)]
            ///
            /// What somebody may by their role in the workspace or the team is not listed here.
            #[utoipa::path(get, path = concat!("/api/", $kind, "s/{id}/members"), tag = "workspaces",
                params(("id" = String, Path)), responses((status = 200, body = Members), Problems))]
            async fn $list(op: Operation, Path(id): Path<$id>) -> Result<Json<Members>> {
                let read = op.read(Action::ElementMemberList, &id).await?;
                let on = On { workspace: read.workspace()?, element: Some(id.as_str()) };
                Ok(Json(Members { items: members::members(read.reader(), op.team(), on).await? }))
            }

            #[doc = concat!("Give a person or a group a role on one ", $kind)]
            ///
            /// In a private workspace they become a viewer of the workspace as well.
            #[utoipa::path(put, path = concat!("/api/", $kind, "s/{id}/members/{holderId}"), tag = "workspaces",
                params(("id" = String, Path), ("holderId" = String, Path, description = "The id of a person or a group")),
                request_body = MemberRole, responses((status = 200, body = Member), Problems))]
            async fn $set(
                op: Operation,
                Path((id, holder)): Path<($id, String)>,
                Json(body): Json<MemberRole>,
            ) -> Result<Json<Member>> {
                let mut change = op.change(Action::ElementMemberUpdate, &id).await?;
                let workspace = change.workspace()?.clone();
                let on = On { workspace: &workspace, element: Some(id.as_str()) };
                let member = members::set_member(&mut change, on, &holder, body.role).await?;
                change.commit().await?;
                Ok(Json(member))
            }

            #[doc = concat!("Take away the role of a person or a group on one ", $kind)]
            #[utoipa::path(delete, path = concat!("/api/", $kind, "s/{id}/members/{holderId}"), tag = "workspaces",
                params(("id" = String, Path), ("holderId" = String, Path, description = "The id of a person or a group")),
                responses((status = 204), Problems))]
            async fn $remove(op: Operation, Path((id, holder)): Path<($id, String)>) -> Result<StatusCode> {
                let mut change = op.change(Action::ElementMemberUpdate, &id).await?;
                let workspace = change.workspace()?.clone();
                let on = On { workspace: &workspace, element: Some(id.as_str()) };
                members::remove_member(&mut change, on, &holder).await?;
                change.commit().await?;
                Ok(StatusCode::NO_CONTENT)
            }
    };
}

element_members!("collection", CollectionId, list_collection_members, set_collection_member, remove_collection_member);
element_members!(
    "environment",
    EnvironmentId,
    list_environment_members,
    set_environment_member,
    remove_environment_member
);
