//! Routes of API keys, and `GET /me`, by which a program asks whose key it holds.

use axum::extract::State;
use axum::http::StatusCode;
use bulla_access::{Action, TeamRole};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ApiKey, Choice, Filter, PAGE, Policy, TeamApiKey, Wish};
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::identity;
use crate::mail::Post;
use crate::operation::{About, Operation};
use crate::problem::{Json, Path, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_own_api_keys, create_api_key))
        .routes(routes!(rename_api_key, revoke_own_api_key))
        .routes(routes!(list_api_keys))
        .routes(routes!(find_api_key))
        .routes(routes!(revoke_api_key))
        .routes(routes!(revoke_api_keys))
        .routes(routes!(read_api_key_policy, update_api_key_policy))
        .routes(routes!(me))
}

/// One's own keys, and what the team says of them.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct OwnApiKeys {
    /// The newest first.
    items: Vec<ApiKey>,
    policy: Policy,
    /// May the asker make one?
    may_create: bool,
}

/// List your own API keys
#[utoipa::path(get, path = "/api/account/api-keys", tag = "api-keys",
    responses((status = 200, body = OwnApiKeys), Problems))]
async fn list_own_api_keys(op: Operation) -> Result<Json<OwnApiKeys>> {
    let read = op.read(Action::ApiKeyList, op.person()).await?;
    let items = super::own(read.reader().into(), op.team(), op.person(), op.now).await?;
    let policy = super::policy(read.reader().into(), op.team()).await?;
    let may_create = policy.lets(op.signed_in().roles.iter().map(|grant| grant.role));
    Ok(Json(OwnApiKeys { items, policy, may_create }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewApiKey {
    name: String,
    /// After how many days it ends; absent for never.
    expires_in_days: Option<i64>,
    /// After how many days without use it ends; absent for never.
    idle_days: Option<i64>,
}

/// A key that was just made.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct MadeApiKey {
    /// The key itself. It is in this answer alone.
    value: String,
    api_key: ApiKey,
}

/// Make an API key
///
/// It acts for you, with the roles that you have when it is used. Its value is in this answer and never again.
#[utoipa::path(post, path = "/api/account/api-keys", tag = "api-keys", request_body = NewApiKey,
    responses((status = 201, body = MadeApiKey), Problems))]
async fn create_api_key(
    op: Operation,
    State(post): State<Post>,
    Json(body): Json<NewApiKey>,
) -> Result<(StatusCode, Json<MadeApiKey>)> {
    let mut change = op.change(Action::ApiKeyCreate, op.person()).await?;
    let wish = Wish { name: &body.name, expires_in_days: body.expires_in_days, idle_days: body.idle_days };
    let made = super::create_own(&mut change, &post, op.signed_in(), &wish).await;
    let (key, api_key) = op.end(change, Action::ApiKeyCreate, made).await?;
    Ok((StatusCode::CREATED, Json(MadeApiKey { value: key.expose().to_owned(), api_key })))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct ApiKeyUpdate {
    name: String,
}

/// Rename one of your own API keys
#[utoipa::path(patch, path = "/api/account/api-keys/{id}", tag = "api-keys", params(("id" = String, Path)),
    request_body = ApiKeyUpdate, responses((status = 200, body = ApiKey), Problems))]
async fn rename_api_key(op: Operation, Path(id): Path<String>, Json(body): Json<ApiKeyUpdate>) -> Result<Json<ApiKey>> {
    let mut change = op.change(Action::ApiKeyUpdate, op.person()).await?;
    let key = super::rename(&mut change, op.person(), &id, &body.name).await?;
    change.commit().await?;
    Ok(Json(key))
}

