//! How much of one kind of work is let in: so many a second, and so many at once, shared fairly among those who ask.
//!
//! Fair means that whoever asks for no more than an equal share is let in first. Half of what a second allows is kept
//! for them, so one loud caller, or one broken program, is told to come back while everybody else does not notice. Alone,
//! the same caller may have everything. Who is turned away has cost nothing; a refusal is never stored.
//!
//! In memory and per process, with time as an argument. It refuses to queue: a queue only makes the late ones later.

use shared::time::Timestamp;
use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Let in at once. No more reads than that may wait for the database.
const AT_ONCE_MAX: usize = 512;
/// From so many on, nobody may be inside more often than an equal share allows.
const CROWDED: usize = AT_ONCE_MAX / 2;
/// The span over which shares are counted, in milliseconds.
const SPAN_MS: i64 = 1_000;
/// Tokens are counted in thousandths, so that a rate a second is a whole number a millisecond.
const ONE: i64 = 1_000;

/// A door. `K` is who asks.
pub struct Door<K: Hash + Eq + Clone> {
    rate: Option<NonZeroU32>,
    state: Mutex<State<K>>,
}

struct State<K> {
    tokens: Tokens,
    shares: Shares<K>,
    inside: HashMap<K, usize>,
    n_inside: usize,
}

/// What may still be taken, and when that was true.
struct Tokens {
    left: i64,
    at: Timestamp,
}

/// How much each took in the present span.
struct Shares<K> {
    began: Timestamp,
    taken: HashMap<K, u32>,
    n_before: usize,
}

/// Somebody is inside; dropping it lets them out.
#[must_use = "whoever is let in is inside as long as this lives"]
pub struct Inside<'a, K: Hash + Eq + Clone> {
    door: &'a Door<K>,
    who: K,
}

