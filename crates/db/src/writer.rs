//! The one connection that writes to a SQLite file, and commits that reach the disk together.
//!
//! Every transaction is a savepoint in a transaction of the connection. When one is done and others wait for their turn, it
//! leaves the commit to them and waits for it: one flush of the disk makes all of them last. A transaction that nobody waits
//! behind is committed at once.
//!
//! Invariant: a commit that returned is on disk, and what was not committed is undone before anybody else has the connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor, SqlSafeStr};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use crate::{Error, Result};

/// Longest that a commit is left to others, counted from the first transaction of the batch.
const LONGEST: Duration = Duration::from_millis(8);
/// Longest that somebody waits for the connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many must wait before a commit is left to them: with one behind, both would wait for each other's flush.
const WAITING: usize = 2;

/// The connection, and whoever waits for it.
#[derive(Clone)]
pub(crate) struct Writer {
    held: Arc<Mutex<Held>>,
    waiting: Arc<AtomicUsize>,
}

struct Held {
    /// `None` once it is closed.
    connection: Option<SqliteConnection>,
    /// Those whose changes are in the connection's transaction and not on disk.
    batch: Vec<oneshot::Sender<Result<(), String>>>,
    /// When that transaction began, if there is one.
    began: Option<Instant>,
}

/// A transaction of somebody who has the connection to themselves.
pub(crate) struct Turn {
    held: Option<OwnedMutexGuard<Held>>,
    writer: Writer,
}

/// Counts somebody who waits, for as long as they do.
struct Waits<'w>(&'w AtomicUsize);

impl<'w> Waits<'w> {
    fn begin(count: &'w AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Writer {
    pub(crate) async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let connection = Some(SqliteConnection::connect_with(options).await?);
        let held = Held { connection, batch: Vec::new(), began: None };
        Ok(Self { held: Arc::new(Mutex::new(held)), waiting: Arc::default() })
    }

    /// Waits for its turn and begins.
    pub(crate) async fn begin(&self) -> Result<Turn> {
        let waits = Waits::begin(&self.waiting);
        let held = tokio::time::timeout(PATIENCE, Arc::clone(&self.held).lock_owned()).await;
        let held = held.map_err(|_| Error::Busy("the writer did not come free in time".to_owned()))?;
        drop(waits);
        // From here on dropping undoes.
        let mut turn = Turn { held: Some(held), writer: self.clone() };
        turn.held()?.enter().await?;
        Ok(turn)
    }

    /// How many wait for their turn.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Makes what others left last, and closes the connection.
    pub(crate) async fn close(&self) {
        let mut held = self.held.lock().await;
        // Whoever waits for it is told; there is nobody else to tell.
        let _ = held.flush().await;
        if let Some(connection) = held.connection.take() {
            let _ = connection.close().await;
        }
    }
}

impl Held {
    fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or_else(|| Error::Database("the database was closed".to_owned()))
    }

    async fn run(&mut self, text: &'static str) -> Result<()> {
        self.connection()?.execute(sqlx::raw_sql(text.into_sql_str())).await?;
        Ok(())
    }

    async fn enter(&mut self) -> Result<()> {
        if self.began.is_none() {
            // IMMEDIATE, so that two processes never both read and then find that only one may write.
            self.run("begin immediate").await?;
            self.began = Some(Instant::now());
        }
        self.run("savepoint turn").await
    }

    /// Undoes what was done since [`Held::enter`]. If even that fails the database has undone all of it, and what others left
    /// in it.
    async fn undo(&mut self) -> Result<()> {
        let undone = self.run("rollback to turn; release turn").await;
        match undone {
            Ok(()) if self.batch.is_empty() => {
                self.began = None;
                self.run("rollback").await
            }
            Ok(()) => Ok(()),
            Err(error) => {
                self.give_up(&error).await;
                Err(error)
            }
        }
    }

    /// Makes everything in the connection's transaction last, and tells those who wait for it.
    async fn flush(&mut self) -> Result<()> {
        if self.began.is_none() {
            return Ok(());
        }
        match self.run("commit").await {
            Ok(()) => {
                self.began = None;
                for waits in self.batch.drain(..) {
                    // Whoever went away does not wait to hear.
                    let _ = waits.send(Ok(()));
                }
                Ok(())
            }
            Err(error) => {
                self.give_up(&error).await;
                Err(error)
            }
        }
    }

    /// Tells those who wait that nothing has happened, and makes that true.
    async fn give_up(&mut self, error: &Error) {
        // Where SQLite rolled back by itself there is no transaction, which is what is wanted.
        let _ = self.run("rollback").await;
        self.began = None;
        for waits in self.batch.drain(..) {
            let _ = waits.send(Err(error.to_string()));
        }
    }

    /// May the commit be left to those who wait for the connection?
    fn leaves(&self, waiting: usize) -> bool {
        waiting >= WAITING && self.began.is_some_and(|began| began.elapsed() < LONGEST)
    }
}

impl Turn {
    fn held(&mut self) -> Result<&mut Held> {
        self.held.as_deref_mut().ok_or_else(|| Error::Database("the transaction has ended".to_owned()))
    }

