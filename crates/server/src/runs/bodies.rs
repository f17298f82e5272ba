//! Bodies of answers that are too long for their event: kept for an hour, sealed, for the person who got them.
//!
//! The row in the database says whose a body is; the bytes are in the object store. Objects are dropped by their age, so
//! that none stays when its row went with its workspace.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bulla_db::{Place, Reader, sql};
use bulla_seal::Key;
use bytes::Bytes;
use object_store::path::Path;

use super::objects::{GRACE, Home, Objects};
use crate::error::{Error, Result};
use crate::id::{BodyId, PersonId, WorkspaceId};
use crate::moment;
use crate::operation::Change;

/// How long a body is kept.
pub const KEPT: Duration = Duration::from_secs(60 * 60);
/// Most bytes that are kept for one person: beyond them the oldest go.
const ROOM: i64 = 512 * 1024 * 1024;

/// Where the bytes are.
#[derive(Clone)]
pub(crate) struct Bodies {
    objects: Objects,
}

/// A body in the object store.
pub(crate) struct Stored {
    pub(crate) id: BodyId,
    /// In bytes, before it was sealed.
    size: i64,
}

impl Bodies {
    /// Bodies in files below `folder`.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made.
    pub(crate) fn in_folder(folder: &FilePath) -> Result<Self> {
        Ok(Self { objects: Objects::in_folder(folder, "bodies", ("kept_body", "object"))? })
    }

    /// Seals a body and writes it. It is nobody's until [`Bodies::keep`].
    ///
    /// # Errors
    ///
    /// If it cannot be sealed or stored.
    pub(crate) async fn store(&self, key: Arc<Key>, team: &str, body: Bytes) -> Result<Stored> {
        let id = BodyId::new(moment::now());
        let size = i64::try_from(body.len()).map_err(Error::unexpected)?;
        self.objects.put(&object(&id), id.to_string(), team, key, body).await?;
        Ok(Stored { id, size })
    }

    /// Keeps a stored body for a person, and drops what is too old or too much.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub(crate) async fn keep(
        &self,
        change: &mut Change,
        workspace: &WorkspaceId,
        person: &PersonId,
        stored: &Stored,
    ) -> Result<()> {
        let (Stored { id, size }, team, now) = (stored, change.team().to_owned(), change.now);
        sql!("insert into kept_body (id, team, workspace, person, size, expires_at) values ($1, $2, $3, $4, $5, $6)")
            .bind(id)
            .bind(&team)
            .bind(workspace)
            .bind(person)
            .bind(*size)
            .bind(now.saturating_add(milliseconds(KEPT)))
            .execute(change.transaction())
            .await?;
        let mut dropped = sql!("delete from kept_body where expires_at < $1 returning id")
            .bind(now)
            .all(change.transaction())
            .await?;
        dropped.extend(
            sql!(
                "delete from kept_body where id in (select id from (select id, \
                 sum(size) over (order by id desc) as total from kept_body where person = $1) as sums \
                 where total > $2) returning id"
            )
            .bind(person)
            .bind(ROOM.max(*size))
            .all(change.transaction())
            .await?,
        );
        for row in &dropped {
            self.objects.drop(&object(&BodyId(row.text("id")?))).await;
        }
        change.number("size", None, Some(*size));
        Ok(())
    }

    /// The bytes of a body that is still there.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if its time is over.
    pub(crate) async fn read(&self, reader: Reader<'_>, vault: &crate::keys::Vault, id: &BodyId) -> Result<Bytes> {
        let gone = Error::NotFound { what: "body" };
        let row = sql!("select team, workspace from kept_body where id = $1 and expires_at >= $2")
            .bind(id)
            .bind(moment::now())
            .optional(reader)
            .await?;
        let Some(row) = row else { return Err(gone) };
        let (team, workspace) = (row.text("team")?, WorkspaceId(row.text("workspace")?));
        let home = Home { team: &team, workspace: &workspace };
        self.objects.get(reader, vault, &object(id), id.to_string(), home).await?.ok_or(gone)
    }

    /// Drops every object whose time is over.
    pub(crate) async fn sweep(&self) {
        match self.objects.older_than(KEPT + GRACE).await {
            Ok(old) => self.objects.sweep(old).await,
            Err(error) => tracing::warn!(%error, "old bodies could not be dropped"),
        }
    }
}

/// Is this the body of an answer to that person?
///
/// # Errors
///
/// If the database cannot be read.
pub async fn is_own_body(place: Place<'_>, id: &BodyId, (team, person): (&str, &PersonId)) -> Result<bool> {
    let row = sql!("select id from kept_body where id = $1 and person = $2 and team = $3")
        .bind(id)
        .bind(person)
        .bind(team)
        .optional(place)
        .await?;
    Ok(row.is_some())
}

fn object(id: &BodyId) -> Path {
    Path::from(id.as_str())
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
