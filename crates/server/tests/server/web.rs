//! The web app is served for every path that is no API, and cached as its files allow.

use crate::harness::Server;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;

#[tokio::test]
async fn a_path_of_the_app_is_the_app_and_a_missing_file_is_none() {
    let server = Server::start(crate::harness::On::Sqlite).await.unwrap();
    let nobody = server.anonymous();
    for path in ["/", "/workspaces/0199", "/setup", "/a/b.c"] {
        let answer = nobody.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
        assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("default-src 'self'"));
    }
    for (path, code) in [("/assets/none.js", "not_found"), ("/api", "no_route"), ("/api/none", "no_route")] {
        assert_eq!(nobody.get(path).await.json["code"], code, "{path}");
    }
    for path in ["/../Cargo.toml", "/%2e%2e/Cargo.toml", "/assets/../../Cargo.toml", "/..%2fCargo.toml"] {
        let answer = nobody.get(path).await;
        assert!(!answer.to_string().contains("[package]"), "{path}");
    }
}

#[tokio::test]
async fn what_the_browser_has_already_is_not_sent_again() {
    let server = Server::start(crate::harness::On::Sqlite).await.unwrap();
    let first = server.anonymous().get("/").await;
    // Without a build of the web app there is only a page that says so.
    let Some(etag) = first.headers.get("etag") else { return };
    let request = Request::builder().uri(format!("{}/", server.url)).header("if-none-match", etag);
    let again = server.anonymous().request(request.body(Full::new(Bytes::new())).unwrap()).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
}
