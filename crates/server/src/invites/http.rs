//! Routes of invites.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bulla_access::{Action, TeamRole};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::links::{self, InviteLink, NewInviteLink};
use super::suggestions::{self, Suggestion, Verdict};
use super::{Acceptance, Accepted, DAYS, Gift, Invite, MOST_DAYS, Opened, Outcome};
use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::id::{GroupId, InviteId, InviteLinkId, SuggestionId, WorkspaceId};
use crate::identity::http::signed_in;
use crate::identity::{Address, Passwords, Session, roles_to_give};
use crate::mail::Post;
use crate::operation::{About, Operation, Visit};
use crate::problem::{Json, Path, Problems, Query};
use crate::workspaces::Role;

/// Most addresses that one request invites.
const AT_ONCE: usize = 100;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_invites, create_invites))
        .routes(routes!(read_invite_policy, update_invite_policy))
        .routes(routes!(resend_invite))
        .routes(routes!(revoke_invite))
        .routes(routes!(list_invite_links, create_invite_link))
        .routes(routes!(delete_invite_link))
        .routes(routes!(list_suggestions))
        .routes(routes!(approve_suggestion))
        .routes(routes!(refuse_suggestion))
        .routes(routes!(open_invitation))
        .routes(routes!(accept_invitation))
        .routes(routes!(ask_for_invitation))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct InvitesQuery {
    /// Those that were accepted and revoked as well.
    all: Option<bool>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
    /// At most so many, 100 if nothing is said, up to 500.
    limit: Option<i64>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Invites {
    /// The newest first.
    items: Vec<Invite>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<InviteId>,
}

/// List the invites of the team
#[utoipa::path(get, path = "/api/invites", tag = "invites", params(InvitesQuery),
    responses((status = 200, body = Invites), Problems))]
