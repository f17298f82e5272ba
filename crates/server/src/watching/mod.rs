//! Watching a workspace or a collection: who does is told when somebody else changes it.
//!
//! It is told in the change that it is about, and then not again for [`PATIENCE`], however much is changed: whoever wants
//! to know all of it looks at the activity. Nobody is told of what they may not open any more.

pub mod http;

use bulla_access::{Action, decide};
use bulla_audit::Target;
use bulla_db::{Place, Reader, sql};
use serde::Serialize;

use crate::audit;
use crate::error::Result;
use crate::id::{CollectionId, EnvironmentId, PersonId, WorkspaceId};
use crate::identity;
use crate::notifications::{self, Kind, Notice};
use crate::operation::Change;
use crate::{collections, environments, workspaces};

/// For how long somebody is not told again, in milliseconds.
pub const PATIENCE: i64 = 60 * 60 * 1000;
/// Most people who are told of one change.
const TOLD: i64 = 200;

/// Whether somebody watches a thing, and how many do.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Watching {
    /// Does the asker?
    pub watching: bool,
    /// How many people do.
    pub watchers: i64,
}

/// What is watched: a workspace, or one collection in it.
#[derive(Clone, Copy)]
pub struct Watched<'w> {
    /// The workspace.
    pub workspace: &'w WorkspaceId,
    /// The collection; `None` for the whole workspace.
    pub collection: Option<&'w CollectionId>,
}

impl Watched<'_> {
    fn element(&self) -> &str {
        self.collection.map_or("", CollectionId::as_str)
    }
}

/// Whether `person` watches it, and how many do.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn watching(reader: Reader<'_>, watched: Watched<'_>, person: &PersonId) -> Result<Watching> {
    let row = sql!(
        "select count(*) as watchers, count(case when person = $3 then 1 end) as own from watch \
         where workspace = $1 and element = $2"
    )
    .bind(watched.workspace)
    .bind(watched.element())
    .bind(person)
    .one(reader)
    .await?;
    Ok(Watching { watching: row.integer("own")? > 0, watchers: row.integer("watchers")? })
}

/// Lets `person` watch it.
///
/// # Errors
///
/// If the database refuses.
pub async fn watch(change: &mut Change, watched: Watched<'_>, person: &PersonId) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    sql!(
        "insert into watch (team, workspace, element, person, created_at, told_at) values ($1, $2, $3, $4, $5, 0) \
         on conflict (workspace, element, person) do nothing"
    )
    .bind(&team)
    .bind(watched.workspace)
    .bind(watched.element())
    .bind(person)
    .bind(now)
    .execute(change.transaction())
    .await?;
    Ok(())
}

/// Lets `person` watch it no more.
///
/// # Errors
///
/// If the database refuses.
pub async fn unwatch(change: &mut Change, watched: Watched<'_>, person: &PersonId) -> Result<()> {
    sql!("delete from watch where workspace = $1 and element = $2 and person = $3")
        .bind(watched.workspace)
        .bind(watched.element())
        .bind(person)
        .execute(change.transaction())
        .await?;
    Ok(())
}

/// Takes those along who watch a collection that is moved to another workspace.
///
/// # Errors
///
/// If the database refuses.
pub async fn moved(change: &mut Change, element: &str, to: &WorkspaceId) -> Result<()> {
    sql!("update watch set workspace = $1 where element = $2")
        .bind(to)
        .bind(element)
        .execute(change.transaction())
        .await?;
    Ok(())
}

/// Forgets who watched a collection that is gone for good.
///
/// # Errors
///
/// If the database refuses.
pub async fn forget(change: &mut Change, collection: &CollectionId) -> Result<()> {
    sql!("delete from watch where element = $1").bind(collection).execute(change.transaction()).await?;
    Ok(())
}

/// Tells those who watch that `action` was done to `target` at `place`, in the change that does it.
///
/// # Errors
///
/// If it cannot be stored.
pub(crate) async fn tell(change: &mut Change, place: &audit::Place, target: &Target) -> Result<()> {
    let (team, now) = (change.team().to_owned(), change.now);
    let actor = change.person();
    let element = place.element.clone().unwrap_or_default();
    let rows = sql!(
        "update watch set told_at = $1 where workspace = $2 and element in ('', $3) and person <> $4 \
         and told_at <= $5 and team = $6 and person in (select near.person from watch near where near.workspace = $2 \
         and near.element in ('', $3) and near.told_at <= $5 limit $7) returning person, element"
    )
    .bind(now)
    .bind(&place.workspace)
    .bind(&element)
    .bind(actor.as_ref().map_or("", PersonId::as_str))
    .bind(now - PATIENCE)
    .bind(&team)
    .bind(TOLD)
    .all(change.transaction())
    .await?;
    if rows.is_empty() {
        return Ok(());
    }
    let mut people: Vec<PersonId> = rows.iter().map(|row| Ok(PersonId(row.text("person")?))).collect::<Result<_>>()?;
    people.sort_by(|one, other| one.0.cmp(&other.0));
    people.dedup();
    let mut still = Vec::with_capacity(people.len());
    for person in people {
        if may_open(change, place, &person).await? {
            still.push(person);
        }
    }
    let notice = notice(change, place, target).await?;
    notifications::tell(change, &still, &notice).await
}

/// May they open what was changed?
async fn may_open(change: &mut Change, place: &audit::Place, person: &PersonId) -> Result<bool> {
    let team = change.team().to_owned();
    let Some((actor, plan)) = identity::actor_of(change.transaction().into(), &team, person).await? else {
        return Ok(false);
    };
    let element = place.element.as_deref();
    let object = workspaces::object(change.transaction().into(), &place.workspace, element, person).await?;
    Ok(object.is_some_and(|object| decide(&actor, Action::WatchRead, &object, plan).allowed))
}

async fn notice<'n>(change: &mut Change, place: &audit::Place, target: &Target) -> Result<Notice<'n>> {
    let who = match change.person() {
        Some(person) => {
            let team = change.team().to_owned();
            identity::member(change.transaction().into(), &team, &person).await?.map(|person| person.name)
        }
        None => None,
    };
    let who = who.unwrap_or_else(|| "Somebody".to_owned());
    let workspace = workspaces::name_of(change.transaction().into(), &place.workspace).await?;
    let what = what(change.transaction().into(), place, target).await?;
    Ok(Notice {
        kind: Kind::WatchedChanged,
        subject: match &what {
            Some(what) => format!("{who} changed {what} in the workspace {workspace}"),
            None => format!("{who} changed the workspace {workspace}"),
        },
        details: "There may be more changes since. You are told once an hour at most while you watch it.".to_owned(),
        page: Some(("See the activity", format!("/w/{}/activity", place.workspace))),
    })
}

/// What was changed, in words; `None` for the workspace itself.
async fn what(mut place: Place<'_>, at: &audit::Place, target: &Target) -> Result<Option<String>> {
    let Some(element) = &at.element else { return Ok(None) };
    if let Some(name) = collections::name_of(place.again(), &CollectionId(element.clone())).await? {
        let inside = if target.kind == "item" { "something in " } else { "" };
        return Ok(Some(format!("{inside}the collection {name}")));
    }
    let name = environments::name_of(place, &EnvironmentId(element.clone())).await?;
    Ok(name.map(|name| format!("the environment {name}")))
}
