//! A real rsyslog that takes syslog over TLS and writes what it gets into a file, with certificates of a real authority.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

const PLUGIN: &str = "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so";

pub struct Rsyslog {
    pub port: u16,
    /// The authority in PEM.
    pub ca: String,
    /// A certificate of a client, and its key.
    pub client: (String, String),
    folder: PathBuf,
    process: Option<Child>,
}

impl Rsyslog {
    /// One that wants a client certificate, or `None` where it is not installed.
    pub async fn start(folder: &Path) -> Option<Self> {
        if !installed() {
            return None;
        }
        let folder = folder.join("rsyslog");
        std::fs::create_dir_all(&folder).unwrap();
        let openssl = async |arguments: &[&str]| {
            let done = Command::new("openssl").args(arguments).current_dir(&folder).output().await.unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
        let root = ["-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem"];
        openssl(&[&["req", "-x509"][..], &curve, &root].concat()).await;
        for name in ["server", "client"] {
            let (key, request, out) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
            let subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
            openssl(&[&["req"][..], &curve[..5], &subject, &["-keyout", &key, "-out", &request]].concat()).await;
            openssl(&[
                "x509",
                "-req",
                "-in",
                &request,
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "2",
                "-copy_extensions",
                "copy",
                "-out",
                &out,
            ])
            .await;
        }
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut rsyslog =
            Self { port, ca: read("ca.pem"), client: (read("client.pem"), read("client.key")), folder, process: None };
        rsyslog.again().await;
        Some(rsyslog)
    }

    /// Starts it, on the port that it has.
    pub async fn again(&mut self) {
        let folder = self.folder.display();
        let configuration = format!(
            "global(workDirectory=\"{folder}\" defaultNetstreamDriver=\"ossl\" maxMessageSize=\"64k\"\n\
               defaultNetstreamDriverCAFile=\"{folder}/ca.pem\" defaultNetstreamDriverCertFile=\"{folder}/server.pem\"\n\
               defaultNetstreamDriverKeyFile=\"{folder}/server.key\")\n\
             module(load=\"imtcp\" streamDriver.name=\"ossl\" streamDriver.mode=\"1\" streamDriver.authMode=\"x509/certvalid\")\n\
             input(type=\"imtcp\" port=\"{}\" address=\"127.0.0.1\")\n\
             template(name=\"raw\" type=\"string\" string=\"%pri% %hostname% %app-name% %msgid% %structured-data% %msg%\\n\")\n\
             action(type=\"omfile\" file=\"{folder}/out.log\" template=\"raw\")\n",
            self.port
        );
        std::fs::write(self.folder.join("rsyslog.conf"), configuration).unwrap();
        let process = Command::new("/usr/sbin/rsyslogd")
            .args(["-n", "-C", "-i"])
            .arg(self.folder.join("pid"))
            .arg("-f")
            .arg(self.folder.join("rsyslog.conf"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(self.folder.join("stderr")).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.process = Some(process);
        let begun = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "rsyslog does not listen: {}",
                std::fs::read_to_string(self.folder.join("stderr")).unwrap_or_default()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().await.unwrap();
        }
    }

    /// The lines that it has written.
    pub fn lines(&self) -> Vec<String> {
        let text = std::fs::read(self.folder.join("out.log")).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by their environment whether everything must be there")]
fn installed() -> bool {
    let found = Path::new("/usr/sbin/rsyslogd").exists() && Path::new(PLUGIN).exists();
    let complete = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(found || !complete, "with CI=true the tests need rsyslog and rsyslog-openssl");
    if !found {
        eprintln!("left out: rsyslog with its OpenSSL driver is not installed");
    }
    found
}
