//! What an operator can set: the settings, their defaults, and what is wrong with a combination of them.
//!
//! A setting has one name everywhere: the flag `--tls-cert`, the variable `BULLA_TLS_CERT` and the key `tls-cert` of the
//! TOML file. [`SETTINGS`] lists them all; `docs/configuration.md` describes each, and a test compares the two. `cli`
//! reads the three places; the flag wins over the variable, and that over the file.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bulla_transport::{Egress, Rule};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use url::Url;

use crate::error::FieldError;
use crate::identity::{Cost, DAY, Limits};
use crate::keys::transit::{Token, Transit};
use crate::moment::Clock;

/// The name of every setting.
pub const SETTINGS: &[&str] = &[
    "data",
    "listen",
    "database-url",
    "root-key",
    "root-key-text",
    "root-key-transit",
    "root-key-transit-token",
    "root-key-transit-token-file",
    "root-key-transit-ca",
    "tls-cert",
    "tls-key",
    "behind-https",
    "public-url",
    "egress",
    "egress-allow",
    "echo",
    "log",
    "log-level",
    "public-access",
    "metrics-token",
    "smtp-url",
    "smtp-ca",
    "mail-from",
    "audit-folder",
    "import-limit-mib",
    "session-idle-hours",
    "session-hours",
    "password-memory-mib",
    "password-passes",
    "test-clock",
];

/// Text that must not be seen in logs and errors, such as an address with a password in it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Hidden(String);

impl Hidden {
    /// The text itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hidden")
    }
}

/// What was set in one place, or in several with the stronger one first. Absent is unset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "docs/configuration.md says what each is; Config says what it means")]
pub struct Settings {
    pub data: Option<PathBuf>,
    pub listen: Option<String>,
    pub database_url: Option<Hidden>,
    pub root_key: Option<PathBuf>,
    pub root_key_text: Option<Hidden>,
    pub root_key_transit: Option<String>,
    pub root_key_transit_token: Option<Hidden>,
    pub root_key_transit_token_file: Option<PathBuf>,
    pub root_key_transit_ca: Option<PathBuf>,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub behind_https: Option<bool>,
    pub public_url: Option<String>,
    pub egress: Option<EgressSetting>,
    pub egress_allow: Option<Vec<String>>,
    pub echo: Option<String>,
    pub log: Option<LogFormat>,
    pub log_level: Option<String>,
    pub public_access: Option<bool>,
    pub metrics_token: Option<Hidden>,
    pub smtp_url: Option<Hidden>,
    pub smtp_ca: Option<PathBuf>,
    pub mail_from: Option<String>,
    pub audit_folder: Option<PathBuf>,
    pub import_limit_mib: Option<u32>,
    pub session_idle_hours: Option<u32>,
    pub session_hours: Option<u32>,
    pub password_memory_mib: Option<u32>,
    pub password_passes: Option<u32>,
    pub test_clock: Option<PathBuf>,
}

/// Where requests that are sent for people may go, as it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EgressSetting {
    /// By the address that is listened on.
    Auto,
    /// Anywhere but cloud metadata addresses.
    Loopback,
    /// Public addresses and what is allowed besides.
    Public,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For a person at a terminal.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// How an instance is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data is.
    pub database: DatabasePlace,
    /// Where the root key is.
    pub root_key: RootKeyPlace,
    /// Where large bodies and other files live.
    pub files: PathBuf,
    /// Certificate and key for HTTPS; without them the server speaks plain HTTP.
    pub tls: Option<Tls>,
    /// Where requests that are sent for people may go.
    pub egress: Egress,
    /// Where the echo service listens that the sample collection calls; `None` for none.
    pub echo: Option<String>,
    /// A proxy before this server speaks HTTPS: the session cookie is marked `Secure` although this server speaks plain
    /// HTTP, and the client's address is the one that the proxy adds to `x-forwarded-for`.
    pub behind_https: bool,
    /// Where people find this server, for the links of mails; `None` for the address it listens on.
    pub public_url: Option<Url>,
    /// May people who are not signed in read what is public?
    pub public_access: bool,
    /// How mails are sent; `None` to leave them in the outbox.
    pub smtp: Option<Smtp>,
    /// Whoever shows this token may read the metrics from elsewhere than this machine.
    pub metrics_token: Option<Hidden>,
    /// The folder in which teams may have their audit log written into files; `None` for none.
    pub audit_folder: Option<PathBuf>,
    /// Largest file that may be imported, in bytes.
    pub import_limit: usize,
    /// How long a sign-in lasts.
    pub sessions: Limits,
    /// What the hash of a password costs.
    pub passwords: Cost,
    /// The clock that requests go by.
    pub clock: Clock,
    /// How long a client may take for the head of a request, or be silent in the middle of a body. No setting.
    pub patience: Duration,
}

