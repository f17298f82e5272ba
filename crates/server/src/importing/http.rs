//! Routes.

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
