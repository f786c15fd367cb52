//! The demo's experts and customers, with logins that share one hash.

use crate::accounts::password::PasswordHash;
use crate::customers::import::ImportedCustomer;
use crate::customers::signup::{self, Registered};
use crate::db::{Error, Tx};
use crate::plans::{self, NewEntitlement, Plan};
use crate::workforce::hire;
use crate::workforce::store::NewExpert;
use shared::chance::Chance;
use shared::ids::Id;
use shared::time::Timestamp;

/// Days for which a customer of the demo has had the plan.
const PLAN_SINCE_DAYS: i64 = 30;
/// Days of a plan.
const PLAN_DAYS: i64 = 365;

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

/// Experts, on duty, each with a login.
pub(super) async fn experts(
    tx: &mut Tx,
    experts: &[NewExpert],
    hash: &PasswordHash,
    made: &Made<'_>,
) -> Result<(), Error> {
    let hired: Vec<_> = experts.iter().map(|expert| (made.id(), expert.clone())).collect();
    let taken = hire::hire(tx, &hired, Some(hash), made.now).await?;
    match taken.first() {
        None => Ok(()),
        Some((at, taken)) => Err(Error::Bug(format!("the demo's expert {}: {taken}", experts[*at].details.name))),
    }
}

/// Customers with their plans; who has an e-mail address signs in with it.
pub(super) async fn customers(
    tx: &mut Tx,
    customers: &[ImportedCustomer],
    plans: &[Plan],
    hash: &PasswordHash,
    made: &Made<'_>,
) -> Result<(), Error> {
    for ImportedCustomer { customer, plan, .. } in customers {
        let ids = Registered { customer: made.id(), site: made.id(), login: made.id() };
        let kept = signup::keep(tx, ids, customer, Some(hash), made.now).await?;
        kept.map_err(|taken| Error::Bug(format!("the demo's customer {}: {taken}", customer.name)))?;
        if let Some(plan) = plan.as_ref().and_then(|slug| plans.iter().find(|plan| plan.slug == *slug)) {
            let new = NewEntitlement {
                id: made.id(),
                customer: ids.customer,
                plan: plan.id,
                from_at: made.now.plus_minutes(-PLAN_SINCE_DAYS * 1_440),
                until_at: made.now.plus_minutes((PLAN_DAYS - PLAN_SINCE_DAYS) * 1_440),
                reason: None,
            };
            plans::store::grant(tx, new, made.now).await?;
        }
    }
    Ok(())
}
