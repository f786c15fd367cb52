//! Counters of the writer, for metrics and tests.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the writer did since it started.
#[derive(Debug, Default)]
pub struct Stats {
    commits: AtomicU64,
    writes: AtomicU64,
    reruns: AtomicU64,
}

impl Stats {
    /// Commits: with group commit fewer than writes.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Closures that were committed.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    /// Closures that ran again after a collision, or because a group's commit failed.
    pub fn reruns(&self) -> u64 {
        self.reruns.load(Ordering::Relaxed)
    }

    pub(super) fn committed(&self, n_writes: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.writes.fetch_add(n_writes as u64, Ordering::Relaxed);
    }

    pub(super) fn reran(&self) {
        self.reruns.fetch_add(1, Ordering::Relaxed);
    }
}
