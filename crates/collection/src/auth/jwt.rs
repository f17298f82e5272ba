//! JSON Web Tokens (RFC 7519) made for a request, and Atlassian's ASAP, which is one with fixed claims.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Map, Value, json};
use sha2::{Sha256, Sha384, Sha512};

use super::{Parameters, Signing};
use crate::prepare::{PrepareError, set};

/// How long an ASAP token is good for, in seconds, unless it says otherwise.
const ASAP_SECONDS: i64 = 3600;

pub(super) fn sign(parameters: &Parameters, signing: &mut Signing<'_>) -> Result<(), PrepareError> {
    let refused = |reason: String| PrepareError::AuthParameter { kind: "jwt", reason };
    let algorithm = parameters.text("algorithm");
    let mut header = object(parameters, "header").map_err(refused)?;
    header.insert("alg".to_owned(), json!(algorithm));
    let payload = object(parameters, "payload").map_err(refused)?;
    let key = if algorithm.starts_with("HS") {
        let secret = parameters.text("secret");
        if secret.is_empty() {
            return Err(refused("there is no secret to sign with".to_owned()));
        }
        if parameters.on("isSecretBase64Encoded") {
            let decoded = STANDARD.decode(secret.trim()).or_else(|_| URL_SAFE_NO_PAD.decode(secret.trim()));
            decoded.map_err(|_| refused("the secret is not base64".to_owned()))?
        } else {
            secret.into_bytes()
        }
    } else {
        parameters.text("privateKey").into_bytes()
    };
    let token = token(&header, &payload, &algorithm, &key).map_err(refused)?;
    if parameters.text("addTokenTo") == "queryParam" {
        let name = Some(parameters.text("queryParamKey")).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| "token".to_owned());
        let query = signing.parts.query.get_or_insert_default();
        query.retain(|(key, _)| *key != name);
        query.push((name, Some(token)));
    } else {
        let prefix = match parameters.value("headerPrefix") {
            None | Some(Value::Null) => "Bearer".to_owned(),
            Some(_) => parameters.text("headerPrefix"),
        };
        let blank = if prefix.is_empty() { "" } else { " " };
        set(signing.headers, "Authorization", format!("{prefix}{blank}{token}"));
    }
    Ok(())
}

pub(super) fn sign_asap(parameters: &Parameters, signing: &mut Signing<'_>) -> Result<(), PrepareError> {
    let refused = |reason: String| PrepareError::AuthParameter { kind: "asap", reason };
    let mut claims = object(parameters, "claims").map_err(refused)?;
    let claimed = |key: &str| match claims.get(key) {
        None | Some(Value::Null) => json!(parameters.text(key)),
        Some(value) => value.clone(),
    };
    let (issuer, audience, kid) = (claimed("iss"), claimed("aud"), claimed("kid"));
    let subject = Some(claimed("sub")).filter(|subject| *subject != "").unwrap_or_else(|| issuer.clone());
    let key = parameters.text("privateKey");
    let given = [("iss", issuer == ""), ("aud", audience == ""), ("kid", kid == ""), ("privateKey", key.is_empty())];
    if let Some((missing, _)) = given.iter().find(|(_, missing)| *missing) {
        return Err(refused(format!("{missing} is missing")));
    }
    let algorithm = Some(parameters.text("alg")).filter(|alg| !alg.is_empty()).unwrap_or_else(|| "RS256".to_owned());
    if algorithm.starts_with("HS") {
        return Err(refused(format!("the algorithm {algorithm} is not one of ASAP's")));
    }
    let now = signing.now / 1000;
    let seconds = parameters.text("exp").parse().unwrap_or(ASAP_SECONDS);
    for (name, value) in [("iss", issuer), ("sub", subject), ("aud", audience)] {
        claims.insert(name.to_owned(), value);
    }
    let id = crate::dynamic::uuid((signing.random)(), (signing.random)());
    claims.entry("jti").or_insert_with(|| json!(id));
    claims.entry("iat").or_insert_with(|| json!(now));
    claims.entry("exp").or_insert_with(|| json!(now + seconds));
    let header = Map::from_iter([("alg".to_owned(), json!(algorithm)), ("kid".to_owned(), kid)]);
    let token = token(&header, &claims, &algorithm, key.as_bytes()).map_err(refused)?;
    set(signing.headers, "Authorization", format!("Bearer {token}"));
    Ok(())
}

