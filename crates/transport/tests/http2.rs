//! HTTP/2: with a real nginx over TLS, with peers of the `h2` crate that misbehave, and with raw ones that break its
//! rules.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod peer;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use bulla_transport::{Body, BodyPart, Client, Config, CookieJar, Exchange, HttpVersion, Request, SendError};
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use peer::certificates::Place;
use peer::nginx::Nginx;
use peer::{Peer, request};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

async fn send(client: &Client, request: Request) -> Result<Exchange, SendError> {
    client.send(request, &CookieJar::new(), &CancellationToken::new()).await
}

fn plain() -> Client {
    Client::new(Config::default()).unwrap()
}

fn over(version: HttpVersion, mut request: Request) -> Request {
    request.settings.http_version = version;
    request
}

fn text(exchange: &Exchange) -> String {
    String::from_utf8_lossy(&exchange.response.body).into_owned()
}

#[tokio::test]
async fn the_version_is_the_one_that_was_asked_for_and_agreed_on() {
    let place = Place::new();
    let says = "location / { return 200 \"$server_protocol $connection $connection_requests\"; }";
    let Some(both) = Nginx::start(&place, &place.good(), "ssl http2", says).await else { return };
    let Some(old_alone) = Nginx::start(&place, &place.good(), "ssl", says).await else { return };
    let client = place.client();
    for (server, asked, version, protocol) in [
        (&both, HttpVersion::Http1, "1.1", "HTTP/1.1"),
        (&both, HttpVersion::Http2, "2", "HTTP/2.0"),
        (&both, HttpVersion::Auto, "2", "HTTP/2.0"),
        (&old_alone, HttpVersion::Http1, "1.1", "HTTP/1.1"),
        (&old_alone, HttpVersion::Auto, "1.1", "HTTP/1.1"),
    ] {
        let first = send(&client, over(asked, server.request("/"))).await.unwrap();
        assert_eq!(first.response.http_version, version, "{asked:?}");
        assert!(text(&first).starts_with(protocol), "{asked:?}: {}", text(&first));
        let second = send(&client, over(asked, server.request("/"))).await.unwrap();
        let connection = |exchange| text(exchange).split(' ').nth(1).map(str::to_owned);
        assert_eq!(connection(&first), connection(&second), "{asked:?}: the connection is used again");
        assert!(text(&second).ends_with(" 2"), "{asked:?}: {}", text(&second));
        assert_eq!(second.response.timing.tls, Duration::ZERO);
        let agreed = first.response.tls.unwrap().protocol;
        assert_eq!(agreed.as_deref(), Some(if version == "2" { "h2" } else { "http/1.1" }));
    }
    let error = send(&client, over(HttpVersion::Http2, old_alone.request("/"))).await.err().unwrap();
    assert_eq!((error.code(), error.phase()), ("tls_failed", "tls"), "{error}");
    assert!(error.to_string().contains("HTTP/2, which the request insists on"), "{error}");
}

