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
    /// Takes the root key at `path`, or makes one there if the database holds no keys yet.
    ///
    /// # Errors
    ///
    /// If the key is absent although there are keys that it wrapped, or is not the one that wrapped them.
    pub async fn open(database: &Database, path: &Path) -> Result<Self> {
        let stored =
            sql!("select team, wrapped from team_key order by created_at limit 1").optional(database.read()).await?;
        if !path.exists() {
            if stored.is_some() {
                return Err(Error::unexpected(format!(
                    "the root key {} is missing, and the database holds values sealed under it; put the key back (it \
                     is not in a backup of the database)",
                    path.display()
                )));
            }
            return Ok(Self { root: Arc::new(RootKey::create(path)?) });
        }
        let root = RootKey::load(path)?;
        if let Some(row) = stored {
            let team = row.text("team")?;
            if root.key().unwrap_key(team_place(&team), &row.bytes("wrapped")?).is_err() {
                return Err(Error::unexpected(format!(
                    "{} is not the root key of this database: it does not open the keys in it; put the right key back",
                    path.display()
                )));
            }
        }
        Ok(Self { root: Arc::new(root) })
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
