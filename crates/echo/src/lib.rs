//! A local echo service with the paths of postman-echo, so that samples and tests need no internet.
//!
//! It keeps no state. Answers have postman-echo's shapes: `args`, `data`, `files`, `form`, `headers`, `json`, `url`.
//! Left out is `/transform/collection`, which is a conversion and no echo.

mod answer;
mod auth;
mod clock;
mod multipart;

use std::net::SocketAddr;
use std::time::Duration;

use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, Request};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpListener;

/// Largest body that is echoed.
const BODY: usize = 16 * 1024 * 1024;
/// Longest that `/delay/:seconds` waits.
const DELAY: f64 = 10.0;
/// Most bytes of `/bytes/:n` and `/size/:n`.
const BYTES: usize = 64 * 1024 * 1024;
/// Most pieces of `/stream/:n`.
const PIECES: usize = 100;
/// Most redirects of `/redirect/:n`.
const REDIRECTS: u32 = 100;

/// Answers on `listener` until `shutdown` is done.
pub async fn serve(listener: TcpListener, shutdown: impl Future<Output = ()> + Send + 'static) {
    let service = router().into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(shutdown).await;
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
        .route("/request", any(request))
        .route("/headers", any(headers))
        .route("/response-headers", any(response_headers))
        .route("/status/{code}", any(status))
        .route("/delay/{seconds}", any(delay))
        .route("/redirect-to", any(redirect_to))
        .route("/redirect/{count}", any(redirect))
        .route("/cookies", get(cookies))
        .route("/cookies/set", get(set_cookies))
        .route("/cookies/delete", get(delete_cookies))
        .route("/basic-auth", any(auth::basic))
        .route("/digest-auth", any(auth::digest))
        .route("/auth/hawk", any(auth::hawk))
        .route("/oauth1", any(auth::oauth1))
        .route("/oauth2/token", any(auth::oauth2_token))
        .route("/oauth2/user/info", any(auth::oauth2_user))
        .route("/gzip", any(gzip))
        .route("/deflate", any(deflate))
        .route("/brotli", any(brotli))
        .route("/stream/{count}", any(stream))
        .route("/encoding/utf8", get(utf8))
        .route("/ip", get(ip))
        .route("/uuid", get(uuid))
        .route("/time/{what}", get(clock::time))
        .route("/bytes/{count}", get(bytes))
        .route("/size/{count}", get(bytes))
        .route("/type/{kind}", get(kind))
        .fallback(|| async { as_json(StatusCode::NOT_FOUND, &json!({ "error": "the echo service has no such path" })) })
        // Bodies are read by what needs them, each with its own limit.
        .layer(axum::extract::DefaultBodyLimit::max(BODY))
}

/// An answer of JSON, with the charset that postman-echo names.
pub(crate) fn as_json(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], value.to_string()).into_response()
}

fn wrong(what: &str) -> Response {
    as_json(StatusCode::BAD_REQUEST, &json!({ "error": what }))
}

async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match axum::body::to_bytes(body, BODY).await {
        Ok(body) => as_json(StatusCode::OK, &answer::echoed(&parts.method, &parts.uri, &parts.headers, &body)),
        Err(_) => as_json(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "error": "the body is over 16 MiB" })),
    }
}

/// Any method, which is told too.
async fn request(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut answer = answer::echoed(&method, &uri, &headers, &body);
    answer["method"] = json!(method.as_str());
    as_json(StatusCode::OK, &answer)
}

async fn headers(headers: HeaderMap) -> Response {
    as_json(StatusCode::OK, &json!({ "headers": answer::headers(&headers) }))
}

async fn response_headers(uri: Uri) -> Response {
    let mut answer = as_json(StatusCode::OK, &Value::Object(answer::query(&uri)));
    let mut named = HeaderMap::new();
    for (name, value) in answer::pairs(uri.query().unwrap_or_default()) {
        let header = (header::HeaderName::try_from(name), header::HeaderValue::try_from(value));
        if let (Ok(name), Ok(value)) = header {
            // How long the body is, and how it is sent, stays the truth.
            if !matches!(name, header::CONTENT_LENGTH | header::TRANSFER_ENCODING | header::CONNECTION) {
                named.append(name, value);
            }
        }
    }
    for name in named.keys() {
        answer.headers_mut().remove(name);
    }
    answer.headers_mut().extend(named);
    answer
}

async fn status(Path(code): Path<String>) -> Response {
    match code.parse::<u16>().ok().and_then(|code| StatusCode::from_u16(code).ok()) {
        Some(status) if status.as_u16() >= 200 => as_json(status, &json!({ "status": status.as_u16() })),
        _ => wrong("a status is 200 to 999"),
    }
}

async fn delay(Path(seconds): Path<String>) -> Response {
    let Some(wait) = seconds.parse::<f64>().ok().filter(|wait| wait.is_finite() && *wait >= 0.0) else {
        return wrong("a delay is a number of seconds");
    };
    tokio::time::sleep(Duration::from_secs_f64(wait.min(DELAY))).await;
    as_json(StatusCode::OK, &json!({ "delay": if wait > DELAY { DELAY.to_string() } else { seconds } }))
}

