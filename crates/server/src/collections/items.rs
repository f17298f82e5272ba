//! Folders, requests and examples: one row each.

use std::collections::HashMap;

use bulla_db::{Reader, Row, Transaction, sql};
use bulla_seal::{Key, Place as SealedPlace};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ranks::{self, Position};
use super::{exposure, fits, note_document, sealing};
use crate::error::{Error, Result};
use crate::id::{CollectionId, ItemId, WorkspaceId};
use crate::limits;
use crate::operation::Change;
use crate::trash::{self, Deleted};

/// An item in the tree.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// Its id.
    pub id: ItemId,
    /// The folder or request it is in; null at the top of the collection.
    #[schema(required)]
    pub parent_id: Option<ItemId>,
    /// Orders the children of one parent.
    pub rank: i64,
    /// What it is.
    pub kind: ItemKind,
    /// Its name.
    pub name: String,
    /// The method of a request or example.
    #[schema(required)]
    pub method: Option<String>,
    /// Counts up with each change.
    pub version: i64,
}

/// An item whole.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ItemDetail {
    /// Its place and name.
    #[serde(flatten)]
    pub node: Node,
    /// The collection it is in.
    pub collection_id: CollectionId,
    /// The workspace it is in.
    pub workspace_id: WorkspaceId,
    /// Every field of the item in its collection's format but `item` and `response`. Secret variables are there without
    /// their values.
    #[schema(value_type = HashMap<String, Value>)]
    pub document: Map<String, Value>,
}

/// An item whole, as strangers see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicItem {
    /// Its place and name.
    #[serde(flatten)]
    pub node: Node,
    /// The collection it is in.
    pub collection_id: CollectionId,
    /// Every field of the item in its collection's format but `item` and `response`, without what is or may be a secret.
    #[schema(value_type = HashMap<String, Value>)]
    pub document: Map<String, Value>,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ItemKind {
    /// Holds folders and requests.
    Folder,
    /// Holds examples.
    Request,
    /// A saved answer.
    Example,
}

/// An item to be made.
pub struct NewItem {
    /// The folder or request it goes in; `None` is the top of the collection.
    pub parent: Option<ItemId>,
    /// What it is.
    pub kind: ItemKind,
    /// Its name.
    pub name: String,
    /// Its other fields.
    pub document: Option<Map<String, Value>>,
    /// Where among the children of its parent.
    pub position: Position,
}

/// The row of an item, opened.
pub(super) struct Stored {
    pub node: Node,
    pub collection: CollectionId,
    pub document: Map<String, Value>,
    pub has_examples: bool,
}

/// The row of an item before it is inserted.
pub(super) struct NewRow {
    pub id: ItemId,
    /// An item, or the collection.
    pub parent: String,
    pub rank: i64,
    pub kind: ItemKind,
    pub document: Map<String, Value>,
    pub has_examples: bool,
}

impl ItemKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::Request => "request",
            Self::Example => "example",
        }
    }

    fn named(name: &str) -> Result<Self> {
        [Self::Folder, Self::Request, Self::Example]
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| Error::unexpected(format!("unknown kind of item {name}")))
    }

    /// What a new one holds.
    fn blank(self) -> Map<String, Value> {
        let document = match self {
            Self::Folder => json!({}),
            Self::Request => json!({ "request": { "method": "GET", "header": [], "url": { "raw": "" } } }),
            Self::Example => json!({ "status": "OK", "code": 200, "header": [], "body": "" }),
        };
        match document {
            Value::Object(document) => document,
            _ => Map::new(),
        }
    }
}

/// A page of the items of a collection in the order of their ids, from after `after` on, and whether there are more.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn tree(
    reader: Reader<'_>,
    collection: &CollectionId,
    after: Option<&ItemId>,
    limit: u32,
) -> Result<(Vec<Node>, bool)> {
    let rows = sql!(
        "select id, collection, parent, rank, kind, name, method, version from item \
         where collection = $1 and id > $2 order by id limit $3"
    )
    .bind(collection)
    .bind(after.map_or("", ItemId::as_str))
    .bind(limit.saturating_add(1))
    .all(reader)
    .await?;
    let more = rows.len() > limit as usize;
    let nodes = rows.iter().take(limit as usize).map(node_in).collect::<Result<_>>()?;
    Ok((nodes, more))
}

