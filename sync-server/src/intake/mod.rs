//! How a ticket comes in: what was typed is read into types with every fault named at once, looked up against customer,
//! site, plan and the table of needs, and filed in one transaction with its answer.
//!
//! The same key gives the same ticket, number and answer, whatever is clicked twice or sent again. Needs neither
//! matcher nor notifier to be awake: a receipt is given after the commit and not before. More than the server was set to
//! take from customers is refused before anything is read.

pub mod api;
mod author;
mod change;
mod corrected;
pub(crate) mod danger;
pub mod pages;
pub mod photos;
pub(crate) mod times;
mod typed;

#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod site_tests;
#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;

pub use typed::{Typed, TypedProduct, Wanted, read};

use crate::customers;
use crate::db::{Error, Lane};
use crate::http::Site;
use crate::http::door::Full;
use crate::http::idempotency::{self, Claim, IdempotencyKey, StoredAnswer};
use crate::links::Links;
use crate::tickets::{self, Earlier, Filing, Product};
use crate::{plans, workforce};
use shared::event::Actor;
use shared::ids::{CustomerId, TicketId};
use shared::problem::{FieldError, Problem, ProblemCode};
use shared::text::Slug;
use shared::time::Timestamp;

/// Numbers that are tried before a number that is taken counts as our fault.
const NUMBERS_MAX: u32 = 16;
/// By when a ticket without a plan is looked at, in minutes.
const NO_PLAN_MINUTES: i64 = 48 * 60;

/// What somebody hears who came with too many others.
const FULL: &str = "More reports are coming in than we can take this second. Yours is not here yet: wait a few seconds, then \
                    send it again. It counts once, however often it is sent.";

/// Who files.
#[derive(Clone, Debug)]
pub struct Filer {
    /// As histories name them.
    pub actor: Actor,
    /// Whose idempotency keys these are.
    pub scope: String,
    /// May say how urgent it is.
    pub is_staff: bool,
}

/// What came of filing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filed {
    /// Now or with this key before: the answer, and the ticket in it.
    Answer(StoredAnswer, TicketId),
    /// The key was used for something else.
    Mismatch,
}

/// Files a ticket for a customer. `body_hash` tells a repeat from another request under the same key.
///
/// Of customers so many a second are taken as was set, each a fair share; staff always.
pub async fn file(
    site: &Site,
    filer: &Filer,
    customer: CustomerId,
    key: &IdempotencyKey,
    body_hash: String,
    wanted: Wanted,
) -> Result<Filed, Refusal> {
    // Whoever calls the centre has waited in a line already.
    let (lane, _inside) = if filer.is_staff {
        (Lane::Desk, None)
    } else {
        let inside = site.filings.enter(&customer, site.real_now()).map_err(|Full| Refusal::Full)?;
        (Lane::Intake, Some(inside))
    };
    let now = site.now();
    let filing = look_up(site, filer, customer, wanted, now).await?;
    let (filer, key, links) = (filer.clone(), key.clone(), site.links.clone());
    let (timing, real_now, public_url) = (site.config.timing.clone(), site.real_now(), site.config.public_url.clone());
    let filed = site.db.write(lane, async move |tx| {
        // What can be worked out is, before the key is claimed, so that claim and answer are one row written once.
        let mut filing = filing.clone();
        if let Some(earlier) = filing.follows
            && !tickets::store::may_follow(tx, earlier.ticket).await?
        {
            // Another report came first; this one is a ticket of its own.
            filing.follows = None;
        }
        for attempt in 0..NUMBERS_MAX {
            filing.number = links.ticket_number(&filer.scope, key.as_str(), attempt);
            let begun = tickets::begin(filing.clone(), now, &timing);
            let answer = answer_of(&begun.0, &public_url, &links);
            if attempt == 0 {
                match idempotency::claim(tx, &filer.scope, &key, &body_hash, &answer, real_now).await? {
                    Claim::Mismatch => return Ok(Filed::Mismatch),
                    Claim::Replay(answer) => {
                        let ticket = ticket_of(&answer)?;
                        return Ok(Filed::Answer(answer, ticket));
                    }
                    Claim::New => {}
                }
            } else {
                idempotency::answer_otherwise(tx, &filer.scope, &key, &answer).await?;
            }
            let written = tickets::store::insert(tx, &[begun]).await?;
            if written.contains(&filing.id) {
                return Ok(Filed::Answer(answer, filing.id));
            }
        }
        Err(Error::Bug("no free ticket number was found".into()))
    });
    Ok(filed.await?)
}

