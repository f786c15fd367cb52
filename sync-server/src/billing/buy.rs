//! A visit to the card provider's page: to buy a plan, or to leave another card; and what its end changes. Also what a
//! customer does about a plan that renews: ends it, takes that back, pays what is open.

use super::attempt::AskedBy;
use super::card::Card;
use super::charge::{Charge, ChargeState, Due, Failure};
use super::outside::{Gateway, Intent, IntentState, Means, Outside, PageFor, PageWanted, Request, SessionState};
use super::outside::{intent, page, payer, session};
use super::period::Period;
use super::renewal::{Renewal, RenewalState};
use super::rules::days_later;
use super::settle;
use super::step::{self, Step};
use super::store::{self, Checkout, CheckoutState};
use super::tell::PLAN_PATH;
use crate::db::{Database, Error, Lane, Tx};
use crate::http::undone::Undone;
use crate::jobs::{self, Kind, NewJob};
use crate::notify::outside::Unsent;
use crate::plans::{self, NewEntitlement, Plan};
use crate::{audit, customers};
use serde_json::json;
use shared::event::Actor;
use shared::ids::{ChargeId, CheckoutId, CustomerId, EntitlementId};
use shared::problem::{Problem, ProblemCode};
use shared::text::Slug;
use shared::time::Timestamp;

/// A page that closes sooner is not worth entering.
const WORTH_MINUTES: i64 = 5;
/// How often an open page is looked at: its end is mostly told before.
pub(super) const LOOK_MINUTES: i64 = 5;

/// Why somebody is not led to the provider's page.
pub fn unavailable(why: &Unsent) -> Problem {
    tracing::warn!(%why, "the card provider could not be asked");
    let words = "The card payment does not answer right now. Nothing was charged. Please try again in a minute.";
    Problem::with(ProblemCode::Unavailable, words)
}

fn off(why: &'static str) -> Problem {
    tracing::error!(why, "somebody wants to pay by card");
    Problem::with(ProblemCode::Unavailable, "Card payments are switched off at the moment. Please ring us.")
}

/// Begins the purchase of a plan; gives back the provider's page. A second click leads to the same page.
pub async fn purchase(
    db: &Database,
    outside: &Outside,
    customer: CustomerId,
    plan: &Slug,
) -> Result<(CheckoutId, String), Undone> {
    let slug = plan.clone();
    let means = outside.means.clone();
    let begun = db.write(Lane::Intake, async move |tx| {
        let plan =
            plans::store::plan_by_slug(tx, &slug).await?.filter(|plan| plan.active && plan.price.minor_units > 0);
        let plan = plan.ok_or_else(|| {
            Undone::from(Problem::field(
                "plan",
                "unknown",
                format!("There is no plan {slug} on sale. Please choose another one."),
            ))
        })?;
        let checkout = begin_purchase(tx, &means, customer, &plan).await?;
        Ok::<_, Undone>((checkout, plan.name.to_string()))
    });
    let (checkout, name) = begun.await?;
    let purpose = match &checkout.buys {
        Some((_, _, price)) => PageFor::Payment { what: name, price: *price },
        None => PageFor::Card,
    };
    enter(db, outside, checkout, purpose).await
}

async fn begin_purchase(tx: &mut Tx, means: &Means, customer: CustomerId, plan: &Plan) -> Result<Checkout, Undone> {
    let there = customers::store::lock(tx, customer).await?.is_some_and(|customer| customer.active);
    if !there {
        return Err(ProblemCode::NotFound.into());
    }
    let renewals = store::renewals_of(tx, customer).await?;
    if let Some(has) = renewals.iter().find(|one| one.plan == plan.id && one.state != RenewalState::Over) {
        let words = format!("You have the plan {} already. You can look after it under My plan.", plan.name);
        let problem = Problem::with(ProblemCode::Conflict, words);
        return Err(problem.and_field("plan", "taken", has.entitlement.to_string()).into());
    }
    let real_now = tx.real_now();
    let open = store::open_for(tx, customer, Some(plan.id), real_now.plus_minutes(WORTH_MINUTES)).await?;
    if let Some(open) = open.filter(|open| open.buys.is_some_and(|(_, _, price)| price == plan.price)) {
        return Ok(open);
    }
    let buys = Some((plan.id, tx.new_id(), plan.price));
    begin(tx, means, customer, buys).await.map_err(Undone::from)
}

