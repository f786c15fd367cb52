//! What becomes of an entitlement when its charge is paid, fails or is given up: one transaction each, whoever brought the
//! news, and however often.

use super::charge::{Charge, ChargeState, Failure};
use super::outside::Means;
use super::renewal::{Renewal, RenewalState};
use super::store;
use super::tell::{self, PLAN_PATH, PLANS_PATH, receipt_path};
use crate::db::{Error, Tx};
use crate::jobs::{self, Kind, NewJob};
use crate::notify::money::MoneyNews;
use crate::plans;
use shared::time::Timestamp;

/// The job that takes a charge's next step.
pub(super) fn job(charge: &Charge, at: Timestamp) -> NewJob {
    NewJob::new(Kind::Charge, charge.id, at)
}

/// A charge was paid: the entitlement covers its period. The caller holds the charge. What was paid before is left as it is.
pub(super) async fn paid(
    tx: &mut Tx,
    means: &Means,
    charge: Charge,
    renewal: Option<Renewal>,
    now: Timestamp,
) -> Result<(), Error> {
    if matches!(charge.state, ChargeState::Paid { .. }) {
        return Ok(());
    }
    let charge = charge.paid(now);
    store::put_charge(tx, &charge).await?;
    if let Some(renewal) = renewal.filter(|renewal| renewal.period < charge.period) {
        // What had ended for want of money goes on for what was paid, and no longer without being asked for.
        let state = match renewal.state {
            RenewalState::On => RenewalState::On,
            RenewalState::Ends | RenewalState::Over => RenewalState::Ends,
        };
        let grace = (state == RenewalState::On).then(|| means.rules.grace_until(charge.until_at));
        let renewal = Renewal { state, period: charge.period, until_at: charge.until_at, ..renewal };
        store::put_renewal(tx, &renewal).await?;
        if !plans::store::extend(tx, charge.entitlement, charge.until_at, grace, now).await? {
            tracing::error!(charge = %charge.id, "a charge was paid for an entitlement that was cancelled: refund it");
        }
    }
    tell_paid(tx, means, &charge, now).await
}

/// The receipt.
pub(super) async fn tell_paid(tx: &mut Tx, means: &Means, charge: &Charge, now: Timestamp) -> Result<(), Error> {
    let facts = tell::of_charge(tx, means, charge, charge.until_at, &receipt_path(charge)).await?;
    tell::tell(tx, charge.customer, MoneyNews::Paid { charge: charge.id }, &facts, now).await
}

/// An attempt failed: when the next one is, how long the plan covers on, and what its customer hears.
pub(super) async fn failed(
    tx: &mut Tx,
    means: &Means,
    charge: Charge,
    failure: Failure,
    n: i64,
    now: Timestamp,
) -> Result<(), Error> {
    if charge.state.is_ended() {
        return Ok(());
    }
    let charge = charge.failed(failure, &means.rules, now);
    store::put_charge(tx, &charge).await?;
    let ChargeState::Open { next_at, gives_up_at, .. } = charge.state else { return Ok(()) };
    plans::store::set_renews(tx, charge.entitlement, Some(gives_up_at)).await?;
    jobs::enqueue(tx, &[job(&charge, next_at)]).await?;
    let mut facts = tell::of_charge(tx, means, &charge, gives_up_at, PLAN_PATH).await?;
    facts.note = Some(tell::note(failure));
    tell::tell(tx, charge.customer, MoneyNews::Unpaid { charge: charge.id, n }, &facts, now).await
}

/// A charge ends without being paid, and with it the plan.
pub(super) async fn lapsed(
    tx: &mut Tx,
    means: &Means,
    charge: Charge,
    renewal: Option<Renewal>,
    now: Timestamp,
) -> Result<(), Error> {
    let state = match charge.state {
        ChargeState::Open { failure, .. } => ChargeState::GivenUp { at: now, failure },
        ChargeState::Scheduled => ChargeState::Missed { at: now },
        ChargeState::Paid { .. }
        | ChargeState::GivenUp { .. }
        | ChargeState::Missed { .. }
        | ChargeState::Cancelled { .. } => return Ok(()),
    };
    let charge = Charge { state, ..charge };
    store::put_charge(tx, &charge).await?;
    if let Some(renewal) = renewal {
        store::put_renewal(tx, &Renewal { state: RenewalState::Over, ..renewal }).await?;
    }
    if plans::store::end_unpaid(tx, charge.entitlement).await? {
        let facts = tell::of_charge(tx, means, &charge, now, PLANS_PATH).await?;
        tell::tell(tx, charge.customer, MoneyNews::Lapsed { charge: charge.id }, &facts, now).await?;
    }
    Ok(())
}

/// A charge that nobody wants any more.
pub(super) async fn called_off(tx: &mut Tx, charge: Charge, now: Timestamp) -> Result<(), Error> {
    if charge.state.is_ended() {
        return Ok(());
    }
    store::put_charge(tx, &Charge { state: ChargeState::Cancelled { at: now }, ..charge }).await
}
