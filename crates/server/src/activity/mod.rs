//! The activity of a workspace: who changed what in it, and when, for those who may open it.
//!
//! It is read from the audit log; there is no second one. Somebody who left the team has no name here any more.

pub mod http;

use std::collections::HashMap;

use bulla_db::Reader;
use serde::Serialize;

use crate::audit::{self, Deed, DeedKind, Wanted};
use crate::collections::{self, ItemKind};
use crate::environments;
use crate::error::Result;
use crate::id::{CollectionId, EnvironmentId, ItemId, PersonId, WorkspaceId};
use crate::identity;
use crate::moment::Moment;

/// Most changes of one page.
pub const PAGE: u32 = 100;

/// A change in a workspace.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// Its number, behind which the next page begins.
    pub id: u64,
    /// When it was.
    pub at: Moment,
    /// Who did it; absent for the server itself, and for somebody who is no member of the team any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub person: Option<ActivityPerson>,
    /// What was done, as the audit log names it.
    pub action: String,
    /// What kind of thing it is about.
    pub kind: DeedKind,
    /// The thing.
    pub element: ActivityElement,
}

/// Who changed something.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ActivityPerson {
    /// Their id.
    pub id: PersonId,
    /// Their name.
    pub name: String,
}

/// What was changed.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ActivityElement {
    /// Its id.
    pub id: String,
    /// What it is: `workspace`, `collection`, `folder`, `request`, `example`, `item` for one of those that is gone, or
    /// `environment`.
    pub kind: String,
    /// What it is called now, or was when it changed; absent if that is not known any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub name: Option<String>,
    /// Is it there, so that it can be opened?
    pub there: bool,
}

/// A page of the activity of a workspace of `team`, the newest first.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn page(
    reader: Reader<'_>,
    team: &str,
    workspace: &WorkspaceId,
    wanted: &Wanted,
    limit: u32,
) -> Result<Vec<Activity>> {
    let mut page = Vec::new();
    // A page is about few people and things: each is looked up once.
    let (mut people, mut elements) = (HashMap::new(), HashMap::new());
    for deed in audit::deeds(reader, team, workspace, wanted, limit.min(PAGE + 1)).await? {
        if let Some(id) = &deed.person
            && !people.contains_key(id)
        {
            let member = identity::member(reader.into(), team, &PersonId(id.clone())).await?;
            people.insert(id.clone(), member.map(|member| ActivityPerson { id: member.id, name: member.name }));
        }
        let target = (deed.target.kind.clone(), deed.target.id.clone());
        if !elements.contains_key(&target) {
            elements.insert(target.clone(), now(reader, workspace, &deed).await?);
        }
        let (kind, name) = elements.get(&target).cloned().unwrap_or_default();
        page.push(Activity {
            id: deed.sequence,
            at: Moment(deed.at),
            person: deed.person.as_ref().and_then(|id| people.get(id).cloned().flatten()),
            kind: deed.kind,
            element: ActivityElement { id: deed.target.id, kind, there: name.is_some(), name: name.or(deed.name) },
            action: deed.action,
        });
    }
    Ok(page)
}

/// What the changed thing is, and its name if it is still in the workspace.
async fn now(reader: Reader<'_>, workspace: &WorkspaceId, deed: &Deed) -> Result<(String, Option<String>)> {
    let (kind, id) = (deed.target.kind.as_str(), &deed.target.id);
    let (kind, name) = match kind {
        "collection" => {
            let id = CollectionId(id.clone());
            let there = collections::workspace_of(reader.into(), &id).await?.as_ref() == Some(workspace);
            (kind, if there { collections::name_of(reader.into(), &id).await? } else { None })
        }
        "environment" => {
            let id = EnvironmentId(id.clone());
            let there = environments::workspace_of(reader.into(), &id).await?.as_ref() == Some(workspace);
            (kind, if there { environments::name_of(reader.into(), &id).await? } else { None })
        }
        "item" => {
            let id = ItemId(id.clone());
            let place = collections::place_of_item(reader.into(), &id).await?;
            match collections::item_name(reader, &id).await?.filter(|_| place.is_some_and(|(at, _)| at == *workspace)) {
                Some((name, ItemKind::Folder)) => ("folder", Some(name)),
                Some((name, ItemKind::Request)) => ("request", Some(name)),
                Some((name, ItemKind::Example)) => ("example", Some(name)),
                None => ("item", None),
            }
        }
        other => (other, None),
    };
    Ok((kind.to_owned(), name))
}
