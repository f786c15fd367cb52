//! What matching prefers, as admins set it: versions that are only added to, so that a stored decision's version stays
//! readable for ever. Until somebody sets them, the built-in numbers count. Bounds keep a slip of the hand from turning
//! the preference round: nothing is negative, and no sum overflows.

pub mod api;
pub mod store;

use super::settings::Weights;
use crate::faults::Faults;
use shared::problem::FieldError;

/// Most for what is counted by the minute.
const MINUTE_MAX: i64 = 1_000;
/// Most for what is counted once, in tenths of a minute: more than a week on the road.
const ONCE_MAX: i64 = 10_000_000;
/// Most for a ticket that nobody has.
const UNASSIGNED_MAX: i64 = 1_000_000_000;

/// What is wrong with a set of numbers, every fault at once.
pub fn check(weights: &Weights) -> Result<(), Vec<FieldError>> {
    let Weights { version: _, travel_minute, wait_minute, late_minute, age_minute, .. } = *weights;
    let Weights { visit, surplus_level, foreign_language, same_expert, keep_offer, lapsed, unassigned, .. } = *weights;
    let mut faults = Faults::default();
    let mut bound = |field: &str, value: i64, least: i64, most: i64| {
        if !(least..=most).contains(&value) {
            faults.add(field, "range", format!("this is a whole number from {least} to {most}"));
        }
    };
    // Without a price on the way, an expert from the other end of the country is as good as a neighbour.
    bound("travel_minute", travel_minute, 1, MINUTE_MAX);
    bound("wait_minute", wait_minute, 0, MINUTE_MAX);
    bound("late_minute", late_minute, 0, MINUTE_MAX);
    bound("age_minute", age_minute, 0, MINUTE_MAX);
    bound("visit", visit, 0, ONCE_MAX);
    bound("surplus_level", surplus_level, 0, ONCE_MAX);
    bound("foreign_language", foreign_language, 0, ONCE_MAX);
    bound("same_expert", same_expert, 0, ONCE_MAX);
    bound("keep_offer", keep_offer, 0, ONCE_MAX);
    bound("lapsed", lapsed, 0, ONCE_MAX);
    for price in unassigned {
        bound("unassigned", price, 1, UNASSIGNED_MAX);
    }
    if !unassigned.is_sorted() {
        faults.add("unassigned", "order", "normal, high and urgent: each at least as dear as the one before");
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.into_errors()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_numbers_are_allowed_and_each_slip_is_named() {
        assert_eq!(check(&Weights::default()), Ok(()));
        let slips = Weights { travel_minute: 0, late_minute: -1, unassigned: [3, 2, 1], ..Weights::default() };
        let fields: Vec<_> = check(&slips).unwrap_err().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["travel_minute", "late_minute", "unassigned"]);
    }
}