fn answer_of(ticket: &tickets::Ticket, public_url: &str, links: &Links) -> StoredAnswer {
    let body = serde_json::json!({
        "id": ticket.id,
        "number": ticket.number,
        "state": ticket.life.state.word(),
        "needs_human": ticket.life.needs_human.as_ref().map(|flag| flag.reason.word()),
        "track_url": format!("{public_url}/track/{}", links.track(ticket.id)),
    });
    StoredAnswer { status: 201, body: body.to_string() }
}

fn ticket_of(answer: &StoredAnswer) -> Result<TicketId, Error> {
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let id = body["id"].as_str().and_then(|id| id.parse().ok());
    id.ok_or_else(|| Error::Bug("a kept answer names no ticket".into()))
}

/// Why nothing was filed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// What was typed does not fit what is there.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// More come in than are taken.
    #[error("too many tickets are filed at the moment")]
    Full,
    /// The database.
    #[error(transparent)]
    Database(#[from] Error),
}

/// Everything that a ticket is filed with, from one snapshot.
async fn look_up(
    site: &Site,
    filer: &Filer,
    customer: CustomerId,
    wanted: Wanted,
    now: Timestamp,
) -> Result<Filing, Refusal> {
    let id: TicketId = site.new_id();
    let number = site.links.ticket_number("", "", 0);
    let horizon = i64::from(site.config.matching.horizon_minutes);
    let (filer, timing) = (filer.clone(), site.config.timing.clone());
    site.db
        .read(async move |conn| {
            let Some(who) = customers::store::asker(conn, customer, wanted.site).await? else {
                return Err(Problem::field("customer", "unknown", "There is no such customer.").into());
            };
            let Some(at) = who.site else {
                return Err(Problem::field("site", "unknown", "There is no such address of this customer.").into());
            };
            let Some(need) = workforce::store::need(conn, &wanted.category, wanted.symptom.as_ref()).await? else {
                return Err(unknown_need(&wanted.category).into());
            };
            let mut windows = Vec::new();
            if !wanted.windows.is_empty() {
                let read = times::windows(&wanted.windows, &at.zone, now, horizon);
                windows = read.map_err(|fault| Problem::fields(vec![fault]))?;
            }
            let rank = match wanted.site {
                // Where none is said it is the first.
                None => 0,
                Some(_) => customers::store::rank_of_site(conn, customer, at.id).await?,
            };
            let plan = plans::store::covering(conn, customer, &wanted.category, rank, now).await?;
            let danger = need.danger
                || danger::speaks_of_danger(wanted.title.as_str())
                || danger::speaks_of_danger(wanted.description.as_str());
            let (make, model) = (wanted.make.as_ref(), wanted.model.as_ref());
            let product = Product::new(customer, at.id, &wanted.category, make, model);
            let earlier = tickets::store::earlier(conn, &product, Product::visited_since(now)).await?;
            // What should have been fixed is still owed by the plan that covered it, though it ended since.
            let entitlement = plan.as_ref().map(|plan| plan.id).or(earlier.as_ref().and_then(|one| one.entitlement));
            let covered_from = match entitlement {
                Some(_) => None,
                None => plans::store::covered_from(conn, customer, &wanted.category, rank, now).await?,
            };
            let due_at = match plan {
                Some(plan) => {
                    let promise = tickets::Promise { from: now, hours: plan.promise_hours };
                    tickets::due_at(conn, &at, promise, &timing).await?
                }
                // Nobody promised anything yet: when a plan covers it, its promise begins.
                None => now.plus_minutes(NO_PLAN_MINUTES),
            };
            Ok::<_, Refusal>(Filing {
                id,
                number,
                by: filer.actor,
                customer,
                site: at.id,
                entitlement,
                covered_from,
                category: wanted.category,
                symptom: wanted.symptom,
                category_label: need.category_label,
                symptom_label: need.symptom_label,
                make: wanted.make,
                model: wanted.model,
                title: wanted.title,
                description: wanted.description,
                access_note: wanted.access_note,
                urgent: need.urgent || (filer.is_staff && wanted.urgent),
                danger,
                skills: need.skills,
                work_minutes: need.work_minutes,
                language: who.locale,
                due_at,
                windows,
                follows: earlier.as_ref().map(Earlier::of),
            })
        })
        .await
}

fn unknown_need(category: &Slug) -> Problem {
    Problem::fields(vec![FieldError {
        field: "category".to_owned(),
        code: "unknown".to_owned(),
        message: format!("We do not repair \"{category}\", or not with this symptom. Please choose from the list."),
    }])
}

impl From<Refusal> for crate::http::Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Problem(problem) => problem.into(),
            Refusal::Full => Self::with(ProblemCode::Busy, FULL),
            Refusal::Database(error) => error.into(),
        }
    }
}

/// What the caller of an API is told about a key that was used otherwise.
pub(crate) fn mismatch() -> crate::http::Refused {
    crate::http::Refused::new(ProblemCode::IdempotencyMismatch)
}
