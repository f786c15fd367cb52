//! The demo's experts and customers, with logins that share one hash.

use crate::accounts::password::PasswordHash;
use crate::customers::import::ImportedCustomer;
use crate::customers::signup::{self, Registered};
use crate::customers::store;
use crate::db::{Error, Tx};
use crate::plans::{self, NewEntitlement, Plan};
use crate::workforce::store::NewExpert;
use crate::workforce::{self, Absence, hire};
use shared::chance::{Chance, Seeded};
use shared::ids::{EntitlementId, ExpertId, Id};
use shared::time::Timestamp;

/// Days for which a customer of the demo has had the plan, at least, and how many more at most.
const PLAN_SINCE_DAYS: i64 = 40;
const PLAN_SINCE_MORE: usize = 290;
/// Days of a plan.
const PLAN_DAYS: i64 = 365;

/// Numbers of the seeds of customers; the steps of the world have those before.
const CUSTOMERS_FROM: u64 = 10_000;
/// Which experts are away: the place in the file, from when (days from now), for how many days, and why.
const AWAY: [(usize, i64, i64, &str); 9] = [
    (7, -2, 9, "Parental leave"),
    (13, -8, 3, "Ill, he reports"),
    (18, 4, 5, "Holiday"),
    (26, -1, 4, "Holiday"),
    (33, 9, 12, "Holiday"),
    (38, 1, 1, "Training for smart locks"),
    (45, -12, 7, "Holiday"),
    (52, -1, 3, "Ill, he reports"),
    (57, 2, 2, "Moving house"),
];

/// With which chance and at which business instant the world is made.
pub(super) struct Made<'a> {
    pub(super) chance: &'a dyn Chance,
    pub(super) now: Timestamp,
}

impl Made<'_> {
    fn id<Of>(&self) -> Id<Of> {
        Id::new(Timestamp::EPOCH, self.chance)
    }
}

/// Some experts, on duty, each with a login; the first of them is at this place in the file.
pub(super) async fn experts(
    tx: &mut Tx,
    first: usize,
    experts: &[NewExpert],
    hash: &PasswordHash,
    made: &Made<'_>,
) -> Result<(), Error> {
    let hired: Vec<_> = experts.iter().map(|expert| (made.id(), expert.clone())).collect();
    let taken = hire::hire(tx, &hired, Some(hash), made.now).await?;
    match taken.first() {
        None => {
            let ids: Vec<ExpertId> = experts.iter().map(|expert| expert.id).collect();
            absences(tx, first, &ids, made).await
        }
        Some((at, taken)) => Err(Error::Bug(format!("the demo's expert {}: {taken}", experts[*at].details.name))),
    }
}

/// The ids of a customer: made from the seed and the place in the file, so that whoever tells of them knows them.
pub(super) struct Ids {
    pub(super) registered: Registered,
    pub(super) entitlement: EntitlementId,
}

/// Those of the customer at this place.
pub(super) fn ids(seed: u64, at: usize) -> Ids {
    let at = u64::try_from(at).unwrap_or_default();
    let chance = Seeded::new(seed.wrapping_mul(1_000_003).wrapping_add(CUSTOMERS_FROM + at));
    let registered = Registered {
        customer: Id::new(Timestamp::EPOCH, &chance),
        site: Id::new(Timestamp::EPOCH, &chance),
        login: Id::new(Timestamp::EPOCH, &chance),
    };
    Ids { registered, entitlement: Id::new(Timestamp::EPOCH, &chance) }
}

/// Some customers with their plans, the first of them at this place in the file; who has an e-mail address signs in with
/// it. Plans began on different days, so that they do not all end on one.
pub(super) async fn customers(
    tx: &mut Tx,
    (seed, first): (u64, usize),
    customers: &[ImportedCustomer],
    plans: &[Plan],
    hash: &PasswordHash,
    now: Timestamp,
) -> Result<(), Error> {
    for (at, ImportedCustomer { customer, plan, .. }) in (first..).zip(customers) {
        let Ids { registered, entitlement } = ids(seed, at);
        let kept = signup::keep(tx, registered, customer, Some(hash), now).await?;
        kept.map_err(|taken| Error::Bug(format!("the demo's customer {}: {taken}", customer.name)))?;
        if let Some(email) = &customer.email {
            store::confirm_email(tx, registered.customer, email, now).await?;
        }
        if let Some(plan) = plan.as_ref().and_then(|slug| plans.iter().find(|plan| plan.slug == *slug)) {
            let since = PLAN_SINCE_DAYS + i64::try_from(at * 7 % PLAN_SINCE_MORE).unwrap_or_default();
            let new = NewEntitlement {
                id: entitlement,
                customer: registered.customer,
                plan: plan.id,
                from_at: now.plus_minutes(-since * 1_440),
                until_at: now.plus_minutes((PLAN_DAYS - since) * 1_440),
                reason: None,
            };
            plans::store::grant(tx, new, now).await?;
        }
    }
    Ok(())
}

/// Some experts are away: one is on leave now, others will be, one was ill last week.
async fn absences(tx: &mut Tx, first: usize, experts: &[ExpertId], made: &Made<'_>) -> Result<(), Error> {
    for (at, expert) in (first..).zip(experts) {
        let Some((_, from, days, reason)) = AWAY.iter().find(|(place, ..)| *place == at) else { continue };
        let from = made.now.plus_minutes(from * 1_440);
        let until = from.plus_minutes(days * 1_440);
        let absence = Absence { id: made.id(), from, until, reason: reason.parse().ok() };
        workforce::store::add_absence(tx, *expert, &absence, made.now).await?;
    }
    Ok(())
}
