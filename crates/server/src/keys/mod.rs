//! Keys: the root key wraps a key per team, which wraps a key per workspace, which seals values.
//!
//! Keys are stored wrapped and never leave this module other than as a [`Key`] that seals and opens. A root key that
//! does not open the stored keys is a refusal to start, never a new key.

use std::path::Path;
use std::sync::Arc;

use bulla_db::{Database, Place, Transaction, sql};
use bulla_seal::{Key, Place as SealedPlace, RootKey};

use crate::error::{Error, Result};
use crate::id::WorkspaceId;

/// The root key, and what it opens.
#[derive(Clone)]
pub struct Vault {
    root: Arc<RootKey>,
}

impl Vault {
    /// Takes the root key at `path`; makes it if neither the file is there nor the database knows one yet.
    ///
    /// The database holds a value by which it knows its root key again, from the first start on: so the second of two
    /// nodes cannot start with a key of its own.
    ///
    /// # Errors
    ///
    /// If the key is absent although the database knows one, is another one, can be read by others, or is no key.
    pub async fn open(database: &Database, path: &Path) -> Result<Self> {
        let known = Self::check_value(database).await?;
        let root = match (path.exists(), &known) {
            (true, _) => RootKey::load(path)?,
            (false, None) => RootKey::create(path)?,
            (false, Some(_)) => {
                return Err(Error::unexpected(format!(
                    "the root key {} is missing, and the database holds values sealed under it; put the key back (it \
                     is not in a backup of the database)",
                    path.display()
                )));
            }
        };
        let known = match known {
            Some(known) => known,
            None => Self::introduce(database, &root).await?,
        };
        if !root.verify(&known) {
            return Err(Error::unexpected(format!(
                "{} is not the root key of this database: it does not open the keys in it; put the right key back",
                path.display()
            )));
        }
        Ok(Self { root: Arc::new(root) })
    }

    async fn check_value(database: &Database) -> Result<Option<Vec<u8>>> {
        let row = sql!("select check_value from root_key where id = 1").optional(database.read()).await?;
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
        Self::check_value(database).await?.ok_or_else(|| Error::unexpected("the root key was not introduced"))
    }

    /// Makes the key of a new team.
    ///
    /// # Errors
    ///
    /// If it cannot be stored.
    pub async fn create_team_key(&self, transaction: &mut Transaction, team: &str, now: i64) -> Result<()> {
        let wrapped = self.root.key().wrap(team_place(team), &Key::random()?)?;
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
    pub async fn team_key(&self, place: Place<'_>, team: &str) -> Result<Key> {
        let row = sql!("select wrapped from team_key where team = $1").bind(team).one(place).await?;
        Ok(self.root.key().unwrap_key(team_place(team), &row.bytes("wrapped")?)?)
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
    pub async fn workspace_key(&self, mut place: Place<'_>, team: &str, workspace: &WorkspaceId) -> Result<Key> {
        let row = sql!("select wrapped from workspace_key where workspace = $1 and team = $2")
            .bind(workspace)
            .bind(team)
            .one(place.again())
            .await?;
        let team_key = self.team_key(place, team).await?;
        Ok(team_key.unwrap_key(workspace_place(team, workspace), &row.bytes("wrapped")?)?)
    }

    /// Destroys the key of a workspace: what was sealed under it can never be read again, not from a backup either
    /// unless that holds the key too.
    ///
    /// # Errors
    ///
    /// If the database refuses.
    pub async fn destroy_workspace_key(&self, transaction: &mut Transaction, workspace: &WorkspaceId) -> Result<()> {
        sql!("delete from workspace_key where workspace = $1").bind(workspace).execute(transaction).await?;
        Ok(())
    }
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

    async fn refusal(database: &Database, path: &Path) -> String {
        Vault::open(database, path).await.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[tokio::test]
    async fn a_missing_wrong_or_open_root_key_is_a_refusal_to_start() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open_sqlite(&folder.path().join("bulla.sqlite")).await.unwrap();
        database.migrate(MIGRATIONS).await.unwrap();
        let path = folder.path().join("root.key");

        Vault::open(&database, &path).await.unwrap();
        Vault::open(&database, &path).await.unwrap();
        let right = std::fs::read(&path).unwrap();

        std::fs::remove_file(&path).unwrap();
        assert!(refusal(&database, &path).await.contains("is missing, and the database holds values sealed under it"));
        assert!(!path.exists(), "a new key was made");

        RootKey::create(&path).unwrap();
        assert!(refusal(&database, &path).await.contains("is not the root key of this database"));

        std::fs::write(&path, &right[..right.len() / 2]).unwrap();
        assert!(refusal(&database, &path).await.contains("it is not a root key of Bulla"));

        std::fs::write(&path, &right).unwrap();
        Vault::open(&database, &path).await.unwrap();
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
        Vault::open(&database, &folder.path().join("one.key")).await.unwrap();
        assert!(refusal(&database, &folder.path().join("two.key")).await.contains("is missing"));
        RootKey::create(&folder.path().join("two.key")).unwrap();
        assert!(refusal(&database, &folder.path().join("two.key")).await.contains("is not the root key"));
    }
}
