//! Routes of what strangers see.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use bulla_access::Action;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::links::{self, LinkKey, NewShareLink, OpenTo, ShareLink, Shared, TeamShareLink};
use super::{ListedPublicWorkspace, PublicWorkspace};
use crate::app::App;
use crate::collections::http::{Items, ItemsPage};
use crate::collections::{self, PublicCollection, PublicItem};
use crate::environments::{self, PublicEnvironment};
use crate::error::{Error, Result};
use crate::id::{CollectionId, EnvironmentId, ItemId, ShareLinkId, WorkspaceId};
use crate::mail::Post;
use crate::operation::{About, Operation, Visitor};
use crate::problem::{Json, Path, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_public_workspaces))
        .routes(routes!(read_public_workspace))
        .routes(routes!(read_public_collection))
        .routes(routes!(list_public_items))
        .routes(routes!(read_public_item))
        .routes(routes!(read_public_environment))
        .routes(routes!(list_share_links, create_share_link))
        .routes(routes!(delete_share_link))
        .routes(routes!(list_team_share_links))
        .routes(routes!(delete_team_share_link))
        .routes(routes!(open_share_link))
        .routes(routes!(list_shared_items))
        .routes(routes!(read_shared_item))
}

/// The header in which a reader shows the secret of a link.
const LINK: &str = "x-bulla-link";

impl FromRequestParts<App> for LinkKey {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let secret = parts.headers.get(LINK).and_then(|secret| secret.to_str().ok());
        Ok(Self::of(secret.ok_or(Error::NotFound { what: "link" })?, app.door.clock.now()))
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct PublicWorkspacesQuery {
    /// Only those whose name or summary holds this.
    search: Option<String>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
    /// At most so many, 50 if nothing is said, up to 100.
    limit: Option<i64>,
}

/// A page of the public workspaces of the instance.
#[derive(Serialize, utoipa::ToSchema)]
struct PublicWorkspaces {
    /// By name.
    items: Vec<ListedPublicWorkspace>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<WorkspaceId>,
}

/// List the public workspaces of all teams
///
/// To the people of every team, and where the instance has `public-access` to everybody.
#[utoipa::path(get, path = "/api/public/workspaces", tag = "public", params(PublicWorkspacesQuery),
    responses((status = 200, body = PublicWorkspaces), Problems))]
async fn list_public_workspaces(
    visitor: Visitor,
    Query(query): Query<PublicWorkspacesQuery>,
) -> Result<Json<PublicWorkspaces>> {
    let search = query.search.unwrap_or_default();
    let reader = visitor.door().reader();
    let (items, next) = super::list(reader, &search, query.after.as_deref(), query.limit.unwrap_or(50)).await?;
    Ok(Json(PublicWorkspaces { items, next }))
}

/// Read a public workspace
///
/// The people of every team may, and where the instance has `public-access` nobody needs to be signed in.
#[utoipa::path(get, path = "/api/public/workspaces/{id}", tag = "public", params(("id" = String, Path)),
    responses((status = 200, body = PublicWorkspace), Problems))]
async fn read_public_workspace(visitor: Visitor, Path(id): Path<WorkspaceId>) -> Result<Json<PublicWorkspace>> {
    let read = visitor.read(Action::PublicRead, &id).await?;
    Ok(Json(super::workspace(&read).await?))
}

/// Read a collection of a public workspace without its items
#[utoipa::path(get, path = "/api/public/collections/{id}", tag = "public", params(("id" = String, Path)),
    responses((status = 200, body = PublicCollection), Problems))]
async fn read_public_collection(visitor: Visitor, Path(id): Path<CollectionId>) -> Result<Json<PublicCollection>> {
    let read = visitor.read(Action::PublicRead, &id).await?;
    let key = read.key(read.team()?).await?;
    Ok(Json(collections::public_collection(read.reader().into(), &key, &id).await?))
}

/// List the items of a collection of a public workspace, without their documents
#[utoipa::path(get, path = "/api/public/collections/{id}/items", tag = "public",
    params(("id" = String, Path), ItemsPage), responses((status = 200, body = Items), Problems))]
async fn list_public_items(
    visitor: Visitor,
    Path(id): Path<CollectionId>,
    Query(page): Query<ItemsPage>,
) -> Result<Json<Items>> {
    let read = visitor.read(Action::PublicRead, &id).await?;
    Ok(Json(Items::page(read.reader(), &id, &page).await?))
}

/// Read an item of a public workspace
#[utoipa::path(get, path = "/api/public/items/{id}", tag = "public", params(("id" = String, Path)),
    responses((status = 200, body = PublicItem), Problems))]
async fn read_public_item(visitor: Visitor, Path(id): Path<ItemId>) -> Result<Json<PublicItem>> {
    let read = visitor.read(Action::PublicRead, &id).await?;
    let team = read.team()?;
    let key = read.key(team).await?;
    Ok(Json(collections::public_item(read.reader(), &key, team, &id).await?))
}

/// Read an environment or the globals of a public workspace, without secret values
#[utoipa::path(get, path = "/api/public/environments/{id}", tag = "public", params(("id" = String, Path)),
    responses((status = 200, body = PublicEnvironment), Problems))]
async fn read_public_environment(visitor: Visitor, Path(id): Path<EnvironmentId>) -> Result<Json<PublicEnvironment>> {
    let read = visitor.read(Action::PublicRead, &id).await?;
    let key = read.key(read.team()?).await?;
    Ok(Json(environments::public_environment(read.reader().into(), &key, &id).await?))
}

