//! What people of ours see and do: the inbox of everything that needs a person, tickets with their history, and why which
//! expert was asked.
//!
//! Nothing here decides for the server: a person's deed is a move of the ticket like any other, refused like any other,
//! and written to the audit under their name.

mod act;
mod against;
pub mod api;
mod beside;
pub mod callers;
mod day;
mod deeds;
mod file;
pub mod health;
mod hinting;
mod holding;
mod inbox;
pub mod keep;
mod map;
mod names;
pub mod pages;
pub mod reports;
mod sending;
mod store;
mod taking;
mod today;
mod words;

#[cfg(test)]
mod banner_tests;
#[cfg(test)]
mod clock_tests;
#[cfg(test)]
mod failed_tests;
#[cfg(test)]
mod holding_tests;
#[cfg(test)]
mod override_tests;
#[cfg(test)]
mod solved_tests;
#[cfg(test)]
mod taking_tests;
#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;
#[cfg(test)]
mod today_tests;
#[cfg(test)]
mod weight_tests;

use crate::jobs::{DeadJob, Kind};
use crate::notify::Notice;
use crate::tickets::Ticket;
use serde::{Deserialize, Serialize};
use shared::ids::{JobId, NoticeId, TicketId};
use shared::time::Timestamp;
use std::fmt;
use std::str::FromStr;

/// One thing in the inbox, as it is named outside: `ticket:ID`, `notice:ID` or `job:ID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Item {
    /// A ticket that needs a person.
    Ticket(TicketId),
    /// Something that a person should tell a customer by phone.
    Notice(NoticeId),
    /// Background work that gave up.
    Job(JobId),
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(id) => write!(f, "ticket:{id}"),
            Self::Notice(id) => write!(f, "notice:{id}"),
            Self::Job(id) => write!(f, "job:{id}"),
        }
    }
}

/// Text that names nothing in an inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this names nothing in the inbox: items look like ticket:…, notice:… or job:…")]
pub(crate) struct NotAnItem;

impl FromStr for Item {
    type Err = NotAnItem;
    fn from_str(text: &str) -> Result<Self, NotAnItem> {
        match text.split_once(':') {
            Some(("ticket", id)) => id.parse().map(Self::Ticket).map_err(|_| NotAnItem),
            Some(("notice", id)) => id.parse().map(Self::Notice).map_err(|_| NotAnItem),
            Some(("job", id)) => id.parse().map(Self::Job).map_err(|_| NotAnItem),
            Some(_) | None => Err(NotAnItem),
        }
    }
}

impl Serialize for Item {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Item {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Why something is in the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Matter {
    /// The ticket asks for a person.
    Asked(Box<Ticket>),
    /// The ticket breaks the ledger: it has no owner or no deadline. A fault of ours.
    Unowned(Box<Ticket>),
    /// The customer wants to be rung, and there is something to say.
    Call(Notice),
    /// A message to a customer did not arrive by any way we have.
    Undelivered(Notice),
    /// Background work gave up, and nothing but a person starts it again.
    Failed(DeadJob),
}

impl Matter {
    pub(crate) fn item(&self) -> Item {
        match self {
            Self::Asked(ticket) | Self::Unowned(ticket) => Item::Ticket(ticket.id),
            Self::Call(notice) | Self::Undelivered(notice) => Item::Notice(notice.id),
            Self::Failed(job) => Item::Job(job.id),
        }
    }

    /// Since when it waits.
    pub(crate) fn since(&self) -> Timestamp {
        match self {
            Self::Asked(ticket) => ticket.life.needs_human.as_ref().map_or(ticket.changed_at, |flag| flag.since),
            Self::Unowned(ticket) => ticket.changed_at,
            Self::Call(notice) => notice.due_at,
            Self::Undelivered(notice) => notice.ended_at.unwrap_or(notice.due_at),
            Self::Failed(job) => job.dead_at,
        }
    }

    pub(crate) fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::Asked(ticket) | Self::Unowned(ticket) => Some(ticket.id),
            Self::Call(notice) | Self::Undelivered(notice) => notice.ticket,
            Self::Failed(job) => match Kind::from_word(&job.kind) {
                Some(Kind::MatchTicket) => job.subject.parse().ok(),
                Some(_) | None => None,
            },
        }
    }

    /// The word by which the inbox is grouped and filtered.
    pub(crate) fn cause(&self) -> &'static str {
        match self {
            Self::Asked(ticket) => ticket.life.needs_human.as_ref().map_or("unowned", |flag| flag.reason.word()),
            Self::Unowned(_) => "unowned",
            Self::Call(_) => "call",
            Self::Undelivered(_) => "undelivered",
            Self::Failed(_) => "failed",
        }
    }
}
