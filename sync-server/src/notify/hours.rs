//! When customers are not disturbed, and what may not wait for the morning. Pure.

use super::plan::{Matter, due_at};
use shared::time::{Timestamp, Zone};

/// Customers sleep from then on, by their wall clock.
const QUIET_FROM_MINUTE: u16 = 21 * 60;
/// Until then.
const QUIET_UNTIL_MINUTE: u16 = 8 * 60;

/// The end of the quiet hours in which `now` lies; `now` itself outside of them.
pub fn after_quiet_hours(zone: &Zone, now: Timestamp) -> Timestamp {
    let local = zone.local(now);
    if local.minute < QUIET_UNTIL_MINUTE {
        zone.instant(local.date, QUIET_UNTIL_MINUTE)
    } else if local.minute >= QUIET_FROM_MINUTE {
        zone.instant(local.date, 1_440 + QUIET_UNTIL_MINUTE)
    } else {
        now
    }
}

/// How long before a visit its customer must know, at the latest.
const WARNING_MINUTES: i64 = 60;

/// Within so long they hear again.
const NEWS_MINUTES: i64 = 60;

/// By when a customer who was told that their visit moves hears again: by day, or in the night where it is urgent.
pub fn news_at(urgent: bool, zone: &Zone, told_at: Timestamp) -> Timestamp {
    let at = told_at.plus_minutes(NEWS_MINUTES);
    if urgent { at } else { after_quiet_hours(zone, at) }
}

/// Before when a customer's notice may not leave, though it was due: what failed in the evening is not tried again at
/// night.
pub fn not_before(matter: &Matter, urgent: bool, zone: &Zone, now: Timestamp) -> Timestamp {
    match matter {
        // The minutes in which somebody else may be found have passed.
        Matter::LookingAgain { start_at, .. } => by_day(*start_at, urgent, zone, now),
        other => due_at(other, urgent, zone, now),
    }
}

/// At `at`, or in the morning where that is early enough for a visit that begins then.
pub(super) fn by_day(start_at: Timestamp, urgent: bool, zone: &Zone, at: Timestamp) -> Timestamp {
    let morning = after_quiet_hours(zone, at);
    let can_wait = !urgent && start_at.plus_minutes(-WARNING_MINUTES) >= morning;
    if can_wait { morning } else { at }
}
