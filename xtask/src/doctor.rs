//! What this machine has, and what to install if something is absent.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// A program that Bulla's own commands call.
struct Tool {
    names: &'static [&'static str],
    argument: &'static str,
    needed: Need,
    install: &'static str,
}

/// What a missing tool prevents.
#[derive(Clone, Copy, PartialEq)]
enum Need {
    /// Nothing works without it.
    Always,
    /// A part of the tests is left out; in CI that is a failure.
    Tests,
}

const TOOLS: &[Tool] = &[
    Tool { names: &["cargo"], argument: "--version", needed: Need::Always, install: "install Rust with rustup" },
    Tool { names: &["node"], argument: "--version", needed: Need::Always, install: "install Node 20 or newer" },
    Tool { names: &["npm"], argument: "--version", needed: Need::Always, install: "install npm (it comes with Node)" },
    Tool {
        names: &["cc", "gcc", "clang"],
        argument: "--version",
        needed: Need::Always,
        install: "install a C compiler (Debian: apt-get install build-essential)",
    },
    Tool {
        names: &["make"],
        argument: "--version",
        needed: Need::Always,
        install: "install make (Debian: apt-get install build-essential)",
    },
    Tool {
        names: &["perl"],
        argument: "-v",
        needed: Need::Always,
        install: "install perl, which OpenSSL's build needs (Debian: apt-get install perl)",
    },
    Tool {
        names: &["openssl"],
        argument: "version",
        needed: Need::Tests,
        install: "install openssl (Debian: apt-get install openssl)",
    },
];

/// Fails with the whole list of what to install if something that is always needed is absent.
pub fn require() -> Result<()> {
    let missing: Vec<_> = TOOLS
        .iter()
        .filter(|tool| tool.needed == Need::Always && version(tool).is_none())
        .map(|tool| format!("  {}: {}", tool.names[0], tool.install))
        .collect();
    if !missing.is_empty() {
        bail!("this machine lacks:\n{}", missing.join("\n"));
    }
    if let Some(major) = node_major()
        && major < 20
    {
        bail!("Node {major} is too old: install Node 20 or newer");
    }
    Ok(())
}

/// Prints a line for each tool; fails if one that is always needed is absent.
pub fn print() -> Result<()> {
    for tool in TOOLS {
        match version(tool) {
            Some(version) => println!("ok       {:<11} {version}", tool.names[0]),
            None => println!("missing  {:<11} {}", tool.names[0], tool.install),
        }
    }
    optional("nextest", nextest(), "optional: cargo install cargo-nextest; `cargo test` is used without it");
    optional(
        "postgresql",
        postgres_folder().map(|folder| folder.display().to_string()),
        "for the tests on PostgreSQL (Debian: apt-get install postgresql)",
    );
    optional(
        "chromium",
        chromium().map(|path| path.display().to_string()),
        "for the browser journeys (Debian: apt-get install chromium)",
    );
    optional(
        "rsyslog",
        first_line("/usr/sbin/rsyslogd", &["-v"]),
        "for the tests of audit streams (Debian: apt-get install rsyslog rsyslog-openssl)",
    );
    optional(
        "nginx",
        // It tells its version where errors go.
        Path::new("/usr/sbin/nginx").exists().then(|| "/usr/sbin/nginx".to_owned()),
        "for the tests of HTTP/2 and TLS (Debian: apt-get install nginx-light)",
    );
    optional(
        "microsocks",
        Path::new("/usr/bin/microsocks").exists().then(|| "/usr/bin/microsocks".to_owned()),
        "for the tests of SOCKS (Debian: apt-get install microsocks)",
    );
    optional(
        "pip",
        first_line("python3", &["-m", "pip", "--version"]),
        "for the tests of mail, whose SMTP server it installs below target (Debian: apt-get install python3-pip)",
    );
    require()
}

fn optional(name: &str, found: Option<String>, install: &str) {
    match found {
        Some(found) => println!("ok       {name:<11} {found}"),
        None => println!("missing  {name:<11} {install}"),
    }
}

/// The version of cargo-nextest, if it is installed.
pub fn nextest() -> Option<String> {
    first_line("cargo", &["nextest", "--version"])
}

/// The folder with `initdb` and `postgres`: on the path, or the newest of Debian's.
pub fn postgres_folder() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("PATH")
        && let Some(folder) = std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file())
    {
        return Some(folder);
    }
    let mut folders: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    folders.sort();
    folders.pop()
}

/// The browser for the journeys: `BULLA_CHROMIUM`, or the usual places.
pub fn chromium() -> Option<PathBuf> {
    std::env::var_os("BULLA_CHROMIUM")
        .map(PathBuf::from)
        .into_iter()
        .chain(["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from))
        .find(|path| path.is_file())
}

fn version(tool: &Tool) -> Option<String> {
    tool.names.iter().find_map(|name| first_line(name, &[tool.argument]))
}

fn node_major() -> Option<u32> {
    first_line("node", &["--version"])?.trim_start_matches('v').split('.').next()?.parse().ok()
}

fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find(|line| !line.trim().is_empty())
        .map(|line| line.trim().to_owned())
}
