//! HashiCorp Vault's Transit engine: the root key is in a file, encrypted under a key that never leaves Vault.
//!
//! Vault is asked when a server starts, and when the root key was changed since; between, it may be away. Its own key can be
//! rotated there at any time: what an older version of it encrypted still opens.
//!
//! Source: the HTTP API of the Transit secrets engine, "Encrypt Data" and "Decrypt Data".

use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bulla_transport::{Body, Client, CookieJar, Request, Settings};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::config::Hidden;
use crate::error::{Error, Result};

/// How long one question may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const ANSWER: u64 = 64 * 1024;
/// Most characters of what Vault says that we say again.
const SAID: usize = 300;

/// A key of Vault's Transit engine.
#[derive(Clone, Debug)]
pub struct Transit {
    /// The address of the engine, such as `https://vault.example:8200/v1/transit`.
    engine: String,
    /// The name of the key in it.
    name: String,
    token: Token,
    /// PEM of a certificate authority beside those of the system.
    ca: Option<PathBuf>,
}

/// What lets us into Vault.
#[derive(Clone, Debug)]
pub enum Token {
    /// The token itself.
    Text(Hidden),
    /// A file that holds it, read each time: Vault Agent renews it there.
    File(PathBuf),
}

impl Transit {
    /// Reads the address that Vault has for the key: `https://HOST/v1/MOUNT/keys/NAME`.
    ///
    /// # Errors
    ///
    /// What is wrong with it: another form, or plain HTTP to a Vault that is not on this machine.
    pub fn new(address: &str, token: Token, ca: Option<PathBuf>) -> std::result::Result<Self, &'static str> {
        let form = "must be Vault's address of the key, such as https://vault.example:8200/v1/transit/keys/bulla";
        let url = Url::parse(address).map_err(|_| form)?;
        let here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(form),
        };
        match url.scheme() {
            "https" => {}
            "http" if here => {}
            "http" => return Err("must be https: the root key would cross the network in the clear"),
            _ => return Err(form),
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(form);
        }
        let (engine, name) = url.as_str().rsplit_once("/keys/").ok_or(form)?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || !name.bytes().all(fits) || !engine.contains("/v1/") {
            return Err(form);
        }
        Ok(Self { engine: engine.to_owned(), name: name.to_owned(), token, ca })
    }

    /// Encrypts `text`: `vault:v1:` and what only Vault understands.
    ///
    /// # Errors
    ///
    /// If Vault cannot be reached or refuses.
    pub async fn encrypt(&self, text: &str) -> Result<String> {
        let answer = self.ask("encrypt", &json!({ "plaintext": STANDARD.encode(text) })).await?;
        match answer["data"]["ciphertext"].as_str() {
            Some(ciphertext) => Ok(ciphertext.to_owned()),
            None => Err(self.failed("its answer holds no ciphertext")),
        }
    }

    /// Decrypts what [`Transit::encrypt`] gave.
    ///
    /// # Errors
    ///
    /// If Vault cannot be reached or refuses, or the text in it is none of ours.
    pub async fn decrypt(&self, ciphertext: &str) -> Result<Zeroizing<String>> {
        let answer = self.ask("decrypt", &json!({ "ciphertext": ciphertext })).await?;
        let plaintext = answer["data"]["plaintext"].as_str().and_then(|text| STANDARD.decode(text).ok());
        match plaintext.map(String::from_utf8) {
            Some(Ok(text)) => Ok(Zeroizing::new(text)),
            _ => Err(self.failed("its answer holds no plaintext")),
        }
    }

    async fn ask(&self, verb: &str, body: &Value) -> Result<Value> {
        let token = match &self.token {
            Token::Text(token) => Zeroizing::new(token.expose().to_owned()),
            Token::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => Zeroizing::new(text.trim().to_owned()),
                Err(error) => return Err(self.failed(&format!("{}: {error}", path.display()))),
            },
        };
        let extra_ca = match &self.ca {
            Some(path) => {
                vec![std::fs::read(path).map_err(|error| self.failed(&format!("{}: {error}", path.display())))?]
            }
            None => Vec::new(),
        };
        let config = bulla_transport::Config { extra_ca, ..Default::default() };
        let client = Client::new(config).map_err(|error| self.failed(&error.to_string()))?;
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let request = Request {
            method: "POST".to_owned(),
            url: format!("{}/{verb}/{}", self.engine, self.name),
            headers: vec![
                header("X-Vault-Token", &token),
                header("X-Vault-Request", "true"),
                header("Content-Type", "application/json"),
            ],
            body: Body::Bytes(body.to_string().into()),
            // A redirect would take the token to somebody else.
            settings: Settings {
                follow_redirects: false,
                cookies_enabled: false,
                timeout: Some(LIMIT),
                max_response: ANSWER,
                ..Settings::default()
            },
        };
        let exchange = client
            .send(request, &CookieJar::new(), &CancellationToken::new())
            .await
            .map_err(|error| self.failed(&error.to_string()))?;
        let answer: Value = serde_json::from_slice(&exchange.response.body).unwrap_or_default();
        match exchange.response.status {
            200 => Ok(answer),
            status => {
                let errors = answer["errors"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let said: String = errors.collect::<Vec<_>>().join("; ").chars().take(SAID).collect();
                let hint = match status {
                    403 => ": the token is not valid, or its policy does not allow this",
                    404 => ": it has no such engine or key",
                    503 => ": it is sealed",
                    _ => "",
                };
                Err(self.failed(&format!("it answered {status}{hint} ({said:?})")))
            }
        }
    }

    fn failed(&self, reason: &str) -> Error {
        Error::unexpected(format!("the key {} of Vault at {} cannot be used: {reason}", self.name, self.engine))
    }
}

#[cfg(test)]
mod tests;