/// A parameter that is an object, or the text of one.
fn object(parameters: &Parameters, key: &str) -> Result<Map<String, Value>, String> {
    match parameters.value(key) {
        Some(Value::Object(object)) => Ok(object.clone()),
        Some(Value::String(text)) if !text.trim().is_empty() => {
            serde_json::from_str(text).map_err(|error| format!("its {key} is no JSON object: {error}"))
        }
        _ => Ok(Map::new()),
    }
}

/// The compact form of RFC 7515, section 3.1.
fn token(
    header: &Map<String, Value>,
    payload: &Map<String, Value>,
    algorithm: &str,
    key: &[u8],
) -> Result<String, String> {
    let part = |object: &Map<String, Value>| URL_SAFE_NO_PAD.encode(json!(object).to_string());
    let text = format!("{}.{}", part(header), part(payload));
    let signature = signature(algorithm, key, text.as_bytes())?;
    Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn signature(algorithm: &str, key: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    fn mac<M: Mac + KeyInit>(key: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
        let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|_| "the secret cannot be used".to_owned())?;
        mac.update(text);
        Ok(mac.finalize().into_bytes().to_vec())
    }
    let rsa: &dyn signature::RsaEncoding = match algorithm {
        "HS256" => return mac::<Hmac<Sha256>>(key, text),
        "HS384" => return mac::<Hmac<Sha384>>(key, text),
        "HS512" => return mac::<Hmac<Sha512>>(key, text),
        "RS256" => &signature::RSA_PKCS1_SHA256,
        "RS384" => &signature::RSA_PKCS1_SHA384,
        "RS512" => &signature::RSA_PKCS1_SHA512,
        "PS256" => &signature::RSA_PSS_SHA256,
        "PS384" => &signature::RSA_PSS_SHA384,
        "PS512" => &signature::RSA_PSS_SHA512,
        "ES256" => return ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, key, text),
        "ES384" => return ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, key, text),
        "ES512" => return ecdsa(&signature::ECDSA_P521_SHA512_FIXED_SIGNING, key, text),
        other => {
            return Err(format!("there is no algorithm {other:?}; there are HS, RS, PS and ES with 256, 384 or 512"));
        }
    };
    let pair =
        RsaKeyPair::from_pkcs8(&pkcs8(key)?).map_err(|error| format!("the private key is no RSA key: {error}"))?;
    let mut made = vec![0; pair.public_modulus_len()];
    pair.sign(rsa, &SystemRandom::new(), text, &mut made).map_err(|_| "the private key cannot sign".to_owned())?;
    Ok(made)
}

fn ecdsa(kind: &'static signature::EcdsaSigningAlgorithm, key: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    let pair = EcdsaKeyPair::from_pkcs8(kind, &pkcs8(key)?)
        .map_err(|error| format!("the private key is none of this algorithm: {error}"))?;
    let made = pair.sign(&SystemRandom::new(), text).map_err(|_| "the private key cannot sign".to_owned())?;
    Ok(made.as_ref().to_vec())
}

/// The key in a PEM file of PKCS#8 (`BEGIN PRIVATE KEY`).
fn pkcs8(pem: &[u8]) -> Result<Vec<u8>, String> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem)
        .map_err(|_| "the private key is not PEM in PKCS#8 (\"BEGIN PRIVATE KEY\")".to_owned())?;
    Ok(key.secret_pkcs8_der().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7515_is_signed() {
        // Appendix A.1: the text there is laid out with blanks, so it is signed as it stands.
        let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let key = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let made = signature("HS256", &key, text.as_bytes()).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(made), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }

    #[test]
    fn a_key_that_is_none_is_said() {
        for (algorithm, key, said) in [
            ("RS256", "none", "the private key is not PEM"),
            ("ES256", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "the private key is none of"),
            ("none", "x", "there is no algorithm"),
        ] {
            let error = signature(algorithm, key.as_bytes(), b"x").unwrap_err();
            assert!(error.starts_with(said), "{algorithm}: {error}");
        }
    }
}
