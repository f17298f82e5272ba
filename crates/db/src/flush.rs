//! Commits on PostgreSQL that reach the disk together.
//!
//! The connections of the pool commit without waiting for the disk, so that the rows they lock are free at once: the last row
//! of a team's log is one that every change of the team locks. Whoever commits then waits for a flush of the write-ahead log.
//! One flush serves everybody who committed before it began.
//!
//! Invariant: a commit that returned is on disk. Source: PostgreSQL documentation, "Asynchronous Commit".

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::PgPool;
use tokio::sync::Mutex;

use crate::Result;

/// Flushes the write-ahead log, for many at once.
#[derive(Clone)]
pub(crate) struct Flusher(Arc<Inner>);

struct Inner {
    /// A connection of its own, whose commits wait for the disk.
    pool: PgPool,
    /// Commits so far.
    committed: AtomicU64,
    /// How many of them are on disk.
    flushed: Mutex<u64>,
}

/// A transaction that holds nothing but a message that nobody reads. Its commit waits until the log is on disk, with
/// everything that was committed before.
const FLUSH: &str = "select pg_logical_emit_message(true, 'bulla', '')";

impl Flusher {
    /// A flusher over `pool`, which has one connection; `None` if its user may not do what it takes.
    pub(crate) async fn over(pool: PgPool) -> Option<Self> {
        let made = Self(Arc::new(Inner { pool, committed: AtomicU64::new(0), flushed: Mutex::new(0) }));
        match made.flush().await {
            Ok(()) => Some(made),
            Err(error) => {
                tracing::warn!(%error, "commits are not gathered: every one waits for the disk by itself");
                None
            }
        }
    }

    /// Waits until what the caller has committed is on disk.
    pub(crate) async fn flush(&self) -> Result<()> {
        let Inner { pool, committed, flushed } = &*self.0;
        let own = committed.fetch_add(1, Ordering::SeqCst) + 1;
        let mut flushed = flushed.lock().await;
        if *flushed >= own {
            return Ok(());
        }
        // All of these had committed before they were counted.
        let all = committed.load(Ordering::SeqCst);
        sqlx::query(FLUSH).execute(pool).await?;
        *flushed = all;
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.0.pool.close().await;
    }
}
