//! Environments and globals: variables with values that are sealed before they are stored.
//!
//! Every value is sealed, whatever its type; a secret one is also masked in every answer, and leaves through
//! [`reveal`] and [`export`] alone, both of them audited. What a file said beyond what we understand is kept, so that an
//! export equals what was imported. Local values never come here.

pub mod http;

use std::collections::HashMap;

use bulla_access::WorkspaceRole;
use bulla_collection::{Kind as VariableKind, Variable, VariableSet, description};
use bulla_db::{Place, Reader, Row, sql};
use bulla_seal::{Key, Place as SealedPlace};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::copying::Extent;
use crate::error::{Error, Result};
use crate::id::{EnvironmentId, ValueId, WorkspaceId};
use crate::limits;
use crate::moment::Moment;
use crate::operation::Change;
use crate::trash::{self, Deleted};
use crate::workspaces::{self, Role};

/// An environment in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentSummary {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
    /// Counts up with each change.
    pub version: i64,
    /// When it last changed.
    pub updated_at: Moment,
}

/// An environment, or the globals of a workspace.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// The workspace it is in.
    pub workspace_id: WorkspaceId,
    /// Which of the two it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Counts up with each change.
    pub version: i64,
    /// What the asker is in the workspace.
    pub role: Role,
    /// May the asker see its secret values?
    pub may_reveal: bool,
    /// Its variables in order.
    pub values: Vec<EnvironmentValue>,
}

/// An environment, or the globals of a workspace, as strangers see them.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicEnvironment {
    /// Its id.
    pub id: EnvironmentId,
    /// The workspace it is in.
    pub workspace_id: WorkspaceId,
    /// Which of the two it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its variables in order.
    pub values: Vec<PublicValue>,
}

/// One variable, as strangers see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicValue {
    /// Its name.
    pub key: String,
    /// Whether its value is shown.
    #[serde(rename = "type")]
    pub kind: ValueKind,
    /// Whether it takes part.
    pub enabled: bool,
    /// What it is for.
    pub description: String,
    /// Its value; null if it is secret.
    #[schema(required)]
    pub value: Option<String>,
}

/// Which of the two sets of variables it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EnvironmentKind)]
pub enum Kind {
    /// One of many, chosen when sending.
    Environment,
    /// The one of a workspace that always takes part.
    Globals,
}

/// One variable, as it is shown.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentValue {
    /// Its id.
    pub id: ValueId,
    /// Its name.
    pub key: String,
    /// Whether its value is shown.
    #[serde(rename = "type")]
    pub kind: ValueKind,
    /// Whether it takes part.
    pub enabled: bool,
    /// What it is for.
    pub description: String,
    /// Its value; null if it is secret.
    #[schema(required)]
    pub value: Option<String>,
    /// Whether it has a value other than the empty text.
    pub has_value: bool,
}

/// Whether a value is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ValueKind {
    /// It is.
    Default,
    /// It is masked wherever it is shown.
    Secret,
}

/// One variable, as an editor hands it in.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueUpdate {
    /// Of the variable that it was; absent for a new one.
    pub id: Option<ValueId>,
    /// Its name.
    pub key: String,
    /// Whether its value is shown.
    #[serde(rename = "type")]
    pub kind: ValueKind,
    /// Whether it takes part.
    pub enabled: bool,
    /// What it is for; absent means unchanged.
    pub description: Option<String>,
    /// Its value; absent means unchanged.
    pub value: Option<String>,
}

/// A stored variable with its id. It has no `Debug`, since its value may be secret.
struct Stored {
    id: ValueId,
    variable: Variable,
}

/// The row of an environment.
struct Head {
    id: EnvironmentId,
    team: String,
    workspace: WorkspaceId,
    kind: Kind,
    name: String,
    extra: Map<String, Json>,
    version: i64,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Globals => "globals",
        }
    }
}

/// The workspace that holds an environment.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn workspace_of(place: Place<'_>, id: &EnvironmentId) -> Result<Option<WorkspaceId>> {
    let row =
        sql!("select workspace from environment where id = $1 and deleted_at is null").bind(id).optional(place).await?;
    Ok(row.map(|row| row.text("workspace")).transpose()?.map(WorkspaceId))
}

