//! Asks the customer how it was: once, with one reminder, and takes one answer.
//!
//! A survey begins when an expert completes a ticket; not after a cancellation, and not when it was solved without a visit.
//! The first question is whether it works. "No" opens the ticket's one follow-up. Opening the page records nothing: mail
//! scanners follow links. An answer can be changed for a day, because people press the wrong button; after that it
//! stands, and a second one is shown the first.

mod answer;
pub mod api;
pub mod jobs;
pub mod pages;
pub mod results;
pub mod store;

pub use answer::{Answer, Means, Taken, give};

use serde::Serialize;
use shared::ids::{CustomerId, ExpertId, SurveyId, TicketId};
use shared::text::Prose;
use shared::time::Timestamp;

/// How long a link to a survey works.
pub const OPEN_DAYS: i64 = 30;
/// After how long without an answer the only reminder goes out.
pub const REMIND_DAYS: i64 = 3;

/// How long an answer can be changed, in minutes.
pub const MEND_MINUTES: i64 = 24 * 60;

/// What a customer writes.
pub type Comment = Prose<2000>;

/// Where a survey is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SurveyState {
    /// Asked, not answered.
    Invited,
    /// Answered.
    Answered,
    /// There is no way to ask: no e-mail, and they want to be rung.
    NotReachable,
}

impl SurveyState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Invited, Self::Answered, Self::NotReachable];

    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Answered => "answered",
            Self::NotReachable => "not_reachable",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A survey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Survey {
    /// Which.
    pub id: SurveyId,
    /// About which ticket.
    pub ticket: TicketId,
    /// Who is asked.
    pub customer: CustomerId,
    /// Who was there.
    pub expert: Option<ExpertId>,
    /// Where it is.
    pub state: SurveyState,
    /// When the ticket was completed, by the business clock.
    pub created_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it was changed.
    pub mended_at: Option<Timestamp>,
    /// The answer to "Is it working?".
    pub working: Option<bool>,
    /// 1 to 5.
    pub rating: Option<u8>,
    /// What they wrote.
    pub comment: Option<Comment>,
}

impl Survey {
    /// Whether an answer is still taken.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.created_at.plus_minutes(OPEN_DAYS * 24 * 60)
    }

    /// Until when the answer that was given can be changed; none where that is over, or there is none.
    pub fn mends_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.answered_at.map(|at| at.plus_minutes(MEND_MINUTES)).filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests;
