//! A real SMTP server (aiosmtpd) that keeps nothing and prints what it gets.

use std::process::Stdio;
use std::time::Duration;

use bulla_server::config::{Smtp, SmtpEncryption};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

pub struct Sink {
    port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    /// Ends with it.
    _process: Child,
}

impl Sink {
    /// One that behaves as `arguments` of `tests/smtp/sink.py` say, or `None` where it is not installed.
    pub async fn start(arguments: &[&str]) -> Option<Self> {
        let packages = packages()?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/smtp/sink.py");
        let mut process = Command::new("python3")
            .arg(script)
            .args(arguments)
            .env("PYTHONPATH", packages)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next_line().await.unwrap().unwrap_or_else(|| panic!("the SMTP server did not start"));
        Some(Self { port: port.parse().unwrap(), lines, _process: process })
    }

    /// How it is reached without TLS.
    pub fn plain(&self) -> Smtp {
        Smtp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            encryption: SmtpEncryption::None,
            credentials: None,
            ca: None,
            from: "Bulla <bulla@example.com>".to_owned(),
        }
    }

    /// The next mail that it took.
    pub async fn mail(&mut self) -> Value {
        let line = tokio::time::timeout(Duration::from_secs(60), self.lines.next_line()).await;
        let line = line
            .unwrap_or_else(|_| panic!("no mail came"))
            .unwrap()
            .unwrap_or_else(|| panic!("the SMTP server has ended"));
        serde_json::from_str(&line).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by their environment where aiosmtpd is")]
fn packages() -> Option<String> {
    let folder = std::env::var("BULLA_TEST_SMTP").ok();
    let complete = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(folder.is_some() || !complete, "with CI=true the tests need aiosmtpd in the folder BULLA_TEST_SMTP");
    folder
}

/// Says that a test did nothing.
pub fn no_sink() {
    eprintln!("left out: BULLA_TEST_SMTP names no folder with aiosmtpd");
}
