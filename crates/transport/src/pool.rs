//! Connections that wait for their next request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::HttpVersion;
use crate::connection::Connection;
use crate::tls::Profile;

/// How long a connection waits.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many wait for the same peer.
const PER_PEER: usize = 16;
/// How many wait in all.
const IN_ALL: usize = 128;

/// What connections must have in common to stand in for each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub host: String,
    pub port: u16,
    pub proxy: Option<String>,
    /// `None` for plain HTTP.
    pub profile: Option<Profile>,
    /// Which version was wanted, also where no TLS tells it.
    pub wanted: HttpVersion,
    /// Whose it is, if it is not for all.
    pub apart: Option<u32>,
}

#[derive(Default)]
pub(crate) struct Pool {
    waiting: Mutex<HashMap<Key, Vec<(Instant, Connection)>>>,
}

impl Pool {
    /// The connection that has waited least, if it has waited no longer than `longest` and its peer still listens.
    pub fn take(&self, key: &Key, longest: Duration) -> Option<Connection> {
        let mut waiting = self.waiting();
        let same = waiting.get_mut(key)?;
        let mut found = None;
        while let Some((since, mut connection)) = same.pop() {
            if since.elapsed() > longest.min(PATIENCE) {
                // Those below it have waited even longer; they go when their time is up.
                same.push((since, connection));
                break;
            }
            if connection.is_quiet() {
                found = Some(connection);
                break;
            }
        }
        if same.is_empty() {
            waiting.remove(key);
        }
        found
    }

    pub fn put(&self, key: Key, connection: Connection) {
        let mut waiting = self.waiting();
        waiting.retain(|_, same| {
            same.retain(|(since, _)| since.elapsed() <= PATIENCE);
            !same.is_empty()
        });
        if waiting.values().map(Vec::len).sum::<usize>() >= IN_ALL {
            return;
        }
        let same = waiting.entry(key).or_default();
        if same.len() < PER_PEER {
            same.push((Instant::now(), connection));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Key, Vec<(Instant, Connection)>>> {
        // A connection is in the list or it is not; nothing is done half under the lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
