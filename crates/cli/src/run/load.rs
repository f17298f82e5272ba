//! What a run begins with: files and URLs, certificates, cookies.

use std::path::Path;

use bulla_collection::{Collection, Imported, Kind, Limits, Variable, VariableSet, data};
use bulla_transport::{
    Body, Client, ClientCertificate, Config, CookieJar, Direct, Egress, Identity, Proxies, ProxyServer, Request,
    Settings,
};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::arguments::Arguments;
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

    /// The collection at `place`.
    pub async fn collection(&self, place: &str) -> Result<Collection, Problem> {
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

/// A client with the certificates that `arguments` name and the proxies of the environment.
pub fn client(arguments: &Arguments) -> Result<Client, Problem> {
    let extra_ca = match &arguments.ssl_extra_ca_certs {
        Some(path) => vec![read(path, "certificate authorities")?],
        None => Vec::new(),
    };
    let mut client_certs = match &arguments.ssl_client_cert_list {
        Some(path) => certificate_list(path)?,
        None => Vec::new(),
    };
    // As in newman: the certificate of the flags is for everything that the list does not name.
    if let Some(path) = &arguments.ssl_client_cert {
        let passphrase = arguments.ssl_client_passphrase.as_deref();
        client_certs.push(certificate(
            vec!["<all_urls>".to_owned()],
            path,
            arguments.ssl_client_key.as_deref(),
            passphrase,
        )?);
    }
    let config = Config { egress: Egress::Open, extra_ca, extra_ca_alone: false, client_certs, proxy: proxies()? };
    Client::new(config).map_err(|error| match &arguments.ssl_extra_ca_certs {
        Some(path) => Problem::in_file(path, error),
        None => Problem::new(error),
    })
}

/// The certificate in `path`, with its key there or in `key`.
fn certificate(
    matches: Vec<String>,
    path: &Path,
    key: Option<&Path>,
    passphrase: Option<&str>,
) -> Result<ClientCertificate, Problem> {
    let is_pfx = path.extension().is_some_and(|extension| extension == "pfx" || extension == "p12");
    let content = read(path, "client certificate")?;
    let identity = match key {
        None if is_pfx => Identity::Pfx(Zeroizing::new(content)),
        None => Identity::Pem { key: Zeroizing::new(content.clone()), certificate: content },
        Some(key) => Identity::Pem { certificate: content, key: Zeroizing::new(read(key, "private key")?) },
    };
    Ok(ClientCertificate { matches, identity, passphrase: passphrase.map(|text| Zeroizing::new(text.to_owned())) })
}

/// The certificates in newman's list: `[{matches: [...], cert: {src}, key: {src}, pfx: {src}, passphrase}]`.
fn certificate_list(path: &Path) -> Result<Vec<ClientCertificate>, Problem> {
    let list: Value = serde_json::from_slice(&read(path, "list of client certificates")?)
        .map_err(|error| Problem::in_file(path, error))?;
    let list = list.as_array().ok_or_else(|| Problem::in_file(path, "expected a list of client certificates"))?;
    let mut certificates = Vec::new();
    for (position, entry) in list.iter().enumerate() {
        let file = |key: &str| entry.pointer(&format!("/{key}/src")).and_then(Value::as_str).map(Path::new);
        let matches = entry.get("matches").and_then(Value::as_array).into_iter().flatten();
        let matches = matches.filter_map(Value::as_str).map(str::to_owned).collect();
        let own = file("cert").or(file("pfx")).ok_or_else(|| {
            Problem::in_file(path, format_args!("entry {} has neither cert.src nor pfx.src", position + 1))
        })?;
        let passphrase = entry.get("passphrase").and_then(Value::as_str);
        certificates.push(certificate(matches, own, file("key"), passphrase)?);
    }
    Ok(certificates)
}

/// The proxies that the environment names, as curl and newman read them.
fn proxies() -> Result<Proxies, Problem> {
    #[expect(clippy::disallowed_methods, reason = "the command line owns the environment")]
    let variable = |name: &str| {
        let value = std::env::var(name.to_lowercase()).or_else(|_| std::env::var(name)).ok();
        value.filter(|value| !value.is_empty())
    };
    let server = |name: &str| match variable(name) {
        Some(url) => ProxyServer::parse(&url)
            .map(Some)
            .map_err(|error| Problem::new(format_args!("the environment variable {name} names no proxy: {error}"))),
        None => Ok(None),
    };
    Ok(Proxies {
        http: server("HTTP_PROXY")?,
        https: server("HTTPS_PROXY")?,
        direct: Direct::parse(&variable("NO_PROXY").unwrap_or_default()),
    })
}

/// The cookies in a file of tough-cookie's JSON.
pub fn cookies(path: &Path) -> Result<CookieJar, Problem> {
    let document: Value =
        serde_json::from_slice(&read(path, "cookie jar")?).map_err(|error| Problem::in_file(path, error))?;
    CookieJar::from_json(&document).map_err(|error| Problem::in_file(path, error))
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| Problem::in_file(path, format_args!("the {what} cannot be read: {error}")))
}

fn not_this(place: &str, found: &str, wanted: &str) -> Problem {
    Problem::new(format_args!("{place}: this is {found}, but a {wanted} is expected here"))
}

/// A file beside `path` with nearly its name.
fn similar(path: &Path) -> Option<std::path::PathBuf> {
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
