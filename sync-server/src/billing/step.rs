//! The next step of a charge. First it is looked how its payment stands at the provider, if one was ever asked for; then one
//! transaction decides, and writes an attempt before it is made; then the provider is asked; then its answer is written.
//! Any of these may be the last thing that a server does: the next one goes on from what is written.

use super::attempt::{AskedBy, Attempt, AttemptState};
use super::charge::{Charge, Due, Failure};
use super::outside::{Gateway, Intent, IntentState, Means, Order, Request, intent};
use super::renewal::{Renewal, RenewalState};
use super::tell::{PLAN_PATH, plan_name};
use super::{settle, store};
use crate::customers;
use crate::db::{Database, Error, Lane, Tx};
use crate::jobs;
use crate::notify::outside::Unsent;
use crate::plans::{self, EntitlementState};
use shared::ids::ChargeId;
use shared::time::Timestamp;
use std::time::Duration;

/// How soon a payment is looked at again on which the provider works, or that its customer confirms.
const LOOK_AGAIN: Duration = Duration::from_mins(2);

/// What the charge's job should do now.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Nothing now; a later job was enqueued where one is needed.
    Done,
    /// Come back.
    Again {
        /// When, if somebody said so.
        after: Option<Duration>,
        /// Why.
        why: String,
    },
    /// Ask for the money.
    Ask(Box<Asking>),
    /// Make sure that the payment is never made, then look again.
    Close(String),
}

/// An attempt that has begun.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    /// The how-manieth.
    pub(super) n: i64,
    /// Asked before in the same words: it may have been taken then.
    pub(super) is_repeat: bool,
    /// The request.
    pub(super) order: Order,
}

/// What was known before the decision: the last attempt, and how its payment stands.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    last: Option<Attempt>,
    found: Option<Intent>,
}

/// How a failure to ask reads as a step.
pub(super) fn again(unsent: Unsent) -> Step {
    match unsent {
        Unsent::Later { after, why } => Step::Again { after, why },
        Unsent::Unknown { why } | Unsent::Never { why } => Step::Again { after: None, why },
    }
}

/// Looks how the payment of a charge stands. Nothing is asked where none was ever asked for.
pub(super) async fn look(db: &Database, gateway: &dyn Gateway, id: ChargeId) -> Result<Result<Looked, Unsent>, Error> {
    let (charge, last, payer) = db
        .read(async move |conn| {
            let charge = store::charge(conn, id).await?;
            let payer = match &charge {
                Some(charge) => store::payer(conn, charge.customer).await?,
                None => None,
            };
            Ok::<_, Error>((charge, store::last_attempt(conn, id).await?, payer))
        })
        .await?;
    let (Some(charge), Some(attempt), Some(payer)) = (charge, last.clone(), payer) else {
        return Ok(Ok(Looked { last, found: None }));
    };
    let request = match charge.intent.or(attempt.intent) {
        Some(known) => Request::Intent(known),
        None => Request::Find { payer: payer.reference, charge: id },
    };
    Ok(intent(gateway, request).await.map(|found| Looked { last, found }))
}

/// What an unended attempt turned out to be.
enum Resolved {
    /// The step is decided.
    Step(Step),
    /// No attempt is under way: the charge as it is now.
    Free(Charge),
}

/// Decides the next step, and writes what it begins.
pub(super) async fn decide(
    tx: &mut Tx,
    means: &Means,
    id: ChargeId,
    looked: &Looked,
    now: Timestamp,
) -> Result<Step, Error> {
    let Some(charge) = store::lock_charge(tx, id).await? else { return Ok(Step::Done) };
    let renewal = store::lock_renewal(tx, charge.entitlement).await?;
    let last = store::last_attempt(tx, id).await?;
    if last.as_ref().map(|last| (last.n, last.state)) != looked.last.as_ref().map(|last| (last.n, last.state)) {
        return Ok(Step::Again { after: None, why: "somebody else took a step meanwhile".to_owned() });
    }
    let charge = match resolve(tx, means, charge, renewal.clone(), looked, now).await? {
        Resolved::Step(step) => return Ok(step),
        Resolved::Free(charge) => charge,
    };
    if charge.state.is_ended() {
        return Ok(Step::Done);
    }
    if is_called_off(tx, &charge, renewal.as_ref()).await? {
        if let Some(intent) = &charge.intent {
            return Ok(Step::Close(intent.clone()));
        }
        settle::called_off(tx, charge, now).await?;
        return Ok(Step::Done);
    }
    match charge.due(now) {
        Due::Nothing => Ok(Step::Done),
        Due::Later(at) => {
            jobs::enqueue(tx, &[settle::job(&charge, at)]).await?;
            Ok(Step::Done)
        }
        // A payment that could still be made would be money for nothing.
        Due::GiveUp | Due::Miss => match &charge.intent {
            Some(intent) => Ok(Step::Close(intent.clone())),
            None => settle::lapsed(tx, means, charge, renewal, now).await.map(|()| Step::Done),
        },
        Due::Try => begin(tx, means, charge, AskedBy::Us, last.map_or(0, |last| last.n), now).await,
    }
}

