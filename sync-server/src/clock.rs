//! The two clocks, and the machine's chance. The only file that asks the machine for either.
//!
//! The *business clock* counts deadlines, due times and renewals; in the demo it can be pushed ahead. The *real clock*
//! counts leases, retries, timeouts and tokens. A value compared with one is never compared with the other. Neither
//! goes backwards within a process, whatever happens to the machine's time.

use shared::chance::Chance;
use shared::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where instants come from. Clones share one clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// The latest real instant given out; with `frozen`, the real instant itself.
    real: AtomicI64,
    /// What the business clock is ahead by.
    ahead: AtomicI64,
    frozen: bool,
}

impl Clock {
    /// The machine's clock; the business clock begins equal to it.
    pub fn machine() -> Self {
        Self(Arc::new(Inner { real: AtomicI64::new(0), ahead: AtomicI64::new(0), frozen: false }))
    }

    /// The business instant.
    pub fn business_now(&self) -> Timestamp {
        // The lead is read first: read after, a jump in between could be missed by a caller that saw its wake.
        let ahead = self.0.ahead.load(Ordering::SeqCst);
        self.real_now().plus_millis(ahead)
    }

    /// The real instant.
    pub fn real_now(&self) -> Timestamp {
        if self.0.frozen {
            return Timestamp::from_millis(self.0.real.load(Ordering::SeqCst));
        }
        let now = machine_millis();
        Timestamp::from_millis(self.0.real.fetch_max(now, Ordering::SeqCst).max(now))
    }

    /// Pushes the business clock ahead, for the demo. Whoever does it also wakes the job runner.
    pub fn jump(&self, millis: u64) {
        let millis = i64::try_from(millis).unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
        self.0.ahead.fetch_add(millis, Ordering::SeqCst);
    }

    /// The machine's instant to compare another machine's clock with; none where time is frozen.
    pub(crate) fn for_skew(&self) -> Option<Timestamp> {
        (!self.0.frozen).then(|| Timestamp::from_millis(machine_millis()))
    }
}

#[cfg(feature = "testing")]
impl Clock {
    /// A clock that stands still at `at` until a test moves it.
    pub fn frozen(at: Timestamp) -> Self {
        Self(Arc::new(Inner { real: AtomicI64::new(at.as_millis()), ahead: AtomicI64::new(0), frozen: true }))
    }

    /// Moves both clocks of a frozen clock ahead, as time does.
    pub fn advance(&self, millis: u64) {
        let millis = i64::try_from(millis).expect("tests do not wait for millions of years");
        assert!(self.0.frozen, "only a frozen clock is moved by hand");
        self.0.real.fetch_add(millis, Ordering::SeqCst);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn machine_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The machine's chance: good enough for tokens and keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, buffer: &mut [u8]) {
        rand::fill(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_moves_the_business_clock_alone() {
        let clock = Clock::frozen(Timestamp::from_millis(1_000));
        clock.clone().jump(500);
        clock.advance(10);
        assert_eq!(clock.business_now(), Timestamp::from_millis(1_510));
        assert_eq!(clock.real_now(), Timestamp::from_millis(1_010));
    }

    #[test]
    fn the_machines_clock_never_goes_backwards() {
        let clock = Clock::machine();
        let first = clock.real_now();
        // As if the machine's time had been set back by a day.
        let later = first.plus_minutes(24 * 60);
        clock.0.real.store(later.as_millis(), Ordering::SeqCst);
        assert_eq!(clock.real_now(), later);
        assert!(clock.business_now() >= later);
    }

    #[test]
    fn the_machines_chance_does_not_repeat() {
        assert_ne!(SystemChance.next_u64(), SystemChance.next_u64());
    }
}