/// What an item is called, and what it is; `None` if there is none.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn item_name(reader: Reader<'_>, id: &ItemId) -> Result<Option<(String, ItemKind)>> {
    let row = sql!("select name, kind from item where id = $1").bind(id).optional(reader).await?;
    row.map(|row| Ok((row.text("name")?, ItemKind::named(&row.text("kind")?)?))).transpose()
}

/// The item with this id, as it is shown.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn item(
    place: impl Into<bulla_db::Place<'_>>,
    key: &Key,
    team: &str,
    workspace: &WorkspaceId,
    id: &ItemId,
) -> Result<ItemDetail> {
    Ok(shown(stored(place, key, team, id).await?, workspace))
}

/// The item with this id, as strangers see it.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn public_item(reader: Reader<'_>, key: &Key, team: &str, id: &ItemId) -> Result<PublicItem> {
    let stored = stored(reader, key, team, id).await?;
    Ok(PublicItem { node: stored.node, collection_id: stored.collection, document: exposure::exposed(stored.document) })
}

/// Makes an item.
///
/// # Errors
///
/// [`Error::Invalid`] for a bad name, parent or position, [`Error::Conflict`] if the collection is full.
pub async fn create_item(change: &mut Change, collection: &CollectionId, new: NewItem) -> Result<ItemDetail> {
    let (key, team, workspace) = (change.key().await?, change.team().to_owned(), change.workspace()?.clone());
    let name = limits::name("/name", &new.name)?;
    lock(change, collection).await?;
    room_for(change, collection, 1).await?;
    let parent = parent_for(change, collection, new.kind, new.parent.as_ref()).await?;
    if new.kind == ItemKind::Folder {
        within_depth(depth(change, new.parent.as_ref()).await? + 1)?;
    }
    let rank = ranks::rank(change, &parent, &new.position, None).await?;
    let mut document = Map::new();
    document.insert("name".to_owned(), json!(name));
    document.extend(own_fields(new.kind, new.document.unwrap_or_else(|| new.kind.blank())));
    document.insert("name".to_owned(), json!(name));
    document.shift_remove(sealing::ORIGINAL);
    fits(&document)?;
    let id = ItemId::new(change.now);
    let row = NewRow { id: id.clone(), parent, rank, kind: new.kind, document, has_examples: false };
    insert_rows(change, &key, collection, vec![row]).await?;
    change.about("item", &id);
    change.text("name", None, Some(&name));
    change.text("kind", None, Some(new.kind.name()));
    item(change.transaction(), &key, &team, &workspace, &id).await
}

/// Changes the fields of an item that still has `version`.
///
/// # Errors
///
/// [`Error::Stale`] if it was changed since, [`Error::Invalid`] for what does not fit.
pub async fn update_item(
    change: &mut Change,
    id: &ItemId,
    version: i64,
    name: Option<&str>,
    document: Option<Map<String, Value>>,
) -> Result<ItemDetail> {
    let (key, team, workspace) = (change.key().await?, change.team().to_owned(), change.workspace()?.clone());
    let before = stored(change.transaction(), &key, &team, id).await?;
    let kind = before.node.kind;
    let mut after = match document {
        Some(document) => sealing::edited(&before.document, own_fields(kind, document)),
        None => before.document.clone(),
    };
    if let Some(name) = name {
        after.insert("name".to_owned(), json!(limits::name("/name", name)?));
    } else if after.get("name") != before.document.get("name") {
        let name = after.get("name").and_then(Value::as_str).unwrap_or_default();
        after.insert("name".to_owned(), json!(limits::name("/document/name", name)?));
    }
    fits(&after)?;
    let (listed, method) = (listed_name(kind, &after), method(kind, &after));
    let sealed = sealing::seal(&key, item_place(id, &team), after.clone())?;
    // Before the item, as every other change does: two that took them in another order would wait for each other.
    touch(change, &before.collection).await?;
    let changed = sql!(
        "update item set name = $1, method = $2, document = $3, sealed = $4, version = version + 1, updated_at = $5 \
         where id = $6 and version = $7"
    )
    .bind(&listed)
    .bind(method.clone())
    .bind(sealed.document)
    .bind(sealed.parts)
    .bind(change.now)
    .bind(id)
    .bind(version)
    .execute(change.transaction())
    .await?;
    if changed == 0 {
        return Err(stale(before, &workspace)?);
    }
    change.text("name", Some(&before.node.name), Some(&listed));
    change.text("method", before.node.method.as_deref(), method.as_deref());
    note_document(change, &before.document, &after).await?;
    let node = Node { name: listed, method, version: version + 1, ..before.node };
    Ok(shown(Stored { node, document: after, ..before }, &workspace))
}

