//! What a workspace shows of the log to those who may open it: who changed what, and when.
//!
//! The log itself is for those who audit a team. Of it a workspace shows the changes of what is in it and of who may do
//! what there: no reading, sending or revealing, nothing that was refused, and nothing of where somebody was.

use bulla_audit::{Actor, Field};
use bulla_db::{Reader, sql};
use serde::{Deserialize, Serialize};

use super::with_personal;
use crate::error::Result;
use crate::id::WorkspaceId;

/// What kind of thing a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum DeedKind {
    /// A collection, or something in it.
    Collection,
    /// An environment, or the globals.
    Environment,
    /// Who is what in the workspace.
    Member,
    /// The workspace itself.
    Workspace,
}

impl DeedKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Collection => "collection",
            Self::Environment => "environment",
            Self::Member => "member",
            Self::Workspace => "workspace",
        }
    }
}

/// The actions that are shown, each with its kind.
const SHOWN: &[(&str, DeedKind)] = &[
    ("collection.create", DeedKind::Collection),
    ("collection.import", DeedKind::Collection),
    ("collection.copy", DeedKind::Collection),
    ("collection.copied", DeedKind::Collection),
    ("collection.update", DeedKind::Collection),
    ("collection.transfer", DeedKind::Collection),
    ("collection.delete", DeedKind::Collection),
    ("item.create", DeedKind::Collection),
    ("item.update", DeedKind::Collection),
    ("item.move", DeedKind::Collection),
    ("item.duplicate", DeedKind::Collection),
    ("item.delete", DeedKind::Collection),
    ("environment.create", DeedKind::Environment),
    ("environment.import", DeedKind::Environment),
    ("environment.copy", DeedKind::Environment),
    ("environment.copied", DeedKind::Environment),
    ("environment.update", DeedKind::Environment),
    ("environment.transfer", DeedKind::Environment),
    ("environment.delete", DeedKind::Environment),
    ("workspace.join", DeedKind::Member),
    ("workspace.leave", DeedKind::Member),
    ("workspace.member.update", DeedKind::Member),
    ("workspace.member.remove", DeedKind::Member),
    ("element.member.update", DeedKind::Member),
    ("workspace.reassign", DeedKind::Member),
    ("workspace.create", DeedKind::Workspace),
    ("workspace.create.private", DeedKind::Workspace),
    ("workspace.create.public", DeedKind::Workspace),
    ("workspace.update", DeedKind::Workspace),
    ("workspace.copy", DeedKind::Workspace),
    ("workspace.copied", DeedKind::Workspace),
    ("workspace.restore", DeedKind::Workspace),
    ("workspace.visibility.update", DeedKind::Workspace),
    ("workspace.visibility.private", DeedKind::Workspace),
    ("workspace.visibility.public", DeedKind::Workspace),
    ("workspace.publish.decide", DeedKind::Workspace),
    ("transfer.accept", DeedKind::Workspace),
    ("trash.restore", DeedKind::Workspace),
    ("trash.purge", DeedKind::Workspace),
];

/// Which kind of change this action is, if a workspace shows it.
pub fn shows(action: &str) -> Option<DeedKind> {
    SHOWN.iter().find(|(name, _)| *name == action).map(|(_, kind)| *kind)
}

/// A change, as a workspace shows it.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Its number, behind which the next page begins.
    pub sequence: u64,
    /// When it was, in milliseconds since the epoch.
    pub at: i64,
    /// Who did it, if it was a person.
    pub person: Option<String>,
    /// The action.
    pub action: String,
    /// What kind of thing it is about.
    pub kind: DeedKind,
    /// The kind of thing and its id, as the log has them.
    pub target: bulla_audit::Target,
    /// What it was called, where the change says so.
    pub name: Option<String>,
}

/// Which changes are wanted; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// By this person.
    pub person: Option<String>,
    /// About this collection or environment, or something in it.
    pub element: Option<String>,
    /// About this kind of thing.
    pub kind: Option<DeedKind>,
    /// Older than the one of this number.
    pub before: Option<u64>,
}

/// The changes in a workspace of `team` that are wanted, the newest first, at most `limit`.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn deeds(
    reader: Reader<'_>,
    team: &str,
    workspace: &WorkspaceId,
    wanted: &Wanted,
    limit: u32,
) -> Result<Vec<Deed>> {
    let rows = sql!(
        "select sequence, leaf, leaf_hash from audit_event where team = $1 and workspace = $2 and sequence < $3 \
         and (cast($4 as text) is null or actor = $4) and (cast($5 as text) is null or element = $5) \
         and shown is not null and (cast($6 as text) is null or shown = $6) order by sequence desc limit $7"
    )
    .bind(team)
    .bind(workspace)
    .bind(wanted.before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX)))
    .bind(wanted.person.clone())
    .bind(wanted.element.clone())
    .bind(wanted.kind.map(DeedKind::name))
    .bind(limit)
    .all(reader)
    .await?;
    let mut deeds = Vec::with_capacity(rows.len());
    for (sequence, entry) in with_personal(reader, team, &rows).await? {
        let event = entry.event()?;
        let Some(kind) = shows(&event.action) else { continue };
        let name = event.changes.get("name").and_then(|change| change.after.as_ref().or(change.before.as_ref()));
        let name = match name {
            Some(Field::Text(name)) => Some(name.clone()),
            _ => None,
        };
        let person = match event.actor {
            Actor::Person { id } => Some(id),
            Actor::Anonymous | Actor::Operator | Actor::System => None,
        };
        deeds.push(Deed { sequence, at: event.at, person, action: event.action, kind, target: event.target, name });
    }
    Ok(deeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_that_is_shown_is_one() {
        for (action, _) in SHOWN {
            let known = bulla_access::Action::named(action).is_some() || super::super::OWN_ACTIONS.contains(action);
            assert!(known, "{action}");
        }
    }
}
