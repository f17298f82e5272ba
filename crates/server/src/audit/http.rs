//! Routes of the audit log.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulla_access::Action;
use bulla_audit::Outcome;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::export::{self, Form};
use super::ledger::{self, Signed};
use super::{Filter, Named, Order, PAGE, postman, stream};
use crate::app::App;
use crate::attachment::attachment;
use crate::error::{Error, Result};
use crate::moment::{self, Moment};
use crate::operation::{About, Door, Operation};
use crate::problem::{Json, Path, Problems, Query};

/// Most checkpoints that one page holds.
const CHECKPOINTS: u32 = 100;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_events))
        .routes(routes!(prove_event))
        .routes(routes!(list_checkpoints, sign_log))
        .routes(routes!(prove_growth))
        .routes(routes!(export_log))
        .routes(routes!(list_actions))
        .merge(postman::http::routes())
        .merge(stream::http::routes())
}

/// The form of a [`bulla_audit::Event`] on the wire.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "it describes")]
struct AuditEvent {
    /// Its place in the log.
    sequence: u64,
    /// A UUID.
    id: String,
    /// Milliseconds since the epoch.
    at: i64,
    /// Who did it.
    actor: AuditActor,
    /// What was done.
    action: String,
    /// To which thing.
    target: AuditTarget,
    /// `done` or `refused`.
    outcome: String,
    /// Why it was refused.
    because: Option<String>,
    /// Fields that changed, each with `text`, `number`, or the HMAC of something `sensitive`.
    changes: Option<BTreeMap<String, AuditChange>>,
    /// How the request came.
    origin: AuditOrigin,
    /// Which parts were kept beside the leaf, with the commitment to each. One that is here but not above was erased.
    commitments: Option<BTreeMap<String, String>>,
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "it describes")]
struct AuditActor {
    /// `person`, `anonymous`, `operator` or `system`.
    kind: String,
    /// Of a person.
    id: Option<String>,
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "it describes")]
struct AuditTarget {
    kind: String,
    id: String,
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "it describes")]
struct AuditChange {
    before: Option<AuditField>,
    after: Option<AuditField>,
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "it describes")]
struct AuditField {
    text: Option<String>,
    number: Option<i64>,
    sensitive: Option<String>,
}

#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "it describes")]
struct AuditOrigin {
    request: Option<String>,
    address: Option<String>,
    agent: Option<String>,
    /// The API key that acted for the person.
    key: Option<String>,
}

/// A page of the log.
#[derive(Serialize, utoipa::ToSchema)]
struct Events {
    /// The events, with what is kept beside them put back. The leaf that was hashed is in the proof of each.
    #[schema(value_type = Vec<AuditEvent>)]
    items: Vec<bulla_audit::Event>,
    /// To hand in as `after`; null on the last page.
    #[schema(required)]
    next: Option<u64>,
    /// Who the people in these events are now, by their ids.
    people: BTreeMap<String, Named>,
    /// How many of the events are under a signed checkpoint: the sequence numbers below it.
    signed: u64,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Page {
    /// The sequence number after which to go on: `next` of the page before.
    after: Option<u64>,
    /// How many, at most 1000.
    limit: Option<u32>,
    /// `asc` for the oldest first, which is usual, or `desc` for the newest first.
    #[param(inline)]
    order: Option<Order>,
}

/// Which events are wanted. What is absent or empty does not matter.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    /// At this time or later: ISO 8601, a date or a time.
    since: Option<String>,
    /// At this time or earlier.
    until: Option<String>,
    /// By the person with this id.
    actor: Option<String>,
    /// This action, by its name.
    action: Option<String>,
    /// About this kind of thing, such as `workspace`.
    target_kind: Option<String>,
    /// About the thing with this id.
    target: Option<String>,
    /// `done` or `refused`.
    outcome: Option<String>,
}

