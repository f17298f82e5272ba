//! How far an exchange is, for the error if it stops there.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::Phase;

#[derive(Default)]
pub(crate) struct Progress {
    phase: AtomicU8,
    host: Mutex<String>,
}

impl Progress {
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    pub fn phase(&self) -> Phase {
        Phase::of(self.phase.load(Ordering::Relaxed))
    }

    pub fn turn_to(&self, host: &str) {
        let mut own = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        own.clear();
        own.push_str(host);
    }

    pub fn host(&self) -> String {
        self.host.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
