//! The background work of billing: what the calendar asks for, a charge's next step, how a page ended, money given back.

use super::outside::{self, Gateway, Outside, Refunded, Request, intent, refund};
use super::refund::{Refund, RefundState};
use super::step::{self, Step};
use super::store::CheckoutState;
use super::tell::{self, receipt_path};
use super::{buy, renew, store};
use crate::db::{Error, Lane};
use crate::jobs::{self, Context, Handler, Job, Kind, NewJob, Outcome, Registry, finish};
use crate::notify::money::MoneyNews;
use crate::notify::outside::Unsent;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::ids::{ChargeId, CheckoutId, CustomerId, RefundId};
use std::time::Duration;

const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// The provider forgets the name of a request after a day.
const KEY_HOURS: i64 = 23;
/// How soon a refund is looked at again on which the provider works.
const LOOK_AGAIN: Duration = Duration::from_mins(30);

/// Who does it.
#[must_use]
pub fn register(registry: Registry, outside: Outside) -> Registry {
    let means = outside.means.clone();
    let worker = || Worker { outside: outside.clone() };
    registry
        .sweep("billing", SWEEP_EVERY, move |_: Job, context: Context| {
            let means = means.clone();
            async move { renew::sweep(&context.db, &means).await.into() }
        })
        .on(Kind::Charge, worker())
        .on(Kind::Checkout, worker())
        .on(Kind::Refund, worker())
        .on(Kind::ForgetPayer, worker())
}

struct Worker {
    outside: Outside,
}

impl Handler for Worker {
    fn run(&self, job: Job, context: Context) -> BoxFuture<'_, Outcome> {
        async move {
            let gateway = match self.outside.gateway() {
                Ok(gateway) => gateway,
                Err(why) => return Outcome::retry(why),
            };
            if let Some(pause) = gateway.wait() {
                let why = "the card provider does not answer".to_owned();
                return Outcome::Retry { after: Some(pause), why };
            }
            let ended = match job.kind {
                Kind::Checkout => self.checkout(gateway, &job, &context).await,
                Kind::Refund => self.refund(gateway, &job, &context).await,
                Kind::ForgetPayer => forget(gateway, &job, &context).await,
                kind => {
                    debug_assert!(kind == Kind::Charge, "registered for these four");
                    self.charge(gateway, &job, &context).await
                }
            };
            ended.unwrap_or_else(Outcome::retry)
        }
        .boxed()
    }
}

fn unsent(unsent: Unsent) -> Outcome {
    outcome(step::again(unsent))
}

fn outcome(step: Step) -> Outcome {
    match step {
        Step::Done => Outcome::Done,
        Step::Again { after, why } => Outcome::Retry { after, why },
        Step::Ask(_) | Step::Close(_) => Outcome::retry("a step was left undone"),
    }
}

impl Worker {
    async fn charge(&self, gateway: &dyn Gateway, job: &Job, context: &Context) -> Result<Outcome, Error> {
        let Ok(id) = job.subject.parse::<ChargeId>() else {
            return Ok(Outcome::give_up("its subject is no charge"));
        };
        let looked = match step::look(&context.db, gateway, id).await? {
            Ok(looked) => looked,
            Err(error) => return Ok(unsent(error)),
        };
        let means = self.outside.means.clone();
        let step = match step::decide_in(&context.db, &means, id, looked).await? {
            Step::Ask(asking) => {
                let answered = intent(gateway, Request::Charge(asking.order.clone())).await;
                let now = context.now();
                let record =
                    async move |tx: &mut crate::db::Tx| step::record(tx, &means, &asking, &answered, now).await;
                context.db.write(Lane::Work, record).await?
            }
            Step::Close(reference) => match intent(gateway, Request::Cancel(reference.clone())).await {
                Ok(Some(answered)) => {
                    let now = context.now();
                    let record = async move |tx: &mut crate::db::Tx| step::closed(tx, &means, id, &answered, now).await;
                    context.db.write(Lane::Work, record).await?
                }
                Ok(None) => Step::Again { after: None, why: "there is no such payment".to_owned() },
                // It refuses to call off what is paid, and what is called off: either is seen by a look.
                Err(Unsent::Never { why }) => match intent(gateway, Request::Intent(reference)).await {
                    Ok(Some(answered)) => {
                        let now = context.now();
                        let record =
                            async move |tx: &mut crate::db::Tx| step::closed(tx, &means, id, &answered, now).await;
                        context.db.write(Lane::Work, record).await?
                    }
                    Ok(None) => Step::Again { after: None, why },
                    Err(error) => step::again(error),
                },
                Err(error) => step::again(error),
            },
            step @ (Step::Done | Step::Again { .. }) => step,
        };
        Ok(outcome(step))
    }

