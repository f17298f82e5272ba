//! Routes of collections and their items.

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bulla_access::Action;
use bulla_collection::Format;
use bulla_db::Reader;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Collection, CollectionSummary, Exporter, ItemDetail, ItemKind, NewItem, Node, Position};
use crate::app::App;
use crate::attachment::attachment;
use crate::error::{Error, Result};
use crate::id::{CollectionId, ItemId, WorkspaceId};
use crate::operation::Operation;
use crate::problem::{Json, Path, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_collections, create_collection))
        .routes(routes!(read_collection, update_collection, delete_collection))
        .routes(routes!(transfer_collection))
        .routes(routes!(list_items, create_item))
        .routes(routes!(read_item, update_item, delete_item))
        .routes(routes!(move_item))
        .routes(routes!(duplicate_item))
        .routes(routes!(export_collection))
}

/// Most items of one page.
const PAGE: u32 = 10_000;

#[derive(Serialize, utoipa::ToSchema)]
struct Collections {
    items: Vec<CollectionSummary>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct CollectionDestination {
    /// The workspace that it is moved to.
    workspace_id: WorkspaceId,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct NewCollection {
    name: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct CollectionUpdate {
    /// The version that was read.
    version: i64,
    name: Option<String>,
    /// Every root field but `item`. A secret variable without a value keeps the one it has.
    #[schema(value_type = Option<HashMap<String, Value>>)]
    document: Option<Map<String, Value>>,
}

/// A page of the items of a collection.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Items {
    /// In the order of their ids; parents need not come before their children.
    items: Vec<Node>,
    /// To hand in as `after`; null on the last page.
    #[schema(required)]
    next: Option<ItemId>,
}

impl Items {
    /// The page of the items of `collection` that is asked for.
    pub(crate) async fn page(reader: Reader<'_>, collection: &CollectionId, page: &ItemsPage) -> Result<Self> {
        let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE);
        let (items, more) = super::tree(reader, collection, page.after.as_ref(), limit).await?;
        let next = items.last().filter(|_| more).map(|item| item.id.clone());
        Ok(Self { items, next })
    }
}

/// Which page of the items of a collection is asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ItemsPage {
    /// The id after which to go on.
    #[param(value_type = Option<String>)]
    after: Option<ItemId>,
    /// How many, at most 10000.
    limit: Option<u32>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ItemCreation {
    /// The folder or request it goes in; null is the top of the collection.
    #[schema(required)]
    parent_id: Option<ItemId>,
    kind: ItemKind,
    name: String,
    /// Its other fields, in the collection's format.
    #[schema(value_type = Option<HashMap<String, Value>>)]
    document: Option<Map<String, Value>>,
    /// The item that it comes after; null is before all others, absent is after all others.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    after: Option<Option<ItemId>>,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct ItemUpdate {
    /// The version that was read.
    version: i64,
    name: Option<String>,
    /// Every field but `item` and `response`. A secret variable without a value keeps the one it has.
    #[schema(value_type = Option<HashMap<String, Value>>)]
    document: Option<Map<String, Value>>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ItemMove {
    /// The version that was read.
    version: i64,
    /// The folder or request it goes in; null is the top of the collection.
    #[schema(required)]
    parent_id: Option<ItemId>,
    /// The item that it comes after; null is before all others, absent is after all others.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    after: Option<Option<ItemId>>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ItemDeletion {
    /// The version that was read; absent deletes whatever is there.
    version: Option<i64>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Export {
    /// `2.1.0`, `2.0.0` or `1.0.0`; absent is the format of the file that it was imported from, or `2.1.0`.
    format: Option<String>,
}

/// Tells null from absent.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<ItemId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn position(after: Option<Option<ItemId>>) -> Position {
    match after {
        None => Position::Last,
        Some(None) => Position::First,
        Some(Some(item)) => Position::After(item),
    }
}

/// List the collections of a workspace
#[utoipa::path(get, path = "/api/workspaces/{id}/collections", tag = "collections", params(("id" = String, Path)),
    responses((status = 200, body = Collections), Problems))]
