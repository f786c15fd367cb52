//! The bounded queue before `SQLite`'s one writer: a line for each lane.

use super::error::Error;
use super::lane::{self, Lane};
use super::work::Work;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Who waited longer has given up or will: the work is dropped, and the caller told to come back.
pub(super) const AGE_MAX: Duration = Duration::from_secs(5);

pub(super) struct Queue {
    lines: Mutex<Lines>,
    changed: Notify,
}

#[derive(Default)]
struct Lines {
    lines: [VecDeque<Waiting>; lane::N],
    closed: bool,
}

struct Waiting {
    work: Box<dyn Work>,
    since: Instant,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self { lines: Mutex::default(), changed: Notify::new() }
    }

    /// Puts work at the end of its lane's line, unless that is full.
    pub(super) fn push(&self, lane: Lane, work: Box<dyn Work>) -> Result<(), Error> {
        {
            let mut lines = self.lock();
            if lines.closed {
                return Err(Error::Unavailable("the server is stopping".into()));
            }
            let line = &mut lines.lines[lane.index()];
            if line.len() >= lane.waiting_max() {
                return Err(Error::Busy);
            }
            line.push_back(Waiting { work, since: Instant::now() });
        }
        self.changed.notify_one();
        Ok(())
    }

    /// Waits until there is work and takes up to `room`, fairly. Nothing means that the queue is closed and empty.
    pub(super) async fn take(&self, room: usize) -> Vec<Box<dyn Work>> {
        loop {
            {
                let mut lines = self.lock();
                let taken = lines.take(room);
                if !taken.is_empty() || lines.closed {
                    return taken;
                }
            }
            self.changed.notified().await;
        }
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn take(&mut self, room: usize) -> Vec<Box<dyn Work>> {
        let now = Instant::now();
        for line in &mut self.lines {
            line.retain(|waiting| waiting.work.is_waited_for());
            while line.front().is_some_and(|waiting| now.duration_since(waiting.since) > AGE_MAX) {
                if let Some(waiting) = line.pop_front() {
                    waiting.work.settle(Err(Error::Busy));
                }
            }
        }
        let waiting = self.lines.each_ref().map(VecDeque::len);
        let mut taken = Vec::with_capacity(room.min(waiting.iter().sum()));
        for (line, n) in self.lines.iter_mut().zip(lane::share(waiting, room)) {
            taken.extend(line.drain(..n).map(|waiting| waiting.work));
        }
        taken
    }
}