/// Puts an item that still has `version` below `parent`, with all that is in it.
///
/// # Errors
///
/// [`Error::Stale`] if it was changed since, [`Error::Invalid`] for a place where it cannot be.
pub async fn move_item(
    change: &mut Change,
    id: &ItemId,
    version: i64,
    parent: Option<&ItemId>,
    position: &Position,
) -> Result<ItemDetail> {
    let (key, team, workspace) = (change.key().await?, change.team().to_owned(), change.workspace()?.clone());
    let collection = collection_of(change, id).await?;
    // Two moves at once could otherwise put each item into the other.
    lock(change, &collection).await?;
    let before = stored(change.transaction(), &key, &team, id).await?;
    if before.node.version != version {
        return Err(stale(before, &workspace)?);
    }
    let target = parent_for(change, &collection, before.node.kind, parent).await?;
    if let Some(parent) = parent {
        let inside = sql!(
            "with recursive above (id, parent) as (select id, parent from item where id = $1 \
             union all select item.id, item.parent from item join above on item.id = above.parent) \
             select count(*) as total from above where id = $2"
        )
        .bind(parent)
        .bind(id)
        .one(change.transaction())
        .await?
        .integer("total")?;
        if inside > 0 {
            return Err(Error::invalid("/parentId", "is the item itself, or inside it"));
        }
    }
    if before.node.kind == ItemKind::Folder {
        within_depth(depth(change, parent).await? + height(change, id).await?)?;
    }
    let rank = ranks::rank(change, &target, position, Some(id)).await?;
    sql!("update item set parent = $1, rank = $2, version = version + 1, updated_at = $3 where id = $4")
        .bind(&target)
        .bind(rank)
        .bind(change.now)
        .bind(id)
        .execute(change.transaction())
        .await?;
    let top = collection.as_str();
    change.text("parent", Some(before.node.parent_id.as_ref().map_or(top, ItemId::as_str)), Some(&target));
    change.number("rank", Some(before.node.rank), Some(rank));
    item(change.transaction(), &key, &team, &workspace, id).await
}

/// Makes a copy of an item after it, with all that is in it.
///
/// # Errors
///
/// [`Error::Conflict`] if the collection has no room for it.
pub async fn duplicate_item(change: &mut Change, id: &ItemId) -> Result<ItemDetail> {
    let (key, team, workspace) = (change.key().await?, change.team().to_owned(), change.workspace()?.clone());
    let collection = collection_of(change, id).await?;
    lock(change, &collection).await?;
    let rows = sql!(
        "with recursive below (id, level) as (select id, 0 from item where id = $1 \
         union all select item.id, below.level + 1 from item join below on item.parent = below.id) \
         select item.id as id, item.collection as collection, item.parent as parent, item.rank as rank, \
         item.kind as kind, item.name as name, item.method as method, item.version as version, \
         item.document as document, item.sealed as sealed, item.has_examples as has_examples \
         from item join below on below.id = item.id order by below.level, item.rank, item.id"
    )
    .bind(id)
    .all(change.transaction())
    .await?;
    room_for(change, &collection, rows.len()).await?;
    let mut copies = HashMap::new();
    let mut new_rows = Vec::with_capacity(rows.len());
    for row in &rows {
        let original = stored_in(row, &key, &team)?;
        let copy = ItemId::new(change.now);
        let mut document = original.document;
        // Ids of the file name the original; so does the original of a converted file.
        for field in ["id", "_postman_id", "uid", sealing::ORIGINAL] {
            document.shift_remove(field);
        }
        let (parent, rank) = match original.node.parent_id.as_ref().and_then(|parent| copies.get(parent)) {
            Some(parent) => (ItemId::to_string(parent), original.node.rank),
            None => {
                let name: String = original.node.name.chars().take(limits::NAME - 5).collect();
                document.insert("name".to_owned(), json!(format!("{name} Copy")));
                let parent = original.node.parent_id.as_ref().map_or(collection.as_str(), ItemId::as_str).to_owned();
                let rank = ranks::rank(change, &parent, &Position::After(id.clone()), None).await?;
                (parent, rank)
            }
        };
        copies.insert(original.node.id, copy.clone());
        let (kind, has_examples) = (original.node.kind, original.has_examples);
        new_rows.push(NewRow { id: copy, parent, rank, kind, document, has_examples });
    }
    let first = new_rows.first().map(|row| row.id.clone()).ok_or(Error::NotFound { what: "item" })?;
    let count = new_rows.len();
    insert_rows(change, &key, &collection, new_rows).await?;
    change.about("item", &first);
    change.text("copyOf", None, Some(id.as_str()));
    change.number("items", None, i64::try_from(count).ok());
    item(change.transaction(), &key, &team, &workspace, &first).await
}