/// The environments of a workspace by name, without its globals.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn list(reader: Reader<'_>, workspace: &WorkspaceId) -> Result<Vec<EnvironmentSummary>> {
    sql!(
        "select id, name, version, updated_at from environment \
         where workspace = $1 and kind = 'environment' and deleted_at is null order by lower(name), id"
    )
    .bind(workspace)
    .all(reader)
    .await?
    .iter()
    .map(|row| {
        Ok(EnvironmentSummary {
            id: EnvironmentId(row.text("id")?),
            name: row.text("name")?,
            version: row.integer("version")?,
            updated_at: Moment(row.integer("updated_at")?),
        })
    })
    .collect()
}

/// What strangers would see of the environments of a workspace if it were public.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExposedEnvironments)]
pub struct Exposed {
    /// How many there are, without the globals.
    pub total: i64,
    /// The names of the first of them.
    pub names: Vec<String>,
    /// Variables whose value would be shown, those of the globals among them.
    pub shown: i64,
    /// Variables of the type `secret`, whose value stays masked.
    pub secret: i64,
    /// Variables whose value would be shown and whose name sounds like a secret.
    pub suspicious: Vec<Suspicious>,
}

/// A variable whose value would be shown and whose name sounds like a secret.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = SuspiciousVariable)]
pub struct Suspicious {
    /// The environment.
    pub environment: String,
    /// The variable.
    pub key: String,
}

/// Most names that are listed of what strangers would see.
const NAMES: i64 = 100;
/// Most variables whose names are looked at.
const LOOKED_AT: i64 = 20_000;
/// What is part of the name of a secret, as people name them.
const SOUNDS_SECRET: [&str; 9] =
    ["secret", "token", "password", "passwd", "apikey", "credential", "privatekey", "bearer", "auth"];

/// What strangers would see of the environments of a workspace if it were public.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn exposed(reader: Reader<'_>, workspace: &WorkspaceId) -> Result<Exposed> {
    let counts = sql!(
        "select (select count(*) from environment where workspace = $1 and kind = 'environment' \
         and deleted_at is null) as total, count(environment_value.id) as variables, \
         count(case when environment_value.kind = 'secret' then 1 end) as secret from environment_value \
         join environment on environment.id = environment_value.environment \
         where environment.workspace = $1 and environment.deleted_at is null"
    )
    .bind(workspace)
    .one(reader)
    .await?;
    let names = sql!(
        "select name from environment where workspace = $1 and kind = 'environment' and deleted_at is null \
         order by lower(name), id limit $2"
    )
    .bind(workspace)
    .bind(NAMES)
    .all(reader)
    .await?;
    let plain = sql!(
        "select environment.name as environment, environment_value.key as key from environment_value \
         join environment on environment.id = environment_value.environment \
         where environment.workspace = $1 and environment.deleted_at is null \
         and coalesce(environment_value.kind, '') <> 'secret' \
         order by lower(environment.name), environment.id, environment_value.position limit $2"
    )
    .bind(workspace)
    .bind(LOOKED_AT)
    .all(reader)
    .await?;
    let mut suspicious = Vec::new();
    for row in &plain {
        let key = row.text("key")?;
        if sounds_secret(&key) && suspicious.len() < usize::try_from(NAMES).unwrap_or_default() {
            suspicious.push(Suspicious { environment: row.text("environment")?, key });
        }
    }
    let secret = counts.integer("secret")?;
    Ok(Exposed {
        total: counts.integer("total")?,
        names: names.iter().map(|row| Ok(row.text("name")?)).collect::<Result<_>>()?,
        shown: counts.integer("variables")? - secret,
        secret,
        suspicious,
    })
}

/// Does the name sound as if its value were a secret?
fn sounds_secret(key: &str) -> bool {
    let letters: String = key.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
    SOUNDS_SECRET.iter().any(|part| letters.contains(part))
}

