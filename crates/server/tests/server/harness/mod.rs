//! A real server on a free port, on SQLite or PostgreSQL, and a small client that checks every answer against the
//! description of the API.

mod description;
pub mod mutual;
pub mod smtp;
pub mod syslog;

use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use bulla_db::{Database, sql};
use bulla_server::config::{Config, DatabasePlace};
use bulla_server::identity::Cost;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const PASSWORD: &str = "correct horse battery staple";

/// Makes each `async fn name(server: Server)` two tests: one on each database.
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($server:ident: Server) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$meta])*
            async fn test($server: Server) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                let server = Server::start(crate::harness::On::Sqlite).await.expect("SQLite is always there");
                test(server).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                if let Some(server) = Server::start(crate::harness::On::Postgres).await {
                    test(server).await;
                }
            }
        }
    )*};
}

pub enum On {
    Sqlite,
    Postgres,
}

pub struct Server {
    pub url: String,
    pub folder: tempfile::TempDir,
    pub admin: Client,
    /// The address of its own PostgreSQL database.
    pub postgres: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl Server {
    /// A server that was set up, or `None` where PostgreSQL is asked for and none may be used.
    pub async fn start(on: On) -> Option<Self> {
        let mut server = Self::untouched(on, |_| {}).await?;
        server.set_up().await;
        Some(server)
    }

    /// As [`Server::start`], before the first account was made, and with a configuration of its own.
    pub async fn untouched(on: On, configure: impl FnOnce(&mut Config)) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::in_folder(folder.path());
        config.passwords = Cost::LEAST;
        configure(&mut config);
        let mut postgres = None;
        if matches!(on, On::Postgres) {
            let url = postgres_for_tests()?;
            let address = Database::create_postgres(&url, &database_name()).await.unwrap();
            config.database = DatabasePlace::Postgres(address.clone().into());
            postgres = Some(address);
        }
        Some(Self::with(folder, config, postgres).await)
    }