/// Deletes an item with all that is in it; one that still has `version`, if that is given. It can be restored for a while.
///
/// # Errors
///
/// [`Error::Stale`] if it was changed since.
pub async fn delete_item(change: &mut Change, id: &ItemId, version: Option<i64>) -> Result<()> {
    let (key, team, workspace) = (change.key().await?, change.team().to_owned(), change.workspace()?.clone());
    let collection = collection_of(change, id).await?;
    lock(change, &collection).await?;
    let before = stored(change.transaction(), &key, &team, id).await?;
    if version.is_some_and(|version| version != before.node.version) {
        return Err(stale(before, &workspace)?);
    }
    sql!(
        "insert into deleted_item (id, top, team, collection, parent, rank, kind, name, method, document, sealed, \
         has_examples, version, created_at, updated_at) \
         select id, $1, team, collection, parent, rank, kind, name, method, document, sealed, \
         has_examples, version, created_at, updated_at from item \
         where id in (with recursive below (id) as (select id from item where id = $1 \
         union all select item.id from item join below on item.parent = below.id) select id from below)"
    )
    .bind(id)
    .execute(change.transaction())
    .await?;
    let deleted = sql!("delete from item where id in (select id from deleted_item where top = $1)")
        .bind(id)
        .execute(change.transaction())
        .await?;
    let kind = match before.node.kind {
        ItemKind::Folder => trash::Kind::Folder,
        ItemKind::Request => trash::Kind::Request,
        ItemKind::Example => trash::Kind::Example,
    };
    let (element, name) = (Some(collection.as_str()), before.node.name.as_str());
    trash::put(change, kind, &Deleted { id: id.as_str(), workspace: &workspace, element, name }).await?;
    change.text("name", Some(&before.node.name), None);
    change.number("items", i64::try_from(deleted).ok(), None);
    Ok(())
}

/// Puts an item back that was deleted, with all that was in it: where it was, or at the top of its collection if that is
/// gone.
///
/// # Errors
///
/// [`Error::Conflict`] if the collection is full, or what an example belongs to is gone.
pub async fn restore_item(change: &mut Change, id: &ItemId) -> Result<()> {
    let row = sql!("select collection, parent, kind from deleted_item where id = $1 and top = $1")
        .bind(id)
        .optional(change.transaction())
        .await?
        .ok_or(Error::NotFound { what: "item" })?;
    let (collection, kind) = (CollectionId(row.text("collection")?), ItemKind::named(&row.text("kind")?)?);
    let mut parent = Some(ItemId(row.text("parent")?)).filter(|parent| parent.as_str() != collection.as_str());
    lock(change, &collection).await?;
    let count = sql!("select count(*) as total from deleted_item where top = $1")
        .bind(id)
        .one(change.transaction())
        .await?
        .integer("total")?;
    room_for(change, &collection, usize::try_from(count).unwrap_or_default()).await?;
    if parent.is_some() && parent_for(change, &collection, kind, parent.as_ref()).await.is_err() {
        if kind == ItemKind::Example {
            let detail = "the request of this example is gone; restore the request first".to_owned();
            return Err(Error::Conflict { code: "parent_gone", detail });
        }
        parent = None;
    }
    sql!(
        "insert into item (id, team, collection, parent, rank, kind, name, method, document, sealed, has_examples, \
         version, created_at, updated_at) \
         select id, team, collection, parent, rank, kind, name, method, document, sealed, has_examples, \
         version + 1, created_at, updated_at from deleted_item where top = $1"
    )
    .bind(id)
    .execute(change.transaction())
    .await?;
    purge_item(change, id).await?;
    if kind == ItemKind::Folder
        && depth(change, parent.as_ref()).await? + height(change, id).await? > limits::FOLDERS_DEEP
    {
        parent = None;
    }
    sql!("update item set parent = $1 where id = $2")
        .bind(parent.as_ref().map_or(collection.as_str(), ItemId::as_str))
        .bind(id)
        .execute(change.transaction())
        .await?;
    Ok(())
}

