//! Whole documents: into rows, and back.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bulla_collection::{Collection as Document, Format, Item};
use bulla_db::{Database, Place, Transaction, Value as Column, sql};
use bulla_seal::Key;
use bytes::Bytes;
use futures::Stream;
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::items::{ItemKind, NewRow, Node, Stored, examples_in, insert_values, row_values, stored, stored_in};
use super::ranks::STEP;
use super::{Head, exposure, head, insert_head, sealing};
use crate::copying::Extent;
use crate::error::{Error, Result};
use crate::id::{CollectionId, ItemId};
use crate::limits;
use crate::operation::Change;

/// A collection from a file, ready to be stored: its rows are sealed.
pub struct Prepared {
    id: CollectionId,
    name: String,
    head: Map<String, Value>,
    rows: Vec<Vec<Column>>,
}

/// Makes the rows of a document. It computes for a while: call it off the threads that serve.
///
/// # Errors
///
/// [`Error::Refused`] if folders are nested too deep, or a piece is too large.
pub fn prepare(document: Document, key: &Key, team: &str, now: i64) -> Result<Prepared> {
    let collection = CollectionId::new(now);
    let name = limits::listed_name(document.name());
    let mut rows = Vec::new();
    let mut pending = VecDeque::from([(collection.to_string(), 0, document.items)]);
    while let Some((parent, level, items)) = pending.pop_front() {
        if level > limits::FOLDERS_DEEP {
            let first = items.first().map(Item::name).unwrap_or_default();
            let detail = format!(
                "{first:?} is inside of more than {} folders; move it up and export the file again",
                limits::FOLDERS_DEEP
            );
            return Err(Error::Refused { code: "too_deep", detail });
        }
        for (rank, item) in ranked(items) {
            let kind = if item.is_folder() { ItemKind::Folder } else { ItemKind::Request };
            let mut row = NewRow {
                id: ItemId::new(now),
                parent: parent.clone(),
                rank,
                kind,
                has_examples: kind == ItemKind::Request && examples_in(&item.raw),
                document: item.raw,
            };
            if row.has_examples
                && let Some(Value::Array(examples)) = row.document.shift_remove("response")
            {
                for (rank, example) in ranked(examples) {
                    let Value::Object(document) = example else { continue };
                    let (id, parent, kind) = (ItemId::new(now), row.id.to_string(), ItemKind::Example);
                    let example = NewRow { id, parent, rank, kind, document, has_examples: false };
                    rows.push(row_values(key, team, &collection, example, now)?);
                }
            }
            if let Some(children) = item.items {
                pending.push_back((row.id.to_string(), level + 1, children));
            }
            rows.push(row_values(key, team, &collection, row, now)?);
        }
    }
    Ok(Prepared { id: collection, name, head: document.head, rows })
}

/// How much a collection is, or several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// Folders, requests and examples.
    pub items: i64,
    /// Characters of their documents, and bytes of what is sealed.
    pub size: i64,
}

impl std::ops::Add for Weight {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { items: self.items.saturating_add(other.items), size: self.size.saturating_add(other.size) }
    }
}

/// How much each collection of a workspace is, by name, or how much one collection is: `id` is that of either.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn weights(snapshot: &mut Transaction, id: &str) -> Result<Vec<(CollectionId, Weight)>> {
    sql!(
        "select collection.id as id, count(item.id) as items, length(collection.head) \
         + cast(coalesce(sum(length(document) + coalesce(length(item.sealed), 0)), 0) as bigint) as size \
         from collection left join item on item.collection = collection.id \
         where (collection.workspace = $1 or collection.id = $1) and collection.deleted_at is null \
         group by collection.id order by lower(collection.name), collection.id"
    )
    .bind(id)
    .all(snapshot)
    .await?
    .iter()
    .map(|row| {
        let weight = Weight { items: row.integer("items")?, size: row.integer("size")? };
        Ok((CollectionId(row.text("id")?), weight))
    })
    .collect()
}