async fn redirect_to(uri: Uri) -> Response {
    let args = answer::query(&uri);
    let text = |name: &str| args.get(name).and_then(Value::as_str);
    let code = text("status_code").map_or(Some(302), |code| code.parse().ok());
    let code = code.and_then(|code| StatusCode::from_u16(code).ok()).filter(StatusCode::is_redirection);
    match (text("url").and_then(|url| header::HeaderValue::try_from(url).ok()), code) {
        (Some(location), Some(code)) => (code, [(header::LOCATION, location)]).into_response(),
        _ => wrong("name a url, and a status_code from 300 to 399"),
    }
}

async fn redirect(Path(count): Path<String>) -> Response {
    let location = match count.parse::<u32>() {
        Ok(0 | 1) => "/get".to_owned(),
        Ok(count @ ..=REDIRECTS) => format!("/redirect/{}", count - 1),
        _ => return wrong("a count is 1 to 100"),
    };
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

async fn cookies(headers: HeaderMap) -> Response {
    as_json(StatusCode::OK, &json!({ "cookies": answer::cookies(&headers) }))
}

async fn set_cookies(uri: Uri) -> Response {
    cookies_changed(&answer::query(&uri), |name, value| format!("{name}={value}; Path=/"))
}

async fn delete_cookies(uri: Uri) -> Response {
    cookies_changed(&answer::query(&uri), |name, _| format!("{name}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"))
}

/// A redirect to `/cookies` that sets a cookie for each argument.
fn cookies_changed(args: &Map<String, Value>, cookie: impl Fn(&str, &str) -> String) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, header::HeaderValue::from_static("/cookies"));
    let encoded = |text: &str| percent_encoding::utf8_percent_encode(text, COOKIE).to_string();
    for (name, value) in args {
        let value = match value {
            Value::String(value) => value.clone(),
            other => other.to_string(),
        };
        if let Ok(cookie) = header::HeaderValue::try_from(cookie(&encoded(name), &encoded(&value))) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
    (StatusCode::FOUND, headers).into_response()
}

/// What JavaScript's `encodeURIComponent` encodes.
const COOKIE: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

async fn gzip(method: Method, headers: HeaderMap) -> Response {
    let text = compressible("gzipped", &method, &headers);
    compressed("gzip", GzipEncoder::new(text.as_bytes())).await
}

async fn deflate(method: Method, headers: HeaderMap) -> Response {
    let text = compressible("deflated", &method, &headers);
    compressed("deflate", ZlibEncoder::new(text.as_bytes())).await
}

async fn brotli(method: Method, headers: HeaderMap) -> Response {
    let text = compressible("brotli", &method, &headers);
    compressed("br", BrotliEncoder::new(text.as_bytes())).await
}

fn compressible(word: &str, method: &Method, headers: &HeaderMap) -> String {
    json!({ word: true, "headers": answer::headers(headers), "method": method.as_str() }).to_string()
}

async fn compressed(encoding: &'static str, mut encoder: impl AsyncRead + Unpin) -> Response {
    let mut body = Vec::new();
    // Compressing from memory into memory cannot fail.
    let read = encoder.read_to_end(&mut body).await;
    debug_assert!(read.is_ok());
    let headers = [(header::CONTENT_TYPE, "application/json; charset=utf-8"), (header::CONTENT_ENCODING, encoding)];
    (headers, body).into_response()
}

/// `count` times the same JSON, in as many chunks.
async fn stream(Path(count): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let Ok(pieces) = count.parse::<usize>() else { return wrong("a count is a number") };
    let mut args = answer::query(&uri);
    args.insert("n".to_owned(), json!(count));
    let piece = json!({ "args": args, "headers": answer::headers(&headers), "url": answer::url(&uri, &headers) });
    let piece = Bytes::from(format!("{piece:#}"));
    let pieces = (0..pieces.min(PIECES)).map(move |_| Ok::<_, std::convert::Infallible>(piece.clone()));
    let body = Body::from_stream(futures::stream::iter(pieces));
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

async fn ip(ConnectInfo(peer): ConnectInfo<SocketAddr>) -> Response {
    as_json(StatusCode::OK, &json!({ "ip": peer.ip().to_string() }))
}

async fn uuid() -> Response {
    as_json(StatusCode::OK, &json!({ "uuid": uuid::Uuid::new_v4().to_string() }))
}

async fn bytes(Path(count): Path<String>) -> Response {
    let Ok(count) = count.parse::<usize>() else { return wrong("a count is a number of bytes") };
    let body = Bytes::from(vec![b'x'; count.min(BYTES)]);
    ([(header::CONTENT_TYPE, "application/octet-stream")], body).into_response()
}

async fn kind(Path(kind): Path<String>) -> Response {
    match kind.as_str() {
        "html" => (
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            "<!DOCTYPE html><html><head><title>Echo</title></head><body><h1>Hello</h1><p>This is HTML.</p></body></html>",
        )
            .into_response(),
        "xml" => (
            [(header::CONTENT_TYPE, "application/xml; charset=utf-8")],
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><food><key>Homestyle Breakfast</key><value>950</value></food>",
        )
            .into_response(),
        "json" => as_json(StatusCode::OK, &json!({ "food": { "key": "Homestyle Breakfast", "value": 950 } })),
        "text" => "This is text.".into_response(),
        _ => as_json(StatusCode::NOT_FOUND, &json!({ "error": "a type is html, xml, json or text" })),
    }
}

async fn utf8() -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], include_str!("utf8.html")).into_response()
}