async fn begin(
    tx: &mut Tx,
    means: &Means,
    customer: CustomerId,
    buys: Option<(shared::ids::PlanId, EntitlementId, shared::money::Money)>,
) -> Result<Checkout, Error> {
    let created_at = tx.real_now();
    let checkout = Checkout {
        id: tx.new_id(),
        customer,
        buys,
        state: CheckoutState::Asked,
        session: None,
        url: None,
        created_at,
        expires_at: created_at.plus_minutes(i64::from(means.rules.checkout_minutes)),
    };
    store::begin(tx, &checkout).await?;
    Ok(checkout)
}

/// Leads to the provider's page on which a customer leaves another card.
pub async fn another_card(
    db: &Database,
    outside: &Outside,
    customer: CustomerId,
) -> Result<(CheckoutId, String), Undone> {
    let means = outside.means.clone();
    let begun = db.write(Lane::Intake, async move |tx| {
        if customers::store::lock(tx, customer).await?.is_none() {
            return Err(ProblemCode::NotFound.into());
        }
        let real_now = tx.real_now();
        match store::open_for(tx, customer, None, real_now.plus_minutes(WORTH_MINUTES)).await? {
            Some(open) => Ok::<_, Undone>(open),
            None => Ok(begin(tx, &means, customer, None).await?),
        }
    });
    enter(db, outside, begun.await?, PageFor::Card).await
}

/// Opens the page of a visit, if it is not open.
async fn enter(
    db: &Database,
    outside: &Outside,
    checkout: Checkout,
    purpose: PageFor,
) -> Result<(CheckoutId, String), Undone> {
    if let Some(url) = checkout.url {
        return Ok((checkout.id, url));
    }
    let gateway = outside.gateway().map_err(off)?;
    if gateway.wait().is_some() {
        return Err(unavailable(&Unsent::Later { after: None, why: "it does not answer".to_owned() }).into());
    }
    let reference = payer_of(db, gateway, checkout.customer).await?;
    let (id, means) = (checkout.id, &outside.means);
    let left = match &purpose {
        PageFor::Payment { .. } => means.page(&format!("/plans?left={id}")),
        PageFor::Card => means.page(PLAN_PATH),
    };
    let wanted = PageWanted {
        checkout: id,
        payer: reference,
        purpose,
        done: means.page(&format!("{PLAN_PATH}/done/{id}")),
        left,
        expires_at: checkout.expires_at,
    };
    let (session, url) = page(gateway, wanted).await.map_err(|why| unavailable(&why))?;
    let (kept, now) = (url.clone(), db.clock().business_now());
    db.write(Lane::Intake, async move |tx| {
        store::entered(tx, id, &session, &kept).await?;
        // Whether its end is told or not: somebody looks.
        jobs::enqueue(tx, &[NewJob::new(Kind::Checkout, id, now.plus_minutes(LOOK_MINUTES))]).await
    })
    .await?;
    Ok((id, url))
}

/// How the provider knows a customer; it is asked once.
async fn payer_of(db: &Database, gateway: &dyn Gateway, customer: CustomerId) -> Result<String, Undone> {
    let known = db.read(async move |conn| {
        let payer = store::payer(conn, customer).await?;
        Ok::<_, Error>((payer, customers::store::customer(conn, customer).await?))
    });
    let (known, person) = known.await?;
    if let Some(known) = known {
        return Ok(known.reference);
    }
    let person = person.ok_or(ProblemCode::NotFound)?;
    let email = person.email.map(|email| email.to_string());
    let request = Request::Payer { customer, name: person.name.to_string(), email };
    let reference = payer(gateway, request).await.map_err(|why| unavailable(&why))?;
    let now = db.clock().business_now();
    let kept = db.write(Lane::Intake, async move |tx| {
        store::put_payer(tx, customer, &reference, now).await?;
        store::payer(tx, customer).await
    });
    Ok(kept.await?.ok_or_else(|| Error::Bug("a payer was kept and is not there".into()))?.reference)
}