/// The id of the globals of a workspace.
///
/// # Errors
///
/// If there are none: they come with the workspace.
pub async fn globals_of(place: Place<'_>, workspace: &WorkspaceId) -> Result<EnvironmentId> {
    let row =
        sql!("select id from environment where workspace = $1 and kind = 'globals'").bind(workspace).one(place).await?;
    Ok(EnvironmentId(row.text("id")?))
}

/// The environment with this id, as it is shown to somebody who is `role` and `may_reveal` its secret values: without them.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn environment(
    mut place: Place<'_>,
    key: &Key,
    id: &EnvironmentId,
    role: WorkspaceRole,
    may_reveal: bool,
) -> Result<Environment> {
    let head = head(place.again(), id).await?;
    let stored = stored(place, key, &head).await?;
    Ok(shown(&head, &stored, role, may_reveal))
}

/// The environment with this id, as strangers see it: without secret values, and without whether there are any.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn public_environment(mut place: Place<'_>, key: &Key, id: &EnvironmentId) -> Result<PublicEnvironment> {
    let head = head(place.again(), id).await?;
    let stored = stored(place, key, &head).await?;
    let Environment { id, workspace_id, kind, name, values, .. } = shown(&head, &stored, WorkspaceRole::Viewer, false);
    let values = values
        .into_iter()
        .map(|EnvironmentValue { key, kind, enabled, description, value, .. }| PublicValue {
            key,
            kind,
            enabled,
            description,
            value,
        })
        .collect();
    Ok(PublicEnvironment { id, workspace_id, kind, name, values })
}

/// The environment with this id and all its values, secret ones too, for a run on behalf of somebody who may use it.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn variables(mut place: Place<'_>, key: &Key, id: &EnvironmentId) -> Result<VariableSet> {
    let head = head(place.again(), id).await?;
    let stored = stored(place, key, &head).await?;
    Ok(set(head, stored))
}

/// Makes an empty environment.
///
/// # Errors
///
/// [`Error::Invalid`] for a bad name, [`Error::Conflict`] if the workspace has too many.
pub async fn create(change: &mut Change, name: &str) -> Result<Environment> {
    let name = limits::name("/name", name)?;
    let (key, role) = (change.key().await?, change.role()?);
    let id = insert(change, Kind::Environment, &name, Map::new(), &key, Vec::new()).await?;
    environment(change.transaction().into(), &key, &id, role, true).await
}

/// Makes the globals of a new workspace.
///
/// # Errors
///
/// If the database refuses.
pub async fn create_globals(change: &mut Change, workspace: &WorkspaceId) -> Result<()> {
    let id = EnvironmentId::new(change.now);
    insert_head(change, &id, workspace, Kind::Globals, "Globals", &Map::new()).await
}

/// Keeps an environment from a file.
///
/// # Errors
///
/// [`Error::Invalid`] if it is too large, [`Error::Conflict`] if the workspace has too many.
pub async fn import(change: &mut Change, set: VariableSet) -> Result<(EnvironmentId, String)> {
    let name = limits::listed_name(&set.name);
    let key = change.key().await?;
    let mut extra = set.extra;
    extra.insert("name".to_owned(), json!(set.name));
    let id = insert(change, Kind::Environment, &name, extra, &key, set.values).await?;
    Ok((id, name))
}

/// Takes the variables of a globals file into the globals of the workspace: what has the same name is replaced in its
/// place, what is new comes after.
///
/// # Errors
///
/// [`Error::Invalid`] if they become too large.
pub async fn import_globals(change: &mut Change, set: VariableSet) -> Result<(EnvironmentId, String)> {
    let (key, workspace) = (change.key().await?, change.workspace()?.clone());
    let id = globals_of(change.transaction().into(), &workspace).await?;
    let head = head(change.transaction().into(), &id).await?;
    let mut stored = stored(change.transaction().into(), &key, &head).await?;
    for variable in set.values {
        match stored.iter_mut().find(|stored| stored.variable.key == variable.key) {
            Some(same) => same.variable = variable,
            None => stored.push(Stored { id: ValueId::new(change.now), variable }),
        }
    }
    let name = limits::listed_name(&set.name);
    let mut extra = set.extra;
    extra.insert("name".to_owned(), json!(set.name));
    sql!("update environment set name = $1, extra = $2, version = version + 1, updated_at = $3 where id = $4")
        .bind(&name)
        .bind(Json::Object(extra).to_string())
        .bind(change.now)
        .bind(&id)
        .execute(change.transaction())
        .await?;
    replace_values(change, &key, &head, &stored).await?;
    change.about("environment", &id);
    change.number("values", None, i64::try_from(stored.len()).ok());
    Ok((id, name))
}