/// Most items whose sealed parts are in memory at once.
const AT_ONCE: i64 = 200;

/// Seals what is sealed in the items of a collection, those that were deleted among them, under another key.
pub(super) async fn seal_again(change: &mut Change, collection: &CollectionId, old: &Key, new: &Key) -> Result<()> {
    let team = change.team().to_owned();
    let again = |row: &Row| -> Result<Vec<bulla_db::Value>> {
        let id = ItemId(row.text("id")?);
        let plain = old.open(item_place(&id, &team), &row.bytes("sealed")?)?;
        Ok(vec![new.seal(item_place(&id, &team), plain.expose())?.into(), (&id).into()])
    };
    let mut last = String::new();
    loop {
        let rows = sql!(
            "select id, sealed from item where collection = $1 and id > $2 and sealed is not null order by id limit $3"
        )
        .bind(collection)
        .bind(&last)
        .bind(AT_ONCE)
        .all(change.transaction())
        .await?;
        let Some(end) = rows.last() else { break };
        last = end.text("id")?;
        for row in &rows {
            let [sealed, id] = <[_; 2]>::try_from(again(row)?).map_err(|_| Error::unexpected("two values"))?;
            sql!("update item set sealed = $1 where id = $2")
                .bind(sealed)
                .bind(id)
                .execute(change.transaction())
                .await?;
        }
    }
    last.clear();
    loop {
        let rows = sql!(
            "select id, sealed from deleted_item where collection = $1 and id > $2 and sealed is not null \
             order by id limit $3"
        )
        .bind(collection)
        .bind(&last)
        .bind(AT_ONCE)
        .all(change.transaction())
        .await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = end.text("id")?;
        for row in &rows {
            let [sealed, id] = <[_; 2]>::try_from(again(row)?).map_err(|_| Error::unexpected("two values"))?;
            sql!("update deleted_item set sealed = $1 where id = $2")
                .bind(sealed)
                .bind(id)
                .execute(change.transaction())
                .await?;
        }
    }
}

/// Deletes an item for good that was deleted before, with all that was in it.
///
/// # Errors
///
/// If the database refuses.
pub async fn purge_item(change: &mut Change, id: &ItemId) -> Result<()> {
    sql!("delete from deleted_item where top = $1").bind(id).execute(change.transaction()).await?;
    Ok(())
}

pub(super) async fn stored(
    place: impl Into<bulla_db::Place<'_>>,
    key: &Key,
    team: &str,
    id: &ItemId,
) -> Result<Stored> {
    let row = sql!(
        "select id, collection, parent, rank, kind, name, method, version, document, sealed, has_examples \
         from item where id = $1"
    )
    .bind(id)
    .optional(place)
    .await?
    .ok_or(Error::NotFound { what: "item" })?;
    stored_in(&row, key, team)
}

pub(super) fn stored_in(row: &Row, key: &Key, team: &str) -> Result<Stored> {
    let node = node_in(row)?;
    let parts = row.bytes_or_null("sealed")?;
    let document = sealing::open(key, item_place(&node.id, team), &row.text("document")?, parts.as_deref())?;
    Ok(Stored {
        collection: CollectionId(row.text("collection")?),
        has_examples: row.claim("has_examples")?,
        document,
        node,
    })
}