/// How a visit stands, after a look at the provider where it was not known to have ended.
pub async fn look(
    db: &Database,
    gateway: &dyn Gateway,
    means: &Means,
    id: CheckoutId,
) -> Result<Result<Option<Checkout>, Unsent>, Error> {
    let Some(checkout) = db.read(async move |conn| store::checkout(conn, id).await).await? else { return Ok(Ok(None)) };
    if checkout.state == CheckoutState::Done {
        return Ok(Ok(Some(checkout)));
    }
    let stands = match checkout.session.clone() {
        Some(reference) => match session(gateway, reference).await {
            Ok(stands) => stands,
            Err(error) => return Ok(Err(error)),
        },
        // The page was asked for and nobody knows its name: nobody was led there.
        None => SessionState::Expired,
    };
    let (means, now) = (means.clone(), db.clock().business_now());
    let ended = db.write(Lane::Work, async move |tx| {
        let Some(checkout) = store::lock(tx, id).await? else { return Ok(None) };
        match &stands {
            SessionState::Open => {}
            SessionState::Expired if checkout.session.is_none() && tx.real_now() < checkout.expires_at => {}
            SessionState::Expired => {
                store::end(tx, id, CheckoutState::Left).await?;
            }
            SessionState::Complete { intent, card } => {
                complete(tx, &means, &checkout, intent.as_deref(), card.as_ref(), now).await?;
            }
        }
        store::checkout(tx, id).await
    });
    ended.await.map(Ok)
}

/// A page did what it was for.
async fn complete(
    tx: &mut Tx,
    means: &Means,
    checkout: &Checkout,
    intent: Option<&str>,
    card: Option<&Card>,
    now: Timestamp,
) -> Result<(), Error> {
    if !store::end(tx, checkout.id, CheckoutState::Done).await? {
        return Ok(());
    }
    let had = store::payer(tx, checkout.customer).await?.and_then(|payer| payer.card);
    if let Some(card) = card
        && store::put_card(tx, checkout.customer, card, now).await?
    {
        let (customer, card_of) = (checkout.customer, |card: &Card| json!({ "card": card.name() }));
        let subject = format!("customer:{customer}");
        let (before, after) = (had.as_ref().map(card_of), card_of(card));
        audit::record(tx, Actor::Customer(customer), "card.change", &subject, before, Some(after), now).await?;
        let hurried = store::hurry(tx, checkout.customer, now).await?;
        let due: Vec<NewJob> = hurried.iter().map(|id| NewJob::new(Kind::Charge, id, now)).collect();
        jobs::enqueue(tx, &due).await?;
    }
    let Some((plan_id, entitlement, price)) = checkout.buys else { return Ok(()) };
    let plan =
        plans::store::plan(tx, plan_id).await?.ok_or_else(|| Error::Bug("a plan that was bought is gone".into()))?;
    let customer = customers::store::customer(tx, checkout.customer).await?;
    let zone = customer.ok_or_else(|| Error::Bug("a customer who paid is gone".into()))?.zone;
    let anchor_at = days_later(now, plan.waiting_days);
    let period = Period::of(anchor_at, plan.period_months, &zone, 0);
    let new = NewEntitlement {
        id: entitlement,
        customer: checkout.customer,
        plan: plan_id,
        from_at: period.from_at,
        until_at: period.until_at,
        reason: None,
        grace_until_at: Some(means.rules.grace_until(period.until_at)),
    };
    plans::store::grant(tx, new, now).await?;
    let renewal = Renewal {
        entitlement,
        customer: checkout.customer,
        plan: plan_id,
        state: RenewalState::On,
        anchor_at,
        months: plan.period_months,
        zone,
        period: 0,
        until_at: period.until_at,
    };
    store::begin_renewal(tx, &renewal).await?;
    let charge = Charge {
        state: ChargeState::Paid { at: now },
        due_at: now,
        intent: intent.map(str::to_owned),
        card: card.map(Card::name),
        ..Charge::scheduled(tx.new_id(), &renewal, period, price, now)
    };
    if store::begin_charge(tx, &charge).await? {
        settle::tell_paid(tx, means, &charge, now).await?;
        let bought = serde_json::json!({ "plan": plan.slug, "charge": charge.id, "price": price });
        let (by, subject) = (Actor::Customer(checkout.customer), format!("customer:{}", checkout.customer));
        audit::record(tx, by, "plan.buy", &subject, None, Some(bought), now).await?;
    }
    Ok(())
}