/// Changes the name or the variables of an environment that still has `version`.
///
/// # Errors
///
/// [`Error::Stale`] if it was changed since, [`Error::Invalid`] for what does not fit.
pub async fn update(
    change: &mut Change,
    id: &EnvironmentId,
    version: i64,
    name: Option<&str>,
    values: Option<Vec<ValueUpdate>>,
) -> Result<Environment> {
    let (key, role) = (change.key().await?, change.role()?);
    let mut head = head(change.transaction().into(), id).await?;
    let before = stored(change.transaction().into(), &key, &head).await?;
    let changed = sql!("update environment set version = version + 1, updated_at = $1 where id = $2 and version = $3")
        .bind(change.now)
        .bind(id)
        .bind(version)
        .execute(change.transaction())
        .await?;
    if changed == 0 {
        let current = serde_json::to_value(shown(&head, &before, role, true)).map_err(Error::unexpected)?;
        return Err(Error::Stale { what: "environment", current: Box::new(current) });
    }
    if let Some(name) = name {
        let name = limits::name("/name", name)?;
        change.text("name", Some(&head.name), Some(&name));
        head.extra.insert("name".to_owned(), json!(name));
        sql!("update environment set name = $1, extra = $2 where id = $3")
            .bind(&name)
            .bind(Json::Object(head.extra.clone()).to_string())
            .bind(id)
            .execute(change.transaction())
            .await?;
    }
    if let Some(values) = values {
        let after = updated(&before, values, change.now)?;
        note_values(change, &before, &after).await?;
        replace_values(change, &key, &head, &after).await?;
    }
    environment(change.transaction().into(), &key, id, role, true).await
}

/// Deletes an environment. It can be restored for a while.
///
/// # Errors
///
/// [`Error::Conflict`] for globals: a workspace always has them.
pub async fn delete(change: &mut Change, id: &EnvironmentId) -> Result<()> {
    let head = head(change.transaction().into(), id).await?;
    if head.kind == Kind::Globals {
        let detail = "the globals of a workspace cannot be deleted; empty them instead".to_owned();
        return Err(Error::Conflict { code: "globals", detail });
    }
    let now = change.now;
    sql!("update environment set deleted_at = $1 where id = $2")
        .bind(now)
        .bind(id)
        .execute(change.transaction())
        .await?;
    let element = Some(id.as_str());
    let deleted = Deleted { id: id.as_str(), workspace: &head.workspace, element, name: &head.name };
    trash::put(change, trash::Kind::Environment, &deleted).await?;
    change.text("name", Some(&head.name), None);
    Ok(())
}

/// Puts an environment back that was deleted, with its values and the roles that were given on it.
///
/// # Errors
///
/// [`Error::Conflict`] if the workspace has too many.
pub async fn restore(change: &mut Change, id: &EnvironmentId) -> Result<()> {
    let workspace = change.workspace()?.clone();
    room_for_one(change, &workspace).await?;
    sql!("update environment set deleted_at = null where id = $1").bind(id).execute(change.transaction()).await?;
    Ok(())
}

