//! HashiCorp Vault itself cannot be had where these tests run. In its place stands a small service written from the
//! documentation of its HTTP API: the two routes of Transit, the token, a sealed Vault, and a key that is rotated.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::extract::{Path as Names, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};

use super::*;
use crate::App;
use crate::config::{Config, RootKeyPlace};
use crate::identity::{Cost, FirstPerson, Password, set_up_as_operator};
use crate::keys::rotation;

#[derive(Default)]
struct Inside {
    sealed: bool,
    version: u32,
    kept: HashMap<String, String>,
}

#[derive(Clone, Default)]
struct StandIn(Arc<Mutex<Inside>>);

type Reply = (StatusCode, Json<Value>);

async fn answer(
    State(vault): State<StandIn>,
    Names((verb, name)): Names<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Reply {
    let mut inside = vault.0.lock().unwrap();
    let refused =
        |status: u16, reason: &str| (StatusCode::from_u16(status).unwrap(), Json(json!({ "errors": [reason] })));
    if inside.sealed {
        return refused(503, "Vault is sealed");
    }
    if headers.get("x-vault-token").is_none_or(|token| token != "s.token") || name != "bulla" {
        return refused(403, "permission denied");
    }
    match verb.as_str() {
        "encrypt" => {
            let ciphertext = format!("vault:v{}:{}", inside.version + 1, inside.kept.len());
            inside.kept.insert(ciphertext.clone(), body["plaintext"].as_str().unwrap().to_owned());
            (StatusCode::OK, Json(json!({ "data": { "ciphertext": ciphertext } })))
        }
        _ => match inside.kept.get(body["ciphertext"].as_str().unwrap()) {
            Some(plaintext) => (StatusCode::OK, Json(json!({ "data": { "plaintext": plaintext } }))),
            None => refused(400, "cipher: message authentication failed"),
        },
    }
}

impl StandIn {
    /// Starts it; the address of its engine.
    async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/v1/transit/{verb}/{name}", post(answer)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        format!("http://{address}/v1/transit")
    }
}

fn transit(engine: &str, token: &str) -> Transit {
    Transit::new(&format!("{engine}/keys/bulla"), Token::Text(token.to_owned().into()), None).unwrap()
}

fn config(folder: &Path, transit: Transit) -> Config {
    let place = RootKeyPlace::Transit(folder.join("root.key.transit"), transit);
    Config { root_key: place, passwords: Cost::LEAST, ..Config::in_folder(folder) }
}

async fn refusal(config: &Config) -> String {
    App::open(config.clone()).await.err().map(|error| error.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn without_vault_the_root_key_opens_nothing() {
    let vault = StandIn::default();
    let engine = vault.start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), transit(&engine, "s.token"));
    let app = App::open(config.clone()).await.unwrap();
    let password = || Password::from("correct horse battery staple".to_owned());
    let first = FirstPerson::new("Ada", "ada@example.com", &password(), "Analytical").unwrap();
    let team = set_up_as_operator(&app.door, &app.passwords, &first, password()).await.unwrap().team.id;
    let trace =
        async |app: &App| app.door.vault.team_key(app.door.reader().into(), &team).await.unwrap().derive("a test");
    let before = trace(&app).await;

    let path = folder.path().join("root.key.transit");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("vault:v1:"), "{text}");
    assert!(!folder.path().join("root.key").exists());
    assert_eq!(trace(&App::open(config.clone()).await.unwrap()).await, before);

    // Vault's own key is rotated there; ours is rotated here, while a server runs.
    vault.0.lock().unwrap().version = 1;
    assert_eq!(trace(&App::open(config.clone()).await.unwrap()).await, before);
    let rotated = rotation::rotate(&app.door, &config.root_key).await.unwrap();
    assert_eq!(rotated.teams, Some(1));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("vault:v2:"));
    assert_eq!(trace(&app).await, before, "a server that ran");
    assert_eq!(trace(&App::open(config.clone()).await.unwrap()).await, before, "a server that starts");

    vault.0.lock().unwrap().sealed = true;
    assert_eq!(trace(&app).await, before, "a server that runs does not need Vault");
    let said = refusal(&config).await;
    assert!(said.contains("it answered 503: it is sealed (\"Vault is sealed\")"), "{said}");
    vault.0.lock().unwrap().sealed = false;

    let other = super::tests::config(folder.path(), transit(&engine, "s.another"));
    let said = refusal(&other).await;
    assert!(said.contains("403: the token is not valid") && !said.contains("s.another"), "{said}");
    let gone = super::tests::config(folder.path(), transit("http://127.0.0.1:1/v1/transit", "s.token"));
    assert!(refusal(&gone).await.contains("cannot be used"), "{}", refusal(&gone).await);

    std::fs::write(&path, "vault:v1:forged").unwrap();
    assert!(refusal(&config).await.contains("message authentication failed"));
    std::fs::write(&path, "bulla-root-key-1:x").unwrap();
    assert!(refusal(&config).await.contains("it holds no root key that Vault encrypted"));
}

#[test]
fn only_the_address_of_a_key_is_taken() {
    let said =
        |address: &str| Transit::new(address, Token::Text("t".to_owned().into()), None).err().unwrap_or_default();
    for right in ["https://vault.example:8200/v1/transit/keys/bulla", "http://localhost:8200/v1/a/b/keys/k-1"] {
        assert_eq!(said(right), "");
    }
    assert!(said("http://vault.example:8200/v1/transit/keys/bulla").starts_with("must be https"));
    for wrong in [
        "vault",
        "ftp://vault.example/v1/transit/keys/k",
        "https://vault.example/v1/transit/keys/",
        "https://vault.example/v1/transit",
        "https://u:p@vault.example/v1/transit/keys/k",
        "https://vault.example/v1/transit/keys/k?x=1",
        "https://vault.example/v1/transit/keys/../k/x",
    ] {
        assert!(said(wrong).starts_with("must be Vault's address"), "{wrong}: {}", said(wrong));
    }
}
