//! Bytes that are too many for a row: sealed under the key of a workspace, in a folder of the object store.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bulla_db::Reader;
use bulla_seal::{Key, Place};
use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::error::{Error, Result};
use crate::id::WorkspaceId;
use crate::keys::Vault;
use crate::moment;

/// How much longer than its row an object is there, and how long before it: whoever began with it may end.
pub(super) const GRACE: Duration = Duration::from_secs(5 * 60);

/// The objects of one kind.
#[derive(Clone)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// The table and the column that tell of them: part of what their seal is bound to.
    told: (&'static str, &'static str),
}

/// Whose an object is.
pub(super) struct Home<'h> {
    pub team: &'h str,
    pub workspace: &'h WorkspaceId,
}

impl Objects {
    /// Objects in files below `folder`, in one called `name`, of which `told`, a table and a column, tells.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made.
    pub(super) fn in_folder(folder: &FilePath, name: &str, told: (&'static str, &'static str)) -> Result<Self> {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder)
            .map_err(|error| Error::unexpected(format!("{} cannot be made: {error}", folder.display())))?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(Error::unexpected)?;
        Ok(Self { store: Arc::new(store), told })
    }

    /// Seals `bytes` for the row `row` of `team`, and writes them.
    ///
    /// # Errors
    ///
    /// If they cannot be sealed or stored.
    pub(super) async fn put(
        &self,
        object: &Path,
        row: String,
        team: &str,
        key: Arc<Key>,
        bytes: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<()> {
        let (told, team) = (self.told, team.to_owned());
        let sealed = tokio::task::spawn_blocking(move || key.seal(place(told, &row, &team), bytes.as_ref()));
        let sealed = sealed.await.map_err(Error::unexpected)??;
        self.store.put(object, sealed.into()).await.map_err(Error::unexpected)?;
        Ok(())
    }

    /// Reads and opens an object; `None` if it is not there.
    ///
    /// # Errors
    ///
    /// If it cannot be read or does not open.
    pub(super) async fn get(
        &self,
        reader: Reader<'_>,
        vault: &Vault,
        object: &Path,
        row: String,
        home: Home<'_>,
    ) -> Result<Option<Bytes>> {
        let key = vault.workspace_key(reader.into(), home.team, home.workspace).await?;
        let sealed = match self.store.get(object).await {
            Ok(found) => found.bytes().await.map_err(Error::unexpected)?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(Error::unexpected(error)),
        };
        let (told, team) = (self.told, home.team.to_owned());
        let opened = tokio::task::spawn_blocking(move || {
            key.open(place(told, &row, &team), &sealed).map(|opened| Bytes::copy_from_slice(opened.expose()))
        });
        Ok(Some(opened.await.map_err(Error::unexpected)??))
    }

    /// Drops an object. One that is gone already is as good.
    pub(super) async fn drop(&self, object: &Path) {
        let _ = self.store.delete(object).await;
    }

    /// Every object that was written longer than `age` ago.
    ///
    /// # Errors
    ///
    /// If they cannot be listed.
    pub(super) async fn older_than(&self, age: Duration) -> Result<Vec<Path>> {
        let oldest = moment::now().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let listed: Vec<_> = self.store.list(None).try_collect().await.map_err(Error::unexpected)?;
        let old = listed.into_iter().filter(|object| object.last_modified.timestamp_millis() < oldest);
        Ok(old.map(|object| object.location).collect())
    }

    /// Drops these objects, and says of one that stays why.
    pub(super) async fn sweep(&self, objects: impl IntoIterator<Item = Path>) {
        for object in objects {
            if let Err(error) = self.store.delete(&object).await {
                tracing::warn!(%error, %object, "an old object could not be dropped");
            }
        }
    }
}

fn place<'p>((table, column): (&'p str, &'p str), row: &'p str, team: &'p str) -> Place<'p> {
    Place { table, column, row, team }
}
