//! Opening a database, reading from it, and the transaction that writes.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection, Executor, Postgres, Sqlite};

use crate::flush::Flusher;
use crate::writer::{Turn, Writer};
use crate::{Error, Migration, Result, Statement};

/// How long a writer waits for another process (such as `bulla admin`) to finish its transaction.
const BUSY: Duration = Duration::from_secs(10);
/// Readers of a SQLite file that may work at once.
const READERS: u32 = 8;
/// How long a connection to PostgreSQL is unused before it is asked whether it is still there.
const TRUSTED: Duration = Duration::from_secs(1);
/// Connections to PostgreSQL that one node keeps.
const CONNECTIONS: u32 = 16;

/// Which of the two databases is behind the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// An embedded file.
    Sqlite,
    /// A server.
    Postgres,
}

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Database(Inner);

#[derive(Clone)]
enum Inner {
    Sqlite {
        path: PathBuf,
        writer: Writer,
        readers: SqlitePool,
    },
    /// `flusher` is there if the pool commits without waiting for the disk.
    Postgres {
        pool: PgPool,
        flusher: Option<Flusher>,
    },
}

/// Reads outside a transaction. It cannot write: on SQLite its connections are read-only.
#[derive(Clone, Copy)]
pub struct Reader<'d>(&'d Database);

/// A transaction that may write. Dropping it without [`Transaction::commit`] undoes everything.
pub struct Transaction(pub(crate) InTransaction);

pub(crate) enum InTransaction {
    Sqlite(Turn),
    Postgres(sqlx::Transaction<'static, Postgres>, Option<Flusher>),
    /// One that reads alone.
    SqliteSnapshot(sqlx::Transaction<'static, Sqlite>),
}

/// The connection of a transaction.
pub(crate) enum Connected<'t> {
    Sqlite(&'t mut SqliteConnection),
    Postgres(&'t mut PgConnection),
}

impl InTransaction {
    pub(crate) fn connection(&mut self) -> Result<Connected<'_>> {
        Ok(match self {
            Self::Sqlite(turn) => Connected::Sqlite(turn.connection()?),
            Self::SqliteSnapshot(transaction) => Connected::Sqlite(transaction),
            Self::Postgres(transaction, _) => Connected::Postgres(transaction),
        })
    }
}

impl Database {
    /// Opens the SQLite file at `path` and makes it if it is not there.
    ///
    /// `synchronous = FULL`: a commit that returned survives a crash of the process and of the machine.
    ///
    /// # Errors
    ///
    /// [`Error::Open`] if the file cannot be opened or is no database.
    pub async fn open_sqlite(path: &Path) -> Result<Self> {
        let failed = |error: sqlx::Error| Error::Open { place: path.display().to_string(), reason: error.to_string() };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .pragma("secure_delete", "on")
            .pragma("trusted_schema", "off")
            .pragma("cache_size", "-16000");
        let writer = Writer::open(&options).await.map_err(failed)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            // A file does not go away.
            .test_before_acquire(false)
            .connect_with(options.create_if_missing(false).pragma("query_only", "on"))
            .await
            .map_err(failed)?;
        Ok(Self(Inner::Sqlite { path: path.to_path_buf(), writer, readers }))
    }

    /// Connects to PostgreSQL at `url` (`postgres://user:password@host:port/database`).
    ///
    /// # Errors
    ///
    /// [`Error::Open`] with the address but never the password.
    pub async fn open_postgres(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url).map_err(|_| Error::Open {
            place: "postgres".to_owned(),
            reason: "the address is not of the form postgres://user:password@host:port/database".to_owned(),
        })?;
        let place = format!("{}:{}", options.get_host(), options.get_port());
        let pool = async |options, connections| {
            let pool = PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(BUSY)
                // One that was used a moment ago is there; asking it each time is one way to the server more.
                .test_before_acquire(false)
                .before_acquire(|connection, known| {
                    Box::pin(async move {
                        if known.idle_for > TRUSTED {
                            connection.ping().await?;
                        }
                        Ok(true)
                    })
                });
            let failed = |error: sqlx::Error| Error::Open { place: place.clone(), reason: error.to_string() };
            pool.connect_with(options).await.map_err(failed)
        };
        let flusher = Flusher::over(pool(options.clone(), 1).await?).await;
        let options = if flusher.is_some() { options.options([("synchronous_commit", "off")]) } else { options };
        Ok(Self(Inner::Postgres { pool: pool(options, CONNECTIONS).await?, flusher }))
    }

    /// Makes an empty database called `name` on the server of the PostgreSQL database at `url`, and returns its address.
    ///
    /// # Errors
    ///
    /// If the name is not of small letters, digits and `_`, or the server refuses.
    pub async fn create_postgres(url: &str, name: &str) -> Result<String> {
        let Self(Inner::Postgres { pool, .. }) = Self::open_postgres(url).await? else {
            return Err(Error::Database("not PostgreSQL".to_owned()));
        };
        let text = format!("create database {}", plain(name)?);
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&pool).await?;
        pool.close().await;
        let (server, rest) = url.rsplit_once('/').unwrap_or((url, ""));
        let options = rest.split_once('?').map(|(_, options)| format!("?{options}")).unwrap_or_default();
        Ok(format!("{server}/{name}{options}"))
    }