    pub(crate) fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.held()?.connection()
    }

    /// Makes what was done last. It goes on if whoever asked does not wait for it any more: what others left in the
    /// connection's transaction must not depend on them.
    pub(crate) async fn commit(self) -> Result<()> {
        ended(tokio::spawn(self.committed()).await)
    }

    /// Undoes what was done; it goes on as [`Turn::commit`] does.
    pub(crate) async fn rollback(self) -> Result<()> {
        ended(tokio::spawn(self.undone()).await)
    }

    async fn committed(mut self) -> Result<()> {
        if let Err(error) = self.held()?.run("release turn").await {
            // Gone before it was released: SQLite undid everything, because the disk is full or fails.
            self.held()?.give_up(&error).await;
            self.held = None;
            return Err(error);
        }
        let waiting = self.writer.waiting.load(Ordering::Relaxed);
        if !self.held()?.leaves(waiting) {
            let flushed = self.held()?.flush().await;
            self.held = None;
            return flushed;
        }
        let (tell, mut told) = oneshot::channel();
        self.held()?.batch.push(tell);
        self.held = None;
        // Those behind flush it, unless the connection comes back to this first.
        let said = tokio::select! {
            biased;
            said = &mut told => said,
            mut held = self.writer.held.lock() => {
                // Its result is told to this one too.
                let _ = held.flush().await;
                drop(held);
                told.await
            }
        };
        match said {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::Database(error)),
            Err(_) => Err(Error::Database("the database was closed before the commit".to_owned())),
        }
    }

    async fn undone(mut self) -> Result<()> {
        let undone = self.held()?.undo().await;
        self.held = None;
        undone
    }
}

fn ended(joined: Result<Result<()>, tokio::task::JoinError>) -> Result<()> {
    joined.unwrap_or_else(|error| Err(Error::Database(format!("the end of a transaction was cut short: {error}"))))
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut held) = self.held.take() else { return };
        // The connection stays with this until it is done, so that nobody else sees what is to be undone.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    if let Err(error) = held.undo().await {
                        tracing::warn!(%error, "a transaction was not undone by hand");
                    }
                });
            }
            // No runtime any more: the process ends, and SQLite undoes what was not committed.
            Err(_) => held.connection = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Database, sql};

    async fn database(folder: &tempfile::TempDir) -> Database {
        let database = Database::open_sqlite(&folder.path().join("x.sqlite")).await.unwrap();
        let mut transaction = database.begin().await.unwrap();
        database.raw(&mut transaction, "create table thing (id integer primary key) strict").await.unwrap();
        transaction.commit().await.unwrap();
        database
    }

    async fn insert(database: &Database, id: i64) -> Result<crate::Transaction> {
        let mut transaction = database.begin().await?;
        sql!("insert into thing (id) values ($1)").bind(id).execute(&mut transaction).await?;
        Ok(transaction)
    }

    async fn there(database: &Database) -> i64 {
        let mut connection =
            SqliteConnection::connect(&format!("sqlite:{}", database.path().unwrap().display())).await.unwrap();
        sqlx::query_scalar("select count(*) from thing").fetch_one(&mut connection).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_committed_beside_others_is_there_for_everybody_when_it_returns() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        let all: Vec<_> = (0..200)
            .map(|id| {
                let database = database.clone();
                tokio::spawn(async move {
                    let transaction = insert(&database, id).await.unwrap();
                    match id % 4 {
                        0 => transaction.rollback().await.unwrap(),
                        1 => drop(transaction),
                        _ => {
                            transaction.commit().await.unwrap();
                            let row = sql!("select count(*) as total from thing where id = $1").bind(id);
                            assert_eq!(row.one(database.read()).await.unwrap().integer("total").unwrap(), 1);
                        }
                    }
                })
            })
            .collect();
        for task in all {
            task.await.unwrap();
        }
        assert_eq!(there(&database).await, 100);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_that_fails_takes_nobody_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        insert(&database, 1).await.unwrap().commit().await.unwrap();
        let all: Vec<_> = (0..60)
            .map(|n| {
                let database = database.clone();
                // Every third wants a key that is taken.
                let id = if n % 3 == 0 { 1 } else { n + 10 };
                tokio::spawn(async move { insert(&database, id).await?.commit().await })
            })
            .collect();
        let mut refused = 0;
        for task in all {
            match task.await.unwrap() {
                Ok(()) => {}
                Err(Error::Conflict(_)) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!((refused, there(&database).await), (20, 41));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn on_a_full_disk_what_was_acknowledged_is_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        let mut transaction = database.begin().await.unwrap();
        database.raw(&mut transaction, "create table large (id integer primary key, data blob) strict").await.unwrap();
        // No real disk is filled: SQLite answers the same when its file may not grow.
        database.raw(&mut transaction, "pragma max_page_count = 100").await.unwrap();
        transaction.commit().await.unwrap();
        let all: Vec<_> = (0..40)
            .map(|id| {
                let database = database.clone();
                tokio::spawn(async move {
                    let mut transaction = database.begin().await?;
                    let insert = sql!("insert into large (id, data) values ($1, $2)").bind(id).bind(vec![7; 20_000]);
                    insert.execute(&mut transaction).await?;
                    transaction.commit().await.map(|()| id)
                })
            })
            .collect();
        let mut acknowledged = Vec::new();
        for task in all {
            acknowledged.extend(task.await.unwrap().ok());
        }
        acknowledged.sort_unstable();
        let rows = sql!("select id from large order by id").all(database.read()).await.unwrap();
        let there: Vec<_> = rows.iter().map(|row| row.integer("id").unwrap()).collect();
        assert_eq!(there, acknowledged);
        assert!((1..40).contains(&there.len()), "{} fitted", there.len());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_that_waits_alone_for_those_who_went_away_is_committed() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder).await;
        let first = insert(&database, 1).await.unwrap();
        let behind: Vec<_> = (2..6)
            .map(|_| {
                let database = database.clone();
                tokio::spawn(async move { database.begin().await.map(|_| ()) })
            })
            .collect();
        while database.waiting() < 4 {
            tokio::task::yield_now().await;
        }
        for task in &behind {
            task.abort();
        }
        first.commit().await.unwrap();
        assert_eq!(there(&database).await, 1);
    }
}
