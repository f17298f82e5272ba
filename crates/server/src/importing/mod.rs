//! Importing: a file that somebody dropped becomes a collection, an environment or globals, or nothing at all.
//!
//! A file is read whole, off the threads that serve, within a budget of memory; its rows are made and sealed there too;
//! then one transaction writes them. The answer says what was kept, converted and not understood.

pub mod http;

use std::sync::Arc;
use std::time::Duration;

use bulla_collection::{Format, Import, Imported as Understood, Limits, VariableSet, read};
use bulla_seal::Key;
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::collections::{self, Prepared};
use crate::environments;
use crate::error::{Error, Result};
use crate::operation::Change;

/// What became of a file.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Imported {
    /// What it was.
    pub kind: ImportedKind,
    /// The id of what was made, or of the globals that were changed.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `1.0.0`, `2.0.0`, `2.1.0`, or `variables` for an environment or globals.
    pub format: &'static str,
    /// What became of what is in it.
    pub report: ImportReport,
}

/// What a file was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ImportedKind {
    /// A collection.
    Collection,
    /// An environment.
    Environment,
    /// Globals, which became part of the workspace's.
    Globals,
}

/// What was kept, converted and not understood.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// Counts of what is there.
    pub kept: Vec<ReportCount>,
    /// What is written in another way than the file did.
    pub converted: Vec<ReportNote>,
    /// What is kept as it is, without being understood.
    pub not_understood: Vec<ReportNote>,
}

/// So many of these.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportCount {
    /// `requests`, `folders`, `scripts`.
    pub what: &'static str,
    /// How many.
    pub count: usize,
}

/// Something about one place.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReportNote {
    /// JSON pointer into the file.
    pub path: String,
    /// What about it.
    pub what: String,
}

impl From<bulla_collection::Report> for ImportReport {
    fn from(report: bulla_collection::Report) -> Self {
        let notes = |notes: Vec<bulla_collection::Note>| {
            notes.into_iter().map(|note| ReportNote { path: note.path, what: note.what }).collect()
        };
        Self {
            kept: report.kept.into_iter().map(|kept| ReportCount { what: kept.what, count: kept.count }).collect(),
            converted: notes(report.converted),
            not_understood: notes(report.not_understood),
        }
    }
}

/// Files that may be in memory at once, in files of the largest size.
const AT_ONCE: usize = 3;
/// How long a file waits for its place in memory.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the next piece of a file may take to arrive.
const IDLE: Duration = Duration::from_secs(30);
/// The unit in which memory is counted.
const MIB: usize = 1024 * 1024;

/// How files are read: up to a size, and so many at once.
#[derive(Clone)]
pub struct Importer {
    limit: usize,
    memory: Arc<Semaphore>,
}

/// A file in memory, with the room it takes there.
pub struct File {
    bytes: Bytes,
    room: OwnedSemaphorePermit,
}

/// A file that was understood, ready to be stored.
pub struct Ready {
    content: Content,
    format: Format,
    report: ImportReport,
    _room: OwnedSemaphorePermit,
}

enum Content {
    Collection(Prepared),
    Environment(VariableSet),
    Globals(VariableSet),
}

