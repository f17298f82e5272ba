//! People, their accounts and their sessions.
//!
//! A session is a random token of which only the hash is stored; no role lives in it, so that a change of roles holds
//! from the next request.

pub mod http;

use bulla_access::{Plan, TeamRole};
use bulla_db::{Database, Place, sql};

use crate::error::{Error, Result};
use crate::id::PersonId;

/// The name of the session cookie.
pub const COOKIE: &str = "bulla_session";

/// Who is signed in, read anew for every request.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: String,
    /// The person.
    pub person: PersonId,
    /// The team they act in.
    pub team: String,
    /// What they are in it.
    pub roles: Vec<TeamRole>,
    /// What the team has paid for.
    pub plan: Plan,
}

/// A person, as other members of their team see them.
#[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Their id as Postman's API has it.
    pub numeric_id: i64,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
}

/// What is stored of a token: its SHA-256.
fn token_hash(token: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

/// Who holds the session of this token, if it still holds at `now`.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn signed_in(database: &Database, token: &str, now: i64) -> Result<Option<SignedIn>> {
    let reader = database.read();
    let Some(row) = sql!(
        "select session.id as session, session.person as person, session.team as team \
         from session where session.token = $1 and session.expires_at > $2"
    )
    .bind(token_hash(token))
    .bind(now)
    .optional(reader)
    .await?
    else {
        return Ok(None);
    };
    let (person, team) = (row.text("person")?, row.text("team")?);
    let roles = sql!("select role from membership where team = $1 and person = $2 order by role")
        .bind(&team)
        .bind(&person)
        .all(reader)
        .await?
        .iter()
        .map(|row| {
            let role = row.text("role")?;
            TeamRole::named(&role).ok_or_else(|| Error::unexpected(format!("unknown team role {role}")))
        })
        .collect::<Result<Vec<_>>>()?;
    // Whoever is no member any more is a stranger, whatever sessions they have left.
    if roles.is_empty() {
        return Ok(None);
    }
    Ok(Some(SignedIn { session: row.text("session")?, person: PersonId(person), team, roles, plan: Plan::Enterprise }))
}

/// The member of `team` with this id.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn member(place: Place<'_>, team: &str, person: &PersonId) -> Result<Option<Person>> {
    sql!(
        "select id, numeric_id, name, email from person \
         where id = $1 and exists (select 1 from membership where team = $2 and person = person.id)"
    )
    .bind(person)
    .bind(team)
    .optional(place)
    .await?
    .map(|row| {
        Ok(Person {
            id: PersonId(row.text("id")?),
            numeric_id: row.integer("numeric_id")?,
            name: row.text("name")?,
            email: row.text("email")?,
        })
    })
    .transpose()
}
