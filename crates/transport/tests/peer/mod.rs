//! Peers to send to: the echo service, and raw ones that say and do what they are told.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

pub mod certificates;
pub mod nginx;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bulla_transport::{Body, Request, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The program at `path`; `None` if it is not installed, which is a failure with `CI=true`.
#[expect(clippy::disallowed_methods, reason = "tests are told by their environment whether everything must be there")]
pub fn installed(path: &'static str) -> Option<&'static Path> {
    let found = Path::new(path).exists();
    let complete = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(found || !complete, "with CI=true the tests need {path}");
    if !found {
        eprintln!("left out: {path} is not installed");
    }
    found.then(|| Path::new(path))
}

/// A plain `GET`.
pub fn request(url: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: Body::Empty,
        settings: Settings::default(),
    }
}

/// A server that is there as long as the test's runtime.
pub struct Peer {
    pub address: SocketAddr,
    heard: watch::Receiver<String>,
    closed: watch::Receiver<bool>,
}

/// What a raw peer does with a connection after it has read a whole request, or at once.
#[derive(Clone)]
enum Then {
    /// Says this and waits for the other side to close.
    Say { answer: Arc<[u8]>, first: bool },
    /// Says this and closes.
    SayAndClose(Arc<[u8]>),
    /// Says this and resets the connection.
    SayAndReset(Arc<[u8]>),
    /// Says this before it has read anything, and closes.
    SayAtOnceAndClose(Arc<[u8]>),
    /// Resets the connection before it has read anything.
    Reset,
    /// Says this again and again.
    SayForever { start: Arc<[u8]>, more: Arc<[u8]> },
}

impl Peer {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Everything it was told, as soon as it is a whole request.
    pub async fn heard(&self) -> String {
        let mut heard = self.heard.clone();
        heard.wait_for(|text| is_whole(text.as_bytes())).await.unwrap().clone()
    }

    /// Waits until the other side has closed the connection.
    pub async fn closed(&self) {
        self.closed.clone().wait_for(|closed| *closed).await.unwrap();
    }

    pub async fn says(answer: impl AsRef<[u8]>) -> Self {
        Self::start(Then::Say { answer: answer.as_ref().into(), first: false }).await
    }

    pub async fn says_at_once(answer: impl AsRef<[u8]>) -> Self {
        Self::start(Then::Say { answer: answer.as_ref().into(), first: true }).await
    }

    pub async fn says_then_closes_each(answer: impl AsRef<[u8]>) -> Self {
        Self::start(Then::SayAndClose(answer.as_ref().into())).await
    }

    pub async fn says_then_resets(answer: impl AsRef<[u8]>) -> Self {
        Self::start(Then::SayAndReset(answer.as_ref().into())).await
    }

    pub async fn says_forever(start: impl AsRef<[u8]>, more: impl AsRef<[u8]>) -> Self {
        Self::start(Then::SayForever { start: start.as_ref().into(), more: more.as_ref().into() }).await
    }

    pub async fn says_at_once_then_closes(answer: impl AsRef<[u8]>) -> Self {
        Self::start(Then::SayAtOnceAndClose(answer.as_ref().into())).await
    }

    pub async fn resets_at_once() -> Self {
        Self::start(Then::Reset).await
    }

    pub async fn never_answers() -> Self {
        Self::says("").await
    }

    async fn start(then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, heard) = watch::channel(String::new());
        let (close, closed) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (then, tell, close) = (then.clone(), tell.clone(), close.clone());
                tokio::spawn(async move {
                    // A peer whose client is gone has nothing more to do.
                    let _ = behave(stream, then, &tell).await;
                    let _ = close.send(true);
                });
            }
        });
        Self { address, heard, closed }
    }
}

async fn behave(mut stream: TcpStream, then: Then, tell: &watch::Sender<String>) -> std::io::Result<()> {
    if let Then::Say { answer, first: true } = &then {
        stream.write_all(answer).await?;
    }
    if let Then::Reset = &then {
        return stream.set_zero_linger();
    }
    if let Then::SayAtOnceAndClose(answer) = &then {
        stream.write_all(answer).await?;
        stream.shutdown().await?;
        // What is left unread would turn the close into a reset.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
        return Ok(());
    }
    let mut request = Vec::new();
    loop {
        while !is_whole(&request) {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        tell.send_replace(String::from_utf8_lossy(&request).into_owned());
        request.clear();
        match &then {
            Then::Say { answer, first } => {
                if !first {
                    stream.write_all(answer).await?;
                }
            }
            Then::SayAndClose(answer) => return stream.write_all(answer).await,
            Then::SayAndReset(answer) => {
                stream.write_all(answer).await?;
                return stream.set_zero_linger();
            }
            Then::SayAtOnceAndClose(_) | Then::Reset => return Ok(()),
            Then::SayForever { start, more } => {
                stream.write_all(start).await?;
                loop {
                    stream.write_all(more).await?;
                }
            }
        }
    }
}

/// Whether head and body, as far as its length is told, are there.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().filter_map(|line| line.split_once(": ")).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap_or_default())
    });
    request.len() >= head.len() + 4 + length.unwrap_or_default()
}

/// The echo service on a port of its own.
pub async fn echo() -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(bulla_echo::serve(listener, std::future::pending()));
    Peer { address, heard: watch::channel(String::new()).1, closed: watch::channel(false).1 }
}