#[tokio::test]
async fn a_request_over_http2_is_whole() {
    let place = Place::new();
    let echo = peer::echo().await;
    let server = format!(
        "client_max_body_size 0; gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;\n\
         location / {{ proxy_pass http://{}; proxy_set_header Host $http_host; }}\n\
         location /moved {{ return 302 /get?moved; }}",
        echo.address
    );
    let Some(nginx) = Nginx::start(&place, &place.good(), "ssl http2", &server).await else { return };
    let client = place.client();

    let mut file = tempfile::NamedTempFile::new().unwrap();
    let large = "0123456789abcdef".repeat(200_000);
    file.write_all(large.as_bytes()).unwrap();
    let parts =
        vec![BodyPart::Bytes("begin ".into()), BodyPart::File(file.path().to_owned()), BodyPart::Bytes("end".into())];
    for length in [Some(large.len() as u64 + 9), None] {
        let mut request = over(HttpVersion::Http2, nginx.request("/post"));
        request.method = "POST".to_owned();
        request.headers = [("Content-Type", "text/plain"), ("X-Own", "é"), ("Connection", "keep-alive")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        request.body = Body::Stream { length, parts: parts.clone() };
        let exchange = send(&client, request).await.unwrap();
        assert_eq!((exchange.response.status, exchange.response.http_version), (200, "2"));
        let echoed: serde_json::Value = serde_json::from_slice(&exchange.response.body).unwrap();
        assert!(echoed["data"] == format!("begin {large}end"), "{length:?}");
        assert_eq!(exchange.response.sizes.request_body, large.len() as u64 + 9);
        let names: Vec<&str> = exchange.sent[0].headers.iter().map(|(name, _)| name.as_str()).collect();
        let length = length.map(|_| "content-length");
        assert_eq!(names, ["content-type", "x-own"].into_iter().chain(length).collect::<Vec<_>>());
        assert!(exchange.response.headers.iter().all(|(name, _)| !name.chars().any(char::is_uppercase)));
    }

    let mut packed = over(HttpVersion::Auto, nginx.request("/moved"));
    packed.headers.push(("Accept-Encoding".to_owned(), "gzip".to_owned()));
    let exchange = send(&client, packed).await.unwrap();
    assert_eq!(exchange.sent.iter().map(|hop| hop.status).collect::<Vec<_>>(), [302, 200]);
    assert!(text(&exchange).contains("moved"), "{}", text(&exchange));
    let packed = exchange.response.headers.iter().any(|pair| *pair == ("content-encoding".into(), "gzip".into()));
    assert!(packed, "{:?}", exchange.response.headers);
    assert!(exchange.response.sizes.response_body_wire > 0 && exchange.response.sizes.response_head > 0);

    let mut head = over(HttpVersion::Http2, nginx.request("/get"));
    head.method = "HEAD".to_owned();
    let exchange = send(&client, head).await.unwrap();
    assert_eq!((exchange.response.status, exchange.response.body.len()), (200, 0));
}

/// A peer that speaks HTTP/2 without TLS and does with each request what `behave` says.
async fn speaking<B, F>(behave: B) -> SocketAddr
where
    B: Fn(http::Request<RecvStream>, SendResponse<Bytes>) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let behave = behave.clone();
            tokio::spawn(async move {
                let Ok(mut connection) = h2::server::handshake(stream).await else { return };
                while let Some(Ok((request, respond))) = connection.accept().await {
                    tokio::spawn(behave(request, respond));
                }
            });
        }
    });
    address
}

fn to(address: SocketAddr) -> Request {
    over(HttpVersion::Http2, request(&format!("http://{address}/")))
}

fn answer(status: u16) -> http::Response<()> {
    let mut answer = http::Response::new(());
    *answer.status_mut() = status.try_into().unwrap();
    answer
}

async fn failure(request: Request) -> (&'static str, &'static str, String) {
    let error = send(&plain(), request).await.err().unwrap();
    (error.code(), error.phase(), error.to_string())
}

