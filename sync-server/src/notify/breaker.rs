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
    /// Somebody finds out whether it is back.
    is_probed: bool,
}

impl Breaker {
    /// Asks to send: how long to wait, if at all. Whoever need not wait after a pause is the one who finds out.
    pub(crate) fn wait(&mut self, now: Timestamp) -> Option<Duration> {
        let until = self.until?;
        if now < until {
            return Some(Duration::from_millis(u64::try_from(until.millis_since(now)).unwrap_or_default()));
        }
        (self.until, self.is_probed) = (Some(now.plus_millis(PROBE_MS)), true);
        None
    }

    /// Hears how an attempt ended. The fault of one that began before the pause says nothing new: where sixteen hang at
    /// once, that is one outage and not sixteen.
    pub(crate) fn heard<T>(&mut self, ended: Result<&T, &Unsent>, now: Timestamp) {
        match ended {
            // It answers, if only to say that this one will never do.
            Ok(_) | Err(Unsent::Never { .. }) => *self = Self::default(),
            Err(Unsent::Later { after: Some(after), .. }) => {
                let asked = i64::try_from(after.as_millis()).unwrap_or(i64::MAX).min(PAUSE_MAX_MS);
                (self.until, self.is_probed) = (Some(now.plus_millis(asked)), false);
            }
            Err(Unsent::Later { after: None, .. } | Unsent::Unknown { .. })
                if self.until.is_none() || self.is_probed =>
            {
                self.n_faults = self.n_faults.saturating_add(1);
                let n_pauses = self.n_faults.checked_sub(FAULTS_MAX);
                let pause = n_pauses.map(|n_pauses| (FIRST_PAUSE_MS << n_pauses.min(10)).min(PAUSE_MAX_MS));
                (self.until, self.is_probed) = (pause.map(|pause| now.plus_millis(pause)), false);
            }
            Err(Unsent::Later { after: None, .. } | Unsent::Unknown { .. }) => {}
        }
    }

    /// Hears that the provider has what an earlier attempt sent. Who found that out sends nothing, so the turn is the
    /// next one's; whether it takes new messages is as open as it was.
    pub(crate) fn found(&mut self, now: Timestamp) {
        if self.is_probed {
            (self.until, self.is_probed) = (Some(now), false);
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
    fn many_attempts_that_hang_at_once_are_one_outage_and_make_no_longer_pause() {
        let mut breaker = down_at(at(0));
        for _ in 0..11 {
            breaker.heard::<()>(Err(&fault()), at(100));
        }
        assert_eq!(breaker.wait(at(100)), Some(Duration::from_millis(4_900)));
        breaker.heard::<()>(Err(&fault()), at(5_001));
        assert_eq!(breaker.wait(at(5_001)), None, "a late one does not end the turn of who finds out");
        breaker.heard::<()>(Err(&fault()), at(5_002));
        assert_eq!(breaker.wait(at(5_002)), Some(Duration::from_secs(10)));
        breaker.heard(Ok(&()), at(5_003));
        assert_eq!(breaker, Breaker::default(), "one that is answered shows that it is back");
    }

    #[test]
    fn who_finds_an_earlier_message_there_leaves_the_turn_to_the_next_and_ends_no_outage() {
        let mut breaker = down_at(at(0));
        breaker.found(at(1));
        assert_eq!(breaker.wait(at(1)), Some(Duration::from_millis(4_999)), "a late look ends no pause");
        assert_eq!(breaker.wait(at(5_000)), None);
        breaker.found(at(5_001));
        assert_eq!(breaker.wait(at(5_001)), None, "the next one finds out");
        breaker.heard::<()>(Err(&fault()), at(5_002));
        assert_eq!(breaker.wait(at(5_002)), Some(Duration::from_secs(10)), "it is the same outage");
    }

    #[test]
    fn after_a_named_instant_one_fault_alone_makes_nobody_wait() {
        let mut breaker = Breaker::default();
        breaker.heard::<()>(Err(&Unsent::Later { after: Some(Duration::from_secs(1)), why: "429".into() }), at(0));
        assert_eq!(breaker.wait(at(1_000)), None);
        breaker.heard::<()>(Err(&fault()), at(1_100));
        assert_eq!(breaker.wait(at(1_100)), None);
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