/// Where the root key is.
#[derive(Clone, Debug)]
pub enum RootKeyPlace {
    /// In a file. It is made on the first start.
    File(PathBuf),
    /// In a setting, as the text of such a file; while the key is changed, two of them with a blank between.
    Text(Hidden),
    /// In a file, encrypted under a key that never leaves HashiCorp Vault. It is made on the first start.
    Transit(PathBuf, Transit),
}

impl RootKeyPlace {
    /// Its file, if it is in one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Transit(path, _) => Some(path),
            Self::Text(_) => None,
        }
    }
}

impl fmt::Display for RootKeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) | Self::Transit(path, _) => path.display().fmt(f),
            Self::Text(_) => f.write_str("root-key-text"),
        }
    }
}

/// Where the data is.
#[derive(Clone, Debug)]
pub enum DatabasePlace {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// The address of a PostgreSQL database, with its password.
    Postgres(Hidden),
}

/// Files for HTTPS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM, the server's own certificate first.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
}

/// The mail server.
#[derive(Clone, Debug)]
pub struct Smtp {
    /// Its name, which its certificate must have.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is encrypted, and from when on.
    pub encryption: SmtpEncryption,
    /// User and password.
    pub credentials: Option<(String, Hidden)>,
    /// A certificate authority to trust besides those of this machine, in PEM.
    pub ca: Option<PathBuf>,
    /// Whom mails are from: `Bulla <bulla@example.com>`.
    pub from: String,
}

/// When the connection to the mail server becomes encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpEncryption {
    /// From the first byte.
    Implicit,
    /// By STARTTLS, before anything is told; a server that cannot is not used.
    StartTls,
    /// Never.
    None,
}

/// Largest file that may be imported, unless configured: 100 MiB. Reading one takes several times its size in memory.
pub const IMPORT_LIMIT: usize = 100 * MIB;
const PATIENCE: Duration = Duration::from_secs(30);
const MIB: usize = 1024 * 1024;
/// Where the server listens, unless configured.
pub const LISTEN: &str = "127.0.0.1:4000";
/// Where the echo service listens, unless configured: a free port of this machine.
pub const ECHO: &str = "127.0.0.1:0";
/// What is logged, unless configured.
pub const LOG_LEVEL: &str = "info";

impl Settings {
    /// These settings, and where one is unset the `weaker` one.
    #[must_use]
    pub fn or(self, weaker: Self) -> Self {
        Self {
            data: self.data.or(weaker.data),
            listen: self.listen.or(weaker.listen),
            database_url: self.database_url.or(weaker.database_url),
            root_key: self.root_key.or(weaker.root_key),
            root_key_text: self.root_key_text.or(weaker.root_key_text),
            root_key_transit: self.root_key_transit.or(weaker.root_key_transit),
            root_key_transit_token: self.root_key_transit_token.or(weaker.root_key_transit_token),
            root_key_transit_token_file: self.root_key_transit_token_file.or(weaker.root_key_transit_token_file),
            root_key_transit_ca: self.root_key_transit_ca.or(weaker.root_key_transit_ca),
            tls_cert: self.tls_cert.or(weaker.tls_cert),
            tls_key: self.tls_key.or(weaker.tls_key),
            behind_https: self.behind_https.or(weaker.behind_https),
            public_url: self.public_url.or(weaker.public_url),
            egress: self.egress.or(weaker.egress),
            egress_allow: self.egress_allow.or(weaker.egress_allow),
            echo: self.echo.or(weaker.echo),
            log: self.log.or(weaker.log),
            log_level: self.log_level.or(weaker.log_level),
            public_access: self.public_access.or(weaker.public_access),
            metrics_token: self.metrics_token.or(weaker.metrics_token),
            smtp_url: self.smtp_url.or(weaker.smtp_url),
            smtp_ca: self.smtp_ca.or(weaker.smtp_ca),
            mail_from: self.mail_from.or(weaker.mail_from),
            audit_folder: self.audit_folder.or(weaker.audit_folder),
            import_limit_mib: self.import_limit_mib.or(weaker.import_limit_mib),
            session_idle_hours: self.session_idle_hours.or(weaker.session_idle_hours),
            session_hours: self.session_hours.or(weaker.session_hours),
            password_memory_mib: self.password_memory_mib.or(weaker.password_memory_mib),
            password_passes: self.password_passes.or(weaker.password_passes),
            test_clock: self.test_clock.or(weaker.test_clock),
        }
    }

