//! How many jobs of a lane may begin now, where a provider takes only so many a second from us, however many servers we
//! run. What was not used within a second is lost: a storm after a quiet hour is no faster than any other. Pure.

use std::num::NonZeroU32;

const SECOND_US: i64 = 1_000_000;

/// So many jobs of a lane begin in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    per_second: NonZeroU32,
}

impl Pace {
    /// A pace.
    pub fn new(per_second: NonZeroU32) -> Self {
        Self { per_second }
    }

    /// Microseconds from one to the next.
    pub(super) fn interval_us(self) -> i64 {
        (SECOND_US / i64::from(self.per_second.get())).max(1)
    }

    /// How many may begin at this instant, when what began before uses the time up to `spent_until_us`.
    pub(super) fn room(self, spent_until_us: i64, now_us: i64) -> usize {
        let free_us = now_us - spent_until_us.max(now_us - SECOND_US);
        usize::try_from(free_us / self.interval_us()).unwrap_or(0)
    }

    /// Until when the time is used up after so many more began.
    pub(super) fn spend(self, spent_until_us: i64, now_us: i64, n_jobs: usize) -> i64 {
        let n_jobs = i64::try_from(n_jobs).unwrap_or(i64::MAX);
        spent_until_us.max(now_us - SECOND_US).saturating_add(self.interval_us().saturating_mul(n_jobs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pace(per_second: u32) -> Pace {
        Pace::new(NonZeroU32::new(per_second).unwrap())
    }

    #[test]
    fn a_second_gives_its_number_at_once_and_then_one_each_interval() {
        let (ten, now) = (pace(10), 50 * SECOND_US);
        assert_eq!(ten.room(0, now), 10);
        let spent = ten.spend(0, now, 10);
        assert_eq!((ten.room(spent, now), ten.room(spent, now + 99_999), ten.room(spent, now + 100_000)), (0, 0, 1));
        assert_eq!(ten.room(spent, now + 3_600 * SECOND_US), 10, "an hour of rest saves nothing up");
    }

    proptest! {
        #[test]
        fn no_second_begins_more_than_twice_its_number_and_time_alone_gives_room(
            per_second in 1_u32..2_000,
            steps in prop::collection::vec((0_i64..400_000, 0_usize..50), 1..100),
        ) {
            let pace = pace(per_second);
            let (mut now, mut spent) = (0, 0);
            let mut begun: Vec<(i64, usize)> = Vec::new();
            for (wait, wants) in steps {
                now += wait;
                let n_jobs = pace.room(spent, now).min(wants);
                spent = pace.spend(spent, now, n_jobs);
                begun.push((now, n_jobs));
                let lately: usize = begun.iter().filter(|(at, _)| *at > now - SECOND_US).map(|(_, n)| n).sum();
                prop_assert!(lately <= 2 * usize::try_from(per_second).unwrap() + 1, "{lately}");
            }
            prop_assert!(pace.room(spent, now + 2 * SECOND_US) >= 1);
        }
    }
}