/// Moves an environment with its values to the workspace `to`.
///
/// # Errors
///
/// [`Error::Conflict`] for globals, if there is no room for it, and what [`workspaces::transfer`] says.
pub async fn transfer(change: &mut Change, id: &EnvironmentId, to: &WorkspaceId) -> Result<()> {
    let head = head(change.transaction().into(), id).await?;
    if head.kind == Kind::Globals {
        let detail = "the globals of a workspace stay in it; export them and import them there".to_owned();
        return Err(Error::Conflict { code: "globals", detail });
    }
    room_for_one(change, to).await?;
    let moved = workspaces::transfer(change, id.as_str(), to).await?;
    // Nobody else changes it meanwhile.
    sql!("update environment set workspace = $1, updated_at = $2 where id = $3")
        .bind(to)
        .bind(change.now)
        .bind(id)
        .execute(change.transaction())
        .await?;
    let values = stored(change.transaction().into(), &moved.old, &head).await?;
    replace_values(change, &moved.new, &head, &values).await?;
    change.text("name", None, Some(&head.name));
    Ok(())
}

/// Copies an environment of another workspace, whose key is handed in, into the workspace of `change`, and returns the id and
/// the name of the copy. Globals are copied under another name alone.
///
/// # Errors
///
/// [`Error::Conflict`] for globals without a name, or if there is no room.
pub async fn copy(
    change: &mut Change,
    old: &Key,
    id: &EnvironmentId,
    extent: Extent,
    named: Option<&str>,
) -> Result<(EnvironmentId, String)> {
    let head = head(change.transaction().into(), id).await?;
    if head.kind == Kind::Globals && named.is_none() {
        let detail = "the globals of a workspace stay in it; export them and import them there".to_owned();
        return Err(Error::Conflict { code: "globals", detail });
    }
    let values = stored(change.transaction().into(), old, &head).await?;
    let values = values.into_iter().map(|stored| copied(stored.variable, extent)).collect();
    let key = change.key().await?;
    let name = limits::listed_name(named.unwrap_or(&head.name));
    let mut extra = Map::new();
    extra.insert("name".to_owned(), json!(name));
    let copy = insert(change, Kind::Environment, &name, extra, &key, values).await?;
    Ok((copy, name))
}

/// A variable as it goes into a copy.
fn copied(mut variable: Variable, extent: Extent) -> Variable {
    if extent != Extent::Whole && variable.is_secret() {
        variable.value = json!("");
    }
    if extent == Extent::AsStrangersSee {
        variable.extra.retain(|field, _| ["description", "secret"].contains(&field.as_str()));
    }
    variable
}

/// The environments of a workspace by name, its globals last; each says whether it is those.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn ids_in(change: &mut Change, workspace: &WorkspaceId) -> Result<Vec<(EnvironmentId, bool)>> {
    sql!(
        "select id, kind from environment where workspace = $1 and deleted_at is null \
         order by case kind when 'globals' then 1 else 0 end, lower(name), id"
    )
    .bind(workspace)
    .all(change.transaction())
    .await?
    .iter()
    .map(|row| Ok((EnvironmentId(row.text("id")?), row.text("kind")? == Kind::Globals.name())))
    .collect()
}

/// Has it no variables?
///
/// # Errors
///
/// If the database cannot be read.
pub async fn is_empty(change: &mut Change, id: &EnvironmentId) -> Result<bool> {
    let row = sql!("select id from environment_value where environment = $1 limit 1")
        .bind(id)
        .optional(change.transaction())
        .await?;
    Ok(row.is_none())
}

/// What an environment is called, whether it is in the trash or not; `None` if there is none.
///
/// # Errors
///
/// If the database cannot be read.
pub async fn name_of(place: Place<'_>, id: &EnvironmentId) -> Result<Option<String>> {
    let row = sql!("select name from environment where id = $1").bind(id).optional(place).await?;
    Ok(row.map(|row| row.text("name")).transpose()?)
}

/// Deletes an environment of `workspace` for good, with its values.
///
/// # Errors
///
/// If the database refuses.
pub async fn purge(change: &mut Change, workspace: &WorkspaceId, id: &EnvironmentId) -> Result<()> {
    workspaces::forget_element(change, workspace, id.as_str()).await?;
    sql!("delete from environment where id = $1 and deleted_at is not null")
        .bind(id)
        .execute(change.transaction())
        .await?;
    Ok(())
}