/// Reads a collection that is sealed under a key, and makes a copy of so much of it, sealed under another key and for another
/// team, that is still to be [stored](insert).
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such collection.
pub async fn copy(
    snapshot: &mut Transaction,
    id: &CollectionId,
    (old, extent): (&Key, Extent),
    (new, team): (&Arc<Key>, &str),
    now: i64,
) -> Result<Prepared> {
    let document = load(snapshot.into(), old, id, false).await?;
    let (new, team) = (Arc::clone(new), team.to_owned());
    let made = move || prepare(copied(document, extent), &new, &team, now);
    tokio::task::spawn_blocking(made).await.map_err(Error::unexpected)?
}

/// The document without the values of secret variables.
fn without_secrets(mut document: Document) -> Document {
    document.head = sealing::shown(document.head);
    let mut pending: Vec<&mut Vec<Item>> = vec![&mut document.items];
    while let Some(level) = pending.pop() {
        for item in level {
            item.raw = sealing::shown(std::mem::take(&mut item.raw));
            pending.extend(&mut item.items);
        }
    }
    document
}

/// The document of a copy: so much of it as goes along, without the ids that name the original.
fn copied(document: Document, extent: Extent) -> Document {
    let shown = |fields: Map<String, Value>| match extent {
        Extent::Whole => fields,
        Extent::WithoutSecrets => sealing::shown(fields),
        Extent::AsStrangersSee => exposure::exposed(fields),
    };
    let mut head = shown(document.head);
    head.shift_remove(sealing::ORIGINAL);
    if let Some(Value::Object(info)) = head.get_mut("info") {
        for field in NAMING {
            info.shift_remove(field);
        }
    }
    let mut items = document.items;
    let mut pending: Vec<&mut Vec<Item>> = vec![&mut items];
    while let Some(level) = pending.pop() {
        for item in level {
            let mut raw = shown(std::mem::take(&mut item.raw));
            forget_names(&mut raw);
            for example in raw.get_mut("response").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Value::Object(example) = example {
                    *example = shown(std::mem::take(example));
                    forget_names(example);
                }
            }
            item.raw = raw;
            if let Some(children) = &mut item.items {
                pending.push(children);
            }
        }
    }
    Document { head, items }
}

/// Fields that name an original.
const NAMING: [&str; 4] = ["id", "_postman_id", "uid", "_collection_link"];

fn forget_names(document: &mut Map<String, Value>) {
    for field in NAMING.into_iter().chain([sealing::ORIGINAL]) {
        document.shift_remove(field);
    }
}

fn ranked<T>(children: Vec<T>) -> impl Iterator<Item = (i64, T)> {
    (0..).map(|index| index * STEP).zip(children)
}

/// Stores a prepared collection and returns its id and name.
///
/// # Errors
///
/// [`Error::Conflict`] if the workspace has too many.
pub async fn insert(change: &mut Change, key: &Key, prepared: Prepared) -> Result<(CollectionId, String)> {
    insert_head(change, key, &prepared.id, &prepared.name, prepared.head).await?;
    change.number("items", None, i64::try_from(prepared.rows.len()).ok());
    insert_values(change.transaction(), prepared.rows).await?;
    Ok((prepared.id, prepared.name))
}

/// A collection whole, for a run or for an export to another format.
///
/// With `our_ids` every folder and request says our id in place of its file's, so that events name rows.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn load(mut place: Place<'_>, key: &Key, id: &CollectionId, our_ids: bool) -> Result<Document> {
    let head = head(place.again(), key, id).await?;
    let rows = sql!(
        "select id, collection, parent, rank, kind, name, method, version, document, sealed, has_examples \
         from item where collection = $1 order by rank, id"
    )
    .bind(id)
    .all(place)
    .await?;
    let mut children: HashMap<String, Vec<Stored>> = HashMap::new();
    for row in &rows {
        let stored = stored_in(row, key, &head.team)?;
        let parent = stored.node.parent_id.as_ref().map_or(id.as_str(), ItemId::as_str).to_owned();
        children.entry(parent).or_default().push(stored);
    }
    let items = assemble(id.as_str(), &mut children, our_ids);
    Ok(Document { head: named(head.head, id, our_ids), items })
}

