//! Collections: a head, and items of one row each.
//!
//! A document is kept as raw JSON in pieces, so that a folder of 50,000 requests can be paged and edited piece by piece
//! and still comes back as it was imported: what we do not understand is kept. What is sensitive in a piece is sealed
//! ([`sealing`]). Every edit names the version that it was made from; a stale one changes nothing.

pub mod http;

mod exposure;
mod items;
mod ranks;
mod sealing;
mod whole;

pub use items::{
    ItemDetail, ItemKind, NewItem, Node, PublicItem, create_item, delete_item, duplicate_item, item, item_name,
    move_item, public_item, purge_item, restore_item, tree, update_item,
};
pub use ranks::Position;
pub use whole::{Exporter, Prepared, Weight, branch, copy, insert, load, prepare, trunk, weights};

use bulla_access::WorkspaceRole;
use bulla_db::{Place, Reader, Row, sql};
use bulla_seal::{Key, Place as SealedPlace};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::id::{CollectionId, ItemId, WorkspaceId};
use crate::limits;
use crate::moment::Moment;
use crate::operation::Change;
use crate::trash::{self, Deleted};
use crate::watching;
use crate::workspaces::{self, Role};

/// The schema that a collection made here says it has.
const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// A collection in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollectionSummary {
    /// Its id.
    pub id: CollectionId,
    /// The workspace it is in.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Counts up with each change of its own fields.
    pub version: i64,
    /// Its folders, requests and examples.
    pub item_count: i64,
    /// When it or something in it last changed.
    pub updated_at: Moment,
}

/// A collection without its items.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    /// Its id.
    pub id: CollectionId,
    /// The workspace it is in.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Counts up with each change of its own fields.
    pub version: i64,
    /// What the asker is in the workspace.
    pub role: Role,
    /// Every root field of the document but `item`. Secret variables are there without their values.
    #[schema(value_type = HashMap<String, Value>)]
    pub document: Map<String, Value>,
    /// When it or something in it last changed.
    pub updated_at: Moment,
}

/// A collection without its items, as strangers see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicCollection {
    /// Its id.
    pub id: CollectionId,
    /// The workspace it is in.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// Every root field of the document but `item`, without what is or may be a secret.
    #[schema(value_type = HashMap<String, Value>)]
    pub document: Map<String, Value>,
    /// When it or something in it last changed.
    pub updated_at: Moment,
}

/// The row of a collection, opened.
struct Head {
    id: CollectionId,
    team: String,
    workspace: WorkspaceId,
    name: String,
    head: Map<String, Value>,
    version: i64,
    updated_at: i64,
}

/// The workspace that holds a collection.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn workspace_of(place: Place<'_>, id: &CollectionId) -> Result<Option<WorkspaceId>> {
    let row =
        sql!("select workspace from collection where id = $1 and deleted_at is null").bind(id).optional(place).await?;
    Ok(row.map(|row| row.text("workspace")).transpose()?.map(WorkspaceId))
}

/// The workspace that holds an item, and the collection in it.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn place_of_item(place: Place<'_>, id: &ItemId) -> Result<Option<(WorkspaceId, CollectionId)>> {
    sql!(
        "select collection.workspace as workspace, collection.id as collection from item \
         join collection on collection.id = item.collection where item.id = $1 and collection.deleted_at is null"
    )
    .bind(id)
    .optional(place)
    .await?
    .map(|row| Ok((WorkspaceId(row.text("workspace")?), CollectionId(row.text("collection")?))))
    .transpose()
}

/// The collections of a workspace by name.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn list(reader: Reader<'_>, workspace: &WorkspaceId) -> Result<Vec<CollectionSummary>> {
    sql!(
        "select id, name, version, updated_at, \
         (select count(*) from item where item.collection = collection.id) as items \
         from collection where workspace = $1 and deleted_at is null order by lower(name), id"
    )
    .bind(workspace)
    .all(reader)
    .await?
    .iter()
    .map(|row| {
        Ok(CollectionSummary {
            id: CollectionId(row.text("id")?),
            workspace_id: workspace.clone(),
            name: row.text("name")?,
            version: row.integer("version")?,
            item_count: row.integer("items")?,
            updated_at: Moment(row.integer("updated_at")?),
        })
    })
    .collect()
}

