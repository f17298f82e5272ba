//! Ways to say who one is, really verified: basic, digest, hawk, OAuth 1.0 and a bearer token, for the public test
//! accounts of postman-echo.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::answer;
use crate::as_json;

const USER: (&str, &str) = ("postman", "password");
const HAWK: (&str, &str) = ("dh37fgj492je", "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn");
const OAUTH1: (&str, &str) = ("RKCGzna7bv9YD57c", "D+EdQ-gs$-%@2Nu7");
const OAUTH2_CODE: &str = "xWnkliVQJURqB2x1";
const OAUTH2_CLIENT: (&str, &str) = ("abc123", "ssh-secret");
const OAUTH2_TOKEN: &str =
    "vp7jxTwqgczoFHs0uIdOvv4VdBWmvCkbVbNBCuaTQ3JZplPS40BaNV47HD1zt7MztQPILJvqYsOs6PfJpFYBgwbaE3CVEKOj";
/// Seconds by which the clocks of a hawk's client and ours may differ.
const SKEW: i64 = 60;

fn authorization(headers: &HeaderMap) -> &str {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What comes after `scheme`, if it is the scheme.
fn credentials<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let (given, rest) = authorization(headers).split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// `a="b", c=d` as a map.
fn fields(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = text;
    while let Some((key, value)) = rest.split_once('=') {
        let (value, more) = match value.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some(pair) => pair,
                None => (quoted, ""),
            },
            None => value.split_at(value.find(',').unwrap_or(value.len())),
        };
        found.insert(key.trim_matches([',', ' ', '\t']).to_ascii_lowercase(), value.trim().to_owned());
        rest = more;
    }
    found
}

fn unauthorized(challenge: String) -> Response {
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)], "Unauthorized").into_response()
}

/// `GET /basic-auth`
pub(crate) async fn basic(headers: HeaderMap) -> Response {
    let expected = STANDARD.encode(format!("{}:{}", USER.0, USER.1));
    if credentials(&headers, "basic") == Some(expected.as_str()) {
        return as_json(StatusCode::OK, &json!({ "authenticated": true }));
    }
    unauthorized("Basic realm=\"Users\"".to_owned())
}

/// `GET /digest-auth` (RFC 7616 with MD5, and RFC 2069 for clients that leave out `qop`)
pub(crate) async fn digest(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let given = credentials(&headers, "digest").map(fields).unwrap_or_default();
    if digest_is_right(&method, &uri, &given) {
        return as_json(StatusCode::OK, &json!({ "authenticated": true }));
    }
    unauthorized(format!("Digest realm=\"Users\", nonce=\"{}\", qop=\"auth\"", new_nonce()))
}

fn digest_is_right(method: &Method, uri: &Uri, given: &HashMap<String, String>) -> bool {
    let field = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    let asked = uri.path_and_query().map_or(uri.path(), |asked| asked.as_str());
    if field("username") != USER.0 || field("uri") != asked || !is_our_nonce(field("nonce")) {
        return false;
    }
    let md5 = |text: String| hexadecimal(&Md5::digest(text));
    let mut secret = md5(format!("{}:{}:{}", USER.0, field("realm"), USER.1));
    match field("algorithm").to_ascii_lowercase().as_str() {
        "" | "md5" => {}
        "md5-sess" => secret = md5(format!("{secret}:{}:{}", field("nonce"), field("cnonce"))),
        _ => return false,
    }
    let what = md5(format!("{method}:{}", field("uri")));
    let expected = match field("qop") {
        "" => md5(format!("{secret}:{}:{what}", field("nonce"))),
        "auth" => md5(format!("{secret}:{}:{}:{}:auth:{what}", field("nonce"), field("nc"), field("cnonce"))),
        _ => return false,
    };
    field("response") == expected
}

/// A nonce that [`is_our_nonce`] knows again without a list of them.
fn new_nonce() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{number:x}{:016x}", seal(number))
}

fn is_our_nonce(nonce: &str) -> bool {
    let Some(at) = nonce.len().checked_sub(16).filter(|at| nonce.is_char_boundary(*at)) else { return false };
    let (number, mac) = nonce.split_at(at);
    let number = u64::from_str_radix(number, 16);
    number.is_ok_and(|number| u64::from_str_radix(mac, 16).is_ok_and(|mac| mac == seal(number)))
}

/// Different in each process. It tells our nonces from others; it guards nothing but a public test account.
fn seal(number: u64) -> u64 {
    static KEY: OnceLock<RandomState> = OnceLock::new();
    KEY.get_or_init(RandomState::new).hash_one(number)
}

