//! TLS with the `openssl s_server` of this machine and with nginx: trust, versions, ciphers and client certificates.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod peer;

use std::path::Path;
use std::process::Stdio;

use bulla_transport::{
    Client, ClientCertificate, Config, CookieJar, Exchange, Identity, Proxies, ProxyServer, Request, SendError,
};
use openssl::pkcs12::Pkcs12;
use openssl::symm::Cipher;
use peer::certificates::{Pair, Place};
use peer::nginx::Nginx;
use peer::request;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

/// `openssl s_server`, stopped when it is dropped.
struct Server {
    _process: Child,
    port: u16,
}

impl Server {
    /// A server that shows `pair`.
    async fn of(place: &Place, pair: &Pair, arguments: &[&str]) -> Self {
        let (certificate, key) = place.of_server(pair);
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-cert"])
            .arg(certificate)
            .arg("-key")
            .arg(key)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("s_server says where it listens");
            if let Some(address) = line.strip_prefix("ACCEPT ") {
                break address.rsplit(':').next().unwrap().parse().unwrap();
            }
        };
        // It blocks if nobody takes what it says.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { _process: process, port }
    }

    fn request(&self) -> Request {
        request(&format!("https://127.0.0.1:{}/", self.port))
    }
}

async fn send(client: &Client, request: Request) -> Result<Exchange, SendError> {
    client.send(request, &CookieJar::new(), &CancellationToken::new()).await
}

fn text(exchange: &Exchange) -> String {
    String::from_utf8_lossy(&exchange.response.body).into_owned()
}

#[tokio::test]
async fn only_a_certificate_for_this_host_from_a_known_authority_is_trusted() {
    let place = Place::new();
    let expired = Pair::new("localhost", &["localhost", "127.0.0.1"], -2, Some(&place.authority));
    let elsewhere = Pair::new("a.example", &["a.example", "*.b.example"], 5, Some(&place.authority));
    let own = Pair::new("localhost", &["localhost", "127.0.0.1"], 5, None);
    let strangers = Pair::new("Stranger", &[], 5, None);
    let foreign = Pair::new("localhost", &["127.0.0.1"], 5, Some(&strangers));
    for (pair, why) in [
        (place.good(), ""),
        (expired, "certificate has expired: it was valid until 20"),
        (elsewhere, "mismatch: it is for a.example, *.b.example, not for 127.0.0.1"),
        (own, "self-signed certificate: CN=localhost"),
        (foreign, "it was signed by CN=Stranger"),
    ] {
        let server = Server::of(&place, &pair, &[]).await;
        let strict = send(&place.client(), server.request()).await;
        let mut lax = server.request();
        lax.settings.strict_ssl = false;
        // What is bound to a host goes to a peer that proves to be that host, whatever the request says of trust.
        let mut bound = lax.clone();
        bound.settings.only_to = vec![vec![lax.url.parse().unwrap()]];
        match send(&place.client(), bound).await {
            Ok(_) => assert!(why.is_empty(), "{why}"),
            Err(error) => assert_eq!((error.code(), error.phase()), ("bound_elsewhere", "tls"), "{why}"),
        }
        let lax = send(&place.client(), lax).await.unwrap().response;
        let tls = lax.tls.unwrap();
        assert_eq!(tls.chain[0].fingerprint.len(), 64);
        if why.is_empty() {
            assert!(tls.verified && tls.problem.is_none());
            let tls = strict.unwrap().response.tls.unwrap();
            assert_eq!((tls.chain[0].subject.as_str(), tls.chain[0].issuer.as_str()), ("CN=localhost", "CN=Test CA"));
            assert_eq!(tls.chain[0].names, ["localhost", "127.0.0.1", "::1"]);
            assert!(tls.chain[0].not_after.ends_with('Z') && tls.verified);
            continue;
        }
        let error = strict.err().unwrap();
        assert_eq!((error.code(), error.phase()), ("untrusted_certificate", "tls"), "{error}");
        assert!(error.to_string().contains(why), "{error}");
        assert!(!tls.verified && tls.problem.is_some(), "{why}");
    }
    // Without our authority, nobody signed it.
    let server = Server::of(&place, &place.good(), &[]).await;
    let error = send(&Client::new(Config::default()).unwrap(), server.request()).await.err().unwrap();
    assert_eq!(error.code(), "untrusted_certificate");
    let broken = Client::new(Config { extra_ca: vec![b"no PEM".to_vec()], ..Config::default() });
    assert!(broken.err().unwrap().to_string().contains("certificate authorities"));
}

