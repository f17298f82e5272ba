//! Copies of collections, environments and of what is in a workspace, made into another workspace.
//!
//! A copy is a thing of its own: its ids are new, and what is sealed is sealed under the key of the workspace that it comes
//! to. A secret value goes along only where whoever copies may see it; of a public workspace of another team goes along
//! what strangers see. Whoever copies edits the workspace that it goes to. One event stands where the copy is made, and
//! one where the original is, if that is in the same team.
//!
//! Collections are read and sealed before the transaction begins, so that a large one does not hold the writer meanwhile; what
//! may be taken of the original is asked again inside of it. So many copies are made at once ([`Copier`]).

pub mod http;

use std::sync::Arc;
use std::time::Duration;

use bulla_access::Action;
use bulla_audit::Target;
use bulla_db::Place;
use bulla_seal::Key;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::collections::{self, Prepared, Weight};
use crate::error::{Error, Result};
use crate::id::{CollectionId, EnvironmentId, WorkspaceId};
use crate::operation::{About, Change, Operation};
use crate::{environments, workspaces};

/// Most collections and environments that are copied in one go.
const TOGETHER: usize = 500;
/// Most folders, requests and examples that are copied in one go.
pub const ITEMS: i64 = 20_000;
/// Most of their documents, in characters of JSON: they are in memory twice.
pub const SIZE: i64 = 64 * 1024 * 1024;
/// Copies that are made at once.
const AT_ONCE: usize = 2;
/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes copies, so many at once.
#[derive(Clone)]
pub struct Copier(Arc<Semaphore>);

impl Copier {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// Waits for a turn, which is over when what is returned is dropped.
    async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        timeout(PATIENCE, Arc::clone(&self.0).acquire_owned())
            .await
            .map_err(|_| Error::Busy("too many copies are being made; try again in a moment".to_owned()))?
            .map_err(Error::unexpected)
    }
}

/// How much of a thing goes into its copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// All but secret values.
    WithoutSecrets,
    /// What strangers see.
    AsStrangersSee,
}

/// Where a copy is made from.
#[derive(PartialEq, Eq)]
struct Original {
    workspace: WorkspaceId,
    team: String,
    extent: Extent,
}

/// A copy that was made.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Copied {
    /// The id of the copy.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Did secret values go along, if there were any?
    pub with_secrets: bool,
}

/// What was copied of a workspace.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CopiedContent {
    /// How many collections.
    pub collections: usize,
    /// How many environments, the globals among them if there were any.
    pub environments: usize,
    /// Did the secret values of all of them go along?
    pub with_secrets: bool,
}

/// What whoever asks may take of `about`, which they may read as a member or as a stranger.
async fn original(op: &Operation, mut place: Place<'_>, read: Action, about: About<'_>) -> Result<Original> {
    let extent = match op.may_by(place.again(), read, about).await {
        Ok(()) => match op.may_by(place.again(), Action::SecretReveal, about).await {
            Ok(()) => Extent::Whole,
            Err(Error::Forbidden { .. } | Error::PlanNeeded { .. }) => Extent::WithoutSecrets,
            Err(error) => return Err(error),
        },
        Err(Error::NotFound { .. }) => {
            op.may_by(place.again(), Action::PublicRead, about).await?;
            Extent::AsStrangersSee
        }
        Err(error) => return Err(error),
    };
    let (workspace, team) = op.whereabouts(place, about).await?;
    Ok(Original { workspace, team, extent })
}

/// Collections that are read and sealed anew, and are still to be stored.
struct Read {
    original: Original,
    collections: Vec<(CollectionId, Prepared)>,
}