async fn list_invites(op: Operation, Query(query): Query<InvitesQuery>) -> Result<Json<Invites>> {
    let read = op.read(Action::InviteList, About::Team).await?;
    let limit = query.limit.unwrap_or(100).clamp(1, 500);
    let open = !query.all.unwrap_or_default();
    let mut items = super::invites(read.reader(), op.team(), open, query.after.as_deref(), limit + 1, op.now).await?;
    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        items.pop();
    }
    let next = items.last().filter(|_| more).map(|invite| invite.id.clone());
    Ok(Json(Invites { items, next }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewInvites {
    /// Up to a hundred addresses.
    emails: Vec<String>,
    /// The roles in the team that they are to have, by their names.
    roles: Vec<String>,
    /// Groups that they come into, by id.
    #[serde(default)]
    groups: Vec<GroupId>,
    /// A workspace that they get a role in.
    workspace: Option<WorkspaceGift>,
    /// For how many days it holds: 7 if nothing is said, up to 90.
    days: Option<i64>,
    /// What an Admin is told, where it becomes a suggestion.
    #[serde(default)]
    note: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
struct WorkspaceGift {
    /// Its id; whoever invites is one of its owners.
    id: WorkspaceId,
    /// What they are in it.
    role: Role,
}

#[derive(Serialize, utoipa::ToSchema)]
struct InviteResults {
    /// In the order of the addresses.
    items: Vec<InviteResult>,
}

/// What became of one address.
#[derive(Serialize, utoipa::ToSchema)]
struct InviteResult {
    /// As it was written.
    email: String,
    /// What became of it.
    outcome: Outcome,
    /// Why it was refused.
    problem: Option<String>,
    /// The invite, if one went out.
    id: Option<InviteId>,
}

fn days(days: Option<i64>) -> Result<i64> {
    match days.unwrap_or(DAYS) {
        days @ 1..=MOST_DAYS => Ok(days),
        _ => Err(Error::invalid("/days", format!("choose from 1 to {MOST_DAYS} days"))),
    }
}

fn some_roles(names: &[String]) -> Result<Vec<TeamRole>> {
    let roles = roles_to_give("/roles", names)?;
    if roles.is_empty() { Err(Error::invalid("/roles", "choose at least one role")) } else { Ok(roles) }
}

/// Invite people by mail
///
/// Each address has a result of its own. Whoever may not invite into a role makes a suggestion instead, for an Admin to
/// decide.
#[utoipa::path(post, path = "/api/invites", tag = "invites", request_body = NewInvites,
    responses((status = 200, body = InviteResults), Problems))]
async fn create_invites(
    op: Operation,
    State(post): State<Post>,
    Json(body): Json<NewInvites>,
) -> Result<Json<InviteResults>> {
    op.read(Action::InviteCreate, About::Team).await?;
    if body.emails.is_empty() || body.emails.len() > AT_ONCE {
        return Err(Error::invalid("/emails", format!("write from 1 to {AT_ONCE} addresses")));
    }
    if !body.groups.is_empty() {
        op.read(Action::GroupUpdate, About::Team).await?;
    }
    if let Some(workspace) = &body.workspace {
        op.read(Action::MemberUpdate, &workspace.id).await?;
    }
    let (roles, days) = (some_roles(&body.roles)?, days(body.days)?);
    let workspace = body.workspace.map(|workspace| (workspace.id, workspace.role));
    let gift = Gift { roles, groups: body.groups, workspace };
    let mut items = Vec::with_capacity(body.emails.len());
    for email in body.emails {
        let result = match invited(&op, &post, &email, &gift, days, &body.note).await {
            Ok((outcome, id)) => InviteResult { email, outcome, problem: None, id },
            // What is wrong with one address says nothing of the others.
            Err(problem @ (Error::Invalid(_) | Error::Conflict { .. } | Error::PlanNeeded { .. })) => {
                InviteResult { email, outcome: Outcome::Refused, problem: Some(problem.to_string()), id: None }
            }
            Err(problem) => return Err(problem),
        };
        items.push(result);
    }
    Ok(Json(InviteResults { items }))
}

async fn invited(
    op: &Operation,
    post: &Post,
    email: &str,
    gift: &Gift,
    days: i64,
    note: &str,
) -> Result<(Outcome, Option<InviteId>)> {
    let address = Address::read("/emails", email)?;
    let mut change = op.change(Action::InviteCreate, About::Team).await?;
    match super::create(&mut change, post, &address, gift, days, note).await {
        // Nothing was changed, so there is nothing to write down.
        Ok(done @ (Outcome::Member | Outcome::Waiting | Outcome::Refused, _)) => Ok(done),
        done => op.end(change, Action::InviteCreate, done).await,
    }
}

/// Who invites by themselves.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct InvitePolicy {
    /// May Developers invite Developers without asking an Admin?
    developers_invite: bool,
}

/// Read who invites by themselves
#[utoipa::path(get, path = "/api/invites/policy", tag = "invites",
    responses((status = 200, body = InvitePolicy), Problems))]
async fn read_invite_policy(op: Operation) -> Result<Json<InvitePolicy>> {
    let read = op.read(Action::TeamRead, About::Team).await?;
    let developers_invite = super::developers_invite(read.reader().into(), op.team()).await?;
    Ok(Json(InvitePolicy { developers_invite }))
}

/// Say who invites by themselves
#[utoipa::path(put, path = "/api/invites/policy", tag = "invites", request_body = InvitePolicy,
    responses((status = 200, body = InvitePolicy), Problems))]
async fn update_invite_policy(op: Operation, Json(body): Json<InvitePolicy>) -> Result<Json<InvitePolicy>> {
    let mut change = op.change(Action::InvitePolicyUpdate, About::Team).await?;
    super::change_policy(&mut change, body.developers_invite).await?;
    change.commit().await?;
    Ok(Json(body))
}

/// Send an invite again
///
/// With another secret: the mail before is of no use any more.
#[utoipa::path(post, path = "/api/invites/{id}/resend", tag = "invites", params(("id" = String, Path)),
    responses((status = 200, body = Invite), Problems))]
