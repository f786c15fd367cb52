//! The price of one period, from the month before it begins until it is paid, given up or called off. Pure.

use super::period::Period;
use super::rules::Rules;
use serde::Serialize;
use shared::ids::{ChargeId, CustomerId, EntitlementId, PlanId};
use shared::money::Money;
use shared::time::Timestamp;

/// Why a charge was not paid, as its customer needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// There is no card.
    NoCard,
    /// The bank said no, without a reason or with one that passes.
    Declined,
    /// There was not enough money.
    Funds,
    /// The bank wants the owner to confirm.
    Confirm,
    /// The card has expired.
    Expired,
    /// The card is lost, stolen or blocked.
    Blocked,
    /// The provider does not take our request: ours to mend.
    Refused,
}

impl Failure {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::NoCard, Self::Declined, Self::Funds, Self::Confirm, Self::Expired, Self::Blocked, Self::Refused];

    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoCard => "no_card",
            Self::Declined => "declined",
            Self::Funds => "funds",
            Self::Confirm => "confirm",
            Self::Expired => "expired",
            Self::Blocked => "blocked",
            Self::Refused => "refused",
        }
    }

    /// What a word means.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.word() == word)
    }

    /// What the provider's code of a decline means.
    pub fn of_code(code: &str) -> Self {
        match code {
            "insufficient_funds" | "withdrawal_count_limit_exceeded" | "card_velocity_exceeded" => Self::Funds,
            "authentication_required" => Self::Confirm,
            "expired_card" => Self::Expired,
            "lost_card" | "stolen_card" | "pickup_card" | "restricted_card" | "fraudulent" | "card_not_supported" => {
                Self::Blocked
            }
            _ => Self::Declined,
        }
    }

    /// Whether the same card may do later, without its owner.
    pub fn passes(self) -> bool {
        match self {
            Self::Declined | Self::Funds | Self::Refused => true,
            Self::NoCard | Self::Confirm | Self::Expired | Self::Blocked => false,
        }
    }

    /// The sentence for its customer.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoCard => "There is no card that we can charge.",
            Self::Declined => "Your bank declined the payment without telling us why.",
            Self::Funds => "Your bank says that there was not enough money on the account.",
            Self::Confirm => "Your bank wants you to confirm the payment.",
            Self::Expired => "Your card has expired.",
            Self::Blocked => "Your bank says that this card can no longer be used.",
            Self::Refused => "The payment could not be made. We are looking into it; your card was not charged.",
        }
    }
}

/// Where a charge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum ChargeState {
    /// Its period has not begun.
    Scheduled,
    /// Its period has begun and is not paid.
    Open {
        /// When it was first tried.
        first_at: Timestamp,
        /// When the card is tried next.
        next_at: Timestamp,
        /// When the plan lapses if it is not paid until then.
        gives_up_at: Timestamp,
        /// Why the last try failed.
        failure: Failure,
    },
    /// Paid.
    Paid {
        /// When.
        at: Timestamp,
    },
    /// Not paid within the grace: the plan lapsed.
    GivenUp {
        /// When.
        at: Timestamp,
        /// Why the last try failed.
        failure: Failure,
    },
    /// Its period was over before it was ever tried: nobody pays for what is past.
    Missed {
        /// When that was seen.
        at: Timestamp,
    },
    /// Called off before it was paid.
    Cancelled {
        /// When.
        at: Timestamp,
    },
}

impl ChargeState {
    /// The word in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Open { .. } => "open",
            Self::Paid { .. } => "paid",
            Self::GivenUp { .. } => "given_up",
            Self::Missed { .. } => "missed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// Whether nothing more is asked of the card.
    pub fn is_ended(self) -> bool {
        match self {
            Self::Scheduled | Self::Open { .. } => false,
            Self::Paid { .. } | Self::GivenUp { .. } | Self::Missed { .. } | Self::Cancelled { .. } => true,
        }
    }
}

/// A charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Charge {
    /// Which.
    pub id: ChargeId,
    /// Whose.
    pub customer: CustomerId,
    /// Of which entitlement.
    pub entitlement: EntitlementId,
    /// Of which plan.
    pub plan: PlanId,
    /// Which period, from 0.
    pub period: u32,
    /// When the period begins.
    pub from_at: Timestamp,
    /// When it ends.
    pub until_at: Timestamp,
    /// How much, as it was told.
    pub price: Money,
    /// Where it is.
    #[serde(flatten)]
    pub state: ChargeState,
    /// When the card is first charged.
    pub due_at: Timestamp,
    /// The payment at the provider.
    #[serde(skip)]
    pub intent: Option<String>,
    /// The card that paid, as its owner knows it.
    pub card: Option<String>,
    /// The last notice before it, in days; none yet.
    #[serde(skip)]
    pub told_days: Option<u32>,
    /// When it was decided.
    pub created_at: Timestamp,
}

impl Charge {
    /// Its number on a receipt: short, and the same whenever it is made.
    pub fn receipt(&self) -> String {
        let bytes = self.id.uuid().into_bytes();
        let tail: [u8; 5] = bytes[11..16].try_into().expect("16 less 11 is 5");
        format!("R-{}", shared::number::TicketNumber::from_hash(tail))
    }

    /// The period that it pays.
    pub fn period_of(&self) -> Period {
        Period { n: self.period, from_at: self.from_at, until_at: self.until_at }
    }

