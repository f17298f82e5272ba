//! Signing a request: the schemes of Postman's `auth`.

mod aws;
mod digest;
mod edgegrid;
mod hawk;
mod jwt;
mod ntlm;
mod oauth1;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::prepare::{Body, PrepareError, set};
use crate::url::Parts;

/// What a scheme may read and change.
pub(crate) struct Signing<'s> {
    pub method: &'s str,
    pub parts: &'s mut Parts,
    pub path_variables: &'s [(String, String)],
    pub raw_url: bool,
    pub headers: &'s mut Vec<(String, String)>,
    pub body: &'s Body,
    /// Is the body a form of pairs?
    pub is_form: bool,
    /// The type that the body will have unless a header says another one.
    pub content_type: Option<&'s str>,
    /// Milliseconds since the epoch.
    pub now: i64,
    pub random: &'s mut dyn FnMut() -> u64,
}

impl Signing<'_> {
    /// The URL as it would be sent now.
    pub fn url(&self) -> String {
        crate::url::sent(self.parts, self.path_variables, self.raw_url)
    }

    /// Path and query as they would be sent now.
    pub fn target(&self) -> String {
        let url = self.url();
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let target = rest.find('/').map_or("/", |at| &rest[at..]);
        target.split('#').next().unwrap_or("/").to_owned()
    }

    /// Writes the type of the body now, for a scheme that signs it.
    pub fn write_content_type(&mut self) {
        if let Some(kind) = self.content_type {
            crate::prepare::add_missing(self.headers, "Content-Type", kind.to_owned());
        }
    }

    /// Letters and digits that are used once.
    pub fn nonce(&mut self, length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length)
            .map(|_| {
                let place = ((self.random)() % LETTERS.len() as u64) as usize;
                char::from(LETTERS[place])
            })
            .collect()
    }

    /// The bytes of the body where they are known: files are not.
    pub fn body_bytes(&self) -> &[u8] {
        match self.body {
            Body::Bytes(bytes) => bytes,
            _ => &[],
        }
    }
}

/// The parameters of a scheme, in the form of v2.1 (a list) or v2.0 (an object).
pub(crate) struct Parameters(Map<String, Value>);

impl Parameters {
    fn of(auth: &Value, kind: &str) -> Self {
        Self(match auth.get(kind) {
            Some(Value::Object(object)) => object.clone(),
            Some(Value::Array(list)) => list
                .iter()
                .filter_map(|entry| Some((entry.get("key")?.as_str()?.to_owned(), entry.get("value").cloned()?)))
                .collect(),
            _ => Map::new(),
        })
    }

    /// The text of a parameter; empty if it is not there.
    pub fn text(&self, key: &str) -> String {
        match self.0.get(key) {
            None | Some(Value::Null) => String::new(),
            Some(value) => crate::scopes::shown(value),
        }
    }

    /// A parameter as it stands.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Whether a parameter is on.
    pub fn on(&self, key: &str) -> bool {
        matches!(self.text(key).as_str(), "true" | "1")
    }
}

/// How a challenge is answered.
#[derive(Clone)]
pub enum Replay {
    /// HTTP Digest.
    Digest(digest::Answer),
    /// NTLM.
    Ntlm(ntlm::Ntlm),
}

impl std::fmt::Debug for Replay {
    /// Leaves the credentials out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Digest(_) => "Replay(digest)",
            Self::Ntlm(_) => "Replay(ntlm)",
        })
    }
}

impl Replay {
    /// The header that answers `status` with `headers`, after `round` answers before; `None` if it is no challenge, or
    /// one that has been answered in vain.
    pub fn answer(&self, status: u16, headers: &[(String, String)], round: usize) -> Option<(String, String)> {
        if status != 401 {
            return None;
        }
        let value = match self {
            // The same answer twice would be refused twice.
            Self::Digest(answer) => (round == 0).then(|| answer.to(headers)).flatten(),
            Self::Ntlm(ntlm) => ntlm.answer(headers, round),
        }?;
        Some(("Authorization".to_owned(), value))
    }

