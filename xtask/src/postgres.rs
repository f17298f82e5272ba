//! A private PostgreSQL for one run of the tests: its own folder, its own port, gone afterwards.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::doctor;

/// A running PostgreSQL whose data folder is removed when this is dropped.
pub struct Postgres {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a new cluster in the temporary folder and starts it on a free port of the loopback interface.
    ///
    /// # Errors
    ///
    /// If PostgreSQL is not installed or does not start; the message has the end of its log.
    pub fn start() -> Result<Self> {
        let programs =
            doctor::postgres_folder().context("PostgreSQL is not installed (Debian: apt-get install postgresql)")?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let data = std::env::temp_dir().join(format!("bulla-postgres-{}-{port}", std::process::id()));
        let postgres = Self { programs, data, port };
        let data = postgres.data.to_string_lossy().into_owned();
        quiet(postgres.program("initdb").args([
            "-D",
            &data,
            "-U",
            "bulla",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]))?;
        // A test cluster has nothing to lose in a crash, so it does not wait for the disk.
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='{data}' -c fsync=off \
             -c synchronous_commit=off -c full_page_writes=off -c max_connections=400"
        );
        let log = format!("{data}/start.log");
        quiet(postgres.program("pg_ctl").args(["-D", &data, "-w", "-t", "60", "-l", &log, "-o", &options, "start"]))
            .with_context(|| std::fs::read_to_string(&log).unwrap_or_default())?;
        Ok(postgres)
    }

    /// The address of its maintenance database, with the right to create others.
    pub fn url(&self) -> String {
        format!("postgres://bulla@127.0.0.1:{}/postgres", self.port)
    }

    /// One of PostgreSQL's programs, run as an ordinary user: it refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        if !is_root() {
            return Command::new(path);
        }
        let mut command = Command::new("setpriv");
        let user = if Path::new("/var/lib/postgresql").exists() { "postgres" } else { "nobody" };
        command.arg(format!("--reuid={user}")).arg("--clear-groups").arg(path).current_dir("/");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data.to_string_lossy().into_owned();
        if let Err(error) = quiet(self.program("pg_ctl").args(["-D", &data, "-m", "immediate", "stop"])) {
            eprintln!("xtask: the test database was not stopped: {error:#}");
        }
        if let Err(error) = std::fs::remove_dir_all(&self.data) {
            eprintln!("xtask: {} was not removed: {error}", self.data.display());
        }
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

fn quiet(command: &mut Command) -> Result<()> {
    // The server inherits what it is started with: a pipe would keep us waiting for its end.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).status()?;
    if !status.success() {
        bail!("{:?} failed ({status})", command.get_args().collect::<Vec<_>>());
    }
    Ok(())
}