async fn resend_invite(op: Operation, State(post): State<Post>, Path(id): Path<InviteId>) -> Result<Json<Invite>> {
    let mut change = op.change(Action::InviteResend, About::Team).await?;
    let done = super::resend(&mut change, &post, &id).await;
    Ok(Json(op.end(change, Action::InviteResend, done).await?))
}

/// Take an invite back
#[utoipa::path(delete, path = "/api/invites/{id}", tag = "invites", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn revoke_invite(op: Operation, Path(id): Path<InviteId>) -> Result<StatusCode> {
    let mut change = op.change(Action::InviteRevoke, About::Team).await?;
    super::revoke(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, utoipa::ToSchema)]
struct InviteLinks {
    /// The newest first.
    items: Vec<InviteLink>,
}

/// List the links by which many may ask for an invite
#[utoipa::path(get, path = "/api/invite-links", tag = "invites",
    responses((status = 200, body = InviteLinks), Problems))]
async fn list_invite_links(op: Operation) -> Result<Json<InviteLinks>> {
    let read = op.read(Action::InviteList, About::Team).await?;
    Ok(Json(InviteLinks { items: links::links(read.reader(), op.team(), op.now).await? }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewInviteLinkBody {
    /// The roles that it gives, by their names; Developer if nothing is said.
    roles: Option<Vec<String>>,
    /// For how many days it holds: 7 if nothing is said, up to 90.
    days: Option<i64>,
    /// How many may come in by it.
    max_uses: Option<i64>,
}

/// Make a link by which many may ask for an invite
///
/// Its address is shown once.
#[utoipa::path(post, path = "/api/invite-links", tag = "invites", request_body = NewInviteLinkBody,
    responses((status = 201, body = NewInviteLink), Problems))]
async fn create_invite_link(
    op: Operation,
    State(post): State<Post>,
    Json(body): Json<NewInviteLinkBody>,
) -> Result<(StatusCode, Json<NewInviteLink>)> {
    let roles = body.roles.as_deref().map_or(Ok(vec![TeamRole::Developer]), some_roles)?;
    let days = days(body.days)?;
    if body.max_uses.is_some_and(|uses| !(1..=links::MOST_USES).contains(&uses)) {
        return Err(Error::invalid("/maxUses", format!("choose from 1 to {} people", links::MOST_USES)));
    }
    let mut change = op.change(Action::InviteLinkCreate, About::Team).await?;
    let done = links::create(&mut change, &post, &roles, days, body.max_uses).await;
    Ok((StatusCode::CREATED, Json(op.end(change, Action::InviteLinkCreate, done).await?)))
}

/// Delete a link
///
/// It is dead at once, and so is every open invite that was asked for by it.
#[utoipa::path(delete, path = "/api/invite-links/{id}", tag = "invites", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn delete_invite_link(op: Operation, Path(id): Path<InviteLinkId>) -> Result<StatusCode> {
    let mut change = op.change(Action::InviteLinkDelete, About::Team).await?;
    links::delete(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize, utoipa::ToSchema)]
struct Suggestions {
    /// Those that wait first.
    items: Vec<Suggestion>,
}

/// List whom members suggested for the team
///
/// Those who manage the team's people see all of them, others their own.
#[utoipa::path(get, path = "/api/suggestions", tag = "invites",
    responses((status = 200, body = Suggestions), Problems))]
async fn list_suggestions(op: Operation) -> Result<Json<Suggestions>> {
    let read = op.read(Action::SuggestionList, About::Team).await?;
    let plan = op.signed_in().plan;
    let manages = [TeamRole::SuperAdmin, TeamRole::Admin].iter().any(|role| op.actor().holds(*role, plan));
    let own = (!manages).then(|| op.person());
    Ok(Json(Suggestions { items: suggestions::suggestions(read.reader(), op.team(), own).await? }))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Approval {
    /// Roles in place of those that were suggested.
    roles: Option<Vec<String>>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Approved {
    /// The invite that went out; absent if they are in the team, or have one, already.
    invite: Option<InviteId>,
}

/// Approve a suggestion: an invite goes out
#[utoipa::path(post, path = "/api/suggestions/{id}/approve", tag = "invites", params(("id" = String, Path)),
    request_body = Approval, responses((status = 200, body = Approved), Problems))]
