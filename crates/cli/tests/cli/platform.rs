//! `bulla serve`, `admin`, `backup` and `restore`: the binary as an operator runs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

const PASSWORD: &str = "correct horse battery staple";
/// A cost that does not slow the tests down.
const CHEAP: [&str; 4] = ["--password-memory-mib", "19", "--password-passes", "2"];

fn bulla(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bulla"));
    // Nothing of the surroundings: a setting of the developer's shell would change what is tested.
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs it to its end: whether it did what it was asked, and what it said.
fn ran(arguments: &[&str]) -> (bool, String) {
    let output = bulla(arguments).output().unwrap();
    (output.status.success(), said(&output))
}

/// Where a server is.
#[derive(Clone)]
struct Peer {
    address: String,
}

/// A server in a process of its own; killed when dropped.
struct Served {
    child: Child,
    peer: Peer,
    log: Receiver<String>,
}

impl Served {
    fn start(data: &Path, more: &[&str]) -> Self {
        let data = data.to_str().unwrap();
        let mut arguments = vec!["serve", "--data", data, "--listen", "127.0.0.1:0", "--log", "json"];
        arguments.extend(more.iter().chain(&CHEAP));
        let mut child = bulla(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (lines, log) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    break;
                }
            }
        });
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let Some((_, address)) = first.trim().split_once("://") else {
            panic!("{first}{}", log.iter().collect::<Vec<_>>().join("\n"));
        };
        Self { child, peer: Peer { address: address.to_owned() }, log }
    }
}

impl std::ops::Deref for Served {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}

impl Peer {
    /// An HTTP exchange: the status line and headers, and the body.
    fn ask(&self, method: &str, path: &str, cookie: &str, body: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(self.request(method, path, cookie, body).as_bytes()).unwrap();
        answer(&mut stream)
    }

    fn request(&self, method: &str, path: &str, cookie: &str, body: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nx-bulla-request: 1\r\ncookie: {cookie}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
    }

    /// The answer to a sign-in, and the cookie.
    fn sign_in(&self) -> (String, String) {
        let (head, _) = self.ask("POST", "/api/session", "", &credentials());
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap_or_default();
        (head.lines().next().unwrap().to_owned(), cookie.split(';').next().unwrap().to_owned())
    }
}

impl Served {
    fn signal(&self, name: &str) {
        let done = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Asks it to stop; whether it ended well, and the rest of its log.
    fn stop(self) -> (bool, Vec<String>) {
        self.signal("-TERM");
        self.ended()
    }

    /// Waits for its end.
    fn ended(mut self) -> (bool, Vec<String>) {
        let status = self.child.wait().unwrap();
        (status.success(), self.log.iter().collect())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn answer(stream: &mut impl Read) -> (String, String) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    (head.to_owned(), body.to_owned())
}

fn credentials() -> String {
    format!(r#"{{"email":"ana@example.com","password":"{PASSWORD}"}}"#)
}

/// `bulla admin create`, with the password on its standard input.
fn create_admin(data: &Path, password: &str) -> (bool, String) {
    let arguments =
        ["admin", "create", "--data", data.to_str().unwrap(), "--email", "ana@example.com", "--name", "Ana"];
    let mut command = bulla(&arguments);
    command.arg("--password-stdin").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), said(&output))
}

#[test]
fn the_operator_makes_an_account_while_the_server_runs_and_no_log_line_holds_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let served = Served::start(&data, &["--log-level", "trace"]);
    assert_eq!(served.sign_in().0, "HTTP/1.1 401 Unauthorized");

    let (done, told) = create_admin(&data, "short\n");
    assert!(!done && told.contains("choose a password of at least 8 characters"), "{told}");
    let (done, told) = create_admin(&data, &format!("{PASSWORD}\r\n"));
    assert!(done, "{told}");
    assert_eq!(told, "ana@example.com is Super Admin of My team\n");
    let (done, told) = create_admin(&data, PASSWORD);
    assert!(!done && told.contains("this instance has its first account already"), "{told}");

