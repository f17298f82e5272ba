//! Hawk: a MAC over time, nonce, method, target, host and port.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{Parameters, Signing};
use crate::prepare::{PrepareError, set};

pub(super) fn sign(parameters: &Parameters, signing: &mut Signing<'_>) -> Result<(), PrepareError> {
    let (id, key) = (parameters.text("authId"), parameters.text("authKey"));
    if id.is_empty() || key.is_empty() {
        return Ok(());
    }
    let timestamp = match parameters.text("timestamp") {
        given if given.is_empty() => (signing.now / 1000).to_string(),
        given => given,
    };
    let nonce = match parameters.text("nonce") {
        given if given.is_empty() => signing.nonce(6),
        given => given,
    };
    let sha1 = parameters.text("algorithm").eq_ignore_ascii_case("sha1");
    let payload = parameters.on("includePayloadHash").then(|| {
        let kind = signing
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
            .map(|(_, value)| value.split(';').next().unwrap_or_default().trim().to_lowercase())
            .unwrap_or_default();
        let mut text = format!("hawk.1.payload\n{kind}\n").into_bytes();
        text.extend_from_slice(signing.body_bytes());
        text.push(b'\n');
        if sha1 { STANDARD.encode(Sha1::digest(&text)) } else { STANDARD.encode(Sha256::digest(&text)) }
    });
    let (scheme, host, port) = signing.parts.origin();
    let port = port.unwrap_or(if scheme == "https" { 443 } else { 80 });
    let (extra, app, delegation) =
        (parameters.text("extraData"), parameters.text("app"), parameters.text("delegation"));
    let mut text = format!(
        "hawk.1.header\n{timestamp}\n{nonce}\n{}\n{}\n{host}\n{port}\n{}\n{}\n",
        signing.method.to_uppercase(),
        signing.target(),
        payload.as_deref().unwrap_or_default(),
        extra.replace('\\', "\\\\").replace('\n', "\\n"),
    );
    if !app.is_empty() {
        text.push_str(&format!("{app}\n{delegation}\n"));
    }
    let refused = |_| PrepareError::AuthParameter { kind: "hawk", reason: "the key cannot be used".to_owned() };
    let mac = if sha1 {
        let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).map_err(refused)?;
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    } else {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(refused)?;
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    };
    let mut header = format!("Hawk id=\"{id}\", ts=\"{timestamp}\", nonce=\"{nonce}\"");
    for (name, value) in [("hash", payload.unwrap_or_default()), ("ext", extra)] {
        if !value.is_empty() {
            header.push_str(&format!(", {name}=\"{value}\""));
        }
    }
    header.push_str(&format!(", mac=\"{mac}\""));
    if !app.is_empty() {
        header.push_str(&format!(", app=\"{app}\""));
        if !delegation.is_empty() {
            header.push_str(&format!(", dlg=\"{delegation}\""));
        }
    }
    set(signing.headers, "Authorization", header);
    Ok(())
}
