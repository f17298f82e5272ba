//! Environments and globals: variables with values that are sealed before they are stored.
//!
//! Every value is sealed, whatever its type; a secret one is also masked in every answer, and leaves through
//! [`reveal`] and [`export`] alone, both of them audited. What a file said beyond what we understand is kept, so that an
//! export equals what was imported. Local values never come here.

pub mod http;

use std::collections::HashMap;

use bulla_access::WorkspaceRole;
use bulla_collection::{Kind as VariableKind, ScopeName, Variable, VariableSet, description};
use bulla_db::{Place, Reader, Row, sql};
use bulla_runner::{Guarded, LocalValue, apply_locals};
use bulla_seal::{Key, Place as SealedPlace};
use bulla_transport::{Destination, NotADestination};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::copying::Extent;
use crate::error::{Error, Result};
use crate::id::{EnvironmentId, PersonId, ValueId, WorkspaceId};
use crate::identity;
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
    /// How it is used without being seen; null if those who may see secret values may see it.
    #[schema(required)]
    pub unseen: Option<Unseen>,
}

/// How a value is used without being seen.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unseen {
    /// The hosts that it may be sent to.
    pub bound_to: Vec<String>,
    /// Who set the value, and may see it.
    pub owner: PersonId,
    /// What they are called; null if they are not in the team any more.
    #[schema(required)]
    pub owner_name: Option<String>,
    /// Is that the asker?
    pub is_own: bool,
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
    /// The hosts that it may be sent to, such as `api.example.com`, `*.example.com:8443` or `http://127.0.0.1:8080`: it is
    /// used without being seen then. None at all lets those see it who may see secret values. Absent means unchanged. Without
    /// a new value its owner alone can change this.
    #[schema(max_items = 20)]
    pub bound_to: Option<Vec<String>>,
}

/// A stored variable with its id. It has no `Debug`, since its value may be secret.
struct Stored {
    id: ValueId,
    variable: Variable,
    bound: Option<Bound>,
}

/// Where a value may be sent, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    to: Vec<Destination>,
    owner: PersonId,
}

/// The variables of a set for a run, and those among them that are used without being seen.
pub struct ForRun {
    /// The variables in order. Those that are not seen have no value here.
    pub set: VariableSet,
    /// Their values.
    pub guarded: Vec<Guarded>,
    scope: ScopeName,
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

impl ValueKind {
    fn of(secret: bool) -> Self {
        if secret { Self::Secret } else { Self::Default }
    }
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

/// The environment with this id, as it is shown to `asker`, who is `role` and `may_reveal` its secret values: without them.
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
    asker: Option<&PersonId>,
) -> Result<Environment> {
    let head = head(place.again(), id).await?;
    let stored = stored(place.again(), key, &head).await?;
    let mut owners = HashMap::new();
    for bound in stored.iter().filter_map(|stored| stored.bound.as_ref()) {
        if !owners.contains_key(&bound.owner) {
            let member = identity::member(place.again(), &head.team, &bound.owner).await?;
            owners.insert(bound.owner.clone(), member.map(|member| member.name));
        }
    }
    Ok(shown(&head, &stored, role, may_reveal, asker, &owners))
}

/// The environment with this id, as strangers see it: without secret values, and without whether there are any.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn public_environment(mut place: Place<'_>, key: &Key, id: &EnvironmentId) -> Result<PublicEnvironment> {
    let head = head(place.again(), id).await?;
    let stored = stored(place, key, &head).await?;
    let values = stored
        .into_iter()
        .map(|Stored { variable, .. }| {
            let secret = variable.is_secret();
            PublicValue {
                kind: ValueKind::of(secret),
                enabled: variable.enabled,
                description: description(variable.extra.get("description")).unwrap_or_default().to_owned(),
                value: (!secret).then(|| text(&variable.value)),
                key: variable.key,
            }
        })
        .collect();
    Ok(PublicEnvironment { id: head.id, workspace_id: head.workspace, kind: head.kind, name: head.name, values })
}

