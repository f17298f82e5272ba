//! Whole exchanges with the echo service: what goes out, what comes back, redirects, cookies, reuse.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod peer;

use std::time::Duration;

use bulla_transport::{Body, BodyPart, Client, Config, CookieJar, Egress, Exchange, Request, SendError, Settings};
use bytes::Bytes;
use peer::{Peer, echo, request};
use tokio_util::sync::CancellationToken;

async fn send(request: Request) -> Result<Exchange, SendError> {
    let client = Client::new(Config::default()).unwrap();
    client.send(request, &CookieJar::new(), &CancellationToken::new()).await
}

fn text(exchange: &Exchange) -> &str {
    std::str::from_utf8(&exchange.response.body).unwrap()
}

fn sent(exchange: &Exchange, hop: usize, name: &str) -> Option<String> {
    let headers = &exchange.sent[hop].headers;
    headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}

#[tokio::test]
async fn a_request_goes_out_as_it_was_typed() {
    let peer = Peer::says("HTTP/1.1 200 OK\r\nX-One: 1\r\nx-TWO: 2\r\nContent-Length: 2\r\n\r\nok").await;
    let mut request = request(&peer.url("/a/../b/%7e?x={y}|^`"));
    request.method = "PoSTMAN".to_owned();
    request.headers = [("x-LOWER", "1"), ("X-Upper", "e~"), ("x-LOWER", "2"), ("host", "typed.example")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    request.body = Body::Bytes("body".into());
    let exchange = send(request).await.unwrap();

    assert_eq!(
        peer.heard().await,
        "PoSTMAN /a/../b/%7e?x={y}|^` HTTP/1.1\r\nx-LOWER: 1\r\nX-Upper: e~\r\nx-LOWER: 2\r\nhost: typed.example\r\n\
         Content-Length: 4\r\n\r\nbody"
    );
    let names: Vec<&str> = exchange.response.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["X-One", "x-TWO", "Content-Length"]);
    assert_eq!((exchange.response.status, exchange.response.reason.as_str(), text(&exchange)), (200, "OK", "ok"));
}

#[tokio::test]
async fn sizes_and_times_add_up() {
    let server = echo().await;
    let mut request = request(&server.url("/post"));
    request.method = "POST".to_owned();
    request.body = Body::Bytes("x".repeat(1000).into());
    let exchange = send(request).await.unwrap();
    let (sizes, timing) = (exchange.response.sizes, exchange.response.timing);
    assert_eq!(sizes.request_body, 1000);
    assert_eq!(sizes.response_body, exchange.response.body.len() as u64);
    assert_eq!(sizes.response_body, sizes.response_body_wire);
    assert!(sizes.request_head > 40 && sizes.response_head > 40);
    let phases =
        timing.redirects + timing.dns + timing.connect + timing.tls + timing.send + timing.wait + timing.download;
    assert_eq!(phases, timing.total);
    assert_eq!(timing.tls, Duration::ZERO);
    assert_eq!(exchange.response.remote, server.address);
}

#[tokio::test]
async fn bodies_of_many_parts_arrive() {
    let server = echo().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "from a file").unwrap();
    let parts = vec![
        BodyPart::Bytes("first, ".into()),
        BodyPart::File(file.path().to_owned()),
        BodyPart::Bytes(", last".into()),
    ];
    for length in [Some(24), None] {
        let mut request = request(&server.url("/post"));
        request.method = "POST".to_owned();
        request.headers.push(("Content-Type".to_owned(), "text/plain".to_owned()));
        request.body = Body::Stream { length, parts: parts.clone() };
        let exchange = send(request).await.unwrap();
        assert!(text(&exchange).contains("first, from a file, last"), "{}", text(&exchange));
        assert_eq!(exchange.response.sizes.request_body, 24);
        assert_eq!(sent(&exchange, 0, "transfer-encoding").is_some(), length.is_none());
    }
    for (body, expected) in [(Body::Bytes("in one".into()), "\"in one\""), (Body::Empty, "{}")] {
        let mut request = request(&server.url("/post"));
        request.method = "POST".to_owned();
        request.headers.push(("transfer-encoding".to_owned(), "chunked".to_owned()));
        request.body = body;
        let exchange = send(request).await.unwrap();
        assert!(text(&exchange).contains(&format!("\"data\":{expected}")), "{}", text(&exchange));
    }
    let mut request = request(&server.url("/post"));
    request.body = Body::Stream { length: Some(99), parts };
    let error = send(request).await.err().unwrap();
    assert_eq!((error.code(), error.phase()), ("unreadable_body", "send"));
}

#[tokio::test]
async fn a_large_body_and_its_large_echo_pass_each_other() {
    // This peer begins to answer before it has read the request, and stops reading until its answer is taken.
    let answer = "y".repeat(8 * 1024 * 1024);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
    let peer = Peer::says_at_once(&format!("{head}{answer}")).await;
    let mut request = request(&peer.url("/"));
    request.method = "POST".to_owned();
    request.body = Body::Bytes(Bytes::from(vec![b'x'; 8 * 1024 * 1024]));
    let exchange = send(request).await.unwrap();
    assert_eq!(exchange.response.body.len(), answer.len());
}