#[tokio::test]
async fn every_version_that_is_not_disabled_is_spoken() {
    let place = Place::new();
    let pair = place.good();
    for (flag, name, version) in [
        ("-tls1", "TLSv1", "TLSv1"),
        ("-tls1_1", "TLSv1_1", "TLSv1.1"),
        ("-tls1_2", "TLSv1_2", "TLSv1.2"),
        ("-tls1_3", "TLSv1_3", "TLSv1.3"),
    ] {
        let server = Server::of(&place, &pair, &[flag, "-cipher", "ALL:@SECLEVEL=0"]).await;
        let exchange = send(&place.client(), server.request()).await.unwrap();
        let tls = exchange.response.tls.unwrap();
        assert_eq!((tls.version.as_str(), tls.verified), (version, true));
        assert!(exchange.response.timing.tls > std::time::Duration::ZERO);

        let mut without = server.request();
        without.settings.tls.disabled = vec![name.to_owned(), "SSLv2".to_owned(), "nonsense".to_owned()];
        let error = send(&place.client(), without).await.err().unwrap();
        assert_eq!((error.code(), error.phase()), ("tls_failed", "tls"), "{name}: {error}");
        assert!(error.to_string().contains("TLS versions that are left"), "{name}: {error}");
    }
    let server = Server::of(&place, &pair, &[]).await;
    let mut none = server.request();
    none.settings.tls.disabled = ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"].map(str::to_owned).to_vec();
    let error = send(&place.client(), none).await.err().unwrap();
    assert!(error.to_string().contains("every TLS version is disabled"), "{error}");
}

#[tokio::test]
async fn the_first_cipher_of_the_list_is_taken() {
    let place = Place::new();
    let (first, second) = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384");
    let new = ("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256");
    let server = Server::of(&place, &place.good(), &[]).await;
    for (ciphers, version, cipher) in [
        (&[first, second][..], "TLSv1.2", first),
        (&[second, first], "TLSv1.2", second),
        (&["nonsense", second], "TLSv1.2", second),
        (&[new.0, new.1], "TLSv1.3", new.0),
        (&[new.1, first], "TLSv1.3", new.1),
    ] {
        let mut request = server.request();
        request.settings.tls.ciphers = ciphers.iter().map(|name| (*name).to_owned()).collect();
        let tls = send(&place.client(), request).await.unwrap().response.tls.unwrap();
        assert_eq!((tls.version.as_str(), tls.cipher.as_str()), (version, cipher));
    }
    for ciphers in [&["RANDOM"][..], &["TLS_RANDOM"]] {
        let mut request = server.request();
        request.settings.tls.ciphers = ciphers.iter().map(|name| (*name).to_owned()).collect();
        let error = send(&place.client(), request).await.err().unwrap();
        assert!(error.to_string().contains("no cipher suite is known in"), "{error}");
    }
}