async fn list_collections(op: Operation, Path(id): Path<WorkspaceId>) -> Result<Json<Collections>> {
    let read = op.read(Action::WorkspaceRead, &id).await?;
    Ok(Json(Collections { items: super::list(read.reader(), &id).await? }))
}

/// Make a collection
#[utoipa::path(post, path = "/api/workspaces/{id}/collections", tag = "collections", params(("id" = String, Path)),
    request_body = NewCollection, responses((status = 201, body = Collection), Problems))]
async fn create_collection(
    op: Operation,
    Path(id): Path<WorkspaceId>,
    Json(body): Json<NewCollection>,
) -> Result<(StatusCode, Json<Collection>)> {
    let mut change = op.change(Action::CollectionCreate, &id).await?;
    let collection = super::create(&mut change, &body.name).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(collection)))
}

/// Read a collection without its items
#[utoipa::path(get, path = "/api/collections/{id}", tag = "collections", params(("id" = String, Path)),
    responses((status = 200, body = Collection), Problems))]
async fn read_collection(op: Operation, Path(id): Path<CollectionId>) -> Result<Json<Collection>> {
    let read = op.read(Action::CollectionRead, &id).await?;
    let key = read.key(op.team()).await?;
    Ok(Json(super::collection(read.reader().into(), &key, &id, read.role()?).await?))
}

/// Change the fields of a collection
#[utoipa::path(patch, path = "/api/collections/{id}", tag = "collections", params(("id" = String, Path)),
    request_body = CollectionUpdate, responses((status = 200, body = Collection), Problems))]
async fn update_collection(
    op: Operation,
    Path(id): Path<CollectionId>,
    Json(body): Json<CollectionUpdate>,
) -> Result<Json<Collection>> {
    let mut change = op.change(Action::CollectionUpdate, &id).await?;
    let collection = super::update(&mut change, &id, body.version, body.name.as_deref(), body.document).await?;
    change.commit().await?;
    Ok(Json(collection))
}

/// Move a collection to another workspace
///
/// One must be an editor there too. Roles that were given on the collection alone do not go with it.
#[utoipa::path(post, path = "/api/collections/{id}/transfer", tag = "collections", params(("id" = String, Path)),
    request_body = CollectionDestination, responses((status = 204), Problems))]
async fn transfer_collection(
    op: Operation,
    Path(id): Path<CollectionId>,
    Json(body): Json<CollectionDestination>,
) -> Result<StatusCode> {
    let mut change = op.change(Action::CollectionTransfer, &id).await?;
    let done = match op.may_also(&mut change, Action::TransferAccept, &body.workspace_id).await {
        Ok(()) => super::transfer(&mut change, &id, &body.workspace_id).await,
        Err(refusal) => Err(refusal),
    };
    op.end(change, Action::CollectionTransfer, done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a collection with everything in it
#[utoipa::path(delete, path = "/api/collections/{id}", tag = "collections", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn delete_collection(op: Operation, Path(id): Path<CollectionId>) -> Result<StatusCode> {
    let mut change = op.change(Action::CollectionDelete, &id).await?;
    super::delete(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the items of a collection, without their documents
#[utoipa::path(get, path = "/api/collections/{id}/items", tag = "collections",
    params(("id" = String, Path), ItemsPage), responses((status = 200, body = Items), Problems))]
async fn list_items(op: Operation, Path(id): Path<CollectionId>, Query(page): Query<ItemsPage>) -> Result<Json<Items>> {
    let read = op.read(Action::CollectionRead, &id).await?;
    Ok(Json(Items::page(read.reader(), &id, &page).await?))
}

/// Make a folder, request or example
#[utoipa::path(post, path = "/api/collections/{id}/items", tag = "collections", params(("id" = String, Path)),
    request_body = ItemCreation, responses((status = 201, body = ItemDetail), Problems))]
async fn create_item(
    op: Operation,
    Path(id): Path<CollectionId>,
    Json(body): Json<ItemCreation>,
) -> Result<(StatusCode, Json<ItemDetail>)> {
    let mut change = op.change(Action::ItemCreate, &id).await?;
    let ItemCreation { parent_id: parent, kind, name, document, after } = body;
    let new = NewItem { parent, kind, name, document, position: position(after) };
    let item = super::create_item(&mut change, &id, new).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(item)))
}