/// The collection with one item in it and the folders above that: what a request inherits, without its neighbours.
///
/// # Errors
///
/// [`Error::NotFound`] if there is no such item.
pub async fn branch(mut place: Place<'_>, key: &Key, team: &str, id: &ItemId) -> Result<(CollectionId, Document)> {
    let leaf = stored(place.again(), key, team, id).await?;
    let collection = leaf.collection.clone();
    let mut above = leaf.node.parent_id.clone();
    let mut item = one(leaf, Vec::new(), true);
    // Ends at the top: a move never makes a circle.
    while let Some(parent) = above {
        let folder = stored(place.again(), key, team, &parent).await?;
        above = folder.node.parent_id.clone();
        item = one(folder, vec![item], true);
    }
    let head = head(place, key, &collection).await?;
    let head = named(head.head, &collection, true);
    Ok((collection, Document { head, items: vec![item] }))
}

/// The collection without its items: what a request inherits that is not saved in it yet.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn trunk(place: Place<'_>, key: &Key, id: &CollectionId) -> Result<Document> {
    let head = head(place, key, id).await?;
    Ok(Document { head: named(head.head, id, true), items: Vec::new() })
}

/// The head, with our id if that is asked for.
fn named(mut head: Map<String, Value>, id: &CollectionId, our_ids: bool) -> Map<String, Value> {
    if our_ids && let Some(Value::Object(info)) = head.get_mut("info") {
        info.insert("_postman_id".to_owned(), json!(id.as_str()));
    }
    head
}

fn assemble(parent: &str, children: &mut HashMap<String, Vec<Stored>>, our_ids: bool) -> Vec<Item> {
    let stored = children.remove(parent).unwrap_or_default();
    stored
        .into_iter()
        .map(|stored| {
            let id = stored.node.id.clone();
            match stored.node.kind {
                ItemKind::Folder => {
                    // As deep as folders may be nested.
                    let items = assemble(id.as_str(), children, our_ids);
                    one(stored, items, our_ids)
                }
                ItemKind::Request => {
                    let examples = children.remove(id.as_str()).unwrap_or_default();
                    let (has_list, mut item) = (stored.has_examples, one(stored, Vec::new(), our_ids));
                    if has_list || !examples.is_empty() {
                        let list = examples.into_iter().map(|example| Value::Object(example.document)).collect();
                        item.raw.insert("response".to_owned(), Value::Array(list));
                    }
                    item
                }
                ItemKind::Example => one(stored, Vec::new(), our_ids),
            }
        })
        .collect()
}

fn one(stored: Stored, children: Vec<Item>, our_ids: bool) -> Item {
    let mut raw = stored.document;
    if our_ids {
        raw.insert("id".to_owned(), json!(stored.node.id.as_str()));
    }
    Item { raw, items: (stored.node.kind == ItemKind::Folder).then_some(children) }
}

/// Bytes of a document that go out in one piece.
const CHUNK: usize = 64 * 1024;
/// Children of one parent that are read at once.
const PAGE: u32 = 500;
/// Exports at once: each holds a connection to the database until its reader has taken all of it.
const AT_ONCE: usize = 4;
/// How long an export waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one may take.
const DEADLINE: Duration = Duration::from_secs(600);

/// Writes collections as files, so many at once.
#[derive(Clone)]
pub struct Exporter(Arc<Semaphore>);

