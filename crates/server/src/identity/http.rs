//! Routes of people, accounts and sessions.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use bulla_access::{Action, TeamRole};
use bulla_audit::Target;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::departure::{self, Departure};
use super::email_change;
use super::factor::passkey::{self, Added, NewPasskey, PasskeyInfo};
use super::factor::{self, Code, Enrolment, Factors, RecoveryCodes};
use super::policy::{self, SecurityPolicy};
use super::profile;
use super::roster::{self, ListedPerson, Order, Wanted};
use super::teams::{self, OwnTeam, TeamPolicy};
use super::{
    Begun, COOKIE, Confirmation, Credentials, DEVICE_COOKIE, Entry, FirstPerson, HALF_WAY_COOKIE, NewPerson,
    PASSKEY_COOKIE, Page, Passkeys, Password, PasswordChange, PasswordReset, Passwords, Person, Session, SessionInfo,
    Team, TeamPerson,
};
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::id::{self, PasskeyId, PersonId};
use crate::mail::Post;
use crate::operation::{About, Operation, OwnAccount, Visit};
use crate::problem::{Json, Path, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read_setup, set_up))
        .routes(routes!(sign_in, read_session, sign_out))
        .routes(routes!(list_sessions, end_other_sessions))
        .routes(routes!(end_session))
        .routes(routes!(begin_passkey_sign_in))
        .routes(routes!(finish_passkey_sign_in))
        .routes(routes!(prove_factor))
        .routes(routes!(ask_for_factor_passkey))
        .routes(routes!(confirm_session))
        .routes(routes!(ask_for_confirming_passkey))
        .routes(routes!(list_factors))
        .routes(routes!(begin_totp, remove_totp))
        .routes(routes!(finish_totp))
        .routes(routes!(begin_passkey))
        .routes(routes!(finish_passkey))
        .routes(routes!(rename_passkey, remove_passkey))
        .routes(routes!(renew_recovery_codes))
        .routes(routes!(reset_factors))
        .routes(routes!(list_sessions_of, end_sessions_of))
        .routes(routes!(read_team_security, update_team_security))
        .routes(routes!(change_password))
        .routes(routes!(request_email_change))
        .routes(routes!(finish_email_change))
        .routes(routes!(request_reset))
        .routes(routes!(finish_reset))
        .routes(routes!(list_people, create_person))
        .routes(routes!(update_roles))
        .routes(routes!(preview_removal, remove_person))
        .routes(routes!(preview_leaving, leave_team))
        .routes(routes!(change_people))
        .routes(routes!(read_team, update_team))
        .routes(routes!(list_teams, create_team))
        .routes(routes!(read_team_policy, update_team_policy))
        .routes(routes!(switch_team))
        .routes(routes!(update_profile))
}

/// What the page of a sign-in needs to know.
#[derive(Serialize, utoipa::ToSchema)]
struct Setup {
    /// Can the first account be made?
    open: bool,
    /// Can people sign in with a passkey here?
    passkeys: bool,
}

/// Read whether the first account is still to be made, and how people can sign in
#[utoipa::path(get, path = "/api/setup", tag = "identity", responses((status = 200, body = Setup), Problems))]
async fn read_setup(visit: Visit, State(passkeys): State<Passkeys>) -> Result<Json<Setup>> {
    let open = super::setup_is_open(visit.door.reader()).await?;
    Ok(Json(Setup { open, passkeys: passkeys.refusal().is_none() }))
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
    let (_, begun) = super::begin_session(&mut change, &visit, session, config.sessions, None).await?;
    change.commit().await?;
    Ok(signed_in(StatusCode::CREATED, begun, &config))
}

/// A sign-in that is half done.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct HalfWay {
    /// A second factor is still to come.
    factor_asked: bool,
    /// Can it be a code of an authenticator app?
    totp: bool,
    /// Can it be a passkey?
    passkey: bool,
}

/// What a browser is to ask a device for: the options of `navigator.credentials`, as its `parse…OptionsFromJSON` reads them.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct PasskeyOptions {
    #[schema(value_type = Object)]
    public_key: serde_json::Value,
}

/// The answer of a passkey.
#[derive(Deserialize, utoipa::ToSchema)]
struct PasskeyAnswer {
    /// As the browser's `toJSON` gives it.
    #[schema(value_type = Object)]
    passkey: Box<serde_json::value::RawValue>,
}

