//! Routes of notifications.

use axum::http::StatusCode;
use bulla_access::Action;
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Notification, PAGE, Preference, Wish};
use crate::app::App;
use crate::error::Result;
use crate::id::NotificationId;
use crate::operation::Operation;
use crate::problem::{Json, Path, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_notifications))
        .routes(routes!(count_notifications))
        .routes(routes!(read_notification))
        .routes(routes!(read_notifications))
        .routes(routes!(list_notification_preferences, update_notification_preferences))
}

/// A page of what somebody was told.
#[derive(Serialize, utoipa::ToSchema)]
struct Notifications {
    /// The newest first.
    items: Vec<Notification>,
    /// To hand in as `before`; null on the last page.
    #[schema(required)]
    next: Option<NotificationId>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// The notice behind which to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    before: Option<NotificationId>,
    /// How many, at most 100.
    limit: Option<u32>,
    /// Only what was not read.
    unread: Option<bool>,
}

/// List what one was told
#[utoipa::path(get, path = "/api/notifications", tag = "notifications", params(Asked),
    responses((status = 200, body = Notifications), Problems))]
async fn list_notifications(op: Operation, Query(asked): Query<Asked>) -> Result<Json<Notifications>> {
    let read = op.read(Action::NotificationList, op.person()).await?;
    let limit = asked.limit.unwrap_or(50).clamp(1, PAGE);
    let unread = asked.unread.unwrap_or_default();
    let items = super::list(read.reader(), op.team(), op.person(), unread, asked.before.as_ref(), limit).await?;
    let next = items.last().filter(|_| items.len() == limit as usize).map(|last| last.id.clone());
    Ok(Json(Notifications { items, next }))
}

/// How much one has not read.
#[derive(Serialize, utoipa::ToSchema)]
struct Unread {
    /// How many.
    unread: i64,
}

/// Count what one has not read
#[utoipa::path(get, path = "/api/notifications/unread", tag = "notifications",
    responses((status = 200, body = Unread), Problems))]
async fn count_notifications(op: Operation) -> Result<Json<Unread>> {
    let read = op.read(Action::NotificationList, op.person()).await?;
    Ok(Json(Unread { unread: super::unread(read.reader(), op.team(), op.person()).await? }))
}

/// Note that one has read a notice
#[utoipa::path(post, path = "/api/notifications/{id}/read", tag = "notifications", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn read_notification(op: Operation, Path(id): Path<NotificationId>) -> Result<StatusCode> {
    let mut change = op.change(Action::NotificationRead, op.person()).await?;
    super::read_one(&mut change, op.person(), &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Note that one has read all of them
#[utoipa::path(post, path = "/api/notifications/read", tag = "notifications", responses((status = 204), Problems))]
async fn read_notifications(op: Operation) -> Result<StatusCode> {
    let mut change = op.change(Action::NotificationRead, op.person()).await?;
    super::read_all(&mut change, op.person()).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What somebody wants to be told.
#[derive(Serialize, utoipa::ToSchema)]
struct Preferences {
    /// Kind by kind.
    items: Vec<Preference>,
}

/// List what one wants to be told
#[utoipa::path(get, path = "/api/notifications/preferences", tag = "notifications",
    responses((status = 200, body = Preferences), Problems))]
async fn list_notification_preferences(op: Operation) -> Result<Json<Preferences>> {
    let read = op.read(Action::NotificationList, op.person()).await?;
    Ok(Json(Preferences { items: super::preferences(read.reader().into(), op.person()).await? }))
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Wishes {
    /// What changes; the rest stays.
    wishes: Vec<Wish>,
}

/// Say what one wants to be told, and how
#[utoipa::path(patch, path = "/api/notifications/preferences", tag = "notifications", request_body = Wishes,
    responses((status = 200, body = Preferences), Problems))]
async fn update_notification_preferences(op: Operation, Json(body): Json<Wishes>) -> Result<Json<Preferences>> {
    let mut change = op.change(Action::NotificationPreferencesUpdate, op.person()).await?;
    super::prefer(&mut change, op.person(), &body.wishes).await?;
    let items = super::preferences(change.transaction().into(), op.person()).await?;
    change.commit().await?;
    Ok(Json(Preferences { items }))
}
