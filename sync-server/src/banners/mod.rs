//! Banners: what a person of ours says to everybody whose address lies in an area, like after a storm, until an instant.
//! Customers see it where they report a problem, on their tickets and at home; by then nobody has to ring and ask.
//!
//! It is a text on a page and nothing else: nobody is messaged, no ticket waits for it. Whether it is over is decided by the
//! instant alone, so one that nobody took back vanishes by itself.

pub mod api;
pub mod pages;
pub mod store;

use serde::Serialize;
use shared::ids::{AreaId, Id};
use shared::problem::Problem;
use shared::text::Line;
use shared::time::Timestamp;
use std::collections::BTreeSet;

/// Banners at one time: more are no longer read.
pub const RUNNING_MAX: i64 = 20;
/// Areas of one banner.
const AREAS_MAX: usize = 50;
/// A banner of a longer time is no news.
const DAYS_MAX: i64 = 14;

/// What a banner's id is of.
pub enum Marker {}
/// Id of a banner.
pub type BannerId = Id<Marker>;
/// What it says.
pub type Words = Line<300>;

/// A banner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Banner {
    /// Which.
    pub id: BannerId,
    /// Where.
    pub areas: BTreeSet<AreaId>,
    /// What it says.
    pub text: Words,
    /// Until when, by the business clock.
    pub until: Timestamp,
    /// Since when.
    pub since: Timestamp,
    /// A person took it back.
    pub ended: Option<Timestamp>,
    /// Grows by one with each change.
    pub ver: i64,
}

impl Banner {
    /// Whether customers see it.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.until
    }
}

/// What is wrong with a banner that somebody wants to set.
fn check(areas: &BTreeSet<AreaId>, until: Timestamp, now: Timestamp) -> Result<(), Problem> {
    let mut faults = crate::faults::Faults::default();
    if areas.is_empty() {
        faults.add("areas", "required", "Choose at least one area.");
    }
    if areas.len() > AREAS_MAX {
        faults.add("areas", "range", format!("Choose at most {AREAS_MAX} areas."));
    }
    if until <= now {
        faults.add("until", "order", "It ends later than now.");
    } else if until > now.plus_minutes(DAYS_MAX * 24 * 60) {
        faults.add("until", "range", format!("It ends within {DAYS_MAX} days; set it again if it lasts longer."));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::fields(faults.into_errors())) }
}
