//! The numbers of billing. Pure.

use shared::time::Timestamp;

pub use crate::config::BillingRules as Rules;

pub(super) fn days_later(at: Timestamp, days: u32) -> Timestamp {
    at.plus_minutes(i64::from(days) * 1_440)
}

pub(super) fn days_before(at: Timestamp, days: u32) -> Timestamp {
    at.plus_minutes(-i64::from(days) * 1_440)
}

impl Rules {
    /// Until when a plan covers on whose period ends then.
    pub fn grace_until(&self, until_at: Timestamp) -> Timestamp {
        days_later(until_at, self.grace_days)
    }

    /// When a charge is tried next after a failure now, and when it is given up.
    pub fn after_failure(&self, first_at: Timestamp, now: Timestamp, gives_up_at: Timestamp) -> Timestamp {
        let tries = self.retry_days.iter().map(|days| days_later(first_at, *days));
        tries.filter(|at| *at > now && *at < gives_up_at).min().unwrap_or(gives_up_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_tried_on_the_named_days_and_then_given_up() {
        let rules = Rules::default();
        let day = |days: u32| days_later(Timestamp::from_millis(1_000_000_000_000), days);
        let next = |now: u32| rules.after_failure(day(0), day(now), day(14));
        assert_eq!([next(0), next(1), next(2), next(3), next(7)], [day(1), day(3), day(3), day(5), day(8)]);
        assert_eq!(next(8), day(14), "no try is left: the end of the grace");
    }
}
