//! The instance itself: what it is, whether it is well, and what it counts.

pub mod http;

use std::sync::OnceLock;
use std::time::Duration;

use bulla_db::Database;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use subtle::ConstantTimeEq;

use crate::config::{Config, Hidden};
use crate::error::{Error, Result};
use crate::schema::MIGRATIONS;

/// What the instance says of itself to whoever is signed in.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// The version of the program.
    pub version: &'static str,
    /// Where the echo service listens that the sample collection calls; null if there is none.
    #[schema(required)]
    pub echo_url: Option<String>,
    /// Where requests may go.
    pub egress: Egress,
}

/// Where requests that are sent for people may go.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Egress {
    /// Anywhere but cloud metadata addresses.
    Loopback,
    /// Public addresses, and what the operator lists.
    Public,
}

impl Meta {
    /// What an instance with this configuration says of itself.
    pub fn new(config: &Config) -> Self {
        let egress = match config.egress {
            bulla_transport::Egress::Open | bulla_transport::Egress::LoopbackServer => Egress::Loopback,
            bulla_transport::Egress::Public { .. } => Egress::Public,
        };
        Self { version: env!("CARGO_PKG_VERSION"), echo_url: None, egress }
    }
}

/// Can this node serve?
///
/// # Errors
///
/// [`Error::Busy`] if the database does not answer, or has another schema than this program.
pub async fn ready(database: &Database) -> Result<()> {
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    let found = database.schema_version().await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        Error::Busy("the database does not answer".to_owned())
    })?;
    if found != known {
        tracing::warn!(found, known, "not ready: the schema is another program's");
        return Err(Error::Busy(format!("the database has schema version {found}, and this program needs {known}")));
    }
    Ok(())
}

/// May the metrics be read? From the machine itself, or with the token if there is one.
pub fn may_read_metrics(token: Option<&Hidden>, given: Option<&str>, local: bool) -> bool {
    let right = match (token, given) {
        (Some(token), Some(given)) => bool::from(token.expose().as_bytes().ct_eq(given.as_bytes())),
        _ => false,
    };
    right || (local && given.is_none())
}

/// The counters of this process. The `metrics` library has one recorder for a process.
fn recorder() -> Result<&'static PrometheusHandle> {
    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    HANDLE
        .get_or_init(|| PrometheusBuilder::new().install_recorder().ok())
        .as_ref()
        .ok_or_else(|| Error::unexpected("the recorder of metrics could not be installed"))
}

/// Makes the recorder of metrics, so that what happens from now on is counted.
///
/// # Errors
///
/// If another library of the process has made its own.
pub fn start_counting() -> Result<()> {
    recorder().map(|_| ())
}

/// The counters in Prometheus' text format.
///
/// # Errors
///
/// If counting was not started.
pub fn counted() -> Result<String> {
    let handle = recorder()?;
    handle.run_upkeep();
    Ok(handle.render())
}

/// Counts one answered request. `route` is the pattern of the path, so that ids do not become labels.
pub fn count(method: &str, route: &str, status: u16, elapsed: Duration) {
    let labels =
        [("method", method.to_owned()), ("route", route.to_owned()), ("status", format!("{}xx", status / 100))];
    metrics::counter!("bulla_http_requests_total", &labels).increment(1);
    metrics::histogram!("bulla_http_request_seconds", &labels).record(elapsed.as_secs_f64());
}