/// A PFX file with the ciphers of former times (RC2, 3DES), with the passphrase `word`.
fn old_pfx(place: &Place, client: &Pair) -> Vec<u8> {
    let certificate = place.write("client.pem", &client.pem());
    let key = place.write("client.key", &client.key_pem());
    let path = place.folder.path().join("old.pfx");
    let made = std::process::Command::new("openssl")
        .args(["pkcs12", "-export", "-legacy", "-passout", "pass:word", "-in"])
        .args([&certificate, Path::new("-inkey"), &key, Path::new("-out"), &path])
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::read(path).unwrap()
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_fits() {
    let place = Place::new();
    let client = Pair::new("A Client", &["client.example"], 5, Some(&place.authority));
    let ca = place.folder.path().join("ca.pem");
    let server =
        Server::of(&place, &place.good(), &["-Verify", "3", "-verify_return_error", "-CAfile", ca.to_str().unwrap()])
            .await;
    let encrypted = client.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"word").unwrap();
    let pfx = Pkcs12::builder().cert(&client.certificate).pkey(&client.key).name("x").build2("word").unwrap();
    let pem = |key: Vec<u8>| Identity::Pem { certificate: client.pem(), key: key.into() };
    for (what, identity, passphrase) in [
        ("PEM", pem(client.key_pem()), None),
        ("encrypted PEM", pem(encrypted.clone()), Some("word")),
        ("PFX", Identity::Pfx(pfx.to_der().unwrap().into()), Some("word")),
        ("old PFX", Identity::Pfx(old_pfx(&place, &client).into()), Some("word")),
    ] {
        let exchange = send(&place.client_with(identity, passphrase), server.request()).await;
        let exchange = exchange.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(text(&exchange).contains("A Client"), "{what}: {}", text(&exchange));
    }
    for (what, identity, passphrase, why) in [
        ("no passphrase", pem(encrypted.clone()), None, "wrong passphrase?"),
        ("wrong passphrase", pem(encrypted), Some("other"), "wrong passphrase?"),
        ("wrong PFX passphrase", Identity::Pfx(pfx.to_der().unwrap().into()), Some("other"), "wrong passphrase?"),
        ("other key", pem(place.good().key_pem()), None, "does not belong"),
        ("no PEM", Identity::Pem { certificate: b"x".to_vec(), key: b"x".to_vec().into() }, None, "no PEM certificate"),
        ("no PFX", Identity::Pfx(b"x".to_vec().into()), None, "not PFX"),
    ] {
        let error = send(&place.client_with(identity, passphrase), server.request()).await.err().unwrap();
        assert_eq!((error.code(), error.phase()), ("client_certificate", "tls"), "{what}");
        assert!(error.to_string().contains(why), "{what}: {error}");
        assert!(!error.to_string().contains("other\""), "{what}: {error}");
    }
    let error = send(&place.client(), server.request()).await.err().unwrap();
    assert!(error.to_string().contains("certificate required"), "{error}");
    let shown = format!("{:?}", place.client_with(pem(client.key_pem()), Some("word")));
    assert!(shown.contains("https://127.0.0.1:*/*") && !shown.contains("word"), "{shown}");
}

#[tokio::test]
async fn http_and_https_in_the_wrong_place_are_recognized() {
    let place = Place::new();
    let server = Server::of(&place, &place.good(), &[]).await;
    let error = send(&place.client(), request(&format!("http://127.0.0.1:{}/", server.port))).await.err().unwrap();
    assert!(matches!(error.code(), "malformed_answer" | "closed_early" | "connection_broken"), "{error}");

    let echo = peer::echo().await;
    let error = send(&place.client(), request(&echo.url("/").replace("http:", "https:"))).await.err().unwrap();
    assert_eq!((error.code(), error.phase()), ("tls_failed", "tls"));
    assert!(error.to_string().contains("perhaps it is http"), "{error}");
}

