//! Taking the one answer.

use super::{Comment, Survey, SurveyState, store};
use crate::db::{Error, Tx};
use crate::notify::plan::{Audience, Channel, Matter, due_at};
use crate::notify::{NewNotice, Recipient, facts, render, store as notices};
use crate::tickets;
use shared::ids::SurveyId;
use shared::texts::Language;
use shared::time::Timestamp;

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
    /// It counts.
    Now,
    /// An earlier one counts.
    Already(Survey),
    /// There is no such survey, or it is over.
    Over,
}

/// Takes an answer, once. "No" becomes a call of the desk in the same transaction; a reminder that waits is dropped.
pub async fn give(tx: &mut Tx, id: SurveyId, answer: &Answer, now: Timestamp) -> Result<Taken, Error> {
    let Some(survey) = store::lock(tx, id).await? else { return Ok(Taken::Over) };
    match survey.state {
        SurveyState::Answered => return Ok(Taken::Already(survey)),
        SurveyState::Invited | SurveyState::NotReachable if !survey.is_open(now) => return Ok(Taken::Over),
        SurveyState::Invited | SurveyState::NotReachable => {}
    }
    store::answer(tx, id, answer, now).await?;
    let asked = ["survey", "survey_again"];
    notices::drop_queued(tx, survey.ticket, &asked, "the survey has been answered", now).await?;
    if !answer.working {
        call(tx, &survey, answer, now).await?;
    }
    Ok(Taken::Now)
}

/// Somebody rings, in the morning if it is night there.
async fn call(tx: &mut Tx, survey: &Survey, answer: &Answer, now: Timestamp) -> Result<(), Error> {
    let missing = |what: &str| Error::Bug(format!("the {what} of survey {} is not there", survey.id));
    let ticket = tickets::store::get(tx, survey.ticket).await?.ok_or_else(|| missing("ticket"))?;
    let contact = facts::customer(tx, survey.customer).await?.ok_or_else(|| missing("customer"))?;
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