    let (status, cookie) = served.sign_in();
    assert_eq!(status, "HTTP/1.1 200 OK");
    let (head, session) = served.ask("GET", "/api/session", &cookie, "");
    assert!(session.contains(r#""email":"ana@example.com""#), "{session}");
    let id = head.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
    served.ask("POST", "/api/session", "", r#"{"email":"ana@example.com","password":"hunter2 is wrong"}"#);

    let (ended_well, log) = served.stop();
    assert!(ended_well);
    assert!(log.iter().any(|line| line.contains(&id)), "no line has the id of the request");
    let token = cookie.strip_prefix("bulla_session=").unwrap();
    for line in &log {
        let parsed: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(parsed["level"].is_string() && parsed["timestamp"].is_string(), "{line}");
        for secret in [PASSWORD, token, "hunter2", "argon2id"] {
            assert!(!line.contains(secret), "{secret} is in the log: {line}");
        }
    }
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("root.key")), 0o600);
}

#[test]
fn the_operator_gets_an_api_key_that_acts_for_somebody() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let place = data.to_str().unwrap();
    let make = |email: &str| ran(&["admin", "api-key", "--data", place, "--email", email, "--name", "Backup"]);
    let (done, told) = make("ana@example.com");
    assert!(!done && told.contains("there is no database"), "{told}");
    assert!(!data.exists());