/// `GET /auth/hawk`
pub(crate) async fn hawk(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    match hawk_problem(&method, &uri, &headers, now) {
        None => as_json(StatusCode::OK, &json!({ "message": "Hawk Authentication Successful" })),
        Some(problem) => {
            let mut answer = as_json(
                StatusCode::UNAUTHORIZED,
                &json!({ "statusCode": 401, "error": "Unauthorized", "message": problem }),
            );
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Hawk"));
            answer
        }
    }
}

fn hawk_problem(method: &Method, uri: &Uri, headers: &HeaderMap, now: i64) -> Option<&'static str> {
    let Some(given) = credentials(headers, "hawk").map(fields) else {
        return Some("Missing or not Hawk authorization");
    };
    let field = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
    if ["id", "ts", "nonce", "mac"].iter().any(|name| field(name).is_empty()) {
        return Some("Missing attributes");
    }
    if field("id") != HAWK.0 {
        return Some("Unknown credentials");
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (host, "80"),
    };
    let asked = uri.path_and_query().map_or(uri.path(), |asked| asked.as_str());
    let ext = field("ext").replace('\\', "\\\\").replace('\n', "\\n");
    let mut text = format!(
        "hawk.1.header\n{}\n{}\n{}\n{asked}\n{}\n{port}\n{}\n{ext}\n",
        field("ts"),
        field("nonce"),
        method.as_str().to_ascii_uppercase(),
        host.to_ascii_lowercase(),
        field("hash"),
    );
    if !field("app").is_empty() {
        text.push_str(&format!("{}\n{}\n", field("app"), field("dlg")));
    }
    if sign::<Hmac<Sha256>>(HAWK.1, &text) != field("mac") {
        return Some("Bad mac");
    }
    match field("ts").parse::<i64>() {
        Ok(at) if (now - at).abs() <= SKEW => None,
        _ => Some("Stale timestamp"),
    }
}

/// What RFC 5849, 3.6 leaves as it is.
const OAUTH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn oauth_encoded(text: &str) -> String {
    utf8_percent_encode(text, OAUTH).to_string()
}

/// `/oauth1` (RFC 5849 with HMAC-SHA1, HMAC-SHA256 and PLAINTEXT)
pub(crate) async fn oauth1(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let mut all = answer::pairs(uri.query().unwrap_or_default());
    if let Some(header) = credentials(&headers, "oauth") {
        let given = fields(header).into_iter().filter(|(name, _)| name != "realm");
        all.extend(given.map(|(name, value)| (decoded(&name), decoded(&value))));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        all.extend(answer::pairs(&String::from_utf8_lossy(&body)));
    }
    let field =
        |name: &str| all.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    let signing = field("oauth_signature_method");

    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let base_uri = format!("http://{}{}", host.strip_suffix(":80").unwrap_or(&host), uri.path());
    let mut encoded: Vec<(String, String)> = all
        .iter()
        .filter(|(name, _)| name != "oauth_signature")
        .map(|(name, value)| (oauth_encoded(name), oauth_encoded(value)))
        .collect();
    encoded.sort();
    let parameters = encoded.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let base = format!("{method}&{}&{}", oauth_encoded(&base_uri), oauth_encoded(&parameters));
    let key = format!("{}&", oauth_encoded(OAUTH1.1));
    let expected = match signing.as_str() {
        "HMAC-SHA1" => Some(sign::<Hmac<Sha1>>(&key, &base)),
        "HMAC-SHA256" => Some(sign::<Hmac<Sha256>>(&key, &base)),
        "PLAINTEXT" => Some(key.clone()),
        _ => None,
    };
    if field("oauth_consumer_key") == OAUTH1.0 && expected.is_some_and(|expected| expected == field("oauth_signature"))
    {
        let message = "OAuth-1.0a signature verification was successful";
        return as_json(StatusCode::OK, &json!({ "status": "pass", "message": message }));
    }
    as_json(
        StatusCode::UNAUTHORIZED,
        &json!({
            "status": "fail",
            "message": format!("{} verification failed", if signing.is_empty() { "HMAC-SHA1" } else { &signing }),
            "base_uri": base_uri,
            "normalized_param_string": parameters,
            "base_string": base,
            "signing_key": key,
        }),
    )
}

