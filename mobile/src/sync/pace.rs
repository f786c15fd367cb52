//! When to sync next. Pure: instants are milliseconds of a clock that only runs on, chance is an argument.
//!
//! Everything that wakes (a tap, a hint, the network's return) only moves the next try nearer. If no wake ever came,
//! the poll would still find everything: it is the backstop, never the way.

use shared::chance::Chance;
use shared::sync::SyncFailure;

/// Taps that follow each other go out together.
pub const GATHER_MS: i64 = 250;
/// A hint goes to many phones at once; each waits up to so long.
pub const SPREAD_MS: u64 = 500;
/// The first wait after a failure …
pub const BACK_OFF_FIRST_MS: u64 = 1_000;
/// … and the longest.
pub const BACK_OFF_MAX_MS: u64 = 5 * 60_000;
/// However the polls are set, not more often and not more rarely than this.
pub const POLL_MS: std::ops::RangeInclusive<i64> = 1_000..=60 * 60_000;
/// A server that asks for patience is believed up to here.
pub const RETRY_AFTER_MAX_MS: u64 = 60 * 60_000;
/// What a person must mend is asked again so often, in case nobody did it here.
pub const PERSON_MS: i64 = 5 * 60_000;
/// Another process of this app holds the right to sync.
pub const ELSEWHERE_MS: i64 = 5_000;

/// What asks for a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The expert did something.
    Tap,
    /// The server has something.
    Hint,
    /// The app came to the front.
    Resumed,
    /// The network is back.
    NetworkUp,
    /// The expert asked for it.
    Asked,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// All was sent and fetched; the server wants to be asked again after so long.
    Done {
        /// As the server said.
        poll_after_ms: u64,
    },
    /// There is more, but this try was long enough.
    Unfinished,
    /// It failed.
    Failed(SyncFailure),
    /// Another process syncs.
    Elsewhere,
}

/// Knows when the next try is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    due_at: i64,
    /// The server asked to be left alone until here.
    not_before: i64,
    n_failures: u32,
}

impl Pace {
    /// At the start: at once.
    pub fn start(now: i64) -> Self {
        Self { due_at: now, not_before: i64::MIN, n_failures: 0 }
    }

    /// When the next try is due.
    pub fn due_at(&self) -> i64 {
        self.due_at.max(self.not_before)
    }

    /// Something asks for a sync.
    pub fn wake(&mut self, wake: Wake, now: i64, chance: &dyn Chance) {
        let wanted = match wake {
            // A tap while the server cannot be reached tries once, and does not shorten the waits after that.
            Wake::Tap => now + GATHER_MS,
            Wake::Hint => now + signed(chance.below(SPREAD_MS)),
            Wake::Resumed | Wake::NetworkUp | Wake::Asked => {
                self.n_failures = 0;
                now
            }
        };
        self.due_at = self.due_at.min(wanted);
    }

    /// A try ended.
    pub fn tried(&mut self, tried: &Tried, now: i64, chance: &dyn Chance) {
        match tried {
            Tried::Done { poll_after_ms } => {
                self.n_failures = 0;
                self.not_before = i64::MIN;
                self.due_at = now + signed(*poll_after_ms).clamp(*POLL_MS.start(), *POLL_MS.end());
            }
            Tried::Unfinished => {
                self.n_failures = 0;
                self.due_at = now;
            }
            Tried::Elsewhere => self.due_at = now + ELSEWHERE_MS,
            Tried::Failed(failure) => self.failed(failure, now, chance),
        }
    }

    fn failed(&mut self, failure: &SyncFailure, now: i64, chance: &dyn Chance) {
        self.due_at = match failure {
            SyncFailure::Offline | SyncFailure::Busy { retry_after_ms: None } => now + self.back_off(chance),
            SyncFailure::Busy { retry_after_ms: Some(wait) } => {
                // Not all phones at the same instant, and never earlier than asked.
                let wait = (*wait).min(RETRY_AFTER_MAX_MS);
                self.not_before = now + signed(wait);
                self.not_before + signed(chance.below(wait / 4 + 1_000))
            }
            SyncFailure::SignIn | SyncFailure::Refused(_) | SyncFailure::TooLarge => now + PERSON_MS,
            // Registering anew comes next; if that leads here again and again, it must not be a storm.
            SyncFailure::Forked => now + self.back_off(chance),
        };
    }