    /// A try failed: when the next one is, and whether there is one.
    #[must_use]
    pub fn failed(self, failure: Failure, rules: &Rules, now: Timestamp) -> Self {
        let (first_at, gives_up_at) = match self.state {
            ChargeState::Open { first_at, gives_up_at, .. } => (first_at, gives_up_at),
            ChargeState::Scheduled => (now, rules.grace_until(now.max(self.due_at))),
            ended @ (ChargeState::Paid { .. }
            | ChargeState::GivenUp { .. }
            | ChargeState::Missed { .. }
            | ChargeState::Cancelled { .. }) => return Self { state: ended, ..self },
        };
        let next_at = if failure.passes() { rules.after_failure(first_at, now, gives_up_at) } else { gives_up_at };
        Self { state: ChargeState::Open { first_at, next_at, gives_up_at, failure }, ..self }
    }

    /// It was paid. What was paid counts even where nobody waited for it any more.
    #[must_use]
    pub fn paid(self, now: Timestamp) -> Self {
        match self.state {
            ChargeState::Paid { .. } => self,
            ChargeState::Scheduled
            | ChargeState::Open { .. }
            | ChargeState::GivenUp { .. }
            | ChargeState::Missed { .. }
            | ChargeState::Cancelled { .. } => Self { state: ChargeState::Paid { at: now }, ..self },
        }
    }

    /// A new card, or the customer at the door: it is tried now.
    #[must_use]
    pub fn hurried(self, now: Timestamp) -> Self {
        match self.state {
            ChargeState::Open { first_at, next_at, gives_up_at, failure } => {
                let next_at = next_at.min(now);
                Self { state: ChargeState::Open { first_at, next_at, gives_up_at, failure }, ..self }
            }
            ChargeState::Scheduled
            | ChargeState::Paid { .. }
            | ChargeState::GivenUp { .. }
            | ChargeState::Missed { .. }
            | ChargeState::Cancelled { .. } => self,
        }
    }
}

/// What to do about a charge of which no attempt is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing more.
    Nothing,
    /// Look again then.
    Later(Timestamp),
    /// Ask for the money.
    Try,
    /// The grace is over.
    GiveUp,
    /// The period is over and was never asked for.
    Miss,
}

impl Charge {
    /// What its instants ask for.
    pub(super) fn due(&self, now: Timestamp) -> Due {
        match self.state {
            ChargeState::Scheduled if now < self.due_at => Due::Later(self.due_at),
            ChargeState::Scheduled if self.until_at <= now => Due::Miss,
            ChargeState::Scheduled => Due::Try,
            ChargeState::Open { gives_up_at, .. } if gives_up_at <= now => Due::GiveUp,
            ChargeState::Open { next_at, .. } if now < next_at => Due::Later(next_at),
            ChargeState::Open { .. } => Due::Try,
            ChargeState::Paid { .. }
            | ChargeState::GivenUp { .. }
            | ChargeState::Missed { .. }
            | ChargeState::Cancelled { .. } => Due::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::charge;
    use super::*;

    fn day(days: i64) -> Timestamp {
        Timestamp::from_millis(1_772_442_000_000).plus_minutes(days * 1_440)
    }

    #[test]
    fn a_charge_is_tried_at_its_instant_and_on_the_days_of_the_schedule_until_the_grace_is_over() {
        let rules = Rules::default();
        let scheduled = charge(day(0), day(365));
        assert_eq!(scheduled.due(day(0).plus_millis(-1)), Due::Later(day(0)));
        assert_eq!(scheduled.due(day(0)), Due::Try);
        assert_eq!(scheduled.due(day(365)), Due::Miss, "nobody pays for a period that is over");
        let mut open = scheduled.failed(Failure::Funds, &rules, day(0));
        let mut tried = vec![0];
        while let Due::Later(at) = open.due(day(*tried.last().unwrap())) {
            tried.push(at.minutes_since(day(0)) / 1_440);
            if open.due(at) == Due::Try {
                open = open.failed(Failure::Funds, &rules, at);
            } else {
                assert_eq!(open.due(at), Due::GiveUp);
                break;
            }
        }
        assert_eq!(tried, [0, 1, 3, 5, 8, 14]);
    }

    #[test]
    fn a_card_that_cannot_do_is_not_tried_again_until_there_is_another_one() {
        let rules = Rules::default();
        for failure in [Failure::NoCard, Failure::Confirm, Failure::Expired, Failure::Blocked] {
            let open = charge(day(0), day(365)).failed(failure, &rules, day(0));
            assert_eq!(open.due(day(1)), Due::Later(day(14)), "{failure:?}");
            assert_eq!(open.hurried(day(2)).due(day(2)), Due::Try, "{failure:?}");
        }
    }

    #[test]
    fn what_is_paid_stays_paid_and_what_was_given_up_can_still_be_paid() {
        let rules = Rules::default();
        let paid = charge(day(0), day(365)).paid(day(1));
        assert_eq!(paid.clone().failed(Failure::Funds, &rules, day(2)), paid);
        assert_eq!(paid.clone().paid(day(3)), paid, "the first telling counts");
        let late = Charge { state: ChargeState::GivenUp { at: day(14), failure: Failure::Funds }, ..paid };
        assert_eq!(late.paid(day(15)).state, ChargeState::Paid { at: day(15) });
    }

    #[test]
    fn words_read_back() {
        for failure in Failure::ALL {
            assert_eq!(Failure::from_word(failure.word()), Some(failure));
        }
        assert_eq!(Failure::of_code("insufficient_funds"), Failure::Funds);
        assert_eq!(Failure::of_code("a word of tomorrow"), Failure::Declined);
    }
}