/// `POST /oauth2/token`
pub(crate) async fn oauth2_token(headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let given: Vec<(String, String)> = if kind.starts_with("multipart/form-data") {
        let parts = crate::multipart::parts(kind, &body);
        parts.into_iter().map(|part| (part.name, String::from_utf8_lossy(part.content).into_owned())).collect()
    } else {
        answer::pairs(&String::from_utf8_lossy(&body))
    };
    let says = |name: &str, value: &str| given.iter().any(|(key, found)| key == name && found == value);
    let right = says("grant_type", "authorization_code")
        && says("code", OAUTH2_CODE)
        && says("client_id", OAUTH2_CLIENT.0)
        && says("client_secret", OAUTH2_CLIENT.1);
    if right {
        return as_json(StatusCode::OK, &json!({ "access_token": OAUTH2_TOKEN, "token_type": "Bearer" }));
    }
    as_json(StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_grant" }))
}

/// `GET /oauth2/user/info`
pub(crate) async fn oauth2_user(headers: HeaderMap) -> Response {
    if credentials(&headers, "bearer") == Some(OAUTH2_TOKEN) {
        return as_json(StatusCode::OK, &json!({ "user_id": 1, "name": "Postman" }));
    }
    unauthorized("Bearer".to_owned())
}

fn sign<M: Mac + KeyInit>(key: &str, text: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, header::HeaderValue::from_static("echo.example"));
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_digest_is_verified() {
        let nonce = new_nonce();
        let md5 = |text: String| hexadecimal(&Md5::digest(text));
        let secret = md5("postman:Users:password".to_owned());
        let what = md5("GET:/digest-auth".to_owned());
        let right = md5(format!("{secret}:{nonce}:{what}"));
        let with_qop = md5(format!("{secret}:{nonce}:00000001:abc:auth:{what}"));
        for (header, expected) in [
            (format!("nonce=\"{nonce}\", response=\"{right}\""), true),
            (format!("nonce=\"{nonce}\", qop=auth, nc=00000001, cnonce=\"abc\", response=\"{with_qop}\""), true),
            (format!("nonce=\"{nonce}\", response=\"{with_qop}\""), false),
            (format!("nonce=\"0{nonce}x\", response=\"{right}\""), false),
            ("nonce=\"é\", response=\"\"".to_owned(), false),
        ] {
            let header = format!("username=\"postman\", realm=\"Users\", uri=\"/digest-auth\", {header}");
            let found = digest_is_right(&Method::GET, &Uri::from_static("/digest-auth"), &fields(&header));
            assert_eq!(found, expected, "{header}");
        }
    }

    #[test]
    fn a_hawk_is_verified() {
        let text = "hawk.1.header\n1000\nabc\nGET\n/auth/hawk\necho.example\n80\n\nsome\n";
        let mac = sign::<Hmac<Sha256>>(HAWK.1, text);
        let uri = Uri::from_static("/auth/hawk");
        let problem =
            |header: String, now| hawk_problem(&Method::GET, &uri, &with(header::AUTHORIZATION, &header), now);
        let header = format!("Hawk id=\"{}\", ts=\"1000\", nonce=\"abc\", ext=\"some\", mac=\"{mac}\"", HAWK.0);
        assert_eq!(problem(header.clone(), 1030), None);
        assert_eq!(problem(header.clone(), 2000), Some("Stale timestamp"));
        assert_eq!(problem(header.replace("some", "more"), 1000), Some("Bad mac"));
        assert_eq!(problem(header.replace(HAWK.0, "other"), 1000), Some("Unknown credentials"));
        assert_eq!(problem("Hawk id=\"x\"".to_owned(), 1000), Some("Missing attributes"));
        assert_eq!(problem("Basic x".to_owned(), 1000), Some("Missing or not Hawk authorization"));
    }

    #[tokio::test]
    async fn an_oauth1_signature_is_verified() {
        let base = "GET&http%3A%2F%2Fecho.example%2Foauth1&a%3D1%26oauth_consumer_key%3DRKCGzna7bv9YD57c\
                    %26oauth_signature_method%3DHMAC-SHA1";
        let signature = oauth_encoded(&sign::<Hmac<Sha1>>("D%2BEdQ-gs%24-%25%402Nu7&", base));
        for (signature, status) in [(signature.as_str(), StatusCode::OK), ("x", StatusCode::UNAUTHORIZED)] {
            let header = format!(
                "OAuth realm=\"x\",oauth_consumer_key=\"{}\",oauth_signature_method=\"HMAC-SHA1\",\
                 oauth_signature=\"{signature}\"",
                OAUTH1.0
            );
            let headers = with(header::AUTHORIZATION, &header);
            let answer = oauth1(Method::GET, Uri::from_static("/oauth1?a=1"), headers, Bytes::new()).await;
            assert_eq!(answer.status(), status);
        }
    }
}
