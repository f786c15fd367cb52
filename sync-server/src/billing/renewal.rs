//! What follows a bought period. Pure.

use super::period::Period;
use serde::Serialize;
use shared::ids::{CustomerId, EntitlementId, PlanId};
use shared::time::{Timestamp, Zone};

/// Whether another period follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RenewalState {
    /// It is charged when the paid one ends.
    On,
    /// Its customer ended it: the paid period is the last.
    Ends,
    /// Nothing follows any more.
    Over,
}

impl RenewalState {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Ends => "ends",
            Self::Over => "over",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::On, Self::Ends, Self::Over].into_iter().find(|state| state.word() == word)
    }
}

/// The renewal of one entitlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Renewal {
    /// Of which entitlement.
    pub entitlement: EntitlementId,
    /// Whose.
    pub customer: CustomerId,
    /// Of which plan.
    pub plan: PlanId,
    /// Whether another period follows.
    pub state: RenewalState,
    /// When the first period began.
    pub anchor_at: Timestamp,
    /// Months of a period.
    pub months: u32,
    /// By whose calendar.
    pub zone: Zone,
    /// The period that is paid, from 0.
    pub period: u32,
    /// When that ends.
    pub until_at: Timestamp,
}

impl Renewal {
    /// The period that is paid.
    pub fn paid(&self) -> Period {
        Period::of(self.anchor_at, self.months, &self.zone, self.period)
    }

    /// The one after it.
    pub fn next(&self) -> Period {
        Period::of(self.anchor_at, self.months, &self.zone, self.period.saturating_add(1))
    }
}
