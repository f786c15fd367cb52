//! What is sold, and what each customer bought: plans and entitlements.
//!
//! Valid means active or in grace at the instant a ticket is filed; what happens to the entitlement later never touches
//! that ticket. An entitlement keeps what the plan said when it began, so that a plan can change. Money that comes in is
//! not decided here.

pub mod api;
pub mod import;
pub mod jobs;
pub mod store;

use serde::Serialize;
use shared::ids::{CustomerId, EntitlementId, PlanId};
use shared::money::Money;
use shared::text::{Name, Reason, Slug};
use shared::time::Timestamp;

/// What is sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Which.
    pub id: PlanId,
    /// Its word; never changes.
    pub slug: Slug,
    /// What people call it.
    pub name: Name,
    /// For one period.
    pub price: Money,
    /// How long a period is.
    pub period_months: u32,
    /// The categories it covers; none means all.
    pub categories: Vec<Slug>,
    /// How many sites it covers.
    pub sites: u32,
    /// Within how many hours somebody comes.
    pub promise_hours: u32,
    /// Days after the purchase before it covers anything.
    pub waiting_days: u32,
    /// Still sold.
    pub active: bool,
    /// Grows by one with each change.
    pub ver: i64,
}

/// How an entitlement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntitlementState {
    /// Paid or granted.
    Active,
    /// Ended, and still covering while the next charge is tried.
    Grace,
    /// Ended.
    Lapsed,
    /// Ended by somebody.
    Cancelled,
}

impl EntitlementState {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Grace => "grace",
            Self::Lapsed => "lapsed",
            Self::Cancelled => "cancelled",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Active, Self::Grace, Self::Lapsed, Self::Cancelled].into_iter().find(|state| state.word() == word)
    }
}

/// What one customer bought or was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entitlement {
    /// Which.
    pub id: EntitlementId,
    /// Whose.
    pub customer: CustomerId,
    /// Of which plan.
    pub plan: PlanId,
    /// How it stands.
    pub state: EntitlementState,
    /// From this instant on it covers.
    pub from_at: Timestamp,
    /// From this instant on it no longer does, unless in grace.
    pub until_at: Timestamp,
    /// Until then it covers on while the next period is not paid; from the purchase on where one follows.
    pub grace_until_at: Option<Timestamp>,
    /// Another paid period follows.
    pub renews: bool,
    /// How many sites it covers.
    pub sites: u32,
    /// The categories it covers; none means all.
    pub categories: Vec<Slug>,
    /// Within how many hours somebody comes.
    pub promise_hours: u32,
    /// Why it was granted, where a person did.
    pub reason: Option<Reason>,
}

impl Entitlement {
    /// Whether it covers a category at an instant. One that renews covers through its grace by the instants alone: nobody
    /// waits because a charge is late, or because we were.
    pub fn covers(&self, category: &Slug, at: Timestamp) -> bool {
        let until = match self.state {
            EntitlementState::Active => {
                Some(self.grace_until_at.filter(|_| self.renews).unwrap_or(self.until_at).max(self.until_at))
            }
            EntitlementState::Grace => self.grace_until_at,
            EntitlementState::Lapsed | EntitlementState::Cancelled => None,
        };
        let in_time = self.from_at <= at && until.is_some_and(|until| at < until);
        in_time && (self.categories.is_empty() || self.categories.contains(category))
    }
}

/// Why no plan covers a ticket, as far as its customer can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncovered {
    /// Nothing that is valid covers the category.
    NoPlan,
    /// A plan does, for fewer sites than the customer has: for the first ones.
    Sites {
        /// For how many.
        covered: u32,
    },
    /// What was bought covers only from then on.
    Waits {
        /// From when on.
        until: Timestamp,
    },
}

/// Why none of these covers a category at a site, the how-manieth from 0, at an instant; nothing if one does. What the
/// customer only has to wait for is said before what costs money.
pub fn uncovered(all: &[Entitlement], category: &Slug, site: u32, at: Timestamp) -> Option<Uncovered> {
    let of_category: Vec<&Entitlement> = all.iter().filter(|one| one.covers(category, one.from_at.max(at))).collect();
    let now = || of_category.iter().filter(|one| one.from_at <= at);
    if now().any(|one| site < one.sites) {
        return None;
    }
    let later = of_category.iter().filter(|one| at < one.from_at && site < one.sites).map(|one| one.from_at).min();
    let fewer = now().map(|one| one.sites).max();
    Some(match (later, fewer) {
        (Some(until), _) => Uncovered::Waits { until },
        (None, Some(covered)) => Uncovered::Sites { covered },
        (None, None) => Uncovered::NoPlan,
    })
}

