//! A notice before it is kept, and as it is kept.

use super::plan::{Audience, Channel, Matter, Way};
use super::render::Words;
use serde::Serialize;
use shared::ids::{NoticeId, TicketId};
use shared::texts::Language;
use shared::time::Timestamp;

/// Who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// What they are to us.
    pub audience: Audience,
    /// Their id; the address where somebody has none.
    pub person: String,
    /// Their language.
    pub language: Language,
}

/// A notice to keep: one intent for one person on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    /// What it is about.
    pub matter: Matter,
    /// The ticket it is about.
    pub ticket: Option<TicketId>,
    /// The event that caused it, where the same words may be said once more after another event.
    pub seq: Option<i64>,
    /// For whom.
    pub to: Recipient,
    /// On which channel, to which address.
    pub way: Way,
    /// What it says.
    pub words: Words,
    /// When it should leave, by the business clock.
    pub due_at: Timestamp,
}

impl NewNotice {
    /// Names the intent: another notice with this key is the same one.
    pub fn dedupe_key(&self) -> String {
        let ticket = self.ticket.map(|id| id.to_string()).unwrap_or_default();
        let seq = self.seq.map(|seq| seq.to_string()).unwrap_or_default();
        let (matter, person) = (&self.matter, &self.to.person);
        format!("{}:{ticket}:{}:{seq}:{}:{person}", matter.word(), matter.distinction(), self.way.0.word())
    }
}

/// Where a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeState {
    /// Waits to leave, or for somebody to ring.
    Queued,
    /// The provider has it; of a call: somebody rang.
    Sent,
    /// The provider says that it arrived.
    Delivered,
    /// It will never arrive; `why` says so.
    Failed,
    /// It was too late to say.
    Dropped,
}

impl NoticeState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Sent, Self::Delivered, Self::Failed, Self::Dropped];

    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A notice as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// Which.
    pub id: NoticeId,
    /// What it is about.
    pub matter: Matter,
    /// What they are to us.
    pub audience: Audience,
    /// Their id.
    pub person: String,
    /// The ticket it is about.
    pub ticket: Option<TicketId>,
    /// The channel.
    pub channel: Channel,
    /// The address on it.
    pub to_address: String,
    /// The language that it is written in.
    pub language: Language,
    /// The subject of a mail, the title of a push.
    pub subject: Option<String>,
    /// What it says.
    pub body: String,
    /// Where it leads.
    pub link: Option<String>,
    /// Where it is.
    pub state: NoticeState,
    /// Why it did not leave.
    pub why: Option<String>,
    /// Which notice says the same by another way, because this one failed.
    pub instead: Option<NoticeId>,
    /// When it was made, by the business clock.
    pub created_at: Timestamp,
    /// When it should leave, by the business clock.
    pub due_at: Timestamp,
    /// When it ended, by the business clock.
    pub ended_at: Option<Timestamp>,
}

/// One attempt at a notice, how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Not known yet; after a crash, never.
    Attempted,
    /// The provider took it.
    Sent,
    /// The provider did not take it.
    Failed,
    /// Nobody knows: the answer was lost.
    Unknown,
}

impl Ended {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Attempted => "attempted",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Attempted, Self::Sent, Self::Failed, Self::Unknown].into_iter().find(|ended| ended.word() == word)
    }
}