/// How many folders, requests and examples a collection has.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn item_count(reader: Reader<'_>, id: &CollectionId) -> Result<i64> {
    let row = sql!("select count(*) as items from item where collection = $1").bind(id).one(reader).await?;
    Ok(row.integer("items")?)
}

/// What a collection is called, whether it is in the trash or not; `None` if there is none.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn name_of(place: Place<'_>, id: &CollectionId) -> Result<Option<String>> {
    let row = sql!("select name from collection where id = $1").bind(id).optional(place).await?;
    Ok(row.map(|row| row.text("name")).transpose()?)
}

/// What strangers would see of the collections of a workspace if it were public.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExposedCollections)]
pub struct Exposed {
    /// How many there are.
    pub total: i64,
    /// The names of the first of them.
    pub names: Vec<String>,
    /// Folders, requests and examples in all of them.
    pub items: i64,
    /// How many of those hold authorization or variables of their own. Strangers see which kind of authorization it is, and
    /// the values of variables that are not secret.
    pub with_authorization: i64,
}

/// Most names that are listed of what strangers would see.
pub const NAMES: i64 = 100;

/// What strangers would see of the collections of a workspace if it were public.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn exposed(reader: Reader<'_>, workspace: &WorkspaceId) -> Result<Exposed> {
    let counts = sql!(
        "select (select count(*) from collection where workspace = $1 and deleted_at is null) as total, \
         count(item.id) as items, count(item.sealed) as sealed from item \
         join collection on collection.id = item.collection \
         where collection.workspace = $1 and collection.deleted_at is null"
    )
    .bind(workspace)
    .one(reader)
    .await?;
    let rows = sql!(
        "select name from collection where workspace = $1 and deleted_at is null order by lower(name), id limit $2"
    )
    .bind(workspace)
    .bind(NAMES)
    .all(reader)
    .await?;
    Ok(Exposed {
        total: counts.integer("total")?,
        names: rows.iter().map(|row| Ok(row.text("name")?)).collect::<Result<_>>()?,
        items: counts.integer("items")?,
        with_authorization: counts.integer("sealed")?,
    })
}

/// The collection with this id, as it is shown to somebody who is `role`.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn collection(place: Place<'_>, key: &Key, id: &CollectionId, role: WorkspaceRole) -> Result<Collection> {
    Ok(shown(head(place, key, id).await?, role))
}

/// The collection with this id, as strangers see it.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn public_collection(place: Place<'_>, key: &Key, id: &CollectionId) -> Result<PublicCollection> {
    let head = head(place, key, id).await?;
    Ok(PublicCollection {
        id: head.id,
        workspace_id: head.workspace,
        name: head.name,
        document: exposure::exposed(head.head),
        updated_at: Moment(head.updated_at),
    })
}

/// Makes an empty collection.
///
/// # Errors
///
/// [`Error::Invalid`] for a bad name, [`Error::Conflict`] if the workspace has too many.
pub async fn create(change: &mut Change, name: &str) -> Result<Collection> {
    let name = limits::name("/name", name)?;
    let (key, role) = (change.key().await?, change.role()?);
    let id = CollectionId::new(change.now);
    let mut head = Map::new();
    head.insert("info".to_owned(), json!({ "_postman_id": id.as_str(), "name": name, "schema": SCHEMA }));
    insert_head(change, &key, &id, &name, head).await?;
    collection(change.transaction().into(), &key, &id, role).await
}