impl Exporter {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// The collection as a file in `format` (`None`: that of the file it was read from), piece by piece.
    ///
    /// In the format that it was read from nothing but a page of rows is ever in memory, and with its secrets it equals what
    /// was read. Without them the values of secret variables are left out.
    /// What fails in the middle ends the stream with an error, so that nobody takes a part for the whole.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none, [`Error::Busy`] if too many others are exported.
    pub async fn stream(
        &self,
        database: &Database,
        key: Arc<Key>,
        id: CollectionId,
        format: Option<Format>,
        with_secrets: bool,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
        let turn = timeout(PATIENCE, Arc::clone(&self.0).acquire_owned())
            .await
            .map_err(|_| Error::Busy("too many collections are being exported; try again in a moment".to_owned()))?
            .map_err(Error::unexpected)?;
        let started = Instant::now();
        let mut snapshot = database.snapshot().await?;
        let head = head(Place::from(&mut snapshot), &key, &id).await?;
        let written = Document { head: head.head.clone(), items: Vec::new() }.format();
        let format = format.unwrap_or(written);
        Ok(async_stream::try_stream! {
            let _turn = turn;
            if format != written || format == Format::V1 {
                let mut document = load(Place::from(&mut snapshot), &key, &id, false).await?;
                if !with_secrets {
                    document = without_secrets(document);
                }
                // Another format needs the whole document: off the threads that serve.
                let text = tokio::task::spawn_blocking(move || serde_json::to_vec(&document.export(format)))
                    .await
                    .map_err(Error::unexpected)?
                    .map_err(Error::unexpected)?;
                drop(snapshot);
                yield Bytes::from(text);
                return;
            }
            let Head { head, team, .. } = head;
            let given = |mut document: Map<String, Value>| match with_secrets {
                true => {
                    document.shift_remove(sealing::ORIGINAL);
                    document
                }
                false => sealing::shown(document),
            };
            let mut text = opened(&given(head), "item")?;
            let mut open = vec![Level::new(id.as_str())];
            while let Some(level) = open.last_mut() {
                let Some(child) = level.next(&mut snapshot, &key, &team).await? else {
                    text.push_str("]}");
                    open.pop();
                    continue;
                };
                if level.given > 1 {
                    text.push(',');
                }
                let document = given(child.document);
                match child.node.kind {
                    ItemKind::Folder => {
                        text.push_str(&opened(&document, "item")?);
                        open.push(Level::new(child.node.id.as_str()));
                    }
                    ItemKind::Request => {
                        let mut example = level.examples.next(&level.parent, &child.node, &mut snapshot, &key, &team).await?;
                        if !child.has_examples && example.is_none() {
                            text.push_str(&written_out(&document)?);
                        } else {
                            text.push_str(&opened(&document, "response")?);
                            while let Some(Stored { document, .. }) = example {
                                text.push_str(&written_out(&given(document))?);
                                if text.len() > CHUNK {
                                    yield Bytes::from(std::mem::take(&mut text));
                                }
                                example = level.examples.next(&level.parent, &child.node, &mut snapshot, &key, &team).await?;
                                if example.is_some() {
                                    text.push(',');
                                }
                            }
                            text.push_str("]}");
                        }
                    }
                    ItemKind::Example => text.push_str(&written_out(&document)?),
                }
                if text.len() > CHUNK {
                    if started.elapsed() > DEADLINE {
                        Err(Error::Busy("the export was not taken in time".to_owned()))?;
                    }
                    yield Bytes::from(std::mem::take(&mut text));
                }
            }
            drop(snapshot);
            yield Bytes::from(text);
        })
    }
}

fn written_out(object: &Map<String, Value>) -> Result<String> {
    serde_json::to_string(object).map_err(Error::unexpected)
}

/// The JSON of an object up to the first element of a last field that is a list.
fn opened(object: &Map<String, Value>, field: &str) -> Result<String> {
    let mut text = written_out(object)?;
    text.pop();
    if text.len() > 1 {
        text.push(',');
    }
    text.push_str(&format!("{}:[", json!(field)));
    Ok(text)
}

/// The children of one parent, read a page at a time, and beside them the examples of all of its requests.
struct Level {
    parent: String,
    page: VecDeque<Stored>,
    last: (i64, String),
    is_read: bool,
    given: usize,
    examples: Examples,
}

