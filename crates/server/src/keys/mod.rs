//! Keys: the root key wraps a key per team, which wraps a key per workspace, which seals values.
//!
//! Keys are stored wrapped and never leave this module other than as a [`Key`] that seals and opens. A root key that
//! does not open the stored keys is a refusal to start, never a new key. Another root key takes its place while servers
//! run: see [`rotation`].

pub mod rotation;
pub mod transit;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use bulla_db::{Database, Place, Transaction, sql};
use bulla_seal::{Key, Place as SealedPlace, RootKey};

use crate::config::RootKeyPlace;
use crate::error::{Error, Result};
use crate::id::WorkspaceId;

/// The root key, and what it opens. While the root key is changed there are two, and each stored key says by which of them
/// it was wrapped.
#[derive(Clone)]
pub struct Vault {
    place: Arc<RootKeyPlace>,
    roots: Arc<RwLock<Vec<Arc<RootKey>>>>,
    opened: Arc<RwLock<HashMap<Named, Arc<Key>>>>,
}

/// Most keys of teams and workspaces that are kept open.
const OPENED: usize = 4096;

/// The key of a team, or of a workspace in a team.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Named {
    team: String,
    workspace: Option<WorkspaceId>,
}

impl Named {
    fn team(team: &str) -> Self {
        Self { team: team.to_owned(), workspace: None }
    }
}

impl Vault {
    /// Takes the root key at `place`; makes its file if neither that is there nor the database knows a key yet.
    ///
    /// The database holds a value by which it knows its root key again, from the first start on: so the second of two
    /// nodes cannot start with a key of its own.
    ///
    /// # Errors
    ///
    /// If the key is absent although the database knows one, is another one, can be read by others, or is no key.
    pub async fn open(database: &Database, place: &RootKeyPlace) -> Result<Self> {
        let known = Self::check_value(database.read().into()).await?;
        if let (Some(path), None) = (place.path(), &known)
            && !path.exists()
        {
            create(place, path).await?;
        }
        let roots = root_keys(place).await?;
        let known = match (known, roots.first()) {
            (Some(known), _) => known,
            (None, Some(root)) => Self::introduce(database, root).await?,
            (None, None) => return Err(Error::unexpected(format!("{place} holds no root key"))),
        };
        if roots.is_empty() {
            return Err(Error::unexpected(format!(
                "the root key {place} is missing, and the database holds values sealed under it; put the key back (it is \
                 not in a backup of the database)"
            )));
        }
        if !roots.iter().any(|root| root.verify(&known)) {
            return Err(Error::unexpected(format!(
                "{place} is not the root key of this database: it does not open the keys in it; put the right key back"
            )));
        }
        Ok(Self { place: Arc::new(place.clone()), roots: Arc::new(RwLock::new(roots)), opened: Arc::default() })
    }