#[tokio::test]
async fn without_tls_http2_is_spoken_to_who_is_known_to_speak_it() {
    let address = speaking(|_, mut respond| async move {
        let mut body = respond.send_response(answer(200), false).unwrap();
        body.send_data("hello".into(), true).unwrap();
    })
    .await;
    let exchange = send(&plain(), to(address)).await.unwrap();
    assert_eq!((exchange.response.http_version, text(&exchange).as_str()), ("2", "hello"));
    // What cannot be agreed on is not tried.
    let echo = peer::echo().await;
    let exchange = send(&plain(), over(HttpVersion::Auto, request(&echo.url("/get")))).await.unwrap();
    assert_eq!(exchange.response.http_version, "1.1");
    let old = peer::Peer::says_at_once("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    let (code, phase, text) = failure(over(HttpVersion::Http2, request(&old.url("/get")))).await;
    assert!(matches!(code, "malformed_answer" | "closed_early" | "connection_broken"), "{code} {phase} {text}");
}

#[tokio::test]
async fn a_reset_stream_names_its_reason_and_phase() {
    for (reason, word) in [
        (Reason::INTERNAL_ERROR, "INTERNAL_ERROR"),
        (Reason::REFUSED_STREAM, "REFUSED_STREAM"),
        (Reason::ENHANCE_YOUR_CALM, "ENHANCE_YOUR_CALM"),
    ] {
        let address = speaking(move |_, mut respond| async move { respond.send_reset(reason) }).await;
        let (code, phase, text) = failure(to(address)).await;
        assert_eq!((code, phase), ("connection_broken", "wait"), "{text}");
        assert!(text.contains(&format!("it reset the stream with {word}")), "{text}");
    }
}

#[tokio::test]
async fn what_a_peer_did_not_act_on_is_sent_again_over_a_new_connection() {
    let count = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = count.clone();
    let address = speaking(move |_, mut respond| {
        let number = counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async move {
            match number {
                // The second request of the first connection.
                1 => respond.send_reset(Reason::REFUSED_STREAM),
                _ => drop(respond.send_response(answer(200), true)),
            }
        }
    })
    .await;
    let client = plain();
    for _ in 0..2 {
        let mut post = to(address);
        post.method = "POST".to_owned();
        post.body = Body::Bytes("x".into());
        assert_eq!(send(&client, post).await.unwrap().response.status, 200);
    }
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_peer_that_wants_http1_gets_it() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let pair = place.good();
    let mut acceptor = openssl::ssl::SslAcceptor::mozilla_intermediate(openssl::ssl::SslMethod::tls_server()).unwrap();
    acceptor.set_certificate(&pair.certificate).unwrap();
    acceptor.set_private_key(&pair.key).unwrap();
    acceptor.set_alpn_select_callback(|_, offered| {
        openssl::ssl::select_next_proto(b"\x02h2\x08http/1.1", offered).ok_or(openssl::ssl::AlpnError::NOACK)
    });
    let acceptor = acceptor.build();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream =
                tokio_openssl::SslStream::new(openssl::ssl::Ssl::new(acceptor.context()).unwrap(), stream).unwrap();
            std::pin::Pin::new(&mut stream).accept().await.unwrap();
            if stream.ssl().selected_alpn_protocol() == Some(b"h2") {
                let mut connection = h2::server::handshake(stream).await.unwrap();
                let (_, mut respond) = connection.accept().await.unwrap().unwrap();
                respond.send_reset(Reason::HTTP_1_1_REQUIRED);
                let _ = std::future::poll_fn(|context| connection.poll_closed(context)).await;
            } else {
                use tokio::io::{AsyncReadExt, AsyncWriteExt};
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    stream.read_buf(&mut head).await.unwrap();
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
            }
        }
    });
    let url = format!("https://{address}/");
    let exchange = send(&place.client(), over(HttpVersion::Auto, request(&url))).await.unwrap();
    assert_eq!((exchange.response.http_version, text(&exchange).as_str()), ("1.1", "ok"));
    let error = send(&place.client(), over(HttpVersion::Http2, request(&url))).await.err().unwrap();
    assert!(error.to_string().contains("HTTP_1_1_REQUIRED"), "{error}");
}

