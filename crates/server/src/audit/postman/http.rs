//! Routes of the audit log as Postman's API has it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bulla_access::Action;
use bulla_audit::{Actor, Event, Field, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{KNOWN, display_name, key_of, named};
use crate::app::App;
use crate::audit::{self, Filter, Named, Order, retention};
use crate::error::{Error, Result};
use crate::identity::{self, DAY};
use crate::moment::{self, Moment};
use crate::operation::{About, Operation};
use crate::problem::{Json, Query};

/// Most events of a page, whatever is asked for.
const MOST: u32 = 300;
/// Events of a page, if nothing is asked for.
const USUAL: u32 = 50;

pub(in crate::audit) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_trails)).routes(routes!(list_audit_actions))
}

/// An error in Postman's form.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PostmanProblem {
    error: PostmanError,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PostmanError {
    name: String,
    message: String,
}

fn refusal(status: StatusCode, name: &str, message: impl Into<String>) -> Response {
    let error = PostmanError { name: name.to_owned(), message: message.into() };
    (status, Json(PostmanProblem { error })).into_response()
}

fn bad(message: impl Into<String>) -> Response {
    refusal(StatusCode::BAD_REQUEST, "InvalidParamsError", message)
}

/// Who asks, if they may.
async fn allowed(op: Result<Operation>) -> Result<Operation, Response> {
    let op = op.map_err(|error| match error {
        Error::SignedOut => refusal(
            StatusCode::UNAUTHORIZED,
            "AuthenticationError",
            "Invalid API Key. Every request requires a valid API Key to be sent.",
        ),
        other => other.into_response(),
    })?;
    let permission = op.read(Action::AuditRead, About::Team).await.map(drop);
    match permission {
        Ok(()) => Ok(op),
        Err(Error::Forbidden { .. } | Error::PlanNeeded { .. } | Error::NotFound { .. }) => {
            Err(refusal(StatusCode::FORBIDDEN, "ForbiddenRequest", "You do not have permissions to view audit actions"))
        }
        Err(other) => Err(other.into_response()),
    }
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Only events by or about the person with this number.
    #[serde(rename = "userId")]
    user_id: Option<String>,
    /// One action, by its key.
    action: Option<String>,
    /// At this time or later: a date or a date and time.
    since: Option<String>,
    /// At this time or earlier.
    until: Option<String>,
    /// How many; above 300 is 300.
    limit: Option<String>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// `desc`, which is usual, or `asc`.
    #[serde(rename = "orderBy")]
    order_by: Option<String>,
    /// The old name of `orderBy`.
    #[serde(rename = "order_by")]
    old_order_by: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Trails {
    trails: Vec<Trail>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<u64>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Trail {
    id: u64,
    #[schema(required)]
    ip: Option<String>,
    #[schema(required)]
    user_agent: Option<String>,
    action: String,
    timestamp: String,
    message: String,
    data: TrailData,
}

#[derive(Serialize, utoipa::ToSchema)]
struct TrailData {
    actor: TrailActor,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<TrailUser>,
    team: TrailTeam,
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = HashMap<String, String>)]
    variables: Map<String, Value>,
}

#[derive(Serialize, utoipa::ToSchema)]
struct TrailActor {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    id: i64,
    active: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
struct TrailUser {
    name: String,
    username: String,
    email: String,
    id: i64,
}

#[derive(Serialize, utoipa::ToSchema)]
struct TrailTeam {
    name: String,
    id: u64,
}

/// List audit logs, as Postman's API does
#[utoipa::path(get, path = "/audit/logs", tag = "postman", params(Asked), responses(
    (status = 200, body = Trails), (status = 400, body = PostmanProblem), (status = 401, body = PostmanProblem),
    (status = 403, body = PostmanProblem)))]
async fn list_trails(op: Result<Operation, Error>, Query(asked): Query<Asked>) -> Response {
    let op = match allowed(op).await {
        Ok(op) => op,
        Err(refused) => return refused,
    };
    match trails(&op, asked).await {
        Ok(Ok(trails)) => Json(trails).into_response(),
        Ok(Err(refused)) => refused,
        Err(error) => error.into_response(),
    }
}

