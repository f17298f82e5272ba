//! The web app, embedded in the binary when it is built.
//!
//! In a debug build the files are read from `web/dist` at run time, and the build does not need them. Files under
//! `assets/` carry a hash in their name and are cached for good; every other path that is no API is the app itself,
//! which reads the path.

use axum::extract::Request;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::Problem;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Dist;

const PAGE: &str = "index.html";

/// Serves a file of the web app, or the app itself for a path that is none.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Problem::new(StatusCode::NOT_FOUND, "no_route", "the API has no such path").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "only GET works here")
            .into_response();
    }
    if let Some(file) = Dist::get(path).filter(|_| !path.is_empty()) {
        return answer(path, file, request.headers());
    }
    // A missing asset must not be answered with a page: the browser would try to run it.
    if path.starts_with("assets/") {
        return Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such file").into_response();
    }
    match Dist::get(PAGE) {
        Some(page) => answer(PAGE, page, request.headers()),
        None => Html(
            "<!doctype html><html lang=en><title>Bulla</title><p>The web app was not built into this program. Run \
             <code>cargo xtask run</code>, or <code>npm run build</code> in <code>web</code>.",
        )
        .into_response(),
    }
}

fn answer(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let etag = {
        use std::fmt::Write;
        let mut text = String::from("\"");
        for byte in &file.metadata.sha256_hash()[..16] {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('"');
        text
    };
    let mut headers = HeaderMap::new();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let known = asked.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok()).unwrap_or_default();
    if known.split(',').any(|known| known.trim().trim_start_matches("W/") == etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let accepted = asked.get(ACCEPT_ENCODING).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if accepted.split(',').any(|accepted| accepted.split(';').next().is_some_and(|name| name.trim() == encoding))
            && let Some(compressed) = Dist::get(&format!("{path}.{ending}"))
        {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            return (headers, compressed.data).into_response();
        }
    }
    (headers, file.data).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