#[tokio::test]
async fn a_peer_without_measure_meets_the_limits() {
    // Heads.
    for (length, code) in [(200 * 1024, "head_too_large"), (400 * 1024, "malformed_answer")] {
        let address = speaking(move |_, mut respond| async move {
            let mut many = answer(200);
            for number in 0..length / 1024 {
                many.headers_mut().append("x-much", format!("{number:01024}").parse().unwrap());
            }
            drop(respond.send_response(many, true));
        })
        .await;
        assert_eq!(failure(to(address)).await.0, code);
    }
    // Bodies, told and untold.
    let address = speaking(|_, mut respond| async move {
        let mut body = respond.send_response(answer(200), false).unwrap();
        loop {
            body.reserve_capacity(16 * 1024);
            let Some(Ok(room)) = std::future::poll_fn(|context| body.poll_capacity(context)).await else { return };
            if body.send_data(vec![b'x'; room].into(), false).is_err() {
                return;
            }
        }
    })
    .await;
    let mut small = to(address);
    small.settings.max_response = 3 * 1024 * 1024;
    let (code, phase, _) = failure(small).await;
    assert_eq!((code, phase), ("too_large", "body"));
    // Announcements.
    let address = speaking(|_, mut respond| async move {
        while respond.send_informational(answer(103)).is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let (code, _, text) = failure(to(address)).await;
    assert_eq!(code, "malformed_answer");
    assert!(text.contains("without end"), "{text}");
}

#[tokio::test]
async fn a_peer_that_stops_ends_with_the_time() {
    let limited = |mut request: Request| {
        request.settings.timeout = Some(Duration::from_millis(300));
        request
    };
    let address = speaking(|request, respond| async move {
        std::future::pending::<()>().await;
        drop((request, respond));
    })
    .await;
    let (code, phase, _) = failure(limited(to(address))).await;
    assert_eq!((code, phase), ("timed_out", "wait"));
    // Nobody takes the body: the window of the stream is never opened again.
    let mut post = limited(to(address));
    post.method = "POST".to_owned();
    post.body = Body::Bytes(vec![b'x'; 1024 * 1024].into());
    let (code, phase, _) = failure(post).await;
    assert_eq!((code, phase), ("timed_out", "send"));
    let address = speaking(|_, mut respond| async move {
        let mut body = respond.send_response(answer(200), false).unwrap();
        body.send_data("half".into(), false).unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let (code, phase, _) = failure(limited(to(address))).await;
    assert_eq!((code, phase), ("timed_out", "body"));
}

/// A frame of HTTP/2 (RFC 9113, 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

#[tokio::test]
async fn a_peer_that_breaks_the_rules_is_found_out() {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const SETTINGS: u8 = 4;
    const PUSH_PROMISE: u8 = 5;
    const GOAWAY: u8 = 7;
    const WINDOW_UPDATE: u8 = 8;
    const END_HEADERS: u8 = 4;
    const END_STREAM: u8 = 1;
    // ":status: 200" of the static table, and "content-length: 9" as a literal.
    let (ok, nine) = (&[0x88][..], &[0x88, 0x0f, 0x0d, 0x01, b'9'][..]);
    let settings = frame(SETTINGS, 0, 0, &[]);
    let after = |frames: &[Vec<u8>]| [settings.clone(), frames.concat()].concat();
    for (what, said, code, word) in [
        ("another protocol", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "malformed_answer", "HTTP/2"),
        (
            "a window beyond all",
            after(&[frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255])]),
            "malformed_answer",
            "FLOW_CONTROL_ERROR",
        ),
        ("an odd frame size", after(&[frame(SETTINGS, 0, 0, &[1, 2, 3])]), "malformed_answer", "HTTP/2"),
        ("headers that are none", after(&[frame(HEADERS, END_HEADERS, 1, &[0xff; 9])]), "malformed_answer", "HTTP/2"),
        (
            "a push nobody wanted",
            after(&[frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, 0x88])]),
            "malformed_answer",
            "PROTOCOL_ERROR",
        ),
        ("data before a head", after(&[frame(DATA, 0, 1, b"x")]), "malformed_answer", "PROTOCOL_ERROR"),
        (
            "less than was announced",
            after(&[frame(HEADERS, END_HEADERS, 1, nine), frame(DATA, END_STREAM, 1, b"four")]),
            "malformed_answer",
            "PROTOCOL_ERROR",
        ),
        (
            "a farewell with a reason",
            after(&[frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 11])]),
            "connection_broken",
            "ENHANCE_YOUR_CALM",
        ),
        ("a farewell", after(&[frame(GOAWAY, 0, 0, &[0; 8])]), "closed_early", "closed the connection"),
    ] {
        let peer = Peer::says_at_once(&said).await;
        let mut request = over(HttpVersion::Http2, request(&peer.url("/")));
        // It has to be found out, not waited for.
        request.settings.timeout = Some(Duration::from_secs(10));
        let (found, _, text) = failure(request).await;
        assert_eq!(found, code, "{what}: {text}");
        assert!(text.contains(word), "{what}: {text}");
    }
    // It resets the stream in the middle; that may overtake what was said before it.
    const RST_STREAM: u8 = 3;
    let reset = frame(RST_STREAM, 0, 1, &[0, 0, 0, 2]);
    let peer =
        Peer::says_at_once(after(&[frame(HEADERS, END_HEADERS, 1, ok), frame(DATA, 0, 1, b"four"), reset])).await;
    let (code, phase, text) = failure(over(HttpVersion::Http2, request(&peer.url("/")))).await;
    assert_eq!(code, "connection_broken", "{text}");
    assert!(text.contains("INTERNAL_ERROR") && matches!(phase, "send" | "wait" | "head" | "body"), "{phase}: {text}");
    // It hangs up in the middle.
    let half = after(&[frame(HEADERS, END_HEADERS, 1, nine), frame(DATA, 0, 1, b"four")]);
    let peer = Peer::says_at_once_then_closes(&half).await;
    let (code, phase, text) = failure(over(HttpVersion::Http2, request(&peer.url("/")))).await;
    assert_eq!((code, phase), ("closed_early", "body"), "{text}");
    assert!(text.contains("after 4 of 9 bytes"), "{text}");
}