    create_admin(&data, PASSWORD);
    let served = Served::start(&data, &["--log-level", "trace"]);
    let (done, told) = make("nobody@example.com");
    assert!(!done && told.contains("nobody has the address nobody@example.com"), "{told}");
    let (done, key) = make("Ana@Example.com");
    assert!(done && key.starts_with("PMAK-") && key.ends_with('\n') && key.len() == 65, "{key}");
    let key = key.trim();
    let mut stream = TcpStream::connect(&served.address).unwrap();
    let request = format!("GET /me HTTP/1.1\r\nhost: x\r\nconnection: close\r\nX-Api-Key: {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let (head, me) = answer(&mut stream);
    assert!(head.starts_with("HTTP/1.1 200 OK") && me.contains(r#""email":"ana@example.com""#), "{head} {me}");
    let (_, cookie) = served.sign_in();
    let (_, events) = served.ask("GET", "/api/audit/events", &cookie, "");
    assert!(events.contains(r#""actor":{"kind":"operator"},"action":"api-key.create""#), "{events}");
    let (_, log) = served.stop();
    for line in &log {
        assert!(!line.contains(&key[30..]), "the key is in the log: {line}");
    }
}

#[test]
fn another_root_key_takes_its_place_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (data, place) = (folder.path().join("data"), folder.path().join("data").to_str().unwrap().to_owned());
    let (done, told) = ran(&["keys", "rotate", "--data", &place]);
    assert!(!done && told.contains("there is no database"), "{told}");
    create_admin(&data, PASSWORD);
    let served = Served::start(&data, &[]);
    let (_, cookie) = served.sign_in();
    let made = |served: &Served, name: &str| {
        let body = format!(r#"{{"name":"{name}","kind":"team"}}"#);
        served.ask("POST", "/api/workspaces", &cookie, &body).0.lines().next().unwrap().to_owned()
    };
    assert_eq!(made(&served, "Before"), "HTTP/1.1 201 Created");
    let key = || std::fs::read_to_string(data.join("root.key")).unwrap();
    let old = key();
    let (done, told) = ran(&["keys", "rotate", "--data", &place, "--prepare"]);
    assert!(done && told.contains("it is not in use yet"), "{told}");
    assert_eq!(key(), old);
    let (done, told) = ran(&["keys", "rotate", "--data", &place]);
    assert!(done && told.contains("the key of one team is wrapped under it"), "{told}");
    assert!(!told.contains(&old.trim()[30..]) && !told.contains(&key().trim()[30..]), "{told}");
    assert_ne!(key(), old);

    // What needs a key still has it: at once, and after the next start.
    assert_eq!(made(&served, "After"), "HTTP/1.1 201 Created");
    let (_, events) = served.ask("GET", "/api/audit/events", &cookie, "");
    assert!(events.contains("root-key.rotate"), "{events}");
    served.stop();
    let served = Served::start(&data, &[]);
    assert_eq!(made(&served, "Later"), "HTTP/1.1 201 Created");
    let (_, text) = ran(&["keys", "new"]);
    assert!(text.starts_with("bulla-root-key-1:") && text.trim() != key().trim(), "{text}");
}

#[test]
fn a_request_that_is_under_way_is_answered_before_the_server_stops() {
    let folder = tempfile::tempdir().unwrap();
    create_admin(folder.path(), PASSWORD);
    let served = Served::start(folder.path(), &[]);
    let body = credentials();
    let request =
        served.request("POST", "/api/session", "", &body).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    let mut stream = TcpStream::connect(&served.address).unwrap();
    stream.write_all(&request.as_bytes()[..request.len() - body.len()]).unwrap();
    // The server asks for the body: from here on the request is under way.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    served.signal("-TERM");
    assert!(served.log.iter().any(|line| line.contains("stopping")));
    stream.write_all(body.as_bytes()).unwrap();
    assert!(answer(&mut stream).0.starts_with("HTTP/1.1 200 OK"));
    assert!(served.ended().0);
}

#[test]
fn a_send_that_outlasts_the_server_says_so_and_is_written_down() {
    let folder = tempfile::tempdir().unwrap();
    create_admin(folder.path(), PASSWORD);
    let served = Served::start(folder.path(), &[]);
    let (_, cookie) = served.sign_in();
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    // `connection: close` and a body of known length: what comes after the head is the body.
    let workspaces = json(&served.ask("GET", "/api/workspaces", &cookie, "").1);
    let workspace = workspaces["items"][0]["id"].as_str().unwrap();
    let echo = json(&served.ask("GET", "/api/meta", &cookie, "").1)["echoUrl"].as_str().unwrap().to_owned();
    let path = format!("/api/workspaces/{workspace}/send");
    let body = format!(r#"{{"document":{{"request":"{echo}/delay/10"}}}}"#);
    let mut stream = TcpStream::connect(&served.address).unwrap();
    stream.write_all(served.request("POST", &path, &cookie, &body).as_bytes()).unwrap();
    let mut begun = [0; 15];
    stream.read_exact(&mut begun).unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200 OK");
    served.signal("-TERM");
    let (_, events) = answer(&mut stream);
    assert!(events.contains(r#""reason":"cancelled""#), "{events}");
    let (ended_well, log) = served.ended();
    assert!(ended_well, "{log:?}");

    let served = Served::start(folder.path(), &[]);
    let history = json(&served.ask("GET", &format!("/api/workspaces/{workspace}/history"), &cookie, "").1);
    assert!(history["items"][0]["durationMs"].is_i64(), "{history}");
}

#[test]
fn a_log_that_goes_to_no_terminal_has_no_colours() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let mut arguments = vec!["serve", "--data", data, "--listen", "127.0.0.1:0", "--log", "human"];
    arguments.extend(CHEAP);
    let mut child = bulla(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let log = said(&child.wait_with_output().unwrap());
    assert!(log.contains("stopping") && !log.contains('\u{1b}'), "{log:?}");
}

#[test]
fn a_backup_of_a_running_instance_comes_back_with_its_root_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    create_admin(&path("old"), PASSWORD);
    let served = Served::start(&path("old"), &[]);
    let (_, cookie) = served.sign_in();

    // While it writes: every sign-in is a change.
    let peer = served.peer.clone();
    std::thread::scope(|scope| {
        scope.spawn(|| (0..20).for_each(|_| assert_eq!(peer.sign_in().0, "HTTP/1.1 200 OK")));
        let (done, told) = ran(&["backup", "--data", &text("old"), &text("backup.sqlite")]);
        assert!(done, "{told}");
        assert!(told.contains("It does not hold the root key") && told.contains(&text("old/root.key")), "{told}");
    });
    let (done, told) = ran(&["backup", "--data", &text("old"), &text("backup.sqlite")]);
    assert!(!done && told.contains("there is a file already"), "{told}");
    drop(served);

    let (done, told) = ran(&["restore", "--data", &text("old"), &text("backup.sqlite")]);
    assert!(!done && told.contains("there is data already, and it would be lost"), "{told}");
    let (done, told) = ran(&["restore", "--data", &text("new"), &text("backup.sqlite")]);
    assert!(done && told.contains("Its root key is needed before the server starts"), "{told}");

    // Without the key, and with another one, it does not start, and no new key appears.
    let serve = ["serve", "--data", &text("new"), "--listen", "127.0.0.1:0"];
    let (done, told) = ran(&serve);
    assert!(!done && told.contains("root.key is missing, and the database holds values sealed under it"), "{told}");
    assert!(!path("new/root.key").exists());
    create_admin(&path("other"), PASSWORD);
    std::fs::copy(path("other/root.key"), path("new/root.key")).unwrap();
    let (done, told) = ran(&serve);
    assert!(!done && told.contains("is not the root key of this database"), "{told}");

    std::fs::copy(path("old/root.key"), path("new/root.key")).unwrap();
    let served = Served::start(&path("new"), &[]);
    assert_eq!(served.sign_in().0, "HTTP/1.1 200 OK");
    let (head, _) = served.ask("GET", "/api/session", &cookie, "");
    assert!(head.starts_with("HTTP/1.1 200"), "a session from before the backup holds: {head}");
}

#[test]
fn what_is_no_whole_backup_is_not_restored_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    create_admin(&path("old"), PASSWORD);
    assert!(ran(&["backup", "--data", &text("old"), &text("good")]).0);
    let good = std::fs::read(path("good")).unwrap();
    std::fs::write(path("nonsense"), "not a database at all, but long enough to have a header ".repeat(40)).unwrap();
    std::fs::write(path("empty"), "").unwrap();
    std::fs::write(path("cut"), &good[..good.len() / 2]).unwrap();
    let mut damaged = good.clone();
    damaged[8192..12288].fill(0xa5);
    std::fs::write(path("damaged"), damaged).unwrap();
    for name in ["nonsense", "empty", "cut", "damaged", "absent"] {
        let (done, told) = ran(&["restore", "--data", &text("new"), &text(name)]);
        assert!(!done, "{name}: {told}");
        assert!(told.contains(&text(name)), "{name}: {told}");
        let left = std::fs::read_dir(path("new")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{name} left something behind");
    }
    let (done, told) = ran(&["backup", "--data", &text("nothing"), &text("b")]);
    assert!(!done && told.contains("there is no database"), "{told}");
    assert!(!path("nothing").exists());
    let postgres = "postgres://me:hunter2@127.0.0.1:1/none";
    let (done, told) = ran(&["backup", "--data", &text("old"), "--database-url", postgres, &text("b")]);
    assert!(!done && told.contains("use pg_dump") && !told.contains("hunter2"), "{told}");
}

#[test]
fn wrong_settings_are_named_and_nothing_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let file = folder.path().join("bulla.toml");
    std::fs::write(&file, "listne = \"127.0.0.1:0\"\n").unwrap();
    for (arguments, expected) in [
        (&["serve", "--listen", "127.0.0.1:0"][..], "data: say where the data lives"),
        (&["serve", "--data", data, "--listen", "127.0.0.1:0", "--tls-cert", "c.pem"], "tls-key: tls-cert is set"),
        (&["serve", "--data", data, "--listen", "nowhere"], "cannot listen on nowhere"),
        (&["serve", "--data", data, "--log-level", "loud=very"], "log-level: loud=very is no level"),
        (&["serve", "--config", file.to_str().unwrap()], "line 1: unknown field `listne`"),
        (&["serve", "--config", "/nothing/here.toml"], "/nothing/here.toml: "),
        (&["admin", "create", "--data", data, "--email", "e", "--name", "n"], "--password-stdin"),
    ] {
        let (done, told) = ran(arguments);
        assert!(!done && told.contains(expected), "{arguments:?}: {told}");
        assert!(!told.contains("panicked"), "{told}");
    }
    let unreachable = "postgres://me:hunter2@127.0.0.1:1/none";
    let (done, told) = ran(&["serve", "--data", data, "--listen", "127.0.0.1:0", "--database-url", unreachable]);
    assert!(!done && told.contains("cannot open the database 127.0.0.1:1") && !told.contains("hunter2"), "{told}");
}

#[test]
fn a_setting_in_the_environment_and_https() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"])
        .args(["-keyout", &path("key.pem"), "-out", &path("cert.pem")])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", said(&made));
    let mut child = bulla(&["serve", "--tls-cert", &path("cert.pem"), "--tls-key", &path("key.pem")])
        .args(CHEAP)
        .env("BULLA_DATA", path("data"))
        .env("BULLA_LISTEN", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let address = first.trim().strip_prefix("Bulla is at https://").unwrap().to_owned();
    let body = format!(r#"{{"name":"Ana","email":"ana@example.com","password":"{PASSWORD}","teamName":"T"}}"#);
    let request = format!(
        "POST /api/setup HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nx-bulla-request: 1\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut peer = Command::new("openssl")
        .args(["s_client", "-quiet", "-connect", &address, "-CAfile", &path("cert.pem"), "-verify_return_error"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = peer.stdin.take().unwrap();
    stdin.write_all(request.as_bytes()).unwrap();
    let (head, _) = answer(&mut peer.stdout.take().unwrap());
    drop(stdin);
    let _ = peer.wait();
    let _ = child.kill();
    let _ = child.wait();
    assert!(head.starts_with("HTTP/1.1 201 Created"), "{head}");
    assert!(head.contains("HttpOnly; SameSite=Lax; Secure"), "{head}");
    assert!(head.contains("strict-transport-security: max-age=31536000"), "{head}");
}
