//! Moving a collection or an environment to another workspace: what is common to both.
//!
//! Roles that were given on it alone stay behind, because they were given by those who answer for the workspace that it
//! leaves. What is sealed is sealed again under the key of the workspace that it comes to.

use std::sync::Arc;

use bulla_access::Action;
use bulla_audit::Target;
use bulla_seal::Key;

use super::visibility::kind_of;
use super::{Visibility, members};
use crate::error::{Error, Result};
use crate::id::WorkspaceId;
use crate::operation::Change;
use crate::{trash, watching};

/// A move that may be done: from where to where, with the keys of both.
pub struct Transfer {
    /// The workspace that it leaves.
    pub from: WorkspaceId,
    /// The key of that.
    pub old: Arc<Key>,
    /// The key of the workspace that it comes to.
    pub new: Arc<Key>,
}

/// Begins to move `element` from its workspace to `to`, in which whoever moves it may add things.
///
/// # Errors
///
/// [`Error::Conflict`] if it is there already, or would come from others into a personal workspace.
pub async fn transfer(change: &mut Change, element: &str, to: &WorkspaceId) -> Result<Transfer> {
    let (from, team) = (change.workspace()?.clone(), change.team().to_owned());
    if from == *to {
        let detail = "it is in this workspace already".to_owned();
        return Err(Error::Conflict { code: "same_workspace", detail });
    }
    let was = kind_of(change.transaction().into(), &from).await?;
    let is = kind_of(change.transaction().into(), to).await?;
    if is == Visibility::Personal && was != Visibility::Personal {
        let detail =
            "what others can see is not moved into a personal workspace; export it and import it there".to_owned();
        return Err(Error::Conflict { code: "into_personal", detail });
    }
    members::forget_element(change, &from, element).await?;
    trash::moved(change, element, to).await?;
    watching::moved(change, element, to).await?;
    let old = change.key().await?;
    let vault = change.vault().clone();
    let new = vault.workspace_key(change.transaction().into(), &team, to).await?;
    let target = Target { kind: "workspace".to_owned(), id: to.to_string() };
    change.also(Action::TransferAccept.name(), target, &[("element", None, Some(element))]);
    change.text("workspace", Some(from.as_str()), Some(to.as_str()));
    Ok(Transfer { from, old, new })
}