#[tokio::test]
async fn what_http2_cannot_carry_is_refused_before_anything_is_sent() {
    let address = speaking(|_, mut respond| async move { drop(respond.send_response(answer(200), true)) }).await;
    for (headers, url) in
        [(&[("Host", "a b")][..], "/"), (&[("X-Own", "\u{1}")], "/"), (&[("X-Own", "☃")], "/"), (&[("a b", "c")], "/")]
    {
        let mut request = to(address);
        request.url = format!("http://{address}{url}");
        request.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (code, phase, text) = failure(request).await;
        assert_eq!((code, phase), ("bad_request", "prepare"), "{headers:?}: {text}");
    }
}

#[tokio::test]
async fn a_stream_of_events_is_shown_as_it_comes_and_ends_with_its_time() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let old = Peer::says(format!("{head}9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n")).await;
    let new = speaking(|_, mut respond| async move {
        let mut head = answer(200);
        head.headers_mut().insert("content-type", "text/event-stream".parse().unwrap());
        let mut body = respond.send_response(head, false).unwrap();
        body.send_data("data: 1\n\n".into(), false).unwrap();
        body.send_data("data: 2\n\n".into(), false).unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    for mut request in [request(&old.url("/")), to(new)] {
        let (tap, mut pieces) = tokio::sync::mpsc::unbounded_channel();
        request.settings.streaming.tap = Some(tap);
        request.settings.streaming.longest = Some(Duration::from_millis(500));
        let exchange = send(&plain(), request).await.unwrap();
        assert_eq!((text(&exchange).as_str(), exchange.response.cut), ("data: 1\n\ndata: 2\n\n", true));
        let mut shown = Vec::new();
        while let Some(piece) = pieces.recv().await {
            shown.extend_from_slice(&piece);
        }
        assert_eq!(shown, b"data: 1\n\ndata: 2\n\n");
    }
    // Other answers are not cut, and not shown.
    let echo = peer::echo().await;
    let mut slow = request(&echo.url("/delay/1"));
    let (tap, mut pieces) = tokio::sync::mpsc::unbounded_channel();
    slow.settings.streaming.tap = Some(tap);
    slow.settings.streaming.longest = Some(Duration::from_millis(1));
    assert!(!send(&plain(), slow).await.unwrap().response.cut);
    assert!(pieces.recv().await.is_none());
}
