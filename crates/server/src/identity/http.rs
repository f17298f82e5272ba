//! Routes of people, accounts and sessions.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bulla_access::{Action, Plan, TeamRole};
use bulla_audit::Target;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    Begun, COOKIE, Credentials, FirstPerson, NewPerson, Password, PasswordChange, Passwords, Session, SessionInfo,
    Team, TeamPerson,
};
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::id::{self, PersonId};
use crate::mail::Post;
use crate::operation::{About, Operation, Visit};
use crate::problem::{Json, Path, Problems};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_setup, set_up))
        .routes(routes!(sign_in, read_session, sign_out))
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
        .routes(routes!(change_password))
        .routes(routes!(list_people, create_person))
        .routes(routes!(update_roles))
        .routes(routes!(read_team))
        .routes(routes!(update_plan))
}

/// Whether the first account is still to be made.
#[derive(Serialize, utoipa::ToSchema)]
struct Setup {
    /// Can the first account be made?
    open: bool,
}

/// Read whether the first account is still to be made
#[utoipa::path(get, path = "/api/setup", tag = "identity", responses((status = 200, body = Setup), Problems))]
async fn read_setup(visit: Visit) -> Result<Json<Setup>> {
    Ok(Json(Setup { open: super::setup_is_open(visit.door.reader()).await? }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewInstance {
    name: String,
    email: String,
    password: Password,
    team_name: String,
}

/// Make the first account and its team
///
/// The account is a Super Admin and is signed in. This works once; then it is closed for good.
#[utoipa::path(
    post, path = "/api/setup", tag = "identity", request_body = NewInstance,
    responses((status = 201, body = Session), Problems)
)]
async fn set_up(
    visit: Visit,
    State(passwords): State<Passwords>,
    State(config): State<Arc<Config>>,
    Json(body): Json<NewInstance>,
) -> Result<Response> {
    let first = FirstPerson::new(&body.name, &body.email, &body.password, &body.team_name)?;
    if !super::setup_is_open(visit.door.reader()).await? {
        return Err(super::setup_closed());
    }
    let hash = passwords.hash(body.password).await?;
    let team = id::new(visit.now);
    let target = Target { kind: "team".to_owned(), id: team.clone() };
    let mut change = visit.change(&team, Action::TeamCreate.name(), target).await?;
    let session = super::set_up(&mut change, &first, &hash).await?;
    let (_, begun) = super::begin_session(&mut change, &visit, session, config.sessions).await?;
    change.commit().await?;
    Ok(signed_in(StatusCode::CREATED, begun, &config))
}

/// Sign in
#[utoipa::path(
    post, path = "/api/session", tag = "identity", request_body = Credentials,
    responses((status = 200, body = Session), Problems)
)]
async fn sign_in(
    visit: Visit,
    State(passwords): State<Passwords>,
    State(config): State<Arc<Config>>,
    Json(body): Json<Credentials>,
) -> Result<Response> {
    let begun = super::sign_in(&visit, &passwords, config.sessions, body).await?;
    Ok(signed_in(StatusCode::OK, begun, &config))
}

/// Read who is signed in
#[utoipa::path(get, path = "/api/session", tag = "identity", responses((status = 200, body = Session), Problems))]
async fn read_session(op: Operation) -> Result<Json<Session>> {
    let session = super::session_of(op.door().reader().into(), op.team(), op.person()).await?;
    Ok(Json(session.ok_or(Error::SignedOut)?))
}

/// Sign out
///
/// Also answers 204 if nobody is signed in.
#[utoipa::path(delete, path = "/api/session", tag = "identity", responses((status = 204), Problems))]
async fn sign_out(op: Result<Operation, Error>, State(config): State<Arc<Config>>) -> Result<Response> {
    match op {
        Ok(op) => {
            let mut change = op.change(Action::SessionEnd, op.person()).await?;
            let session = op.signed_in().session().ok_or(Error::SignedOut)?;
            super::end_session(change.transaction(), op.person(), session).await?;
            change.about("session", session);
            change.commit().await?;
        }
        Err(Error::SignedOut) => {}
        Err(error) => return Err(error),
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie("", 0, &config))]).into_response())
}

/// The places where somebody is signed in.
#[derive(Serialize, utoipa::ToSchema)]
struct Sessions {
    /// The last used first.
    items: Vec<SessionInfo>,
}

/// List one's own sessions
#[utoipa::path(get, path = "/api/sessions", tag = "identity", responses((status = 200, body = Sessions), Problems))]
async fn list_sessions(op: Operation) -> Result<Json<Sessions>> {
    let read = op.read(Action::SessionList, op.person()).await?;
    Ok(Json(Sessions { items: super::sessions(read.reader(), op.signed_in(), op.now).await? }))
}