/// Changes the fields of a collection that still has `version`.
///
/// # Errors
///
/// [`Error::Stale`] if it was changed since, [`Error::Invalid`] for what does not fit.
pub async fn update(
    change: &mut Change,
    id: &CollectionId,
    version: i64,
    name: Option<&str>,
    document: Option<Map<String, Value>>,
) -> Result<Collection> {
    let (key, role) = (change.key().await?, change.role()?);
    let before = head(change.transaction().into(), &key, id).await?;
    let mut after = match document {
        Some(mut document) => {
            // Items are rows of their own.
            document.shift_remove("item");
            sealing::edited(&before.head, document)
        }
        None => before.head.clone(),
    };
    let info = after.entry("info").or_insert_with(|| json!({}));
    let Value::Object(info) = info else { return Err(Error::invalid("/document/info", "must be an object")) };
    let name = match (name, info.get("name").and_then(Value::as_str)) {
        (Some(name), _) => limits::name("/name", name)?,
        (None, Some(name)) if limits::listed_name(name) == before.name => name.to_owned(),
        (None, Some(name)) => limits::name("/document/info/name", name)?,
        (None, None) => before.name.clone(),
    };
    info.insert("name".to_owned(), json!(name));
    info.entry("schema").or_insert_with(|| json!(SCHEMA));
    fits(&after)?;
    let listed = limits::listed_name(&name);
    let sealed = sealing::seal(&key, head_place(id, &before.team), after.clone())?;
    let changed = sql!(
        "update collection set name = $1, head = $2, sealed = $3, version = version + 1, updated_at = $4 \
         where id = $5 and version = $6"
    )
    .bind(&listed)
    .bind(sealed.document)
    .bind(sealed.parts)
    .bind(change.now)
    .bind(id)
    .bind(version)
    .execute(change.transaction())
    .await?;
    if changed == 0 {
        let current = serde_json::to_value(shown(before, role)).map_err(Error::unexpected)?;
        return Err(Error::Stale { what: "collection", current: Box::new(current) });
    }
    change.text("name", Some(&before.name), Some(&listed));
    note_document(change, &before.head, &after).await?;
    collection(change.transaction().into(), &key, id, role).await
}

/// Deletes a collection with everything in it. It can be restored for a while.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn delete(change: &mut Change, id: &CollectionId) -> Result<()> {
    let row = sql!("select name from collection where id = $1")
        .bind(id)
        .optional(change.transaction())
        .await?
        .ok_or(Error::NotFound { what: "collection" })?;
    let (now, workspace, name) = (change.now, change.workspace()?.clone(), row.text("name")?);
    sql!("update collection set deleted_at = $1 where id = $2")
        .bind(now)
        .bind(id)
        .execute(change.transaction())
        .await?;
    let deleted = Deleted { id: id.as_str(), workspace: &workspace, element: Some(id.as_str()), name: &name };
    trash::put(change, trash::Kind::Collection, &deleted).await?;
    change.text("name", Some(&name), None);
    Ok(())
}

/// Puts a collection back that was deleted, with everything in it and the roles that were given on it.
///
/// # Errors
///
/// [`Error::Conflict`] if the workspace has too many.
pub async fn restore(change: &mut Change, id: &CollectionId) -> Result<()> {
    let workspace = change.workspace()?.clone();
    room_for_one(change, &workspace).await?;
    sql!("update collection set deleted_at = null where id = $1").bind(id).execute(change.transaction()).await?;
    Ok(())
}

/// Moves a collection with everything in it, and what was deleted in it, to the workspace `to`.
///
/// # Errors
///
/// [`Error::Conflict`] if there is no room for it, and what [`workspaces::transfer`] says.
pub async fn transfer(change: &mut Change, id: &CollectionId, to: &WorkspaceId) -> Result<()> {
    room_for_one(change, to).await?;
    let team = change.team().to_owned();
    let moved = workspaces::transfer(change, id.as_str(), to).await?;
    // Nobody else changes it meanwhile.
    let row = sql!("update collection set workspace = $1, updated_at = $2 where id = $3 returning name, sealed")
        .bind(to)
        .bind(change.now)
        .bind(id)
        .one(change.transaction())
        .await?;
    if let Some(sealed) = row.bytes_or_null("sealed")? {
        let sealed = moved.new.seal(head_place(id, &team), moved.old.open(head_place(id, &team), &sealed)?.expose())?;
        sql!("update collection set sealed = $1 where id = $2")
            .bind(sealed)
            .bind(id)
            .execute(change.transaction())
            .await?;
    }
    items::seal_again(change, id, &moved.old, &moved.new).await?;
    change.text("name", None, Some(&row.text("name")?));
    Ok(())
}

