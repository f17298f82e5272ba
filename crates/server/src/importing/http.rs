//! Routes that take files in.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use bulla_access::Action;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{File, Imported, ImportedKind, Importer};
use crate::app::App;
use crate::error::{Error, Result};
use crate::id::WorkspaceId;
use crate::instance::Meta;
use crate::limits;
use crate::operation::Operation;
use crate::problem::{Json, Path, Problems, Query};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(import_file)).routes(routes!(import_sample))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct FileName {
    /// The name of the file, for the audit log.
    name: Option<String>,
}

/// Import a file
///
/// A collection (v1, v2.0, v2.1), an environment or globals. The body is the file itself.
#[utoipa::path(post, path = "/api/workspaces/{id}/import", tag = "import", params(("id" = String, Path), FileName),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Imported), Problems))]
async fn import_file(
    op: Operation,
    State(importer): State<Importer>,
    Path(id): Path<WorkspaceId>,
    Query(file): Query<FileName>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Imported>)> {
    // May they? Asked before the file is taken in, and again in the transaction.
    op.read(Action::CollectionImport, &id).await?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|size| size.to_str().ok()?.parse().ok());
    let bytes = importer.receive(announced, body.into_data_stream()).await?;
    let name = file.name.as_deref().map(limits::listed_name);
    Ok((StatusCode::CREATED, Json(store(&op, &importer, &id, bytes, name.as_deref()).await?)))
}

/// Import the sample collection
///
/// It calls the echo service of this instance.
#[utoipa::path(post, path = "/api/workspaces/{id}/samples", tag = "import", params(("id" = String, Path)),
    responses((status = 201, body = Imported), Problems))]
async fn import_sample(
    op: Operation,
    State(importer): State<Importer>,
    State(meta): State<Arc<Meta>>,
    Path(id): Path<WorkspaceId>,
) -> Result<(StatusCode, Json<Imported>)> {
    op.read(Action::CollectionImport, &id).await?;
    let echo = meta.echo_url.as_deref().ok_or_else(|| Error::Conflict {
        code: "no_echo",
        detail: "this instance has no echo service that the sample could call".to_owned(),
    })?;
    let file = importer.file(super::sample(echo)).await?;
    Ok((StatusCode::CREATED, Json(store(&op, &importer, &id, file, None).await?)))
}

async fn store(
    op: &Operation,
    importer: &Importer,
    id: &WorkspaceId,
    file: File,
    name: Option<&str>,
) -> Result<Imported> {
    let key = Arc::new(op.read(Action::WorkspaceRead, id).await?.key(op.team()).await?);
    let ready = importer.understand(file, Arc::clone(&key), op.team(), op.now).await?;
    let action = match ready.kind() {
        ImportedKind::Collection => Action::CollectionImport,
        ImportedKind::Environment | ImportedKind::Globals => Action::EnvironmentImport,
    };
    let mut change = op.change(action, id).await?;
    let imported = ready.store(&mut change, &key).await?;
    change.text("file", None, name);
    change.commit().await?;
    Ok(imported)
}
