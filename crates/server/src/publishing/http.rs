//! Routes of what strangers see.

use bulla_access::Action;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::PublicWorkspace;
use crate::app::App;
use crate::collections::http::{Items, ItemsPage};
use crate::collections::{self, PublicCollection, PublicItem};
use crate::environments::{self, PublicEnvironment};
use crate::error::Result;
use crate::id::{CollectionId, EnvironmentId, ItemId, WorkspaceId};
use crate::operation::Visitor;
use crate::problem::{Json, Path, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_public_workspace))
        .routes(routes!(read_public_collection))
        .routes(routes!(list_public_items))
        .routes(routes!(read_public_item))
        .routes(routes!(read_public_environment))
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
