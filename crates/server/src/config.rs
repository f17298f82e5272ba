//! What an operator can set. `cli` reads it from flags, environment and a TOML file, and hands it in.

use std::path::PathBuf;

/// How an instance is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the data is.
    pub database: DatabasePlace,
    /// The file of the root key. It is made on the first start.
    pub root_key: PathBuf,
    /// Where large bodies and other files live.
    pub files: PathBuf,
    /// Certificate and key for HTTPS; without them the server speaks plain HTTP.
    pub tls: Option<Tls>,
    /// Where requests that are sent for people may go.
    pub egress: EgressMode,
    /// Whether to start the echo service that the sample collection calls. It listens on loopback.
    pub echo: bool,
    /// Whether the session cookie is marked `Secure` although this server speaks plain HTTP, because a proxy before it
    /// speaks HTTPS.
    pub behind_https: bool,
    /// Largest file that may be imported, in bytes.
    pub import_limit: usize,
}

/// Where the data is.
#[derive(Clone)]
pub enum DatabasePlace {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// The address of a PostgreSQL database, with its password.
    Postgres(String),
}

impl std::fmt::Debug for DatabasePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            // The address holds a password.
            Self::Postgres(_) => f.write_str("Postgres(hidden)"),
        }
    }
}

/// Files for HTTPS.
#[derive(Clone, Debug)]
pub struct Tls {
    /// PEM, the server's own certificate first.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
}

/// Where requests that are sent for people may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EgressMode {
    /// The server is for the person at this machine: anywhere but cloud metadata addresses.
    Loopback,
    /// The server is for others: public addresses, and what is listed (host names, addresses or networks).
    Public {
        /// Exceptions.
        allow: Vec<String>,
    },
}

/// Largest file that may be imported, unless configured: 100 MiB. Reading one takes several times its size in memory.
pub const IMPORT_LIMIT: usize = 100 * 1024 * 1024;

impl Config {
    /// The usual set-up of a data folder: SQLite, root key and files in it, for the person at this machine.
    pub fn in_folder(data: &std::path::Path) -> Self {
        Self {
            database: DatabasePlace::Sqlite(data.join("bulla.sqlite")),
            root_key: data.join("root.key"),
            files: data.join("files"),
            tls: None,
            egress: EgressMode::Loopback,
            echo: true,
            behind_https: false,
            import_limit: IMPORT_LIMIT,
        }
    }
}