    /// A key that was opened before. It stays the same whatever root key wraps it, and every change of a team asks for one.
    fn opened(&self, name: &Named) -> Option<Arc<Key>> {
        self.opened.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn keep(&self, name: Named, key: Key) -> Arc<Key> {
        let key = Arc::new(key);
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        // Rare enough to begin anew: each is opened again when it is asked for.
        if opened.len() >= OPENED {
            opened.clear();
        }
        opened.insert(name, Arc::clone(&key));
        key
    }

    async fn check_value(place: Place<'_>) -> Result<Option<Vec<u8>>> {
        let row = sql!("select check_value from root_key where id = 1").optional(place).await?;
        Ok(row.map(|row| row.bytes("check_value")).transpose()?)
    }

    /// Lets the database know its root key, and returns what it knows: another node may have been faster.
    async fn introduce(database: &Database, root: &RootKey) -> Result<Vec<u8>> {
        let mut transaction = database.begin().await?;
        sql!(
            "insert into root_key (id, team, check_value, created_at) values (1, '', $1, $2) \
             on conflict (id) do nothing"
        )
        .bind(root.check_value()?)
        .bind(crate::moment::now())
        .execute(&mut transaction)
        .await?;
        transaction.commit().await?;
        let known = Self::check_value(database.read().into()).await?;
        known.ok_or_else(|| Error::unexpected("the root key was not introduced"))
    }

    /// The root key that sealed these bytes. A server that does not have it looks once more: the key may have been
    /// changed since it started.
    async fn root_of(&self, sealed: &[u8]) -> Result<Arc<RootKey>> {
        let unknown = || Error::unexpected(format!("{} is not the root key that a stored key needs", self.place));
        let id = Key::sealed_by(sealed).ok_or_else(unknown)?;
        let among = |roots: &[Arc<RootKey>]| roots.iter().find(|root| root.key().id() == id).cloned();
        let known = among(&self.roots.read().unwrap_or_else(PoisonError::into_inner));
        if let Some(root) = known {
            return Ok(root);
        }
        let roots = root_keys(&self.place).await?;
        let found = among(&roots);
        if found.is_some() {
            *self.roots.write().unwrap_or_else(PoisonError::into_inner) = roots;
        }
        found.ok_or_else(unknown)
    }

    /// Makes the key of a new team.
    ///
    /// # Errors
    ///
    /// If it cannot be stored.
    pub async fn create_team_key(&self, transaction: &mut Transaction, team: &str, now: i64) -> Result<()> {
        // The row is locked until the commit: no rotation can miss this team, and none that was first is missed here.
        let check = sql!("update root_key set team = team where id = 1 returning check_value")
            .one(&mut *transaction)
            .await?
            .bytes("check_value")?;
        let wrapped = self.root_of(&check).await?.key().wrap(team_place(team), &Key::random()?)?;
        sql!("insert into team_key (team, wrapped, created_at) values ($1, $2, $3)")
            .bind(team)
            .bind(wrapped)
            .bind(now)
            .execute(transaction)
            .await?;
        Ok(())
    }

    /// The key of a team.
    ///
    /// # Errors
    ///
    /// If it is not there or does not open.
    pub async fn team_key(&self, place: Place<'_>, team: &str) -> Result<Arc<Key>> {
        let name = Named::team(team);
        if let Some(key) = self.opened(&name) {
            return Ok(key);
        }
        let row = sql!("select wrapped from team_key where team = $1").bind(team).one(place).await?;
        let wrapped = row.bytes("wrapped")?;
        Ok(self.keep(name, self.root_of(&wrapped).await?.key().unwrap_key(team_place(team), &wrapped)?))
    }

    /// Makes the key of a new workspace.
    ///
    /// # Errors
    ///
    /// If it cannot be stored.
    pub async fn create_workspace_key(
        &self,
        transaction: &mut Transaction,
        team: &str,
        workspace: &WorkspaceId,
        now: i64,
    ) -> Result<()> {
        let team_key = self.team_key((&mut *transaction).into(), team).await?;
        let wrapped = team_key.wrap(workspace_place(team, workspace), &Key::random()?)?;
        sql!("insert into workspace_key (workspace, team, wrapped, created_at) values ($1, $2, $3, $4)")
            .bind(workspace)
            .bind(team)
            .bind(wrapped)
            .bind(now)
            .execute(transaction)
            .await?;
        Ok(())
    }

    /// The key of a workspace.
    ///
    /// # Errors
    ///
    /// If it is not there or does not open.
    pub async fn workspace_key(&self, mut place: Place<'_>, team: &str, workspace: &WorkspaceId) -> Result<Arc<Key>> {
        let name = Named { team: team.to_owned(), workspace: Some(workspace.clone()) };
        if let Some(key) = self.opened(&name) {
            return Ok(key);
        }
        let row = sql!("select wrapped from workspace_key where workspace = $1 and team = $2")
            .bind(workspace)
            .bind(team)
            .one(place.again())
            .await?;
        let team_key = self.team_key(place, team).await?;
        Ok(self.keep(name, team_key.unwrap_key(workspace_place(team, workspace), &row.bytes("wrapped")?)?))
    }

    /// Destroys the key of a workspace: what was sealed under it can never be read again, not from a backup either
    /// unless that holds the key too.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn destroy_workspace_key(&self, transaction: &mut Transaction, workspace: &WorkspaceId) -> Result<()> {
        sql!("delete from workspace_key where workspace = $1").bind(workspace).execute(transaction).await?;
        // Other nodes may hold it open a while longer; what it sealed is gone from the database by then.
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|name, _| name.workspace.as_ref() != Some(workspace));
        Ok(())
    }
}

/// Where the next root key is while the one at `path` is changed.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".next");
    PathBuf::from(name)
}