/// The page that is asked for; an answer in its place if the question makes no sense.
async fn trails(op: &Operation, asked: Asked) -> Result<Result<Trails, Response>> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let mut filter = Filter::default();
    if let Some(action) = given(asked.action) {
        if !action.split_once('.').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty()) {
            return Ok(Err(refusal(
                StatusCode::BAD_REQUEST,
                "InvalidAuditAction",
                "Invalid audit action format. Expected format: prefix.action_name (e.g., user.login).",
            )));
        }
        match KNOWN.iter().find(|(_, _, key, _)| *key == action) {
            Some((ours, outcome, ..)) => {
                filter.action = Some((*ours).to_owned());
                filter.outcome = Some(*outcome);
            }
            None => filter.action = Some(action),
        }
    }
    for (name, text, into) in
        [("since", given(asked.since), &mut filter.since), ("until", given(asked.until), &mut filter.until)]
    {
        let Some(text) = text else { continue };
        match moment::parsed(&text) {
            Some(at) => *into = Some(at),
            None => return Ok(Err(bad(format!("{name} must be a date such as 2026-11-28 or a date and time")))),
        }
    }
    let days = retention::days(op.signed_in().plan);
    if filter.since.is_some_and(|since| since < op.now.saturating_sub((days + 1).saturating_mul(DAY))) {
        return Ok(Err(bad(format!("since must be within the last {days} days, which your plan keeps"))));
    }
    let limit = match given(asked.limit).map(|text| text.parse::<u32>()) {
        None => USUAL,
        Some(Ok(limit)) if limit > 0 => limit.min(MOST),
        Some(_) => return Ok(Err(bad("limit must be a number from 1 to 300"))),
    };
    let order = match given(asked.order_by).or(given(asked.old_order_by)).as_deref() {
        None | Some("desc") => Order::Desc,
        Some("asc") => Order::Asc,
        Some(_) => return Ok(Err(bad("orderBy must be asc or desc"))),
    };
    let after = match given(asked.cursor).map(|text| text.parse::<u64>()) {
        None => None,
        Some(Ok(id)) if id > 0 => Some(id - 1),
        Some(_) => return Ok(Err(bad("cursor must be the nextCursor of the page before"))),
    };
    if let Some(number) = given(asked.user_id) {
        let Ok(number) = number.parse::<i64>() else { return Ok(Err(bad("userId must be a number"))) };
        let Some(person) = identity::numbered(op.reader(), number).await? else {
            return Ok(Ok(Trails { trails: Vec::new(), next_cursor: None }));
        };
        filter.person = Some(person.0);
    }
    let found = match audit::entries(op.reader(), op.team(), &filter, order, after, limit).await {
        Err(Error::Refused { detail, .. }) => return Ok(Err(bad(detail))),
        found => found?,
    };
    let next_cursor = found.last().filter(|_| found.len() == limit as usize).map(|(sequence, _)| sequence + 1);
    let events = found.iter().map(|(_, entry)| entry.event()).collect::<Result<Vec<_>>>()?;
    let people = audit::people_in(op.reader(), op.team(), &events).await?;
    let team = identity::team_name(op.reader(), op.team()).await?;
    let trails = events.iter().map(|event| trail(event, &people, &team)).collect();
    Ok(Ok(Trails { trails, next_cursor }))
}

