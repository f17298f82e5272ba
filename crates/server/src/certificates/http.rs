//! Routes of certificates.

use axum::http::StatusCode;
use bulla_access::Action;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Certificate, NewCertificate};
use crate::app::App;
use crate::error::Result;
use crate::id::CertificateId;
use crate::operation::Operation;
use crate::problem::{Json, Path, Problems};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_certificates, create_certificate)).routes(routes!(delete_certificate))
}

/// One's own certificates.
#[derive(Serialize, utoipa::ToSchema)]
struct Certificates {
    /// The newest first.
    items: Vec<Certificate>,
}

/// List the certificates that your requests use
///
/// Those of the team that you act in. No key and no passphrase is ever shown.
#[utoipa::path(get, path = "/api/account/certificates", tag = "certificates",
    responses((status = 200, body = Certificates), Problems))]
async fn list_certificates(op: Operation) -> Result<Json<Certificates>> {
    let read = op.read(Action::CertificateList, op.person()).await?;
    Ok(Json(Certificates { items: super::list(read.reader().into(), op.team(), op.person()).await? }))
}

/// Add a certificate that your requests use
///
/// A client certificate is shown to servers of its host that ask for one; an authority is trusted beside those of the
/// system. Both are used for your own requests and runs in this team, and for nobody else's. It is kept sealed, and what
/// came in does not go out again.
#[utoipa::path(post, path = "/api/account/certificates", tag = "certificates", request_body = NewCertificate,
    responses((status = 201, body = Certificate), Problems))]
async fn create_certificate(
    op: Operation,
    Json(body): Json<NewCertificate>,
) -> Result<(StatusCode, Json<Certificate>)> {
    let mut change = op.change(Action::CertificateCreate, op.person()).await?;
    let made = super::create(&mut change, op.person(), body).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Delete a certificate that your requests use
#[utoipa::path(delete, path = "/api/account/certificates/{id}", tag = "certificates", params(("id" = String, Path)),
    responses((status = 204), Problems))]
async fn delete_certificate(op: Operation, Path(id): Path<CertificateId>) -> Result<StatusCode> {
    let mut change = op.change(Action::CertificateDelete, op.person()).await?;
    super::delete(&mut change, op.person(), &id).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