    /// Drops the database called `name` on the server of the PostgreSQL database at `url`, whoever is connected to it.
    ///
    /// # Errors
    ///
    /// As [`Database::create_postgres`].
    pub async fn drop_postgres(url: &str, name: &str) -> Result<()> {
        let Self(Inner::Postgres { pool, .. }) = Self::open_postgres(url).await? else {
            return Err(Error::Database("not PostgreSQL".to_owned()));
        };
        let text = format!("drop database {} with (force)", plain(name)?);
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&pool).await?;
        pool.close().await;
        Ok(())
    }

    /// Which database this is.
    pub fn dialect(&self) -> Dialect {
        match &self.0 {
            Inner::Sqlite { .. } => Dialect::Sqlite,
            Inner::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// A door for reading.
    pub fn read(&self) -> Reader<'_> {
        Reader(self)
    }

    /// Begins a transaction that may write. On SQLite it waits for the one writer.
    ///
    /// # Errors
    ///
    /// If no connection comes free in time.
    pub async fn begin(&self) -> Result<Transaction> {
        Ok(Transaction(match &self.0 {
            Inner::Sqlite { writer, .. } => InTransaction::Sqlite(writer.begin().await?),
            Inner::Postgres { pool, flusher } => InTransaction::Postgres(pool.begin().await?, flusher.clone()),
        }))
    }

    /// Begins a transaction that reads one state of the database, however long it takes. It cannot write.
    ///
    /// # Errors
    ///
    /// If no connection comes free in time.
    pub async fn snapshot(&self) -> Result<Transaction> {
        Ok(Transaction(match &self.0 {
            Inner::Sqlite { readers, .. } => InTransaction::SqliteSnapshot(readers.begin().await?),
            Inner::Postgres { pool, .. } => InTransaction::Postgres(
                pool.begin_with("begin transaction isolation level repeatable read, read only").await?,
                None,
            ),
        }))
    }

    /// Brings the schema to the last of `migrations` and returns its version.
    ///
    /// # Errors
    ///
    /// [`Error::Newer`] if the database is ahead of this program; nothing was changed then.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<i64> {
        crate::migration::migrate(self, migrations).await
    }

    /// The schema version in the database; 0 in a new one.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn version(&self) -> Result<i64> {
        crate::migration::version(self).await
    }

    /// As [`Database::version`], by reading alone: for a probe that must not wait for the writer. Fails in a new database.
    ///
    /// # Errors
    ///
    /// If the database cannot be read.
    pub async fn schema_version(&self) -> Result<i64> {
        crate::migration::current(self).await
    }

    /// Prepares `statement` without running it: does this database understand it?
    ///
    /// # Errors
    ///
    /// The database's complaint, with the place of the statement in the source.
    pub async fn prepare(&self, statement: &Statement) -> Result<()> {
        let at = |error: sqlx::Error| {
            Error::Database(format!("{}:{}: {error}\n{}", statement.file, statement.line, statement.text))
        };
        match &self.0 {
            Inner::Sqlite { readers, .. } => {
                readers.acquire().await?.prepare(sqlx::SqlSafeStr::into_sql_str(statement.text)).await.map_err(at)?;
            }
            Inner::Postgres { pool, .. } => {
                pool.acquire().await?.prepare(sqlx::SqlSafeStr::into_sql_str(statement.text)).await.map_err(at)?;
            }
        }
        Ok(())
    }

    /// Writes a consistent copy of a running SQLite database to `target`, which must not exist.
    ///
    /// # Errors
    ///
    /// If `target` is there already, cannot be written, or the database is PostgreSQL (use `pg_dump`).
    pub async fn backup(&self, target: &Path) -> Result<()> {
        let Inner::Sqlite { readers, .. } = &self.0 else {
            return Err(Error::Database("use pg_dump to back up PostgreSQL".to_owned()));
        };
        if target.exists() {
            return Err(Error::Database(format!("{} is there already", target.display())));
        }
        let mut connection = readers.acquire().await?;
        // `query_only` would refuse it, though it writes to another file only.
        sqlx::raw_sql("pragma query_only = off").execute(&mut *connection).await?;
        let copied =
            sqlx::query("vacuum into $1").bind(target.to_string_lossy().into_owned()).execute(&mut *connection).await;
        connection.close().await?;
        copied?;
        Ok(())
    }

    /// Reads the SQLite file at `path` from beginning to end without changing it, and returns its schema version.
    ///
    /// # Errors
    ///
    /// If it is no database, is damaged, or was not made by this crate.
    pub async fn inspect_sqlite(path: &Path) -> Result<i64> {
        use sqlx::Row as _;
        let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
        let row = sqlx::query("pragma integrity_check(1)").fetch_one(&mut connection).await?;
        let found: String = row.try_get(0)?;
        if found != "ok" {
            return Err(Error::Database(format!("the file is damaged: {found}")));
        }
        let row = sqlx::query("select max(version) from schema_version").fetch_one(&mut connection).await?;
        let version: i64 = row.try_get(0)?;
        connection.close().await?;
        Ok(version)
    }

    /// Is the database there and answering?
    ///
    /// # Errors
    ///
    /// If it is not.
    pub async fn ping(&self) -> Result<()> {
        match &self.0 {
            Inner::Sqlite { readers, .. } => readers.acquire().await?.ping().await?,
            Inner::Postgres { pool, .. } => pool.acquire().await?.ping().await?,
        }
        Ok(())
    }

    /// The file of a SQLite database.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Inner::Sqlite { path, .. } => Some(path),
            Inner::Postgres { .. } => None,
        }
    }

    /// Closes every connection; on SQLite the write-ahead log is folded into the file.
    pub async fn close(&self) {
        match &self.0 {
            Inner::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Inner::Postgres { pool, flusher } => {
                pool.close().await;
                if let Some(flusher) = flusher {
                    flusher.close().await;
                }
            }
        }
    }

    /// How many wait for the one writer of SQLite.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        match &self.0 {
            Inner::Sqlite { writer, .. } => writer.waiting(),
            Inner::Postgres { .. } => 0,
        }
    }

    pub(crate) async fn raw(&self, transaction: &mut Transaction, text: &'static str) -> Result<()> {
        match transaction.0.connection()? {
            Connected::Sqlite(connection) => {
                sqlx::raw_sql(AssertSqlSafe(text)).execute(connection).await?;
            }
            Connected::Postgres(connection) => {
                sqlx::raw_sql(AssertSqlSafe(text)).execute(connection).await?;
            }
        }
        Ok(())
    }
}

