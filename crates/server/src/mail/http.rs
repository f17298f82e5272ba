//! Routes of the outbox.

use axum::extract::State;
use axum::http::StatusCode;
use bulla_access::Action;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Mail, Opened, Post};
use crate::app::App;
use crate::error::Result;
use crate::id::MailId;
use crate::operation::{About, Operation};
use crate::problem::{Json, Path, Problems};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_outbox))
        .routes(routes!(delete_mail))
        .routes(routes!(open_mail))
        .routes(routes!(retry_mail))
}

/// The mails of a team.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct Outbox {
    /// Are mails sent from here? If not, they wait to be passed on by hand.
    delivers: bool,
    /// The newest first.
    items: Vec<Mail>,
}

/// List the mails of the team
#[utoipa::path(get, path = "/api/outbox", tag = "mail", responses((status = 200, body = Outbox), Problems))]
async fn list_outbox(op: Operation, State(post): State<Post>) -> Result<Json<Outbox>> {
    let read = op.read(Action::MailList, About::Team).await?;
    Ok(Json(Outbox { delivers: post.smtp.is_some(), items: super::outbox(read.reader(), op.team()).await? }))
}

/// Open a mail, to pass it on by hand
///
/// Only where no mail server is configured: elsewhere what a mail says is for its recipient alone. The audit log says who
/// opened it.
#[utoipa::path(
    post, path = "/api/outbox/{id}/open", tag = "mail", params(("id" = String, Path)),
    responses((status = 200, body = Opened), Problems)
)]
async fn open_mail(op: Operation, State(post): State<Post>, Path(id): Path<MailId>) -> Result<Json<Opened>> {
    let mut change = op.change(Action::MailRead, About::Team).await?;
    let opened = super::open(&mut change, &post, &id).await?;
    change.commit().await?;
    Ok(Json(opened))
}

/// Have a mail tried again that failed
#[utoipa::path(
    post, path = "/api/outbox/{id}/retry", tag = "mail", params(("id" = String, Path)),
    responses((status = 204), Problems)
)]
async fn retry_mail(op: Operation, Path(id): Path<MailId>) -> Result<StatusCode> {
    let mut change = op.change(Action::MailRetry, About::Team).await?;
    super::retry(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a mail out of the outbox
#[utoipa::path(
    delete, path = "/api/outbox/{id}", tag = "mail", params(("id" = String, Path)),
    responses((status = 204), Problems)
)]
async fn delete_mail(op: Operation, Path(id): Path<MailId>) -> Result<StatusCode> {
    let mut change = op.change(Action::MailDelete, About::Team).await?;
    super::delete(&mut change, &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
