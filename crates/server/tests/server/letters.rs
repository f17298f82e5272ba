//! Mails of every kind, and no secret in any of them.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::factors::{prove, set_up};
use crate::harness::{Answer, Client, On, PASSWORD, Server};
use bulla_server::moment::{self, Clock};
use serde_json::{Value, json};

/// What people are told by mail.
const KINDS: &[&str] = &[
    "access-answered",
    "access-requested",
    "api-key-ended",
    "api-key-made",
    "audit-stream-behind",
    "code-used",
    "codes-renewed",
    "conversion-answered",
    "conversion-requested",
    "email-change-asked",
    "email-changed",
    "email-confirm",
    "factor-added",
    "factor-removed",
    "factors-reset",
    "group-added",
    "invite",
    "key-expiring",
    "member-already",
    "new-device",
    "password-changed",
    "password-reset",
    "person-removed",
    "person-suggested",
    "roles-changed",
    "sessions-ended",
    "suggestion-approved",
    "suggestion-refused",
    "team-left",
    "watched-changed",
    "workspace-added",
    "workspace-published",
    "workspaces-given",
];

/// The newest mail of this kind, opened, once there is one.
async fn mail(server: &Server, kind: &str) -> Value {
    let begun = Instant::now();
    loop {
        let listed = server.admin.get("/api/outbox").await;
        let items = listed.json["items"].as_array().unwrap();
        if let Some(found) = items.iter().find(|mail| mail["kind"] == kind) {
            return open(server, found).await.json;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no {kind} in {listed}");
        tokio::task::yield_now().await;
    }
}

async fn open(server: &Server, mail: &Value) -> Answer {
    server.admin.post(&format!("/api/outbox/{}/open", mail["id"].as_str().unwrap()), Value::Null).await
}

/// What the link of a mail holds behind the `#`.
fn secret(mail: &Value) -> String {
    mail["link"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

fn done(answer: Answer) -> Answer {
    assert!(answer.status.is_success(), "{answer}");
    answer
}

async fn signed_in(server: &Server, email: &str, password: &str) -> (Client, Answer) {
    let mut client = server.anonymous();
    let answer = done(client.post("/api/session", json!({ "email": email, "password": password })).await);
    client.keep_cookie(&answer);
    client.person = answer.json["person"]["id"].as_str().unwrap_or_default().to_owned();
    (client, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_of_any_kind_holds_a_secret() {
    for on in [On::Sqlite, On::Postgres] {
        let folder = tempfile::tempdir().unwrap();
        let clock = folder.path().join("clock");
        let Some(mut server) = Server::untouched(on, |config| config.clock = Clock::Moved(clock.clone())).await else {
            continue;
        };
        server.set_up().await;
        each_kind_is_sent(&server, &clock).await;
    }
}

async fn each_kind_is_sent(server: &Server, clock: &Path) {
    let canary = |what: &str| format!("canary {what} {}", uuid::Uuid::new_v4().simple());
    let (first, second, typed, local) = (canary("first"), canary("second"), canary("typed"), canary("local"));
    let ada = &server.admin;
    let (dora, com) = (server.person("Dora", "developer").await, server.person("Com", "community-manager").await);
    let account = json!({ "name": "Pat", "email": "pat@example.com", "password": first, "role": "developer" });
    done(ada.post("/api/people", account).await);
    let (pat, _) = signed_in(server, "pat@example.com", &first).await;

    // Secrets of a workspace, sent with a local value beside them, in what mails tell of.
    let workspace = pat.workspace("Payments", "team").await;
    let value = json!([{ "key": "token", "type": "secret", "enabled": true, "value": typed }]);
    let environment = pat.environment(&workspace, "Staging", value).await;
    let draft = json!({ "request": { "method": "GET", "url": "http://127.0.0.1:1/{{token}}/{{own}}" } });
    let sent = json!({ "environmentId": environment, "document": draft,
                       "locals": { "environment": [{ "key": "own", "value": local }] } });
    done(pat.post(&format!("/api/workspaces/{workspace}/send"), sent).await);

    let key = done(pat.post("/api/account/api-keys", json!({ "name": "Pipeline" })).await);
    let shown = key.json["value"].as_str().unwrap().to_owned();
    let found = done(ada.post("/api/api-keys/find", json!({ "key": shown })).await);
    let id = found.json["key"]["id"].as_str().or(found.json["id"].as_str()).unwrap().to_owned();
    done(ada.delete(&format!("/api/api-keys/{id}")).await);

    let (_, codes) = set_up(&pat).await;
    let renewed = done(pat.post("/api/account/recovery-codes", Value::Null).await);
    let renewed: Vec<_> = renewed.json["recoveryCodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect();
    let (mut half, _) = signed_in(server, "pat@example.com", &first).await;
    let entered = done(prove(&half, json!({ "recoveryCode": renewed[0] })).await);
    half.keep_cookie(&entered);
    done(half.delete("/api/account/totp").await);
    set_up(&half).await;
    done(ada.delete(&format!("/api/people/{}/factors", pat.person)).await);

    done(server.anonymous().post("/api/password-resets", json!({ "email": "pat@example.com" })).await);
    let token = secret(&mail(server, "password-reset").await);
    let finish = json!({ "token": token, "password": second });
    done(server.anonymous().post("/api/password-resets/finish", finish).await);
    let (pat, _) = signed_in(server, "pat@example.com", &second).await;

    let group = server.group().await;
    done(ada.patch(&format!("/api/groups/{group}/members"), json!({ "add": [pat.person] })).await);
    let roles = json!({ "roles": ["developer", "billing"] });
    done(ada.put(&format!("/api/people/{}/roles", pat.person), roles).await);
    let members = format!("/api/workspaces/{workspace}/members");
    done(pat.put(&format!("{members}/{}", com.person), json!({ "role": "viewer" })).await);

    let wanted = json!({ "kind": "workspace", "subject": workspace, "role": "editor" });
    let asked = done(dora.post("/api/access-requests", wanted).await);
    mail(server, "access-requested").await;
    done(pat.post(&format!("/api/access-requests/{}/decision", asked.id()), json!({ "role": "editor" })).await);
    let version = pat.get(&format!("/api/workspaces/{workspace}")).await.json["version"].clone();
    let publish = json!({ "version": version, "kind": "public" });
    let asked = done(pat.put(&format!("/api/workspaces/{workspace}/visibility"), publish).await);
    let request = asked.json["request"]["id"].as_str().unwrap();
    done(com.post(&format!("/api/publish-requests/{request}/decision"), json!({ "approve": true })).await);

    done(ada.post("/api/invites", json!({ "emails": ["new@example.com"], "roles": ["developer"] })).await);
    let link = done(ada.post("/api/invite-links", json!({})).await);
    let asks = json!({ "secret": secret(&json!({ "link": link.json["url"] })), "email": "ada@example.com" });
    done(server.anonymous().post("/api/invitations/ask", asks).await);
    let suggested = json!({ "emails": ["bo@example.com", "eve@example.com"], "roles": ["developer"] });
    done(dora.post("/api/invites", suggested).await);
    let suggestions = ada.get("/api/suggestions").await;
    for (one, verdict) in suggestions.json["items"].as_array().unwrap().iter().zip(["approve", "refuse"]) {
        done(ada.post(&format!("/api/suggestions/{}/{verdict}", one["id"].as_str().unwrap()), json!({})).await);
    }

    done(dora.post("/api/account/email", json!({ "email": "dora.lund@example.com" })).await);
    let token = secret(&mail(server, "email-confirm").await);
    done(dora.post("/api/email-changes/finish", json!({ "token": token })).await);
    done(ada.delete(&format!("/api/people/{}/sessions", com.person)).await);

    dora.workspace("Own", "personal").await;
    done(dora.post("/api/account/leaving", json!({ "successor": pat.person })).await);
    done(ada.post(&format!("/api/people/{}/removal", pat.person), json!({ "successor": ada.person })).await);

    // What wants a clock that goes on: a key that ends soon, and a receiver of the log that is away, whose address is a secret.
    let address = canary("address").replace(' ', "-");
    let ending = done(ada.post("/api/account/api-keys", json!({ "name": "Ending", "expiresInDays": 30 })).await);
    let ending = ending.json["value"].as_str().unwrap().to_owned();
    let app = server.app().await;
    bulla_server::api_keys::warn(&app.door, moment::now() + 29 * 24 * 60 * 60 * 1000).await.unwrap();
    let destination =
        json!({ "kind": "webhook", "url": format!("http://127.0.0.1:1/{address}"), "authorization": typed });
    let sink = json!({ "name": "SIEM", "format": "json", "start": "oldest", "destination": destination });
    let sink = done(ada.post("/api/audit/sinks", sink).await);
    let signing = sink.json["secret"].as_str().unwrap().to_owned();
    std::fs::write(clock, (60 * 60).to_string()).unwrap();

    let mut seen = BTreeSet::new();
    for kind in KINDS {
        mail(server, kind).await;
    }
    let listed = ada.get("/api/outbox").await;
    let secrets = [&first, &second, &typed, &local, &shown, &ending, &address, &signing, &PASSWORD.to_owned()];
    let secrets: Vec<&String> = secrets.into_iter().chain(&codes).chain(&renewed).collect();
    for one in listed.json["items"].as_array().unwrap() {
        let opened = open(server, one).await;
        seen.insert(one["kind"].as_str().unwrap().to_owned());
        for secret in &secrets {
            let text = opened.json.to_string();
            assert!(!text.contains(secret.as_str()), "{secret} is in a mail: {opened}");
        }
    }
    let expected: BTreeSet<_> = KINDS.iter().map(|kind| (*kind).to_owned()).collect();
    assert_eq!(seen, expected, "a new kind of mail is to be sent here too");
}