/// Deletes a collection of `workspace` for good, with everything in it.
///
/// # Errors
///
/// If the database refuses.
pub async fn purge(change: &mut Change, workspace: &WorkspaceId, id: &CollectionId) -> Result<()> {
    workspaces::forget_element(change, workspace, id.as_str()).await?;
    watching::forget(change, id).await?;
    // Its items go by `on delete cascade`.
    sql!("delete from collection where id = $1 and deleted_at is not null")
        .bind(id)
        .execute(change.transaction())
        .await?;
    Ok(())
}

async fn head(place: Place<'_>, key: &Key, id: &CollectionId) -> Result<Head> {
    let row = sql!("select id, team, workspace, name, head, sealed, version, updated_at from collection where id = $1")
        .bind(id)
        .optional(place)
        .await?
        .ok_or(Error::NotFound { what: "collection" })?;
    head_in(&row, key)
}

fn head_in(row: &Row, key: &Key) -> Result<Head> {
    let (id, team) = (CollectionId(row.text("id")?), row.text("team")?);
    let parts = row.bytes_or_null("sealed")?;
    let head = sealing::open(key, head_place(&id, &team), &row.text("head")?, parts.as_deref())?;
    Ok(Head {
        head,
        id,
        team,
        workspace: WorkspaceId(row.text("workspace")?),
        name: row.text("name")?,
        version: row.integer("version")?,
        updated_at: row.integer("updated_at")?,
    })
}

fn shown(head: Head, role: WorkspaceRole) -> Collection {
    Collection {
        id: head.id,
        workspace_id: head.workspace,
        name: head.name,
        version: head.version,
        role: role.into(),
        document: sealing::shown(head.head),
        updated_at: Moment(head.updated_at),
    }
}

fn head_place<'p>(id: &'p CollectionId, team: &'p str) -> SealedPlace<'p> {
    SealedPlace { table: "collection", column: "sealed", row: id.as_str(), team }
}

async fn room_for_one(change: &mut Change, workspace: &WorkspaceId) -> Result<()> {
    let count = sql!("select count(*) as total from collection where workspace = $1 and deleted_at is null")
        .bind(workspace)
        .one(change.transaction())
        .await?
        .integer("total")?;
    if count >= limits::IN_WORKSPACE {
        let detail = format!("the workspace has {count} collections, and no more are allowed");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    Ok(())
}

async fn insert_head(
    change: &mut Change,
    key: &Key,
    id: &CollectionId,
    name: &str,
    head: Map<String, Value>,
) -> Result<()> {
    let (workspace, team) = (change.workspace()?.clone(), change.team().to_owned());
    room_for_one(change, &workspace).await?;
    fits(&head)?;
    let sealed = sealing::seal(key, head_place(id, &team), head)?;
    sql!(
        "insert into collection (id, team, workspace, name, head, sealed, version, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, 1, $7, $8)"
    )
    .bind(id)
    .bind(&team)
    .bind(&workspace)
    .bind(name)
    .bind(sealed.document)
    .bind(sealed.parts)
    .bind(change.now)
    .bind(change.now)
    .execute(change.transaction())
    .await?;
    change.about("collection", id);
    change.text("name", None, Some(name));
    Ok(())
}

/// Is the document small enough to be stored and edited as one piece?
fn fits(document: &Map<String, Value>) -> Result<()> {
    let size = serde_json::to_vec(document).map_err(Error::unexpected)?.len();
    if size > limits::DOCUMENT {
        let message = format!("has {size} bytes of JSON; one item may have at most {}", limits::DOCUMENT);
        return Err(Error::invalid("/document", message));
    }
    Ok(())
}

/// Most fields that one audit event names.
const NAMED: usize = 100;

/// Notes which fields of a document changed. Their values may hold secrets anywhere, so the event has HMACs of them.
async fn note_document(change: &mut Change, before: &Map<String, Value>, after: &Map<String, Value>) -> Result<()> {
    let mut fields: Vec<&String> = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))).collect();
    fields.retain(|field| before.get(*field) != after.get(*field));
    for field in fields.into_iter().take(NAMED) {
        let bytes = |value: Option<&Value>| value.map(|value| value.to_string().into_bytes());
        let (old, new) = (bytes(before.get(field)), bytes(after.get(field)));
        change.secret(&format!("document/{field}"), old.as_deref(), new.as_deref()).await?;
    }
    Ok(())
}
