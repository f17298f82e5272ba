//! The import rules of the workspace, checked by reading it (ARCHITECTURE.md, "Which way things depend").
//!
//! A rule here is one that the compiler cannot hold for us.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// A crate of ours and those of ours it may depend on, tests included.
const CRATES: &[(&str, &[&str])] = &[
    ("access", &[]),
    ("audit", &[]),
    ("collection", &[]),
    ("db", &[]),
    ("echo", &[]),
    ("seal", &[]),
    ("transport", &["echo"]),
    ("sandbox", &["collection"]),
    ("runner", &["collection", "echo", "sandbox", "transport"]),
    ("server", &["access", "audit", "collection", "db", "echo", "runner", "seal", "transport"]),
    ("cli", &["audit", "collection", "db", "echo", "runner", "seal", "server", "transport"]),
];

/// A library that one crate alone may name.
const DOORS: &[(&str, &[&str])] = &[
    ("sqlx", &["db"]),
    ("openssl", &["transport"]),
    ("rquickjs", &["sandbox"]),
    ("lettre", &["server"]),
    ("webauthn-rs", &["server"]),
];

/// Crates that take values and return values.
const PURE: &[&str] = &["access", "audit", "collection"];

/// What a pure crate may not name, and why.
const IMPURE: &[(&str, &str)] = &[
    ("tokio::", "no async"),
    ("async fn", "no async"),
    ("std::fs", "no files"),
    ("std::net", "no sockets"),
    ("std::env", "no environment"),
    ("SystemTime::now", "the clock is an argument"),
    ("Instant::now", "the clock is an argument"),
    ("rand::rng(", "randomness is an argument"),
    ("Uuid::new_v4", "ids are arguments"),
    ("Uuid::now_v7", "ids are arguments"),
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "helpers", "helper", "common", "misc", "manager", "models", "types"];

/// Reads the workspace and reports every breach at once.
///
/// # Errors
///
/// If a rule is broken: one line a breach, with file, line and the rule.
pub fn check(root: &Path) -> Result<()> {
    let mut breaches = Vec::new();
    for (name, allowed) in CRATES {
        dependencies(root, name, allowed, &mut breaches)?;
        sources(root, name, &mut breaches)?;
    }
    known_crates(root, &mut breaches)?;
    server_layers(root, &mut breaches)?;
    tables(root, &mut breaches)?;
    lockfiles(root, &mut breaches)?;
    if breaches.is_empty() {
        println!("tidy: {} crates keep the rules", CRATES.len());
        return Ok(());
    }
    bail!("{} breaches of the import rules:\n{}", breaches.len(), breaches.join("\n"));
}

fn known_crates(root: &Path, breaches: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(root.join("crates"))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !CRATES.iter().any(|(known, _)| *known == name) {
            breaches.push(format!("crates/{name}: not in the map of xtask/src/tidy.rs; say what it may depend on"));
        }
    }
    Ok(())
}

fn dependencies(root: &Path, name: &str, allowed: &[&str], breaches: &mut Vec<String>) -> Result<()> {
    let path = root.join("crates").join(name).join("Cargo.toml");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut for_tests = false;
    for (number, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            for_tests = line.trim() == "[dev-dependencies]";
        }
        if let Some(rest) = line.strip_prefix("bulla-") {
            let other: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            if !allowed.contains(&other.as_str()) {
                breaches.push(format!("crates/{name}/Cargo.toml:{}: {name} may not depend on {other}", number + 1));
            }
        }
        for (library, owners) in DOORS {
            let named = line.split(['.', ' ', '=']).next() == Some(*library);
            // Tests may stand on the other side of a door: a peer that speaks TLS, say.
            if named && !for_tests && !owners.contains(&name) {
                breaches.push(format!(
                    "crates/{name}/Cargo.toml:{}: only {} may depend on {library}",
                    number + 1,
                    owners.join(", ")
                ));
            }
        }
    }
    Ok(())
}

