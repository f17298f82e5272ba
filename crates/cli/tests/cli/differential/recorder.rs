//! A server in front of the echo service that keeps every request as it came, byte for byte.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine;
use openssl::ssl::{Ssl, SslAcceptor};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
pub struct Came {
    /// Whose it is, by the name of the host that was asked for.
    pub case: String,
    /// Version, cipher and the client's certificate.
    pub tls: Option<String>,
    /// Head and body.
    pub bytes: Vec<u8>,
}

/// What came, in order.
pub type Log = Arc<Mutex<Vec<Came>>>;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Records on a port of its own, with TLS if there is an `acceptor`; what it is asked for is asked of `echo`.
pub async fn record(acceptor: Option<SslAcceptor>, echo: SocketAddr, log: Log) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let (acceptor, log) = (acceptor.clone(), log.clone());
            tokio::spawn(async move {
                let Some(acceptor) = acceptor else { return serve(Box::new(stream), None, echo, &log).await };
                let ssl = Ssl::new(acceptor.context()).expect("a session");
                let mut stream = tokio_openssl::SslStream::new(ssl, stream).expect("a stream");
                if std::pin::Pin::new(&mut stream).accept().await.is_ok() {
                    let ssl = stream.ssl();
                    let who = ssl.peer_certificate().map_or("nobody".to_owned(), |own| {
                        let name = own.subject_name().entries().next().and_then(|entry| entry.data().to_string().ok());
                        name.unwrap_or_default()
                    });
                    let cipher = ssl.current_cipher().map_or("none", |cipher| cipher.name());
                    let tls = format!("{} {cipher} {who}", ssl.version_str());
                    serve(Box::new(stream), Some(tls), echo, &log).await;
                }
            });
        }
    });
    port
}

async fn serve(mut client: Box<dyn Stream>, tls: Option<String>, echo: SocketAddr, log: &Log) {
    let mut upstream: Option<TcpStream> = None;
    let mut last = "?".to_owned();
    while let Some(bytes) = message(&mut client, None).await {
        let head = String::from_utf8_lossy(&bytes).into_owned();
        let head = head.split("\r\n\r\n").next().unwrap_or_default();
        last = case_of(head).unwrap_or(last);
        let came = Came { case: last.clone(), tls: tls.clone(), bytes: bytes.clone() };
        log.lock().expect("the log").push(came);
        let mut line = head.split(' ');
        let (method, target) = (line.next().unwrap_or_default().to_owned(), line.next().unwrap_or_default());
        if let Some(answer) = target.strip_prefix("/raw/") {
            let answer = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(answer).unwrap_or_default();
            let _ = client.write_all(&answer).await;
            let _ = client.shutdown().await;
            return;
        }
        let mut server = match upstream.take() {
            Some(server) => server,
            None => TcpStream::connect(echo).await.expect("the echo service"),
        };
        let _ = server.write_all(&without_name(&bytes)).await;
        let Some(answer) = message(&mut server, Some(&method)).await else { return };
        if client.write_all(&answer).await.is_err() {
            return;
        }
        let closes = |text: &str| text.to_ascii_lowercase().contains("\r\nconnection: close");
        let answered = String::from_utf8_lossy(&answer);
        if closes(head) || closes(answered.split("\r\n\r\n").next().unwrap_or_default()) {
            let _ = client.shutdown().await;
            return;
        }
        upstream = Some(server);
    }
}

/// One message: of an answer to `method`, or a request. `None` at the end.
async fn message(stream: &mut (impl AsyncRead + Unpin), method: Option<&str>) -> Option<Vec<u8>> {
    let mut bytes = until(stream, Vec::new(), b"\r\n\r\n").await?;
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let status = head.split(' ').nth(1).unwrap_or_default();
    let bodiless = method.is_some_and(|method| method == "HEAD" || matches!(status, "204" | "304"));
    if bodiless {
        return Some(bytes);
    }
    if let Some(length) = value("content-length:").and_then(|length| length.parse::<usize>().ok()) {
        let start = bytes.len();
        bytes.resize(start + length, 0);
        stream.read_exact(&mut bytes[start..]).await.ok()?;
    } else if value("transfer-encoding:") == Some("chunked") {
        loop {
            let start = bytes.len();
            bytes = until(stream, bytes, b"\r\n").await?;
            let size = usize::from_str_radix(String::from_utf8_lossy(&bytes[start..]).trim(), 16).ok()?;
            let start = bytes.len();
            bytes.resize(start + size + 2, 0);
            stream.read_exact(&mut bytes[start..]).await.ok()?;
            if size == 0 {
                break;
            }
        }
    }
    Some(bytes)
}

async fn until(stream: &mut (impl AsyncRead + Unpin), mut bytes: Vec<u8>, end: &[u8]) -> Option<Vec<u8>> {
    let start = bytes.len();
    while !bytes[start..].ends_with(end) {
        bytes.push(stream.read_u8().await.ok()?);
    }
    Some(bytes)
}

/// The same request without the name of the program, by which the answers' lengths would differ.
fn without_name(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
    let name = regex::bytes::Regex::new(r"User-Agent: (PostmanRuntime|Bulla)/[0-9.]+").expect("a pattern");
    let mut head = name.replace(&bytes[..start], &b"User-Agent: AGENT"[..]).into_owned();
    head.extend_from_slice(&bytes[start..]);
    head
}

fn case_of(head: &str) -> Option<String> {
    let line = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    line("x-case").or_else(|| {
        let host = line("host")?;
        let name = host.split(".localhost").next().filter(|name| name.len() < host.len())?;
        name.rsplit('.').next().map(str::to_owned)
    })
}
