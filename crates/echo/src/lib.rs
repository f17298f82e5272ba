//! A local echo service with the paths of postman-echo, so that samples and tests need no internet.
//!
//! It keeps no state. Answers have postman-echo's shapes: `args`, `data`, `files`, `form`, `headers`, `json`, `url`.

mod answer;

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get};
use base64::Engine;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

/// Largest body that is echoed.
const BODY: usize = 16 * 1024 * 1024;
/// Longest that `/delay/:seconds` waits.
const DELAY: u64 = 10;
/// Most bytes of `/bytes/:n`.
const BYTES: usize = 64 * 1024 * 1024;

/// Answers on `listener` until `shutdown` is done.
pub async fn serve(listener: TcpListener, shutdown: impl Future<Output = ()> + Send + 'static) {
    let served = axum::serve(listener, router()).with_graceful_shutdown(shutdown).await;
    // The listener is ours and binding has succeeded: accept errors are retried by axum and never end it.
    debug_assert!(served.is_ok());
}

/// The routes.
pub fn router() -> Router {
    Router::new()
        .route("/get", any(echo))
        .route("/post", any(echo))
        .route("/put", any(echo))
        .route("/patch", any(echo))
        .route("/delete", any(echo))
        .route("/request", any(echo))
        .route("/headers", get(headers))
        .route("/response-headers", get(response_headers))
        .route("/status/{code}", any(status))
        .route("/delay/{seconds}", any(delay))
        .route("/redirect-to", any(redirect_to))
        .route("/cookies", get(cookies))
        .route("/cookies/set", get(set_cookies))
        .route("/cookies/delete", get(delete_cookies))
        .route("/basic-auth", get(basic_auth))
        .route("/bytes/{count}", get(bytes))
        .route("/encoding/utf8", get(utf8))
        .fallback(|| async { (StatusCode::NOT_FOUND, Json(json!({ "error": "the echo service has no such path" }))) })
}

async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match axum::body::to_bytes(body, BODY).await {
        Ok(body) => Json(answer::echoed(&parts.method, &parts.uri, &parts.headers, &body)).into_response(),
        Err(_) => (StatusCode::PAYLOAD_TOO_LARGE, Json(json!({ "error": "the body is over 16 MiB" }))).into_response(),
    }
}

async fn headers(headers: HeaderMap) -> Json<Value> {
    Json(json!({ "headers": answer::headers(&headers) }))
}

async fn response_headers(uri: Uri) -> Response {
    let args = answer::query(&uri);
    let mut answered = HeaderMap::new();
    for (name, value) in &args {
        for value in value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice) {
            let name = header::HeaderName::try_from(name.as_str());
            let value = header::HeaderValue::try_from(value.as_str().unwrap_or_default());
            if let (Ok(name), Ok(value)) = (name, value) {
                answered.append(name, value);
            }
        }
    }
    (answered, Json(Value::Object(args))).into_response()
}

async fn status(Path(code): Path<u16>) -> Response {
    match StatusCode::from_u16(code) {
        Ok(status) => (status, Json(json!({ "status": code }))).into_response(),
        Err(_) => (StatusCode::BAD_REQUEST, Json(json!({ "error": "no such status" }))).into_response(),
    }
}

async fn delay(Path(seconds): Path<u64>) -> Json<Value> {
    let seconds = seconds.min(DELAY);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    Json(json!({ "delay": seconds.to_string() }))
}

async fn redirect_to(uri: Uri) -> Response {
    let args = answer::query(&uri);
    let code = args.get("status_code").and_then(Value::as_str).and_then(|code| code.parse().ok()).unwrap_or(302);
    let location = args.get("url").and_then(Value::as_str).and_then(|url| header::HeaderValue::try_from(url).ok());
    match (location, StatusCode::from_u16(code)) {
        (Some(location), Ok(code)) if code.is_redirection() => (code, [(header::LOCATION, location)]).into_response(),
        _ => (StatusCode::BAD_REQUEST, Json(json!({ "error": "name a url, and a status_code from 300 to 399" })))
            .into_response(),
    }
}

async fn cookies(headers: HeaderMap) -> Json<Value> {
    Json(json!({ "cookies": answer::cookies(&headers) }))
}

async fn set_cookies(uri: Uri) -> Response {
    cookies_changed(&answer::query(&uri), |name, value| format!("{name}={value}; Path=/"))
}

async fn delete_cookies(uri: Uri) -> Response {
    cookies_changed(&answer::query(&uri), |name, _| format!("{name}=; Path=/; Max-Age=0"))
}

/// A redirect to `/cookies` that sets a cookie for each argument.
fn cookies_changed(args: &Map<String, Value>, cookie: impl Fn(&str, &str) -> String) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, header::HeaderValue::from_static("/cookies"));
    for (name, value) in args {
        let cookie = header::HeaderValue::try_from(cookie(name, value.as_str().unwrap_or_default()));
        if let Ok(cookie) = cookie {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    (StatusCode::FOUND, headers).into_response()
}

/// Postman's public test account: `postman`, `password`.
async fn basic_auth(headers: HeaderMap) -> Response {
    let expected = base64::engine::general_purpose::STANDARD.encode("postman:password");
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if given.strip_prefix("Basic ") == Some(expected.as_str()) {
        return Json(json!({ "authenticated": true })).into_response();
    }
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"Users\"")], "Unauthorized").into_response()
}

async fn bytes(Path(count): Path<usize>) -> Response {
    let body = Bytes::from(vec![b'x'; count.min(BYTES)]);
    ([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response()
}

async fn utf8() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], "<h1>Unicode</h1><p>∮ E⋅da = Q, ñ, 日本語, Ω, €</p>")
        .into_response()
}