fn node_in(row: &Row) -> Result<Node> {
    let parent = row.text("parent")?;
    Ok(Node {
        id: ItemId(row.text("id")?),
        parent_id: (parent != row.text("collection")?).then_some(ItemId(parent)),
        rank: row.integer("rank")?,
        kind: ItemKind::named(&row.text("kind")?)?,
        name: row.text("name")?,
        method: row.text_or_null("method")?,
        version: row.integer("version")?,
    })
}

fn shown(stored: Stored, workspace: &WorkspaceId) -> ItemDetail {
    ItemDetail {
        node: stored.node,
        collection_id: stored.collection,
        workspace_id: workspace.clone(),
        document: sealing::shown(stored.document),
    }
}

fn stale(stored: Stored, workspace: &WorkspaceId) -> Result<Error> {
    let what = stored.node.kind.name();
    let current = serde_json::to_value(shown(stored, workspace)).map_err(Error::unexpected)?;
    Ok(Error::Stale { what, current: Box::new(current) })
}

pub(super) fn item_place<'p>(id: &'p ItemId, team: &'p str) -> SealedPlace<'p> {
    SealedPlace { table: "item", column: "sealed", row: id.as_str(), team }
}

/// Seals and writes the rows of new items, in one statement for each hundred.
async fn insert_rows(change: &mut Change, key: &Key, collection: &CollectionId, rows: Vec<NewRow>) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    let rows = rows.into_iter().map(|row| row_values(key, &team, collection, row, now)).collect::<Result<Vec<_>>>()?;
    insert_values(change.transaction(), rows).await
}

/// The values of one row, sealed.
pub(super) fn row_values(
    key: &Key,
    team: &str,
    collection: &CollectionId,
    row: NewRow,
    now: i64,
) -> Result<Vec<bulla_db::Value>> {
    let (name, method) = (listed_name(row.kind, &row.document), method(row.kind, &row.document));
    let sealed = sealing::seal(key, item_place(&row.id, team), row.document)?;
    let size = sealed.document.len() + sealed.parts.as_ref().map_or(0, Vec::len);
    if size > limits::DOCUMENT {
        let detail = format!("{name:?} has {size} bytes of JSON; one item may have at most {}", limits::DOCUMENT);
        return Err(Error::Refused { code: "item_too_large", detail });
    }
    Ok(vec![
        (&row.id).into(),
        team.into(),
        collection.into(),
        row.parent.into(),
        row.rank.into(),
        row.kind.name().into(),
        name.into(),
        method.into(),
        sealed.document.into(),
        sealed.parts.into(),
        row.has_examples.into(),
        1_i64.into(),
        now.into(),
        now.into(),
    ])
}