/// Sign in
///
/// Where the person has a second factor, the answer is 202, and the sign-in is whole after `POST /api/session/factor` from
/// the same browser.
#[utoipa::path(
    post, path = "/api/session", tag = "identity", request_body = Credentials,
    responses((status = 200, body = Session), (status = 202, body = HalfWay), Problems)
)]
async fn sign_in(
    visit: Visit,
    State(passwords): State<Passwords>,
    State(passkeys): State<Passkeys>,
    State(config): State<Arc<Config>>,
    Json(body): Json<Credentials>,
) -> Result<Response> {
    match super::sign_in(&visit, &passwords, config.sessions, body).await? {
        Entry::In(begun) => Ok(signed_in(StatusCode::OK, begun, &config)),
        Entry::HalfWay(token, factors) => {
            let cookie = cookie(HALF_WAY_COOKIE, token.expose(), super::HALF_WAY / 1000, &config);
            let passkey = !factors.passkeys.is_empty() && passkeys.refusal().is_none();
            let half = HalfWay { factor_asked: true, totp: factors.totp_since.is_some(), passkey };
            Ok((StatusCode::ACCEPTED, [(SET_COOKIE, cookie)], Json(half)).into_response())
        }
    }
}

/// Begin to sign in with a passkey alone
#[utoipa::path(
    post, path = "/api/session/passkey/begin", tag = "identity",
    responses((status = 200, body = PasskeyOptions), Problems)
)]
async fn begin_passkey_sign_in(
    visit: Visit,
    State(passkeys): State<Passkeys>,
    State(config): State<Arc<Config>>,
) -> Result<Response> {
    let (public_key, token) = passkey::ask_anybody(&visit, &passkeys).await?;
    let cookie = cookie(PASSKEY_COOKIE, token.expose(), super::PASSKEY_LASTS / 1000, &config);
    Ok(([(SET_COOKIE, cookie)], Json(PasskeyOptions { public_key })).into_response())
}

/// Sign in with a passkey alone
///
/// From the browser that began it. No second factor is asked for: the passkey is both.
#[utoipa::path(
    post, path = "/api/session/passkey", tag = "identity", request_body = PasskeyAnswer,
    responses((status = 200, body = Session), Problems)
)]
async fn finish_passkey_sign_in(
    visit: Visit,
    State(passkeys): State<Passkeys>,
    State(config): State<Arc<Config>>,
    Json(body): Json<PasskeyAnswer>,
) -> Result<Response> {
    let token = visit.passkey.clone().unwrap_or_default();
    let begun = passkey::sign_in(&visit, &passkeys, config.sessions, &token, &body.passkey).await?;
    let mut response = signed_in(StatusCode::OK, begun, &config);
    response.headers_mut().append(SET_COOKIE, cookie(PASSKEY_COOKIE, "", 0, &config));
    Ok(response)
}

/// Ask for a passkey as the second factor of a sign-in
#[utoipa::path(
    post, path = "/api/session/factor/passkey", tag = "identity",
    responses((status = 200, body = PasskeyOptions), Problems)
)]
async fn ask_for_factor_passkey(visit: Visit, State(passkeys): State<Passkeys>) -> Result<Json<PasskeyOptions>> {
    let token = visit.half_way.clone().unwrap_or_default();
    Ok(Json(PasskeyOptions { public_key: super::ask_half_way(&visit, &passkeys, &token).await? }))
}

/// Prove the second factor of a sign-in
#[utoipa::path(
    post, path = "/api/session/factor", tag = "identity", request_body = Code,
    responses((status = 200, body = Session), Problems)
)]
async fn prove_factor(
    visit: Visit,
    State(post): State<Post>,
    State(passkeys): State<Passkeys>,
    State(config): State<Arc<Config>>,
    Json(body): Json<Code>,
) -> Result<Response> {
    let token = visit.half_way.clone().unwrap_or_default();
    let begun = super::finish_sign_in(&visit, (&passkeys, &post), config.sessions, &token, body).await?;
    let mut response = signed_in(StatusCode::OK, begun, &config);
    response.headers_mut().append(SET_COOKIE, cookie(HALF_WAY_COOKIE, "", 0, &config));
    Ok(response)
}

