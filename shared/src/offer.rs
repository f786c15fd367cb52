//! An offer: the invitation of one ticket to one expert, with an expiry. How it ends, and why an expert says no.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Where an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum OfferState {
    /// Waiting for an answer until the instant it expires.
    Open {
        /// From this instant on it has lapsed.
        expires_at: Timestamp,
    },
    /// The expert said yes.
    Accepted {
        /// When.
        at: Timestamp,
    },
    /// The expert said no.
    Declined {
        /// When.
        at: Timestamp,
        /// Why.
        reason: DeclineReason,
    },
    /// Nobody answered in time.
    Lapsed {
        /// When.
        at: Timestamp,
    },
    /// Taken back: by the customer, by a person, or because the expert went off duty.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
}

/// Why an offer cannot be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// Its time had run out; dispatch may still grant it (late accept).
    #[error("this offer lapsed at {0}")]
    Lapsed(Timestamp),
    /// It was declined or taken back.
    #[error("this offer was already settled")]
    Settled,
}

/// Why an expert declines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// No time.
    Busy,
    /// The way is too long.
    TooFar,
    /// It needs a skill he lacks.
    Skill,
    /// Not well.
    Ill,
    /// Something else.
    Other,
}

impl DeclineReason {
    /// All of them, in the order in which the app shows them.
    pub const ALL: [Self; 5] = [Self::Busy, Self::TooFar, Self::Skill, Self::Ill, Self::Other];

    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::TooFar => "too_far",
            Self::Skill => "skill",
            Self::Ill => "ill",
            Self::Other => "other",
        }
    }
}

impl OfferState {
    /// Accepts an open offer. Accepting twice is not an error for the phone, which may resend the same tap after a
    /// lost reply, so it returns the first answer. `Lapsed` is not the end: dispatch may still grant it.
    pub fn accept(self, now: Timestamp) -> Result<Self, AcceptError> {
        match self {
            Self::Open { expires_at } if now < expires_at => Ok(Self::Accepted { at: now }),
            Self::Open { expires_at } => Err(AcceptError::Lapsed(expires_at)),
            Self::Accepted { at } => Ok(Self::Accepted { at }),
            Self::Lapsed { at } => Err(AcceptError::Lapsed(at)),
            Self::Declined { .. } | Self::Withdrawn { .. } => Err(AcceptError::Settled),
        }
    }

    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Accepted { .. } => "accepted",
            Self::Declined { .. } => "declined",
            Self::Lapsed { .. } => "lapsed",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPIRY: Timestamp = Timestamp::EPOCH;

    #[test]
    fn an_offer_lapses_at_its_expiry_instant() {
        let expires_at = EXPIRY.plus_minutes(5);
        let open = OfferState::Open { expires_at };
        let just_before = expires_at.plus_millis(-1);
        assert_eq!(open.accept(just_before), Ok(OfferState::Accepted { at: just_before }));
        assert_eq!(open.accept(expires_at), Err(AcceptError::Lapsed(expires_at)));
    }

    #[test]
    fn a_second_accept_gets_the_first_answer() {
        let accepted = OfferState::Accepted { at: EXPIRY };
        assert_eq!(accepted.accept(EXPIRY.plus_minutes(60)), Ok(accepted));
    }

    #[test]
    fn what_was_settled_stays_settled() {
        let declined = OfferState::Declined { at: EXPIRY, reason: DeclineReason::Busy };
        assert_eq!(declined.accept(EXPIRY), Err(AcceptError::Settled));
        assert_eq!(OfferState::Withdrawn { at: EXPIRY }.accept(EXPIRY), Err(AcceptError::Settled));
    }

    #[test]
    fn words_are_those_of_json() {
        for reason in DeclineReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.word());
        }
    }
}
