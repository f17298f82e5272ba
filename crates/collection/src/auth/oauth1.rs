//! OAuth 1.0a (RFC 5849): HMAC and PLAINTEXT signatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{Parameters, Signing};
use crate::prepare::{PrepareError, form_pairs, set};

/// Everything but unreserved signs (RFC 5849, section 3.6).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn sign(parameters: &Parameters, signing: &mut Signing<'_>) -> Result<Option<String>, PrepareError> {
    let consumer = parameters.text("consumerKey");
    if consumer.is_empty() {
        return Ok(None);
    }
    let method = match parameters.text("signatureMethod") {
        given if given.is_empty() => "HMAC-SHA1".to_owned(),
        given => given,
    };
    let timestamp = match parameters.text("timestamp") {
        given if given.is_empty() => (signing.now / 1000).to_string(),
        given => given,
    };
    let nonce = match parameters.text("nonce") {
        given if given.is_empty() => signing.nonce(11),
        given => given,
    };
    let version = match parameters.text("version") {
        given if given.is_empty() => "1.0".to_owned(),
        given => given,
    };
    let body_hash = (parameters.on("includeBodyHash") && !signing.is_form).then(|| {
        signing.write_content_type();
        let body = signing.body_bytes();
        match method.as_str() {
            name if name.ends_with("SHA256") => STANDARD.encode(Sha256::digest(body)),
            name if name.ends_with("SHA512") => STANDARD.encode(Sha512::digest(body)),
            _ => STANDARD.encode(Sha1::digest(body)),
        }
    });
    let keeps_empty = parameters.on("addEmptyParamsToSign");
    let mut own: Vec<(String, String)> = vec![
        ("oauth_consumer_key".to_owned(), consumer),
        ("oauth_token".to_owned(), parameters.text("token")),
        ("oauth_signature_method".to_owned(), method.clone()),
        ("oauth_timestamp".to_owned(), timestamp),
        ("oauth_nonce".to_owned(), nonce),
        ("oauth_version".to_owned(), version),
        ("oauth_body_hash".to_owned(), body_hash.unwrap_or_default()),
        ("oauth_callback".to_owned(), parameters.text("callback")),
        ("oauth_verifier".to_owned(), parameters.text("verifier")),
    ];
    own.retain(|(key, value)| !value.is_empty() || (keeps_empty && key == "oauth_token"));

    let mut all = own.clone();
    let url = signing.url();
    if let Some((_, query)) = url.split('#').next().unwrap_or_default().split_once('?') {
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        for (key, value) in crate::url::parse_query(query) {
            all.push((plain(&key), plain(value.as_deref().unwrap_or_default())));
        }
    }
    if signing.is_form {
        all.extend(form_pairs(signing.body));
    }
    let mut encoded: Vec<(String, String)> = all.iter().map(|(key, value)| (encode(key), encode(value))).collect();
    encoded.sort();
    let joined = encoded.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&");
    let (scheme, host, port) = signing.parts.origin();
    let port = match (scheme.as_str(), port) {
        ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    let target = signing.target();
    let path = target.split('?').next().unwrap_or("/");
    let base = format!(
        "{}&{}&{}",
        signing.method.to_uppercase(),
        encode(&format!("{scheme}://{host}{port}{path}")),
        encode(&joined)
    );
    let key = format!("{}&{}", encode(&parameters.text("consumerSecret")), encode(&parameters.text("tokenSecret")));
    let signature = match method.as_str() {
        "PLAINTEXT" => key,
        "HMAC-SHA1" => mac::<Hmac<Sha1>>(&key, &base)?,
        "HMAC-SHA256" => mac::<Hmac<Sha256>>(&key, &base)?,
        "HMAC-SHA512" => mac::<Hmac<Sha512>>(&key, &base)?,
        other => {
            return Err(PrepareError::AuthParameter {
                kind: "oauth1",
                reason: format!("the signature method {other} is not supported yet; use an HMAC method or PLAINTEXT"),
            });
        }
    };
    own.push(("oauth_signature".to_owned(), signature));
    if parameters.on("addParamsToHeader") {
        let mut fields: Vec<String> = own
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| format!("{key}=\"{}\"", encode(value)))
            .collect();
        let realm = parameters.text("realm");
        if !realm.is_empty() {
            fields.insert(0, format!("realm=\"{}\"", encode(&realm)));
        }
        set(signing.headers, "Authorization", format!("OAuth {}", fields.join(",")));
    } else if signing.is_form && !matches!(signing.method, "GET" | "HEAD") {
        // RFC 5849, 3.5: in the body before in the URL.
        let mut form = String::from_utf8_lossy(signing.body_bytes()).into_owned();
        for (key, value) in own {
            form.push_str(&format!("&{key}={}", encode(&value)));
        }
        return Ok(Some(form.trim_start_matches('&').to_owned()));
    } else {
        let query = signing.parts.query.get_or_insert_default();
        query.extend(own.into_iter().map(|(key, value)| (key, Some(encode(&value)))));
    }
    Ok(None)
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn mac<M: Mac + KeyInit>(key: &str, text: &str) -> Result<String, PrepareError> {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes())
        .map_err(|_| PrepareError::AuthParameter { kind: "oauth1", reason: "the secrets cannot be used".to_owned() })?;
    mac.update(text.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}