/// Confirm that it is oneself
///
/// Before something sensitive, unless that was within the last ten minutes. The session gets another token.
#[utoipa::path(
    post, path = "/api/session/confirm", tag = "identity", request_body = Confirmation,
    responses((status = 204), Problems)
)]
async fn confirm_session(
    OwnAccount(op): OwnAccount,
    State(passwords): State<Passwords>,
    State(passkeys): State<Passkeys>,
    State(config): State<Arc<Config>>,
    Json(body): Json<Confirmation>,
) -> Result<Response> {
    let token = super::confirm(&op, (&passwords, &passkeys), body).await?;
    let cookie = cookie(COOKIE, token.expose(), config.sessions.absolute / 1000, &config);
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// Ask for a passkey to confirm that it is oneself
#[utoipa::path(
    post, path = "/api/session/confirm/passkey", tag = "identity",
    responses((status = 200, body = PasskeyOptions), Problems)
)]
async fn ask_for_confirming_passkey(
    OwnAccount(op): OwnAccount,
    State(passkeys): State<Passkeys>,
) -> Result<Json<PasskeyOptions>> {
    Ok(Json(PasskeyOptions { public_key: super::ask_to_confirm(&op, &passkeys).await? }))
}

/// The person of an operation.
async fn own_person(op: &Operation) -> Result<Person> {
    super::member(op.reader().into(), op.team(), op.person()).await?.ok_or(Error::SignedOut)
}

/// The second factors of whoever asks.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct OwnFactors {
    #[serde(flatten)]
    factors: Factors,
    /// Why there can be no passkeys here; null where there can.
    #[schema(required)]
    no_passkeys: Option<&'static str>,
}

/// See which second factors one has
#[utoipa::path(
    get, path = "/api/account/factors", tag = "identity", responses((status = 200, body = OwnFactors), Problems)
)]
async fn list_factors(OwnAccount(op): OwnAccount, State(passkeys): State<Passkeys>) -> Result<Json<OwnFactors>> {
    let read = op.read(Action::FactorList, op.person()).await?;
    let factors = factor::factors(read.reader().into(), op.person()).await?;
    Ok(Json(OwnFactors { factors, no_passkeys: passkeys.refusal() }))
}

/// Begin to set up an authenticator app
///
/// The answer is shown once. Nothing is asked for at a sign-in before the first code.
#[utoipa::path(
    post, path = "/api/account/totp", tag = "identity", responses((status = 200, body = Enrolment), Problems)
)]
async fn begin_totp(OwnAccount(op): OwnAccount) -> Result<Json<Enrolment>> {
    op.confirmed()?;
    let person = own_person(&op).await?;
    let mut change = op.change(Action::TotpBegin, op.person()).await?;
    let enrolment = factor::begin_totp(&mut change, &person).await?;
    change.commit().await?;
    Ok(Json(enrolment))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct FirstCode {
    /// Six digits of the app.
    code: String,
}

/// Set up an authenticator app with its first code
///
/// With the first factor every other session ends, and there are recovery codes, which are shown once.
#[utoipa::path(
    post, path = "/api/account/totp/confirm", tag = "identity", request_body = FirstCode,
    responses((status = 200, body = RecoveryCodes), Problems)
)]
async fn finish_totp(
    OwnAccount(op): OwnAccount,
    State(post): State<Post>,
    Json(body): Json<FirstCode>,
) -> Result<Json<RecoveryCodes>> {
    let person = own_person(&op).await?;
    Ok(Json(factor::finish_totp(&op, &post, &person, &body.code).await?))
}

/// Remove one's authenticator app
#[utoipa::path(delete, path = "/api/account/totp", tag = "identity", responses((status = 204), Problems))]
async fn remove_totp(op: Operation, State(post): State<Post>) -> Result<StatusCode> {
    op.confirmed()?;
    let person = own_person(&op).await?;
    factor::remove_totp(&op, &post, &person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Begin to add a passkey
#[utoipa::path(
    post, path = "/api/account/passkeys/begin", tag = "identity",
    responses((status = 200, body = PasskeyOptions), Problems)
)]
async fn begin_passkey(OwnAccount(op): OwnAccount, State(passkeys): State<Passkeys>) -> Result<Json<PasskeyOptions>> {
    op.confirmed()?;
    let person = own_person(&op).await?;
    Ok(Json(PasskeyOptions { public_key: passkey::begin_adding(&op, &passkeys, &person).await? }))
}