/// A name that needs no quotes.
fn plain(name: &str) -> Result<&str> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    match !name.is_empty() && name.bytes().all(fits) {
        true => Ok(name),
        false => Err(Error::Database(format!("{name:?} is no plain name for a database"))),
    }
}

impl Reader<'_> {
    pub(crate) fn sqlite(&self) -> Option<&SqlitePool> {
        match &self.0.0 {
            Inner::Sqlite { readers, .. } => Some(readers),
            Inner::Postgres { .. } => None,
        }
    }

    pub(crate) fn postgres(&self) -> Option<&PgPool> {
        match &self.0.0 {
            Inner::Sqlite { .. } => None,
            Inner::Postgres { pool, .. } => Some(pool),
        }
    }
}

impl Transaction {
    /// Makes everything in it last.
    ///
    /// # Errors
    ///
    /// If the database refuses; nothing has happened then.
    pub async fn commit(self) -> Result<()> {
        match self.0 {
            InTransaction::Sqlite(turn) => turn.commit().await?,
            InTransaction::SqliteSnapshot(transaction) => transaction.commit().await?,
            InTransaction::Postgres(transaction, flusher) => {
                transaction.commit().await?;
                if let Some(flusher) = flusher {
                    flusher.flush().await?;
                }
            }
        }
        Ok(())
    }

    /// Undoes everything in it.
    ///
    /// # Errors
    ///
    /// If the connection is lost; the database undoes it then by itself.
    pub async fn rollback(self) -> Result<()> {
        match self.0 {
            InTransaction::Sqlite(turn) => turn.rollback().await?,
            InTransaction::SqliteSnapshot(transaction) => transaction.rollback().await?,
            InTransaction::Postgres(transaction, _) => transaction.rollback().await?,
        }
        Ok(())
    }
}