/// End one of one's own sessions
///
/// It is over with the next request that it makes.
#[utoipa::path(
    delete, path = "/api/sessions/{id}", tag = "identity", params(("id" = String, Path)),
    responses((status = 204), Problems)
)]
async fn end_session(op: Operation, Path(id): Path<String>) -> Result<StatusCode> {
    let mut change = op.change(Action::SessionRevoke, op.person()).await?;
    super::end_session(change.transaction(), op.person(), &id).await?;
    change.about("session", &id);
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change one's own password
///
/// Every other session of the person ends.
#[utoipa::path(
    put, path = "/api/account/password", tag = "identity", request_body = PasswordChange,
    responses((status = 204), Problems)
)]
async fn change_password(
    op: Operation,
    State(passwords): State<Passwords>,
    State(post): State<Post>,
    Json(body): Json<PasswordChange>,
) -> Result<StatusCode> {
    super::change_password(&op, &passwords, &post, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The members of a team.
#[derive(Serialize, utoipa::ToSchema)]
struct People {
    /// In the order of their accounts.
    items: Vec<TeamPerson>,
}

/// List the members of the team
#[utoipa::path(get, path = "/api/people", tag = "identity", responses((status = 200, body = People), Problems))]
async fn list_people(op: Operation) -> Result<Json<People>> {
    let read = op.read(Action::PersonList, About::Team).await?;
    Ok(Json(People { items: super::people(read.reader(), op.team()).await? }))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct NewAccount {
    name: String,
    email: String,
    password: Password,
    /// `super-admin`, `admin`, `developer`, `billing`, `community-manager` or `api-network-manager`.
    role: String,
}

/// Make an account for somebody
///
/// Only a Super Admin makes another one.
#[utoipa::path(
    post, path = "/api/people", tag = "identity", request_body = NewAccount,
    responses((status = 201, body = TeamPerson), Problems)
)]
async fn create_person(
    op: Operation,
    State(passwords): State<Passwords>,
    Json(body): Json<NewAccount>,
) -> Result<(StatusCode, Json<TeamPerson>)> {
    // Asked before the password is hashed, so that a stranger to the team cannot make us work.
    op.read(Action::PersonCreate, About::Team).await?;
    let role = super::role_to_give("/role", &body.role)?;
    if role == TeamRole::SuperAdmin {
        op.read(Action::SuperAdminGrant, About::Team).await?;
    }
    let new = NewPerson::new(&body.name, &body.email, &body.password)?;
    let hash = passwords.hash(body.password).await?;
    let mut change = op.change(Action::PersonCreate, About::Team).await?;
    let person = super::create_person(&mut change, &new, role, &hash).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(person)))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct RolesUpdate {
    /// All roles that the person is to have, by their names.
    roles: Vec<String>,
}

/// Change somebody's roles in the team
///
/// Only a Super Admin gives and takes the role of Super Admin, nobody gives themselves a role, and the last Admin and the
/// last Super Admin keep theirs. The change holds from the person's next request.
#[utoipa::path(
    put, path = "/api/people/{id}/roles", tag = "identity", params(("id" = String, Path)), request_body = RolesUpdate,
    responses((status = 200, body = TeamPerson), Problems)
)]
async fn update_roles(
    op: Operation,
    Path(id): Path<PersonId>,
    Json(body): Json<RolesUpdate>,
) -> Result<Json<TeamPerson>> {
    let roles = super::roles_to_give("/roles", &body.roles)?;
    let mut change = op.change(Action::PersonRolesUpdate, About::Team).await?;
    match super::change_roles(&mut change, &id, &roles).await {
        Ok(person) => {
            change.commit().await?;
            Ok(Json(person))
        }
        Err(refusal @ Error::Forbidden { .. }) => {
            op.abandon(change, Action::PersonRolesUpdate, &refusal.to_string()).await?;
            Err(refusal)
        }
        Err(error) => Err(error),
    }
}

/// Read the team that one acts in
#[utoipa::path(get, path = "/api/team", tag = "identity", responses((status = 200, body = Team), Problems))]
async fn read_team(op: Operation) -> Result<Json<Team>> {
    let read = op.read(Action::TeamRead, About::Team).await?;
    Ok(Json(super::team(read.reader().into(), op.team()).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct PlanUpdate {
    /// `free`, `basic`, `professional` or `enterprise`.
    plan: String,
}

/// Give the team another plan
///
/// What a smaller plan does not have lies dormant or can only be read; nothing is deleted.
#[utoipa::path(
    put, path = "/api/team/plan", tag = "identity", request_body = PlanUpdate,
    responses((status = 200, body = Team), Problems)
)]
async fn update_plan(op: Operation, Json(body): Json<PlanUpdate>) -> Result<Json<Team>> {
    let plan = Plan::named(&body.plan).ok_or_else(|| {
        let names: Vec<_> = Plan::ALL.iter().map(|plan| plan.name()).collect();
        Error::invalid("/plan", format!("choose one of {}", names.join(", ")))
    })?;
    let mut change = op.change(Action::PlanUpdate, About::Team).await?;
    let team = super::change_plan(&mut change, plan).await?;
    change.commit().await?;
    Ok(Json(team))
}

fn signed_in(status: StatusCode, begun: Begun, config: &Config) -> Response {
    let seconds = config.sessions.absolute / 1000;
    let cookie = cookie(begun.token.expose(), seconds, config);
    (status, [(SET_COOKIE, cookie)], Json(begun.session)).into_response()
}

/// The session cookie. No script can read it, no other site's page can send it with a change, and with HTTPS it never
/// goes over a plain connection.
fn cookie(token: &str, seconds: i64, config: &Config) -> HeaderValue {
    let secure = if config.is_https() { "; Secure" } else { "" };
    let text = format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // The token is base64 and the rest is ours.
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