/// A TLS server of ours that keeps connections and tells each answer which connection it came over.
async fn keeping(pair: &Pair) -> u16 {
    use openssl::ssl::{Ssl, SslAcceptor, SslMethod};
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_certificate(&pair.certificate).unwrap();
    acceptor.set_private_key(&pair.key).unwrap();
    let context = acceptor.build().into_context();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = tokio_openssl::SslStream::new(Ssl::new(&context).unwrap(), stream).unwrap();
            tokio::spawn(async move {
                if std::pin::Pin::new(&mut stream).accept().await.is_err() {
                    return;
                }
                let mut buffer = Vec::new();
                while stream.read_buf(&mut buffer).await.is_ok_and(|count| count > 0) {
                    if buffer.ends_with(b"\r\n\r\n") {
                        buffer.clear();
                        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{number}");
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn a_session_is_shared_by_requests_with_the_same_settings_alone() {
    let place = Place::new();
    let port = keeping(&place.good()).await;
    let client = place.client();
    let plain = request(&format!("https://127.0.0.1:{port}/"));
    let mut older = plain.clone();
    older.settings.tls.disabled = vec!["TLSv1_3".to_owned()];
    let mut lax = plain.clone();
    lax.settings.strict_ssl = false;
    let other_name = request(&format!("https://localhost:{port}/"));
    for (request, connection) in [
        (&plain, "0"),
        (&plain, "0"),
        (&older, "1"),
        (&lax, "2"),
        (&other_name, "3"),
        (&plain, "0"),
        (&older, "1"),
        (&lax, "2"),
    ] {
        let exchange = send(&client, request.clone()).await.unwrap();
        assert_eq!(text(&exchange), connection);
        assert!(exchange.response.tls.is_some());
    }
}

#[tokio::test]
async fn tls_goes_through_a_proxy_untouched() {
    let place = Place::new();
    let port = keeping(&place.good()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = ProxyServer::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            near.read_buf(&mut head).await.unwrap();
        }
        let head = String::from_utf8(head).unwrap();
        let mut far = TcpStream::connect(head.split(' ').nth(1).unwrap()).await.unwrap();
        near.write_all(b"HTTP/1.1 200 Go ahead\r\n\r\n").await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    });
    let proxies = Proxies { https: Some(proxy), ..Proxies::default() };
    let config = Config { extra_ca: vec![place.authority.pem()], proxy: proxies, ..Config::default() };
    let client = Client::new(config).unwrap();
    for _ in 0..2 {
        let exchange = send(&client, request(&format!("https://127.0.0.1:{port}/"))).await.unwrap();
        assert_eq!(text(&exchange), "0");
        assert!(exchange.response.tls.unwrap().verified);
    }
}

/// The suites and versions that a peer is offered, as they stand in the ClientHello (RFC 8446, 4.1.2).
async fn offered(disabled: &[&str], ciphers: &[&str]) -> (Vec<u16>, Vec<u16>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut request = request(&format!("https://{}/", listener.local_addr().unwrap()));
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    request.settings.tls.disabled = texts(disabled);
    request.settings.tls.ciphers = texts(ciphers);
    let hello = tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.unwrap();
        let mut head = [0; 5];
        peer.read_exact(&mut head).await.unwrap();
        assert_eq!(head[0], 22, "a handshake");
        let mut hello = vec![0; u16::from_be_bytes([head[3], head[4]]).into()];
        peer.read_exact(&mut hello).await.unwrap();
        hello
    });
    let client = Client::new(Config::default()).unwrap();
    // The peer hangs up: what it was offered is all we want.
    send(&client, request).await.err().unwrap();
    let hello = hello.await.unwrap();
    assert_eq!(hello[0], 1, "a ClientHello");
    let word = |at: usize| u16::from_be_bytes([hello[at], hello[at + 1]]);
    // Type and length, version, random, session.
    let mut at = 4 + 2 + 32;
    at += 1 + usize::from(hello[at]);
    let length = usize::from(word(at));
    let suites = (0..length / 2).map(|number| word(at + 2 + 2 * number)).collect();
    at += 2 + length;
    at += 1 + usize::from(hello[at]);
    let end = at + 2 + usize::from(word(at));
    at += 2;
    let mut versions = Vec::new();
    while at < end {
        let (kind, length) = (word(at), usize::from(word(at + 2)));
        const SUPPORTED_VERSIONS: u16 = 43;
        if kind == SUPPORTED_VERSIONS {
            versions = (0..usize::from(hello[at + 4]) / 2).map(|number| word(at + 5 + 2 * number)).collect();
        }
        at += 4 + length;
    }
    (suites, versions)
}

#[tokio::test]
async fn a_peer_is_offered_the_ciphers_in_the_order_that_was_asked_for() {
    /// Says that a client can renegotiate safely; no suite.
    const RENEGOTIATION: u16 = 0x00ff;
    const TLS12: u16 = 0x0303;
    const TLS13: u16 = 0x0304;
    let (one, two) = ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384");
    let (three, four) = ("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256");
    for (disabled, ciphers, suites, versions) in [
        (&[][..], &[one, two][..], &[0xc02f, 0xc030][..], &[][..]),
        (&[], &[two, one], &[0xc030, 0xc02f], &[]),
        (&[], &[three, four], &[0x1303, 0x1301], &[TLS13]),
        (&[], &[four, three], &[0x1301, 0x1303], &[TLS13]),
        (&[], &[four, two, one], &[0x1301, 0xc030, 0xc02f], &[TLS13, TLS12]),
        (&["TLSv1_3"], &[four, two], &[0xc030], &[]),
        (&["TLSv1", "TLSv1_1", "TLSv1_2"], &[four, two], &[0x1301], &[TLS13]),
    ] {
        let (mut offered, spoken) = offered(disabled, ciphers).await;
        offered.retain(|suite| *suite != RENEGOTIATION);
        assert_eq!(offered, suites, "{disabled:?} {ciphers:?}");
        assert!(versions.iter().all(|version| spoken.contains(version)), "{disabled:?} {ciphers:?} {spoken:x?}");
        assert_eq!(spoken.contains(&TLS13), versions.contains(&TLS13), "{disabled:?} {ciphers:?} {spoken:x?}");
    }
}

/// What `$ssl_protocol` and `$ssl_cipher` of nginx are, and who showed a certificate.
const SAYS: &str = "location / { return 200 \"$ssl_protocol|$ssl_cipher|$ssl_client_verify|$ssl_client_s_dn\"; }";

#[tokio::test]
async fn nginx_speaks_each_version_alone_and_refuses_those_it_does_not() {
    let place = Place::new();
    let pair = place.good();
    let all = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
    let setting = |version: &str| version.replace('.', "_");
    for version in all {
        let server = format!("ssl_protocols {version}; ssl_ciphers ALL:@SECLEVEL=0; {SAYS}");
        let Some(nginx) = Nginx::start(&place, &pair, "ssl", &server).await else { return };
        let exchange = send(&place.client(), nginx.request("/")).await.unwrap();
        assert!(text(&exchange).starts_with(&format!("{version}|")), "{}", text(&exchange));
        assert_eq!(exchange.response.tls.unwrap().version, version);

        // What is left when it is disabled the server does not speak.
        let mut without = nginx.request("/");
        without.settings.tls.disabled = vec![setting(version)];
        let error = send(&place.client(), without).await.err().unwrap();
        assert_eq!((error.code(), error.phase()), ("tls_failed", "tls"), "{version}: {error}");
        assert!(error.to_string().contains("TLS versions that are left"), "{version}: {error}");

        // And the other way round: all but this one disabled is this one.
        let mut alone = nginx.request("/");
        alone.settings.tls.disabled =
            all.iter().filter(|other| **other != version).map(|other| setting(other)).collect();
        let exchange = send(&place.client(), alone).await.unwrap();
        assert!(text(&exchange).starts_with(&format!("{version}|")), "{}", text(&exchange));
    }
}

#[tokio::test]
async fn nginx_takes_the_first_cipher_of_the_list_unless_it_prefers_its_own() {
    let place = Place::new();
    let (one, two) = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384");
    let (three, four) = ("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256");
    let ciphers = format!("ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {two}:{one};");
    let Some(follows) = Nginx::start(&place, &place.good(), "ssl", &format!("{ciphers} {SAYS}")).await else { return };
    let prefers = format!("{ciphers} ssl_prefer_server_ciphers on; {SAYS}");
    let Some(prefers) = Nginx::start(&place, &place.good(), "ssl", &prefers).await else { return };
    let client = place.client();
    for (server, ciphers, taken) in [
        (&follows, &[one, two][..], format!("TLSv1.2|{one}|")),
        (&follows, &[two, one], format!("TLSv1.2|{two}|")),
        (&follows, &[three, four], format!("TLSv1.3|{three}|")),
        (&follows, &[four, three], format!("TLSv1.3|{four}|")),
        (&follows, &[four, one], format!("TLSv1.3|{four}|")),
        (&prefers, &[one, two], format!("TLSv1.2|{two}|")),
    ] {
        let mut request = server.request("/");
        request.settings.tls.ciphers = ciphers.iter().map(|name| (*name).to_owned()).collect();
        let exchange = send(&client, request).await.unwrap();
        assert!(text(&exchange).starts_with(&taken), "{ciphers:?}: {}", text(&exchange));
    }
    // A suite that it does not have.
    let mut request = follows.request("/");
    request.settings.tls.ciphers = vec!["ECDHE-ECDSA-CHACHA20-POLY1305".to_owned()];
    let error = send(&client, request).await.err().unwrap();
    assert!(error.to_string().contains("accepts none of the cipher suites"), "{error}");
}

#[tokio::test]
async fn nginx_is_shown_a_client_certificate_from_every_kind_of_file() {
    let place = Place::new();
    let client = Pair::new("A Client", &["client.example"], 5, Some(&place.authority));
    let ca = place.folder.path().join("ca.pem");
    let server = format!("ssl_client_certificate {}; ssl_verify_client on; {SAYS}", ca.display());
    let Some(nginx) = Nginx::start(&place, &place.good(), "ssl", &server).await else { return };
    let encrypted = client.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"word").unwrap();
    let pfx = Pkcs12::builder().cert(&client.certificate).pkey(&client.key).name("x").build2("word").unwrap();
    let pem = |key: Vec<u8>| Identity::Pem { certificate: client.pem(), key: key.into() };
    for (what, identity, passphrase) in [
        ("PEM", pem(client.key_pem()), None),
        ("encrypted PEM", pem(encrypted), Some("word")),
        ("PFX", Identity::Pfx(pfx.to_der().unwrap().into()), Some("word")),
        ("old PFX", Identity::Pfx(old_pfx(&place, &client).into()), Some("word")),
    ] {
        let exchange = send(&place.client_with(identity, passphrase), nginx.request("/")).await;
        let exchange = exchange.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(text(&exchange).ends_with("|SUCCESS|CN=A Client"), "{what}: {}", text(&exchange));
    }
    // nginx lets anybody shake hands, and refuses then.
    let exchange = send(&place.client(), nginx.request("/")).await.unwrap();
    assert_eq!(exchange.response.status, 400);
    assert!(text(&exchange).contains("No required SSL certificate was sent"), "{}", text(&exchange));
}

