//! Taking the one answer, and what follows from "no": a follow-up ticket, in the same transaction.

use super::{Comment, Survey, SurveyState, store};
use crate::audit;
use crate::db::{Error, Tx};
use crate::links::Links;
use crate::notify::plan::{Audience, Channel, Matter, due_at};
use crate::notify::{NewNotice, Recipient, facts, render, store as notices};
use crate::tickets::{self, Book, Filing, NewNote, Promise, Ticket};
use crate::{customers, plans};
use serde_json::json;
use shared::event::Actor;
use shared::ids::SurveyId;
use shared::texts::Language;
use shared::ticket::{Move, State, Timing};
use shared::time::Timestamp;

/// Numbers that are tried before a number that is taken counts as our fault.
const NUMBERS_MAX: u32 = 16;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether it works.
    pub working: bool,
    /// 1 to 5.
    pub rating: Option<u8>,
    /// What they wrote.
    pub comment: Option<Comment>,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It counts. With the ticket that goes on, where it is not working.
    Now(Option<Box<Ticket>>),
    /// An earlier one counts.
    Already(Survey),
    /// There is no such survey, or it is over.
    Over,
}

/// What an answer needs beside the transaction.
#[derive(Clone, Debug)]
pub struct Means {
    /// Numbers come from them.
    pub links: Links,
    /// How long a new ticket may wait.
    pub timing: Timing,
    /// By the business clock.
    pub now: Timestamp,
}

/// Takes an answer, or another one within a day. "No" opens the one follow-up of the ticket; a reminder that waits is
/// dropped.
pub async fn give(tx: &mut Tx, id: SurveyId, answer: &Answer, means: &Means) -> Result<Taken, Error> {
    let Some(survey) = store::get(tx, id).await? else { return Ok(Taken::Over) };
    // The ticket is held first, as everywhere: a report of the same trouble may come at this moment.
    let may_follow = tickets::store::may_follow(tx, survey.ticket).await?;
    let Some(survey) = store::lock(tx, id).await? else { return Ok(Taken::Over) };
    match survey.state {
        SurveyState::Answered if survey.mends_until(means.now).is_some() => {
            return mend(tx, &survey, answer, may_follow, means).await;
        }
        SurveyState::Answered => return Ok(Taken::Already(survey)),
        SurveyState::Invited | SurveyState::NotReachable if !survey.is_open(means.now) => return Ok(Taken::Over),
        SurveyState::Invited | SurveyState::NotReachable => {}
    }
    store::answer(tx, id, answer, means.now).await?;
    let asked = ["survey", "survey_again"];
    notices::drop_queued(tx, survey.ticket, &asked, "the survey has been answered", means.now).await?;
    if answer.working {
        return Ok(Taken::Now(None));
    }
    Ok(Taken::Now(not_working(tx, &survey, answer, may_follow, means).await?.map(Box::new)))
}

async fn not_working(
    tx: &mut Tx,
    survey: &Survey,
    answer: &Answer,
    may_follow: bool,
    means: &Means,
) -> Result<Option<Ticket>, Error> {
    if may_follow { Ok(Some(open(tx, survey, answer, means).await?)) } else { join(tx, survey, answer, means).await }
}

/// Takes another answer in place of the one that was given. Who pressed "no" by mistake calls the follow-up off, unless
/// somebody is on the way already; who pressed "yes" by mistake gets it now.
async fn mend(tx: &mut Tx, survey: &Survey, answer: &Answer, may_follow: bool, means: &Means) -> Result<Taken, Error> {
    let is_same = survey.working == Some(answer.working) && survey.comment == answer.comment;
    if is_same && survey.rating == answer.rating {
        // A second click.
        let goes_on = tickets::store::follow_up_of(tx, survey.ticket).await?.filter(|_| !answer.working);
        return Ok(Taken::Now(goes_on.map(Box::new)));
    }
    store::mend(tx, survey.id, answer, means.now).await?;
    let said = |working: Option<bool>, rating: Option<u8>, comment: &Option<Comment>| json!({ "working": working, "rating": rating, "comment": comment.as_ref().map(ToString::to_string) });
    let before = said(survey.working, survey.rating, &survey.comment);
    let after = said(Some(answer.working), answer.rating, &answer.comment);
    let subject = format!("ticket:{}", survey.ticket);
    let by = Actor::Customer(survey.customer);
    audit::record(tx, by, "survey.mend", &subject, Some(before), Some(after), means.now).await?;
    if !answer.working {
        let goes_on = if is_same {
            tickets::store::follow_up_of(tx, survey.ticket).await?
        } else {
            not_working(tx, survey, answer, may_follow, means).await?
        };
        return Ok(Taken::Now(goes_on.map(Box::new)));
    }
    let Some(follow_up) = tickets::store::follow_up_of(tx, survey.ticket).await? else { return Ok(Taken::Now(None)) };
    if !waits(&follow_up.life.state) {
        let goes_on = Some(follow_up).filter(|ticket| !ticket.life.state.is_ended());
        return Ok(Taken::Now(goes_on.map(Box::new)));
    }
    let mut book = Book::open(tx, &[follow_up.id], means.timing.clone()).await?;
    let solved = book.make(follow_up.id, Move::Solve, by, means.now).is_ok();
    book.save(tx).await?;
    Ok(Taken::Now((!solved).then(|| Box::new(follow_up))))
}

