//! What a run begins with: files and URLs, cookies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bulla_collection::{Collection, Imported, Kind, Limits, Variable, VariableSet, data};
use bulla_transport::{Body, Client, CookieJar, Request, Settings};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::connection::read;
use crate::problem::Problem;

/// Where documents come from: files, or addresses.
pub struct Source<'c> {
    client: &'c Client,
    insecure: bool,
}

impl<'c> Source<'c> {
    /// A source that fetches with `client`.
    pub fn new(client: &'c Client, insecure: bool) -> Self {
        Self { client, insecure }
    }

    /// The collection at `place`: a file, an address, or a folder of v3.
    pub async fn collection(&self, place: &str) -> Result<Collection, Problem> {
        if Path::new(place).is_dir() {
            return folder(Path::new(place));
        }
        match self.document(place, "collection").await? {
            Imported::Collection(collection) => Ok(collection),
            Imported::Environment(_) => Err(not_this(place, "an environment", "collection")
                .help("give the collection first and this file with --environment")),
            Imported::Globals(_) => Err(not_this(place, "a globals file", "collection")
                .help("give the collection first and this file with --globals")),
        }
    }

    /// The variables at `place`.
    pub async fn variables(&self, place: &str, what: &str) -> Result<VariableSet, Problem> {
        match self.document(place, what).await? {
            Imported::Environment(set) | Imported::Globals(set) => Ok(set),
            Imported::Collection(_) => Err(not_this(place, "a collection", what)),
        }
    }

    /// The rows at `place`.
    pub async fn data(&self, place: &str) -> Result<Vec<Map<String, Value>>, Problem> {
        let bytes = self.bytes(place, "iteration data").await?;
        data::read(&bytes).map_err(|error| {
            Problem::new(format_args!("{place}: {error}"))
                .help("a data file is a JSON list of objects, or CSV whose first line has the names")
        })
    }

    async fn document(&self, place: &str, what: &str) -> Result<Imported, Problem> {
        let bytes = self.bytes(place, what).await?;
        let import = bulla_collection::read(&bytes, &Limits::default())
            .map_err(|error| Problem::new(format_args!("the {what} could not be loaded: {place}: {error}")))?;
        Ok(import.imported)
    }

    async fn bytes(&self, place: &str, what: &str) -> Result<Bytes, Problem> {
        if place.starts_with("http://") || place.starts_with("https://") {
            return self.fetch(place, what).await;
        }
        let path = Path::new(place);
        let limit = Limits::default().bytes as u64;
        match std::fs::metadata(path) {
            Ok(file) if file.is_file() && file.len() > limit => {
                return Err(Problem::in_file(
                    path,
                    format_args!("the file has {} bytes; the limit is {limit}", file.len()),
                )
                .help("split the collection and run its parts"));
            }
            Ok(file) if file.is_dir() => {
                return Err(Problem::in_file(path, format_args!("a folder; expected the {what} file")));
            }
            _ => {}
        }
        std::fs::read(path).map(Bytes::from).map_err(|error| {
            let problem = match error.kind() {
                std::io::ErrorKind::NotFound => Problem::in_file(path, format_args!("there is no such file ({what})")),
                _ => Problem::in_file(path, format_args!("the {what} cannot be read: {error}")),
            };
            match similar(path) {
                Some(other) => problem.help(format_args!("did you mean {}?", other.display())),
                None => problem,
            }
        })
    }

    async fn fetch(&self, url: &str, what: &str) -> Result<Bytes, Problem> {
        let request = Request {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: vec![
                ("User-Agent".to_owned(), bulla_runner::AGENT.to_owned()),
                ("Accept".to_owned(), "application/json, */*".to_owned()),
                ("Accept-Encoding".to_owned(), "gzip, deflate, br".to_owned()),
            ],
            body: Body::Empty,
            settings: Settings {
                strict_ssl: !self.insecure,
                max_response: Limits::default().bytes as u64,
                ..Settings::default()
            },
        };
        let failed =
            |reason: String| Problem::new(format_args!("the {what} could not be fetched from {url}: {reason}"));
        let exchange = self
            .client
            .send(request, &CookieJar::new(), &CancellationToken::new())
            .await
            .map_err(|error| failed(error.to_string()))?;
        match exchange.response.status {
            200..=299 => Ok(exchange.response.body),
            status => Err(failed(format!("the server answered {status} {}", exchange.response.reason))),
        }
    }
}

/// Folders and files that are looked at for a collection in a folder.
const MOST_FILES: usize = 100_000;