    /// Is it the connection that is signed in, so that all answers must go over the same one?
    pub fn is_of_connection(&self) -> bool {
        matches!(self, Self::Ntlm(_))
    }
}

/// What signing came to.
#[derive(Default)]
pub(crate) struct Signed {
    /// How a challenge is answered.
    pub replay: Option<Replay>,
    /// The body, if the signature stands in it.
    pub form: Option<String>,
}

/// Signs a request as `auth` says. `null`, `noauth` and an empty type sign nothing.
///
/// # Errors
///
/// [`PrepareError`] for a scheme that is not there or a parameter that cannot be used.
pub(crate) fn sign(auth: &Value, signing: &mut Signing<'_>) -> Result<Signed, PrepareError> {
    let mut signed = Signed::default();
    let kind = auth.get("type").and_then(Value::as_str).unwrap_or_default();
    let parameters = Parameters::of(auth, kind);
    match kind {
        "" | "noauth" => {}
        "basic" => {
            let credentials = format!("{}:{}", parameters.text("username"), parameters.text("password"));
            set(signing.headers, "Authorization", format!("Basic {}", STANDARD.encode(credentials)));
        }
        "bearer" => {
            let token = parameters.text("token");
            if !token.is_empty() {
                set(signing.headers, "Authorization", format!("Bearer {token}"));
            }
        }
        "oauth2" => {
            let token = parameters.text("accessToken");
            let kind = parameters.text("tokenType");
            if kind == "mac" {
                let reason = "tokens of type mac cannot be sent".to_owned();
                return Err(PrepareError::AuthParameter { kind: "oauth2", reason });
            }
            if token.is_empty() {
                return Ok(signed);
            }
            if parameters.text("addTokenTo") == "queryParams" {
                signing.parts.query.get_or_insert_default().push(("access_token".to_owned(), Some(token)));
            } else {
                let prefix = match parameters.value("headerPrefix") {
                    None | Some(Value::Null) => "Bearer".to_owned(),
                    Some(_) => parameters.text("headerPrefix"),
                };
                set(signing.headers, "Authorization", format!("{} {token}", prefix.trim()).trim_start().to_owned());
            }
        }
        "apikey" => {
            let (key, value) = (parameters.text("key"), parameters.text("value"));
            if key.is_empty() {
                return Ok(signed);
            }
            if parameters.text("in") == "query" {
                signing.parts.query.get_or_insert_default().push((key, Some(value)));
            } else {
                set(signing.headers, &key, value);
            }
        }
        "digest" => signed.replay = digest::sign(&parameters, signing).map(Replay::Digest),
        "ntlm" => {
            let ntlm = ntlm::sign(&parameters, signing);
            signed.replay = (!parameters.on("disableRetryRequest")).then_some(Replay::Ntlm(ntlm));
        }
        "hawk" => hawk::sign(&parameters, signing)?,
        "oauth1" => signed.form = oauth1::sign(&parameters, signing)?,
        "awsv4" => aws::sign(&parameters, signing),
        "edgegrid" => edgegrid::sign(&parameters, signing),
        "jwt" => jwt::sign(&parameters, signing)?,
        "asap" => jwt::sign_asap(&parameters, signing)?,
        other => return Err(PrepareError::Auth(other.to_owned())),
    }
    Ok(signed)
}

/// Every text in the parameters of `auth` that is a credential: what must be masked.
pub fn credentials(auth: &Value) -> Vec<String> {
    let secret = [
        "password",
        "token",
        "accessToken",
        "value",
        "authKey",
        "secretKey",
        "consumerSecret",
        "tokenSecret",
        "sessionToken",
        "clientSecret",
        "clientToken",
        "secret",
        "privateKey",
    ];
    let kind = auth.get("type").and_then(Value::as_str).unwrap_or_default();
    let parameters = Parameters::of(auth, kind);
    secret.iter().map(|key| parameters.text(key)).filter(|text| !text.is_empty()).collect()
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