async fn own_renewal(tx: &mut Tx, customer: CustomerId, id: EntitlementId) -> Result<Renewal, Undone> {
    let renewal = store::lock_renewal(tx, id).await?.filter(|renewal| renewal.customer == customer);
    renewal.ok_or_else(|| ProblemCode::NotFound.into())
}

/// A customer ends a plan: the paid period is the last. Again it is no news.
pub async fn end(
    tx: &mut Tx,
    customer: CustomerId,
    id: EntitlementId,
    by: Actor,
    now: Timestamp,
) -> Result<Renewal, Undone> {
    let renewal = own_renewal(tx, customer, id).await?;
    match renewal.state {
        RenewalState::Ends => return Ok(renewal),
        RenewalState::Over => {
            return Err(Problem::with(ProblemCode::AlreadySettled, "This plan has ended already.").into());
        }
        RenewalState::On => {}
    }
    let ended = Renewal { state: RenewalState::Ends, ..renewal };
    store::put_renewal(tx, &ended).await?;
    plans::store::set_renews(tx, id, None).await?;
    if let Some(charge) = store::open_of_entitlement(tx, id).await? {
        jobs::enqueue(tx, &[settle::job(&charge, now)]).await?;
    }
    let subject = format!("customer:{customer}");
    let said = |state: RenewalState| json!({ "entitlement": id, "state": state.word(), "until": ended.until_at });
    let (before, after) = (said(renewal.state), said(ended.state));
    audit::record(tx, by, "plan.end", &subject, Some(before), Some(after), now).await?;
    Ok(ended)
}

/// A customer takes that back while the paid period runs.
pub async fn keep(
    tx: &mut Tx,
    means: &Means,
    customer: CustomerId,
    id: EntitlementId,
    by: Actor,
    now: Timestamp,
) -> Result<Renewal, Undone> {
    let renewal = own_renewal(tx, customer, id).await?;
    match renewal.state {
        RenewalState::On => return Ok(renewal),
        RenewalState::Ends if now < renewal.until_at => {}
        RenewalState::Ends | RenewalState::Over => {
            let words = "This plan has ended. You can buy it again at any time.";
            return Err(Problem::with(ProblemCode::AlreadySettled, words).into());
        }
    }
    let kept = Renewal { state: RenewalState::On, ..renewal };
    store::put_renewal(tx, &kept).await?;
    plans::store::set_renews(tx, id, Some(means.rules.grace_until(kept.until_at))).await?;
    // The next period's charge may have been called off by then.
    if let Some(charge) = store::of_period(tx, id, kept.period + 1).await?
        && let ChargeState::Cancelled { .. } = charge.state
    {
        let charge = Charge { state: ChargeState::Scheduled, ..charge };
        store::put_charge(tx, &charge).await?;
        jobs::enqueue(tx, &[settle::job(&charge, charge.due_at)]).await?;
    }
    let said = |state: RenewalState| json!({ "entitlement": id, "state": state.word(), "until": kept.until_at });
    let (before, after) = (said(renewal.state), said(kept.state));
    audit::record(tx, by, "plan.keep", &format!("customer:{customer}"), Some(before), Some(after), now).await?;
    Ok(kept)
}