/// The value of one variable, secret or not. Whoever asks is written down.
///
/// # Errors
///
/// [`Error::NotFound`] if the environment has no such variable.
pub async fn reveal(change: &mut Change, id: &EnvironmentId, value: &ValueId) -> Result<String> {
    let key = change.key().await?;
    let head = head(change.transaction().into(), id).await?;
    let stored = stored(change.transaction().into(), &key, &head).await?;
    let found = stored.iter().find(|stored| stored.id == *value).ok_or(Error::NotFound { what: "variable" })?;
    change.about("environment_value", value);
    change.text("environment", None, Some(id.as_str()));
    change.text("key", None, Some(&found.variable.key));
    Ok(text(&found.variable.value))
}

/// The environment as a file has it, secret values included. Whoever asks is written down.
///
/// # Errors
///
/// If a value does not open.
pub async fn export(change: &mut Change, id: &EnvironmentId) -> Result<(String, Json)> {
    let key = change.key().await?;
    let head = head(change.transaction().into(), id).await?;
    let stored = stored(change.transaction().into(), &key, &head).await?;
    let (name, kind) = (head.name.clone(), head.kind);
    let mut set = set(head, stored);
    // One that was made here says what it is; one that was imported says what its file said.
    if set.extra.is_empty() || (set.extra.len() == 1 && set.extra.contains_key("name")) {
        set.extra.insert("id".to_owned(), json!(id.as_str()));
        set.extra.insert("_postman_variable_scope".to_owned(), json!(kind.name()));
    }
    Ok((name, set.to_value()))
}

async fn head(place: Place<'_>, id: &EnvironmentId) -> Result<Head> {
    let row = sql!("select id, team, workspace, kind, name, extra, version from environment where id = $1")
        .bind(id)
        .optional(place)
        .await?
        .ok_or(Error::NotFound { what: "environment" })?;
    let kind = if row.text("kind")? == Kind::Globals.name() { Kind::Globals } else { Kind::Environment };
    Ok(Head {
        id: EnvironmentId(row.text("id")?),
        team: row.text("team")?,
        workspace: WorkspaceId(row.text("workspace")?),
        kind,
        name: row.text("name")?,
        extra: serde_json::from_str(&row.text("extra")?).map_err(Error::unexpected)?,
        version: row.integer("version")?,
    })
}

async fn stored(place: Place<'_>, key: &Key, head: &Head) -> Result<Vec<Stored>> {
    sql!("select id, key, kind, enabled, sealed from environment_value where environment = $1 order by position")
        .bind(&head.id)
        .all(place)
        .await?
        .iter()
        .map(|row| opened(row, key, &head.team))
        .collect()
}

fn opened(row: &Row, key: &Key, team: &str) -> Result<Stored> {
    let id = ValueId(row.text("id")?);
    let content = key.open(sealed_place(&id, team), &row.bytes("sealed")?)?;
    let (value, extra): (Json, Map<String, Json>) =
        serde_json::from_slice(content.expose()).map_err(|_| Error::unexpected("a sealed variable is no JSON"))?;
    let kind = row.text_or_null("kind")?.map(|kind| VariableKind::named(&kind));
    let variable = Variable { key: row.text("key")?, value, kind, enabled: row.claim("enabled")?, extra };
    Ok(Stored { id, variable })
}

fn sealed_place<'p>(id: &'p ValueId, team: &'p str) -> SealedPlace<'p> {
    SealedPlace { table: "environment_value", column: "sealed", row: id.as_str(), team }
}

fn set(head: Head, stored: Vec<Stored>) -> VariableSet {
    let name = head.extra.get("name").and_then(Json::as_str).map_or(head.name, str::to_owned);
    VariableSet { name, values: stored.into_iter().map(|stored| stored.variable).collect(), extra: head.extra }
}