    async fn with(folder: tempfile::TempDir, config: Config, postgres: Option<String>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server = bulla_server::Server::open(config, listener).await.unwrap();
        let url = server.url();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            server
                .run(async {
                    let _ = stopped.await;
                })
                .await
                .unwrap();
        });
        let admin = Client::new(&url);
        Self { url, folder, admin, postgres, stop: Some(stop), task: Some(task) }
    }

    pub async fn set_up(&mut self) {
        let answer = self
            .admin
            .post(
                "/api/setup",
                json!({ "name": "Ada", "email": "ada@example.com", "password": PASSWORD, "teamName": "Analytical" }),
            )
            .await;
        assert_eq!(answer.status, 201, "{answer}");
        self.admin.keep_cookie(&answer);
        self.admin.person = answer.json["person"]["id"].as_str().unwrap().to_owned();
    }

    /// Gives the team another plan.
    pub async fn plan(&self, plan: &str) {
        let answer = self.admin.put("/api/team/plan", json!({ "plan": plan })).await;
        assert_eq!(answer.status, 200, "{answer}");
    }

    /// Its database, opened beside it.
    pub async fn database(&self) -> Database {
        match &self.postgres {
            Some(address) => Database::open_postgres(address).await.unwrap(),
            None => Database::open_sqlite(&self.folder.path().join("bulla.sqlite")).await.unwrap(),
        }
    }

    /// The instance itself, opened a second time beside the server.
    pub async fn app(&self) -> bulla_server::App {
        let mut config = Config::in_folder(self.folder.path());
        if let Some(address) = &self.postgres {
            config.database = DatabasePlace::Postgres(address.clone().into());
        }
        bulla_server::App::open(config).await.unwrap()
    }

    /// The team of the admin.
    pub async fn team(&self) -> String {
        self.admin.get("/api/session").await.json["team"]["id"].as_str().unwrap().to_owned()
    }

    /// Somebody new in the team with this role, signed in.
    pub async fn person(&self, name: &str, role: &str) -> Client {
        let email = format!("{}@example.com", name.to_lowercase());
        let answer = self
            .admin
            .post("/api/people", json!({ "name": name, "email": email, "password": PASSWORD, "role": role }))
            .await;
        assert_eq!(answer.status, 201, "{answer}");
        let mut client = Client::new(&self.url);
        let answer = client.post("/api/session", json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(answer.status, 200, "{answer}");
        client.keep_cookie(&answer);
        client.person = answer.json["person"]["id"].as_str().unwrap().to_owned();
        client
    }

    /// Takes somebody out of the team and makes them a Super Admin of another one of this name. Its id.
    pub async fn in_another_team(&self, client: &Client, name: &str) -> String {
        let (app, team) = (self.app().await, uuid::Uuid::now_v7().to_string());
        let target = bulla_audit::Target { kind: "team".to_owned(), id: team.clone() };
        let mut change = app.door.operator(&team, "team.create", target).await.unwrap();
        let (vault, now) = (change.vault().clone(), change.now);
        sql!("insert into team (id, name, plan, created_at) values ($1, $2, 'enterprise', $3)")
            .bind(&team)
            .bind(name)
            .bind(now)
            .execute(change.transaction())
            .await
            .unwrap();
        vault.create_team_key(change.transaction(), &team, now).await.unwrap();
        sql!("update membership set team = $1, role = 'super-admin' where person = $2")
            .bind(&team)
            .bind(&client.person)
            .execute(change.transaction())
            .await
            .unwrap();
        for moved in
            [sql!("update session set team = $1 where person = $2"), sql!("update person set team = $1 where id = $2")]
        {
            moved.bind(&team).bind(&client.person).execute(change.transaction()).await.unwrap();
        }
        change.commit().await.unwrap();
        team
    }

    /// A new group of Developers, made by the admin; its id.
    pub async fn group(&self) -> String {
        let name = format!("Group {}", uuid::Uuid::new_v4());
        let answer = self.admin.post("/api/groups", json!({ "name": name, "roles": ["developer"] })).await;
        assert_eq!(answer.status, 201, "{answer}");
        answer.id()
    }

    /// Nobody in particular.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.url)
    }

    /// Stops it and lets it fold its files together.
    pub async fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(task) = self.task.take() {
            task.await.unwrap();
        }
    }

    /// Every byte of its data folder, file by file.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        read_all(self.folder.path(), &mut found);
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(address) = self.postgres.take() else { return };
        let Some(url) = postgres_for_tests() else { return };
        let name = address.rsplit('/').next().unwrap_or_default().to_owned();
        // Drop cannot wait in this runtime, so another does.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(Database::drop_postgres(&url, &name))
        });
        let _ = dropped.join();
    }
}

fn read_all(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_all(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by their environment where PostgreSQL is")]
pub fn postgres_for_tests() -> Option<String> {
    let url = std::env::var("BULLA_TEST_POSTGRES").ok();
    let complete = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(url.is_some() || !complete, "with CI=true the tests need PostgreSQL in BULLA_TEST_POSTGRES");
    url
}

pub fn database_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("bulla_{}_{}", uuid::Uuid::new_v4().simple(), COUNT.fetch_add(1, Ordering::Relaxed))
}

#[derive(Clone)]
pub struct Client {
    url: String,
    pub cookie: Option<String>,
    /// An API key, which is shown in place of the cookie.
    pub key: Option<String>,
    http: Http<HttpConnector, Full<Bytes>>,
    /// The id of who is signed in.
    pub person: String,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
    /// The body, or null if it is no JSON.
    pub json: Value,
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.json.get("code").and_then(Value::as_str) {
            Some(code) if self.json.get("requestId").is_some() => {
                write!(f, "{} {code}: {}", self.status.as_u16(), self.json["detail"].as_str().unwrap_or_default())
            }
            _ => write!(f, "{} {}", self.status.as_u16(), String::from_utf8_lossy(&self.bytes)),
        }
    }
}

impl Client {
    pub fn new(url: &str) -> Self {
        let http = Http::builder(TokioExecutor::new()).build_http();
        Self { url: url.to_owned(), cookie: None, key: None, http, person: String::new() }
    }

    /// One that calls from this address of the machine.
    pub fn from_address(url: &str, address: IpAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(Some(address));
        Self { http: Http::builder(TokioExecutor::new()).build(connector), ..Self::new(url) }
    }

