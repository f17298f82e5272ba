//! Peers that lie, stop, flood or hang up: each ends in an error that names the phase.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod peer;

use std::time::Duration;

use bulla_transport::{Body, Client, Config, CookieJar, Exchange, Request, SendError};
use peer::{Peer, request};
use tokio_util::sync::CancellationToken;

async fn send(request: Request) -> Result<Exchange, SendError> {
    let client = Client::new(Config::default()).unwrap();
    client.send(request, &CookieJar::new(), &CancellationToken::new()).await
}

/// Code and phase of what came of it.
async fn outcome(request: Request) -> (String, &'static str) {
    match send(request).await {
        Ok(exchange) => (format!("{} with {} bytes", exchange.response.status, exchange.response.body.len()), "done"),
        Err(error) => (error.code().to_owned(), error.phase()),
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_names_the_phase() {
    for (answer, code, phase) in [
        ("", "closed_early", "wait"),
        ("HTTP/1.1 200 OK\r\nContent-Le", "closed_early", "head"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", "closed_early", "body"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123", "closed_early", "body"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", "closed_early", "body"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "closed_early", "body"),
        ("HTTP/1.1 100 Continue\r\n\r\n", "closed_early", "wait"),
        // The end of the connection is the end of this one.
        ("HTTP/1.0 200 OK\r\n\r\n12345", "200 with 5 bytes", "done"),
        ("HTTP/1.1 204 Nothing\r\nContent-Length: 10\r\n\r\n", "204 with 0 bytes", "done"),
    ] {
        let peer = Peer::says_then_closes_each(answer).await;
        assert_eq!(outcome(request(&peer.url("/"))).await, (code.to_owned(), phase), "{answer:?}");
    }
    let peer = Peer::says_then_closes_each("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345").await;
    let error = send(request(&peer.url("/"))).await.err().unwrap().to_string();
    assert_eq!(error, "127.0.0.1 closed the connection while reading the body of the answer, after 5 of 10 bytes");
}

#[tokio::test]
async fn a_reset_names_the_phase() {
    let reset = |outcome: (String, &'static str), phase: &str| {
        assert!(matches!(outcome.0.as_str(), "connection_broken" | "closed_early"), "{outcome:?}");
        assert_eq!(outcome.1, phase);
    };
    let peer = Peer::says_then_resets("").await;
    reset(outcome(request(&peer.url("/"))).await, "wait");
    let peer = Peer::says_then_resets("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1").await;
    let (code, phase) = outcome(request(&peer.url("/"))).await;
    assert!(matches!(code.as_str(), "connection_broken" | "closed_early"));
    // A reset may overtake what was said before it.
    assert!(matches!(phase, "wait" | "head" | "body"), "{phase}");
}

#[tokio::test]
async fn a_peer_that_reads_nothing_and_resets_breaks_the_sending() {
    let peer = Peer::resets_at_once().await;
    let mut request = request(&peer.url("/"));
    request.method = "POST".to_owned();
    request.body = Body::Bytes(vec![b'x'; 32 * 1024 * 1024].into());
    let (code, phase) = outcome(request).await;
    assert!(matches!(code.as_str(), "connection_broken" | "closed_early"), "{code}");
    assert!(matches!(phase, "send" | "wait"), "{phase}");
}

#[tokio::test]
async fn a_refusal_before_the_end_of_the_body_is_an_answer() {
    let peer =
        Peer::says_at_once_then_closes("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
            .await;
    let mut request = request(&peer.url("/"));
    request.method = "POST".to_owned();
    request.body = Body::Bytes(vec![b'x'; 32 * 1024 * 1024].into());
    assert_eq!(outcome(request).await, ("413 with 2 bytes".to_owned(), "done"));
}

#[tokio::test]
async fn what_is_not_http_is_malformed() {
    for (answer, phase) in [
        ("SSH-2.0-OpenSSH_9\r\n", "head"),
        ("\x15\x03\x01\0\x02\x02\x46", "head"),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "head"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12", "head"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "head"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "body"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n12345\r\n0\r\n\r\n", "body"),
        ("HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n", "head"),
    ] {
        let peer = Peer::says(answer).await;
        assert_eq!(outcome(request(&peer.url("/"))).await, ("malformed_answer".to_owned(), phase), "{answer:?}");
    }
    let peer = Peer::says("HTTP/1.1 200 OK\r\nBad Header: 1\r\nContent-Length: 2\r\n\r\nok").await;
    let mut lenient = request(&peer.url("/"));
    lenient.settings.lenient_parser = true;
    assert_eq!(outcome(lenient).await, ("200 with 2 bytes".to_owned(), "done"));
}

#[tokio::test]
async fn floods_stop_at_a_limit() {
    let endless = [
        // start, what follows for ever, code, phase
        ("HTTP/1.1 200 OK\r\n", "X-Filler: 0123456789\r\n", "head_too_large", "head"),
        ("HTTP/1.1 200 OK\r\nX-Long: ", "0123456789", "head_too_large", "head"),
        ("HTTP/1.1 200 OK\r\n\r\n", "0123456789", "too_large", "body"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "a\r\n0123456789\r\n", "too_large", "body"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "0123456789", "malformed_answer", "body"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-Trailer: 1\r\n", "malformed_answer", "body"),
        ("", "HTTP/1.1 100 Continue\r\n\r\n", "malformed_answer", "head"),
        ("", "\r\n", "head_too_large", "head"),
    ];
    for (start, more, code, phase) in endless {
        let peer = Peer::says_forever(start, more.repeat(1000)).await;
        let mut request = request(&peer.url("/"));
        request.settings.max_response = 1_000_000;
        assert_eq!(outcome(request).await, (code.to_owned(), phase), "{start:?} {more:?}");
        // Nobody goes on reading.
        peer.closed().await;
    }
}

#[tokio::test]
async fn two_gigabytes_are_refused_by_their_announcement() {
    let peer = Peer::says_forever("HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n", "x".repeat(65536)).await;
    assert_eq!(outcome(request(&peer.url("/"))).await, ("too_large".to_owned(), "body"));
    let mut head = request(&peer.url("/"));
    head.method = "HEAD".to_owned();
    assert_eq!(outcome(head).await, ("200 with 0 bytes".to_owned(), "done"));
}

#[tokio::test]
async fn a_body_that_is_not_what_it_says_cannot_be_decoded() {
    for (encoding, body) in [("gzip", "plain text"), ("br", "\u{1}\u{2}plain"), ("deflate", "plain"), ("zstd", "plain")]
    {
        let answer =
            format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let peer = Peer::says(answer).await;
        assert_eq!(outcome(request(&peer.url("/"))).await, ("undecodable_body".to_owned(), "decode"), "{encoding}");
    }
}

#[tokio::test]
async fn a_bomb_stops_at_the_limit() {
    // 1000 gzip members of 64 KiB zeros each.
    let mut member = Vec::new();
    let zeros = vec![0; 64 * 1024];
    let mut encoder = async_compression::tokio::bufread::GzipEncoder::new(&zeros[..]);
    tokio::io::AsyncReadExt::read_to_end(&mut encoder, &mut member).await.unwrap();
    let body = member.repeat(1000);
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(&body);
    let peer = Peer::says(&answer).await;
    let mut small = request(&peer.url("/"));
    small.settings.max_response = 10_000_000;
    assert_eq!(outcome(small).await, ("too_large".to_owned(), "decode"));
    assert_eq!(outcome(request(&peer.url("/"))).await, ("200 with 65536000 bytes".to_owned(), "done"));
}

#[tokio::test]
async fn a_peer_that_never_answers_runs_out_of_time() {
    for (answer, phase) in
        [("", "wait"), ("HTTP/1.1 200 OK\r\n", "head"), ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1", "body")]
    {
        let peer = Peer::says(answer).await;
        let mut request = request(&peer.url("/"));
        request.settings.timeout = Some(Duration::from_millis(60));
        let error = send(request).await.err().unwrap();
        assert_eq!((error.code(), error.phase()), ("timed_out", phase), "{answer:?}");
        assert!(error.to_string().starts_with("no answer from 127.0.0.1 within 60 ms"), "{error}");
        peer.closed().await;
    }
}

#[tokio::test]
async fn nobody_at_home_is_said() {
    let port = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let error = send(request(&format!("http://127.0.0.1:{port}/"))).await.err().unwrap();
    assert_eq!((error.code(), error.phase()), ("connect_failed", "connect"));
    assert_eq!(error.to_string(), format!("no connection to 127.0.0.1 (127.0.0.1:{port}): connection refused"));

    let error = send(request("http://does-not-exist.invalid/?token=abc")).await.err().unwrap();
    assert_eq!((error.code(), error.phase()), ("no_address", "dns"));
    assert!(!error.to_string().contains("abc"));
}

#[tokio::test]
async fn a_proxy_is_asked_and_believed_in_nothing() {
    use bulla_transport::{Direct, Egress, Proxies, ProxyServer};
    let client = |peer: &Peer, egress| {
        let url = peer.url("").replace("://", "://name:word@");
        let proxy = Some(ProxyServer::parse(&url).unwrap());
        let direct = Direct::parse("direct.localhost");
        Client::new(Config {
            egress,
            proxy: Proxies { http: proxy.clone(), https: proxy, direct },
            ..Config::default()
        })
        .unwrap()
    };
    let (jar, cancel) = (CookieJar::new(), CancellationToken::new());

    let peer = Peer::says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let exchange = client(&peer, Egress::Open).send(request("http://far.invalid/x?y"), &jar, &cancel).await.unwrap();
    assert_eq!(
        peer.heard().await,
        "GET http://far.invalid/x?y HTTP/1.1\r\nHost: far.invalid\r\nProxy-Authorization: Basic bmFtZTp3b3Jk\r\n\r\n"
    );
    assert!(exchange.sent[0].headers.iter().all(|(name, _)| name != "Proxy-Authorization"));

    let refused = client(&peer, Egress::Public { allow: Vec::new() });
    for url in ["http://127.0.0.1/", "http://localhost/", "http://metadata.google.internal/"] {
        assert_eq!(refused.send(request(url), &jar, &cancel).await.err().unwrap().code(), "egress_refused", "{url}");
    }
    let error = client(&peer, Egress::Open).send(request("http://direct.localhost:1/"), &jar, &cancel).await.err();
    assert_eq!(error.unwrap().code(), "connect_failed");

    for (answer, why) in [
        ("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n", "it answered 407 Who"),
        ("nonsense\r\n\r\n", "cannot be understood"),
    ] {
        let peer = Peer::says(answer).await;
        let error =
            client(&peer, Egress::Open).send(request("https://far.invalid/"), &jar, &cancel).await.err().unwrap();
        assert_eq!((error.code(), error.phase()), ("proxy_failed", "proxy"));
        assert!(error.to_string().contains(why) && !error.to_string().contains("word"), "{error}");
        assert!(peer.heard().await.starts_with("CONNECT far.invalid:443 HTTP/1.1\r\nHost: far.invalid:443\r\n"));
    }
}