/// Revoke one of your own API keys
///
/// It is refused from the next request on, and cannot be brought back.
#[utoipa::path(delete, path = "/api/account/api-keys/{id}", tag = "api-keys", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn revoke_own_api_key(op: Operation, Path(id): Path<String>) -> Result<StatusCode> {
    let mut change = op.change(Action::ApiKeyRevoke, op.person()).await?;
    super::revoke_own(&mut change, op.person(), &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct KeysAsked {
    /// Only those of this person.
    person: Option<String>,
    /// Only those that can be used, or with `false` only those that cannot.
    active: Option<bool>,
    /// The `next` of the page before.
    after: Option<String>,
    /// How many, at most 200.
    limit: Option<u32>,
}

/// A page of a team's keys.
#[derive(Serialize, utoipa::ToSchema)]
struct TeamApiKeys {
    /// The newest first.
    items: Vec<TeamApiKey>,
    /// To hand in as `after`; null on the last page.
    #[schema(required)]
    next: Option<String>,
}

/// List the API keys of everybody in the team
#[utoipa::path(get, path = "/api/api-keys", tag = "api-keys", params(KeysAsked),
    responses((status = 200, body = TeamApiKeys), Problems))]
async fn list_api_keys(op: Operation, Query(asked): Query<KeysAsked>) -> Result<Json<TeamApiKeys>> {
    let read = op.read(Action::TeamApiKeyList, About::Team).await?;
    let limit = asked.limit.unwrap_or(100).clamp(1, PAGE);
    let person = asked.person.map(PersonId);
    let filter = Filter { person: person.as_ref(), active: asked.active, after: asked.after.as_deref() };
    let items = super::list(read.reader(), op.team(), &filter, limit, op.now).await?;
    let full = items.len() == limit as usize;
    let next = items.last().filter(|_| full).map(|last| last.key.id.clone());
    Ok(Json(TeamApiKeys { items, next }))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct FoundKey {
    /// The whole key.
    key: String,
}

/// Find out whose API key this is
///
/// For whoever found one in a file or a message. The key is in the body, so that it stands in no log and no history.
#[utoipa::path(post, path = "/api/api-keys/find", tag = "api-keys", request_body = FoundKey,
    responses((status = 200, body = TeamApiKey), Problems))]
async fn find_api_key(op: Operation, Json(body): Json<FoundKey>) -> Result<Json<TeamApiKey>> {
    let read = op.read(Action::TeamApiKeyList, About::Team).await?;
    Ok(Json(super::find(read.reader(), op.team(), &body.key, op.now).await?))
}

/// Revoke somebody's API key
///
/// It is refused from the next request on, and cannot be brought back.
#[utoipa::path(delete, path = "/api/api-keys/{id}", tag = "api-keys", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn revoke_api_key(op: Operation, State(post): State<Post>, Path(id): Path<String>) -> Result<StatusCode> {
    let mut change = op.change(Action::TeamApiKeyRevoke, About::Team).await?;
    super::revoke_in_team(&mut change, &post, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Most keys that one request revokes.
const AT_ONCE: u32 = 200;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Revocations {
    /// The ids of up to 200 keys; in place of the rest.
    keys: Option<Vec<String>>,
    /// All of this person, and no others.
    person: Option<PersonId>,
    /// All that were made so many days ago or earlier, and no others.
    older_than_days: Option<i64>,
    /// All that were not used for so many days, and no others.
    unused_days: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Revoked {
    /// What became of each, in the order of the keys.
    items: Vec<RevokedKey>,
    /// Are there others that were chosen? The same request revokes them next.
    more: bool,
}

/// What became of one key.
#[derive(Serialize, utoipa::ToSchema)]
struct RevokedKey {
    /// Its id.
    id: String,
    /// Was it revoked?
    done: bool,
    /// Why not.
    #[schema(required)]
    problem: Option<String>,
}

/// Revoke many API keys of the team at once
///
/// Those that are named, or all that fit. Each has a result, an audit event and a mail to its owner; each is refused from the
/// next request on, and cannot be brought back.
#[utoipa::path(post, path = "/api/api-keys/revocations", tag = "api-keys", request_body = Revocations,
    responses((status = 200, body = Revoked), Problems))]
