//! Copies of collections, environments and of what is in a workspace, made into another workspace.
//!
//! A copy is a thing of its own: its ids are new, and what is sealed is sealed under the key of the workspace that it comes
//! to. A secret value goes along only where whoever copies may see it; of a public workspace of another team goes along
//! what strangers see. Whoever copies edits the workspace that it goes to. One event stands where the copy is made, and
//! one where the original is, if that is in the same team.

pub mod http;

use std::sync::Arc;

use bulla_access::Action;
use bulla_audit::Target;
use bulla_seal::Key;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::id::{CollectionId, EnvironmentId, WorkspaceId};
use crate::operation::{About, Change, Operation};
use crate::{collections, environments, limits, workspaces};

/// Most collections and environments that are copied in one go.
const TOGETHER: usize = 500;

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
struct Original {
    workspace: WorkspaceId,
    team: String,
    extent: Extent,
    key: Arc<Key>,
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
async fn original(op: &Operation, change: &mut Change, read: Action, about: About<'_>) -> Result<Original> {
    let member = op.may_also(change, read, about).await;
    let extent = match member {
        Ok(()) => match op.may_also(change, Action::SecretReveal, about).await {
            Ok(()) => Extent::Whole,
            Err(Error::Forbidden { .. } | Error::PlanNeeded { .. }) => Extent::WithoutSecrets,
            Err(error) => return Err(error),
        },
        Err(Error::NotFound { .. }) => {
            op.may_also(change, Action::PublicRead, about).await?;
            Extent::AsStrangersSee
        }
        Err(error) => return Err(error),
    };
    let (workspace, team) = op.whereabouts(change, about).await?;
    let vault = change.vault().clone();
    let key = vault.workspace_key(change.transaction().into(), &team, &workspace).await?;
    Ok(Original { workspace, team, extent, key })
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

/// Copies a collection with everything in it into the workspace of `change`.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none or whoever copies may not know of it, [`Error::Conflict`] if there is no room.
pub async fn collection(op: &Operation, change: &mut Change, id: &CollectionId) -> Result<Copied> {
    let original = original(op, change, Action::CollectionRead, id.into()).await?;
    let (copy, name) = collections::copy(change, &original.key, id, original.extent).await?;
    note(change, &original, ("collection.copied", "collection"), id.as_str(), copy.as_str());
    change.text("copyOf", None, Some(id.as_str()));
    note_secrets(change, &original);
    Ok(Copied { id: copy.0, name, with_secrets: original.extent == Extent::Whole })
}

/// Copies an environment with its variables into the workspace of `change`.
///
/// # Errors
///
/// As [`collection`]; [`Error::Conflict`] for globals.
pub async fn environment(op: &Operation, change: &mut Change, id: &EnvironmentId) -> Result<Copied> {
    let original = original(op, change, Action::EnvironmentRead, id.into()).await?;
    let (copy, name) = environments::copy(change, &original.key, id, original.extent, None).await?;
    note(change, &original, ("environment.copied", "environment"), id.as_str(), copy.as_str());
    change.text("copyOf", None, Some(id.as_str()));
    note_secrets(change, &original);
    Ok(Copied { id: copy.0, name, with_secrets: original.extent == Extent::Whole })
}

fn note_secrets(change: &mut Change, original: &Original) {
    change.text("secrets", None, (original.extent == Extent::Whole).then_some("with"));
}

/// Copies what is in the workspace `from` into that of `change`: collections, environments, and its globals as an
/// environment, so that none that are there already are another.
///
/// # Errors
///
/// As [`collection`]; [`Error::Conflict`] if it is the same workspace, or holds too much to be copied at once.
pub async fn content(op: &Operation, change: &mut Change, from: &WorkspaceId) -> Result<CopiedContent> {
    let to = change.workspace()?.clone();
    if *from == to {
        let detail = "it is the same workspace; choose another".to_owned();
        return Err(Error::Conflict { code: "same_workspace", detail });
    }
    let original = original(op, change, Action::WorkspaceRead, from.into()).await?;
    let found = collections::ids_in(change, from).await?;
    let sets = environments::ids_in(change, from).await?;
    let items: i64 = found.iter().map(|(_, items)| *items).sum();
    if found.len() + sets.len() > TOGETHER || usize::try_from(items).unwrap_or(usize::MAX) > limits::ITEMS {
        let detail = format!(
            "the workspace holds too much to be copied at once: at most {TOGETHER} collections and environments with {} \
             items; copy them one by one",
            limits::ITEMS
        );
        return Err(Error::Conflict { code: "too_many", detail });
    }
    let mut copied = CopiedContent { collections: 0, environments: 0, with_secrets: original.extent == Extent::Whole };
    for (id, _) in &found {
        let (copy, _) = collections::copy(change, &original.key, id, original.extent).await?;
        part_made(change, ("collection.copy", "collection"), copy.as_str(), id.as_str());
        copied.collections += 1;
    }
    let name = workspaces::name_of(change.transaction().into(), from).await?;
    for (id, is_globals) in &sets {
        let named = is_globals.then(|| format!("Globals of {name}"));
        if *is_globals && environments::is_empty(change, id).await? {
            continue;
        }
        let (copy, _) = environments::copy(change, &original.key, id, original.extent, named.as_deref()).await?;
        part_made(change, ("environment.copy", "environment"), copy.as_str(), id.as_str());
        copied.environments += 1;
    }
    note(change, &original, ("workspace.copied", "workspace"), from.as_str(), to.as_str());
    change.forget_fields();
    change.about("workspace", &to);
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
