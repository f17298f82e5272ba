//! The frame around the routes: what they are built from, and what every request passes.
//!
//! Each capability gives its routes and takes its own part of [`App`] with `State`; nothing is handed the whole. Every
//! answer carries `x-request-id`; a change needs the header `x-bulla-request` and must not come from another site.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRef, MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::{Router, http};
use bulla_db::Database;
use tokio::sync::Notify;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::timeout::TimeoutBody;
use tracing::Instrument;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::api_keys::Brake;
use crate::audit::stream::Outlets;
use crate::collections::Exporter;
use crate::config::{Config, DatabasePlace};
use crate::copying::Copier;
use crate::error::{Error, Result};
use crate::identity::{Passkeys, Passwords};
use crate::importing::Importer;
use crate::instance::Meta;
use crate::keys::Vault;
use crate::mail::Post;
use crate::operation::Door;
use crate::problem::Problem;
use crate::publishing::Turnstile;
use crate::runs::Runs;
use crate::schema::MIGRATIONS;
use crate::{
    access, activity, api_keys, audit, certificates, collections, copying, environments, groups, identity, importing,
    instance, invites, mail, notifications, plans, publishing, runs, trash, watching, web, workspaces,
};

/// Largest JSON body of a route that says nothing else.
pub(crate) const BODY: usize = 32 * 1024 * 1024;
/// The header that a change must carry: a page of another site cannot set it.
const PROOF: HeaderName = HeaderName::from_static("x-bulla-request");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the routes are built from. Each takes its part with `State<Part>`.
#[derive(Clone, FromRef)]
pub struct App {
    /// The database and the keys.
    pub door: Door,
    /// How files are imported.
    pub importer: Importer,
    /// How collections are exported.
    pub exporter: Exporter,
    /// How copies are made.
    pub copier: Copier,
    /// What sends requests.
    pub runs: Runs,
    /// Where the instance is found, and how its mails leave it.
    pub post: Post,
    /// How the audit log leaves it.
    pub outlets: Outlets,
    /// What the instance says of itself.
    pub meta: Arc<Meta>,
    /// How passwords are hashed.
    pub passwords: Passwords,
    /// What passkeys are made for.
    pub passkeys: Passkeys,
    /// What slows wrong API keys down.
    pub brake: Brake,
    /// What slows down those who read without being signed in.
    pub turnstile: Turnstile,
    /// How the instance is set up.
    pub config: Arc<Config>,
}

/// The id of a request, in its answer, its log lines and its audit events.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

impl App {
    /// Opens the database, brings its schema forward, and takes the keys.
    ///
    /// # Errors
    ///
    /// If the database cannot be opened or is newer than this program, or the root key does not fit it.
    pub async fn open(config: Config) -> Result<Self> {
        let database = match &config.database {
            DatabasePlace::Sqlite(path) => Database::open_sqlite(path).await?,
            DatabasePlace::Postgres(url) => Database::open_postgres(url.expose()).await?,
        };
        database.migrate(MIGRATIONS).await?;
        let vault = Vault::open(&database, &config.root_key).await?;
        let bell = Arc::new(Notify::new());
        Ok(Self {
            post: Post::new(&config, Arc::clone(&bell))?,
            outlets: Outlets::new(&config),
            door: Door { database, vault, clock: config.clock.clone(), bell },
            importer: Importer::new(config.import_limit),
            exporter: Exporter::new(),
            copier: Copier::new(),
            runs: Runs::new(&config)?,
            passwords: Passwords::new(config.passwords)?,
            passkeys: Passkeys::new(&config)?,
            brake: Brake::new()?,
            turnstile: Turnstile::new()?,
            meta: Arc::new(Meta::new(&config)),
            config: Arc::new(config),
        })
    }

    /// Says where the server listens, so that links lead there unless `public-url` says more.
    ///
    /// # Errors
    ///
    /// If it is no address.
    pub(crate) fn listening_at(self, url: &str) -> Result<Self> {
        if self.config.public_url.is_some() {
            return Ok(self);
        }
        Ok(Self { post: self.post.listening_at(url)?, ..self })
    }

    /// Says where the echo service listens, so that the sample collection can call it.
    #[must_use]
    pub fn with_echo(mut self, url: String) -> Self {
        self.meta = Arc::new(Meta { echo_url: Some(url), ..(*self.meta).clone() });
        self
    }
}

#[derive(OpenApi)]
#[openapi(
    components(schemas(Problem)),
    info(
        title = "Bulla",
        description = "The API between Bulla and its web app, and for programs with an API key in `x-api-key` or \
                   `authorization: Bearer`. A change without a key carries the header `x-bulla-request: 1`; what goes \
                   wrong is a problem document with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    )
)]
struct Description;