/// Add a passkey
///
/// From the session that began it. With the first factor every other session ends, and there are recovery codes, which are
/// shown once.
#[utoipa::path(
    post, path = "/api/account/passkeys", tag = "identity", request_body = NewPasskey,
    responses((status = 201, body = Added), Problems)
)]
async fn finish_passkey(
    OwnAccount(op): OwnAccount,
    State(passkeys): State<Passkeys>,
    State(post): State<Post>,
    Json(body): Json<NewPasskey>,
) -> Result<(StatusCode, Json<Added>)> {
    let person = own_person(&op).await?;
    let added = passkey::finish_adding(&op, (&passkeys, &post), &person, body).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// Rename one of one's passkeys
#[utoipa::path(
    patch, path = "/api/account/passkeys/{id}", tag = "identity", params(("id" = String, Path)),
    request_body = Name, responses((status = 200, body = PasskeyInfo), Problems)
)]
async fn rename_passkey(op: Operation, Path(id): Path<PasskeyId>, Json(body): Json<Name>) -> Result<Json<PasskeyInfo>> {
    let mut change = op.change(Action::PasskeyRename, op.person()).await?;
    let passkey = passkey::rename(&mut change, op.person(), &id, &body.name).await?;
    change.commit().await?;
    Ok(Json(passkey))
}

/// Remove one of one's passkeys
#[utoipa::path(
    delete, path = "/api/account/passkeys/{id}", tag = "identity", params(("id" = String, Path)),
    responses((status = 204), Problems)
)]
async fn remove_passkey(op: Operation, State(post): State<Post>, Path(id): Path<PasskeyId>) -> Result<StatusCode> {
    op.confirmed()?;
    let person = own_person(&op).await?;
    passkey::remove(&op, &post, &person, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make oneself new recovery codes
///
/// They are shown once; the old ones work no more.
#[utoipa::path(
    post, path = "/api/account/recovery-codes", tag = "identity",
    responses((status = 200, body = RecoveryCodes), Problems)
)]
async fn renew_recovery_codes(op: Operation, State(post): State<Post>) -> Result<Json<RecoveryCodes>> {
    op.confirmed()?;
    let person = own_person(&op).await?;
    Ok(Json(factor::renew_recovery_codes(&op, &post, &person).await?))
}

/// Take somebody's second factors away who has lost them
///
/// They are signed out everywhere and told by mail. Only a Super Admin does it to another one.
#[utoipa::path(
    delete, path = "/api/people/{id}/factors", tag = "identity", params(("id" = String, Path)),
    responses((status = 204), Problems)
)]
async fn reset_factors(op: Operation, State(post): State<Post>, Path(id): Path<PersonId>) -> Result<StatusCode> {
    op.read(Action::FactorsReset, About::Team).await?;
    op.confirmed()?;
    let mut change = op.change(Action::FactorsReset, About::Team).await?;
    let done = factor::reset(&mut change, &post, &id).await;
    op.end(change, Action::FactorsReset, done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the sessions of a member that act in the team
#[utoipa::path(
    get, path = "/api/people/{id}/sessions", tag = "identity", params(("id" = String, Path)),
    responses((status = 200, body = Sessions), Problems)
)]
async fn list_sessions_of(op: Operation, Path(id): Path<PersonId>) -> Result<Json<Sessions>> {
    let read = op.read(Action::PersonSessionsList, About::Team).await?;
    super::member(read.reader().into(), op.team(), &id).await?.ok_or(Error::NotFound { what: "person" })?;
    let items = super::sessions_in_team(read.reader(), op.team(), &id, (op.signed_in(), op.now)).await?;
    Ok(Json(Sessions { items }))
}

/// End the sessions of a member that act in the team
///
/// They are over with the next request that they make, and the member is told by mail. Only a Super Admin does it to another
/// one. A member whose password may be known to others is better removed, or has it changed: they can sign in again.
#[utoipa::path(
    delete, path = "/api/people/{id}/sessions", tag = "identity", params(("id" = String, Path)),
    responses((status = 204), Problems)
)]
async fn end_sessions_of(op: Operation, State(post): State<Post>, Path(id): Path<PersonId>) -> Result<StatusCode> {
    op.read(Action::PersonSessionsEnd, About::Team).await?;
    op.confirmed()?;
    let mut change = op.change(Action::PersonSessionsEnd, About::Team).await?;
    let done = super::end_sessions_of(&mut change, &post, &id).await;
    op.end(change, Action::PersonSessionsEnd, done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read what the team demands of its members' accounts
#[utoipa::path(
    get, path = "/api/team/security", tag = "identity", responses((status = 200, body = SecurityPolicy), Problems)
)]
async fn read_team_security(op: Operation) -> Result<Json<SecurityPolicy>> {
    let read = op.read(Action::TeamSecurityRead, About::Team).await?;
    Ok(Json(policy::read(read.reader(), op.team()).await?))
}

