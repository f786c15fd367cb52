//! Periods by the calendar. Pure.

use shared::time::{Timestamp, Zone};

/// The span of one paid period: from its first instant until just before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The how-manieth, from 0.
    pub n: u32,
    /// Its first instant.
    pub from_at: Timestamp,
    /// The first instant after it.
    pub until_at: Timestamp,
}

impl Period {
    /// The nth period of so many months since `anchor_at`. Counted from the anchor and not from the period before: what
    /// began on 31 January or 29 February does not drift to the 28th.
    pub fn of(anchor_at: Timestamp, months: u32, zone: &Zone, n: u32) -> Self {
        let at = |n: u32| if n == 0 { anchor_at } else { zone.months_later(anchor_at, months.saturating_mul(n)) };
        Self { n, from_at: at(n), until_at: at(n.saturating_add(1)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    #[test]
    fn a_leap_day_comes_back_in_leap_years_and_a_month_end_stays_one() {
        let new_york = zone("America/New_York");
        let until =
            |anchor: &str, months, n| Period::of(anchor.parse().unwrap(), months, &new_york, n).until_at.to_string();
        let leap = "2028-02-29T17:00:00Z";
        assert_eq!(until(leap, 12, 0), "2029-02-28T17:00:00Z");
        assert_eq!(until(leap, 12, 3), "2032-02-29T17:00:00Z");
        assert_eq!(until("2027-01-31T17:00:00Z", 1, 0), "2027-02-28T17:00:00Z");
        assert_eq!(until("2027-01-31T17:00:00Z", 1, 1), "2027-03-31T16:00:00Z", "and the wall clock keeps its hour");
    }

    proptest! {
        #[test]
        fn periods_follow_each_other_without_a_gap_and_keep_their_day(
            minutes in 28_000_000_i64..40_000_000, months in 1_u32..=60, n in 0_u32..12,
            name in prop::sample::select(vec!["America/New_York", "Europe/Berlin", "Pacific/Apia", "UTC", "Australia/Lord_Howe"]),
        ) {
            let (anchor, zone) = (Timestamp::EPOCH.plus_minutes(minutes), zone(name));
            let (this, next) = (Period::of(anchor, months, &zone, n), Period::of(anchor, months, &zone, n + 1));
            prop_assert_eq!(this.until_at, next.from_at);
            prop_assert!(this.from_at < this.until_at);
            let (bought, ends) = (zone.local(anchor).date.day(), zone.local(this.until_at).date);
            prop_assert!(ends.day() == bought || (ends.day() < bought && ends.day() == ends.days_in_month()));
        }
    }
}