    async fn checkout(&self, gateway: &dyn Gateway, job: &Job, context: &Context) -> Result<Outcome, Error> {
        let Ok(id) = job.subject.parse::<CheckoutId>() else {
            return Ok(Outcome::give_up("its subject is no visit"));
        };
        let checkout = match buy::look(&context.db, gateway, &self.outside.means, id).await? {
            Ok(checkout) => checkout,
            Err(error) => return Ok(unsent(error)),
        };
        let is_open = checkout.is_some_and(|one| matches!(one.state, CheckoutState::Asked | CheckoutState::Open));
        let (again_at, job) = (context.now().plus_minutes(buy::LOOK_MINUTES), job.clone());
        let ended = context.db.write(Lane::Work, async move |tx| {
            if is_open {
                jobs::enqueue(tx, &[NewJob::new(Kind::Checkout, id, again_at)]).await?;
            }
            finish(tx, &job.lease).await
        });
        ended.await.map(|()| Outcome::Done)
    }

    async fn refund(&self, gateway: &dyn Gateway, job: &Job, context: &Context) -> Result<Outcome, Error> {
        let Ok(id) = job.subject.parse::<RefundId>() else {
            return Ok(Outcome::give_up("its subject is no refund"));
        };
        let begun = context.db.write(Lane::Work, async move |tx| {
            let Some(refund) = store::refund(tx, id).await? else { return Ok(None) };
            let charge = store::charge(tx, refund.charge).await?;
            let begun_before = refund.begun_at.is_some();
            let begun_at = store::touch_refund(tx, id).await?;
            let forgotten = tx.real_now().minutes_since(begun_at) >= KEY_HOURS * 60;
            Ok::<_, Error>(Some((refund, charge, begun_before && forgotten)))
        });
        let Some((refund_row, Some(charge), look_first)) = begun.await? else { return Ok(Outcome::Done) };
        let Some(reference) = charge.intent.clone() else { return Ok(Outcome::give_up("it has no payment")) };
        if matches!(refund_row.state, RefundState::Failed { .. }) {
            return Ok(Outcome::Done);
        }
        let find = Request::FindRefund { intent: reference.clone(), refund: id };
        let ask = Request::Refund { refund: id, intent: reference, amount: refund_row.amount };
        // What was asked under a name that the provider has forgotten is looked for, and so is what was done before:
        // a bank may send money back to us.
        let found =
            if look_first || refund_row.state != RefundState::Asked { refund(gateway, find).await } else { Ok(None) };
        let answered = match found {
            Ok(Some(found)) => Ok(Some(found)),
            Ok(None) if refund_row.state == RefundState::Asked => refund(gateway, ask).await,
            Ok(None) => return Ok(Outcome::Done),
            Err(error) => Err(error),
        };
        let (state, reference) = match answered {
            Ok(Some(Refunded::Done { reference })) => (RefundState::Done { at: context.now() }, Some(reference)),
            Ok(Some(Refunded::Failed { why })) | Err(Unsent::Never { why }) => {
                (RefundState::Failed { at: context.now(), why }, None)
            }
            Ok(Some(Refunded::Pending { .. })) => {
                let why = "the provider works on it".to_owned();
                return Ok(Outcome::Retry { after: Some(LOOK_AGAIN), why });
            }
            Ok(None) => return Ok(Outcome::retry("the provider answered without a refund")),
            Err(error) => return Ok(unsent(error)),
        };
        let (means, now, job) = (self.outside.means.clone(), context.now(), job.clone());
        let ended = context.db.write(Lane::Work, async move |tx| {
            let refund = Refund { state: state.clone(), ..refund_row.clone() };
            let is_news = store::end_refund(tx, &refund, reference.as_deref()).await?;
            if is_news && matches!(refund.state, RefundState::Done { .. }) {
                let mut facts = tell::of_charge(tx, &means, &charge, now, &receipt_path(&charge)).await?;
                facts.price = refund.amount.to_string();
                tell::tell(tx, charge.customer, MoneyNews::Refunded { refund: id }, &facts, now).await?;
            }
            finish(tx, &job.lease).await
        });
        ended.await.map(|()| Outcome::Done)
    }
}

/// Has a customer who left forgotten at the provider, once nothing is left to ask there in their name.
async fn forget(gateway: &dyn Gateway, job: &Job, context: &Context) -> Result<Outcome, Error> {
    let Ok(customer) = job.subject.parse::<CustomerId>() else {
        return Ok(Outcome::give_up("its subject is no customer"));
    };
    let read = context.db.read(async move |conn| {
        Ok::<_, Error>((store::payer(conn, customer).await?, store::is_under_way(conn, customer).await?))
    });
    let (Some(payer), is_under_way) = read.await? else { return Ok(Outcome::Done) };
    if is_under_way {
        let why = "a payment of theirs has not ended".to_owned();
        return Ok(Outcome::Retry { after: Some(LOOK_AGAIN), why });
    }
    Ok(outside::forget(gateway, payer.reference).await.map_or_else(unsent, |()| Outcome::Done))
}
