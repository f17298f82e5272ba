//! What people and teams are called.

use bulla_db::sql;

use super::{Person, Team, member, name_of, team};
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::operation::Change;

fn checked(what: &str, typed: &str) -> Result<String> {
    let mut errors = Vec::new();
    let name = name_of("/name", what, typed, &mut errors);
    if errors.is_empty() { Ok(name) } else { Err(Error::Invalid(errors)) }
}

/// Gives a person another name.
///
/// # Errors
///
/// [`Error::Invalid`] for a name that will not do.
pub async fn rename(change: &mut Change, id: &PersonId, typed: &str) -> Result<Person> {
    let name = checked("a name", typed)?;
    let team = change.team().to_owned();
    let before = member(change.transaction().into(), &team, id).await?.ok_or(Error::NotFound { what: "person" })?;
    sql!("update person set name = $1, version = version + 1 where id = $2")
        .bind(&name)
        .bind(id)
        .execute(change.transaction())
        .await?;
    change.text("name", Some(&before.name), Some(&name));
    Ok(Person { name, ..before })
}

/// Gives the team of `change` another name.
///
/// # Errors
///
/// [`Error::Invalid`] for a name that will not do.
pub async fn rename_team(change: &mut Change, typed: &str) -> Result<Team> {
    let name = checked("a name for the team", typed)?;
    let id = change.team().to_owned();
    let before = team(change.transaction().into(), &id).await?;
    sql!("update team set name = $1 where id = $2").bind(&name).bind(&id).execute(change.transaction()).await?;
    change.text("name", Some(&before.name), Some(&name));
    Ok(Team { name, ..before })
}
