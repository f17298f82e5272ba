//! AWS Signature Version 4.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::{Parameters, Signing, hex};
use crate::prepare::set;

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &ENCODED.remove(b'/');

pub(super) fn sign(parameters: &Parameters, signing: &mut Signing<'_>) {
    let (access, secret) = (parameters.text("accessKey"), parameters.text("secretKey"));
    if access.is_empty() || secret.is_empty() {
        return;
    }
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let region = or(parameters.text("region"), "us-east-1");
    let service = or(parameters.text("service"), "execute-api");
    let time = basic_time(signing.now);
    let day = &time[..8];

    let (scheme, host, port) = signing.parts.origin();
    let host = match (scheme.as_str(), port) {
        ("http", Some(80)) | ("https", Some(443)) | (_, None) => host,
        (_, Some(port)) => format!("{host}:{port}"),
    };
    let token = parameters.text("sessionToken");
    let in_query = parameters.on("addAuthDataToQuery");
    let mut body = hex(Sha256::digest(signing.body_bytes()));
    let names = ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];
    signing.headers.retain(|(name, _)| !names.contains(&name.to_lowercase().as_str()));
    if !in_query {
        signing.write_content_type();
        if !signing.body_bytes().is_empty() {
            set(signing.headers, "X-Amz-Content-Sha256", body.clone());
        }
        crate::prepare::add_missing(signing.headers, "Host", host.clone());
        if !token.is_empty() {
            set(signing.headers, "X-Amz-Security-Token", token.clone());
        }
        if service == "s3" && signing.body_bytes().is_empty() {
            set(signing.headers, "X-Amz-Content-Sha256", body.clone());
        }
        set(signing.headers, "X-Amz-Date", time.clone());
    } else {
        crate::prepare::add_missing(signing.headers, "Host", host.clone());
        if service == "s3" {
            body = "UNSIGNED-PAYLOAD".to_owned();
        }
    }
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let mut signed: Vec<(String, String)> = signing
        .headers
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.split_whitespace().collect::<Vec<_>>().join(" ")))
        .filter(|(name, _)| name.starts_with("x-amz-") || name == "content-type")
        .collect();
    let host = signing
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map_or(host, |(_, value)| value.clone());
    signed.push(("host".to_owned(), host));
    signed.sort();
    if in_query {
        let names = signed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
        let query = signing.parts.query.get_or_insert_default();
        let own = [
            ("X-Amz-Security-Token", token.clone()),
            ("X-Amz-Expires", if service == "s3" { "86400".to_owned() } else { String::new() }),
            ("X-Amz-Date", time.clone()),
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("X-Amz-Credential", format!("{access}/{scope}")),
            ("X-Amz-SignedHeaders", names),
        ];
        for (key, value) in own.into_iter().filter(|(_, value)| !value.is_empty()) {
            if key == "X-Amz-Expires" && query.iter().any(|(other, _)| other == key) {
                continue;
            }
            query.retain(|(other, _)| other != key);
            query.push((key.to_owned(), Some(encode(&value))));
        }
        query.retain(|(other, _)| other != "X-Amz-Signature");
    }
    let names = signed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let lines: String = signed.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();

    let target = signing.target();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    // Every service but S3 has the path encoded once more.
    let path = if service == "s3" { plain(path) } else { path.to_owned() };
    let mut query: Vec<(String, String)> = crate::url::parse_query(query)
        .into_iter()
        .filter(|(key, value)| !key.is_empty() || value.is_some())
        .map(|(key, value)| (encode(&plain(&key)), encode(&plain(value.as_deref().unwrap_or_default()))))
        .collect();
    query.sort();
    let query = query.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&");
    let canonical = format!(
        "{}\n{}\n{query}\n{lines}\n{names}\n{body}",
        signing.method.to_uppercase(),
        utf8_percent_encode(&path, PATH),
    );
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(Sha256::digest(canonical.as_bytes())));
    let key = [day, &region, &service, "aws4_request"]
        .iter()
        .fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part.as_bytes()));
    let signature = hex(mac(&key, text.as_bytes()));
    if in_query {
        let query = signing.parts.query.get_or_insert_default();
        query.push(("X-Amz-Signature".to_owned(), Some(signature)));
        return;
    }
    set(
        signing.headers,
        "Authorization",
        format!("AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"),
    );
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length (RFC 2104).
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// `YYYYMMDDTHHMMSSZ` of milliseconds since the epoch.
fn basic_time(milliseconds: i64) -> String {
    let iso = crate::dynamic::iso_time(milliseconds);
    let digits: String = iso.chars().take(19).filter(|sign| !matches!(sign, '-' | ':')).collect();
    format!("{digits}Z")
}