async fn is_called_off(tx: &mut Tx, charge: &Charge, renewal: Option<&Renewal>) -> Result<bool, Error> {
    let follows = renewal.is_some_and(|one| one.state == RenewalState::On && charge.period == one.period + 1);
    let stands = plans::store::entitlement(tx, charge.entitlement).await?.is_some_and(|one| match one.state {
        EntitlementState::Active | EntitlementState::Grace => true,
        EntitlementState::Lapsed | EntitlementState::Cancelled => false,
    });
    let there = customers::store::customer(tx, charge.customer).await?.is_some_and(|one| one.active);
    Ok(!(follows && stands && there))
}

/// Writes what was found of the last attempt.
async fn resolve(
    tx: &mut Tx,
    means: &Means,
    mut charge: Charge,
    renewal: Option<Renewal>,
    looked: &Looked,
    now: Timestamp,
) -> Result<Resolved, Error> {
    let Some(last) = &looked.last else { return Ok(Resolved::Free(charge)) };
    if let Some(found) = &looked.found
        && charge.intent.is_none()
        && found.state != IntentState::Cancelled
    {
        charge.intent = Some(found.id.clone());
        store::put_charge(tx, &charge).await?;
        store::set_intent(tx, charge.id, last.n, &found.id).await?;
    }
    let end = async |tx: &mut Tx, state, code: Option<&str>| {
        store::end_attempt(tx, last.charge, last.n, state, code, None).await
    };
    let code = match looked.found.as_ref().map(|found| &found.state) {
        Some(IntentState::Succeeded) => {
            end(tx, AttemptState::Succeeded, None).await?;
            charge.card = card_name(tx, &charge, &last.method).await?.or(charge.card);
            settle::paid(tx, means, charge, renewal, now).await?;
            return Ok(Resolved::Step(Step::Done));
        }
        Some(IntentState::Processing) => {
            let why = "the provider works on it".to_owned();
            return Ok(Resolved::Step(Step::Again { after: Some(LOOK_AGAIN), why }));
        }
        Some(IntentState::NeedsAction { .. }) if last.may_be_confirmed(tx.real_now()) => {
            let why = "the customer may be confirming it".to_owned();
            return Ok(Resolved::Step(Step::Again { after: Some(LOOK_AGAIN), why }));
        }
        Some(IntentState::Cancelled) => {
            // It can never be paid: another one may be made.
            charge.intent = None;
            store::put_charge(tx, &charge).await?;
            end(tx, AttemptState::NotMade, None).await?;
            return Ok(Resolved::Free(charge));
        }
        Some(IntentState::Open { code }) => code.clone(),
        Some(IntentState::NeedsAction { .. }) | None => None,
    };
    if charge.state.is_ended() || last.state.is_ended() {
        return Ok(Resolved::Free(charge));
    }
    match last.state {
        // Whether it arrived is open. Asked again in the same words it is done at most once.
        AttemptState::Begun | AttemptState::Unknown if last.key_holds(tx.real_now()) => {
            let order = order(tx, means, &charge, last).await?;
            let Some(order) = order else { return Ok(Resolved::Free(charge)) };
            Ok(Resolved::Step(Step::Ask(Box::new(Asking { n: last.n, is_repeat: true, order }))))
        }
        AttemptState::Begun | AttemptState::Unknown => {
            end(tx, AttemptState::NotMade, None).await?;
            Ok(Resolved::Free(charge))
        }
        AttemptState::NeedsAction | AttemptState::Processing => {
            let code = code.unwrap_or_else(|| "authentication_required".to_owned());
            end(tx, AttemptState::Declined, Some(&code)).await?;
            settle::failed(tx, means, charge, Failure::of_code(&code), last.n, now).await?;
            Ok(Resolved::Step(Step::Done))
        }
        AttemptState::Succeeded | AttemptState::Declined | AttemptState::NotMade => Ok(Resolved::Free(charge)),
    }
}