#[derive(Serialize, utoipa::ToSchema)]
struct ShareLinks {
    /// Those that hold, the newest first.
    items: Vec<ShareLink>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ShareLinkCreation {
    /// Who may read by it.
    open_to: OpenTo,
    /// For how many days it holds, at most 365; 30 if nothing is said.
    days: Option<i64>,
}

/// List the links by which a collection can be read
#[utoipa::path(get, path = "/api/collections/{id}/share-links", tag = "collections", params(("id" = String, Path)),
    responses((status = 200, body = ShareLinks), Problems))]
async fn list_share_links(op: Operation, Path(id): Path<CollectionId>) -> Result<Json<ShareLinks>> {
    let read = op.read(Action::ShareLinkList, &id).await?;
    Ok(Json(ShareLinks { items: links::list(read.reader(), &id, op.now).await? }))
}

/// Make a link by which a collection can be read
///
/// Its address is shown once. For one that is open to anybody one must be an owner of the workspace; where a Community
/// Manager approves what strangers see, it is made by those alone who need no approval.
#[utoipa::path(post, path = "/api/collections/{id}/share-links", tag = "collections", params(("id" = String, Path)),
    request_body = ShareLinkCreation, responses((status = 201, body = NewShareLink), Problems))]
async fn create_share_link(
    op: Operation,
    State(post): State<Post>,
    Path(id): Path<CollectionId>,
    Json(body): Json<ShareLinkCreation>,
) -> Result<(StatusCode, Json<NewShareLink>)> {
    let action = body.open_to.action();
    let mut change = op.change(action, &id).await?;
    let done = links::create(&mut change, &op, &post, &id, body.open_to, body.days.unwrap_or(30)).await;
    Ok((StatusCode::CREATED, Json(op.end(change, action, done).await?)))
}

/// Delete a link to a collection
///
/// It is dead at once.
#[utoipa::path(delete, path = "/api/collections/{id}/share-links/{linkId}", tag = "collections",
    params(("id" = String, Path), ("linkId" = String, Path)), responses((status = 204), Problems))]
async fn delete_share_link(op: Operation, Path((id, link)): Path<(CollectionId, ShareLinkId)>) -> Result<StatusCode> {
    let mut change = op.change(Action::ShareLinkDelete, &id).await?;
    links::delete(&mut change, &id, &link).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct TeamShareLinksQuery {
    /// Where to go on: `next` of the page before.
    after: Option<String>,
}

/// A page of the links of a team.
#[derive(Serialize, utoipa::ToSchema)]
struct TeamShareLinks {
    /// Those that hold, the newest first.
    items: Vec<TeamShareLink>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<ShareLinkId>,
}

/// List the links by which something of the team can be read
///
/// For Admins: who made each, what it opens, and when it was opened last.
#[utoipa::path(get, path = "/api/share-links", tag = "collections", params(TeamShareLinksQuery),
    responses((status = 200, body = TeamShareLinks), Problems))]
async fn list_team_share_links(
    op: Operation,
    Query(query): Query<TeamShareLinksQuery>,
) -> Result<Json<TeamShareLinks>> {
    let read = op.read(Action::TeamShareLinkList, About::Team).await?;
    let (items, next) = links::of_team(read.reader(), op.team(), query.after.as_deref(), op.now).await?;
    Ok(Json(TeamShareLinks { items, next }))
}

/// Delete a link that somebody of the team made
///
/// For Admins. It is dead at once.
#[utoipa::path(delete, path = "/api/share-links/{id}", tag = "collections", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn delete_team_share_link(op: Operation, Path(id): Path<ShareLinkId>) -> Result<StatusCode> {
    let mut change = op.change(Action::TeamShareLinkDelete, About::Team).await?;
    links::delete_of_team(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Open a link: the collection that it leads to
///
/// It counts as one use. A link that has ended, was deleted, or is for others answers like one that never was.
#[utoipa::path(post, path = "/api/shared", tag = "public",
    params(("x-bulla-link" = String, Header, description = "What stands behind the # of the link")),
    responses((status = 200, body = Shared), Problems))]
async fn open_share_link(visitor: Visitor, key: LinkKey) -> Result<Json<Shared>> {
    Ok(Json(links::open(&visitor, &key).await?))
}

/// List the items of the collection that a link leads to, without their documents
#[utoipa::path(get, path = "/api/shared/items", tag = "public",
    params(("x-bulla-link" = String, Header, description = "What stands behind the # of the link"), ItemsPage),
    responses((status = 200, body = Items), Problems))]
async fn list_shared_items(visitor: Visitor, key: LinkKey, Query(page): Query<ItemsPage>) -> Result<Json<Items>> {
    let read = visitor.read(Action::ShareLinkUse, &key).await?;
    let collection = CollectionId(read.element().unwrap_or_default().to_owned());
    Ok(Json(Items::page(read.reader(), &collection, &page).await?))
}

/// Read an item of the collection that a link leads to
#[utoipa::path(get, path = "/api/shared/items/{id}", tag = "public",
    params(("x-bulla-link" = String, Header, description = "What stands behind the # of the link"), ("id" = String, Path)),
    responses((status = 200, body = PublicItem), Problems))]
async fn read_shared_item(visitor: Visitor, key: LinkKey, Path(id): Path<ItemId>) -> Result<Json<PublicItem>> {
    let read = visitor.read(Action::ShareLinkUse, &key).await?;
    // A link to one collection opens nothing of another.
    let place = collections::place_of_item(read.reader().into(), &id).await?;
    if place.is_none_or(|(_, collection)| read.element() != Some(collection.as_str())) {
        return Err(Error::NotFound { what: "item" });
    }
    let team = read.team()?;
    let sealing = read.key(team).await?;
    Ok(Json(collections::public_item(read.reader(), &sealing, team, &id).await?))
}