fn shown(head: &Head, stored: &[Stored], role: WorkspaceRole, may_reveal: bool) -> Environment {
    let values = stored
        .iter()
        .map(|Stored { id, variable }| {
            let (secret, value) = (variable.is_secret(), text(&variable.value));
            EnvironmentValue {
                id: id.clone(),
                key: variable.key.clone(),
                kind: if secret { ValueKind::Secret } else { ValueKind::Default },
                enabled: variable.enabled,
                description: description(variable.extra.get("description")).unwrap_or_default().to_owned(),
                has_value: !value.is_empty(),
                value: (!secret).then_some(value),
            }
        })
        .collect();
    Environment {
        id: head.id.clone(),
        workspace_id: head.workspace.clone(),
        kind: head.kind,
        name: head.name.clone(),
        version: head.version,
        role: role.into(),
        may_reveal,
        values,
    }
}

/// A value as text: what a request gets in the place of the variable.
fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The variables after an edit. What an editor does not say stays as it was, what it does not name is gone.
fn updated(before: &[Stored], values: Vec<ValueUpdate>, now: i64) -> Result<Vec<Stored>> {
    if values.len() > limits::VARIABLES {
        return Err(Error::invalid("/values", format!("must be at most {}", limits::VARIABLES)));
    }
    let known: HashMap<&ValueId, &Variable> = before.iter().map(|stored| (&stored.id, &stored.variable)).collect();
    let mut after: Vec<Stored> = Vec::with_capacity(values.len());
    let mut taken = std::collections::HashSet::new();
    for (index, update) in values.into_iter().enumerate() {
        let at = |field: &str| format!("/values/{index}/{field}");
        let name = limits::name(&at("key"), &update.key)?;
        let same = match &update.id {
            None => None,
            Some(id) => {
                let same =
                    known.get(id).ok_or_else(|| Error::invalid(at("id"), "is no variable of this environment"))?;
                if !taken.insert(id.clone()) {
                    return Err(Error::invalid(at("id"), "is there twice"));
                }
                Some((*same).clone())
            }
        };
        let mut variable = same.unwrap_or_else(|| Variable::text(&name, ""));
        // A name with blanks around it, from a file, is not touched unless it was edited.
        if variable.key.trim() != name {
            variable.key = name;
        }
        match (update.kind, variable.is_secret()) {
            (ValueKind::Secret, false) => variable.kind = Some(VariableKind::Secret),
            (ValueKind::Default, true) => {
                variable.kind = Some(VariableKind::Default);
                variable.extra.shift_remove("secret");
            }
            _ => {}
        }
        variable.enabled = update.enabled;
        if let Some(words) = update.description {
            let words = limits::summary(&at("description"), &words)?;
            if words != description(variable.extra.get("description")).unwrap_or_default() {
                variable.extra.insert("description".to_owned(), json!(words));
            }
        }
        if let Some(value) = update.value {
            if value.len() > limits::VALUE {
                return Err(Error::invalid(at("value"), format!("must have at most {} bytes", limits::VALUE)));
            }
            // A number from a file stays a number while nobody edits it.
            if text(&variable.value) != value {
                variable.value = json!(value);
            }
        }
        after.push(Stored { id: update.id.unwrap_or_else(|| ValueId::new(now)), variable });
    }
    Ok(after)
}

/// Most variables that one audit event names; of more it tells the number.
const NAMED: usize = 200;

async fn note_values(change: &mut Change, before: &[Stored], after: &[Stored]) -> Result<()> {
    let old: HashMap<&ValueId, &Variable> = before.iter().map(|stored| (&stored.id, &stored.variable)).collect();
    let new: HashMap<&ValueId, &Variable> = after.iter().map(|stored| (&stored.id, &stored.variable)).collect();
    let differ: Vec<&ValueId> = before
        .iter()
        .map(|stored| &stored.id)
        .chain(after.iter().map(|stored| &stored.id).filter(|id| !old.contains_key(id)))
        .filter(|id| old.get(id) != new.get(id))
        .collect();
    for id in differ.iter().take(NAMED) {
        let (old, new) = (old.get(id), new.get(id));
        let field = format!("values/{id}");
        let kind = |variable: &&Variable| if variable.is_secret() { "secret" } else { "default" };
        let enabled = |variable: &&Variable| i64::from(variable.enabled);
        change.text(&format!("{field}/key"), old.map(|v| v.key.as_str()), new.map(|v| v.key.as_str()));
        change.text(&format!("{field}/type"), old.map(kind), new.map(kind));
        change.number(&format!("{field}/enabled"), old.map(enabled), new.map(enabled));
        let (old, new) = (old.map(|v| text(&v.value)), new.map(|v| text(&v.value)));
        let bytes = |value: &Option<String>| value.as_ref().map(|value| value.as_bytes().to_vec());
        change.secret(&format!("{field}/value"), bytes(&old).as_deref(), bytes(&new).as_deref()).await?;
    }
    if differ.len() > NAMED {
        change.number("values", i64::try_from(before.len()).ok(), i64::try_from(after.len()).ok());
    }
    Ok(())
}