/// Reads collections of the workspace or collection `about` in one state of the database, and seals them under the key of the
/// workspace `to`.
async fn read(op: &Operation, action: Action, (read, about): (Action, About<'_>), to: &WorkspaceId) -> Result<Read> {
    let into = op.read(action, to).await?.key(op.team()).await?;
    let mut snapshot = op.door().database().snapshot().await?;
    let judged = original(op, (&mut snapshot).into(), read, about).await;
    let original = match judged {
        Err(refusal @ (Error::Forbidden { .. } | Error::PlanNeeded { .. })) => {
            drop(snapshot);
            let target = Target { kind: "workspace".to_owned(), id: to.0.clone() };
            op.refused(action, target, &refusal.to_string()).await?;
            return Err(refusal);
        }
        other => other?,
    };
    let found = match about {
        About::Collection(id) => collections::weights(&mut snapshot, id.as_str()).await?,
        _ => collections::weights(&mut snapshot, original.workspace.as_str()).await?,
    };
    fits(&found)?;
    let key = op.door().vault.workspace_key((&mut snapshot).into(), &original.team, &original.workspace).await?;
    let mut collections = Vec::with_capacity(found.len());
    for (id, _) in found {
        let extent = (key.as_ref(), original.extent);
        let prepared = collections::copy(&mut snapshot, &id, extent, (&into, op.team()), op.now).await?;
        collections.push((id, prepared));
    }
    Ok(Read { original, collections })
}

/// Is what is to be copied so little that it can be copied at once?
fn fits(found: &[(CollectionId, Weight)]) -> Result<()> {
    let total = found.iter().fold(Weight::default(), |sum, (_, weight)| sum + *weight);
    if found.len() <= TOGETHER && total.items <= ITEMS && total.size <= SIZE {
        return Ok(());
    }
    let detail = format!(
        "this is too much to be copied at once: at most {TOGETHER} collections and environments, {ITEMS} folders, requests \
         and examples, and {} MiB; copy a workspace one by one, and a larger collection by an export and an import",
        SIZE / (1024 * 1024)
    );
    Err(Error::Conflict { code: "too_many", detail })
}

/// Asks again inside of the change, where what was read is stored: may still as much be taken?
async fn still(op: &Operation, change: &mut Change, asked: (Action, About<'_>), original: &Original) -> Result<()> {
    let (read, about) = asked;
    if self::original(op, change.transaction().into(), read, about).await? == *original {
        return Ok(());
    }
    let detail = "what you may copy of it has changed in the meantime; nothing was copied, try again".to_owned();
    Err(Error::Conflict { code: "conflict", detail })
}

/// Notes the copy where the original is. What is public of another team is read without a trace.
fn note(change: &mut Change, original: &Original, (action, kind): (&'static str, &str), id: &str, copy: &str) {
    if original.team == change.team() {
        let secrets = (original.extent == Extent::Whole).then_some("with");
        let fields = [("copy", None, Some(copy)), ("secrets", None, secrets)];
        let target = Target { kind: kind.to_owned(), id: id.to_owned() };
        change.also_in(&original.workspace, action, target, &fields);
    }
}

/// Copies a collection with everything in it into the workspace `to`.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none or whoever copies may not know of it, [`Error::Conflict`] if it is too large or there
/// is no room, [`Error::Busy`] if too many others copy.
pub async fn collection(op: &Operation, copier: &Copier, id: &CollectionId, to: &WorkspaceId) -> Result<Copied> {
    let _turn = copier.turn().await?;
    let read = read(op, Action::CollectionCopy, (Action::CollectionRead, id.into()), to).await?;
    let mut change = op.change(Action::CollectionCopy, to).await?;
    let done = store_collection(op, &mut change, id, read).await;
    op.end(change, Action::CollectionCopy, done).await
}

async fn store_collection(op: &Operation, change: &mut Change, id: &CollectionId, read: Read) -> Result<Copied> {
    let Read { original, collections } = read;
    still(op, change, (Action::CollectionRead, id.into()), &original).await?;
    let key = change.key().await?;
    let (_, prepared) = collections.into_iter().next().ok_or(Error::NotFound { what: "collection" })?;
    let (copy, name) = collections::insert(change, &key, prepared).await?;
    note(change, &original, ("collection.copied", "collection"), id.as_str(), copy.as_str());
    change.text("copyOf", None, Some(id.as_str()));
    note_secrets(change, &original);
    Ok(Copied { id: copy.0, name, with_secrets: original.extent == Extent::Whole })
}

/// Copies an environment with its variables into the workspace `to`.
///
/// # Errors
///
/// As [`collection`]; [`Error::Conflict`] for globals.
pub async fn environment(op: &Operation, copier: &Copier, id: &EnvironmentId, to: &WorkspaceId) -> Result<Copied> {
    let _turn = copier.turn().await?;
    let mut change = op.change(Action::EnvironmentCopy, to).await?;
    let done = store_environment(op, &mut change, id).await;
    op.end(change, Action::EnvironmentCopy, done).await
}

async fn store_environment(op: &Operation, change: &mut Change, id: &EnvironmentId) -> Result<Copied> {
    let original = original(op, change.transaction().into(), Action::EnvironmentRead, id.into()).await?;
    let key = key_of(change, &original).await?;
    let (copy, name) = environments::copy(change, &key, id, original.extent, None).await?;
    note(change, &original, ("environment.copied", "environment"), id.as_str(), copy.as_str());
    change.text("copyOf", None, Some(id.as_str()));
    note_secrets(change, &original);
    Ok(Copied { id: copy.0, name, with_secrets: original.extent == Extent::Whole })
}

/// The key that the original is sealed under.
async fn key_of(change: &mut Change, original: &Original) -> Result<Arc<Key>> {
    let vault = change.vault().clone();
    vault.workspace_key(change.transaction().into(), &original.team, &original.workspace).await
}

fn note_secrets(change: &mut Change, original: &Original) {
    change.text("secrets", None, (original.extent == Extent::Whole).then_some("with"));
}

/// Copies what is in the workspace `from` into the workspace `to`: collections, environments, and its globals as an
/// environment, so that none that are there already are another.
///
/// # Errors
///
/// As [`collection`]; [`Error::Conflict`] if it is the same workspace, or holds too much to be copied at once.
pub async fn content(op: &Operation, copier: &Copier, from: &WorkspaceId, to: &WorkspaceId) -> Result<CopiedContent> {
    let _turn = copier.turn().await?;
    if from == to {
        op.read(Action::WorkspaceCopy, to).await?;
        let detail = "it is the same workspace; choose another".to_owned();
        return Err(Error::Conflict { code: "same_workspace", detail });
    }
    let read = read(op, Action::WorkspaceCopy, (Action::WorkspaceRead, from.into()), to).await?;
    let mut change = op.change(Action::WorkspaceCopy, to).await?;
    let done = store_content(op, &mut change, read, to).await;
    op.end(change, Action::WorkspaceCopy, done).await
}

/// Stores the collections of a workspace, and copies its environments.
async fn store_content(op: &Operation, change: &mut Change, read: Read, to: &WorkspaceId) -> Result<CopiedContent> {
    let Read { original, collections } = read;
    let from = &original.workspace;
    still(op, change, (Action::WorkspaceRead, from.into()), &original).await?;
    let sets = environments::ids_in(change, from).await?;
    if collections.len() + sets.len() > TOGETHER {
        let detail =
            format!("at most {TOGETHER} collections and environments are copied at once; copy them one by one");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    let (old, new) = (key_of(change, &original).await?, change.key().await?);
    let mut copied = CopiedContent { collections: 0, environments: 0, with_secrets: original.extent == Extent::Whole };
    for (id, prepared) in collections {
        let (copy, _) = collections::insert(change, &new, prepared).await?;
        part_made(change, ("collection.copy", "collection"), copy.as_str(), id.as_str());
        copied.collections += 1;
    }
    let name = workspaces::name_of(change.transaction().into(), from).await?;
    for (id, is_globals) in &sets {
        let named = is_globals.then(|| format!("Globals of {name}"));
        if *is_globals && environments::is_empty(change, id).await? {
            continue;
        }
        let (copy, _) = environments::copy(change, &old, id, original.extent, named.as_deref()).await?;
        part_made(change, ("environment.copy", "environment"), copy.as_str(), id.as_str());
        copied.environments += 1;
    }
    note(change, &original, ("workspace.copied", "workspace"), from.as_str(), to.as_str());
    change.forget_fields();
    change.about("workspace", to);
    change.text("copyOf", None, Some(from.as_str()));
    change.number("collections", None, i64::try_from(copied.collections).ok());
    change.number("environments", None, i64::try_from(copied.environments).ok());
    note_secrets(change, &original);
    Ok(copied)
}

/// Each thing that came with a workspace has an event of its own.
fn part_made(change: &mut Change, (action, kind): (&'static str, &str), copy: &str, of: &str) {
    let target = Target { kind: kind.to_owned(), id: copy.to_owned() };
    change.also(action, target, &[("copyOf", None, Some(of))]);
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_third_copy_waits_for_one_of_two_to_be_made() {
        let copier = Copier::new();
        let (first, _second) = (copier.turn().await.unwrap(), copier.turn().await.unwrap());
        assert!(copier.turn().now_or_never().is_none());
        drop(first);
        assert!(copier.turn().now_or_never().is_some());
    }
}
