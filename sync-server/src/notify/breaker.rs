//! Whether a provider is worth asking. After a few faults in a row nobody asks for a while; then one attempt finds out.
//! A provider that is down so costs its channel a few slow attempts and not one for each message. Pure.

use super::outside::Unsent;
use shared::time::Timestamp;
use std::time::Duration;

/// Faults in a row after which a provider counts as down.
const FAULTS_MAX: u32 = 5;
/// The first pause; it doubles with each attempt that finds it still down.
const FIRST_PAUSE_MS: i64 = 5_000;
/// The longest pause, and the longest that a provider may ask for.
const PAUSE_MAX_MS: i64 = 300_000;
/// While one attempt finds out, the others wait this long.
const PROBE_MS: i64 = 15_000;

/// How a provider did lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Breaker {
    n_faults: u32,
    until: Option<Timestamp>,
}

impl Breaker {
    /// Asks to send: how long to wait, if at all. Whoever need not wait after a pause is the one who finds out.
    pub(crate) fn wait(&mut self, now: Timestamp) -> Option<Duration> {
        let until = self.until?;
        if now < until {
            return Some(Duration::from_millis(u64::try_from(until.millis_since(now)).unwrap_or_default()));
        }
        self.until = Some(now.plus_millis(PROBE_MS));
        None
    }

    /// Hears how an attempt ended.
    pub(crate) fn heard<T>(&mut self, ended: Result<&T, &Unsent>, now: Timestamp) {
        match ended {
            // It answers, if only to say that this one will never do.
            Ok(_) | Err(Unsent::Never { .. }) => *self = Self::default(),
            Err(Unsent::Later { after: Some(after), .. }) => {
                let asked = i64::try_from(after.as_millis()).unwrap_or(i64::MAX).min(PAUSE_MAX_MS);
                self.until = Some(now.plus_millis(asked));
            }
            Err(Unsent::Later { after: None, .. } | Unsent::Unknown { .. }) => {
                self.n_faults = self.n_faults.saturating_add(1);
                if let Some(n_pauses) = self.n_faults.checked_sub(FAULTS_MAX) {
                    let pause = FIRST_PAUSE_MS << n_pauses.min(10);
                    self.until = Some(now.plus_millis(pause.min(PAUSE_MAX_MS)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn fault() -> Unsent {
        Unsent::Unknown { why: "timeout".into() }
    }

    fn down_at(now: Timestamp) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAULTS_MAX {
            assert_eq!(breaker.wait(now), None);
            breaker.heard::<()>(Err(&fault()), now);
        }
        breaker
    }

    #[test]
    fn a_few_faults_in_a_row_make_a_pause_and_one_attempt_ends_it() {
        let mut breaker = down_at(at(0));
        assert_eq!(breaker.wait(at(1)), Some(Duration::from_millis(4_999)));
        assert_eq!(breaker.wait(at(5_000)), None, "one finds out");
        assert_eq!(breaker.wait(at(5_001)), Some(Duration::from_millis(14_999)), "the others wait");
        breaker.heard(Ok(&()), at(5_100));
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn pauses_double_to_five_minutes() {
        let mut breaker = down_at(at(0));
        let mut pauses = Vec::new();
        let mut now = at(0);
        for _ in 0..8 {
            let pause = breaker.wait(now).expect("it is down");
            pauses.push(pause.as_secs());
            now = now.plus_millis(i64::try_from(pause.as_millis()).unwrap());
            assert_eq!(breaker.wait(now), None);
            breaker.heard::<()>(Err(&fault()), now);
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300]);
    }

    #[test]
    fn a_provider_that_names_an_instant_is_left_alone_until_then_and_a_refusal_is_an_answer() {
        let mut breaker = Breaker::default();
        let later = Unsent::Later { after: Some(Duration::from_secs(9)), why: "429".into() };
        breaker.heard::<()>(Err(&later), at(0));
        assert_eq!(breaker.wait(at(0)), Some(Duration::from_secs(9)));
        let mut breaker = down_at(at(0));
        breaker.heard::<()>(Err(&Unsent::Never { why: "no number".into() }), at(6_000));
        assert_eq!(breaker, Breaker::default());
    }
}