fn trail(event: &Event, people: &std::collections::BTreeMap<String, Named>, team: &str) -> Trail {
    let actor = match &event.actor {
        Actor::Person { id } => match people.get(id) {
            Some(person) => TrailActor {
                name: person.name.clone(),
                username: Some(username(person)),
                email: Some(person.email.clone()),
                id: person.numeric_id,
                active: person.active,
            },
            None => system("Deleted user", 0, false),
        },
        Actor::Anonymous => system("Anonymous user", 0, false),
        Actor::Operator => system("Operator", 1, true),
        Actor::System => system("Bulla Internal System", 2, true),
    };
    let user = (event.target.kind == "person").then(|| people.get(&event.target.id)).flatten();
    let mut variables: Map<String, Value> = Map::new();
    variables.insert("targetKind".to_owned(), event.target.kind.clone().into());
    variables.insert("targetId".to_owned(), event.target.id.clone().into());
    if event.outcome == Outcome::Refused {
        variables.insert("outcome".to_owned(), "refused".into());
        variables.extend(event.because.clone().map(|because| ("because".to_owned(), because.into())));
    }
    for (field, change) in &event.changes {
        let after = match &change.after {
            Some(Field::Text(text)) => text.clone(),
            Some(Field::Number(number)) => number.to_string(),
            // Not even its HMAC: it tells a poller nothing.
            Some(Field::Sensitive(_)) => "*****".to_owned(),
            None => String::new(),
        };
        variables.insert(field.clone(), after.into());
    }
    let about = match user {
        Some(user) => format!(" {} (id: {}, email: {})", user.name, user.numeric_id, user.email),
        None => format!(" {} {}", event.target.kind, event.target.id),
    };
    let name = named(event);
    let message = match (event.action.as_str(), event.outcome) {
        ("session.create", Outcome::Done) => format!("{} successfully logged in using the password.", actor.name),
        (_, Outcome::Refused) => format!("{} was refused: {name} on{about}.", actor.name),
        (_, Outcome::Done) => format!("{}: {name} on{about}.", actor.name),
    };
    Trail {
        id: event.sequence + 1,
        ip: event.origin.address.clone(),
        user_agent: event.origin.agent.clone(),
        action: key_of(event),
        // To the second, as Postman's are.
        timestamp: Moment(event.at / 1000 * 1000).to_string(),
        message,
        data: TrailData {
            actor,
            user: user.map(|person| TrailUser {
                name: person.name.clone(),
                username: username(person),
                email: person.email.clone(),
                id: person.numeric_id,
            }),
            team: TrailTeam { name: team.to_owned(), id: team_number(&event.team) },
            variables,
        },
    }
}

fn system(name: &str, id: i64, active: bool) -> TrailActor {
    TrailActor { name: name.to_owned(), username: None, email: None, id, active }
}

/// What stands before the at sign of the address: people have no other name for themselves here.
fn username(person: &Named) -> String {
    person.email.split('@').next().unwrap_or_default().to_owned()
}

/// A number that stays the same for a team: the last eight digits of its id, of which 32 bits are random.
fn team_number(team: &str) -> u64 {
    team.get(team.len().saturating_sub(8)..).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditAction {
    /// Its key, as in `action` of an event.
    name: String,
    /// How it reads.
    display_name: String,
}

/// List the actions that audit logs hold, as Postman's API does
#[utoipa::path(get, path = "/audit-actions", tag = "postman", responses(
    (status = 200, body = Vec<AuditAction>), (status = 401, body = PostmanProblem),
    (status = 403, body = PostmanProblem)))]
async fn list_audit_actions(op: Result<Operation, Error>) -> Response {
    if let Err(refused) = allowed(op).await {
        return refused;
    }
    Json(actions()).into_response()
}

/// Every action, in the order of their display names.
fn actions() -> Vec<AuditAction> {
    let has_key =
        |action: &Action| KNOWN.iter().any(|(ours, outcome, ..)| *ours == action.name() && *outcome == Outcome::Done);
    let known = KNOWN.iter().map(|(_, _, key, name)| ((*key).to_owned(), (*name).to_owned()));
    let ours = Action::ALL
        .iter()
        .filter(|action| !has_key(action))
        .map(|action| (action.name().to_owned(), display_name(action.name())));
    let mut actions: Vec<AuditAction> =
        known.chain(ours).map(|(name, display_name)| AuditAction { name, display_name }).collect();
    // Several of our actions may be one of Postman's.
    actions.sort_by(|one, other| one.name.cmp(&other.name));
    actions.dedup_by(|one, other| one.name == other.name);
    actions.sort_by_key(|action| action.display_name.to_lowercase());
    actions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_key_of_the_form_that_clients_check() {
        let actions = actions();
        for action in &actions {
            assert!(action.name.split_once('.').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty()));
            assert!(!action.display_name.is_empty());
        }
        let mut names: Vec<_> = actions.iter().map(|action| &action.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), actions.len(), "a key stands for one action");
    }
}