    pub fn keep_cookie(&mut self, answer: &Answer) {
        let cookie = answer.headers[SET_COOKIE].to_str().unwrap();
        self.cookie = cookie.split(';').next().map(str::to_owned);
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Bytes::new()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, Bytes::new()).await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        self.send(method, path, Some("application/json"), body).await
    }

    /// Drops a file.
    pub async fn import(&self, workspace: &str, bytes: impl Into<Bytes>) -> Answer {
        let path = format!("/api/workspaces/{workspace}/import?name=file.json");
        self.send(Method::POST, &path, Some("application/octet-stream"), bytes.into()).await
    }

    pub async fn send(&self, method: Method, path: &str, kind: Option<&str>, body: Bytes) -> Answer {
        let mut request = Request::builder().method(&method).uri(format!("{}{path}", self.url));
        request = request.header("x-bulla-request", "1");
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        let answer = self.request(request.body(Full::new(body)).unwrap()).await;
        description::check(&method, path, &answer);
        answer
    }

    /// Begins a stream and returns it when its first piece is there. Dropping it closes the connection.
    pub async fn stream(&self, path: &str, body: Value) -> Incoming {
        let request = Request::post(format!("{}{path}", self.url))
            .header("x-bulla-request", "1")
            .header(CONTENT_TYPE, "application/json")
            .header(COOKIE, self.cookie.clone().unwrap())
            .body(Full::new(body.to_string().into()))
            .unwrap();
        let answer = self.http.request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        let mut body = answer.into_body();
        body.frame().await.unwrap().unwrap();
        body
    }

    /// As it is, with the cookie or the key.
    pub async fn request(&self, mut request: Request<Full<Bytes>>) -> Answer {
        if let Some(key) = &self.key {
            request.headers_mut().insert("x-api-key", key.parse().unwrap());
        }
        if let Some(cookie) = &self.cookie {
            request.headers_mut().insert(COOKIE, cookie.parse().unwrap());
        }
        let (parts, body) = self.http.request(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let json = serde_json::from_slice(&bytes).unwrap_or_default();
        Answer { status: parts.status, headers: parts.headers, bytes, json }
    }

    /// A new workspace of this kind; its id.
    pub async fn workspace(&self, name: &str, kind: &str) -> String {
        let answer = self.post("/api/workspaces", json!({ "name": name, "kind": kind })).await;
        assert_eq!(answer.status, 201, "{answer}");
        answer.id()
    }

    /// A new collection; its id.
    pub async fn collection(&self, workspace: &str, name: &str) -> String {
        let answer = self.post(&format!("/api/workspaces/{workspace}/collections"), json!({ "name": name })).await;
        assert_eq!(answer.status, 201, "{answer}");
        answer.id()
    }

    /// A new item at the end of `parent`; its id.
    pub async fn item(&self, collection: &str, parent: Option<&str>, kind: &str, name: &str) -> String {
        let body = json!({ "parentId": parent, "kind": kind, "name": name });
        let answer = self.post(&format!("/api/collections/{collection}/items"), body).await;
        assert_eq!(answer.status, 201, "{answer}");
        answer.id()
    }

    /// A new environment with these variables; its id.
    pub async fn environment(&self, workspace: &str, name: &str, values: Value) -> String {
        let answer = self.post(&format!("/api/workspaces/{workspace}/environments"), json!({ "name": name })).await;
        assert_eq!(answer.status, 201, "{answer}");
        let id = answer.id();
        let answer = self.patch(&format!("/api/environments/{id}"), json!({ "version": 1, "values": values })).await;
        assert_eq!(answer.status, 200, "{answer}");
        id
    }
}

impl Answer {
    /// The JSON of each line: the events of a stream.
    pub fn lines(&self) -> Vec<Value> {
        let text = std::str::from_utf8(&self.bytes).unwrap();
        text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The only event of that type.
    pub fn event(&self, kind: &str) -> Value {
        let mut found: Vec<_> = self.lines().into_iter().filter(|event| event["type"] == kind).collect();
        assert_eq!(found.len(), 1, "{kind} in {self}");
        found.remove(0)
    }

    /// The id of what it holds.
    pub fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id in {self}")).to_owned()
    }
}