    /// Full jitter: anything up to a bound that doubles.
    fn back_off(&mut self, chance: &dyn Chance) -> i64 {
        let bound = BACK_OFF_FIRST_MS.saturating_mul(1 << self.n_failures.min(20)).min(BACK_OFF_MAX_MS);
        self.n_failures = self.n_failures.saturating_add(1);
        signed(bound / 10 + chance.below(bound - bound / 10 + 1))
    }
}

fn signed(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;

    const OFFLINE: Tried = Tried::Failed(SyncFailure::Offline);
    const DONE: Tried = Tried::Done { poll_after_ms: 60_000 };

    #[test]
    fn it_begins_at_once_and_polls_as_the_server_says() {
        let chance = Seeded::new(1);
        let mut pace = Pace::start(100);
        assert_eq!(pace.due_at(), 100);
        pace.tried(&DONE, 200, &chance);
        assert_eq!(pace.due_at(), 60_200);
        pace.tried(&Tried::Done { poll_after_ms: 0 }, 200, &chance);
        assert_eq!(pace.due_at(), 1_200, "never a storm");
        pace.tried(&Tried::Done { poll_after_ms: u64::MAX }, 200, &chance);
        assert_eq!(pace.due_at(), 200 + POLL_MS.end(), "never for ever");
    }

    #[test]
    fn failures_wait_longer_and_longer_up_to_a_bound_and_never_all_alike() {
        let waits = |seed| {
            let chance = Seeded::new(seed);
            let mut pace = Pace::start(0);
            let wait = |_| {
                pace.tried(&OFFLINE, 0, &chance);
                pace.due_at()
            };
            (0..40).map(wait).collect::<Vec<_>>()
        };
        let some = waits(1);
        assert!((100..=1_000).contains(&some[0]) && some[39] > 20_000, "{some:?}");
        assert!(some.iter().all(|wait| *wait <= 300_000));
        assert_ne!(some, waits(2));
    }

    #[test]
    fn the_networks_return_forgets_the_failures_and_a_tap_does_not() {
        let chance = Seeded::new(1);
        let mut pace = Pace::start(0);
        for _ in 0..12 {
            pace.tried(&OFFLINE, 0, &chance);
        }
        pace.wake(Wake::Tap, 1_000, &chance);
        assert_eq!(pace.due_at(), 1_000 + GATHER_MS);
        pace.tried(&OFFLINE, 2_000, &chance);
        assert!(pace.due_at() > 20_000, "still far out");
        pace.wake(Wake::NetworkUp, 3_000, &chance);
        assert_eq!(pace.due_at(), 3_000);
        pace.tried(&OFFLINE, 3_000, &chance);
        assert!(pace.due_at() <= 4_000, "from the start");
    }

    #[test]
    fn nothing_goes_out_before_the_server_allows_it() {
        let chance = Seeded::new(1);
        let mut pace = Pace::start(0);
        pace.tried(&Tried::Failed(SyncFailure::Busy { retry_after_ms: Some(30_000) }), 0, &chance);
        for wake in [Wake::Tap, Wake::Hint, Wake::Resumed, Wake::NetworkUp, Wake::Asked] {
            pace.wake(wake, 10, &chance);
            assert!(pace.due_at() >= 30_000, "{wake:?}");
        }
        pace.tried(&DONE, 40_000, &chance);
        pace.wake(Wake::Tap, 40_000, &chance);
        assert_eq!(pace.due_at(), 40_000 + GATHER_MS, "and afterwards all is as before");
    }

    #[test]
    fn a_wake_never_moves_the_next_try_further_away() {
        let chance = Seeded::new(1);
        let mut pace = Pace::start(0);
        pace.wake(Wake::Hint, 0, &chance);
        assert_eq!(pace.due_at(), 0);
        pace.tried(&DONE, 0, &chance);
        pace.wake(Wake::Hint, 1_000, &chance);
        assert!((1_000..1_500).contains(&pace.due_at()));
    }

    #[test]
    fn what_a_person_must_mend_is_asked_rarely() {
        let chance = Seeded::new(1);
        for failure in [SyncFailure::SignIn, SyncFailure::Refused("no".into()), SyncFailure::TooLarge] {
            let mut pace = Pace::start(0);
            pace.tried(&Tried::Failed(failure), 0, &chance);
            assert_eq!(pace.due_at(), PERSON_MS);
        }
    }
}