impl Wanted {
    fn filter(self) -> Result<Filter> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let time = |name: &str, text: Option<String>| match given(text) {
            None => Ok(None),
            Some(text) => moment::parsed(&text).map(Some).ok_or_else(|| {
                Error::BadRequest(format!("{name} is no time; write it as 2026-11-28 or 2026-11-28T08:00:00Z"))
            }),
        };
        let outcome = match given(self.outcome).as_deref() {
            None => None,
            Some("done") => Some(Outcome::Done),
            Some("refused") => Some(Outcome::Refused),
            Some(_) => return Err(Error::BadRequest("outcome is done or refused".to_owned())),
        };
        Ok(Filter {
            since: time("since", self.since)?,
            // A date means its whole day.
            until: match given(self.until) {
                Some(text) if text.len() == 10 => {
                    time("until", Some(text))?.map(|start| start.saturating_add(crate::identity::DAY - 1))
                }
                text => time("until", text)?,
            },
            actor: given(self.actor),
            person: None,
            action: given(self.action),
            target_kind: given(self.target_kind),
            target: given(self.target),
            outcome,
        })
    }
}

/// List audit events
///
/// Those that the filters let through, oldest or newest first.
#[utoipa::path(get, path = "/api/audit/events", tag = "audit", params(Page, Wanted),
    responses((status = 200, body = Events), Problems))]
async fn list_events(op: Operation, Query(page): Query<Page>, Query(wanted): Query<Wanted>) -> Result<Json<Events>> {
    let read = op.read(Action::AuditRead, About::Team).await?;
    let (filter, order) = (wanted.filter()?, page.order.unwrap_or_default());
    let limit = page.limit.unwrap_or(100).clamp(1, PAGE);
    let found = super::entries(read.reader(), op.team(), &filter, order, page.after, limit).await?;
    let next = found.last().filter(|_| found.len() == limit as usize).map(|(sequence, _)| *sequence);
    let items = found.iter().map(|(_, entry)| entry.event()).collect::<Result<Vec<_>>>()?;
    let people = super::people_in(read.reader(), op.team(), &items).await?;
    let signed = super::head(read.reader(), op.team()).await?.signed;
    Ok(Json(Events { items, next, people, signed }))
}

/// The proof that an event is in the log that was signed (RFC 6962, section 2.1.1).
#[derive(Serialize, utoipa::ToSchema)]
struct EventProof {
    /// Its place in the log.
    sequence: u64,
    /// The text that was hashed: canonical JSON (RFC 8785).
    leaf: String,
    /// SHA-256 of a zero byte and the leaf, in base64.
    hash: String,
    /// The number of events under the checkpoint.
    size: u64,
    /// The hashes from the leaf up to the root, in base64.
    path: Vec<String>,
    /// The signed note that holds the root.
    checkpoint: String,
    /// The key that checks the note: `name+hash+key`.
    key: String,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Under {
    /// The size of the checkpoint; without it the first one that covers the event is taken.
    size: Option<u64>,
}

/// Prove that an event is in the log
#[utoipa::path(get, path = "/api/audit/events/{sequence}/proof", tag = "audit",
    params(("sequence" = u64, Path), Under), responses((status = 200, body = EventProof), Problems))]
async fn prove_event(
    op: Operation,
    Path(sequence): Path<u64>,
    Query(under): Query<Under>,
    State(door): State<Door>,
) -> Result<Json<EventProof>> {
    let read = op.read(Action::AuditRead, About::Team).await?;
    let entry = super::entry(read.reader(), op.team(), sequence).await?;
    let checkpoint = match under.size {
        None => ledger::covering(read.reader(), op.team(), sequence.saturating_add(1)).await?,
        Some(size) => Some(checkpoint_of(&op, size).await?),
    };
    let Some(checkpoint) = checkpoint else {
        return Err(Error::Conflict {
            code: "not_signed_yet",
            detail: "no checkpoint covers this event yet; one is signed every minute, or now if you ask for it"
                .to_owned(),
        });
    };
    if sequence >= checkpoint.size {
        return Err(Error::Refused {
            code: "not_covered",
            detail: format!("the checkpoint of {} events was signed before this event", checkpoint.size),
        });
    }
    let path = ledger::prove_inclusion(read.reader(), op.team(), sequence, checkpoint.size).await?;
    Ok(Json(EventProof {
        sequence,
        leaf: entry.leaf,
        hash: STANDARD.encode(entry.hash),
        size: checkpoint.size,
        path: path.iter().map(|hash| STANDARD.encode(hash)).collect(),
        checkpoint: checkpoint.note,
        key: ledger::public_key(&door, op.team()).await?.to_string(),
    }))
}