impl Importer {
    /// An importer of files of up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, memory: Arc::new(Semaphore::new(AT_ONCE * mebibytes(limit))) }
    }

    /// Takes a file in as it arrives. `announced` is the size that its sender named, if any.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`], [`Error::Busy`] if too many others are read, [`Error::BadRequest`] if it stops arriving.
    pub async fn receive<E: std::fmt::Display>(
        &self,
        announced: Option<u64>,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<File> {
        let mut pieces = std::pin::pin!(pieces);
        let announced = announced.map(|size| usize::try_from(size).unwrap_or(usize::MAX));
        let mut bytes = BytesMut::new();
        let mut size = 0_usize;
        let mut room = None;
        if announced.is_none_or(|size| size <= self.limit) {
            let expected = announced.unwrap_or(self.limit);
            room = Some(self.room(expected).await?);
            bytes.reserve(announced.unwrap_or_default());
        }
        while let Some(piece) =
            timeout(IDLE, pieces.next()).await.map_err(|_| Error::BadRequest("the file stopped arriving".to_owned()))?
        {
            let piece = piece.map_err(|error| Error::BadRequest(format!("the file did not arrive whole: {error}")))?;
            size += piece.len();
            if size <= self.limit && room.is_some() {
                bytes.extend_from_slice(&piece);
                continue;
            }
            // What is too large is still taken from the wire, up to a point, so that its sender hears why.
            bytes = BytesMut::new();
            room = None;
            if size > self.limit.saturating_mul(4) {
                break;
            }
        }
        match room {
            Some(room) => Ok(File { bytes: bytes.freeze(), room }),
            None => Err(Error::TooLarge(format!(
                "the file has {} MiB; at most {} MiB can be imported. Split the collection and import its parts",
                mebibytes(announced.unwrap_or(size).max(size)),
                self.limit / MIB
            ))),
        }
    }

    /// The file `text`, which is in memory already.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] if too many others are read.
    pub async fn file(&self, text: String) -> Result<File> {
        let room = self.room(text.len()).await?;
        Ok(File { bytes: text.into(), room })
    }

    /// Understands a file and makes and seals its rows, off the threads that serve.
    ///
    /// # Errors
    ///
    /// [`Error::Import`] with the place of what is wrong.
    pub async fn understand(&self, file: File, key: Arc<Key>, team: &str, now: i64) -> Result<Ready> {
        let (limit, team) = (self.limit, team.to_owned());
        tokio::task::spawn_blocking(move || {
            let limits = Limits { bytes: limit, ..Limits::default() };
            let Import { imported, format, report } = read(&file.bytes, &limits)?;
            drop(file.bytes);
            let content = match imported {
                Understood::Collection(document) => {
                    Content::Collection(collections::prepare(document, &key, &team, now)?)
                }
                Understood::Environment(set) => Content::Environment(set),
                Understood::Globals(set) => Content::Globals(set),
            };
            Ok(Ready { content, format, report: report.into(), _room: file.room })
        })
        .await
        .map_err(Error::unexpected)?
    }

    async fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit> {
        let permits = u32::try_from(mebibytes(bytes)).unwrap_or(u32::MAX);
        timeout(PATIENCE, Arc::clone(&self.memory).acquire_many_owned(permits))
            .await
            .map_err(|_| Error::Busy("too many files are being imported; try again in a moment".to_owned()))?
            .map_err(Error::unexpected)
    }
}

/// Bytes in whole mebibytes, at least one.
fn mebibytes(bytes: usize) -> usize {
    bytes.div_ceil(MIB).max(1)
}

impl Ready {
    /// What the file was.
    pub fn kind(&self) -> ImportedKind {
        match self.content {
            Content::Collection(_) => ImportedKind::Collection,
            Content::Environment(_) => ImportedKind::Environment,
            Content::Globals(_) => ImportedKind::Globals,
        }
    }

    /// Stores it.
    ///
    /// # Errors
    ///
    /// What stands against it; nothing was stored then.
    pub async fn store(self, change: &mut Change, key: &Key) -> Result<Imported> {
        let kind = self.kind();
        let (id, name) = match self.content {
            Content::Collection(prepared) => {
                let (id, name) = collections::insert(change, key, prepared).await?;
                (id.0, name)
            }
            Content::Environment(set) => {
                let (id, name) = environments::import(change, set).await?;
                (id.0, name)
            }
            Content::Globals(set) => {
                let (id, name) = environments::import_globals(change, set).await?;
                (id.0, name)
            }
        };
        change.text("format", None, Some(self.format.name()));
        Ok(Imported { kind, id, name, format: self.format.name(), report: self.report })
    }
}

/// The sample collection, which calls the echo service at `echo_url`.
pub fn sample(echo_url: &str) -> String {
    include_str!("sample.json").replace("http://echo.example", echo_url)
}

#[cfg(test)]
mod tests {
    use bulla_collection::{Imported as Understood, Limits, read};

    #[test]
    fn the_sample_is_a_collection_that_is_understood_whole() {
        let import = read(super::sample("http://127.0.0.1:9").as_bytes(), &Limits::default()).unwrap();
        assert!(matches!(import.imported, Understood::Collection(_)));
        assert_eq!(import.report.not_understood, []);
        assert_eq!(import.report.converted, []);
    }
}