#[tokio::test]
async fn nginx_is_shown_the_certificate_whose_pattern_fits_host_and_port() {
    let place = Place::new();
    let pair = Pair::new("localhost", &["*.test.localhost", "localhost", "127.0.0.1"], 5, Some(&place.authority));
    let ca = place.folder.path().join("ca.pem");
    let server = format!("ssl_client_certificate {}; ssl_verify_client optional; {SAYS}", ca.display());
    let Some(nginx) = Nginx::start(&place, &pair, "ssl", &server).await else { return };
    let port = nginx.port;
    let shown = |name: &str, pattern: String| {
        let own = Pair::new(name, &["client.example"], 5, Some(&place.authority));
        let identity = Identity::Pem { certificate: own.pem(), key: own.key_pem().into() };
        ClientCertificate { matches: vec![pattern], identity, passphrase: None }
    };
    let client = Client::new(Config {
        extra_ca: vec![place.authority.pem()],
        client_certs: vec![
            shown("Other Port", format!("https://*.test.localhost:{}/*", port.wrapping_add(1).max(1))),
            shown("Usual Port", "https://*.test.localhost/*".to_owned()),
            shown("One Host", format!("https://one.test.localhost:{port}/*")),
            shown("Wildcard", format!("https://*.test.localhost:{port}/*")),
            shown("Any Port", "https://localhost:*/*".to_owned()),
        ],
        ..Config::default()
    })
    .unwrap();
    for (host, shown) in [
        ("one.test.localhost", "SUCCESS|CN=One Host"),
        ("two.test.localhost", "SUCCESS|CN=Wildcard"),
        ("localhost", "SUCCESS|CN=Any Port"),
        ("127.0.0.1", "NONE|"),
    ] {
        let exchange = send(&client, request(&format!("https://{host}:{port}/"))).await.unwrap();
        assert!(text(&exchange).ends_with(shown), "{host}: {}", text(&exchange));
        assert!(exchange.response.tls.unwrap().verified);
    }
}
