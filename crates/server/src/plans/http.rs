//! Routes of plans and seats.

use bulla_access::{Action, PLAN_TABLE, Plan};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{SeatHolder, Seats};
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::PersonId;
use crate::identity::{self, Page, Team};
use crate::operation::{About, Operation};
use crate::problem::{Json, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(read_plan, update_plan)).routes(routes!(list_seats))
}

/// What each plan has, and what the team has of it.
#[derive(Serialize, utoipa::ToSchema)]
struct PlanOverview {
    /// `free`, `basic`, `professional` or `enterprise`.
    plan: &'static str,
    /// Every plan, the smallest first.
    plans: Vec<PlanOffer>,
    /// What they differ in.
    features: Vec<PlanFeature>,
    /// How many seats are taken.
    seats: Seats,
    /// May whoever asks change the plan?
    changeable: bool,
}

/// A plan that the team may have.
#[derive(Serialize, utoipa::ToSchema)]
struct PlanOffer {
    /// Its name in the API.
    name: &'static str,
    /// Its name as people read it.
    title: &'static str,
    /// What changes for the team with this plan: what it does not have lies dormant or can only be read.
    dormant: Vec<String>,
}

/// A feature, and what each plan has of it.
#[derive(Serialize, utoipa::ToSchema)]
struct PlanFeature {
    /// What it is.
    name: &'static str,
    /// What each plan has, in the order of the plans: `yes`, `no`, or so much.
    cells: Vec<&'static str>,
    /// Is it in this version?
    built: bool,
}

/// Read what each plan has, and what another one would change
#[utoipa::path(get, path = "/api/team/plan", tag = "plans", responses((status = 200, body = PlanOverview), Problems))]
async fn read_plan(op: Operation) -> Result<Json<PlanOverview>> {
    let read = op.read(Action::PlanRead, About::Team).await?;
    let plan = super::plan_of(read.reader(), op.team()).await?;
    let mut plans = Vec::with_capacity(Plan::ALL.len());
    for offer in Plan::ALL {
        let dormant = super::dormant(read.reader(), op.team(), plan, offer).await?;
        plans.push(PlanOffer { name: offer.name(), title: offer.title(), dormant });
    }
    let features = PLAN_TABLE
        .iter()
        .map(|row| PlanFeature {
            name: row.name,
            cells: row.cells.iter().map(|cell| cell.text()).collect(),
            built: row.built,
        })
        .collect();
    let changer = [bulla_access::TeamRole::SuperAdmin, bulla_access::TeamRole::Billing];
    let changeable = changer.iter().any(|role| op.actor().holds(*role, plan));
    let seats = super::seats(read.reader(), op.team(), op.now).await?;
    Ok(Json(PlanOverview { plan: plan.name(), plans, features, seats, changeable }))
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
    put, path = "/api/team/plan", tag = "plans", request_body = PlanUpdate,
    responses((status = 200, body = Team), Problems)
)]
async fn update_plan(op: Operation, Json(body): Json<PlanUpdate>) -> Result<Json<Team>> {
    let plan = Plan::named(&body.plan).ok_or_else(|| {
        let names: Vec<_> = Plan::ALL.iter().map(|plan| plan.name()).collect();
        Error::invalid("/plan", format!("choose one of {}", names.join(", ")))
    })?;
    op.read(Action::PlanUpdate, About::Team).await?;
    op.confirmed()?;
    let mut change = op.change(Action::PlanUpdate, About::Team).await?;
    let team = identity::change_plan(&mut change, plan).await?;
    change.commit().await?;
    Ok(Json(team))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct SeatsQuery {
    /// Only those whose name or address holds this.
    search: Option<String>,
    /// Where to go on: `next` of the page before.
    after: Option<String>,
    /// At most so many, 100 if nothing is said, up to 500.
    limit: Option<i64>,
}

/// A page of the members, each with why they take a seat.
#[derive(Serialize, utoipa::ToSchema)]
struct SeatHolders {
    /// In the order of their accounts.
    items: Vec<SeatHolder>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<PersonId>,
}

/// List who takes a seat, and why
#[utoipa::path(get, path = "/api/team/seats", tag = "plans", params(SeatsQuery),
    responses((status = 200, body = SeatHolders), Problems))]
async fn list_seats(op: Operation, Query(query): Query<SeatsQuery>) -> Result<Json<SeatHolders>> {
    let read = op.read(Action::PlanRead, About::Team).await?;
    let search = query.search.unwrap_or_default();
    let limit = query.limit.unwrap_or(100).clamp(1, 500);
    let page = Page { search: &search, after: query.after.as_deref(), limit };
    let (items, next) = super::seat_holders(read.reader(), op.team(), &page).await?;
    Ok(Json(SeatHolders { items, next }))
}