/// The collection of v3 in the folder at `root`.
fn folder(root: &Path) -> Result<Collection, Problem> {
    let limits = Limits::default();
    let mut files = BTreeMap::new();
    let mut bytes = 0;
    for (name, path) in parts(root)? {
        bytes += std::fs::metadata(&path).map_or(0, |file| file.len());
        if bytes > limits.bytes as u64 {
            let limit = limits.bytes;
            return Err(Problem::in_file(root, format_args!("the folder has more than {limit} bytes of requests"))
                .help("split the collection and run its parts"));
        }
        files.insert(name, read(&path, "part of the collection")?);
    }
    let name = root.canonicalize().ok().and_then(|root| Some(root.file_name()?.to_string_lossy().into_owned()));
    let import = bulla_collection::read_folder(&files, &name.unwrap_or_default(), &limits)
        .map_err(|error| Problem::in_file(root, error).help("a folder is read as a Postman collection v3 (YAML)"))?;
    for note in &import.report.not_understood {
        anstream::eprintln!("warning: {}: {}", root.join(&note.path).display(), note.what);
    }
    match import.imported {
        Imported::Collection(collection) => Ok(collection),
        Imported::Environment(_) | Imported::Globals(_) => Err(Problem::in_file(root, "this is no collection")),
    }
}

/// The files below `root` that a collection of v3 is made of, by their names with slashes. Links are not followed, so
/// that none leads out or around.
pub fn parts(root: &Path) -> Result<Vec<(String, PathBuf)>, Problem> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), root.to_owned())];
    let mut seen = 0;
    while let Some((above, folder)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| Problem::in_file(&folder, error))? {
            let entry = entry.map_err(|error| Problem::in_file(&folder, error))?;
            seen += 1;
            if seen > MOST_FILES {
                return Err(Problem::in_file(root, format_args!("more than {MOST_FILES} files and folders")));
            }
            let Ok(name) = entry.file_name().into_string() else { continue };
            let name = if above.is_empty() { name } else { format!("{above}/{name}") };
            let kind = entry.file_type().map_err(|error| Problem::in_file(&entry.path(), error))?;
            if kind.is_dir() {
                folders.push((name, entry.path()));
            } else if kind.is_file() && bulla_collection::is_part(&name) {
                found.push((name, entry.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The cookies in a file of tough-cookie's JSON.
pub fn cookies(path: &Path) -> Result<CookieJar, Problem> {
    let document: Value =
        serde_json::from_slice(&read(path, "cookie jar")?).map_err(|error| Problem::in_file(path, error))?;
    CookieJar::from_json(&document).map_err(|error| Problem::in_file(path, error))
}

/// The secrets in `path` and in the environment of this program, which go before it.
pub fn vault(path: Option<&Path>) -> Result<BTreeMap<String, String>, Problem> {
    const PREFIX: &str = "BULLA_VAULT_";
    let mut vault = BTreeMap::new();
    if let Some(path) = path {
        let no_vault = || Problem::in_file(path, "a vault is a JSON object of names and texts, or an environment");
        let document: Value =
            serde_json::from_slice(&read(path, "vault")?).map_err(|error| Problem::in_file(path, error))?;
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Some(values) = document.get("values").filter(|values| values.is_array()) {
            let set = VariableSet::from_list("vault", Some(values));
            let enabled = set.values.iter().filter(|variable| variable.enabled);
            vault.extend(enabled.map(|variable| (variable.key.clone(), text(&variable.value))));
        } else {
            let object = document.as_object().ok_or_else(no_vault)?;
            if object.values().any(|value| value.is_object() || value.is_array()) {
                return Err(no_vault());
            }
            vault.extend(object.iter().map(|(key, value)| (key.clone(), text(value))));
        }
    }
    let own = std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    vault.extend(own.filter_map(|(key, value)| Some((key.strip_prefix(PREFIX)?.to_owned(), value))));
    Ok(vault)
}

fn not_this(place: &str, found: &str, wanted: &str) -> Problem {
    Problem::new(format_args!("{place}: this is {found}, but a {wanted} is expected here"))
}

/// A file beside `path` with nearly its name.
fn similar(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names = std::fs::read_dir(folder).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let (distance, best) = names.map(|other| (distance(name, &other), other)).min()?;
    (distance * 4 <= name.chars().count()).then(|| folder.join(best))
}

/// How many letters must be put in, taken out or replaced.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, letter) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

/// Sets a variable as `--env-var` does. One that is secret in the file stays secret.
pub fn assign(set: &mut VariableSet, key: &str, value: &str) {
    match set.values.iter_mut().rev().find(|variable| variable.key == key && variable.enabled) {
        Some(variable) => variable.value = json!(value),
        None => set.values.push(Variable {
            key: key.to_owned(),
            value: json!(value),
            kind: Some(Kind::Other("any".to_owned())),
            enabled: true,
            extra: Map::new(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near() {
        for (left, right, expected) in [("a.json", "a.json", 0), ("colection", "collection", 1), ("ab", "ba", 2)] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }
}