async fn revoke_api_keys(
    op: Operation,
    State(post): State<Post>,
    Json(body): Json<Revocations>,
) -> Result<Json<Revoked>> {
    let read = op.read(Action::TeamApiKeyRevoke, About::Team).await?;
    op.confirmed()?;
    let most = usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
    let choice =
        Choice { person: body.person.as_ref(), older_than_days: body.older_than_days, unused_days: body.unused_days };
    let fits = choice.person.is_some() || choice.older_than_days.is_some() || choice.unused_days.is_some();
    let mut keys = match (body.keys, fits) {
        (Some(keys), false) if (1..=most).contains(&keys.len()) => keys,
        (Some(_), false) => return Err(Error::invalid("/keys", format!("choose from 1 to {most} keys"))),
        (None, true) => super::chosen(read.reader(), op.team(), choice, AT_ONCE + 1, op.now).await?,
        _ => return Err(Error::invalid("", "say either which keys, or whose, how old or how long unused they are")),
    };
    let more = keys.len() > most;
    keys.truncate(most);
    let mut items = Vec::with_capacity(keys.len());
    for id in keys {
        let mut change = op.change(Action::TeamApiKeyRevoke, About::Team).await?;
        let done = match super::revoke_in_team(&mut change, &post, &id).await {
            Ok(()) => change.commit().await,
            Err(error) => Err(error),
        };
        let problem = match done {
            Ok(()) => None,
            Err(problem @ (Error::NotFound { .. } | Error::Conflict { .. })) => Some(problem.to_string()),
            Err(problem) => return Err(problem),
        };
        items.push(RevokedKey { id, done: problem.is_none(), problem });
    }
    Ok(Json(Revoked { items, more }))
}

/// Read what the team says of its members' API keys
#[utoipa::path(get, path = "/api/api-keys/policy", tag = "api-keys", responses((status = 200, body = Policy), Problems))]
async fn read_api_key_policy(op: Operation) -> Result<Json<Policy>> {
    let read = op.read(Action::TeamApiKeyList, About::Team).await?;
    Ok(Json(super::policy(read.reader().into(), op.team()).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKeyPolicyUpdate {
    /// The version that was read; 0 if the team had said nothing yet.
    version: i64,
    everybody: bool,
    age_days: Option<i64>,
    idle_days: Option<i64>,
}

/// Say who may make API keys in the team, and how long they last
///
/// It holds for all keys there are and for new ones. A key that ends by it stays ended.
#[utoipa::path(put, path = "/api/api-keys/policy", tag = "api-keys", request_body = ApiKeyPolicyUpdate,
    responses((status = 200, body = Policy), Problems))]
async fn update_api_key_policy(
    op: Operation,
    State(post): State<Post>,
    Json(body): Json<ApiKeyPolicyUpdate>,
) -> Result<Json<Policy>> {
    let mut change = op.change(Action::ApiKeyPolicyUpdate, About::Team).await?;
    let ApiKeyPolicyUpdate { version, everybody, age_days, idle_days } = body;
    let policy = super::change_policy(&mut change, &post, Policy { version, everybody, age_days, idle_days }).await?;
    change.commit().await?;
    Ok(Json(policy))
}

/// Who somebody is, in the form of Postman's API.
#[derive(Serialize, utoipa::ToSchema)]
struct Me {
    user: User,
    /// Limits of the plan that are counted: none are.
    #[schema(value_type = Vec<HashMap<String, serde_json::Value>>)]
    operations: Vec<serde_json::Value>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct User {
    id: i64,
    username: String,
    email: String,
    full_name: String,
    #[schema(required)]
    avatar: Option<String>,
    is_public: bool,
    team_name: String,
    roles: Vec<&'static str>,
}

/// Read whose API key this is
///
/// The path, the form and the words of errors are those of Postman's API, so that its clients find what they look for.
#[utoipa::path(get, path = "/me", tag = "api-keys", responses((status = 200, body = Me), Problems))]
async fn me(op: Operation) -> Result<Json<Me>> {
    let session = identity::session_of(op.door().reader().into(), op.team(), op.person()).await?;
    let identity::Session { person, team, .. } = session.ok_or(Error::SignedOut)?;
    let mut roles: Vec<_> = op.signed_in().roles.iter().map(|grant| grant.role).collect();
    roles.sort_unstable();
    roles.dedup();
    let user = User {
        id: person.numeric_id,
        // Accounts have no name beside their address.
        username: person.email.clone(),
        email: person.email,
        full_name: person.name,
        avatar: None,
        is_public: false,
        team_name: team.name,
        roles: roles.into_iter().map(TeamRole::name).collect(),
    };
    Ok(Json(Me { user, operations: Vec::new() }))
}