/// The request of an attempt, in the words in which it was or will be asked.
async fn order(tx: &mut Tx, means: &Means, charge: &Charge, attempt: &Attempt) -> Result<Option<Order>, Error> {
    let Some(payer) = store::payer(tx, charge.customer).await? else { return Ok(None) };
    let returns_to = match attempt.asked_by {
        AskedBy::Us => None,
        AskedBy::Customer => Some(means.page(&format!("{PLAN_PATH}/charges/{}/back", charge.id))),
    };
    Ok(Some(Order {
        key: attempt.key(),
        charge: charge.id,
        payer: payer.reference,
        method: attempt.method.clone(),
        intent: attempt.intent.clone(),
        price: charge.price,
        what: plan_name(tx, charge.plan).await?,
        returns_to,
    }))
}

/// Begins an attempt with the card that there is now.
pub(super) async fn begin(
    tx: &mut Tx,
    means: &Means,
    charge: Charge,
    asked_by: AskedBy,
    n_before: i64,
    now: Timestamp,
) -> Result<Step, Error> {
    let card = store::payer(tx, charge.customer).await?.and_then(|payer| payer.card);
    let Some(card) = card else {
        settle::failed(tx, means, charge, Failure::NoCard, n_before, now).await?;
        return Ok(Step::Done);
    };
    let attempt = Attempt {
        charge: charge.id,
        n: n_before + 1,
        asked_by,
        method: card.method,
        intent: charge.intent.clone(),
        state: AttemptState::Begun,
        code: None,
        url: None,
        begun_at: tx.real_now(),
    };
    store::begin_attempt(tx, &attempt).await?;
    let order = order(tx, means, &charge, &attempt).await?;
    let order = order.ok_or_else(|| Error::Bug("a card without a payer".into()))?;
    Ok(Step::Ask(Box::new(Asking { n: attempt.n, is_repeat: false, order })))
}

/// The card of a payment as its owner knows it, where it is still the one we know.
async fn card_name(tx: &mut Tx, charge: &Charge, method: &str) -> Result<Option<String>, Error> {
    let card = store::payer(tx, charge.customer).await?.and_then(|payer| payer.card);
    Ok(card.filter(|card| card.method == method).map(|card| card.name()))
}

