//! Tells a customer about their money, in the transaction of what happened.

use super::charge::{Charge, Failure};
use super::outside::Means;
use crate::db::{Error, Tx};
use crate::notify::money::{MoneyFacts, MoneyNews, MoneyNote, words};
use crate::notify::plan::{Audience, Matter, due_at};
use crate::notify::{NewNotice, Recipient, facts, store as notices};
use crate::plans;
use shared::ids::{CustomerId, PlanId};
use shared::time::Timestamp;

/// The page of a customer's plan.
pub(super) const PLAN_PATH: &str = "/plan";

/// What is on sale.
pub(super) const PLANS_PATH: &str = "/plans";

/// The page of one charge, which is its receipt.
pub(super) fn receipt_path(charge: &Charge) -> String {
    format!("{PLAN_PATH}/charges/{}", charge.id)
}

/// Keeps the notice and the job that sends it; the same news again is told once.
pub(super) async fn tell(
    tx: &mut Tx,
    customer: CustomerId,
    news: MoneyNews,
    facts: &MoneyFacts,
    now: Timestamp,
) -> Result<(), Error> {
    let Some(contact) = facts::customer(tx, customer).await? else { return Ok(()) };
    let way = contact.way();
    let words = words(&news, facts, &contact, way.0);
    let matter = Matter::Money { news };
    let due_at = due_at(&matter, false, &contact.zone, now);
    let to = Recipient { audience: Audience::Customer, person: customer.to_string(), language: contact.language };
    notices::tell(tx, &[NewNotice { matter, ticket: None, seq: None, to, way, words, due_at }], now).await?;
    Ok(())
}

/// A plan's name as its customer knows it.
pub(super) async fn plan_name(tx: &mut Tx, plan: PlanId) -> Result<String, Error> {
    Ok(plans::store::plan(tx, plan).await?.map(|plan| plan.name.to_string()).unwrap_or_default())
}

/// The facts of news about a charge.
pub(super) async fn of_charge(
    tx: &mut Tx,
    means: &Means,
    charge: &Charge,
    at: Timestamp,
    path: &str,
) -> Result<MoneyFacts, Error> {
    let (plan, price) = (plan_name(tx, charge.plan).await?, charge.price.to_string());
    let card = charge.card.clone().unwrap_or_default();
    let page = means.page(if path == PLANS_PATH { PLANS_PATH } else { PLAN_PATH });
    Ok(MoneyFacts { plan, price, at, note: None, card, link: means.page(path), page })
}

/// The sentence about a failure.
pub(super) fn note(failure: Failure) -> MoneyNote {
    match failure {
        Failure::NoCard => MoneyNote::NoCard,
        Failure::Declined => MoneyNote::Declined,
        Failure::Funds => MoneyNote::Funds,
        Failure::Confirm => MoneyNote::Confirm,
        Failure::Expired => MoneyNote::Expired,
        Failure::Blocked => MoneyNote::Blocked,
        Failure::Refused => MoneyNote::Ours,
    }
}
