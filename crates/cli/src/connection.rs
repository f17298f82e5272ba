//! How a command connects: certificates, authorities and the proxies of the environment.

use std::path::{Path, PathBuf};

use bulla_transport::{Client, ClientCertificate, Config, Direct, Egress, Identity, Proxies, ProxyServer};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::problem::Problem;

/// The flags of every command that sends requests, as newman names them.
#[derive(clap::Args)]
pub struct Connection {
    /// Accept any certificate
    #[arg(short = 'k', long, help_heading = "Connection")]
    pub insecure: bool,
    /// Client certificate (PEM)
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub ssl_client_cert: Option<PathBuf>,
    /// Private key of the client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "ssl_client_cert", help_heading = "Connection")]
    pub ssl_client_key: Option<PathBuf>,
    /// Passphrase of the private key
    #[arg(long, value_name = "TEXT", requires = "ssl_client_cert", help_heading = "Connection")]
    pub ssl_client_passphrase: Option<String>,
    /// Client certificates by URL pattern (JSON, as newman's)
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub ssl_client_cert_list: Option<PathBuf>,
    /// Trust these authorities as well (PEM)
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub ssl_extra_ca_certs: Option<PathBuf>,
}

/// A client with the certificates that the flags name and the proxies of the environment.
pub fn client(arguments: &Connection) -> Result<Client, Problem> {
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
        http: server("HTTP_PROXY")?.or(server("ALL_PROXY")?),
        https: server("HTTPS_PROXY")?.or(server("ALL_PROXY")?),
        direct: Direct::parse(&variable("NO_PROXY").unwrap_or_default()),
    })
}

/// The bytes of a file.
pub fn read(path: &Path, what: &str) -> Result<Vec<u8>, Problem> {
    std::fs::read(path).map_err(|error| Problem::in_file(path, format_args!("the {what} cannot be read: {error}")))
}