#[tokio::test]
async fn redirects_follow_the_rules() {
    // status, method, keep the method -> method and body of the second hop
    for (status, method, keep, expected, body) in [
        (301, "POST", false, "GET", ""),
        (302, "PUT", false, "GET", ""),
        (303, "DELETE", false, "GET", ""),
        (302, "HEAD", false, "HEAD", ""),
        (300, "POST", false, "GET", ""),
        (307, "POST", false, "POST", "body"),
        (308, "PATCH", false, "PATCH", "body"),
        (301, "POST", true, "POST", "body"),
        (303, "PUT", true, "PUT", "body"),
    ] {
        let target = Peer::says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let location = target.url("/there");
        let first =
            Peer::says(&format!("HTTP/1.1 {status} Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")).await;
        let mut request = request(&first.url("/here?q#part"));
        request.method = method.to_owned();
        request.headers = [("Content-Type", "text/plain"), ("Authorization", "Basic x"), ("X-Own", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        request.body = Body::Bytes("body".into());
        request.settings.follow_original_method = keep;
        let exchange = send(request).await.unwrap();

        let case = format!("{status} {method} {keep}");
        let heard = target.heard().await;
        assert!(heard.starts_with(&format!("{expected} /there HTTP/1.1\r\n")), "{case}: {heard}");
        assert!(heard.ends_with(&format!("\r\n\r\n{body}")), "{case}: {heard}");
        assert_eq!(heard.contains("Content-Type: text/plain"), !body.is_empty(), "{case}: {heard}");
        // The host name is the same; only the port is not.
        assert!(heard.contains("Authorization: Basic x\r\nX-Own: 1"), "{case}: {heard}");
        assert_eq!(sent(&exchange, 1, "referer"), Some(first.url("/here?q")), "{case}");
        assert_eq!(sent(&exchange, 1, "host"), Some(target.address.to_string()), "{case}");
        let hops: Vec<(&str, u16)> = exchange.sent.iter().map(|hop| (hop.method.as_str(), hop.status)).collect();
        assert_eq!(hops, [(method, status), (expected, 200)], "{case}");
    }
}

#[tokio::test]
async fn credentials_stay_with_their_host() {
    for (follow, kept) in [(false, false), (true, true)] {
        let target = Peer::says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let location = format!("http://localhost:{}/there", target.address.port());
        let first = Peer::says(&format!("HTTP/1.1 307 Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")).await;
        let mut request = request(&first.url("/").replace("127.0.0.1", "name:word@127.0.0.1"));
        request.headers = [("Cookie", "typed=1"), ("Host", "virtual.example"), ("Referer", "http://own.example/")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        request.settings.follow_authorization = follow;
        let exchange = send(request).await.unwrap();
        assert_eq!(sent(&exchange, 0, "authorization").as_deref(), Some("Basic bmFtZTp3b3Jk"));
        assert_eq!(sent(&exchange, 1, "authorization").is_some(), kept);
        assert_eq!(sent(&exchange, 1, "cookie").is_some(), kept);
        assert_eq!(sent(&exchange, 1, "host"), Some(format!("localhost:{}", target.address.port())));
        assert_eq!(sent(&exchange, 1, "referer").as_deref(), Some(first.url("/").as_str()));
        assert!(!exchange.sent[0].url.contains("word"));
    }
}

#[tokio::test]
async fn redirects_end() {
    let server = echo().await;
    let loops = server.url(&format!("/redirect-to?url={}", server.url("/redirect-to?url=/get")));
    for (most, status) in [(0, None), (1, None), (2, Some(200))] {
        let mut request = request(&loops);
        request.settings.max_redirects = most;
        match (send(request).await, status) {
            (Ok(exchange), Some(status)) => assert_eq!(exchange.response.status, status),
            (Err(error), None) => {
                assert_eq!((error.code(), error.phase()), ("too_many_redirects", "redirect"));
                assert!(error.to_string().starts_with("Exceeded maxRedirects. Probably stuck in a redirect loop http"));
            }
            (_, status) => panic!("{most} {status:?}"),
        }
    }
    let mut request = request(&loops);
    request.settings.follow_redirects = false;
    assert_eq!(send(request).await.unwrap().response.status, 302);
    let error = send(peer::request(&server.url("/redirect-to?url=file:///etc/passwd"))).await.err().unwrap();
    assert_eq!((error.code(), error.phase()), ("bad_redirect", "redirect"));
}

#[tokio::test]
async fn cookies_come_and_go() {
    let server = echo().await;
    let client = Client::new(Config::default()).unwrap();
    let (jar, cancel) = (CookieJar::new(), CancellationToken::new());
    // The cookies of the redirect itself are there on the next hop.
    let set = client.send(request(&server.url("/cookies/set?foo=bar&baz=1")), &jar, &cancel).await.unwrap();
    assert!(text(&set).contains("\"foo\":\"bar\""), "{}", text(&set));
    assert_eq!(jar.get(&server.url("/"), "foo").unwrap().value, "bar");

    let mut typed = request(&server.url("/cookies"));
    typed.headers.push(("cookie".to_owned(), "own=2".to_owned()));
    let exchange = client.send(typed.clone(), &jar, &cancel).await.unwrap();
    assert_eq!(sent(&exchange, 0, "cookie").as_deref(), Some("own=2; foo=bar; baz=1"));

    typed.settings.cookies_enabled = false;
    let exchange = client.send(typed, &jar, &cancel).await.unwrap();
    assert_eq!(sent(&exchange, 0, "cookie").as_deref(), Some("own=2"));

    client.send(request(&server.url("/cookies/delete?foo")), &jar, &cancel).await.unwrap();
    assert!(jar.get(&server.url("/"), "foo").is_none());
    assert!(jar.get(&server.url("/"), "baz").is_some());
}

#[tokio::test]
async fn five_hundred_requests_share_a_connection() {
    let server = echo().await;
    let client = Client::new(Config::default()).unwrap();
    let (jar, cancel) = (CookieJar::new(), CancellationToken::new());
    let mut opened = 0;
    for _ in 0..500 {
        let exchange = client.send(request(&server.url("/get")), &jar, &cancel).await.unwrap();
        assert_eq!(exchange.response.status, 200);
        opened += u32::from(exchange.response.timing.connect > Duration::ZERO);
    }
    assert_eq!(opened, 1);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    for method in ["GET", "POST"] {
        let peer = Peer::says_then_closes_each(answer).await;
        let client = Client::new(Config::default()).unwrap();
        for _ in 0..5 {
            let mut request = request(&peer.url("/"));
            request.method = method.to_owned();
            let sent = client.send(request, &CookieJar::new(), &CancellationToken::new()).await;
            match sent {
                Ok(exchange) => assert_eq!(text(&exchange), "ok"),
                // It closed between our look and our request; a POST is not sent twice.
                Err(error) => assert!(method == "POST" && error.code().starts_with("c"), "{method} {error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_cancelled_request_ends_at_once() {
    let peer = Peer::never_answers().await;
    let client = Client::new(Config::default()).unwrap();
    let cancel = CancellationToken::new();
    let jar = CookieJar::new();
    let (result, ()) = tokio::join!(client.send(request(&peer.url("/")), &jar, &cancel), async {
        peer.heard().await;
        cancel.cancel();
    });
    let error = result.err().unwrap();
    assert_eq!((error.code(), error.phase()), ("cancelled", "wait"));
    peer.closed().await;
}

#[tokio::test]
async fn the_policy_holds_before_and_behind_a_redirect() {
    let server = echo().await;
    let public = Client::new(Config { egress: Egress::Public { allow: Vec::new() }, ..Config::default() }).unwrap();
    let allowed = Egress::Public { allow: vec!["localhost".parse().unwrap()] };
    let one_host = Client::new(Config { egress: allowed, ..Config::default() }).unwrap();
    let own = Client::new(Config { egress: Egress::LoopbackServer, ..Config::default() }).unwrap();
    let (jar, cancel) = (CookieJar::new(), CancellationToken::new());
    let port = server.address.port();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "a.localhost"] {
        let error = public.send(request(&format!("http://{host}:{port}/get")), &jar, &cancel).await.err().unwrap();
        assert_eq!((error.code(), error.phase()), ("egress_refused", "dns"), "{host}");
    }
    let url = format!("http://localhost:{port}/get");
    assert_eq!(one_host.send(request(&url), &jar, &cancel).await.unwrap().response.status, 200);
    let hop = format!("http://localhost:{port}/redirect-to?url=http://127.0.0.1:{port}/get");
    assert_eq!(one_host.send(request(&hop), &jar, &cancel).await.err().unwrap().code(), "egress_refused");
    assert_eq!(own.send(request(&hop), &jar, &cancel).await.unwrap().response.status, 200);
    for place in ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "metadata.google.internal"] {
        let hop = server.url(&format!("/redirect-to?url=http://{place}/latest/meta-data"));
        let error = own.send(request(&hop), &jar, &cancel).await.err().unwrap();
        assert_eq!(error.code(), "egress_refused", "{place}");
        assert!(error.to_string().contains("metadata"), "{error}");
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_not_sent() {
    let header = |name: &str, value: &str| Request {
        headers: vec![(name.to_owned(), value.to_owned())],
        ..request("http://127.0.0.1:1/")
    };
    let method = Request { method: "GE T".to_owned(), ..request("http://127.0.0.1:1/") };
    for request in [header("a", "b\r\nc: d"), header("a b", "c"), header("", "c"), header("a", "\0"), method] {
        let error = send(request).await.err().unwrap();
        assert_eq!((error.code(), error.phase()), ("bad_request", "prepare"));
    }
    let error = send(request("http://127.0.0.1:1/a b")).await.err().unwrap();
    assert_eq!((error.code(), error.phase()), ("bad_url", "prepare"));
}

#[tokio::test]
async fn settings_have_newmans_defaults() {
    let settings = Settings::default();
    assert!(settings.follow_redirects && settings.strict_ssl && settings.cookies_enabled);
    assert_eq!((settings.max_redirects, settings.timeout), (10, None));
}