/// The root keys at `place`, the one to start with first. None is there if the file is not.
///
/// The next key of a rotation that is under way or was cut short counts too, unless it is broken: then the first one alone
/// must do.
async fn root_keys(place: &RootKeyPlace) -> Result<Vec<Arc<RootKey>>> {
    match place {
        RootKeyPlace::File(path) | RootKeyPlace::Transit(path, _) => {
            let next = beside(path);
            let mut roots = Vec::new();
            if path.exists() {
                roots.push(Arc::new(load(place, path).await?));
            }
            if next.exists() {
                match load(place, &next).await {
                    Ok(root) => roots.push(Arc::new(root)),
                    Err(error) => tracing::error!(%error, "the next root key is not used"),
                }
            }
            Ok(roots)
        }
        RootKeyPlace::Text(text) => text
            .expose()
            .split_whitespace()
            .map(|text| {
                let root = RootKey::parse(text);
                root.map(Arc::new).ok_or_else(|| Error::unexpected("root-key-text holds what is no root key of Bulla"))
            })
            .collect(),
    }
}

/// Makes a root key and its file at `path`, in the manner of `place`.
async fn create(place: &RootKeyPlace, path: &Path) -> Result<RootKey> {
    match place {
        RootKeyPlace::Transit(_, transit) => {
            let (root, text) = RootKey::generate()?;
            root.keep(path, &transit.encrypt(&text).await?)?;
            Ok(root)
        }
        RootKeyPlace::File(_) | RootKeyPlace::Text(_) => Ok(RootKey::create(path)?),
    }
}

/// Reads the root key in the file at `path`, in the manner of `place`.
async fn load(place: &RootKeyPlace, path: &Path) -> Result<RootKey> {
    let RootKeyPlace::Transit(_, transit) = place else { return Ok(RootKey::load(path)?) };
    let refused = |reason: &str| Error::unexpected(format!("{}: {reason}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| refused(&error.to_string()))?;
    if !text.starts_with("vault:") {
        return Err(refused("it holds no root key that Vault encrypted"));
    }
    let root = RootKey::parse(&transit.decrypt(text.trim()).await?);
    root.ok_or_else(|| refused("what Vault decrypted is no root key of Bulla"))
}

fn team_place(team: &str) -> SealedPlace<'_> {
    SealedPlace { table: "team_key", column: "wrapped", row: team, team }
}

fn workspace_place<'p>(team: &'p str, workspace: &'p WorkspaceId) -> SealedPlace<'p> {
    SealedPlace { table: "workspace_key", column: "wrapped", row: workspace.as_str(), team }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::MIGRATIONS;

    async fn open(database: &Database, path: &Path) -> Vault {
        Vault::open(database, &RootKeyPlace::File(path.to_owned())).await.unwrap()
    }

    async fn refusal(database: &Database, path: &Path) -> String {
        Vault::open(database, &RootKeyPlace::File(path.to_owned()))
            .await
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[tokio::test]
    async fn a_missing_wrong_or_open_root_key_is_a_refusal_to_start() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open_sqlite(&folder.path().join("bulla.sqlite")).await.unwrap();
        database.migrate(MIGRATIONS).await.unwrap();
        let path = folder.path().join("root.key");

        open(&database, &path).await;
        open(&database, &path).await;
        let right = std::fs::read(&path).unwrap();

        std::fs::remove_file(&path).unwrap();
        assert!(refusal(&database, &path).await.contains("is missing, and the database holds values sealed under it"));
        assert!(!path.exists(), "a new key was made");

        RootKey::create(&path).unwrap();
        assert!(refusal(&database, &path).await.contains("is not the root key of this database"));

        std::fs::write(&path, &right[..right.len() / 2]).unwrap();
        assert!(refusal(&database, &path).await.contains("it is not a root key of Bulla"));

        std::fs::write(&path, &right).unwrap();
        open(&database, &path).await;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            assert!(refusal(&database, &path).await.contains("others can read it (mode 640)"));
        }
    }

    #[tokio::test]
    async fn a_second_node_cannot_start_with_a_key_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open_sqlite(&folder.path().join("bulla.sqlite")).await.unwrap();
        database.migrate(MIGRATIONS).await.unwrap();
        open(&database, &folder.path().join("one.key")).await;
        assert!(refusal(&database, &folder.path().join("two.key")).await.contains("is missing"));
        RootKey::create(&folder.path().join("two.key")).unwrap();
        assert!(refusal(&database, &folder.path().join("two.key")).await.contains("is not the root key"));
    }
}
