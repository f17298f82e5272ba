//! The real binary, and an echo service that it starts.
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// `bulla`, in `folder`.
pub fn bulla(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulla"));
    command.current_dir(folder).stdin(Stdio::null());
    for name in ["NO_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
        command.env_remove(name);
    }
    command
}

/// What a finished command said.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs `command` to its end.
pub fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("the program starts");
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A running `bulla echo`, stopped when it is dropped.
pub struct Echo {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

impl Echo {
    pub fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bulla"))
            .args(["echo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("bulla echo starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output is piped");
        BufReader::new(out).read_line(&mut line).expect("bulla echo prints its address");
        let address = line.trim().rsplit("//").next().expect("an address").to_owned();
        Self { child, address }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// Writes `document` to `name` in `folder`, with `HOST` replaced by `address`.
pub fn write(folder: &Path, name: &str, document: &serde_json::Value, address: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, document.to_string().replace("HOST", address)).expect("the file is written");
    path
}

/// A v2.1 collection called `name` with `items`.
pub fn collection(name: &str, items: serde_json::Value) -> serde_json::Value {
    serde_json::json!({
        "info": { "name": name, "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" },
        "item": items,
    })
}

/// A request with a test script.
pub fn request(name: &str, url: &str, test: &[&str]) -> serde_json::Value {
    serde_json::json!({
        "name": name,
        "request": { "method": "GET", "url": url },
        "event": [{ "listen": "test", "script": { "exec": test } }],
    })
}