pub(super) async fn insert_values(transaction: &mut Transaction, rows: Vec<Vec<bulla_db::Value>>) -> Result<()> {
    sql!(
        "insert into item (id, team, collection, parent, rank, kind, name, method, document, sealed, has_examples, \
         version, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    )
    .execute_rows(transaction, rows)
    .await?;
    Ok(())
}

/// The name that a list shows for a document.
fn listed_name(kind: ItemKind, document: &Map<String, Value>) -> String {
    let named = document.get("name").and_then(Value::as_str);
    let name = match kind {
        ItemKind::Example => named.unwrap_or("Example").to_owned(),
        ItemKind::Folder | ItemKind::Request => {
            let items = (kind == ItemKind::Folder).then(Vec::new);
            match named {
                Some(name) => name.to_owned(),
                None => bulla_collection::Item { raw: document.clone(), items }.name(),
            }
        }
    };
    limits::listed_name(&name)
}

/// The method that a list shows for a document.
fn method(kind: ItemKind, document: &Map<String, Value>) -> Option<String> {
    let request = match kind {
        ItemKind::Folder => return None,
        ItemKind::Request => document.get("request")?,
        ItemKind::Example => document.get("originalRequest")?,
    };
    let method = match request {
        Value::Object(request) => request.get("method").and_then(Value::as_str).unwrap_or("GET"),
        Value::String(_) => "GET",
        _ => return None,
    };
    Some(limits::listed_name(method))
}

/// The document without what are rows of their own: children, and the examples of a request.
pub(super) fn own_fields(kind: ItemKind, mut document: Map<String, Value>) -> Map<String, Value> {
    if kind != ItemKind::Example {
        document.shift_remove("item");
    }
    if kind == ItemKind::Request && examples_in(&document) {
        document.shift_remove("response");
    }
    document
}

/// Are the examples of this request such that each can be a row? What is no list of objects stays in the document.
pub(super) fn examples_in(document: &Map<String, Value>) -> bool {
    document.get("response").and_then(Value::as_array).is_some_and(|list| list.iter().all(Value::is_object))
}

/// The value of `parent` for an item of this kind below `parent`.
async fn parent_for(
    change: &mut Change,
    collection: &CollectionId,
    kind: ItemKind,
    parent: Option<&ItemId>,
) -> Result<String> {
    let Some(parent) = parent else {
        return match kind {
            ItemKind::Example => Err(Error::invalid("/parentId", "must be a request: an example belongs to one")),
            ItemKind::Folder | ItemKind::Request => Ok(collection.to_string()),
        };
    };
    let found = sql!("select kind from item where id = $1 and collection = $2")
        .bind(parent)
        .bind(collection)
        .optional(change.transaction())
        .await?
        .ok_or_else(|| Error::invalid("/parentId", "is no item of this collection"))?;
    match (kind, ItemKind::named(&found.text("kind")?)?) {
        (ItemKind::Example, ItemKind::Request) | (ItemKind::Folder | ItemKind::Request, ItemKind::Folder) => {
            Ok(parent.to_string())
        }
        (ItemKind::Example, _) => Err(Error::invalid("/parentId", "must be a request: an example belongs to one")),
        (ItemKind::Folder | ItemKind::Request, _) => Err(Error::invalid("/parentId", "must be a folder")),
    }
}

async fn collection_of(change: &mut Change, id: &ItemId) -> Result<CollectionId> {
    let row = sql!("select collection from item where id = $1")
        .bind(id)
        .optional(change.transaction())
        .await?
        .ok_or(Error::NotFound { what: "item" })?;
    Ok(CollectionId(row.text("collection")?))
}

/// Lets other changes of the collection's structure wait for this one, and notes when it was.
async fn lock(change: &mut Change, collection: &CollectionId) -> Result<()> {
    touch(change, collection).await
}

async fn touch(change: &mut Change, collection: &CollectionId) -> Result<()> {
    sql!("update collection set updated_at = $1 where id = $2")
        .bind(change.now)
        .bind(collection)
        .execute(change.transaction())
        .await?;
    Ok(())
}

async fn room_for(change: &mut Change, collection: &CollectionId, more: usize) -> Result<()> {
    let there = sql!("select count(*) as total from item where collection = $1")
        .bind(collection)
        .one(change.transaction())
        .await?
        .integer("total")?;
    if usize::try_from(there).unwrap_or_default() + more > limits::ITEMS {
        let detail = format!("the collection has {there} items; it can have {}", limits::ITEMS);
        return Err(Error::Conflict { code: "too_many", detail });
    }
    Ok(())
}

/// How many folders `folder` is in, itself included.
async fn depth(change: &mut Change, folder: Option<&ItemId>) -> Result<i64> {
    let Some(folder) = folder else { return Ok(0) };
    Ok(sql!(
        "with recursive above (id, parent) as (select id, parent from item where id = $1 \
         union all select item.id, item.parent from item join above on item.id = above.parent) \
         select count(*) as total from above"
    )
    .bind(folder)
    .one(change.transaction())
    .await?
    .integer("total")?)
}

/// How many levels of folders are in `folder`, itself included.
async fn height(change: &mut Change, folder: &ItemId) -> Result<i64> {
    Ok(sql!(
        "with recursive below (id, level) as (select id, 1 from item where id = $1 \
         union all select item.id, below.level + 1 from item join below on item.parent = below.id \
         where item.kind = 'folder') select cast(max(level) as bigint) as levels from below"
    )
    .bind(folder)
    .one(change.transaction())
    .await?
    .integer_or_null("levels")?
    .unwrap_or(1))
}

fn within_depth(levels: i64) -> Result<()> {
    if levels > limits::FOLDERS_DEEP {
        let message = format!("would be {levels} folders deep; at most {} are allowed", limits::FOLDERS_DEEP);
        return Err(Error::invalid("/parentId", message));
    }
    Ok(())
}
