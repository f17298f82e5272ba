//! Akamai EdgeGrid: an HMAC over method, host, target, chosen headers and the start of a POST's body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Parameters, Signing};
use crate::prepare::set;

/// How much of a body is signed without `maxBodySize`, in bytes.
const SIGNED_BODY: usize = 131_072;

pub(super) fn sign(parameters: &Parameters, signing: &mut Signing<'_>) {
    let text = |key: &str| parameters.text(key);
    let (token, client, secret) = (text("accessToken"), text("clientToken"), text("clientSecret"));
    if token.is_empty() || client.is_empty() || secret.is_empty() {
        return;
    }
    let timestamp = match text("timestamp") {
        given if given.is_empty() => {
            let iso = crate::dynamic::iso_time(signing.now);
            format!("{}+0000", iso.chars().take(19).filter(|sign| *sign != '-').collect::<String>())
        }
        given => given,
    };
    let nonce = match text("nonce") {
        given if given.is_empty() => crate::dynamic::uuid((signing.random)(), (signing.random)()),
        given => given,
    };
    let (scheme, host, port) = signing.parts.origin();
    let own = match (scheme.as_str(), port) {
        ("http", Some(80)) | ("https", Some(443)) | (_, None) => host,
        (_, Some(port)) => format!("{host}:{port}"),
    };
    let base = text("baseURL");
    let host = if base.is_empty() {
        own
    } else {
        let rest = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest);
        rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
    };
    let names: Vec<String> = match parameters.value("headersToSign") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(list)) => list.split(',').map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let headers: Vec<String> = names
        .iter()
        .filter_map(|name| {
            let name = name.trim().to_lowercase();
            let value = &signing.headers.iter().rev().find(|(other, _)| other.eq_ignore_ascii_case(&name))?.1;
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            (!value.is_empty()).then(|| format!("{name}:{value}"))
        })
        .collect();
    let limit = text("maxBodySize").parse().unwrap_or(SIGNED_BODY);
    let body = signing.body_bytes();
    let hash = match signing.method {
        "POST" if !body.is_empty() => STANDARD.encode(Sha256::digest(&body[..body.len().min(limit)])),
        _ => String::new(),
    };
    let start =
        format!("EG1-HMAC-SHA256 client_token={client};access_token={token};timestamp={timestamp};nonce={nonce};");
    let target = signing.target();
    let signed = [signing.method, &scheme, &host, &target, &headers.join("\t"), &hash, &start].join("\t");
    let key = mac(secret.as_bytes(), timestamp.as_bytes());
    let signature = mac(key.as_bytes(), signed.as_bytes());
    set(signing.headers, "Authorization", format!("{start}signature={signature}"));
}

fn mac(key: &[u8], text: &[u8]) -> String {
    // HMAC takes a key of any length (RFC 2104).
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    STANDARD.encode(mac.finalize().into_bytes())
}