/// Demand something of the accounts of the team's members
///
/// It holds from the next request of each of them.
#[utoipa::path(
    put, path = "/api/team/security", tag = "identity", request_body = SecurityPolicy,
    responses((status = 200, body = SecurityPolicy), Problems)
)]
async fn update_team_security(op: Operation, Json(body): Json<SecurityPolicy>) -> Result<Json<SecurityPolicy>> {
    op.read(Action::TeamSecurityUpdate, About::Team).await?;
    op.confirmed()?;
    let mut change = op.change(Action::TeamSecurityUpdate, About::Team).await?;
    policy::update(&op, &mut change, body).await?;
    change.commit().await?;
    Ok(Json(body))
}

/// Read who is signed in
#[utoipa::path(get, path = "/api/session", tag = "identity", responses((status = 200, body = Session), Problems))]
async fn read_session(OwnAccount(op): OwnAccount) -> Result<Json<Session>> {
    let session = super::session_of(op.door().reader().into(), op.team(), op.person()).await?;
    let session = session.ok_or(Error::SignedOut)?;
    Ok(Json(Session { factor_needed: op.signed_in().lacks_factor(), ..session }))
}

/// Sign out
///
/// Also answers 204 if nobody is signed in.
#[utoipa::path(delete, path = "/api/session", tag = "identity", responses((status = 204), Problems))]
async fn sign_out(op: Result<OwnAccount, Error>, State(config): State<Arc<Config>>) -> Result<Response> {
    match op {
        Ok(OwnAccount(op)) => {
            let mut change = op.change(Action::SessionEnd, op.person()).await?;
            let session = op.signed_in().session().ok_or(Error::SignedOut)?;
            super::end_session(change.transaction(), op.person(), session).await?;
            change.about("session", session);
            change.commit().await?;
        }
        Err(Error::SignedOut) => {}
        Err(error) => return Err(error),
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie(COOKIE, "", 0, &config))]).into_response())
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

/// End every other session of one's own
///
/// They are over with the next request that they make.
#[utoipa::path(delete, path = "/api/sessions", tag = "identity", responses((status = 204), Problems))]
async fn end_other_sessions(op: Operation) -> Result<StatusCode> {
    let mut change = op.change(Action::SessionRevoke, op.person()).await?;
    super::end_other_sessions(&mut change, op.signed_in()).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
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

#[derive(Deserialize, utoipa::ToSchema)]
struct NewEmail {
    /// The address that the account is to have.
    email: String,
}

/// Ask for another address for one's account
///
/// A link goes to it, and a notice to the address that the account has. Nothing changes before the link is used.
#[utoipa::path(
    post, path = "/api/account/email", tag = "identity", request_body = NewEmail,
    responses((status = 202), Problems)
)]
async fn request_email_change(
    op: Operation,
    State(post): State<Post>,
    Json(body): Json<NewEmail>,
) -> Result<StatusCode> {
    op.confirmed()?;
    email_change::request(&op, &post, &body.email).await?;
    Ok(StatusCode::ACCEPTED)
}

#[derive(Deserialize, utoipa::ToSchema)]
struct EmailConfirmation {
    /// What stands behind the `#` of the link.
    token: String,
}