/// Too many at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl<K: Hash + Eq + Clone> Door<K> {
    /// So many a second, of which a second's worth may come at once; `None` is no limit. `now` is real.
    pub fn per_second(rate: Option<NonZeroU32>, now: Timestamp) -> Self {
        let left = rate.map_or(0, |rate| i64::from(rate.get()) * ONE);
        let state = State {
            tokens: Tokens { left, at: now },
            shares: Shares { began: now, taken: HashMap::new(), n_before: 0 },
            inside: HashMap::new(),
            n_inside: 0,
        };
        Self { rate, state: Mutex::new(state) }
    }

    /// Lets somebody in, or not now. `now` is real.
    pub fn enter(&self, who: &K, now: Timestamp) -> Result<Inside<'_, K>, Full> {
        let mut state = self.lock();
        let n_own = state.inside.get(who).copied().unwrap_or(0);
        if state.n_inside >= AT_ONCE_MAX || (state.n_inside >= CROWDED && n_own >= AT_ONCE_MAX / state.inside.len()) {
            return Err(Full);
        }
        if let Some(rate) = self.rate {
            let kept = if state.shares.asks(who, rate, now) { 0 } else { i64::from(rate.get()) * ONE / 2 };
            if !state.tokens.take(rate, kept, now) {
                return Err(Full);
            }
            state.shares.took(who);
        }
        *state.inside.entry(who.clone()).or_default() += 1;
        state.n_inside += 1;
        drop(state);
        Ok(Inside { door: self, who: who.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> Drop for Inside<'_, K> {
    fn drop(&mut self) {
        let mut state = self.door.lock();
        state.n_inside -= 1;
        let n_own = state.inside.get_mut(&self.who).map_or(0, |n| {
            *n -= 1;
            *n
        });
        if n_own == 0 {
            state.inside.remove(&self.who);
        }
    }
}

impl Tokens {
    /// Takes one if at least `kept` thousandths stay. A second's worth is the most that gathers.
    fn take(&mut self, rate: NonZeroU32, kept: i64, now: Timestamp) -> bool {
        let rate = i64::from(rate.get());
        // Two threads may come in another order than they read the clock.
        let passed = now.millis_since(self.at).clamp(0, SPAN_MS);
        self.left = (self.left + rate * passed).min(rate * ONE);
        self.at = self.at.max(now);
        let may = self.left - ONE >= kept;
        if may {
            self.left -= ONE;
        }
        may
    }
}

impl<K: Hash + Eq + Clone> Shares<K> {
    /// Whether somebody who asks has taken less than an equal share in this span. Whoever is refused counts too: they are
    /// there.
    fn asks(&mut self, who: &K, rate: NonZeroU32, now: Timestamp) -> bool {
        let passed = now.millis_since(self.began);
        if passed >= SPAN_MS {
            // Who was there before that is gone.
            self.n_before = if passed < 2 * SPAN_MS { self.taken.len() } else { 0 };
            self.taken = HashMap::with_capacity(self.n_before);
            self.began = now;
        }
        let taken = *self.taken.entry(who.clone()).or_insert(0);
        let n = u32::try_from(self.taken.len().max(self.n_before)).unwrap_or(u32::MAX);
        taken < (rate.get() / n).max(1)
    }

    fn took(&mut self, who: &K) {
        if let Some(taken) = self.taken.get_mut(who) {
            *taken += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + millis)
    }

    fn door(rate: u32) -> Door<&'static str> {
        Door::per_second(NonZeroU32::new(rate), at(0))
    }

    #[test]
    fn a_caller_alone_gets_the_whole_rate_after_a_seconds_worth_at_once() {
        let door = door(100);
        let n_let_in = |millis| (0..500).filter(|_| door.enter(&"mia", at(millis)).is_ok()).count();
        assert_eq!((n_let_in(0), n_let_in(0)), (100, 0));
        // Its share of this second is gone; what comes back is kept for others until half a second's worth is there.
        assert_eq!((n_let_in(10), n_let_in(509), n_let_in(510)), (0, 0, 1));
        let later: usize = (1..=1_000).map(|n| n_let_in(510 + n * 10)).sum();
        assert!((900..=1_100).contains(&later), "{later} in ten seconds");
        assert_eq!(n_let_in(60_000), 100, "no more gathers than a second's worth");
    }

    #[test]
    fn whoever_asks_for_less_than_a_share_does_not_notice_the_loud_one() {
        let door = door(100);
        let (mut loud, mut n_refused) = (0, 0);
        for ms in 0..10_000 {
            // Three thousand a second from one, ten a second from each of four.
            loud += (0..3).filter(|_| door.enter(&"loud", at(ms)).is_ok()).count();
            for (n, quiet) in (0..).zip(["ana", "ben", "cem", "dia"]) {
                if (ms + n * 25) % 100 == 0 {
                    n_refused += usize::from(door.enter(&quiet, at(ms)).is_err());
                }
            }
        }
        assert_eq!(n_refused, 0);
        assert!((550..=720).contains(&loud), "the rest is not wasted: {loud} of 600");
    }

    #[test]
    fn many_who_ask_for_too_much_share_the_whole_rate() {
        let door = door(100);
        let names: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
        let mut counts = HashMap::new();
        for ms in 0..10_000 {
            let who = names[usize::try_from(ms * 7 % 20).unwrap()];
            *counts.entry(who).or_insert(0) += i32::from(door.enter(&who, at(ms)).is_ok());
        }
        let total: i32 = counts.values().sum();
        assert!((990..=1_110).contains(&total), "{total}");
        assert!(counts.values().all(|n| (35..=75).contains(n)), "{counts:?}");
    }

    #[test]
    fn nobody_may_fill_the_room_and_whoever_leaves_makes_place() {
        let door = Door::per_second(None, at(0));
        let mut inside: Vec<_> = (0..CROWDED).map(|_| door.enter(&"loud", at(0)).unwrap()).collect();
        let quiet = door.enter(&"quiet", at(0)).unwrap();
        assert!(door.enter(&"loud", at(0)).is_err(), "it has its half");
        assert!(door.enter(&"quiet", at(0)).is_ok());
        inside.truncate(CROWDED - 2);
        assert!(door.enter(&"loud", at(0)).is_ok());
        drop((inside, quiet));
        let state = door.lock();
        assert!(state.n_inside == 0 && state.inside.is_empty(), "nobody is forgotten inside");
    }
}
