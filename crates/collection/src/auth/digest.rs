//! HTTP Digest (RFC 7616), with the MD5 forms of RFC 2617 that servers still use.

use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

use super::{Parameters, Signing, hex};
use crate::prepare::set;

/// What is needed to answer a challenge.
#[derive(Clone)]
pub struct Answer {
    username: String,
    password: String,
    method: String,
    target: String,
    cnonce: String,
    body: Vec<u8>,
}

/// What a server asks for.
#[derive(Default)]
struct Challenge {
    realm: String,
    nonce: String,
    qop: String,
    opaque: Option<String>,
    algorithm: String,
}

pub(super) fn sign(parameters: &Parameters, signing: &mut Signing<'_>) -> Option<Answer> {
    let replay = Answer {
        username: parameters.text("username"),
        password: parameters.text("password"),
        method: signing.method.to_owned(),
        target: signing.target(),
        cnonce: Some(parameters.text("clientNonce"))
            .filter(|nonce| !nonce.is_empty())
            .unwrap_or_else(|| signing.nonce(16)),
        body: signing.body_bytes().to_vec(),
    };
    // With realm and nonce already known the first request carries the answer.
    if !parameters.text("nonce").is_empty() && !parameters.text("realm").is_empty() {
        let challenge = Challenge {
            realm: parameters.text("realm"),
            nonce: parameters.text("nonce"),
            qop: parameters.text("qop"),
            opaque: Some(parameters.text("opaque")).filter(|opaque| !opaque.is_empty()),
            algorithm: parameters.text("algorithm"),
        };
        set(signing.headers, "Authorization", replay.answer_to(&challenge));
    }
    if parameters.on("disableRetryRequest") { None } else { Some(replay) }
}

impl Answer {
    /// The `Authorization` that answers a 401 with `headers`; `None` if it is no digest challenge.
    pub(super) fn to(&self, headers: &[(String, String)]) -> Option<String> {
        let challenge = headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"))
            .find_map(|(_, value)| parse(value))?;
        Some(self.answer_to(&challenge))
    }

    fn answer_to(&self, challenge: &Challenge) -> String {
        let algorithm = challenge.algorithm.to_uppercase();
        let base = algorithm.trim_end_matches("-SESS");
        let hash = |text: &[u8]| match base {
            "SHA-256" => hex(Sha256::digest(text)),
            "SHA-512-256" => hex(Sha512_256::digest(text)),
            _ => hex(Md5::digest(text)),
        };
        let qop = match challenge.qop.split(',').map(str::trim) {
            mut offered if offered.clone().any(|qop| qop == "auth") => offered.find(|qop| *qop == "auth"),
            mut offered => offered.find(|qop| *qop == "auth-int"),
        };
        let mut first = hash(format!("{}:{}:{}", self.username, challenge.realm, self.password).as_bytes());
        if algorithm.ends_with("-SESS") {
            first = hash(format!("{first}:{}:{}", challenge.nonce, self.cnonce).as_bytes());
        }
        let mut second = format!("{}:{}", self.method, self.target);
        if qop == Some("auth-int") {
            second = format!("{second}:{}", hash(&self.body));
        }
        let second = hash(second.as_bytes());
        let count = "00000001";
        let response = match qop {
            Some(qop) => hash(format!("{first}:{}:{count}:{}:{qop}:{second}", challenge.nonce, self.cnonce).as_bytes()),
            None => hash(format!("{first}:{}:{second}", challenge.nonce).as_bytes()),
        };
        let mut header = format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{}\"",
            quoted(&self.username),
            quoted(&challenge.realm),
            quoted(&challenge.nonce),
            self.target
        );
        // RFC 7616, 3.3: MD5 is meant if none is named.
        let named = if challenge.algorithm.is_empty() { "MD5" } else { &challenge.algorithm };
        header.push_str(&format!(", algorithm=\"{named}\""));
        if let Some(qop) = qop {
            header.push_str(&format!(", qop={qop}, nc={count}, cnonce=\"{}\"", self.cnonce));
        }
        header.push_str(&format!(", response=\"{response}\""));
        if let Some(opaque) = &challenge.opaque {
            header.push_str(&format!(", opaque=\"{}\"", quoted(opaque)));
        }
        header
    }
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// The digest challenge in a `WWW-Authenticate` value.
fn parse(value: &str) -> Option<Challenge> {
    let rest = value.trim();
    let rest = rest.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("digest ")).and(rest.get(7..))?;
    let mut challenge = Challenge::default();
    let mut rest = rest.trim_start();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"')?;
                (&quoted[..end], &quoted[end + 1..])
            }
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after[..end].trim(), &after[end..])
            }
        };
        match name.trim().to_lowercase().as_str() {
            "realm" => challenge.realm = value.to_owned(),
            "nonce" => challenge.nonce = value.to_owned(),
            "qop" => challenge.qop = value.to_owned(),
            "opaque" => challenge.opaque = Some(value.to_owned()),
            "algorithm" => challenge.algorithm = value.to_owned(),
            _ => {}
        }
        rest = after.trim_start_matches([',', ' ', '\t']);
    }
    (!challenge.nonce.is_empty()).then_some(challenge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_2617_is_answered() {
        let answer = Answer {
            username: "Mufasa".to_owned(),
            password: "Circle Of Life".to_owned(),
            method: "GET".to_owned(),
            target: "/dir/index.html".to_owned(),
            cnonce: "0a4f113b".to_owned(),
            body: Vec::new(),
        };
        let challenge = "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
                         nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let headers = [("WWW-Authenticate".to_owned(), challenge.to_owned())];
        let replay = super::super::Replay::Digest(answer);
        let (_, answer) = replay.answer(401, &headers, 0).unwrap();
        assert!(answer.contains("response=\"6629fae49393a05397450978507c4ef1\""), "{answer}");
        assert!(replay.answer(200, &headers, 0).is_none() && replay.answer(401, &headers, 1).is_none());
    }
}