/// Give one's account another address by a link
///
/// Every session of the account ends but that of the browser which brings the link.
#[utoipa::path(
    post, path = "/api/email-changes/finish", tag = "identity", request_body = EmailConfirmation,
    responses((status = 204), Problems)
)]
async fn finish_email_change(
    visit: Visit,
    State(post): State<Post>,
    Json(body): Json<EmailConfirmation>,
) -> Result<StatusCode> {
    email_change::finish(&visit, &post, &body.token).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
struct ForgottenPassword {
    /// The address of the account.
    email: String,
}

/// Ask for a link to choose another password
///
/// The answer is the same, and as fast, whether there is such an account or not.
#[utoipa::path(
    post, path = "/api/password-resets", tag = "identity", request_body = ForgottenPassword,
    responses((status = 202), Problems)
)]
async fn request_reset(
    visit: Visit,
    State(post): State<Post>,
    Json(body): Json<ForgottenPassword>,
) -> Result<StatusCode> {
    super::request_reset(visit, &post, &body.email).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Choose another password by a link
///
/// Every session of the account ends, and a second factor stays.
#[utoipa::path(
    post, path = "/api/password-resets/finish", tag = "identity", request_body = PasswordReset,
    responses((status = 204), Problems)
)]
async fn finish_reset(
    visit: Visit,
    State(passwords): State<Passwords>,
    State(post): State<Post>,
    Json(body): Json<PasswordReset>,
) -> Result<StatusCode> {
    super::finish_reset(&visit, &passwords, &post, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A page of the members of a team.
#[derive(Serialize, utoipa::ToSchema)]
struct People {
    /// In the order that was asked for.
    items: Vec<ListedPerson>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<PersonId>,
    /// How many there are on all pages.
    total: i64,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct PeopleQuery {
    /// Only those whose name or address holds this.
    search: Option<String>,
    /// Only those who hold this role, directly or through a group.
    role: Option<String>,
    /// Only those without a second factor; for those who manage people.
    without_factor: Option<bool>,
    /// `account`, `name`, `active` or `joined`; the two last with the latest first.
    #[param(inline)]
    sort: Option<Order>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
    /// At most so many, 100 if nothing is said, up to 500.
    limit: Option<i64>,
}

/// List the members of the team
#[utoipa::path(get, path = "/api/people", tag = "identity", params(PeopleQuery),
    responses((status = 200, body = People), Problems))]
async fn list_people(op: Operation, Query(query): Query<PeopleQuery>) -> Result<Json<People>> {
    let read = op.read(Action::PersonList, About::Team).await?;
    let plan = op.signed_in().plan;
    let manages = [TeamRole::SuperAdmin, TeamRole::Admin].iter().any(|role| op.actor().holds(*role, plan));
    let search = query.search.unwrap_or_default();
    let order = query.sort.unwrap_or_default();
    let without_factor = query.without_factor.unwrap_or_default();
    if !manages && (without_factor || order == Order::Active) {
        let because = "who was active when, and who has a second factor, is for those who manage people".to_owned();
        return Err(Error::Forbidden { because });
    }
    let wanted = Wanted {
        page: Page { search: &search, after: query.after.as_deref(), limit: query.limit.unwrap_or(100).clamp(1, 500) },
        role: query.role.as_deref().map(|name| super::role_to_give("/role", name)).transpose()?,
        without_factor,
        order,
    };
    let (items, next, total) = roster::people(read.reader(), op.team(), &wanted, manages).await?;
    Ok(Json(People { items, next, total }))
}

/// Most people that one request changes.
const AT_ONCE: usize = 100;

#[derive(Deserialize, utoipa::ToSchema)]
struct PeopleChange {
    /// The ids of up to a hundred people.
    people: Vec<PersonId>,
    /// All roles that each is to have.
    roles: Option<Vec<String>>,
    /// Removes them from the team; in place of `roles`.
    removal: Option<Successor>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct PeopleChanged {
    /// In the order of the people.
    items: Vec<PersonChanged>,
}

/// What became of one person.
#[derive(Serialize, utoipa::ToSchema)]
struct PersonChanged {
    /// Who.
    id: PersonId,
    /// Was it done?
    done: bool,
    /// Why not.
    problem: Option<String>,
}

/// Change many people at once
///
/// Gives each the same roles, or removes each from the team. Every one has a result and an audit event of their own; what is
/// refused for one says nothing of the others.
#[utoipa::path(post, path = "/api/people/changes", tag = "identity", request_body = PeopleChange,
    responses((status = 200, body = PeopleChanged), Problems))]
async fn change_people(
    op: Operation,
    State(post): State<Post>,
    Json(body): Json<PeopleChange>,
) -> Result<Json<PeopleChanged>> {
    let action = if body.removal.is_some() { Action::PersonRemove } else { Action::PersonRolesUpdate };
    op.read(action, About::Team).await?;
    if body.people.is_empty() || body.people.len() > AT_ONCE {
        return Err(Error::invalid("/people", format!("choose from 1 to {AT_ONCE} people")));
    }
    let roles = match (&body.roles, &body.removal) {
        (Some(roles), None) => super::roles_to_give("/roles", roles)?,
        (None, Some(_)) => {
            op.confirmed()?;
            Vec::new()
        }
        _ => return Err(Error::invalid("", "say either which roles they are to have, or that they are removed")),
    };
    let mut items = Vec::with_capacity(body.people.len());
    for id in body.people {
        let done = match &body.removal {
            Some(_) if id == *op.person() => Err(own_account()),
            Some(removal) => {
                let mut change = op.change(action, About::Team).await?;
                let done = departure::depart(&mut change, &post, &id, removal.successor.as_ref()).await;
                op.end(change, action, done).await
            }
            None => {
                let mut change = op.change(action, About::Team).await?;
                let done = super::change_roles(&mut change, &id, &roles).await.map(|_| ());
                op.end(change, action, done).await
            }
        };
        let problem = match done {
            Ok(()) => None,
            Err(
                problem @ (Error::NotFound { .. }
                | Error::Forbidden { .. }
                | Error::Conflict { .. }
                | Error::Invalid(_)),
            ) => Some(problem.to_string()),
            Err(problem) => return Err(problem),
        };
        items.push(PersonChanged { id, done: problem.is_none(), problem });
    }
    Ok(Json(PeopleChanged { items }))
}