async fn approve_suggestion(
    op: Operation,
    State(post): State<Post>,
    Path(id): Path<SuggestionId>,
    Json(body): Json<Approval>,
) -> Result<Json<Approved>> {
    let roles = body.roles.as_deref().map(some_roles).transpose()?;
    let mut change = op.change(Action::SuggestionApprove, About::Team).await?;
    let done = suggestions::decide(&mut change, &post, &id, Verdict::Approve(roles.as_deref())).await;
    Ok(Json(Approved { invite: op.end(change, Action::SuggestionApprove, done).await? }))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Refusal {
    /// Why, for whoever made it.
    #[serde(default)]
    reason: String,
}

/// Refuse a suggestion: whoever made it is told
#[utoipa::path(post, path = "/api/suggestions/{id}/refuse", tag = "invites", params(("id" = String, Path)),
    request_body = Refusal, responses((status = 204), Problems))]
async fn refuse_suggestion(
    op: Operation,
    State(post): State<Post>,
    Path(id): Path<SuggestionId>,
    Json(body): Json<Refusal>,
) -> Result<StatusCode> {
    let mut change = op.change(Action::SuggestionRefuse, About::Team).await?;
    let done = suggestions::decide(&mut change, &post, &id, Verdict::Refuse(&body.reason)).await;
    op.end(change, Action::SuggestionRefuse, done).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Secret {
    /// What stands behind the `#` of the link.
    secret: String,
}

/// See what an invitation is
///
/// A secret that was used, has ended or was revoked answers like one that never was.
#[utoipa::path(post, path = "/api/invitations/open", tag = "invites", request_body = Secret,
    responses((status = 200, body = Opened), Problems))]
async fn open_invitation(visit: Visit, Json(body): Json<Secret>) -> Result<Json<Opened>> {
    Ok(Json(super::open(&visit, &body.secret).await?))
}

/// Accept an invitation
///
/// The answer is 201 with a new account, which is signed in; 200 where whoever asks is signed in with the account that was
/// invited, whose session goes on in the team; and 204 where there is such an account and its password was given: its owner
/// signs in with it.
#[utoipa::path(post, path = "/api/invitations/accept", tag = "invites", request_body = Acceptance,
    responses((status = 201, body = Session), (status = 200, body = Session), (status = 204), Problems))]
async fn accept_invitation(
    visit: Visit,
    State(passwords): State<Passwords>,
    State(config): State<Arc<Config>>,
    Json(body): Json<Acceptance>,
) -> Result<Response> {
    match super::accept(&visit, &passwords, config.sessions, body).await? {
        Accepted::In(begun) => Ok(signed_in(StatusCode::CREATED, begun, &config)),
        Accepted::Joined(begun) => Ok(signed_in(StatusCode::OK, begun, &config)),
        Accepted::Back => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Asking {
    /// What stands behind the `#` of the link.
    secret: String,
    /// Where the invite is to be sent.
    email: String,
}

/// Ask for an invite by a link
///
/// It comes by mail, so that nobody comes in under an address that is not theirs. The answer is the same whoever has the
/// address.
#[utoipa::path(post, path = "/api/invitations/ask", tag = "invites", request_body = Asking,
    responses((status = 202), Problems))]
async fn ask_for_invitation(visit: Visit, State(post): State<Post>, Json(body): Json<Asking>) -> Result<StatusCode> {
    links::ask(visit, &post, &body.secret, &body.email).await?;
    Ok(StatusCode::ACCEPTED)
}