    /// The configuration of a server that listens on `address`.
    ///
    /// # Errors
    ///
    /// Every setting that is absent, wrong, or does not go with another, by its name.
    pub fn configuration(&self, address: IpAddr) -> Result<Config, Vec<FieldError>> {
        let mut wrong = Wrong(Vec::new());
        let Some(data) = &self.data else {
            wrong.note("data", "say where the data lives: a folder, which is made if it is not there");
            return Err(wrong.0);
        };
        let usual = Config::in_folder(data);
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(Tls { certificate: certificate.clone(), key: key.clone() }),
            (None, None) => None,
            (Some(_), None) => {
                wrong.note("tls-key", "tls-cert is set, so the file of its key is needed too");
                None
            }
            (None, Some(_)) => {
                wrong.note("tls-cert", "tls-key is set, so the file of its certificate is needed too");
                None
            }
        };
        let database = match &self.database_url {
            None => usual.database,
            Some(url) => {
                if !["postgres://", "postgresql://"].iter().any(|scheme| url.expose().starts_with(scheme)) {
                    wrong.note(
                        "database-url",
                        "an address of the form postgres://user:password@host:port/database is needed",
                    );
                }
                DatabasePlace::Postgres(url.clone())
            }
        };
        let behind_https = self.behind_https.unwrap_or(false);
        // A proxy before us means that others use this server, wherever it listens.
        let alone = match self.egress.unwrap_or(EgressSetting::Auto) {
            EgressSetting::Auto => address.is_loopback() && !behind_https,
            EgressSetting::Loopback => true,
            EgressSetting::Public => false,
        };
        let mut allow: Vec<Rule> = Vec::new();
        for rule in self.egress_allow.iter().flatten() {
            match rule.parse() {
                Ok(rule) => allow.push(rule),
                Err(error) => wrong.note("egress-allow", error),
            }
        }
        let egress = if alone { Egress::LoopbackServer } else { Egress::Public { allow } };
        let echo = match self.echo.as_deref() {
            None if alone => usual.echo,
            None | Some("off") => None,
            Some(place) => {
                if place.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err()) {
                    wrong.note("echo", "an address to listen on is needed, such as 127.0.0.1:4601, or off");
                }
                Some(place.to_owned())
            }
        };
        if self.metrics_token.as_ref().is_some_and(|token| token.expose().len() < 16) {
            wrong.note("metrics-token", "at least 16 characters are needed, so that nobody guesses it");
        }
        let public_url = self.public_url(&mut wrong);
        let smtp = self.smtp(&mut wrong);
        let import_limit = wrong.within("import-limit-mib", self.import_limit_mib, 1..=2048);
        let idle = wrong.within("session-idle-hours", self.session_idle_hours, 1..=24 * 365);
        let absolute = wrong.within("session-hours", self.session_hours, 1..=24 * 365);
        let sessions = Limits {
            idle: idle.map_or(Limits::USUAL.idle, |hours| i64::from(hours) * DAY / 24),
            absolute: absolute.map_or(Limits::USUAL.absolute, |hours| i64::from(hours) * DAY / 24),
        };
        let memory = wrong.within("password-memory-mib", self.password_memory_mib, Cost::LEAST.memory / 1024..=4096);
        let passes = wrong.within("password-passes", self.password_passes, Cost::LEAST.passes..=100);
        let passwords = Cost {
            memory: memory.map_or(Cost::USUAL.memory, |mebibytes| mebibytes * 1024),
            passes: passes.unwrap_or(Cost::USUAL.passes),
        };
        if self.root_key.is_some() && self.root_key_text.is_some() {
            wrong.note("root-key-text", "root-key names a file, so the text is not needed: set one of the two");
        }
        let transit = self.transit(&mut wrong);
        if self.test_clock.is_some() && (!address.is_loopback() || behind_https) {
            wrong.note(
                "test-clock",
                "it is for tests: only a server that listens on loopback, without a proxy, takes it",
            );
        }
        if !wrong.0.is_empty() {
            return Err(wrong.0);
        }
        Ok(Config {
            database,
            root_key: match (&self.root_key_text, transit, self.root_key.clone()) {
                (Some(text), ..) => RootKeyPlace::Text(text.clone()),
                (None, Some(key), path) => {
                    RootKeyPlace::Transit(path.unwrap_or_else(|| data.join("root.key.transit")), key)
                }
                (None, None, path) => path.map_or(usual.root_key, RootKeyPlace::File),
            },
            files: usual.files,
            tls,
            egress,
            echo,
            behind_https,
            public_url,
            smtp,
            metrics_token: self.metrics_token.clone(),
            audit_folder: self.audit_folder.clone(),
            import_limit: import_limit.map_or(IMPORT_LIMIT, |mebibytes| mebibytes as usize * MIB),
            public_access: self.public_access.unwrap_or(false),
            sessions,
            passwords,
            clock: self.test_clock.clone().map_or(Clock::Machine, Clock::Moved),
            patience: PATIENCE,
        })
    }
}

