//! A job before it is enqueued, the claim on it, and what a handler sees of it.

use super::kind::Kind;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::ids::JobId;
use shared::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Which of a lane's due jobs goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Before all others: minutes count.
    First,
    /// In its turn.
    #[default]
    Next,
    /// When nothing else waits.
    Rest,
}

impl Rank {
    /// The first before the rest.
    pub(super) const ALL: [Self; 3] = [Self::First, Self::Next, Self::Rest];

    /// The number in the table.
    pub(super) fn number(self) -> i64 {
        match self {
            Self::First => 0,
            Self::Next => 1,
            Self::Rest => 2,
        }
    }
}

/// A job to enqueue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    /// What to do.
    pub kind: Kind,
    /// The id of what it is about.
    pub subject: String,
    /// While a job with this key is live, another is a no-op.
    pub key: String,
    /// When, by the business clock.
    pub due_at: Timestamp,
    /// Whose turn it is among those of its lane.
    pub rank: Rank,
    /// A small JSON object with what the id does not say.
    pub body: String,
}

impl NewJob {
    /// A job about `subject`, once for this kind and subject.
    pub fn new(kind: Kind, subject: impl ToString, due_at: Timestamp) -> Self {
        let subject = subject.to_string();
        let key = format!("{}:{subject}", kind.word());
        Self { kind, subject, key, due_at, rank: Rank::default(), body: "{}".into() }
    }

    /// The same kind and subject more than once, told apart by this.
    #[must_use]
    pub fn keyed(mut self, part: impl ToString) -> Self {
        self.key = format!("{}:{}:{}", self.kind.word(), self.subject, part.to_string());
        self
    }

    /// In this turn.
    #[must_use]
    pub fn ranked(mut self, rank: Rank) -> Self {
        self.rank = rank;
        self
    }

    /// With a body.
    #[must_use]
    pub fn with_body(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_string(body).expect("bodies are plain structs");
        self
    }
}

/// A worker's claim on a job. The fence rises with each claim, so that an older claim is told from a newer one.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    pub(super) fence: i64,
    /// Whether the handler finished the job in its own transaction.
    pub(super) finished: Arc<AtomicBool>,
}

/// A claimed job.
#[derive(Clone, Debug)]
pub struct Job {
    /// The claim on it.
    pub lease: Lease,
    /// What to do.
    pub kind: Kind,
    /// The id of what it is about.
    pub subject: String,
    /// Its key.
    pub key: String,
    /// When it was due, by the business clock.
    pub due_at: Timestamp,
    /// Attempts, this one included.
    pub n_attempts: i64,
    /// The first of these attempts, by the real clock.
    pub started_at: Timestamp,
    pub(super) body: String,
}

impl Job {
    /// The body.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.body)
    }

    /// One that is run here and now without a row in the table: its end is nobody's to write.
    pub(super) fn without_row(job: JobId, new: NewJob, started_at: Timestamp) -> Self {
        let NewJob { kind, subject, key, due_at, body, .. } = new;
        let lease = Lease { job, fence: 0, finished: Arc::default() };
        Self { lease, kind, subject, key, due_at, n_attempts: 1, started_at, body }
    }
}

/// A claimed job that never was in the table.
#[cfg(test)]
pub(super) fn sample(lease: Lease, kind: Kind, started_at: Timestamp) -> Job {
    let NewJob { subject, key, due_at, body, .. } = NewJob::new(kind, "subject", started_at);
    Job { lease, kind, subject, key, due_at, n_attempts: 1, started_at, body }
}