/// How a payment that a customer asked for ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paying {
    /// It is paid.
    Paid,
    /// The bank wants to be told: there.
    Confirm(String),
    /// The card was declined.
    Failed(Failure),
    /// Nobody knows yet; we look.
    UnderWay,
}

/// Tries an open charge now, with its customer there to confirm it.
pub async fn pay(db: &Database, outside: &Outside, customer: CustomerId, id: ChargeId) -> Result<Paying, Undone> {
    let gateway = outside.gateway().map_err(off)?;
    if gateway.wait().is_some() {
        return Err(unavailable(&Unsent::Later { after: None, why: "it does not answer".to_owned() }).into());
    }
    let owned = db.read(async move |conn| store::charge(conn, id).await).await?;
    owned.filter(|charge| charge.customer == customer).ok_or(ProblemCode::NotFound)?;
    let looked = step::look(db, gateway, id).await?.map_err(|why| unavailable(&why))?;
    let (means, now) = (outside.means.clone(), db.clock().business_now());
    let begun = db.write(Lane::Intake, async move |tx| {
        // What is under way is brought to its end first.
        match step::decide(tx, &means, id, &looked, now).await? {
            Step::Done => {}
            other @ (Step::Again { .. } | Step::Ask(_) | Step::Close(_)) => return Ok::<_, Undone>(Some(other)),
        }
        let charge = store::lock_charge(tx, id).await?.ok_or(ProblemCode::NotFound)?;
        let last = store::last_attempt(tx, id).await?;
        let free = last.as_ref().is_none_or(|last| last.state.is_ended());
        let is_open = matches!(charge.state, ChargeState::Open { .. }) && !matches!(charge.due(now), Due::GiveUp);
        if !is_open || !free {
            return Ok(None);
        }
        let n = last.map_or(0, |last| last.n);
        Ok(Some(step::begin(tx, &means, charge, AskedBy::Customer, n, now).await?))
    });
    if let Some(Step::Ask(asking)) = begun.await? {
        let answered: Result<Option<Intent>, Unsent> = intent(gateway, Request::Charge(asking.order.clone())).await;
        let confirm = match &answered {
            Ok(Some(Intent { state: IntentState::NeedsAction { url: Some(url) }, .. })) => Some(url.clone()),
            Ok(_) | Err(_) => None,
        };
        let means = outside.means.clone();
        db.write(Lane::Intake, async move |tx| {
            let step = step::record(tx, &means, &asking, &answered, now).await?;
            if let Step::Again { .. } = step {
                jobs::enqueue(tx, &[NewJob::new(Kind::Charge, id, now)]).await?;
            }
            Ok::<_, Error>(())
        })
        .await?;
        if let Some(url) = confirm {
            return Ok(Paying::Confirm(url));
        }
    }
    let after = db
        .read(async move |conn| Ok::<_, Error>((store::charge(conn, id).await?, store::last_attempt(conn, id).await?)));
    let (charge, last) = after.await?;
    Ok(match charge.map(|charge| charge.state) {
        Some(ChargeState::Paid { .. }) => Paying::Paid,
        Some(ChargeState::Open { failure, .. }) if last.as_ref().is_none_or(|last| last.state.is_ended()) => {
            Paying::Failed(failure)
        }
        Some(ChargeState::Open { .. }) => match last.and_then(|last| last.url.filter(|_| !last.state.is_ended())) {
            Some(url) => Paying::Confirm(url),
            None => Paying::UnderWay,
        },
        Some(ChargeState::Scheduled) => Paying::UnderWay,
        Some(ChargeState::GivenUp { .. } | ChargeState::Missed { .. } | ChargeState::Cancelled { .. }) | None => {
            let words = "There is nothing to pay any more. You can buy a plan again at any time.";
            return Err(Problem::with(ProblemCode::AlreadySettled, words).into());
        }
    })
}