/// The checkpoint of exactly this size.
async fn checkpoint_of(op: &Operation, size: u64) -> Result<Signed> {
    ledger::covering(op.reader(), op.team(), size)
        .await?
        .filter(|found| found.size == size)
        .ok_or(Error::NotFound { what: "checkpoint" })
}

/// The size and root of the log at some time, signed.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignedCheckpoint {
    /// How many events it covers.
    size: u64,
    /// When it was signed.
    signed_at: Moment,
    /// The signed note (C2SP `tlog-checkpoint`). Keep it elsewhere: it proves later that nothing was changed.
    note: String,
}

impl From<Signed> for SignedCheckpoint {
    fn from(signed: Signed) -> Self {
        Self { size: signed.size, signed_at: signed.signed_at, note: signed.note }
    }
}

/// The checkpoints of a log.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Checkpoints {
    /// The newest first.
    items: Vec<SignedCheckpoint>,
    /// To hand in as `before`; null on the last page.
    #[schema(required)]
    next: Option<u64>,
    /// How many events the log has.
    size: u64,
    /// The sequence number of the first event that is still kept.
    kept_from: u64,
    /// The key that checks the notes: `name+hash+key`.
    key: String,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct CheckpointPage {
    /// The size below which to go on: `next` of the page before.
    before: Option<u64>,
    /// How many, at most 100.
    limit: Option<u32>,
}

/// List the checkpoints of the audit log
#[utoipa::path(get, path = "/api/audit/checkpoints", tag = "audit", params(CheckpointPage),
    responses((status = 200, body = Checkpoints), Problems))]
async fn list_checkpoints(
    op: Operation,
    Query(page): Query<CheckpointPage>,
    State(door): State<Door>,
) -> Result<Json<Checkpoints>> {
    let read = op.read(Action::AuditRead, About::Team).await?;
    let limit = page.limit.unwrap_or(20).clamp(1, CHECKPOINTS);
    let found = ledger::checkpoints(read.reader(), op.team(), page.before, limit).await?;
    let next = found.last().filter(|_| found.len() == limit as usize).map(|signed| signed.size);
    let head = super::head(read.reader(), op.team()).await?;
    Ok(Json(Checkpoints {
        items: found.into_iter().map(SignedCheckpoint::from).collect(),
        next,
        size: head.size,
        kept_from: head.kept_from,
        key: ledger::public_key(&door, op.team()).await?.to_string(),
    }))
}

/// Sign the audit log now
///
/// The checkpoint covers every event up to the one of this request. Otherwise one is signed every minute.
#[utoipa::path(post, path = "/api/audit/checkpoints", tag = "audit",
    responses((status = 201, body = SignedCheckpoint), Problems))]
async fn sign_log(op: Operation, State(door): State<Door>) -> Result<(StatusCode, Json<SignedCheckpoint>)> {
    op.change(Action::AuditSign, About::Team).await?.commit().await?;
    let signed = ledger::sign(&door, op.team()).await?;
    Ok((StatusCode::CREATED, Json(signed.into())))
}

/// The proof that the log only grew from one checkpoint to another (RFC 6962, section 2.1.2).
#[derive(Serialize, utoipa::ToSchema)]
struct GrowthProof {
    /// Events under the older checkpoint.
    from: u64,
    /// Events under the newer one.
    to: u64,
    /// Hashes, in base64.
    path: Vec<String>,
    /// The newer signed note.
    checkpoint: String,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Growth {
    /// The size of the older checkpoint, such as one that you kept.
    from: u64,
    /// The size of the newer one; without it the newest is taken.
    to: Option<u64>,
}

/// Prove that the audit log only grew since a checkpoint
#[utoipa::path(get, path = "/api/audit/consistency", tag = "audit", params(Growth),
    responses((status = 200, body = GrowthProof), Problems))]
