//! The demo's experts and customers, with logins that share one hash.

use crate::accounts::password::PasswordHash;
use crate::accounts::store::create_login;
use crate::accounts::{NewLogin, Person, Profile};
use crate::customers;
use crate::customers::import::ImportedCustomer;
use crate::db::{Error, Tx};
use crate::plans::{self, NewEntitlement, Plan};
use crate::workforce::store::{NewExpert, create_many};
use shared::chance::Chance;
use shared::ids::{CustomerId, Id};
use shared::text::{Email, Phone};
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
    create_many(tx, experts, made.now).await?;
    for expert in experts {
        let details = &expert.details;
        let profile =
            Profile { name: details.name.clone(), locale: details.locale.clone(), zone: details.home.zone.clone() };
        let handles = (Some(details.email.clone()), Some(details.phone.clone()));
        login(tx, Person::Expert(expert.id), profile, handles, hash, made).await?;
    }
    Ok(())
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
        let id: CustomerId = made.id();
        customers::store::create(tx, id, made.id(), customer, made.now).await?;
        let profile =
            Profile { name: customer.name.clone(), locale: customer.locale.clone(), zone: customer.zone.clone() };
        let handles = (customer.email.clone(), Some(customer.phone.clone()));
        login(tx, Person::Customer(id), profile, handles, hash, made).await?;
        if let Some(plan) = plan.as_ref().and_then(|slug| plans.iter().find(|plan| plan.slug == *slug)) {
            let new = NewEntitlement {
                id: made.id(),
                customer: id,
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

async fn login(
    tx: &mut Tx,
    person: Person,
    profile: Profile,
    (email, phone): (Option<Email>, Option<Phone>),
    hash: &PasswordHash,
    made: &Made<'_>,
) -> Result<(), Error> {
    let now = tx.real_now();
    let new = NewLogin { id: made.id(), person, profile, email, phone, password: Some(hash.clone()), now };
    create_login(tx, new).await?.map_err(|taken| Error::Bug(format!("the demo's {person:?}: {taken}")))
}
