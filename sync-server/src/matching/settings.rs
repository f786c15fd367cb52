//! The numbers of matching. What is a hard rule's bound is in [`Settings`]; what is a preference is in [`Weights`],
//! whose version every decision carries.

use super::need::Priority;
use serde::{Deserialize, Serialize};

/// Bounds of the hard rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Speed along the straight line.
    pub speed_km_per_hour: u32,
    /// Age past which a position no longer tells where somebody is.
    pub position_minutes_max: u32,
    /// Time left free after each visit, before the next way or the end of the shift.
    pub buffer_minutes: u32,
    /// How far ahead a visit may be planned.
    pub horizon_minutes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { speed_km_per_hour: 40, position_minutes_max: 60, buffer_minutes: 10, horizon_minutes: 3 * 1_440 }
    }
}

/// What is preferred, in tenths of a minute of travel. A change of any number is a new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// Which set of numbers this is.
    pub version: i64,
    /// For each minute on the way.
    pub travel_minute: i64,
    /// For each minute until the visit starts, the way included.
    pub wait_minute: i64,
    /// For each minute past the due time.
    pub late_minute: i64,
    /// For each visit the expert already has.
    pub visit: i64,
    /// For each level above the needed one: keeps the best free for what only they can do.
    pub surplus_level: i64,
    /// When the expert does not speak the customer's language.
    pub foreign_language: i64,
    /// Taken off for the expert who was there before.
    pub same_expert: i64,
    /// Taken off for the expert who has the open offer: another must be better by more than this.
    pub keep_offer: i64,
    /// When the expert let an offer of this ticket run out: above the worst other cost, so that everybody else goes first.
    #[serde(default)]
    pub lapsed: i64,
    /// What a ticket with normal, high and urgent priority costs while nobody has it.
    pub unassigned: [i64; 3],
    /// Added to that for each minute since the ticket was filed, up to a week: of two, the older is served.
    pub age_minute: i64,
}

/// Past this the age of a ticket adds nothing.
const AGE_MINUTES_MAX: i64 = 7 * 1_440;

impl Default for Weights {
    fn default() -> Self {
        Self {
            version: 3,
            travel_minute: 10,
            wait_minute: 1,
            late_minute: 20,
            visit: 150,
            surplus_level: 30,
            foreign_language: 200,
            // Who was there comes first: another must be two hours and a half less late, or five hours nearer.
            same_expert: 3_000,
            keep_offer: 100,
            lapsed: 300_000,
            // Above the worst arc within the horizon (about 100,000), so that nobody stays unserved to save travel.
            unassigned: [1_000_000, 2_000_000, 4_000_000],
            age_minute: 10,
        }
    }
}

impl Weights {
    /// What leaving a ticket unassigned costs.
    pub fn unassigned_price(&self, priority: Priority, age_minutes: i64) -> i64 {
        let [normal, high, urgent] = self.unassigned;
        let base = match priority {
            Priority::Normal => normal,
            Priority::High => high,
            Priority::Urgent => urgent,
        };
        base + self.age_minute * age_minutes.clamp(0, AGE_MINUTES_MAX)
    }
}