fn own_account() -> Error {
    let detail = "nobody removes themselves; leave the team on the page of your account".to_owned();
    Error::Conflict { code: "own_account", detail }
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
    let made = super::create_person(&mut change, &new, &[role], &hash).await;
    Ok((StatusCode::CREATED, Json(op.end(change, Action::PersonCreate, made).await?)))
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
    let done = super::change_roles(&mut change, &id, &roles).await;
    Ok(Json(op.end(change, Action::PersonRolesUpdate, done).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Successor {
    /// The id of the member who gets the workspaces that would have no owner; needed if there are any.
    successor: Option<PersonId>,
}

/// See what goes with somebody before they are removed from the team
#[utoipa::path(
    get, path = "/api/people/{id}/removal", tag = "identity", params(("id" = String, Path)),
    responses((status = 200, body = Departure), Problems)
)]
async fn preview_removal(op: Operation, Path(id): Path<PersonId>) -> Result<Json<Departure>> {
    let read = op.read(Action::PersonRemove, About::Team).await?;
    Ok(Json(departure::preview(read.reader().into(), op.team(), &id).await?))
}

/// Remove somebody from the team
///
/// Workspaces that would have no owner are given to the successor first. Sessions and API keys of the person end at once.
/// Only a Super Admin removes a Super Admin, and the last Admin stays.
#[utoipa::path(
    post, path = "/api/people/{id}/removal", tag = "identity", params(("id" = String, Path)),
    request_body = Successor, responses((status = 204), Problems)
)]
async fn remove_person(
    op: Operation,
    State(post): State<Post>,
    Path(id): Path<PersonId>,
    Json(body): Json<Successor>,
) -> Result<StatusCode> {
    op.read(Action::PersonRemove, About::Team).await?;
    op.confirmed()?;
    if id == *op.person() {
        return Err(own_account());
    }
    let mut change = op.change(Action::PersonRemove, About::Team).await?;
    let done = departure::depart(&mut change, &post, &id, body.successor.as_ref()).await;
    op.end(change, Action::PersonRemove, done).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// See what goes with oneself before one leaves the team
#[utoipa::path(
    get, path = "/api/account/leaving", tag = "identity", responses((status = 200, body = Departure), Problems)
)]
async fn preview_leaving(op: Operation) -> Result<Json<Departure>> {
    let read = op.read(Action::TeamLeave, op.person()).await?;
    Ok(Json(departure::preview(read.reader().into(), op.team(), op.person()).await?))
}

/// Leave the team
///
/// As a removal by oneself: one is signed out everywhere.
#[utoipa::path(
    post, path = "/api/account/leaving", tag = "identity", request_body = Successor,
    responses((status = 204), Problems)
)]
async fn leave_team(
    op: Operation,
    State(post): State<Post>,
    State(config): State<Arc<Config>>,
    Json(body): Json<Successor>,
) -> Result<Response> {
    op.read(Action::TeamLeave, op.person()).await?;
    op.confirmed()?;
    let mut change = op.change(Action::TeamLeave, op.person()).await?;
    let done = departure::depart(&mut change, &post, op.person(), body.successor.as_ref()).await;
    op.end(change, Action::TeamLeave, done).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie(COOKIE, "", 0, &config))]).into_response())
}

/// Read the team that one acts in
#[utoipa::path(get, path = "/api/team", tag = "identity", responses((status = 200, body = Team), Problems))]
async fn read_team(op: Operation) -> Result<Json<Team>> {
    let read = op.read(Action::TeamRead, About::Team).await?;
    Ok(Json(super::team(read.reader().into(), op.team()).await?))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Name {
    name: String,
}

/// Rename the team
#[utoipa::path(patch, path = "/api/team", tag = "identity", request_body = Name,
    responses((status = 200, body = Team), Problems))]
async fn update_team(op: Operation, Json(body): Json<Name>) -> Result<Json<Team>> {
    let mut change = op.change(Action::TeamUpdate, About::Team).await?;
    let team = profile::rename_team(&mut change, &body.name).await?;
    change.commit().await?;
    Ok(Json(team))
}

/// The teams of whoever asks.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct OwnTeams {
    /// By name.
    items: Vec<OwnTeam>,
    /// May they make another one?
    may_create: bool,
    /// In how many teams one person may be.
    most: i64,
}