/// The examples of the requests of one parent, in the order of the requests, read a page at a time: many requests have
/// none, and asking for those of each is felt.
#[derive(Default)]
struct Examples {
    page: VecDeque<Example>,
    /// Where the page ends: rank and id of the request, rank and id of the example.
    last: Option<(i64, String, i64, String)>,
    is_read: bool,
}

struct Example {
    /// Rank and id of its request.
    request: (i64, String),
    stored: Stored,
}

impl Examples {
    /// The next example of `request`, a child of `parent`; requests are asked for in their order.
    async fn next(
        &mut self,
        parent: &str,
        request: &Node,
        snapshot: &mut Transaction,
        key: &Key,
        team: &str,
    ) -> Result<Option<Stored>> {
        let asked = (request.rank, request.id.to_string());
        loop {
            match self.page.front() {
                Some(example) if example.request == asked => {
                    return Ok(self.page.pop_front().map(|example| example.stored));
                }
                Some(example) if example.request > asked => return Ok(None),
                Some(_) => drop(self.page.pop_front()),
                None if self.is_read => return Ok(None),
                None => {
                    let after = self.last.take().unwrap_or((asked.0, asked.1.clone(), i64::MIN, String::new()));
                    self.read(parent, after, snapshot, key, team).await?;
                }
            }
        }
    }

    async fn read(
        &mut self,
        parent: &str,
        after: (i64, String, i64, String),
        snapshot: &mut Transaction,
        key: &Key,
        team: &str,
    ) -> Result<()> {
        let rows = sql!(
            "select example.id as id, example.collection as collection, example.parent as parent, \
             example.rank as rank, example.kind as kind, example.name as name, example.method as method, \
             example.version as version, example.document as document, example.sealed as sealed, \
             example.has_examples as has_examples, request.rank as request_rank \
             from item request join item example on example.parent = request.id and example.kind = 'example' \
             where request.parent = $1 and request.kind = 'request' and request.rank >= $2 \
             and (request.rank, request.id, example.rank, example.id) > ($2, $3, $4, $5) \
             order by request.rank, request.id, example.rank, example.id limit $6"
        )
        .bind(parent)
        .bind(after.0)
        .bind(&after.1)
        .bind(after.2)
        .bind(&after.3)
        .bind(PAGE)
        .all(snapshot)
        .await?;
        self.is_read = rows.len() < PAGE as usize;
        for row in &rows {
            let request = (row.integer("request_rank")?, row.text("parent")?);
            let stored = stored_in(row, key, team)?;
            self.last = Some((request.0, request.1.clone(), stored.node.rank, stored.node.id.to_string()));
            self.page.push_back(Example { request, stored });
        }
        Ok(())
    }
}

impl Level {
    fn new(parent: &str) -> Self {
        let (page, last) = (VecDeque::new(), (i64::MIN, String::new()));
        Self { parent: parent.to_owned(), page, last, is_read: false, given: 0, examples: Examples::default() }
    }

    async fn next(&mut self, snapshot: &mut Transaction, key: &Key, team: &str) -> Result<Option<Stored>> {
        if self.page.is_empty() && !self.is_read {
            let rows = sql!(
                "select id, collection, parent, rank, kind, name, method, version, document, sealed, has_examples \
                 from item where parent = $1 and (rank > $2 or (rank = $2 and id > $3)) order by rank, id limit $4"
            )
            .bind(&self.parent)
            .bind(self.last.0)
            .bind(&self.last.1)
            .bind(PAGE)
            .all(snapshot)
            .await?;
            self.is_read = rows.len() < PAGE as usize;
            for row in &rows {
                self.page.push_back(stored_in(row, key, team)?);
            }
            if let Some(last) = self.page.back() {
                self.last = (last.node.rank, last.node.id.to_string());
            }
        }
        let next = self.page.pop_front();
        self.given += usize::from(next.is_some());
        Ok(next)
    }
}
