//! The phone's clocks and chance: the only file that asks the machine for either. Everything else takes an [`Edge`] or
//! the instant itself, so that a simulation can own time and repeat a run by its seed.

use shared::chance::Chance;
use shared::sync::MadeAt;
use shared::time::Timestamp;
use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where instants come from.
pub trait Clock: Send + Sync {
    /// Now, by the wall clock (which people move) and by one that only ever runs on.
    fn now(&self) -> MadeAt;
}

/// Clock and chance, as one argument. Clones share both.
#[derive(Clone)]
pub struct Edge {
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// The chance.
    pub chance: Arc<dyn Chance>,
}

impl Edge {
    /// The machine's own.
    pub fn machine() -> Self {
        Self { clock: Arc::new(Machine::start()), chance: Arc::new(SystemChance) }
    }

    /// Now, by the wall clock.
    pub fn wall(&self) -> Timestamp {
        self.clock.now().wall
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Edge")
    }
}

/// The machine's clocks. A "boot" is one run of the app: how long the phone itself is up cannot be read everywhere.
#[derive(Debug)]
pub struct Machine {
    started: Instant,
    boot: String,
}

impl Machine {
    /// Starts counting.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn start() -> Self {
        Self { started: Instant::now(), boot: format!("{:016x}", SystemChance.next_u64()) }
    }
}

impl Clock for Machine {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> MadeAt {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let wall = Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        let mono_ms = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        MadeAt { wall, mono_ms, boot: self.boot.clone() }
    }
}

/// The machine's chance.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, buffer: &mut [u8]) {
        rand::fill(buffer);
    }
}

/// A clock that a test sets.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Manual(std::sync::Mutex<MadeAt>);

#[cfg(test)]
impl Manual {
    pub(crate) fn at(millis: i64) -> Self {
        let wall = Timestamp::from_millis(millis);
        Self(std::sync::Mutex::new(MadeAt { wall, mono_ms: 0, boot: "b1".into() }))
    }
}

#[cfg(test)]
impl Clock for Manual {
    fn now(&self) -> MadeAt {
        self.0.lock().unwrap().clone()
    }
}