fn sources(root: &Path, name: &str, breaches: &mut Vec<String>) -> Result<()> {
    for path in rust_files(&root.join("crates").join(name).join("src"))? {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let parent = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        for part in std::iter::once(stem).chain(parent) {
            if EMPTY_NAMES.contains(&part.as_str()) {
                breaches.push(format!("{shown}: `{part}` says nothing; name what is inside"));
            }
        }
        if !PURE.contains(&name) {
            continue;
        }
        for (number, line) in code_lines(&std::fs::read_to_string(&path)?) {
            for (impure, why) in IMPURE {
                if line.contains(impure) {
                    breaches.push(format!("{shown}:{number}: {name} is pure: {why} (`{impure}`)"));
                }
            }
        }
    }
    Ok(())
}

/// Inside the server HTTP knows rules and rules never know HTTP.
fn server_layers(root: &Path, breaches: &mut Vec<String>) -> Result<()> {
    for folder in capabilities(root)? {
        for path in rust_files(&folder)? {
            let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let text = std::fs::read_to_string(&path)?;
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            for (number, line) in code_lines(&text) {
                if file == "http.rs" && line.contains("sql!(") {
                    breaches.push(format!("{shown}:{number}: SQL belongs to the rules, not to http.rs"));
                }
                if file != "http.rs" && line.contains("axum::") {
                    breaches.push(format!("{shown}:{number}: rules never know HTTP (`axum`); move it to http.rs"));
                }
            }
        }
    }
    Ok(())
}

/// A table is named by the capability that owns it, and by no other.
///
/// The owner is written above the table in its migration: `-- owner: workspaces`.
fn tables(root: &Path, breaches: &mut Vec<String>) -> Result<()> {
    let mut owners: Vec<(String, String)> = Vec::new();
    for path in files(&root.join("crates/server/migrations/sqlite"), "sql")? {
        let mut owner = None;
        for (number, line) in std::fs::read_to_string(&path)?.lines().enumerate() {
            let line = line.trim();
            if let Some(name) = line.strip_prefix("-- owner: ") {
                owner = Some(name.trim().to_owned());
            } else if let Some(rest) = line.to_lowercase().strip_prefix("create table ") {
                let rest = rest.trim_start_matches("if not exists ");
                let table: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                match owner.clone() {
                    Some(owner) => owners.push((table, owner)),
                    None => breaches.push(format!(
                        "{}:{}: table {table} has no `-- owner: <capability>` above it",
                        path.strip_prefix(root).unwrap_or(&path).display(),
                        number + 1
                    )),
                }
            }
        }
    }
    let source = root.join("crates/server/src");
    for path in rust_files(&source)? {
        let inside = path.strip_prefix(&source).unwrap_or(&path);
        let capability = inside.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let capability = capability.unwrap_or_default().trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&path)?;
        for (table, owner) in &owners {
            if *owner == capability {
                continue;
            }
            for verb in ["from", "into", "update", "join"] {
                if text.contains(&format!("{verb} {table} ")) || text.contains(&format!("{verb} {table}\"")) {
                    breaches.push(format!(
                        "crates/server/src/{}: table {table} belongs to {owner}; call its functions",
                        inside.display()
                    ));
                }
            }
        }
    }
    Ok(())
}

/// A lockfile that names a download host would tie the project to one network.
fn lockfiles(root: &Path, breaches: &mut Vec<String>) -> Result<()> {
    for name in ["web", "crates/sandbox/js", "tests/newman"] {
        let path = root.join(name).join("package-lock.json");
        if path.is_file() && std::fs::read_to_string(&path)?.contains("\"resolved\": \"http") {
            breaches
                .push(format!("{name}/package-lock.json: names a registry host; set omit-lockfile-registry-resolved"));
        }
    }
    Ok(())
}

/// The folders of the server that are capabilities: those with an `http.rs`.
fn capabilities(root: &Path) -> Result<Vec<PathBuf>> {
    Ok(std::fs::read_dir(root.join("crates/server/src"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("http.rs").is_file())
        .collect())
}

/// Lines of code with their numbers, without comments and without the tests at the end of a file.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(number, line)| (number + 1, line))
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    files(folder, "rs")
}

/// The files below `folder` with this ending, in a stable order.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
