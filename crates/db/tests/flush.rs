//! A commit on PostgreSQL that returned is on disk, though the connections of the pool do not wait for the disk themselves:
//! a real PostgreSQL is killed right after it has acknowledged, and what was acknowledged is looked for.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bulla_db::{Database, Migration, Query};
use futures::future::join_all;
use sqlx::{Connection, Executor, PgConnection};

/// How long a cluster may take to come up, with the recovery after a crash.
const PATIENCE: Duration = Duration::from_secs(60);

const THINGS: Migration =
    Migration { version: 1, name: "things", sqlite: "", postgres: "create table thing (id text primary key)" };

/// A PostgreSQL of one's own that waits for the disk as it does where people work.
struct Cluster {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
    postmaster: Option<Child>,
}

/// The folder with PostgreSQL's programs; empty if they are on the path.
fn programs() -> Option<PathBuf> {
    if Command::new("initdb").arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return Some(PathBuf::new());
    }
    let folders = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten().map(|entry| entry.path().join("bin"));
    folders.filter(|folder| folder.join("initdb").is_file()).max()
}

impl Cluster {
    fn new(programs: PathBuf) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let data = std::env::temp_dir().join(format!("bulla-flush-{}-{port}", std::process::id()));
        let cluster = Self { programs, data, port, postmaster: None };
        let data = cluster.data.to_string_lossy().into_owned();
        let made = cluster
            .program("initdb")
            .args(["-D", &data, "-U", "bulla", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"])
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "initdb: {made}");
        cluster
    }

    /// One of PostgreSQL's programs, run as an ordinary user: it refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"));
        if !root {
            return Command::new(path);
        }
        let user = if Path::new("/var/lib/postgresql").exists() { "postgres" } else { "nobody" };
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={user}")).arg("--clear-groups").arg(path).current_dir("/");
        command
    }

    fn url(&self) -> String {
        format!("postgres://bulla@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it and waits until it answers. What was killed may still hold the shared memory for a moment.
    async fn start(&mut self) {
        let begun = Instant::now();
        loop {
            let data = self.data.to_string_lossy().into_owned();
            let settings = [
                "listen_addresses=127.0.0.1".to_owned(),
                format!("port={}", self.port),
                format!("unix_socket_directories={data}"),
                "fsync=on".to_owned(),
                // What nobody waits for is written by the log writer, so seldom that a kill comes first.
                "wal_writer_delay=10s".to_owned(),
            ];
            let mut command = self.program("postgres");
            command.args(["-D", &data]).args(settings.iter().flat_map(|setting| ["-c", setting]));
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            while child.try_wait().unwrap().is_none() {
                if let Ok(connection) = PgConnection::connect(&self.url()).await {
                    connection.close().await.unwrap();
                    self.postmaster = Some(child);
                    return;
                }
                assert!(begun.elapsed() < PATIENCE, "PostgreSQL does not come up");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert!(begun.elapsed() < PATIENCE, "PostgreSQL does not start");
        }
    }

    /// Kills the postmaster, with which what stands in shared memory alone is gone.
    fn kill(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        postmaster.kill().unwrap();
        postmaster.wait().unwrap();
    }

    async fn things(&self) -> Vec<String> {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        let found = sqlx::query_scalar("select id from thing order by id").fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        found
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

#[expect(clippy::disallowed_methods, reason = "where everything must be there, its absence is a failure")]
fn complete() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_was_acknowledged_survives_the_kill_of_postgresql() {
    let Some(programs) = programs() else {
        assert!(!complete(), "with CI=true this test needs PostgreSQL");
        return;
    };
    let mut cluster = Cluster::new(programs);
    cluster.start().await;
    let database = Database::open_postgres(&cluster.url()).await.unwrap();
    database.migrate(&[THINGS]).await.unwrap();
    database.close().await;

    // Without the flush an acknowledged commit is lost: otherwise what follows would prove nothing.
    let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
    connection.execute("set synchronous_commit = off").await.unwrap();
    connection.execute("insert into thing (id) values ('nobody waited')").await.unwrap();
    cluster.kill();
    cluster.start().await;
    assert_eq!(cluster.things().await, [] as [&str; 0]);

    let mut expected = Vec::new();
    for round in 0..3 {
        let database = Database::open_postgres(&cluster.url()).await.unwrap();
        let commits = (0..8).map(|writer| {
            let database = database.clone();
            tokio::spawn(async move {
                let id = format!("round {round} writer {writer}");
                let mut transaction = database.begin().await.unwrap();
                let insert = Query::new("insert into thing (id) values ($1)");
                insert.bind(&id).execute(&mut transaction).await.unwrap();
                transaction.commit().await.unwrap();
                id
            })
        });
        for acknowledged in join_all(commits).await {
            expected.push(acknowledged.unwrap());
        }
        cluster.kill();
        cluster.start().await;
        assert_eq!(cluster.things().await, expected, "round {round}");
    }
}