/// The environment with this id and all its values, secret ones too, for a run on behalf of somebody who may use it.
///
/// # Errors
///
/// [`Error::NotFound`] if there is none.
pub async fn for_run(mut place: Place<'_>, key: &Key, id: &EnvironmentId) -> Result<ForRun> {
    let head = head(place.again(), id).await?;
    let mut stored = stored(place, key, &head).await?;
    let scope = match head.kind {
        Kind::Environment => ScopeName::Environment,
        Kind::Globals => ScopeName::Globals,
    };
    let mut for_run = ForRun { set: VariableSet::default(), guarded: Vec::new(), scope };
    for Stored { variable, bound, .. } in &mut stored {
        if let Some(bound) = bound.take() {
            for_run.guard(variable, bound.to);
        }
    }
    for_run.set = set(head, stored);
    Ok(for_run)
}

impl ForRun {
    fn guard(&mut self, variable: &mut Variable, destinations: Vec<Destination>) {
        let value = text(&std::mem::replace(&mut variable.value, json!("")));
        if variable.enabled && !value.is_empty() {
            self.guarded.push(Guarded { scope: self.scope, key: variable.key.clone(), value, destinations });
        }
    }

    /// Are there secret values that everybody may have who may see them?
    pub fn has_secrets(&self) -> bool {
        self.set.values.iter().any(|variable| variable.is_secret() && !text(&variable.value).is_empty())
    }

    /// Withholds those secret values: somebody who may not see them could have them sent to a server of their own.
    pub fn withhold(&mut self) {
        let mut values = std::mem::take(&mut self.set.values);
        for variable in values.iter_mut().filter(|variable| variable.is_secret()) {
            self.guard(variable, Vec::new());
        }
        self.set.values = values;
    }

    /// Puts local values over the shared ones, and returns what is seen and what is not. Of one name the last counts.
    pub fn with_locals(mut self, locals: &[LocalValue]) -> (VariableSet, Vec<Guarded>) {
        self.guarded.retain(|guarded| locals.iter().all(|local| local.key != guarded.key));
        apply_locals(&mut self.set, locals);
        let is_last = |guarded: &Guarded| {
            let same = |variable: &&Variable| variable.enabled && variable.key == guarded.key;
            self.set.values.iter().rev().find(same).is_none_or(|last| text(&last.value).is_empty())
        };
        let guarded: Vec<Guarded> = self.guarded.into_iter().filter(is_last).collect();
        self.set.values.retain(|variable| guarded.iter().all(|guarded| guarded.key != variable.key));
        (self.set, guarded)
    }
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
    shown_to_editor(change, &key, &id, role).await
}

