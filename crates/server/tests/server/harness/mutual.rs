//! `openssl s_server` that wants a client certificate, with an authority, certificates and keys that openssl made.

use std::path::Path;
use std::process::Stdio;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Files in a folder.
pub struct Certificates {
    folder: tempfile::TempDir,
}

/// A server that is stopped when it is dropped.
pub struct Mutual {
    pub port: u16,
    _process: Child,
}

/// The passphrase of what is encrypted.
pub const PASSPHRASE: &str = "canary of a passphrase";

impl Certificates {
    /// An authority `ca`, a certificate `server` for 127.0.0.1, those of the clients `ada` and `bea`, and for `ada` an
    /// encrypted key and a PFX file. All end in two days.
    pub async fn make() -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
        let root = ["-days", "2", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem"];
        made.openssl(&[&["req", "-x509"][..], &curve, &root].concat()).await;
        for (name, more) in [
            ("server", "subjectAltName=IP:127.0.0.1"),
            ("ada", "subjectAltName=DNS:ada"),
            ("bea", "subjectAltName=DNS:bea"),
        ] {
            let (key, request, out) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
            let subject = format!("/CN={name}.example");
            let asked = ["-subj", &subject, "-addext", more, "-keyout", &key, "-out", &request];
            made.openssl(&[&["req"][..], &curve, &asked].concat()).await;
            let signed =
                ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-copy_extensions", "copy"];
            made.openssl(&[&["x509", "-req", "-in", &request][..], &signed, &["-out", &out]].concat()).await;
        }
        let pass = format!("pass:{PASSPHRASE}");
        made.openssl(&[
            "pkcs8",
            "-topk8",
            "-v2",
            "aes-256-cbc",
            "-in",
            "ada.key",
            "-passout",
            &pass,
            "-out",
            "ada.enc.key",
        ])
        .await;
        made.openssl(&[
            "pkcs12", "-export", "-in", "ada.pem", "-inkey", "ada.key", "-passout", &pass, "-out", "ada.pfx",
        ])
        .await;
        made
    }

    async fn openssl(&self, arguments: &[&str]) {
        let done = Command::new("openssl").args(arguments).current_dir(self.folder.path()).output().await.unwrap();
        assert!(done.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    pub fn base64(&self, name: &str) -> String {
        STANDARD.encode(std::fs::read(self.folder.path().join(name)).unwrap())
    }

    /// A server that shows `server` and lets in those whose certificate the authority signed.
    pub async fn server(&self) -> Mutual {
        Mutual::start(self.folder.path()).await
    }
}

impl Mutual {
    async fn start(folder: &Path) -> Self {
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-cert", "server.pem", "-key", "server.key"])
            .args(["-CAfile", "ca.pem", "-Verify", "1", "-verify_return_error"])
            .current_dir(folder)
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
        Self { port, _process: process }
    }

    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}/", self.port)
    }
}