/// Writes what the provider answered to an attempt. Whoever writes first counts; a second telling changes nothing.
pub(super) async fn record(
    tx: &mut Tx,
    means: &Means,
    asking: &Asking,
    answered: &Result<Option<Intent>, Unsent>,
    now: Timestamp,
) -> Result<Step, Error> {
    let id = asking.order.charge;
    let Some(mut charge) = store::lock_charge(tx, id).await? else { return Ok(Step::Done) };
    let renewal = store::lock_renewal(tx, charge.entitlement).await?;
    let last = store::last_attempt(tx, id).await?;
    let is_open = last.as_ref().is_some_and(|last| last.n == asking.n && !last.state.is_ended());
    let asked_by = last.map_or(AskedBy::Us, |last| last.asked_by);
    let end = async |tx: &mut Tx, state, code: Option<&str>, url: Option<&str>| {
        store::end_attempt(tx, id, asking.n, state, code, url).await
    };
    let again = |after, why: &str| Step::Again { after, why: why.to_owned() };
    let found = match answered {
        Ok(Some(found)) => found,
        Ok(None) => {
            end(tx, AttemptState::Unknown, None, None).await?;
            return Ok(again(None, "the provider answered without a payment"));
        }
        // A repeat that was not taken says nothing about what it repeats.
        Err(Unsent::Later { after, why }) => {
            let state = if asking.is_repeat { AttemptState::Unknown } else { AttemptState::NotMade };
            end(tx, state, None, None).await?;
            return Ok(again(*after, why));
        }
        Err(Unsent::Unknown { why }) => {
            end(tx, AttemptState::Unknown, None, None).await?;
            return Ok(again(None, why));
        }
        Err(Unsent::Never { why }) => {
            tracing::error!(charge = %id, why, "the card provider refuses a charge");
            end(tx, AttemptState::NotMade, Some(why), None).await?;
            if is_open {
                settle::failed(tx, means, charge, Failure::Refused, asking.n, now).await?;
            }
            return Ok(Step::Done);
        }
    };
    if charge.intent.is_none() && found.state != IntentState::Cancelled {
        charge.intent = Some(found.id.clone());
        store::put_charge(tx, &charge).await?;
    }
    store::set_intent(tx, id, asking.n, &found.id).await?;
    match &found.state {
        IntentState::Succeeded => {
            end(tx, AttemptState::Succeeded, None, None).await?;
            charge.card = card_name(tx, &charge, &asking.order.method).await?.or(charge.card);
            settle::paid(tx, means, charge, renewal, now).await?;
        }
        IntentState::NeedsAction { url: Some(url) } if asked_by == AskedBy::Customer => {
            end(tx, AttemptState::NeedsAction, None, Some(url)).await?;
            return Ok(again(Some(LOOK_AGAIN), "the customer confirms it at their bank"));
        }
        IntentState::Open { code } => {
            let code = code.as_deref().unwrap_or("card_declined");
            end(tx, AttemptState::Declined, Some(code), None).await?;
            if is_open {
                settle::failed(tx, means, charge, Failure::of_code(code), asking.n, now).await?;
            }
        }
        IntentState::NeedsAction { .. } => {
            end(tx, AttemptState::Declined, Some("authentication_required"), None).await?;
            if is_open {
                settle::failed(tx, means, charge, Failure::Confirm, asking.n, now).await?;
            }
        }
        IntentState::Processing => {
            end(tx, AttemptState::Processing, None, None).await?;
            return Ok(again(Some(LOOK_AGAIN), "the provider works on it"));
        }
        IntentState::Cancelled => {
            charge.intent = None;
            store::put_charge(tx, &charge).await?;
            end(tx, AttemptState::NotMade, None, None).await?;
            return Ok(again(None, "the payment had been called off"));
        }
    }
    Ok(Step::Done)
}

/// Writes that a payment was called off, and with it the charge. If it was made after all, that counts.
pub(super) async fn closed(
    tx: &mut Tx,
    means: &Means,
    id: ChargeId,
    answered: &Intent,
    now: Timestamp,
) -> Result<Step, Error> {
    let Some(mut charge) = store::lock_charge(tx, id).await? else { return Ok(Step::Done) };
    let renewal = store::lock_renewal(tx, charge.entitlement).await?;
    match answered.state {
        IntentState::Succeeded => settle::paid(tx, means, charge, renewal, now).await?,
        IntentState::Cancelled => {
            charge.intent = None;
            store::put_charge(tx, &charge).await?;
            if is_called_off(tx, &charge, renewal.as_ref()).await? {
                settle::called_off(tx, charge, now).await?;
            } else if matches!(charge.due(now), Due::GiveUp | Due::Miss) {
                settle::lapsed(tx, means, charge, renewal, now).await?;
            } else {
                // Something changed meanwhile: it goes on with another payment.
                jobs::enqueue(tx, &[settle::job(&charge, now)]).await?;
            }
        }
        IntentState::Open { .. } | IntentState::NeedsAction { .. } | IntentState::Processing => {
            return Ok(Step::Again { after: None, why: "the payment is not called off yet".to_owned() });
        }
    }
    Ok(Step::Done)
}

/// Decides in a transaction of its own.
pub(super) async fn decide_in(db: &Database, means: &Means, id: ChargeId, looked: Looked) -> Result<Step, Error> {
    let (means, now) = (means.clone(), db.clock().business_now());
    db.write(Lane::Work, async move |tx| decide(tx, &means, id, &looked, now).await).await
}