/// The environment as whoever edits it sees it.
async fn shown_to_editor(
    change: &mut Change,
    key: &Key,
    id: &EnvironmentId,
    role: WorkspaceRole,
) -> Result<Environment> {
    let editor = change.person();
    environment(change.transaction().into(), key, id, role, true, editor.as_ref()).await
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
    let values = set.values.into_iter().map(|variable| NewValue { variable, bound: None }).collect();
    let id = insert(change, Kind::Environment, &name, extra, &key, values).await?;
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
    let importer = change.person();
    for variable in set.values {
        match stored.iter_mut().find(|stored| stored.variable.key == variable.key) {
            Some(same) => {
                // What was not seen before is not seen after, and belongs to whoever brought its new value.
                same.bound = match (same.bound.take(), &importer) {
                    (Some(bound), Some(owner)) if variable.is_secret() => Some(Bound { owner: owner.clone(), ..bound }),
                    _ => None,
                };
                same.variable = variable;
            }
            None => stored.push(Stored { id: ValueId::new(change.now), variable, bound: None }),
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
        let current = shown_to_editor(change, &key, id, role).await?;
        let current = serde_json::to_value(current).map_err(Error::unexpected)?;
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
        let after = updated(&before, values, change.person().as_ref(), change.now)?;
        note_values(change, &before, &after).await?;
        replace_values(change, &key, &head, &after).await?;
    }
    shown_to_editor(change, &key, id, role).await
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
    let copier = change.person();
    let values = values.into_iter().map(|stored| copied(stored, extent, copier.as_ref())).collect();
    let key = change.key().await?;
    let name = limits::listed_name(named.unwrap_or(&head.name));
    let mut extra = Map::new();
    extra.insert("name".to_owned(), json!(name));
    let copy = insert(change, Kind::Environment, &name, extra, &key, values).await?;
    Ok((copy, name))
}

/// A variable as it goes into a copy. What is used without being seen goes along with its owner alone.
fn copied(Stored { mut variable, bound, .. }: Stored, extent: Extent, copier: Option<&PersonId>) -> NewValue {
    let bound = bound.filter(|bound| {
        let goes_along = extent == Extent::Whole && copier == Some(&bound.owner);
        if !goes_along {
            variable.value = json!("");
        }
        goes_along
    });
    if extent != Extent::Whole && variable.is_secret() {
        variable.value = json!("");
    }
    if extent == Extent::AsStrangersSee {
        variable.extra.retain(|field, _| ["description", "secret"].contains(&field.as_str()));
    }
    NewValue { variable, bound }
}

/// A variable that has no id yet.
struct NewValue {
    variable: Variable,
    bound: Option<Bound>,
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
/// [`Error::NotFound`] if the environment has no such variable, [`Error::Forbidden`] if it is used without being seen and
/// somebody else set it.
pub async fn reveal(change: &mut Change, id: &EnvironmentId, value: &ValueId) -> Result<String> {
    let key = change.key().await?;
    let head = head(change.transaction().into(), id).await?;
    let stored = stored(change.transaction().into(), &key, &head).await?;
    let found = stored.iter().find(|stored| stored.id == *value).ok_or(Error::NotFound { what: "variable" })?;
    change.about("environment_value", value);
    change.text("environment", None, Some(id.as_str()));
    change.text("key", None, Some(&found.variable.key));
    if let Some(bound) = &found.bound
        && change.person().as_ref() != Some(&bound.owner)
    {
        let why = "it is used without being seen: whoever set it alone can see it; whoever edits the environment can give it \
                   another value";
        return Err(Error::Forbidden { because: why.to_owned() });
    }
    Ok(text(&found.variable.value))
}

/// The environment as a file has it, secret values included but for those that are used without being seen. Whoever asks is
/// written down.
///
/// # Errors
///
/// If a value does not open.
pub async fn export(change: &mut Change, id: &EnvironmentId) -> Result<(String, Json)> {
    let key = change.key().await?;
    let head = head(change.transaction().into(), id).await?;
    let mut stored = stored(change.transaction().into(), &key, &head).await?;
    for unseen in stored.iter_mut().filter(|stored| stored.bound.is_some()) {
        unseen.variable.value = json!("");
    }
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
    sql!(
        "select id, key, kind, enabled, sealed, bound_to, owner from environment_value where environment = $1 \
         order by position"
    )
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
    let bound = match (row.text_or_null("bound_to")?, row.text_or_null("owner")?) {
        (Some(list), Some(owner)) => Some(Bound { to: destinations(&list)?, owner: PersonId(owner) }),
        _ => None,
    };
    Ok(Stored { id, variable, bound })
}

/// The destinations of a stored list.
fn destinations(list: &str) -> Result<Vec<Destination>> {
    let list: Vec<String> = serde_json::from_str(list).map_err(Error::unexpected)?;
    list.iter().map(|text| text.parse().map_err(Error::unexpected)).collect()
}

fn sealed_place<'p>(id: &'p ValueId, team: &'p str) -> SealedPlace<'p> {
    SealedPlace { table: "environment_value", column: "sealed", row: id.as_str(), team }
}

fn set(head: Head, stored: Vec<Stored>) -> VariableSet {
    let name = head.extra.get("name").and_then(Json::as_str).map_or(head.name, str::to_owned);
    VariableSet { name, values: stored.into_iter().map(|stored| stored.variable).collect(), extra: head.extra }
}

fn shown(
    head: &Head,
    stored: &[Stored],
    role: WorkspaceRole,
    may_reveal: bool,
    asker: Option<&PersonId>,
    owners: &HashMap<PersonId, Option<String>>,
) -> Environment {
    let values = stored
        .iter()
        .map(|Stored { id, variable, bound }| {
            let (secret, value) = (variable.is_secret(), text(&variable.value));
            EnvironmentValue {
                id: id.clone(),
                key: variable.key.clone(),
                kind: ValueKind::of(secret),
                enabled: variable.enabled,
                description: description(variable.extra.get("description")).unwrap_or_default().to_owned(),
                unseen: bound.as_ref().map(|bound| Unseen {
                    bound_to: bound.to.iter().map(ToString::to_string).collect(),
                    owner_name: owners.get(&bound.owner).cloned().flatten(),
                    is_own: asker == Some(&bound.owner),
                    owner: bound.owner.clone(),
                }),
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
fn updated(before: &[Stored], values: Vec<ValueUpdate>, editor: Option<&PersonId>, now: i64) -> Result<Vec<Stored>> {
    if values.len() > limits::VARIABLES {
        return Err(Error::invalid("/values", format!("must be at most {}", limits::VARIABLES)));
    }
    let known: HashMap<&ValueId, &Stored> = before.iter().map(|stored| (&stored.id, stored)).collect();
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
                Some(*same)
            }
        };
        let mut variable = same.map_or_else(|| Variable::text(&name, ""), |same| same.variable.clone());
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
        let binding = Binding {
            wanted: update.bound_to.as_deref(),
            before: same.and_then(|same| same.bound.as_ref()),
            editor,
            has_new_value: update.value.is_some(),
        };
        if let Some(value) = update.value {
            if value.len() > limits::VALUE {
                return Err(Error::invalid(at("value"), format!("must have at most {} bytes", limits::VALUE)));
            }
            // A number from a file stays a number while nobody edits it.
            if text(&variable.value) != value {
                variable.value = json!(value);
            }
        }
        let bound = binding.after(&variable, &at("boundTo"))?;
        after.push(Stored { id: update.id.unwrap_or_else(|| ValueId::new(now)), variable, bound });
    }
    Ok(after)
}

/// What an edit does to where a value may be sent.
struct Binding<'b> {
    wanted: Option<&'b [String]>,
    before: Option<&'b Bound>,
    editor: Option<&'b PersonId>,
    has_new_value: bool,
}

/// Most hosts that a value is bound to.
const HOSTS: usize = 20;
/// Letters of a value that is used without being seen: in an answer a shorter one would be found where it is not.
const UNSEEN_LETTERS: usize = 8;
/// And its bytes at most, since every part of it is looked for.
const UNSEEN_BYTES: usize = 4096;

impl Binding<'_> {
    /// Where `variable` may be sent after the edit.
    fn after(&self, variable: &Variable, at: &str) -> Result<Option<Bound>> {
        let to = match (self.wanted, self.before) {
            (Some(wanted), _) => self.parsed(wanted, at)?,
            (None, Some(before)) if variable.is_secret() => before.to.clone(),
            (None, _) => Vec::new(),
        };
        // Whoever could change this without a new value could have the value sent to themselves.
        if let Some(before) = self.before
            && self.editor != Some(&before.owner)
            && !self.has_new_value
        {
            if to != before.to {
                let because = format!(
                    "{} is used without being seen: whoever set it alone can change where it may be sent or how it is shown, \
                     unless you give it a new value",
                    variable.key
                );
                return Err(Error::Forbidden { because });
            }
            return Ok(Some(before.clone()));
        }
        if to.is_empty() {
            return Ok(None);
        }
        let value = text(&variable.value);
        if !variable.is_secret() {
            return Err(Error::invalid(at, "a value that is used without being seen must be of the type secret"));
        }
        if value.chars().count() < UNSEEN_LETTERS || value.len() > UNSEEN_BYTES {
            let message = format!(
                "a value that is used without being seen must have at least {UNSEEN_LETTERS} letters and at most \
                 {UNSEEN_BYTES} bytes, so that it can be found in an answer"
            );
            return Err(Error::invalid(at, message));
        }
        let unchanged = self.before.filter(|_| !self.has_new_value).map(|before| before.owner.clone());
        let owner = unchanged.or_else(|| self.editor.cloned());
        Ok(owner.map(|owner| Bound { to, owner }))
    }

    fn parsed(&self, wanted: &[String], at: &str) -> Result<Vec<Destination>> {
        if wanted.len() > HOSTS {
            return Err(Error::invalid(at, format!("must name at most {HOSTS} hosts")));
        }
        let mut to: Vec<Destination> = Vec::with_capacity(wanted.len());
        for (index, host) in wanted.iter().enumerate() {
            let parsed: Destination = host
                .parse()
                .map_err(|error: NotADestination| Error::invalid(format!("{at}/{index}"), error.to_string()))?;
            if !to.contains(&parsed) {
                to.push(parsed);
            }
        }
        Ok(to)
    }
}

/// Most variables that one audit event names; of more it tells the number.
const NAMED: usize = 200;

async fn note_values(change: &mut Change, before: &[Stored], after: &[Stored]) -> Result<()> {
    let old: HashMap<&ValueId, &Stored> = before.iter().map(|stored| (&stored.id, stored)).collect();
    let new: HashMap<&ValueId, &Stored> = after.iter().map(|stored| (&stored.id, stored)).collect();
    let differs = |id: &ValueId| match (old.get(id), new.get(id)) {
        (Some(old), Some(new)) => (&old.variable, &old.bound) != (&new.variable, &new.bound),
        _ => true,
    };
    let differ: Vec<&ValueId> = before
        .iter()
        .map(|stored| &stored.id)
        .chain(after.iter().map(|stored| &stored.id).filter(|id| !old.contains_key(id)))
        .filter(|id| differs(id))
        .collect();
    for id in differ.iter().take(NAMED) {
        let field = format!("values/{id}");
        let hosts = |stored: Option<&&Stored>| {
            let bound = stored.and_then(|stored| stored.bound.as_ref())?;
            Some(bound.to.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        };
        let (old_hosts, new_hosts) = (hosts(old.get(id)), hosts(new.get(id)));
        change.text(&format!("{field}/boundTo"), old_hosts.as_deref(), new_hosts.as_deref());
        let (old, new) = (old.get(id).map(|old| &old.variable), new.get(id).map(|new| &new.variable));
        let kind = |variable: &Variable| if variable.is_secret() { "secret" } else { "default" };
        let enabled = |variable: &Variable| i64::from(variable.enabled);
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
    values: Vec<NewValue>,
) -> Result<EnvironmentId> {
    let workspace = change.workspace()?.clone();
    room_for_one(change, &workspace).await?;
    let (id, now) = (EnvironmentId::new(change.now), change.now);
    insert_head(change, &id, &workspace, kind, name, &extra).await?;
    let head = head(change.transaction().into(), &id).await?;
    let stored = |NewValue { variable, bound }| Stored { id: ValueId::new(now), variable, bound };
    let values: Vec<Stored> = values.into_iter().map(stored).collect();
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
    for (position, Stored { id, variable, bound }) in (0_i64..).zip(values) {
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
            bound
                .as_ref()
                .map(|bound| json!(bound.to.iter().map(ToString::to_string).collect::<Vec<_>>()).to_string())
                .into(),
            bound.as_ref().map(|bound| bound.owner.as_str().to_owned()).into(),
        ]);
    }
    sql!("delete from environment_value where environment = $1").bind(&head.id).execute(change.transaction()).await?;
    sql!(
        "insert into environment_value (id, team, environment, position, key, kind, enabled, sealed, bound_to, owner) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    )
    .execute_rows(change.transaction(), rows)
    .await?;
    Ok(())
}