/// Read an item
#[utoipa::path(get, path = "/api/items/{id}", tag = "collections", params(("id" = String, Path)),
    responses((status = 200, body = ItemDetail), Problems))]
async fn read_item(op: Operation, Path(id): Path<ItemId>) -> Result<Json<ItemDetail>> {
    let read = op.read(Action::ItemRead, &id).await?;
    let key = read.key(op.team()).await?;
    Ok(Json(super::item(read.reader(), &key, op.team(), read.workspace()?, &id).await?))
}

/// Change the fields of an item
#[utoipa::path(patch, path = "/api/items/{id}", tag = "collections", params(("id" = String, Path)),
    request_body = ItemUpdate, responses((status = 200, body = ItemDetail), Problems))]
async fn update_item(op: Operation, Path(id): Path<ItemId>, Json(body): Json<ItemUpdate>) -> Result<Json<ItemDetail>> {
    let mut change = op.change(Action::ItemUpdate, &id).await?;
    let item = super::update_item(&mut change, &id, body.version, body.name.as_deref(), body.document).await?;
    change.commit().await?;
    Ok(Json(item))
}

/// Delete an item with everything in it
#[utoipa::path(delete, path = "/api/items/{id}", tag = "collections", params(("id" = String, Path), ItemDeletion),
    responses((status = 204), Problems))]
async fn delete_item(op: Operation, Path(id): Path<ItemId>, Query(query): Query<ItemDeletion>) -> Result<StatusCode> {
    let mut change = op.change(Action::ItemDelete, &id).await?;
    super::delete_item(&mut change, &id, query.version).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put an item elsewhere in its collection
#[utoipa::path(post, path = "/api/items/{id}/move", tag = "collections", params(("id" = String, Path)),
    request_body = ItemMove, responses((status = 200, body = ItemDetail), Problems))]
async fn move_item(op: Operation, Path(id): Path<ItemId>, Json(body): Json<ItemMove>) -> Result<Json<ItemDetail>> {
    let mut change = op.change(Action::ItemMove, &id).await?;
    let position = position(body.after);
    let item = super::move_item(&mut change, &id, body.version, body.parent_id.as_ref(), &position).await?;
    change.commit().await?;
    Ok(Json(item))
}

/// Make a copy of an item after it
#[utoipa::path(post, path = "/api/items/{id}/duplicate", tag = "collections", params(("id" = String, Path)),
    responses((status = 201, body = ItemDetail), Problems))]
async fn duplicate_item(op: Operation, Path(id): Path<ItemId>) -> Result<(StatusCode, Json<ItemDetail>)> {
    let mut change = op.change(Action::ItemDuplicate, &id).await?;
    let item = super::duplicate_item(&mut change, &id).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(item)))
}

/// Take a collection away as a file
///
/// In the format that it was imported from it equals the file. The values of secret variables are in it if you may see
/// them.
#[utoipa::path(get, path = "/api/collections/{id}/export", tag = "collections",
    params(("id" = String, Path), Export),
    responses((status = 200, body = serde_json::Value, content_type = "application/json"), Problems))]
async fn export_collection(
    op: Operation,
    State(exporter): State<Exporter>,
    Path(id): Path<CollectionId>,
    Query(query): Query<Export>,
) -> Result<Response> {
    let format = match query.format.as_deref() {
        None => None,
        Some(name) => {
            Some(Format::named(name).ok_or_else(|| Error::invalid("/format", "must be 2.1.0, 2.0.0 or 1.0.0"))?)
        }
    };
    let mut change = op.change(Action::CollectionExport, &id).await?;
    let with_secrets = op.may_also(&mut change, Action::SecretReveal, &id).await.is_ok();
    let key = change.key().await?;
    let role = change.role()?;
    let name = super::collection(change.transaction().into(), &key, &id, role).await?.name;
    change.commit().await?;
    let body = exporter.stream(op.door().database(), key, id, format, with_secrets).await?;
    Ok((attachment(&name, "postman_collection.json"), Body::from_stream(body)).into_response())
}
