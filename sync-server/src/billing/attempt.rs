//! One request for money. Pure.

use serde::Serialize;
use shared::ids::ChargeId;
use shared::time::Timestamp;

/// The provider forgets an idempotency key after a day; ours are not used that long.
const KEY_HOURS: i64 = 23;
/// So long somebody has to confirm a payment at their bank before the card is tried again without them.
const CONFIRM_MINUTES: i64 = 60;

/// Who asked for the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedBy {
    /// We did, because it was due: the customer is not there.
    Us,
    /// The customer did, and can confirm it at their bank.
    Customer,
}

/// Where an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// It begins; after a crash nobody knows more.
    Begun,
    /// Nobody knows: the answer was lost.
    Unknown,
    /// The customer has to confirm it at their bank.
    NeedsAction,
    /// The provider works on it.
    Processing,
    /// Paid.
    Succeeded,
    /// The card was declined.
    Declined,
    /// It never reached the card.
    NotMade,
}

impl AttemptState {
    const ALL: [Self; 7] = [
        Self::Begun,
        Self::Unknown,
        Self::NeedsAction,
        Self::Processing,
        Self::Succeeded,
        Self::Declined,
        Self::NotMade,
    ];

    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Unknown => "unknown",
            Self::NeedsAction => "needs_action",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Declined => "declined",
            Self::NotMade => "not_made",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether its end is known.
    pub fn is_ended(self) -> bool {
        match self {
            Self::Begun | Self::Unknown | Self::NeedsAction | Self::Processing => false,
            Self::Succeeded | Self::Declined | Self::NotMade => true,
        }
    }
}

impl AskedBy {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Customer => "customer",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Us, Self::Customer].into_iter().find(|by| by.word() == word)
    }
}

/// An attempt. What it asked for is kept, so that it can be asked again in the same words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Of which charge.
    pub charge: ChargeId,
    /// The how-manieth, from 1.
    pub n: i64,
    /// Who asked.
    pub asked_by: AskedBy,
    /// With which card, by the provider's reference.
    #[serde(skip)]
    pub method: String,
    /// The payment at the provider that it tries once more; the first one makes it.
    #[serde(skip)]
    pub intent: Option<String>,
    /// Where it is.
    pub state: AttemptState,
    /// Why the card was declined, in the provider's word.
    pub code: Option<String>,
    /// Where the customer confirms it.
    #[serde(skip)]
    pub url: Option<String>,
    /// When it began, by the real clock.
    pub begun_at: Timestamp,
}

impl Attempt {
    /// The name of the request, for the provider to tell a repeat from a new one.
    pub fn key(&self) -> String {
        format!("charge:{}:{}", self.charge, self.n)
    }

    /// Whether asking again in the same words is still known to be a repeat.
    pub fn key_holds(&self, real_now: Timestamp) -> bool {
        real_now.minutes_since(self.begun_at) < KEY_HOURS * 60
    }

    /// Whether the customer may still be at their bank's page.
    pub fn may_be_confirmed(&self, real_now: Timestamp) -> bool {
        self.state == AttemptState::NeedsAction && real_now.minutes_since(self.begun_at) < CONFIRM_MINUTES
    }
}