impl Settings {
    fn public_url(&self, wrong: &mut Wrong) -> Option<Url> {
        let url = Url::parse(self.public_url.as_deref()?).ok().filter(|url| {
            ["http", "https"].contains(&url.scheme())
                && url.has_host()
                && url.path() == "/"
                && url.username().is_empty()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        if url.is_none() {
            wrong.note("public-url", "an address without a path is needed, such as https://bulla.example.com");
        }
        url
    }

    fn transit(&self, wrong: &mut Wrong) -> Option<Transit> {
        let Some(address) = &self.root_key_transit else {
            for (set, name) in [
                (self.root_key_transit_token.is_some(), "root-key-transit-token"),
                (self.root_key_transit_token_file.is_some(), "root-key-transit-token-file"),
                (self.root_key_transit_ca.is_some(), "root-key-transit-ca"),
            ] {
                if set {
                    wrong.note(name, "root-key-transit is needed too: it says which key of Vault to use");
                }
            }
            return None;
        };
        if self.root_key_text.is_some() {
            wrong.note("root-key-transit", "root-key-text holds the root key itself: set one of the two");
        }
        let token = match (&self.root_key_transit_token, &self.root_key_transit_token_file) {
            (Some(token), None) => Token::Text(token.clone()),
            (None, Some(path)) => Token::File(path.clone()),
            _ => {
                wrong.note("root-key-transit-token", "set this or root-key-transit-token-file: it lets us into Vault");
                return None;
            }
        };
        match Transit::new(address, token, self.root_key_transit_ca.clone()) {
            Ok(transit) => Some(transit),
            Err(reason) => {
                wrong.note("root-key-transit", reason);
                None
            }
        }
    }

    fn smtp(&self, wrong: &mut Wrong) -> Option<Smtp> {
        let Some(url) = &self.smtp_url else {
            for (set, name) in [(self.mail_from.is_some(), "mail-from"), (self.smtp_ca.is_some(), "smtp-ca")] {
                if set {
                    wrong.note(name, "smtp-url is needed too: it says which mail server to use");
                }
            }
            return None;
        };
        let form = "an address of the form smtps://user:password@host:465 or smtp://host:587 is needed";
        let parsed = Url::parse(url.expose()).ok();
        let parsed = parsed.filter(|url| ["smtp", "smtps"].contains(&url.scheme()) && ["", "/"].contains(&url.path()));
        let Some((url, host)) = parsed.and_then(|url| url.host_str().map(str::to_owned).map(|host| (url, host))) else {
            wrong.note("smtp-url", form);
            return None;
        };
        let encryption = match (url.scheme(), url.query()) {
            ("smtps", None) => SmtpEncryption::Implicit,
            ("smtp", None) => SmtpEncryption::StartTls,
            ("smtp", Some("tls=off")) => SmtpEncryption::None,
            _ => {
                wrong.note("smtp-url", "the only thing that may follow is ?tls=off after smtp://");
                return None;
            }
        };
        let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let credentials = url.password().map(|password| (plain(url.username()), Hidden::from(plain(password))));
        if credentials.is_some() && encryption == SmtpEncryption::None {
            wrong.note("smtp-url", "with tls=off the password would travel in the clear; leave one of the two out");
        }
        let Some(from) = self.mail_from.clone() else {
            wrong.note("mail-from", "smtp-url is set, so the sender of mails is needed too");
            return None;
        };
        if from.parse::<lettre::message::Mailbox>().is_err() {
            wrong.note("mail-from", "an address is needed, such as bulla@example.com or Bulla <bulla@example.com>");
        }
        let usual_port = if encryption == SmtpEncryption::Implicit { 465 } else { 587 };
        let port = url.port().unwrap_or(usual_port);
        Some(Smtp { host, port, encryption, credentials, ca: self.smtp_ca.clone(), from })
    }
}

struct Wrong(Vec<FieldError>);

impl Wrong {
    fn note(&mut self, setting: &str, message: impl Into<String>) {
        self.0.push(FieldError { path: setting.to_owned(), message: message.into() });
    }

    fn within(&mut self, setting: &str, value: Option<u32>, range: std::ops::RangeInclusive<u32>) -> Option<u32> {
        let value = value?;
        if !range.contains(&value) {
            self.note(setting, format!("{value} is not between {} and {}", range.start(), range.end()));
        }
        Some(value)
    }
}

impl Config {
    /// The usual set-up of a data folder: SQLite, root key and files in it, for the person at this machine.
    pub fn in_folder(data: &Path) -> Self {
        Self {
            database: DatabasePlace::Sqlite(data.join("bulla.sqlite")),
            root_key: RootKeyPlace::File(data.join("root.key")),
            files: data.join("files"),
            tls: None,
            egress: Egress::LoopbackServer,
            echo: Some(ECHO.to_owned()),
            behind_https: false,
            public_url: None,
            public_access: false,
            smtp: None,
            metrics_token: None,
            audit_folder: None,
            import_limit: IMPORT_LIMIT,
            sessions: Limits::USUAL,
            passwords: Cost::USUAL,
            clock: Clock::Machine,
            patience: PATIENCE,
        }
    }

    /// Do browsers reach this server over HTTPS?
    pub fn is_https(&self) -> bool {
        self.tls.is_some() || self.behind_https
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const OPEN: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

    fn settings() -> Settings {
        Settings { data: Some(PathBuf::from("/data")), ..Settings::default() }
    }

    fn complaints(settings: &Settings) -> String {
        let errors = settings.configuration(HERE).map_or_else(|errors| errors, |_| Vec::new());
        errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn egress_follows_whom_the_server_is_for() {
        let public = Egress::Public { allow: Vec::new() };
        for (address, behind_https, egress, expected) in [
            (HERE, false, None, Egress::LoopbackServer),
            (OPEN, false, None, public.clone()),
            (HERE, true, None, public.clone()), // others come through the proxy
            (HERE, false, Some(EgressSetting::Public), public),
            (OPEN, false, Some(EgressSetting::Loopback), Egress::LoopbackServer),
        ] {
            let settings = Settings { behind_https: Some(behind_https), egress, ..settings() };
            let config = settings.configuration(address).unwrap();
            assert_eq!(config.egress, expected, "{address} {behind_https} {egress:?}");
            assert_eq!(config.echo.is_some(), expected == Egress::LoopbackServer);
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let settings = Settings {
            tls_cert: Some(PathBuf::from("cert.pem")),
            database_url: Some("mysql://me:hunter2@db/x".to_owned().into()),
            echo: Some("4601".to_owned()),
            metrics_token: Some("short".to_owned().into()),
            egress_allow: Some(vec!["10.0.0.0/8".to_owned(), "10.0.0.0/40".to_owned()]),
            public_url: Some("https://bulla.example.com/path".to_owned()),
            smtp_url: Some("smtp://me:hunter2@mail.example.com?tls=off".to_owned().into()),
            session_hours: Some(0),
            password_memory_mib: Some(8),
            ..settings()
        };
        insta::assert_snapshot!(complaints(&settings), @r#"
        tls-key: tls-cert is set, so the file of its key is needed too
        database-url: an address of the form postgres://user:password@host:port/database is needed
        egress-allow: "10.0.0.0/40": the part after the slash is 0 to 32
        echo: an address to listen on is needed, such as 127.0.0.1:4601, or off
        metrics-token: at least 16 characters are needed, so that nobody guesses it
        public-url: an address without a path is needed, such as https://bulla.example.com
        smtp-url: with tls=off the password would travel in the clear; leave one of the two out
        mail-from: smtp-url is set, so the sender of mails is needed too
        session-hours: 0 is not between 1 and 8760
        password-memory-mib: 8 is not between 19 and 4096
        "#);
        assert_eq!(
            complaints(&Settings::default()),
            "data: say where the data lives: a folder, which is made if it is not there"
        );
    }

    #[test]
    fn the_clock_of_tests_is_refused_where_others_can_reach() {
        let moved = |behind_https| Settings {
            test_clock: Some(PathBuf::from("clock")),
            behind_https: Some(behind_https),
            ..settings()
        };
        assert!(matches!(moved(false).configuration(HERE).unwrap().clock, Clock::Moved(_)));
        assert!(matches!(settings().configuration(HERE).unwrap().clock, Clock::Machine));
        for (address, behind_https) in [(OPEN, false), (HERE, true)] {
            let errors = moved(behind_https).configuration(address).unwrap_err();
            assert_eq!(errors[0].path, "test-clock", "{address} {behind_https}");
        }
    }

    #[test]
    fn nothing_that_is_printed_holds_a_password() {
        let settings = Settings {
            database_url: Some("postgres://me:hunter2@db/x".to_owned().into()),
            metrics_token: Some("hunter2hunter2hunter2".to_owned().into()),
            smtp_url: Some("smtps://me:hunter2@mail.example.com".to_owned().into()),
            mail_from: Some("Bulla <bulla@example.com>".to_owned()),
            ..settings()
        };
        let printed = format!("{settings:?} {:?}", settings.configuration(HERE).unwrap());
        assert!(!printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn a_mail_server_is_spoken_to_over_tls_unless_it_is_said_otherwise() {
        for (url, expected) in [
            ("smtps://me:a%40b@mail.example.com", "mail.example.com 465 Implicit me a@b"),
            ("smtp://mail.example.com", "mail.example.com 587 StartTls"),
            ("smtp://mail.example.com:25?tls=off", "mail.example.com 25 None"),
            ("smtp://mail.example.com?tls=maybe", "wrong"),
            ("http://mail.example.com", "wrong"),
            ("mail.example.com:25", "wrong"),
        ] {
            let settings = Settings {
                smtp_url: Some(url.to_owned().into()),
                mail_from: Some("bulla@example.com".to_owned()),
                ..settings()
            };
            let told = settings.configuration(HERE).map_or_else(
                |_| "wrong".to_owned(),
                |config| {
                    let smtp = config.smtp.unwrap();
                    let who = smtp.credentials.map(|(user, password)| format!(" {user} {}", password.expose()));
                    format!("{} {} {:?}{}", smtp.host, smtp.port, smtp.encryption, who.unwrap_or_default())
                },
            );
            assert_eq!(told, expected, "{url}");
        }
    }

    #[test]
    fn the_stronger_setting_wins_and_the_others_stay() {
        let flags = Settings { listen: Some("a:1".to_owned()), ..Settings::default() };
        let file = Settings { listen: Some("b:2".to_owned()), echo: Some("off".to_owned()), ..settings() };
        let merged = flags.or(file);
        assert_eq!(merged.listen.as_deref(), Some("a:1"));
        assert_eq!(merged.echo.as_deref(), Some("off"));
        assert!(merged.configuration(HERE).unwrap().echo.is_none());
    }

    #[test]
    fn every_setting_is_in_the_one_reference() {
        let reference = include_str!("../../../docs/configuration.md");
        for name in SETTINGS {
            let variable = format!("BULLA_{}", name.to_uppercase().replace('-', "_"));
            let heading = format!("### `{name}`");
            assert!(reference.contains(&heading), "docs/configuration.md has no heading {heading}");
            assert!(reference.contains(&format!("`{variable}`")), "docs/configuration.md does not name {variable}");
        }
        let headings = reference.lines().filter(|line| line.starts_with("### `")).count();
        assert_eq!(headings, SETTINGS.len(), "docs/configuration.md describes a setting that there is not");
    }

    #[test]
    fn the_list_of_settings_is_that_of_the_file() {
        // serde names every field when it meets one that it does not know.
        let error = serde_json::from_str::<Settings>(r#"{"no-such-setting": 1}"#).unwrap_err().to_string();
        for name in SETTINGS {
            assert!(error.contains(&format!("`{name}`")), "{name}: {error}");
        }
        assert_eq!(error.matches('`').count() / 2 - 1, SETTINGS.len(), "{error}");
    }
}
