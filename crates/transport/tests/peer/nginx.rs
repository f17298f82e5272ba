//! A real nginx, with a configuration of the test's own.

use std::process::Stdio;

use bulla_transport::Request;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use super::certificates::{Pair, Place};

/// Stopped when it is dropped.
pub struct Nginx {
    _process: Child,
    pub port: u16,
}

impl Nginx {
    /// An nginx that shows `pair`; `listen` stands behind its address, `server` in its block.
    ///
    /// `None` if nginx is not installed; with `CI=true` that is a failure.
    pub async fn start(place: &Place, pair: &Pair, listen: &str, server: &str) -> Option<Self> {
        let program = super::installed("/usr/sbin/nginx")?;
        let (certificate, key) = place.of_server(pair);
        let folder = tempfile::tempdir_in(place.folder.path()).unwrap().keep();
        let files = format!("ssl_certificate {}; ssl_certificate_key {};", certificate.display(), key.display());
        // Between the choice of a port and its use somebody else may take it: another one then.
        for _ in 0..10 {
            let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
            let scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|what| format!("{what}_temp_path {0}/{what};", folder.display()))
                .join(" ");
            let text = format!(
                "daemon off; master_process off; pid {0}/nginx.pid; error_log {0}/nginx.log; events {{}}\n\
                 http {{ access_log off; {scratch}\n\
                 server {{ listen 127.0.0.1:{port} {listen}; {files}\n{server}\n}} }}\n",
                folder.display(),
            );
            let configuration = folder.join("nginx.conf");
            std::fs::write(&configuration, text).unwrap();
            let mut process = Command::new(program)
                .arg("-p")
                .arg(&folder)
                .arg("-c")
                .arg(&configuration)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .unwrap();
            while process.try_wait().unwrap().is_none() {
                if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                    return Some(Self { _process: process, port });
                }
                tokio::task::yield_now().await;
            }
        }
        let log = std::fs::read_to_string(folder.join("nginx.log")).unwrap_or_default();
        panic!("nginx does not start: {log}");
    }

    pub fn request(&self, path: &str) -> Request {
        super::request(&format!("https://127.0.0.1:{}{path}", self.port))
    }
}