/// Whether nobody has set out for it yet.
fn waits(state: &State) -> bool {
    match state {
        State::Waiting | State::Offered { .. } | State::Accepted { .. } | State::OnHold { .. } => true,
        State::EnRoute { .. } | State::OnSite { .. } | State::Completed { .. } | State::Cancelled { .. } => false,
    }
}

fn missing(what: &str, survey: &Survey) -> Error {
    Error::Bug(format!("the {what} of survey {} is not there", survey.id))
}

/// Opens the follow-up.
async fn open(tx: &mut Tx, survey: &Survey, answer: &Answer, means: &Means) -> Result<Ticket, Error> {
    let earlier = tickets::store::get(tx, survey.ticket).await?.ok_or_else(|| missing("ticket", survey))?;
    let (id, key) = (tx.new_id(), survey.id.to_string());
    for attempt in 0..NUMBERS_MAX {
        let number = means.links.ticket_number("survey", &key, attempt);
        let said = answer.comment.as_ref().map(Comment::as_str);
        let filing = tickets::follow_up_filing(&earlier, id, number, said, means.now);
        let filing = covered(tx, filing, &means.timing, means.now).await?;
        let begun = tickets::begin(filing, means.now, &means.timing);
        let ticket = begun.0.clone();
        if tickets::store::insert(tx, &[begun]).await?.contains(&id) {
            return Ok(ticket);
        }
    }
    Err(Error::Bug("no free ticket number was found".into()))
}

/// What no plan covered then, as whoever was sent without one left it, the plan of today covers.
async fn covered(tx: &mut Tx, filing: Filing, timing: &Timing, now: Timestamp) -> Result<Filing, Error> {
    if filing.entitlement.is_some() {
        return Ok(filing);
    }
    let rank = customers::store::rank_of_site(tx, filing.customer, filing.site).await?;
    let Some(plan) = plans::store::covering(tx, filing.customer, &filing.category, rank, now).await? else {
        let covered_from = plans::store::covered_from(tx, filing.customer, &filing.category, rank, now).await?;
        return Ok(Filing { covered_from, ..filing });
    };
    let site = customers::store::site(tx, filing.site).await?;
    let due_at = match site {
        Some(site) => {
            let promise = Promise { from: now, hours: plan.promise_hours };
            tickets::due_at(tx, &site, promise, timing).await?
        }
        None => filing.due_at,
    };
    Ok(Filing { entitlement: Some(plan.id), due_at, ..filing })
}

/// The customer had reported it again before answering: what they write joins that ticket. Where it has ended, nothing
/// goes on by itself, so somebody rings.
async fn join(tx: &mut Tx, survey: &Survey, answer: &Answer, means: &Means) -> Result<Option<Ticket>, Error> {
    let follow_up = tickets::store::follow_up_of(tx, survey.ticket).await?;
    let Some(follow_up) = follow_up.filter(|ticket| !ticket.life.state.is_ended()) else {
        call(tx, survey, answer, means.now).await?;
        return Ok(None);
    };
    if let Some(text) = answer.comment.as_ref().and_then(|comment| comment.as_str().parse().ok()) {
        let contact = facts::customer(tx, survey.customer).await?.ok_or_else(|| missing("customer", survey))?;
        let author = Actor::Customer(survey.customer);
        let (id, ticket, author_name) = (tx.new_id(), follow_up.id, contact.name.clone());
        let mut book = Book::open(tx, &[ticket], means.timing.clone()).await?;
        book.note(NewNote { id, ticket, author, author_name, text, late: false, at: means.now });
        book.save(tx).await?;
    }
    Ok(Some(follow_up))
}

/// Somebody rings, in the morning if it is night there.
async fn call(tx: &mut Tx, survey: &Survey, answer: &Answer, now: Timestamp) -> Result<(), Error> {
    let ticket = tickets::store::get(tx, survey.ticket).await?.ok_or_else(|| missing("ticket", survey))?;
    let contact = facts::customer(tx, survey.customer).await?.ok_or_else(|| missing("customer", survey))?;
    let about = facts::about(tx, &ticket).await?;
    let matter = Matter::NotWorking { survey: survey.id };
    let due_at = due_at(&matter, ticket.urgent, &contact.zone, now);
    let words = render::not_working(answer.comment.as_ref().map(Comment::as_str), &about, &contact);
    let way = (Channel::Call, contact.phone.to_string());
    let to = Recipient { audience: Audience::Staff, person: survey.customer.to_string(), language: Language::English };
    let notice = NewNotice { matter, ticket: Some(ticket.id), seq: None, to, way, words, due_at };
    notices::tell(tx, &[notice], now).await?;
    Ok(())
}
