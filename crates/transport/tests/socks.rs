//! A SOCKS5 proxy: asked for a way, with a password if there is one, by name or by address.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod peer;

use bulla_transport::{Client, Config, CookieJar, Egress, Proxies, ProxyServer};
use peer::request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A SOCKS5 server (RFC 1928) that wants `name` and `word` if `guarded`, leads every way to `echo`, and tells what it was
/// asked for.
async fn socks(echo: String, guarded: bool) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (told, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let (echo, told) = (echo.clone(), told.clone());
            tokio::spawn(async move {
                let count = {
                    near.read_u8().await?;
                    near.read_u8().await?
                };
                let mut methods = vec![0; count.into()];
                near.read_exact(&mut methods).await?;
                if guarded {
                    if !methods.contains(&2) {
                        return near.write_all(&[5, 0xff]).await;
                    }
                    near.write_all(&[5, 2]).await?;
                    near.read_u8().await?;
                    let mut given = Vec::new();
                    for _ in 0..2 {
                        let mut text = vec![0; near.read_u8().await?.into()];
                        near.read_exact(&mut text).await?;
                        given.push(String::from_utf8(text).unwrap());
                    }
                    let fine = given == ["name", "word"];
                    near.write_all(&[1, u8::from(!fine)]).await?;
                    if !fine {
                        return Ok(());
                    }
                } else {
                    near.write_all(&[5, 0]).await?;
                }
                let mut head = [0; 4];
                near.read_exact(&mut head).await?;
                let target = if head[3] == 3 {
                    let mut name = vec![0; near.read_u8().await?.into()];
                    near.read_exact(&mut name).await?;
                    format!("name {}", String::from_utf8(name).unwrap())
                } else {
                    let mut ip = vec![0; if head[3] == 1 { 4 } else { 16 }];
                    near.read_exact(&mut ip).await?;
                    "address".to_owned()
                };
                let port = near.read_u16().await?;
                let _ = told.send(format!("{target} {port}"));
                if port == 9 {
                    return near.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).await;
                }
                let mut far = TcpStream::connect(echo).await?;
                near.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
                tokio::io::copy_bidirectional(&mut near, &mut far).await.map(|_| ())
            });
        }
    });
    (address, asked)
}

fn client(proxy: &str, egress: Egress) -> Client {
    let proxy = Some(ProxyServer::parse(proxy).unwrap());
    Client::new(Config {
        egress,
        proxy: Proxies { http: proxy.clone(), https: proxy, ..Proxies::default() },
        ..Config::default()
    })
    .unwrap()
}

#[tokio::test]
async fn a_socks_proxy_leads_to_the_peer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let echo = listener.local_addr().unwrap().to_string();
    tokio::spawn(bulla_echo::serve(listener, std::future::pending()));
    let (jar, cancel) = (CookieJar::new(), CancellationToken::new());
    for (scheme, guarded, user, url, asked) in [
        ("socks5h", false, "", "http://far.invalid/get?a=1", "name far.invalid 80"),
        ("socks5h", true, "name:word@", "http://far.invalid:81/get?a=1", "name far.invalid 81"),
        ("socks5", false, "", "http://localhost:82/get?a=1", "address 82"),
        ("socks5h", false, "", "http://127.0.0.1:83/get?a=1", "address 83"),
    ] {
        let (proxy, mut told) = socks(echo.clone(), guarded).await;
        let client = client(&format!("{scheme}://{user}{proxy}"), Egress::Open);
        let answer = client.send(request(url), &jar, &cancel).await.unwrap();
        assert_eq!(told.recv().await.unwrap(), asked);
        let body = String::from_utf8(answer.response.body.to_vec()).unwrap();
        // The peer is spoken to as if there were no proxy.
        assert!(body.contains("\"args\":{\"a\":\"1\"}") && !body.to_lowercase().contains("proxy"), "{body}");
        assert!(answer.sent[0].headers.iter().all(|(name, _)| name != "Proxy-Authorization"));
    }
}

#[tokio::test]
async fn a_socks_proxy_that_opens_no_way_is_an_error_that_names_it() {
    let (jar, cancel) = (CookieJar::new(), CancellationToken::new());
    for (guarded, user, url) in [
        (true, "name:wrong@", "http://far.invalid/"),
        (true, "", "http://far.invalid/"),
        (false, "", "https://far.invalid:9/"),
    ] {
        let (proxy, _told) = socks("127.0.0.1:1".to_owned(), guarded).await;
        let client = client(&format!("socks5h://{user}{proxy}"), Egress::Open);
        let error = client.send(request(url), &jar, &cancel).await.err().unwrap();
        assert_eq!((error.code(), error.phase()), ("proxy_failed", "proxy"), "{error}");
        assert!(error.to_string().contains(&proxy) && !error.to_string().contains("wrong"), "{error}");
    }
    // The policy holds for what is behind the proxy.
    let (proxy, _told) = socks("127.0.0.1:1".to_owned(), false).await;
    let client = client(&format!("socks5://{proxy}"), Egress::Public { allow: Vec::new() });
    for url in ["http://127.0.0.1/", "http://localhost/"] {
        assert_eq!(client.send(request(url), &jar, &cancel).await.err().unwrap().code(), "egress_refused", "{url}");
    }
}

/// A real SOCKS5 server, microsocks, with `flags`; stopped when it is dropped.
async fn microsocks(flags: &[&str]) -> Option<(tokio::process::Child, String)> {
    let program = peer::installed("/usr/bin/microsocks")?;
    // Between the choice of a port and its use somebody else may take it: another one then.
    for _ in 0..10 {
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let mut process = tokio::process::Command::new(program)
            .args(["-i", "127.0.0.1", "-p", &address.port().to_string()])
            .args(flags)
            .stdin(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        while process.try_wait().unwrap().is_none() {
            if TcpStream::connect(address).await.is_ok() {
                return Some((process, address.to_string()));
            }
            tokio::task::yield_now().await;
        }
    }
    panic!("microsocks does not start");
}

#[tokio::test]
async fn a_real_socks_server_leads_to_the_peer() {
    let echo = peer::echo().await;
    let (jar, cancel) = (CookieJar::new(), CancellationToken::new());
    let Some((_open, open)) = microsocks(&[]).await else { return };
    let Some((_guarded, guarded)) = microsocks(&["-u", "name", "-P", "word"]).await else { return };
    for (scheme, user, proxy) in [
        ("socks5", "", &open),
        ("socks5h", "", &open),
        ("socks5", "name:word@", &guarded),
        ("socks5h", "name:word@", &guarded),
    ] {
        let client = client(&format!("{scheme}://{user}{proxy}"), Egress::Open);
        for host in ["127.0.0.1", "localhost"] {
            let url = format!("http://{host}:{}/get?a=1", echo.address.port());
            let answer = client.send(request(&url), &jar, &cancel).await.unwrap();
            assert_eq!(answer.response.status, 200, "{scheme} {user} {host}");
            assert_eq!(answer.response.remote.to_string(), *proxy);
        }
    }
    for (user, port) in [("", echo.address.port()), ("name:wrong@", echo.address.port()), ("name:word@", 1)] {
        let client = client(&format!("socks5h://{user}{guarded}"), Egress::Open);
        let error = client.send(request(&format!("http://127.0.0.1:{port}/")), &jar, &cancel).await.err().unwrap();
        assert_eq!((error.code(), error.phase()), ("proxy_failed", "proxy"), "{error}");
    }
}