/// List the teams that one is in
#[utoipa::path(get, path = "/api/teams", tag = "identity", responses((status = 200, body = OwnTeams), Problems))]
async fn list_teams(OwnAccount(op): OwnAccount) -> Result<Json<OwnTeams>> {
    let read = op.read(Action::TeamList, op.person()).await?;
    let may_create = teams::may_create(read.reader(), &op).await?;
    Ok(Json(OwnTeams { items: teams::own(read.reader(), op.signed_in()).await?, may_create, most: teams::MOST }))
}

/// Make a team
///
/// Whoever makes it is its Super Admin. The session stays in the team that it is in.
#[utoipa::path(post, path = "/api/teams", tag = "identity", request_body = Name,
    responses((status = 201, body = Team), Problems))]
async fn create_team(op: Operation, Json(body): Json<Name>) -> Result<(StatusCode, Json<Team>)> {
    let mut change = op.change(Action::TeamAdd, About::Team).await?;
    let team = match teams::create(&mut change, &body.name).await {
        Ok(id) => super::team(change.transaction().into(), &id).await,
        Err(error) => Err(error),
    };
    Ok((StatusCode::CREATED, Json(op.end(change, Action::TeamAdd, team).await?)))
}

/// Act in another team of one's own
///
/// The session gets another token, and nothing of the team before is there from then on.
#[utoipa::path(
    post, path = "/api/teams/{id}/switch", tag = "identity", params(("id" = String, Path)),
    responses((status = 200, body = Session), Problems)
)]
async fn switch_team(
    OwnAccount(op): OwnAccount,
    State(config): State<Arc<Config>>,
    Path(id): Path<String>,
) -> Result<Response> {
    Ok(signed_in(StatusCode::OK, teams::switch(&op, &id).await?, &config))
}

/// Who may make teams, and who may say so.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct SeenTeamPolicy {
    #[serde(flatten)]
    policy: TeamPolicy,
    /// May whoever asks change it?
    changeable: bool,
}

/// Read who may make teams on the instance
#[utoipa::path(
    get, path = "/api/teams/policy", tag = "identity", responses((status = 200, body = SeenTeamPolicy), Problems)
)]
async fn read_team_policy(op: Operation) -> Result<Json<SeenTeamPolicy>> {
    let read = op.read(Action::TeamPolicyRead, About::Team).await?;
    let changeable = teams::may_change_policy(read.reader(), &op).await?;
    Ok(Json(SeenTeamPolicy { policy: teams::policy(read.reader().into()).await?, changeable }))
}

/// Say who may make teams on the instance
///
/// For Super Admins of the first team alone, who answer for the instance.
#[utoipa::path(
    put, path = "/api/teams/policy", tag = "identity", request_body = TeamPolicy,
    responses((status = 200, body = TeamPolicy), Problems)
)]
async fn update_team_policy(op: Operation, Json(body): Json<TeamPolicy>) -> Result<Json<TeamPolicy>> {
    let mut change = op.change(Action::TeamPolicyUpdate, About::Team).await?;
    let done = teams::change_policy(&mut change, body).await;
    op.end(change, Action::TeamPolicyUpdate, done).await?;
    Ok(Json(body))
}

/// Change one's own name
#[utoipa::path(patch, path = "/api/account/profile", tag = "identity", request_body = Name,
    responses((status = 200, body = Person), Problems))]
async fn update_profile(op: Operation, Json(body): Json<Name>) -> Result<Json<Person>> {
    let mut change = op.change(Action::ProfileUpdate, op.person()).await?;
    let person = profile::rename(&mut change, op.person(), &body.name).await?;
    change.commit().await?;
    Ok(Json(person))
}

pub(crate) fn signed_in(status: StatusCode, begun: Begun, config: &Config) -> Response {
    let seconds = config.sessions.absolute / 1000;
    let session = cookie(COOKIE, begun.token.expose(), seconds, config);
    let device = begun.device.map(|device| cookie(DEVICE_COOKIE, device.expose(), super::DEVICE_LASTS / 1000, config));
    let cookies = std::iter::once(session).chain(device).map(|cookie| (SET_COOKIE, cookie));
    (status, AppendHeaders(cookies), Json(begun.session)).into_response()
}

/// A cookie that lets somebody in. No script can read it, no other site's page can send it with a change, and with HTTPS it never
/// goes over a plain connection.
fn cookie(name: &str, token: &str, seconds: i64, config: &Config) -> HeaderValue {
    let secure = if config.is_https() { "; Secure" } else { "" };
    let text = format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // The token is base64 and the rest is ours.
    let mut value = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