async fn prove_growth(op: Operation, Query(growth): Query<Growth>) -> Result<Json<GrowthProof>> {
    let read = op.read(Action::AuditRead, About::Team).await?;
    let newer = match growth.to {
        Some(to) => checkpoint_of(&op, to).await?,
        None => {
            let newest = ledger::checkpoints(read.reader(), op.team(), None, 1).await?;
            newest.into_iter().next().ok_or(Error::NotFound { what: "checkpoint" })?
        }
    };
    if growth.from > newer.size {
        return Err(Error::Refused {
            code: "not_covered",
            detail: format!("from is larger than the newer checkpoint, which covers {} events", newer.size),
        });
    }
    let path = ledger::prove_consistency(read.reader(), op.team(), growth.from, newer.size).await?;
    Ok(Json(GrowthProof {
        from: growth.from,
        to: newer.size,
        path: path.iter().map(|hash| STANDARD.encode(hash)).collect(),
        checkpoint: newer.note,
    }))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct AsFile {
    /// `ndjson` for the whole log with its checkpoints, as `bulla audit verify` reads it; `csv` or `json` for what the
    /// filters let through.
    format: String,
}

/// Take the audit log away as a file
///
/// The audit log says who took it.
#[utoipa::path(get, path = "/api/audit/export", tag = "audit", params(AsFile, Wanted),
    responses((status = 200, content(
        (HashMap<String, serde_json::Value> = "application/x-ndjson"),
        (String = "text/csv"),
        (Vec<HashMap<String, serde_json::Value>> = "application/json"),
    )), Problems))]
async fn export_log(
    op: Operation,
    Query(form): Query<AsFile>,
    Query(wanted): Query<Wanted>,
    State(door): State<Door>,
) -> Result<Response> {
    let form_of_people = match form.format.as_str() {
        "ndjson" => None,
        "csv" => Some(Form::Csv),
        "json" => Some(Form::Json),
        _ => return Err(Error::BadRequest("format is ndjson, csv or json".to_owned())),
    };
    let filter = wanted.filter()?;
    let mut change = op.change(Action::AuditExport, About::Team).await?;
    change.text("format", None, Some(&form.format));
    change.commit().await?;
    let name = format!("audit-{}", &Moment(op.now).to_string()[..10]);
    let (team, ending, kind) = match form_of_people {
        None => (op.team().to_owned(), "ndjson", "application/x-ndjson"),
        Some(Form::Csv) => (op.team().to_owned(), "csv", "text/csv"),
        Some(Form::Json) => (op.team().to_owned(), "json", "application/json"),
    };
    let body = match form_of_people {
        None => Body::from_stream(export::whole(door.clone(), team.clone(), export::size(&door, &team).await?)),
        Some(form) => Body::from_stream(export::readable(door, team, filter, form)),
    };
    let mut headers = attachment(&name, ending);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok((headers, body).into_response())
}

/// An action that events hold.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct NamedAction {
    /// As in `action` of an event.
    name: String,
    /// How it reads.
    display_name: String,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Actions {
    /// In the order of their names.
    items: Vec<NamedAction>,
}

/// List the actions that events hold
#[utoipa::path(get, path = "/api/audit/actions", tag = "audit", responses((status = 200, body = Actions), Problems))]
async fn list_actions(op: Operation) -> Result<Json<Actions>> {
    op.read(Action::AuditRead, About::Team).await?;
    let names = Action::ALL.iter().map(|action| action.name()).chain(super::OWN_ACTIONS.iter().copied());
    let mut items: Vec<_> =
        names.map(|name| NamedAction { name: name.to_owned(), display_name: postman::display_name(name) }).collect();
    items.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Json(Actions { items }))
}
