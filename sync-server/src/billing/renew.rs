//! Looks for what the calendar asks for: the next period's charge and the notices before it, cards that expire, renewals
//! that end. Takes no input and may run at any time and anywhere: what is there already is left as it is.

use super::charge::Charge;
use super::outside::Means;
use super::renewal::{Renewal, RenewalState};
use super::rules::{days_before, days_later};
use super::settle;
use super::store;
use super::tell::{self, PLAN_PATH};
use crate::db::{Conn, Database, Error, Lane, Tx};
use crate::jobs::{self, Kind, NewJob};
use crate::notify::money::{MoneyNews, MoneyNote};
use crate::plans::{self, EntitlementState};
use shared::ids::{ChargeId, CustomerId, EntitlementId};
use shared::time::{Timestamp, Zone};

/// Rows of one transaction; what is left waits for the next round.
const ROWS_MAX: i64 = 50;
/// Rounds of one sweep.
const ROUNDS_MAX: usize = 200;
/// The provider repeats a telling for three days.
const EVENT_DAYS: u32 = 60;
/// Days for which it is kept how requests to the provider ended.
const CALL_DAYS: u32 = 7;
/// A plan of shorter periods is told of only once before each.
const MONTHS_OF_TWO_NOTICES: u32 = 3;

/// One sweep. Mostly nothing is due, and one read finds that out: a write for each thing to look for, every few seconds,
/// would hold up those who have something to write.
pub(super) async fn sweep(db: &Database, means: &Means) -> Result<(), Error> {
    let (of_read, now, real_now) = (means.clone(), db.clock().business_now(), db.clock().real_now());
    if !db.read(async move |conn| is_anything_due(conn, &of_read, now, real_now).await).await? {
        return Ok(());
    }
    // First, so that nothing is scheduled for what was cancelled.
    each(db, means, Look::End).await?;
    each(db, means, Look::Schedule).await?;
    for days in means.rules.notice_days {
        each(db, means, Look::Tell(days)).await?;
    }
    each(db, means, Look::Cards).await?;
    wake(db).await
}

