//! Importing files.

pub mod http;

use std::sync::Arc;

use tokio::sync::Semaphore;

/// How files are imported.
#[derive(Clone)]
pub struct Importer {
    limit: usize,
    turns: Arc<Semaphore>,
}

/// Files that are read at once: each takes several times its size in memory.
const AT_ONCE: usize = 2;

impl Importer {
    /// An importer of files of up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self { limit, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}