fn described() -> (Router<App>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(instance::http::routes())
        .merge(identity::http::routes())
        .merge(invites::http::routes())
        .merge(plans::http::routes())
        .merge(api_keys::http::routes())
        .merge(groups::http::routes())
        .merge(access::http::routes())
        .merge(workspaces::http::routes())
        .merge(workspaces::visibility::http::routes())
        .merge(workspaces::requests::http::routes())
        .merge(publishing::http::routes())
        .merge(copying::http::routes())
        .merge(activity::http::routes())
        .merge(watching::http::routes())
        .merge(trash::http::routes())
        .merge(collections::http::routes())
        .merge(environments::http::routes())
        .merge(importing::http::routes())
        .merge(runs::http::routes())
        .merge(certificates::http::routes())
        .merge(audit::http::routes())
        .merge(mail::http::routes())
        .merge(notifications::http::routes())
        .split_for_parts()
}

/// The description of the API: OpenAPI 3.1, the text of `web/openapi.json`.
pub fn openapi() -> String {
    let (_, mut api) = described();
    // The version of the program is no part of its interface: the file must not change with each release.
    api.info.version = "1".to_owned();
    let mut text = api.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Every route, ready to be served.
pub fn router(app: App) -> Router {
    let (routes, _) = described();
    let compression = CompressionLayer::new().compress_when(
        DefaultPredicate::new()
            // A stream of events must not wait in a buffer.
            .and(NotForContentType::const_new("application/x-ndjson"))
            .and(NotForContentType::const_new("font/")),
    );
    routes
        .fallback(web::serve)
        .layer(from_fn(refuse_other_sites))
        .layer(from_fn_with_state(app.config.patience, lose_patience))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(compression)
        .layer(from_fn_with_state(Arc::clone(&app.config), finish))
        .with_state(app)
}

/// Gives the request its id and its span, and its answer the body of its problem and the headers all share.
async fn finish(State(config): State<Arc<Config>>, mut request: Request, next: Next) -> Response {
    let id = crate::id::new(crate::moment::now());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = %id, %method, route);
    request.extensions_mut().insert(RequestId(id.clone()));
    let started = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let mut response = with_problem(response, &id);
    let headers = response.headers_mut();
    for (name, value) in COMMON_HEADERS {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if config.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    instance::count(method.as_str(), &route, status, elapsed);
    span.in_scope(|| tracing::info!(status, milliseconds = elapsed.as_millis() as u64, "answered"));
    response
}

/// Writes the body of a problem that a handler left in an empty answer.
fn with_problem(mut response: Response, id: &str) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        // An answer of axum's own: a method that the path does not have.
        None if response.status() == http::StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(response.status(), "method_not_allowed", "the path does not have this method")
        }
        None => return response,
    };
    let problem = Problem { request_id: id.to_owned(), ..problem };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(http::header::CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    Response::from_parts(parts, body.into())
}

/// What every answer says to a browser.
const COMMON_HEADERS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; \
         media-src 'self' data: blob:; frame-src 'self' blob: data:; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'",
    ),
];

/// Refuses a change that a page of another site may have started.
///
/// Such a page can send a form with our cookie, but neither our header nor our origin.
async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // With a key the cookie counts for nothing, and no page can make another site's browser send one.
    if safe || api_key(request.headers()).is_some() {
        return next.run(request).await;
    }
    match same_site(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(why) => Error::CrossSite(why).into_response(),
    }
}

/// The API key that a request shows: `x-api-key`, or a bearer token that begins as a key does, since a proxy in front may
/// use the header for itself.
pub(crate) fn api_key(headers: &HeaderMap) -> Option<&str> {
    if let Some(key) = headers.get("x-api-key") {
        // What is no text is no key either, and is refused as one.
        return Some(key.to_str().unwrap_or_default());
    }
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with("PMAK-")).then_some(token)
}

fn same_site(headers: &HeaderMap) -> Result<(), &'static str> {
    if headers.get(PROOF).is_none_or(|proof| proof != "1") {
        return Err("a change must carry the header x-bulla-request: 1");
    }
    if let Some(site) = headers.get("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return Err("the request comes from another site");
    }
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let from = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    if from.is_none() || from != host {
        return Err("the request comes from another origin");
    }
    Ok(())
}

/// A body that stops coming is an error: whoever dribbles it holds a connection and what waits for it.
async fn lose_patience(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    next.run(request.map(|body| Body::new(TimeoutBody::new(patience, body)))).await
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Error::unexpected("a handler panicked").into_response()
}

/// How long open connections get to finish when the server stops.
pub(crate) const GRACE: Duration = Duration::from_secs(10);
