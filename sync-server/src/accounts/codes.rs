//! One-time codes by SMS or e-mail: for a new phone, and for those who have no password.
//!
//! The row is there first and a job is enqueued with it; the digits are made when they are sent and only their keyed
//! hash is kept (`Links::code_digest`), so no table and no queue ever holds a code. A code lives ten minutes, takes five
//! tries, and a newer one replaces it. Who has no such login gets no row, and hears nothing else than who has.

use super::{Profile, store::Login};
use shared::chance::Chance;
use shared::text::{Email, Phone};
use shared::time::Timestamp;

pub use super::store::codes::{issue, redeem, request, trim};

/// How long a code is good for, from the moment it was asked for.
pub const CODE_MINUTES: i64 = 10;
/// Wrong tries after which a code is dead.
pub(super) const TRIES_MAX: i64 = 5;

/// On what a code travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeChannel {
    /// To the login's phone number.
    Sms,
    /// To the login's e-mail address.
    Email,
}

/// Where a code goes, and how it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeTarget {
    /// The channel and the address.
    pub to: CodeAddress,
    /// When the code ends, by the real clock.
    pub expires_at: Timestamp,
    /// Name, language and zone of who asked.
    pub profile: Profile,
    /// He signs in with the app.
    pub is_expert: bool,
}

/// The address of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeAddress {
    /// By SMS.
    Sms(Phone),
    /// By e-mail.
    Email(Email),
}

impl CodeChannel {
    /// The word in the table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }

    /// The channel for a login: the phone that somebody asks from, else the mailbox.
    pub fn of(login: &Login) -> Option<Self> {
        match (&login.phone, &login.email) {
            (Some(_), _) => Some(Self::Sms),
            (None, Some(_)) => Some(Self::Email),
            (None, None) => None,
        }
    }
}

/// Six digits.
pub fn digits(chance: &dyn Chance) -> String {
    format!("{:06}", chance.below(1_000_000))
}