/// Whether there is anything to do for [`each`] look or for [`wake`].
async fn is_anything_due(conn: &mut Conn, means: &Means, now: Timestamp, real_now: Timestamp) -> Result<bool, Error> {
    let first = days_later(now, means.rules.notice_days[0]);
    let (year, month) = month_of(first);
    for days in means.rules.notice_days {
        if !store::scheduled_to_tell(conn, now, days_later(now, days), days, 1).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(!store::renewals_to_end(conn, now, 1).await?.is_empty()
        || !store::to_schedule(conn, first, 1).await?.is_empty()
        || !store::expiring(conn, year, month, 1).await?.is_empty()
        || !store::overdue(conn, now, 1).await?.is_empty()
        || !store::overdue_checkouts(conn, real_now, 1).await?.is_empty()
        || !store::open_refunds(conn, 1).await?.is_empty()
        || store::is_anything_old(conn, days_before(real_now, EVENT_DAYS), days_before(real_now, CALL_DAYS)).await?)
}

/// What one round looks for.
#[derive(Clone, Copy)]
enum Look {
    Schedule,
    Tell(u32),
    Cards,
    End,
}

async fn each(db: &Database, means: &Means, look: Look) -> Result<(), Error> {
    for _ in 0..ROUNDS_MAX {
        let (now, means) = (db.clock().business_now(), means.clone());
        let found = db.write(Lane::Bulk, async move |tx| match look {
            Look::Schedule => {
                let before = days_later(now, means.rules.notice_days[0]);
                let found = store::to_schedule(tx, before, ROWS_MAX).await?;
                for id in &found {
                    schedule(tx, &means, *id, now).await?;
                }
                Ok::<_, Error>(found.len())
            }
            Look::Tell(days) => {
                let found = store::scheduled_to_tell(tx, now, days_later(now, days), days, ROWS_MAX).await?;
                for id in &found {
                    remind(tx, &means, *id, days, now).await?;
                }
                Ok(found.len())
            }
            Look::Cards => {
                let (year, month) = month_of(days_later(now, means.rules.notice_days[0]));
                let found = store::expiring(tx, year, month, ROWS_MAX).await?;
                for customer in &found {
                    expiring(tx, &means, *customer, now).await?;
                }
                Ok(found.len())
            }
            Look::End => {
                let found = store::renewals_to_end(tx, now, ROWS_MAX).await?;
                for id in &found {
                    end(tx, *id, now).await?;
                }
                Ok(found.len())
            }
        });
        if found.await? < usize::try_from(ROWS_MAX).unwrap_or(usize::MAX) {
            break;
        }
    }
    Ok(())
}

/// The month by the calendar in which a card must still be good.
fn month_of(at: Timestamp) -> (i64, i64) {
    let date = Zone::utc().local(at).date;
    (i64::from(date.year()), i64::from(date.month()))
}

/// Decides the next period's charge: from now on its price stands.
async fn schedule(tx: &mut Tx, means: &Means, id: EntitlementId, now: Timestamp) -> Result<(), Error> {
    let Some(renewal) = store::lock_renewal(tx, id).await?.filter(|one| one.state == RenewalState::On) else {
        return Ok(());
    };
    let cancelled = plans::store::entitlement(tx, id).await?.is_none_or(|one| one.state == EntitlementState::Cancelled);
    let Some(plan) = plans::store::plan(tx, renewal.plan).await?.filter(|_| !cancelled) else {
        return Ok(());
    };
    let charge = Charge::scheduled(tx.new_id(), &renewal, renewal.next(), plan.price, now);
    if !store::begin_charge(tx, &charge).await? {
        return Ok(());
    }
    jobs::enqueue(tx, &[settle::job(&charge, charge.due_at)]).await?;
    let [first, last] = means.rules.notice_days;
    let is_far = charge.due_at > days_later(now, last) && renewal.months >= MONTHS_OF_TWO_NOTICES;
    if is_far { tell_soon(tx, means, charge, &renewal, first, now).await } else { Ok(()) }
}

/// Tells of a charge so many days ahead.
async fn remind(tx: &mut Tx, means: &Means, id: ChargeId, days: u32, now: Timestamp) -> Result<(), Error> {
    let Some(charge) = store::lock_charge(tx, id).await? else { return Ok(()) };
    let renewal = store::renewal(tx, charge.entitlement).await?;
    let Some(renewal) = renewal.filter(|one| one.state == RenewalState::On) else {
        // It is called off by its job; nothing is told of it.
        return store::put_charge(tx, &Charge { told_days: Some(days), ..charge }).await;
    };
    if days == means.rules.notice_days[0] && renewal.months < MONTHS_OF_TWO_NOTICES {
        return store::put_charge(tx, &Charge { told_days: Some(days), ..charge }).await;
    }
    tell_soon(tx, means, charge, &renewal, days, now).await
}

async fn tell_soon(
    tx: &mut Tx,
    means: &Means,
    charge: Charge,
    renewal: &Renewal,
    days: u32,
    now: Timestamp,
) -> Result<(), Error> {
    let charge = Charge { told_days: Some(days), ..charge };
    store::put_charge(tx, &charge).await?;
    // After the last notice before it, the first one is too late to tell.
    if days == means.rules.notice_days[0] && days_before(charge.due_at, means.rules.notice_days[1]) <= now {
        return Ok(());
    }
    let card = store::payer(tx, charge.customer).await?.and_then(|payer| payer.card);
    let mut facts = tell::of_charge(tx, means, &charge, charge.due_at, PLAN_PATH).await?;
    facts.note = Some(match &card {
        None => MoneyNote::NoCard,
        Some(card) if card.has_expired_by(charge.due_at, &renewal.zone) => MoneyNote::CardExpires,
        Some(_) => MoneyNote::CardFine,
    });
    facts.card = card.map(|card| card.name()).unwrap_or_default();
    let news = MoneyNews::Soon { charge: charge.id, days, due_at: charge.due_at };
    tell::tell(tx, charge.customer, news, &facts, now).await
}

/// Tells that a card expires, once for each card.
async fn expiring(tx: &mut Tx, means: &Means, customer: CustomerId, now: Timestamp) -> Result<(), Error> {
    let Some(payer) = store::lock_payer(tx, customer).await?.filter(|payer| !payer.is_told) else { return Ok(()) };
    let Some(card) = payer.card else { return Ok(()) };
    store::told_expiry(tx, customer, &card.method).await?;
    let on = store::renewals_of(tx, customer).await?.into_iter().filter(|one| one.state == RenewalState::On);
    let Some(next) = on.min_by_key(|one| one.until_at) else { return Ok(()) };
    let facts = crate::notify::money::MoneyFacts {
        plan: tell::plan_name(tx, next.plan).await?,
        at: next.until_at,
        card: card.name(),
        link: means.page(PLAN_PATH),
        page: means.page(PLAN_PATH),
        ..Default::default()
    };
    let news = MoneyNews::CardExpires { year: card.exp_year, month: card.exp_month };
    tell::tell(tx, customer, news, &facts, now).await
}

/// Nothing follows any more; a charge that was decided is called off by its job.
async fn end(tx: &mut Tx, id: EntitlementId, now: Timestamp) -> Result<(), Error> {
    let Some(renewal) = store::lock_renewal(tx, id).await? else { return Ok(()) };
    store::put_renewal(tx, &Renewal { state: RenewalState::Over, ..renewal }).await?;
    if let Some(charge) = store::open_of_entitlement(tx, id).await? {
        jobs::enqueue(tx, &[settle::job(&charge, now)]).await?;
    }
    Ok(())
}

/// Enqueues what should be under way: a job that died is asked for again. A live one stays as it is.
async fn wake(db: &Database) -> Result<(), Error> {
    let now = db.clock().business_now();
    db.write(Lane::Bulk, async move |tx| {
        let real_now = tx.real_now();
        let charges = store::overdue(tx, now, ROWS_MAX).await?;
        let checkouts = store::overdue_checkouts(tx, real_now, ROWS_MAX).await?;
        let refunds = store::open_refunds(tx, ROWS_MAX).await?;
        let mut due: Vec<NewJob> = charges.iter().map(|id| NewJob::new(Kind::Charge, id, now)).collect();
        due.extend(checkouts.iter().map(|id| NewJob::new(Kind::Checkout, id, now)));
        due.extend(refunds.iter().map(|id| NewJob::new(Kind::Refund, id, now)));
        store::forget_events(tx, days_before(real_now, EVENT_DAYS), ROWS_MAX).await?;
        store::forget_calls(tx, days_before(real_now, CALL_DAYS), ROWS_MAX).await?;
        jobs::enqueue(tx, &due).await
    })
    .await
}