async fn insert(
    change: &mut Change,
    kind: Kind,
    name: &str,
    extra: Map<String, Json>,
    key: &Key,
    values: Vec<Variable>,
) -> Result<EnvironmentId> {
    let workspace = change.workspace()?.clone();
    room_for_one(change, &workspace).await?;
    let (id, now) = (EnvironmentId::new(change.now), change.now);
    insert_head(change, &id, &workspace, kind, name, &extra).await?;
    let head = head(change.transaction().into(), &id).await?;
    let values: Vec<Stored> = values.into_iter().map(|variable| Stored { id: ValueId::new(now), variable }).collect();
    replace_values(change, key, &head, &values).await?;
    change.about("environment", &id);
    change.text("name", None, Some(name));
    change.number("values", None, i64::try_from(values.len()).ok());
    Ok(id)
}

async fn room_for_one(change: &mut Change, workspace: &WorkspaceId) -> Result<()> {
    let count = sql!("select count(*) as total from environment where workspace = $1 and deleted_at is null")
        .bind(workspace)
        .one(change.transaction())
        .await?
        .integer("total")?;
    if count >= limits::IN_WORKSPACE {
        let detail = format!("the workspace has {count} environments, and no more are allowed");
        return Err(Error::Conflict { code: "too_many", detail });
    }
    Ok(())
}

async fn insert_head(
    change: &mut Change,
    id: &EnvironmentId,
    workspace: &WorkspaceId,
    kind: Kind,
    name: &str,
    extra: &Map<String, Json>,
) -> Result<()> {
    sql!(
        "insert into environment (id, team, workspace, kind, name, extra, version, created_at, updated_at) \
         values ($1, $2, $3, $4, $5, $6, 1, $7, $8)"
    )
    .bind(id)
    .bind(change.team())
    .bind(workspace)
    .bind(kind.name())
    .bind(name)
    .bind(Json::Object(extra.clone()).to_string())
    .bind(change.now)
    .bind(change.now)
    .execute(change.transaction())
    .await?;
    Ok(())
}

async fn replace_values(change: &mut Change, key: &Key, head: &Head, values: &[Stored]) -> Result<()> {
    if values.len() > limits::VARIABLES {
        return Err(Error::invalid("/values", format!("must be at most {}", limits::VARIABLES)));
    }
    let mut rows = Vec::with_capacity(values.len());
    for (position, Stored { id, variable }) in (0_i64..).zip(values) {
        let content = serde_json::to_vec(&(&variable.value, &variable.extra)).map_err(Error::unexpected)?;
        if content.len() > 2 * limits::VALUE {
            let message = format!("must have at most {} bytes", limits::VALUE);
            return Err(Error::invalid(format!("/values/{position}/value"), message));
        }
        rows.push(vec![
            id.into(),
            head.team.as_str().into(),
            (&head.id).into(),
            position.into(),
            variable.key.replace('\0', "\u{fffd}").into(),
            variable.kind.as_ref().map(|kind| kind.name().replace('\0', "\u{fffd}")).into(),
            variable.enabled.into(),
            key.seal(sealed_place(id, &head.team), &content)?.into(),
        ]);
    }
    sql!("delete from environment_value where environment = $1").bind(&head.id).execute(change.transaction()).await?;
    sql!(
        "insert into environment_value (id, team, environment, position, key, kind, enabled, sealed) \
         values ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    .execute_rows(change.transaction(), rows)
    .await?;
    Ok(())
}