/// An entitlement to begin: what the plan says is taken from the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntitlement {
    /// Which.
    pub id: EntitlementId,
    /// Whose.
    pub customer: CustomerId,
    /// Of which plan.
    pub plan: PlanId,
    /// From when on.
    pub from_at: Timestamp,
    /// Until when.
    pub until_at: Timestamp,
    /// Why, where a person grants it.
    pub reason: Option<Reason>,
    /// Where another paid period follows: how long it covers on while that is not paid.
    pub grace_until_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::chance::Seeded;
    use shared::ids::Id;

    #[test]
    fn why_a_ticket_is_not_covered_is_said_with_what_the_customer_can_wait_for_first() {
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        let chance = Seeded::new(1);
        let bought = |from_at, sites| Entitlement {
            id: Id::new(at(1), &chance),
            customer: Id::new(at(1), &chance),
            plan: Id::new(at(1), &chance),
            state: EntitlementState::Active,
            from_at,
            until_at: at(100),
            grace_until_at: None,
            renews: false,
            sites,
            categories: vec!["tv".parse().unwrap()],
            promise_hours: 24,
            reason: None,
        };
        let tv: Slug = "tv".parse().unwrap();
        let why = |all: &[Entitlement], site| uncovered(all, &tv, site, at(10));
        assert_eq!(why(&[bought(at(10), 1)], 0), None);
        assert_eq!(why(&[bought(at(10), 2)], 2), Some(Uncovered::Sites { covered: 2 }));
        assert_eq!(why(&[bought(at(10), 1), bought(at(50), 3)], 2), Some(Uncovered::Waits { until: at(50) }));
        assert_eq!(why(&[bought(at(50), 1), bought(at(40), 1)], 0), Some(Uncovered::Waits { until: at(40) }));
        assert_eq!(why(&[bought(at(50), 1)], 1), Some(Uncovered::NoPlan));
        let over = Entitlement { until_at: at(10), ..bought(at(1), 9) };
        assert_eq!(why(&[over], 0), Some(Uncovered::NoPlan));
        assert_eq!(uncovered(&[bought(at(1), 9)], &"oven".parse().unwrap(), 0, at(10)), Some(Uncovered::NoPlan));
    }

    #[test]
    fn an_entitlement_covers_from_its_first_instant_until_just_before_its_end() {
        let at = |minutes: i64| Timestamp::from_millis(minutes * 60_000);
        let chance = Seeded::new(1);
        let mut entitlement = Entitlement {
            id: Id::new(at(1), &chance),
            customer: Id::new(at(1), &chance),
            plan: Id::new(at(1), &chance),
            state: EntitlementState::Active,
            from_at: at(10),
            until_at: at(20),
            grace_until_at: None,
            renews: false,
            sites: 1,
            categories: vec!["tv".parse().unwrap()],
            promise_hours: 24,
            reason: None,
        };
        let tv = "tv".parse().unwrap();
        let covers = |entitlement: &Entitlement| [9, 10, 19, 20, 24, 25].map(|at_| entitlement.covers(&tv, at(at_)));
        assert_eq!(covers(&entitlement), [false, true, true, false, false, false]);
        assert!(!entitlement.covers(&"oven".parse().unwrap(), at(15)));
        entitlement.state = EntitlementState::Grace;
        assert_eq!(covers(&entitlement), [false; 6], "a grace without an end is none");
        entitlement.grace_until_at = Some(at(25));
        assert_eq!(covers(&entitlement), [false, true, true, true, true, false]);
        (entitlement.state, entitlement.renews) = (EntitlementState::Active, true);
        assert_eq!(covers(&entitlement), [false, true, true, true, true, false], "it covers while it is charged");
        entitlement.renews = false;
        entitlement.state = EntitlementState::Cancelled;
        assert_eq!(covers(&entitlement), [false; 6]);
        (entitlement.state, entitlement.categories) = (EntitlementState::Active, vec![]);
        assert!(entitlement.covers(&"oven".parse().unwrap(), at(15)), "no category named means all");
    }
}
