//! Every path, asked as a client asks.

#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

async fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
    let mut request = Request::builder().method(method).uri(path).header("host", "echo.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = bulla_echo::router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    (parts.status.as_u16(), parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

#[tokio::test]
async fn every_path_answers() {
    for (method, path, status, body) in [
        (
            "GET",
            "/get?a=1&a=2",
            200,
            r#"{"args":{"a":["1","2"]},"headers":{"host":"echo.example"},"url":"http://echo.example/get?a=1&a=2"}"#,
        ),
        (
            "POST",
            "/post",
            200,
            r#"{"args":{},"data":{},"files":{},"form":{},"headers":{"host":"echo.example"},"json":null,"url":"http://echo.example/post"}"#,
        ),
        ("DELETE", "/delete", 200, r#""json":null"#),
        ("PROPFIND", "/request", 200, r#""method":"PROPFIND""#),
        ("GET", "/headers", 200, r#"{"headers":{"host":"echo.example"}}"#),
        ("GET", "/response-headers?X-Own=1&x-own=2", 200, r#"{"X-Own":"1","x-own":"2"}"#),
        ("GET", "/status/418", 418, r#"{"status":418}"#),
        ("GET", "/status/100", 400, "a status is"),
        ("GET", "/status/x", 400, "a status is"),
        ("GET", "/delay/0", 200, r#"{"delay":"0"}"#),
        ("GET", "/delay/-1", 400, "a delay is"),
        ("GET", "/redirect-to?url=/get&status_code=307", 307, ""),
        ("GET", "/redirect-to", 400, "name a url"),
        ("GET", "/redirect-to?url=/get&status_code=200", 400, "name a url"),
        ("GET", "/redirect/3", 302, ""),
        ("GET", "/cookies", 200, r#"{"cookies":{}}"#),
        ("GET", "/basic-auth", 401, "Unauthorized"),
        ("GET", "/digest-auth", 401, "Unauthorized"),
        ("GET", "/auth/hawk", 401, "not Hawk"),
        ("GET", "/oauth1", 401, r#""status":"fail""#),
        ("POST", "/oauth2/token", 401, "invalid_grant"),
        ("GET", "/oauth2/user/info", 401, "Unauthorized"),
        ("GET", "/stream/2", 200, r#""n": "2""#),
        ("GET", "/encoding/utf8", 200, "日本語"),
        ("GET", "/uuid", 200, r#"{"uuid":""#),
        ("GET", "/time/valid?timestamp=2016-10-10", 200, r#"{"valid":true}"#),
        ("GET", "/time/now", 200, " GMT"),
        ("GET", "/time/never", 400, "no such question"),
        ("GET", "/bytes/3", 200, "xxx"),
        ("GET", "/size/3", 200, "xxx"),
        ("GET", "/type/html", 200, "<h1>"),
        ("GET", "/type/xml", 200, "<?xml"),
        ("GET", "/type/json", 200, "{"),
        ("GET", "/type/x", 404, "a type is"),
        ("GET", "/nothing", 404, "no such path"),
    ] {
        let (found, _, text) = ask(method, path, &[]).await;
        let text = String::from_utf8(text).unwrap();
        assert_eq!(found, status, "{method} {path}: {text}");
        assert!(text.contains(body), "{method} {path}: {text}");
    }
}

#[tokio::test]
async fn headers_say_what_postman_echo_says() {
    let (_, headers, _) = ask("GET", "/get", &[]).await;
    assert_eq!(headers[header::CONTENT_TYPE], "application/json; charset=utf-8");
    let (_, headers, _) = ask("GET", "/response-headers?Content-Type=text/html&Server=apibin", &[]).await;
    assert_eq!(
        (&headers[header::CONTENT_TYPE], &headers[header::SERVER]),
        (&"text/html".parse().unwrap(), &"apibin".parse().unwrap())
    );
    let (_, headers, _) = ask("GET", "/cookies/set?a=1&b=x%20y", &[]).await;
    let set: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(set, ["a=1; Path=/", "b=x%20y; Path=/"]);
    let (_, headers, _) = ask("GET", "/digest-auth", &[]).await;
    assert!(headers[header::WWW_AUTHENTICATE].to_str().unwrap().starts_with("Digest realm=\"Users\", nonce=\""));
    for (path, encoding) in [("/gzip", "gzip"), ("/deflate", "deflate"), ("/brotli", "br")] {
        let (_, headers, _) = ask("GET", path, &[]).await;
        assert_eq!(headers[header::CONTENT_ENCODING], encoding);
    }
}

#[tokio::test]
async fn what_comes_twice_is_told_as_node_tells_it() {
    let sent = [
        ("x-a", "1"),
        ("X-A", "2"),
        ("cookie", "a=1; b=%20"),
        ("cookie", "a=2"),
        ("content-type", "x/y"),
        ("content-type", "z/z"),
    ];
    let (_, _, body) = ask("GET", "/headers", &sent).await;
    let text = String::from_utf8(body).unwrap();
    assert_eq!(
        text,
        r#"{"headers":{"host":"echo.example","x-a":"1, 2","cookie":"a=1; b=%20; a=2","content-type":"x/y"}}"#
    );
    let (_, _, body) = ask("GET", "/cookies", &sent).await;
    assert_eq!(String::from_utf8(body).unwrap(), r#"{"cookies":{"a":"1","b":" "}}"#);
}
